/*
 * registry.c
 *	  Reads the tables of the schema "credit" for the functions that score.
 *
 * They are read by index scans under the active snapshot and without a look
 * at the caller's rights: EXECUTE on the function is all that scoring needs,
 * and all rows of one statement meet one version, whatever commits meanwhile.
 *
 * What was found is kept for as long as it holds (registry_state.c).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/value.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "pg_credit.h"
#include "registry.h"

/* Columns as control/parts/20_registry.sql defines them. */
#define MODEL_ID				1
#define MODEL_NAME				2

#define VERSION_ID				1
#define VERSION_MODEL_ID		2
#define VERSION_VERSION			3
#define VERSION_IMAGE			4
#define VERSION_RETIRED_AT		5
#define VERSION_IMAGE_SHA256	7

#define FEATURE_VERSION_ID		1
#define FEATURE_NAME			3
#define FEATURE_SPLIT_COUNT		6

#define ALIAS_MODEL_ID			1
#define ALIAS_ALIAS				2
#define ALIAS_VERSION_ID		3

#define HISTORY_MODEL_ID		2
#define HISTORY_KIND			3

/* What to do about a reference that cannot be resolved. */
typedef enum LookUp
{
	LOOK_UP,					/* raise an error, also for a retired version */
	LOOK_UP_RETIRED,			/* raise an error */
	LOOK_UP_QUIETLY				/* return 0, also for a retired version */
} LookUp;

#define DEFAULT_ALIAS			"champion"
#define MAX_LISTED_MODELS		20
#define MEMO_SIZE				8

/* An index scan of one registry table. */
typedef struct RegistryScan
{
	Relation	table;
	SysScanDesc scan;
} RegistryScan;

/* A reference that was resolved. */
typedef struct Memo
{
	char	   *reference;		/* in TopMemoryContext; NULL: not in use */
	CreditStamp stamp;
	Oid			table;			/* tells one installation from the next */
	int64		version_id;		/* 0: not found */
} Memo;

/* Touched by credit_registry_resolve() only. */
static Memo memos[MEMO_SIZE];
static int	next_memo;

Oid
credit_registry_alias_table(void)
{
	return credit_registry_relation("alias");
}

Oid
credit_registry_version_table(void)
{
	return credit_registry_relation("model_version");
}

Oid
credit_registry_decision_table(void)
{
	return credit_registry_relation("decision");
}

/*
 * Without keys the rows come in the order of the index.  With keys, a table of
 * one page is read without it: to open an index takes a new session longer.
 */
static RegistryScan
begin_scan(const char *table, const char *index, int n_keys, ScanKey keys)
{
	RegistryScan scan;
	bool		small;

	scan.table = table_open(credit_registry_relation(table), AccessShareLock);
	small = n_keys > 0 && RelationGetNumberOfBlocks(scan.table) <= 1;
	scan.scan = systable_beginscan(scan.table, small ? InvalidOid :
								   credit_registry_relation(index),
								   !small, credit_registry_snapshot(),
								   n_keys, keys);
	return scan;
}

/* The lock goes with the transaction, as for any table that was read. */
static void
end_scan(RegistryScan *scan)
{
	systable_endscan(scan->scan);
	table_close(scan->table, NoLock);
}

static Datum
column(RegistryScan *scan, HeapTuple tuple, int number, bool *is_null)
{
	return heap_getattr(tuple, number, RelationGetDescr(scan->table), is_null);
}

static int64
id_column(RegistryScan *scan, HeapTuple tuple, int number)
{
	bool		is_null;

	return DatumGetInt64(column(scan, tuple, number, &is_null));
}

static void
bigint_key(ScanKey key, int number, int64 value)
{
	ScanKeyInit(key, number, BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(value));
}

static void
text_key(ScanKey key, int number, const char *value)
{
	ScanKeyEntryInitialize(key, 0, number, BTEqualStrategyNumber, InvalidOid,
						   C_COLLATION_OID, F_TEXTEQ,
						   CStringGetTextDatum(value));
}

/* The id in one column of the row that the keys select, or 0 without a row. */
static int64
find_id(const char *table, const char *index, int n_keys, ScanKey keys,
		int number)
{
	RegistryScan scan = begin_scan(table, index, n_keys, keys);
	HeapTuple	tuple = systable_getnext(scan.scan);
	int64		id = HeapTupleIsValid(tuple) ?
		id_column(&scan, tuple, number) : 0;

	end_scan(&scan);
	return id;
}

/* The model's id, or 0. */
static int64
find_model(const char *name)
{
	ScanKeyData key;

	text_key(&key, MODEL_NAME, name);
	return find_id("model", "model_name_key", 1, &key, MODEL_ID);
}

/*
 * Counts the models, as far as one more than can be listed, and lists their
 * names; *name and *id receive those of the last.
 */
static int
list_models(StringInfo names, char **name, int64 *id)
{
	RegistryScan scan = begin_scan("model", "model_name_key", 0, NULL);
	HeapTuple	tuple;
	int			n = 0;

	while (n <= MAX_LISTED_MODELS &&
		   HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
	{
		bool		is_null;

		*name = TextDatumGetCString(column(&scan, tuple, MODEL_NAME, &is_null));
		*id = id_column(&scan, tuple, MODEL_ID);
		if (n++ == MAX_LISTED_MODELS)
			appendStringInfoString(names, " and more");
		else
			appendStringInfo(names, "%s\"%s\"", n == 1 ? "" : ", ", *name);
	}
	end_scan(&scan);
	return n;
}

static void
no_such_model(const char *name)
{
	StringInfoData names;
	char	   *last;
	int64		last_id;

	initStringInfo(&names);
	if (list_models(&names, &last, &last_id) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("model \"%s\" does not exist", name),
				 errhint("Import one with credit.import_model().")));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model \"%s\" does not exist", name),
			 errdetail("The models are: %s.", names.data)));
}

/*
 * The model that NULL stands for where credit.default_model does not say, or
 * NULL; *id receives its id.
 */
static char *
only_model(LookUp mode, int64 *id)
{
	StringInfoData names;
	char	   *name = NULL;
	int			n;

	initStringInfo(&names);
	n = list_models(&names, &name, id);
	if (n != 1 && mode == LOOK_UP_QUIETLY)
		return NULL;
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no model"),
				 errhint("Import one with credit.import_model().")));
	if (n > 1)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
				 errmsg("no model is named and there is no default"),
				 errdetail("The models are: %s.", names.data),
				 errhint("Name one in the call, or set credit.default_model.")));
	return name;
}

/* Looks a version up by number. */
static int64
find_version(const char *model, int64 model_id, const char *number,
			 LookUp mode)
{
	ScanKeyData keys[2];
	RegistryScan scan;
	HeapTuple	tuple;
	int64		id = 0;
	bool		retired = false;
	int32		version = 0;

	/* Eleven digits or more are no integer, and no version either. */
	if (strlen(number) <= 9)
		version = pg_strtoint32(number);
	bigint_key(&keys[0], VERSION_MODEL_ID, model_id);
	ScanKeyInit(&keys[1], VERSION_VERSION, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(version));
	scan = begin_scan("model_version", "model_version_model_id_version_key",
					  2, keys);
	tuple = systable_getnext(scan.scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		not_retired;

		id = id_column(&scan, tuple, VERSION_ID);
		(void) column(&scan, tuple, VERSION_RETIRED_AT, &not_retired);
		retired = !not_retired;
	}
	end_scan(&scan);
	if (mode == LOOK_UP_QUIETLY)
		return retired ? 0 : id;
	if (id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("model \"%s\" has no version %s", model, number),
				 errhint("The view credit.models lists the versions.")));
	if (retired && mode == LOOK_UP)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("version %s of model \"%s\" is retired", number, model),
				 errhint("Score with another version; the view credit.models lists them.")));
	return id;
}

/* An alias never points at a retired version: credit.retire() refuses. */
static int64
find_alias(const char *model, int64 model_id, const char *alias, LookUp mode)
{
	ScanKeyData keys[2];
	int64		id;

	bigint_key(&keys[0], ALIAS_MODEL_ID, model_id);
	text_key(&keys[1], ALIAS_ALIAS, alias);
	id = find_id("alias", "alias_pkey", 2, keys, ALIAS_VERSION_ID);
	if (id == 0 && mode != LOOK_UP_QUIETLY)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("model \"%s\" has no %s version", model, alias),
				 errhint("Promote a version with credit.promote().")));
	return id;
}

static void
invalid_reference(const char *reference)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid model reference \"%s\"", reference),
			 errhint("Write name, name@alias or name@version.")));
}

static bool
is_number(const char *selector)
{
	return strspn(selector, "0123456789") == strlen(selector);
}

static int64
look_up(const char *reference, LookUp mode)
{
	char	   *model = pstrdup(reference);
	char	   *at = strchr(model, '@');
	const char *selector = DEFAULT_ALIAS;
	int64		model_id;

	if (at != NULL)
	{
		*at = '\0';
		selector = at + 1;
		if (model[0] == '\0' || selector[0] == '\0' || strchr(selector, '@') != NULL)
		{
			if (mode == LOOK_UP_QUIETLY)
				return 0;
			invalid_reference(reference);
		}
	}
	model_id = find_model(model);
	if (model_id == 0)
	{
		if (mode == LOOK_UP_QUIETLY)
			return 0;
		no_such_model(model);
	}
	if (is_number(selector))
		return find_version(model, model_id, selector, mode);
	return find_alias(model, model_id, selector, mode);
}

static int64
look_up_default(LookUp mode)
{
	int64		model_id;
	char	   *model = only_model(mode, &model_id);

	return model == NULL ? 0 :
		find_alias(model, model_id, DEFAULT_ALIAS, mode);
}

/* The memo of a reference, a fresh one where there is none. */
static Memo *
get_memo(const char *reference)
{
	Oid			table = credit_registry_version_table();
	const char *at = strchr(reference, '@');
	Memo	   *memo;
	char	   *copy;

	for (int i = 0; i < MEMO_SIZE; i++)
		if (memos[i].reference != NULL && memos[i].table == table &&
			strcmp(memos[i].reference, reference) == 0)
			return &memos[i];

	copy = MemoryContextStrdup(TopMemoryContext, reference);
	memo = &memos[next_memo];
	next_memo = (next_memo + 1) % MEMO_SIZE;
	if (memo->reference != NULL)
		pfree(memo->reference);
	*memo = (Memo) {.reference = copy,.table = table};
	memo->stamp.tables[0] = "model";
	memo->stamp.tables[1] = at != NULL && is_number(at + 1) ?
		"model_version" : "alias";
	return memo;
}

/* Looks up what was not looked up before, or may mean another version now. */
static int64
resolve(const char *given, LookUp mode)
{
	Memo	   *memo = get_memo(given);

	if (credit_stamp_holds(&memo->stamp) && memo->version_id != 0)
		return memo->version_id;
	memo->version_id = 0;
	memo->version_id = given[0] == '\0' ? look_up_default(mode) :
		look_up(given, mode);
	return memo->version_id;
}

/*
 * Returns the model_version_id of a reference: name, name@alias or
 * name@version.  A retired version is refused unless asked for.  A setting
 * that is empty is looked up, and remembered, as "", so no reference may be.
 */
int64
credit_registry_resolve(const char *reference, bool include_retired)
{
	if (reference == NULL)
		return resolve(credit_default_model, LOOK_UP);
	if (reference[0] == '\0')
		invalid_reference(reference);
	return include_retired ? look_up(reference, LOOK_UP_RETIRED) :
		resolve(reference, LOOK_UP);
}

int64
credit_registry_find(const char *reference)
{
	if (reference != NULL && reference[0] == '\0')
		return 0;
	return resolve(reference == NULL ? credit_default_model : reference,
				   LOOK_UP_QUIETLY);
}

/* Adds the features that a version uses. */
static List *
add_used(List *names, int64 model_version_id)
{
	ScanKeyData key;
	RegistryScan scan;
	HeapTuple	tuple;
	bool		is_null;

	bigint_key(&key, FEATURE_VERSION_ID, model_version_id);
	scan = begin_scan("feature", "feature_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
	{
		Datum		name = column(&scan, tuple, FEATURE_NAME, &is_null);

		if (DatumGetInt32(column(&scan, tuple, FEATURE_SPLIT_COUNT,
								 &is_null)) > 0)
			names = lappend(names, makeString(TextDatumGetCString(name)));
	}
	end_scan(&scan);
	return names;
}

/* The model of a version, or 0. */
static int64
find_model_of(int64 model_version_id)
{
	ScanKeyData key;

	bigint_key(&key, VERSION_ID, model_version_id);
	return find_id("model_version", "model_version_pkey", 1, &key,
				   VERSION_MODEL_ID);
}

List *
credit_registry_used_by_others(int64 model_version_id)
{
	List	   *names = NIL;
	ScanKeyData key;
	RegistryScan scan;
	HeapTuple	tuple;

	/* A parallel worker, planning inside a function, may not take a snapshot. */
	PushActiveSnapshot(IsInParallelMode() ? credit_registry_snapshot() :
					   GetLatestSnapshot());
	bigint_key(&key, VERSION_MODEL_ID, find_model_of(model_version_id));
	scan = begin_scan("model_version", "model_version_model_id_version_key",
					  1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
	{
		int64		id = id_column(&scan, tuple, VERSION_ID);
		bool		in_service;

		(void) column(&scan, tuple, VERSION_RETIRED_AT, &in_service);
		if (in_service && id != model_version_id)
			names = add_used(names, id);
	}
	end_scan(&scan);
	PopActiveSnapshot();
	return names;
}

void
credit_registry_rows(const char *table, int64 model_version_id,
					 void (*take) (void *context, HeapTuple tuple,
								   TupleDesc descriptor),
					 void *context)
{
	ScanKeyData key;
	RegistryScan scan;
	HeapTuple	tuple;

	bigint_key(&key, VERSION_ID, model_version_id);
	scan = begin_scan(table, psprintf("%s_pkey", table), 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
		take(context, tuple, RelationGetDescr(scan.table));
	end_scan(&scan);
}

char *
credit_registry_model_name(int64 model_id)
{
	ScanKeyData key;
	RegistryScan scan;
	HeapTuple	tuple;
	char	   *name;
	bool		is_null;

	bigint_key(&key, MODEL_ID, model_id);
	scan = begin_scan("model", "model_pkey", 1, &key);
	tuple = systable_getnext(scan.scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "model " INT64_FORMAT " is missing", model_id);
	name = TextDatumGetCString(column(&scan, tuple, MODEL_NAME, &is_null));
	end_scan(&scan);
	return name;
}

void
credit_registry_newest(const char *table, const char *index, int64 model_id,
					   const char *kind,
					   void (*take) (void *context, HeapTuple tuple,
									 TupleDesc descriptor),
					   void *context)
{
	Relation	heap = table_open(credit_registry_relation(table), AccessShareLock);
	Relation	order = index_open(credit_registry_relation(index), AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	bigint_key(&keys[0], HISTORY_MODEL_ID, model_id);
	if (kind != NULL)
		text_key(&keys[1], HISTORY_KIND, kind);
	scan = systable_beginscan_ordered(heap, order, credit_registry_snapshot(),
									  kind == NULL ? 1 : 2, keys);
	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	if (HeapTupleIsValid(tuple))
		take(context, tuple, RelationGetDescr(heap));
	systable_endscan_ordered(scan);
	index_close(order, NoLock);
	table_close(heap, NoLock);
}

CreditVersion
credit_registry_read(int64 model_version_id, MemoryContext context)
{
	CreditVersion result;
	ScanKeyData key;
	RegistryScan scan;
	HeapTuple	tuple;
	MemoryContext before;
	bool		is_null;

	bigint_key(&key, VERSION_ID, model_version_id);
	scan = begin_scan("model_version", "model_version_pkey", 1, &key);
	tuple = systable_getnext(scan.scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "model version " INT64_FORMAT " is missing",
			 model_version_id);
	result.model_id = id_column(&scan, tuple, VERSION_MODEL_ID);
	result.version = DatumGetInt32(column(&scan, tuple, VERSION_VERSION,
										  &is_null));
	before = MemoryContextSwitchTo(context);
	result.image = DatumGetByteaPCopy(column(&scan, tuple, VERSION_IMAGE,
											 &is_null));
	result.image_sha256 =
		DatumGetByteaPCopy(column(&scan, tuple, VERSION_IMAGE_SHA256,
								  &is_null));
	MemoryContextSwitchTo(before);
	end_scan(&scan);
	result.model = credit_registry_model_name(result.model_id);
	return result;
}
