/*
 * plant.h
 *	  Forests of a wanted shape as images, without a model file: for what no
 *	  training would make.
 */
#ifndef PLANT_H
#define PLANT_H

#include "random.h"
#include "tap.h"

typedef enum Growth
{
	GROW_BUSHY,					/* every child splits */
	GROW_RAGGED,				/* two of three do */
	GROW_CHAIN					/* one of the two does */
} Growth;

typedef struct Plant
{
	const char *what;
	uint32_t	n_trees;
	uint32_t	n_features;
	uint32_t	n_inner;		/* of a tree, at most */
	uint32_t	depth;			/* at most */
	Growth		growth;
	uint32_t	trunk;			/* levels where all go left, to be sure to reach
								 * what grows on top */
	uint32_t	n_thresholds;	/* distinct ones of each feature; 0: few, odd */
	uint32_t	choices;		/* one feature in so many is categorical */
	uint32_t	max_code;
	bool		base_last;
	bool		odd_covers;		/* children's do not add up, some are 0 or below */
} Plant;

typedef struct Garden
{
	const Plant *plant;
	Random	   *random;
	CrNode	   *nodes;
	CrTree	   *trees;
	CrSet	   *sets;
	uint32_t   *words;
	uint32_t	n_nodes;
	uint32_t	n_sets;
	uint32_t	n_words;
	uint32_t	n_splits;		/* so far */
} Garden;

static inline bool
planted_categorical(const Plant *plant, uint32_t feature)
{
	return plant->choices > 0 && feature % plant->choices == 0;
}

/* Threshold k of n: neighbouring floats around zero, denormal ones among them. */
static inline float
planted_threshold(const Garden *g, uint32_t k)
{
	static const float odd[] = {0.0f, -0.0f, 1e-45f, -1e-45f, 1e-40f, 1.0f,
	-1.0f, 3.4028234e38f, -3.4028234e38f, INFINITY, 0.5f};
	uint32_t	half = g->plant->n_thresholds / 2;
	uint32_t	bits;
	float		threshold;

	if (g->plant->n_thresholds == 0)
		return odd[random_below(g->random, sizeof(odd) / sizeof(odd[0]))];
	k %= g->plant->n_thresholds;
	bits = k < half ? UINT32_C(0x80000000) + (half - k) : k - half;
	if (k == g->plant->n_thresholds - 1)
		bits = UINT32_C(0x7f800000);	/* the last one is +infinity */
	memcpy(&threshold, &bits, sizeof(bits));
	return threshold;
}

static inline int
compare_words(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *) a;
	uint32_t	y = *(const uint32_t *) b;

	return (x > y) - (x < y);
}

/* A set as a bitmap or as a list. */
static inline uint32_t
plant_set(Garden *g)
{
	uint32_t	n = 1 + random_below(g->random, 12);
	uint32_t   *words = g->words + g->n_words;
	CrSet	   *set = &g->sets[g->n_sets];
	uint32_t	kept = 0;

	set->first_word = g->n_words;
	for (uint32_t i = 0; i < n; i++)
		words[i] = one_in(g->random, 2) ? ~UINT32_C(0) :
			(uint32_t) random_bits(g->random) | 1;
	if (one_in(g->random, 2))
	{
		if (n > g->plant->max_code / 32 + 1)
			n = g->plant->max_code / 32 + 1;
		g->n_words += n;
		set->size = n | CR_SET_BITMAP;
		return g->n_sets++;
	}
	for (uint32_t i = 0; i < n; i++)
		words[i] = random_below(g->random, g->plant->max_code + 1);
	qsort(words, n, sizeof(uint32_t), compare_words);
	for (uint32_t i = 0; i < n; i++)
		if (kept == 0 || words[kept - 1] != words[i])
			words[kept++] = words[i];
	g->n_words += kept;
	set->size = kept;
	return g->n_sets++;
}

static inline void
plant_split(Garden *g, CrNode *node)
{
	uint32_t	feature = g->plant->n_thresholds == 0 ?
		random_below(g->random, g->plant->n_features) :
		g->n_splits % g->plant->n_features;
	uint32_t	slot = 2 * feature + one_in(g->random, 2);

	if (planted_categorical(g->plant, feature))
	{
		node->slot = slot | CR_CATEGORICAL_SPLIT;
		node->u.set = plant_set(g);
	}
	else
	{
		node->slot = slot;
		node->u.threshold =
			planted_threshold(g, g->n_splits / g->plant->n_features);
	}
	g->n_splits++;
}

/* A split of the last feature that sends everything left. */
static inline void
plant_trunk(Garden *g, CrNode *node)
{
	node->slot = 2 * (g->plant->n_features - 1) + 1;
	node->u.threshold = INFINITY;
}

static inline bool
child_grows(Garden *g, bool first)
{
	switch (g->plant->growth)
	{
		case GROW_BUSHY:
			return true;
		case GROW_RAGGED:
			return !one_in(g->random, 3);
		default:
			return first;
	}
}

static inline void
plant_leaf(Garden *g, CrNode *node, uint32_t index)
{
	node->slot = 2 * g->plant->n_features;
	node->left = index;
	node->u.leaf = one_in(g->random, 20) ? -0.0f : random_float(g->random);
}

/* Gives the children of a node their covers. */
static inline void
plant_covers(Garden *g, CrNode *node, CrNode *children)
{
	float		share = one_in(g->random, 40) ? 0 :
		(float) random_below(g->random, 1001) / 1000;

	children[0].cover = node->cover * share;
	children[1].cover = node->cover - children[0].cover;
	if (g->plant->odd_covers)
		for (int i = 0; i < 2; i++)
			children[i].cover = one_in(g->random, 3) ? 0 :
				(float) random_below(g->random, 1000) - 30;
}

/* In breadth-first order; grows[] and levels[] are of the nodes of the tree. */
static inline void
plant_tree(Garden *g, CrTree *tree)
{
	uint32_t	room = 2 * g->plant->n_inner + 1;
	bool	   *grows = calloc(room, sizeof(bool));
	uint32_t   *levels = calloc(room, sizeof(uint32_t));
	uint32_t	n = 1;
	uint32_t	n_inner = 0;

	*tree = (CrTree) {.root = g->n_nodes};
	grows[0] = true;
	for (uint32_t i = 0; i < n; i++)
	{
		CrNode	   *node = &g->nodes[tree->root + i];
		bool		first = one_in(g->random, 2);

		if (i == 0)
			node->cover = one_in(g->random, 20) ? 0 : 1000;
		if (levels[i] > tree->depth)
			tree->depth = levels[i];
		if (!grows[i] || n_inner == g->plant->n_inner ||
			levels[i] == g->plant->depth)
		{
			plant_leaf(g, node, tree->root + i);
			continue;
		}
		n_inner++;
		node->left = tree->root + n;
		grows[n] = levels[i] < g->plant->trunk || child_grows(g, first);
		grows[n + 1] = levels[i] >= g->plant->trunk && child_grows(g, !first);
		if (levels[i] < g->plant->trunk)
			plant_trunk(g, node);
		else
			plant_split(g, node);
		plant_covers(g, node, &g->nodes[node->left]);
		levels[n] = levels[n + 1] = levels[i] + 1;
		n += 2;
	}
	tree->n_nodes = n;
	g->n_nodes += n;
	free(grows);
	free(levels);
}

/* Puts the sections one behind the other; NULL as image only counts. */
static inline size_t
lay_sections(CrImageHeader *header, char *image,
			 const void *const data[CR_N_SECTIONS])
{
	size_t		position = sizeof(*header);

	for (int i = 0; i < CR_N_SECTIONS; i++)
	{
		size_t		bytes = header->sections[i].count *
			cr_section_item_size((CrSectionKind) i);

		position += (size_t) -position % CR_IMAGE_ALIGNMENT;
		header->sections[i].offset = position;
		if (image != NULL && bytes > 0)
			memcpy(image + position, data[i], bytes);
		position += bytes;
	}
	return position;
}

static inline void *
finish_image(Garden *g)
{
	uint32_t	n = g->plant->n_features;
	CrFeature  *features = calloc(n, sizeof(CrFeature));
	char	   *strings = malloc(n);
	CrError		error;
	CrImageHeader header = {
		.magic = CR_IMAGE_MAGIC,.byte_order = CR_IMAGE_BYTE_ORDER,
		.version = CR_IMAGE_VERSION,.base_margin = 0.125f,
		.base_last = g->plant->base_last,
	};
	const void *data[CR_N_SECTIONS] = {
		[CR_FEATURES] = features,[CR_TREES] = g->trees,[CR_NODES] = g->nodes,
		[CR_SETS] = g->sets,[CR_SET_WORDS] = g->words,[CR_STRINGS] = strings,
	};
	char	   *image;

	memset(strings, 'f', n);
	for (uint32_t f = 0; f < n; f++)
		features[f] = (CrFeature) {.name_offset = f,.name_length = 1,
		.kind = planted_categorical(g->plant, f) ? CR_CATEGORICAL : CR_NUMERIC};
	cr_scaling_init(&header.scaling, 600, 50, 20, -(double) INFINITY,
					(double) INFINITY, &error);
	header.sections[CR_FEATURES].count = n;
	header.sections[CR_TREES].count = g->plant->n_trees;
	header.sections[CR_NODES].count = g->n_nodes;
	header.sections[CR_SETS].count = g->n_sets;
	header.sections[CR_SET_WORDS].count = g->n_words;
	header.sections[CR_STRINGS].count = n;
	header.size = lay_sections(&header, NULL, data);
	image = calloc(1, header.size);
	lay_sections(&header, image, data);
	memcpy(image, &header, sizeof(header));
	free(features);
	free(strings);
	return image;
}

/* An opened forest; the image is to be freed. */
static inline void *
plant_forest(const Plant *plant, Random *random, CrForest *forest)
{
	size_t		n_inner = (size_t) plant->n_trees * plant->n_inner;
	Garden		g = {.plant = plant,.random = random};
	CrError		error;
	void	   *image;

	g.nodes = calloc(2 * n_inner + plant->n_trees, sizeof(CrNode));
	g.trees = calloc(plant->n_trees, sizeof(CrTree));
	g.sets = calloc(n_inner + 1, sizeof(CrSet));
	g.words = calloc(12 * n_inner + 12, sizeof(uint32_t));
	for (uint32_t t = 0; t < plant->n_trees; t++)
		plant_tree(&g, &g.trees[t]);
	image = finish_image(&g);
	if (cr_forest_open(forest, image, ((CrImageHeader *) image)->size,
					   &error) != CR_OK)
	{
		fprintf(stderr, "planted image: %s\n", error.message);
		abort();
	}
	free(g.nodes);
	free(g.trees);
	free(g.sets);
	free(g.words);
	return image;
}

#endif							/* PLANT_H */
