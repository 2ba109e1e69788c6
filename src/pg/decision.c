/*
 * decision.c
 *	  A row of credit.decision: its hash, and how it gets into the log.
 *
 * The hash is SHA-256 over the columns that are not NULL, each as its name
 * with a zero byte, the length of its value in four bytes and the value, in a
 * form that does not depend on the server (docs/decisions.md).  It is computed
 * here, before the write, so writers share nothing but the sequence; the chain
 * of hashes is made afterwards, by credit.maintain().
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "compat.h"
#include "decision.h"
#include "ownquery.h"
#include "registry.h"

/* -------- hash -------- */

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

static Datum
hash_of(const Datum *values, const bool *nulls, TupleDesc row)
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
	hash = hash_of(values, nulls, row);
	ReleaseTupleDesc(row);
	PG_RETURN_DATUM(hash);
}

PG_FUNCTION_INFO_V1(credit_code_version);
Datum
credit_code_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(CREDIT_VERSION));
}

/* -------- log -------- */

static const Oid column_types[] = {
	INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID,
	INT8OID, INT4OID, FLOAT4OID, FLOAT8OID, INT4OID, TEXTOID, TEXTOID,
	JSONBOID, FLOAT4ARRAYOID, TEXTARRAYOID, BYTEAOID, TEXTOID, INT4OID,
	FLOAT4OID, FLOAT8OID, INT4OID, TEXTOID, TEXTOID, BYTEAOID
};

StaticAssertDecl(lengthof(column_types) == CREDIT_DECISION_COLUMNS,
				 "every column of credit.decision has a type");

static CreditOwnQuery insert_query = {
	.sql = "INSERT INTO credit.decision VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
	" $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,"
	" $24, $25, $26)",
	.n_arguments = CREDIT_DECISION_COLUMNS,
	.types = column_types
};

static const Oid partition_types[] = {TIMESTAMPTZOID};

static CreditOwnQuery partition_query = {
	.sql = "SELECT credit.make_partition(pg_catalog.timezone('UTC', $1)::pg_catalog.date)",
	.n_arguments = 1,
	.types = partition_types
};

void
credit_decision_init(CreditDecision *decision)
{
	memset(decision->values, 0, sizeof(decision->values));
	memset(decision->nulls, true, sizeof(decision->nulls));
}

/*
 * credit.maintain() knows that every decision with a lower number is there or
 * will never be, if all transactions that it saw running then have ended.  So
 * the transaction must have its id before it takes a number.
 */
static int64
next_id(void)
{
	Oid			schema = get_rel_namespace(credit_registry_decision_table());

	(void) GetTopTransactionId();
	return nextval_internal(get_relname_relid("decision_decision_id_seq",
											  schema), false);
}

/* Makes the partition of a month that credit.maintain() did not make ahead. */
static void
need_partition(TimestampTz at)
{
	Oid			schema = get_rel_namespace(credit_registry_decision_table());
	char		name[NAMEDATALEN];
	struct pg_tm tm;
	fsec_t		fraction;
	Datum		argument = TimestampTzGetDatum(at);

	if (timestamp2tm(at, NULL, &tm, &fraction, NULL, NULL) != 0)
		elog(ERROR, "timestamp out of range");
	snprintf(name, sizeof(name), "decision_%04d_%02d", tm.tm_year, tm.tm_mon);
	if (!OidIsValid(get_relname_relid(name, schema)))
		credit_own_query(&partition_query, &argument, NULL);
}

static void
insert(CreditDecision *decision)
{
	char		nulls[CREDIT_DECISION_COLUMNS];

	for (int i = 0; i < CREDIT_DECISION_COLUMNS; i++)
		nulls[i] = decision->nulls[i] ? 'n' : ' ';
	SPI_connect();
	need_partition(DatumGetTimestampTz(decision->values[CREDIT_DECIDED_AT]));
	if (credit_own_query(&insert_query, decision->values, nulls) != 1)
		elog(ERROR, "decision was not logged");
	SPI_finish();
}

void
credit_decision_log(CreditDecision *decision, TupleDesc row)
{
	char	   *role = GetUserNameFromId(GetOuterUserId(), false);

	if (row->natts != CREDIT_DECISION_COLUMNS)
		elog(ERROR, "credit.decision has %d columns", row->natts);
	credit_decision_set(decision, CREDIT_DECISION_ID, Int64GetDatum(next_id()));
	credit_decision_set(decision, CREDIT_DECIDED_AT,
						TimestampTzGetDatum(GetCurrentTimestamp()));
	credit_decision_set(decision, CREDIT_DECIDED_BY,
						CStringGetTextDatum(role));
	credit_decision_set(decision, CREDIT_CODE_VERSION,
						CStringGetTextDatum(CREDIT_VERSION));
	credit_decision_set(decision, CREDIT_DECISION_HASH,
						hash_of(decision->values, decision->nulls, row));
	insert(decision);
}
