/*
 * cr_stirling.c
 *	  What Stirling's formula leaves out, and r - ln(1 + r).
 */
#include "cr_stirling.h"

#include <math.h>

/*
 * ln n! - (ln(2 pi n) / 2 + n ln n - n), for any n > 0, to 1e-14.  From 16 on
 * the series: the first term left out is 691 / (360360 n^11), below 2e-16.
 */
double
cr_stirling_error(double n)
{
	double		t = 1 / (n * n);

	if (n < 16)
		return log(tgamma(n + 1)) - (n + 0.5) * log(n) + n -
			0.5 * log(2 * CR_PI);
	return (1.0 / 12 - t * (1.0 / 360 - t * (1.0 / 1260 - t *
											 (1.0 / 1680 - t / 1188)))) / n;
}

/*
 * r - ln(1 + r) for r > -1, without the cancellation near 0: with
 * v = r / (2 + r), ln(1 + r) = 2 (v + v^3 / 3 + v^5 / 5 + ...) and
 * r - 2 v = r v.
 */
double
cr_log_gap(double r)
{
	double		v = r / (2 + r);
	double		power = -2 * v;
	double		sum = r * v;

	if (r < -0.5 || r > 1)
		return r - log1p(r);
	for (int k = 3; fabs(power) > 1e-18 * sum; k += 2)
	{
		power *= v * v;
		sum += power / k;
	}
	return sum;
}
