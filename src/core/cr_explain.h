/*
 * cr_explain.h
 *	  Feature vectors -> contributions, fast: one row at a time or up to 64.
 *
 * What is computed is what cr_shap.h defines.  A *plan* is a forest rewritten
 * for this (cr_explain_plan.h explains); it goes with the layout of the same
 * forest (cr_batch.h), which turns values into codes, and like it is built
 * once, read-only, and may be moved.
 *
 * The arithmetic is float32, the totals are double.  Every kernel of
 * cr_batch.h gives the same bits for one row, whatever the CPU, and so it does
 * for many; between one row and many the last bits may differ.
 */
#ifndef CR_EXPLAIN_H
#define CR_EXPLAIN_H

#include "cr_batch.h"

typedef struct CrPlan CrPlan;

extern CrPlan *cr_plan_build(const CrForest *forest, const CrLayout *layout,
							 const CrAlloc *alloc);
extern void cr_plan_release(CrPlan *plan, const CrAlloc *alloc);
extern size_t cr_plan_size(const CrPlan *plan);

/*
 * Whether the kernels can use the plan.  If not, cr_shap.h serves: for linear
 * models, paths of more than 32 splits, covers that do not add
 * up, and what has no layout.
 */
extern bool cr_plan_covers(const CrPlan *plan);

/* What the kernels are given, but for the row. */
typedef struct CrExplainer
{
	const CrForest *forest;
	const CrLayout *layout;
	const CrPlan *plan;
	void	   *scratch;		/* cr_explain_scratch() bytes, aligned as malloc() */
	const CrAlloc *alloc;		/* of which only poll() is used */
} CrExplainer;

extern size_t cr_explain_scratch(const CrForest *forest,
								 const CrLayout *layout, const CrPlan *plan);

/*
 * A vector has n_features + 1 contributions, the last of which is the
 * baseline.  Rows are as cr_batch.h has them, and so are their contributions:
 * number f of row i is contributions[f * CR_BATCH_ROWS + i]; lanes n to 63 get
 * anything.
 */
extern void cr_explain_row(const CrExplainer *explainer,
						   const CrKernel *kernel, const float *vector,
						   double *contributions);
extern void cr_explain_rows(const CrExplainer *explainer,
							const CrKernel *kernel, const float *columns,
							uint32_t n, float *contributions);

#endif							/* CR_EXPLAIN_H */
