/*
 * base.c
 *	  Proves that views compare by bytes, that sizes do not overflow, and that
 *	  messages are formatted safely whatever bytes go into them.
 */
#include "tap.h"

static void
test_views(void)
{
	CrView		none = {NULL, 0};

	ok(cr_view_equal(none, CR_VIEW("")), "empty views are equal");
	ok(cr_view_equal(CR_VIEW("ab"), CR_VIEW("ab")), "equal bytes");
	ok(!cr_view_equal(CR_VIEW("ab"), CR_VIEW("ac")), "other bytes");
	ok(!cr_view_equal(CR_VIEW("ab"), CR_VIEW("abc")), "other length");
	ok(cr_view_equal(CR_VIEW("a\0b"), CR_VIEW("a\0b")) &&
	   !cr_view_equal(CR_VIEW("a\0b"), CR_VIEW("a\0c")), "zero bytes count");
	ok(cr_view_compare(none, none) == 0, "empty views compare equal");
	ok(cr_view_compare(none, CR_VIEW("a")) < 0 &&
	   cr_view_compare(CR_VIEW("a"), none) > 0, "nothing comes first");
	ok(cr_view_compare(CR_VIEW("a"), CR_VIEW("ab")) < 0 &&
	   cr_view_compare(CR_VIEW("ab"), CR_VIEW("a")) > 0, "a prefix comes first");
	ok(cr_view_compare(CR_VIEW("b"), CR_VIEW("ab")) > 0, "bytes before length");
	ok(cr_view_compare(CR_VIEW("\xC3"), CR_VIEW("z")) > 0,
	   "bytes are unsigned");
}

static void
test_sizes(void)
{
	size_t		result = 7;

	ok(cr_size_add(SIZE_MAX - 1, 1, &result) && result == SIZE_MAX,
	   "the largest sum");
	result = 7;
	ok(!cr_size_add(SIZE_MAX, 1, &result) && result == 7,
	   "a sum that overflows changes nothing");
	ok(cr_size_multiply(SIZE_MAX / 2, 2, &result) && result == SIZE_MAX - 1,
	   "the largest product");
	result = 7;
	ok(!cr_size_multiply(SIZE_MAX / 2 + 1, 2, &result) && result == 7,
	   "a product that overflows changes nothing");
	ok(cr_size_multiply(SIZE_MAX, 0, &result) && result == 0,
	   "a product with zero");
}

static void
test_messages(void)
{
	CrError		error;
	CrView		fifty = CR_VIEW("01234567890123456789012345678901234567890123456789");

	ok(cr_fail(&error, CR_LIMIT, 12, "%s|%v|%u|%d|%d|%%|%u", "c",
			   CR_VIEW("v"), UINT64_MAX, INT64_MIN, INT64_C(-7),
			   UINT64_C(0)) == CR_LIMIT && error.status == CR_LIMIT &&
	   error.offset == 12, "status and offset are set");
	ok(strcmp(error.message, "c|v|18446744073709551615|"
			  "-9223372036854775808|-7|%|0") == 0,
	   "every conversion: %s", error.message);
	cr_fail(&error, CR_LIMIT, 0, "%v.", CR_VIEW("a\0\x1b\x7f\xc3\xa9~ "));
	ok(strcmp(error.message, "a?????~ .") == 0,
	   "bytes that do not print become question marks: %s", error.message);
	cr_fail(&error, CR_LIMIT, 0, "%v", fifty);
	ok(strlen(error.message) == 51 &&
	   strcmp(error.message + 46, "67...") == 0, "long views are cut");
	fifty.length = 48;
	cr_fail(&error, CR_LIMIT, 0, "%v", fifty);
	ok(strlen(error.message) == 48, "48 bytes are not long");
	cr_fail(&error, CR_LIMIT, 0, "%v", ((CrView) {NULL, 0}));
	ok(error.message[0] == '\0', "an empty view");
}

static void
test_long_message(void)
{
	struct
	{
		CrError		error;
		char		guard[8];
	}			guarded;
	char		format[CR_ERROR_SIZE * 2];

	memset(format, 'x', sizeof(format));
	format[sizeof(format) - 1] = '\0';
	memset(guarded.guard, 'g', sizeof(guarded.guard));
	cr_fail(&guarded.error, CR_LIMIT, 0, format);
	ok(strlen(guarded.error.message) == CR_ERROR_SIZE - 1 &&
	   memcmp(guarded.guard, "gggggggg", 8) == 0, "a long message is cut");
}

int
main(void)
{
	test_views();
	test_sizes();
	test_messages();
	test_long_message();
	return done_testing();
}
