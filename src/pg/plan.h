/*
 * plan.h
 *	  What the planner's rewriting (plan.c) and the functions that it calls
 *	  (score.c) agree upon.
 *
 * credit_score(row, model) becomes
 *	  credit.score_columns(function, model, model_version_id, columns...)
 * with the function that was written, the model reference as it was written,
 * the version that it stood for, and one column for each feature that this
 * version uses, in the order of its features.
 */
#ifndef CREDIT_PLAN_H
#define CREDIT_PLAN_H

#define CREDIT_FIRST_COLUMN	3	/* argument number */

#endif							/* CREDIT_PLAN_H */
