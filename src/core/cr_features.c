/*
 * cr_features.c
 *	  The features of an image: names, types and category labels, from the
 *	  import options or else from the file.
 */
#include "cr_importer.h"

#include <string.h>

#include "cr_sort.h"

static const CrCategories *
option_categories(const CrImporter *im, uint32_t feature)
{
	uint32_t	i = im->category_option[feature];

	return i == 0 ? NULL : &im->options->categories[i - 1];
}

/* Steps to the next feature's container; *encoding is empty without one. */
static CrStatus
next_encoding(CrImporter *im, CrReader *reader, CrEncoding *encoding)
{
	*encoding = (CrEncoding) {.strings = false};
	return im->survey.encodings.count == 0 ? CR_OK :
		cr_xgb_survey_encoding(reader, encoding);
}

static CrStatus
begin_encodings(const CrImporter *im, CrReader *reader)
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

/* Whose fault a feature name is: the option's or the file's. */
static CrStatus
name_fault(const CrImporter *im)
{
	return im->options->n_feature_names > 0 ? CR_INVALID_OPTION : CR_MALFORMED;
}

static CrStatus
check_name_count(CrImporter *im)
{
	uint64_t	n = im->options->n_feature_names > 0 ?
		im->options->n_feature_names : im->survey.names.count;

	if (n == 0)
		return cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
					   "The file names no features and the option \"feature_names\" is not given.");
	if (n != im->survey.n_features)
		return cr_fail(im->error, name_fault(im), CR_NO_OFFSET,
					   "The number of feature names is %u, that of features is %u.",
					   n, (uint64_t) im->survey.n_features);
	if (im->survey.types.count != 0 &&
		im->survey.types.count != im->survey.n_features)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "The number of feature types is %u, that of features is %u.",
					   im->survey.types.count,
					   (uint64_t) im->survey.n_features);
	return CR_OK;
}

/*
 * Labels of all features and bytes of all strings, at most: labels that the
 * options replace are counted too, and escapes only get shorter.
 */
CrStatus
cr_importer_count_strings(CrImporter *im, uint64_t *n_labels,
						  uint64_t *n_bytes)
{
	const CrImportOptions *options = im->options;
	CrReader	reader;
	CrToken		token;
	CrEncoding	encoding;
	CrStatus	status = check_name_count(im);

	if (status == CR_OK)
		status = begin_encodings(im, &reader);
	for (uint32_t f = 0; f < im->survey.n_features && status == CR_OK; f++)
	{
		status = next_encoding(im, &reader, &encoding);
		*n_labels += encoding_labels(&encoding);
		*n_bytes += encoding_bytes(&encoding);
	}
	for (uint32_t i = 0; i < options->n_categories; i++)
	{
		*n_labels += options->categories[i].n_labels;
		for (uint32_t k = 0; k < options->categories[i].n_labels; k++)
			*n_bytes += options->categories[i].labels[k].length;
	}
	for (uint32_t i = 0; i < options->n_feature_names; i++)
		*n_bytes += options->feature_names[i].length;
	if (options->n_feature_names > 0 || status != CR_OK)
		return status;

	reader = im->survey.names.reader;
	status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint64_t i = 0; i < im->survey.names.count && status == CR_OK; i++)
	{
		status = cr_reader_string(&reader, &token);
		*n_bytes += token.text.length;
	}
	return status;
}

/* -------- names and types -------- */

/* Appends bytes to the strings, which were made large enough. */
static uint32_t
add_string(CrImporter *im, uint64_t *n_bytes, CrView string)
{
	char	   *strings = cr_importer_section(im, CR_STRINGS);
	uint32_t	offset = (uint32_t) *n_bytes;

	if (string.length > 0)
		memcpy(strings + offset, string.data, string.length);
	*n_bytes += string.length;
	return offset;
}

static CrStatus
read_names(CrImporter *im, uint64_t *n_bytes)
{
	CrFeature  *features = cr_importer_section(im, CR_FEATURES);
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
				add_string(im, n_bytes, im->options->feature_names[f]);
		}
		else
		{
			CrToken		token;
			size_t		length = 0;

			status = cr_reader_string(&reader, &token);
			if (status == CR_OK)
				status = cr_token_decode(&reader, &token,
										 (char *) cr_importer_section(im, CR_STRINGS) +
										 *n_bytes, &length);
			features[f].name_offset = (uint32_t) *n_bytes;
			features[f].name_length = (uint32_t) length;
			*n_bytes += length;
		}
	}
	return status;
}

/*
 * "c" is a category; the others are numbers by different names.  Where the
 * file has no types, a feature with categories in the options is one, and so
 * is, later, one with a categorical split.
 */
static CrStatus
read_types(CrImporter *im)
{
	CrFeature  *features = cr_importer_section(im, CR_FEATURES);
	CrReader	reader = im->survey.types.reader;
	CrStatus	status = CR_OK;

	if (im->survey.types.count == 0)
	{
		for (uint32_t f = 0; f < im->survey.n_features; f++)
			if (im->category_option[f] != 0)
				features[f].kind = CR_CATEGORICAL;
		return CR_OK;
	}
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
check_unique(CrImporter *im, const NameOrder *names, const uint32_t *order)
{
	for (uint32_t i = 0; i < im->survey.n_features; i++)
	{
		CrView		name = name_of(names, order[i]);

		if (name.length == 0)
			return cr_fail(im->error, name_fault(im), CR_NO_OFFSET,
						   "A feature has an empty name.");
		if (i > 0 && compare_names(names, order[i - 1], order[i]) == 0)
			return cr_fail(im->error, name_fault(im), CR_NO_OFFSET,
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
index_names(CrImporter *im)
{
	NameOrder	names = {cr_importer_section(im, CR_FEATURES), cr_importer_section(im, CR_STRINGS)};
	uint32_t	n = im->survey.n_features;
	uint32_t   *order;
	CrStatus	status = cr_importer_allocate(im, n * sizeof(*order), &order);

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
	cr_importer_release(im, order, n * sizeof(*order));
	return status;
}

/* Fills the features but for their labels; adds to the strings. */
CrStatus
cr_importer_read_features(CrImporter *im, uint64_t *n_bytes)
{
	CrStatus	status = read_names(im, n_bytes);

	if (status == CR_OK)
		status = index_names(im);
	return status == CR_OK ? read_types(im) : status;
}

/* -------- category labels -------- */

/* Cuts the bytes of a string container at its offsets. */
static CrStatus
read_string_labels(CrImporter *im, const CrEncoding *encoding,
				   uint64_t *n_labels, uint64_t *n_bytes)
{
	CrLabel    *labels = cr_importer_section(im, CR_LABELS);
	char	   *strings = cr_importer_section(im, CR_STRINGS);
	uint64_t	base = *n_bytes;
	CrReader	reader = encoding->values.reader;
	CrStatus	status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	int64_t		previous = 0;

	if (status == CR_OK && encoding->offsets.count == 0 &&
		encoding->values.count > 0)
		return cr_fail(im->error, CR_MALFORMED,
					   encoding->offsets.reader.position,
					   "Category labels have no offsets.");

	/* XGBoost writes the bytes as signed integers. */
	for (uint64_t i = 0; i < encoding->values.count && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		byte = 0;

		status = cr_reader_integer(&reader, &token, &byte);
		if (status == CR_OK && (byte < -128 || byte > 255 || byte == 0))
			status = cr_fail(im->error, CR_MALFORMED, token.offset,
							 "A category label holds %d, which is no byte of text.",
							 byte);
		strings[base + i] = (char) byte;
	}
	*n_bytes += encoding->values.count;

	reader = encoding->offsets.reader;
	if (status == CR_OK)
		status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint64_t i = 0; i < encoding->offsets.count && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		offset = -1;

		status = cr_reader_integer(&reader, &token, &offset);
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
read_integer_labels(CrImporter *im, const CrEncoding *encoding,
					uint64_t *n_labels, uint64_t *n_bytes)
{
	CrLabel    *labels = cr_importer_section(im, CR_LABELS);
	CrReader	reader = encoding->values.reader;
	CrStatus	status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);

	for (uint64_t i = 0; i < encoding->values.count && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		value = 0;
		char		digits[20];
		size_t		n = sizeof(digits);
		uint64_t	magnitude;

		status = cr_reader_integer(&reader, &token, &value);
		value = restore_sign(value, encoding->type);
		magnitude = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
		do
			digits[--n] = (char) ('0' + magnitude % 10);
		while ((magnitude /= 10) != 0);
		if (value < 0)
			digits[--n] = '-';
		labels[*n_labels].length = (uint32_t) (sizeof(digits) - n);
		labels[*n_labels].offset =
			add_string(im, n_bytes, (CrView) {digits + n,
					   sizeof(digits) - n});
		(*n_labels)++;
	}
	return status;
}

static void
copy_labels(CrImporter *im, const CrCategories *categories,
			uint64_t *n_labels, uint64_t *n_bytes)
{
	CrLabel    *labels = cr_importer_section(im, CR_LABELS);

	for (uint32_t i = 0; i < categories->n_labels; i++)
	{
		labels[*n_labels].length = (uint32_t) categories->labels[i].length;
		labels[*n_labels].offset = add_string(im, n_bytes,
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
order_labels(CrImporter *im, uint32_t f)
{
	const CrFeature *feature = (CrFeature *) cr_importer_section(im, CR_FEATURES) + f;
	uint32_t   *order = (uint32_t *) cr_importer_section(im, CR_LABEL_ORDER) +
		feature->first_label;
	LabelOrder	context = {
		(CrLabel *) cr_importer_section(im, CR_LABELS) + feature->first_label,
		cr_importer_section(im, CR_STRINGS)
	};

	for (uint32_t i = 0; i < feature->n_labels; i++)
		order[i] = i;
	cr_sort(order, feature->n_labels, compare_labels, &context);
	for (uint32_t i = 1; i < feature->n_labels; i++)
		if (compare_labels(&context, order[i - 1], order[i]) == 0)
			return cr_fail(im->error, option_categories(im, f) == NULL ?
						   CR_MALFORMED : CR_INVALID_OPTION, CR_NO_OFFSET,
						   "The category \"%v\" appears twice in one feature.",
						   label_of(&context, order[i]));
	return CR_OK;
}

/* Fills the labels of all features, whose kinds are known by now. */
CrStatus
cr_importer_read_labels(CrImporter *im, uint64_t *n_labels,
						uint64_t *n_bytes)
{
	CrFeature  *features = cr_importer_section(im, CR_FEATURES);
	NameOrder	names = {features, cr_importer_section(im, CR_STRINGS)};
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
			copy_labels(im, categories, n_labels, n_bytes);
		else if (encoding.values.count > 0)
			status = encoding.strings ?
				read_string_labels(im, &encoding, n_labels, n_bytes) :
				read_integer_labels(im, &encoding, n_labels, n_bytes);
		features[f].n_labels = (uint32_t) *n_labels - features[f].first_label;
		if (status == CR_OK)
			status = order_labels(im, f);
	}
	return status;
}
