/*
 * cr_forest.h
 *	  The model image: everything that makes a score, in one run of bytes that
 *	  is evaluated where it lies.
 *
 * docs/image-format.md specifies the bytes.  An image is written once, by
 * cr_xgb.c, and opened many times: cr_forest_open() checks every offset, index
 * and number in one pass without allocating, after which the evaluator checks
 * nothing.  Numbers are in the byte order of the machine that wrote them.
 */
#ifndef CR_FOREST_H
#define CR_FOREST_H

#include "cr_base.h"

#define CR_IMAGE_MAGIC		"crimage"	/* with its terminator, 8 bytes */
#define CR_IMAGE_ALIGNMENT	8	/* of the image and of each section */
#define CR_IMAGE_BYTE_ORDER	UINT32_C(0x01020304)
#define CR_IMAGE_VERSION	1

#define CR_MAX_FEATURES		65535
#define CR_MAX_NODES		(UINT32_C(1) << 28)
#define CR_MAX_TREES		(UINT32_C(1) << 20)
#define CR_MAX_DEPTH		255
#define CR_MAX_CATEGORY		UINT32_C(16777215)	/* 2^24 - 1, as XGBoost */

typedef enum CrBooster
{
	CR_GBTREE,
	CR_DART,					/* tree weights are already in the leaves */
	CR_GBLINEAR
} CrBooster;

typedef enum CrObjective
{
	CR_BINARY_LOGISTIC,
	CR_BINARY_LOGITRAW,
	CR_REG_LOGISTIC
} CrObjective;

/* Which outcome the margin speaks of. */
typedef enum CrPositive
{
	CR_POSITIVE_BAD,
	CR_POSITIVE_GOOD
} CrPositive;

typedef enum CrUnseen
{
	CR_UNSEEN_ERROR,
	CR_UNSEEN_MISSING
} CrUnseen;

typedef enum CrFeatureKind
{
	CR_NUMERIC,
	CR_CATEGORICAL				/* the value is a category code, as a float */
} CrFeatureKind;

typedef struct CrFeature
{
	uint32_t	name_offset;	/* into the strings */
	uint32_t	name_length;
	uint32_t	first_label;	/* labels in the order of their codes */
	uint32_t	n_labels;		/* 0: values are the codes themselves */
	uint32_t	n_splits;		/* nodes, or 1 for a linear weight other than 0 */
	uint8_t		kind;			/* CrFeatureKind */
	uint8_t		reserved[3];
} CrFeature;

typedef struct CrLabel
{
	uint32_t	offset;			/* into the strings */
	uint32_t	length;
} CrLabel;

typedef struct CrTree
{
	uint32_t	root;			/* its nodes are root .. root + n_nodes - 1 */
	uint32_t	n_nodes;
	uint32_t	depth;			/* edges on the longest path, 0 for a stump */
} CrTree;

/*
 * Nodes of a tree stand in breadth-first order, so two children are
 * neighbours and an edge always leads forward.  An inner node's slot is
 * 2 * feature + 1 if missing goes left, else 2 * feature, plus
 * CR_CATEGORICAL_SPLIT.  A leaf is its own left child, with slot
 * 2 * n_features; see cr_eval.c for what that buys.
 */
#define CR_CATEGORICAL_SPLIT	(UINT32_C(1) << 31)
#define CR_SLOT(split)			((split) & ~CR_CATEGORICAL_SPLIT)

typedef struct CrNode
{
	union
	{
		float		threshold;	/* numeric split: left if value < threshold */
		float		leaf;		/* margin */
		uint32_t	set;		/* categorical split: right if value in set */
	}			u;
	uint32_t	left;			/* right is left + 1 */
	uint32_t	slot;
	float		cover;			/* sum of hessians of the training rows */
} CrNode;

/*
 * A set of category codes: a bitmap of n words where that is no larger than
 * the list, else a list of n codes in ascending order.
 */
#define CR_SET_BITMAP			(UINT32_C(1) << 31)
#define CR_SET_SIZE(set)		((set)->size & ~CR_SET_BITMAP)

typedef struct CrSet
{
	uint32_t	first_word;
	uint32_t	size;			/* n, plus CR_SET_BITMAP for a bitmap */
} CrSet;

typedef enum CrSectionKind
{
	CR_FEATURES,				/* CrFeature */
	CR_LABELS,					/* CrLabel */
	CR_LABEL_ORDER,				/* uint32_t: per feature, codes by label bytes */
	CR_TREES,					/* CrTree */
	CR_NODES,					/* CrNode */
	CR_SETS,					/* CrSet */
	CR_SET_WORDS,				/* uint32_t */
	CR_WEIGHTS,					/* float: gblinear, one per feature, then bias */
	CR_STRINGS,					/* char */
	CR_N_SECTIONS
} CrSectionKind;

typedef struct CrSection
{
	uint64_t	offset;			/* from the start of the image */
	uint64_t	count;			/* items, not bytes */
} CrSection;

/* points = offset - factor * margin of bad, see cr_link.h */
typedef struct CrScaling
{
	double		offset;
	double		factor;
	double		min;			/* -inf: no floor */
	double		max;			/* +inf: no ceiling */
	double		base_score;		/* points at base_odds, for people */
	double		base_odds;		/* good : bad */
	double		pdo;			/* points that double the odds */
} CrScaling;

typedef struct CrImageHeader
{
	char		magic[8];
	uint32_t	byte_order;
	uint16_t	version;
	uint16_t	xgboost_version[3]; /* that wrote the artifact */
	uint8_t		booster;		/* CrBooster */
	uint8_t		objective;		/* CrObjective */
	uint8_t		positive;		/* CrPositive */
	uint8_t		unseen;			/* CrUnseen */
	uint8_t		notation;		/* of the artifact: 0 JSON, 1 UBJSON */
	uint8_t		base_last;		/* base margin is added after the trees */
	uint8_t		reserved[2];
	uint32_t	n_rounds;		/* boosting rounds in the image */
	uint32_t	n_rounds_artifact;	/* in the artifact; more if stopped early */
	float		base_margin;
	uint64_t	size;			/* of the whole image */
	CrScaling	scaling;
	CrSection	sections[CR_N_SECTIONS];
} CrImageHeader;

/* An opened image: typed pointers into bytes that somebody else owns. */
typedef struct CrForest
{
	const CrImageHeader *header;
	const CrFeature *features;
	const CrLabel *labels;
	const uint32_t *label_order;
	const CrTree *trees;
	const CrNode *nodes;
	const CrSet *sets;
	const uint32_t *set_words;
	const float *weights;
	const char *strings;
	uint32_t	n_features;
	uint32_t	n_trees;
	uint32_t	n_nodes;
	uint32_t	max_depth;
	bool		categorical;	/* at least one categorical split */
} CrForest;

extern CrStatus cr_forest_open(CrForest *forest, const void *image,
							   size_t size, CrError *error);
extern size_t cr_section_item_size(CrSectionKind kind);

extern CrView cr_forest_feature_name(const CrForest *forest, uint32_t feature);
extern CrView cr_forest_label(const CrForest *forest, uint32_t feature,
							  uint32_t code);
extern int64_t cr_forest_find_label(const CrForest *forest, uint32_t feature,
									CrView label);
extern bool cr_set_contains(const CrForest *forest, uint32_t set,
							uint32_t code);

#endif							/* CR_FOREST_H */
