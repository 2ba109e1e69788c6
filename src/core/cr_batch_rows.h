/*
 * cr_batch_rows.h
 *	  64 rows through all trees: the part that every batch kernel compiles for
 *	  its own instructions.
 *
 * Who includes this has defined CR_TARGET, the function attributes, and
 *
 *		Rows				64 bytes, one a row
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

static CR_TARGET inline __attribute__((always_inline)) Rows
heap_2(const int8_t *bytes, const uint16_t *positions, const int8_t *codes,
	   uint32_t i)
{
	return rows_choose(COLUMN(i), codes[i],
					   rows_split(COLUMN(2 * i), codes[2 * i]),
					   rows_split(COLUMN(2 * i + 1), codes[2 * i + 1]), 2);
}

static CR_TARGET inline __attribute__((always_inline)) Rows
heap_3(const int8_t *bytes, const uint16_t *positions, const int8_t *codes,
	   uint32_t i)
{
	return rows_choose(COLUMN(i), codes[i],
					   heap_2(bytes, positions, codes, 2 * i),
					   heap_2(bytes, positions, codes, 2 * i + 1), 4);
}

static CR_TARGET inline __attribute__((always_inline)) Rows
heap_4(const int8_t *bytes, const uint16_t *positions, const int8_t *codes,
	   uint32_t i)
{
	return rows_choose(COLUMN(i), codes[i],
					   heap_3(bytes, positions, codes, 2 * i),
					   heap_3(bytes, positions, codes, 2 * i + 1), 8);
}

/* Subtrees of four levels first, then the levels above them. */
static CR_TARGET inline __attribute__((always_inline)) Rows
heap_numbers(const int8_t *bytes, const uint16_t *positions,
			 const int8_t *codes, uint32_t depth)
{
	Rows		results[1 << (CR_MAX_HEAP_DEPTH - 4)];
	uint32_t	n;

	if (depth == 3)
		return heap_3(bytes, positions, codes, 1);
	if (depth == 4)
		return heap_4(bytes, positions, codes, 1);
	n = 1u << (depth - 4);
	for (uint32_t i = 0; i < n; i++)
		results[i] = heap_4(bytes, positions, codes, n + i);
	for (int below = 16; n > 1; below *= 2)
	{
		n /= 2;
		for (uint32_t i = 0; i < n; i++)
			results[i] = rows_choose(COLUMN(n + i), codes[n + i],
									 results[2 * i], results[2 * i + 1],
									 below);
	}
	return results[0];
}

static CR_TARGET inline __attribute__((always_inline)) Rows
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

static CR_TARGET void
fill_columns(const CrForest *forest, const CrLayout *layout,
			 const float *columns, uint32_t n, int8_t *bytes)
{
	const CrRanked *ranked = CR_LAYOUT_ARRAY(layout, CrRanked, ranked);
	const CrChoice *choices = CR_LAYOUT_ARRAY(layout, CrChoice, choices);

	for (uint32_t i = 0; i < layout->n_ranked; i++)
		fill_ranked(layout, &ranked[i],
					columns + (size_t) ranked[i].feature * CR_BATCH_ROWS,
					bytes);
	for (uint32_t i = 0; i < layout->n_choices; i++)
		fill_choice(forest, &choices[i],
					columns + (size_t) choices[i].feature * CR_BATCH_ROWS, n,
					bytes + (size_t) choices[i].column * CR_BATCH_ROWS);
}

static CR_TARGET void
add_walk(const CrForest *forest, const CrBlock *block, const CrLeaf *leaves,
		 const float *columns, uint32_t n, Rows rows, Sums *sums)
{
	uint8_t		numbers[CR_BATCH_ROWS];
	float		values[CR_BATCH_ROWS] = {0};

	rows_store(rows, numbers);
	cr_walk_rows(forest, columns, n, numbers, leaves, block->walk, values);
	sums_add_values(sums, values);
}

static CR_TARGET inline __attribute__((always_inline)) void
add_heap(const CrForest *forest, const CrLayout *layout, const CrBlock *block,
		 uint32_t depth, const int8_t *bytes, const float *columns,
		 uint32_t n, Sums *sums)
{
	const uint16_t *positions =
		CR_LAYOUT_ARRAY(layout, uint16_t, positions) + block->nodes;
	const int8_t *codes =
		CR_LAYOUT_ARRAY(layout, int8_t, codes) + block->nodes;
	const CrLeaf *leaves =
		CR_LAYOUT_ARRAY(layout, CrLeaf, leaves) + block->leaves;
	Rows		numbers = heap_numbers(bytes, positions, codes, depth);

	if (block->walk > 0)
		add_walk(forest, block, leaves, columns, n, numbers, sums);
	else
		sums_add_leaves(sums, numbers, &leaves->value, depth);
}

static CR_TARGET void
add_list(const CrForest *forest, const CrLayout *layout, const CrBlock *block,
		 const int8_t *bytes, const float *columns, uint32_t n, Sums *sums)
{
	const CrLeaf *leaves =
		CR_LAYOUT_ARRAY(layout, CrLeaf, leaves) + block->leaves;
	Rows		numbers = list_numbers(bytes,
									   CR_LAYOUT_ARRAY(layout, CrListed, list) +
									   block->nodes, block->n_list);

	if (block->walk > 0)
		add_walk(forest, block, leaves, columns, n, numbers, sums);
	else
		sums_add_leaves(sums, numbers, &leaves->value, block->depth);
}

/* The switch makes a copy of the heap code for each depth. */
static CR_TARGET void
add_trees(const CrForest *forest, const CrLayout *layout, const int8_t *bytes,
		  const float *columns, uint32_t n, Sums *sums)
{
	const CrBlock *blocks = CR_LAYOUT_ARRAY(layout, CrBlock, blocks);

#define HEAP(depth) \
	case depth: \
		add_heap(forest, layout, block, depth, bytes, columns, n, sums); \
		break

	for (uint32_t t = 0; t < layout->n_blocks; t++)
	{
		const CrBlock *block = &blocks[t];

		switch (block->n_list > 0 ? 0 : block->depth)
		{
				HEAP(3);
				HEAP(4);
				HEAP(5);
				HEAP(6);
				HEAP(7);
				HEAP(8);
			default:
				add_list(forest, layout, block, bytes, columns, n, sums);
		}
	}
#undef HEAP
}

static CR_TARGET void
margins_of_rows(const CrForest *forest, const CrLayout *layout,
				const float *columns, uint32_t n, float *margins,
				void *scratch)
{
	int8_t	   *bytes = cr_align_scratch(scratch);
	Sums		sums = sums_start(cr_first_term(forest));

	if (layout->n_columns == 0)
	{
		cr_margins_walking(forest, columns, n, margins, scratch);
		return;
	}
	fill_columns(forest, layout, columns, n, bytes);
	add_trees(forest, layout, bytes, columns, n, &sums);
	sums_finish(&sums, cr_last_term(forest), n, margins);
}
