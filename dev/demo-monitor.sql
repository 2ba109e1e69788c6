-- The DBA has what arrives watched, from here on by pg_cron.

CREATE EXTENSION pg_cron;

-- What the model was trained on, and how well it did on what it had not seen.
CREATE VIEW training_sample AS
SELECT a.* FROM applicants AS a JOIN xgboost_predictions AS x USING (id) WHERE x.split = 'train';
CREATE VIEW validation_sample AS
SELECT a.*, a.class = 'bad' AS defaulted FROM applicants AS a JOIN xgboost_predictions AS x USING (id) WHERE x.split = 'test';

SELECT credit.set_drift_baseline('german', 'training_sample') AS features \gset
SELECT (performance).auc FROM credit.set_validation('german', 'validation_sample', 'defaulted') \gset

-- What arrived in the last two hours: in the first, real applicants as they
-- come; in the second only those who ask for a loan of two years and more
-- without a savings account to speak of, as if a new broker had begun to send
-- his clients.
CREATE TABLE applications AS
SELECT v.*, date_trunc('hour', now()) - interval '2 hours' + id * interval '3 seconds' AS received_at FROM validation_sample AS v
UNION ALL
SELECT v.*, date_trunc('hour', now()) - interval '1 hour' + id * interval '3 seconds' FROM validation_sample AS v
WHERE duration >= 24 AND savings_status = '<100' AND checking_status <> 'no checking';

SELECT name FROM credit.create_monitor('german-hourly', 'applications', 'german', 'received_at', '1 hour', '{"min_rows": 30, "label": "defaulted"}') \gset
SELECT name FROM credit.arm_monitor('german-hourly', now() - interval '2 hours') \gset
SELECT credit.schedule_monitor('german-hourly', '* * * * *') AS job \gset
