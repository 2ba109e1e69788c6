/*
 * cr_count.h
 *	  A block of values, counted among sorted keys.
 *
 * A value is equal to a key or lies in the gap below one; after the last key
 * there is one more gap.
 */
#ifndef CR_COUNT_H
#define CR_COUNT_H

#include "cr_lookup.h"
#include "cr_means.h"

#define CR_COUNT_BLOCK	1024	/* values at a time, at most */
#define CR_COUNT_LANES	4		/* of sums, whatever the CPU */

#if defined(__x86_64__) && defined(__GNUC__)
#define CR_X86_COUNT
#endif

/* A cell of few rows: four of them, and no part of a fifth, in a cache line. */
typedef struct CrFreshCell
{
	uint32_t	between;
	uint32_t	equal;
	double		sum;			/* of the distances to the key, or from the
								 * last one */
} CrFreshCell;

/*
 * Sums of differences from a value, and of their squares.  Value i goes to lane
 * i % CR_COUNT_LANES: many additions are in flight, in the same order on any
 * CPU.
 */
typedef struct CrSums
{
	double		centre;
	double		differences[CR_COUNT_LANES];
	double		squares[CR_COUNT_LANES];
} CrSums;

/*
 * Counts 1 to CR_COUNT_BLOCK values, none of them NaN.  moments gets those of
 * the block.
 */
extern void cr_count_block(const CrLookup *lookup, CrFreshCell *cells,
						   const double *values, uint32_t n,
						   CrMoments *moments);

/*
 * cr_lookup_find(), with the values added to the sums: on any CPU, and, where
 * lookup is even, on one with AVX2.  The same results; positions has room for
 * whole vectors of CR_COUNT_LANES.
 */
extern void cr_find_portable(const CrLookup *lookup, const double *values,
							 uint32_t n, uint32_t *positions, CrSums *sums);
#ifdef CR_X86_COUNT
extern void cr_find_avx2(const CrLookup *lookup, const double *values,
						 uint32_t n, uint32_t *positions, CrSums *sums);
#endif

#endif							/* CR_COUNT_H */
