/*
 * cr_reason.c
 *	  What each feature cost an applicant -> the principal reasons, in order.
 *
 * Losses are compared as floats: two that are equal on paper may differ in
 * the last bits of a double, and must not take their order from that.
 */
#include "cr_reason.h"

#include <math.h>

#include "cr_sort.h"

static int
compare_losses(const CrLoss *a, const CrLoss *b)
{
	if ((float) a->lost != (float) b->lost)
		return a->lost > b->lost ? -1 : 1;
	return a->feature < b->feature ? -1 : a->feature > b->feature;
}

static int
by_loss(const void *context, uint32_t a, uint32_t b)
{
	const CrLoss *losses = context;

	return compare_losses(&losses[a], &losses[b]);
}

static int
by_group(const void *context, uint32_t a, uint32_t b)
{
	const CrLoss *losses = context;

	if (losses[a].group != losses[b].group)
		return losses[a].group < losses[b].group ? -1 : 1;
	return compare_losses(&losses[a], &losses[b]);
}

/* What is as good as nothing. */
static double
noise_of(const CrLoss *losses, uint32_t n)
{
	double		noise = CR_REASON_FLOOR;

	for (uint32_t i = 0; i < n; i++)
		noise = fmax(noise, CR_REASON_NOISE * fabs(losses[i].lost));
	return noise;
}

/* Sorts through a copy, since cr_sort() sorts numbers. */
static void
sort_losses(CrLoss *losses, uint32_t n, CrCompare compare,
			const CrAlloc *alloc)
{
	size_t		size = ((size_t) n + 1) * (sizeof(CrLoss) + sizeof(uint32_t));
	CrLoss	   *copy = alloc->alloc(alloc->context, size);
	uint32_t   *order = (uint32_t *) (copy + n + 1);

	for (uint32_t i = 0; i < n; i++)
	{
		copy[i] = losses[i];
		order[i] = i;
	}
	cr_sort(order, n, compare, copy);
	for (uint32_t i = 0; i < n; i++)
		losses[i] = copy[order[i]];
	alloc->release(alloc->context, copy);
}

/* One reason for each group that cost something; the groups are in runs. */
static uint32_t
keep_groups(CrLoss *losses, uint32_t n, double *closest)
{
	double		noise = noise_of(losses, n);
	uint32_t	kept = 0;

	for (uint32_t i = 0, next; i < n; i = next)
	{
		CrLoss		reason = losses[i];

		for (next = i + 1; next < n && losses[next].group == reason.group;
			 next++)
			reason.lost += losses[next].lost;
		if (next > i + 1)
			*closest = fmin(*closest, losses[i].lost - losses[i + 1].lost);
		*closest = fmin(*closest, fabs(reason.lost - noise));
		if (reason.lost > noise)
			losses[kept++] = reason;
	}
	return kept;
}

uint32_t
cr_reason_rank(CrLoss *losses, uint32_t n, uint32_t max, double *closest,
			   const CrAlloc *alloc)
{
	uint32_t	kept;

	*closest = INFINITY;
	sort_losses(losses, n, by_group, alloc);
	kept = keep_groups(losses, n, closest);
	sort_losses(losses, kept, by_loss, alloc);
	for (uint32_t i = 1; i < kept && i <= max; i++)
		*closest = fmin(*closest, losses[i - 1].lost - losses[i].lost);
	return kept < max ? kept : max;
}
