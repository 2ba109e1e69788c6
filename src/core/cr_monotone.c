/*
 * cr_monotone.c
 *	  Whether the margin can only grow, or only fall, with one feature.
 *
 * A margin changes with the feature only where a value passes one of its
 * thresholds, so each is looked at alone: the step from just below it to it,
 * with everything else unchanged.  Only the trees that have this threshold
 * take the step, and each by no less than the smallest leaf on its far side
 * less the largest on its near side.
 *
 *	- If no tree steps the wrong way, the sum of their floats does not either,
 *	  rounding included: proven.
 *	- If some do, but all of them together step the right way by more than
 *	  all roundings of both margins can amount to: proven as well.
 *	- If all of them together step the wrong way for somebody, the evaluator
 *	  is asked: refuted, if it agrees.
 *
 * Where a box of applicants leaves it open, the search cuts it.
 */
#include "cr_monotone.h"

#include <float.h>
#include <math.h>

#include "cr_eval.h"
#include "cr_search.h"

typedef struct Monotone
{
	uint32_t	feature;
	double		sign;			/* 1: may not fall; -1: may not grow */
	double		slack;			/* what roundings can amount to */
	CrDomain	near;			/* just below the threshold ... */
	CrDomain	far;			/* ... and from it on */
	uint32_t   *trees;			/* that have the threshold */
	uint32_t	n_trees;
	bool		too_close;		/* some box was left open for rounding */
	bool		refuted;
	float	   *scratch;
	CrWitness  *witness;
} Monotone;

/* -------- one step -------- */

static bool
goes_left(const CrDomain *domain, const CrNode *node)
{
	return domain->low < node->u.threshold;
}

/* The step at a node that the threshold belongs to. */
static CrSpan
step_span(const Monotone *m, CrBox *box, const CrNode *node)
{
	CrSpan		before;
	CrSpan		after;

	before = cr_box_span(box, node->left);
	box->domains[m->feature] = m->far;
	after = cr_box_span(box, node->left + 1);
	box->domains[m->feature] = m->near;
	return (CrSpan) {after.min - before.max, after.max - before.min,
		before.open != CR_NO_NODE ? before.open : after.open};
}

static void
widen(CrSpan *span, const CrSpan *other)
{
	span->min = fmin(span->min, other->min);
	span->max = fmax(span->max, other->max);
	if (span->open == CR_NO_NODE)
		span->open = other->open;
}

/* The step of a whole tree, as the margin grows; the box has m->near. */
static CrSpan
tree_step(const Monotone *m, CrBox *box, uint32_t tree)
{
	static const CrSpan none = {0, 0, CR_NO_NODE};
	CrSpan		span = {INFINITY, -INFINITY, CR_NO_NODE};
	uint32_t	pending[CR_MAX_DEPTH + 1];
	uint32_t	n = 0;

	pending[n++] = box->forest->trees[tree].root;
	while (n > 0)
	{
		uint32_t	i = pending[--n];
		const CrNode *node = &box->forest->nodes[i];
		int			sides;

		if (cr_box_leaf(box, node))
		{
			widen(&span, &none);
			continue;
		}
		if (cr_box_feature(node) == m->feature &&
			goes_left(&m->near, node) && !goes_left(&m->far, node))
		{
			CrSpan		step = step_span(m, box, node);

			widen(&span, &step);
			continue;
		}
		sides = cr_box_sides(box, node);
		if (sides == (CR_LEFT | CR_RIGHT) && span.open == CR_NO_NODE)
			span.open = i;
		if (sides & CR_RIGHT)
			pending[n++] = node->left + 1;
		if (sides & CR_LEFT)
			pending[n++] = node->left;
	}
	return span;
}

static CrSpan
term_span(void *context, CrBox *box, uint32_t term)
{
	const Monotone *m = context;
	CrSpan		span = tree_step(m, box, m->trees[term]);

	if (m->sign < 0)
		span = (CrSpan) {-span.max, -span.min, span.open};
	return span;
}

/* -------- judging -------- */

/* Asks the evaluator about somebody in the box. */
static bool
is_witness(Monotone *m, CrBox *box)
{
	const CrEvaluator *evaluator = cr_eval_choose(box->forest);
	CrWitness  *w = m->witness;

	cr_box_applicant(box, w->lower);
	box->domains[m->feature] = m->far;
	cr_box_applicant(box, w->upper);
	box->domains[m->feature] = m->near;
	w->lower_margin = evaluator->margin(box->forest, w->lower, m->scratch);
	w->upper_margin = evaluator->margin(box->forest, w->upper, m->scratch);
	return m->sign * ((double) w->upper_margin - (double) w->lower_margin) < 0;
}

/* What the steps add up to, and whether none goes the wrong way. */
static CrSpan
sum_of_steps(const CrSpan *spans, uint32_t n, bool *all_right)
{
	CrSpan		sum = {0, 0, CR_NO_NODE};

	*all_right = true;
	for (uint32_t t = 0; t < n; t++)
	{
		sum.min += spans[t].min;
		sum.max += spans[t].max;
		*all_right = *all_right && spans[t].min >= 0;
	}
	return sum;
}

static CrStep
judge_step(void *context, CrBox *box, const CrSpan *spans, bool decided)
{
	Monotone   *m = context;
	bool		all_right;
	CrSpan		sum = sum_of_steps(spans, m->n_trees, &all_right);

	if (all_right || sum.min > m->slack)
		return CR_STEP_SKIP;
	if (sum.max < 0 && is_witness(m, box))
	{
		m->refuted = true;
		return CR_STEP_STOP;
	}
	m->too_close = m->too_close || decided;
	return decided ? CR_STEP_SKIP : CR_STEP_CUT;
}

/* -------- all steps -------- */

/* The trees of a run of nodes in ascending order, each once. */
static void
use_trees_of(Monotone *m, const CrBox *box, const uint32_t *nodes,
			 uint32_t n)
{
	m->n_trees = 0;
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t	tree = cr_box_tree_of(box, nodes[i]);

		if (m->n_trees == 0 || m->trees[m->n_trees - 1] != tree)
			m->trees[m->n_trees++] = tree;
	}
}

/*
 * What two margins can be off by: each of n additions by at most 2^-24 of a
 * sum that is no larger than all leaves together; 1.1 covers the roundings of
 * the sum itself, (1 + 2^-24)^n with n up to 2^20.
 */
static double
rounding_slack(CrBox *box)
{
	const CrForest *forest = box->forest;
	double		largest = fabs((double) forest->header->base_margin);

	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		CrSpan		span = cr_box_span(box, forest->trees[t].root);

		cr_poll(box->alloc);
		largest += fmax(fabs(span.min), fabs(span.max));
	}
	return 2 * 1.1 * ((double) forest->n_trees + 1) * 0x1p-24 * largest;
}

/*
 * Looks at the step at nodes[0], whose threshold n nodes share; *below is
 * where the values before it begin, and becomes the threshold.
 */
static CrVerdict
check_step(Monotone *m, CrBox *box, const uint32_t *nodes, uint32_t n,
		   float above, float *below, uint64_t budget)
{
	float		threshold = box->forest->nodes[nodes[0]].u.threshold;
	CrDomain	before = box->domains[m->feature];
	CrProblem	problem = {0, term_span, judge_step, m};
	bool		complete;

	m->near = (CrDomain) {.low = *below,.high = threshold};
	m->far = (CrDomain) {.low = threshold,.high = above};
	*below = threshold;
	if (!(m->near.low < m->near.high) || !isfinite(threshold))
		return CR_PROVEN;		/* nobody is on one of the sides */
	use_trees_of(m, box, nodes, n);
	problem.n_terms = m->n_trees;
	m->too_close = false;
	box->domains[m->feature] = m->near;
	complete = cr_search(box, &problem, budget);
	box->domains[m->feature] = before;
	if (m->refuted)
		return CR_REFUTED;
	return !complete ? CR_TOO_MUCH_WORK :
		m->too_close ? CR_TOO_CLOSE : CR_PROVEN;
}

/* Each step may take a share of the work that is left, by its nodes. */
static CrVerdict
check_steps(Monotone *m, CrBox *box, const uint32_t *nodes, uint32_t n,
			uint64_t limit)
{
	const CrNode *all = box->forest->nodes;
	CrVerdict	verdict = CR_PROVEN;
	float		below = -FLT_MAX;

	for (uint32_t i = 0, next; i < n && verdict != CR_REFUTED; i = next)
	{
		uint64_t	left = box->visits < limit ? limit - box->visits : 0;
		CrVerdict	step;

		for (next = i + 1; next < n && all[nodes[next]].u.threshold ==
			 all[nodes[i]].u.threshold;)
			next++;
		step = check_step(m, box, nodes + i, next - i,
						  next < n ? all[nodes[next]].u.threshold : INFINITY,
						  &below, left * (next - i) / (n - i));
		if (step == CR_REFUTED || verdict == CR_PROVEN)
			verdict = step;
	}
	return verdict;
}

CrVerdict
cr_monotone_check(CrBox *box, uint32_t feature, CrDirection direction,
				  uint64_t budget, CrWitness *witness)
{
	const CrAlloc *alloc = box->alloc;
	Monotone	m = {.feature = feature,.witness = witness,
	.sign = direction == CR_INCREASING ? 1 : -1};
	uint64_t	limit = box->visits + budget;
	uint32_t	n;
	uint32_t   *nodes = cr_box_sorted(box, feature, &n);
	CrVerdict	verdict;

	m.trees = alloc->alloc(alloc->context, ((size_t) n + 1) * sizeof(uint32_t));
	m.scratch = alloc->alloc(alloc->context,
							 cr_eval_scratch(box->forest) * sizeof(float));
	m.slack = rounding_slack(box);
	verdict = check_steps(&m, box, nodes, n, limit);
	alloc->release(alloc->context, m.scratch);
	alloc->release(alloc->context, m.trees);
	alloc->release(alloc->context, nodes);
	return verdict;
}

/* -------- linear -------- */

/*
 * Decided by the sign of the weight.  A witness must be far apart enough for
 * the bias not to swallow the difference.
 */
CrVerdict
cr_monotone_linear(const CrForest *forest, uint32_t feature,
				   CrDirection direction, CrWitness *witness)
{
	const CrEvaluator *evaluator = cr_eval_choose(forest);
	float		weight = forest->weights[feature];

	if (direction == CR_INCREASING ? weight >= 0 : weight <= 0)
		return CR_PROVEN;
	for (uint32_t f = 0; f < forest->n_features; f++)
		witness->lower[f] = witness->upper[f] = NAN;
	witness->lower[feature] = 0;
	witness->lower_margin = evaluator->margin(forest, witness->lower, NULL);
	for (float value = 1; isfinite(value); value *= 2)
	{
		witness->upper[feature] = value;
		witness->upper_margin = evaluator->margin(forest, witness->upper,
												  NULL);
		if (witness->upper_margin != witness->lower_margin)
			return isfinite(witness->upper_margin) ? CR_REFUTED :
				CR_TOO_CLOSE;
	}
	return CR_TOO_CLOSE;
}
