/*
 * wholerow.c
 *	  Whether the columns of a row can stand for the row.
 *
 * plan.c puts columns in the place of a whole-row Var.  Planner and executor go
 * on to treat the two differently in three places, and in each a score would be
 * of other values, without an error:
 *
 * - An outer join makes the row NULL.  Such a row has no score; its columns, all
 *	 NULL, would have one.
 * - Grouping sets make a column NULL that a line does not group by.  They leave
 *	 a whole row alone that stands beside, which is that of the group's first
 *	 applicant, unless they group by the row.  In the arguments of aggregates
 *	 both are left alone.
 * - The planner simplifies the WHERE clause of a subquery below EXISTS with the
 *	 outer query in hand (convert_EXISTS_to_ANY() in subselect.c), where the
 *	 number of a relation means another one.
 *
 * Each question is answered from what the query says, before the planner has
 * changed it, and "no" where in doubt.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "wholerow.h"

/*
 * Whether the relation stands on the nullable side of an outer join below
 * node; *found tells whether it stands below node at all.
 */
static bool
is_nullable(Node *node, Index varno, bool *found)
{
	*found = false;
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblRef))
	{
		*found = ((RangeTblRef *) node)->rtindex == (int) varno;
		return false;
	}
	if (IsA(node, FromExpr))
	{
		ListCell   *cell;

		foreach(cell, ((FromExpr *) node)->fromlist)
		{
			bool		nullable = is_nullable(lfirst(cell), varno, found);

			if (*found)
				return nullable;
		}
		return false;
	}
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;
		bool		nullable = is_nullable(join->larg, varno, found);

		if (*found)
			return nullable || join->jointype == JOIN_RIGHT ||
				join->jointype == JOIN_FULL;
		nullable = is_nullable(join->rarg, varno, found);
		return nullable || (*found && (join->jointype == JOIN_LEFT ||
									   join->jointype == JOIN_FULL));
	}
	*found = true;				/* a node that we do not know */
	return true;
}

/* Whether the whole row of a relation of this query stands in an expression. */
static bool
has_whole_row(Node *node, Index *varno)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		return var->varattno == 0 && var->varlevelsup == 0 &&
			(Index) var->varno == *varno;
	}
	return expression_tree_walker(node, has_whole_row, varno);
}

/* The same outside what aggregates take row by row. */
static bool
has_whole_row_of_group(Node *node, Index *varno)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		return has_whole_row((Node *) ((Aggref *) node)->aggdirectargs, varno);
	if (IsA(node, Var))
		return has_whole_row(node, varno);
	return expression_tree_walker(node, has_whole_row_of_group, varno);
}

/* The same in the WHERE clause of an EXISTS, where it is of that subquery. */
static bool
has_whole_row_of_exists(Node *node, Index *varno)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, SubLink) && ((SubLink *) node)->subLinkType == EXISTS_SUBLINK)
	{
		Query	   *query = castNode(Query, ((SubLink *) node)->subselect);

		return query->jointree != NULL &&
			has_whole_row(query->jointree->quals, varno);
	}
	return expression_tree_walker(node, has_whole_row_of_exists, varno);
}

/* The append relations have expressions of subqueries that were pulled up. */
static bool
may_be_of_exists(PlannerInfo *root, Index varno)
{
	if (!root->parse->hasSubLinks)
		return false;
	return query_tree_walker(root->parse, has_whole_row_of_exists, &varno, 0) ||
		has_whole_row_of_exists((Node *) root->append_rel_list, &varno);
}

bool
credit_wholerow_is_plain(PlannerInfo *root, const Var *var)
{
	Query	   *parse = root->parse;
	Index		varno = var->varno;
	bool		found;

	if (var->varattno != 0 || var->varlevelsup != 0 ||
		!CREDIT_PLAIN_VAR(var) || IS_SPECIAL_VARNO(varno) ||
		varno > (Index) list_length(parse->rtable) ||
		is_nullable((Node *) parse->jointree, varno, &found))
		return false;
	if (parse->groupingSets != NIL &&
		(has_whole_row_of_group((Node *) parse->targetList, &varno) ||
		 has_whole_row_of_group(parse->havingQual, &varno)))
		return false;
	return !may_be_of_exists(root, varno);
}

bool
credit_wholerow_stays(PlannerInfo *root)
{
	Query	   *parse = root->parse;
	ListCell   *cell;

	if (parse->groupingSets == NIL)
		return true;
	foreach(cell, parse->groupClause)
	{
		Node	   *key = get_sortgroupclause_expr(lfirst(cell),
												   parse->targetList);

		if (type_is_rowtype(exprType(key)))
			return false;
	}
	return true;
}
