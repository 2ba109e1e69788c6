/*
 * plan_nodes.c
 *	  Holds plans to what others do with them: a module for tests, to be LOADed.
 *
 * Every plan is copied, written out and read back before it is executed, as
 * servers do that are built with WRITE_READ_PARSE_PLAN_TREES.  custom_private of
 * a CustomScan must hold nodes, because extensions that walk plans take its
 * first item for one: Citus crashes on an integer.  A message at level DEBUG1
 * names each CustomScan that was found to be in order.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"

PG_MODULE_MAGIC;

extern void _PG_init(void);

static planner_hook_type next_planner;
static ExecutorStart_hook_type next_start;

static PlannedStmt *
plan_and_reread(Query *query, const char *text, int options,
				ParamListInfo parameters)
{
	PlannedStmt *plan = next_planner != NULL ?
		next_planner(query, text, options, parameters) :
		standard_planner(query, text, options, parameters);

	return stringToNode(nodeToString(copyObject(plan)));
}

static bool
check(PlanState *state, void *context)
{
	if (state == NULL)
		return false;
	if (IsA(state->plan, CustomScan))
	{
		CustomScan *scan = (CustomScan *) state->plan;

		if (scan->custom_private != NIL && !IsA(scan->custom_private, List))
			elog(ERROR, "custom_private of %s does not hold nodes",
				 scan->methods->CustomName);
		elog(DEBUG1, "custom_private of %s holds nodes",
			 scan->methods->CustomName);
	}
	return planstate_tree_walker(state, check, context);
}

static void
start_and_check(QueryDesc *query, int flags)
{
	if (next_start != NULL)
		next_start(query, flags);
	else
		standard_ExecutorStart(query, flags);
	check(query->planstate, NULL);
}

void
_PG_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan_and_reread;
	next_start = ExecutorStart_hook;
	ExecutorStart_hook = start_and_check;
}
