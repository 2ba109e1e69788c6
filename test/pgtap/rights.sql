-- Scoring needs EXECUTE on the function that is written, whatever way the
-- planner takes: the functions that it puts in place are open to everybody,
-- and must not let anybody in.

BEGIN;
SELECT plan(30);

\ir stump.psql

SELECT is(credit.import_model('m', pg_temp.stump(1)), 1, 'version 1');
SELECT is((credit.promote('m', 1)).to_version, 1, 'promoted');

CREATE TABLE applicant AS SELECT 0.0::float8 AS x;
CREATE VIEW scored AS SELECT credit_margin(a, 'm') AS margin FROM applicant AS a;
CREATE VIEW shown AS SELECT * FROM credit.models;

CREATE ROLE credit_tap_app;
CREATE ROLE credit_tap_analyst;
GRANT USAGE ON SCHEMA public, tap TO credit_tap_app, credit_tap_analyst;
GRANT SELECT ON applicant, scored TO credit_tap_app, credit_tap_analyst;
GRANT EXECUTE ON FUNCTION credit_margin(record, text), credit_reasons(record, text, integer) TO credit_tap_app;
GRANT USAGE ON SCHEMA credit TO credit_tap_analyst;
GRANT SELECT ON credit.models TO credit_tap_analyst;

-- -------- a role that may call one function --------

SET ROLE credit_tap_app;
SELECT is((SELECT credit_margin(a, 'm') FROM applicant AS a), 1::real, 'app scores columns');
SELECT is((SELECT credit_margin(a, (SELECT 'm')) FROM applicant AS a), 1::real, 'and rows');
SELECT is((SELECT margin FROM scored), 1::real, 'and by a view');
SELECT lives_ok($$SELECT r.* FROM applicant AS a, credit_reasons(a, 'm') AS r$$, 'and asks why');
SELECT throws_ok(sql, '42501', 'permission denied for function ' || name, sql)
FROM (VALUES
	('credit_score', $$SELECT credit_score(a, 'm') FROM applicant AS a$$),
	('credit_score', $$SELECT credit_score(a, (SELECT 'm')) FROM applicant AS a$$),
	('credit_pd', $$SELECT credit_pd(a, 'm') FROM applicant AS a$$),
	('credit_margin', $$SELECT credit_margin('{"x": 0}'::jsonb, 'm')$$),
	('credit_explain', $$SELECT * FROM credit_explain('{"x": 0}'::jsonb, 'm')$$),
	('credit_reasons', $$SELECT * FROM credit_reasons('{"x": 0}'::jsonb, 'm')$$),
	('credit_contributions', $$SELECT credit_contributions(a, 'm') FROM applicant AS a$$)) AS v (name, sql);
SELECT throws_ok(sql, '42501', 'permission denied for schema credit', sql)
FROM (VALUES
	($$SELECT credit.margin_columns('credit_margin(record, text)'::regprocedure, 'm', '{x}', 0.0::float8)$$),
	($$SELECT * FROM credit.models$$),
	($$SELECT credit.promote('m', 1)$$)) AS v (sql);

-- -------- a role that may use the schema but not score --------

SET ROLE credit_tap_analyst;
SELECT is((SELECT count(*) FROM credit.models), 1::bigint, 'analyst reads the models');
SELECT throws_ok($$SELECT margin FROM scored$$, '42501', 'permission denied for function credit_margin',
	'a view does not lend the right to score');
SELECT throws_ok(format('SELECT credit.%s_columns(%L::regprocedure, ''m'', ''{x}'', 0.0::float8)', name, function), '42501',
	NULL, format('%s_columns by way of %s', name, function))
FROM (VALUES ('score'), ('pd'), ('margin'), ('contributions')) AS f (name),
	(VALUES ('credit_score(record, text)'), ('lower(text)'), ('credit.margin_columns(regprocedure, text, text[], "any")'))
		AS g (function);

SELECT * FROM finish();
ROLLBACK;
