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

Datum
credit_score_result(CreditScoreKind kind, const CreditModel *model,
					float margin)
{
	switch (kind)
	{
		case CREDIT_POINTS:
			return points(model, margin);
		case CREDIT_PROBABILITY:
			return probability(model, margin);
		default:
			return Float4GetDatum(margin);
	}
}

/* An applicant who is not there has no score. */
#define SCORE_FUNCTION(name, site_of, kind) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	CreditCallSite *site; \
\
	if (PG_ARGISNULL(0)) \
		PG_RETURN_NULL(); \
	site = site_of(fcinfo); \
	return credit_score_result(kind, site->model, \
							   credit_model_margin(site->model, site->vector)); \
}

SCORE_FUNCTION(credit_score, credit_call_site_row, CREDIT_POINTS)
SCORE_FUNCTION(credit_score_jsonb, credit_call_site_jsonb, CREDIT_POINTS)
SCORE_FUNCTION(credit_score_columns, credit_call_site_columns, CREDIT_POINTS)
SCORE_FUNCTION(credit_pd, credit_call_site_row, CREDIT_PROBABILITY)
SCORE_FUNCTION(credit_pd_jsonb, credit_call_site_jsonb, CREDIT_PROBABILITY)
SCORE_FUNCTION(credit_pd_columns, credit_call_site_columns, CREDIT_PROBABILITY)
SCORE_FUNCTION(credit_margin, credit_call_site_row, CREDIT_MARGIN)
SCORE_FUNCTION(credit_margin_jsonb, credit_call_site_jsonb, CREDIT_MARGIN)
SCORE_FUNCTION(credit_margin_columns, credit_call_site_columns, CREDIT_MARGIN)
