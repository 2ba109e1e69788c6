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
	ok(cr_drift_merge(&parts[0], &parts[1], &error) == CR_OK &&
	   cr_drift_merge(&parts[0], &parts[2], &error) == CR_OK &&
	   same_counts(&parts[0], &all), "states of parts add up");
	cr_drift_release(&all, &alloc);
	for (int i = 0; i < 3; i++)
		cr_drift_release(&parts[i], &alloc);
	ok(meter.used == 0, "nothing leaked");
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
	bool		all = true;

	memcpy(copy, bytes, size);
	for (int settled = 0; settled < 2; settled++)
	{
		CrStatus	status = cr_drift_read(&state, (CrView) {copy, size},
										   settled != 0, &alloc, &error);

		all = all && status == CR_DAMAGED &&
			strstr(error.message, message) != NULL;
		cr_drift_release(&state, &alloc);
	}
	free(copy);
	return all;
}

/* Where the cells of the first feature begin, and its number of rows is. */
#define CELLS	48
#define ROWS	24

static uint64_t
get(const char *bytes, size_t width)
{
	uint32_t	narrow;
	uint64_t	value;

	if (width == sizeof(value))
		memcpy(&value, bytes, sizeof(value));
	else
	{
		memcpy(&narrow, bytes, sizeof(narrow));
		value = narrow;
	}
	return value;
}

static void
put(char *bytes, size_t width, uint64_t value)
{
	uint32_t	narrow = (uint32_t) value;

	if (width == sizeof(value))
		memcpy(bytes, &value, sizeof(value));
	else
		memcpy(bytes, &narrow, sizeof(narrow));
}

static bool
refused_with(const char *bytes, size_t size, size_t offset, size_t width,
			 uint64_t value, const char *message)
{
	char		copy[4096];

	memcpy(copy, bytes, size);
	put(copy + offset, width, value);
	return refused(copy, size, message);
}

/* The same with one row more of the first feature, counted there or nowhere. */
static bool
refused_with_row(const char *bytes, size_t size, size_t offset, size_t width)
{
	char		copy[4096];

	memcpy(copy, bytes, size);
	put(copy + ROWS, 8, get(copy + ROWS, 8) + 1);
	return refused_with(copy, size, offset, width,
						get(copy + offset, width) + (offset != ROWS), "add up");
}

/* The same with counts that only add up when they wrap around. */
static bool
refused_wrapped(const char *bytes, size_t size, size_t cell, size_t width)
{
	char		copy[4096];
	uint64_t	half = UINT64_C(1) << (8 * width - 1);

	memcpy(copy, bytes, size);
	put(copy + CELLS + cell, width, get(copy + CELLS + cell, width) + half);
	return refused_with(copy, size, CELLS, width,
						get(copy + CELLS, width) + half, "add up");
}

static const double few_keys[3 + CR_LOOKUP_PADDING] = {1, 2, 3, INFINITY,
INFINITY, INFINITY, INFINITY};
static const double few_values[20] = {0, 1, 2, 3, 4, 5};

/* With large cells, more rows than small ones could have. */
static void
test_bytes(bool large)
{
	size_t		width = large ? 8 : 4;
	size_t		cell = 2 * width + 8;
	CrDriftState state;
	CrDriftState copy;
	CrError		error;
	char		bytes[4096];
	size_t		size;
	bool		cut = true;

	scan(&state, few_keys, 3, few_values, 0, 20);
	if (large)
	{
		cr_drift_settle(&state.features[0]);
		state.features[0].cells[0].equal += UINT64_C(1) << 32;
		state.features[0].moments.n += UINT64_C(1) << 32;
	}
	size = cr_drift_size(&state);
	cr_drift_write(&state, bytes);
	cr_drift_settle(&state.features[0]);
	for (int settled = 0; settled < 2; settled++)
	{
		ok(cr_drift_read(&copy, (CrView) {bytes, size}, settled != 0, &alloc,
						 &error) == CR_OK &&
		   copy.features[0].blank == (!large && settled == 0) &&
		   same_counts(&copy, &state),
		   "what was written is read, large %d, settled %d", large, settled);
		cr_drift_release(&copy, &alloc);
	}
	ok(size == 8 + 2 * 40 + 4 * cell + 6 * 16, "in as many bytes as it needs");
	for (size_t i = 0; i < size; i++)
		cut = cut && refused(bytes, i, "");
	ok(cut, "no byte may be missing");
	ok(refused(bytes, size + 1, "follow"), "nor follow");
	ok(refused_with(bytes, size, 0, 8, 7, "no state"), "a wrong first word");
	ok(refused_with(bytes, size, 4, 4, 1 << 20, "no state"),
	   "too many features");
	ok(refused_with(bytes, size, 8, 4, 1 << 30, "header"), "too many keys");
	ok(refused_with(bytes, size, 12, 4, 1, "header"), "a reserved word in use");
	ok(refused_with(bytes, size, 16, 8, UINT64_MAX, "add up") &&
	   refused_with(bytes, size, ROWS, 8, UINT64_MAX, ""), "too many rows");
	ok(refused_with(bytes, size, CELLS, width, 1000, "add up") &&
	   refused_with(bytes, size, CELLS + width, width, UINT64_MAX, "add up"),
	   "more rows counted than there are");
	ok(refused_with_row(bytes, size, ROWS, 8), "or fewer");
	ok(!refused_with_row(bytes, size, CELLS + width, width) &&
	   refused_with_row(bytes, size, CELLS + 3 * cell + width, width),
	   "rows that are equal to no key");
	ok(refused_wrapped(bytes, size, cell, width), "counts that wrap around");
	ok(refused_with(bytes, size, 40, 8, UINT64_C(0xBFF0000000000000), "add up"),
	   "a negative sum of squares");
	ok(refused_with(bytes, size, CELLS + 2 * width, 8,
					UINT64_C(0xBFF0000000000000), "add up") &&
	   refused_with(bytes, size, CELLS + 2 * width, 8,
					UINT64_C(0x7FF8000000000000), "add up"),
	   "a sum that no gap has");
	cr_drift_release(&state, &alloc);
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
	ok(cr_drift_merge(&state, &other, &error) == CR_DAMAGED &&
	   strstr(error.message, "3 and 2 keys") != NULL,
	   "states with other keys do not add up");
	other.n_features = 1;
	ok(cr_drift_merge(&state, &other, &error) == CR_DAMAGED &&
	   strstr(error.message, "2 and 1 features") != NULL,
	   "nor with other features");
	other.n_features = 2;
	cr_drift_release(&other, &alloc);
	scan(&other, few_keys, 3, few_values, 0, 20);
	state.features[0].fresh[0].equal += UINT32_MAX - state.features[0].n_fresh;
	state.features[0].n_fresh = UINT32_MAX;
	ok(cr_drift_merge(&state, &other, &error) == CR_OK &&
	   !state.features[0].blank && state.features[0].cells[0].equal >
	   state.features[0].cells[1].equal + UINT32_MAX - 20 &&
	   state.features[0].cells[1].equal == 2,
	   "rows that are too many for small cells settle");
	other.features[0].moments.n = CR_MAX_DRIFT_ROWS;
	ok(cr_drift_merge(&state, &other, &error) == CR_LIMIT, "nor too many rows");
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
	test_bytes(false);
	test_bytes(true);
	test_strange();
	return done_testing();
}
