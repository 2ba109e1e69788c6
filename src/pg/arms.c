/*
 * arms.c
 *	  Which arm of a split decides about a subject.
 *
 * The place of a subject is the first 53 bits of SHA-256 over model, salt and
 * subject, in UTF-8 with a zero byte between them, as a fraction.  It depends
 * on nothing else, so it is the same on every server, in every version of
 * PostgreSQL and in every replay; and 53 bits are what a double holds exactly.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"

#include "compat.h"
#include "arms.h"

static void
put(StringInfo bytes, const text *part)
{
	int			length = VARSIZE_ANY_EXHDR(part);
	char	   *utf8 = pg_server_to_any(VARDATA_ANY(part), length, PG_UTF8);

	appendBinaryStringInfo(bytes, utf8, utf8 == VARDATA_ANY(part) ? length :
						   (int) strlen(utf8));
}

double
credit_arm_place(const text *model, const text *salt, const text *subject)
{
	StringInfoData bytes;
	unsigned char *digest;
	uint64		bits = 0;

	initStringInfo(&bytes);
	appendStringInfoSpaces(&bytes, VARHDRSZ);
	put(&bytes, model);
	appendStringInfoChar(&bytes, '\0');
	put(&bytes, salt);
	appendStringInfoChar(&bytes, '\0');
	put(&bytes, subject);
	SET_VARSIZE(bytes.data, bytes.len);
	digest = (unsigned char *)
		VARDATA_ANY(DatumGetPointer(DirectFunctionCall1(sha256_bytea,
														PointerGetDatum(bytes.data))));
	for (int i = 0; i < 8; i++)
		bits = bits << 8 | digest[i];
	return ldexp((double) (bits >> 11), -53);
}

PG_FUNCTION_INFO_V1(credit_arm_position);
Datum
credit_arm_position(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(credit_arm_place(PG_GETARG_TEXT_PP(0),
									  PG_GETARG_TEXT_PP(1),
									  PG_GETARG_TEXT_PP(2)));
}
