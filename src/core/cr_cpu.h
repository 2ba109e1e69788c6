/*
 * cr_cpu.h
 *	  What this CPU can do.
 *
 * glibc asked it when the program began, and kept the answers.  The compiler's
 * own way asks again for each library that is loaded; in a virtual machine
 * each of some ten questions is a trap, and a session pays for them.
 */
#ifndef CR_CPU_H
#define CR_CPU_H

#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif

/* By its name for the compiler and that for glibc. */
#ifdef CPU_FEATURE_ACTIVE
#define CR_CPU_HAS(feature, FEATURE)	CPU_FEATURE_ACTIVE(FEATURE)
#else
#define CR_CPU_HAS(feature, FEATURE)	__builtin_cpu_supports(#feature)
#endif

#endif							/* CR_CPU_H */
