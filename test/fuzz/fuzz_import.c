/*
 * fuzz_import.c
 *	  libFuzzer harness: whatever bytes are imported, for an image or for their
 *	  gains, the importer keeps its bound on memory and leaks nothing, gains are
 *	  finite, and what it accepts is an image that opens and that all evaluators
 *	  agree on.
 */
#include "agree.h"
#include "model.h"

/* Names that the options give: none, and enough for a small model. */
#define N_NAMES	8

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_imported(Imported *imported)
{
	Random		random = {.state = 1};
	CrForest	forest;
	CrError		error;

	check(imported->sound);
	if (imported->status == CR_OK)
	{
		check(cr_forest_open(&forest, imported->image, imported->size,
							 &error) == CR_OK);
		check(evaluators_agree(&forest, &random, 4));
		check(labels_found(&forest));
	}
	forget(imported);
	check(imported->meter.used == 0);
}

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Imported	imported = import_numbered((CrView) {(const char *) data, size},
										   N_NAMES);

	check_imported(&imported);
	return 0;
}
