/*
 * cr_layout.h
 *	  What a layout consists of; for the kernels and who builds it.
 *
 * Codes.  A numeric split asks x < t, where t is one of the thresholds
 * t[0] < t[1] < ... of its feature.  With rank(x) = how many of them are <= x,
 * x < t[k] is exactly rank(x) <= k, whatever the floats are: a row's values are
 * ranked once, and trees then compare small integers.  Thresholds are cut into
 * *windows* of 255; a window has its own view of the rank, clamped to what it
 * can tell apart:
 *
 *		code of the row  = min(max(rank - 255 * w, 0), 255)
 *		code of the node = k - 255 * w, 0 to 254
 *
 * so that one byte is enough for any number of thresholds, and for 256 ranks
 * of 255 thresholds.  A missing value has code 0 where missing goes left and
 * 255 where it goes right: no test and no branch.  Codes are stored minus 128,
 * since SSE2 and AVX2 compare signed bytes only.
 *
 * Columns.  A row is thus a run of bytes, one *column* for each window and
 * default direction that some node uses, and one for each categorical split
 * (-128: left, 127: right, the node's code being 0).  64 rows are a run of
 * columns of 64 bytes.  "Right" is always column > code.
 *
 * Heaps.  A tree of depth up to 8 is an array of 2^depth nodes: node 1 is the
 * root, nodes 2i and 2i + 1 are the children of i, node 0 is not used, and
 * 2^depth leaves stand in a row.  Below a leaf that ends early the heap
 * is padded: code 127 never goes right, and the leaf stands wherever one
 * could end up.  All trees have the same depth if that costs little.
 *
 * Lists.  A tree that would fill a heap badly is a list of nodes, children
 * first, each combining the results of two others.
 *
 * The leaf number of a row is the sum over its path of the number of leaves
 * to the left: for 64 rows at once, one masked addition of bytes a node.
 * Trees of more leaves than fit into a byte are cut: instead of a leaf, the
 * number leads to a node of the image from where the row walks on.
 */
#ifndef CR_LAYOUT_H
#define CR_LAYOUT_H

#include "cr_batch.h"

#define CR_WINDOW			255 /* thresholds that a byte can tell apart */
#define CR_MIN_HEAP_DEPTH	3
#define CR_MAX_HEAP_DEPTH	8	/* leaf numbers are bytes */
#define CR_MAX_LIST_NODES	255
#define CR_LIST_SLOTS		10	/* 1 + log2(256) results wait, and a zero */
#define CR_NEVER_RIGHT		127

/* Positions of columns are stored in units of 8 bytes, which x86 scales. */
#define CR_COLUMN_UNIT		(CR_BATCH_ROWS / 8)
#define CR_MAX_COLUMNS		8191	/* and a spare one */
#define CR_MAX_ROW_COLUMNS	255 /* of a layout with fast single rows */

#define CR_CHOICE_WORDS		16	/* of a set's bitmap in the layout */

/* A numeric feature that some node asks about. */
typedef struct CrRanked
{
	uint32_t	feature;
	uint32_t	n_thresholds;
	uint32_t	tree_levels;	/* of the search tree in `tree` */
	uint32_t	tree;			/* first float in `searches` */
	uint32_t	block_levels;	/* of the search blocks in `blocks` */
	uint32_t	blocks;			/* first float in `searches` */
	uint32_t	first_window;
	uint32_t	n_windows;
} CrRanked;

typedef struct CrWindow
{
	uint32_t	base;			/* 255 * w */
	uint16_t	column[2];		/* missing goes right, left; or the spare one */
} CrWindow;

/* A categorical split. */
typedef struct CrChoice
{
	uint32_t	feature;
	uint32_t	set;			/* in the image */
	uint16_t	column;
	uint8_t		missing_left;
	uint8_t		large;			/* members beyond the words below */
	uint32_t	words[CR_CHOICE_WORDS]; /* bitmap, if not large */
} CrChoice;

typedef struct CrBlock
{
	uint32_t	nodes;			/* first in positions and codes, or in list */
	uint32_t	leaves;			/* first in leaves */
	uint16_t	walk;			/* steps that may remain in the image; if
								 * any, leaves are nodes */
	uint8_t		depth;			/* there are 2^depth leaves */
	uint8_t		n_list;			/* nodes of a list; 0: a heap */
} CrBlock;

/* A node of a list.  Slot 0 holds zeros: a leaf. */
typedef struct CrListed
{
	uint16_t	position;
	int8_t		code;
	uint8_t		n_left;			/* leaves of the left child */
	uint8_t		left;			/* slots */
	uint8_t		right;
	uint8_t		result;
	uint8_t		reserved;
} CrListed;

typedef union CrLeaf
{
	float		value;
	uint32_t	node;			/* of the image */
} CrLeaf;

/*
 * For single rows: the last one or two levels of a heap of depth 7 or 8 below
 * one node of level 6, so that a row touches one cache line for both.
 */
#define CR_ROW_LEVELS	6		/* above the twigs */
#define CR_ROW_TREES	16		/* single rows take trees in groups; so many
								 * have room, the last ones never going right */

typedef struct CrTwig
{
	uint8_t		column[4];		/* of the upper node, its left and right child */
	int8_t		code[4];
} CrTwig;

/* Arrays of a layout begin at multiples of 64 bytes; 64 more may be read. */
struct CrLayout
{
	size_t		size;
	uint32_t	lead;			/* bytes before it that alloc() gave, too */
	uint32_t	n_columns;		/* 0: no layout for this forest */
	uint32_t	n_ranked;
	uint32_t	n_choices;
	uint32_t	n_blocks;		/* one a tree */
	uint32_t	row_depth;		/* of all heaps, if single rows are fast */
	size_t		ranked;			/* offsets from here: CrRanked */
	size_t		windows;		/* CrWindow */
	size_t		searches;		/* float */
	size_t		choices;		/* CrChoice */
	size_t		blocks;			/* CrBlock */
	size_t		positions;		/* uint16_t */
	size_t		codes;			/* int8_t */
	size_t		list;			/* CrListed */
	size_t		leaves;			/* CrLeaf */
	size_t		row_columns;	/* uint8_t, if row_depth > 0 */
	size_t		twigs;			/* CrTwig, if row_depth > 6 */
};

/* Levels of a tree that row_columns covers, and those that twigs do. */
static inline uint32_t
cr_row_levels(const CrLayout *layout)
{
	return layout->row_depth < CR_ROW_LEVELS ? layout->row_depth :
		CR_ROW_LEVELS;
}

#define CR_LAYOUT_ARRAY(layout, type, array) \
	((const type *) ((const char *) (layout) + (layout)->array))

static inline void *
cr_align_scratch(void *scratch)
{
	uintptr_t	address = (uintptr_t) scratch;

	return (char *) scratch + (-address & (CR_LAYOUT_ALIGNMENT - 1));
}

#endif							/* CR_LAYOUT_H */
