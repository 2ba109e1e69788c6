/*
 * cr_codes.c
 *	  Thresholds -> columns and codes: sorts the splits by feature and
 *	  threshold and numbers them.
 *
 * A fresh connection waits for this, so the sort is a radix sort: a few
 * passes over the splits whatever they are, about 100 us for 18,000 of them,
 * where cr_sort() would take milliseconds.
 */
#include "cr_codes.h"

#include <string.h>

#define FEW			32			/* splits that are sorted by insertion */
#define POLL_EVERY	4096

typedef struct Split
{
	uint32_t	key;			/* orders as the threshold does */
	uint32_t	node;			/* plus MISSING_LEFT */
} Split;

#define MISSING_LEFT	(UINT32_C(1) << 31)	/* no node has such a number */

/* Counts and splits of the forest, and room to sort them. */
typedef struct Splits
{
	const CrForest *forest;
	const CrAlloc *alloc;
	uint32_t   *first;			/* of each feature, and three more */
	Split	   *splits;
	Split	   *spare;
	uint32_t	n_numeric;
	uint32_t	n_choices;
	uint32_t	n_used;			/* features with numeric splits */
} Splits;

/*
 * Floats as integers of the same order: the sign bit of positive numbers is
 * set, negative ones are turned over.  -0.0 equals 0.0, so it becomes that.
 */
static uint32_t
key_of(float threshold)
{
	uint32_t	bits;
	float		positive_zero = threshold == 0 ? 0.0f : threshold;

	memcpy(&bits, &positive_zero, sizeof(bits));
	return bits >> 31 ? ~bits : bits | UINT32_C(0x80000000);
}

static float
threshold_of(uint32_t key)
{
	uint32_t	bits = key >> 31 ? key & UINT32_C(0x7fffffff) : ~key;
	float		threshold;

	memcpy(&threshold, &bits, sizeof(threshold));
	return threshold;
}

static bool
is_leaf(const CrForest *forest, const CrNode *node)
{
	return node->slot == 2 * forest->n_features;
}

static void
poll_now_and_then(const CrAlloc *alloc, uint32_t i)
{
	if (i % POLL_EVERY == 0)
		cr_poll(alloc);
}

/* -------- sorting -------- */

static void
insertion_sort(Split *splits, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
	{
		Split		split = splits[i];
		uint32_t	k = i;

		for (; k > 0 && splits[k - 1].key > split.key; k--)
			splits[k] = splits[k - 1];
		splits[k] = split;
	}
}

/* One pass by eight bits; false if these are the same in all of them. */
static bool
radix_pass(const Split *from, Split *to, uint32_t n, int shift)
{
	uint32_t	next[256] = {0};
	uint32_t	sum = 0;

	for (uint32_t i = 0; i < n; i++)
		next[from[i].key >> shift & 255]++;
	if (next[from[0].key >> shift & 255] == n)
		return false;
	for (int digit = 0; digit < 256; digit++)
	{
		uint32_t	count = next[digit];

		next[digit] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < n; i++)
		to[next[from[i].key >> shift & 255]++] = from[i];
	return true;
}

/* Sorts n splits of one feature by key, with room for n more. */
static void
sort_splits(Split *splits, Split *spare, uint32_t n)
{
	Split	   *from = splits;
	Split	   *to = spare;

	if (n <= FEW)
	{
		insertion_sort(splits, n);
		return;
	}
	for (int shift = 0; shift < 32; shift += 8)
		if (radix_pass(from, to, n, shift))
		{
			Split	   *swap = from;

			from = to;
			to = swap;
		}
	if (from != splits)
		memcpy(splits, from, n * sizeof(Split));
}

/* -------- collecting -------- */

/* Leaves are counted too, as if there were one more feature. */
static void
count_splits(Splits *s)
{
	const CrForest *forest = s->forest;

	memset(s->first, 0, (forest->n_features + 3) * sizeof(uint32_t));
	for (uint32_t i = 0; i < forest->n_nodes; i++)
	{
		poll_now_and_then(s->alloc, i);
		s->first[CR_SLOT(forest->nodes[i].slot) / 2 + 2]++;
	}
	for (uint32_t f = 0; f < forest->n_features; f++)
	{
		if (forest->features[f].kind == CR_CATEGORICAL)
		{
			s->n_choices += s->first[f + 2];
			s->first[f + 2] = 0;
		}
		s->n_used += s->first[f + 2] > 0;
		s->first[f + 2] += s->first[f + 1];
	}
	s->n_numeric = s->first[forest->n_features + 1];
}

/* Leaves first[f] where the splits of feature f begin. */
static void
collect_splits(Splits *s)
{
	const CrForest *forest = s->forest;

	for (uint32_t i = 0; i < forest->n_nodes; i++)
	{
		const CrNode *node = &forest->nodes[i];

		poll_now_and_then(s->alloc, i);
		if (!is_leaf(forest, node) && !(node->slot & CR_CATEGORICAL_SPLIT))
			s->splits[s->first[CR_SLOT(node->slot) / 2 + 1]++] =
				(Split) {key_of(node->u.threshold),
			i | (node->slot % 2 ? MISSING_LEFT : 0)};
	}
}

/* -------- numbering -------- */

/* The column of a window for one default direction, made if need be. */
static uint16_t
column_of(CrCodes *codes, CrWindow *window, bool missing_left)
{
	uint16_t   *column = &window->column[missing_left];

	if (*column == CR_NO_COLUMN)
		*column = (uint16_t) codes->n_columns++;
	return *column;
}

/* Numbers the sorted splits of one feature; false if columns run out. */
static bool
number_splits(CrCodes *codes, uint32_t feature, const Split *splits,
			  uint32_t n, float *thresholds)
{
	CrRanked   *ranked = &codes->ranked[codes->n_ranked++];
	uint32_t	k = 0;			/* number of the threshold */

	*ranked = (CrRanked) {.feature = feature,.first_window = codes->n_windows};
	for (uint32_t i = 0; i < n; i++)
	{
		if (i > 0 && splits[i].key != splits[i - 1].key)
			k++;
		thresholds[k] = threshold_of(splits[i].key);
		if (k / CR_WINDOW == ranked->n_windows)
			codes->windows[codes->n_windows++] = (CrWindow) {
				CR_WINDOW * ranked->n_windows++, {CR_NO_COLUMN, CR_NO_COLUMN}
			};
		codes->nodes[splits[i].node & ~MISSING_LEFT] = (CrCode) {
			column_of(codes, &codes->windows[codes->n_windows - 1],
					  (splits[i].node & MISSING_LEFT) != 0),
			(int8_t) ((int) (k % CR_WINDOW) - 128)
		};
		if (codes->n_columns > CR_MAX_COLUMNS)
			return false;
	}
	ranked->n_thresholds = k + 1;
	return true;
}

static bool
number_features(CrCodes *codes, Splits *s)
{
	float	   *thresholds = codes->thresholds;

	for (uint32_t f = 0; f < s->forest->n_features; f++)
	{
		Split	   *splits = s->splits + s->first[f];
		uint32_t	n = s->first[f + 1] - s->first[f];

		poll_now_and_then(s->alloc, f);
		if (n == 0)
			continue;
		sort_splits(splits, s->spare, n);
		if (!number_splits(codes, f, splits, n, thresholds))
			return false;
		thresholds += codes->ranked[codes->n_ranked - 1].n_thresholds;
	}
	return true;
}

/* Copies a set into the words of a choice, if it fits there. */
static void
copy_set(CrChoice *choice, const CrForest *forest)
{
	const CrSet *set = &forest->sets[choice->set];
	const uint32_t *words = forest->set_words + set->first_word;
	uint32_t	n = CR_SET_SIZE(set);
	bool		bitmap = (set->size & CR_SET_BITMAP) != 0;

	choice->large = n > 0 && (bitmap ? n : words[n - 1] / 32 + 1) >
		CR_CHOICE_WORDS;
	for (uint32_t i = 0; i < n && !choice->large; i++)
	{
		if (bitmap)
			choice->words[i] = words[i];
		else
			choice->words[words[i] / 32] |= UINT32_C(1) << words[i] % 32;
	}
}

static bool
number_choices(CrCodes *codes, const CrForest *forest)
{
	uint32_t	room = codes->n_choices;

	codes->n_choices = 0;
	if (codes->n_columns + room > CR_MAX_COLUMNS)
		return false;
	for (uint32_t i = 0; i < forest->n_nodes && codes->n_choices < room; i++)
	{
		const CrNode *node = &forest->nodes[i];
		CrChoice   *choice = &codes->choices[codes->n_choices];

		if (is_leaf(forest, node) || !(node->slot & CR_CATEGORICAL_SPLIT))
			continue;
		*choice = (CrChoice) {
			.feature = CR_SLOT(node->slot) / 2,
			.set = node->u.set,
			.column = (uint16_t) codes->n_columns++,
			.missing_left = node->slot % 2,
		};
		copy_set(choice, forest);
		codes->nodes[i] = (CrCode) {choice->column, 0};
		codes->n_choices++;
	}
	return true;
}

/* -------- putting it together -------- */

/* Cuts room for the results from one allocation. */
static void
allocate_codes(CrCodes *codes, const Splits *s)
{
	size_t		n_windows = s->n_numeric / CR_WINDOW + (size_t) s->n_used;
	size_t		ranked = s->n_used * sizeof(CrRanked);
	size_t		windows = n_windows * sizeof(CrWindow);
	size_t		thresholds = s->n_numeric * sizeof(float);
	size_t		choices = s->n_choices * sizeof(CrChoice);
	size_t		nodes = s->forest->n_nodes * sizeof(CrCode);
	char	   *next = s->alloc->alloc(s->alloc->context, ranked + windows +
									   thresholds + choices + nodes);

	*codes = (CrCodes) {.memory = next,.n_choices = s->n_choices};
	codes->ranked = (CrRanked *) next;
	codes->windows = (CrWindow *) (next += ranked);
	codes->thresholds = (float *) (next += windows);
	codes->choices = (CrChoice *) (next += thresholds);
	codes->nodes = (CrCode *) (next + choices);
}

bool
cr_codes_make(CrCodes *codes, const CrForest *forest, const CrAlloc *alloc)
{
	Splits		s = {.forest = forest,.alloc = alloc};
	bool		fits = false;

	s.first = alloc->alloc(alloc->context,
						   (forest->n_features + 3) * sizeof(uint32_t));
	count_splits(&s);
	if (s.n_choices <= CR_MAX_COLUMNS && s.n_used <= CR_MAX_COLUMNS)
	{
		s.splits = alloc->alloc(alloc->context,
								(2 * (size_t) s.n_numeric + 1) * sizeof(Split));
		s.spare = s.splits + s.n_numeric;
		collect_splits(&s);
		allocate_codes(codes, &s);
		fits = number_features(codes, &s) &&
			number_choices(codes, forest) && codes->n_columns > 0;
		alloc->release(alloc->context, s.splits);
		if (!fits)
			cr_codes_release(codes, alloc);
	}
	alloc->release(alloc->context, s.first);
	return fits;
}

void
cr_codes_release(CrCodes *codes, const CrAlloc *alloc)
{
	alloc->release(alloc->context, codes->memory);
}
