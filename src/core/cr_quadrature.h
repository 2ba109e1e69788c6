/*
 * cr_quadrature.h
 *	  Gauss-Legendre quadrature: integrals of polynomials over [0, 1], exactly.
 */
#ifndef CR_QUADRATURE_H
#define CR_QUADRATURE_H

#include <stdint.h>

/*
 * n points, in descending order, and their weights: the sum of weight *
 * p(point) is the integral of p for every polynomial of degree 2n - 1 or less.
 */
extern void cr_quadrature_rule(uint32_t n, double *points, double *weights);

#endif							/* CR_QUADRATURE_H */
