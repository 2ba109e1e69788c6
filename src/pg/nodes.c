/*
 * nodes.c
 *	  A model image as rows: the nodes of its trees, or its linear weights.
 *
 * For people who check a model with SQL of their own.  Trees and nodes are
 * numbered from 0, as in messages about images.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "compat.h"
#include "model.h"

/* Columns of credit.image_nodes() in control/parts/32_facts.sql. */
enum
{
	TREE, NODE, PARENT, DEPTH, FEATURE, THRESHOLD, CATEGORIES,
	LEFT_CHILD, RIGHT_CHILD, MISSING_CHILD, LEAF, COVER, N_COLUMNS
};

/* The nodes of one tree, by number. */
typedef struct TreeWalk
{
	const CreditModel *model;
	uint32		tree;
	uint32	   *parents;
	uint32	   *depths;
} TreeWalk;

static void
set_column(Datum *values, bool *nulls, int column, Datum value)
{
	values[column] = value;
	nulls[column] = false;
}

/* -------- categories -------- */

static uint32
count_bits(const uint32 *words, uint32 n)
{
	uint32		count = 0;

	for (uint32 i = 0; i < n; i++)
		for (uint32 word = words[i]; word != 0; word &= word - 1)
			count++;
	return count;
}

/* The categories of a split's set, in the order of their codes. */
static Datum
category_array(const CreditModel *model, uint32 f, const CrSet *set)
{
	const uint32 *words = model->forest.set_words + set->first_word;
	uint32		size = CR_SET_SIZE(set);
	bool		bitmap = (set->size & CR_SET_BITMAP) != 0;
	uint32		n = bitmap ? count_bits(words, size) : size;
	Datum	   *labels = palloc(n * sizeof(Datum));
	uint32		kept = 0;

	for (uint32 i = 0; !bitmap && i < size; i++)
		labels[kept++] =
			CStringGetTextDatum(credit_model_category(model, f, words[i]));
	for (uint32 code = 0; bitmap && kept < n; code++)
		if (words[code / 32] >> code % 32 & 1)
			labels[kept++] =
				CStringGetTextDatum(credit_model_category(model, f, code));
	return PointerGetDatum(construct_array(labels, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/* -------- nodes -------- */

static void
fill_split(const TreeWalk *walk, const CrNode *node, Datum *values,
		   bool *nulls)
{
	const CreditModel *model = walk->model;
	uint32		root = model->forest.trees[walk->tree].root;
	uint32		f = CR_SLOT(node->slot) / 2;
	bool		missing_left = CR_SLOT(node->slot) % 2 == 1;
	int32		left = (int32) (node->left - root);

	set_column(values, nulls, FEATURE,
			   CStringGetTextDatum(model->feature_names[f]));
	if (node->slot & CR_CATEGORICAL_SPLIT)
		set_column(values, nulls, CATEGORIES,
				   category_array(model, f, &model->forest.sets[node->u.set]));
	else
		set_column(values, nulls, THRESHOLD,
				   Float4GetDatum(node->u.threshold));
	set_column(values, nulls, LEFT_CHILD, Int32GetDatum(left));
	set_column(values, nulls, RIGHT_CHILD, Int32GetDatum(left + 1));
	set_column(values, nulls, MISSING_CHILD,
			   Int32GetDatum(missing_left ? left : left + 1));
}

/* A node stands before its children, and tells them whose they are. */
static void
note_children(TreeWalk *walk, uint32 i, const CrNode *node)
{
	uint32		left = node->left - walk->model->forest.trees[walk->tree].root;

	for (uint32 child = left; child < left + 2; child++)
	{
		walk->parents[child] = i;
		walk->depths[child] = walk->depths[i] + 1;
	}
}

static void
put_node(TreeWalk *walk, uint32 i, ReturnSetInfo *result)
{
	const CrForest *forest = &walk->model->forest;
	const CrNode *node = &forest->nodes[forest->trees[walk->tree].root + i];
	Datum		values[N_COLUMNS];
	bool		nulls[N_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	set_column(values, nulls, TREE, Int32GetDatum((int32) walk->tree));
	set_column(values, nulls, NODE, Int32GetDatum((int32) i));
	if (i > 0)
		set_column(values, nulls, PARENT,
				   Int32GetDatum((int32) walk->parents[i]));
	set_column(values, nulls, DEPTH, Int32GetDatum((int32) walk->depths[i]));
	if (node->slot == 2 * forest->n_features)
		set_column(values, nulls, LEAF, Float4GetDatum(node->u.leaf));
	else
	{
		fill_split(walk, node, values, nulls);
		note_children(walk, i, node);
	}
	set_column(values, nulls, COVER, Float4GetDatum(node->cover));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A row for each node, tree by tree, parents before children. */
PG_FUNCTION_INFO_V1(credit_image_nodes);
Datum
credit_image_nodes(PG_FUNCTION_ARGS)
{
	TreeWalk	walk = {.model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0), NULL)};
	const CrForest *forest = &walk.model->forest;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext,
												  "credit tree nodes",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext before;

	InitMaterializedSRF(fcinfo, 0);
	before = MemoryContextSwitchTo(scratch);
	for (walk.tree = 0; walk.tree < forest->n_trees; walk.tree++)
	{
		uint32		n = forest->trees[walk.tree].n_nodes;

		walk.parents = palloc0(n * sizeof(uint32));
		walk.depths = palloc0(n * sizeof(uint32));
		for (uint32 i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			put_node(&walk, i, (ReturnSetInfo *) fcinfo->resultinfo);
		}
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
	return (Datum) 0;
}

/* -------- weights -------- */

/* Of the features, then the bias; NULL for a model of trees. */
PG_FUNCTION_INFO_V1(credit_image_weights);
Datum
credit_image_weights(PG_FUNCTION_ARGS)
{
	const CreditModel *model = credit_model_open(PG_GETARG_BYTEA_P_COPY(0), NULL);
	const CrForest *forest = &model->forest;
	uint32		n = forest->n_features + 1;
	Datum	   *weights = palloc(n * sizeof(Datum));

	if (forest->header->booster != CR_GBLINEAR)
		PG_RETURN_NULL();
	for (uint32 i = 0; i < n; i++)
		weights[i] = Float4GetDatum(forest->weights[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(weights, n, FLOAT4OID,
										  sizeof(float4), true,
										  TYPALIGN_INT));
}
