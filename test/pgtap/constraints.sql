-- What the tables and the functions that fill them refuse: SQLSTATE and text.

BEGIN;
SELECT plan(67);

\ir stump.psql

SELECT is(credit.import_model('m', pg_temp.stump(1),
	'{"golden": [{"row": {"x": 0}, "margin": 1}], "reasons": {"x": {"code": "X", "text": "X"}}}'), 1, 'version 1');
SELECT is(credit.import_model('m', pg_temp.stump(2), '{"reasons": {"x": {"code": "X", "text": "x"}}}'), 2, 'version 2');
SELECT is(credit.import_model('other', pg_temp.stump(3)), 1, 'another model');
SELECT is((credit.promote('m', 1)).to_version, 1, 'promoted');

-- -------- tables --------

SELECT throws_ok($$INSERT INTO credit.model (name) VALUES ('m')$$, '23505',
	'duplicate key value violates unique constraint "model_name_key"', 'one model of a name');
SELECT throws_ok(format('INSERT INTO credit.model (name) VALUES (%L)', name), '23514',
	'new row for relation "model" violates check constraint "model_name_check"',
	format('a model is not called "%s"', name))
FROM (VALUES (''), ('a b'), ('a@b'), ('-a'), (repeat('a', 64))) AS v (name);
SELECT throws_ok($$INSERT INTO credit.model (name) VALUES (NULL)$$, '23502',
	'null value in column "name" of relation "model" violates not-null constraint', 'a model has a name');
SELECT throws_ok(
	$$INSERT INTO credit.alias SELECT m.model_id, 'x', v.model_version_id
		FROM credit.model AS m, credit.model_version AS v JOIN credit.model AS o USING (model_id)
		WHERE m.name = 'm' AND o.name = 'other'$$, '23503',
	'insert or update on table "alias" violates foreign key constraint "alias_model_id_model_version_id_fkey"',
	'an alias stands for a version of its own model');
SELECT throws_ok(
	$$INSERT INTO credit.alias SELECT model_id, '7', model_version_id FROM credit.model_version LIMIT 1$$, '23514',
	'new row for relation "alias" violates check constraint "alias_alias_check"', 'an alias is no number');
SELECT throws_ok(
	$$INSERT INTO credit.deployment (model_id, alias, action, to_version)
		SELECT model_id, 'champion', 'guess', 1 FROM credit.model WHERE name = 'm'$$, '23514',
	'new row for relation "deployment" violates check constraint "deployment_action_check"',
	'a deployment is a promotion or a rollback');
SELECT throws_ok(
	$$INSERT INTO credit.deployment (model_id, alias, action, to_version)
		SELECT model_id, 'champion', 'promote', 9 FROM credit.model WHERE name = 'm'$$, '23503',
	'insert or update on table "deployment" violates foreign key constraint "deployment_model_id_to_version_fkey"',
	'a deployment is of a version that exists');
SELECT throws_ok(sql, '23001', 'delete on table "credit.model_version" is not allowed', sql)
FROM (VALUES ('DELETE FROM credit.model_version WHERE version = 2'),
	('DELETE FROM credit.model_version WHERE false')) AS v (sql);

-- -------- what never changes --------

SELECT throws_ok(format('UPDATE credit.model_version SET %I = %1$I', attname), '23001',
	'update on table "credit.model_version" is not allowed', format('column %s of a version', attname))
FROM pg_attribute
WHERE attrelid = 'credit.model_version'::regclass AND attname IN ('image', 'version', 'options', 'artifact');
SELECT throws_ok('UPDATE credit.feature SET name = name', '23001',
	'update on table "credit.feature" is not allowed', 'features');
SELECT throws_ok('UPDATE credit.golden_row SET margin = margin', '23001',
	'update on table "credit.golden_row" is not allowed', 'golden rows');
SELECT throws_ok(sql, '23001', split_part(lower(sql), ' ', 1) || ' on table "credit.deployment" is not allowed', sql)
FROM (VALUES ('UPDATE credit.deployment SET to_version = 1'), ('DELETE FROM credit.deployment'),
	('TRUNCATE credit.deployment')) AS v (sql);
SELECT lives_ok($$UPDATE credit.model_version SET notes = 'n'$$, 'notes may change');

SELECT lives_ok($$SELECT credit.retire('m', 2)$$, 'version 2 is retired');
SELECT throws_ok($$UPDATE credit.model_version SET retired_at = NULL, retired_by = NULL WHERE version = 2$$, '23001',
	'update on table "credit.model_version" is not allowed', 'and stays so');

-- -------- functions --------

SELECT throws_ok($$SELECT credit.promote('m', 9)$$, '42704', 'model "m" has no version 9', 'promote: version');
SELECT throws_ok($$SELECT credit.promote('no', 1)$$, '42704', 'model "no" does not exist', 'promote: model');
SELECT throws_ok($$SELECT credit.promote('m', 2)$$, '55000', 'version 2 of model "m" is retired', 'promote: retired');
SELECT throws_ok($$SELECT credit.retire('m', 1)$$, '55006', 'version 1 of model "m" is in use', 'retire: in use');
SELECT throws_ok($$SELECT credit.rollback('m')$$, '55000', 'alias "champion" of model "m" has no earlier version to go back to',
	'rollback: nothing before');
SELECT throws_ok($$SELECT credit.import_model('a b', pg_temp.stump(1))$$, '42602', 'invalid model name "a b"',
	'import: name');

-- -------- policies, splits, the log --------

SELECT is((credit.set_policy('m', '{"measure": "points", "approve": 0}')).version, 1, 'a policy');
SELECT throws_ok(
	format('INSERT INTO credit.policy (model_id, version, measure, bounds, outcomes, grades) SELECT model_id, %s FROM credit.model WHERE name = %L', row, 'm'),
	sqlstate, NULL, 'policy: ' || row)
FROM (VALUES
	($$1, 'points', '{0}', '{decline,approve}', '{NULL,NULL}'$$, '23505'),
	($$0, 'points', '{0}', '{decline,approve}', '{NULL,NULL}'$$, '23514'),
	($$2, 'rating', '{0}', '{decline,approve}', '{NULL,NULL}'$$, '23514'),
	($$2, 'points', '{0}', '{decline,maybe}', '{NULL,NULL}'$$, '23514'),
	($$2, 'points', '{0}', '{approve}', '{NULL}'$$, '23514'),
	($$2, 'points', '{0}', '{decline,approve}', '{NULL}'$$, '23514')) AS v (row, sqlstate);
SELECT throws_ok(
	format('INSERT INTO credit.routing (model_id, kind, challenger, share, salt) SELECT model_id, %s FROM credit.model WHERE name = %L', row, 'm'),
	'23514', NULL, 'routing: ' || row)
FROM (VALUES ($$'guess', '1', 0.5, 's'$$), ($$'split', '1', NULL, NULL$$), ($$'split', '1', 0.5, NULL$$), ($$'split', NULL, 0.5, 's'$$),
	($$'split', '1', 1.5, 's'$$), ($$'shadow', '1', 0.5, 's'$$)) AS v (row);
SELECT throws_ok('INSERT INTO credit.retention (keep_months) VALUES (0)', '23514', NULL, 'a retention is of a month at least');
SELECT is(subject, 's', 'a decision') FROM credit_decide('s', '{"x": 0}'::jsonb, 'm');
SELECT throws_ok('INSERT INTO credit.decision SELECT * FROM credit.decision', '23505', NULL, 'a decision has its number for itself');
SELECT throws_ok(sql, '23001', NULL, sql)
FROM (SELECT replace(action, '$', t) FROM unnest(ARRAY['policy', 'routing', 'decision', 'seal', 'removed_month', 'outcome']) AS t,
	unnest(ARRAY['TRUNCATE credit.$']) AS action) AS v (sql);
SELECT lives_ok('SELECT credit.maintain(), credit.record_outcome(decision_id, true) FROM credit.decision', 'a seal and an outcome');
SELECT throws_ok(sql, '23001', NULL, sql) FROM (VALUES ('DELETE FROM credit.seal'), ('DELETE FROM credit.outcome')) AS v (sql);

-- -------- validation figures --------

CREATE TABLE labelled AS SELECT i % 2 AS x, i % 3 = 0 AS defaulted FROM generate_series(1, 6) AS i;
SELECT is((credit.set_validation('m', 'labelled', 'defaulted')).source, 'public.labelled', 'validation figures');
SELECT throws_ok(sql, '23001', split_part(lower(sql), ' ', 1) || ' on table "credit.metric" is not allowed', sql)
FROM (VALUES ('UPDATE credit.metric SET label = label'), ('DELETE FROM credit.metric'), ('TRUNCATE credit.metric')) AS v (sql);
SELECT throws_ok('INSERT INTO credit.metric (model_version_id, performance, source, label) SELECT ' || row || ' FROM credit.metric',
	sqlstate, NULL, 'metric: ' || row)
FROM (VALUES ('-1, performance, source, label', '23503'), ('model_version_id, NULL, source, label', '23502'),
	('model_version_id, performance, source, NULL', '23502')) AS v (row, sqlstate);

SELECT * FROM finish();
ROLLBACK;
