/*
 * feature.h
 *	  A row or a JSON object -> the feature vector of a model.
 */
#ifndef CREDIT_FEATURE_H
#define CREDIT_FEATURE_H

#include "access/htup.h"
#include "utils/jsonb.h"

#include "model.h"

/* Which attribute of a row type feeds which feature; see feature.c. */
typedef struct CreditRowMap CreditRowMap;

extern CreditRowMap *credit_feature_map(const CreditModel *model,
										Oid row_type, int32 row_typmod,
										MemoryContext context);
extern bool credit_feature_map_fits(const CreditRowMap *map, Oid row_type,
									int32 row_typmod);

/* Both fill forest.n_features floats, NaN for missing. */
extern void credit_feature_row(const CreditModel *model, CreditRowMap *map,
							   HeapTupleHeader row, float *vector);
extern void credit_feature_jsonb(const CreditModel *model, Jsonb *object,
								 float *vector);

#endif							/* CREDIT_FEATURE_H */
