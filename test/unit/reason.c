/*
 * reason.c
 *	  The ranking of reasons: by loss, ties by feature, groups as one, and no
 *	  reason where nothing was lost.
 */
#include "cr_reason.h"
#include "random.h"
#include "tap.h"

#define MAX_LOSSES	40

/* "feature:lost ..." of the reasons that n losses give. */
static void
check_rank(const char *what, const CrLoss *losses, uint32_t n,
		   const char *expected)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrLoss		copy[MAX_LOSSES];
	double		closest;
	char		found[256] = "";
	uint32_t	n_reasons;

	for (uint32_t i = 0; i < n; i++)
		copy[i] = losses[i];
	n_reasons = cr_reason_rank(copy, n, MAX_LOSSES, &closest, &alloc);
	for (uint32_t i = 0; i < n_reasons; i++)
		sprintf(found + strlen(found), "%s%u:%g", i == 0 ? "" : " ",
				copy[i].feature, copy[i].lost);
	ok(strcmp(found, expected) == 0 && meter.used == 0, "%s: %s", what, found);
}

#define CHECK(what, expected, ...) \
	do { \
		CrLoss		losses[] = {__VA_ARGS__}; \
		check_rank(what, losses, sizeof(losses) / sizeof(CrLoss), expected); \
	} while (0)

/* Whatever the order that the losses come in, the ranking is the same. */
static void
check_order(Random *random)
{
	int			different = 0;

	for (int round = 0; round < 200; round++)
	{
		Meter		meter = {0};
		CrAlloc		alloc = METERED(&meter);
		CrLoss		a[MAX_LOSSES];
		CrLoss		b[MAX_LOSSES];
		double		closest;
		uint32_t	n;

		for (uint32_t i = 0; i < MAX_LOSSES; i++)
			a[i] = b[i] = (CrLoss) {i, i % 25, random_below(random, 7) - 3.0};
		for (uint32_t i = MAX_LOSSES; i > 1; i--)
		{
			uint32_t	k = random_below(random, i);
			CrLoss		swap = b[i - 1];

			b[i - 1] = b[k];
			b[k] = swap;
		}
		n = cr_reason_rank(a, MAX_LOSSES, MAX_LOSSES, &closest, &alloc);
		different += n != cr_reason_rank(b, MAX_LOSSES, MAX_LOSSES, &closest, &alloc) ||
			memcmp(a, b, n * sizeof(CrLoss)) != 0;
	}
	ok(different == 0, "%d rankings depend on the order", different);
}

/* Whoever changes each loss by less than half of `closest`, ranks alike. */
static void
check_closest(Random *random)
{
	int			wrong = 0;
	int			close = 0;

	for (int round = 0; round < 2000; round++)
	{
		Meter		meter = {0};
		CrAlloc		alloc = METERED(&meter);
		CrLoss		a[6];
		CrLoss		b[6];
		double		closest;
		double		unused;
		uint32_t	max = 1 + random_below(random, 6);
		uint32_t	n;

		for (uint32_t i = 0; i < 6; i++)
			a[i] = (CrLoss) {i, i, random_float(random)};
		memcpy(b, a, sizeof(a));
		n = cr_reason_rank(a, 6, max, &closest, &alloc);
		for (uint32_t i = 0; i < 6; i++)
			b[i].lost += (one_in(random, 2) ? 0.49 : -0.49) * closest;
		wrong += n != cr_reason_rank(b, 6, max, &unused, &alloc);
		for (uint32_t i = 0; i < n; i++)
			wrong += a[i].feature != b[i].feature;
		close += closest < 0.01;
	}
	ok(wrong == 0 && close > 100 && close < 1900,
	   "%d rankings changed by less than what decided, %d close ones", wrong,
	   close);
}

static void
check_one_closest(const char *what, double expected, const CrLoss *losses,
				  uint32_t n)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrLoss		copy[MAX_LOSSES];
	double		closest;

	for (uint32_t i = 0; i < n; i++)
		copy[i] = losses[i];
	cr_reason_rank(copy, n, MAX_LOSSES, &closest, &alloc);
	ok(fabs(closest - expected) < 1e-12 || closest == expected, "%s: %g", what,
	   closest);
}

int
main(void)
{
	Random		random = {.state = 8};

	check_rank("nothing", NULL, 0, "");
	CHECK("one", "3:2", {3, 0, 2});
	CHECK("what helped is no reason", "1:1", {0, 0, -5}, {1, 1, 1}, {2, 2, 0});
	CHECK("nothing but help", "", {0, 0, -1}, {1, 1, 0});
	CHECK("worst first", "2:3 0:2 1:1", {0, 0, 2}, {1, 1, 1}, {2, 2, 3});
	CHECK("ties by feature", "4:1 7:1 9:1", {9, 0, 1}, {4, 1, 1}, {7, 2, 1});
	CHECK("ties on paper", "4:0.3 7:0.3", {7, 0, 0.1 + 0.2}, {4, 1, 0.3});
	CHECK("a group is one reason, of its worst feature", "5:5 0:4",
		  {0, 0, 4}, {1, 1, 2}, {5, 1, 3});
	CHECK("help counts in a group", "0:4 5:3", {0, 0, 4}, {1, 1, -2}, {5, 1, 5});
	CHECK("a group that helped is none", "0:4", {0, 0, 4}, {1, 1, -6}, {5, 1, 5});
	CHECK("a tie in a group", "2:2", {3, 1, 1}, {2, 1, 1});
	CHECK("noise beside the largest", "0:10", {0, 0, 10}, {1, 1, 9e-3});
	CHECK("noise beside the largest help", "", {0, 0, -10}, {1, 1, 9e-3});
	CHECK("a little is something", "0:10 1:0.011", {0, 0, 10}, {1, 1, 1.1e-2});
	CHECK("noise alone", "", {0, 0, 9e-7});
	check_order(&random);
	check_one_closest("closest of none", INFINITY, NULL, 0);
	check_one_closest("closest of two reasons", 0.25,
					  (CrLoss[]) {{0, 0, 4}, {1, 1, 3.75}, {2, 2, 1}}, 3);
	check_one_closest("closest in a group", 0.125,
					  (CrLoss[]) {{0, 0, 2}, {1, 0, 1.875}}, 2);
	check_one_closest("closest to none", 0.001,
					  (CrLoss[]) {{0, 0, 2}, {1, 1, 0.003}}, 2);
	check_closest(&random);
	return done_testing();
}
