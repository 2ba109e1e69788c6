/*
 * fuzz_batch.c
 *	  libFuzzer harness: bytes choose the shape of a small forest and what is
 *	  random in it; all kernels must agree with the reference on its rows.
 *	  Bytes that happen to be an image are taken as they are.
 */
#include "kernels.h"
#include "plant.h"

static void *
counted_alloc(void *context, size_t size)
{
	*(long *) context += 1;
	return malloc(size > 0 ? size : 1);
}

static void
counted_release(void *context, void *pointer)
{
	*(long *) context -= 1;
	free(pointer);
}

/* The next byte, 0 at the end. */
static uint32_t
take(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	(*size)--;
	return *(*data)++;
}

static Plant
take_plant(const uint8_t **data, size_t *size)
{
	Plant		plant = {
		.what = "fuzz",
		.n_trees = 1 + take(data, size) % 20,
		.n_features = 1 + take(data, size) % 70,
		.n_inner = 2 * take(data, size),
		.depth = take(data, size),
		.growth = (Growth) (take(data, size) % 3),
		.n_thresholds = 3 * take(data, size),
		.choices = take(data, size) % 8,
		.max_code = take(data, size) * 8,
	};

	if (plant.choices == 0 && take(data, size) % 4 == 3)
		plant.trunk = 12;
	plant.base_last = take(data, size) % 2;
	return plant;
}

static void
check_forest(const CrForest *forest, uint32_t n, Random *random)
{
	long		in_use = 0;
	CrAlloc		alloc = {counted_alloc, counted_release, NULL, &in_use};
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
	void	   *image = malloc(size + (size == 0));
	CrForest	forest;
	CrError		error;
	uint32_t	n;
	Plant		plant;

	if (size > 0)
		memcpy(image, data, size);
	if (cr_forest_open(&forest, image, size, &error) != CR_OK)
	{
		free(image);
		n = take(&data, &size);
		plant = take_plant(&data, &size);
		while (size > 0)
			random.state = random.state * 257 + take(&data, &size) + 1;
		random.state |= UINT64_C(1) << 40;
		image = plant_forest(&plant, &random, &forest);
	}
	else
		n = data[size - 1];
	check_forest(&forest, 1 + n % CR_BATCH_ROWS, &random);
	free(image);
	return 0;
}
