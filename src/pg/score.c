/*
 * score.c
 *	  credit_score, credit_pd and credit_margin, for rows, for JSON objects and,
 *	  where the planner saw through the row (plan.c), for columns.
 */
#include "postgres.h"

#include "fmgr.h"

#include "callsite.h"
#include "cr_link.h"
#include "score.h"

Datum
credit_points(const CreditModel *model, float margin)
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

Datum
credit_probability(const CreditModel *model, float margin)
{
	return Float8GetDatum(cr_link_pd(cr_link_bad_margin(&model->forest,
														margin)));
}

static Datum
margin_itself(const CreditModel *model, float margin)
{
	return Float4GetDatum(margin);
}

/* An applicant who is not there has no score. */
#define SCORE_FUNCTION(name, site_of, result) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	CreditCallSite *site; \
\
	if (PG_ARGISNULL(0)) \
		PG_RETURN_NULL(); \
	site = site_of(fcinfo); \
	return result(site->model, \
				  credit_model_margin(site->model, site->vector)); \
}

SCORE_FUNCTION(credit_score, credit_call_site_row, credit_points)
SCORE_FUNCTION(credit_score_jsonb, credit_call_site_jsonb, credit_points)
SCORE_FUNCTION(credit_score_columns, credit_call_site_columns, credit_points)
SCORE_FUNCTION(credit_pd, credit_call_site_row, credit_probability)
SCORE_FUNCTION(credit_pd_jsonb, credit_call_site_jsonb, credit_probability)
SCORE_FUNCTION(credit_pd_columns, credit_call_site_columns, credit_probability)
SCORE_FUNCTION(credit_margin, credit_call_site_row, margin_itself)
SCORE_FUNCTION(credit_margin_jsonb, credit_call_site_jsonb, margin_itself)
SCORE_FUNCTION(credit_margin_columns, credit_call_site_columns, margin_itself)

/* -------- many rows -------- */

static Size
margins_size(const CreditModel *model)
{
	return CR_BATCH_ROWS * sizeof(float);
}

static void
evaluate_margins(CreditModel *model, const float *columns, uint32 n,
				 void *margins)
{
	credit_model_margins(model, columns, n, margins);
}

#define BATCH_FUNCTION(function, of_margin) \
static Datum \
function##_of_row(const CreditModel *model, const void *margins, uint32 row) \
{ \
	float		margin = ((const float *) margins)[row]; \
\
	credit_model_check_margin(model, margin); \
	return of_margin(model, margin); \
} \
\
const CreditBatchFunction credit_batch_##function = { \
	#function "_columns", margins_size, evaluate_margins, function##_of_row \
};

BATCH_FUNCTION(score, credit_points)
BATCH_FUNCTION(pd, credit_probability)
BATCH_FUNCTION(margin, margin_itself)
