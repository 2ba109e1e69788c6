/*
 * cr_drift.c
 *	  The state of a drift scan: counting, merging.
 *
 * For each value x the key u[i] with u[i - 1] < x <= u[i] is found; x counts
 * as equal to it or as lying in the gap below.  The reference's distribution
 * function is flat between keys, so the Kolmogorov-Smirnov statistic, counts
 * in bins that end with keys, and with the gaps' sums Wasserstein's distance
 * follow from these numbers, and numbers of parts add up.
 */
#include "cr_drift.h"

#include <string.h>

#define MIN_BUFFER	1024		/* values */
#define MAX_BUFFER	16384
#define LANES		8			/* of sums */

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

/* Has room for some values a key; the keys must outlive it. */
void
cr_drift_init_buffer(CrDriftBuffer *buffer, const double *keys,
					 uint32_t n_keys, const CrAlloc *alloc)
{
	buffer->n_values = 0;
	buffer->size = n_keys < MIN_BUFFER / 2 ? MIN_BUFFER :
		n_keys > MAX_BUFFER / 2 ? MAX_BUFFER : 2 * n_keys;
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

/* Gives back what the first two functions took. */
void
cr_drift_release(CrDriftState *state, const CrAlloc *alloc)
{
	for (uint32_t f = 0; f < state->n_features; f++)
		if (state->features[f].cells != NULL)
			alloc->release(alloc->context, state->features[f].cells);
	alloc->release(alloc->context, state->features);
	state->features = NULL;
	state->n_features = 0;
}

/* Sums with many additions in flight; the order depends on n only. */
static double
sum(const double *values, uint32_t n)
{
	double		lanes[LANES] = {0};
	double		result = 0;
	uint32_t	i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++)
			lanes[k] += values[i + k];
	for (; i < n; i++)
		result += values[i];
	for (int k = 0; k < LANES; k++)
		result += lanes[k];
	return result;
}

static double
sum_of_squares(const double *values, uint32_t n, double mean)
{
	double		lanes[LANES] = {0};
	double		result = 0;
	uint32_t	i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++)
			lanes[k] += (values[i + k] - mean) * (values[i + k] - mean);
	for (; i < n; i++)
		result += (values[i] - mean) * (values[i] - mean);
	for (int k = 0; k < LANES; k++)
		result += lanes[k];
	return result;
}

/* A block as one more sample, its mean taken first. */
static void
add_moments(CrMoments *moments, const double *values, uint32_t n)
{
	CrMoments	block = {.n = n, .mean = sum(values, n) / n};

	block.squares = sum_of_squares(values, n, block.mean);
	cr_moments_merge(moments, &block);
}

static void
count(CrDriftCounts *counts, const double *keys, uint32_t position, double x)
{
	uint32_t	n_keys = counts->n_keys;
	CrCell	   *cell = &counts->cells[position];

	if (position < n_keys && keys[position] == x)
	{
		cell->equal++;
		return;
	}
	cell->between++;
	cell->sum += position < n_keys ? keys[position] - x :
		n_keys > 0 ? x - keys[n_keys - 1] : 0;
}

static void
count_block(CrDriftCounts *counts, const CrLookup *lookup,
			const double *values, uint32_t n)
{
	uint32_t	positions[CR_LOOKUP_BLOCK];

	cr_lookup_find(lookup, values, n, positions);
	for (uint32_t i = 0; i < n; i++)
		CR_PREFETCH(&counts->cells[positions[i]]);
	for (uint32_t i = 0; i < n; i++)
		count(counts, lookup->keys, positions[i], values[i]);
}

/* Looks up and counts what is in the buffer. */
void
cr_drift_flush(CrDriftCounts *counts, CrDriftBuffer *buffer)
{
	uint32_t	n = buffer->n_values;

	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i += CR_LOOKUP_BLOCK)
		count_block(counts, &buffer->lookup, buffer->values + i,
					n - i < CR_LOOKUP_BLOCK ? n - i : CR_LOOKUP_BLOCK);
	add_moments(&counts->moments, buffer->values, n);
	buffer->n_values = 0;
}

static void
merge_feature(CrDriftCounts *counts, const CrDriftCounts *other)
{
	for (uint32_t i = 0; i <= counts->n_keys; i++)
	{
		counts->cells[i].between += other->cells[i].between;
		counts->cells[i].equal += other->cells[i].equal;
		counts->cells[i].sum += other->cells[i].sum;
	}
	counts->n_missing += other->n_missing;
	cr_moments_merge(&counts->moments, &other->moments);
}

/* Adds a state against the same reference; one that cannot be is refused. */
CrStatus
cr_drift_merge(CrDriftState *state, const CrDriftState *other, CrError *error)
{
	if (state->n_features != other->n_features)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "States of %u and %u features do not add up.",
					   (uint64_t) state->n_features,
					   (uint64_t) other->n_features);
	for (uint32_t f = 0; f < state->n_features; f++)
	{
		CrDriftCounts *counts = &state->features[f];
		const CrDriftCounts *added = &other->features[f];

		if (counts->n_keys != added->n_keys)
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "States with %u and %u keys of feature %u do not add up.",
						   (uint64_t) counts->n_keys,
						   (uint64_t) added->n_keys, (uint64_t) f + 1);
		if (counts->moments.n + added->moments.n > CR_MAX_DRIFT_ROWS ||
			counts->n_missing + added->n_missing > CR_MAX_DRIFT_ROWS)
			return cr_fail(error, CR_LIMIT, CR_NO_OFFSET,
						   "A state has more than %u rows.", CR_MAX_DRIFT_ROWS);
		merge_feature(counts, added);
	}
	return CR_OK;
}
