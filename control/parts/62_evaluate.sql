-- Performance: how a version's probabilities agree with what became of the
-- loans, and what they promise where nobody knows yet.
--
-- As with drift, all but the storing runs with the caller's rights, in
-- read-only transactions too.

CREATE TYPE credit.performance AS (
	n bigint,
	bads bigint,
	bad_rate double precision,
	mean_pd double precision,
	auc double precision,
	gini double precision,
	ks double precision,
	brier double precision,
	log_loss double precision,
	threshold double precision,
	accuracy double precision,
	calibration_error double precision
);

COMMENT ON TYPE credit.performance IS 'How probabilities of default agree with outcomes; NULL where a figure does not exist';
COMMENT ON COLUMN credit.performance.n IS 'Rows that were measured';
COMMENT ON COLUMN credit.performance.bads IS 'Rows that defaulted; NULL in an estimate';
COMMENT ON COLUMN credit.performance.bad_rate IS 'Their share';
COMMENT ON COLUMN credit.performance.mean_pd IS 'Mean probability of default';
COMMENT ON COLUMN credit.performance.auc IS 'Area under the ROC curve: chance that a bad has a higher probability than a good, ties counted half';
COMMENT ON COLUMN credit.performance.gini IS 'Gini coefficient, 2 AUC - 1';
COMMENT ON COLUMN credit.performance.ks IS 'Largest distance of the distributions of the probability among bads and goods';
COMMENT ON COLUMN credit.performance.brier IS 'Brier score: mean squared difference of probability and outcome';
COMMENT ON COLUMN credit.performance.log_loss IS 'Mean negative logarithm of the probability that was given to what happened';
COMMENT ON COLUMN credit.performance.threshold IS 'Probability from which on a row counts as predicted bad';
COMMENT ON COLUMN credit.performance.accuracy IS 'Share of rows that were predicted as they became';
COMMENT ON COLUMN credit.performance.calibration_error IS 'Mean distance of bad rate and mean probability in ten bins; NULL in an estimate';

-- -------- measuring --------

CREATE FUNCTION credit.refuse_pd(pd double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'invalid probability of default %', coalesce(pd::text, 'NULL')
		USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is from 0 to 1.';
END
$$;

COMMENT ON FUNCTION credit.refuse_pd(double precision) IS
	'Raises the error for a probability that is none';

CREATE FUNCTION credit.refuse_label(value text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'invalid label %', value
		USING ERRCODE = 'invalid_parameter_value',
			DETAIL = 'A label is 1 for a default, 0 for none, or NULL where nobody knows yet.',
			HINT = 'Evaluate a view that has a boolean column, such as (months_overdue >= 3) AS defaulted.';
END
$$;

COMMENT ON FUNCTION credit.refuse_label(text) IS
	'Raises the error for a number that is no label';

-- Rows are first gathered by probability, so that what follows sorts and adds
-- up distinct probabilities.  Every figure is then a sum over them of a weight
-- of bads and a weight of goods: counts, or what is expected of them.  Sorted
-- by bin and probability they are in order for all that follows.
--
-- log_loss keeps probabilities as far from 0 as scikit-learn does, by the
-- spacing of doubles at 1.  PostgreSQL raises an error for a product that is
-- too small, so below 1e-100 a probability keeps its place and counts as 0.
-- Segments are text, written as credit.drift_segments() writes them.
CREATE FUNCTION credit.measure_performance(
	scored text, expected boolean DEFAULT false, threshold double precision DEFAULT 0.5)
RETURNS TABLE (segment text, unlabelled bigint, performance credit.performance)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET extra_float_digits = 1
AS $$
BEGIN
	IF scored IS NULL OR expected IS NULL OR threshold IS NULL THEN
		RAISE EXCEPTION 'scored, expected and threshold must not be null'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT threshold BETWEEN 0 AND 1 THEN
		RAISE EXCEPTION 'threshold % is out of range', threshold
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is from 0 to 1.';
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH gathered AS (
			SELECT s.segment::text COLLATE "C" AS segment, s.pd, count(*) AS rows,
				count(*) FILTER (WHERE s.defaulted) AS bads, count(*) FILTER (WHERE NOT s.defaulted) AS goods
			FROM (%s
			) AS s GROUP BY 1, 2
		), checked AS (
			SELECT *, CASE WHEN pd BETWEEN 1e-100 AND 1 THEN pd WHEN pd BETWEEN 0 AND 1 THEN 0 ELSE credit.refuse_pd(pd) END AS p
			FROM gathered
		), weighed AS (
			SELECT segment, pd, p,
				width_bucket(pd, '{0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9}'::double precision[]) AS bin,
				CASE WHEN $1 THEN 0 ELSE rows - bads - goods END AS unlabelled,
				CASE WHEN $1 THEN rows ELSE bads + goods END AS n,
				CASE WHEN $1 THEN rows * p ELSE bads END AS bad,
				CASE WHEN $1 THEN rows * (1 - p) ELSE goods END AS good
			FROM checked
		), running AS (
			SELECT *, sum(bad) OVER upward AS bad_to, sum(good) OVER upward AS good_to,
				nullif(sum(bad) OVER whole, 0) AS bad_sum, nullif(sum(good) OVER whole, 0) AS good_sum
			FROM weighed
			WINDOW whole AS (PARTITION BY segment),
				upward AS (PARTITION BY segment ORDER BY bin, pd ROWS UNBOUNDED PRECEDING)
		), binned AS (
			SELECT segment, sum(unlabelled) AS unlabelled, sum(n) AS n, sum(bad) AS bad, sum(n * p) AS bad_given,
				sum(bad / bad_sum * ((good_to - good / 2) / good_sum)) AS auc,
				max(abs(bad_to / bad_sum - good_to / good_sum)) AS ks,
				sum(bad * (1 - p) * (1 - p) + good * p * p) AS brier,
				sum(bad * -ln(greatest(p, 2.220446049250313e-16))
					+ good * -ln(greatest(1 - p, 2.220446049250313e-16))) AS log_loss,
				sum(CASE WHEN pd >= $2 THEN bad ELSE good END) AS hits
			FROM running GROUP BY segment, bin
		)
		SELECT segment, sum(unlabelled)::bigint, ROW(sum(n), CASE WHEN NOT $1 THEN sum(bad) END,
			sum(bad) / nullif(sum(n), 0), sum(bad_given) / nullif(sum(n), 0), sum(auc), 2 * sum(auc) - 1, max(ks),
			sum(brier) / nullif(sum(n), 0), sum(log_loss) / nullif(sum(n), 0), $2, sum(hits) / nullif(sum(n), 0),
			CASE WHEN NOT $1 THEN sum(abs(bad - bad_given)) / nullif(sum(n), 0) END)::credit.performance
		FROM binned GROUP BY segment ORDER BY segment $query$, scored)
	USING expected, threshold;
END
$$;

COMMENT ON FUNCTION credit.measure_performance(text, boolean, double precision) IS
	'Performance by segment over a query with the columns segment, pd and defaulted; expected: estimated from pd alone, without outcomes';

-- -------- evaluating --------

CREATE FUNCTION credit.label_expression(source regclass, label name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type regtype := credit.drift_column_type(source, label);
BEGIN
	IF type = 'boolean'::regtype THEN
		RETURN format('c.%I', label);
	ELSIF credit.drift_is_number(type) THEN
		RETURN format('CASE WHEN c.%1$I = 1 THEN true WHEN c.%1$I = 0 THEN false '
			'WHEN c.%1$I IS NOT NULL THEN credit.refuse_label(c.%1$I::text) END', label);
	END IF;
	RAISE EXCEPTION 'column "%" of relation "%" is of type %', label, source, type
		USING ERRCODE = 'datatype_mismatch',
			DETAIL = 'A label is boolean, true for a default, or a number that is 1 for a default and else 0.',
			HINT = format('Evaluate a view that has such a column, as in (%I = ''bad'') AS defaulted.', label);
END
$$;

COMMENT ON FUNCTION credit.label_expression(regclass, name) IS
	'SQL for whether a row c of a relation defaulted, or an error that says why a column is no label';

CREATE FUNCTION credit.evaluate_version(
	version_id bigint, source regclass, label name, threshold double precision)
RETURNS credit.performance
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	measured credit.performance;
BEGIN
	IF source IS NULL OR label IS NULL OR threshold IS NULL THEN
		RAISE EXCEPTION 'source, label and threshold must not be null'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	-- What has no label is not scored.
	SELECT (m.performance).* INTO measured FROM credit.measure_performance(
		format('SELECT NULL AS segment, %s AS pd, %s AS defaulted FROM %s AS c WHERE c.%I IS NOT NULL',
			credit.call_expression('credit_pd', version_id), credit.label_expression(source, label), source, label),
		threshold => threshold) AS m;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no row of "%" has a label', source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('It is empty, or its column "%s" is NULL in every row.', label);
	END IF;
	RETURN measured;
END
$$;

COMMENT ON FUNCTION credit.evaluate_version(bigint, regclass, name, double precision) IS
	'Performance of a version; for credit.evaluate() and credit.set_validation()';

CREATE FUNCTION credit.evaluate(
	model text, source regclass, label name, threshold double precision DEFAULT 0.5)
RETURNS credit.performance
LANGUAGE sql STABLE
RETURN credit.evaluate_version(credit.find_version(model), source, label, threshold);

COMMENT ON FUNCTION credit.evaluate(text, regclass, name, double precision) IS
	'Performance of a model over the rows of a relation whose label is known';

-- -------- validation figures --------

CREATE TABLE credit.metric (
	metric_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	model_version_id bigint NOT NULL REFERENCES credit.model_version,
	performance credit.performance NOT NULL,
	source text NOT NULL,
	label text NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	recorded_by text NOT NULL DEFAULT credit.caller()
);

CREATE INDEX metric_model_version_id_idx ON credit.metric (model_version_id, metric_id);

COMMENT ON TABLE credit.metric IS 'Validation figures of versions, from credit.set_validation(); the newest of a version counts, rows are only ever added';
COMMENT ON COLUMN credit.metric.metric_id IS 'Identity';
COMMENT ON COLUMN credit.metric.model_version_id IS 'Version';
COMMENT ON COLUMN credit.metric.performance IS 'Its performance in the validation sample';
COMMENT ON COLUMN credit.metric.source IS 'Table or view that was evaluated';
COMMENT ON COLUMN credit.metric.label IS 'Its column that says whether the loan went bad';
COMMENT ON COLUMN credit.metric.recorded_at IS 'Time of recording';
COMMENT ON COLUMN credit.metric.recorded_by IS 'Role that recorded it';

SELECT pg_catalog.pg_extension_config_dump('credit.metric', '');
SELECT pg_catalog.pg_extension_config_dump('credit.metric_metric_id_seq', '');

CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON credit.metric FOR EACH STATEMENT
	EXECUTE FUNCTION credit.refuse_change('Evaluate again with credit.set_validation(): the newest figures count.');

CREATE FUNCTION credit.keep_metric(
	version_id bigint, performance credit.performance, source text, label text)
RETURNS credit.metric
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kept credit.metric;
BEGIN
	INSERT INTO credit.metric (model_version_id, performance, source, label)
	VALUES (version_id, performance, source, label) RETURNING * INTO kept;
	RETURN kept;
END
$$;

COMMENT ON FUNCTION credit.keep_metric(bigint, credit.performance, text, text) IS
	'Stores validation figures; for credit.set_validation()';

CREATE FUNCTION credit.set_validation(
	model text, source regclass, label name, threshold double precision DEFAULT 0.5)
RETURNS credit.metric
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	version_id bigint := credit.find_version(model);
BEGIN
	RETURN credit.keep_metric(version_id,
		credit.evaluate_version(version_id, source, label, threshold), source::text, label);
END
$$;

COMMENT ON FUNCTION credit.set_validation(text, regclass, name, double precision) IS
	'Evaluates a version and stores the figures as those of its validation';

CREATE FUNCTION credit.validation_of(version_id bigint) RETURNS credit.performance
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT m.performance FROM credit.metric AS m
	WHERE m.model_version_id OPERATOR(pg_catalog.=) version_id
	ORDER BY m.metric_id DESC LIMIT 1;
END;

COMMENT ON FUNCTION credit.validation_of(bigint) IS
	'Newest validation figures of a version; NULL: none';
