/*
 * cr_batch_rows.h
 *	  64 rows through all trees: the part that every batch kernel compiles for
 *	  its own instructions.
 *
 * Who includes this has defined CR_TARGET, the function attributes, and
 *
 *		ROWS, Rows			so many bytes, one a row, 64 or a part of them
 *		rows_zero()
 *		rows_split(column, code)
 *							1 for rows that go right, else 0
 *		rows_choose(column, code, left, right, n)
 *							right + n for rows that go right, else left
 *		rows_store(rows, bytes)
 *		Sums				64 floats, in an order of its own
 *		sums_start(value)
 *		sums_add_leaves(sums, numbers, leaves, depth)
 *		sums_add_values(sums, values)
 *		sums_finish(sums, last, n, margins)
 *		fill_ranked(layout, ranked, values, bytes)
 *		fill_choice(forest, choice, values, n, column)
 *							as cr_fill_choice()
 *
 * Each row's sum takes the leaves in the order of the trees, one float32
 * addition each, as the reference does: lanes are rows, never trees.
 */

/* A node is sixteen bits of position and a code; see cr_layout.h. */
#define COLUMN(i)	(bytes + 8 * (size_t) positions[i])

/*
 * A heap without its nodes above i.  Written out, because the results of
 * subtrees then stay in registers: a loop cost 20 % more.
 */
static CR_TARGET CR_INLINE Rows
heap_1(const int8_t *bytes, const uint16_t *positions, const int8_t *codes,
	   uint32_t i)
{
	return rows_split(COLUMN(i), codes[i]);
}

#define HEAP(levels, below) \
	static CR_TARGET CR_INLINE Rows \
	heap_##levels(const int8_t *bytes, const uint16_t *positions, \
				  const int8_t *codes, uint32_t i) \
	{ \
		return rows_choose(COLUMN(i), codes[i], \
						   heap_##below(bytes, positions, codes, 2 * i), \
						   heap_##below(bytes, positions, codes, 2 * i + 1), \
						   1 << below); \
	}

HEAP(2, 1)
HEAP(3, 2)
HEAP(4, 3)
HEAP(5, 4)
HEAP(6, 5)
#undef HEAP

/* Leaf numbers.  From seven levels on, subtrees of six share their code. */
static CR_TARGET CR_INLINE Rows
heap_numbers(const int8_t *bytes, const uint16_t *positions,
			 const int8_t *codes, uint32_t depth)
{
	uint32_t	n = depth < 6 ? 0 : 1u << (depth - 6);
	Rows		results[4];

	switch (depth)
	{
		case 3:
			return heap_3(bytes, positions, codes, 1);
		case 4:
			return heap_4(bytes, positions, codes, 1);
		case 5:
			return heap_5(bytes, positions, codes, 1);
		case 6:
			return heap_6(bytes, positions, codes, 1);
	}
	for (uint32_t i = 0; i < n; i++)
		results[i] = heap_6(bytes, positions, codes, n + i);
	if (depth == 8)
		for (uint32_t i = 0; i < 2; i++)
			results[i] = rows_choose(COLUMN(2 + i), codes[2 + i],
									 results[2 * i], results[2 * i + 1], 64);
	return rows_choose(COLUMN(1), codes[1], results[0], results[1],
					   1 << (depth - 1));
}

static CR_TARGET CR_INLINE Rows
list_numbers(const int8_t *bytes, const CrListed *list, uint32_t n)
{
	Rows		slots[CR_LIST_SLOTS];

	slots[0] = rows_zero();
	for (uint32_t i = 0; i < n; i++)
	{
		const CrListed *node = &list[i];

		slots[node->result] =
			rows_choose(bytes + 8 * (size_t) node->position, node->code,
						slots[node->left], slots[node->right], node->n_left);
	}
	return slots[list[n - 1].result];
}

typedef struct Evaluation
{
	const CrForest *forest;
	const CrLayout *layout;
	const float *columns;
	uint32_t	n;
	const int8_t *bytes;		/* filled from columns */
} Evaluation;

static CR_TARGET void
fill_columns(const Evaluation *e, int8_t *bytes)
{
	const CrLayout *layout = e->layout;
	const CrRanked *ranked = CR_LAYOUT_ARRAY(layout, CrRanked, ranked);
	const CrChoice *choices = CR_LAYOUT_ARRAY(layout, CrChoice, choices);

	for (uint32_t i = 0; i < layout->n_ranked; i++)
		fill_ranked(layout, &ranked[i],
					e->columns + (size_t) ranked[i].feature * CR_BATCH_ROWS,
					bytes);
	for (uint32_t i = 0; i < layout->n_choices; i++)
		fill_choice(e->forest, &choices[i],
					e->columns + (size_t) choices[i].feature * CR_BATCH_ROWS,
					e->n,
					bytes + (size_t) choices[i].column * CR_BATCH_ROWS);
}

/* Rows of a batch are worked through in groups of ROWS. */
#define GROUPS	(CR_BATCH_ROWS / ROWS)

/* Not inlined, so that trees that are whole do not pay for its arrays. */
static CR_TARGET __attribute__((noinline)) void
add_walk(const Evaluation *e, const CrBlock *block, const CrLeaf *leaves,
		 const Rows *numbers, Sums *sums)
{
	uint8_t		bytes[CR_BATCH_ROWS];
	float		values[CR_BATCH_ROWS] = {0};

	for (int g = 0; g < GROUPS; g++)
		rows_store(numbers[g], bytes + g * ROWS);
	cr_walk_rows(e->forest, e->columns, e->n, bytes, leaves, block->walk,
				 values);
	sums_add_values(sums, values);
}

static CR_TARGET CR_INLINE void
add_leaves_or_walk(const Evaluation *e, const CrBlock *block, uint32_t depth,
				   const Rows *numbers, Sums *sums)
{
	const CrLeaf *leaves =
		CR_LAYOUT_ARRAY(e->layout, CrLeaf, leaves) + block->leaves;

	if (block->walk == 0)
		sums_add_leaves(sums, numbers, &leaves->value, depth);
	else
		add_walk(e, block, leaves, numbers, sums);
}

static CR_TARGET CR_INLINE void
add_heap(const Evaluation *e, const CrBlock *block, uint32_t depth,
		 Sums *sums)
{
	const uint16_t *positions =
		CR_LAYOUT_ARRAY(e->layout, uint16_t, positions) + block->nodes;
	const int8_t *codes =
		CR_LAYOUT_ARRAY(e->layout, int8_t, codes) + block->nodes;
	Rows		numbers[GROUPS];

	for (int g = 0; g < GROUPS; g++)
		numbers[g] = heap_numbers(e->bytes + g * ROWS, positions, codes,
								  depth);
	add_leaves_or_walk(e, block, depth, numbers, sums);
}

static CR_TARGET void
add_list(const Evaluation *e, const CrBlock *block, Sums *sums)
{
	const CrListed *list =
		CR_LAYOUT_ARRAY(e->layout, CrListed, list) + block->nodes;
	Rows		numbers[GROUPS];

	for (int g = 0; g < GROUPS; g++)
		numbers[g] = list_numbers(e->bytes + g * ROWS, list, block->n_list);
	add_leaves_or_walk(e, block, block->depth, numbers, sums);
}

/* The switch makes a copy of the heap code for each depth. */
static CR_TARGET void
add_trees(const Evaluation *e, Sums *sums)
{
	const CrBlock *blocks = CR_LAYOUT_ARRAY(e->layout, CrBlock, blocks);

#define HEAPS(depth) \
	case depth: \
		add_heap(e, block, depth, sums); \
		break

	for (uint32_t t = 0; t < e->layout->n_blocks; t++)
	{
		const CrBlock *block = &blocks[t];

		switch (block->n_list > 0 ? 0 : block->depth)
		{
				HEAPS(3);
				HEAPS(4);
				HEAPS(5);
				HEAPS(6);
				HEAPS(7);
				HEAPS(8);
			default:
				add_list(e, block, sums);
		}
	}
#undef HEAPS
}

/* margin() is for rows that are too few, or too much for a layout. */
static CR_TARGET void
margins_of_rows(CrMargin margin, const CrForest *forest,
				const CrLayout *layout, const float *columns, uint32_t n,
				float *margins, void *scratch)
{
	int8_t	   *bytes = cr_align_scratch(scratch);
	Evaluation	e = {forest, layout, columns, n, bytes};
	Sums		sums = sums_start(cr_first_term(forest));

	if (layout->n_columns == 0 || cr_too_few_rows(layout, n))
	{
		cr_margins_by_row(margin, forest, layout, columns, n, margins,
						  scratch);
		return;
	}
	fill_columns(&e, bytes);
	add_trees(&e, &sums);
	sums_finish(&sums, cr_last_term(forest), n, margins);
}
