/*
 * stats.c
 *	  Proves what recorded figures do not show of the drift statistics: empty
 *	  samples, limits, symmetry, that merged moments are those of all rows,
 *	  that Wasserstein's bounds hold for any sample, and that long p-values
 *	  poll and give their memory back.
 */
#include "random.h"
#include "tap.h"

#include "cr_bins.h"
#include "cr_divergence.h"
#include "cr_gamma.h"
#include "cr_kolmogorov.h"
#include "cr_ks.h"
#include "cr_means.h"
#include "cr_power.h"
#include "cr_student.h"
#include "cr_wasserstein.h"

#define ROWS	24

static Meter meter;
static int	polls;

static void
count_poll(void *context)
{
	(void) context;
	polls++;
}

static CrAlloc alloc = {metered_alloc, metered_release, count_poll, &meter};

static void
test_empty(void)
{
	static const uint64_t none[3] = {0, 0, 0};
	static const uint64_t some[3] = {1, 2, 3};
	static const CrMoments no_rows = {0};
	CrHomogeneity test = cr_homogeneity(none, some, 3);
	uint32_t	last[CR_QUANTILE_BINS];

	ok(isnan(cr_ks_p_value(0.5, 0, 9, &alloc)) &&
	   isnan(cr_ks_p_value(0.5, 9, 0, &alloc)) &&
	   isnan(cr_ks_p_value(NAN, 9, 9, &alloc)), "no KS test without rows");
	ok(isnan(cr_psi(none, some, 3)) && isnan(cr_psi(some, none, 3)),
	   "no PSI without rows");
	ok(isnan(cr_js_distance(none, some, 3)) &&
	   isnan(cr_js_distance(some, none, 3)), "no distance without rows");
	ok(isnan(test.statistic) && isnan(test.p_value) && isnan(test.cramer_v),
	   "no chi-square without rows");
	ok(isnan(cr_means(&no_rows, &no_rows).difference), "no means without rows");
	ok(isnan(cr_detectable_shift(0, 9, &alloc)) &&
	   isnan(cr_detectable_shift(9, 0, &alloc)), "no power without rows");
	ok(cr_bins_freeze(none, 3, last) == 0 && cr_bins_freeze(none, 0, last) == 0,
	   "no bins without rows");
}

static void
test_tail_limits(void)
{
	ok(cr_chi2_tail(0, 3) == 1 && cr_chi2_tail(-1, 3) == 1 &&
	   cr_chi2_tail(INFINITY, 3) == 0, "chi-square: ends");
	ok(isnan(cr_chi2_tail(NAN, 3)) && isnan(cr_chi2_tail(1, 0)) &&
	   isnan(cr_chi2_tail(1, NAN)), "chi-square: not a number");
	ok(cr_student_tails(0, 3) == 1 && cr_student_tails(INFINITY, 3) == 0 &&
	   isnan(cr_student_tails(NAN, 3)) && isnan(cr_student_tails(1, 0)),
	   "Student: ends, not a number");
	ok(cr_kolmogorov_tail(100, 0, &alloc) == 1 &&
	   cr_kolmogorov_tail(100, 1, &alloc) == 0 &&
	   cr_kolmogorov_tail(1e9, 0.5, &alloc) == 0, "Kolmogorov: ends");
	ok(isnan(cr_kolmogorov_tail(NAN, 0.5, &alloc)) &&
	   isnan(cr_kolmogorov_tail(10, NAN, &alloc)) &&
	   isnan(cr_kolmogorov_tail(0, 0.5, &alloc)), "Kolmogorov: not a number");
	ok(cr_ks_p_value(0, 5, 7, &alloc) == 1 &&
	   cr_ks_p_value(0, 50000, 70000, &alloc) == 1 &&
	   cr_ks_p_value(1e-9, UINT64_MAX, UINT64_MAX, &alloc) <= 1, "KS: ends");
}

/* A tail may only fall, where the method changes too. */
static void
check_monotonic(double n, double top)
{
	double		before = 1;
	bool		falls = true;

	for (double nd2 = 0.01; nd2 < top; nd2 *= 1.003)
	{
		double		tail = cr_kolmogorov_tail(n, sqrt(nd2 / n), &alloc);

		falls = falls && tail >= 0 && tail <= before * (1 + 1e-13);
		before = tail;
	}
	ok(falls && before < 0.2, "Kolmogorov at n = %.0f falls to %.2g", n, before);
}

static void
test_monotonic(void)
{
	static const double sizes[] = {1, 2, 3, 10, 139, 140, 141, 1000, 99999,
	100001, 1e6, 1e9, 4e18};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_monotonic(sizes[i], fmin(sizes[i] * 0.9, 200));
}

/* How many of the paths from (x, y) on touch the border, and how many are. */
static uint32_t
count_paths(int x, int y, int n_1, int n_2, int border, bool touched,
			uint32_t *total)
{
	uint32_t	found = 0;

	touched = touched || abs(x * n_2 - y * n_1) >= border;
	if (x == n_1 && y == n_2)
	{
		++*total;
		return touched;
	}
	if (x < n_1)
		found += count_paths(x + 1, y, n_1, n_2, border, touched, total);
	if (y < n_2)
		found += count_paths(x, y + 1, n_1, n_2, border, touched, total);
	return found;
}

static void
test_lattice(void)
{
	double		worst = 0;

	for (int n_1 = 1; n_1 <= 7; n_1++)
		for (int n_2 = 1; n_2 <= 7; n_2++)
		{
			int			divisor = n_2;

			while (n_1 % divisor != 0 || n_2 % divisor != 0)
				divisor--;
			for (int border = divisor; border <= n_1 * n_2; border += divisor)
			{
				uint32_t	total = 0;
				double		found = count_paths(0, 0, n_1, n_2, border, false,
												&total);
				double		tail = cr_lattice_tail((uint32_t) n_1, (uint32_t) n_2,
												   (double) border /
												   (n_1 * n_2), &alloc);

				worst = fmax(worst, fabs(found / total - tail));
			}
		}
	ok(worst < 1e-14, "the lattice counts every path: %g", worst);
}

/* Long p-values can be interrupted, and leave nothing behind. */
static void
test_polls(void)
{
	polls = 0;
	cr_ks_p_value(0.05, 10000, 9999, &alloc);
	ok(polls >= 19999 && meter.used == 0 && meter.peak < 200000,
	   "the lattice polls %d times and takes %zu bytes", polls, meter.peak);
	polls = 0;
	meter.peak = 0;
	cr_kolmogorov_tail(140, sqrt(4.0 / 140), &alloc);
	ok(polls > 100 && meter.used == 0 && meter.peak < 50000,
	   "Durbin's matrix polls %d times and takes %zu bytes", polls, meter.peak);
	meter.peak = 0;
	cr_kolmogorov_tail(55000, sqrt(0.0401 / 55000), &alloc);
	ok(meter.used == 0 && meter.peak > 100000 && meter.peak < 200000,
	   "and %zu bytes where it is largest", meter.peak);
}

static void
test_symmetry(void)
{
	Random		random = {.state = 5};
	double		worst = 0;
	bool		limits = true;

	for (int i = 0; i < 2000; i++)
	{
		uint64_t	a[12];
		uint64_t	b[12];
		uint32_t	n = 1 + random_below(&random, 12);
		double		js;

		for (uint32_t k = 0; k < n; k++)
		{
			a[k] = random_below(&random, 5) * random_below(&random, 1000);
			b[k] = random_below(&random, 5) * random_below(&random, 1000);
		}
		a[0] = b[0] = 1;
		js = cr_js_distance(a, b, n);
		worst = fmax(worst, fabs(js - cr_js_distance(b, a, n)));
		worst = fmax(worst, fabs(cr_psi(a, b, n) - cr_psi(b, a, n)));
		worst = fmax(worst, cr_js_distance(a, a, n) + cr_psi(a, a, n));
		limits = limits && js >= 0 && js <= sqrt(log(2)) &&
			cr_psi(a, b, n) >= 0 && cr_homogeneity(a, b, n).cramer_v <= 1;
	}
	ok(worst < 1e-12, "distances are symmetric, and 0 of the same: %g", worst);
	ok(limits, "and stay within their limits");
}

static void
test_merge(void)
{
	Random		random = {.state = 9};
	CrMoments	all = {0};
	CrMoments	parts[3] = {{0}};
	CrMoments	merged = {0};

	for (int i = 0; i < 10000; i++)
	{
		double		x = 1e6 + random_float(&random);

		cr_moments_add(&all, x);
		cr_moments_add(&parts[i % 2 + (i > 9000)], x);
	}
	for (int i = 0; i < 3; i++)
		cr_moments_merge(&merged, &parts[i]);
	cr_moments_merge(&merged, &(CrMoments) {0});
	ok(merged.n == all.n && fabs(merged.mean - all.mean) < 1e-8 &&
	   fabs(merged.squares / all.squares - 1) < 1e-9,
	   "moments of parts are those of all");
}

static void
test_effect(void)
{
	CrMoments	reference = {3, 2, 2};	/* 1, 2, 3 */
	CrMoments	current = {3, 4, 2};	/* 3, 4, 5 */
	CrMeans		means = cr_means(&reference, &current);

	ok(means.difference == 2 && means.effect == 2,
	   "two standard deviations apart");
	current = (CrMoments) {1, 4, 0};
	means = cr_means(&reference, &current);
	ok(means.difference == 2 && isnan(means.p_value) && isnan(means.effect),
	   "one row has a mean and no test");
	reference = current = (CrMoments) {5, 4, 0};
	means = cr_means(&reference, &current);
	ok(means.difference == 0 && isnan(means.p_value),
	   "nor have rows that are all alike");
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static double
share_below(const double *rows, double x)
{
	int			n = 0;

	for (int i = 0; i < ROWS; i++)
		n += rows[i] <= x;
	return (double) n / ROWS;
}

/* The area between the distribution functions, step by step. */
static double
area_between(const double *reference, const double *current)
{
	double		pooled[2 * ROWS];
	double		area = 0;

	memcpy(pooled, reference, sizeof(double) * ROWS);
	memcpy(pooled + ROWS, current, sizeof(double) * ROWS);
	qsort(pooled, 2 * ROWS, sizeof(double), compare_doubles);
	for (int i = 0; i + 1 < 2 * ROWS; i++)
		area += (pooled[i + 1] - pooled[i]) *
			fabs(share_below(reference, pooled[i]) -
				 share_below(current, pooled[i]));
	return area;
}

/* All reference rows differ, and no current row is equal to one. */
static CrBounds
bounds_of(const double *reference, const double *current)
{
	uint64_t	ones[ROWS];
	CrCell		cells[ROWS + 1] = {{0}};
	CrGaps		gaps = {reference, ones, cells, ROWS};

	for (int i = 0; i < ROWS; i++)
	{
		int			k = 0;

		ones[i] = 1;
		while (k < ROWS && reference[k] < current[i])
			k++;
		cells[k].between++;
		cells[k].sum += k < ROWS ? reference[k] - current[i] :
			current[i] - reference[ROWS - 1];
	}
	return cr_wasserstein(&gaps);
}

/* Rows 0 and 1 against 0.25 and 0.75, which are 0.25 apart. */
static void
test_crossing(void)
{
	static const double values[] = {0, 1};
	static const uint64_t ones[] = {1, 1};
	static const CrCell cells[] = {{0, 0, 0}, {2, 0, 1}, {0, 0, 0}};
	CrGaps		gaps = {values, ones, cells, 2};
	CrBounds	bounds = cr_wasserstein(&gaps);

	ok(bounds.lower == 0 && bounds.upper == 0.5,
	   "the widest that 0.25 and 0.75, known by their sum, can be apart");
}

static void
test_wasserstein(void)
{
	Random		random = {.state = 17};
	double		widest = 0;
	bool		held = true;

	for (int i = 0; i < 2000; i++)
	{
		double		reference[ROWS];
		double		current[ROWS];
		double		shift = i % 3;
		double		area;
		CrBounds	bounds;

		for (int k = 0; k < ROWS; k++)
		{
			reference[k] = random_float(&random) + 1e-7 * k;
			current[k] = random_float(&random) + shift + M_SQRT2 / 1e9;
		}
		qsort(reference, ROWS, sizeof(double), compare_doubles);
		bounds = bounds_of(reference, current);
		area = area_between(reference, current);
		held = held && bounds.lower <= area + 1e-12 &&
			area <= bounds.upper + 1e-12;
		widest = fmax(widest, bounds.upper / bounds.lower);
	}
	ok(held, "Wasserstein's bounds hold");
	ok(widest > 1.01 && widest < 10, "and are needed: %g", widest);
}

int
main(void)
{
	test_empty();
	test_tail_limits();
	test_monotonic();
	test_lattice();
	test_polls();
	test_symmetry();
	test_merge();
	test_effect();
	test_crossing();
	test_wasserstein();
	return done_testing();
}
