/*
 * cr_kolmogorov.c
 *	  P(D_n >= d), by the method that is exact or best where n and d lie.
 *
 * The choice is that of Simard and L'Ecuyer, "Computing the two-sided
 * Kolmogorov-Smirnov distribution" (J. Stat. Software 39, 2011) with the
 * limits of scipy.stats.kstwo, so that p-values agree with scipy's.  Where
 * scipy takes Pomeranz's recursion for n <= 140 we stay with Durbin's matrix:
 * both are exact.  docs/drift.md says how far each part is from the truth.
 */
#include "cr_kolmogorov.h"

#include <math.h>

#define SMALL_N			140		/* exact, whatever d */
#define DURBIN_N		100000

/* n is a whole number, at least 1. */
double
cr_kolmogorov_tail(double n, double d, const CrAlloc *alloc)
{
	double		nd2 = n * d * d;

	if (isnan(n) || isnan(d) || n < 1)
		return NAN;
	if (d >= 1 || nd2 >= 370)
		return 0;
	if (n * d <= 0.5)
		return 1;
	if (d >= 0.5 || nd2 > 4 || (n > SMALL_N && nd2 >= 2.2))
		return fmin(2 * cr_smirnov_tail(n, d), 1);
	if (n > SMALL_N && nd2 <= 0.04)
		return 1;				/* but for 1e-11: see cr_pelz_good() */
	if (n <= SMALL_N || (n <= DURBIN_N && n * pow(d, 1.5) <= 1.4))
		return 1 - cr_durbin((uint32_t) n, d, alloc);
	return 1 - cr_pelz_good(n, d);
}
