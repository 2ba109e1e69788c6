/*
 * cr_drift.c
 *	  The state of a drift scan: counting.
 *
 * For each value x the key u[i] with u[i - 1] < x <= u[i] is found; x counts
 * as equal to it or as lying in the gap below.  The reference's distribution
 * function is flat between keys, so the Kolmogorov-Smirnov statistic, counts
 * in bins that end with keys, and with the gaps' sums Wasserstein's distance
 * follow from these numbers, and numbers of parts add up.
 */
#include "cr_drift.h"

#include <math.h>
#include <string.h>

#define MIN_BUFFER	1024		/* values */
#define MAX_BUFFER	32768

void
cr_drift_init(CrDriftState *state, uint32_t n_features, const CrAlloc *alloc)
{
	size_t		size = sizeof(CrDriftCounts) * n_features;

	state->n_features = n_features;
	state->features = alloc->alloc(alloc->context, size);
	memset(state->features, 0, size);
}

void
cr_drift_init_feature(CrDriftCounts *counts, uint32_t n_keys,
					  const CrAlloc *alloc)
{
	size_t		size = sizeof(CrCell) * ((size_t) n_keys + 1);

	*counts = (CrDriftCounts) {.n_keys = n_keys};
	counts->cells = alloc->alloc(alloc->context, size);
	memset(counts->cells, 0, size);
}

/* The same, to be counted in small cells. */
void
cr_drift_init_fresh(CrDriftCounts *counts, uint32_t n_keys,
					const CrAlloc *alloc)
{
	size_t		n_cells = (size_t) n_keys + 1;

	*counts = (CrDriftCounts) {.n_keys = n_keys,.blank = true};
	counts->cells = alloc->alloc(alloc->context, sizeof(CrCell) * n_cells);
	counts->fresh = alloc->alloc(alloc->context,
								 sizeof(CrFreshCell) * n_cells);
	memset(counts->fresh, 0, sizeof(CrFreshCell) * n_cells);
}

/* Has room for some values a key; the keys must outlive it. */
void
cr_drift_init_buffer(CrDriftBuffer *buffer, const double *keys,
					 uint32_t n_keys, const CrAlloc *alloc)
{
	buffer->n_values = 0;
	buffer->size = n_keys < MIN_BUFFER / 4 ? MIN_BUFFER :
		n_keys > MAX_BUFFER / 4 ? MAX_BUFFER : 4 * n_keys;
	buffer->values = alloc->alloc(alloc->context,
								  sizeof(double) * buffer->size);
	cr_lookup_build(&buffer->lookup, keys, n_keys, alloc);
}

void
cr_drift_release_buffer(CrDriftBuffer *buffer, const CrAlloc *alloc)
{
	cr_lookup_release(&buffer->lookup, alloc);
	alloc->release(alloc->context, buffer->values);
}

/* Gives back what the counts took; buffers have their own. */
void
cr_drift_release(CrDriftState *state, const CrAlloc *alloc)
{
	for (uint32_t f = 0; f < state->n_features; f++)
	{
		if (state->features[f].cells != NULL)
			alloc->release(alloc->context, state->features[f].cells);
		if (state->features[f].fresh != NULL)
			alloc->release(alloc->context, state->features[f].fresh);
	}
	alloc->release(alloc->context, state->features);
	state->features = NULL;
	state->n_features = 0;
}

/* Afterwards the cells have all rows. */
void
cr_drift_settle(CrDriftCounts *counts)
{
	size_t		n_cells = (size_t) counts->n_keys + 1;

	if (counts->blank)
		memset(counts->cells, 0, sizeof(CrCell) * n_cells);
	counts->blank = false;
	if (counts->n_fresh == 0)
		return;
	for (size_t i = 0; i < n_cells; i++)
	{
		counts->cells[i].between += counts->fresh[i].between;
		counts->cells[i].equal += counts->fresh[i].equal;
		counts->cells[i].sum += counts->fresh[i].sum;
	}
	memset(counts->fresh, 0, sizeof(CrFreshCell) * n_cells);
	counts->n_fresh = 0;
}

/* Afterwards the counts have what was in the buffer, settled or not. */
void
cr_drift_flush(CrDriftCounts *counts, CrDriftBuffer *buffer)
{
	uint32_t	n = buffer->n_values;

	if (counts->n_fresh > UINT32_MAX - n)
		cr_drift_settle(counts);
	for (uint32_t i = 0; i < n; i += CR_COUNT_BLOCK)
	{
		CrMoments	block;

		cr_count_block(&buffer->lookup, counts->fresh, buffer->values + i,
					   n - i < CR_COUNT_BLOCK ? n - i : CR_COUNT_BLOCK,
					   &block);
		cr_moments_merge(&counts->moments, &block);
	}
	counts->n_fresh += n;
	buffer->n_values = 0;
}

/*
 * Takes at most CR_DRIFT_BLOCK values of a table by rows, stride apart.  NaN is
 * a missing one, written and then overwritten, as nobody can predict them.
 */
void
cr_drift_add(CrDriftCounts *counts, CrDriftBuffer *buffer,
			 const double *values, size_t stride, uint32_t n)
{
	uint32_t	end;

	if (buffer->size - buffer->n_values < n)
		cr_drift_flush(counts, buffer);
	end = buffer->n_values;
	for (uint32_t i = 0; i < n; i++)
	{
		double		value = values[i * stride];

		buffer->values[end] = value;
		end += !isnan(value);
	}
	counts->n_missing += n - (end - buffer->n_values);
	buffer->n_values = end;
}
