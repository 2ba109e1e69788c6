/*
 * cr_token.c
 *	  The stack of objects and arrays that have begun and not yet ended.
 */
#include "cr_token.h"

CrStatus
cr_token_truncated(const CrReader *reader)
{
	return cr_fail(reader->error, CR_MALFORMED, reader->size,
				   "The document ends too early.");
}

CrStatus
cr_token_push(CrReader *reader, CrFrame frame)
{
	if (reader->depth == CR_MAX_NESTING)
		return cr_fail(reader->error, CR_LIMIT, reader->position,
					   "Objects and arrays are nested more than %u deep.",
					   (uint64_t) CR_MAX_NESTING);
	reader->frames[reader->depth++] = frame;
	return CR_OK;
}

void
cr_token_pop(CrReader *reader)
{
	if (--reader->depth == 0)
		reader->done = true;
}
