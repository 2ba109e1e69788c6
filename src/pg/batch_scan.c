/*
 * batch_scan.c
 *	  Rows go through the model 64 at a time: the node that batch_plan.c puts
 *	  into plans.
 *
 * It reads up to 64 rows of its child, keeps of each the columns that it has
 * to hand up, converts the arguments of its calls into columns of floats and
 * evaluates these together.  Then it emits row by row.
 *
 * Nothing may tell that rows were read ahead.  A value that a model refuses is
 * therefore kept, and its error raised when its row is emitted, if it ever is.
 * A LIMIT above bounds what is read; LIMIT does not tell such nodes its bound,
 * so the plan carries the expressions.  What does remain: an error below this
 * node, or in an argument that is an expression, comes with the batch, up to
 * 63 rows early.
 */
#include "postgres.h"

#include <math.h>

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "batch.h"
#include "callsite.h"
#include "child.h"
#include "compat.h"
#include "cr_batch.h"
#include "plan.h"

#define ALL_ROWS	(-1)

/* An argument of a call: a column of the child or an expression of them. */
typedef struct Argument
{
	ExprState  *expression;		/* NULL: a column */
	AttrNumber	attribute;
	Oid			type;
} Argument;

/* A column of double precision that is read for a feature that is a number. */
typedef struct Plain
{
	int			place;			/* in a row of the child */
	int			feature;
} Plain;

/* A value that the model refuses: the first one of its row. */
typedef struct Refused
{
	int			argument;		/* -1: none */
	Datum		value;
} Refused;

typedef struct BatchCall
{
	const FuncExpr *call;
	const CreditBatchFunction *function;
	text	   *reference;		/* NULL: the default */
	int			n_arguments;
	Argument   *arguments;
	Oid		   *types;
	CreditCallSite *site;
	int			n_plain;		/* 0: not all that is read is such */
	Plain	   *plain;
	float	   *columns;		/* as cr_batch.h wants them */
	void	   *results;
	Refused		refused[CR_BATCH_ROWS];
} BatchCall;

/* A column of the child that is handed up. */
typedef struct Kept
{
	int			index;			/* in the scan tuple and in that of the child */
	int16		length;
	bool		by_value;
} Kept;

typedef struct BatchState
{
	CustomScanState custom;
	PlanState  *child;
	int			n_child_columns;
	CreditChildReader reader;
	bool		has_expressions;	/* as arguments */
	int			n_kept;
	Kept	   *kept;
	int			n_calls;
	BatchCall  *calls;
	ExprState  *limit_count;
	ExprState  *limit_offset;
	bool		bound_known;
	int64		unread;			/* rows that LIMIT may still ask for, or ALL_ROWS */

	/* The batch. */
	MemoryContext context;
	int			n_rows;
	int			next;			/* to be emitted */
	bool		finished;		/* the child has no more */
	Datum	   *values;			/* [row][kept column] */
	bool	   *nulls;
} BatchState;

/* -------- begin -------- */

static ExprState *
begin_limit(BatchState *state, List *expression)
{
	return expression == NIL ? NULL :
		ExecInitExpr(linitial(expression), &state->custom.ss.ps);
}

static void
begin_arguments(BatchState *state, BatchCall *call, List *arguments)
{
	ListCell   *cell;
	int			n = 0;

	call->n_arguments = list_length(arguments);
	call->arguments = palloc0(call->n_arguments * sizeof(Argument));
	call->types = palloc(call->n_arguments * sizeof(Oid));
	foreach(cell, arguments)
	{
		Expr	   *expression = lfirst(cell);

		call->types[n] = exprType((Node *) expression);
		if (IsA(expression, Var))
			call->arguments[n].attribute = ((Var *) expression)->varattno;
		else
		{
			call->arguments[n].expression =
				ExecInitExpr(expression, &state->custom.ss.ps);
			state->has_expressions = true;
		}
		n++;
	}
}

static void
begin_call(BatchState *state, BatchCall *call, const FuncExpr *expression,
		   const CreditBatchFunction *function, List *arguments)
{
	Const	   *reference = list_nth(expression->args, CREDIT_CALL_REFERENCE);

	call->call = expression;
	call->function = function;
	if (!reference->constisnull)
		call->reference = DatumGetTextPP(reference->constvalue);
	call->site = credit_call_site_create();
	begin_arguments(state, call, arguments);
}

/* The columns of the child that the node's own target and quals read. */
static void
begin_kept(BatchState *state)
{
	ScanState  *scan = &state->custom.ss;
	TupleDesc	descriptor = scan->ss_ScanTupleSlot->tts_tupleDescriptor;
	Bitmapset  *read = NULL;
	int			member = -1;

	pull_varattnos((Node *) scan->ps.plan->targetlist, INDEX_VAR, &read);
	pull_varattnos((Node *) scan->ps.plan->qual, INDEX_VAR, &read);
	state->kept = palloc(state->n_child_columns * sizeof(Kept));
	while ((member = bms_next_member(read, member)) >= 0)
	{
		int			number = member + FirstLowInvalidHeapAttributeNumber;
		Form_pg_attribute attribute;

		if (number > state->n_child_columns)
			break;				/* a call */
		attribute = TupleDescAttr(descriptor, number - 1);
		state->kept[state->n_kept++] = (Kept) {
			number - 1, attribute->attlen, attribute->attbyval
		};
	}
	state->values = palloc(CR_BATCH_ROWS * state->n_kept * sizeof(Datum));
	state->nulls = palloc(CR_BATCH_ROWS * state->n_kept * sizeof(bool));
}

/* The columns up to the last one that is kept or read by the calls. */
static void
begin_reader(BatchState *state, List *expressions)
{
	int			last = state->n_kept == 0 ? 0 :
		state->kept[state->n_kept - 1].index + 1;
	Bitmapset  *read = NULL;
	int			member = -1;

	pull_varattnos((Node *) expressions, INDEX_VAR, &read);
	while ((member = bms_next_member(read, member)) >= 0)
		last = Max(last, member + FirstLowInvalidHeapAttributeNumber);
	credit_child_open(&state->reader, last);
}

static void
begin(CustomScanState *node, EState *estate, int eflags)
{
	BatchState *state = (BatchState *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	List	   *columns = scan->custom_scan_tlist;

	state->child = ExecInitNode(linitial(scan->custom_plans), estate,
								eflags & ~(EXEC_FLAG_BACKWARD | EXEC_FLAG_MARK));
	node->custom_ps = list_make1(state->child);
	state->n_calls = list_length(scan->custom_private);
	state->n_child_columns = list_length(columns) - state->n_calls;
	state->calls = palloc0(state->n_calls * sizeof(BatchCall));
	for (int i = 0; i < state->n_calls; i++)
	{
		TargetEntry *entry = list_nth(columns, state->n_child_columns + i);
		int			place = intVal(list_nth(scan->custom_private, i));

		begin_call(state, &state->calls[i], (FuncExpr *) entry->expr,
				   credit_batch_functions[place],
				   list_nth(scan->custom_exprs, i));
	}
	state->limit_count = begin_limit(state, list_nth(scan->custom_exprs,
													 state->n_calls));
	state->limit_offset = begin_limit(state, list_nth(scan->custom_exprs,
													  state->n_calls + 1));
	begin_kept(state);
	begin_reader(state, scan->custom_exprs);
	state->context = AllocSetContextCreate(CurrentMemoryContext,
										   "credit batch",
										   ALLOCSET_DEFAULT_SIZES);
}

/* -------- how many rows will be asked for -------- */

/* The value of LIMIT or OFFSET, or ALL_ROWS; LIMIT itself reports nonsense. */
static int64
evaluate_limit(BatchState *state, ExprState *expression)
{
	bool		isnull;
	Datum		value = ExecEvalExprSwitchContext(expression,
												  state->custom.ss.ps.ps_ExprContext,
												  &isnull);

	return isnull || DatumGetInt64(value) < 0 ? ALL_ROWS : DatumGetInt64(value);
}

static void
set_bound(BatchState *state)
{
	int64		count = state->limit_count == NULL ? ALL_ROWS :
		evaluate_limit(state, state->limit_count);
	int64		offset = state->limit_offset == NULL ? 0 :
		Max(evaluate_limit(state, state->limit_offset), 0);

	state->unread = count == ALL_ROWS || offset > PG_INT64_MAX - count ?
		ALL_ROWS : count + offset;
	state->bound_known = true;
	if (state->limit_count != NULL)
		ExecSetTupleBound(state->unread, state->child);
}

/* -------- read -------- */

static void
find_plain(BatchCall *call)
{
	const CreditCallSite *site = call->site;
	int			n = 0;

	call->n_plain = 0;
	call->plain = MemoryContextAlloc(site->context,
									 call->n_arguments * sizeof(Plain));
	for (int i = 0; i < call->n_arguments; i++)
	{
		int			f = site->column_features[i];

		if (f < 0)
			continue;
		if (call->arguments[i].expression != NULL ||
			site->column_types[i] != FLOAT8OID ||
			site->model->forest.features[f].kind != CR_NUMERIC)
			return;
		call->plain[n++] = (Plain) {call->arguments[i].attribute - 1, f};
	}
	call->n_plain = n;
}

/* Matches the call's arguments to the model, which may be another now. */
static void
prepare_call(BatchCall *call)
{
	CreditCallSite *site = call->site;
	Const	   *names = list_nth(call->call->args, CREDIT_CALL_NAMES);
	Const	   *function = list_nth(call->call->args, CREDIT_CALL_FUNCTION);

	credit_call_site_resolve(site, call->reference);
	if (site->column_types != NULL)
		return;
	credit_call_site_check_right(DatumGetObjectId(function->constvalue),
								 call->call->funcid);
	credit_call_site_bind(site, names->constisnull ? NULL :
						  DatumGetArrayTypeP(names->constvalue),
						  call->types, call->n_arguments);
	find_plain(call);
	/* All of it is read, also what no column fills. */
	call->columns =
		MemoryContextAllocZero(site->context,
							   site->model->forest.n_features * CR_BATCH_ROWS *
							   sizeof(float));
	call->results = MemoryContextAlloc(site->context,
									   call->function->size(site->model));
}

static void
keep_row(BatchState *state)
{
	const CreditChildReader *reader = &state->reader;
	Datum	   *values = state->values + state->n_rows * state->n_kept;
	bool	   *nulls = state->nulls + state->n_rows * state->n_kept;

	for (int i = 0; i < state->n_kept; i++)
	{
		const Kept *kept = &state->kept[i];

		nulls[i] = reader->nulls[kept->index];
		values[i] = nulls[i] || kept->by_value ?
			reader->values[kept->index] :
			datumCopy(reader->values[kept->index], false, kept->length);
	}
}

static Datum
argument_value(const BatchState *state, const Argument *argument, bool *isnull)
{
	if (argument->expression != NULL)
		return ExecEvalExpr(argument->expression,
							state->custom.ss.ps.ps_ExprContext, isnull);
	*isnull = state->reader.nulls[argument->attribute - 1];
	return state->reader.values[argument->attribute - 1];
}

static void
refuse(BatchState *state, BatchCall *call, int argument, Datum value)
{
	MemoryContext before = MemoryContextSwitchTo(state->context);
	int16		length;
	bool		by_value;

	get_typlenbyval(call->site->column_types[argument], &length, &by_value);
	call->refused[state->n_rows] = (Refused) {
		argument, datumCopy(value, by_value, length)
	};
	MemoryContextSwitchTo(before);
}

/*
 * The commonest row at once: false if any of it is refused.  (What is stored
 * may overwrite anything in a compiler's eyes, but for restrict.)
 */
static bool
take_plain(const BatchState *state, const BatchCall *call)
{
	const Datum *values = state->reader.values;
	const bool *nulls = state->reader.nulls;
	const Plain *restrict plain = call->plain;
	float	   *restrict lane = call->columns + state->n_rows;
	int			n = call->n_plain;
	bool		refused = false;

	for (int i = 0; i < n; i++)
	{
		int			place = plain[i].place;
		double		number = DatumGetFloat8(values[place]);
		float		value = (float) credit_or_nan(number, nulls[place]);

		lane[plain[i].feature * CR_BATCH_ROWS] = value;
		refused |= isinf(value);
	}
	return !refused;
}

/* The arguments of one row become a lane of the columns. */
static void
take_row(BatchState *state, BatchCall *call)
{
	const CreditCallSite *site = call->site;
	float	   *lane = call->columns + state->n_rows;

	call->refused[state->n_rows].argument = -1;
	if (call->n_plain > 0 && take_plain(state, call))
		return;
	for (int i = 0; i < call->n_arguments; i++)
	{
		int			f = site->column_features[i];
		bool		isnull;
		Datum		value;

		if (f < 0)
			continue;
		value = argument_value(state, &call->arguments[i], &isnull);
		if (isnull)
			lane[f * CR_BATCH_ROWS] = NAN;
		else if (!credit_feature_try(site->model, f, site->column_types[i],
									 value, &lane[f * CR_BATCH_ROWS]))
		{
			refuse(state, call, i, value);
			return;
		}
	}
}

static void
take_slot(BatchState *state, TupleTableSlot *slot)
{
	ExprContext *econtext = state->custom.ss.ps.ps_ExprContext;
	MemoryContext before = MemoryContextSwitchTo(state->context);

	if (state->has_expressions) /* which read from the slot */
		slot_getsomeattrs(slot, state->reader.n);
	credit_child_read(&state->reader, slot);
	keep_row(state);
	econtext->ecxt_scantuple = slot;
	MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	for (int i = 0; i < state->n_calls; i++)
		take_row(state, &state->calls[i]);
	MemoryContextSwitchTo(before);
	ResetExprContext(econtext);
}

static void
evaluate_calls(BatchState *state)
{
	for (int i = 0; i < state->n_calls; i++)
	{
		BatchCall  *call = &state->calls[i];

		call->function->evaluate(call->site->model, call->columns,
								 state->n_rows, call->results);
	}
}

/* Reads the next batch; leaves it empty when the child has no more. */
static void
read_batch(BatchState *state)
{
	int			wanted = CR_BATCH_ROWS;

	MemoryContextReset(state->context);
	state->n_rows = 0;
	state->next = 0;
	if (!state->bound_known)
		set_bound(state);
	if (state->unread > 0 && state->unread < wanted)
		wanted = state->unread;
	while (state->n_rows < wanted && !state->finished)
	{
		TupleTableSlot *slot = ExecProcNode(state->child);

		if (TupIsNull(slot))
		{
			state->finished = true;
			break;
		}
		if (state->n_rows == 0)
			for (int i = 0; i < state->n_calls; i++)
				prepare_call(&state->calls[i]);
		take_slot(state, slot);
		state->n_rows++;
	}
	if (state->unread != ALL_ROWS)
		state->unread -= state->n_rows;
	if (state->n_rows > 0)
		evaluate_calls(state);
}

/* -------- emit -------- */

static Datum
call_result(const BatchCall *call, int row)
{
	const CreditCallSite *site = call->site;
	const Refused *refused = &call->refused[row];

	if (refused->argument >= 0)
		credit_feature_value(site->model,
							 site->column_features[refused->argument],
							 site->column_types[refused->argument],
							 refused->value);	/* raises the error */
	return call->function->result(site->model, call->results, row);
}

static void
fill_slot(BatchState *state, TupleTableSlot *slot, int row)
{
	const Datum *values = state->values + row * state->n_kept;
	const bool *nulls = state->nulls + row * state->n_kept;

	ExecClearTuple(slot);
	for (int i = 0; i < state->n_kept; i++)
	{
		slot->tts_values[state->kept[i].index] = values[i];
		slot->tts_isnull[state->kept[i].index] = nulls[i];
	}
	for (int i = 0; i < state->n_calls; i++)
	{
		slot->tts_values[state->n_child_columns + i] =
			call_result(&state->calls[i], row);
		slot->tts_isnull[state->n_child_columns + i] = false;
	}
	ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
emit(CustomScanState *node)
{
	BatchState *state = (BatchState *) node;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	MemoryContext before;

	ResetExprContext(econtext);
	if (state->next == state->n_rows)
		read_batch(state);
	if (state->next == state->n_rows)
		return NULL;
	before = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	fill_slot(state, slot, state->next++);
	MemoryContextSwitchTo(before);
	econtext->ecxt_scantuple = slot;
	return node->ss.ps.ps_ProjInfo == NULL ? slot :
		ExecProject(node->ss.ps.ps_ProjInfo);
}

/* -------- end, rescan, explain -------- */

static void
end(CustomScanState *node)
{
	ExecEndNode(((BatchState *) node)->child);
}

/* The bound first: a sort below decides by it whether it must sort again. */
static void
rescan(CustomScanState *node)
{
	BatchState *state = (BatchState *) node;

	state->n_rows = 0;
	state->next = 0;
	state->finished = false;
	set_bound(state);
	if (node->ss.ps.chgParam != NULL)
		UpdateChangedParamSet(state->child, node->ss.ps.chgParam);
	if (state->child->chgParam == NULL)
		ExecReScan(state->child);
}

static void
explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	BatchState *state = (BatchState *) node;
	List	   *models = NIL;

	for (int i = 0; i < state->n_calls; i++)
	{
		text	   *reference = state->calls[i].reference;
		Node	   *name = (Node *) makeString(reference == NULL ? "(default)" :
											   text_to_cstring(reference));

		models = list_append_unique(models, name);
	}
	for (int i = 0; i < list_length(models); i++)
		lfirst(list_nth_cell(models, i)) = strVal(list_nth(models, i));
	ExplainPropertyList("Model", models, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = CREDIT_BATCH_NAME,
	.BeginCustomScan = begin,
	.ExecCustomScan = emit,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain,
};

static Node *
create_state(CustomScan *scan)
{
	BatchState *state = palloc0(sizeof(BatchState));

	NodeSetTag(state, T_CustomScanState);
	state->custom.methods = &exec_methods;
	return (Node *) state;
}

const CustomScanMethods credit_batch_scan_methods = {
	.CustomName = CREDIT_BATCH_NAME,
	.CreateCustomScanState = create_state,
};
