/*
 * catalogue.h
 *	  The reasons that a version can give, and what they are measured against.
 */
#ifndef CREDIT_CATALOGUE_H
#define CREDIT_CATALOGUE_H

#include "model.h"
#include "registry_state.h"

/* What a feature's loss is counted from. */
typedef enum CreditBaseline
{
	CREDIT_POPULATION,			/* the expected margin, or the reference */
	CREDIT_BARELY_PASSING,		/* the reference */
	CREDIT_BEST					/* the feature's best value */
} CreditBaseline;

typedef struct CreditCatalogue
{
	CreditStamp stamp;
	CreditBaseline baseline;
	char	  **codes;			/* per feature; NULL: it has no reason */
	char	  **texts;			/* per feature, in `language` */
	char	   *language;		/* the setting then */
	uint32	   *groups;			/* per feature: the first with its code */
	double	   *reference;		/* mean contributions per feature; or NULL */
} CreditCatalogue;

/* One for a model, without reasons and reference, in the current context. */
extern CreditCatalogue *credit_catalogue_create(const CreditModel *model,
												CreditBaseline baseline);

/* To be called when the codes are there. */
extern void credit_catalogue_group(CreditCatalogue *catalogue, uint32 n);

/*
 * That of a version, under the active snapshot.  The model keeps it until the
 * next call.
 */
extern const CreditCatalogue *credit_catalogue_of(int64 model_version_id,
												  CreditModel *model);

/* The baseline of that name; raises an error if there is none. */
extern CreditBaseline credit_catalogue_baseline(const char *name);

#endif							/* CREDIT_CATALOGUE_H */
