/*
 * core.c
 *	  Benchmark of src/core without PostgreSQL: microseconds per row of every
 *	  evaluator and kernel, beside XGBoost's own batch predictor.
 *
 * Usage: core [full | quick [SML]]; built from this file and src/core with
 * -O2 -ffp-contract=off -lxgboost -lm.
 *
 * Trains S (100 trees of depth 4), M (300 x 6) and L (1000 x 8) through
 * libxgboost on synthetic data, imports them, and times all sides in turns,
 * so that whatever else the machine does hits all of them.  Every side's
 * margins are compared bit by bit with those of "reference"; XGBoost's are
 * too.  What XGBoost is given is a matrix in memory, one thread.
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

typedef struct Model
{
	const char *name;
	const char *trees;
	const char *depth;
	int			train_rows;
} Model;

typedef struct Bench
{
	float	   *rows;			/* row by row */
	float	   *columns;		/* in blocks of 64 rows, feature by feature */
	float	   *expected;
	float	   *margins;
	size_t		n_rows;
	BoosterHandle booster;
	DMatrixHandle proxy;
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

static uint64_t random_state;

static double
uniform(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (double) (random_state * UINT64_C(0x2545F4914F6CDD1D) >> 11) /
		9007199254740992.0;
}

static double
normal(void)
{
	double		u = uniform();

	return sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * uniform());
}

/* Amounts, counts and shares, 3 % missing; the label depends on most of them. */
static void
make_rows(float *rows, float *labels, size_t n, uint64_t seed)
{
	random_state = seed;
	for (size_t i = 0; i < n; i++)
	{
		float	   *row = rows + i * FEATURES;
		double		logit = -1;

		for (int f = 0; f < FEATURES; f++)
		{
			double		z = normal();

			row[f] = f % 4 == 0 ? (float) exp(z) :
				f % 4 == 1 ? (float) floor(10 * fabs(z)) :
				f % 4 == 2 ? (float) uniform() : (float) z;
			logit += sin((double) row[f] * (1 + f % 5)) * 0.6;
			if (f > 0)
				logit += (double) (row[f] * row[f - 1] > 1) * 0.4 - 0.1;
			if (uniform() < 0.03)
				row[f] = NAN;
		}
		labels[i] = uniform() < 1 / (1 + exp(-logit));
	}
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

/*
 * With one thread: on two cores that others use too, two threads wait for one
 * another at every step and took eight times as long.
 */
static BoosterHandle
train(const Model *model)
{
	size_t		n = (size_t) model->train_rows;
	float	   *rows = malloc(n * FEATURES * sizeof(float));
	float	   *labels = malloc(n * sizeof(float));
	DMatrixHandle matrix;
	BoosterHandle booster;

	make_rows(rows, labels, n, 20260101);
	CHECK(XGDMatrixCreateFromMat(rows, n, FEATURES, NAN, &matrix));
	CHECK(XGDMatrixSetFloatInfo(matrix, "label", labels, n));
	CHECK(XGBoosterCreate(&matrix, 1, &booster));
	CHECK(XGBoosterSetParam(booster, "objective", "binary:logistic"));
	CHECK(XGBoosterSetParam(booster, "tree_method", "hist"));
	CHECK(XGBoosterSetParam(booster, "max_depth", model->depth));
	CHECK(XGBoosterSetParam(booster, "eta", "0.1"));
	CHECK(XGBoosterSetParam(booster, "seed", "1"));
	CHECK(XGBoosterSetParam(booster, "nthread", "1"));
	for (int i = 0; i < atoi(model->trees); i++)
		CHECK(XGBoosterUpdateOneIter(booster, i, matrix));
	CHECK(XGDMatrixFree(matrix));
	free(rows);
	free(labels);
	return booster;
}

static void
import_booster(Bench *bench)
{
	CrImportOptions options = {.use_best_iteration = true};
	char		names[FEATURES][8];
	CrView		views[FEATURES];
	CrError		error = {.message = ""};
	const char *bytes;
	bst_ulong	length;
	void	   *image;
	size_t		size;

	for (int f = 0; f < FEATURES; f++)
		views[f] = (CrView) {names[f],
		(size_t) snprintf(names[f], sizeof(names[f]), "f%d", f)};
	options.feature_names = views;
	options.n_feature_names = FEATURES;
	cr_scaling_init(&options.scaling, 600, 50, 20, -(double) INFINITY,
					(double) INFINITY, &error);
	CHECK(XGBoosterSaveModelToBuffer(bench->booster, "{\"format\":\"ubj\"}",
									 &length, &bytes));
	if (cr_import((CrView) {bytes, length}, &options, &heap, &image, &size,
				  &error) != CR_OK ||
		cr_forest_open(&bench->forest, image, size, &error) != CR_OK)
	{
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
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
build_layout(Bench *bench, const Model *model)
{
	double		times[MAX_ROUNDS];
	double		opening[MAX_ROUNDS];

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
	printf("\n%s: %s trees of depth %s, %" PRIu32 " nodes; image %.0f kB, "
		   "opened in %.0f us; layout %.0f kB, built in %.0f us; "
		   "scratch %.0f kB\n",
		   model->name, model->trees, model->depth, bench->forest.n_nodes,
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

static void
print_machine(void)
{
	char		line[256] = "unknown CPU\n";
	FILE	   *cpu = fopen("/proc/cpuinfo", "r");
	int			major;
	int			minor;
	int			patch;

	while (cpu != NULL && fgets(line, sizeof(line), cpu) != NULL &&
		   strncmp(line, "model name", 10) != 0)
		;
	if (cpu != NULL)
		fclose(cpu);
	XGBoostVersion(&major, &minor, &patch);
	printf("%scompiler %s; XGBoost %d.%d.%d; best kernel here: %s\n", line,
		   __VERSION__, major, minor, patch, cr_kernel_choose()->name);
}

int
main(int argc, char **argv)
{
	static const Model models[] = {
		{"S", "100", "4", 20000}, {"M", "300", "6", 30000},
		{"L", "1000", "8", 60000},
	};
	bool		quick = argc > 1 && strcmp(argv[1], "quick") == 0;
	const char *only = argc > 2 ? argv[2] : "SML";
	Bench		bench = {.n_rows = quick ? 4096 : 32768};
	float	   *labels = malloc(bench.n_rows * sizeof(float));

	print_machine();
	bench.rows = malloc(bench.n_rows * FEATURES * sizeof(float));
	bench.columns = malloc(bench.n_rows * FEATURES * sizeof(float));
	bench.expected = malloc(bench.n_rows * sizeof(float));
	bench.margins = malloc(bench.n_rows * sizeof(float));
	make_rows(bench.rows, labels, bench.n_rows, 20260202);
	make_columns(&bench);
	for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++)
	{
		if (strchr(only, models[m].name[0]) == NULL)
			continue;
		bench.booster = train(&models[m]);
		import_booster(&bench);
		build_layout(&bench, &models[m]);
		time_sides(&bench, quick ? 5 : 9);
		CHECK(XGBoosterFree(bench.booster));
		cr_layout_release(bench.layout, &heap);
		free(bench.scratch);
		fflush(stdout);
	}
	return 0;
}
