/*
 * cr_drift.h
 *	  The state of a drift scan: what the rows seen so far are, feature by
 *	  feature, against the distinct values of a reference.
 *
 * States of parts of a table add up.  Memory depends on the reference, not on
 * the number of rows.
 */
#ifndef CR_DRIFT_H
#define CR_DRIFT_H

#include "cr_count.h"
#include "cr_wasserstein.h"

#define CR_MAX_DRIFT_FEATURES	1600	/* columns of a PostgreSQL table */
#define CR_MAX_DRIFT_KEYS		10000000
#define CR_MAX_DRIFT_ROWS		(UINT64_C(1) << 53)
#define CR_DRIFT_BLOCK			128 /* rows at a time, at most */

/*
 * Rows of one feature.  A category counts as equal to the key that is its
 * number; one that the reference does not have is above all keys.
 *
 * Values are counted in small cells first, which settle in the large ones
 * before they could overflow.  As long as they have not, the large cells are
 * not even written: it takes 4,294,967,295 rows.
 */
typedef struct CrDriftCounts
{
	uint32_t	n_keys;
	uint64_t	n_missing;
	CrMoments	moments;		/* n: rows not missing; zeros for categories */
	CrCell	   *cells;			/* n_keys + 1 */
	bool		blank;			/* they stand for zeros, whatever they have */
	CrFreshCell *fresh;			/* n_keys + 1, NULL: none */
	uint32_t	n_fresh;		/* rows in them */
} CrDriftCounts;

typedef struct CrDriftState
{
	uint32_t	n_features;
	CrDriftCounts *features;
} CrDriftState;

/*
 * Values of a numeric feature on their way into its counts.  The caches hold
 * the keys and cells of one feature, not of all: the more values of a feature
 * come together, the fewer of them wait for memory.
 */
typedef struct CrDriftBuffer
{
	uint32_t	n_values;
	uint32_t	size;
	double	   *values;
	CrLookup	lookup;
} CrDriftBuffer;

extern void cr_drift_init(CrDriftState *state, uint32_t n_features,
						  const CrAlloc *alloc);
extern void cr_drift_init_feature(CrDriftCounts *counts, uint32_t n_keys,
								  const CrAlloc *alloc);
extern void cr_drift_init_fresh(CrDriftCounts *counts, uint32_t n_keys,
								const CrAlloc *alloc);
extern void cr_drift_init_buffer(CrDriftBuffer *buffer, const double *keys,
								 uint32_t n_keys, const CrAlloc *alloc);
extern void cr_drift_release_buffer(CrDriftBuffer *buffer,
									const CrAlloc *alloc);
extern void cr_drift_release(CrDriftState *state, const CrAlloc *alloc);
extern void cr_drift_add(CrDriftCounts *counts, CrDriftBuffer *buffer,
						 const double *values, size_t stride, uint32_t n);
extern void cr_drift_flush(CrDriftCounts *counts, CrDriftBuffer *buffer);
extern void cr_drift_settle(CrDriftCounts *counts);

/*
 * A state as bytes, for another process of the same server: of as many bytes
 * as cr_drift_size() says, which may settle it.  Such bytes are read as a new
 * state or added to one.
 */
extern size_t cr_drift_size(CrDriftState *state);
extern void cr_drift_write(const CrDriftState *state, char *bytes);
extern CrStatus cr_drift_read(CrDriftState *state, CrView bytes,
							  const CrAlloc *alloc, CrError *error);
extern CrStatus cr_drift_merge(CrDriftState *state, CrView bytes,
							   CrError *error);

/* The same, feature by feature. */
typedef struct CrDriftReader
{
	CrView		bytes;
	size_t		offset;			/* of the next feature */
	uint32_t	n_features;		/* that are left */
} CrDriftReader;

extern CrStatus cr_drift_open(CrDriftReader *reader, CrView bytes,
							  CrError *error);
extern CrStatus cr_drift_peek(const CrDriftReader *reader, uint32_t *n_keys,
							  CrError *error);
extern CrStatus cr_drift_next(CrDriftReader *reader, CrDriftCounts *counts,
							  CrError *error);

/* Takes a category by its key, n_keys for one that is not among them. */
static inline void
cr_drift_add_category(CrDriftCounts *counts, uint32_t key)
{
	counts->moments.n++;
	if (key < counts->n_keys)
		counts->cells[key].equal++;
	else
		counts->cells[counts->n_keys].between++;
}

#endif							/* CR_DRIFT_H */
