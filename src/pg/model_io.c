/*
 * model_io.c
 *	  SQL functions on model images: build one from an artifact, say what is
 *	  in it, evaluate it, find one in the registry, load it.
 *
 * All but the last two take or give bytes and know no table;
 * control/parts/30_model.sql puts the registry together from them.  An image that comes as an argument is as
 * hostile as any bytea and is checked like a stored one.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "alloc.h"
#include "compat.h"
#include "cr_import.h"
#include "cr_link.h"
#include "feature.h"
#include "model.h"
#include "model_cache.h"
#include "options.h"
#include "registry.h"
#include "report.h"

/* -------- build -------- */

PG_FUNCTION_INFO_V1(credit_build_image);
Datum
credit_build_image(PG_FUNCTION_ARGS)
{
	bytea	   *artifact = PG_GETARG_BYTEA_PP(0);
	Jsonb	   *object = PG_GETARG_JSONB_P(1);
	CrAlloc		alloc = credit_core_alloc();
	CrImportOptions options;
	CrForest	forest;
	CrError		error;
	void	   *image;
	size_t		size;
	bytea	   *result;

	credit_options_parse(object, &options);
	if (cr_import((CrView) {VARDATA_ANY(artifact),
				  VARSIZE_ANY_EXHDR(artifact)},
				  &options, &alloc, &image, &size, &error) != CR_OK ||
		cr_forest_open(&forest, image, size, &error) != CR_OK ||
		!credit_model_check_encoding(&forest, &error))
		credit_report_import(&error);

	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), image, size);
	PG_RETURN_BYTEA_P(result);
}

/* The total gain of each feature; NULL: the file does not say. */
PG_FUNCTION_INFO_V1(credit_artifact_gains);
Datum
credit_artifact_gains(PG_FUNCTION_ARGS)
{
	bytea	   *artifact = PG_GETARG_BYTEA_PP(0);
	CrAlloc		alloc = credit_core_alloc();
	CrImportOptions options;
	CrError		error;
	float	   *gains;
	uint32		n;
	Datum	   *values;

	credit_options_parse(PG_GETARG_JSONB_P(1), &options);
	if (cr_import_gains((CrView) {VARDATA_ANY(artifact),
						VARSIZE_ANY_EXHDR(artifact)},
						&options, &alloc, &gains, &n, &error) != CR_OK)
		credit_report_import(&error);
	if (gains == NULL)
		PG_RETURN_NULL();
	values = palloc(n * sizeof(Datum));
	for (uint32 f = 0; f < n; f++)
		values[f] = Float8GetDatum(gains[f]);
	PG_RETURN_ARRAYTYPE_P(construct_array(values, n, FLOAT8OID,
										  sizeof(float8), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}

/* -------- describe -------- */

static Datum
text_datum(const char *string)
{
	return CStringGetTextDatum(string);
}

static const char *
booster_name(const CrForest *forest)
{
	static const char *const names[] = {
		[CR_GBTREE] = "gbtree",[CR_DART] = "dart",[CR_GBLINEAR] = "gblinear",
	};

	return names[forest->header->booster];
}

static const char *
objective_name(const CrForest *forest)
{
	static const char *const names[] = {
		[CR_BINARY_LOGISTIC] = "binary:logistic",
		[CR_BINARY_LOGITRAW] = "binary:logitraw",
		[CR_REG_LOGISTIC] = "reg:logistic",
	};

	return names[forest->header->objective];
}

static int
features_used(const CrForest *forest)
{
	int			n = 0;

	for (uint32 f = 0; f < forest->n_features; f++)
		n += forest->features[f].n_splits > 0;
	return n;
}

/* One row; the columns are those of credit.image_facts in 30_model.sql. */
PG_FUNCTION_INFO_V1(credit_image_facts);
Datum
credit_image_facts(PG_FUNCTION_ARGS)
{
#define N_FACTS	22
	const CreditModel *model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0),
												 NULL);
	const CrForest *forest = &model->forest;
	const CrImageHeader *header = forest->header;
	const CrScaling *scaling = &header->scaling;
	Datum		values[N_FACTS];
	bool		nulls[N_FACTS] = {false};
	TupleDesc	descriptor;
	int			i = 0;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE ||
		descriptor->natts != N_FACTS)
		elog(ERROR, "credit.image_facts does not match its library");
	values[i++] = text_datum(psprintf("%u.%u.%u", header->xgboost_version[0],
									  header->xgboost_version[1],
									  header->xgboost_version[2]));
	values[i++] = text_datum(header->notation == 0 ? "json" : "ubjson");
	values[i++] = text_datum(booster_name(forest));
	values[i++] = text_datum(objective_name(forest));
	values[i++] = text_datum(header->positive == CR_POSITIVE_BAD ? "bad" :
							 "good");
	values[i++] = text_datum(header->unseen == CR_UNSEEN_ERROR ? "error" :
							 "missing");
	values[i++] = Float4GetDatum(header->base_margin);
	values[i++] = Int32GetDatum((int32) header->n_rounds);
	values[i++] = Int32GetDatum((int32) header->n_rounds_artifact);
	values[i++] = Int32GetDatum((int32) forest->n_trees);
	values[i++] = Int32GetDatum((int32) forest->n_nodes);
	values[i++] = Int32GetDatum((int32) forest->max_depth);
	values[i++] = Int32GetDatum((int32) forest->n_features);
	values[i++] = Int32GetDatum(features_used(forest));
	values[i++] = Float8GetDatum(scaling->base_score);
	values[i++] = Float8GetDatum(scaling->base_odds);
	values[i++] = Float8GetDatum(scaling->pdo);
	nulls[i] = isinf(scaling->min);
	values[i++] = Float8GetDatum(scaling->min);
	nulls[i] = isinf(scaling->max);
	values[i++] = Float8GetDatum(scaling->max);
	values[i++] = text_datum(model->evaluator->name);
	values[i++] = Int64GetDatum((int64) header->size);
	values[i++] = BoolGetDatum(header->base_last != 0);
	Assert(i == N_FACTS);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor),
													  values, nulls)));
}

static Datum
label_array(const CreditModel *model, uint32 f)
{
	uint32		n = model->forest.features[f].n_labels;
	Datum	   *labels = palloc(n * sizeof(Datum));

	for (uint32 code = 0; code < n; code++)
		labels[code] = text_datum(credit_model_category(model, f, code));
	return PointerGetDatum(construct_array(labels, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/* A row for each feature, in the order of the model. */
PG_FUNCTION_INFO_V1(credit_image_features);
Datum
credit_image_features(PG_FUNCTION_ARGS)
{
	const CreditModel *model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0),
												 NULL);
	const CrForest *forest = &model->forest;
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 f = 0; f < forest->n_features; f++)
	{
		const CrFeature *feature = &forest->features[f];
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = Int32GetDatum((int32) f + 1);
		values[1] = text_datum(model->feature_names[f]);
		values[2] = text_datum(feature->kind == CR_NUMERIC ? "numeric" :
							   "categorical");
		nulls[3] = feature->n_labels == 0;
		values[3] = nulls[3] ? (Datum) 0 : label_array(model, f);
		values[4] = Int32GetDatum((int32) feature->n_splits);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* -------- evaluate -------- */

PG_FUNCTION_INFO_V1(credit_image_margin);
Datum
credit_image_margin(PG_FUNCTION_ARGS)
{
	CreditModel *model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0), NULL);
	float	   *vector = palloc(model->forest.n_features * sizeof(float));

	credit_feature_jsonb(model, PG_GETARG_JSONB_P(1), vector);
	PG_RETURN_FLOAT4(credit_model_margin(model, vector));
}

/* -------- look up, load -------- */

PG_FUNCTION_INFO_V1(credit_find_version);
Datum
credit_find_version(PG_FUNCTION_ARGS)
{
	char	   *reference = PG_ARGISNULL(0) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_INT64(credit_registry_resolve(reference,
											!PG_ARGISNULL(1) &&
											PG_GETARG_BOOL(1)));
}

/* The bytes that the session now holds for the model. */
PG_FUNCTION_INFO_V1(credit_warm);
Datum
credit_warm(PG_FUNCTION_ARGS)
{
	char	   *reference = PG_ARGISNULL(0) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(0));
	int64		version_id = credit_registry_resolve(reference, false);
	CreditModel *model = credit_cache_get(version_id, CurrentMemoryContext);

	credit_model_prepare(model);
	PG_RETURN_INT64(MemoryContextMemAllocated(model->context, true));
}
