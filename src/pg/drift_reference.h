/*
 * drift_reference.h
 *	  credit.drift_source -> what the core compares with.
 */
#ifndef CREDIT_DRIFT_REFERENCE_H
#define CREDIT_DRIFT_REFERENCE_H

#include "access/htup.h"
#include "access/tupdesc.h"

#include "cr_drift_report.h"

typedef struct CreditDriftReference
{
	char	   *feature;
	CrDriftReference figures;
	CrView	   *labels;			/* categories, in the order of their bytes */
	uint32		other;			/* key of what is not among them */
} CreditDriftReference;

/*
 * The references of a source, to be read one by one between open and close.
 * What is read is checked, and a copy in the context that is current then.
 * Who counts rows does not need the counts of the reference.
 */
typedef struct CreditDriftReferences
{
	int			n;
	HeapTupleData *rows;
	TupleDesc	descriptor;
	bool		stored;			/* they came from SPI */
} CreditDriftReferences;

extern void credit_drift_open_references(CreditDriftReferences *references,
										 HeapTupleHeader source);
extern void credit_drift_read_reference(const CreditDriftReferences *references,
										int i, bool with_counts,
										CreditDriftReference *reference);
extern void credit_drift_close_references(CreditDriftReferences *references);

extern uint32 credit_drift_find_label(const CreditDriftReference *reference,
									  CrView label);

#endif							/* CREDIT_DRIFT_REFERENCE_H */
