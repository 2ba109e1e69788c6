/*
 * score.h
 *	  What a margin becomes, and scores of many rows at once; see batch.h.
 */
#ifndef CREDIT_SCORE_H
#define CREDIT_SCORE_H

#include "batch.h"

extern Datum credit_points(const CreditModel *model, float margin);
extern Datum credit_probability(const CreditModel *model, float margin);

extern const CreditBatchFunction credit_batch_score;
extern const CreditBatchFunction credit_batch_pd;
extern const CreditBatchFunction credit_batch_margin;

#endif							/* CREDIT_SCORE_H */
