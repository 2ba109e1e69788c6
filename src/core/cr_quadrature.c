/*
 * cr_quadrature.c
 *	  Gauss-Legendre quadrature: integrals of polynomials over [0, 1], exactly.
 *
 * The points are the roots of the Legendre polynomial P_n, found by Newton's
 * method from Tricomi's estimate cos(pi (i + 3/4) / (n + 1/2)), which is close
 * enough for it to reach a double's precision in a few steps (Abramowitz and
 * Stegun, 25.4.29 and 22.16.6).
 */
#include "cr_quadrature.h"

#include <math.h>

#define PI			3.14159265358979323846
#define MAX_STEPS	10

/* P_n(x), and its derivative. */
static double
legendre(uint32_t n, double x, double *derivative)
{
	double		before = 1;
	double		p = x;

	for (uint32_t k = 2; k <= n; k++)
	{
		double		next = ((2 * k - 1) * x * p - (k - 1) * before) / k;

		before = p;
		p = next;
	}
	*derivative = n * (x * p - before) / (x * x - 1);
	return p;
}

/* The root number i of P_n from above, and the derivative there. */
static double
legendre_root(uint32_t n, uint32_t i, double *derivative)
{
	double		x = cos(PI * (i + 0.75) / (n + 0.5));

	for (int step = 0; step < MAX_STEPS; step++)
	{
		double		change = legendre(n, x, derivative) / *derivative;

		x -= change;
		if (fabs(change) < 1e-15)
			break;
	}
	legendre(n, x, derivative);
	return x;
}

void
cr_quadrature_rule(uint32_t n, double *points, double *weights)
{
	for (uint32_t i = 0; i < n; i++)
	{
		double		derivative;
		double		x = legendre_root(n, i, &derivative);

		points[i] = (1 + x) / 2;
		weights[i] = 1 / ((1 - x * x) * derivative * derivative);
	}
}
