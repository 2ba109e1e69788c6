/*
 * cr_batch_avx2.c
 *	  64 rows in the bytes of two registers.
 */
#include "cr_kernel.h"

#ifdef CR_X86_KERNELS

#include <immintrin.h>
#include <string.h>

#include "cr_step.h"

#define CR_TARGET	__attribute__((target("avx2,bmi,bmi2")))

#define LANES	8				/* floats in a register */
#define PARTS	(CR_BATCH_ROWS / LANES)

#define ROWS	64				/* two registers share a node's loads */

typedef struct Rows
{
	__m256i		half[2];
} Rows;

/*
 * Byte 4j + b of half h belongs to row 32h + 4j + b, and so to lane j of part
 * 4h + b: shifting a half right by 8b puts the leaf numbers of a part into
 * the low bytes of its lanes.
 */
typedef struct Sums
{
	__m256		part[PARTS];
} Sums;

static CR_TARGET CR_INLINE Rows
rows_zero(void)
{
	return (Rows) {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
}

static CR_TARGET CR_INLINE __m256i
goes_right(const int8_t *column, int half, int8_t code)
{
	return _mm256_cmpgt_epi8(_mm256_load_si256((const __m256i *) column + half),
							 _mm256_set1_epi8(code));
}

static CR_TARGET CR_INLINE Rows
rows_split(const int8_t *column, int8_t code)
{
	__m256i		one = _mm256_set1_epi8(1);

	return (Rows) {{_mm256_and_si256(goes_right(column, 0, code), one),
	_mm256_and_si256(goes_right(column, 1, code), one)}};
}

static CR_TARGET CR_INLINE Rows
rows_choose(const int8_t *column, int8_t code, Rows left, Rows right, int n)
{
	__m256i		more = _mm256_set1_epi8((char) n);
	Rows		rows;

	for (int h = 0; h < 2; h++)
		rows.half[h] = _mm256_blendv_epi8(left.half[h],
										  _mm256_add_epi8(right.half[h], more),
										  goes_right(column, h, code));
	return rows;
}

static CR_TARGET CR_INLINE void
rows_store(Rows rows, uint8_t *bytes)
{
	for (int h = 0; h < 2; h++)
		_mm256_storeu_si256((__m256i *) bytes + h, rows.half[h]);
}

static CR_TARGET CR_INLINE Sums
sums_start(float value)
{
	__m256		v = _mm256_set1_ps(value);

	return (Sums) {{v, v, v, v, v, v, v, v}};
}

/* The number's bit decides between two halves of the leaves. */
static CR_TARGET CR_INLINE __m256
choose_half(__m256i number, int bit, __m256 low, __m256 high)
{
	__m256i		sign = _mm256_slli_epi32(number, 31 - bit);

	return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(sign));
}

static CR_TARGET CR_INLINE __m256
look_up_8(const float *leaves, __m256i number)
{
	return _mm256_permutevar8x32_ps(_mm256_loadu_ps(leaves), number);
}

static CR_TARGET CR_INLINE __m256
look_up_16(const float *leaves, __m256i number)
{
	return choose_half(number, 3, look_up_8(leaves, number),
					   look_up_8(leaves + 8, number));
}

static CR_TARGET CR_INLINE __m256
look_up_32(const float *leaves, __m256i number)
{
	return choose_half(number, 4, look_up_16(leaves, number),
					   look_up_16(leaves + 16, number));
}

static CR_TARGET CR_INLINE __m256
look_up(const float *leaves, __m256i number, uint32_t depth)
{
	switch (depth)
	{
		case 3:
			return look_up_8(leaves, number);
		case 4:
			return look_up_16(leaves, number);
		case 5:
			return look_up_32(leaves, number);
		default:
			number = _mm256_and_si256(number, _mm256_set1_epi32(255));
			return _mm256_i32gather_ps(leaves, number, 4);
	}
}

static CR_TARGET CR_INLINE void
sums_add_leaves(Sums *sums, const Rows *numbers, const float *leaves,
				uint32_t depth)
{
	for (int p = 0; p < PARTS; p++)
	{
		__m256i		number = _mm256_srli_epi32(numbers->half[p / 4],
											   8 * (p % 4));

		sums->part[p] = _mm256_add_ps(sums->part[p],
									  look_up(leaves, number, depth));
	}
}

/* Which row a lane of a part belongs to. */
static inline int
row_of(int part, int lane)
{
	return part / 4 * 32 + 4 * lane + part % 4;
}

static CR_TARGET void
sums_add_values(Sums *sums, const float *values)
{
	for (int p = 0; p < PARTS; p++)
	{
		float		part[LANES];

		for (int lane = 0; lane < LANES; lane++)
			part[lane] = values[row_of(p, lane)];
		sums->part[p] = _mm256_add_ps(sums->part[p], _mm256_loadu_ps(part));
	}
}

static CR_TARGET void
sums_finish(const Sums *sums, float last, uint32_t n, float *margins)
{
	for (int p = 0; p < PARTS; p++)
	{
		float		part[LANES];

		_mm256_storeu_ps(part, _mm256_add_ps(sums->part[p],
											 _mm256_set1_ps(last)));
		for (int lane = 0; lane < LANES; lane++)
			if ((uint32_t) row_of(p, lane) < n)
				margins[row_of(p, lane)] = part[lane];
	}
}

/* -------- columns -------- */

/* A step down a search tree; permutes ignore the upper bits of j. */
static CR_TARGET CR_INLINE __m256i
search_step(const float *tree, uint32_t level, __m256i j, __m256 value)
{
	__m256		threshold;
	__m256i		left;

	switch (level)
	{
		case 0:
		case 1:
		case 2:
			threshold = look_up_8(tree, j);
			break;
		case 3:
			threshold = look_up_8(tree + 8, j);
			break;
		case 4:
			threshold = look_up_16(tree + 16, j);
			break;
		case 5:
			threshold = look_up_32(tree + 32, j);
			break;
		default:
			threshold = _mm256_i32gather_ps(tree, j, 4);
	}
	left = _mm256_castps_si256(_mm256_cmp_ps(value, threshold, _CMP_LT_OQ));
	j = _mm256_add_epi32(_mm256_add_epi32(j, j), _mm256_set1_epi32(1));
	return _mm256_add_epi32(j, left);
}

static CR_TARGET inline void
rank_rows(const float *tree, uint32_t levels, const float *values,
		  __m256i *ranks)
{
	for (int p = 0; p < PARTS; p++)
		ranks[p] = _mm256_set1_epi32(1);
#define STEP(level) \
	if (level < levels) \
		for (int p = 0; p < PARTS; p++) \
			ranks[p] = search_step(tree, level, ranks[p], \
								   _mm256_loadu_ps(values + LANES * p))
	STEP(0);
	STEP(1);
	STEP(2);
	STEP(3);
	STEP(4);
	STEP(5);
	for (uint32_t level = 6; level < levels; level++)
		STEP(level);
#undef STEP
	for (int p = 0; p < PARTS; p++)
		ranks[p] = _mm256_sub_epi32(ranks[p],
									_mm256_set1_epi32((int) (1u << levels)));
}

/* Packs 32 numbers of 32 bits into bytes, in their order. */
static CR_TARGET inline __m256i
pack_bytes(const __m256i *numbers)
{
	__m256i		low = _mm256_packs_epi32(numbers[0], numbers[1]);
	__m256i		high = _mm256_packs_epi32(numbers[2], numbers[3]);

	return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high),
									   _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* min(max(rank - base, 0), 255) - 128 of 32 ranks */
static CR_TARGET inline __m256i
window_codes(const __m256i *ranks, uint32_t base)
{
	__m256i		codes[4];

	for (int i = 0; i < 4; i++)
	{
		__m256i		code = _mm256_sub_epi32(ranks[i],
											_mm256_set1_epi32((int) base));

		code = _mm256_max_epi32(code, _mm256_setzero_si256());
		code = _mm256_min_epi32(code, _mm256_set1_epi32(CR_WINDOW));
		codes[i] = _mm256_sub_epi32(code, _mm256_set1_epi32(128));
	}
	return pack_bytes(codes);
}

/* Bytes of -1 where one of 32 values is missing. */
static CR_TARGET inline __m256i
missing_bytes(const float *values)
{
	__m256i		missing[4];

	for (int i = 0; i < 4; i++)
	{
		__m256		v = _mm256_loadu_ps(values + LANES * i);

		missing[i] = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
	}
	return pack_bytes(missing);
}

static CR_TARGET void
fill_ranked(const CrLayout *layout, const CrRanked *ranked,
			const float *values, int8_t *bytes)
{
	const CrWindow *window =
		CR_LAYOUT_ARRAY(layout, CrWindow, windows) + ranked->first_window;
	__m256i		ranks[PARTS];
	__m256i		missing[2] = {missing_bytes(values),
	missing_bytes(values + 32)};
	__m256i		to_right = _mm256_set1_epi8(CR_MISSING_RIGHT);
	__m256i		to_left = _mm256_set1_epi8(CR_MISSING_LEFT);

	rank_rows(CR_LAYOUT_ARRAY(layout, float, searches) + ranked->tree,
			  ranked->tree_levels, values, ranks);
	for (uint32_t w = 0; w < ranked->n_windows; w++, window++)
		for (int h = 0; h < 2; h++)
		{
			__m256i		codes = window_codes(ranks + 4 * h, window->base);
			__m256i    *right = (__m256i *)
				(bytes + window->column[0] * CR_BATCH_ROWS) + h;
			__m256i    *left = (__m256i *)
				(bytes + window->column[1] * CR_BATCH_ROWS) + h;

			_mm256_store_si256(right,
							   _mm256_blendv_epi8(codes, to_right, missing[h]));
			_mm256_store_si256(left,
							   _mm256_blendv_epi8(codes, to_left, missing[h]));
		}
}

#define fill_choice cr_fill_choice

#include "cr_batch_rows.h"

CR_TARGET void
cr_margins_avx2(const CrForest *forest, const CrLayout *layout,
				const float *columns, uint32_t n, float *margins,
				void *scratch)
{
	margins_of_rows(cr_margin_portable, forest, layout, columns, n, margins,
					scratch);
}

#endif							/* CR_X86_KERNELS */
