/*
 * model.h
 *	  A model image, opened and ready to score.
 */
#ifndef CREDIT_MODEL_H
#define CREDIT_MODEL_H

#include "cr_batch.h"
#include "cr_eval.h"
#include "cr_forest.h"

typedef struct CreditModel
{
	char	   *reference;		/* "german@7", for messages */
	CrForest	forest;
	const CrEvaluator *evaluator;
	CrLayout   *layout;			/* for the kernels; NULL: use the evaluator */
	char	  **feature_names;	/* in the server's encoding */
} CreditModel;

/* Whether names and labels are UTF-8, which the core does not check. */
extern bool credit_model_check_encoding(const CrForest *forest,
										CrError *error);

/*
 * The label of a category in the server's encoding, or the code in decimals
 * where there is none.
 */
extern char *credit_model_category(const CreditModel *model, uint32 feature,
								   uint32 code);

extern CreditModel *credit_model_open(const bytea *image,
									  const char *reference);

/*
 * Builds the layout, in the current memory context.  It pays for a model that
 * scores more than a few rows.
 */
extern void credit_model_prepare(CreditModel *model);

/* The vector has a float per feature, scratch as many bytes as this says. */
extern size_t credit_model_scratch(const CreditModel *model);
extern float credit_model_margin(const CreditModel *model,
								 const float *vector, void *scratch);

#endif							/* CREDIT_MODEL_H */
