/*
 * cr_ubjson.c
 *	  A strict pull parser for Universal Binary JSON (draft 12) as XGBoost
 *	  writes it: big-endian, arrays either plain, counted ("[#L<n>", no end
 *	  marker) or counted and typed ("[$d#L<n>"), objects with an end marker.
 *
 * The unsigned 16, 32 and 64-bit markers u, m and M are BJData's; XGBoost
 * uses them for integer category values.
 */
#include "cr_ubjson.h"

#include <string.h>

/* Bytes of a number with this marker, 0 for any other marker. */
static size_t
number_width(char type)
{
	switch (type)
	{
		case 'i':
		case 'U':
			return 1;
		case 'I':
		case 'u':
			return 2;
		case 'l':
		case 'm':
		case 'd':
			return 4;
		case 'L':
		case 'M':
		case 'D':
			return 8;
		default:
			return 0;
	}
}

static uint64_t
big_endian(const char *bytes, size_t width)
{
	uint64_t	value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | (unsigned char) bytes[i];
	return value;
}

static CrStatus
read_byte(CrReader *reader, char *byte)
{
	if (reader->position >= reader->size)
		return cr_token_truncated(reader);
	*byte = reader->data[reader->position++];
	return CR_OK;
}

static CrStatus
take_bytes(CrReader *reader, uint64_t n, CrView *bytes)
{
	if (n > reader->size - reader->position)
		return cr_fail(reader->error, CR_MALFORMED, reader->position,
					   "A length of %u bytes reaches past the end.", n);
	*bytes = (CrView) {reader->data + reader->position, (size_t) n};
	reader->position += (size_t) n;
	return CR_OK;
}

static CrStatus
read_number(CrReader *reader, char type, CrToken *token)
{
	token->kind = CR_NUMBER;
	token->type = type;
	return take_bytes(reader, number_width(type), &token->text);
}

/* A count or length: an integer with its marker, not negative. */
static CrStatus
read_length(CrReader *reader, uint64_t *length)
{
	CrToken		token = {.offset = reader->position};
	char		type = 0;
	int64_t		value;
	CrStatus	status = read_byte(reader, &type);

	if (status != CR_OK)
		return status;
	if (number_width(type) == 0 || type == 'd' || type == 'D')
		return cr_fail(reader->error, CR_MALFORMED, token.offset,
					   "Expected the marker of a length.");
	status = read_number(reader, type, &token);
	if (status == CR_OK)
		status = cr_ubjson_integer(reader, &token, &value);
	if (status != CR_OK)
		return status;
	if (value < 0)
		return cr_fail(reader->error, CR_MALFORMED, token.offset,
					   "The length %d is negative.", value);
	*length = (uint64_t) value;
	return CR_OK;
}

static CrStatus
read_text(CrReader *reader, CrToken *token)
{
	uint64_t	length;
	CrStatus	status = read_length(reader, &length);

	token->escaped = false;
	return status == CR_OK ? take_bytes(reader, length, &token->text) : status;
}

static CrStatus
begin_array(CrReader *reader)
{
	CrFrame		frame = {.container = '['};
	CrStatus	status;

	if (reader->position < reader->size &&
		reader->data[reader->position] == '$')
	{
		reader->position++;
		status = read_byte(reader, &frame.type);
		if (status != CR_OK)
			return status;
		if (number_width(frame.type) == 0)
			return cr_fail(reader->error, CR_MALFORMED, reader->position - 1,
						   "Expected the type of an array's numbers.");
		if (reader->position >= reader->size ||
			reader->data[reader->position] != '#')
			return cr_fail(reader->error, CR_MALFORMED, reader->position,
						   "A typed array has no count.");
	}
	if (reader->position < reader->size &&
		reader->data[reader->position] == '#')
	{
		reader->position++;
		frame.counted = true;
		status = read_length(reader, &frame.remaining);
		if (status != CR_OK)
			return status;
		/* Every element takes a byte at least; a number takes its width. */
		if (frame.remaining > (reader->size - reader->position) /
			(frame.type == 0 ? 1 : number_width(frame.type)))
			return cr_fail(reader->error, CR_MALFORMED, reader->position,
						   "An array of %u elements reaches past the end.",
						   frame.remaining);
	}
	return cr_token_push(reader, frame);
}

static CrStatus
read_value(CrReader *reader, CrToken *token)
{
	char		marker = 0;
	CrStatus	status = read_byte(reader, &marker);

	if (status != CR_OK)
		return status;
	switch (marker)
	{
		case '{':
			token->kind = CR_OBJECT_BEGIN;
			return cr_token_push(reader, (CrFrame) {.container = '{'});
		case '[':
			token->kind = CR_ARRAY_BEGIN;
			return begin_array(reader);
		case 'S':
			token->kind = CR_STRING;
			return read_text(reader, token);
		case 'T':
		case 'F':
			token->kind = CR_BOOLEAN;
			token->boolean = marker == 'T';
			return CR_OK;
		case 'Z':
			token->kind = CR_NULL;
			return CR_OK;
		default:
			if (number_width(marker) != 0)
				return read_number(reader, marker, token);
			return cr_fail(reader->error, CR_MALFORMED, token->offset,
						   "Expected the marker of a value.");
	}
}

static CrStatus
next_in_array(CrReader *reader, CrFrame *frame, CrToken *token)
{
	bool		end;

	if (frame->counted)
		end = frame->remaining == 0;
	else
	{
		end = reader->position < reader->size &&
			reader->data[reader->position] == ']';
		reader->position += end;
	}
	if (end)
	{
		token->kind = CR_ARRAY_END;
		cr_token_pop(reader);
		return CR_OK;
	}
	if (frame->counted)
		frame->remaining--;
	if (frame->type != 0)
		return read_number(reader, frame->type, token);
	return read_value(reader, token);
}

static CrStatus
next_in_object(CrReader *reader, CrFrame *frame, CrToken *token)
{
	if (frame->value_next)
	{
		frame->value_next = false;
		return read_value(reader, token);
	}
	if (reader->position < reader->size &&
		reader->data[reader->position] == '}')
	{
		reader->position++;
		token->kind = CR_OBJECT_END;
		cr_token_pop(reader);
		return CR_OK;
	}
	frame->value_next = true;
	token->kind = CR_KEY;
	return read_text(reader, token);
}

CrStatus
cr_ubjson_next(CrReader *reader, CrToken *token)
{
	CrFrame    *frame;

	token->offset = reader->position;
	if (reader->depth == 0)
	{
		if (!reader->done)
			return read_value(reader, token);
		token->kind = CR_END;
		return reader->position == reader->size ? CR_OK :
			cr_fail(reader->error, CR_MALFORMED, reader->position,
					"Expected nothing after the model.");
	}
	frame = &reader->frames[reader->depth - 1];
	return frame->container == '[' ? next_in_array(reader, frame, token) :
		next_in_object(reader, frame, token);
}

CrStatus
cr_ubjson_integer(const CrReader *reader, const CrToken *token, int64_t *value)
{
	uint64_t	bits = big_endian(token->text.data, token->text.length);

	switch (token->type)
	{
		case 'i':
			*value = (int8_t) bits;
			return CR_OK;
		case 'I':
			*value = (int16_t) bits;
			return CR_OK;
		case 'l':
			*value = (int32_t) bits;
			return CR_OK;
		case 'L':
			*value = (int64_t) bits;
			return CR_OK;
		case 'd':
		case 'D':
			return cr_fail(reader->error, CR_MALFORMED, token->offset,
						   "Expected an integer.");
		default:				/* U, u, m, M: unsigned */
			if (bits > INT64_MAX)
				return cr_fail(reader->error, CR_MALFORMED, token->offset,
							   "The integer %u is out of range.", bits);
			*value = (int64_t) bits;
			return CR_OK;
	}
}

/* float32 as it stands; float64 and integers are rounded. */
CrStatus
cr_ubjson_float(const CrReader *reader, const CrToken *token, float *value)
{
	uint64_t	bits = big_endian(token->text.data, token->text.length);
	int64_t		integer;
	CrStatus	status;

	if (token->type == 'd')
	{
		uint32_t	bits32 = (uint32_t) bits;

		memcpy(value, &bits32, sizeof(*value));
		return CR_OK;
	}
	if (token->type == 'D')
	{
		double		wide;

		memcpy(&wide, &bits, sizeof(wide));
		*value = (float) wide;
		return CR_OK;
	}
	status = cr_ubjson_integer(reader, token, &integer);
	if (status == CR_OK)
		*value = (float) integer;
	return status;
}
