/*
 * cr_batch.c
 *	  The kernels' table, and what all of them share: rows that walk through
 *	  the image, and category sets.
 */
#include "cr_batch.h"

#include "cr_cpu.h"
#include "cr_eval.h"
#include "cr_kernel.h"
#include "cr_step.h"

/* -------- without a layout: cr_eval.c, row by row -------- */

float
cr_margin_walking(const CrForest *forest, const CrLayout *layout,
				  const float *vector, void *scratch)
{
	(void) layout;
	return cr_eval_choose(forest)->margin(forest, vector,
										  cr_align_scratch(scratch));
}

/* Each row by itself. */
void
cr_margins_by_row(CrMargin margin, const CrForest *forest,
				  const CrLayout *layout, const float *columns, uint32_t n,
				  float *margins, void *scratch)
{
	float	   *vector = cr_align_scratch(scratch);

	for (uint32_t i = 0; i < n; i++)
	{
		for (uint32_t f = 0; f < forest->n_features; f++)
			vector[f] = columns[(size_t) f * CR_BATCH_ROWS + i];
		margins[i] = margin(forest, layout, vector,
							vector + forest->n_features);
	}
}

/* -------- the rest of a tree that was cut -------- */

static inline uint32_t
step(const CrForest *forest, uint32_t at, const float *columns, uint32_t row)
{
	const CrNode *node = &forest->nodes[at];
	uint32_t	slot = CR_SLOT(node->slot);
	float		value;
	bool		left;

	if (slot == 2 * forest->n_features)
		return at;
	value = columns[(size_t) (slot / 2) * CR_BATCH_ROWS + row];
	if (isnan(value))
		left = slot % 2 == 1;
	else
		left = cr_goes_left(forest, node, value);
	return left ? node->left : node->left + 1;
}

/*
 * Walks n rows from where their leaf numbers lead to leaves of the image.
 * All rows take a step before any takes the next, so that the loads of
 * different rows overlap.
 */
void
cr_walk_rows(const CrForest *forest, const float *columns, uint32_t n,
			 const uint8_t *numbers, const CrLeaf *leaves, uint32_t steps,
			 float *values)
{
	uint32_t	at[CR_BATCH_ROWS];
	uint32_t	moved = 1;

	for (uint32_t i = 0; i < n; i++)
		at[i] = leaves[numbers[i]].node;
	for (; steps > 0 && moved != 0; steps--)
	{
		moved = 0;
		for (uint32_t i = 0; i < n; i++)
		{
			uint32_t	next = step(forest, at[i], columns, i);

			moved |= next ^ at[i];
			at[i] = next;
		}
	}
	for (uint32_t i = 0; i < n; i++)
		values[i] = forest->nodes[at[i]].u.leaf;
}

/* -------- category sets -------- */

static inline bool
choice_goes_right(const CrForest *forest, const CrChoice *choice, float value)
{
	uint32_t	code;

	if (isnan(value))
		return !choice->missing_left;
	code = (uint32_t) value;
	if (choice->large)
		return cr_set_contains(forest, choice->set, code);
	return code < 32 * CR_CHOICE_WORDS &&
		(choice->words[code / 32] >> code % 32 & 1) != 0;
}

/* The column of a categorical split for n rows; lanes beyond go left. */
void
cr_fill_choice(const CrForest *forest, const CrChoice *choice,
			   const float *values, uint32_t n, int8_t *column)
{
	for (uint32_t i = 0; i < CR_BATCH_ROWS; i++)
		column[i] = i < n && choice_goes_right(forest, choice, values[i]) ?
			CR_MISSING_RIGHT : CR_MISSING_LEFT;
}

/* The same for all categorical splits and one row. */
void
cr_row_choices(const CrForest *forest, const CrLayout *layout,
			   const float *vector, int8_t *row)
{
	const CrChoice *choices = CR_LAYOUT_ARRAY(layout, CrChoice, choices);

	for (uint32_t i = 0; i < layout->n_choices; i++)
		row[choices[i].column] =
			choice_goes_right(forest, &choices[i],
							  vector[choices[i].feature]) ?
			CR_MISSING_RIGHT : CR_MISSING_LEFT;
}

/* -------- the table -------- */

static bool
runs_portable(void)
{
	return true;
}

#ifdef CR_X86_KERNELS

static bool
runs_avx2(void)
{
	return CR_CPU_HAS(avx2, AVX2);
}

static bool
runs_avx512(void)
{
	return CR_CPU_HAS(avx512f, AVX512F) &&
		CR_CPU_HAS(avx512bw, AVX512BW) &&
		CR_CPU_HAS(avx512dq, AVX512DQ) &&
		CR_CPU_HAS(avx512vl, AVX512VL);
}

static bool
runs_avx512vbmi(void)
{
	return runs_avx512() && CR_CPU_HAS(avx512vbmi, AVX512_VBMI);
}

#endif

/*
 * AVX-512 with VBMI looks up 64 bytes in a table of 128 by one instruction,
 * which serves single rows; without it and with AVX2 the portable walk is
 * better than gathers.
 */
const CrKernel cr_kernels[] = {
#ifdef CR_X86_KERNELS
	{"avx512vbmi", runs_avx512vbmi, cr_margin_avx512vbmi,
	cr_margins_avx512vbmi, &cr_explain_avx512},
	{"avx512", runs_avx512, cr_margin_portable, cr_margins_avx512,
	&cr_explain_avx512},
	{"avx2", runs_avx2, cr_margin_portable, cr_margins_avx2, &cr_explain_avx2},
#endif
	{"portable", runs_portable, cr_margin_portable, cr_margins_portable,
	&cr_explain_portable},
	{NULL, NULL, NULL, NULL, NULL},
};

const CrKernel *
cr_kernel_choose(void)
{
	const CrKernel *kernel = cr_kernels;

	while (!kernel->runs())
		kernel++;
	return kernel;
}

/* Enough for margin() and margins() of any kernel. */
size_t
cr_batch_scratch(const CrForest *forest, const CrLayout *layout)
{
	size_t		batch = ((size_t) layout->n_columns + 1) * CR_BATCH_ROWS;
	size_t		walking = cr_eval_scratch(forest) * sizeof(float);
	size_t		row = CR_ROW_BYTES +
		12 * ((size_t) layout->n_blocks + CR_ROW_TREES);
	size_t		by_row = forest->n_features * sizeof(float) +
		(walking > row ? walking : row) + CR_LAYOUT_ALIGNMENT;

	return (batch > by_row ? batch : by_row) + CR_LAYOUT_ALIGNMENT;
}
