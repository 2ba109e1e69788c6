/*
 * score.c
 *	  credit_score, credit_pd and credit_margin, for rows, for JSON objects and,
 *	  where the planner saw through the row (plan.c), for columns.
 *
 * Each call site keeps, in fn_extra, the model it resolved and the map from
 * its row type to the features.  Before each row it asks whether both still
 * hold: the reference and the snapshot for the model, the type's definition
 * for the map.  A plan that lives on into the next statement, or into the
 * next transaction, therefore needs no invalidation to be right.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "compat.h"
#include "cr_link.h"
#include "feature.h"
#include "model_cache.h"
#include "pg_credit.h"
#include "plan.h"
#include "registry.h"

/*
 * State of a call site.  What belongs to a model lives in a context of its
 * own, with the pin on the model, and goes when the model changes.
 */
typedef struct CallSite
{
	MemoryContext context;		/* child of fn_mcxt */
	CreditSnapshotKey key;
	char	   *reference;		/* as it was given; NULL: the default */
	char	   *default_model;	/* the setting then */
	int64		version_id;
	const CreditModel *model;
	CreditRowMap *map;			/* NULL: no row yet, or a JSON object */
	MemoryContext map_context;	/* child of context */
	int			n_columns;
	int		   *column_features;	/* of each column; -1: not read */
	Oid		   *column_types;	/* base types; NULL: no columns yet */
	float	   *vector;
	void	   *scratch;
} CallSite;

/* Compares without a copy: this runs for every row. */
static bool
same_reference(const char *kept, const text *given)
{
	if (kept == NULL || given == NULL)
		return kept == NULL && given == NULL;
	return strlen(kept) == VARSIZE_ANY_EXHDR(given) &&
		memcmp(kept, VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given)) == 0;
}

static bool
still_holds(const CallSite *site, const text *reference)
{
	CreditSnapshotKey key = credit_registry_snapshot_key();

	return site->model != NULL &&
		credit_registry_same_snapshot(&site->key, &key) &&
		same_reference(site->reference, reference) &&
		(reference != NULL ||
		 strcmp(site->default_model, credit_default_model) == 0);
}

static void
use_model(CallSite *site, const char *reference)
{
	int64		version_id = credit_registry_resolve(reference, false);

	if (site->model == NULL || site->version_id != version_id)
	{
		site->model = NULL;
		site->map = NULL;
		site->column_types = NULL;
		MemoryContextReset(site->context);
		site->model = credit_cache_get(version_id, site->context);
		site->version_id = version_id;
		site->vector =
			MemoryContextAlloc(site->context,
							   site->model->forest.n_features * sizeof(float));
		site->scratch = MemoryContextAlloc(site->context,
										   credit_model_scratch(site->model));
	}
}

/* Remembers what the model was found by. */
static void
remember(CallSite *site, char *reference, MemoryContext context)
{
	if (site->reference != NULL)
		pfree(site->reference);
	if (site->default_model != NULL)
		pfree(site->default_model);
	site->reference = reference == NULL ? NULL :
		MemoryContextStrdup(context, reference);
	site->default_model = MemoryContextStrdup(context, credit_default_model);
	site->key = credit_registry_snapshot_key();
}

/*
 * The call site with a model that is right for this row; argument 1 is the
 * reference.
 */
static CallSite *
get_call_site(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	CallSite   *site = flinfo->fn_extra;
	text	   *given = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);

	if (site == NULL)
	{
		site = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(CallSite));
		site->context = AllocSetContextCreate(flinfo->fn_mcxt,
											  "credit call site",
											  ALLOCSET_SMALL_SIZES);
		flinfo->fn_extra = site;
	}
	if (!still_holds(site, given))
	{
		char	   *reference = given == NULL ? NULL : text_to_cstring(given);

		use_model(site, reference);
		remember(site, reference, flinfo->fn_mcxt);
	}
	return site;
}

static void
use_row_type(CallSite *site, Oid type, int32 typmod)
{
	if (site->map != NULL)
	{
		site->map = NULL;
		MemoryContextDelete(site->map_context);
	}
	site->map_context = AllocSetContextCreate(site->context, "credit row map",
											  ALLOCSET_SMALL_SIZES);
	site->map = credit_feature_map(site->model, type, typmod,
								   site->map_context);
}

static float
margin_of_row(FunctionCallInfo fcinfo, CallSite *site)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	Oid			type = HeapTupleHeaderGetTypeId(row);
	int32		typmod = HeapTupleHeaderGetTypMod(row);

	if (site->map == NULL || !credit_feature_map_fits(site->map, type, typmod))
		use_row_type(site, type, typmod);
	credit_feature_row(site->model, site->map, row, site->vector);
	PG_FREE_IF_COPY(row, 0);
	return credit_model_margin(site->model, site->vector, site->scratch);
}

static float
margin_of_jsonb(FunctionCallInfo fcinfo, CallSite *site)
{
	Jsonb	   *object = PG_GETARG_JSONB_P(0);

	credit_feature_jsonb(site->model, object, site->vector);
	PG_FREE_IF_COPY(object, 0);
	return credit_model_margin(site->model, site->vector, site->scratch);
}

/* -------- columns -------- */

/*
 * The executor checked the right to call this function (columns), which
 * everybody has; what counts is the right to the function that was written.
 */
static void
check_right(Oid function, Oid columns)
{
	AclResult	result = credit_plan_replaces(function, columns) ?
		credit_function_aclcheck(function, GetUserId()) : ACLCHECK_NO_PRIV;

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, get_func_name(function));
}

/* The feature of that name that the model uses, or -1. */
static int
find_used_feature(const CreditModel *model, const char *name)
{
	for (uint32 f = 0; f < model->forest.n_features; f++)
		if (strcmp(model->feature_names[f], name) == 0)
			return model->forest.features[f].n_splits > 0 ? (int) f : -1;
	return -1;
}

static bool
has_column(const CallSite *site, uint32 feature)
{
	for (int i = 0; i < site->n_columns; i++)
		if (site->column_features[i] == (int) feature)
			return true;
	return false;
}

/*
 * The plan has the columns of the versions that there were.  One that was
 * imported and came into use since may read others; the invalidation of the
 * plan is then on its way.
 */
static void
check_columns(const CallSite *site)
{
	const CreditModel *model = site->model;

	for (uint32 f = 0; f < model->forest.n_features; f++)
		if (model->forest.features[f].n_splits > 0 && !has_column(site, f))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("model \"%s\" came into use after the statement was planned",
							model->reference),
					 errdetail("It reads \"%s\", which the plan does not provide.",
							   model->feature_names[f]),
					 errhint("Run the transaction again.")));
}

/* Matches the columns to the features that the model uses, by name. */
static void
use_columns(FunctionCallInfo fcinfo, CallSite *site)
{
	const CreditModel *model = site->model;
	Datum	   *names;
	Oid		   *types;
	int			n = -1;

	if (!PG_ARGISNULL(2))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, -1, false,
						  TYPALIGN_INT, &names, NULL, &n);
	if (n != PG_NARGS() - CREDIT_FIRST_COLUMN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of names does not match number of columns"),
				 errhint("This function is for the planner; call credit_score(), credit_pd() or credit_margin().")));
	types = MemoryContextAllocZero(site->context, n * sizeof(Oid));
	site->column_features = MemoryContextAlloc(site->context, n * sizeof(int));
	for (int i = 0; i < n; i++)
	{
		int			f = find_used_feature(model,
										  TextDatumGetCString(names[i]));
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo,
											   i + CREDIT_FIRST_COLUMN);

		if (f >= 0 && !credit_feature_accepts(model, f, type, &types[i]))
			f = -1;
		site->column_features[i] = f;
	}
	site->n_columns = n;
	for (uint32 f = 0; f < model->forest.n_features; f++)
		site->vector[f] = NAN;
	check_columns(site);
	site->column_types = types;
}

static float
margin_of_columns(FunctionCallInfo fcinfo, CallSite *site)
{
	if (site->column_types == NULL)
	{
		check_right(PG_GETARG_OID(0), fcinfo->flinfo->fn_oid);
		use_columns(fcinfo, site);
	}
	for (int i = 0; i < site->n_columns; i++)
	{
		int			f = site->column_features[i];

		if (f >= 0)
			site->vector[f] = PG_ARGISNULL(i + CREDIT_FIRST_COLUMN) ? NAN :
				credit_feature_value(site->model, f, site->column_types[i],
									 PG_GETARG_DATUM(i + CREDIT_FIRST_COLUMN));
	}
	return credit_model_margin(site->model, site->vector, site->scratch);
}

/* -------- entry points -------- */

static Datum
points(const CreditModel *model, float margin)
{
	const CrForest *forest = &model->forest;
	double		points = cr_link_points(&forest->header->scaling,
										cr_link_bad_margin(forest, margin));

	if (points < PG_INT32_MIN || points > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("score of model \"%s\" is out of range",
						model->reference),
				 errhint("Import the model with a scaling that has min and max.")));
	return Int32GetDatum((int32) points);
}

static Datum
probability(const CreditModel *model, float margin)
{
	return Float8GetDatum(cr_link_pd(cr_link_bad_margin(&model->forest,
														margin)));
}

/* An applicant who is not there has no score. */
#define SCORE_FUNCTION(name, margin_of, result) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	CallSite   *site; \
	float		margin; \
\
	if (PG_ARGISNULL(0)) \
		PG_RETURN_NULL(); \
	site = get_call_site(fcinfo); \
	margin = margin_of(fcinfo, site); \
	return result; \
}

SCORE_FUNCTION(credit_score, margin_of_row, points(site->model, margin))
SCORE_FUNCTION(credit_score_jsonb, margin_of_jsonb, points(site->model, margin))
SCORE_FUNCTION(credit_pd, margin_of_row, probability(site->model, margin))
SCORE_FUNCTION(credit_pd_jsonb, margin_of_jsonb, probability(site->model, margin))
SCORE_FUNCTION(credit_margin, margin_of_row, Float4GetDatum(margin))
SCORE_FUNCTION(credit_margin_jsonb, margin_of_jsonb, Float4GetDatum(margin))
SCORE_FUNCTION(credit_score_columns, margin_of_columns, points(site->model, margin))
SCORE_FUNCTION(credit_pd_columns, margin_of_columns, probability(site->model, margin))
SCORE_FUNCTION(credit_margin_columns, margin_of_columns, Float4GetDatum(margin))
