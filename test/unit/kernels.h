/*
 * kernels.h
 *	  What must hold for every opened forest: each kernel that runs on this CPU
 *	  gives the bits of the plainest evaluator, for one row and for 1 to 64.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include "agree.h"
#include "cr_batch.h"

/* "reference", or "linear" where it does not fit. */
static inline const CrEvaluator *
plainest(const CrForest *forest)
{
	const CrEvaluator *plain = cr_eval_choose(forest);

	for (const CrEvaluator *e = cr_evaluators; e->name != NULL; e++)
		if (strcmp(e->name, "reference") == 0 && e->fits(forest))
			plain = e;
	return plain;
}

/* Memory of the exact size, so that a sanitiser sees one step too far. */
typedef struct KernelTest
{
	const CrForest *forest;
	CrLayout   *layout;
	float	   *rows;			/* n of them */
	float	   *columns;
	float	   *scratch;
	float		expected[CR_BATCH_ROWS];
	uint32_t	n;
} KernelTest;

/* In lanes behind the last row there may be anything. */
static inline void
fill_lanes(KernelTest *test, Random *random)
{
	for (uint32_t f = 0; f < test->forest->n_features; f++)
		for (uint32_t i = 0; i < CR_BATCH_ROWS; i++)
		{
			uint32_t	bits = (uint32_t) random_bits(random);
			float	   *lane =
				&test->columns[(size_t) f * CR_BATCH_ROWS + i];

			if (i < test->n)
				*lane = test->rows[(size_t) i * test->forest->n_features + f];
			else
				memcpy(lane, &bits, sizeof(bits));
		}
}

static inline bool
kernel_agrees(const KernelTest *test, const CrKernel *kernel, char *scratch)
{
	float	   *margins = malloc(test->n * sizeof(float));
	bool		agrees;

	kernel->margins(test->forest, test->layout, test->columns, test->n,
					margins, scratch);
	agrees = memcmp(margins, test->expected, test->n * sizeof(float)) == 0;
	for (uint32_t i = 0; i < test->n && agrees; i++)
	{
		margins[i] = kernel->margin(test->forest, test->layout,
									test->rows +
									(size_t) i * test->forest->n_features,
									scratch);
		agrees = memcmp(&margins[i], &test->expected[i], sizeof(float)) == 0;
	}
	free(margins);
	return agrees;
}

/* random_row(), with codes on both sides of the largest in a layout's bitmap. */
static inline void
random_kernel_row(const CrForest *forest, Random *random, float *row)
{
	random_row(forest, random, row);
	for (uint32_t f = 0; f < forest->n_features; f++)
		if (forest->features[f].kind == CR_CATEGORICAL && one_in(random, 3))
			row[f] = (float) (490 + random_below(random, 50));
}

/*
 * Whether all kernels agree on n rows, which are given or, if NULL, made up.
 * Returns the name of one that does not, else NULL.
 */
static inline const char *
kernels_differ(const CrForest *forest, CrLayout *layout, const float *rows,
			   uint32_t n, Random *random)
{
	size_t		size = (size_t) n * forest->n_features * sizeof(float);
	size_t		scratch_size = cr_batch_scratch(forest, layout);
	uint32_t	shift = random_below(random, 8) * 8;
	char	   *scratch = malloc(scratch_size + shift);
	float	   *slots = malloc(cr_eval_scratch(forest) * sizeof(float));
	const char *differs = NULL;
	KernelTest	test = {forest, layout, malloc(size),
		malloc((size_t) forest->n_features * CR_BATCH_ROWS * sizeof(float)),
	NULL, {0}, n};

	if (rows != NULL)
		memcpy(test.rows, rows, size);
	for (uint32_t i = 0; i < n; i++)
	{
		float	   *row = test.rows + (size_t) i * forest->n_features;

		if (rows == NULL)
			random_kernel_row(forest, random, row);
		test.expected[i] = plainest(forest)->margin(forest, row, slots);
	}
	fill_lanes(&test, random);
	for (const CrKernel *k = cr_kernels; k->name != NULL; k++)
		if (k->runs() && !kernel_agrees(&test, k, scratch + shift))
			differs = k->name;
	free(test.rows);
	free(test.columns);
	free(scratch);
	free(slots);
	return differs;
}

#endif							/* KERNELS_H */
