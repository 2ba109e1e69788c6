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
#include "cr_explain.h"
#include "cr_link.h"
#include "explain.h"
#include "pg_credit.h"

/* -------- contributions -------- */

struct CreditExplainer
{
	CrExplainer core;
	CrAlloc		alloc;
};

static void
prepare_to_explain(CreditModel *model)
{
	MemoryContext context;
	MemoryContext before;
	struct CreditExplainer *explainer;
	CrPlan	   *plan;

	credit_model_prepare(model);
	context = AllocSetContextCreate(CurrentMemoryContext, "credit explainer",
									ALLOCSET_SMALL_SIZES);
	before = MemoryContextSwitchTo(context);
	explainer = palloc(sizeof(*explainer));
	explainer->alloc = credit_core_alloc();
	plan = cr_plan_build(&model->forest, model->layout, &explainer->alloc);
	explainer->core = (CrExplainer) {
		&model->forest, model->layout, plan,
			MemoryContextAllocHuge(context,
								   cr_explain_scratch(&model->forest,
													  model->layout, plan)),
			&explainer->alloc
	};
	MemoryContextSwitchTo(before);
	credit_model_adopt(model, context);
	model->explainer = explainer;
}

static const CrExplainer *
get_explainer(CreditModel *model)
{
	if (model->explainer == NULL)
		prepare_to_explain(model);
	return &model->explainer->core;
}

/*
 * In the range of a float, as margins are.  Covers that no training makes can
 * lead out of it, and values far out in a linear model.
 */
static void
check_range(const CreditModel *model, double contribution)
{
	if (!isfinite((float4) contribution))
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
	cr_explain_row(get_explainer(model), credit_kernel, vector, contributions);
	for (uint32 i = 0; i <= model->forest.n_features; i++)
		check_range(model, contributions[i]);
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

/* real[], with room for n items. */
static ArrayType *
make_array(uint32 n, float4 **items)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + n * sizeof(float4);
	ArrayType  *array = palloc0(size);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = FLOAT4OID;
	ARR_DIMS(array)[0] = (int) n;
	ARR_LBOUND(array)[0] = 1;
	*items = (float4 *) ((char *) array + ARR_OVERHEAD_NONULLS(1));
	return array;
}

static Datum
array_of(CreditCallSite *site)
{
	uint32		n = site->model->forest.n_features + 1;
	double	   *contributions = contributions_of(site);
	float4	   *items;
	ArrayType  *array = make_array(n, &items);

	for (uint32 i = 0; i < n; i++)
		items[i] = (float4) contributions[i];
	pfree(contributions);
	return PointerGetDatum(array);
}

/* An applicant who is not there has no array. */
#define CONTRIBUTIONS_FUNCTION(name, site_of) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	if (PG_ARGISNULL(0)) \
		PG_RETURN_NULL(); \
	return array_of(site_of(fcinfo)); \
}

CONTRIBUTIONS_FUNCTION(credit_contributions, credit_call_site_row)
CONTRIBUTIONS_FUNCTION(credit_contributions_jsonb, credit_call_site_jsonb)
CONTRIBUTIONS_FUNCTION(credit_contributions_columns, credit_call_site_columns)

/* -------- many arrays -------- */

static Size
contributions_size(const CreditModel *model)
{
	return (Size) (model->forest.n_features + 1) * CR_BATCH_ROWS *
		sizeof(float);
}

static void
evaluate_contributions(CreditModel *model, const float *columns, uint32 n,
					   void *contributions)
{
	cr_explain_rows(get_explainer(model), credit_kernel, columns, n,
					contributions);
}

static Datum
array_of_row(const CreditModel *model, const void *contributions, uint32 row)
{
	uint32		n = model->forest.n_features + 1;
	const float *lane = (const float *) contributions + row;
	float4	   *items;
	ArrayType  *array = make_array(n, &items);

	for (uint32 i = 0; i < n; i++)
	{
		items[i] = lane[(Size) i * CR_BATCH_ROWS];
		check_range(model, items[i]);
	}
	return PointerGetDatum(array);
}

const CreditBatchFunction credit_batch_contributions = {
	"contributions_columns", contributions_size, evaluate_contributions,
	array_of_row
};
