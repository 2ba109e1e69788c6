# The extension is trusted: a role that may create in the database installs
# it, uses all of it, passes single rights on, cannot rewrite history, and
# takes it away again.  Any schema will do, but "credit" must be free.
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
$node->append_conf('postgresql.conf', 'log_statement = none');
$node->start;
$node->safe_psql(
	'postgres', q{
	CREATE ROLE dba LOGIN; CREATE ROLE app LOGIN; CREATE ROLE "Other Dba" LOGIN;
	CREATE DATABASE lending TEMPLATE template0;
	GRANT CREATE ON DATABASE lending TO dba;
});

# Everything that a database has, but what initdb made.
my $inventory = q{
	SELECT string_agg(o, E'\n' ORDER BY o COLLATE "C") FROM (
		SELECT 'extension ' || extname FROM pg_extension
		UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
		UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class WHERE oid >= 16384
		UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384
		UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE oid >= 16384
		UNION ALL SELECT 'privileges ' || objoid || ' ' || classoid FROM pg_init_privs WHERE objoid >= 16384
		UNION ALL SELECT 'dependency ' || objid || ' ' || refobjid FROM pg_depend WHERE objid >= 16384
		UNION ALL SELECT 'shared dependency ' || objid || ' ' || refobjid FROM pg_shdepend
			WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objid >= 16384
		UNION ALL SELECT 'comment ' || objoid || ' ' || classoid FROM pg_description WHERE objoid >= 16384
		UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger
		UNION ALL SELECT 'default privileges ' || oid FROM pg_default_acl
	) AS t (o)};

my @dba = (extra_params => [ '-U', 'dba' ]);
my @app = (extra_params => [ '-U', 'app' ]);

sub as_role
{
	my ($role, $sql) = @_;

	return $node->safe_psql('lending', $sql, extra_params => [ '-U', $role ]);
}

# -------- a role without CREATE --------

my $empty = $node->safe_psql('lending', $inventory);
fails_with($node, 'lending', 'CREATE EXTENSION pg_credit;',
	'42501', 'permission denied to create extension "pg_credit"',
	'a role without CREATE on the database', @app);
is($node->safe_psql('lending', $inventory), $empty, 'and nothing is left');

# -------- installed by dba --------

$node->safe_psql('lending', 'CREATE SCHEMA scoring AUTHORIZATION dba');
my $before = $node->safe_psql('lending', $inventory);
as_role('dba', 'CREATE EXTENSION pg_credit SCHEMA scoring');
is(as_role('dba', "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"),
	'f', 'a role that is no superuser installs the extension');

is(as_role('dba', import_sql('m', stump($_), '{"reasons": {"x": {"code": "X", "text": "x"}}}')), $_, "it imports version $_")
  for 1 .. 3;
is( as_role('dba', "SELECT (credit.promote('m', 1)).to_version, (credit.promote('m', 2)).to_version"),
	'1|2', 'promotes');
is(as_role('dba', "SELECT (credit.rollback('m')).to_version"),
	'1', 'goes back');
as_role('dba', "SELECT credit.retire('m', 3)");
is( as_role('dba', "SELECT string_agg(status, ', ' ORDER BY version) FROM credit.models"),
	'in use, candidate, retired', 'retires and reads the registry');
is(as_role('dba', "SELECT bool_and(passed) FROM credit.verify_model('m')"),
	't', 'verifies');
cmp_ok(as_role('dba', "SELECT count(*) FROM credit.describe_model('m')"),
	'>', 10, 'describes');
is( as_role('dba', "SELECT length(credit.export_model('m'))"),
	length(stump(1)), 'exports');
is(as_role('dba', q{SELECT scoring.credit_margin('{"x": 0}'::jsonb)}),
	'1', 'and scores by the name of the schema');
is( as_role('dba', q{
		SET search_path = scoring;
		SELECT credit_margin(t), credit_score(t) IS NOT NULL, credit_pd(t) > 0.5 FROM (SELECT 0 AS x) AS t}),
	'1|t|t', 'or by search_path');
# It decides, looks after the log, and hands out access.
as_role('dba', q{
	SELECT credit.set_policy('m', '{"measure": "points", "approve": 0}');
	SELECT credit.split('m', '2', 0.5), credit.shadow('m', '2'), credit.set_retention();
	SELECT scoring.credit_decide('s ' || x, t) FROM (SELECT generate_series(0, 9) AS x) AS t;
	SELECT credit.record_outcome_for('s 1', true);
	SELECT credit.maintain()});
is( as_role('dba', "SELECT bool_and(passed), max(decision_id) FROM credit.verify_log()"),
	't|', 'it keeps a log that verifies');
is( as_role('dba', q{
		SELECT string_agg(DISTINCT decided_by || ' ' || verdict, ', ') FROM credit.decision AS d, credit.replay(d.decision_id)}),
	'dba match', 'and replays');
is( $node->safe_psql('lending', q{
		SELECT string_agg(DISTINCT relowner::regrole::text, ', ') FROM pg_class WHERE relname LIKE 'decision%'}),
	as_role('dba', "SELECT rolname FROM pg_roles WHERE oid = 10"), 'whose partitions are not its own');
is( as_role('dba', "UPDATE credit.model_version SET notes = 'new' WHERE version = 1 RETURNING notes"),
	'new', 'it changes a note');

# -------- what it must not --------

my $history = 'SELECT count(*), max(to_version) FROM credit.deployment';
my $unchanged = as_role('dba', $history);
for my $sql (
	'UPDATE credit.deployment SET to_version = 2',
	'DELETE FROM credit.deployment',
	'TRUNCATE credit.deployment',
	q{UPDATE credit.model_version SET image = '\x00'},
	q{UPDATE credit.model_version SET version = 7 WHERE version = 1},
	q{UPDATE credit.feature SET name = 'y'},
	q{UPDATE credit.golden_row SET margin = 0},
	q{INSERT INTO credit.deployment (model_id, alias, action, to_version) VALUES (1, 'champion', 'promote', 2)},
	q{INSERT INTO credit.model (name) VALUES ('mine')},
	q{INSERT INTO credit.policy SELECT * FROM credit.policy},
	q{INSERT INTO credit.decision SELECT * FROM credit.decision},
	q{INSERT INTO credit.outcome SELECT * FROM credit.outcome},
	q{INSERT INTO credit.seal SELECT * FROM credit.seal},
	q{UPDATE credit.alias SET model_version_id = 1},
	q{UPDATE credit.decision SET score = 0},
	q{SELECT nextval('credit.decision_decision_id_seq')},
	q{DROP TABLE credit.decision},
	'ALTER TABLE credit.deployment DISABLE TRIGGER ALL',
	'DROP TRIGGER refuse_change ON credit.deployment',
	'DROP TABLE credit.deployment',
	'ALTER TABLE credit.model_version OWNER TO dba',
	'CREATE TABLE credit.mine ()',
	q{CREATE OR REPLACE FUNCTION credit.lock_model(model text) RETURNS bigint LANGUAGE sql RETURN 1}
  )
{
	my ($status, $stdout, $stderr) =
	  $node->psql('lending', "\\set VERBOSITY verbose\n$sql;", @dba);

	like($stderr, qr/ERROR:  (42501|23001): /, "refused: $sql");
}
is(as_role('dba', $history), $unchanged, 'the history is as it was');
is( as_role('dba', q{SELECT count(*) FROM credit.models AS v, LATERAL credit.verify_model('m@' || version) WHERE NOT passed}),
	'0', 'and so are the versions');

# The superuser is stopped by the triggers.
for my $sql ('UPDATE credit.deployment SET to_version = 2',
	'DELETE FROM credit.deployment', 'TRUNCATE credit.deployment',
	q{UPDATE credit.model_version SET image = '\x00'})
{
	fails_with($node, 'lending', "$sql;", '23001', 'is not allowed',
		"superuser: $sql");
}

# -------- an application --------

my $score = q{SELECT scoring.credit_score('{"x": 0}'::jsonb, 'm')};
fails_with($node, 'lending', "$score;", '42501',
	'permission denied for schema scoring', 'app before any grant', @app);
as_role('dba', 'GRANT USAGE ON SCHEMA scoring TO app');
fails_with($node, 'lending', "$score;", '42501',
	'permission denied for function credit_score', 'app before EXECUTE', @app);
as_role('dba', 'GRANT EXECUTE ON FUNCTION scoring.credit_score(jsonb, text) TO app');
is(as_role('app', $score), as_role('dba', $score),
	'EXECUTE on credit_score is all that scoring needs');
for my $case (
	[ q{SELECT scoring.credit_pd('{"x": 0}'::jsonb, 'm')}, 'function credit_pd' ],
	[ q{SELECT scoring.credit_margin('{"x": 0}'::jsonb, 'm')}, 'function credit_margin' ],
	[ q{SELECT scoring.credit_score(t, 'm') FROM (SELECT 0 AS x) AS t}, 'function credit_score' ],
	[ q{SELECT credit.promote('m', 2)}, 'schema credit' ],
	[ q{SELECT * FROM credit.models}, 'schema credit' ],
	[ q{SELECT * FROM credit.model_version}, 'schema credit' ])
{
	fails_with($node, 'lending', "$case->[0];", '42501',
		"permission denied for $case->[1]", "app: $case->[0]", @app);
}
as_role('dba', 'GRANT USAGE ON SCHEMA credit TO app');
for my $case (
	[ q{SELECT credit.promote('m', 2)}, 'function promote' ],
	[ import_sql('m', stump(4)), 'function import_model' ],
	[ q{SELECT credit.export_model('m')}, 'function export_model' ],
	[ q{SELECT credit.find_version('m')}, 'function find_version' ],
	[ q{SELECT * FROM credit.models}, 'view models' ],
	[ q{SELECT * FROM credit.model_version}, 'table model_version' ])
{
	my $name = $case->[0] =~ s/\\x.*//sr;

	fails_with($node, 'lending', "$case->[0];", '42501',
		"permission denied for $case->[1]", "app in the schema: $name", @app);
}
as_role('dba', 'GRANT EXECUTE ON FUNCTION credit.promote(text, integer, text) TO app');
is( as_role('app', q{SELECT (credit.promote('m', 2)).deployed_by}),
	'app', 'EXECUTE on promote is all that a promotion needs');
fails_with($node, 'lending', q{SELECT credit.rollback('m');}, '42501',
	'permission denied for function rollback', 'and gives no other right', @app);
as_role('dba', "SELECT credit.grant_access('app', 'decide'), credit.grant_access('app', 'outcome')");
is( as_role('app', q{SELECT decided_by FROM scoring.credit_decide('a', '{"x": 0}'::jsonb)}),
	'app', 'access that the installer gave');
fails_with($node, 'lending', q{INSERT INTO credit.decision SELECT * FROM credit.decision;}, '42501',
	'permission denied for table decision', 'to decide, and not to write the log', @app);
fails_with($node, 'lending', q{SELECT credit.grant_access('app', 'admin');}, '42501',
	'permission denied for function grant_access', 'nor to give more', @app);

# Objects of the caller's own in the way of those that run as the owner.
$node->safe_psql('lending', 'CREATE SCHEMA mine AUTHORIZATION app');
is( as_role('app', q{
	CREATE FUNCTION mine.trap(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		RAISE EXCEPTION 'run as %', current_user;
	END $$;
	CREATE OPERATOR mine.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = mine.trap);
	CREATE FUNCTION mine.timezone(text, timestamptz) RETURNS timestamp LANGUAGE plpgsql AS $$
	BEGIN
		RAISE EXCEPTION 'run as %', current_user;
	END $$;
	CREATE FUNCTION mine.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS $$
	BEGIN
		RAISE EXCEPTION 'run as %', current_user;
	END $$;
	SET search_path = mine, pg_catalog, credit, scoring;
	SELECT subject FROM credit_decide('trap', '{"x": 0}'::jsonb);
	SELECT recorded_by FROM record_outcome_for('trap', true, pg_catalog.clock_timestamp())}),
	"trap\napp", 'the owner does not run what the caller put in the way');
$node->safe_psql('lending', 'DROP SCHEMA mine CASCADE');
as_role('dba', "SELECT credit.revoke_access('app')");

# -------- a baseline, from a table of its own --------

as_role('dba', 'CREATE TABLE scoring.past AS SELECT i % 2 AS x FROM generate_series(1, 10) AS i');
as_role('dba', import_sql('b', stump(1), '{"reasons": {"x": {"code": "X", "text": "x"}}, "reason_baseline": "barely_passing"}'));
is( as_role('dba', q{SELECT credit.set_baseline('b@1', 'scoring.past', 0, 1000)}),
	'10', 'computes a baseline');
is( as_role('dba', "SELECT (credit.promote('b', 1)).to_version"), '1', 'which its reasons need');

# -------- taken away --------

as_role('dba', 'DROP EXTENSION pg_credit; DROP TABLE scoring.past');
as_role('dba', 'REVOKE USAGE ON SCHEMA scoring FROM app');
is($node->safe_psql('lending', $inventory), $before,
	'DROP EXTENSION leaves nothing behind');
is(as_role('dba', 'CREATE EXTENSION pg_credit SCHEMA scoring; SELECT count(*) FROM credit.model'),
	'0', 'it can be installed again, empty');
as_role('dba', 'DROP EXTENSION pg_credit');

# A name that needs quotes.
$node->safe_psql('lending',
	'GRANT CREATE ON DATABASE lending TO "Other Dba"; GRANT CREATE ON SCHEMA public TO "Other Dba"');
as_role('Other Dba', 'CREATE EXTENSION pg_credit');
is(as_role('Other Dba', import_sql('m', stump(1))),
	'1', 'a role whose name needs quotes');
as_role('Other Dba', 'DROP EXTENSION pg_credit');

# The extension belongs to the role that is set, not to whoever logged in.
$node->safe_psql('lending', 'GRANT dba TO "Other Dba"');
as_role('Other Dba', 'SET ROLE dba; CREATE EXTENSION pg_credit SCHEMA scoring');
my ($status, $version) = $node->psql('lending', import_sql('m', stump(1)), @dba);
is($version, '1', 'installed under SET ROLE, the role can use it');
as_role('dba', 'DROP EXTENSION pg_credit');
$node->safe_psql('lending', 'SET ROLE dba; CREATE EXTENSION pg_credit SCHEMA scoring');
($status, $version) = $node->psql('lending', import_sql('m', stump(1)), @dba);
is($version, '1', 'by a superuser under SET ROLE too');
as_role('dba', 'DROP EXTENSION pg_credit');

# -------- the schema "credit" is taken --------

as_role('dba', 'CREATE SCHEMA credit; CREATE TABLE credit.model (mine integer)');
my $taken = $node->safe_psql('lending', $inventory);
fails_with($node, 'lending', 'CREATE EXTENSION pg_credit SCHEMA scoring;',
	'42P06', 'schema "credit" already exists', 'a schema "credit" is there', @dba);
fails_with($node, 'lending', 'CREATE EXTENSION pg_credit;',
	'42P06', 'schema "credit" already exists', 'for a superuser too');
is($node->safe_psql('lending', $inventory), $taken, 'nothing was changed');
as_role('dba', 'DROP SCHEMA credit CASCADE');

# A superuser installs for all to grant.
$node->safe_psql('lending', 'CREATE EXTENSION pg_credit SCHEMA scoring');
is( $node->safe_psql(
		'lending', q{
		SELECT count(*) FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid AND d.deptype = 'e'
		JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
		WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass
			AND has_function_privilege('dba', p.oid, 'EXECUTE')
			AND p.proname !~ '^(contributions|score|pd|margin)_columns$'}),
	'0',
	'installed by a superuser, nothing is open to others but what the planner puts in');

done_testing();
