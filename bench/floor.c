/*
 * floor.c
 *	  Functions that do nothing, for the benchmark: what PostgreSQL takes to
 *	  open a library, and to hand a row or its columns to a C function.
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
