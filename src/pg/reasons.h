/*
 * reasons.h
 *	  Why an applicant has not more points.
 */
#ifndef CREDIT_REASONS_H
#define CREDIT_REASONS_H

#include "callsite.h"

typedef struct CreditReason
{
	const char *code;			/* NULL: the version has no reason for it */
	const char *text;			/* as the consumer reads it, or NULL */
	uint32		feature;
	double		points_lost;
} CreditReason;

/* Whether the version of a resolved site has what its reasons count from. */
extern bool credit_reasons_known(CreditCallSite *site);

#define CREDIT_MAX_REASONS	4	/* where none is given */

/*
 * The principal reasons for the vector of a resolved site, worst first, at
 * most max_reasons; *n receives how many.  In the current memory context; the
 * strings are the site's.
 */
extern CreditReason *credit_reasons_of(CreditCallSite *site, int max_reasons,
									   int *n);

#endif							/* CREDIT_REASONS_H */
