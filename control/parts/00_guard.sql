\echo Use "CREATE EXTENSION pg_credit" to load this file. \quit

-- Nothing in this script is resolved through the schema that it installs
-- into.  Bodies of RETURN and BEGIN ATOMIC, views, defaults and checks are
-- parsed here and run later, as whoever calls them: an operator or function
-- that the owner of that schema planted in it, or anybody who may create
-- there, could match better than one of pg_catalog.  PostgreSQL puts the
-- former path back when the script ends.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Functions that applications call go to the extension's own schema;
-- everything else to this one, which is a member of the extension.
CREATE SCHEMA credit;

COMMENT ON SCHEMA credit IS
	'pg_credit: models, their versions and deployments, and the functions that manage them';

