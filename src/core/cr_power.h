/*
 * cr_power.h
 *	  How small a shift a comparison of two samples could have seen.
 */
#ifndef CR_POWER_H
#define CR_POWER_H

#include "cr_base.h"

extern double cr_detectable_shift(uint64_t n_reference, uint64_t n_current,
								  const CrAlloc *alloc);

#endif							/* CR_POWER_H */
