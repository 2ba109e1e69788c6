/*
 * peer.c
 *	  The rival in C, for the benchmark: a function that hands each row to
 *	  libxgboost's predictor.
 *
 * bench_xgboost(path, column, ...) is the margin by the model file at path,
 * which the session keeps until it is asked for another one.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include <math.h>
#include <xgboost/c_api.h>

#define MAX_COLUMNS		100

#define CHECK(call) \
	do { \
		if ((call) != 0) \
			elog(ERROR, "%s", XGBGetLastError()); \
	} while (0)

PG_MODULE_MAGIC;

static BoosterHandle booster = NULL;
static char *booster_path = NULL;

static void
open_booster(const char *path)
{
	if (booster != NULL && strcmp(booster_path, path) == 0)
		return;
	if (booster != NULL)
	{
		CHECK(XGBoosterFree(booster));
		booster = NULL;
		pfree(booster_path);
	}
	booster_path = MemoryContextStrdup(TopMemoryContext, path);
	CHECK(XGBoosterCreate(NULL, 0, &booster));
	CHECK(XGBoosterLoadModel(booster, path));
	CHECK(XGBoosterSetParam(booster, "nthread", "1"));
}

static float
predict(const float *row, int n)
{
	static const char config[] = "{\"type\":1,\"training\":false,"
		"\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,"
		"\"missing\":NaN,\"cache_id\":0}";
	char		array[200];
	const bst_ulong *shape;
	bst_ulong	dimensions;
	const float *margin;

	snprintf(array, sizeof(array), "{\"data\":[%zu,true],\"shape\":[1,%d],"
			 "\"typestr\":\"<f4\",\"version\":3}", (size_t) row, n);
	CHECK(XGBoosterPredictFromDense(booster, array, config, NULL, &shape,
									&dimensions, &margin));
	return margin[0];
}

PG_FUNCTION_INFO_V1(bench_xgboost);

Datum
bench_xgboost(PG_FUNCTION_ARGS)
{
	int			n = PG_NARGS() - 1;
	float		row[MAX_COLUMNS];

	open_booster(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	for (int i = 0; i < n; i++)
		row[i] = PG_ARGISNULL(i + 1) ? NAN :
			(float) PG_GETARG_FLOAT8(i + 1);
	PG_RETURN_FLOAT4(predict(row, n));
}
