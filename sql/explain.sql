-- Explanations: contributions that can be worked out by hand, that they add up
-- to the margin and to the points, what is shown as a value, and that rows,
-- JSON objects and columns are explained alike.
\i sql/include/tiny_models.psql

-- How many training rows reached each node of a tree.
CREATE FUNCTION pg_temp.covers(tree jsonb, covers float8[]) RETURNS jsonb
LANGUAGE sql AS $$ SELECT tree || jsonb_build_object('sum_hessian', covers) $$;

-- Contributions are computed in single precision, and for many rows in another
-- order than for one.
CREATE FUNCTION pg_temp.rounded(contributions real[]) RETURNS numeric[]
LANGUAGE sql AS $$ SELECT array_agg(round(c::numeric, 4) ORDER BY n) FROM unnest(contributions) WITH ORDINALITY AS u (c, n) $$;
CREATE FUNCTION pg_temp.close(a real[], b real[]) RETURNS boolean
LANGUAGE sql AS $$
	SELECT cardinality(a) = cardinality(b) AND max(abs(x - y)) <= 2e-6 * max(abs(x)) FROM unnest(a, b) AS u (x, y)
$$;

-- Missing amount goes right, missing colour and rate go left.
--	amount < 100: 1 (4 of 10 rows), else 3						expected 2.2
--	colour red or blue: 10 (5 of 10), else 20					expected 15
--	amount < 50 (5 of 10): rate < 0.5: 8 (1 of 5), else 4; else 0	expected 2.4
CREATE TEMP TABLE tiny AS
SELECT pg_temp.json(pg_temp.model('{amount,colour,spare,rate}', '{q,c,q,q}',
	pg_temp.covers(pg_temp.stump(0, 100, 1, 3, 'from on'), '{10,4,6}'),
	pg_temp.covers(pg_temp.category_stump(1, '{0,2}', 10, 20), '{10,5,5}'),
	pg_temp.covers(pg_temp.tree('{1,3,-1,-1,-1}', '{2,4,-1,-1,-1}', '{2147483647,0,0,1,1}', '{0,3,0,0,0}',
		'{50,0.5,0,8,4}', '{0,1,0,0,0}'), '{10,5,5,1,4}'))) AS artifact,
	'{"categories": {"colour": ["red", "green", "blue"]}}'::jsonb AS options;
SELECT credit.import_model('tiny', artifact, options) FROM tiny;
SELECT to_version FROM credit.promote('tiny', 1);
CREATE TABLE applicant (id int, spare text, rate numeric, colour text, amount float8);
INSERT INTO applicant VALUES (1, 'x', 0.1, 'red', 20), (2, 'x', NULL, NULL, NULL), (3, 'x', 0.7, 'green', 1500000);

-- The first applicant, by hand.  amount: 1 - 2.2 in the first tree; in the last
-- one, from (0, 4.8, 4, 8) for the sets {}, {amount}, {rate}, both: 3.2 to
-- amount and 2.4 to rate.  colour: 10 - 15.
SELECT feature, value, round(contribution::numeric, 5) AS contribution, round(points::numeric, 4) AS points
FROM applicant AS a, credit_explain(a, 'tiny') WHERE id = 1;
SELECT round((20 / ln(2) * 5)::numeric, 4) AS points_of_colour, round((600 - 20 / ln(2) * (ln(50) + 19.6))::numeric, 4) AS points_of_baseline;
-- Missing values, and a number that is written out.
SELECT id, feature, value, round(contribution::numeric, 5) AS contribution FROM applicant AS a, credit_explain(a, 'tiny') WHERE id > 1;
SELECT id, pg_temp.rounded(credit_contributions(a, 'tiny')) FROM applicant AS a ORDER BY id;

-- An applicant who is not there has no rows and no array.
SELECT * FROM credit_explain(NULL::applicant, 'tiny');
SELECT * FROM credit_explain(NULL::jsonb, 'tiny');
SELECT credit_contributions(NULL::applicant, 'tiny') AS a, credit_contributions(NULL::jsonb, 'tiny') AS b;
SELECT pg_typeof(feature) AS feature, pg_typeof(value) AS value, pg_typeof(contribution) AS contribution, pg_typeof(points) AS points,
	pg_typeof(credit_contributions(a)) AS contributions FROM applicant AS a, credit_explain(a) LIMIT 1;

-- A model of good: what raises the margin adds points.
SELECT credit.import_model('tiny', artifact, options || '{"positive_class": "good"}') FROM tiny;
SELECT feature, round(contribution::numeric, 5) AS contribution, round(points::numeric, 4) AS points
FROM applicant AS a, credit_explain(a, 'tiny@2') WHERE id = 1;
-- Limits hold for the score, not for its parts.
SELECT credit.import_model('tiny', artifact, options || '{"scaling": {"min": 300, "max": 850}}') FROM tiny;
SELECT credit_score(a, 'tiny@3') AS score, sum(round(points::numeric, 4)) AS points
FROM applicant AS a, credit_explain(a, 'tiny@3') WHERE id = 1 GROUP BY 1;
-- Without covers both sides of a split count alike.
SELECT credit.import_model('bare', pg_temp.json(pg_temp.model('{x}', '{q}', pg_temp.covers(pg_temp.stump(0, 0, 1, 2), '{0,0,0}'))));
SELECT feature, value, contribution FROM credit_explain('{"x": 0.1}'::jsonb, 'bare@1');
-- A category without labels is its code.
SELECT credit.import_model('code', pg_temp.json(pg_temp.model('{x}', '{c}', pg_temp.covers(pg_temp.category_stump(0, '{7}', 1, 2), '{4,3,1}'))));
SELECT feature, value, contribution FROM credit_explain('{"x": 7}'::jsonb, 'code@1');

-- A linear model: weight times value, nothing for a missing one.
SELECT credit.import_model('linear', pg_temp.json('{"version": [1,7,4], "learner": {"attributes": {}, "feature_names": ["a", "b"],
	"feature_types": ["float", "float"], "objective": {"name": "binary:logistic"},
	"learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"},
	"gradient_booster": {"name": "gblinear", "model": {"boosted_rounds": 1, "weights": [0.5, -2, 0.125]}}}}'));
SELECT feature, value, contribution FROM credit_explain('{"a": 3, "b": -0.25}'::jsonb, 'linear@1');
SELECT pg_temp.rounded(credit_contributions('{"a": null, "b": 1e-3}'::jsonb, 'linear@1'));

-- The German credit model: both sums, for every applicant.
\set artifact `base64 -w0 models/german_credit/model.ubj`
SELECT credit.import_model('german', decode(:'artifact', 'base64'));
SELECT to_version FROM credit.promote('german', 1);
CREATE TABLE german (checking_status text, duration integer, credit_history text, purpose text,
	credit_amount integer, savings_status text, employment text, installment_commitment integer,
	personal_status text, other_parties text, residence_since integer, property_magnitude text, age integer,
	other_payment_plans text, housing text, existing_credits integer, job text, num_dependents integer,
	own_telephone text, foreign_worker text, class text, row integer GENERATED ALWAYS AS IDENTITY);
\copy german (checking_status, duration, credit_history, purpose, credit_amount, savings_status, employment, installment_commitment, personal_status, other_parties, residence_since, property_magnitude, age, other_payment_plans, housing, existing_credits, job, num_dependents, own_telephone, foreign_worker, class) FROM models/german_credit/german_credit.csv CSV HEADER
ANALYZE german;
SELECT count(*), bool_and(abs(contributions - margin) <= 1e-5 * largest) AS adds_up, bool_and(round(points) = score) AS points_too
FROM (
	SELECT credit_margin(g, 'german') AS margin, credit_score(g, 'german') AS score, e.*
	FROM german AS g, LATERAL (SELECT sum(contribution) AS contributions, sum(points) AS points, max(abs(contribution)) AS largest
		FROM credit_explain(g, 'german')) AS e) AS s;
SELECT feature, value, round(contribution::numeric, 4) AS contribution, round(points::numeric, 2) AS points
FROM german AS g, credit_explain(g, 'german') WHERE row = 1;

-- A row and a JSON object of the same values are explained alike, and the
-- array says what the rows say, in the order of the model.
SELECT bool_and(r.rows = j.rows) AS same FROM german AS g,
	LATERAL (SELECT array_agg(e) AS rows FROM credit_explain(g, 'german') AS e) AS r,
	LATERAL (SELECT array_agg(e) AS rows FROM credit_explain(to_jsonb(g), 'german') AS e) AS j;
SELECT bool_and(pg_temp.close(credit_contributions(g, 'german'), credit_contributions(to_jsonb(g), 'german'))) AS same FROM german AS g;
SELECT bool_and(abs(e.contribution - c.contribution) <= 2e-5) AS same, count(*)
FROM german AS g, LATERAL (
	SELECT coalesce(f.name, '(baseline)') AS feature, u.contribution
	FROM unnest(credit_contributions(g, 'german')) WITH ORDINALITY AS u (contribution, place)
	LEFT JOIN (SELECT feature.* FROM credit.feature JOIN credit.model_version USING (model_version_id) JOIN credit.model USING (model_id)
		WHERE model.name = 'german') AS f ON f.position = u.place) AS c
JOIN credit_explain(g, 'german') AS e USING (feature);

-- The planner sees through the row, with the same result, in parallel too.
EXPLAIN (VERBOSE, COSTS OFF) SELECT credit_contributions(a, 'tiny') FROM applicant AS a;
SELECT bool_and(pg_temp.close(credit_contributions(g, 'german'), credit_contributions(g, (SELECT 'german')))) AS same FROM german AS g;
SELECT pg_temp.rounded(credit_contributions(p, 'tiny')) FROM applicant AS a LEFT JOIN applicant AS p ON p.id = a.id + 2 ORDER BY a.id;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET credit.batch = on;
EXPLAIN (COSTS OFF) SELECT max(credit_contributions(g, 'german')) FROM german AS g;
CREATE TEMP TABLE in_parallel AS SELECT max(credit_contributions(g, 'german')), min(credit_contributions(g, 'german')) FROM german AS g;
SET max_parallel_workers_per_gather = 0;
SELECT pg_temp.close(max(credit_contributions(g, 'german')), (SELECT max FROM in_parallel)) AS max,
	pg_temp.close(min(credit_contributions(g, 'german')), (SELECT min FROM in_parallel)) AS min FROM german AS g;
RESET ALL;

-- A promotion counts from the next statement on, in plans that were made
-- before too.
PREPARE explained AS SELECT feature, round(points) AS points FROM applicant AS a, credit_explain(a, 'tiny') WHERE id = 1;
PREPARE contributed AS SELECT pg_temp.rounded(credit_contributions(a, 'tiny@champion')) FROM applicant AS a WHERE id = 1;
SET plan_cache_mode = force_generic_plan;
EXECUTE explained;
EXECUTE contributed;
SELECT credit.import_model('tiny', pg_temp.json(pg_temp.model('{rate}', '{q}', pg_temp.covers(pg_temp.stump(0, 0.5, 1, 2), '{4,1,3}'))));
SELECT to_version FROM credit.promote('tiny', 4);
EXECUTE explained;
EXECUTE contributed;
RESET plan_cache_mode;
DEALLOCATE ALL;

SELECT to_version FROM credit.rollback('tiny');

-- What a score refuses, an explanation refuses too.
SELECT * FROM credit_explain('{"amount": 1}'::jsonb, 'tiny');
SELECT * FROM credit_explain('{"amount": 1, "colour": "mauve", "spare": 0, "rate": 0}'::jsonb, 'tiny');
SELECT * FROM applicant AS a, credit_explain(a, 'nobody');
SELECT * FROM credit_explain(ROW(1, 2), 'tiny');
SELECT * FROM credit_explain('[]'::jsonb, 'tiny');
SELECT credit_contributions('{"amount": 1}'::jsonb, 'tiny');
SELECT credit_contributions(s, 'tiny') FROM (SELECT amount FROM applicant) AS s;
SELECT * FROM credit_explain('{"a": 1}'::jsonb, NULL);
-- Parts may be out of range where the sum is not.
SELECT credit.import_model('steep', pg_temp.json('{"version": [1,7,4], "learner": {"attributes": {}, "feature_names": ["a", "b"],
	"feature_types": ["float", "float"], "objective": {"name": "binary:logistic"},
	"learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"},
	"gradient_booster": {"name": "gblinear", "model": {"boosted_rounds": 1, "weights": [2, -2, 0]}}}}'));
SELECT credit_contributions('{"a": 3e38, "b": 3e38}'::jsonb, 'steep@1');
SELECT * FROM credit_explain('{"a": 3e38, "b": 3e38}'::jsonb, 'steep@1');
\set VERBOSITY sqlstate
SELECT credit_contributions('{"a": 3e38, "b": 3e38}'::jsonb, 'steep@1');
SELECT * FROM credit_explain('{"amount": 1}'::jsonb, 'tiny');
SELECT credit.contributions_columns('credit_contributions(record,text)'::regprocedure, 'tiny', '{amount}', 1);
SELECT credit.contributions_columns('credit_margin(record,text)'::regprocedure, 'tiny', '{amount}', 1);
\set VERBOSITY default

DROP TABLE applicant, german;
\i sql/include/empty_registry.psql
