# Nothing of the extension is resolved where others may create.  A schema is
# filled with traps: for every operator, function, relation and type of
# pg_catalog whose name the script uses, one that matches other types of
# argument better, or shadows it.  The extension is installed there, by the
# schema's owner and by a superuser; no part of it may depend on a trap, and no
# trap may run when a superuser calls its functions with the traps first in
# the path.  Then the schema is renamed, and baselines and monitors go on.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\ntrack_functions = all\nfsync = off");
$node->start;

# -------- what the script uses --------

my $version = $node->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'pg_credit'});
my $script = slurp_bytes($node->config_data('--sharedir') . "/extension/pg_credit--$version.sql");
$script =~ s/--.*$//mg;
my %words = map { lc $_ => 1 } $script =~ /[A-Za-z_][A-Za-z_0-9]*/g;
my %operators = map { $_ => 1 } $script =~ m{([-+*/<>=~!@#%^&|?]+)}g;

# Those that the grammar puts in: IN, BETWEEN, LIKE, IS DISTINCT FROM, CASE.
$operators{$_} = 1 for qw(= <> < <= > >= ~~ !~~ ~~* !~~*);
cmp_ok(scalar(keys %words), '>', 1000, 'the script uses names');
my $words = join ', ', map { "('$_')" } sort keys %words;
my $operators = join ', ', map { "('$_')" } sort keys %operators;

# -------- the traps --------

# RAISE LOG is in the server's log whatever becomes of the transaction.
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN; CREATE DATABASE traps TEMPLATE template0; ALTER DATABASE traps OWNER TO mallory');
$node->safe_psql(
	'traps', qq{
	CREATE SCHEMA trigger_of_traps AUTHORIZATION mallory;
	CREATE SCHEMA mine AUTHORIZATION mallory;
	SET ROLE mallory;
	SET check_function_bodies = off;
	CREATE FUNCTION trigger_of_traps.spring(what text) RETURNS boolean LANGUAGE plpgsql AS \$\$
	BEGIN
		RAISE LOG 'trap sprung: %', what;
		RETURN true;
	END \$\$;
	CREATE TEMPORARY TABLE word AS SELECT * FROM (VALUES $words) AS v (word);
	CREATE TEMPORARY TABLE operator AS SELECT * FROM (VALUES $operators) AS v (name);
	INSERT INTO word VALUES ('int2'), ('int4'), ('int8'), ('float4'), ('float8'), ('bool'), ('timestamptz'), ('char'),
		('varchar'), ('oid'), ('name'), ('regtype'), ('regclass'), ('regprocedure'),
		('_text'), ('_int4'), ('_int8'), ('_float8'), ('_oid'), ('_name'), ('_regtype'), ('record');
	CREATE TEMPORARY TABLE type AS
	SELECT DISTINCT t.oid::regtype AS type FROM pg_type AS t JOIN word ON typname = word
	WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'p') AND typcategory NOT IN ('G', 'Z', 'I', 'V')
		AND typname NOT IN ('regproc', 'json', 'xml', 'money', 'tid', 'xid', 'cid', 'xid8', 'pg_lsn', 'tsquery', 'tsvector', 'uuid', 'time', 'timetz', 'refcursor')
		AND (typtype = 'b' OR typname = 'record');
}
	  . q{
	DO $do$
	DECLARE
		trap record;
	BEGIN
		-- Operators: every pair of types, and each alone as a prefix.
		FOR trap IN
			SELECT DISTINCT l.type AS l, r.type AS r, CASE WHEN b.all_boolean THEN 'boolean'::regtype
				ELSE coalesce(e.oprresult::regtype, nullif(l.type, 'record'::regtype), 'text'::regtype) END AS result, o.name
			FROM operator AS o
			JOIN (SELECT oprname, bool_and(oprresult = 'boolean'::regtype) AS all_boolean FROM pg_operator GROUP BY 1) AS b
				ON b.oprname = o.name
			CROSS JOIN type AS l CROSS JOIN type AS r
			LEFT JOIN pg_operator AS e ON e.oprname = o.name AND e.oprleft = l.type AND e.oprright = r.type
		LOOP
			IF to_regprocedure(format('mine.%I(%s, %s)', 'op ' || trap.result, trap.l, trap.r)) IS NULL THEN
				EXECUTE format($f$CREATE FUNCTION mine.%I(l %s, r %s) RETURNS %s LANGUAGE plpgsql
					AS 'BEGIN RAISE LOG ''trap sprung: operator''; RETURN NULL; END'$f$, 'op ' || trap.result, trap.l, trap.r, trap.result);
			END IF;
			EXECUTE format('CREATE OPERATOR mine.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = mine.%I)',
				trap.name, trap.l, trap.r, 'op ' || trap.result);
		END LOOP;
		-- Functions: each signature of pg_catalog, and what differs from it in one argument.
		FOR trap IN
			SELECT DISTINCT ON (1, 2) p.proname AS name, (SELECT string_agg(CASE WHEN i = changed THEN t.type ELSE a END::regtype::text, ', ' ORDER BY i)
					FROM unnest(p.arguments) WITH ORDINALITY AS u (a, i)) AS arguments
			FROM (SELECT proname, CASE WHEN provariadic = '"any"'::regtype THEN ARRAY(SELECT CASE WHEN a = '"any"'::regtype THEN 'text'::regtype ELSE a END
						FROM unnest(proargtypes) AS a) ELSE ARRAY(SELECT a::regtype FROM unnest(proargtypes) AS a) END AS arguments
				FROM pg_proc JOIN word ON proname = word
				WHERE pronamespace = 'pg_catalog'::regnamespace AND pronargs < 7) AS p
			CROSS JOIN type AS t CROSS JOIN generate_series(0, cardinality(p.arguments)) AS changed
			WHERE NOT arguments && ARRAY['internal', 'cstring', '"any"', 'anyenum', 'anyrange', 'anymultirange']::regtype[]
		LOOP
			EXECUTE format($f$CREATE OR REPLACE FUNCTION mine.%I(%s) RETURNS text LANGUAGE plpgsql
				AS 'BEGIN RAISE LOG ''trap sprung: function %s''; RETURN NULL; END'$f$, trap.name, trap.arguments, trap.name);
		END LOOP;
		-- Relations and types by the names of pg_catalog's and of the script's.
		FOR trap IN
			SELECT relname AS name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
			FROM word JOIN pg_class AS c ON relname = word JOIN pg_attribute AS a ON a.attrelid = c.oid
			WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0 AND atttypid <> 'anyarray'::regtype
			GROUP BY relname
		LOOP
			EXECUTE format('CREATE VIEW mine.%1$I AS SELECT %2$s FROM pg_catalog.%1$I WHERE trigger_of_traps.spring(%1$L)', trap.name, trap.columns);
		END LOOP;
		FOR trap IN SELECT type, typname FROM type JOIN pg_type AS p ON p.oid = type WHERE typtype = 'b'
			AND NOT EXISTS (SELECT FROM pg_type AS q WHERE q.typname = p.typname AND q.typnamespace = 'mine'::regnamespace)
		LOOP
			EXECUTE format('CREATE DOMAIN mine.%I AS %s CHECK (trigger_of_traps.spring(%L))', trap.typname, trap.type, trap.typname);
		END LOOP;
	END $do$;
	CREATE TABLE mine.applicant (x double precision, bad boolean, at timestamptz);
	INSERT INTO mine.applicant SELECT i / 100.0, i % 3 = 0, now() - interval '90 minutes' FROM generate_series(1, 200) AS i;
	ANALYZE mine.applicant});
note($node->safe_psql('traps', q{SELECT count(*) || ' functions' FROM pg_proc WHERE pronamespace = 'mine'::regnamespace
	UNION ALL SELECT string_agg(typname, ' ') FROM pg_type WHERE typnamespace = 'mine'::regnamespace AND typtype = 'd'
	UNION ALL SELECT count(*) || ' operators' FROM pg_operator WHERE oprnamespace = 'mine'::regnamespace}));
cmp_ok($node->safe_psql('traps', q{SELECT count(*) FROM pg_operator WHERE oprnamespace = 'mine'::regnamespace}),
	'>', 10000, 'the traps are set');
my $at = -s $node->logfile;
$node->safe_psql('traps', q{SELECT 1::bigint OPERATOR(mine.=) 1::integer});
like(substr(slurp_bytes($node->logfile), $at), qr/trap sprung: operator/, 'a trap says when it runs');

# -------- what must not be there --------

my $member = q{SELECT d.objid FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'};
my $captured = qq{
	SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0)
	FROM pg_depend AS d
	WHERE d.deptype = 'n' AND (d.refclassid, d.refobjid) IN (
			SELECT 'pg_proc'::regclass::oid, oid FROM pg_proc WHERE pronamespace = 'mine'::regnamespace AND oid NOT IN ($member)
			UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oprnamespace = 'mine'::regnamespace
			UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace = 'mine'::regnamespace
			UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace = 'mine'::regnamespace)
		AND d.classid <> 'pg_operator'::regclass
		AND d.objid NOT IN (SELECT oid FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = 'mine'::regnamespace))
		AND d.objid NOT IN (SELECT oid FROM pg_proc WHERE pronamespace = 'mine'::regnamespace AND oid NOT IN ($member))
	ORDER BY 1};
my $unpinned = qq{
	SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
	WHERE p.oid IN ($member) AND p.prokind <> 'p' AND p.prosqlbody IS NULL AND l.lanname IN ('sql', 'plpgsql')
		AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(p.proconfig, '{}'))};
my $elsewhere = qq{
	SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.oid IN ($member)
		AND pronamespace NOT IN ('credit'::regnamespace, 'mine'::regnamespace)
	UNION ALL SELECT NULL FROM pg_class AS c WHERE c.oid IN ($member) AND relnamespace <> 'credit'::regnamespace};

# Calls without an operator or an unqualified name: those would be the caller's.
my $calls = import_sql('m', stump(1), '{"reasons": {"x": {"code": "X", "text": "x"}}}')
  . import_sql('m', stump(2), '{"reasons": {"x": {"code": "X", "text": "x"}}}')
  . import_sql('b', stump(1), '{"reasons": {"x": {"code": "X", "text": "x"}}, "reason_baseline": "barely_passing"}')
  . import_sql('g', stump(1), '{"monotone": {"x": "increasing"}}')
  . q{
	SELECT credit.promote('m', 1);
	SELECT credit.promote('m', 2);
	SELECT credit.rollback('m');
	SELECT credit.set_baseline('b@1', 'mine.applicant', 0, 1000);
	SELECT * FROM credit.verify_model('m');
	SELECT * FROM credit.describe_model('m');
	SELECT credit.export_model('m');
	SELECT * FROM credit.monotonicity('m');
	SELECT * FROM credit.model_facts('m');
	SELECT * FROM credit.feature_facts('m');
	SELECT * FROM credit.tree_nodes('m');
	SELECT * FROM credit.models;
	SELECT credit.set_policy('m', '{"measure": "points", "approve": 0}');
	SELECT credit.shadow('m', '2');
	SELECT credit.split('m', '2', 0.5);
	SELECT credit.set_retention();
	SELECT mine.credit_score('{"x": 0}'::pg_catalog.jsonb, 'm'), mine.credit_pd('{"x": 0}'::pg_catalog.jsonb, 'm'),
		mine.credit_margin('{"x": 0}'::pg_catalog.jsonb, 'm'), mine.credit_contributions('{"x": 0}'::pg_catalog.jsonb, 'm');
	SELECT credit.score_row(a, 'm'), credit.pd_row(a, 'm'), credit.margin_row(a, 'm'), credit.contributions_row(a, 'm') FROM mine.applicant AS a;
	SELECT * FROM mine.credit_explain('{"x": 0}'::pg_catalog.jsonb, 'm');
	SELECT * FROM mine.credit_reasons('{"x": 0}'::pg_catalog.jsonb, 'm');
	SELECT d.decision_id FROM mine.applicant AS a, mine.credit_decide('s', '{"x": 0}'::pg_catalog.jsonb, 'm') AS d;
	SELECT credit.record_outcome_for('s', true);
	SELECT d.decision_id, r.* FROM credit.decision AS d, credit.replay(d.decision_id) AS r;
	SELECT * FROM credit.maintain();
	SELECT * FROM credit.verify_log();
	SELECT * FROM credit.compare_arms('m');
	SELECT credit.set_drift_baseline('m', 'mine.applicant');
	SELECT credit.set_drift_baseline('m@2', 'mine.applicant');
	SELECT * FROM mine.drift_report('mine.applicant', 'm');
	SELECT * FROM mine.drift_report('mine.applicant', NULL, 'mine.applicant');
	SELECT mine.drift_ks('mine.applicant', '(score)', NULL, 'm'), mine.drift_chi2('mine.applicant', 'x', NULL, 'm'),
		mine.drift_psi('mine.applicant', 'x', NULL, 'm'), mine.drift_js('mine.applicant', 'x', NULL, 'm'),
		mine.drift_wasserstein('mine.applicant', 'x', NULL, 'm');
	SELECT credit.evaluate('m', 'mine.applicant', 'bad');
	SELECT credit.set_validation('m', 'mine.applicant', 'bad');
	SELECT credit.create_monitor('w', 'mine.applicant', 'm', 'at', '1 hour', '{"label": "bad", "min_rows": 10}');
	SELECT credit.change_monitor('w', '{"retrain": true}');
	SELECT credit.arm_monitor('w', 'HOURS_AGO');
	SELECT * FROM credit.run_monitor('w', 2);
	SELECT * FROM credit.run_due_monitors(2);
	SELECT * FROM credit.health();
	SELECT credit.disarm_monitor('w');
	SELECT credit.drop_monitor('w');
	SELECT credit.grant_access('mallory', 'score');
	SELECT credit.revoke_access('mallory');
	SELECT credit.retire('b', 1);
};

my $hours_ago = $node->safe_psql('postgres', "SELECT now() - interval '3 hours'");
$calls =~ s/HOURS_AGO/$hours_ago/;

# Every function of the extension once with nulls, whatever it says to that.
my $with_nulls = qq{
	SELECT format('SELECT %I.%I(%s);', n.nspname, p.proname, (SELECT string_agg(format('NULL::%I.%I', tn.nspname, t.typname), ', ' ORDER BY i)
		FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, i)
		JOIN pg_type AS t ON t.oid = CASE WHEN type = '"any"'::regtype THEN 'pg_catalog.float8'::regtype ELSE type END
		JOIN pg_namespace AS tn ON tn.oid = t.typnamespace))
	FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
	WHERE p.oid IN ($member) AND prokind = 'f' AND prorettype <> ALL (ARRAY['trigger', 'internal']::regtype[])
		AND NOT 'internal'::regtype = ANY (proargtypes)};

for my $case ([ 'trusted', 'mallory', 'installed by the owner of the schema' ],
	[ 'shared', 'postgres', 'installed by a superuser' ])
{
	my ($db, $role, $name) = @$case;

	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE traps");
	$node->safe_psql('postgres', "ALTER DATABASE $db OWNER TO mallory");
	$at = -s $node->logfile;
	is($node->psql($db, 'CREATE EXTENSION pg_credit SCHEMA mine', extra_params => [ '-U', $role ]), 0, $name)
	  or next;
	is($node->safe_psql($db, $captured), '', "$name, nothing depends on a trap");
	is($node->safe_psql($db, $unpinned), '', "$name, every body that is parsed later sets its path");
	is($node->safe_psql($db, $elsewhere), '', "$name, nothing went to another schema");

	# Overloads for the rows of one table, which match better than ours.
	$node->safe_psql(
		$db, join '',
		map { "CREATE FUNCTION mine.credit_$_->[0](mine.applicant, text) RETURNS $_->[1] LANGUAGE plpgsql
			AS 'BEGIN RAISE LOG ''trap sprung: overload''; RETURN NULL; END';" }
		  ([ 'score', 'integer' ], [ 'pd', 'float8' ], [ 'margin', 'real' ], [ 'contributions', 'real[]' ]));

	my ($status, $out, $errors) = $node->psql($db,
		"SET search_path = mine, pg_catalog, credit;\n$calls", on_error_stop => 0);
	is(join("\n", $errors =~ /(ERROR: .*)/g), '', "$name, calls do what they should");
	$node->psql($db, "SET search_path = mine, pg_catalog, credit;\n" . $node->safe_psql($db, $with_nulls), on_error_stop => 0);
	my $log = substr(slurp_bytes($node->logfile), $at);
	is(join("\n", $log =~ /(trap sprung: .*)/g), '', "$name, no trap runs");
	is( $node->safe_psql(
			$db, qq{
			SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
			WHERE p.oid IN ($member) AND lanname = 'plpgsql' AND prorettype <> 'trigger'::regtype
				AND p.oid NOT IN (SELECT funcid FROM pg_stat_user_functions) ORDER BY 1}),
		'', "$name, every PL/pgSQL function ran");
}

# -------- the schema gets another name --------

BAIL_OUT('the extension is not installed')
  if $node->safe_psql('trusted', 'SELECT count(*) FROM pg_extension') == 1;

$node->safe_psql('trusted', 'ALTER SCHEMA mine RENAME TO renamed');
$at = -s $node->logfile;
is($node->safe_psql('trusted', q{SELECT credit.set_drift_baseline('m', 'renamed.applicant')}), '2', 'a renamed schema: baseline with the score');
is($node->safe_psql('trusted', q{SELECT count(*) FROM renamed.drift_report('renamed.applicant', 'm') WHERE feature IN ('x', '(score)')}),
	'2', 'drift report');
like($node->safe_psql('trusted', q{SELECT n FROM credit.evaluate('m', 'renamed.applicant', 'bad')}), qr/^200$/, 'evaluate');
is( $node->safe_psql(
		'trusted', q{
		SELECT credit.create_monitor('after', 'renamed.applicant', 'm', 'at', '1 hour', '{"min_rows": 10}');
		SELECT credit.arm_monitor('after', (SELECT min(at) FROM renamed.applicant));
		SELECT sum(n), count(error) FROM credit.run_monitor('after')}) =~ s/.*\n//sr,
	'200|0', 'monitor');
unlike(substr(slurp_bytes($node->logfile), $at), qr/trap sprung/, 'and still no trap runs');

done_testing();
