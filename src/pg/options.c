/*
 * options.c
 *	  The options of credit.import_model() that shape an image.
 *
 * Each option is a row of a table, so that an unknown one can be answered
 * with the list of those there are.  Options that credit.import_model() deals
 * with itself (golden, monotone, notes, reason_baseline, reasons) are known here by
 * name only.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "compat.h"
#include "cr_link.h"
#include "options.h"
#include "report.h"

#define DEFAULT_BASE_SCORE	600.0
#define DEFAULT_BASE_ODDS	50.0
#define DEFAULT_PDO			20.0

/* The scaling as it is given. */
typedef struct ScalingOptions
{
	double		base_score;
	double		base_odds;
	double		pdo;
	double		min;
	double		max;
} ScalingOptions;

typedef struct Parsed
{
	CrImportOptions options;
	ScalingOptions scaling;
} Parsed;

typedef struct Option
{
	const char *name;
	void		(*read) (const char *name, const JsonbValue *value,
						  void *target);
	size_t		member;			/* of the target, where the value goes */
} Option;

/* -------- errors -------- */

static void
invalid_option(const char *name, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for import option \"%s\"", name),
			 errdetail("Expected %s.", expected)));
}

static void
unknown_option(const char *kind, const JsonbValue *key, const Option *table,
			   int n)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < n; i++)
		appendStringInfo(&known, "%s%s", i == 0 ? "" : ", ", table[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s \"%.*s\"", kind, key->val.string.len,
					key->val.string.val),
			 errhint("The options are: %s.", known.data)));
}

/* -------- values -------- */

static CrView
utf8_view(const JsonbValue *string)
{
	char	   *utf8 = pg_server_to_any(string->val.string.val,
										string->val.string.len, PG_UTF8);

	if (utf8 == string->val.string.val)
		return (CrView) {utf8, string->val.string.len};
	return (CrView) {utf8, strlen(utf8)};
}

/* An array of strings, not empty. */
static CrView *
read_strings(const char *name, const JsonbValue *value, uint32_t *n)
{
	JsonbContainer *array = value->type == jbvBinary ? value->val.binary.data :
		NULL;
	CrView	   *strings;

	if (array == NULL || !JsonContainerIsArray(array) ||
		JsonContainerIsScalar(array) || JsonContainerSize(array) == 0)
		invalid_option(name, "an array of strings that is not empty");
	*n = JsonContainerSize(array);
	strings = palloc(*n * sizeof(CrView));
	for (uint32 i = 0; i < *n; i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(array, i);

		if (item->type != jbvString)
			invalid_option(name, "an array of strings that is not empty");
		strings[i] = utf8_view(item);
	}
	return strings;
}

static bool
is_string(const JsonbValue *value, const char *string)
{
	return value->type == jbvString &&
		value->val.string.len == (int) strlen(string) &&
		memcmp(value->val.string.val, string, strlen(string)) == 0;
}

static void
read_ignored(const char *name, const JsonbValue *value, void *target)
{
}

static void
read_double(const char *name, const JsonbValue *value, void *target)
{
	double		number;

	if (value->type != jbvNumeric)
		invalid_option(name, "a number");
	number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												NumericGetDatum(value->val.numeric)));
	*(double *) target = number;
}

static void
read_bool(const char *name, const JsonbValue *value, void *target)
{
	if (value->type != jbvBool)
		invalid_option(name, "true or false");
	*(bool *) target = value->val.boolean;
}

static void
read_positive(const char *name, const JsonbValue *value, void *target)
{
	if (is_string(value, "bad"))
		*(CrPositive *) target = CR_POSITIVE_BAD;
	else if (is_string(value, "good"))
		*(CrPositive *) target = CR_POSITIVE_GOOD;
	else
		invalid_option(name, "\"bad\" or \"good\"");
}

static void
read_unseen(const char *name, const JsonbValue *value, void *target)
{
	if (is_string(value, "error"))
		*(CrUnseen *) target = CR_UNSEEN_ERROR;
	else if (is_string(value, "missing"))
		*(CrUnseen *) target = CR_UNSEEN_MISSING;
	else
		invalid_option(name, "\"error\" or \"missing\"");
}

/* -------- objects -------- */

static JsonbContainer *
object_container(const char *name, const JsonbValue *value)
{
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		invalid_option(name, "an object");
	return value->val.binary.data;
}

/* Hands each key of an object to the option of that name. */
static void
read_object(const char *kind, JsonbContainer *object, const Option *table,
			 int n, void *target)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	key;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		int			i = 0;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		while (i < n && !is_string(&key, table[i].name))
			i++;
		if (i == n)
			unknown_option(kind, &key, table, n);
		table[i].read(table[i].name, &value,
					   (char *) target + table[i].member);
	}
}

static void
read_scaling(const char *name, const JsonbValue *value, void *target)
{
	static const Option table[] = {
		{"base_odds", read_double, offsetof(ScalingOptions, base_odds)},
		{"base_score", read_double, offsetof(ScalingOptions, base_score)},
		{"max", read_double, offsetof(ScalingOptions, max)},
		{"min", read_double, offsetof(ScalingOptions, min)},
		{"pdo", read_double, offsetof(ScalingOptions, pdo)},
	};

	read_object("scaling option", object_container(name, value), table,
				 lengthof(table), target);
}

static void
read_feature_names(const char *name, const JsonbValue *value, void *target)
{
	CrImportOptions *options = target;

	options->feature_names = read_strings(name, value,
										   &options->n_feature_names);
}

static void
read_categories(const char *name, const JsonbValue *value, void *target)
{
	CrImportOptions *options = target;
	JsonbContainer *object = object_container(name, value);
	CrCategories *categories = palloc(JsonContainerSize(object) *
									  sizeof(CrCategories) + 1);
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	item;

	options->categories = categories;
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		CrCategories *c;

		if (token != WJB_KEY)
			continue;
		c = &categories[options->n_categories++];
		c->feature = utf8_view(&item);
		(void) JsonbIteratorNext(&iterator, &item, true);
		c->labels = read_strings(name, &item, &c->n_labels);
	}
}

/*
 * Fills *options, with defaults for what is not given; raises an error for
 * what is not known or has a wrong type.
 */
void
credit_options_parse(Jsonb *object, CrImportOptions *options)
{
	static const Option table[] = {
		{"categories", read_categories, offsetof(Parsed, options)},
		{"feature_names", read_feature_names, offsetof(Parsed, options)},
		{"golden", read_ignored, 0},
		{"monotone", read_ignored, 0},
		{"notes", read_ignored, 0},
		{"on_unseen_category", read_unseen,
		offsetof(Parsed, options.unseen)},
		{"positive_class", read_positive,
		offsetof(Parsed, options.positive)},
		{"reason_baseline", read_ignored, 0},
		{"reasons", read_ignored, 0},
		{"scaling", read_scaling, offsetof(Parsed, scaling)},
		{"use_best_iteration", read_bool,
		offsetof(Parsed, options.use_best_iteration)},
	};
	Parsed		parsed = {
		.options.use_best_iteration = true,
		.scaling = {DEFAULT_BASE_SCORE, DEFAULT_BASE_ODDS, DEFAULT_PDO,
		-INFINITY, INFINITY},
	};
	CrError		error;

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("import options are not a JSON object")));
	read_object("import option", &object->root, table, lengthof(table),
				 &parsed);
	if (cr_scaling_init(&parsed.options.scaling, parsed.scaling.base_score,
						parsed.scaling.base_odds, parsed.scaling.pdo,
						parsed.scaling.min, parsed.scaling.max,
						&error) != CR_OK)
		credit_report_import(&error);
	*options = parsed.options;
}
