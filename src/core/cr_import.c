/*
 * cr_import.c
 *	  XGBoost model file + options -> model image.
 *
 * Two passes over the artifact.  The survey (cr_xgb.c) checks the schema and
 * counts; then the image is allocated once, at the size that the counts
 * allow for, filled section by section, closed up where a bound was not
 * reached (deleted nodes, bitmaps shorter than their lists), and opened with
 * the same checks as any stored image.  Gains are not part of an image: they
 * are summed up beside it, in an import of their own.
 */
#include "cr_importer.h"

#include <string.h>

#include "cr_tree.h"

#define MEMORY_FACTOR	4
#define MEMORY_SLACK	65536

/* -------- memory -------- */

CrStatus
cr_importer_over_budget(const CrImporter *im)
{
	return cr_fail(im->error, CR_LIMIT, CR_NO_OFFSET,
				   "Importing would take more than %u times the memory of the file.",
				   (uint64_t) MEMORY_FACTOR);
}

CrStatus
cr_importer_allocate(CrImporter *im, size_t size, void *result)
{
	if (size > im->budget)
		return cr_importer_over_budget(im);
	im->budget -= size;
	*(void **) result = im->alloc->alloc(im->alloc->context, size);
	return CR_OK;
}

void
cr_importer_release(CrImporter *im, void *memory, size_t size)
{
	im->budget += size;
	im->alloc->release(im->alloc->context, memory);
}

static void
set_budget(CrImporter *im, CrView artifact)
{
	size_t		input = artifact.length;

	for (uint32_t i = 0; i < im->options->n_feature_names; i++)
		input += sizeof(CrView) + im->options->feature_names[i].length;
	for (uint32_t i = 0; i < im->options->n_categories; i++)
		for (uint32_t k = 0; k < im->options->categories[i].n_labels; k++)
			input += sizeof(CrView) +
				im->options->categories[i].labels[k].length;
	if (!cr_size_multiply(input, MEMORY_FACTOR, &im->budget) ||
		!cr_size_add(im->budget, MEMORY_SLACK, &im->budget))
		im->budget = SIZE_MAX;
}

/* -------- trees -------- */

/* How many trees the image keeps: all, or those up to the best iteration. */
static CrStatus
choose_trees(CrImporter *im)
{
	const CrSurvey *survey = &im->survey;
	uint64_t	n_trees = survey->trees.count;
	int64_t		best = survey->best_iteration;
	uint64_t	n_rounds = n_trees / survey->n_parallel;

	im->n_trees = (uint32_t) n_trees;
	if (survey->rounds.present && survey->rounds.count != n_rounds + 1 &&
		survey->rounds.count != 0)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "iteration_indptr has %u elements for %u rounds.",
					   survey->rounds.count, n_rounds);
	if (survey->booster == CR_GBLINEAR || best < 0 ||
		!im->options->use_best_iteration)
		return CR_OK;
	if ((uint64_t) best >= n_rounds)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "The best iteration is %d, but the model has %u rounds.",
					   best, n_rounds);
	im->n_trees = (uint32_t) (((uint64_t) best + 1) * survey->n_parallel);
	if (survey->best_tree_limit < 0)
		return CR_OK;
	if ((uint64_t) survey->best_tree_limit > n_trees)
		return cr_fail(im->error, CR_MALFORMED, CR_NO_OFFSET,
					   "The attribute best_ntree_limit is %d, but the model has %u trees.",
					   survey->best_tree_limit, n_trees);
	im->n_trees = (uint32_t) survey->best_tree_limit;
	return CR_OK;
}

/*
 * Marks the features that a tree splits by category; a file without feature
 * types says so nowhere else.
 */
static CrStatus
mark_categorical(CrImporter *im, const CrTreeArrays *tree)
{
	CrFeature  *features = cr_importer_section(im, CR_FEATURES);
	CrReader	types = tree->split_types.reader;
	CrReader	indices = tree->split_indices.reader;
	CrReader	children = tree->left.reader;
	CrStatus	status;

	if (tree->category_nodes.count == 0 || !tree->split_types.present)
		return CR_OK;
	status = cr_reader_begin(&types, CR_ARRAY_BEGIN);
	if (status == CR_OK)
		status = cr_reader_begin(&indices, CR_ARRAY_BEGIN);
	if (status == CR_OK)
		status = cr_reader_begin(&children, CR_ARRAY_BEGIN);
	for (uint64_t i = 0; i < tree->n_nodes && status == CR_OK; i++)
	{
		CrToken		token;
		int64_t		type;
		int64_t		feature;
		int64_t		child;

		status = cr_reader_integer(&types, &token, &type);
		if (status == CR_OK)
			status = cr_reader_integer(&indices, &token, &feature);
		if (status == CR_OK)
			status = cr_reader_integer(&children, &token, &child);
		if (status == CR_OK && type == 1 && child != -1 &&
			feature >= 0 && feature < im->survey.n_features)
			features[feature].kind = CR_CATEGORICAL;
	}
	return status;
}

typedef CrStatus (*TreeVisit) (CrImporter *im, const CrTreeArrays *tree,
							   uint32_t index, void *context);

static CrStatus
visit_trees(CrImporter *im, TreeVisit visit, void *context)
{
	CrReader	reader = im->survey.trees.reader;
	CrStatus	status = CR_OK;

	if (im->survey.trees.count > 0)
		status = cr_reader_begin(&reader, CR_ARRAY_BEGIN);
	for (uint64_t t = 0; t < im->survey.trees.count && status == CR_OK; t++)
	{
		CrTreeArrays tree;

		status = cr_xgb_survey_tree(&reader, &tree);
		if (status == CR_OK)
			status = visit(im, &tree, (uint32_t) t, context);
		cr_poll(im->alloc);
	}
	return status;
}

static CrStatus
visit_kinds(CrImporter *im, const CrTreeArrays *tree, uint32_t index,
			void *context)
{
	(void) index;
	(void) context;
	return mark_categorical(im, tree);
}

typedef struct TreeWriter
{
	CrTreeSink	sink;
	CrReader	weights;		/* dart */
} TreeWriter;

/*
 * Trees past the best iteration are checked like the others, then dropped;
 * only what they would gain is not looked at.
 */
static CrStatus
visit_write(CrImporter *im, const CrTreeArrays *arrays, uint32_t index,
			void *context)
{
	TreeWriter *writer = context;
	CrTreeSink	before = writer->sink;
	CrTree		dropped;
	CrTree	   *tree = index < im->n_trees ?
		(CrTree *) cr_importer_section(im, CR_TREES) + index : &dropped;
	float		weight = 1.0f;
	CrStatus	status = CR_OK;

	if (index >= im->n_trees)
		writer->sink.gains = NULL;
	if (im->survey.tree_weights.present)
		status = cr_reader_float(&writer->weights, &weight);
	if (status == CR_OK &&
		cr_tree_memory(arrays, writer->sink.gains != NULL) > im->budget)
		status = cr_importer_over_budget(im);
	if (status == CR_OK)
		status = cr_tree_read(arrays, index, weight, &writer->sink, tree, im->alloc,
							  im->error);
	if (index >= im->n_trees)
		writer->sink = before;
	return status;
}

static CrStatus
read_trees(CrImporter *im, TreeWriter *writer)
{
	CrStatus	status = CR_OK;

	*writer = (TreeWriter) {
		.sink = {
			.n_features = im->survey.n_features,
			.features = cr_importer_section(im, CR_FEATURES),
			.nodes = cr_importer_section(im, CR_NODES),
			.sets = cr_importer_section(im, CR_SETS),
			.set_words = cr_importer_section(im, CR_SET_WORDS),
			.gains = im->gains,
		},
		.weights = im->survey.tree_weights.reader,
	};
	if (im->survey.tree_weights.present)
		status = cr_reader_begin(&writer->weights, CR_ARRAY_BEGIN);
	return status == CR_OK ? visit_trees(im, visit_write, writer) : status;
}

static CrStatus
read_weights(CrImporter *im)
{
	CrFeature  *features = cr_importer_section(im, CR_FEATURES);
	float	   *weights = cr_importer_section(im, CR_WEIGHTS);
	CrReader	reader = im->survey.weights.reader;
	CrStatus	status;

	if (!im->survey.weights.present)
		return CR_OK;
	status = cr_reader_floats(&reader, weights, im->survey.weights.count);
	for (uint32_t f = 0; f < im->survey.n_features && status == CR_OK; f++)
	{
		if (features[f].kind == CR_CATEGORICAL)
			return cr_fail(im->error, CR_UNSUPPORTED, CR_NO_OFFSET,
						   "Categorical features of a linear model are not supported.");
		features[f].n_splits = weights[f] != 0;
	}
	return status;
}

/* -------- gains -------- */

/* Only if each tree says what its splits gained; the sums start at 0. */
static CrStatus
create_gains(CrImporter *im)
{
	size_t		size = im->survey.n_features * sizeof(*im->gains);
	CrStatus	status;

	if (im->survey.booster == CR_GBLINEAR ||
		im->survey.n_gain_trees != im->survey.trees.count)
		return CR_OK;
	status = cr_importer_allocate(im, size, &im->gains);
	if (status == CR_OK)
		memset(im->gains, 0, size);
	return status;
}

/* -------- all together -------- */

/* A code that a split lists must have a label, where there are labels. */
static CrStatus
check_codes(CrImporter *im, const CrForest *forest)
{
	for (uint32_t i = 0; i < forest->n_nodes; i++)
	{
		const CrNode *node = &forest->nodes[i];
		const CrFeature *feature;
		const CrSet *set;
		uint32_t	n;
		uint32_t	last;

		if (!(node->slot & CR_CATEGORICAL_SPLIT))
			continue;
		feature = &forest->features[CR_SLOT(node->slot) / 2];
		set = &forest->sets[node->u.set];
		n = CR_SET_SIZE(set);
		if (feature->n_labels == 0 || n == 0)
			continue;
		last = forest->set_words[set->first_word + n - 1];
		if (set->size & CR_SET_BITMAP)
		{
			uint32_t	bit = 31;

			while (!(last >> bit & 1))
				bit--;
			last = 32 * (n - 1) + bit;
		}
		if (last >= feature->n_labels)
			return cr_fail(im->error, CR_INVALID_OPTION, CR_NO_OFFSET,
						   "The feature \"%v\" has %u category labels, but the model splits on category %u.",
						   cr_forest_feature_name(forest, CR_SLOT(node->slot) / 2),
						   (uint64_t) feature->n_labels, (uint64_t) last);
	}
	return CR_OK;
}

/* How often the kept trees split on each feature. */
static void
count_splits(CrImporter *im, uint32_t n_nodes)
{
	CrFeature  *features = cr_importer_section(im, CR_FEATURES);
	const CrNode *nodes = cr_importer_section(im, CR_NODES);

	for (uint32_t i = 0; i < n_nodes; i++)
		if (CR_SLOT(nodes[i].slot) < 2 * im->survey.n_features)
			features[CR_SLOT(nodes[i].slot) / 2].n_splits++;
}

/* The finished image must pass the checks of any stored one. */
static CrStatus
check_image(CrImporter *im)
{
	CrForest	forest;
	CrStatus	status = cr_forest_open(&forest, im->image,
										(size_t) im->header->size, im->error);

	if (status == CR_DAMAGED)
		return im->error->status = CR_MALFORMED;
	return status == CR_OK ? check_codes(im, &forest) : status;
}

static CrStatus
fill_image(CrImporter *im)
{
	uint64_t	counts[CR_N_SECTIONS] = {0};
	TreeWriter	writer;
	CrStatus	status = cr_importer_read_features(im, &counts[CR_STRINGS]);

	if (status == CR_OK && im->survey.types.count == 0)
		status = visit_trees(im, visit_kinds, NULL);
	if (status == CR_OK)
		status = cr_importer_read_labels(im, &counts[CR_LABELS],
										 &counts[CR_STRINGS]);
	if (status == CR_OK)
		status = read_trees(im, &writer);
	if (status == CR_OK)
		status = read_weights(im);
	if (status != CR_OK)
		return status;

	count_splits(im, writer.sink.n_nodes);
	counts[CR_FEATURES] = im->survey.n_features;
	counts[CR_LABEL_ORDER] = counts[CR_LABELS];
	counts[CR_TREES] = im->n_trees;
	counts[CR_NODES] = writer.sink.n_nodes;
	counts[CR_SETS] = writer.sink.n_sets;
	counts[CR_SET_WORDS] = writer.sink.n_set_words;
	counts[CR_WEIGHTS] = im->survey.weights.count;
	cr_importer_close_up(im, counts);
	return check_image(im);
}

/* Fills im->image, and im->gains if wanted; the caller releases both. */
static CrStatus
build(CrImporter *im, CrView artifact, bool want_gains)
{
	size_t		index_size;
	CrStatus	status = cr_xgb_survey(artifact, im->alloc, &im->survey,
									   im->error);

	if (status != CR_OK)
		return status;
	set_budget(im, artifact);
	index_size = im->survey.n_features * sizeof(*im->category_option);
	status = choose_trees(im);
	if (status == CR_OK && want_gains)
		status = create_gains(im);
	if (status == CR_OK)
		status = cr_importer_allocate(im, index_size, &im->category_option);
	if (status != CR_OK)
		return status;
	memset(im->category_option, 0, index_size);
	status = cr_importer_create_image(im);
	if (status == CR_OK)
		status = fill_image(im);
	cr_importer_release(im, im->category_option, index_size);
	return status;
}

CrStatus
cr_import(CrView artifact, const CrImportOptions *options,
		  const CrAlloc *alloc, void **image, size_t *size, CrError *error)
{
	CrImporter	im = {.options = options, .alloc = alloc, .error = error};
	CrStatus	status = build(&im, artifact, false);

	if (status == CR_OK)
	{
		*image = im.image;
		*size = (size_t) im.header->size;
	}
	else if (im.image != NULL)
		alloc->release(alloc->context, im.image);
	return status;
}

CrStatus
cr_import_gains(CrView artifact, const CrImportOptions *options,
				const CrAlloc *alloc, float **gains, uint32_t *n_features,
				CrError *error)
{
	CrImporter	im = {.options = options, .alloc = alloc, .error = error};
	CrStatus	status = build(&im, artifact, true);

	if (im.image != NULL)
		alloc->release(alloc->context, im.image);
	if (status == CR_OK)
	{
		*gains = im.gains;
		*n_features = im.survey.n_features;
	}
	else if (im.gains != NULL)
		alloc->release(alloc->context, im.gains);
	return status;
}
