-- A monitor runs with the rights of its owner, whoever calls it, and reads no
-- relation but the one that it was armed on.  Here a superuser runs monitors
-- over relations of a role that wants to become one.
\i sql/include/tiny_models.psql
SET timezone = 'UTC';
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{x}', '{q}', pg_temp.stump(0, 10, 1, -1))));
SELECT to_version FROM credit.promote('m', 1);
CREATE TABLE training AS SELECT i AS x FROM generate_series(1, 200) AS i;
SELECT credit.set_drift_baseline('m', 'training');
CREATE ROLE regress_credit_mallory;
CREATE ROLE regress_credit_risk;
CREATE SCHEMA shop AUTHORIZATION regress_credit_mallory;
SELECT credit.grant_access('regress_credit_risk', 'admin');
GRANT USAGE ON SCHEMA shop TO regress_credit_risk;
CREATE FUNCTION pg_temp.is_super() RETURNS boolean LANGUAGE sql RETURN (SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_credit_mallory');

SET ROLE regress_credit_mallory;
CREATE TABLE shop.arriving AS SELECT i AS x FROM generate_series(1, 200) AS i;
CREATE FUNCTION shop.attack(x integer, statement text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN x;
END
$$;
GRANT SELECT ON shop.arriving TO regress_credit_risk;
RESET ROLE;

-- The owner is the role that called, not that of the session.
SELECT owner::regrole = CURRENT_USER::regrole AS mine, source_id::regclass, source_kind FROM credit.create_monitor('super', 'shop.arriving', 'm');
SET ROLE regress_credit_risk;
SELECT owner::regrole FROM credit.create_monitor('risk', 'shop.arriving', 'm');
RESET ROLE;
SELECT n, severity, error FROM credit.run_monitor('super') UNION ALL SELECT n, severity, error FROM credit.run_monitor('risk');

-- A view in the table's place is not read, whoever owns the monitor.
SET ROLE regress_credit_mallory;
ALTER TABLE shop.arriving RENAME TO kept;
CREATE VIEW shop.arriving AS SELECT shop.attack(x, 'ALTER ROLE regress_credit_mallory SUPERUSER') AS x FROM shop.kept;
GRANT SELECT ON shop.arriving, shop.kept TO regress_credit_risk;
RESET ROLE;
SELECT n, error FROM credit.run_monitor('super') UNION ALL SELECT n, error FROM credit.run_monitor('risk');
SELECT pg_temp.is_super();
SELECT kind, message FROM credit.alert WHERE resolved_at IS NULL ORDER BY alert_id;

-- Who accepts it reads it with rights that are not the caller's, and cannot be
-- exchanged for others.
SET ROLE regress_credit_risk;
SELECT credit.own_monitor('risk');
RESET ROLE;
SELECT n, error ~ 'superuser|permission denied' AS refused FROM credit.run_monitor('risk');
SET ROLE regress_credit_mallory;
CREATE OR REPLACE VIEW shop.arriving AS SELECT shop.attack(x, 'RESET ROLE') AS x FROM shop.kept;
RESET ROLE;
SELECT n, error FROM credit.run_monitor('risk');
SET ROLE regress_credit_mallory;
CREATE OR REPLACE VIEW shop.arriving AS SELECT shop.attack(x, 'SET SESSION AUTHORIZATION DEFAULT') AS x FROM shop.kept;
RESET ROLE;
SELECT n, error FROM credit.run_monitor('risk');
SET ROLE regress_credit_mallory;
CREATE OR REPLACE VIEW shop.arriving AS SELECT shop.attack(x, 'DO $d$ BEGIN RAISE ''run as %, path %'', current_user, current_setting(''search_path''); END $d$') AS x FROM shop.kept;
RESET ROLE;
SELECT n, error FROM credit.run_monitor('risk');
SELECT pg_temp.is_super(), current_user = session_user AS same_user;
-- A monitor of somebody else's becomes the own one by a change, not the reverse.
SET ROLE regress_credit_risk;
SELECT owner::regrole FROM credit.change_monitor('super', '{"min_rows": 50}');
SELECT name FROM credit.edit_monitor('risk', '{"min_rows": 50}');
SELECT n, error FROM credit.run_monitor('risk');
SELECT credit.own_monitor('risk');
RESET ROLE;
SELECT owner::regrole = CURRENT_USER::regrole AS mine FROM credit.arm_monitor('super');

-- Owners without the right to read, and owners that are gone.
REVOKE SELECT ON shop.arriving FROM regress_credit_risk;
SELECT n, error FROM credit.run_monitor('risk');
SELECT credit.revoke_access('regress_credit_risk');
REVOKE ALL ON SCHEMA shop FROM regress_credit_risk;
REVOKE ALL ON shop.kept FROM regress_credit_risk;
DROP ROLE regress_credit_risk;
SELECT n, error FROM credit.run_monitor('risk');
DROP SCHEMA shop CASCADE;
SELECT n, error FROM credit.run_monitor('super');
SELECT credit.own_monitor('super');
SELECT credit.own_monitor('nobody');
SELECT * FROM credit.find_window_as_owner(NULL, 1, NULL, now());
SELECT * FROM credit.find_window_as_owner(0, 1, NULL, now());
DROP ROLE regress_credit_mallory;
DROP TABLE training;
\i sql/include/empty_registry.psql
