/*
 * fuzz_forest.h
 *	  Bytes -> a forest: they choose the shape of a small one and what is random
 *	  in it.  Bytes that happen to be an image are taken as they are.
 */
#ifndef FUZZ_FOREST_H
#define FUZZ_FOREST_H

#include "cr_base.h"
#include "plant.h"

static inline void *
counted_alloc(void *context, size_t size)
{
	*(long *) context += 1;
	return malloc(size > 0 ? size : 1);
}

static inline void
counted_release(void *context, void *pointer)
{
	*(long *) context -= 1;
	free(pointer);
}

#define COUNTED(counter) \
	((CrAlloc) {counted_alloc, counted_release, NULL, (counter)})

/* The next byte, 0 at the end. */
static inline uint32_t
take(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	(*size)--;
	return *(*data)++;
}

static inline Plant
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
	plant.odd_covers = take(data, size) % 4 == 3;
	return plant;
}

/* The image, to be freed; *n is a byte for the harness to use. */
static inline void *
fuzz_forest(const uint8_t *data, size_t size, CrForest *forest, uint32_t *n,
			Random *random)
{
	void	   *image = malloc(size + (size == 0));
	CrError		error;
	Plant		plant;

	if (size > 0)
		memcpy(image, data, size);
	if (cr_forest_open(forest, image, size, &error) == CR_OK)
	{
		*n = data[size - 1];
		return image;
	}
	free(image);
	*n = take(&data, &size);
	plant = take_plant(&data, &size);
	while (size > 0)
		random->state = random->state * 257 + take(&data, &size) + 1;
	random->state |= UINT64_C(1) << 40;
	return plant_forest(&plant, random, forest);
}

#endif							/* FUZZ_FOREST_H */
