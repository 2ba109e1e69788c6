/*
 * alloc.c
 *	  Memory for the core: from a memory context, of any size, and with a look
 *	  for interrupts in its long loops.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "alloc.h"

static void *
core_alloc(void *context, size_t size)
{
	return MemoryContextAllocHuge(context, size);
}

static void
core_release(void *context, void *pointer)
{
	pfree(pointer);
}

static void
core_poll(void *context)
{
	CHECK_FOR_INTERRUPTS();
}

CrAlloc
credit_core_alloc(void)
{
	return (CrAlloc) {core_alloc, core_release, core_poll,
					  CurrentMemoryContext};
}
