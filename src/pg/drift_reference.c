/*
 * drift_reference.c
 *	  credit.drift_source -> what the core compares with.
 *
 * References are in credit.drift_baseline, or in a list that a query has made.
 * Whoever can call SQL can write such a list: order, lengths and counts are
 * checked, of both.  The baseline is megabytes of arrays, so it is read from
 * the table, with the caller's rights: as values in a query they would be
 * copied half a dozen times.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

#include "compat.h"
#include "drift_reference.h"

/* Columns of credit.drift_source, from 0. */
enum
{
	MODEL_VERSION_ID,
	FIRST,
	N,
	LIST,
	N_SOURCE_COLUMNS
};

/* Columns of credit.drift_reference, and of BASELINE, from 0. */
#define BASELINE \
	"SELECT feature, categorical, n, missing, mean, squares, resolution, " \
	"keys, labels, counts FROM credit.drift_baseline " \
	"WHERE model_version_id OPERATOR(pg_catalog.=) $1 " \
	"AND position OPERATOR(pg_catalog.>=) $2 " \
	"AND position OPERATOR(pg_catalog.<) $3 ORDER BY position"

enum
{
	FEATURE,
	CATEGORICAL,
	ROWS,
	MISSING,
	MEAN,
	SQUARES,
	RESOLUTION,
	KEYS,
	LABELS,
	COUNTS,
	N_COLUMNS
};

#define OTHER	CR_VIEW("(other)")

static void
invalid_reference(const char *feature, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("reference of feature \"%s\" is damaged", feature),
			 errdetail("%s", detail),
			 errhint("Store the baseline of the model again.")));
}

/* An array of one dimension without NULLs. */
static ArrayType *
plain_array(Datum value, Oid type, const char *feature, int *n)
{
	ArrayType  *array = DatumGetArrayTypeP(value);

	if (ARR_NDIM(array) > 1 || array_contains_nulls(array) ||
		ARR_ELEMTYPE(array) != type)
		invalid_reference(feature, "A list has NULLs or several dimensions.");
	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return array;
}

/* ARR_DATA_PTR(), whose signs gcc's -Wextra finds fault with. */
static const char *
array_data(const ArrayType *array)
{
	return (const char *) array + (ARR_HASNULL(array) ?
								   (size_t) array->dataoffset :
								   ARR_OVERHEAD_NONULLS(ARR_NDIM(array)));
}

/* What came from TOAST. */
static void
forget_copy(ArrayType *array, Datum value)
{
	if ((Pointer) array != DatumGetPointer(value))
		pfree(array);
}

static void
read_keys(CreditDriftReference *reference, Datum value)
{
	CrDriftReference *figures = &reference->figures;
	double	   *keys;
	int			n;
	ArrayType  *array = plain_array(value, FLOAT8OID, reference->feature, &n);

	if (n > CR_MAX_DRIFT_KEYS)
		invalid_reference(reference->feature, "There are too many values.");
	keys = MemoryContextAllocHuge(CurrentMemoryContext,
								  sizeof(double) * (n + CR_LOOKUP_PADDING));
	memcpy(keys, array_data(array), sizeof(double) * n);
	forget_copy(array, value);
	for (int i = 0; i < n; i++)
		if (isnan(keys[i]) || (i > 0 && keys[i] <= keys[i - 1]))
			invalid_reference(reference->feature, "Values are out of order.");
	for (int i = 0; i < CR_LOOKUP_PADDING; i++)
		keys[n + i] = INFINITY;
	figures->keys = keys;
	figures->n_keys = n;
}

static void
read_labels(CreditDriftReference *reference, Datum value)
{
	int			n;
	ArrayType  *array = plain_array(value, TEXTOID, reference->feature, &n);
	Datum	   *datums;

	array = (ArrayType *) PG_DETOAST_DATUM_COPY(PointerGetDatum(array));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &datums, NULL,
					  &n);
	reference->labels = palloc(sizeof(CrView) * n);
	reference->figures.n_keys = n;
	for (int i = 0; i < n; i++)
	{
		text	   *label = DatumGetTextPP(datums[i]);

		reference->labels[i] = (CrView) {VARDATA_ANY(label),
		VARSIZE_ANY_EXHDR(label)};
		if (i > 0 && cr_view_compare(reference->labels[i - 1],
									 reference->labels[i]) >= 0)
			invalid_reference(reference->feature,
							  "Categories are out of order.");
	}
}

static void
read_counts(CreditDriftReference *reference, Datum value)
{
	CrDriftReference *figures = &reference->figures;
	uint64_t   *counts;
	uint64		left = figures->moments.n;
	int			n;
	ArrayType  *array = plain_array(value, INT8OID, reference->feature, &n);

	if ((uint32) n != figures->n_keys)
		invalid_reference(reference->feature, figures->categorical ?
						  "There are not as many categories as counts." :
						  "There are not as many values as counts.");
	counts = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(uint64_t) * n);
	memcpy(counts, array_data(array), sizeof(uint64_t) * n);
	forget_copy(array, value);
	for (int i = 0; i < n; i++)
	{
		if (counts[i] > left)	/* or negative */
			invalid_reference(reference->feature,
							  "The counts do not add up to the rows.");
		left -= counts[i];
	}
	if (left != 0)
		invalid_reference(reference->feature,
						  "The counts do not add up to the rows.");
	figures->counts = counts;
}

/* The key of a category; n_keys for one that the reference does not have. */
static uint32
find_label(const CreditDriftReference *reference, CrView label)
{
	uint32		low = 0;
	uint32		high = reference->figures.n_keys;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;
		int			order = cr_view_compare(reference->labels[middle], label);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return reference->figures.n_keys;
}

/*
 * The same, but where the reference kept its largest categories only, others
 * count as the other ones.
 */
uint32
credit_drift_find_label(const CreditDriftReference *reference, CrView label)
{
	uint32		key = find_label(reference, label);

	return key < reference->figures.n_keys ? key : reference->other;
}

static void
check_columns(const bool *nulls)
{
	for (int i = FEATURE; i < N_COLUMNS; i++)
		if (nulls[i] && i != KEYS && i != LABELS)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("reference of a feature is damaged"),
					 errdetail("Column %d is NULL.", i + 1),
					 errhint("Store the baseline of the model again.")));
}

void
credit_drift_read_reference(const CreditDriftReferences *references, int i,
							bool with_counts, CreditDriftReference *reference)
{
	CrDriftReference *figures = &reference->figures;
	Datum		values[N_COLUMNS];
	bool		nulls[N_COLUMNS];

	CHECK_FOR_INTERRUPTS();
	memset(reference, 0, sizeof(*reference));
	heap_deform_tuple(&references->rows[i], references->descriptor, values,
					  nulls);
	check_columns(nulls);
	reference->feature = TextDatumGetCString(values[FEATURE]);
	figures->categorical = DatumGetBool(values[CATEGORICAL]);
	if (nulls[figures->categorical ? LABELS : KEYS])
		invalid_reference(reference->feature, "It has no values.");
	if (DatumGetInt64(values[ROWS]) < 0 || DatumGetInt64(values[MISSING]) < 0 ||
		DatumGetFloat8(values[SQUARES]) < 0 ||
		!(DatumGetFloat8(values[RESOLUTION]) >= 0))
		invalid_reference(reference->feature, "A number is negative.");
	figures->resolution = figures->categorical ? 0 :
		DatumGetFloat8(values[RESOLUTION]);
	figures->n_missing = DatumGetInt64(values[MISSING]);
	figures->moments = (CrMoments) {DatumGetInt64(values[ROWS]),
	DatumGetFloat8(values[MEAN]), DatumGetFloat8(values[SQUARES])};
	if (!figures->categorical)
		read_keys(reference, values[KEYS]);
	else
	{
		read_labels(reference, values[LABELS]);
		reference->other = DatumGetFloat8(values[RESOLUTION]) == 0 ?
			figures->n_keys : find_label(reference, OTHER);
	}
	if (with_counts)
		read_counts(reference, values[COUNTS]);
}

/* -------- all of a source -------- */

static HeapTupleData *
make_rows(int n)
{
	return palloc0(sizeof(HeapTupleData) * Max(n, 1));
}

static HeapTupleData
tuple_of(HeapTupleHeader row)
{
	return (HeapTupleData) {.t_len = HeapTupleHeaderGetDatumLength(row),
							.t_data = row};
}

static void
open_list(CreditDriftReferences *references, ArrayType *array)
{
	Datum	   *rows;
	bool	   *nulls;

	references->descriptor = lookup_rowtype_tupdesc(ARR_ELEMTYPE(array), -1);
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE,
					  &rows, &nulls, &references->n);
	references->rows = make_rows(references->n);
	for (int i = 0; i < references->n; i++)
	{
		if (nulls[i])
			invalid_reference("", "It is NULL.");
		references->rows[i] = tuple_of(DatumGetHeapTupleHeader(rows[i]));
	}
}

/* Arrays are still in TOAST then.  The caller's memory context stays. */
static void
open_baseline(CreditDriftReferences *references, int64 version_id, int32 first,
			  int32 n)
{
	Oid			types[] = {INT8OID, INT4OID, INT8OID};
	Datum		values[] = {Int64GetDatum(version_id), Int32GetDatum(first),
	Int64GetDatum((int64) first + n)};
	MemoryContext context = CurrentMemoryContext;
	int			result;

	SPI_connect();
	result = SPI_execute_with_args(BASELINE, lengthof(types), types, values,
								   NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read the baseline: %s",
			 SPI_result_code_string(result));
	if (SPI_processed != (uint64) n)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("stored baseline does not have these references"),
				 errdetail("It has %llu from position %d on, where %d are wanted.",
						   (unsigned long long) SPI_processed, first, n),
				 errhint("Call drift_report(), which passes them.")));
	MemoryContextSwitchTo(context);
	references->n = n;
	references->stored = true;
	references->descriptor = SPI_tuptable->tupdesc;
	references->rows = make_rows(n);
	for (int i = 0; i < n; i++)
		references->rows[i] = *SPI_tuptable->vals[i];
}

void
credit_drift_open_references(CreditDriftReferences *references,
							 HeapTupleHeader source)
{
	HeapTupleData tuple = tuple_of(source);
	TupleDesc	descriptor =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(source),
							   HeapTupleHeaderGetTypMod(source));
	Datum		values[N_SOURCE_COLUMNS];
	bool		nulls[N_SOURCE_COLUMNS];

	memset(references, 0, sizeof(*references));
	heap_deform_tuple(&tuple, descriptor, values, nulls);
	ReleaseTupleDesc(descriptor);
	if (!nulls[LIST])
		open_list(references, DatumGetArrayTypeP(values[LIST]));
	else if (nulls[MODEL_VERSION_ID] || nulls[FIRST] || nulls[N])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("source of a drift scan has neither a list nor a baseline"),
				 errhint("Call drift_report(), which passes it.")));
	else
		open_baseline(references, DatumGetInt64(values[MODEL_VERSION_ID]),
					  DatumGetInt32(values[FIRST]), DatumGetInt32(values[N]));
}

void
credit_drift_close_references(CreditDriftReferences *references)
{
	if (references->stored)
		SPI_finish();
	else
		ReleaseTupleDesc(references->descriptor);
}
