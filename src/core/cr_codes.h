/*
 * cr_codes.h
 *	  First half of building a layout: thresholds -> columns and codes.
 */
#ifndef CR_CODES_H
#define CR_CODES_H

#include "cr_layout.h"

#define CR_NO_COLUMN	UINT16_MAX

/* A node's column and code, as cr_layout.h has them. */
typedef struct CrCode
{
	uint16_t	column;
	int8_t		code;
} CrCode;

typedef struct CrCodes
{
	CrRanked   *ranked;			/* only feature, counts and first_window yet */
	CrWindow   *windows;		/* CR_NO_COLUMN where no node uses it */
	float	   *thresholds;		/* of all ranked features, each in order */
	CrChoice   *choices;
	CrCode	   *nodes;			/* of each node of the image but leaves */
	uint32_t	n_ranked;
	uint32_t	n_windows;
	uint32_t	n_choices;
	uint32_t	n_columns;
	void	   *memory;			/* that all of it lies in */
} CrCodes;

/* False, with nothing allocated, if there would be too many columns or none. */
extern bool cr_codes_make(CrCodes *codes, const CrForest *forest,
						  const CrAlloc *alloc);
extern void cr_codes_release(CrCodes *codes, const CrAlloc *alloc);

#endif							/* CR_CODES_H */
