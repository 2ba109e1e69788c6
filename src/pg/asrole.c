/*
 * asrole.c
 *	  Acting as a role that was recorded earlier.
 *
 * Whoever owns a table can make a query of it run code: a view, an index
 * expression, a row security policy.  What runs on a schedule must not run
 * such code with the rights of the scheduler, who may be a superuser.  So it
 * runs with those of the role that asked for it, as REFRESH MATERIALIZED VIEW
 * and ANALYZE run with those of the owner.  PL/pgSQL cannot do that: the code
 * could set the role back.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "asrole.h"

CreditRoleGuard
credit_enter_role(Oid role)
{
	CreditRoleGuard guard;

	GetUserIdAndSecContext(&guard.role, &guard.security);
	SetUserIdAndSecContext(role,
						   guard.security | SECURITY_RESTRICTED_OPERATION);
	guard.guc_level = NewGUCNestLevel();
	set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
					  PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return guard;
}

void
credit_leave_role(CreditRoleGuard guard)
{
	AtEOXact_GUC(false, guard.guc_level);
	SetUserIdAndSecContext(guard.role, guard.security);
}
