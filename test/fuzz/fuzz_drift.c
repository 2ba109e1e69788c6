/*
 * fuzz_drift.c
 *	  libFuzzer harness: whatever bytes are read as the state of a drift scan,
 *	  they are refused, or written back as they were, give figures that can
 *	  be, and add up with themselves.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cr_drift_report.h"

/* Exact p-values of more rows take too long, here. */
#define FEW_ROWS	300
#define MANY_ROWS	10000

static void *
fuzz_alloc(void *context, size_t size)
{
	void	   *pointer = malloc(size + (size == 0));

	(void) context;
	if (pointer == NULL)
		abort();
	return pointer;
}

static void
fuzz_release(void *context, void *pointer)
{
	(void) context;
	free(pointer);
}

static bool
is_within(double value, double low, double high)
{
	return isnan(value) || (value >= low && value <= high);
}

/*
 * Against a reference in which every key has one row.  What is made of sums and
 * moments may be anything, since these may.
 */
static void
check_figures(const CrDriftCounts *counts, bool categorical,
			  const CrAlloc *alloc)
{
	uint32_t	n = counts->n_keys;
	double	   *keys = fuzz_alloc(NULL, sizeof(double) * n);
	uint64_t   *rows = fuzz_alloc(NULL, sizeof(uint64_t) * n);
	CrDriftReference reference = {.categorical = categorical,
		.moments = {n, (n - 1.0) / 2, n},.keys = keys,.counts = rows,
	.n_keys = n};
	CrDriftFigures figures;

	for (uint32_t i = 0; i < n; i++)
	{
		keys[i] = i;
		rows[i] = 1;
	}
	figures = cr_drift_figures(&reference, counts, alloc);
	if (!is_within(figures.ks, 0, 1) || !is_within(figures.ks_p_value, 0, 1) ||
		!is_within(figures.detectable, 0, 1) ||
		!is_within(figures.homogeneity.p_value, 0, 1) ||
		!is_within(figures.homogeneity.cramer_v, 0, 1 + 1e-9) ||
		!is_within(figures.psi, 0, INFINITY) ||
		!is_within(figures.js, 0, sqrt(log(2)) + 1e-9) ||
		!is_within(figures.missing.p_value, 0, 1))
		abort();
	free(keys);
	free(rows);
}

static void
check_state(CrDriftState *state, CrView data, const CrAlloc *alloc)
{
	char	   *bytes;
	CrDriftState sum;
	CrError		error;

	if (cr_drift_size(state) != data.length)
		abort();
	bytes = fuzz_alloc(NULL, data.length);
	cr_drift_write(state, bytes);
	if (memcmp(bytes, data.data, data.length) != 0 ||
		cr_drift_read(&sum, data, alloc, &error) != CR_OK)
		abort();
	for (uint32_t f = 0; f < state->n_features; f++)
	{
		CrDriftCounts *counts = &state->features[f];

		cr_drift_settle(counts);
		if (counts->moments.n <= FEW_ROWS || counts->moments.n > MANY_ROWS)
			for (int categorical = 0; categorical < 2; categorical++)
				check_figures(counts, categorical, alloc);
	}
	if (cr_drift_merge(&sum, data, &error) == CR_OK &&
		cr_drift_merge(&sum, data, &error) == CR_OK)
		for (uint32_t f = 0; f < state->n_features; f++)
			if (sum.features[f].moments.n != 3 * state->features[f].moments.n)
				abort();
	cr_drift_release(&sum, alloc);
	free(bytes);
}

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CrAlloc		alloc = {fuzz_alloc, fuzz_release, NULL, NULL};
	CrView		view = {(const char *) data, size};
	CrDriftState state;
	CrError		error;

	if (cr_drift_read(&state, view, &alloc, &error) == CR_OK)
		check_state(&state, view, &alloc);
	cr_drift_release(&state, &alloc);
	return 0;
}
