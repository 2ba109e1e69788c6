/*
 * cr_ks.h
 *	  The two-sample Kolmogorov-Smirnov test, from running counts.
 *
 * Walk the values of both samples upwards and say how many rows of each have
 * been passed; the statistic needs nothing else, so ties, categories with an
 * order and infinities are all alike, and no sample is ever sorted.
 */
#ifndef CR_KS_H
#define CR_KS_H

#include "cr_base.h"

typedef struct CrKs
{
	uint64_t	n_reference;	/* rows of each sample: both above 0 */
	uint64_t	n_current;
	uint64_t	reference;		/* rows passed so far */
	uint64_t	current;
	double		above;			/* largest F_current - F_reference so far */
	double		below;			/* largest F_reference - F_current so far */
} CrKs;

extern void cr_ks_begin(CrKs *ks, uint64_t n_reference, uint64_t n_current);
extern double cr_ks_statistic(const CrKs *ks);
extern double cr_ks_p_value(double statistic, uint64_t n_reference,
							uint64_t n_current, const CrAlloc *alloc);

/* The chance that a random path leaves the band; n_1 and n_2 <= 10,000. */
extern double cr_lattice_tail(uint32_t n_1, uint32_t n_2, double d,
							  const CrAlloc *alloc);

/* Passes the rows that are equal to one value, or lie between two. */
static inline void
cr_ks_pass(CrKs *ks, uint64_t reference, uint64_t current)
{
	double		difference;

	ks->reference += reference;
	ks->current += current;
	difference = (double) ks->current / (double) ks->n_current -
		(double) ks->reference / (double) ks->n_reference;
	if (difference > ks->above)
		ks->above = difference;
	if (-difference > ks->below)
		ks->below = -difference;
}

#endif							/* CR_KS_H */
