/*
 * cr_tree.c
 *	  One tree: XGBoost's parallel arrays -> nodes of the image.
 *
 * The nodes are renumbered breadth-first.  The walk that does so proves on
 * its way that the arrays describe a tree: no node is reached twice, each
 * child names its parent, and what is not reached was deleted by pruning.
 */
#include "cr_tree.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "cr_sort.h"

#define NO_NODE			(-1)	/* child of a leaf */
#define DELETED_SPLIT	INT32_MAX	/* split index of a node pruned away */
#define NO_PARENT		INT32_MAX	/* parent of the root */

/* The arrays of one tree, decoded into one allocation. */
typedef struct Decoded
{
	void	   *memory;
	uint32_t	index;			/* of the tree in the file */
	uint32_t	n;
	int32_t    *left;
	int32_t    *right;
	int32_t    *parents;
	int32_t    *split_indices;
	float	   *split_conditions;
	float	   *covers;
	float	   *loss_changes;	/* if gains are wanted */
	uint32_t   *order;			/* breadth-first rank -> node of the file */
	uint8_t    *split_types;
	uint8_t    *default_left;
	uint8_t    *reached;

	/* categorical splits, by ascending node */
	uint32_t	n_sets;
	uint32_t	n_codes;
	int32_t    *set_nodes;
	int32_t    *set_begins;
	int32_t    *set_sizes;
	int32_t    *codes;
} Decoded;

static CrStatus
decode_nodes(const CrTreeArrays *arrays, bool gains, Decoded *d)
{
	CrReader	reader;
	CrStatus	status;

#define READ(array, kind, target) \
	(reader = arrays->array.reader, \
	 cr_reader_##kind(&reader, (target), arrays->array.count))

	status = READ(left, integers, d->left);
	if (status == CR_OK)
		status = READ(right, integers, d->right);
	if (status == CR_OK)
		status = READ(parents, integers, d->parents);
	if (status == CR_OK)
		status = READ(split_indices, integers, d->split_indices);
	if (status == CR_OK)
		status = READ(split_conditions, floats, d->split_conditions);
	if (status == CR_OK)
		status = READ(covers, floats, d->covers);
	if (status == CR_OK && gains)
		status = READ(loss_changes, floats, d->loss_changes);
	if (status == CR_OK)
		status = READ(default_left, flags, d->default_left);
	if (status == CR_OK && arrays->split_types.present)
		status = READ(split_types, flags, d->split_types);
	if (status == CR_OK && d->n_sets > 0)
		status = READ(category_nodes, integers, d->set_nodes);
	if (status == CR_OK && d->n_sets > 0)
		status = READ(category_segments, integers, d->set_begins);
	if (status == CR_OK && d->n_sets > 0)
		status = READ(category_sizes, integers, d->set_sizes);
	if (status == CR_OK && d->n_codes > 0)
		status = READ(categories, integers, d->codes);
#undef READ
	return status;
}

/* The counts are those of bytes in memory, so nothing here overflows. */
size_t
cr_tree_memory(const CrTreeArrays *arrays, bool gains)
{
	return (size_t) arrays->n_nodes * ((7 + gains) * sizeof(int32_t) + 3) +
		(size_t) (3 * arrays->category_nodes.count +
				  arrays->categories.count) * sizeof(int32_t);
}

/* Lays the arrays out in one allocation, which the caller releases. */
static void
allocate(const CrTreeArrays *arrays, bool gains, Decoded *d,
		 const CrAlloc *alloc)
{
	size_t		n = (size_t) arrays->n_nodes;
	size_t		sets = (size_t) arrays->category_nodes.count;
	size_t		codes = (size_t) arrays->categories.count;
	size_t		size = cr_tree_memory(arrays, gains);
	char	   *next = alloc->alloc(alloc->context, size);

#define PLACE(member, count) \
	(d->member = (void *) next, next += (count) * sizeof(*d->member))

	*d = (Decoded) {.memory = next, .n = (uint32_t) n,
		.n_sets = (uint32_t) sets, .n_codes = (uint32_t) codes};
	memset(next, 0, size);
	PLACE(left, n);
	PLACE(right, n);
	PLACE(parents, n);
	PLACE(split_indices, n);
	PLACE(split_conditions, n);
	PLACE(covers, n);
	PLACE(loss_changes, gains ? n : 0);
	PLACE(order, n);
	PLACE(set_nodes, sets);
	PLACE(set_begins, sets);
	PLACE(set_sizes, sets);
	PLACE(codes, codes);
	PLACE(split_types, n);
	PLACE(default_left, n);
	PLACE(reached, n);
#undef PLACE
}

static CrStatus
fail_node(const Decoded *d, int64_t node, const char *fault, CrError *error)
{
	return cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
				   "Node %d of tree %u %s.", node, (uint64_t) d->index, fault);
}

/* Fills order; *n_reached receives the nodes of the tree. */
static CrStatus
walk_breadth_first(Decoded *d, uint32_t *n_reached, CrError *error)
{
	uint32_t	n = 1;

	if (d->parents[0] != NO_PARENT && d->parents[0] != NO_NODE)
		return fail_node(d, 0, "is the root but has a parent", error);
	d->order[0] = 0;
	d->reached[0] = 1;
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t	node = d->order[i];
		int32_t		children[2] = {d->left[node], d->right[node]};

		if (children[0] == NO_NODE && children[1] == NO_NODE)
			continue;
		for (int k = 0; k < 2; k++)
		{
			int32_t		child = children[k];

			if (child < 0 || (uint32_t) child >= d->n)
				return fail_node(d, node, "has a child that is not there", error);
			if (d->reached[child])
				return fail_node(d, child, "is reached twice", error);
			if (d->parents[child] != (int32_t) node)
				return fail_node(d, child, "names another parent", error);
			d->reached[child] = 1;
			d->order[n++] = (uint32_t) child;
		}
	}
	for (uint32_t i = 0; i < d->n; i++)
		if (!d->reached[i] && d->split_indices[i] != DELETED_SPLIT)
			return fail_node(d, i, "is reached from nowhere", error);
	*n_reached = n;
	return CR_OK;
}

static int
compare_codes(const void *context, uint32_t a, uint32_t b)
{
	(void) context;
	return (a > b) - (a < b);
}

/* The entry of a node in the arrays of categorical splits, or -1. */
static int64_t
find_set(const Decoded *d, int32_t node)
{
	uint32_t	low = 0;
	uint32_t	high = d->n_sets;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (d->set_nodes[middle] == node)
			return middle;
		if (d->set_nodes[middle] > node)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/*
 * The sets follow one another in the order of their nodes and use up the
 * codes, as XGBoost writes them; so none can change another's codes below.
 */
static CrStatus
check_sets(const Decoded *d, CrError *error)
{
	int64_t		next = 0;

	for (uint32_t i = 0; i < d->n_sets; i++)
	{
		int32_t		node = d->set_nodes[i];

		if (node < 0 || (uint32_t) node >= d->n ||
			!d->split_types[node] ||
			(i > 0 && node <= d->set_nodes[i - 1]))
			return fail_node(d, node,
							 "cannot have a categorical split there", error);
		if (d->set_begins[i] != next || d->set_sizes[i] < 0 ||
			d->set_sizes[i] > d->n_codes - next)
			return fail_node(d, node, "has categories out of range", error);
		next += d->set_sizes[i];
	}
	return next == d->n_codes ? CR_OK :
		cr_fail(error, CR_MALFORMED, CR_NO_OFFSET,
				"Tree %u lists categories of no split.", (uint64_t) d->index);
}

/*
 * Writes n sorted codes as a bitmap if that takes no more words than they do.
 * Returns the words written.
 */
static uint32_t
write_set(const uint32_t *codes, uint32_t n, CrSet *set, uint32_t *words)
{
	uint32_t	n_words = n == 0 ? 1 : codes[n - 1] / 32 + 1;

	if (n_words > n)
	{
		if (n > 0)
			memcpy(words, codes, n * sizeof(*words));
		set->size = n;
		return n;
	}
	memset(words, 0, n_words * sizeof(*words));
	for (uint32_t i = 0; i < n; i++)
		words[codes[i] / 32] |= UINT32_C(1) << codes[i] % 32;
	set->size = n_words | CR_SET_BITMAP;
	return n_words;
}

/* Adds the category set of a node and names it in *index. */
static CrStatus
read_set(Decoded *d, int32_t node, CrTreeSink *sink, uint32_t *index,
		 CrError *error)
{
	int64_t		i = find_set(d, node);
	uint32_t   *codes;
	int32_t		size;
	CrSet	   *set;

	if (i < 0)
		return fail_node(d, node, "has a categorical split without categories", error);
	codes = (uint32_t *) d->codes + d->set_begins[i];
	size = d->set_sizes[i];
	cr_sort(codes, (size_t) size, compare_codes, NULL);
	for (int32_t k = 0; k < size; k++)
		if (codes[k] > CR_MAX_CATEGORY || (k > 0 && codes[k] == codes[k - 1]))
			return fail_node(d, node,
							 "lists a category twice or out of range", error);

	*index = sink->n_sets++;
	set = &sink->sets[*index];
	set->first_word = sink->n_set_words;
	sink->n_set_words += write_set(codes, (uint32_t) size, set,
								   sink->set_words + sink->n_set_words);
	return CR_OK;
}

/* Fills an inner node but for its left child. */
static CrStatus
read_split(Decoded *d, int32_t node, CrTreeSink *sink, CrNode *out,
		   CrError *error)
{
	int32_t		feature = d->split_indices[node];
	bool		categorical = d->split_types[node];
	float		threshold = d->split_conditions[node];

	if (feature < 0 || (uint32_t) feature >= sink->n_features)
		return fail_node(d, node, "splits on a feature that is not there", error);
	if (categorical != (sink->features[feature].kind == CR_CATEGORICAL))
		return fail_node(d, node,
						 "splits on a feature of the other type", error);
	out->slot = 2 * (uint32_t) feature + d->default_left[node];
	if (categorical)
	{
		out->slot |= CR_CATEGORICAL_SPLIT;
		return read_set(d, node, sink, &out->u.set, error);
	}
	if (isnan(threshold))
		return fail_node(d, node, "has a threshold that is not a number", error);

	/*
	 * No finite value is below -infinity nor below -FLT_MAX, but a missing
	 * value that goes left must be below its threshold (see cr_eval.c).
	 */
	out->u.threshold = threshold == -INFINITY ? -FLT_MAX : threshold;
	return CR_OK;
}

static CrStatus
write_nodes(Decoded *d, uint32_t n_reached, float weight, CrTreeSink *sink,
			CrTree *tree, CrError *error)
{
	uint32_t	next = 1;
	uint32_t	level_end = 1;

	*tree = (CrTree) {.root = sink->n_nodes, .n_nodes = n_reached};
	for (uint32_t i = 0; i < n_reached; i++)
	{
		int32_t		node = (int32_t) d->order[i];
		CrNode	   *out = &sink->nodes[tree->root + i];

		if (i == level_end)
		{
			level_end = next;
			if (++tree->depth > CR_MAX_DEPTH)
				return cr_fail(error, CR_LIMIT, CR_NO_OFFSET,
							   "Tree %u is more than %u levels deep.",
							   (uint64_t) d->index, (uint64_t) CR_MAX_DEPTH);
		}
		out->cover = d->covers[node];
		if (!isfinite(out->cover))
			return fail_node(d, node, "has a sum_hessian that is not finite", error);
		if (d->left[node] == NO_NODE)
		{
			out->slot = 2 * sink->n_features;
			out->left = tree->root + i;
			out->u.leaf = d->split_conditions[node] * weight;
			if (!isfinite(out->u.leaf))
				return fail_node(d, node, "is a leaf without a finite value", error);
		}
		else
		{
			CrStatus	status = read_split(d, node, sink, out, error);

			if (status != CR_OK)
				return status;
			out->left = tree->root + next;
			next += 2;
		}
	}
	sink->n_nodes += n_reached;
	return CR_OK;
}

/*
 * Adds what each split lowered the loss by to the gain of its feature: in
 * float32, a node before its children and the right one before the left, as
 * XGBoost's total_gain does, so that the sums have its bits.
 */
static CrStatus
add_gains(Decoded *d, float *gains, CrError *error)
{
	uint32_t   *waiting = d->order; /* which has served */
	uint32_t	n = 1;

	waiting[0] = 0;
	while (n > 0)
	{
		uint32_t	node = waiting[--n];
		float	   *gain;

		if (d->left[node] == NO_NODE)
			continue;
		gain = &gains[d->split_indices[node]];
		*gain += d->loss_changes[node];
		if (!isfinite(*gain))
			return fail_node(d, node, "brings a gain that is not finite", error);
		waiting[n++] = (uint32_t) d->left[node];
		waiting[n++] = (uint32_t) d->right[node];
	}
	return CR_OK;
}

/*
 * Appends a tree to the sink.  Its leaves are multiplied by weight, in
 * float32, as XGBoost's dart does with the tree's prediction; its gains are
 * not.  If gains are wanted, the tree must have loss_changes.  On failure the
 * sink is of no further use.
 */
CrStatus
cr_tree_read(const CrTreeArrays *arrays, uint32_t index, float weight,
			 CrTreeSink *sink, CrTree *tree, const CrAlloc *alloc, CrError *error)
{
	Decoded		decoded;
	uint32_t	n_reached = 0;
	CrStatus	status;

	allocate(arrays, sink->gains != NULL, &decoded, alloc);
	decoded.index = index;
	status = decode_nodes(arrays, sink->gains != NULL, &decoded);
	if (status == CR_OK)
		status = check_sets(&decoded, error);
	if (status == CR_OK)
		status = walk_breadth_first(&decoded, &n_reached, error);
	if (status == CR_OK)
		status = write_nodes(&decoded, n_reached, weight, sink, tree, error);
	if (status == CR_OK && sink->gains != NULL)
		status = add_gains(&decoded, sink->gains, error);
	alloc->release(alloc->context, decoded.memory);
	return status;
}
