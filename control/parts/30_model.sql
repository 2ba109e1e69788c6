-- Images: build one from a model file, say what is in it, evaluate it.
-- Pure functions of bytes; the registry functions below are made of them.

CREATE FUNCTION credit.build_image(artifact bytea, options jsonb DEFAULT '{}')
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_build_image';

COMMENT ON FUNCTION credit.build_image(bytea, jsonb) IS
	'Compiles an XGBoost model file and import options into a model image, without storing it';

CREATE FUNCTION credit.artifact_gains(artifact bytea, options jsonb DEFAULT '{}')
RETURNS double precision[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_artifact_gains';

COMMENT ON FUNCTION credit.artifact_gains(bytea, jsonb) IS
	'Returns the total gain of each feature over the trees that an import would use, in the order of the model; NULL if the model file does not say';

CREATE FUNCTION credit.image_facts(
	image bytea,
	OUT xgboost_version text,
	OUT artifact_format text,
	OUT booster text,
	OUT objective text,
	OUT positive_class text,
	OUT on_unseen_category text,
	OUT base_margin real,
	OUT rounds integer,
	OUT rounds_in_artifact integer,
	OUT trees integer,
	OUT nodes integer,
	OUT max_depth integer,
	OUT features integer,
	OUT features_used integer,
	OUT base_score double precision,
	OUT base_odds double precision,
	OUT pdo double precision,
	OUT min_score double precision,
	OUT max_score double precision,
	OUT evaluator text,
	OUT image_bytes bigint,
	OUT base_margin_last boolean)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_image_facts';

COMMENT ON FUNCTION credit.image_facts(bytea) IS
	'Checks a model image and says what is in it';

CREATE FUNCTION credit.image_features(image bytea)
RETURNS TABLE (
	"position" integer,
	name text,
	type text,
	categories text[],
	split_count integer)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'credit_image_features';

COMMENT ON FUNCTION credit.image_features(bytea) IS
	'Lists the features of a model image in the order of the model';

CREATE FUNCTION credit.image_margin(image bytea, applicant jsonb)
RETURNS real
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_image_margin';

COMMENT ON FUNCTION credit.image_margin(bytea, jsonb) IS
	'Evaluates a model image for one applicant; log-odds as the model gives them';

CREATE FUNCTION credit.find_version(model text, include_retired boolean DEFAULT false)
RETURNS bigint
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_find_version';

COMMENT ON FUNCTION credit.find_version(text, boolean) IS
	'Returns the model_version_id of a model reference: name, name@alias or name@version';

-- VOLATILE: called for what it does, though no table is written.  A worker's
-- memory is not the session's.
CREATE FUNCTION credit.warm(model text DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'credit_warm';

COMMENT ON FUNCTION credit.warm(text) IS
	'Loads a model into the session ahead of its first score; returns the bytes that the session holds for it';

-- The options of import_model that are stored apart from the image.  Each
-- must be of its type; build_image has refused options that it does not know.
CREATE FUNCTION credit.check_import_options(options jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	expected record;
	entry record;
BEGIN
	FOR expected IN
		SELECT * FROM (VALUES ('golden', 'array'), ('monotone', 'object'), ('notes', 'string'),
			('reason_baseline', 'string'), ('reasons', 'object')) AS v (name, type)
	LOOP
		IF jsonb_typeof(options -> expected.name) <> expected.type THEN
			RAISE EXCEPTION 'invalid value for import option "%"', expected.name
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('Expected a JSON %s.', expected.type);
		END IF;
	END LOOP;

	IF options ->> 'reason_baseline' NOT IN ('population', 'barely_passing', 'best') THEN
		RAISE EXCEPTION 'invalid value for import option "reason_baseline"'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'Expected population, barely_passing or best.';
	END IF;
	PERFORM credit.check_reason_option(coalesce(options -> 'reasons', '{}'));

	FOR entry IN SELECT * FROM jsonb_each(coalesce(options -> 'monotone', '{}')) LOOP
		IF entry.value NOT IN ('"increasing"', '"decreasing"') THEN
			RAISE EXCEPTION 'invalid direction of feature "%"', entry.key
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'Write "increasing" or "decreasing": what the probability of default does as the feature grows.';
		END IF;
	END LOOP;

	FOR entry IN
		SELECT * FROM jsonb_array_elements(coalesce(options -> 'golden', '[]')) WITH ORDINALITY AS g (value, position)
	LOOP
		IF jsonb_typeof(entry.value) <> 'object'
			OR coalesce(jsonb_typeof(entry.value -> 'row'), '') <> 'object'
			OR coalesce(jsonb_typeof(entry.value -> 'margin'), '') <> 'number'
			OR jsonb_typeof(entry.value -> 'reasons') <> 'array'
			OR jsonb_path_exists(entry.value -> 'reasons', '$[*] ? (@.type() != "string")')
			OR entry.value - 'row' - 'margin' - 'reasons' <> '{}'
		THEN
			RAISE EXCEPTION 'invalid golden row %', entry.position
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'Write {"row": {"age": 41, ...}, "margin": -1.25}, and if wanted "reasons": ["D01", ...].';
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION credit.check_import_options(jsonb) IS
	'Raises an error for a value of golden, monotone, notes, reason_baseline or reasons that import_model could not store';

-- What the options say about features must be about features of the model.
CREATE FUNCTION credit.check_option_features(image bytea, options jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	named record;
BEGIN
	FOR named IN
		SELECT o.name AS option, k.feature, f.type
		FROM (VALUES ('reasons'), ('monotone')) AS o (name)
		CROSS JOIN LATERAL jsonb_object_keys(coalesce(options -> o.name, '{}')) AS k (feature)
		LEFT JOIN credit.image_features(image) AS f ON f.name = k.feature
	LOOP
		IF named.type IS NULL THEN
			RAISE EXCEPTION 'option "%" names "%", which is not a feature of the model', named.option, named.feature
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'Features are matched exactly, upper and lower case too.';
		ELSIF named.option = 'monotone' AND named.type <> 'numeric' THEN
			RAISE EXCEPTION 'option "monotone" names "%", which is categorical', named.feature
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = 'Categories have no order, so nothing can grow with them.';
		END IF;
	END LOOP;
	IF options ->> 'reason_baseline' = 'best' AND (credit.image_facts(image)).booster = 'gblinear' THEN
		RAISE EXCEPTION 'reasons of a linear model cannot be measured against the best'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'Its features have no best value.',
				HINT = 'Choose population or barely_passing.';
	END IF;
END
$$;

COMMENT ON FUNCTION credit.check_option_features(bytea, jsonb) IS
	'Raises an error for an option of import_model about a feature that the model does not have';

CREATE FUNCTION credit.import_model(name text, artifact bytea, options jsonb DEFAULT '{}')
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	image bytea;
	gains double precision[];
	golden record;
	expected real;
	found_margin real;
	facts record;
	new_model_id bigint;
	new_version integer;
	new_version_id bigint;
BEGIN
	IF name IS NULL OR artifact IS NULL OR options IS NULL THEN
		RAISE EXCEPTION 'name, artifact and options of a model must not be null'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF name COLLATE "C" !~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$' THEN
		RAISE EXCEPTION 'invalid model name "%"', name
			USING ERRCODE = 'invalid_name',
				DETAIL = 'A name has at most 63 ASCII letters, digits, underscores, dots and hyphens, and begins with one of the first three.';
	END IF;

	image := credit.build_image(artifact, options);
	gains := credit.artifact_gains(artifact, options);
	facts := credit.image_facts(image);
	PERFORM credit.check_import_options(options);

	PERFORM credit.check_option_features(image, options);

	-- Compared as real: the very bits that the trainer predicted.
	FOR golden IN
		SELECT * FROM jsonb_array_elements(coalesce(options -> 'golden', '[]')) WITH ORDINALITY AS g (value, position)
	LOOP
		BEGIN
			expected := (golden.value ->> 'margin')::real;
			found_margin := credit.image_margin(image, golden.value -> 'row');
		EXCEPTION WHEN data_exception OR undefined_column OR datatype_mismatch THEN
			RAISE EXCEPTION 'golden row % of model "%" cannot be scored', golden.position, name
				USING ERRCODE = SQLSTATE, DETAIL = upper(left(SQLERRM, 1)) || replace(substr(SQLERRM, 2), '(image)', name) || '.';
		END;
		IF found_margin IS DISTINCT FROM expected THEN
			RAISE EXCEPTION 'golden row % of model "%" does not reproduce', golden.position, name
				USING ERRCODE = 'check_violation',
					DETAIL = format('The margin is %s where %s was expected.', found_margin, expected),
					HINT = 'Record margins with the trainer''s output_margin, as single-precision numbers, and rows with the values it saw.';
		END IF;
	END LOOP;

	-- The lock on the model's row makes concurrent imports wait for their number.
	INSERT INTO credit.model (name) VALUES (import_model.name)
	ON CONFLICT ON CONSTRAINT model_name_key DO NOTHING;
	new_model_id := credit.lock_model(import_model.name);
	SELECT coalesce(max(v.version), 0) + 1 INTO new_version
	FROM credit.model_version AS v WHERE v.model_id = new_model_id;

	INSERT INTO credit.model_version (model_id, version, image, image_sha256, artifact, artifact_sha256,
		artifact_format, xgboost_version, options, notes, reason_baseline)
	VALUES (new_model_id, new_version, image, sha256(image), import_model.artifact, sha256(import_model.artifact),
		facts.artifact_format, facts.xgboost_version,
		import_model.options - 'golden' - 'monotone' - 'notes' - 'reason_baseline' - 'reasons',
		import_model.options ->> 'notes', coalesce(import_model.options ->> 'reason_baseline', 'population'))
	RETURNING model_version_id INTO new_version_id;

	INSERT INTO credit.feature (model_version_id, position, name, type, categories, split_count,
		reason_code, reason_text, monotone, gain)
	SELECT new_version_id, f.position, f.name, f.type, f.categories, f.split_count,
		import_model.options -> 'reasons' -> f.name ->> 'code',
		import_model.options -> 'reasons' -> f.name ->> 'text',
		import_model.options -> 'monotone' ->> f.name,
		gains[f.position]
	FROM credit.image_features(image) AS f;

	INSERT INTO credit.reason_translation (model_version_id, code, language, text)
	SELECT DISTINCT new_version_id, r.value ->> 'code', t.key, t.value
	FROM jsonb_each(coalesce(import_model.options -> 'reasons', '{}')) AS r,
		jsonb_each_text(r.value -> 'translations') AS t;

	INSERT INTO credit.golden_row (model_version_id, position, applicant, margin)
	SELECT new_version_id, g.position, g.value -> 'row', (g.value ->> 'margin')::real
	FROM jsonb_array_elements(coalesce(import_model.options -> 'golden', '[]')) WITH ORDINALITY AS g (value, position);

	INSERT INTO credit.golden_reason (model_version_id, position, codes)
	SELECT new_version_id, g.position, ARRAY(SELECT jsonb_array_elements_text(g.value -> 'reasons'))
	FROM jsonb_array_elements(coalesce(import_model.options -> 'golden', '[]')) WITH ORDINALITY AS g (value, position)
	WHERE g.value ? 'reasons';
	PERFORM credit.keep_golden_reasons(new_version_id, import_model.name);

	RETURN new_version;
END
$$;

COMMENT ON FUNCTION credit.import_model(text, bytea, jsonb) IS
	'Checks an XGBoost model file, stores it as the next version of a model and returns the version''s number';

CREATE FUNCTION credit.export_model(model text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT v.artifact FROM credit.model_version AS v
	WHERE v.model_version_id = credit.find_version(model, include_retired => true);
END;

COMMENT ON FUNCTION credit.export_model(text) IS
	'Returns the model file of a version, byte for byte as it was imported';

CREATE FUNCTION credit.describe_model(model text)
RETURNS TABLE (property text, value text)
LANGUAGE sql STABLE
SET extra_float_digits = 1
BEGIN ATOMIC
	SELECT p.property, p.value
	FROM credit.model_version AS v
	JOIN credit.model AS m USING (model_id)
	CROSS JOIN LATERAL credit.image_facts(v.image) AS f
	CROSS JOIN LATERAL (VALUES
		(1, 'model', m.name),
		(2, 'version', v.version::text),
		(3, 'aliases', (SELECT pg_catalog.string_agg(a.alias, ', ' ORDER BY a.alias)
			FROM credit.alias AS a WHERE a.model_version_id = v.model_version_id)),
		(4, 'retired at', v.retired_at::text),
		(5, 'booster', f.booster),
		(6, 'objective', f.objective),
		(7, 'positive class', f.positive_class),
		(8, 'trees', f.trees::text),
		(9, 'rounds', CASE WHEN f.rounds = f.rounds_in_artifact THEN f.rounds::text
			ELSE pg_catalog.format('%s of %s (best iteration)', f.rounds, f.rounds_in_artifact) END),
		(10, 'nodes', f.nodes::text),
		(11, 'maximum depth', f.max_depth::text),
		(12, 'features', pg_catalog.format('%s, of which %s used', f.features, f.features_used)),
		(13, 'base margin', (f.base_margin + 0::real)::text),
		(14, 'scaling', pg_catalog.format('%s points at %s:1, %s points double the odds',
			f.base_score, f.base_odds, f.pdo)),
		(15, 'score limits', CASE WHEN f.min_score IS NOT NULL OR f.max_score IS NOT NULL THEN
			pg_catalog.format('%s to %s', COALESCE(f.min_score::text, '-'), COALESCE(f.max_score::text, '-')) END),
		(16, 'unseen category', f.on_unseen_category),
		(17, 'golden rows', (SELECT pg_catalog.count(*)::text
			FROM credit.golden_row AS g WHERE g.model_version_id = v.model_version_id)),
		(18, 'written by', pg_catalog.format('XGBoost %s, %s', f.xgboost_version, f.artifact_format)),
		(19, 'artifact', pg_catalog.format('%s bytes, sha256 %s', pg_catalog.octet_length(v.artifact),
			pg_catalog.encode(v.artifact_sha256, 'hex'))),
		(20, 'image', pg_catalog.format('%s bytes, sha256 %s', f.image_bytes,
			pg_catalog.encode(v.image_sha256, 'hex'))),
		(21, 'evaluator', f.evaluator),
		(22, 'imported', pg_catalog.format('%s by %s', v.imported_at, v.imported_by)),
		(23, 'notes', v.notes)
	) AS p (place, property, value)
	WHERE v.model_version_id = credit.find_version(model, include_retired => true)
	ORDER BY p.place;
END;

COMMENT ON FUNCTION credit.describe_model(text) IS
	'Describes a version of a model, a property a row';

CREATE FUNCTION credit.verify_model(model text)
RETURNS TABLE ("check" text, passed boolean, detail text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	v credit.model_version;
	gains double precision[];
	row_count bigint;
	broken bigint;
BEGIN
	SELECT * INTO STRICT v FROM credit.model_version AS mv
	WHERE mv.model_version_id = credit.find_version(model, include_retired => true);

	"check" := 'artifact checksum';
	passed := sha256(v.artifact) = v.artifact_sha256;
	detail := format('sha256 %s', encode(sha256(v.artifact), 'hex'));
	RETURN NEXT;

	"check" := 'image checksum';
	passed := sha256(v.image) = v.image_sha256;
	detail := format('sha256 %s', encode(sha256(v.image), 'hex'));
	RETURN NEXT;

	"check" := 'image structure';
	BEGIN
		PERFORM credit.image_facts(v.image);
		passed := true;
		detail := 'every offset, index and number was checked';
	EXCEPTION WHEN data_corrupted THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		passed := false;
	END;
	RETURN NEXT;

	"check" := 'image from artifact';
	BEGIN
		passed := credit.build_image(v.artifact, v.options) = v.image;
		detail := CASE WHEN passed THEN 'importing the artifact again gives the same image'
			ELSE 'importing the artifact again gives another image' END;
	EXCEPTION WHEN invalid_text_representation OR feature_not_supported
		OR program_limit_exceeded OR invalid_parameter_value THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		passed := false;
	END;
	RETURN NEXT;

	"check" := 'gains from artifact';
	BEGIN
		gains := credit.artifact_gains(v.artifact, v.options);
		SELECT count(*), count(*) FILTER (WHERE f.gain IS DISTINCT FROM gains[f.position])
		INTO row_count, broken
		FROM credit.feature AS f WHERE f.model_version_id = v.model_version_id;
		passed := broken = 0;
		detail := CASE WHEN gains IS NULL AND passed THEN 'the model file has none'
			ELSE format('%s of %s features agree', row_count - broken, row_count) END;
	EXCEPTION WHEN invalid_text_representation OR feature_not_supported
		OR program_limit_exceeded OR invalid_parameter_value THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		passed := false;
	END;
	RETURN NEXT;

	"check" := 'golden rows';
	BEGIN
		SELECT count(*), count(*) FILTER (WHERE credit.image_margin(v.image, g.applicant) IS DISTINCT FROM g.margin)
		INTO row_count, broken
		FROM credit.golden_row AS g WHERE g.model_version_id = v.model_version_id;
		passed := broken = 0;
		detail := format('%s of %s reproduce', row_count - broken, row_count);
	EXCEPTION WHEN data_corrupted OR undefined_column OR datatype_mismatch
		OR invalid_parameter_value OR numeric_value_out_of_range THEN
		GET STACKED DIAGNOSTICS detail = MESSAGE_TEXT;
		passed := false;
	END;
	RETURN NEXT;

	"check" := 'golden reasons';
	BEGIN
		IF credit.lacks_baseline(v) THEN
			passed := true;
			detail := 'to be checked by credit.set_baseline()';
		ELSE
			SELECT count(*), count(*) FILTER (WHERE credit.reason_codes(v.model_version_id, g.applicant) IS DISTINCT FROM r.codes)
			INTO row_count, broken
			FROM credit.golden_row AS g JOIN credit.golden_reason AS r USING (model_version_id, position)
			WHERE g.model_version_id = v.model_version_id;
			passed := broken = 0;
			detail := format('%s of %s reproduce', row_count - broken, row_count);
		END IF;
	EXCEPTION WHEN data_corrupted OR undefined_column OR datatype_mismatch
		OR invalid_parameter_value OR numeric_value_out_of_range THEN
		GET STACKED DIAGNOSTICS detail = MESSAGE_TEXT;
		passed := false;
	END;
	RETURN NEXT;
END
$$;

COMMENT ON FUNCTION credit.verify_model(text) IS
	'Checks a version again: checksums, image, import, gains, golden rows and their reasons; a check a row';

CREATE VIEW credit.models AS
SELECT m.name AS model,
	v.version,
	CASE WHEN v.retired_at IS NOT NULL THEN 'retired'
		WHEN a.aliases IS NOT NULL THEN 'in use'
		ELSE 'candidate' END AS status,
	a.aliases,
	d.deployed_at,
	v.imported_at,
	v.imported_by,
	f.features,
	f.features_used,
	g.golden_rows,
	v.xgboost_version,
	v.notes
FROM credit.model AS m
JOIN credit.model_version AS v USING (model_id)
LEFT JOIN LATERAL (
	SELECT pg_catalog.array_agg(alias ORDER BY alias) AS aliases
	FROM credit.alias WHERE alias.model_version_id OPERATOR(pg_catalog.=) v.model_version_id
) AS a ON true
LEFT JOIN LATERAL (
	SELECT pg_catalog.max(deployed_at) AS deployed_at
	FROM credit.deployment
	WHERE deployment.model_id OPERATOR(pg_catalog.=) m.model_id
		AND to_version OPERATOR(pg_catalog.=) v.version
) AS d ON true
LEFT JOIN LATERAL (
	SELECT pg_catalog.count(*) AS features,
		pg_catalog.count(*) FILTER (WHERE split_count OPERATOR(pg_catalog.>) 0) AS features_used
	FROM credit.feature WHERE feature.model_version_id OPERATOR(pg_catalog.=) v.model_version_id
) AS f ON true
LEFT JOIN LATERAL (
	SELECT pg_catalog.count(*) AS golden_rows
	FROM credit.golden_row WHERE golden_row.model_version_id OPERATOR(pg_catalog.=) v.model_version_id
) AS g ON true;

COMMENT ON VIEW credit.models IS 'Every version of every model and what it is used for';
COMMENT ON COLUMN credit.models.model IS 'Name of the model';
COMMENT ON COLUMN credit.models.version IS 'Number of the version';
COMMENT ON COLUMN credit.models.status IS 'in use: an alias points at it; retired; candidate: neither';
COMMENT ON COLUMN credit.models.aliases IS 'Aliases that point at the version';
COMMENT ON COLUMN credit.models.deployed_at IS 'Time when an alias last began to point at it';
COMMENT ON COLUMN credit.models.imported_at IS 'Time of import';
COMMENT ON COLUMN credit.models.imported_by IS 'Role that imported it';
COMMENT ON COLUMN credit.models.features IS 'Features that an applicant must have';
COMMENT ON COLUMN credit.models.features_used IS 'Features that the model splits on';
COMMENT ON COLUMN credit.models.golden_rows IS 'Applicants whose margin is checked';
COMMENT ON COLUMN credit.models.xgboost_version IS 'Version of XGBoost that wrote the model file';
COMMENT ON COLUMN credit.models.notes IS 'Free text';

