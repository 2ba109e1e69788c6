/*
 * cr_ubjson.h
 *	  Universal Binary JSON (draft 12) as tokens.
 */
#ifndef CR_UBJSON_H
#define CR_UBJSON_H

#include "cr_token.h"

extern CrStatus cr_ubjson_next(CrReader *reader, CrToken *token);
extern CrStatus cr_ubjson_float(const CrReader *reader, const CrToken *token,
								float *value);
extern CrStatus cr_ubjson_integer(const CrReader *reader, const CrToken *token,
								  int64_t *value);

#endif							/* CR_UBJSON_H */
