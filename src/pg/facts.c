/*
 * facts.c
 *	  What holds for every applicant: the range of a model's scores, and
 *	  whether the probability of default only grows, or falls, with a feature.
 *
 * Here a direction is that of the probability of default; the core's is that
 * of the margin, which may be the log-odds of good.  Applicants who prove
 * something are given as JSON objects that the model scores.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "alloc.h"
#include "compat.h"
#include "cr_link.h"
#include "cr_monotone.h"
#include "cr_range.h"
#include "feature.h"

/* Nodes to look at, of which a core does 100 to 300 millions a second. */
#define RANGE_BUDGET	(UINT64CONST(1) << 26)	/* for each end */
#define MONOTONE_BUDGET	(UINT64CONST(1) << 25)

static Datum
form_row(FunctionCallInfo fcinfo, int n_columns, Datum *values, bool *nulls)
{
	TupleDesc	descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE ||
		descriptor->natts != n_columns)
		elog(ERROR, "function %u does not match its library",
			 fcinfo->flinfo->fn_oid);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor),
											 values, nulls));
}

/* -------- applicants -------- */

static void
append_value(StringInfo json, const CreditModel *model, uint32 f, float value)
{
	char	   *text = credit_feature_text(model, f, value);

	if (text == NULL)
		appendStringInfoString(json, "null");
	else if (model->forest.features[f].n_labels > 0)
		escape_json(json, text);
	else
		appendStringInfoString(json, text);
}

/* A feature vector as an object that gives it again. */
static Datum
applicant_datum(const CreditModel *model, const float *vector)
{
	StringInfoData json;

	initStringInfo(&json);
	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		appendStringInfoString(&json, f == 0 ? "{" : ", ");
		escape_json(&json, model->feature_names[f]);
		appendStringInfoString(&json, ": ");
		append_value(&json, model, f, vector[f]);
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/* -------- range -------- */

/* Columns of credit.image_range() in control/parts/32_facts.sql. */
enum
{
	MARGIN_MIN_BOUND, MARGIN_MIN_FOUND, MARGIN_MAX_BOUND, MARGIN_MAX_FOUND,
	SCORE_MIN_BOUND, SCORE_MIN_FOUND, SCORE_MAX_BOUND, SCORE_MAX_FOUND,
	SCORE_MIN_APPLICANT, SCORE_MAX_APPLICANT, N_RANGE_COLUMNS
};

static Datum
points_datum(const CrForest *forest, float margin)
{
	return Float8GetDatum(cr_link_points(&forest->header->scaling,
										 cr_link_bad_margin(forest, margin)));
}

/* Fills the columns of one end of the margin, which is one of the score too. */
static void
fill_end(const CreditModel *model, CrBox *box, CrEnd end, Datum *values)
{
	const CrForest *forest = &model->forest;
	float	   *vector = palloc(forest->n_features * sizeof(float));
	CrRangeEnd	found = cr_range_end(box, end, RANGE_BUDGET, vector);
	bool		least_score = (end == CR_LARGEST) ==
		(forest->header->positive == CR_POSITIVE_BAD);
	int			margin = end == CR_SMALLEST ? MARGIN_MIN_BOUND :
		MARGIN_MAX_BOUND;
	int			score = least_score ? SCORE_MIN_BOUND : SCORE_MAX_BOUND;

	values[margin] = Float4GetDatum(found.bound);
	values[margin + 1] = Float4GetDatum(found.found);
	values[score] = points_datum(forest, found.bound);
	values[score + 1] = points_datum(forest, found.found);
	values[least_score ? SCORE_MIN_APPLICANT : SCORE_MAX_APPLICANT] =
		applicant_datum(model, vector);
}

/* One row; all NULL for a linear model, which has no range. */
PG_FUNCTION_INFO_V1(credit_image_range);
Datum
credit_image_range(PG_FUNCTION_ARGS)
{
	const CreditModel *model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0),
												 NULL);
	CrAlloc		alloc = credit_core_alloc();
	Datum		values[N_RANGE_COLUMNS] = {0};
	bool		nulls[N_RANGE_COLUMNS];
	CrBox		box;

	memset(nulls, model->forest.header->booster == CR_GBLINEAR, sizeof(nulls));
	if (model->forest.header->booster != CR_GBLINEAR)
	{
		cr_box_make(&box, &model->forest, &alloc);
		fill_end(model, &box, CR_SMALLEST, values);
		fill_end(model, &box, CR_LARGEST, values);
	}
	PG_RETURN_DATUM(form_row(fcinfo, N_RANGE_COLUMNS, values, nulls));
}

/* -------- monotonicity -------- */

/* Columns of credit.image_monotone() in control/parts/32_facts.sql. */
enum
{
	VERDICT, REASON, LOWER_APPLICANT, UPPER_APPLICANT, LOWER_MARGIN,
	UPPER_MARGIN, N_MONOTONE_COLUMNS
};

/* The feature of that name, which must be numeric. */
static uint32
numeric_feature(const CreditModel *model, const char *name)
{
	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		if (strcmp(model->feature_names[f], name) != 0)
			continue;
		if (model->forest.features[f].kind != CR_NUMERIC)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("feature \"%s\" is categorical", name),
					 errdetail("Categories have no order, so nothing can grow with them.")));
		return f;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model image has no feature \"%s\"", name),
			 errhint("credit.image_features() lists the features.")));
}

/* Of the margin, from that of the probability of default. */
static CrDirection
margin_direction(const CrForest *forest, const char *name)
{
	bool		bad = forest->header->positive == CR_POSITIVE_BAD;

	if (strcmp(name, "increasing") == 0)
		return bad ? CR_INCREASING : CR_DECREASING;
	if (strcmp(name, "decreasing") == 0)
		return bad ? CR_DECREASING : CR_INCREASING;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid direction \"%s\"", name),
			 errhint("Write increasing or decreasing: what the probability of default does as the feature grows.")));
}

static CrVerdict
check_direction(const CrForest *forest, uint32 f, CrDirection direction,
				CrWitness *witness)
{
	CrAlloc		alloc = credit_core_alloc();
	CrBox		box;

	if (forest->header->booster == CR_GBLINEAR)
		return cr_monotone_linear(forest, f, direction, witness);
	cr_box_make(&box, forest, &alloc);
	return cr_monotone_check(&box, f, direction, MONOTONE_BUDGET, witness);
}

static const char *
verdict_name(CrVerdict verdict)
{
	return verdict == CR_PROVEN ? "proven" :
		verdict == CR_REFUTED ? "refuted" : "unknown";
}

static char *
reason_for(CrVerdict verdict)
{
	if (verdict == CR_TOO_CLOSE)
		return pstrdup("it depends on how the sum of the trees is rounded");
	return psprintf("neither proof nor counterexample within " UINT64_FORMAT
					" steps", MONOTONE_BUDGET);
}

PG_FUNCTION_INFO_V1(credit_image_monotone);
Datum
credit_image_monotone(PG_FUNCTION_ARGS)
{
	const CreditModel *model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0),
												 NULL);
	const CrForest *forest = &model->forest;
	uint32		f = numeric_feature(model,
									text_to_cstring(PG_GETARG_TEXT_PP(1)));
	CrDirection direction = margin_direction(forest,
											 text_to_cstring(PG_GETARG_TEXT_PP(2)));
	float	   *vectors = palloc(2 * forest->n_features * sizeof(float));
	CrWitness	witness = {vectors, vectors + forest->n_features, 0, 0};
	CrVerdict	verdict = check_direction(forest, f, direction, &witness);
	Datum		values[N_MONOTONE_COLUMNS] = {0};
	bool		nulls[N_MONOTONE_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	nulls[VERDICT] = false;
	values[VERDICT] = CStringGetTextDatum(verdict_name(verdict));
	if (verdict == CR_REFUTED)
	{
		memset(nulls + LOWER_APPLICANT, false, 4 * sizeof(bool));
		values[LOWER_APPLICANT] = applicant_datum(model, witness.lower);
		values[UPPER_APPLICANT] = applicant_datum(model, witness.upper);
		values[LOWER_MARGIN] = Float4GetDatum(witness.lower_margin);
		values[UPPER_MARGIN] = Float4GetDatum(witness.upper_margin);
	}
	else if (verdict != CR_PROVEN)
	{
		nulls[REASON] = false;
		values[REASON] = CStringGetTextDatum(reason_for(verdict));
	}
	PG_RETURN_DATUM(form_row(fcinfo, N_MONOTONE_COLUMNS, values, nulls));
}
