/*
 * fuzz_image.c
 *	  libFuzzer harness: whatever bytes are opened as an image, they are
 *	  refused, or all evaluators agree and every label has its code.
 */
#include "agree.h"

static void
check(bool holds)
{
	if (!holds)
		abort();
}

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes are copied, because an image must be aligned. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Random		random = {.state = 1};
	char	   *image = malloc(size + (size == 0));
	CrForest	forest;
	CrError		error;

	if (size > 0)
		memcpy(image, data, size);
	if (cr_forest_open(&forest, image, size, &error) == CR_OK)
	{
		check(evaluators_agree(&forest, &random, 4));
		check(labels_found(&forest));
	}
	else
		check(error.status == CR_DAMAGED && error.message[0] != '\0');
	free(image);
	return 0;
}
