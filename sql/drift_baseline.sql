-- The stored baseline of a version: every distinct value, or quantiles with a
-- resolution that is reported and holds; the largest categories; the score.
-- Reports against it need no second relation, in read-only transactions too.
\i sql/include/tiny_models.psql
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{income,city,unused,street}', '{q,c,q,c}',
	pg_temp.stump(0, 500, 1, -1), pg_temp.category_stump(1, '{1}', 0.5, -0.5), pg_temp.category_stump(3, '{0}', 0.1, 0))),
	'{"categories": {"city": ["x", "y"], "street": ["s1", "s2"]}, "on_unseen_category": "missing"}');
SELECT to_version FROM credit.promote('m', 1);
CREATE TABLE training AS
SELECT i, CASE WHEN i % 50 > 0 THEN (i * 7919 % 30011) / 30.0::float8 END AS income, (ARRAY['x', 'y'])[1 + i % 2] AS city,
	0 AS unused, 's' || i % 1200 AS street
FROM generate_series(1, 30000) AS i;
INSERT INTO training SELECT i, income, city, unused, 's1' FROM training WHERE i <= 50;
CREATE VIEW later AS
SELECT i, income * 1.1 AS income, CASE WHEN i % 10 = 0 THEN 'z' ELSE city END AS city, unused, street FROM training WHERE i % 3 = 0;

-- There is none yet.
SELECT drift_report('later');
SELECT drift_ks('later', 'income', NULL, 'm@1');

SELECT credit.set_drift_baseline('m', 'training');
SELECT position, feature, categorical, n, missing, resolution > 0 AS rounded,
	cardinality(keys) AS keys, cardinality(labels) AS labels, cardinality(counts) AS counts,
	source, recorded_by = CURRENT_USER AS mine
FROM credit.drift_baseline ORDER BY position;

-- The whole reference gives the true distance; quantiles come as near as they say.
CREATE TEMP TABLE truth AS SELECT * FROM drift_report('later', 'm', 'training');
CREATE TEMP TABLE report AS SELECT * FROM drift_report('later', 'm');
SELECT feature, abs(r.ks - t.ks) <= r.ks_resolution AS held, r.ks_resolution < 2.0 / 10000 AS fine, t.ks_resolution AS exact,
	r.wasserstein_lower <= t.wasserstein_upper AND t.wasserstein_lower <= r.wasserstein_upper AS distance,
	r.mean_difference = t.mean_difference AS mean, abs(r.psi - t.psi) < 0.001 AS psi
FROM report AS r JOIN truth AS t USING (feature) WHERE NOT r.categorical;
SELECT feature, n_reference, n_current, chi2_df, cramer_v > 0.1 AS moved FROM report WHERE categorical;
SELECT credit.set_drift_baseline('m', 'training', 100, false);
SELECT feature, abs(r.ks - t.ks) <= r.ks_resolution AS held, round(r.ks_resolution::numeric, 3) AS resolution,
	r.wasserstein_lower <= t.wasserstein_upper AND t.wasserstein_lower <= r.wasserstein_upper AS distance
FROM drift_report('later') AS r JOIN truth AS t USING (feature) WHERE NOT r.categorical;
SELECT count(*), max(position) FROM credit.drift_baseline;

-- Many rows of one value do not make the resolution coarse.
CREATE TEMP TABLE zeros AS SELECT CASE WHEN i % 3 = 0 THEN 0 ELSE i * 7919 % 30011 END AS x FROM generate_series(1, 30000) AS i;
SELECT round(resolution::numeric, 4) AS resolution, cardinality(keys) <= 100 AS small, counts[1] >= 10000 AS zeros,
	n = (SELECT sum(c) FROM unnest(counts) AS c) AS whole
FROM credit.drift_reference_of('zeros', 'x', 'c.x', false, 100);

-- A value with many rows is a key of its own wherever it lies, and a sample
-- against itself does not drift, however few keys were kept of it.
CREATE TABLE heaped AS SELECT CASE WHEN i % 10 = 0 THEN 5000.0 ELSE exp(9 * sin(i)) END::float8 AS income,
	(ARRAY['x', 'y'])[1 + i % 2] AS city, 0 AS unused, 's1' AS street FROM generate_series(1, 20000) AS i;
SELECT size, resolution < 1.0 / (size - 1) AS fine, 5000.0 = ANY (keys) AS heap, cardinality(keys) <= size AS small
FROM unnest(ARRAY[10, 100, 1000, 10000]) AS size, credit.drift_reference_of('heaped', 'income', 'c.income', false, size);
DO $$
DECLARE
	size integer;
	found record;
BEGIN
	FOREACH size IN ARRAY ARRAY[10, 100, 1000, 10000] LOOP
		PERFORM credit.set_drift_baseline('m', 'heaped', size, false);
		SELECT min(ks_p_value) AS p, max(psi) AS psi, max(cramer_v) AS v, (drift_ks('heaped', 'income')).* INTO found FROM drift_report('heaped');
		RAISE NOTICE '% keys: p at least 0.5: %, PSI %, V %, drifted %, effect %', size, found.p >= 0.5, found.psi, found.v, found.drifted, round(found.effect_size::numeric, 6);
	END LOOP;
END
$$;
DROP TABLE heaped;
SELECT credit.set_drift_baseline('m', 'training', 100, false);

-- The largest categories and the others, which a rare one is among.
SELECT round(resolution::numeric, 3) AS lost_share, cardinality(labels) AS kept, labels @> '{(other),s1}' AS has,
	n - (SELECT sum(c) FROM unnest(counts) AS c) AS lost
FROM credit.drift_baseline WHERE feature = 'street';
SELECT credit.set_drift_baseline('m', 'training');
SELECT cardinality(labels) AS kept, counts[array_position(labels, '(other)')] AS other
FROM credit.drift_baseline WHERE feature = 'street';
CREATE TEMP TABLE rare AS SELECT 1.0 AS income, 'x' AS city, 0 AS unused, 'never seen' AS street FROM generate_series(1, 100);
SELECT round(statistic::numeric, 1) AS chi2, drifted FROM drift_chi2('rare', 'street');
SELECT statistic > 600 AS chi2, drifted FROM drift_chi2('later', 'city');

-- The score drifts with its features: it is what the version gives each row.
SELECT n_reference, n_current, abs(r.ks - o.ks) < 1e-12 AS ks
FROM report AS r, (
	SELECT max(abs(f)) AS ks FROM (
		SELECT sum(sum(part)) OVER (ORDER BY score) AS f FROM (
			SELECT credit_score(t) AS score, -1.0::float8 / 30050 AS part FROM training AS t
			UNION ALL SELECT credit_score(l), 1.0::float8 / 10016 FROM later AS l) AS s
		GROUP BY score) AS d) AS o
WHERE feature = '(score)';
SELECT statistic > 0 AS moved, n_reference FROM drift_psi('later', '(score)');

-- Parallel workers count against the stored baseline, and score.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT count(*), bool_and(p.n_current = r.n_current AND p.missing_current = r.missing_current AND p.psi = r.psi
	AND p.ks IS NOT DISTINCT FROM r.ks AND p.chi2 = r.chi2) AS equal
FROM drift_report('later', 'm') AS p JOIN report AS r USING (feature);
RESET ALL;

-- Reading only; the baseline belongs to the version.
BEGIN READ ONLY;
SELECT count(*) FROM drift_report('later');
SELECT drifted FROM drift_ks('later', 'income');
SELECT credit.set_drift_baseline('m', 'training');
ROLLBACK;
SELECT credit.import_model('m', artifact, options) FROM credit.model_version;
SELECT drift_report('later', 'm@2');
SELECT drift_report('later', 'none');
SELECT drift_ks('later', 'unused');
SELECT drift_ks('later', 'unused', 'training', 'm');

-- What is refused.
SELECT credit.set_drift_baseline('m', 'training', 9);
SELECT credit.set_drift_baseline('m', 'training', 1000001);
SELECT credit.set_drift_baseline('m', NULL);
SELECT credit.set_drift_baseline('m', 'training', NULL);
SELECT credit.set_drift_baseline('none', 'training');
SELECT credit.set_drift_baseline('m', 'pg_am');
ALTER TABLE training RENAME street TO "Street";
SELECT drift_report('training');
ALTER TABLE training RENAME "Street" TO street;

-- The level monitor is all that a report needs, admin all that storing needs.
CREATE ROLE regress_credit_reporter;
SELECT credit.grant_access('regress_credit_reporter', 'monitor');
GRANT SELECT ON later, training TO regress_credit_reporter;
SET ROLE regress_credit_reporter;
SELECT count(*) FROM drift_report('later');
SELECT count(*) FROM drift_report('later', 'm', 'training');
SELECT method FROM drift_ks('later', 'income');
SELECT credit.set_drift_baseline('m', 'training');
DELETE FROM credit.drift_baseline;
RESET ROLE;
SELECT credit.grant_access('regress_credit_reporter', 'admin');
SET ROLE regress_credit_reporter;
SELECT credit.set_drift_baseline('m', 'training');
RESET ROLE;
SELECT DISTINCT recorded_by FROM credit.drift_baseline;
SELECT credit.revoke_access('regress_credit_reporter');

-- More features than an aggregate has arguments: in parts of the baseline.
SELECT credit.import_model('wide', pg_temp.json(pg_temp.model(names, types, VARIADIC trees)))
FROM (SELECT array_agg('c' || i), array_agg('q'::text), array_agg(pg_temp.stump(i - 1, 10, 1, 0)) FROM generate_series(1, 100) AS i) AS m (names, types, trees);
DO $$ BEGIN
	EXECUTE 'CREATE TABLE wide AS SELECT ' || (SELECT string_agg(format('i * %s %% 101 AS c%s', k, k), ', ') FROM generate_series(1, 100) AS k)
		|| ' FROM generate_series(1, 60) AS i';
END $$;
CREATE VIEW narrow AS SELECT * FROM wide WHERE c1 < 20;
SELECT credit.set_drift_baseline('wide@1', 'wide', with_score => false);
SELECT count(*), count(DISTINCT s.ks) > 9 AS differ,
	bool_and((s.n_reference, s.n_current, s.ks, s.psi, s.js, s.wasserstein_upper) = (l.n_reference, l.n_current, l.ks, l.psi, l.js, l.wasserstein_upper)) AS equal
FROM drift_report('narrow', 'wide@1') AS s JOIN drift_report('narrow', reference => 'wide') AS l USING (feature);
SELECT count(*), bool_and(r.ks = k.statistic) AS as_alone
FROM drift_report('narrow', 'wide@1') AS r, drift_ks('narrow', feature, NULL, 'wide@1') AS k WHERE feature IN ('c1', 'c90', 'c91', 'c100');

DROP VIEW later, narrow;
DROP TABLE training, wide;
DROP ROLE regress_credit_reporter;
