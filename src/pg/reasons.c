/*
 * reasons.c
 *	  Why an applicant has not more points: the features that cost most against
 *	  the version's baseline.
 *
 * Regulation B, comment 9(b)(2)-5, describes two baselines: the applicants who
 * barely passed, and all applicants.  What an applicant lost by a feature is
 * how far its contribution lies below the baseline's mean contribution.  The
 * third, "best", counts from the points that the same applicant would have
 * with the best value of that feature.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "alloc.h"
#include "catalogue.h"
#include "compat.h"
#include "cr_best.h"
#include "cr_link.h"
#include "cr_reason.h"
#include "explain.h"
#include "pg_credit.h"
#include "reasons.h"

/* -------- losses -------- */

/* Whether the model or the registry tells the baseline. */
static bool
has_reference(const CreditModel *model, const CreditCatalogue *catalogue)
{
	bool		linear = model->forest.header->booster == CR_GBLINEAR;

	if (catalogue->baseline == CREDIT_BEST)
		return !linear;
	return catalogue->reference != NULL ||
		(catalogue->baseline == CREDIT_POPULATION && !linear);
}

static void
check_reference(const CreditModel *model, const CreditCatalogue *catalogue)
{
	if (has_reference(model, catalogue))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("reasons of model \"%s\" have no baseline",
					model->reference),
			 errhint("Compute it with credit.set_baseline().")));
}

/* What each feature adds to the log-odds of bad, more than the baseline has. */
static void
losses_of_contributions(CreditModel *model, const float *vector,
						const CreditCatalogue *catalogue, double *losses)
{
	uint32		n = model->forest.n_features;
	double		sign = cr_link_bad_margin(&model->forest, 1);
	double	   *contributions = palloc((n + 1) * sizeof(double));

	credit_model_contributions(model, vector, contributions);
	for (uint32 f = 0; f < n; f++)
		losses[f] = sign * (contributions[f] -
							(catalogue->reference == NULL ? 0 :
							 catalogue->reference[f]));
}

static void
losses_of_values(CreditModel *model, const float *vector,
				 const CreditCatalogue *catalogue, double *losses)
{
	const CrForest *forest = &model->forest;
	CrEnd		end = forest->header->positive == CR_POSITIVE_BAD ?
		CR_SMALLEST : CR_LARGEST;

	for (uint32 f = 0; f < forest->n_features; f++)
		losses[f] = forest->features[f].n_splits == 0 ? 0 :
			cr_best_distance(catalogue->box, f, vector, end);
}

/* -------- reasons -------- */

static CreditReason *
find_reasons(CreditModel *model, const float *vector,
			 const CreditCatalogue *catalogue, int max_reasons, int *n)
{
	const CrForest *forest = &model->forest;
	CrAlloc		alloc = credit_core_alloc();
	double	   *amounts = palloc(forest->n_features * sizeof(double));
	CrLoss	   *losses = palloc(forest->n_features * sizeof(CrLoss));
	CreditReason *reasons;
	uint32		n_losses = 0;

	check_reference(model, catalogue);
	if (catalogue->baseline == CREDIT_BEST)
		losses_of_values(model, vector, catalogue, amounts);
	else
		losses_of_contributions(model, vector, catalogue, amounts);
	for (uint32 f = 0; f < forest->n_features; f++)
		if (forest->features[f].n_splits > 0)
			losses[n_losses++] = (CrLoss) {f, catalogue->groups[f], amounts[f]};

	*n = Min((uint32) max_reasons, cr_reason_rank(losses, n_losses, &alloc));
	reasons = palloc(*n * sizeof(CreditReason));
	for (int i = 0; i < *n; i++)
		reasons[i] = (CreditReason) {catalogue->codes[losses[i].feature],
			catalogue->texts[losses[i].feature], losses[i].feature,
			forest->header->scaling.factor * losses[i].lost};
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

/* Reads the catalogue where it is missing or in another language. */
static const CreditCatalogue *
get_catalogue(CreditCallSite *site)
{
	MemoryContext before;

	if (site->catalogue == NULL ||
		strcmp(site->catalogue->language, credit_language) != 0)
	{
		before = MemoryContextSwitchTo(site->context);
		site->catalogue = credit_catalogue_read(site->version_id, site->model);
		MemoryContextSwitchTo(before);
	}
	return site->catalogue;
}

bool
credit_reasons_known(CreditCallSite *site)
{
	return has_reference(site->model, get_catalogue(site));
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
	model = credit_model_open(PG_GETARG_BYTEA_PP(0), NULL);
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
