/*
 * damaged.c
 *	  Proves that no damaged model file harms: each of thousands is refused
 *	  with a message, or accepted as a model that runs, alike in all
 *	  evaluators, in bounded time and memory, with or without its gains; and that damage to the structure
 *	  is always refused.
 *
 * The files are made from a few fixtures, the same ones in every run.
 */
#include <time.h>

#include "agree.h"
#include "model.h"

#define FIXTURES	"parity/fixtures"
#define GERMAN		"../models/german_credit"
#define PER_KIND	45			/* of each kind, from each file */
#define MIN_MADE	6500
#define MAX_SECONDS	1.0

typedef struct Source
{
	const char *folder;
	const char *name;
	uint32_t	n_features;
	bool		json;
} Source;

static const Source sources[] = {
	{FIXTURES, "v133_gbtree_num_d3_def.json", 8, true},
	{FIXTURES, "v176_dart_num_d3_0.2.json", 8, true},
	{FIXTURES, "v341_gbtree_num_d3.json", 8, true},
	{FIXTURES, "v341_gbtree_part_d3.json", 8, true},
	{FIXTURES, "v341_container_mixed.json", 8, true},
	{FIXTURES, "v341_gblinear_num.json", 8, true},
	{GERMAN, "model.json", 14, true},
	{FIXTURES, "v176_gbtree_onehot_d3_def.ubj", 8, false},
	{FIXTURES, "v341_gbtree_num_d3.ubj", 8, false},
	{FIXTURES, "v341_dart_part_d3.ubj", 8, false},
	{FIXTURES, "v341_container_int.ubj", 8, false},
	{FIXTURES, "v341_cat65.ubj", 8, false},
	{FIXTURES, "v341_gblinear_num.ubj", 8, false},
	{GERMAN, "model.ubj", 14, false},
};

/* -------- bytes -------- */

/* Replaces n bytes at position by others. */
static void
splice(Text *text, size_t position, size_t n, const void *bytes, size_t length)
{
	Text		result = {0};

	text_bytes(&result, text->data, position);
	text_bytes(&result, bytes, length);
	text_bytes(&result, text->data + position + n,
			   text->length - position - n);
	free(text->data);
	*text = result;
}

/* The position of the which-th occurrence, or text->length. */
static size_t
find_bytes(const Text *text, size_t from, const Text *wanted, uint32_t which)
{
	const char *at = text->data + from;
	const char *end = text->data + text->length;

	for (;;)
	{
		at = memmem(at, (size_t) (end - at), wanted->data, wanted->length);
		if (at == NULL)
			return text->length;
		if (which-- == 0)
			return (size_t) (at - text->data);
		at++;
	}
}

static uint32_t
count_bytes(const Text *text, const Text *wanted)
{
	uint32_t	n = 0;
	size_t		at = 0;

	while ((at = find_bytes(text, at, wanted, 0)) < text->length)
	{
		n++;
		at++;
	}
	return n;
}

/* -------- arrays of numbers, in either notation -------- */

/* Where the array under a key is; elements have a width in UBJSON. */
typedef struct Array
{
	bool		json;
	size_t		key;			/* first byte of key or of its length */
	size_t		count;			/* UBJSON: first byte of the count */
	size_t		begin;			/* first byte of the first element */
	size_t		end;			/* behind the last element */
	uint32_t	n;
	size_t		width;
} Array;

/* The bytes of a key up to the start of its array. */
static Text
array_mark(bool json, const char *key)
{
	Text		mark = {0};

	if (json)
		text_add(&mark, "\"%s\":[", key);
	else
	{
		ubjson_length(&mark, strlen(key));
		text_add(&mark, "%s[$", key);
	}
	return mark;
}

static uint64_t
get_big_endian(const char *bytes, size_t width)
{
	uint64_t	value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | (unsigned char) bytes[i];
	return value;
}

static void
measure_json(const Text *text, Array *array)
{
	array->end = array->begin;
	array->n = 0;
	while (text->data[array->end] != ']')
	{
		array->n += array->end == array->begin ||
			text->data[array->end] == ',';
		array->end++;
	}
}

static void
measure_ubjson(const Text *text, Array *array)
{
	char		type = text->data[array->begin];

	array->width = type == 'l' || type == 'd' ? 4 : type == 'L' ? 8 : 1;
	array->count = array->begin + 3;	/* behind the type and "#L" */
	array->begin = array->count + 8;
	array->n = (uint32_t) get_big_endian(text->data + array->count, 8);
	array->end = array->begin + array->n * array->width;
}

static uint32_t
count_arrays(const Text *text, bool json, const char *key)
{
	Text		mark = array_mark(json, key);
	uint32_t	n = count_bytes(text, &mark);

	free(mark.data);
	return n;
}

static bool
find_array(const Text *text, bool json, const char *key, uint32_t which,
		   Array *array)
{
	Text		mark = array_mark(json, key);

	*array = (Array) {.json = json};
	array->key = find_bytes(text, 0, &mark, which);
	array->begin = array->key + mark.length;
	free(mark.data);
	if (array->key == text->length)
		return false;
	if (json)
		measure_json(text, array);
	else
		measure_ubjson(text, array);
	return true;
}

/* The bytes of an element. */
static void
find_element(const Text *text, const Array *array, uint32_t index,
			 size_t *begin, size_t *length)
{
	if (!array->json)
	{
		*begin = array->begin + index * array->width;
		*length = array->width;
		return;
	}
	*begin = array->begin;
	while (index-- > 0)
		*begin += strcspn(text->data + *begin, ",]") + 1;
	*length = strcspn(text->data + *begin, ",]");
}

static int64_t
get_element(const Text *text, const Array *array, uint32_t index)
{
	size_t		begin;
	size_t		length;

	find_element(text, array, index, &begin, &length);
	if (array->json)
		return strtoll(text->data + begin, NULL, 10);
	if (length == 8)
		return (int64_t) get_big_endian(text->data + begin, 8);
	return (int32_t) get_big_endian(text->data + begin, length);
}

static void
set_element(Text *text, const Array *array, uint32_t index, int64_t value)
{
	Text		bytes = {0};
	size_t		begin;
	size_t		length;

	find_element(text, array, index, &begin, &length);
	if (array->json)
		text_add(&bytes, "%lld", (long long) value);
	else
		ubjson_big_endian(&bytes, (uint64_t) value, (int) array->width);
	splice(text, begin, length, bytes.data, bytes.length);
	free(bytes.data);
}

/* Sets an element of an array of the which-th tree. */
static void
set_in_tree(Text *text, bool json, const char *key, uint32_t which,
			uint32_t index, int64_t value)
{
	Array		array;

	if (find_array(text, json, key, which, &array))
		set_element(text, &array, index, value);
}

/* A node of a tree of the model; false for a model without trees. */
typedef struct Place
{
	uint32_t	tree;
	uint32_t	node;
	uint32_t	n_nodes;
	bool		inner;
} Place;

static bool
random_place(const Text *text, bool json, Random *random, Place *place)
{
	uint32_t	n_trees = count_arrays(text, json, "left_children");
	Array		left;

	if (n_trees == 0)
		return false;
	place->tree = random_below(random, n_trees);
	if (!find_array(text, json, "left_children", place->tree, &left))
		return false;
	place->n_nodes = left.n;
	place->node = random_below(random, left.n);
	/* A tree of several nodes has inner ones; look on from here. */
	for (uint32_t i = 0; i < left.n; i++)
	{
		place->inner = get_element(text, &left, place->node) >= 0;
		if (place->inner)
			break;
		place->node = (place->node + 1) % left.n;
	}
	return true;
}

/* -------- kinds of damage -------- */

/* Changes the text; false if it cannot be done to this file. */
typedef bool (*Damage) (Text *text, const Source *source, Random *random);

static bool
flip_bits(Text *text, const Source *source, Random *random)
{
	(void) source;
	for (uint32_t n = 1 + random_below(random, 4); n > 0; n--)
		text->data[random_below(random, text->length)] ^=
			(char) (1 << random_below(random, 8));
	return true;
}

static bool
replace_bytes(Text *text, const Source *source, Random *random)
{
	static const char likely[] = "0123456789-+.eE\"{}[],:$#LldUSNTFZ \\";

	(void) source;
	for (uint32_t n = 1 + random_below(random, 8); n > 0; n--)
		text->data[random_below(random, text->length)] = one_in(random, 2) ?
			(char) random_bits(random) :
			likely[random_below(random, sizeof(likely))];
	return true;
}

static size_t
random_span(const Text *text, size_t at, Random *random)
{
	size_t		n = 1 + random_below(random, one_in(random, 3) ? 2000 : 12);

	return n < text->length - at ? n : text->length - at;
}

static bool
delete_span(Text *text, const Source *source, Random *random)
{
	size_t		at = random_below(random, text->length);

	(void) source;
	splice(text, at, random_span(text, at, random), "", 0);
	return true;
}

static bool
insert_span(Text *text, const Source *source, Random *random)
{
	size_t		at = random_below(random, text->length);
	char		bytes[64];
	size_t		n = 1 + random_below(random, sizeof(bytes));

	(void) source;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char) random_bits(random);
	splice(text, at, 0, bytes, n);
	return true;
}

static bool
duplicate_span(Text *text, const Source *source, Random *random)
{
	size_t		from = random_below(random, text->length);
	size_t		n = random_span(text, from, random);
	char	   *span = malloc(n);

	(void) source;
	memcpy(span, text->data + from, n);
	splice(text, one_in(random, 2) ? from : random_below(random, text->length),
		   0, span, n);
	free(span);
	return true;
}

static const char *const array_keys[] = {"left_children", "right_children",
	"parents", "split_indices", "split_conditions", "default_left",
	"sum_hessian", "loss_changes", "split_type", "categories", "categories_nodes",
	"categories_segments", "categories_sizes", "tree_info", "weights",
	"weight_drop"};

/* An array that the importer reads, not empty. */
static bool
random_array(const Text *text, bool json, Random *random, Array *array)
{
	for (int i = 0; i < 100; i++)
	{
		const char *key = array_keys[random_below(random, sizeof(array_keys) /
												  sizeof(array_keys[0]))];
		uint32_t	n = count_arrays(text, json, key);

		if (n > 0 &&
			find_array(text, json, key, random_below(random, n), array) &&
			array->n > 0)
			return true;
	}
	return false;
}

static bool
replace_number_json(Text *text, const Array *array, Random *random)
{
	static const char *const numbers[] = {"NaN", "Infinity", "-Infinity",
		"-1", "-2", "1e39", "-1e39", "1e400", "2147483647", "2147483648",
		"-2147483648", "-2147483649", "4294967296", "9223372036854775807",
		"9223372036854775808", "99999999999999999999999999", "1e-400", "0.5",
		"-0", "true", "null", "\"1\"", "[]", "{}", "16777216", "1000000"};
	const char *number = numbers[random_below(random, sizeof(numbers) /
											  sizeof(numbers[0]))];
	size_t		begin;
	size_t		length;

	find_element(text, array, random_below(random, array->n), &begin, &length);
	splice(text, begin, length, number, strlen(number));
	return true;
}

static bool
replace_number(Text *text, const Source *source, Random *random)
{
	static const int64_t numbers[] = {0x7FC00000, 0x7F800000, 0xFF800000, -1,
		-2, 0x7F7FFFFF, 0xFF7FFFFF, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN,
	16777216, 1000000, 0x80000000, 2, 255};
	Array		array;

	if (!random_array(text, source->json, random, &array))
		return false;
	if (source->json)
		return replace_number_json(text, &array, random);
	set_element(text, &array, random_below(random, array.n),
				numbers[random_below(random, sizeof(numbers) /
									 sizeof(numbers[0]))]);
	return true;
}

/* -------- damage to the structure: must be refused -------- */

static bool
truncate_file(Text *text, const Source *source, Random *random)
{
	(void) source;
	text->length = one_in(random, 4) ?
		text->length - 1 - random_below(random, 20) :
		random_below(random, text->length);
	text->data[text->length] = '\0';
	return true;
}

static bool
child_out_of_range(Text *text, const Source *source, Random *random)
{
	const char *key = one_in(random, 2) ? "left_children" : "right_children";
	Place		place;
	int64_t		child;

	if (!random_place(text, source->json, random, &place))
		return false;
	switch (random_below(random, 4))
	{
		case 0:
			child = place.n_nodes;
			break;
		case 1:
			child = place.n_nodes + random_below(random, INT32_MAX / 2);
			break;
		case 2:
			child = one_in(random, 2) ? INT32_MAX : INT32_MIN;
			break;
		default:
			child = -2 - (int64_t) random_below(random, 1000);
	}
	set_in_tree(text, source->json, key, place.tree, place.node, child);
	return true;
}

/* A child that is the node itself, its parent or the root. */
static bool
make_cycle(Text *text, const Source *source, Random *random)
{
	Place		place;
	Array		parents;
	int64_t		child = 0;

	if (!random_place(text, source->json, random, &place) ||
		!find_array(text, source->json, "parents", place.tree, &parents))
		return false;
	if (one_in(random, 2))
		child = place.node;
	else if (one_in(random, 2) && place.node > 0)
		child = get_element(text, &parents, place.node);
	if (!place.inner || one_in(random, 2))
		set_in_tree(text, source->json, "left_children", place.tree,
					place.node, child);
	else
		set_in_tree(text, source->json, "right_children", place.tree,
					place.node, child);
	/* Sometimes the parents tell the same story. */
	if (one_in(random, 2))
		set_in_tree(text, source->json, "parents", place.tree,
					(uint32_t) child, place.node);
	return true;
}

static bool
bad_feature(Text *text, const Source *source, Random *random)
{
	Place		place;
	int64_t		feature;

	if (!random_place(text, source->json, random, &place) || !place.inner)
		return false;
	switch (random_below(random, 3))
	{
		case 0:
			feature = source->n_features + (one_in(random, 2) ? 0 :
											random_below(random, 1000000));
			break;
		case 1:
			feature = one_in(random, 2) ? INT32_MAX : INT32_MIN;
			break;
		default:
			feature = -1 - (int64_t) random_below(random, 1000);
	}
	set_in_tree(text, source->json, "split_indices", place.tree, place.node,
				feature);
	return true;
}

/* Another run of codes for a categorical split, inside the list of codes. */
static bool
overlap_sets(Text *text, const Source *source, Random *random)
{
	const char *key = one_in(random, 2) ? "categories_segments" :
		"categories_sizes";
	uint32_t	tree = random_below(random, count_arrays(text, source->json,
														 "categories"));
	Array		array;
	Array		codes;

	if (!find_array(text, source->json, "categories", tree, &codes) ||
		!find_array(text, source->json, key, tree, &array) || array.n == 0)
		return false;
	set_element(text, &array, random_below(random, array.n),
				random_below(random, codes.n + 1));
	return true;
}

/* More arrays than allowed, in a place where anything may stand. */
static bool
nest_deeply(Text *text, const Source *source, Random *random)
{
	Text		mark = model_json(source->json ? "'objective':{" :
								  "objective{");
	Text		value = {0};
	size_t		at = find_bytes(text, 0, &mark, 0) + mark.length;
	uint32_t	depth = 14 + random_below(random, one_in(random, 3) ? 30000 : 9);
	bool		closed = !one_in(random, 4);

	if (source->json)
		text_add(&value, "\"x\":");
	else
	{
		ubjson_length(&value, 1);
		text_add(&value, "x");
	}
	for (uint32_t i = 0; i < depth; i++)
		text_bytes(&value, "[", 1);
	for (uint32_t i = 0; i < depth && closed; i++)
		text_bytes(&value, "]", 1);
	if (source->json)
		text_bytes(&value, ",", 1);
	splice(text, at, 0, value.data, value.length);
	free(value.data);
	free(mark.data);
	return true;
}

/* JSON has no lengths but says how many nodes, trees and features there are. */
static bool
false_count(Text *text, Random *random)
{
	static const char *const keys[] = {"num_nodes", "num_trees",
	"num_feature"};
	Text		mark = {0};
	Text		number = {0};
	size_t		at;

	text_add(&mark, "\"%s\":\"", keys[random_below(random, 3)]);
	at = find_bytes(text, 0, &mark, count_bytes(text, &mark) - 1);
	if (at < text->length)
	{
		size_t		digits = at + mark.length;
		long long	value = strtoll(text->data + digits, NULL, 10);

		text_add(&number, "%lld", one_in(random, 3) ?
				 (long long) (random_bits(random) << 16) :
				 value + 1 + random_below(random, 5) * (value > 9 ? -3 : 1));
		splice(text, digits, strcspn(text->data + digits, "\""), number.data,
			   number.length);
	}
	free(mark.data);
	free(number.data);
	return at < text->length;
}

static bool
false_length(Text *text, const Source *source, Random *random)
{
	static const int64_t changes[] = {1, -1, 2, -2, 7, 100, 1000000,
	INT32_MAX, INT64_MAX / 2, INT64_MIN};
	Text		mark = {0};
	Text		count = {0};
	uint32_t	n;
	size_t		at;

	if (source->json)
		return false_count(text, random);
	text_bytes(&mark, "#L\0\0\0\0", 6);
	n = count_bytes(text, &mark);
	at = find_bytes(text, 0, &mark, random_below(random, n)) + 2;
	ubjson_big_endian(&count, get_big_endian(text->data + at, 8) +
					  (uint64_t) changes[random_below(random, sizeof(changes) /
													  sizeof(changes[0]))], 8);
	splice(text, at, 8, count.data, count.length);
	free(count.data);
	free(mark.data);
	return true;
}

/* A well-formed document in which one array lacks an element. */
static bool
shorten_array(Text *text, const Source *source, Random *random)
{
	Array		array;
	size_t		begin;
	size_t		length;

	if (!random_array(text, source->json, random, &array))
		return false;
	find_element(text, &array, random_below(random, array.n), &begin, &length);
	if (source->json)
	{
		/* With the comma before or after it. */
		if (begin > array.begin)
			begin--, length++;
		else
			length += text->data[begin + length] == ',';
		splice(text, begin, length, "", 0);
	}
	else
	{
		Text		count = {0};

		splice(text, begin, length, "", 0);
		ubjson_big_endian(&count, array.n - 1, 8);
		splice(text, array.count, 8, count.data, count.length);
		free(count.data);
	}
	return true;
}

static bool
duplicate_key(Text *text, const Source *source, Random *random)
{
	Array		array;
	Text		copy = {0};

	if (!random_array(text, source->json, random, &array))
		return false;
	text_bytes(&copy, text->data + array.key, array.end - array.key);
	if (source->json)
		text_bytes(&copy, "],", 2);
	splice(text, array.key, 0, copy.data, copy.length);
	free(copy.data);
	return true;
}

/* -------- tried -------- */

typedef struct Kind
{
	const char *name;
	Damage		damage;
	bool		structural;
	int			made;
	int			refused;
	int			wrong;
	double		slowest;		/* seconds */
	double		memory;			/* most, as a part of what is allowed */
} Kind;

static Kind kinds[] = {
	{.name = "bits flipped",.damage = flip_bits},
	{.name = "bytes replaced",.damage = replace_bytes},
	{.name = "span deleted",.damage = delete_span},
	{.name = "span inserted",.damage = insert_span},
	{.name = "span duplicated",.damage = duplicate_span},
	{.name = "number replaced",.damage = replace_number},
	{.name = "truncated",.damage = truncate_file,.structural = true},
	{.name = "child out of range",.damage = child_out_of_range,
	.structural = true},
	{.name = "cycle",.damage = make_cycle,.structural = true},
	{.name = "bad feature index",.damage = bad_feature,.structural = true},
	{.name = "overlapping sets",.damage = overlap_sets,.structural = true},
	{.name = "deep nesting",.damage = nest_deeply,.structural = true},
	{.name = "false length",.damage = false_length,.structural = true},
	{.name = "array shortened",.damage = shorten_array,.structural = true},
	{.name = "key duplicated",.damage = duplicate_key,.structural = true},
};

#define N_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static bool
model_runs(const Imported *imported, Random *random)
{
	CrForest	forest;
	CrError		error;

	return cr_forest_open(&forest, imported->image, imported->size,
						  &error) == CR_OK &&
		evaluators_agree(&forest, random, 10) && labels_found(&forest);
}

static void
try_file(Kind *kind, const Source *source, const Text *text, Random *random)
{
	double		begin = now();
	Imported	imported = import_numbered(text_view(text),
										   source->n_features);
	double		seconds = now() - begin;
	double		memory = (double) imported.meter.peak /
		(double) (4 * text->length + 65536);
	bool		refused = imported.status != CR_OK;

	kind->made++;
	kind->refused += refused;
	if (seconds > kind->slowest)
		kind->slowest = seconds;
	if (memory > kind->memory)
		kind->memory = memory;
	if (!imported.sound || seconds > MAX_SECONDS ||
		(refused ? imported.error.status != imported.status :
		 kind->structural || !model_runs(&imported, random)))
	{
		kind->wrong++;
		printf("# %s, %s, %d: status %d, sound %d, %.3f s: %s\n", source->name,
			   kind->name, kind->made, (int) imported.status, imported.sound,
			   seconds, imported.error.message);
	}
	forget(&imported);
}

static void
damage_source(const Source *source, Random *random)
{
	CrView		original = read_file(source->folder, source->name);

	for (size_t k = 0; k < N_KINDS; k++)
		for (int i = 0; i < PER_KIND; i++)
		{
			Text		text = {0};

			text_bytes(&text, original.data, original.length);
			if (kinds[k].damage(&text, source, random) &&
				(text.length != original.length ||
				 memcmp(text.data, original.data, text.length) != 0))
				try_file(&kinds[k], source, &text, random);
			free(text.data);
		}
	free((void *) original.data);
}

static void
print_line(const Kind *kind)
{
	fprintf(stderr, "%-20s %6d %8d %9d %9.2f ms %8.1f %%\n", kind->name,
			kind->made, kind->refused, kind->made - kind->refused,
			1000 * kind->slowest, 100 * kind->memory);
}

/* To standard error, so that prove shows it.  Returns the files made. */
static int
print_table(void)
{
	Kind		all = {.name = "all"};

	fprintf(stderr, "\n%-20s %6s %8s %9s %12s %10s\n", "damage", "made",
			"refused", "accepted", "slowest", "memory");
	for (size_t k = 0; k < N_KINDS; k++)
	{
		print_line(&kinds[k]);
		all.made += kinds[k].made;
		all.refused += kinds[k].refused;
		all.slowest = fmax(all.slowest, kinds[k].slowest);
		all.memory = fmax(all.memory, kinds[k].memory);
	}
	print_line(&all);
	fprintf(stderr, "(memory: at most, of four times the file and 64 kB)\n");
	return all.made;
}

int
main(void)
{
	Random		random = {.state = 20240607};
	int			made;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		damage_source(&sources[i], &random);
	made = print_table();
	for (size_t k = 0; k < N_KINDS; k++)
		ok(kinds[k].wrong == 0 && kinds[k].made > 0,
		   "%s: %d made, %d refused, %d accepted, %d wrong", kinds[k].name,
		   kinds[k].made, kinds[k].refused, kinds[k].made - kinds[k].refused,
		   kinds[k].wrong);
	ok(made >= MIN_MADE, "%d damaged files", made);
	return done_testing();
}
