/*
 * model.h
 *	  A model image, opened and ready to score.
 */
#ifndef CREDIT_MODEL_H
#define CREDIT_MODEL_H

#include "cr_eval.h"
#include "cr_forest.h"

typedef struct CreditModel
{
	char	   *reference;		/* "german@7", for messages */
	CrForest	forest;
	const CrEvaluator *evaluator;
	char	  **feature_names;	/* in the server's encoding */
} CreditModel;

/* Whether names and labels are UTF-8, which the core does not check. */
extern bool credit_model_check_encoding(const CrForest *forest,
										CrError *error);

extern CreditModel *credit_model_open(const bytea *image,
									  const char *reference);

/* The vector has a float per feature; scratch, cr_eval_scratch() floats. */
extern float credit_model_margin(const CreditModel *model,
								 const float *vector, float *scratch);

#endif							/* CREDIT_MODEL_H */
