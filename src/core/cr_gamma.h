/*
 * cr_gamma.h
 *	  The tail of the chi-square distribution.
 */
#ifndef CR_GAMMA_H
#define CR_GAMMA_H

extern double cr_chi2_tail(double statistic, double df);

#endif							/* CR_GAMMA_H */
