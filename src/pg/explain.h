/*
 * explain.h
 *	  What each feature contributes to a margin.
 */
#ifndef CREDIT_EXPLAIN_H
#define CREDIT_EXPLAIN_H

#include "batch.h"
#include "model.h"

/*
 * The contributions of a vector: a double per feature and, last, the
 * baseline, which is the expected margin.  They are in units of the margin,
 * whichever class that speaks of, and sum up to it; cr_link_part_points()
 * makes points of them.
 */
extern void credit_model_contributions(CreditModel *model,
									   const float *vector,
									   double *contributions);

/* credit_contributions() of many rows at once. */
extern const CreditBatchFunction credit_batch_contributions;

#endif							/* CREDIT_EXPLAIN_H */
