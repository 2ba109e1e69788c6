/*
 * cr_eval.c
 *	  The evaluators of a forest image.
 *
 * "interleaved" walks several trees at once, because one walk is a chain of
 * loads that each wait for the one before.  Three tricks make a step free of
 * branches:
 *
 *	- A missing value needs no test: each feature has two slots, holding
 *	  +infinity and -infinity when it is missing, and a node names the slot
 *	  that sends missing where the node wants it (x < t is then false or true).
 *	- A leaf needs no test: it is its own left child, and its slot always
 *	  holds -infinity, which is less than any leaf value.  A walk takes as many
 *	  steps as the deepest tree of its group and stays where it ended.
 *	- The children are neighbours, so the step is an addition.
 *
 * "reference" says the same in the plainest way: it is what the others are
 * tested against.
 */
#include "cr_eval.h"

#include "cr_step.h"

#define LANES	8				/* trees in flight; 8 measured best or equal */

/* As a slot has it: missing is infinite. */
static bool
goes_left(const CrForest *forest, const CrNode *node, float value)
{
	if (isinf(value))
		return value < 0;
	return cr_goes_left(forest, node, value);
}

/* -------- reference: one tree after the other -------- */

static bool
fits_trees(const CrForest *forest)
{
	return forest->header->booster != CR_GBLINEAR;
}

static float
margin_reference(const CrForest *forest, const float *vector, float *scratch)
{
	float		margin = cr_first_term(forest);

	(void) scratch;
	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		const CrNode *node = &forest->nodes[forest->trees[t].root];

		while (node->slot != 2 * forest->n_features)
		{
			float		value = vector[CR_SLOT(node->slot) / 2];
			bool		left = isnan(value) ? CR_SLOT(node->slot) % 2 == 1 :
				goes_left(forest, node, value);

			node = &forest->nodes[left ? node->left : node->left + 1];
		}
		margin += node->u.leaf;
	}
	return margin + cr_last_term(forest);
}

/* -------- interleaved: LANES trees at once -------- */

static void
fill_slots(const CrForest *forest, const float *vector, float *slots)
{
	for (uint32_t f = 0; f < forest->n_features; f++)
	{
		bool		missing = isnan(vector[f]);

		slots[2 * f] = missing ? INFINITY : vector[f];
		slots[2 * f + 1] = missing ? -INFINITY : vector[f];
	}
	slots[2 * forest->n_features] = -INFINITY;
}

static inline uint32_t
step_numeric(const CrNode *nodes, uint32_t i, const float *slots)
{
	const CrNode *node = &nodes[i];

	return node->left + !(slots[node->slot] < node->u.threshold);
}

static inline uint32_t
step_mixed(const CrForest *forest, uint32_t i, const float *slots)
{
	const CrNode *node = &forest->nodes[i];

	return node->left +
		!goes_left(forest, node, slots[CR_SLOT(node->slot)]);
}

/*
 * Inlined twice, for forests with and without categorical splits, so that
 * the test of "categorical" is made by the compiler.
 */
static inline float
walk(const CrForest *forest, const float *slots, bool categorical)
{
	const CrNode *nodes = forest->nodes;
	float		margin = cr_first_term(forest);

	for (uint32_t t = 0; t < forest->n_trees; t += LANES)
	{
		uint32_t	lanes = forest->n_trees - t < LANES ?
			forest->n_trees - t : LANES;
		uint32_t	at[LANES];
		uint32_t	depth = 0;

		for (uint32_t k = 0; k < LANES; k++)
		{
			/* A short last group walks its last tree several times. */
			const CrTree *tree =
				&forest->trees[t + (k < lanes ? k : lanes - 1)];

			at[k] = tree->root;
			if (tree->depth > depth)
				depth = tree->depth;
		}
		for (uint32_t d = 0; d < depth; d++)
			for (uint32_t k = 0; k < LANES; k++)
				at[k] = categorical ? step_mixed(forest, at[k], slots) :
					step_numeric(nodes, at[k], slots);
		for (uint32_t k = 0; k < lanes; k++)
			margin += nodes[at[k]].u.leaf;
	}
	return margin + cr_last_term(forest);
}

static float
margin_interleaved(const CrForest *forest, const float *vector, float *scratch)
{
	fill_slots(forest, vector, scratch);
	return forest->categorical ? walk(forest, scratch, true) :
		walk(forest, scratch, false);
}

/* -------- linear: bias first, then the features in order -------- */

static bool
fits_linear(const CrForest *forest)
{
	return forest->header->booster == CR_GBLINEAR;
}

static float
margin_linear(const CrForest *forest, const float *vector, float *scratch)
{
	float		margin = forest->weights[forest->n_features] +
		forest->header->base_margin;

	(void) scratch;
	for (uint32_t f = 0; f < forest->n_features; f++)
		if (!isnan(vector[f]))
			margin += vector[f] * forest->weights[f];
	return margin;
}

const CrEvaluator cr_evaluators[] = {
	{"interleaved", fits_trees, margin_interleaved},
	{"linear", fits_linear, margin_linear},
	{"reference", fits_trees, margin_reference},
	{NULL, NULL, NULL},
};

const CrEvaluator *
cr_eval_choose(const CrForest *forest)
{
	const CrEvaluator *evaluator = cr_evaluators;

	while (!evaluator->fits(forest))
		evaluator++;
	return evaluator;
}

/* Floats of scratch space that an evaluator may want. */
size_t
cr_eval_scratch(const CrForest *forest)
{
	return 2 * (size_t) forest->n_features + 1;
}
