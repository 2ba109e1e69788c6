/*
 * quadrature.c
 *	  Proves that the rules integrate polynomials of the degrees they promise.
 */
#include "cr_quadrature.h"
#include "tap.h"

#define MAX_POINTS	128

/* The largest error of the integrals of t^0 to t^(2n - 1), which are 1/(k + 1). */
static double
worst_error(uint32_t n)
{
	double		points[MAX_POINTS];
	double		weights[MAX_POINTS];
	double		worst = 0;

	cr_quadrature_rule(n, points, weights);
	for (uint32_t k = 0; k < 2 * n; k++)
	{
		double		sum = 0;

		for (uint32_t i = 0; i < n; i++)
			sum += weights[i] * pow(points[i], k);
		worst = fmax(worst, fabs(sum * (k + 1) - 1));
	}
	return worst;
}

int
main(void)
{
	double		points[2];
	double		weights[2];
	double		worst = 0;

	for (uint32_t n = 1; n <= MAX_POINTS; n++)
		worst = fmax(worst, worst_error(n));
	ok(worst < 1e-12, "rules of 1 to %d points are exact, worst error %.1e",
	   MAX_POINTS, worst);
	cr_quadrature_rule(2, points, weights);
	ok(fabs(points[0] - (0.5 + sqrt(3) / 6)) < 1e-15 &&
	   fabs(points[1] - (0.5 - sqrt(3) / 6)) < 1e-15 &&
	   fabs(weights[0] - 0.5) < 1e-15, "two points stand where they must");
	return done_testing();
}
