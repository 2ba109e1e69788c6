-- Import: what import_model() accepts, what each option does, what it refuses
-- and how it says so; and that a refused import stores nothing.
\i sql/include/tiny_models.psql

-- Two features, two trees.  age < 30 or missing: +1, else -1.  Category
-- rent (1) or other (2) of home: +0.5, own (0) or missing: -0.25.
CREATE TEMP TABLE made AS
SELECT pg_temp.model('{age,home}', '{q,c}',
	pg_temp.stump(0, 30, 1, -1), pg_temp.category_stump(1, '{1,2}', 0.5, -0.25)) AS model;
CREATE TEMP TABLE applicant (age int, home text);
INSERT INTO applicant VALUES (29, 'own'), (30, 'rent'), (NULL, 'other'), (40, NULL);

-- Both notations; the same margins.  By hand: 0.75, -0.5, 1.5, -1.25.
SELECT credit.import_model('pair', pg_temp.json(model),
	'{"categories": {"home": ["own", "rent", "other"]}}') FROM made;
SELECT credit.import_model('pair', pg_temp.ubjson(model),
	'{"categories": {"home": ["own", "rent", "other"]}}') FROM made;
SELECT a.*, credit_margin(a, 'pair@1') AS json, credit_margin(a, 'pair@2') AS ubjson
FROM applicant AS a ORDER BY age, home;
SELECT version, artifact_format, xgboost_version, options, notes
FROM credit.model_version ORDER BY version;
SELECT v.version, f.position, f.name, f.type, f.categories, f.split_count, f.reason_code, f.reason_text
FROM credit.feature AS f JOIN credit.model_version AS v USING (model_version_id)
ORDER BY v.version, f.position;

-- Defaults: 600 points at 50:1, 20 points double the odds, so a margin m
-- scores 600 - 20 / ln 2 * (ln 50 + m).  Unlimited: 1e6 needs no clamp.
SELECT s.*, round(600 - 20 / ln(2.0) * (ln(50.0) + m::numeric)) AS by_hand
FROM (VALUES (0::float8), (-ln(50::float8)), (1), (-1), (1000000)) AS v (m),
	LATERAL pg_temp.import_and_score(pg_temp.constant(m)) AS s;

-- Nothing but the name and the artifact is needed; notations are told apart
-- by content; white space may stand around JSON.
SELECT credit.import_model('bare', convert_to(E' \n\t' || pg_temp.model('{x}', '{q}', pg_temp.leaf(2))::text || E'\n', 'UTF8'));
SELECT credit_margin('{"x": null}'::jsonb, 'bare@1');

-- Every option at once.
SELECT credit.import_model('full', pg_temp.json(model), '{
	"feature_names": ["years", "tenure"],
	"categories": {"tenure": ["own", "rent", "other"]},
	"scaling": {"base_score": 500, "base_odds": 1, "pdo": 0.69314718055994530942, "min": 499.5, "max": 501},
	"positive_class": "good",
	"on_unseen_category": "missing",
	"use_best_iteration": false,
	"reasons": {"years": {"code": "A1", "text": "Your age"}, "tenure": {"code": "H1", "text": "Your home"}},
	"golden": [{"row": {"years": 29, "tenure": "own"}, "margin": 0.75},
		{"row": {"years": 30, "tenure": "palace", "more": [1]}, "margin": -1.25}],
	"notes": "every option"}') FROM made;
SELECT property, regexp_replace(value, '[0-9a-f]{64}', '<sha256>') AS value
FROM credit.describe_model('full@1') WHERE property NOT IN ('evaluator', 'image', 'imported');
SELECT f.position, f.name, f.type, f.categories, f.split_count, f.reason_code, f.reason_text
FROM credit.feature AS f JOIN credit.model_version AS v USING (model_version_id)
JOIN credit.model AS m USING (model_id) WHERE m.name = 'full' ORDER BY f.position;
SELECT position, applicant, margin FROM credit.golden_row ORDER BY position;
SELECT options, notes FROM credit.model_version JOIN credit.model USING (model_id) WHERE name = 'full';

-- positive_class good: the margin is the model's, of good; points and
-- probability are of bad.  With odds 1 and pdo ln 2 the points are 500 +
-- margin, here 500.75, 501.5, 500.5 (to even) and 498.75, within 499.5 to
-- 501, then rounded.
SELECT v.*, credit_margin(j, 'full@1') AS margin, credit_score(j, 'full@1') AS score,
	round(credit_pd(j, 'full@1')::numeric, 5) AS pd, round(1 / (1 + exp(margin::numeric)), 5) AS pd_by_hand
FROM (VALUES (29, 'own', 0.75), (29, 'rent', 1.5), (40, 'rent', -0.5), (40, 'own', -1.25)) AS v (years, tenure, margin),
	LATERAL to_jsonb(v) AS j;

-- min and max hold on both sides, each also alone (1e6 points more or less are
-- 28853901 under the default scaling).  Above, 499.5 was rounded after it
-- clamped, half to even.
SELECT s.* FROM (VALUES (0), (199), (200), (201), (-349), (-350), (-351)) AS v (m),
	LATERAL pg_temp.import_and_score(pg_temp.constant(m),
	'{"scaling": {"base_score": 500, "base_odds": 1, "pdo": 0.69314718055994530942, "min": 300, "max": 850}}') AS s;
SELECT o AS options, s.* FROM (VALUES ('{"scaling": {"min": 0}}'::jsonb), ('{"scaling": {"max": 1000}}')) AS v (o),
	(VALUES (1000000), (-1000000)) AS w (m),
	LATERAL pg_temp.import_and_score(pg_temp.constant(m), o) AS s;

-- Half to even, with odds 1 and a factor of 1: the points are -margin, so
-- 3.5 gives 4, 2.5 gives 2, ... and -2.5 gives -2.
SELECT s.* FROM (VALUES (-3.5), (-2.5), (-1.5), (-0.5), (0.5), (1.5), (2.5)) AS v (m),
	LATERAL pg_temp.import_and_score(pg_temp.constant(m),
	'{"scaling": {"base_score": 0, "base_odds": 1, "pdo": 0.69314718055994530942}}') AS s;

-- A score that is no integer of 32 bits.
SELECT margin, score FROM pg_temp.import_and_score(pg_temp.constant(1e9));

-- best_iteration 1 of 3 rounds leaves leaves 1 + 2; without the option 1 + 2 + 4.
CREATE TEMP TABLE stopped AS
SELECT jsonb_set(pg_temp.model('{x}', '{q}', pg_temp.leaf(1), pg_temp.leaf(2), pg_temp.leaf(4)),
	'{learner,attributes}', '{"best_iteration": "1", "best_score": "0.5"}') AS model;
SELECT o AS options, f.margin, facts.rounds, facts.rounds_in_artifact, facts.trees
FROM stopped, (VALUES ('{}'::jsonb), ('{"use_best_iteration": true}'), ('{"use_best_iteration": false}')) AS v (o),
	LATERAL pg_temp.import_and_score(pg_temp.json(model), o) AS f,
	LATERAL credit.image_facts(credit.build_image(pg_temp.json(model), o)) AS facts;
SELECT credit.import_model('stopped', pg_temp.json(model)) FROM stopped;
SELECT value FROM credit.describe_model('stopped@1') WHERE property = 'rounds';
SELECT pg_temp.refusal(pg_temp.json(jsonb_set(model, '{learner,attributes,best_iteration}', '"3"'))) FROM stopped
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT pg_temp.refusal(pg_temp.json(jsonb_set(model, '{learner,attributes,best_iteration}', '"last"'))) FROM stopped
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- base_score in its spellings: 0.5 is a margin of 0, 0.25 of -ln 3, and for
-- logitraw it is a margin itself.
SELECT objective, base_score, s.margin
FROM (VALUES ('binary:logistic', '0.5'), ('binary:logistic', '5E-1'), ('binary:logistic', '[5E-1]'),
	('reg:logistic', '2.5E-1'), ('binary:logitraw', '0.5'), ('binary:logitraw', '-2E0')) AS v (objective, base_score),
	LATERAL pg_temp.import_and_score(pg_temp.json(jsonb_set(jsonb_set(
	pg_temp.model('{x}', '{q}', pg_temp.leaf(0)), '{learner,learner_model_param,base_score}', to_jsonb(base_score)),
	'{learner,objective,name}', to_jsonb(objective)))) AS s;
SELECT base_score, pg_temp.refusal(pg_temp.json(jsonb_set(
	pg_temp.model('{x}', '{q}', pg_temp.leaf(0)), '{learner,learner_model_param,base_score}', to_jsonb(base_score)))) AS refusal
FROM (VALUES ('0'), ('1'), ('1.5'), ('half'), ('[]'), ('[5E-1,5E-1]'), ('NaN')) AS v (base_score)
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- A linear model: weights of the features, then the bias.  0 + 2 * 3 - 1 * 5
-- + 0.5; a missing value adds nothing.
CREATE TEMP TABLE linear AS
SELECT jsonb_set(pg_temp.model('{a,b}', '{q,q}', pg_temp.leaf(0)), '{learner,gradient_booster}',
	'{"name": "gblinear", "model": {"boosted_rounds": 1, "weights": [2, -1, 0.5]}}') AS model;
SELECT credit.import_model('linear', pg_temp.json(model)) FROM linear;
SELECT credit_margin('{"a": 3, "b": 5}'::jsonb, 'linear@1') AS both, credit_margin('{"a": 3, "b": null}'::jsonb, 'linear@1') AS one;

-- dart: a weight for each tree.  0.5 * 1 + 0.25 * 2.
SELECT margin FROM pg_temp.import_and_score(pg_temp.json(jsonb_set(
	pg_temp.model('{x}', '{q}', pg_temp.leaf(1), pg_temp.leaf(2)), '{learner,gradient_booster}',
	jsonb_build_object('name', 'dart', 'weight_drop', '[0.5, 0.25]'::jsonb, 'gbtree',
		pg_temp.model('{x}', '{q}', pg_temp.leaf(1), pg_temp.leaf(2)) #> '{learner,gradient_booster}'))));

-- Gains: what the splits on a feature lowered the loss by, over the rounds that
-- are used; what stands at a leaf does not count.
CREATE TEMP TABLE gained AS
SELECT jsonb_set(pg_temp.model('{a,b,c}', '{q,q,q}',
	pg_temp.stump(0, 1, 2, 3) || '{"loss_changes": [8, 7, 0]}',
	pg_temp.stump(1, 1, 2, 3) || '{"loss_changes": [0.5, 0, 7]}',
	pg_temp.stump(0, 5, 2, 3) || '{"loss_changes": [4, 0, 0]}'),
	'{learner,attributes}', '{"best_iteration": "1"}') AS model;
SELECT credit.artifact_gains(pg_temp.json(model)) AS to_best,
	credit.artifact_gains(pg_temp.ubjson(model)) AS to_best_ubjson,
	credit.artifact_gains(pg_temp.json(model), '{"use_best_iteration": false}') AS of_all FROM gained;
SELECT credit.import_model('gained', pg_temp.json(model)) FROM gained;
SELECT feature, split_count, gain FROM credit.feature_facts('gained@1');
-- Half of the story is none, and a linear model has no splits.
SELECT credit.artifact_gains(pg_temp.json(gained.model #- '{learner,gradient_booster,model,trees,1,loss_changes}')) AS one_lacks,
	credit.artifact_gains(pg_temp.json(linear.model)) AS linear, credit.artifact_gains(NULL) AS no_artifact FROM gained, linear;
SELECT feature, split_count, gain FROM credit.feature_facts('linear@1');

-- Versions number up, each model for itself, by order of import.
SELECT credit.import_model('a', pg_temp.constant(1)), credit.import_model('a', pg_temp.constant(1)),
	credit.import_model('b', pg_temp.constant(1)), credit.import_model('a', pg_temp.constant(1));

-- Named notation, and names at the edge of what is allowed.
SELECT credit.import_model(artifact => pg_temp.constant(1), name => name)
FROM (VALUES (repeat('n', 63)), ('2024-q1.final_B'), ('_')) AS v (name);

-- From here on everything is refused, and the registry stays as it is.
CREATE FUNCTION pg_temp.registry() RETURNS text LANGUAGE sql AS $$
	SELECT md5(string_agg(t.line, E'\n' ORDER BY t.line))
	FROM (SELECT m::text FROM credit.model AS m UNION ALL SELECT v::text FROM credit.model_version AS v
		UNION ALL SELECT f::text FROM credit.feature AS f UNION ALL SELECT g::text FROM credit.golden_row AS g
		UNION ALL SELECT a::text FROM credit.alias AS a UNION ALL SELECT d::text FROM credit.deployment AS d) AS t (line)
$$;
SELECT pg_temp.registry() AS registry_before \gset

-- NULL and bad names.
SELECT name, pg_temp.failure(format('SELECT credit.import_model(%L, ''\x00'')', name)) AS refusal
FROM (VALUES (NULL), (''), ('-a'), ('.a'), ('a b'), ('a@1'), ('a"b'), (repeat('n', 64))) AS v (name)
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT credit.import_model('n', NULL);
SELECT credit.import_model('n', pg_temp.constant(1), NULL);

-- Options of a wrong type or value, and unknown ones.
SELECT o AS options, pg_temp.refusal(pg_temp.json(model), o::jsonb) AS refusal
FROM made, unnest(ARRAY[
	'1', '[]', 'null',
	'{"scalling": {}}', '{"": 1}', '{"notes": "n", "Notes": "n"}',
	'{"feature_names": "age"}', '{"feature_names": []}', '{"feature_names": ["age", 2]}', '{"feature_names": {"age": 1}}',
	'{"feature_names": ["age"]}', '{"feature_names": ["a", "b", "c"]}',
	'{"categories": []}', '{"categories": {"home": "own"}}', '{"categories": {"home": []}}', '{"categories": {"home": [0, 1, 2]}}',
	'{"categories": {"house": ["own"]}}', '{"categories": {"age": ["young", "old"]}}',
	'{"categories": {"home": ["own", "rent"]}}',
	'{"scaling": 600}', '{"scaling": {"points": 1}}', '{"scaling": {"pdo": "20"}}', '{"scaling": {"pdo": null}}',
	'{"scaling": {"pdo": 0}}', '{"scaling": {"pdo": -20}}', '{"scaling": {"base_odds": 0}}', '{"scaling": {"base_score": 1e400}}',
	'{"scaling": {"min": 500, "max": 500}}', '{"scaling": {"min": 501, "max": 500}}',
	'{"positive_class": "Bad"}', '{"positive_class": true}', '{"on_unseen_category": "ignore"}', '{"on_unseen_category": null}',
	'{"use_best_iteration": "yes"}', '{"use_best_iteration": 1}',
	'{"reasons": []}', '{"reasons": {"age": "A1"}}', '{"reasons": {"age": {"code": "A1"}}}',
	'{"reasons": {"age": {"code": 1, "text": "t"}}}', '{"reasons": {"age": {"code": "A1", "text": "t", "more": 1}}}',
	'{"reasons": {"agee": {"code": "A1", "text": "t"}}}',
	'{"golden": {}}', '{"golden": [1]}', '{"golden": [{"row": {}}]}', '{"golden": [{"row": [], "margin": 1}]}',
	'{"golden": [{"row": {}, "margin": "1"}]}', '{"golden": [{"row": {}, "margin": 1, "pd": 1}]}',
	'{"golden": [{"row": {"age": 1}, "margin": 1}]}', '{"golden": [{"row": {"age": 29, "home": 0}, "margin": 1e39}]}',
	'{"notes": 1}', '{"notes": null}']) WITH ORDINALITY AS v (o, place)
ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- A fault of the options is not called one of the file, nor the other way
-- round: 22023 four times, then 22P02 three times.
SELECT o AS options, substring(pg_temp.refusal(pg_temp.json(model), o) FOR 5) AS sqlstate
FROM made, (VALUES (1, '{"feature_names": ["a", "a"]}'::jsonb), (2, '{"feature_names": ["a", ""]}'),
	(3, '{"categories": {"home": ["own", "rent", "own"]}}'), (4, '{"feature_names": ["a"]}')) AS v (place, o) ORDER BY place;
SELECT place || ' = ' || value AS changed, substring(pg_temp.refusal(pg_temp.json(jsonb_set(model, place::text[], value::jsonb))) FOR 5) AS sqlstate
FROM made, (VALUES ('{learner,feature_names}', '["age", "age"]'), ('{learner,feature_names}', '["age"]'), ('{learner,learner_model_param,num_feature}', '"3"')) AS v (place, value);

-- Golden rows: the bits must agree, so 0.75 and its neighbour are told apart;
-- the first row that fails is named; a row may be one that cannot be scored.
SELECT golden, pg_temp.refusal(pg_temp.json(model), jsonb_build_object('golden', golden)) AS refusal
FROM made, (VALUES
	('[{"row": {"age": 29, "home": 0}, "margin": 0.75}, {"row": {"age": 29, "home": 0}, "margin": 0.75000006}]'::jsonb),
	('[{"row": {"age": 29, "home": 1}, "margin": 1.5}, {"row": {"age": 31, "home": 1}, "margin": 0.5}, {"row": {"age": 29, "home": 0}, "margin": 9}]'),
	('[{"row": {"age": "old", "home": 0}, "margin": 0.75}]')) AS v (golden)
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- Gains that are none, or not as many as nodes.
SELECT changes, pg_temp.refusal(artifact) AS refusal,
	pg_temp.failure(format('SELECT credit.artifact_gains(%L)', artifact)) = pg_temp.refusal(artifact) AS gains_refuse_alike
FROM gained, (VALUES ('[1e39, 0, 0]'), ('[1, 0]'), ('[1, 0, "0"]'), ('1')) AS v (changes),
	LATERAL pg_temp.json(jsonb_set(model, '{learner,gradient_booster,model,trees,1,loss_changes}', changes::jsonb)) AS artifact
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT credit.artifact_gains(pg_temp.json(model), '{"gains": true}') FROM gained;

-- Not a model.
SELECT what, pg_temp.refusal(artifact) AS refusal FROM (
	SELECT 1 AS place, 'empty' AS what, ''::bytea AS artifact
	UNION ALL SELECT 2, 'white space', '   '
	UNION ALL SELECT 3, 'XGBoost''s old binary format', 'binf'
	UNION ALL SELECT 4, 'an array', '[]'
	UNION ALL SELECT 5, 'an empty object', '{}'
	UNION ALL SELECT 6, 'an object of something else', '{"a": 1}'
	UNION ALL SELECT 7, 'cut off', substring(pg_temp.constant(1) FOR 300)
	UNION ALL SELECT 8, 'cut off UBJSON', substring(pg_temp.ubjson(model) FOR 300) FROM made
	UNION ALL SELECT 9, 'trailing bytes', pg_temp.constant(1) || 'x'
	UNION ALL SELECT 10, 'trailing bytes after UBJSON', pg_temp.ubjson(model) || 'x' FROM made
	UNION ALL SELECT 11, 'nested too deep', convert_to('{"learner": {"attributes": {"a": ' || repeat('[', 100000), 'UTF8')
) AS v ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT pg_temp.refusal(overlay(artifact PLACING '\xff'::bytea FROM position('naam'::bytea IN artifact) FOR 1)) AS not_utf8
FROM (SELECT pg_temp.json(pg_temp.model('{naam}', '{q}', pg_temp.leaf(1))) AS artifact) AS v
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- Damaged and unsupported: the first model of this suite with one value
-- replaced.
SELECT place || ' = ' || value AS changed, pg_temp.refusal(pg_temp.json(jsonb_set(model, place::text[], value::jsonb))) AS refusal
FROM made, (VALUES
	('{version}', '[1, 2, 0]'), ('{version}', '[3, 5, 0]'), ('{version}', '[2, 1]'), ('{version}', '"2.1.4"'),
	('{learner,objective,name}', '"rank:ndcg"'), ('{learner,objective,name}', '"multi:softprob"'),
	('{learner,objective}', '{}'),
	('{learner,gradient_booster,name}', '"forest"'), ('{learner,gradient_booster,name}', '"gblinear"'),
	('{learner,learner_model_param,num_class}', '"3"'), ('{learner,learner_model_param,num_target}', '"2"'),
	('{learner,learner_model_param,num_feature}', '"0"'),
	('{learner,learner_model_param,num_feature}', '"99999999"'), ('{learner,learner_model_param,num_feature}', '2'),
	('{learner,learner_model_param,surprise}', '1'),
	('{learner,feature_names}', '[]'), ('{learner,feature_names}', '["age", "age"]'),
	('{learner,feature_types}', '["q", "t"]'), ('{learner,feature_types}', '["q"]'), ('{learner,feature_types}', '["c", "c"]'),
	('{learner,gradient_booster,model,gbtree_model_param,num_trees}', '"3"'),
	('{learner,gradient_booster,model,tree_info}', '[0, 1]'),
	('{learner,gradient_booster,model,trees}', '[]'),
	('{learner,gradient_booster,model,trees,0,tree_param,size_leaf_vector}', '"2"'),
	('{learner,gradient_booster,model,trees,0,tree_param,num_nodes}', '"4"'),
	('{learner,gradient_booster,model,trees,0,left_children}', '[3, -1, -1]'),
	('{learner,gradient_booster,model,trees,0,left_children}', '[0, -1, -1]'),
	('{learner,gradient_booster,model,trees,0,left_children}', '[2, -1, -1]'),
	('{learner,gradient_booster,model,trees,0,left_children}', '[-1, -1, -1]'),
	('{learner,gradient_booster,model,trees,0,left_children}', '[1, 0, -1]'),
	('{learner,gradient_booster,model,trees,0,parents}', '[2147483647, 0, 1]'),
	('{learner,gradient_booster,model,trees,0,split_indices}', '[2, 0, 0]'),
	('{learner,gradient_booster,model,trees,0,split_indices}', '[1, 0, 0]'),
	('{learner,gradient_booster,model,trees,0,split_conditions}', '[30, 1]'),
	('{learner,gradient_booster,model,trees,0,split_conditions}', '[30, 1e39, 0]'),
	('{learner,gradient_booster,model,trees,0,split_conditions}', '["NaN", 1, -1]'),
	('{learner,gradient_booster,model,trees,0,default_left}', '[2, 0, 0]'),
	('{learner,gradient_booster,model,trees,1,categories}', '[1, 1]'),
	('{learner,gradient_booster,model,trees,1,categories}', '[1, 99999999]'),
	('{learner,gradient_booster,model,trees,1,categories_sizes}', '[3]'),
	('{learner,gradient_booster,model,trees,1,categories_nodes}', '[1]'),
	('{learner,gradient_booster,model,trees,1,categories_nodes}', '[]')) AS v (place, value)
\g (format=unaligned fieldsep=' => ' tuples_only=on)
-- jsonb_set cannot write this one: a number that is no JSON.
SELECT pg_temp.refusal(convert_to(replace(pg_temp.model('{x}', '{q}', pg_temp.leaf(7777))::text, '7777', 'NaN'), 'UTF8'))
\g (format=unaligned fieldsep=' => ' tuples_only=on)
-- A key twice, which jsonb cannot have.
SELECT pg_temp.refusal(convert_to('{"version": [2, 1, 4], ' || substring(pg_temp.model('{x}', '{q}', pg_temp.leaf(1))::text FROM 2), 'UTF8'))
\g (format=unaligned fieldsep=' => ' tuples_only=on)
-- A length that lies: 2^62 elements.
SELECT pg_temp.refusal('{L'::bytea || int8send(7) || 'version[#L' || int8send(4611686018427387904))
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- The client sees the SQLSTATE of each kind.
\set VERBOSITY sqlstate
SELECT credit.import_model('a', 'junk');
SELECT credit.import_model('a', pg_temp.json(jsonb_set(model, '{learner,objective,name}', '"rank:ndcg"'))) FROM made;
SELECT credit.import_model('a', convert_to('{"learner": {"attributes": {"a": ' || repeat('[', 100000), 'UTF8'));
SELECT credit.import_model('a', pg_temp.constant(1), '{"scalling": {}}');
SELECT credit.import_model('a', pg_temp.constant(1), '{"golden": [{"row": {"x": 1}, "margin": 2}]}');
SELECT credit.import_model('a b', pg_temp.constant(1));
SELECT credit.import_model(NULL, NULL);
\set VERBOSITY default
-- And the whole of one.
SELECT credit.import_model('a', pg_temp.constant(1), '{"scalling": {}}');

SELECT pg_temp.registry() = :'registry_before' AS registry_unchanged;
SELECT credit.import_model('a', pg_temp.constant(1)) AS next_version;

-- A file without feature types: a feature is categorical by its splits or by
-- its categories, but not both that and numeric by its splits.
SELECT credit.import_model('untyped', pg_temp.json(pg_temp.model('{age,home,spare}', '{q,q,q}', pg_temp.stump(0, 30, 1, 2),
	pg_temp.category_stump(1, '{1}', 10, 20)) #- '{learner,feature_types}'), '{"categories": {"spare": ["x", "y"], "home": ["own", "rent"]}}');
SELECT f.name, f.type, f.categories FROM credit.feature AS f JOIN credit.model_version USING (model_version_id)
JOIN credit.model AS m USING (model_id) WHERE m.name = 'untyped' ORDER BY f.position;
SELECT credit_margin('{"age": 40, "home": "rent", "spare": "x"}'::jsonb, 'untyped@1');
SELECT credit.import_model('untyped', pg_temp.json(pg_temp.model('{age}', '{q}', pg_temp.stump(0, 30, 1, 2))
	#- '{learner,feature_types}'), '{"categories": {"age": ["young", "old"]}}');

\i sql/include/empty_registry.psql
