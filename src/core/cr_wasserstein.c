/*
 * cr_wasserstein.c
 *	  The Wasserstein-1 distance: the area between two distribution functions.
 *
 * Between two neighbouring values of the reference its distribution function
 * is flat, at t / N above where the current one (of N rows) enters the gap,
 * which then climbs by K / N.  The area below the climb is the gap's sum T
 * over N.  If the two do not cross there, t <= 0 or t >= K, the area between
 * them is |t g - T| / N exactly, with g the width of the gap.  If they cross,
 * it is at least that, and at most what a climb at both ends would give, for
 * |k - t| lies below its chord over 0 <= k <= K.
 */
#include "cr_wasserstein.h"

#include <math.h>

typedef struct Totals
{
	double		reference;
	double		current;
} Totals;

static Totals
count_rows(const CrGaps *gaps)
{
	Totals		totals = {0, (double) gaps->cells[gaps->n_values].between};

	for (uint32_t i = 0; i < gaps->n_values; i++)
	{
		totals.reference += (double) gaps->reference[i];
		totals.current += (double) gaps->cells[i].equal +
			(double) gaps->cells[i].between;
	}
	return totals;
}

/* The area inside gap i, in current rows; ahead is t. */
static CrBounds
area(const CrGaps *gaps, uint32_t i, double ahead)
{
	double		sum = gaps->cells[i].sum;
	double		climb = (double) gaps->cells[i].between;
	double		flat;
	CrBounds	bounds;

	if (i == 0 || i == gaps->n_values)
		return (CrBounds) {sum, sum};
	flat = ahead * (gaps->values[i] - gaps->values[i - 1]);
	bounds.lower = bounds.upper = fabs(flat - sum);
	if (ahead > 0 && ahead < climb)
		bounds.upper = flat + sum - 2 * ahead * sum / climb;
	return bounds;
}

/* NaN for an empty sample, and where a value is infinite. */
CrBounds
cr_wasserstein(const CrGaps *gaps)
{
	Totals		n = count_rows(gaps);
	Totals		passed = {0, 0};
	CrBounds	result = {0, 0};

	for (uint32_t i = 0; i <= gaps->n_values; i++)
	{
		CrBounds	bounds = area(gaps, i, n.current * passed.reference /
								  n.reference - passed.current);

		result.lower += bounds.lower;
		result.upper += bounds.upper;
		passed.current += (double) gaps->cells[i].between;
		if (i == gaps->n_values)
			break;
		passed.reference += (double) gaps->reference[i];
		passed.current += (double) gaps->cells[i].equal;
	}
	if (n.reference == 0 || n.current == 0 || !isfinite(result.upper))
		return (CrBounds) {NAN, NAN};
	return (CrBounds) {result.lower / n.current, result.upper / n.current};
}
