/*
 * recorded.c
 *	  Drift statistics against what record.py took from scipy, and from
 *	  quadruple precision where scipy is known to be off.
 *
 * Usage: recorded FIXTURES, the folder with the files.  One test per figure:
 * how many cases, and how far the worst is from its tolerance.
 */
#include "../unit/tap.h"

#include "cr_bins.h"
#include "cr_divergence.h"
#include "cr_gamma.h"
#include "cr_kolmogorov.h"
#include "cr_ks.h"
#include "cr_means.h"
#include "cr_power.h"
#include "cr_student.h"
#include "cr_wasserstein.h"

#define COLUMNS			10
#define MAX_NUMBERS		64
#define SMALLEST		1e-290	/* tails below it are all alike */

/* One figure over all cases of a file. */
typedef struct Figure
{
	const char *name;
	double		relative;		/* what is tolerated: relative + absolute */
	double		absolute;
	uint32_t	cases;
	uint32_t	wrong;
	double		worst;			/* error over tolerance */
	double		ours;			/* of the worst */
	double		theirs;
	uint32_t	line;
} Figure;

static Meter meter;
static CrAlloc alloc = METERED(&meter);

static void
compare(Figure *figure, double ours, double theirs)
{
	double		error = fabs(ours - theirs) /
		(figure->relative * fabs(theirs) + figure->absolute);

	figure->cases++;
	if ((isnan(ours) && isnan(theirs)) || ours == theirs ||
		(fabs(ours) < SMALLEST && fabs(theirs) < SMALLEST))
		return;
	figure->wrong += !(error <= 1);
	if (error <= figure->worst)
		return;
	figure->worst = error;
	figure->ours = ours;
	figure->theirs = theirs;
	figure->line = figure->cases + 1;
}

static void
report(const Figure *figure)
{
	ok(figure->wrong == 0 && figure->cases >= 2000,
	   "%s: %u cases, %u wrong, the worst at %.2g of what is tolerated",
	   figure->name, figure->cases, figure->wrong, figure->worst);
	if (figure->wrong > 0)
		printf("# worst in line %u: %.17g, recorded %.17g\n", figure->line,
			   figure->ours, figure->theirs);
}

/* Reads numbers up to the end of the column. */
static uint32_t
read_numbers(const char *column, double *numbers)
{
	uint32_t	n = 0;
	char	   *end;

	while (*column != '\0' && n < MAX_NUMBERS)
	{
		numbers[n++] = strtod(column, &end);
		column = end;
	}
	return n;
}

static uint32_t
read_counts(const char *column, uint64_t *counts)
{
	double		numbers[MAX_NUMBERS];
	uint32_t	n = read_numbers(column, numbers);

	for (uint32_t i = 0; i < n; i++)
		counts[i] = (uint64_t) numbers[i];
	return n;
}

static void
check_ks(char *const *column, Figure *figures)
{
	uint64_t	n_1 = strtoull(column[0], NULL, 10);
	uint64_t	n_2 = strtoull(column[1], NULL, 10);
	double		d = strtod(column[2], NULL);

	compare(&figures[0], cr_ks_p_value(d, n_1, n_2, &alloc),
			strtod(column[3], NULL));
	compare(&figures[1], cr_ks_p_value(d, n_2, n_1, &alloc),
			cr_ks_p_value(d, n_1, n_2, &alloc));
}

static void
check_kolmogorov(char *const *column, Figure *figures)
{
	figures[0].relative = strtod(column[3], NULL);
	compare(&figures[0], cr_kolmogorov_tail(strtod(column[0], NULL),
											strtod(column[1], NULL), &alloc),
			strtod(column[2], NULL));
}

static void
check_chi2(char *const *column, Figure *figures)
{
	compare(&figures[0], cr_chi2_tail(strtod(column[0], NULL),
									  strtod(column[1], NULL)),
			strtod(column[2], NULL));
}

static void
check_student(char *const *column, Figure *figures)
{
	double		t = strtod(column[0], NULL);
	double		df = strtod(column[1], NULL);

	compare(&figures[0], cr_student_tails(t, df), strtod(column[2], NULL));
	compare(&figures[1], cr_student_tails(-t, df), cr_student_tails(t, df));
}

static void
check_power(char *const *column, Figure *figures)
{
	compare(&figures[0], cr_detectable_shift(strtoull(column[0], NULL, 10),
											 strtoull(column[1], NULL, 10),
											 &alloc), strtod(column[2], NULL));
}

static void
check_bins(char *const *column, Figure *figures)
{
	uint64_t	reference[MAX_NUMBERS];
	uint64_t	current[MAX_NUMBERS];
	uint32_t	n = read_counts(column[0], reference);
	CrHomogeneity test;

	read_counts(column[1], current);
	test = cr_homogeneity(reference, current, n);
	compare(&figures[0], test.statistic, strtod(column[2], NULL));
	compare(&figures[1], test.df, strtod(column[3], NULL));
	compare(&figures[2], test.p_value, strtod(column[4], NULL));
	compare(&figures[3], test.cramer_v, strtod(column[5], NULL));
	compare(&figures[4], cr_psi(reference, current, n),
			strtod(column[6], NULL));
	compare(&figures[5], cr_js_distance(reference, current, n),
			strtod(column[7], NULL));
	compare(&figures[6], cr_js_distance(reference, current, n),
			strtod(column[8], NULL));
}

/* A current sample, counted against the distinct values of a reference. */
typedef struct Counted
{
	double		values[MAX_NUMBERS];
	uint64_t	reference[MAX_NUMBERS];
	CrCell		cells[MAX_NUMBERS + 1];
	CrMoments	moments[2];
	CrGaps		gaps;
} Counted;

static void
count_reference(Counted *counted, const char *column)
{
	double		numbers[MAX_NUMBERS];
	uint32_t	n = read_numbers(column, numbers);
	uint32_t	m = 0;

	memset(counted, 0, sizeof(*counted));
	for (uint32_t i = 0; i < n; i++)
	{
		if (m == 0 || numbers[i] != counted->values[m - 1])
			counted->values[m++] = numbers[i];
		counted->reference[m - 1]++;
		cr_moments_add(&counted->moments[0], numbers[i]);
	}
	counted->gaps = (CrGaps) {counted->values, counted->reference,
	counted->cells, m};
}

static void
count_current(Counted *counted, const char *column)
{
	double		numbers[MAX_NUMBERS];
	uint32_t	n = read_numbers(column, numbers);
	uint32_t	m = counted->gaps.n_values;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t	k = 0;

		while (k < m && counted->values[k] < numbers[i])
			k++;
		cr_moments_add(&counted->moments[1], numbers[i]);
		if (k < m && counted->values[k] == numbers[i])
		{
			counted->cells[k].equal++;
			continue;
		}
		counted->cells[k].between++;
		counted->cells[k].sum += k < m ? counted->values[k] - numbers[i] :
			numbers[i] - counted->values[m - 1];
	}
}

static double
ks_statistic(const Counted *counted)
{
	CrKs		ks;
	uint32_t	m = counted->gaps.n_values;

	cr_ks_begin(&ks, counted->moments[0].n, counted->moments[1].n);
	for (uint32_t i = 0; i < m; i++)
	{
		cr_ks_pass(&ks, 0, counted->cells[i].between);
		cr_ks_pass(&ks, counted->reference[i], counted->cells[i].equal);
	}
	cr_ks_pass(&ks, 0, counted->cells[m].between);
	return cr_ks_statistic(&ks);
}

/* The bounds hold the distance; where they are equal they are the distance. */
static void
check_wasserstein(const Counted *counted, double distance, Figure *figures)
{
	CrBounds	bounds = cr_wasserstein(&counted->gaps);

	if (bounds.upper - bounds.lower <= 1e-12 * bounds.upper || isnan(distance))
		compare(&figures[0], bounds.lower, distance);
	compare(&figures[1], fmin(distance, bounds.upper), distance);
	compare(&figures[1], fmax(distance, bounds.lower), distance);
}

static void
check_deciles(const Counted *counted, const char *column, Figure *figure)
{
	double		deciles[MAX_NUMBERS];
	uint32_t	last[CR_QUANTILE_BINS];
	uint32_t	n = cr_bins_freeze(counted->reference, counted->gaps.n_values,
								   last);
	bool		equal = n == read_numbers(column, deciles);

	for (uint32_t i = 0; i < n && equal; i++)
		equal = counted->values[last[i]] == deciles[i];
	compare(figure, equal, true);
}

static void
check_sample(char *const *column, Figure *figures)
{
	Counted		counted;
	CrMeans		means;
	double		statistic;

	count_reference(&counted, column[0]);
	count_current(&counted, column[1]);
	statistic = ks_statistic(&counted);
	compare(&figures[0], statistic, strtod(column[2], NULL));
	compare(&figures[1], cr_ks_p_value(statistic, counted.moments[0].n,
									   counted.moments[1].n, &alloc),
			strtod(column[3], NULL));
	check_wasserstein(&counted, strtod(column[4], NULL), &figures[2]);
	means = cr_means(&counted.moments[0], &counted.moments[1]);
	compare(&figures[4], means.difference, strtod(column[5], NULL));
	compare(&figures[5], means.statistic, strtod(column[6], NULL));
	compare(&figures[6], means.df, strtod(column[7], NULL));
	compare(&figures[7], means.p_value, strtod(column[8], NULL));
	check_deciles(&counted, column[9], &figures[8]);
}

/* Hands every line but the first to check(), then reports the figures. */
static void
check_file(const char *directory, const char *name,
		   void (*check) (char *const *column, Figure *figures),
		   Figure *figures, int n_figures)
{
	CrView		file = read_file(directory, name);
	int			n_lines = 0;

	((char *) file.data)[file.length] = '\0';
	for (char *line = strtok((char *) file.data, "\n"); line != NULL;
		 line = strtok(NULL, "\n"))
	{
		char	   *column[COLUMNS];
		int			n = 0;

		for (char *next = line; next != NULL && n < COLUMNS; n++)
		{
			column[n] = next;
			next = strchr(next, '\t');
			if (next != NULL)
				*next++ = '\0';
		}
		if (n_lines++ > 0)
			check(column, figures);
	}
	for (int i = 0; i < n_figures; i++)
		report(&figures[i]);
	free((void *) file.data);
}

#define CHECK_FILE(name, check, ...) \
	do { \
		Figure		figures[] = {__VA_ARGS__}; \
		check_file(argv[1], name, check, figures, \
				   (int) (sizeof(figures) / sizeof(figures[0]))); \
	} while (0)

int
main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	CHECK_FILE("ks.tsv", check_ks, {.name = "KS p-value", .relative = 1e-9},
			   {.name = "KS p-value, samples swapped"});
	CHECK_FILE("kolmogorov.tsv", check_kolmogorov,
			   {.name = "Kolmogorov's distribution, quadruple precision"});
	CHECK_FILE("chi2.tsv", check_chi2,
			   {.name = "chi-square tail", .relative = 1e-11});
	CHECK_FILE("student.tsv", check_student,
			   {.name = "Student's tails", .relative = 1e-11},
			   {.name = "Student's tails, t negative"});
	CHECK_FILE("power.tsv", check_power,
			   {.name = "detectable shift", .relative = 1e-9});
	CHECK_FILE("bins.tsv", check_bins,
			   {.name = "chi-square", .relative = 1e-12, .absolute = 1e-12},
			   {.name = "its degrees of freedom"},
			   {.name = "its p-value", .relative = 1e-9},
			   {.name = "Cramer's V", .relative = 1e-9, .absolute = 1e-12},
			   {.name = "PSI", .relative = 1e-12, .absolute = 1e-15},
			   {.name = "Jensen-Shannon", .relative = 1e-9, .absolute = 2e-8},
			   {.name = "Jensen-Shannon, quadruple precision",
			   .relative = 1e-12, .absolute = 1e-15});
	CHECK_FILE("samples.tsv", check_sample,
			   {.name = "KS statistic", .absolute = 1e-12},
			   {.name = "its p-value", .relative = 1e-9},
			   {.name = "Wasserstein, exact", .relative = 1e-12},
			   {.name = "Wasserstein, bounds", .relative = 1e-12},
			   {.name = "difference of means", .absolute = 1e-10},
			   {.name = "Welch's t", .relative = 1e-10, .absolute = 1e-10},
			   {.name = "its degrees of freedom", .relative = 1e-10},
			   {.name = "its p-value", .relative = 1e-9},
			   {.name = "deciles"});
	ok(meter.used == 0, "nothing leaked");
	return done_testing();
}
