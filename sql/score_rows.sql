-- Rows: whatever SQL can pass as a row is matched to the model by column
-- names, and scores as its values say, wherever they come from and whatever
-- physical order they have.
\i sql/include/tiny_models.psql

-- a < 10: 1; b < 10: 2; home rent: 4.  Missing counts as not.  The feature
-- "spare" is not used by any split.
SELECT credit.import_model('rows', pg_temp.json(pg_temp.model('{a,b,home,spare}', '{q,q,c,q}',
	pg_temp.stump(0, 10, 1, 0, 'from on'), pg_temp.stump(1, 10, 2, 0, 'from on'), pg_temp.category_stump(2, '{1}', 4, 0))),
	'{"categories": {"home": ["own", "rent"]}}');
SELECT to_version FROM credit.promote('rows', 1);
CREATE TABLE applicants (id int, a int, b float8, home text, spare int);
INSERT INTO applicants VALUES (1, 5, 5, 'rent', 0), (2, 15, 5, 'own', NULL), (3, 5, NULL, 'rent', 0), (4, NULL, NULL, NULL, NULL);
-- By hand: 7, 2, 5, 0.

-- A table, with the model named, by default, and by named notation.
SELECT id, credit_margin(x, 'rows') AS named, credit_margin(x) AS by_default, credit_margin(model => 'rows', applicant => x) AS notation,
	credit_margin(x.*) AS star, credit_margin(ROW(x.*)::applicants) AS rebuilt FROM applicants AS x ORDER BY id;
SELECT credit_margin(applicants) AS no_alias, credit_margin(public.applicants.*) AS qualified FROM public.applicants WHERE id = 1;
SELECT id, credit_margin(x) = credit_margin(to_jsonb(x)) AS same_margin, credit_score(x) = credit_score(to_jsonb(x)) AS same_score,
	credit_pd(x) = credit_pd(to_jsonb(x)) AS same_pd FROM applicants AS x ORDER BY id;
SELECT pg_typeof(credit_score(x)) AS score, pg_typeof(credit_pd(x)) AS pd, pg_typeof(credit_margin(x)) AS margin FROM applicants AS x LIMIT 1;

-- Views, plain and materialized, and with other columns or another order.
CREATE VIEW applicant_view AS SELECT spare, home, b, a, id, 'more' AS more FROM applicants;
CREATE VIEW applicant_view_computed AS SELECT id, a * 2 AS a, b, home, spare FROM applicants;
CREATE VIEW applicant_view_limit AS SELECT * FROM applicants ORDER BY id LIMIT 3;
CREATE MATERIALIZED VIEW applicant_matview AS SELECT home, id, b, a, spare FROM applicants;
SELECT id, credit_margin(v) FROM applicant_view AS v ORDER BY id;
SELECT id, credit_margin(v) AS doubled FROM applicant_view_computed AS v ORDER BY id;
SELECT id, credit_margin(v) FROM applicant_view_limit AS v ORDER BY id;
SELECT id, credit_margin(v) FROM applicant_matview AS v ORDER BY id;

-- Subqueries: pulled up, not pulled up, with values computed, nested.
SELECT id, credit_margin(s) FROM (SELECT * FROM applicants) AS s ORDER BY id;
SELECT id, credit_margin(s) FROM (SELECT id, 5 AS a, b + 10 AS b, home, spare FROM applicants) AS s ORDER BY id;
SELECT id, credit_margin(s) FROM (SELECT * FROM applicants ORDER BY id LIMIT 2) AS s;
SELECT id, credit_margin(s) FROM (SELECT home, spare, a, b, id FROM applicants ORDER BY id OFFSET 2) AS s;
SELECT id, credit_margin(s) FROM (SELECT DISTINCT home, spare, a, b, id FROM applicants) AS s ORDER BY id;
SELECT s.id, credit_margin(s) FROM (SELECT * FROM (SELECT * FROM applicants LIMIT 100) AS i LIMIT 100) AS s ORDER BY id;
SELECT home, credit_margin(s) FROM (SELECT home, min(a) AS a, max(b) AS b, count(*) AS spare FROM applicants GROUP BY home) AS s ORDER BY home;
SELECT credit_margin(s) FROM (SELECT 5 AS a, 5 AS b, 'rent' AS home, 0 AS spare UNION ALL SELECT 50, 5, 'own', 0) AS s ORDER BY 1;
SELECT (SELECT credit_margin(s) FROM (SELECT outside.a, outside.b, outside.home, 1 AS spare) AS s) FROM applicants AS outside ORDER BY id;

-- CTEs.
WITH c AS (SELECT * FROM applicants) SELECT id, credit_margin(c) FROM c ORDER BY id;
WITH c AS MATERIALIZED (SELECT home, b, a, spare, id FROM applicants) SELECT id, credit_margin(c) FROM c ORDER BY id;
WITH RECURSIVE c AS (SELECT 8 AS a, 5 AS b, 'own' AS home, 0 AS spare UNION ALL SELECT a + 1, b, home, spare FROM c WHERE a < 11)
SELECT a, credit_margin(c) FROM c ORDER BY a;

-- Joins: a side of it, the join itself, LATERAL, and the side that an outer
-- join fills with NULL, which is no applicant and has no score.  A row that is
-- there but all NULL has one: that of all missing.
CREATE TABLE loans (loan int, id int, amount int);
INSERT INTO loans VALUES (10, 1, 100), (20, 2, 200), (40, 4, 400), (50, 5, 500);
SELECT loan, credit_margin(x) FROM loans JOIN applicants AS x USING (id) ORDER BY loan;
SELECT j.loan, credit_margin(j) FROM (loans JOIN applicants USING (id)) AS j ORDER BY loan;
SELECT loan, credit_margin(x) AS margin, x.id FROM loans LEFT JOIN applicants AS x USING (id) ORDER BY loan;
SELECT loan, credit_score(x) AS score, credit_pd(x) AS pd FROM loans LEFT JOIN (SELECT * FROM applicants OFFSET 0) AS x USING (id) ORDER BY loan;
SELECT loan, credit_margin(x) AS margin FROM loans LEFT JOIN (SELECT id, a, b, 'rent' AS home, spare FROM applicants) AS x USING (id) ORDER BY loan;
SELECT loan, x.id, credit_margin(x) AS margin FROM loans FULL JOIN applicants AS x ON x.id = loans.id ORDER BY loan, x.id;
SELECT loan, credit_margin(v) AS margin FROM loans LEFT JOIN applicant_view AS v USING (id) ORDER BY loan;
SELECT loan, s.margin FROM loans JOIN applicants AS x USING (id), LATERAL (SELECT credit_margin(x) AS margin) AS s ORDER BY loan;
SELECT id, s.* FROM applicants AS x, LATERAL credit_margin(x) AS s ORDER BY id;
SELECT credit_margin(NULL::applicants, 'rows') AS null_row, credit_margin(ROW(NULL, NULL, NULL, NULL, NULL)::applicants, 'rows') AS row_of_nulls;
SELECT credit_score(NULL::applicants, 'no such model') AS model_not_looked_at;

-- Composite types: named, a domain over one, a column, an array's element.
CREATE TYPE applicant_type AS (spare numeric, home varchar(10), b real, a smallint);
CREATE DOMAIN applicant_domain AS applicant_type CHECK ((VALUE).a IS NULL OR (VALUE).a >= 0);
SELECT credit_margin(ROW(0, 'rent', 5, 5)::applicant_type) AS composite, credit_margin(ROW(0, 'rent', 5, 5)::applicant_domain) AS domain,
	credit_margin((ARRAY[ROW(0, 'rent', 50, 5)::applicant_type])[1]) AS element, credit_margin(jsonb_populate_record(NULL::applicant_type,
	'{"a": 5, "b": 5, "home": "own"}')) AS populated, credit_margin(NULL::applicant_domain) AS null_domain;
CREATE TABLE holder (n int, who applicant_type, whom applicant_domain);
INSERT INTO holder VALUES (1, ROW(0, 'rent', 5, 5), ROW(0, 'own', 50, 5)), (2, NULL, NULL);
SELECT n, credit_margin(who) AS who, credit_margin((h).whom) AS whom FROM holder AS h ORDER BY n;

-- Inheritance and partitions: each child has an order, a physical layout and
-- more columns of its own.
CREATE TABLE parent (a int, b int, home text, spare int);
CREATE TABLE child (more text, home text, b int, spare int, a int);
ALTER TABLE child INHERIT parent;
INSERT INTO parent VALUES (5, 50, 'own', 0);
INSERT INTO child VALUES ('x', 'rent', 5, 0, 50);
SELECT tableoid::regclass AS source, credit_margin(p) FROM parent AS p ORDER BY source;
SELECT credit_margin(c) FROM child AS c;
SELECT credit_margin(c::parent) AS as_parent FROM child AS c;
CREATE TABLE parted (a int, b int, home text, spare int) PARTITION BY LIST (home);
CREATE TABLE parted_own PARTITION OF parted FOR VALUES IN ('own');
CREATE TABLE parted_rent (spare int, gone text, b int, home text, a int);
ALTER TABLE parted_rent DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION parted_rent FOR VALUES IN ('rent');
CREATE TABLE parted_other PARTITION OF parted DEFAULT PARTITION BY RANGE (a);
CREATE TABLE parted_other_1 (home text, a int, b int, spare int);
ALTER TABLE parted_other ATTACH PARTITION parted_other_1 DEFAULT;
INSERT INTO parted VALUES (5, 50, 'own', 0), (5, 5, 'rent', 0), (50, 5, NULL, 0);
SELECT tableoid::regclass AS source, credit_margin(p) FROM parted AS p ORDER BY source;
SELECT credit_margin(p) FROM parted_rent AS p;

-- Columns dropped and added after the rows were written, with and without a
-- default that the old rows do not hold.
CREATE TABLE altered (gone1 text, a int, gone2 text, b int);
INSERT INTO altered VALUES ('g', 5, 'h', 50);
ALTER TABLE altered DROP COLUMN gone1, DROP COLUMN gone2;
ALTER TABLE altered ADD COLUMN home text DEFAULT 'rent', ADD COLUMN spare int, ADD COLUMN more int NOT NULL DEFAULT 3;
INSERT INTO altered VALUES (50, 5, 'own', 0);
SELECT t.*, credit_margin(t) FROM altered AS t ORDER BY a;
ALTER TABLE altered ADD COLUMN a2 int DEFAULT 5;
ALTER TABLE altered DROP COLUMN a;
ALTER TABLE altered RENAME COLUMN a2 TO a;
SELECT t.*, credit_margin(t) FROM altered AS t ORDER BY b;
-- Generated and wide rows.
CREATE TABLE generated (x int, a int GENERATED ALWAYS AS (x * 5) STORED, b int DEFAULT 5, home text DEFAULT 'own', spare int, pad text);
INSERT INTO generated (x, pad) SELECT x, repeat(md5(x::text), 200) FROM generate_series(1, 3) AS x;
SELECT x, credit_margin(g) FROM generated AS g ORDER BY x;
-- A BEFORE trigger has NULL for them: they are computed, each from the columns
-- of its row; what is NULL by its expression stays missing.
ALTER TABLE generated DROP COLUMN home, ADD COLUMN before real, ADD COLUMN after real;
ALTER TABLE generated ADD COLUMN home text GENERATED ALWAYS AS (CASE WHEN x % 2 = 0 THEN 'rent' WHEN x < 9 THEN 'own' END) STORED;
CREATE FUNCTION pg_temp.score_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.before := credit_margin(NEW);
	RETURN NEW;
END $$;
CREATE FUNCTION pg_temp.score_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE generated SET after = credit_margin(NEW) WHERE x = NEW.x AND after IS NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER before BEFORE INSERT OR UPDATE ON generated FOR EACH ROW EXECUTE FUNCTION pg_temp.score_before();
CREATE TRIGGER after AFTER INSERT ON generated FOR EACH ROW EXECUTE FUNCTION pg_temp.score_after();
INSERT INTO generated (x, b) VALUES (0, 50), (4, 5), (5, 50), (11, 5), (NULL, 50);
SELECT x, a, b, home, before, after, credit_margin(g) AS by_columns, credit_margin(g, (SELECT 'rows')) AS by_row FROM generated AS g WHERE before IS NOT NULL ORDER BY x;
UPDATE generated SET x = x + 1 WHERE x = 4 RETURNING a, home, before, credit_margin(generated) AS after;
-- Not by functions of users.
CREATE FUNCTION pg_temp.fivefold(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 5';
ALTER TABLE generated DROP COLUMN a;
ALTER TABLE generated ADD COLUMN a int GENERATED ALWAYS AS (pg_temp.fivefold(x)) STORED;
INSERT INTO generated (x, b) VALUES (1, 5);
-- A row that is read, or made, outside a trigger is as it is.
SELECT credit_margin(g, (SELECT 'rows')) FROM generated AS g WHERE x IS NULL;
ALTER TABLE generated DROP COLUMN a;
DROP TRIGGER before ON generated;
DROP TRIGGER after ON generated;
DROP FUNCTION pg_temp.score_before, pg_temp.score_after, pg_temp.fivefold;

-- A row that lacks a feature: the error names it, lists what the model reads,
-- and points to a name that differs only in case.
SELECT credit_margin(s) FROM (SELECT 1 AS a, 2 AS b, 'own' AS home) AS s;
SELECT credit_margin(s) FROM (SELECT 1 AS a, 2 AS "B", 'own' AS home, 0 AS spare) AS s;
SELECT credit_margin(s) FROM loans AS s;
\set VERBOSITY sqlstate
SELECT credit_margin(s) FROM loans AS s;
\set VERBOSITY default
-- The feature that no split uses must be there, but is not read.
SELECT credit_margin(s) FROM (SELECT 5 AS a, 5 AS b, 'rent' AS home, '2024-01-01'::date AS spare) AS s;
SELECT credit_margin(s) FROM (SELECT 5 AS a, 5 AS b, 'rent' AS home, 'inf'::float8 AS spare) AS s;
SELECT credit_margin('{"a": 5, "b": 5, "home": "rent", "spare": {}}'::jsonb);

-- Rows without names, with names from aliases, and with doubtful ones.
SELECT credit_margin(ROW(5, 5, 'rent', 0));
SELECT credit_margin((5, 5, 'rent'::text, 0)) FROM applicants;
SELECT credit_margin(ROW());
\set VERBOSITY sqlstate
SELECT credit_margin(ROW(5, 5, 'rent', 0));
\set VERBOSITY default
SELECT credit_margin(v) FROM (VALUES (5, 5, 'rent', 0), (50, 50, 'own', 0)) AS v (a, b, home, spare);
SELECT credit_margin(v) FROM (VALUES (5, 5, 'rent', 0)) AS v;
SELECT credit_margin(f) FROM jsonb_to_record('{"a": 5, "b": 50, "home": "rent"}') AS f (a int, b int, home text, spare int);
SELECT f.a, credit_margin(f) FROM ROWS FROM (generate_series(9, 10), generate_series(10, 9, -1)) WITH ORDINALITY AS r (a, b, spare),
	LATERAL (SELECT r.*, 'own' AS home) AS f ORDER BY f.a;
\set VERBOSITY sqlstate
SELECT credit_margin(applicant => 5);
\set VERBOSITY default
-- PL/pgSQL: row and record variables, whose type may change between calls.
CREATE FUNCTION pg_temp.variables() RETURNS TABLE (how text, margin real)
LANGUAGE plpgsql AS $$
DECLARE
	row_variable applicants;
	composite applicant_type := ROW(0, 'rent', 5, 5);
	entry record;
BEGIN
	SELECT * INTO row_variable FROM applicants WHERE id = 2;
	how := 'row'; margin := credit_margin(row_variable, 'rows'); RETURN NEXT;
	how := 'composite'; margin := credit_margin(composite, 'rows'); RETURN NEXT;
	FOR entry IN SELECT * FROM applicants ORDER BY id LOOP
		how := 'record ' || entry.id; margin := credit_margin(entry, 'rows'); RETURN NEXT;
	END LOOP;
	FOR entry IN EXECUTE 'SELECT 5 AS b, 5 AS a, 0 AS spare, ''own'' AS home, 9 AS id' LOOP
		how := 'record of another type'; margin := credit_margin(entry, 'rows'); RETURN NEXT;
	END LOOP;
	FOR i IN 1..2 LOOP
		IF i = 1 THEN SELECT 5 AS a, 50 AS b, 'rent' AS home, 0 AS spare INTO entry;
		ELSE SELECT 'rent'::text AS home, 5 AS b, 0 AS spare, 50 AS a INTO entry; END IF;
		how := 'one expression, type ' || i; margin := credit_margin(entry, 'rows'); RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM pg_temp.variables();

-- DML: RETURNING, a trigger with NEW, UPDATE, a default for the next insert.
CREATE TABLE decided (LIKE applicants, margin real, score int);
CREATE FUNCTION decide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.margin := credit_margin(NEW, 'rows');
	RETURN NEW;
END $$;
CREATE TRIGGER decide BEFORE INSERT OR UPDATE ON decided FOR EACH ROW EXECUTE FUNCTION decide();
INSERT INTO decided (id, a, b, home) SELECT id, a, b, home FROM applicants ORDER BY id RETURNING id, margin, credit_margin(decided) AS returned;
UPDATE decided SET a = 5, score = credit_score(decided) WHERE credit_margin(decided) = 2 RETURNING id, margin, credit_margin(decided) AS returned;
DELETE FROM decided WHERE id = 2 RETURNING credit_margin(decided.*) AS deleted;
SELECT id, margin FROM decided ORDER BY id;

-- In WHERE, ORDER BY, GROUP BY, HAVING, aggregates, windows, CASE.
SELECT id FROM applicants AS x WHERE credit_margin(x) >= 5 ORDER BY credit_margin(x), id;
SELECT credit_margin(x) AS margin, count(*) FROM applicants AS x GROUP BY credit_margin(x) HAVING credit_margin(x) > 0 ORDER BY 1;
SELECT sum(credit_margin(x)), avg(credit_margin(x)), max(credit_margin(x)) FILTER (WHERE id > 1) AS filtered FROM applicants AS x;
SELECT id, rank() OVER (ORDER BY credit_margin(x) DESC) FROM applicants AS x ORDER BY id;
SELECT id, CASE WHEN id < 3 THEN credit_margin(x) END AS some FROM applicants AS x ORDER BY id;
SELECT array_agg(credit_margin(x) ORDER BY id) FROM applicants AS x;
SELECT id FROM applicants AS x WHERE EXISTS (SELECT FROM loans AS l WHERE l.id = x.id AND credit_margin(x) > 2) ORDER BY id;

-- STABLE is not IMMUTABLE: no index, no generated column.
\set VERBOSITY sqlstate
CREATE INDEX ON applicants (credit_score(applicants, 'rows'));
CREATE TABLE refused (a int, score int GENERATED ALWAYS AS (credit_score('{}'::jsonb)) STORED);
\set VERBOSITY default
SELECT DISTINCT provolatile, proparallel, proisstrict FROM pg_proc WHERE proname IN ('credit_score', 'credit_pd', 'credit_margin');

-- Prepared statements outlive changes to the row type.  By hand: 7; then b is
-- 15 and no longer below 10, so 5; a feature renamed away is missed; another
-- column takes its place; a and b change places, so that the 15 is a: 6.
CREATE TABLE evolving (a int, b float8, home text, spare int);
INSERT INTO evolving VALUES (5, 5, 'rent', 0);
SET plan_cache_mode = force_generic_plan;
PREPARE p AS SELECT credit_margin(x, 'rows') FROM evolving AS x;
PREPARE q AS SELECT credit_margin(ROW(0, 'rent', 5, 50)::applicant_type, 'rows');
CREATE FUNCTION pg_temp.in_plpgsql() RETURNS real LANGUAGE plpgsql AS $$
DECLARE
	entry evolving;
BEGIN
	SELECT * INTO entry FROM evolving;
	RETURN credit_margin(entry, 'rows');
END $$;
EXECUTE p;
SELECT pg_temp.in_plpgsql();
ALTER TABLE evolving ADD COLUMN z int DEFAULT 1;
EXECUTE p;
SELECT pg_temp.in_plpgsql();
ALTER TABLE evolving ALTER COLUMN b TYPE numeric USING b + 10;
EXECUTE p;
SELECT pg_temp.in_plpgsql();
ALTER TABLE evolving RENAME COLUMN spare TO old_spare;
EXECUTE p;
SELECT pg_temp.in_plpgsql();
ALTER TABLE evolving RENAME COLUMN z TO spare;
EXECUTE p;
SELECT pg_temp.in_plpgsql();
ALTER TABLE evolving RENAME COLUMN a TO c;
ALTER TABLE evolving RENAME COLUMN b TO a;
ALTER TABLE evolving RENAME COLUMN c TO b;
EXECUTE p;
SELECT pg_temp.in_plpgsql();
ALTER TABLE evolving DROP COLUMN home, ADD COLUMN home text DEFAULT 'own';
EXECUTE p;
SELECT pg_temp.in_plpgsql();
-- A composite type: a = 50, b = 5 is 6; with the names exchanged it is 5.
EXECUTE q;
ALTER TYPE applicant_type RENAME ATTRIBUTE a TO c;
ALTER TYPE applicant_type RENAME ATTRIBUTE b TO a;
ALTER TYPE applicant_type RENAME ATTRIBUTE c TO b;
EXECUTE q;
-- Even between two rows of one statement: back to the first names is 6 again.
CREATE FUNCTION pg_temp.made(n int) RETURNS applicant_type LANGUAGE plpgsql AS $$
DECLARE
	result applicant_type;
BEGIN
	IF n = 2 THEN
		ALTER TYPE applicant_type RENAME ATTRIBUTE a TO c;
		ALTER TYPE applicant_type RENAME ATTRIBUTE b TO a;
		ALTER TYPE applicant_type RENAME ATTRIBUTE c TO b;
	END IF;
	EXECUTE 'SELECT 0, ''rent'', 5, 50' INTO result;
	RETURN result;
END $$;
SELECT n, credit_margin(pg_temp.made(n), 'rows') FROM generate_series(1, 2) AS n;
DROP FUNCTION pg_temp.made(int);
DEALLOCATE ALL;
RESET plan_cache_mode;

-- A model may have the names of an unnamed row.
SELECT credit.import_model('unnamed', pg_temp.json(pg_temp.model('{f1,f2}', '{q,q}', pg_temp.stump(0, 10, 1, 0), pg_temp.stump(1, 10, 2, 0))));
SELECT credit_margin(ROW(5, 50), 'unnamed@1'), credit_margin(ROW(50, 5, 'more'), 'unnamed@1');
SELECT credit_margin(ROW(5), 'unnamed@1');

DROP VIEW applicant_view, applicant_view_computed, applicant_view_limit;
DROP MATERIALIZED VIEW applicant_matview;
DROP TABLE applicants, evolving, loans, holder, child, parent, parted, altered, generated, decided CASCADE;
DROP FUNCTION decide;
DROP DOMAIN applicant_domain;
DROP TYPE applicant_type;
\i sql/include/empty_registry.psql
