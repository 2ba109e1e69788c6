-- What a monitor finds in its windows is what drift_report() and
-- credit.evaluate() say of the same rows, judged by its rules; each window is
-- done once; alerts live as long as what they tell of.
\i sql/include/tiny_models.psql
SET timezone = 'UTC';
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{income,city,age,unused}', '{q,c,q,q}',
	pg_temp.stump(0, 500, 1, -1), pg_temp.category_stump(1, '{1}', 0.5, -0.5), pg_temp.stump(2, 40, 0.1, 0))),
	'{"categories": {"city": ["x", "y", "z"]}}');
SELECT to_version FROM credit.promote('m', 1);

-- What a model sees at the end of the day that is so many days ago: as in
-- training, or with features that moved.
CREATE FUNCTION applicants(days_ago integer, moved text[], n integer DEFAULT 1000)
RETURNS TABLE (arrived_at timestamptz, income float8, city text, age integer, unused integer, region text, defaulted boolean)
LANGUAGE sql STABLE AS $$
	SELECT date_trunc('day', now()) - make_interval(days => days_ago) + make_interval(secs => i * 86399.0 / n),
		i * 7919 % 1000 * CASE WHEN 'income' = ANY (moved) THEN 0.5 ELSE 1 END,
		(ARRAY['x', 'y', 'z'])[1 + CASE WHEN 'city' = ANY (moved) THEN i % 10 / 9 ELSE i % 3 END],
		20 + i * 31 % 47 + CASE WHEN 'age' = ANY (moved) THEN 20 ELSE 0 END, i,
		(ARRAY['north', 'south', NULL])[1 + i / 3 % 3],
		CASE WHEN i % 5 > 0 THEN (i * 7919 % 1000 < 500) <> (i % 7 = 0 OR 'outcome' = ANY (moved) AND i % 3 = 0) END
	FROM generate_series(1, n) AS i
$$;
CREATE TABLE training AS SELECT * FROM applicants(100, '{}');
CREATE TABLE arriving AS
SELECT * FROM applicants(5, '{}') UNION ALL SELECT * FROM applicants(4, '{income}')
UNION ALL SELECT * FROM applicants(3, '{income,city,age}') UNION ALL SELECT * FROM applicants(2, '{income,city,age}', 20)
UNION ALL SELECT * FROM applicants(1, '{}');

-- A model without a baseline cannot be watched.
SELECT credit.create_monitor('daily', 'arriving', 'm', 'arrived_at', '1 day');
SELECT credit.set_drift_baseline('m', 'training');

SELECT name, model, source, time_column, period, next_at = date_trunc('day', now()) AS begins_today, options = credit.monitor_defaults() AS defaults
FROM credit.create_monitor('daily', 'arriving', time_column => 'arrived_at', "window" => '1 day');
SELECT count(*) FROM credit.run_monitor('daily');
SELECT next_at = date_trunc('day', now()) - interval '5 days' AS began FROM credit.arm_monitor('daily', now() - interval '5 days');
SELECT name, options -> 'retrain' AS retrain, options -> 'features' AS features
FROM credit.change_monitor('daily', '{"retrain": true, "features": {"income": {"weight": 2}, "age": {"weight": 0.8, "method": "wasserstein"}, "city": {"weight": 1}}}');
SELECT status, due_windows, oldest_due_at = date_trunc('day', now()) - interval '4 days' AS oldest, detail FROM credit.health();

-- Two windows, then the rest, then nothing.
CREATE VIEW run AS
SELECT date_trunc('day', now()) - r.from_at AS days_ago, r.to_at - r.from_at AS length, r.n, round(r.score::numeric, 3) AS score, r.severity, r.error
FROM credit.drift_run AS r ORDER BY r.drift_run_id;
SELECT count(*) FROM credit.run_monitor('daily', 2);
SELECT count(*) FROM credit.run_due_monitors();
SELECT count(*) FROM credit.run_due_monitors();
SELECT * FROM run;
SELECT s.n, s.features, s.drifted, round(s.score::numeric, 3) AS score, s.drift_severity, round(s.score_psi::numeric, 2) AS score_psi, s.score_severity
FROM credit.drift_summary AS s ORDER BY s.drift_run_id;
SELECT r.drift_run_id - min(r.drift_run_id) OVER () AS run, r.feature, r.method, r.weight, r.effect_size_threshold AS threshold,
	round(r.effect_size::numeric, 2) AS effect, r.adjusted_p_value IS NOT NULL AS tested, r.drifted
FROM credit.drift_result AS r ORDER BY r.drift_run_id, r.feature;

-- The figures are those of a report on the same rows.
CREATE TABLE one_day AS SELECT * FROM applicants(3, '{income,city,age}');
SELECT count(*) AS figures, count(*) FILTER (WHERE r.figure IS NOT DISTINCT FROM f) AS equal
FROM credit.drift_result AS r JOIN credit.drift_run AS u USING (drift_run_id)
JOIN drift_report('one_day', 'm') AS f ON f.feature = r.feature
WHERE u.from_at = date_trunc('day', now()) - interval '3 days';

-- One alert for each condition, gone when it is gone.
SELECT a.kind, a.severity, a.message, a.times_seen, a.last_run_id - a.first_run_id AS runs_later, a.resolved_at IS NOT NULL AS resolved
FROM credit.alert AS a ORDER BY a.alert_id;
SELECT m.name, q.drift_run_id = (SELECT drift_run_id FROM credit.drift_run WHERE severity = 'critical') AS by_the_critical_run, q.taken_at
FROM credit.retraining_request AS q JOIN credit.model AS m USING (model_id);
SELECT status, due_windows, last_severity, open_alerts FROM credit.health();

-- Nothing is judged again.
UPDATE credit.drift_run SET severity = 'ok';
DELETE FROM credit.drift_result;
TRUNCATE credit.drift_summary CASCADE;
DELETE FROM credit.alert;
DELETE FROM credit.monitor;

-- -------- segments --------

SELECT name FROM credit.create_monitor('regional', 'arriving', 'm', 'arrived_at', '1 day', '{"segment": "region", "min_rows": 300}');
SELECT name FROM credit.arm_monitor('regional', now() - interval '4 days');
SELECT n, round(score::numeric, 3) AS score, severity FROM credit.run_monitor('regional', 1);
SELECT s.segment, s.n, s.drifted, round(s.score::numeric, 3) AS score, s.drift_severity
FROM credit.drift_summary AS s JOIN credit.drift_run AS r USING (drift_run_id) JOIN credit.monitor AS m USING (monitor_id)
WHERE m.name = 'regional' ORDER BY s.segment;
CREATE VIEW south AS SELECT * FROM applicants(4, '{income}') WHERE region = 'south';
SELECT r.feature, ((r.figure).n_current, (r.figure).ks, (r.figure).psi) IS NOT DISTINCT FROM (f.n_current, f.ks, f.psi) AS counts,
	abs((r.figure).chi2 - f.chi2) <= 1e-12 * f.chi2 AS chi2, abs((r.figure).mean_difference - f.mean_difference) < 1e-12 AS mean
FROM credit.drift_result AS r JOIN drift_report('south', 'm') AS f ON f.feature = r.feature WHERE r.segment = 'south' ORDER BY 1;

-- -------- performance --------

SELECT round((performance).auc::numeric, 3) AS auc FROM credit.set_validation('m', 'training', 'defaulted');
CREATE TABLE repaid AS SELECT * FROM applicants(2, '{}') UNION ALL SELECT * FROM applicants(1, '{outcome}');
SELECT name FROM credit.create_monitor('outcomes', 'repaid', 'm', 'arrived_at', '1 day', '{"label": "defaulted"}');
SELECT name FROM credit.arm_monitor('outcomes', now() - interval '2 days');
SELECT n, score, severity FROM credit.run_monitor('outcomes');
SELECT s.outcomes, s.expected IS NULL AS nothing_to_estimate, round(s.loss::numeric, 3) AS loss, s.performance_severity,
	s.performance = credit.evaluate('m', 'repaid', 'defaulted') AS of_all,
	round((s.performance).auc::numeric, 3) AS auc, round((s.validation).auc::numeric, 3) AS validated
FROM credit.drift_summary AS s JOIN credit.drift_run AS r USING (drift_run_id) JOIN credit.monitor AS m USING (monitor_id)
WHERE m.name = 'outcomes' ORDER BY s.drift_run_id;
CREATE VIEW repaid_last AS SELECT * FROM repaid WHERE arrived_at >= date_trunc('day', now()) - interval '1 day';
SELECT s.performance = credit.evaluate('m', 'repaid_last', 'defaulted') AS equal
FROM credit.drift_summary AS s ORDER BY s.drift_run_id DESC LIMIT 1;
SELECT kind, severity, message FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id) WHERE m.name = 'outcomes';

-- Outcomes come later; until then there is an estimate.
SELECT options -> 'maturity' AS maturity FROM credit.change_monitor('outcomes', '{"maturity": "1 day"}');
SELECT name FROM credit.create_monitor('later', 'repaid', 'm', 'arrived_at', '1 day', '{"label": "defaulted", "maturity": "1 day"}');
SELECT name FROM credit.arm_monitor('later', now() - interval '2 days');
SELECT n FROM credit.run_monitor('later');
SELECT s.outcomes, (s.performance).n, (s.expected).n AS estimated, (s.expected).auc IS NOT NULL AS expected_auc, round(s.loss::numeric, 3) AS loss
FROM credit.drift_summary AS s JOIN credit.drift_run AS r USING (drift_run_id) JOIN credit.monitor AS m USING (monitor_id)
WHERE m.name = 'later' ORDER BY s.drift_run_id;

-- What is no longer measured is no longer an alert.
SELECT options -> 'label' AS label FROM credit.change_monitor('outcomes', '{"label": null}');
SELECT kind, severity, resolved_at IS NOT NULL AS resolved FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id) WHERE m.name = 'outcomes';

-- -------- without windows --------

SELECT period IS NULL AS no_windows FROM credit.create_monitor('whole', 'one_day', 'm@1');
SELECT from_at, n, severity FROM credit.run_monitor('whole');
SELECT n FROM credit.run_monitor('whole');
SELECT count(*) FROM credit.run_due_monitors();

-- -------- failure --------

ALTER TABLE one_day DROP COLUMN income;
SELECT n, score, severity, error FROM credit.run_monitor('whole');
SELECT kind, severity, message, resolved_at FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id)
WHERE m.name = 'whole' AND kind = 'failure';
ALTER TABLE one_day ADD COLUMN income float8;
SELECT n, severity, error FROM credit.run_monitor('whole');
SELECT kind, resolved_at IS NOT NULL AS resolved FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id)
WHERE m.name = 'whole' AND kind = 'failure';
-- All of a column that is gone is missing, which is drift too.
SELECT r.feature, (r.figure).n_current, (r.figure).missing_current, r.drifted
FROM credit.drift_result AS r WHERE r.drift_run_id = (SELECT max(drift_run_id) FROM credit.drift_run) AND r.feature = 'income';

-- -------- armed or not, and dropped --------

SELECT armed_on FROM credit.disarm_monitor('whole');
SELECT * FROM credit.run_monitor('whole');
SELECT status, detail FROM credit.health() WHERE monitor = 'whole';
SELECT credit.drop_monitor('whole');
SELECT * FROM credit.run_monitor('whole');
SELECT count(*) FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id) WHERE m.name = 'whole' AND a.resolved_at IS NULL;
SELECT name FROM credit.create_monitor('whole', 'arriving', 'm');

DROP VIEW run, south, repaid_last;
DROP TABLE training, arriving, one_day, repaid;
DROP FUNCTION applicants;
