/*
 * drift_state.c
 *	  What a drift scan has counted so far.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "alloc.h"
#include "child.h"
#include "compat.h"
#include "drift_reference.h"
#include "drift_state.h"
#include "report.h"

/* How the values of one column are taken. */
typedef struct CreditDriftColumn
{
	CreditDriftReference reference;
	Oid			type;			/* base type */
	CrDriftBuffer buffer;		/* of numbers */
	FmgrInfo	output;			/* of categories that are no text */
} Column;

/* -------- begin -------- */

static bool
is_number(Oid type)
{
	return type == FLOAT8OID || type == FLOAT4OID || type == INT2OID ||
		type == INT4OID || type == INT8OID || type == NUMERICOID ||
		type == BOOLOID;
}

/* Its reference has been read. */
static void
open_column(Column *column, CrDriftCounts *counts, Oid type,
			const CrAlloc *alloc)
{
	const CrDriftReference *figures = &column->reference.figures;
	Oid			output;
	bool		is_varlena;

	column->type = getBaseType(type);
	if (figures->categorical)
	{
		getTypeOutputInfo(column->type, &output, &is_varlena);
		fmgr_info_cxt(output, &column->output, CurrentMemoryContext);
		cr_drift_init_feature(counts, figures->n_keys, alloc);
		return;
	}
	if (!is_number(column->type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("feature \"%s\" cannot take a value of type %s",
						column->reference.feature, format_type_be(type)),
				 errdetail("The feature is numeric in the reference.")));
	cr_drift_init_fresh(counts, figures->n_keys, alloc);
	cr_drift_init_buffer(&column->buffer, figures->keys, figures->n_keys,
						 alloc);
}

CreditDriftState *
credit_drift_begin(NullableDatum source, const Oid *types, int n)
{
	CreditDriftState *state = palloc0(sizeof(CreditDriftState));
	CrAlloc		alloc = credit_core_alloc();
	CreditDriftReferences references;

	if (source.isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("source must not be null")));
	credit_drift_open_references(&references,
								 DatumGetHeapTupleHeader(source.value));
	if (n == 0 || n != references.n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of columns does not match number of references"),
				 errhint("Call drift_report(), which passes the columns.")));
	state->n_columns = n;
	state->columns = MemoryContextAllocHuge(CurrentMemoryContext,
											sizeof(Column) * n);
	memset(state->columns, 0, sizeof(Column) * n);
	state->plain = palloc(sizeof(bool) * n);
	state->rows = MemoryContextAllocHuge(CurrentMemoryContext,
										 sizeof(double) * CR_DRIFT_BLOCK * n);
	state->row = state->rows;
	cr_drift_init(&state->counts, n, &alloc);
	for (int i = 0; i < n; i++)
	{
		Column	   *column = &state->columns[i];

		credit_drift_read_reference(&references, i, false,
									&column->reference);
		open_column(column, &state->counts.features[i], types[i], &alloc);
		state->plain[i] = !column->reference.figures.categorical &&
			column->type == FLOAT8OID;
	}
	credit_drift_close_references(&references);
	return state;
}

/* -------- rows -------- */

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
category(Column *column, Datum value)
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
	return credit_drift_find_label(&column->reference, label);
}

void
credit_drift_set_any(CreditDriftState *state, int i, Datum value, bool isnull)
{
	Column	   *column = &state->columns[i];
	CrDriftCounts *counts = &state->counts.features[i];

	if (!column->reference.figures.categorical)
		state->row[i] = isnull ? NAN : number(column->type, value);
	else if (isnull)
		counts->n_missing++;
	else
		cr_drift_add_category(counts, category(column, value));
}

/* The numbers of the last rows, column by column, go to the buffers. */
static void
turn_rows(CreditDriftState *state)
{
	for (int i = 0; i < state->n_columns; i++)
		if (!state->columns[i].reference.figures.categorical)
			cr_drift_add(&state->counts.features[i], &state->columns[i].buffer,
						 state->rows + i, state->n_columns, state->n_rows);
	state->n_rows = 0;
	state->row = state->rows;
}

void
credit_drift_next(CreditDriftState *state)
{
	state->row += state->n_columns;
	if (++state->n_rows == CR_DRIFT_BLOCK)
		turn_rows(state);
}

/* What is stored may overwrite anything in a compiler's eyes, but for restrict. */
void
credit_drift_take(CreditDriftState *state, const int *places,
				  const Datum *values, const bool *nulls)
{
	double	   *restrict row = state->row;
	const bool *restrict plain = state->plain;
	int			n = state->n_columns;

	for (int i = 0; i < n; i++)
	{
		Datum		value = values[places[i]];
		bool		isnull = nulls[places[i]];
		double		number = DatumGetFloat8(value);

		if (plain[i])
			row[i] = credit_or_nan(number, isnull);
		else
			credit_drift_set_any(state, i, value, isnull);
	}
	credit_drift_next(state);
}

/* Takes what is still on its way into the counts. */
static void
finish(CreditDriftState *state)
{
	turn_rows(state);
	for (int i = 0; i < state->n_columns; i++)
		if (!state->columns[i].reference.figures.categorical)
			cr_drift_flush(&state->counts.features[i],
						   &state->columns[i].buffer);
}

/* -------- bytes -------- */

bytea *
credit_drift_bytes(CreditDriftState *state)
{
	size_t		size;
	bytea	   *bytes;

	finish(state);
	size = cr_drift_size(&state->counts);
	if (size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("state of the drift scan is too large"),
				 errhint("Store the baseline with a smaller baseline_size, or compare fewer columns.")));
	bytes = palloc(VARHDRSZ + size);
	SET_VARSIZE(bytes, VARHDRSZ + size);
	cr_drift_write(&state->counts, VARDATA(bytes));
	return bytes;
}

static CrView
view_of(const bytea *bytes)
{
	return (CrView) {VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
}

CreditDriftState *
credit_drift_read(const bytea *bytes)
{
	CreditDriftState *state = palloc0(sizeof(CreditDriftState));
	CrAlloc		alloc = credit_core_alloc();
	CrError		error;

	if (cr_drift_read(&state->counts, view_of(bytes), &alloc, &error) != CR_OK)
		credit_report_drift(&error);
	return state;
}

void
credit_drift_merge(CreditDriftState *state, const bytea *bytes)
{
	CrError		error;

	Assert(state->n_columns == 0);
	if (cr_drift_merge(&state->counts, view_of(bytes), &error) != CR_OK)
		credit_report_drift(&error);
}
