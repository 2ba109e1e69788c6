/*
 * decision.c
 *	  How a decision gets into the log.
 *
 * Its hash is computed before the write, so writers share nothing but the
 * sequence; the chain of hashes is made afterwards, by credit.maintain().
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "decision.h"
#include "ownquery.h"
#include "registry.h"

static const Oid column_types[] = {
	INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID,
	INT8OID, INT4OID, FLOAT4OID, FLOAT8OID, INT4OID, TEXTOID, TEXTOID,
	JSONBOID, FLOAT4ARRAYOID, TEXTARRAYOID, BYTEAOID, TEXTOID, INT4OID,
	FLOAT4OID, FLOAT8OID, INT4OID, TEXTOID, TEXTOID, BYTEAOID
};

StaticAssertDecl(lengthof(column_types) == CREDIT_DECISION_COLUMNS,
				 "every column of credit.decision has a type");

static CreditOwnQuery insert_query = {
	.sql = "INSERT INTO credit.decision VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
	" $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,"
	" $24, $25, $26)",
	.n_arguments = CREDIT_DECISION_COLUMNS,
	.types = column_types
};

static const Oid partition_types[] = {TIMESTAMPTZOID};

static CreditOwnQuery partition_query = {
	.sql = "SELECT credit.make_partition(pg_catalog.timezone('UTC', $1)::pg_catalog.date)",
	.n_arguments = 1,
	.types = partition_types
};

void
credit_decision_init(CreditDecision *decision)
{
	memset(decision->values, 0, sizeof(decision->values));
	memset(decision->nulls, true, sizeof(decision->nulls));
}

/*
 * credit.maintain() knows that every decision with a lower number is there or
 * will never be, if all transactions that it saw running then have ended.  So
 * the transaction must have its id before it takes a number.
 */
static int64
next_id(void)
{
	Oid			schema = get_rel_namespace(credit_registry_decision_table());

	(void) GetTopTransactionId();
	return nextval_internal(get_relname_relid("decision_decision_id_seq",
											  schema), false);
}

/* Makes the partition of a month that credit.maintain() did not make ahead. */
static void
need_partition(TimestampTz at)
{
	Oid			schema = get_rel_namespace(credit_registry_decision_table());
	char		name[NAMEDATALEN];
	struct pg_tm tm;
	fsec_t		fraction;
	Datum		argument = TimestampTzGetDatum(at);

	if (timestamp2tm(at, NULL, &tm, &fraction, NULL, NULL) != 0)
		elog(ERROR, "timestamp out of range");
	snprintf(name, sizeof(name), "decision_%04d_%02d", tm.tm_year, tm.tm_mon);
	if (!OidIsValid(get_relname_relid(name, schema)))
		credit_own_query(&partition_query, &argument, NULL);
}

static void
insert(CreditDecision *decision)
{
	char		nulls[CREDIT_DECISION_COLUMNS];

	for (int i = 0; i < CREDIT_DECISION_COLUMNS; i++)
		nulls[i] = decision->nulls[i] ? 'n' : ' ';
	SPI_connect();
	need_partition(DatumGetTimestampTz(decision->values[CREDIT_DECIDED_AT]));
	if (credit_own_query(&insert_query, decision->values, nulls) != 1)
		elog(ERROR, "decision was not logged");
	SPI_finish();
}

void
credit_decision_log(CreditDecision *decision, TupleDesc row)
{
	char	   *role = GetUserNameFromId(GetOuterUserId(), false);

	if (row->natts != CREDIT_DECISION_COLUMNS)
		elog(ERROR, "credit.decision has %d columns", row->natts);
	credit_decision_set(decision, CREDIT_DECISION_ID, Int64GetDatum(next_id()));
	credit_decision_set(decision, CREDIT_DECIDED_AT,
						TimestampTzGetDatum(GetCurrentTimestamp()));
	credit_decision_set(decision, CREDIT_DECIDED_BY,
						CStringGetTextDatum(role));
	credit_decision_set(decision, CREDIT_CODE_VERSION,
						CStringGetTextDatum(CREDIT_VERSION));
	credit_decision_set(decision, CREDIT_DECISION_HASH,
						credit_decision_hash_of(decision->values,
												decision->nulls, row));
	insert(decision);
}

PG_FUNCTION_INFO_V1(credit_code_version);
Datum
credit_code_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(CREDIT_VERSION));
}
