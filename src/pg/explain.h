/*
 * explain.h
 *	  What each feature contributes to a margin.
 */
#ifndef CREDIT_EXPLAIN_H
#define CREDIT_EXPLAIN_H

#include "model.h"

/* Bytes of scratch that credit_model_contributions() wants. */
extern size_t credit_contributions_scratch(const CreditModel *model);

/*
 * The contributions of a vector: a double per feature and, last, the
 * baseline, which is the expected margin.  They are in units of the margin,
 * whichever class that speaks of (cr_link_bad_margin), and sum up to it.
 */
extern void credit_model_contributions(const CreditModel *model,
									   const float *vector,
									   double *contributions, void *scratch);

#endif							/* CREDIT_EXPLAIN_H */
