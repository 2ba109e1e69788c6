/*
 * cr_reader.h
 *	  One stream of tokens from two notations: JSON text and Universal Binary
 *	  JSON, as XGBoost writes them.
 *
 * A reader pulls tokens from bytes in memory.  It builds no tree, allocates
 * nothing, never recurses, and checks every length against what is left
 * before it believes it.  Copying a reader marks a place to come back to.
 * Numbers stay undecoded until asked for, so skipping is cheap.
 *
 * The notation is told by content: UBJSON writes a key as a length marker
 * after the first brace, where JSON has a quote, a brace or white space.
 */
#ifndef CR_READER_H
#define CR_READER_H

#include "cr_token.h"

extern CrStatus cr_reader_init(CrReader *reader, CrView bytes, CrError *error);
extern CrStatus cr_reader_next(CrReader *reader, CrToken *token);

/* Steps that fail with CR_MALFORMED where something else stands. */
extern CrStatus cr_reader_begin(CrReader *reader, CrTokenKind kind);
extern CrStatus cr_reader_key(CrReader *reader, CrToken *key, bool *end);
extern CrStatus cr_reader_element(CrReader *reader, CrToken *token, bool *end);
extern CrStatus cr_reader_string(CrReader *reader, CrToken *token);
extern CrStatus cr_reader_skip(CrReader *reader);
extern CrStatus cr_reader_count(CrReader *reader, uint64_t *count);
extern CrStatus cr_reader_integer(CrReader *reader, CrToken *token,
								  int64_t *value);
extern CrStatus cr_reader_float(CrReader *reader, float *value);
extern CrStatus cr_reader_floats(CrReader *reader, float *values, uint64_t n);
extern CrStatus cr_reader_integers(CrReader *reader, int32_t *values,
								   uint64_t n);
extern CrStatus cr_reader_flags(CrReader *reader, uint8_t *values, uint64_t n);

extern CrStatus cr_token_float(const CrReader *reader, const CrToken *token,
							   float *value);
extern CrStatus cr_token_integer(const CrReader *reader, const CrToken *token,
								 int64_t *value);
extern CrStatus cr_token_decode(const CrReader *reader, const CrToken *token,
								char *decoded, size_t *length);

#endif							/* CR_READER_H */
