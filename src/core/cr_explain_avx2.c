/*
 * cr_explain_avx2.c
 *	  Contributions with AVX2: eight trees or rows in a register.
 */
#include "cr_explain_run.h"

#if defined(CR_EXPLAIN_KERNELS) && defined(CR_X86_KERNELS)

#define CR_TARGET		__attribute__((target("avx2")))
#define WIDTH			8

#include "cr_explain_kernel.h"

const CrExplainKernel cr_explain_avx2 = {explain_group, explain_tree};

#endif
