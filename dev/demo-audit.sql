\pset footer off
-- Years later: does that decision come out the same?
SELECT verdict, outcome, score FROM credit.replay(1);

-- A hundred more, and the log is sealed, as pg_cron would do every minute.
SELECT outcome, count(*) FROM applicants AS a, credit_decide('application ' || id, a) WHERE id BETWEEN 3 AND 102 GROUP BY 1 ORDER BY 1;
SELECT action, detail FROM credit.maintain();

-- The log can't be edited.
UPDATE credit.decision SET outcome = 'approve' WHERE decision_id = 1;

-- A superuser can switch that off.  It shows.
SET session_replication_role = replica;
UPDATE credit.decision SET outcome = 'approve' WHERE decision_id = 1;
DELETE FROM credit.decision WHERE decision_id = 7;
RESET session_replication_role;
SELECT "check", passed, decision_id, detail FROM credit.verify_log(now(), now());
SELECT verdict FROM credit.replay(1);
