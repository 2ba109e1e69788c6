-- Monitors: what is refused and how, windows, the life of an alert, what
-- happens to a run that fails, what health() says of it, who may do what, and
-- the correction of p-values beside scipy's.

BEGIN;
SELECT plan(296);

-- A model file of so many splits: x1 < 0.5, x2 < 0.5, ...
CREATE FUNCTION pg_temp.splits(features integer) RETURNS bytea LANGUAGE sql AS $$
	SELECT convert_to(format('{"version": [2, 0, 0], "learner": {
		"feature_names": %s, "feature_types": %s,
		"learner_model_param": {"base_score": "5E-1", "num_feature": "%s"},
		"objective": {"name": "binary:logistic"},
		"gradient_booster": {"name": "gbtree", "model": {
			"gbtree_model_param": {"num_trees": "%3$s", "num_parallel_tree": "1"},
			"tree_info": %s, "trees": %s}}}}',
		jsonb_agg('x' || i), jsonb_agg('float'::text), features, jsonb_agg(0), jsonb_agg(format('{"tree_param": {"num_nodes": "3"},
			"left_children": [1, -1, -1], "right_children": [2, -1, -1],
			"parents": [2147483647, 0, 0], "default_left": [1, 0, 0],
			"split_indices": [%s, 0, 0], "split_conditions": [0.5, 0.1, -0.1],
			"sum_hessian": [2, 1, 1]}', i - 1)::jsonb)), 'UTF8')
	FROM generate_series(1, features) AS i
$$;

-- Rows of a window that begins so many days ago, and what of them has moved.
CREATE FUNCTION rows_of(days_ago integer, moved text[], n integer DEFAULT 200)
RETURNS TABLE (at timestamptz, x1 float8, x2 float8, region text, defaulted boolean) LANGUAGE sql AS $$
	SELECT date_trunc('day', now(), 'UTC') - make_interval(days => days_ago) + make_interval(secs => i),
		i * 1.0 / n + ('x1' = ANY (moved))::integer, i * 7 % n * 1.0 / n + ('x2' = ANY (moved))::integer,
		'r' || i % 2, i % 3 = 0
	FROM generate_series(1, n) AS i
$$;

SELECT is(credit.import_model('m', pg_temp.splits(2)), 1, 'a model');
SELECT is((credit.promote('m', 1)).to_version, 1, 'promoted');
CREATE TABLE sample AS SELECT * FROM rows_of(100, '{}');
CREATE TABLE arriving AS SELECT * FROM sample LIMIT 0;
CREATE TEMPORARY TABLE passing (x1 float8, x2 float8);

-- What is about one monitor.
CREATE FUNCTION runs_of(monitor text) RETURNS SETOF credit.drift_run LANGUAGE sql AS $$
	SELECT r.* FROM credit.drift_run AS r JOIN credit.monitor AS m USING (monitor_id) WHERE m.name = monitor ORDER BY r.drift_run_id
$$;
CREATE FUNCTION alerts_of(monitor text) RETURNS SETOF credit.alert LANGUAGE sql AS $$
	SELECT a.* FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id) WHERE m.name = monitor ORDER BY a.alert_id
$$;

-- -------- create_monitor() --------

SELECT throws_ok($$SELECT credit.create_monitor('a', 'arriving', 'm')$$, '55000', NULL, 'a model without a baseline');
SELECT is(credit.set_drift_baseline('m', 'sample'), 3, 'a baseline');

SELECT throws_ok(format('SELECT credit.create_monitor(%s)', arguments), sqlstate, message, arguments) FROM (VALUES
	($$NULL, 'arriving'$$, '22004', 'name, source and options must not be null'),
	($$'a', NULL$$, '22004', 'name, source and options must not be null'),
	($$'a', 'arriving', options => NULL$$, '22004', 'name, source and options must not be null'),
	($$'', 'arriving'$$, '42602', 'invalid monitor name ""'),
	($$'-a', 'arriving'$$, '42602', 'invalid monitor name "-a"'),
	($$'a b', 'arriving'$$, '42602', 'invalid monitor name "a b"'),
	($$'ä', 'arriving'$$, '42602', 'invalid monitor name "ä"'),
	($$repeat('a', 64), 'arriving'$$, '42602', format('invalid monitor name "%s"', repeat('a', 64))),
	($$'a', 'nowhere'$$, '42P01', 'relation "nowhere" does not exist'),
	($$'a', 'passing'$$, '42809', 'relation "passing" is temporary'),
	($$'a', 'arriving', 'nobody'$$, '42704', 'model "nobody" does not exist'),
	($$'a', 'arriving', 'm@2'$$, '42704', 'model "m" has no version 2'),
	($$'a', 'arriving', 'm', 'gone', '1 day'$$, '42703', 'column "gone" of relation "public.arriving" does not exist'),
	($$'a', 'arriving', 'm', 'x1', '1 day'$$, '42804', 'column "x1" of relation "public.arriving" is not a time'),
	($$'a', 'arriving', 'm', 'at'$$, '22004', 'a time column needs a window'),
	($$'a', 'arriving', 'm', 'at', '59 seconds'$$, '22023', 'invalid window "00:00:59"'),
	($$'a', 'arriving', 'm', 'at', '-1 day'$$, '22023', 'invalid window "-1 days"'),
	($$'a', 'arriving', 'm', 'at', '1 month 1 day'$$, '22023', 'invalid window "1 mon 1 day"')
) AS v (arguments, sqlstate, message);

CREATE FUNCTION pg_temp.refused(options jsonb) RETURNS TABLE (code text, says text, more text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM credit.create_monitor('a', 'arriving', 'm', options => options);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, says = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
	RETURN NEXT;
END
$$;
SELECT results_eq(format('SELECT * FROM pg_temp.refused(%L)', options),
	format('VALUES (%L, %L, %L)', '22023', message, detail), 'options ' || options)
FROM (VALUES
	('[]', 'options of a monitor are not a JSON object', ''),
	('1', 'options of a monitor are not a JSON object', ''),
	('null', 'options of a monitor are not a JSON object', ''),
	('{"nope": 1}', 'unknown monitor option "nope"', ''),
	('{"nope": null}', 'unknown monitor option "nope"', ''),
	('{"warning": 0.8}', 'monitor option "warning" is above "critical"', 'They are 0.8 and 0.7.'),
	('{"outcomes": true, "label": "defaulted"}', 'monitor option "outcomes" does not go with "label" or "segment"',
		'Outcomes of logged decisions have no column of the source.'),
	('{"outcomes": true, "segment": "region"}', 'monitor option "outcomes" does not go with "label" or "segment"',
		'Outcomes of logged decisions have no column of the source.'),
	('{"features": {"x1": {"nope": 1}}}', 'unknown monitor option "features.x1.nope"', '')
) AS v (options, message, detail)
UNION ALL
SELECT results_eq(format('SELECT * FROM pg_temp.refused(%L)', jsonb_build_object(option, value::jsonb)),
	format('VALUES (%L, %L, %L)', '22023', format('invalid value for monitor option "%s"', coalesce(inner_option, option)),
		format('It is %s, not %s.', expected, coalesce(said, value))),
	format('%s is not %s', option, value))
FROM (
	SELECT option, value, expected, NULL, NULL FROM (VALUES
		('{numeric_method}', '{"\"anderson\"",1,[]}', 'one of ks, psi, js, wasserstein, chi2'),
		('{categorical_method}', '{"\"ks\"",1}', 'one of chi2, psi, js'),
		('{correction}', '{"\"holm\"",true}', 'one of benjamini-hochberg, bonferroni, none'),
		('{p_value,missing_share,warning,critical,max_loss}', '{-0.1,1.1,"\"0.1\""}', 'a number from 0 to 1'),
		('{score_psi}', '{-1,1001,true}', 'a number from 0 to 1000'),
		('{min_rows,min_outcomes}', '{0,-1,1.5,10000000000000000,"\"1\""}', 'a whole number from 1 on'),
		('{maturity,delay,late_after}', '{1,"\"soon\"","\"-1 day\"","\"9999999999 years\""}', 'a span of time such as "2 hours"'),
		('{outcomes,retrain}', '{1,"\"true\""}', 'true or false'),
		('{label,segment}', '{1,[]}', 'the name of a column of the source'),
		('{effect_size,features}', '{1,[]}', 'an object')) AS o (options, vals, expected),
		unnest(o.options::text[]) AS option, unnest(o.vals::text[]) AS value
	UNION ALL VALUES
		('effect_size', '{"anderson": 1}', 'one of ks, chi2, psi, js, wasserstein', NULL, '"anderson"'),
		('effect_size', '{"ks": -1}', 'a number from 0 to 1000000000', 'effect_size.ks', '-1'),
		('effect_size', '{"ks": null}', 'a number from 0 to 1000000000', 'effect_size.ks', 'null'),
		('features', '{"x1": 1}', 'an object with method, p_value, effect_size or weight', 'features.x1', '1'),
		('features', '{"x1": {"method": "anderson"}}', 'one of ks, chi2, psi, js, wasserstein', 'features.x1.method', '"anderson"'),
		('features', '{"x1": {"p_value": 2}}', 'a number from 0 to 1', 'features.x1.p_value', '2'),
		('features', '{"x1": {"effect_size": -1}}', 'a number from 0 to 1000000000', 'features.x1.effect_size', '-1'),
		('features', '{"x1": {"weight": "much"}}', 'a number from 0 to 1000000000', 'features.x1.weight', '"much"')
) AS v (option, value, expected, inner_option, said);
SELECT throws_ok(format('SELECT credit.create_monitor(%s)', arguments), sqlstate, message, arguments) FROM (VALUES
	($$'a', 'arriving', options => '{"label": "gone"}'$$, '42703', 'column "gone" of relation "public.arriving" does not exist'),
	($$'a', 'arriving', options => '{"segment": "gone"}'$$, '42703', 'column "gone" of relation "public.arriving" does not exist'),
	($$'a', 'arriving', options => '{"features": {"x3": {}}}'$$, '42703', 'model "m" does not use a feature "x3"')
) AS v (arguments, sqlstate, message);

SELECT is((name COLLATE "default", model, source, time_column, period, options, armed_on, created_by, dropped_at),
	('a'::text, 'm'::text, 'public.arriving'::text, 'at'::text, interval '1 day', credit.monitor_defaults(),
		credit.system_id(), current_user::text COLLATE "default", NULL::timestamptz), 'what create_monitor() returns; the default model')
FROM credit.create_monitor('a', 'arriving', time_column => 'at', "window" => '1 day');
SELECT is(m, (SELECT n FROM credit.monitor AS n WHERE name = 'a'), 'and stores') FROM credit.find_monitor('a') AS m;
SELECT throws_ok($$SELECT credit.create_monitor('a', 'sample')$$, '42710', 'monitor "a" already exists', 'a name that is taken');

-- -------- change_monitor() --------

SELECT throws_ok(format('SELECT credit.change_monitor(%s)', arguments), sqlstate, message, arguments) FROM (VALUES
	($$'nobody', '{}'$$, '42704', 'monitor "nobody" does not exist'),
	($$NULL, '{}'$$, '42704', 'monitor "<NULL>" does not exist'),
	($$'a', NULL$$, '22004', 'options must not be null'),
	($$'a', '[]'$$, '22023', 'options of a monitor are not a JSON object'),
	($$'a', '{"critical": 0.4}'$$, '22023', 'monitor option "warning" is above "critical"'),
	($$'a', '{"min_rows": 0}'$$, '22023', 'invalid value for monitor option "min_rows"'),
	($$'a', '{"segment": "gone"}'$$, '42703', 'column "gone" of relation "public.arriving" does not exist'),
	($$'a', '{"features": {"x3": {}}}'$$, '42703', 'model "m" does not use a feature "x3"')
) AS v (arguments, sqlstate, message);
SELECT is(options, credit.monitor_defaults() || '{"retrain": true, "label": "defaulted"}'
	|| jsonb_build_object('effect_size', credit.monitor_defaults() -> 'effect_size' || '{"ks": 0.2}'), 'changes one of several')
FROM credit.change_monitor('a', '{"retrain": true, "label": "defaulted", "effect_size": {"ks": 0.2}}');
SELECT is(options, credit.monitor_defaults() || '{"retrain": true}', 'null brings a default back')
FROM credit.change_monitor('a', '{"label": null, "effect_size": null}');
SELECT is(options, credit.monitor_defaults() || '{"retrain": true}', 'as stored') FROM credit.find_monitor('a');

-- -------- windows --------

SELECT is(credit.window_start(period, at), expected, format('%s of %s', period, at))
FROM (VALUES
	(interval '1 minute', timestamptz '2026-03-29 01:59:59.999999+00', timestamptz '2026-03-29 01:59+00'),
	('15 minutes', '2026-03-29 01:14:59+00', '2026-03-29 01:00+00'),
	('7 hours', '2000-01-03 06:59:59+00', '2000-01-03 00:00+00'),
	('7 hours', '2000-01-04 00:00:00+00', '2000-01-03 21:00+00'),
	('1 day', '2026-03-29 23:59:59+00', '2026-03-29 00:00+00'),
	('24 hours', '2026-10-25 23:59:59+00', '2026-10-25 00:00+00'),
	('7 days', '2026-01-04 23:59:59+00', '2025-12-29 00:00+00'),
	('7 days', '2026-01-05 00:00:00+00', '2026-01-05 00:00+00'),
	('36 hours', '1999-12-31 12:00:00+00', '1999-12-31 00:00+00'),
	('1 month', '2026-02-28 23:59:59.999999+00', '2026-02-01 00:00+00'),
	('3 months', '2026-02-28 00:00:00+00', '2026-01-01 00:00+00'),
	('1 year', '1999-12-31 23:59:59+00', '1999-01-01 00:00+00'),
	('5 months', '2000-05-31 00:00:00+00', '2000-01-01 00:00+00'),
	('1 year', '2026-02-28 00:00:00+00', '2026-01-01 00:00+00')
) AS v (period, at, expected);

-- A zone with summer time changes nothing: months, and days around a change.
SET LOCAL timezone = 'Europe/Berlin';
SELECT is(credit.window_start('1 month', '2026-03-31 22:30+00'), '2026-03-01 00:00+00'::timestamptz, 'a month is one in UTC');
SELECT lives_ok($$SELECT credit.create_monitor('months', 'arriving', time_column => 'at', "window" => '1 month'),
	credit.arm_monitor('months', now() - interval '14 months'),
	credit.create_monitor('days', 'arriving', time_column => 'at', "window" => '1 day'),
	credit.arm_monitor('days', now() - interval '370 days')$$, 'monitors of a year');
SELECT cmp_ok(count(*), '>=', 13::bigint, 'months of more than a year') FROM credit.run_monitor('months', 20);
SELECT is(count(*), 370::bigint, 'days of more than a year') FROM credit.run_monitor('days', 1000);
SELECT is_empty($$
	SELECT * FROM (SELECT r.*, lag(r.to_at) OVER (PARTITION BY monitor_id ORDER BY from_at) AS last_to FROM credit.drift_run AS r) AS r
	WHERE from_at <> last_to OR from_at <> date_trunc(CASE extract(day FROM to_at - from_at) WHEN 1 THEN 'day' ELSE 'month' END, from_at, 'UTC')
		OR to_at <> date_trunc('day', to_at, 'UTC')$$, 'without gaps, from midnight to midnight in UTC');
SELECT is(count(*), 0::bigint, 'nothing is done twice') FROM credit.run_due_monitors();
SELECT is(count(*), 0::bigint, 'armed again from where it was, it has nothing to do')
FROM credit.arm_monitor('days', now() - interval '370 days'), LATERAL credit.run_monitor(name, 1000);
RESET timezone;

-- Every row is in one window, at its edges too, whatever the type of the time.
CREATE TABLE edges AS
SELECT t AS at, t AT TIME ZONE 'UTC' AS at_local, (t AT TIME ZONE 'UTC')::date AS on_day, 0.5::float8 AS x1, 0.5::float8 AS x2
FROM date_trunc('day', now(), 'UTC') AS today,
	unnest(ARRAY[today - interval '2 days', today - interval '1 day' - interval '1 microsecond', today - interval '1 day',
		today - interval '1 microsecond', today]) AS t;
SELECT lives_ok(format('SELECT credit.create_monitor(%1$L, ''edges'', time_column => %1$L, "window" => ''1 day''),
	credit.arm_monitor(%1$L, now() - interval ''2 days'')', c), c) FROM unnest(ARRAY['at', 'at_local', 'on_day']) AS c;
SET LOCAL timezone = 'Pacific/Apia';
SELECT is(array_agg(r.n ORDER BY r.from_at), '{2,2}', 'rows by ' || c)
FROM unnest(ARRAY['at', 'at_local', 'on_day']) AS c, credit.run_monitor(c) AS r GROUP BY c;
RESET timezone;
SELECT is(count(*), 0::bigint, 'a window is due when its delay is over')
FROM (SELECT credit.create_monitor('delayed', 'edges', time_column => 'at', "window" => '1 day', options => '{"delay": "2 days"}'),
	credit.arm_monitor('delayed', now() - interval '1 day')) AS made, credit.run_monitor('delayed');

-- -------- arm_monitor(), disarm_monitor() --------

SELECT throws_ok(sql, sqlstate, message, sql) FROM (VALUES
	($$SELECT credit.arm_monitor('nobody')$$, '42704', 'monitor "nobody" does not exist'),
	($$SELECT credit.arm_monitor('a', NULL)$$, '22023', 'start_at must be a time'),
	($$SELECT credit.arm_monitor('a', 'infinity')$$, '22023', 'start_at must be a time'),
	($$SELECT credit.arm_monitor('a', now() - interval '10001 days')$$, '54000', 'start_at is more than 10000 windows ago'),
	($$SELECT credit.disarm_monitor('nobody')$$, '42704', 'monitor "nobody" does not exist'),
	($$SELECT credit.run_monitor('nobody')$$, '42704', 'monitor "nobody" does not exist'),
	($$SELECT credit.drop_monitor('nobody')$$, '42704', 'monitor "nobody" does not exist'),
	($$SELECT credit.schedule_monitor('nobody', '* * * * *')$$, '42704', 'monitor "nobody" does not exist'),
	($$SELECT credit.schedule_monitor('a', NULL)$$, '22004', 'schedule must not be null'),
	($$SELECT credit.schedule_monitor('a', '* * * * *')$$, '55000', NULL),
	($$SELECT credit.unschedule_monitor(NULL)$$, '22004', 'name must not be null'),
	($$SELECT credit.acknowledge_alert(0)$$, '42704', 'there is no alert 0'),
	($$SELECT credit.acknowledge_alert(NULL)$$, '42704', 'there is no alert <NULL>')
) AS v (sql, sqlstate, message);
SELECT is(credit.unschedule_monitor('a'), false, 'no pg_cron, no schedule');
SELECT is((SELECT status FROM credit.health() WHERE monitor = 'a'), 'not run yet', 'nothing is due of a new monitor');
SELECT is((SELECT count(*) FROM credit.run_monitor(name, 0)), 0::bigint, 'windows that are due are not done by a run of none')
FROM credit.arm_monitor('a', now() - interval '3 days');
SELECT is(due_windows, 3::bigint, 'but known') FROM credit.health() WHERE monitor = 'a';
SELECT is((SELECT count(*) FROM credit.run_monitor(name)), 0::bigint, 'armed from now on, it leaves them') FROM credit.arm_monitor('a');
SELECT is((credit.disarm_monitor('a')).armed_on, NULL, 'disarmed');
SET LOCAL client_min_messages = warning;
SELECT is(count(*), 0::bigint, 'it does not run') FROM credit.run_monitor('a');
RESET client_min_messages;
SELECT is((status, detail), ('not armed'::text, 'credit.arm_monitor() has it run'::text), 'which health() says')
FROM credit.health() WHERE monitor = 'a';

-- -------- the life of an alert --------

INSERT INTO arriving
SELECT r.* FROM unnest(ARRAY['', 'x1', 'x1,x2', 'x1', '', 'x1', 'few', '']) WITH ORDINALITY AS d (moved, day),
	rows_of(9 - day::integer, string_to_array(moved, ','), CASE moved WHEN 'few' THEN 99 ELSE 200 END) AS r;
SELECT lives_ok($$SELECT credit.change_monitor('a', '{"features": {"x1": {"weight": 3}, "x2": {"weight": 2}}}'),
	credit.arm_monitor('a', now() - interval '8 days')$$, 'one feature that moves is a warning, two are critical');
SELECT is((status, due_windows, oldest_due_at), ('late'::text, 8::bigint, date_trunc('day', now(), 'UTC') - interval '7 days'), 'it is late')
FROM credit.health() WHERE monitor = 'a';
CREATE FUNCTION pg_temp.next(OUT n bigint, OUT score numeric, OUT severity text) LANGUAGE sql AS $$
	SELECT n, round(score::numeric, 6), severity FROM credit.run_monitor('a', 1)
$$;
CREATE TEMPORARY VIEW alerts AS
SELECT kind, severity, times_seen, acknowledged_at IS NOT NULL AS acknowledged, resolved_at IS NOT NULL AS resolved
FROM alerts_of('a');
PREPARE alerts AS SELECT * FROM alerts WHERE kind = 'drift';
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (200::bigint, 0::numeric, 'ok')$$, 'as in the sample');
SELECT is_empty('SELECT * FROM alerts', 'no alert');
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (200::bigint, 0.6, 'warning')$$, 'x1 moves');
SELECT results_eq('alerts', $$VALUES ('drift', 'warning', 1, false, false)$$, 'raised');
SELECT is((message, detail -> 0 ->> 'feature', jsonb_array_length(detail), first_run_id, last_run_id),
	('1 of 2 features drift, 60.0 % of the importance: x1 (ks 1.000)'::text, 'x1'::text, 1, r, r), 'and says why')
FROM alerts_of('a'), (SELECT max(drift_run_id) AS r FROM runs_of('a')) AS r WHERE kind = 'drift';
SELECT is((acknowledged_by, acknowledged_at), (current_user::text COLLATE "default", now()), 'acknowledged')
FROM credit.acknowledge_alert((SELECT alert_id FROM alerts_of('a') WHERE kind = 'drift'));
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (200::bigint, 1::numeric, 'critical')$$, 'x2 too');
SELECT results_eq('alerts', $$VALUES ('drift', 'critical', 2, true, false)$$, 'the same alert, more severe');
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (200::bigint, 0.6, 'warning')$$, 'x2 is back');
SELECT results_eq('alerts', $$VALUES ('drift', 'warning', 3, true, false)$$, 'the same alert, less severe');
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (200::bigint, 0::numeric, 'ok')$$, 'x1 is back');
SELECT results_eq('alerts', $$VALUES ('drift', 'warning', 3, true, true)$$, 'resolved');
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (200::bigint, 0.6, 'warning')$$, 'x1 moves again');
SELECT results_eq('alerts', $$VALUES ('drift', 'warning', 3, true, true), ('drift', 'warning', 1, false, false)$$, 'another alert');
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (99::bigint, NULL::numeric, NULL)$$, 'a window of too few');
SELECT results_eq('alerts', $$VALUES ('drift', 'warning', 3, true, true), ('drift', 'warning', 1, false, false)$$, 'changes nothing');
SELECT is((due_windows, open_alerts, detail), (1::bigint, 2::bigint, 'its last run had 99 rows, too few to judge'::text),
	'which health() says') FROM credit.health() WHERE monitor = 'a';
SELECT results_eq('SELECT * FROM pg_temp.next()', $$VALUES (200::bigint, 0::numeric, 'ok')$$, 'the last window');
SELECT is(count(*), 0::bigint, 'no alert is open') FROM alerts WHERE NOT resolved;
SELECT is((drift_run_id, taken_at), ((SELECT drift_run_id FROM runs_of('a') WHERE severity = 'critical'), NULL::timestamptz),
	'the critical window asks for training') FROM credit.retraining_request;

-- -------- history --------

SET LOCAL client_min_messages = warning;
SELECT throws_ok(sql, '23001', NULL, sql) FROM unnest(ARRAY['drift_run', 'drift_summary', 'drift_result', 'alert', 'retraining_request', 'monitor']) AS t,
	unnest(ARRAY['DELETE FROM credit.' || t, format('TRUNCATE credit.%s CASCADE', t)]) AS sql;
SELECT throws_ok(sql, '23001', NULL, sql) FROM unnest(ARRAY['UPDATE credit.drift_run SET n = 0',
	'UPDATE credit.drift_summary SET n = 0', 'UPDATE credit.drift_result SET drifted = false']) AS sql;
RESET client_min_messages;

SELECT is(credit.drop_monitor('a')::text, '', 'dropped');
SELECT throws_ok($$SELECT credit.run_monitor('a')$$, '42704', 'monitor "a" does not exist', 'it is gone');
SELECT is((dropped_by, dropped_at, armed_on), (current_user::text COLLATE "default", now(), NULL::text), 'not quite') FROM credit.monitor WHERE name = 'a';
SELECT is(count(*), 8::bigint, 'its history stays') FROM runs_of('a');
SELECT lives_ok($$SELECT credit.create_monitor('a', 'sample')$$, 'its name is free');
SELECT is(count(*), 1::bigint, 'and has no history yet') FROM credit.health() WHERE monitor = 'a' AND last_run_at IS NULL;

-- -------- failure --------

CREATE TABLE fragile AS SELECT * FROM rows_of(2, '{}') UNION ALL SELECT * FROM rows_of(1, '{}');
SELECT lives_ok($$SELECT credit.create_monitor('fragile', 'fragile', 'm', 'at', '1 day', '{"segment": "region"}'),
	credit.arm_monitor('fragile', now() - interval '2 days'),
	credit.create_monitor('sound', 'fragile', 'm', 'at', '1 day'), credit.arm_monitor('sound', now() - interval '2 days')$$, 'two monitors');

-- Another transaction would be another attempt.
CREATE FUNCTION pg_temp.try_again() RETURNS SETOF credit.drift_run LANGUAGE sql AS $$
	UPDATE credit.monitor_window SET attempted_at = '-infinity' WHERE drift_run_id IS NULL;
	SELECT * FROM credit.run_due_monitors()
$$;
ALTER TABLE fragile DROP COLUMN region;
SELECT set_eq('SELECT m.name, r.n, r.error FROM pg_temp.try_again() AS r JOIN credit.monitor AS m USING (monitor_id)', $$VALUES
	('fragile', NULL::bigint, 'column c.region does not exist'), ('fragile', NULL, 'column c.region does not exist'),
	('sound', 200, NULL), ('sound', 200, NULL)$$, 'a column that is gone stops no other monitor');
SELECT is(count(*), 0::bigint, 'a call tries a window once') FROM credit.run_due_monitors();
SELECT results_eq($$SELECT kind, severity, message, times_seen, resolved_at FROM alerts_of('fragile')$$,
	$$VALUES ('failure', 'warning', 'monitor failed: column c.region does not exist', 2, NULL::timestamptz)$$, 'an alert');
SELECT is((status, due_windows, detail), ('failing'::text, 2::bigint, 'column c.region does not exist'::text), 'and health() says so')
FROM credit.health() WHERE monitor = 'fragile';
ALTER TABLE fragile RENAME TO elsewhere;
SELECT is(array_agg(error), array_fill('relation "public.fragile" does not exist'::text, '{2}'), 'a table that is gone') FROM pg_temp.try_again();
SELECT throws_ok($$SELECT credit.change_monitor('fragile', '{}')$$, '42P01', 'relation "public.fragile" does not exist', 'is no source');
SELECT is(count(*), 2::bigint, 'a third time') FROM pg_temp.try_again();
SELECT is(count(*), 2::bigint, 'a fourth') FROM pg_temp.try_again();
SELECT is((count(*), max(attempts)), (2::bigint, 4), 'it is due still') FROM credit.monitor_window WHERE drift_run_id IS NULL;
SELECT is(count(*), 2::bigint, 'a fifth') FROM pg_temp.try_again();
SELECT is(count(*), 0::bigint, 'it is given up') FROM pg_temp.try_again();
SELECT is((count(*), count(error), min(attempts)), (2::bigint, 2::bigint, 5), 'with the error that was the last')
FROM credit.monitor_window AS w JOIN runs_of('fragile') AS r USING (drift_run_id);
SELECT is((count(*), count(error)), (10::bigint, 10::bigint), 'every attempt is kept') FROM runs_of('fragile');
SELECT is((count(*), max(times_seen)), (1::bigint, 10), 'in one alert') FROM alerts_of('fragile');

-- Once mended, it is tried again when somebody says so, and the alert resolved.
ALTER TABLE elsewhere RENAME TO fragile;
ALTER TABLE fragile ADD COLUMN region text;
SELECT is((array_agg(r.n), count(r.error)), ('{200,200}'::bigint[], 0::bigint), 'armed again, it does what was given up')
FROM credit.arm_monitor('fragile', now() - interval '2 days'), LATERAL credit.run_monitor(name) AS r;
SELECT is(count(*), 0::bigint, 'the alert is resolved') FROM alerts_of('fragile') WHERE resolved_at IS NULL;
SELECT is(count(*), 0::bigint, 'and what was done is not done again')
FROM credit.arm_monitor('fragile', now() - interval '2 days'), LATERAL credit.run_monitor(name) AS r;
ALTER TABLE fragile DROP COLUMN region;
SELECT is(count(error), 1::bigint, 'a column is gone again')
FROM credit.arm_monitor('fragile', now() - interval '3 days'), LATERAL credit.run_monitor(name) AS r;

SELECT is((SELECT (n, error) FROM credit.run_monitor('whole')), (400::bigint, NULL::text), 'mended')
FROM credit.create_monitor('whole', 'fragile', 'm');
ALTER TABLE fragile RENAME TO elsewhere;
SELECT is(error, 'relation "public.fragile" does not exist', 'broken') FROM credit.run_monitor('whole');
ALTER TABLE elsewhere RENAME TO fragile;
SELECT is(error, NULL, 'mended again') FROM credit.run_monitor('whole');
SELECT results_eq($$SELECT kind, resolved_at IS NOT NULL FROM alerts_of('whole')$$, $$VALUES ('failure', true)$$, 'the alert is resolved');

-- An older window that is done late says nothing of now.
UPDATE credit.retraining_request SET taken_at = now(), taken_by = 'somebody';
INSERT INTO arriving SELECT * FROM rows_of(20, '{}') UNION ALL SELECT * FROM rows_of(21, '{x1,x2}');
SELECT lives_ok($$SELECT credit.create_monitor('late', 'arriving', 'm', 'at', '1 day', '{"retrain": true}'),
	credit.arm_monitor('late', now() - interval '20 days')$$, 'a monitor of the past');
SELECT is(severity, 'ok', 'a window') FROM credit.run_monitor('late', 1);
SELECT is(severity, 'critical', 'and the one before it')
FROM credit.arm_monitor('late', now() - interval '21 days'), credit.run_monitor(name, 1);
SELECT is_empty($$SELECT * FROM alerts_of('late')$$, 'which is no alert');
SELECT is_empty('SELECT * FROM credit.retraining_request WHERE taken_at IS NULL', 'nor a request');

-- Whoever cancels a run means it, and nothing is left; all else is a result.
CREATE TABLE trouble (code text);
CREATE FUNCTION public.fail() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'trouble' USING ERRCODE = (SELECT code FROM public.trouble);
END $$;
CREATE VIEW troubled AS SELECT * FROM fragile WHERE public.fail();
SELECT lives_ok($$SELECT credit.create_monitor('troubled', 'troubled', 'm', 'at', '1 day'), credit.arm_monitor('troubled', now() - interval '2 days')$$,
	'a source that raises an error');
-- Another transaction would be another attempt, of which there are five.
CREATE FUNCTION pg_temp.due_again(monitor text) RETURNS void LANGUAGE sql AS $$
	UPDATE credit.monitor_window AS w SET attempted_at = '-infinity', attempts = 0 FROM credit.monitor AS m
	WHERE m.monitor_id = w.monitor_id AND m.name = monitor
$$;
CREATE FUNCTION pg_temp.raised(error text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM public.trouble;
	INSERT INTO public.trouble VALUES (error);
	PERFORM pg_temp.due_again('troubled');
	RETURN (SELECT r.error FROM credit.run_monitor('troubled', 1) AS r);
EXCEPTION WHEN query_canceled OR OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.raised(e), e, 'raised: ' || e)
FROM unnest(ARRAY['57014', '57P01']) AS e;
SELECT is((SELECT count(*) FROM runs_of('troubled')) + (SELECT count(*) FROM alerts_of('troubled')), 0::bigint, 'nothing is left');
SELECT is((status, due_windows), ('late'::text, 2::bigint), 'the windows are due') FROM credit.health() WHERE monitor = 'troubled';
SELECT is(pg_temp.raised(e), 'trouble', 'a result: ' || e)
FROM unnest(ARRAY['22012', '40001', '40P01', '53100', '53200', '53400', '55P03', '58030', 'XX000']) AS e;
SELECT results_eq($$SELECT kind, message, times_seen FROM alerts_of('troubled')$$,
	$$VALUES ('failure', 'monitor failed: trouble', 9)$$, 'each of which is in the alert');

-- Neither a value that no index takes nor a view that raises 40001 stops others.
SELECT lives_ok($$UPDATE public.trouble SET code = '40001'$$, 'a view that raises 40001');
CREATE TABLE long_names AS
SELECT f.at, f.x1, f.x2, string_agg(md5(i::text), '') AS region FROM fragile AS f, generate_series(1, 300) AS i GROUP BY 1, 2, 3;
SELECT lives_ok($$SELECT credit.create_monitor('long', 'long_names', 'm', 'at', '1 day', '{"segment": "region"}'),
	credit.arm_monitor('long', now() - interval '1 day'), credit.create_monitor('last', 'fragile', 'm', 'at', '1 day'),
	credit.arm_monitor('last', now() - interval '1 day')$$, 'segments of 9,600 characters');
SELECT set_eq($$SELECT m.name, r.n, r.error FROM pg_temp.due_again('troubled'), credit.run_due_monitors() AS r
		JOIN credit.monitor AS m USING (monitor_id) WHERE m.name IN ('troubled', 'long', 'last')$$,
	$$VALUES ('troubled', NULL::bigint, 'trouble'), ('long', 200, NULL), ('last', 200, NULL)$$, 'all run');
SELECT is((octet_length(segment), left(segment, 32), s.n), (165, md5('1'), 200::bigint), 'a long name is cut')
FROM credit.drift_summary AS s JOIN runs_of('long') USING (drift_run_id);
SELECT is(credit.segment_name(v), expected, 'a segment: ' || expected)
FROM (VALUES (NULL, '(missing)'), ('', ''), ('north', 'north'), (repeat('x', 500), repeat('x', 500))) AS s (v, expected);
SELECT is(status, 'failing', 'health() says so') FROM credit.health() WHERE monitor = 'troubled';

-- -------- a schema cron that is not pg_cron's --------

CREATE SCHEMA cron;
CREATE FUNCTION cron.planted() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = 'XXCRN'; END $$;
CREATE VIEW cron.job AS SELECT cron.planted() AS jobid, 'credit monitor sound'::text AS jobname, ''::text AS schedule,
	cron.planted() > 0 AS active, current_database() AS database;
CREATE VIEW cron.job_run_details AS SELECT cron.planted() AS jobid, cron.planted() AS runid, ''::text AS status, now() AS start_time,
	now() AS end_time, ''::text AS return_message, ''::text AS command, current_user AS username;
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS 'SELECT cron.planted()';
CREATE FUNCTION cron.unschedule(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT cron.planted() > 0';
SELECT isnt_empty('SELECT * FROM credit.health()', 'health() does not look at it');
SELECT is_empty('SELECT * FROM credit.scheduled_jobs()', 'it has no jobs');
SELECT throws_ok($$SELECT credit.schedule_monitor('sound', '* * * * *')$$, '55000', 'pg_cron is not installed in this database', 'nor gets one');
SELECT is(credit.unschedule_monitor('sound'), false, 'nor loses one');
SELECT lives_ok($$SELECT credit.run_scheduled_monitor('sound')$$, 'a run does not look at it');
SELECT lives_ok($$SELECT credit.create_monitor('passing', 'sample'), credit.drop_monitor('passing')$$, 'nor does drop_monitor()');
SET client_min_messages = warning;
DROP SCHEMA cron CASCADE;
RESET client_min_messages;

-- -------- rights --------

CREATE ROLE credit_tap_monitor;
CREATE ROLE credit_tap_admin;
GRANT USAGE ON SCHEMA public, tap TO credit_tap_monitor, credit_tap_admin;
SELECT lives_ok($$SELECT credit.grant_access('credit_tap_monitor', 'monitor'), credit.grant_access('credit_tap_admin', 'admin')$$, 'levels');
SELECT alert_id FROM alerts_of('fragile') WHERE resolved_at IS NULL \gset
SET ROLE credit_tap_monitor;
SELECT is(count(*), 13::bigint, 'monitor reads runs') FROM runs_of('fragile');
SELECT is(status, 'failing', 'sees how monitors do') FROM credit.health() WHERE monitor = 'fragile';
SELECT is(acknowledged_by, 'credit_tap_monitor', 'acknowledges') FROM credit.acknowledge_alert(:alert_id);
SELECT throws_ok(sql, '42501', NULL, 'but not ' || sql) FROM unnest(ARRAY['SELECT credit.run_monitor(''sound'')',
	'SELECT credit.run_due_monitors()', 'SELECT credit.create_monitor(''b'', ''sample'')', 'SELECT credit.change_monitor(''sound'', ''{}'')',
	'SELECT credit.arm_monitor(''sound'')', 'SELECT credit.disarm_monitor(''sound'')', 'SELECT credit.drop_monitor(''sound'')',
	'SELECT credit.schedule_monitor(''sound'', ''* * * * *'')', 'SELECT credit.unschedule_monitor(''sound'')',
	'UPDATE credit.alert SET resolved_at = now()', 'DELETE FROM credit.monitor_window']) AS sql;
SET ROLE credit_tap_admin;
SELECT is(created_by, 'credit_tap_admin', 'admin creates') FROM credit.create_monitor('b', 'arriving', 'm');
SELECT is(error, 'permission denied for table arriving', 'but reads with its own rights') FROM credit.run_monitor('b');
RESET ROLE;
GRANT SELECT ON arriving TO credit_tap_admin;
SET ROLE credit_tap_admin;
SELECT is((error, run_by), (NULL::text, 'credit_tap_admin'::text), 'and runs') FROM credit.run_monitor('b');
SELECT throws_ok(sql, '42501', NULL, 'but not ' || sql) FROM unnest(ARRAY['UPDATE credit.alert SET resolved_at = now()',
	'UPDATE credit.monitor SET armed_on = NULL', 'DELETE FROM credit.monitor_window',
	'INSERT INTO credit.drift_run SELECT * FROM credit.drift_run']) AS sql;
SELECT is(credit.drop_monitor('b')::text, '', 'and drops');
RESET ROLE;

-- -------- correction for the number of tests --------

\set corrections `cat "$CREDIT_TOP"/test/stats/fixtures/corrections.tsv`
CREATE TEMPORARY TABLE recorded AS
SELECT string_to_array(f[1], ' ')::float8[] AS p, string_to_array(f[2], ' ')::float8[] AS bh, string_to_array(f[3], ' ')::float8[] AS bonferroni
FROM string_to_table(:'corrections', E'\n') AS line, string_to_array(line, E'\t') AS f WHERE line NOT LIKE '#%';
CREATE FUNCTION pg_temp.agree(a float8[], b float8[]) RETURNS boolean LANGUAGE sql AS $$
	SELECT cardinality(a) = cardinality(b) AND bool_and(CASE WHEN x = y THEN true ELSE abs(x / y - 1) <= 1e-14 END) FROM unnest(a, b) AS v (x, y)
$$;
SELECT cmp_ok(count(*), '>', 50::bigint, 'there are families of tests') FROM recorded;
SELECT is_empty($$SELECT * FROM recorded WHERE NOT pg_temp.agree(credit.adjust_p_values(p, 'benjamini-hochberg'), bh)$$, 'Benjamini and Hochberg, as scipy');
SELECT is_empty($$SELECT * FROM recorded WHERE NOT pg_temp.agree(credit.adjust_p_values(p, 'bonferroni'), bonferroni)$$, 'Bonferroni, as statsmodels');
SELECT is_empty($$SELECT * FROM recorded WHERE credit.adjust_p_values(p, 'none') <> p$$, 'or none');
SELECT is(credit.adjust_p_values('{NULL,0.01,NULL,0.03}', c), expected::float8[], 'a NULL is no test: ' || c)
FROM (VALUES ('benjamini-hochberg', '{NULL,0.02,NULL,0.03}'), ('bonferroni', '{NULL,0.02,NULL,0.06}'), ('none', '{NULL,0.01,NULL,0.03}')) AS v (c, expected);
SELECT is_empty($$
	SELECT drift_run_id FROM credit.drift_result AS r JOIN credit.drift_run AS u USING (drift_run_id) WHERE u.severity IS NOT NULL
	GROUP BY drift_run_id HAVING NOT pg_temp.agree(
		array_agg(r.adjusted_p_value ORDER BY segment, feature) FILTER (WHERE p_value IS NOT NULL),
		credit.adjust_p_values(array_agg(r.p_value ORDER BY segment, feature) FILTER (WHERE p_value IS NOT NULL), 'benjamini-hochberg'))$$,
	'which is what runs store');

SELECT * FROM finish();
ROLLBACK;
