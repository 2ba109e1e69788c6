/*
 * cr_kolmogorov.h
 *	  The distribution of the Kolmogorov-Smirnov statistic of one sample of n
 *	  rows against a continuous distribution.
 *
 * The two-sample test with large samples uses it with
 * n = n1 n2 / (n1 + n2), rounded (cr_ks.h).
 */
#ifndef CR_KOLMOGOROV_H
#define CR_KOLMOGOROV_H

#include "cr_base.h"

extern double cr_kolmogorov_tail(double n, double d, const CrAlloc *alloc);

/* Its parts; each holds on the region that cr_kolmogorov_tail() says. */
extern double cr_durbin(uint32_t n, double d, const CrAlloc *alloc);
extern double cr_pelz_good(double n, double d);
extern double cr_smirnov_tail(double n, double d);

#endif							/* CR_KOLMOGOROV_H */
