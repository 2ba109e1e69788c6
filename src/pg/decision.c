/*
 * decision.c
 *	  What every decision in the log has: number, time, role, hash.
 *
 * Its hash is computed before the write, so writers share nothing but the
 * sequence; the chain of hashes is made afterwards, by credit.maintain().
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "commands/sequence.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "decision.h"
#include "registry.h"

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
	(void) GetTopTransactionId();
	return nextval_internal(credit_registry_relation("decision_decision_id_seq"),
							false);
}

static void
set_record(CreditDecision *decision)
{
	char	   *role = GetUserNameFromId(GetOuterUserId(), false);

	credit_decision_set(decision, CREDIT_DECISION_ID, Int64GetDatum(next_id()));
	credit_decision_set(decision, CREDIT_DECIDED_AT,
						TimestampTzGetDatum(GetCurrentTimestamp()));
	credit_decision_set(decision, CREDIT_DECIDED_BY,
						CStringGetTextDatum(role));
	credit_decision_set(decision, CREDIT_CODE_VERSION,
						CStringGetTextDatum(CREDIT_VERSION));
}

Datum
credit_decision_log(CreditDecision *decision)
{
	Oid			partition;
	Relation	log;
	TupleDesc	row;
	HeapTuple	tuple;
	Datum		result;

	set_record(decision);
	log = credit_decision_open(DatumGetTimestampTz(decision->values[CREDIT_DECIDED_AT]),
							   &partition);
	row = RelationGetDescr(log);
	if (row->natts != CREDIT_DECISION_COLUMNS)
		elog(ERROR, "credit.decision has %d columns", row->natts);
	credit_decision_set(decision, CREDIT_DECISION_HASH,
						credit_decision_hash_of(decision->values,
												decision->nulls, row));
	tuple = heap_form_tuple(row, decision->values, decision->nulls);
	credit_decision_insert(log, partition, decision, tuple);
	result = heap_copy_tuple_as_datum(tuple, row);
	table_close(log, NoLock);
	return result;
}

PG_FUNCTION_INFO_V1(credit_code_version);
Datum
credit_code_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(CREDIT_VERSION));
}
