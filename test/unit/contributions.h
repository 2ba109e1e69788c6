/*
 * contributions.h
 *	  What must hold for the contributions of every opened forest.
 */
#ifndef CONTRIBUTIONS_H
#define CONTRIBUTIONS_H

#include "agree.h"
#include "cr_shap.h"

static const CrAlloc no_alloc = {0};

/* The reference, with scratch of the exact size. */
static inline void
reference_contributions(const CrForest *forest, const float *row,
						double *contributions)
{
	void	   *scratch = malloc(cr_shap_scratch(forest));

	cr_shap_contributions(forest, row, contributions, scratch, &no_alloc);
	free(scratch);
}

static inline double
largest_contribution(const double *contributions, uint32_t n)
{
	double		largest = 0;

	for (uint32_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(contributions[i]));
	return largest;
}

/* How far the sum is from the margin, in units of the largest contribution. */
static inline double
additivity_error(const CrForest *forest, const float *row,
				 const double *contributions)
{
	uint32_t	n = forest->n_features + 1;
	float	   *scratch = malloc(cr_eval_scratch(forest) * sizeof(float));
	double		margin = (double)
		cr_eval_choose(forest)->margin(forest, row, scratch);
	double		sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += contributions[i];
	free(scratch);
	return sum == margin ? 0 :
		fabs(sum - margin) / largest_contribution(contributions, n);
}

#endif							/* CONTRIBUTIONS_H */
