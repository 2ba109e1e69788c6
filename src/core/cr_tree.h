/*
 * cr_tree.h
 *	  One tree: XGBoost's parallel arrays -> nodes of the image.
 */
#ifndef CR_TREE_H
#define CR_TREE_H

#include "cr_forest.h"
#include "cr_xgb.h"

/* Where the next tree goes.  The sections are large enough for all of them. */
typedef struct CrTreeSink
{
	uint32_t	n_features;
	const CrFeature *features;	/* their kinds must fit the splits */
	CrNode	   *nodes;
	uint32_t	n_nodes;		/* filled so far */
	CrSet	   *sets;
	uint32_t	n_sets;
	uint32_t   *set_words;
	uint32_t	n_set_words;
	float	   *gains;			/* of each feature; NULL: not wanted */
} CrTreeSink;

/* Bytes that cr_tree_read() allocates meanwhile, with or without gains. */
extern size_t cr_tree_memory(const CrTreeArrays *arrays, bool gains);

/* index is the tree's place in the file, for messages. */
extern CrStatus cr_tree_read(const CrTreeArrays *arrays, uint32_t index,
							 float weight,
							 CrTreeSink *sink, CrTree *tree,
							 const CrAlloc *alloc, CrError *error);

#endif							/* CR_TREE_H */
