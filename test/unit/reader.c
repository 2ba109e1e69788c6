/*
 * reader.c
 *	  Proves that the steps common to both notations read exactly what they
 *	  are asked for and say what they found instead.
 */
#include "trace.h"

/* A reader before the value of the only key of a document. */
static CrReader
reader_at(CrView document, CrError *error)
{
	CrReader	reader;
	CrToken		key;
	bool		end;

	*error = (CrError) {.message = ""};
	if (cr_reader_init(&reader, document, error) != CR_OK ||
		cr_reader_begin(&reader, CR_OBJECT_BEGIN) != CR_OK ||
		cr_reader_key(&reader, &key, &end) != CR_OK || end)
		ok(false, "%.*s", (int) document.length, document.data);
	return reader;
}

#define FAILS(call, part) \
	ok((call) == CR_MALFORMED && strstr(error.message, (part)) != NULL, \
	   "%s", error.message)

static void
test_notation(void)
{
	CrReader	reader;
	CrError		error;

	ok(cr_reader_init(&reader, CR_VIEW("{\""), &error) == CR_OK &&
	   reader.notation == CR_JSON, "a quote means JSON");
	ok(cr_reader_init(&reader, CR_VIEW("{ "), &error) == CR_OK &&
	   reader.notation == CR_JSON, "white space means JSON");
	ok(cr_reader_init(&reader, CR_VIEW(" {}"), &error) == CR_OK &&
	   reader.notation == CR_JSON, "a brace means JSON");
	ok(cr_reader_init(&reader, CR_VIEW("{L"), &error) == CR_OK &&
	   reader.notation == CR_UBJSON, "a length means UBJSON");
	FAILS(cr_reader_init(&reader, CR_VIEW("binf"), &error),
		  "Expected an object, as JSON or UBJSON");
	FAILS(cr_reader_init(&reader, ((CrView) {NULL, 0}), &error),
		  "Expected an object");
}

static void
test_steps(void)
{
	CrError		error;
	CrToken		token;
	bool		end;
	CrReader	reader = reader_at(CR_VIEW("{\"a\":[1,\"s\"]}"), &error);
	CrReader	copy = reader;

	FAILS(cr_reader_begin(&reader, CR_OBJECT_BEGIN),
		  "Expected an object but found an array.");
	reader = copy;
	FAILS(cr_reader_string(&reader, &token),
		  "Expected a string but found an array.");
	ok(error.offset == 5, "the error names the byte");
	reader = copy;
	ok(cr_reader_skip(&reader) == CR_OK &&
	   cr_reader_key(&reader, &token, &end) == CR_OK && end,
	   "an array is skipped whole");
	reader = copy;
	ok(cr_reader_begin(&reader, CR_ARRAY_BEGIN) == CR_OK &&
	   cr_reader_element(&reader, &token, &end) == CR_OK && !end &&
	   token.kind == CR_NUMBER && cr_reader_string(&reader, &token) == CR_OK &&
	   cr_reader_element(&reader, &token, &end) == CR_OK && end &&
	   cr_reader_key(&reader, &token, &end) == CR_OK && end &&
	   cr_reader_next(&reader, &token) == CR_OK && token.kind == CR_END,
	   "step by step to the end");
	reader = reader_at(CR_VIEW("{\"a\":1}"), &error);
	FAILS(cr_reader_key(&reader, &token, &end), "Expected a key but found a number");
	reader = reader_at(CR_VIEW("{\"a\":{\"b\":[{}]},\"c\":null}"), &error);
	ok(cr_reader_skip(&reader) == CR_OK &&
	   cr_reader_key(&reader, &token, &end) == CR_OK &&
	   cr_view_equal(token.text, CR_VIEW("c")), "an object is skipped whole");
	reader = reader_at(CR_VIEW("{\"a\":[[["), &error);
	FAILS(cr_reader_skip(&reader), "ends too early");
}

static void
test_count(void)
{
	CrError		error;
	uint64_t	count = 9;
	CrReader	reader = reader_at(CR_VIEW("{\"a\":[1,true,2.5]}"), &error);

	ok(cr_reader_count(&reader, &count) == CR_OK && count == 3,
	   "numbers and booleans are counted");
	reader = reader_at(CR_VIEW("{\"a\":[]}"), &error);
	ok(cr_reader_count(&reader, &count) == CR_OK && count == 0, "none");
	reader = reader_at(CR_VIEW("{\"a\":[1,null]}"), &error);
	FAILS(cr_reader_count(&reader, &count),
		  "Expected a number but found null");
	reader = reader_at(CR_VIEW("{\"a\":[[1]]}"), &error);
	FAILS(cr_reader_count(&reader, &count),
		  "Expected a number but found an array");
	reader = reader_at(CR_VIEW("{\"a\":7}"), &error);
	FAILS(cr_reader_count(&reader, &count),
		  "Expected an array but found a number");
}

static void
test_floats(void)
{
	CrError		error;
	float		values[3] = {0, 0, 9};
	CrReader	reader = reader_at(CR_VIEW("{\"a\":[1,2.5]}"), &error);
	CrReader	copy = reader;

	ok(cr_reader_floats(&reader, values, 2) == CR_OK && values[0] == 1 &&
	   values[1] == 2.5f && values[2] == 9, "two floats");
	reader = copy;
	FAILS(cr_reader_floats(&reader, values, 1),
		  "Expected the end of an array but found a number");
	reader = copy;
	FAILS(cr_reader_floats(&reader, values, 3),
		  "Expected a number but found the end of an array");
	reader = reader_at(CR_VIEW("{\"a\":[true]}"), &error);
	FAILS(cr_reader_floats(&reader, values, 1),
		  "Expected a number but found a boolean");
}

static void
test_integers(void)
{
	CrError		error;
	int32_t		values[3] = {0, 0, 9};
	CrReader	reader = reader_at(CR_VIEW("{\"a\":[-2147483648,2147483647]}"),
								   &error);
	CrReader	copy = reader;

	ok(cr_reader_integers(&reader, values, 2) == CR_OK &&
	   values[0] == INT32_MIN && values[1] == INT32_MAX && values[2] == 9,
	   "the extreme integers");
	reader = copy;
	FAILS(cr_reader_integers(&reader, values, 1), "the end of an array");
	reader = reader_at(CR_VIEW("{\"a\":[2147483648]}"), &error);
	FAILS(cr_reader_integers(&reader, values, 1),
		  "The integer 2147483648 is out of range");
	reader = reader_at(CR_VIEW("{\"a\":[-2147483649]}"), &error);
	FAILS(cr_reader_integers(&reader, values, 1),
		  "The integer -2147483649 is out of range");
	reader = reader_at(CR_VIEW("{\"a\":[1.5]}"), &error);
	FAILS(cr_reader_integers(&reader, values, 1),
		  "Expected an integer but found \"1.5\"");
}

static void
test_single_numbers(void)
{
	CrError		error;
	CrToken		token;
	int64_t		integer = 0;
	float		real = 0;
	CrReader	reader = reader_at(CR_VIEW("{\"a\":[-7,2.5,true,null,\"1\"]}"),
								   &error);

	ok(cr_reader_begin(&reader, CR_ARRAY_BEGIN) == CR_OK &&
	   cr_reader_integer(&reader, &token, &integer) == CR_OK &&
	   integer == -7 && token.offset == 6 &&
	   cr_reader_float(&reader, &real) == CR_OK && real == 2.5f,
	   "an integer and a float");
	FAILS(cr_reader_integer(&reader, &token, &integer),
		  "Expected a number but found a boolean");
	FAILS(cr_reader_float(&reader, &real),
		  "Expected a number but found null");
	FAILS(cr_reader_integer(&reader, &token, &integer),
		  "Expected a number but found a string");
	FAILS(cr_reader_float(&reader, &real),
		  "Expected a number but found the end of an array");
}

static void
test_flags(void)
{
	CrError		error;
	uint8_t		values[5] = {9, 9, 9, 9, 9};
	CrReader	reader = reader_at(CR_VIEW("{\"a\":[0,1,true,false]}"), &error);

	ok(cr_reader_flags(&reader, values, 4) == CR_OK && values[0] == 0 &&
	   values[1] == 1 && values[2] == 1 && values[3] == 0 && values[4] == 9,
	   "flags are numbers or booleans");
	reader = reader_at(CR_VIEW("{\"a\":[2]}"), &error);
	FAILS(cr_reader_flags(&reader, values, 1), "Expected 0 or 1 but found 2");
	reader = reader_at(CR_VIEW("{\"a\":[-1]}"), &error);
	FAILS(cr_reader_flags(&reader, values, 1), "Expected 0 or 1 but found -1");
	reader = reader_at(CR_VIEW("{\"a\":[\"x\"]}"), &error);
	FAILS(cr_reader_flags(&reader, values, 1),
		  "Expected a boolean but found a string");
	reader = reader_at(CR_VIEW("{\"a\":[1]}"), &error);
	FAILS(cr_reader_flags(&reader, values, 2),
		  "Expected a boolean but found the end of an array");
}

static void
test_conversion(void)
{
	CrError		error;
	CrToken		token;
	CrReader	reader = reader_at(CR_VIEW("{i\1aI\1\2}"), &error);
	float		real = 0;
	int64_t		integer = 0;

	ok(cr_reader_next(&reader, &token) == CR_OK && token.type == 'I' &&
	   cr_token_float(&reader, &token, &real) == CR_OK && real == 258 &&
	   cr_token_integer(&reader, &token, &integer) == CR_OK && integer == 258,
	   "a UBJSON number in both forms");
	reader = reader_at(CR_VIEW("{\"a\":12}"), &error);
	ok(cr_reader_next(&reader, &token) == CR_OK && token.type == 0 &&
	   cr_token_float(&reader, &token, &real) == CR_OK && real == 12 &&
	   cr_token_integer(&reader, &token, &integer) == CR_OK && integer == 12,
	   "a JSON number in both forms");
}

int
main(void)
{
	test_notation();
	test_steps();
	test_count();
	test_floats();
	test_integers();
	test_single_numbers();
	test_flags();
	test_conversion();
	return done_testing();
}
