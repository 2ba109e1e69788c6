/*
 * cr_link.c
 *	  margin -> probability of default -> scorecard points.
 */
#include "cr_link.h"

#include <math.h>

#define LN_2	0.69314718055994530942

bool
cr_scaling_check(const CrScaling *scaling)
{
	return isfinite(scaling->offset) && isfinite(scaling->factor) &&
		scaling->factor > 0 && isfinite(scaling->base_score) &&
		isfinite(scaling->base_odds) && scaling->base_odds > 0 &&
		isfinite(scaling->pdo) && scaling->pdo > 0 &&
		scaling->min < scaling->max;
}

/*
 * min and max may be infinite: no limit.  The logarithm is taken once, here,
 * so that a score depends on no libm but that of the machine that imported.
 */
CrStatus
cr_scaling_init(CrScaling *scaling, double base_score, double base_odds,
				double pdo, double min, double max, CrError *error)
{
	scaling->base_score = base_score;
	scaling->base_odds = base_odds;
	scaling->pdo = pdo;
	scaling->min = min;
	scaling->max = max;
	scaling->factor = pdo / LN_2;
	scaling->offset = base_score - scaling->factor * log(base_odds);
	if (cr_scaling_check(scaling))
		return CR_OK;
	return cr_fail(error, CR_INVALID_OPTION, CR_NO_OFFSET,
				   "Scaling needs base_odds > 0, pdo > 0 and min < max, all of them finite.");
}

/*
 * The base score of a file as a margin, in float32 and in XGBoost's own order
 * of operations (ProbToMargin of its objectives), so that bits agree: a
 * probability becomes log-odds, but logitraw takes it for a margin already.
 * Infinite or NaN for a base score that the objective cannot have.
 */
float
cr_link_base_margin(CrObjective objective, float base_score)
{
	if (objective == CR_BINARY_LOGITRAW)
		return base_score;
	return -logf(1.0f / base_score - 1.0f);
}

/* The log-odds of bad, whichever class the model calls positive. */
float
cr_link_bad_margin(const CrForest *forest, float margin)
{
	return forest->header->positive == CR_POSITIVE_BAD ? margin : -margin;
}

/*
 * The logistic function in float32, operation by operation as XGBoost's own
 * (common::Sigmoid): a lender who compares the two must see one number.  The
 * bound keeps expf() finite, so no probability is ever 0.
 */
float
cr_link_pd(float bad_margin)
{
	float		exponent = fminf(-bad_margin, 88.7f);

	return 1.0f / (expf(exponent) + 1.0f);
}

/* Rounded half to even, the IEEE default mode. */
double
cr_link_points(const CrScaling *scaling, float bad_margin)
{
	double		points = scaling->offset -
		scaling->factor * (double) bad_margin;

	return rint(fmin(fmax(points, scaling->min), scaling->max));
}

/*
 * What a part of the margin, of whichever class, adds to the points.  Those of
 * all parts and the offset sum up to the score before rounding and limits.
 */
double
cr_link_part_points(const CrForest *forest, double part)
{
	double		points = forest->header->scaling.factor * part;

	return forest->header->positive == CR_POSITIVE_BAD ? 0 - points : points;
}
