/*
 * ubjson.c
 *	  Proves that the UBJSON reader takes every type and container that
 *	  XGBoost writes, and believes no length before it has looked at what is
 *	  left.
 */
#include "trace.h"

#include "cr_ubjson.h"

/* An object with one key, "a". */
#define A	"{i\1a"

static const TraceCase documents[] = {
	{CR_VIEW("{i\0" "Z}"), "{ k: Z } $", NULL},
	{CR_VIEW(A "T}"), "{ k:a T } $", NULL},
	{CR_VIEW(A "F" "U\1b" "Z}"), "{ k:a F k:b Z } $", NULL},
	{CR_VIEW("{I\0\1a" "Z" "l\0\0\0\1b" "Z" "L\0\0\0\0\0\0\0\1c" "Z}"),
	"{ k:a Z k:b Z k:c Z } $", NULL},
	{CR_VIEW("{u\0\1a" "Z" "m\0\0\0\1b" "Z" "M\0\0\0\0\0\0\0\1c" "Z}"),
	"{ k:a Z k:b Z k:c Z } $", NULL},
	{CR_VIEW(A "S" "i\2hi}"), "{ k:a s:hi } $", NULL},
	{CR_VIEW(A "S" "i\3\\n\x22}"), "{ k:a s:\\n\" } $", NULL},
	{CR_VIEW(A "{}}"), "{ k:a { } } $", NULL},
	{CR_VIEW(A "[]}"), "{ k:a [ ] } $", NULL},
	{CR_VIEW(A "[i\5TZ]}"), "{ k:a [ n:i=5 T Z ] } $", NULL},
	{CR_VIEW(A "[#i\2i\5T}"), "{ k:a [ n:i=5 T ] } $", NULL},
	{CR_VIEW(A "[#i\0}"), "{ k:a [ ] } $", NULL},
	{CR_VIEW(A "[#i\2[]{}}"), "{ k:a [ [ ] { } ] } $", NULL},
	{CR_VIEW(A "[#i\1[$i#i\1\7}"), "{ k:a [ [ n:i=7 ] ] } $", NULL},
	{CR_VIEW(A "[$i#i\3\1\xff\x80}"), "{ k:a [ n:i=1 n:i=-1 n:i=-128 ] } $",
	NULL},
	{CR_VIEW(A "[$U#i\2\1\xff}"), "{ k:a [ n:U=1 n:U=255 ] } $", NULL},
	{CR_VIEW(A "[$I#i\2\1\0\xff\xfe}"), "{ k:a [ n:I=256 n:I=-2 ] } $", NULL},
	{CR_VIEW(A "[$u#i\2\1\0\xff\xfe}"), "{ k:a [ n:u=256 n:u=65534 ] } $",
	NULL},
	{CR_VIEW(A "[$l#i\2\0\1\0\0\xff\xff\xff\xfe}"),
	"{ k:a [ n:l=65536 n:l=-2 ] } $", NULL},
	{CR_VIEW(A "[$m#i\2\0\1\0\0\xff\xff\xff\0}"),
	"{ k:a [ n:m=65536 n:m=4.29496704e+09 ] } $", NULL},
	{CR_VIEW(A "[$L#i\2\0\0\0\1\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xfe}"),
	"{ k:a [ n:L=4.2949673e+09 n:L=-2 ] } $", NULL},
	{CR_VIEW(A "[$M#i\1\0\0\0\1\0\0\0\0}"),
	"{ k:a [ n:M=4.2949673e+09 ] } $", NULL},
	{CR_VIEW(A "[$d#i\2\x3f\x80\0\0\xff\x80\0\0}"),
	"{ k:a [ n:d=1 n:d=-inf ] } $", NULL},
	{CR_VIEW(A "[$D#i\2\x3f\xf0\0\0\0\0\0\0\x47\xf0\0\0\0\0\0\0}"),
	"{ k:a [ n:D=1 n:D=inf ] } $", NULL},
	{CR_VIEW(A "D\x3f\xb9\x99\x99\x99\x99\x99\x9a}"),
	"{ k:a n:D=0.100000001 } $", NULL},
	{CR_VIEW(A "[$d#i\1\x80\0\0\1}"), "{ k:a [ n:d=-1.40129846e-45 ] } $",
	NULL},
	{CR_VIEW(A "[$i#L\0\0\0\0\0\0\0\1\2}"), "{ k:a [ n:i=2 ] } $", NULL},
	{CR_VIEW(A "[$i#i\0}"), "{ k:a [ ] } $", NULL},
};

static const TraceCase faults[] = {
	{CR_VIEW("{x"), "{ !1@1", "the marker of a length"},
	{CR_VIEW("{d\0\0\0\0"), "{ !1@1", "the marker of a length"},
	{CR_VIEW("{D\0\0\0\0\0\0\0\0"), "{ !1@1", "the marker of a length"},
	{CR_VIEW("{i"), "{ !1@2", "reaches past the end"},
	{CR_VIEW("{i\xff"), "{ !1@1", "The length -1 is negative"},
	{CR_VIEW("{M\x80\0\0\0\0\0\0\0"), "{ !1@1", "is out of range"},
	{CR_VIEW("{i\2a"), "{ !1@3", "2 bytes reaches past the end"},
	{CR_VIEW("{L\x7f\xff\xff\xff\xff\xff\xff\xff" "a"), "{ !1@10",
	"9223372036854775807 bytes reaches past the end"},
	{CR_VIEW("{#i\0}"), "{ !1@1", "the marker of a length"},
	{CR_VIEW("{$i#i\0}"), "{ !1@1", "the marker of a length"},
	{CR_VIEW(A), "{ k:a !1@4", "ends too early"},
	{CR_VIEW(A "}"), "{ k:a !1@4", "the marker of a value"},
	{CR_VIEW(A "]"), "{ k:a !1@4", "the marker of a value"},
	{CR_VIEW(A "N}"), "{ k:a !1@4", "the marker of a value"},
	{CR_VIEW(A "Cx}"), "{ k:a !1@4", "the marker of a value"},
	{CR_VIEW(A "H" "i\1" "1}"), "{ k:a !1@4", "the marker of a value"},
	{CR_VIEW(A "Z"), "{ k:a Z !1@5", "ends too early"},
	{CR_VIEW(A "Z}x"), "{ k:a Z } !1@6", "nothing after the model"},
	{CR_VIEW(A "Z} "), "{ k:a Z } !1@6", "nothing after the model"},
	{CR_VIEW(A "l\0\0\0"), "{ k:a !1@5", "4 bytes reaches past the end"},
	{CR_VIEW(A "S" "i\5hi}"), "{ k:a !1@7", "5 bytes reaches past the end"},
	{CR_VIEW(A "S" "i\2a\0}"), "{ k:a s !1@4", "a zero byte"},
	{CR_VIEW(A "["), "{ k:a [ !1@5", "ends too early"},
	{CR_VIEW(A "[$"), "{ k:a !1@6", "ends too early"},
	{CR_VIEW(A "[$S#i\0}"), "{ k:a !1@6", "the type of an array's numbers"},
	{CR_VIEW(A "[$T#i\0}"), "{ k:a !1@6", "the type of an array's numbers"},
	{CR_VIEW(A "[$[#i\0}"), "{ k:a !1@6", "the type of an array's numbers"},
	{CR_VIEW(A "[$i]}"), "{ k:a !1@7", "A typed array has no count"},
	{CR_VIEW(A "[$i"), "{ k:a !1@7", "A typed array has no count"},
	{CR_VIEW(A "[#"), "{ k:a !1@6", "ends too early"},
	{CR_VIEW(A "[#i\xff}"), "{ k:a !1@6", "The length -1 is negative"},
	{CR_VIEW(A "[#i\3ZZ"), "{ k:a !1@8", "3 elements reaches past the end"},
	{CR_VIEW(A "[#i\2Z}"), "{ k:a [ Z !1@9", "the marker of a value"},
	{CR_VIEW(A "[#i\1ZZ}"), "{ k:a [ Z ] !1@9", "the marker of a length"},
	{CR_VIEW(A "[$l#i\2\0\0\0\0\0\0\0"), "{ k:a !1@10",
	"2 elements reaches past the end"},
	{CR_VIEW(A "[$D#L\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "{ k:a !1@17",
	"2305843009213693952 elements reaches past the end"},
	{CR_VIEW(A "[$M#i\1\xff\xff\xff\xff\xff\xff\xff\xff}"),
	"{ k:a [ n !1@10", "is out of range"},
	{CR_VIEW(" {i\1aZ}"), "!1@0", "the marker of a value"},
};

static void
test_nesting(int depth, bool allowed)
{
	Text		text = {0};
	Text		got;
	char		message[CR_ERROR_SIZE] = "";

	text_bytes(&text, A, 4);
	for (int i = 1; i < depth; i++)
		text_bytes(&text, i % 2 == 0 ? "[" : "[#i\1", i % 2 == 0 ? 1 : 4);
	text_bytes(&text, "Z", 1);
	for (int i = depth - 1; i >= 1; i--)
		text_bytes(&text, "]", i % 2 == 0);
	text_bytes(&text, "}", 1);
	got = trace(text_view(&text), message);
	ok(allowed ? message[0] == '\0' && strchr(got.data, '$') != NULL :
	   strstr(got.data, "!4@") != NULL &&
	   strstr(message, "nested more than 16 deep") != NULL,
	   "nested %d deep: %s", depth, message);
	free(got.data);
	free(text.data);
}

static void
test_integer(CrView document, bool allowed, int64_t expected)
{
	CrReader	reader;
	CrError		error = {.message = ""};
	CrToken		token = {0};
	int64_t		value = 7;
	CrStatus	status = cr_reader_init(&reader, document, &error);

	for (int i = 0; i < 3 && status == CR_OK; i++)
		status = cr_reader_next(&reader, &token);
	if (status == CR_OK)
		status = cr_token_integer(&reader, &token, &value);
	ok(allowed ? status == CR_OK && value == expected :
	   status == CR_MALFORMED, "an integer of type %c: %lld %s", token.type,
	   (long long) value, error.message);
}

int
main(void)
{
	CHECK_TRACES(documents);
	CHECK_TRACES(faults);
	test_nesting(16, true);
	test_nesting(17, false);
	test_nesting(1000, false);
	test_integer(CR_VIEW(A "i\x80}"), true, -128);
	test_integer(CR_VIEW(A "U\x80}"), true, 128);
	test_integer(CR_VIEW(A "I\x80\0}"), true, -32768);
	test_integer(CR_VIEW(A "u\x80\0}"), true, 32768);
	test_integer(CR_VIEW(A "l\x80\0\0\0}"), true, INT32_MIN);
	test_integer(CR_VIEW(A "m\x80\0\0\0}"), true, INT64_C(2147483648));
	test_integer(CR_VIEW(A "L\x80\0\0\0\0\0\0\0}"), true, INT64_MIN);
	test_integer(CR_VIEW(A "M\x7f\xff\xff\xff\xff\xff\xff\xff}"), true,
				 INT64_MAX);
	test_integer(CR_VIEW(A "M\x80\0\0\0\0\0\0\0}"), false, 0);
	test_integer(CR_VIEW(A "d\0\0\0\0}"), false, 0);
	test_integer(CR_VIEW(A "D\0\0\0\0\0\0\0\0}"), false, 0);
	return done_testing();
}
