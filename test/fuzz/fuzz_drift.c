/*
 * fuzz_drift.c
 *	  libFuzzer harness: whatever bytes are read as the state of a drift scan,
 *	  they are refused, or written back as they were, and add up with
 *	  themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "cr_drift.h"

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

static void
check_state(CrDriftState *state, const uint8_t *data, size_t size,
			const CrAlloc *alloc)
{
	char	   *bytes = fuzz_alloc(NULL, cr_drift_size(state));
	CrDriftState other;
	CrError		error;

	cr_drift_write(state, bytes);
	if (cr_drift_size(state) != size || memcmp(bytes, data, size) != 0 ||
		cr_drift_read(&other, (CrView) {bytes, size}, alloc, &error) != CR_OK)
		abort();
	if (cr_drift_merge(state, &other, &error) == CR_OK)
		for (uint32_t f = 0; f < state->n_features; f++)
			if (state->features[f].moments.n !=
				2 * other.features[f].moments.n)
				abort();
	cr_drift_release(&other, alloc);
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
		check_state(&state, data, size, &alloc);
	cr_drift_release(&state, &alloc);
	return 0;
}
