/*
 * cr_power.c
 *	  How small a shift a comparison of two samples could have seen.
 *
 * With D the true largest distance of the distribution functions, at x, the
 * Kolmogorov-Smirnov test at level 5 % rejects at the least when the distance
 * of the samples at x alone exceeds the critical value.  That distance is
 * nearly normal around D, with a standard deviation of at most
 * 1 / (2 sqrt(n)), n = n1 n2 / (n1 + n2).  So whatever the shape of the shift,
 * the power is 80 % from D = critical value + z(0.8) / (2 sqrt(n)), for many
 * rows (1.358 + 0.421) / sqrt(n).
 */
#include "cr_power.h"

#include <math.h>

#include "cr_kolmogorov.h"

#define LEVEL		0.05
#define Z_POWER		0.84162123357291441 /* the normal distribution's 80 % */

static double
excess(double n, double d, const CrAlloc *alloc)
{
	return cr_kolmogorov_tail(n, d, alloc) - LEVEL;
}

/*
 * Where the tail falls to LEVEL, by the Illinois variant of false position,
 * a and b on both sides of it.  The start is Stephens (1970): within 1 % from
 * n = 4 on, too high below.
 */
static double
critical_value(double n, const CrAlloc *alloc)
{
	double		guess = 1.3581 / (sqrt(n) + 0.12 + 0.11 / sqrt(n));
	double		a = 0.85 * guess;
	double		b = fmin(1.05 * guess, 1);
	double		at_a = excess(n, a, alloc);
	double		at_b = excess(n, b, alloc);

	while (at_b != 0 && fabs(b - a) > 1e-11 * guess)
	{
		double		c = b - at_b * (b - a) / (at_b - at_a);
		double		at_c = excess(n, c, alloc);

		if ((at_b < 0) != (at_c < 0))
		{
			a = b;
			at_a = at_b;
		}
		else
			at_a /= 2;
		b = c;
		at_b = at_c;
	}
	return b;
}

/*
 * The smallest D that is seen with a power of 80 % at level 5 %; NaN where no
 * shift, not even D = 1, is certain to be.
 */
double
cr_detectable_shift(uint64_t n_reference, uint64_t n_current,
					const CrAlloc *alloc)
{
	double		n_1 = (double) n_reference;
	double		n_2 = (double) n_current;
	double		n = n_1 * n_2 / (n_1 + n_2);
	double		shift;

	if (n_reference == 0 || n_current == 0)
		return NAN;
	shift = critical_value(fmax(rint(n), 1), alloc) +
		Z_POWER / (2 * sqrt(n));
	return shift <= 1 ? shift : NAN;
}
