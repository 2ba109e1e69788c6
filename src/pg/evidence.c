/*
 * evidence.c
 *	  What a decision was made on, for the log: the feature vector, the labels
 *	  in it, and the principal reasons.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "compat.h"
#include "evidence.h"
#include "feature.h"
#include "reasons.h"

/* -------- inputs -------- */

static Datum
inputs(const CreditCallSite *site)
{
	int			n = site->model->forest.n_features;
	Datum	   *items = palloc(n * sizeof(Datum));

	for (int f = 0; f < n; f++)
		items[f] = Float4GetDatum(site->vector[f]);
	return PointerGetDatum(construct_array(items, n, FLOAT4OID, 4, true,
										   TYPALIGN_INT));
}

/* NULL where the model has no labels. */
static void
set_labels(CreditDecision *decision, const CreditCallSite *site)
{
	const CrForest *forest = &site->model->forest;
	int			n = forest->n_features;
	Datum	   *items = palloc0(n * sizeof(Datum));
	bool	   *nulls = palloc(n * sizeof(bool));
	bool		any = false;
	int			lower = 1;

	for (int f = 0; f < n; f++)
	{
		bool		labelled = forest->features[f].n_labels > 0;

		any |= labelled;
		nulls[f] = !labelled || isnan(site->vector[f]);
		if (!nulls[f])
			items[f] =
				CStringGetTextDatum(credit_model_category(site->model, f,
														  (uint32) site->vector[f]));
	}
	if (any)
		credit_decision_set(decision, CREDIT_LABELS,
							PointerGetDatum(construct_md_array(items, nulls, 1, &n, &lower,
															   TEXTOID, -1, false, TYPALIGN_INT)));
}

/* -------- reasons -------- */

/* value NULL: a JSON null. */
static void
put_member(JsonbParseState **json, const char *name, JsonbValue *value)
{
	JsonbValue	null = {.type = jbvNull};
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	pushJsonbValue(json, WJB_KEY, &key);
	pushJsonbValue(json, WJB_VALUE, value == NULL ? &null : value);
}

static void
put_text(JsonbParseState **json, const char *name, const char *text)
{
	JsonbValue	value = {.type = jbvString};

	if (text != NULL)
	{
		value.val.string.val = unconstify(char *, text);
		value.val.string.len = strlen(text);
	}
	put_member(json, name, text == NULL ? NULL : &value);
}

static void
put_number(JsonbParseState **json, const char *name, Numeric number)
{
	JsonbValue	value = {.type = jbvNumeric};

	value.val.numeric = number;
	put_member(json, name, &value);
}

/* With the digits that its text has. */
static Numeric
number_of(double value)
{
	char	   *text = credit_number_text(value);

	return DatumGetNumeric(DirectFunctionCall3(numeric_in,
											   CStringGetDatum(text),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

/* Members come in the order that jsonb puts them in: sorted already. */
static void
put_reason(JsonbParseState **json, const CreditCallSite *site,
		   const CreditReason *reason, int rank)
{
	uint32		f = reason->feature;

	pushJsonbValue(json, WJB_BEGIN_OBJECT, NULL);
	put_text(json, "code", reason->code);
	put_number(json, "rank", int64_to_numeric(rank));
	put_text(json, "value",
			 credit_feature_text(site->model, f, site->vector[f]));
	put_text(json, "reason", reason->text);
	put_text(json, "feature", site->model->feature_names[f]);
	put_number(json, "points_lost", number_of(reason->points_lost));
	pushJsonbValue(json, WJB_END_OBJECT, NULL);
}

/*
 * Reasons are owed where the applicant did not get what he asked for.  A
 * version that was imported without what they count from has none to give.
 */
static void
set_reasons(CreditDecision *decision, CreditCallSite *site)
{
	JsonbParseState *json = NULL;
	JsonbValue *array;
	CreditReason *reasons;
	int			n;

	if (strcmp(TextDatumGetCString(decision->values[CREDIT_OUTCOME]),
			   "approve") == 0 || !credit_reasons_known(site))
		return;
	reasons = credit_reasons_of(site, CREDIT_MAX_REASONS, &n);
	pushJsonbValue(&json, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < n; i++)
		put_reason(&json, site, &reasons[i], i + 1);
	array = pushJsonbValue(&json, WJB_END_ARRAY, NULL);
	credit_decision_set(decision, CREDIT_REASONS,
						JsonbPGetDatum(JsonbValueToJsonb(array)));
}

void
credit_evidence_set(CreditDecision *decision, CreditCallSite *site)
{
	credit_decision_set(decision, CREDIT_INPUTS, inputs(site));
	set_labels(decision, site);
	set_reasons(decision, site);
}
