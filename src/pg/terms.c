/*
 * terms.c
 *	  What decisions with a model are made by: its policy, split and shadow.
 *
 * They are read under the statement's snapshot, so all rows of one statement
 * meet the same ones, whatever commits meanwhile; and, as a model is, without
 * a look at the caller's rights.  The model keeps them for the next statement,
 * which reads them anew if they may have changed (registry_state.c).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "compat.h"
#include "registry.h"
#include "terms.h"

/* Columns as control/parts/50_policy.sql and 52_arms.sql define them. */
#define POLICY_VERSION			3
#define POLICY_MEASURE			4
#define POLICY_BOUNDS			5
#define POLICY_OUTCOMES			6
#define POLICY_GRADES			7

#define ROUTING_ID				1
#define ROUTING_KIND			3
#define ROUTING_CHALLENGER		4
#define ROUTING_SHARE			5
#define ROUTING_SALT			6

/* Those of a policy are not null. */
static Datum
column(HeapTuple tuple, TupleDesc descriptor, int number)
{
	bool		is_null;

	return heap_getattr(tuple, number, descriptor, &is_null);
}

static void
take_policy(void *context, HeapTuple tuple, TupleDesc descriptor)
{
	CreditTerms *terms = context;
	Datum		measure = column(tuple, descriptor, POLICY_MEASURE);
	Datum		outcomes = column(tuple, descriptor, POLICY_OUTCOMES);
	Datum		grades = column(tuple, descriptor, POLICY_GRADES);
	int			n;

	terms->policy_version =
		DatumGetInt32(column(tuple, descriptor, POLICY_VERSION));
	terms->by_pd = strcmp(TextDatumGetCString(measure), "pd") == 0;
	terms->bounds =
		DatumGetArrayTypePCopy(column(tuple, descriptor, POLICY_BOUNDS));
	deconstruct_array(DatumGetArrayTypePCopy(outcomes), TEXTOID, -1, false,
					  TYPALIGN_INT, &terms->outcomes, NULL, &n);
	deconstruct_array(DatumGetArrayTypePCopy(grades), TEXTOID, -1, false,
					  TYPALIGN_INT, &terms->grades, &terms->ungraded, &n);
}

/* The challenger of a split or shadow, or NULL where it was ended. */
static char *
challenger(HeapTuple tuple, TupleDesc descriptor)
{
	bool		is_null;
	Datum		value = heap_getattr(tuple, ROUTING_CHALLENGER, descriptor,
									 &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}

static void
take_split(CreditTerms *terms, HeapTuple tuple, TupleDesc descriptor)
{
	terms->split_id = DatumGetInt64(column(tuple, descriptor, ROUTING_ID));
	terms->challenger = challenger(tuple, descriptor);
	if (terms->challenger == NULL)
		return;
	terms->share = DatumGetFloat8(column(tuple, descriptor, ROUTING_SHARE));
	terms->salt = DatumGetTextPCopy(column(tuple, descriptor, ROUTING_SALT));
}

static void
take_routing(void *context, HeapTuple tuple, TupleDesc descriptor)
{
	CreditTerms *terms = context;
	Datum		kind = column(tuple, descriptor, ROUTING_KIND);

	if (strcmp(TextDatumGetCString(kind), "split") == 0)
		take_split(terms, tuple, descriptor);
	else
		terms->shadow = challenger(tuple, descriptor);
}

/* Splits sort after shadows, so one look tells that there are neither. */
static void
read_routing(CreditTerms *terms, int64 model_id)
{
	credit_registry_newest("routing", "routing_model_id_kind_idx", model_id,
						   NULL, take_routing, terms);
	if (terms->split_id != 0)
		credit_registry_newest("routing", "routing_model_id_kind_idx",
							   model_id, "shadow", take_routing, terms);
}

static void
read_terms(CreditTerms *terms, int64 model_id)
{
	terms->model = credit_registry_model_name(model_id);
	credit_registry_newest("policy", "policy_model_id_version_key", model_id,
						   NULL, take_policy, terms);
	if (terms->outcomes == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("model \"%s\" has no policy", terms->model),
				 errhint("Set one with credit.set_policy().")));
	read_routing(terms, model_id);
}

static CreditTerms *
make_terms(CreditModel *model)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "credit terms",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	CreditTerms *terms = palloc0(sizeof(CreditTerms));

	terms->stamp.tables[0] = "model";
	terms->stamp.tables[1] = "policy";
	terms->stamp.tables[2] = "routing";
	(void) credit_stamp_holds(&terms->stamp);
	read_terms(terms, model->model_id);
	MemoryContextSwitchTo(before);
	credit_model_adopt(model, context);
	return terms;
}

const CreditTerms *
credit_terms_of(CreditModel *model)
{
	CreditTerms *terms = model->terms;

	if (terms != NULL && credit_stamp_holds(&terms->stamp))
		return terms;
	model->terms = NULL;
	if (terms != NULL)
		MemoryContextDelete(GetMemoryChunkContext(terms));
	model->terms = make_terms(model);
	return model->terms;
}

int
credit_terms_band(const CreditTerms *terms, int32 points, double pd)
{
	Datum		value = Float8GetDatum(terms->by_pd ? pd : points);

	return DatumGetInt32(DirectFunctionCall2(width_bucket_array, value,
											 PointerGetDatum(terms->bounds)));
}
