/*
 * cr_smirnov.c
 *	  P(D+_n >= d), the one-sided tail, for any n in well under 0.1 ms.
 *
 * Smirnov's sum (1944), with p = d + j / n:
 *
 *	  sum over j of binomial density(j; n, p) d / p,    0 <= j <= n (1 - d)
 *
 * The terms are taken in Loader's form, so the result keeps its digits at
 * n = 1e9 (scipy turns to an approximation at 1e6 that is off by up to 5 %).
 * As a function of j they are one smooth bell that falls faster than any power
 * at both ends, and its width is n / (4 z) with z = d sqrt(n) <= 19.3 where
 * this is used.  For such a function the sum of every s-th term, times s,
 * is the whole sum but for exp(-2 pi^2 width^2 / s^2): a few hundred terms
 * give all digits.
 */
#include "cr_kolmogorov.h"

#include <math.h>

#include "cr_stirling.h"

#define TERMS	500				/* at least, unless n is smaller */

/* One term; j whole and n - j > n d. */
static double
term(double n, double nd, double j, double stirling_n)
{
	double		rest = n - j;

	if (j == 0)
		return exp(n * log1p(-nd / n));
	return exp(stirling_n - cr_stirling_error(j) - cr_stirling_error(rest) -
			   j * cr_log_gap(nd / j) - rest * cr_log_gap(-nd / rest)) *
		sqrt(n / (2 * CR_PI * j * rest)) * nd / (nd + j);
}

/* n is a whole number, at least 1; 0 < d < 1. */
double
cr_smirnov_tail(double n, double d)
{
	double		nd = n * d;
	double		stirling_n = cr_stirling_error(n);
	double		step = fmax(1, floor(n / TERMS));
	double		sum = 0;

	for (double j = 0; n - j > nd; j += step)
		sum += term(n, nd, j, stirling_n);
	return sum * step;
}
