-- credit.evaluate(): the shipped model on its real data has the figures that
-- scikit-learn gives; which labels and errors there are; validation figures are
-- kept; whoever evaluates sees no more than the source shows.
\i sql/include/tiny_models.psql
\set artifact `base64 -w 0 models/german_credit/model.ubj`
\set options `cat models/german_credit/options.json`
\set card `cat models/german_credit/metrics.json`
SELECT credit.import_model('german', decode(:'artifact', 'base64'), :'options'::jsonb);
SELECT to_version FROM credit.promote('german', 1);
CREATE TABLE german_credit (id int GENERATED ALWAYS AS IDENTITY, checking_status text, duration int, credit_history text, purpose text,
	credit_amount int, savings_status text, employment text, installment_commitment int, personal_status text, other_parties text,
	residence_since int, property_magnitude text, age int, other_payment_plans text, housing text, existing_credits int,
	job text, num_dependents int, own_telephone text, foreign_worker text, class text);
CREATE TABLE expected (id int, margin real, pd real, split text);
\copy german_credit (checking_status, duration, credit_history, purpose, credit_amount, savings_status, employment, installment_commitment, personal_status, other_parties, residence_since, property_magnitude, age, other_payment_plans, housing, existing_credits, job, num_dependents, own_telephone, foreign_worker, class) FROM 'models/german_credit/german_credit.csv' (FORMAT csv, HEADER)
\copy expected FROM 'models/german_credit/expected_margins.csv' (FORMAT csv, HEADER)
CREATE VIEW labelled AS SELECT g.*, e.split, g.class = 'bad' AS defaulted FROM german_credit AS g JOIN expected AS e USING (id);
CREATE VIEW train_sample AS SELECT * FROM labelled WHERE split = 'train';
CREATE VIEW validation_sample AS SELECT * FROM labelled WHERE split = 'validation';
CREATE VIEW test_sample AS SELECT * FROM labelled WHERE split = 'test';
CREATE TABLE recorded (split text, n bigint, bads bigint, bad_rate float8, mean_pd float8, auc float8, ks float8, brier float8,
	log_loss float8, accuracy float8, accuracy_02 float8, calibration_error float8, expected_auc float8, expected_ks float8,
	expected_brier float8, expected_log_loss float8, expected_accuracy float8, nannyml_auc float8, nannyml_accuracy float8);
\copy recorded FROM 'test/stats/fixtures/performance_german.tsv' (FORMAT csv, DELIMITER E'\t', HEADER)

-- Recorded figures are of XGBoost's probabilities, which differ from ours by
-- one float32 step at most.
CREATE FUNCTION pg_temp.agree(ours float8, theirs float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean
LANGUAGE sql RETURN coalesce(abs(ours - theirs) <= tolerance, false);
CREATE TEMP TABLE measured AS
SELECT split, e.* FROM recorded, credit.evaluate('german', (split || '_sample')::regclass, 'defaulted') AS e;
SELECT split, m.n = r.n AND m.bads = r.bads AS counts, pg_temp.agree(m.bad_rate, r.bad_rate) AS bad_rate, pg_temp.agree(m.auc, r.auc) AS auc,
	pg_temp.agree(m.gini, 2 * r.auc - 1) AS gini, pg_temp.agree(m.ks, r.ks) AS ks, pg_temp.agree(m.accuracy, r.accuracy) AS accuracy,
	pg_temp.agree(m.mean_pd, r.mean_pd, 1e-7) AS mean_pd, pg_temp.agree(m.brier, r.brier, 1e-7) AS brier,
	pg_temp.agree(m.log_loss, r.log_loss, 1e-7) AS log_loss, pg_temp.agree(m.calibration_error, r.calibration_error, 1e-7) AS calibration_error
FROM measured AS m JOIN recorded AS r USING (split);
-- The model card, to its four digits; of the test rows each has an interval.
SELECT split, figure, round(ours::numeric, 4) = theirs AS as_on_card
FROM measured, LATERAL (VALUES ('auc', auc), ('gini', gini), ('ks', ks), ('brier', brier), ('log_loss', log_loss)) AS f (figure, ours),
	LATERAL (SELECT :'card'::jsonb -> split -> figure AS card) AS c,
	LATERAL (SELECT (CASE jsonb_typeof(card) WHEN 'object' THEN card -> 'value' ELSE card END)::numeric AS theirs) AS t
ORDER BY split, figure;
SELECT split, e.threshold, pg_temp.agree(e.accuracy, r.accuracy_02) AS accuracy, e.auc = m.auc AS same_auc
FROM recorded AS r JOIN measured AS m USING (split), credit.evaluate('german', (split || '_sample')::regclass, 'defaulted', 0.2) AS e;

-- One scan for all segments gives each as evaluate() does; and what was to be
-- expected of them, had nobody known an outcome.
SELECT credit.call_expression('credit_pd', credit.find_version('german')) AS pd, credit.label_expression('labelled', 'defaulted') AS defaulted;
SELECT format('SELECT c.split AS segment, %s AS pd, %s AS defaulted FROM public.labelled AS c',
	credit.call_expression('credit_pd', credit.find_version('german')), credit.label_expression('labelled', 'defaulted')) AS scored \gset
SELECT segment, unlabelled, to_jsonb(s.performance) = to_jsonb(m) - 'split' AS same
FROM credit.measure_performance(:'scored') AS s JOIN measured AS m ON m.split = s.segment;
SELECT segment, pg_temp.agree((performance).auc, expected_auc, 1e-7) AS auc, pg_temp.agree((performance).ks, expected_ks, 1e-7) AS ks,
	pg_temp.agree((performance).accuracy, expected_accuracy, 1e-7) AS accuracy, pg_temp.agree((performance).log_loss, expected_log_loss, 1e-7) AS log_loss
FROM credit.measure_performance(:'scored', expected => true) JOIN recorded ON split = segment;
-- The rows are scored 64 at a time, by the columns that the model reads.
SET credit.batch = on;
EXPLAIN (COSTS OFF) SELECT s.pd, count(*) FROM (SELECT credit.pd_row(c.*, 'german@1') AS pd FROM german_credit AS c) AS s GROUP BY 1;
-- Parallel workers, and batches switched off, give the same bits.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SET credit.batch = off;
SELECT segment, to_jsonb(s.performance) = to_jsonb(m) - 'split' AS same
FROM credit.measure_performance(:'scored') AS s JOIN measured AS m ON m.split = s.segment;
RESET ALL;

-- -------- labels --------

SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{income}', '{q}', pg_temp.stump(0, 500, 1, -1), pg_temp.stump(0, 800, 0.5, -0.5))));
SELECT credit.import_model('m', artifact, options || '{"positive_class": "good"}') FROM credit.model_version WHERE model_version_id = credit.find_version('m@1');
SELECT to_version FROM credit.promote('m', 1);
CREATE DOMAIN outcome AS boolean;
CREATE TABLE loan AS
SELECT i * 37 % 1000 AS income, known AS "Known bad", known::int AS whole, known::int::smallint AS small, known::int::bigint AS big,
	known::int::numeric(3, 1) AS exact, known::int::real AS single, known::int::float8 AS double, known::outcome AS domain,
	i % 3 AS three, known::text AS word, NULL::boolean AS unknown, 'NaN'::float8 AS nan
FROM generate_series(1, 300) AS i, LATERAL (SELECT CASE WHEN i % 10 > 0 THEN i * i % 7 = 1 OR i * 37 % 1000 < 100 END AS known) AS k;
SELECT label, e = credit.evaluate('m', 'loan', 'Known bad') AS same, n, bads
FROM unnest(ARRAY['whole', 'small', 'big', 'exact', 'single', 'double', 'domain']) AS label, credit.evaluate('m', 'loan', label) AS e;
-- What has no label is not scored: it may have values that the model does not know.
CREATE VIEW some_infinite AS SELECT CASE WHEN whole IS NULL THEN 'Infinity' ELSE income::float8 END AS income, whole FROM loan;
SELECT credit_pd(s, 'm') FROM some_infinite AS s;
SELECT e = credit.evaluate('m', 'loan', 'whole') AS same FROM credit.evaluate('m', 'some_infinite', 'whole') AS e;
-- 1 less the probability of default turns the order round.
SELECT pg_temp.agree(bad.auc, 1 - good.auc) AS auc, pg_temp.agree(bad.mean_pd, 1 - good.mean_pd, 1e-7) AS mean_pd, bad.auc > 0.5 AS better
FROM credit.evaluate('m@1', 'loan', 'Known bad') AS bad, credit.evaluate('m@2', 'loan', 'Known bad') AS good;
-- One class only, one row only.
CREATE VIEW all_good AS SELECT income, false AS defaulted FROM loan;
CREATE VIEW one_bad AS SELECT 900 AS income, 1 AS defaulted;
SELECT n, bads, bad_rate, auc, gini, ks, brier > 0 AS brier, accuracy > 0 AS accuracy FROM credit.evaluate('m', 'all_good', 'defaulted');
SELECT n, bads, auc, ks, accuracy, pg_temp.agree(brier, (1 - mean_pd) ^ 2) AS brier, pg_temp.agree(log_loss, -ln(mean_pd)) AS log_loss,
	pg_temp.agree(calibration_error, 1 - mean_pd) AS calibration_error FROM credit.evaluate('m', 'one_bad', 'defaulted');

-- -------- what is refused --------

SELECT credit.evaluate('m', 'loan', 'known bad');
SELECT credit.evaluate('m', 'loan', 'word');
SELECT credit.evaluate('m', 'loan', 'three');
SELECT credit.evaluate('m', 'loan', 'nan');
SELECT credit.evaluate('m', 'loan', 'unknown');
CREATE VIEW empty AS SELECT * FROM loan WHERE false;
SELECT credit.evaluate('m', 'empty', 'whole');
SELECT credit.evaluate('german', 'loan', 'whole');
SELECT credit.evaluate('none', 'loan', 'whole');
SELECT credit.evaluate('m', NULL, 'whole');
SELECT credit.evaluate('m', 'loan', NULL);
SELECT credit.evaluate('m', 'loan', 'whole', NULL);
SELECT credit.evaluate('m', 'loan', 'whole', 1.5);
SELECT credit.evaluate('m', 'loan', 'whole', 'NaN');
SELECT credit.evaluate(NULL, 'loan', 'whole');
SELECT credit.measure_performance(NULL);
SELECT credit.measure_performance('SELECT NULL AS segment, 0.5::float8 AS pd, true AS defaulted', NULL);
SELECT pg_temp.failure(format('SELECT credit.measure_performance(%L)', 'SELECT NULL AS segment, ' || pd || '::float8 AS pd, true AS defaulted'))
FROM unnest(ARRAY['NULL', '''NaN''', '1.0000001', '-1e-300', '''-infinity''']) AS pd;

-- Segments without a name and without a label; a query without rows.
SELECT segment, unlabelled, (performance).n, (performance).bads, (performance).auc
FROM credit.measure_performance($$SELECT * FROM (VALUES ('a', 0.1::float8, false), ('a', 0.2, NULL), (NULL, 0.3, true), (NULL, 0.2, false), ('b', 0.5, NULL)) AS v (segment, pd, defaulted) -- and no more$$);
SELECT count(*) FROM credit.measure_performance('SELECT NULL AS segment, 0.5::float8 AS pd, true AS defaulted WHERE false');

-- -------- validation figures --------

SELECT credit.validation_of(credit.find_version('german')) IS NULL AS none_yet;
SELECT metric_id, source, label, recorded_by = CURRENT_USER AS mine, (performance).n,
	to_jsonb(performance) = (SELECT to_jsonb(m) - 'split' FROM measured AS m WHERE split = 'test') AS as_evaluated
FROM credit.set_validation('german', 'test_sample', 'defaulted');
SELECT metric_id, source, (performance).threshold FROM credit.set_validation('german', 'validation_sample', 'defaulted', 0.2);
SELECT label FROM credit.set_validation('m', 'loan', 'Known bad');
SELECT metric_id, m.name, v.version, source, label, (performance).n FROM credit.metric JOIN credit.model_version AS v USING (model_version_id)
JOIN credit.model AS m USING (model_id) ORDER BY metric_id;
SELECT credit.validation_of(credit.find_version('german')) = performance AS newest FROM credit.metric WHERE metric_id = 2;
SELECT credit.validation_of(credit.find_version('m@2')) IS NULL AS other_version;
SELECT credit.set_validation('german', 'loan', 'whole');
SELECT count(*) FROM credit.metric;
BEGIN READ ONLY;
SELECT n FROM credit.evaluate('german', 'validation_sample', 'defaulted');
SELECT (credit.validation_of(credit.find_version('german'))).n;
SELECT credit.set_validation('german', 'validation_sample', 'defaulted');
ROLLBACK;

-- -------- rights --------

CREATE ROLE regress_credit_evaluator;
SELECT credit.grant_access('regress_credit_evaluator', 'monitor');
ALTER TABLE loan ENABLE ROW LEVEL SECURITY;
CREATE POLICY poor ON loan USING (income < 500);
SET ROLE regress_credit_evaluator;
SELECT credit.evaluate('m', 'loan', 'whole');
RESET ROLE;
GRANT SELECT ON loan TO regress_credit_evaluator;
SELECT count(whole) AS of_some FROM loan WHERE income < 500;
SET ROLE regress_credit_evaluator;
SELECT n FROM credit.evaluate('m', 'loan', 'whole');
SELECT credit.set_validation('m', 'loan', 'whole');
INSERT INTO credit.metric SELECT * FROM credit.metric;
RESET ROLE;
SELECT credit.grant_access('regress_credit_evaluator', 'admin');
SET ROLE regress_credit_evaluator;
SELECT (performance).n, recorded_by FROM credit.set_validation('m', 'loan', 'whole');
SELECT credit.set_validation('german', 'validation_sample', 'defaulted');
RESET ROLE;
SELECT credit.revoke_access('regress_credit_evaluator');

DROP VIEW labelled, train_sample, validation_sample, test_sample, all_good, one_bad, empty, some_infinite;
DROP TABLE german_credit, expected, recorded, loan;
DROP DOMAIN outcome;
DROP ROLE regress_credit_evaluator;
