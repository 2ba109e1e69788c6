/*
 * wholerow.h
 *	  Whether the columns of a row can stand for the row.
 */
#ifndef CREDIT_WHOLEROW_H
#define CREDIT_WHOLEROW_H

#include "nodes/pathnodes.h"

/*
 * Whether a whole-row Var, wherever it stands among the expressions that the
 * planner simplifies for root, means a row that is there, of a relation of this
 * query, and each of its columns a column of that row.
 */
extern bool credit_wholerow_is_plain(PlannerInfo *root, const Var *var);

/*
 * The same of a RowExpr, whose columns are its arguments: it is NULL only where
 * grouping sets make it so.
 */
extern bool credit_wholerow_stays(PlannerInfo *root);

#endif							/* CREDIT_WHOLEROW_H */
