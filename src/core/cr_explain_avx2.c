/*
 * cr_explain_avx2.c
 *	  Contributions with AVX2: eight trees or rows in a register.
 */
#include "cr_explain_run.h"

#if CR_EXPLAIN_KERNELS && defined(CR_X86_KERNELS)

#include <immintrin.h>
#include <string.h>

#define CR_TARGET		__attribute__((target("avx2")))
#define WIDTH			8

typedef int32_t Masks __attribute__((vector_size(4 * WIDTH)));

static CR_TARGET CR_INLINE Masks
load_wide(const int8_t *bytes)
{
	__m128i		narrow = _mm_loadl_epi64((const __m128i *) bytes);

	return (Masks) _mm256_cvtepi8_epi32(narrow);
}

static CR_TARGET CR_INLINE Masks
load_words(const int16_t *words)
{
	__m128i		narrow = _mm_loadu_si128((const __m128i *) words);

	return (Masks) _mm256_cvtepi16_epi32(narrow);
}

#include "cr_explain_kernel.h"

const CrExplainKernel cr_explain_avx2 = {explain_group, explain_tree};

#endif
