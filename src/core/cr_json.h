/*
 * cr_json.h
 *	  JSON text (RFC 8259) as tokens.
 */
#ifndef CR_JSON_H
#define CR_JSON_H

#include "cr_token.h"

extern CrStatus cr_json_next(CrReader *reader, CrToken *token);
extern bool cr_json_is_number(CrView text);
extern CrStatus cr_json_float(const CrReader *reader, const CrToken *token,
							  float *value);
extern CrStatus cr_json_integer(const CrReader *reader, const CrToken *token,
								int64_t *value);
extern CrStatus cr_json_decode(const CrReader *reader, const CrToken *token,
							   char *decoded, size_t *length);

#endif							/* CR_JSON_H */
