-- Every statistic of drift_report() equals what scipy says of the same rows:
-- test/stats/record.py makes these tables too.
CREATE TABLE reference AS
SELECT CASE WHEN i % 10 <> 0 THEN (i * 7919 % 1009) / 8.0::float8 END AS amount,
	(i * i % 67)::smallint AS age, (i * 104729::bigint % 10007) / 7.0::float8 AS steady, i % 50 AS same,
	'c' || i * i % 5 AS city, i % 3 = 0 AS flag
FROM generate_series(1, 2000) AS i;
CREATE TABLE current AS
SELECT CASE WHEN j % 60 = 1 THEN 'NaN' WHEN j % 6 <> 0 THEN (j * 7907 % 1103) / 8.0::float8 + 0.25 END AS amount,
	(j * j % 71)::smallint AS age, (j * 104723::bigint % 10007) / 7.0::float8 AS steady, j % 50 AS same,
	'c' || j::bigint * j * j % 7 AS city, j % 4 = 0 AS flag
FROM generate_series(1, 3000) AS j;

CREATE TEMP TABLE scipy (feature text, ks float8, ks_p_value float8, wasserstein float8, mean_difference float8,
	mean_p_value float8, reference_sd float8, chi2 float8, chi2_df float8, chi2_p_value float8, psi float8, js float8,
	missing_p_value float8);
\copy scipy FROM 'test/stats/fixtures/suite.tsv' (FORMAT csv, DELIMITER E'\t', HEADER)

CREATE TEMP TABLE report AS SELECT * FROM drift_report('current', reference => 'reference');
SELECT feature, categorical, n_reference, n_current, missing_reference, round(missing_current::numeric, 4) AS missing_current,
	round(ks::numeric, 4) AS ks, round(detectable_shift::numeric, 4) AS detectable_shift, round(chi2::numeric, 2) AS chi2,
	chi2_df, round(cramer_v::numeric, 4) AS cramer_v, round(psi::numeric, 4) AS psi, round(js::numeric, 4) AS js
FROM report;

-- Figures that are not as scipy's; NULL where both have none.
CREATE FUNCTION pg_temp.differs(ours float8, theirs float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean AS $$
	SELECT coalesce(abs(ours - theirs) > tolerance * abs(theirs) + 1e-12, (ours IS NULL) <> (theirs IS NULL))
$$ LANGUAGE sql;

SELECT feature, figure, ours, theirs
FROM report AS r JOIN scipy AS s USING (feature),
	LATERAL (VALUES ('ks', r.ks, s.ks), ('ks_p_value', r.ks_p_value, s.ks_p_value),
		('mean_difference', r.mean_difference, s.mean_difference), ('mean_p_value', r.mean_p_value, s.mean_p_value),
		('reference_sd', r.reference_sd, s.reference_sd), ('chi2', r.chi2, s.chi2), ('chi2_df', r.chi2_df, s.chi2_df),
		('chi2_p_value', r.chi2_p_value, s.chi2_p_value), ('psi', r.psi, s.psi),
		('missing_p_value', r.missing_p_value, s.missing_p_value)) AS f (figure, ours, theirs)
WHERE pg_temp.differs(ours, theirs)
UNION ALL
SELECT feature, 'js', r.js, s.js FROM report AS r JOIN scipy AS s USING (feature)
WHERE pg_temp.differs(r.js, s.js) AND abs(r.js - s.js) > 2e-8;

-- Wasserstein's distance lies within its bounds, which are close.
SELECT feature, wasserstein_lower - 1e-9 <= wasserstein AND wasserstein <= wasserstein_upper + 1e-9 AS within,
	wasserstein_upper - wasserstein_lower < 0.02 * r.reference_sd AS close, wasserstein_upper = wasserstein_lower AS exact
FROM report AS r JOIN scipy USING (feature) WHERE wasserstein IS NOT NULL;

-- The functions of one column say the same.
SELECT feature, ks.statistic = r.ks AND ks.p_value = r.ks_p_value AND ks.effect_size = r.ks
		AND ks.drifted = (r.ks_p_value <= 0.05) AND ks.uncertainty = 0 AS ks,
	w.statistic = (r.wasserstein_lower + r.wasserstein_upper) / 2
		AND w.uncertainty = (r.wasserstein_upper - r.wasserstein_lower) / 2
		AND w.effect_size = w.statistic / r.reference_sd AND w.p_value IS NULL AS wasserstein
FROM report AS r, drift_ks('current', feature::name, 'reference') AS ks,
	drift_wasserstein('current', feature::name, 'reference') AS w
WHERE NOT categorical;
SELECT feature, chi2.statistic = r.chi2 AND chi2.p_value = r.chi2_p_value AND chi2.effect_size = r.cramer_v
		AND chi2.drifted = (r.chi2_p_value < 0.05) AS chi2,
	psi.statistic = r.psi AND psi.drifted = (r.psi >= 0.25) AND psi.p_value IS NULL AS psi,
	js.statistic = r.js AND js.drifted = (r.js >= 0.1) AS js,
	chi2.n_reference = r.n_reference AND chi2.n_current = r.n_current AND chi2.missing_current = r.missing_current AS samples
FROM report AS r, drift_chi2('current', feature::name, 'reference') AS chi2,
	drift_psi('current', feature::name, 'reference') AS psi, drift_js('current', feature::name, 'reference') AS js;

DROP TABLE reference, current;
