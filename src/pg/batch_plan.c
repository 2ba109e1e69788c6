/*
 * batch_plan.c
 *	  Rows go through the model 64 at a time: puts a node into the plan that
 *	  reads ahead and evaluates calls for many rows at once.
 *
 * When all paths of a query have been made, each is searched for the node
 * that would evaluate a call of credit.score_columns() and the like, which
 * plan.c made of credit_score(row), for every row that it gets.  There are
 * two cases:
 *
 * - The node gets its rows from below: a projection, or an aggregate or window
 *   function with the call in its arguments.  A CreditBatch goes below it.
 * - The node is a scan or a join that was told to compute the call itself.  It
 *   is told to give the columns instead, and a CreditBatch goes above it.
 *
 * Either way the CreditBatch emits the call as a column, and the planner's
 * setrefs.c replaces it by that column in every node above.
 *
 * A call that is not evaluated for every row, below CASE or FILTER for
 * instance, stays as it is, unless the same call is evaluated elsewhere.  So
 * do the calls of DECLARE CURSOR, where reading ahead would take away FETCH
 * BACKWARD and WHERE CURRENT OF; and those of a query that evaluates a volatile
 * function or locks rows below, where reading ahead could be seen.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/value.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "batch.h"
#include "child.h"
#include "compat.h"
#include "explain.h"
#include "model_cache.h"
#include "plan.h"
#include "registry.h"
#include "score.h"

/* Measured: below these the node costs about what it saves. */
#define MIN_ROWS		16
#define MIN_STEPS		32		/* trees times depth */

bool		credit_batch;

static create_upper_paths_hook_type next_hook;

/* -------- the calls of an expression -------- */

const CreditBatchFunction *const credit_batch_functions[] = {
	&credit_batch_score,
	&credit_batch_pd,
	&credit_batch_margin,
	&credit_batch_contributions,
	NULL
};

/* The place of a function of the schema credit in the table, or -1. */
static int
find_function(Oid columns)
{
	char	   *name = get_func_name(columns);

	for (int i = 0; name != NULL && credit_batch_functions[i] != NULL; i++)
		if (strcmp(name, credit_batch_functions[i]->name) == 0)
			return i;
	return -1;
}

/* Whether the node is a call that plan.c made.  The cheap questions first. */
static bool
is_call(Node *node)
{
	FuncExpr   *call = (FuncExpr *) node;
	Const	   *function;

	if (!IsA(node, FuncExpr) || call->funcvariadic ||
		list_length(call->args) <= CREDIT_FIRST_COLUMN)
		return false;
	function = linitial(call->args);
	return IsA(function, Const) && function->consttype == REGPROCEDUREOID &&
		!function->constisnull &&
		IsA(list_nth(call->args, CREDIT_CALL_REFERENCE), Const) &&
		IsA(list_nth(call->args, CREDIT_CALL_NAMES), Const) &&
		find_function(call->funcid) >= 0 &&
		credit_plan_replaces(DatumGetObjectId(function->constvalue),
							 call->funcid);
}

/* Whether the model is large enough for many rows at once to be faster. */
static bool
pays(const FuncExpr *call)
{
	Const	   *reference = list_nth(call->args, CREDIT_CALL_REFERENCE);
	int64		version_id;
	const CrForest *forest;

	version_id = credit_registry_find(reference->constisnull ? NULL :
									  TextDatumGetCString(reference->constvalue));
	if (version_id == 0)
		return false;
	forest = &credit_cache_get(version_id, CurrentMemoryContext)->forest;
	return forest->header->booster != CR_GBLINEAR &&
		(uint64) forest->n_trees * forest->max_depth >= MIN_STEPS;
}

/*
 * Nodes that evaluate what is below them whenever they are evaluated
 * themselves.  All others may leave it out.
 */
static bool
evaluates_all(Node *node)
{
	switch (nodeTag(node))
	{
		case T_List:
		case T_TargetEntry:
		case T_FuncExpr:
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_ScalarArrayOpExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_CollateExpr:
		case T_ArrayExpr:
		case T_RowExpr:
		case T_MinMaxExpr:
		case T_NullTest:
		case T_BooleanTest:
			return true;
		case T_BoolExpr:
			return ((BoolExpr *) node)->boolop == NOT_EXPR;
		case T_Aggref:
			return ((Aggref *) node)->aggfilter == NULL;
		case T_WindowFunc:
			return ((WindowFunc *) node)->aggfilter == NULL;
		default:
			return false;
	}
}

static bool
collect_calls(Node *node, List **calls)
{
	if (node == NULL || !evaluates_all(node))
		return false;
	if (is_call(node))
	{
		if (pays((FuncExpr *) node))
			*calls = list_append_unique(*calls, node);
		return false;
	}
	return expression_tree_walker(node, collect_calls, calls);
}

/* Those in the arguments of aggregates and window functions only. */
static bool
collect_calls_of_arguments(Node *node, List **calls)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref) || IsA(node, WindowFunc))
		return collect_calls(node, calls);
	return expression_tree_walker(node, collect_calls_of_arguments, calls);
}

/* -------- whether a node can be put here -------- */

/*
 * The calls that can be made of the columns of a target, which may have some
 * of them already.
 */
static List *
choose_calls(List *calls, const PathTarget *target)
{
	List	   *chosen = NIL;
	ListCell   *cell;

	foreach(cell, calls)
	{
		Node	   *call = lfirst(cell);
		List	   *columns = pull_var_clause(call,
											  PVC_INCLUDE_AGGREGATES |
											  PVC_INCLUDE_WINDOWFUNCS |
											  PVC_INCLUDE_PLACEHOLDERS);
		ListCell   *column;
		bool		found = !list_member(target->exprs, call) &&
			!contain_subplans(call);

		foreach(column, columns)
			found = found && IsA(lfirst(column), Var) &&
				list_member(target->exprs, lfirst(column));
		if (found)
			chosen = lappend(chosen, call);
	}
	return chosen;
}

static bool
enough_rows(const Path *path, const LimitPath *limit)
{
	return path->rows >= MIN_ROWS &&
		(limit == NULL || limit->path.rows >= MIN_ROWS);
}

/* Whether a subquery locks rows; NULL stands for one that was pulled up. */
static bool
locks_rows(const Query *query)
{
	ListCell   *cell;

	if (query == NULL)
		return false;
	if (query->rowMarks != NIL)
		return true;
	foreach(cell, query->rtable)
	{
		RangeTblEntry *rte = lfirst(cell);

		if (rte->rtekind == RTE_SUBQUERY && locks_rows(rte->subquery))
			return true;
	}
	return false;
}

/* Whether reading an item of FROM has an effect. */
static bool
has_effect(const RangeTblEntry *rte)
{
	if (contain_volatile_functions((Node *) rte->securityQuals))
		return true;
	switch (rte->rtekind)
	{
		case RTE_SUBQUERY:
			return locks_rows(rte->subquery) ||
				contain_volatile_functions((Node *) rte->subquery);
		case RTE_FUNCTION:
			return contain_volatile_functions((Node *) rte->functions);
		case RTE_TABLEFUNC:
			return contain_volatile_functions((Node *) rte->tablefunc);
		case RTE_VALUES:
			return contain_volatile_functions((Node *) rte->values_lists);
		default:
			return false;
	}
}

/* Whether somebody could see that rows are read ahead. */
static bool
reads_ahead_visibly(PlannerInfo *root)
{
	Query	   *parse = root->parse;
	ListCell   *cell;

	/* DECLARE CURSOR has a tuple_fraction without LIMIT. */
	if (root->parent_root == NULL && root->tuple_fraction > 0 &&
		parse->limitCount == NULL)
		return true;
	if (contain_volatile_functions((Node *) parse->jointree))
		return true;
	foreach(cell, parse->cteList)
	{
		CommonTableExpr *cte = lfirst(cell);

		if (contain_volatile_functions(cte->ctequery))
			return true;
	}
	foreach(cell, parse->rtable)
		if (has_effect(lfirst(cell)))
			return true;
	return false;
}

/* -------- the path -------- */

static Plan *plan_batch(PlannerInfo *root, RelOptInfo *rel, CustomPath *path,
						List *tlist, List *clauses, List *plans);

static const CustomPathMethods path_methods = {
	.CustomName = CREDIT_BATCH_NAME,
	.PlanCustomPath = plan_batch,
};

/* What the planner was told that the calls cost, they cost here. */
static void
cost_batch(PlannerInfo *root, Path *path, const Path *child, List *calls)
{
	QualCost	cost;

	cost_qual_eval(&cost, calls, root);
	path->rows = child->rows;
	path->startup_cost = child->startup_cost + cost.startup;
	path->total_cost = child->total_cost + cost.startup +
		child->rows * cost.per_tuple;
}

/* Of LIMIT or OFFSET, to be evaluated once more. */
static List *
bound_expression(Node *expression)
{
	return expression == NULL || contain_volatile_functions(expression) ?
		NIL : list_make1(expression);
}

/*
 * A CreditBatch over child, with the given target.  limit is the LIMIT that
 * reads from it directly, or NULL.
 */
static Path *
make_path(PlannerInfo *root, Path *child, PathTarget *target, List *calls,
		  LimitPath *limit)
{
	CustomPath *custom = makeNode(CustomPath);
	Path	   *path = &custom->path;

	path->pathtype = T_CustomScan;
	path->parent = child->parent;
	path->pathtarget = target;
	path->param_info = child->param_info;
	path->parallel_safe = child->parallel_safe;
	path->parallel_workers = child->parallel_workers;
	path->pathkeys = child->pathkeys;
	cost_batch(root, path, child, calls);
	custom->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	custom->custom_paths = list_make1(child);
	custom->custom_private =
		list_make3(calls,
				   limit == NULL ? NIL : bound_expression(limit->limitCount),
				   limit == NULL ? NIL : bound_expression(limit->limitOffset));
	custom->methods = &path_methods;
	return (Path *) custom;
}

/* Which columns of a target are read other than by the calls. */
typedef struct Needed
{
	const PathTarget *target;
	List	   *calls;
	Bitmapset  *columns;
} Needed;

static bool
find_needed(Node *node, Needed *needed)
{
	int			i = 0;
	ListCell   *cell;

	if (node == NULL || list_member(needed->calls, node))
		return false;
	foreach(cell, needed->target->exprs)
	{
		if (equal(lfirst(cell), node))
		{
			needed->columns = bms_add_member(needed->columns, i);
			return false;
		}
		i++;
	}
	return expression_tree_walker(node, find_needed, needed);
}

/*
 * The target of a CreditBatch below a node that reads the given expressions:
 * the columns that they need, those that rows are sorted or grouped by, and
 * the calls.
 */
static PathTarget *
make_target_below(PlannerInfo *root, const PathTarget *child, List *calls,
				  List *readers)
{
	Needed		needed = {.target = child,.calls = calls};
	PathTarget *target = create_empty_pathtarget();
	ListCell   *cell;
	int			i = 0;

	find_needed((Node *) readers, &needed);
	foreach(cell, child->exprs)
	{
		Index		sort_group = get_pathtarget_sortgroupref(child, i);

		if (sort_group != 0 || bms_is_member(i, needed.columns))
			add_column_to_pathtarget(target, lfirst(cell), sort_group);
		i++;
	}
	foreach(cell, calls)
		add_column_to_pathtarget(target, lfirst(cell), 0);
	return set_pathtarget_cost_width(root, target);
}

/* child, with a CreditBatch above it if the calls can be made of it. */
static Path *
put_below(PlannerInfo *root, Path *child, List *calls, List *readers,
		  LimitPath *limit)
{
	calls = choose_calls(calls, child->pathtarget);
	if (calls == NIL || !enough_rows(child, limit))
		return child;
	return make_path(root, child,
					 make_target_below(root, child->pathtarget, calls, readers),
					 calls, limit);
}

/*
 * A path that differs in its target may stand beside the one that there was,
 * which other paths may use.  NULL for one that we do not know.
 */
static Path *
copy_path(const Path *path)
{
	Size		size;

	switch (nodeTag(path))
	{
		case T_Path:
			size = sizeof(Path);
			break;
		case T_IndexPath:
			size = sizeof(IndexPath);
			break;
		case T_BitmapHeapPath:
			size = sizeof(BitmapHeapPath);
			break;
		case T_SubqueryScanPath:
			size = sizeof(SubqueryScanPath);
			break;
		case T_NestPath:
			size = sizeof(NestPath);
			break;
		case T_MergePath:
			size = sizeof(MergePath);
			break;
		case T_HashPath:
			size = sizeof(HashPath);
			break;
		default:
			return NULL;
	}
	return memcpy(palloc(size), path, size);
}

/* A scan or join that computes calls: let it give their columns instead. */
static Path *
put_above(PlannerInfo *root, Path *path, LimitPath *limit)
{
	PathTarget *target = path->pathtarget;
	PathTarget *columns;
	List	   *calls = NIL;
	Path	   *child;

	collect_calls((Node *) target->exprs, &calls);
	if (calls == NIL || !enough_rows(path, limit) ||
		contain_volatile_functions((Node *) target->exprs))
		return path;
	columns = create_empty_pathtarget();
	add_new_columns_to_pathtarget(columns,
								  pull_var_clause((Node *) target->exprs,
												  PVC_RECURSE_AGGREGATES |
												  PVC_RECURSE_WINDOWFUNCS |
												  PVC_INCLUDE_PLACEHOLDERS));
	calls = choose_calls(calls, columns);
	child = copy_path(path);
	if (calls == NIL || child == NULL)
		return path;
	child->pathtarget = set_pathtarget_cost_width(root, columns);
	return make_path(root, child, target, calls, limit);
}

/* -------- the search -------- */

static Path *place(PlannerInfo *root, Path *path, LimitPath *limit);

static void
place_all(PlannerInfo *root, List *paths, LimitPath *limit)
{
	ListCell   *cell;

	foreach(cell, paths)
		lfirst(cell) = place(root, lfirst(cell), limit);
}

static void
place_below_projection(PlannerInfo *root, ProjectionPath *path,
					   LimitPath *limit)
{
	List	   *calls = NIL;

	path->subpath = place(root, path->subpath, limit);
	collect_calls((Node *) path->path.pathtarget->exprs, &calls);
	path->subpath = put_below(root, path->subpath, calls,
							  path->path.pathtarget->exprs, limit);
}

/* target and having are what the node above computes. */
static Path *
place_below_arguments(PlannerInfo *root, Path *child, const PathTarget *target,
					  List *having)
{
	List	   *readers = list_concat_copy(target->exprs, having);
	List	   *calls = NIL;

	child = place(root, child, NULL);
	collect_calls_of_arguments((Node *) readers, &calls);
	return put_below(root, child, calls, readers, NULL);
}

/* The second step of a parallel aggregate has no arguments to evaluate. */
static void
place_below_aggregate(PlannerInfo *root, AggPath *agg)
{
	agg->subpath = DO_AGGSPLIT_COMBINE(agg->aggsplit) ?
		place(root, agg->subpath, NULL) :
		place_below_arguments(root, agg->subpath, agg->path.pathtarget,
							  agg->qual);
}

/* What stands beside the aggregates, where columns may have become NULL. */
static bool
collect_calls_of_groups(Node *node, List **calls)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		return collect_calls_of_groups((Node *) ((Aggref *) node)->aggdirectargs,
									   calls);
	if (is_call(node))
		*calls = list_append_unique(*calls, node);
	return expression_tree_walker(node, collect_calls_of_groups, calls);
}

/*
 * A call that stands beside the aggregates, too, stays as it is: the same
 * columns may have other values there.
 */
static void
place_below_grouping_sets(PlannerInfo *root, GroupingSetsPath *sets)
{
	List	   *readers = list_concat_copy(sets->path.pathtarget->exprs,
										  sets->qual);
	List	   *calls = NIL;
	List	   *beside = NIL;

	sets->subpath = place(root, sets->subpath, NULL);
	collect_calls_of_arguments((Node *) readers, &calls);
	collect_calls_of_groups((Node *) readers, &beside);
	sets->subpath = put_below(root, sets->subpath,
							  list_difference(calls, beside), readers, NULL);
}

static void
place_below_window(PlannerInfo *root, WindowAggPath *window)
{
	window->subpath = place_below_arguments(root, window->subpath,
											window->path.pathtarget, NIL);
}

/* Where a path has the one that it reads from, if that is all it does here. */
static Path **
subpath_of(Path *path)
{
	switch (nodeTag(path))
	{
		case T_GatherPath:
			return &((GatherPath *) path)->subpath;
		case T_GatherMergePath:
			return &((GatherMergePath *) path)->subpath;
		case T_GroupPath:
			return &((GroupPath *) path)->subpath;
		case T_IncrementalSortPath:
		case T_SortPath:
			return &((SortPath *) path)->subpath;
		case T_LimitPath:
			return &((LimitPath *) path)->subpath;
		case T_LockRowsPath:
			return &((LockRowsPath *) path)->subpath;
		case T_ModifyTablePath:
			return &((ModifyTablePath *) path)->subpath;
		case T_ProjectSetPath:
			return &((ProjectSetPath *) path)->subpath;
		case T_UpperUniquePath:
			return &((UpperUniquePath *) path)->subpath;
		default:
			return NULL;
	}
}

/* The LIMIT that bounds what is read from the child of a path. */
static LimitPath *
limit_below(Path *path, LimitPath *limit)
{
	switch (nodeTag(path))
	{
		case T_LimitPath:
			return ((LimitPath *) path)->limitOption == LIMIT_OPTION_COUNT ?
				(LimitPath *) path : NULL;
		case T_GatherPath:
		case T_GatherMergePath:
			return limit;
		default:
			return NULL;
	}
}

/*
 * The path with CreditBatches where they belong.  limit is the LIMIT above
 * that reads no more rows of this path than it says, or NULL.
 */
static Path *
place(PlannerInfo *root, Path *path, LimitPath *limit)
{
	Path	  **subpath = subpath_of(path);

	check_stack_depth();
	if (subpath != NULL)
	{
		*subpath = place(root, *subpath, limit_below(path, limit));
		return path;
	}
	switch (nodeTag(path))
	{
		case T_AggPath:
			place_below_aggregate(root, (AggPath *) path);
			return path;
		case T_AppendPath:
			place_all(root, ((AppendPath *) path)->subpaths, limit);
			return path;
		case T_GroupingSetsPath:
			place_below_grouping_sets(root, (GroupingSetsPath *) path);
			return path;
		case T_MergeAppendPath:
			place_all(root, ((MergeAppendPath *) path)->subpaths, limit);
			return path;
		case T_ProjectionPath:
			place_below_projection(root, (ProjectionPath *) path, limit);
			return path;
		case T_WindowAggPath:
			place_below_window(root, (WindowAggPath *) path);
			return path;
		default:
			return put_above(root, path, limit);
	}
}

static void
batch_upper_paths(PlannerInfo *root, UpperRelationKind stage,
				  RelOptInfo *input, RelOptInfo *output, void *extra)
{
	if (next_hook != NULL)
		next_hook(root, stage, input, output, extra);
	if (stage != UPPERREL_FINAL || !credit_batch || !credit_plan_rewrote ||
		!ActiveSnapshotSet() || reads_ahead_visibly(root))
		return;
	place_all(root, output->pathlist, NULL);
	place_all(root, output->partial_pathlist, NULL);
}

/* -------- the plan -------- */

static Plan *
plan_batch(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist,
		   List *clauses, List *plans)
{
	List	   *calls = linitial(path->custom_private);
	CustomScan *scan = credit_child_plan(root, path, tlist, plans, calls,
										 &credit_batch_scan_methods);
	ListCell   *cell;

	foreach(cell, calls)
	{
		FuncExpr   *call = lfirst(cell);

		scan->custom_exprs =
			lappend(scan->custom_exprs,
					list_copy_tail(call->args, CREDIT_FIRST_COLUMN));
		scan->custom_private = lappend(scan->custom_private,
									   makeInteger(find_function(call->funcid)));
	}
	scan->custom_exprs = lappend(scan->custom_exprs,
								 lsecond(path->custom_private));
	scan->custom_exprs = lappend(scan->custom_exprs,
								 lthird(path->custom_private));
	return (Plan *) scan;
}

void
credit_batch_init(void)
{
	RegisterCustomScanMethods(&credit_batch_scan_methods);
	next_hook = create_upper_paths_hook;
	create_upper_paths_hook = batch_upper_paths;
}
