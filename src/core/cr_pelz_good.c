/*
 * cr_pelz_good.c
 *	  P(D_n < d) for large n: the expansion of Pelz and Good (J. Royal
 *	  Statistical Society B 38, 1976) in powers of 1 / sqrt(n), z = d sqrt(n).
 *
 *	  K0(z) + K1(z) / sqrt(n) + K2(z) / n + K3(z) / n^(3/2)
 *
 * Each K is a sum over odd m of a polynomial in m^2 times exp(-m^2 pi^2 / 8 z^2);
 * K2 and K3 have a second sum, over whole k, of exp(-k^2 pi^2 / 2 z^2).  What
 * the expansion leaves out is scipy's largest error in the body of the
 * distribution: 2.4e-5 at n = 141, 5e-7 at n = 1,000, falling as n^-2.
 */
#include "cr_kolmogorov.h"

#include <math.h>

#include "cr_stirling.h"

#define PI_2	(CR_PI * CR_PI)

/* Adds the terms of one odd m to the four sums. */
static void
add_odd(double sum[4], double m, double z)
{
	double		z2 = z * z;
	double		z4 = z2 * z2;
	double		z6 = z4 * z2;
	double		u = PI_2 * m * m / 4;
	double		weight = exp(-u / (2 * z2));

	sum[0] += weight;
	sum[1] += weight * (u - z2);
	sum[2] += weight * (6 * z6 + 2 * z4 + u * (2 * z4 - 5 * z2) +
						u * u * (1 - 2 * z2));
	sum[3] += weight * (-30 * z6 - 90 * z6 * z2 +
						u * (135 * z4 - 96 * z6) +
						u * u * (212 * z4 - 60 * z2) +
						u * u * u * (5 - 30 * z2));
}

/* Adds the terms of one k to the second sums of K2 and K3. */
static void
add_whole(double extra[2], double k, double z)
{
	double		u = PI_2 * k * k;
	double		weight = exp(-u / (2 * z * z));

	extra[0] += weight * u;
	extra[1] += weight * u * (3 * z * z - u);
}

double
cr_pelz_good(double n, double d)
{
	double		root = sqrt(n);
	double		z = root * d;
	double		z4 = z * z * z * z;
	double		sum[4] = {0};
	double		extra[2] = {0};
	int			terms = (int) ceil(16 * z / CR_PI);	/* the rest is below 1e-100 */

	for (int k = terms; k >= 1; k--)
	{
		add_odd(sum, 2 * k - 1, z);
		add_whole(extra, k, z);
	}
	return sqrt(2 * CR_PI) *
		(sum[0] / z +
		 sum[1] / (6 * z4 * root) +
		 (sum[2] / (72 * z4 * z * z * z) - extra[0] / (36 * z * z * z)) / n +
		 (sum[3] / (6480 * z4 * z4 * z * z) + extra[1] / (216 * z4 * z * z)) /
		 (n * root));
}
