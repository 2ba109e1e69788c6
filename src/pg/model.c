/*
 * model.c
 *	  A model image, opened and ready to score.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "alloc.h"
#include "compat.h"
#include "model.h"
#include "pg_credit.h"
#include "report.h"

/* Measured: a layout costs as much as it saves in 200 to 600 rows. */
#define ROWS_WITHOUT_LAYOUT 256

bool
credit_model_check_encoding(const CrForest *forest, CrError *error)
{
	for (uint32 f = 0; f < forest->n_features; f++)
	{
		CrView		text = cr_forest_feature_name(forest, f);
		uint32		code = 0;

		while (pg_verify_mbstr(PG_UTF8, text.data, text.length, true) &&
			   code < forest->features[f].n_labels)
			text = cr_forest_label(forest, f, code++);
		if (!pg_verify_mbstr(PG_UTF8, text.data, text.length, true))
		{
			cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
					"The name or a category of feature %u is not UTF-8.",
					(uint64_t) f);
			return false;
		}
	}
	return true;
}

char *
credit_model_category(const CreditModel *model, uint32 f, uint32 code)
{
	CrView		label;
	char	   *copy;

	if (code >= model->forest.features[f].n_labels)
		return psprintf("%u", code);
	label = cr_forest_label(&model->forest, f, code);
	copy = pnstrdup(label.data, label.length);
	return pg_any_to_server(copy, label.length, PG_UTF8);
}

/*
 * Checks and opens an image, which was allocated in the current memory context
 * and is the model's from now on; what it returns goes with that context.  The
 * bytes move to the beginning, which palloc aligned, because memory that is
 * touched for the first time is dear.  reference is NULL for an image without
 * a name.
 */
CreditModel *
credit_model_open(bytea *image, const char *reference)
{
	CreditModel *model = palloc0(sizeof(CreditModel));
	size_t		size = VARSIZE_ANY_EXHDR(image);
	CrError		error;

	StaticAssertStmt(MAXIMUM_ALIGNOF >= CR_IMAGE_ALIGNMENT,
					 "palloc aligns less than an image wants");
	memmove(image, VARDATA_ANY(image), size);
	if (cr_forest_open(&model->forest, image, size, &error) != CR_OK ||
		!credit_model_check_encoding(&model->forest, &error))
		credit_report_image(&error, reference);
	model->reference = pstrdup(reference == NULL ? "(image)" : reference);
	model->evaluator = cr_eval_choose(&model->forest);
	model->scratch = palloc(cr_eval_scratch(&model->forest) * sizeof(float));
	model->context = CurrentMemoryContext;
	model->feature_names = palloc(model->forest.n_features * sizeof(char *));
	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		CrView		name = cr_forest_feature_name(&model->forest, f);
		char	   *copy = pnstrdup(name.data, name.length);

		model->feature_names[f] = pg_any_to_server(copy, name.length, PG_UTF8);
	}
	return model;
}

void
credit_model_adopt(CreditModel *model, MemoryContext part)
{
	MemoryContextSetIdentifier(part, model->reference);
	MemoryContextSetParent(part, model->context);
}

void
credit_model_prepare(CreditModel *model)
{
	MemoryContext context;
	MemoryContext before;
	CrAlloc		alloc;
	CrLayout   *layout;
	void	   *scratch;

	if (model->layout != NULL)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "credit layout",
									ALLOCSET_SMALL_SIZES);
	before = MemoryContextSwitchTo(context);
	alloc = credit_core_alloc();
	layout = cr_layout_build(&model->forest, &alloc);
	scratch = palloc(cr_batch_scratch(&model->forest, layout));
	MemoryContextSwitchTo(before);
	credit_model_adopt(model, context);
	pfree(model->scratch);
	model->layout = layout;
	model->scratch = scratch;
}

float
credit_model_margin(CreditModel *model, const float *vector)
{
	float		margin;

	if (model->layout == NULL && model->n_scored++ == ROWS_WITHOUT_LAYOUT)
		credit_model_prepare(model);
	margin = model->layout == NULL ?
		model->evaluator->margin(&model->forest, vector, model->scratch) :
		credit_kernel->margin(&model->forest, model->layout, vector,
							  model->scratch);
	credit_model_check_margin(model, margin);
	return margin;
}

void
credit_model_margins(CreditModel *model, const float *columns, uint32 n,
					 float *margins)
{
	credit_model_prepare(model);
	credit_kernel->margins(&model->forest, model->layout, columns, n, margins,
						   model->scratch);
}

/* Only a linear model can overflow; cr_forest_open() rules it out for trees. */
void
credit_model_check_margin(const CreditModel *model, float margin)
{
	if (!isfinite(margin))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("margin of model \"%s\" is out of range",
						model->reference),
				 errhint("Check the applicant for values far outside of what the model was trained on.")));
}
