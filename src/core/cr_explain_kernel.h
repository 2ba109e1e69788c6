/*
 * cr_explain_kernel.h
 *	  Contributions of one row and of 64: the part that every kernel compiles
 *	  for its own instructions.
 *
 * Who includes this has defined CR_TARGET, the function attributes, WIDTH, the
 * floats in a register, Masks, as many integers, and load_wide(bytes) and
 * load_words(words), which make Masks of as many signed integers.
 *
 * Every lane does the same operations in the same order whatever WIDTH is, and
 * none is fused, so that all CPUs give the same bits.  The functions that call
 * themselves do so for each level of a tree, CR_PLAN_LEVELS at most.
 */
typedef float Lanes __attribute__((vector_size(4 * WIDTH)));

#define ONE_BITS	0x3f800000	/* 1.0f */

/* Written out, so that what belongs to a point stays in a register. */
#define EACH(i, n) \
	_Pragma("GCC unroll 16") \
	for (uint32_t i = 0; i < (n); i++)

/*
 * The operations on a vector wait for one another all the way down a tree and
 * up, so many rows take two vectors at a time where registers allow.
 */
#define MAX_PARTS	2
#define PARTS(n)	((n) <= 6 ? 2 : 1)
#define MAX_VALUES	CR_PLAN_POINTS	/* of points and parts */

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

/* -------- a node -------- */

/*
 * A node at work: what it keeps between going down and coming up.  Values are
 * those of the n points for the first part, then for the second.  Nothing of
 * it is passed by address, so that it may live in registers.
 */
typedef struct Split
{
	Lanes		share;
	Lanes		points[CR_PLAN_POINTS];
	Lanes		weights[CR_PLAN_POINTS];
	Lanes		change[MAX_PARTS];
	Lanes		shares[MAX_VALUES]; /* of the left child, as known */
} Split;

/* Products or sums of the children of a node. */
typedef struct Children
{
	Lanes		left[MAX_VALUES];
	Lanes		right[MAX_VALUES];
} Children;

/* c of cr_explain_plan.h; masks are all ones or 0. */
static CR_TARGET CR_INLINE Lanes
change_of(Lanes share, Masks left, Masks open)
{
	Lanes		change = (Lanes) (left & ONE_BITS) - share;

	return (Lanes) ((Masks) change & open);
}

static CR_TARGET CR_INLINE void
know_shares(Split *split, uint32_t n, uint32_t parts)
{
	EACH(i, n * parts)
		split->shares[i] = split->share +
		split->points[i % n] * split->change[i / n];
}

static CR_TARGET CR_INLINE void
go_down(Split *split, const Lanes *product, Lanes *left, Lanes *right,
		uint32_t n, uint32_t parts)
{
	know_shares(split, n, parts);
	EACH(i, n * parts)
	{
		left[i] = product[i] * split->shares[i];
		right[i] = product[i] - left[i];
	}
}

/* From the sums of the children to the node's own, and its contributions. */
static CR_TARGET CR_INLINE void
come_up(const Split *split, const Lanes *product, const Lanes *left,
		const Lanes *right, Lanes *sums, Lanes *contributions, uint32_t n,
		uint32_t parts)
{
	EACH(i, n * parts)
	{
		Lanes		difference = left[i] - right[i];
		Lanes		term = split->weights[i % n] * product[i] * difference;

		contributions[i / n] = i % n == 0 ? term : contributions[i / n] + term;
		sums[i] = right[i] + split->shares[i] * difference;
	}
	EACH(part, parts)
		contributions[part] *= split->change[part];
}

/* The same above two leaves, whose difference the points have in common. */
static CR_TARGET CR_INLINE void
come_up_from_leaves(const Split *split, const Lanes *product, Lanes left,
					Lanes right, Lanes *sums, Lanes *contributions,
					uint32_t n, uint32_t parts)
{
	Lanes		difference = left - right;

	EACH(i, n * parts)
	{
		Lanes		term = split->weights[i % n] * product[i];

		contributions[i / n] = i % n == 0 ? term : contributions[i / n] + term;
		sums[i] = right + split->shares[i] * difference;
	}
	EACH(part, parts)
		contributions[part] *= split->change[part] * difference;
}

/* -------- one row: heaps side by side -------- */

/*
 * A group goes through its heap once, its lanes in parts of WIDTH: so each cache
 * line comes near once, and while one part waits another works.
 */
#define HEAP_PARTS	(CR_LANES / WIDTH)
#define HEAP_VALUES	(CR_PLAN_POINTS * HEAP_PARTS)

typedef struct Heap
{
	const CrSlot *slots;
	const float *terms;			/* of the plan */
	const float *leaves;
	const int8_t *states;		/* of the row */
	float	   *results;
} Heap;

/* What comes down to a node: values as in a split, and the levels met. */
typedef struct Above
{
	Lanes		product[HEAP_VALUES];
	Masks		met[HEAP_PARTS];
} Above;

/* The first leaf below the node's slot; each of its children has `half`. */
typedef void (*HeapVisit) (const Heap *heap, size_t slot, size_t leaf,
						   size_t half, const Above *above, Lanes *sums);

static CR_TARGET CR_INLINE Masks
lanes_left(const Heap *heap, size_t slot, size_t part)
{
	return load_wide(heap->states + slot * CR_LANES + part * WIDTH);
}

static CR_TARGET CR_INLINE Masks
lanes_open(const Heap *heap, size_t slot, size_t part, Masks met)
{
	Masks		needs = load_words(heap->slots[slot].needs + part * WIDTH);

	return (met & needs) == needs;
}

static CR_TARGET CR_INLINE const float *
terms_of(const Heap *heap, size_t slot, size_t part)
{
	return heap->terms + heap->slots[slot].terms + part * WIDTH;
}

/* Fills what a split has of its own, but for the weights. */
static CR_TARGET CR_INLINE void
open_slot(const Heap *heap, size_t slot, size_t part, Masks left, Masks open,
		  Split *split, uint32_t n)
{
	const float *terms = terms_of(heap, slot, part);

	split->share = load_lanes(heap->slots[slot].shares + part * WIDTH);
	split->change[0] = change_of(split->share, left, open);
	EACH(q, n)
		split->points[q] = load_lanes(terms + q * CR_LANES);
}

/* Not before they are needed: registers are few. */
static CR_TARGET CR_INLINE void
load_weights(const Heap *heap, size_t slot, size_t part, Split *split,
			 uint32_t n)
{
	const float *terms = terms_of(heap, slot, part);

	EACH(q, n)
		split->weights[q] = load_lanes(terms + (n + q) * CR_LANES);
}

static CR_TARGET CR_INLINE void
store_result(const Heap *heap, size_t slot, size_t part, Lanes contribution)
{
	store_lanes(heap->results + slot * CR_LANES + part * WIDTH, contribution);
}

/* A node of the last level. */
static CR_TARGET CR_INLINE void
do_heap_leaves(const Heap *heap, size_t slot, size_t leaf, size_t part,
			   const Lanes *product, Masks met, Lanes *sums, uint32_t n)
{
	const float *leaves = heap->leaves + leaf * CR_LANES + part * WIDTH;
	Lanes		contribution;
	Split		split;

	open_slot(heap, slot, part, lanes_left(heap, slot, part),
			  lanes_open(heap, slot, part, met), &split, n);
	know_shares(&split, n, 1);
	load_weights(heap, slot, part, &split, n);
	come_up_from_leaves(&split, product, load_lanes(leaves),
						load_lanes(leaves + CR_LANES), sums, &contribution,
						n, 1);
	store_result(heap, slot, part, contribution);
}

/* A node of the level above, whose bit is 2, and its children. */
static CR_TARGET CR_INLINE void
do_heap_low(const Heap *heap, size_t slot, size_t leaf, size_t part,
			const Lanes *product, Masks met, Lanes *sums, uint32_t n)
{
	Masks		left = lanes_left(heap, slot, part);
	Masks		open = lanes_open(heap, slot, part, met);
	Children	products;
	Children	below;
	Lanes		contribution;
	Split		split;

	open_slot(heap, slot, part, left, open, &split, n);
	go_down(&split, product, products.left, products.right, n, 1);
	do_heap_leaves(heap, slot + 1, leaf, part, products.left,
				   met | (open & left & 2), below.left, n);
	do_heap_leaves(heap, slot + 2, leaf + 2, part, products.right,
				   met | (open & ~left & 2), below.right, n);
	load_weights(heap, slot, part, &split, n);
	come_up(&split, product, below.left, below.right, sums, &contribution, n,
			1);
	store_result(heap, slot, part, contribution);
}

/* Any other, and all below it. */
static CR_TARGET CR_INLINE void
do_heap_high(const Heap *heap, size_t slot, size_t leaf, size_t half,
			 const Above *above, Lanes *sums, uint32_t n, HeapVisit visit)
{
	Masks		level = (Masks) {0} + (int32_t) half;
	Above		on_left;
	Above		on_right;
	Lanes		left_sums[HEAP_VALUES];
	Lanes		right_sums[HEAP_VALUES];
	Split		split[HEAP_PARTS];

	EACH(part, HEAP_PARTS)
	{
		Masks		left = lanes_left(heap, slot, part);
		Masks		open = lanes_open(heap, slot, part, above->met[part]);

		open_slot(heap, slot, part, left, open, &split[part], n);
		go_down(&split[part], above->product + part * n,
				on_left.product + part * n, on_right.product + part * n, n, 1);
		on_left.met[part] = above->met[part] | (open & left & level);
		on_right.met[part] = above->met[part] | (open & ~left & level);
	}
	visit(heap, slot + 1, leaf, half / 2, &on_left, left_sums);
	visit(heap, slot + half, leaf + half, half / 2, &on_right, right_sums);
	EACH(part, HEAP_PARTS)
	{
		Lanes		contribution;

		load_weights(heap, slot, part, &split[part], n);
		come_up(&split[part], above->product + part * n, left_sums + part * n,
				right_sums + part * n, sums + part * n, &contribution, n, 1);
		store_result(heap, slot, part, contribution);
	}
}

/* -------- many rows: trees one after the other -------- */

/* One or two vectors of rows. */
typedef struct Walk
{
	const CrPlanNode *nodes;
	const float *terms;
	const int8_t *bytes;		/* of these rows: `stride` for each column */
	float	   *totals;			/* of these rows: `stride` for each feature */
	uint32_t	stride;
	Lanes		rule[2 * CR_PLAN_POINTS];

	/* For each edge of the path: rows that met all splits of its feature. */
	Masks		open[(CR_PLAN_LEVELS + 1) * MAX_PARTS];
} Walk;

typedef void (*WalkVisit) (Walk *walk, const CrPlanNode *node, uint32_t level,
						   const Lanes *product, Lanes *sums);

/* Fills what a split has of its own, and the rows that go right. */
static CR_TARGET CR_INLINE void
open_node(const Walk *walk, const CrPlanNode *node, Split *split,
		  Masks *went_right, uint32_t n, uint32_t parts)
{
	const int8_t *column = walk->bytes + (size_t) node->column * walk->stride;
	const Masks *open = walk->open + node->before * MAX_PARTS;
	uint32_t	terms = node->terms;

	split->share = all_lanes(node->share);
	EACH(part, parts)
	{
		went_right[part] = load_wide(column + part * WIDTH) >
			(Masks) (node->code - (Masks) {0});
		split->change[part] = change_of(split->share, ~went_right[part],
										open[part]);
	}
	EACH(q, n)
	{
		split->points[q] = terms == 0 ? walk->rule[q] :
			all_lanes(walk->terms[terms + q]);
		split->weights[q] = terms == 0 ? walk->rule[n + q] :
			all_lanes(walk->terms[terms + n + q]);
	}
}

/* Notes which rows take one side of a node, for what repeats its feature. */
static CR_TARGET CR_INLINE void
open_edge(Walk *walk, const CrPlanNode *node, uint32_t level,
		  const Masks *went_right, bool right, uint32_t parts)
{
	const Masks *before = walk->open + node->before * MAX_PARTS;
	Masks	   *open = walk->open + (level + 1) * MAX_PARTS;

	EACH(part, parts)
		open[part] = before[part] &
		(right ? went_right[part] : ~went_right[part]);
}

static CR_TARGET CR_INLINE void
add_to_feature(const Walk *walk, const CrPlanNode *node,
			   const Lanes *contributions, uint32_t parts)
{
	float	   *totals = walk->totals + (size_t) node->used * walk->stride;

	EACH(part, parts)
		store_lanes(totals + part * WIDTH,
					load_lanes(totals + part * WIDTH) + contributions[part]);
}

static CR_TARGET CR_INLINE void
walk_twig(const Walk *walk, const CrPlanNode *node, const Lanes *product,
		  Lanes *sums, uint32_t n, uint32_t parts)
{
	Lanes		contributions[MAX_PARTS];
	Masks		went_right[MAX_PARTS];
	Split		split;

	open_node(walk, node, &split, went_right, n, parts);
	know_shares(&split, n, parts);
	come_up_from_leaves(&split, product, all_lanes(node->child[0].leaf),
						all_lanes(node->child[1].leaf), sums, contributions,
						n, parts);
	add_to_feature(walk, node, contributions, parts);
}

/* What is below one side of a node: a leaf, or a node with two leaves. */
static CR_TARGET CR_INLINE void
walk_short(const Walk *walk, const CrPlanNode *node, bool right,
		   const Lanes *product, Lanes *sums, uint32_t n, uint32_t parts)
{
	const CrBranch *child = &node->child[right];

	if (node->kind[right] == CR_LEAF)
		EACH(i, n * parts)
			sums[i] = all_lanes(child->leaf);
	else
		walk_twig(walk, walk->nodes + child->node, product, sums, n, parts);
}

/* A node with nothing else below it. */
static CR_TARGET CR_INLINE void
walk_low(Walk *walk, const CrPlanNode *node, uint32_t level,
		 const Lanes *product, Lanes *sums, uint32_t n, uint32_t parts)
{
	Children	products;
	Children	below;
	Lanes		contributions[MAX_PARTS];
	Masks		went_right[MAX_PARTS];
	Split		split;

	open_node(walk, node, &split, went_right, n, parts);
	go_down(&split, product, products.left, products.right, n, parts);
	open_edge(walk, node, level, went_right, false, parts);
	walk_short(walk, node, false, products.left, below.left, n, parts);
	open_edge(walk, node, level, went_right, true, parts);
	walk_short(walk, node, true, products.right, below.right, n, parts);
	come_up(&split, product, below.left, below.right, sums, contributions, n,
			parts);
	add_to_feature(walk, node, contributions, parts);
}

/* What is below one side of any node; level is that of the child. */
static CR_TARGET CR_INLINE void
walk_branch(Walk *walk, const CrPlanNode *node, bool right, uint32_t level,
			const Lanes *product, Lanes *sums, uint32_t n, uint32_t parts,
			WalkVisit visit)
{
	if (node->kind[right] == CR_BOUGH)
		visit(walk, walk->nodes + node->child[right].node, level, product,
			  sums);
	else
		walk_short(walk, node, right, product, sums, n, parts);
}

static CR_TARGET CR_INLINE void
walk_high(Walk *walk, const CrPlanNode *node, uint32_t level,
		  const Lanes *product, Lanes *sums, uint32_t n, uint32_t parts,
		  WalkVisit visit)
{
	Children	products;
	Children	below;
	Lanes		contributions[MAX_PARTS];
	Masks		went_right[MAX_PARTS];
	Split		split;

	open_node(walk, node, &split, went_right, n, parts);
	go_down(&split, product, products.left, products.right, n, parts);
	open_edge(walk, node, level, went_right, false, parts);
	walk_branch(walk, node, false, level + 1, products.left, below.left, n,
				parts, visit);
	open_edge(walk, node, level, went_right, true, parts);
	walk_branch(walk, node, true, level + 1, products.right, below.right, n,
				parts, visit);
	come_up(&split, product, below.left, below.right, sums, contributions, n,
			parts);
	add_to_feature(walk, node, contributions, parts);
}

/*
 * -------- a copy of both for each number of points --------
 *
 * Low nodes have functions of their own, because what is handed to a call has
 * to lie in memory, and half of the nodes need not.
 */

#define COPY(n) \
	static CR_TARGET void \
	heap_##n(const Heap *heap, size_t slot, size_t leaf, size_t half, \
			 const Above *above, Lanes *sums) \
	{ \
		if (half == 2) \
			for (size_t part = 0; part < HEAP_PARTS; part++) \
				do_heap_low(heap, slot, leaf, part, above->product + part * n, \
							above->met[part], sums + part * n, n); \
		else \
			do_heap_high(heap, slot, leaf, half, above, sums, n, heap_##n); \
	} \
\
	static CR_TARGET void \
	walk_##n(Walk *walk, const CrPlanNode *node, uint32_t level, \
			 const Lanes *product, Lanes *sums) \
	{ \
		if (node->kind[0] != CR_BOUGH && node->kind[1] != CR_BOUGH) \
			walk_low(walk, node, level, product, sums, n, PARTS(n)); \
		else \
			walk_high(walk, node, level, product, sums, n, PARTS(n), \
					  walk_##n); \
	}

COPY(1)
COPY(2)
COPY(3)
COPY(4)
COPY(5)
COPY(6)
COPY(8)
COPY(12)
COPY(16)
#undef COPY

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
load_rule(const CrPlan *plan, uint32_t n, Lanes *rule)
{
	const float *floats = CR_LAYOUT_ARRAY(plan, float, rules) + CR_RULE(n);

	for (uint32_t q = 0; q < 2 * n; q++)
		rule[q] = all_lanes(floats[q]);
}

/* Above the root. */
static CR_TARGET CR_INLINE void
start_products(Lanes *product, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		product[i] = all_lanes(1);
}

/* A heap of one level has no node above its last one, and one feature. */
static CR_TARGET void
explain_group(const CrPlan *plan, const CrGroup *group, const int8_t *states,
			  float *results)
{
	uint32_t	n = group->n_points;
	size_t		half = (size_t) 1 << (group->depth - 1);
	Lanes		sums[HEAP_VALUES];
	Above		above;
	Heap		heap = {
		.slots = CR_LAYOUT_ARRAY(plan, CrSlot, slots) + group->first_slot,
		.terms = CR_LAYOUT_ARRAY(plan, float, terms),
		.leaves = CR_LAYOUT_ARRAY(plan, float, leaves) +
			(size_t) group->first_leaf * CR_LANES,
		.states = states,
		.results = results,
	};

	start_products(above.product, n * HEAP_PARTS);
	EACH(part, HEAP_PARTS)
		above.met[part] = (Masks) {0};
	if (group->depth > 1)
		heap_visits[n] (&heap, 0, 0, half, &above, sums);
	else
		for (size_t part = 0; part < HEAP_PARTS; part++)
			do_heap_leaves(&heap, 0, 0, part, above.product, above.met[part],
						   sums, 1);
}

static CR_TARGET void
explain_tree(const CrPlan *plan, const CrRoot *root, const int8_t *bytes,
			 uint32_t stride, uint32_t n_rows, float *totals)
{
	uint32_t	n = root->n_points;
	Lanes		product[MAX_VALUES];
	Lanes		sums[MAX_VALUES];
	Walk		walk = {
		.nodes = CR_LAYOUT_ARRAY(plan, CrPlanNode, nodes),
		.terms = CR_LAYOUT_ARRAY(plan, float, terms),
		.stride = stride,
	};

	load_rule(plan, n, walk.rule);
	start_products(product, MAX_VALUES);
	for (uint32_t part = 0; part < MAX_PARTS; part++)
		walk.open[part] = ~(Masks) {0};
	for (uint32_t row = 0; row < n_rows; row += PARTS(n) * WIDTH)
	{
		walk.bytes = bytes + row;
		walk.totals = totals + row;
		walk_visits[n] (&walk, walk.nodes + root->node, 0, product, sums);
	}
}
