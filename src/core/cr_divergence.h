/*
 * cr_divergence.h
 *	  Distances between the counts of two samples in the same bins: population
 *	  stability index, Jensen-Shannon distance, chi-square of homogeneity.
 */
#ifndef CR_DIVERGENCE_H
#define CR_DIVERGENCE_H

#include "cr_base.h"

typedef struct CrHomogeneity
{
	double		statistic;
	double		df;				/* bins that hold a row, less one */
	double		p_value;
	double		cramer_v;		/* 0: alike, 1: no bin in common */
} CrHomogeneity;

extern double cr_psi(const uint64_t *reference, const uint64_t *current,
					 uint32_t n_bins);
extern double cr_js_distance(const uint64_t *reference,
							 const uint64_t *current, uint32_t n_bins);
extern CrHomogeneity cr_homogeneity(const uint64_t *reference,
									const uint64_t *current, uint32_t n_bins);

#endif							/* CR_DIVERGENCE_H */
