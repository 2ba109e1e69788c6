/*
 * cr_explain_plan.h
 *	  What a plan consists of; for the kernels and who builds it.
 *
 * The kernels follow cr_shap.c: products go down a tree, sums come up.  What
 * differs is that a node does its two edges at once, which the shares of both
 * adding up to 1 allows.  With z the share of the left child and
 *
 *		c = 1 - z if the row goes left, else -z
 *
 * the left edge multiplies the product P by s = z + t c, the right one by
 * 1 - s, and the sums below, L and R, become R + s (L - R).  The node's feature
 * gets c * sum over the points of w P (L - R).
 *
 * Where the feature has been split on before, with Z the product of its shares
 * up to here, the same holds with t / f in place of t and w Z / f^2 in place of
 * w, f = Z + (1 - Z) t, and with c = 0 if the row failed an earlier split: the
 * node is *repeated*, and these points and weights are its *terms*.
 *
 * One row.  CR_LANES trees go in the lanes of a *group*, each of them a heap:
 * filled up to the depth of the deepest.  Where a tree has a leaf earlier, the
 * heap below it has that leaf everywhere, and sums up to it.  Each node has a
 * *slot*, which is followed by those of its left and then of its right subtree:
 * slots, terms and leaves lie in the order in which the kernels come by.
 *
 * A level of a heap is a bit, half the number of leaves below one of its nodes.
 * Going down, the kernels note the levels whose splits the row *met*; a
 * repeated node *needs* that of the last earlier split, which is not met unless
 * those before it are.
 *
 * Groups are worked through in *chunks* whose results fit a near cache.  A
 * *place* is the number of a node's slot in its chunk, times CR_LANES, plus
 * its lane.  The places of a chunk are listed by column and code, so those
 * where a row goes right are the first ones of each *run* of a column: no
 * look-up for each node.  The same lists lead from results to features.
 *
 * Many rows.  Lanes are rows; each tree is walked through, node by node.
 * Single rows walk like this through trees that no heap would suit.
 */
#ifndef CR_EXPLAIN_PLAN_H
#define CR_EXPLAIN_PLAN_H

#include "cr_explain.h"
#include "cr_layout.h"

#define CR_LANES			16
#define CR_PLAN_HEAP_DEPTH	10
#define CR_PLAN_LEVELS		32	/* of a tree that is walked: 9 kB of stack each */
#define CR_PLAN_POINTS		16
#define CR_CHUNK_SLOTS		512 /* more if it is one group */

/* Rules of 1 to CR_PLAN_POINTS points: floats of all that are shorter. */
#define CR_RULE(n)			((n) * ((n) - 1))
#define CR_RULES			CR_RULE(CR_PLAN_POINTS + 1)

/* A row's state at a place: all bits, or none. */
#define CR_LEFT				(-1)
#define CR_RIGHT			0

typedef struct CrGroup
{
	uint32_t	first_slot;		/* the root's, in slots */
	uint32_t	first_leaf;		/* in leaves */
	uint8_t		depth;
	uint8_t		n_points;
	uint16_t	chunk_slot;		/* of the root in the chunk */
} CrGroup;

typedef struct CrChunk
{
	uint32_t	first_group;
	uint32_t	n_groups;
	uint32_t	n_slots;
	uint32_t	first_run;
	uint32_t	n_runs;
} CrChunk;

/* Places of one column, by ascending code, and one behind to stop at. */
typedef struct CrRun
{
	uint32_t	first;			/* in places and codes */
	uint16_t	n;
	uint16_t	column;
	uint32_t	used;			/* number of the feature among those used */
} CrRun;

/* Two cache lines. */
typedef struct CrSlot
{
	float		shares[CR_LANES];
	int16_t		needs[CR_LANES];	/* a level, 0: not repeated */
	uint32_t	terms;			/* if repeated in no lane, those of the rule */
	uint32_t	reserved[7];
} CrSlot;

typedef struct CrRoot
{
	uint32_t	node;			/* in nodes */
	uint32_t	n_points;
} CrRoot;

/* A child of a node that is walked. */
typedef union CrBranch
{
	float		leaf;
	uint32_t	node;			/* in nodes */
} CrBranch;

typedef enum CrBranchKind
{
	CR_LEAF,
	CR_TWIG,					/* a node with two leaves */
	CR_BOUGH
} CrBranchKind;

typedef struct CrPlanNode
{
	CrBranch	child[2];
	uint8_t		kind[2];		/* CrBranchKind */
	int8_t		code;
	uint8_t		before;			/* edge that the earlier split opened; 0: none */
	uint16_t	column;
	uint16_t	reserved;
	uint32_t	used;
	uint32_t	terms;			/* 0: not repeated */
	float		share;
} CrPlanNode;

/* Arrays are as those of a layout. */
struct CrPlan
{
	size_t		size;
	uint32_t	lead;
	uint32_t	n_used;			/* 0: the kernels cannot use it */
	double		baseline;
	uint32_t	n_groups;
	uint32_t	n_chunks;
	uint32_t	n_roots;
	uint32_t	n_loose;		/* first roots, of trees that are in no group */
	uint32_t	n_levels;		/* of the deepest tree, and one */
	uint32_t	n_points;		/* largest */
	uint32_t	n_chunk_slots;	/* largest */
	size_t		used;			/* uint32_t: features */
	size_t		rules;			/* float: points and weights of each rule */
	size_t		groups;			/* CrGroup */
	size_t		chunks;			/* CrChunk */
	size_t		runs;			/* CrRun */
	size_t		places;			/* uint16_t */
	size_t		codes;			/* int8_t, one for each place */
	size_t		slots;			/* CrSlot */
	size_t		leaves;			/* float: CR_LANES for each leaf */
	size_t		roots;			/* CrRoot: loose ones first */
	size_t		nodes;			/* CrPlanNode */
	size_t		terms;			/* float: points, then weights, as they are
								 * used; CR_LANES each for slots */
};

#endif							/* CR_EXPLAIN_PLAN_H */
