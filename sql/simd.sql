-- Vector instructions never change a score: every kernel that this CPU has
-- gives the margins of the German credit model and of a model with categories,
-- missing values and stumps, bit for bit.
\i sql/include/tiny_models.psql
\set artifact `base64 -w0 models/german_credit/model.ubj`
SELECT credit.import_model('german', decode(:'artifact', 'base64'));
SELECT to_version FROM credit.promote('german', 1);
CREATE TEMP TABLE applicants (checking_status text, duration integer, credit_history text, purpose text,
	credit_amount integer, savings_status text, employment text, installment_commitment integer,
	personal_status text, other_parties text, residence_since integer, property_magnitude text, age integer,
	other_payment_plans text, housing text, existing_credits integer, job text, num_dependents integer,
	own_telephone text, foreign_worker text, class text, row integer GENERATED ALWAYS AS IDENTITY);
\copy applicants (checking_status, duration, credit_history, purpose, credit_amount, savings_status, employment, installment_commitment, personal_status, other_parties, residence_since, property_magnitude, age, other_payment_plans, housing, existing_credits, job, num_dependents, own_telephone, foreign_worker, class) FROM models/german_credit/german_credit.csv CSV HEADER

-- The margins of XGBoost.
CREATE TEMP TABLE expected (row integer, margin real, pd real, split text);
\copy expected FROM models/german_credit/expected_margins.csv CSV HEADER
SELECT count(*) AS wrong FROM applicants AS a JOIN expected AS e USING (row) WHERE credit_margin(a, 'german') <> e.margin;

-- More rows, most of them missing nearly all.
INSERT INTO applicants (purpose, duration) SELECT purpose, nullif(duration, 12) FROM applicants;

SELECT credit.import_model('mixed', pg_temp.json(pg_temp.model('{a,b,c}', '{q,c,q}',
	pg_temp.stump(0, 0.1, 1, 2), pg_temp.stump(0, -0.0, 3, 5, 'from on'), pg_temp.leaf(0.1),
	pg_temp.category_stump(1, '{0,5,31,32,600,9000}', 0.3, 0.7), pg_temp.stump(2, 1e38, -0.2, 0.4))));
SELECT to_version FROM credit.promote('mixed', 1);
CREATE TEMP TABLE rows AS
SELECT row_number() OVER () AS n, a, b, c FROM unnest(ARRAY[NULL, -1, -0.0, 0, 1e-40, 0.1, 0.100000009]::float8[]) AS a,
	unnest(ARRAY[NULL, 0, 1, 5, 31, 32, 33, 600, 9000, 9001, 16777215]) AS b,
	unnest(ARRAY[NULL, -3e38, 1e38, 3e38]::float8[]) AS c;

-- The margins of all rows by one kernel, NULL for one that the CPU lacks.
CREATE FUNCTION pg_temp.margins(kernel text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM set_config('credit.simd', kernel, true);
	SELECT md5(string_agg(encode(float4send(m), 'hex'), ',' ORDER BY n)) INTO result
	FROM (SELECT row AS n, credit_margin(a, 'german') AS m FROM applicants AS a
		UNION ALL
		SELECT 1000000 + n, credit_margin(r, 'mixed') FROM rows AS r) AS v;
	RETURN result;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN NULL;
END
$$;
SELECT pg_temp.margins('portable') IS NOT NULL AS portable_runs, pg_temp.margins('auto') = pg_temp.margins('portable') AS auto_is_equal;
SELECT kernel FROM unnest(ARRAY['avx512vbmi', 'avx512', 'avx2']) AS kernel
WHERE pg_temp.margins(kernel) <> pg_temp.margins('portable');

-- Nor do they change an explanation, row by row.
CREATE FUNCTION pg_temp.contributions(kernel text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM set_config('credit.simd', kernel, true);
	PERFORM set_config('credit.batch', 'off', true);
	SELECT md5(string_agg(encode(array_send(c), 'hex'), ',' ORDER BY n)) INTO result
	FROM (SELECT row AS n, credit_contributions(a, 'german') AS c FROM applicants AS a
		UNION ALL
		SELECT 1000000 + n, credit_contributions(r, 'mixed') FROM rows AS r) AS v;
	RETURN result;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN NULL;
END
$$;
SELECT pg_temp.contributions('portable') IS NOT NULL AS portable_runs, pg_temp.contributions('auto') = pg_temp.contributions('portable') AS auto_is_equal;
SELECT kernel FROM unnest(ARRAY['avx512vbmi', 'avx512', 'avx2']) AS kernel
WHERE pg_temp.contributions(kernel) <> pg_temp.contributions('portable');

-- What the setting takes depends on the CPU; nonsense it never takes.
\set VERBOSITY sqlstate
SET credit.simd = 'sse9';
SET credit.simd = '';
\set VERBOSITY default
SELECT setting = reset_val AS unchanged FROM pg_settings WHERE name = 'credit.simd';

\i sql/include/empty_registry.psql
