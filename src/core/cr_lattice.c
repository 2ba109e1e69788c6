/*
 * cr_lattice.c
 *	  The exact distribution of the two-sample Kolmogorov-Smirnov statistic.
 *
 * Under the hypothesis every order of the pooled rows is equally likely: a
 * random path of steps right (a row of the first sample) and up (one of the
 * second) from (0, 0) to (m, n).  The statistic reaches h / lcm(m, n) when the
 * path touches |x n - y m| >= h gcd(m, n) (Hodges, Arkiv foer Matematik 3,
 * 1958).
 */
#include "cr_ks.h"

#include <math.h>

/*
 * m = n: the reflection principle gives
 * 2 (C(2n, n - h) - C(2n, n - 2h) + C(2n, n - 3h) - ...) / C(2n, n), here with
 * common factors taken out so that it is 2 A0 (1 - A1 (1 - A2 ...)).
 */
static double
square_tail(uint32_t n, uint32_t h)
{
	double		tail = 0;

	for (uint32_t k = n / h + 1; k > 0; k--)
	{
		double		offset = (double) (k - 1) * h;
		double		ratio = 1;

		for (uint32_t j = 0; j < h; j++)
			ratio *= (n - offset - j) / (n + offset + j + 1);
		tail = ratio * (1 - tail);
	}
	return 2 * tail;
}

static uint32_t
greatest_divisor(uint32_t a, uint32_t b)
{
	while (b != 0)
	{
		uint32_t	rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * One diagonal x + y = s of the recursion below: old holds diagonal s - 1.
 * Cells outside the band keep their 1.
 */
static void
next_diagonal(const double *old, double *new, int64_t low, int64_t high,
			  int64_t s)
{
	double		scale = 1 / (double) s;

	for (int64_t x = low; x <= high; x++)
		new[x] = ((double) x * old[x - 1] + (double) (s - x) * old[x]) * scale;
}

/*
 * Goes through the diagonals, in two rows of cells that are all 1 but for the
 * corner; returns the row of the last.  Inside the band is
 * |x step_1 - y step_2| < h, or s step_2 - h < x (step_1 + step_2) <
 * s step_2 + h.  Where the band moves on at its low end the cell becomes 1
 * again; its high end never retreats.
 */
static const double *
walk(double *old, double *new, int64_t n_1, int64_t n_2, int64_t divisor,
	 int64_t h, const CrAlloc *alloc)
{
	int64_t		step_2 = n_1 / divisor;
	int64_t		both = step_2 + n_2 / divisor;

	for (int64_t s = 1; s <= n_1 + n_2; s++)
	{
		int64_t		low = s * step_2 < h ? 0 : (s * step_2 - h) / both + 1;
		int64_t		high = (s * step_2 + h - 1) / both;
		double	   *swap = old;

		low = low < s - n_2 ? s - n_2 : low;
		high = high > n_1 ? n_1 : high > s ? s : high;
		next_diagonal(old, new, low, high, s);
		if (low > 0)
			new[low - 1] = 1;
		old = new;
		new = swap;
		cr_poll(alloc);
	}
	return old;
}

/*
 * n_1 != n_2: Q(x, y), the share of the paths to (x, y) that have touched the
 * border, is 1 outside the band and (x Q(x - 1, y) + y Q(x, y - 1)) / (x + y)
 * inside, all terms positive: a small tail keeps its digits.
 */
static double
band_tail(uint32_t n_1, uint32_t n_2, uint32_t divisor, int64_t h,
		  const CrAlloc *alloc)
{
	size_t		row = (size_t) n_1 + 2; /* from x = -1 on */
	double	   *cells = alloc->alloc(alloc->context,
									 sizeof(double) * 2 * row);
	double		tail;

	for (size_t i = 0; i < 2 * row; i++)
		cells[i] = 1;
	cells[1] = 0;
	tail = walk(cells + 1, cells + row + 1, n_1, n_2, divisor, h, alloc)[n_1];
	alloc->release(alloc->context, cells);
	return tail;
}

/*
 * P(statistic >= d) for samples of n_1 and n_2 rows, each at least 1.  Takes
 * d n_1 n_2 steps at most, and polls; where the bound of Wei and Dudley
 * (Statistics & Probability Letters 82, 2012), e exp(-2 d^2 n_1 n_2 /
 * (n_1 + n_2)), is below the smallest double, none.
 */
double
cr_lattice_tail(uint32_t n_1, uint32_t n_2, double d, const CrAlloc *alloc)
{
	uint32_t	divisor = greatest_divisor(n_1, n_2);
	double		multiple = (double) (n_1 / divisor) * n_2;
	double		h = rint(d * multiple);

	if (h < 1)
		return 1;
	if (2 * d * d * multiple * divisor / ((double) n_1 + n_2) > 750)
		return 0;
	if (n_1 == n_2)
		return fmin(square_tail(n_1, (uint32_t) h), 1);
	return band_tail(n_1, n_2, divisor, (int64_t) h, alloc);
}
