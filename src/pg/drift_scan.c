/*
 * drift_scan.c
 *	  The aggregate credit.drift_scan(source, column, ...): one scan of a
 *	  table against the references of its columns.
 *
 * The state lives in the aggregate's memory context.  States of parallel
 * workers travel as bytes, which are checked, for anybody may write some, and
 * added up as they are: what deserializing gives are the same bytes.
 * Where drift_plan.c can, it puts a node in the place of this aggregate.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"
#include "drift_plan.h"
#include "drift_state.h"

#define SOURCE			1		/* arguments */
#define FIRST_COLUMN	2

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "function of an aggregate called on its own");
	return context;
}

static CreditDriftState *
begin(FunctionCallInfo fcinfo)
{
	MemoryContext before = MemoryContextSwitchTo(aggregate_context(fcinfo));
	int			n = PG_NARGS() - FIRST_COLUMN;
	Oid		   *types = palloc(sizeof(Oid) * Max(n, 1));
	CreditDriftState *state;

	for (int i = 0; i < n; i++)
		types[i] = get_fn_expr_argtype(fcinfo->flinfo,
									   i + FIRST_COLUMN);
	state = credit_drift_begin(fcinfo->args[SOURCE], types, n);
	MemoryContextSwitchTo(before);
	return state;
}

PG_FUNCTION_INFO_V1(credit_drift_add);
Datum
credit_drift_add(PG_FUNCTION_ARGS)
{
	CreditDriftState *state = PG_ARGISNULL(0) ? begin(fcinfo) :
		(CreditDriftState *) PG_GETARG_POINTER(0);
	const NullableDatum *values = &fcinfo->args[FIRST_COLUMN];

	for (int i = 0; i < state->n_columns; i++)
		credit_drift_set(state, i, values[i].value, values[i].isnull);
	credit_drift_next(state);
	PG_RETURN_POINTER(state);
}

/* Adds another state's bytes to a state; the first ones become it. */
PG_FUNCTION_INFO_V1(credit_drift_combine);
Datum
credit_drift_combine(PG_FUNCTION_ARGS)
{
	MemoryContext before = MemoryContextSwitchTo(aggregate_context(fcinfo));
	CreditDriftState *state = PG_ARGISNULL(0) ? NULL :
		(CreditDriftState *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1))
	{
		const bytea *other = (const bytea *) PG_GETARG_POINTER(1);

		if (state == NULL)
			state = credit_drift_read(other);
		else
			credit_drift_merge(state, other);
	}
	MemoryContextSwitchTo(before);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/* The state as bytes: for the leader of a parallel plan, and the result. */
PG_FUNCTION_INFO_V1(credit_drift_serial);
Datum
credit_drift_serial(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P(credit_drift_bytes((CreditDriftState *)
										 PG_GETARG_POINTER(0)));
}

/* The bytes as they are: credit_drift_combine(), called next, reads them. */
PG_FUNCTION_INFO_V1(credit_drift_deserial);
Datum
credit_drift_deserial(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo);
	PG_RETURN_POINTER(PG_GETARG_BYTEA_PP(0));
}
