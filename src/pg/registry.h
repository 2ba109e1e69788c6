/*
 * registry.h
 *	  From a model reference to a version, under the statement's snapshot.
 */
#ifndef CREDIT_REGISTRY_H
#define CREDIT_REGISTRY_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"

#include "registry_state.h"

/* NULL stands for the default model. */
extern int64 credit_registry_resolve(const char *reference,
									 bool include_retired);

/* The same without errors: 0 where there is no such version to score with. */
extern int64 credit_registry_find(const char *reference);

/*
 * The features that other versions in service of the same model use: String
 * nodes, as of now rather than as of the statement's snapshot.
 */
extern List *credit_registry_used_by_others(int64 model_version_id);

/*
 * Hands over the newest row that a model has in a history, if there is one:
 * the last under the model, and under the kind if that is not NULL, in an
 * index that begins with them.
 */
extern void credit_registry_newest(const char *table, const char *index,
								   int64 model_id, const char *kind,
								   void (*take) (void *context,
												 HeapTuple tuple,
												 TupleDesc descriptor),
								   void *context);

/* A palloc'd copy of the name. */
extern char *credit_registry_model_name(int64 model_id);

/* A version's name and image, read for the cache. */
typedef struct CreditVersion
{
	int64		model_id;
	char	   *model;			/* palloc'd */
	int32		version;
	bytea	   *image;			/* this and the next in the given context */
	bytea	   *image_sha256;
} CreditVersion;

/*
 * Hands over each row that a version has in a table whose primary key begins
 * with column 1, the version's id.
 */
extern void credit_registry_rows(const char *table, int64 model_version_id,
								 void (*take) (void *context, HeapTuple tuple,
											   TupleDesc descriptor),
								 void *context);

extern CreditVersion credit_registry_read(int64 model_version_id,
										  MemoryContext context);
extern Oid	credit_registry_alias_table(void);
extern Oid	credit_registry_version_table(void);
extern Oid	credit_registry_decision_table(void);

#endif							/* CREDIT_REGISTRY_H */
