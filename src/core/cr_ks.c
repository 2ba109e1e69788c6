/*
 * cr_ks.c
 *	  The two-sample Kolmogorov-Smirnov test, from running counts.
 *
 * The p-value follows the rule of scipy.stats.ks_2samp(method='auto'): exact
 * when neither sample has more than 10,000 rows, else that of one sample of
 * n1 n2 / (n1 + n2) rows, rounded half to even.
 */
#include "cr_ks.h"

#include <math.h>

#include "cr_kolmogorov.h"

#define EXACT_ROWS	10000		/* of the larger sample */

void
cr_ks_begin(CrKs *ks, uint64_t n_reference, uint64_t n_current)
{
	*ks = (CrKs) {.n_reference = n_reference, .n_current = n_current};
}

/* The largest distance of the two distribution functions. */
double
cr_ks_statistic(const CrKs *ks)
{
	return ks->above > ks->below ? ks->above : ks->below;
}

/*
 * P(statistic or more) if both samples come from one continuous distribution;
 * with ties the true value is smaller (Conover, 1972), as with scipy.  NaN
 * when a sample is empty.  May take 0.1 s with an exact p-value; polls.
 */
double
cr_ks_p_value(double statistic, uint64_t n_reference, uint64_t n_current,
			  const CrAlloc *alloc)
{
	double		n_1 = (double) n_reference;
	double		n_2 = (double) n_current;

	if (n_reference == 0 || n_current == 0 || isnan(statistic))
		return NAN;
	if (n_reference <= EXACT_ROWS && n_current <= EXACT_ROWS)
		return cr_lattice_tail((uint32_t) n_reference, (uint32_t) n_current,
							   statistic, alloc);
	return cr_kolmogorov_tail(rint(n_1 * n_2 / (n_1 + n_2)), statistic, alloc);
}
