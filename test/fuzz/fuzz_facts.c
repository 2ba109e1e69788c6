/*
 * fuzz_facts.c
 *	  libFuzzer harness: whatever bytes are opened as an image of trees, bounds
 *	  hold for random applicants, whoever is shown in proof has the margin that
 *	  is said, and no better value of a feature is worse.
 */
#include "agree.h"
#include "cr_best.h"
#include "cr_monotone.h"

#define BUDGET		2000
#define MAX_LOOKED	8			/* features */

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void *
take(void *context, size_t size)
{
	void	   *memory = malloc(size + (size == 0));

	(void) context;
	check(memory != NULL);
	return memory;
}

static void
give_back(void *context, void *memory)
{
	(void) context;
	free(memory);
}

static const CrAlloc plain = {take, give_back, NULL, NULL};

/* What a feature and an applicant are looked at with. */
typedef struct Rows
{
	float	   *row;
	float	   *upper;
	float	   *scratch;
} Rows;

/* Where there are labels, no other code can come. */
static void
random_applicant(const CrForest *forest, Random *random, float *row)
{
	random_row(forest, random, row);
	for (uint32_t f = 0; f < forest->n_features; f++)
		if (forest->features[f].n_labels > 0 && !isnan(row[f]))
			row[f] = fmodf(row[f], (float) forest->features[f].n_labels);
}

static float
margin_of(const CrForest *forest, const float *row, const Rows *rows)
{
	return cr_eval_choose(forest)->margin(forest, row, rows->scratch);
}

static void
check_range(CrBox *box, Random *random, const Rows *rows)
{
	CrRangeEnd	smallest = cr_range_end(box, CR_SMALLEST, BUDGET, rows->row);
	CrRangeEnd	largest;

	check(margin_of(box->forest, rows->row, rows) == smallest.found);
	largest = cr_range_end(box, CR_LARGEST, BUDGET, rows->row);
	check(margin_of(box->forest, rows->row, rows) == largest.found);
	check(smallest.bound <= smallest.found && largest.found <= largest.bound);
	for (int i = 0; i < 8; i++)
	{
		float		margin;

		random_applicant(box->forest, random, rows->row);
		margin = margin_of(box->forest, rows->row, rows);
		check(smallest.bound <= margin && margin <= largest.bound);
	}
}

static void
check_direction(CrBox *box, uint32_t feature, CrDirection direction,
				const Rows *rows)
{
	CrWitness	w = {.lower = rows->row,.upper = rows->upper};

	if (cr_monotone_check(box, feature, direction, BUDGET, &w) != CR_REFUTED)
		return;
	check(w.lower[feature] < w.upper[feature]);
	check(margin_of(box->forest, w.lower, rows) == w.lower_margin);
	check(margin_of(box->forest, w.upper, rows) == w.upper_margin);
	check(direction == CR_INCREASING ? w.upper_margin < w.lower_margin :
		  w.upper_margin > w.lower_margin);
}

static void
check_forest(const CrForest *forest, Random *random, const Rows *rows)
{
	CrBest		best;

	cr_best_make(&best, forest, &plain);
	check_range(&best.box, random, rows);
	for (uint32_t f = 0; f < forest->n_features && f < MAX_LOOKED; f++)
	{
		if (forest->features[f].kind == CR_NUMERIC)
		{
			check_direction(&best.box, f, CR_INCREASING, rows);
			check_direction(&best.box, f, CR_DECREASING, rows);
		}
		random_applicant(forest, random, rows->row);
		check(cr_best_distance(&best, f, rows->row, CR_SMALLEST) >= 0);
		check(cr_best_distance(&best, f, rows->row, CR_LARGEST) >= 0);
	}
	cr_best_release(&best);
}

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes are copied, because an image must be aligned. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Random		random = {.state = 1};
	char	   *image = malloc(size + (size == 0));
	CrForest	forest;
	CrError		error;

	if (size > 0)
		memcpy(image, data, size);
	if (cr_forest_open(&forest, image, size, &error) == CR_OK &&
		forest.header->booster != CR_GBLINEAR)
	{
		size_t		n = forest.n_features * sizeof(float);
		Rows		rows = {malloc(n), malloc(n),
		malloc(cr_eval_scratch(&forest) * sizeof(float))};

		check_forest(&forest, &random, &rows);
		free(rows.row);
		free(rows.upper);
		free(rows.scratch);
	}
	free(image);
	return 0;
}
