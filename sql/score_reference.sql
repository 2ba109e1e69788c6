-- Model references: what NULL, 'm', 'm@alias' and 'm@3' mean, how a wrong one
-- is refused, and when credit.default_model takes effect.
--
-- Version n of model a has the margin n; of model b, 10 n.
\i sql/include/tiny_models.psql
CREATE FUNCTION pg_temp.margin(reference text) RETURNS text
LANGUAGE plpgsql AS $$ BEGIN RETURN credit_margin('{"x": 1}'::jsonb, reference); END $$;

-- No model at all.
SELECT credit_margin('{"x": 1}'::jsonb);
SELECT credit_margin('{"x": 1}'::jsonb, 'a');

-- One model: NULL is its champion, once it has one.
SELECT credit.import_model('a', pg_temp.constant(n)) FROM generate_series(1, 4) AS n;
SELECT credit_margin('{"x": 1}'::jsonb);
SELECT to_version FROM credit.promote('a', 2);
SELECT to_version FROM credit.promote('a', 3, 'challenger');
SELECT to_version FROM credit.promote('a', 1, 'v1.0-old');
SELECT credit_margin('{"x": 1}'::jsonb), credit_margin('{"x": 1}'::jsonb, NULL), credit_margin(s) FROM (SELECT 1 AS x) AS s;

-- Two: NULL is ambiguous, and the error lists them.
SELECT credit.import_model('b', pg_temp.constant(10 * n)) FROM generate_series(1, 2) AS n;
SELECT to_version FROM credit.promote('b', 1);
SELECT credit_margin('{"x": 1}'::jsonb);
\set VERBOSITY sqlstate
SELECT credit_margin('{"x": 1}'::jsonb);
\set VERBOSITY default

-- References of each kind.
SELECT reference, pg_temp.margin(reference) FROM unnest(ARRAY['a', 'a@champion', 'a@challenger', 'a@v1.0-old', 'a@1', 'a@3', 'a@0004', 'b', 'b@2']) AS reference;

-- The reference may vary by row, and be NULL in some.
SET credit.default_model = 'b@2';
SELECT n, credit_margin(jsonb_build_object('x', n), r) AS margin
FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a@1'), (4, NULL), (5, 'a'), (6, 'a@challenger'), (7, 'b@1'), (8, 'a@4'), (9, NULL)) AS v (n, r) ORDER BY n;
SELECT n, credit_margin(v, r) AS margin
FROM (VALUES (1, 'a', 0), (2, 'b', 0), (3, NULL, 0), (4, 'a@3', 0)) AS v (n, r, x) ORDER BY n;
RESET credit.default_model;

-- Wrong ones.
SELECT credit.retire('a', 4);
SELECT quote_literal(reference) AS reference, pg_temp.failure(format('SELECT credit_margin(''{"x": 1}''::jsonb, %L)', reference)) AS refusal
FROM unnest(ARRAY['', ' ', 'A', 'a ', 'c', '@', '@1', 'a@', 'a@1@2', 'a@@1', 'a@-1', 'a@ 1', 'a@1.5', 'a@0', 'a@9', 'a@4', 'a@4294967297', 'a@99999999999999999999',
	'a@Champion', 'b@challenger']) WITH ORDINALITY AS v (reference, place) ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)
\set VERBOSITY sqlstate
SELECT credit_margin('{"x": 1}'::jsonb, 'c');
SELECT credit_margin('{"x": 1}'::jsonb, 'a@');
SELECT credit_margin('{"x": 1}'::jsonb, 'a@9');
SELECT credit_margin('{"x": 1}'::jsonb, 'a@4');
SELECT credit_margin('{"x": 1}'::jsonb, 'b@challenger');
\set VERBOSITY default

-- credit.default_model: any reference; checked when used, not when set.
SET credit.default_model = 'a';
SELECT credit_margin('{"x": 1}'::jsonb);
SET credit.default_model = 'a@challenger';
SELECT credit_margin('{"x": 1}'::jsonb);
SET credit.default_model = 'b@2';
SELECT credit_margin('{"x": 1}'::jsonb), credit_margin('{"x": 1}'::jsonb, 'a') AS named;
SET credit.default_model = 'none';
SELECT credit_margin('{"x": 1}'::jsonb);
SELECT credit_margin('{"x": 1}'::jsonb, 'a') AS named;
SET credit.default_model = 'a@4';
SELECT credit_margin('{"x": 1}'::jsonb);
SET credit.default_model = '';
SELECT credit_margin('{"x": 1}'::jsonb);

-- It takes effect at the next statement, within a transaction and under one
-- snapshot too, and in plans that were made before.
PREPARE p AS SELECT credit_margin('{"x": 1}'::jsonb) AS p;
CREATE FUNCTION pg_temp.in_plpgsql() RETURNS real LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN credit_margin('{"x": 1}'::jsonb); END $$;
SET plan_cache_mode = force_generic_plan;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL credit.default_model = 'a';
EXECUTE p;
SELECT pg_temp.in_plpgsql();
SET LOCAL credit.default_model = 'b';
EXECUTE p;
SELECT pg_temp.in_plpgsql();
SAVEPOINT s;
SET LOCAL credit.default_model = 'b@2';
EXECUTE p;
ROLLBACK TO SAVEPOINT s;
EXECUTE p;
COMMIT;
EXECUTE p;
RESET plan_cache_mode;
-- Set by a function for itself.
CREATE FUNCTION pg_temp.with_setting() RETURNS real LANGUAGE sql STABLE SET credit.default_model = 'a@1'
AS $$ SELECT credit_margin('{"x": 1}'::jsonb) $$;
SET credit.default_model = 'b';
SELECT pg_temp.with_setting(), credit_margin('{"x": 1}'::jsonb), pg_temp.in_plpgsql();
RESET credit.default_model;
SELECT name, boot_val, vartype, context, short_desc FROM pg_settings WHERE name LIKE 'credit.%' ORDER BY name;
DEALLOCATE ALL;

-- More models than an error can list.
SELECT count(credit.import_model('many' || lpad(n::text, 2, '0'), pg_temp.constant(n))) FROM generate_series(1, 25) AS n;
SELECT credit_margin('{"x": 1}'::jsonb);

-- Names are of ASCII letters, in every locale, whatever the database takes for
-- a letter.
\set VERBOSITY sqlstate
SELECT credit.import_model('größe', pg_temp.constant(7));
SELECT credit.promote('a', 1, 'prüfling');
\set VERBOSITY default

\i sql/include/empty_registry.psql
