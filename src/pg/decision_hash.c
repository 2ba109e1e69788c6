/*
 * decision_hash.c
 *	  What of a decision cannot change unseen: SHA-256 over its columns.
 *
 * Over those that are not NULL, but for the hash itself, each as its name with
 * a zero byte, the length of its value in four bytes, and the value in a form
 * that does not depend on the server (docs/decisions.md).  A column that is
 * added later is NULL in older rows, so their hashes stay right.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/typcache.h"

#include "compat.h"
#include "decision.h"

/* One NaN for all: which one it is does not survive a dump. */
static void
put_real(StringInfo bytes, float value)
{
	if (isnan(value))
		pq_sendint32(bytes, 0x7FC00000);
	else
		pq_sendfloat4(bytes, value);
}

static void
put_text(StringInfo bytes, const char *data, int length)
{
	char	   *utf8 = pg_server_to_any(data, length, PG_UTF8);

	appendBinaryStringInfo(bytes, utf8,
						   utf8 == data ? length : (int) strlen(utf8));
}

/* Each element as a number of four bytes, or as its length and its text. */
static void
put_array(StringInfo bytes, ArrayType *array)
{
	bool		is_real = ARR_ELEMTYPE(array) == FLOAT4OID;
	Datum	   *items;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, ARR_ELEMTYPE(array), is_real ? 4 : -1, is_real,
					  TYPALIGN_INT, &items, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			pq_sendint32(bytes, 0xFFFFFFFF);
		else if (is_real)
			put_real(bytes, DatumGetFloat4(items[i]));
		else
		{
			text	   *item = DatumGetTextPP(items[i]);
			int			start = bytes->len;
			uint32		length;

			pq_sendint32(bytes, 0);
			put_text(bytes, VARDATA_ANY(item), VARSIZE_ANY_EXHDR(item));
			length = pg_hton32(bytes->len - start - 4);
			memcpy(bytes->data + start, &length, 4);
		}
	}
}

static void
put_value(StringInfo bytes, Oid type, Datum value)
{
	switch (type)
	{
		case INT4OID:
			pq_sendint32(bytes, DatumGetInt32(value));
			break;
		case INT8OID:
		case TIMESTAMPTZOID:	/* microseconds since 2000, UTC */
			pq_sendint64(bytes, DatumGetInt64(value));
			break;
		case FLOAT4OID:
			put_real(bytes, DatumGetFloat4(value));
			break;
		case FLOAT8OID:
			pq_sendfloat8(bytes, DatumGetFloat8(value));
			break;
		case JSONBOID:
			{
				Jsonb	   *object = DatumGetJsonbP(value);
				char	   *json = JsonbToCString(NULL, &object->root,
												  VARSIZE(object));

				put_text(bytes, json, strlen(json));
				break;
			}
		case BYTEAOID:
			{
				bytea	   *data = DatumGetByteaPP(value);

				appendBinaryStringInfo(bytes, VARDATA_ANY(data),
									   VARSIZE_ANY_EXHDR(data));
				break;
			}
		case TEXTOID:
			{
				text	   *data = DatumGetTextPP(value);

				put_text(bytes, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
				break;
			}
		case FLOAT4ARRAYOID:
		case TEXTARRAYOID:
			put_array(bytes, DatumGetArrayTypeP(value));
			break;
		default:
			elog(ERROR, "no canonical form for type %u", type);
	}
}

static void
put_column(StringInfo bytes, Form_pg_attribute column, Datum value)
{
	const char *name = NameStr(column->attname);
	int			start;
	uint32		length;

	appendBinaryStringInfo(bytes, name, strlen(name) + 1);
	start = bytes->len;
	pq_sendint32(bytes, 0);
	put_value(bytes, column->atttypid, value);
	length = pg_hton32(bytes->len - start - 4);
	memcpy(bytes->data + start, &length, 4);
}

Datum
credit_decision_hash_of(const Datum *values, const bool *nulls,
						TupleDesc row)
{
	StringInfoData bytes;

	initStringInfo(&bytes);
	appendStringInfoSpaces(&bytes, VARHDRSZ);
	for (int i = 0; i < row->natts; i++)
		if (!nulls[i] && i != CREDIT_DECISION_HASH)
			put_column(&bytes, TupleDescAttr(row, i), values[i]);
	SET_VARSIZE(bytes.data, bytes.len);
	return DirectFunctionCall1(sha256_bytea, PointerGetDatum(bytes.data));
}

PG_FUNCTION_INFO_V1(credit_decision_hash);
Datum
credit_decision_hash(PG_FUNCTION_ARGS)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
	TupleDesc	row = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header),
											 HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple = {
		.t_len = HeapTupleHeaderGetDatumLength(header),
		.t_data = header
	};
	Datum	   *values = palloc(row->natts * sizeof(Datum));
	bool	   *nulls = palloc(row->natts * sizeof(bool));
	Datum		hash;

	heap_deform_tuple(&tuple, row, values, nulls);
	hash = credit_decision_hash_of(values, nulls, row);
	ReleaseTupleDesc(row);
	PG_RETURN_DATUM(hash);
}
