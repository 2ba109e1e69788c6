/*
 * monitor.c
 *	  Runs of a monitor as its owner, on the relation that it was armed on.
 *
 * A run is called by anybody who may, and reads the relation with the rights
 * of the role that asked for the monitor (asrole.c).  The relation is known by
 * number, kind and name, because its name alone may mean another one by then.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "asrole.h"
#include "ownquery.h"

/* -------- who owns it -------- */

static const Oid own_types[] = {TEXTOID, OIDOID};

static CreditOwnQuery own_query = {
	.sql = "UPDATE credit.monitor AS m SET owner = $2, source_id = c.oid,"
	" source_kind = c.relkind FROM pg_catalog.pg_class AS c"
	" WHERE m.name OPERATOR(pg_catalog.=) $1 AND m.dropped_at IS NULL"
	" AND c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(m.source)",
	.n_arguments = 2,
	.types = own_types
};

/*
 * credit.own_monitor(name): records the current user, not that of the session,
 * as the role that a monitor runs as, and the relation that its source names
 * now.  Nobody gains a right by it but to have his own rights used.
 */
PG_FUNCTION_INFO_V1(credit_own_monitor);
Datum
credit_own_monitor(PG_FUNCTION_ARGS)
{
	Datum		values[] = {PG_GETARG_DATUM(0), ObjectIdGetDatum(GetUserId())};
	uint64		n;

	SPI_connect();
	n = credit_own_query(&own_query, values, NULL);
	SPI_finish();
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("monitor \"%s\" or its relation does not exist",
						text_to_cstring(PG_GETARG_TEXT_PP(0))),
				 errhint("credit.health() lists the monitors; credit.drop_monitor() ends one.")));
	PG_RETURN_VOID();
}

/* -------- what it recorded -------- */

static const Oid monitor_types[] = {INT8OID};

static CreditOwnQuery monitor_query = {
	.sql = "SELECT name, source, owner, source_id, source_kind,"
	" pg_catalog.to_regclass(source) FROM credit.monitor"
	" WHERE monitor_id OPERATOR(pg_catalog.=) $1",
	.n_arguments = 1,
	.types = monitor_types
};

/* What a monitor recorded; read by its number, never taken from the caller. */
typedef struct Monitor
{
	char	   *name;
	char	   *source;
	Oid			owner;			/* InvalidOid: nobody owns it */
	Oid			relation;
	char		kind;
	Oid			named;			/* what source names now */
} Monitor;

static Datum
monitor_column(int number)
{
	bool		is_null;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0],
									  SPI_tuptable->tupdesc, number, &is_null);

	return is_null ? (Datum) 0 : value;
}

/* Reads a monitor between SPI_connect() and SPI_finish(). */
static Monitor
read_monitor(int64 monitor_id)
{
	Datum		value = Int64GetDatum(monitor_id);
	Monitor		monitor;

	if (credit_own_query(&monitor_query, &value, NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no monitor " INT64_FORMAT, monitor_id),
				 errhint("Call credit.run_monitor(), which passes the number.")));
	monitor.name = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	monitor.source = SPI_getvalue(SPI_tuptable->vals[0],
								  SPI_tuptable->tupdesc, 2);
	monitor.owner = DatumGetObjectId(monitor_column(3));
	monitor.relation = DatumGetObjectId(monitor_column(4));
	monitor.kind = DatumGetChar(monitor_column(5));
	monitor.named = DatumGetObjectId(monitor_column(6));
	return monitor;
}

static void
check_owner(const Monitor *monitor)
{
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(monitor->owner)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("monitor \"%s\" has no owner", monitor->name),
				 errdetail("Nobody said with whose rights it runs, or that role was dropped."),
				 errhint("Have it run with the rights of the current role: credit.own_monitor().")));
}

/*
 * The kind is compared too: before PostgreSQL 16 a rule turns an empty table
 * into a view of the same number.
 */
static void
check_relation(const Monitor *monitor)
{
	if (!OidIsValid(monitor->named))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist", monitor->source),
				 errdetail("Monitor \"%s\" reads it.", monitor->name),
				 errhint("credit.drop_monitor() ends the monitor.")));
	if (monitor->named != monitor->relation ||
		get_rel_relkind(monitor->relation) != monitor->kind)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("relation \"%s\" of monitor \"%s\" was replaced",
						monitor->source, monitor->name),
				 errdetail("It is not the relation that the monitor was armed on, and reading it would run what its owner put there."),
				 errhint("If it is the right one, accept it with credit.own_monitor().")));
}

/*
 * The monitor, whose relation stays what it was checked to be: a lock on it is
 * held until the transaction ends.
 */
static Monitor
lock_monitor(int64 monitor_id)
{
	Monitor		monitor = read_monitor(monitor_id);

	check_owner(&monitor);
	LockRelationOid(monitor.relation, AccessShareLock);
	monitor = read_monitor(monitor_id);
	check_relation(&monitor);
	return monitor;
}

/* -------- a run -------- */

#define FIND_WINDOW \
	"SELECT f.summaries, f.results FROM credit.monitor AS m, " \
	"LATERAL credit.find_window(m, $2, $3, $4) AS f " \
	"WHERE m.monitor_id OPERATOR(pg_catalog.=) $1"

/* Runs credit.find_window() as the current user and returns its row. */
static Datum
find_window(FunctionCallInfo fcinfo, TupleDesc descriptor)
{
	Oid			types[] = {INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		values[4];
	char		nulls[4];
	Datum		found[2];
	bool		found_nulls[2];
	int			result;

	for (int i = 0; i < 4; i++)
	{
		values[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	result = SPI_execute_with_args(FIND_WINDOW, lengthof(types), types, values,
								   nulls, true, 1);
	if (result != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not run a monitor: %s",
			 SPI_result_code_string(result));
	for (int i = 0; i < 2; i++)
	{
		found[i] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
								 i + 1, &found_nulls[i]);
		if (!found_nulls[i])
			found[i] = SPI_datumTransfer(found[i], false, -1);
	}
	SPI_finish();
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), found,
											 found_nulls));
}

/*
 * credit.find_window_as_owner(monitor_id, version_id, from_at, to_at): what
 * credit.find_window() finds when the monitor's owner asks.
 */
PG_FUNCTION_INFO_V1(credit_find_window_as_owner);
Datum
credit_find_window_as_owner(PG_FUNCTION_ARGS)
{
	TupleDesc	descriptor;
	Monitor		monitor;
	CreditRoleGuard guard;
	Datum		result;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("monitor_id must not be null")));
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "the result is no row");
	descriptor = CreateTupleDescCopy(descriptor);
	SPI_connect();
	monitor = lock_monitor(PG_GETARG_INT64(0));
	guard = credit_enter_role(monitor.owner);
	result = find_window(fcinfo, descriptor);
	credit_leave_role(guard);
	return result;
}
