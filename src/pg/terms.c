/*
 * terms.c
 *	  What decisions with a model are made by: its policy, split and shadow.
 *
 * They are read under the statement's snapshot, so all rows of one statement
 * meet the same ones, whatever commits meanwhile.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "compat.h"
#include "ownquery.h"
#include "terms.h"

static const Oid argument_types[] = {INT8OID};

static CreditOwnQuery terms_query = {
	.sql = "SELECT t.* FROM credit.model_version AS v JOIN credit.terms AS t"
	" ON t.model_id OPERATOR(pg_catalog.=) v.model_id"
	" WHERE v.model_version_id OPERATOR(pg_catalog.=) $1",
	.n_arguments = 1,
	.types = argument_types
};

/* Columns of credit.terms. */
enum
{
	MODEL = 1,
	POLICY_VERSION,
	MEASURE,
	BOUNDS,
	OUTCOMES,
	GRADES,
	SPLIT_ID,
	CHALLENGER,
	SHARE,
	SALT,
	SHADOW
};

/* 0 for NULL. */
static Datum
column(int number)
{
	bool		is_null;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0],
									  SPI_tuptable->tupdesc, number, &is_null);

	return is_null ? (Datum) 0 : value;
}

static char *
string_column(int number)
{
	Datum		value = column(number);

	return value == (Datum) 0 ? NULL : TextDatumGetCString(value);
}

static void
read_policy(CreditTerms *terms)
{
	char	   *measure = string_column(MEASURE);
	int			n;

	if (measure == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("model \"%s\" has no policy", terms->model),
				 errhint("Set one with credit.set_policy().")));
	terms->policy_version = DatumGetInt32(column(POLICY_VERSION));
	terms->by_pd = strcmp(measure, "pd") == 0;
	terms->bounds = DatumGetArrayTypePCopy(column(BOUNDS));
	deconstruct_array(DatumGetArrayTypePCopy(column(OUTCOMES)), TEXTOID, -1,
					  false, TYPALIGN_INT, &terms->outcomes, NULL, &n);
	deconstruct_array(DatumGetArrayTypePCopy(column(GRADES)), TEXTOID, -1,
					  false, TYPALIGN_INT, &terms->grades, &terms->ungraded,
					  &n);
}

static void
read_routing(CreditTerms *terms)
{
	terms->shadow = string_column(SHADOW);
	terms->challenger = string_column(CHALLENGER);
	if (terms->challenger == NULL)
		return;
	terms->split_id = DatumGetInt64(column(SPLIT_ID));
	terms->share = DatumGetFloat8(column(SHARE));
	terms->salt = DatumGetTextPCopy(column(SALT));
}

CreditTerms *
credit_terms_read(int64 model_version_id)
{
	CreditTerms *terms = palloc0(sizeof(CreditTerms));
	Datum		argument = Int64GetDatum(model_version_id);
	MemoryContext context = CurrentMemoryContext;
	MemoryContext spi;

	SPI_connect();
	if (credit_own_query(&terms_query, &argument, NULL, true) != 1)
		elog(ERROR, "model version " INT64_FORMAT " is missing",
			 model_version_id);
	spi = MemoryContextSwitchTo(context);
	terms->version_id = model_version_id;
	terms->key = credit_registry_snapshot_key();
	terms->model = string_column(MODEL);
	read_policy(terms);
	read_routing(terms);
	MemoryContextSwitchTo(spi);
	SPI_finish();
	return terms;
}

int
credit_terms_band(const CreditTerms *terms, int32 points, double pd)
{
	Datum		value = Float8GetDatum(terms->by_pd ? pd : points);

	return DatumGetInt32(DirectFunctionCall2(width_bucket_array, value,
											 PointerGetDatum(terms->bounds)));
}
