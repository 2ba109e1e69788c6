/*
 * plan.c
 *	  The planner sees through the row: credit_score(a) becomes a call with
 *	  only the columns that the model uses.
 *
 * A whole-row argument costs a tuple to be built, passed and taken apart for
 * every row.  The support function below knows at plan time which columns the
 * model reads, so it passes those: the scan fetches no others, and nothing is
 * built.  Whatever it cannot be sure of it leaves alone; the call then works
 * on the row, with the same result.
 *
 * It is sure of a whole-row Var of a table, subquery, CTE or VALUES list, where
 * its columns mean what it does (wholerow.c), and of a RowExpr, which is what is
 * left of a view or subquery that was pulled up.
 *
 * The plan now depends on the registry.  The table of aliases is therefore
 * noted as a relation that it uses, and a trigger on the registry sends its
 * invalidation, which makes cached plans be made anew.  Not that of the table
 * of versions: it would have every session load its images again, too.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "compat.h"
#include "feature.h"
#include "model_cache.h"
#include "plan.h"
#include "registry.h"
#include "wholerow.h"

bool		credit_plan_rewrote;

/* -------- columns of a row by name -------- */

/* The row that the call is given: a whole-row Var or a RowExpr. */
typedef struct Row
{
	PlannerInfo *root;
	Var		   *var;			/* or NULL */
	RowExpr    *row;			/* or NULL */
	TupleDesc	descriptor;		/* of a named row type, or NULL */
	List	   *names;			/* of a row without named type, String nodes */
} Row;

static bool
describe_var(Row *row)
{
	Var		   *var = row->var;
	RangeTblEntry *rte;

	if (!credit_wholerow_is_plain(row->root, var))
		return false;
	rte = rt_fetch(var->varno, row->root->parse->rtable);
	if (var->vartype == RECORDOID)
	{
		row->names = rte->eref->colnames;
		return rte->rtekind == RTE_SUBQUERY || rte->rtekind == RTE_CTE ||
			rte->rtekind == RTE_VALUES;
	}
	/* A subquery with a relation's type is a view that was not pulled up. */
	if ((rte->rtekind != RTE_RELATION && rte->rtekind != RTE_SUBQUERY) ||
		get_rel_type_id(rte->relid) != var->vartype)
		return false;
	row->descriptor = lookup_rowtype_tupdesc_copy(var->vartype, -1);
	return true;
}

/*
 * Columns that are left out are not evaluated, so none of them may have an
 * effect of its own.
 */
static bool
describe_row_expr(Row *row)
{
	if (!credit_wholerow_stays(row->root) ||
		contain_volatile_functions((Node *) row->row) ||
		contain_subplans((Node *) row->row))
		return false;
	if (row->row->row_typeid == RECORDOID)
	{
		row->names = row->row->colnames;
		return list_length(row->names) == list_length(row->row->args);
	}
	row->descriptor = lookup_rowtype_tupdesc_copy(row->row->row_typeid, -1);
	return row->descriptor->natts == list_length(row->row->args);
}

static bool
describe_row(Row *row, Node *argument)
{
	if (IsA(argument, Var))
	{
		row->var = (Var *) argument;
		return describe_var(row);
	}
	if (IsA(argument, RowExpr))
	{
		row->row = (RowExpr *) argument;
		return describe_row_expr(row);
	}
	return false;
}

/*
 * The number of the column with this name, or 0; also for a virtual generated
 * column, of which nothing is stored: whoever reads the row has to compute it.
 */
static AttrNumber
find_column(const Row *row, const char *name)
{
	AttrNumber	number = 0;
	AttrNumber	found = 0;
	ListCell   *cell;

	if (row->descriptor != NULL)
	{
		const char *similar;

		number = credit_feature_attribute(row->descriptor, name, &similar);
		return number > 0 && row->var != NULL &&
			CREDIT_IS_VIRTUAL(TupleDescAttr(row->descriptor, number - 1)) ?
			0 : number;
	}
	foreach(cell, row->names)
	{
		number++;
		if (strcmp(strVal(lfirst(cell)), name) != 0)
			continue;
		if (found != 0)
			return 0;			/* two of one name: the row path says so */
		found = number;
	}
	return found;
}

/* Sets the type of a Var of one column of the row. */
static void
set_column_type(const Row *row, Var *column)
{
	RangeTblEntry *rte = rt_fetch(column->varno, row->root->parse->rtable);
	int			index = column->varattno - 1;

	if (row->descriptor != NULL)
	{
		Form_pg_attribute attribute = TupleDescAttr(row->descriptor, index);

		column->vartype = attribute->atttypid;
		column->vartypmod = attribute->atttypmod;
		column->varcollid = attribute->attcollation;
	}
	else if (rte->rtekind == RTE_SUBQUERY)
	{
		TargetEntry *entry = get_tle_by_resno(rte->subquery->targetList,
											  column->varattno);

		column->vartype = exprType((Node *) entry->expr);
		column->vartypmod = exprTypmod((Node *) entry->expr);
		column->varcollid = exprCollation((Node *) entry->expr);
	}
	else
	{
		column->vartype = list_nth_oid(rte->coltypes, index);
		column->vartypmod = list_nth_int(rte->coltypmods, index);
		column->varcollid = list_nth_oid(rte->colcollations, index);
	}
}

static Expr *
column_expression(const Row *row, AttrNumber number)
{
	Var		   *column;

	if (row->row != NULL)
		return copyObject(list_nth(row->row->args, number - 1));
	column = copyObject(row->var);
	column->varattno = number;
	column->varattnosyn = number;
	set_column_type(row, column);
	return (Expr *) column;
}

/*
 * The columns that the model uses, in the order of its features, and their
 * names; NIL unless the row has all features, of types that they take.
 */
static List *
choose_columns(const Row *row, const CreditModel *model, List **names)
{
	List	   *columns = NIL;

	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		AttrNumber	number = find_column(row, model->feature_names[f]);
		Expr	   *column;
		Oid			base;

		if (number == 0)
			return NIL;
		if (model->forest.features[f].n_splits == 0)
			continue;
		column = column_expression(row, number);
		if (!credit_feature_accepts(model, f, exprType((Node *) column),
									&base))
			return NIL;
		columns = lappend(columns, column);
		*names = lappend(*names, makeString(model->feature_names[f]));
	}
	return columns;
}

/*
 * Adds the columns that other versions of the model use, where the row has
 * them: a plan may outlive the version that it was made for by a statement,
 * when the invalidation comes late.
 */
static List *
add_columns_of_others(const Row *row, List *used, List *columns, List **names)
{
	ListCell   *cell;

	foreach(cell, used)
	{
		AttrNumber	number;

		if (list_member(*names, lfirst(cell)))
			continue;
		number = find_column(row, strVal(lfirst(cell)));
		if (number == 0)
			continue;
		columns = lappend(columns, column_expression(row, number));
		*names = lappend(*names, lfirst(cell));
	}
	return columns;
}

/* -------- the call -------- */

/* credit_score and score_row -> score_columns, and so on; NULL for others. */
static char *
columns_name(const char *name)
{
	size_t		length = strlen(name);

	if (strncmp(name, "credit_", 7) == 0)
		return psprintf("%s_columns", name + 7);
	if (length > 4 && strcmp(name + length - 4, "_row") == 0)
		return psprintf("%.*s_columns", (int) length - 4, name);
	return NULL;
}

/*
 * What takes the place of a function, or InvalidOid.  Looked up in the
 * catalog, because the user need not have the right to the schema.
 */
static Oid
columns_function(Oid function)
{
	static const Oid arguments[] = {REGPROCEDUREOID, TEXTOID, TEXTARRAYOID, ANYOID};
	char	   *name = get_func_name(function);

	if (name != NULL)
		name = columns_name(name);
	if (name == NULL)
		return InvalidOid;
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						   CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(arguments,
														  lengthof(arguments))),
						   ObjectIdGetDatum(get_namespace_oid("credit", true)));
}

static Oid
support_function(void)
{
	static const Oid arguments[] = {INTERNALOID};

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						   CStringGetDatum("score_support"),
						   PointerGetDatum(buildoidvector(arguments, 1)),
						   ObjectIdGetDatum(get_namespace_oid("credit", true)));
}

/* The last pair that credit_plan_replaces() found to be one. */
static Oid	known_function;
static Oid	known_columns;

static void
forget_functions(Datum arg, int cache, uint32 hash)
{
	known_function = known_columns = InvalidOid;
}

bool
credit_plan_replaces(Oid function, Oid columns)
{
	static bool watching = false;

	if (!watching)
	{
		CacheRegisterSyscacheCallback(PROCOID, forget_functions, (Datum) 0);
		watching = true;
	}
	if (function == known_function && columns == known_columns)
		return OidIsValid(function);
	if (!OidIsValid(function) ||
		get_func_support(function) != support_function() ||
		columns_function(function) != columns)
		return false;
	known_function = function;
	known_columns = columns;
	return true;
}

static Const *
make_names(List *names)
{
	Datum	   *items = palloc(list_length(names) * sizeof(Datum));
	ListCell   *cell;
	int			n = 0;

	foreach(cell, names)
		items[n++] = CStringGetTextDatum(strVal(lfirst(cell)));
	return makeConst(TEXTARRAYOID, -1, DEFAULT_COLLATION_OID, -1,
					 PointerGetDatum(construct_array(items, n, TEXTOID, -1,
													 false, TYPALIGN_INT)),
					 false, false);
}

static Expr *
make_call(const FuncExpr *call, Oid function, List *names, List *columns)
{
	List	   *arguments =
		list_make3(makeConst(REGPROCEDUREOID, -1, InvalidOid, sizeof(Oid),
							 ObjectIdGetDatum(call->funcid), false, true),
				   copyObject(lsecond(call->args)),
				   make_names(names));
	FuncExpr   *result = makeFuncExpr(function, call->funcresulttype,
									  list_concat(arguments, columns),
									  call->funccollid, call->inputcollid,
									  COERCE_EXPLICIT_CALL);

	result->location = call->location;
	credit_plan_rewrote = true;
	return (Expr *) result;
}

static void
depend_on_registry(PlannerInfo *root)
{
	root->glob->relationOids = lappend_oid(root->glob->relationOids,
										   credit_registry_alias_table());
}

/* The call on columns, or NULL to leave the call as it is. */
static Expr *
simplify(PlannerInfo *root, FuncExpr *call)
{
	Row			row = {.root = root};
	Const	   *reference = lsecond(call->args);
	int64		version_id;
	Oid			function;
	List	   *names = NIL;
	List	   *columns;

	if (root == NULL || root->parse == NULL || !ActiveSnapshotSet() ||
		!IsA(reference, Const) ||
		!describe_row(&row, linitial(call->args)))
		return NULL;
	version_id = credit_registry_find(reference->constisnull ? NULL :
									  TextDatumGetCString(reference->constvalue));
	function = columns_function(call->funcid);
	if (version_id == 0 || !OidIsValid(function))
		return NULL;
	depend_on_registry(root);
	columns = choose_columns(&row, credit_cache_get(version_id,
													CurrentMemoryContext),
							 &names);
	if (columns == NIL)
		return NULL;
	columns = add_columns_of_others(&row,
									credit_registry_used_by_others(version_id),
									columns, &names);
	if (list_length(columns) > FUNC_MAX_ARGS - CREDIT_FIRST_COLUMN)
		return NULL;
	return make_call(call, function, names, columns);
}

PG_FUNCTION_INFO_V1(credit_score_support);
Datum
credit_score_support(PG_FUNCTION_ARGS)
{
	Node	   *node = (Node *) PG_GETARG_POINTER(0);
	SupportRequestSimplify *request = (SupportRequestSimplify *) node;

	PG_RETURN_POINTER(IsA(node, SupportRequestSimplify) ?
					  simplify(request->root, request->fcall) : NULL);
}

/* Trigger: the registry has changed, so plans that used it are out of date. */
PG_FUNCTION_INFO_V1(credit_registry_changed);
Datum
credit_registry_changed(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"credit.registry_changed\" was not called as a trigger")));
	CacheInvalidateRelcacheByRelid(credit_registry_alias_table());
	return PointerGetDatum(NULL);
}
