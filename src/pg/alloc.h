/*
 * alloc.h
 *	  Memory for the core.
 */
#ifndef CREDIT_ALLOC_H
#define CREDIT_ALLOC_H

#include "cr_base.h"

/* Allocates in what is the current memory context now. */
extern CrAlloc credit_core_alloc(void);

#endif							/* CREDIT_ALLOC_H */
