/*
 * cr_lookup.h
 *	  Where values stand among sorted keys: many values at a time.
 *
 * One binary search waits for memory a dozen times; a block of values that
 * are looked up together keeps as many loads in flight as the CPU can.  What
 * a block fetches must fit into the first cache.
 */
#ifndef CR_LOOKUP_H
#define CR_LOOKUP_H

#include "cr_base.h"

#define CR_LOOKUP_BLOCK		128	/* values at a time, at most */
#define CR_LOOKUP_PADDING	4	/* readable infinities after the last key */

typedef struct CrLookup
{
	const double *keys;			/* ascending, different, padded */
	uint32_t	n_keys;
	bool		even;			/* no bucket has too many keys */
	uint16_t   *near;			/* per bucket: its first key, or NULL */
	uint32_t   *far;			/* the same, where 16 bits are too few */
	int64_t		last_bucket;
	int64_t		zero;			/* bucket of the centre */
	uint32_t	shift;
	double		centre;
	double		offset;
	int64_t		offset_bits;
} CrLookup;

extern void cr_lookup_build(CrLookup *lookup, const double *keys,
							uint32_t n_keys, const CrAlloc *alloc);
extern void cr_lookup_find(const CrLookup *lookup, const double *values,
						   uint32_t n, uint32_t *positions);
extern void cr_lookup_release(CrLookup *lookup, const CrAlloc *alloc);

static inline uint32_t
cr_lookup_start(const CrLookup *lookup, int64_t bucket)
{
	return lookup->near != NULL ? lookup->near[bucket] : lookup->far[bucket];
}

#endif							/* CR_LOOKUP_H */
