/*
 * cr_xgb.h
 *	  The schema of XGBoost's model files: one strict pass that checks the
 *	  whole document and notes where things are.
 *
 * Arrays are not copied.  The survey keeps readers that stand before them, so
 * that the second pass (cr_import.c) can allocate exactly what it needs.
 * Every field that XGBoost 1.3 to 3.4 writes is known by name; any other is
 * refused, because it might change what the model means.
 */
#ifndef CR_XGB_H
#define CR_XGB_H

#include "cr_forest.h"
#include "cr_reader.h"

/* Where an array is, and how many elements it has. */
typedef struct CrArray
{
	bool		present;
	uint64_t	count;
	CrReader	reader;			/* the next token begins the array */
} CrArray;

typedef struct CrSurvey
{
	CrNotation	notation;
	uint16_t	version[3];
	CrBooster	booster;
	CrObjective objective;
	float		base_margin;
	uint32_t	n_features;
	uint32_t	n_parallel;		/* trees a round */
	int64_t		best_iteration; /* -1: the model does not say */
	int64_t		best_tree_limit;	/* trees up to it, -1 if unknown */
	CrArray		names;			/* strings */
	CrArray		types;			/* strings */
	CrArray		encodings;		/* category containers, one per feature */
	CrArray		rounds;			/* iteration_indptr: first tree of each round */
	CrArray		trees;			/* objects */
	CrArray		tree_weights;	/* dart */
	CrArray		weights;		/* gblinear */
	uint64_t	n_gain_trees;	/* trees that have loss_changes */
	uint64_t	n_nodes;		/* of all trees, deleted ones included */
	uint64_t	n_sets;			/* categorical splits of all trees */
	uint64_t	n_codes;		/* categories they list */
} CrSurvey;

extern CrStatus cr_xgb_survey(CrView artifact, const CrAlloc *alloc,
							  CrSurvey *survey, CrError *error);

/* The arrays of one tree; a tree is an object of equally long arrays. */
typedef struct CrTreeArrays
{
	uint64_t	n_nodes;
	CrArray		left;
	CrArray		right;
	CrArray		parents;
	CrArray		split_indices;
	CrArray		split_conditions;
	CrArray		split_types;	/* absent: no categorical split */
	CrArray		default_left;
	CrArray		covers;
	CrArray		loss_changes;	/* absent: the file does not say */
	CrArray		category_nodes;
	CrArray		category_segments;
	CrArray		category_sizes;
	CrArray		categories;
} CrTreeArrays;

extern CrStatus cr_xgb_survey_tree(CrReader *reader, CrTreeArrays *tree);

/* One feature's category container. */
typedef struct CrEncoding
{
	bool		strings;		/* labels are bytes, cut by offsets */
	int64_t		type;			/* of integers: XGBoost's ValueKind */
	CrArray		offsets;
	CrArray		values;
} CrEncoding;

extern CrStatus cr_xgb_survey_encoding(CrReader *reader, CrEncoding *encoding);

#endif							/* CR_XGB_H */
