/*
 * decide.c
 *	  credit_decide: which version decides, its score, what the policy makes of
 *	  it and why, what the shadow would have said, and a row in the log.
 *
 * Everything that evaluates the caller's data runs as the caller; what is
 * then written are plain values (ownquery.c says by whom).
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "compat.h"
#include "arms.h"
#include "callsite.h"
#include "decision.h"
#include "evidence.h"
#include "pg_credit.h"
#include "score.h"
#include "terms.h"

/* A call site of credit_decide(), in fn_extra. */
typedef struct Decider
{
	const CreditTerms *terms;	/* for this row */
	CreditCallSite *named;		/* the version that the call names */
	CreditCallSite *challenger; /* NULL: not asked yet */
	CreditCallSite *shadow;		/* NULL: not asked yet */
} Decider;

/* Fills the vector of a resolved site from the applicant, argument 1. */
typedef void (*TakeApplicant) (CreditCallSite *site, FunctionCallInfo fcinfo);

/* -------- checks -------- */

static void
check_writable(void)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot decide on a standby"),
				 errdetail("A decision is logged in the transaction that makes it."),
				 errhint("credit_score() works here; decide on the primary.")));
	if (XactReadOnly)
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot decide in a read-only transaction"),
				 errdetail("A decision is logged in the transaction that makes it."),
				 errhint("credit_score() works here.")));
}

static void
check_arguments(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null",
						PG_ARGISNULL(0) ? "subject" : "applicant"),
				 errdetail("A decision is about somebody, and on what is known of them.")));
}

/* -------- call site -------- */

static Decider *
get_decider(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	Decider    *decider = flinfo->fn_extra;
	MemoryContext before;

	if (decider != NULL)
		return decider;
	before = MemoryContextSwitchTo(flinfo->fn_mcxt);
	decider = palloc0(sizeof(Decider));
	decider->named = credit_call_site_create();
	MemoryContextSwitchTo(before);
	flinfo->fn_extra = decider;
	return decider;
}

/* -------- which version -------- */

/* The site of another version than the call names. */
static CreditCallSite *
resolve(Decider *decider, CreditCallSite **site, const char *selector)
{
	char	   *reference = psprintf("%s@%s", decider->terms->model, selector);
	MemoryContext before;

	if (*site == NULL)
	{
		before = MemoryContextSwitchTo(GetMemoryChunkContext(decider));
		*site = credit_call_site_create();
		MemoryContextSwitchTo(before);
	}
	credit_call_site_resolve(*site, cstring_to_text(reference));
	return *site;
}

/* Whether the call leaves it to the model which of its versions decides. */
static bool
names_model_only(const text *reference)
{
	char	   *given = reference == NULL ? credit_default_model :
		text_to_cstring(reference);

	return strchr(given, '@') == NULL;
}

/*
 * The site of the version that decides, resolved; with a split by where the
 * subject stands.
 */
static CreditCallSite *
choose_arm(Decider *decider, const text *reference, const text *subject,
		   CreditDecision *decision)
{
	const CreditTerms *terms = decider->terms;
	bool		challenged = false;

	if (!names_model_only(reference))
		return decider->named;
	if (terms->challenger != NULL)
	{
		challenged = credit_arm_place(cstring_to_text(terms->model),
									  terms->salt, subject) < terms->share;
		credit_decision_set(decision, CREDIT_SPLIT_ID,
							Int64GetDatum(terms->split_id));
	}
	credit_decision_set(decision, CREDIT_ARM,
						CStringGetTextDatum(challenged ? "challenger" :
											"champion"));
	if (!challenged)
		return decider->named;
	return resolve(decider, &decider->challenger, terms->challenger);
}

/* -------- judgement -------- */

typedef struct Judgement
{
	Datum		margin;
	Datum		pd;
	Datum		score;
	int			band;			/* of the policy */
} Judgement;

static Judgement
judge(const CreditTerms *terms, const CreditCallSite *site)
{
	CreditModel *model = site->model;
	float		margin = credit_model_margin(model, site->vector);
	Judgement	result = {
		.margin = Float4GetDatum(margin),
		.pd = credit_probability(model, margin),
		.score = credit_points(model, margin)
	};

	result.band = credit_terms_band(terms, DatumGetInt32(result.score),
									DatumGetFloat8(result.pd));
	return result;
}

/* A copy: a trigger on the log may have the terms read anew. */
static void
set_text(CreditDecision *decision, CreditDecisionColumn column, Datum value)
{
	credit_decision_set(decision, column, datumCopy(value, false, -1));
}

static void
set_judgement(CreditDecision *decision, const CreditTerms *terms,
			  const CreditCallSite *site)
{
	Judgement	judgement = judge(terms, site);
	int			band = judgement.band;

	credit_decision_set(decision, CREDIT_DECISION_MARGIN, judgement.margin);
	credit_decision_set(decision, CREDIT_PD, judgement.pd);
	credit_decision_set(decision, CREDIT_SCORE, judgement.score);
	credit_decision_set(decision, CREDIT_POLICY_VERSION,
						Int32GetDatum(terms->policy_version));
	set_text(decision, CREDIT_OUTCOME, terms->outcomes[band]);
	if (!terms->ungraded[band])
		set_text(decision, CREDIT_GRADE, terms->grades[band]);
}

/* -------- shadow -------- */

static void
set_shadow(CreditDecision *decision, Decider *decider, TakeApplicant take,
		   FunctionCallInfo fcinfo)
{
	const CreditTerms *terms = decider->terms;
	CreditCallSite *site = resolve(decider, &decider->shadow, terms->shadow);
	Judgement	judgement;

	credit_decision_set(decision, CREDIT_SHADOW_VERSION,
						Int32GetDatum(site->model->version));
	take(site, fcinfo);
	judgement = judge(terms, site);
	credit_decision_set(decision, CREDIT_SHADOW_MARGIN, judgement.margin);
	credit_decision_set(decision, CREDIT_SHADOW_PD, judgement.pd);
	credit_decision_set(decision, CREDIT_SHADOW_SCORE, judgement.score);
	set_text(decision, CREDIT_SHADOW_OUTCOME,
			 terms->outcomes[judgement.band]);
}

/*
 * The shadow is without effect: what goes wrong with it is logged and does not
 * stop the decision.  A wish to cancel is nobody's fault and goes on.
 */
static void
try_shadow(CreditDecision *decision, Decider *decider, TakeApplicant take,
		   FunctionCallInfo fcinfo)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		set_shadow(decision, decider, take, fcinfo);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			ReThrowError(error);
		credit_decision_set(decision, CREDIT_SHADOW_ERROR,
							CStringGetTextDatum(error->message));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/* -------- entry points -------- */

static Datum
decide(FunctionCallInfo fcinfo, TakeApplicant take)
{
	text	   *reference = PG_ARGISNULL(2) ? NULL : PG_GETARG_TEXT_PP(2);
	CreditDecision decision;
	Decider    *decider;
	const CreditTerms *terms;
	CreditCallSite *site;

	check_writable();
	check_arguments(fcinfo);
	decider = get_decider(fcinfo);
	credit_call_site_resolve(decider->named, reference);
	terms = credit_terms_of(decider->named->model);
	decider->terms = terms;
	credit_decision_init(&decision);
	site = choose_arm(decider, reference, PG_GETARG_TEXT_PP(0), &decision);
	take(site, fcinfo);

	credit_decision_set(&decision, CREDIT_SUBJECT, PG_GETARG_DATUM(0));
	credit_decision_set(&decision, CREDIT_MODEL_NAME,
						CStringGetTextDatum(terms->model));
	credit_decision_set(&decision, CREDIT_VERSION_NUMBER,
						Int32GetDatum(site->model->version));
	credit_decision_set(&decision, CREDIT_IMAGE_SHA256,
						PointerGetDatum(site->model->image_sha256));
	set_judgement(&decision, terms, site);
	credit_evidence_set(&decision, site);
	if (terms->shadow != NULL)
		try_shadow(&decision, decider, take, fcinfo);

	return credit_decision_log(&decision);
}

static void
take_row(CreditCallSite *site, FunctionCallInfo fcinfo)
{
	credit_call_site_take_row(site, PG_GETARG_HEAPTUPLEHEADER(1));
}

static void
take_jsonb(CreditCallSite *site, FunctionCallInfo fcinfo)
{
	credit_feature_jsonb(site->model, PG_GETARG_JSONB_P(1), site->vector);
}

PG_FUNCTION_INFO_V1(credit_decide);
Datum
credit_decide(PG_FUNCTION_ARGS)
{
	return decide(fcinfo, take_row);
}

PG_FUNCTION_INFO_V1(credit_decide_jsonb);
Datum
credit_decide_jsonb(PG_FUNCTION_ARGS)
{
	return decide(fcinfo, take_jsonb);
}
