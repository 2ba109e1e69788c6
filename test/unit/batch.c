/*
 * batch.c
 *	  Proves that every kernel gives the bits of the reference, over forests
 *	  that XGBoost made and over planted ones of every shape: around the
 *	  numbers of thresholds and leaves where codes change their width, and
 *	  where values tie, nearly tie, or are missing.
 */
#include "cr_layout.h"
#include "kernels.h"
#include "model.h"
#include "plant.h"
#include "recorded.h"

/* -------- what XGBoost made -------- */

static void
shuffle_rows(float *rows, uint32_t n, uint32_t n_features, Random *random)
{
	for (uint32_t i = n; i > 1; i--)
		for (uint32_t k = random_below(random, i), f = 0; f < n_features; f++)
		{
			float	   *a = &rows[(size_t) (i - 1) * n_features + f];
			float	   *b = &rows[(size_t) k * n_features + f];
			float		swap = *a;

			*a = *b;
			*b = swap;
		}
}

/* All rows in a random order, in batches of random sizes. */
static const char *
fixture_differs(const CrForest *forest, CrLayout *layout, float *rows,
				uint32_t n_rows, Random *random)
{
	const char *differs = NULL;
	uint32_t	n;

	shuffle_rows(rows, n_rows, forest->n_features, random);
	for (uint32_t i = 0; i < n_rows && differs == NULL; i += n)
	{
		n = one_in(random, 2) ? CR_BATCH_ROWS :
			1 + random_below(random, CR_BATCH_ROWS);
		if (n > n_rows - i)
			n = n_rows - i;
		differs = kernels_differ(forest, layout,
								 rows + (size_t) i * forest->n_features, n,
								 random);
	}
	return differs;
}

static void
test_fixture(const Recorded *recorded, Random *random)
{
	const CrForest *forest = recorded->forest;
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrLayout   *layout = cr_layout_build(forest, &alloc);
	const char *differs = fixture_differs(forest, layout, recorded->rows,
										  recorded->n_rows, random);

	if (differs == NULL)
		differs = kernels_differ(forest, layout, NULL, CR_BATCH_ROWS, random);
	cr_layout_release(layout, &alloc);
	ok(differs == NULL && meter.used == 0, "%s %s", recorded->name,
	   differs != NULL ? differs : "");
}

/* -------- what nobody would train -------- */

/* A layout goes on working at another address. */
static const char *
moved_differs(const CrForest *forest, const CrLayout *layout, Random *random)
{
	size_t		size = cr_layout_size(layout);
	char	   *memory = malloc(size + CR_LAYOUT_ALIGNMENT);
	char	   *moved = memory + (-(uintptr_t) memory &
								  (CR_LAYOUT_ALIGNMENT - 1));
	const char *differs;

	memcpy(moved, layout, size);
	differs = kernels_differ(forest, (CrLayout *) moved, NULL, 7, random);
	free(memory);
	return differs;
}

static void
test_plant(const Plant *plant, bool fast, Random *random)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrForest	forest;
	void	   *image = plant_forest(plant, random, &forest);
	CrLayout   *layout = cr_layout_build(&forest, &alloc);
	const char *differs = NULL;
	size_t		size = cr_layout_size(layout);

	for (uint32_t n = 1; n <= CR_BATCH_ROWS && differs == NULL;
		 n += forest.n_nodes > 20000 ? 31 : 3)
		differs = kernels_differ(&forest, layout, NULL, n, random);
	if (differs == NULL)
		differs = moved_differs(&forest, layout, random);
	ok(differs == NULL && (layout->n_columns > 0) == fast &&
	   size <= 4 * forest.header->size + 65536,
	   "%s: %u nodes, depth %u, %u columns, %.1f times the image %s",
	   plant->what, forest.n_nodes, forest.max_depth, layout->n_columns,
	   (double) size / (double) forest.header->size,
	   differs != NULL ? differs : "");
	cr_layout_release(layout, &alloc);
	ok(meter.used == 0, "%s: nothing leaked", plant->what);
	free(image);
}

static void
test_plants(Random *random)
{
	static const Plant plants[] = {
		{"depth 1", 5, 3, 1, 1,.growth = GROW_BUSHY},
		{"depth 2", 33, 3, 3, 2,.growth = GROW_BUSHY},
		{"depth 3", 17, 3, 7, 3,.growth = GROW_BUSHY},
		{"depth 4", 65, 5, 15, 4,.growth = GROW_BUSHY},
		{"depth 5", 16, 5, 31, 5,.growth = GROW_BUSHY},
		{"depth 6", 15, 5, 63, 6,.growth = GROW_BUSHY},
		{"depth 7", 18, 5, 127, 7,.growth = GROW_BUSHY},
		{"depth 8", 31, 5, 255, 8,.growth = GROW_BUSHY},
		{"depth 9", 5, 5, 511, 9,.growth = GROW_BUSHY},
		{"depth 12", 3, 5, 4095, 12,.growth = GROW_BUSHY},
		{"one tree", 1, 1, 255, 8,.growth = GROW_BUSHY},
		{"base last", 9, 4, 63, 6, GROW_BUSHY,.base_last = true},
		{"ragged, depth 3", 40, 4, 10, 3,.growth = GROW_RAGGED},
		{"ragged, depth 5", 40, 4, 30, 5,.growth = GROW_RAGGED},
		{"ragged, depth 8", 40, 4, 200, 8,.growth = GROW_RAGGED},
		{"ragged, depth 10", 40, 4, 300, 10,.growth = GROW_RAGGED},
		{"ragged, depth 40", 40, 4, 3000, 40,.growth = GROW_RAGGED},
		{"chain, depth 8", 20, 4, 8, 8,.growth = GROW_CHAIN},
		{"chain, depth 63", 20, 4, 63, 63,.growth = GROW_CHAIN},
		{"chain, depth 254", 4, 4, 254, 255,.growth = GROW_CHAIN},
		{"chain, depth 255", 4, 4, 255, 255,.growth = GROW_CHAIN},
		{"broom, depth 20", 4, 4, 600, 20,.growth = GROW_BUSHY,.trunk = 11},
		{"broom, depth 255", 3, 4, 800, 255,.growth = GROW_BUSHY,
		.trunk = 245},
		{"254 leaves", 3, 4, 253, 255,.growth = GROW_RAGGED},
		{"256 leaves", 3, 4, 255, 255,.growth = GROW_RAGGED},
		{"257 leaves", 3, 4, 256, 255,.growth = GROW_RAGGED},
		{"16 thresholds", 3, 1, 63, 6,.growth = GROW_BUSHY,.n_thresholds = 16},
		{"17 thresholds", 3, 1, 63, 6,.growth = GROW_BUSHY,.n_thresholds = 17},
		{"254 thresholds", 5, 2, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 254},
		{"255 thresholds", 5, 2, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 255},
		{"256 thresholds", 5, 2, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 256},
		{"257 thresholds", 5, 2, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 257},
		{"510 thresholds", 5, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 510},
		{"511 thresholds", 5, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 511},
		{"512 thresholds", 5, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 512},
		{"4095 thresholds", 20, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 4095},
		{"4096 thresholds", 20, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 4096},
		{"4097 thresholds", 20, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 4097},
		{"65535 thresholds", 258, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 65535},
		{"65536 thresholds", 258, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 65536},
		{"65537 thresholds", 258, 1, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 65537},
		{"128 columns", 90, 64, 15, 4,.growth = GROW_BUSHY,.n_thresholds = 1},
		{"130 columns", 90, 65, 15, 4,.growth = GROW_BUSHY,.n_thresholds = 1},
		{"254 columns", 90, 127, 15, 4,.growth = GROW_BUSHY,.n_thresholds = 1},
		{"256 columns", 90, 128, 31, 5,.growth = GROW_BUSHY,.n_thresholds = 1},
		{"200 features", 50, 200, 63, 6,
		.growth = GROW_BUSHY,.n_thresholds = 3},
		{"4000 features", 60, 4000, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 3},
		{"categories", 20, 6, 31, 5,
		.growth = GROW_BUSHY,.n_thresholds = 20,.choices = 2,.max_code = 400},
		{"all categories", 20, 6, 31, 5,
		.growth = GROW_RAGGED,.n_thresholds = 20,.choices = 1,.max_code = 70},
		{"many categories", 20, 6, 31, 5,
		.growth = GROW_BUSHY,.n_thresholds = 20,.choices = 3,.max_code = 16777215},
		{"512 categories", 30, 2, 63, 6,.growth = GROW_BUSHY,
		.n_thresholds = 20,.choices = 1,.max_code = 540},
		{"categories, depth 12", 6, 6, 2000, 12,
		.growth = GROW_RAGGED,.n_thresholds = 20,.choices = 2,.max_code = 511},
	};
	static const Plant large[] = {
		{"65535 features", 140, 65535, 500, 12,
		.growth = GROW_BUSHY,.n_thresholds = 1},
		{"8192 categorical splits", 34, 6, 255, 8,
		.growth = GROW_BUSHY,.n_thresholds = 20,.choices = 1,.max_code = 70},
		{"stumps", 100, 3, 0, 0,.growth = GROW_BUSHY},
	};

	for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
		test_plant(&plants[i], true, random);
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		test_plant(&large[i], false, random);
}

/* Shapes by chance, over and over. */
static void
test_chance(Random *random)
{
	int			wrong = 0;

	for (int i = 0; i < 300; i++)
	{
		Plant		plant = {
			.what = "by chance",
			.n_trees = 1 + random_below(random, 40),
			.n_features = 1 + random_below(random, 30),
			.n_inner = random_below(random, one_in(random, 4) ? 400 : 64),
			.depth = random_below(random, one_in(random, 4) ? 30 : 9),
			.growth = (Growth) random_below(random, 3),
			.n_thresholds = one_in(random, 2) ? 0 : random_below(random, 600),
			.choices = one_in(random, 3) ? 1 + random_below(random, 4) : 0,
			.max_code = random_below(random, one_in(random, 2) ? 40 : 3000),
			.base_last = one_in(random, 2),
		};
		Meter		meter = {0};
		CrAlloc		alloc = METERED(&meter);
		CrForest	forest;
		void	   *image = plant_forest(&plant, random, &forest);
		CrLayout   *layout = cr_layout_build(&forest, &alloc);

		wrong += kernels_differ(&forest, layout, NULL,
								1 + random_below(random, CR_BATCH_ROWS),
								random) != NULL;
		cr_layout_release(layout, &alloc);
		wrong += meter.used != 0;
		free(image);
	}
	ok(wrong == 0, "300 forests by chance, %d wrong", wrong);
}

static void
test_table(void)
{
	const CrKernel *last = cr_kernels;

	while (last[1].name != NULL)
		last++;
	ok(strcmp(last->name, "portable") == 0 && last->runs(),
	   "the last kernel runs everywhere");
	ok(cr_kernel_choose()->runs(), "%s is chosen here",
	   cr_kernel_choose()->name);
	for (const CrKernel *k = cr_kernels; k->name != NULL; k++)
		if (!k->runs())
			printf("# %s cannot be tested on this CPU\n", k->name);
}

int
main(void)
{
	Random		random = {.state = 3};

	test_table();
	test_plants(&random);
	test_chance(&random);
	test_recorded(test_fixture, &random);
	return done_testing();
}
