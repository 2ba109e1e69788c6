/*
 * decision.h
 *	  A row of credit.decision.
 */
#ifndef CREDIT_DECISION_H
#define CREDIT_DECISION_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "datatype/timestamp.h"
#include "utils/relcache.h"

/* Columns as control/parts/54_decision.sql defines them, from 0. */
typedef enum CreditDecisionColumn
{
	CREDIT_DECISION_ID,
	CREDIT_DECIDED_AT,
	CREDIT_DECIDED_BY,
	CREDIT_SUBJECT,
	CREDIT_MODEL_NAME,
	CREDIT_VERSION_NUMBER,
	CREDIT_ARM,
	CREDIT_SPLIT_ID,
	CREDIT_POLICY_VERSION,
	CREDIT_DECISION_MARGIN,
	CREDIT_PD,
	CREDIT_SCORE,
	CREDIT_OUTCOME,
	CREDIT_GRADE,
	CREDIT_REASONS,
	CREDIT_INPUTS,
	CREDIT_LABELS,
	CREDIT_IMAGE_SHA256,
	CREDIT_CODE_VERSION,
	CREDIT_SHADOW_VERSION,
	CREDIT_SHADOW_MARGIN,
	CREDIT_SHADOW_PD,
	CREDIT_SHADOW_SCORE,
	CREDIT_SHADOW_OUTCOME,
	CREDIT_SHADOW_ERROR,
	CREDIT_DECISION_HASH,
	CREDIT_DECISION_COLUMNS
} CreditDecisionColumn;

typedef struct CreditDecision
{
	Datum		values[CREDIT_DECISION_COLUMNS];
	bool		nulls[CREDIT_DECISION_COLUMNS];
} CreditDecision;

/* All columns NULL. */
extern void credit_decision_init(CreditDecision *decision);

static inline void
credit_decision_set(CreditDecision *decision, CreditDecisionColumn column,
					Datum value)
{
	decision->values[column] = value;
	decision->nulls[column] = false;
}

/* SHA-256 of the columns but the hash, as bytea. */
extern Datum credit_decision_hash_of(const Datum *values, const bool *nulls,
									 TupleDesc row);

/*
 * Gives it number, time, role, code version and hash, writes it to the log
 * and returns the row.
 */
extern Datum credit_decision_log(CreditDecision *decision);

/*
 * Opens the log and makes sure of its partition for that time; *partition
 * receives it, or InvalidOid if only INSERT can tell.
 */
extern Relation credit_decision_open(TimestampTz at, Oid *partition);

/* Writes a decision that has all columns, of which tuple is the row. */
extern void credit_decision_insert(Relation log, Oid partition,
								   CreditDecision *decision, HeapTuple tuple);

#endif							/* CREDIT_DECISION_H */
