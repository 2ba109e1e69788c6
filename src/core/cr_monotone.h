/*
 * cr_monotone.h
 *	  Whether the margin can only grow, or only fall, with one feature.
 *
 * That concerns values that are there: what a missing value gets is compared
 * with nothing.  The other features may have any values or none.
 */
#ifndef CR_MONOTONE_H
#define CR_MONOTONE_H

#include "cr_box.h"

typedef enum CrVerdict
{
	CR_PROVEN,
	CR_REFUTED,
	CR_TOO_MUCH_WORK,			/* neither, within the budget */
	CR_TOO_CLOSE				/* it depends on rounding */
} CrVerdict;

typedef enum CrDirection
{
	CR_INCREASING,				/* of the margin, as the feature grows */
	CR_DECREASING
} CrDirection;

/*
 * Two applicants who differ in the feature only, and whose margins, as the
 * evaluator gives them, contradict the direction.
 */
typedef struct CrWitness
{
	float	   *lower;			/* vectors with the smaller value ... */
	float	   *upper;			/* ... and the larger one */
	float		lower_margin;
	float		upper_margin;
} CrWitness;

/* The feature is numeric.  Fills *witness for CR_REFUTED. */
extern CrVerdict cr_monotone_check(CrBox *box, uint32_t feature,
								   CrDirection direction, uint64_t budget,
								   CrWitness *witness);

/* The same for a linear model; no search is needed. */
extern CrVerdict cr_monotone_linear(const CrForest *forest, uint32_t feature,
									CrDirection direction,
									CrWitness *witness);

#endif							/* CR_MONOTONE_H */
