/*
 * cr_stirling.h
 *	  The two small differences that keep densities exact to the last digits.
 *
 * Written with lgamma(), a binomial or gamma density at n = 1e9 is the
 * exponential of a difference of numbers near 1e10 and has six digits left.
 * Loader's form ("Fast and accurate computation of binomial probabilities",
 * 2000) never makes the large numbers.
 */
#ifndef CR_STIRLING_H
#define CR_STIRLING_H

#define CR_PI		3.14159265358979323846

extern double cr_stirling_error(double n);
extern double cr_log_gap(double r);

#endif							/* CR_STIRLING_H */
