/*
 * facts.c
 *	  Proves what is said about a forest without running it, by running it: for
 *	  small planted forests every applicant that it can tell apart is
 *	  evaluated.  The range's ends must be among the margins, a direction proven
 *	  if and only if no pair contradicts it, and a feature's best value be the
 *	  best of all.
 */
#include "cr_best.h"
#include "cr_eval.h"
#include "cr_monotone.h"
#include "cr_range.h"
#include "model.h"
#include "plant.h"

#include <float.h>

#define MAX_FEATURES	4
#define MAX_VALUES		64
#define PLENTY			UINT64_C(1000000000)

/* -------- all applicants -------- */

typedef struct Grid
{
	uint32_t	n_features;
	uint32_t	n[MAX_FEATURES];
	float		values[MAX_FEATURES][MAX_VALUES];	/* ascending, NaN last */
} Grid;

static void
add_value(Grid *grid, uint32_t feature, float value)
{
	float	   *values = grid->values[feature];
	uint32_t	i = 0;

	while (i < grid->n[feature] && values[i] < value)
		i++;
	if (!isfinite(value) || (i < grid->n[feature] && values[i] == value))
		return;
	memmove(values + i + 1, values + i,
			(grid->n[feature]++ - i) * sizeof(float));
	values[i] = value;
}

/* A threshold and its neighbour below, or the codes that fit into a word. */
static void
add_values_of(Grid *grid, const CrForest *forest, const CrNode *node)
{
	uint32_t	feature = CR_SLOT(node->slot) / 2;

	if (node->slot == 2 * forest->n_features)
		return;
	if (!(node->slot & CR_CATEGORICAL_SPLIT))
	{
		add_value(grid, feature, node->u.threshold);
		if (node->u.threshold > -FLT_MAX)
			add_value(grid, feature, nextafterf(node->u.threshold, -INFINITY));
		return;
	}
	for (uint32_t code = 0; code < 34; code++)
		add_value(grid, feature, (float) code);
}

static void
make_grid(Grid *grid, const CrForest *forest)
{
	memset(grid, 0, sizeof(*grid));
	grid->n_features = forest->n_features;
	for (uint32_t i = 0; i < forest->n_nodes; i++)
		add_values_of(grid, forest, &forest->nodes[i]);
	for (uint32_t f = 0; f < forest->n_features; f++)
		grid->values[f][grid->n[f]++] = NAN;
}

/* The next point of the grid, but for one feature; false after the last. */
static bool
next_point(const Grid *grid, uint32_t *at, uint32_t but)
{
	for (uint32_t f = 0; f < grid->n_features; f++)
	{
		if (f == but)
			continue;
		if (++at[f] < grid->n[f])
			return true;
		at[f] = 0;
	}
	return false;
}

static float
margin_at(const Grid *grid, const uint32_t *at, const CrForest *forest)
{
	float		vector[MAX_FEATURES];
	float		scratch[2 * MAX_FEATURES + 1];

	for (uint32_t f = 0; f < grid->n_features; f++)
		vector[f] = grid->values[f][at[f]];
	return cr_eval_choose(forest)->margin(forest, vector, scratch);
}

static void
grid_range(const Grid *grid, const CrForest *forest, float *min, float *max)
{
	uint32_t	at[MAX_FEATURES] = {0};

	*min = INFINITY;
	*max = -INFINITY;
	do
	{
		float		margin = margin_at(grid, at, forest);

		*min = fminf(*min, margin);
		*max = fmaxf(*max, margin);
	} while (next_point(grid, at, UINT32_MAX));
}

/* Whether no pair of neighbours contradicts the direction. */
static bool
grid_monotone(const Grid *grid, const CrForest *forest, uint32_t feature,
			  CrDirection direction)
{
	uint32_t	at[MAX_FEATURES] = {0};

	do
	{
		for (uint32_t i = 0; i + 2 < grid->n[feature]; i++)
		{
			float		lower = (at[feature] = i, margin_at(grid, at, forest));
			float		upper = (at[feature] = i + 1,
								 margin_at(grid, at, forest));

			if (direction == CR_INCREASING ? upper < lower : upper > lower)
				return false;
		}
		at[feature] = 0;
	} while (next_point(grid, at, feature));
	return true;
}

/* -------- comparing -------- */

static float
margin_of(const CrForest *forest, const float *vector)
{
	float		scratch[2 * MAX_FEATURES + 1];

	return cr_eval_choose(forest)->margin(forest, vector, scratch);
}

static bool
range_right(CrBox *box, const Grid *grid)
{
	float		vector[MAX_FEATURES];
	float		min;
	float		max;
	CrRangeEnd	end = cr_range_end(box, CR_SMALLEST, PLENTY, vector);
	bool		right;

	grid_range(grid, box->forest, &min, &max);
	right = end.bound == min && end.found == min &&
		margin_of(box->forest, vector) == min;
	end = cr_range_end(box, CR_LARGEST, PLENTY, vector);
	return right && end.bound == max && end.found == max &&
		margin_of(box->forest, vector) == max;
}

/* With too little work allowed, the bounds hold and somebody was found. */
static bool
hasty_range_right(CrBox *box, const Grid *grid, uint64_t budget)
{
	float		vector[MAX_FEATURES];
	float		min;
	float		max;
	CrRangeEnd	end = cr_range_end(box, CR_SMALLEST, budget, vector);
	bool		right;

	grid_range(grid, box->forest, &min, &max);
	right = end.bound <= min && end.found >= min &&
		margin_of(box->forest, vector) == end.found;
	end = cr_range_end(box, CR_LARGEST, budget, vector);
	return right && end.bound >= max && end.found <= max &&
		margin_of(box->forest, vector) == end.found;
}

static bool
witness_right(const CrForest *forest, uint32_t feature, CrDirection direction,
			  const CrWitness *w)
{
	for (uint32_t f = 0; f < forest->n_features; f++)
		if (f == feature ? !(w->lower[f] < w->upper[f]) :
			!(w->lower[f] == w->upper[f] ||
			  (isnan(w->lower[f]) && isnan(w->upper[f]))))
			return false;
	return w->lower_margin == margin_of(forest, w->lower) &&
		w->upper_margin == margin_of(forest, w->upper) &&
		(direction == CR_INCREASING ? w->upper_margin < w->lower_margin :
		 w->upper_margin > w->lower_margin);
}

/* How often each verdict was given. */
typedef struct Tally
{
	int			given[4];
	int			together;		/* proven although a tree contradicts alone */
} Tally;

/* Whether some tree of the forest contradicts the direction. */
static bool
tree_contradicts(const CrForest *forest, const Grid *grid, uint32_t feature,
				 CrDirection direction)
{
	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		CrForest	alone = *forest;

		alone.trees = &forest->trees[t];
		alone.n_trees = 1;
		if (!grid_monotone(grid, &alone, feature, direction))
			return true;
	}
	return false;
}

static bool
verdict_right(CrBox *box, const Grid *grid, uint32_t feature,
			  CrDirection direction, uint64_t budget, Tally *tally)
{
	float		lower[MAX_FEATURES];
	float		upper[MAX_FEATURES];
	CrWitness	witness = {.lower = lower,.upper = upper};
	CrVerdict	verdict = cr_monotone_check(box, feature, direction, budget,
											&witness);

	tally->given[verdict]++;
	switch (verdict)
	{
		case CR_PROVEN:
			tally->together += tree_contradicts(box->forest, grid, feature,
												direction);
			return grid_monotone(grid, box->forest, feature, direction);
		case CR_REFUTED:
			return witness_right(box->forest, feature, direction, &witness);
		case CR_TOO_MUCH_WORK:
			return budget < PLENTY;
		default:
			return true;
	}
}

/* The leaves that a vector reaches, added as doubles. */
static double
exact_margin(const CrForest *forest, const float *vector)
{
	double		sum = 0;

	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		CrForest	alone = *forest;
		CrImageHeader header = *forest->header;

		header.base_margin = 0;
		alone.header = &header;
		alone.trees = &forest->trees[t];
		alone.n_trees = 1;
		sum += (double) margin_of(&alone, vector);
	}
	return sum;
}

/* For a random applicant: no other present value gets the margin further. */
static bool
best_right(CrBest *best, const Grid *grid, Random *random, uint32_t feature)
{
	const CrForest *forest = best->box.forest;
	float		vector[MAX_FEATURES];
	double		own;
	double		least = INFINITY;
	double		most = -INFINITY;
	float		mine;

	for (uint32_t f = 0; f < forest->n_features; f++)
		vector[f] = grid->values[f][random_below(random, grid->n[f])];
	own = exact_margin(forest, vector);
	mine = vector[feature];
	for (uint32_t i = 0; i + 1 < grid->n[feature]; i++)
	{
		double		margin;

		vector[feature] = grid->values[feature][i];
		margin = exact_margin(forest, vector);
		least = fmin(least, margin);
		most = fmax(most, margin);
	}
	vector[feature] = mine;
	return fabs(cr_best_distance(best, feature, vector, CR_SMALLEST) -
				fmax(own - least, 0)) < 1e-12 &&
		fabs(cr_best_distance(best, feature, vector, CR_LARGEST) -
			 fmax(most - own, 0)) < 1e-12;
}

static bool
all_best_right(CrBest *best, const Grid *grid, Random *random)
{
	for (uint32_t f = 0; f < grid->n_features; f++)
		for (int i = 0; i < 5 && grid->n[f] > 1; i++)
			if (!best_right(best, grid, random, f))
				return false;
	return true;
}

static bool
forest_right(CrBox *box, const Grid *grid, Tally *tally)
{
	static const CrDirection directions[] = {CR_INCREASING, CR_DECREASING};
	const CrForest *forest = box->forest;
	Tally		hasty = {{0}, 0};
	bool		right = range_right(box, grid) &&
		hasty_range_right(box, grid, 1) && hasty_range_right(box, grid, 50);

	for (uint32_t f = 0; f < forest->n_features; f++)
		for (int d = 0; d < 2 && forest->features[f].kind == CR_NUMERIC; d++)
			right = right &&
				verdict_right(box, grid, f, directions[d], PLENTY, tally) &&
				verdict_right(box, grid, f, directions[d], 20, &hasty);
	return right;
}

/* -------- forests -------- */

static bool
planted_right(const Plant *plant, Random *random, Tally *tally)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrForest	forest;
	void	   *image = plant_forest(plant, random, &forest);
	CrBest		best;
	Grid		grid;
	bool		right;

	make_grid(&grid, &forest);
	cr_best_make(&best, &forest, &alloc);
	right = forest_right(&best.box, &grid, tally) &&
		all_best_right(&best, &grid, random);
	cr_best_release(&best);
	free(image);
	return right && meter.used == 0;
}

static void
test_plant(Plant plant, Random *random, int n_forests, Tally *tally)
{
	int			wrong = 0;

	for (int i = 0; i < n_forests; i++)
	{
		plant.base_last = i % 2 == 0;
		wrong += !planted_right(&plant, random, tally);
	}
	ok(wrong == 0, "%s: %d of %d forests wrong", plant.what, wrong, n_forests);
}

/* -------- linear -------- */

static void
test_linear(float weight, CrDirection direction, CrVerdict expected)
{
	float		weights[] = {0.5f, weight, 3};
	CrImageHeader header = {.booster = CR_GBLINEAR,.base_margin = 1};
	CrForest	forest = {.header = &header,.weights = weights,.n_features = 2};
	float		lower[2];
	float		upper[2];
	CrWitness	witness = {.lower = lower,.upper = upper};
	CrVerdict	verdict = cr_monotone_linear(&forest, 1, direction, &witness);

	ok(verdict == expected && (verdict != CR_REFUTED ||
							   witness_right(&forest, 1, direction, &witness)),
	   "linear, weight %g, direction %d: verdict %d", (double) weight,
	   direction, verdict);
}

int
main(void)
{
	Random		random = {.state = 20261124};
	Tally		tally = {{0}, 0};

	test_plant((Plant) {.what = "one odd tree",.n_trees = 1,.n_features = 2,
			   .n_inner = 3,.depth = 2}, &random, 2000, &tally);
	test_plant((Plant) {.what = "stumps of few thresholds",.n_trees = 4,
			   .n_features = 2,.n_inner = 1,.depth = 1,.n_thresholds = 3},
			   &random, 2000, &tally);
	test_plant((Plant) {.what = "two trees of few thresholds",.n_trees = 2,
			   .n_features = 2,.n_inner = 3,.depth = 2,.n_thresholds = 2},
			   &random, 2000, &tally);
	test_plant((Plant) {.what = "odd trees that repeat a feature",.n_trees = 3,
			   .n_features = 3,.n_inner = 12,.depth = 6,
			   .growth = GROW_RAGGED}, &random, 300, &tally);
	test_plant((Plant) {.what = "numbers and categories",.n_trees = 3,
			   .n_features = 3,.n_inner = 6,.depth = 3,.choices = 2,
			   .max_code = 31}, &random, 200, &tally);
	test_plant((Plant) {.what = "single leaves",.n_trees = 3,.n_features = 2,
			   .n_inner = 0,.depth = 0}, &random, 10, &tally);
	ok(tally.given[CR_PROVEN] > 1000 && tally.given[CR_REFUTED] > 1000 &&
	   tally.together > 20,
	   "%d proven, %d of them although a tree contradicts alone, %d refuted",
	   tally.given[CR_PROVEN], tally.together, tally.given[CR_REFUTED]);
	ok(tally.given[CR_TOO_CLOSE] < tally.given[CR_PROVEN] / 20,
	   "%d too close", tally.given[CR_TOO_CLOSE]);

	test_linear(2, CR_INCREASING, CR_PROVEN);
	test_linear(2, CR_DECREASING, CR_REFUTED);
	test_linear(-1e-3f, CR_INCREASING, CR_REFUTED);
	test_linear(-1e-3f, CR_DECREASING, CR_PROVEN);
	test_linear(0, CR_INCREASING, CR_PROVEN);
	test_linear(0, CR_DECREASING, CR_PROVEN);
	test_linear(1e-20f, CR_DECREASING, CR_REFUTED);
	test_linear(1e-45f, CR_DECREASING, CR_TOO_CLOSE);
	return done_testing();
}
