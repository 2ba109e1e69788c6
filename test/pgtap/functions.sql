-- The functions are a contract: names, arguments, results, and what the
-- planner may assume of them.

BEGIN;
SELECT plan(12);

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
			WHERE proname NOT IN ('image_facts', 'image_range', 'model_facts')) AS s
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
		('credit.check_baseline', 'target credit.model_version, model text, cutoff integer, band integer', 'void'),
		('credit.check_directions', 'target credit.model_version, model text', 'void'),
		('credit.check_import_options', 'options jsonb', 'void'),
		('credit.check_option_features', 'image bytea, options jsonb', 'void'),
		('credit.check_reason_option', 'reasons jsonb', 'void'),
		('credit.check_reasons', 'target credit.model_version, model text', 'void'),
		('credit.check_role', 'role name', 'void'),
		('credit.code_version', '', 'text'),
		('credit.compare_arms', 'of_model text, since timestamp with time zone DEFAULT NULL::timestamp with time zone', 'TABLE(arm text, versions integer[], decisions bigint, approved bigint, approval_rate double precision, approval_low double precision, approval_high double precision, outcomes bigint, bads bigint, bad_rate double precision, bad_low double precision, bad_high double precision, auc double precision, auc_low double precision, auc_high double precision, gini double precision)'),
		('credit.contributions_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'real[]'),
		('credit.cutoff_bands', 'policy jsonb', 'jsonb'),
		('credit.decision_hash', 'decision credit.decision', 'bytea'),
		('credit.describe_model', 'model text', 'TABLE(property text, value text)'),
		('credit.expired_months', '', 'SETOF date'),
		('credit.export_model', 'model text', 'bytea'),
		('credit.feature_facts', 'model text', 'TABLE("position" integer, feature text, type text, split_count integer, weight real, pd_direction text, declared text)'),
		('credit.find_version', 'model text, include_retired boolean DEFAULT false', 'bigint'),
		('credit.grant_access', 'role name, level text', 'void'),
		('credit.image_features', 'image bytea', 'TABLE("position" integer, name text, type text, categories text[], split_count integer)'),
		('credit.image_margin', 'image bytea, applicant jsonb', 'real'),
		('credit.image_monotone', 'image bytea, feature text, direction text, OUT verdict text, OUT reason text, OUT lower_applicant jsonb, OUT upper_applicant jsonb, OUT lower_margin real, OUT upper_margin real', 'record'),
		('credit.image_nodes', 'image bytea', 'TABLE(tree integer, node integer, parent integer, depth integer, feature text, threshold real, categories text[], left_child integer, right_child integer, missing_child integer, leaf real, cover real)'),
		('credit.image_reasons', 'image bytea, applicant jsonb, baseline text DEFAULT ''population''::text, codes text[] DEFAULT NULL::text[], reference double precision[] DEFAULT NULL::double precision[], max_reasons integer DEFAULT 4', 'TABLE(rank integer, code text, feature text, value text, points_lost double precision)'),
		('credit.image_score', 'image bytea, inputs real[], OUT margin real, OUT pd double precision, OUT score integer', 'record'),
		('credit.image_weights', 'image bytea', 'real[]'),
		('credit.import_model', 'name text, artifact bytea, options jsonb DEFAULT ''{}''::jsonb', 'integer'),
		('credit.keep_baseline', 'new credit.baseline, means double precision[], model text', 'void'),
		('credit.keep_golden_reasons', 'target_id bigint, model text', 'void'),
		('credit.labels_fit', 'decision credit.decision', 'boolean'),
		('credit.lacks_baseline', 'target credit.model_version', 'boolean'),
		('credit.lock_model', 'model text', 'bigint'),
		('credit.log_months', '', 'SETOF date'),
		('credit.maintain', '', 'TABLE(action text, month date, detail text)'),
		('credit.make_partition', 'month date', 'boolean'),
		('credit.margin_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'real'),
		('credit.monotonicity', 'model text', 'TABLE(feature text, direction text, declared boolean, verdict text, reason text, lower_applicant jsonb, upper_applicant jsonb, lower_margin real, upper_margin real)'),
		('credit.month_start', 'month date', 'timestamp with time zone'),
		('credit.move_alias', 'target_model_id bigint, alias text, action text, to_version integer', 'credit.deployment'),
		('credit.needs_baseline', 'target credit.model_version', 'boolean'),
		('credit.partition_name', 'month date', 'text'),
		('credit.pd_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'double precision'),
		('credit.promote', 'model text, version integer, alias text DEFAULT ''champion''::text', 'credit.deployment'),
		('credit.reason_codes', 'model_version_id bigint, applicant jsonb', 'text[]'),
		('credit.record_outcome', 'decision_id bigint, defaulted boolean, at timestamp with time zone DEFAULT now()', 'credit.outcome'),
		('credit.record_outcome', 'subject text, defaulted boolean, at timestamp with time zone DEFAULT now()', 'credit.outcome'),
		('credit.refuse_change', '', 'trigger'),
		('credit.refuse_removal', '', 'trigger'),
		('credit.refuse_retirement', '', 'trigger'),
		('credit.registry_changed', '', 'trigger'),
		('credit.remove_month', 'expired date, OUT removed boolean, OUT detail text', 'record'),
		('credit.replay', 'decision_id bigint, OUT verdict text, OUT differs text[], OUT margin real, OUT pd double precision, OUT score integer, OUT outcome text, OUT grade text, OUT detail text', 'record'),
		('credit.retire', 'model text, version integer', 'void'),
		('credit.revoke_access', 'role name', 'void'),
		('credit.rollback', 'model text, alias text DEFAULT ''champion''::text', 'credit.deployment'),
		('credit.score_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'integer'),
		('credit.score_support', 'internal', 'internal'),
		('credit.seal_hash', 'seal credit.seal', 'bytea'),
		('credit.seal_log', '', 'bigint'),
		('credit.set_baseline', 'model text, source regclass, cutoff integer DEFAULT NULL::integer, band integer DEFAULT 10', 'bigint'),
		('credit.set_policy', 'model text, policy jsonb', 'credit.policy'),
		('credit.set_reason_baseline', 'target credit.model_version, name text, source regclass, cutoff integer, band integer', 'bigint'),
		('credit.set_retention', 'keep_months integer DEFAULT 25', 'credit.retention'),
		('credit.shadow', 'model text, challenger text', 'credit.routing'),
		('credit.split', 'model text, challenger text, share double precision DEFAULT NULL::double precision, salt text DEFAULT NULL::text', 'credit.routing'),
		('credit.tree_nodes', 'model text', 'TABLE(tree integer, node integer, parent integer, depth integer, feature text, threshold real, categories text[], left_child integer, right_child integer, missing_child integer, leaf real, cover real)'),
		('credit.verify_decisions', 'of_month date', 'TABLE(decision_id bigint, finding text, detail text)'),
		('credit.verify_log', 'from_at timestamp with time zone DEFAULT ''-infinity''::timestamp with time zone, to_at timestamp with time zone DEFAULT ''infinity''::timestamp with time zone', 'TABLE(month date, "check" text, passed boolean, decision_id bigint, detail text)'),
		('credit.verify_model', 'model text', 'TABLE("check" text, passed boolean, detail text)'),
		('credit.verify_seals', 'of_month date', 'TABLE(seal integer, detail text)'),
		('credit.warm', 'model text DEFAULT NULL::text', 'bigint'),
		('credit.wilson_interval', 'successes bigint, trials bigint, OUT low double precision, OUT high double precision', 'record'),
		('public.credit_contributions', 'applicant jsonb, model text DEFAULT NULL::text', 'real[]'),
		('public.credit_contributions', 'applicant record, model text DEFAULT NULL::text', 'real[]'),
		('public.credit_decide', 'subject text, applicant jsonb, model text DEFAULT NULL::text', 'credit.decision'),
		('public.credit_decide', 'subject text, applicant record, model text DEFAULT NULL::text', 'credit.decision'),
		('public.credit_explain', 'applicant jsonb, model text DEFAULT NULL::text', 'TABLE(feature text, value text, contribution double precision, points double precision)'),
		('public.credit_explain', 'applicant record, model text DEFAULT NULL::text', 'TABLE(feature text, value text, contribution double precision, points double precision)'),
		('public.credit_margin', 'applicant jsonb, model text DEFAULT NULL::text', 'real'),
		('public.credit_margin', 'applicant record, model text DEFAULT NULL::text', 'real'),
		('public.credit_pd', 'applicant jsonb, model text DEFAULT NULL::text', 'double precision'),
		('public.credit_pd', 'applicant record, model text DEFAULT NULL::text', 'double precision'),
		('public.credit_reasons', 'applicant jsonb, model text DEFAULT NULL::text, max_reasons integer DEFAULT 4', 'TABLE(rank integer, code text, reason text, feature text, value text, points_lost double precision)'),
		('public.credit_reasons', 'applicant record, model text DEFAULT NULL::text, max_reasons integer DEFAULT 4', 'TABLE(rank integer, code text, reason text, feature text, value text, points_lost double precision)'),
		('public.credit_score', 'applicant jsonb, model text DEFAULT NULL::text', 'integer'),
		('public.credit_score', 'applicant record, model text DEFAULT NULL::text', 'integer')
	$$,
	'names, arguments and results');

-- Too wide for the list above.
CREATE TEMPORARY VIEW output AS
SELECT proname, array_agg((name || ' ' || format_type(type, NULL)) COLLATE "default" ORDER BY place) AS columns
FROM member, unnest(proargnames, proallargtypes, proargmodes) WITH ORDINALITY AS a (name, type, mode, place)
WHERE mode = 'o' GROUP BY proname;

SELECT is(columns, ARRAY['xgboost_version text', 'artifact_format text', 'booster text', 'objective text', 'positive_class text',
	'on_unseen_category text', 'base_margin real', 'rounds integer', 'rounds_in_artifact integer',
	'trees integer', 'nodes integer', 'max_depth integer', 'features integer', 'features_used integer',
	'base_score double precision', 'base_odds double precision', 'pdo double precision',
	'min_score double precision', 'max_score double precision', 'evaluator text', 'image_bytes bigint',
	'base_margin_last boolean'],
	'columns of image_facts')
FROM output WHERE proname = 'image_facts';
SELECT is(columns, ARRAY['margin_min_bound real', 'margin_min_found real', 'margin_max_bound real', 'margin_max_found real',
	'score_min_bound double precision', 'score_min_found double precision', 'score_max_bound double precision',
	'score_max_found double precision', 'score_min_applicant jsonb', 'score_max_applicant jsonb'],
	'columns of image_range')
FROM output WHERE proname = 'image_range';
SELECT is(columns, ARRAY['version integer', 'booster text', 'trees integer', 'nodes integer', 'leaves integer',
	'max_depth integer', 'features integer', 'features_used integer', 'features_unused text[]', 'base_margin real',
	'base_margin_last boolean', 'bias real', 'margin_min_bound real', 'margin_min_found real', 'margin_max_bound real',
	'margin_max_found real', 'score_min_bound double precision', 'score_min_found double precision',
	'score_max_bound double precision', 'score_max_found double precision', 'range_exact boolean',
	'score_min_applicant jsonb', 'score_max_applicant jsonb'],
	'columns of model_facts')
FROM output WHERE proname = 'model_facts';

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
		('check_baseline', 'plpgsql', 's', false, 'u'),
		('check_directions', 'plpgsql', 's', false, 'u'),
		('check_import_options', 'plpgsql', 'i', false, 's'),
		('check_option_features', 'plpgsql', 'i', false, 's'),
		('check_reason_option', 'plpgsql', 'i', false, 's'),
		('check_reasons', 'plpgsql', 's', false, 'u'),
		('check_role', 'plpgsql', 's', false, 'u'),
		('code_version', 'c', 's', false, 's'),
		('compare_arms', 'sql', 's', false, 'u'),
		('contributions_columns', 'c', 's', false, 's'),
		('credit_contributions', 'c', 's', false, 's'),
		('credit_decide', 'c', 'v', false, 'u'),
		('credit_explain', 'c', 's', false, 's'),
		('credit_margin', 'c', 's', false, 's'),
		('credit_pd', 'c', 's', false, 's'),
		('credit_reasons', 'c', 's', false, 's'),
		('credit_score', 'c', 's', false, 's'),
		('cutoff_bands', 'plpgsql', 'i', false, 's'),
		('decision_hash', 'c', 'i', true, 's'),
		('describe_model', 'sql', 's', false, 'u'),
		('expired_months', 'sql', 's', false, 'u'),
		('export_model', 'sql', 's', false, 's'),
		('feature_facts', 'sql', 's', false, 's'),
		('find_version', 'c', 's', false, 's'),
		('grant_access', 'plpgsql', 'v', false, 'u'),
		('image_facts', 'c', 'i', true, 's'),
		('image_features', 'c', 'i', true, 's'),
		('image_margin', 'c', 'i', true, 's'),
		('image_monotone', 'c', 'i', true, 's'),
		('image_nodes', 'c', 'i', true, 's'),
		('image_range', 'c', 'i', true, 's'),
		('image_reasons', 'c', 'i', false, 's'),
		('image_score', 'c', 'i', true, 's'),
		('image_weights', 'c', 'i', true, 's'),
		('import_model', 'plpgsql', 'v', false, 'u'),
		('keep_baseline', 'plpgsql', 'v', false, 'u'),
		('keep_golden_reasons', 'plpgsql', 'v', false, 'u'),
		('labels_fit', 'sql', 's', false, 'u'),
		('lacks_baseline', 'sql', 's', false, 'u'),
		('lock_model', 'plpgsql', 'v', false, 'u'),
		('log_months', 'sql', 's', false, 'u'),
		('maintain', 'plpgsql', 'v', false, 'u'),
		('make_partition', 'plpgsql', 'v', false, 'u'),
		('margin_columns', 'c', 's', false, 's'),
		('model_facts', 'sql', 's', false, 's'),
		('monotonicity', 'sql', 's', false, 's'),
		('month_start', 'sql', 'i', true, 's'),
		('move_alias', 'plpgsql', 'v', false, 'u'),
		('needs_baseline', 'sql', 's', false, 'u'),
		('partition_name', 'sql', 'i', true, 's'),
		('pd_columns', 'c', 's', false, 's'),
		('promote', 'plpgsql', 'v', false, 'u'),
		('reason_codes', 'sql', 's', false, 'u'),
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
		('set_baseline', 'plpgsql', 'v', false, 'u'),
		('set_policy', 'plpgsql', 'v', false, 'u'),
		('set_reason_baseline', 'plpgsql', 'v', false, 'u'),
		('set_retention', 'plpgsql', 'v', false, 'u'),
		('shadow', 'plpgsql', 'v', false, 'u'),
		('split', 'plpgsql', 'v', false, 'u'),
		('tree_nodes', 'sql', 's', false, 's'),
		('verify_decisions', 'sql', 's', false, 'u'),
		('verify_log', 'plpgsql', 's', false, 'u'),
		('verify_model', 'plpgsql', 's', false, 'u'),
		('verify_seals', 'plpgsql', 's', false, 'u'),
		('warm', 'c', 'v', false, 'r'),
		('wilson_interval', 'sql', 'i', true, 's')
	$$,
	'language, volatility, strictness, parallel safety');

SELECT set_eq(
	'SELECT oid::regprocedure::text FROM member WHERE prosecdef',
	ARRAY['credit.grant_access(name,text)',
		'credit.import_model(text,bytea,jsonb)',
		'credit.keep_baseline(credit.baseline,double precision[],text)',
		'credit.lock_model(text)',
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
	$$VALUES ('credit_contributions(record,text)', 'credit.score_support'),
		('credit_margin(record,text)', 'credit.score_support'), ('credit_pd(record,text)', 'credit.score_support'),
		('credit_score(record,text)', 'credit.score_support')$$,
	'functions that the planner sees through');

SELECT * FROM finish();
ROLLBACK;
