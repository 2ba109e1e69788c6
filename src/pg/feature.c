/*
 * feature.c
 *	  A row or a JSON object -> the feature vector of a model.
 *
 * Features are matched by name, exactly.  A numeric feature takes numbers and
 * booleans and becomes float32 as XGBoost does it, by way of double.  A
 * categorical feature with labels takes a label: text, an enum, a boolean
 * ("true", "false") or a whole number by its decimal text.  One without
 * labels takes the category code itself.  NULL and NaN are missing; infinity
 * is an error, as in XGBoost.
 *
 * A feature that no split uses must be there, but its value is not looked at:
 * the planner may leave it out.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "compat.h"
#include "feature.h"
#include "generated.h"

#define MAX_LISTED_FEATURES		40
#define MAX_LISTED_CATEGORIES	20

struct CreditRowMap
{
	Oid			row_type;
	int32		row_typmod;
	uint64		identifier;		/* of the row type's definition */
	TupleDesc	descriptor;		/* a copy */
	AttrNumber *attributes;		/* per feature; 0: not looked at */
	Oid		   *types;			/* per feature: base type of the attribute */
	Datum	   *values;			/* of one row */
	bool	   *nulls;
	bool		has_generated;	/* among the attributes */
	CreditGenerated *generated; /* NULL: not yet needed */
};

/* -------- errors -------- */

/* "a", "b", ... of a model's features. */
static char *
list_features(const CreditModel *model)
{
	StringInfoData list;

	initStringInfo(&list);
	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		if (f == MAX_LISTED_FEATURES)
		{
			appendStringInfo(&list, " and %u more",
							 model->forest.n_features - f);
			break;
		}
		appendStringInfo(&list, "%s\"%s\"", f == 0 ? "" : ", ",
						 model->feature_names[f]);
	}
	return list.data;
}

/* what is "column" or "key"; similar differs from the name only in case. */
static void
missing_feature(const CreditModel *model, uint32 f, const char *what,
				const char *similar)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("feature \"%s\" of model \"%s\" is not a %s of the argument",
					model->feature_names[f], model->reference, what),
			 errdetail("The model reads %s.", list_features(model)),
			 similar != NULL ?
			 errhint("The argument has \"%s\"; names are matched exactly, upper and lower case too.",
					 similar) :
			 errhint("Pass a row or an object that has all of them; NULL stands for a missing value.")));
}

/* The hint depends on where the value comes from. */
static void
wrong_type(const CreditModel *model, uint32 f, const char *type, bool json)
{
	const CrFeature *feature = &model->forest.features[f];

	if (feature->kind == CR_NUMERIC)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("feature \"%s\" of model \"%s\" cannot take a value of type %s",
						model->feature_names[f], model->reference, type),
				 errdetail("The feature is numeric."),
				 json ? errhint("Pass a JSON number.") :
				 errhint("Cast the value to a number.")));
	if (feature->n_labels == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("feature \"%s\" of model \"%s\" cannot take a value of type %s",
						model->feature_names[f], model->reference, type),
				 errdetail("The feature is categorical, but the model has no labels for its category codes."),
				 errhint("Pass the code, or import the model with the option \"categories\".")));
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("feature \"%s\" of model \"%s\" cannot take a value of type %s",
					model->feature_names[f], model->reference, type),
			 errdetail("The feature is categorical."),
			 json ? errhint("Pass a JSON string.") :
			 errhint("Cast the value to text.")));
}

static char *
list_categories(const CreditModel *model, uint32 f)
{
	StringInfoData list;

	initStringInfo(&list);
	for (uint32 code = 0; code < model->forest.features[f].n_labels; code++)
	{
		if (code == MAX_LISTED_CATEGORIES)
		{
			appendStringInfo(&list, " and %u more",
							 model->forest.features[f].n_labels - code);
			break;
		}
		appendStringInfo(&list, "%s\"%s\"", code == 0 ? "" : ", ",
						 credit_model_category(model, f, code));
	}
	return list.data;
}

/* -------- one value -------- */

/*
 * Why a value is refused.  Conversions note it rather than raise it, because
 * a batch (batch_scan.c) reads rows ahead that may never be asked for.
 */
typedef struct Refusal
{
	enum
	{
		NOT_REFUSED,
		UNSEEN_CATEGORY,
		NOT_A_CODE,
		OUT_OF_RANGE
	}			reason;
	double		number;
	const char *label;
	int			length;
} Refusal;

static void
report_refusal(const CreditModel *model, uint32 f, const Refusal *refusal)
{
	const char *feature = model->feature_names[f];

	switch (refusal->reason)
	{
		case NOT_REFUSED:
			break;
		case UNSEEN_CATEGORY:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("category \"%.*s\" of feature \"%s\" is not known to model \"%s\"",
							pg_mbcliplen(refusal->label, refusal->length, 60),
							refusal->label, feature, model->reference),
					 errdetail("The categories are %s.", list_categories(model, f)),
					 errhint("Correct the value, or import the model with on_unseen_category = missing.")));
			break;
		case NOT_A_CODE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("%s is not a category code of feature \"%s\" of model \"%s\"",
							credit_number_text(refusal->number), feature, model->reference),
					 errdetail("A category code is a whole number from 0 to %u.",
							   CR_MAX_CATEGORY)));
			break;
		case OUT_OF_RANGE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("value %s of feature \"%s\" of model \"%s\" is out of range",
							credit_number_text(refusal->number), feature, model->reference),
					 errdetail("Features are single-precision numbers, and infinity is not one."),
					 errhint("Pass NULL for a value that is not known.")));
			break;
	}
}

/* The code of a label in the server's encoding, or NaN. */
static float
from_label(const CreditModel *model, uint32 f, const char *label, int length,
		   Refusal *refusal)
{
	char	   *utf8 = pg_server_to_any(label, length, PG_UTF8);
	size_t		n = utf8 == label ? (size_t) length : strlen(utf8);
	int64		code = cr_forest_find_label(&model->forest, f,
											(CrView) {utf8, n});

	if (code >= 0)
		return (float) code;
	if (model->forest.header->unseen != CR_UNSEEN_MISSING)
		*refusal = (Refusal) {.reason = UNSEEN_CATEGORY,.label = label,.length = length};
	return NAN;
}

/*
 * A number as a category: by its text where there are labels, else it is the
 * code.
 */
static float
from_category_number(const CreditModel *model, uint32 f, double value,
					 Refusal *refusal)
{
	bool		whole = value == rint(value) && fabs(value) < 1e15;

	if (model->forest.features[f].n_labels > 0)
	{
		char	   *text = whole ? psprintf(INT64_FORMAT, (int64) value) :
			credit_number_text(value);

		return from_label(model, f, text, strlen(text), refusal);
	}
	if (!whole || value < 0 || value > CR_MAX_CATEGORY)
		*refusal = (Refusal) {.reason = NOT_A_CODE,.number = value};
	return (float) value;
}

static float
from_number(const CreditModel *model, uint32 f, double value,
			Refusal *refusal)
{
	float		result = (float) value;

	if (isnan(value))
		return NAN;
	if (isinf(result))
		*refusal = (Refusal) {.reason = OUT_OF_RANGE,.number = value};
	else if (model->forest.features[f].kind == CR_CATEGORICAL)
		return from_category_number(model, f, value, refusal);
	return result;
}

static float
from_bool(const CreditModel *model, uint32 f, bool value, Refusal *refusal)
{
	if (model->forest.features[f].n_labels > 0)
		return from_label(model, f, value ? "true" : "false", value ? 4 : 5,
						  refusal);
	return value ? 1.0f : 0.0f;
}

static float
from_numeric(const CreditModel *model, uint32 f, Datum value,
			 Refusal *refusal)
{
	Datum		number = DirectFunctionCall1(numeric_float8_no_overflow, value);

	return from_number(model, f, DatumGetFloat8(number), refusal);
}

/* The shortest text of a number, whatever extra_float_digits says. */
char *
credit_number_text(double value)
{
	char	   *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	double_to_shortest_decimal_buf(value, text);
	return text;
}

/*
 * What the model read: a label, a category code or a number.  Whole numbers
 * are written out, where a float's own text would be 1.5e+06.
 */
char *
credit_feature_text(const CreditModel *model, uint32 f, float value)
{
	char	   *text;

	if (isnan(value))
		return NULL;
	if (model->forest.features[f].n_labels > 0)
		return credit_model_category(model, f, (uint32) value);
	if (value == rintf(value) && fabsf(value) < 1e15f)
		return psprintf(INT64_FORMAT, (int64) value);
	text = palloc(FLOAT_SHORTEST_DECIMAL_LEN);
	float_to_shortest_decimal_buf(value, text);
	return text;
}

/* -------- rows -------- */

static bool
is_label_type(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID ||
		type == NAMEOID || type_is_enum(type);
}

static bool
is_number_type(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return true;
		default:
			return false;
	}
}

static float
from_enum(const CreditModel *model, uint32 f, Oid value, Refusal *refusal)
{
	HeapTuple	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	char	   *label;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "enum value %u is missing", value);
	label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);
	label = pstrdup(label);
	ReleaseSysCache(tuple);
	return from_label(model, f, label, strlen(label), refusal);
}

/* char(n) pads with blanks that do not count. */
static float
from_text(const CreditModel *model, uint32 f, Datum value, bool padded,
		  Refusal *refusal)
{
	text	   *label = DatumGetTextPP(value);
	int			length = VARSIZE_ANY_EXHDR(label);

	if (padded)
		length = bpchartruelen(VARDATA_ANY(label), length);
	return from_label(model, f, VARDATA_ANY(label), length, refusal);
}

bool
credit_feature_accepts(const CreditModel *model, uint32 f, Oid type, Oid *base)
{
	const CrFeature *feature = &model->forest.features[f];

	*base = is_number_type(type) ? type : getBaseType(type);
	return is_number_type(*base) ||
		(is_label_type(*base) && feature->kind == CR_CATEGORICAL &&
		 feature->n_labels > 0);
}

static float
convert(const CreditModel *model, uint32 f, Oid type, Datum value,
		Refusal *refusal)
{
	switch (type)
	{
		case BOOLOID:
			return from_bool(model, f, DatumGetBool(value), refusal);
		case INT2OID:
			return from_number(model, f, DatumGetInt16(value), refusal);
		case INT4OID:
			return from_number(model, f, DatumGetInt32(value), refusal);
		case INT8OID:
			return from_number(model, f, (double) DatumGetInt64(value),
							   refusal);
		case FLOAT4OID:
			return from_number(model, f, DatumGetFloat4(value), refusal);
		case FLOAT8OID:
			return from_number(model, f, DatumGetFloat8(value), refusal);
		case NUMERICOID:
			return from_numeric(model, f, value, refusal);
		case TEXTOID:
		case VARCHAROID:
			return from_text(model, f, value, false, refusal);
		case BPCHAROID:
			return from_text(model, f, value, true, refusal);
		case NAMEOID:
			return from_label(model, f, NameStr(*DatumGetName(value)),
							  strlen(NameStr(*DatumGetName(value))), refusal);
		default:
			return from_enum(model, f, DatumGetObjectId(value), refusal);
	}
}

float
credit_feature_value(const CreditModel *model, uint32 f, Oid type, Datum value)
{
	Refusal		refusal = {.reason = NOT_REFUSED};
	float		result = convert(model, f, type, value, &refusal);

	if (refusal.reason != NOT_REFUSED)
		report_refusal(model, f, &refusal);
	return result;
}

bool
credit_feature_try_any(const CreditModel *model, uint32 f, Oid type,
					   Datum value, float *result)
{
	Refusal		refusal = {.reason = NOT_REFUSED};

	*result = convert(model, f, type, value, &refusal);
	return refusal.reason == NOT_REFUSED;
}

/* The attribute whose name differs from this one only in case, or NULL. */
static const char *
similar_attribute(TupleDesc descriptor, const char *name)
{
	const char *similar = NULL;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!attribute->attisdropped &&
			pg_strcasecmp(NameStr(attribute->attname), name) == 0)
			similar = NameStr(attribute->attname);
	}
	return similar;
}

AttrNumber
credit_feature_attribute(TupleDesc descriptor, const char *name,
						 const char **similar)
{
	AttrNumber	found = 0;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (attribute->attisdropped)
			continue;
		if (strcmp(NameStr(attribute->attname), name) == 0)
		{
			if (found != 0)
				ereport(ERROR,
						(errcode(ERRCODE_AMBIGUOUS_COLUMN),
						 errmsg("column \"%s\" appears twice in the argument",
								name),
						 errhint("Give the columns of the row different names.")));
			found = i + 1;
		}
	}
	*similar = found == 0 ? similar_attribute(descriptor, name) : NULL;
	return found;
}

/*
 * A ROW(...) has no names but f1, f2, ...; somebody may have a model with
 * such features, so only one that lacks a feature is refused.
 */
static bool
is_unnamed(Oid row_type, TupleDesc descriptor)
{
	if (row_type != RECORDOID)
		return false;
	for (int i = 0; i < descriptor->natts; i++)
	{
		char		name[16];

		snprintf(name, sizeof(name), "f%d", i + 1);
		if (strcmp(NameStr(TupleDescAttr(descriptor, i)->attname), name) != 0)
			return false;
	}
	return true;
}

static void
map_feature(const CreditModel *model, uint32 f, CreditRowMap *map)
{
	const CrFeature *feature = &model->forest.features[f];
	const char *similar;
	AttrNumber	number = credit_feature_attribute(map->descriptor,
												  model->feature_names[f],
												  &similar);

	if (number == 0 && is_unnamed(map->row_type, map->descriptor))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("argument is a row without column names"),
				 errdetail("Features are matched by name; the model \"%s\" reads %s.",
						   model->reference, list_features(model)),
				 errhint("Pass a row of a table, view or subquery, cast the row to a composite type, or pass a jsonb object.")));
	if (number == 0)
		missing_feature(model, f, "column", similar);
	if (feature->n_splits == 0)
		return;
	if (!credit_feature_accepts(model, f,
								TupleDescAttr(map->descriptor,
											  number - 1)->atttypid,
								&map->types[f]))
		wrong_type(model, f, format_type_be(map->types[f]), false);
	map->attributes[f] = number;
	if (TupleDescAttr(map->descriptor, number - 1)->attgenerated != '\0')
		map->has_generated = true;
}

/*
 * Matches a row type to a model, in the current context.  Raises an error that
 * names the first feature without a column or with one of a wrong type.
 */
static CreditRowMap *
make_map(const CreditModel *model, Oid row_type, int32 row_typmod)
{
	CreditRowMap *map = palloc0(sizeof(CreditRowMap));
	uint32		n = model->forest.n_features;
	TupleDesc	descriptor = lookup_rowtype_tupdesc(row_type, row_typmod);

	map->row_type = row_type;
	map->row_typmod = row_typmod;
	map->identifier = assign_record_type_identifier(row_type, row_typmod);
	map->descriptor = CreateTupleDescCopyConstr(descriptor);
	ReleaseTupleDesc(descriptor);
	map->attributes = palloc0(n * sizeof(AttrNumber));
	map->types = palloc0(n * sizeof(Oid));
	map->values = palloc(map->descriptor->natts * sizeof(Datum));
	map->nulls = palloc(map->descriptor->natts * sizeof(bool));
	for (uint32 f = 0; f < n; f++)
		map_feature(model, f, map);
	return map;
}

static CreditRowMap *
copy_map(const CreditModel *model, const CreditRowMap *map)
{
	CreditRowMap *copy = palloc(sizeof(CreditRowMap));
	uint32		n = model->forest.n_features;

	*copy = *map;
	copy->descriptor = CreateTupleDescCopyConstr(map->descriptor);
	copy->attributes = palloc(n * sizeof(AttrNumber));
	memcpy(copy->attributes, map->attributes, n * sizeof(AttrNumber));
	copy->types = palloc(n * sizeof(Oid));
	memcpy(copy->types, map->types, n * sizeof(Oid));
	copy->values = palloc(map->descriptor->natts * sizeof(Datum));
	copy->nulls = palloc(map->descriptor->natts * sizeof(bool));
	return copy;
}

/* Built apart, so that an error in the middle leaves nothing. */
static void
keep_map(CreditModel *model, Oid row_type, int32 row_typmod)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "credit row map",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	CreditRowMap *map = make_map(model, row_type, row_typmod);

	MemoryContextSwitchTo(before);
	if (model->row_map != NULL)
		MemoryContextDelete(GetMemoryChunkContext(model->row_map));
	credit_model_adopt(model, context);
	model->row_map = map;
}

/*
 * The model keeps the map of the last row type for the next statement; the
 * caller gets one that lives as long as the context.
 */
CreditRowMap *
credit_feature_map(CreditModel *model, Oid row_type, int32 row_typmod,
				   MemoryContext context)
{
	MemoryContext before;
	CreditRowMap *copy;

	if (model->row_map == NULL ||
		!credit_feature_map_fits(model->row_map, row_type, row_typmod))
		keep_map(model, row_type, row_typmod);
	before = MemoryContextSwitchTo(context);
	copy = copy_map(model, model->row_map);
	MemoryContextSwitchTo(before);
	return copy;
}

/* Whether a map still describes this row type: it may have been altered. */
bool
credit_feature_map_fits(const CreditRowMap *map, Oid row_type,
						int32 row_typmod)
{
	return map->row_type == row_type && map->row_typmod == row_typmod &&
		map->identifier == assign_record_type_identifier(row_type, row_typmod);
}

/* Gives the generated columns that are NULL the values that they will have. */
static void
fill_generated(const CreditModel *model, CreditRowMap *map, HeapTuple row)
{
	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		AttrNumber	number = map->attributes[f];

		if (number == 0 || !map->nulls[number - 1] ||
			TupleDescAttr(map->descriptor, number - 1)->attgenerated == '\0')
			continue;
		if (map->generated == NULL)
			map->generated = credit_generated_create(map->row_type,
													 map->descriptor,
													 GetMemoryChunkContext(map));
		map->values[number - 1] =
			credit_generated_value(map->generated, row, number,
								   &map->nulls[number - 1]);
	}
}

void
credit_feature_row(const CreditModel *model, CreditRowMap *map,
				   HeapTupleHeader row, float *vector)
{
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	heap_deform_tuple(&tuple, map->descriptor, map->values, map->nulls);
	if (map->has_generated)
		fill_generated(model, map, &tuple);
	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		AttrNumber	number = map->attributes[f];

		vector[f] = number == 0 || map->nulls[number - 1] ? NAN :
			credit_feature_value(model, f, map->types[f],
								 map->values[number - 1]);
	}
}

/* -------- JSON objects -------- */

/* Which key of the object differs from the name only in case, if any. */
static char *
similar_key(Jsonb *object, const char *name)
{
	JsonbIterator *iterator = JsonbIteratorInit(&object->root);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		if (pg_strcasecmp(key, name) == 0)
			return key;
	}
	return NULL;
}

static float
from_json_value(const CreditModel *model, uint32 f, const JsonbValue *value)
{
	const CrFeature *feature = &model->forest.features[f];
	Refusal		refusal = {.reason = NOT_REFUSED};
	float		result = NAN;

	switch (value->type)
	{
		case jbvNull:
			return NAN;
		case jbvBool:
			result = from_bool(model, f, value->val.boolean, &refusal);
			break;
		case jbvNumeric:
			result = from_numeric(model, f,
								  NumericGetDatum(value->val.numeric),
								  &refusal);
			break;
		case jbvString:
			if (feature->kind != CR_CATEGORICAL || feature->n_labels == 0)
				wrong_type(model, f, "jsonb string", true);
			result = from_label(model, f, value->val.string.val,
								value->val.string.len, &refusal);
			break;
		default:
			wrong_type(model, f, "jsonb object or array", true);
	}
	if (refusal.reason != NOT_REFUSED)
		report_refusal(model, f, &refusal);
	return result;
}

void
credit_feature_jsonb(const CreditModel *model, Jsonb *object, float *vector)
{
	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument is not a JSON object"),
				 errhint("Pass an object with a key for each feature, such as {\"age\": 41}.")));
	for (uint32 f = 0; f < model->forest.n_features; f++)
	{
		const char *name = model->feature_names[f];
		JsonbValue	value;

		if (getKeyJsonValueFromContainer(&object->root, name, strlen(name),
										 &value) == NULL)
			missing_feature(model, f, "key", similar_key(object, name));
		vector[f] = model->forest.features[f].n_splits == 0 ? NAN :
			from_json_value(model, f, &value);
	}
}
