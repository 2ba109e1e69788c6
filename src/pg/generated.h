/*
 * generated.h
 *	  Generated columns that a trigger's row does not have yet.
 */
#ifndef CREDIT_GENERATED_H
#define CREDIT_GENERATED_H

#include "access/htup.h"
#include "access/tupdesc.h"

/* What computes the generated columns of one row type. */
typedef struct CreditGenerated CreditGenerated;

/* It lives in the context; the descriptor must live as long. */
extern CreditGenerated *credit_generated_create(Oid row_type,
												TupleDesc descriptor,
												MemoryContext context);

/*
 * The value of a generated column that is NULL in the row, in the current
 * context; NULL again outside triggers.  Raises an error where the expression
 * calls functions of users.
 */
extern Datum credit_generated_value(CreditGenerated *generated, HeapTuple row,
									AttrNumber number, bool *isnull);

#endif							/* CREDIT_GENERATED_H */
