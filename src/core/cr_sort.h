/*
 * cr_sort.h
 *	  Sorts an array of indexes in place; qsort() may allocate, this does not.
 */
#ifndef CR_SORT_H
#define CR_SORT_H

#include "cr_base.h"

/* Negative, zero or positive as a stands before, with or after b. */
typedef int (*CrCompare) (const void *context, uint32_t a, uint32_t b);

extern void cr_sort(uint32_t *items, size_t n, CrCompare compare,
					const void *context);

#endif							/* CR_SORT_H */
