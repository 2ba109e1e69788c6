/*
 * evidence.h
 *	  What a decision was made on, for the log.
 */
#ifndef CREDIT_EVIDENCE_H
#define CREDIT_EVIDENCE_H

#include "callsite.h"
#include "decision.h"

/*
 * Sets inputs, labels and reasons by the vector of the site that decided; the
 * outcome must be set.
 */
extern void credit_evidence_set(CreditDecision *decision,
								CreditCallSite *site);

#endif							/* CREDIT_EVIDENCE_H */
