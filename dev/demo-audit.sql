\pset footer off
-- Years later: does that decision come out the same?
SELECT verdict, outcome, score FROM credit.replay(1);

-- A hundred more, and the log is sealed, as pg_cron would do every minute.
SELECT outcome, count(*) FROM applicants AS a, credit_decide('application ' || id, a) WHERE id BETWEEN 3 AND 102 GROUP BY 1 ORDER BY 1;
SELECT action, detail FROM credit.maintain();

\echo 'The log cannot be edited: the next statement is to fail.'
\echo
\set ON_ERROR_STOP off
UPDATE credit.decision SET outcome = 'approve' WHERE decision_id = 1;
\set ON_ERROR_STOP on

\echo
\echo 'A superuser can switch that off, here in a transaction that is rolled back.  It shows:'
\echo
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE credit.decision SET outcome = 'approve' WHERE decision_id = 1;
DELETE FROM credit.decision WHERE decision_id = 7;
SELECT "check", passed, decision_id, detail FROM credit.verify_log(now(), now());
SELECT verdict FROM credit.replay(1);
ROLLBACK;
SELECT bool_and(v.passed) AS log_verifies, (credit.replay(1)).verdict FROM credit.verify_log() AS v;
