/*
 * agree.h
 *	  What must hold for every forest that cr_forest_open() accepts, wherever
 *	  its image came from: the evaluators give the same bits, and every label
 *	  is found again.
 */
#ifndef AGREE_H
#define AGREE_H

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cr_eval.h"
#include "cr_link.h"
#include "random.h"

/* A value that a split of the forest is about, or a neighbour of it. */
static inline float
value_of_split(const CrForest *forest, Random *random, uint32_t feature)
{
	const CrNode *node;
	float		threshold;
	int			tries = 0;

	do
		node = &forest->nodes[random_below(random, forest->n_nodes)];
	while (CR_SLOT(node->slot) / 2 != feature && ++tries < 8);
	threshold = node->u.threshold;
	if (tries == 8 || (node->slot & CR_CATEGORICAL_SPLIT) ||
		!isfinite(threshold))
		return random_float(random);
	switch (random_below(random, 3))
	{
		case 0:
			return fmaxf(nextafterf(threshold, -INFINITY), -FLT_MAX);
		case 1:
			return fminf(nextafterf(threshold, INFINITY), FLT_MAX);
		default:
			return threshold;
	}
}

static inline float
random_number(const CrForest *forest, Random *random, uint32_t feature)
{
	static const float special[] = {0.0f, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN,
		-FLT_MIN, 1e-45f, -1e-45f, 1e-40f, -1e-40f, 1.0f, -1.0f, 16777217.0f};

	if (one_in(random, 4))
		return special[random_below(random,
									sizeof(special) / sizeof(special[0]))];
	return forest->n_nodes > 0 ? value_of_split(forest, random, feature) :
		random_float(random);
}

static inline float
random_code(const CrForest *forest, Random *random, uint32_t feature)
{
	if (one_in(random, 8))
		return (float) (CR_MAX_CATEGORY - random_below(random, 3));
	if (one_in(random, 4))
		return (float) (32 * random_below(random, 12) +
						random_below(random, 2));
	return (float) random_below(random,
								forest->features[feature].n_labels + 70);
}

/* A vector as cr_eval.h wants it. */
static inline void
random_row(const CrForest *forest, Random *random, float *row)
{
	for (uint32_t f = 0; f < forest->n_features; f++)
	{
		if (one_in(random, 6))
			row[f] = NAN;
		else if (forest->features[f].kind == CR_CATEGORICAL)
			row[f] = random_code(forest, random, f);
		else
			row[f] = random_number(forest, random, f);
	}
}

static inline bool
row_agrees(const CrForest *forest, const float *row, float *scratch)
{
	const CrEvaluator *chosen = cr_eval_choose(forest);
	float		margin = chosen->margin(forest, row, scratch);
	float		pd = cr_link_pd(cr_link_bad_margin(forest, margin));

	if (forest->header->booster != CR_GBLINEAR && !isfinite(margin))
		return false;
	if (!(pd > 0 && pd <= 1))
		return false;
	for (const CrEvaluator *e = cr_evaluators; e->name != NULL; e++)
	{
		float		other;

		if (!e->fits(forest))
			continue;
		other = e->margin(forest, row, scratch);
		if (memcmp(&margin, &other, sizeof(margin)) != 0)
			return false;
	}
	return true;
}

/* The memory is of the exact size, so that a sanitiser sees one step too far. */
static inline bool
evaluators_agree(const CrForest *forest, Random *random, int n_rows)
{
	float	   *row = malloc(forest->n_features * sizeof(float));
	float	   *scratch = malloc(cr_eval_scratch(forest) * sizeof(float));
	bool		agree = true;

	for (int i = 0; i < n_rows && agree; i++)
	{
		random_row(forest, random, row);
		agree = row_agrees(forest, row, scratch);
	}
	free(scratch);
	free(row);
	return agree;
}

static inline bool
labels_found(const CrForest *forest)
{
	for (uint32_t f = 0; f < forest->n_features; f++)
		for (uint32_t i = 0; i < forest->features[f].n_labels; i++)
			if (cr_forest_find_label(forest, f,
									 cr_forest_label(forest, f, i)) != i)
				return false;
	return true;
}

#endif							/* AGREE_H */
