/*
 * cr_import.h
 *	  XGBoost model file + options -> model image, and what each feature is
 *	  worth to the model.
 */
#ifndef CR_IMPORT_H
#define CR_IMPORT_H

#include "cr_forest.h"

/* The labels of one feature in the order of their codes. */
typedef struct CrCategories
{
	CrView		feature;
	const CrView *labels;
	uint32_t	n_labels;
} CrCategories;

typedef struct CrImportOptions
{
	const CrView *feature_names;	/* override those of the file */
	uint32_t	n_feature_names;	/* 0: take those of the file */
	const CrCategories *categories; /* override those of the file */
	uint32_t	n_categories;
	CrScaling	scaling;		/* from cr_scaling_init() */
	CrPositive	positive;
	CrUnseen	unseen;
	bool		use_best_iteration;
} CrImportOptions;

/*
 * Reads the artifact and returns in *image, from alloc, an image of *size
 * bytes that cr_forest_open() accepts.  Memory beyond the artifact and the
 * options stays below four times their size and 64 kB; a file that would need
 * more is refused.
 */
extern CrStatus cr_import(CrView artifact, const CrImportOptions *options,
						  const CrAlloc *alloc, void **image, size_t *size,
						  CrError *error);

/*
 * Imports as cr_import() does, with its checks and its bound on memory, but
 * returns in *gains, from alloc, the total gain of each of the *n_features
 * features over the trees that the image would have: what the splits on it
 * lowered the training loss by.  The bits are those of XGBoost's total_gain.
 * NULL: the file does not say, as that of a linear model.
 */
extern CrStatus cr_import_gains(CrView artifact,
								const CrImportOptions *options,
								const CrAlloc *alloc, float **gains,
								uint32_t *n_features, CrError *error);

#endif							/* CR_IMPORT_H */
