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
 * group cost altogether.  Returns how many there are.
 *
 * A group that cost nothing is no reason.  Nothing is up to CR_REASON_NOISE of
 * the largest amount, to which contributions are exact at least, and up to
 * CR_REASON_FLOOR, below which a margin can hardly tell.  Losses that are equal
 * as floats stand in the order of the features.
 */
#define CR_REASON_NOISE		1e-5
#define CR_REASON_FLOOR		1e-6

extern uint32_t cr_reason_rank(CrLoss *losses, uint32_t n,
							   const CrAlloc *alloc);

#endif							/* CR_REASON_H */
