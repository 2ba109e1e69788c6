/*
 * cr_best.h
 *	  How far a margin could go if one feature had another value.
 */
#ifndef CR_BEST_H
#define CR_BEST_H

#include "cr_box.h"
#include "cr_range.h"

/*
 * The distance, 0 or more, from the margin of the vector to the smallest or
 * largest that it can have with any other present value of the feature.  Of
 * a forest of trees.  The box is all applicants.
 */
extern double cr_best_distance(const CrBox *box, uint32_t feature,
							   const float *vector, CrEnd end);

#endif							/* CR_BEST_H */
