/*
 * replay.c
 *	  A stored feature vector scored with a stored image.
 *
 * The vector comes from a table, so it is checked as an applicant's values
 * are: no infinity, and whole category codes that the feature can have.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"

#include "compat.h"
#include "model.h"
#include "score.h"

static bool
feature_takes(const CrFeature *feature, float value)
{
	double		codes = feature->n_labels > 0 ? feature->n_labels :
		(double) CR_MAX_CATEGORY + 1;

	if (isnan(value))
		return true;
	if (feature->kind == CR_NUMERIC)
		return !isinf(value);
	return value >= 0 && value < codes && value == rintf(value);
}

/* The vector in an array, checked against the model. */
static float *
read_vector(const CreditModel *model, ArrayType *array)
{
	uint32		n = model->forest.n_features;
	float	   *vector = palloc(n * sizeof(float));
	Datum	   *items;
	int			n_items;

	if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) != (int) n ||
		array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("inputs are not a number for each of the %u features",
						n)));
	deconstruct_array(array, FLOAT4OID, sizeof(float), true, TYPALIGN_INT,
					  &items, NULL, &n_items);
	for (uint32 f = 0; f < n; f++)
	{
		vector[f] = DatumGetFloat4(items[f]);
		if (!feature_takes(&model->forest.features[f], vector[f]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("input %u is not a value of feature \"%s\"", f + 1,
							model->feature_names[f])));
	}
	return vector;
}

PG_FUNCTION_INFO_V1(credit_image_score);
Datum
credit_image_score(PG_FUNCTION_ARGS)
{
	CreditModel *model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0), NULL);
	float	   *vector = read_vector(model, PG_GETARG_ARRAYTYPE_P(1));
	float		margin = credit_model_margin(model, vector);
	TupleDesc	row;
	Datum		values[3];
	bool		nulls[3] = {false};

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Float4GetDatum(margin);
	values[1] = credit_probability(model, margin);
	values[2] = credit_points(model, margin);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row),
													  values, nulls)));
}
