/*
 * cr_means.c
 *	  The difference of two means, with Welch's test.
 *
 * Welch's t does not assume that the samples vary alike (Biometrika 34, 1947);
 * the same as scipy.stats.ttest_ind(equal_var=False).
 */
#include "cr_means.h"

#include <math.h>

#include "cr_student.h"

/* Chan, Golub and LeVeque's update (1979): as if the rows had been added. */
void
cr_moments_merge(CrMoments *moments, const CrMoments *other)
{
	double		difference = other->mean - moments->mean;
	uint64_t	n = moments->n + other->n;

	if (moments->n == 0)
		*moments = *other;
	if (moments->n == n)
		return;
	moments->squares += other->squares + difference * difference *
		(double) moments->n * ((double) other->n / (double) n);
	moments->mean += difference * ((double) other->n / (double) n);
	moments->n = n;
}

/* The test, where the samples vary at all and have two rows each. */
static void
test(const CrMoments *reference, const CrMoments *current, CrMeans *result)
{
	double		n_r = (double) reference->n;
	double		n_c = (double) current->n;
	double		error_r = reference->squares / (n_r - 1) / n_r;
	double		error_c = current->squares / (n_c - 1) / n_c;
	double		error = error_r + error_c;

	result->effect = result->difference /
		sqrt((reference->squares + current->squares) / (n_r + n_c - 2));
	result->statistic = result->difference / sqrt(error);
	result->df = 1 / (error_r / error * (error_r / error) / (n_r - 1) +
					  error_c / error * (error_c / error) / (n_c - 1));
	result->p_value = cr_student_tails(result->statistic, result->df);
}

/*
 * The difference is NaN when a sample is empty or holds an infinite value; the
 * rest also when a sample has one row only, or when neither varies.
 */
CrMeans
cr_means(const CrMoments *reference, const CrMoments *current)
{
	CrMeans		result = {NAN, NAN, NAN, NAN, NAN};

	if (reference->n == 0 || current->n == 0)
		return result;
	result.difference = current->mean - reference->mean;
	if (!isfinite(result.difference))
		result.difference = NAN;
	if (reference->n > 1 && current->n > 1 &&
		reference->squares + current->squares > 0)
		test(reference, current, &result);
	return result;
}
