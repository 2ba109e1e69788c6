/*
 * explained.h
 *	  What must hold for the kernels' contributions of every opened forest: they
 *	  are those of the reference, but for float32, and have the same bits
 *	  whatever the CPU.
 */
#ifndef EXPLAINED_H
#define EXPLAINED_H

#include "contributions.h"
#include "cr_explain.h"

/* Of the largest contribution of a row, as docs/explain.md promises. */
#define EXPLAINED_TOLERANCE	2e-6

/* Memory of the exact size, so that a sanitiser sees one step too far. */
typedef struct ExplainTest
{
	CrExplainer explainer;
	uint32_t	n;
	uint32_t	n_contributions;	/* of a row */
	float	   *rows;
	float	   *columns;
	double	   *expected;
	double	   *first_row;		/* what the first kernel says */
	double	   *row;
	float	   *first_rows;
	float	   *batch;
	double		floor;			/* of the unit of differences */
	double		worst;			/* difference to the reference, in units of the
								 * row's largest contribution */
} ExplainTest;

/* Lanes behind the last row hold anything. */
static inline void
fill_explain_columns(ExplainTest *test, Random *random)
{
	uint32_t	n_features = test->explainer.forest->n_features;

	for (uint32_t f = 0; f < n_features; f++)
		for (uint32_t i = 0; i < CR_BATCH_ROWS; i++)
			test->columns[(size_t) f * CR_BATCH_ROWS + i] = i < test->n ?
				test->rows[(size_t) i * n_features + f] : random_float(random);
}

static inline void
note_differences(ExplainTest *test, uint32_t i, const double *row)
{
	const double *expected = test->expected + (size_t) i * test->n_contributions;
	double		unit = fmax(largest_contribution(expected,
												 test->n_contributions),
							test->floor);

	for (uint32_t f = 0; f < test->n_contributions; f++)
	{
		bool		same = (float) row[f] == (float) expected[f];
		double		difference = same ? 0 : fabs(row[f] - expected[f]) / unit;

		if (!(difference <= test->worst))
			test->worst = difference;
	}
}

/* Of one kernel; false if it has other bits than the first one. */
static inline bool
check_explain_rows(ExplainTest *test, const CrKernel *kernel, bool first)
{
	uint32_t	n_features = test->explainer.forest->n_features;
	bool		same = true;

	for (uint32_t i = 0; i < test->n; i++)
	{
		double	   *row = first ? test->first_row +
			(size_t) i * test->n_contributions : test->row;

		cr_explain_row(&test->explainer, kernel,
					   test->rows + (size_t) i * n_features, row);
		same = same && memcmp(row, test->first_row +
							  (size_t) i * test->n_contributions,
							  test->n_contributions * sizeof(double)) == 0;
		note_differences(test, i, row);
	}
	return same;
}

static inline bool
check_explain_batch(ExplainTest *test, const CrKernel *kernel, bool first)
{
	float	   *batch = first ? test->first_rows : test->batch;
	bool		same = true;

	cr_explain_rows(&test->explainer, kernel, test->columns, test->n, batch);
	for (uint32_t i = 0; i < test->n; i++)
	{
		for (uint32_t f = 0; f < test->n_contributions; f++)
		{
			size_t		place = (size_t) f * CR_BATCH_ROWS + i;

			same = same && memcmp(&batch[place], &test->first_rows[place],
								  sizeof(float)) == 0;
			test->row[f] = (double) batch[place];
		}
		note_differences(test, i, test->row);
	}
	return same;
}

static inline ExplainTest
begin_explain_test(const CrExplainer *explainer, uint32_t n, double floor)
{
	uint32_t	n_features = explainer->forest->n_features;
	size_t		size = (size_t) n * (n_features + 1) * sizeof(double);
	size_t		batch = (size_t) (n_features + 1) * CR_BATCH_ROWS *
		sizeof(float);

	return (ExplainTest) {
		.explainer = *explainer,.n = n,.n_contributions = n_features + 1,
		.rows = malloc((size_t) n * n_features * sizeof(float)),
		.columns = malloc(batch - CR_BATCH_ROWS * sizeof(float)),
		.expected = malloc(size),.first_row = malloc(size),
		.row = malloc((n_features + 1) * sizeof(double)),
		.first_rows = malloc(batch),.batch = malloc(batch),
		.floor = floor,
	};
}

static inline void
end_explain_test(ExplainTest *test)
{
	free(test->rows);
	free(test->columns);
	free(test->expected);
	free(test->first_row);
	free(test->row);
	free(test->first_rows);
	free(test->batch);
}

/*
 * The worst difference of any kernel on n rows, which are given or, if NULL,
 * made up, in units of a row's largest contribution or of floor, if that is
 * more; *differs names a kernel whose bits are not those of the first one.
 * explainer has its scratch of the exact size.
 */
static inline double
explained_difference(const CrExplainer *explainer, const float *rows,
					 uint32_t n, double floor, Random *random,
					 const char **differs)
{
	const CrForest *forest = explainer->forest;
	ExplainTest test = begin_explain_test(explainer, n, floor);

	*differs = NULL;
	for (uint32_t i = 0; i < n; i++)
	{
		float	   *row = test.rows + (size_t) i * forest->n_features;

		if (rows != NULL)
			memcpy(row, rows + (size_t) i * forest->n_features,
				   forest->n_features * sizeof(float));
		else
			random_row(forest, random, row);
		reference_contributions(forest, row, test.expected +
								(size_t) i * test.n_contributions);
	}
	fill_explain_columns(&test, random);
	for (const CrKernel *k = cr_kernels, *first = NULL; k->name != NULL; k++)
	{
		if (!k->runs())
			continue;
		if (!check_explain_rows(&test, k, first == NULL) ||
			!check_explain_batch(&test, k, first == NULL))
			*differs = k->name;
		first = k;
	}
	end_explain_test(&test);
	return test.worst;
}

/* The same with a layout and a plan of its own, on n rows that are made up. */
static inline double
explained_forest(const CrForest *forest, uint32_t n, double floor,
				 const CrAlloc *alloc, Random *random, const char **differs)
{
	CrLayout   *layout = cr_layout_build(forest, alloc);
	CrPlan	   *plan = cr_plan_build(forest, layout, alloc);
	CrExplainer explainer = {forest, layout, plan, NULL, &no_alloc};
	double		worst;

	explainer.scratch = malloc(cr_explain_scratch(forest, layout, plan));
	worst = explained_difference(&explainer, NULL, n, floor, random, differs);
	free(explainer.scratch);
	cr_plan_release(plan, alloc);
	cr_layout_release(layout, alloc);
	return worst;
}

#endif							/* EXPLAINED_H */
