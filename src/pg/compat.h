/*
 * compat.h
 *	  What differs between PostgreSQL 14 and 18; the only file, apart from the
 *	  magic block of pg_credit.c, that asks for the server's version.
 */
#ifndef CREDIT_COMPAT_H
#define CREDIT_COMPAT_H

#if PG_VERSION_NUM < 140000
#error "pg_credit needs PostgreSQL 14 or later"
#endif

/* 16 moved the varlena macros out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 15 renamed it when it began to reject unknown settings. */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* 17 put both halves of a virtual transaction id into one struct. */
#if PG_VERSION_NUM >= 170000
#define CREDIT_MY_LXID (MyProc->vxid.lxid)
#else
#define CREDIT_MY_LXID (MyProc->lxid)
#endif

/* 18 puts it before the declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 16 made one function of the many that check a right. */
#if PG_VERSION_NUM >= 160000
#define credit_function_aclcheck(function, role) \
	object_aclcheck(ProcedureRelationId, (function), (role), ACL_EXECUTE)
#else
#define credit_function_aclcheck(function, role) \
	pg_proc_aclcheck((function), (role), ACL_EXECUTE)
#endif

/* 18 lets RETURNING ask for the old and the new row. */
#if PG_VERSION_NUM >= 180000
#define CREDIT_PLAIN_VAR(var) ((var)->varreturningtype == VAR_RETURNING_DEFAULT)
#else
#define CREDIT_PLAIN_VAR(var) ((void) (var), true)
#endif

/* 18 has generated columns that are not stored. */
#if PG_VERSION_NUM >= 180000
#define CREDIT_IS_VIRTUAL(attribute) \
	((attribute)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define CREDIT_IS_VIRTUAL(attribute) ((void) (attribute), false)
#endif

/* 18 moved what prints a line of EXPLAIN. */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#endif

/* 16 can leave out all indexes but those that summarize. */
#if PG_VERSION_NUM >= 160000
#define CREDIT_INSERT_INDEX_TUPLES(result, slot, estate) \
	ExecInsertIndexTuples((result), (slot), (estate), false, false, NULL, NIL, false)
#else
#define CREDIT_INSERT_INDEX_TUPLES(result, slot, estate) \
	ExecInsertIndexTuples((result), (slot), (estate), false, false, NULL, NIL)
#endif

/* 15 got the flag; before, every custom scan had to project. */
#if PG_VERSION_NUM < 150000
#define CUSTOMPATH_SUPPORT_PROJECTION 0
#endif

/* 15 got this function; before, every set-returning function had the lines. */
#if PG_VERSION_NUM < 150000
#include "funcapi.h"
#include "miscadmin.h"

static inline void
InitMaterializedSRF(FunctionCallInfo fcinfo, bits32 flags)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext before;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		!(result->allowedModes & SFRM_Materialize))
		elog(ERROR, "set-valued function called in context that cannot accept a set");
	before = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &result->setDesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	result->returnMode = SFRM_Materialize;
	result->setResult =
		tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0,
							  false, work_mem);
	MemoryContextSwitchTo(before);
}
#endif

#endif							/* CREDIT_COMPAT_H */
