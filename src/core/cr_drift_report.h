/*
 * cr_drift_report.h
 *	  A reference and the counts of current rows -> every drift statistic.
 */
#ifndef CR_DRIFT_REPORT_H
#define CR_DRIFT_REPORT_H

#include "cr_divergence.h"
#include "cr_drift.h"

/* What one feature was in the reference. */
typedef struct CrDriftReference
{
	bool		categorical;
	double		resolution;		/* numeric: largest share of the rows that was
								 * rounded up to one key; 0: none */
	uint32_t	n_keys;
	const double *keys;			/* numeric: ascending, padded for a look-up */
	const uint64_t *counts;		/* rows equal to each key */
	uint64_t	n_missing;
	CrMoments	moments;		/* n: rows not missing */
} CrDriftReference;

/* NaN where a figure does not exist, as the KS statistic of categories. */
typedef struct CrDriftFigures
{
	double		ks;
	double		ks_p_value;
	double		resolution;		/* how far D may be from the true one */
	double		detectable;
	CrHomogeneity homogeneity;
	double		psi;
	double		js;
	CrBounds	wasserstein;
	CrMeans		means;
	CrHomogeneity missing;
} CrDriftFigures;

extern CrDriftFigures cr_drift_figures(const CrDriftReference *reference,
									   const CrDriftCounts *counts,
									   const CrAlloc *alloc);

#endif							/* CR_DRIFT_REPORT_H */
