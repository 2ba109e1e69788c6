/*
 * cr_batch_portable.c
 *	  The kernel for any CPU: vectors of 16 bytes where the compiler has them
 *	  (SSE2, NEON and others), and single rows in plain C.
 *
 * A single row walks through the heaps, eight trees at a time.  A step loads a
 * column number, a code and a byte of the row and costs no branch.  Between
 * two rows of different statements a large layout leaves the caches, so what a
 * group of trees reads is asked for before its turn comes.
 */
#include "cr_kernel.h"

#include <string.h>

#include "cr_step.h"

#define LANES	8				/* trees in flight, each in a register */
#define AHEAD	(4 * LANES)		/* trees whose nodes are asked for */

#ifdef __GNUC__
#define UNROLL	_Pragma("GCC unroll 8")
#else
#define UNROLL
#endif

/* -------- one row -------- */

static inline uint32_t
rank_of(const float *tree, uint32_t levels, float value)
{
	uint32_t	j = 1;

	for (uint32_t level = 0; level < levels; level++)
		j = 2 * j + !(value < tree[j]);
	return j - (UINT32_C(1) << levels);
}

void
cr_fill_row(const CrForest *forest, const CrLayout *layout,
			const float *vector, int8_t *row)
{
	const CrRanked *ranked = CR_LAYOUT_ARRAY(layout, CrRanked, ranked);
	const float *searches = CR_LAYOUT_ARRAY(layout, float, searches);

	for (uint32_t i = 0; i < layout->n_ranked; i++)
	{
		const CrRanked *r = &ranked[i];
		const CrWindow *window =
			CR_LAYOUT_ARRAY(layout, CrWindow, windows) + r->first_window;
		float		value = vector[r->feature];
		uint32_t	rank = rank_of(searches + r->tree, r->tree_levels, value);
		bool		missing = isnan(value);

		for (uint32_t w = 0; w < r->n_windows; w++, window++)
		{
			int8_t		code = cr_window_code(rank, window->base);

			row[window->column[0]] = missing ? CR_MISSING_RIGHT : code;
			row[window->column[1]] = missing ? CR_MISSING_LEFT : code;
		}
	}
	cr_row_choices(forest, layout, vector, row);
}

/* What a walk of one row reads. */
typedef struct Walk
{
	const uint8_t *columns;
	const int8_t *codes;
	const CrLeaf *leaves;
	const CrTwig *twigs;
	const int8_t *row;
} Walk;

/*
 * Walks `lanes` trees from tree t on to their leaves, or to the twigs that
 * lead to them: ends[] receives the numbers.  With a depth that the compiler
 * knows the lanes are registers and their heaps constant distances.  What
 * add_leaf() reads is asked for here, and the nodes of large heaps ahead.
 */
static CR_INLINE void
walk_trees(const Walk *walk, uint32_t t, uint32_t depth, uint32_t lanes,
		   uint32_t *ends)
{
	uint32_t	levels = depth < CR_ROW_LEVELS ? depth : CR_ROW_LEVELS;
	const uint8_t *columns = walk->columns + ((size_t) t << levels);
	const int8_t *codes = walk->codes + ((size_t) t << depth);
	size_t		at[LANES] = {1, 1, 1, 1, 1, 1, 1, 1};

	for (uint32_t k = AHEAD; depth > levels && k < AHEAD + lanes; k++)
	{
		CR_PREFETCH(columns + (k << levels));
		CR_PREFETCH(codes + (k << depth));
	}
	for (uint32_t level = 0; level < levels; level++)
		UNROLL
		for (uint32_t k = 0; k < lanes; k++)
			at[k] = 2 * at[k] + (walk->row[columns[(k << levels) + at[k]]] >
								 codes[(k << depth) + at[k]]);
	UNROLL
	for (uint32_t k = 0; k < lanes; k++)
	{
		ends[k] = ((t + k - 1) << levels) + (uint32_t) at[k];
		CR_PREFETCH(walk->leaves + ((size_t) ends[k] << (depth - levels)));
		if (depth > levels)
			CR_PREFETCH(walk->twigs + ends[k]);
	}
}

static CR_INLINE float
add_leaf(const Walk *walk, uint32_t end, uint32_t depth, float margin)
{
	uint32_t	leaf = depth > CR_ROW_LEVELS ?
		cr_twig_leaf(walk->twigs, walk->row, end, depth - CR_ROW_LEVELS) : end;

	return margin + walk->leaves[leaf].value;
}

/* In their order; those of one group while the next is on its way. */
static CR_INLINE float
add_all_trees(const CrLayout *layout, const int8_t *row, uint32_t depth,
			  uint32_t *ends, float margin)
{
	Walk		walk = {
		CR_LAYOUT_ARRAY(layout, uint8_t, row_columns),
		CR_LAYOUT_ARRAY(layout, int8_t, codes),
		CR_LAYOUT_ARRAY(layout, CrLeaf, leaves),
		CR_LAYOUT_ARRAY(layout, CrTwig, twigs), row
	};
	uint32_t	n = layout->n_blocks;
	uint32_t	t = 0;
	uint32_t	added = 0;

	for (; t + LANES <= n; t += LANES)
	{
		walk_trees(&walk, t, depth, LANES, ends + t);
		for (; added < t; added++)
			margin = add_leaf(&walk, ends[added], depth, margin);
	}
	for (; t < n; t++)
		walk_trees(&walk, t, depth, 1, ends + t);
	for (; added < n; added++)
		margin = add_leaf(&walk, ends[added], depth, margin);
	return margin;
}

float
cr_margin_portable(const CrForest *forest, const CrLayout *layout,
				   const float *vector, void *scratch)
{
	int8_t	   *row = cr_align_scratch(scratch);
	uint32_t   *ends = (uint32_t *) (row + CR_ROW_BYTES);
	float		margin = cr_first_term(forest);

	if (layout->row_depth == 0)
		return cr_margin_walking(forest, layout, vector, scratch);
	cr_fill_row(forest, layout, vector, row);

#define TREES(depth) \
	case depth: \
		margin = add_all_trees(layout, row, depth, ends, margin); \
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

/* -------- 64 rows -------- */

#ifdef __GNUC__

#define CR_TARGET
#define ROWS	16

typedef uint8_t Rows __attribute__((vector_size(ROWS)));
typedef int8_t Column __attribute__((vector_size(ROWS)));

typedef struct Sums
{
	float		row[CR_BATCH_ROWS];
} Sums;

static inline Rows
rows_of(uint8_t byte)
{
	return byte - (Rows) {0};
}

static inline Rows
rows_zero(void)
{
	return rows_of(0);
}

/* Bytes of all ones where rows go right. */
static inline Rows
goes_right(const int8_t *column, int8_t code)
{
	return (Rows) (*(const Column *) column > code - (Column) {0});
}

static inline Rows
rows_split(const int8_t *column, int8_t code)
{
	return goes_right(column, code) & rows_of(1);
}

static inline Rows
rows_choose(const int8_t *column, int8_t code, Rows left, Rows right, int n)
{
	Rows		mask = goes_right(column, code);

	return (mask & (right + rows_of((uint8_t) n))) | (~mask & left);
}

static inline void
rows_store(Rows rows, uint8_t *bytes)
{
	memcpy(bytes, &rows, sizeof(rows));
}

static inline Sums
sums_start(float value)
{
	Sums		sums;

	for (int i = 0; i < CR_BATCH_ROWS; i++)
		sums.row[i] = value;
	return sums;
}

static inline void
sums_add_leaves(Sums *sums, const Rows *numbers, const float *leaves,
				uint32_t depth)
{
	uint8_t		bytes[CR_BATCH_ROWS];

	(void) depth;
	memcpy(bytes, numbers, sizeof(bytes));
	for (int i = 0; i < CR_BATCH_ROWS; i++)
		sums->row[i] += leaves[bytes[i]];
}

static inline void
sums_add_values(Sums *sums, const float *values)
{
	for (int i = 0; i < CR_BATCH_ROWS; i++)
		sums->row[i] += values[i];
}

static inline void
sums_finish(const Sums *sums, float last, uint32_t n, float *margins)
{
	for (uint32_t i = 0; i < n; i++)
		margins[i] = sums->row[i] + last;
}

/* Level by level, so that 64 look-ups are in flight. */
static void
rank_rows(const float *tree, uint32_t levels, const float *values,
		  uint32_t *ranks)
{
	for (int i = 0; i < CR_BATCH_ROWS; i++)
		ranks[i] = 2 + !(values[i] < tree[1]);
	for (uint32_t level = 1; level < levels; level++)
		for (int i = 0; i < CR_BATCH_ROWS; i++)
			ranks[i] = 2 * ranks[i] + !(values[i] < tree[ranks[i]]);
	for (int i = 0; i < CR_BATCH_ROWS; i++)
		ranks[i] -= UINT32_C(1) << levels;
}

static void
fill_ranked(const CrLayout *layout, const CrRanked *ranked,
			const float *values, int8_t *bytes)
{
	const CrWindow *window =
		CR_LAYOUT_ARRAY(layout, CrWindow, windows) + ranked->first_window;
	uint32_t	ranks[CR_BATCH_ROWS];

	rank_rows(CR_LAYOUT_ARRAY(layout, float, searches) + ranked->tree,
			  ranked->tree_levels, values, ranks);
	for (uint32_t w = 0; w < ranked->n_windows; w++, window++)
	{
		int8_t	   *right = bytes + window->column[0] * CR_BATCH_ROWS;
		int8_t	   *left = bytes + window->column[1] * CR_BATCH_ROWS;

		for (int i = 0; i < CR_BATCH_ROWS; i++)
		{
			int8_t		code = cr_window_code(ranks[i], window->base);
			bool		missing = values[i] != values[i];

			right[i] = missing ? CR_MISSING_RIGHT : code;
			left[i] = missing ? CR_MISSING_LEFT : code;
		}
	}
}

#define fill_choice cr_fill_choice

#include "cr_batch_rows.h"

void
cr_fill_columns(const CrForest *forest, const CrLayout *layout,
				const float *columns, uint32_t n, int8_t *bytes)
{
	Evaluation	e = {forest, layout, columns, n, bytes};

	fill_columns(&e, bytes);
}

void
cr_margins_portable(const CrForest *forest, const CrLayout *layout,
					const float *columns, uint32_t n, float *margins,
					void *scratch)
{
	if (layout->row_depth > CR_ROW_LEVELS)
		cr_margins_by_row(cr_margin_portable, forest, layout, columns, n,
						  margins, scratch);
	else
		margins_of_rows(cr_margin_portable, forest, layout, columns, n, margins,
						scratch);
}

#else							/* a compiler without vectors */

void
cr_margins_portable(const CrForest *forest, const CrLayout *layout,
					const float *columns, uint32_t n, float *margins,
					void *scratch)
{
	cr_margins_by_row(cr_margin_portable, forest, layout, columns, n, margins,
					  scratch);
}

#endif
