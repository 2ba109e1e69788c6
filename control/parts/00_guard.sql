\echo Use "CREATE EXTENSION pg_credit" to load this file. \quit

-- Functions that applications call go to the extension's own schema;
-- everything else to this one, which is a member of the extension.
CREATE SCHEMA credit;

COMMENT ON SCHEMA credit IS
	'pg_credit: models, their versions and deployments, and the functions that manage them';

