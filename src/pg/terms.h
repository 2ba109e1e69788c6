/*
 * terms.h
 *	  What decisions with a model are made by: its policy, split and shadow.
 */
#ifndef CREDIT_TERMS_H
#define CREDIT_TERMS_H

#include "utils/array.h"

#include "model.h"
#include "registry_state.h"

typedef struct CreditTerms
{
	CreditStamp stamp;
	char	   *model;			/* its name */

	int32		policy_version;
	bool		by_pd;			/* else by points */
	ArrayType  *bounds;			/* double precision, ascending */
	Datum	   *outcomes;		/* text, of each band */
	Datum	   *grades;
	bool	   *ungraded;

	int64		split_id;		/* 0: there never was a split */
	char	   *challenger;		/* alias or number; NULL: none now */
	double		share;
	text	   *salt;
	char	   *shadow;			/* alias or number; NULL: no shadow */
} CreditTerms;

/*
 * The terms of the model under the active snapshot; an error if it has no
 * policy.  The model keeps them until the next call.
 */
extern const CreditTerms *credit_terms_of(CreditModel *model);

/* Which band a score is in, from 0. */
extern int	credit_terms_band(const CreditTerms *terms, int32 points,
							  double pd);

#endif							/* CREDIT_TERMS_H */
