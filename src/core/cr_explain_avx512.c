/*
 * cr_explain_avx512.c
 *	  Contributions with AVX-512: sixteen trees or rows in a register.
 */
#include "cr_explain_run.h"

#if CR_EXPLAIN_KERNELS && defined(CR_X86_KERNELS)

#include <immintrin.h>
#include <string.h>

#define CR_TARGET \
	__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define WIDTH			16

typedef int32_t Masks __attribute__((vector_size(4 * WIDTH)));

static CR_TARGET CR_INLINE Masks
load_wide(const int8_t *bytes)
{
	__m128i		narrow = _mm_loadu_si128((const __m128i *) bytes);

	return (Masks) _mm512_cvtepi8_epi32(narrow);
}

static CR_TARGET CR_INLINE Masks
load_words(const int16_t *words)
{
	__m256i		narrow = _mm256_loadu_si256((const __m256i *) words);

	return (Masks) _mm512_cvtepi16_epi32(narrow);
}

#include "cr_explain_kernel.h"

const CrExplainKernel cr_explain_avx512 = {explain_group, explain_tree};

#endif
