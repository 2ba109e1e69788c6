/*
 * child.h
 *	  The child of a custom node: how it is planned, and its rows read.
 */
#ifndef CREDIT_CHILD_H
#define CREDIT_CHILD_H

#include "executor/tuptable.h"
#include "nodes/extensible.h"
#include "nodes/pathnodes.h"

/*
 * The plan of a node with one child, but for its custom_exprs and
 * custom_private.  Its scan tuple has the columns of the child in their order,
 * then what the node computes.
 */
extern CustomScan *credit_child_plan(PlannerInfo *root, const CustomPath *path,
									 List *tlist, List *plans, List *computed,
									 const CustomScanMethods *methods);

/* Where an attribute of a stored tuple is, and what. */
typedef struct CreditAttribute
{
	int16		length;			/* as attlen */
	uint8		alignment;		/* bytes */
	bool		by_value;
} CreditAttribute;

/* Reads rows; values and nulls are those of the last one, up to n columns. */
typedef struct CreditChildReader
{
	const Datum *values;
	const bool *nulls;
	int			n;
	TupleDesc	descriptor;		/* that attributes are of */
	CreditAttribute *attributes;
	Datum	   *own_values;
	bool	   *own_nulls;
} CreditChildReader;

/* NaN for NULL, which nobody can predict, so without a branch. */
static inline double
credit_or_nan(double number, bool isnull)
{
	uint64		bits;

	memcpy(&bits, &number, sizeof(bits));
	bits |= -(uint64) isnull;
	memcpy(&number, &bits, sizeof(bits));
	return number;
}

extern void credit_child_open(CreditChildReader *reader, int n);
extern void credit_child_read(CreditChildReader *reader, TupleTableSlot *slot);

#endif							/* CREDIT_CHILD_H */
