/*
 * cr_sort.c
 *	  Heapsort: in place, no recursion, n log n whatever the input, so that
 *	  hostile bytes cannot choose a slow case.
 */
#include "cr_sort.h"

static void
sift_down(uint32_t *items, size_t root, size_t n, CrCompare compare,
		  const void *context)
{
	uint32_t	item = items[root];

	for (;;)
	{
		size_t		child = 2 * root + 1;

		if (child >= n)
			break;
		if (child + 1 < n &&
			compare(context, items[child], items[child + 1]) < 0)
			child++;
		if (compare(context, item, items[child]) >= 0)
			break;
		items[root] = items[child];
		root = child;
	}
	items[root] = item;
}

void
cr_sort(uint32_t *items, size_t n, CrCompare compare, const void *context)
{
	for (size_t i = n / 2; i > 0; i--)
		sift_down(items, i - 1, n, compare, context);
	for (size_t i = n; i > 1; i--)
	{
		uint32_t	largest = items[0];

		items[0] = items[i - 1];
		items[i - 1] = largest;
		sift_down(items, 0, i - 1, compare, context);
	}
}
