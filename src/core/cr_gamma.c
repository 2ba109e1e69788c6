/*
 * cr_gamma.c
 *	  The tail of the chi-square distribution: the regularised upper incomplete
 *	  gamma function Q(a, x) at a = df / 2, x = statistic / 2.
 *
 * Below x = a + 1 the power series of 1 - Q, above it the continued fraction
 * of Q (Abramowitz and Stegun 6.5.29 and 6.5.31), so that a small tail is
 * never the difference of two large numbers.  Both take about 5 sqrt(a)
 * steps near x = a, where they are slowest.
 */
#include "cr_gamma.h"

#include <float.h>
#include <math.h>

#include "cr_stirling.h"

#define TINY	1e-300			/* stands for a zero denominator */

/* x^a e^-x / gamma(a), in Loader's form where a is large. */
static double
density(double a, double x)
{
	if (a < 10)
		return exp(a * log(x) - x) / tgamma(a);
	return exp(-a * cr_log_gap((x - a) / a) - cr_stirling_error(a)) *
		sqrt(a / (2 * CR_PI));
}

static double
lower_series(double a, double x)
{
	double		term = 1 / a;
	double		sum = term;

	for (double n = a + 1; term > sum * DBL_EPSILON / 2; n++)
	{
		term *= x / n;
		sum += term;
	}
	return density(a, x) * sum;
}

/* Lentz's method, as modified by Thompson and Barnett (1986). */
static double
upper_fraction(double a, double x)
{
	double		b = x + 1 - a;
	double		c = 1 / TINY;
	double		d = 1 / b;
	double		fraction = d;
	double		factor = 0;

	for (double n = 1; fabs(factor - 1) > 4 * DBL_EPSILON; n++)
	{
		double		numerator = -n * (n - a);

		b += 2;
		d = numerator * d + b;
		d = 1 / (d == 0 ? TINY : d);
		c = b + numerator / c;
		if (c == 0)
			c = TINY;
		factor = c * d;
		fraction *= factor;
	}
	return density(a, x) * fraction;
}

/*
 * P(chi-square with df degrees of freedom >= statistic), df > 0.  Relative
 * error below 1e-12 for df to 10,000 and tails down to 1e-300.
 */
double
cr_chi2_tail(double statistic, double df)
{
	double		a = df / 2;
	double		x = statistic / 2;

	if (isnan(x) || isnan(a) || a <= 0)
		return NAN;
	if (x <= 0)
		return 1;
	if (isinf(x))
		return 0;
	return x < a + 1 ? 1 - lower_series(a, x) : upper_fraction(a, x);
}
