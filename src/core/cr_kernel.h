/*
 * cr_kernel.h
 *	  What the kernels have in common: the parts of an evaluation that are the
 *	  same on every CPU.
 */
#ifndef CR_KERNEL_H
#define CR_KERNEL_H

#include "cr_layout.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define CR_X86_KERNELS
#endif

#define CR_ROW_BYTES	256		/* room for the columns of one row */

/* cr_batch.c: without a layout, or before it knows better */
extern float cr_margin_walking(const CrForest *forest, const float *vector,
							   void *scratch);
extern void cr_margins_walking(const CrForest *forest, const float *columns,
							   uint32_t n, float *margins, void *scratch);
extern void cr_walk_rows(const CrForest *forest, const float *columns,
						 uint32_t n, const uint8_t *numbers,
						 const CrLeaf *leaves, uint32_t steps, float *values);
extern void cr_fill_choice(const CrForest *forest, const CrChoice *choice,
						   const float *values, uint32_t n, int8_t *column);
extern void cr_row_choices(const CrForest *forest, const CrLayout *layout,
						   const float *vector, int8_t *row);

extern float cr_margin_portable(const CrForest *forest, const CrLayout *layout,
								const float *vector, void *scratch);
extern void cr_margins_portable(const CrForest *forest, const CrLayout *layout,
								const float *columns, uint32_t n,
								float *margins, void *scratch);

#ifdef CR_X86_KERNELS
extern void cr_margins_avx2(const CrForest *forest, const CrLayout *layout,
							const float *columns, uint32_t n, float *margins,
							void *scratch);
extern void cr_margins_avx512(const CrForest *forest, const CrLayout *layout,
							  const float *columns, uint32_t n,
							  float *margins, void *scratch);
extern float cr_margin_avx512(const CrForest *forest, const CrLayout *layout,
							  const float *vector, void *scratch);
#endif

/* The bytes of the columns of a rank, as cr_layout.h has them. */
static inline int8_t
cr_window_code(uint32_t rank, uint32_t base)
{
	uint32_t	code = rank < base ? 0 : rank - base;

	return (int8_t) ((int) (code < CR_WINDOW ? code : CR_WINDOW) - 128);
}

#define CR_MISSING_RIGHT	INT8_C(127)
#define CR_MISSING_LEFT		INT8_C(-128)

#endif							/* CR_KERNEL_H */
