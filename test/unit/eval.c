/*
 * eval.c
 *	  Proves that every evaluator gives the bits that the model itself gives
 *	  when it is followed node by node, straight from the arrays of the file,
 *	  without the image.
 *
 * Models are made at random: trees numbered in any order, with deleted nodes
 * between, of any shape and number, with splits on numbers and on categories.
 */
#include "agree.h"
#include "model.h"

#define MAX_TREE_NODES	400
#define MAX_CODES		24
#define N_FEATURES		5		/* the last two are categorical */
#define N_NUMERIC		3

typedef struct NaiveNode
{
	int			left;			/* -1: a leaf */
	int			right;
	int			parent;
	int			feature;		/* INT32_MAX: deleted */
	bool		default_left;
	float		value;			/* threshold or leaf */
	int			n_codes;
	uint32_t	codes[MAX_CODES];
} NaiveNode;

typedef struct NaiveTree
{
	int			n;
	NaiveNode	nodes[MAX_TREE_NODES];
} NaiveTree;

typedef struct Shape
{
	const char *what;
	int			n_trees;
	int			max_depth;
	bool		categorical;
	bool		dart;
	int			minor;			/* of version 1.x */
	float		leaf;			/* size of the leaves */
} Shape;

typedef struct NaiveModel
{
	const Shape *shape;
	NaiveTree  *trees;
	float	   *weights;
	float		base_margin;
} NaiveModel;

/* -------- made at random -------- */

static void
make_codes(NaiveNode *node, Random *random)
{
	uint32_t	code = random_below(random, 3);

	/* Dense ones become bitmaps, sparse ones lists. */
	uint32_t	stride = one_in(random, 2) ? 3 : 90;

	node->n_codes = (int) random_below(random, MAX_CODES + 1);
	for (int i = 0; i < node->n_codes; i++)
	{
		node->codes[i] = code;
		code += 1 + random_below(random, stride);
	}
	if (node->n_codes > 0 && one_in(random, 30))
		node->codes[node->n_codes - 1] = CR_MAX_CATEGORY;
	/* The file need not list them in order. */
	if (node->n_codes > 1 && one_in(random, 2))
	{
		code = node->codes[0];
		node->codes[0] = node->codes[1];
		node->codes[1] = code;
	}
}

static void
make_split(NaiveNode *node, const Shape *shape, Random *random)
{
	static const float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, FLT_MAX,
	-FLT_MAX, 1e-45f, -1e-45f, FLT_MIN, 1.0f};

	node->feature = (int) random_below(random, shape->categorical ?
									   N_FEATURES : N_NUMERIC);
	node->default_left = one_in(random, 2);
	node->value = one_in(random, 8) ?
		special[random_below(random, sizeof(special) / sizeof(special[0]))] :
		random_float(random);
	if (node->feature >= N_NUMERIC)
		make_codes(node, random);
}

/* A number that no node of the tree has yet. */
static int
free_number(const bool *taken, Random *random)
{
	int			number;

	do
		number = (int) random_below(random, MAX_TREE_NODES);
	while (taken[number]);
	return number;
}

static void
grow(NaiveTree *tree, bool *taken, int *n, int at, int depth,
	 const Shape *shape, Random *random)
{
	NaiveNode  *node = &tree->nodes[at];

	if (depth == shape->max_depth || *n + 2 > MAX_TREE_NODES - 10 ||
		(depth > 0 && one_in(random, 5)))
	{
		node->left = node->right = -1;
		node->value = random_float(random) * shape->leaf;
		return;
	}
	make_split(node, shape, random);
	node->left = free_number(taken, random);
	taken[node->left] = true;
	node->right = free_number(taken, random);
	taken[node->right] = true;
	tree->nodes[node->left].parent = at;
	tree->nodes[node->right].parent = at;
	*n += 2;
	grow(tree, taken, n, node->left, depth + 1, shape, random);
	grow(tree, taken, n, node->right, depth + 1, shape, random);
}

static void
make_tree(NaiveTree *tree, const Shape *shape, Random *random)
{
	bool		taken[MAX_TREE_NODES] = {true};
	int			n = 1;

	memset(tree, 0, sizeof(*tree));
	tree->nodes[0].parent = INT32_MAX;
	grow(tree, taken, &n, 0, 0, shape, random);
	for (int i = 0; i < MAX_TREE_NODES; i++)
	{
		if (taken[i])
			tree->n = i + 1;
		else
			tree->nodes[i] = (NaiveNode) {.left = -1,.right = -1,
				.feature = INT32_MAX,.parent = 0};
	}
}

static NaiveModel
make_model(const Shape *shape, Random *random)
{
	NaiveModel	model = {.shape = shape};

	model.trees = malloc(sizeof(NaiveTree) * (size_t) shape->n_trees);
	model.weights = malloc(sizeof(float) * (size_t) shape->n_trees);
	for (int t = 0; t < shape->n_trees; t++)
	{
		make_tree(&model.trees[t], shape, random);
		model.weights[t] = shape->dart ? fabsf(random_float(random)) : 1.0f;
	}
	model.base_margin = -logf(1.0f / 0.3f - 1.0f);
	return model;
}

/* -------- written as a file -------- */

#define LIST(text, name, n, format, value) \
	do { \
		text_add((text), "\"%s\":[", (name)); \
		for (int i = 0; i < (n); i++) \
			text_add((text), i > 0 ? "," format : format, (value)); \
		text_add((text), "],"); \
	} while (0)

/* So that it reads back as it was, and -0 is not taken for an integer. */
static const char *
float_text(float value)
{
	static char text[32];

	if (isinf(value))
		return value > 0 ? "Infinity" : "-Infinity";
	snprintf(text, sizeof(text), "%.8e", value);
	return text;
}

static bool
is_categorical(const NaiveNode *node)
{
	return node->left != -1 && node->feature >= N_NUMERIC;
}

static void
write_sets(Text *text, const NaiveTree *tree)
{
	Text		list[4] = {{0}};
	static const char *const names[] = {"categories_nodes",
	"categories_segments", "categories_sizes", "categories"};
	int			n_sets = 0;
	int			begin = 0;

	for (int i = 0; i < tree->n; i++)
	{
		const NaiveNode *node = &tree->nodes[i];
		const char *comma = n_sets > 0 ? "," : "";

		if (!is_categorical(node))
			continue;
		n_sets++;
		text_add(&list[0], "%s%d", comma, i);
		text_add(&list[1], "%s%d", comma, begin);
		text_add(&list[2], "%s%d", comma, node->n_codes);
		for (int k = 0; k < node->n_codes; k++)
			text_add(&list[3], "%s%u", begin + k > 0 ? "," : "",
					 node->codes[k]);
		begin += node->n_codes;
	}
	for (int k = 0; k < 4; k++)
	{
		text_add(text, "\"%s\":[", names[k]);
		text_bytes(text, list[k].data, list[k].length);
		text_add(text, "],");
		free(list[k].data);
	}
}

static void
write_tree(Text *text, const NaiveTree *tree)
{
	const NaiveNode *node = tree->nodes;

	text_add(text, "{");
	LIST(text, "left_children", tree->n, "%d", node[i].left);
	LIST(text, "right_children", tree->n, "%d", node[i].right);
	LIST(text, "parents", tree->n, "%d", node[i].parent);
	LIST(text, "split_indices", tree->n, "%d", node[i].feature);
	LIST(text, "split_conditions", tree->n, "%s", float_text(node[i].value));
	LIST(text, "default_left", tree->n, "%d", node[i].default_left);
	LIST(text, "split_type", tree->n, "%d", is_categorical(&node[i]));
	LIST(text, "sum_hessian", tree->n, "%d", i);
	write_sets(text, tree);
	text_add(text, "\"tree_param\":{\"num_nodes\":\"%d\"}}", tree->n);
}

static Text
write_model(const NaiveModel *model)
{
	Text		text = {0};
	int			n_trees = model->shape->n_trees;

	text_add(&text, "{\"learner\":{"
			 "\"feature_names\":[\"a\",\"b\",\"c\",\"d\",\"e\"],"
			 "\"feature_types\":[\"q\",\"q\",\"q\",\"c\",\"c\"],"
			 "\"gradient_booster\":{");
	if (model->shape->dart)
		LIST(&text, "weight_drop", n_trees, "%s", float_text(model->weights[i]));
	text_add(&text, "\"model\":{\"gbtree_model_param\":{"
			 "\"num_trees\":\"%d\"},\"trees\":[", n_trees);
	for (int t = 0; t < n_trees; t++)
	{
		text_add(&text, "%s", t > 0 ? "," : "");
		write_tree(&text, &model->trees[t]);
	}
	text_add(&text, "]},\"name\":\"%s\"},", model->shape->dart ? "dart" : "gbtree");
	text_add(&text, "\"learner_model_param\":{\"base_score\":\"3E-1\","
			 "\"num_feature\":\"5\"},"
			 "\"objective\":{\"name\":\"binary:logistic\"}},"
			 "\"version\":[1,%d,0]}", model->shape->minor);
	return text;
}

/* -------- followed node by node -------- */

static bool
naive_left(const NaiveNode *node, float value)
{
	if (isnan(value))
		return node->default_left;
	if (node->feature < N_NUMERIC)
		return value < node->value;
	for (int i = 0; i < node->n_codes; i++)
		if ((float) node->codes[i] == value)
			return false;
	return true;
}

static float
naive_margin(const NaiveModel *model, const float *row)
{
	bool		base_last = model->shape->dart && model->shape->minor == 3;
	float		margin = base_last ? 0.0f : model->base_margin;

	for (int t = 0; t < model->shape->n_trees; t++)
	{
		const NaiveNode *nodes = model->trees[t].nodes;
		const NaiveNode *node = nodes;
		float		leaf;

		while (node->left != -1)
			node = &nodes[naive_left(node, row[node->feature]) ? node->left :
						  node->right];
		leaf = node->value * model->weights[t];
		margin = margin + leaf;
	}
	return base_last ? margin + model->base_margin : margin;
}

/* -------- compared -------- */

static bool
same_bits(float a, float b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Values of the model's own splits, their neighbours, and the rest. */
static void
naive_row(const NaiveModel *model, const CrForest *forest, Random *random,
		  float *row)
{
	random_row(forest, random, row);
	for (int f = 0; f < N_FEATURES; f++)
	{
		const NaiveTree *tree =
			&model->trees[random_below(random, (uint64_t) model->shape->n_trees)];
		const NaiveNode *node =
			&tree->nodes[random_below(random, (uint64_t) tree->n)];

		if (node->left == -1 || node->feature != f)
			continue;
		if (f >= N_NUMERIC && node->n_codes > 0)
			row[f] = (float) node->codes[random_below(random,
													  (uint64_t) node->n_codes)];
		else if (f < N_NUMERIC && isfinite(node->value))
			row[f] = node->value;
	}
}

static int
count_wrong(const NaiveModel *model, const CrForest *forest, Random *random,
			int n_rows)
{
	float	   *scratch = malloc(cr_eval_scratch(forest) * sizeof(float));
	int			wrong = 0;

	for (int i = 0; i < n_rows; i++)
	{
		float		row[N_FEATURES];
		float		expected;

		naive_row(model, forest, random, row);
		expected = naive_margin(model, row);
		for (const CrEvaluator *e = cr_evaluators; e->name != NULL; e++)
			if (e->fits(forest))
				wrong += !same_bits(expected,
									e->margin(forest, row, scratch));
	}
	free(scratch);
	return wrong;
}

static void
test_shape(const Shape *shape, Random *random)
{
	CrImportOptions options = default_options();
	int			wrong = 0;

	for (int i = 0; i < 6; i++)
	{
		NaiveModel	model = make_model(shape, random);
		Text		json = write_model(&model);
		Text		text = i % 2 == 0 ? model_ubjson(&json) : json;
		Imported	imported = import_bytes(text_view(&text), &options);
		CrForest	forest;
		CrError		error = {.message = ""};

		if (imported.status == CR_OK &&
			cr_forest_open(&forest, imported.image, imported.size,
						   &error) == CR_OK)
			wrong += count_wrong(&model, &forest, random, 200);
		else
			wrong += ok(false, "%s: %s%s", shape->what,
						imported.error.message, error.message) + 1;
		forget(&imported);
		if (text.data != json.data)
			free(text.data);
		free(json.data);
		free(model.trees);
		free(model.weights);
	}
	ok(wrong == 0, "%s: %d margins differ", shape->what, wrong);
}

static const Shape shapes[] = {
	{"one leaf", 1, 0, false, false, 7, 1},
	{"nine leaves", 9, 0, false, false, 7, 1},
	{"one stump", 1, 1, false, false, 7, 1},
	{"7 trees", 7, 4, false, false, 7, 1},
	{"8 trees", 8, 4, false, false, 7, 1},
	{"9 trees", 9, 4, false, false, 7, 1},
	{"15 trees", 15, 3, false, false, 7, 1},
	{"16 trees", 16, 3, false, false, 7, 1},
	{"17 trees", 17, 3, false, false, 7, 1},
	{"100 trees", 100, 3, false, false, 7, 1},
	{"deep trees", 5, 40, false, false, 7, 1},
	{"large leaves", 30, 5, false, false, 7, 1e35f},
	{"small leaves", 30, 5, false, false, 7, 1e-38f},
	{"categories, one tree", 1, 6, true, false, 7, 1},
	{"categories, 11 trees", 11, 5, true, false, 7, 1},
	{"categories, deep trees", 3, 30, true, false, 7, 1},
	{"dart", 12, 4, false, true, 7, 1},
	{"dart with categories", 13, 4, true, true, 7, 1},
	{"dart of XGBoost 1.3", 12, 4, false, true, 3, 1},
	{"gbtree of XGBoost 1.3", 12, 4, false, false, 3, 1},
};

/* -------- by hand -------- */

static float
margin_of(const char *base, const float *row)
{
	CrImportOptions options = default_options();
	Text		json = model_json(base);
	Imported	imported = import_bytes(text_view(&json), &options);
	CrForest	forest;
	CrError		error;
	float		scratch[16];
	float		margin = NAN;

	if (imported.status == CR_OK &&
		cr_forest_open(&forest, imported.image, imported.size,
					   &error) == CR_OK &&
		cr_eval_scratch(&forest) <= 16 && row_agrees(&forest, row, scratch))
		margin = cr_eval_choose(&forest)->margin(&forest, row, scratch);
	forget(&imported);
	free(json.data);
	return margin;
}

static void
check_margin(const char *what, const char *base, float a, float b,
			 float expected)
{
	float		row[2] = {a, b};
	float		margin = margin_of(base, row);

	ok(same_bits(margin, expected), "%s: (%g, %g) has margin %g", what, a, b,
	   margin);
}

static void
test_by_hand(void)
{
	const char *g = MODEL_GBTREE;

	check_margin("below", g, nextafterf(0.5f, 0), 0, 0.375f);
	check_margin("equal goes right", g, 0.5f, 0, 0.875f);
	check_margin("above", g, nextafterf(0.5f, 1), 0, 0.875f);
	check_margin("second split, below", g, 1, nextafterf(-1.5f, -2), -0.375f);
	check_margin("second split, equal", g, 1, -1.5f, 0.875f);
	check_margin("missing goes left", g, NAN, 0, 0.375f);
	check_margin("missing goes right", g, 1, NAN, 0.875f);
	check_margin("dart weighs its trees", MODEL_DART, 1, -2, -0.9375f);
	check_margin("the code is not in the set", MODEL_CATEGORICAL, 0, 0, 1);
	check_margin("the code is in the set", MODEL_CATEGORICAL, 1, 0, 2);
	check_margin("the code is in the bitmap", MODEL_CATEGORICAL, 3, 0, 2);
	check_margin("beyond the bitmap", MODEL_CATEGORICAL, 35, 0, 1);
	check_margin("in the list, but not here", MODEL_CATEGORICAL, 40, 0, 1);
	check_margin("the largest code", MODEL_CATEGORICAL, 16777215, 0, 1);
	check_margin("missing", MODEL_CATEGORICAL, NAN, 0, 1);
}

/*
 * A base score of 0.5 is a margin of -0, and leaves of -0 keep it so: nothing
 * may be added that would make it 0.
 */
static void
test_minus_zero(void)
{
	static const char model[] = MODEL_BEGIN
		"'model':{'gbtree_model_param':{'num_trees':'1'},'trees':[{"
		"'default_left':[0],'left_children':[-1],'parents':[-1],"
		"'right_children':[-1],'split_conditions':[-0.0],"
		"'split_indices':[0],'sum_hessian':[10],"
		"'tree_param':{'num_nodes':'1'}}]},'name':'gbtree'" MODEL_END;

	check_margin("minus zero", model, 0, 0, -0.0f);
}

static void
test_linear(void)
{
	float		margin = 0.125f + 0.0f;

	margin += 3.0f * 0.5f;
	margin += 0.1f * -2.0f;
	check_margin("linear", MODEL_LINEAR, 3, 0.1f, margin);
	check_margin("linear, one missing", MODEL_LINEAR, NAN, 1, -1.875f);
	check_margin("linear, all missing", MODEL_LINEAR, NAN, NAN, 0.125f);
	check_margin("linear, zero", MODEL_LINEAR, -0.0f, 0, 0.125f);
}

/* The first evaluator that fits is chosen, and one always fits. */
static void
test_choice(void)
{
	CrImageHeader header = {.booster = CR_GBTREE};
	CrForest	forest = {.header = &header,.n_features = 4};
	int			n = 0;

	ok(strcmp(cr_eval_choose(&forest)->name, cr_evaluators[0].name) == 0,
	   "the first one for trees");
	header.booster = CR_DART;
	ok(cr_eval_choose(&forest)->fits(&forest), "one for dart");
	header.booster = CR_GBLINEAR;
	ok(strcmp(cr_eval_choose(&forest)->name, "linear") == 0,
	   "linear for gblinear");
	while (cr_evaluators[n].name != NULL)
		n++;
	ok(n >= 3 && cr_eval_scratch(&forest) >= 9, "%d evaluators", n);
}

int
main(void)
{
	Random		random = {.state = 4711};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		test_shape(&shapes[i], &random);
	test_by_hand();
	test_minus_zero();
	test_linear();
	test_choice();
	return done_testing();
}
