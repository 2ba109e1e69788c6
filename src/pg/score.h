/*
 * score.h
 *	  What a margin becomes.
 */
#ifndef CREDIT_SCORE_H
#define CREDIT_SCORE_H

#include "model.h"

typedef enum CreditScoreKind
{
	CREDIT_POINTS,				/* integer */
	CREDIT_PROBABILITY,			/* double precision */
	CREDIT_MARGIN				/* real */
} CreditScoreKind;

extern Datum credit_score_result(CreditScoreKind kind,
								 const CreditModel *model, float margin);

#endif							/* CREDIT_SCORE_H */
