# The log of decisions through pg_dump and a restore, in every format: rows,
# seals and outcomes are the same, the restored log verifies and replays, is
# protected as before, and goes on: decisions, seals, months, retention.
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

$node->safe_psql('postgres', 'CREATE DATABASE source TEMPLATE template0');
$node->safe_psql('source', 'CREATE EXTENSION pg_credit');
create_german($node, 'source');
$node->safe_psql('source', import_sql('m', stump(1), '{"reasons": {"x": {"code": "X", "text": "x"}}}'));
import_german($node, 'source', 'german');
import_german($node, 'source', 'german', 'model.ubj');
$node->safe_psql(
	'source', q{
	SELECT credit.promote('m', 1), credit.promote('german', 1), credit.promote('german', 2, 'challenger');
	SELECT credit.set_policy('german', '{"measure": "pd", "approve": 0.2, "refer": 0.3}');
	SELECT credit.set_policy('m', '{"measure": "points", "bands": [{"outcome": "refer", "grade": "E"}]}');
	SELECT credit.split('german', 'challenger', 0.3), credit.shadow('german', 'challenger');
	SELECT count(credit_decide('no. ' || id, a, 'german')) FROM applicant AS a WHERE id <= 300;
	-- Missing values, and numbers that are hard to write down.
	SELECT count(credit_decide('x', t, 'm'))
	FROM (SELECT unnest(ARRAY[NULL, 'NaN', 0, '-0', 0.1, '1e-45', 3.4028235e38, 16777217]::float8[]) AS x) AS t;
	SELECT count(credit.record_outcome(d.decision_id, id % 3 = 0)) FROM credit.decision AS d JOIN applicant ON subject = 'no. ' || id;
	SELECT credit.maintain();
	SELECT credit.make_partition('2020-02-01');
	SELECT credit.set_retention();
	SELECT credit.maintain();
	SELECT count(credit_decide('not sealed', a, 'german')) FROM applicant AS a WHERE id <= 5});

# What is in the registry and the log, one line a table.
my $contents = registry_hash($node, 'source');
like($contents, qr/^decision_\d{4}_\d\d\|313\|/m, 'the source has decisions');
like($contents, qr/^removed_month\|1\|/m, 'and a month that was removed');
my $verify = q{SELECT string_agg(v::text, E'\n') FROM credit.verify_log() AS v};
my $verified = $node->safe_psql('source', $verify);
my $objects = q{
	SELECT string_agg(o, E'\n' ORDER BY o COLLATE "C") FROM (
		SELECT c.oid::regclass || ' ' || pg_get_expr(relpartbound, c.oid) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = inhrelid
		WHERE inhparent = 'credit.decision'::regclass
		UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid::regclass::text LIKE 'credit.decision%'
		UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid::regclass::text LIKE 'credit.decision%'
		UNION ALL SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE oid::regclass::text LIKE 'credit.decision_____%'
	) AS s (o)};
my $partitions = $node->safe_psql('source', $objects);

# -------- the ways to dump --------

my $dir = $node->basedir;

sub run_ok
{
	my ($name, @command) = @_;

	$node->command_ok(\@command, $name);
	return;
}

sub restore_text
{
	my ($db, @flags) = @_;

	run_ok("$db: pg_dump @flags", 'pg_dump', @flags, '-f', "$dir/$db.sql",
		$node->connstr('source'));
	run_ok("$db: psql", 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o',
		'/dev/null', '-f', "$dir/$db.sql", '-d', $node->connstr($db));
	return;
}

sub restore_archive
{
	my ($db, $format, @flags) = @_;

	run_ok("$db: pg_dump", 'pg_dump', "-F$format", '-f', "$dir/$db.archive",
		$node->connstr('source'));
	run_ok("$db: pg_restore", 'pg_restore', '-e', @flags, '-d',
		$node->connstr($db), "$dir/$db.archive");
	return;
}

my %ways = (
	text => sub { restore_text($_[0]) },
	custom => sub { restore_archive($_[0], 'c') },
	inserts => sub { restore_text($_[0], '--rows-per-insert=100') },
	by_root => sub { restore_text($_[0], '--load-via-partition-root') },
	pair => sub {
		restore_text($_[0], '--schema-only');
		restore_text($_[0], '--data-only');
	});

for my $db (sort keys %ways)
{
	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE template0");
	$ways{$db}->($db);

	is(registry_hash($node, $db), $contents, "$db: every table is the same");
	is($node->safe_psql($db, $objects), $partitions, "$db: partitions, indexes, triggers");
	is($node->safe_psql($db, $verify), $verified, "$db: the log verifies, to the same end of its chain");
	is( $node->safe_psql($db, q{
			SELECT count(*), string_agg(DISTINCT verdict, ', ') FROM credit.decision AS d, credit.replay(d.decision_id)}),
		'313|match', "$db: every decision replays");
	is( $node->safe_psql(
			$db, q{
			SET extra_float_digits = -15;
			SELECT string_agg(DISTINCT verdict, ', ') FROM credit.decision AS d, credit.replay(d.decision_id)}),
		'match', "$db: also in a session that shows few digits");
	fails_with($node, $db, "$_;", '23001', 'is not allowed', "$db: $_")
	  for 'UPDATE credit.decision SET score = 0', 'TRUNCATE credit.decision',
	  'DELETE FROM credit.' . ($partitions =~ /credit\.(decision_\d{4}_\d\d) FOR/)[0];

	# What comes after the restore.
	is( $node->safe_psql($db, q{
			SELECT (credit_decide('after', a, 'german')).decision_id FROM applicant AS a WHERE id = 1}),
		'314', "$db: the next decision");
	$node->safe_psql($db, 'SELECT credit.maintain(); SELECT credit.maintain()');
	is( $node->safe_psql($db, q{
			SELECT bool_and(passed), (SELECT sum(cardinality(decision_ids)) FROM credit.seal), (SELECT max(complete_to) FROM credit.seal)
			FROM credit.verify_log()}),
		't|314|314', "$db: is sealed, and what was not before");
	$node->safe_psql($db, q{
		SET session_replication_role = replica;
		DELETE FROM credit.decision WHERE subject = 'no. 7'});
	is( $node->safe_psql($db, q{SELECT count(*) FROM credit.verify_log() WHERE "check" = 'removed'}),
		'1', "$db: and what is removed is found");
	is( $node->safe_psql($db, q{
			DROP EXTENSION pg_credit CASCADE; SELECT count(*) FROM pg_class WHERE relname LIKE 'decision%'}),
		'0', "$db: DROP EXTENSION takes the partitions along");
}

# -------- into another encoding --------

$node->safe_psql('postgres', q{
	CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';
	CREATE DATABASE utf8 TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'});
my $umlaut = "J\xc3\xbcrgen";
$node->safe_psql('latin', "SET client_encoding = 'UTF8';\nCREATE EXTENSION pg_credit;\n"
	  . import_sql('m', stump(1), qq({"reasons": {"x": {"code": "X", "text": "$umlaut"}}}))
	  . qq{SELECT credit.promote('m', 1), credit.set_policy('m', '{"measure": "points", "approve": 900}');
	SELECT credit.split('m', 'champion', 0.5, '$umlaut');
	SELECT credit_decide('$umlaut' || i, jsonb_build_object('x', i)) FROM generate_series(0, 9) AS i;
	SELECT credit.maintain()});
run_ok('latin: pg_dump', 'pg_dump', '-f', "$dir/latin.sql", $node->connstr('latin'));
run_ok('utf8: psql', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$dir/latin.sql", '-d', $node->connstr('utf8'));
for my $db ('latin', 'utf8')
{
	is($node->safe_psql($db, 'SELECT bool_and(passed) FROM credit.verify_log()'), 't', "$db: the log verifies");
	is( $node->safe_psql($db, q{SELECT count(*), string_agg(DISTINCT verdict, ', ') FROM credit.decision AS d, credit.replay(d.decision_id)}),
		'10|match', "$db: every decision replays, by the same arm");
}

# -------- without a superuser --------

# Whoever may write everything, but owns nothing of the extension, makes the
# partitions by its function; then only what makes them fails.
$node->safe_psql('postgres', q{
	CREATE ROLE dba LOGIN; GRANT pg_write_all_data, pg_read_all_data TO dba;
	CREATE DATABASE managed TEMPLATE template0 OWNER dba});
my @dba = (extra_params => [ '-U', 'dba' ]);
$node->safe_psql('managed', q{
	CREATE EXTENSION pg_credit;
	SELECT credit.make_partition((now() + make_interval(months => i))::date) FROM generate_series(-1, 3) AS i}, @dba);
run_log([ 'pg_restore', '--no-owner', '--no-privileges', '-U', 'dba', '-d',
		$node->connstr('managed'), "$dir/custom.archive" ]);
is($node->safe_psql('managed', 'SELECT count(*) FROM credit.decision'), '313', 'managed: every decision');
is( $node->safe_psql('managed', q{
		SELECT string_agg(v::text, E'\n') FROM credit.verify_log() AS v WHERE v.detail !~ '^0 decisions'}, @dba),
	$verified =~ s/\n.*,"0 decisions.*//gr, 'managed: the log verifies, to the same end of its chain');
is( $node->safe_psql('managed', q{SELECT string_agg(DISTINCT verdict, ', ') FROM credit.decision AS d, credit.replay(d.decision_id)}, @dba),
	'match', 'managed: every decision replays');
is( $node->safe_psql('managed', q{SELECT decision_id FROM credit_decide('after', '{"x": 0}'::jsonb, 'm')}, @dba),
	'314', 'managed: the next decision');
for my $table (split /\n/, $node->safe_psql('managed', q{SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'credit.decision'::regclass}))
{
	fails_with($node, 'managed', "UPDATE $table SET score = 0;", '23001', 'is not allowed', "managed: UPDATE $table", @dba);
}

$node->stop;
done_testing();
