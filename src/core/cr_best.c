/*
 * cr_best.c
 *	  How far a margin could go if one feature had another value.
 *
 * With all other features fixed, a tree is a function of one value: walked
 * with that feature left open, it leads to some leaves, each for a run of
 * *cells*, which are what the feature's thresholds cut the numbers into.  Each
 * leaf is a step up where its run begins and a step down behind it, and the
 * running sum of all steps is the margin for every number there is.  For
 * categories the trees are walked once for each.
 */
#include "cr_best.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "cr_step.h"

/* -------- making -------- */

/* Numbers the thresholds of a feature; returns how many there are now. */
static uint32_t
rank_nodes(CrBest *best, uint32_t feature, uint32_t n_thresholds)
{
	const CrAlloc *alloc = best->box.alloc;
	const CrNode *nodes = best->box.forest->nodes;
	uint32_t	first = n_thresholds;
	uint32_t	n;
	uint32_t   *sorted = cr_box_sorted(&best->box, feature, &n);

	cr_poll(alloc);
	for (uint32_t i = 0; i < n; i++)
	{
		float		threshold = nodes[sorted[i]].u.threshold;

		if (isfinite(threshold) && (n_thresholds == first ||
									best->thresholds[n_thresholds - 1] <
									threshold))
			best->thresholds[n_thresholds++] = threshold;
		best->ranks[sorted[i]] = n_thresholds - first +
			(isfinite(threshold) ? 0 : 1);
	}
	alloc->release(alloc->context, sorted);
	return n_thresholds;
}

/* Lists the trees of a feature; returns how many are listed now. */
static uint32_t
list_trees(CrBest *best, uint32_t feature, uint32_t n_trees)
{
	const CrBox *box = &best->box;
	uint32_t	end = 0;		/* of the last tree's nodes */

	for (uint32_t i = box->first_node[feature]; i != CR_NO_NODE;
		 i = box->next_node[i])
		if (i >= end)
		{
			uint32_t	t = cr_box_tree_of(box, i);

			best->trees[n_trees++] = t;
			end = box->forest->trees[t].root + box->forest->trees[t].n_nodes;
		}
	return n_trees;
}

static void
allocate(CrBest *best)
{
	const CrAlloc *alloc = best->box.alloc;
	size_t		n_features = best->box.forest->n_features;
	size_t		n_nodes = best->box.forest->n_nodes;
	uint32_t   *next = alloc->alloc(alloc->context,
									(2 * (n_features + 1) + 2 * n_nodes) *
									sizeof(uint32_t));

	best->first_tree = next;
	best->first_threshold = next += n_features + 1;
	best->trees = next += n_features + 1;
	best->ranks = next + n_nodes;
	best->thresholds = alloc->alloc(alloc->context,
									(n_nodes + 1) * sizeof(float));
}

void
cr_best_make(CrBest *best, const CrForest *forest, const CrAlloc *alloc)
{
	uint32_t	n_trees = 0;
	uint32_t	n_thresholds = 0;
	uint32_t	n_cells = 0;	/* of the feature that has most */

	cr_box_make(&best->box, forest, alloc);
	allocate(best);
	for (uint32_t f = 0; f < forest->n_features; f++)
	{
		best->first_tree[f] = n_trees;
		best->first_threshold[f] = n_thresholds;
		n_trees = list_trees(best, f, n_trees);
		if (forest->features[f].kind == CR_NUMERIC)
			n_thresholds = rank_nodes(best, f, n_thresholds);
		if (n_thresholds - best->first_threshold[f] + 1 > n_cells)
			n_cells = n_thresholds - best->first_threshold[f] + 1;
	}
	best->first_tree[forest->n_features] = n_trees;
	best->first_threshold[forest->n_features] = n_thresholds;
	best->steps = alloc->alloc(alloc->context,
							   ((size_t) n_cells + 1) * sizeof(double));
}

void
cr_best_release(CrBest *best)
{
	const CrAlloc *alloc = best->box.alloc;

	alloc->release(alloc->context, best->steps);
	alloc->release(alloc->context, best->thresholds);
	alloc->release(alloc->context, best->first_tree);
	cr_box_release(&best->box);
}

/* -------- one value -------- */

/* A feature of an applicant. */
typedef struct Asked
{
	const CrBest *best;
	const CrForest *forest;
	uint32_t	feature;
	const float *vector;
	double		sign;			/* 1: small is good */
	const uint32_t *trees;
	const uint32_t *trees_end;
} Asked;

static uint32_t
child_for(const Asked *a, const CrNode *node, float value)
{
	bool		left = isnan(value) ? CR_SLOT(node->slot) % 2 == 1 :
		cr_goes_left(a->forest, node, value);

	return left ? node->left : node->left + 1;
}

static double
leaf_with(const Asked *a, uint32_t tree, float value)
{
	const CrNode *node = &a->forest->nodes[a->forest->trees[tree].root];

	while (!cr_box_leaf(&a->best->box, node))
	{
		uint32_t	f = cr_box_feature(node);

		node = &a->forest->nodes[child_for(a, node, f == a->feature ? value :
										   a->vector[f])];
	}
	return a->sign * (double) node->u.leaf;
}

/* What the trees give with this value of the feature. */
static double
sum_with(const Asked *a, float value)
{
	double		sum = 0;

	cr_poll(a->best->box.alloc);
	for (const uint32_t *tree = a->trees; tree < a->trees_end; tree++)
		sum += leaf_with(a, *tree, value);
	return sum;
}

/* -------- numbers -------- */

/* A node that is reached for the cells from low to below high. */
typedef struct Reached
{
	uint32_t	node;
	uint32_t	low;
	uint32_t	high;
} Reached;

/* The children of a node that asks about the feature, if cells lead there. */
static uint32_t
fork(const CrNode *node, uint32_t rank, const Reached *at, Reached *children)
{
	uint32_t	n = 0;

	if (at->low < rank)
		children[n++] = (Reached) {node->left, at->low,
			at->high < rank ? at->high : rank};
	if (rank < at->high)
		children[n++] = (Reached) {node->left + 1,
			at->low > rank ? at->low : rank, at->high};
	return n;
}

/* The steps of one tree: two for each leaf that the feature can choose. */
static void
add_tree(const Asked *a, uint32_t tree, uint32_t n_cells)
{
	double	   *steps = a->best->steps;
	Reached		pending[CR_MAX_DEPTH + 1];
	uint32_t	n = 0;

	pending[n++] = (Reached) {a->forest->trees[tree].root, 0, n_cells};
	while (n > 0)
	{
		Reached		at = pending[--n];
		const CrNode *node = &a->forest->nodes[at.node];
		uint32_t	f = cr_box_feature(node);

		if (cr_box_leaf(&a->best->box, node))
		{
			steps[at.low] += a->sign * (double) node->u.leaf;
			steps[at.high] -= a->sign * (double) node->u.leaf;
		}
		else if (f == a->feature)
			n += fork(node, a->best->ranks[at.node], &at, pending + n);
		else
		{
			at.node = child_for(a, node, a->vector[f]);
			pending[n++] = at;
		}
	}
}

/* A number of the cell whose running sum is least. */
static float
best_number(const Asked *a)
{
	const CrBest *best = a->best;
	const float *thresholds =
		best->thresholds + best->first_threshold[a->feature];
	uint32_t	n_cells = best->first_threshold[a->feature + 1] -
		best->first_threshold[a->feature] + 1;
	uint32_t	first = n_cells > 1 && thresholds[0] == -FLT_MAX;
	double		sum = 0;
	double		least = INFINITY;
	uint32_t	cell = 0;

	memset(best->steps, 0, ((size_t) n_cells + 1) * sizeof(double));
	for (const uint32_t *tree = a->trees; tree < a->trees_end; tree++)
		add_tree(a, *tree, n_cells);
	for (uint32_t i = 0; i < n_cells; i++)
	{
		sum += best->steps[i];
		if (i >= first && sum < least)
		{
			least = sum;
			cell = i;
		}
	}
	return cell == 0 ? -FLT_MAX : thresholds[cell - 1];
}

/* -------- categories -------- */

static float
best_category(const Asked *a)
{
	const CrDomain *domain = &a->best->box.domains[a->feature];
	double		least = INFINITY;
	float		best = NAN;

	for (uint32_t i = 0; i < domain->n_codes; i++)
	{
		double		sum = sum_with(a, (float) domain->codes[i]);

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
cr_best_distance(const CrBest *best, uint32_t feature, const float *vector,
				 CrEnd end)
{
	const CrForest *forest = best->box.forest;
	Asked		asked = {
		.best = best,.forest = forest,.feature = feature,.vector = vector,
		.sign = end == CR_SMALLEST ? 1 : -1,
		.trees = best->trees + best->first_tree[feature],
		.trees_end = best->trees + best->first_tree[feature + 1],
	};
	float		value = forest->features[feature].kind == CR_NUMERIC ?
		best_number(&asked) : best_category(&asked);

	return fmax(sum_with(&asked, vector[feature]) - sum_with(&asked, value),
				0);
}
