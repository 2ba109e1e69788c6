-- The principal reasons of a score, and the baseline they are measured
-- against.

CREATE FUNCTION @extschema@.credit_reasons(applicant record, model text DEFAULT NULL, max_reasons integer DEFAULT 4)
RETURNS TABLE (rank integer, code text, reason text, feature text, value text, points_lost double precision)
LANGUAGE c STABLE PARALLEL SAFE COST 1000 ROWS 4
AS 'MODULE_PATHNAME', 'credit_reasons';

COMMENT ON FUNCTION @extschema@.credit_reasons(record, text, integer) IS
	'The features that cost an applicant most points, worst first, with the version''s code and text; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_reasons(applicant jsonb, model text DEFAULT NULL, max_reasons integer DEFAULT 4)
RETURNS TABLE (rank integer, code text, reason text, feature text, value text, points_lost double precision)
LANGUAGE c STABLE PARALLEL SAFE COST 1000 ROWS 4
AS 'MODULE_PATHNAME', 'credit_reasons_jsonb';

COMMENT ON FUNCTION @extschema@.credit_reasons(jsonb, text, integer) IS
	'The features that cost an applicant most points, worst first, with the version''s code and text; the applicant is a JSON object matched to the model by keys';

-- Not SECURITY DEFINER: it runs a query over the caller's table.
CREATE FUNCTION credit.set_baseline(model text, source regclass, cutoff integer DEFAULT NULL, band integer DEFAULT 10)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target credit.model_version;
	name text;
BEGIN
	IF model IS NULL OR source IS NULL THEN
		RAISE EXCEPTION 'model and source must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	SELECT * INTO STRICT target FROM credit.model_version AS v
	WHERE v.model_version_id = credit.find_version(model);
	SELECT m.name INTO name FROM credit.model AS m WHERE m.model_id = target.model_id;
	PERFORM credit.lock_model(name);
	RETURN credit.set_reason_baseline(target, name, source, cutoff, band);
END
$$;

COMMENT ON FUNCTION credit.set_baseline(text, regclass, integer, integer) IS
	'Computes and keeps what a version''s reasons are measured against, from the applicants of a table or view; returns how many were averaged';

-- SECURITY DEFINER, because the right to compute a baseline is no right to
-- write the table by hand; it looks at values and at tables of this schema.
CREATE FUNCTION credit.keep_baseline(new credit.baseline, means double precision[], model text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO credit.baseline (model_version_id, source, applicants, cutoff, band)
	VALUES (new.model_version_id, new.source, new.applicants, new.cutoff, new.band);
	INSERT INTO credit.baseline_contribution (model_version_id, position, contribution)
	SELECT new.model_version_id, f.position, means[f.position]
	FROM credit.feature AS f WHERE f.model_version_id = new.model_version_id;
	PERFORM credit.keep_golden_reasons(new.model_version_id, model);
END
$$;

COMMENT ON FUNCTION credit.keep_baseline(credit.baseline, double precision[], text) IS
	'Stores what credit.set_baseline() computed';

-- The model is locked.
CREATE FUNCTION credit.set_reason_baseline(target credit.model_version, name text, source regclass,
	cutoff integer, band integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	reference text := name || '@' || target.version;
	kept credit.baseline;
	means double precision[];
BEGIN
	PERFORM credit.check_baseline(target, name, cutoff, band);
	SELECT * INTO kept FROM credit.baseline AS b WHERE b.model_version_id = target.model_version_id;
	IF FOUND THEN
		RAISE EXCEPTION 'version % of model "%" has a baseline', target.version, name
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('%s set it from %s at %s.', kept.set_by, kept.source, kept.set_at),
				HINT = 'A version never changes; import the model again.';
	END IF;

	-- The alias is one that no column has: a column would take precedence.
	EXECUTE format($query$
		SELECT max(s.n), array_agg(s.mean ORDER BY s.place)
		FROM (
			SELECT c.place, count(*) AS n, avg(c.contribution::double precision) AS mean
			FROM %1$s AS "credit applicant"
			CROSS JOIN LATERAL unnest(credit.contributions_row("credit applicant", %2$L))
				WITH ORDINALITY AS c (contribution, place)
			WHERE $1 IS NULL OR credit.score_row("credit applicant", %2$L) BETWEEN $1 AND $1::bigint + $2
			GROUP BY c.place
		) AS s $query$, source, reference)
	INTO kept.applicants, means USING cutoff, band;
	IF kept.applicants IS NULL THEN
		RAISE EXCEPTION 'no applicant of % can be averaged', source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = CASE WHEN cutoff IS NULL THEN 'It has no row.'
					ELSE format('None scores from %s to %s.', cutoff, cutoff::bigint + band) END,
				HINT = 'Give the cut-off of the model''s policy, a wider band, or a table of more applicants.';
	END IF;

	kept.model_version_id := target.model_version_id;
	kept.source := source::text;
	kept.cutoff := cutoff;
	kept.band := CASE WHEN cutoff IS NOT NULL THEN band END;
	PERFORM credit.keep_baseline(kept, means, name);
	RETURN kept.applicants;
END
$$;

COMMENT ON FUNCTION credit.set_reason_baseline(credit.model_version, text, regclass, integer, integer) IS
	'The part of credit.set_baseline() that reasons need';
