/*
 * reasons.c
 *	  Why an applicant has not more points: credit_reasons(), and the same of an
 *	  image.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "compat.h"
#include "losses.h"
#include "pg_credit.h"
#include "reasons.h"

static CreditReason *
find_reasons(CreditModel *model, const float *vector,
			 const CreditCatalogue *catalogue, int max_reasons, int *n)
{
	const CrForest *forest = &model->forest;
	CrLoss	   *ranked = palloc(forest->n_features * sizeof(CrLoss));
	CreditReason *reasons;

	*n = (int) credit_losses_rank(model, vector, catalogue,
								  (uint32) max_reasons, ranked);
	reasons = palloc(*n * sizeof(CreditReason));
	for (int i = 0; i < *n; i++)
		reasons[i] = (CreditReason) {catalogue->codes[ranked[i].feature],
			catalogue->texts[ranked[i].feature], ranked[i].feature,
			forest->header->scaling.factor * ranked[i].lost};
	return reasons;
}

static int
check_max_reasons(bool is_null, int32 max_reasons)
{
	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("max_reasons must not be null")));
	if (max_reasons < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_reasons must be at least 1"),
				 errdetail("It is %d.", max_reasons)));
	return max_reasons;
}

/* -------- of a version -------- */

static const CreditCatalogue *
get_catalogue(const CreditCallSite *site)
{
	return credit_catalogue_of(site->version_id, site->model);
}

bool
credit_reasons_known(CreditCallSite *site)
{
	return credit_losses_measurable(site->model, get_catalogue(site));
}

CreditReason *
credit_reasons_of(CreditCallSite *site, int max_reasons, int *n)
{
	return find_reasons(site->model, site->vector, get_catalogue(site),
						max_reasons, n);
}

static Datum
text_or_null(const char *string, bool *is_null)
{
	*is_null = string == NULL;
	return string == NULL ? (Datum) 0 : CStringGetTextDatum(string);
}

static void
put_reason(ReturnSetInfo *result, const CreditCallSite *site, int rank,
		   const CreditReason *reason)
{
	Datum		values[6];
	bool		nulls[6] = {false};

	values[0] = Int32GetDatum(rank);
	values[1] = text_or_null(reason->code, &nulls[1]);
	values[2] = text_or_null(reason->text, &nulls[2]);
	values[3] = CStringGetTextDatum(site->model->feature_names[reason->feature]);
	values[4] = text_or_null(credit_feature_text(site->model, reason->feature,
												 site->vector[reason->feature]),
							 &nulls[4]);
	values[5] = Float8GetDatum(reason->points_lost);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* An applicant who is not there has no rows. */
#define REASONS_FUNCTION(name, site_of) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	CreditCallSite *site; \
	CreditReason *reasons; \
	int			n; \
	int			max_reasons = check_max_reasons(PG_ARGISNULL(2), \
												PG_GETARG_INT32(2)); \
\
	InitMaterializedSRF(fcinfo, 0); \
	if (PG_ARGISNULL(0)) \
		return (Datum) 0; \
	site = site_of(fcinfo); \
	reasons = credit_reasons_of(site, max_reasons, &n); \
	for (int i = 0; i < n; i++) \
		put_reason((ReturnSetInfo *) fcinfo->resultinfo, site, i + 1, \
				   &reasons[i]); \
	return (Datum) 0; \
}

REASONS_FUNCTION(credit_reasons, credit_call_site_row)
REASONS_FUNCTION(credit_reasons_jsonb, credit_call_site_jsonb)

/* -------- of an image -------- */

static void
check_length(const char *name, int n, uint32 n_features)
{
	if (n != (int) n_features)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s has %d elements where the model has %u features",
						name, n, n_features)));
}

static void
take_codes(CreditCatalogue *catalogue, ArrayType *array, uint32 n_features)
{
	Datum	   *codes;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &codes, &nulls,
					  &n);
	check_length("codes", n, n_features);
	for (int f = 0; f < n; f++)
		if (!nulls[f])
			catalogue->codes[f] = TextDatumGetCString(codes[f]);
}

static void
take_reference(CreditCatalogue *catalogue, ArrayType *array,
			   uint32 n_features)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &values, &nulls, &n);
	check_length("reference", n, n_features);
	catalogue->reference = palloc(n * sizeof(double));
	for (int f = 0; f < n; f++)
		catalogue->reference[f] = nulls[f] ? 0 : DatumGetFloat8(values[f]);
}

static CreditCatalogue *
catalogue_of_arguments(FunctionCallInfo fcinfo, const CreditModel *model)
{
	uint32		n = model->forest.n_features;
	CreditCatalogue *catalogue =
		credit_catalogue_create(model, credit_catalogue_baseline(PG_ARGISNULL(2) ? "population" :
																 text_to_cstring(PG_GETARG_TEXT_PP(2))));

	if (!PG_ARGISNULL(3))
		take_codes(catalogue, PG_GETARG_ARRAYTYPE_P(3), n);
	if (!PG_ARGISNULL(4))
		take_reference(catalogue, PG_GETARG_ARRAYTYPE_P(4), n);
	credit_catalogue_group(catalogue, n);
	return catalogue;
}

PG_FUNCTION_INFO_V1(credit_image_reasons);
Datum
credit_image_reasons(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			max_reasons = check_max_reasons(PG_ARGISNULL(5),
												PG_GETARG_INT32(5));
	CreditModel *model;
	CreditReason *reasons;
	float	   *vector;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0), NULL);
	vector = palloc(model->forest.n_features * sizeof(float));
	credit_feature_jsonb(model, PG_GETARG_JSONB_P(1), vector);
	reasons = find_reasons(model, vector, catalogue_of_arguments(fcinfo, model),
						   max_reasons, &n);
	for (int i = 0; i < n; i++)
	{
		uint32		f = reasons[i].feature;
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = text_or_null(reasons[i].code, &nulls[1]);
		values[2] = CStringGetTextDatum(model->feature_names[f]);
		values[3] = text_or_null(credit_feature_text(model, f, vector[f]),
								 &nulls[3]);
		values[4] = Float8GetDatum(reasons[i].points_lost);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
