-- Privileges: nothing is open to everybody; EXECUTE on a scoring function and
-- SELECT on the table are all that scoring needs; no right to score gives any
-- right to the registry.  A role that is no superuser can install the extension
-- and has the use of it, but cannot change history.
\i sql/include/tiny_models.psql
SELECT credit.import_model('open', pg_temp.json(pg_temp.model('{a}', '{q}', pg_temp.stump(0, 10, 1, -1))));
SELECT to_version FROM credit.promote('open', 1);
CREATE TABLE applicants (id int, a int);
INSERT INTO applicants VALUES (1, 5), (2, 15);
CREATE ROLE regress_credit_nobody;
CREATE ROLE regress_credit_scorer;
GRANT SELECT ON applicants TO regress_credit_nobody, regress_credit_scorer;
GRANT EXECUTE ON FUNCTION credit_score(record, text) TO regress_credit_scorer;

-- What PUBLIC may do with what is in the extension: call what the planner puts
-- in place of a function on rows, which checks the right to that one itself.
SELECT p.oid::regprocedure AS function FROM pg_proc AS p
JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
WHERE has_function_privilege('regress_credit_nobody', p.oid, 'EXECUTE') ORDER BY p.proname;
SELECT c.oid::regclass AS relation FROM pg_class AS c WHERE c.relnamespace = 'credit'::regnamespace AND c.relkind IN ('r', 'v', 'S')
	AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege('regress_credit_nobody', c.oid, 'USAGE, SELECT, UPDATE')
		ELSE has_table_privilege('regress_credit_nobody', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END ORDER BY 1;
SELECT has_schema_privilege('regress_credit_nobody', 'credit', 'USAGE') AS usage, has_schema_privilege('regress_credit_nobody', 'credit', 'CREATE') AS "create";

-- The scorer scores, by name, by default and in a transaction that is read only.
SET ROLE regress_credit_scorer;
SELECT id, credit_score(x) FROM applicants AS x ORDER BY id;
SELECT id, credit_score(x, 'open@1') FROM applicants AS x ORDER BY id;
BEGIN READ ONLY;
SELECT id, credit_score(x, 'open@champion') FROM applicants AS x ORDER BY id;
COMMIT;
-- It has this function and no other, and nothing of the registry.
\set VERBOSITY sqlstate
SELECT credit_score('{"a": 5}'::jsonb);
SELECT credit_pd(x) FROM applicants AS x;
SELECT credit_margin(x) FROM applicants AS x;
SELECT * FROM credit.model;
SELECT image FROM credit.model_version;
SELECT * FROM credit.models;
UPDATE credit.alias SET model_version_id = 1;
INSERT INTO credit.model (name) VALUES ('mine');
DELETE FROM credit.deployment;
SELECT credit.import_model('mine', '\x00');
SELECT credit.promote('open', 1);
SELECT credit.rollback('open');
SELECT credit.retire('open', 1);
SELECT credit.describe_model('open');
SELECT credit.verify_model('open');
SELECT credit.export_model('open');
SELECT credit.find_version('open');
SELECT credit.build_image('\x00');
SELECT credit.image_facts('\x00');
SELECT credit.image_features('\x00');
SELECT credit.image_margin('\x00', '{}');
SELECT credit.lock_model('open');
CREATE TABLE credit.mine ();
DROP TABLE credit.model;
DROP EXTENSION pg_credit;
\set VERBOSITY default
-- The message names the function, not the registry.
SELECT credit_margin(x) FROM applicants AS x;
RESET ROLE;

-- Without EXECUTE there is no score; without SELECT on the table neither.
SET ROLE regress_credit_nobody;
\set VERBOSITY sqlstate
SELECT credit_score(x) FROM applicants AS x;
SELECT credit_score(x, 'open') FROM applicants AS x;
\set VERBOSITY default
RESET ROLE;
REVOKE SELECT ON applicants FROM regress_credit_scorer;
SET ROLE regress_credit_scorer;
\set VERBOSITY sqlstate
SELECT credit_score(x) FROM applicants AS x;
\set VERBOSITY default
SELECT credit_score(s) FROM (SELECT 5 AS a) AS s;
-- Errors tell a scorer the names of models and features, which it needs, and
-- no more.
SELECT credit_score(s, 'none') FROM (SELECT 5 AS a) AS s;
RESET ROLE;

-- A security definer function and a view lend the right to score.
CREATE FUNCTION lent(n int) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT credit_score(x) FROM applicants AS x WHERE id = n $$;
CREATE VIEW scored AS SELECT id, credit_score(x) AS score FROM applicants AS x;
GRANT SELECT ON scored TO regress_credit_nobody;
SET ROLE regress_credit_nobody;
SELECT lent(1);
-- Functions in a view are called with the rights of whoever asks.
\set VERBOSITY sqlstate
SELECT * FROM scored;
\set VERBOSITY default
RESET ROLE;
DROP VIEW scored;
DROP FUNCTION lent;

-- A role for operations.  The functions that write history do it with their
-- owner's rights: EXECUTE is enough for promote(), and for nothing else.
CREATE ROLE regress_credit_operator;
GRANT USAGE ON SCHEMA credit TO regress_credit_operator;
GRANT EXECUTE ON FUNCTION credit.promote(text, int, text) TO regress_credit_operator;
SET ROLE regress_credit_operator;
SELECT alias, action, from_version, to_version, deployed_by FROM credit.promote('open', 1, 'backup');
\set VERBOSITY sqlstate
SELECT credit.lock_model('open');
SELECT credit.move_alias(1, 'backup', 'promote', 1);
SELECT credit.import_model('mine', '\x00');
SELECT credit.retire('open', 1);
INSERT INTO credit.deployment (model_id, alias, action, to_version) VALUES (1, 'champion', 'promote', 1);
UPDATE credit.alias SET model_version_id = 1;
DELETE FROM credit.deployment;
UPDATE credit.model_version SET notes = 'mine';
\set VERBOSITY default
RESET ROLE;
DROP OWNED BY regress_credit_operator, regress_credit_scorer, regress_credit_nobody;
DROP TABLE applicants;
\i sql/include/empty_registry.psql

DROP ROLE regress_credit_operator, regress_credit_scorer, regress_credit_nobody;

-- Installed by a role that may create in the database and is no superuser, in
-- a database of its own.
SELECT encode(pg_temp.constant(2), 'hex') AS artifact, current_database() AS regression \gset
CREATE ROLE regress_credit_installer;
CREATE ROLE regress_credit_scorer;
CREATE DATABASE regress_credit_trusted;
GRANT CREATE ON DATABASE regress_credit_trusted TO regress_credit_installer;
\c regress_credit_trusted
\set SHOW_CONTEXT never
SET SESSION AUTHORIZATION regress_credit_installer;
CREATE EXTENSION pg_credit;
SELECT extowner::regrole AS owner FROM pg_extension WHERE extname = 'pg_credit';
-- It imports, deploys, looks, and scores.
SELECT credit.import_model('m', decode(:'artifact', 'hex'), '{"golden": [{"row": {"x": 1}, "margin": 2}]}');
SELECT credit.import_model('m', decode(:'artifact', 'hex'));
SELECT to_version FROM credit.promote('m', 1);
SELECT to_version FROM credit.promote('m', 2);
SELECT to_version FROM credit.rollback('m');
SELECT credit.retire('m', 2);
SELECT model, version, status, imported_by FROM credit.models ORDER BY version;
SELECT bool_and(passed) AS verified FROM credit.verify_model('m');
SELECT octet_length(credit.export_model('m')) > 0 AS exported, count(*) > 0 AS described FROM credit.describe_model('m');
SELECT action, from_version, to_version, deployed_by FROM credit.deployment ORDER BY deployment_id;
SELECT credit_margin('{"x": 1}'::jsonb);
UPDATE credit.model_version SET notes = 'mine' WHERE version = 1;
-- It passes the right to score on.
GRANT EXECUTE ON FUNCTION credit_margin(jsonb, text) TO regress_credit_scorer;
RESET SESSION AUTHORIZATION;
SET ROLE regress_credit_scorer;
SELECT credit_margin('{"x": 1}'::jsonb);
RESET ROLE;
-- It changes neither versions nor history, nor the tables or functions themselves.
SET SESSION AUTHORIZATION regress_credit_installer;
\set VERBOSITY sqlstate
INSERT INTO credit.deployment (model_id, alias, action, to_version) VALUES (1, 'champion', 'promote', 1);
INSERT INTO credit.model (name) VALUES ('mine');
UPDATE credit.alias SET model_version_id = 1;
UPDATE credit.model_version SET image = '\x00';
UPDATE credit.model_version SET retired_at = now();
UPDATE credit.deployment SET to_version = 2;
DELETE FROM credit.deployment;
TRUNCATE credit.deployment;
TRUNCATE credit.golden_row;
UPDATE credit.golden_row SET margin = 3;
UPDATE credit.feature SET name = 'y';
DELETE FROM credit.golden_row;
DELETE FROM credit.feature;
ALTER TABLE credit.deployment DISABLE TRIGGER refuse_change;
DROP TRIGGER refuse_change ON credit.model_version;
ALTER TABLE credit.model ADD COLUMN mine int;
CREATE OR REPLACE FUNCTION credit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE credit.mine ();
\set VERBOSITY default
SELECT credit_margin('{"x": 1}'::jsonb);
-- It may remove what it installed.
DROP EXTENSION pg_credit;
SELECT count(*) AS left_behind FROM pg_namespace WHERE nspname = 'credit';
RESET SESSION AUTHORIZATION;
-- A role without CREATE on the database cannot install it.
SET SESSION AUTHORIZATION regress_credit_scorer;
\set VERBOSITY sqlstate
CREATE EXTENSION pg_credit;
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
-- In another schema, and with a schema "credit" in the way.
CREATE SCHEMA elsewhere;
CREATE EXTENSION pg_credit SCHEMA elsewhere;
SELECT credit.import_model('m', decode(:'artifact', 'hex'));
SELECT elsewhere.credit_margin('{"x": 1}'::jsonb, 'm@1');
SELECT to_regprocedure('credit_margin(jsonb, text)') IS NULL AS not_in_path;
DROP EXTENSION pg_credit;
CREATE SCHEMA credit;
\set VERBOSITY sqlstate
CREATE EXTENSION pg_credit;
\set VERBOSITY default
\c :regression
DROP DATABASE regress_credit_trusted;
DROP ROLE regress_credit_installer, regress_credit_scorer;
