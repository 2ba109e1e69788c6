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

/* For functions that are one only in the eyes of the reader. */
#ifdef __GNUC__
#define CR_INLINE	inline __attribute__((always_inline))
#else
#define CR_INLINE	inline
#endif

#define CR_ROW_BYTES	256		/* room for the columns of one row */

typedef float (*CrMargin) (const CrForest *forest, const CrLayout *layout,
						   const float *vector, void *scratch);

/* cr_batch.c: without a layout, or before it knows better */
extern float cr_margin_walking(const CrForest *forest, const CrLayout *layout,
							   const float *vector, void *scratch);
extern void cr_margins_by_row(CrMargin margin, const CrForest *forest,
							  const CrLayout *layout, const float *columns,
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

/* The row's byte in each column, and the same of 64 rows. */
extern void cr_fill_row(const CrForest *forest, const CrLayout *layout,
						const float *vector, int8_t *row);
extern void cr_fill_columns(const CrForest *forest, const CrLayout *layout,
							const float *columns, uint32_t n, int8_t *bytes);

extern const CrExplainKernel cr_explain_portable;

#ifdef CR_X86_KERNELS
extern const CrExplainKernel cr_explain_avx2;
extern const CrExplainKernel cr_explain_avx512;

extern void cr_margins_avx2(const CrForest *forest, const CrLayout *layout,
							const float *columns, uint32_t n, float *margins,
							void *scratch);
extern void cr_margins_avx512(const CrForest *forest, const CrLayout *layout,
							  const float *columns, uint32_t n,
							  float *margins, void *scratch);
extern void cr_margins_avx512vbmi(const CrForest *forest,
								  const CrLayout *layout,
								  const float *columns, uint32_t n,
								  float *margins, void *scratch);
extern float cr_margin_avx512vbmi(const CrForest *forest,
								  const CrLayout *layout,
								  const float *vector, void *scratch);
#endif

/*
 * A batch costs the same however few rows are in it.  Measured with AVX2 and
 * AVX-512 it pays from 9 to 12 rows on for depth 4, 16 for 6 and 24 for 8.
 */
static inline bool
cr_too_few_rows(const CrLayout *layout, uint32_t n)
{
	return layout->row_depth > 0 && n < 2 * layout->row_depth + 4;
}

/* The number of the leaf of a row that arrived at a twig. */
static inline uint32_t
cr_twig_leaf(const CrTwig *twigs, const int8_t *row, uint32_t arrived,
			 uint32_t levels)
{
	const CrTwig *twig = &twigs[arrived];
	uint32_t	at = row[twig->column[0]] > twig->code[0];
	uint32_t	leaf = 2 * arrived + at;

	if (levels == 2)
		leaf = 2 * leaf + (row[twig->column[1 + at]] > twig->code[1 + at]);
	return leaf;
}

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
