/*
 * cr_count.c
 *	  A block of values, counted among sorted keys.
 */
#include "cr_count.h"

#include <string.h>

#include "cr_cpu.h"

#define AHEAD	24				/* cells asked for before they are used */

void
cr_find_portable(const CrLookup *lookup, const double *values, uint32_t n,
				 uint32_t *positions, CrSums *sums)
{
	cr_lookup_find(lookup, values, n, positions);
	for (uint32_t i = 0; i < n; i++)
	{
		double		difference = values[i] - sums->centre;

		sums->differences[i % CR_COUNT_LANES] += difference;
		sums->squares[i % CR_COUNT_LANES] += difference * difference;
	}
}

static void
find(const CrLookup *lookup, const double *values, uint32_t n,
	 uint32_t *positions, CrSums *sums)
{
#ifdef CR_X86_COUNT
	if (lookup->even && CR_CPU_HAS(avx2, AVX2))
	{
		cr_find_avx2(lookup, values, n, positions, sums);
		return;
	}
#endif
	cr_find_portable(lookup, values, n, positions, sums);
}

/*
 * Differences from one of the values lose few digits: that value's own distance
 * from the mean is part of the squares.
 */
static CrMoments
moments_of(const CrSums *sums, uint32_t n)
{
	CrMoments	moments = {.n = n};
	double		difference = 0;

	for (int k = 0; k < CR_COUNT_LANES; k++)
	{
		difference += sums->differences[k];
		moments.squares += sums->squares[k];
	}
	moments.mean = sums->centre + difference / n;
	moments.squares -= difference * difference / n;
	if (moments.squares < 0)
		moments.squares = 0;
	return moments;
}

static inline void
count(const CrLookup *lookup, CrFreshCell *cells, uint32_t position, double x)
{
	const double *keys = lookup->keys;
	uint32_t	n_keys = lookup->n_keys;
	CrFreshCell *cell = &cells[position];

	if (position < n_keys && keys[position] == x)
	{
		cell->equal++;
		return;
	}
	cell->between++;
	cell->sum += position < n_keys ? keys[position] - x :
		n_keys > 0 ? x - keys[n_keys - 1] : 0;
}

void
cr_count_block(const CrLookup *lookup, CrFreshCell *cells,
			   const double *values, uint32_t n, CrMoments *moments)
{
	uint32_t	positions[CR_COUNT_BLOCK + AHEAD];
	CrSums		sums = {.centre = values[0]};

	for (uint32_t i = 0; i < n; i += CR_LOOKUP_BLOCK)
		find(lookup, values + i,
			 n - i < CR_LOOKUP_BLOCK ? n - i : CR_LOOKUP_BLOCK,
			 positions + i, &sums);
	memset(positions + n, 0, sizeof(uint32_t) * AHEAD);
	for (uint32_t i = 0; i < n; i++)
	{
		CR_PREFETCH(&cells[positions[i + AHEAD]]);
		count(lookup, cells, positions[i], values[i]);
	}
	*moments = moments_of(&sums, n);
}
