/*
 * explain.c
 *	  What each feature contributes to a margin.
 */
#include "postgres.h"

#include <math.h>

#include "alloc.h"
#include "cr_shap.h"
#include "explain.h"

size_t
credit_contributions_scratch(const CreditModel *model)
{
	return cr_shap_scratch(&model->forest);
}

/* Covers that no training makes, and values far out in a linear model. */
static void
check_finite(const CreditModel *model, const double *contributions)
{
	for (uint32 i = 0; i <= model->forest.n_features; i++)
		if (!isfinite(contributions[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("contributions to the margin of model \"%s\" are out of range",
							model->reference),
					 errhint("Check the applicant for values far outside of what the model was trained on.")));
}

void
credit_model_contributions(const CreditModel *model, const float *vector,
						   double *contributions, void *scratch)
{
	CrAlloc		alloc = credit_core_alloc();

	cr_shap_contributions(&model->forest, vector, contributions, scratch,
						  &alloc);
	check_finite(model, contributions);
}
