/*
 * cr_token.h
 *	  A token, and the state of a reader between two of them.
 *
 * The two notations (cr_json.c, cr_ubjson.c) read and write this state;
 * whoever reads a document uses cr_reader.h.
 */
#ifndef CR_TOKEN_H
#define CR_TOKEN_H

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

extern CrStatus cr_token_push(CrReader *reader, CrFrame frame);
extern void cr_token_pop(CrReader *reader);
extern CrStatus cr_token_truncated(const CrReader *reader);

#endif							/* CR_TOKEN_H */
