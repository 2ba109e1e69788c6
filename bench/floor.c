/*
 * floor.c
 *	  Functions that do next to nothing, for the benchmark: what PostgreSQL
 *	  takes to open a library, to hand a row or its columns to a C function,
 *	  and to hand columns to an aggregate.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bench_nothing);

Datum
bench_nothing(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_FLOAT4(0);
}

PG_FUNCTION_INFO_V1(bench_add);

/* (state, column, ...): the sum of what is not NULL. */
Datum
bench_add(PG_FUNCTION_ARGS)
{
	double		sum = PG_GETARG_FLOAT8(0);

	for (int i = 1; i < PG_NARGS(); i++)
		if (!PG_ARGISNULL(i))
			sum += PG_GETARG_FLOAT8(i);
	PG_RETURN_FLOAT8(sum);
}
