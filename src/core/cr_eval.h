/*
 * cr_eval.h
 *	  Feature vector -> margin: the hot loop and nothing else.
 *
 * A feature vector has one float per feature of the model: the value of a
 * numeric feature, the code of a categorical one, NaN where it is missing.
 * Values are finite and codes are whole, 0 to CR_MAX_CATEGORY; whoever fills
 * the vector sees to that.
 *
 * Every evaluator gives the same bits: float32, base margin first, then the
 * leaves in the order of the trees, as XGBoost adds them.  Evaluation neither
 * allocates nor fails.
 */
#ifndef CR_EVAL_H
#define CR_EVAL_H

#include "cr_forest.h"

typedef struct CrEvaluator
{
	const char *name;
	bool		(*fits) (const CrForest *forest);
	float		(*margin) (const CrForest *forest, const float *vector,
						   float *scratch);
} CrEvaluator;

/* Fastest first; the last one fits every forest.  Ends with a NULL name. */
extern const CrEvaluator cr_evaluators[];

extern const CrEvaluator *cr_eval_choose(const CrForest *forest);
extern size_t cr_eval_scratch(const CrForest *forest);

#endif							/* CR_EVAL_H */
