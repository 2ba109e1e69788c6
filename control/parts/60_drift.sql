-- Drift: what a table is now against what a model was trained on.
--
-- Every function here runs with the caller's rights, so that the privileges
-- and the row security of the compared tables hold; none writes but
-- credit.set_drift_baseline().

CREATE TYPE credit.drift_reference AS (
	feature text,
	categorical boolean,
	n bigint,
	missing bigint,
	mean double precision,
	squares double precision,
	resolution double precision,
	keys double precision[],
	labels text[],
	counts bigint[]
);

COMMENT ON TYPE credit.drift_reference IS 'What a feature was in a reference: distinct values in order, with their counts';
COMMENT ON COLUMN credit.drift_reference.feature IS 'Name of the column, or (score)';
COMMENT ON COLUMN credit.drift_reference.categorical IS 'Categories, compared by label; else numbers';
COMMENT ON COLUMN credit.drift_reference.n IS 'Rows in which the value is not missing';
COMMENT ON COLUMN credit.drift_reference.missing IS 'Rows in which it is NULL or NaN';
COMMENT ON COLUMN credit.drift_reference.mean IS 'Mean of the numbers; 0 for categories';
COMMENT ON COLUMN credit.drift_reference.squares IS 'Sum of their squared differences from the mean; 0 for categories';
COMMENT ON COLUMN credit.drift_reference.resolution IS 'Largest share of the rows that was rounded up to one number, or share of the categories that were not kept; 0: all were';
COMMENT ON COLUMN credit.drift_reference.keys IS 'Numbers, ascending; NULL for categories';
COMMENT ON COLUMN credit.drift_reference.labels IS 'Categories in the order of their bytes; NULL for numbers';
COMMENT ON COLUMN credit.drift_reference.counts IS 'Rows of each';

CREATE TYPE credit.drift_source AS (
	model_version_id bigint,
	first integer,
	n integer,
	list credit.drift_reference[]
);

COMMENT ON TYPE credit.drift_source IS 'Where the references of a scan are: in the stored baseline of a version, or in a list';
COMMENT ON COLUMN credit.drift_source.model_version_id IS 'Version whose baseline has them; NULL: the list has';
COMMENT ON COLUMN credit.drift_source.first IS 'Position of the first one in the baseline';
COMMENT ON COLUMN credit.drift_source.n IS 'How many of the baseline';
COMMENT ON COLUMN credit.drift_source.list IS 'The references themselves; NULL: a baseline has them';

CREATE TYPE credit.drift_figure AS (
	feature text,
	categorical boolean,
	n_reference bigint,
	n_current bigint,
	missing_reference double precision,
	missing_current double precision,
	reference_sd double precision,
	ks double precision,
	ks_p_value double precision,
	ks_resolution double precision,
	detectable_shift double precision,
	chi2 double precision,
	chi2_df double precision,
	chi2_p_value double precision,
	cramer_v double precision,
	psi double precision,
	js double precision,
	wasserstein_lower double precision,
	wasserstein_upper double precision,
	mean_difference double precision,
	mean_p_value double precision,
	mean_effect double precision,
	missing_p_value double precision
);

COMMENT ON TYPE credit.drift_figure IS 'Every drift statistic of one feature; NULL where one does not exist';
COMMENT ON COLUMN credit.drift_figure.feature IS 'Name of the column, or (score)';
COMMENT ON COLUMN credit.drift_figure.categorical IS 'Compared as categories; else as numbers';
COMMENT ON COLUMN credit.drift_figure.n_reference IS 'Reference rows in which the value is not missing';
COMMENT ON COLUMN credit.drift_figure.n_current IS 'Current rows in which the value is not missing';
COMMENT ON COLUMN credit.drift_figure.missing_reference IS 'Share of the reference rows in which the value is NULL or NaN';
COMMENT ON COLUMN credit.drift_figure.missing_current IS 'Share of the current rows in which it is';
COMMENT ON COLUMN credit.drift_figure.reference_sd IS 'Standard deviation in the reference';
COMMENT ON COLUMN credit.drift_figure.ks IS 'Kolmogorov-Smirnov statistic';
COMMENT ON COLUMN credit.drift_figure.ks_p_value IS 'Its p-value';
COMMENT ON COLUMN credit.drift_figure.ks_resolution IS 'How far the statistic may be from the true one, where the reference kept quantiles only; else 0';
COMMENT ON COLUMN credit.drift_figure.detectable_shift IS 'Smallest true Kolmogorov-Smirnov distance that is seen at level 5 % with a power of 80 %';
COMMENT ON COLUMN credit.drift_figure.chi2 IS 'Chi-square of homogeneity';
COMMENT ON COLUMN credit.drift_figure.chi2_df IS 'Its degrees of freedom';
COMMENT ON COLUMN credit.drift_figure.chi2_p_value IS 'Its p-value';
COMMENT ON COLUMN credit.drift_figure.cramer_v IS 'Cramer''s V, the effect size of chi-square: 0 alike, 1 nothing in common';
COMMENT ON COLUMN credit.drift_figure.psi IS 'Population stability index';
COMMENT ON COLUMN credit.drift_figure.js IS 'Jensen-Shannon distance, natural logarithm';
COMMENT ON COLUMN credit.drift_figure.wasserstein_lower IS 'Wasserstein-1 distance: at least this';
COMMENT ON COLUMN credit.drift_figure.wasserstein_upper IS 'And at most this; equal where the distance is exact';
COMMENT ON COLUMN credit.drift_figure.mean_difference IS 'Mean of the current rows less that of the reference';
COMMENT ON COLUMN credit.drift_figure.mean_p_value IS 'P-value of Welch''s test';
COMMENT ON COLUMN credit.drift_figure.mean_effect IS 'Cohen''s d, the difference in pooled standard deviations';
COMMENT ON COLUMN credit.drift_figure.missing_p_value IS 'P-value of the difference of the missing shares';

CREATE TYPE credit.drift_test AS (
	method text,
	statistic double precision,
	p_value double precision,
	n_reference bigint,
	n_current bigint,
	threshold double precision,
	drifted boolean,
	effect_size double precision,
	uncertainty double precision,
	missing_reference double precision,
	missing_current double precision,
	detectable_shift double precision
);

COMMENT ON TYPE credit.drift_test IS 'One drift statistic of one column';
COMMENT ON COLUMN credit.drift_test.method IS 'ks, chi2, psi, js or wasserstein';
COMMENT ON COLUMN credit.drift_test.statistic IS 'Value of the statistic';
COMMENT ON COLUMN credit.drift_test.p_value IS 'Its p-value, where there is one';
COMMENT ON COLUMN credit.drift_test.n_reference IS 'Reference rows in which the value is not missing';
COMMENT ON COLUMN credit.drift_test.n_current IS 'Current rows in which the value is not missing';
COMMENT ON COLUMN credit.drift_test.threshold IS 'Of the p-value where there is one, else of the effect size';
COMMENT ON COLUMN credit.drift_test.drifted IS 'Whether the threshold was passed';
COMMENT ON COLUMN credit.drift_test.effect_size IS 'How large the difference is, whatever the number of rows';
COMMENT ON COLUMN credit.drift_test.uncertainty IS 'How far the statistic may be from the exact one; 0: exact';
COMMENT ON COLUMN credit.drift_test.missing_reference IS 'Share of the reference rows in which the value is NULL or NaN';
COMMENT ON COLUMN credit.drift_test.missing_current IS 'Share of the current rows in which it is';
COMMENT ON COLUMN credit.drift_test.detectable_shift IS 'Smallest true Kolmogorov-Smirnov distance that is seen at level 5 % with a power of 80 %';

CREATE TABLE credit.drift_baseline (
	model_version_id bigint NOT NULL REFERENCES credit.model_version,
	position integer NOT NULL,
	feature text NOT NULL,
	categorical boolean NOT NULL,
	n bigint NOT NULL,
	missing bigint NOT NULL,
	mean double precision NOT NULL,
	squares double precision NOT NULL,
	resolution double precision NOT NULL,
	keys double precision[],
	labels text[],
	counts bigint[] NOT NULL,
	source text NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	recorded_by text NOT NULL DEFAULT credit.caller(),
	PRIMARY KEY (model_version_id, position)
);

-- Every report reads them: decompressing them would take longer than reading.
ALTER TABLE credit.drift_baseline
	ALTER COLUMN keys SET STORAGE EXTERNAL,
	ALTER COLUMN counts SET STORAGE EXTERNAL;

COMMENT ON TABLE credit.drift_baseline IS 'What a version''s features and score were in the sample that credit.set_drift_baseline() was given';
COMMENT ON COLUMN credit.drift_baseline.model_version_id IS 'Version';
COMMENT ON COLUMN credit.drift_baseline.position IS 'Place of the feature, from 1; the score comes last';
COMMENT ON COLUMN credit.drift_baseline.feature IS 'Name of the column, or (score)';
COMMENT ON COLUMN credit.drift_baseline.categorical IS 'Categories, compared by label; else numbers';
COMMENT ON COLUMN credit.drift_baseline.n IS 'Rows in which the value is not missing';
COMMENT ON COLUMN credit.drift_baseline.missing IS 'Rows in which it is NULL or NaN';
COMMENT ON COLUMN credit.drift_baseline.mean IS 'Mean of the numbers; 0 for categories';
COMMENT ON COLUMN credit.drift_baseline.squares IS 'Sum of their squared differences from the mean; 0 for categories';
COMMENT ON COLUMN credit.drift_baseline.resolution IS 'Largest share of the rows that was rounded up to one number, or share of the categories that were not kept; 0: all were';
COMMENT ON COLUMN credit.drift_baseline.keys IS 'Numbers, ascending; NULL for categories';
COMMENT ON COLUMN credit.drift_baseline.labels IS 'Categories in the order of their bytes; NULL for numbers';
COMMENT ON COLUMN credit.drift_baseline.counts IS 'Rows of each';
COMMENT ON COLUMN credit.drift_baseline.source IS 'Table or view that it was taken from';
COMMENT ON COLUMN credit.drift_baseline.recorded_at IS 'Time of recording';
COMMENT ON COLUMN credit.drift_baseline.recorded_by IS 'Role that recorded it';

SELECT pg_catalog.pg_extension_config_dump('credit.drift_baseline', '');

-- -------- the scan --------

CREATE FUNCTION credit.drift_support(internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_drift_support';

COMMENT ON FUNCTION credit.drift_support(internal) IS
	'Planner support of credit.drift_add(): without an answer, but the library is there when paths are made';

CREATE FUNCTION credit.drift_add(state internal, source credit.drift_source, VARIADIC columns "any")
RETURNS internal
LANGUAGE c STABLE PARALLEL SAFE
SUPPORT credit.drift_support
AS 'MODULE_PATHNAME', 'credit_drift_add';

COMMENT ON FUNCTION credit.drift_add(internal, credit.drift_source, "any") IS
	'Aggregate credit.drift_scan(): takes a row';

CREATE FUNCTION credit.drift_combine(state internal, other internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_drift_combine';

COMMENT ON FUNCTION credit.drift_combine(internal, internal) IS
	'Aggregate credit.drift_scan(): adds another state''s bytes to a state, checking them';

CREATE FUNCTION credit.drift_serial(state internal) RETURNS bytea
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_drift_serial';

COMMENT ON FUNCTION credit.drift_serial(internal) IS
	'Aggregate credit.drift_scan(): a state as bytes';

CREATE FUNCTION credit.drift_deserial(state bytea, context internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_drift_deserial';

COMMENT ON FUNCTION credit.drift_deserial(bytea, internal) IS
	'Aggregate credit.drift_scan(): hands bytes to credit.drift_combine(), which checks them';

CREATE AGGREGATE credit.drift_scan(source credit.drift_source, VARIADIC columns "any") (
	SFUNC = credit.drift_add,
	STYPE = internal,
	SSPACE = 1000000,
	FINALFUNC = credit.drift_serial,
	COMBINEFUNC = credit.drift_combine,
	SERIALFUNC = credit.drift_serial,
	DESERIALFUNC = credit.drift_deserial,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit.drift_scan(credit.drift_source, "any") IS
	'Counts the rows against the references of the columns, for credit.drift_figures(); NULL without rows';

CREATE FUNCTION credit.drift_figures(source credit.drift_source, states bytea[])
RETURNS SETOF credit.drift_figure
LANGUAGE c STABLE PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'credit_drift_figures';

COMMENT ON FUNCTION credit.drift_figures(credit.drift_source, bytea[]) IS
	'Computes every statistic from references and what calls of credit.drift_scan() have counted, one after the other';

-- -------- references --------

-- The type of a column, domains looked through; an error where there is none.
CREATE FUNCTION credit.drift_column_type(source regclass, "column" name) RETURNS regtype
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type oid;
	base oid;
BEGIN
	SELECT a.atttypid INTO type FROM pg_attribute AS a
	WHERE a.attrelid = source AND a.attname = "column" AND a.attnum > 0 AND NOT a.attisdropped;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'column "%" of relation "%" does not exist', "column", source
			USING ERRCODE = 'undefined_column',
				HINT = 'Columns are matched to features by name, upper and lower case too.';
	END IF;
	LOOP
		SELECT t.typbasetype INTO base FROM pg_type AS t WHERE t.oid = type AND t.typtype = 'd';
		EXIT WHEN NOT FOUND;
		type := base;
	END LOOP;
	RETURN type;
END
$$;

COMMENT ON FUNCTION credit.drift_column_type(regclass, name) IS
	'Base type of a column, or an error that names it';

CREATE FUNCTION credit.drift_is_number(type regtype) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN type OPERATOR(pg_catalog.=) ANY (ARRAY['int2', 'int4', 'int8', 'float4', 'float8', 'numeric']::pg_catalog.regtype[]);

COMMENT ON FUNCTION credit.drift_is_number(regtype) IS
	'Whether columns of a type are compared as numbers; others are compared as categories, by their text';

-- expression is SQL over the row c of source, such as c.income.  More than
-- 1,000 categories are of no use to a test.
--
-- Labels are text, so what text is made of a value is set here and where rows
-- are counted, credit.drift_segments(), and by no session.
--
-- Numbers that are too many are rounded up to the largest of their group.  A
-- group is what begins, in the order of the numbers, within one of size - 1
-- equal parts of the rows.  So less than 1 / (size - 1) of the rows is rounded
-- up to any one number, and a number with as many rows is never rounded: the
-- next one begins in another part.
CREATE FUNCTION credit.drift_reference_of(
	source regclass, feature text, expression text, categorical boolean, size integer)
RETURNS credit.drift_reference
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET extra_float_digits = 1
AS $$
DECLARE
	result credit.drift_reference;
	value text := CASE WHEN categorical THEN format('(%s)::text', expression)
		ELSE format($f$nullif((%s)::double precision, 'NaN')$f$, expression) END;
BEGIN
	result.feature := feature;
	result.categorical := categorical;
	IF categorical THEN
		EXECUTE format($q$
			WITH v AS (
				SELECT %1$s COLLATE "C" AS label, count(*) AS n FROM %2$s AS c GROUP BY 1
			), ranked AS (
				SELECT label, n, row_number() OVER (ORDER BY n DESC, label) AS place FROM v WHERE label IS NOT NULL
			), kept AS (
				SELECT CASE WHEN place <= $1 THEN label ELSE '(other)' END COLLATE "C" AS label, sum(n)::bigint AS n
				FROM ranked GROUP BY 1
			)
			SELECT coalesce(sum(n), 0), coalesce((SELECT n FROM v WHERE label IS NULL), 0), 0, 0,
				coalesce((SELECT sum(n) FILTER (WHERE place > $1) / sum(n) FROM ranked), 0),
				coalesce(array_agg(label ORDER BY label), '{}'), coalesce(array_agg(n ORDER BY label), '{}')
			FROM kept $q$, value, source)
		INTO result.n, result.missing, result.mean, result.squares, result.resolution, result.labels, result.counts
		USING least(size, 1000);
	ELSE
		EXECUTE format($q$
			WITH v AS (
				SELECT %1$s AS key, count(*) AS n FROM %2$s AS c GROUP BY 1
			), ranked AS (
				SELECT key, n, row_number() OVER w AS place, sum(n) OVER w AS passed,
					count(*) OVER () AS keys, sum(n) OVER () AS total
				FROM v WHERE key IS NOT NULL WINDOW w AS (ORDER BY key)
			), kept AS (
				SELECT max(key) AS key, sum(n)::bigint AS n, sum(n) - (array_agg(n ORDER BY key DESC))[1] AS rounded
				FROM ranked
				GROUP BY CASE WHEN keys <= $1 THEN place WHEN place = 1 THEN -1
					ELSE floor((passed - n) * ($1 - 1) / total) END
			)
			SELECT coalesce(sum(n), 0), coalesce((SELECT n FROM v WHERE key IS NULL), 0),
				coalesce(max(rounded) / sum(n), 0),
				coalesce(array_agg(key ORDER BY key), '{}'), coalesce(array_agg(n ORDER BY key), '{}')
			FROM kept $q$, value, source)
		INTO result.n, result.missing, result.resolution, result.keys, result.counts
		USING size;
		EXECUTE format('SELECT coalesce(avg(v), 0), coalesce(regr_sxx(v, v), 0) FROM (SELECT %s AS v FROM %s AS c) AS c',
			value, source)
		INTO result.mean, result.squares;
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION credit.drift_reference_of(regclass, text, text, boolean, integer) IS
	'Distinct values and counts of an expression over a relation: all of them up to a size, else quantiles or the largest categories';

-- The columns of a relation to compare, as SQL over its row c: the features
-- that a version uses and its score, or without a version the columns that two
-- relations share.
CREATE FUNCTION credit.drift_columns(
	source regclass, other regclass, version_id bigint,
	OUT feature text, OUT expression text, OUT categorical boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF version_id IS NULL THEN
		RETURN QUERY
		SELECT a.attname::text, format('c.%I', a.attname),
			NOT credit.drift_is_number(credit.drift_column_type(source, a.attname))
		FROM pg_attribute AS a
		JOIN pg_attribute AS o ON o.attrelid = other AND o.attname = a.attname AND o.attnum > 0
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY a.attnum;
		RETURN;
	END IF;
	RETURN QUERY
	SELECT f.name, format('c.%I', f.name),
		f.type = 'categorical' OR NOT credit.drift_is_number(credit.drift_column_type(source, f.name::name))
	FROM credit.feature AS f WHERE f.model_version_id = version_id AND f.split_count > 0
	ORDER BY f.position;
END
$$;

COMMENT ON FUNCTION credit.drift_columns(regclass, regclass, bigint) IS
	'Columns of a relation to compare, and whether as categories';

-- Of which the score is one: what a function such as credit_score() makes of
-- the row c with a version.  The call is of credit.score_row().
CREATE FUNCTION credit.call_expression(function name, version_id bigint) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT pg_catalog.format('credit.%I(c.*, %L)', pg_catalog.regexp_replace(function::text, '^credit_(.*)$', '\1_row'),
		pg_catalog.concat(m.name, '@', v.version))
	FROM credit.model_version AS v JOIN credit.model AS m USING (model_id)
	WHERE v.model_version_id OPERATOR(pg_catalog.=) version_id;
END;

COMMENT ON FUNCTION credit.call_expression(name, bigint) IS
	'SQL for a call of credit_score(), credit_pd() or credit_margin() on a row c, by a version of a model';

-- What is written is apart from what reads other people's tables: this is done
-- with the owner's rights, so that nobody needs the right to write a baseline
-- by hand.
CREATE FUNCTION credit.clear_drift_baseline(version_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Whoever stores a baseline of the same version meanwhile waits here.
	PERFORM FROM credit.model_version AS v WHERE v.model_version_id = version_id FOR NO KEY UPDATE;
	DELETE FROM credit.drift_baseline AS b WHERE b.model_version_id = version_id;
END
$$;

COMMENT ON FUNCTION credit.clear_drift_baseline(bigint) IS
	'Locks and empties the drift baseline of a version; for credit.set_drift_baseline()';

CREATE FUNCTION credit.keep_drift_reference(
	version_id bigint, "position" integer, reference credit.drift_reference, source text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO credit.drift_baseline (model_version_id, position, feature, categorical, n, missing, mean, squares,
		resolution, keys, labels, counts, source)
	SELECT version_id, "position", (reference).*, source;
END
$$;

COMMENT ON FUNCTION credit.keep_drift_reference(bigint, integer, credit.drift_reference, text) IS
	'Stores the reference of one feature; for credit.set_drift_baseline()';

CREATE FUNCTION credit.set_drift_baseline(
	model text, source regclass, baseline_size integer DEFAULT 10000, with_score boolean DEFAULT true)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	version_id bigint := credit.find_version(model);
	stored integer := 0;
	entry record;
BEGIN
	IF source IS NULL OR baseline_size IS NULL OR with_score IS NULL THEN
		RAISE EXCEPTION 'source, baseline_size and with_score must not be null'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF baseline_size NOT BETWEEN 10 AND 1000000 THEN
		RAISE EXCEPTION 'baseline_size % is out of range', baseline_size
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is from 10 to 1000000.';
	END IF;
	PERFORM credit.clear_drift_baseline(version_id);
	FOR entry IN
		SELECT * FROM credit.drift_columns(source, NULL, version_id)
		UNION ALL SELECT '(score)', credit.call_expression('credit_score', version_id), false WHERE with_score
	LOOP
		stored := stored + 1;
		PERFORM credit.keep_drift_reference(version_id, stored, credit.drift_reference_of(
			source, entry.feature, entry.expression, entry.categorical, baseline_size), source::text);
	END LOOP;
	RETURN stored;
END
$$;

COMMENT ON FUNCTION credit.set_drift_baseline(text, regclass, integer, boolean) IS
	'Stores what the features and the score of a version are in its training sample, in place of what was stored before; returns how many';

CREATE FUNCTION credit.drift_features(version_id bigint, feature text DEFAULT NULL) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT pg_catalog.array_agg(b.feature ORDER BY b.position)
	FROM credit.drift_baseline AS b
	WHERE b.model_version_id OPERATOR(pg_catalog.=) version_id
		AND (drift_features.feature IS NULL OR b.feature OPERATOR(pg_catalog.=) drift_features.feature);
END;

COMMENT ON FUNCTION credit.drift_features(bigint, text) IS
	'What the baseline of a version names, one feature or all; NULL: nothing';

CREATE FUNCTION credit.drift_stored(version_id bigint, feature text DEFAULT NULL) RETURNS credit.drift_source
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT ROW(version_id, pg_catalog.min(b.position), pg_catalog.count(*), NULL)::credit.drift_source
	FROM credit.drift_baseline AS b
	WHERE b.model_version_id OPERATOR(pg_catalog.=) version_id
		AND (drift_stored.feature IS NULL OR b.feature OPERATOR(pg_catalog.=) drift_stored.feature);
END;

COMMENT ON FUNCTION credit.drift_stored(bigint, text) IS
	'The references that a version has stored, of one feature or all';

CREATE FUNCTION credit.drift_part(source credit.drift_source, start integer, size integer) RETURNS credit.drift_source
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN source.list IS NULL
	THEN ROW(source.model_version_id, source.first OPERATOR(pg_catalog.+) start OPERATOR(pg_catalog.-) 1, size,
		NULL)::credit.drift_source
	ELSE ROW(NULL, NULL, NULL,
		source.list[start:start OPERATOR(pg_catalog.+) size OPERATOR(pg_catalog.-) 1])::credit.drift_source
	END;

COMMENT ON FUNCTION credit.drift_part(credit.drift_source, integer, integer) IS
	'Some of the references of a source';

-- -------- reports --------

CREATE FUNCTION credit.drift_expression(current regclass, feature text, version_id bigint) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF feature = '(score)' THEN
		RETURN credit.call_expression('credit_score', version_id);
	END IF;
	PERFORM credit.drift_column_type(current, feature::name);
	RETURN format('c.%I', feature);
END
$$;

COMMENT ON FUNCTION credit.drift_expression(regclass, text, bigint) IS
	'SQL for a feature over the row c of a relation, or an error that names a missing column';

-- One scan.  relation is SQL for what is scanned, such as a table or a subquery
-- of one; segment is SQL over its row c that divides it, NULL: not divided.
-- A stored baseline is megabytes: the scan and the figures fetch it, each for
-- itself, and no value hands it on.  An aggregate has 100 arguments at most, so
-- features go in groups.  A loop over the query would have no parallel workers.
CREATE FUNCTION credit.drift_segments(
	relation text, columns_of regclass, features text[], source credit.drift_source, version_id bigint, segment text)
RETURNS TABLE (name text, n bigint, figure credit.drift_figure)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET extra_float_digits = 1
AS $$
DECLARE
	group_size CONSTANT integer := 90;
	calls text[] := '{}';
BEGIN
	FOR start IN 1 .. cardinality(features) BY group_size LOOP
		calls := calls || (
			SELECT format('credit.drift_scan((SELECT credit.drift_part($1, %s, %s)), %s)', start, count(*),
				string_agg(credit.drift_expression(columns_of, f.name, version_id), ', ' ORDER BY f.place))
			FROM unnest(features[start:start + group_size - 1]) WITH ORDINALITY AS f (name, place));
	END LOOP;
	RETURN QUERY EXECUTE format($query$
		SELECT s.name, s.n, f
		FROM (SELECT %s AS name, count(*) AS n, ARRAY[%s] AS states FROM %s AS c %s) AS s
		CROSS JOIN LATERAL credit.drift_figures($1, s.states) AS f
		$query$, coalesce(segment, 'NULL::text'), array_to_string(calls, ', '), relation,
		CASE WHEN segment IS NOT NULL THEN 'GROUP BY 1' END)
	USING source;
END
$$;

COMMENT ON FUNCTION credit.drift_segments(text, regclass, text[], credit.drift_source, bigint, text) IS
	'Every statistic of every reference in each segment of a relation, from one scan';

CREATE FUNCTION credit.drift_compare(current regclass, feature name, reference regclass, model text)
RETURNS SETOF credit.drift_figure
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	version_id bigint;
	features text[];
	source credit.drift_source;
BEGIN
	IF current IS NULL THEN
		RAISE EXCEPTION 'current must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF model IS NOT NULL OR reference IS NULL THEN
		version_id := credit.find_version(model);
	END IF;
	IF reference IS NULL THEN
		features := credit.drift_features(version_id, feature);
		source := credit.drift_stored(version_id, feature);
	ELSE
		SELECT array_agg(d.feature),
			array_agg(credit.drift_reference_of(reference, d.feature, d.expression, d.categorical, 1000000))
		INTO features, source.list
		FROM credit.drift_columns(reference, current, version_id) AS d
		WHERE d.feature = drift_compare.feature OR drift_compare.feature IS NULL;
	END IF;
	IF features IS NULL THEN
		PERFORM credit.drift_no_reference(current, feature, reference, version_id);
	END IF;
	RETURN QUERY SELECT (s.figure).*
		FROM credit.drift_segments(current::text, current, features, source, version_id, NULL) AS s;
END
$$;

COMMENT ON FUNCTION credit.drift_compare(regclass, name, regclass, text) IS
	'Every statistic of one feature or of all, from one scan; for drift_report() and the tests of one column';

CREATE FUNCTION credit.drift_no_reference(current regclass, feature name, reference regclass, version_id bigint)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	version text := (SELECT concat(m.name, '@', v.version)
		FROM credit.model_version AS v JOIN credit.model AS m USING (model_id) WHERE v.model_version_id = version_id);
BEGIN
	IF reference IS NULL AND credit.drift_features(version_id) IS NULL THEN
		RAISE EXCEPTION 'model "%" has no drift baseline', version
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Store one with credit.set_drift_baseline(), or name a reference relation.';
	ELSIF version_id IS NOT NULL THEN
		RAISE EXCEPTION 'model "%" does not use a feature "%"', version, feature
			USING ERRCODE = 'undefined_column',
				HINT = 'The table credit.feature lists the features; split_count is above 0 for those in use.';
	ELSIF feature IS NOT NULL THEN
		PERFORM credit.drift_column_type(reference, feature);
		PERFORM credit.drift_column_type(current, feature);
	END IF;
	RAISE EXCEPTION 'relations "%" and "%" have no column in common', current, reference
		USING ERRCODE = 'undefined_column', HINT = 'Columns are matched by name.';
END
$$;

COMMENT ON FUNCTION credit.drift_no_reference(regclass, name, regclass, bigint) IS
	'Raises the error that says why there is nothing to compare with';

CREATE FUNCTION @extschema@.drift_report(
	current regclass, model text DEFAULT NULL, reference regclass DEFAULT NULL)
RETURNS SETOF credit.drift_figure
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT * FROM credit.drift_compare(current, NULL, reference, model);
END;

COMMENT ON FUNCTION @extschema@.drift_report(regclass, text, regclass) IS
	'Every drift statistic of every feature, from one scan of current, against the baseline of a model or another relation';

-- Of a figure, the statistic that a method judges by.
CREATE FUNCTION credit.drift_verdict(
	method text, figure credit.drift_figure,
	OUT statistic double precision, OUT p_value double precision, OUT effect_size double precision)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT v.statistic, v.p_value, v.effect_size
	FROM (VALUES
		('ks', figure.ks, figure.ks_p_value, GREATEST(figure.ks - figure.ks_resolution, 0)),
		('chi2', figure.chi2, figure.chi2_p_value, figure.cramer_v),
		('psi', figure.psi, NULL, figure.psi),
		('js', figure.js, NULL, figure.js),
		('wasserstein', (figure.wasserstein_lower + figure.wasserstein_upper) / 2, NULL,
			(figure.wasserstein_lower + figure.wasserstein_upper) / 2 / NULLIF(figure.reference_sd, 0))
	) AS v (method, statistic, p_value, effect_size)
	WHERE v.method = drift_verdict.method;
END;

COMMENT ON FUNCTION credit.drift_verdict(text, credit.drift_figure) IS
	'Statistic, p-value and effect size of one method';

-- p-values: 0.05.  PSI: Siddiqi's 0.25.  Jensen-Shannon and Wasserstein in
-- standard deviations of the reference: 0.1.
CREATE FUNCTION credit.drift_test_of(
	method text, current regclass, "column" name, reference regclass, model text)
RETURNS credit.drift_test
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	figure credit.drift_figure;
	result credit.drift_test;
BEGIN
	IF "column" IS NULL THEN
		RAISE EXCEPTION 'column must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	SELECT * INTO figure FROM credit.drift_compare(current, "column", reference, model);
	IF figure.categorical AND method IN ('ks', 'wasserstein') THEN
		RAISE EXCEPTION 'column "%" is categorical', "column"
			USING ERRCODE = 'datatype_mismatch',
				DETAIL = 'This statistic needs values with an order.',
				HINT = 'Use drift_chi2(), drift_psi() or drift_js().';
	END IF;
	SELECT method, v.statistic, v.p_value, v.effect_size INTO result.method, result.statistic, result.p_value, result.effect_size
	FROM credit.drift_verdict(method, figure) AS v;
	result.n_reference := figure.n_reference;
	result.n_current := figure.n_current;
	result.missing_reference := figure.missing_reference;
	result.missing_current := figure.missing_current;
	result.detectable_shift := figure.detectable_shift;
	result.uncertainty := CASE method
		WHEN 'ks' THEN figure.ks_resolution
		WHEN 'wasserstein' THEN (figure.wasserstein_upper - figure.wasserstein_lower) / 2
		ELSE 0 END;
	result.threshold := CASE method WHEN 'ks' THEN 0.05 WHEN 'chi2' THEN 0.05 WHEN 'psi' THEN 0.25 ELSE 0.1 END;
	result.drifted := CASE method
		WHEN 'ks' THEN result.p_value <= result.threshold
		WHEN 'chi2' THEN result.p_value < result.threshold
		ELSE result.effect_size >= result.threshold END;
	RETURN result;
END
$$;

COMMENT ON FUNCTION credit.drift_test_of(text, regclass, name, regclass, text) IS
	'One statistic of one column, with its threshold';

CREATE FUNCTION @extschema@.drift_ks(
	current regclass, "column" name, reference regclass DEFAULT NULL, model text DEFAULT NULL)
RETURNS credit.drift_test
LANGUAGE sql STABLE
RETURN credit.drift_test_of('ks', current, "column", reference, model);

COMMENT ON FUNCTION @extschema@.drift_ks(regclass, name, regclass, text) IS
	'Kolmogorov-Smirnov test of a column against the baseline of a model or another relation';

CREATE FUNCTION @extschema@.drift_chi2(
	current regclass, "column" name, reference regclass DEFAULT NULL, model text DEFAULT NULL)
RETURNS credit.drift_test
LANGUAGE sql STABLE
RETURN credit.drift_test_of('chi2', current, "column", reference, model);

COMMENT ON FUNCTION @extschema@.drift_chi2(regclass, name, regclass, text) IS
	'Chi-square test of homogeneity of a column against the baseline of a model or another relation';

CREATE FUNCTION @extschema@.drift_psi(
	current regclass, "column" name, reference regclass DEFAULT NULL, model text DEFAULT NULL)
RETURNS credit.drift_test
LANGUAGE sql STABLE
RETURN credit.drift_test_of('psi', current, "column", reference, model);

COMMENT ON FUNCTION @extschema@.drift_psi(regclass, name, regclass, text) IS
	'Population stability index of a column against the baseline of a model or another relation';

CREATE FUNCTION @extschema@.drift_js(
	current regclass, "column" name, reference regclass DEFAULT NULL, model text DEFAULT NULL)
RETURNS credit.drift_test
LANGUAGE sql STABLE
RETURN credit.drift_test_of('js', current, "column", reference, model);

COMMENT ON FUNCTION @extschema@.drift_js(regclass, name, regclass, text) IS
	'Jensen-Shannon distance of a column against the baseline of a model or another relation';

CREATE FUNCTION @extschema@.drift_wasserstein(
	current regclass, "column" name, reference regclass DEFAULT NULL, model text DEFAULT NULL)
RETURNS credit.drift_test
LANGUAGE sql STABLE
RETURN credit.drift_test_of('wasserstein', current, "column", reference, model);

COMMENT ON FUNCTION @extschema@.drift_wasserstein(regclass, name, regclass, text) IS
	'Wasserstein-1 distance of a column against the baseline of a model or another relation';
