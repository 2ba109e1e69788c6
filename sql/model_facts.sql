-- Facts: what is said of a model without scoring anybody agrees with what
-- comes out when somebody is scored; the forest as rows gives the margin in
-- plain SQL; and a version that breaks a declared direction is not promoted.
\i sql/include/tiny_models.psql

-- -------- hand-made --------

-- age < 30 or missing: +1, else -1; age < 50 or missing: 0.25, else 0.5; rent or
-- other: +0.5, own or missing: -0.25.  Nobody is both below 30 and not below 50,
-- so the largest margin is 1 + 0.25 + 0.5, less than the trees' largest leaves
-- add up to; the smallest is -1 + 0.25 - 0.25.  "spare" has no split.
CREATE TEMP TABLE made AS
SELECT pg_temp.model('{age,home,spare}', '{q,c,q}',
	pg_temp.stump(0, 30, 1, -1), pg_temp.stump(0, 50, 0.25, 0.5),
	pg_temp.category_stump(1, '{1,2}', 0.5, -0.25)) AS model;
SELECT credit.import_model('pair', pg_temp.json(model), '{"categories": {"home": ["own", "rent", "other"]},
	"scaling": {"base_score": 0, "base_odds": 1, "pdo": 0.69314718055994530942}}') FROM made;
\x on
SELECT * FROM credit.model_facts('pair@1');
\x off
SELECT * FROM credit.tree_nodes('pair@1');
SELECT * FROM credit.feature_facts('pair@1');
SELECT * FROM credit.monotonicity('pair@1');

-- Good and bad change places: scores and directions turn over, margins do not.
SELECT credit.import_model('pair', pg_temp.json(model), '{"positive_class": "good", "categories": {"home": ["own", "rent", "other"]},
	"scaling": {"base_score": 0, "base_odds": 1, "pdo": 0.69314718055994530942, "max": 1}}') FROM made;
SELECT margin_min_found, margin_max_found, score_min_bound, score_min_found, score_max_bound, score_max_found, range_exact,
	score_min_applicant, score_max_applicant
FROM credit.model_facts('pair@2');
SELECT feature, pd_direction FROM credit.feature_facts('pair@2');

-- Without labels a category is its code, also as a bitmap (64 codes) and where
-- no split names it.
SELECT credit.import_model('codes', pg_temp.json(pg_temp.model('{c}', '{c}', pg_temp.category_stump(0, '{0,7}', 1, 2),
	pg_temp.category_stump(0, (SELECT array_agg(i) FROM generate_series(0, 63) AS i WHERE i <> 5), 10, 20))));
SELECT tree, node, left(categories::text, 30) AS categories, cardinality(categories), leaf FROM credit.tree_nodes('codes@1');
SELECT margin_min_found, score_max_applicant, margin_max_found, score_min_applicant FROM credit.model_facts('codes@1');

-- dart: the tree weights are in the leaves.  A single leaf has no other node.
SELECT credit.import_model('dart', pg_temp.json(jsonb_set(pg_temp.model('{x}', '{q}', pg_temp.leaf(0)), '{learner,gradient_booster}',
	jsonb_build_object('name', 'dart', 'weight_drop', '[0.5, 0.25]'::jsonb, 'gbtree',
		pg_temp.model('{x}', '{q}', pg_temp.leaf(3), pg_temp.stump(0, 1, 2, 4)) #> '{learner,gradient_booster}'))));
SELECT tree, node, leaf FROM credit.tree_nodes('dart@1') WHERE leaf IS NOT NULL;
SELECT booster, nodes, leaves, max_depth, margin_min_found, margin_max_found FROM credit.model_facts('dart@1');

-- A linear model has weights, no trees, and no range; the sign decides.
SELECT credit.import_model('linear', pg_temp.json(jsonb_set(pg_temp.model('{a,b,c}', '{q,q,q}', pg_temp.leaf(0)),
	'{learner,gradient_booster}', '{"name": "gblinear", "model": {"boosted_rounds": 1, "weights": [2, -1, 0, 0.5]}}')));
SELECT booster, trees, leaves, bias, margin_min_bound, score_max_bound, range_exact FROM credit.model_facts('linear@1');
SELECT count(*) FROM credit.tree_nodes('linear@1');
SELECT * FROM credit.feature_facts('linear@1');
SELECT feature, direction, verdict, lower_applicant, upper_applicant FROM credit.monotonicity('linear@1');

-- -------- monotonicity against brute force --------

-- Models whose trees contradict one another: a alone falls or rises; together
-- the second tree outweighs the first (proven although one tree contradicts),
-- ties it (which hangs on rounding), or not; or it depends on b.
CREATE TEMP TABLE tried (name text, model jsonb);
INSERT INTO tried
SELECT v.name, pg_temp.model('{a,b}', '{q,q}', VARIADIC trees)
FROM (VALUES
	('outweighed', ARRAY[pg_temp.stump(0, 10, 0.2, 0.1), pg_temp.stump(0, 10, 0, 0.5)]),
	('tied', ARRAY[pg_temp.stump(0, 10, 0.2, 0.1), pg_temp.stump(0, 10, 0.1, 0.2)]),
	('overturned', ARRAY[pg_temp.stump(0, 10, 0.2, 0.1), pg_temp.stump(0, 20, 0, 0.5)]),
	('both ways', ARRAY[pg_temp.tree('{1,3,5,-1,-1,-1,-1}', '{2,4,6,-1,-1,-1,-1}', '{2147483647,0,0,1,1,2,2}',
		'{1,0,0,0,0,0,0}', '{5,1,1,1,2,4,3}', '{1,1,1,0,0,0,0}')]),
	('tied, then broken', ARRAY[pg_temp.stump(0, 10, 0.2, 0.1), pg_temp.stump(0, 10, 0.1, 0.2), pg_temp.stump(0, 20, 0.5, 0)]),
	('missing is no value', ARRAY[pg_temp.stump(0, 10, 1, 2, 'from on'), pg_temp.stump(1, 0, 1, 2)])) AS v (name, trees);
SELECT name, credit.import_model('tried', pg_temp.json(model)) AS version FROM tried;

-- All pairs of values around the thresholds, for each value of the other.
CREATE TEMP VIEW brute_force AS
SELECT t.version, f.feature,
	bool_and(upper.margin >= lower.margin) AS increasing, bool_and(upper.margin <= lower.margin) AS decreasing
FROM generate_series(1, 6) AS t (version)
CROSS JOIN (VALUES ('a', 'b'), ('b', 'a')) AS f (feature, other)
CROSS JOIN unnest('{-1,5,9,10,19,20,30,null}'::float8[]) AS o (value)
CROSS JOIN unnest('{-1,5,9,10,19,20,30}'::float8[]) AS l (value)
CROSS JOIN unnest('{-1,5,9,10,19,20,30}'::float8[]) AS u (value)
CROSS JOIN LATERAL credit_margin(jsonb_build_object(f.feature, l.value, f.other, o.value), 'tried@' || t.version) AS lower (margin)
CROSS JOIN LATERAL credit_margin(jsonb_build_object(f.feature, u.value, f.other, o.value), 'tried@' || t.version) AS upper (margin)
WHERE l.value < u.value
GROUP BY t.version, f.feature;
SELECT t.version, m.feature, m.direction, m.verdict, m.reason,
	CASE m.direction WHEN 'increasing' THEN b.increasing ELSE b.decreasing END AS brute_force
FROM generate_series(1, 6) AS t (version)
CROSS JOIN LATERAL credit.monotonicity('tried@' || t.version) AS m
JOIN brute_force AS b ON b.version = t.version AND b.feature = m.feature
ORDER BY t.version, m.feature, m.direction DESC;

-- More work than allowed: 24 features a to x, and a step of "step" that for each
-- pair of them goes up where both are on one side of 0 and down where they are
-- not.  144 of the 276 pairs can differ, and no more, which takes too long to
-- find out; another tree adds 12.5.
SELECT credit.import_model('hard', pg_temp.json(pg_temp.model(
	(SELECT array_agg(chr(96 + i) ORDER BY i) FROM generate_series(1, 24) AS i) || '{step}', array_fill('q'::text, '{25}'),
	VARIADIC (SELECT array_agg(pg_temp.tree('{1,-1,3,5,7,-1,-1,-1,-1}', '{2,-1,4,6,8,-1,-1,-1,-1}',
		'{2147483647,0,0,2,2,3,3,4,4}', ARRAY[24, 0, u, v, v, 0, 0, 0, 0], '{1,0,0,0,0,1,-1,-1,1}', '{1,0,1,1,1,0,0,0,0}'))
		FROM generate_series(0, 23) AS u, generate_series(0, 23) AS v WHERE u < v)
	|| pg_temp.stump(24, 1, 0, 12.5))));
SELECT direction, verdict, reason FROM credit.monotonicity('hard@1') WHERE feature = 'step';
-- Whoever does not want to wait need not.
SET statement_timeout = '20ms';
SELECT verdict FROM credit.monotonicity('hard@1') WHERE feature = 'step';
RESET statement_timeout;

-- -------- the German model --------

\set artifact `base64 -w 0 models/german_credit/model.ubj`
\set options `cat models/german_credit/options.json`
SELECT credit.import_model('german', decode(:'artifact', 'base64'), :'options'::jsonb);
SELECT feature, type, split_count > 0 AS used, pd_direction, declared FROM credit.feature_facts('german@1');
SELECT margin_min_bound <= min(margin) AND min(margin) < 0 AND max(margin) > 0 AND margin_max_bound >= max(margin) AS bounds_hold,
	range_exact, score_min_found, score_max_found
FROM credit.model_facts('german@1'), credit.golden_row
GROUP BY margin_min_bound, margin_max_bound, range_exact, score_min_found, score_max_found;

-- Every applicant that is given in proof scores as it says, the two differ in
-- the feature only, and contradict the direction (here more margin is more
-- risk).
SELECT count(*) AS refuted,
	bool_and(credit_margin(lower_applicant, 'german@1') = lower_margin) AS lower_reproduces,
	bool_and(credit_margin(upper_applicant, 'german@1') = upper_margin) AS upper_reproduces,
	bool_and(lower_applicant - feature = upper_applicant - feature) AS nothing_else_differs,
	bool_and((lower_applicant -> feature)::float8 < (upper_applicant -> feature)::float8) AS in_order,
	bool_and(CASE direction WHEN 'increasing' THEN upper_margin < lower_margin ELSE upper_margin > lower_margin END) AS contradicts
FROM credit.monotonicity('german@1') WHERE verdict = 'refuted';
SELECT credit_score(score_min_applicant, 'german@1') = score_min_found AS least, credit_score(score_max_applicant, 'german@1') = score_max_found AS largest,
	margin_min_found = credit_margin(score_max_applicant, 'german@1') AS margin_of_largest
FROM credit.model_facts('german@1');

-- The margin in plain SQL, from the rows alone: every applicant of the data and
-- the golden rows, which have missing values.  sum(real) adds in single
-- precision and in order, as the model does.
CREATE TEMP TABLE german_credit (
	checking_status text, duration int, credit_history text, purpose text, credit_amount int, savings_status text,
	employment text, installment_commitment int, personal_status text, other_parties text, residence_since int,
	property_magnitude text, age int, other_payment_plans text, housing text, existing_credits int, job text,
	num_dependents int, own_telephone text, foreign_worker text, class text);
\copy german_credit FROM 'models/german_credit/german_credit.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE node AS SELECT * FROM credit.tree_nodes('german@1');
CREATE TEMP TABLE applicant AS
SELECT row_number() OVER () AS id, data FROM (
	SELECT to_jsonb(g) FROM german_credit AS g UNION ALL SELECT g.applicant FROM credit.golden_row AS g) AS a (data);
ANALYZE node, applicant;
WITH RECURSIVE walk AS (
	SELECT a.id, a.data, n.* FROM applicant AS a, node AS n WHERE n.node = 0
	UNION ALL
	SELECT w.id, w.data, n.*
	FROM walk AS w JOIN node AS n ON n.tree = w.tree AND n.node = CASE
		WHEN w.data ->> w.feature IS NULL THEN w.missing_child
		WHEN w.categories IS NULL AND (w.data ->> w.feature)::real < w.threshold THEN w.left_child
		WHEN w.data ->> w.feature <> ALL (w.categories) THEN w.left_child
		ELSE w.right_child END
), term AS (
	SELECT id, tree, leaf FROM walk WHERE leaf IS NOT NULL
	UNION ALL
	SELECT id, -1, base_margin FROM applicant, credit.model_facts('german@1')
), margin AS (
	SELECT id, sum(leaf ORDER BY tree) AS margin FROM term GROUP BY id
)
SELECT count(*) AS n, count(*) FILTER (WHERE float4send(m.margin) = float4send(credit_margin(a.data, 'german@1'))) AS bit_equal,
	count(DISTINCT m.margin) > 500 AS many_margins
FROM margin AS m JOIN applicant AS a USING (id);

-- -------- declared directions --------

-- Kept with the version, not with the options that make the image.
SELECT name, monotone FROM credit.feature WHERE monotone IS NOT NULL ORDER BY 1, 2;
SELECT feature, direction FROM credit.monotonicity('german@1') WHERE declared;
SELECT options ? 'monotone' AS in_options FROM credit.model_version JOIN credit.model USING (model_id) WHERE name = 'german';
SELECT "check", passed FROM credit.verify_model('german@1') WHERE "check" = 'image from artifact';
SELECT to_version FROM credit.promote('german', 1);

SELECT o AS options, pg_temp.refusal(pg_temp.json(model), o) AS refusal
FROM made, (VALUES (1, '{"monotone": []}'::jsonb), (2, '{"monotone": {"age": "up"}}'), (3, '{"monotone": {"age": 1}}'),
	(4, '{"monotone": {"age": null}}'), (5, '{"monotone": {"Age": "increasing"}}'), (6, '{"monotone": {"home": "increasing"}}')) AS v (place, o)
ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- Not promoted under any alias: refuted, with the two applicants, before
-- unknown, with the reason; a direction that holds is no obstacle.  Nothing
-- is left behind.
SELECT t.name, credit.import_model('declared', pg_temp.json(model), d::jsonb) AS version
FROM (VALUES (1, 'outweighed', '{"monotone": {"a": "increasing", "b": "decreasing"}}'),
	(2, 'overturned', '{"monotone": {"b": "increasing", "a": "increasing"}}'),
	(3, 'tied', '{"monotone": {"a": "decreasing"}}'),
	(4, 'outweighed', '{"positive_class": "good", "monotone": {"a": "increasing"}}')) AS v (place, name, d)
JOIN tried AS t USING (name) ORDER BY place;
SELECT to_version FROM credit.promote('declared', 1);
SELECT pg_temp.failure(format('SELECT credit.promote(''declared'', %s, %L)', v, a))
FROM (VALUES (2, 'champion'), (3, 'challenger'), (4, 'champion')) AS c (v, a)
\g (format=unaligned tuples_only=on)
-- Nor does it decide as a challenger that nobody promoted; in the shadow it may.
SELECT pg_temp.failure('SELECT credit.split(''declared'', ''2'', 0.5)')
\g (format=unaligned tuples_only=on)
SELECT challenger FROM credit.shadow('declared', '2');
SELECT count(*) FROM credit.alias JOIN credit.model USING (model_id) WHERE name = 'declared';
\set VERBOSITY sqlstate
SELECT credit.promote('declared', 2);
\set VERBOSITY default

-- -------- errors --------

SELECT call, pg_temp.failure('SELECT * FROM credit.' || call) AS refusal
FROM unnest(ARRAY['model_facts(''none'')', 'model_facts(''pair'')', 'feature_facts(''pair@9'')', 'tree_nodes('''')', 'monotonicity(''a@b@c'')']) AS c (call)
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT feature, direction, pg_temp.failure(format('SELECT credit.image_monotone(image, %L, %L) FROM credit.model_version ORDER BY model_version_id LIMIT 1', feature, direction)) AS refusal
FROM (VALUES ('none', 'increasing'), ('home', 'increasing'), ('age', 'Increasing'), ('age', '')) AS v (feature, direction)
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT f, pg_temp.failure(format('SELECT credit.%s', f)) AS refusal
FROM unnest(ARRAY['image_range(''x'')', 'image_nodes(''x'')', 'image_weights(''x'')', 'image_monotone(''x'', ''a'', ''increasing'')']) AS f
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT credit.image_range(NULL), credit.image_monotone(NULL, 'a', 'increasing'), credit.image_weights(NULL);

-- A retired version keeps its facts.
SELECT credit.retire('pair', 2);
SELECT version, trees FROM credit.model_facts('pair@2');
SELECT count(*) FROM credit.tree_nodes('pair@2');

DROP VIEW brute_force;
\i sql/include/empty_registry.psql
