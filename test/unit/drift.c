/*
 * drift.c
 *	  Proves that values are found among keys however these lie, that a drift
 *	  state counts what a plain loop counts, that states of parts add up to the
 *	  state of all, and that bytes which are no state are refused.
 */
#include "random.h"
#include "tap.h"

#include "cr_cpu.h"
#include "cr_drift.h"

#define KEYS	1000
#define VALUES	20000

static Meter meter;
static CrAlloc alloc = METERED(&meter);

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Distributions that a bucket table may like or not. */
static double
draw(Random *random, int kind)
{
	double		x = (double) random_float(random) + random_float(random) +
		random_float(random);

	switch (kind)
	{
		case 0:
			return x;
		case 1:
			return exp(3 * x);
		case 2:
			return one_in(random, 2) ? x * 1e-9 : 1e9 + x;
		case 3:
			return rint(20 * x);
		case 4:
			return one_in(random, 50) ? (double) INFINITY :
				one_in(random, 50) ? -(double) INFINITY : x;
		case 5:
			return x * 5e-324 * 1e6;
		case 6:
			return x * 1e307;
		default:
			return 3;
	}
}

/* Different keys in order, with their padding; returns how many. */
static uint32_t
draw_keys(Random *random, int kind, uint32_t n, double *keys)
{
	uint32_t	different = 0;

	for (uint32_t i = 0; i < n; i++)
		keys[i] = draw(random, kind);
	qsort(keys, n, sizeof(double), compare_doubles);
	for (uint32_t i = 0; i < n; i++)
		if (different == 0 || keys[i] != keys[different - 1])
			keys[different++] = keys[i];
	for (uint32_t i = 0; i < CR_LOOKUP_PADDING; i++)
		keys[different + i] = (double) INFINITY;
	return different;
}

/* Not a number is as good as another. */
static bool
same_sums(const CrSums *a, const CrSums *b)
{
	bool		same = true;

	for (int k = 0; k < CR_COUNT_LANES; k++)
		same = same && (a->differences[k] == b->differences[k] ||
						(isnan(a->differences[k]) && isnan(b->differences[k]))) &&
			(a->squares[k] == b->squares[k] ||
			 (isnan(a->squares[k]) && isnan(b->squares[k])));
	return same;
}

/* The CPU's own kernel gives the same places and sums, to the last bit. */
static bool
vectors_agree(const CrLookup *lookup, const double *values, uint32_t n,
			  const uint32_t *places)
{
	uint32_t	found[CR_LOOKUP_BLOCK];
	CrSums		portable = {.centre = values[0]};
	CrSums		vectors = portable;

	cr_find_portable(lookup, values, n, found, &portable);
#ifdef CR_X86_COUNT
	if (lookup->even && CR_CPU_HAS(avx2, AVX2))
	{
		cr_find_avx2(lookup, values, n, found, &vectors);
		if (!same_sums(&portable, &vectors))
			return false;
	}
#endif
	return memcmp(found, places, sizeof(uint32_t) * n) == 0;
}

static void
check_lookup(int kind, uint32_t n)
{
	Random		random = {.state = 1 + (uint64_t) kind};
	double		keys[KEYS + CR_LOOKUP_PADDING];
	uint32_t	n_keys = draw_keys(&random, kind, n, keys);
	uint32_t	wrong = 0;
	CrLookup	lookup;

	cr_lookup_build(&lookup, keys, n_keys, &alloc);
	for (int block = 0; block < 20; block++)
	{
		double		values[CR_LOOKUP_BLOCK];
		uint32_t	found[CR_LOOKUP_BLOCK];
		uint32_t	m = 1 + random_below(&random, CR_LOOKUP_BLOCK);

		for (uint32_t i = 0; i < m; i++)
			values[i] = n_keys > 0 && one_in(&random, 3) ?
				keys[random_below(&random, n_keys)] :
				draw(&random, one_in(&random, 9) ? block % 8 : kind);
		cr_lookup_find(&lookup, values, m, found);
		wrong += !vectors_agree(&lookup, values, m, found);
		for (uint32_t i = 0; i < m; i++)
		{
			uint32_t	place = 0;

			while (place < n_keys && keys[place] < values[i])
				place++;
			wrong += found[i] != place;
		}
	}
	ok(wrong == 0, "kind %d, %u keys, even %d: %u wrong", kind, n_keys,
	   lookup.even, wrong);
	cr_lookup_release(&lookup, &alloc);
}

static void
test_lookup(void)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 4, 5, 17, 100, KEYS};

	for (int kind = 0; kind < 8; kind++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			check_lookup(kind, sizes[i]);
}

/* So many that 16 bits are too few for a place. */
static void
test_many_keys(void)
{
	Random		random = {.state = 9};
	uint32_t	n = UINT16_MAX + 5000;
	double	   *keys = malloc(sizeof(double) * (n + CR_LOOKUP_PADDING));
	uint32_t	wrong = 0;
	CrLookup	lookup;

	for (uint32_t i = 0; i < n + CR_LOOKUP_PADDING; i++)
		keys[i] = i < n ? i : (double) INFINITY;
	for (uint32_t n_keys = UINT16_MAX; n_keys <= n; n_keys += n - UINT16_MAX)
	{
		keys[n_keys] = (double) INFINITY;
		cr_lookup_build(&lookup, keys, n_keys, &alloc);
		for (int block = 0; block < 1000; block++)
		{
			double		values[CR_LOOKUP_BLOCK];
			uint32_t	found[CR_LOOKUP_BLOCK];

			for (uint32_t i = 0; i < CR_LOOKUP_BLOCK; i++)
				values[i] = random_below(&random, n_keys + 2) - 0.5;
			cr_lookup_find(&lookup, values, CR_LOOKUP_BLOCK, found);
			wrong += !vectors_agree(&lookup, values, CR_LOOKUP_BLOCK, found);
			for (uint32_t i = 0; i < CR_LOOKUP_BLOCK; i++)
				wrong += found[i] != (values[i] > n_keys - 0.5 ? n_keys :
									  (uint32_t) (values[i] + 0.5));
		}
		ok(lookup.even && (lookup.near != NULL) == (n_keys == UINT16_MAX),
		   "%u keys: places as wide as they need", n_keys);
		cr_lookup_release(&lookup, &alloc);
		keys[n_keys] = n_keys;
	}
	ok(wrong == 0, "%u wrong among many keys", wrong);
	free(keys);
}

/* A numeric and a categorical feature of some rows. */
static void
scan(CrDriftState *state, const double *keys, uint32_t n_keys,
	 const double *values, uint32_t from, uint32_t to)
{
	CrDriftBuffer buffer;
	double		rows[CR_DRIFT_BLOCK][2];
	uint32_t	n_rows = 0;

	cr_drift_init(state, 2, &alloc);
	cr_drift_init_fresh(&state->features[0], n_keys, &alloc);
	cr_drift_init_buffer(&buffer, keys, n_keys, &alloc);
	cr_drift_init_feature(&state->features[1], 5, &alloc);
	for (uint32_t i = from; i < to; i++)
	{
		rows[n_rows++][0] = i % 7 == 0 ? (double) NAN : values[i];
		if (n_rows > i % CR_DRIFT_BLOCK || i == to - 1)
		{
			cr_drift_add(&state->features[0], &buffer, &rows[0][0], 2, n_rows);
			n_rows = 0;
		}
		cr_drift_add_category(&state->features[1], i % 6);
	}
	cr_drift_flush(&state->features[0], &buffer);
	cr_drift_release_buffer(&buffer, &alloc);
}

/* How many of all values are equal to key k, or in the gap below it. */
static CrCell
count_by_hand(const double *keys, uint32_t n_keys, const double *values,
			  uint32_t k)
{
	CrCell		cell = {0, 0, 0};

	for (uint32_t i = 0; i < VALUES; i++)
	{
		if (i % 7 == 0)
			continue;
		if (k < n_keys && values[i] == keys[k])
			cell.equal++;
		else if ((k == n_keys || values[i] < keys[k]) &&
				 (k == 0 || values[i] > keys[k - 1]))
		{
			cell.between++;
			cell.sum += k < n_keys ? keys[k] - values[i] :
				values[i] - keys[n_keys - 1];
		}
	}
	return cell;
}

/* Adds a state to another, as bytes. */
static CrStatus
merge(CrDriftState *state, CrDriftState *other, CrError *error)
{
	size_t		size = cr_drift_size(other);
	char	   *bytes = malloc(size);
	CrStatus	status;

	cr_drift_write(other, bytes);
	status = cr_drift_merge(state, (CrView) {bytes, size}, error);
	free(bytes);
	return status;
}

static bool
same_counts(CrDriftState *a, CrDriftState *b)
{
	bool		same = true;

	for (uint32_t f = 0; f < 2; f++)
	{
		CrDriftCounts *x = &a->features[f];
		CrDriftCounts *y = &b->features[f];

		cr_drift_settle(x);
		cr_drift_settle(y);
		same = same && x->n_missing == y->n_missing &&
			x->moments.n == y->moments.n &&
			fabs(x->moments.mean - y->moments.mean) < 1e-12 &&
			fabs(x->moments.squares - y->moments.squares) <=
			1e-10 * y->moments.squares;
		for (uint32_t i = 0; i <= x->n_keys; i++)
			same = same && x->cells[i].equal == y->cells[i].equal &&
				x->cells[i].between == y->cells[i].between &&
				fabs(x->cells[i].sum - y->cells[i].sum) < 1e-9;
	}
	return same;
}

/* Of few keys a buffer is one block of values, of many it is several. */
static void
test_scan(uint32_t n)
{
	Random		random = {.state = 77};
	double		keys[KEYS + CR_LOOKUP_PADDING];
	double		values[VALUES];
	uint32_t	n_keys = draw_keys(&random, 0, n, keys);
	bool		right = true;
	CrDriftState all;
	CrDriftState parts[3];
	CrError		error;

	for (uint32_t i = 0; i < VALUES; i++)
		values[i] = one_in(&random, 4) ? keys[random_below(&random, n_keys)] :
			draw(&random, 0);
	scan(&all, keys, n_keys, values, 0, VALUES);
	cr_drift_settle(&all.features[0]);
	for (uint32_t k = 0; k <= n_keys; k++)
	{
		CrCell		cell = count_by_hand(keys, n_keys, values, k);

		right = right && cell.equal == all.features[0].cells[k].equal &&
			cell.between == all.features[0].cells[k].between &&
			fabs(cell.sum - all.features[0].cells[k].sum) < 1e-9;
	}
	ok(right, "a state of %u keys has what a plain loop counts", n_keys);
	ok(all.features[0].n_missing == (VALUES + 6) / 7 &&
	   all.features[1].moments.n == VALUES &&
	   all.features[1].cells[5].between == VALUES / 6 &&
	   all.features[1].cells[5].equal == 0 &&
	   all.features[1].cells[0].equal == (VALUES + 5) / 6,
	   "missing values, categories, and categories not seen before");
	scan(&parts[0], keys, n_keys, values, 0, 5000);
	scan(&parts[1], keys, n_keys, values, 5000, 5000);
	scan(&parts[2], keys, n_keys, values, 5000, VALUES);
	ok(merge(&parts[0], &parts[1], &error) == CR_OK &&
	   merge(&parts[0], &parts[2], &error) == CR_OK &&
	   same_counts(&parts[0], &all), "states of parts add up");
	cr_drift_release(&all, &alloc);
	for (int i = 0; i < 3; i++)
		cr_drift_release(&parts[i], &alloc);
	ok(meter.used == 0, "nothing leaked");
}

/* Whether what is read from a state's bytes has the same bytes. */
static bool
written_again(CrDriftState *state)
{
	size_t		size = cr_drift_size(state);
	char	   *bytes = malloc(size);
	char	   *again = malloc(size);
	CrDriftState copy;
	CrError		error;
	bool		same;

	cr_drift_write(state, bytes);
	same = cr_drift_read(&copy, (CrView) {bytes, size}, &alloc,
						 &error) == CR_OK && cr_drift_size(&copy) == size;
	if (same)
	{
		cr_drift_write(&copy, again);
		same = memcmp(bytes, again, size) == 0;
	}
	cr_drift_release(&copy, &alloc);
	free(bytes);
	free(again);
	return same;
}

/* Infinities beside finite keys, and beside a key that is one. */
static void
test_infinite(void)
{
	static const double finite[1 + CR_LOOKUP_PADDING] = {1, INFINITY, INFINITY,
		INFINITY, INFINITY};
	static const double values[] = {0, INFINITY, -INFINITY, 1, INFINITY};
	CrDriftState state;

	scan(&state, finite, 1, values, 0, 5);
	cr_drift_settle(&state.features[0]);
	ok(state.features[0].cells[0].between == 1 &&
	   state.features[0].cells[0].equal == 1 &&
	   state.features[0].cells[1].between == 2 &&
	   state.features[0].cells[1].equal == 0 &&
	   isinf(state.features[0].cells[1].sum) &&
	   !isfinite(state.features[0].moments.mean), "above and below all keys");
	ok(written_again(&state), "and are written again as they were");
	cr_drift_release(&state, &alloc);
	scan(&state, finite, 2, values, 0, 5);
	cr_drift_settle(&state.features[0]);
	ok(state.features[0].cells[1].equal == 2 &&
	   state.features[0].cells[2].between == 0, "equal to an infinite key");
	cr_drift_release(&state, &alloc);
}

/* Whether the bytes are refused; they end where their memory does. */
static bool
refused(const char *bytes, size_t size, const char *message)
{
	CrDriftState state;
	CrError		error = {.message = ""};
	char	   *copy = malloc(size + (size == 0));
	CrStatus	status;

	memcpy(copy, bytes, size);
	status = cr_drift_read(&state, (CrView) {copy, size}, &alloc, &error);
	cr_drift_release(&state, &alloc);
	free(copy);
	return status == CR_DAMAGED && strstr(error.message, message) != NULL;
}

static bool
refused_with(const char *bytes, size_t size, size_t offset, size_t width,
			 uint64_t value, const char *message)
{
	char		copy[4096];

	memcpy(copy, bytes, size);
	memcpy(copy + offset, &value, width);
	return refused(copy, size, message);
}

static const double few_keys[3 + CR_LOOKUP_PADDING] = {1, 2, 3, INFINITY,
INFINITY, INFINITY, INFINITY};
static const double few_values[20] = {0, 1, 2, 3, 4, 5};

static void
test_bytes(void)
{
	CrDriftState state;
	CrDriftState copy;
	CrError		error;
	char		bytes[4096];
	size_t		size;
	bool		cut = true;

	scan(&state, few_keys, 3, few_values, 0, 20);
	size = cr_drift_size(&state);
	cr_drift_write(&state, bytes);
	ok(cr_drift_read(&copy, (CrView) {bytes, size}, &alloc, &error) == CR_OK &&
	   copy.features[0].blank && same_counts(&copy, &state),
	   "what was written is read");
	cr_drift_release(&copy, &alloc);
	ok(size == 8 + 2 * 40 + 3 * (1 + 8 + 1) + 7 * (1 + 1),
	   "in as many bytes as it needs");
	for (size_t i = 0; i < size; i++)
		cut = cut && refused(bytes, i, "");
	ok(cut, "no byte may be missing");
	ok(refused(bytes, size + 1, "follow"), "nor follow");
	ok(refused_with(bytes, size, 0, 8, 7, "no state"), "a wrong first word");
	ok(refused_with(bytes, size, 4, 4, 1 << 20, "no state"),
	   "too many features");
	ok(refused_with(bytes, size, 8, 4, 1 << 30, "header") &&
	   refused_with(bytes, size, 8, 4, 64, "header"), "too many keys");
	ok(refused_with(bytes, size, 12, 4, 1, "header"), "a reserved word in use");
	ok(refused_with(bytes, size, 16, 8, UINT64_MAX, "cannot be") &&
	   refused_with(bytes, size, 24, 8, UINT64_MAX, "cannot be"),
	   "too many rows");
	ok(refused_with(bytes, size, 40, 8, UINT64_C(0xBFF0000000000000),
					"cannot be"), "a negative sum of squares");
	cr_drift_release(&state, &alloc);
	ok(meter.used == 0, "nothing leaked");
}

/* A state of one feature with these bytes for its cells. */
static size_t
compose(char *bytes, uint32_t n_keys, uint64_t n_rows, const char *cells,
		size_t size)
{
	static const CrDriftState none = {0};
	uint32_t	n_features = 1;
	struct
	{
		uint32_t	n_keys;
		uint32_t	reserved;
		uint64_t	n_missing;
		CrMoments	moments;
	}			header = {n_keys, 0, 0, {n_rows, 0, 0}};

	cr_drift_write(&none, bytes);
	memcpy(bytes + 4, &n_features, 4);
	memcpy(bytes + 8, &header, sizeof(header));
	memcpy(bytes + 8 + sizeof(header), cells, size);
	return 8 + sizeof(header) + size;
}

#define CELLS_REFUSED(n_rows, cells) \
	refused(composed, compose(composed, 1, n_rows, cells, sizeof(cells) - 1), \
			"add up")

#define ZERO		"\0\0\0\0\0\0\0\0"
#define MINUS_ZERO	"\0\0\0\0\0\0\0\x80"
#define MINUS_ONE	"\0\0\0\0\0\0\xF0\xBF"
#define NOT_ANY		"\0\0\0\0\0\0\xF8\x7F"
#define HUGE_COUNT	"\x80\x80\x80\x80\x80\x80\x80\x40"	/* 2^55 */

/* Counts of so many cells that their sum is 2^64, which 64 bits take for 0. */
static bool
refused_wrapped(const char *cell, size_t size)
{
	enum
	{
		N = 512
	};
	char	   *cells = malloc(N * size + 2);
	char	   *composed = malloc(N * size + 64);
	bool		result;

	for (int i = 0; i < N; i++)
		memcpy(cells + (size_t) i * size, cell, size);
	memset(cells + N * size, 0, 2);
	result = refused(composed, compose(composed, N, 0, cells, N * size + 2),
					 "add up");
	free(cells);
	free(composed);
	return result;
}

static void
test_cells(void)
{
	char		composed[4096];
	char		again[4096];
	CrDriftState state;
	CrError		error;
	/* 2 between and 2^32 + 1 equal; 300 between, and the string's own 0 */
	static const char cells[] = "\2" ZERO "\x81\x80\x80\x80\x10" "\xAC\2" ZERO;
	size_t		size = compose(composed, 1, (UINT64_C(1) << 32) + 303, cells,
							   sizeof(cells));

	ok(cr_drift_read(&state, (CrView) {composed, size}, &alloc,
					 &error) == CR_OK &&
	   !state.features[0].blank &&
	   state.features[0].cells[0].between == 2 &&
	   state.features[0].cells[0].equal == (UINT64_C(1) << 32) + 1 &&
	   state.features[0].cells[1].between == 300,
	   "more rows than small cells have, and counts of several bytes");
	ok(cr_drift_size(&state) == size &&
	   (cr_drift_write(&state, again), memcmp(again, composed, size) == 0),
	   "are written as they were");
	state.features[0].moments.mean = (double) INFINITY;
	ok(written_again(&state), "whatever the mean");
	cr_drift_release(&state, &alloc);
	ok(!CELLS_REFUSED(3, "\2" ZERO "\1" "\0\0"), "rows add up");
	ok(CELLS_REFUSED(2, "\2" ZERO "\1" "\0\0") &&
	   CELLS_REFUSED(1, "\2" ZERO "\1" "\0\0"),
	   "or there are more than counted");
	ok(CELLS_REFUSED(4, "\2" ZERO "\1" "\0\0"), "or fewer");
	ok(CELLS_REFUSED(3, "\2" ZERO "\0" "\0\1"),
	   "rows that are equal to no key");
	ok(refused_wrapped(HUGE_COUNT ZERO, sizeof(HUGE_COUNT ZERO)) &&
	   refused_wrapped("\0" HUGE_COUNT, sizeof(HUGE_COUNT)),
	   "counts that wrap around");
	ok(CELLS_REFUSED(3, "\x82\0" ZERO "\1" "\0\0") &&
	   CELLS_REFUSED(3, "\2" ZERO "\x81\0" "\0\0"),
	   "a count of more bytes than it needs");
	ok(CELLS_REFUSED(3, "\x82\x80\x80\x80\x80\x80\x80\x80\1" ZERO "\1\0\0") &&
	   CELLS_REFUSED(3, "\x82\x80\x80\x80\x80\x80\x80\x80\x80\2" ZERO "\1\0\0"),
	   "or than any needs");
	ok(CELLS_REFUSED(3, "\2" MINUS_ONE "\1" "\0\0") &&
	   CELLS_REFUSED(3, "\2" MINUS_ZERO "\1" "\0\0") &&
	   CELLS_REFUSED(3, "\2" NOT_ANY "\1" "\0\0"), "a sum that no gap has");
	ok(meter.used == 0, "nothing leaked");
}

static void
test_strange(void)
{
	CrDriftState state;
	CrDriftState other;
	CrError		error;

	scan(&state, few_keys, 3, few_values, 0, 20);
	scan(&other, few_keys, 2, few_values, 0, 20);
	ok(merge(&state, &other, &error) == CR_DAMAGED &&
	   strstr(error.message, "3 and 2 keys") != NULL,
	   "states with other keys do not add up");
	other.n_features = 1;
	ok(merge(&state, &other, &error) == CR_DAMAGED &&
	   strstr(error.message, "2 and 1 features") != NULL,
	   "nor with other features");
	other.n_features = 2;
	cr_drift_release(&other, &alloc);
	scan(&other, few_keys, 3, few_values, 0, 20);
	state.features[0].fresh[0].equal += UINT32_MAX - state.features[0].n_fresh;
	state.features[0].n_fresh = UINT32_MAX;
	ok(merge(&state, &other, &error) == CR_OK &&
	   !state.features[0].blank && state.features[0].cells[0].equal >
	   state.features[0].cells[1].equal + UINT32_MAX - 20 &&
	   state.features[0].cells[1].equal == 2,
	   "rows that are too many for small cells settle");
	state.features[0].moments.n = CR_MAX_DRIFT_ROWS;
	ok(merge(&state, &other, &error) == CR_LIMIT, "nor too many rows");
	state.features[0].moments.n = 0;
	state.features[0].n_missing = CR_MAX_DRIFT_ROWS;
	ok(merge(&state, &other, &error) == CR_LIMIT, "missing ones too");
	cr_drift_release(&other, &alloc);
	cr_drift_release(&state, &alloc);
	ok(meter.used == 0, "nothing leaked");
}

int
main(void)
{
	test_lookup();
	test_many_keys();
	test_scan(50);
	test_scan(KEYS);
	test_infinite();
	test_bytes();
	test_cells();
	test_strange();
	return done_testing();
}
