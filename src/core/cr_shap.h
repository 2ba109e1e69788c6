/*
 * cr_shap.h
 *	  Feature vector -> what each feature contributes to the margin, exactly.
 *
 * The contributions are path-dependent tree SHAP (Lundberg and others, "From
 * local explanations to global understanding with explainable AI for trees",
 * Nature Machine Intelligence 2, 2020), as XGBoost's pred_contribs has them:
 * Shapley values of the game in which a feature that is not known is averaged
 * over, at each split, by the covers of the two sides.  Those of a linear
 * model are weight * value, 0 for a missing one.
 *
 * This is the reference: double precision, any forest.  cr_contribution.h has
 * what is fast.
 */
#ifndef CR_SHAP_H
#define CR_SHAP_H

#include "cr_forest.h"

/*
 * contributions has n_features + 1 items, the last of which is the baseline:
 * the expected margin, or for a linear model the margin without any value.
 * Their sum is the margin.  Covers that no training makes (see cr_shap_share)
 * may lead to infinity and NaN.
 *
 * scratch is cr_shap_scratch() bytes, aligned as malloc() does.  Of alloc only
 * poll() is used.
 */
extern size_t cr_shap_scratch(const CrForest *forest);
extern void cr_shap_contributions(const CrForest *forest, const float *vector,
								  double *contributions, void *scratch,
								  const CrAlloc *alloc);

/* The share of a node's training rows that went to this child of it. */
extern double cr_shap_share(const CrForest *forest, uint32_t node,
							uint32_t child);

/* Points of a quadrature rule that is exact for this forest. */
extern uint32_t cr_shap_points(const CrForest *forest);

#endif							/* CR_SHAP_H */
