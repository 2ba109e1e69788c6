-- Performance figures equal what scikit-learn, scipy and NannyML say of the
-- same rows: test/stats/record_performance.py makes the large cases too.
\i sql/include/empty_registry.psql
CREATE TABLE recorded (rows int, modulus int, pds float8[], labels int[], n bigint, bads bigint, bad_rate float8, mean_pd float8,
	auc float8, ks float8, brier float8, log_loss float8, accuracy float8, accuracy_02 float8, calibration_error float8,
	expected_auc float8, expected_ks float8, expected_brier float8, expected_log_loss float8, expected_accuracy float8,
	nannyml_auc float8, nannyml_accuracy float8, number int GENERATED ALWAYS AS IDENTITY);
\copy recorded (rows, modulus, pds, labels, n, bads, bad_rate, mean_pd, auc, ks, brier, log_loss, accuracy, accuracy_02, calibration_error, expected_auc, expected_ks, expected_brier, expected_log_loss, expected_accuracy, nannyml_auc, nannyml_accuracy) FROM 'test/stats/fixtures/performance.tsv' (FORMAT csv, DELIMITER E'\t', HEADER)
SELECT count(*) AS cases, count(auc) AS with_both_classes, max(n) AS largest FROM recorded;

-- Each case is a segment.
CREATE TABLE scored AS
SELECT number::text AS segment, pd, label = 1 AS defaulted FROM recorded, unnest(pds, labels) AS r (pd, label)
UNION ALL
SELECT number::text, i * 7919::bigint % modulus / modulus::float8,
	i * 104729::bigint % 10007 / 10007.0::float8 < i * 7919::bigint % modulus / modulus::float8
FROM recorded, generate_series(1, rows) AS i;
CREATE TEMP TABLE ours AS
SELECT m.segment::int AS number, m.unlabelled, (m.performance).*, (f.performance).accuracy AS accuracy_02,
	(e.performance).auc AS expected_auc, (e.performance).ks AS expected_ks, (e.performance).brier AS expected_brier,
	(e.performance).log_loss AS expected_log_loss, (e.performance).accuracy AS expected_accuracy,
	e.performance AS estimate
FROM credit.measure_performance('SELECT * FROM public.scored') AS m
JOIN credit.measure_performance('SELECT * FROM public.scored', threshold => 0.2) AS f USING (segment)
JOIN credit.measure_performance('SELECT * FROM public.scored', expected => true) AS e USING (segment);

-- Figures that are not as recorded; NULL where both have none.
SELECT figure, count(*) AS differ, max(abs(ours - theirs)) AS most
FROM ours AS o JOIN recorded AS r USING (number),
	LATERAL (VALUES ('n', o.n::float8, r.n::float8, 0), ('bads', o.bads, r.bads, 0), ('bad_rate', o.bad_rate, r.bad_rate, 1e-12),
		('mean_pd', o.mean_pd, r.mean_pd, 1e-12), ('auc', o.auc, r.auc, 1e-12), ('gini', o.gini, 2 * r.auc - 1, 1e-12),
		('ks', o.ks, r.ks, 1e-12), ('brier', o.brier, r.brier, 1e-12), ('log_loss', o.log_loss, r.log_loss, 1e-12),
		('accuracy', o.accuracy, r.accuracy, 1e-12), ('accuracy_02', o.accuracy_02, r.accuracy_02, 1e-12),
		('calibration_error', o.calibration_error, r.calibration_error, 1e-12),
		('expected_auc', o.expected_auc, r.expected_auc, 1e-12), ('expected_ks', o.expected_ks, r.expected_ks, 1e-12),
		('expected_brier', o.expected_brier, r.expected_brier, 1e-12), ('expected_log_loss', o.expected_log_loss, r.expected_log_loss, 1e-12),
		('expected_accuracy', o.expected_accuracy, r.expected_accuracy, 1e-12), ('nannyml_accuracy', o.expected_accuracy, r.nannyml_accuracy, 1e-12),
		('nannyml_auc', CASE WHEN r.nannyml_auc IS NOT NULL THEN o.expected_auc END, r.nannyml_auc, 2e-5)) AS f (figure, ours, theirs, tolerance)
WHERE coalesce(abs(ours - theirs) > tolerance, (ours IS NULL) <> (theirs IS NULL))
GROUP BY figure;
SELECT count(*) AS measured, sum(unlabelled) AS unlabelled, count(*) FILTER (WHERE threshold = 0.5) AS threshold,
	count(*) FILTER (WHERE (estimate).n = n AND (estimate).bads IS NULL AND (estimate).calibration_error IS NULL
		AND abs((estimate).bad_rate - mean_pd) < 1e-12) AS estimates
FROM ours;

DROP TABLE recorded, scored;
