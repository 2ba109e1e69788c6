/*
 * drift_scan.c
 *	  The aggregate credit.drift_scan(reference, column, ...): one scan of a
 *	  table against the references of its columns.
 *
 * The state lives in the aggregate's memory context: counts for every feature,
 * and, where rows arrive, the last few rows, buffers of values on their way
 * into the counts and the references to look them up in.  States of parallel
 * workers travel as bytes, which are checked, for anybody may write some.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "alloc.h"
#include "compat.h"
#include "drift_reference.h"
#include "report.h"

#define FIRST_COLUMN	2		/* argument: state, reference, columns */

/* How the values of one column are taken. */
typedef struct Column
{
	Oid			type;			/* base type */
	bool		categorical;
	CrDriftBuffer buffer;		/* of numbers */
	FmgrInfo	output;			/* of categories that are no text */
} Column;

typedef struct Scan
{
	CrDriftState state;
	int			n_columns;		/* 0: no rows arrive here */
	CreditDriftReference *references;
	Column	   *columns;
	uint32		n_rows;
	double	   *rows;			/* CR_DRIFT_BLOCK, row by row; NaN: missing */
} Scan;

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "function of an aggregate called on its own");
	return context;
}

/* -------- rows -------- */

static bool
is_number(Oid type)
{
	return type == FLOAT8OID || type == FLOAT4OID || type == INT2OID ||
		type == INT4OID || type == INT8OID || type == NUMERICOID ||
		type == BOOLOID;
}

static void
open_column(Column *column, const CreditDriftReference *reference, Oid type,
			const CrAlloc *alloc)
{
	Oid			output;
	bool		is_varlena;

	column->type = getBaseType(type);
	column->categorical = reference->figures.categorical;
	if (column->categorical)
	{
		getTypeOutputInfo(column->type, &output, &is_varlena);
		fmgr_info_cxt(output, &column->output, CurrentMemoryContext);
		return;
	}
	if (!is_number(column->type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("feature \"%s\" cannot take a value of type %s",
						reference->feature, format_type_be(type)),
				 errdetail("The feature is numeric in the reference.")));
	cr_drift_init_buffer(&column->buffer, reference->figures.keys,
						 reference->figures.n_keys, alloc);
}

/* The state of a scan that has seen no row; in the current context. */
static Scan *
begin_scan(FunctionCallInfo fcinfo)
{
	Scan	   *scan = palloc0(sizeof(Scan));
	CrAlloc		alloc = credit_core_alloc();
	int			n;

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("reference must not be null")));
	scan->references = credit_drift_references(PG_GETARG_ARRAYTYPE_P(1), &n);
	if (n == 0 || n != PG_NARGS() - FIRST_COLUMN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of columns does not match number of references"),
				 errhint("Call drift_report(), which passes the columns.")));
	scan->n_columns = n;
	scan->columns = MemoryContextAllocHuge(CurrentMemoryContext,
										   sizeof(Column) * n);
	memset(scan->columns, 0, sizeof(Column) * n);
	scan->rows = MemoryContextAllocHuge(CurrentMemoryContext,
										sizeof(double) * CR_DRIFT_BLOCK * n);
	cr_drift_init(&scan->state, n, &alloc);
	for (int i = 0; i < n; i++)
	{
		open_column(&scan->columns[i], &scan->references[i],
					get_fn_expr_argtype(fcinfo->flinfo, i + FIRST_COLUMN),
					&alloc);
		cr_drift_init_feature(&scan->state.features[i],
							  scan->references[i].figures.n_keys, &alloc);
	}
	return scan;
}

/* Of any type but double precision. */
static double
number(Oid type, Datum value)
{
	switch (type)
	{
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case BOOLOID:
			return DatumGetBool(value);
		default:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
													  value));
	}
}

/* As the value's text, the way credit.drift_reference_of() casts it. */
static uint32
category(Column *column, const CreditDriftReference *reference, Datum value)
{
	CrView		label;

	if (column->type == TEXTOID || column->type == VARCHAROID)
	{
		text	   *string = DatumGetTextPP(value);

		label = (CrView) {VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string)};
	}
	else if (column->type == BOOLOID)
		label = DatumGetBool(value) ? CR_VIEW("true") : CR_VIEW("false");
	else
	{
		char	   *string = OutputFunctionCall(&column->output, value);

		label = (CrView) {string, strlen(string)};
		if (column->type == BPCHAROID)
			label.length = bpchartruelen(string, label.length);
	}
	return credit_drift_find_label(reference, label);
}

static void
add_category(Scan *scan, int i, const NullableDatum *value)
{
	CrDriftCounts *counts = &scan->state.features[i];

	if (value->isnull)
		counts->n_missing++;
	else
		cr_drift_add_category(counts, category(&scan->columns[i],
											   &scan->references[i],
											   value->value));
}

/* The numbers of the last rows, column by column, go to the buffers. */
static void
turn_rows(Scan *scan)
{
	for (int i = 0; i < scan->n_columns; i++)
		if (!scan->columns[i].categorical)
			cr_drift_add(&scan->state.features[i], &scan->columns[i].buffer,
						 scan->rows + i, scan->n_columns, scan->n_rows);
	scan->n_rows = 0;
}

PG_FUNCTION_INFO_V1(credit_drift_add);
Datum
credit_drift_add(PG_FUNCTION_ARGS)
{
	Scan	   *scan;
	const NullableDatum *values;
	double	   *row;

	if (PG_ARGISNULL(0))
	{
		MemoryContext before = MemoryContextSwitchTo(aggregate_context(fcinfo));

		scan = begin_scan(fcinfo);
		MemoryContextSwitchTo(before);
	}
	else
		scan = (Scan *) PG_GETARG_POINTER(0);
	values = &fcinfo->args[FIRST_COLUMN];
	row = scan->rows + (size_t) scan->n_rows * scan->n_columns;
	for (int i = 0; i < scan->n_columns; i++)
	{
		const Column *column = &scan->columns[i];

		if (column->categorical)
			add_category(scan, i, &values[i]);
		else if (values[i].isnull)
			row[i] = NAN;
		else
			row[i] = column->type == FLOAT8OID ?
				DatumGetFloat8(values[i].value) :
				number(column->type, values[i].value);
	}
	if (++scan->n_rows == CR_DRIFT_BLOCK)
		turn_rows(scan);
	PG_RETURN_POINTER(scan);
}

/* -------- states -------- */

/* Takes what is still on its way into the counts. */
static void
finish(Scan *scan)
{
	turn_rows(scan);
	for (int i = 0; i < scan->n_columns; i++)
		if (!scan->columns[i].categorical)
			cr_drift_finish(&scan->state.features[i],
							&scan->columns[i].buffer);
}

/* An empty state as wide as another, in the current context. */
static Scan *
empty_like(const Scan *other)
{
	Scan	   *scan = palloc0(sizeof(Scan));
	CrAlloc		alloc = credit_core_alloc();

	cr_drift_init(&scan->state, other->state.n_features, &alloc);
	for (uint32 f = 0; f < other->state.n_features; f++)
		cr_drift_init_feature(&scan->state.features[f],
							  other->state.features[f].n_keys, &alloc);
	return scan;
}

PG_FUNCTION_INFO_V1(credit_drift_combine);
Datum
credit_drift_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Scan	   *scan = PG_ARGISNULL(0) ? NULL : (Scan *) PG_GETARG_POINTER(0);
	Scan	   *other = PG_ARGISNULL(1) ? NULL : (Scan *) PG_GETARG_POINTER(1);
	CrError		error;

	if (other == NULL && scan == NULL)
		PG_RETURN_NULL();
	if (other == NULL)
		PG_RETURN_POINTER(scan);
	if (scan == NULL)
	{
		MemoryContext before = MemoryContextSwitchTo(context);

		scan = empty_like(other);
		MemoryContextSwitchTo(before);
	}
	finish(scan);
	finish(other);
	if (cr_drift_merge(&scan->state, &other->state, &error) != CR_OK)
		credit_report_drift(&error);
	PG_RETURN_POINTER(scan);
}

/* The state as bytes: for the leader of a parallel plan, and the result. */
PG_FUNCTION_INFO_V1(credit_drift_serial);
Datum
credit_drift_serial(PG_FUNCTION_ARGS)
{
	Scan	   *scan;
	size_t		size;
	bytea	   *result;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	scan = (Scan *) PG_GETARG_POINTER(0);
	finish(scan);
	size = cr_drift_size(&scan->state);
	if (size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("state of the drift scan is too large"),
				 errhint("Store the baseline with a smaller baseline_size, or compare fewer columns.")));
	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	cr_drift_write(&scan->state, VARDATA(result));
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(credit_drift_deserial);
Datum
credit_drift_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	Scan	   *scan = palloc0(sizeof(Scan));
	CrAlloc		alloc = credit_core_alloc();
	CrError		error;

	(void) aggregate_context(fcinfo);
	if (cr_drift_read(&scan->state, (CrView) {VARDATA_ANY(bytes),
					  VARSIZE_ANY_EXHDR(bytes)},
					  &alloc, &error) != CR_OK)
		credit_report_drift(&error);
	PG_RETURN_POINTER(scan);
}
