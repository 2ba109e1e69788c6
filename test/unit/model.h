/*
 * model.h
 *	  Small models written by hand, changed in one place by each test, in both
 *	  notations.
 *
 * The texts have ' for " so that they can be read; model_json() puts that
 * right.  model_ubjson() writes UBJSON as XGBoost does, with typed arrays.
 */
#ifndef MODEL_H
#define MODEL_H

#include <ctype.h>

#include "tap.h"

typedef struct Text
{
	char	   *data;
	size_t		length;
	size_t		room;
} Text;

static inline void
text_bytes(Text *text, const void *bytes, size_t n)
{
	if (text->length + n + 1 > text->room)
	{
		text->room = 2 * (text->length + n) + 64;
		text->data = realloc(text->data, text->room);
		if (text->data == NULL)
			abort();
	}
	if (n > 0)
		memcpy(text->data + text->length, bytes, n);
	text->length += n;
	text->data[text->length] = '\0';
}

__attribute__((format(printf, 2, 3)))
static inline void
text_add(Text *text, const char *format,...)
{
	char		buffer[4096];
	va_list		args;
	int			n;

	va_start(args, format);
	n = vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	if (n < 0 || (size_t) n >= sizeof(buffer))
		abort();
	text_bytes(text, buffer, (size_t) n);
}

static inline CrView
text_view(const Text *text)
{
	return (CrView) {text->data, text->length};
}

/* Replaces what must be there exactly once; NULL changes nothing. */
static inline void
text_replace(Text *text, const char *old, const char *new)
{
	Text		result = {0};
	char	   *found;

	if (old == NULL)
		return;
	found = strstr(text->data, old);
	if (found == NULL || strstr(found + 1, old) != NULL)
	{
		printf("Bail out! the model does not have exactly one %s\n", old);
		exit(1);
	}
	text_bytes(&result, text->data, (size_t) (found - text->data));
	text_bytes(&result, new, strlen(new));
	text_bytes(&result, found + strlen(old), strlen(found + strlen(old)));
	free(text->data);
	*text = result;
}

/* -------- JSON -> UBJSON -------- */

static inline void
ubjson_big_endian(Text *out, uint64_t bits, int width)
{
	for (int i = width - 1; i >= 0; i--)
	{
		char		byte = (char) (bits >> 8 * i);

		text_bytes(out, &byte, 1);
	}
}

static inline void
ubjson_length(Text *out, uint64_t length)
{
	text_bytes(out, "L", 1);
	ubjson_big_endian(out, length, 8);
}

/* A string's length and bytes; in points behind the opening quote. */
static inline const char *
ubjson_text(Text *out, const char *in)
{
	const char *end = strchr(in, '"');

	ubjson_length(out, (uint64_t) (end - in));
	text_bytes(out, in, (size_t) (end - in));
	return end + 1;
}

static inline char
ubjson_number_type(const char *in, const char *end)
{
	long long	value = strtoll(in, NULL, 10);

	for (const char *c = in; c < end; c++)
		if (strchr("-0123456789", *c) == NULL)
			return 'd';
	return value == (int32_t) value ? 'l' : 'L';
}

static inline const char *
ubjson_number(Text *out, const char *in, char type)
{
	char	   *end;
	float		real = strtof(in, &end);
	uint32_t	bits;

	memcpy(&bits, &real, sizeof(bits));
	if (type == 'd')
		ubjson_big_endian(out, bits, 4);
	else
		ubjson_big_endian(out, (uint64_t) strtoll(in, NULL, 10),
						  type == 'l' ? 4 : 8);
	return end;
}

/* The type that all numbers of an array have, 0 for a mixed array. */
static inline char
ubjson_array_type(const char *in, uint64_t *n)
{
	char		type = 'l';

	*n = 0;
	while (*in != ']')
	{
		const char *end = in + strcspn(in, ",]");
		char		element;

		if (strchr("-0123456789NI", *in) == NULL)
			return 0;
		element = ubjson_number_type(in, end);
		if (element == 'd' || (element == 'L' && type == 'l'))
			type = element;
		(*n)++;
		in = *end == ',' ? end + 1 : end;
	}
	return type;
}

static inline const char *ubjson_value(Text *out, const char *in);

static inline const char *
ubjson_array(Text *out, const char *in)
{
	uint64_t	n;
	char		type = ubjson_array_type(in, &n);

	text_bytes(out, "[", 1);
	if (type != 0 && n > 0)
	{
		text_add(out, "$%c#", type);
		ubjson_length(out, n);
	}
	while (*in != ']')
	{
		if (*in == '\0')
			abort();
		in = type != 0 ? ubjson_number(out, in, type) : ubjson_value(out, in);
		in += *in == ',';
	}
	if (type == 0 || n == 0)
		text_bytes(out, "]", 1);
	return in + 1;
}

static inline const char *
ubjson_object(Text *out, const char *in)
{
	text_bytes(out, "{", 1);
	while (*in != '}')
	{
		if (*in != '"')
			abort();
		in = ubjson_text(out, in + 1);
		in = ubjson_value(out, in + 1);
		in += *in == ',';
	}
	text_bytes(out, "}", 1);
	return in + 1;
}

static inline const char *
ubjson_value(Text *out, const char *in)
{
	char		type;

	switch (*in)
	{
		case '{':
			return ubjson_object(out, in + 1);
		case '[':
			return ubjson_array(out, in + 1);
		case '"':
			text_bytes(out, "S", 1);
			return ubjson_text(out, in + 1);
		case 't':
			text_bytes(out, "T", 1);
			return in + 4;
		case 'f':
			text_bytes(out, "F", 1);
			return in + 5;
		case 'n':
			text_bytes(out, "Z", 1);
			return in + 4;
	}
	type = ubjson_number_type(in, in + strcspn(in, ",]}"));
	text_bytes(out, &type, 1);
	return ubjson_number(out, in, type);
}

/* in is a JSON text without white space and backslashes. */
static inline Text
model_ubjson(const Text *in)
{
	Text		out = {0};

	ubjson_value(&out, in->data);
	return out;
}

static inline Text
model_json(const char *base)
{
	Text		text = {0};

	text_bytes(&text, base, strlen(base));
	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == '\'')
			text.data[i] = '"';
	return text;
}

/* -------- the models -------- */

#define MODEL_BEGIN \
	"{'learner':{'attributes':{}," \
	"'feature_names':['a','b'],'feature_types':['float','int']," \
	"'gradient_booster':{"

#define MODEL_END \
	"}," \
	"'learner_model_param':{'base_score':'5E-1','boost_from_average':'1'," \
	"'num_class':'0','num_feature':'2','num_target':'1'}," \
	"'objective':{'name':'binary:logistic'," \
	"'reg_loss_param':{'scale_pos_weight':'1'}}}," \
	"'version':[1,7,4]}"

/*
 * a < 0.5 ? 0.25 : (b < -1.5 ? -0.5 : 0.75), missing a goes left and missing
 * b right; then a single leaf, 0.125.
 */
#define MODEL_TREES \
	"'model':{'gbtree_model_param':{'num_parallel_tree':'1'," \
	"'num_trees':'2','size_leaf_vector':'0'}," \
	"'iteration_indptr':[0,1,2],'tree_info':[0,0],'trees':[" \
	"{'base_weights':[0.1,0.2,0.3,0.4,0.5],'categories':[]," \
	"'categories_nodes':[],'categories_segments':[],'categories_sizes':[]," \
	"'default_left':[1,0,0,0,0],'id':0," \
	"'left_children':[1,-1,3,-1,-1],'loss_changes':[9.5,0,1.5,0,0]," \
	"'parents':[2147483647,0,0,2,2],'right_children':[2,-1,4,-1,-1]," \
	"'split_conditions':[0.5,0.25,-1.5,-0.5,0.75]," \
	"'split_indices':[0,0,1,0,0],'split_type':[0,0,0,0,0]," \
	"'sum_hessian':[10,4,6,2,4]," \
	"'tree_param':{'num_deleted':'0','num_feature':'2','num_nodes':'5'," \
	"'size_leaf_vector':'1'}}," \
	"{'base_weights':[0.125],'default_left':[0],'id':1," \
	"'left_children':[-1],'loss_changes':[0],'parents':[2147483647]," \
	"'right_children':[-1],'split_conditions':[0.125]," \
	"'split_indices':[0],'sum_hessian':[10]," \
	"'tree_param':{'num_nodes':'1'}}]}"

#define MODEL_GBTREE MODEL_BEGIN MODEL_TREES ",'name':'gbtree'" MODEL_END

/* The same trees with weights 2 and 0.5. */
#define MODEL_DART MODEL_BEGIN "'gbtree':{" MODEL_TREES ",'name':'gbtree'}," \
	"'name':'dart','weight_drop':[2,0.5]" MODEL_END

/* 0.5 * a - 2 * b + 0.125 */
#define MODEL_LINEAR MODEL_BEGIN \
	"'model':{'boosted_rounds':3,'weights':[0.5,-2,0.125]}," \
	"'name':'gblinear'" MODEL_END

/*
 * c in {1, 3} ? (c in {40} ? 4 : 2) : 1 (right if in the set; missing goes
 * left at the root, right below); d is not used.
 */
#define MODEL_CATEGORICAL \
	"{'learner':{'attributes':{}," \
	"'feature_names':['c','d'],'feature_types':['c','float']," \
	"'gradient_booster':{'model':{" \
	"'gbtree_model_param':{'num_trees':'1'},'tree_info':[0],'trees':[" \
	"{'categories':[3,1,40],'categories_nodes':[0,2]," \
	"'categories_segments':[0,2],'categories_sizes':[2,1]," \
	"'default_left':[1,0,0,0,0],'left_children':[1,-1,3,-1,-1]," \
	"'parents':[2147483647,0,0,2,2],'right_children':[2,-1,4,-1,-1]," \
	"'split_conditions':[1e-45,1,1e-45,2,4]," \
	"'split_indices':[0,0,0,0,0],'split_type':[1,0,1,0,0]," \
	"'sum_hessian':[10,4,6,2,4],'tree_param':{'num_nodes':'5'}}]}," \
	"'name':'gbtree'" MODEL_END

/* The same with labels of the codes: "", "b", "cc"; {0, 1} and {2}. */
#define MODEL_CONTAINER \
	"{'learner':{'attributes':{}," \
	"'feature_names':['c','d'],'feature_types':['c','float']," \
	"'gradient_booster':{'model':{" \
	"'cats':{'enc':[{'offsets':[0,0,1,3],'values':[98,99,99]}," \
	"{'offsets':[],'values':[]}],'feature_segments':[0,3,3]," \
	"'sorted_idx':[0,1,2]}," \
	"'gbtree_model_param':{'num_trees':'1'},'tree_info':[0],'trees':[" \
	"{'categories':[0,1,2],'categories_nodes':[0,2]," \
	"'categories_segments':[0,2],'categories_sizes':[2,1]," \
	"'default_left':[1,0,0,0,0],'left_children':[1,-1,3,-1,-1]," \
	"'parents':[2147483647,0,0,2,2],'right_children':[2,-1,4,-1,-1]," \
	"'split_conditions':[1e-45,1,1e-45,2,4]," \
	"'split_indices':[0,0,0,0,0],'split_type':[1,0,1,0,0]," \
	"'sum_hessian':[10,4,6,2,4],'tree_param':{'num_nodes':'5'}}]}," \
	"'name':'gbtree'" MODEL_END

/* -------- importing -------- */

/* Bytes that the memory bound of cr_import() is about. */
static inline size_t
input_size(CrView artifact, const CrImportOptions *options)
{
	size_t		size = artifact.length;

	for (uint32_t i = 0; i < options->n_feature_names; i++)
		size += sizeof(CrView) + options->feature_names[i].length;
	for (uint32_t i = 0; i < options->n_categories; i++)
		for (uint32_t k = 0; k < options->categories[i].n_labels; k++)
			size += sizeof(CrView) + options->categories[i].labels[k].length;
	return size;
}

typedef struct Imported
{
	CrStatus	status;
	CrError		error;
	void	   *image;			/* NULL after a failure; free with forget() */
	size_t		size;
	Meter		meter;
	bool		sound;			/* memory bound kept, nothing leaked, error set;
								 * its gains too */
} Imported;

typedef struct Gains
{
	CrStatus	status;
	CrError		error;
	float	   *gains;			/* NULL: none; free with forget_gains() */
	uint32_t	n;
	Meter		meter;
} Gains;

static inline Gains
import_gains(CrView artifact, const CrImportOptions *options)
{
	Gains		result = {.error = {.message = ""}};
	CrAlloc		alloc = METERED(&result.meter);

	result.status = cr_import_gains(artifact, options, &alloc, &result.gains,
									&result.n, &result.error);
	return result;
}

static inline void
forget_gains(Gains *gains)
{
	if (gains->gains != NULL)
		metered_release(&gains->meter, gains->gains);
	gains->gains = NULL;
}

/*
 * Whether the gains of what was imported, or refused, are finite numbers or
 * refused with a message; in the same memory and without a leak.
 */
static inline bool
gains_sound(CrView artifact, const CrImportOptions *options, bool imported)
{
	Gains		result = import_gains(artifact, options);
	bool		sound = result.meter.peak <=
		4 * input_size(artifact, options) + 65536;

	if (result.status != CR_OK)
		sound &= result.gains == NULL && result.error.message[0] != '\0' &&
			result.error.status == result.status;
	else
		sound &= imported;
	for (uint32_t f = 0; result.gains != NULL && f < result.n; f++)
		sound &= isfinite(result.gains[f]);
	forget_gains(&result);
	return sound && result.meter.used == 0;
}

static inline Imported
import_bytes(CrView artifact, const CrImportOptions *options)
{
	Imported	result = {.error = {.message = ""}};
	CrAlloc		alloc = METERED(&result.meter);
	size_t		used;

	/* An exact copy, so that a sanitiser sees a read past the end. */
	char	   *copy = malloc(artifact.length + (artifact.length == 0));

	if (artifact.length > 0)
		memcpy(copy, artifact.data, artifact.length);
	result.status = cr_import((CrView) {copy, artifact.length}, options,
							  &alloc, &result.image, &result.size,
							  &result.error);
	used = result.meter.used;
	result.sound = gains_sound((CrView) {copy, artifact.length}, options,
							   result.status == CR_OK) &&
		result.meter.peak <= 4 * input_size(artifact, options) + 65536 &&
		(result.status == CR_OK ?
		 result.image != NULL && used > 0 && used >= result.size :
		 result.image == NULL && used == 0 &&
		 result.error.status == result.status &&
		 result.error.message[0] != '\0');
	free(copy);
	return result;
}

#define MAX_NUMBERED	70

/*
 * Imports with the names f0, f1, ... where the file has none; a failure that
 * names did not cause is that of the first attempt.
 */
static inline Imported
import_numbered(CrView artifact, uint32_t n_features)
{
	CrImportOptions options = default_options();
	Imported	result = import_bytes(artifact, &options);
	char		names[MAX_NUMBERED][8];
	CrView		views[MAX_NUMBERED];

	if (result.status != CR_INVALID_OPTION || !result.sound ||
		n_features > MAX_NUMBERED)
		return result;
	for (uint32_t f = 0; f < n_features; f++)
		views[f] = (CrView) {names[f],
		(size_t) snprintf(names[f], sizeof(names[f]), "f%u", f)};
	options.feature_names = views;
	options.n_feature_names = n_features;
	return import_bytes(artifact, &options);
}

static inline void
forget(Imported *imported)
{
	if (imported->image != NULL)
		metered_release(&imported->meter, imported->image);
	imported->image = NULL;
}

#endif							/* MODEL_H */
