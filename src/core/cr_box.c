/*
 * cr_box.c
 *	  A set of applicants, given feature by feature, and what a tree can give
 *	  over it.
 *
 * A forest compares numbers with its thresholds only, and asks of a category
 * only whether it is in one of its sets.  So bounds that are thresholds, and
 * one category for all that no set lists, tell all applicants apart that the
 * forest does.
 */
#include "cr_box.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "cr_sort.h"

#define POLL_EVERY	4096

static void
poll_now_and_then(const CrAlloc *alloc, uint64_t i)
{
	if (i % POLL_EVERY == 0)
		cr_poll(alloc);
}

/* -------- making -------- */

/* Threads the nodes of each feature together, in ascending order. */
static void
link_nodes(CrBox *box)
{
	const CrForest *forest = box->forest;

	for (uint32_t f = 0; f < forest->n_features; f++)
		box->first_node[f] = CR_NO_NODE;
	for (uint32_t i = forest->n_nodes; i-- > 0;)
	{
		const CrNode *node = &forest->nodes[i];

		poll_now_and_then(box->alloc, i);
		if (cr_box_leaf(box, node))
			continue;
		box->next_node[i] = box->first_node[cr_box_feature(node)];
		box->first_node[cr_box_feature(node)] = i;
	}
}

/* Marks the codes of a set in a bitmap, or counts the words that it needs. */
static uint32_t
mark_set(const CrForest *forest, uint32_t index, uint32_t *bitmap)
{
	const CrSet *set = &forest->sets[index];
	const uint32_t *words = forest->set_words + set->first_word;
	uint32_t	n = CR_SET_SIZE(set);
	bool		dense = (set->size & CR_SET_BITMAP) != 0;

	for (uint32_t i = 0; i < n && bitmap != NULL; i++)
	{
		if (dense)
			bitmap[i] |= words[i];
		else
			bitmap[words[i] / 32] |= UINT32_C(1) << words[i] % 32;
	}
	return dense || n == 0 ? n : words[n - 1] / 32 + 1;
}

static void
allocate_codes(CrBox *box, CrDomain *domain, size_t n)
{
	domain->codes = box->alloc->alloc(box->alloc->context,
									  2 * n * sizeof(uint32_t));
	domain->cut = domain->codes + n;
	memset(domain->cut, 0, n * sizeof(uint32_t));
}

/* The codes that the bitmap has, and the first that it has not. */
static void
list_codes(CrBox *box, CrDomain *domain, const uint32_t *bitmap,
		   uint32_t n_words)
{
	uint64_t	n = 0;
	bool		unlisted = false;

	for (uint64_t code = 0; code < (uint64_t) n_words * 32; code++)
		n += bitmap[code / 32] >> code % 32 & 1;
	allocate_codes(box, domain, n + 1);
	for (uint64_t code = 0; code <= (uint64_t) n_words * 32; code++)
	{
		bool		listed = code < (uint64_t) n_words * 32 &&
			(bitmap[code / 32] >> code % 32 & 1) != 0;

		poll_now_and_then(box->alloc, code);
		if ((!listed && unlisted) || code > CR_MAX_CATEGORY)
			continue;
		unlisted = unlisted || !listed;
		domain->codes[domain->n_codes++] = (uint32_t) code;
	}
}

/* Without labels any code may come; the splits say which ones matter. */
static void
find_codes(CrBox *box, uint32_t feature)
{
	const CrForest *forest = box->forest;
	uint32_t	n_words = 0;
	uint32_t   *bitmap;

	for (uint32_t i = box->first_node[feature]; i != CR_NO_NODE;
		 i = box->next_node[i])
	{
		uint32_t	needed = mark_set(forest, forest->nodes[i].u.set, NULL);

		n_words = needed > n_words ? needed : n_words;
	}
	bitmap = box->alloc->alloc(box->alloc->context,
							   ((size_t) n_words + 1) * sizeof(uint32_t));
	memset(bitmap, 0, n_words * sizeof(uint32_t));
	for (uint32_t i = box->first_node[feature]; i != CR_NO_NODE;
		 i = box->next_node[i])
	{
		poll_now_and_then(box->alloc, i);
		mark_set(forest, forest->nodes[i].u.set, bitmap);
	}
	list_codes(box, &box->domains[feature], bitmap, n_words);
	box->alloc->release(box->alloc->context, bitmap);
}

static void
make_categories(CrBox *box, uint32_t feature)
{
	CrDomain   *domain = &box->domains[feature];
	uint32_t	n_labels = box->forest->features[feature].n_labels;

	if (n_labels == 0)
	{
		find_codes(box, feature);
		return;
	}
	allocate_codes(box, domain, n_labels);
	while (domain->n_codes < n_labels)
	{
		domain->codes[domain->n_codes] = domain->n_codes;
		domain->n_codes++;
	}
}

void
cr_box_make(CrBox *box, const CrForest *forest, const CrAlloc *alloc)
{
	size_t		n = forest->n_features;

	*box = (CrBox) {.forest = forest,.alloc = alloc};
	box->domains = alloc->alloc(alloc->context, n * sizeof(CrDomain));
	box->first_node = alloc->alloc(alloc->context,
								   (n + forest->n_nodes) * sizeof(uint32_t));
	box->next_node = box->first_node + n;
	link_nodes(box);
	for (uint32_t f = 0; f < n; f++)
	{
		box->domains[f] = (CrDomain) {-FLT_MAX, INFINITY, true, 0, NULL, NULL};
		if (forest->features[f].kind == CR_CATEGORICAL)
			make_categories(box, f);
	}
}

void
cr_box_release(CrBox *box)
{
	for (uint32_t f = 0; f < box->forest->n_features; f++)
		if (box->domains[f].codes != NULL)
			box->alloc->release(box->alloc->context, box->domains[f].codes);
	box->alloc->release(box->alloc->context, box->first_node);
	box->alloc->release(box->alloc->context, box->domains);
}

/* -------- the nodes of a feature -------- */

uint32_t
cr_box_tree_of(const CrBox *box, uint32_t node)
{
	const CrTree *trees = box->forest->trees;
	uint32_t	low = 0;
	uint32_t	high = box->forest->n_trees;

	while (high - low > 1)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (trees[middle].root <= node)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int
compare_thresholds(const void *context, uint32_t a, uint32_t b)
{
	const CrNode *nodes = context;

	if (nodes[a].u.threshold != nodes[b].u.threshold)
		return nodes[a].u.threshold < nodes[b].u.threshold ? -1 : 1;
	return a < b ? -1 : a > b;
}

uint32_t *
cr_box_sorted(const CrBox *box, uint32_t feature, uint32_t *n)
{
	uint32_t   *nodes;

	*n = 0;
	for (uint32_t i = box->first_node[feature]; i != CR_NO_NODE;
		 i = box->next_node[i])
		++*n;
	nodes = box->alloc->alloc(box->alloc->context,
							  ((size_t) *n + 1) * sizeof(uint32_t));
	*n = 0;
	for (uint32_t i = box->first_node[feature]; i != CR_NO_NODE;
		 i = box->next_node[i])
		nodes[(*n)++] = i;
	cr_sort(nodes, *n, compare_thresholds, box->forest->nodes);
	return nodes;
}

/* -------- looking -------- */

static int
category_sides(CrBox *box, const CrNode *node, const CrDomain *domain,
			   int sides)
{
	for (uint32_t i = 0; i < domain->n_codes &&
		 sides != (CR_LEFT | CR_RIGHT); i++)
	{
		box->visits++;
		if (domain->cut[i] == 0)
			sides |= cr_set_contains(box->forest, node->u.set,
									 domain->codes[i]) ? CR_RIGHT : CR_LEFT;
	}
	return sides;
}

/* The sides that an inner node sends somebody in the box to. */
int
cr_box_sides(CrBox *box, const CrNode *node)
{
	const CrDomain *domain = &box->domains[cr_box_feature(node)];
	int			sides = 0;

	box->visits++;
	if (domain->missing)
		sides = CR_SLOT(node->slot) % 2 == 1 ? CR_LEFT : CR_RIGHT;
	if (node->slot & CR_CATEGORICAL_SPLIT)
		return category_sides(box, node, domain, sides);
	if (domain->low < domain->high)
		sides |= (domain->low < node->u.threshold ? CR_LEFT : 0) |
			(node->u.threshold < domain->high ? CR_RIGHT : 0);
	return sides;
}

/*
 * What the subtree below a node can give.  A condition that a path repeats is
 * not followed up, so the span may be wider than what it gives, unless the
 * subtree is decided.
 */
CrSpan
cr_box_span(CrBox *box, uint32_t index)
{
	CrSpan		span = {INFINITY, -INFINITY, CR_NO_NODE};
	uint32_t	pending[CR_MAX_DEPTH + 1];
	uint32_t	n = 0;

	pending[n++] = index;
	while (n > 0)
	{
		uint32_t	i = pending[--n];
		const CrNode *node = &box->forest->nodes[i];
		int			sides;

		if (cr_box_leaf(box, node))
		{
			box->visits++;
			span.min = fmin(span.min, (double) node->u.leaf);
			span.max = fmax(span.max, (double) node->u.leaf);
			continue;
		}
		sides = cr_box_sides(box, node);
		if (sides == (CR_LEFT | CR_RIGHT) && span.open == CR_NO_NODE)
			span.open = i;
		if (sides & CR_RIGHT)
			pending[n++] = node->left + 1;
		if (sides & CR_LEFT)
			pending[n++] = node->left;
	}
	return span;
}

/* -------- cutting -------- */

void
cr_box_cut(CrBox *box, const CrNode *node, int side, uint32_t cut)
{
	CrDomain   *domain = &box->domains[cr_box_feature(node)];
	bool		missing_left = CR_SLOT(node->slot) % 2 == 1;

	if (missing_left != (side == CR_LEFT))
		domain->missing = false;
	if (node->slot & CR_CATEGORICAL_SPLIT)
	{
		box->visits += domain->n_codes;
		for (uint32_t i = 0; i < domain->n_codes; i++)
			if (domain->cut[i] == 0 &&
				cr_set_contains(box->forest, node->u.set, domain->codes[i]) ==
				(side == CR_LEFT))
				domain->cut[i] = cut;
	}
	else if (side == CR_LEFT)
		domain->high = fminf(domain->high, node->u.threshold);
	else
		domain->low = fmaxf(domain->low, node->u.threshold);
}

void
cr_box_undo(CrBox *box, uint32_t feature, const CrDomain *before, uint32_t cut)
{
	CrDomain   *domain = &box->domains[feature];

	*domain = *before;
	for (uint32_t i = 0; i < domain->n_codes; i++)
		if (domain->cut[i] == cut)
			domain->cut[i] = 0;
}

/* -------- who is in -------- */

/* A number that a person can read, where the box has one. */
static float
number_in(const CrDomain *domain)
{
	float		below = domain->high - 1;

	if (domain->low > -FLT_MAX)
		return domain->low;
	if (domain->high > 0)
		return 0;
	return below < domain->high ? below : nextafterf(domain->high, -INFINITY);
}

static float
value_in(const CrForest *forest, uint32_t feature, const CrDomain *domain)
{
	if (forest->features[feature].kind == CR_NUMERIC)
		return domain->low < domain->high ? number_in(domain) : NAN;
	for (uint32_t i = 0; i < domain->n_codes; i++)
		if (domain->cut[i] == 0)
			return (float) domain->codes[i];
	return NAN;
}

void
cr_box_applicant(const CrBox *box, float *vector)
{
	for (uint32_t f = 0; f < box->forest->n_features; f++)
		vector[f] = value_in(box->forest, f, &box->domains[f]);
}
