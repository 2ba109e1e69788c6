/*
 * cr_explain_plan.c
 *	  Builds a plan: nodes into heaps of trees side by side and into trees to be
 *	  walked, with the points and weights of what is repeated.
 *
 * A first pass looks at every tree: how deep it is, how many features a path
 * of it has, whether the covers add up.  The second one fills the arrays.
 * Both go down the paths as cr_shap.c does; no path is longer than
 * CR_PLAN_LEVELS, so they may call themselves.
 */
#include "cr_explain_plan.h"

#include <math.h>
#include <string.h>

#include "cr_codes.h"
#include "cr_explain_run.h"
#include "cr_quadrature.h"
#include "cr_shap.h"

#define POLL_EVERY		16		/* trees */
#define MAX_GAP			1e-5	/* of the sum of two shares to 1 */
#define MAX_PADDING		8		/* slots of a heap for each node of the tree */
#define NO_STEP			0
#define HEAP_SLOTS		(1 << CR_PLAN_HEAP_DEPTH)	/* at most, and one */

_Static_assert(CR_CHUNK_SLOTS <= HEAP_SLOTS, "a chunk has more slots");

/* An edge of the path from the root. */
typedef struct Step
{
	uint32_t	feature;
	uint32_t	n_features;		/* different ones, up to here */
	double		share;			/* of all edges with this feature */
	double		reach;			/* of all edges */
} Step;

typedef struct Survey
{
	uint32_t	n_features;		/* on a path, at most */
	uint32_t	n_repeated;
	bool		heap;
} Survey;

typedef struct Entry
{
	uint32_t	used;
	uint16_t	column;
	uint16_t	place;
	int8_t		code;
} Entry;

typedef struct Builder
{
	const CrForest *forest;
	const CrAlloc *alloc;
	const CrCodes *codes;
	Step		path[CR_PLAN_LEVELS + 1];
	Survey	   *surveys;		/* of each tree */
	uint32_t   *order;			/* trees: loose ones, then by depth */
	uint32_t   *numbers;		/* of features among those used */
	CrGroup    *groups;
	CrChunk    *chunks;
	Entry	   *entries;		/* of a chunk */
	Entry	   *spare;
	double		(*before)[CR_LANES];	/* for each slot of a group: share of
										 * the earlier splits */
	uint32_t   *counts;			/* of each column, and one more */
	uint32_t	n_entries;
	uint32_t	n_trees;		/* in order: those that are more than a leaf */
	uint32_t	n_slots;
	uint32_t	n_leaves;
	uint32_t	n_runs;
	uint32_t	n_places;
	uint32_t	n_nodes;
	size_t		n_terms;
	bool		odd;			/* covers do not add up */
	CrPlan	   *plan;
} Builder;

#define PLAN_ARRAY(b, type, array) \
	((type *) ((char *) (b)->plan + (b)->plan->array))

/* -------- paths -------- */

static bool
is_leaf(const CrForest *forest, uint32_t node)
{
	return forest->nodes[node].slot == 2 * forest->n_features;
}

static uint32_t
feature_of(const CrForest *forest, uint32_t node)
{
	return CR_SLOT(forest->nodes[node].slot) / 2;
}

/* The last of the first `level` steps with this feature. */
static uint32_t
find_step(const Builder *b, uint32_t level, uint32_t feature)
{
	while (level != NO_STEP && b->path[level].feature != feature)
		level--;
	return level;
}

/* The step from a node at the end of the path to a child of it. */
static void
take_step(Builder *b, uint32_t level, uint32_t node, bool right,
		  uint32_t before)
{
	double		share = cr_shap_share(b->forest, node,
									  b->forest->nodes[node].left + right);

	b->path[level + 1] = (Step) {
		.feature = feature_of(b->forest, node),
			.n_features = b->path[level].n_features + (before == NO_STEP),
			.share = b->path[before].share * share,
			.reach = b->path[level].reach * share,
	};
}

/* -------- the first pass -------- */

static void
survey_node(Builder *b, Survey *survey, double *baseline, uint32_t node,
			uint32_t level)
{
	const CrForest *forest = b->forest;
	uint32_t	left = forest->nodes[node].left;
	uint32_t	before;

	if (is_leaf(forest, node))
	{
		*baseline += (double) forest->nodes[node].u.leaf *
			b->path[level].reach;
		if (b->path[level].n_features > survey->n_features)
			survey->n_features = b->path[level].n_features;
		return;
	}
	before = find_step(b, level, feature_of(forest, node));
	survey->n_repeated += before != NO_STEP;
	if (!(fabs(cr_shap_share(forest, node, left) +
			   cr_shap_share(forest, node, left + 1) - 1) <= MAX_GAP))
		b->odd = true;
	for (uint32_t right = 0; right < 2; right++)
	{
		take_step(b, level, node, right, before);
		survey_node(b, survey, baseline, left + right, level + 1);
	}
}

_Static_assert(2 * CR_PLAN_POINTS >= CR_PLAN_LEVELS, "a path has more features");

/* The smallest number of points that there is a kernel for. */
static uint32_t
points_for(uint32_t n_features)
{
	static const uint8_t points[] = {1, 2, 3, 4, 5, 6, 8, 12, CR_PLAN_POINTS};
	uint32_t	i = 0;

	while (2u * points[i] < n_features)
		i++;
	return points[i];
}

/* False if there are covers that the kernels cannot do. */
static bool
survey_trees(Builder *b, double *baseline)
{
	const CrForest *forest = b->forest;

	b->path[NO_STEP] = (Step) {.share = 1,.reach = 1};
	for (uint32_t t = 0; t < forest->n_trees; t++)
	{
		const CrTree *tree = &forest->trees[t];
		Survey	   *survey = &b->surveys[t];

		if (t % POLL_EVERY == 0)
			cr_poll(b->alloc);
		*survey = (Survey) {
			.heap = tree->depth <= CR_PLAN_HEAP_DEPTH &&
				UINT32_C(1) << tree->depth <= MAX_PADDING * (tree->n_nodes / 2)
		};
		survey_node(b, survey, baseline, tree->root, 0);
	}
	return !b->odd;
}

/* -------- what goes where -------- */

/* Loose trees, then the others by depth; returns how many are loose. */
static uint32_t
order_trees(Builder *b)
{
	uint32_t	n_loose = 0;

	for (uint32_t depth = 0; depth <= CR_PLAN_HEAP_DEPTH; depth++)
	{
		for (uint32_t t = 0; t < b->forest->n_trees; t++)
		{
			const CrTree *tree = &b->forest->trees[t];

			if (tree->depth > 0 && (depth == 0 ? !b->surveys[t].heap :
									b->surveys[t].heap && tree->depth == depth))
				b->order[b->n_trees++] = t;
		}
		if (depth == 0)
			n_loose = b->n_trees;
	}
	return n_loose;
}

/* A group of the next trees in order; *n_repeated bounds the repeated slots. */
static CrGroup
plan_group(const Builder *b, uint32_t first, uint32_t n, uint32_t *n_repeated)
{
	CrGroup		group = {.first_slot = b->n_slots,.first_leaf = b->n_leaves};
	uint32_t	n_slots;

	*n_repeated = 0;
	for (uint32_t k = first; k < first + n; k++)
	{
		const Survey *survey = &b->surveys[b->order[k]];
		uint32_t	n_points = points_for(survey->n_features);

		group.depth = (uint8_t) b->forest->trees[b->order[k]].depth;
		if (n_points > group.n_points)
			group.n_points = (uint8_t) n_points;
		*n_repeated += survey->n_repeated;
	}
	n_slots = (1u << group.depth) - 1;
	if (*n_repeated > n_slots)
		*n_repeated = n_slots;
	return group;
}

static void
start_chunk_if_full(Builder *b, CrPlan *plan, uint32_t n_slots)
{
	if (plan->n_chunks > 0 &&
		b->chunks[plan->n_chunks - 1].n_slots + n_slots <= CR_CHUNK_SLOTS)
		return;
	b->chunks[plan->n_chunks++] = (CrChunk) {.first_group = plan->n_groups};
}

static void
plan_groups(Builder *b, CrPlan *plan)
{
	for (uint32_t k = plan->n_loose; k < b->n_trees; k += CR_LANES)
	{
		uint32_t	n = b->n_trees - k < CR_LANES ? b->n_trees - k : CR_LANES;
		uint32_t	n_repeated;
		CrGroup		group = plan_group(b, k, n, &n_repeated);
		uint32_t	n_slots = (1u << group.depth) - 1;
		CrChunk    *chunk;

		start_chunk_if_full(b, plan, n_slots);
		chunk = &b->chunks[plan->n_chunks - 1];
		group.chunk_slot = (uint16_t) chunk->n_slots;
		chunk->n_slots += n_slots;
		if (chunk->n_slots > plan->n_chunk_slots)
			plan->n_chunk_slots = chunk->n_slots;
		chunk->n_groups++;
		b->groups[plan->n_groups++] = group;
		b->n_slots += n_slots;
		b->n_leaves += 1u << group.depth;
		b->n_terms += (n_repeated + (size_t) 1) * 2 * group.n_points * CR_LANES;
	}
}

/* Counts of what trees bring along, however they are done. */
static void
plan_trees(Builder *b, CrPlan *plan)
{
	for (uint32_t k = 0; k < b->n_trees; k++)
	{
		const Survey *survey = &b->surveys[b->order[k]];
		uint32_t	n_points = points_for(survey->n_features);
		uint32_t	depth = b->forest->trees[b->order[k]].depth;

		if (n_points > plan->n_points)
			plan->n_points = n_points;
		if (depth >= plan->n_levels)
			plan->n_levels = depth + 1;
		b->n_nodes += b->forest->trees[b->order[k]].n_nodes / 2;
		b->n_terms += (size_t) survey->n_repeated * 2 * n_points;
	}
	plan->n_roots = b->n_trees;
}

/* -------- points and weights -------- */

/* Of a node whose feature has the share Z so far: t / f and w Z / f^2. */
static void
write_terms(const CrPlan *plan, double share, uint32_t n, uint32_t stride,
			float *terms)
{
	const float *rule = CR_LAYOUT_ARRAY(plan, float, rules) + CR_RULE(n);

	for (uint32_t q = 0; q < n; q++)
	{
		double		t = (double) rule[q];
		double		f = share + (1 - share) * t;

		terms[q * stride] = (float) (t / f);
		terms[(n + q) * stride] =
			(float) ((double) rule[n + q] * share / (f * f));
	}
}

static void
fill_rules(float *rules)
{
	double		points[CR_PLAN_POINTS];
	double		weights[CR_PLAN_POINTS];

	for (uint32_t n = 1; n <= CR_PLAN_POINTS; n++)
	{
		cr_quadrature_rule(n, points, weights);
		for (uint32_t q = 0; q < n; q++)
		{
			rules[CR_RULE(n) + q] = (float) points[q];
			rules[CR_RULE(n) + n + q] = (float) weights[q];
		}
	}
}

/* -------- trees to walk -------- */

static uint32_t
emit_walk(Builder *b, uint32_t node, uint32_t level, uint32_t n_points);

static void
emit_branch(Builder *b, CrPlanNode *out, uint32_t child, bool right,
			uint32_t level, uint32_t n_points)
{
	const CrNode *nodes = b->forest->nodes;

	if (is_leaf(b->forest, child))
	{
		out->kind[right] = CR_LEAF;
		out->child[right].leaf = nodes[child].u.leaf;
		return;
	}
	out->kind[right] = is_leaf(b->forest, nodes[child].left) &&
		is_leaf(b->forest, nodes[child].left + 1) ? CR_TWIG : CR_BOUGH;
	out->child[right].node = emit_walk(b, child, level, n_points);
}

/* Returns the number of the node. */
static uint32_t
emit_walk(Builder *b, uint32_t node, uint32_t level, uint32_t n_points)
{
	const CrForest *forest = b->forest;
	uint32_t	feature = feature_of(forest, node);
	uint32_t	left = forest->nodes[node].left;
	uint32_t	before = find_step(b, level, feature);
	uint32_t	number = b->n_nodes++;
	CrPlanNode *out = PLAN_ARRAY(b, CrPlanNode, nodes) + number;

	*out = (CrPlanNode) {
		.code = b->codes->nodes[node].code,
			.column = b->codes->nodes[node].column,
			.used = b->numbers[feature],
			.share = (float) cr_shap_share(forest, node, left),
			.before = (uint8_t) before,
	};
	if (before != NO_STEP)
	{
		out->terms = (uint32_t) b->n_terms;
		write_terms(b->plan, b->path[before].share, n_points, 1,
					PLAN_ARRAY(b, float, terms) + b->n_terms);
		b->n_terms += 2 * n_points;
	}
	for (uint32_t right = 0; right < 2; right++)
	{
		take_step(b, level, node, right, before);
		emit_branch(b, out, left + right, right, level + 1, n_points);
	}
	return number;
}

static void
emit_roots(Builder *b)
{
	CrRoot	   *roots = PLAN_ARRAY(b, CrRoot, roots);

	b->n_nodes = 0;
	for (uint32_t k = 0; k < b->n_trees; k++)
	{
		uint32_t	t = b->order[k];

		if (k % POLL_EVERY == 0)
			cr_poll(b->alloc);
		roots[k].n_points = points_for(b->surveys[t].n_features);
		roots[k].node = emit_walk(b, b->forest->trees[t].root, 0,
								  roots[k].n_points);
	}
}

/* -------- heaps -------- */

static void
emit_leaves(Builder *b, const CrGroup *group, uint32_t lane, float leaf,
			uint32_t level, uint32_t first)
{
	float	   *leaves = PLAN_ARRAY(b, float, leaves) +
		((size_t) group->first_leaf + first) * CR_LANES + lane;

	for (uint32_t k = 0; k < 1u << (group->depth - level); k++)
		leaves[(size_t) k * CR_LANES] = leaf;
}

/* The node takes slot i of the group; `leaf` is the first one below it. */
static void
emit_heap(Builder *b, const CrGroup *group, uint32_t lane, uint32_t node,
		  uint32_t level, uint32_t i, uint32_t leaf)
{
	const CrForest *forest = b->forest;
	CrSlot	   *slot = PLAN_ARRAY(b, CrSlot, slots) + group->first_slot + i;
	uint32_t	left = forest->nodes[node].left;
	uint16_t	place = (uint16_t)
		((group->chunk_slot + i) * CR_LANES + lane);
	uint32_t	half = (1u << group->depth) >> (level + 1);
	uint32_t	before;

	if (is_leaf(forest, node))
	{
		emit_leaves(b, group, lane, forest->nodes[node].u.leaf, level, leaf);
		return;
	}
	before = find_step(b, level, feature_of(forest, node));
	slot->shares[lane] = (float) cr_shap_share(forest, node, left);
	b->entries[b->n_entries++] = (Entry) {
		b->numbers[feature_of(forest, node)], b->codes->nodes[node].column,
			place, b->codes->nodes[node].code
	};
	if (before != NO_STEP)
		slot->needs[lane] = (int16_t) (1 << (group->depth - before));
	b->before[i][lane] = b->path[before].share;
	take_step(b, level, node, false, before);
	emit_heap(b, group, lane, left, level + 1, i + 1, leaf);
	take_step(b, level, node, true, before);
	emit_heap(b, group, lane, left + 1, level + 1, i + half, leaf + half);
}

/* -------- runs -------- */

static uint32_t
key_of(const Entry *entry, bool by_column)
{
	return by_column ? entry->column : (uint32_t) (entry->code + 128);
}

/* One pass of a radix sort, from entries to spare; both change names. */
static void
sort_entries(Builder *b, bool by_column)
{
	uint32_t	n_keys = by_column ? b->codes->n_columns : 256;
	uint32_t	sum = 0;
	Entry	   *sorted = b->spare;

	memset(b->counts, 0, n_keys * sizeof(uint32_t));
	for (uint32_t i = 0; i < b->n_entries; i++)
		b->counts[key_of(&b->entries[i], by_column)]++;
	for (uint32_t key = 0; key < n_keys; key++)
	{
		uint32_t	count = b->counts[key];

		b->counts[key] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < b->n_entries; i++)
		sorted[b->counts[key_of(&b->entries[i], by_column)]++] = b->entries[i];
	b->spare = b->entries;
	b->entries = sorted;
}

static void
add_place(Builder *b, uint16_t place, int8_t code)
{
	PLAN_ARRAY(b, uint16_t, places)[b->n_places] = place;
	PLAN_ARRAY(b, int8_t, codes)[b->n_places] = code;
	b->n_places++;
}

/* The entries of a chunk as runs, each with a code behind that no row exceeds. */
static void
emit_runs(Builder *b, CrChunk *chunk)
{
	CrRun	   *runs = PLAN_ARRAY(b, CrRun, runs);
	uint32_t	n;

	sort_entries(b, false);
	sort_entries(b, true);
	chunk->first_run = b->n_runs;
	for (uint32_t i = 0; i < b->n_entries; i += n)
	{
		const Entry *first = &b->entries[i];

		runs[b->n_runs] = (CrRun) {.first = b->n_places,
		.column = first->column,.used = first->used};
		for (n = 0; i + n < b->n_entries && first[n].column == first->column;
			 n++)
			add_place(b, first[n].place, first[n].code);
		add_place(b, 0, CR_NEVER_RIGHT);
		runs[b->n_runs++].n = (uint16_t) n;
	}
	chunk->n_runs = b->n_runs - chunk->first_run;
}

static bool
is_repeated(const CrSlot *slot)
{
	for (uint32_t lane = 0; lane < CR_LANES; lane++)
		if (slot->needs[lane] != 0)
			return true;
	return false;
}

/* Terms of all lanes, which are the rule's where the share before is 1. */
static uint32_t
emit_terms(Builder *b, const CrGroup *group, const double *before)
{
	size_t		first = b->n_terms;

	for (uint32_t lane = 0; lane < CR_LANES; lane++)
		write_terms(b->plan, before[lane], group->n_points, CR_LANES,
					PLAN_ARRAY(b, float, terms) + first + lane);
	b->n_terms += 2u * group->n_points * CR_LANES;
	return (uint32_t) first;
}

static void
emit_group(Builder *b, uint32_t number)
{
	const CrGroup *group = &b->groups[number];
	CrSlot	   *slots = PLAN_ARRAY(b, CrSlot, slots) + group->first_slot;
	uint32_t	n_slots = (1u << group->depth) - 1;
	uint32_t	first = b->plan->n_loose + number * CR_LANES;
	uint32_t	rule;

	for (uint32_t i = 0; i < n_slots * CR_LANES; i++)
		slots[i / CR_LANES].shares[i % CR_LANES] = 1;
	for (uint32_t i = 0; i < n_slots * CR_LANES; i++)
		b->before[i / CR_LANES][i % CR_LANES] = 1;
	rule = emit_terms(b, group, b->before[0]);
	for (uint32_t lane = 0;
		 lane < CR_LANES && first + lane < b->n_trees; lane++)
		emit_heap(b, group, lane,
				  b->forest->trees[b->order[first + lane]].root, 0, 0, 0);
	for (uint32_t i = 0; i < n_slots; i++)
		slots[i].terms = is_repeated(&slots[i]) ?
			emit_terms(b, group, b->before[i]) : rule;
}

static void
emit_chunks(Builder *b)
{
	b->n_runs = 0;
	b->n_places = 0;
	for (uint32_t c = 0; c < b->plan->n_chunks; c++)
	{
		CrChunk    *chunk = &b->chunks[c];

		cr_poll(b->alloc);
		b->n_entries = 0;
		for (uint32_t g = 0; g < chunk->n_groups; g++)
			emit_group(b, chunk->first_group + g);
		emit_runs(b, chunk);
	}
}

/* -------- putting it together -------- */

/* Features with splits, in their order. */
static uint32_t
number_features(Builder *b)
{
	uint32_t	n = 0;

	memset(b->numbers, 0, b->forest->n_features * sizeof(uint32_t));
	for (uint32_t i = 0; i < b->codes->n_ranked; i++)
		b->numbers[b->codes->ranked[i].feature] = 1;
	for (uint32_t i = 0; i < b->codes->n_choices; i++)
		b->numbers[b->codes->choices[i].feature] = 1;
	for (uint32_t f = 0; f < b->forest->n_features; f++)
		b->numbers[f] = b->numbers[f] ? n++ : UINT32_MAX;
	return n;
}

static size_t
place_array(size_t *size, size_t n, size_t item)
{
	size_t		offset = *size;

	*size += (n * item + CR_LAYOUT_ALIGNMENT - 1) / CR_LAYOUT_ALIGNMENT *
		CR_LAYOUT_ALIGNMENT;
	return offset;
}

/* A chunk has at most a run for each column, and one for each node. */
static void
count_runs(Builder *b, const CrPlan *plan)
{
	uint64_t	n_heap_nodes = 0;
	uint64_t	n_columns = (uint64_t) plan->n_chunks * b->codes->n_columns;

	for (uint32_t k = plan->n_loose; k < b->n_trees; k++)
		n_heap_nodes += b->forest->trees[b->order[k]].n_nodes / 2;
	b->n_runs = (uint32_t)
		(n_columns < n_heap_nodes ? n_columns : n_heap_nodes);
	b->n_places = (uint32_t) n_heap_nodes + b->n_runs;
}

static void
place_arrays(Builder *b, CrPlan *plan)
{
	size_t		size = 0;

	place_array(&size, 1, sizeof(CrPlan));
	plan->used = place_array(&size, plan->n_used, sizeof(uint32_t));
	plan->rules = place_array(&size, CR_RULES, sizeof(float));
	plan->groups = place_array(&size, plan->n_groups, sizeof(CrGroup));
	plan->chunks = place_array(&size, plan->n_chunks, sizeof(CrChunk));
	plan->runs = place_array(&size, b->n_runs, sizeof(CrRun));
	plan->places = place_array(&size, b->n_places, sizeof(uint16_t));
	plan->codes = place_array(&size, b->n_places, sizeof(int8_t));
	plan->slots = place_array(&size, b->n_slots, sizeof(CrSlot));
	plan->leaves = place_array(&size, b->n_leaves, CR_LANES * sizeof(float));
	plan->roots = place_array(&size, plan->n_roots, sizeof(CrRoot));
	plan->nodes = place_array(&size, b->n_nodes, sizeof(CrPlanNode));
	plan->terms = place_array(&size, b->n_terms, sizeof(float));
	plan->size = size;
}

static CrPlan *
allocate_plan(const CrPlan *described, const CrAlloc *alloc)
{
	char	   *memory = alloc->alloc(alloc->context,
									  described->size + CR_LAYOUT_ALIGNMENT);
	uint32_t	lead = (uint32_t) (-(uintptr_t) memory &
								   (CR_LAYOUT_ALIGNMENT - 1));
	CrPlan	   *plan = (CrPlan *) (memory + lead);

	memset(plan, 0, described->size);
	*plan = *described;
	plan->lead = lead;
	return plan;
}

static void
fill_plan(Builder *b)
{
	uint32_t   *used = PLAN_ARRAY(b, uint32_t, used);

	for (uint32_t f = 0; f < b->forest->n_features; f++)
		if (b->numbers[f] != UINT32_MAX)
			used[b->numbers[f]] = f;
	fill_rules(PLAN_ARRAY(b, float, rules));
	b->n_terms = CR_LANES;		/* 0 stands for none */
	emit_chunks(b);
	emit_roots(b);
	memcpy(PLAN_ARRAY(b, CrGroup, groups), b->groups,
		   b->plan->n_groups * sizeof(CrGroup));
	memcpy(PLAN_ARRAY(b, CrChunk, chunks), b->chunks,
		   b->plan->n_chunks * sizeof(CrChunk));
}

/* Room to work in, which the caller releases. */
static void *
allocate_room(Builder *b)
{
	size_t		n = b->forest->n_trees;
	size_t		n_groups = n / CR_LANES + CR_PLAN_HEAP_DEPTH + 1;
	size_t		n_entries = HEAP_SLOTS * CR_LANES;
	size_t		n_counts = b->codes->n_columns < 256 ? 256 :
		b->codes->n_columns;
	char	   *next = b->alloc->alloc(b->alloc->context,
									   n_entries * sizeof(double) +
									   n_groups * (sizeof(CrGroup) + sizeof(CrChunk)) +
									   2 * n_entries * sizeof(Entry) +
									   n * (sizeof(Survey) + sizeof(uint32_t)) +
									   (b->forest->n_features + n_counts) * sizeof(uint32_t));
	void	   *memory = next;

	b->before = (double (*)[CR_LANES]) next;
	b->groups = (CrGroup *) (next += n_entries * sizeof(double));
	b->chunks = (CrChunk *) (next += n_groups * sizeof(CrGroup));
	b->entries = (Entry *) (next += n_groups * sizeof(CrChunk));
	b->spare = b->entries + n_entries;
	b->surveys = (Survey *) (next += 2 * n_entries * sizeof(Entry));
	b->order = (uint32_t *) (next += n * sizeof(Survey));
	b->numbers = b->order + n;
	b->counts = b->numbers + b->forest->n_features;
	return memory;
}

/* A plan with n_used = 0 if the kernels cannot do the forest. */
static CrPlan
describe_plan(Builder *b)
{
	CrPlan		plan = {.size = sizeof(CrPlan)};
	double		baseline = (double) b->forest->header->base_margin;

	if (!survey_trees(b, &baseline))
		return plan;
	plan.baseline = baseline;
	plan.n_loose = order_trees(b);
	b->n_terms = CR_LANES;
	plan_groups(b, &plan);
	plan_trees(b, &plan);
	if (b->n_terms > UINT32_MAX)
		return (CrPlan) {.size = sizeof(CrPlan)};
	plan.n_used = number_features(b);
	count_runs(b, &plan);
	place_arrays(b, &plan);
	return plan;
}

CrPlan *
cr_plan_build(const CrForest *forest, const CrLayout *layout,
			  const CrAlloc *alloc)
{
	static const CrPlan none = {.size = sizeof(CrPlan)};
	CrCodes		codes;
	Builder		b = {.forest = forest,.alloc = alloc,.codes = &codes};
	CrPlan		described;
	void	   *room;

	if (!CR_EXPLAIN_KERNELS || layout->n_columns == 0 ||
		forest->max_depth > CR_PLAN_LEVELS ||
		!cr_codes_make(&codes, forest, alloc))
		return allocate_plan(&none, alloc);
	room = allocate_room(&b);
	described = describe_plan(&b);
	b.plan = allocate_plan(&described, alloc);
	if (described.n_used > 0)
		fill_plan(&b);
	alloc->release(alloc->context, room);
	cr_codes_release(&codes, alloc);
	return b.plan;
}

void
cr_plan_release(CrPlan *plan, const CrAlloc *alloc)
{
	alloc->release(alloc->context, (char *) plan - plan->lead);
}

size_t
cr_plan_size(const CrPlan *plan)
{
	return plan->size;
}

bool
cr_plan_covers(const CrPlan *plan)
{
	return plan->n_used > 0;
}
