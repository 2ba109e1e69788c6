/*
 * parity.h
 *	  Compares an imported model with what XGBoost itself predicts, row by row
 *	  and bit by bit, with every evaluator that fits.
 */
#ifndef PARITY_H
#define PARITY_H

#include "../unit/tap.h"
#include <float.h>

#include "cr_eval.h"

#define MAX_TEST_FEATURES	70

/* Distance in units in the last place, of floats of the same sign. */
static inline uint32_t
ulps(float a, float b)
{
	int32_t		x;
	int32_t		y;

	memcpy(&x, &a, sizeof(x));
	memcpy(&y, &b, sizeof(y));
	return x > y ? (uint32_t) x - (uint32_t) y : (uint32_t) y - (uint32_t) x;
}

/*
 * Whether two margins differ in any bit, but for those of NaN: infinity less
 * infinity has one sign on x86 and another on ARM.  No user sees one, because a
 * margin that is not finite is an error (credit_model_check_margin()).
 */
static inline bool
margins_differ(float a, float b)
{
	return memcmp(&a, &b, sizeof(a)) != 0 && !(isnan(a) && isnan(b));
}

/* The names f0, f1, ... for a file without names. */
typedef struct Names
{
	char		names[MAX_TEST_FEATURES][8];
	CrView		views[MAX_TEST_FEATURES];
} Names;

static inline void
number_features(Names *names, uint32_t n, CrImportOptions *options)
{
	for (uint32_t f = 0; f < n; f++)
		names->views[f] = (CrView) {names->names[f],
		(size_t) snprintf(names->names[f], sizeof(names->names[f]), "f%u", f)};
	options->feature_names = names->views;
	options->n_feature_names = n;
}

/*
 * Imports, with the names f0, f1, ... where the file has none.  Returns
 * aligned bytes to be released, or NULL after a failed test.
 */
static inline void *
import_for_parity(CrView artifact, uint32_t n_features, CrAlloc *alloc,
				  size_t *size, const char *what)
{
	CrImportOptions options = default_options();
	Names		names;
	CrError		error;
	void	   *image = NULL;
	CrStatus	status = cr_import(artifact, &options, alloc, &image, size,
								   &error);

	if (status == CR_INVALID_OPTION)
	{
		number_features(&names, n_features, &options);
		status = cr_import(artifact, &options, alloc, &image, size, &error);
	}
	if (status == CR_OK)
		return image;
	ok(false, "%s: import: %s (byte %lld)", what, error.message,
	   (long long) error.offset);
	return NULL;
}

/*
 * Margins bit-equal, probabilities within 1 ulp of float32.  For logitraw
 * XGBoost has no probability: there the fixture's is the logistic function in
 * float64.  Below FLT_MIN all are alike: XGBoost before 1.6 said 0.
 */
static inline void
check_parity(const char *what, const CrForest *forest, const float *rows,
			 uint32_t n_rows, const float *margins, const float *pds)
{
	float	   *scratch = malloc(cr_eval_scratch(forest) * sizeof(float));

	for (const CrEvaluator *e = cr_evaluators; e->name != NULL; e++)
	{
		uint32_t	wrong_margins = 0;
		uint32_t	wrong_pds = 0;
		uint32_t	first = 0;

		if (!e->fits(forest))
			continue;
		for (uint32_t i = 0; i < n_rows; i++)
		{
			float		margin = e->margin(forest,
										   rows + (size_t) i * forest->n_features,
										   scratch);

			if (margins_differ(margin, margins[i]))
			{
				if (wrong_margins++ == 0)
					first = i;
			}
			wrong_pds += fabsf(cr_link_pd(margin) - pds[i]) > FLT_MIN &&
				ulps(cr_link_pd(margin), pds[i]) >
				(forest->header->objective == CR_BINARY_LOGITRAW ? 4 : 1);
		}
		if (!ok(wrong_margins == 0 && wrong_pds == 0,
				"%s, %s: %u rows, %u margins differ, %u probabilities are off",
				what, e->name, n_rows, wrong_margins, wrong_pds) &&
			wrong_margins > 0)
			printf("# first at row %u: %.9g, XGBoost %.9g\n", first,
				   e->margin(forest, rows + (size_t) first * forest->n_features,
							 scratch), margins[first]);
	}
	free(scratch);
}

#endif							/* PARITY_H */
