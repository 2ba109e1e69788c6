/*
 * registry_state.c
 *	  Whether a snapshot sees the registry as another one did.
 *
 * A look-up costs a few microseconds, so its result is kept for as long as
 * the snapshot would give the same answer.  A snapshot sees what was completed
 * below xmax but for the transactions that it lists as running, and what its
 * own transaction did in earlier commands.  Below one xmax no transaction
 * starts, so the lists of two snapshots are nested, and equal if they are
 * equally long.  Without an xid our own transaction has done nothing; with
 * one, what it did is told by the command counter and the subtransaction.  So
 * these numbers are the key (PostgreSQL's own count of completions, which
 * does the same, is not kept in the copy of a snapshot that is active).
 *
 * Where others write, and every decision does, each snapshot has another key.
 * Then the table tells, if it is small and logged.  Whoever changes a page
 * gives it an LSN that is greater than all before.  So a table with as many
 * pages and the same greatest LSN as before has the same tuples, but for
 * changes that were under way then.  They all are of transactions below what
 * was the next xid when that LSN was first met: the horizon.  Snapshots whose
 * xmin is not below it know how each of these ended, and see the same of them.
 * (A later transaction may have changed a page that has no new LSN yet; but it
 * is still running, so no snapshot sees that.)
 *
 * None of this needs an invalidation message, so a standby and a pooled
 * connection in the middle of a transaction are right too.  A serializable
 * transaction must be seen to read, so it reads for itself.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "registry_state.h"

#define MAX_KNOWN_RELATIONS		32

/* To ask a table of more pages takes as long as to search it. */
#define MAX_PAGES				4

/* A relation that was looked up: every statement asks for several. */
typedef struct KnownRelation
{
	NameData	name;
	Oid			relation;

	/* Of a table that was looked at. */
	CreditSnapshotKey key;		/* under which it was last */
	BlockNumber n_pages;
	XLogRecPtr	lsn;			/* the greatest of the pages */
	TransactionId horizon;
	uint64		state;			/* a number for all that; 0: not to be told */
} KnownRelation;

static KnownRelation known[MAX_KNOWN_RELATIONS];
static int	n_known;
static uint64 last_state;

/* -------- snapshots -------- */

Snapshot
credit_registry_snapshot(void)
{
	return ActiveSnapshotSet() ? GetActiveSnapshot() :
		GetTransactionSnapshot();
}

CreditSnapshotKey
credit_registry_snapshot_key(void)
{
	Snapshot	snapshot = credit_registry_snapshot();
	CreditSnapshotKey key = {
		.xmin = snapshot->xmin,
		.xmax = snapshot->xmax,
		.n_running = snapshot->xcnt,
		.n_running_standby = snapshot->takenDuringRecovery ?
		snapshot->subxcnt : 0,
	};

	if (TransactionIdIsValid(GetTopTransactionIdIfAny()) ||
		IsolationIsSerializable())
	{
		key.writer = CREDIT_MY_LXID;
		key.curcid = snapshot->curcid;
		key.subxid = GetCurrentSubTransactionId();
	}
	return key;
}

bool
credit_registry_same_snapshot(const CreditSnapshotKey *a,
							  const CreditSnapshotKey *b)
{
	return a->xmin == b->xmin && a->xmax == b->xmax &&
		a->n_running == b->n_running &&
		a->n_running_standby == b->n_running_standby &&
		a->writer == b->writer &&
		a->curcid == b->curcid && a->subxid == b->subxid;
}

/* -------- relations -------- */

static void
forget_relations(Datum arg, int cache, uint32 hash)
{
	n_known = 0;
}

static Oid
look_up_relation(const char *name)
{
	Oid			namespace = get_namespace_oid("credit", true);
	Oid			relation = OidIsValid(namespace) ?
		get_relname_relid(name, namespace) : InvalidOid;

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"credit.%s\" does not exist", name),
				 errhint("Run CREATE EXTENSION pg_credit in this database.")));
	return relation;
}

/* When all places are taken, those that were first are given up. */
static KnownRelation *
know_relation(const char *name)
{
	static bool watching = false;
	Oid			relation;

	for (int i = 0; i < n_known; i++)
		if (strcmp(NameStr(known[i].name), name) == 0)
			return &known[i];
	if (!watching)
	{
		CacheRegisterSyscacheCallback(RELOID, forget_relations, (Datum) 0);
		watching = true;
	}
	relation = look_up_relation(name);
	if (n_known == MAX_KNOWN_RELATIONS)
		n_known = 0;
	known[n_known] = (KnownRelation) {.relation = relation};
	namestrcpy(&known[n_known].name, name);
	return &known[n_known++];
}

Oid
credit_registry_relation(const char *name)
{
	return know_relation(name)->relation;
}

/* -------- states -------- */

static XLogRecPtr
greatest_lsn(Relation table, BlockNumber n_pages)
{
	XLogRecPtr	greatest = InvalidXLogRecPtr;

	for (BlockNumber i = 0; i < n_pages; i++)
	{
		Buffer		page = ReadBuffer(table, i);

		greatest = Max(greatest, BufferGetLSNAtomic(page));
		ReleaseBuffer(page);
	}
	return greatest;
}

static void
look_at(KnownRelation *relation)
{
	Relation	table = table_open(relation->relation, AccessShareLock);
	BlockNumber n_pages = RelationGetNumberOfBlocks(table);
	XLogRecPtr	lsn = n_pages > MAX_PAGES ? InvalidXLogRecPtr :
		greatest_lsn(table, n_pages);

	table_close(table, NoLock);
	if (n_pages > 0 && XLogRecPtrIsInvalid(lsn))
		relation->state = 0;
	else if (relation->state == 0 || relation->n_pages != n_pages ||
			 relation->lsn != lsn)
	{
		relation->n_pages = n_pages;
		relation->lsn = lsn;
		relation->horizon = ReadNextTransactionId();
		relation->state = ++last_state;
	}
}

/*
 * A number of what the active snapshot sees in a table: where it is the same,
 * so are the rows.  0 if the table cannot tell.
 */
static uint64
state_of(const char *name, const CreditSnapshotKey *key)
{
	KnownRelation *relation = know_relation(name);

	if (!credit_registry_same_snapshot(&relation->key, key))
	{
		look_at(relation);
		relation->key = *key;
	}
	if (IsolationIsSerializable() ||
		TransactionIdPrecedes(key->xmin, relation->horizon))
		return 0;
	return relation->state;
}

/* An error leaves the stamp as it is. */
bool
credit_stamp_holds(CreditStamp *stamp)
{
	CreditSnapshotKey key = credit_registry_snapshot_key();
	CreditStamp now;
	bool		holds = true;

	if (credit_registry_same_snapshot(&stamp->key, &key))
		return true;
	now = *stamp;
	now.key = key;
	for (int i = 0; i < CREDIT_STAMP_TABLES && now.tables[i] != NULL; i++)
	{
		now.states[i] = state_of(now.tables[i], &key);
		holds &= now.states[i] != 0 && now.states[i] == stamp->states[i];
	}
	*stamp = now;
	return holds;
}
