-- Reasons as far as import, verification and promotion need them.

CREATE FUNCTION credit.image_reasons(
	image bytea,
	applicant jsonb,
	baseline text DEFAULT 'population',
	codes text[] DEFAULT NULL,
	reference double precision[] DEFAULT NULL,
	max_reasons integer DEFAULT 4)
RETURNS TABLE (rank integer, code text, feature text, value text, points_lost double precision)
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 4
AS 'MODULE_PATHNAME', 'credit_image_reasons';

COMMENT ON FUNCTION credit.image_reasons(bytea, jsonb, text, text[], double precision[], integer) IS
	'Ranks what cost an applicant most points; codes and mean contributions are in the order of the image''s features';

-- Its own model tells the expected margin of a population, or the best value
-- of a feature; a linear model does not know its population.
CREATE FUNCTION credit.needs_baseline(target credit.model_version) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT target.reason_baseline = 'barely_passing'
		OR (target.reason_baseline = 'population' AND f.booster = 'gblinear')
	FROM credit.image_facts(target.image) AS f;
END;

COMMENT ON FUNCTION credit.needs_baseline(credit.model_version) IS
	'Tells whether a version''s reasons need credit.set_baseline()';

CREATE FUNCTION credit.lacks_baseline(target credit.model_version) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT credit.needs_baseline(target)
		AND NOT EXISTS (SELECT FROM credit.baseline AS b WHERE b.model_version_id = target.model_version_id);
END;

COMMENT ON FUNCTION credit.lacks_baseline(credit.model_version) IS
	'Tells whether a version''s reasons still need credit.set_baseline()';

CREATE FUNCTION credit.reason_codes(model_version_id bigint, applicant jsonb) RETURNS text[]
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT COALESCE(pg_catalog.array_agg(r.code ORDER BY r.rank), '{}')
	FROM credit.model_version AS v
	CROSS JOIN LATERAL (
		SELECT pg_catalog.array_agg(f.reason_code ORDER BY f.position) AS codes,
			pg_catalog.array_agg(b.contribution ORDER BY f.position)
				FILTER (WHERE b.contribution IS NOT NULL) AS reference
		FROM credit.feature AS f LEFT JOIN credit.baseline_contribution AS b USING (model_version_id, position)
		WHERE f.model_version_id = v.model_version_id
	) AS c
	CROSS JOIN LATERAL credit.image_reasons(v.image, applicant, v.reason_baseline, c.codes, c.reference) AS r
	WHERE v.model_version_id = reason_codes.model_version_id;
END;

COMMENT ON FUNCTION credit.reason_codes(bigint, jsonb) IS
	'Codes of the principal reasons that a version gives for an applicant, worst first';

-- Reasons that came with the import must be what the version gives; those
-- that did not are kept as it gives them now.
CREATE FUNCTION credit.keep_golden_reasons(target_id bigint, model text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target credit.model_version;
	golden record;
	found_codes text[];
BEGIN
	SELECT * INTO STRICT target FROM credit.model_version AS v WHERE v.model_version_id = target_id;
	IF (SELECT count(f.reason_code) FROM credit.feature AS f WHERE f.model_version_id = target_id) = 0
		OR credit.lacks_baseline(target)
	THEN
		RETURN;
	END IF;

	FOR golden IN
		SELECT g.position, g.applicant, r.codes
		FROM credit.golden_row AS g LEFT JOIN credit.golden_reason AS r USING (model_version_id, position)
		WHERE g.model_version_id = target_id ORDER BY g.position
	LOOP
		found_codes := credit.reason_codes(target_id, golden.applicant);
		IF golden.codes <> found_codes THEN
			RAISE EXCEPTION 'golden row % of model "%" does not reproduce its reasons', golden.position, model
				USING ERRCODE = 'check_violation',
					DETAIL = format('The reasons are %s where %s were expected.', found_codes, golden.codes);
		ELSIF golden.codes IS NULL THEN
			INSERT INTO credit.golden_reason (model_version_id, position, codes)
			VALUES (target_id, golden.position, found_codes);
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION credit.keep_golden_reasons(bigint, text) IS
	'Checks the reasons of a version''s golden rows, and keeps those that it did not have';

-- Each feature of the catalogue has a code and a text, and one code means one
-- thing.
CREATE FUNCTION credit.check_reason_option(reasons jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	entry record;
BEGIN
	FOR entry IN SELECT * FROM jsonb_each(reasons) LOOP
		IF jsonb_typeof(entry.value) <> 'object'
			OR coalesce(jsonb_typeof(entry.value -> 'code'), '') <> 'string'
			OR coalesce(jsonb_typeof(entry.value -> 'text'), '') <> 'string'
			OR entry.value ->> 'code' !~ '\S' OR entry.value ->> 'text' !~ '\S'
			OR jsonb_typeof(entry.value -> 'translations') <> 'object'
			OR entry.value - 'code' - 'text' - 'translations' <> '{}'
		THEN
			RAISE EXCEPTION 'invalid reason for feature "%"', entry.key
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'Write {"code": "D01", "text": "Length of the loan"}, and if wanted "translations": {"de": "Laufzeit des Kredits"}.';
		END IF;
	END LOOP;

	FOR entry IN
		SELECT r.key, t.key AS language, t.value
		FROM jsonb_each(reasons) AS r, jsonb_each(r.value -> 'translations') AS t
	LOOP
		IF entry.language COLLATE "C" !~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'
			OR jsonb_typeof(entry.value) <> 'string' OR entry.value #>> '{}' !~ '\S'
		THEN
			RAISE EXCEPTION 'invalid translation of the reason for feature "%"', entry.key
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = 'A language is named as de or pt-BR, and its text is not empty.';
		END IF;
	END LOOP;

	SELECT r.value ->> 'code' AS code INTO entry FROM jsonb_each(reasons) AS r
	GROUP BY 1 HAVING count(DISTINCT r.value) > 1 ORDER BY 1 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'reason "%" has more than one text', entry.code
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'Features with the same code are one reason.';
	END IF;
END
$$;

COMMENT ON FUNCTION credit.check_reason_option(jsonb) IS
	'Raises an error for a value of the import option reasons that is not well formed';

-- No principal reason may be left out, so each feature that can cost points
-- needs one, in every language that the catalogue has.  Source: Regulation B,
-- comment 9(b)(2)-4.
CREATE FUNCTION credit.check_reasons(target credit.model_version, model text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	lacking text;
	lacking_language text;
BEGIN
	SELECT f.name INTO lacking FROM credit.feature AS f
	WHERE f.model_version_id = target.model_version_id AND f.split_count > 0 AND f.reason_code IS NULL
	ORDER BY f.position LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'version % of model "%" has no reason for feature "%"', target.version, model, lacking
			USING ERRCODE = 'check_violation',
				DETAIL = 'The model uses the feature, so it can be why an applicant is declined.',
				HINT = 'Import the model with a reason for each feature that it uses.';
	END IF;

	SELECT f.name, l.language INTO lacking, lacking_language
	FROM credit.feature AS f
	CROSS JOIN (SELECT DISTINCT t.language FROM credit.reason_translation AS t
		WHERE t.model_version_id = target.model_version_id) AS l
	WHERE f.model_version_id = target.model_version_id AND f.split_count > 0
		AND NOT EXISTS (SELECT FROM credit.reason_translation AS t
			WHERE t.model_version_id = f.model_version_id AND t.code = f.reason_code AND t.language = l.language)
	ORDER BY l.language, f.position LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'version % of model "%" has no text in language "%" for the reason of feature "%"',
			target.version, model, lacking_language, lacking
			USING ERRCODE = 'check_violation',
				HINT = 'Import the model with translations of all reasons into the same languages.';
	END IF;

	IF credit.lacks_baseline(target) THEN
		RAISE EXCEPTION 'version % of model "%" has no baseline for its reasons', target.version, model
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Compute it with credit.set_baseline().';
	END IF;
END
$$;

COMMENT ON FUNCTION credit.check_reasons(credit.model_version, text) IS
	'Raises an error for a version that may owe an applicant a reason that it cannot give';

-- What set_baseline() is asked for must be what the version''s reasons need.
CREATE FUNCTION credit.check_baseline(target credit.model_version, model text, cutoff integer, band integer) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT credit.needs_baseline(target) THEN
		RAISE EXCEPTION 'reasons of version % of model "%" need no baseline', target.version, model
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('They are measured against "%s", which the model itself tells.', target.reason_baseline);
	ELSIF target.reason_baseline = 'population' AND cutoff IS NOT NULL THEN
		RAISE EXCEPTION 'reasons of version % of model "%" are measured against all applicants', target.version, model
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave out the cut-off.';
	ELSIF target.reason_baseline = 'barely_passing' AND cutoff IS NULL THEN
		RAISE EXCEPTION 'reasons of version % of model "%" are measured against applicants near the cut-off',
			target.version, model
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Give the least score that passes.';
	ELSIF coalesce(band, -1) < 0 THEN
		RAISE EXCEPTION 'band must not be null or negative'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It is how many points above the cut-off still count.';
	END IF;
END
$$;

COMMENT ON FUNCTION credit.check_baseline(credit.model_version, text, integer, integer) IS
	'Raises an error for arguments of credit.set_baseline() that do not fit the version';
