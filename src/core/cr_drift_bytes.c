/*
 * cr_drift_bytes.c
 *	  The state of a drift scan as bytes, and back.
 *
 * Parallel workers hand their states to the leader this way, on one server, so
 * floating-point numbers are as the machine has them.  Counts, which are small
 * ones mostly, take as many bytes as they need: these bytes are copied half a
 * dozen times.  Whoever can call SQL can also write some, so everything is
 * checked before it is believed: the length before anything is allocated, and
 * that the counts add up.
 */
#include "cr_drift.h"

#include <math.h>
#include <string.h>

#define MAGIC		UINT32_C(0x32534443)	/* "CDS2" */

typedef struct StateHeader
{
	uint32_t	magic;
	uint32_t	n_features;
} StateHeader;

/*
 * Then follow n_keys + 1 cells: the count of rows between; their sum, where
 * there are any; the count of rows equal.  A count has seven bits a byte, the
 * lowest first, and in each byte but the last the eighth bit.
 */
typedef struct FeatureHeader
{
	uint32_t	n_keys;
	uint32_t	reserved;		/* 0 */
	uint64_t	n_missing;
	CrMoments	moments;
} FeatureHeader;

#define COUNT_BITS	7			/* in a byte */
#define MORE		(UINT64_C(1) << COUNT_BITS)	/* bytes follow */
#define MAX_COUNT	8			/* bytes, of CR_MAX_DRIFT_ROWS */
#define MIN_CELL	2			/* bytes */

/* -------- writing -------- */

static CrCell
large_cell(const CrFreshCell *cell)
{
	return (CrCell) {cell->between, cell->equal, cell->sum};
}

static CrCell
cell_of(const CrDriftCounts *counts, uint32_t i)
{
	return counts->blank ? large_cell(&counts->fresh[i]) : counts->cells[i];
}

/* Rows are in cells of one kind. */
static void
gather_rows(CrDriftCounts *counts)
{
	if (!counts->blank)
		cr_drift_settle(counts);
}

static size_t
count_size(uint64_t count)
{
	size_t		size = 1;

	while ((count >>= COUNT_BITS) != 0)
		size++;
	return size;
}

/* Buffers must be flushed. */
size_t
cr_drift_size(CrDriftState *state)
{
	size_t		size = sizeof(StateHeader);

	for (uint32_t f = 0; f < state->n_features; f++)
	{
		CrDriftCounts *counts = &state->features[f];

		gather_rows(counts);
		size += sizeof(FeatureHeader);
		for (uint32_t i = 0; i <= counts->n_keys; i++)
		{
			CrCell		cell = cell_of(counts, i);

			size += count_size(cell.between) + count_size(cell.equal) +
				(cell.between > 0 ? sizeof(cell.sum) : 0);
		}
	}
	return size;
}

static char *
put(char *bytes, const void *value, size_t size)
{
	memcpy(bytes, value, size);
	return bytes + size;
}

static char *
put_count(char *bytes, uint64_t count)
{
	for (; count >= MORE; count >>= COUNT_BITS)
		*bytes++ = (char) (count | MORE);
	*bytes++ = (char) count;
	return bytes;
}

static char *
put_cell(char *bytes, const CrCell *cell)
{
	bytes = put_count(bytes, cell->between);
	if (cell->between > 0)
		bytes = put(bytes, &cell->sum, sizeof(cell->sum));
	return put_count(bytes, cell->equal);
}

/* Fills as many bytes as cr_drift_size() has said. */
void
cr_drift_write(const CrDriftState *state, char *bytes)
{
	StateHeader header = {MAGIC, state->n_features};

	bytes = put(bytes, &header, sizeof(header));
	for (uint32_t f = 0; f < state->n_features; f++)
	{
		const CrDriftCounts *counts = &state->features[f];
		FeatureHeader feature = {counts->n_keys, 0, counts->n_missing,
		counts->moments};

		bytes = put(bytes, &feature, sizeof(feature));
		for (uint32_t i = 0; i <= counts->n_keys; i++)
		{
			CrCell		cell = cell_of(counts, i);

			bytes = put_cell(bytes, &cell);
		}
	}
}

/* -------- reading -------- */

static CrStatus
damaged(CrError *error, size_t offset, const char *what)
{
	return cr_fail(error, CR_DAMAGED, offset, "%s", what);
}

static CrStatus
check_end(const CrDriftReader *reader, CrError *error)
{
	return reader->n_features > 0 || reader->offset == reader->bytes.length ?
		CR_OK : damaged(error, reader->offset, "Bytes follow the state.");
}

CrStatus
cr_drift_open(CrDriftReader *reader, CrView bytes, CrError *error)
{
	StateHeader header = {0, 0};

	*reader = (CrDriftReader) {bytes, sizeof(header), 0};
	if (bytes.length >= sizeof(header))
		memcpy(&header, bytes.data, sizeof(header));
	if (header.magic != MAGIC || header.n_features > CR_MAX_DRIFT_FEATURES)
		return damaged(error, 0, "The bytes are no state of a drift scan.");
	reader->n_features = header.n_features;
	return check_end(reader, error);
}

static CrStatus
read_header(const CrDriftReader *reader, FeatureHeader *header, CrError *error)
{
	size_t		left = reader->bytes.length - reader->offset;

	if (left < sizeof(*header))
		return damaged(error, reader->offset, "The state ends in a header.");
	memcpy(header, reader->bytes.data + reader->offset, sizeof(*header));
	left -= sizeof(*header);
	if (header->n_keys > CR_MAX_DRIFT_KEYS || header->reserved != 0 ||
		left / MIN_CELL < (size_t) header->n_keys + 1)
		return damaged(error, reader->offset,
					   "A header does not fit the state.");
	if (header->moments.n > CR_MAX_DRIFT_ROWS ||
		header->n_missing > CR_MAX_DRIFT_ROWS || header->moments.squares < 0)
		return damaged(error, reader->offset,
					   "The numbers of a feature cannot be.");
	return CR_OK;
}

/* How many keys the next feature has; there must be one. */
CrStatus
cr_drift_peek(const CrDriftReader *reader, uint32_t *n_keys, CrError *error)
{
	FeatureHeader header;
	CrStatus	status = read_header(reader, &header, error);

	if (status == CR_OK)
		*n_keys = header.n_keys;
	return status;
}

/*
 * Where the count ends: NULL if it has more bytes than there are, or than it
 * needs.
 */
static const char *
get_long_count(const char *bytes, const char *end, uint64_t *count)
{
	*count = 0;
	for (uint32_t shift = 0; bytes < end && shift < COUNT_BITS * MAX_COUNT;
		 shift += COUNT_BITS)
	{
		uint64_t	byte = (unsigned char) *bytes++;

		*count |= (byte & (MORE - 1)) << shift;
		if (byte < MORE)
			return byte > 0 || shift == 0 ? bytes : NULL;
	}
	return NULL;
}

static inline const char *
get_count(const char *bytes, const char *end, uint64_t *count)
{
	if (bytes == end || (unsigned char) *bytes >= MORE)
		return get_long_count(bytes, end, count);
	*count = (unsigned char) *bytes;
	return bytes + 1;
}

/* No gap has a sum below 0, and minus 0 would not be written again. */
static inline const char *
get_cell(const char *bytes, const char *end, CrCell *cell)
{
	bytes = get_count(bytes, end, &cell->between);
	cell->sum = 0;
	if (bytes != NULL && cell->between > 0)
	{
		if ((size_t) (end - bytes) < sizeof(cell->sum))
			return NULL;
		memcpy(&cell->sum, bytes, sizeof(cell->sum));
		if (!(cell->sum >= 0) || signbit(cell->sum))
			return NULL;
		bytes += sizeof(cell->sum);
	}
	return bytes == NULL ? NULL : get_count(bytes, end, &cell->equal);
}

static void
add_fresh(CrFreshCell *to, const CrCell *cell)
{
	to->between += (uint32_t) cell->between;
	to->equal += (uint32_t) cell->equal;
	to->sum += cell->sum;
}

static void
add_settled(CrCell *to, const CrCell *cell)
{
	to->between += cell->between;
	to->equal += cell->equal;
	to->sum += cell->sum;
}

/* Adds cells that have n rows together, and returns their end, or NULL. */
static const char *
add_cells(CrDriftCounts *counts, const char *bytes, const char *end, uint64_t n)
{
	CrCell		cell = {0, 0, 0};

	for (uint32_t i = 0; i <= counts->n_keys; i++)
	{
		bytes = get_cell(bytes, end, &cell);
		if (bytes == NULL || cell.between > n ||
			cell.equal > n - cell.between)
			return NULL;
		n -= cell.between + cell.equal;
		if (counts->blank)
			add_fresh(&counts->fresh[i], &cell);
		else
			add_settled(&counts->cells[i], &cell);
	}
	return n == 0 && cell.equal == 0 ? bytes : NULL;
}

/*
 * Adds the next feature, of which there must be one, to counts with as many
 * keys.  After a failure these are good for nothing but their release.
 */
CrStatus
cr_drift_next(CrDriftReader *reader, CrDriftCounts *counts, CrError *error)
{
	FeatureHeader header;
	CrStatus	status = read_header(reader, &header, error);
	const char *bytes;

	if (status != CR_OK)
		return status;
	if (header.moments.n > CR_MAX_DRIFT_ROWS - counts->moments.n ||
		header.n_missing > CR_MAX_DRIFT_ROWS - counts->n_missing)
		return cr_fail(error, CR_LIMIT, CR_NO_OFFSET,
					   "A state has more than %u rows.", CR_MAX_DRIFT_ROWS);
	if (header.moments.n > UINT32_MAX - counts->n_fresh)
		cr_drift_settle(counts);
	bytes = add_cells(counts, reader->bytes.data + reader->offset +
					  sizeof(header), reader->bytes.data +
					  reader->bytes.length, header.moments.n);
	if (bytes == NULL)
		return damaged(error, reader->offset,
					   "The counts of a feature do not add up.");
	if (counts->blank)
		counts->n_fresh += (uint32_t) header.moments.n;
	counts->n_missing += header.n_missing;
	cr_moments_merge(&counts->moments, &header.moments);
	reader->offset = (size_t) (bytes - reader->bytes.data);
	reader->n_features--;
	return check_end(reader, error);
}

/* -------- whole states -------- */

/*
 * A new state.  Whatever is returned, it is one that can be released.
 */
CrStatus
cr_drift_read(CrDriftState *state, CrView bytes, const CrAlloc *alloc,
			  CrError *error)
{
	CrDriftReader reader;
	CrStatus	status = cr_drift_open(&reader, bytes, error);

	cr_drift_init(state, reader.n_features, alloc);
	for (uint32_t f = 0; f < state->n_features && status == CR_OK; f++)
	{
		uint32_t	n_keys;

		status = cr_drift_peek(&reader, &n_keys, error);
		if (status != CR_OK)
			break;
		cr_drift_init_fresh(&state->features[f], n_keys, alloc);
		status = cr_drift_next(&reader, &state->features[f], error);
	}
	return status;
}

static CrStatus
add_feature(CrDriftState *state, uint32_t f, CrDriftReader *reader,
			CrError *error)
{
	CrDriftCounts *counts = &state->features[f];
	uint32_t	n_keys;
	CrStatus	status = cr_drift_peek(reader, &n_keys, error);

	if (status != CR_OK)
		return status;
	if (counts->n_keys != n_keys)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "States with %u and %u keys of feature %u do not add up.",
					   (uint64_t) counts->n_keys, (uint64_t) n_keys,
					   (uint64_t) f + 1);
	return cr_drift_next(reader, counts, error);
}

/*
 * Adds a state against the same reference.  After a failure the first is good
 * for nothing but its release.
 */
CrStatus
cr_drift_merge(CrDriftState *state, CrView bytes, CrError *error)
{
	CrDriftReader reader;
	CrStatus	status = cr_drift_open(&reader, bytes, error);

	if (status == CR_OK && state->n_features != reader.n_features)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "States of %u and %u features do not add up.",
					   (uint64_t) state->n_features,
					   (uint64_t) reader.n_features);
	for (uint32_t f = 0; f < state->n_features && status == CR_OK; f++)
		status = add_feature(state, f, &reader, error);
	return status;
}
