/*
 * losses.h
 *	  What each feature cost an applicant.
 */
#ifndef CREDIT_LOSSES_H
#define CREDIT_LOSSES_H

#include "catalogue.h"
#include "cr_reason.h"

/* Whether the catalogue has what losses are to be measured against. */
extern bool credit_losses_measurable(const CreditModel *model,
									 const CreditCatalogue *catalogue);

/*
 * Fills ranked, with room for all features, with what cost the applicant of
 * this vector most, in log-odds of bad, worst first; returns how many there
 * are, at most max.  Raises an error if the catalogue lacks what losses are
 * to be measured against.
 */
extern uint32 credit_losses_rank(CreditModel *model, const float *vector,
								 const CreditCatalogue *catalogue, uint32 max,
								 CrLoss *ranked);

#endif							/* CREDIT_LOSSES_H */
