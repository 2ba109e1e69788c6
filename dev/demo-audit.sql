\pset footer off
-- Years later: would the first decision be made again, with what was logged?
SELECT * FROM credit.replay(1);

-- The log is sealed into a chain, as a scheduler does every minute.
SELECT * FROM credit.maintain();
SELECT "check", passed, decision_id, detail FROM credit.verify_log();

-- Somebody with all rights makes an approval of a refusal, past the triggers.
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE credit.decision SET outcome = 'approve' WHERE decision_id = 1;
SELECT "check", passed, decision_id, detail FROM credit.verify_log();
ROLLBACK;
