-- Looking back on decisions: what became of them, whether they come out the
-- same again, and which arm did better.

-- -------- outcomes --------

CREATE FUNCTION credit.record_outcome(decision_id bigint, defaulted boolean, at timestamptz DEFAULT pg_catalog.now())
RETURNS credit.outcome
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	decided_at timestamptz;
	result credit.outcome;
BEGIN
	IF decision_id IS NULL OR defaulted IS NULL OR at IS NULL THEN
		RAISE EXCEPTION 'decision_id, defaulted and at must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	SELECT d.decided_at INTO decided_at FROM credit.decision AS d WHERE d.decision_id = record_outcome.decision_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no decision %', decision_id USING ERRCODE = 'undefined_object';
	END IF;
	-- now(), the default, is older than a decision of the same transaction.
	IF at < decided_at AND at < now() THEN
		RAISE EXCEPTION 'outcome of decision % is older than the decision', decision_id
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It was made at %s.', decided_at);
	END IF;
	INSERT INTO credit.outcome (decision_id, month, defaulted, observed_at)
	VALUES (record_outcome.decision_id, date_trunc('month', decided_at AT TIME ZONE 'UTC'), record_outcome.defaulted, at)
	RETURNING * INTO result;
	RETURN result;
END
$$;

COMMENT ON FUNCTION credit.record_outcome(bigint, boolean, timestamptz) IS
	'Records whether the loan of a decision went bad; recorded again, the last counts';

-- A name of its own: a driver that leaves the type of a number open would have
-- it taken for a subject.
CREATE FUNCTION credit.record_outcome_for(subject text, defaulted boolean, at timestamptz DEFAULT pg_catalog.now())
RETURNS credit.outcome
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_id bigint;
BEGIN
	IF subject IS NULL THEN
		RAISE EXCEPTION 'subject must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	-- Who was declined has no loan that could go bad.
	SELECT d.decision_id INTO found_id FROM credit.decision AS d
	WHERE d.subject = record_outcome_for.subject AND d.outcome <> 'decline'
		AND (d.decided_at <= at OR at >= now())
	ORDER BY d.decided_at DESC, d.decision_id DESC LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no decision about "%" but declines', subject
			USING ERRCODE = 'undefined_object', HINT = 'Give the number of the decision to credit.record_outcome().';
	END IF;
	RETURN credit.record_outcome(found_id, defaulted, at);
END
$$;

COMMENT ON FUNCTION credit.record_outcome_for(text, boolean, timestamptz) IS
	'Records whether the loan of a subject''s last decision but declines went bad; recorded again, the last counts';

-- -------- replay --------

CREATE FUNCTION credit.image_score(
	image bytea,
	inputs real[],
	OUT margin real,
	OUT pd double precision,
	OUT score integer)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_image_score';

COMMENT ON FUNCTION credit.image_score(bytea, real[]) IS
	'Evaluates a model image for a stored feature vector';

-- Whether the labels of a decision are those of its category codes.  A code that
-- is none has no label; NaN, which stands for missing, is above every number.
CREATE FUNCTION credit.labels_fit(decision credit.decision) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT pg_catalog.bool_and(NOT decision.labels[f.position] IS DISTINCT FROM
		CASE WHEN decision.inputs[f.position] BETWEEN 0 AND pg_catalog.cardinality(f.categories) - 1
			THEN f.categories[decision.inputs[f.position]::integer + 1] END)
	FROM credit.model AS m
	JOIN credit.model_version AS v USING (model_id)
	JOIN credit.feature AS f USING (model_version_id)
	WHERE m.name = decision.model AND v.version = decision.version;
END;

COMMENT ON FUNCTION credit.labels_fit(credit.decision) IS
	'Whether the labels of a decision are those of its category codes; for credit.replay()';

-- What was evaluated goes back in as JSON; in double precision, so that each
-- number becomes the same one in single precision, and with all digits,
-- whatever the session shows.
CREATE FUNCTION credit.reasons_again(decision credit.decision) RETURNS text[]
LANGUAGE sql STABLE
SET extra_float_digits = 1
BEGIN ATOMIC
	SELECT credit.reason_codes(v.model_version_id, pg_catalog.jsonb_object_agg(f.name,
		COALESCE(pg_catalog.to_jsonb(decision.labels[f.position]),
			pg_catalog.to_jsonb(NULLIF(decision.inputs[f.position], 'NaN')::double precision))))
	FROM credit.model AS m
	JOIN credit.model_version AS v USING (model_id)
	JOIN credit.feature AS f USING (model_version_id)
	WHERE m.name = decision.model AND v.version = decision.version
	GROUP BY v.model_version_id;
END;

COMMENT ON FUNCTION credit.reasons_again(credit.decision) IS
	'Codes of the reasons that the inputs of a decision have, worst first; for credit.replay()';

-- The arm that the split which a decision names gives its subject.
CREATE FUNCTION credit.arm_of(decision credit.decision) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT CASE WHEN credit.arm_position(decision.model, r.salt, decision.subject) < r.share
		THEN 'challenger' ELSE 'champion' END
	FROM credit.routing AS r WHERE r.routing_id = decision.split_id;
END;

COMMENT ON FUNCTION credit.arm_of(credit.decision) IS
	'The arm that a decision''s split gives its subject; for credit.replay()';

CREATE FUNCTION credit.replay(
	decision_id bigint,
	OUT verdict text,
	OUT differs text[],
	OUT margin real,
	OUT pd double precision,
	OUT score integer,
	OUT outcome text,
	OUT grade text,
	OUT detail text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	d credit.decision;
	v credit.model_version;
	p credit.policy;
	band integer;
	same_image boolean;
	same_code boolean;
BEGIN
	SELECT * INTO d FROM credit.decision AS e WHERE e.decision_id = replay.decision_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no decision %', decision_id USING ERRCODE = 'undefined_object';
	END IF;
	SELECT w.* INTO v FROM credit.model_version AS w JOIN credit.model AS m USING (model_id)
	WHERE m.name = d.model AND w.version = d.version;
	SELECT q.* INTO p FROM credit.policy AS q
	WHERE q.model_id = v.model_id AND q.version = d.policy_version;
	same_image := coalesce(sha256(v.image) = d.image_sha256, false);
	same_code := d.code_version = credit.code_version();
	differs := '{}';
	detail := format('decided by code version %s, replayed by %s', d.code_version, credit.code_version());

	IF credit.decision_hash(d) <> d.hash THEN
		differs := differs || 'record'::text;
	END IF;
	IF NOT same_image THEN
		differs := differs || 'image'::text;
	END IF;
	IF d.split_id IS NOT NULL AND credit.arm_of(d) IS DISTINCT FROM d.arm THEN
		differs := differs || 'arm'::text;
	END IF;

	BEGIN
		SELECT s.margin, s.pd, s.score INTO margin, pd, score FROM credit.image_score(v.image, d.inputs) AS s;
		IF NOT credit.labels_fit(d)
			OR (same_image AND same_code AND (margin, pd, score) IS DISTINCT FROM (d.margin, d.pd, d.score))
		THEN
			differs := differs || 'inputs'::text;
		ELSIF NOT same_code AND same_image AND (margin, pd, score) IS DISTINCT FROM (d.margin, d.pd, d.score) THEN
			differs := differs || 'code version'::text;
		ELSIF same_image AND d.reasons IS NOT NULL
			AND to_jsonb(credit.reasons_again(d)) <> jsonb_path_query_array(d.reasons, '$[*].code')
		THEN
			differs := differs || 'reasons'::text;
		END IF;
	EXCEPTION WHEN data_corrupted THEN
		detail := SQLERRM;
	WHEN array_subscript_error OR numeric_value_out_of_range THEN
		differs := differs || 'inputs'::text;
		detail := SQLERRM;
	WHEN object_not_in_prerequisite_state THEN
		differs := differs || 'reasons'::text;
		detail := SQLERRM;
	END;

	-- As it was decided, on what the log says was compared.
	band := width_bucket(CASE p.measure WHEN 'pd' THEN d.pd ELSE d.score END, p.bounds) + 1;
	outcome := p.outcomes[band];
	grade := p.grades[band];
	IF (outcome, grade) IS DISTINCT FROM (d.outcome, d.grade) THEN
		differs := differs || 'policy'::text;
	END IF;
	verdict := coalesce(nullif(array_to_string(differs, ', '), ''), 'match');
END
$$;

COMMENT ON FUNCTION credit.replay(bigint) IS
	'Decides again with the inputs, version and policy of a decision: match, or which of record, image, arm, inputs, code version, reasons and policy differs';

-- -------- arms --------

-- Wilson, "Probable inference, the law of succession, and statistical
-- inference", JASA 22 (1927) 209-212, without continuity correction, at 95 %.
CREATE FUNCTION credit.wilson_interval(successes bigint, trials bigint, OUT low double precision, OUT high double precision)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT (p + z2 / 2 - half) / (1 + z2), (p + z2 / 2 + half) / (1 + z2)
	FROM (SELECT p, z2, pg_catalog.sqrt(z2 * (p * (1 - p) + z2 / 4)) AS half
		FROM (SELECT successes::double precision / NULLIF(trials, 0) AS p,
			3.8414588206941254 / NULLIF(trials, 0) AS z2) AS s) AS t;
END;

COMMENT ON FUNCTION credit.wilson_interval(bigint, bigint) IS
	'Interval that holds a rate with 95 % confidence';

-- Each decision under every arm that scored it, with what became of it.
CREATE VIEW credit.scored_arm AS
SELECT d.model, d.decided_at, d.decision_id, a.arm, a.version, a.outcome, a.pd, o.defaulted
FROM credit.decision AS d
CROSS JOIN LATERAL (VALUES
	(d.arm, d.version, d.outcome, d.pd),
	(CASE WHEN d.shadow_margin IS NOT NULL THEN 'shadow' END, d.shadow_version, d.shadow_outcome, d.shadow_pd)
) AS a (arm, version, outcome, pd)
LEFT JOIN LATERAL (
	SELECT e.defaulted FROM credit.outcome AS e
	WHERE e.decision_id OPERATOR(pg_catalog.=) d.decision_id ORDER BY e.outcome_id DESC LIMIT 1
) AS o ON true
WHERE a.arm IS NOT NULL;

COMMENT ON VIEW credit.scored_arm IS 'Decisions by arm, a shadow''s too, with what became of them';
COMMENT ON COLUMN credit.scored_arm.model IS 'Name of the model';
COMMENT ON COLUMN credit.scored_arm.decided_at IS 'Time of the decision';
COMMENT ON COLUMN credit.scored_arm.decision_id IS 'Decision';
COMMENT ON COLUMN credit.scored_arm.arm IS 'champion, challenger or shadow';
COMMENT ON COLUMN credit.scored_arm.version IS 'Version that scored';
COMMENT ON COLUMN credit.scored_arm.outcome IS 'What it decided; of a shadow, what it would have decided';
COMMENT ON COLUMN credit.scored_arm.pd IS 'Probability of default that it gave';
COMMENT ON COLUMN credit.scored_arm.defaulted IS 'Whether the loan went bad; NULL: not recorded';

-- The area under the ROC curve and its variance from the placements of the
-- bad among the good and of the good among the bad: DeLong, DeLong and
-- Clarke-Pearson, "Comparing the areas under two or more correlated receiver
-- operating characteristic curves: a nonparametric approach", Biometrics 44
-- (1988) 837-845; by mid-ranks as Sun and Xu, "Fast implementation of
-- DeLong's algorithm", IEEE Signal Processing Letters 21 (2014) 1389-1393.
CREATE FUNCTION credit.compare_arms(of_model text, since timestamptz DEFAULT NULL)
RETURNS TABLE (
	arm text,
	versions integer[],
	decisions bigint,
	approved bigint,
	approval_rate double precision,
	approval_low double precision,
	approval_high double precision,
	outcomes bigint,
	bads bigint,
	bad_rate double precision,
	bad_low double precision,
	bad_high double precision,
	auc double precision,
	auc_low double precision,
	auc_high double precision,
	gini double precision)
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH started AS (
		SELECT COALESCE(since, (SELECT pg_catalog.max(r.routed_at)
			FROM credit.routing AS r JOIN credit.model AS m USING (model_id)
			WHERE m.name = of_model AND r.challenger IS NOT NULL), '-infinity') AS at
	), scored AS MATERIALIZED (
		SELECT s.* FROM credit.scored_arm AS s, started
		WHERE s.model = of_model AND s.decided_at >= started.at
	), ranked AS (
		SELECT s.arm, s.defaulted,
			pg_catalog.rank() OVER (PARTITION BY s.arm ORDER BY s.pd)
				+ (pg_catalog.count(*) OVER (PARTITION BY s.arm, s.pd) - 1) / 2.0::double precision AS among_all,
			pg_catalog.rank() OVER (PARTITION BY s.arm, s.defaulted ORDER BY s.pd)
				+ (pg_catalog.count(*) OVER (PARTITION BY s.arm, s.defaulted, s.pd) - 1) / 2.0::double precision AS among_same,
			pg_catalog.count(*) OVER (PARTITION BY s.arm) - pg_catalog.count(*) OVER (PARTITION BY s.arm, s.defaulted) AS others
		FROM scored AS s WHERE s.defaulted IS NOT NULL
	), placed AS (
		-- Of a bad, the share of the good that it is riskier than; of a good,
		-- the share of the bad that are riskier than it.
		SELECT r.arm, r.defaulted, CASE WHEN r.defaulted THEN (r.among_all - r.among_same) / NULLIF(r.others, 0)
			ELSE 1 - (r.among_all - r.among_same) / NULLIF(r.others, 0) END AS placement
		FROM ranked AS r
	), discrimination AS (
		SELECT p.arm, pg_catalog.avg(p.placement) FILTER (WHERE p.defaulted) AS auc,
			1.959963984540054 * pg_catalog.sqrt(
				pg_catalog.var_samp(p.placement) FILTER (WHERE p.defaulted) / pg_catalog.count(*) FILTER (WHERE p.defaulted)
				+ pg_catalog.var_samp(p.placement) FILTER (WHERE NOT p.defaulted) / pg_catalog.count(*) FILTER (WHERE NOT p.defaulted)
			) AS half
		FROM placed AS p GROUP BY p.arm
	), counted AS (
		SELECT s.arm, pg_catalog.array_agg(DISTINCT s.version ORDER BY s.version) AS versions,
			pg_catalog.count(*) AS decisions,
			pg_catalog.count(*) FILTER (WHERE s.outcome = 'approve') AS approved,
			pg_catalog.count(s.defaulted) AS outcomes,
			pg_catalog.count(*) FILTER (WHERE s.defaulted) AS bads
		FROM scored AS s GROUP BY s.arm
	)
	SELECT c.arm, c.versions, c.decisions,
		c.approved, c.approved::double precision / c.decisions, a.low, a.high,
		c.outcomes, c.bads, c.bads::double precision / NULLIF(c.outcomes, 0), b.low, b.high,
		d.auc, CASE WHEN d.half IS NOT NULL THEN GREATEST(d.auc - d.half, 0) END,
		CASE WHEN d.half IS NOT NULL THEN LEAST(d.auc + d.half, 1) END, 2 * d.auc - 1
	FROM counted AS c
	LEFT JOIN discrimination AS d ON d.arm = c.arm
	CROSS JOIN LATERAL credit.wilson_interval(c.approved, c.decisions) AS a
	CROSS JOIN LATERAL credit.wilson_interval(c.bads, c.outcomes) AS b
	ORDER BY c.arm;
END;

COMMENT ON FUNCTION credit.compare_arms(text, timestamptz) IS
	'Champion, challenger and shadow since the newest split or shadow began, or since a time: rates and AUC with 95 % intervals';
