/*
 * cr_explain_avx512.c
 *	  Contributions with AVX-512: sixteen trees or rows in a register.
 */
#include "cr_explain_run.h"

#if defined(CR_EXPLAIN_KERNELS) && defined(CR_X86_KERNELS)

#define CR_TARGET \
	__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define WIDTH			16

#include "cr_explain_kernel.h"

const CrExplainKernel cr_explain_avx512 = {explain_group, explain_tree};

#endif
