-- No setting of a session changes a score, a log, a label or a verdict.
\i sql/include/tiny_models.psql
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{x,y,k}', '{q,c,c}',
	pg_temp.stump(0, 0.123456, 1.2345678, -1.2345678), pg_temp.category_stump(1, '{0}', 0.5, -0.5), pg_temp.category_stump(2, '{1}', 0.25, -0.25))),
	'{"categories": {"y": ["1.2345678901234567", "b"], "k": ["1.5", "2.25"]}, "on_unseen_category": "missing", "reasons": {
		"x": {"code": "X", "text": "x"}, "y": {"code": "Y", "text": "y"}, "k": {"code": "K", "text": "k"}}}');
SELECT to_version FROM credit.promote('m', 1);
SELECT version FROM credit.set_policy('m', '{"measure": "points", "approve": 2000}');
CREATE TABLE applicants AS
SELECT i, (i % 7) / 7.0::float8 AS x, CASE i % 2 WHEN 0 THEN 1.2345678901234567 ELSE 9.87654321 END::float8 AS y,
	(ARRAY[1.5, 2.25, 3.125])[1 + i % 3]::float4 AS k
FROM generate_series(1, 120) AS i;
-- Columns whose text follows a setting, as features of a table.
CREATE TABLE values_of_all_kinds AS
SELECT timestamptz '2026-01-31 22:00+00' + make_interval(days => i % 5) AS at, (date '2026-01-02' + i % 5) AS day,
	make_interval(months => i % 4, hours => i % 3) AS span, decode(lpad(to_hex(i % 6 + 128), 2, '0'), 'hex') AS bytes,
	ARRAY[(i % 5) / 3.0::float8] AS list
FROM generate_series(1, 200) AS i;
-- Everything that a session may see, as one text.
CREATE FUNCTION seen() RETURNS text LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
	parts text[];
	d credit.decision;
BEGIN
	parts := ARRAY(SELECT encode(int4send(credit_score(a)) || float4send(credit_margin(a)) || float8send(credit_pd(a)), 'hex') FROM public.applicants AS a ORDER BY i);
	parts := parts || ARRAY(SELECT concat(r.feature, ' ', r.value, ' ', encode(float8send(r.points_lost), 'hex')) FROM public.applicants AS a, credit_reasons(a) AS r ORDER BY i, rank);
	parts := parts || ARRAY(SELECT concat(e.feature, ' ', e.value) FROM public.applicants AS a, credit_explain(a) AS e ORDER BY i, e.feature);
	FOR d IN SELECT (credit_decide('s', a)).* FROM public.applicants AS a WHERE i < 20 ORDER BY i LOOP
		parts := parts || concat(d.outcome, d.reasons, d.labels, encode(array_send(d.inputs), 'hex'), (SELECT verdict FROM credit.replay(d.decision_id)));
	END LOOP;
	parts := parts || ARRAY(SELECT concat(property, value) FROM credit.describe_model('m') WHERE property <> 'imported');
	parts := parts || ARRAY(SELECT concat(feature, encode(float8send(cramer_v), 'hex')) FROM drift_report('public.values_of_all_kinds', NULL, 'public.values_of_all_kinds'));
	parts := parts || ARRAY(SELECT concat((c).labels) FROM (VALUES ('at'), ('day'), ('span'), ('bytes'), ('list')) AS f (name),
		credit.drift_reference_of('public.values_of_all_kinds', f.name, 'c.' || f.name, true, 100) AS c);
	parts := parts || ARRAY(SELECT segment FROM credit.measure_performance('SELECT at::text || list::text AS segment, 0.5 AS pd, true AS defaulted FROM public.values_of_all_kinds'));
	RETURN array_to_string(parts, E'\n');
END
$$;
CREATE TEMPORARY TABLE usual AS SELECT seen();
SELECT length(seen) > 10000 AS long, seen ~ '1.2345678901234567' AS labelled, seen ~ 'match' AS replayed FROM usual;
-- A baseline of this session is the one of every other.
CREATE FUNCTION differs(setting text, value text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	different boolean;
BEGIN
	PERFORM set_config(setting, value, true);
	different := seen() <> (SELECT u.seen FROM usual AS u);
	RAISE NOTICE '% = %: %', setting, value, CASE WHEN different THEN 'differs' ELSE 'the same' END;
	RETURN different;
END
$$;
DO $$
DECLARE
	setting text[];
	different integer := 0;
BEGIN
	FOREACH setting SLICE 1 IN ARRAY ARRAY[['extra_float_digits', '0'], ['extra_float_digits', '-15'], ['extra_float_digits', '3'],
		['datestyle', 'German, DMY'], ['datestyle', 'SQL, MDY'], ['intervalstyle', 'iso_8601'], ['intervalstyle', 'sql_standard'],
		['timezone', 'Asia/Tokyo'], ['bytea_output', 'escape'], ['lc_monetary', 'C.UTF-8'], ['lc_numeric', 'C.UTF-8'], ['lc_time', 'C.UTF-8'],
		['xmloption', 'document'], ['quote_all_identifiers', 'on'], ['array_nulls', 'off'], ['search_path', 'pg_catalog, public, pg_temp']]
	LOOP
		BEGIN
			different := different + differs(setting[1], setting[2])::integer;
			RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = different;
		EXCEPTION WHEN raise_exception THEN
			different := SQLERRM;
		END;
	END LOOP;
	RAISE NOTICE '% settings make a difference', different;
END
$$;
DROP FUNCTION seen, differs;
DROP TABLE applicants, values_of_all_kinds;
\i sql/include/empty_registry.psql
