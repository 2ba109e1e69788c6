/*
 * cr_explain_portable.c
 *	  Contributions on any CPU: vectors of 16 bytes, which SSE2, NEON and others
 *	  have.
 */
#include "cr_explain_run.h"

#ifdef CR_EXPLAIN_KERNELS

#define CR_TARGET
#define WIDTH			4

#include "cr_explain_kernel.h"

const CrExplainKernel cr_explain_portable = {explain_group, explain_tree};

#endif
