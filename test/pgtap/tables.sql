-- The tables of the schema "credit" are a contract: their columns in this
-- order (src/pg/registry.c reads them by number), their keys, what protects
-- them and what pg_dump takes along.

BEGIN;
SELECT plan(15);

SELECT tables_are('credit', ARRAY[
	'alias', 'baseline', 'baseline_contribution', 'decision', 'deployment', 'drift_baseline', 'feature',
	'golden_reason', 'golden_row', 'metric', 'model', 'model_version', 'outcome', 'policy',
	'reason_translation', 'removed_month', 'retention', 'routing', 'seal']);
SELECT views_are('credit', ARRAY['models', 'policies', 'scored_arm']);
SELECT sequences_are('credit', ARRAY[
	'decision_decision_id_seq', 'deployment_deployment_id_seq', 'metric_metric_id_seq', 'model_model_id_seq',
	'model_version_model_version_id_seq', 'outcome_outcome_id_seq', 'policy_policy_id_seq',
	'retention_retention_id_seq', 'routing_routing_id_seq']);
SELECT enums_are('credit', ARRAY[]::name[]);

-- C after a type: COLLATE "C".
CREATE TEMPORARY TABLE expected_column (relation text, name text, type text, rule text, position serial);
INSERT INTO expected_column (relation, name, type, rule) VALUES
	('alias', 'model_id', 'bigint', 'not null'),
	('alias', 'alias', 'text C', 'not null'),
	('alias', 'model_version_id', 'bigint', 'not null'),
	('baseline', 'model_version_id', 'bigint', 'not null'),
	('baseline', 'source', 'text', 'not null'),
	('baseline', 'applicants', 'bigint', 'not null'),
	('baseline', 'cutoff', 'integer', ''),
	('baseline', 'band', 'integer', ''),
	('baseline', 'set_at', 'timestamp with time zone', 'not null'),
	('baseline', 'set_by', 'text', 'not null'),
	('baseline_contribution', 'model_version_id', 'bigint', 'not null'),
	('baseline_contribution', 'position', 'integer', 'not null'),
	('baseline_contribution', 'contribution', 'double precision', 'not null'),
	('decision', 'decision_id', 'bigint', 'not null'),
	('decision', 'decided_at', 'timestamp with time zone', 'not null'),
	('decision', 'decided_by', 'text', 'not null'),
	('decision', 'subject', 'text', 'not null'),
	('decision', 'model', 'text C', 'not null'),
	('decision', 'version', 'integer', 'not null'),
	('decision', 'arm', 'text', ''),
	('decision', 'split_id', 'bigint', ''),
	('decision', 'policy_version', 'integer', 'not null'),
	('decision', 'margin', 'real', 'not null'),
	('decision', 'pd', 'double precision', 'not null'),
	('decision', 'score', 'integer', 'not null'),
	('decision', 'outcome', 'text', 'not null'),
	('decision', 'grade', 'text', ''),
	('decision', 'reasons', 'jsonb', ''),
	('decision', 'inputs', 'real[]', 'not null'),
	('decision', 'labels', 'text[]', ''),
	('decision', 'image_sha256', 'bytea', 'not null'),
	('decision', 'code_version', 'text', 'not null'),
	('decision', 'shadow_version', 'integer', ''),
	('decision', 'shadow_margin', 'real', ''),
	('decision', 'shadow_pd', 'double precision', ''),
	('decision', 'shadow_score', 'integer', ''),
	('decision', 'shadow_outcome', 'text', ''),
	('decision', 'shadow_error', 'text', ''),
	('decision', 'hash', 'bytea', 'not null'),
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
	('feature', 'monotone', 'text', ''),
	('feature', 'gain', 'double precision', ''),
	('golden_reason', 'model_version_id', 'bigint', 'not null'),
	('golden_reason', 'position', 'integer', 'not null'),
	('golden_reason', 'codes', 'text[]', 'not null'),
	('golden_row', 'model_version_id', 'bigint', 'not null'),
	('golden_row', 'position', 'integer', 'not null'),
	('golden_row', 'applicant', 'jsonb', 'not null'),
	('golden_row', 'margin', 'real', 'not null'),
	('metric', 'metric_id', 'bigint', 'identity'),
	('metric', 'model_version_id', 'bigint', 'not null'),
	('metric', 'performance', 'credit.performance', 'not null'),
	('metric', 'source', 'text', 'not null'),
	('metric', 'label', 'text', 'not null'),
	('metric', 'recorded_at', 'timestamp with time zone', 'not null'),
	('metric', 'recorded_by', 'text', 'not null'),
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
	('model_version', 'reason_baseline', 'text', 'not null'),
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
	('models', 'notes', 'text', ''),
	('outcome', 'outcome_id', 'bigint', 'identity'),
	('outcome', 'decision_id', 'bigint', 'not null'),
	('outcome', 'month', 'date', 'not null'),
	('outcome', 'defaulted', 'boolean', 'not null'),
	('outcome', 'observed_at', 'timestamp with time zone', 'not null'),
	('outcome', 'recorded_at', 'timestamp with time zone', 'not null'),
	('outcome', 'recorded_by', 'text', 'not null'),
	('policies', 'model', 'text C', ''),
	('policies', 'version', 'integer', ''),
	('policies', 'in_force', 'boolean', ''),
	('policies', 'measure', 'text', ''),
	('policies', 'from_value', 'double precision', ''),
	('policies', 'below_value', 'double precision', ''),
	('policies', 'outcome', 'text', ''),
	('policies', 'grade', 'text', ''),
	('policies', 'set_at', 'timestamp with time zone', ''),
	('policies', 'set_by', 'text', ''),
	('policy', 'policy_id', 'bigint', 'identity'),
	('policy', 'model_id', 'bigint', 'not null'),
	('policy', 'version', 'integer', 'not null'),
	('policy', 'measure', 'text', 'not null'),
	('policy', 'bounds', 'double precision[]', 'not null'),
	('policy', 'outcomes', 'text[]', 'not null'),
	('policy', 'grades', 'text[]', 'not null'),
	('policy', 'set_at', 'timestamp with time zone', 'not null'),
	('policy', 'set_by', 'text', 'not null'),
	('reason_translation', 'model_version_id', 'bigint', 'not null'),
	('reason_translation', 'code', 'text C', 'not null'),
	('reason_translation', 'language', 'text C', 'not null'),
	('reason_translation', 'text', 'text', 'not null'),
	('removed_month', 'month', 'date', 'not null'),
	('removed_month', 'decisions', 'bigint', 'not null'),
	('removed_month', 'seals', 'integer', 'not null'),
	('removed_month', 'chain_ends', 'bytea[]', 'not null'),
	('removed_month', 'retention_id', 'bigint', 'not null'),
	('removed_month', 'removed_at', 'timestamp with time zone', 'not null'),
	('removed_month', 'removed_by', 'text', 'not null'),
	('retention', 'retention_id', 'bigint', 'identity'),
	('retention', 'keep_months', 'integer', ''),
	('retention', 'set_at', 'timestamp with time zone', 'not null'),
	('retention', 'set_by', 'text', 'not null'),
	('routing', 'routing_id', 'bigint', 'identity'),
	('routing', 'model_id', 'bigint', 'not null'),
	('routing', 'kind', 'text C', 'not null'),
	('routing', 'challenger', 'text C', ''),
	('routing', 'share', 'double precision', ''),
	('routing', 'salt', 'text', ''),
	('routing', 'routed_at', 'timestamp with time zone', 'not null'),
	('routing', 'routed_by', 'text', 'not null'),
	('scored_arm', 'model', 'text C', ''),
	('scored_arm', 'decided_at', 'timestamp with time zone', ''),
	('scored_arm', 'decision_id', 'bigint', ''),
	('scored_arm', 'arm', 'text', ''),
	('scored_arm', 'version', 'integer', ''),
	('scored_arm', 'outcome', 'text', ''),
	('scored_arm', 'pd', 'double precision', ''),
	('scored_arm', 'defaulted', 'boolean', ''),
	('seal', 'month', 'date', 'not null'),
	('seal', 'number', 'integer', 'not null'),
	('seal', 'decision_ids', 'bigint[]', 'not null'),
	('seal', 'hashes', 'bytea[]', 'not null'),
	('seal', 'last_id', 'bigint', ''),
	('seal', 'given', 'bigint', ''),
	('seal', 'sealed_in', 'xid8', 'not null'),
	('seal', 'complete_to', 'bigint', 'not null'),
	('seal', 'sealed_at', 'timestamp with time zone', 'not null'),
	('seal', 'prev_hash', 'bytea', 'not null'),
	('seal', 'hash', 'bytea', 'not null');

SELECT results_eq(
	$$
		SELECT c.relname::text COLLATE "default", a.attname::text COLLATE "default",
			format_type(a.atttypid, a.atttypmod)
				|| CASE WHEN a.attcollation = 'pg_catalog."C"'::regcollation THEN ' C' ELSE '' END,
			CASE WHEN a.attidentity = 'd' THEN 'identity' WHEN a.attnotnull THEN 'not null' ELSE '' END
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'credit'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0
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
		('credit.baseline', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.baseline', 'p', 'PRIMARY KEY (model_version_id)'),
		('credit.baseline_contribution', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.baseline(model_version_id)'),
		('credit.baseline_contribution', 'f', 'FOREIGN KEY (model_version_id, "position") REFERENCES credit.feature(model_version_id, "position")'),
		('credit.baseline_contribution', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.deployment', 'c', 'CHECK ((action = ANY (ARRAY[''promote''::text, ''rollback''::text])))'),
		('credit.deployment', 'f', 'FOREIGN KEY (model_id) REFERENCES credit.model(model_id)'),
		('credit.deployment', 'f', 'FOREIGN KEY (model_id, from_version) REFERENCES credit.model_version(model_id, version)'),
		('credit.deployment', 'f', 'FOREIGN KEY (model_id, to_version) REFERENCES credit.model_version(model_id, version)'),
		('credit.deployment', 'p', 'PRIMARY KEY (deployment_id)'),
		('credit.drift_baseline', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.drift_baseline', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.feature', 'c', 'CHECK ((monotone = ANY (ARRAY[''increasing''::text, ''decreasing''::text])))'),
		('credit.feature', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.feature', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.feature', 'u', 'UNIQUE (model_version_id, name)'),
		('credit.golden_reason', 'f', 'FOREIGN KEY (model_version_id, "position") REFERENCES credit.golden_row(model_version_id, "position")'),
		('credit.golden_reason', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.golden_row', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.golden_row', 'p', 'PRIMARY KEY (model_version_id, "position")'),
		('credit.metric', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.metric', 'p', 'PRIMARY KEY (metric_id)'),
		('credit.model', 'c', 'CHECK ((name ~ ''^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$''::text))'),
		('credit.model', 'p', 'PRIMARY KEY (model_id)'),
		('credit.model', 'u', 'UNIQUE (name)'),
		('credit.model_version', 'c', 'CHECK ((reason_baseline = ANY (ARRAY[''population''::text, ''barely_passing''::text, ''best''::text])))'),
		('credit.model_version', 'c', 'CHECK ((version > 0))'),
		('credit.model_version', 'f', 'FOREIGN KEY (model_id) REFERENCES credit.model(model_id)'),
		('credit.model_version', 'p', 'PRIMARY KEY (model_version_id)'),
		('credit.model_version', 'u', 'UNIQUE (model_id, model_version_id)'),
		('credit.model_version', 'u', 'UNIQUE (model_id, version)'),
		('credit.outcome', 'p', 'PRIMARY KEY (outcome_id)'),
		('credit.policy', 'c', 'CHECK (((cardinality(outcomes) = (cardinality(bounds) + 1)) AND (cardinality(grades) = cardinality(outcomes))))'),
		('credit.policy', 'c', 'CHECK ((measure = ANY (ARRAY[''points''::text, ''pd''::text])))'),
		('credit.policy', 'c', 'CHECK ((outcomes <@ ARRAY[''approve''::text, ''refer''::text, ''decline''::text]))'),
		('credit.policy', 'c', 'CHECK ((version > 0))'),
		('credit.policy', 'f', 'FOREIGN KEY (model_id) REFERENCES credit.model(model_id)'),
		('credit.policy', 'p', 'PRIMARY KEY (policy_id)'),
		('credit.policy', 'u', 'UNIQUE (model_id, version)'),
		('credit.reason_translation', 'c', 'CHECK ((language ~ ''^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$''::text))'),
		('credit.reason_translation', 'f', 'FOREIGN KEY (model_version_id) REFERENCES credit.model_version(model_version_id)'),
		('credit.reason_translation', 'p', 'PRIMARY KEY (model_version_id, code, language)'),
		('credit.removed_month', 'f', 'FOREIGN KEY (retention_id) REFERENCES credit.retention(retention_id)'),
		('credit.removed_month', 'p', 'PRIMARY KEY (month)'),
		('credit.retention', 'c', 'CHECK ((keep_months > 0))'),
		('credit.retention', 'p', 'PRIMARY KEY (retention_id)'),
		('credit.routing', 'c', 'CHECK ((kind = ANY (ARRAY[''split''::text, ''shadow''::text])))'),
		('credit.routing', 'c', 'CHECK ((((share IS NOT NULL) = ((challenger IS NOT NULL) AND (kind = ''split''::text))) AND ((share IS NULL) = (salt IS NULL)) AND (share >= (0)::double precision) AND (share <= (1)::double precision)))'),
		('credit.routing', 'f', 'FOREIGN KEY (model_id) REFERENCES credit.model(model_id)'),
		('credit.routing', 'p', 'PRIMARY KEY (routing_id)'),
		('credit.seal', 'p', 'PRIMARY KEY (month, number)')
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
		('credit.baseline', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.baseline_contribution', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.decision', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.deployment', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.feature', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.golden_reason', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.golden_row', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.metric', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.model_version', 'refuse_change', 'BEFORE UPDATE OF model_version_id, model_id, version, image, image_sha256, artifact, artifact_sha256, artifact_format, xgboost_version, options, imported_at, imported_by, reason_baseline', 'credit.refuse_change'),
		('credit.model_version', 'refuse_removal', 'BEFORE DELETE OR TRUNCATE', 'credit.refuse_change'),
		('credit.model_version', 'refuse_retirement', 'BEFORE UPDATE OF retired_at', 'credit.refuse_retirement'),
		('credit.model_version', 'refuse_return', 'BEFORE UPDATE OF retired_at, retired_by', 'credit.refuse_change'),
		('credit.model_version', 'registry_changed', 'AFTER UPDATE OF retired_at', 'credit.registry_changed'),
		('credit.outcome', 'refuse_change', 'BEFORE UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.outcome', 'refuse_removal', 'BEFORE DELETE', 'credit.refuse_removal'),
		('credit.policy', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.reason_translation', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.removed_month', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.retention', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.routing', 'refuse_change', 'BEFORE DELETE OR UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.seal', 'refuse_change', 'BEFORE UPDATE OR TRUNCATE', 'credit.refuse_change'),
		('credit.seal', 'refuse_removal', 'BEFORE DELETE', 'credit.refuse_removal')
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
