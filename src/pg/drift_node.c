/*
 * drift_node.c
 *	  A drift scan takes tuples as they are: the node that drift_plan.c puts
 *	  into plans.
 *
 * It reads all rows of its child and gives one: of each call of
 * credit.drift_scan() its state as bytes, which is the result of the aggregate
 * and also what a parallel worker sends to the leader; of count(*), where these
 * two are the same as well, the number of rows.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "child.h"
#include "compat.h"
#include "drift_plan.h"
#include "drift_state.h"

typedef struct Call
{
	ExprState  *source;			/* NULL: count(*) */
	int			n;
	int		   *columns;		/* of the child, from 0 */
	Oid		   *types;
	CreditDriftState *state;
} Call;

typedef struct DriftNode
{
	CustomScanState custom;
	PlanState  *child;
	CreditChildReader reader;
	int			n_child_columns;
	int			n_calls;
	Call	   *calls;
	MemoryContext context;		/* of the calls' states */
	int64		n_rows;
	bool		done;
} DriftNode;

/* -------- begin -------- */

/* As for an aggregate. */
static void
check_right(Oid function)
{
	AclResult	result = credit_function_aclcheck(function, GetUserId());

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_AGGREGATE, get_func_name(function));
	InvokeFunctionExecuteHook(function);
}

/* The source, then the columns; count(*) has no arguments. */
static void
begin_call(DriftNode *node, Call *call, List *arguments)
{
	if (arguments == NIL)
		return;
	call->source = ExecInitExpr(linitial(arguments), &node->custom.ss.ps);
	call->n = list_length(arguments) - 1;
	call->columns = palloc(sizeof(int) * call->n);
	call->types = palloc(sizeof(Oid) * call->n);
	for (int i = 0; i < call->n; i++)
	{
		Var		   *column = list_nth_node(Var, arguments, i + 1);

		call->columns[i] = column->varattno - 1;
		call->types[i] = column->vartype;
	}
}

static int
last_column(const DriftNode *node)
{
	int			last = -1;

	for (int i = 0; i < node->n_calls; i++)
		for (int k = 0; k < node->calls[i].n; k++)
			last = Max(last, node->calls[i].columns[k]);
	return last;
}

static void
begin(CustomScanState *custom, EState *estate, int eflags)
{
	DriftNode  *node = (DriftNode *) custom;
	CustomScan *scan = (CustomScan *) custom->ss.ps.plan;

	node->child = ExecInitNode(linitial(scan->custom_plans), estate,
							   eflags & ~(EXEC_FLAG_BACKWARD | EXEC_FLAG_MARK));
	custom->custom_ps = list_make1(node->child);
	node->n_calls = list_length(scan->custom_exprs);
	node->n_child_columns = list_length(scan->custom_scan_tlist) -
		node->n_calls;
	node->calls = palloc0(sizeof(Call) * node->n_calls);
	for (int i = 0; i < node->n_calls; i++)
	{
		TargetEntry *entry = list_nth(scan->custom_scan_tlist,
									  node->n_child_columns + i);

		check_right(castNode(Aggref, entry->expr)->aggfnoid);
		begin_call(node, &node->calls[i], list_nth(scan->custom_exprs, i));
	}
	credit_child_open(&node->reader, last_column(node) + 1);
	node->context = AllocSetContextCreate(CurrentMemoryContext, "credit drift",
										  ALLOCSET_DEFAULT_SIZES);
}

/* -------- rows -------- */

static void
begin_states(DriftNode *node)
{
	ExprContext *econtext = node->custom.ss.ps.ps_ExprContext;

	for (int i = 0; i < node->n_calls; i++)
	{
		Call	   *call = &node->calls[i];
		NullableDatum source;
		MemoryContext before;

		if (call->source == NULL)
			continue;
		source.value = ExecEvalExprSwitchContext(call->source, econtext,
												 &source.isnull);
		before = MemoryContextSwitchTo(node->context);
		call->state = credit_drift_begin(source, call->types, call->n);
		MemoryContextSwitchTo(before);
	}
}

static void
take_row(const DriftNode *node)
{
	const CreditChildReader *reader = &node->reader;

	for (int i = 0; i < node->n_calls; i++)
	{
		const Call *call = &node->calls[i];

		if (call->state != NULL)
			credit_drift_take(call->state, call->columns, reader->values,
							  reader->nulls);
	}
}

static void
read_rows(DriftNode *node)
{
	ExprContext *econtext = node->custom.ss.ps.ps_ExprContext;

	for (;;)
	{
		TupleTableSlot *slot = ExecProcNode(node->child);
		MemoryContext before;

		if (TupIsNull(slot))
			return;
		if (node->n_rows++ == 0)
			begin_states(node);
		credit_child_read(&node->reader, slot);
		before = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
		take_row(node);
		MemoryContextSwitchTo(before);
		ResetExprContext(econtext);
	}
}

/* -------- the result -------- */

static void
fill_slot(const DriftNode *node, TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, sizeof(bool) * node->n_child_columns);
	for (int i = 0; i < node->n_calls; i++)
	{
		const Call *call = &node->calls[i];
		int			column = node->n_child_columns + i;

		slot->tts_isnull[column] = call->source != NULL &&
			call->state == NULL;
		if (call->state != NULL)
			slot->tts_values[column] =
				PointerGetDatum(credit_drift_bytes(call->state));
		else
			slot->tts_values[column] = Int64GetDatum(node->n_rows);
	}
	ExecStoreVirtualTuple(slot);
}

static void
forget_states(DriftNode *node)
{
	for (int i = 0; i < node->n_calls; i++)
		node->calls[i].state = NULL;
	MemoryContextReset(node->context);
}

static TupleTableSlot *
emit(CustomScanState *custom)
{
	DriftNode  *node = (DriftNode *) custom;
	ExprContext *econtext = custom->ss.ps.ps_ExprContext;
	TupleTableSlot *slot = custom->ss.ss_ScanTupleSlot;
	MemoryContext before;

	ResetExprContext(econtext);
	if (node->done)
		return NULL;
	read_rows(node);
	node->done = true;
	before = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	fill_slot(node, slot);
	MemoryContextSwitchTo(before);
	forget_states(node);
	econtext->ecxt_scantuple = slot;
	return custom->ss.ps.ps_ProjInfo == NULL ? slot :
		ExecProject(custom->ss.ps.ps_ProjInfo);
}

/* -------- end, rescan -------- */

static void
end(CustomScanState *custom)
{
	ExecEndNode(((DriftNode *) custom)->child);
}

static void
rescan(CustomScanState *custom)
{
	DriftNode  *node = (DriftNode *) custom;

	forget_states(node);
	node->n_rows = 0;
	node->done = false;
	if (custom->ss.ps.chgParam != NULL)
		UpdateChangedParamSet(node->child, custom->ss.ps.chgParam);
	if (node->child->chgParam == NULL)
		ExecReScan(node->child);
}

static const CustomExecMethods exec_methods = {
	.CustomName = CREDIT_DRIFT_NAME,
	.BeginCustomScan = begin,
	.ExecCustomScan = emit,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
};

static Node *
create_state(CustomScan *scan)
{
	DriftNode  *node = palloc0(sizeof(DriftNode));

	NodeSetTag(node, T_CustomScanState);
	node->custom.methods = &exec_methods;
	return (Node *) node;
}

const CustomScanMethods credit_drift_scan_methods = {
	.CustomName = CREDIT_DRIFT_NAME,
	.CreateCustomScanState = create_state,
};
