/*
 * import.c
 *	  Proves that the importer accepts what XGBoost writes, in both notations,
 *	  and refuses every departure from it with the right status and message.
 *
 * Each case changes one thing in a small model of model.h.
 */
#include "agree.h"
#include "model.h"

#include "cr_xgb.h"

typedef struct Case
{
	const char *base;
	const char *old[3];			/* replaced ... */
	const char *new[3];			/* ... by these */
	CrStatus	status;
	const char *message;		/* part of it */
	bool		json_only;		/* no UBJSON says the same */
} Case;

static Text
changed(const Case *c)
{
	Text		text = model_json(c->base);

	for (int i = 0; i < 3 && c->old[i] != NULL; i++)
	{
		Text		old = model_json(c->old[i]);
		Text		new = model_json(c->new[i]);

		text_replace(&text, old.data, new.length > 0 ? new.data : "");
		free(old.data);
		free(new.data);
	}
	return text;
}

/* Opens an accepted image and runs it. */
static bool
runs(const Imported *imported)
{
	Random		random = {.state = 9};
	CrForest	forest;
	CrError		error;

	return cr_forest_open(&forest, imported->image, imported->size,
						  &error) == CR_OK &&
		evaluators_agree(&forest, &random, 20) && labels_found(&forest);
}

static void
check_import(CrView artifact, const CrImportOptions *options, CrStatus status,
			 const char *message, const char *what)
{
	Imported	imported = import_bytes(artifact, options);

	if (!ok(imported.status == status && imported.sound &&
			(status == CR_OK ? runs(&imported) :
			 strstr(imported.error.message, message) != NULL),
			"%s: %s", what, imported.error.message))
		printf("# status %d, expected %d; peak %zu, left %zu\n",
			   (int) imported.status, (int) status, imported.meter.peak,
			   imported.meter.used);
	forget(&imported);
}

static void
check_case(const Case *c)
{
	CrImportOptions options = default_options();
	Text		json = changed(c);
	const char *what = c->new[0] == NULL ? "unchanged" : c->new[0];

	check_import(text_view(&json), &options, c->status, c->message, what);
	if (!c->json_only)
	{
		Text		ubjson = model_ubjson(&json);

		check_import(text_view(&ubjson), &options, c->status, c->message,
					 what);
		free(ubjson.data);
	}
	free(json.data);
}

#define G	MODEL_GBTREE
#define D	MODEL_DART
#define L	MODEL_LINEAR
#define C	MODEL_CATEGORICAL
#define K	MODEL_CONTAINER
#define BAD	CR_MALFORMED
#define NOT	CR_UNSUPPORTED

static const Case unchanged[] = {
	{G, {NULL}, {NULL}, CR_OK, NULL, false},
	{D, {NULL}, {NULL}, CR_OK, NULL, false},
	{L, {NULL}, {NULL}, CR_OK, NULL, false},
	{C, {NULL}, {NULL}, CR_OK, NULL, false},
	{K, {NULL}, {NULL}, CR_OK, NULL, false},
};

static const Case fields[] = {
	{G, {"'version'"}, {"'extra':1,'version'"}, NOT,
	"The field \"extra\" of the model is not known", false},
	{G, {"'attributes'"}, {"'extra':1,'attributes'"}, NOT,
	"The field \"extra\" of learner is not known", false},
	{G, {"'name':'gbtree'"}, {"'extra':{},'name':'gbtree'"}, NOT,
	"The field \"extra\" of gradient_booster is not known", false},
	{G, {"'tree_info'"}, {"'extra':[],'tree_info'"}, NOT,
	"The field \"extra\" of model is not known", false},
	{G, {"'num_trees'"}, {"'extra':'1','num_trees'"}, NOT,
	"The field \"extra\" of gbtree_model_param is not known", false},
	{G, {"'id':1"}, {"'id':1,'extra':1"}, NOT,
	"The field \"extra\" of a tree is not known", false},
	{G, {"'num_nodes':'1'"}, {"'num_nodes':'1','extra':'1'"}, NOT,
	"The field \"extra\" of tree_param is not known", false},
	{G, {"'num_class'"}, {"'extra':'1','num_class'"}, NOT,
	"The field \"extra\" of learner_model_param is not known", false},
	{D, {"'name':'gbtree'"}, {"'extra':1,'name':'gbtree'"}, NOT,
	"The field \"extra\" of gbtree is not known", false},
	{K, {"'sorted_idx'"}, {"'extra':1,'sorted_idx'"}, NOT,
	"The field \"extra\" of cats is not known", false},
	{K, {"{'offsets':[],"}, {"{'extra':1,'offsets':[],"}, NOT,
	"The field \"extra\" of a category container is not known", false},
	{G, {"'id':1"}, {"'i\\u0064':1"}, NOT, "of a tree is not known", true},
	{G, {"'id':1"}, {"'id':1,'id':1"}, BAD,
	"The field \"id\" of a tree appears twice", false},
	{G, {"'left_children':[-1]"}, {"'left_children':[-1],'left_children':[-1]"},
	BAD, "The field \"left_children\" of a tree appears twice", false},
	{G, {"'num_class':'0'"}, {"'num_class':'0','num_class':'0'"}, BAD,
	"The field \"num_class\" of learner_model_param appears twice", false},
	{G, {"'version':[1,7,4]"}, {"'version':[1,7,4],'version':[1,7,4]"}, BAD,
	"The field \"version\" of the model appears twice", false},
	{G, {",'version':[1,7,4]"}, {""}, BAD,
	"The field \"version\" of the model is missing", false},
	{G, {"'left_children':[-1],"}, {""}, BAD,
	"The field \"left_children\" of a tree is missing", false},
	{G, {"'right_children':[-1],"}, {""}, BAD,
	"The field \"right_children\" of a tree is missing", false},
	{G, {"'parents':[2147483647],"}, {""}, BAD,
	"The field \"parents\" of a tree is missing", false},
	{G, {"'split_conditions':[0.125],"}, {""}, BAD,
	"The field \"split_conditions\" of a tree is missing", false},
	{G, {"'split_indices':[0],"}, {""}, BAD,
	"The field \"split_indices\" of a tree is missing", false},
	{G, {"'default_left':[0],"}, {""}, BAD,
	"The field \"default_left\" of a tree is missing", false},
	{G, {"'sum_hessian':[10],"}, {""}, BAD,
	"The field \"sum_hessian\" of a tree is missing", false},
	{G, {",'tree_param':{'num_nodes':'1'}"}, {""}, BAD,
	"The field \"tree_param\" of a tree is missing", false},
	{G, {"{'num_nodes':'1'}"}, {"{}"}, BAD,
	"The field \"num_nodes\" of tree_param is missing", false},
	{G, {"'num_trees':'2',"}, {""}, BAD,
	"The field \"num_trees\" of gbtree_model_param is missing", false},
	{G, {"'num_feature':'2','num_target'"}, {"'num_target'"}, BAD,
	"The field \"num_feature\" of learner_model_param is missing", false},
	{G, {"'base_score':'5E-1',"}, {""}, BAD,
	"The field \"base_score\" of learner_model_param is missing", false},
	{G, {",'name':'gbtree'"}, {""}, BAD,
	"The field \"name\" of gradient_booster is missing", false},
	{K, {",'values':[98,99,99]"}, {""}, BAD,
	"The field \"values\" of a category container is missing", false},
	{K, {"'enc':[{'offsets':[0,0,1,3],'values':[98,99,99]},"
	"{'offsets':[],'values':[]}],"}, {""}, BAD,
	"The field \"enc\" of cats is missing", false},
	/* What may be absent, or be there in other versions. */
	{G, {"'boost_from_average':'1',", ",'num_target':'1'", "'attributes':{},"},
	{"", "", ""}, CR_OK, NULL, false},
	{G, {"'iteration_indptr':[0,1,2],'tree_info':[0,0],"}, {""}, CR_OK, NULL,
	false},
	{G, {"'iteration_indptr':[0,1,2],"}, {"'iteration_indptr':[],"}, CR_OK,
	NULL, false},
	{G, {"'default_left':[1,0,0,0,0]"},
	{"'default_left':[true,false,false,false,false]"}, CR_OK, NULL, false},
	{G, {"'id':1"}, {"'id':1,'leaf_child_counts':[3]"}, CR_OK, NULL, false},
	{G, {"'attributes':{}"}, {"'attributes':{'x':'1','y':{'z':[null]}}"},
	CR_OK, NULL, false},
	{G, {"{'scale_pos_weight':'1'}"}, {"[1,{'deep':[true]}]"}, CR_OK, NULL,
	false},
};

static const Case booster[] = {
	{G, {"'name':'gbtree'"}, {"'name':'random_forest'"}, NOT,
	"The booster \"random_forest\" is not supported", false},
	{G, {"'name':'gbtree'"}, {"'name':''"}, NOT,
	"The booster \"\" is not supported", false},
	{G, {"'name':'gbtree'"}, {"'name':'gblinear'"}, BAD,
	"The model does not fit its booster \"gblinear\"", false},
	{L, {"'name':'gblinear'"}, {"'name':'gbtree'"}, BAD,
	"The model does not fit its booster \"gbtree\"", false},
	{L, {"'name':'gblinear'"}, {"'name':'dart'"}, BAD,
	"The model does not fit its booster \"dart\"", false},
	{L, {"'boosted_rounds':3,"}, {"'trees':[],"}, BAD,
	"The model does not fit its booster", false},
	/* Untrained, for all the file says; XGBoost 1.4 did not count. */
	{L, {"'boosted_rounds':3,"}, {""}, NOT,
	"does not say that it was trained (boosted_rounds)", false},
	{L, {"'boosted_rounds':3,"}, {"'boosted_rounds':0,"}, NOT,
	"does not say that it was trained (boosted_rounds)", false},
	{L, {"'boosted_rounds':3,"}, {"'boosted_rounds':-1,"}, NOT,
	"does not say that it was trained (boosted_rounds)", false},
	{L, {"'boosted_rounds':3,"}, {"'boosted_rounds':'3',"}, BAD,
	"Expected a number but found a string", false},
	{L, {"'boosted_rounds':3,", "[1,7,4]"}, {"", "[1,5,0]"}, NOT,
	"boosted_rounds", false},
	{L, {"'boosted_rounds':3,", "[1,7,4]"}, {"", "[1,4,2]"}, CR_OK, NULL,
	false},
	{G, {"'name':'gbtree'"}, {"'model':{},'name':'gbtree'"}, BAD,
	"appears twice", false},
	{G, {"'tree_info'"}, {"'weights':[1,2,3],'tree_info'"}, BAD,
	"The model does not fit its booster \"gbtree\"", false},
	/* One model inside and one outside: which of them counts? */
	{D, {"'name':'dart'"}, {"'model':{},'name':'dart'"}, BAD,
	"The booster has two models", false},
	{D, {",'weight_drop':[2,0.5]"}, {""}, BAD,
	"The model does not fit its booster \"dart\"", false},
	{G, {"'name':'gbtree'"}, {"'name':'dart'"}, BAD,
	"The model does not fit its booster \"dart\"", false},
	{G, {"'binary:logistic'"}, {"'reg:squarederror'"}, NOT,
	"The objective \"reg:squarederror\" is not supported", false},
	{G, {"'binary:logistic'"}, {"'multi:softprob'"}, NOT,
	"The objective \"multi:softprob\" is not supported", false},
	{G, {"'name':'binary:logistic',"}, {""}, BAD, "The field \"name\"", false},
	{G, {"'binary:logistic'"}, {"'binary:logitraw'"}, CR_OK, NULL, false},
	{G, {"'binary:logistic'"}, {"'reg:logistic'"}, CR_OK, NULL, false},
	{G, {"'num_class':'0'"}, {"'num_class':'1'"}, CR_OK, NULL, false},
	{G, {"'num_class':'0'"}, {"'num_class':'2'"}, NOT,
	"Models with 2 classes are not supported", false},
	{G, {"'num_class':'0'"}, {"'num_class':''"}, BAD,
	"Expected a number in a string", false},
	{G, {"'num_class':'0'"}, {"'num_class':'-'"}, BAD, "integer", false},
	{G, {"'num_class':'0'"}, {"'num_class':'x'"}, BAD,
	"Expected an integer but found \"x\"", false},
	{G, {"'num_class':'0'"}, {"'num_class':0"}, BAD,
	"Expected a string but found a number", false},
	{G, {"'num_class':'0'"}, {"'num_class':'00000000000000000000'"}, BAD,
	"Expected a number in a string", false},
	{G, {"'num_target':'1'"}, {"'num_target':'3'"}, NOT,
	"Models with 3 targets are not supported", false},
	{G, {"'size_leaf_vector':'0'"}, {"'size_leaf_vector':'4'"}, NOT,
	"vector leaves (size_leaf_vector = 4)", false},
	{G, {"'size_leaf_vector':'1'"}, {"'size_leaf_vector':'2'"}, NOT,
	"vector leaves (size_leaf_vector = 2)", false},
	{G, {"[1,7,4]"}, {"[1,2,0]"}, NOT, "written by XGBoost 1.2; versions 1.3",
	false},
	{G, {"[1,7,4]"}, {"[1,3,0]"}, CR_OK, NULL, false},
	{G, {"[1,7,4]"}, {"[2,9,0]"}, CR_OK, NULL, false},
	{G, {"[1,7,4]"}, {"[3,4,99]"}, CR_OK, NULL, false},
	{G, {"[1,7,4]"}, {"[3,5,0]"}, NOT, "written by XGBoost 3.5", false},
	{G, {"[1,7,4]"}, {"[4,0,0]"}, NOT, "written by XGBoost 4.0", false},
	{G, {"[1,7,4]"}, {"[0,90,0]"}, NOT, "written by XGBoost 0.90", false},
	{G, {"[1,7,4]"}, {"[1,7]"}, BAD, "Expected a number but found the end",
	false},
	{G, {"[1,7,4]"}, {"[1,7,4,0]"}, BAD, "Expected the end of an array", false},
	{G, {"[1,7,4]"}, {"[-1,7,4]"}, BAD, "The version is out of range", false},
	{G, {"[1,7,4]"}, {"[1,65536,4]"}, BAD, "The version is out of range",
	false},
};

static const Case counts[] = {
	{G, {"'num_feature':'2','num_target'"}, {"'num_feature':'0','num_target'"},
	BAD, "The model has num_feature = 0", false},
	{G, {"'num_feature':'2','num_target'"}, {"'num_feature':'-2','num_target'"},
	BAD, "The model has num_feature = -2", false},
	{G, {"'num_feature':'2','num_target'"},
	{"'num_feature':'65536','num_target'"}, CR_LIMIT,
	"The model has 65536 features; at most 65535", false},
	{G, {"'num_trees':'2'"}, {"'num_trees':'3'"}, BAD,
	"The model has 2 trees, but num_trees", false},
	{G, {"'num_trees':'2'"}, {"'num_trees':'-2'"}, BAD,
	"The model has 2 trees, but num_trees", false},
	{G, {"'num_parallel_tree':'1'"}, {"'num_parallel_tree':'2'",}, BAD,
	"iteration_indptr has 3 elements for 1 rounds", false},
	{G, {"'num_parallel_tree':'1'"}, {"'num_parallel_tree':'3'",}, BAD,
	"num_parallel_tree", false},
	{G, {"'num_parallel_tree':'1'"}, {"'num_parallel_tree':'-1'",}, BAD,
	"num_parallel_tree", false},
	{G, {"'num_parallel_tree':'1'", "[0,1,2]"},
	{"'num_parallel_tree':'2'", "[0,2]"}, CR_OK, NULL, false},
	{G, {"'tree_info':[0,0]"}, {"'tree_info':[0]"}, BAD, "tree_info", false},
	{G, {"'tree_info':[0,0]"}, {"'tree_info':[0,1]"}, BAD,
	"Tree 1 belongs to no output", false},
	{G, {"'tree_info':[0,0]"}, {"'tree_info':[true,0]"}, BAD,
	"Expected a number but found a boolean", false},
	{G, {"'tree_info':[0,0]"}, {"'tree_info':[0,0.5]"}, BAD,
	"Expected an integer", false},
	{G, {"'iteration_indptr':[0,1,2]"}, {"'iteration_indptr':[0,1]"}, BAD,
	"iteration_indptr has 2 elements for 2 rounds", false},
	{D, {"[2,0.5]"}, {"[2]"}, BAD, "weight_drop says otherwise", false},
	{D, {"[2,0.5]"}, {"[2,0.5,1]"}, BAD, "weight_drop says otherwise", false},
	{D, {"[2,0.5]"}, {"[2,true]"}, BAD,
	"Expected a number but found a boolean", false},
	{D, {"[2,0.5]"}, {"[2,NaN]"}, BAD, "leaf without a finite value", false},
	{D, {"[2,0.5]"}, {"[2,Infinity]"}, BAD, "leaf without a finite value",
	false},
	{D, {"[2,0.5]"}, {"[-2,0]"}, CR_OK, NULL, false},
	{L, {"[0.5,-2,0.125]"}, {"[0.5,-2]"}, BAD,
	"A linear model of 2 features has 2 weights", false},
	{L, {"[0.5,-2,0.125]"}, {"[0.5,-2,0.125,1]"}, BAD,
	"A linear model of 2 features has 4 weights", false},
	{L, {"[0.5,-2,0.125]"}, {"[0.5,NaN,0.125]"}, BAD, "Weight 1 is not finite",
	false},
	{L, {"[0.5,-2,0.125]"}, {"[0.5,-2,Infinity]"}, BAD,
	"Weight 2 is not finite", false},
	{L, {"[0.5,-2,0.125]"}, {"[0.5,true,0.125]"}, BAD,
	"Expected a number but found a boolean", false},
	{L, {"['float','int']"}, {"['float','c']"}, NOT,
	"Categorical features of a linear model", false},
	{C, {"'tree_info':[0],'trees':["},
	{"'tree_info':[0],'trees':[],'weights':["}, BAD,
	"Expected a number but found an object", false},
};

#define NO_TREES \
	"'model':{'gbtree_model_param':{'num_trees':'0'},'trees':[]}"

static const Case no_trees[] = {
	{MODEL_BEGIN NO_TREES ",'name':'gbtree'" MODEL_END, {NULL}, {NULL}, BAD,
	"The model has no trees", false},
};

static const Case trees[] = {
	{G, {"'num_nodes':'5'"}, {"'num_nodes':'4'"}, BAD,
	"elements where num_nodes is 4", false},
	{G, {"'num_nodes':'5'"}, {"'num_nodes':'0'"}, BAD, "num_nodes = 0", false},
	{G, {"'num_nodes':'5'"}, {"'num_nodes':'-5'"}, BAD, "num_nodes = -5",
	false},
	{G, {"'num_nodes':'5'"}, {"'num_nodes':'268435457'"}, BAD,
	"num_nodes = 268435457", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,3,-1]"}, BAD,
	"An array of a tree has 4 elements where num_nodes is 5", false},
	{G, {"[2,-1,4,-1,-1]"}, {"[2,-1,4,-1,-1,-1]"}, BAD, "has 6 elements",
	false},
	{G, {"[2147483647,0,0,2,2]"}, {"[2147483647,0,0,2]"}, BAD,
	"has 4 elements", false},
	{G, {"'split_indices':[0,0,1,0,0]"}, {"'split_indices':[0,0,1,0]"}, BAD,
	"has 4 elements", false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,0.25,-1.5,-0.5]"}, BAD,
	"has 4 elements", false},
	{G, {"'split_type':[0,0,0,0,0]"}, {"'split_type':[0,0,0,0]"}, BAD,
	"has 4 elements", false},
	{G, {"[1,0,0,0,0]"}, {"[1,0,0,0]"}, BAD, "has 4 elements", false},
	{G, {"[10,4,6,2,4]"}, {"[10,4,6,2]"}, BAD, "has 4 elements", false},
	{G, {"[9.5,0,1.5,0,0]"}, {"[9.5,0,1.5,0]"}, BAD, "has 4 elements", false},
	{G, {"[9.5,0,1.5,0,0]"}, {"null"}, BAD, "Expected an array but found null",
	false},
	/* Arrays that are passed over may be anything. */
	{G, {"[0.1,0.2,0.3,0.4,0.5]"}, {"[]"}, CR_OK, NULL, false},
	{G, {"[0.1,0.2,0.3,0.4,0.5]"}, {"null"}, CR_OK, NULL, false},

	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,5,-1,-1]"}, BAD,
	"Node 2 of tree 0 has a child that is not there", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,-2,-1,-1]"}, BAD,
	"Node 2 of tree 0 has a child that is not there", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,2147483647,-1,-1]"}, BAD,
	"Node 2 of tree 0 has a child that is not there", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,3000000000,-1,-1]"}, BAD,
	"The integer 3000000000 is out of range", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,3.5,-1,-1]"}, BAD, "Expected an integer",
	false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,true,-1,-1]"}, BAD,
	"Expected a number but found a boolean", false},
	{G, {"[2,-1,4,-1,-1]"}, {"[2,-1,-1,-1,-1]"}, BAD,
	"Node 2 of tree 0 has a child that is not there", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,3,3,-1,-1]"}, BAD,
	"Node 3 of tree 0 names another parent", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,2,-1,-1]"}, BAD,
	"Node 2 of tree 0 is reached twice", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,0,-1,-1]"}, BAD,
	"Node 0 of tree 0 is reached twice", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,1,-1,-1]"}, BAD,
	"Node 1 of tree 0 is reached twice", false},
	{G, {"[1,-1,3,-1,-1]"}, {"[1,-1,4,-1,-1]"}, BAD,
	"Node 4 of tree 0 is reached twice", false},
	{G, {"[2147483647,0,0,2,2]"}, {"[2147483647,0,0,2,1]"}, BAD,
	"Node 4 of tree 0 names another parent", false},
	{G, {"[2147483647,0,0,2,2]"}, {"[2,0,0,2,2]"}, BAD,
	"Node 0 of tree 0 is the root but has a parent", false},
	{G, {"[2147483647,0,0,2,2]"}, {"[-1,0,0,2,2]"}, CR_OK, NULL, false},
	{G, {"[1,-1,3,-1,-1]", "[2,-1,4,-1,-1]"},
	{"[1,-1,-1,-1,-1]", "[2,-1,-1,-1,-1]"}, BAD,
	"Node 3 of tree 0 is reached from nowhere", false},
	{G, {"[1,-1,3,-1,-1]", "[2,-1,4,-1,-1]", "[0,0,1,0,0]"},
	{"[1,-1,-1,-1,-1]", "[2,-1,-1,-1,-1]", "[0,0,1,2147483647,2147483647]"},
	CR_OK, NULL, false},
	{G, {"[1,-1,3,-1,-1]", "[2,-1,4,-1,-1]", "[0,0,1,0,0]"},
	{"[1,-1,-1,-1,-1]", "[2,-1,-1,-1,-1]", "[0,0,1,2147483647,0]"},
	BAD, "Node 4 of tree 0 is reached from nowhere", false},

	{G, {"[0,0,1,0,0]"}, {"[0,0,2,0,0]"}, BAD,
	"Node 2 of tree 0 splits on a feature that is not there", false},
	{G, {"[0,0,1,0,0]"}, {"[0,0,-1,0,0]"}, BAD,
	"Node 2 of tree 0 splits on a feature that is not there", false},
	{G, {"[0,0,1,0,0]"}, {"[0,0,2147483647,0,0]"}, BAD,
	"Node 2 of tree 0 splits on a feature that is not there", false},
	{G, {"[0,0,1,0,0]"}, {"[0,9,1,9,9]"}, CR_OK, NULL, false},
	{G, {"[1,0,0,0,0]"}, {"[2,0,0,0,0]"}, BAD, "Expected 0 or 1 but found 2",
	false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,0.25,NaN,-0.5,0.75]"}, BAD,
	"Node 2 of tree 0 has a threshold that is not a number", false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,0.25,Infinity,-0.5,0.75]"},
	CR_OK, NULL, false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,0.25,-Infinity,-0.5,0.75]"},
	CR_OK, NULL, false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,0.25,-1.5,-0.5,Infinity]"}, BAD,
	"Node 4 of tree 0 is a leaf without a finite value", false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,NaN,-1.5,-0.5,0.75]"}, BAD,
	"Node 1 of tree 0 is a leaf without a finite value", false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,0.25,-1.5,-0.5,1e39]"}, BAD,
	"Node 4 of tree 0 is a leaf without a finite value", false},
	{G, {"[0.5,0.25,-1.5,-0.5,0.75]"}, {"[0.5,0.25,-1.5,-0.5,2e38]"}, BAD,
	"The leaves add up to more than a float can hold", false},
	{G, {"[10,4,6,2,4]"}, {"[10,4,6,2,NaN]"}, BAD,
	"Node 4 of tree 0 has a sum_hessian that is not finite", false},
	{G, {"[10,4,6,2,4]"}, {"[10,4,6,2,-Infinity]"}, BAD,
	"Node 4 of tree 0 has a sum_hessian that is not finite", false},
	{G, {"'loss_changes':[0]"}, {"'loss_changes':['0']"}, BAD,
	"Expected a number but found a string", false},
	{G, {"'split_conditions':[0.125]"}, {"'split_conditions':['0.125']"}, BAD,
	"Expected a number but found a string", false},
	{G, {"'trees':[{"}, {"'trees':[7,{"}, BAD,
	"Expected an object but found a number", false},
};

static const Case sets[] = {
	{C, {"'categories_nodes':[0,2]"}, {"'categories_nodes':[0]"}, BAD,
	"The arrays of categorical splits differ in length", false},
	{C, {"'categories_sizes':[2,1]"}, {"'categories_sizes':[2]"}, BAD,
	"The arrays of categorical splits differ in length", false},
	{C, {"'categories_segments':[0,2]"}, {"'categories_segments':[]"}, BAD,
	"The arrays of categorical splits differ in length", false},
	{C, {"[3,1,40]"}, {"[3,1]"}, BAD,
	"Node 2 of tree 0 has categories out of range", false},
	{C, {"'categories_sizes':[2,1]"}, {"'categories_sizes':[2,2]"}, BAD,
	"Node 2 of tree 0 has categories out of range", false},
	{C, {"'categories_sizes':[2,1]"}, {"'categories_sizes':[-1,1]"}, BAD,
	"Node 0 of tree 0 has categories out of range", false},
	{C, {"'categories_segments':[0,2]"}, {"'categories_segments':[0,-1]"}, BAD,
	"Node 2 of tree 0 has categories out of range", false},
	{C, {"'categories_segments':[0,2]"}, {"'categories_segments':[0,4]"}, BAD,
	"Node 2 of tree 0 has categories out of range", false},
	/* Segments that overlap would need more room than the codes take. */
	{C, {"'categories_segments':[0,2]", "'categories_sizes':[2,1]"},
	{"'categories_segments':[0,0]", "'categories_sizes':[3,3]"}, BAD,
	"categories out of range", false},
	{C, {"'categories_segments':[0,2]"}, {"'categories_segments':[0,1]"}, BAD,
	"categories out of range", false},
	{C, {"[3,1,40]"}, {"[3,1,40,41]"}, BAD, "categories", false},
	{C, {"'categories_nodes':[0,2]"}, {"'categories_nodes':[2,0]"}, BAD,
	"cannot have a categorical split there", false},
	{C, {"'categories_nodes':[0,2]"}, {"'categories_nodes':[0,0]"}, BAD,
	"Node 0 of tree 0 cannot have a categorical split there", false},
	{C, {"'categories_nodes':[0,2]"}, {"'categories_nodes':[0,1]"}, BAD,
	"Node 1 of tree 0 cannot have a categorical split there", false},
	{C, {"'categories_nodes':[0,2]"}, {"'categories_nodes':[0,5]"}, BAD,
	"Node 5 of tree 0 cannot have a categorical split there", false},
	{C, {"'categories_nodes':[0,2]"}, {"'categories_nodes':[-1,2]"}, BAD,
	"Node -1 of tree 0 cannot have a categorical split there", false},
	{C, {"'categories_nodes':[0,2]", "'categories_segments':[0,2]",
	"'categories_sizes':[2,1]"}, {"'categories_nodes':[0]",
	"'categories_segments':[0]", "'categories_sizes':[3]"}, BAD,
	"Node 2 of tree 0 has a categorical split without categories", false},
	{C, {"[3,1,40]"}, {"[3,3,40]"}, BAD,
	"Node 0 of tree 0 lists a category twice or out of range", false},
	{C, {"[3,1,40]"}, {"[3,-1,40]"}, BAD,
	"Node 0 of tree 0 lists a category twice or out of range", false},
	{C, {"[3,1,40]"}, {"[3,1,16777216]"}, BAD,
	"Node 2 of tree 0 lists a category twice or out of range", false},
	{C, {"[3,1,40]"}, {"[3,1,16777215]"}, CR_OK, NULL, false},
	{C, {"[3,1,40]", "'categories_segments':[0,2]",
	"'categories_sizes':[2,1]"}, {"[40]", "'categories_segments':[0,0]",
	"'categories_sizes':[0,1]"}, CR_OK, NULL, false},
	{C, {"'split_type':[1,0,1,0,0]"}, {"'split_type':[1,0,0,0,0]"}, BAD,
	"Node 2 of tree 0 cannot have a categorical split there", false},
	{C, {"'split_type':[1,0,1,0,0]"}, {"'split_type':[1,0,2,0,0]"}, BAD,
	"Expected 0 or 1 but found 2", false},
	{C, {"'split_type':[1,0,1,0,0],"}, {""}, BAD,
	"cannot have a categorical split there", false},
	{C, {"['c','float']"}, {"['float','float']"}, BAD,
	"Node 0 of tree 0 splits on a feature of the other type", false},
	{G, {"['float','int']"}, {"['float','c']"}, BAD,
	"Node 2 of tree 0 splits on a feature of the other type", false},
	{C, {",'feature_types':['c','float']"}, {""}, CR_OK, NULL, false},
	{C, {"['c','float']"}, {"[]"}, CR_OK, NULL, false},
	{C, {"['c','float']", "'split_indices':[0,0,0,0,0]"},
	{"[]", "'split_indices':[0,0,7,0,0]"}, BAD,
	"Node 2 of tree 0 splits on a feature that is not there", false},
	/* A leaf's split type and index say nothing, here about d. */
	{C, {"['c','float']", "'split_indices':[0,0,0,0,0],'split_type':[1,0,1,0,0]",
	"'categories_nodes':[0,2],'categories_segments':[0,2],"
	"'categories_sizes':[2,1]"},
	{"[]", "'split_indices':[0,1,1,0,0],'split_type':[1,1,0,0,0]",
	"'categories_nodes':[0],'categories_segments':[0],"
	"'categories_sizes':[3]"}, CR_OK, NULL, false},
	{C, {"['c','float']", "'split_indices':[0,0,0,0,0]"},
	{"[]", "'split_indices':[0,0,200000000,0,0]"}, BAD,
	"Node 2 of tree 0 splits on a feature that is not there", false},
	{C, {"['c','float']", "'split_indices':[0,0,0,0,0]"},
	{"[]", "'split_indices':[0,0,-200000000,0,0]"}, BAD,
	"Node 2 of tree 0 splits on a feature that is not there", false},
	{C, {"['c','float']"}, {"['categorical','q']"}, CR_OK, NULL, false},
	{C, {"['c','float']"}, {"['c','i']"}, CR_OK, NULL, false},
	{C, {"['c','float']"}, {"['c','date']"}, NOT,
	"The feature type \"date\" is not supported", false},
	{C, {"['c','float']"}, {"['c']"}, BAD, "The number of feature types is 1, that of features is 2",
	false},
	{C, {"['c','float']"}, {"['c',7]"}, BAD,
	"Expected a string that is not empty", false},
};

static const Case base_scores[] = {
	{G, {"'5E-1'"}, {"'0.5'"}, CR_OK, NULL, false},
	{G, {"'5E-1'"}, {"'[5E-1]'"}, CR_OK, NULL, false},
	{G, {"'5E-1'"}, {"'[1,2]'"}, NOT, "A base_score for several targets",
	false},
	{G, {"'5E-1'"}, {"''"}, BAD, "The base_score \"\" is not a number", false},
	{G, {"'5E-1'"}, {"'[]'"}, BAD, "The base_score \"\" is not a number",
	false},
	{G, {"'5E-1'"}, {"'[0.5'"}, BAD, "is not a number", false},
	{G, {"'5E-1'"}, {"'[[0.5]]'"}, BAD, "is not a number", false},
	{G, {"'5E-1'"}, {"'abc'"}, BAD, "The base_score \"abc\" is not a number",
	false},
	{G, {"'5E-1'"}, {"' 0.5'"}, BAD, "is not a number", false},
	{G, {"'5E-1'"}, {"0.5"}, BAD, "Expected a string but found a number",
	false},
	{G, {"'5E-1'"}, {"'0'"}, BAD, "does not fit the objective", false},
	{G, {"'5E-1'"}, {"'1'"}, BAD, "does not fit the objective", false},
	{G, {"'5E-1'"}, {"'1.5'"}, BAD, "does not fit the objective", false},
	/* From 3.2 a probability of 0 or 1 is moved off it; no other is. */
	{G, {"'5E-1'", "[1,7,4]"}, {"'[0E0]'", "[3,2,0]"}, CR_OK, NULL, false},
	{G, {"'5E-1'", "[1,7,4]"}, {"'[1E0]'", "[3,4,1]"}, CR_OK, NULL, false},
	{G, {"'5E-1'", "[1,7,4]"}, {"'[0E0]'", "[3,1,3]"}, BAD,
	"does not fit the objective", false},
	{G, {"'5E-1'", "[1,7,4]"}, {"'[-1E-9]'", "[3,2,0]"}, BAD,
	"does not fit the objective", false},
	{G, {"'5E-1'", "[1,7,4]"}, {"'[1.0000001E0]'", "[3,2,0]"}, BAD,
	"does not fit the objective", false},
	{G, {"'5E-1'", "[1,7,4]"}, {"'NaN'", "[3,2,0]"}, BAD,
	"does not fit the objective", false},
	{G, {"'5E-1'"}, {"'-0.5'"}, BAD, "does not fit the objective", false},
	{G, {"'5E-1'"}, {"'NaN'"}, BAD, "does not fit the objective", false},
	{G, {"'5E-1'", "binary:logistic"}, {"'0'", "reg:logistic"}, BAD,
	"does not fit the objective", false},
	{G, {"'5E-1'", "binary:logistic"}, {"'0'", "binary:logitraw"}, CR_OK, NULL,
	false},
	{G, {"'5E-1'", "binary:logistic"}, {"'-1.5E2'", "binary:logitraw"}, CR_OK,
	NULL, false},
	{G, {"'5E-1'", "binary:logistic"}, {"'NaN'", "binary:logitraw"}, BAD,
	"does not fit the objective", false},
	{G, {"'5E-1'", "binary:logistic"}, {"'1E39'", "binary:logitraw"}, BAD,
	"does not fit the objective", false},
};

static const Case containers[] = {
	{K, {"{'offsets':[],'values':[]}"}, {"{'values':[]}"}, CR_OK, NULL, false},
	{K, {",{'offsets':[],'values':[]}"}, {""}, BAD,
	"category containers for 1 of 2 features", false},
	{K, {"{'offsets':[],'values':[]}"}, {"{'offsets':[0,1],'values':[65]}"},
	CR_INVALID_OPTION,
	"The feature \"d\" has categories but is not categorical", false},
	{K, {"[0,0,1,3]"}, {"[0,1,0,3]"}, BAD,
	"The offsets of category labels are not in order", false},
	{K, {"[0,0,1,3]"}, {"[1,1,2,3]"}, BAD, "are not in order", false},
	{K, {"[0,0,1,3]"}, {"[0,0,1,4]"}, BAD, "are not in order", false},
	{K, {"[0,0,1,3]"}, {"[-1,0,1,3]"}, BAD, "are not in order", false},
	{K, {"[0,0,1,3]"}, {"[0,0,true,3]"}, BAD,
	"Expected a number but found a boolean", false},
	{K, {"[0,0,1,3]"}, {"[0,0,1,2]"}, BAD,
	"do not reach the end of the labels", false},
	{K, {"[0,0,1,3]"}, {"[]"}, BAD, "Category labels have no offsets",
	false},
	{K, {"[0,0,1,3]"}, {"[0,0,3]"}, CR_INVALID_OPTION,
	"has 2 category labels, but the model splits on category 2", false},
	{K, {"[0,0,1,3]", "[98,99,99]"}, {"[0,1,2,3]", "[98,99,98]"}, BAD,
	"The category \"b\" appears twice in one feature", false},
	{K, {"[98,99,99]"}, {"[98,0,99]"}, BAD,
	"A category label holds 0, which is no byte of text", false},
	{K, {"[98,99,99]"}, {"[98,256,99]"}, BAD, "holds 256", false},
	{K, {"[98,99,99]"}, {"[98,-129,99]"}, BAD, "holds -129", false},
	{K, {"[98,99,99]"}, {"[98,-61,-87]"}, CR_OK, NULL, false},
	{K, {"[98,99,99]"}, {"[98,195,169]"}, CR_OK, NULL, false},
	{K, {"[98,99,99]"}, {"[98,true,99]"}, BAD,
	"Expected a number but found a boolean", false},
	{K, {"'offsets':[0,0,1,3],'values':[98,99,99]"},
	{"'type':15,'values':[7,-3,5]"}, CR_OK, NULL, false},
	{K, {"'offsets':[0,0,1,3],'values':[98,99,99]"},
	{"'type':15,'values':[7,7,5]"}, BAD,
	"The category \"7\" appears twice in one feature", false},
	{K, {"'offsets':[0,0,1,3],'values':[98,99,99]"},
	{"'type':8,'values':[7,0.5,5]"}, BAD, "Expected an integer", false},
	{K, {"'offsets':[0,0,1,3],'values':[98,99,99]"},
	{"'type':15,'values':[7,true,5]"}, BAD,
	"Expected a number but found a boolean", false},
	{K, {"'offsets':[0,0,1,3],'values':[98,99,99]"},
	{"'type':'15','values':[7,8,5]"}, BAD,
	"Expected a number but found a string", false},
	{K, {"'offsets':[0,0,1,3],'values':[98,99,99]"},
	{"'type':15,'values':[7,5]"}, CR_INVALID_OPTION, "splits on category 2",
	false},
};

static const Case names[] = {
	{G, {"'feature_names':['a','b'],"}, {""}, CR_INVALID_OPTION,
	"The file names no features", false},
	{G, {"['a','b']"}, {"[]"}, CR_INVALID_OPTION, "The file names no features",
	false},
	{G, {"['a','b']"}, {"['a']"}, BAD,
	"The number of feature names is 1, that of features is 2", false},
	{G, {"['a','b']"}, {"['a','b','c']"}, BAD,
	"The number of feature names is 3, that of features is 2", false},
	{G, {"['a','b']"}, {"['a','a']"}, BAD,
	"The feature name \"a\" appears twice", false},
	{G, {"['a','b']"}, {"['a','\\u0061']"}, BAD,
	"The feature name \"a\" appears twice", true},
	{G, {"['a','b']"}, {"['a','']"}, BAD,
	"Expected a string that is not empty", false},
	{G, {"['a','b']"}, {"['a','\\u0000']"}, BAD, "a zero byte", true},
	{G, {"['a','b']"}, {"['a','\\ud800']"}, BAD, "surrogate", true},
	{G, {"['a','b']"}, {"['b','a']"}, CR_OK, NULL, false},
};

static const Case best[] = {
	{G, {"'attributes':{}"}, {"'attributes':{'best_iteration':'0'}"}, CR_OK,
	NULL, false},
	{G, {"'attributes':{}"}, {"'attributes':{'best_iteration':'2'}"}, BAD,
	"The best iteration is 2, but the model has 2 rounds", false},
	{G, {"'attributes':{}"}, {"'attributes':{'best_iteration':'-2'}"}, BAD,
	"The attribute best_iteration is -2", false},
	{G, {"'attributes':{}"}, {"'attributes':{'best_iteration':'x'}"}, BAD,
	"Expected an integer", false},
	{G, {"'attributes':{}", "'num_parallel_tree':'1',"},
	{"'attributes':{'best_iteration':'0','best_ntree_limit':'3'}", ""}, BAD,
	"The attribute best_ntree_limit is 3, but the model has 2 trees", false},
	{L, {"'attributes':{}"}, {"'attributes':{'best_iteration':'9'}"}, CR_OK,
	NULL, false},
};

static const Case syntax[] = {
	{G, {"'version':[1,7,4]}"}, {"'version':[1,7,4]} x"}, BAD,
	"Expected nothing after the model", true},
	{G, {"'version':[1,7,4]}"}, {"'version':[1,7,4]}\n \t\r\n"}, CR_OK, NULL,
	true},
	{G, {"'version':[1,7,4]}"}, {"'version':[1,7,4]"}, BAD,
	"The document ends too early", true},
	{G, {"'id':1"}, {"'id':[[[[[[[[[[1]]]]]]]]]]"}, CR_OK, NULL, false},
	{G, {"'id':1"}, {"'id':[[[[[[[[[[[1]]]]]]]]]]]"}, CR_LIMIT,
	"nested more than 16 deep", false},
	{G, {"'split_conditions':[0.125]"}, {"'split_conditions':[0.1250000000"
	"0000000000000000000000000000000000000000000000000000000]"}, CR_LIMIT,
	"more than 63 characters", true},
};

#define CHECK_CASES(cases) \
	do { \
		for (size_t i_ = 0; i_ < sizeof(cases) / sizeof((cases)[0]); i_++) \
			check_case(&(cases)[i_]); \
	} while (0)

/* -------- options -------- */

/* Imports with options; on success *forest is opened in *imported. */
static CrStatus
import_model(const char *base, const char *old, const char *new,
			 const CrImportOptions *options, Imported *imported,
			 CrForest *forest)
{
	Case		c = {.base = base,.old = {old},.new = {new}};
	Text		text = changed(&c);
	CrError		error;

	*imported = import_bytes(text_view(&text), options);
	free(text.data);
	if (imported->status == CR_OK &&
		cr_forest_open(forest, imported->image, imported->size,
					   &error) != CR_OK)
		ok(false, "an imported image opens: %s", error.message);
	return imported->status;
}

static void
test_feature_names(void)
{
	CrView		views[] = {CR_VIEW("x"), CR_VIEW("yy"), CR_VIEW("x"),
	CR_VIEW("")};
	CrImportOptions options = default_options();
	Imported	imported;
	CrForest	forest;

	options.feature_names = views;
	options.n_feature_names = 2;
	ok(import_model(G, NULL, NULL, &options, &imported, &forest) == CR_OK &&
	   cr_view_equal(cr_forest_feature_name(&forest, 0), views[0]) &&
	   cr_view_equal(cr_forest_feature_name(&forest, 1), views[1]),
	   "names of the options override those of the file");
	forget(&imported);
	ok(import_model(G, "'feature_names':['a','b'],", "", &options, &imported,
					&forest) == CR_OK &&
	   cr_view_equal(cr_forest_feature_name(&forest, 1), views[1]),
	   "names of the options for a file without names");
	forget(&imported);
	options.n_feature_names = 3;
	ok(import_model(G, NULL, NULL, &options, &imported, &forest) ==
	   CR_INVALID_OPTION && imported.sound &&
	   strstr(imported.error.message, "The number of feature names is 3"),
	   "too many names: %s", imported.error.message);
	options.feature_names = views + 1;
	options.n_feature_names = 1;
	ok(import_model(G, NULL, NULL, &options, &imported, &forest) ==
	   CR_INVALID_OPTION && imported.sound, "too few names");
	options.feature_names = (CrView[]) {views[0], views[0]};
	options.n_feature_names = 2;
	ok(import_model(G, NULL, NULL, &options, &imported, &forest) != CR_OK &&
	   imported.sound && strstr(imported.error.message, "appears twice"),
	   "a name given twice: %s", imported.error.message);
	options.feature_names = (CrView[]) {views[0], views[3]};
	ok(import_model(G, NULL, NULL, &options, &imported, &forest) != CR_OK &&
	   imported.sound && strstr(imported.error.message, "empty name"),
	   "an empty name: %s", imported.error.message);
	options.feature_names = (CrView[]) {views[0], CR_VIEW("a\0b")};
	ok(import_model(G, NULL, NULL, &options, &imported, &forest) != CR_OK &&
	   imported.sound, "a name with a zero byte: %s", imported.error.message);
}

static void
test_categories(void)
{
	CrView		labels[] = {CR_VIEW("zero"), CR_VIEW("one"), CR_VIEW("two"),
	CR_VIEW("two")};
	CrCategories categories = {CR_VIEW("c"), labels, 3};
	CrImportOptions options = default_options();
	Imported	imported;
	CrForest	forest;

	options.categories = &categories;
	options.n_categories = 1;
	ok(import_model(K, NULL, NULL, &options, &imported, &forest) == CR_OK &&
	   forest.features[0].n_labels == 3 && forest.features[1].n_labels == 0 &&
	   cr_view_equal(cr_forest_label(&forest, 0, 2), labels[2]) &&
	   cr_forest_find_label(&forest, 0, labels[1]) == 1 &&
	   cr_forest_find_label(&forest, 0, CR_VIEW("cc")) == -1,
	   "labels of the options override those of the file");
	forget(&imported);
	ok(import_model(C, "[3,1,40]", "[0,1,2]", &options, &imported,
					&forest) == CR_OK && forest.features[0].n_labels == 3,
	   "labels for a file without labels");
	forget(&imported);

#define REFUSED(base, part, what) \
	ok(import_model((base), NULL, NULL, &options, &imported, &forest) != \
	   CR_OK && imported.sound && \
	   strstr(imported.error.message, (part)) != NULL, \
	   "%s: %s", (what), imported.error.message)

	REFUSED(C, "has 3 category labels, but the model splits on category 3",
			"fewer labels than codes");
	ok(imported.status == CR_INVALID_OPTION, "and that is an invalid option");
	categories.n_labels = 2;
	REFUSED(K, "has 3 categories in the file but 2 in the options",
			"another number of labels");
	ok(imported.status == CR_INVALID_OPTION, "and that is an invalid option");
	categories.n_labels = 3;
	categories.labels = labels + 1;
	REFUSED(K, "The category \"two\" appears twice", "a label given twice");
	categories.labels = labels;
	categories.feature = CR_VIEW("d");
	REFUSED(K, "The feature \"d\" has categories but is not categorical",
			"labels for a number");
	categories.feature = CR_VIEW("e");
	REFUSED(K, "names \"e\", which is not a feature of the model",
			"labels for no feature");
	categories.feature = CR_VIEW("c");
	categories.labels = (CrView[]) {labels[0], labels[1], CR_VIEW("a\0b")};
	REFUSED(K, "", "a label with a zero byte");
#undef REFUSED
}

static void
test_best_iteration(void)
{
	CrImportOptions options = default_options();
	Imported	imported;
	CrForest	forest;

#define WITH_BEST(text) G, "'attributes':{}", "'attributes':{" text "}"
	ok(import_model(WITH_BEST("'best_iteration':'0'"), &options, &imported,
					&forest) == CR_OK && forest.n_trees == 1 &&
	   forest.n_nodes == 5 && forest.header->n_rounds == 1 &&
	   forest.header->n_rounds_artifact == 2, "the best iteration is honoured");
	forget(&imported);
	ok(import_model(WITH_BEST("'best_iteration':'1'"), &options, &imported,
					&forest) == CR_OK && forest.n_trees == 2,
	   "the last iteration is the best");
	forget(&imported);
	ok(import_model(WITH_BEST("'best_ntree_limit':'1'"), &options, &imported,
					&forest) == CR_OK && forest.n_trees == 2,
	   "a limit without an iteration says nothing");
	forget(&imported);
	ok(import_model(WITH_BEST("'best_iteration':'1','best_ntree_limit':'1'"),
					&options, &imported, &forest) == CR_OK &&
	   forest.n_trees == 2,
	   "a limit says nothing where num_parallel_tree is known");
	forget(&imported);
	options.use_best_iteration = false;
	ok(import_model(WITH_BEST("'best_iteration':'0'"), &options, &imported,
					&forest) == CR_OK && forest.n_trees == 2 &&
	   forest.header->n_rounds == 2, "unless all trees are wanted");
	forget(&imported);
	ok(import_model(WITH_BEST("'best_iteration':'7'"), &options, &imported,
					&forest) == CR_OK && forest.n_trees == 2,
	   "then it does not matter what it is");
	forget(&imported);
#undef WITH_BEST
}

static void
test_best_tree_limit(void)
{
	CrImportOptions options = default_options();
	Case		c = {G, {"'attributes':{}", "'num_parallel_tree':'1',",
	"'iteration_indptr':[0,1,2],"},
	{"'attributes':{'best_iteration':'0','best_ntree_limit':'2'}", "", ""},
	CR_OK, NULL, false};
	Text		text = changed(&c);
	Imported	imported = import_bytes(text_view(&text), &options);
	CrForest	forest;
	CrError		error;

	ok(imported.status == CR_OK &&
	   cr_forest_open(&forest, imported.image, imported.size,
					  &error) == CR_OK && forest.n_trees == 2,
	   "where a round has an unknown number of trees, the limit counts");
	forget(&imported);
	free(text.data);
}

/* -------- what the image says -------- */

static void
test_header(void)
{
	CrImportOptions options = default_options();
	Imported	imported;
	CrForest	forest;

	options.positive = CR_POSITIVE_GOOD;
	options.unseen = CR_UNSEEN_MISSING;
	ok(import_model(D, "'5E-1'", "'2E-1'", &options, &imported,
					&forest) == CR_OK &&
	   forest.header->booster == CR_DART &&
	   forest.header->objective == CR_BINARY_LOGISTIC &&
	   forest.header->positive == CR_POSITIVE_GOOD &&
	   forest.header->unseen == CR_UNSEEN_MISSING &&
	   forest.header->notation == CR_JSON &&
	   forest.header->base_last == 0 &&
	   forest.header->xgboost_version[0] == 1 &&
	   forest.header->xgboost_version[1] == 7 &&
	   forest.header->xgboost_version[2] == 4 &&
	   forest.header->base_margin == -logf(1.0f / 0.2f - 1.0f) &&
	   memcmp(&forest.header->scaling, &options.scaling,
			  sizeof(options.scaling)) == 0, "the header says what was given");
	forget(&imported);
	ok(import_model(D, "[1,7,4]", "[1,3,3]", &options, &imported,
					&forest) == CR_OK && forest.header->base_last == 1,
	   "XGBoost 1.3 adds the base margin of dart last");
	forget(&imported);
	ok(import_model(G, "[1,7,4]", "[1,3,3]", &options, &imported,
					&forest) == CR_OK && forest.header->base_last == 0,
	   "but not that of gbtree");
	forget(&imported);
}

static void
test_nodes(void)
{
	CrImportOptions options = default_options();
	Imported	imported;
	CrForest	forest;

	ok(import_model(G, NULL, NULL, &options, &imported, &forest) == CR_OK &&
	   forest.n_features == 2 && forest.n_trees == 2 && forest.n_nodes == 6 &&
	   forest.max_depth == 2 && !forest.categorical &&
	   forest.trees[0].depth == 2 && forest.trees[1].depth == 0 &&
	   forest.trees[1].root == 5, "trees are counted");
	ok(forest.features[0].n_splits == 1 && forest.features[1].n_splits == 1 &&
	   forest.features[0].kind == CR_NUMERIC, "splits are counted");
	ok(forest.nodes[0].slot == 1 && forest.nodes[0].left == 1 &&
	   forest.nodes[0].u.threshold == 0.5f && forest.nodes[0].cover == 10 &&
	   forest.nodes[2].slot == 2 && forest.nodes[2].left == 3 &&
	   forest.nodes[4].slot == 4 && forest.nodes[4].left == 4 &&
	   forest.nodes[4].u.leaf == 0.75f, "nodes are what they were");
	forget(&imported);
	ok(import_model(L, "-2", "0", &options, &imported, &forest) == CR_OK &&
	   forest.features[0].n_splits == 1 && forest.features[1].n_splits == 0,
	   "a weight of zero is no split");
	forget(&imported);
	ok(import_model(C, NULL, NULL, &options, &imported, &forest) == CR_OK &&
	   forest.categorical && forest.features[0].kind == CR_CATEGORICAL &&
	   forest.features[1].kind == CR_NUMERIC &&
	   forest.sets[0].size == (1 | CR_SET_BITMAP) &&
	   forest.sets[1].size == 1 && forest.set_words[0] == 0xA &&
	   forest.set_words[1] == 40, "sets are bitmaps or lists");
	forget(&imported);
}

/* Whether the second set of MODEL_CATEGORICAL, of these codes, is a bitmap. */
static void
check_set(const char *codes, const char *sizes, bool bitmap)
{
	CrImportOptions options = default_options();
	Case		c = {C, {"[3,1,40]", "'categories_sizes':[2,1]"},
	{codes, sizes}, CR_OK, NULL, false};
	Text		text = changed(&c);
	Imported	imported = import_bytes(text_view(&text), &options);
	CrForest	forest;
	CrError		error;

	ok(imported.status == CR_OK &&
	   cr_forest_open(&forest, imported.image, imported.size,
					  &error) == CR_OK &&
	   ((forest.sets[1].size & CR_SET_BITMAP) != 0) == bitmap,
	   "the last of %s: a %s", codes, bitmap ? "bitmap" : "list");
	forget(&imported);
	free(text.data);
}

static void
test_set_forms(void)
{
	check_set("[3,1,31]", "'categories_sizes':[2,1]", true);
	check_set("[3,1,32]", "'categories_sizes':[2,1]", false);
	check_set("[3,1,32,63]", "'categories_sizes':[2,2]", true);
	check_set("[3,1,0,64]", "'categories_sizes':[2,2]", false);
	check_set("[3,1]", "'categories_sizes':[2,0]", false);
}

/* -------- gains -------- */

typedef struct GainCase
{
	Case		model;			/* message NULL: accepted, but without gains */
	float		gains[2];
} GainCase;

#define CHANGES	{"[9.5,0,1.5,0,0]"}

/* A deleted node, or a tree without an array, says nothing of a gain. */
static const GainCase gain_cases[] = {
	{{G, {NULL}, {NULL}, CR_OK, "", false}, {9.5f, 1.5f}},
	{{D, {NULL}, {NULL}, CR_OK, "", false}, {9.5f, 1.5f}},
	{{G, {"[0,0,1,0,0]"}, {"[0,9,0,9,9]"}, CR_OK, "", false}, {11, 0}},
	{{G, CHANGES, {"[-9.5,7,0.25,8,NaN]"}, CR_OK, "", false}, {-9.5f, 0.25f}},
	{{G, {"[1,-1,3,-1,-1]", "[2,-1,4,-1,-1]", "[0,0,1,0,0]"},
	{"[1,-1,-1,-1,-1]", "[2,-1,-1,-1,-1]", "[0,0,1,2147483647,2147483647]"},
	CR_OK, "", false}, {9.5f, 0}},
	{{G, {"'loss_changes':[0],"}, {""}, CR_OK, NULL, false}, {0}},
	{{G, {"'loss_changes':[9.5,0,1.5,0,0],"}, {""}, CR_OK, NULL, false}, {0}},
	{{C, {NULL}, {NULL}, CR_OK, NULL, false}, {0}},
	{{L, {NULL}, {NULL}, CR_OK, NULL, false}, {0}},
	{{G, CHANGES, {"[NaN,0,1.5,0,0]"}, BAD,
	"Node 0 of tree 0 brings a gain that is not finite", false}, {0}},
	{{G, CHANGES, {"[9.5,0,-Infinity,0,0]"}, BAD,
	"Node 2 of tree 0 brings a gain that is not finite", false}, {0}},
	{{G, {"[9.5,0,1.5,0,0]", "[0,0,1,0,0]"},
	{"[3e38,0,3e38,0,0]", "[0,0,0,0,0]"}, BAD,
	"Node 2 of tree 0 brings a gain that is not finite", false}, {0}},
	{{G, {"[2,-1,4,-1,-1]"}, {"[2,-1,-1,-1,-1]"}, BAD,
	"Node 2 of tree 0 has a child that is not there", false}, {0}},
};

#undef CHANGES

static void
check_gains(const GainCase *c, CrView artifact)
{
	const Case *model = &c->model;
	CrImportOptions options = default_options();
	Gains		result = import_gains(artifact, &options);
	bool		as_told = result.status == model->status;

	if (model->status != CR_OK)
		as_told &= strstr(result.error.message, model->message) != NULL;
	else if (model->message == NULL)
		as_told &= result.gains == NULL;
	else
		as_told &= result.gains != NULL && result.n == 2 &&
			result.gains[0] == c->gains[0] && result.gains[1] == c->gains[1];
	ok(as_told && gains_sound(artifact, &options, true), "gains, %s: %s",
	   model->new[0] == NULL ? "unchanged" : model->new[0],
	   result.error.message);
	forget_gains(&result);
}

static void
test_gains(void)
{
	for (size_t i = 0; i < sizeof(gain_cases) / sizeof(gain_cases[0]); i++)
	{
		Text		json = changed(&gain_cases[i].model);
		Text		ubjson = model_ubjson(&json);

		check_gains(&gain_cases[i], text_view(&json));
		check_gains(&gain_cases[i], text_view(&ubjson));
		free(json.data);
		free(ubjson.data);
	}
}

/* A tree that is a chain of n inner nodes. */
static Text
chain_model(int n)
{
	Text		text = model_json("{'learner':{'feature_names':['a'],"
								  "'gradient_booster':{'model':{"
								  "'gbtree_model_param':{'num_trees':'1'},"
								  "'trees':[{");
	Text		end = model_json("'name':'gbtree'},'learner_model_param':{"
								 "'base_score':'5E-1','num_feature':'1'},"
								 "'objective':{'name':'binary:logistic'}},"
								 "'version':[3,0,0]}");

#define LIST(name, inner, leaf) \
	do { \
		text_add(&text, "\"%s\":[", (name)); \
		for (int i = 0; i < 2 * n + 1; i++) \
			text_add(&text, "%s%d", i > 0 ? "," : "", \
					 i % 2 == 0 && i < 2 * n ? (inner) : (leaf)); \
		text_add(&text, "],"); \
	} while (0)
	LIST("left_children", i + 1, -1);
	LIST("right_children", i + 2, -1);
	LIST("parents", i == 0 ? -1 : i - 2, i % 2 == 0 ? i - 2 : i - 1);
	LIST("split_indices", 0, 0);
	LIST("split_conditions", i, i);
	LIST("default_left", 0, 0);
	LIST("sum_hessian", 1, 1);
#undef LIST
	text_add(&text, "\"tree_param\":{\"num_nodes\":\"%d\"}}]},", 2 * n + 1);
	text_bytes(&text, end.data, end.length);
	free(end.data);
	return text;
}

static void
test_depth(void)
{
	CrImportOptions options = default_options();
	Text		text = chain_model(255);

	check_import(text_view(&text), &options, CR_OK, NULL, "255 levels");
	free(text.data);
	text = chain_model(256);
	check_import(text_view(&text), &options, CR_LIMIT,
				 "Tree 0 is more than 255 levels deep", "256 levels");
	free(text.data);
	text = chain_model(20000);
	check_import(text_view(&text), &options, CR_LIMIT,
				 "Tree 0 is more than 255 levels deep", "20000 levels");
	free(text.data);
}

/* Many categorical splits that all name the same long run of codes. */
static void
test_shared_codes(void)
{
	Case		c = {C, {"[3,1,40]", "'categories_segments':[0,2]",
	"'categories_sizes':[2,1]"}, {NULL, "'categories_segments':[0,0]",
	"'categories_sizes':[60,60]"}, BAD, "", false};
	Text		codes = {0};

	for (int i = 0; i < 60; i++)
		text_add(&codes, "%s%d", i == 0 ? "[" : ",", 1000 * (i + 1));
	text_add(&codes, "]");
	c.new[0] = codes.data;
	check_case(&c);
	free(codes.data);
}

/* -------- UBJSON only -------- */

/* A typed array of n equal numbers of one byte, or of four. */
static void
add_narrow_array(Text *text, const char *key, char type, int32_t value,
				 uint32_t n)
{
	ubjson_length(text, strlen(key));
	text_add(text, "%s[$%c#", key, type);
	ubjson_length(text, n);
	for (uint32_t i = 0; i < n; i++)
		ubjson_big_endian(text, (uint64_t) value, type == 'i' ? 1 : 4);
}

static void
add_text(Text *text, const char *value)
{
	text_bytes(text, "S", 1);
	ubjson_length(text, strlen(value));
	text_add(text, "%s", value);
}

/*
 * A root that is a leaf, and deleted nodes after it: a tree takes more memory
 * than four times that of arrays of single bytes.
 */
static void
test_narrow_tree(uint32_t n, CrStatus status)
{
	CrImportOptions options = default_options();
	Text		json = model_json(MODEL_BEGIN
								  "'model':{'gbtree_model_param':{"
								  "'num_trees':'1'},'trees':[{'id':7}]},"
								  "'name':'gbtree'" MODEL_END);
	Text		text = model_ubjson(&json);
	Text		tree = {0};
	Text		result = {0};
	char		digits[16];
	char	   *id = memmem(text.data, text.length, "idl\0\0\0\7", 7);

	add_narrow_array(&tree, "left_children", 'i', -1, n);
	add_narrow_array(&tree, "right_children", 'i', -1, n);
	add_narrow_array(&tree, "parents", 'i', -1, n);
	add_narrow_array(&tree, "split_indices", 'l', INT32_MAX, n);
	add_narrow_array(&tree, "split_conditions", 'i', 1, n);
	add_narrow_array(&tree, "default_left", 'i', 0, n);
	add_narrow_array(&tree, "sum_hessian", 'i', 1, n);
	ubjson_length(&tree, 10);
	text_add(&tree, "tree_param{");
	ubjson_length(&tree, 9);
	text_add(&tree, "num_nodes");
	snprintf(digits, sizeof(digits), "%u", n);
	add_text(&tree, digits);
	text_add(&tree, "}");

	text_bytes(&result, text.data, (size_t) (id + 7 - text.data));
	text_bytes(&result, tree.data, tree.length);
	text_bytes(&result, id + 7,
			   (size_t) (text.data + text.length - (id + 7)));
	check_import(text_view(&result), &options, status,
				 "more than 4 times the memory of the file",
				 "a tree of single bytes");
	free(json.data);
	free(text.data);
	free(tree.data);
	free(result.data);
}

/* Labels take more memory than the integers they are made from. */
static void
test_many_labels(int n, CrStatus status, const char *message)
{
	CrImportOptions options = default_options();
	Text		values = {0};
	Case		c = {K, {"'offsets':[0,0,1,3],'values':[98,99,99]"}, {NULL},
	status, message, false};
	Text		text;

	text_add(&values, "'type':15,'values':[");
	for (int i = 0; i < n; i++)
		text_add(&values, "%s%d", i > 0 ? "," : "", i % 10);
	text_add(&values, "]");
	c.new[0] = values.data;
	text = changed(&c);
	check_import(text_view(&text), &options, status, message, "many labels");
	free(text.data);
	free(values.data);
}

static void
test_budget(void)
{
	test_narrow_tree(1000, CR_OK);
	test_narrow_tree(20000, CR_LIMIT);
	test_many_labels(1000, BAD, "appears twice");
	test_many_labels(20000, CR_LIMIT,
					 "more than 4 times the memory of the file");
}

/* The container of MODEL_CONTAINER with values of the given bytes. */
static Text
integer_container(char kind, char type, const void *bytes, size_t n)
{
	Text		json = model_json(K);
	Text		result = {0};
	Text		mark = {0};
	Text		ubjson;
	char	   *found;

	text_replace(&json, "\"offsets\":[0,0,1,3],\"values\":[98,99,99]",
				 "\"type\":77,\"values\":[-777]");
	ubjson = model_ubjson(&json);
	text_add(&mark, "L%c%c%c%c%c%c%c%ctypel%c%c%c%c", 0, 0, 0, 0, 0, 0, 0, 4,
			 0, 0, 0, 77);
	found = memmem(ubjson.data, ubjson.length, mark.data, mark.length);
	if (found == NULL)
		abort();
	found[mark.length - 1] = kind;
	found = memmem(ubjson.data, ubjson.length, "values[$l#", 10);
	if (found == NULL)
		abort();
	text_bytes(&result, ubjson.data, (size_t) (found - ubjson.data) + 8);
	text_add(&result, "%c#U%c", type, 3);
	text_bytes(&result, bytes, n);
	found += 10 + 9 + 4;		/* past the count and the value */
	text_bytes(&result, found,
			   (size_t) (ubjson.data + ubjson.length - found));
	free(json.data);
	free(mark.data);
	free(ubjson.data);
	return result;
}

static void
test_container_type(char kind, char type, CrView bytes, const char *first,
					const char *last)
{
	CrImportOptions options = default_options();
	Text		text = integer_container(kind, type, bytes.data, bytes.length);
	Imported	imported = import_bytes(text_view(&text), &options);
	CrForest	forest;
	CrError		error;

	ok(imported.status == CR_OK &&
	   cr_forest_open(&forest, imported.image, imported.size,
					  &error) == CR_OK && forest.features[0].n_labels == 3 &&
	   cr_forest_find_label(&forest, 0, (CrView) {first, strlen(first)}) == 0 &&
	   cr_forest_find_label(&forest, 0, (CrView) {last, strlen(last)}) == 2,
	   "integers of kind %d and type %c: %s to %s %s", kind, type, first, last,
	   imported.error.message);
	forget(&imported);
	free(text.data);
}

static void
test_container_types(void)
{
	test_container_type(9, 'i', CR_VIEW("\xff\1\x80"), "-1", "-128");
	test_container_type(10, 'i', CR_VIEW("\xff\1\x80"), "255", "128");
	test_container_type(10, 'U', CR_VIEW("\xff\1\x80"), "255", "128");
	test_container_type(11, 'I', CR_VIEW("\xff\xff\0\1\x80\0"), "-1", "-32768");
	test_container_type(12, 'I', CR_VIEW("\xff\xff\0\1\x80\0"), "65535",
						"32768");
	test_container_type(12, 'u', CR_VIEW("\xff\xff\0\1\x80\0"), "65535",
						"32768");
	test_container_type(13, 'l',
						CR_VIEW("\xff\xff\xff\xff\0\0\0\1\x80\0\0\0"), "-1",
						"-2147483648");
	test_container_type(14, 'l',
						CR_VIEW("\xff\xff\xff\xff\0\0\0\1\x80\0\0\0"),
						"4294967295", "2147483648");
	test_container_type(14, 'm',
						CR_VIEW("\xff\xff\xff\xff\0\0\0\1\x80\0\0\0"),
						"4294967295", "2147483648");
	test_container_type(15, 'L',
						CR_VIEW("\xff\xff\xff\xff\xff\xff\xff\xff"
								"\0\0\0\0\0\0\0\1" "\x80\0\0\0\0\0\0\0"), "-1",
						"-9223372036854775808");
	test_container_type(16, 'M',
						CR_VIEW("\x7f\xff\xff\xff\xff\xff\xff\xff"
								"\0\0\0\0\0\0\0\1" "\0\0\0\0\0\0\0\2"),
						"9223372036854775807", "2");
}

/* -------- the survey by itself -------- */

static void
count_poll(void *context)
{
	++*(int *) context;
}

static void
test_survey(void)
{
	Text		text = model_json(C);
	CrSurvey	survey;
	CrError		error;
	int			polls = 0;
	CrAlloc		alloc = {.poll = count_poll,.context = &polls};

	ok(cr_xgb_survey(text_view(&text), &alloc, &survey, &error) == CR_OK &&
	   survey.notation == CR_JSON && survey.booster == CR_GBTREE &&
	   survey.n_features == 2 && survey.n_parallel == 1 &&
	   survey.best_iteration == -1 && survey.best_tree_limit == -1 &&
	   survey.n_nodes == 5 && survey.n_sets == 2 && survey.n_codes == 3 &&
	   survey.trees.count == 1 && survey.names.count == 2 &&
	   !survey.weights.present && !survey.tree_weights.present,
	   "the survey counts and allocates nothing");
	free(text.data);
}

static void
test_truncation(const char *base, bool ubjson)
{
	CrImportOptions options = default_options();
	Text		json = model_json(base);
	Text		text = ubjson ? model_ubjson(&json) : json;
	size_t		accepted = 0;

	for (size_t n = 0; n < text.length; n++)
	{
		Imported	imported = import_bytes((CrView) {text.data, n}, &options);

		accepted += imported.status != CR_MALFORMED || !imported.sound;
		forget(&imported);
	}
	ok(accepted == 0, "%zu truncations are refused, %zu are not", text.length,
	   accepted);
	if (ubjson)
		free(text.data);
	free(json.data);
}

int
main(void)
{
	CHECK_CASES(unchanged);
	CHECK_CASES(fields);
	CHECK_CASES(booster);
	CHECK_CASES(counts);
	CHECK_CASES(no_trees);
	CHECK_CASES(trees);
	CHECK_CASES(sets);
	CHECK_CASES(base_scores);
	CHECK_CASES(containers);
	CHECK_CASES(names);
	CHECK_CASES(best);
	CHECK_CASES(syntax);
	test_feature_names();
	test_categories();
	test_best_iteration();
	test_best_tree_limit();
	test_header();
	test_nodes();
	test_gains();
	test_depth();
	test_shared_codes();
	test_set_forms();
	test_budget();
	test_container_types();
	test_survey();
	for (int i = 0; i < 2; i++)
	{
		test_truncation(G, i == 1);
		test_truncation(K, i == 1);
		test_truncation(L, i == 1);
	}
	return done_testing();
}
