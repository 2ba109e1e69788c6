-- Arms: a split gives a share of the subjects to a challenger, always the same
-- ones; a shadow is scored beside, without effect.  Both end; history stays.
--
-- Version n of the model gives the margin n.
\i sql/include/tiny_models.psql
SELECT credit.import_model('m', pg_temp.constant(n)) FROM generate_series(1, 4) AS n;
SELECT to_version FROM credit.promote('m', 1);
SELECT to_version FROM credit.promote('m', 2, 'challenger');
SELECT version FROM credit.set_policy('m', '{"measure": "points", "approve": 400}');

-- The place of a subject, by PostgreSQL's own SHA-256 of model, salt and
-- subject: the first 53 bits as a fraction.
SELECT subject, credit.arm_position('m', 'challenger', subject) AS place,
	(('x' || encode(substr(sha256(convert_to('m', 'UTF8') || '\x00' || convert_to('challenger', 'UTF8') || '\x00' || convert_to(subject, 'UTF8')), 1, 8), 'hex'))::bit(64) >> 11)::bigint / 2 ^ 53
		= credit.arm_position('m', 'challenger', subject) AS equal
FROM unnest(ARRAY['', 'a', 'subject 1', 'subject 2']) AS subject;
SELECT credit.arm_position('m', NULL, 'a') IS NULL AS null;

-- A split of a fifth.
CREATE VIEW pg_temp.decided AS SELECT subject, version, arm, split_id, margin, shadow_version, shadow_margin, shadow_score, shadow_outcome, shadow_error FROM credit.decision;
SELECT kind, challenger, share, salt, routed_by = CURRENT_USER AS by_me FROM credit.split('m', 'challenger', 0.2);
SELECT count(*) FROM generate_series(1, 1000) AS i, credit_decide('subject ' || i, '{"x": 1}'::jsonb);
SELECT arm, version, margin, split_id, count(*), bool_and((credit.arm_position('m', 'challenger', subject) < 0.2) = (arm = 'challenger')) AS as_placed
FROM pg_temp.decided GROUP BY 1, 2, 3, 4 ORDER BY 1;
-- Asked again, the same arm; a greater share keeps the challenger's subjects.
SELECT share FROM credit.split('m', 'challenger', 0.5);
SELECT first.arm AS first, again.arm AS again, count(*) FROM generate_series(1, 1000) AS i,
	credit_decide('subject ' || i, '{"x": 1}'::jsonb) AS again JOIN pg_temp.decided AS first USING (subject)
WHERE first.split_id = 1 GROUP BY 1, 2 ORDER BY 1, 2;
-- Another salt gives other subjects; a version by its number; all and none.
SELECT challenger, share, salt FROM credit.split('m', '03', 0.2, 'second');
SELECT arm, version FROM credit_decide('subject 1', '{"x": 1}'::jsonb);
SELECT challenger, share, salt FROM credit.split('m', '3', 1);
SELECT DISTINCT arm, version FROM generate_series(1, 20) AS i, credit_decide('s ' || i, '{"x": 1}'::jsonb);
SELECT challenger, share, salt FROM credit.split('m', '3', 0);
SELECT DISTINCT arm, version FROM generate_series(1, 20) AS i, credit_decide('s ' || i, '{"x": 1}'::jsonb);
-- Who names a version or an alias is not split.
SELECT share FROM credit.split('m', 'challenger', 1);
SELECT reference, arm, version, split_id IS NULL AS unsplit FROM unnest(ARRAY['m', 'm@champion', 'm@3']) AS reference, credit_decide('s', '{"x": 1}'::jsonb, reference);
-- The alias moves, and the arm with it.
SELECT to_version FROM credit.promote('m', 4, 'challenger');
SELECT arm, version FROM credit_decide('s', '{"x": 1}'::jsonb);
SELECT kind, challenger, share, salt FROM credit.split('m', NULL);
SELECT arm, version, split_id FROM credit_decide('s', '{"x": 1}'::jsonb);

-- A shadow.
SELECT kind, challenger, share, salt FROM credit.shadow('m', '3');
SELECT arm, version, margin, shadow_version, shadow_margin, shadow_outcome, shadow_error FROM credit_decide('s', '{"x": 1}'::jsonb);
SELECT d.shadow_pd = credit_pd('{"x": 1}'::jsonb, 'm@3') AS pd, d.shadow_score = credit_score('{"x": 1}'::jsonb, 'm@3') AS score FROM credit_decide('s', '{"x": 1}'::jsonb) AS d;
-- With a split too; and it is beside whatever version decides.
SELECT share FROM credit.split('m', 'challenger', 1);
SELECT arm, version, shadow_version FROM credit_decide('s', '{"x": 1}'::jsonb);
SELECT arm, version, shadow_version FROM credit_decide('s', '{"x": 1}'::jsonb, 'm@2');
SELECT kind FROM credit.split('m', NULL);
-- One that needs what the applicant does not have: the decision stands.
SELECT credit.import_model('m', pg_temp.json(pg_temp.model('{x,y}', '{q,q}', pg_temp.stump(1, 0, 1, 2))));
SELECT challenger FROM credit.shadow('m', '5');
SELECT version, outcome, shadow_version, shadow_margin, shadow_error FROM credit_decide('s', '{"x": 1}'::jsonb);
SELECT count(*), count(shadow_error) AS errors, count(shadow_margin) AS shadows FROM generate_series(1, 100) AS i,
	credit_decide('s', CASE WHEN i % 2 = 0 THEN '{"x": 1}' ELSE '{"x": 1, "y": 1}' END::jsonb);
SELECT kind, challenger FROM credit.shadow('m', NULL);
SELECT shadow_version, shadow_error FROM credit_decide('s', '{"x": 1}'::jsonb);

-- A version in use is not retired; one that was is.
SELECT challenger FROM credit.shadow('m', '3');
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.failure('SELECT credit.retire(''m'', 3)');
SELECT kind FROM credit.shadow('m', NULL);
SELECT challenger FROM credit.split('m', '3', 0.1);
SELECT pg_temp.failure('SELECT credit.retire(''m'', 3)');
SELECT kind FROM credit.split('m', NULL);
SELECT credit.retire('m', 3);
-- What is refused.
SELECT pg_temp.failure('SELECT credit.split(''m'', ''3'', 0.1)');
SELECT pg_temp.failure('SELECT credit.shadow(''m'', ''3'')');
SELECT pg_temp.failure('SELECT credit.split(''m'', ''9'', 0.1)');
SELECT pg_temp.failure('SELECT credit.split(''m'', ''none'', 0.1)');
SELECT pg_temp.failure('SELECT credit.split(''none'', ''challenger'', 0.1)');
SELECT pg_temp.failure('SELECT credit.split(''m'', ''challenger'')');
SELECT pg_temp.failure('SELECT credit.split(''m'', NULL, 0.1)');
SELECT pg_temp.failure('SELECT credit.split(''m'', ''challenger'', 1.5)');
SELECT pg_temp.failure('SELECT credit.split(''m'', ''challenger'', ''NaN'')');
SELECT pg_temp.failure('SELECT credit.split(''m'', ''challenger'', -0.1)');
SELECT pg_temp.failure('SELECT credit.shadow(NULL, ''challenger'')');
SELECT pg_temp.failure('UPDATE credit.routing SET share = 1');
SELECT pg_temp.failure('TRUNCATE credit.routing');
\pset format aligned
\pset tuples_only off
SELECT routing_id, kind, challenger, share, salt FROM credit.routing ORDER BY routing_id;
DROP VIEW pg_temp.decided;
\i sql/include/empty_registry.psql
