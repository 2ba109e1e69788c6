/*
 * drift_figures.c
 *	  credit.drift_figures(): references and the states of a scan -> a row for
 *	  each feature with every statistic.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "alloc.h"
#include "compat.h"
#include "drift_reference.h"
#include "report.h"

#define N_FIGURES	23	/* columns of credit.drift_figure */

/* A row under construction. */
typedef struct Row
{
	int			n;
	Datum		values[N_FIGURES];
	bool		nulls[N_FIGURES];
} Row;

static void
put(Row *row, Datum value, bool is_null)
{
	row->nulls[row->n] = is_null;
	row->values[row->n++] = value;
}

/* NaN, a figure that does not exist, is NULL. */
static void
put_number(Row *row, double value)
{
	put(row, Float8GetDatum(value), isnan(value));
}

static void
put_share(Row *row, uint64 part, uint64 rest)
{
	put_number(row, part + rest == 0 ? NAN :
			   (double) part / ((double) part + (double) rest));
}

static void
put_samples(Row *row, const CrDriftReference *reference,
			const CrDriftCounts *counts)
{
	uint64		n = reference->moments.n;

	put(row, Int64GetDatum(n), false);
	put(row, Int64GetDatum(counts->moments.n), false);
	put_share(row, reference->n_missing, n);
	put_share(row, counts->n_missing, counts->moments.n);
	put_number(row, reference->categorical || n < 2 ? NAN :
			   sqrt(reference->moments.squares / (n - 1)));
}

static void
put_homogeneity(Row *row, const CrHomogeneity *test)
{
	put_number(row, test->statistic);
	put_number(row, test->df);
	put_number(row, test->p_value);
	put_number(row, test->cramer_v);
}

static void
put_figures(Row *row, const CrDriftFigures *figures)
{
	put_number(row, figures->ks);
	put_number(row, figures->ks_p_value);
	put_number(row, figures->resolution);
	put_number(row, figures->detectable);
	put_homogeneity(row, &figures->homogeneity);
	put_number(row, figures->psi);
	put_number(row, figures->js);
	put_number(row, figures->wasserstein.lower);
	put_number(row, figures->wasserstein.upper);
	put_number(row, figures->means.difference);
	put_number(row, figures->means.p_value);
	put_number(row, figures->means.effect);
	put_number(row, figures->missing.p_value);
}

static void
foreign_state(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("state of the drift scan belongs to another reference"),
			 errhint("Pass the source that credit.drift_scan() had, or call drift_report().")));
}

static void
put_feature(ReturnSetInfo *result, const CreditDriftReference *reference,
			const CrDriftCounts *counts, const CrAlloc *alloc)
{
	CrDriftFigures figures = cr_drift_figures(&reference->figures, counts,
											  alloc);
	Row			row = {0};

	put(&row, CStringGetTextDatum(reference->feature), false);
	put(&row, BoolGetDatum(reference->figures.categorical), false);
	put_samples(&row, &reference->figures, counts);
	put_figures(&row, &figures);
	tuplestore_putvalues(result->setResult, result->setDesc, row.values,
						 row.nulls);
}

/* The row of a reference and of what a reader comes to next; NULL: no rows. */
static void
put_next(ReturnSetInfo *result, const CreditDriftReferences *references,
		 int i, CrDriftReader *reader)
{
	CrAlloc		alloc = credit_core_alloc();
	CreditDriftReference reference;
	CrDriftCounts counts;
	CrError		error;
	uint32		n_keys;

	credit_drift_read_reference(references, i, true, &reference);
	cr_drift_init_feature(&counts, reference.figures.n_keys, &alloc);
	if (reader != NULL)
	{
		if (cr_drift_peek(reader, &n_keys, &error) != CR_OK)
			credit_report_drift(&error);
		if (n_keys != counts.n_keys)
			foreign_state();
		if (cr_drift_next(reader, &counts, &error) != CR_OK)
			credit_report_drift(&error);
	}
	put_feature(result, &reference, &counts, &alloc);
}

/* Of the references from first on; returns how many the state has. */
static int
put_state(ReturnSetInfo *result, const CreditDriftReferences *references,
		  int first, const bytea *bytes)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "credit drift feature",
												  ALLOCSET_DEFAULT_SIZES);
	int			n = references->n - first;
	CrDriftReader reader;
	CrError		error;

	if (bytes != NULL)
	{
		if (cr_drift_open(&reader, (CrView) {VARDATA_ANY(bytes),
						  VARSIZE_ANY_EXHDR(bytes)}, &error) != CR_OK)
			credit_report_drift(&error);
		if (reader.n_features > (uint32) n)
			foreign_state();
		n = reader.n_features;
	}
	for (int i = 0; i < n; i++)
	{
		MemoryContext before = MemoryContextSwitchTo(context);

		put_next(result, references, first + i,
				 bytes == NULL ? NULL : &reader);
		MemoryContextSwitchTo(before);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
	return n;
}

PG_FUNCTION_INFO_V1(credit_drift_figures);
Datum
credit_drift_figures(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CreditDriftReferences references;
	Datum	   *states;
	bool	   *nulls;
	int			n_states;
	int			n = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	credit_drift_open_references(&references, PG_GETARG_HEAPTUPLEHEADER(0));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), BYTEAOID, -1, false,
					  TYPALIGN_INT, &states, &nulls, &n_states);
	for (int i = 0; i < n_states; i++)
		n += put_state(result, &references, n, nulls[i] ? NULL :
					   DatumGetByteaPP(states[i]));
	if (n != references.n)
		foreign_state();
	credit_drift_close_references(&references);
	return (Datum) 0;
}
