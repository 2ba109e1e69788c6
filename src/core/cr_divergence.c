/*
 * cr_divergence.c
 *	  Distances between the counts of two samples in the same bins.
 *
 * Each is a sum over bins of terms that are not negative, written so that
 * nothing cancels where the samples are nearly alike.  All are NaN when a
 * sample is empty.
 */
#include "cr_divergence.h"

#include <math.h>

#include "cr_gamma.h"

#define SMOOTHING	0.5			/* rows added to each bin for PSI */

static double
total(const uint64_t *counts, uint32_t n_bins)
{
	double		sum = 0;

	for (uint32_t i = 0; i < n_bins; i++)
		sum += (double) counts[i];
	return sum;
}

/* How many bins hold a row of either sample. */
static uint32_t
used_bins(const uint64_t *reference, const uint64_t *current, uint32_t n_bins)
{
	uint32_t	used = 0;

	for (uint32_t i = 0; i < n_bins; i++)
		used += reference[i] + current[i] > 0;
	return used;
}

/*
 * Population stability index: the sum of (c - r) ln(c / r) over the shares of
 * the bins that hold a row, Jeffreys' divergence (Siddiqi, Credit Risk
 * Scorecards, 2006, chapter 8).  Shares are smoothed, (count + 1/2) / (n + bins
 * / 2), Jeffreys' prior, so that a bin which one sample leaves empty counts for
 * what little it proves.  A bin that both leave empty proves nothing: its
 * smoothed shares would differ by the sizes of the samples alone.
 */
double
cr_psi(const uint64_t *reference, const uint64_t *current, uint32_t n_bins)
{
	double		n_reference = total(reference, n_bins);
	double		n_current = total(current, n_bins);
	double		smoothing = SMOOTHING * used_bins(reference, current, n_bins);
	double		sum = 0;

	if (n_reference == 0 || n_current == 0)
		return NAN;
	for (uint32_t i = 0; i < n_bins; i++)
	{
		double		r = ((double) reference[i] + SMOOTHING) /
			(n_reference + smoothing);
		double		c = ((double) current[i] + SMOOTHING) /
			(n_current + smoothing);

		if (reference[i] + current[i] == 0)
			continue;
		sum += (c - r) * (c > r / 2 ? log1p((c - r) / r) : log(c / r));
	}
	return sum;
}

/*
 * (1 + r) ln(1 + r) + (1 - r) ln(1 - r) for -1 <= r <= 1, by its series, the
 * sum of r^2k / (k (2k - 1)), where the two would cancel.
 */
static double
entropy_gap(double r)
{
	double		power = 1;
	double		sum = 0;

	if (fabs(r) == 1)
		return 2 * log(2);
	if (fabs(r) > 0.25)
		return (1 + r) * log1p(r) + (1 - r) * log1p(-r);
	for (int k = 1; k <= 13; k++)
	{
		power *= r * r;
		sum += power / (k * (2 * k - 1));
	}
	return sum;
}

/*
 * Jensen-Shannon distance (Endres and Schindelin, 2003): the root of the mean
 * divergence, natural logarithm, of both samples from their mixture; 0 to
 * sqrt(ln 2) = 0.83.  Empty bins need no smoothing.  A bin with shares p and q
 * gives (p + q) / 4 of the gap above at r = (p - q) / (p + q).
 */
double
cr_js_distance(const uint64_t *reference, const uint64_t *current,
			   uint32_t n_bins)
{
	double		n_reference = total(reference, n_bins);
	double		n_current = total(current, n_bins);
	double		sum = 0;

	if (n_reference == 0 || n_current == 0)
		return NAN;
	for (uint32_t i = 0; i < n_bins; i++)
	{
		double		p = (double) reference[i] / n_reference;
		double		q = (double) current[i] / n_current;

		if (p + q > 0)
			sum += (p + q) / 4 * entropy_gap((p - q) / (p + q));
	}
	return sqrt(sum);
}

/*
 * Pearson's chi-square of the 2 x k table, without Yates' correction, and
 * Cramer's V, here sqrt(statistic / rows).  The p-value is the limit for many
 * rows, good from about five expected in a bin (Cochran, 1954).  Bins without
 * a row in either sample are left out.
 */
CrHomogeneity
cr_homogeneity(const uint64_t *reference, const uint64_t *current,
			   uint32_t n_bins)
{
	double		n_reference = total(reference, n_bins);
	double		n_current = total(current, n_bins);
	CrHomogeneity result = {NAN, NAN, NAN, NAN};
	double		sum = 0;
	uint32_t	used = used_bins(reference, current, n_bins);

	if (n_reference == 0 || n_current == 0)
		return result;
	for (uint32_t i = 0; i < n_bins; i++)
	{
		double		r = (double) reference[i];
		double		c = (double) current[i];
		double		difference = r / n_reference - c / n_current;

		if (r + c == 0)
			continue;
		sum += difference * difference / (r + c);
	}
	result.statistic = sum * n_reference * n_current;
	result.df = used - 1;
	result.p_value = used == 1 ? 1 :
		cr_chi2_tail(result.statistic, result.df);
	result.cramer_v = sqrt(result.statistic / (n_reference + n_current));
	return result;
}
