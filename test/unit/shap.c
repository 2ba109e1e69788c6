/*
 * shap.c
 *	  Proves that the reference of the contributions is what the definition
 *	  says, by going through all sets of features, and that it adds up to the
 *	  margin on everything that XGBoost made.
 */
#include "contributions.h"
#include "model.h"
#include "plant.h"

#define FOLDER		"parity/fixtures"
#define N_ROWS		32			/* of each fixture */
#define TOLERANCE	1e-5		/* of the largest contribution: the margin is a
								 * float */

/* -------- the definition -------- */

static bool
row_goes_left(const CrForest *forest, const CrNode *node, const float *row)
{
	float		value = row[CR_SLOT(node->slot) / 2];

	if (isnan(value))
		return node->slot % 2 == 1;
	if (node->slot & CR_CATEGORICAL_SPLIT)
		return !cr_set_contains(forest, node->u.set, (uint32_t) value);
	return value < node->u.threshold;
}

/* Expected output below a node if the features of the set are known. */
static double
expected(const CrForest *forest, uint32_t i, const float *row, uint32_t known)
{
	const CrNode *node = &forest->nodes[i];

	if (CR_SLOT(node->slot) == 2 * forest->n_features)
		return (double) node->u.leaf;
	if (known >> CR_SLOT(node->slot) / 2 & 1)
		return expected(forest, row_goes_left(forest, node, row) ?
						node->left : node->left + 1, row, known);
	return cr_shap_share(forest, i, node->left) *
		expected(forest, node->left, row, known) +
		cr_shap_share(forest, i, node->left + 1) *
		expected(forest, node->left + 1, row, known);
}

static double
expected_margin(const CrForest *forest, const float *row, uint32_t known)
{
	double		sum = (double) forest->header->base_margin;

	for (uint32_t t = 0; t < forest->n_trees; t++)
		sum += expected(forest, forest->trees[t].root, row, known);
	return sum;
}

/* |S|! (n - |S| - 1)! / n! */
static double
shapley_weight(uint32_t n, uint32_t size)
{
	return tgamma(size + 1.0) * tgamma((double) (n - size)) / tgamma(n + 1.0);
}

static void
defined_contributions(const CrForest *forest, const float *row,
					  double *contributions)
{
	uint32_t	n = forest->n_features;

	memset(contributions, 0, (n + 1) * sizeof(double));
	for (uint32_t known = 0; known < UINT32_C(1) << n; known++)
	{
		uint32_t	size = (uint32_t) __builtin_popcount(known);
		double		margin = expected_margin(forest, row, known);

		for (uint32_t f = 0; f < n; f++)
			contributions[f] += margin * (known >> f & 1 ?
										  shapley_weight(n, size - 1) :
										  -shapley_weight(n, size));
		if (known == 0)
			contributions[n] = margin;
	}
}

static double
distance(const double *a, const double *b, uint32_t n)
{
	double		worst = 0;

	for (uint32_t i = 0; i < n; i++)
		worst = fmax(worst, fabs(a[i] - b[i]));
	return worst;
}

static void
test_definition(const Plant *plant, Random *random)
{
	CrForest	forest;
	void	   *image = plant_forest(plant, random, &forest);
	double		worst = 0;
	float		row[16];
	double		defined[17];
	double		contributions[17];

	for (int i = 0; i < 12; i++)
	{
		random_row(&forest, random, row);
		defined_contributions(&forest, row, defined);
		reference_contributions(&forest, row, contributions);
		worst = fmax(worst, distance(defined, contributions,
									 forest.n_features + 1) /
					 largest_contribution(defined, forest.n_features + 1));
	}
	ok(worst < 1e-11, "%s: as defined, worst difference %.1e", plant->what,
	   worst);
	free(image);
}

static void
test_definitions(Random *random)
{
	static const Plant plants[] = {
		{"stumps", 3, 2, 0, 0,.growth = GROW_BUSHY},
		{"depth 1", 3, 2, 1, 1,.growth = GROW_BUSHY},
		{"one feature", 5, 1, 63, 6,.growth = GROW_BUSHY},
		{"two features", 5, 2, 63, 6,.growth = GROW_BUSHY},
		{"features return", 5, 4, 127, 7,.growth = GROW_BUSHY},
		{"eight features", 3, 8, 127, 7,.growth = GROW_RAGGED,
		.n_thresholds = 40},
		{"a chain", 3, 8, 60, 60,.growth = GROW_CHAIN,.n_thresholds = 40},
		{"categories", 4, 5, 63, 6,.growth = GROW_BUSHY,.choices = 2,
		.max_code = 70},
		{"covers that do not add up", 5, 6, 31, 5,.growth = GROW_BUSHY,
		.odd_covers = true},
		{"base last", 2, 3, 15, 4,.growth = GROW_BUSHY,.base_last = true},
	};

	for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
		for (int again = 0; again < 3; again++)
			test_definition(&plants[i], random);
}

/* -------- what no subset can be gone through for -------- */

static void
test_additivity(const Plant *plant, Random *random)
{
	CrForest	forest;
	void	   *image = plant_forest(plant, random, &forest);
	float	   *row = malloc(forest.n_features * sizeof(float));
	double	   *contributions = malloc((forest.n_features + 1) *
									   sizeof(double));
	double		worst = 0;

	for (int i = 0; i < 8; i++)
	{
		random_row(&forest, random, row);
		reference_contributions(&forest, row, contributions);
		worst = fmax(worst, additivity_error(&forest, row, contributions));
	}
	ok(worst < TOLERANCE, "%s: depth %u, worst additivity %.1e", plant->what,
	   forest.max_depth, worst);
	free(image);
	free(row);
	free(contributions);
}

static void
test_large(Random *random)
{
	static const Plant plants[] = {
		{"300 features in a chain", 4, 300, 255, 255,.growth = GROW_CHAIN,
		.n_thresholds = 30},
		{"few features in a chain", 4, 7, 255, 255,.growth = GROW_CHAIN,
		.n_thresholds = 30},
		{"65535 features", 20, 65535, 500, 12,.growth = GROW_BUSHY,
		.n_thresholds = 1},
		{"many categories", 20, 6, 511, 9,.growth = GROW_BUSHY,
		.n_thresholds = 20,.choices = 3,.max_code = 16777215},
	};

	for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
		test_additivity(&plants[i], random);
}

/* -------- what XGBoost made -------- */

static double
worst_additivity(const CrForest *forest, const float *rows, uint32_t n)
{
	double	   *contributions = malloc((forest->n_features + 1) *
									   sizeof(double));
	double		worst = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		const float *row = rows + (size_t) i * forest->n_features;

		reference_contributions(forest, row, contributions);
		worst = fmax(worst, additivity_error(forest, row, contributions));
	}
	free(contributions);
	return worst;
}

static void
test_fixture(const char *model, const char *rows_file, uint32_t n_features)
{
	CrView		artifact = read_file(FOLDER, model);
	CrView		rows = read_file(FOLDER, rows_file);
	Imported	imported = import_numbered(artifact, n_features);
	double		worst = (double) INFINITY;
	CrForest	forest;
	CrError		error;

	if (imported.status == CR_OK &&
		cr_forest_open(&forest, imported.image, imported.size,
					   &error) == CR_OK)
		worst = worst_additivity(&forest, (const float *) rows.data, N_ROWS);
	ok(worst < TOLERANCE, "%s: worst additivity %.1e", model, worst);
	forget(&imported);
	free((void *) artifact.data);
	free((void *) rows.data);
}

static void
test_fixtures(void)
{
	CrView		manifest = read_file(FOLDER, "manifest.tsv");
	int			n_lines = 0;

	((char *) manifest.data)[manifest.length] = '\0';
	for (char *line = strtok((char *) manifest.data, "\n"); line != NULL;
		 line = strtok(NULL, "\n"))
	{
		char		model[256];
		char		rows[256];
		unsigned	n_features;

		if (n_lines++ > 0 &&
			sscanf(line, "%255[^\t]\t%255[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%u",
				   model, rows, &n_features) == 3)
			test_fixture(model, rows, n_features);
	}
	ok(n_lines > 100, "the manifest lists %d models", n_lines - 1);
	free((void *) manifest.data);
}

/* 0.5 * a - 2 * b + 0.125, base margin 0 */
static void
test_linear(void)
{
	Text		model = model_json(MODEL_LINEAR);
	Imported	imported = import_numbered(text_view(&model), 2);
	const float row[] = {3, NAN};
	double		contributions[3] = {1, 1, 1};
	CrForest	forest;
	CrError		error;

	if (imported.status == CR_OK &&
		cr_forest_open(&forest, imported.image, imported.size,
					   &error) == CR_OK)
		reference_contributions(&forest, row, contributions);
	ok(contributions[0] == 1.5 && contributions[1] == 0 &&
	   contributions[2] == 0.125, "linear: weight times value, and the bias");
	forget(&imported);
	free(model.data);
}

int
main(void)
{
	Random		random = {.state = 77};

	test_definitions(&random);
	test_large(&random);
	test_linear();
	test_fixtures();
	return done_testing();
}
