/*
 * cr_forest.c
 *	  Opens a model image: one pass that trusts no byte, no allocation.
 *
 * The image is canonical, which makes the checks short.  Nodes stand in
 * breadth-first order, so walking a tree's nodes once and handing out
 * children from a counter proves that there is no cycle, that every node is
 * reached, and by exactly one path.  Sections follow one another in the order
 * of CrSectionKind without gaps other than zeroed padding, so they cannot
 * overlap.
 */
#include "cr_forest.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "cr_link.h"

size_t
cr_section_item_size(CrSectionKind kind)
{
	static const size_t sizes[CR_N_SECTIONS] = {
		[CR_FEATURES] = sizeof(CrFeature),
		[CR_LABELS] = sizeof(CrLabel),
		[CR_LABEL_ORDER] = sizeof(uint32_t),
		[CR_TREES] = sizeof(CrTree),
		[CR_NODES] = sizeof(CrNode),
		[CR_SETS] = sizeof(CrSet),
		[CR_SET_WORDS] = sizeof(uint32_t),
		[CR_WEIGHTS] = sizeof(float),
		[CR_STRINGS] = sizeof(char),
	};

	return sizes[kind];
}

static bool
all_zero(const void *bytes, size_t n)
{
	const char *c = bytes;

	for (size_t i = 0; i < n; i++)
		if (c[i] != 0)
			return false;
	return true;
}

static CrStatus
check_header(const CrImageHeader *header, size_t size, CrError *error)
{
	if (size < sizeof(*header) ||
		memcmp(header->magic, CR_IMAGE_MAGIC, sizeof(header->magic)) != 0)
		return cr_fail(error, CR_DAMAGED, 0,
					   "The bytes do not begin with a model image header.");
	if (header->byte_order != CR_IMAGE_BYTE_ORDER)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "The image was written on a machine of the other byte order.");
	if (header->version != CR_IMAGE_VERSION)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "The image has format version %u, this library reads %u.",
					   (uint64_t) header->version, (uint64_t) CR_IMAGE_VERSION);
	if (header->size != size)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "The image says it has %u bytes but has %u.",
					   header->size, (uint64_t) size);
	if (header->booster > CR_GBLINEAR || header->objective > CR_REG_LOGISTIC ||
		header->positive > CR_POSITIVE_GOOD ||
		header->unseen > CR_UNSEEN_MISSING || header->notation > 1 ||
		header->base_last > 1 ||
		!all_zero(header->reserved, sizeof(header->reserved)))
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "The header holds a value out of range.");
	if (!isfinite(header->base_margin))
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "The base margin is not finite.");
	return cr_scaling_check(&header->scaling) ? CR_OK :
		cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
				"The scaling is out of range.");
}

/* Sections in order, each aligned, the padding zero, the last one at the end. */
static CrStatus
check_sections(const CrImageHeader *header, const char *image, CrError *error)
{
	size_t		position = sizeof(*header);

	for (int i = 0; i < CR_N_SECTIONS; i++)
	{
		const CrSection *section = &header->sections[i];
		size_t		padding = (size_t) -position % CR_IMAGE_ALIGNMENT;
		size_t		item = cr_section_item_size((CrSectionKind) i);

		if (section->offset != position + padding ||
			section->offset > header->size ||
			section->count > (header->size - section->offset) / item ||
			!all_zero(image + position, padding))
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "Section %d does not lie where it must.",
						   (int64_t) i);
		position = (size_t) section->offset + (size_t) section->count * item;
	}
	if (position != header->size)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "%u bytes follow the last section.",
					   header->size - (uint64_t) position);
	return CR_OK;
}

static CrStatus
check_counts(const CrImageHeader *header, CrError *error)
{
	const CrSection *s = header->sections;
	bool		linear = header->booster == CR_GBLINEAR;

	if (s[CR_FEATURES].count == 0 ||
		s[CR_FEATURES].count > CR_MAX_FEATURES ||
		s[CR_TREES].count > CR_MAX_TREES ||
		s[CR_NODES].count > CR_MAX_NODES ||
		s[CR_STRINGS].count > UINT32_MAX ||
		s[CR_SET_WORDS].count > UINT32_MAX ||
		s[CR_SETS].count > UINT32_MAX ||
		s[CR_LABELS].count > UINT32_MAX ||
		s[CR_LABEL_ORDER].count != s[CR_LABELS].count ||
		s[CR_WEIGHTS].count != (linear ? s[CR_FEATURES].count + 1 : 0) ||
		(s[CR_TREES].count == 0) != linear ||
		header->n_rounds > header->n_rounds_artifact)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "The sections' counts do not agree.");
	return CR_OK;
}

/*
 * Takes the next string of the image: they follow one another without gaps,
 * so that all of them together are looked at once.
 */
static bool
take_string(const CrForest *forest, uint32_t offset, uint32_t length,
			uint64_t *next)
{
	uint64_t	n = forest->header->sections[CR_STRINGS].count;

	if (offset != *next || length > n - *next)
		return false;
	*next += length;
	return length == 0 ||
		memchr(forest->strings + offset, '\0', length) == NULL;
}

/* The order must list each code once; ascending labels prove that. */
static CrStatus
check_labels(const CrForest *forest, uint32_t f, uint64_t *next_string,
			 CrError *error)
{
	const CrFeature *feature = &forest->features[f];
	const uint32_t *order = forest->label_order + feature->first_label;

	for (uint32_t i = 0; i < feature->n_labels; i++)
	{
		const CrLabel *label = &forest->labels[feature->first_label + i];

		if (!take_string(forest, label->offset, label->length, next_string) ||
			order[i] >= feature->n_labels)
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "A label of feature %u does not lie where it must.",
						   (uint64_t) f);
	}
	for (uint32_t i = 1; i < feature->n_labels; i++)
		if (cr_view_compare(cr_forest_label(forest, f, order[i - 1]),
							cr_forest_label(forest, f, order[i])) >= 0)
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "The labels of feature %u are not in order.",
						   (uint64_t) f);
	return CR_OK;
}

static CrStatus
check_feature(const CrForest *forest, uint32_t f, uint64_t *next_label,
			  uint64_t *next_string, CrError *error)
{
	const CrFeature *feature = &forest->features[f];
	uint64_t	n_labels = forest->header->sections[CR_LABELS].count;

	if (!take_string(forest, feature->name_offset, feature->name_length,
					 next_string) ||
		feature->name_length == 0 || feature->kind > CR_CATEGORICAL ||
		!all_zero(feature->reserved, sizeof(feature->reserved)) ||
		feature->first_label != *next_label ||
		feature->n_labels > n_labels - *next_label ||
		feature->n_labels > CR_MAX_CATEGORY + 1 ||
		(feature->n_labels > 0 && feature->kind != CR_CATEGORICAL))
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "Feature %u is not well formed.", (uint64_t) f);
	*next_label += feature->n_labels;
	return CR_OK;
}

/* The names of all features come first, then the labels of all. */
static CrStatus
check_features(const CrForest *forest, CrError *error)
{
	const CrSection *sections = forest->header->sections;
	uint64_t	next_label = 0;
	uint64_t	next_string = 0;
	CrStatus	status = CR_OK;

	for (uint32_t f = 0; f < forest->n_features && status == CR_OK; f++)
		status = check_feature(forest, f, &next_label, &next_string, error);
	for (uint32_t f = 0; f < forest->n_features && status == CR_OK; f++)
		status = check_labels(forest, f, &next_string, error);
	if (status != CR_OK)
		return status;
	return next_label == sections[CR_LABELS].count &&
		next_string == sections[CR_STRINGS].count ? CR_OK :
		cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
				"The image holds labels of no feature.");
}

static bool
set_well_formed(const CrForest *forest, const CrSet *set)
{
	const uint32_t *words = forest->set_words + set->first_word;
	uint32_t	n = CR_SET_SIZE(set);

	if (set->size & CR_SET_BITMAP)
		return n > 0 && n <= (CR_MAX_CATEGORY + 1) / 32 && words[n - 1] != 0;
	for (uint32_t i = 1; i < n; i++)
		if (words[i - 1] >= words[i])
			return false;
	return n == 0 || words[n - 1] <= CR_MAX_CATEGORY;
}

static CrStatus
check_sets(const CrForest *forest, CrError *error)
{
	const CrImageHeader *header = forest->header;
	uint64_t	n_words = header->sections[CR_SET_WORDS].count;
	uint64_t	next_word = 0;

	for (uint64_t i = 0; i < header->sections[CR_SETS].count; i++)
	{
		const CrSet *set = &forest->sets[i];

		if (set->first_word != next_word ||
			CR_SET_SIZE(set) > n_words - next_word ||
			!set_well_formed(forest, set))
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "Category set %u is not well formed.", i);
		next_word += CR_SET_SIZE(set);
	}
	return next_word == n_words ? CR_OK :
		cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
				"The image holds categories of no set.");
}

/* What is wrong with an inner node, or NULL. */
static const char *
split_fault(const CrForest *forest, const CrNode *node)
{
	uint32_t	slot = CR_SLOT(node->slot);
	bool		categorical = (node->slot & CR_CATEGORICAL_SPLIT) != 0;

	if (slot >= 2 * forest->n_features)
		return "a feature that is not there";
	if (categorical != (forest->features[slot / 2].kind == CR_CATEGORICAL))
		return "a split that does not fit its feature";
	if (categorical)
		return node->u.set >= forest->header->sections[CR_SETS].count ?
			"a category set that is not there" : NULL;
	return isfinite(node->u.threshold) ||
		node->u.threshold > 0 ? NULL : "no usable threshold";
}

/*
 * Checks the nodes of one tree, and that its depth is what it says.
 * *largest_leaf receives the largest absolute leaf value.
 */
static CrStatus
check_tree(CrForest *forest, uint32_t t, double *largest_leaf, CrError *error)
{
	const CrTree *tree = &forest->trees[t];
	uint64_t	end = (uint64_t) tree->root + tree->n_nodes;
	uint64_t	next = (uint64_t) tree->root + 1;
	uint64_t	level_end = next;	/* first node of the next level */
	uint32_t	depth = 0;

	*largest_leaf = 0;
	for (uint64_t i = tree->root; i < end; i++)
	{
		const CrNode *node = &forest->nodes[i];
		const char *fault = NULL;

		if (i == level_end)
		{
			level_end = next;
			depth++;
		}
		if (i >= next)
			fault = "no parent";
		else if (!isfinite(node->cover))
			fault = "a cover that is not finite";
		else if (node->slot == 2 * forest->n_features)
		{
			if (node->left != i || !isfinite(node->u.leaf))
				fault = "no finite leaf value";
			else if (fabs((double) node->u.leaf) > *largest_leaf)
				*largest_leaf = fabs((double) node->u.leaf);
		}
		else
		{
			fault = split_fault(forest, node);
			if (fault == NULL && (node->left != next || next + 2 > end))
				fault = "children out of order";
			next += 2;
			if (node->slot & CR_CATEGORICAL_SPLIT)
				forest->categorical = true;
		}
		if (fault != NULL)
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "Node %u of tree %u has %s.", i - tree->root,
						   (uint64_t) t, fault);
	}
	if (next != end || depth != tree->depth || depth > CR_MAX_DEPTH)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "Tree %u is not well formed.", (uint64_t) t);
	if (depth > forest->max_depth)
		forest->max_depth = depth;
	return CR_OK;
}

/*
 * A sum of leaves that stays below FLT_MAX / 2 in double cannot overflow in
 * float, whatever the path: each of at most 2^20 additions errs by 2^-24.
 */
static CrStatus
check_trees(CrForest *forest, CrError *error)
{
	double		bound = fabs((double) forest->header->base_margin);
	uint64_t	next_node = 0;

	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		const CrTree *tree = &forest->trees[t];
		double		largest_leaf;
		CrStatus	status;

		if (tree->root != next_node || tree->n_nodes == 0 ||
			tree->n_nodes > forest->n_nodes - next_node)
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "Tree %u has no nodes of its own.", (uint64_t) t);
		next_node += tree->n_nodes;
		status = check_tree(forest, t, &largest_leaf, error);
		if (status != CR_OK)
			return status;
		bound += largest_leaf;
	}
	if (next_node != forest->n_nodes)
		return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
					   "The image holds nodes of no tree.");
	return bound < FLT_MAX / 2 ? CR_OK :
		cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
				"The leaves add up to more than a float can hold.");
}

static CrStatus
check_weights(const CrForest *forest, CrError *error)
{
	uint64_t	n = forest->header->sections[CR_WEIGHTS].count;

	for (uint64_t i = 0; i < n; i++)
		if (!isfinite(forest->weights[i]))
			return cr_fail(error, CR_DAMAGED, CR_NO_OFFSET,
						   "Weight %u is not finite.", i);
	return CR_OK;
}

/*
 * Checks size bytes at image, aligned to CR_IMAGE_ALIGNMENT, and fills
 * *forest with pointers into them.  Nothing in the image can make what is
 * done with an opened forest read outside it or loop.
 */
CrStatus
cr_forest_open(CrForest *forest, const void *image, size_t size,
			   CrError *error)
{
	const CrImageHeader *header = image;
	const char *bytes = image;
	const CrSection *s;
	CrStatus	status = check_header(header, size, error);

	if (status == CR_OK)
		status = check_sections(header, bytes, error);
	if (status == CR_OK)
		status = check_counts(header, error);
	if (status != CR_OK)
		return status;

	s = header->sections;
	*forest = (CrForest) {
		.header = header,
		.features = (const void *) (bytes + s[CR_FEATURES].offset),
		.labels = (const void *) (bytes + s[CR_LABELS].offset),
		.label_order = (const void *) (bytes + s[CR_LABEL_ORDER].offset),
		.trees = (const void *) (bytes + s[CR_TREES].offset),
		.nodes = (const void *) (bytes + s[CR_NODES].offset),
		.sets = (const void *) (bytes + s[CR_SETS].offset),
		.set_words = (const void *) (bytes + s[CR_SET_WORDS].offset),
		.weights = (const void *) (bytes + s[CR_WEIGHTS].offset),
		.strings = bytes + s[CR_STRINGS].offset,
		.n_features = (uint32_t) s[CR_FEATURES].count,
		.n_trees = (uint32_t) s[CR_TREES].count,
		.n_nodes = (uint32_t) s[CR_NODES].count,
	};
	status = check_features(forest, error);
	if (status == CR_OK)
		status = check_sets(forest, error);
	if (status == CR_OK)
		status = check_trees(forest, error);
	if (status == CR_OK)
		status = check_weights(forest, error);
	return status;
}

CrView
cr_forest_feature_name(const CrForest *forest, uint32_t feature)
{
	const CrFeature *f = &forest->features[feature];

	return (CrView) {forest->strings + f->name_offset, f->name_length};
}

/* The label of a code below the feature's n_labels. */
CrView
cr_forest_label(const CrForest *forest, uint32_t feature, uint32_t code)
{
	const CrLabel *label =
		&forest->labels[forest->features[feature].first_label + code];

	return (CrView) {forest->strings + label->offset, label->length};
}

/* The code of a label, or -1 if the feature has no such label. */
int64_t
cr_forest_find_label(const CrForest *forest, uint32_t feature, CrView label)
{
	const CrFeature *f = &forest->features[feature];
	const uint32_t *order = forest->label_order + f->first_label;
	uint32_t	low = 0;
	uint32_t	high = f->n_labels;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;
		int			side = cr_view_compare(label,
										   cr_forest_label(forest, feature,
														   order[middle]));

		if (side == 0)
			return order[middle];
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

bool
cr_set_contains(const CrForest *forest, uint32_t set, uint32_t code)
{
	const CrSet *s = &forest->sets[set];
	const uint32_t *words = forest->set_words + s->first_word;
	uint32_t	low = 0;
	uint32_t	high = CR_SET_SIZE(s);

	if (s->size & CR_SET_BITMAP)
		return code / 32 < high && (words[code / 32] >> code % 32 & 1) != 0;
	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (words[middle] == code)
			return true;
		if (words[middle] > code)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}
