/*
 * cr_wasserstein.h
 *	  The Wasserstein-1 distance of a sample from a reference, of which only
 *	  counts and sums between the reference's values were kept.
 */
#ifndef CR_WASSERSTEIN_H
#define CR_WASSERSTEIN_H

#include "cr_base.h"

/* Current rows at one value u[i] of the reference, and in the gap below it. */
typedef struct CrCell
{
	uint64_t	between;		/* above u[i - 1], below u[i] */
	uint64_t	equal;
	double		sum;			/* of u[i] - x over those in the gap */
} CrCell;

/* A current sample against the distinct values u[0] < ... < u[n - 1]. */
typedef struct CrGaps
{
	const double *values;		/* u */
	const uint64_t *reference;	/* n: reference rows equal to each */
	const CrCell *cells;		/* n + 1; the last has what lies above all, and
								 * the sum of x - u[n - 1] */
	uint32_t	n_values;
} CrGaps;

/* The distance lies between them; they are equal where it is known exactly. */
typedef struct CrBounds
{
	double		lower;
	double		upper;
} CrBounds;

extern CrBounds cr_wasserstein(const CrGaps *gaps);

#endif							/* CR_WASSERSTEIN_H */
