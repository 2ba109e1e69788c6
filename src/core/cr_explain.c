/*
 * cr_explain.c
 *	  Contributions with a plan: what comes before and after the kernels.
 */
#include "cr_explain.h"

#include <string.h>

#include "cr_explain_run.h"
#include "cr_shap.h"

#define FLUSH_TREES		16		/* float32 sums are no longer than this */
#define ROW_STRIDE		32		/* of a single row that walks with others */

/* -------- scratch memory -------- */

/* Where its parts begin; sizes are for `stride` rows. */
typedef struct Room
{
	size_t		bytes;			/* int8_t: of the columns */
	size_t		states;			/* int8_t: of places */
	size_t		results;		/* float: the same */
	size_t		parts;			/* float: of totals, for each feature used */
	size_t		totals;			/* double */
	size_t		size;
} Room;

static size_t
take(Room *room, size_t size)
{
	size_t		start = room->size;

	room->size += (size + CR_LAYOUT_ALIGNMENT - 1) / CR_LAYOUT_ALIGNMENT *
		CR_LAYOUT_ALIGNMENT;
	return start;
}

static Room
divide(const CrLayout *layout, const CrPlan *plan, size_t stride,
	   size_t n_places)
{
	Room		room = {0};

	room.bytes = take(&room, ((size_t) layout->n_columns + 1) * stride);
	room.states = take(&room, n_places);
	room.results = take(&room, n_places * sizeof(float));
	room.parts = take(&room, plan->n_used * stride * sizeof(float));
	room.totals = take(&room, plan->n_used * stride * sizeof(double));
	return room;
}

static Room
divide_for_row(const CrLayout *layout, const CrPlan *plan)
{
	return divide(layout, plan, ROW_STRIDE,
				  (size_t) plan->n_chunk_slots * CR_LANES);
}

static Room
divide_for_rows(const CrLayout *layout, const CrPlan *plan)
{
	return divide(layout, plan, CR_BATCH_ROWS, 0);
}

/* The reference wants a vector and its contributions, too. */
static size_t
reference_room(const CrForest *forest)
{
	return (2 * (size_t) forest->n_features + 1) * sizeof(double);
}

size_t
cr_explain_scratch(const CrForest *forest, const CrLayout *layout,
				   const CrPlan *plan)
{
	Room		row = divide_for_row(layout, plan);
	Room		rows = divide_for_rows(layout, plan);

	if (!cr_plan_covers(plan))
		return reference_room(forest) + cr_shap_scratch(forest);
	return (row.size > rows.size ? row.size : rows.size) + CR_LAYOUT_ALIGNMENT;
}

/* An explanation at work, with the parts of its scratch memory. */
typedef struct Work
{
	const CrExplainer *explainer;
	const CrPlan *plan;
	const CrExplainKernel *kernel;
	uint32_t	stride;
	uint32_t	n_rows;
	int8_t	   *bytes;
	int8_t	   *states;
	float	   *results;
	float	   *parts;
	double	   *totals;
} Work;

static Work
begin(const CrExplainer *explainer, const CrKernel *kernel, const Room *room,
	  uint32_t stride, uint32_t n_rows)
{
	char	   *start = cr_align_scratch(explainer->scratch);
	size_t		n = (size_t) explainer->plan->n_used * stride;
	Work		work = {
		.explainer = explainer,.plan = explainer->plan,
		.kernel = kernel->explain,.stride = stride,.n_rows = n_rows,
		.bytes = (int8_t *) (start + room->bytes),
		.states = (int8_t *) (start + room->states),
		.results = (float *) (start + room->results),
		.parts = (float *) (start + room->parts),
		.totals = (double *) (start + room->totals),
	};

	memset(work.parts, 0, n * sizeof(float));
	memset(work.totals, 0, n * sizeof(double));
	return work;
}

/* -------- trees that are walked -------- */

static void
flush(Work *work)
{
	size_t		n = (size_t) work->plan->n_used * work->stride;

	for (size_t i = 0; i < n; i++)
		work->totals[i] += (double) work->parts[i];
	memset(work->parts, 0, n * sizeof(float));
}

/* The first n trees of the plan. */
static void
walk_trees(Work *work, uint32_t n)
{
	const CrRoot *roots = CR_LAYOUT_ARRAY(work->plan, CrRoot, roots);

	for (uint32_t i = 0; i < n; i++)
	{
		work->kernel->tree(work->plan, &roots[i], work->bytes, work->stride,
						   work->n_rows, work->parts);
		if ((i + 1) % FLUSH_TREES == 0 || i + 1 == n)
		{
			flush(work);
			cr_poll(work->explainer->alloc);
		}
	}
}

/* -------- trees in heaps -------- */

/* One load for four: loads and stores are what the loops below wait for. */
typedef struct Places
{
	uint16_t	a;
	uint16_t	b;
	uint16_t	c;
	uint16_t	d;
} Places;

static CR_INLINE Places
load_places(const uint16_t *from)
{
	Places		places;

	memcpy(&places, from, sizeof(places));
	return places;
}

/*
 * Where the row goes right: the places of a run up to the row's code.  Codes
 * ascend, so if the last of four is below it, all are.  (What stores bytes may
 * overwrite anything in a compiler's eyes, so it reads from copies.)
 */
static void
set_directions(const Work *work, const CrRun *run)
{
	const uint16_t *places =
		CR_LAYOUT_ARRAY(work->plan, uint16_t, places) + run->first;
	const int8_t *codes =
		CR_LAYOUT_ARRAY(work->plan, int8_t, codes) + run->first;
	int8_t	   *states = work->states;
	int8_t		code = work->bytes[run->column];
	uint32_t	n = run->n;
	uint32_t	i = 0;

	for (; i + 4 <= n && codes[i + 3] < code; i += 4)
	{
		Places		four = load_places(&places[i]);

		states[four.a] = CR_RIGHT;
		states[four.b] = CR_RIGHT;
		states[four.c] = CR_RIGHT;
		states[four.d] = CR_RIGHT;
	}
	for (; codes[i] < code; i++)
		states[places[i]] = CR_RIGHT;
}

/*
 * Eight sums side by side, since an addition waits for the one before, in an
 * order that is the same on every CPU.  As variables: GCC would make vectors
 * of an array's items, one by one.
 */
static double
sum_run(const Work *work, const CrRun *run)
{
	const uint16_t *places =
		CR_LAYOUT_ARRAY(work->plan, uint16_t, places) + run->first;
	const float *r = work->results;
	float		a = 0;
	float		b = 0;
	float		c = 0;
	float		d = 0;
	float		e = 0;
	float		f = 0;
	float		g = 0;
	float		h = 0;
	uint32_t	i = 0;

	for (; i + 8 <= run->n; i += 8)
	{
		Places		four = load_places(&places[i]);
		Places		next = load_places(&places[i + 4]);

		a += r[four.a];
		b += r[four.b];
		c += r[four.c];
		d += r[four.d];
		e += r[next.a];
		f += r[next.b];
		g += r[next.c];
		h += r[next.d];
	}
	for (; i < run->n; i++)
		a += r[places[i]];
	return (((double) a + (double) b) + ((double) c + (double) d)) +
		(((double) e + (double) f) + ((double) g + (double) h));
}

static void
explain_chunk(Work *work, const CrChunk *chunk)
{
	const CrPlan *plan = work->plan;
	const CrGroup *groups =
		CR_LAYOUT_ARRAY(plan, CrGroup, groups) + chunk->first_group;
	const CrRun *runs = CR_LAYOUT_ARRAY(plan, CrRun, runs) + chunk->first_run;

	memset(work->states, CR_LEFT, (size_t) chunk->n_slots * CR_LANES);
	for (uint32_t i = 0; i < chunk->n_runs; i++)
		set_directions(work, &runs[i]);
	for (uint32_t g = 0; g < chunk->n_groups; g++)
	{
		size_t		first = (size_t) groups[g].chunk_slot * CR_LANES;

		work->kernel->group(plan, &groups[g], work->states + first,
							work->results + first);
	}
	for (uint32_t i = 0; i < chunk->n_runs; i++)
		work->totals[(size_t) runs[i].used * ROW_STRIDE] +=
			sum_run(work, &runs[i]);
}

/* -------- one row -------- */

/* A walk takes up to ROW_STRIDE rows; all are this one. */
static void
spread_row(const CrExplainer *explainer, int8_t *bytes)
{
	for (uint32_t i = explainer->layout->n_columns; i-- > 0;)
		memset(bytes + (size_t) i * ROW_STRIDE, bytes[i], ROW_STRIDE);
}

static void
explain_row(const CrExplainer *explainer, const CrKernel *kernel,
			const float *vector, double *contributions)
{
	const CrPlan *plan = explainer->plan;
	const CrChunk *chunks = CR_LAYOUT_ARRAY(plan, CrChunk, chunks);
	const uint32_t *used = CR_LAYOUT_ARRAY(plan, uint32_t, used);
	Room		room = divide_for_row(explainer->layout, plan);
	Work		work = begin(explainer, kernel, &room, ROW_STRIDE, 1);

	cr_fill_row(explainer->forest, explainer->layout, vector, work.bytes);
	for (uint32_t i = 0; i < plan->n_chunks; i++)
	{
		explain_chunk(&work, &chunks[i]);
		cr_poll(explainer->alloc);
	}
	if (plan->n_loose > 0)
		spread_row(explainer, work.bytes);
	walk_trees(&work, plan->n_loose);
	for (uint32_t i = 0; i < plan->n_used; i++)
		contributions[used[i]] = work.totals[(size_t) i * ROW_STRIDE];
	contributions[explainer->forest->n_features] = plan->baseline;
}

void
cr_explain_row(const CrExplainer *explainer, const CrKernel *kernel,
			   const float *vector, double *contributions)
{
	const CrForest *forest = explainer->forest;

	if (!cr_plan_covers(explainer->plan))
	{
		cr_shap_contributions(forest, vector, contributions,
							  explainer->scratch, explainer->alloc);
		return;
	}
	memset(contributions, 0, forest->n_features * sizeof(double));
	explain_row(explainer, kernel, vector, contributions);
}

/* -------- many rows -------- */

static void
rows_by_reference(const CrExplainer *explainer, const float *columns,
				  uint32_t n, float *contributions)
{
	const CrForest *forest = explainer->forest;
	double	   *row = explainer->scratch;
	float	   *vector = (float *) (row + forest->n_features + 1);
	void	   *scratch = (char *) row + reference_room(forest);

	for (uint32_t i = 0; i < n; i++)
	{
		for (uint32_t f = 0; f < forest->n_features; f++)
			vector[f] = columns[(size_t) f * CR_BATCH_ROWS + i];
		cr_shap_contributions(forest, vector, row, scratch, explainer->alloc);
		for (uint32_t f = 0; f <= forest->n_features; f++)
			contributions[(size_t) f * CR_BATCH_ROWS + i] = (float) row[f];
	}
}

static void
explain_rows(const CrExplainer *explainer, const CrKernel *kernel,
			 const float *columns, uint32_t n, float *contributions)
{
	const CrPlan *plan = explainer->plan;
	const uint32_t *used = CR_LAYOUT_ARRAY(plan, uint32_t, used);
	Room		room = divide_for_rows(explainer->layout, plan);
	Work		work = begin(explainer, kernel, &room, CR_BATCH_ROWS, n);
	float	   *baselines = contributions +
		(size_t) explainer->forest->n_features * CR_BATCH_ROWS;

	cr_fill_columns(explainer->forest, explainer->layout, columns, n,
					work.bytes);
	walk_trees(&work, plan->n_roots);
	for (uint32_t i = 0; i < plan->n_used; i++)
		for (uint32_t k = 0; k < CR_BATCH_ROWS; k++)
			contributions[(size_t) used[i] * CR_BATCH_ROWS + k] =
				(float) work.totals[(size_t) i * CR_BATCH_ROWS + k];
	for (uint32_t k = 0; k < CR_BATCH_ROWS; k++)
		baselines[k] = (float) plan->baseline;
}

void
cr_explain_rows(const CrExplainer *explainer, const CrKernel *kernel,
				const float *columns, uint32_t n, float *contributions)
{
	size_t		size = (size_t) explainer->forest->n_features *
		CR_BATCH_ROWS * sizeof(float);

	if (!cr_plan_covers(explainer->plan))
	{
		rows_by_reference(explainer, columns, n, contributions);
		return;
	}
	memset(contributions, 0, size);
	explain_rows(explainer, kernel, columns, n, contributions);
}
