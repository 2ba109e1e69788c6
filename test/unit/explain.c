/*
 * explain.c
 *	  Proves that every kernel gives the contributions of the reference, and the
 *	  same bits as every other one: over forests that XGBoost made, and over
 *	  planted ones around the limits of plans.
 */
#include "cr_explain_plan.h"
#include "explained.h"
#include "model.h"
#include "plant.h"

#define FOLDER		"parity/fixtures"
#define N_ROWS		80			/* of each fixture: a whole batch and a part */
#define FLOOR(plant) ((plant)->n_trees / 10.0)	/* leaves may cancel out */

/* -------- what XGBoost made -------- */

/* Also whether the sum is the margin, as the docs promise. */
static double
worst_sum(const CrExplainer *explainer, const float *rows, uint32_t n)
{
	const CrForest *forest = explainer->forest;
	double	   *contributions = malloc((forest->n_features + 1) *
									   sizeof(double));
	double		worst = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		const float *row = rows + (size_t) i * forest->n_features;

		cr_explain_row(explainer, cr_kernel_choose(), row, contributions);
		worst = fmax(worst, additivity_error(forest, row, contributions));
	}
	free(contributions);
	return worst;
}

static void
test_rows(const char *model, const CrForest *forest, const float *rows,
		  Random *random)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrLayout   *layout = cr_layout_build(forest, &alloc);
	CrPlan	   *plan = cr_plan_build(forest, layout, &alloc);
	CrExplainer explainer = {forest, layout, plan, NULL, &no_alloc};
	double		worst = 0;
	double		sum;
	const char *differs = NULL;

	explainer.scratch = malloc(cr_explain_scratch(forest, layout, plan));
	for (uint32_t i = 0; i < N_ROWS && differs == NULL; i += CR_BATCH_ROWS)
		worst = fmax(worst,
					 explained_difference(&explainer,
										  rows + (size_t) i * forest->n_features,
										  N_ROWS - i < CR_BATCH_ROWS ?
										  N_ROWS - i : CR_BATCH_ROWS, 0,
										  random, &differs));
	sum = worst_sum(&explainer, rows, N_ROWS);
	ok(differs == NULL && worst < EXPLAINED_TOLERANCE && sum < 1e-5,
	   "%s: worst difference %.1e, sum %.1e %s", model, worst, sum,
	   differs != NULL ? differs : "");
	ok(cr_plan_covers(plan) == (layout->n_columns > 0), "%s: plan of %zu bytes",
	   model, cr_plan_size(plan));
	free(explainer.scratch);
	cr_plan_release(plan, &alloc);
	cr_layout_release(layout, &alloc);
	ok(meter.used == 0, "%s: nothing leaked", model);
}

static void
test_fixture(const char *model, const char *rows_file, uint32_t n_features,
			 Random *random)
{
	CrView		artifact = read_file(FOLDER, model);
	CrView		rows = read_file(FOLDER, rows_file);
	Imported	imported = import_numbered(artifact, n_features);
	CrForest	forest;
	CrError		error;

	if (imported.status == CR_OK &&
		cr_forest_open(&forest, imported.image, imported.size,
					   &error) == CR_OK)
		test_rows(model, &forest, (const float *) rows.data, random);
	else
		ok(false, "%s: import", model);
	forget(&imported);
	free((void *) artifact.data);
	free((void *) rows.data);
}

static void
test_fixtures(Random *random)
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
			test_fixture(model, rows, n_features, random);
	}
	ok(n_lines > 100, "the manifest lists %d models", n_lines - 1);
	free((void *) manifest.data);
}

/* -------- what nobody would train -------- */

/* A plan goes on working at another address. */
static double
moved_difference(const CrExplainer *explainer, double floor, Random *random,
				 const char **differs)
{
	size_t		size = cr_plan_size(explainer->plan);
	char	   *memory = malloc(size + CR_LAYOUT_ALIGNMENT);
	char	   *moved = memory + (-(uintptr_t) memory &
								  (CR_LAYOUT_ALIGNMENT - 1));
	CrExplainer other = *explainer;
	double		worst;

	memcpy(moved, explainer->plan, size);
	other.plan = (CrPlan *) moved;
	worst = explained_difference(&other, NULL, 5, floor, random, differs);
	free(memory);
	return worst;
}

static void
test_plant(const Plant *plant, bool fast, Random *random)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrForest	forest;
	void	   *image = plant_forest(plant, random, &forest);
	CrLayout   *layout = cr_layout_build(&forest, &alloc);
	CrPlan	   *plan = cr_plan_build(&forest, layout, &alloc);
	CrExplainer explainer = {&forest, layout, plan, NULL, &no_alloc};
	const char *differs = NULL;
	double		worst = 0;

	explainer.scratch = malloc(cr_explain_scratch(&forest, layout, plan));
	for (uint32_t n = 1; n <= CR_BATCH_ROWS && differs == NULL; n += 21)
		worst = fmax(worst, explained_difference(&explainer, NULL, n, FLOOR(plant),
												 random, &differs));
	if (differs == NULL)
		worst = fmax(worst, moved_difference(&explainer, FLOOR(plant),
											 random, &differs));
	ok(differs == NULL && worst < EXPLAINED_TOLERANCE &&
	   cr_plan_covers(plan) == fast,
	   "%s: %u groups, %u of %u trees loose, %u points, worst %.1e %s",
	   plant->what, plan->n_groups, plan->n_loose, plan->n_roots,
	   plan->n_points, worst, differs != NULL ? differs : "");
	free(explainer.scratch);
	cr_plan_release(plan, &alloc);
	cr_layout_release(layout, &alloc);
	ok(meter.used == 0, "%s: nothing leaked", plant->what);
	free(image);
}

static void
test_plants(Random *random)
{
	static const Plant covered[] = {
		{"depth 1", 5, 3, 1, 1,.growth = GROW_BUSHY},
		{"depth 2", 33, 3, 3, 2,.growth = GROW_BUSHY},
		{"depth 3", 17, 3, 7, 3,.growth = GROW_BUSHY},
		{"depth 4", 65, 5, 15, 4,.growth = GROW_BUSHY},
		{"depth 5", 16, 5, 31, 5,.growth = GROW_BUSHY},
		{"depth 6", 15, 9, 63, 6,.growth = GROW_BUSHY,.n_thresholds = 30},
		{"depth 7", 18, 5, 127, 7,.growth = GROW_BUSHY},
		{"depth 8", 31, 20, 255, 8,.growth = GROW_BUSHY,.n_thresholds = 300},
		{"depth 9", 5, 20, 511, 9,.growth = GROW_BUSHY,.n_thresholds = 300},
		{"depth 10", 18, 30, 1023, 10,.growth = GROW_BUSHY,.n_thresholds = 90},
		{"depth 11", 3, 30, 2047, 11,.growth = GROW_BUSHY,.n_thresholds = 90},
		{"one tree", 1, 1, 255, 8,.growth = GROW_BUSHY},
		{"one feature", 20, 1, 63, 6,.growth = GROW_BUSHY},
		{"base last", 9, 4, 63, 6, GROW_BUSHY,.base_last = true},
		{"ragged, depth 5", 40, 4, 30, 5,.growth = GROW_RAGGED},
		{"ragged, depth 10", 40, 14, 300, 10,.growth = GROW_RAGGED},
		{"ragged, depth 30", 20, 14, 1000, 30,.growth = GROW_RAGGED},
		{"chain, depth 8", 20, 8, 8, 8,.growth = GROW_CHAIN,.n_thresholds = 9},
		{"chain, depth 10", 20, 9, 10, 10,.growth = GROW_CHAIN,.n_thresholds = 9},
		{"chain, 24 features", 20, 24, 24, 24,.growth = GROW_CHAIN,
		.n_thresholds = 30},
		{"chain, 32 features", 20, 32, 32, 32,.growth = GROW_CHAIN,
		.n_thresholds = 30},
		{"chain, depth 32", 20, 4, 32, 32,.growth = GROW_CHAIN},
		{"broom, depth 20", 4, 4, 600, 20,.growth = GROW_BUSHY,.trunk = 11},
		{"256 thresholds", 5, 2, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 256},
		{"4097 thresholds", 20, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 4097},
		{"200 features", 50, 200, 63, 6,
		.growth = GROW_BUSHY,.n_thresholds = 3},
		{"4000 features", 60, 4000, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 3},
		{"two chunks", 300, 9, 63, 6,.growth = GROW_BUSHY,.n_thresholds = 50},
		{"categories", 20, 6, 31, 5,
		.growth = GROW_BUSHY,.n_thresholds = 20,.choices = 2,.max_code = 400},
		{"all categories", 20, 6, 31, 5,
		.growth = GROW_RAGGED,.n_thresholds = 20,.choices = 1,.max_code = 70},
		{"categories, depth 12", 6, 6, 2000, 12,
		.growth = GROW_RAGGED,.n_thresholds = 20,.choices = 2,.max_code = 511},
	};
	static const Plant others[] = {
		{"chain, depth 33", 4, 4, 33, 33,.growth = GROW_CHAIN},
		{"covers that do not add up", 20, 6, 31, 5,.growth = GROW_BUSHY,
		.odd_covers = true},
		{"8192 categorical splits", 34, 6, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 20,.choices = 1,.max_code = 70},
		{"stumps", 100, 3, 0, 0,.growth = GROW_BUSHY},
	};

	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++)
		test_plant(&covered[i], true, random);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		test_plant(&others[i], false, random);
}

/* Shapes by chance, over and over. */
static void
test_chance(Random *random)
{
	double		worst = 0;
	const char *differs = NULL;
	int			n = 0;

	for (; n < 300 && differs == NULL; n++)
	{
		Plant		plant = {
			.n_trees = 1 + random_below(random, 40),
			.n_features = 1 + random_below(random, 40),
			.n_inner = random_below(random, 200),
			.depth = random_below(random, 40),
			.growth = (Growth) random_below(random, 3),
			.n_thresholds = 3 * random_below(random, 100),
			.choices = random_below(random, 4),.max_code = 600,
		};
		Meter		meter = {0};
		CrAlloc		alloc = METERED(&meter);
		CrForest	forest;
		void	   *image = plant_forest(&plant, random, &forest);

		worst = fmax(worst, explained_forest(&forest,
											 1 + random_below(random, 64),
											 FLOOR(&plant), &alloc, random,
											 &differs));
		if (meter.used != 0)
			differs = "leak";
		free(image);
	}
	ok(differs == NULL && worst < EXPLAINED_TOLERANCE,
	   "%d forests by chance: worst %.1e %s", n, worst,
	   differs != NULL ? differs : "");
}

int
main(void)
{
	Random		random = {.state = 4242};

	test_plants(&random);
	test_chance(&random);
	test_fixtures(&random);
	return done_testing();
}
