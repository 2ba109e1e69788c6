/*
 * sort.c
 *	  Proves that cr_sort() sorts every kind of input, touches nothing else,
 *	  and takes n log n comparisons even when the input is made to be slow.
 */
#include "random.h"
#include "tap.h"

#include "cr_sort.h"

static uint64_t n_compared;

/* The context holds the keys; items are indexes of them. */
static int
compare_keys(const void *context, uint32_t a, uint32_t b)
{
	const uint32_t *keys = context;

	n_compared++;
	return (keys[a] > keys[b]) - (keys[a] < keys[b]);
}

/* Whether the n items are sorted, each still there, and the guards untouched. */
static bool
sorts(const uint32_t *keys, uint32_t n)
{
	uint32_t   *items = malloc((n + 2) * sizeof(*items));
	bool	   *seen = calloc(n + 1, sizeof(*seen));
	bool		passed;

	items[0] = items[n + 1] = 0xDEADBEEF;
	for (uint32_t i = 0; i < n; i++)
		items[i + 1] = i;
	cr_sort(items + 1, n, compare_keys, keys);
	passed = items[0] == 0xDEADBEEF && items[n + 1] == 0xDEADBEEF;
	for (uint32_t i = 1; i <= n && passed; i++)
	{
		passed = items[i] < n && !seen[items[i]] &&
			(i == 1 || keys[items[i - 1]] <= keys[items[i]]);
		seen[items[i]] = true;
	}
	free(seen);
	free(items);
	return passed;
}

typedef uint32_t (*Pattern) (Random *random, uint32_t i, uint32_t n);

static uint32_t
ascending(Random *random, uint32_t i, uint32_t n)
{
	(void) random;
	(void) n;
	return i;
}

static uint32_t
descending(Random *random, uint32_t i, uint32_t n)
{
	(void) random;
	return n - i;
}

static uint32_t
equal(Random *random, uint32_t i, uint32_t n)
{
	(void) random;
	(void) i;
	(void) n;
	return 5;
}

static uint32_t
organ_pipe(Random *random, uint32_t i, uint32_t n)
{
	(void) random;
	return i < n / 2 ? i : n - i;
}

static uint32_t
few_values(Random *random, uint32_t i, uint32_t n)
{
	(void) i;
	(void) n;
	return random_below(random, 4);
}

static uint32_t
any(Random *random, uint32_t i, uint32_t n)
{
	(void) i;
	(void) n;
	return (uint32_t) random_bits(random);
}

static void
test_pattern(const char *name, Pattern pattern)
{
	Random		random = {.state = 11};
	uint32_t	keys[3000];
	uint32_t	worst = 0;
	bool		passed = true;

	for (uint32_t n = 0; n <= 3000 && passed; n += n < 70 ? 1 : 977)
	{
		uint32_t	log = 1;

		while (n >> log != 0)
			log++;
		for (uint32_t i = 0; i < n; i++)
			keys[i] = pattern(&random, i, n);
		n_compared = 0;
		passed = sorts(keys, n) && n_compared <= UINT64_C(3) * n * log;
		worst = n;
	}
	ok(passed, "%s, up to %u items", name, worst);
}

int
main(void)
{
	test_pattern("ascending", ascending);
	test_pattern("descending", descending);
	test_pattern("all equal", equal);
	test_pattern("organ pipe", organ_pipe);
	test_pattern("few values", few_values);
	test_pattern("random", any);
	return done_testing();
}
