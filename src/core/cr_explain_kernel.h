/*
 * cr_explain_kernel.h
 *	  Contributions of one row and of 64: the part that every kernel compiles
 *	  for its own instructions.
 *
 * Who includes this has defined CR_TARGET, the function attributes, and WIDTH,
 * the floats in a register.
 *
 * Every lane does the same operations in the same order whatever WIDTH is, and
 * none is fused, so that all CPUs give the same bits.  The functions that call
 * themselves do so for each level of a tree, 64 at most.
 */
#include <string.h>

typedef float Lanes __attribute__((vector_size(4 * WIDTH)));
typedef int32_t Masks __attribute__((vector_size(4 * WIDTH)));
typedef int8_t Bytes __attribute__((vector_size(WIDTH)));

#define ONE_BITS	0x3f800000	/* 1.0f */

static CR_TARGET CR_INLINE Lanes
load_lanes(const float *from)
{
	Lanes		lanes;

	memcpy(&lanes, from, sizeof(lanes));
	return lanes;
}

static CR_TARGET CR_INLINE void
store_lanes(float *to, Lanes lanes)
{
	memcpy(to, &lanes, sizeof(lanes));
}

static CR_TARGET CR_INLINE Lanes
all_lanes(float value)
{
	return value - (Lanes) {0};
}

static CR_TARGET CR_INLINE Bytes
load_bytes(const int8_t *from)
{
	Bytes		bytes;

	memcpy(&bytes, from, sizeof(bytes));
	return bytes;
}

/* -------- a node -------- */

/* c of cr_explain_plan.h; masks are all ones or 0. */
static CR_TARGET CR_INLINE Lanes
change_of(Lanes share, Masks left, Masks open)
{
	Lanes		change = (Lanes) (left & ONE_BITS) - share;

	return (Lanes) ((Masks) change & open);
}

/* A node at work: what it keeps between going down and coming up. */
typedef struct Split
{
	Lanes		change;
	Lanes		weights[CR_PLAN_POINTS];
	Lanes		shares[CR_PLAN_POINTS]; /* of the left child, as known */
	Lanes		left[CR_PLAN_POINTS];	/* products of the children */
	Lanes		right[CR_PLAN_POINTS];
} Split;

static CR_TARGET CR_INLINE void
go_down(Split *split, Lanes share, const Lanes *points, const Lanes *product,
		uint32_t n)
{
	for (uint32_t q = 0; q < n; q++)
	{
		split->shares[q] = share + points[q] * split->change;
		split->left[q] = product[q] * split->shares[q];
		split->right[q] = product[q] - split->left[q];
	}
}

/*
 * left and right are the sums of the children; returns the contribution.
 * sums may be right.
 */
static CR_TARGET CR_INLINE Lanes
come_up(const Split *split, const Lanes *product, const Lanes *left,
		const Lanes *right, Lanes *sums, uint32_t n)
{
	Lanes		total = {0};

	for (uint32_t q = 0; q < n; q++)
	{
		Lanes		difference = left[q] - right[q];

		total += split->weights[q] * product[q] * difference;
		sums[q] = right[q] + split->shares[q] * difference;
	}
	return split->change * total;
}

/* -------- one row: heaps side by side -------- */

/* WIDTH of the lanes of a group. */
typedef struct Heap
{
	const float *shares;
	const uint32_t *slot_terms;
	const float *terms;			/* of the plan, from these lanes on */
	const float *leaves;
	const int8_t *states;		/* of the row */
	float	   *results;
	uint32_t	n_slots;
	Lanes		rule[2 * CR_PLAN_POINTS];
} Heap;

/* Fills all of a split of the heap but what go_down() does. */
static CR_TARGET CR_INLINE Lanes
open_slot(const Heap *heap, uint32_t slot, Split *split, Lanes *points,
		  uint32_t n)
{
	Lanes		share = load_lanes(heap->shares + slot * CR_LANES);
	uint32_t	terms = heap->slot_terms[slot];
	Masks		state =
		__builtin_convertvector(load_bytes(heap->states + slot * CR_LANES),
								Masks);
	Masks		left = (state & CR_WENT_RIGHT) - 1;

	if (terms == 0)
		for (uint32_t q = 0; q < n; q++)
		{
			points[q] = heap->rule[q];
			split->weights[q] = heap->rule[n + q];
		}
	else
		for (uint32_t q = 0; q < n; q++)
		{
			points[q] = load_lanes(heap->terms + terms + q * CR_LANES);
			split->weights[q] =
				load_lanes(heap->terms + terms + (n + q) * CR_LANES);
		}
	split->change = change_of(share, left, (state >> 1) - 1);
	return share;
}

typedef void (*HeapVisit) (const Heap *heap, uint32_t i, const Lanes *product,
						   Lanes *sums);

/* A node of the last level: i is its number in the heap. */
static CR_TARGET CR_INLINE void
do_heap_leaves(const Heap *heap, uint32_t i, const Lanes *product, Lanes *sums,
			   uint32_t n)
{
	const float *leaves = heap->leaves + (2 * i - heap->n_slots - 1) * CR_LANES;
	Lanes		points[CR_PLAN_POINTS];
	Lanes		left[CR_PLAN_POINTS];
	Lanes		right[CR_PLAN_POINTS];
	Split		split;
	Lanes		share = open_slot(heap, i - 1, &split, points, n);

	for (uint32_t q = 0; q < n; q++)
	{
		split.shares[q] = share + points[q] * split.change;
		left[q] = load_lanes(leaves);
		right[q] = load_lanes(leaves + CR_LANES);
	}
	store_lanes(heap->results + (i - 1) * CR_LANES,
				come_up(&split, product, left, right, sums, n));
}

/* Any other, and all below it; nodes of the last level stay in registers. */
static CR_TARGET CR_INLINE void
do_heap_node(const Heap *heap, uint32_t i, const Lanes *product, Lanes *sums,
			 uint32_t n, HeapVisit visit)
{
	Lanes		points[CR_PLAN_POINTS];
	Lanes		left[CR_PLAN_POINTS];
	Lanes		right[CR_PLAN_POINTS];
	Split		split;
	Lanes		share = open_slot(heap, i - 1, &split, points, n);

	go_down(&split, share, points, product, n);
	if (4 * i > heap->n_slots)
	{
		do_heap_leaves(heap, 2 * i, split.left, left, n);
		do_heap_leaves(heap, 2 * i + 1, split.right, right, n);
	}
	else
	{
		visit(heap, 2 * i, split.left, left);
		visit(heap, 2 * i + 1, split.right, right);
	}
	store_lanes(heap->results + (i - 1) * CR_LANES,
				come_up(&split, product, left, right, sums, n));
}

/* -------- many rows: trees one after the other -------- */

/* WIDTH of the rows. */
typedef struct Walk
{
	const CrPlanNode *nodes;
	const float *terms;
	const int8_t *bytes;		/* of these rows: `stride` for each column */
	float	   *totals;			/* of these rows: `stride` for each feature */
	uint32_t	stride;
	Bytes		open[CR_PLAN_LEVELS + 1];	/* rows that met the splits of the
											 * feature up to an edge */
	Lanes		rule[2 * CR_PLAN_POINTS];
} Walk;

typedef void (*WalkVisit) (Walk *walk, const CrPlanNode *node, uint32_t level,
						   const Lanes *product, Lanes *sums);

static CR_TARGET CR_INLINE void
open_node(Walk *walk, const CrPlanNode *node, Split *split, Lanes *points,
		  Bytes *went_right, uint32_t n)
{
	Bytes		right =
		load_bytes(walk->bytes + (size_t) node->column * walk->stride) >
		(Bytes) (node->code - (Bytes) {0});
	Masks		open = ~(Masks) {0};

	if (node->terms == 0)
		for (uint32_t q = 0; q < n; q++)
		{
			points[q] = walk->rule[q];
			split->weights[q] = walk->rule[n + q];
		}
	else
	{
		open = __builtin_convertvector(walk->open[node->before], Masks);
		for (uint32_t q = 0; q < n; q++)
		{
			points[q] = all_lanes(walk->terms[node->terms + q]);
			split->weights[q] = all_lanes(walk->terms[node->terms + n + q]);
		}
	}
	*went_right = right;
	split->change = change_of(all_lanes(node->share),
							  ~__builtin_convertvector(right, Masks), open);
}

static CR_TARGET CR_INLINE void
add_to_feature(Walk *walk, const CrPlanNode *node, Lanes contribution)
{
	float	   *total = walk->totals + (size_t) node->used * walk->stride;

	store_lanes(total, load_lanes(total) + contribution);
}

static CR_TARGET CR_INLINE void
walk_twig(Walk *walk, const CrPlanNode *node, const Lanes *product,
		  Lanes *sums, uint32_t n)
{
	Lanes		points[CR_PLAN_POINTS];
	Lanes		left[CR_PLAN_POINTS];
	Lanes		right[CR_PLAN_POINTS];
	Bytes		went_right;
	Split		split;

	open_node(walk, node, &split, points, &went_right, n);
	for (uint32_t q = 0; q < n; q++)
	{
		split.shares[q] = node->share + points[q] * split.change;
		left[q] = all_lanes(node->child[0].leaf);
		right[q] = all_lanes(node->child[1].leaf);
	}
	add_to_feature(walk, node,
				   come_up(&split, product, left, right, sums, n));
}

static CR_TARGET CR_INLINE void
walk_branch(Walk *walk, const CrPlanNode *node, bool right, uint32_t level,
			const Lanes *product, Lanes *sums, uint32_t n, WalkVisit visit)
{
	switch (node->kind[right])
	{
		case CR_LEAF:
			for (uint32_t q = 0; q < n; q++)
				sums[q] = all_lanes(node->child[right].leaf);
			break;
		case CR_TWIG:
			walk_twig(walk, walk->nodes + node->child[right].node, product,
					  sums, n);
			break;
		default:
			visit(walk, walk->nodes + node->child[right].node, level, product,
				  sums);
	}
}

static CR_TARGET CR_INLINE void
walk_node(Walk *walk, const CrPlanNode *node, uint32_t level,
		  const Lanes *product, Lanes *sums, uint32_t n, WalkVisit visit)
{
	Lanes		points[CR_PLAN_POINTS];
	Lanes		left[CR_PLAN_POINTS];
	Lanes		right[CR_PLAN_POINTS];
	Bytes		went_right;
	Bytes		open;
	Split		split;

	open_node(walk, node, &split, points, &went_right, n);
	open = walk->open[node->before];
	go_down(&split, all_lanes(node->share), points, product, n);
	walk->open[level + 1] = open & ~went_right;
	walk_branch(walk, node, false, level + 1, split.left, left, n, visit);
	walk->open[level + 1] = open & went_right;
	walk_branch(walk, node, true, level + 1, split.right, right, n, visit);
	add_to_feature(walk, node,
				   come_up(&split, product, left, right, sums, n));
}

/* -------- a copy of both for each number of points -------- */

#define POINTS(n) \
	static CR_TARGET void \
	heap_##n(const Heap *heap, uint32_t i, const Lanes *product, Lanes *sums) \
	{ \
		do_heap_node(heap, i, product, sums, n, heap_##n); \
	} \
\
	static CR_TARGET void \
	walk_##n(Walk *walk, const CrPlanNode *node, uint32_t level, \
			 const Lanes *product, Lanes *sums) \
	{ \
		walk_node(walk, node, level, product, sums, n, walk_##n); \
	}

POINTS(1)
POINTS(2)
POINTS(3)
POINTS(4)
POINTS(5)
POINTS(6)
POINTS(8)
POINTS(12)
POINTS(16)
#undef POINTS

static const HeapVisit heap_visits[CR_PLAN_POINTS + 1] = {
	[1] = heap_1,[2] = heap_2,[3] = heap_3,[4] = heap_4,[5] = heap_5,
	[6] = heap_6,[8] = heap_8,[12] = heap_12,[16] = heap_16
};

static const WalkVisit walk_visits[CR_PLAN_POINTS + 1] = {
	[1] = walk_1,[2] = walk_2,[3] = walk_3,[4] = walk_4,[5] = walk_5,
	[6] = walk_6,[8] = walk_8,[12] = walk_12,[16] = walk_16
};

/* -------- entry points -------- */

static CR_TARGET CR_INLINE void
load_rule(const CrPlan *plan, uint32_t n, Lanes *rule, Lanes *product)
{
	const float *floats = CR_LAYOUT_ARRAY(plan, float, rules) + CR_RULE(n);

	for (uint32_t q = 0; q < 2 * n; q++)
		rule[q] = all_lanes(floats[q]);
	for (uint32_t q = 0; q < n; q++)
		product[q] = all_lanes(1);
}

/* A heap of one level has no node above its last one. */
static CR_TARGET void
explain_group(const CrPlan *plan, const CrGroup *group, const int8_t *states,
			  float *results)
{
	uint32_t	n = group->n_points;
	size_t		first = (size_t) group->first_slot;
	Lanes		product[CR_PLAN_POINTS];
	Lanes		sums[CR_PLAN_POINTS];
	Heap		heap = {
		.slot_terms = CR_LAYOUT_ARRAY(plan, uint32_t, slot_terms) + first,
		.n_slots = (1u << group->depth) - 1,
	};

	load_rule(plan, n, heap.rule, product);
	for (uint32_t lane = 0; lane < CR_LANES; lane += WIDTH)
	{
		heap.shares = CR_LAYOUT_ARRAY(plan, float, shares) +
			first * CR_LANES + lane;
		heap.terms = CR_LAYOUT_ARRAY(plan, float, terms) + lane;
		heap.leaves = CR_LAYOUT_ARRAY(plan, float, leaves) +
			(size_t) group->first_leaf * CR_LANES + lane;
		heap.states = states + lane;
		heap.results = results + lane;
		if (group->depth == 1)
			do_heap_leaves(&heap, 1, product, sums, n);
		else
			heap_visits[n] (&heap, 1, product, sums);
	}
}

static CR_TARGET void
explain_tree(const CrPlan *plan, const CrRoot *root, const int8_t *bytes,
			 uint32_t stride, uint32_t n_rows, float *totals)
{
	uint32_t	n = root->n_points;
	Lanes		product[CR_PLAN_POINTS];
	Lanes		sums[CR_PLAN_POINTS];
	Walk		walk = {
		.nodes = CR_LAYOUT_ARRAY(plan, CrPlanNode, nodes),
		.terms = CR_LAYOUT_ARRAY(plan, float, terms),
		.stride = stride,
		.open[0] = ~(Bytes) {0},
	};

	load_rule(plan, n, walk.rule, product);
	for (uint32_t row = 0; row < n_rows; row += WIDTH)
	{
		walk.bytes = bytes + row;
		walk.totals = totals + row;
		walk_visits[n] (&walk, walk.nodes + root->node, 0, product, sums);
	}
}
