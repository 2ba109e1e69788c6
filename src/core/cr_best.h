/*
 * cr_best.h
 *	  How far a margin could go if one feature had another value.
 */
#ifndef CR_BEST_H
#define CR_BEST_H

#include "cr_box.h"
#include "cr_range.h"

/* What is worked out once for a forest of trees. */
typedef struct CrBest
{
	CrBox		box;			/* all applicants */
	uint32_t   *first_tree;		/* per feature, and one more: in trees */
	uint32_t   *trees;			/* that ask about the feature, in order */
	uint32_t   *first_threshold;	/* likewise: in thresholds */
	float	   *thresholds;		/* finite ones, each once, in order */
	uint32_t   *ranks;			/* per node: thresholds up to its own */
	double	   *steps;			/* scratch */
} CrBest;

extern void cr_best_make(CrBest *best, const CrForest *forest,
						 const CrAlloc *alloc);
extern void cr_best_release(CrBest *best);

/*
 * The distance, 0 or more, from the margin of the vector to the smallest or
 * largest that it can have with any other present value of the feature.
 */
extern double cr_best_distance(const CrBest *best, uint32_t feature,
							   const float *vector, CrEnd end);

#endif							/* CR_BEST_H */
