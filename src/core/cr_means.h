/*
 * cr_means.h
 *	  The difference of two means, with Welch's test.
 */
#ifndef CR_MEANS_H
#define CR_MEANS_H

#include "cr_base.h"

/* What a sample's mean and variance follow from; starts as zeros. */
typedef struct CrMoments
{
	uint64_t	n;
	double		mean;
	double		squares;		/* sum of squared differences from the mean */
} CrMoments;

typedef struct CrMeans
{
	double		difference;		/* current less reference */
	double		statistic;		/* Welch's t */
	double		df;
	double		p_value;		/* two-sided */
	double		effect;			/* Cohen's d: in pooled standard deviations */
} CrMeans;

extern void cr_moments_merge(CrMoments *moments, const CrMoments *other);
extern CrMeans cr_means(const CrMoments *reference, const CrMoments *current);

/* Welford's update (Technometrics 4, 1962).  An infinite x makes it all NaN. */
static inline void
cr_moments_add(CrMoments *moments, double x)
{
	double		difference = x - moments->mean;

	moments->n++;
	moments->mean += difference / (double) moments->n;
	moments->squares += difference * (x - moments->mean);
}

#endif							/* CR_MEANS_H */
