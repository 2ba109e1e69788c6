/*
 * score.h
 *	  Scores of many rows at once; see batch.h.
 */
#ifndef CREDIT_SCORE_H
#define CREDIT_SCORE_H

#include "batch.h"

extern const CreditBatchFunction credit_batch_score;
extern const CreditBatchFunction credit_batch_pd;
extern const CreditBatchFunction credit_batch_margin;

#endif							/* CREDIT_SCORE_H */
