-- Policies: cut-offs and bands in points or probabilities; every value is in
-- one band, or the policy is refused; the newest is in force and the older stay.
\i sql/include/tiny_models.psql
SELECT credit.import_model('m', pg_temp.constant(0));
-- credit.set_policy() returns the row; its bands.
SELECT version, measure, bounds, outcomes, grades, set_by = CURRENT_USER AS by_me FROM credit.set_policy('m', '{"measure": "points", "approve": 620}');
SELECT version, measure, bounds, outcomes FROM credit.set_policy('m', '{"measure": "points", "approve": 620, "refer": 580}');
SELECT version, measure, bounds, outcomes FROM credit.set_policy('m', '{"measure": "pd", "approve": 0.05}');
SELECT version, measure, bounds, outcomes FROM credit.set_policy('m', '{"measure": "pd", "approve": 0.05, "refer": 0.1}');
SELECT version, measure, bounds, outcomes FROM credit.set_policy('m', '{"measure": "pd", "approve": 0.05, "refer": 0.05}');
SELECT version, bounds, outcomes, grades FROM credit.set_policy('m', '{"measure": "points", "bands": [{"outcome": "refer"}]}');
SELECT version, bounds, outcomes, grades FROM credit.set_policy('m', '{"measure": "points", "bands": [
	{"below": 500, "outcome": "decline", "grade": "E"},
	{"from": 500, "below": 540.5, "outcome": "refer"},
	{"from": 540.5, "below": 600, "outcome": "approve", "grade": "B"},
	{"from": 600, "outcome": "approve", "grade": "A"}]}');
SELECT version, in_force, measure, from_value, below_value, outcome, grade FROM credit.policies ORDER BY version, from_value NULLS FIRST;

-- A value on a border is in the band above it: tested on the score, and on the
-- probability that it has.
CREATE FUNCTION pg_temp.decided(measure text, border float8) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM credit.set_policy('m', jsonb_build_object('measure', measure, 'bands', jsonb_build_array(
		jsonb_build_object('below', border, 'outcome', 'decline'), jsonb_build_object('from', border, 'outcome', 'approve'))));
	RETURN (credit_decide('s', '{"x": 1}'::jsonb)).outcome;
END
$$;
SELECT to_version FROM credit.promote('m', 1);
SELECT credit_score('{"x": 1}'::jsonb) AS score, credit_pd('{"x": 1}'::jsonb) AS pd;
SELECT border, pg_temp.decided('points', border) FROM unnest(ARRAY[486, 487, 488]) AS border;
SELECT border, pg_temp.decided('pd', border) FROM unnest(ARRAY[0.49999999, 0.5, 0.5000000000000001]) AS border;

-- What is refused.
CREATE FUNCTION pg_temp.refused(policy text) RETURNS text
LANGUAGE sql AS $$ SELECT pg_temp.failure(format('SELECT credit.set_policy(''m'', %L)', policy)) $$;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.refused(NULL);
SELECT pg_temp.refused('[]');
SELECT pg_temp.refused('"bands"');
SELECT pg_temp.refused('{"approve": 620}');
SELECT pg_temp.refused('{"measure": "rating", "approve": 620}');
SELECT pg_temp.refused('{"measure": "points"}');
SELECT pg_temp.refused('{"measure": "points", "approve": 620, "bands": []}');
SELECT pg_temp.refused('{"measure": "points", "approve": 620, "decline": 5}');
SELECT pg_temp.refused('{"measure": "points", "approve": "620"}');
SELECT pg_temp.refused('{"measure": "points", "approve": null}');
SELECT pg_temp.refused('{"measure": "points", "approve": 580, "refer": 620}');
SELECT pg_temp.refused('{"measure": "pd", "approve": 0.1, "refer": 0.05}');
SELECT left(pg_temp.refused('{"measure": "points", "approve": 1e999}'), 6);
SELECT pg_temp.refused('{"measure": "points", "bands": {}}');
SELECT pg_temp.refused('{"measure": "points", "bands": []}');
SELECT pg_temp.refused('{"measure": "points", "bands": [1]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "maybe"}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"grade": "A"}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "approve", "grade": 1}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "approve", "to": 1}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "approve", "from": 1}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "decline", "below": 1}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "decline"}, {"outcome": "approve", "from": 1}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "decline", "below": 1}, {"outcome": "approve"}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "decline", "below": 1}, {"outcome": "approve", "from": 2}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "decline", "below": 2}, {"outcome": "approve", "from": 1}]}');
SELECT pg_temp.refused('{"measure": "points", "bands": [{"outcome": "decline", "below": 2}, {"outcome": "refer", "from": 2, "below": 2}, {"outcome": "approve", "from": 2}]}');
SELECT pg_temp.failure('SELECT credit.set_policy(''none'', ''{"measure": "points", "approve": 1}'')');
SELECT pg_temp.failure('SELECT credit.set_policy(NULL, ''{"measure": "points", "approve": 1}'')');
SELECT pg_temp.failure('UPDATE credit.policy SET bounds = ''{1}''');
SELECT pg_temp.failure('DELETE FROM credit.policy');
\pset format aligned
\pset tuples_only off
SELECT max(version) AS nothing_was_added FROM credit.policy;
\i sql/include/empty_registry.psql
