\pset footer off
-- What arrived in the last hour: real applicants, but only those who want a
-- loan of two years and more and have no savings to speak of (dev/demo-monitor.sql).
CREATE VIEW last_hour AS SELECT * FROM applications
WHERE received_at >= (SELECT date_trunc('hour', max(received_at)) FROM applications);
SELECT feature, n_current AS n, round(ks::numeric, 3) AS ks, ks_p_value::real AS ks_p, round(cramer_v::numeric, 3) AS cramer_v,
	chi2_p_value::real AS chi2_p, round(psi::numeric, 3) AS psi, round(detectable_shift::numeric, 3) AS detectable
FROM drift_report('last_hour', 'german') ORDER BY psi DESC LIMIT 6;

-- pg_cron has run the monitor by itself.
SELECT j.jobname, d.status, d.return_message, date_trunc('second', d.start_time) AS started
FROM cron.job_run_details AS d JOIN cron.job AS j USING (jobid) ORDER BY d.runid LIMIT 1;
SELECT from_at, n, round(score::numeric, 3) AS score, severity, run_by FROM credit.drift_run ORDER BY drift_run_id;

-- It compared AUC and accuracy with those of validation, had too few outcomes
-- to judge them, and raised these alerts.
SELECT alert_id, kind, severity, message FROM credit.alert WHERE resolved_at IS NULL ORDER BY alert_id;
SELECT monitor, status, due_windows, open_alerts, schedule FROM credit.health();
