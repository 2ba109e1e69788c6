-- What there is, is written down: every setting, every function and every
-- table appears in README.md or docs/.

\set documents `cat "$CREDIT_TOP"/README.md "$CREDIT_TOP"/docs/*.md 2>/dev/null`

BEGIN;
SELECT plan(6);

CREATE TEMPORARY TABLE document AS SELECT :'documents'::text AS words;
LOAD 'pg_credit';

-- Names that no user calls.
CREATE TEMPORARY TABLE internal AS
SELECT unnest(ARRAY['check_baseline', 'check_import_options', 'check_option_features', 'check_directions',
	'check_reason_option', 'keep_baseline', 'keep_golden_reasons', 'lacks_baseline', 'needs_baseline', 'set_reason_baseline', 'lock_model',
	'move_alias', 'refuse_change', 'registry_changed', 'score_support', 'score_columns', 'pd_columns', 'margin_columns',
	'contributions_columns', 'score_row', 'pd_row', 'margin_row', 'contributions_row',
	'cutoff_bands', 'check_bands', 'add_routing', 'refuse_retirement', 'partition_name', 'month_start', 'refuse_removal',
	'add_seal', 'begins_chain', 'verify_seals', 'verify_decisions', 'log_months', 'expired_months', 'remove_month',
	'labels_fit', 'reasons_again', 'arm_of', 'wilson_interval', 'access_functions', 'check_role', 'caller',
	'clear_drift_baseline', 'drift_add', 'drift_column_type', 'drift_columns', 'drift_combine', 'drift_compare',
	'drift_deserial', 'drift_expression', 'drift_features', 'drift_is_number', 'drift_no_reference',
	'drift_part', 'drift_serial', 'drift_support', 'drift_test_of', 'keep_drift_reference',
	'evaluate_version', 'keep_metric', 'refuse_label', 'refuse_pd',
	'adjust_p_values', 'check_drift_rules', 'check_monitor_choice', 'check_monitor_count',
	'check_monitor_feature', 'check_monitor_interval', 'check_monitor_model', 'check_monitor_number',
	'check_monitor_options', 'check_monitor_source', 'claim_window', 'drift_rules', 'drift_segments',
	'drift_severity', 'drift_stored', 'drift_verdict', 'drifted_features', 'due_windows', 'end_monitor',
	'find_drift', 'find_monitor', 'find_performance', 'find_window', 'find_window_as_owner', 'add_monitor', 'edit_monitor', 'start_monitor', 'job_name', 'keep_run', 'make_due_windows',
	'merge_monitor_options', 'need_cron', 'notify_alert', 'performance_loss', 'qualified_name',
	'refuse_monitor_option', 'run_window', 'scheduled_jobs', 'has_cron', 'sees_cron', 'segment_expression', 'segment_name', 'settle_alert',
	'settle_alerts', 'window_estimate', 'window_outcomes', 'window_rows', 'window_start', 'worst_severity']) AS name;

CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid
FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

SELECT cmp_ok((SELECT length(words) FROM document), '>', 1000, 'there are documents');
SELECT cmp_ok((SELECT count(*) FROM pg_settings WHERE name LIKE 'credit.%'), '>=', 2::bigint, 'there are settings');
SELECT is_empty(
	$$SELECT name FROM pg_settings, document WHERE name LIKE 'credit.%' AND strpos(words, name) = 0 ORDER BY 1$$,
	'every setting is documented');
SELECT is_empty(
	$$SELECT name FROM pg_settings WHERE name LIKE 'credit.%' AND (short_desc = '' OR extra_desc = '')$$,
	'and describes itself');
SELECT is_empty(
	$$SELECT DISTINCT proname FROM member JOIN pg_proc AS p ON p.oid = objid, document
		WHERE classid = 'pg_proc'::regclass AND proname NOT IN (SELECT name FROM internal)
			AND words !~ ('\m' || proname || '\M') ORDER BY 1$$,
	'every function is documented');
SELECT is_empty(
	$$SELECT objid::regclass FROM member JOIN pg_class AS c ON c.oid = objid, document
		WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v')
			AND strpos(words, 'credit.' || relname) = 0 ORDER BY 1$$,
	'every table and view is documented');

SELECT * FROM finish();
ROLLBACK;
