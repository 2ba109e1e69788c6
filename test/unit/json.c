/*
 * json.c
 *	  Proves that the JSON reader takes RFC 8259 and the three words that
 *	  XGBoost adds, refuses everything else at the right byte, and rounds
 *	  numbers as strtof does.
 */
#include "random.h"
#include "trace.h"

#include "cr_json.h"

static const TraceCase documents[] = {
	{CR_VIEW("{}"), "{ } $", NULL},
	{CR_VIEW(" \t\r\n{ \t\r\n} \t\r\n"), "{ } $", NULL},
	{CR_VIEW("{\"a\":1,\"b\":[true,false,null]}"),
	"{ k:a n:1 k:b [ T F Z ] } $", NULL},
	{CR_VIEW("{ \"a\" : [ ] , \"b\" : { } }"), "{ k:a [ ] k:b { } } $", NULL},
	{CR_VIEW("{\"\":\"\"}"), "{ k: s: } $", NULL},
	{CR_VIEW("{\"a\":[[1],[2,3]]}"), "{ k:a [ [ n:1 ] [ n:2 n:3 ] ] } $", NULL},
	{CR_VIEW("{\"a\":NaN,\"b\":[Infinity,-Infinity,-NaN]}"),
	"{ k:a n:NaN k:b [ n:Infinity n:-Infinity n:-NaN ] } $", NULL},
	{CR_VIEW("{\"a\":[0,-0,0.5,1e5,1E+5,1e-5,-1.25e-10]}"),
		"{ k:a [ n:0 n:-0 n:0.5 n:1e5 n:1E+5 n:1e-5 n:-1.25e-10 ] } $", NULL},
	{CR_VIEW("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"),
	"{ k:a s:\"\\/\b\f\n\r\t } $", NULL},
	{CR_VIEW("{\"\\u0061\":\"\\u00e9\\u00E9\\u20ac\"}"),
	"{ k:a s:\xc3\xa9\xc3\xa9\xe2\x82\xac } $", NULL},
	{CR_VIEW("{\"a\":\"\\ud83d\\ude00x\"}"),
	"{ k:a s:\xf0\x9f\x98\x80x } $", NULL},
	{CR_VIEW("{\"a\":\"\\udBFF\\udfff\\uD800\\uDC00\"}"),
	"{ k:a s:\xf4\x8f\xbf\xbf\xf0\x90\x80\x80 } $", NULL},
	{CR_VIEW("{\"a\":\"\\u007f\\u0080\\u07ff\\u0800\\uffff\\ud7ff\\ue000\"}"),
	"{ k:a s:\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80 } $", NULL},
	{CR_VIEW("{\"a\":\"\xc3\xa9\"}"), "{ k:a s:\xc3\xa9 } $", NULL},
};

static const TraceCase faults[] = {
	{CR_VIEW(""), "!1@0", "Expected an object"},
	{CR_VIEW("   "), "!1@3", "Expected an object"},
	{CR_VIEW("[1]"), "!1@0", "Expected an object"},
	{CR_VIEW("\"a\""), "!1@0", "Expected an object"},
	{CR_VIEW("{"), "{ !1@1", "ends too early"},
	{CR_VIEW("{ "), "{ !1@2", "ends too early"},
	{CR_VIEW("{\"a\""), "{ !1@4", "ends too early"},
	{CR_VIEW("{\"a\":"), "{ k:a !1@5", "ends too early"},
	{CR_VIEW("{\"a\":1"), "{ k:a n:1 !1@6", "ends too early"},
	{CR_VIEW("{\"a"), "{ !1@3", "ends too early"},
	{CR_VIEW("{\"a\\"), "{ !1@4", "ends too early"},
	{CR_VIEW("{\"a\\u12"), "{ !1@7", "ends too early"},
	{CR_VIEW("{\"a\":tru"), "{ k:a !1@5", "a value"},
	{CR_VIEW("{\"a\":True}"), "{ k:a !1@5", "a value"},
	{CR_VIEW("{\"a\":nul}"), "{ k:a !1@5", "a value"},
	{CR_VIEW("{\"a\":}"), "{ k:a !1@5", "a value"},
	{CR_VIEW("{\"a\" 1}"), "{ !1@5", "a colon"},
	{CR_VIEW("{\"a\":1 2}"), "{ k:a n:1 !1@7", "a comma or the end"},
	{CR_VIEW("{\"a\":1,}"), "{ k:a n:1 !1@7", "a key in quotes"},
	{CR_VIEW("{\"a\":1]"), "{ k:a n:1 !1@6", "a comma or the end"},
	{CR_VIEW("{ a:1}"), "{ !1@2", "a key in quotes"},
	{CR_VIEW("{\"a\":[1,]}"), "{ k:a [ n:1 !1@8", "a value"},
	{CR_VIEW("{\"a\":[,1]}"), "{ k:a [ !1@6", "a value"},
	{CR_VIEW("{\"a\":[1 2]}"), "{ k:a [ n:1 !1@8", "a comma or the end"},
	{CR_VIEW("{\"a\":[1}"), "{ k:a [ n:1 !1@7", "a comma or the end"},
	{CR_VIEW("{} x"), "{ } !1@3", "nothing after the model"},
	{CR_VIEW("{}{}"), "{ } !1@2", "nothing after the model"},
	{CR_VIEW("{}\0"), "{ } !1@2", "nothing after the model"},
	{CR_VIEW("{\"a\":01}"), "{ k:a n:0 !1@6", "a comma or the end"},
	{CR_VIEW("{\"a\":-}"), "{ k:a !1@6", "a digit"},
	{CR_VIEW("{\"a\":+1}"), "{ k:a !1@5", "a value"},
	{CR_VIEW("{\"a\":.5}"), "{ k:a !1@5", "a value"},
	{CR_VIEW("{\"a\":1.}"), "{ k:a !1@7", "after the decimal point"},
	{CR_VIEW("{\"a\":1e}"), "{ k:a !1@7", "a digit of the exponent"},
	{CR_VIEW("{\"a\":1e+}"), "{ k:a !1@8", "a digit of the exponent"},
	{CR_VIEW("{\"a\":1e-+1}"), "{ k:a !1@8", "a digit of the exponent"},
	{CR_VIEW("{\"a\":0x10}"), "{ k:a n:0 !1@6", "a comma or the end"},
	{CR_VIEW("{\"a\":Inf}"), "{ k:a !1@5", "a digit"},
	{CR_VIEW("{\"a\":\"\n\"}"), "{ k:a !1@6", "no control character"},
	{CR_VIEW("{\"a\":\"\0\"}"), "{ k:a !1@6", "no control character"},
	{CR_VIEW("{\"a\":\"\x1f\"}"), "{ k:a !1@6", "no control character"},
	{CR_VIEW("{\"a\":\"\\x\"}"), "{ k:a !1@7", "an escape sequence"},
	{CR_VIEW("{\"a\":\"\\\0\"}"), "{ k:a !1@7", "an escape sequence"},
	{CR_VIEW("{\"a\":\"\\u12g4\"}"), "{ k:a !1@10", "four hexadecimal digits"},
	{CR_VIEW("{\"a\":\"\\ud800\"}"), "{ k:a s !1@5", "half a surrogate pair"},
	{CR_VIEW("{\"a\":\"\\ud800x\\udc00\"}"), "{ k:a s !1@5",
	"half a surrogate pair"},
	{CR_VIEW("{\"a\":\"\\udc00\\ud800\"}"), "{ k:a s !1@5",
	"half a surrogate pair"},
	{CR_VIEW("{\"a\":\"\\ud800\\ud800\"}"), "{ k:a s !1@5",
	"half a surrogate pair"},
	{CR_VIEW("{\"a\":\"\\ud800\\ue000\"}"), "{ k:a s !1@5",
	"half a surrogate pair"},
	{CR_VIEW("{\"a\":\"\\ud800\\n12345\"}"), "{ k:a s !1@5",
	"half a surrogate pair"},
	{CR_VIEW("{\"a\":\"x\\u0000\"}"), "{ k:a s !1@5", "a zero byte"},
};

/* Depth counts the outermost object. */
static void
test_nesting(int depth, bool allowed)
{
	Text		text = {0};
	Text		got;
	char		message[CR_ERROR_SIZE] = "";

	text_add(&text, "{\"a\":");
	for (int i = 1; i < depth; i++)
		text_add(&text, "[");
	for (int i = 1; i < depth; i++)
		text_add(&text, "]");
	text_add(&text, "}");
	got = trace(text_view(&text), message);
	ok(allowed ? message[0] == '\0' && strchr(got.data, '$') != NULL :
	   strstr(got.data, "!4@") != NULL &&
	   strstr(message, "nested more than 16 deep") != NULL,
	   "nested %d deep: %s", depth, message);
	free(got.data);
	free(text.data);
}

/* The token that a text is; false if it is none. */
static bool
number_token(CrReader *reader, CrError *error, CrView text, CrToken *token)
{
	*reader = (CrReader) {.data = text.data, .size = text.length,
		.error = error};
	return cr_json_next(reader, token) == CR_OK && token->kind == CR_NUMBER &&
		reader->position == text.length;
}

static bool
same_bits(float a, float b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void
test_float(const char *text, float expected)
{
	CrView		view = {text, strlen(text)};
	CrReader	reader;
	CrToken		token;
	CrError		error;
	float		value = 7;

	ok(number_token(&reader, &error, view, &token) &&
	   cr_token_float(&reader, &token, &value) == CR_OK &&
	   (isnan(expected) ? isnan(value) : same_bits(value, expected)),
	   "%s is %.9g", text, value);
}

static void
test_floats(void)
{
	test_float("0", 0.0f);
	test_float("-0", 0.0f);		/* an integer, to XGBoost */
	test_float("-0.0", -0.0f);
	test_float("-0E0", -0.0f);
	test_float("-0e5", -0.0f);
	test_float("NaN", NAN);
	test_float("Infinity", INFINITY);
	test_float("-Infinity", -INFINITY);
	test_float("1e400", INFINITY);
	test_float("-1E+400", -INFINITY);
	test_float("1e-400", 0.0f);
	test_float("-1e-400", -0.0f);
	test_float("1e99999999999999999999", INFINITY);
	test_float("3.4028235e38", 3.40282347e38f);
	test_float("3.4028236e38", INFINITY);
	test_float("1e-45", 1.40129846e-45f);
	test_float("7e-46", 0.0f);	/* below half of the least denormal */
	test_float("7.1e-46", 1.40129846e-45f);
	test_float("1.17549428e-38", 1.17549421e-38f);
	test_float("16777217", 16777216.0f);	/* ties to even */
	test_float("16777219", 16777220.0f);
	test_float("16777217.000000001", 16777218.0f);
	test_float("1.00000017881393432617187499", 1.00000012f);	/* one rounding */
	test_float("1.00000017881393432617187500", 1.00000024f);
	test_float("0.000000000000000000000000000000000000000000000000000000000001",
			   0.0f);
	test_float("123456789012345678901234567890123456789", 1.23456789e38f);
	test_float("1234567890123456789012345678901234567890", INFINITY);
	test_float("-12345678901234567890123456789012345678", -1.23456784e37f);
}

static void
test_random_floats(void)
{
	Random		random = {.state = 5};
	int			wrong = 0;

	for (int i = 0; i < 200000; i++)
	{
		uint32_t	bits = (uint32_t) random_bits(&random);
		char		text[64];
		CrReader	reader;
		CrToken		token;
		CrError		error;
		float		value;
		float		read = 0;

		/* Every fourth one a denormal. */
		if (i % 4 == 0)
			bits &= 0x807FFFFF;
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		snprintf(text, sizeof(text), i % 2 == 0 ? "%.8e" : "%.17E", value);
		wrong += !number_token(&reader, &error,
							   (CrView) {text, strlen(text)}, &token) ||
			cr_token_float(&reader, &token, &read) != CR_OK ||
			!same_bits(read, value);
	}
	ok(wrong == 0, "200000 random floats come back with the same bits");
}

static void
test_long_numbers(void)
{
	char		digits[65];
	CrReader	reader;
	CrToken		token;
	CrError		error;

	memset(digits, '1', sizeof(digits));
	ok(number_token(&reader, &error, (CrView) {digits, 63}, &token),
	   "63 characters are a number");
	ok(!number_token(&reader, &error, (CrView) {digits, 64}, &token) &&
	   error.status == CR_LIMIT &&
	   strstr(error.message, "more than 63 characters") != NULL,
	   "64 characters are not: %s", error.message);
	ok(cr_json_is_number((CrView) {digits, 63}) &&
	   !cr_json_is_number((CrView) {digits, 64}), "cr_json_is_number agrees");
}

static void
test_is_number(void)
{
	static const char *const yes[] = {"0", "-1", "0.5", "5E-1", "NaN",
	"-Infinity", "1e+9"};
	static const char *const no[] = {"", "-", "abc", "1 ", " 1", "1,2", "0x1",
	"+1", "1.", ".1", "01", "1e", "Infinit", "nan", "1\n"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ok(cr_json_is_number((CrView) {yes[i], strlen(yes[i])}),
		   "\"%s\" is a number", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ok(!cr_json_is_number((CrView) {no[i], strlen(no[i])}),
		   "%zu: not a number", i);
}

static void
test_integer(const char *text, bool allowed, int64_t expected)
{
	CrReader	reader;
	CrToken		token;
	CrError		error = {.message = ""};
	int64_t		value = 7;
	CrStatus	status;

	if (!number_token(&reader, &error, (CrView) {text, strlen(text)}, &token))
	{
		ok(false, "%s is a number", text);
		return;
	}
	status = cr_token_integer(&reader, &token, &value);
	ok(allowed ? status == CR_OK && value == expected :
	   status == CR_MALFORMED && error.message[0] != '\0',
	   "%s as an integer: %s", text, error.message);
}

static void
test_integers(void)
{
	test_integer("0", true, 0);
	test_integer("-0", true, 0);
	test_integer("2147483647", true, INT32_MAX);
	test_integer("-2147483648", true, INT32_MIN);
	test_integer("-9000000000000000000", true, INT64_C(-9000000000000000000));
	test_integer("9223372036854775799", true, INT64_C(9223372036854775799));
	test_integer("99999999999999999999", false, 0);
	test_integer("9300000000000000000", false, 0);
	test_integer("1.0", false, 0);
	test_integer("1e3", false, 0);
	test_integer("NaN", false, 0);
	test_integer("-Infinity", false, 0);
}

int
main(void)
{
	CHECK_TRACES(documents);
	CHECK_TRACES(faults);
	test_nesting(16, true);
	test_nesting(17, false);
	test_nesting(2000, false);
	test_floats();
	test_random_floats();
	test_long_numbers();
	test_is_number();
	test_integers();
	return done_testing();
}
