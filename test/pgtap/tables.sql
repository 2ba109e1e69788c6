-- The tables of the schema "credit" are a contract: their columns in this
-- order (src/pg/registry.c reads them by number), their keys, what protects
-- them and what pg_dump takes along.

BEGIN;
SELECT plan(15);

SELECT tables_are('credit', ARRAY['alias', 'deployment', 'drift_baseline', 'feature', 'golden_row', 'model', 'model_version']);
SELECT views_are('credit', ARRAY['models']);
SELECT sequences_are('credit', ARRAY['deployment_deployment_id_seq', 'model_model_id_seq',
	'model_version_model_version_id_seq']);
SELECT enums_are('credit', ARRAY[]::name[]);

-- C after a type: COLLATE "C".
CREATE TEMPORARY TABLE expected_column (relation text, name text, type text, rule text, position serial);
INSERT INTO expected_column (relation, name, type, rule) VALUES
	('alias', 'model_id', 'bigint', 'not null'),
	('alias', 'alias', 'text C', 'not null'),
	('alias', 'model_version_id', 'bigint', 'not null'),
	('deployment', 'deployment_id', 'bigint', 'identity'),
	('deployment', 'model_id', 'bigint', 'not null'),
	('deployment', 'alias', 'text C', 'not null'),
	('deployment', 'action', 'text', 'not null'),
	('deployment', 'from_version', 'integer', ''),
	('deployment', 'to_version', 'integer', 'not null'),
	('deployment', 'deployed_at', 'timestamp with time zone', 'not null'),
	('deployment', 'deployed_by', 'text', 'not null'),
	('drift_baseline', 'model_version_id', 'bigint', 'not null'),
	('drift_baseline', 'position', 'integer', 'not null'),
	('drift_baseline', 'reference', 'credit.drift_reference', 'not null'),
	('drift_baseline', 'source', 'text', 'not null'),
	('drift_baseline', 'recorded_at', 'timestamp with time zone', 'not null'),
	('drift_baseline', 'recorded_by', 'text', 'not null'),
	('feature', 'model_version_id', 'bigint', 'not null'),
	('feature', 'position', 'integer', 'not null'),
	('feature', 'name', 'text', 'not null'),
	('feature', 'type', 'text', 'not null'),
	('feature', 'categories', 'text[]', ''),
	('feature', 'split_count', 'integer', 'not null'),
	('feature', 'reason_code', 'text', ''),
	('feature', 'reason_text', 'text', ''),
	('golden_row', 'model_version_id', 'bigint', 'not null'),
	('golden_row', 'position', 'integer', 'not null'),
	('golden_row', 'applicant', 'jsonb', 'not null'),
	('golden_row', 'margin', 'real', 'not null'),
	('model', 'model_id', 'bigint', 'identity'),
	('model', 'name', 'text C', 'not null'),
	('model', 'created_at', 'timestamp with time zone', 'not null'),
	('model', 'created_by', 'text', 'not null'),
	('model_version', 'model_version_id', 'bigint', 'identity'),
	('model_version', 'model_id', 'bigint', 'not null'),
	('model_version', 'version', 'integer', 'not null'),
	('model_version', 'image', 'bytea', 'not null'),
	('model_version', 'retired_at', 'timestamp with time zone', ''),
	('model_version', 'retired_by', 'text', ''),
	('model_version', 'image_sha256', 'bytea', 'not null'),
	('model_version', 'artifact', 'bytea', 'not null'),
	('model_version', 'artifact_sha256', 'bytea', 'not null'),
	('model_version', 'artifact_format', 'text', 'not null'),
	('model_version', 'xgboost_version', 'text', 'not null'),
	('model_version', 'options', 'jsonb', 'not null'),
	('model_version', 'notes', 'text', ''),
	('model_version', 'imported_at', 'timestamp with time zone', 'not null'),
	('model_version', 'imported_by', 'text', 'not null'),
	('models', 'model', 'text C', ''),
	('models', 'version', 'integer', ''),
	('models', 'status', 'text', ''),
	('models', 'aliases', 'text[] C', ''),
	('models', 'deployed_at', 'timestamp with time zone', ''),
	('models', 'imported_at', 'timestamp with time zone', ''),
	('models', 'imported_by', 'text', ''),
	('models', 'features', 'bigint', ''),
	('models', 'features_used', 'bigint', ''),
	('models', 'golden_rows', 'bigint', ''),
	('models', 'xgboost_version', 'text', ''),
	('models', 'notes', 'text', '');

SELECT results_eq(
	$$
		SELECT c.relname::text COLLATE "default", a.attname::text COLLATE "default",
			format_type(a.atttypid, a.atttypmod)
				|| CASE WHEN a.attcollation = 'pg_catalog."C"'::regcollation THEN ' C' ELSE '' END,
			CASE WHEN a.attidentity = 'd' THEN 'identity' WHEN a.attnotnull THEN 'not null' ELSE '' END
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'credit'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0
			AND NOT a.attisdropped
		ORDER BY c.relname COLLATE "C", a.attnum
	$$,
	'SELECT relation, name, type, rule FROM expected_column ORDER BY relation COLLATE "C", position',
	'columns, types, not null, in this order');

SELECT is_empty(
	$$
		SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'credit'::regnamespace AND a.atttypid = 'timestamp'::regtype
	$$,
	'no timestamp without time zone');

SELECT results_eq(
	$$
		SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)
		FROM pg_constraint
		WHERE connamespace = 'credit'::regnamespace AND contype IN ('p', 'u', 'f', 'c', 'x')
		ORDER BY conrelid::regclass::text COLLATE "C", contype, conname COLLATE "C"
	$$,
	$$
		VALUES
		('credit.alias', 'c', 'CHECK ((alias ~ ''^[A-Za-z_][A-Za-z0-9_.-]{0,62}$''::text))'),
		('credit.alias', 'f', 'FOREIGN KEY (model_id) REFERENCES credit.model(model_id)'),
		('credit.alias', 'f', 'FOREIGN KEY (model_id, model_version_id) REFERENCES credit.model_version(model_id, model_version_id)'),
		('credit.alias', 'p', 'PRIMARY KEY (model_id, alias)'),
		('credit.deployment', 'c', 'CHECK ((action = ANY (ARRAY[''promote''::text, ''rollback''::text])))'),
		('credit.deployment', 'f', 'FOREIGN KEY (model_id) REFERENCES credit.model(model_id)'),
		('credit.deployment', 'f', 'FOREIGN KEY (model_id, from_version) REFERENCES credit.model_version(model_id, version)'),
		('credit.deployment', 'f', 'FOREIGN KEY (model_id, to_version) REFERENCES credit.model_version(model_id, version)'),
		('credit.deployment', 'p', 'PRIMARY KEY (deployment_id)'),
		('credit.drift_baseline', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.drift_baseline', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.feature', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.feature', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.feature', 'u', 'UNIQUE (model_version_id, name)'),
		('credit.golden_row', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.golden_row', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.model', 'c', 'CHECK ((name ~ ''^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$''::text))'),
		('credit.model', 'p', 'PRIMARY KEY (model_id)'),
		('credit.model', 'u', 'UNIQUE (name)'),
		('credit.model_version', 'c', 'CHECK ((version > 0))'),
		('credit.model_version', 'f', 'FOREIGN KEY (model_id) REFERENCES credit.model(model_id)'),
		('credit.model_version', 'p', 'PRIMARY KEY (model_version_id)'),
		('credit.model_version', 'u', 'UNIQUE (model_id, model_version_id)'),
		('credit.model_version', 'u', 'UNIQUE (model_id, version)')
	$$,
	'primary, unique and foreign keys, checks');

SELECT is_empty(
	$$SELECT conname FROM pg_constraint WHERE connamespace = 'credit'::regnamespace
		AND (NOT convalidated OR condeferrable)$$,
	'constraints are validated and immediate');

-- The scans of src/pg/registry.c go by these names.
SELECT has_index('credit', 'model', i, 'index ' || i) FROM unnest(ARRAY['model_pkey', 'model_name_key']::name[]) AS i;
SELECT results_eq(
	$$SELECT attname::text COLLATE "default", attstorage::text FROM pg_attribute
		WHERE attrelid = 'credit.model_version'::regclass AND atttypid = 'bytea'::regtype ORDER BY attnum$$,
	$$VALUES ('image', 'e'), ('image_sha256', 'x'), ('artifact', 'e'), ('artifact_sha256', 'x')$$,
	'image and artifact are stored uncompressed');

SELECT results_eq(
	$$
		SELECT tgrelid::regclass::text, tgname::text COLLATE "default",
			regexp_replace(pg_get_triggerdef(oid), '^.*? ((BEFORE|AFTER) .*) ON .*$', '\1'), tgfoid::regproc::text
		FROM pg_trigger
		WHERE NOT tgisinternal AND tgenabled = 'O'
			AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'credit'::regnamespace)
		ORDER BY tgrelid::regclass::text COLLATE "C", tgname
	$$,
	$$
		VALUES
		('credit.alias', 'registry_changed', 'AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE', 'credit.registry_changed'),
		('credit.deployment', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.feature', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.golden_row', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.model_version', 'refuse_change', 'BEFORE UPDATE OF model_version_id, model_id, version, image, image_sha256, artifact, artifact_sha256, artifact_format, xgboost_version, options, imported_at, imported_by', 'credit.refuse_change'),
		('credit.model_version', 'refuse_removal', 'BEFORE DELETE OR TRUNCATE', 'credit.refuse_change'),
		('credit.model_version', 'refuse_return', 'BEFORE UPDATE OF retired_at, retired_by', 'credit.refuse_change'),
		('credit.model_version', 'registry_changed', 'AFTER UPDATE OF retired_at', 'credit.registry_changed')
	$$,
	'triggers');

-- All but notes and the mark of retirement is protected, also a new column.
SELECT results_eq(
	$$
		SELECT a.attname::text COLLATE "default" FROM pg_attribute AS a
		WHERE a.attrelid = 'credit.model_version'::regclass AND a.attnum > 0 AND NOT a.attisdropped
			AND NOT EXISTS (
				SELECT FROM pg_trigger AS t
				WHERE t.tgrelid = a.attrelid AND t.tgname = 'refuse_change' AND a.attnum = ANY (t.tgattr::int2[]))
		ORDER BY a.attnum
	$$,
	$$VALUES ('retired_at'), ('retired_by'), ('notes')$$,
	'columns of a version that may change');

SELECT set_eq(
	$$
		SELECT c.oid::regclass::text FROM pg_class AS c
		WHERE c.relnamespace = 'credit'::regnamespace AND c.relkind IN ('r', 'S')
	$$,
	$$SELECT unnest(extconfig)::regclass::text FROM pg_extension WHERE extname = 'pg_credit'$$,
	'pg_dump takes every table and sequence along');
SELECT is(extcondition, array_fill(''::text, ARRAY[cardinality(extconfig)]), 'and every row')
FROM pg_extension WHERE extname = 'pg_credit';

SELECT * FROM finish();
ROLLBACK;
