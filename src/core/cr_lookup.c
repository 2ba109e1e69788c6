/*
 * cr_lookup.c
 *	  Where values stand among sorted keys: many values at a time.
 *
 * A table of buckets sends a value straight to its few neighbours.  The bucket
 * comes from the bits of a double: with t = x - centre, those of |t| + offset
 * grow linearly with |t| as long as |t| is below offset, then with its
 * logarithm, so that a long tail does not leave the middle of the distribution
 * in one bucket.  Each step is monotonic, rounding included; so a key in a
 * later bucket is never below the value, and comparing with the keys from the
 * first of the bucket on, four at a time, gives the place.  Where a bucket has
 * more than MAX_BUCKET keys (two narrow peaks far apart), the block goes down a
 * binary search in step.
 */
#include "cr_lookup.h"

#include <math.h>
#include <string.h>

#define BUCKETS_PER_KEY	2		/* at most */
#define MAX_BUCKET		16		/* keys */

static int64_t
bits_of(double x)
{
	int64_t		bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/*
 * Not below 0 and not above last_bucket, for any value but NaN.  No branch on
 * the side of the centre, which nobody could predict: ~d is -1 - d.
 */
static int64_t
bucket_of(const CrLookup *lookup, double x)
{
	double		t = x - lookup->centre;
	int64_t		distance = (bits_of(fabs(t) + lookup->offset) -
							lookup->offset_bits) >> lookup->shift;
	int64_t		bucket = lookup->zero + (distance ^ -(int64_t) (t < 0));

	return bucket < 0 ? 0 : bucket > lookup->last_bucket ?
		lookup->last_bucket : bucket;
}

/* The bits between the offset and the farthest finite key on one side. */
static int64_t
reach(const CrLookup *lookup, double key)
{
	double		far = fabs(key - lookup->centre) + lookup->offset;

	return bits_of(fmin(far, 1e308)) - lookup->offset_bits;
}

/* Sets shift and zero so that the keys spread over enough buckets. */
static void
choose_scale(CrLookup *lookup)
{
	const double *keys = lookup->keys;
	uint32_t	n = lookup->n_keys;
	int64_t		below;
	int64_t		above;

	lookup->centre = keys[n / 2];
	lookup->offset = (keys[n - 1 - n / 4] - keys[n / 4]) / 2;
	lookup->offset_bits = bits_of(lookup->offset);
	below = reach(lookup, keys[0]);
	above = reach(lookup, keys[n - 1]);
	while ((below >> lookup->shift) + (above >> lookup->shift) + 3 >
		   (int64_t) BUCKETS_PER_KEY * n)
		lookup->shift++;
	lookup->zero = (below >> lookup->shift) + 1;
	lookup->last_bucket = lookup->zero + (above >> lookup->shift) + 1;
}

static void
set_start(const CrLookup *lookup, int64_t bucket, uint32_t start)
{
	if (lookup->near != NULL)
		lookup->near[bucket] = (uint16_t) start;
	else
		lookup->far[bucket] = start;
}

/*
 * Sets all starts, which are zeros; returns how many keys the fullest bucket
 * has.  Keys are counted first, so that no branch depends on where they lie.
 */
static uint32_t
fill_buckets(const CrLookup *lookup)
{
	uint32_t	fullest = 0;
	uint32_t	start = 0;

	for (uint32_t key = 0; key < lookup->n_keys; key++)
	{
		int64_t		bucket = bucket_of(lookup, lookup->keys[key]);

		set_start(lookup, bucket, cr_lookup_start(lookup, bucket) + 1);
	}
	for (int64_t bucket = 0; bucket <= lookup->last_bucket; bucket++)
	{
		uint32_t	n = cr_lookup_start(lookup, bucket);

		set_start(lookup, bucket, start);
		start += n;
		fullest = n > fullest ? n : fullest;
	}
	return fullest;
}

static void *
alloc_zeros(size_t size, const CrAlloc *alloc)
{
	return memset(alloc->alloc(alloc->context, size), 0, size);
}

/* The keys must outlive it; buckets are left out where they do not help. */
void
cr_lookup_build(CrLookup *lookup, const double *keys, uint32_t n_keys,
				const CrAlloc *alloc)
{
	size_t		n_buckets;

	*lookup = (CrLookup) {.keys = keys, .n_keys = n_keys};
	if (n_keys < 4 || !isfinite(keys[0]) || !isfinite(keys[n_keys - 1]) ||
		!(keys[n_keys - 1 - n_keys / 4] > keys[n_keys / 4]))
		return;
	choose_scale(lookup);
	n_buckets = (size_t) (lookup->last_bucket + 1);
	if (n_keys <= UINT16_MAX)
		lookup->near = alloc_zeros(sizeof(uint16_t) * n_buckets, alloc);
	else
		lookup->far = alloc_zeros(sizeof(uint32_t) * n_buckets, alloc);
	lookup->even = fill_buckets(lookup) <= MAX_BUCKET;
}

void
cr_lookup_release(CrLookup *lookup, const CrAlloc *alloc)
{
	if (lookup->near != NULL)
		alloc->release(alloc->context, lookup->near);
	if (lookup->far != NULL)
		alloc->release(alloc->context, lookup->far);
	lookup->near = NULL;
	lookup->far = NULL;
}

/* A binary search of all values in step: no branch depends on a value. */
static void
find_by_halves(const CrLookup *lookup, const double *values, uint32_t n,
			   uint32_t *positions)
{
	uint32_t	left = lookup->n_keys;

	memset(positions, 0, sizeof(uint32_t) * n);
	for (; left > 0; left /= 2)
	{
		uint32_t	half = left - left / 2;

		for (uint32_t i = 0; i < n; i++)
			positions[i] += half *
				(lookup->keys[positions[i] + half - 1] < values[i]);
	}
}

static inline uint32_t
below_four(const double *keys, double x)
{
	return (keys[0] < x) + (keys[1] < x) + (keys[2] < x) + (keys[3] < x);
}

/* Few buckets have more than three keys below a value of theirs. */
static void
find_in_buckets(const CrLookup *lookup, const double *values, uint32_t n,
				uint32_t *positions)
{
	for (uint32_t i = 0; i < n; i++)
	{
		positions[i] = cr_lookup_start(lookup, bucket_of(lookup, values[i]));
		CR_PREFETCH(&lookup->keys[positions[i]]);
	}
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t	below;

		do
		{
			below = below_four(lookup->keys + positions[i], values[i]);
			positions[i] += below;
		}
		while (below == 4);
	}
}

/*
 * positions[i] gets the number of keys below values[i]: the first key that is
 * equal or above, or n_keys.  At most CR_LOOKUP_BLOCK values, none of them NaN.
 */
void
cr_lookup_find(const CrLookup *lookup, const double *values, uint32_t n,
			   uint32_t *positions)
{
	if (lookup->even)
		find_in_buckets(lookup, values, n, positions);
	else
		find_by_halves(lookup, values, n, positions);
}
