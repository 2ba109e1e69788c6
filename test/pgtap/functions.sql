-- The functions are a contract: names, arguments, results, and what the
-- planner may assume of them.

BEGIN;
SELECT plan(10);

CREATE TEMPORARY VIEW member AS
SELECT p.*, l.lanname
FROM pg_depend AS d
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
JOIN pg_proc AS p ON p.oid = d.objid
JOIN pg_language AS l ON l.oid = p.prolang
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

SELECT results_eq(
	$$
		SELECT function COLLATE "default", arguments, result FROM (
			SELECT n.nspname || '.' || proname AS function, pg_get_function_arguments(m.oid) AS arguments,
				pg_get_function_result(m.oid) AS result
			FROM member AS m JOIN pg_namespace AS n ON n.oid = pronamespace
			WHERE proname <> 'image_facts') AS s
		ORDER BY function COLLATE "C", arguments COLLATE "C"
	$$,
	$$
		VALUES
		('credit.access_functions', 'level text', 'SETOF regprocedure'),
		('credit.add_routing', 'locked_id bigint, kind text, model text, challenger text, share double precision DEFAULT NULL::double precision, salt text DEFAULT NULL::text', 'credit.routing'),
		('credit.add_seal', 'seal credit.seal', 'void'),
		('credit.arm_of', 'decision credit.decision', 'text'),
		('credit.arm_position', 'model text, salt text, subject text', 'double precision'),
		('credit.begins_chain', 'seal credit.seal', 'boolean'),
		('credit.build_image', 'artifact bytea, options jsonb DEFAULT ''{}''::jsonb', 'bytea'),
		('credit.caller', '', 'text'),
		('credit.check_bands', 'bands jsonb', 'void'),
		('credit.check_import_options', 'options jsonb', 'void'),
		('credit.check_role', 'role name', 'void'),
		('credit.code_version', '', 'text'),
		('credit.compare_arms', 'of_model text, since timestamp with time zone DEFAULT NULL::timestamp with time zone', 'TABLE(arm text, versions integer[], decisions bigint, approved bigint, approval_rate double precision, approval_low double precision, approval_high double precision, outcomes bigint, bads bigint, bad_rate double precision, bad_low double precision, bad_high double precision, auc double precision, auc_low double precision, auc_high double precision, gini double precision)'),
		('credit.cutoff_bands', 'policy jsonb', 'jsonb'),
		('credit.decision_hash', 'decision credit.decision', 'bytea'),
		('credit.describe_model', 'model text', 'TABLE(property text, value text)'),
		('credit.expired_months', '', 'SETOF date'),
		('credit.export_model', 'model text', 'bytea'),
		('credit.find_version', 'model text, include_retired boolean DEFAULT false', 'bigint'),
		('credit.grant_access', 'role name, level text', 'void'),
		('credit.image_features', 'image bytea', 'TABLE("position" integer, name text, type text, categories text[], split_count integer)'),
		('credit.image_margin', 'image bytea, applicant jsonb', 'real'),
		('credit.image_score', 'image bytea, inputs real[], OUT margin real, OUT pd double precision, OUT score integer', 'record'),
		('credit.import_model', 'name text, artifact bytea, options jsonb DEFAULT ''{}''::jsonb', 'integer'),
		('credit.labels_fit', 'decision credit.decision', 'boolean'),
		('credit.lock_model', 'model text', 'bigint'),
		('credit.log_months', '', 'SETOF date'),
		('credit.maintain', '', 'TABLE(action text, month date, detail text)'),
		('credit.make_partition', 'month date', 'boolean'),
		('credit.margin_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'real'),
		('credit.month_start', 'month date', 'timestamp with time zone'),
		('credit.move_alias', 'target_model_id bigint, alias text, action text, to_version integer', 'credit.deployment'),
		('credit.partition_name', 'month date', 'text'),
		('credit.pd_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'double precision'),
		('credit.promote', 'model text, version integer, alias text DEFAULT ''champion''::text', 'credit.deployment'),
		('credit.record_outcome', 'decision_id bigint, defaulted boolean, at timestamp with time zone DEFAULT now()', 'credit.outcome'),
		('credit.record_outcome', 'subject text, defaulted boolean, at timestamp with time zone DEFAULT now()', 'credit.outcome'),
		('credit.refuse_change', '', 'trigger'),
		('credit.refuse_removal', '', 'trigger'),
		('credit.refuse_retirement', '', 'trigger'),
		('credit.registry_changed', '', 'trigger'),
		('credit.remove_month', 'expired date', 'text'),
		('credit.replay', 'decision_id bigint, OUT verdict text, OUT differs text[], OUT margin real, OUT pd double precision, OUT score integer, OUT outcome text, OUT grade text, OUT detail text', 'record'),
		('credit.retire', 'model text, version integer', 'void'),
		('credit.revoke_access', 'role name', 'void'),
		('credit.rollback', 'model text, alias text DEFAULT ''champion''::text', 'credit.deployment'),
		('credit.score_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'integer'),
		('credit.score_support', 'internal', 'internal'),
		('credit.seal_hash', 'seal credit.seal', 'bytea'),
		('credit.seal_log', '', 'bigint'),
		('credit.set_policy', 'model text, policy jsonb', 'credit.policy'),
		('credit.set_retention', 'keep_months integer DEFAULT 25', 'credit.retention'),
		('credit.shadow', 'model text, challenger text', 'credit.routing'),
		('credit.split', 'model text, challenger text, share double precision DEFAULT NULL::double precision, salt text DEFAULT NULL::text', 'credit.routing'),
		('credit.verify_decisions', 'of_month date', 'TABLE(decision_id bigint, finding text, detail text)'),
		('credit.verify_log', 'from_at timestamp with time zone DEFAULT ''-infinity''::timestamp with time zone, to_at timestamp with time zone DEFAULT ''infinity''::timestamp with time zone', 'TABLE(month date, "check" text, passed boolean, decision_id bigint, detail text)'),
		('credit.verify_model', 'model text', 'TABLE("check" text, passed boolean, detail text)'),
		('credit.verify_seals', 'of_month date', 'TABLE(seal integer, detail text)'),
		('credit.wilson_interval', 'successes bigint, trials bigint, OUT low double precision, OUT high double precision', 'record'),
		('public.credit_decide', 'subject text, applicant jsonb, model text DEFAULT NULL::text', 'credit.decision'),
		('public.credit_decide', 'subject text, applicant record, model text DEFAULT NULL::text', 'credit.decision'),
		('public.credit_margin', 'applicant jsonb, model text DEFAULT NULL::text', 'real'),
		('public.credit_margin', 'applicant record, model text DEFAULT NULL::text', 'real'),
		('public.credit_pd', 'applicant jsonb, model text DEFAULT NULL::text', 'double precision'),
		('public.credit_pd', 'applicant record, model text DEFAULT NULL::text', 'double precision'),
		('public.credit_score', 'applicant jsonb, model text DEFAULT NULL::text', 'integer'),
		('public.credit_score', 'applicant record, model text DEFAULT NULL::text', 'integer')
	$$,
	'names, arguments and results');

SELECT is(
	(SELECT array_agg((name || ' ' || format_type(type, NULL)) COLLATE "default" ORDER BY place)
		FROM member, unnest(proargnames, proallargtypes, proargmodes) WITH ORDINALITY AS a (name, type, mode, place)
		WHERE proname = 'image_facts' AND mode = 'o'),
	ARRAY['xgboost_version text', 'artifact_format text', 'booster text', 'objective text', 'positive_class text',
		'on_unseen_category text', 'base_margin real', 'rounds integer', 'rounds_in_artifact integer',
		'trees integer', 'nodes integer', 'max_depth integer', 'features integer', 'features_used integer',
		'base_score double precision', 'base_odds double precision', 'pdo double precision',
		'min_score double precision', 'max_score double precision', 'evaluator text', 'image_bytes bigint'],
	'columns of image_facts');

SELECT results_eq(
	$$
		SELECT DISTINCT proname::text COLLATE "default", lanname::text COLLATE "default", provolatile::text,
			proisstrict, proparallel::text
		FROM member ORDER BY 1
	$$,
	$$
		VALUES
		('access_functions', 'sql', 's', false, 'u'),
		('add_routing', 'plpgsql', 'v', false, 'u'),
		('add_seal', 'plpgsql', 'v', false, 'u'),
		('arm_of', 'sql', 's', false, 'u'),
		('arm_position', 'c', 'i', true, 's'),
		('begins_chain', 'sql', 's', false, 'u'),
		('build_image', 'c', 'i', true, 's'),
		('caller', 'sql', 's', false, 's'),
		('check_bands', 'plpgsql', 'i', false, 's'),
		('check_import_options', 'plpgsql', 'i', false, 's'),
		('check_role', 'plpgsql', 's', false, 'u'),
		('code_version', 'c', 's', false, 's'),
		('compare_arms', 'sql', 's', false, 'u'),
		('credit_decide', 'c', 'v', false, 'u'),
		('credit_margin', 'c', 's', false, 's'),
		('credit_pd', 'c', 's', false, 's'),
		('credit_score', 'c', 's', false, 's'),
		('cutoff_bands', 'plpgsql', 'i', false, 's'),
		('decision_hash', 'c', 'i', true, 's'),
		('describe_model', 'sql', 's', false, 'u'),
		('expired_months', 'sql', 's', false, 'u'),
		('export_model', 'sql', 's', false, 's'),
		('find_version', 'c', 's', false, 's'),
		('grant_access', 'plpgsql', 'v', false, 'u'),
		('image_facts', 'c', 'i', true, 's'),
		('image_features', 'c', 'i', true, 's'),
		('image_margin', 'c', 'i', true, 's'),
		('image_score', 'c', 'i', true, 's'),
		('import_model', 'plpgsql', 'v', false, 'u'),
		('labels_fit', 'sql', 's', false, 'u'),
		('lock_model', 'plpgsql', 'v', false, 'u'),
		('log_months', 'sql', 's', false, 'u'),
		('maintain', 'plpgsql', 'v', false, 'u'),
		('make_partition', 'plpgsql', 'v', false, 'u'),
		('margin_columns', 'c', 's', false, 's'),
		('month_start', 'sql', 'i', true, 's'),
		('move_alias', 'plpgsql', 'v', false, 'u'),
		('partition_name', 'sql', 'i', true, 's'),
		('pd_columns', 'c', 's', false, 's'),
		('promote', 'plpgsql', 'v', false, 'u'),
		('record_outcome', 'plpgsql', 'v', false, 'u'),
		('refuse_change', 'plpgsql', 'v', false, 'u'),
		('refuse_removal', 'plpgsql', 'v', false, 'u'),
		('refuse_retirement', 'plpgsql', 'v', false, 'u'),
		('registry_changed', 'c', 'v', false, 'u'),
		('remove_month', 'plpgsql', 'v', false, 'u'),
		('replay', 'plpgsql', 's', false, 'u'),
		('retire', 'plpgsql', 'v', false, 'u'),
		('revoke_access', 'plpgsql', 'v', false, 'u'),
		('rollback', 'plpgsql', 'v', false, 'u'),
		('score_columns', 'c', 's', false, 's'),
		('score_support', 'c', 'i', true, 'u'),
		('seal_hash', 'plpgsql', 'i', true, 's'),
		('seal_log', 'plpgsql', 'v', false, 'u'),
		('set_policy', 'plpgsql', 'v', false, 'u'),
		('set_retention', 'plpgsql', 'v', false, 'u'),
		('shadow', 'plpgsql', 'v', false, 'u'),
		('split', 'plpgsql', 'v', false, 'u'),
		('verify_decisions', 'sql', 's', false, 'u'),
		('verify_log', 'plpgsql', 's', false, 'u'),
		('verify_model', 'plpgsql', 's', false, 'u'),
		('verify_seals', 'plpgsql', 's', false, 'u'),
		('wilson_interval', 'sql', 'i', true, 's')
	$$,
	'language, volatility, strictness, parallel safety');

SELECT set_eq(
	'SELECT oid::regprocedure::text FROM member WHERE prosecdef',
	ARRAY['credit.grant_access(name,text)',
		'credit.import_model(text,bytea,jsonb)',
		'credit.maintain()',
		'credit.make_partition(date)',
		'credit.promote(text,integer,text)',
		'credit.record_outcome(bigint,boolean,timestamp with time zone)',
		'credit.record_outcome(text,boolean,timestamp with time zone)',
		'credit.retire(text,integer)',
		'credit.revoke_access(name)',
		'credit.rollback(text,text)',
		'credit.seal_log()',
		'credit.set_policy(text,jsonb)',
		'credit.set_retention(integer)',
		'credit.shadow(text,text)',
		'credit.split(text,text,double precision,text)'],
	'SECURITY DEFINER: what writes history');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM member
		WHERE (lanname = 'plpgsql' OR prosecdef)
			AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)$$,
	'every plpgsql function sets search_path');
-- A body that was parsed at creation has its names resolved; a string has not.
SELECT is_empty(
	$$SELECT oid::regprocedure FROM member WHERE lanname = 'sql' AND prosqlbody IS NULL$$,
	'every SQL function has a parsed body');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM member WHERE lanname = 'c' AND probin <> 'pg_credit'
		AND probin <> '$libdir/pg_credit'$$,
	'every C function is in pg_credit');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM member WHERE proname LIKE 'credit\_%' AND procost < 10$$,
	'scoring is not taken for cheap');
SELECT is_empty(
	$$SELECT prosrc FROM member WHERE lanname = 'c' GROUP BY prosrc HAVING count(*) > 1$$,
	'no C function serves two SQL functions');
SELECT set_eq(
	$$SELECT oid::regprocedure::text, prosupport::text FROM member WHERE prosupport <> 0$$,
	$$VALUES ('credit_margin(record,text)', 'credit.score_support'), ('credit_pd(record,text)', 'credit.score_support'),
		('credit_score(record,text)', 'credit.score_support')$$,
	'functions that the planner sees through');

SELECT * FROM finish();
ROLLBACK;
