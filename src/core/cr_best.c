/*
 * cr_best.c
 *	  How far a margin could go if one feature had another value.
 *
 * With all other features fixed, a tree is a function of one value: walked
 * with that feature left open, it leads to some leaves, each for an interval
 * of numbers.  Where the intervals begin and end, the margin steps by the
 * leaves; sorted, the steps run through the margin for every number there is.
 * For categories the trees are walked once for each.
 */
#include "cr_best.h"

#include <float.h>
#include <math.h>

#include "cr_sort.h"
#include "cr_step.h"

/* The margin steps by this much where the value reaches at. */
typedef struct Step
{
	float		at;
	double		by;
} Step;

typedef struct Best
{
	const CrBox *box;
	uint32_t	feature;
	const float *vector;
	double		sign;			/* 1: small is good */
	uint32_t   *trees;			/* that ask about the feature */
	uint32_t	n_trees;
	uint32_t	n_splits;		/* of theirs on the feature */
	Step	   *steps;
	uint32_t	n_steps;
} Best;

/* A node that is reached for values from low to below high. */
typedef struct Reached
{
	uint32_t	node;
	float		low;
	float		high;
} Reached;

static uint32_t
child_for(const Best *b, const CrNode *node, float value)
{
	bool		left = isnan(value) ? CR_SLOT(node->slot) % 2 == 1 :
		cr_goes_left(b->box->forest, node, value);

	return left ? node->left : node->left + 1;
}

/* -------- one value -------- */

static double
leaf_with(const Best *b, uint32_t tree, float value)
{
	const CrForest *forest = b->box->forest;
	const CrNode *node = &forest->nodes[forest->trees[tree].root];

	while (!cr_box_leaf(b->box, node))
	{
		uint32_t	f = cr_box_feature(node);

		node = &forest->nodes[child_for(b, node, f == b->feature ? value :
										b->vector[f])];
	}
	return b->sign * (double) node->u.leaf;
}

/* What the trees give with this value of the feature. */
static double
sum_with(const Best *b, float value)
{
	double		sum = 0;

	cr_poll(b->box->alloc);
	for (uint32_t t = 0; t < b->n_trees; t++)
		sum += leaf_with(b, b->trees[t], value);
	return sum;
}

/* -------- numbers -------- */

static void
add_leaf(Best *b, const Reached *at, double value)
{
	b->steps[b->n_steps++] = (Step) {at->low, value};
	b->steps[b->n_steps++] = (Step) {at->high, -value};
}

/* The children of a node that asks about the feature, if values lead there. */
static uint32_t
fork(const CrNode *node, const Reached *at, Reached *children)
{
	Reached		below = {node->left, at->low,
	fminf(at->high, node->u.threshold)};
	Reached		above = {node->left + 1,
	fmaxf(at->low, node->u.threshold), at->high};
	uint32_t	n = 0;

	if (below.low < below.high)
		children[n++] = below;
	if (above.low < above.high)
		children[n++] = above;
	return n;
}

/* The steps of one tree: two for each leaf that the feature can choose. */
static void
add_tree(Best *b, uint32_t tree)
{
	const CrForest *forest = b->box->forest;
	Reached		pending[CR_MAX_DEPTH + 1];
	uint32_t	n = 0;

	pending[n++] = (Reached) {forest->trees[tree].root, -FLT_MAX, INFINITY};
	while (n > 0)
	{
		Reached		at = pending[--n];
		const CrNode *node = &forest->nodes[at.node];
		uint32_t	f = cr_box_feature(node);

		if (cr_box_leaf(b->box, node))
			add_leaf(b, &at, b->sign * (double) node->u.leaf);
		else if (f == b->feature)
			n += fork(node, &at, pending + n);
		else
		{
			at.node = child_for(b, node, b->vector[f]);
			pending[n++] = at;
		}
	}
}

static int
compare_steps(const void *context, uint32_t a, uint32_t b)
{
	const Step *steps = context;

	if (steps[a].at != steps[b].at)
		return steps[a].at < steps[b].at ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* The number from which on the sum of the steps is least. */
static float
best_step(const Best *b, uint32_t *order)
{
	double		least = INFINITY;
	double		sum = 0;
	float		best = 0;

	for (uint32_t i = 0; i < b->n_steps; i++)
		order[i] = i;
	cr_sort(order, b->n_steps, compare_steps, b->steps);
	for (uint32_t i = 0; i + 1 < b->n_steps; i++)
	{
		float		at = b->steps[order[i]].at;

		sum += b->steps[order[i]].by;
		if (at < b->steps[order[i + 1]].at && sum < least)
		{
			least = sum;
			best = at;
		}
	}
	return best;
}

/* A tree leads to no more leaves than it has such splits, and one. */
static float
best_number(Best *b)
{
	const CrAlloc *alloc = b->box->alloc;
	size_t		n = 2 * ((size_t) b->n_splits + b->n_trees) + 1;
	uint32_t   *order = alloc->alloc(alloc->context, n * sizeof(uint32_t));
	float		best;

	b->steps = alloc->alloc(alloc->context, n * sizeof(Step));
	for (uint32_t t = 0; t < b->n_trees; t++)
	{
		cr_poll(alloc);
		add_tree(b, b->trees[t]);
	}
	best = best_step(b, order);
	alloc->release(alloc->context, b->steps);
	alloc->release(alloc->context, order);
	return best;
}

/* -------- categories -------- */

static float
best_category(const Best *b)
{
	const CrDomain *domain = &b->box->domains[b->feature];
	double		least = INFINITY;
	float		best = NAN;

	for (uint32_t i = 0; i < domain->n_codes; i++)
	{
		double		sum = sum_with(b, (float) domain->codes[i]);

		if (sum < least)
		{
			least = sum;
			best = (float) domain->codes[i];
		}
	}
	return best;
}

/* -------- either -------- */

/*
 * The two sums run over the same trees in the same order, so the distance is
 * exactly 0 where nothing is better.
 */
double
cr_best_distance(const CrBox *box, uint32_t feature, const float *vector,
				 CrEnd end)
{
	Best		b = {.box = box,.feature = feature,.vector = vector,
	.sign = end == CR_SMALLEST ? 1 : -1};
	float		best;
	double		distance;

	b.trees = cr_box_trees(box, feature, &b.n_trees, &b.n_splits);
	best = box->forest->features[feature].kind == CR_NUMERIC ?
		best_number(&b) : best_category(&b);
	distance = sum_with(&b, vector[feature]) - sum_with(&b, best);
	box->alloc->release(box->alloc->context, b.trees);
	return fmax(distance, 0);
}
