/*
 * cr_batch.h
 *	  Feature vectors -> margins, fast: one row at a time or up to 64.
 *
 * A *layout* is a forest rewritten for this: thresholds become byte codes and
 * trees become arrays without pointers (cr_layout.h explains).  It is built
 * once from an opened forest and is read-only afterwards.  It holds offsets
 * only: its cr_layout_size() bytes may be copied to any other address that is
 * a multiple of CR_LAYOUT_ALIGNMENT, shared memory for instance.
 *
 * A *kernel* evaluates a forest with its layout on a certain kind of CPU.
 * Every kernel takes every layout and gives the bits of "reference" in
 * cr_eval.c.  What a layout does not cover is left to cr_eval.c, row by row.
 */
#ifndef CR_BATCH_H
#define CR_BATCH_H

#include "cr_forest.h"

#define CR_BATCH_ROWS		64
#define CR_LAYOUT_ALIGNMENT 64

typedef struct CrLayout CrLayout;
typedef struct CrExplainKernel CrExplainKernel; /* cr_explain_run.h */

/*
 * margin() takes a feature vector as cr_eval.h describes it.
 *
 * margins() takes 1 <= n <= 64 of them, feature by feature: feature f of row i
 * is columns[f * CR_BATCH_ROWS + i].  Lanes n to 63 are read too: they may hold
 * any floats, but must be initialised.  margins[0] to [n - 1] are written.
 *
 * scratch is cr_batch_scratch() bytes, aligned as malloc() does or not at all.
 */
typedef struct CrKernel
{
	const char *name;
	bool		(*runs) (void); /* on this CPU */
	float		(*margin) (const CrForest *forest, const CrLayout *layout,
						   const float *vector, void *scratch);
	void		(*margins) (const CrForest *forest, const CrLayout *layout,
							const float *columns, uint32_t n, float *margins,
							void *scratch);
	const CrExplainKernel *explain; /* for cr_explain.h */
} CrKernel;

/* Fastest first; the last one runs everywhere.  Ends with a NULL name. */
extern const CrKernel cr_kernels[];

extern const CrKernel *cr_kernel_choose(void);

extern CrLayout *cr_layout_build(const CrForest *forest,
								 const CrAlloc *alloc);
extern void cr_layout_release(CrLayout *layout, const CrAlloc *alloc);
extern size_t cr_layout_size(const CrLayout *layout);

extern size_t cr_batch_scratch(const CrForest *forest,
							   const CrLayout *layout);

#endif							/* CR_BATCH_H */
