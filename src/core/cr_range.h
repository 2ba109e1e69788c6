/*
 * cr_range.h
 *	  The smallest and the largest margin that a forest can give.
 */
#ifndef CR_RANGE_H
#define CR_RANGE_H

#include "cr_box.h"

typedef enum CrEnd
{
	CR_SMALLEST,
	CR_LARGEST
} CrEnd;

/*
 * No margin lies beyond bound.  found is the margin of *vector, the most
 * extreme that was met: where the two are equal, it is the range's end.
 */
typedef struct CrRangeEnd
{
	float		bound;
	float		found;
} CrRangeEnd;

extern CrRangeEnd cr_range_end(CrBox *box, CrEnd end, uint64_t budget,
							   float *vector);

#endif							/* CR_RANGE_H */
