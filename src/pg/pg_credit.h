/*
 * pg_credit.h
 *	  The settings of the extension.
 */
#ifndef PG_CREDIT_H
#define PG_CREDIT_H

/* The model that NULL stands for; empty: the only one there is. */
extern char *credit_default_model;

/* Of the texts of reasons; empty: the version's own. */
extern char *credit_language;

/* Kilobytes of model images that a backend keeps. */
extern int	credit_model_cache_size;

/* The kernel that scores: the fastest on this CPU unless credit.simd says. */
extern const struct CrKernel *credit_kernel;

#endif							/* PG_CREDIT_H */
