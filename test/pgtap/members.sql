-- Every member of the extension is described, and none is open to everybody.

BEGIN;
SELECT plan(13);

CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid
FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

SELECT cmp_ok((SELECT count(*) FROM member WHERE classid = 'pg_proc'::regclass), '>', 15::bigint,
	'there are functions to look at');
SELECT cmp_ok((SELECT count(*) FROM member WHERE classid = 'pg_class'::regclass), '>', 6::bigint,
	'and relations');

-- -------- comments --------

SELECT is_empty(
	$$SELECT objid::regprocedure FROM member
		WHERE classid = 'pg_proc'::regclass AND coalesce(obj_description(objid, 'pg_proc'), '') = ''$$,
	'every function has a comment');
SELECT is_empty(
	$$SELECT objid::regclass FROM member JOIN pg_class AS c ON c.oid = objid
		WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'v', 'm', 'p')
			AND coalesce(obj_description(objid, 'pg_class'), '') = ''$$,
	'every table and view has a comment');
SELECT is_empty(
	$$SELECT attrelid::regclass, attname FROM member JOIN pg_class AS c ON c.oid = objid
		JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'v', 'm', 'p', 'c') AND attnum > 0
			AND NOT attisdropped AND coalesce(col_description(attrelid, attnum), '') = ''$$,
	'every column has a comment');
SELECT is_empty(
	$$SELECT objid::regnamespace FROM member
		WHERE classid = 'pg_namespace'::regclass AND coalesce(obj_description(objid, 'pg_namespace'), '') = ''$$,
	'every schema has a comment');
SELECT is_empty(
	$$SELECT objid::regtype FROM member JOIN pg_type AS t ON t.oid = objid
		WHERE classid = 'pg_type'::regclass AND typrelid = 0 AND typelem = 0
			AND coalesce(obj_description(objid, 'pg_type'), '') = ''$$,
	'every type of its own has a comment');
SELECT isnt((SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'pg_credit'), NULL,
	'the extension has a comment');

-- -------- privileges --------

-- Grantee 0 is PUBLIC; an empty list of a function means EXECUTE for PUBLIC.
-- The planner puts four functions in place of others, so they are open and
-- check the right to the function that the user wrote.
SELECT set_eq(
	$$SELECT p.proname::text COLLATE "default" FROM member JOIN pg_proc AS p ON p.oid = objid,
			LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a
		WHERE classid = 'pg_proc'::regclass AND a.grantee = 0$$,
	$$VALUES ('contributions_columns'), ('margin_columns'), ('pd_columns'), ('score_columns')$$,
	'no function is open to PUBLIC, but what the planner puts in');
SELECT is_empty(
	$$SELECT objid::regclass, a.privilege_type FROM member JOIN pg_class AS c ON c.oid = objid,
			LATERAL aclexplode(coalesce(relacl, acldefault('r', relowner))) AS a
		WHERE classid = 'pg_class'::regclass AND a.grantee = 0$$,
	'no table, view or sequence is open to PUBLIC');
SELECT is_empty(
	$$SELECT attrelid::regclass, attname FROM member JOIN pg_attribute ON attrelid = objid,
			LATERAL aclexplode(attacl) AS a
		WHERE classid = 'pg_class'::regclass AND a.grantee = 0$$,
	'nor is a column');
SELECT is_empty(
	$$SELECT objid::regnamespace FROM member JOIN pg_namespace AS n ON n.oid = objid,
			LATERAL aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS a
		WHERE classid = 'pg_namespace'::regclass AND a.grantee = 0$$,
	'nor the schema');

SELECT is(trusted, true, 'the extension is trusted')
FROM pg_available_extension_versions WHERE name = 'pg_credit' AND installed;

SELECT * FROM finish();
ROLLBACK;
