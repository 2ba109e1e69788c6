-- credit_decide(): a row, a JSON object; what is logged is what was scored;
-- by which version, arm and policy; in the caller's transaction or not at all.
\i sql/include/tiny_models.psql
-- Version n: margin n for a under 10, else -n; a label of b adds 10.
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{a,b}', '{q,c}', pg_temp.stump(0, 10, n, -n), pg_temp.category_stump(1, '{1}', 10, 0))),
	'{"categories": {"b": ["low", "high"]}, "reasons": {"a": {"code": "A", "text": "How \"much\""}, "b": {"code": "B", "text": "What"}}}') FROM generate_series(1, 3) AS n;
CREATE TABLE applicant (id int, a float8, b text);
INSERT INTO applicant VALUES (1, 5, 'low'), (2, 15, 'high'), (3, NULL, NULL), (4, 10, 'high');
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.failure('SELECT credit_decide(''s'', t) FROM applicant AS t');
SELECT to_version FROM credit.promote('m', 1);
SELECT pg_temp.failure('SELECT credit_decide(''s'', t) FROM applicant AS t');
SELECT version FROM credit.set_policy('m', '{"measure": "points", "bands": [{"outcome": "decline", "grade": "C", "below": 400}, {"outcome": "refer", "from": 400, "below": 500}, {"outcome": "approve", "from": 500, "grade": "A"}]}');
\pset format aligned
\pset tuples_only off

SELECT decision_id, subject, model, version, arm, policy_version, margin, score, outcome, grade, inputs, labels
FROM applicant AS t, credit_decide('subject ' || id, t) ORDER BY id;
SELECT decision_id, decided_by = CURRENT_USER AS by_me, decided_at BETWEEN now() AND clock_timestamp() + interval '1 minute' AS now,
	split_id, jsonb_array_length(reasons) AS reasons, code_version = credit.code_version() AS code,
	image_sha256 = (SELECT image_sha256 FROM credit.model_version WHERE version = 1) AS image,
	shadow_version, shadow_error
FROM credit_decide('json', '{"a": 5, "b": "low", "c": 1}'::jsonb, 'm');
-- What was returned is what is logged, and what the functions that score say.
SELECT d::text AS decided FROM credit_decide('same', '{"a": 5, "b": null}'::jsonb) AS d \gset
SELECT d::text = :'decided' AS logged, d.hash = credit.decision_hash(d) AS hashed FROM credit.decision AS d WHERE subject = 'same';
SELECT count(*), bool_and((d.margin, d.pd, d.score) = (credit_margin(t, 'm@1'), credit_pd(t, 'm@1'), credit_score(t, 'm@1'))) AS equal
FROM credit.decision AS d JOIN applicant AS t ON d.subject = 'subject ' || t.id;

-- Reasons, those of credit_reasons(), unless the loan is approved.
SELECT d.outcome, d.reasons, d.reasons = (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY rank), '[]') FROM credit_reasons(t, 'm@1') AS r) AS equal
FROM credit.decision AS d JOIN applicant AS t ON d.subject = 'subject ' || t.id ORDER BY d.decision_id;
SELECT outcome, reasons FROM credit_decide('approved', '{"a": 100, "b": "low"}'::jsonb);

-- A reference with a version or an alias is followed to the letter.
SELECT to_version FROM credit.promote('m', 2, 'challenger');
SELECT reference, version, arm, margin FROM unnest(ARRAY['m', 'm@champion', 'm@challenger', 'm@3', NULL]) AS reference,
	credit_decide('s', '{"a": 0, "b": "low"}'::jsonb, reference);
SET credit.default_model = 'm@challenger';
SELECT version, arm FROM credit_decide('s', '{"a": 0, "b": "low"}'::jsonb);
RESET credit.default_model;

-- One statement has one version and one policy, whatever it does meanwhile.
CREATE FUNCTION pg_temp.change(id int) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM credit.promote('m', 2), credit.set_policy('m', '{"measure": "points", "approve": 0}');
	RETURN id;
END
$$;
SELECT version, policy_version FROM (SELECT pg_temp.change(id) FROM applicant OFFSET 0) AS a,
	LATERAL credit_decide('s', '{"a": 0, "b": "low"}'::jsonb, CASE WHEN a.change > 0 THEN 'm' END);
SELECT version, policy_version FROM credit_decide('s', '{"a": 0, "b": "low"}'::jsonb);
SELECT to_version FROM credit.promote('m', 1);

-- Rolled back, there is no row; the number is not given again.
SELECT max(decision_id) AS last FROM credit.decision \gset
BEGIN;
SELECT decision_id - :last AS next FROM credit_decide('rolled back', '{"a": 0, "b": "low"}'::jsonb);
SAVEPOINT s;
SELECT decision_id - :last AS next FROM credit_decide('rolled back', '{"a": 0, "b": "low"}'::jsonb);
ROLLBACK TO s;
SELECT count(*) FROM credit.decision WHERE subject = 'rolled back';
ROLLBACK;
SELECT count(*) FROM credit.decision WHERE subject = 'rolled back';
SELECT decision_id - :last AS next FROM credit_decide('s', '{"a": 0, "b": "low"}'::jsonb);

-- What cannot be decided is not logged.
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.failure('SELECT credit_decide(NULL, t) FROM applicant AS t');
SELECT pg_temp.failure('SELECT credit_decide(''s'', NULL::applicant)');
SELECT pg_temp.failure('SELECT credit_decide(''s'', NULL::jsonb)');
SELECT pg_temp.failure('SELECT credit_decide(''s'', ''{"a": 1}''::jsonb)');
SELECT pg_temp.failure('SELECT credit_decide(''s'', ''{"a": 1, "b": "none"}''::jsonb)');
SELECT pg_temp.failure('SELECT credit_decide(''s'', (SELECT t FROM (SELECT 1 AS a) AS t))');
SELECT pg_temp.failure('SELECT credit_decide(''s'', ''{}''::jsonb, ''none'')');
SELECT pg_temp.failure('SELECT credit_decide(''s'', ''{}''::jsonb, ''m@9'')');
\pset format aligned
\pset tuples_only off
BEGIN READ ONLY;
SELECT credit_decide('s', '{"a": 1, "b": "low"}'::jsonb);
ROLLBACK;
BEGIN READ ONLY;
SELECT credit_score('{"a": 1, "b": "low"}'::jsonb);
COMMIT;
SELECT max(decision_id) - :last AS last FROM credit.decision;

-- In PL/pgSQL, prepared, in a data-modifying statement, in a trigger.
PREPARE decide AS SELECT version, margin FROM credit_decide($1, jsonb_build_object('a', $2::int, 'b', 'low'));
EXECUTE decide('p', 1);
SELECT to_version FROM credit.promote('m', 3);
EXECUTE decide('p', 1);
CREATE TABLE loan (id int, a int, b text, outcome text);
CREATE FUNCTION pg_temp.decide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.outcome := (SELECT d.outcome FROM credit_decide('loan ' || NEW.id, NEW) AS d);
	RETURN NEW;
END
$$;
CREATE TRIGGER decide BEFORE INSERT ON loan FOR EACH ROW EXECUTE FUNCTION pg_temp.decide();
INSERT INTO loan SELECT i, i, 'low' FROM generate_series(9, 11) AS i RETURNING *;
SELECT subject, inputs, outcome FROM credit.decision WHERE subject LIKE 'loan %' ORDER BY decision_id;

-- A partition that nobody made ahead is made on the way.
CREATE FUNCTION pg_temp.partitions() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT replace(c.oid::regclass::text, to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM'), 'this month') FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = inhrelid
	WHERE inhparent = 'credit.decision'::regclass ORDER BY 1
$$;
SELECT pg_temp.partitions();
-- The month is UTC's, whatever the session's zone.
SET timezone = 'Pacific/Kiritimati';
SELECT credit.make_partition('2020-02-29'), credit.make_partition('2020-02-01'), credit.make_partition('2019-12-31');
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_class AS c WHERE relname IN ('decision_2020_02', 'decision_2019_12') ORDER BY 1;
RESET timezone;
-- How a row fits the model outlives the statement, but not a change of the row.
SELECT inputs, labels FROM applicant AS t, credit_decide('before', t, 'm@1') WHERE id = 4;
ALTER TABLE applicant RENAME a TO former;
ALTER TABLE applicant ADD a float8 DEFAULT 7;
SELECT inputs, labels FROM applicant AS t, credit_decide('after', t, 'm@1') WHERE id = 4;
DROP TABLE loan;
DROP TABLE applicant;
\i sql/include/empty_registry.psql
