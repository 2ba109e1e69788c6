/*
 * registry_state.h
 *	  Whether a snapshot sees the registry as another one did.
 */
#ifndef CREDIT_REGISTRY_STATE_H
#define CREDIT_REGISTRY_STATE_H

#include "utils/snapshot.h"

/*
 * Two snapshots with equal keys see the same registry.  See registry_state.c
 * for why that holds.
 */
typedef struct CreditSnapshotKey
{
	TransactionId xmin;
	TransactionId xmax;
	uint32		n_running;		/* transactions below xmax */
	uint32		n_running_standby;	/* the same, in recovery */
	LocalTransactionId writer;	/* our own transaction, if it has an xid */
	CommandId	curcid;			/* these two of a writer only */
	SubTransactionId subxid;
} CreditSnapshotKey;

extern CreditSnapshotKey credit_registry_snapshot_key(void);
extern bool credit_registry_same_snapshot(const CreditSnapshotKey *a,
										  const CreditSnapshotKey *b);

#define CREDIT_STAMP_TABLES 3

/*
 * Goes with what was read from these tables of the registry: names up to the
 * first NULL, static.  The rest is 0 to begin with.
 */
typedef struct CreditStamp
{
	const char *tables[CREDIT_STAMP_TABLES];
	uint64		states[CREDIT_STAMP_TABLES];
	CreditSnapshotKey key;
} CreditStamp;

/*
 * Whether the active snapshot sees in the tables what that of the call before
 * saw.  If not, read them under it before the next call.
 */
extern bool credit_stamp_holds(CreditStamp *stamp);

/* The snapshot that the registry is read under. */
extern Snapshot credit_registry_snapshot(void);

/* A table or index of the schema "credit", which must be there. */
extern Oid	credit_registry_relation(const char *name);

#endif							/* CREDIT_REGISTRY_STATE_H */
