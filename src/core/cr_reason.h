/*
 * cr_reason.h
 *	  What each feature cost an applicant -> the principal reasons, in order.
 */
#ifndef CR_REASON_H
#define CR_REASON_H

#include "cr_base.h"

/* What a feature cost; less than 0: it helped. */
typedef struct CrLoss
{
	uint32_t	feature;
	uint32_t	group;			/* features of one group are one reason */
	double		lost;			/* log-odds */
} CrLoss;

/*
 * Ranks the reasons, worst first, in place: the first items of losses become
 * the reasons, each with the group's feature that cost most and with what the
 * group cost altogether.  Returns how many there are, at most max.
 *
 * A group that cost as good as nothing is no reason: less than
 * CR_REASON_NOISE of the largest amount, which no rounded score shows, or than
 * CR_REASON_FLOOR, which hardly a margin does.  Losses that are equal as floats
 * stand in the order of the features.
 *
 * *closest receives the smallest difference that decided anything: losses that
 * are off by less than half of it would have been ranked alike.
 */
#define CR_REASON_NOISE		1e-3
#define CR_REASON_FLOOR		1e-6

extern uint32_t cr_reason_rank(CrLoss *losses, uint32_t n, uint32_t max,
							   double *closest, const CrAlloc *alloc);

#endif							/* CR_REASON_H */
