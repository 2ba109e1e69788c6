/*
 * cr_xgb.c
 *	  Walks an XGBoost model file once and says what is in it.
 *
 * Each object of the schema is a table of fields; read_object() is the only
 * loop over keys.  Source of the schema: XGBoost's doc/model.schema and the
 * files that versions 1.3 to 3.4 write (test/parity/fixtures).
 */
#include "cr_xgb.h"

#include <math.h>
#include <string.h>

#include "cr_json.h"
#include "cr_link.h"

#define MAX_FIELDS	32

/* Versions whose files were read and compared, margin by margin. */
static const uint16_t oldest_version[2] = {1, 3};
static const uint16_t newest_version[2] = {3, 4};

/* The first that keeps the base score of the logistic loss off 0 and 1. */
static const uint16_t clamping_version[2] = {3, 2};
#define LEAST_BASE_SCORE	1e-6f

/* The first that counts the rounds of a linear model in its file. */
static const uint16_t counting_version[2] = {1, 5};

/*
 * One key of an object.  read() consumes the value; member is the offset of
 * what it fills in the context.  NULL passes the value over.
 */
typedef struct Field
{
	const char *name;
	bool		required;
	CrStatus	(*read) (CrReader *reader, void *context, size_t member);
	size_t		member;
} Field;

#define FIELDS(table)	(table), sizeof(table) / sizeof((table)[0])

static const Field *
find_field(const Field *fields, size_t n, const CrToken *key)
{
	for (size_t i = 0; i < n; i++)
		if (!key->escaped &&
			cr_view_equal(key->text, (CrView) {fields[i].name,
						  strlen(fields[i].name)}))
			return &fields[i];
	return NULL;
}

/*
 * Reads an object, each field once, in any order.  what names it in messages;
 * NULL: other fields may be there and are passed over.
 */
static CrStatus
read_object(CrReader *reader, const char *what, const Field *fields, size_t n,
			void *context)
{
	bool		seen[MAX_FIELDS] = {false};
	uint64_t	begin = reader->position;
	CrStatus	status = cr_reader_begin(reader, CR_OBJECT_BEGIN);

	while (status == CR_OK)
	{
		const Field *field;
		CrToken		key;
		bool		end;

		status = cr_reader_key(reader, &key, &end);
		if (status != CR_OK || end)
			break;
		field = find_field(fields, n, &key);
		if (field == NULL && what == NULL)
		{
			status = cr_reader_skip(reader);
			continue;
		}
		if (field == NULL)
			return cr_fail(reader->error, CR_UNSUPPORTED, key.offset,
						   "The field \"%v\" of %s is not known.",
						   key.text, what);
		if (seen[field - fields])
			return cr_fail(reader->error, CR_MALFORMED, key.offset,
						   "The field \"%s\"%s%s appears twice.",
						   field->name, what == NULL ? "" : " of ",
						   what == NULL ? "" : what);
		seen[field - fields] = true;
		status = field->read == NULL ? cr_reader_skip(reader) :
			field->read(reader, context, field->member);
	}
	for (size_t i = 0; i < n && status == CR_OK; i++)
		if (fields[i].required && !seen[i])
			status = cr_fail(reader->error, CR_MALFORMED, begin,
							 "The field \"%s\"%s%s is missing.",
							 fields[i].name, what == NULL ? "" : " of ",
							 what == NULL ? "" : what);
	return status;
}

/* -------- values -------- */

static CrStatus
read_number_array(CrReader *reader, void *context, size_t member)
{
	CrArray    *array = (CrArray *) ((char *) context + member);

	array->present = true;
	array->reader = *reader;
	return cr_reader_count(reader, &array->count);
}

static CrStatus
read_string_array(CrReader *reader, void *context, size_t member)
{
	CrArray    *array = (CrArray *) ((char *) context + member);
	CrStatus	status;

	array->present = true;
	array->reader = *reader;
	status = cr_reader_begin(reader, CR_ARRAY_BEGIN);
	while (status == CR_OK)
	{
		CrToken		token;
		bool		end;

		status = cr_reader_element(reader, &token, &end);
		if (status != CR_OK || end)
			break;
		if (token.kind != CR_STRING || token.text.length == 0)
			return cr_fail(reader->error, CR_MALFORMED, token.offset,
						   "Expected a string that is not empty.");
		array->count++;
	}
	return status;
}

/* Parameters are numbers written as strings: "20". */
static CrStatus
read_parameter(CrReader *reader, void *context, size_t member)
{
	int64_t    *value = (int64_t *) ((char *) context + member);
	CrToken		token;
	CrStatus	status = cr_reader_string(reader, &token);

	if (status != CR_OK)
		return status;
	if (token.text.length == 0 || token.text.length > 19)
		return cr_fail(reader->error, CR_MALFORMED, token.offset,
					   "Expected a number in a string.");
	return cr_json_integer(reader, &token, value);
}

static CrStatus
read_integer(CrReader *reader, void *context, size_t member)
{
	CrToken		token;

	return cr_reader_integer(reader, &token,
							 (int64_t *) ((char *) context + member));
}

/*
 * Calls read_item for each element of an array, which must read one value;
 * the array itself is noted like the others.
 */
static CrStatus
read_items(CrReader *reader, CrArray *array, const CrAlloc *alloc,
		   CrStatus (*read_item) (CrReader *reader, void *context),
		   void *context)
{
	CrStatus	status;

	array->present = true;
	array->reader = *reader;
	status = cr_reader_begin(reader, CR_ARRAY_BEGIN);
	while (status == CR_OK)
	{
		CrReader	before = *reader;
		CrToken		token;
		bool		end;

		status = cr_reader_element(reader, &token, &end);
		if (status != CR_OK || end)
			break;
		*reader = before;
		status = read_item(reader, context);
		array->count++;
		if (alloc != NULL && array->count % 16 == 0)
			cr_poll(alloc);
	}
	return status;
}

/* -------- a tree -------- */

typedef struct TreeContext
{
	CrTreeArrays arrays;
	int64_t		num_nodes;
	int64_t		num_deleted;
	int64_t		num_feature;
	int64_t		size_leaf_vector;
} TreeContext;

static CrStatus
read_tree_param(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"num_deleted", false, read_parameter,
		offsetof(TreeContext, num_deleted)},
		{"num_feature", false, read_parameter,
		offsetof(TreeContext, num_feature)},
		{"num_nodes", true, read_parameter, offsetof(TreeContext, num_nodes)},
		{"num_roots", false, NULL, 0},
		{"size_leaf_vector", false, read_parameter,
		offsetof(TreeContext, size_leaf_vector)},
	};

	(void) member;
	return read_object(reader, "tree_param", FIELDS(fields), context);
}

static CrStatus
check_lengths(const CrReader *reader, const TreeContext *tree)
{
	const CrTreeArrays *a = &tree->arrays;
	const CrArray *per_node[] = {&a->left, &a->right, &a->parents,
		&a->split_indices, &a->split_conditions, &a->split_types,
	&a->default_left, &a->covers, &a->loss_changes};
	const CrArray *per_set[] = {&a->category_nodes, &a->category_segments,
	&a->category_sizes};

	for (size_t i = 0; i < sizeof(per_node) / sizeof(per_node[0]); i++)
		if (per_node[i]->present &&
			per_node[i]->count != (uint64_t) tree->num_nodes)
			return cr_fail(reader->error, CR_MALFORMED,
						   per_node[i]->reader.position,
						   "An array of a tree has %u elements where num_nodes is %d.",
						   per_node[i]->count, tree->num_nodes);
	for (size_t i = 0; i < sizeof(per_set) / sizeof(per_set[0]); i++)
		if (per_set[i]->count != a->category_nodes.count)
			return cr_fail(reader->error, CR_MALFORMED,
						   per_set[i]->reader.position,
						   "The arrays of categorical splits differ in length.");
	return CR_OK;
}

/* Reads one tree, checks that its arrays agree in length, notes them. */
CrStatus
cr_xgb_survey_tree(CrReader *reader, CrTreeArrays *tree)
{
#define ARRAY(name, required, member) \
	{name, required, read_number_array, \
	offsetof(TreeContext, arrays) + offsetof(CrTreeArrays, member)}
	static const Field fields[] = {
		{"base_weights", false, NULL, 0},
		ARRAY("categories", false, categories),
		ARRAY("categories_nodes", false, category_nodes),
		ARRAY("categories_segments", false, category_segments),
		ARRAY("categories_sizes", false, category_sizes),
		ARRAY("default_left", true, default_left),
		{"id", false, NULL, 0},
		{"leaf_child_counts", false, NULL, 0},
		ARRAY("left_children", true, left),
		ARRAY("loss_changes", false, loss_changes),
		ARRAY("parents", true, parents),
		ARRAY("right_children", true, right),
		ARRAY("split_conditions", true, split_conditions),
		ARRAY("split_indices", true, split_indices),
		ARRAY("split_type", false, split_types),
		ARRAY("sum_hessian", true, covers),
		{"tree_param", true, read_tree_param, 0},
	};
#undef ARRAY
	TreeContext context = {.size_leaf_vector = 1};
	uint64_t	begin = reader->position;
	CrStatus	status = read_object(reader, "a tree", FIELDS(fields),
									 &context);

	if (status != CR_OK)
		return status;
	if (context.size_leaf_vector > 1)
		return cr_fail(reader->error, CR_UNSUPPORTED, begin,
					   "Trees with vector leaves (size_leaf_vector = %d) are not supported.",
					   context.size_leaf_vector);
	if (context.num_nodes < 1 || context.num_nodes > CR_MAX_NODES)
		return cr_fail(reader->error, CR_MALFORMED, begin,
					   "A tree has num_nodes = %d.", context.num_nodes);
	status = check_lengths(reader, &context);
	*tree = context.arrays;
	tree->n_nodes = (uint64_t) context.num_nodes;
	return status;
}

/* -------- category containers, XGBoost 3.1 and later -------- */

CrStatus
cr_xgb_survey_encoding(CrReader *reader, CrEncoding *encoding)
{
	static const Field fields[] = {
		{"offsets", false, read_number_array, offsetof(CrEncoding, offsets)},
		{"type", false, read_integer, offsetof(CrEncoding, type)},
		{"values", true, read_number_array, offsetof(CrEncoding, values)},
	};
	CrStatus	status;

	*encoding = (CrEncoding) {.strings = false};
	status = read_object(reader, "a category container", FIELDS(fields),
						 encoding);
	encoding->strings = encoding->offsets.present;
	return status;
}

static CrStatus
read_encoding(CrReader *reader, void *context)
{
	CrEncoding	encoding;

	(void) context;
	return cr_xgb_survey_encoding(reader, &encoding);
}

static CrStatus
read_encodings(CrReader *reader, void *context, size_t member)
{
	return read_items(reader, (CrArray *) ((char *) context + member), NULL,
					  read_encoding, NULL);
}

/* -------- the booster -------- */

/* What the survey gathers beside its result. */
typedef struct SurveyContext
{
	CrSurvey   *survey;
	const CrAlloc *alloc;
	CrArray		names;
	CrArray		types;
	CrArray		encodings;
	CrArray		rounds;
	CrArray		trees;
	CrArray		tree_weights;
	CrArray		weights;
	CrArray		tree_info;
	bool		has_model;
	CrToken		booster_name;
	CrToken		objective_name;
	CrToken		base_score;
	int64_t		num_class;
	int64_t		num_feature;
	int64_t		num_target;
	int64_t		num_trees;
	int64_t		num_parallel_tree;
	int64_t		size_leaf_vector;
	int64_t		boosted_rounds; /* of a linear model */
	int64_t		best_iteration;
	int64_t		best_ntree_limit;
	uint64_t	n_gain_trees;
	uint64_t	n_nodes;
	uint64_t	n_sets;
	uint64_t	n_codes;
} SurveyContext;

static CrStatus
read_tree(CrReader *reader, void *context)
{
	SurveyContext *survey = context;
	CrTreeArrays tree;
	CrStatus	status = cr_xgb_survey_tree(reader, &tree);

	if (status != CR_OK)
		return status;
	survey->n_gain_trees += tree.loss_changes.present;
	survey->n_nodes += tree.n_nodes;
	survey->n_sets += tree.category_nodes.count;
	survey->n_codes += tree.categories.count;
	return CR_OK;
}

static CrStatus
read_trees(CrReader *reader, void *context, size_t member)
{
	SurveyContext *survey = context;

	return read_items(reader, (CrArray *) ((char *) context + member),
					  survey->alloc, read_tree, context);
}

static CrStatus
read_cats(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"enc", true, read_encodings, offsetof(SurveyContext, encodings)},
		{"feature_segments", false, NULL, 0},
		{"is_ref", false, NULL, 0},
		{"sorted", false, NULL, 0},
		{"sorted_idx", false, NULL, 0},
	};

	(void) member;
	return read_object(reader, "cats", FIELDS(fields), context);
}

static CrStatus
read_gbtree_param(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"num_parallel_tree", false, read_parameter,
		offsetof(SurveyContext, num_parallel_tree)},
		{"num_trees", true, read_parameter,
		offsetof(SurveyContext, num_trees)},
		{"size_leaf_vector", false, read_parameter,
		offsetof(SurveyContext, size_leaf_vector)},
	};

	(void) member;
	return read_object(reader, "gbtree_model_param", FIELDS(fields), context);
}

static CrStatus
read_model(CrReader *reader, void *context, size_t member)
{
#define ARRAY(name, member) \
	{name, false, read_number_array, offsetof(SurveyContext, member)}
	static const Field fields[] = {
		{"boosted_rounds", false, read_integer,
		offsetof(SurveyContext, boosted_rounds)},
		{"cats", false, read_cats, 0},
		{"gbtree_model_param", false, read_gbtree_param, 0},
		ARRAY("iteration_indptr", rounds),
		ARRAY("tree_info", tree_info),
		{"trees", false, read_trees, offsetof(SurveyContext, trees)},
		ARRAY("weight_drop", tree_weights),
		ARRAY("weights", weights),
	};
#undef ARRAY
	SurveyContext *survey = context;

	(void) member;
	if (survey->has_model)
		return cr_fail(reader->error, CR_MALFORMED, reader->position,
					   "The booster has two models.");
	survey->has_model = true;
	return read_object(reader, "model", FIELDS(fields), context);
}

static CrStatus
read_token(CrReader *reader, void *context, size_t member)
{
	return cr_reader_string(reader,
							(CrToken *) ((char *) context + member));
}

/* A plain gbtree inside an old dart. */
static CrStatus
read_inner_gbtree(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"model", true, read_model, 0},
		{"name", false, NULL, 0},
	};

	(void) member;
	return read_object(reader, "gbtree", FIELDS(fields), context);
}

static CrStatus
read_gradient_booster(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"gbtree", false, read_inner_gbtree, 0},
		{"model", false, read_model, 0},
		{"name", true, read_token, offsetof(SurveyContext, booster_name)},
		{"weight_drop", false, read_number_array,
		offsetof(SurveyContext, tree_weights)},
	};

	(void) member;
	return read_object(reader, "gradient_booster", FIELDS(fields), context);
}

/* -------- the learner -------- */

/*
 * Attributes are free text; only two mean something here.  best_ntree_limit
 * went away in 2.0, but files before 1.6 do not say how many trees a round
 * has, so that only the limit tells where the best iteration ends.
 */
static CrStatus
read_attributes(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"best_iteration", false, read_parameter,
		offsetof(SurveyContext, best_iteration)},
		{"best_ntree_limit", false, read_parameter,
		offsetof(SurveyContext, best_ntree_limit)},
	};

	(void) member;
	return read_object(reader, NULL, FIELDS(fields), context);
}

static CrStatus
read_learner_param(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"base_score", true, read_token, offsetof(SurveyContext, base_score)},
		{"boost_from_average", false, NULL, 0},
		{"num_class", false, read_parameter,
		offsetof(SurveyContext, num_class)},
		{"num_feature", true, read_parameter,
		offsetof(SurveyContext, num_feature)},
		{"num_target", false, read_parameter,
		offsetof(SurveyContext, num_target)},
	};

	(void) member;
	return read_object(reader, "learner_model_param", FIELDS(fields), context);
}

/*
 * The parameters of an objective depend on its name and only matter in
 * training, so they are passed over whatever they are called.
 */
static CrStatus
read_objective(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"name", true, read_token, offsetof(SurveyContext, objective_name)},
	};

	(void) member;
	return read_object(reader, NULL, FIELDS(fields), context);
}

static CrStatus
read_learner(CrReader *reader, void *context, size_t member)
{
	static const Field fields[] = {
		{"attributes", false, read_attributes, 0},
		{"feature_names", false, read_string_array,
		offsetof(SurveyContext, names)},
		{"feature_types", false, read_string_array,
		offsetof(SurveyContext, types)},
		{"gradient_booster", true, read_gradient_booster, 0},
		{"learner_model_param", true, read_learner_param, 0},
		{"objective", true, read_objective, 0},
	};

	(void) member;
	return read_object(reader, "learner", FIELDS(fields), context);
}

static CrStatus
read_version(CrReader *reader, void *context, size_t member)
{
	SurveyContext *survey = context;
	int32_t		version[3];
	uint64_t	begin = reader->position;
	CrStatus	status = cr_reader_integers(reader, version, 3);

	(void) member;
	if (status != CR_OK)
		return status;
	for (int i = 0; i < 3; i++)
	{
		if (version[i] < 0 || version[i] > UINT16_MAX)
			return cr_fail(reader->error, CR_MALFORMED, begin,
						   "The version is out of range.");
		survey->survey->version[i] = (uint16_t) version[i];
	}
	return CR_OK;
}

/* -------- what the pieces mean together -------- */

static uint32_t
version_number(const uint16_t *version)
{
	return (uint32_t) version[0] << 16 | version[1];
}

static CrStatus
check_version(const SurveyContext *context, CrError *error)
{
	const uint16_t *version = context->survey->version;

	if (version_number(version) < version_number(oldest_version) ||
		version_number(version) > version_number(newest_version))
		return cr_fail(error, CR_UNSUPPORTED, CR_NO_OFFSET,
					   "The model was written by XGBoost %u.%u; versions %u.%u to %u.%u are supported.",
					   (uint64_t) version[0], (uint64_t) version[1],
					   (uint64_t) oldest_version[0],
					   (uint64_t) oldest_version[1],
					   (uint64_t) newest_version[0],
					   (uint64_t) newest_version[1]);
	return CR_OK;
}

static CrStatus
set_booster(SurveyContext *context, CrError *error)
{
	CrSurvey   *survey = context->survey;
	CrView		name = context->booster_name.text;

	if (cr_view_equal(name, CR_VIEW("gblinear")))
		survey->booster = CR_GBLINEAR;
	else if (cr_view_equal(name, CR_VIEW("gbtree")) ||
			 cr_view_equal(name, CR_VIEW("dart")))
		survey->booster = context->tree_weights.present ? CR_DART : CR_GBTREE;
	else
		return cr_fail(error, CR_UNSUPPORTED, context->booster_name.offset,
					   "The booster \"%v\" is not supported; gbtree, dart and gblinear are.",
					   name);
	if ((survey->booster == CR_GBLINEAR) != context->weights.present ||
		(survey->booster != CR_GBLINEAR) != context->trees.present ||
		(cr_view_equal(name, CR_VIEW("dart")) &&
		 !context->tree_weights.present))
		return cr_fail(error, CR_MALFORMED, context->booster_name.offset,
					   "The model does not fit its booster \"%v\".", name);
	return CR_OK;
}

static CrStatus
set_objective(SurveyContext *context, CrError *error)
{
	static const char *const names[] = {
		[CR_BINARY_LOGISTIC] = "binary:logistic",
		[CR_BINARY_LOGITRAW] = "binary:logitraw",
		[CR_REG_LOGISTIC] = "reg:logistic",
	};
	CrView		name = context->objective_name.text;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (cr_view_equal(name, (CrView) {names[i], strlen(names[i])}))
		{
			context->survey->objective = (CrObjective) i;
			return CR_OK;
		}
	}
	return cr_fail(error, CR_UNSUPPORTED, context->objective_name.offset,
				   "The objective \"%v\" is not supported; binary:logistic, binary:logitraw and reg:logistic are.",
				   name);
}

/*
 * A base score within what XGBoost works with: since 3.2 a probability of 0 or
 * 1, of a file trained on one class, counts as next to it.
 */
static float
clamp_base_score(const CrSurvey *survey, float base_score)
{
	if (survey->objective == CR_BINARY_LOGITRAW ||
		!(base_score >= 0 && base_score <= 1) ||
		version_number(survey->version) < version_number(clamping_version))
		return base_score;
	return fminf(fmaxf(base_score, LEAST_BASE_SCORE), 1.0f - LEAST_BASE_SCORE);
}

/* "0.5", "5E-1" or, since 3.1, "[5E-1]"; a longer list has more targets. */
static CrStatus
set_base_margin(SurveyContext *context, const CrReader *reader)
{
	CrSurvey   *survey = context->survey;
	CrToken		token = context->base_score;
	float		base_score = 0;

	if (token.text.length >= 2 && token.text.data[0] == '[' &&
		token.text.data[token.text.length - 1] == ']')
		token.text = (CrView) {token.text.data + 1, token.text.length - 2};
	if (token.text.length > 0 &&
		memchr(token.text.data, ',', token.text.length) != NULL)
		return cr_fail(reader->error, CR_UNSUPPORTED, token.offset,
					   "A base_score for several targets is not supported.");
	token.type = 0;
	if (!cr_json_is_number(token.text) ||
		cr_json_float(reader, &token, &base_score) != CR_OK)
		return cr_fail(reader->error, CR_MALFORMED, token.offset,
					   "The base_score \"%v\" is not a number.", token.text);
	survey->base_margin =
		cr_link_base_margin(survey->objective,
							clamp_base_score(survey, base_score));
	if (!isfinite(survey->base_margin))
		return cr_fail(reader->error, CR_MALFORMED, token.offset,
					   "The base_score \"%v\" does not fit the objective.",
					   token.text);
	return CR_OK;
}

static CrStatus
check_one_output(const SurveyContext *context, CrError *error)
{
	CrReader	reader = context->tree_info.reader;
	CrStatus	status = CR_OK;

	if (context->num_class > 1)
		return cr_fail(error, CR_UNSUPPORTED, CR_NO_OFFSET,
					   "Models with %d classes are not supported.",
					   context->num_class);
	if (context->num_target > 1)
		return cr_fail(error, CR_UNSUPPORTED, CR_NO_OFFSET,
					   "Models with %d targets are not supported.",
					   context->num_target);
	if (context->size_leaf_vector > 1)
		return cr_fail(error, CR_UNSUPPORTED, CR_NO_OFFSET,
					   "Trees with vector leaves (size_leaf_vector = %d) are not supported.",
					   context->size_leaf_vector);
	if (!context->tree_info.present)
		return CR_OK;
	status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint64_t i = 0; i < context->tree_info.count && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		group = 0;

		status = cr_reader_integer(&reader, &token, &group);
		if (status == CR_OK && group != 0)
			status = cr_fail(error, CR_MALFORMED, token.offset,
							 "Tree %u belongs to no output.", i);
	}
	return status;
}

static CrStatus
check_counts(const SurveyContext *context, CrError *error)
{
	uint64_t	n_trees = context->trees.count;

	if (context->num_feature < 1)
		return cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
					   "The model has num_feature = %d.",
					   context->num_feature);
	if (context->num_feature > CR_MAX_FEATURES)
		return cr_fail(error, CR_LIMIT, CR_NO_OFFSET,
					   "The model has %d features; at most %u are supported.",
					   context->num_feature, (uint64_t) CR_MAX_FEATURES);
	if (context->trees.present && n_trees == 0)
		return cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
					   "The model has no trees.");
	if (n_trees > CR_MAX_TREES || context->n_nodes > CR_MAX_NODES)
		return cr_fail(error, CR_LIMIT, CR_NO_OFFSET,
					   "The model has %u trees with %u nodes; at most %u with %u are supported.",
					   n_trees, context->n_nodes, (uint64_t) CR_MAX_TREES,
					   (uint64_t) CR_MAX_NODES);
	if (context->trees.present &&
		((uint64_t) context->num_trees != n_trees ||
		 context->num_parallel_tree < 0 ||
		 (context->num_parallel_tree > 0 &&
		  n_trees % (uint64_t) context->num_parallel_tree != 0) ||
		 (context->tree_info.present && context->tree_info.count != n_trees) ||
		 (context->tree_weights.present &&
		  context->tree_weights.count != n_trees)))
		return cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
					   "The model has %u trees, but num_trees, num_parallel_tree, tree_info or weight_drop says otherwise.",
					   n_trees);
	if (context->weights.present &&
		context->weights.count != (uint64_t) context->num_feature + 1)
		return cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
					   "A linear model of %d features has %u weights.",
					   context->num_feature, context->weights.count);
	if (context->encodings.count != 0 &&
		context->encodings.count != (uint64_t) context->num_feature)
		return cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
					   "The model has category containers for %u of %d features.",
					   context->encodings.count, context->num_feature);
	if (context->best_iteration < -1)
		return cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
					   "The attribute best_iteration is %d.",
					   context->best_iteration);
	return CR_OK;
}

/*
 * XGBoost 1.5 and later write how many rounds made the weights.  Where the
 * count is 0 or absent, some versions leave the base score out of the margin,
 * so that no one margin is right.
 */
static CrStatus
check_linear_rounds(const SurveyContext *context, CrError *error)
{
	const CrSurvey *survey = context->survey;

	if (survey->booster != CR_GBLINEAR || context->boosted_rounds > 0 ||
		version_number(survey->version) < version_number(counting_version))
		return CR_OK;
	return cr_fail(error, CR_UNSUPPORTED, CR_NO_OFFSET,
				   "The linear model does not say that it was trained (boosted_rounds); versions of XGBoost differ on its base_score.");
}

static void
fill_survey(const SurveyContext *context)
{
	CrSurvey   *survey = context->survey;

	survey->n_features = (uint32_t) context->num_feature;
	survey->n_parallel = context->num_parallel_tree == 0 ? 1 :
		(uint32_t) context->num_parallel_tree;
	survey->best_iteration = context->best_iteration;
	survey->best_tree_limit =
		context->num_parallel_tree == 0 && context->best_ntree_limit > 0 ?
		context->best_ntree_limit : -1;
	survey->names = context->names;
	survey->types = context->types;
	survey->encodings = context->encodings;
	survey->rounds = context->rounds;
	survey->trees = context->trees;
	survey->tree_weights = context->tree_weights;
	survey->weights = context->weights;
	survey->n_gain_trees = context->n_gain_trees;
	survey->n_nodes = context->n_nodes;
	survey->n_sets = context->n_sets;
	survey->n_codes = context->n_codes;
}

/*
 * Checks the whole document, to its last byte, and fills *survey, which
 * points into the artifact.  Allocates nothing; alloc is polled.
 */
CrStatus
cr_xgb_survey(CrView artifact, const CrAlloc *alloc, CrSurvey *survey,
			  CrError *error)
{
	static const Field fields[] = {
		{"learner", true, read_learner, 0},
		{"version", true, read_version, 0},
	};
	SurveyContext context = {.survey = survey, .alloc = alloc,
		.num_target = 1, .best_iteration = -1};
	CrReader	reader;
	CrToken		token;
	CrStatus	status = cr_reader_init(&reader, artifact, error);

	if (status != CR_OK)
		return status;
	*survey = (CrSurvey) {.notation = reader.notation};
	status = read_object(&reader, "the model", FIELDS(fields), &context);
	if (status == CR_OK)
		status = cr_reader_next(&reader, &token);
	if (status == CR_OK)
		status = check_version(&context, error);
	if (status == CR_OK)
		status = set_objective(&context, error);
	if (status == CR_OK)
		status = set_booster(&context, error);
	if (status == CR_OK)
		status = check_one_output(&context, error);
	if (status == CR_OK)
		status = check_counts(&context, error);
	if (status == CR_OK)
		status = check_linear_rounds(&context, error);
	if (status == CR_OK)
		status = set_base_margin(&context, &reader);
	if (status == CR_OK)
		fill_survey(&context);
	return status;
}
