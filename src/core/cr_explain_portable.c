/*
 * cr_explain_portable.c
 *	  Contributions on any CPU: vectors of 16 bytes, which SSE2, NEON and others
 *	  have.
 */
#include "cr_explain_run.h"

#if CR_EXPLAIN_KERNELS

#include <string.h>

#define CR_TARGET
#define WIDTH			4

typedef int32_t Masks __attribute__((vector_size(4 * WIDTH)));

static CR_INLINE Masks
load_wide(const int8_t *bytes)
{
	return (Masks) {bytes[0], bytes[1], bytes[2], bytes[3]};
}

static CR_INLINE Masks
load_words(const int16_t *words)
{
	return (Masks) {words[0], words[1], words[2], words[3]};
}

#include "cr_explain_kernel.h"

const CrExplainKernel cr_explain_portable = {explain_group, explain_tree};

#else

const CrExplainKernel cr_explain_portable = {NULL, NULL};

#endif
