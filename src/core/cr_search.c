/*
 * cr_search.c
 *	  Branch and bound over all applicants: depth first, cutting where the
 *	  bounds are widest.
 *
 * The work is bounded by a count and not by a clock, so that the same forest
 * gives the same answer everywhere.  A term that is decided stays so in every
 * smaller box; it is not looked at again until the search backs out.
 */
#include "cr_search.h"

#define MAX_CUTS	8192		/* of one box; more is giving up */
#define NOT_DECIDED	UINT32_MAX

/* One cut on the way to the present box. */
typedef struct Frame
{
	uint32_t	node;
	int			side;
	bool		second;			/* the other side was done before */
	CrDomain	before;
} Frame;

typedef struct Search
{
	CrBox	   *box;
	const CrProblem *problem;
	Frame	   *frames;
	uint32_t	depth;
	CrSpan	   *spans;			/* per term */
	uint32_t   *decided_at;		/* per term: the depth, or NOT_DECIDED */
} Search;

/* Number of the widest term, or n_terms if all are decided. */
static uint32_t
update_spans(Search *s)
{
	const CrProblem *problem = s->problem;
	uint32_t	widest = problem->n_terms;

	for (uint32_t t = 0; t < problem->n_terms; t++)
	{
		CrSpan	   *span = &s->spans[t];

		if (s->decided_at[t] != NOT_DECIDED)
			continue;
		cr_poll(s->box->alloc);
		*span = problem->span(problem->context, s->box, t);
		if (!(span->max > span->min))
			s->decided_at[t] = s->depth;
		else if (widest == problem->n_terms ||
				 span->max - span->min >
				 s->spans[widest].max - s->spans[widest].min)
			widest = t;
	}
	return widest;
}

static void
make_cut(Search *s)
{
	Frame	   *frame = &s->frames[s->depth++];

	cr_box_cut(s->box, &s->box->forest->nodes[frame->node], frame->side,
			   s->depth);
}

static void
take_back(Search *s)
{
	Frame	   *frame = &s->frames[s->depth - 1];
	const CrNode *node = &s->box->forest->nodes[frame->node];

	cr_box_undo(s->box, cr_box_feature(node), &frame->before, s->depth);
	s->depth--;
}

/* The least that a term gives on one side of the cut to be made. */
static double
least_on(Search *s, uint32_t term, int side)
{
	double		least;

	s->frames[s->depth].side = side;
	make_cut(s);
	least = s->problem->span(s->problem->context, s->box, term).min;
	take_back(s);
	return least;
}

/* Cuts at an open node of the term, the side of the smaller values first. */
static void
descend(Search *s, uint32_t term)
{
	uint32_t	open = s->spans[term].open;
	Frame	   *frame = &s->frames[s->depth];

	*frame = (Frame) {.node = open,
		.before = s->box->domains[cr_box_feature(&s->box->forest->nodes[open])]};
	frame->side = least_on(s, term, CR_LEFT) <= least_on(s, term, CR_RIGHT) ?
		CR_LEFT : CR_RIGHT;
	make_cut(s);
}

/* Goes on to the next box; false if there is none. */
static bool
back_out(Search *s)
{
	Frame	   *frame;

	while (s->depth > 0 && s->frames[s->depth - 1].second)
		take_back(s);
	if (s->depth == 0)
		return false;
	take_back(s);
	for (uint32_t t = 0; t < s->problem->n_terms; t++)
		if (s->decided_at[t] != NOT_DECIDED && s->decided_at[t] > s->depth)
			s->decided_at[t] = NOT_DECIDED;
	frame = &s->frames[s->depth];
	frame->side = CR_LEFT + CR_RIGHT - frame->side;
	frame->second = true;
	make_cut(s);
	return true;
}

static bool
search(Search *s, uint64_t limit)
{
	const CrProblem *problem = s->problem;

	for (;;)
	{
		uint32_t	widest = update_spans(s);
		bool		decided = widest == problem->n_terms;
		CrStep		step = problem->judge(problem->context, s->box, s->spans,
										  decided);

		if (step == CR_STEP_STOP)
			return true;
		if (step == CR_STEP_CUT && !decided)
		{
			if (s->box->visits >= limit || s->depth == MAX_CUTS)
				return false;
			descend(s, widest);
		}
		else if (!back_out(s))
			return true;
	}
}

bool
cr_search(CrBox *box, const CrProblem *problem, uint64_t budget)
{
	const CrAlloc *alloc = box->alloc;
	size_t		n = problem->n_terms;
	Search		s = {.box = box,.problem = problem};
	bool		complete;

	s.frames = alloc->alloc(alloc->context, (MAX_CUTS + 1) * sizeof(Frame));
	s.spans = alloc->alloc(alloc->context, (n + 1) * sizeof(CrSpan));
	s.decided_at = alloc->alloc(alloc->context, (n + 1) * sizeof(uint32_t));
	for (size_t t = 0; t < n; t++)
		s.decided_at[t] = NOT_DECIDED;
	complete = search(&s, box->visits + budget);
	while (s.depth > 0)
		take_back(&s);
	alloc->release(alloc->context, s.decided_at);
	alloc->release(alloc->context, s.spans);
	alloc->release(alloc->context, s.frames);
	return complete;
}
