-- Types: what each SQL and JSON type becomes for a numeric feature, a category
-- code and a category label; that a row and a JSON object of the same values
-- score alike; what is missing, out of range or of a wrong type.
\i sql/include/tiny_models.psql

-- A ruler: the margin of v tells where v lies.  Below -1: 0; then 1 is added
-- from -1 on, 2 from 0 on, 4 from 1 on, 8 from 2^24 on, 16 from 3e38 on.
-- Missing goes below everywhere but in the last tree, which adds 32 to it (and
-- to the greatest float).
SELECT credit.import_model('number', pg_temp.json(pg_temp.model('{v}', '{q}',
	pg_temp.stump(0, -1, 0, 1), pg_temp.stump(0, 0, 0, 2), pg_temp.stump(0, 1, 0, 4),
	pg_temp.stump(0, 16777216, 0, 8), pg_temp.stump(0, 3e38, 0, 16),
	pg_temp.stump(0, 3.4028235e38, 0, 32, 'from on'))));
-- Category codes: 1 or 2 is 1, another one -1; 7 is 3; missing is 3 too.
SELECT credit.import_model('code', pg_temp.json(pg_temp.model('{v}', '{c}',
	pg_temp.category_stump(0, '{1,2}', 1, -1), pg_temp.category_stump(0, '{7}', 4, 0, 'inside'))));
-- Labels: the n-th has the margin 2^n, from 0; missing has 64.
CREATE TEMP TABLE label AS
SELECT pg_temp.json(pg_temp.model('{v}', '{c}',
	pg_temp.category_stump(0, '{0}', 1, 0), pg_temp.category_stump(0, '{1}', 2, 0), pg_temp.category_stump(0, '{2}', 4, 0),
	pg_temp.category_stump(0, '{3}', 8, 0), pg_temp.category_stump(0, '{4}', 16, 0), pg_temp.category_stump(0, '{5}', 32, 0),
	pg_temp.category_stump(0, '{0,1,2,3,4,5}', 0, 64))) AS artifact,
	'{"categories": {"v": ["own", "rent", "1", "true", "false", "größer 5"]}}'::jsonb AS options;
SELECT credit.import_model('label', artifact, options) FROM label;
SELECT credit.import_model('lenient', artifact, options || '{"on_unseen_category": "missing"}') FROM label;

CREATE TYPE home AS ENUM ('rent', 'own', 'palace');
CREATE DOMAIN positive_int AS int CHECK (VALUE > 0);
CREATE DOMAIN positive_int_2 AS positive_int;
CREATE DOMAIN a_float AS float8;
CREATE DOMAIN a_numeric AS numeric(10, 2);
CREATE DOMAIN a_bool AS bool;
CREATE DOMAIN a_text AS text;
CREATE DOMAIN a_varchar AS varchar(20);
CREATE DOMAIN a_char AS char(20);
CREATE DOMAIN a_home AS home;
CREATE DOMAIN a_date AS date;

-- The margin of a value as a row and as JSON, or the error.
CREATE FUNCTION pg_temp.margins(model text, expression text, OUT as_row text, OUT as_jsonb text)
LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		EXECUTE format('SELECT credit_margin(t, %L) FROM (SELECT %s AS v) AS t', model || '@1', expression) INTO as_row;
	EXCEPTION WHEN OTHERS THEN
		as_row := SQLSTATE || ': ' || SQLERRM;
	END;
	BEGIN
		EXECUTE format('SELECT credit_margin(to_jsonb(t), %L) FROM (SELECT %s AS v) AS t', model || '@1', expression) INTO as_jsonb;
	EXCEPTION WHEN OTHERS THEN
		as_jsonb := SQLSTATE || ': ' || SQLERRM;
	END;
END
$$;

-- Numbers, each type; by hand from the ruler.
SELECT expression, by_hand, as_row, as_jsonb, as_row = by_hand AND as_jsonb = by_hand AS right
FROM (VALUES
	('(-2)::int2', '0'), ('(-1)::int2', '1'), ('0::int2', '3'), ('1::int2', '7'), ('NULL::int2', '32'),
	('(-2)::int4', '0'), ('(-1)::int4', '1'), ('0::int4', '3'), ('1::int4', '7'), ('2147483647::int4', '15'), ('NULL::int4', '32'),
	('(-2)::int8', '0'), ('(-1)::int8', '1'), ('0::int8', '3'), ('1::int8', '7'), ('9223372036854775807::int8', '15'), ('NULL::int8', '32'),
	('(-1.0000001)::float4', '0'), ('(-1)::float4', '1'), ('(-0.5)::float4', '1'), ('0.99999994::float4', '3'), ('1::float4', '7'),
	('3e38::float4', '31'), ('3.4028235e38::float4', '63'), ('(-3.4028235e38)::float4', '0'), ('NULL::float4', '32'),
	('(-1)::float8', '1'), ('0.5::float8', '3'), ('1e38::float8', '15'), ('3e38::float8', '31'), ('NULL::float8', '32'),
	('(-1)::numeric', '1'), ('0.5::numeric', '3'), ('1e38::numeric', '15'), ('3e38::numeric', '31'), ('1e-200::numeric', '3'), ('NULL::numeric', '32'),
	('false', '3'), ('true', '7'), ('NULL::bool', '32'),
	('1::positive_int', '7'), ('NULL::positive_int', '32'), ('1::positive_int_2', '7'), ('0.5::a_float', '3'), ('0.99::a_numeric', '3'),
	('true::a_bool', '7')) AS v (expression, by_hand), LATERAL pg_temp.margins('number', expression);

-- Edges of float32, all by way of double.  A double next to 1 below rounds
-- to 1; 2^24 + 1 rounds to 2^24, and 2^24 - 0.5 up to it; -0.0 is not below 0;
-- the least denormal float is a number of its own, half of it is -0.
SELECT expression, by_hand, as_row, as_jsonb, as_row = by_hand AND as_jsonb = by_hand AS right
FROM (VALUES
	('0.99999999::float8', '7'), ('0.99999999::numeric', '7'), ('0.99999997::float8', '3'),
	('16777215::int4', '7'), ('16777217::int8', '15'), ('16777215.5::float8', '15'), ('16777215.4::numeric', '7'),
	('(-0.0)::float8', '3'), ('(-0.0)::float4', '3'), ('(-1.4e-45)::float4', '1'), ('(-1.4e-45)::float8', '1'), ('1.4e-45::float8', '3'),
	('(-1e-46)::float8', '3'), ('(-1e-46)::numeric', '3'), ('(-5e-324)::float8', '3'), ('(-1e-400)::numeric', '3'),
	('3.4028235677973362e38::float8', '63')) AS v (expression, by_hand), LATERAL pg_temp.margins('number', expression);

-- 2^53 + 2^29 + 1: straight to float32 it rounds up, to 2^53 + 2^30; by way of
-- double, as XGBoost gets it, it meets two ties and rounds down.  The next
-- but one rounds up either way.
SELECT credit.import_model('twice', pg_temp.json(pg_temp.model('{v}', '{q}', pg_temp.stump(0, 9007200328482816, 0, 1))));
SELECT expression, by_hand, as_row, as_jsonb
FROM (VALUES ('9007199791611905::int8', 0), ('9007199791611905::numeric', 0), ('9007199791611906::int8', 1), ('9007199791611906::numeric', 1))
	AS v (expression, by_hand), LATERAL pg_temp.margins('twice', expression);

-- NaN is missing in a row.  JSON has no NaN: to_jsonb() makes it a string,
-- which is no number.
SELECT expression, as_row, as_jsonb
FROM unnest(ARRAY['''NaN''::float4', '''NaN''::float8', '''NaN''::numeric', '''NaN''::a_float']) AS expression,
	LATERAL pg_temp.margins('number', expression);

-- Infinity and what becomes infinite as float32 are errors.
SELECT expression, as_row, as_jsonb
FROM unnest(ARRAY['''inf''::float4', '''-inf''::float4', '''inf''::float8', '''-inf''::float8', '''inf''::numeric', '''-inf''::numeric',
	'1e39::float8', '(-1e39)::float8', '3.4028235677973366e38::float8', '1e39::numeric', '1e400::numeric', '(-1e400)::numeric']) AS expression,
	LATERAL pg_temp.margins('number', expression);
SELECT credit_margin(t, 'number@1') FROM (SELECT 1e39::float8 AS v) AS t;
\set VERBOSITY sqlstate
SELECT credit_margin(t, 'number@1') FROM (SELECT 1e39::float8 AS v) AS t;
\set VERBOSITY default

-- Types that are no number.
SELECT expression, as_row, as_jsonb
FROM unnest(ARRAY['''1''::text', '''1''::varchar', '''1''::char(3)', '''1''::name', '''rent''::home', '''1''::a_text', '''1''::"char"',
	'''2024-01-01''::date', '''2024-01-01''::a_date', '''2024-01-01''::timestamptz', '''1 day''::interval', '''\x01''::bytea', '''{1}''::int[]',
	'1::money', '''1''::jsonb', '''1''::json', '''0001''::bit(4)', '''{"a": 1}''::jsonb', '1::oid']) AS expression,
	LATERAL pg_temp.margins('number', expression);
SELECT credit_margin(t, 'number@1') FROM (SELECT '1'::text AS v) AS t;
SELECT credit_margin('{"v": "1"}'::jsonb, 'number@1');
SELECT credit_margin('{"v": {"a": 1}}'::jsonb, 'number@1');
SELECT credit_margin('{"v": [1]}'::jsonb, 'number@1');
\set VERBOSITY sqlstate
SELECT credit_margin(t, 'number@1') FROM (SELECT '1'::text AS v) AS t;
SELECT credit_margin('{"v": "1"}'::jsonb, 'number@1');
\set VERBOSITY default
-- The type counts, not the value: NULL of a wrong type is refused too.
SELECT as_row, as_jsonb FROM pg_temp.margins('number', 'NULL::date');

-- Category codes without labels: whole numbers from 0.  Codes that no split
-- lists are ordinary.
SELECT expression, by_hand, as_row, as_jsonb, as_row = by_hand AND as_jsonb = by_hand AS right
FROM (VALUES ('0::int2', '-1'), ('1::int2', '1'), ('2::int4', '1'), ('3::int8', '-1'), ('7::int4', '3'), ('NULL::int4', '3'),
	('1::float4', '1'), ('2.0::float8', '1'), ('2.00::numeric', '1'), ('(-0.0)::float8', '-1'), ('false', '-1'), ('true', '1'),
	('16777215::int4', '-1'), ('1::positive_int', '1')) AS v (expression, by_hand), LATERAL pg_temp.margins('code', expression);
SELECT expression, as_row, as_jsonb
FROM unnest(ARRAY['''NaN''::float8', '''NaN''::numeric', '''inf''::float8', '(-1)::int4', '1.5::float8', '1.0000001::numeric', '16777216::int4', '9223372036854775807::int8', '1e39::float8',
	'''rent''::text', '''rent''::home', '''2024-01-01''::date']) AS expression, LATERAL pg_temp.margins('code', expression);
SELECT credit_margin(t, 'code@1') FROM (SELECT 1.5 AS v) AS t;
SELECT credit_margin(t, 'code@1') FROM (SELECT 'rent'::text AS v) AS t;

-- Labels.  char(n) without its padding, an enum by its label, a boolean as
-- true or false, a whole number by its digits, whatever its type.
SELECT expression, by_hand, as_row, as_jsonb, as_row = by_hand AND as_jsonb = by_hand AS right
FROM (VALUES ('''own''::text', '1'), ('''rent''::text', '2'), ('''1''::text', '4'), ('''true''::text', '8'), ('''größer 5''::text', '32'), ('NULL::text', '64'),
	('''rent''::varchar', '2'), ('''rent''::varchar(4)', '2'), ('''rent''::name', '2'),
	('''rent''::home', '2'), ('''own''::home', '1'), ('NULL::home', '64'),
	('''rent''::a_text', '2'), ('''rent''::a_varchar', '2'), ('''own''::a_home', '1'),
	('1::int2', '4'), ('1::int4', '4'), ('1::int8', '4'), ('1::float4', '4'), ('1::float8', '4'), ('1::numeric', '4'), ('1.00::numeric', '4'), ('1::positive_int', '4'),
	('true', '8'), ('false', '16'), ('NULL::bool', '64'), ('false::a_bool', '16')) AS v (expression, by_hand), LATERAL pg_temp.margins('label', expression);
-- Padding goes in a row, where the type says so; in JSON and in text it is text.
SELECT expression, as_row, as_jsonb
FROM unnest(ARRAY['''rent''::char(4)', '''rent''::char(10)', '''rent''::a_char', '''rent  ''::text']) AS expression, LATERAL pg_temp.margins('label', expression);
SELECT expression, as_row, as_jsonb
FROM unnest(ARRAY['''NaN''::float8', '''NaN''::numeric', '''inf''::float8']) AS expression, LATERAL pg_temp.margins('label', expression);

-- A category that the model does not know: an error or missing, as the
-- version was told; but never a value that can be no category.
SELECT expression, l.as_row AS error_row, l.as_jsonb = l.as_row AS same_error, m.as_row AS missing_row, m.as_jsonb AS missing_jsonb
FROM unnest(ARRAY['''palace''::text', '''palace''::home', '''Rent''::text', '''''::text', '2::int4', '(-1)::int8', '''grosser 5''::text']) AS expression,
	LATERAL pg_temp.margins('label', expression) AS l, LATERAL pg_temp.margins('lenient', expression) AS m;
SELECT expression, l.as_row AS error_row, m.as_row AS missing_row, m.as_jsonb AS missing_jsonb
FROM unnest(ARRAY['1.5::float8', '1e20::float8', '''inf''::float8', '''2024-01-01''::date', '''{rent}''::text[]']) AS expression,
	LATERAL pg_temp.margins('label', expression) AS l, LATERAL pg_temp.margins('lenient', expression) AS m;
SELECT credit_margin(t, 'label@1') FROM (SELECT 'palace'::text AS v) AS t;
SELECT credit_margin('{"v": "palace"}'::jsonb, 'label@1');
SELECT credit_margin(t, 'label@1') FROM (SELECT 1.5 AS v) AS t;
SELECT credit_margin(t, 'label@1') FROM (SELECT '2024-01-01'::date AS v) AS t;
-- A long one is shortened in the message, in whole characters.
SELECT credit_margin(t, 'label@1') FROM (SELECT repeat('ä', 100) AS v) AS t;
\set VERBOSITY sqlstate
SELECT credit_margin(t, 'label@1') FROM (SELECT 'palace'::text AS v) AS t;
SELECT credit_margin(t, 'label@1') FROM (SELECT 1.5 AS v) AS t;
SELECT credit_margin(t, 'label@1') FROM (SELECT '2024-01-01'::date AS v) AS t;
\set VERBOSITY default

-- Text of a table: compressed and out of line too.
CREATE TEMP TABLE long_text (filler text, v text);
ALTER TABLE long_text ALTER COLUMN v SET STORAGE EXTERNAL;
INSERT INTO long_text VALUES (repeat('f', 10000), 'rent'), (NULL, repeat('r', 10000)), (NULL, NULL);
SELECT left(v, 4) AS v, credit_margin(t, 'lenient@1') FROM long_text AS t ORDER BY v;

-- JSON that is no object, lacks a key, has more, or has the name in another case.
SELECT j AS applicant, pg_temp.failure(format('SELECT credit_margin(%L::jsonb, ''number@1'')', j)) AS refusal
FROM unnest(ARRAY['1', 'null', '"v"', '[]', '[{"v": 1}]', '{}', '{"w": 1}', '{"V": 1}']) WITH ORDINALITY AS v (j, place) ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT credit_margin('{"v": 1, "w": [1, {"v": 2}], "V": "x"}'::jsonb, 'number@1') AS extra_keys,
	credit_margin('{"v": 2, "v": 1}'::jsonb, 'number@1') AS last_key_wins,
	credit_margin(NULL::jsonb, 'number@1') AS no_applicant;
-- Numbers as JSON writes them.
SELECT j, credit_margin(j::jsonb, 'number@1') FROM unnest(ARRAY['{"v": 1e0}', '{"v": 10E-1}', '{"v": 1.000}', '{"v": -0}', '{"v": null}', '{"v": true}']) AS j;

DROP TABLE label, long_text;
DROP DOMAIN positive_int_2, positive_int, a_float, a_numeric, a_bool, a_text, a_varchar, a_char, a_home, a_date;
DROP TYPE home;
\i sql/include/empty_registry.psql
