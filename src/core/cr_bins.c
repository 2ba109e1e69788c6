/*
 * cr_bins.c
 *	  Bins frozen from a reference sample, given as distinct values in order
 *	  and their counts.
 *
 * Every bin ends with a value of the reference, so that whoever counts by
 * these values has the bins exactly.
 */
#include "cr_bins.h"

/*
 * Finds the deciles: the smallest value that has a share of j / 10 of the rows
 * at or below it (definition 1 of Hyndman and Fan, 1996).  last[] gets the
 * numbers of the values that end a bin, the last of them n_values - 1, and the
 * number of bins is returned: fewer than ten where one value holds several
 * deciles, none without rows.
 */
uint32_t
cr_bins_freeze(const uint64_t *counts, uint32_t n_values,
			   uint32_t last[CR_QUANTILE_BINS])
{
	uint64_t	total = 0;
	uint64_t	passed = 0;
	uint64_t	decile = 1;
	uint32_t	n_bins = 0;

	for (uint32_t i = 0; i < n_values; i++)
		total += counts[i];
	for (uint32_t i = 0; i < n_values && total > 0; i++)
	{
		uint64_t	before = decile;

		passed += counts[i];
		while (decile <= CR_QUANTILE_BINS &&
			   passed >= total / CR_QUANTILE_BINS * decile +
			   (total % CR_QUANTILE_BINS * decile + CR_QUANTILE_BINS - 1) /
			   CR_QUANTILE_BINS)
			decile++;
		if (decile > before)
			last[n_bins++] = i;
	}
	if (n_bins > 0)
		last[n_bins - 1] = n_values - 1;
	return n_bins;
}
