/*
 * decision_insert.c
 *	  How a decision gets into the log: as INSERT would put it there.
 *
 * To set up an INSERT takes longer than to run it.  So where nothing has to
 * happen but that the row is checked, stored and indexed, which is so for the
 * log as the extension makes it, this is done here with the executor's own
 * parts, as COPY and logical replication do.  A log to which somebody added
 * triggers, rules or the like is written by an INSERT, which knows them all.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
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

/* -------- partitions -------- */

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
	{
		SPI_connect();
		credit_own_query(&partition_query, &argument, NULL);
		SPI_finish();
	}
}

/* -------- with the executor's parts -------- */

/* Whether INSERT into it would do more than to check, store and index. */
static bool
does_more(Relation table)
{
	TriggerDesc *triggers = table->trigdesc;
	TupleConstr *constraints = RelationGetDescr(table)->constr;

	return table->rd_rules != NULL ||
		(constraints != NULL && constraints->has_generated_stored) ||
		(triggers != NULL &&
		 (triggers->trig_insert_before_row ||
		  triggers->trig_insert_after_row ||
		  triggers->trig_insert_before_statement ||
		  triggers->trig_insert_after_statement));
}

/* Whether the values can be stored as they are. */
static bool
has_columns(TupleDesc row)
{
	if (row->natts != CREDIT_DECISION_COLUMNS)
		return false;
	for (int i = 0; i < CREDIT_DECISION_COLUMNS; i++)
		if (TupleDescAttr(row, i)->atttypid != column_types[i])
			return false;
	return true;
}

static bool
may_insert(Relation log)
{
	return pg_class_aclcheck(RelationGetRelid(log), log->rd_rel->relowner,
							 ACL_INSERT) == ACLCHECK_OK;
}

/* Whether it is a table whose rows look as those of the log. */
static bool
is_plain(ResultRelInfo *partition)
{
	Relation	table = partition->ri_RelationDesc;

	return table->rd_rel->relkind == RELKIND_RELATION && !does_more(table) &&
		partition->ri_PartitionTupleSlot == NULL;
}

static void
store(ResultRelInfo *partition, EState *estate, TupleTableSlot *slot)
{
	Relation	table = partition->ri_RelationDesc;

	if (RelationGetDescr(table)->constr != NULL)
		ExecConstraints(partition, slot, estate);
	table_tuple_insert(table, slot, GetCurrentCommandId(true), 0, NULL);
	if (partition->ri_NumIndices > 0)
		CREDIT_INSERT_INDEX_TUPLES(partition, slot, estate);
}

/* Stores the row in its partition, or returns false if that takes an INSERT. */
static bool
route(Relation log, EState *estate, TupleTableSlot *slot)
{
	ModifyTableState *state = makeNode(ModifyTableState);
	PartitionTupleRouting *routing;
	ResultRelInfo *partition;
	bool		plain;

	state->ps.state = estate;
	state->operation = CMD_INSERT;
	state->resultRelInfo = makeNode(ResultRelInfo);
	InitResultRelInfo(state->resultRelInfo, log, 0, NULL, 0);
	routing = ExecSetupPartitionTupleRouting(estate, log);
	partition = ExecFindPartition(state, state->resultRelInfo, routing, slot,
								  estate);
	plain = is_plain(partition);
	if (plain)
		store(partition, estate, slot);
	ExecCleanupTupleRouting(state, routing);
	return plain;
}

static bool
insert_directly(const CreditDecision *decision)
{
	Relation	log = table_open(credit_registry_decision_table(),
								 RowExclusiveLock);
	EState	   *estate;
	MemoryContext before;
	TupleTableSlot *slot;
	bool		done;

	if (does_more(log) || !has_columns(RelationGetDescr(log)) ||
		!may_insert(log))
	{
		table_close(log, NoLock);
		return false;
	}
	estate = CreateExecutorState();
	before = MemoryContextSwitchTo(estate->es_query_cxt);
	slot = ExecInitExtraTupleSlot(estate, RelationGetDescr(log),
								  &TTSOpsVirtual);
	memcpy(slot->tts_values, decision->values, sizeof(decision->values));
	memcpy(slot->tts_isnull, decision->nulls, sizeof(decision->nulls));
	ExecStoreVirtualTuple(slot);
	done = route(log, estate, slot);
	ExecResetTupleTable(estate->es_tupleTable, false);
	MemoryContextSwitchTo(before);
	FreeExecutorState(estate);
	table_close(log, NoLock);
	return done;
}

/* -------- by INSERT -------- */

static void
insert_by_query(CreditDecision *decision)
{
	char		nulls[CREDIT_DECISION_COLUMNS];

	for (int i = 0; i < CREDIT_DECISION_COLUMNS; i++)
		nulls[i] = decision->nulls[i] ? 'n' : ' ';
	SPI_connect();
	if (credit_own_query(&insert_query, decision->values, nulls) != 1)
		elog(ERROR, "decision was not logged");
	SPI_finish();
}

/* What follows in the statement sees the decision, as after a query. */
void
credit_decision_insert(CreditDecision *decision)
{
	CreditCaller caller;
	bool		done;

	need_partition(DatumGetTimestampTz(decision->values[CREDIT_DECIDED_AT]));
	caller = credit_become_owner();
	done = insert_directly(decision);
	credit_become_caller(caller);
	if (done)
		CommandCounterIncrement();
	else
		insert_by_query(decision);
}
