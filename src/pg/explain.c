/*
 * explain.c
 *	  What each feature contributes to a margin: credit_explain() as rows for
 *	  people, credit_contributions() as an array for many applicants.
 *
 * A model gets what this needs when it is first asked to explain.
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
#include "callsite.h"
#include "compat.h"
#include "cr_link.h"
#include "cr_shap.h"
#include "explain.h"

/* -------- contributions -------- */

struct CreditExplainer
{
	void	   *scratch;
};

static struct CreditExplainer *
get_explainer(CreditModel *model)
{
	if (model->explainer == NULL)
	{
		struct CreditExplainer *explainer =
			MemoryContextAlloc(model->context, sizeof(*explainer));

		explainer->scratch =
			MemoryContextAllocHuge(model->context,
								   cr_shap_scratch(&model->forest));
		model->explainer = explainer;
	}
	return model->explainer;
}

/*
 * In the range of a float, as margins are.  Covers that no training makes can
 * lead out of it, and values far out in a linear model.
 */
static void
check_range(const CreditModel *model, const double *contributions)
{
	for (uint32 i = 0; i <= model->forest.n_features; i++)
		if (!isfinite((float4) contributions[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("contributions to the margin of model \"%s\" are out of range",
							model->reference),
					 errhint("Check the applicant for values far outside of what the model was trained on.")));
}

void
credit_model_contributions(CreditModel *model, const float *vector,
						   double *contributions)
{
	struct CreditExplainer *explainer = get_explainer(model);
	CrAlloc		alloc = credit_core_alloc();

	cr_shap_contributions(&model->forest, vector, contributions,
						  explainer->scratch, &alloc);
	check_range(model, contributions);
}

static double *
contributions_of(CreditCallSite *site)
{
	double	   *contributions = palloc((site->model->forest.n_features + 1) *
									   sizeof(double));

	credit_model_contributions(site->model, site->vector, contributions);
	return contributions;
}

/* -------- rows -------- */

typedef struct Ranked
{
	uint32		feature;
	double		contribution;
} Ranked;

/* The largest first; those that are equal in the order of the model. */
static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a;
	const Ranked *y = b;

	if (fabs(x->contribution) != fabs(y->contribution))
		return fabs(x->contribution) > fabs(y->contribution) ? -1 : 1;
	return x->feature < y->feature ? -1 : 1;
}

/* The features that some split uses, ranked; returns how many. */
static uint32
rank_features(const CreditModel *model, const double *contributions,
			  Ranked *ranked)
{
	uint32		n = 0;

	for (uint32 f = 0; f < model->forest.n_features; f++)
		if (model->forest.features[f].n_splits > 0)
			ranked[n++] = (Ranked) {f, contributions[f]};
	qsort(ranked, n, sizeof(Ranked), compare_ranked);
	return n;
}

static void
put_row(ReturnSetInfo *result, const char *feature, const char *value,
		double contribution, double points)
{
	Datum		values[4];
	bool		nulls[4] = {false, value == NULL};

	values[0] = CStringGetTextDatum(feature);
	values[1] = value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
	values[2] = Float8GetDatum(contribution);
	values[3] = Float8GetDatum(points);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_rows(ReturnSetInfo *result, const CreditCallSite *site,
		 const double *contributions)
{
	const CreditModel *model = site->model;
	const CrForest *forest = &model->forest;
	Ranked	   *ranked = palloc(forest->n_features * sizeof(Ranked));
	uint32		n = rank_features(model, contributions, ranked);
	double		baseline = contributions[forest->n_features];

	for (uint32 i = 0; i < n; i++)
	{
		uint32		f = ranked[i].feature;

		put_row(result, model->feature_names[f],
				credit_feature_text(model, f, site->vector[f]),
				ranked[i].contribution,
				cr_link_part_points(forest, ranked[i].contribution));
	}
	put_row(result, "(baseline)", NULL, baseline,
			forest->header->scaling.offset +
			cr_link_part_points(forest, baseline));
}

/* An applicant who is not there has no rows. */
#define EXPLAIN_FUNCTION(name, site_of) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	CreditCallSite *site; \
\
	InitMaterializedSRF(fcinfo, 0); \
	if (PG_ARGISNULL(0)) \
		return (Datum) 0; \
	site = site_of(fcinfo); \
	put_rows((ReturnSetInfo *) fcinfo->resultinfo, site, \
			 contributions_of(site)); \
	return (Datum) 0; \
}

EXPLAIN_FUNCTION(credit_explain, credit_call_site_row)
EXPLAIN_FUNCTION(credit_explain_jsonb, credit_call_site_jsonb)

/* -------- arrays -------- */

/* n floats as real[]. */
static Datum
float_array(const double *values, uint32 n)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + n * sizeof(float4);
	ArrayType  *array = palloc0(size);
	float4	   *items;

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = FLOAT4OID;
	ARR_DIMS(array)[0] = (int) n;
	ARR_LBOUND(array)[0] = 1;
	items = (float4 *) ((char *) array + ARR_OVERHEAD_NONULLS(1));
	for (uint32 i = 0; i < n; i++)
		items[i] = (float4) values[i];
	return PointerGetDatum(array);
}

/* An applicant who is not there has no array. */
#define CONTRIBUTIONS_FUNCTION(name, site_of) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	CreditCallSite *site; \
\
	if (PG_ARGISNULL(0)) \
		PG_RETURN_NULL(); \
	site = site_of(fcinfo); \
	return float_array(contributions_of(site), \
					   site->model->forest.n_features + 1); \
}

CONTRIBUTIONS_FUNCTION(credit_contributions, credit_call_site_row)
CONTRIBUTIONS_FUNCTION(credit_contributions_jsonb, credit_call_site_jsonb)
CONTRIBUTIONS_FUNCTION(credit_contributions_columns, credit_call_site_columns)
