/*
 * cr_shap.c
 *	  The reference of the contributions: exact tree SHAP by quadrature.
 *
 * Let each feature be known with probability t, independently of the others.
 * A split whose feature is known sends the row where its value says; one
 * whose feature is not sends it to each child with that child's share of the
 * cover.  A feature that is split on several times along a path is known at
 * all of them or at none, so it counts as one condition: with Z, the product
 * of the shares, and O, 1 if the row meets all of its splits and else 0, the
 * path passes it with probability
 *
 *		f(t) = Z + t (O - Z)
 *
 * and a leaf of value v is reached with the product of the f of the features
 * on its path.  The feature i contributes, through this leaf,
 *
 *		v (O_i - Z_i) * integral over [0, 1] of the product of all f but f_i
 *
 * because the integral over t weights each set of known features as Shapley
 * does (Owen, "Multilinear extensions of games", Management Science 18,
 * 1972).  The integrand is a polynomial, so a Gauss-Legendre rule with half
 * as many points as a path has features is exact.
 *
 * One walk through a tree does it for all its leaves: the products go down,
 * the sums over leaves come up, and where a condition of i changes, the leaves
 * below add the difference of (O - Z) / f after it and before it.  f is never
 * 0 at a point, except below a condition that the row fails and that no
 * training row passed: nothing there counts, and the walk leaves it out.
 */
#include "cr_shap.h"

#include <math.h>
#include <string.h>

#include "cr_quadrature.h"
#include "cr_step.h"

#define POLL_EVERY	256			/* edges */
#define NO_EDGE		0			/* the root's, which has no condition */

/* An edge of the path to where the walk is, and the condition it is part of. */
typedef struct Edge
{
	uint32_t	node;			/* where it leads */
	uint32_t	feature;		/* of the split that it comes from */
	uint32_t	before;			/* edge of the path with the same feature */
	uint32_t	n_visited;		/* children of node */
	double		share;			/* Z, up to and with this edge */
	double		met;			/* O */
	double		reach;			/* product of all shares from the root */
} Edge;

typedef struct Walk
{
	const CrForest *forest;
	const CrAlloc *alloc;
	const float *vector;
	double	   *contributions;
	uint32_t	n_points;
	uint32_t	n_edges;		/* walked, to poll */
	double	   *points;
	double	   *weights;
	double	   *products;		/* n_points for each edge of the path */
	double	   *sums;			/* the same */
	Edge	   *path;
} Walk;

/*
 * Child by parent, as XGBoost does, and not by the sum of the children.  Where
 * there is no cover to speak of, both children are as likely.
 */
double
cr_shap_share(const CrForest *forest, uint32_t node, uint32_t child)
{
	double		whole = (double) forest->nodes[node].cover;
	double		part = (double) forest->nodes[child].cover;

	return whole > 0 && part >= 0 ? part / whole : 0.5;
}

uint32_t
cr_shap_points(const CrForest *forest)
{
	uint32_t	n = forest->max_depth < forest->n_features ?
		forest->max_depth : forest->n_features;

	return n < 2 ? 1 : (n + 1) / 2;
}

static bool
is_leaf(const CrForest *forest, const CrNode *node)
{
	return node->slot == 2 * forest->n_features;
}

static bool
goes_left(const Walk *w, const CrNode *node)
{
	float		value = w->vector[CR_SLOT(node->slot) / 2];

	return isnan(value) ? node->slot % 2 == 1 :
		cr_goes_left(w->forest, node, value);
}

/* The last edge with this feature on the path to and with edge `last`. */
static uint32_t
find_condition(const Walk *w, uint32_t last, uint32_t feature)
{
	while (last != NO_EDGE && w->path[last].feature != feature)
		last--;
	return last;
}

static inline double
factor(const Edge *edge, double t)
{
	return edge->share + t * (edge->met - edge->share);
}

/* Opens the edge from the end of the path to a child; false to leave it out. */
static bool
enter(Walk *w, uint32_t last, bool right)
{
	const CrNode *node = &w->forest->nodes[w->path[last].node];
	const double *above = w->products + last * w->n_points;
	double	   *products = w->products + (last + 1) * w->n_points;
	double		share = cr_shap_share(w->forest, w->path[last].node,
									  node->left + right);
	Edge	   *edge = &w->path[last + 1];
	const Edge *before;

	*edge = (Edge) {
		.node = node->left + right,
		.feature = CR_SLOT(node->slot) / 2,
		.reach = w->path[last].reach * share,
	};
	edge->before = find_condition(w, last, edge->feature);
	before = &w->path[edge->before];
	edge->share = before->share * share;
	edge->met = goes_left(w, node) == !right ? before->met : 0;
	if (edge->share == 0 && edge->met == 0)
		return false;
	for (uint32_t q = 0; q < w->n_points; q++)
	{
		products[q] = above[q] / factor(before, w->points[q]) *
			factor(edge, w->points[q]);
		w->sums[(last + 1) * w->n_points + q] = 0;
	}
	return true;
}

static void
add_leaf(Walk *w, uint32_t last, double leaf)
{
	size_t		first = (size_t) last * w->n_points;

	for (uint32_t q = 0; q < w->n_points; q++)
		w->sums[first + q] = leaf * w->products[first + q] * w->weights[q];
	w->contributions[w->forest->n_features] += leaf * w->path[last].reach;
}

/* (O - Z) / f: a feature's part in the leaves below. */
static inline double
part(const Edge *edge, double t)
{
	return (edge->met - edge->share) / factor(edge, t);
}

/* Closes the last edge: the leaves below it are summed up. */
static void
leave(Walk *w, uint32_t last)
{
	const Edge *edge = &w->path[last];
	const Edge *before = &w->path[edge->before];
	double	   *sums = w->sums + (last - 1) * w->n_points;
	double		contribution = 0;

	for (uint32_t q = 0; q < w->n_points; q++)
	{
		double		sum = sums[w->n_points + q];

		contribution += sum *
			(part(edge, w->points[q]) - part(before, w->points[q]));
		sums[q] += sum;
	}
	w->contributions[edge->feature] += contribution;
}

/* The root's edge is a condition that is always met. */
static void
enter_root(Walk *w, uint32_t root)
{
	w->path[0] = (Edge) {.node = root,.share = 1,.met = 1,.reach = 1};
	for (uint32_t q = 0; q < w->n_points; q++)
	{
		w->products[q] = 1;
		w->sums[q] = 0;
	}
}

static void
walk_tree(Walk *w, const CrTree *tree)
{
	uint32_t	last = 0;

	enter_root(w, tree->root);
	for (;;)
	{
		Edge	   *edge = &w->path[last];
		const CrNode *node = &w->forest->nodes[edge->node];

		if (w->n_edges++ % POLL_EVERY == 0)
			cr_poll(w->alloc);
		if (is_leaf(w->forest, node))
			add_leaf(w, last, (double) node->u.leaf);
		else if (edge->n_visited < 2)
		{
			if (enter(w, last, edge->n_visited++ == 1))
				last++;
			continue;
		}
		if (last == 0)
			return;
		leave(w, last--);
	}
}

static void
linear_contributions(const CrForest *forest, const float *vector,
					 double *contributions)
{
	for (uint32_t f = 0; f < forest->n_features; f++)
		if (!isnan(vector[f]))
			contributions[f] = (double) vector[f] * (double) forest->weights[f];
	contributions[forest->n_features] =
		(double) forest->weights[forest->n_features];
}

size_t
cr_shap_scratch(const CrForest *forest)
{
	size_t		levels = (size_t) forest->max_depth + 1;
	size_t		points = cr_shap_points(forest);

	return levels * sizeof(Edge) + 2 * (levels + 1) * points * sizeof(double);
}

void
cr_shap_contributions(const CrForest *forest, const float *vector,
					  double *contributions, void *scratch,
					  const CrAlloc *alloc)
{
	size_t		levels = (size_t) forest->max_depth + 1;
	uint32_t	n_points = cr_shap_points(forest);
	Walk		w = {
		.forest = forest,.alloc = alloc,.vector = vector,
		.contributions = contributions,.n_points = n_points,
		.path = scratch,
	};

	memset(contributions, 0, (forest->n_features + 1) * sizeof(double));
	if (forest->header->booster == CR_GBLINEAR)
		linear_contributions(forest, vector, contributions);
	w.points = (double *) (w.path + levels);
	w.weights = w.points + n_points;
	w.products = w.weights + n_points;
	w.sums = w.products + levels * n_points;
	cr_quadrature_rule(n_points, w.points, w.weights);
	for (uint32_t t = 0; t < forest->n_trees; t++)
		walk_tree(&w, &forest->trees[t]);
	contributions[forest->n_features] += (double) forest->header->base_margin;
}
