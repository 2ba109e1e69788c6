/*
 * callsite.c
 *	  A place in a statement that asks a model: from its arguments, a row, a
 *	  JSON object or, where the planner saw through the row (plan.c), columns,
 *	  to a model and a feature vector.
 *
 * Each site keeps the model it resolved and the map from its row type to the
 * features.  Before each row it asks whether both still hold: the reference
 * and the snapshot for the model, the type's definition for the map.  A plan
 * that lives on into the next statement, or into the next transaction,
 * therefore needs no invalidation to be right.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "compat.h"
#include "callsite.h"
#include "model_cache.h"
#include "pg_credit.h"
#include "plan.h"

/* -------- the model -------- */

CreditCallSite *
credit_call_site_create(void)
{
	CreditCallSite *site = palloc0(sizeof(CreditCallSite));

	site->context = AllocSetContextCreate(CurrentMemoryContext,
										  "credit call site",
										  ALLOCSET_SMALL_SIZES);
	return site;
}

/* Compares without a copy: this runs for every row. */
static bool
same_reference(const char *kept, const text *given)
{
	if (kept == NULL || given == NULL)
		return kept == NULL && given == NULL;
	return strlen(kept) == VARSIZE_ANY_EXHDR(given) &&
		memcmp(kept, VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given)) == 0;
}

static bool
still_holds(const CreditCallSite *site, const text *reference)
{
	CreditSnapshotKey key = credit_registry_snapshot_key();

	return site->model != NULL &&
		credit_registry_same_snapshot(&site->key, &key) &&
		same_reference(site->reference, reference) &&
		(reference != NULL ||
		 strcmp(site->default_model, credit_default_model) == 0);
}

static void
use_model(CreditCallSite *site, const char *reference)
{
	int64		version_id = credit_registry_resolve(reference, false);

	if (site->model == NULL || site->version_id != version_id)
	{
		site->model = NULL;
		site->map = NULL;
		site->map_context = NULL;
		site->column_types = NULL;
		MemoryContextReset(site->context);
		site->model = credit_cache_get(version_id, site->context);
		site->version_id = version_id;
		site->vector =
			MemoryContextAlloc(site->context,
							   site->model->forest.n_features * sizeof(float));
	}
}

/* Remembers what the model was found by. */
static void
remember(CreditCallSite *site, char *reference)
{
	MemoryContext context = GetMemoryChunkContext(site);

	if (site->reference != NULL)
		pfree(site->reference);
	if (site->default_model != NULL)
		pfree(site->default_model);
	site->reference = reference == NULL ? NULL :
		MemoryContextStrdup(context, reference);
	site->default_model = MemoryContextStrdup(context, credit_default_model);
	site->key = credit_registry_snapshot_key();
}

void
credit_call_site_resolve(CreditCallSite *site, const text *reference)
{
	if (!still_holds(site, reference))
	{
		char	   *name = reference == NULL ? NULL : text_to_cstring(reference);

		use_model(site, name);
		remember(site, name);
	}
}

/* The site of a function whose argument 1 is the reference. */
static CreditCallSite *
get_site(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
	{
		MemoryContext before = MemoryContextSwitchTo(flinfo->fn_mcxt);

		flinfo->fn_extra = credit_call_site_create();
		MemoryContextSwitchTo(before);
	}
	credit_call_site_resolve(flinfo->fn_extra,
							 PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1));
	return flinfo->fn_extra;
}

/* -------- a row, a JSON object -------- */

static void
use_row_type(CreditCallSite *site, Oid type, int32 typmod)
{
	site->map = NULL;
	if (site->map_context != NULL)
		MemoryContextDelete(site->map_context);
	site->map_context = AllocSetContextCreate(site->context, "credit row map",
											  ALLOCSET_SMALL_SIZES);
	site->map = credit_feature_map(site->model, type, typmod,
								   site->map_context);
}

void
credit_call_site_take_row(CreditCallSite *site, HeapTupleHeader row)
{
	Oid			type = HeapTupleHeaderGetTypeId(row);
	int32		typmod = HeapTupleHeaderGetTypMod(row);

	if (site->map == NULL || !credit_feature_map_fits(site->map, type, typmod))
		use_row_type(site, type, typmod);
	credit_feature_row(site->model, site->map, row, site->vector);
}

CreditCallSite *
credit_call_site_row(FunctionCallInfo fcinfo)
{
	CreditCallSite *site = get_site(fcinfo);
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);

	credit_call_site_take_row(site, row);
	PG_FREE_IF_COPY(row, 0);
	return site;
}

CreditCallSite *
credit_call_site_jsonb(FunctionCallInfo fcinfo)
{
	CreditCallSite *site = get_site(fcinfo);
	Jsonb	   *object = PG_GETARG_JSONB_P(0);

	credit_feature_jsonb(site->model, object, site->vector);
	PG_FREE_IF_COPY(object, 0);
	return site;
}

/* -------- columns -------- */

/*
 * The executor checked the right to call columns, which everybody has; what
 * counts is the right to the function that was written.
 */
void
credit_call_site_check_right(Oid function, Oid columns)
{
	AclResult	result = credit_plan_replaces(function, columns) ?
		credit_function_aclcheck(function, GetUserId()) : ACLCHECK_NO_PRIV;

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, get_func_name(function));
}

/*
 * The feature of that name that the model uses, or -1.  The search begins
 * where the last one ended, because columns come in the order of features.
 */
static int
find_used_feature(const CreditModel *model, const text *name, uint32 *start)
{
	uint32		n = model->forest.n_features;
	size_t		length = VARSIZE_ANY_EXHDR(name);

	for (uint32 i = 0; i < n; i++)
	{
		uint32		f = (*start + i) % n;
		const char *candidate = model->feature_names[f];

		if (strncmp(candidate, VARDATA_ANY(name), length) != 0 ||
			candidate[length] != '\0')
			continue;
		*start = f + 1;
		return model->forest.features[f].n_splits > 0 ? (int) f : -1;
	}
	return -1;
}

/*
 * The plan has the columns of the versions that there were.  One that was
 * imported and came into use since may read others; the invalidation of the
 * plan is then on its way.  A feature with a column has a number here.
 */
static void
check_columns(const CreditCallSite *site)
{
	const CreditModel *model = site->model;

	for (uint32 f = 0; f < model->forest.n_features; f++)
		if (model->forest.features[f].n_splits > 0 && isnan(site->vector[f]))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("model \"%s\" came into use after the statement was planned",
							model->reference),
					 errdetail("It reads \"%s\", which the plan does not provide.",
							   model->feature_names[f]),
					 errhint("Run the transaction again.")));
}

/*
 * Returns the names, one per column.  The planner writes them, but a call can
 * be written by hand, with names that are NULL, too few or in two dimensions.
 */
static Datum *
get_names(ArrayType *names, int n)
{
	Datum	   *items;
	int			n_names;

	if (names == NULL || ARR_NDIM(names) != 1 || ARR_DIMS(names)[0] != n ||
		array_contains_nulls(names))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of names does not match number of columns"),
				 errdetail("Each column needs a name that is not null, in an array of one dimension."),
				 errhint("This function is for the planner; call the function with the same name that begins with credit_.")));
	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &items, NULL,
					  &n_names);
	return items;
}

void
credit_call_site_bind(CreditCallSite *site, ArrayType *names,
					  const Oid *types, int n)
{
	const CreditModel *model = site->model;
	Oid		   *bases = MemoryContextAllocZero(site->context, n * sizeof(Oid));
	Datum	   *items = get_names(names, n);
	uint32		start = 0;

	site->column_features = MemoryContextAlloc(site->context, n * sizeof(int));
	for (uint32 f = 0; f < model->forest.n_features; f++)
		site->vector[f] = NAN;
	for (int i = 0; i < n; i++)
	{
		int			f = find_used_feature(model, DatumGetTextPP(items[i]),
										  &start);

		if (f >= 0 && !credit_feature_accepts(model, f, types[i], &bases[i]))
			f = -1;
		if (f >= 0)
			site->vector[f] = 0;
		site->column_features[i] = f;
	}
	site->n_columns = n;
	check_columns(site);
	site->column_types = bases;
}

/* Once per model: the arguments' names and types do not change. */
static void
use_columns(FunctionCallInfo fcinfo, CreditCallSite *site)
{
	int			n = PG_NARGS() - CREDIT_FIRST_COLUMN;
	ArrayType  *names = PG_ARGISNULL(2) ? NULL : PG_GETARG_ARRAYTYPE_P(2);
	Oid		   *types;

	credit_call_site_check_right(PG_GETARG_OID(0), fcinfo->flinfo->fn_oid);
	types = palloc(n * sizeof(Oid));
	for (int i = 0; i < n; i++)
		types[i] = get_fn_expr_argtype(fcinfo->flinfo,
									   i + CREDIT_FIRST_COLUMN);
	credit_call_site_bind(site, names, types, n);
	pfree(types);
}

CreditCallSite *
credit_call_site_columns(FunctionCallInfo fcinfo)
{
	CreditCallSite *site = get_site(fcinfo);

	if (site->column_types == NULL)
		use_columns(fcinfo, site);
	for (int i = 0; i < site->n_columns; i++)
	{
		int			f = site->column_features[i];
		Oid			type = site->column_types[i];
		Datum		value = PG_GETARG_DATUM(i + CREDIT_FIRST_COLUMN);

		if (f < 0)
			continue;
		if (PG_ARGISNULL(i + CREDIT_FIRST_COLUMN))
			site->vector[f] = NAN;
		else if (!credit_feature_try(site->model, f, type, value,
									 &site->vector[f]))
			credit_feature_value(site->model, f, type, value);	/* says why */
	}
	return site;
}
