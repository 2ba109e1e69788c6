-- Looking back: outcomes and their corrections, replays of decisions, and the
-- comparison of arms.
\i sql/include/tiny_models.psql
-- Margin -1 from 10 on, else 1; a label "b" adds 2.
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{x,c}', '{q,c}', pg_temp.stump(0, 10, 1, -1), pg_temp.category_stump(1, '{1}', 2, 0))),
	pg_temp.reasons('x', 'c') || '{"categories": {"c": ["a", "b"]}}') FROM generate_series(1, 2);
SELECT to_version FROM credit.promote('m', 1);
SELECT version FROM credit.set_policy('m', '{"measure": "points", "bands": [{"below": 487, "outcome": "decline", "grade": "Z"}, {"from": 487, "outcome": "approve"}]}');
SELECT decision_id, outcome, margin FROM (VALUES (1, 'anna', 5, 'a'), (2, 'anna', 15, 'a'), (3, 'bert', 15, NULL), (4, 'carl', 5, 'b')) AS v (i, subject, x, c),
	credit_decide(subject, jsonb_build_object('x', x, 'c', c)) ORDER BY i;

-- -------- outcomes --------
SELECT outcome_id, decision_id, defaulted, observed_at = now() AS now, recorded_by = CURRENT_USER AS by_me FROM credit.record_outcome(1, false);
SELECT outcome_id, decision_id, defaulted FROM credit.record_outcome(1, true, clock_timestamp());
-- By subject: the last decision but declines.
SELECT decision_id, defaulted FROM credit.record_outcome_for('anna', false, clock_timestamp());
SELECT decision_id, arm, version, outcome, defaulted FROM credit.scored_arm ORDER BY decision_id;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.failure('SELECT credit.record_outcome(4, true, now() - interval ''1 year'')') ~ '^22023: outcome of decision 4 is older than the decision';
SELECT pg_temp.failure('SELECT credit.record_outcome(99, true)');
SELECT pg_temp.failure('SELECT credit.record_outcome(NULL, true)');
SELECT pg_temp.failure('SELECT credit.record_outcome(1, NULL)');
SELECT pg_temp.failure('SELECT credit.record_outcome_for(NULL, true)');
SELECT pg_temp.failure('SELECT credit.record_outcome_for(''carl'', true)');
SELECT pg_temp.failure('SELECT credit.record_outcome_for(''nobody'', true)');
-- A driver that leaves types open means the decision.
PREPARE outcome AS SELECT decision_id FROM credit.record_outcome($1, false, clock_timestamp());
EXECUTE outcome('1');
DEALLOCATE outcome;
SELECT pg_temp.failure('SELECT credit.record_outcome(''anna'', true)');
\pset format aligned
\pset tuples_only off

-- -------- replay --------
SELECT d.decision_id, r.verdict, r.differs, r.outcome, r.grade, (r.margin, r.pd, r.score) = (d.margin, d.pd, d.score) AS equal,
	replace(r.detail, credit.code_version(), 'this') AS detail
FROM credit.decision AS d, credit.replay(d.decision_id) AS r ORDER BY 1;
-- By a split, under a later policy, by a version that has retired.
SELECT share FROM credit.split('m', '2', 0.5);
SELECT d.decision_id, d.arm, d.version FROM generate_series(1, 4) AS i, credit_decide('subject ' || i, '{"x": 5, "c": "a"}'::jsonb) AS d;
SELECT kind FROM credit.split('m', NULL);
SELECT version FROM credit.set_policy('m', '{"measure": "pd", "approve": 0.000001}');
SELECT credit.retire('m', 2);
SELECT d.decision_id, d.version, r.verdict FROM credit.decision AS d, credit.replay(d.decision_id) AS r WHERE d.decision_id > 4 ORDER BY 1;
SELECT outcome FROM credit_decide('pd', '{"x": 5, "c": "a"}'::jsonb);
SELECT (credit.replay(decision_id)).verdict FROM credit.decision WHERE subject = 'pd';
-- A version that had no reasons to give, and then one that had and has not any more.
SELECT credit.import_model('m', artifact, options || '{"reason_baseline": "barely_passing"}') FROM credit.model_version WHERE version = 1;
SELECT outcome, reasons FROM credit_decide('bare', '{"x": 5, "c": "a"}'::jsonb, 'm@3');
SELECT (credit.replay(decision_id)).verdict FROM credit.decision WHERE subject = 'bare';
CREATE TABLE passed AS SELECT 15 AS x, 'a' AS c;
SELECT credit.set_baseline('m@3', 'passed', 0, 1000);
SELECT outcome, jsonb_array_length(reasons) AS reasons FROM credit_decide('given', '{"x": 5, "c": "a"}'::jsonb, 'm@3');
SELECT (credit.replay(decision_id)).verdict FROM credit.decision WHERE subject IN ('bare', 'given') ORDER BY subject;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM credit.baseline_contribution;
SELECT r.verdict, r.detail FROM credit.decision AS d, credit.replay(d.decision_id) AS r WHERE subject = 'given';
ROLLBACK;
SELECT credit.replay(99);

-- What differs is named.
CREATE FUNCTION pg_temp.differs(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	SET LOCAL session_replication_role = replica;
	FOREACH statement IN ARRAY statements LOOP
		EXECUTE statement;
	END LOOP;
	RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = (SELECT verdict || '; ' || replace(detail, credit.code_version(), 'this') FROM credit.replay(5));
EXCEPTION WHEN raise_exception THEN
	RETURN SQLERRM;
END
$$;
-- Gives the altered row a hash that fits.
\set rehash '''UPDATE credit.decision AS d SET hash = credit.decision_hash(d) WHERE decision_id = 5'''
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.differs('UPDATE credit.decision SET subject = ''x'' WHERE decision_id = 5');
SELECT pg_temp.differs('UPDATE credit.decision SET arm = CASE arm WHEN ''champion'' THEN ''challenger'' ELSE ''champion'' END WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.routing SET salt = ''other'', share = CASE (SELECT arm FROM credit.decision WHERE decision_id = 5) WHEN ''champion'' THEN 1 ELSE 0 END WHERE challenger IS NOT NULL');
SELECT pg_temp.differs('UPDATE credit.decision SET score = 900, outcome = ''approve'', grade = NULL WHERE decision_id = 5');
SELECT pg_temp.differs('UPDATE credit.decision SET inputs = ''{11,0}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET inputs = ''{5}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET inputs = ''{5,0.5}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET inputs = ''{5,2}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET inputs = ''{5,-1}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET inputs = ''{Infinity,0}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET inputs = ''{5,NULL}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET labels = ''{NULL,b}'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET labels = NULL WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET code_version = ''0.0.9'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET code_version = ''0.0.9'', margin = margin + 0.1 WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET reasons = ''[]'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.decision SET reasons = ''"none"'' WHERE decision_id = 5', :rehash);
SELECT pg_temp.differs('UPDATE credit.feature SET reason_code = ''C'' WHERE name = ''x''');
SELECT pg_temp.differs('UPDATE credit.model_version SET image = substr(image, 2)');
SELECT pg_temp.differs(format('UPDATE credit.model_version SET image = credit.build_image(%L)', pg_temp.json(pg_temp.model('{x,c}', '{q,q}', pg_temp.leaf(3)))));
SELECT pg_temp.differs('UPDATE credit.policy SET bounds = ''{0}'' WHERE version = 1');
SELECT pg_temp.differs('UPDATE credit.policy SET grades = ''{Y,NULL}'' WHERE version = 1');
SELECT pg_temp.differs('DELETE FROM credit.policy WHERE version = 1');
SELECT pg_temp.differs('UPDATE credit.model_version SET version = 7 WHERE version IN (1, 2) AND version = (SELECT version FROM credit.decision WHERE decision_id = 5)');
SELECT pg_temp.failure('SELECT credit.image_score(''\x00'', ''{1}'')');
SELECT pg_temp.failure('SELECT credit.image_score(image, ''{{1,2}}'') FROM credit.model_version WHERE version = 1');
SELECT credit.image_score(image, '{NaN,NaN}') FROM credit.model_version WHERE version = 1;
\pset format aligned
\pset tuples_only off

-- -------- arms --------
-- Intervals: scipy.stats.binomtest(k, n).proportion_ci(method='wilson').
SELECT k, n, round(low::numeric, 12) AS low, round(high::numeric, 12) AS high
FROM (VALUES (0, 10), (1, 10), (7, 10), (10, 10), (300, 1000), (0, 0)) AS v (k, n), credit.wilson_interval(k, n);
-- Three versions with few distinct scores, so that many tie.  The figures below
-- are those of scikit-learn's roc_auc_score, of the package confidenceinterval
-- for DeLong's interval (in single precision, so to six places), of scipy for
-- Wilson's, over the arms that hashlib's SHA-256 gives.
SELECT credit.import_model('arms', pg_temp.json(pg_temp.model('{x}', '{q}', VARIADIC ARRAY(SELECT pg_temp.stump(0, t, 0, 1) FROM unnest(thresholds) AS t))), pg_temp.reasons('x'))
FROM (VALUES ('{5,10,15}'::int[]), ('{3,6,9,12,18}'), ('{8}')) AS v (thresholds);
SELECT to_version FROM credit.promote('arms', 1);
SELECT version FROM credit.set_policy('arms', '{"measure": "pd", "approve": 0.9}');
SELECT * FROM credit.compare_arms('arms');
SELECT count(*) FROM credit_decide('before the split', '{"x": 1}'::jsonb, 'arms');
SELECT share FROM credit.split('arms', '2', 0.4);
SELECT kind FROM credit.shadow('arms', '3');
SELECT arm, decisions, outcomes, bads, bad_rate, auc FROM credit.compare_arms('arms');
SELECT count(*) FROM generate_series(1, 400) AS i, credit_decide('subject ' || i, jsonb_build_object('x', i % 20), 'arms');
SELECT count(*) FROM credit_decide('named', '{"x": 1}'::jsonb, 'arms@3');
SELECT arm, decisions, approved, outcomes, auc FROM credit.compare_arms('arms');
-- One good and one bad: an area, but no interval.
SELECT count(*) FROM credit.decision AS d, credit.record_outcome(d.decision_id, subject = 'subject 1') WHERE model = 'arms' AND subject IN ('subject 1', 'subject 10');
SELECT arm, outcomes, bads, auc, auc_low, auc_high, gini FROM credit.compare_arms('arms');
-- The rest but every seventh; the first outcomes are corrected.
SELECT count(*) FROM (SELECT decision_id, split_part(subject, ' ', 2)::int AS i FROM credit.decision WHERE model = 'arms' AND subject ~ '^subject ' OFFSET 0) AS d,
	credit.record_outcome(d.decision_id, (i * i) % 23 < i % 20) WHERE i % 7 > 0;
\x
SELECT arm, versions, decisions, approved, round(approval_rate::numeric, 10) AS approval_rate, round(approval_low::numeric, 10) AS approval_low, round(approval_high::numeric, 10) AS approval_high,
	outcomes, bads, round(bad_rate::numeric, 10) AS bad_rate, round(bad_low::numeric, 10) AS bad_low, round(bad_high::numeric, 10) AS bad_high,
	round(auc::numeric, 10) AS auc, round(auc_low::numeric, 6) AS auc_low, round(auc_high::numeric, 6) AS auc_high, round(gini::numeric, 10) AS gini
FROM credit.compare_arms('arms');
\x
SELECT arm, decisions FROM credit.compare_arms('arms', '-infinity');
SELECT arm, decisions FROM credit.compare_arms('arms', 'infinity');
SELECT arm, decisions FROM credit.compare_arms('nobody');
DROP TABLE passed;
\i sql/include/empty_registry.psql
