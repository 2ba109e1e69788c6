/*
 * child.h
 *	  The child of a custom node: how it is planned, and its rows read.
 */
#ifndef CREDIT_CHILD_H
#define CREDIT_CHILD_H

#include "executor/tuptable.h"
#include "nodes/pathnodes.h"

/*
 * Lets a scan hand up tuples as they are, where it would only have picked
 * columns.
 */
extern void credit_child_give_tuples(PlannerInfo *root, Plan *child);

/*
 * A custom_scan_tlist: the columns of the child in their order, then what the
 * node computes.
 */
extern List *credit_child_tlist(const Plan *child, List *computed);

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

extern void credit_child_open(CreditChildReader *reader, int n);
extern void credit_child_read(CreditChildReader *reader, TupleTableSlot *slot);

#endif							/* CREDIT_CHILD_H */
