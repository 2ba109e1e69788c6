/*
 * cr_count_avx2.c
 *	  A block of values, counted among sorted keys: four at a time.
 */
#include "cr_count.h"

#ifdef CR_X86_COUNT

#include <immintrin.h>

#define CR_TARGET	__attribute__((target("avx2,popcnt")))
#define LANES		CR_COUNT_LANES

/* cr_lookup.c's bucket_of() of four values: the same steps. */
static inline CR_TARGET __m256i
buckets_of(const CrLookup *lookup, __m256d x)
{
	const __m256d magnitude =
		_mm256_castsi256_pd(_mm256_set1_epi64x(INT64_MAX));
	const __m256i last = _mm256_set1_epi64x(lookup->last_bucket);
	__m256d		t = _mm256_sub_pd(x, _mm256_set1_pd(lookup->centre));
	__m256d		far = _mm256_add_pd(_mm256_and_pd(t, magnitude),
									_mm256_set1_pd(lookup->offset));
	__m256i		grown = _mm256_sub_epi64(_mm256_castpd_si256(far),
										 _mm256_set1_epi64x(lookup->offset_bits));
	__m256i		distance = _mm256_srl_epi64(grown,
											_mm_cvtsi32_si128((int) lookup->shift));
	__m256i		below = _mm256_castpd_si256(
		_mm256_cmp_pd(t, _mm256_setzero_pd(), _CMP_LT_OQ));
	__m256i		bucket = _mm256_add_epi64(_mm256_set1_epi64x(lookup->zero),
										  _mm256_xor_si256(distance, below));

	bucket = _mm256_andnot_si256(
		_mm256_cmpgt_epi64(_mm256_setzero_si256(), bucket), bucket);
	return _mm256_blendv_epi8(bucket, last, _mm256_cmpgt_epi64(bucket, last));
}

/* All ones in the lanes that still have a value. */
static inline CR_TARGET __m256i
lanes_of(uint32_t n_left)
{
	return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n_left),
							  _mm256_setr_epi64x(0, 1, 2, 3));
}

/* The first key of each value's bucket. */
static CR_TARGET void
find_buckets(const CrLookup *lookup, const double *values, uint32_t n,
			 uint32_t *positions, CrSums *sums)
{
	const __m256d centre = _mm256_set1_pd(sums->centre);
	__m256d		differences = _mm256_loadu_pd(sums->differences);
	__m256d		squares = _mm256_loadu_pd(sums->squares);

	for (uint32_t i = 0; i < n; i += LANES)
	{
		__m256i		lanes = lanes_of(n - i);
		__m256d		x = _mm256_maskload_pd(values + i, lanes);
		__m256d		difference = _mm256_and_pd(_mm256_sub_pd(x, centre),
											   _mm256_castsi256_pd(lanes));
		int64_t		buckets[LANES];

		differences = _mm256_add_pd(differences, difference);
		squares = _mm256_add_pd(squares,
								_mm256_mul_pd(difference, difference));
		_mm256_storeu_si256((__m256i *) buckets, buckets_of(lookup, x));
		for (int k = 0; k < LANES; k++)
		{
			positions[i + k] = cr_lookup_start(lookup, buckets[k]);
			CR_PREFETCH(&lookup->keys[positions[i + k]]);
		}
	}
	_mm256_storeu_pd(sums->differences, differences);
	_mm256_storeu_pd(sums->squares, squares);
}

static inline CR_TARGET uint32_t
below_four(const double *keys, __m256d x)
{
	__m256d		below = _mm256_cmp_pd(_mm256_loadu_pd(keys), x, _CMP_LT_OQ);

	return (uint32_t) __builtin_popcount((unsigned) _mm256_movemask_pd(below));
}

CR_TARGET void
cr_find_avx2(const CrLookup *lookup, const double *values, uint32_t n,
			 uint32_t *positions, CrSums *sums)
{
	find_buckets(lookup, values, n, positions, sums);
	for (uint32_t i = 0; i < n; i++)
	{
		__m256d		x = _mm256_set1_pd(values[i]);
		uint32_t	below;

		do
		{
			below = below_four(lookup->keys + positions[i], x);
			positions[i] += below;
		}
		while (below == LANES);
	}
}

#endif							/* CR_X86_COUNT */
