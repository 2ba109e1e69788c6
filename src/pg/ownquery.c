/*
 * ownquery.c
 *	  Queries of the extension on its own tables, run as their owner.
 *
 * EXECUTE on credit_decide() is all that a decision needs: nobody can write
 * the log by hand.  So the write runs with the rights of the log's owner, as
 * the checks of foreign keys do.  Nothing else does: the applicant was evaluated
 * before, by the caller, and what comes here are values.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/syscache.h"

#include "compat.h"
#include "ownquery.h"
#include "registry.h"

static Oid
owner_of_log(void)
{
	Oid			relation = credit_registry_decision_table();
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* The plan is for any arguments: to plan takes longer than to run. */
static void
prepare(CreditOwnQuery *query)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(query->sql, query->n_arguments,
										  unconstify(Oid *, query->types),
										  CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query->sql,
			 SPI_result_code_string(SPI_result));
	SPI_keepplan(plan);
	query->plan = plan;
}

/* An error leaves the role to the end of the (sub)transaction to put back. */
CreditCaller
credit_become_owner(void)
{
	CreditCaller caller;

	GetUserIdAndSecContext(&caller.role, &caller.security);
	SetUserIdAndSecContext(owner_of_log(),
						   caller.security | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
	return caller;
}

void
credit_become_caller(CreditCaller caller)
{
	SetUserIdAndSecContext(caller.role, caller.security);
}

uint64
credit_own_query(CreditOwnQuery *query, Datum *values, const char *nulls)
{
	CreditCaller caller = credit_become_owner();
	int			result;

	if (query->plan == NULL)
		prepare(query);
	result = SPI_execute_plan(query->plan, values, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "could not run \"%s\": %s", query->sql,
			 SPI_result_code_string(result));
	credit_become_caller(caller);
	return SPI_processed;
}
