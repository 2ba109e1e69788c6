/*
 * cr_import.h
 *	  XGBoost model file + options -> model image.
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

#endif							/* CR_IMPORT_H */
