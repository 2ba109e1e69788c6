/*
 * cr_explain_run.h
 *	  The parts of an explanation that each kernel has of its own.
 */
#ifndef CR_EXPLAIN_RUN_H
#define CR_EXPLAIN_RUN_H

#include "cr_explain_plan.h"
#include "cr_kernel.h"

/* Without vectors in the language no plan is made. */
#ifdef __GNUC__
#define CR_EXPLAIN_KERNELS
#endif

struct CrExplainKernel
{
	/*
	 * The results of a group, CR_LANES for each slot, from the states of the
	 * row at its places.
	 */
	void		(*group) (const CrPlan *plan, const CrGroup *group,
						  const int8_t *states, float *results);

	/*
	 * Adds the contributions through one tree to those of n rows, whose bytes
	 * and totals lie `stride` apart, 32 or more.
	 */
	void		(*tree) (const CrPlan *plan, const CrRoot *root,
						 const int8_t *bytes, uint32_t stride, uint32_t n,
						 float *totals);
};

#endif							/* CR_EXPLAIN_RUN_H */
