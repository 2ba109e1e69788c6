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
		('credit.build_image', 'artifact bytea, options jsonb DEFAULT ''{}''::jsonb', 'bytea'),
		('credit.check_import_options', 'options jsonb', 'void'),
		('credit.clear_drift_baseline', 'version_id bigint', 'void'),
		('credit.describe_model', 'model text', 'TABLE(property text, value text)'),
		('credit.drift_add', 'state internal, reference credit.drift_reference[], VARIADIC columns "any"', 'internal'),
		('credit.drift_column_type', 'source regclass, "column" name', 'regtype'),
		('credit.drift_columns', 'source regclass, other regclass, version_id bigint, OUT feature text, OUT expression text, OUT categorical boolean', 'SETOF record'),
		('credit.drift_combine', 'state internal, other internal', 'internal'),
		('credit.drift_compare', 'current regclass, feature name, reference regclass, model text', 'SETOF credit.drift_figure'),
		('credit.drift_deserial', 'state bytea, context internal', 'internal'),
		('credit.drift_expression', 'current regclass, feature text, version_id bigint', 'text'),
		('credit.drift_figures', 'reference credit.drift_reference[], state bytea', 'SETOF credit.drift_figure'),
		('credit.drift_is_number', 'type regtype', 'boolean'),
		('credit.drift_no_reference', 'current regclass, feature name, reference regclass, version_id bigint', 'void'),
		('credit.drift_reference_of', 'source regclass, feature text, expression text, categorical boolean, size integer', 'credit.drift_reference'),
		('credit.drift_references', 'version_id bigint, feature text DEFAULT NULL::text', 'credit.drift_reference[]'),
		('credit.drift_scan', 'reference credit.drift_reference[], VARIADIC columns "any"', 'bytea'),
		('credit.drift_score_expression', 'version_id bigint', 'text'),
		('credit.drift_serial', 'state internal', 'bytea'),
		('credit.drift_test_of', 'method text, current regclass, "column" name, reference regclass, model text', 'credit.drift_test'),
		('credit.export_model', 'model text', 'bytea'),
		('credit.find_version', 'model text, include_retired boolean DEFAULT false', 'bigint'),
		('credit.image_features', 'image bytea', 'TABLE("position" integer, name text, type text, categories text[], split_count integer)'),
		('credit.image_margin', 'image bytea, applicant jsonb', 'real'),
		('credit.import_model', 'name text, artifact bytea, options jsonb DEFAULT ''{}''::jsonb', 'integer'),
		('credit.keep_drift_reference', 'version_id bigint, "position" integer, reference credit.drift_reference, source text', 'void'),
		('credit.lock_model', 'model text', 'bigint'),
		('credit.margin_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'real'),
		('credit.move_alias', 'target_model_id bigint, alias text, action text, to_version integer', 'credit.deployment'),
		('credit.pd_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'double precision'),
		('credit.promote', 'model text, version integer, alias text DEFAULT ''champion''::text', 'credit.deployment'),
		('credit.refuse_change', '', 'trigger'),
		('credit.registry_changed', '', 'trigger'),
		('credit.retire', 'model text, version integer', 'void'),
		('credit.rollback', 'model text, alias text DEFAULT ''champion''::text', 'credit.deployment'),
		('credit.score_columns', 'function regprocedure, model text, names text[], VARIADIC columns "any"', 'integer'),
		('credit.score_support', 'internal', 'internal'),
		('credit.set_drift_baseline', 'model text, source regclass, baseline_size integer DEFAULT 10000, with_score boolean DEFAULT true', 'integer'),
		('credit.verify_model', 'model text', 'TABLE("check" text, passed boolean, detail text)'),
		('public.credit_margin', 'applicant jsonb, model text DEFAULT NULL::text', 'real'),
		('public.credit_margin', 'applicant record, model text DEFAULT NULL::text', 'real'),
		('public.credit_pd', 'applicant jsonb, model text DEFAULT NULL::text', 'double precision'),
		('public.credit_pd', 'applicant record, model text DEFAULT NULL::text', 'double precision'),
		('public.credit_score', 'applicant jsonb, model text DEFAULT NULL::text', 'integer'),
		('public.credit_score', 'applicant record, model text DEFAULT NULL::text', 'integer'),
		('public.drift_chi2', 'current regclass, "column" name, reference regclass DEFAULT NULL::regclass, model text DEFAULT NULL::text', 'credit.drift_test'),
		('public.drift_js', 'current regclass, "column" name, reference regclass DEFAULT NULL::regclass, model text DEFAULT NULL::text', 'credit.drift_test'),
		('public.drift_ks', 'current regclass, "column" name, reference regclass DEFAULT NULL::regclass, model text DEFAULT NULL::text', 'credit.drift_test'),
		('public.drift_psi', 'current regclass, "column" name, reference regclass DEFAULT NULL::regclass, model text DEFAULT NULL::text', 'credit.drift_test'),
		('public.drift_report', 'current regclass, model text DEFAULT NULL::text, reference regclass DEFAULT NULL::regclass', 'SETOF credit.drift_figure'),
		('public.drift_wasserstein', 'current regclass, "column" name, reference regclass DEFAULT NULL::regclass, model text DEFAULT NULL::text', 'credit.drift_test')
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
		('build_image', 'c', 'i', true, 's'),
		('check_import_options', 'plpgsql', 'i', false, 's'),
		('clear_drift_baseline', 'plpgsql', 'v', false, 'u'),
		('credit_margin', 'c', 's', false, 's'),
		('credit_pd', 'c', 's', false, 's'),
		('credit_score', 'c', 's', false, 's'),
		('describe_model', 'sql', 's', false, 'u'),
		('drift_add', 'c', 'i', false, 's'),
		('drift_chi2', 'sql', 's', false, 'u'),
		('drift_column_type', 'plpgsql', 's', false, 'u'),
		('drift_columns', 'plpgsql', 's', false, 'u'),
		('drift_combine', 'c', 'i', false, 's'),
		('drift_compare', 'plpgsql', 's', false, 'u'),
		('drift_deserial', 'c', 'i', true, 's'),
		('drift_expression', 'plpgsql', 's', false, 'u'),
		('drift_figures', 'c', 'i', false, 's'),
		('drift_is_number', 'sql', 'i', false, 's'),
		('drift_js', 'sql', 's', false, 'u'),
		('drift_ks', 'sql', 's', false, 'u'),
		('drift_no_reference', 'plpgsql', 's', false, 'u'),
		('drift_psi', 'sql', 's', false, 'u'),
		('drift_reference_of', 'plpgsql', 's', false, 'u'),
		('drift_references', 'sql', 's', false, 's'),
		('drift_report', 'sql', 's', false, 'u'),
		('drift_scan', 'internal', 'i', false, 's'),
		('drift_score_expression', 'sql', 's', false, 'u'),
		('drift_serial', 'c', 'i', false, 's'),
		('drift_test_of', 'plpgsql', 's', false, 'u'),
		('drift_wasserstein', 'sql', 's', false, 'u'),
		('export_model', 'sql', 's', false, 's'),
		('find_version', 'c', 's', false, 's'),
		('image_facts', 'c', 'i', true, 's'),
		('image_features', 'c', 'i', true, 's'),
		('image_margin', 'c', 'i', true, 's'),
		('import_model', 'plpgsql', 'v', false, 'u'),
		('keep_drift_reference', 'plpgsql', 'v', false, 'u'),
		('lock_model', 'plpgsql', 'v', false, 'u'),
		('margin_columns', 'c', 's', false, 's'),
		('move_alias', 'plpgsql', 'v', false, 'u'),
		('pd_columns', 'c', 's', false, 's'),
		('promote', 'plpgsql', 'v', false, 'u'),
		('refuse_change', 'plpgsql', 'v', false, 'u'),
		('registry_changed', 'c', 'v', false, 'u'),
		('retire', 'plpgsql', 'v', false, 'u'),
		('rollback', 'plpgsql', 'v', false, 'u'),
		('score_columns', 'c', 's', false, 's'),
		('score_support', 'c', 'i', true, 'u'),
		('set_drift_baseline', 'plpgsql', 'v', false, 'u'),
		('verify_model', 'plpgsql', 's', false, 'u')
	$$,
	'language, volatility, strictness, parallel safety');

SELECT is_empty('SELECT oid::regprocedure FROM member WHERE prosecdef', 'no SECURITY DEFINER');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM member
		WHERE lanname = 'plpgsql' AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)$$,
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
