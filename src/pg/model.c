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
 * Checks and opens an image in the current memory context; what it returns
 * goes with that context.  reference is NULL for an image without a name.
 */
CreditModel *
credit_model_open(const bytea *image, const char *reference)
{
	CreditModel *model = palloc0(sizeof(CreditModel));
	size_t		size = VARSIZE_ANY_EXHDR(image);
	char	   *aligned = MemoryContextAllocHuge(CurrentMemoryContext, size);
	CrError		error;

	StaticAssertStmt(MAXIMUM_ALIGNOF >= CR_IMAGE_ALIGNMENT,
					 "palloc aligns less than an image wants");
	memcpy(aligned, VARDATA_ANY(image), size);
	if (cr_forest_open(&model->forest, aligned, size, &error) != CR_OK ||
		!credit_model_check_encoding(&model->forest, &error))
		credit_report_image(&error, reference);
	model->reference = pstrdup(reference == NULL ? "(image)" : reference);
	model->evaluator = cr_eval_choose(&model->forest);
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
credit_model_prepare(CreditModel *model)
{
	CrAlloc		alloc = credit_core_alloc();

	model->layout = cr_layout_build(&model->forest, &alloc);
}

size_t
credit_model_scratch(const CreditModel *model)
{
	return model->layout == NULL ?
		cr_eval_scratch(&model->forest) * sizeof(float) :
		cr_batch_scratch(&model->forest, model->layout);
}

/* Only a linear model can overflow; cr_forest_open() rules it out for trees. */
float
credit_model_margin(const CreditModel *model, const float *vector,
					void *scratch)
{
	float		margin = model->layout == NULL ?
		model->evaluator->margin(&model->forest, vector, scratch) :
		credit_kernel->margin(&model->forest, model->layout, vector, scratch);

	if (!isfinite(margin))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("margin of model \"%s\" is out of range",
						model->reference),
				 errhint("Check the applicant for values far outside of what the model was trained on.")));
	return margin;
}
