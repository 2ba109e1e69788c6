/*
 * fuzz_batch.c
 *	  libFuzzer harness: all kernels must agree with the reference on the rows
 *	  of any forest.
 */
#include "fuzz_forest.h"
#include "kernels.h"

static void
check_forest(const CrForest *forest, uint32_t n, Random *random)
{
	long		in_use = 0;
	CrAlloc		alloc = COUNTED(&in_use);
	CrLayout   *layout = cr_layout_build(forest, &alloc);

	if (kernels_differ(forest, layout, NULL, n, random) != NULL)
		abort();
	cr_layout_release(layout, &alloc);
	if (in_use != 0)
		abort();
}

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Random		random = {.state = 1};
	CrForest	forest;
	uint32_t	n;
	void	   *image = fuzz_forest(data, size, &forest, &n, &random);

	check_forest(&forest, 1 + n % CR_BATCH_ROWS, &random);
	free(image);
	return 0;
}
