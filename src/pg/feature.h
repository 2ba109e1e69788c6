/*
 * feature.h
 *	  A row or a JSON object -> the feature vector of a model.
 */
#ifndef CREDIT_FEATURE_H
#define CREDIT_FEATURE_H

#include <math.h>

#include "access/htup.h"
#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "utils/jsonb.h"

#include "model.h"

/* Which attribute of a row type feeds which feature; see feature.c. */
typedef struct CreditRowMap CreditRowMap;

extern CreditRowMap *credit_feature_map(CreditModel *model,
										Oid row_type, int32 row_typmod,
										MemoryContext context);
extern bool credit_feature_map_fits(const CreditRowMap *map, Oid row_type,
									int32 row_typmod);

/*
 * The attribute with this name, or 0; *similar then differs from the name
 * only in case, or is NULL.
 */
extern AttrNumber credit_feature_attribute(TupleDesc descriptor,
										   const char *name,
										   const char **similar);

/*
 * One column instead of a row.  credit_feature_accepts() tells whether a type,
 * which may be a domain, can feed a feature, and in *base what it is
 * underneath; credit_feature_value() converts a value, not NULL, of that base
 * type.  credit_feature_try() returns false, and something in *result, where
 * credit_feature_value() would raise an error about the value.
 */
extern bool credit_feature_accepts(const CreditModel *model, uint32 feature,
								   Oid type, Oid *base);
extern float credit_feature_value(const CreditModel *model, uint32 feature,
								  Oid base, Datum value);
extern bool credit_feature_try_any(const CreditModel *model, uint32 feature,
								   Oid base, Datum value, float *result);

/* Without a call for the commonest case: this runs for every value. */
static inline bool
credit_feature_try(const CreditModel *model, uint32 feature, Oid base,
				   Datum value, float *result)
{
	if (base != FLOAT8OID ||
		model->forest.features[feature].kind != CR_NUMERIC)
		return credit_feature_try_any(model, feature, base, value, result);
	*result = (float) DatumGetFloat8(value);
	return !isinf(*result);
}

/*
 * A number as text that is stored, compared or looked up: the shortest that
 * gives the number again, which no setting of the session changes.
 */
extern char *credit_number_text(double value);

/* The value of a vector as text, NULL for a missing one. */
extern char *credit_feature_text(const CreditModel *model, uint32 feature,
								 float value);

/* Both fill forest.n_features floats, NaN for missing. */
extern void credit_feature_row(const CreditModel *model, CreditRowMap *map,
							   HeapTupleHeader row, float *vector);
extern void credit_feature_jsonb(const CreditModel *model, Jsonb *object,
								 float *vector);

#endif							/* CREDIT_FEATURE_H */
