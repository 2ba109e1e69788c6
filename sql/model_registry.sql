-- What the registry says about a stored version: describe_model(),
-- export_model(), the view models, the image_* functions; and that
-- verify_model() notices each kind of damage, by the check that is meant for it.
\i sql/include/tiny_models.psql

-- age < 30 or missing: +1, else -1.
SELECT credit.import_model('reg', pg_temp.json(pg_temp.model('{age,unused}', '{q,q}', pg_temp.stump(0, 30, 1, -1))),
	'{"golden": [{"row": {"age": 29, "unused": 1}, "margin": 1}, {"row": {"age": 30, "unused": 1}, "margin": -1}],
		"notes": "the first"}');
SELECT credit.import_model('reg', pg_temp.json(pg_temp.model('{age,unused}', '{q,q}', pg_temp.stump(0, 40, 1, -1))));
SELECT credit.import_model('reg', pg_temp.constant(3));
SELECT credit.import_model('other', pg_temp.ubjson(pg_temp.model('{x}', '{q}', pg_temp.leaf(0))));
SELECT to_version FROM credit.promote('reg', 1);
SELECT to_version FROM credit.promote('reg', 1, 'challenger');
SELECT credit.retire('reg', 3);

-- The view: what a person wants to know.
SELECT model, version, status, aliases, deployed_at IS NOT NULL AS deployed, imported_by = CURRENT_USER AS mine,
	features, features_used, golden_rows, xgboost_version, notes
FROM credit.models ORDER BY model, version;

-- describe_model() of a version, of a champion, of a retired one.
SELECT property, regexp_replace(value, '[0-9a-f]{64}', '<sha256>') AS value
FROM credit.describe_model('reg') WHERE property NOT IN ('evaluator', 'image', 'imported');
SELECT property, value = format('%s bytes, sha256 %s', octet_length(v.image), encode(sha256(v.image), 'hex')) AS right
FROM credit.describe_model('reg') AS d, credit.model_version AS v
WHERE property = 'image' AND v.version = 1 AND v.notes = 'the first';
SELECT property, value <> '' AS there FROM credit.describe_model('reg@3') WHERE property IN ('retired at', 'imported', 'aliases');

-- export_model(): the very bytes, of a retired version too.
SELECT credit.export_model('reg') = pg_temp.json(pg_temp.model('{age,unused}', '{q,q}', pg_temp.stump(0, 30, 1, -1))) AS same,
	credit.export_model('reg@3') = pg_temp.constant(3) AS same_retired,
	credit.export_model('other@1') = pg_temp.ubjson(pg_temp.model('{x}', '{q}', pg_temp.leaf(0))) AS same_ubjson;

-- Unknown references.
SELECT call, pg_temp.failure(format('SELECT * FROM credit.%s(%L)', call, reference)) AS refusal
FROM unnest(ARRAY['describe_model', 'export_model', 'verify_model']) AS call,
	unnest(ARRAY['none', 'other', 'reg@9', 'reg@', NULL]) AS reference
ORDER BY call, reference
\g (format=unaligned fieldsep=' => ' tuples_only=on)

-- verify_model(): all is well.
SELECT "check", passed, regexp_replace(detail, '^sha256 [0-9a-f]{64}$', 'sha256 h') AS detail FROM credit.verify_model('reg');
SELECT "check", passed FROM credit.verify_model('reg@3');
SELECT "check", passed FROM credit.verify_model('other@1');

-- Now damage, with the triggers out of the way.  Each in a transaction that is
-- rolled back; the checks named are the ones that must fail.
CREATE FUNCTION pg_temp.failed_checks(reference text) RETURNS TABLE ("check" text, detail text)
LANGUAGE sql VOLATILE AS $$ 
	SELECT "check", regexp_replace(detail, '^sha256 [0-9a-f]{64}$', 'sha256 h') FROM credit.verify_model(reference) WHERE passed IS NOT TRUE
$$;

-- One bit of the image's leaves: checksum, comparison with the artifact and
-- golden rows notice; the structure is sound.
BEGIN;
ALTER TABLE credit.model_version DISABLE TRIGGER refuse_change;
UPDATE credit.model_version SET image = credit.build_image(
	pg_temp.json(pg_temp.model('{age,unused}', '{q,q}', pg_temp.stump(0, 30, 1, -1.5)))) WHERE notes = 'the first';
SELECT * FROM pg_temp.failed_checks('reg@1');
ROLLBACK;

-- The image cut off: its structure is broken too, and golden rows say so.
BEGIN;
ALTER TABLE credit.model_version DISABLE TRIGGER refuse_change;
UPDATE credit.model_version SET image = substring(image FOR 200) WHERE notes = 'the first';
SELECT * FROM pg_temp.failed_checks('reg@1');
SELECT credit_margin('{"age": 1, "unused": 1}'::jsonb, 'reg@1');
ROLLBACK;

-- The artifact replaced by that of another model.
BEGIN;
ALTER TABLE credit.model_version DISABLE TRIGGER refuse_change;
UPDATE credit.model_version SET artifact = pg_temp.constant(3) WHERE notes = 'the first';
SELECT * FROM pg_temp.failed_checks('reg@1');
ROLLBACK;

-- The artifact damaged beyond reading, and its checksum made to fit.
BEGIN;
ALTER TABLE credit.model_version DISABLE TRIGGER refuse_change;
UPDATE credit.model_version SET artifact = 'junk', artifact_sha256 = sha256('junk') WHERE notes = 'the first';
SELECT * FROM pg_temp.failed_checks('reg@1');
ROLLBACK;

-- A checksum.
BEGIN;
ALTER TABLE credit.model_version DISABLE TRIGGER refuse_change;
UPDATE credit.model_version SET image_sha256 = '\x00' WHERE notes = 'the first';
SELECT * FROM pg_temp.failed_checks('reg@1');
ROLLBACK;

-- An option: the image was not made with it.
BEGIN;
ALTER TABLE credit.model_version DISABLE TRIGGER refuse_change;
UPDATE credit.model_version SET options = '{"positive_class": "good"}' WHERE notes = 'the first';
SELECT * FROM pg_temp.failed_checks('reg@1');
ROLLBACK;

-- A golden row with another margin, and one that lacks a feature.
BEGIN;
ALTER TABLE credit.golden_row DISABLE TRIGGER refuse_change;
UPDATE credit.golden_row SET margin = 1.0000001 WHERE position = 1;
SELECT * FROM pg_temp.failed_checks('reg@1');
UPDATE credit.golden_row SET applicant = '{"age": 1}' WHERE position = 1;
SELECT * FROM pg_temp.failed_checks('reg@1');
ROLLBACK;

-- A gain.
BEGIN;
ALTER TABLE credit.feature DISABLE TRIGGER refuse_change;
UPDATE credit.feature SET gain = 1 WHERE name = 'age';
SELECT * FROM pg_temp.failed_checks('reg@1');
ROLLBACK;

-- Everything is as before.
SELECT count(*) FROM pg_temp.failed_checks('reg@1');

-- The functions on images, with a good one.
CREATE TEMP TABLE image AS
SELECT credit.build_image(pg_temp.json(pg_temp.model('{age,home}', '{q,c}', pg_temp.stump(0, 30, 1, -1),
	pg_temp.category_stump(1, '{1}', 0.5, -0.5))),
	'{"categories": {"home": ["own", "rent"]}, "scaling": {"min": 1}, "positive_class": "good"}') AS bytes;
SELECT xgboost_version, artifact_format, booster, objective, positive_class, on_unseen_category, base_margin,
	rounds, rounds_in_artifact, trees, nodes, max_depth
FROM image, LATERAL credit.image_facts(bytes);
SELECT features, features_used, base_score, base_odds, pdo, min_score, max_score, image_bytes = octet_length(bytes) AS bytes_right
FROM image, LATERAL credit.image_facts(bytes);
SELECT f.* FROM image, LATERAL credit.image_features(bytes) AS f ORDER BY f.position;
SELECT credit.image_margin(bytes, '{"age": 29, "home": "rent"}') AS both,
	credit.image_margin(bytes, '{"age": null, "home": null}') AS missing FROM image;
SELECT pg_temp.failure(format('SELECT credit.image_margin(%L, ''{"age": 29}'')', bytes)) FROM image
\g (format=unaligned tuples_only=on)
SELECT credit.image_margin(NULL, '{}'), credit.image_features(NULL), credit.image_facts(NULL);

-- Damaged bytea: not one byte may be missing or be added, nothing but a clean
-- error may come of it.
SELECT what, regexp_replace(pg_temp.failure(format('SELECT credit.image_facts(%L)', damaged)), '\d+ bytes but has \d+', 'n bytes but has m') AS refusal
FROM image, LATERAL (VALUES
	(1, 'empty', ''::bytea), (2, 'text', 'junk'), (3, 'one byte less', substring(bytes FOR octet_length(bytes) - 1)),
	(4, 'one byte more', bytes || '\x00'::bytea), (5, 'header only', substring(bytes FOR 64)),
	(6, 'no magic', overlay(bytes PLACING '\x00'::bytea FROM 1 FOR 1)),
	(7, 'all ones', decode(repeat('ff', octet_length(bytes)), 'hex')),
	(8, 'zeroes after the header', substring(bytes FOR 256) || decode(repeat('00', octet_length(bytes) - 256), 'hex')))
	AS d (place, what, damaged)
ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)
-- Cut off anywhere: every length but the full one is refused.
SELECT bool_and( pg_temp.failure(format('SELECT credit.image_margin(%L, ''{"age": 1, "home": "own"}'')',
	substring(bytes FOR n))) LIKE 'XX001: model image is damaged%') AS all_refused
FROM image, generate_series(0, octet_length(bytes) - 1) AS n;
-- Any byte inverted: refused as damaged, or a margin (a leaf is a number like
-- any other); never anything else.
SELECT DISTINCT substring(pg_temp.failure(format('SELECT credit.image_margin(%L, ''{"age": 1, "home": "own"}'')',
	set_byte(bytes, n, 255 - get_byte(bytes, n)))) FROM '^no error|^[^:]*') AS outcome
FROM image, generate_series(0, octet_length(bytes) - 1) AS n ORDER BY outcome;

DROP TABLE image;
\i sql/include/empty_registry.psql
