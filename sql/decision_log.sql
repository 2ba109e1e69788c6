-- The log: nobody edits it; who switches the triggers off is found; seals;
-- months are made ahead and removed by rule only, and the rest still verifies.
\i sql/include/tiny_models.psql
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{x}', '{q}', pg_temp.stump(0, 10, 1, -1))), pg_temp.reasons('x'));
SELECT to_version FROM credit.promote('m', 1);
SELECT version FROM credit.set_policy('m', '{"measure": "points", "approve": 487}');
CREATE FUNCTION pg_temp.decide(n int) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM generate_series(1, n) AS i, credit_decide('s' || i, jsonb_build_object('x', i))
$$;
-- Months and hashes differ from run to run.
CREATE FUNCTION pg_temp.verified() RETURNS TABLE (month text, "check" text, passed boolean, decision_id bigint, detail text) LANGUAGE sql AS $$
	SELECT CASE WHEN v.month < '2025-01-01' THEN v.month::text ELSE 'month ' || rank() OVER (ORDER BY v.month) - 1 END,
		v."check", v.passed, v.decision_id, regexp_replace(v.detail, ': [0-9a-f]{64}$', '')
	FROM credit.verify_log() AS v ORDER BY v.month, v."check" COLLATE "C", v.decision_id
$$;
SELECT credit.log_months();
SELECT * FROM credit.verify_log();
SELECT pg_temp.decide(20);
-- The hash of a row, put together by PostgreSQL itself as the document says.
CREATE FUNCTION pg_temp.part(name text, value bytea) RETURNS bytea LANGUAGE sql
RETURN coalesce(convert_to(name, 'UTF8') || '\x00' || int4send(length(value)) || value, '');
CREATE FUNCTION pg_temp.labels(labels text[]) RETURNS bytea LANGUAGE sql AS $$
	SELECT string_agg(coalesce(int4send(octet_length(convert_to(l, 'UTF8'))) || convert_to(l, 'UTF8'), '\xFFFFFFFF'), '' ORDER BY place)
	FROM unnest(labels) WITH ORDINALITY AS u (l, place)
$$;
CREATE FUNCTION pg_temp.documented_hash(d credit.decision) RETURNS bytea LANGUAGE sql AS $$
	SELECT sha256(pg_temp.part('decision_id', int8send(d.decision_id)) || pg_temp.part('decided_at', timestamptz_send(d.decided_at))
		|| pg_temp.part('decided_by', convert_to(d.decided_by, 'UTF8')) || pg_temp.part('subject', convert_to(d.subject, 'UTF8'))
		|| pg_temp.part('model', convert_to(d.model, 'UTF8')) || pg_temp.part('version', int4send(d.version))
		|| pg_temp.part('arm', convert_to(d.arm, 'UTF8')) || pg_temp.part('split_id', int8send(d.split_id))
		|| pg_temp.part('policy_version', int4send(d.policy_version)) || pg_temp.part('margin', float4send(d.margin))
		|| pg_temp.part('pd', float8send(d.pd)) || pg_temp.part('score', int4send(d.score))
		|| pg_temp.part('outcome', convert_to(d.outcome, 'UTF8')) || pg_temp.part('grade', convert_to(d.grade, 'UTF8'))
		|| pg_temp.part('reasons', convert_to(d.reasons::text, 'UTF8'))
		|| pg_temp.part('inputs', (SELECT string_agg(float4send(i), '' ORDER BY place) FROM unnest(d.inputs) WITH ORDINALITY AS u (i, place)))
		|| pg_temp.part('labels', pg_temp.labels(d.labels)) || pg_temp.part('image_sha256', d.image_sha256)
		|| pg_temp.part('code_version', convert_to(d.code_version, 'UTF8')) || pg_temp.part('shadow_version', int4send(d.shadow_version))
		|| pg_temp.part('shadow_margin', float4send(d.shadow_margin)) || pg_temp.part('shadow_pd', float8send(d.shadow_pd))
		|| pg_temp.part('shadow_score', int4send(d.shadow_score)) || pg_temp.part('shadow_outcome', convert_to(d.shadow_outcome, 'UTF8'))
		|| pg_temp.part('shadow_error', convert_to(d.shadow_error, 'UTF8')))
$$;
SELECT count(*) FILTER (WHERE d.hash = pg_temp.documented_hash(d)) FROM credit.decision AS d;
SELECT credit.decision_hash(d) = pg_temp.documented_hash(d) AS equal FROM credit.decision AS c,
	jsonb_populate_record(c, '{"arm": null, "split_id": 7, "grade": "A", "inputs": ["NaN", -0.0, 1e-45], "labels": [null, "", "l"],
		"shadow_version": 2, "shadow_margin": -1.5, "shadow_pd": 0.1, "shadow_score": -3, "shadow_outcome": "refer", "shadow_error": "e"}') AS d
WHERE c.decision_id = 1;

-- Not sealed yet: altered rows are found by their own hash.
SELECT * FROM pg_temp.verified();
SELECT action, detail FROM credit.maintain();
SELECT * FROM pg_temp.verified();
-- A second run has no work, but knows now that the first was complete.
SELECT action, detail FROM credit.maintain();
SELECT number, cardinality(decision_ids) AS decisions, complete_to FROM credit.seal ORDER BY number;
SELECT action, detail FROM credit.maintain();
SELECT pg_temp.decide(5);
SELECT credit.seal_log();
SELECT * FROM pg_temp.verified();
SELECT "check", passed FROM credit.verify_log(now() - interval '1 hour', now());
SELECT * FROM credit.verify_log('2020-01-01', '2020-02-01');

-- Nobody edits.
\pset format unaligned
\pset tuples_only on
SELECT to_char(now() AT TIME ZONE 'UTC', '"credit.decision_"YYYY_MM') AS this_month \gset
SELECT replace(pg_temp.failure(statement), :'this_month', 'this month') FROM unnest(ARRAY[
	'UPDATE credit.decision SET score = 900', 'UPDATE ' || :'this_month' || ' SET score = 900', 'UPDATE credit.decision SET score = 900 WHERE false',
	'DELETE FROM credit.decision', 'DELETE FROM ' || :'this_month', 'TRUNCATE credit.decision', 'TRUNCATE ' || :'this_month',
	'UPDATE credit.seal SET number = 0', 'DELETE FROM credit.seal', 'TRUNCATE credit.seal',
	'UPDATE credit.retention SET keep_months = 1', 'DELETE FROM credit.removed_month', 'TRUNCATE credit.outcome']) AS statement;
\pset format aligned
\pset tuples_only off
SELECT * FROM pg_temp.verified();

-- A superuser does, in every way there is; each is found.
CREATE PROCEDURE pg_temp.tamper(statement text) LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	SET LOCAL session_replication_role = replica;
	EXECUTE statement;
	SET LOCAL session_replication_role = origin;
	RAISE NOTICE '%', replace(statement, to_char(now() AT TIME ZONE 'UTC', '"decision_"YYYY_MM'), 'this month');
	FOR line IN SELECT format('   %s %s: %s', v."check", v.decision_id, v.detail) FROM pg_temp.verified() AS v WHERE NOT v.passed LOOP
		RAISE NOTICE '%', line;
	END LOOP;
	ROLLBACK;
END
$$;
-- Altered: each column, one and several rows, with and without a new hash.
DO $$
DECLARE
	tampered text;
	found text;
BEGIN
	FOR tampered IN
		SELECT format('%I = %s', attname, CASE format_type(atttypid, NULL)
			WHEN 'text' THEN quote_literal('forged') WHEN 'jsonb' THEN '''[{"rank": 1}]''' WHEN 'bytea' THEN '''\x00'''
			WHEN 'real[]' THEN '''{7}''' WHEN 'text[]' THEN '''{forged}'''
			WHEN 'timestamp with time zone' THEN 'decided_at + interval ''1 microsecond''' ELSE '77' END)
		FROM pg_attribute WHERE attrelid = 'credit.decision'::regclass AND attnum > 0 AND attname <> 'decision_id' ORDER BY attnum
	LOOP
		BEGIN
			SET LOCAL session_replication_role = replica;
			EXECUTE 'UPDATE credit.decision SET ' || tampered || ' WHERE decision_id = 3';
			SELECT string_agg(v."check" || ' ' || v.decision_id, ', ') INTO found FROM credit.verify_log() AS v WHERE NOT v.passed;
			RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = coalesce(found, 'nothing');
		EXCEPTION WHEN raise_exception THEN
			RAISE NOTICE '%: %', tampered, SQLERRM;
		END;
	END LOOP;
END
$$;
CALL pg_temp.tamper('UPDATE credit.decision AS d SET outcome = ''decline'' WHERE decision_id = 17');
CALL pg_temp.tamper('UPDATE credit.decision AS d SET subject = ''x'', hash = credit.decision_hash(jsonb_populate_record(d, ''{"subject": "x"}'')) WHERE decision_id = 3');
CALL pg_temp.tamper('UPDATE credit.decision AS d SET subject = CASE decision_id WHEN 3 THEN ''s4'' ELSE ''s3'' END WHERE decision_id IN (3, 4)');
-- Removed: one, the last, all.
CALL pg_temp.tamper('DELETE FROM credit.decision WHERE decision_id = 1');
CALL pg_temp.tamper('DELETE FROM credit.decision WHERE decision_id = 25');
CALL pg_temp.tamper('DELETE FROM credit.decision WHERE decision_id > 2');
-- Added: in a gap, at the end, with a number of its own and without a hash.
CALL pg_temp.tamper('INSERT INTO credit.decision SELECT (jsonb_populate_record(d, ''{"decision_id": -1}'')).* FROM credit.decision AS d WHERE decision_id = 3');
CALL pg_temp.tamper('WITH forged AS (SELECT jsonb_populate_record(d, ''{"decision_id": 0, "subject": "x"}'') AS f FROM credit.decision AS d WHERE decision_id = 3) INSERT INTO credit.decision SELECT (jsonb_populate_record(f, jsonb_build_object(''hash'', credit.decision_hash(f)))).* FROM forged');
CALL pg_temp.tamper('WITH forged AS (SELECT jsonb_populate_record(d, ''{"decision_id": 26, "subject": "x"}'') AS f FROM credit.decision AS d WHERE decision_id = 3) INSERT INTO credit.decision SELECT (jsonb_populate_record(f, jsonb_build_object(''hash'', credit.decision_hash(f)))).* FROM forged');
CALL pg_temp.tamper('INSERT INTO credit.decision SELECT (f).* FROM (SELECT jsonb_populate_record(d, jsonb_build_object(''decision_id'', nextval(''credit.decision_decision_id_seq''))) AS f FROM credit.decision AS d WHERE decision_id = 3 OFFSET 0) AS g');
-- The seals: altered, removed, all removed.
CALL pg_temp.tamper('UPDATE credit.seal SET hashes[1] = ''\x00'' WHERE number = 1');
CALL pg_temp.tamper('UPDATE credit.seal AS s SET given = 0, hash = credit.seal_hash(ROW(month, number, decision_ids, hashes, last_id, 0, sealed_in, complete_to, sealed_at, prev_hash, hash)::credit.seal) WHERE number = 1');
CALL pg_temp.tamper('DELETE FROM credit.seal WHERE number = 2');
CALL pg_temp.tamper('DELETE FROM credit.seal WHERE number = 1');
-- And the other way to switch triggers off.
DO $$
DECLARE
	line text;
BEGIN
	ALTER TABLE credit.decision DISABLE TRIGGER refuse_change;
	DELETE FROM credit.decision WHERE decision_id = 2;
	FOR line IN SELECT format('%s %s', v."check", v.decision_id) FROM credit.verify_log() AS v WHERE NOT v.passed LOOP
		RAISE NOTICE '%', line;
	END LOOP;
	RAISE EXCEPTION 'undone';
EXCEPTION WHEN raise_exception THEN
	NULL;
END
$$;
SELECT * FROM pg_temp.verified();

-- Nothing goes without a rule.  Two decisions of each of three old months, and
-- one of ten months ago, as if they had been made then.
CREATE TEMPORARY TABLE made AS SELECT place, at::timestamp AT TIME ZONE 'UTC' AS at
FROM unnest(ARRAY['2020-01-15', '2020-01-31 23:59:59.999999', '2020-02-01', '2020-02-28', '2020-03-01', '2020-03-31',
	date_trunc('month', now() AT TIME ZONE 'UTC' - interval '10 months')::text]) WITH ORDINALITY AS m (at, place);
SELECT count(*) FILTER (WHERE credit.make_partition((at AT TIME ZONE 'UTC')::date)) FROM made;
SELECT credit.make_partition('2024-01-01');
SELECT max(decision_id) AS last FROM credit.decision \gset
SELECT pg_temp.decide(7);
SET session_replication_role = replica;
DO $$
DECLARE
	moved credit.decision;
	target record;
BEGIN
	FOR target IN SELECT * FROM made LOOP
		SELECT d.* INTO moved FROM credit.decision AS d ORDER BY d.decided_at DESC LIMIT 1;
		DELETE FROM credit.decision WHERE decision_id = moved.decision_id;
		moved.decided_at := target.at;
		moved.hash := credit.decision_hash(moved);
		INSERT INTO credit.decision SELECT moved.*;
	END LOOP;
END
$$;
RESET session_replication_role;
SELECT action, month, detail FROM credit.maintain();
SELECT count(*) FROM credit.decision AS d, credit.record_outcome(d.decision_id, true) WHERE d.decision_id > :last;
SELECT month, number, cardinality(decision_ids) AS decisions FROM credit.seal WHERE month < '2025-01-01' ORDER BY month, number;
SELECT * FROM pg_temp.verified();
SELECT month FROM credit.expired_months() AS month;
-- A rule; then it is taken back.
SELECT keep_months, set_by = CURRENT_USER AS by_me FROM credit.set_retention();
SELECT month FROM credit.expired_months() AS month;
SELECT keep_months FROM credit.set_retention(NULL);
SELECT month FROM credit.expired_months() AS month;
SELECT keep_months FROM credit.set_retention(24);
SELECT keep_months FROM credit.set_retention(0);
SELECT keep_months FROM credit.set_retention();
-- A month that does not verify is evidence, and stays.
SET session_replication_role = replica;
UPDATE credit.decision SET score = score + 1 WHERE decided_at < '2020-01-31';
RESET session_replication_role;
SELECT action, month, detail FROM credit.maintain();
SELECT action, month, detail FROM credit.maintain();
SELECT action, month, detail FROM credit.maintain();
SELECT action, month, detail FROM credit.maintain();
SET session_replication_role = replica;
UPDATE credit.decision SET score = score - 1 WHERE decided_at < '2020-01-31';
RESET session_replication_role;
SELECT * FROM pg_temp.verified();
SELECT action, month, detail FROM credit.maintain();
SELECT * FROM pg_temp.verified();
SELECT month, decisions, seals, cardinality(chain_ends) AS chain_ends, retention_id FROM credit.removed_month ORDER BY month;
SELECT count(*) AS outcomes FROM credit.outcome;
SELECT relname FROM pg_class WHERE relname LIKE 'decision_202%' AND relkind = 'r' AND relname < 'decision_2025' ORDER BY 1;
-- The chain of a removed month cannot be forgotten: who follows from it says so.
CALL pg_temp.tamper('DELETE FROM credit.removed_month WHERE month = ''2020-03-01''');
SELECT pg_temp.failure('DELETE FROM credit.outcome');
-- Months are found by the bounds of partitions, not by names of relations:
-- nine partitions and fresh statistics once had every relation's name read.
BEGIN;
SELECT count(*) FILTER (WHERE credit.make_partition((make_date(2030, 1, 1) + make_interval(months => i))::date)) FROM generate_series(0, 40) AS i;
ANALYZE pg_class, pg_inherits;
SELECT count(*) AS months, bool_and(passed) AS passed FROM credit.verify_log('2030-01-01', '2033-05-31');
-- One that was renamed, one of two months, and one of all else.
ALTER TABLE credit.decision_2030_02 RENAME TO february;
ALTER TABLE credit.decision DETACH PARTITION credit.decision_2030_03;
ALTER TABLE credit.decision DETACH PARTITION credit.decision_2030_04;
ALTER TABLE credit.decision ATTACH PARTITION credit.decision_2030_03 FOR VALUES FROM ('2030-03-01 00:00+00') TO ('2030-05-01 00:00+00');
ALTER TABLE credit.decision ATTACH PARTITION credit.decision_2030_04 DEFAULT;
SET LOCAL timezone = 'America/New_York';
SET LOCAL datestyle = 'SQL, DMY';
SELECT partition, to_char(month, 'YYYY-MM') AS month FROM credit.log_partitions() WHERE partition::text ~ '2030_0[1-5]|february';
SELECT credit.make_partition('2030-02-11') AS made_again, to_char(min(m), 'YYYY-MM') AS first, bool_and(passed) AS passed
FROM credit.log_months() AS m, credit.verify_log('2030-01-01') WHERE m > '2029-12-31';
SELECT credit.remove_empty_month('2030-02-20'), credit.remove_empty_month('2030-02-20');
SELECT pg_temp.failure('SELECT credit.remove_empty_month((now() AT TIME ZONE ''UTC'')::date)');
ROLLBACK;
SELECT pg_temp.failure(s) FROM unnest(ARRAY['SELECT credit.set_retention(2147483647)', 'SELECT credit.set_retention(1201)',
	'SELECT credit.make_partition(''294276-11-30'')', 'SELECT credit.make_partition(''infinity'')', 'SELECT credit.make_partition(''0044-03-15 BC'')',
	'SELECT credit.make_partition(NULL)']) AS s;
-- What keeps a month from being removed does not keep decisions from being
-- sealed: a rule from before rules had bounds, a view on the month, a month
-- that was removed and came back.
BEGIN;
INSERT INTO credit.retention (keep_months) VALUES (2147483647);
SELECT pg_temp.decide(1);
SELECT action, month, detail FROM credit.maintain();
SELECT keep_months FROM credit.set_retention();
SELECT count(*) FROM (SELECT credit.make_partition('2020-01-01')) AS m;
CREATE TEMPORARY VIEW looking AS SELECT * FROM credit.decision_2020_01;
SELECT pg_temp.decide(1);
SELECT action, month, detail FROM credit.maintain();
SELECT count(*) AS not_sealed FROM credit.decision AS d WHERE NOT EXISTS (SELECT FROM credit.seal AS s WHERE d.decision_id = ANY (s.decision_ids));
DROP VIEW looking;
SELECT action, month, detail FROM credit.maintain();
SELECT count(*) AS removals FROM credit.removed_month WHERE month = '2020-01-01';
ROLLBACK;
-- A foreign partition whose server is down keeps nothing from being sealed.
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE archive PARTITION OF credit.decision FOR VALUES FROM ('2019-01-01 00:00+00') TO ('2019-02-01 00:00+00')
	SERVER files OPTIONS (filename '/nonexistent');
SELECT pg_temp.decide(1);
SELECT action, detail FROM credit.maintain();
DROP FOREIGN TABLE archive;
DROP EXTENSION file_fdw CASCADE;
-- Months that do not verify do not keep a later one, and the removal of a
-- month once is none of what it has when it comes back.
BEGIN;
SELECT count(*) FROM generate_series(0, 6) AS i, credit.make_partition(make_date(2018, 1 + i, 1));
SET LOCAL session_replication_role = replica;
INSERT INTO credit.seal SELECT make_date(2018, 1 + i, 1), 1, '{1}', '{x}', 1, NULL, sealed_in, 0, sealed_at, 'x', 'x'
FROM generate_series(0, 5) AS i, (SELECT * FROM credit.seal ORDER BY month DESC, number DESC LIMIT 1) AS s;
UPDATE credit.removed_month SET removed_at = now() - interval '1 day';
INSERT INTO credit.removed_month (month, decisions, seals, chain_ends, retention_id, removed_at)
SELECT '2018-01-01', 0, 0, '{}', max(retention_id), now() - interval '1 day' FROM credit.retention;
SET LOCAL session_replication_role = origin;
SELECT action, to_char(month, 'YYYY-MM') AS month, detail FROM credit.maintain();
SELECT pg_temp.failure('DELETE FROM credit.seal WHERE month = ''2018-01-01''');
ROLLBACK;
-- What somebody adds to the log has its effect on decisions as on any INSERT.
CREATE TEMPORARY TABLE noted (what text);
CREATE FUNCTION pg_temp.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.noted VALUES (concat_ws(' ', TG_WHEN, TG_LEVEL, NEW.subject));
	RETURN NEW;
END
$$;
CREATE FUNCTION pg_temp.note_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pg_temp.noted SELECT 'all ' || subject FROM new_rows;
	RETURN NULL;
END
$$;
CREATE FUNCTION pg_temp.drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
DO $$
DECLARE
	month text := to_char(now() AT TIME ZONE 'UTC', '"decision_"YYYY_MM');
	added text;
BEGIN
	FOREACH added IN ARRAY ARRAY[
		'CREATE TRIGGER t BEFORE INSERT ON credit.decision FOR EACH ROW EXECUTE FUNCTION pg_temp.note()',
		'CREATE TRIGGER t AFTER INSERT ON credit.decision FOR EACH ROW EXECUTE FUNCTION pg_temp.note()',
		'CREATE TRIGGER t BEFORE INSERT ON credit.decision EXECUTE FUNCTION pg_temp.note()',
		'CREATE TRIGGER t AFTER INSERT ON credit.decision REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION pg_temp.note_all()',
		'CREATE TRIGGER t AFTER INSERT ON credit.this_month FOR EACH ROW EXECUTE FUNCTION pg_temp.note()',
		'CREATE TRIGGER t BEFORE INSERT ON credit.this_month FOR EACH ROW EXECUTE FUNCTION pg_temp.drop_row()',
		'CREATE RULE r AS ON INSERT TO credit.decision DO ALSO INSERT INTO pg_temp.noted VALUES (''rule '' || NEW.subject)',
		'ALTER TABLE credit.decision ADD CONSTRAINT c CHECK (subject <> ''s1'') NOT VALID',
		'ALTER TABLE credit.this_month ADD CONSTRAINT c CHECK (grade IS NOT NULL) NOT VALID',
		'CREATE UNIQUE INDEX u ON credit.this_month (model) WHERE subject = ''s1'' AND decision_id > ' || (SELECT max(decision_id) FROM credit.decision),
		'DELETE FROM pg_temp.noted']
	LOOP
		BEGIN
			EXECUTE replace(added, 'this_month', month);
			PERFORM pg_temp.decide(1), pg_temp.decide(1);
			RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = format('%s; last is %s',
				coalesce((SELECT string_agg(what, ', ') FROM pg_temp.noted), 'nothing noted'),
				(SELECT subject FROM credit.decision ORDER BY decision_id DESC LIMIT 1));
		EXCEPTION WHEN OTHERS THEN
			RAISE NOTICE E'%\n   %', regexp_replace(added, '> \d+', '> before'), replace(SQLERRM, month, 'this_month');
		END;
	END LOOP;
END
$$;
-- A partition may have its columns in other places, and no rows go elsewhere.
BEGIN;
ALTER TABLE :this_month RENAME TO old;
ALTER TABLE credit.decision DETACH PARTITION credit.old;
CREATE TABLE :this_month (gone integer, LIKE credit.decision);
ALTER TABLE :this_month DROP COLUMN gone;
SELECT pg_temp.failure('SELECT pg_temp.decide(1)') ~ '^42P07: relation "credit.decision_\d{4}_\d\d" is no partition of the log' AS refused;
DO $$
BEGIN
	EXECUTE format('ALTER TABLE credit.decision ATTACH PARTITION credit.%I FOR VALUES FROM (%L) TO (%L)', to_char(now() AT TIME ZONE 'UTC', '"decision_"YYYY_MM'),
		credit.month_start((now() AT TIME ZONE 'UTC')::date), credit.month_start((now() AT TIME ZONE 'UTC' + interval '1 month')::date));
END
$$;
SELECT pg_temp.decide(2);
SELECT subject, outcome, d.hash = pg_temp.documented_hash(d) AS hash FROM credit.decision AS d WHERE decided_at >= now() ORDER BY 1;
ROLLBACK;
DROP TABLE made;
DROP FUNCTION pg_temp.documented_hash;
\i sql/include/empty_registry.psql
