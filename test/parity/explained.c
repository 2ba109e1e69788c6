/*
 * explained.c
 *	  Parity with the contributions that contributions.py took from the newest
 *	  XGBoost, which computes in float32 by a rule of its own, and from shap's
 *	  own tree SHAP in float64.
 *
 * Usage: explained FIXTURES, the folder with contributions.tsv.
 */
#include "parity.h"
#include "../unit/explained.h"

#define COLUMNS		5

/* In units of a row's largest contribution. */
#define TOLERANCE_XGBOOST	2e-6
#define TOLERANCE_SHAP		1e-6

/* Of the reference and of every kernel, over the rows that a line names. */
typedef struct Explained
{
	CrForest	forest;
	const float *rows;
	const double *theirs;
	double		worst;			/* of the reference */
	double		worst_kernel;
} Explained;

static double
difference(const double *ours, const double *theirs, uint32_t n)
{
	double		worst = 0;

	for (uint32_t i = 0; i < n; i++)
		worst = fmax(worst, fabs(ours[i] - theirs[i]));
	return worst / largest_contribution(theirs, n);
}

static void
check_kernels(Explained *e, const float *row, const double *theirs)
{
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrLayout   *layout = cr_layout_build(&e->forest, &alloc);
	CrPlan	   *plan = cr_plan_build(&e->forest, layout, &alloc);
	CrExplainer explainer = {&e->forest, layout, plan, NULL, &no_alloc};
	uint32_t	n = e->forest.n_features + 1;
	double		ours[MAX_TEST_FEATURES + 1];

	explainer.scratch = malloc(cr_explain_scratch(&e->forest, layout, plan));
	for (const CrKernel *k = cr_kernels; k->name != NULL; k++)
	{
		if (!k->runs())
			continue;
		cr_explain_row(&explainer, k, row, ours);
		e->worst_kernel = fmax(e->worst_kernel, difference(ours, theirs, n));
	}
	free(explainer.scratch);
	cr_plan_release(plan, &alloc);
	cr_layout_release(layout, &alloc);
}

/* numbers are those of the rows, separated by commas; returns how many. */
static uint32_t
check_numbers(Explained *e, const char *numbers)
{
	uint32_t	n = e->forest.n_features + 1;
	double		ours[MAX_TEST_FEATURES + 1];
	uint32_t	n_rows = 0;

	for (const char *next = numbers; next != NULL; n_rows++)
	{
		const float *row = e->rows +
			(size_t) atoi(next) * e->forest.n_features;
		const double *theirs = e->theirs + (size_t) n_rows * n;

		reference_contributions(&e->forest, row, ours);
		e->worst = fmax(e->worst, difference(ours, theirs, n));
		check_kernels(e, row, theirs);
		next = strchr(next, ',');
		next += next != NULL;
	}
	return n_rows;
}

/* Returns how many values of theirs there were. */
static size_t
check_line(const char *directory, char *const column[COLUMNS],
		   const double *theirs)
{
	uint32_t	n_features = (uint32_t) atoi(column[2]);
	bool		shap = strncmp(column[4], "shap", 4) == 0;
	CrView		artifact = read_file(directory, column[0]);
	CrView		rows = read_file(directory, column[1]);
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrError		error;
	size_t		size = 0;
	void	   *image = import_for_parity(artifact, n_features, &alloc, &size,
										  column[0]);
	Explained	e = {.rows = (const float *) rows.data,.theirs = theirs};
	uint32_t	n_rows = 0;

	if (image != NULL &&
		cr_forest_open(&e.forest, image, size, &error) == CR_OK)
		n_rows = check_numbers(&e, column[3]);
	ok(n_rows > 0 && e.worst <= (shap ? TOLERANCE_SHAP : TOLERANCE_XGBOOST) &&
	   e.worst_kernel <= TOLERANCE_XGBOOST,
	   "%s: %s, worst difference %.1e, of kernels %.1e", column[0], column[4],
	   e.worst, e.worst_kernel);
	if (image != NULL)
		alloc.release(alloc.context, image);
	free((void *) artifact.data);
	free((void *) rows.data);
	return (size_t) n_rows * (n_features + 1);
}

int
main(int argc, char **argv)
{
	CrView		lines;
	CrView		values;
	const double *next;
	int			n_lines = 0;

	if (argc != 2)
		return 2;
	lines = read_file(argv[1], "contributions.tsv");
	values = read_file(argv[1], "contributions.f64");
	next = (const double *) values.data;
	((char *) lines.data)[lines.length] = '\0';
	for (char *line = strtok((char *) lines.data, "\n"); line != NULL;
		 line = strtok(NULL, "\n"))
	{
		char	   *column[COLUMNS];
		int			n = 0;

		for (char *field = line; field != NULL && n < COLUMNS; n++)
		{
			column[n] = field;
			field = strchr(field, '\t');
			if (field != NULL)
				*field++ = '\0';
		}
		if (n_lines++ > 0)
			next += check_line(argv[1], column, next);
	}
	ok(n_lines > 100 && (const char *) next == values.data + values.length,
	   "%d explanations, and their values end where they must", n_lines - 1);
	free((void *) lines.data);
	free((void *) values.data);
	return done_testing();
}
