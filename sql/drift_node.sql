-- A drift scan takes tuples as they are: where a CreditDrift is planned, where
-- not, and that nothing but the time tells it from the aggregate.
\i sql/include/tiny_models.psql
SET credit.batch = on;
SET max_parallel_workers_per_gather = 0;

-- Every length and alignment that a column can have, NULLs everywhere; columns
-- that were added, with a default and without, or dropped; values in TOAST.
CREATE DOMAIN share AS float8;
CREATE TABLE applicant (id int, flag bool, small int2, name text, x float8, code "char", big int8, amount numeric, half float4,
	fixed char(3), share share, ident name, address inet, note text, y float8);
INSERT INTO applicant
SELECT i, nullif(i % 3, 1) = 0, nullif(i % 50, 7), nullif(repeat('n', i % 140), 'nnn'), nullif(i % 301, 11) / 7.0, nullif(i % 26, 3)::int::"char",
	nullif(i % 77, 5) * 1e12::int8, nullif(i % 99, 2) / 3.0, nullif(i % 11, 4) / 2.0, 'c' || i % 5, nullif(i % 13, 6) / 13.0, 'n' || i % 9,
	CASE i % 4 WHEN 0 THEN '10.0.0.1' WHEN 1 THEN '::1' END::inet, CASE i % 10 WHEN 0 THEN repeat(md5(i::text), 3000) WHEN 1 THEN '' END,
	CASE i % 17 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN 'inf' WHEN 2 THEN NULL ELSE i % 17 END
FROM generate_series(1, 2000) AS i;
CREATE TABLE altered AS SELECT id, x, name, y FROM applicant;
ALTER TABLE altered ADD late float8, ADD given float8 DEFAULT 5, ADD gone text DEFAULT 'x';
INSERT INTO altered SELECT id, x, name, y, id % 40, id % 9 FROM applicant;
ALTER TABLE altered DROP gone, DROP name;
CREATE TABLE added AS SELECT id, x, name FROM applicant;
ALTER TABLE added ADD y float8, ADD small int2;
INSERT INTO added SELECT id, x, name, y, small FROM applicant;
CREATE TABLE parted (y float8, x float8) PARTITION BY RANGE (y);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (8);
CREATE TABLE part_2 (extra text DEFAULT 'e', x float8, y float8);
ALTER TABLE part_2 DROP extra;
ALTER TABLE parted ATTACH PARTITION part_2 DEFAULT;
INSERT INTO parted SELECT y, x FROM applicant;
CREATE VIEW seen AS SELECT y, x, name FROM applicant WHERE x > 5;
CREATE INDEX ON applicant (x, y);
VACUUM (ANALYZE) applicant, altered, added, parted;

-- References: columns of applicant by name; their sources as SQL, to be put in.
CREATE TABLE reference AS
SELECT c.name, credit.drift_reference_of('applicant', c.name, 'c.' || c.name, c.categorical, 100) AS reference
FROM (VALUES ('x', false), ('y', false), ('small', false), ('big', false), ('amount', false), ('half', false), ('share', false), ('flag', true),
	('name', true), ('code', true), ('fixed', true), ('ident', true), ('address', true)) AS c (name, categorical);
CREATE FUNCTION pg_temp.source(VARIADIC names text[]) RETURNS credit.drift_source LANGUAGE sql PARALLEL SAFE
BEGIN ATOMIC
	SELECT ROW(NULL, NULL, NULL, array_agg(r.reference ORDER BY n.place))::credit.drift_source
	FROM unnest(names) WITH ORDINALITY AS n (name, place) JOIN reference AS r USING (name);
END;

-- Whether a query has the node, and whether it gives what the aggregate does.
CREATE FUNCTION pg_temp.both(query text, OUT node bool, OUT equal bool, OUT rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	line text;
	by_node text[];
	by_aggregate text[];
BEGIN
	SET LOCAL credit.batch = on;
	node := false;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		node := node OR line LIKE '%CreditDrift%';
	END LOOP;
	EXECUTE 'SELECT array_agg(r::text) FROM (' || query || ') AS r' INTO by_node;
	SET LOCAL credit.batch = off;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		ASSERT line NOT LIKE '%CreditDrift%';
	END LOOP;
	EXECUTE 'SELECT array_agg(r::text) FROM (' || query || ') AS r' INTO by_aggregate;
	equal := by_node IS NOT DISTINCT FROM by_aggregate;
	rows := coalesce(cardinality(by_node), 0);
END
$$;
CREATE TEMP TABLE shape (number int, what text, query text);
INSERT INTO shape VALUES
	(1, 'columns', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'')), x, y) FROM applicant'),
	(2, 'every type', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'', ''small'', ''big'', ''amount'', ''half'', ''share'', ''flag'', ''name'', ''code'', ''fixed'', ''ident'', ''address'')),
		x, y, small, big, amount, half, share, flag, name, code, fixed, ident, address) FROM applicant'),
	(3, 'the last first', 'SELECT credit.drift_scan((SELECT pg_temp.source(''y'', ''x'', ''y'')), y, x, y) FROM applicant'),
	(4, 'the number of rows', 'SELECT count(*), ARRAY[credit.drift_scan((SELECT pg_temp.source(''x'')), x)], count(*) + 1 FROM applicant'),
	(5, 'two calls', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x), credit.drift_scan((SELECT pg_temp.source(''y'')), y) FROM applicant'),
	(6, 'WHERE', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''small'')), x, small) FROM applicant WHERE y > 3 AND name LIKE ''n%'''),
	(7, 'an index', 'SELECT credit.drift_scan((SELECT pg_temp.source(''y'', ''x'')), y, x) FROM applicant WHERE x = 10'),
	(8, 'columns added', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'', ''half'', ''small'')), x, y, late, given) FROM altered'),
	(9, 'columns added only', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'', ''small'')), x, y, small) FROM added'),
	(10, 'partitions', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'')), x, y) FROM parted'),
	(11, 'a view', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''name'')), x, name) FROM seen'),
	(12, 'a join', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'')), a.x, b.y) FROM applicant AS a JOIN altered AS b USING (id)'),
	(13, 'an outer join', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'')), a.x, b.y) FROM applicant AS a LEFT JOIN altered AS b ON b.id = a.id AND b.x > 9'),
	(14, 'a subquery', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x) FROM (SELECT * FROM applicant ORDER BY id LIMIT 77) AS s'),
	(15, 'no rows', 'SELECT count(*), credit.drift_scan((SELECT pg_temp.source(''x'')), x) FROM applicant WHERE id < 0'),
	(16, 'once for each row', 'SELECT i, s FROM generate_series(0, 2000, 500) AS i, LATERAL (SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x) FROM applicant WHERE id > i) AS s'),
	(17, 'the score', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'')), credit_margin(a, ''m''), y) FROM applicant AS a'),
	(18, 'a function of what it gives', 'SELECT md5(credit.drift_scan((SELECT pg_temp.source(''x'')), x)) FROM applicant'),
	(19, 'GROUP BY', 'SELECT flag, credit.drift_scan((SELECT pg_temp.source(''x'')), x) FROM applicant GROUP BY flag ORDER BY flag'),
	(20, 'GROUP BY a constant', 'SELECT 1, credit.drift_scan((SELECT pg_temp.source(''x'')), x) FROM applicant WHERE id < 0 GROUP BY 1'),
	(21, 'GROUP BY nothing', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x) FROM applicant GROUP BY ()'),
	(22, 'HAVING', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x) FROM applicant HAVING count(*) > 1'),
	(23, 'FILTER', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x) FILTER (WHERE y > 3) FROM applicant'),
	(24, 'ORDER BY', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x ORDER BY y, id) FROM applicant'),
	(25, 'a source of each row', 'SELECT credit.drift_scan(s, x) FROM (SELECT pg_temp.source(''x'') AS s OFFSET 0) AS s, applicant'),
	(26, 'another aggregate', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x), max(y) FROM applicant'),
	(27, 'count of a column', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x), count(y) FROM applicant'),
	(28, 'an expression', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'')), x + 1) FROM applicant'),
	(29, 'a constant', 'SELECT credit.drift_scan((SELECT pg_temp.source(''x'', ''y'')), x, 5) FROM applicant'),
	(30, 'windows', 'SELECT id, credit.drift_scan((SELECT pg_temp.source(''x'')), x) OVER () FROM applicant WHERE id < 9 ORDER BY id');
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{x}', '{q}', VARIADIC trees)))
FROM (SELECT array_agg(pg_temp.stump(0, i / 3.0, i / 8.0, i / 16.0) ORDER BY i) AS trees FROM generate_series(1, 120) AS i) AS t;
SELECT to_version FROM credit.promote('m', 1);
SELECT number, what, b.* FROM shape, LATERAL pg_temp.both(query) AS b ORDER BY number;

-- What the nodes that count rows, or pass counts on, give.
CREATE FUNCTION nodes(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	found boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF, VERBOSE) ' || query LOOP
		IF found THEN
			RETURN NEXT regexp_replace(line, '\$\d|\(InitPlan \d\)\.col\d', '(source)');
		END IF;
		found := line ~ 'Aggregate|Gather|Custom';
		IF found THEN
			RETURN NEXT regexp_replace(line, '^[ >-]+', '');
		END IF;
	END LOOP;
END
$$;

-- In parallel, sums of parts may differ in their last digits: figures.
CREATE FUNCTION pg_temp.figures(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT string_agg(concat_ws('' '', f.n_current, f.ks, f.psi, f.chi2, f.js, round(f.mean_effect::numeric, 9)), '', '')
		FROM credit.drift_figures(pg_temp.source(''x'', ''y''), ARRAY[(%s)]) AS f', query) INTO result;
	RETURN result;
END
$$;
CREATE TEMP TABLE serial AS SELECT number, query, pg_temp.figures(query) FROM shape WHERE what IN ('columns', 'partitions', 'a join', 'the score');
SELECT string_agg(concat_ws(' ', g.flag, f.n_current, f.ks, f.psi, round(f.wasserstein_upper::numeric, 9)), ', ' ORDER BY g.flag) AS serial_groups
FROM (SELECT flag, credit.drift_scan((SELECT pg_temp.source('x')), x) AS state FROM applicant GROUP BY flag) AS g,
	LATERAL credit.drift_figures(pg_temp.source('x'), ARRAY[g.state]) AS f \gset
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT nodes('SELECT count(*), credit.drift_scan((SELECT pg_temp.source(''x'', ''y'')), x, y) FROM altered');
SELECT number, figures = pg_temp.figures(query) AS equal FROM serial ORDER BY number;
SET parallel_leader_participation = off;
SELECT number, figures = pg_temp.figures(query) AS equal FROM serial ORDER BY number;
-- Groups are the aggregate's: the leader keeps a state for each.
SELECT string_agg(concat_ws(' ', g.flag, f.n_current, f.ks, f.psi, round(f.wasserstein_upper::numeric, 9)), ', ' ORDER BY g.flag) AS hashed
FROM (SELECT flag, credit.drift_scan((SELECT pg_temp.source('x')), x) AS state FROM applicant GROUP BY flag) AS g,
	LATERAL credit.drift_figures(pg_temp.source('x'), ARRAY[g.state]) AS f \gset
SET enable_hashagg = off;
SELECT string_agg(concat_ws(' ', g.flag, f.n_current, f.ks, f.psi, round(f.wasserstein_upper::numeric, 9)), ', ' ORDER BY g.flag) AS sorted
FROM (SELECT flag, credit.drift_scan((SELECT pg_temp.source('x')), x) AS state FROM applicant GROUP BY flag) AS g,
	LATERAL credit.drift_figures(pg_temp.source('x'), ARRAY[g.state]) AS f \gset
RESET enable_hashagg;
SELECT :'hashed' = :'serial_groups' AS hashed, :'sorted' = :'serial_groups' AS sorted, length(:'sorted') > 100 AS figures;
RESET parallel_leader_participation;
SET max_parallel_workers_per_gather = 0;

-- The first statement of a session has it, too, and a plan for any parameters.
CREATE TABLE kept AS SELECT pg_temp.source('x', 'y') AS source;
\c -
SET credit.batch = on;
SET max_parallel_workers_per_gather = 0;
SELECT nodes('SELECT credit.drift_scan((SELECT source FROM kept), x, y) FROM applicant');
SET plan_cache_mode = force_generic_plan;
PREPARE later AS SELECT md5(credit.drift_scan($1, x, y)) FROM applicant WHERE id > $2;
SELECT nodes('EXECUTE later(NULL, 0)');
SELECT source FROM kept \gset
EXECUTE later(:'source', 1990) \gset
SET credit.batch = off;
SELECT md5(credit.drift_scan(source, x, y)) = :'md5' AS equal FROM kept, applicant WHERE id > 1990;
SET credit.batch = on;
EXECUTE later(NULL, 0);
EXECUTE later(NULL, 5000);
RESET plan_cache_mode;

-- Values and types that a feature does not take, as from the aggregate.
SELECT credit.drift_scan((SELECT source FROM kept), x, name) FROM applicant;
SELECT credit.drift_scan((SELECT source FROM kept), x, y, id) FROM applicant;
-- It can be cancelled.
SET statement_timeout = '100ms';
SELECT credit.drift_scan((SELECT source FROM kept), x, y) FROM applicant, generate_series(1, 100000);
RESET statement_timeout;
-- The right that counts is that to the aggregate.
CREATE ROLE regress_credit_reader;
GRANT USAGE ON SCHEMA credit TO regress_credit_reader;
GRANT SELECT ON applicant, kept TO regress_credit_reader;
SET ROLE regress_credit_reader;
SELECT credit.drift_scan((SELECT source FROM kept), x, y) FROM applicant;
RESET ROLE;

DROP TABLE applicant, altered, added, parted, reference, kept CASCADE;
DROP FUNCTION nodes;
DROP DOMAIN share;
DROP OWNED BY regress_credit_reader;
DROP ROLE regress_credit_reader;
\i sql/include/empty_registry.psql
