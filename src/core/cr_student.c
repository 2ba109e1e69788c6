/*
 * cr_student.c
 *	  Both tails of Student's t distribution: the regularised incomplete beta
 *	  function I_x(df / 2, 1 / 2) at x = df / (df + t^2).
 *
 * It is taken from the continued fraction of DiDonato and Morris (ACM TOMS
 * 18, 1992, equation 9), which is given 1 - x as well and so keeps its digits
 * when df is large and x close to 1.  It converges fast where
 * x <= a / (a + b); beyond, I_x(a, b) = 1 - I_1-x(b, a), and the tails are
 * above 0.3, so that nothing cancels.
 */
#include "cr_student.h"

#include <float.h>
#include <math.h>

#include "cr_stirling.h"

#define TINY	1e-300			/* stands for a zero denominator */

/*
 * x^a y^b / (B(a, b) I_x(a, b)), where y = 1 - x and
 * lambda = a - (a + b) x >= 0, by Lentz's method as modified by Thompson and
 * Barnett (1986).
 */
static double
beta_fraction(double a, double b, double x, double y, double lambda)
{
	double		d = 0;
	double		fraction = a / (a + 1) * (lambda + 1);
	double		c = fraction;
	double		factor = 0;

	for (double n = 1; fabs(factor - 1) > 4 * DBL_EPSILON; n++)
	{
		double		odd = a + 2 * n - 1;
		double		step = n * (b - n) * x / odd;
		double		numerator = (a + n - 1) * (a + b + n - 1) / odd * step * x;
		double		denominator = n + step +
			(a + n) / (odd + 2) * (lambda + 1 + n * (1 + y));

		d = denominator + numerator * d;
		d = 1 / (d == 0 ? TINY : d);
		c = denominator + numerator / c;
		if (c == 0)
			c = TINY;
		factor = c * d;
		fraction *= factor;
	}
	return fraction;
}

/*
 * gamma(a + 1/2) / gamma(a); the series for large a is that of Tricomi and
 * Erdelyi (1951), its first term left out 869 / (4194304 a^6).
 */
static double
gamma_step(double a)
{
	double		t = 1 / a;

	if (a < 100)
		return tgamma(a + 0.5) / tgamma(a);
	return sqrt(a) * (1 - t * (1.0 / 8 - t *
							   (1.0 / 128 + t *
								(5.0 / 1024 - t *
								 (21.0 / 32768 + t * 399 / 262144)))));
}

/*
 * P(|T| >= |t|) with df > 0 degrees of freedom, not necessarily whole.
 * Relative error below 1e-12 for df from 1 to 1e10 and tails to 1e-300.
 */
double
cr_student_tails(double t, double df)
{
	double		a = df / 2;
	double		ratio = t * t / df;
	double		x = 1 / (1 + ratio);
	double		y = ratio * x;
	double		lambda = (a + 0.5) * y - 0.5;
	double		density;

	if (isnan(t) || isnan(df) || df <= 0)
		return NAN;
	if (isinf(ratio))
		return 0;
	density = exp(-a * log1p(ratio)) * sqrt(y) * gamma_step(a) / sqrt(CR_PI);
	if (lambda >= 0)
		return density / beta_fraction(a, 0.5, x, y, lambda);
	return 1 - density / beta_fraction(0.5, a, y, x, -lambda);
}
