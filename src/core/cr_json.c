/*
 * cr_json.c
 *	  A strict pull parser for JSON text: RFC 8259, plus the numbers NaN,
 *	  Infinity and -Infinity that XGBoost writes.
 *
 * The state between two tokens is the frame stack of the reader; each frame
 * knows whether a first element was read and whether a value is due.
 */
#include "cr_json.h"

#include <stdlib.h>
#include <string.h>

static CrStatus
fail_here(const CrReader *reader, const char *expected)
{
	if (reader->position >= reader->size)
		return cr_token_truncated(reader);
	return cr_fail(reader->error, CR_MALFORMED, reader->position,
				   "Expected %s.", expected);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
skip_space(CrReader *reader)
{
	while (reader->position < reader->size)
	{
		char		c = reader->data[reader->position];

		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			return;
		reader->position++;
	}
}

static bool
at(const CrReader *reader, char c)
{
	return reader->position < reader->size &&
		reader->data[reader->position] == c;
}

static bool
take(CrReader *reader, char c)
{
	if (!at(reader, c))
		return false;
	reader->position++;
	return true;
}

static bool
take_word(CrReader *reader, CrView word)
{
	if (reader->size - reader->position < word.length ||
		memcmp(reader->data + reader->position, word.data, word.length) != 0)
		return false;
	reader->position += word.length;
	return true;
}

/* The value of a hexadecimal digit, or -1. */
static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static CrStatus
check_escape(CrReader *reader)
{
	char		c;

	reader->position++;
	if (reader->position >= reader->size)
		return cr_token_truncated(reader);
	c = reader->data[reader->position++];
	if (c == 'u')
	{
		for (int i = 0; i < 4; i++)
		{
			if (reader->position >= reader->size ||
				hex_value(reader->data[reader->position]) < 0)
				return fail_here(reader, "four hexadecimal digits");
			reader->position++;
		}
		return CR_OK;
	}
	if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
	{
		reader->position--;
		return fail_here(reader, "an escape sequence");
	}
	return CR_OK;
}

/* Reads a string from its opening quote on; the text lies between quotes. */
static CrStatus
read_string(CrReader *reader, CrToken *token)
{
	size_t		begin = ++reader->position;

	token->escaped = false;
	while (reader->position < reader->size)
	{
		char		c = reader->data[reader->position];

		if (c == '"')
		{
			token->text = (CrView) {reader->data + begin,
			reader->position - begin};
			reader->position++;
			return CR_OK;
		}
		if (c == '\\')
		{
			CrStatus	status = check_escape(reader);

			if (status != CR_OK)
				return status;
			token->escaped = true;
			continue;
		}
		if ((unsigned char) c < ' ')
			return fail_here(reader, "no control character in a string");
		reader->position++;
	}
	return cr_token_truncated(reader);
}

static bool
take_digits(CrReader *reader)
{
	size_t		begin = reader->position;

	while (reader->position < reader->size &&
		   is_digit(reader->data[reader->position]))
		reader->position++;
	return reader->position > begin;
}

static CrStatus
read_number(CrReader *reader, CrToken *token)
{
	size_t		begin = reader->position;

	token->kind = CR_NUMBER;
	token->type = 0;
	take(reader, '-');
	if (!take_word(reader, CR_VIEW("Infinity")) &&
		!take_word(reader, CR_VIEW("NaN")))
	{
		if (!take(reader, '0') && !take_digits(reader))
			return fail_here(reader, "a digit");
		if (take(reader, '.') && !take_digits(reader))
			return fail_here(reader, "a digit after the decimal point");
		if (take(reader, 'e') || take(reader, 'E'))
		{
			if (!take(reader, '-'))
				take(reader, '+');
			if (!take_digits(reader))
				return fail_here(reader, "a digit of the exponent");
		}
	}
	token->text = (CrView) {reader->data + begin, reader->position - begin};
	if (token->text.length > CR_MAX_NUMBER)
		return cr_fail(reader->error, CR_LIMIT, begin,
					   "A number has more than %u characters.",
					   (uint64_t) CR_MAX_NUMBER);
	return CR_OK;
}

/* Whether the text is one number and nothing else. */
bool
cr_json_is_number(CrView text)
{
	CrError		ignored;
	CrReader	reader = {.data = text.data, .size = text.length,
	.error = &ignored};
	CrToken		token;

	return read_number(&reader, &token) == CR_OK &&
		reader.position == reader.size;
}

static CrStatus
read_value(CrReader *reader, CrToken *token)
{
	char		c;

	if (reader->position >= reader->size)
		return cr_token_truncated(reader);
	c = reader->data[reader->position];
	token->offset = reader->position;
	if (c == '{' || c == '[')
	{
		reader->position++;
		token->kind = c == '{' ? CR_OBJECT_BEGIN : CR_ARRAY_BEGIN;
		return cr_token_push(reader, (CrFrame) {.container = c});
	}
	if (c == '"')
	{
		token->kind = CR_STRING;
		return read_string(reader, token);
	}
	if (c == '-' || is_digit(c) || c == 'N' || c == 'I')
		return read_number(reader, token);
	token->kind = CR_BOOLEAN;
	token->boolean = c == 't';
	if (take_word(reader, CR_VIEW("true")) ||
		take_word(reader, CR_VIEW("false")))
		return CR_OK;
	token->kind = CR_NULL;
	if (take_word(reader, CR_VIEW("null")))
		return CR_OK;
	return fail_here(reader, "a value");
}

static CrStatus
read_key(CrReader *reader, CrToken *token)
{
	CrStatus	status;

	token->kind = CR_KEY;
	token->offset = reader->position;
	if (!at(reader, '"'))
		return fail_here(reader, "a key in quotes");
	status = read_string(reader, token);
	if (status != CR_OK)
		return status;
	skip_space(reader);
	return take(reader, ':') ? CR_OK : fail_here(reader, "a colon");
}

CrStatus
cr_json_next(CrReader *reader, CrToken *token)
{
	CrFrame    *frame;
	char		closing;

	skip_space(reader);
	token->offset = reader->position;
	if (reader->depth == 0)
	{
		if (!reader->done)
			return read_value(reader, token);
		token->kind = CR_END;
		return reader->position == reader->size ? CR_OK :
			fail_here(reader, "nothing after the model");
	}

	frame = &reader->frames[reader->depth - 1];
	if (frame->value_next)
	{
		frame->value_next = false;
		return read_value(reader, token);
	}
	closing = frame->container == '{' ? '}' : ']';
	if (take(reader, closing))
	{
		token->kind = closing == '}' ? CR_OBJECT_END : CR_ARRAY_END;
		cr_token_pop(reader);
		return CR_OK;
	}
	if (frame->started)
	{
		if (!take(reader, ','))
			return fail_here(reader, "a comma or the end");
		skip_space(reader);
	}
	frame->started = true;
	if (closing == ']')
		return read_value(reader, token);
	frame->value_next = true;
	return read_key(reader, token);
}

/*
 * strtof rounds correctly, which is what XGBoost's own reader does, and reads
 * NaN and Infinity.  It wants a terminator, hence the copy, and a "C" locale,
 * which PostgreSQL keeps for numbers.  A number without point and exponent is
 * an integer to XGBoost, in which -0 is 0.
 */
CrStatus
cr_json_float(const CrReader *reader, const CrToken *token, float *value)
{
	char		copy[CR_MAX_NUMBER + 1];

	(void) reader;
	memcpy(copy, token->text.data, token->text.length);
	copy[token->text.length] = '\0';
	*value = strcmp(copy, "-0") == 0 ? 0.0f : strtof(copy, NULL);
	return CR_OK;
}

CrStatus
cr_json_integer(const CrReader *reader, const CrToken *token, int64_t *value)
{
	CrView		text = token->text;
	bool		negative = text.data[0] == '-';
	int64_t		magnitude = 0;

	if (text.length == (size_t) negative)
		return cr_fail(reader->error, CR_MALFORMED, token->offset,
					   "Expected an integer but found \"%v\".", text);
	for (size_t i = negative; i < text.length; i++)
	{
		if (!is_digit(text.data[i]))
			return cr_fail(reader->error, CR_MALFORMED, token->offset,
						   "Expected an integer but found \"%v\".", text);
		if (magnitude > (INT64_MAX - 9) / 10)
			return cr_fail(reader->error, CR_MALFORMED, token->offset,
						   "The integer %v is out of range.", text);
		magnitude = magnitude * 10 + (text.data[i] - '0');
	}
	*value = negative ? -magnitude : magnitude;
	return CR_OK;
}

static uint32_t
hex4(const char *digits)
{
	uint32_t	value = 0;

	for (int i = 0; i < 4; i++)
		value = value * 16 + (uint32_t) hex_value(digits[i]);
	return value;
}

static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80)
		*out++ = (char) c;
	else if (c < 0x800)
	{
		*out++ = (char) (0xC0 | c >> 6);
		*out++ = (char) (0x80 | (c & 0x3F));
	}
	else if (c < 0x10000)
	{
		*out++ = (char) (0xE0 | c >> 12);
		*out++ = (char) (0x80 | (c >> 6 & 0x3F));
		*out++ = (char) (0x80 | (c & 0x3F));
	}
	else
	{
		*out++ = (char) (0xF0 | c >> 18);
		*out++ = (char) (0x80 | (c >> 12 & 0x3F));
		*out++ = (char) (0x80 | (c >> 6 & 0x3F));
		*out++ = (char) (0x80 | (c & 0x3F));
	}
	return out;
}

/*
 * Decodes \uXXXX at in, a pair of surrogates as one character.  Returns the
 * bytes read, 0 for a surrogate without its partner.
 */
static size_t
decode_unicode(const char *in, const char *end, char **out)
{
	uint32_t	c = hex4(in + 2);

	if (c < 0xD800 || c > 0xDFFF)
	{
		*out = put_utf8(*out, c);
		return 6;
	}
	if (c < 0xDC00 && end - in >= 12 && in[6] == '\\' && in[7] == 'u')
	{
		uint32_t	low = hex4(in + 8);

		if (low >= 0xDC00 && low <= 0xDFFF)
		{
			*out = put_utf8(*out, 0x10000 + ((c - 0xD800) << 10) +
							(low - 0xDC00));
			return 12;
		}
	}
	return 0;
}

/* The text was checked by read_string; it only ever gets shorter here. */
CrStatus
cr_json_decode(const CrReader *reader, const CrToken *token,
			   char *decoded, size_t *length)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *in = token->text.data;
	const char *end = in + token->text.length;
	char	   *out = decoded;

	while (in < end)
	{
		size_t		used;

		if (*in != '\\')
		{
			*out++ = *in++;
			continue;
		}
		if (in[1] != 'u')
		{
			*out++ = to[strchr(from, in[1]) - from];
			in += 2;
			continue;
		}
		used = decode_unicode(in, end, &out);
		if (used == 0)
			return cr_fail(reader->error, CR_MALFORMED, token->offset,
						   "The string holds half a surrogate pair.");
		in += used;
	}
	*length = (size_t) (out - decoded);
	return CR_OK;
}
