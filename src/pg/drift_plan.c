/*
 * drift_plan.c
 *	  A drift scan takes tuples as they are: puts a node in the place of an
 *	  aggregate.
 *
 * Of the time that credit.drift_scan() takes as an aggregate, a third goes into
 * handing it its arguments: a tuple taken apart into a slot, each column copied
 * from there.  Where it is called for all rows of a relation, on columns as they
 * are, a CreditDrift does the work of the aggregate's node: it reads what its
 * child gives by itself, and counts.
 *
 * This is so for a report, a serial or a parallel one.  With GROUP BY, FILTER,
 * other aggregates but count(*), or expressions as columns, the aggregate stays
 * what it is; so it does with credit.batch = off.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "batch.h"
#include "child.h"
#include "compat.h"
#include "drift_plan.h"

static create_upper_paths_hook_type next_hook;

/* -------- which aggregates -------- */

/* The name first: to ask for it costs next to nothing. */
static bool
is_drift_scan(Oid function)
{
	char	   *name = get_func_name(function);
	HeapTuple	tuple;
	FmgrInfo	transition;

	if (name == NULL || strcmp(name, "drift_scan") != 0)
		return false;
	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return false;
	fmgr_info(((Form_pg_aggregate) GETSTRUCT(tuple))->aggtransfn, &transition);
	ReleaseSysCache(tuple);
	return transition.fn_addr == credit_drift_add;
}

static Expr *
argument(const Aggref *call, int i)
{
	return ((TargetEntry *) list_nth(call->args, i))->expr;
}

/* Whether a drift scan can be done here, given the columns of the child. */
static bool
takes_columns(const Aggref *call, const PathTarget *columns)
{
	Node	   *source = (Node *) argument(call, 0);

	for (int i = 1; i < list_length(call->args); i++)
		if (!list_member(columns->exprs, argument(call, i)))
			return false;
	return !contain_var_clause(source) &&
		!contain_volatile_functions(source);
}

/* The aggregates of a target, if all of them can be done here; else NIL. */
static List *
choose_calls(const PathTarget *target, const PathTarget *columns)
{
	List	   *calls = NIL;
	ListCell   *cell;
	bool		found = false;

	foreach(cell, pull_var_clause((Node *) target->exprs,
								  PVC_INCLUDE_AGGREGATES |
								  PVC_INCLUDE_WINDOWFUNCS |
								  PVC_INCLUDE_PLACEHOLDERS))
	{
		Aggref	   *call = lfirst(cell);

		if (!IsA(call, Aggref) || call->aggfilter != NULL ||
			call->aggorder != NIL || call->aggdistinct != NIL)
			return NIL;
		if (is_drift_scan(call->aggfnoid) && takes_columns(call, columns))
			found = true;
		else if (call->aggfnoid != F_COUNT_)
			return NIL;
		calls = list_append_unique(calls, call);
	}
	return found ? calls : NIL;
}

/* -------- the path -------- */

static Plan *plan_drift(PlannerInfo *root, RelOptInfo *rel, CustomPath *path,
						List *tlist, List *clauses, List *plans);

static const CustomPathMethods path_methods = {
	.CustomName = CREDIT_DRIFT_NAME,
	.PlanCustomPath = plan_drift,
};

/* A node that gives what the aggregate would, or the aggregate itself. */
static Path *
replace(AggPath *agg)
{
	CustomPath *custom;
	List	   *calls;

	if (agg->aggstrategy != AGG_PLAIN || agg->qual != NIL)
		return &agg->path;
	calls = choose_calls(agg->path.pathtarget, agg->subpath->pathtarget);
	if (calls == NIL)
		return &agg->path;
	custom = makeNode(CustomPath);
	custom->path = agg->path;
	custom->path.type = T_CustomPath;
	custom->path.pathtype = T_CustomScan;
	custom->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	custom->custom_paths = list_make1(agg->subpath);
	custom->custom_private = list_make1(calls);
	custom->methods = &path_methods;
	return &custom->path;
}

/* Workers of a parallel plan do the first half of an aggregate. */
static Path *
place(Path *path)
{
	switch (nodeTag(path))
	{
		case T_AggPath:
			if (!DO_AGGSPLIT_COMBINE(((AggPath *) path)->aggsplit))
				return replace((AggPath *) path);
			((AggPath *) path)->subpath = place(((AggPath *) path)->subpath);
			return path;
		case T_GatherPath:
			((GatherPath *) path)->subpath =
				place(((GatherPath *) path)->subpath);
			return path;
		case T_ProjectionPath:
			((ProjectionPath *) path)->subpath =
				place(((ProjectionPath *) path)->subpath);
			return path;
		default:
			return path;
	}
}

/* A CreditBatch may have been put below an aggregate before. */
static void
drift_upper_paths(PlannerInfo *root, UpperRelationKind stage,
				  RelOptInfo *input, RelOptInfo *output, void *extra)
{
	ListCell   *cell;

	if (next_hook != NULL)
		next_hook(root, stage, input, output, extra);
	if (stage == UPPERREL_FINAL && credit_batch && root->parse->hasAggs)
		foreach(cell, output->pathlist)
			lfirst(cell) = place(lfirst(cell));
}

/* So that the hook is there when a session plans its first drift scan. */
PG_FUNCTION_INFO_V1(credit_drift_support);
Datum
credit_drift_support(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_POINTER(NULL);
}

/* -------- the plan -------- */

static Plan *
plan_drift(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist,
		   List *clauses, List *plans)
{
	List	   *calls = linitial(path->custom_private);
	CustomScan *scan = credit_child_plan(root, path, tlist, plans, calls,
										 &credit_drift_scan_methods);
	ListCell   *cell;

	foreach(cell, calls)
	{
		Aggref	   *call = lfirst(cell);
		List	   *arguments = NIL;

		for (int i = 0; i < list_length(call->args); i++)
			arguments = lappend(arguments, argument(call, i));
		scan->custom_exprs = lappend(scan->custom_exprs, arguments);
	}
	return (Plan *) scan;
}

void
credit_drift_init(void)
{
	RegisterCustomScanMethods(&credit_drift_scan_methods);
	next_hook = create_upper_paths_hook;
	create_upper_paths_hook = drift_upper_paths;
}
