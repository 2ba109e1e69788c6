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
	int64		model_id;		/* of "german"; 0: not from the registry */
	int32		version;		/* 7; 0: not from the registry */
	bytea	   *image_sha256;	/* as the registry has it, or NULL */
	CrForest	forest;
	const CrEvaluator *evaluator;	/* until there is a layout */
	CrLayout   *layout;			/* for the kernels; NULL: not built yet */
	uint32		n_scored;		/* rows, without a layout */
	void	   *scratch;		/* of the evaluator or the kernels */
	struct CrBest *best;		/* NULL: not asked for yet */
	struct CreditExplainer *explainer;	/* NULL: nothing explained yet */
	struct CreditCatalogue *imported;	/* reasons; NULL: not asked for yet */
	struct CreditCatalogue *catalogue;	/* the same, complete; or NULL */
	struct CreditTerms *terms;	/* NULL: nothing decided yet */
	struct CreditRowMap *row_map;	/* of the last row type; NULL: none yet */
	MemoryContext context;		/* of all this */
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

extern CreditModel *credit_model_open(bytea *image, const char *reference);

/*
 * Takes a context in which something for the model was made.  It is not the
 * model's before it is complete, so an error or a cancel in the middle leaves
 * nothing.
 */
extern void credit_model_adopt(CreditModel *model, MemoryContext part);

/* Builds the layout, unless it is there. */
extern void credit_model_prepare(CreditModel *model);

/*
 * The margin of a vector with a float per feature.  The first few hundred
 * rows do without a layout: to build it takes as long as they do.
 */
extern float credit_model_margin(CreditModel *model, const float *vector);

/*
 * The margins of 1 to CR_BATCH_ROWS rows, as cr_batch.h describes them.  Each
 * is to be passed to credit_model_check_margin() before it is used.
 */
extern void credit_model_margins(CreditModel *model, const float *columns,
								 uint32 n, float *margins);
extern void credit_model_check_margin(const CreditModel *model, float margin);

#endif							/* CREDIT_MODEL_H */
