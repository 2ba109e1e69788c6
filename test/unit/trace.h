/*
 * trace.h
 *	  A document as a line of text, token by token, so that what the readers
 *	  make of it can be compared with one string.
 *
 * { } [ ] are containers, k:x a key, s:x a string (decoded), n:x a number as
 * it stands (JSON) or type=float (UBJSON), T F Z true, false and null, $ the
 * end; !status@offset where reading failed.
 */
#ifndef TRACE_H
#define TRACE_H

#include "cr_reader.h"
#include "model.h"

static inline CrStatus
trace_token(const CrReader *reader, const CrToken *token, Text *out)
{
	static const char marks[] = {
		[CR_END] = '$',[CR_OBJECT_BEGIN] = '{',[CR_OBJECT_END] = '}',
		[CR_ARRAY_BEGIN] = '[',[CR_ARRAY_END] = ']',[CR_KEY] = 'k',
		[CR_STRING] = 's',[CR_NUMBER] = 'n',[CR_BOOLEAN] = 'T',[CR_NULL] = 'Z',
	};
	CrStatus	status = CR_OK;
	char		mark = marks[token->kind];

	if (token->kind == CR_BOOLEAN && !token->boolean)
		mark = 'F';
	text_add(out, "%s%c", out->length > 0 ? " " : "", mark);
	if (token->kind == CR_KEY || token->kind == CR_STRING)
	{
		char	   *decoded = malloc(token->text.length + 1);
		size_t		length;

		status = cr_token_decode(reader, token, decoded, &length);
		if (status == CR_OK)
			text_add(out, ":%.*s", (int) length, decoded);
		free(decoded);
	}
	else if (token->kind == CR_NUMBER && token->type == 0)
		text_add(out, ":%.*s", (int) token->text.length, token->text.data);
	else if (token->kind == CR_NUMBER)
	{
		float		value = 0;

		status = cr_token_float(reader, token, &value);
		if (status == CR_OK)
			text_add(out, ":%c=%.9g", token->type, value);
	}
	return status;
}

/* The caller frees the text.  *message, if wanted, is set after a failure. */
static inline Text
trace(CrView bytes, char *message)
{
	Text		out = {0};
	CrReader	reader;
	CrError		error = {.message = ""};
	char	   *copy = malloc(bytes.length + 1);
	CrStatus	status;

	/* The copy is of the exact size but for documents of no bytes. */
	copy = realloc(copy, bytes.length + (bytes.length == 0));
	if (bytes.length > 0)
		memcpy(copy, bytes.data, bytes.length);
	text_bytes(&out, "", 0);
	status = cr_reader_init(&reader, (CrView) {copy, bytes.length}, &error);
	while (status == CR_OK)
	{
		CrToken		token = {0};

		status = cr_reader_next(&reader, &token);
		if (status == CR_OK)
			status = trace_token(&reader, &token, &out);
		if (status == CR_OK && token.kind == CR_END)
			break;
	}
	if (status != CR_OK)
		text_add(&out, "%s!%d@%lld", out.length > 0 ? " " : "", (int) status,
				 (long long) error.offset);
	if (message != NULL)
		memcpy(message, error.message, sizeof(error.message));
	free(copy);
	return out;
}

typedef struct TraceCase
{
	CrView		bytes;
	const char *trace;
	const char *message;		/* part of it, NULL: none */
} TraceCase;

/* Bytes that do not print would confuse the reader of the results. */
static inline void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' || *text == '#')
			*text = '?';
}

static inline void
check_trace(const TraceCase *c)
{
	char		message[CR_ERROR_SIZE] = "";
	Text		got = trace(c->bytes, message);
	bool		passed = strcmp(got.data, c->trace) == 0 &&
		(c->message == NULL ? message[0] == '\0' :
		 strstr(message, c->message) != NULL);

	make_printable(got.data);
	ok(passed, "%s %s", got.data, message);
	free(got.data);
}

#define CHECK_TRACES(cases) \
	do { \
		for (size_t i_ = 0; i_ < sizeof(cases) / sizeof((cases)[0]); i_++) \
			check_trace(&(cases)[i_]); \
	} while (0)

#endif							/* TRACE_H */
