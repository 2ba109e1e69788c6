-- The cache of model images: any number of models score right whatever its
-- size, it keeps what fits, least recently used out first, shows itself in
-- pg_backend_memory_contexts, and forgets what an extension that was dropped
-- left behind.
--
-- Each of the models c1 to c6 has 1,000 trees whose leaves add up to 1000 times
-- its number, so that an image is some tens of kilobytes.
\i sql/include/tiny_models.psql
SELECT credit.import_model('c' || n, convert_to(pg_temp.model('{x}', '{q}', VARIADIC array_fill(pg_temp.leaf(n), ARRAY[1000]))::text, 'UTF8'))
FROM generate_series(1, 6) AS n;
SELECT (credit.promote('c' || n, 1)).to_version FROM generate_series(1, 6) AS n;
SELECT encode(pg_temp.constant(-1), 'hex') AS artifact, encode(pg_temp.constant(-2), 'hex') AS artifact_2 \gset

-- A new session has no cache; it grows with what is used.
\c -
\set SHOW_CONTEXT never
SET max_parallel_workers_per_gather = 0;
CREATE VIEW pg_temp.cached AS SELECT ident FROM pg_backend_memory_contexts WHERE name = 'credit model';
SELECT * FROM pg_temp.cached;
SELECT credit_margin('{"x": 1}'::jsonb, 'c' || n) AS margin FROM generate_series(1, 6) AS n;
SHOW credit.model_cache_size;
SELECT ident FROM pg_temp.cached ORDER BY ident;
SELECT credit_margin('{"x": 1}'::jsonb, 'c1@1'), credit_margin('{"x": 1}'::jsonb, 'c1@champion');
SELECT count(*) AS models FROM pg_temp.cached;
-- Under one parent, which is counted too.
SELECT sum(total_bytes) AS one_model FROM pg_backend_memory_contexts WHERE name = 'credit model' AND ident = 'c1@1' \gset
SELECT sum(total_bytes) AS parent FROM pg_backend_memory_contexts WHERE name = 'credit model cache' \gset
SELECT :one_model BETWEEN 24 * 1024 AND 60 * 1024 AS size_as_expected, :parent BETWEEN 1 AND 24 * 1024 AS parent_small;

-- Loaded ahead: the image, and the layout that otherwise comes after some
-- hundred rows.
\c -
\set SHOW_CONTEXT never
SET max_parallel_workers_per_gather = 0;
CREATE VIEW pg_temp.cached AS SELECT name, ident FROM pg_backend_memory_contexts WHERE name IN ('credit model', 'credit layout');
SELECT credit.warm('c1') AS held, credit.warm('c1@1') AS again \gset
SELECT name, ident FROM pg_temp.cached ORDER BY 1;
SELECT :held = :again AS same, :held = (SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name IN ('credit model', 'credit layout')) AS as_shown;
SELECT count(credit_margin(jsonb_build_object('x', n), 'c2')) FROM generate_series(1, 256) AS n;
SELECT name FROM pg_temp.cached WHERE ident = 'c2@1' ORDER BY 1;
SELECT count(credit_margin(jsonb_build_object('x', n), 'c2')) FROM generate_series(1, 2) AS n;
SELECT name FROM pg_temp.cached WHERE ident = 'c2@1' ORDER BY 1;
SET credit.default_model = 'c3';
SELECT credit.warm() > 0 AS default_model;
SET credit.default_model = '';
SELECT credit.warm();
SELECT credit.warm('nobody');
SELECT credit.warm('c1@2');

-- The least: round robin over more than fits, in one statement and in many.
-- At the end of a statement no more is kept than the limit.
\c -
\set SHOW_CONTEXT never
SET max_parallel_workers_per_gather = 0;
CREATE VIEW pg_temp.cached AS SELECT ident FROM pg_backend_memory_contexts WHERE name = 'credit model';
SET credit.model_cache_size = '64kB';
SELECT n, credit_margin('{"x": 1}'::jsonb, 'c' || n % 6 + 1) = 1000 * (n % 6 + 1) AS right FROM generate_series(1, 13) AS n;
SELECT bool_and(credit_margin(v, 'c' || x % 6 + 1) = 1000 * (x % 6 + 1)) AS right FROM (SELECT x FROM generate_series(1, 300) AS x) AS v;
SELECT credit_margin('{"x": 1}'::jsonb, 'c1');
SELECT credit_margin('{"x": 1}'::jsonb, 'c2');
SELECT credit_margin('{"x": 1}'::jsonb, 'c3');
SELECT credit_margin('{"x": 1}'::jsonb, 'c4');
SELECT credit_margin('{"x": 1}'::jsonb, 'c5');
SELECT sum(total_bytes) <= 64 * 1024 AS within_limit FROM pg_backend_memory_contexts WHERE name IN ('credit model', 'credit model cache');
SELECT count(*) BETWEEN 1 AND 5 AS some_evicted, bool_or(ident = 'c5@1') AS latest_kept, bool_or(ident = 'c1@1') AS first_kept FROM pg_temp.cached;

-- Least recently used out first.  Room for three: c1, c2, c3, then c1 again,
-- then c4 in place of c2.
\c -
\set SHOW_CONTEXT never
SET max_parallel_workers_per_gather = 0;
CREATE VIEW pg_temp.cached AS SELECT ident FROM pg_backend_memory_contexts WHERE name = 'credit model';
SELECT set_config('credit.model_cache_size', ((:parent + 3.5 * :one_model) / 1024)::int || 'kB', false) IS NOT NULL AS set;
SELECT credit_margin('{"x": 1}'::jsonb, 'c1');
SELECT credit_margin('{"x": 1}'::jsonb, 'c2');
SELECT credit_margin('{"x": 1}'::jsonb, 'c3');
SELECT ident FROM pg_temp.cached ORDER BY ident;
SELECT credit_margin('{"x": 1}'::jsonb, 'c1');
SELECT credit_margin('{"x": 1}'::jsonb, 'c4');
SELECT ident FROM pg_temp.cached ORDER BY ident;
SELECT credit_margin('{"x": 1}'::jsonb, 'c2');
SELECT ident FROM pg_temp.cached ORDER BY ident;

-- What a cursor uses stays, whatever its size, until the cursor is closed.
SET credit.model_cache_size = '64kB';
BEGIN;
DECLARE c CURSOR FOR SELECT n, credit_margin(jsonb_build_object('x', n), 'c6') FROM generate_series(1, 4) AS n;
FETCH 1 FROM c;
SELECT credit_margin('{"x": 1}'::jsonb, 'c' || n) AS margin FROM generate_series(1, 5) AS n;
SELECT count(*) FILTER (WHERE ident = 'c6@1') AS in_use FROM pg_temp.cached;
FETCH 1 FROM c;
-- A change of the registry's definition makes all of it stale; the cursor goes on.
ALTER TABLE credit.model_version ALTER COLUMN notes SET STATISTICS 10;
SELECT credit_margin('{"x": 1}'::jsonb, 'c6');
SELECT count(*) FILTER (WHERE ident = 'c6@1') AS old_and_new FROM pg_temp.cached;
FETCH 1 FROM c;
CLOSE c;
SELECT count(*) FILTER (WHERE ident = 'c6@1') AS new FROM pg_temp.cached;
ROLLBACK;
-- An error in the middle of a statement leaves nothing pinned: what it used
-- can be evicted.
SELECT credit_margin(CASE WHEN n < 3 THEN '{"x": 1}'::jsonb ELSE '{}' END, 'c6') FROM generate_series(1, 4) AS n;
SELECT credit_margin('{"x": 1}'::jsonb, 'c' || n) AS margin FROM generate_series(1, 5) AS n;
SELECT count(*) FILTER (WHERE ident = 'c6@1') AS left_behind FROM pg_temp.cached;

-- Values that are refused, in their limits.
\set VERBOSITY sqlstate
SET credit.model_cache_size = 63;
SET credit.model_cache_size = -1;
SET credit.model_cache_size = 'much';
SET credit.model_cache_size = '3000GB';
\set VERBOSITY default
SHOW credit.model_cache_size;
SET credit.model_cache_size = 64;
SHOW credit.model_cache_size;
SET credit.model_cache_size = '1GB';
SHOW credit.model_cache_size;
RESET credit.model_cache_size;
SHOW credit.model_cache_size;

-- DROP and CREATE EXTENSION in one session: models with the same names and the
-- same ids are others, for calls, plans and functions that lived through it.
DROP EXTENSION pg_credit;
CREATE EXTENSION pg_credit;
SELECT credit.import_model('same', decode(:'artifact', 'hex'));
SELECT to_version FROM credit.promote('same', 1);
PREPARE p AS SELECT credit_margin('{"x": 1}'::jsonb, 'same') AS prepared;
CREATE FUNCTION pg_temp.in_plpgsql() RETURNS real LANGUAGE plpgsql AS $$ BEGIN RETURN credit_margin('{"x": 1}'::jsonb, 'same'); END $$;
SELECT credit_margin('{"x": 1}'::jsonb, 'same') AS before, pg_temp.in_plpgsql(), (SELECT model_version_id FROM credit.model_version) AS id;
EXECUTE p;
DROP EXTENSION pg_credit;
\set VERBOSITY sqlstate
EXECUTE p;
SELECT pg_temp.in_plpgsql();
\set VERBOSITY default
CREATE EXTENSION pg_credit;
SELECT credit.import_model('same', decode(:'artifact_2', 'hex'));
SELECT to_version FROM credit.promote('same', 1);
SELECT credit_margin('{"x": 1}'::jsonb, 'same') AS after, pg_temp.in_plpgsql(), (SELECT model_version_id FROM credit.model_version) AS id;
EXECUTE p;
SELECT ident, count(*) FROM pg_temp.cached GROUP BY ident;
-- In one transaction that is rolled back, the old one is back.
BEGIN;
DROP EXTENSION pg_credit;
CREATE EXTENSION pg_credit;
SELECT credit.import_model('same', decode(:'artifact', 'hex'));
SELECT credit_margin('{"x": 1}'::jsonb, 'same@1') AS inside;
ROLLBACK;
SELECT credit_margin('{"x": 1}'::jsonb, 'same@1') AS outside;

DROP VIEW pg_temp.cached;
\i sql/include/empty_registry.psql
