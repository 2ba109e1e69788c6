/*
 * cr_drift_report.c
 *	  A reference and the counts of current rows -> every drift statistic.
 *
 * Where a reference had too many values, all but its quantiles were rounded
 * up to the next.  Between two keys its distribution function is then known
 * but for the share that was rounded, at most the resolution: the KS statistic
 * is off by no more, either way, and Wasserstein's bounds give way by what
 * rounding can have moved.  The KS p-value is that of the part of the statistic
 * which rounding cannot have made: never smaller than the true one's.
 */
#include "cr_drift_report.h"

#include <math.h>
#include <string.h>

#include "cr_bins.h"
#include "cr_ks.h"
#include "cr_power.h"

/* Counts of both samples in the same bins. */
typedef struct Bins
{
	uint64_t   *reference;
	uint64_t   *current;
	uint32_t	n;
} Bins;

static void
ks_figures(const CrDriftReference *reference, const CrDriftCounts *counts,
		   CrDriftFigures *figures, const CrAlloc *alloc)
{
	CrKs		ks;

	cr_ks_begin(&ks, reference->moments.n, counts->moments.n);
	for (uint32_t i = 0; i < reference->n_keys; i++)
	{
		const CrCell *cell = &counts->cells[i];

		cr_ks_pass(&ks, 0, cell->between);
		cr_ks_pass(&ks, reference->counts[i], cell->equal);
	}
	cr_ks_pass(&ks, 0, counts->cells[reference->n_keys].between);
	figures->ks = cr_ks_statistic(&ks);
	figures->ks_p_value = cr_ks_p_value(fmax(figures->ks -
											 reference->resolution, 0),
										reference->moments.n,
										counts->moments.n, alloc);
	figures->resolution = reference->resolution;
}

static CrBounds
wasserstein(const CrDriftReference *reference, const CrDriftCounts *counts)
{
	CrGaps		gaps = {reference->keys, reference->counts, counts->cells,
	reference->n_keys};
	CrBounds	bounds = cr_wasserstein(&gaps);
	double		n = (double) reference->moments.n;
	double		moved = 0;

	if (reference->resolution == 0 || isnan(bounds.lower))
		return bounds;
	for (uint32_t i = 1; i < reference->n_keys; i++)
		moved += fmin((double) reference->counts[i] / n,
					  reference->resolution) *
			(reference->keys[i] - reference->keys[i - 1]);
	return (CrBounds) {fmax(bounds.lower - moved, 0), bounds.upper + moved};
}

/* Deciles of the reference; values outside its range are a bin of their own. */
static void
fill_deciles(const CrDriftReference *reference, const CrDriftCounts *counts,
			 Bins *bins)
{
	uint32_t	last[CR_QUANTILE_BINS];
	uint32_t	n = cr_bins_freeze(reference->counts, reference->n_keys, last);
	uint32_t	key = 0;

	for (uint32_t b = 0; b < n; b++)
		for (; key <= last[b]; key++)
		{
			bins->reference[b] += reference->counts[key];
			bins->current[b] += counts->cells[key].equal +
				(key == 0 ? 0 : counts->cells[key].between);
		}
	bins->current[n] = counts->cells[0].between +
		(reference->n_keys == 0 ? 0 :
		 counts->cells[reference->n_keys].between);
	bins->n = n + 1;
}

static void
fill_categories(const CrDriftReference *reference,
				const CrDriftCounts *counts, Bins *bins)
{
	uint32_t	n = reference->n_keys;

	for (uint32_t i = 0; i < n; i++)
	{
		bins->reference[i] = reference->counts[i];
		bins->current[i] = counts->cells[i].equal;
	}
	bins->current[n] = counts->cells[n].between;
	bins->n = n + 1;
}

/* The last bin, of missing values, counts for PSI and Jensen-Shannon only. */
static void
bin_figures(const CrDriftReference *reference, const CrDriftCounts *counts,
			CrDriftFigures *figures, const CrAlloc *alloc)
{
	size_t		room = (size_t) reference->n_keys + 2;
	Bins		bins;

	bins.reference = alloc->alloc(alloc->context, sizeof(uint64_t) * 2 * room);
	memset(bins.reference, 0, sizeof(uint64_t) * 2 * room);
	bins.current = bins.reference + room;
	if (reference->categorical)
		fill_categories(reference, counts, &bins);
	else
		fill_deciles(reference, counts, &bins);
	figures->homogeneity = cr_homogeneity(bins.reference, bins.current, bins.n);
	bins.reference[bins.n] = reference->n_missing;
	bins.current[bins.n] = counts->n_missing;
	bins.n++;
	figures->psi = cr_psi(bins.reference, bins.current, bins.n);
	figures->js = cr_js_distance(bins.reference, bins.current, bins.n);
	alloc->release(alloc->context, bins.reference);
}

/* Counts and reference have the same number of keys. */
CrDriftFigures
cr_drift_figures(const CrDriftReference *reference,
				 const CrDriftCounts *counts, const CrAlloc *alloc)
{
	CrDriftFigures figures = {.ks = NAN, .ks_p_value = NAN, .resolution = NAN,
		.detectable = NAN, .wasserstein = {NAN, NAN},
	.means = {NAN, NAN, NAN, NAN, NAN}};
	uint64_t	missing_r[2] = {reference->n_missing, reference->moments.n};
	uint64_t	missing_c[2] = {counts->n_missing, counts->moments.n};

	bin_figures(reference, counts, &figures, alloc);
	figures.missing = cr_homogeneity(missing_r, missing_c, 2);
	if (reference->categorical || reference->moments.n == 0 ||
		counts->moments.n == 0)
		return figures;
	ks_figures(reference, counts, &figures, alloc);
	figures.detectable = cr_detectable_shift(reference->moments.n,
											 counts->moments.n, alloc);
	figures.wasserstein = wasserstein(reference, counts);
	figures.means = cr_means(&reference->moments, &counts->moments);
	return figures;
}
