/*
 * losses.c
 *	  What each feature cost an applicant, against the version's baseline, worst
 *	  first.
 *
 * Regulation B, comment 9(b)(2)-5, describes two baselines: the applicants who
 * barely passed, and all applicants.  What an applicant lost by a feature is
 * how far its contribution lies below the baseline's mean contribution.  The
 * third, "best", counts from the points that the same applicant would have
 * with the best value of that feature.
 *
 * Contributions come from the kernels, in single precision, whose last bits
 * depend on the CPU.  Where these might decide which reasons there are, or in
 * which order, the reference decides: so reasons are the same on every server
 * and in every replay.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "alloc.h"
#include "compat.h"
#include "cr_best.h"
#include "cr_link.h"
#include "cr_shap.h"
#include "explain.h"
#include "losses.h"

/* Whether the model or the registry tells the baseline. */
bool
credit_losses_measurable(const CreditModel *model,
						 const CreditCatalogue *catalogue)
{
	bool		linear = model->forest.header->booster == CR_GBLINEAR;

	if (catalogue->baseline == CREDIT_BEST)
		return !linear;
	return catalogue->reference != NULL ||
		(catalogue->baseline == CREDIT_POPULATION && !linear);
}

static void
check_reference(const CreditModel *model, const CreditCatalogue *catalogue)
{
	if (credit_losses_measurable(model, catalogue))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("reasons of model \"%s\" have no baseline",
					model->reference),
			 errhint("Compute it with credit.set_baseline().")));
}

/* -------- losses -------- */

/* Of the largest contribution: kernels are off by less than a fifth of it. */
#define KERNEL_ERROR	1e-5

/* What the losses of an applicant are found with. */
typedef struct Question
{
	CreditModel *model;
	const float *vector;
	const CreditCatalogue *catalogue;
	CrAlloc		alloc;
	double	   *losses;			/* per feature, in log-odds of bad */
	double		error;			/* what each may be off by */
} Question;

static void
exact_contributions(const Question *q, double *contributions)
{
	const CrForest *forest = &q->model->forest;
	void	   *scratch = q->alloc.alloc(q->alloc.context,
										 cr_shap_scratch(forest));

	cr_shap_contributions(forest, q->vector, contributions, scratch,
						  &q->alloc);
	pfree(scratch);
}

static double
largest_amount(const double *values, uint32 n)
{
	double		largest = 0;

	for (uint32 i = 0; i < n; i++)
		largest = fmax(largest, fabs(values[i]));
	return largest;
}

/* What each feature adds to the log-odds, more than the baseline has. */
static void
losses_of_contributions(Question *q, bool exact)
{
	const CrForest *forest = &q->model->forest;
	const double *reference = q->catalogue->reference;
	double		sign = cr_link_bad_margin(forest, 1);
	double	   *contributions = palloc((forest->n_features + 1) *
									   sizeof(double));

	if (exact)
		exact_contributions(q, contributions);
	else
		credit_model_contributions(q->model, q->vector, contributions);
	for (uint32 f = 0; f < forest->n_features; f++)
		q->losses[f] = sign * (contributions[f] -
							   (reference == NULL ? 0 : reference[f]));
	q->error = exact ? 0 : KERNEL_ERROR * largest_amount(contributions,
														 forest->n_features);
	pfree(contributions);
}

static void
prepare_best(CreditModel *model)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "credit best values",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	CrAlloc    *alloc = palloc(sizeof(CrAlloc));
	CrBest	   *best = palloc(sizeof(CrBest));

	*alloc = credit_core_alloc();
	cr_best_make(best, &model->forest, alloc);
	MemoryContextSwitchTo(before);
	credit_model_adopt(model, context);
	model->best = best;
}

static void
losses_of_values(Question *q)
{
	const CrForest *forest = &q->model->forest;
	CrEnd		end = forest->header->positive == CR_POSITIVE_BAD ?
		CR_SMALLEST : CR_LARGEST;

	if (q->model->best == NULL)
		prepare_best(q->model);
	for (uint32 f = 0; f < forest->n_features; f++)
		q->losses[f] = forest->features[f].n_splits == 0 ? 0 :
			cr_best_distance(q->model->best, f, q->vector, end);
	q->error = 0;
}

/* -------- ranks -------- */

/* Ranks the losses of the features that the model uses. */
static uint32
rank_losses(const Question *q, uint32 max, CrLoss *ranked, double *closest)
{
	const CrForest *forest = &q->model->forest;
	uint32		n = 0;

	for (uint32 f = 0; f < forest->n_features; f++)
		if (forest->features[f].n_splits > 0)
			ranked[n++] = (CrLoss) {f, q->catalogue->groups[f], q->losses[f]};
	return cr_reason_rank(ranked, n, max, closest, &q->alloc);
}

uint32
credit_losses_rank(CreditModel *model, const float *vector,
				   const CreditCatalogue *catalogue, uint32 max,
				   CrLoss *ranked)
{
	Question	q = {.model = model,.vector = vector,.catalogue = catalogue,
	.alloc = credit_core_alloc()};
	double		closest;
	uint32		n;

	check_reference(model, catalogue);
	q.losses = palloc(model->forest.n_features * sizeof(double));
	if (catalogue->baseline == CREDIT_BEST)
		losses_of_values(&q);
	else
		losses_of_contributions(&q, false);
	n = rank_losses(&q, max, ranked, &closest);
	if (closest > 4 * q.error || q.error == 0)
		return n;
	losses_of_contributions(&q, true);
	return rank_losses(&q, max, ranked, &closest);
}
