/*
 * asrole.h
 *	  Acting as a role that was recorded earlier.
 */
#ifndef CREDIT_ASROLE_H
#define CREDIT_ASROLE_H

/* Who acted before, and with which settings. */
typedef struct CreditRoleGuard
{
	Oid			role;
	int			security;
	int			guc_level;
} CreditRoleGuard;

/*
 * Makes role the current user, in a security-restricted operation and with a
 * pinned search_path, until credit_leave_role().  What the relation's owner
 * planted then runs with the rights of role, and cannot become another user.
 * An error needs no credit_leave_role(): the end of the (sub)transaction
 * brings user and settings back.
 */
extern CreditRoleGuard credit_enter_role(Oid role);
extern void credit_leave_role(CreditRoleGuard guard);

#endif							/* CREDIT_ASROLE_H */
