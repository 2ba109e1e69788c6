/*
 * cr_box.h
 *	  A set of applicants, given feature by feature, and what a tree can give
 *	  over it.
 *
 * A *box* says for each feature which values are in: numbers from low to below
 * high, a set of categories, and whether the value may be missing.  A split
 * cuts a box into two.  A tree is *decided* over a box in which every node
 * that can be reached sends everybody the same way.
 */
#ifndef CR_BOX_H
#define CR_BOX_H

#include "cr_forest.h"

#define CR_NO_NODE	UINT32_MAX

typedef struct CrDomain
{
	float		low;			/* numbers: from low ... */
	float		high;			/* ... to below high */
	bool		missing;		/* whether missing is in */
	uint32_t	n_codes;
	uint32_t   *codes;			/* categories that the forest tells apart */
	uint32_t   *cut;			/* of each code: the cut that took it out, or 0 */
} CrDomain;

typedef struct CrBox
{
	const CrForest *forest;
	const CrAlloc *alloc;
	CrDomain   *domains;		/* per feature */
	uint32_t   *first_node;		/* per feature: of those that split on it */
	uint32_t   *next_node;		/* per node: the next that splits on its feature */
	uint64_t	visits;			/* nodes and categories looked at so far */
} CrBox;

/* A value of a subtree over a box lies between min and max. */
typedef struct CrSpan
{
	double		min;
	double		max;
	uint32_t	open;			/* a node that is not decided, or CR_NO_NODE */
} CrSpan;

/* Sides that a node's applicants may take. */
#define CR_LEFT		1
#define CR_RIGHT	2

/* All applicants there can be.  Of a forest of trees, not a linear model. */
extern void cr_box_make(CrBox *box, const CrForest *forest,
						const CrAlloc *alloc);
extern void cr_box_release(CrBox *box);

static inline bool
cr_box_leaf(const CrBox *box, const CrNode *node)
{
	return node->slot == 2 * box->forest->n_features;
}

static inline uint32_t
cr_box_feature(const CrNode *node)
{
	return CR_SLOT(node->slot) / 2;
}

extern int	cr_box_sides(CrBox *box, const CrNode *node);
extern CrSpan cr_box_span(CrBox *box, uint32_t node);

/*
 * Keeps one side of a node; cut is a number above 0 of its own.  Undone, in
 * reverse order, with the domain as it was.
 */
extern void cr_box_cut(CrBox *box, const CrNode *node, int side, uint32_t cut);
extern void cr_box_undo(CrBox *box, uint32_t feature, const CrDomain *before,
						uint32_t cut);

/*
 * The nodes that split on a numeric feature, in the order of their thresholds
 * and then of their own; to be released.
 */
extern uint32_t *cr_box_sorted(const CrBox *box, uint32_t feature,
							   uint32_t *n);

/* The tree that a node belongs to. */
extern uint32_t cr_box_tree_of(const CrBox *box, uint32_t node);

/* Somebody who is in the box; present values go before missing ones. */
extern void cr_box_applicant(const CrBox *box, float *vector);

#endif							/* CR_BOX_H */
