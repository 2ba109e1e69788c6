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
#include "executor/executor.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/acl.h"
#include "utils/partcache.h"
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

/* The partition for a time, or InvalidOid. */
static Oid
find_partition(Relation log, TimestampTz at)
{
	PartitionKey key = RelationGetPartitionKey(log);
	PartitionDesc partitions = RelationGetPartitionDesc(log, true);
	Datum		value = TimestampTzGetDatum(at);
	bool		equal;
	int			bound;
	int			partition;

	if (partitions->nparts == 0)
		return InvalidOid;
	bound = partition_range_datum_bsearch(key->partsupfunc, key->partcollation,
										  partitions->boundinfo, 1, &value,
										  &equal);
	partition = partitions->boundinfo->indexes[bound + 1];
	return partition < 0 ? InvalidOid : partitions->oids[partition];
}

/* Makes the partition of a month that credit.maintain() did not make ahead. */
static void
make_partition(TimestampTz at)
{
	Datum		argument = TimestampTzGetDatum(at);

	SPI_connect();
	credit_own_query(&partition_query, &argument, NULL);
	SPI_finish();
}

/* A table that is open cannot be given a partition. */
Relation
credit_decision_open(TimestampTz at, Oid *partition)
{
	Oid			table = credit_registry_decision_table();
	Relation	log = table_open(table, RowExclusiveLock);

	*partition = find_partition(log, at);
	if (OidIsValid(*partition))
		return log;
	table_close(log, NoLock);
	make_partition(at);
	log = table_open(table, RowExclusiveLock);
	*partition = find_partition(log, at);
	return log;
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

/* Whether rows of the log can be stored in the partition as they are. */
static bool
has_columns(Relation log, Relation partition)
{
	TupleDesc	whole = RelationGetDescr(log);
	TupleDesc	part = RelationGetDescr(partition);

	if (part->natts != whole->natts)
		return false;
	for (int i = 0; i < part->natts; i++)
		if (TupleDescAttr(part, i)->atttypid != column_types[i] ||
			TupleDescAttr(whole, i)->atttypid != column_types[i] ||
			strcmp(NameStr(TupleDescAttr(part, i)->attname),
				   NameStr(TupleDescAttr(whole, i)->attname)) != 0)
			return false;
	return true;
}

static bool
may_insert(Relation log)
{
	return pg_class_aclcheck(RelationGetRelid(log), log->rd_rel->relowner,
							 ACL_INSERT) == ACLCHECK_OK;
}

/* The caller found the partition, so its bounds need no check. */
static void
store(Relation partition, HeapTuple tuple)
{
	EState	   *estate = CreateExecutorState();
	MemoryContext before = MemoryContextSwitchTo(estate->es_query_cxt);
	ResultRelInfo *target = makeNode(ResultRelInfo);
	TupleTableSlot *slot = ExecInitExtraTupleSlot(estate,
												  RelationGetDescr(partition),
												  &TTSOpsHeapTuple);

	InitResultRelInfo(target, partition, 0, NULL, 0);
	ExecOpenIndices(target, false);
	ExecStoreHeapTuple(tuple, slot, false);
	if (RelationGetDescr(partition)->constr != NULL)
		ExecConstraints(target, slot, estate);
	table_tuple_insert(partition, slot, GetCurrentCommandId(true), 0, NULL);
	if (target->ri_NumIndices > 0)
		CREDIT_INSERT_INDEX_TUPLES(target, slot, estate);
	ExecCloseIndices(target);
	ExecResetTupleTable(estate->es_tupleTable, false);
	MemoryContextSwitchTo(before);
	FreeExecutorState(estate);
}

/* Returns false if that takes an INSERT. */
static bool
insert_directly(Relation log, Oid partition, HeapTuple tuple)
{
	Relation	table;
	bool		direct;

	if (!OidIsValid(partition) || does_more(log) || !may_insert(log))
		return false;
	table = table_open(partition, RowExclusiveLock);
	direct = table->rd_rel->relkind == RELKIND_RELATION &&
		!does_more(table) && has_columns(log, table);
	if (direct)
		store(table, tuple);
	table_close(table, NoLock);
	return direct;
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
credit_decision_insert(Relation log, Oid partition, CreditDecision *decision,
					   HeapTuple tuple)
{
	CreditCaller caller = credit_become_owner();
	bool		done = insert_directly(log, partition, tuple);

	credit_become_caller(caller);
	if (done)
		CommandCounterIncrement();
	else
		insert_by_query(decision);
}
