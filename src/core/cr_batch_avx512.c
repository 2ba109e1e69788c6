/*
 * cr_batch_avx512.c
 *	  64 rows in the bytes of one register; and, with VBMI, one row against 64
 *	  nodes at once.
 *
 * A batch costs a broadcast, a comparison and a masked addition for each node
 * of a heap and 64 rows.
 *
 * A single row turns that round: the row's bytes are a table of up to 256,
 * the columns of 64 nodes are looked up in it by two permutes, and one
 * comparison gives 64 decisions.  All heaps are worked through like this
 * without regard to their shape, which leaves one bit for each node; then the
 * trees are walked through these bits, with trees in the lanes, and only the
 * leaves are added one after the other.
 */
#include "cr_kernel.h"

#ifdef CR_X86_KERNELS

#include <immintrin.h>
#include <string.h>

#include "cr_step.h"

#define CR_TARGET \
	__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2")))
#define CR_TARGET_VBMI \
	__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi," \
						  "bmi,bmi2")))

#define LANES			16		/* floats in a register */
#define PARTS			(CR_BATCH_ROWS / LANES)

#define ROWS			64

typedef __m512i Rows;

/*
 * Byte 4j + b of a register belongs to row 4j + b, and so to lane j of part
 * b: shifting a register of bytes right by 8b puts the leaf numbers of part b
 * where permutes look for them, which ignore the bits above.
 */
typedef struct Sums
{
	__m512		part[PARTS];
} Sums;

static CR_TARGET CR_INLINE Rows
rows_zero(void)
{
	return _mm512_setzero_si512();
}

/* The column comes second, so that it is not loaded by itself. */
static CR_TARGET CR_INLINE __mmask64
goes_right(const int8_t *column, int8_t code)
{
	return _mm512_cmplt_epi8_mask(_mm512_set1_epi8(code),
								  _mm512_load_si512(column));
}

static CR_TARGET CR_INLINE Rows
rows_split(const int8_t *column, int8_t code)
{
	return _mm512_maskz_mov_epi8(goes_right(column, code),
								 _mm512_set1_epi8(1));
}

static CR_TARGET CR_INLINE Rows
rows_choose(const int8_t *column, int8_t code, Rows left, Rows right, int n)
{
	return _mm512_mask_add_epi8(left, goes_right(column, code), right,
								_mm512_set1_epi8((char) n));
}

static CR_TARGET CR_INLINE void
rows_store(Rows rows, uint8_t *bytes)
{
	_mm512_storeu_si512(bytes, rows);
}

static CR_TARGET CR_INLINE Sums
sums_start(float value)
{
	__m512		v = _mm512_set1_ps(value);

	return (Sums) {{v, v, v, v}};
}

/* The number's bit decides between two halves of the leaves. */
static CR_TARGET CR_INLINE __m512
choose_half(__m512i number, int bit, __m512 low, __m512 high)
{
	__m512i		mask = _mm512_set1_epi32(1 << bit);

	return _mm512_mask_mov_ps(low, _mm512_test_epi32_mask(number, mask), high);
}

static CR_TARGET CR_INLINE __m512
look_up_32(const float *leaves, __m512i number)
{
	return _mm512_permutex2var_ps(_mm512_loadu_ps(leaves), number,
								  _mm512_loadu_ps(leaves + 16));
}

static CR_TARGET CR_INLINE __m512
look_up_64(const float *leaves, __m512i number)
{
	return choose_half(number, 5, look_up_32(leaves, number),
					   look_up_32(leaves + 32, number));
}

static CR_TARGET CR_INLINE __m512
look_up_128(const float *leaves, __m512i number)
{
	return choose_half(number, 6, look_up_64(leaves, number),
					   look_up_64(leaves + 64, number));
}

/* The leaves with the numbers in the low bytes of the lanes. */
static CR_TARGET CR_INLINE __m512
look_up(const float *leaves, __m512i number, uint32_t depth)
{
	switch (depth)
	{
		case 3:
		case 4:
			return _mm512_permutexvar_ps(number, _mm512_loadu_ps(leaves));
		case 5:
			return look_up_32(leaves, number);
		case 6:
			return look_up_64(leaves, number);
		case 7:
			return look_up_128(leaves, number);
		default:
			return choose_half(number, 7, look_up_128(leaves, number),
							   look_up_128(leaves + 128, number));
	}
}

static CR_TARGET CR_INLINE void
sums_add_leaves(Sums *sums, const Rows *numbers, const float *leaves,
				uint32_t depth)
{
	for (int b = 0; b < PARTS; b++)
	{
		__m512i		number = _mm512_srli_epi32(*numbers, (unsigned) (8 * b));

		sums->part[b] = _mm512_add_ps(sums->part[b],
									  look_up(leaves, number, depth));
	}
}

static CR_TARGET CR_INLINE __m512i
lane_numbers(void)
{
	return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
							 15);
}

static CR_TARGET void
sums_add_values(Sums *sums, const float *values)
{
	__m512i		rows = _mm512_slli_epi32(lane_numbers(), 2);

	for (int b = 0; b < PARTS; b++)
		sums->part[b] = _mm512_add_ps(sums->part[b],
									  _mm512_i32gather_ps(rows, values + b, 4));
}

static CR_TARGET void
sums_finish(const Sums *sums, float last, uint32_t n, float *margins)
{
	float		values[PARTS][LANES];

	for (int b = 0; b < PARTS; b++)
		_mm512_storeu_ps(values[b], _mm512_add_ps(sums->part[b],
												  _mm512_set1_ps(last)));
	for (uint32_t i = 0; i < n; i++)
		margins[i] = values[i % PARTS][i / PARTS];
}

/* -------- columns -------- */

/*
 * A step down a search tree; j is in 2^level .. 2^(level + 1) - 1.  The first
 * levels lie in registers: a permute ignores the upper bits of j.
 */
static CR_TARGET CR_INLINE __m512i
search_step(const float *tree, uint32_t level, __m512i j, __m512 value)
{
	__m512		threshold;
	__mmask16	left;

	switch (level)
	{
		case 0:
		case 1:
		case 2:
		case 3:
			threshold = _mm512_permutexvar_ps(j, _mm512_load_ps(tree));
			break;
		case 4:
			threshold = _mm512_permutexvar_ps(j, _mm512_load_ps(tree + 16));
			break;
		case 5:
			threshold = look_up_32(tree + 32, j);
			break;
		case 6:
			threshold = look_up_64(tree + 64, j);
			break;
		case 7:
			threshold = look_up_128(tree + 128, j);
			break;
		default:
			threshold = _mm512_i32gather_ps(j, tree, 4);
	}
	left = _mm512_cmp_ps_mask(value, threshold, _CMP_LT_OQ);
	j = _mm512_add_epi32(j, j);
	return _mm512_mask_add_epi32(j, _mm512_knot(left), j,
								 _mm512_set1_epi32(1));
}

typedef struct Ranks
{
	__m512i		part[PARTS];	/* of 16 rows in their order */
	__mmask64	missing;
} Ranks;

static CR_TARGET Ranks
rank_rows(const float *tree, uint32_t levels, const float *values)
{
	__m512i		first = _mm512_set1_epi32((int) (1u << levels));
	Ranks		ranks = {.missing = 0};

	for (int i = 0; i < PARTS; i++)
		ranks.part[i] = _mm512_set1_epi32(1);
#define STEP(level) \
	if (level < levels) \
		for (int i = 0; i < PARTS; i++) \
			ranks.part[i] = search_step(tree, level, ranks.part[i], \
										_mm512_loadu_ps(values + LANES * i))
	STEP(0);
	STEP(1);
	STEP(2);
	STEP(3);
	STEP(4);
	STEP(5);
	STEP(6);
	STEP(7);
	for (uint32_t level = 8; level < levels; level++)
		STEP(level);
#undef STEP
	for (int i = 0; i < PARTS; i++)
	{
		__m512		v = _mm512_loadu_ps(values + LANES * i);

		ranks.part[i] = _mm512_sub_epi32(ranks.part[i], first);
		ranks.missing |= (uint64_t) _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q) <<
			(LANES * i);
	}
	return ranks;
}

/* min(max(rank - base, 0), 255) - 128 of 64 ranks */
static CR_TARGET inline __m512i
window_codes(const Ranks *ranks, uint32_t base)
{
	__m128i		part[PARTS];
	__m512i		codes;

	for (int i = 0; i < PARTS; i++)
	{
		__m512i		above = _mm512_sub_epi32(ranks->part[i],
											 _mm512_set1_epi32((int) base));

		above = _mm512_max_epi32(above, _mm512_setzero_si512());
		part[i] = _mm512_cvtusepi32_epi8(above);
	}
	codes = _mm512_castsi128_si512(part[0]);
	codes = _mm512_inserti32x4(codes, part[1], 1);
	codes = _mm512_inserti32x4(codes, part[2], 2);
	codes = _mm512_inserti32x4(codes, part[3], 3);
	return _mm512_xor_si512(codes, _mm512_set1_epi8(-128));
}

static CR_TARGET void
fill_ranked(const CrLayout *layout, const CrRanked *ranked,
			const float *values, int8_t *bytes)
{
	const CrWindow *window =
		CR_LAYOUT_ARRAY(layout, CrWindow, windows) + ranked->first_window;
	__m512i		right = _mm512_set1_epi8(CR_MISSING_RIGHT);
	__m512i		left = _mm512_set1_epi8(CR_MISSING_LEFT);
	Ranks		ranks =
		rank_rows(CR_LAYOUT_ARRAY(layout, float, searches) + ranked->tree,
				  ranked->tree_levels, values);

	for (uint32_t w = 0; w < ranked->n_windows; w++, window++)
	{
		__m512i		codes = window_codes(&ranks, window->base);

		_mm512_store_si512(bytes + window->column[0] * CR_BATCH_ROWS,
						   _mm512_mask_mov_epi8(codes, ranks.missing, right));
		_mm512_store_si512(bytes + window->column[1] * CR_BATCH_ROWS,
						   _mm512_mask_mov_epi8(codes, ranks.missing, left));
	}
}

/* Bit tests in a bitmap of 512 bits, 16 rows at a time. */
static CR_TARGET void
fill_choice(const CrForest *forest, const CrChoice *choice,
			const float *values, uint32_t n, int8_t *column)
{
	__m512i		words = _mm512_loadu_si512(choice->words);
	__m512i		end = _mm512_set1_epi32(32 * CR_CHOICE_WORDS);
	__m512i		low = _mm512_set1_epi32(31);
	__m512i		one = _mm512_set1_epi32(1);
	uint64_t	right = 0;

	if (choice->large)
	{
		cr_fill_choice(forest, choice, values, n, column);
		return;
	}
	for (int i = 0; i < PARTS; i++)
	{
		__m512		value = _mm512_loadu_ps(values + LANES * i);
		__m512i		code = _mm512_cvttps_epi32(value);
		__m512i		word = _mm512_permutexvar_epi32(_mm512_srli_epi32(code, 5),
													words);
		__m512i		bits = _mm512_srlv_epi32(word, _mm512_and_si512(code, low));
		__mmask16	inside = _mm512_cmplt_epu32_mask(code, end);
		__mmask16	member = _mm512_mask_test_epi32_mask(inside, bits, one);

		/* A missing value is no member: as an integer it is 2^31. */
		if (!choice->missing_left)
			member |= _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
		right |= (uint64_t) member << (LANES * i);
	}
	_mm512_store_si512(column,
					   _mm512_mask_mov_epi8(_mm512_set1_epi8(CR_MISSING_LEFT),
											right,
											_mm512_set1_epi8(CR_MISSING_RIGHT)));
}

#include "cr_batch_rows.h"

CR_TARGET void
cr_margins_avx512(const CrForest *forest, const CrLayout *layout,
				  const float *columns, uint32_t n, float *margins,
				  void *scratch)
{
	margins_of_rows(cr_margin_portable, forest, layout, columns, n, margins,
					scratch);
}

/* -------- one row -------- */

/* 16 thresholds at a time; see cr_layout.c. */
static CR_TARGET inline uint32_t
rank_of(const CrRanked *ranked, const float *blocks, float value)
{
	__m512		v = _mm512_set1_ps(value);
	uint64_t	rank = 0;

	for (uint32_t above = ranked->block_levels; above > 0; above--)
	{
		__m512		thresholds = _mm512_load_ps(blocks + 16 * rank);
		__mmask16	passed = _mm512_cmp_ps_mask(v, thresholds, _CMP_NLT_US);

		blocks += 16 * (((uint64_t) ranked->n_thresholds >> 4 * above) + 1);
		rank = 16 * rank + (uint64_t) __builtin_popcount(passed);
	}
	return (uint32_t) rank;
}

static CR_TARGET void
fill_row(const CrForest *forest, const CrLayout *layout, const float *vector,
		 int8_t *row)
{
	const CrRanked *ranked = CR_LAYOUT_ARRAY(layout, CrRanked, ranked);
	const CrWindow *windows = CR_LAYOUT_ARRAY(layout, CrWindow, windows);
	const float *searches = CR_LAYOUT_ARRAY(layout, float, searches);

	for (uint32_t i = 0; i < layout->n_ranked; i++)
	{
		const CrRanked *r = &ranked[i];
		const CrWindow *window = windows + r->first_window;
		float		value = vector[r->feature];
		bool		missing = isnan(value);
		uint32_t	rank = missing ? 0 :
			rank_of(r, searches + r->blocks, value);

		for (uint32_t w = 0; w < r->n_windows; w++, window++)
		{
			int8_t		code = cr_window_code(rank, window->base);

			row[window->column[0]] = missing ? CR_MISSING_RIGHT : code;
			row[window->column[1]] = code;	/* rank 0 if missing */
		}
	}
	cr_row_choices(forest, layout, vector, row);
}

/*
 * The rest is done for groups of 16 trees in four stages, each of which reads
 * what the one before wrote.  In one round each stage works on another group,
 * so that the adding, a chain that takes three cycles a tree, and the misses
 * of the cache hide the rest.
 */
typedef struct Row
{
	const uint8_t *columns;		/* of the layout */
	const int8_t *codes;
	const CrTwig *twigs;
	const CrLeaf *leaves;
	const int8_t *row;
	uint64_t   *bits;			/* of each node: whether the row goes right */
	uint32_t   *leaf;			/* of each tree, in leaves */
} Row;

/* 64 bytes of the row by their column numbers. */
static CR_TARGET_VBMI CR_INLINE __m512i
look_up_128_bytes(const int8_t *row, __m512i columns)
{
	return _mm512_permutex2var_epi8(_mm512_load_si512(row), columns,
									_mm512_load_si512(row + 64));
}

static CR_TARGET_VBMI CR_INLINE __m512i
look_up_columns(const int8_t *row, __m512i columns, bool more)
{
	__m512i		low = look_up_128_bytes(row, columns);

	if (!more)
		return low;
	return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(columns),
								look_up_128_bytes(row + 128, columns));
}

/* First stage: the bits of the upper levels of the trees from t on. */
static CR_TARGET_VBMI CR_INLINE void
decide(const Row *r, uint32_t t, uint32_t depth, uint32_t levels, bool more)
{
	const uint8_t *columns = r->columns + ((size_t) t << levels);
	const int8_t *codes = r->codes + ((size_t) t << depth);
	uint64_t   *bits = r->bits + ((size_t) t << levels) / 64;

	for (uint32_t i = 0; i < 1u * LANES << levels; i += 64)
	{
		__m512i		values =
			look_up_columns(r->row, _mm512_load_si512(columns + i), more);

		*bits++ = _mm512_cmpgt_epi8_mask(values, _mm512_load_si512(codes));
		codes += (size_t) 64 << (depth - levels);
	}
}

/* The bits of 16 trees of up to 5 levels. */
static CR_TARGET CR_INLINE __m512i
load_trees(const void *bits, uint32_t levels)
{
	switch (levels)
	{
		case 3:
			return _mm512_cvtepu8_epi32(_mm_loadu_si128(bits));
		case 4:
			return _mm512_cvtepu16_epi32(_mm256_loadu_si256(bits));
		default:
			return _mm512_loadu_si512(bits);
	}
}

/* Where 16 trees end: 2^levels plus the place below. */
static CR_TARGET CR_INLINE __m512i
walk_32(__m512i trees, uint32_t levels)
{
	__m512i		one = _mm512_set1_epi32(1);
	__m512i		at = one;

	for (uint32_t level = 0; level < levels; level++)
	{
		__m512i		right = _mm512_srlv_epi32(trees, at);

		at = _mm512_add_epi32(_mm512_add_epi32(at, at),
							  _mm512_and_si512(right, one));
	}
	return at;
}

/* The same for 8 trees of 6 levels. */
static CR_TARGET CR_INLINE __m256i
walk_64(const char *bits)
{
	__m512i		trees = _mm512_loadu_si512(bits);
	__m512i		one = _mm512_set1_epi64(1);
	__m512i		at = one;

	for (int level = 0; level < CR_ROW_LEVELS; level++)
	{
		__m512i		right = _mm512_srlv_epi64(trees, at);

		at = _mm512_add_epi64(_mm512_add_epi64(at, at),
							  _mm512_and_si512(right, one));
	}
	return _mm512_cvtepi64_epi32(at);
}

/* Second stage: where the trees from t on end above the twigs. */
static CR_TARGET CR_INLINE void
walk(const Row *r, uint32_t t, uint32_t levels)
{
	__m512i		before = _mm512_add_epi32(lane_numbers(),
										  _mm512_set1_epi32((int) t - 1));
	__m512i		first = _mm512_slli_epi32(before, levels);
	const char *bits = (const char *) r->bits + ((size_t) t << levels) / 8;
	__m512i		at;

	if (levels < 6)
		at = walk_32(load_trees(bits, levels), levels);
	else
	{
		at = _mm512_castsi256_si512(walk_64(bits));
		at = _mm512_inserti64x4(at, walk_64(bits + 64), 1);
	}
	_mm512_storeu_si512(r->leaf + t, _mm512_add_epi32(first, at));
}

static CR_TARGET CR_INLINE void
prefetch_twigs(const Row *r, uint32_t t)
{
	for (uint32_t k = 0; k < LANES; k++)
		_mm_prefetch(&r->twigs[r->leaf[t + k]], _MM_HINT_T0);
}

/* Third stage: through the twigs. */
static CR_TARGET CR_INLINE void
walk_twigs(const Row *r, uint32_t t, uint32_t twig_levels)
{
	for (uint32_t k = t; k < t + LANES; k++)
	{
		r->leaf[k] = cr_twig_leaf(r->twigs, r->row, r->leaf[k], twig_levels);
		_mm_prefetch(&r->leaves[r->leaf[k]], _MM_HINT_T0);
	}
}

/* Last stage: adds the leaves of n trees. */
static CR_INLINE float
add_leaves(const Row *r, uint32_t t, uint32_t n, float margin)
{
	for (uint32_t k = t; k < t + n; k++)
		margin += r->leaves[r->leaf[k]].value;
	return margin;
}

static CR_TARGET_VBMI CR_INLINE float
add_trees_of_row(const Row *r, uint32_t n, uint32_t depth, bool more,
				 float margin)
{
	uint32_t	levels = depth < CR_ROW_LEVELS ? depth : CR_ROW_LEVELS;
	uint32_t	end = (n + LANES - 1) / LANES * LANES;

	for (uint32_t t = 0; t < end + 3 * LANES; t += LANES)
	{
		if (t < end)
			decide(r, t, depth, levels, more);
		if (t >= LANES && t < end + LANES)
		{
			walk(r, t - LANES, levels);
			if (depth > levels)
				prefetch_twigs(r, t - LANES);
		}
		if (depth > levels && t >= 2 * LANES && t < end + 2 * LANES)
			walk_twigs(r, t - 2 * LANES, depth - levels);
		if (t >= 3 * LANES)
		{
			uint32_t	first = t - 3 * LANES;

			margin = add_leaves(r, first, n - first < LANES ? n - first : LANES,
								margin);
		}
	}
	return margin;
}

CR_TARGET_VBMI float
cr_margin_avx512vbmi(const CrForest *forest, const CrLayout *layout,
				 const float *vector, void *scratch)
{
	int8_t	   *row = cr_align_scratch(scratch);
	uint32_t	n = layout->n_blocks;
	uint32_t   *leaf = (uint32_t *) (row + CR_ROW_BYTES);
	bool		more = layout->n_columns > 128;
	float		margin = cr_first_term(forest);
	Row			r = {
		CR_LAYOUT_ARRAY(layout, uint8_t, row_columns),
		CR_LAYOUT_ARRAY(layout, int8_t, codes),
		CR_LAYOUT_ARRAY(layout, CrTwig, twigs),
		CR_LAYOUT_ARRAY(layout, CrLeaf, leaves),
		row, (uint64_t *) (leaf + (n + LANES - 1) / LANES * LANES), leaf
	};

	if (layout->row_depth == 0)
		return cr_margin_walking(forest, layout, vector, scratch);
	fill_row(forest, layout, vector, row);

#define TREES(depth) \
	case depth: \
		margin = add_trees_of_row(&r, n, depth, more, margin); \
		break

	switch (layout->row_depth)
	{
			TREES(3);
			TREES(4);
			TREES(5);
			TREES(6);
			TREES(7);
			TREES(8);
	}
#undef TREES
	return margin + cr_last_term(forest);
}

CR_TARGET void
cr_margins_avx512vbmi(const CrForest *forest, const CrLayout *layout,
					  const float *columns, uint32_t n, float *margins,
					  void *scratch)
{
	margins_of_rows(cr_margin_avx512vbmi, forest, layout, columns, n, margins,
					scratch);
}

#endif							/* CR_X86_KERNELS */
