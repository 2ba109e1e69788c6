/*
 * cr_range.c
 *	  The smallest and the largest margin that a forest can give.
 *
 * The sum of the trees' smallest leaves is a bound: an addition of floats,
 * rounding included, never falls when a summand grows, so summed in the order
 * of the trees no applicant's margin is smaller.  Nobody may reach it, since
 * two trees may want opposite things of one feature; the search finds who
 * gets closest.  The largest margin is the smallest of the forest with all
 * signs turned, which turns no rounding.
 */
#include "cr_range.h"

#include "cr_eval.h"
#include "cr_search.h"
#include "cr_step.h"

typedef struct Range
{
	CrEnd		end;
	uint32_t	n_trees;
	float		first;			/* terms around the leaves, as turned */
	float		last;
	bool		any;			/* a vector was found */
	float		found;			/* as turned */
	float		bound;			/* of the first box: all applicants */
	bool		bounded;
	float	   *vector;
} Range;

static float
turned(CrEnd end, float value)
{
	return end == CR_LARGEST ? -value : value;
}

static CrSpan
tree_span(void *context, CrBox *box, uint32_t tree)
{
	const Range *range = context;
	CrSpan		span = cr_box_span(box, box->forest->trees[tree].root);

	if (range->end == CR_LARGEST)
		span = (CrSpan) {-span.max, -span.min, span.open};
	return span;
}

static float
sum_of_least(const Range *range, const CrSpan *spans)
{
	float		sum = range->first;

	for (uint32_t t = 0; t < range->n_trees; t++)
		sum += (float) spans[t].min;
	return sum + range->last;
}

static CrStep
judge_range(void *context, CrBox *box, const CrSpan *spans, bool decided)
{
	Range	   *range = context;
	float		least = sum_of_least(range, spans);

	if (!range->bounded)
	{
		range->bounded = true;
		range->bound = least;
	}
	if (range->any && least >= range->found)
		return CR_STEP_SKIP;
	if (!decided)
		return CR_STEP_CUT;
	range->any = true;
	range->found = least;
	cr_box_applicant(box, range->vector);
	return least == range->bound ? CR_STEP_STOP : CR_STEP_SKIP;
}

/* The margin of anybody, where the search met nobody. */
static float
margin_of_anybody(CrBox *box, float *vector)
{
	const CrAlloc *alloc = box->alloc;
	float	   *scratch = alloc->alloc(alloc->context,
									   cr_eval_scratch(box->forest) *
									   sizeof(float));
	float		margin;

	cr_box_applicant(box, vector);
	margin = cr_eval_choose(box->forest)->margin(box->forest, vector, scratch);
	alloc->release(alloc->context, scratch);
	return margin;
}

CrRangeEnd
cr_range_end(CrBox *box, CrEnd end, uint64_t budget, float *vector)
{
	Range		range = {
		.end = end,
		.n_trees = box->forest->n_trees,
		.first = turned(end, cr_first_term(box->forest)),
		.last = turned(end, cr_last_term(box->forest)),
		.vector = vector,
	};
	CrProblem	problem = {range.n_trees, tree_span, judge_range, &range};

	if (cr_search(box, &problem, budget))
		range.bound = range.found;
	if (!range.any)
		return (CrRangeEnd) {turned(end, range.bound),
			margin_of_anybody(box, vector)};
	return (CrRangeEnd) {turned(end, range.bound), turned(end, range.found)};
}
