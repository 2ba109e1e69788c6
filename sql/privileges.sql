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

-- What PUBLIC may do with what is in the extension: nothing.
SELECT p.oid::regprocedure AS function FROM pg_proc AS p
JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
WHERE has_function_privilege('regress_credit_nobody', p.oid, 'EXECUTE') ORDER BY 1;
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

-- A role for operations: what is granted, and no more.
CREATE ROLE regress_credit_operator;
GRANT USAGE ON SCHEMA credit TO regress_credit_operator;
GRANT EXECUTE ON FUNCTION credit.promote(text, int, text) TO regress_credit_operator;
SET ROLE regress_credit_operator;
\set VERBOSITY sqlstate
SELECT credit.promote('open', 1, 'backup');
\set VERBOSITY default
RESET ROLE;
DROP OWNED BY regress_credit_operator, regress_credit_scorer, regress_credit_nobody;
DROP TABLE applicants;
\i sql/include/empty_registry.psql

-- Installed by a role that may create in the database and is no superuser.
CREATE ROLE regress_credit_installer;
CREATE DATABASE regress_credit_trusted;
GRANT CREATE ON DATABASE regress_credit_trusted TO regress_credit_installer;
\set regression :DBNAME
\c regress_credit_trusted
GRANT CREATE ON SCHEMA public TO regress_credit_installer;
SET SESSION AUTHORIZATION regress_credit_installer;
CREATE EXTENSION pg_credit;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
\set ECHO none
\i sql/include/tiny_models.psql
\set ECHO all
RESET client_min_messages;
SELECT extowner::regrole AS owner FROM pg_extension WHERE extname = 'pg_credit';

DROP ROLE regress_credit_operator, regress_credit_scorer, regress_credit_nobody;
