/*
 * evidence.c
 *	  What a decision was made on, for the log: the feature vector, the labels
 *	  in it, and the principal reasons.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "compat.h"
#include "evidence.h"
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

static void
put_member(StringInfo json, const char *name, const char *value)
{
	appendStringInfo(json, ", \"%s\": ", name);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, value);
}

static void
put_reason(StringInfo json, const CreditCallSite *site,
		   const CreditReason *reason, int rank)
{
	uint32		f = reason->feature;

	appendStringInfo(json, "%s{\"rank\": %d", rank > 1 ? ", " : "", rank);
	put_member(json, "code", reason->code);
	put_member(json, "reason", reason->text);
	put_member(json, "feature", site->model->feature_names[f]);
	put_member(json, "value",
			   credit_feature_text(site->model, f, site->vector[f]));
	appendStringInfo(json, ", \"points_lost\": %s}",
					 float8out_internal(reason->points_lost));
}

/*
 * Reasons are owed where the applicant did not get what he asked for.  A
 * version that was imported without what they count from has none to give.
 */
static void
set_reasons(CreditDecision *decision, CreditCallSite *site)
{
	StringInfoData json;
	CreditReason *reasons;
	int			n;

	if (strcmp(TextDatumGetCString(decision->values[CREDIT_OUTCOME]),
			   "approve") == 0 || !credit_reasons_known(site))
		return;
	reasons = credit_reasons_of(site, CREDIT_MAX_REASONS, &n);
	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < n; i++)
		put_reason(&json, site, &reasons[i], i + 1);
	appendStringInfoChar(&json, ']');
	credit_decision_set(decision, CREDIT_REASONS,
						DirectFunctionCall1(jsonb_in,
											CStringGetDatum(json.data)));
}

void
credit_evidence_set(CreditDecision *decision, CreditCallSite *site)
{
	credit_decision_set(decision, CREDIT_INPUTS, inputs(site));
	set_labels(decision, site);
	set_reasons(decision, site);
}
