/*
 * cr_search.h
 *	  Branch and bound over all applicants: cuts boxes until nothing is left to
 *	  ask of any, or until too much work was done.
 */
#ifndef CR_SEARCH_H
#define CR_SEARCH_H

#include "cr_box.h"

typedef enum CrStep
{
	CR_STEP_CUT,				/* this box must be cut to know more */
	CR_STEP_SKIP,				/* nothing to be found in this box */
	CR_STEP_STOP				/* found what was looked for */
} CrStep;

/* A sum of terms, each of which has a span over every box. */
typedef struct CrProblem
{
	uint32_t	n_terms;
	CrSpan		(*span) (void *context, CrBox *box, uint32_t term);
	CrStep		(*judge) (void *context, CrBox *box, const CrSpan *spans,
						  bool decided);
	void	   *context;
} CrProblem;

/*
 * False if it gave up, after some budget visits (of nodes and categories).
 * The box is afterwards what it was before.
 */
extern bool cr_search(CrBox *box, const CrProblem *problem, uint64_t budget);

#endif							/* CR_SEARCH_H */
