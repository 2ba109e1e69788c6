/*
 * cr_bins.h
 *	  Bins frozen from a reference sample: its quantiles.
 */
#ifndef CR_BINS_H
#define CR_BINS_H

#include "cr_base.h"

#define CR_QUANTILE_BINS	10

extern uint32_t cr_bins_freeze(const uint64_t *counts, uint32_t n_values,
							   uint32_t last[CR_QUANTILE_BINS]);

#endif							/* CR_BINS_H */
