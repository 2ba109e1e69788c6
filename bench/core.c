/*
 * core.c
 *	  Benchmark of src/core without PostgreSQL: microseconds per row of every
 *	  evaluator and kernel, beside XGBoost's own batch predictor.
 *
 * Usage: core ROUNDS ROWS MODEL...
 *
 * ROWS holds 20 single-precision numbers a row, of which blocks of 64 rows count; each
 * MODEL is a file of XGBoost's.  All sides take turns, so that whatever else
 * the machine does hits all of them.  Every side's margins are compared bit by
 * bit with those of "reference"; XGBoost's are too.  What XGBoost is given is
 * a matrix in memory, one thread.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xgboost/c_api.h>

#include "cr_batch.h"
#include "cr_eval.h"
#include "cr_import.h"
#include "cr_link.h"

#define FEATURES	20
#define READ_SIZE	(1 << 20)
#define MAX_SIDES	32
#define MAX_ROUNDS	15

#define CHECK(call) \
	do { \
		if ((call) != 0) \
		{ \
			fprintf(stderr, "%s\n", XGBGetLastError()); \
			exit(1); \
		} \
	} while (0)

typedef struct Bench
{
	float	   *rows;			/* row by row */
	float	   *columns;		/* in blocks of 64 rows, feature by feature */
	float	   *expected;
	float	   *margins;
	size_t		n_rows;
	BoosterHandle booster;
	CrForest	forest;
	CrLayout   *layout;
	void	   *scratch;
} Bench;

typedef struct Side
{
	char		name[48];
	void		(*run) (Bench *bench, const struct Side *side);
	const CrEvaluator *evaluator;
	const CrKernel *kernel;
	double		times[MAX_ROUNDS];
} Side;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

/* -------- data -------- */

static void *
read_file(const char *path, size_t *size)
{
	FILE	   *file = fopen(path, "rb");
	char	   *bytes = NULL;

	*size = 0;
	while (file != NULL && !feof(file))
	{
		bytes = realloc(bytes, *size + READ_SIZE);
		*size += fread(bytes + *size, 1, READ_SIZE, file);
	}
	if (file == NULL || ferror(file))
	{
		perror(path);
		exit(1);
	}
	fclose(file);
	return bytes;
}

static void
read_rows(Bench *bench, const char *path)
{
	size_t		size;

	bench->rows = read_file(path, &size);
	bench->n_rows = size / (FEATURES * sizeof(float)) / 64 * 64;
	bench->columns = malloc(size);
	bench->expected = malloc(bench->n_rows * sizeof(float));
	bench->margins = malloc(bench->n_rows * sizeof(float));
}

static void
make_columns(Bench *bench)
{
	for (size_t i = 0; i < bench->n_rows; i++)
		for (size_t f = 0; f < FEATURES; f++)
			bench->columns[(i / 64 * FEATURES + f) * 64 + i % 64] =
				bench->rows[i * FEATURES + f];
}

/* -------- models -------- */

static void *
plain_alloc(void *context, size_t size)
{
	void	   *memory = malloc(size > 0 ? size : 1);

	(void) context;
	if (memory == NULL)
		abort();
	return memory;
}

static void
plain_release(void *context, void *pointer)
{
	(void) context;
	free(pointer);
}

static const CrAlloc heap = {plain_alloc, plain_release, NULL, NULL};

/* The file goes to XGBoost and to the importer alike. */
static void
open_model(Bench *bench, const char *path)
{
	CrImportOptions options = {.use_best_iteration = true};
	CrError		error = {.message = ""};
	void	   *image;
	size_t		size;
	char	   *bytes = read_file(path, &size);

	CHECK(XGBoosterCreate(NULL, 0, &bench->booster));
	CHECK(XGBoosterSetParam(bench->booster, "nthread", "1"));
	CHECK(XGBoosterLoadModel(bench->booster, path));
	cr_scaling_init(&options.scaling, 600, 50, 20, -(double) INFINITY,
					(double) INFINITY, &error);
	if (cr_import((CrView) {bytes, size}, &options, &heap, &image, &size,
				  &error) != CR_OK ||
		cr_forest_open(&bench->forest, image, size, &error) != CR_OK)
	{
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
	free(bytes);
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static double
median(const double *values, int n)
{
	double		sorted[MAX_ROUNDS];

	memcpy(sorted, values, (size_t) n * sizeof(double));
	qsort(sorted, (size_t) n, sizeof(double), compare_doubles);
	return sorted[n / 2];
}

/* Builds the layout several times; the last one stays. */
static void
build_layout(Bench *bench, const char *path)
{
	double		times[MAX_ROUNDS];
	double		opening[MAX_ROUNDS];
	const char *slash = strrchr(path, '/');

	for (int i = 0; i < MAX_ROUNDS; i++)
	{
		double		start = now();
		CrForest	forest;
		CrError		error;

		if (i > 0)
			cr_layout_release(bench->layout, &heap);
		bench->layout = cr_layout_build(&bench->forest, &heap);
		times[i] = now() - start;
		start = now();
		cr_forest_open(&forest, bench->forest.header,
					   bench->forest.header->size, &error);
		opening[i] = now() - start;
	}
	bench->scratch = malloc(cr_batch_scratch(&bench->forest, bench->layout) +
							cr_eval_scratch(&bench->forest) * sizeof(float));
	printf("\n%s: %" PRIu32 " nodes; image %.0f kB, opened in %.0f us; "
		   "layout %.0f kB, built in %.0f us; scratch %.0f kB\n",
		   slash != NULL ? slash + 1 : path, bench->forest.n_nodes,
		   (double) bench->forest.header->size / 1e3,
		   median(opening, MAX_ROUNDS) * 1e6,
		   (double) cr_layout_size(bench->layout) / 1e3,
		   median(times, MAX_ROUNDS) * 1e6,
		   (double) cr_batch_scratch(&bench->forest, bench->layout) / 1e3);
}

/* -------- sides -------- */

static void
run_xgboost(Bench *bench, const Side *side)
{
	static const char config[] = "{\"type\":1,\"training\":false,"
		"\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,"
		"\"missing\":NaN,\"cache_id\":0}";
	char		array[200];
	const bst_ulong *shape;
	bst_ulong	dimensions;
	const float *result;

	(void) side;
	snprintf(array, sizeof(array), "{\"data\":[%" PRIuPTR ",true],"
			 "\"shape\":[%zu,%d],\"typestr\":\"<f4\",\"version\":3}",
			 (uintptr_t) bench->rows,
			 bench->n_rows, FEATURES);
	CHECK(XGBoosterPredictFromDense(bench->booster, array, config, NULL,
									&shape, &dimensions, &result));
	memcpy(bench->margins, result, bench->n_rows * sizeof(float));
}

static void
run_evaluator(Bench *bench, const Side *side)
{
	for (size_t i = 0; i < bench->n_rows; i++)
		bench->margins[i] = side->evaluator->margin(&bench->forest,
													bench->rows + i * FEATURES,
													bench->scratch);
}

static void
run_rows(Bench *bench, const Side *side)
{
	for (size_t i = 0; i < bench->n_rows; i++)
		bench->margins[i] = side->kernel->margin(&bench->forest, bench->layout,
												 bench->rows + i * FEATURES,
												 bench->scratch);
}

static void
run_batches(Bench *bench, const Side *side)
{
	for (size_t i = 0; i < bench->n_rows; i += 64)
		side->kernel->margins(&bench->forest, bench->layout,
							  bench->columns + i * FEATURES, 64,
							  bench->margins + i, bench->scratch);
}

static int
list_sides(const CrForest *forest, Side *sides)
{
	int			n = 0;

	sides[n++] = (Side) {.name = "XGBoost 1 thread",.run = run_xgboost};
	for (const CrEvaluator *e = cr_evaluators; e->name != NULL; e++)
		if (e->fits(forest))
		{
			snprintf(sides[n].name, sizeof(sides[n].name), "row, %s", e->name);
			sides[n].run = run_evaluator;
			sides[n++].evaluator = e;
		}
	for (int batch = 0; batch < 2; batch++)
		for (const CrKernel *k = cr_kernels; k->name != NULL; k++)
			if (k->runs())
			{
				snprintf(sides[n].name, sizeof(sides[n].name), "%s, %s",
						 batch ? "64 rows" : "row", k->name);
				sides[n].run = batch ? run_batches : run_rows;
				sides[n++].kernel = k;
			}
	return n;
}

static void
time_sides(Bench *bench, int rounds)
{
	Side		sides[MAX_SIDES] = {0};
	int			n = list_sides(&bench->forest, sides);
	double		xgboost = 0;

	for (size_t i = 0; i < bench->n_rows; i++)
	{
		const CrEvaluator *e = cr_evaluators;

		while (strcmp(e->name, "reference") != 0)
			e++;
		bench->expected[i] = e->margin(&bench->forest,
									   bench->rows + i * FEATURES,
									   bench->scratch);
	}
	for (int round = 0; round < rounds; round++)
		for (int s = 0; s < n; s++)
		{
			double		start = now();

			sides[s].run(bench, &sides[s]);
			sides[s].times[round] = (now() - start) * 1e6 /
				(double) bench->n_rows;
			if (memcmp(bench->margins, bench->expected,
					   bench->n_rows * sizeof(float)) != 0)
			{
				printf("%s gives other margins\n", sides[s].name);
				exit(1);
			}
		}
	printf("%-24s %10s %10s %16s\n", "", "us/row", "least", "of XGBoost");
	for (int s = 0; s < n; s++)
	{
		double		middle = median(sides[s].times, rounds);
		double		least = sides[s].times[0];

		for (int i = 1; i < rounds; i++)
			least = fmin(least, sides[s].times[i]);
		if (s == 0)
			xgboost = middle;
		printf("%-24s %10.4f %10.4f %10.4f 1/%.1f\n", sides[s].name, middle,
			   least, middle / xgboost, xgboost / middle);
	}
}

int
main(int argc, char **argv)
{
	Bench		bench;
	int			rounds = argc > 3 ? atoi(argv[1]) : 0;

	if (rounds < 1 || rounds > MAX_ROUNDS)
	{
		fprintf(stderr, "usage: core ROUNDS ROWS MODEL...\n");
		return 1;
	}
	read_rows(&bench, argv[2]);
	make_columns(&bench);
	for (int m = 3; m < argc; m++)
	{
		open_model(&bench, argv[m]);
		build_layout(&bench, argv[m]);
		time_sides(&bench, rounds);
		CHECK(XGBoosterFree(bench.booster));
		cr_layout_release(bench.layout, &heap);
		free(bench.scratch);
	}
	return 0;
}
