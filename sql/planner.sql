-- The planner sees through the row: what is passed in place of it, when the
-- row is left alone, and that both give the same.
--
-- A reference that is not a constant, such as (SELECT 'm'), always takes the
-- row path; every query below runs both ways.
\i sql/include/tiny_models.psql

CREATE TEMP TABLE model AS
SELECT convert_to(pg_temp.model('{amount,colour,unused,rate}', '{q,c,q,q}',
	pg_temp.stump(0, 100, 1, 2, 'from on'),
	pg_temp.category_stump(1, '{0,2}', 10, 20),
	pg_temp.stump(3, 0.5, 100, 200))::text, 'UTF8') AS artifact;
SELECT credit.import_model('m', artifact, '{"categories": {"colour": ["red", "green", "blue"]}}') FROM model;
SELECT to_version FROM credit.promote('m', 1);

CREATE TABLE applicant (id int PRIMARY KEY, rate float8, dropped text, colour text, note text,
	unused int, amount numeric);
ALTER TABLE applicant DROP COLUMN dropped;
INSERT INTO applicant
SELECT i, nullif(i % 7, 3) / 6.0, (ARRAY['red', 'green', 'blue', NULL])[1 + i % 4], 'note ' || i,
	i, nullif(i % 5, 2) * 40
FROM generate_series(1, 200) AS i;
ALTER TABLE applicant ADD COLUMN late int DEFAULT 7;
ANALYZE applicant;

-- The columns that the model uses, in its order; "unused" has no split.
EXPLAIN (VERBOSE, COSTS OFF) SELECT credit_score(a) FROM applicant AS a;
EXPLAIN (VERBOSE, COSTS OFF) SELECT credit_margin(a, 'm@1') FROM applicant AS a WHERE credit_pd(a, 'm') > 0.5;

-- Runs a query with the reference as a constant and as a subquery; says
-- whether the planner saw through the row, and whether the results are equal.
CREATE FUNCTION pg_temp.both(query text, OUT columns bool, OUT equal bool, OUT n bigint) AS $$
DECLARE
	plan text;
	fast text[];
	slow text[];
BEGIN
	FOR plan IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || format(query, '''m''') LOOP
		columns := coalesce(columns, false) OR plan LIKE '%credit.margin\_columns(%';
	END LOOP;
	EXECUTE 'SELECT array_agg(r::text ORDER BY r::text) FROM (' || format(query, '''m''') || ') AS r' INTO fast;
	EXECUTE 'SELECT array_agg(r::text ORDER BY r::text) FROM (' || format(query, '(SELECT ''m'')') || ') AS r' INTO slow;
	equal := fast IS NOT DISTINCT FROM slow;
	n := cardinality(fast);
END
$$ LANGUAGE plpgsql;

CREATE FUNCTION pg_temp.wrapped(applicant, text) RETURNS real LANGUAGE sql STABLE AS 'SELECT credit_margin($1, $2)';
CREATE VIEW plain AS SELECT * FROM applicant WHERE id % 2 = 0;
CREATE VIEW renamed AS SELECT id, note AS colour_note, colour, amount + 1 AS amount, unused, 1 - rate AS rate FROM applicant;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM applicant WHERE id > 50;
CREATE TABLE parent (id int, colour varchar(10), amount real, unused int, rate float8);
CREATE TABLE child (extra text) INHERITS (parent);
INSERT INTO parent SELECT id, colour, amount, unused, rate FROM applicant WHERE id < 100;
INSERT INTO child SELECT id, colour, amount, unused, rate, 'x' FROM applicant WHERE id >= 100;
CREATE TABLE parted (id int, amount numeric, rate float8, unused int, colour text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE part_2 (colour text, gone int, unused int, id int, rate float8, amount numeric);
ALTER TABLE part_2 DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION part_2 FOR VALUES FROM (100) TO (1000);
INSERT INTO parted SELECT id, amount, rate, unused, colour FROM applicant;

-- (Before PostgreSQL 16 the planner may not know a security barrier's row.)
SELECT what, CASE WHEN number <> 9 THEN columns END AS columns, equal, n FROM (VALUES
	(1, 'table', 'SELECT id, credit_margin(a, %s) FROM applicant AS a'),
	(2, 'aggregate', 'SELECT sum(credit_margin(a, %s)) FROM applicant AS a'),
	(3, 'GROUP BY', 'SELECT credit_margin(a, %s) AS m, count(*) FROM applicant AS a GROUP BY 1'),
	(4, 'WHERE', 'SELECT id FROM applicant AS a WHERE credit_margin(a, %s) > 130'),
	(5, 'ORDER BY LIMIT', 'SELECT id, credit_margin(a, %s) FROM applicant AS a ORDER BY 2, 1 LIMIT 9'),
	(6, 'aliases of columns', 'SELECT id, credit_margin(a, %s) FROM applicant AS a (id, colour, rate)'),
	(7, 'view', 'SELECT id, credit_margin(v, %s) FROM plain AS v'),
	(8, 'view with expressions', 'SELECT id, credit_margin(v, %s) FROM renamed AS v'),
	(9, 'security barrier', 'SELECT id, credit_margin(v, %s) FROM barrier AS v'),
	(10, 'subquery pulled up', 'SELECT id, credit_margin(s, %s) FROM (SELECT * FROM applicant) AS s'),
	(11, 'subquery with LIMIT', 'SELECT id, credit_margin(s, %s) FROM (SELECT * FROM applicant ORDER BY id LIMIT 7) AS s'),
	(12, 'renaming subquery', 'SELECT credit_margin(s, %s) FROM (SELECT amount, colour AS c, ''red''::text AS colour, 0 AS unused, rate FROM applicant LIMIT 9) AS s'),
	(13, 'CTE', 'SELECT id, credit_margin(c, %s) FROM (WITH c AS MATERIALIZED (SELECT * FROM applicant) SELECT * FROM c) AS c'),
	(14, 'VALUES', 'SELECT credit_margin(v, %s) FROM (VALUES (1, ''red''::text, 2, 0.1), (200, ''blue'', 3, 0.9)) AS v (amount, colour, unused, rate)'),
	(15, 'inner join', 'SELECT a.id, credit_margin(a, %s) FROM applicant AS a JOIN parent AS p USING (id)'),
	(16, 'preserved side', 'SELECT a.id, credit_margin(a, %s) FROM applicant AS a LEFT JOIN parent AS p ON p.id = a.id + 150'),
	(17, 'nullable side, left', 'SELECT a.id, credit_margin(p, %s) FROM applicant AS a LEFT JOIN parent AS p ON p.id = a.id + 150'),
	(18, 'nullable side, right', 'SELECT a.id, credit_margin(p, %s) FROM parent AS p RIGHT JOIN applicant AS a ON p.id = a.id + 150'),
	(19, 'full join', 'SELECT a.id, p.id, credit_margin(a, %s), credit_margin(p, %s) FROM parent AS p FULL JOIN applicant AS a ON p.id = a.id + 150'),
	(20, 'view on the nullable side', 'SELECT a.id, credit_margin(v, %s) FROM applicant AS a LEFT JOIN plain AS v ON v.id = a.id'),
	(21, 'join below the nullable side', 'SELECT a.id, credit_margin(p, %s) FROM applicant AS a LEFT JOIN (parent AS p JOIN plain AS v ON v.id = p.id) ON v.id = a.id'),
	(22, 'whole join', 'SELECT id, credit_margin(j, %s) FROM (applicant JOIN (SELECT id FROM parent) AS p USING (id)) AS j'),
	(23, 'LATERAL', 'SELECT a.id, l.* FROM applicant AS a, LATERAL (SELECT credit_margin(a, %s)) AS l'),
	(24, 'correlated subquery', 'SELECT id, (SELECT credit_margin(a, %s)) FROM applicant AS a'),
	(25, 'EXISTS', 'SELECT id FROM applicant AS a WHERE EXISTS (SELECT FROM parent AS p WHERE p.id = a.id AND credit_margin(p, %s) > 130)'),
	(26, 'inheritance', 'SELECT id, credit_margin(p, %s) FROM parent AS p'),
	(27, 'partitions', 'SELECT id, credit_margin(p, %s) FROM parted AS p'),
	(28, 'UNION ALL', 'SELECT id, credit_margin(u, %s) FROM (SELECT id, colour, amount, unused, rate FROM parent UNION ALL SELECT id, colour, amount::real, unused, rate FROM plain) AS u'),
	(29, 'cast ROW()', 'SELECT credit_margin(ROW(id, colour, amount, unused, rate)::parent, %s) FROM applicant'),
	(30, 'volatile column', 'SELECT id, credit_margin(s, %s) FROM (SELECT *, random() FROM applicant) AS s'),
	(31, 'CASE', 'SELECT CASE WHEN id < 9 THEN credit_margin(a, %s) END FROM applicant AS a'),
	(32, 'FILTER', 'SELECT sum(credit_margin(a, %s)) FILTER (WHERE id < 9) FROM applicant AS a'),
	(33, 'window', 'SELECT id, sum(credit_margin(a, %s)) OVER (ORDER BY id) FROM applicant AS a'),
	(34, 'one name twice, unused', 'SELECT credit_margin(s, %s) FROM (SELECT a.*, 1 AS note FROM applicant AS a) AS s'),
	(35, 'no rows', 'SELECT credit_margin(a, %s) FROM applicant AS a WHERE false'),
	(36, 'GROUP BY the key', 'SELECT a.id, credit_margin(a, %s) FROM applicant AS a GROUP BY a.id'),
	(37, 'grouping sets', 'SELECT a.id, a.colour, credit_margin(a, %s) FROM applicant AS a GROUP BY a.id, ROLLUP (a.colour)'),
	(38, 'grouping sets, HAVING', 'SELECT a.id, a.colour, a.rate FROM applicant AS a GROUP BY a.id, CUBE (a.colour, a.rate) HAVING credit_margin(a, %s) > 115'),
	(39, 'grouping sets, ORDER BY', 'SELECT a.id, a.colour FROM applicant AS a GROUP BY a.id, ROLLUP (a.colour) ORDER BY credit_margin(a, %s), 1, 2 LIMIT 99'),
	(40, 'grouping sets, window', 'SELECT a.id, rank() OVER (ORDER BY credit_margin(a, %s)) FROM applicant AS a GROUP BY a.id, ROLLUP (a.colour)'),
	(41, 'grouping sets, function', 'SELECT a.id, a.colour, pg_temp.wrapped(a, %s) FROM applicant AS a GROUP BY a.id, ROLLUP (a.colour)'),
	(42, 'grouping sets, direct argument', 'SELECT a.id, percentile_disc(1 - 1 / credit_margin(a, %s)) WITHIN GROUP (ORDER BY g) FROM applicant AS a, generate_series(1, 3000) AS g WHERE a.id < 9 GROUP BY a.id, ROLLUP (a.rate)'),
	(43, 'grouping sets of the row', 'SELECT credit_margin(a, %s), count(*) FROM applicant AS a GROUP BY ROLLUP (a)'),
	(44, 'grouping sets of a join''s row', 'SELECT credit_margin(j, %s), count(*) FROM (applicant JOIN (SELECT id FROM parent) AS p USING (id)) AS j GROUP BY ROLLUP (j)'),
	(45, 'grouping sets, aggregate', 'SELECT a.colour, max(credit_margin(a, %s)) FROM applicant AS a GROUP BY ROLLUP (a.colour)'),
	(46, 'grouping sets, both', 'SELECT a.id, credit_margin(a, %s), max(credit_margin(a, %s)) FROM applicant AS a GROUP BY a.id, ROLLUP (a.colour)'),
	(47, 'EXISTS', 'SELECT p.id, EXISTS (SELECT FROM (SELECT id, amount, rate, unused, colour FROM applicant LIMIT 100) AS s WHERE s.id = p.id AND credit_margin(s, %s) > 112) FROM (SELECT id, rate AS amount, amount::float8 AS rate, colour, unused FROM applicant LIMIT 60) AS p'),
	(48, 'EXISTS, nullable side', 'SELECT p.id, EXISTS (SELECT FROM applicant AS x LEFT JOIN applicant AS s ON s.id = x.id + 195 WHERE x.id = p.id AND credit_margin(s, %s) > 30) FROM applicant AS p, applicant AS q WHERE p.id = q.id')
) AS q (number, what, query), LATERAL pg_temp.both(replace(query, '%s', '%1$s')) AS b
ORDER BY number;

-- RETURNING, ON CONFLICT and triggers.
BEGIN;
INSERT INTO applicant AS a VALUES (1001, 0.9, 'red', NULL, 0, 500) RETURNING credit_margin(a, 'm'), credit_margin(a, (SELECT 'm'));
INSERT INTO applicant AS a VALUES (1001, 0.1, 'green', NULL, 0, 5)
ON CONFLICT (id) DO UPDATE SET rate = EXCLUDED.rate, note = credit_margin(EXCLUDED, 'm')::text || ' ' || credit_margin(a, 'm')::text
RETURNING credit_margin(a, 'm'), note;
UPDATE applicant AS a SET amount = 5 WHERE id = 1001 RETURNING credit_margin(a, 'm'), credit_margin(a, (SELECT 'm'));
DELETE FROM applicant AS a WHERE id = 1001 RETURNING credit_margin(a, 'm');
CREATE FUNCTION pg_temp.note_margin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.note := concat_ws(' ', credit_margin(NEW, 'm'), credit_margin(NEW, (SELECT 'm')), credit_margin(OLD, 'm'));
	RETURN NEW;
END
$$;
CREATE TRIGGER note_margin BEFORE INSERT OR UPDATE ON applicant
FOR EACH ROW EXECUTE FUNCTION pg_temp.note_margin();
INSERT INTO applicant AS a VALUES (1001, 0.9, 'red', NULL, 0, 500) RETURNING note, credit_margin(a, 'm');
UPDATE applicant AS a SET amount = 5 WHERE id = 1001 RETURNING note, credit_margin(a, 'm');
ROLLBACK;

-- Nobody borrows the right to another function by calling what is meant for
-- the planner, and nonsense is refused.
SELECT credit.margin_columns('lower(text)'::regprocedure, 'm', '{amount,colour,rate}', 1, 'red'::text, 1);
SELECT credit.margin_columns('credit_pd(record,text)'::regprocedure, 'm', '{amount,colour,rate}', 1, 'red'::text, 1);
SELECT credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', '{amount,colour}', 1, 'red'::text, 1);
SELECT credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', NULL, 1);
SELECT credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', '{amount,colour}', 1, 'red'::text);
SELECT credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', '{amount,colour,rate}', 1, 'red'::text, now());
SELECT credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', '{amount,colour,rate}', VARIADIC ARRAY[1, 2]);
SELECT credit.margin_columns('credit_margin(record,text)'::regprocedure, 'm', '{amount,colour,rate}', 1, 'red'::text, 1);

-- Types that no feature takes, a feature that is not there, and no such model
-- are the row's errors, raised when a row is reached.
SELECT credit_margin(s, 'm') FROM (SELECT amount, colour, unused, now() AS rate FROM applicant LIMIT 1) AS s;
SELECT credit_margin(s, 'm') FROM (SELECT amount, colour, rate FROM applicant LIMIT 1) AS s;
SELECT credit_margin(s, 'm') FROM (SELECT a.*, 1 AS rate FROM applicant AS a) AS s LIMIT 1;
SELECT credit_margin(a, 'nobody') FROM applicant AS a WHERE id < 0;
SELECT credit_margin(a, 'nobody') FROM applicant AS a;
SELECT credit_margin(s, 'm') FROM (SELECT amount, 'mauve' AS colour, unused, rate FROM applicant LIMIT 1) AS s;

-- Cached generic plans see a promotion at their next execution.  Version 2
-- reads other columns than version 1: "late" in place of "rate".
SELECT credit.import_model('m', convert_to(pg_temp.model('{late,amount}', '{q,q}',
	pg_temp.stump(0, 5, 1000, 2000), pg_temp.stump(1, 100, 1, 2, 'from on'))::text, 'UTF8'));
SET plan_cache_mode = force_generic_plan;
PREPARE one AS SELECT credit_margin(a) FROM applicant AS a WHERE id = $1;
CREATE FUNCTION pg_temp.one(wanted int) RETURNS real LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT credit_margin(a, 'm') FROM applicant AS a WHERE id = wanted);
END
$$;
EXECUTE one (1);
SELECT pg_temp.one(1);
SELECT to_version FROM credit.promote('m', 2);
EXECUTE one (1);
SELECT pg_temp.one(1);
BEGIN;
SELECT to_version FROM credit.rollback('m');
EXECUTE one (1);
SELECT pg_temp.one(1);
ROLLBACK;
EXECUTE one (1);
SELECT pg_temp.one(1);
-- So do they when the default model changes, or the table does.
SET credit.default_model = 'm@1';
EXECUTE one (1);
RESET credit.default_model;
EXECUTE one (1);
ALTER TABLE applicant RENAME COLUMN late TO later;
EXECUTE one (1);
ALTER TABLE applicant RENAME COLUMN later TO late;
EXECUTE one (1);
-- A version that a plan was made for may be retired.
PREPARE explicit AS SELECT credit_margin(a, 'm@1') FROM applicant AS a WHERE id = $1;
EXECUTE explicit (1);
SELECT credit.retire('m', 1);
EXECUTE explicit (1);

-- The right that counts is that to the function that was written.
CREATE ROLE credit_planner_user;
GRANT SELECT ON applicant TO credit_planner_user;
SET ROLE credit_planner_user;
SELECT credit_margin(a) FROM applicant AS a WHERE id = 1;
RESET ROLE;
GRANT EXECUTE ON FUNCTION credit_margin(record, text) TO credit_planner_user;
SET ROLE credit_planner_user;
SELECT credit_margin(a) FROM applicant AS a WHERE id = 1;
EXPLAIN (VERBOSE, COSTS OFF) SELECT credit_margin(a) FROM applicant AS a WHERE id = 1;
RESET ROLE;
-- Also where the right went away after the plan was made.
PREPARE denied AS SELECT credit_margin(a) FROM applicant AS a WHERE id = $1;
SET ROLE credit_planner_user;
EXECUTE denied (1);
RESET ROLE;
REVOKE EXECUTE ON FUNCTION credit_margin(record, text) FROM credit_planner_user;
SET ROLE credit_planner_user;
EXECUTE denied (1);
RESET ROLE;

-- Row-level security is the table's affair.
CREATE POLICY few ON applicant TO credit_planner_user USING (id <= 3);
ALTER TABLE applicant ENABLE ROW LEVEL SECURITY;
GRANT EXECUTE ON FUNCTION credit_margin(record, text) TO credit_planner_user;
SET ROLE credit_planner_user;
SELECT id, credit_margin(a) FROM applicant AS a ORDER BY id;
RESET ROLE;

DEALLOCATE ALL;
DROP FUNCTION pg_temp.wrapped;
DROP TABLE applicant, parent, child, parted CASCADE;
DROP OWNED BY credit_planner_user;
DROP ROLE credit_planner_user;
DROP EXTENSION pg_credit;
