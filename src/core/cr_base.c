/*
 * cr_base.c
 *	  Byte views and error messages, without stdio: the core must not depend on
 *	  a locale, and snprintf's padding and precision are not needed.
 */
#include "cr_base.h"

#include <stdarg.h>
#include <string.h>

#define SHOWN_BYTES		48		/* of a view quoted in a message */

typedef struct Sink
{
	char	   *next;
	char	   *end;			/* room for the terminator is kept before it */
} Sink;

bool
cr_view_equal(CrView a, CrView b)
{
	return a.length == b.length &&
		(a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Orders by bytes, then by length, as memcmp does; the C collation. */
int
cr_view_compare(CrView a, CrView b)
{
	size_t		common = a.length < b.length ? a.length : b.length;
	int			order = common == 0 ? 0 : memcmp(a.data, b.data, common);

	if (order != 0)
		return order;
	return (a.length > b.length) - (a.length < b.length);
}

static void
put_char(Sink *sink, char c)
{
	if (sink->next < sink->end)
		*sink->next++ = c;
}

static void
put_string(Sink *sink, const char *string)
{
	while (*string != '\0')
		put_char(sink, *string++);
}

static void
put_unsigned(Sink *sink, uint64_t value)
{
	char		digits[20];
	int			n = 0;

	do
	{
		digits[n++] = (char) ('0' + value % 10);
		value /= 10;
	} while (value != 0);
	while (n > 0)
		put_char(sink, digits[--n]);
}

/*
 * Hostile bytes may be anything, in any encoding: only printable ASCII goes
 * into a message as it is.
 */
static void
put_view(Sink *sink, CrView view)
{
	for (size_t i = 0; i < view.length; i++)
	{
		if (i == SHOWN_BYTES)
		{
			put_string(sink, "...");
			break;
		}
		put_char(sink, view.data[i] >= ' ' && view.data[i] <= '~' ?
				 view.data[i] : '?');
	}
}

CrStatus
cr_fail(CrError *error, CrStatus status, uint64_t offset,
		const char *format,...)
{
	Sink		sink = {error->message, error->message + CR_ERROR_SIZE - 1};
	va_list		args;

	va_start(args, format);
	for (const char *f = format; *f != '\0'; f++)
	{
		if (*f != '%')
		{
			put_char(&sink, *f);
			continue;
		}
		switch (*++f)
		{
			case 's':
				put_string(&sink, va_arg(args, const char *));
				break;
			case 'v':
				put_view(&sink, va_arg(args, CrView));
				break;
			case 'u':
				put_unsigned(&sink, va_arg(args, uint64_t));
				break;
			case 'd':
				{
					int64_t		value = va_arg(args, int64_t);

					if (value < 0)
						put_char(&sink, '-');
					put_unsigned(&sink, value < 0 ? 0 - (uint64_t) value :
								 (uint64_t) value);
					break;
				}
			default:
				put_char(&sink, *f);
		}
	}
	va_end(args);
	*sink.next = '\0';
	error->status = status;
	error->offset = offset;
	return status;
}
