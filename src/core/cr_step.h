/*
 * cr_step.h
 *	  One step of a walk through the nodes of an image, and what a margin
 *	  begins and ends with; shared by everything that evaluates.
 */
#ifndef CR_STEP_H
#define CR_STEP_H

#include <math.h>

#include "cr_forest.h"

/*
 * What the sum of the leaves starts from, and what is added to it at the end.
 * XGBoost adds the base margin first, but 1.3 added it last in dart.  Adding
 * -0.0 changes no float.
 */
static inline float
cr_first_term(const CrForest *forest)
{
	return forest->header->base_last ? 0.0f : forest->header->base_margin;
}

static inline float
cr_last_term(const CrForest *forest)
{
	return forest->header->base_last ? forest->header->base_margin : -0.0f;
}

/* Where an inner node sends a value that is not missing. */
static inline bool
cr_goes_left(const CrForest *forest, const CrNode *node, float value)
{
	if (node->slot & CR_CATEGORICAL_SPLIT)
		return !cr_set_contains(forest, node->u.set, (uint32_t) value);
	return value < node->u.threshold;
}

#endif							/* CR_STEP_H */
