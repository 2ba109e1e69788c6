-- Levels of access: which functions each may call, all of them listed; that
-- none may write a table by hand; and that what a level is for works with
-- nothing else.

BEGIN;
SELECT plan(48);

\ir stump.psql

CREATE ROLE credit_tap_score;
CREATE ROLE credit_tap_decide;
CREATE ROLE credit_tap_outcome;
CREATE ROLE credit_tap_monitor;
CREATE ROLE credit_tap_admin;
CREATE TEMPORARY TABLE level AS
SELECT name, 'credit_tap_' || name AS role, place
FROM unnest(ARRAY['score', 'decide', 'outcome', 'monitor', 'admin']) WITH ORDINALITY AS l (name, place);
GRANT SELECT ON level TO PUBLIC;
GRANT USAGE ON SCHEMA public, tap TO credit_tap_score, credit_tap_decide, credit_tap_outcome, credit_tap_monitor, credit_tap_admin;

SELECT lives_ok(format('SELECT credit.grant_access(%L, %L)', role, name), format('grant %s', name)) FROM level ORDER BY place;
SELECT lives_ok($$SELECT credit.grant_access('credit_tap_admin', 'admin')$$, 'granted again');

CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid
FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

-- -------- functions --------

SELECT results_eq(
	$$
		SELECT replace(replace(p.oid::regprocedure::text, 'timestamp with time zone', 'timestamptz'), 'double precision', 'float8'),
			coalesce(string_agg(l.name, ' ' ORDER BY l.place) FILTER (WHERE has_function_privilege(l.role, p.oid, 'EXECUTE')), '')
		FROM member JOIN pg_proc AS p ON p.oid = objid, level AS l
		WHERE classid = 'pg_proc'::regclass GROUP BY p.oid
		ORDER BY replace(p.oid::regprocedure::text, 'double precision', 'float8') COLLATE "C"
	$$,
	$$
		VALUES
		('credit.access_functions(text)', 'monitor admin'),
		('credit.acknowledge_alert(bigint)', 'monitor admin'),
		('credit.add_monitor(text,regclass,text,text,interval,jsonb)', 'admin'),
		('credit.add_routing(bigint,text,text,text,float8,text)', 'admin'),
		('credit.add_seal(credit.seal)', 'admin'),
		('credit.adjust_p_values(float8[],text)', 'monitor admin'),
		('credit.arm_monitor(text,timestamptz)', 'admin'),
		('credit.arm_of(credit.decision)', 'monitor admin'),
		('credit.arm_position(text,text,text)', 'monitor admin'),
		('credit.artifact_gains(bytea,jsonb)', 'monitor admin'),
		('credit.begins_chain(credit.seal)', 'monitor admin'),
		('credit.build_image(bytea,jsonb)', 'monitor admin'),
		('credit.call_expression(name,bigint)', 'monitor admin'),
		('credit.caller()', 'monitor admin'),
		('credit.change_monitor(text,jsonb)', 'admin'),
		('credit.check_bands(jsonb)', 'monitor admin'),
		('credit.check_baseline(credit.model_version,text,integer,integer)', 'monitor admin'),
		('credit.check_directions(credit.model_version,text)', 'monitor admin'),
		('credit.check_drift_rules(jsonb,bigint)', 'monitor admin'),
		('credit.check_import_options(jsonb)', 'monitor admin'),
		('credit.check_monitor_choice(text,jsonb,text[])', 'monitor admin'),
		('credit.check_monitor_count(text,jsonb)', 'monitor admin'),
		('credit.check_monitor_feature(text,jsonb)', 'monitor admin'),
		('credit.check_monitor_interval(text,jsonb)', 'monitor admin'),
		('credit.check_monitor_model(text,jsonb)', 'monitor admin'),
		('credit.check_monitor_number(text,jsonb,numeric,numeric)', 'monitor admin'),
		('credit.check_monitor_options(jsonb)', 'monitor admin'),
		('credit.check_monitor_source(regclass,text,interval,jsonb)', 'monitor admin'),
		('credit.check_option_features(bytea,jsonb)', 'monitor admin'),
		('credit.check_reason_option(jsonb)', 'monitor admin'),
		('credit.check_reasons(credit.model_version,text)', 'monitor admin'),
		('credit.check_role(name)', 'monitor admin'),
		('credit.claim_window(bigint)', 'admin'),
		('credit.clear_drift_baseline(bigint)', 'admin'),
		('credit.code_version()', 'monitor admin'),
		('credit.compare_arms(text,timestamptz)', 'monitor admin'),
		('credit.contributions_columns(regprocedure,text,text[],"any")', 'score decide outcome monitor admin'),
		('credit.contributions_row(record,text)', 'monitor admin'),
		('credit.create_monitor(text,regclass,text,text,interval,jsonb)', 'admin'),
		('credit.cutoff_bands(jsonb)', 'monitor admin'),
		('credit.decision_hash(credit.decision)', 'monitor admin'),
		('credit.describe_model(text)', 'monitor admin'),
		('credit.disarm_monitor(text)', 'admin'),
		('credit.drift_add(internal,credit.drift_source,"any")', ''),
		('credit.drift_column_type(regclass,name)', 'monitor admin'),
		('credit.drift_columns(regclass,regclass,bigint)', 'monitor admin'),
		('credit.drift_combine(internal,internal)', ''),
		('credit.drift_compare(regclass,name,regclass,text)', 'monitor admin'),
		('credit.drift_deserial(bytea,internal)', ''),
		('credit.drift_expression(regclass,text,bigint)', 'monitor admin'),
		('credit.drift_features(bigint,text)', 'monitor admin'),
		('credit.drift_figures(credit.drift_source,bytea[])', 'monitor admin'),
		('credit.drift_is_number(regtype)', 'monitor admin'),
		('credit.drift_no_reference(regclass,name,regclass,bigint)', 'monitor admin'),
		('credit.drift_part(credit.drift_source,integer,integer)', 'monitor admin'),
		('credit.drift_reference_of(regclass,text,text,boolean,integer)', 'monitor admin'),
		('credit.drift_rules(jsonb,bigint)', 'monitor admin'),
		('credit.drift_scan(credit.drift_source,"any")', 'monitor admin'),
		('credit.drift_segments(text,regclass,text[],credit.drift_source,bigint,text)', 'monitor admin'),
		('credit.drift_serial(internal)', 'monitor admin'),
		('credit.drift_severity(float8,jsonb)', 'monitor admin'),
		('credit.drift_stored(bigint,text)', 'monitor admin'),
		('credit.drift_support(internal)', ''),
		('credit.drift_test_of(text,regclass,name,regclass,text)', 'monitor admin'),
		('credit.drift_verdict(text,credit.drift_figure)', 'monitor admin'),
		('credit.drifted_features(bigint,text)', 'monitor admin'),
		('credit.drop_monitor(text)', 'admin'),
		('credit.due_windows(credit.monitor)', 'monitor admin'),
		('credit.edit_monitor(text,jsonb)', 'admin'),
		('credit.end_monitor(bigint)', 'admin'),
		('credit.evaluate(text,regclass,name,float8)', 'monitor admin'),
		('credit.evaluate_version(bigint,regclass,name,float8)', 'monitor admin'),
		('credit.expired_months()', 'monitor admin'),
		('credit.export_model(text)', 'monitor admin'),
		('credit.feature_facts(text)', 'monitor admin'),
		('credit.find_drift(credit.monitor,bigint,timestamptz,timestamptz)', 'monitor admin'),
		('credit.find_monitor(text)', 'monitor admin'),
		('credit.find_performance(credit.monitor,bigint,timestamptz,timestamptz,text[])', 'monitor admin'),
		('credit.find_version(text,boolean)', 'monitor admin'),
		('credit.find_window(credit.monitor,bigint,timestamptz,timestamptz)', 'monitor admin'),
		('credit.find_window_as_owner(bigint,bigint,timestamptz,timestamptz)', 'admin'),
		('credit.grant_access(name,text)', ''),
		('credit.has_cron()', 'monitor admin'),
		('credit.health()', 'monitor admin'),
		('credit.image_facts(bytea)', 'monitor admin'),
		('credit.image_features(bytea)', 'monitor admin'),
		('credit.image_margin(bytea,jsonb)', 'monitor admin'),
		('credit.image_monotone(bytea,text,text)', 'monitor admin'),
		('credit.image_nodes(bytea)', 'monitor admin'),
		('credit.image_range(bytea)', 'monitor admin'),
		('credit.image_reasons(bytea,jsonb,text,text[],float8[],integer)', 'monitor admin'),
		('credit.image_score(bytea,real[])', 'monitor admin'),
		('credit.image_weights(bytea)', 'monitor admin'),
		('credit.import_model(text,bytea,jsonb)', 'admin'),
		('credit.job_name(text)', 'monitor admin'),
		('credit.keep_baseline(credit.baseline,float8[],text)', 'admin'),
		('credit.keep_drift_reference(bigint,integer,credit.drift_reference,text)', 'admin'),
		('credit.keep_golden_reasons(bigint,text)', 'admin'),
		('credit.keep_metric(bigint,credit.performance,text,text)', 'admin'),
		('credit.keep_run(credit.drift_run,credit.drift_summary[],credit.drift_result[])', 'admin'),
		('credit.label_expression(regclass,name)', 'monitor admin'),
		('credit.labels_fit(credit.decision)', 'monitor admin'),
		('credit.lacks_baseline(credit.model_version)', 'monitor admin'),
		('credit.lock_model(text)', 'admin'),
		('credit.log_months()', 'monitor admin'),
		('credit.log_partitions()', 'monitor admin'),
		('credit.maintain()', 'admin'),
		('credit.make_due_windows(bigint)', 'admin'),
		('credit.make_partition(date)', 'admin'),
		('credit.margin_columns(regprocedure,text,text[],"any")', 'score decide outcome monitor admin'),
		('credit.margin_row(record,text)', 'monitor admin'),
		('credit.measure_performance(text,boolean,float8)', 'monitor admin'),
		('credit.merge_monitor_options(jsonb,jsonb)', 'monitor admin'),
		('credit.model_facts(text)', 'monitor admin'),
		('credit.monitor_defaults()', 'monitor admin'),
		('credit.monotonicity(text)', 'monitor admin'),
		('credit.month_start(date)', 'monitor admin'),
		('credit.move_alias(bigint,text,text,integer)', 'admin'),
		('credit.need_cron(text,text)', 'monitor admin'),
		('credit.needs_baseline(credit.model_version)', 'monitor admin'),
		('credit.notify_alert(text,credit.alert)', 'admin'),
		('credit.own_monitor(text)', 'admin'),
		('credit.partition_name(date)', 'monitor admin'),
		('credit.pd_columns(regprocedure,text,text[],"any")', 'score decide outcome monitor admin'),
		('credit.pd_row(record,text)', 'monitor admin'),
		('credit.performance_loss(credit.performance,credit.performance)', 'monitor admin'),
		('credit.promote(text,integer,text)', 'admin'),
		('credit.qualified_name(regclass)', 'monitor admin'),
		('credit.reason_codes(bigint,jsonb)', 'monitor admin'),
		('credit.reasons_again(credit.decision)', 'monitor admin'),
		('credit.record_outcome(bigint,boolean,timestamptz)', 'outcome admin'),
		('credit.record_outcome_for(text,boolean,timestamptz)', 'outcome admin'),
		('credit.refuse_change()', ''),
		('credit.refuse_label(text)', 'monitor admin'),
		('credit.refuse_monitor_option(text,jsonb,text)', 'monitor admin'),
		('credit.refuse_pd(float8)', 'monitor admin'),
		('credit.refuse_removal()', ''),
		('credit.refuse_retirement()', ''),
		('credit.registry_changed()', ''),
		('credit.remove_empty_month(date)', 'admin'),
		('credit.remove_month(date)', 'admin'),
		('credit.replay(bigint)', 'monitor admin'),
		('credit.retire(text,integer)', 'admin'),
		('credit.revoke_access(name)', ''),
		('credit.rollback(text,text)', 'admin'),
		('credit.run_due_monitors(integer)', 'admin'),
		('credit.run_monitor(text,integer)', 'admin'),
		('credit.run_scheduled_monitor(text)', 'admin'),
		('credit.run_window(credit.monitor,timestamptz,timestamptz)', 'admin'),
		('credit.schedule_monitor(text,text)', 'admin'),
		('credit.scheduled_jobs()', 'monitor admin'),
		('credit.score_columns(regprocedure,text,text[],"any")', 'score decide outcome monitor admin'),
		('credit.score_row(record,text)', 'monitor admin'),
		('credit.score_support(internal)', ''),
		('credit.seal_hash(credit.seal)', 'monitor admin'),
		('credit.seal_log()', 'admin'),
		('credit.sees_cron()', 'monitor admin'),
		('credit.segment_expression(jsonb)', 'monitor admin'),
		('credit.segment_name(text)', 'monitor admin'),
		('credit.set_baseline(text,regclass,integer,integer)', 'admin'),
		('credit.set_drift_baseline(text,regclass,integer,boolean)', 'admin'),
		('credit.set_policy(text,jsonb)', 'admin'),
		('credit.set_reason_baseline(credit.model_version,text,regclass,integer,integer)', 'admin'),
		('credit.set_retention(integer)', 'admin'),
		('credit.set_validation(text,regclass,name,float8)', 'admin'),
		('credit.settle_alert(credit.drift_run,text,text,text,text,jsonb)', 'admin'),
		('credit.settle_alerts(credit.drift_run,credit.drift_summary)', 'admin'),
		('credit.shadow(text,text)', 'admin'),
		('credit.split(text,text,float8,text)', 'admin'),
		('credit.start_monitor(text,timestamptz)', 'admin'),
		('credit.system_id()', 'monitor admin'),
		('credit.tree_nodes(text)', 'monitor admin'),
		('credit.unschedule_monitor(text)', 'admin'),
		('credit.validation_of(bigint)', 'monitor admin'),
		('credit.verify_decisions(date)', 'monitor admin'),
		('credit.verify_log(timestamptz,timestamptz)', 'monitor admin'),
		('credit.verify_model(text)', 'monitor admin'),
		('credit.verify_seals(date)', 'monitor admin'),
		('credit.warm(text)', 'score decide monitor admin'),
		('credit.wilson_interval(bigint,bigint)', 'monitor admin'),
		('credit.window_estimate(credit.monitor,bigint,timestamptz,timestamptz)', 'monitor admin'),
		('credit.window_outcomes(credit.monitor,bigint,timestamptz,timestamptz)', 'monitor admin'),
		('credit.window_rows(credit.monitor,timestamptz,timestamptz)', 'monitor admin'),
		('credit.window_start(interval,timestamptz)', 'monitor admin'),
		('credit.worst_severity(text[])', 'monitor admin'),
		('credit_contributions(jsonb,text)', 'score decide monitor admin'),
		('credit_contributions(record,text)', 'score decide monitor admin'),
		('credit_decide(text,jsonb,text)', 'decide admin'),
		('credit_decide(text,record,text)', 'decide admin'),
		('credit_explain(jsonb,text)', 'score decide monitor admin'),
		('credit_explain(record,text)', 'score decide monitor admin'),
		('credit_margin(jsonb,text)', 'score decide monitor admin'),
		('credit_margin(record,text)', 'score decide monitor admin'),
		('credit_pd(jsonb,text)', 'score decide monitor admin'),
		('credit_pd(record,text)', 'score decide monitor admin'),
		('credit_reasons(jsonb,text,integer)', 'score decide monitor admin'),
		('credit_reasons(record,text,integer)', 'score decide monitor admin'),
		('credit_score(jsonb,text)', 'score decide monitor admin'),
		('credit_score(record,text)', 'score decide monitor admin'),
		('drift_chi2(regclass,name,regclass,text)', 'monitor admin'),
		('drift_js(regclass,name,regclass,text)', 'monitor admin'),
		('drift_ks(regclass,name,regclass,text)', 'monitor admin'),
		('drift_psi(regclass,name,regclass,text)', 'monitor admin'),
		('drift_report(regclass,text,regclass)', 'monitor admin'),
		('drift_wasserstein(regclass,name,regclass,text)', 'monitor admin')
	$$,
	'functions of each level');

-- -------- tables --------

SELECT is_empty(
	$$SELECT l.name, c.oid::regclass FROM member JOIN pg_class AS c ON c.oid = objid, level AS l
		WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v')
			AND has_table_privilege(l.role, c.oid, 'SELECT') <> (l.name IN ('monitor', 'admin'))$$,
	'monitor and admin read every table and view, nobody else any');
SELECT is_empty(
	$$SELECT l.name, c.oid::regclass FROM member JOIN pg_class AS c ON c.oid = objid, level AS l
		WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v')
			AND has_table_privilege(l.role, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')$$,
	'nobody writes a table by hand');
SELECT results_eq(
	$$SELECT l.name, c.oid::regclass::text, attname::text COLLATE "default" FROM member JOIN pg_class AS c ON c.oid = objid
			JOIN pg_attribute AS a ON a.attrelid = c.oid, level AS l
		WHERE classid = 'pg_class'::regclass AND attnum > 0 AND NOT attisdropped
			AND has_column_privilege(l.role, c.oid, attnum, 'INSERT, UPDATE, REFERENCES')$$,
	$$VALUES ('admin', 'credit.model_version', 'notes')$$,
	'but admin the notes');
SELECT is_empty(
	$$SELECT l.name, objid::regclass FROM member JOIN pg_class AS c ON c.oid = objid, level AS l
		WHERE classid = 'pg_class'::regclass AND relkind = 'S' AND has_sequence_privilege(l.role, objid, 'USAGE, UPDATE')$$,
	'nobody draws from a sequence');
SELECT is_empty(
	$$SELECT name FROM level WHERE has_schema_privilege(role, 'credit', 'CREATE')
			OR NOT has_schema_privilege(role, 'credit', 'USAGE')$$,
	'the schema');

-- -------- admin --------

SELECT pg_temp.stump(1)::text AS stump \gset
CREATE TABLE labelled AS SELECT i % 2 AS x, i % 3 = 0 AS defaulted FROM generate_series(1, 6) AS i;
CREATE TABLE hidden AS SELECT * FROM labelled;
GRANT SELECT ON labelled TO credit_tap_score, credit_tap_monitor, credit_tap_admin;
SET ROLE credit_tap_admin;
SELECT is(credit.import_model('m', :'stump', '{"reasons": {"x": {"code": "X", "text": "x"}}}'), 1, 'admin imports');
SELECT is((credit.promote('m', 1)).deployed_by, 'credit_tap_admin', 'promotes');
SELECT is((credit.set_policy('m', '{"measure": "points", "approve": 400}')).set_by, 'credit_tap_admin', 'sets a policy');
SELECT is((credit.split('m', '1', 0.5)).routed_by, 'credit_tap_admin', 'splits');
SELECT is((credit.shadow('m', '1')).routed_by, 'credit_tap_admin', 'shadows');
SELECT is((credit.set_retention()).set_by, 'credit_tap_admin', 'sets a retention');
SELECT is((credit.set_validation('m', 'labelled', 'defaulted')).recorded_by, 'credit_tap_admin', 'stores validation figures');
SELECT throws_ok($$SELECT credit.set_validation('m', 'hidden', 'defaulted')$$, '42501', 'permission denied for table hidden',
	'not of what it may not read');
SELECT lives_ok($$UPDATE credit.model_version SET notes = 'n'$$, 'writes notes');
SELECT throws_ok($$SELECT credit.grant_access('credit_tap_decide', 'admin')$$, '42501', NULL, 'gives no access');
SELECT throws_ok($$INSERT INTO credit.policy SELECT * FROM credit.policy$$, '42501', NULL, 'does not write history');

-- -------- decide --------

SET ROLE credit_tap_decide;
SELECT is(decided_by, 'credit_tap_decide', 'decides') FROM credit_decide('s', '{"x": 0}'::jsonb);
SELECT throws_ok(sql, '42501', NULL, sql) FROM (VALUES ('SELECT * FROM credit.decision'),
	('SELECT credit.record_outcome(1, true)'), ($$SELECT credit.record_outcome_for('s', true)$$),
	('INSERT INTO credit.decision SELECT * FROM credit.decision'), ('SELECT credit.maintain()'),
	($$SELECT credit.set_policy('m', '{"measure": "points", "approve": 0}')$$)) AS v (sql);

-- -------- outcome --------

SET ROLE credit_tap_outcome;
SELECT is((credit.record_outcome_for('s', true, clock_timestamp())).recorded_by, 'credit_tap_outcome', 'records an outcome');
SELECT throws_ok(sql, '42501', NULL, sql) FROM (VALUES ('SELECT * FROM credit.decision'),
	($$SELECT credit_score('{"x": 0}'::jsonb)$$), ($$SELECT credit_decide('s', '{"x": 0}'::jsonb)$$)) AS v (sql);

-- -------- score --------

SET ROLE credit_tap_score;
SELECT is(credit_margin('{"x": 0}'::jsonb), 1::real, 'scores');
SELECT throws_ok($$SELECT credit_decide('s', '{"x": 0}'::jsonb)$$, '42501', NULL, 'but does not decide');

-- -------- monitor --------

RESET ROLE;
SELECT lives_ok('SELECT credit.maintain()', 'the log is sealed');
SET ROLE credit_tap_monitor;
SELECT is(bool_and(passed), true, 'monitor verifies the log') FROM credit.verify_log();
SELECT is((credit.replay(decision_id)).verdict, 'match', 'replays') FROM credit.decision;
SELECT is(count(*), 2::bigint, 'compares arms') FROM credit.compare_arms('m');
SELECT is((credit.evaluate('m', 'labelled', 'defaulted')).bads, 2::bigint, 'evaluates');
SELECT throws_ok(sql, '42501', message, message) FROM (VALUES
	($$SELECT credit.evaluate('m', 'hidden', 'defaulted')$$, 'permission denied for table hidden'),
	($$SELECT credit.set_validation('m', 'labelled', 'defaulted')$$, 'permission denied for function set_validation')) AS v (sql, message);
SELECT throws_ok($$SELECT credit_decide('s', '{"x": 0}'::jsonb)$$, '42501', NULL, 'and does not decide');

-- -------- taken away --------

RESET ROLE;
SELECT lives_ok($$SELECT credit.revoke_access(role::name) FROM level$$, 'revoked');
SELECT is_empty(
	$$SELECT grantee::regrole FROM member JOIN pg_proc AS p ON p.oid = objid, LATERAL aclexplode(proacl) AS a
		WHERE classid = 'pg_proc'::regclass AND grantee::regrole::text LIKE 'credit\_tap\_%'
		UNION SELECT grantee::regrole FROM member JOIN pg_class AS c ON c.oid = objid, LATERAL aclexplode(relacl) AS a
		WHERE classid = 'pg_class'::regclass AND grantee::regrole::text LIKE 'credit\_tap\_%'
		UNION SELECT grantee::regrole FROM pg_namespace, LATERAL aclexplode(nspacl) AS a
		WHERE nspname = 'credit' AND grantee::regrole::text LIKE 'credit\_tap\_%'$$,
	'nothing is left');
SELECT throws_ok($$SELECT credit.grant_access('credit_tap_admin', 'god')$$, '22023', 'invalid level of access "god"', 'a level that is none');
SELECT throws_ok($$SELECT credit.grant_access('credit_tap_nobody', 'score')$$, '42704', 'role "credit_tap_nobody" does not exist', 'a role that is none');

SELECT * FROM finish();
ROLLBACK;
