/*
 * cr_durbin.c
 *	  P(D_n < d), exact but for rounding: the matrix of Durbin (1968) in the
 *	  form of Marsaglia, Tsang and Wang (J. Stat. Software 8(18), 2003).
 *
 * With n d = k - h, k whole and 0 <= h < 1, the probability is n! / n^n times
 * the middle entry of H^n, where H has m = 2 k - 1 rows.  No entry is
 * negative, so nothing cancels.  Of the power only the middle row is needed:
 * H is squared, the row multiplied.
 */
#include "cr_kolmogorov.h"

#include <math.h>
#include <string.h>

#include "cr_stirling.h"

#define MAX_EXPONENT	128		/* of two: taken out when above it */

/*
 * H[i][j] is 1 / k! with k = i - j + 1, and 0 for k < 0.  In the first column
 * and the last row it is (1 - h^k) / k!, in the corner where they meet
 * (1 - 2 h^m + max(0, 2 h - 1)^m) / m!.
 */
static void
fill(double *cell, uint32_t m, double h)
{
	double		factorial = 1;
	double		power = 1;

	memset(cell, 0, sizeof(double) * m * m);
	for (uint32_t k = 0; k <= m; k++)
	{
		for (uint32_t j = k == 0; j + k <= m; j++)
			cell[(size_t) (j + k - 1) * m + j] = 1 / factorial;
		factorial *= k + 1;
	}
	for (uint32_t k = 1; k < m; k++)
	{
		power *= h;
		cell[(size_t) (k - 1) * m] *= 1 - power;
		cell[(size_t) (m - 1) * m + m - k] *= 1 - power;
	}
	cell[(size_t) (m - 1) * m] *= 1 - 2 * power * h +
		(h > 0.5 ? pow(2 * h - 1, m) : 0);
}

/* result = row * matrix */
static void
multiply_row(const double *row, const double *matrix, uint32_t m,
			 double *result)
{
	memset(result, 0, sizeof(double) * m);
	for (uint32_t k = 0; k < m; k++)
		for (uint32_t j = 0; j < m && row[k] != 0; j++)
			result[j] += row[k] * matrix[(size_t) k * m + j];
}

static void
square(double *matrix, double *scratch, uint32_t m, const CrAlloc *alloc)
{
	for (uint32_t i = 0; i < m; i++)
	{
		multiply_row(matrix + (size_t) i * m, matrix, m,
					 scratch + (size_t) i * m);
		cr_poll(alloc);
	}
	memcpy(matrix, scratch, sizeof(double) * m * m);
}

/*
 * Divides by the power of two that the middle entry holds, if that is large;
 * returns its exponent.
 */
static int64_t
take_out(double *cell, size_t n_cells, double middle)
{
	int			exponent;

	frexp(middle, &exponent);
	if (exponent <= MAX_EXPONENT)
		return 0;
	for (size_t i = 0; i < n_cells; i++)
		cell[i] = ldexp(cell[i], -exponent);
	return exponent;
}

/* The middle entry of H^n, and the power of two to multiply it by. */
static double
middle_of_power(double *matrix, uint32_t m, uint32_t n, double *scratch,
				const CrAlloc *alloc, int64_t *exponent)
{
	double	   *row = scratch + (size_t) m * m;
	double	   *next = row + m;
	uint32_t	middle = (m - 1) / 2;
	int64_t		matrix_exponent = 0;

	memset(row, 0, sizeof(double) * m);
	row[middle] = 1;
	for (*exponent = 0; n > 0; n /= 2)
	{
		if (n % 2 == 1)
		{
			multiply_row(row, matrix, m, next);
			memcpy(row, next, sizeof(double) * m);
			*exponent += matrix_exponent + take_out(row, m, row[middle]);
		}
		square(matrix, scratch, m, alloc);
		matrix_exponent = 2 * matrix_exponent +
			take_out(matrix, (size_t) m * m,
					 matrix[(size_t) middle * m + middle]);
	}
	return row[middle];
}

/*
 * For 0.5 < n d; takes m^3 log2(n) steps, m = 2 n d, and polls.  The relative
 * error is that of about m log2(n) roundings.
 */
double
cr_durbin(uint32_t n, double d, const CrAlloc *alloc)
{
	double		nd = n * d;
	uint32_t	k = (uint32_t) ceil(nd);
	uint32_t	m = 2 * k - 1;
	double	   *matrix = alloc->alloc(alloc->context,
									  sizeof(double) * 2 * m * (m + 1));
	int64_t		exponent;
	double		middle;

	fill(matrix, m, k - nd);
	middle = middle_of_power(matrix, m, n, matrix + (size_t) m * m, alloc,
							 &exponent);
	alloc->release(alloc->context, matrix);

	/* n! / n^n = sqrt(2 pi n) e^(Stirling's error - n) */
	if (middle <= 0)
		return 0;
	return exp(log(middle) + exponent * log(2) + cr_stirling_error(n) - n) *
		sqrt(2 * CR_PI * n);
}
