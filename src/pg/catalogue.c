/*
 * catalogue.c
 *	  The reasons that a version can give, and what they are measured against,
 *	  from the tables of control/parts/22_reason.sql.
 *
 * The reasons were imported with the version and never change, so the model
 * keeps them.  What they are measured against may come later, and texts depend
 * on credit.language: these are read anew where the language is another, or
 * they may have changed (registry_state.c).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "catalogue.h"
#include "compat.h"
#include "pg_credit.h"
#include "registry.h"

/* Columns as control/parts/20_registry.sql and 22_reason.sql define them. */
#define VERSION_REASON_BASELINE		16

#define FEATURE_POSITION			2
#define FEATURE_REASON_CODE			7
#define FEATURE_REASON_TEXT			8

#define CONTRIBUTION_POSITION		2
#define CONTRIBUTION_CONTRIBUTION	3

#define TRANSLATION_CODE			2
#define TRANSLATION_LANGUAGE		3
#define TRANSLATION_TEXT			4

/* What the rows are read into. */
typedef struct Reading
{
	CreditCatalogue *catalogue;
	uint32		n_features;
	CreditBaseline baseline;
} Reading;

/* -------- making -------- */

CreditBaseline
credit_catalogue_baseline(const char *name)
{
	static const char *const names[] = {
		[CREDIT_POPULATION] = "population",
		[CREDIT_BARELY_PASSING] = "barely_passing",
		[CREDIT_BEST] = "best",
	};

	for (size_t i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (CreditBaseline) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid baseline \"%s\"", name),
			 errhint("The baselines are: population, barely_passing, best.")));
}

CreditCatalogue *
credit_catalogue_create(const CreditModel *model, CreditBaseline baseline)
{
	CreditCatalogue *catalogue = palloc0(sizeof(CreditCatalogue));
	uint32		n = model->forest.n_features;

	catalogue->baseline = baseline;
	catalogue->codes = palloc0(n * sizeof(char *));
	catalogue->texts = palloc0(n * sizeof(char *));
	catalogue->groups = palloc(n * sizeof(uint32));
	return catalogue;
}

void
credit_catalogue_group(CreditCatalogue *catalogue, uint32 n)
{
	for (uint32 f = 0; f < n; f++)
	{
		uint32		first = f;

		CHECK_FOR_INTERRUPTS();
		for (uint32 i = 0; i < f && first == f && catalogue->codes[f] != NULL;
			 i++)
			if (catalogue->codes[i] != NULL &&
				strcmp(catalogue->codes[i], catalogue->codes[f]) == 0)
				first = i;
		catalogue->groups[f] = first;
	}
}

/* -------- reading -------- */

static Datum
column(HeapTuple tuple, TupleDesc descriptor, int number)
{
	bool		is_null;
	Datum		value = heap_getattr(tuple, number, descriptor, &is_null);

	return is_null ? (Datum) 0 : value;
}

static char *
text_column(HeapTuple tuple, TupleDesc descriptor, int number)
{
	Datum		value = column(tuple, descriptor, number);

	return value == (Datum) 0 ? NULL : TextDatumGetCString(value);
}

/* The feature that a row is about; the table is not trusted to fit. */
static uint32
feature_of(const Reading *reading, HeapTuple tuple, TupleDesc descriptor,
		   int number)
{
	uint32		position = DatumGetInt32(column(tuple, descriptor, number));

	if (position < 1 || position > reading->n_features)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("registry has a feature %u of a model with %u",
						position, reading->n_features),
				 errhint("Check the model with credit.verify_model().")));
	return position - 1;
}

static void
take_version(void *context, HeapTuple tuple, TupleDesc descriptor)
{
	Reading    *reading = context;

	reading->baseline =
		credit_catalogue_baseline(text_column(tuple, descriptor,
											  VERSION_REASON_BASELINE));
}

static void
take_feature(void *context, HeapTuple tuple, TupleDesc descriptor)
{
	Reading    *reading = context;
	uint32		f = feature_of(reading, tuple, descriptor, FEATURE_POSITION);

	reading->catalogue->codes[f] = text_column(tuple, descriptor,
											   FEATURE_REASON_CODE);
	reading->catalogue->texts[f] = text_column(tuple, descriptor,
											   FEATURE_REASON_TEXT);
}

static void
take_translation(void *context, HeapTuple tuple, TupleDesc descriptor)
{
	Reading    *reading = context;
	CreditCatalogue *catalogue = reading->catalogue;
	char	   *code;

	CHECK_FOR_INTERRUPTS();
	if (strcmp(text_column(tuple, descriptor, TRANSLATION_LANGUAGE),
			   catalogue->language) != 0)
		return;
	code = text_column(tuple, descriptor, TRANSLATION_CODE);
	for (uint32 f = 0; f < reading->n_features; f++)
		if (catalogue->codes[f] != NULL &&
			strcmp(catalogue->codes[f], code) == 0)
			catalogue->texts[f] = text_column(tuple, descriptor,
											  TRANSLATION_TEXT);
}

static void
take_contribution(void *context, HeapTuple tuple, TupleDesc descriptor)
{
	Reading    *reading = context;
	CreditCatalogue *catalogue = reading->catalogue;
	uint32		f = feature_of(reading, tuple, descriptor,
							   CONTRIBUTION_POSITION);

	if (catalogue->reference == NULL)
		catalogue->reference = palloc0(reading->n_features * sizeof(double));
	catalogue->reference[f] =
		DatumGetFloat8(column(tuple, descriptor, CONTRIBUTION_CONTRIBUTION));
}

static void
read_imported(int64 model_version_id, CreditModel *model)
{
	Reading		reading = {.n_features = model->forest.n_features};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "credit catalogue",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);

	credit_registry_rows("model_version", model_version_id, take_version,
						 &reading);
	reading.catalogue = credit_catalogue_create(model, reading.baseline);
	credit_registry_rows("feature", model_version_id, take_feature, &reading);
	credit_catalogue_group(reading.catalogue, reading.n_features);
	MemoryContextSwitchTo(before);
	credit_model_adopt(model, context);
	model->imported = reading.catalogue;
}

static void
read_translation(int64 model_version_id, Reading *reading)
{
	size_t		size = reading->n_features * sizeof(char *);
	char	  **texts = palloc(size);

	memcpy(texts, reading->catalogue->texts, size);
	reading->catalogue->texts = texts;
	credit_registry_rows("reason_translation", model_version_id,
						 take_translation, reading);
}

/* The imported one with texts in the language and what is measured against. */
static CreditCatalogue *
complete(int64 model_version_id, const CreditModel *model)
{
	Reading		reading = {.n_features = model->forest.n_features};
	CreditCatalogue *catalogue = palloc(sizeof(CreditCatalogue));

	*catalogue = *model->imported;
	reading.catalogue = catalogue;
	catalogue->language = pstrdup(credit_language);
	catalogue->stamp.tables[0] = "baseline_contribution";
	catalogue->stamp.tables[1] = credit_language[0] == '\0' ? NULL :
		"reason_translation";
	(void) credit_stamp_holds(&catalogue->stamp);
	if (credit_language[0] != '\0')
		read_translation(model_version_id, &reading);
	credit_registry_rows("baseline_contribution", model_version_id,
						 take_contribution, &reading);
	return catalogue;
}

static CreditCatalogue *
make_complete(int64 model_version_id, CreditModel *model)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "credit catalogue",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	CreditCatalogue *catalogue = complete(model_version_id, model);

	MemoryContextSwitchTo(before);
	credit_model_adopt(model, context);
	return catalogue;
}

const CreditCatalogue *
credit_catalogue_of(int64 model_version_id, CreditModel *model)
{
	CreditCatalogue *catalogue = model->catalogue;

	if (catalogue != NULL && credit_stamp_holds(&catalogue->stamp) &&
		strcmp(catalogue->language, credit_language) == 0)
		return catalogue;
	model->catalogue = NULL;
	if (catalogue != NULL)
		MemoryContextDelete(GetMemoryChunkContext(catalogue));
	if (model->imported == NULL)
		read_imported(model_version_id, model);
	model->catalogue = make_complete(model_version_id, model);
	return model->catalogue;
}
