-- What can be compared: every kind of relation and type, empty ones too; one
-- scan of the current relation, parallel where it can be; and what the caller
-- may not see is not counted.
\set SHOW_CONTEXT never
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN points AS numeric(8, 2) CHECK (VALUE < 1000);
CREATE DOMAIN word AS varchar(10);
CREATE TABLE reference AS
SELECT i::smallint AS i2, i AS i4, i::bigint AS i8, i::real AS f4, i::float8 AS f8, i::numeric AS n, i::points AS p,
	i % 2 = 0 AS b, 'w' || i % 4 AS t, ('w' || i % 4)::word AS w, ('w' || i % 4)::char(5) AS c, ('w' || i % 4)::name AS nm,
	(ARRAY['good', 'bad'])[1 + i % 2]::mood AS e, DATE '2026-01-01' + i % 4 AS d
FROM generate_series(1, 100) AS i;
ALTER TABLE reference ADD COLUMN gone int;
CREATE TABLE current (LIKE reference, extra text);
ALTER TABLE reference DROP COLUMN gone;
ALTER TABLE current DROP COLUMN gone;
INSERT INTO current SELECT *, 'x' FROM reference WHERE i4 % 20 <> 0;
INSERT INTO current (i4, f4, f8, n, t) VALUES (NULL, 'NaN', 'NaN', 'NaN', 'new'), (101, 'Infinity', '-Infinity', 101, 'w1 ');

-- Equal values have equal statistics, whatever their type.
SELECT string_agg(feature, ' ' ORDER BY feature) AS features, categorical, n_current, round(missing_current::numeric, 3) AS missing,
	round(ks::numeric, 4) AS ks, round(chi2::numeric, 4) AS chi2, round(psi::numeric, 4) AS psi,
	wasserstein_lower IS NOT NULL AS distance, mean_difference IS NOT NULL AS mean
FROM drift_report('current', reference => 'reference')
GROUP BY 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1;

-- Of one name, by one relation only, of no name.
SELECT drift_ks('current', 'extra', 'reference');
SELECT drift_ks('current', 'none', 'reference');
SELECT drift_psi('current', NULL, 'reference');
SELECT drift_psi(NULL, 'i4', 'reference');
SELECT drift_ks('current', 't', 'reference');
SELECT drift_wasserstein('current', 'b', 'reference');
SELECT drift_report('current', reference => 'pg_am');
CREATE TABLE other (i4 text);
INSERT INTO other VALUES ('1');
SELECT drift_ks('other', 'i4', 'reference');

-- Without rows, and with NULLs only.
CREATE TABLE nothing (LIKE reference);
CREATE TABLE unknown (LIKE reference);
INSERT INTO unknown (i4) SELECT NULL FROM generate_series(1, 5);
SELECT feature, n_reference, n_current, missing_reference, missing_current, ks, ks_p_value, detectable_shift, chi2, psi, js, mean_difference
FROM drift_report('nothing', reference => 'reference') WHERE feature IN ('i4', 't');
SELECT feature, n_current, missing_current, ks, chi2, round(psi::numeric, 4) AS psi, missing_p_value < 1e-9 AS gone
FROM drift_report('unknown', reference => 'reference') WHERE feature IN ('i4', 't');
SELECT feature, n_reference, ks, chi2, psi FROM drift_report('reference', reference => 'nothing') WHERE feature IN ('i4', 't');
SELECT feature, n_reference, missing_reference, ks, chi2 FROM drift_report('reference', reference => 'unknown') WHERE feature IN ('i4', 't');

-- A view, a materialised view, a partitioned table, one with inheritance, a
-- foreign table, names that must be quoted, a column called c as the alias is.
CREATE VIEW a_view AS SELECT * FROM current WHERE i4 <= 50;
CREATE MATERIALIZED VIEW a_matview AS SELECT * FROM a_view;
CREATE TABLE parted (f8 float8, i4 int) PARTITION BY LIST (i4);
CREATE TABLE part_1 PARTITION OF parted DEFAULT;
INSERT INTO parted SELECT f8, i4 FROM a_view;
CREATE TABLE parent (i4 int);
CREATE TABLE child (f8 float8) INHERITS (parent);
INSERT INTO parent SELECT i4 FROM a_view WHERE i4 < 10;
INSERT INTO child SELECT i4 FROM a_view WHERE i4 >= 10;
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE a_foreign (i4 int) SERVER files OPTIONS (program 'seq 1 50');
CREATE TEMP TABLE "Odd ""name" AS SELECT i4, i4 AS c, i4 AS "Odd ""column" FROM a_view;
SELECT relation, (drift_ks(relation, 'i4', 'reference')).*
FROM unnest(ARRAY['a_view', 'a_matview', 'parted', 'parent', 'a_foreign', '"Odd ""name"']::regclass[]) AS relation
\g (format=unaligned tuples_only=on)
CREATE TABLE "Odd reference" AS SELECT i4, i4 AS c, i4 AS "Odd ""column" FROM reference;
SELECT feature, ks FROM drift_report('"Odd ""name"', reference => '"Odd reference"');

-- More columns than an aggregate has arguments.
DO $$ BEGIN
	EXECUTE 'CREATE TABLE wide AS SELECT ' || (SELECT string_agg(format('i * %s %% 101 AS c%s', k, k), ', ') FROM generate_series(1, 200) AS k)
		|| ' FROM generate_series(1, 50) AS i';
END $$;
SELECT count(*), count(DISTINCT feature), min(ks), max(ks), sum(n_current) FROM drift_report('wide', reference => 'wide');
CREATE VIEW wide_reference AS SELECT * FROM wide WHERE c1 < 20;
CREATE TEMP TABLE wide_report AS
SELECT * FROM drift_report('wide', reference => 'wide_reference') WITH ORDINALITY AS r;
SELECT count(*), bool_and(feature = 'c' || ordinality) AS in_order, count(DISTINCT ks) > 9 AS differ FROM wide_report;
SELECT feature, w.ks = s.statistic AS as_alone
FROM wide_report AS w, drift_ks('wide', feature, 'wide_reference') AS s
WHERE feature IN ('c1', 'c90', 'c91', 'c180', 'c181', 'c200');
CREATE VIEW nobody AS SELECT * FROM wide WHERE c1 < 0;
SELECT count(*), sum(n_current) FROM drift_report('nobody', reference => 'wide_reference');

-- One scan, and parallel.
CREATE TABLE large AS SELECT (i * 7919 % 10007)::float8 AS x, 'w' || i % 7 AS t FROM generate_series(1, 20000) AS i;
CREATE TABLE large_reference AS SELECT (i * 7919 % 5003)::float8 AS x, 'w' || i % 6 AS t FROM generate_series(1, 3000) AS i;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT * FROM drift_report('large', reference => 'large_reference');
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SELECT count(*) AS features, bool_and(s.ks = p.ks AND s.ks_p_value = p.ks_p_value AND s.chi2 IS NOT DISTINCT FROM p.chi2
		AND s.psi = p.psi AND s.js = p.js AND s.n_current = p.n_current) IS NOT FALSE AS counts_equal,
	bool_and(abs(s.mean_difference - p.mean_difference) < 1e-9 * abs(s.mean_difference)
		AND abs(s.wasserstein_upper - p.wasserstein_upper) < 1e-9 * s.wasserstein_upper) AS sums_equal
FROM serial AS s JOIN drift_report('large', reference => 'large_reference') AS p USING (feature);
-- Workers count, the leader adds up.
CREATE TEMP TABLE source AS
SELECT ROW(NULL, NULL, NULL, ARRAY[credit.drift_reference_of('large_reference', 'x', 'c.x', false, 1000),
	credit.drift_reference_of('large_reference', 't', 'c.t', true, 1000)])::credit.drift_source AS source;
CREATE FUNCTION pg_temp.nodes(query text) RETURNS SETOF text AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		RETURN QUERY SELECT regexp_replace(line, '^[ >-]+', '') WHERE line ~ 'Aggregate|Gather|Parallel|Custom';
	END LOOP;
END
$$ LANGUAGE plpgsql;
SET credit.batch = on;
SELECT * FROM pg_temp.nodes('SELECT credit.drift_scan((SELECT source FROM source), x, t) FROM large');
RESET credit.batch;
-- What a worker sends is checked: here it is another aggregate's state.
CREATE AGGREGATE forged(numeric) (
	SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_avg,
	SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = credit.drift_deserial,
	COMBINEFUNC = credit.drift_combine, PARALLEL = SAFE);
SELECT forged(x::numeric) FROM large;
DROP AGGREGATE forged(numeric);
-- So it is in a report: here each row says which process reads it.
CREATE FUNCTION reader(leader int) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
	RETURN CASE pg_backend_pid() WHEN leader THEN 'leader' ELSE 'worker' END;
END
$$;
SELECT pg_backend_pid() AS leader \gset
CREATE VIEW watched AS SELECT x, reader(:leader) FROM large;
CREATE TABLE read_by_workers AS SELECT x, 'worker' AS reader FROM large_reference;
SELECT n_current, js = 0 AS by_workers FROM drift_report('watched', reference => 'read_by_workers') WHERE feature = 'reader';
RESET parallel_leader_participation;
SET max_parallel_workers_per_gather = 0;
SELECT n_current, js = 0 AS by_workers FROM drift_report('watched', reference => 'read_by_workers') WHERE feature = 'reader';
BEGIN;
SELECT pg_stat_get_xact_numscans('large'::regclass) AS before \gset
SELECT count(*) FROM drift_report('large', reference => 'large_reference');
SELECT pg_stat_get_xact_numscans('large'::regclass) - :before AS scans;
COMMIT;

-- Bytes and references that are none.
CREATE FUNCTION pg_temp.twice(source credit.drift_source) RETURNS credit.drift_source LANGUAGE sql
RETURN ROW(NULL, NULL, NULL, source.list || source.list)::credit.drift_source;
SELECT count(*) FROM source, credit.drift_figures(source, '{""}');
SELECT count(*) FROM source, credit.drift_figures(source, ARRAY['\x4344533200000000'::bytea]);
SELECT count(*) FROM source, credit.drift_figures(source, ARRAY[sha256('x')]);
SELECT credit.drift_scan((SELECT source FROM source), x, t) AS state FROM large \gset
SELECT count(*) FROM source, credit.drift_figures(source, ARRAY[substr(:'state'::bytea, 1, 2000)]);
SELECT count(*) FROM source, credit.drift_figures(credit.drift_part(source, 1, 1), ARRAY[:'state'::bytea]);
SELECT count(*) FROM source, credit.drift_figures(pg_temp.twice(source), ARRAY[:'state'::bytea]);
SELECT count(*) FROM source, credit.drift_figures(source, '{}');
SELECT count(*) FROM source, credit.drift_figures(pg_temp.twice(source), ARRAY[:'state'::bytea, :'state']);
SELECT count(*) FROM credit.drift_figures(NULL, '{}');
SELECT count(*) FROM source, credit.drift_figures(source, NULL);
SELECT credit.drift_scan((SELECT source FROM source), x) FROM large;
SELECT credit.drift_scan(NULL, x) FROM large;
SELECT credit.drift_scan('(,,,)', x) FROM large;
SELECT credit.drift_scan('(0,1,,)', x) FROM large;
SELECT credit.drift_scan('(0,1,1,)', x) FROM large;
SELECT credit.drift_figures('(0,2147483647,2147483647,)', '{}');
CREATE FUNCTION pg_temp.bad(change text) RETURNS text AS $$
DECLARE
	reference credit.drift_reference;
	message text;
	detail text;
BEGIN
	reference := ROW('x', false, 3, 0, 2, 2, 0, '{1,2,3}', NULL, '{1,1,1}');
	EXECUTE format('SELECT %s FROM (SELECT ($1).*) AS r', change) INTO reference USING reference;
	PERFORM credit.drift_figures(ROW(NULL, NULL, NULL, ARRAY[reference])::credit.drift_source, '{NULL}');
	RETURN 'taken';
EXCEPTION WHEN data_corrupted THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN message || ': ' || detail;
END
$$ LANGUAGE plpgsql;
SELECT change, pg_temp.bad(change) FROM unnest(ARRAY[
	'feature, categorical, n, missing, mean, squares, resolution, keys, labels, counts',
	'feature, NULL, n, missing, mean, squares, resolution, keys, labels, counts',
	'feature, categorical, n, missing, mean, squares, ''NaN'', keys, labels, counts',
	'feature, categorical, 4, missing, mean, squares, resolution, keys, labels, counts',
	'feature, categorical, -1, missing, mean, squares, resolution, keys, labels, counts',
	'feature, categorical, n, missing, mean, squares, resolution, ''{2,1,3}'', labels, counts',
	'feature, categorical, n, missing, mean, squares, resolution, ''{1,2,NaN}'', labels, counts',
	'feature, categorical, n, missing, mean, squares, resolution, ''{1,2}'', labels, counts',
	'feature, categorical, n, missing, mean, squares, resolution, NULL, labels, counts',
	'feature, categorical, n, missing, mean, squares, resolution, keys, labels, ''{1,1,NULL}''',
	'feature, categorical, n, missing, mean, squares, resolution, keys, labels, ''{3,-1,1}''',
	'feature, true, n, missing, mean, squares, resolution, keys, labels, counts',
	'feature, true, n, missing, mean, squares, resolution, keys, ''{b,a,c}'', counts',
	'feature, true, n, missing, mean, squares, resolution, keys, ''{a,b}'', counts']) AS change
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- The rights and the row security of the caller.
CREATE ROLE regress_credit_viewer;
GRANT USAGE ON SCHEMA credit TO regress_credit_viewer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA credit TO regress_credit_viewer;
GRANT EXECUTE ON FUNCTION drift_ks(regclass, name, regclass, text), drift_report(regclass, text, regclass) TO regress_credit_viewer;
GRANT SELECT ON reference TO regress_credit_viewer;
CREATE TABLE secured AS SELECT i4 FROM reference;
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY low ON secured FOR SELECT USING (i4 <= 10);
GRANT SELECT ON secured TO regress_credit_viewer;
SET ROLE regress_credit_viewer;
SELECT n_current, ks > 0.8 AS drifted FROM drift_report('secured', reference => 'reference');
SELECT drift_ks('current', 'i4', 'reference');
RESET ROLE;
SELECT n_current FROM drift_report('secured', reference => 'reference');
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA credit FROM regress_credit_viewer;
SET ROLE regress_credit_viewer;
SELECT drift_ks('secured', 'i4', 'reference');
RESET ROLE;
REVOKE ALL ON FUNCTION drift_ks(regclass, name, regclass, text), drift_report(regclass, text, regclass) FROM regress_credit_viewer;
REVOKE USAGE ON SCHEMA credit FROM regress_credit_viewer;

DROP MATERIALIZED VIEW a_matview;
DROP VIEW a_view, watched, wide_reference, nobody;
DROP FUNCTION reader;
DROP TABLE read_by_workers, reference, current, other, nothing, unknown, parted, child, parent, "Odd reference", wide, large, large_reference, secured;
DROP EXTENSION file_fdw CASCADE;
DROP DOMAIN points, word;
DROP TYPE mood;
DROP ROLE regress_credit_viewer;
