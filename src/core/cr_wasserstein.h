/*
 * cr_wasserstein.h
 *	  The Wasserstein-1 distance of a sample from a reference, of which only
 *	  counts and sums between the reference's values were kept.
 */
#ifndef CR_WASSERSTEIN_H
#define CR_WASSERSTEIN_H

#include "cr_base.h"

/* A current sample against the distinct values u[0] < ... < u[n - 1]. */
typedef struct CrGaps
{
	const double *values;		/* u */
	const uint64_t *reference;	/* n: reference rows equal to each */
	const uint64_t *equal;		/* n: current rows equal to each */
	const uint64_t *between;	/* n + 1: current rows below u[i], above
								 * u[i - 1] */
	const double *sums;			/* n + 1: sum of u[i] - x over those; the last
								 * of x - u[n - 1] */
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
