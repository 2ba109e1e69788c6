/*
 * live.c
 *	  Parity with the libxgboost that is installed: models of every kind are
 *	  trained on the spot, saved in both notations, imported, and must predict
 *	  the same bits as libxgboost for values chosen to be awkward.
 */
#include "parity.h"
#include "../unit/explained.h"

#include <xgboost/c_api.h>

#define N_FEATURES	6
#define N_NUMERIC	3			/* the others may be categorical */
#define N_TRAINING	2000
#define N_ROWS		1024
#define N_ROUNDS	20
#define N_CODES		40
#define TOLERANCE	1e-5		/* of contributions, in units of the largest */

static const char *const feature_names[N_FEATURES] = {"age", "amount",
"r\xc3\xa9gion \"x\"", "purpose", "branch", "channel"};

typedef struct Setup
{
	const char *booster;
	const char *splits;			/* numeric, onehot or partition */
	const char *depth;
	const char *base_score;		/* NULL: the default */
} Setup;

/* Ends the test if libxgboost fails. */
static void
must(int failed)
{
	if (failed == 0)
		return;
	printf("Bail out! libxgboost: %s\n", XGBGetLastError());
	exit(1);
}

static bool
is_categorical(const Setup *setup, int feature)
{
	return feature >= N_NUMERIC && strcmp(setup->splits, "numeric") != 0;
}

/* -------- data -------- */

static float
training_value(const Setup *setup, Random *random, int feature)
{
	if (one_in(random, 8))
		return NAN;
	if (is_categorical(setup, feature))
		return (float) random_below(random, feature == N_NUMERIC ? 5 : N_CODES);
	/* Some features have few values, so that rows tie with splits. */
	return feature % 2 == 0 ? random_float(random) :
		(float) random_below(random, 20) / 4 - 2;
}

static float
label_of_row(const float *row, Random *random)
{
	float		sum = random_float(random);

	for (int f = 0; f < N_FEATURES; f++)
		if (!isnan(row[f]))
			sum += f < N_NUMERIC ? row[f] / 2 :
				2 * ((float) ((int) (row[f] * 7) % 3) - 1);
	return sum > 0.3f;
}

static void
fill_types(const Setup *setup, const char **types)
{
	for (int f = 0; f < N_FEATURES; f++)
		types[f] = is_categorical(setup, f) ? "c" : "float";
}

static DMatrixHandle
make_matrix(const Setup *setup, const float *rows, int n_rows)
{
	const char *types[N_FEATURES];
	DMatrixHandle matrix;

	fill_types(setup, types);
	must(XGDMatrixCreateFromMat(rows, (bst_ulong) n_rows, N_FEATURES, NAN,
								&matrix));
	must(XGDMatrixSetStrFeatureInfo(matrix, "feature_name",
									(const char **) feature_names,
									N_FEATURES));
	must(XGDMatrixSetStrFeatureInfo(matrix, "feature_type", types,
									N_FEATURES));
	return matrix;
}

static DMatrixHandle
make_training(const Setup *setup, Random *random)
{
	static float rows[N_TRAINING * N_FEATURES];
	static float labels[N_TRAINING];
	DMatrixHandle matrix;

	for (int i = 0; i < N_TRAINING; i++)
	{
		for (int f = 0; f < N_FEATURES; f++)
			rows[i * N_FEATURES + f] = training_value(setup, random, f);
		labels[i] = label_of_row(&rows[i * N_FEATURES], random);
	}
	matrix = make_matrix(setup, rows, N_TRAINING);
	must(XGDMatrixSetFloatInfo(matrix, "label", labels, N_TRAINING));
	return matrix;
}

/* -------- a model -------- */

static void
set_parameters(BoosterHandle booster, const Setup *setup)
{
	const char *parameters[][2] = {
		{"verbosity", "0"}, {"nthread", "1"}, {"seed", "7"},
		{"objective", "binary:logistic"}, {"booster", setup->booster},
		{"min_child_weight", "0"}, {"eta", "0.4"},
		{"max_depth", setup->depth}, {"tree_method", "hist"},
		{"max_cat_to_onehot",
		strcmp(setup->splits, "onehot") == 0 ? "1000" : "1"},
		{"rate_drop", "0.4"},
	};
	size_t		n = sizeof(parameters) / sizeof(parameters[0]);

	for (size_t i = 0; i < n; i++)
	{
		bool		of_trees = i >= 7;
		bool		of_dart = i == n - 1;

		if ((of_trees && strcmp(setup->booster, "gblinear") == 0) ||
			(of_dart && strcmp(setup->booster, "dart") != 0))
			continue;
		must(XGBoosterSetParam(booster, parameters[i][0], parameters[i][1]));
	}
	if (strcmp(setup->booster, "gblinear") == 0)
		must(XGBoosterSetParam(booster, "updater", "coord_descent"));
	if (setup->base_score != NULL)
		must(XGBoosterSetParam(booster, "base_score", setup->base_score));
}

static BoosterHandle
train(const Setup *setup, Random *random)
{
	DMatrixHandle training = make_training(setup, random);
	const char *types[N_FEATURES];
	BoosterHandle booster;

	must(XGBoosterCreate(&training, 1, &booster));
	set_parameters(booster, setup);
	/* The C API does not take them over from the matrix. */
	fill_types(setup, types);
	must(XGBoosterSetStrFeatureInfo(booster, "feature_name",
									(const char **) feature_names,
									N_FEATURES));
	must(XGBoosterSetStrFeatureInfo(booster, "feature_type", types,
									N_FEATURES));
	for (int i = 0; i < N_ROUNDS; i++)
		must(XGBoosterUpdateOneIter(booster, i, training));
	must(XGDMatrixFree(training));
	return booster;
}

/*
 * libxgboost's own prediction: type 1 is the margin, 0 the probability, and 2
 * the contributions, of which there are N_FEATURES + 1 for each row.
 */
static void
predict(BoosterHandle booster, DMatrixHandle matrix, int type, float *result)
{
	bst_ulong	expected = type == 2 ? N_ROWS * (N_FEATURES + 1) : N_ROWS;
	char		config[160];
	const bst_ulong *shape;
	bst_ulong	dimensions;
	const float *values;
	bst_ulong	n = 1;

	snprintf(config, sizeof(config), "{\"type\":%d,\"training\":false,"
			 "\"iteration_begin\":0,\"iteration_end\":0,"
			 "\"strict_shape\":false}", type);
	must(XGBoosterPredictFromDMatrix(booster, matrix, config, &shape,
									 &dimensions, &values));
	for (bst_ulong i = 0; i < dimensions; i++)
		n *= shape[i];
	if (n != expected)
	{
		printf("Bail out! libxgboost predicts %lu values\n", (unsigned long) n);
		exit(1);
	}
	memcpy(result, values, n * sizeof(*result));
}

/*
 * Rows about the forest's own splits.  XGBoost before 3.1 refuses a code that
 * it did not see in training, so codes stay small.
 */
static void
make_rows(const CrForest *forest, Random *random, float *rows)
{
	for (int i = 0; i < N_ROWS; i++)
	{
		float	   *row = rows + i * N_FEATURES;

		random_row(forest, random, row);
		for (uint32_t f = 0; f < forest->n_features; f++)
		{
			if (isnan(row[f]))
				continue;
			if (forest->features[f].kind == CR_CATEGORICAL)
				row[f] = (float) random_below(random, f == N_NUMERIC ? 5 :
											  N_CODES);
			else if (forest->header->booster == CR_GBLINEAR &&
					 fabsf(row[f]) > 1e6f)
				row[f] = random_float(random);
		}
	}
}

static bool
same_names(const CrForest *forest)
{
	for (uint32_t f = 0; f < N_FEATURES; f++)
		if (!cr_view_equal(cr_forest_feature_name(forest, f),
						   (CrView) {feature_names[f],
						   strlen(feature_names[f])}))
			return false;
	return true;
}

static double
distance(const double *ours, const float *theirs)
{
	double		worst = 0;

	for (int f = 0; f <= N_FEATURES; f++)
		worst = fmax(worst, fabs(ours[f] - (double) theirs[f]));
	return worst / largest_contribution(ours, N_FEATURES + 1);
}

/*
 * Of the reference and of the fastest kernel.  libxgboost computes in float32,
 * the shares of a path too; the tolerance is for that.
 */
static void
check_contributions(const char *what, const CrForest *forest,
					const float *rows, const float *theirs)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrLayout   *layout = cr_layout_build(forest, &alloc);
	CrPlan	   *plan = cr_plan_build(forest, layout, &alloc);
	CrExplainer explainer = {forest, layout, plan, NULL, &no_alloc};
	double		worst[2] = {0, 0};
	double		ours[N_FEATURES + 1];

	explainer.scratch = malloc(cr_explain_scratch(forest, layout, plan));
	for (int i = 0; i < N_ROWS; i++, theirs += N_FEATURES + 1)
	{
		reference_contributions(forest, rows + i * N_FEATURES, ours);
		worst[0] = fmax(worst[0], distance(ours, theirs));
		cr_explain_row(&explainer, cr_kernel_choose(), rows + i * N_FEATURES,
					   ours);
		worst[1] = fmax(worst[1], distance(ours, theirs));
	}
	ok(worst[0] < TOLERANCE && worst[1] < TOLERANCE,
	   "%s: %d rows of contributions, worst difference %.1e, of kernels %.1e",
	   what, N_ROWS, worst[0], worst[1]);
	free(explainer.scratch);
	cr_plan_release(plan, &alloc);
	cr_layout_release(layout, &alloc);
}

static void
check_rows(const char *what, const Setup *setup, BoosterHandle booster,
		   const CrForest *forest, Random *random)
{
	static float rows[N_ROWS * N_FEATURES];
	static float margins[N_ROWS];
	static float pds[N_ROWS];
	static float contributions[N_ROWS * (N_FEATURES + 1)];
	DMatrixHandle matrix;

	make_rows(forest, random, rows);
	matrix = make_matrix(setup, rows, N_ROWS);
	predict(booster, matrix, 1, margins);
	predict(booster, matrix, 0, pds);
	predict(booster, matrix, 2, contributions);
	must(XGDMatrixFree(matrix));
	check_parity(what, forest, rows, N_ROWS, margins, pds);
	check_contributions(what, forest, rows, contributions);
}

static void
check_format(const char *what, const Setup *setup, BoosterHandle booster,
			 const char *config, Random *random)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	bst_ulong	length;
	const char *bytes;
	CrForest	forest;
	CrError		error;
	size_t		size;
	void	   *image;

	must(XGBoosterSaveModelToBuffer(booster, config, &length, &bytes));
	image = import_for_parity((CrView) {bytes, (size_t) length}, N_FEATURES,
							  &alloc, &size, what);
	if (image == NULL)
		return;
	if (ok(cr_forest_open(&forest, image, size, &error) == CR_OK &&
		   forest.n_features == N_FEATURES && same_names(&forest) &&
		   forest.categorical == is_categorical(setup, N_NUMERIC),
		   "%s: opens, with the names of the features", what))
		check_rows(what, setup, booster, &forest, random);
	alloc.release(alloc.context, image);
}

static void
check_setup(const Setup *setup, Random *random)
{
	BoosterHandle booster = train(setup, random);
	char		what[128];

	for (int i = 0; i < 2; i++)
	{
		snprintf(what, sizeof(what), "%s %s depth %s base_score %s %s",
				 setup->booster, setup->splits, setup->depth,
				 setup->base_score == NULL ? "default" : setup->base_score,
				 i == 0 ? "JSON" : "UBJSON");
		check_format(what, setup, booster, i == 0 ? "{\"format\":\"json\"}" :
					 "{\"format\":\"ubj\"}", random);
	}
	must(XGBoosterFree(booster));
}

int
main(void)
{
	static const char *const splits[] = {"numeric", "onehot", "partition"};
	static const char *const depths[] = {"1", "3", "6", "10"};
	static const char *const base_scores[] = {"0.5", "0.2", "0.001", NULL};
	Random		random = {.state = 31337};
	int			major;
	int			minor;
	int			patch;

	XGBoostVersion(&major, &minor, &patch);
	printf("# libxgboost %d.%d.%d\n", major, minor, patch);
	for (int b = 0; b < 4; b++)
	{
		Setup		setup = {"gblinear", "numeric", "0", base_scores[b]};

		check_setup(&setup, &random);
		for (int s = 0; s < 3; s++)
			for (int d = 0; d < 4; d++)
			{
				setup = (Setup) {"gbtree", splits[s], depths[d],
				base_scores[b]};
				check_setup(&setup, &random);
				setup.booster = "dart";
				check_setup(&setup, &random);
			}
	}
	return done_testing();
}
