/*
 * fuzz_explain.c
 *	  libFuzzer harness: the contributions of all kernels must be those of the
 *	  reference, and have the same bits, for any forest.
 */
#include "explained.h"
#include "fuzz_forest.h"

#define MAX_ROWS	6			/* the reference is slow */
#define MAX_LEAVES	1e30		/* their sum: differences of leaves are floats */

/* No margin is larger than this. */
static double
sum_of_leaves(const CrForest *forest)
{
	double		sum = 1e-30;

	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		const CrTree *tree = &forest->trees[t];
		double		largest = 0;

		for (uint32_t i = tree->root; i < tree->root + tree->n_nodes; i++)
			if (forest->nodes[i].slot == 2 * forest->n_features)
				largest = fmax(largest,
							   fabs((double) forest->nodes[i].u.leaf));
		sum += largest;
	}
	return sum;
}

/* Without a plan the kernels have nothing to say. */
static void
check_forest(const CrForest *forest, uint32_t n, Random *random)
{
	long		in_use = 0;
	CrAlloc		alloc = COUNTED(&in_use);
	CrLayout   *layout = cr_layout_build(forest, &alloc);
	CrPlan	   *plan = cr_plan_build(forest, layout, &alloc);
	CrExplainer explainer = {forest, layout, plan, NULL, &no_alloc};
	double		leaves = sum_of_leaves(forest);
	const char *differs;
	double		worst;

	explainer.scratch = malloc(cr_explain_scratch(forest, layout, plan));
	worst = explained_difference(&explainer, NULL, n, leaves, random, &differs);
	if (cr_plan_covers(plan) && leaves < MAX_LEAVES &&
		(differs != NULL || !(worst < 1e-5)))
		abort();
	free(explainer.scratch);
	cr_plan_release(plan, &alloc);
	cr_layout_release(layout, &alloc);
	if (in_use != 0)
		abort();
}

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Random		random = {.state = 1};
	CrForest	forest;
	uint32_t	n;
	void	   *image = fuzz_forest(data, size, &forest, &n, &random);

	check_forest(&forest, 1 + n % MAX_ROWS, &random);
	free(image);
	return 0;
}
