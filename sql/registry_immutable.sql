-- What makes a score never changes: the registry refuses every UPDATE, and
-- for the history DELETE and TRUNCATE too, even by a superuser; notes may change.
\i sql/include/tiny_models.psql
SELECT credit.import_model('fixed', pg_temp.constant(1), '{"golden": [{"row": {"x": 1}, "margin": 1}], "notes": "before"}');
SELECT credit.import_model('fixed', pg_temp.constant(2));
SELECT to_version FROM credit.promote('fixed', 1);
CREATE FUNCTION pg_temp.registry() RETURNS text LANGUAGE sql AS $$
	SELECT md5(string_agg(t.line, E'\n' ORDER BY t.line))
	FROM (SELECT m::text FROM credit.model AS m UNION ALL SELECT v::text FROM credit.model_version AS v
		UNION ALL SELECT f::text FROM credit.feature AS f UNION ALL SELECT g::text FROM credit.golden_row AS g
		UNION ALL SELECT a::text FROM credit.alias AS a UNION ALL SELECT d::text FROM credit.deployment AS d) AS t (line)
$$;
SELECT pg_temp.registry() AS before \gset
SET client_min_messages = warning;

-- Every column of the tables that make a score, one at a time, to itself: the
-- attempt is refused, not the difference.  The columns that may change are
-- those that say "no error".
SELECT c.relname, a.attname, pg_temp.failure(format('UPDATE credit.%I SET %2$I = %2$I', c.relname, a.attname)) AS refusal
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'credit'::regnamespace AND c.relname IN ('model_version', 'feature', 'golden_row', 'deployment')
	AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- Nothing can be taken away from the history; versions that were deployed and
-- models that have versions are held by their keys.
SELECT statement, pg_temp.failure(statement) AS refusal
FROM unnest(ARRAY[
	'DELETE FROM credit.deployment', 'TRUNCATE credit.deployment',
	'DELETE FROM credit.deployment WHERE false', 'UPDATE credit.deployment SET to_version = 2 WHERE false',
	'UPDATE credit.model_version SET image = ''\x00''', 'UPDATE credit.model_version SET notes = ''n'', image = image',
	'INSERT INTO credit.model_version SELECT * FROM credit.model_version ON CONFLICT (model_version_id) DO UPDATE SET image = excluded.image',
	'TRUNCATE credit.model CASCADE']) WITH ORDINALITY AS s (statement, place)
ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)
\set VERBOSITY sqlstate
UPDATE credit.model_version SET image = '\x00';
UPDATE credit.feature SET reason_text = 'other';
UPDATE credit.golden_row SET margin = 2;
DELETE FROM credit.deployment;
TRUNCATE credit.deployment;
DELETE FROM credit.model_version WHERE version = 1;
DELETE FROM credit.model;
\set VERBOSITY default
UPDATE credit.model_version SET version = 3 WHERE version = 2;

SELECT pg_temp.registry() = :'before' AS registry_unchanged;

-- Bad rows are refused by the tables themselves.
\set VERBOSITY sqlstate
INSERT INTO credit.model (name) VALUES ('a b');
INSERT INTO credit.model (name) VALUES ('fixed');
INSERT INTO credit.alias SELECT model_id, '1', model_version_id FROM credit.model_version WHERE version = 2;
INSERT INTO credit.alias SELECT model_id, 'orphan', -1 FROM credit.model;
INSERT INTO credit.deployment (model_id, alias, action, to_version) SELECT model_id, 'a', 'demote', 1 FROM credit.model;
INSERT INTO credit.deployment (model_id, alias, action, to_version) SELECT model_id, 'a', 'promote', 9 FROM credit.model;
\set VERBOSITY default
SELECT pg_temp.registry() = :'before' AS registry_unchanged;

-- Notes are free text.
UPDATE credit.model_version SET notes = 'after' WHERE notes = 'before';
SELECT version, notes FROM credit.models ORDER BY version;
SELECT value FROM credit.describe_model('fixed') WHERE property = 'notes';

-- A version stays, even if it was never deployed, and so do its features and
-- golden rows; a retired one stays retired.
DELETE FROM credit.model_version WHERE version = 2;
DELETE FROM credit.feature;
DELETE FROM credit.golden_row;
TRUNCATE credit.golden_row;
SELECT credit.retire('fixed', 2);
UPDATE credit.model_version SET retired_at = NULL, retired_by = NULL WHERE version = 2;
UPDATE credit.model_version SET retired_at = now() WHERE version = 2;
SELECT version, status FROM credit.models ORDER BY version;

\i sql/include/empty_registry.psql
