/*
 * cr_layout.c
 *	  Second half of building a layout: trees -> heaps and lists, thresholds ->
 *	  something that can be searched, all in one run of memory.
 *
 * Nodes of the image stand in breadth-first order.  So the nodes down to a
 * level, or the children of the first n inner nodes, are the first of their
 * tree: a walk over at most CR_TOP nodes fills a heap or a list, however large
 * the tree is.
 */
#include "cr_layout.h"

#include <math.h>
#include <string.h>

#include "cr_codes.h"
#include "cr_eval.h"

#define CR_TOP				(2 * CR_MAX_LIST_NODES + 1)
#define LIST_COST			3	/* a node of a list takes so many of a heap */
#define POLL_EVERY			64	/* trees */

typedef struct Builder
{
	const CrForest *forest;
	const CrAlloc *alloc;
	const CrCodes *codes;
	CrBlock    *blocks;			/* what becomes of each tree */
	uint32_t	row_depth;
	uint32_t	n_heap_nodes;
	uint32_t	n_listed;
	uint32_t	n_leaves;
	uint32_t	n_searches;
	CrLayout   *layout;
} Builder;

static bool
is_inner(const CrForest *forest, const CrNode *node)
{
	return node->slot != 2 * forest->n_features;
}

/* The smallest depth, at least from, whose 2^depth is n or more. */
static uint32_t
depth_for(uint32_t n, uint32_t from)
{
	while (UINT32_C(1) << from < n)
		from++;
	return from;
}

/* -------- planning -------- */

/* Inner nodes of a tree on its first CR_MAX_HEAP_DEPTH levels. */
static uint32_t
count_top(const CrForest *forest, const CrTree *tree)
{
	const CrNode *nodes = forest->nodes + tree->root;
	uint32_t	end = 1;		/* of this level */
	uint32_t	next = 1;		/* where the next one ends */
	uint32_t	n = 0;

	for (uint32_t i = 0, level = 0; i < tree->n_nodes; i++)
	{
		if (i == end)
		{
			end = next;
			if (++level == CR_MAX_HEAP_DEPTH)
				break;
		}
		if (is_inner(forest, &nodes[i]))
		{
			n++;
			next += 2;
		}
	}
	return n;
}

/* Level of the inner node number n of a tree that has more. */
static uint32_t
level_of_inner(const CrForest *forest, const CrTree *tree, uint32_t n)
{
	const CrNode *nodes = forest->nodes + tree->root;
	uint32_t	end = 1;
	uint32_t	next = 1;
	uint32_t	level = 0;

	for (uint32_t i = 0;; i++)
	{
		if (i == end)
		{
			end = next;
			level++;
		}
		if (!is_inner(forest, &nodes[i]))
			continue;
		if (n-- == 0)
			return level;
		next += 2;
	}
}

static CrBlock
plan_heap(const CrTree *tree, uint32_t depth)
{
	return (CrBlock) {
		.depth = (uint8_t) depth,
			.walk = (uint16_t) (tree->depth > depth ? tree->depth - depth : 0)
	};
}

static CrBlock
plan_list(const CrForest *forest, const CrTree *tree)
{
	uint32_t	n_inner = tree->n_nodes / 2;
	CrBlock		block = {0};

	if (n_inner > CR_MAX_LIST_NODES)
	{
		block.walk = (uint16_t)
			(tree->depth - level_of_inner(forest, tree, CR_MAX_LIST_NODES));
		n_inner = CR_MAX_LIST_NODES;
	}
	block.n_list = (uint8_t) n_inner;
	block.depth = (uint8_t) depth_for(n_inner + 1, CR_MIN_HEAP_DEPTH);
	return block;
}

/* A heap unless a list takes less time. */
static CrBlock
plan_tree(const CrForest *forest, const CrTree *tree)
{
	uint32_t	depth = tree->depth < CR_MIN_HEAP_DEPTH ? CR_MIN_HEAP_DEPTH :
		tree->depth > CR_MAX_HEAP_DEPTH ? CR_MAX_HEAP_DEPTH : tree->depth;
	uint32_t	n_top = tree->depth <= CR_MAX_HEAP_DEPTH ? tree->n_nodes / 2 :
		count_top(forest, tree);

	if (depth == CR_MIN_HEAP_DEPTH || LIST_COST * n_top >= 1u << depth)
		return plan_heap(tree, depth);
	return plan_list(forest, tree);
}

static uint64_t
cost_of(const CrBlock *block)
{
	return block->n_list > 0 ? (uint64_t) LIST_COST * block->n_list :
		UINT64_C(1) << block->depth;
}

/* Gives a block its places. */
static void
place_block(Builder *b, CrBlock *block)
{
	block->leaves = b->n_leaves;
	b->n_leaves += 1u << block->depth;
	if (block->n_list > 0)
	{
		block->nodes = b->n_listed;
		b->n_listed += block->n_list;
	}
	else
	{
		block->nodes = b->n_heap_nodes;
		b->n_heap_nodes += 1u << block->depth;
	}
}

/* All heaps get the same depth if that costs at most twice as much. */
static void
plan_trees(Builder *b)
{
	const CrForest *forest = b->forest;
	uint32_t	depth = forest->max_depth < CR_MIN_HEAP_DEPTH ?
		CR_MIN_HEAP_DEPTH : forest->max_depth;
	uint64_t	cost = 0;

	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		b->blocks[t] = plan_tree(forest, &forest->trees[t]);
		cost += cost_of(&b->blocks[t]);
	}
	if (depth <= CR_MAX_HEAP_DEPTH &&
		(uint64_t) forest->n_trees << depth <= 2 * cost)
	{
		b->row_depth = depth;
		for (uint32_t t = 0; t < forest->n_trees; t++)
			b->blocks[t] = plan_heap(&forest->trees[t], depth);
	}
	for (uint32_t t = 0; t < forest->n_trees; t++)
		place_block(b, &b->blocks[t]);
}

/* Search blocks of one level: of 16 floats, one for each 16^above ranks. */
static uint32_t
n_search_blocks(uint32_t n_thresholds, uint32_t above)
{
	return (uint32_t) ((uint64_t) n_thresholds >> 4 * above) + 1;
}

static void
plan_searches(Builder *b)
{
	for (uint32_t i = 0; i < b->codes->n_ranked; i++)
	{
		CrRanked   *ranked = &b->codes->ranked[i];
		uint32_t	n = ranked->n_thresholds;

		ranked->tree_levels = depth_for(n + 1, 1);
		ranked->tree = b->n_searches;
		b->n_searches += ranked->tree_levels < 4 ? 16 :
			1u << ranked->tree_levels;
		ranked->blocks = b->n_searches;
		ranked->block_levels = 0;
		while (ranked->block_levels == 0 ||
			   (uint64_t) 1 << 4 * ranked->block_levels < n)
			b->n_searches += 16 * n_search_blocks(n, ++ranked->block_levels);
	}
}

/* -------- searches -------- */

/*
 * A binary tree without pointers, as in a heap: node j has the children 2j
 * and 2j + 1; after `levels` steps j - 2^levels is the rank.  Thresholds that
 * are not there are +infinity, which no value reaches.
 */
static void
fill_search_tree(const CrRanked *ranked, const float *thresholds, float *tree)
{
	uint32_t	j = 1;

	tree[0] = INFINITY;
	for (uint32_t level = 0; level < ranked->tree_levels; level++)
	{
		uint32_t	step = 1u << (ranked->tree_levels - level);

		for (uint32_t k = step / 2 - 1; j < 2u << level; j++, k += step)
			tree[j] = k < ranked->n_thresholds ? thresholds[k] : INFINITY;
	}
	for (; j < 16; j++)
		tree[j] = INFINITY;
}

/*
 * The same for 16 comparisons at once: on each level from the top, the
 * number of thresholds in a block that are <= x leads to a block of the next.
 */
static void
fill_search_blocks(const CrRanked *ranked, const float *thresholds,
				   float *blocks)
{
	for (uint32_t above = ranked->block_levels; above > 0; above--)
	{
		uint64_t	step = UINT64_C(1) << 4 * (above - 1);
		uint32_t	n = 16 * n_search_blocks(ranked->n_thresholds, above);

		for (uint32_t i = 0; i < n; i++)
		{
			uint64_t	k = (i + UINT64_C(1)) * step - 1;

			*blocks++ = k < ranked->n_thresholds ? thresholds[k] : INFINITY;
		}
	}
}

static void
fill_columns(Builder *b)
{
	const CrCodes *codes = b->codes;
	CrLayout   *layout = b->layout;
	char	   *start = (char *) layout;
	float	   *searches = (float *) (start + layout->searches);
	CrWindow   *windows = (CrWindow *) (start + layout->windows);
	const float *thresholds = codes->thresholds;

	for (uint32_t i = 0; i < codes->n_ranked; i++)
	{
		const CrRanked *ranked = &codes->ranked[i];

		fill_search_tree(ranked, thresholds, searches + ranked->tree);
		fill_search_blocks(ranked, thresholds, searches + ranked->blocks);
		thresholds += ranked->n_thresholds;
	}
	for (uint32_t i = 0; i < codes->n_windows; i++)
	{
		windows[i] = codes->windows[i];
		for (int side = 0; side < 2; side++)
			if (windows[i].column[side] == CR_NO_COLUMN)
				windows[i].column[side] = (uint16_t) codes->n_columns;
	}
	memcpy(start + layout->ranked, codes->ranked,
		   codes->n_ranked * sizeof(CrRanked));
	memcpy(start + layout->choices, codes->choices,
		   codes->n_choices * sizeof(CrChoice));
}

/* -------- trees -------- */

static CrLeaf
leaf_of(const CrForest *forest, uint32_t node, const CrBlock *block)
{
	return block->walk > 0 ? (CrLeaf) {.node = node} :
		(CrLeaf) {.value = forest->nodes[node].u.leaf};
}

/* Where the nodes and leaves of a heap go. */
typedef struct Heap
{
	const CrForest *forest;
	const CrBlock *block;
	const CrCode *from;
	uint16_t   *positions;
	int8_t	   *codes;
	CrLeaf	   *leaves;
	uint8_t    *row_columns;	/* NULL without fast rows */
	CrTwig	   *twigs;
} Heap;

/* The leaves below place h, where the image has a leaf or the heap ends. */
static void
fill_leaves(const Heap *heap, uint32_t h, uint32_t node)
{
	uint32_t	size = 1u << heap->block->depth;
	CrLeaf		leaf = leaf_of(heap->forest, node, heap->block);
	uint32_t	n = 1;

	for (; h < size; h *= 2)
		n *= 2;
	for (uint32_t i = 0; i < n; i++)
		heap->leaves[h - size + i] = leaf;
}

static void
fill_split(const Heap *heap, uint32_t h, uint32_t node)
{
	CrCode		code = heap->from[node];

	heap->positions[h] = (uint16_t) (code.column * CR_COLUMN_UNIT);
	heap->codes[h] = code.code;
	if (heap->row_columns == NULL)
		return;
	if (h < 1u << CR_ROW_LEVELS)
		heap->row_columns[h] = (uint8_t) code.column;
	else
	{
		bool		child = h >= 2u << CR_ROW_LEVELS;
		CrTwig	   *twig =
			&heap->twigs[(h >> child) - (1u << CR_ROW_LEVELS)];

		twig->column[child ? 1 + h % 2 : 0] = (uint8_t) code.column;
		twig->code[child ? 1 + h % 2 : 0] = code.code;
	}
}

/* Where the heap of tree t goes. */
static Heap
heap_of(Builder *b, uint32_t t)
{
	CrLayout   *layout = b->layout;
	const CrBlock *block = &b->blocks[t];
	char	   *start = (char *) layout;
	Heap		heap = {
		.forest = b->forest,.block = block,.from = b->codes->nodes,
		.positions = (uint16_t *) (start + layout->positions) + block->nodes,
		.codes = (int8_t *) (start + layout->codes) + block->nodes,
		.leaves = (CrLeaf *) (start + layout->leaves) + block->leaves,
	};

	if (layout->row_depth > 0)
		heap.row_columns = (uint8_t *) (start + layout->row_columns) +
			((size_t) t << cr_row_levels(layout));
	if (layout->row_depth > CR_ROW_LEVELS)
		heap.twigs = (CrTwig *) (start + layout->twigs) +
			((size_t) t << CR_ROW_LEVELS);
	return heap;
}

static void
fill_heap(Builder *b, uint32_t t)
{
	Heap		heap = heap_of(b, t);
	uint32_t	root = b->forest->trees[t].root;
	uint32_t	size = 1u << heap.block->depth;
	uint16_t	places[CR_TOP];
	uint32_t	n = 1;			/* nodes that have a place */

	places[0] = 1;
	for (uint32_t i = 0; i < n; i++)
	{
		uint16_t	h = places[i];

		if (h >= size || !is_inner(b->forest, &b->forest->nodes[root + i]))
		{
			fill_leaves(&heap, h, root + i);
			continue;
		}
		fill_split(&heap, h, root + i);
		places[n++] = (uint16_t) (2 * h);	/* in breadth-first order */
		places[n++] = (uint16_t) (2 * h + 1);
	}
}

/* Where the nodes of a list go, and the leaves below each of them. */
typedef struct Lister
{
	Builder    *b;
	const CrTree *tree;
	const CrBlock *block;
	CrListed   *next;
	uint32_t	n_nodes;		/* those that are reached */
	uint16_t	n_leaves[CR_TOP];
	uint16_t	first_leaf[CR_TOP];
} Lister;

/* Whether node i of the tree is in the list, and not a leaf of it. */
static bool
listed(const Lister *l, uint32_t i)
{
	return l->n_leaves[i] > 1;
}

static void
count_leaves(Lister *l)
{
	const CrForest *forest = l->b->forest;
	const CrNode *nodes = forest->nodes + l->tree->root;
	uint32_t	root = l->tree->root;
	uint32_t	n_inner = 0;

	for (uint32_t i = 0; i < l->n_nodes; i++)
		l->n_leaves[i] = is_inner(forest, &nodes[i]) &&
			n_inner++ < CR_MAX_LIST_NODES ? 2 : 1;
	for (uint32_t i = l->n_nodes; i-- > 0;)
		if (listed(l, i))
			l->n_leaves[i] = (uint16_t) (l->n_leaves[nodes[i].left - root] +
										 l->n_leaves[nodes[i].left + 1 - root]);
	for (uint32_t i = 0; i < l->n_nodes; i++)
		if (listed(l, i))
		{
			uint32_t	left = nodes[i].left - root;

			l->first_leaf[left] = l->first_leaf[i];
			l->first_leaf[left + 1] =
				(uint16_t) (l->first_leaf[i] + l->n_leaves[left]);
		}
}

/*
 * Appends node i and those below it; its result goes to slot.  The larger
 * child goes first: while the other is worked out only one result waits, and
 * the other has half as many leaves at most, so log2 of the leaves is
 * enough slots.  Recursion ends, since a list has up to 255 nodes.
 */
static void
append_listed(Lister *l, uint32_t i, uint8_t slot)
{
	uint32_t	root = l->tree->root;
	uint32_t	left = l->b->forest->nodes[root + i].left - root;
	uint32_t	right = left + 1;
	CrCode		code = l->b->codes->nodes[root + i];
	bool		left_first = l->n_leaves[left] >= l->n_leaves[right];
	uint32_t	larger = left_first ? left : right;
	uint32_t	smaller = left_first ? right : left;
	uint8_t		slots[2] = {0, 0};	/* of larger and smaller */

	if (listed(l, larger))
		append_listed(l, larger, slots[0] = slot);
	if (listed(l, smaller))
		append_listed(l, smaller, slots[1] = (uint8_t) (slot + 1));
	*l->next++ = (CrListed) {
		.position = (uint16_t) (code.column * CR_COLUMN_UNIT),
			.code = code.code,
			.n_left = (uint8_t) l->n_leaves[left],
			.left = slots[!left_first],
			.right = slots[left_first],
			.result = slot,
	};
}

static void
fill_list(Builder *b, const CrTree *tree, const CrBlock *block)
{
	char	   *start = (char *) b->layout;
	CrLeaf	   *leaves = (CrLeaf *) (start + b->layout->leaves) + block->leaves;
	Lister		l = {b, tree, block,
		(CrListed *) (start + b->layout->list) + block->nodes,
	2u * block->n_list + 1, {0}, {0}};

	count_leaves(&l);
	append_listed(&l, 0, 1);
	for (uint32_t i = 0; i < l.n_nodes; i++)
		if (!listed(&l, i))
			leaves[l.first_leaf[i]] =
				leaf_of(b->forest, tree->root + i, block);
}

/* Trees of a layout with fast single rows, in whole groups. */
static size_t
row_trees(const Builder *b)
{
	return ((size_t) b->forest->n_trees + CR_ROW_TREES - 1) /
		CR_ROW_TREES * CR_ROW_TREES;
}

static size_t
n_twigs(const Builder *b, const CrLayout *layout)
{
	return layout->row_depth > CR_ROW_LEVELS ?
		row_trees(b) << CR_ROW_LEVELS : 0;
}

/* Nodes of heaps, those of trees that only fill a group included. */
static size_t
heap_room(const Builder *b, const CrLayout *layout)
{
	return layout->row_depth == 0 ? b->n_heap_nodes :
		row_trees(b) << layout->row_depth;
}

static void
fill_trees(Builder *b)
{
	CrLayout   *layout = b->layout;
	char	   *start = (char *) layout;
	CrTwig	   *twigs = (CrTwig *) (start + layout->twigs);

	memset(start + layout->codes, CR_NEVER_RIGHT, heap_room(b, layout));
	for (size_t i = 0; i < n_twigs(b, layout); i++)
		memset(twigs[i].code, CR_NEVER_RIGHT, sizeof(twigs[i].code));
	for (uint32_t t = 0; t < b->forest->n_trees; t++)
	{
		const CrBlock *block = &b->blocks[t];

		if (t % POLL_EVERY == 0)
			cr_poll(b->alloc);
		if (block->n_list > 0)
			fill_list(b, &b->forest->trees[t], block);
		else
			fill_heap(b, t);
	}
	memcpy(start + layout->blocks, b->blocks,
		   b->forest->n_trees * sizeof(CrBlock));
}

/* -------- putting it together -------- */

/* Room for an array behind *size, which may be read 64 bytes too far. */
static size_t
place_array(size_t *size, size_t n, size_t item)
{
	size_t		offset = *size;

	*size += (n * item + 2 * CR_LAYOUT_ALIGNMENT - 1) / CR_LAYOUT_ALIGNMENT *
		CR_LAYOUT_ALIGNMENT;
	return offset;
}

static void
place_arrays(Builder *b, CrLayout *layout)
{
	const CrCodes *codes = b->codes;
	size_t		size = 0;

	place_array(&size, 1, sizeof(CrLayout));
	layout->ranked = place_array(&size, codes->n_ranked, sizeof(CrRanked));
	layout->windows = place_array(&size, codes->n_windows, sizeof(CrWindow));
	layout->searches = place_array(&size, b->n_searches, sizeof(float));
	layout->choices = place_array(&size, codes->n_choices, sizeof(CrChoice));
	layout->blocks = place_array(&size, b->forest->n_trees, sizeof(CrBlock));
	layout->positions = place_array(&size, b->n_heap_nodes, sizeof(uint16_t));
	layout->codes = place_array(&size, heap_room(b, layout), 1);
	layout->list = place_array(&size, b->n_listed, sizeof(CrListed));
	layout->leaves = place_array(&size, b->n_leaves, sizeof(CrLeaf));
	if (layout->row_depth > 0)
		layout->row_columns =
			place_array(&size, row_trees(b) << cr_row_levels(layout), 1);
	layout->twigs = place_array(&size, n_twigs(b, layout), sizeof(CrTwig));
	layout->size = size;
}

/* Aligned memory for a layout that is described, but for its lead. */
static CrLayout *
allocate_layout(const CrLayout *described, const CrAlloc *alloc)
{
	char	   *memory = alloc->alloc(alloc->context,
									  described->size + CR_LAYOUT_ALIGNMENT);
	uint32_t	lead = (uint32_t) (-(uintptr_t) memory &
								   (CR_LAYOUT_ALIGNMENT - 1));
	CrLayout   *layout = (CrLayout *) (memory + lead);

	memset(layout, 0, described->size);
	*layout = *described;
	layout->lead = lead;
	return layout;
}

static CrLayout *
build(Builder *b)
{
	const CrForest *forest = b->forest;
	CrLayout	described = {
		.n_columns = b->codes->n_columns,
		.n_ranked = b->codes->n_ranked,
		.n_choices = b->codes->n_choices,
		.n_blocks = forest->n_trees,
	};

	b->blocks = b->alloc->alloc(b->alloc->context,
								forest->n_trees * sizeof(CrBlock));
	plan_trees(b);
	plan_searches(b);
	if (described.n_columns <= CR_MAX_ROW_COLUMNS)
		described.row_depth = b->row_depth;
	place_arrays(b, &described);
	b->layout = allocate_layout(&described, b->alloc);
	fill_columns(b);
	fill_trees(b);
	b->alloc->release(b->alloc->context, b->blocks);
	return b->layout;
}

/*
 * Builds the layout of an opened forest; also of one that layouts do not
 * cover: that of gblinear, one that needs too many columns, or one of trees
 * that are all single leaves.
 */
CrLayout *
cr_layout_build(const CrForest *forest, const CrAlloc *alloc)
{
	static const CrLayout none = {.size = sizeof(CrLayout)};
	CrCodes		codes;
	Builder		b = {.forest = forest,.alloc = alloc,.codes = &codes};
	CrLayout   *layout;

	if (forest->header->booster == CR_GBLINEAR ||
		!cr_codes_make(&codes, forest, alloc))
		return allocate_layout(&none, alloc);
	layout = build(&b);
	cr_codes_release(&codes, alloc);
	return layout;
}

void
cr_layout_release(CrLayout *layout, const CrAlloc *alloc)
{
	alloc->release(alloc->context, (char *) layout - layout->lead);
}

size_t
cr_layout_size(const CrLayout *layout)
{
	return layout->size;
}
