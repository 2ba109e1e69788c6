/*
 * drift_reference.h
 *	  credit.drift_source -> what the core compares with.
 */
#ifndef CREDIT_DRIFT_REFERENCE_H
#define CREDIT_DRIFT_REFERENCE_H

#include "access/htup.h"

#include "cr_drift_report.h"

typedef struct CreditDriftReference
{
	char	   *feature;
	CrDriftReference figures;
	CrView	   *labels;			/* categories, in the order of their bytes */
	uint32		other;			/* key of what is not among them */
} CreditDriftReference;

/*
 * Reads and checks them; the result, in the current context, is a copy.  Who
 * counts rows does not need the counts of the reference.
 */
extern CreditDriftReference *credit_drift_references(HeapTupleHeader source,
													 bool with_counts, int *n);
extern uint32 credit_drift_find_label(const CreditDriftReference *reference,
									  CrView label);

#endif							/* CREDIT_DRIFT_REFERENCE_H */
