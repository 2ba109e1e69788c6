/*
 * cr_importer.h
 *	  What the files that build an image share: the image under construction
 *	  and the memory that is left for it.
 */
#ifndef CR_IMPORTER_H
#define CR_IMPORTER_H

#include "cr_import.h"
#include "cr_xgb.h"

typedef struct CrImporter
{
	const CrImportOptions *options;
	const CrAlloc *alloc;
	CrError    *error;
	CrSurvey	survey;
	size_t		budget;			/* bytes that may still be allocated */
	uint32_t	n_trees;		/* that the image keeps */
	float	   *gains;			/* of each feature, or NULL */
	uint32_t   *category_option;	/* per feature: 1 + index into the options */
	char	   *image;
	CrImageHeader *header;		/* of the image */
} CrImporter;

/* cr_import.c: memory within the budget */
extern CrStatus cr_importer_allocate(CrImporter *im, size_t size,
									 void *result);
extern void cr_importer_release(CrImporter *im, void *memory, size_t size);
extern CrStatus cr_importer_over_budget(const CrImporter *im);

/* cr_image.c: the sections */
extern CrStatus cr_importer_create_image(CrImporter *im);
extern void cr_importer_close_up(CrImporter *im,
								 const uint64_t counts[CR_N_SECTIONS]);
extern void *cr_importer_section(const CrImporter *im, CrSectionKind kind);

/* cr_features.c: names, types and category labels */
extern CrStatus cr_importer_count_strings(CrImporter *im, uint64_t *n_labels,
										  uint64_t *n_bytes);
extern CrStatus cr_importer_read_features(CrImporter *im,
										  uint64_t *n_bytes);
extern CrStatus cr_importer_read_labels(CrImporter *im, uint64_t *n_labels,
										uint64_t *n_bytes);

#endif							/* CR_IMPORTER_H */
