-- Deployment: promote(), rollback() and retire(), their history and their
-- refusals; and when a score follows a promotion: at the next statement, never
-- in the middle of one.
--
-- Version n of each model here gives every applicant the margin n.
\i sql/include/tiny_models.psql
SELECT credit.import_model(name, pg_temp.constant(n)) AS version
FROM unnest(ARRAY['dep', 'other']) AS name, generate_series(1, 4) AS n ORDER BY name, n;
CREATE FUNCTION pg_temp.margin(reference text) RETURNS real
LANGUAGE sql STABLE AS $$ SELECT credit_margin('{"x": 1}'::jsonb, reference) $$;
CREATE VIEW pg_temp.history AS
SELECT m.name, d.alias, d.action, d.from_version, d.to_version,
	d.deployed_by = CURRENT_USER AS by_me, d.deployed_at BETWEEN now() - interval '1 hour' AND clock_timestamp() AS just_now
FROM credit.deployment AS d JOIN credit.model AS m USING (model_id) ORDER BY d.deployment_id;

-- Nothing is promoted by an import.
SELECT pg_temp.margin('dep');
SELECT pg_temp.failure('SELECT credit.rollback(''dep'')')
\g (format=unaligned tuples_only=on)

-- Promote; the result is the new row of the history.
SELECT alias, action, from_version, to_version, deployed_by = CURRENT_USER AS by_me FROM credit.promote('dep', 1);
SELECT pg_temp.margin('dep');
SELECT alias, action, from_version, to_version FROM credit.promote('dep', 2);
SELECT alias, action, from_version, to_version FROM credit.promote(model => 'dep', version => 3, alias => 'champion');
SELECT alias, action, from_version, to_version FROM credit.promote('dep', 4, 'challenger');
SELECT pg_temp.margin('dep') AS champion, pg_temp.margin('dep@challenger') AS challenger;
SELECT version, status, aliases FROM credit.models WHERE model = 'dep' ORDER BY version;

-- The same again says so, returns the row that made it so, and adds none.
SELECT alias, action, from_version, to_version FROM credit.promote('dep', 3);
SELECT count(*) FROM pg_temp.history;

-- Back, step by step: 3 -> 2 -> 1, then there is nothing left.
SELECT action, from_version, to_version FROM credit.rollback('dep');
SELECT pg_temp.margin('dep');
SELECT action, from_version, to_version FROM credit.rollback('dep', 'champion');
SELECT pg_temp.margin('dep');
SELECT pg_temp.failure('SELECT credit.rollback(''dep'')')
\g (format=unaligned tuples_only=on)
SELECT pg_temp.margin('dep');
-- A promotion after rollbacks is undone first; what was undone stays so.
SELECT action, from_version, to_version FROM credit.promote('dep', 4);
SELECT action, from_version, to_version FROM credit.promote('dep', 3);
SELECT action, from_version, to_version FROM credit.rollback('dep');
SELECT action, from_version, to_version FROM credit.rollback('dep');
SELECT pg_temp.margin('dep');
SELECT pg_temp.failure('SELECT credit.rollback(''dep'')')
\g (format=unaligned tuples_only=on)
-- Another alias has a history of its own, with nothing before its first.
SELECT pg_temp.failure('SELECT credit.rollback(''dep'', ''challenger'')')
\g (format=unaligned tuples_only=on)
SELECT * FROM pg_temp.history;

-- Retire: not what is in use; then not to be promoted, scored or gone back to.
SELECT pg_temp.failure('SELECT credit.retire(''dep'', 1)')
\g (format=unaligned tuples_only=on)
SELECT to_version FROM credit.promote('dep', 1, 'backup');
SELECT pg_temp.failure('SELECT credit.retire(''dep'', 1)')
\g (format=unaligned tuples_only=on)
SELECT credit.retire('dep', 3);
SELECT credit.retire('dep', 3);
SELECT version, retired_at <= clock_timestamp() AS retired, retired_by = CURRENT_USER AS by_me
FROM credit.model_version JOIN credit.model USING (model_id) WHERE name = 'dep' ORDER BY version;
SELECT status FROM credit.models WHERE model = 'dep' AND version = 3;
SELECT regexp_replace(pg_temp.failure('SELECT credit.promote(''dep'', 3)'), 'retired it at [^\n]*', 'retired it at <time>.')
\g (format=unaligned tuples_only=on)
SELECT pg_temp.failure('SELECT pg_temp.margin(''dep@3'')')
\g (format=unaligned tuples_only=on)
-- Champion 2 by way of 4, then 4 is retired: going back from 2 meets it.
SELECT from_version, to_version FROM credit.promote('other', 4);
SELECT from_version, to_version FROM credit.promote('other', 2);
SELECT credit.retire('other', 4);
SELECT regexp_replace(pg_temp.failure('SELECT credit.rollback(''other'')'), 'retired it at [^\n]*', 'retired it at <time>.')
\g (format=unaligned tuples_only=on)
SELECT pg_temp.margin('other');

-- What does not exist, and what is no name.
SELECT call, pg_temp.failure('SELECT credit.' || call) AS refusal
FROM unnest(ARRAY[
	'promote(''none'', 1)', 'promote(''dep'', 5)', 'promote(''dep'', 0)', 'promote(''dep'', -1)', 'promote(''dep@1'', 1)',
	'promote(NULL, 1)', 'promote(''dep'', NULL)', 'promote(''dep'', 1, NULL)',
	'promote(''dep'', 1, '''')', 'promote(''dep'', 1, ''1'')', 'promote(''dep'', 1, ''a b'')', 'promote(''dep'', 1, ''a@b'')',
	format('promote(''dep'', 1, %L)', repeat('a', 64)),
	'rollback(''none'')', 'rollback(''dep'', ''none'')', 'rollback(NULL)', 'rollback(''dep'', NULL)',
	'retire(''none'', 1)', 'retire(''dep'', 5)', 'retire(NULL, 1)']) WITH ORDINALITY AS c (call, place)
ORDER BY place
\g (format=unaligned fieldsep=' => ' tuples_only=on)
\set VERBOSITY sqlstate
SELECT credit.promote('none', 1);
SELECT credit.promote('dep', 3);
SELECT credit.promote('dep', 1, 'a b');
SELECT credit.promote('dep', NULL);
SELECT credit.retire('dep', NULL);
SELECT credit.rollback('dep');
SELECT credit.retire('dep', 1);
\set VERBOSITY default

-- A name at the edge of what is allowed.
SELECT alias = repeat('a', 63) AS long_alias FROM credit.promote('dep', 1, repeat('a', 63));
SELECT pg_temp.margin('dep@' || repeat('a', 63));

-- The promotion of one's own transaction counts at its next statement, and is
-- gone after ROLLBACK and ROLLBACK TO SAVEPOINT, with its history.
SELECT count(*) AS entries FROM pg_temp.history \gset
BEGIN;
SELECT to_version FROM credit.promote('dep', 2);
SELECT pg_temp.margin('dep') AS promoted;
SAVEPOINT s;
SELECT to_version FROM credit.promote('dep', 4);
SELECT pg_temp.margin('dep') AS promoted_again;
ROLLBACK TO SAVEPOINT s;
SELECT pg_temp.margin('dep') AS back_to_savepoint;
SELECT to_version FROM credit.rollback('dep');
SELECT pg_temp.margin('dep') AS rolled_back;
RELEASE SAVEPOINT s;
SELECT pg_temp.margin('dep') AS released;
ROLLBACK;
SELECT pg_temp.margin('dep') AS after_rollback, count(*) - :entries AS new_entries FROM pg_temp.history;
-- So are an import and a retirement.
BEGIN;
SELECT credit.import_model('dep', pg_temp.constant(5));
SELECT pg_temp.margin('dep@5');
SELECT credit.retire('dep', 2);
ROLLBACK;
SELECT pg_temp.failure('SELECT pg_temp.margin(''dep@5'')')
\g (format=unaligned tuples_only=on)
SELECT pg_temp.margin('dep@2');

-- Plans that live on: prepared statements and PL/pgSQL, whichever kind of plan
-- they have, follow at their next execution.
CREATE FUNCTION pg_temp.in_plpgsql() RETURNS real
LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN credit_margin('{"x": 1}'::jsonb, 'dep'); END $$;
CREATE FUNCTION pg_temp.expression(reference text) RETURNS real
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	result real;
BEGIN
	result := credit_margin('{"x": 1}'::jsonb, reference);
	RETURN result;
END $$;
PREPARE constant AS SELECT credit_margin('{"x": 1}'::jsonb, 'dep') AS constant;
PREPARE parameter(text) AS SELECT credit_margin('{"x": 1}'::jsonb, $1) AS parameter;
PREPARE a_row(text) AS SELECT credit_margin(a, $1) AS a_row FROM (VALUES (1)) AS a (x);
CREATE FUNCTION pg_temp.all_of_them() RETURNS TABLE (how text, margin real)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	how := 'prepared, constant'; EXECUTE 'EXECUTE constant' INTO margin; RETURN NEXT;
	how := 'prepared, parameter'; EXECUTE 'EXECUTE parameter(''dep'')' INTO margin; RETURN NEXT;
	how := 'prepared, row'; EXECUTE 'EXECUTE a_row(''dep'')' INTO margin; RETURN NEXT;
	how := 'PL/pgSQL'; margin := pg_temp.in_plpgsql(); RETURN NEXT;
	how := 'PL/pgSQL, parameter'; margin := pg_temp.expression('dep'); RETURN NEXT;
END $$;
SET plan_cache_mode = force_generic_plan;
SELECT * FROM pg_temp.all_of_them();
SELECT to_version FROM credit.promote('dep', 2);
SELECT * FROM pg_temp.all_of_them();
SET plan_cache_mode = force_custom_plan;
SELECT * FROM pg_temp.all_of_them();
SELECT to_version FROM credit.promote('dep', 4);
SELECT * FROM pg_temp.all_of_them();
RESET plan_cache_mode;
EXECUTE constant;
EXECUTE parameter('dep');
EXECUTE parameter('dep@1');
SELECT to_version FROM credit.rollback('dep');
EXECUTE constant;
EXECUTE parameter('dep');
EXECUTE a_row('dep');
DEALLOCATE ALL;

-- A cursor goes on with the version it began with; WITH HOLD, even past the
-- commit.
BEGIN;
DECLARE held CURSOR WITH HOLD FOR SELECT credit_margin(jsonb_build_object('x', n), 'dep') FROM generate_series(1, 3) AS n;
FETCH 1 FROM held;
DECLARE c CURSOR FOR SELECT n, pg_temp.margin('dep'), credit_margin(jsonb_build_object('x', n), 'dep') FROM generate_series(1, 4) AS n;
FETCH 2 FROM c;
SELECT to_version FROM credit.promote('dep', 4);
FETCH 1 FROM c;
SELECT pg_temp.margin('dep') AS outside;
FETCH 1 FROM c;
COMMIT;
FETCH ALL FROM held;
CLOSE held;
-- One opened before the promotion, but not read: its snapshot counts.
BEGIN;
DECLARE c CURSOR FOR SELECT credit_margin(jsonb_build_object('x', n), 'dep') FROM generate_series(1, 2) AS n;
SELECT to_version FROM credit.promote('dep', 1);
FETCH ALL FROM c;
ROLLBACK;

-- A statement that promotes between its rows scores all of them with the
-- version it began with.
CREATE FUNCTION pg_temp.promote_in_passing(version int) RETURNS int
LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN (credit.promote('dep', version)).to_version; END $$;
SELECT n, credit_margin(jsonb_build_object('x', n), 'dep') AS margin, pg_temp.promote_in_passing(n) AS promoted,
	credit_margin(jsonb_build_object('x', n), 'dep') AS margin_after
FROM generate_series(1, 2) AS n ORDER BY n;
SELECT pg_temp.margin('dep') AS next_statement;
-- But a volatile function's own statements are statements of their own.
CREATE FUNCTION pg_temp.promote_and_score(version int) RETURNS real
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM credit.promote('dep', version);
	RETURN credit_margin('{"x": 1}'::jsonb, 'dep');
END $$;
SELECT n, pg_temp.promote_and_score(n) AS margin FROM (VALUES (1), (4), (1)) AS v (n);

-- REPEATABLE READ sees its own promotion as well.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.margin('dep');
SELECT to_version FROM credit.promote('dep', 2);
SELECT pg_temp.margin('dep');
ROLLBACK;
SELECT pg_temp.margin('dep');

-- There a rolled-back promotion leaves no trace either, although the snapshot
-- stays the same: after ROLLBACK TO SAVEPOINT, and after an exception block.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.margin('dep') AS before;
SAVEPOINT s;
SELECT to_version FROM credit.promote('dep', 2);
SELECT pg_temp.margin('dep') AS inside;
ROLLBACK TO SAVEPOINT s;
SELECT pg_temp.margin('dep') AS after;
COMMIT;
CREATE FUNCTION pg_temp.around_an_exception() RETURNS real[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	seen real[];
BEGIN
	seen := seen || credit_margin('{"x": 1}'::jsonb, 'dep');
	BEGIN
		PERFORM credit.promote('dep', 2);
		seen := seen || credit_margin('{"x": 1}'::jsonb, 'dep');
		RAISE EXCEPTION 'back';
	EXCEPTION WHEN raise_exception THEN
		seen := seen || credit_margin('{"x": 1}'::jsonb, 'dep');
	END;
	RETURN seen || credit_margin('{"x": 1}'::jsonb, 'dep');
END $$;
SELECT pg_temp.around_an_exception() AS read_committed;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT pg_temp.around_an_exception() AS serializable;
COMMIT;

-- A read-only transaction scores and cannot promote.
BEGIN READ ONLY;
SELECT pg_temp.margin('dep');
\set VERBOSITY sqlstate
SELECT credit.promote('dep', 2);
\set VERBOSITY default
ROLLBACK;

DROP VIEW pg_temp.history;
\i sql/include/empty_registry.psql
