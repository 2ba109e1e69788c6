-- Reasons: by hand for a tiny model, by credit_explain() and by brute force for
-- the shipped one; baselines, catalogue, languages, golden reasons; and what is
-- refused at import and at promotion, so that nothing is missing when somebody
-- is declined.
\i sql/include/tiny_models.psql

-- How many training rows reached each node of a tree.
CREATE FUNCTION pg_temp.covers(tree jsonb, covers float8[]) RETURNS jsonb
LANGUAGE sql AS $$ SELECT tree || jsonb_build_object('sum_hessian', covers) $$;

-- Missing amount goes right, missing colour and rate go left.
--	amount < 100: 1 (4 of 10 rows), else 3						expected 2.2
--	colour red or blue: 10 (5 of 10), else 20					expected 15
--	amount < 50 (5 of 10): rate < 0.5: 8 (1 of 5), else 4; else 0	expected 2.4
-- A point is a unit of log-odds, so that points need no arithmetic.
CREATE TEMP TABLE tiny AS
SELECT pg_temp.json(pg_temp.model('{amount,colour,spare,rate}', '{q,c,q,q}',
	pg_temp.covers(pg_temp.stump(0, 100, 1, 3, 'from on'), '{10,4,6}'),
	pg_temp.covers(pg_temp.category_stump(1, '{0,2}', 10, 20), '{10,5,5}'),
	pg_temp.covers(pg_temp.tree('{1,3,-1,-1,-1}', '{2,4,-1,-1,-1}', '{2147483647,0,0,1,1}', '{0,3,0,0,0}',
		'{50,0.5,0,8,4}', '{0,1,0,0,0}'), '{10,5,5,1,4}'))) AS artifact,
	'{"categories": {"colour": ["red", "green", "blue"]},
		"scaling": {"base_score": 0, "base_odds": 1, "pdo": 0.69314718055994530942},
		"reasons": {"amount": {"code": "A", "text": "Amount requested", "translations": {"de": "Betrag", "pt-BR": "Valor"}},
			"colour": {"code": "C", "text": "Colour of the goods", "translations": {"de": "Farbe", "pt-BR": "Cor"}},
			"rate": {"code": "R", "text": "Rate", "translations": {"de": "Satz", "pt-BR": "Taxa"}}}}'::jsonb AS options;
SELECT credit.import_model('tiny', artifact, options) FROM tiny;
SELECT to_version FROM credit.promote('tiny', 1);
CREATE TABLE applicant (id int, spare text, rate numeric, colour text, amount float8);
INSERT INTO applicant VALUES (1, 'x', 0.1, 'red', 20), (2, 'x', NULL, NULL, NULL), (3, 'x', 0.7, 'green', 1500000), (4, 'x', 0.7, 'red', 60);

-- By hand.  1: rate costs 2.4, amount 1 - 2.2 + 3.2, colour helps by 5.  2: colour
-- costs 20 - 15, rate 0.8, amount helps.  3: colour costs 5; 4: everything helps.
SELECT id, rank, code, reason, feature, value, round(points_lost::numeric, 5) AS points_lost
FROM applicant AS a, credit_reasons(a, 'tiny') ORDER BY id, rank;
SELECT id, (SELECT count(*) FROM credit_reasons(a)) AS reasons FROM applicant AS a ORDER BY id;
SELECT id, feature, round(points::numeric, 5) AS points FROM applicant AS a, credit_explain(a, 'tiny') WHERE id IN (2, 4);
-- One by one.
SELECT id, max_reasons, (SELECT array_agg(code ORDER BY rank) FROM credit_reasons(a, NULL, max_reasons)) AS codes
FROM applicant AS a, unnest('{1,2,3,2147483647}'::int[]) AS max_reasons WHERE id IN (1, 4) ORDER BY id, max_reasons;
SELECT max_reasons, pg_temp.failure(format('SELECT * FROM credit_reasons(%s, ''tiny'', %L)', applicant, max_reasons)) AS refusal
FROM unnest('{0,-1,-2147483648,NULL}'::int[]) AS max_reasons, unnest(ARRAY['''{}''::jsonb', 'NULL::applicant']) AS applicant
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- Both forms, views and subqueries; an applicant who is not there has no rows.
CREATE VIEW viewed AS SELECT id, amount, colour, rate, 1 AS spare FROM applicant;
SELECT rank, code FROM credit_reasons('{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}'::jsonb, max_reasons => 1);
SELECT v.id, r.rank, r.code FROM viewed AS v, credit_reasons(v) AS r ORDER BY 1, 2;
SELECT s.id, (credit_reasons(s, 'tiny@1', 1)).code FROM (SELECT * FROM applicant ORDER BY id LIMIT 2) AS s;
SELECT * FROM credit_reasons(NULL::applicant, 'tiny');
SELECT * FROM credit_reasons(NULL::jsonb, 'tiny');
SELECT a.id, b.id, r.code FROM applicant AS a LEFT JOIN applicant AS b ON b.id = a.id AND b.id < 2, LATERAL credit_reasons(b) AS r;
PREPARE reasons(text) AS SELECT array_agg(code ORDER BY rank) FROM credit_reasons('{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}'::jsonb, $1);
EXECUTE reasons('tiny');
EXECUTE reasons(NULL);

-- Features with one code are one reason: its sum decides, its worst is named.
SELECT o.place, r.rank, r.code, r.feature, round(r.points_lost::numeric, 5) AS points_lost
FROM (VALUES (1, '{"rate": {"code": "A", "text": "Loan"}, "amount": {"code": "A", "text": "Loan"}, "colour": {"code": "C", "text": "c"}}'::jsonb),
	(2, '{"amount": {"code": "A", "text": "Loan"}, "colour": {"code": "A", "text": "Loan"}, "rate": {"code": "R", "text": "r"}}')) AS o (place, reasons)
CROSS JOIN LATERAL (SELECT credit.import_model('grouped', artifact, options || jsonb_build_object('reasons', reasons)) AS version FROM tiny) AS i
CROSS JOIN LATERAL credit.image_reasons((SELECT credit.build_image(artifact, options) FROM tiny),
	'{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}', 'population',
	ARRAY[reasons #>> '{amount,code}', reasons #>> '{colour,code}', NULL, reasons #>> '{rate,code}']) AS r
ORDER BY 1, 2;
SELECT v, r.code, r.reason, r.feature, round(r.points_lost::numeric, 5) AS points_lost
FROM unnest('{1,2}'::int[]) AS v, credit_reasons('{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}'::jsonb, 'grouped@' || v) AS r
ORDER BY 1, r.rank;

-- A model of good: what lowers the margin costs.
SELECT credit.import_model('tiny', artifact, options || '{"positive_class": "good"}') FROM tiny;
SELECT id, rank, code, round(points_lost::numeric, 5) AS points_lost FROM applicant AS a, credit_reasons(a, 'tiny@2') ORDER BY id, rank;

-- Losses that are equal: by the order of the model, not of the argument.
SELECT credit.import_model('tied', pg_temp.json(pg_temp.model('{z,y,x}', '{q,q,q}', VARIADIC
	(SELECT array_agg(pg_temp.covers(pg_temp.stump(f, 0, 0, 1), '{10,5,5}')) FROM unnest('{2,0,1}'::int[]) AS f))));
SELECT rank, feature, code, reason, points_lost = max(points_lost) OVER () AS tied
FROM credit_reasons('{"x": 1, "y": 1, "z": 1}'::jsonb, 'tied@1');

-- -------- language --------

-- Picks the text and nothing else; one that the version does not have means
-- its own.
SELECT l, r.rank, r.code, r.reason, r.feature, round(r.points_lost::numeric, 5) AS points_lost
FROM unnest('{de,pt-BR,"",fr,DE}'::text[]) WITH ORDINALITY AS v (l, place)
CROSS JOIN LATERAL set_config('credit.language', l, false) AS s (language)
CROSS JOIN LATERAL credit_reasons('{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}'::jsonb, left(s.language, 0) || 'tiny@1') AS r
ORDER BY place, rank;
SET credit.language = 'de';
SELECT array_agg(reason ORDER BY rank) FROM credit_reasons('{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}'::jsonb, 'grouped@1');
RESET credit.language;

-- -------- barely passing --------

SELECT credit.import_model('tiny', artifact, options || '{"reason_baseline": "barely_passing",
	"golden": [{"row": {"amount": 20, "colour": "red", "rate": 0.1, "spare": 1}, "margin": 19, "reasons": ["A", "R"]}, {"row": {"amount": 60, "colour": "green", "rate": 0.7, "spare": 1}, "margin": 21}]}') FROM tiny;
SELECT pg_temp.failure('SELECT * FROM credit_reasons(''{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}''::jsonb, ''tiny@3'')')
\g (format=unaligned tuples_only=on)
SELECT pg_temp.failure('SELECT credit.promote(''tiny'', 3)')
\g (format=unaligned tuples_only=on)
SELECT count(*) AS golden_reasons FROM credit.golden_reason JOIN credit.model_version USING (model_version_id) JOIN credit.model USING (model_id) WHERE name = 'tiny' AND version = 3;

-- A column that has the name of an alias does no harm; neither does a name that
-- must be quoted.
CREATE SCHEMA "Odd ""Schema""";
CREATE TABLE "Odd ""Schema"""."Past Applicants" (a int, applicant int, "credit applicant " int, spare int, rate float8, colour text, amount float8);
INSERT INTO "Odd ""Schema"""."Past Applicants" (rate, colour, amount)
SELECT r, c, m FROM unnest('{0.1,0.7,NULL}'::float8[]) AS r, unnest('{red,green,blue,NULL}'::text[]) AS c, unnest('{20,70,200,NULL}'::float8[]) AS m;
CREATE TEMP TABLE past AS
SELECT credit_score(p, 'tiny@3') AS score, credit_contributions(p, 'tiny@3') AS contributions FROM "Odd ""Schema"""."Past Applicants" AS p;
SELECT score, count(*) FROM past GROUP BY 1 ORDER BY 1;

-- What does not fit.
CREATE TABLE nobody (LIKE "Odd ""Schema"""."Past Applicants");
SELECT call, pg_temp.failure('SELECT credit.set_baseline(' || call || ')') AS refusal
FROM unnest(ARRAY['''tiny@3'', ''"Odd ""Schema"""."Past Applicants"''', '''tiny@3'', ''"Odd ""Schema"""."Past Applicants"'', 0, 5',
	'''tiny@3'', ''nobody'', -20', '''tiny@3'', ''applicant'', -20, -1', '''tiny@3'', ''applicant'', -20, NULL',
	'''tiny@3'', ''pg_class'', -20', '''tiny@1'', ''applicant''', '''tiny@1'', ''applicant'', -20', '''none'', ''applicant''',
	'NULL, ''applicant''', '''tiny@3'', NULL', '''tiny@3'', ''none''']) WITH ORDINALITY AS c (call, place) ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- A call that is rolled back leaves nothing, in this session neither.
BEGIN;
SELECT credit.set_baseline('tiny@3', 'applicant', -30, 30);
SELECT rank, code, round(points_lost::numeric, 4) AS points_lost FROM credit_reasons('{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}'::jsonb, 'tiny@3');
ROLLBACK;
SELECT count(*) FROM credit.baseline;

SELECT credit.set_baseline('tiny@3', '"Odd ""Schema"""."Past Applicants"', -21, 7) AS n, count(*) AS by_hand FROM past WHERE score BETWEEN -21 AND -14;
SELECT source, applicants, cutoff, band, set_by = CURRENT_USER AS by_me FROM credit.baseline;
-- The mean contributions are those of the applicants near the cut-off.
SELECT b.position, round(b.contribution::numeric, 6) AS mean, abs(b.contribution - avg(p.contributions[b.position]::float8)) < 1e-12 AS by_hand
FROM credit.baseline_contribution AS b, past AS p WHERE p.score BETWEEN -21 AND -14 GROUP BY b.position, b.contribution ORDER BY 1;
-- Lost is what the contribution has more than the mean; the same order by hand.
SELECT a.id, r.rank, r.feature, round(r.points_lost::numeric, 4) AS points_lost,
	abs(r.points_lost - (c.contribution - b.contribution)) < 1e-5 AS by_hand
FROM applicant AS a
CROSS JOIN LATERAL credit_reasons(a, 'tiny@3') AS r
JOIN credit.feature AS f ON f.name = r.feature
JOIN credit.baseline_contribution AS b USING (model_version_id, position)
CROSS JOIN LATERAL unnest(credit_contributions(a, 'tiny@3')) WITH ORDINALITY AS c (contribution, position)
WHERE c.position = f.position ORDER BY 1, 2;
SELECT regexp_replace(pg_temp.failure('SELECT credit.set_baseline(''tiny@3'', ''applicant'', -21)'), '[^ ]+ set it (.*) at [^\n]*', '<role> set it \1 at <time>.')
\g (format=unaligned tuples_only=on)
SELECT to_version FROM credit.promote('tiny', 3);
-- The golden reasons: those that came with the import hold, the others are kept.
SELECT position, codes FROM credit.golden_reason ORDER BY model_version_id, position;
SELECT "check", passed, detail FROM credit.verify_model('tiny@3') WHERE "check" LIKE 'golden%';

-- Given reasons that do not hold: then there is no baseline either.
SELECT credit.import_model('unlike', artifact, options || '{"reason_baseline": "barely_passing",
	"golden": [{"row": {"amount": 20, "colour": "red", "rate": 0.1, "spare": 1}, "margin": 19, "reasons": ["R", "A"]}]}') FROM tiny;
SELECT "check", passed, detail FROM credit.verify_model('unlike@1') WHERE "check" = 'golden reasons';
SELECT pg_temp.failure('SELECT credit.set_baseline(''unlike@1'', ''"Odd ""Schema"""."Past Applicants"'', -21, 7)')
\g (format=unaligned tuples_only=on)
SELECT count(*) FROM credit.baseline;

-- -------- linear --------

-- 2a - b + 0c + 0.5.  Without a population of its own it needs one.
CREATE TEMP TABLE linear AS
SELECT pg_temp.json(jsonb_set(pg_temp.model('{a,b,c}', '{q,q,q}', pg_temp.leaf(0)),
	'{learner,gradient_booster}', '{"name": "gblinear", "model": {"boosted_rounds": 1, "weights": [2, -1, 0, 0.5]}}')) AS artifact,
	'{"scaling": {"base_score": 0, "base_odds": 1, "pdo": 0.69314718055994530942},
		"reasons": {"a": {"code": "A", "text": "a"}, "b": {"code": "B", "text": "b"}}}'::jsonb AS options;
SELECT credit.import_model('linear', artifact, options) FROM linear;
SELECT pg_temp.failure('SELECT * FROM credit_reasons(''{"a": 1, "b": 1, "c": 1}''::jsonb, ''linear@1'')')
\g (format=unaligned tuples_only=on)
CREATE TABLE people (a int, b int, c int);
INSERT INTO people VALUES (1, 10, 5), (3, NULL, 5);
SELECT pg_temp.failure('SELECT credit.set_baseline(''linear@1'', ''people'', 1)')
\g (format=unaligned tuples_only=on)
SELECT credit.set_baseline('linear@1', 'people');
-- The means are 4 and -5: a = 3 costs 6 - 4, b = 2 costs -2 - -5.
SELECT rank, code, feature, value, points_lost FROM credit_reasons('{"a": 3, "b": 2, "c": 1}'::jsonb, 'linear@1');
SELECT rank, code, value, points_lost FROM credit_reasons('{"a": null, "b": null, "c": 1}'::jsonb, 'linear@1');
SELECT pg_temp.refusal(artifact, options || '{"reason_baseline": "best"}') FROM linear
\g (format=unaligned tuples_only=on)

-- -------- the German model --------

\set artifact `base64 -w 0 models/german_credit/model.ubj`
\set options `cat models/german_credit/options.json`
SELECT credit.import_model('german', decode(:'artifact', 'base64'), :'options'::jsonb);
SELECT credit.import_model('german', decode(:'artifact', 'base64'), :'options'::jsonb || '{"reason_baseline": "best", "golden": []}');
SELECT to_version FROM credit.promote('german', 1);
-- The golden rows come with the reasons that XGBoost's own contributions give.
SELECT count(*) AS n, min(cardinality(codes)) AS least, max(cardinality(codes)) AS most FROM credit.golden_reason
JOIN credit.model_version USING (model_version_id) JOIN credit.model USING (model_id) WHERE name = 'german';
SELECT jsonb_array_length(:'options'::jsonb -> 'golden') AS golden, jsonb_array_length(jsonb_path_query_array(:'options'::jsonb, '$.golden[*].reasons')) AS with_reasons;
CREATE TABLE german_credit (
	checking_status text, duration int, credit_history text, purpose text, credit_amount int, savings_status text,
	employment text, installment_commitment int, personal_status text, other_parties text, residence_since int,
	property_magnitude text, age int, other_payment_plans text, housing text, existing_credits int, job text,
	num_dependents int, own_telephone text, foreign_worker text, class text, id int GENERATED ALWAYS AS IDENTITY);
\copy german_credit (checking_status, duration, credit_history, purpose, credit_amount, savings_status, employment, installment_commitment, personal_status, other_parties, residence_since, property_magnitude, age, other_payment_plans, housing, existing_credits, job, num_dependents, own_telephone, foreign_worker, class) FROM 'models/german_credit/german_credit.csv' (FORMAT csv, HEADER)
ANALYZE german_credit;

-- Against the population: the rows of credit_explain() that cost points, the
-- first four of them that are more than a thousandth of the largest.
CREATE TEMP VIEW by_explain AS
SELECT g.id, array_agg(e.feature ORDER BY e.place) AS features, array_agg(f.reason_code ORDER BY e.place) AS codes,
	sum(e.points) AS points
FROM german_credit AS g
CROSS JOIN LATERAL (
	SELECT x.feature, x.points, row_number() OVER () AS place
	FROM (SELECT y.*, max(abs(y.points)) FILTER (WHERE y.feature <> '(baseline)') OVER () AS largest FROM credit_explain(g, 'german@1') AS y) AS x
	WHERE x.points < -x.largest / 1000 AND x.feature <> '(baseline)' LIMIT 4) AS e
JOIN credit.feature AS f ON f.name = e.feature
JOIN credit.model_version AS v USING (model_version_id) JOIN credit.model AS m USING (model_id)
WHERE v.version = 1 AND m.name = 'german' GROUP BY g.id;
CREATE TEMP VIEW by_reasons AS
SELECT g.id, array_agg(r.feature ORDER BY r.rank) AS features, array_agg(r.code ORDER BY r.rank) AS codes, sum(r.points_lost) AS lost
FROM german_credit AS g, credit_reasons(g, 'german') AS r GROUP BY g.id;
SELECT count(*) AS n, count(*) FILTER (WHERE a.features = b.features AND a.codes = b.codes AND abs(a.points + b.lost) < 1e-4) AS equal,
	count(DISTINCT b.codes) > 300 AS many
FROM by_explain AS a FULL JOIN by_reasons AS b USING (id);
SELECT count(*) AS n, count(*) FILTER (WHERE r.features = (SELECT array_agg(j.feature ORDER BY j.rank) FROM credit_reasons(to_jsonb(g), 'german') AS j)) AS equal_jsonb
FROM german_credit AS g JOIN by_reasons AS r USING (id);

-- In parallel workers.
CREATE TEMP TABLE serial AS SELECT * FROM by_reasons;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION pg_temp.workers(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		IF line ~ 'Gather' THEN RETURN true; END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT pg_temp.workers('SELECT count(*), sum(r.rank) FROM german_credit AS g, credit_reasons(g, ''german'') AS r') AS parallel;
SELECT count(*) AS reasons, count(*) = (SELECT sum(cardinality(codes)) FROM serial) AS as_many, abs(sum(r.points_lost) - (SELECT sum(lost) FROM serial)) < 1e-3 AS as_much
FROM german_credit AS g, credit_reasons(g, 'german') AS r;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- With other instructions.
SET credit.simd = 'portable';
SELECT count(*) AS n, count(*) FILTER (WHERE r.codes = s.codes) AS equal FROM by_reasons AS r FULL JOIN serial AS s USING (id);
RESET credit.simd;

-- Against the best: what the score would gain, before rounding, if the feature
-- had each of its labels, or a number from each threshold on or below all.
CREATE TEMP TABLE threshold AS
SELECT DISTINCT feature, threshold FROM credit.tree_nodes('german@1') WHERE threshold IS NOT NULL;
SELECT count(*) AS n, count(*) FILTER (WHERE abs(lost - gain) < 1e-4) AS equal, count(*) FILTER (WHERE lost > 0) > 100 AS many
FROM (
	SELECT g.id, f.name, coalesce(max(r.points_lost), 0) AS lost,
		20 / ln(2) * (credit_margin(to_jsonb(g), 'german@1') - min(credit_margin(jsonb_set(to_jsonb(g), ARRAY[f.name], v.value), 'german@1')))::float8 AS gain
	FROM german_credit AS g
	CROSS JOIN credit.feature AS f
	JOIN credit.model_version AS mv USING (model_version_id)
	JOIN credit.model AS m USING (model_id)
	CROSS JOIN LATERAL (
		SELECT to_jsonb(c) FROM unnest(f.categories) AS c
		UNION ALL SELECT to_jsonb(t.threshold) FROM threshold AS t WHERE t.feature = f.name
		UNION ALL SELECT '-1e9' WHERE f.type = 'numeric') AS v (value)
	LEFT JOIN LATERAL (SELECT * FROM credit_reasons(g, 'german@2', 14) AS r WHERE r.feature = f.name) AS r ON true
	WHERE g.id <= 40 AND m.name = 'german' AND mv.version = 2
	GROUP BY g.id, f.name, to_jsonb(g)
) AS s;

-- Read-only transactions, and versions that are no longer in service.
BEGIN READ ONLY;
SELECT count(*) FROM credit_reasons((SELECT applicant FROM credit.golden_row WHERE applicant ? 'duration' ORDER BY position LIMIT 1), 'german');
COMMIT;
SELECT credit.retire('german', 2);
SELECT pg_temp.failure('SELECT * FROM credit_reasons(''{}''::jsonb, ''german@2'')')
\g (format=unaligned tuples_only=on)
SELECT pg_temp.failure('SELECT * FROM credit_reasons(''{}''::jsonb, ''german'')')
\g (format=unaligned tuples_only=on)

-- -------- catalogue --------

-- One code, one text; nothing empty; languages that are names of languages.
SELECT o AS reasons, pg_temp.refusal(artifact, options || jsonb_build_object('reasons', o::jsonb)) AS refusal
FROM tiny, unnest(ARRAY[
	'{"amount": {"code": "", "text": "t"}}', '{"amount": {"code": "A", "text": " "}}', '{"amount": {"code": "A", "text": "t", "translations": "de"}}',
	'{"amount": {"code": "A", "text": "t", "translations": {"de": ""}}}', '{"amount": {"code": "A", "text": "t", "translations": {"de": 1}}}',
	'{"amount": {"code": "A", "text": "t", "translations": {"": "t"}}}', '{"amount": {"code": "A", "text": "t", "translations": {"de_DE": "t"}}}',
	'{"amount": {"code": "A", "text": "t"}, "rate": {"code": "A", "text": "u"}}',
	'{"amount": {"code": "A", "text": "t"}, "rate": {"code": "A", "text": "t", "translations": {"de": "t"}}}']) AS o
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT o AS options, pg_temp.refusal(artifact, options || o::jsonb) AS refusal
FROM tiny, unnest(ARRAY['{"reason_baseline": "average"}', '{"reason_baseline": null}',
	'{"golden": [{"row": {"amount": 20, "colour": "red", "rate": 0.1, "spare": 1}, "margin": 19, "reasons": "R"}]}',
	'{"golden": [{"row": {"amount": 20, "colour": "red", "rate": 0.1, "spare": 1}, "margin": 19, "reasons": ["R", 1]}]}',
	'{"golden": [{"row": {"amount": 20, "colour": "red", "rate": 0.1, "spare": 1}, "margin": 19, "reasons": ["R"]}]}',
	'{"golden": [{"row": {"amount": 20, "colour": "red", "rate": 0.1, "spare": 1}, "margin": 19, "reasons": ["A", "R"]}]}']) AS o
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- At promotion every feature that is used needs a reason, in every language
-- that the catalogue has; "spare" is not used.  A version without any reason
-- only scores: its features are ranked, without codes and texts.
SELECT credit.import_model('cat', artifact, o.options #- path::text[]) AS version, path
FROM tiny AS o, unnest(ARRAY['{reasons,rate}', '{reasons,amount,translations,pt-BR}', '{reasons,colour,translations}', '{reasons}', '{none}']) WITH ORDINALITY AS p (path, place)
ORDER BY place;
SELECT v, pg_temp.failure(format('SELECT credit.promote(''cat'', %s)', v)) AS refusal FROM generate_series(1, 3) AS v
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT to_version FROM credit.promote('cat', 4);
SELECT rank, code, reason, feature, value FROM credit_reasons('{"amount": 20, "colour": "red", "rate": 0.1, "spare": null}'::jsonb, 'cat');
SELECT to_version FROM credit.promote('cat', 5);
SELECT "check", passed, detail FROM credit.verify_model('cat@4') WHERE "check" = 'golden reasons';
SELECT to_version FROM credit.rollback('cat');

-- A model with a policy declines people: every version that may decide needs
-- reasons, also one that is gone back to or gets a share; one in the shadow
-- does not.
SELECT pg_temp.failure('SELECT credit.set_policy(''cat'', ''{"measure": "points", "approve": 0}'')')
\g (format=unaligned tuples_only=on)
SELECT to_version FROM credit.promote('cat', 5);
SELECT version FROM credit.set_policy('cat', '{"measure": "points", "approve": 0}');
SELECT call, pg_temp.failure('SELECT credit.' || call) AS refusal
FROM unnest(ARRAY['rollback(''cat'')', 'promote(''cat'', 4)', 'promote(''cat'', 4, ''other'')', 'split(''cat'', ''4'', 0.5)']) AS call
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT challenger FROM credit.shadow('cat', '4');

\set VERBOSITY sqlstate
SELECT credit.promote('cat', 1);
SELECT credit.promote('cat', 2);
SELECT credit.set_baseline('cat@5', 'applicant');
\set VERBOSITY default
SELECT code, language, text FROM credit.reason_translation JOIN credit.model_version USING (model_version_id) JOIN credit.model USING (model_id)
WHERE name = 'cat' AND version = 5 ORDER BY 1, 2;

-- Nothing of it changes; verify_model() sees what a superuser did all the same.
SELECT t, pg_temp.failure(format('UPDATE credit.%s SET model_version_id = model_version_id', t)) AS change, pg_temp.failure('TRUNCATE credit.' || t || ' CASCADE') AS removal
FROM unnest(ARRAY['reason_translation', 'baseline', 'baseline_contribution', 'golden_reason']) AS t
\g (format=unaligned fieldsep=' => ' tuples_only=on)
BEGIN;
ALTER TABLE credit.golden_reason DISABLE TRIGGER refuse_change;
UPDATE credit.golden_reason SET codes = codes || '{X}' WHERE model_version_id = credit.find_version('german@1') AND position = 3;
SELECT "check", passed, detail FROM credit.verify_model('german@1') WHERE NOT passed;
ROLLBACK;
BEGIN;
ALTER TABLE credit.baseline_contribution DISABLE TRIGGER refuse_change;
UPDATE credit.baseline_contribution SET contribution = 100 WHERE position = 4 AND model_version_id = credit.find_version('tiny@3');
SELECT "check", passed, detail FROM credit.verify_model('tiny@3') WHERE NOT passed;
ROLLBACK;

-- -------- images --------

SELECT call, pg_temp.failure(format('SELECT * FROM credit.image_reasons((SELECT credit.build_image(artifact, options) FROM tiny), %s)', call)) AS refusal
FROM unnest(ARRAY['''{}''', '''{"amount": 1, "colour": "red", "rate": 1, "spare": 1}'', ''worst''',
	'''{"amount": 1, "colour": "red", "rate": 1, "spare": 1}'', ''barely_passing''',
	'''{"amount": 1, "colour": "red", "rate": 1, "spare": 1}'', codes => ''{A}''',
	'''{"amount": 1, "colour": "red", "rate": 1, "spare": 1}'', reference => ''{1,2}''',
	'''{"amount": 1, "colour": "red", "rate": 1, "spare": 1}'', max_reasons => 0']) AS call
\g (format=unaligned fieldsep=' => ' tuples_only=on)
SELECT count(*) FROM credit.image_reasons(NULL, '{}');
SELECT pg_temp.failure('SELECT credit.image_reasons(''x'', ''{}'')')
\g (format=unaligned tuples_only=on)

DROP VIEW by_explain, by_reasons, viewed;
DROP TABLE applicant, german_credit, nobody, people, "Odd ""Schema"""."Past Applicants";
DROP SCHEMA "Odd ""Schema""";
\i sql/include/empty_registry.psql
