/*
 * cr_reader.c
 *	  Chooses the notation, and takes steps that say what they expect.
 */
#include "cr_reader.h"

#include "cr_json.h"
#include "cr_ubjson.h"

static const char *
kind_name(CrTokenKind kind)
{
	static const char *const names[] = {
		[CR_END] = "the end of the document",
		[CR_OBJECT_BEGIN] = "an object",
		[CR_OBJECT_END] = "the end of an object",
		[CR_ARRAY_BEGIN] = "an array",
		[CR_ARRAY_END] = "the end of an array",
		[CR_KEY] = "a key",
		[CR_STRING] = "a string",
		[CR_NUMBER] = "a number",
		[CR_BOOLEAN] = "a boolean",
		[CR_NULL] = "null",
	};

	return names[kind];
}

static CrStatus
unexpected(const CrReader *reader, const CrToken *token, CrTokenKind expected)
{
	return cr_fail(reader->error, CR_MALFORMED, token->offset,
				   "Expected %s but found %s.",
				   kind_name(expected), kind_name(token->kind));
}

/* Starts at the first byte.  The bytes must outlive the reader. */
CrStatus
cr_reader_init(CrReader *reader, CrView bytes, CrError *error)
{
	size_t		i = 0;

	*reader = (CrReader) {.data = bytes.data, .size = bytes.length,
		.notation = CR_JSON, .error = error};
	while (i < bytes.length && (bytes.data[i] == ' ' || bytes.data[i] == '\n' ||
								bytes.data[i] == '\t' || bytes.data[i] == '\r'))
		i++;
	if (i == bytes.length || bytes.data[i] != '{')
		return cr_fail(error, CR_MALFORMED, i,
					   "Expected an object, as JSON or UBJSON.");
	if (i + 1 < bytes.length && bytes.data[i + 1] != '"' &&
		bytes.data[i + 1] != '}' && bytes.data[i + 1] != ' ' &&
		bytes.data[i + 1] != '\n' && bytes.data[i + 1] != '\t' &&
		bytes.data[i + 1] != '\r')
		reader->notation = CR_UBJSON;
	return CR_OK;
}

/*
 * Reads the next token.  After the outermost value comes CR_END, once, if
 * nothing but JSON white space follows.
 */
CrStatus
cr_reader_next(CrReader *reader, CrToken *token)
{
	return reader->notation == CR_JSON ? cr_json_next(reader, token) :
		cr_ubjson_next(reader, token);
}

/* Enters an object or array: kind is CR_OBJECT_BEGIN or CR_ARRAY_BEGIN. */
CrStatus
cr_reader_begin(CrReader *reader, CrTokenKind kind)
{
	CrToken		token;
	CrStatus	status = cr_reader_next(reader, &token);

	if (status != CR_OK)
		return status;
	return token.kind == kind ? CR_OK : unexpected(reader, &token, kind);
}

/* Reads a key, or the end of the object. */
CrStatus
cr_reader_key(CrReader *reader, CrToken *key, bool *end)
{
	CrStatus	status = cr_reader_next(reader, key);

	if (status != CR_OK)
		return status;
	*end = key->kind == CR_OBJECT_END;
	return *end || key->kind == CR_KEY ? CR_OK :
		unexpected(reader, key, CR_KEY);
}

/* Reads the first token of an element, or the end of the array. */
CrStatus
cr_reader_element(CrReader *reader, CrToken *token, bool *end)
{
	CrStatus	status = cr_reader_next(reader, token);

	*end = status == CR_OK && token->kind == CR_ARRAY_END;
	return status;
}

CrStatus
cr_reader_string(CrReader *reader, CrToken *token)
{
	CrStatus	status = cr_reader_next(reader, token);

	if (status != CR_OK)
		return status;
	return token->kind == CR_STRING ? CR_OK :
		unexpected(reader, token, CR_STRING);
}

/* Passes over one value, whatever it holds. */
CrStatus
cr_reader_skip(CrReader *reader)
{
	int			depth = reader->depth;
	CrToken		token;

	do
	{
		CrStatus	status = cr_reader_next(reader, &token);

		if (status != CR_OK)
			return status;
		if (token.kind == CR_END)
			return unexpected(reader, &token, CR_STRING);
	} while (reader->depth > depth);
	return CR_OK;
}

/* Passes over an array of scalars and counts them. */
CrStatus
cr_reader_count(CrReader *reader, uint64_t *count)
{
	CrStatus	status = cr_reader_begin(reader, CR_ARRAY_BEGIN);

	*count = 0;
	while (status == CR_OK)
	{
		CrToken		token;
		bool		end;

		status = cr_reader_element(reader, &token, &end);
		if (status != CR_OK || end)
			break;
		if (token.kind != CR_NUMBER && token.kind != CR_BOOLEAN)
			return unexpected(reader, &token, CR_NUMBER);
		(*count)++;
	}
	return status;
}

static CrStatus
next_number(CrReader *reader, CrToken *token)
{
	CrStatus	status = cr_reader_next(reader, token);

	if (status != CR_OK)
		return status;
	return token->kind == CR_NUMBER ? CR_OK :
		unexpected(reader, token, CR_NUMBER);
}

/* One number; the token says where it stood. */
CrStatus
cr_reader_integer(CrReader *reader, CrToken *token, int64_t *value)
{
	CrStatus	status = next_number(reader, token);

	return status == CR_OK ? cr_token_integer(reader, token, value) : status;
}

CrStatus
cr_reader_float(CrReader *reader, float *value)
{
	CrToken		token;
	CrStatus	status = next_number(reader, &token);

	return status == CR_OK ? cr_token_float(reader, &token, value) : status;
}

/* An array of exactly n numbers; so the two functions below. */
CrStatus
cr_reader_floats(CrReader *reader, float *values, uint64_t n)
{
	CrStatus	status = cr_reader_begin(reader, CR_ARRAY_BEGIN);

	for (uint64_t i = 0; i < n && status == CR_OK; i++)
		status = cr_reader_float(reader, &values[i]);
	return status == CR_OK ? cr_reader_begin(reader, CR_ARRAY_END) : status;
}

CrStatus
cr_reader_integers(CrReader *reader, int32_t *values, uint64_t n)
{
	CrStatus	status = cr_reader_begin(reader, CR_ARRAY_BEGIN);

	for (uint64_t i = 0; i < n && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		value = 0;

		status = cr_reader_integer(reader, &token, &value);
		if (status == CR_OK && (value < INT32_MIN || value > INT32_MAX))
			status = cr_fail(reader->error, CR_MALFORMED, token.offset,
							 "The integer %d is out of range.", value);
		values[i] = (int32_t) value;
	}
	return status == CR_OK ? cr_reader_begin(reader, CR_ARRAY_END) : status;
}

/* Booleans, or integers that must be 0 or 1: XGBoost writes either. */
CrStatus
cr_reader_flags(CrReader *reader, uint8_t *values, uint64_t n)
{
	CrStatus	status = cr_reader_begin(reader, CR_ARRAY_BEGIN);

	for (uint64_t i = 0; i < n && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		value = 0;

		status = cr_reader_next(reader, &token);
		if (status != CR_OK)
			break;
		if (token.kind == CR_BOOLEAN)
			value = token.boolean;
		else if (token.kind == CR_NUMBER)
			status = cr_token_integer(reader, &token, &value);
		else
			return unexpected(reader, &token, CR_BOOLEAN);
		if (status == CR_OK && value != 0 && value != 1)
			status = cr_fail(reader->error, CR_MALFORMED, token.offset,
							 "Expected 0 or 1 but found %d.", value);
		values[i] = (uint8_t) value;
	}
	return status == CR_OK ? cr_reader_begin(reader, CR_ARRAY_END) : status;
}

/* The number as float32, correctly rounded. */
CrStatus
cr_token_float(const CrReader *reader, const CrToken *token, float *value)
{
	return token->type == 0 ? cr_json_float(reader, token, value) :
		cr_ubjson_float(reader, token, value);
}

CrStatus
cr_token_integer(const CrReader *reader, const CrToken *token, int64_t *value)
{
	return token->type == 0 ? cr_json_integer(reader, token, value) :
		cr_ubjson_integer(reader, token, value);
}

/*
 * Decodes a key or string into a buffer of at least token->text.length bytes.
 * A zero byte is refused: PostgreSQL's text cannot hold it.
 */
CrStatus
cr_token_decode(const CrReader *reader, const CrToken *token,
				char *decoded, size_t *length)
{
	CrStatus	status = CR_OK;

	if (token->escaped)
		status = cr_json_decode(reader, token, decoded, length);
	else
	{
		for (size_t i = 0; i < token->text.length; i++)
			decoded[i] = token->text.data[i];
		*length = token->text.length;
	}
	for (size_t i = 0; status == CR_OK && i < *length; i++)
		if (decoded[i] == '\0')
			status = cr_fail(reader->error, CR_MALFORMED, token->offset,
							 "The string holds a zero byte.");
	return status;
}
