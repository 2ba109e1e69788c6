/*
 * cr_drift_bytes.c
 *	  The state of a drift scan as bytes, and back.
 *
 * Parallel workers hand their states to the leader this way, on one server, so
 * numbers are as the machine has them.  Whoever can call SQL can also write
 * such bytes, so everything is checked before it is believed: the length
 * before anything is allocated, and that the counts add up.
 */
#include "cr_drift.h"

#include <math.h>
#include <string.h>

#define MAGIC		UINT32_C(0x31534443)	/* "CDS1" */

typedef struct StateHeader
{
	uint32_t	magic;
	uint32_t	n_features;
} StateHeader;

/*
 * Then follow n_keys + 1 cells: large ones where small ones could not have all
 * rows.
 */
typedef struct FeatureHeader
{
	uint32_t	n_keys;
	uint32_t	reserved;		/* 0 */
	uint64_t	n_missing;
	CrMoments	moments;
} FeatureHeader;

static bool
needs_large(uint64_t n_rows)
{
	return n_rows > UINT32_MAX;
}

static size_t
cells_size(uint32_t n_keys, uint64_t n_rows)
{
	return (needs_large(n_rows) ? sizeof(CrCell) : sizeof(CrFreshCell)) *
		((size_t) n_keys + 1);
}

size_t
cr_drift_size(const CrDriftState *state)
{
	size_t		size = sizeof(StateHeader);

	for (uint32_t f = 0; f < state->n_features; f++)
		size += sizeof(FeatureHeader) +
			cells_size(state->features[f].n_keys,
					   state->features[f].moments.n);
	return size;
}

static void
write_cells(const CrDriftCounts *counts, char *bytes)
{
	size_t		n_cells = (size_t) counts->n_keys + 1;

	if (needs_large(counts->moments.n))
		memcpy(bytes, counts->cells, sizeof(CrCell) * n_cells);
	else if (counts->blank)
		memcpy(bytes, counts->fresh, sizeof(CrFreshCell) * n_cells);
	else
		for (size_t i = 0; i < n_cells; i++)
		{
			CrFreshCell cell = {(uint32_t) counts->cells[i].between,
				(uint32_t) counts->cells[i].equal,
			counts->cells[i].sum};

			memcpy(bytes + sizeof(cell) * i, &cell, sizeof(cell));
		}
}

/*
 * Fills as many bytes as cr_drift_size() says.  Buffers must be flushed; states
 * with large cells are settled.
 */
void
cr_drift_write(CrDriftState *state, char *bytes)
{
	StateHeader header = {MAGIC, state->n_features};

	memcpy(bytes, &header, sizeof(header));
	bytes += sizeof(header);
	for (uint32_t f = 0; f < state->n_features; f++)
	{
		CrDriftCounts *counts = &state->features[f];
		FeatureHeader feature = {counts->n_keys, 0, counts->n_missing,
		counts->moments};

		if (!counts->blank || needs_large(counts->moments.n))
			cr_drift_settle(counts);
		memcpy(bytes, &feature, sizeof(feature));
		write_cells(counts, bytes + sizeof(feature));
		bytes += sizeof(feature) + cells_size(counts->n_keys,
											  counts->moments.n);
	}
}

static CrStatus
damaged(CrError *error, size_t offset, const char *what)
{
	return cr_fail(error, CR_DAMAGED, offset, "%s", what);
}

static CrCell
large_cell(const CrFreshCell *cell)
{
	return (CrCell) {cell->between, cell->equal, cell->sum};
}

/* The counts of a feature add up, and none of its sums is below 0. */
static bool
is_sound(const CrDriftCounts *counts)
{
	uint64_t	left = counts->moments.n;
	CrCell		cell = {0, 0, 0};

	if (counts->moments.n > CR_MAX_DRIFT_ROWS ||
		counts->n_missing > CR_MAX_DRIFT_ROWS || counts->moments.squares < 0)
		return false;
	for (uint32_t i = 0; i <= counts->n_keys; i++)
	{
		cell = counts->blank ? large_cell(&counts->fresh[i]) :
			counts->cells[i];
		if (cell.between > left || cell.equal > left - cell.between ||
			!(cell.sum >= 0))
			return false;
		left -= cell.between + cell.equal;
	}
	return left == 0 && cell.equal == 0;
}

static void
read_cells(CrDriftCounts *counts, const char *bytes)
{
	size_t		n_cells = (size_t) counts->n_keys + 1;

	if (counts->blank)
	{
		memcpy(counts->fresh, bytes, sizeof(CrFreshCell) * n_cells);
		counts->n_fresh = (uint32_t) counts->moments.n;
	}
	else if (needs_large(counts->moments.n))
		memcpy(counts->cells, bytes, sizeof(CrCell) * n_cells);
	else
		for (size_t i = 0; i < n_cells; i++)
		{
			CrFreshCell cell;

			memcpy(&cell, bytes + sizeof(cell) * i, sizeof(cell));
			counts->cells[i] = large_cell(&cell);
		}
}

static CrStatus
read_feature(CrDriftCounts *counts, CrView bytes, size_t *offset, bool settled,
			 const CrAlloc *alloc, CrError *error)
{
	FeatureHeader feature;
	size_t		left = bytes.length - *offset;
	size_t		size;

	if (left < sizeof(feature))
		return damaged(error, *offset, "The state ends in a header.");
	memcpy(&feature, bytes.data + *offset, sizeof(feature));
	left -= sizeof(feature);
	size = cells_size(feature.n_keys, feature.moments.n);
	if (feature.n_keys > CR_MAX_DRIFT_KEYS || feature.reserved != 0 ||
		size > left)
		return damaged(error, *offset, "A header does not fit the state.");
	if (settled || needs_large(feature.moments.n))
		cr_drift_init_feature(counts, feature.n_keys, alloc);
	else
		cr_drift_init_fresh(counts, feature.n_keys, alloc);
	counts->n_missing = feature.n_missing;
	counts->moments = feature.moments;
	read_cells(counts, bytes.data + *offset + sizeof(feature));
	if (!is_sound(counts))
		return damaged(error, *offset, "The counts of a feature do not add up.");
	*offset += sizeof(feature) + size;
	return CR_OK;
}

/*
 * Reads and checks a state.  Whatever it returns, the state is one that
 * cr_drift_release() takes.  Allocates no more than three times the bytes, and a
 * little for each feature.
 */
CrStatus
cr_drift_read(CrDriftState *state, CrView bytes, bool settled,
			  const CrAlloc *alloc, CrError *error)
{
	StateHeader header = {0};
	size_t		offset = sizeof(header);
	CrStatus	status = CR_OK;

	if (bytes.length >= sizeof(header))
		memcpy(&header, bytes.data, sizeof(header));
	cr_drift_init(state, header.magic == MAGIC &&
				  header.n_features <= CR_MAX_DRIFT_FEATURES ?
				  header.n_features : 0, alloc);
	if (header.magic != MAGIC || state->n_features != header.n_features)
		return damaged(error, 0, "The bytes are no state of a drift scan.");
	for (uint32_t f = 0; f < state->n_features && status == CR_OK; f++)
		status = read_feature(&state->features[f], bytes, &offset, settled,
							  alloc, error);
	if (status == CR_OK && offset != bytes.length)
		status = damaged(error, offset, "Bytes follow the state.");
	return status;
}
