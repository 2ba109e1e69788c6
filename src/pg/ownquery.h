/*
 * ownquery.h
 *	  Queries of the extension on its own tables, run as their owner.
 */
#ifndef CREDIT_OWNQUERY_H
#define CREDIT_OWNQUERY_H

#include "executor/spi.h"

/* Who asked, while the owner acts. */
typedef struct CreditCaller
{
	Oid			role;
	int			security;
} CreditCaller;

/* What is between the two runs as the owner of the log. */
extern CreditCaller credit_become_owner(void);
extern void credit_become_caller(CreditCaller caller);

/*
 * A static one for each query.  The text must name schemas, of operators too:
 * it is parsed with the caller's search_path, and run as the owner.
 */
typedef struct CreditOwnQuery
{
	const char *sql;
	int			n_arguments;
	const Oid  *types;			/* of the arguments */
	SPIPlanPtr	plan;			/* NULL: not used yet; kept by the backend */
} CreditOwnQuery;

/*
 * Runs it between SPI_connect() and SPI_finish() and returns how many rows it
 * had.  nulls is as for SPI_execute_plan(); NULL: there are none.
 */
extern uint64 credit_own_query(CreditOwnQuery *query, Datum *values,
							   const char *nulls);

#endif							/* CREDIT_OWNQUERY_H */
