/*
 * forest.c
 *	  Proves that no bytes make an opened forest misbehave: images damaged in
 *	  any byte, or cut off anywhere, are refused or run without error and alike
 *	  in all evaluators; and that each check of cr_forest_open() is there.
 */
#include "agree.h"
#include "model.h"

/* -------- single faults -------- */

typedef void (*Damage) (CrImageHeader *header, char *image);

#define ITEM(type, kind, index) \
	((type *) (image + header->sections[kind].offset) + (index))

/* MODEL_CONTAINER's image, damaged; the message must hold part. */
static void
check_damage(const char *base, Damage damage, const char *part)
{
	CrImportOptions options = default_options();
	Text		json = model_json(base);
	Imported	imported = import_bytes(text_view(&json), &options);
	CrForest	forest;
	CrError		error = {.message = ""};
	CrStatus	status = CR_OK;

	if (imported.status == CR_OK)
	{
		damage(imported.image, imported.image);
		status = cr_forest_open(&forest, imported.image, imported.size,
								&error);
	}
	ok(status == CR_DAMAGED && error.status == CR_DAMAGED &&
	   strstr(error.message, part) != NULL, "%s [%s]", error.message, part);
	forget(&imported);
	free(json.data);
}

/* A function that does what stands there, and the test of it. */
#define DAMAGE(name, statement) \
	static void name(CrImageHeader *header, char *image) \
	{ (void) header; (void) image; statement; }

DAMAGE(bad_magic, header->magic[7] = 'x')
DAMAGE(bad_byte_order, header->byte_order = 0x04030201)
DAMAGE(bad_version, header->version = 2)
DAMAGE(bad_size, header->size += 8)
DAMAGE(bad_booster, header->booster = CR_GBLINEAR + 1)
DAMAGE(bad_objective, header->objective = CR_REG_LOGISTIC + 1)
DAMAGE(bad_positive, header->positive = 2)
DAMAGE(bad_unseen, header->unseen = 2)
DAMAGE(bad_notation, header->notation = 2)
DAMAGE(bad_base_last, header->base_last = 2)
DAMAGE(bad_reserved, header->reserved[1] = 1)
DAMAGE(bad_base_margin, header->base_margin = NAN)
DAMAGE(bad_factor, header->scaling.factor = 0)
DAMAGE(bad_limits, header->scaling.min = header->scaling.max)
DAMAGE(bad_rounds, header->n_rounds = header->n_rounds_artifact + 1)
DAMAGE(bad_section, header->sections[CR_NODES].offset += 8)
DAMAGE(bad_count, header->sections[CR_NODES].count++)
DAMAGE(bad_huge_count, header->sections[CR_NODES].count = UINT64_MAX / 16 + 2)
DAMAGE(bad_wrapped_count, header->sections[CR_NODES].count += UINT64_C(1) << 60)
DAMAGE(bad_last_count, header->sections[CR_STRINGS].count--)
DAMAGE(bad_padding, image[header->sections[CR_LABEL_ORDER].offset + 12] = 1)
DAMAGE(bad_linear, header->booster = CR_GBLINEAR)

DAMAGE(bad_name, ITEM(CrFeature, CR_FEATURES, 1)->name_length = 0)
DAMAGE(bad_name_offset, ITEM(CrFeature, CR_FEATURES, 1)->name_offset = 99)
DAMAGE(bad_name_length, ITEM(CrFeature, CR_FEATURES, 1)->name_length =
	   UINT32_MAX)
DAMAGE(bad_name_zero, *ITEM(char, CR_STRINGS, 1) = '\0')
DAMAGE(bad_kind, ITEM(CrFeature, CR_FEATURES, 1)->kind = 2)
DAMAGE(bad_feature_reserved, ITEM(CrFeature, CR_FEATURES, 1)->reserved[2] = 1)
DAMAGE(bad_first_label, ITEM(CrFeature, CR_FEATURES, 1)->first_label = 2)
DAMAGE(bad_n_labels, ITEM(CrFeature, CR_FEATURES, 0)->n_labels = 4)
DAMAGE(fewer_labels, ITEM(CrFeature, CR_FEATURES, 0)->n_labels = 2)
DAMAGE(bad_labels_of_number, ITEM(CrFeature, CR_FEATURES, 0)->n_labels = 2;
	   ITEM(CrFeature, CR_FEATURES, 1)->first_label = 2;
	   ITEM(CrFeature, CR_FEATURES, 1)->n_labels = 1)
DAMAGE(bad_label, ITEM(CrLabel, CR_LABELS, 2)->length = 9)
DAMAGE(bad_label_zero, *ITEM(char, CR_STRINGS, 4) = '\0')
DAMAGE(bad_order, *ITEM(uint32_t, CR_LABEL_ORDER, 1) = 3)
DAMAGE(bad_order_twice, *ITEM(uint32_t, CR_LABEL_ORDER, 1) = 2)
DAMAGE(bad_spare_string, ITEM(CrLabel, CR_LABELS, 2)->length--)
DAMAGE(bad_order_swapped, *ITEM(uint32_t, CR_LABEL_ORDER, 0) = 1;
	   *ITEM(uint32_t, CR_LABEL_ORDER, 1) = 0)

DAMAGE(bad_set_first, ITEM(CrSet, CR_SETS, 1)->first_word = 0)
DAMAGE(bad_set_size, ITEM(CrSet, CR_SETS, 1)->size++)
DAMAGE(bad_set_words, ITEM(CrSet, CR_SETS, 1)->size--)
DAMAGE(bad_bitmap, *ITEM(uint32_t, CR_SET_WORDS, 0) = 0)
DAMAGE(bad_list, *ITEM(uint32_t, CR_SET_WORDS, 1) = CR_MAX_CATEGORY + 1)

DAMAGE(bad_root, ITEM(CrTree, CR_TREES, 0)->root = 1)
DAMAGE(bad_n_nodes, ITEM(CrTree, CR_TREES, 0)->n_nodes = 0)
DAMAGE(bad_n_nodes_more, ITEM(CrTree, CR_TREES, 1)->n_nodes = 2)
DAMAGE(bad_n_nodes_less, ITEM(CrTree, CR_TREES, 0)->n_nodes--)
DAMAGE(bad_depth, ITEM(CrTree, CR_TREES, 0)->depth++)
DAMAGE(bad_depth_less, ITEM(CrTree, CR_TREES, 0)->depth--)
DAMAGE(bad_threshold, ITEM(CrNode, CR_NODES, 0)->u.threshold = NAN)
DAMAGE(bad_threshold_low, ITEM(CrNode, CR_NODES, 0)->u.threshold = -INFINITY)
DAMAGE(bad_leaf, ITEM(CrNode, CR_NODES, 1)->u.leaf = INFINITY)
DAMAGE(bad_leaf_nan, ITEM(CrNode, CR_NODES, 1)->u.leaf = NAN)
DAMAGE(bad_leaf_left, ITEM(CrNode, CR_NODES, 1)->left = 0)
DAMAGE(bad_left, ITEM(CrNode, CR_NODES, 2)->left = 1)
DAMAGE(bad_left_far, ITEM(CrNode, CR_NODES, 2)->left = UINT32_MAX)
DAMAGE(bad_cycle, ITEM(CrNode, CR_NODES, 2)->left = 2)
DAMAGE(bad_slot, ITEM(CrNode, CR_NODES, 0)->slot = 5)
DAMAGE(bad_leaf_type, ITEM(CrNode, CR_NODES, 1)->slot |= CR_CATEGORICAL_SPLIT)
DAMAGE(bad_split_type, ITEM(CrNode, CR_NODES, 0)->slot |= CR_CATEGORICAL_SPLIT)
DAMAGE(bad_cover, ITEM(CrNode, CR_NODES, 1)->cover = INFINITY)
DAMAGE(bad_sum, ITEM(CrNode, CR_NODES, 1)->u.leaf = 1e38f;
	   ITEM(CrNode, CR_NODES, 5)->u.leaf = -1e38f)
DAMAGE(bad_sum_base, ITEM(CrNode, CR_NODES, 1)->u.leaf = 1e38f;
	   header->base_margin = 1e38f)
DAMAGE(bad_split, ITEM(CrNode, CR_NODES, 4)->slot = 0)
DAMAGE(bad_set_index, ITEM(CrNode, CR_NODES, 0)->u.set = 2)
DAMAGE(bad_set_feature, ITEM(CrNode, CR_NODES, 0)->slot &=
	   ~CR_CATEGORICAL_SPLIT)
DAMAGE(bad_weight, *ITEM(float, CR_WEIGHTS, 2) = NAN)

/* A root that is a leaf, then nodes that nothing leads to. */
DAMAGE(bad_unreached, CrNode *node = ITEM(CrNode, CR_NODES, 0);
	   node[0] = node[1]; node[0].left = 0; node[1] = node[2];
	   node[1].left = 1; node[2] = node[3]; node[2].left = 3;
	   node[2].slot = node[1].slot)

/* Two names of one run of bytes: opening would take quadratic time. */
DAMAGE(bad_shared_name, ITEM(CrFeature, CR_FEATURES, 1)->name_offset = 0)

static void
test_header_faults(void)
{
	check_damage(MODEL_GBTREE, bad_magic, "do not begin with a model image");
	check_damage(MODEL_GBTREE, bad_byte_order, "other byte order");
	check_damage(MODEL_GBTREE, bad_version, "format version 2");
	check_damage(MODEL_GBTREE, bad_size, "The image says it has");
	check_damage(MODEL_GBTREE, bad_booster, "value out of range");
	check_damage(MODEL_GBTREE, bad_objective, "value out of range");
	check_damage(MODEL_GBTREE, bad_positive, "value out of range");
	check_damage(MODEL_GBTREE, bad_unseen, "value out of range");
	check_damage(MODEL_GBTREE, bad_notation, "value out of range");
	check_damage(MODEL_GBTREE, bad_base_last, "value out of range");
	check_damage(MODEL_GBTREE, bad_reserved, "value out of range");
	check_damage(MODEL_GBTREE, bad_base_margin, "base margin is not finite");
	check_damage(MODEL_GBTREE, bad_factor, "scaling is out of range");
	check_damage(MODEL_GBTREE, bad_limits, "scaling is out of range");
	check_damage(MODEL_GBTREE, bad_rounds, "counts do not agree");
	check_damage(MODEL_GBTREE, bad_section, "does not lie where it must");
	check_damage(MODEL_GBTREE, bad_count, "does not lie where it must");
	check_damage(MODEL_GBTREE, bad_huge_count, "does not lie where it must");
	check_damage(MODEL_GBTREE, bad_wrapped_count, "does not lie where it must");
	check_damage(MODEL_GBTREE, bad_last_count, "follow the last section");
	check_damage(MODEL_CONTAINER, bad_padding, "does not lie where it must");
	check_damage(MODEL_GBTREE, bad_linear, "counts do not agree");
}

static void
test_feature_faults(void)
{
	check_damage(MODEL_CONTAINER, bad_name, "Feature 1 is not well formed");
	check_damage(MODEL_CONTAINER, bad_name_offset, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_name_length, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_name_zero, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_kind, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_feature_reserved, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_first_label, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_n_labels, "Feature 0 is not");
	check_damage(MODEL_CONTAINER, fewer_labels, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_labels_of_number, "Feature 1 is not");
	check_damage(MODEL_CONTAINER, bad_label, "does not lie where it must");
	check_damage(MODEL_CONTAINER, bad_label_zero, "does not lie where it must");
	check_damage(MODEL_CONTAINER, bad_order, "does not lie where it must");
	check_damage(MODEL_CONTAINER, bad_order_twice, "not in order");
	check_damage(MODEL_CONTAINER, bad_order_swapped, "not in order");
	check_damage(MODEL_CONTAINER, bad_spare_string, "labels of no feature");
	check_damage(MODEL_CONTAINER, bad_shared_name, "Feature 1 is not");
}

static void
test_set_faults(void)
{
	check_damage(MODEL_CATEGORICAL, bad_set_first, "set 1 is not well formed");
	check_damage(MODEL_CATEGORICAL, bad_set_size, "set 1 is not well formed");
	check_damage(MODEL_CATEGORICAL, bad_set_words, "categories of no set");
	check_damage(MODEL_CATEGORICAL, bad_bitmap, "set 0 is not well formed");
	check_damage(MODEL_CATEGORICAL, bad_list, "set 1 is not well formed");
	check_damage(MODEL_CATEGORICAL, bad_set_index,
				 "a category set that is not there");
	check_damage(MODEL_CATEGORICAL, bad_set_feature,
				 "a split that does not fit its feature");
}

static void
test_tree_faults(void)
{
	check_damage(MODEL_GBTREE, bad_root, "Tree 0 has no nodes of its own");
	check_damage(MODEL_GBTREE, bad_n_nodes, "Tree 0 has no nodes of its own");
	check_damage(MODEL_GBTREE, bad_n_nodes_more, "Tree 1 has no nodes");
	check_damage(MODEL_GBTREE, bad_n_nodes_less, "children out of order");
	check_damage(MODEL_GBTREE, bad_depth, "Tree 0 is not well formed");
	check_damage(MODEL_GBTREE, bad_depth_less, "Tree 0 is not well formed");
	check_damage(MODEL_GBTREE, bad_threshold, "Node 0 of tree 0 has no usable");
	check_damage(MODEL_GBTREE, bad_threshold_low, "no usable threshold");
	check_damage(MODEL_GBTREE, bad_leaf, "Node 1 of tree 0 has no finite leaf");
	check_damage(MODEL_GBTREE, bad_leaf_nan, "no finite leaf");
	check_damage(MODEL_GBTREE, bad_leaf_left, "no finite leaf");
	check_damage(MODEL_GBTREE, bad_left, "children out of order");
	check_damage(MODEL_GBTREE, bad_left_far, "children out of order");
	check_damage(MODEL_GBTREE, bad_cycle, "children out of order");
	check_damage(MODEL_GBTREE, bad_slot, "a feature that is not there");
	check_damage(MODEL_GBTREE, bad_leaf_type, "a feature that is not there");
	check_damage(MODEL_GBTREE, bad_split_type, "does not fit its feature");
	check_damage(MODEL_GBTREE, bad_cover, "a cover that is not finite");
	check_damage(MODEL_GBTREE, bad_sum, "more than a float can hold");
	check_damage(MODEL_GBTREE, bad_sum_base, "more than a float can hold");
	check_damage(MODEL_GBTREE, bad_split, "children out of order");
	check_damage(MODEL_GBTREE, bad_unreached, "Node 1 of tree 0 has no parent");
	check_damage(MODEL_LINEAR, bad_weight, "Weight 2 is not finite");
}

/* The image with other counts of items; sections are cut or filled with 0. */
static char *
with_counts(const char *image, const uint64_t counts[CR_N_SECTIONS],
			size_t *size)
{
	CrImageHeader old;
	CrImageHeader new;
	char	   *result;
	size_t		position = sizeof(new);

	memcpy(&old, image, sizeof(old));
	new = old;
	for (int i = 0; i < CR_N_SECTIONS; i++)
	{
		position += -position % CR_IMAGE_ALIGNMENT;
		new.sections[i] = (CrSection) {position, counts[i]};
		position += counts[i] * cr_section_item_size((CrSectionKind) i);
	}
	new.size = *size = position;
	result = calloc(1, position);
	memcpy(result, &new, sizeof(new));
	for (int i = 0; i < CR_N_SECTIONS; i++)
		memcpy(result + new.sections[i].offset, image + old.sections[i].offset,
			   (counts[i] < old.sections[i].count ? counts[i] :
				old.sections[i].count) *
			   cr_section_item_size((CrSectionKind) i));
	return result;
}

/* Other counts for two sections of a model's image, and then damage. */
static void
check_counts(const char *base, CrSectionKind kind, uint64_t count,
			 CrSectionKind other, uint64_t other_count, Damage damage,
			 const char *part)
{
	CrImportOptions options = default_options();
	Text		json = model_json(base);
	Imported	imported = import_bytes(text_view(&json), &options);
	uint64_t	counts[CR_N_SECTIONS];
	CrForest	forest;
	CrError		error = {.message = ""};
	char	   *image;
	size_t		size;

	for (int i = 0; i < CR_N_SECTIONS; i++)
		counts[i] = ((CrImageHeader *) imported.image)->sections[i].count;
	counts[kind] = count;
	counts[other] = other_count;
	image = with_counts(imported.image, counts, &size);
	if (damage != NULL)
		damage((CrImageHeader *) image, image);
	ok(cr_forest_open(&forest, image, size, &error) == CR_DAMAGED &&
	   strstr(error.message, part) != NULL, "section %d with %llu items: %s",
	   (int) kind, (unsigned long long) count, error.message);
	free(image);
	forget(&imported);
	free(json.data);
}

#define HUGE_BITMAP	((CR_MAX_CATEGORY + 1) / 32 + 1)

DAMAGE(huge_bitmap, ITEM(CrSet, CR_SETS, 1)->size = CR_SET_BITMAP | HUGE_BITMAP;
	   *ITEM(uint32_t, CR_SET_WORDS, HUGE_BITMAP) = 1)
DAMAGE(unsorted_list, ITEM(CrSet, CR_SETS, 1)->size = 2;
	   *ITEM(uint32_t, CR_SET_WORDS, 2) = 39)
DAMAGE(equal_codes, ITEM(CrSet, CR_SETS, 1)->size = 2;
	   *ITEM(uint32_t, CR_SET_WORDS, 2) = 40)

static void
test_count_faults(void)
{
	const char *part = "counts do not agree";

	check_counts(MODEL_LINEAR, CR_FEATURES, 0, CR_WEIGHTS, 1, NULL, part);
	check_counts(MODEL_LINEAR, CR_FEATURES, 65536, CR_WEIGHTS, 65537, NULL,
				 part);
	check_counts(MODEL_LINEAR, CR_WEIGHTS, 2, CR_FEATURES, 2, NULL, part);
	check_counts(MODEL_LINEAR, CR_TREES, 1, CR_NODES, 1, NULL, part);
	check_counts(MODEL_GBTREE, CR_TREES, 0, CR_NODES, 0, NULL, part);
	check_counts(MODEL_GBTREE, CR_TREES, CR_MAX_TREES + 1, CR_NODES, 6, NULL,
				 part);
	check_counts(MODEL_GBTREE, CR_WEIGHTS, 3, CR_NODES, 6, NULL, part);
	check_counts(MODEL_CONTAINER, CR_LABEL_ORDER, 2, CR_LABELS, 3, NULL, part);
	check_counts(MODEL_CONTAINER, CR_LABELS, 2, CR_LABEL_ORDER, 3, NULL, part);
	check_counts(MODEL_CONTAINER, CR_LABELS, 4, CR_LABEL_ORDER, 4, NULL,
				 "labels of no feature");
	check_counts(MODEL_GBTREE, CR_NODES, 7, CR_TREES, 2, NULL,
				 "nodes of no tree");
	check_counts(MODEL_CATEGORICAL, CR_SET_WORDS, 1 + HUGE_BITMAP, CR_SETS, 2,
				 huge_bitmap, "set 1 is not well formed");
	check_counts(MODEL_CATEGORICAL, CR_SET_WORDS, 3, CR_SETS, 2,
				 unsorted_list, "set 1 is not well formed");
	check_counts(MODEL_CATEGORICAL, CR_SET_WORDS, 3, CR_SETS, 2, equal_codes,
				 "set 1 is not well formed");
}

static void
test_look_up(void)
{
	CrImportOptions options = default_options();
	Text		json = model_json(MODEL_CATEGORICAL);
	Imported	imported = import_bytes(text_view(&json), &options);
	CrForest	forest;
	CrError		error;

	ok(cr_forest_open(&forest, imported.image, imported.size, &error) == CR_OK &&
	   cr_forest_find_label(&forest, 0, CR_VIEW("x")) == -1,
	   "no label is found where there is none");
	ok(!cr_set_contains(&forest, 0, 0) && cr_set_contains(&forest, 0, 1) &&
	   !cr_set_contains(&forest, 0, 2) && cr_set_contains(&forest, 0, 3) &&
	   !cr_set_contains(&forest, 0, 32) && !cr_set_contains(&forest, 0, 33) &&
	   !cr_set_contains(&forest, 0, CR_MAX_CATEGORY), "a bitmap");
	ok(!cr_set_contains(&forest, 1, 39) && cr_set_contains(&forest, 1, 40) &&
	   !cr_set_contains(&forest, 1, 41) && !cr_set_contains(&forest, 1, 0) &&
	   !cr_set_contains(&forest, 1, CR_MAX_CATEGORY), "a list");
	ok(cr_section_item_size(CR_NODES) == 16 &&
	   cr_section_item_size(CR_FEATURES) == 24 &&
	   cr_section_item_size(CR_STRINGS) == 1, "items have the sizes specified");
	forget(&imported);
	free(json.data);
}

/* -------- any damage -------- */

typedef struct Tally
{
	int			made;
	int			accepted;
	int			wrong;			/* accepted, but something did not hold */
} Tally;

/* The copy is as long as the image says, for the sanitiser's sake. */
static void
try_image(const char *image, size_t size, Random *random, Tally *tally)
{
	char	   *copy = malloc(size + (size == 0));
	CrForest	forest;
	CrError		error = {.message = ""};
	CrStatus	status;

	memcpy(copy, image, size);
	status = cr_forest_open(&forest, copy, size, &error);
	tally->made++;
	if (status == CR_OK)
	{
		tally->accepted++;
		tally->wrong += !evaluators_agree(&forest, random, 3) ||
			!labels_found(&forest);
	}
	else
		tally->wrong += status != CR_DAMAGED || error.message[0] == '\0';
	free(copy);
}

/* Each byte of the header, and of what describes the rest, in five ways. */
static void
flip_everything(char *image, size_t from, size_t to, size_t size,
				Random *random, Tally *tally)
{
	static const uint8_t masks[] = {0xFF, 0x01, 0x80, 0x10, 0x02};

	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < sizeof(masks); k++)
		{
			image[i] ^= (char) masks[k];
			try_image(image, size, random, tally);
			image[i] ^= (char) masks[k];
		}
}

static void
flip_some(char *image, size_t size, Random *random, Tally *tally)
{
	for (int i = 0; i < 3000; i++)
	{
		size_t		at = random_below(random, size);
		uint8_t		mask = (uint8_t) (1 + random_below(random, 255));
		size_t		other = random_below(random, size);
		char		saved = image[other];

		image[at] ^= (char) mask;
		if (i % 3 == 0 && at != other)
			image[other] = (char) random_bits(random);
		try_image(image, size, random, tally);
		image[other] = saved;
		if (at != other)
			image[at] ^= (char) mask;
	}
}

static void
truncate_everywhere(const char *image, size_t size, Random *random,
					Tally *tally)
{
	CrImageHeader header;
	char	   *copy = malloc(size);

	memcpy(copy, image, size);
	for (size_t n = 0; n < size; n += n < sizeof(header) + 64 ? 1 :
		 1 + random_below(random, size / 200 + 1))
	{
		try_image(copy, n, random, tally);
		if (n < sizeof(header))
			continue;
		/* The same with the right size in the header. */
		memcpy(&header, image, sizeof(header));
		header.size = n;
		memcpy(copy, &header, sizeof(header));
		try_image(copy, n, random, tally);
		memcpy(copy, image, sizeof(header));
	}
	free(copy);
}

static void
test_damage(const char *folder, const char *name, uint32_t n_features)
{
	CrView		artifact = read_file(folder, name);
	Imported	imported = import_numbered(artifact, n_features);
	Random		random = {.state = 77};
	Tally		flipped = {0};
	Tally		cut = {0};

	free((void *) artifact.data);
	if (imported.status != CR_OK)
	{
		ok(false, "%s: %s", name, imported.error.message);
		return;
	}
	flip_everything(imported.image, 0, sizeof(CrImageHeader), imported.size,
					&random, &flipped);
	/* The features, labels, their order and the trees come first. */
	flip_everything(imported.image, sizeof(CrImageHeader),
					((CrImageHeader *) imported.image)->sections[CR_NODES].offset,
					imported.size, &random, &flipped);
	flip_some(imported.image, imported.size, &random, &flipped);
	ok(flipped.wrong == 0 && flipped.accepted > 0 &&
	   flipped.accepted < flipped.made,
	   "%s: %d images damaged, %d accepted, %d wrong", name, flipped.made,
	   flipped.accepted, flipped.wrong);
	truncate_everywhere(imported.image, imported.size, &random, &cut);
	ok(cut.wrong == 0 && cut.accepted == 0,
	   "%s: %d images cut off, %d accepted", name, cut.made, cut.accepted);
	forget(&imported);
}

static void
test_not_an_image(void)
{
	CrForest	forest;
	CrError		error;
	uint64_t	zeros[64] = {0};

	ok(cr_forest_open(&forest, zeros, 0, &error) == CR_DAMAGED, "no bytes");
	ok(cr_forest_open(&forest, zeros, 8, &error) == CR_DAMAGED, "few bytes");
	ok(cr_forest_open(&forest, zeros, sizeof(zeros), &error) == CR_DAMAGED &&
	   error.offset == 0, "zeros");
}

#define FIXTURES	"parity/fixtures"

int
main(void)
{
	test_header_faults();
	test_feature_faults();
	test_set_faults();
	test_tree_faults();
	test_count_faults();
	test_look_up();
	test_not_an_image();
	test_damage(FIXTURES, "v341_gbtree_num_d3.json", 8);
	test_damage(FIXTURES, "v341_gbtree_part_d3.ubj", 8);
	test_damage(FIXTURES, "v341_gbtree_onehot_d3.json", 8);
	test_damage(FIXTURES, "v341_container_mixed_dart.ubj", 8);
	test_damage(FIXTURES, "v341_gblinear_num.json", 8);
	test_damage("../models/german_credit", "model.ubj", 14);
	return done_testing();
}
