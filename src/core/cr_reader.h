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

#include "cr_base.h"

#define CR_MAX_NESTING	16		/* XGBoost's own models need 8 */
#define CR_MAX_NUMBER	63		/* bytes of a JSON number; XGBoost writes 15 */

typedef enum CrNotation
{
	CR_JSON,
	CR_UBJSON
} CrNotation;

typedef enum CrTokenKind
{
	CR_END,						/* the document is complete */
	CR_OBJECT_BEGIN,
	CR_OBJECT_END,
	CR_ARRAY_BEGIN,
	CR_ARRAY_END,
	CR_KEY,
	CR_STRING,
	CR_NUMBER,
	CR_BOOLEAN,
	CR_NULL
} CrTokenKind;

typedef struct CrToken
{
	CrTokenKind kind;
	uint64_t	offset;			/* of its first byte */
	CrView		text;			/* key, string or number, still encoded */
	bool		escaped;		/* JSON string with backslashes in it */
	char		type;			/* number: UBJSON marker, 0 for JSON text */
	bool		boolean;
} CrToken;

/* An object or array that has begun and not yet ended. */
typedef struct CrFrame
{
	char		container;		/* '{' or '[' */
	char		type;			/* UBJSON: marker shared by all elements, or 0 */
	bool		counted;		/* UBJSON: has no end marker */
	bool		started;		/* a first element or key was read */
	bool		value_next;		/* object: a key was read, its value was not */
	uint64_t	remaining;		/* counted: elements still to come */
} CrFrame;

typedef struct CrReader
{
	const char *data;
	size_t		size;
	size_t		position;
	CrNotation	notation;
	bool		done;			/* the outermost value is complete */
	int			depth;
	CrFrame		frames[CR_MAX_NESTING];
	CrError    *error;
} CrReader;

extern CrStatus cr_reader_init(CrReader *reader, CrView bytes, CrError *error);
extern CrStatus cr_reader_next(CrReader *reader, CrToken *token);

/* Steps that fail with CR_MALFORMED where something else stands. */
extern CrStatus cr_reader_begin(CrReader *reader, CrTokenKind kind);
extern CrStatus cr_reader_key(CrReader *reader, CrToken *key, bool *end);
extern CrStatus cr_reader_element(CrReader *reader, CrToken *token, bool *end);
extern CrStatus cr_reader_string(CrReader *reader, CrToken *token);
extern CrStatus cr_reader_skip(CrReader *reader);
extern CrStatus cr_reader_count(CrReader *reader, uint64_t *count);
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

/* For the two notations only: the frame stack. */
extern CrStatus cr_reader_push(CrReader *reader, CrFrame frame);
extern void cr_reader_pop(CrReader *reader);
extern CrStatus cr_reader_truncated(const CrReader *reader);

#endif							/* CR_READER_H */
