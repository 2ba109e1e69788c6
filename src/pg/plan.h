/*
 * plan.h
 *	  What the planner's rewriting (plan.c) and the functions that it calls
 *	  (score.c) agree upon.
 *
 * credit_score(row, model) becomes
 *	  credit.score_columns(function, model, names, columns...)
 * with the function that was written, the model reference as it was written,
 * the names of the columns and the columns: those that the version in use
 * reads, in the order of its features, then those that others read.
 */
#ifndef CREDIT_PLAN_H
#define CREDIT_PLAN_H

#define CREDIT_FIRST_COLUMN	3	/* argument number */

/*
 * Whether the planner puts columns in place of function, so that the right to
 * the one is the right to the other; a call can name any function.
 */
extern bool credit_plan_replaces(Oid function, Oid columns);

/* Whether any call was replaced in this session. */
extern bool credit_plan_rewrote;

#endif							/* CREDIT_PLAN_H */
