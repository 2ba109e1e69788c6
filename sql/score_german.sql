-- The shipped model on its real data: all 1,000 margins are XGBoost's, bit for
-- bit, and the probabilities within one float32 step; rows, JSON, parallel
-- workers, JIT and read-only transactions give the same.
\set SHOW_CONTEXT never
\i sql/include/empty_registry.psql
\set artifact `base64 -w 0 models/german_credit/model.ubj`
\set artifact_json `base64 -w 0 models/german_credit/model.json`
\set options `cat models/german_credit/options.json`

SELECT credit.import_model('german', decode(:'artifact', 'base64'), :'options'::jsonb);
SELECT credit.import_model('german', decode(:'artifact_json', 'base64'), :'options'::jsonb);
SELECT to_version FROM credit.promote('german', 1);
SELECT * FROM credit.verify_model('german@1') WHERE "check" IN ('golden rows', 'image from artifact');
SELECT * FROM credit.verify_model('german@2') WHERE "check" IN ('golden rows', 'image from artifact');
SELECT credit.export_model('german@1') = decode(:'artifact', 'base64') AS ubjson_exported,
	credit.export_model('german@2') = decode(:'artifact_json', 'base64') AS json_exported;
SELECT property, value FROM credit.describe_model('german')
WHERE property NOT IN ('artifact', 'evaluator', 'image', 'imported');
SELECT f.position, f.name, f.type, cardinality(f.categories) AS categories, f.split_count > 0 AS used, f.reason_code
FROM credit.feature AS f JOIN credit.model_version AS v USING (model_version_id) WHERE v.version = 1 ORDER BY f.position;
SELECT bool_and(a.categories IS NOT DISTINCT FROM b.categories AND a.split_count = b.split_count) AS both_notations_agree
FROM credit.feature AS a JOIN credit.feature AS b USING (position)
JOIN credit.model_version AS va ON va.model_version_id = a.model_version_id AND va.version = 1
JOIN credit.model_version AS vb ON vb.model_version_id = b.model_version_id AND vb.version = 2;

-- The gains are those that XGBoost gives, from either notation.
CREATE TEMP TABLE gained (model text, n_features int, source text, gains text);
\copy gained FROM 'test/parity/fixtures/gains.tsv' (FORMAT csv, DELIMITER E'\t', HEADER)
SELECT v.version, v.artifact_format, g.source, array_agg(f.gain::real ORDER BY f.position) = string_to_array(g.gains, ',')::real[] AS gains_equal,
	count(*) FILTER (WHERE (f.gain > 0) = (f.split_count > 0)) AS features
FROM credit.feature AS f JOIN credit.model_version AS v USING (model_version_id)
JOIN gained AS g ON g.model LIKE '%/german_credit/model.json'
GROUP BY v.version, v.artifact_format, g.source, g.gains ORDER BY v.version, g.source;

-- The data: 20 columns, of which the model reads 14.
CREATE TABLE german_credit (
	checking_status text, duration int, credit_history text, purpose text, credit_amount int, savings_status text,
	employment text, installment_commitment int, personal_status text, other_parties text, residence_since int,
	property_magnitude text, age int, other_payment_plans text, housing text, existing_credits int, job text,
	num_dependents int, own_telephone text, foreign_worker text, class text, id int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE expected (id int PRIMARY KEY, margin real NOT NULL, pd real NOT NULL, split text);
\copy german_credit (checking_status, duration, credit_history, purpose, credit_amount, savings_status, employment, installment_commitment, personal_status, other_parties, residence_since, property_magnitude, age, other_payment_plans, housing, existing_credits, job, num_dependents, own_telephone, foreign_worker, class) FROM 'models/german_credit/german_credit.csv' (FORMAT csv, HEADER)
\copy expected FROM 'models/german_credit/expected_margins.csv' (FORMAT csv, HEADER)
ANALYZE german_credit;
SELECT count(*), count(*) FILTER (WHERE class = 'bad') AS bad FROM german_credit;

-- Bits are compared by float4send(), so that -0 is not 0; distinct margins show
-- that it is no constant.
SELECT count(*) AS n,
	count(*) FILTER (WHERE float4send(credit_margin(g)) = float4send(e.margin)) AS bit_equal,
	count(*) FILTER (WHERE float4send(credit_margin(g, 'german@2')) = float4send(e.margin)) AS bit_equal_json_notation,
	count(*) FILTER (WHERE float4send(credit_margin(to_jsonb(g))) = float4send(e.margin)) AS bit_equal_jsonb,
	count(DISTINCT e.margin) > 500 AS many_margins
FROM german_credit AS g JOIN expected AS e USING (id);

-- The int4 of a positive float's bits counts its steps.
CREATE FUNCTION pg_temp.steps(real) RETURNS bigint LANGUAGE sql AS $$ SELECT ('x' || encode(float4send($1), 'hex'))::bit(32)::int::bigint $$;
SELECT pg_temp.steps(0.50000006) - pg_temp.steps(0.5) AS one;
SELECT count(*) AS n, max(abs(pg_temp.steps(credit_pd(g)::real) - pg_temp.steps(e.pd))) <= 1 AS within_one_step,
	count(*) FILTER (WHERE credit_pd(g)::real::float8 <> credit_pd(g)) AS not_float4,
	max(abs(credit_pd(g) - 1 / (1 + exp(-e.margin::float8)))) < 1e-7 AS logistic,
	count(*) FILTER (WHERE credit_pd(g) <> credit_pd(to_jsonb(g))) AS jsonb_differs
FROM german_credit AS g JOIN expected AS e USING (id);

-- Points from the margin by the formula, in numeric; the model card's range
-- of the test rows.
SELECT count(*) AS n,
	count(*) FILTER (WHERE credit_score(g) = round(600 - 20 / ln(2::numeric) * (ln(50::numeric) + e.margin::float8::numeric))) AS by_formula,
	count(*) FILTER (WHERE credit_score(g) = credit_score(to_jsonb(g))) AS same_jsonb
FROM german_credit AS g JOIN expected AS e USING (id);
SELECT min(credit_score(g)), max(credit_score(g)), percentile_disc(0.5) WITHIN GROUP (ORDER BY credit_score(g)) AS median
FROM german_credit AS g JOIN expected AS e USING (id) WHERE e.split = 'test';

-- The model card: AUC of the test rows, as a share of good-bad pairs.
SELECT round(avg(CASE WHEN b.score < a.score THEN 1 WHEN b.score = a.score THEN 0.5 ELSE 0 END), 4) AS auc
FROM (SELECT -credit_margin(g) AS score FROM german_credit AS g JOIN expected USING (id) WHERE split = 'test' AND class = 'good') AS a,
	(SELECT -credit_margin(g) AS score FROM german_credit AS g JOIN expected USING (id) WHERE split = 'test' AND class = 'bad') AS b;

-- All missing, as in the last golden row; and one value missing at a time, in
-- rows and in JSON.
SELECT credit_margin(NULL::german_credit) AS no_applicant, credit_margin(jsonb_populate_record(NULL::german_credit, '{"id": 1}')) AS all_missing;
SELECT count(*) AS n, count(*) FILTER (WHERE credit_margin(p) IS DISTINCT FROM credit_margin(j)) AS differ
FROM german_credit AS g, LATERAL jsonb_object_keys(to_jsonb(g)) AS key,
	LATERAL (SELECT to_jsonb(g) || jsonb_build_object(key, NULL) AS j) AS s, LATERAL jsonb_populate_record(NULL::german_credit, j) AS p
WHERE g.id <= 100;
-- A longer loan or a larger one never lowers the risk: the model was made so.
SELECT count(*) AS steps, count(*) FILTER (WHERE next < now) AS down, count(*) FILTER (WHERE next > now) > 0 AS some_up
FROM german_credit AS g, (SELECT 'duration' AS feature, generate_series(1, 72) AS v
		UNION ALL SELECT 'credit_amount', generate_series(0, 20000, 500)) AS s,
	LATERAL (SELECT credit_margin(to_jsonb(g) || jsonb_build_object(feature, v)) AS now,
		credit_margin(to_jsonb(g) || jsonb_build_object(feature, v + CASE feature WHEN 'duration' THEN 1 ELSE 500 END)) AS next) AS m
WHERE g.id <= 20;
-- What it does not know.
SELECT credit_score(to_jsonb(g) || '{"purpose": "yacht"}') FROM german_credit AS g WHERE id = 1;
SELECT credit_score(to_jsonb(g) - 'purpose') FROM german_credit AS g WHERE id = 1;

-- Parallel workers see the same versions and give the same sum.
SELECT sum(credit_score(g)) AS serial FROM german_credit AS g \gset
SELECT sum(credit_margin(g)::numeric) AS serial_margin FROM german_credit AS g \gset
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SET jit = off;
SET credit.batch = on;
EXPLAIN (COSTS OFF) SELECT sum(credit_score(g)) FROM german_credit AS g;
SELECT sum(credit_score(g)) = :serial AS same_points, sum(credit_margin(g)::numeric) = :serial_margin AS same_margins FROM german_credit AS g;
-- The default model is known to the workers; their errors arrive.
SET credit.default_model = 'german@2';
SELECT sum(credit_score(g)) = :serial AS same_points FROM german_credit AS g;
SET credit.default_model = 'german@3';
SELECT sum(credit_score(g)) FROM german_credit AS g;
RESET credit.default_model;
SELECT sum(credit_score(g, CASE WHEN id % 2 = 0 THEN 'german' ELSE 'german@2' END)) = :serial AS mixed_references FROM german_credit AS g;
RESET parallel_leader_participation;
RESET max_parallel_workers_per_gather;

-- JIT on and off.
SET max_parallel_workers_per_gather = 0;
SET jit = on;
SET jit_above_cost = 0;
SET jit_inline_above_cost = 0;
SET jit_optimize_above_cost = 0;
SELECT sum(credit_score(g)) = :serial AS same_points, sum(credit_margin(g)::numeric) = :serial_margin AS same_margins FROM german_credit AS g;
RESET ALL;

-- A read-only transaction, and a serializable one.
BEGIN READ ONLY;
SELECT sum(credit_score(g)) = :serial AS same_points FROM german_credit AS g;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE;
SELECT sum(credit_score(g)) = :serial AS same_points FROM german_credit AS g;
COMMIT;

-- The golden rows guard the import: a shipped row with another margin.
SELECT credit.import_model('german', decode(:'artifact', 'base64'), jsonb_set(:'options'::jsonb, '{golden,3,margin}', '-1.6333758'));
-- All trees instead of those up to the best iteration: they do not reproduce.
SELECT credit.import_model('german', decode(:'artifact', 'base64'), :'options'::jsonb || '{"use_best_iteration": false}');
-- The shipped file cut off at every 97th byte.
CREATE FUNCTION pg_temp.outcome(artifact bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM credit.build_image(artifact);
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT DISTINCT pg_temp.outcome(substring(decode(:'artifact', 'base64') FOR n))
FROM generate_series(0, octet_length(decode(:'artifact', 'base64')) - 1, 97) AS n;
SELECT version FROM credit.models ORDER BY version;

DROP TABLE german_credit, expected;
\i sql/include/empty_registry.psql
