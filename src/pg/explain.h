/*
 * explain.h
 *	  What each feature contributes to a margin.
 */
#ifndef CREDIT_EXPLAIN_H
#define CREDIT_EXPLAIN_H

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

/*
 * The contributions of 1 to CR_BATCH_ROWS rows, as cr_explain.h describes
 * them: (forest.n_features + 1) * CR_BATCH_ROWS floats.  Those of one row as
 * credit_contributions() returns them: first is its first one, and the others
 * follow `stride` apart.
 */
extern void credit_model_contributions_rows(CreditModel *model,
											const float *columns, uint32 n,
											float *contributions);
extern Datum credit_contributions_result(const CreditModel *model,
										 const float *first, uint32 stride);

#endif							/* CREDIT_EXPLAIN_H */
