-- Rows go through the model 64 at a time: where a CreditBatch is planned, where
-- not, and that nothing but the time tells the difference.
\i sql/include/tiny_models.psql
SET credit.batch = on;
SET max_parallel_workers_per_gather = 0;

-- 120 trees, so that batches pay; the margin tells every feature apart.
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{amount,colour,rate}', '{q,c,q}', VARIADIC trees)),
	'{"categories": {"colour": ["red", "green", "blue"]}}')
FROM (SELECT array_agg(CASE i % 3
		WHEN 0 THEN pg_temp.stump(0, i * 10, i, i * 2, 'from on')
		WHEN 1 THEN pg_temp.category_stump(1, '{0,2}', i / 8.0, i / 16.0)
		ELSE pg_temp.stump(2, i / 100.0, i / 32.0, i / 64.0) END ORDER BY i) AS trees
	FROM generate_series(1, 120) AS i) AS t;
SELECT to_version FROM credit.promote('m', 1);
-- Small ones and linear ones are faster by the row.
SELECT credit.import_model('small', pg_temp.json(pg_temp.model('{amount}', '{q}', pg_temp.stump(0, 100, 1, 2))));
SELECT to_version FROM credit.promote('small', 1);

CREATE TABLE applicant (id int PRIMARY KEY, rate float8, colour text, note text, amount numeric, score real);
INSERT INTO applicant
SELECT i, nullif(i % 70, 3) / 60.0, (ARRAY['red', 'green', 'blue', NULL])[1 + i % 4], 'note ' || i,
	nullif(i % 130, 2) * 10
FROM generate_series(1, 1000) AS i;
CREATE TABLE branch (id int PRIMARY KEY, name text);
INSERT INTO branch SELECT i, 'branch ' || i FROM generate_series(0, 9) AS i;
CREATE TABLE parted (id int, amount numeric, rate float8, colour text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (400);
CREATE TABLE part_2 (colour text, id int, rate float8, amount numeric);
ALTER TABLE parted ATTACH PARTITION part_2 FOR VALUES FROM (400) TO (10000);
INSERT INTO parted SELECT id, amount, rate, colour FROM applicant;
ANALYZE applicant, branch, parted;

-- Where the node stands.
EXPLAIN (COSTS OFF) SELECT id, credit_score(a, 'm') FROM applicant AS a;
EXPLAIN (COSTS OFF, VERBOSE) SELECT sum(credit_margin(a, 'm')), max(id) FROM applicant AS a WHERE id > 10;
EXPLAIN (COSTS OFF) SELECT id, credit_pd(a, 'm') FROM applicant AS a ORDER BY 2 LIMIT 20;
EXPLAIN (COSTS OFF) SELECT id, credit_pd(a, 'm') FROM applicant AS a ORDER BY note LIMIT 20;
EXPLAIN (COSTS OFF) SELECT id, credit_pd(a, 'm') FROM applicant AS a ORDER BY id;
EXPLAIN (COSTS OFF) SELECT name, avg(credit_score(a, 'm')) FROM applicant AS a JOIN branch AS b ON b.id = a.id % 10 GROUP BY name;
EXPLAIN (COSTS OFF) SELECT credit_score(a, 'm'), count(*) FROM applicant AS a GROUP BY 1;
EXPLAIN (COSTS OFF) SELECT id, credit_score(p, 'm') FROM parted AS p;
EXPLAIN (COSTS OFF) UPDATE applicant AS a SET score = credit_margin(a, 'm');
EXPLAIN (COSTS OFF) SELECT sum(credit_margin(a, 'm')), sum(credit_margin(a, 'm@1')) FROM applicant AS a;
-- Where it would not pay.
EXPLAIN (COSTS OFF) SELECT id, credit_score(a, 'small') FROM applicant AS a;
EXPLAIN (COSTS OFF) SELECT id, credit_score(a, 'm') FROM applicant AS a WHERE id = 7;
EXPLAIN (COSTS OFF) SELECT id, credit_score(a, 'm') FROM applicant AS a LIMIT 5;

-- Runs a query with and without batches and by the row path, where the
-- reference is not a constant; says whether it was batched and whether the
-- results, in their order, are equal.
CREATE FUNCTION pg_temp.three(query text, OUT batched bool, OUT equal bool, OUT n bigint) AS $$
DECLARE
	line text;
	batch text[];
	alone text[];
	by_row text[];
BEGIN
	SET LOCAL credit.batch = on;
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || replace(query, '$m', '''m''') LOOP
		batched := coalesce(batched, false) OR line LIKE '%CreditBatch%';
	END LOOP;
	EXECUTE 'SELECT array_agg(r::text) FROM (' || replace(query, '$m', '''m''') || ') AS r' INTO batch;
	SET LOCAL credit.batch = off;
	EXECUTE 'SELECT array_agg(r::text) FROM (' || replace(query, '$m', '''m''') || ') AS r' INTO alone;
	EXECUTE 'SELECT array_agg(r::text) FROM (' || replace(query, '$m', '(SELECT ''m'')') || ') AS r' INTO by_row;
	equal := batch IS NOT DISTINCT FROM alone AND batch IS NOT DISTINCT FROM by_row;
	n := cardinality(batch);
END
$$ LANGUAGE plpgsql;

CREATE VIEW feature AS SELECT id, note, colour, amount + 1 AS amount, CASE WHEN rate < 0.5 THEN 1 - rate END AS rate FROM applicant;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM applicant WHERE id > 50;
CREATE TEMP TABLE shape (number int, what text, query text);
INSERT INTO shape VALUES
	(1, 'table', 'SELECT id, credit_margin(a, $m), note FROM applicant AS a'),
	(2, 'all columns', 'SELECT *, credit_margin(a, $m) FROM applicant AS a'),
	(3, 'call alone', 'SELECT credit_margin(a, $m) FROM applicant AS a'),
	(4, 'in an expression', 'SELECT id, round(credit_margin(a, $m)::numeric + id, 1) FROM applicant AS a'),
	(5, 'three functions', 'SELECT credit_score(a, $m), credit_pd(a, $m), credit_margin(a, $m) FROM applicant AS a'),
	(6, 'one call twice', 'SELECT credit_margin(a, $m), credit_margin(a, $m) * 2 FROM applicant AS a'),
	(7, 'WHERE beside it', 'SELECT id, credit_margin(a, $m) FROM applicant AS a WHERE amount < 900 AND note <> ''note 9'''),
	(8, 'WHERE with it', 'SELECT id FROM applicant AS a WHERE credit_margin(a, $m) > 5000'),
	(9, 'WHERE and target', 'SELECT id, credit_margin(a, $m) FROM applicant AS a WHERE credit_margin(a, $m) > 5000'),
	(10, 'aggregates', 'SELECT count(*), max(note), sum(credit_margin(a, $m)::numeric), avg(credit_score(a, $m)) FROM applicant AS a'),
	(11, 'aggregate with order', 'SELECT array_agg(id ORDER BY credit_margin(a, $m), id) FROM applicant AS a'),
	(12, 'DISTINCT aggregate', 'SELECT count(DISTINCT credit_score(a, $m)) FROM applicant AS a'),
	(13, 'FILTER with it', 'SELECT sum(id) FILTER (WHERE credit_score(a, $m) > 0) FROM applicant AS a'),
	(14, 'FILTER beside it', 'SELECT sum(credit_score(a, $m)) FILTER (WHERE id < 9) FROM applicant AS a'),
	(15, 'GROUP BY', 'SELECT colour, sum(credit_margin(a, $m)::numeric) FROM applicant AS a GROUP BY colour HAVING max(credit_score(a, $m)) IS NOT NULL ORDER BY 1'),
	(16, 'grouped by it', 'SELECT credit_margin(a, $m) AS m, count(*) FROM applicant AS a GROUP BY 1 ORDER BY 1'),
	(17, 'above a group', 'SELECT credit_margin(a, $m), count(*) FROM applicant AS a JOIN branch AS b ON b.id < a.id GROUP BY a.id ORDER BY a.id'),
	(18, 'grouping sets', 'SELECT colour, id % 3, sum(credit_margin(a, $m)::numeric) FROM applicant AS a GROUP BY ROLLUP (1, 2) ORDER BY 1, 2'),
	(19, 'DISTINCT', 'SELECT DISTINCT credit_score(a, $m) FROM applicant AS a ORDER BY 1'),
	(20, 'DISTINCT ON', 'SELECT DISTINCT ON (colour) colour, id, credit_margin(a, $m) FROM applicant AS a ORDER BY colour, credit_margin(a, $m), id'),
	(21, 'ORDER BY it', 'SELECT id FROM applicant AS a ORDER BY credit_margin(a, $m), id'),
	(22, 'ORDER BY index', 'SELECT credit_margin(a, $m) FROM applicant AS a ORDER BY id DESC'),
	(23, 'top', 'SELECT id, credit_margin(a, $m) FROM applicant AS a ORDER BY 2, 1 LIMIT 100'),
	(24, 'page', 'SELECT id, credit_margin(a, $m) FROM applicant AS a ORDER BY note LIMIT 100 OFFSET 130'),
	(25, 'LIMIT 0', 'SELECT id, credit_margin(a, $m) FROM applicant AS a LIMIT 0'),
	(26, 'WITH TIES', 'SELECT colour, credit_margin(a, $m) FROM applicant AS a ORDER BY colour FETCH FIRST 20 ROWS WITH TIES'),
	(27, 'window argument', 'SELECT id, sum(credit_margin(a, $m)::numeric) OVER (PARTITION BY colour ORDER BY id) FROM applicant AS a'),
	(28, 'window order', 'SELECT id, rank() OVER (ORDER BY credit_margin(a, $m)) FROM applicant AS a ORDER BY 2, 1'),
	(29, 'beside a window', 'SELECT id, credit_margin(a, $m), row_number() OVER (ORDER BY id) FROM applicant AS a'),
	(30, 'join', 'SELECT a.id, b.name, credit_margin(a, $m) FROM applicant AS a JOIN branch AS b ON b.id = a.id % 10 ORDER BY 1'),
	(31, 'preserved side', 'SELECT a.id, b.name, credit_margin(a, $m) FROM applicant AS a LEFT JOIN branch AS b ON b.id = a.id ORDER BY 1'),
	(32, 'nullable side', 'SELECT b.id, credit_margin(a, $m) FROM branch AS b LEFT JOIN applicant AS a ON a.id = b.id'),
	(33, 'self join', 'SELECT credit_margin(a, $m) - credit_margin(b, $m) FROM applicant AS a JOIN applicant AS b ON b.id = a.id + 1 ORDER BY a.id'),
	(34, 'semijoin', 'SELECT id, credit_margin(a, $m) FROM applicant AS a WHERE id IN (SELECT id * 3 FROM branch) ORDER BY id'),
	(35, 'partitions', 'SELECT id, credit_margin(p, $m) FROM parted AS p'),
	(36, 'partitions in order', 'SELECT id, credit_margin(p, $m) FROM parted AS p ORDER BY 2, 1'),
	(37, 'sum of partitions', 'SELECT sum(credit_margin(p, $m)::numeric) FROM parted AS p'),
	(38, 'UNION ALL', 'SELECT id, credit_margin(a, $m) FROM applicant AS a UNION ALL SELECT id, credit_margin(p, $m) FROM parted AS p'),
	(39, 'UNION', 'SELECT credit_margin(a, $m) AS m FROM applicant AS a UNION SELECT credit_margin(p, $m) FROM parted AS p ORDER BY 1'),
	(40, 'EXCEPT', 'SELECT credit_margin(a, $m) FROM applicant AS a EXCEPT SELECT 1::real ORDER BY 1'),
	(41, 'view with expressions', 'SELECT id, credit_margin(f, $m) FROM feature AS f'),
	(42, 'security barrier', 'SELECT id, credit_margin(b, $m) FROM barrier AS b'),
	(43, 'subquery with LIMIT', 'SELECT id, credit_margin(s, $m) FROM (SELECT * FROM applicant ORDER BY id LIMIT 70) AS s'),
	(44, 'in a subquery', 'SELECT id, m FROM (SELECT id, credit_margin(a, $m) AS m FROM applicant AS a OFFSET 0) AS s WHERE m > 5000'),
	(45, 'CTE', 'WITH c AS MATERIALIZED (SELECT id, credit_margin(a, $m) AS m FROM applicant AS a) SELECT * FROM c JOIN c AS d USING (id) ORDER BY 1'),
	(46, 'init plan', 'SELECT id, (SELECT sum(credit_margin(a, $m)::numeric) FROM applicant AS a) FROM branch ORDER BY 1'),
	(47, 'correlated', 'SELECT id, (SELECT sum(credit_margin(a, $m)::numeric) FROM applicant AS a WHERE a.id % 10 = b.id) FROM branch AS b ORDER BY 1'),
	(48, 'LATERAL', 'SELECT b.id, l.* FROM branch AS b, LATERAL (SELECT a.id, credit_margin(a, $m) AS m FROM applicant AS a WHERE a.id > b.id * 90 ORDER BY 2, 1 LIMIT 20 + b.id) AS l'),
	(49, 'rescan', 'SELECT b.id, l.* FROM branch AS b LEFT JOIN LATERAL (SELECT a.id, credit_margin(a, $m) AS m FROM applicant AS a WHERE a.id < 100 OFFSET b.id) AS l ON l.m > 5000 + b.id'),
	(50, 'CASE', 'SELECT CASE WHEN id < 9 THEN credit_margin(a, $m) END FROM applicant AS a'),
	(51, 'CASE beside it', 'SELECT credit_margin(a, $m), CASE WHEN id < 9 THEN credit_margin(a, $m) END FROM applicant AS a'),
	(52, 'set-returning', 'SELECT id, generate_series(1, 2), credit_margin(a, $m) FROM applicant AS a'),
	(53, 'volatile WHERE', 'SELECT id, credit_margin(a, $m) FROM applicant AS a WHERE random() >= 0'),
	(54, 'volatile source', 'SELECT id, credit_margin(a, $m) FROM (SELECT *, random() FROM applicant OFFSET 0) AS a'),
	(55, 'volatile beside it', 'SELECT id, credit_margin(a, $m), random() < 2 FROM applicant AS a'),
	(56, 'system columns', 'SELECT ctid, tableoid::regclass, credit_margin(a, $m) FROM applicant AS a'),
	(57, 'whole row beside it', 'SELECT a, credit_margin(a, $m) FROM applicant AS a'),
	(58, 'VALUES', 'SELECT credit_margin(v, $m) FROM (SELECT i AS amount, ''red''::text AS colour, i AS rate FROM generate_series(1, 90) AS i) AS v'),
	(59, 'no rows', 'SELECT credit_margin(a, $m) FROM applicant AS a WHERE id < 0'),
	(60, '64 rows', 'SELECT credit_margin(a, $m) FROM applicant AS a WHERE id <= 64'),
	(61, '65 rows', 'SELECT credit_margin(a, $m) FROM applicant AS a WHERE id <= 65'),
	(62, 'locks above it', 'SELECT id, credit_margin(a, $m) FROM applicant AS a FOR SHARE'),
	(63, 'locks below it', 'SELECT id, credit_margin(s, $m) FROM (SELECT * FROM (SELECT * FROM applicant FOR SHARE) AS a OFFSET 0) AS s');
-- (Before PostgreSQL 16 the planner may not know a security barrier's row.)
SELECT number, what, CASE WHEN number <> 42 THEN batched END AS batched, equal, n
FROM shape, LATERAL pg_temp.three(query) ORDER BY number;

-- The same by parallel workers.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT sum(credit_margin(a, 'm')) FROM applicant AS a;
EXPLAIN (COSTS OFF) SELECT id, credit_margin(a, 'm') FROM applicant AS a ORDER BY 2, 1 LIMIT 100;
CREATE FUNCTION pg_temp.sorted(query text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	result text[];
BEGIN
	EXECUTE 'SELECT array_agg(r::text ORDER BY r::text) FROM (' || replace(query, '$m', '''m''') || ') AS r' INTO result;
	RETURN result;
END
$$;
CREATE TEMP TABLE parallel AS SELECT number, pg_temp.sorted(query) AS rows FROM shape;
RESET max_parallel_workers_per_gather;
RESET parallel_leader_participation;
SET max_parallel_workers_per_gather = 0;
SET credit.batch = off;
SELECT number, what FROM shape JOIN parallel AS p USING (number)
WHERE p.rows IS DISTINCT FROM pg_temp.sorted(query) ORDER BY number;
SET credit.batch = on;

-- LIMIT bounds what is read: rows of the child, not a batch more.
CREATE FUNCTION pg_temp.rows_read(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	batched boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) ' || query LOOP
		batched := batched OR line LIKE '%CreditBatch%';
		IF line ~ 'Scan (using \S+ )?on' THEN
			RETURN substring(line FROM 'rows=\d+') || CASE WHEN batched THEN ' batched' ELSE '' END;
		END IF;
	END LOOP;
END
$$;
SELECT pg_temp.rows_read('SELECT id, credit_margin(a, ''m'') FROM applicant AS a LIMIT 20');
SELECT pg_temp.rows_read('SELECT id, credit_margin(a, ''m'') FROM applicant AS a LIMIT 70 OFFSET 9');
PREPARE page AS SELECT id, credit_margin(a, 'm') FROM applicant AS a LIMIT $1 OFFSET $2;
SET plan_cache_mode = force_generic_plan;
SELECT pg_temp.rows_read('EXECUTE page (66, 7)');
SELECT pg_temp.rows_read('EXECUTE page (NULL, 7)');
SELECT pg_temp.rows_read('EXECUTE page (9223372036854775807, 9223372036854775807)');
EXECUTE page (-1, 0);
EXECUTE page (1, -1);
RESET plan_cache_mode;
-- With ties there is no bound.
SELECT pg_temp.rows_read('SELECT id, credit_margin(a, ''m'') FROM applicant AS a ORDER BY id FETCH FIRST 20 ROWS WITH TIES');
-- It also reaches a sort below, which then keeps no more than it needs.
CREATE FUNCTION pg_temp.sort_method(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
		IF line LIKE '%Sort Method%' THEN
			RETURN substring(line FROM 'Sort Method: (.*?)  ');
		END IF;
	END LOOP;
END
$$;
SELECT pg_temp.sort_method('SELECT id, credit_margin(a, ''m'') FROM applicant AS a ORDER BY note LIMIT 20'),
	pg_temp.sort_method('SELECT id, credit_margin(a, ''m'') FROM applicant AS a ORDER BY note LIMIT 20 OFFSET 900');

-- An error is raised when its row is reached, and for the first such row.
CREATE TABLE faulty AS SELECT id, amount::float8 AS amount, colour, rate FROM applicant;
UPDATE faulty SET amount = 'inf' WHERE id = 100;
UPDATE faulty SET colour = 'mauve' WHERE id IN (90, 101);
UPDATE faulty SET colour = 'ochre', rate = '-inf' WHERE id = 91;
ANALYZE faulty;
EXPLAIN (COSTS OFF) SELECT id, credit_margin(f, 'm') FROM faulty AS f ORDER BY id LIMIT 89;
SELECT count(*) FROM (SELECT id, credit_margin(f, 'm') FROM faulty AS f ORDER BY id LIMIT 89) AS s;
SELECT count(credit_margin(s, 'm')) FROM (SELECT * FROM faulty ORDER BY id) AS s;
SELECT count(credit_margin(s, 'm')) FROM (SELECT * FROM faulty WHERE id > 90 ORDER BY id) AS s;
SELECT count(credit_margin(s, 'm')) FROM (SELECT * FROM faulty WHERE id > 91 ORDER BY id) AS s;
SELECT count(credit_margin(s, 'm')) FROM (SELECT * FROM faulty WHERE id > 101 ORDER BY id) AS s;
-- The same where all columns are double precision; rates and amounts are NULL in some rows.
SELECT credit.import_model('plain', pg_temp.json(pg_temp.model('{amount,rate}', '{q,q}', VARIADIC trees)))
FROM (SELECT array_agg(CASE i % 2 WHEN 0 THEN pg_temp.stump(0, i * 10, i, i * 2) ELSE pg_temp.stump(1, i / 100.0, i / 32.0, i / 64.0) END ORDER BY i) AS trees
	FROM generate_series(1, 120) AS i) AS t;
-- A version is given the columns of others, too.
SELECT credit.import_model('plain', pg_temp.json(pg_temp.model('{rate}', '{q}', VARIADIC array_fill(pg_temp.stump(0, 0.5, 1, 2), ARRAY[120]))));
WITH scored AS MATERIALIZED (SELECT id, credit_margin(f, 'plain@1') AS margin, credit_margin(f, 'plain@2') AS later FROM faulty AS f WHERE id NOT IN (91, 100))
SELECT count(*), count(DISTINCT margin) > 100 AS differ, count(*) FILTER (WHERE margin <> credit_margin(f, (SELECT 'plain@1')) OR later <> credit_margin(f, (SELECT 'plain@2'))) AS wrong,
	count(*) FILTER (WHERE amount IS NULL OR rate IS NULL) > 0 AS missing
FROM scored JOIN faulty AS f USING (id);
SELECT count(credit_margin(s, 'plain@1')) FROM (SELECT * FROM faulty WHERE id > 91 ORDER BY id) AS s;
SELECT count(*) FROM (SELECT credit_margin(s, 'plain@1') FROM (SELECT * FROM faulty WHERE id > 80 ORDER BY id) AS s LIMIT 19) AS s;
-- PL/pgSQL fetches 10 rows and then 50; the 64th cannot be scored.
DO $$
DECLARE
	margin real;
	n int := 0;
BEGIN
	FOR margin IN SELECT credit_margin(s, 'm') FROM (SELECT * FROM faulty WHERE id > 26 ORDER BY id) AS s LOOP
		n := n + 1;
		EXIT WHEN n = 60;
	END LOOP;
	RAISE NOTICE '% rows', n;
END
$$;
SELECT count(credit_margin(s, 'm')) FROM (SELECT amount, colour, now() AS rate FROM faulty OFFSET 0) AS s;
SELECT count(credit_margin(s, 'm')) FROM (SELECT amount, colour FROM faulty OFFSET 0) AS s;
SELECT count(credit_margin(f, 'm@9')) FROM faulty AS f;
-- Points that are out of range are an error of the row, too.
SELECT credit.import_model('wide', pg_temp.json(pg_temp.model('{id}', '{q}', VARIADIC array_fill(pg_temp.stump(0, 500, 1, 1e7), ARRAY[120]))));
SELECT count(*) FROM (SELECT credit_score(f, 'wide@1') FROM faulty AS f ORDER BY id LIMIT 499) AS s;
SELECT count(credit_score(f, 'wide@1')) FROM faulty AS f;
SELECT count(credit_margin(f, 'wide@1')) FROM faulty AS f;

-- A batch can be cancelled.
SET statement_timeout = '100ms';
SELECT sum(credit_margin(a, 'm')) FROM applicant AS a, generate_series(1, 100000);
RESET statement_timeout;

-- DECLARE CURSOR goes row by row: it can go back, and the row can be updated.
BEGIN;
DECLARE c CURSOR FOR SELECT id, credit_margin(f, 'm') FROM faulty AS f;
FETCH 2 FROM c;
FETCH BACKWARD 1 FROM c;
UPDATE faulty SET amount = 5 WHERE CURRENT OF c RETURNING id;
CLOSE c;
DECLARE d SCROLL CURSOR FOR SELECT id, credit_margin(f, 'm') FROM faulty AS f ORDER BY id LIMIT 80;
FETCH ABSOLUTE 70 FROM d;
FETCH BACKWARD 1 FROM d;
FETCH FIRST FROM d;
CLOSE d;
ROLLBACK;

-- Rows that are written: numbers are given in the order of the rows, and a row
-- that is changed is the one that was scored.
CREATE TABLE scored (number int GENERATED ALWAYS AS IDENTITY, id int, margin real);
EXPLAIN (COSTS OFF) INSERT INTO scored (id, margin) SELECT id, credit_margin(a, 'm') FROM applicant AS a ORDER BY id;
INSERT INTO scored (id, margin) SELECT id, credit_margin(a, 'm') FROM applicant AS a ORDER BY id;
SELECT count(*) AS wrong FROM scored AS s JOIN applicant AS a USING (id) WHERE number <> id OR margin <> credit_margin(a, (SELECT 'm'));
UPDATE applicant AS a SET score = credit_margin(a, 'm');
SELECT count(*) AS wrong FROM applicant AS a WHERE score IS DISTINCT FROM credit_margin(a, (SELECT 'm'));
UPDATE applicant AS a SET score = 1 + credit_margin(a, 'm'), amount = amount + 1 FROM branch AS b WHERE b.id = a.id % 20;
SELECT count(*) AS changed FROM applicant AS a WHERE score IS DISTINCT FROM credit_margin(a, (SELECT 'm'));
MERGE INTO scored AS s USING (SELECT id, credit_margin(a, 'm') AS m FROM applicant AS a) AS n ON n.id = s.id
WHEN MATCHED AND s.margin <> n.m THEN UPDATE SET margin = n.m;
SELECT count(*) AS wrong FROM scored AS s JOIN applicant AS a USING (id) WHERE margin <> credit_margin(a, (SELECT 'm'));
CREATE MATERIALIZED VIEW kept AS SELECT id, credit_margin(a, 'm') AS margin FROM applicant AS a;
SELECT count(*) AS wrong FROM kept JOIN applicant AS a USING (id) WHERE margin <> credit_margin(a, (SELECT 'm'));

-- One plan through several models: a promotion, a default that changes.
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{rate,amount}', '{q,q}', VARIADIC array_fill(pg_temp.stump(1, 100, 1, 2), ARRAY[120]))));
SET plan_cache_mode = force_generic_plan;
PREPARE total AS SELECT sum(credit_margin(a)) FROM applicant AS a;
SET credit.default_model = 'm';
EXECUTE total;
SELECT to_version FROM credit.promote('m', 2);
EXECUTE total;
SET credit.default_model = 'm@1';
EXECUTE total;
RESET credit.default_model;
EXECUTE total;
RESET plan_cache_mode;

-- The right that counts is that to the function that was written.
CREATE ROLE credit_batch_user;
GRANT SELECT ON applicant TO credit_batch_user;
SET ROLE credit_batch_user;
SELECT sum(credit_margin(a, 'm')) FROM applicant AS a;
RESET ROLE;
GRANT EXECUTE ON FUNCTION credit_margin(record, text) TO credit_batch_user;
PREPARE denied AS SELECT sum(credit_margin(a, 'm')) FROM applicant AS a;
SET ROLE credit_batch_user;
EXECUTE denied;
RESET ROLE;
REVOKE EXECUTE ON FUNCTION credit_margin(record, text) FROM credit_batch_user;
SET ROLE credit_batch_user;
EXECUTE denied;
RESET ROLE;
-- Rows that a policy hides are not scored: one of them could not be.
ALTER TABLE faulty ENABLE ROW LEVEL SECURITY;
CREATE POLICY sound ON faulty TO credit_batch_user USING (id NOT IN (90, 91, 100, 101));
GRANT SELECT ON faulty TO credit_batch_user;
GRANT EXECUTE ON FUNCTION credit_margin(record, text) TO credit_batch_user;
SET ROLE credit_batch_user;
EXPLAIN (COSTS OFF) SELECT count(credit_margin(f, 'm@1')) FROM faulty AS f;
SELECT count(credit_margin(f, 'm@1')) FROM faulty AS f;
RESET ROLE;

-- Calls written by hand, which only the planner should write: names that are
-- not one per column are refused alike by the node and by the row.
CREATE FUNCTION pg_temp.by_hand(names text) RETURNS TABLE (batch bool, message text, state text) AS $$
BEGIN
	FOREACH batch IN ARRAY '{on,off}'::bool[] LOOP
		PERFORM pg_catalog.set_config('credit.batch', batch::text, true);
		BEGIN
			EXECUTE format('SELECT sum(credit.margin_columns(''credit_margin(record,text)''::regprocedure, ''m'', %s, amount, colour, rate)) FROM applicant', names)
			INTO message;
			message := 'scored';
			state := '00000';
		EXCEPTION WHEN OTHERS THEN
			message := sqlerrm;
			state := sqlstate;
		END;
		RETURN NEXT;
	END LOOP;
END
$$ LANGUAGE plpgsql;
SELECT names, h.*
FROM (VALUES
	(1, $$'{amount,colour,rate}'$$),
	(2, $$'[5:7]={amount,colour,rate}'$$),
	(3, $$'{rate,amount,rate}'$$),
	(4, $$NULL::text[]$$),
	(5, $$'{}'$$),
	(6, $$'{amount,colour}'$$),
	(7, $$'{amount,colour,rate,rate}'$$),
	(8, $$'{amount,NULL,rate}'$$),
	(9, $$'{{amount},{colour},{rate}}'$$),
	(10, $$(SELECT '{amount,NULL,rate}'::text[])$$)) AS t (i, names),
	pg_temp.by_hand(names) AS h
ORDER BY i, batch DESC;
EXPLAIN (COSTS OFF) SELECT sum(credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', '{amount}', VARIADIC ARRAY[amount])) FROM applicant;
SELECT sum(credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', '{amount}', VARIADIC ARRAY[amount])) FROM applicant;

DEALLOCATE ALL;
DROP TABLE applicant, branch, parted, faulty, scored CASCADE;
DROP OWNED BY credit_batch_user;
DROP ROLE credit_batch_user;
\i sql/include/empty_registry.psql
