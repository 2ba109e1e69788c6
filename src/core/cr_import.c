/*
 * cr_import.c
 *	  XGBoost model file + options -> model image.
 *
 * Two passes over the artifact.  The survey (cr_xgb.c) checks the schema and
 * counts; then the image is allocated once, at the size that the counts
 * allow for, filled section by section, closed up where a bound was not
 * reached (deleted nodes, bitmaps shorter than their lists), and opened with
 * the same checks as any stored image.
 */
#include "cr_import.h"

#include <math.h>
#include <string.h>

#include "cr_link.h"
#include "cr_sort.h"
#include "cr_tree.h"
#include "cr_xgb.h"

#define MEMORY_FACTOR	4
#define MEMORY_SLACK	65536

typedef struct Importer
{
	const CrImportOptions *options;
	const CrAlloc *alloc;
	CrError    *error;
	CrSurvey	survey;
	size_t		budget;			/* bytes that may still be allocated */
	uint32_t	n_trees;		/* that the image keeps */
	uint32_t   *category_option;	/* per feature: 1 + index into the options */
	char	   *image;
	CrImageHeader *header;
} Importer;

/* -------- memory -------- */

static CrStatus
over_budget(const Importer *im)
{
	return cr_fail(im->error, CR_LIMIT, CR_NO_OFFSET,
				   "Importing would take more than %u times the memory of the file.",
				   (uint64_t) MEMORY_FACTOR);
}

static CrStatus
allocate(Importer *im, size_t size, void *result)
{
	if (size > im->budget)
		return over_budget(im);
	im->budget -= size;
	*(void **) result = im->alloc->alloc(im->alloc->context, size);
	return CR_OK;
}

static void
release(Importer *im, void *memory, size_t size)
{
	im->budget += size;
	im->alloc->release(im->alloc->context, memory);
}

static void
set_budget(Importer *im, CrView artifact)
{
	size_t		input = artifact.length;

	for (uint32_t i = 0; i < im->options->n_feature_names; i++)
		input += sizeof(CrView) + im->options->feature_names[i].length;
	for (uint32_t i = 0; i < im->options->n_categories; i++)
		for (uint32_t k = 0; k < im->options->categories[i].n_labels; k++)
			input += sizeof(CrView) +
				im->options->categories[i].labels[k].length;
	if (!cr_size_multiply(input, MEMORY_FACTOR, &im->budget) ||
		!cr_size_add(im->budget, MEMORY_SLACK, &im->budget))
		im->budget = SIZE_MAX;
}

/* -------- labels: from the options, else from the file -------- */

static const CrCategories *
option_categories(const Importer *im, uint32_t feature)
{
	uint32_t	i = im->category_option[feature];

	return i == 0 ? NULL : &im->options->categories[i - 1];
}

/* Steps to the next feature's container; *encoding is empty without one. */
static CrStatus
next_encoding(Importer *im, CrReader *reader, CrEncoding *encoding)
{
	*encoding = (CrEncoding) {.strings = false};
	return im->survey.encodings.count == 0 ? CR_OK :
		cr_xgb_survey_encoding(reader, encoding);
}

static CrStatus
begin_encodings(const Importer *im, CrReader *reader)
{
	*reader = im->survey.encodings.reader;
	return im->survey.encodings.count == 0 ? CR_OK :
		cr_reader_begin(reader, CR_ARRAY_BEGIN);
}

static uint64_t
encoding_labels(const CrEncoding *encoding)
{
	if (!encoding->strings)
		return encoding->values.count;
	return encoding->offsets.count == 0 ? 0 : encoding->offsets.count - 1;
}

/* The longest decimal integer has 20 characters. */
static uint64_t
encoding_bytes(const CrEncoding *encoding)
{
	return encoding->strings ? encoding->values.count :
		20 * encoding->values.count;
}

/* -------- layout -------- */

/* Offsets of the sections from their counts; the size of the image. */
static bool
lay_out(CrImageHeader *header, size_t *size)
{
	size_t		position = sizeof(*header);

	for (int i = 0; i < CR_N_SECTIONS; i++)
	{
		CrSection  *section = &header->sections[i];
		size_t		bytes;

		position += (size_t) -position % CR_IMAGE_ALIGNMENT;
		section->offset = position;
		if (!cr_size_multiply((size_t) section->count,
							  cr_section_item_size((CrSectionKind) i),
							  &bytes) ||
			!cr_size_add(position, bytes, &position))
			return false;
	}
	*size = position;
	header->size = position;
	return true;
}

static void *
section(const Importer *im, CrSectionKind kind)
{
	return im->image + im->header->sections[kind].offset;
}

/* Moves the sections together once the true counts are known. */
static void
close_up(Importer *im, const uint64_t counts[CR_N_SECTIONS])
{
	CrImageHeader old = *im->header;
	size_t		end = sizeof(old);
	size_t		size;

	for (int i = 0; i < CR_N_SECTIONS; i++)
		im->header->sections[i].count = counts[i];
	(void) lay_out(im->header, &size);
	for (int i = 0; i < CR_N_SECTIONS; i++)
	{
		const CrSection *to = &im->header->sections[i];
		size_t		bytes = (size_t) counts[i] *
			cr_section_item_size((CrSectionKind) i);

		memset(im->image + end, 0, (size_t) to->offset - end);
		memmove(im->image + to->offset, im->image + old.sections[i].offset,
				bytes);
		end = (size_t) to->offset + bytes;
	}
}

static CrStatus
check_name_count(Importer *im)
{
	uint64_t	n = im->options->n_feature_names > 0 ?
		im->options->n_feature_names : im->survey.names.count;

	if (n == 0)
		return cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
					   "The file names no features and the option \"feature_names\" is not given.");
	if (n != im->survey.n_features)
		return cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
					   "There are %u feature names for %u features.", n,
					   (uint64_t) im->survey.n_features);
	if (im->survey.types.count != 0 &&
		im->survey.types.count != im->survey.n_features)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "There are %u feature types for %u features.",
					   im->survey.types.count,
					   (uint64_t) im->survey.n_features);
	return CR_OK;
}

/* Upper bounds for the sections; exact but for nodes, sets and strings. */
static CrStatus
count_sections(Importer *im, CrImageHeader *header)
{
	const CrSurvey *survey = &im->survey;
	uint64_t	labels = 0;
	uint64_t	strings = 0;
	CrReader	reader;
	CrToken		token;
	CrEncoding	encoding;
	CrStatus	status = check_name_count(im);

	if (status == CR_OK)
		status = begin_encodings(im, &reader);
	for (uint32_t f = 0; f < survey->n_features && status == CR_OK; f++)
	{
		status = next_encoding(im, &reader, &encoding);
		labels += encoding_labels(&encoding);
		strings += encoding_bytes(&encoding);
	}
	for (uint32_t i = 0; i < im->options->n_categories; i++)
	{
		labels += im->options->categories[i].n_labels;
		for (uint32_t k = 0; k < im->options->categories[i].n_labels; k++)
			strings += im->options->categories[i].labels[k].length;
	}
	for (uint32_t i = 0; i < im->options->n_feature_names; i++)
		strings += im->options->feature_names[i].length;
	if (im->options->n_feature_names == 0)
	{
		reader = survey->names.reader;
		if (status == CR_OK)
			status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
		for (uint64_t i = 0; i < survey->names.count && status == CR_OK; i++)
		{
			status = cr_reader_string(&reader, &token);
			strings += token.text.length;
		}
	}
	header->sections[CR_FEATURES].count = survey->n_features;
	header->sections[CR_LABELS].count = labels;
	header->sections[CR_LABEL_ORDER].count = labels;
	header->sections[CR_TREES].count = im->n_trees;
	header->sections[CR_NODES].count = survey->n_nodes;
	header->sections[CR_SETS].count = survey->n_sets;
	header->sections[CR_SET_WORDS].count = survey->n_codes;
	header->sections[CR_WEIGHTS].count = survey->weights.count;
	header->sections[CR_STRINGS].count = strings;
	if (status == CR_OK && (labels > UINT32_MAX || strings > UINT32_MAX))
		status = cr_fail(im->error, CR_LIMIT, CR_NO_OFFSET,
						 "The model has too many category labels.");
	return status;
}

static CrStatus
allocate_image(Importer *im)
{
	CrImageHeader header = {.byte_order = CR_IMAGE_BYTE_ORDER,
		.version = CR_IMAGE_VERSION,
		.booster = (uint8_t) im->survey.booster,
		.objective = (uint8_t) im->survey.objective,
		.positive = (uint8_t) im->options->positive,
		.unseen = (uint8_t) im->options->unseen,
		.notation = (uint8_t) im->survey.notation,
		.base_last = im->survey.booster == CR_DART &&
			im->survey.version[0] == 1 && im->survey.version[1] == 3,
		.base_margin = im->survey.base_margin,
		.scaling = im->options->scaling,
	};
	size_t		size;
	CrStatus	status = count_sections(im, &header);

	if (status != CR_OK)
		return status;
	memcpy(header.magic, CR_IMAGE_MAGIC, sizeof(header.magic));
	memcpy(header.xgboost_version, im->survey.version,
		   sizeof(header.xgboost_version));
	header.n_rounds = im->n_trees / im->survey.n_parallel;
	header.n_rounds_artifact =
		(uint32_t) im->survey.trees.count / im->survey.n_parallel;
	if (!lay_out(&header, &size))
		return cr_fail(im->error, CR_LIMIT, CR_NO_OFFSET,
					   "The model is too large.");
	status = allocate(im, size, &im->image);
	if (status != CR_OK)
		return status;
	memset(im->image, 0, size);
	im->header = (CrImageHeader *) im->image;
	*im->header = header;
	return CR_OK;
}

/* -------- features -------- */

/* Appends bytes to the strings, which were made large enough. */
static uint32_t
add_string(Importer *im, uint64_t *n_strings, CrView string)
{
	char	   *strings = section(im, CR_STRINGS);
	uint32_t	offset = (uint32_t) *n_strings;

	if (string.length > 0)
		memcpy(strings + offset, string.data, string.length);
	*n_strings += string.length;
	return offset;
}

static CrStatus
read_names(Importer *im, uint64_t *n_strings)
{
	CrFeature  *features = section(im, CR_FEATURES);
	CrReader	reader = im->survey.names.reader;
	CrStatus	status = CR_OK;

	if (im->options->n_feature_names == 0)
		status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint32_t f = 0; f < im->survey.n_features && status == CR_OK; f++)
	{
		if (im->options->n_feature_names > 0)
		{
			features[f].name_length =
				(uint32_t) im->options->feature_names[f].length;
			features[f].name_offset =
				add_string(im, n_strings, im->options->feature_names[f]);
		}
		else
		{
			CrToken		token;
			size_t		length = 0;

			status = cr_reader_string(&reader, &token);
			if (status == CR_OK)
				status = cr_token_decode(&reader, &token,
										 (char *) section(im, CR_STRINGS) +
										 *n_strings, &length);
			features[f].name_offset = (uint32_t) *n_strings;
			features[f].name_length = (uint32_t) length;
			*n_strings += length;
		}
	}
	return status;
}

/* "c" is a category; the others are numbers by different names. */
static CrStatus
read_types(Importer *im)
{
	CrFeature  *features = section(im, CR_FEATURES);
	CrReader	reader = im->survey.types.reader;
	CrStatus	status = CR_OK;

	if (im->survey.types.count == 0)
		return CR_OK;
	status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint32_t f = 0; f < im->survey.n_features && status == CR_OK; f++)
	{
		CrToken		token;

		status = cr_reader_string(&reader, &token);
		if (status != CR_OK)
			break;
		if (cr_view_equal(token.text, CR_VIEW("c")) ||
			cr_view_equal(token.text, CR_VIEW("categorical")))
			features[f].kind = CR_CATEGORICAL;
		else if (!cr_view_equal(token.text, CR_VIEW("q")) &&
				 !cr_view_equal(token.text, CR_VIEW("float")) &&
				 !cr_view_equal(token.text, CR_VIEW("int")) &&
				 !cr_view_equal(token.text, CR_VIEW("i")))
			status = cr_fail(im->error, CR_UNSUPPORTED, token.offset,
							 "The feature type \"%v\" is not supported.",
							 token.text);
	}
	return status;
}

typedef struct NameOrder
{
	const CrFeature *features;
	const char *strings;
} NameOrder;

static CrView
name_of(const NameOrder *names, uint32_t f)
{
	return (CrView) {names->strings + names->features[f].name_offset,
					 names->features[f].name_length};
}

static int
compare_names(const void *context, uint32_t a, uint32_t b)
{
	return cr_view_compare(name_of(context, a), name_of(context, b));
}

static CrStatus
check_unique(Importer *im, const NameOrder *names, const uint32_t *order)
{
	for (uint32_t i = 0; i < im->survey.n_features; i++)
	{
		CrView		name = name_of(names, order[i]);

		if (name.length == 0)
			return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
						   "A feature has an empty name.");
		if (i > 0 && compare_names(names, order[i - 1], order[i]) == 0)
			return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
						   "The feature name \"%v\" appears twice.", name);
	}
	return CR_OK;
}

/* The feature with this name, or -1. */
static int64_t
find_name(const NameOrder *names, const uint32_t *order, uint32_t n,
		  CrView wanted)
{
	uint32_t	low = 0;
	uint32_t	high = n;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;
		int			side = cr_view_compare(wanted,
										   name_of(names, order[middle]));

		if (side == 0)
			return order[middle];
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/* Refuses a name given twice, and finds the options' features by name. */
static CrStatus
index_names(Importer *im)
{
	NameOrder	names = {section(im, CR_FEATURES), section(im, CR_STRINGS)};
	uint32_t	n = im->survey.n_features;
	uint32_t   *order;
	CrStatus	status = allocate(im, n * sizeof(*order), &order);

	if (status != CR_OK)
		return status;
	for (uint32_t f = 0; f < n; f++)
		order[f] = f;
	cr_sort(order, n, compare_names, &names);
	status = check_unique(im, &names, order);
	for (uint32_t i = 0; i < im->options->n_categories && status == CR_OK; i++)
	{
		CrView		wanted = im->options->categories[i].feature;
		int64_t		f = find_name(&names, order, n, wanted);

		if (f < 0)
			status = cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
							 "The option \"categories\" names \"%v\", which is not a feature of the model.",
							 wanted);
		else
			im->category_option[f] = i + 1;
	}
	release(im, order, n * sizeof(*order));
	return status;
}

/* -------- category labels -------- */

/* Cuts the bytes of a string container at its offsets. */
static CrStatus
read_string_labels(Importer *im, const CrEncoding *encoding,
				   uint64_t *n_labels, uint64_t *n_strings)
{
	CrLabel    *labels = section(im, CR_LABELS);
	char	   *strings = section(im, CR_STRINGS);
	uint64_t	base = *n_strings;
	CrReader	reader = encoding->values.reader;
	CrStatus	status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	int64_t		previous = 0;

	/* XGBoost writes the bytes as signed integers. */
	for (uint64_t i = 0; i < encoding->values.count && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		byte = 0;

		status = cr_reader_next(&reader, &token);
		if (status == CR_OK && token.kind == CR_NUMBER)
			status = cr_token_integer(&reader, &token, &byte);
		if (status == CR_OK && (byte < -128 || byte > 255 || byte == 0))
			status = cr_fail(im->error, CR_MALFORMED, token.offset,
							 "A category label holds %d, which is no byte of text.",
							 byte);
		strings[base + i] = (char) byte;
	}
	*n_strings += encoding->values.count;

	reader = encoding->offsets.reader;
	if (status == CR_OK)
		status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint64_t i = 0; i < encoding->offsets.count && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		offset = -1;

		status = cr_reader_next(&reader, &token);
		if (status == CR_OK && token.kind == CR_NUMBER)
			status = cr_token_integer(&reader, &token, &offset);
		if (status != CR_OK)
			break;
		if (offset < previous || (i == 0 && offset != 0) ||
			(uint64_t) offset > encoding->values.count)
			return cr_fail(im->error, CR_MALFORMED, token.offset,
						   "The offsets of category labels are not in order.");
		if (i > 0)
		{
			labels[*n_labels].offset = (uint32_t) (base + (uint64_t) previous);
			labels[*n_labels].length = (uint32_t) (offset - previous);
			(*n_labels)++;
		}
		previous = offset;
	}
	if (status == CR_OK && (uint64_t) previous != encoding->values.count)
		status = cr_fail(im->error, CR_MALFORMED, encoding->offsets.reader.position,
						 "The offsets of category labels do not reach the end of the labels; XGBoost 3.1 writes labels outside ASCII so.");
	return status;
}

/*
 * UBJSON has no unsigned types but U; XGBoost writes them as signed ones of
 * the same width and keeps the true type (ValueKind) beside.
 */
static int64_t
restore_sign(int64_t value, int64_t type)
{
	if (value >= 0)
		return value;
	switch (type)
	{
		case 10:				/* kU8Array */
			return value + (INT64_C(1) << 8);
		case 12:				/* kU16Array */
			return value + (INT64_C(1) << 16);
		case 14:				/* kU32Array */
			return value + (INT64_C(1) << 32);
		default:
			return value;
	}
}

/* Integer categories get their decimal text as labels. */
static CrStatus
read_integer_labels(Importer *im, const CrEncoding *encoding,
					uint64_t *n_labels, uint64_t *n_strings)
{
	CrLabel    *labels = section(im, CR_LABELS);
	CrReader	reader = encoding->values.reader;
	CrStatus	status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);

	for (uint64_t i = 0; i < encoding->values.count && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		value = 0;
		char		digits[20];
		size_t		n = sizeof(digits);
		uint64_t	magnitude;

		status = cr_reader_next(&reader, &token);
		if (status == CR_OK)
			status = cr_token_integer(&reader, &token, &value);
		value = restore_sign(value, encoding->type);
		magnitude = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
		do
			digits[--n] = (char) ('0' + magnitude % 10);
		while ((magnitude /= 10) != 0);
		if (value < 0)
			digits[--n] = '-';
		labels[*n_labels].length = (uint32_t) (sizeof(digits) - n);
		labels[*n_labels].offset =
			add_string(im, n_strings, (CrView) {digits + n,
					   sizeof(digits) - n});
		(*n_labels)++;
	}
	return status;
}

static void
copy_labels(Importer *im, const CrCategories *categories,
			uint64_t *n_labels, uint64_t *n_strings)
{
	CrLabel    *labels = section(im, CR_LABELS);

	for (uint32_t i = 0; i < categories->n_labels; i++)
	{
		labels[*n_labels].length = (uint32_t) categories->labels[i].length;
		labels[*n_labels].offset = add_string(im, n_strings,
											  categories->labels[i]);
		(*n_labels)++;
	}
}

typedef struct LabelOrder
{
	const CrLabel *labels;
	const char *strings;
} LabelOrder;

static CrView
label_of(const LabelOrder *order, uint32_t code)
{
	return (CrView) {order->strings + order->labels[code].offset,
					 order->labels[code].length};
}

static int
compare_labels(const void *context, uint32_t a, uint32_t b)
{
	return cr_view_compare(label_of(context, a), label_of(context, b));
}

/* Sorts a feature's labels for look-up and refuses a label given twice. */
static CrStatus
order_labels(Importer *im, uint32_t f)
{
	const CrFeature *feature = (CrFeature *) section(im, CR_FEATURES) + f;
	uint32_t   *order = (uint32_t *) section(im, CR_LABEL_ORDER) +
		feature->first_label;
	LabelOrder	context = {
		(CrLabel *) section(im, CR_LABELS) + feature->first_label,
		section(im, CR_STRINGS)
	};

	for (uint32_t i = 0; i < feature->n_labels; i++)
		order[i] = i;
	cr_sort(order, feature->n_labels, compare_labels, &context);
	for (uint32_t i = 1; i < feature->n_labels; i++)
		if (compare_labels(&context, order[i - 1], order[i]) == 0)
			return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
						   "The category \"%v\" appears twice in one feature.",
						   label_of(&context, order[i]));
	return CR_OK;
}

static CrStatus
read_labels(Importer *im, uint64_t *n_labels, uint64_t *n_strings)
{
	CrFeature  *features = section(im, CR_FEATURES);
	NameOrder	names = {features, section(im, CR_STRINGS)};
	CrReader	reader;
	CrStatus	status = begin_encodings(im, &reader);

	for (uint32_t f = 0; f < im->survey.n_features && status == CR_OK; f++)
	{
		const CrCategories *categories = option_categories(im, f);
		CrEncoding	encoding;

		status = next_encoding(im, &reader, &encoding);
		if (status != CR_OK)
			break;
		features[f].first_label = (uint32_t) *n_labels;
		if (features[f].kind != CR_CATEGORICAL)
		{
			if (categories != NULL || encoding_labels(&encoding) > 0)
				status = cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
								 "The feature \"%v\" has categories but is not categorical.",
								 name_of(&names, f));
			continue;
		}
		if (categories != NULL && encoding_labels(&encoding) > 0 &&
			encoding_labels(&encoding) != categories->n_labels)
			return cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
						   "The feature \"%v\" has %u categories in the file but %u in the options.",
						   name_of(&names, f), encoding_labels(&encoding),
						   (uint64_t) categories->n_labels);
		if (categories != NULL)
			copy_labels(im, categories, n_labels, n_strings);
		else if (encoding_labels(&encoding) > 0)
			status = encoding.strings ?
				read_string_labels(im, &encoding, n_labels, n_strings) :
				read_integer_labels(im, &encoding, n_labels, n_strings);
		features[f].n_labels = (uint32_t) *n_labels - features[f].first_label;
		if (status == CR_OK)
			status = order_labels(im, f);
	}
	return status;
}

/* -------- trees -------- */

/* How many trees the image keeps: all, or those up to the best iteration. */
static CrStatus
choose_trees(Importer *im)
{
	const CrSurvey *survey = &im->survey;
	uint64_t	n_trees = survey->trees.count;
	int64_t		best = survey->best_iteration;
	uint64_t	n_rounds = n_trees / survey->n_parallel;

	im->n_trees = (uint32_t) n_trees;
	if (survey->rounds.present && survey->rounds.count != n_rounds + 1 &&
		survey->rounds.count != 0)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "iteration_indptr has %u elements for %u rounds.",
					   survey->rounds.count, n_rounds);
	if (survey->booster == CR_GBLINEAR || best < 0 ||
		!im->options->use_best_iteration)
		return CR_OK;
	if ((uint64_t) best >= n_rounds)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "The best iteration is %d, but the model has %u rounds.",
					   best, n_rounds);
	im->n_trees = (uint32_t) (((uint64_t) best + 1) * survey->n_parallel);
	if (survey->best_tree_limit < 0)
		return CR_OK;
	if ((uint64_t) survey->best_tree_limit > n_trees)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "The attribute best_ntree_limit is %d, but the model has %u trees.",
					   survey->best_tree_limit, n_trees);
	im->n_trees = (uint32_t) survey->best_tree_limit;
	return CR_OK;
}

/* Steps over one element of an array of integers. */
static CrStatus
next_integer(CrReader *reader, int64_t *value)
{
	CrToken		token;
	CrStatus	status = cr_reader_next(reader, &token);

	*value = 0;
	if (status == CR_OK && token.kind == CR_NUMBER)
		status = cr_token_integer(reader, &token, value);
	return status;
}

/*
 * Marks the features that a tree splits by category; a file without feature
 * types says so nowhere else.
 */
static CrStatus
mark_categorical(Importer *im, const CrTreeArrays *tree)
{
	CrFeature  *features = section(im, CR_FEATURES);
	CrReader	types = tree->split_types.reader;
	CrReader	indices = tree->split_indices.reader;
	CrReader	children = tree->left.reader;
	CrStatus	status;

	if (tree->category_nodes.count == 0 || !tree->split_types.present)
		return CR_OK;
	status = cr_reader_begin(&types, CR_ARRAY_BEGIN);
	if (status == CR_OK)
		status = cr_reader_begin(&indices, CR_ARRAY_BEGIN);
	if (status == CR_OK)
		status = cr_reader_begin(&children, CR_ARRAY_BEGIN);
	for (uint64_t i = 0; i < tree->n_nodes && status == CR_OK; i++)
	{
		int64_t		type;
		int64_t		feature;
		int64_t		child;

		status = next_integer(&types, &type);
		if (status == CR_OK)
			status = next_integer(&indices, &feature);
		if (status == CR_OK)
			status = next_integer(&children, &child);
		if (status == CR_OK && type == 1 && child != -1 &&
			feature >= 0 && feature < im->survey.n_features)
			features[feature].kind = CR_CATEGORICAL;
	}
	return status;
}

typedef CrStatus (*TreeVisit) (Importer *im, const CrTreeArrays *tree,
							   uint32_t index, void *context);

static CrStatus
visit_trees(Importer *im, TreeVisit visit, void *context)
{
	CrReader	reader = im->survey.trees.reader;
	CrStatus	status = CR_OK;

	if (im->survey.trees.count > 0)
		status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint64_t t = 0; t < im->survey.trees.count && status == CR_OK; t++)
	{
		CrTreeArrays tree;

		status = cr_xgb_survey_tree(&reader, &tree);
		if (status == CR_OK)
			status = visit(im, &tree, (uint32_t) t, context);
		cr_poll(im->alloc);
	}
	return status;
}

static CrStatus
visit_kinds(Importer *im, const CrTreeArrays *tree, uint32_t index,
			void *context)
{
	(void) index;
	(void) context;
	return mark_categorical(im, tree);
}

typedef struct TreeWriter
{
	CrTreeSink	sink;
	CrReader	weights;		/* dart */
} TreeWriter;

/* Trees past the best iteration are checked like the others, then dropped. */
static CrStatus
visit_write(Importer *im, const CrTreeArrays *arrays, uint32_t index,
			void *context)
{
	TreeWriter *writer = context;
	CrTreeSink	before = writer->sink;
	CrTree		dropped;
	CrTree	   *tree = index < im->n_trees ?
		(CrTree *) section(im, CR_TREES) + index : &dropped;
	float		weight = 1.0f;
	CrStatus	status = CR_OK;

	if (im->survey.tree_weights.present)
	{
		CrToken		token;

		status = cr_reader_next(&writer->weights, &token);
		if (status == CR_OK && token.kind != CR_NUMBER)
			status = cr_fail(im->error, CR_MALFORMED, token.offset,
							 "Expected the weight of a tree.");
		if (status == CR_OK)
			status = cr_token_float(&writer->weights, &token, &weight);
	}
	if (status == CR_OK && cr_tree_memory(arrays) > im->budget)
		status = over_budget(im);
	if (status == CR_OK)
		status = cr_tree_read(arrays, weight, &writer->sink, tree, im->alloc,
							  im->error);
	if (index >= im->n_trees)
		writer->sink = before;
	return status;
}

static CrStatus
read_trees(Importer *im, TreeWriter *writer)
{
	CrStatus	status = CR_OK;

	*writer = (TreeWriter) {
		.sink = {
			.n_features = im->survey.n_features,
			.features = section(im, CR_FEATURES),
			.nodes = section(im, CR_NODES),
			.sets = section(im, CR_SETS),
			.set_words = section(im, CR_SET_WORDS),
		},
		.weights = im->survey.tree_weights.reader,
	};
	if (im->survey.tree_weights.present)
		status = cr_reader_begin(&writer->weights, CR_ARRAY_BEGIN);
	return status == CR_OK ? visit_trees(im, visit_write, writer) : status;
}

static CrStatus
read_weights(Importer *im)
{
	CrFeature  *features = section(im, CR_FEATURES);
	float	   *weights = section(im, CR_WEIGHTS);
	CrReader	reader = im->survey.weights.reader;
	CrStatus	status;

	if (!im->survey.weights.present)
		return CR_OK;
	status = cr_reader_floats(&reader, weights, im->survey.weights.count);
	for (uint32_t f = 0; f < im->survey.n_features && status == CR_OK; f++)
	{
		if (features[f].kind == CR_CATEGORICAL)
			return cr_fail(im->error, CR_UNSUPPORTED, CR_NO_OFFSET,
						   "Categorical features of a linear model are not supported.");
		features[f].n_splits = weights[f] != 0;
	}
	return status;
}

/* -------- all together -------- */

/* A code that a split lists must have a label, where there are labels. */
static CrStatus
check_codes(Importer *im, const CrForest *forest)
{
	for (uint32_t i = 0; i < forest->n_nodes; i++)
	{
		const CrNode *node = &forest->nodes[i];
		const CrFeature *feature;
		const CrSet *set;
		uint32_t	n;
		uint32_t	last;

		if (!(node->slot & CR_CATEGORICAL_SPLIT))
			continue;
		feature = &forest->features[CR_SLOT(node->slot) / 2];
		set = &forest->sets[node->u.set];
		n = CR_SET_SIZE(set);
		if (feature->n_labels == 0 || n == 0)
			continue;
		last = forest->set_words[set->first_word + n - 1];
		if (set->size & CR_SET_BITMAP)
		{
			uint32_t	bit = 31;

			while (!(last >> bit & 1))
				bit--;
			last = 32 * (n - 1) + bit;
		}
		if (last >= feature->n_labels)
			return cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
						   "The feature \"%v\" has %u category labels, but the model splits on category %u.",
						   cr_forest_feature_name(forest, CR_SLOT(node->slot) / 2),
						   (uint64_t) feature->n_labels, (uint64_t) last);
	}
	return CR_OK;
}

/* How often the kept trees split on each feature. */
static void
count_splits(Importer *im, uint32_t n_nodes)
{
	CrFeature  *features = section(im, CR_FEATURES);
	const CrNode *nodes = section(im, CR_NODES);

	for (uint32_t i = 0; i < n_nodes; i++)
		if (CR_SLOT(nodes[i].slot) < 2 * im->survey.n_features)
			features[CR_SLOT(nodes[i].slot) / 2].n_splits++;
}

/* The finished image must pass the checks of any stored one. */
static CrStatus
check_image(Importer *im)
{
	CrForest	forest;
	CrStatus	status = cr_forest_open(&forest, im->image,
										(size_t) im->header->size, im->error);

	if (status == CR_DAMAGED)
		return im->error->status = CR_MALFORMED;
	return status == CR_OK ? check_codes(im, &forest) : status;
}

static CrStatus
fill_image(Importer *im)
{
	uint64_t	counts[CR_N_SECTIONS] = {0};
	TreeWriter	writer;
	CrStatus	status = read_names(im, &counts[CR_STRINGS]);

	if (status == CR_OK)
		status = index_names(im);
	if (status == CR_OK)
		status = read_types(im);
	if (status == CR_OK && im->survey.types.count == 0)
		status = visit_trees(im, visit_kinds, NULL);
	if (status == CR_OK)
		status = read_labels(im, &counts[CR_LABELS], &counts[CR_STRINGS]);
	if (status == CR_OK)
		status = read_trees(im, &writer);
	if (status == CR_OK)
		status = read_weights(im);
	if (status != CR_OK)
		return status;

	count_splits(im, writer.sink.n_nodes);
	counts[CR_FEATURES] = im->survey.n_features;
	counts[CR_LABEL_ORDER] = counts[CR_LABELS];
	counts[CR_TREES] = im->n_trees;
	counts[CR_NODES] = writer.sink.n_nodes;
	counts[CR_SETS] = writer.sink.n_sets;
	counts[CR_SET_WORDS] = writer.sink.n_set_words;
	counts[CR_WEIGHTS] = im->survey.weights.count;
	close_up(im, counts);
	return check_image(im);
}

CrStatus
cr_import(CrView artifact, const CrImportOptions *options,
		  const CrAlloc *alloc, void **image, size_t *size, CrError *error)
{
	Importer	im = {.options = options, .alloc = alloc, .error = error};
	size_t		index_size;
	CrStatus	status = cr_xgb_survey(artifact, alloc, &im.survey, error);

	if (status != CR_OK)
		return status;
	set_budget(&im, artifact);
	index_size = im.survey.n_features * sizeof(*im.category_option);
	status = choose_trees(&im);
	if (status == CR_OK)
		status = allocate(&im, index_size, &im.category_option);
	if (status != CR_OK)
		return status;
	memset(im.category_option, 0, index_size);
	status = allocate_image(&im);
	if (status == CR_OK)
		status = fill_image(&im);
	release(&im, im.category_option, index_size);
	if (status == CR_OK)
	{
		*image = im.image;
		*size = (size_t) im.header->size;
	}
	else if (im.image != NULL)
		alloc->release(alloc->context, im.image);
	return status;
}
