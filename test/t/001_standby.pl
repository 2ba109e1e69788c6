# A streaming standby scores: an open connection there sees a promotion of the
# primary at its next statement, in a transaction too; what would write is
# refused; and both nodes give the same scores through restarts and failover.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $margin = q{SELECT credit_margin('{"x": 0}'::jsonb, 'm')};

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', 'log_statement = none');
$primary->start;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', 'CREATE EXTENSION pg_credit');
$primary->safe_psql('postgres', import_sql('m', stump(1)));
$primary->safe_psql('postgres', "SELECT credit.promote('m', 1)");
create_german($primary, 'postgres');
import_german($primary, 'postgres', 'german');
$primary->safe_psql('postgres', "SELECT credit.promote('german', 1)");
$primary->wait_for_catchup($standby);

# -------- an open connection in a read-only transaction --------

my $session = $standby->background_psql('postgres', on_error_stop => 0);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'),
	't', 'the standby is one');
is(answer($session, "BEGIN READ ONLY; $margin; COMMIT;"),
	'1', 'the standby scores in a read-only transaction');
is( scores_hash($standby, 'postgres', 'german'),
	scores_hash($primary, 'postgres', 'german'),
	'the standby scores a table as the primary does');

my $pid = answer($session, 'SELECT pg_backend_pid()');

# -------- a drift report --------

$primary->safe_psql('postgres',
	"SELECT credit.set_drift_baseline('german', 'applicant')");
$primary->wait_for_catchup($standby);
my $report = q{SELECT * FROM drift_report('applicant', 'german')};
my $report_sum = "SELECT md5(string_agg(r::text, '' ORDER BY feature)) FROM ($report) AS r";
is( answer($session, "BEGIN READ ONLY; $report_sum; COMMIT;"),
	$primary->safe_psql('postgres', $report_sum),
	'the standby computes the same drift report');
is($standby->safe_psql('postgres', "SELECT max(ks) FROM ($report) AS r"),
	'0', 'and finds that nothing drifts from itself');
my (undef, undef, $refusal) = $standby->psql('postgres',
	"SELECT credit.set_drift_baseline('german', 'applicant')");
like($refusal, qr/read-only transaction|during recovery/,
	'a baseline is stored on the primary only');

# -------- performance --------

$primary->safe_psql('postgres',
	"CREATE VIEW labelled AS SELECT *, class = 'bad' AS defaulted FROM applicant; "
	  . "SELECT credit.set_validation('german', 'labelled', 'defaulted')");
$primary->wait_for_catchup($standby);
is( answer($session, "BEGIN READ ONLY; SELECT credit.evaluate('german', 'labelled', 'defaulted'); COMMIT;"),
	$primary->safe_psql('postgres', 'SELECT performance FROM credit.metric'),
	'the standby measures the same performance');

# -------- monitors --------

$primary->safe_psql(
	'postgres', q{
	SELECT credit.create_monitor('german', 'applicant', 'german', "window" => '1000 days');
	SELECT credit.arm_monitor('german', now() - interval '2000 days');
	SELECT credit.run_monitor('german', 1)});
$primary->wait_for_catchup($standby);
my $health = q{SELECT monitor, status, due_windows, last_severity FROM credit.health()};
is(answer($session, "BEGIN READ ONLY; $health; COMMIT;"),
	$primary->safe_psql('postgres', $health), 'the standby says what the primary does of the health of monitors');
is($standby->safe_psql('postgres', 'SELECT monitor, due_windows, last_severity FROM credit.health()'),
	'german|1|ok', 'which is that one window is due');
for my $run (q{SELECT credit.run_monitor('german');}, 'SELECT credit.run_due_monitors();')
{
	fails_with($standby, 'postgres', $run, '25006', 'cannot run a monitor on a standby', $run);
}
(undef, undef, $refusal) = $standby->psql('postgres', q{SELECT credit.run_monitor('german')});
like($refusal, qr/HINT:  drift_report\(\) works there; run monitors on the primary\./, 'with a hint');

# -------- promotions, seen by that connection --------

$primary->safe_psql('postgres', import_sql('m', stump(2)));
$primary->safe_psql('postgres', "SELECT credit.promote('m', 2)");
$primary->wait_for_catchup($standby);
is(answer($session, $margin), '2',
	'an open connection sees a promotion at its next statement');

is(answer($session, "BEGIN READ ONLY; $margin;"),
	'2', 'a transaction begins with version 2');
$primary->safe_psql('postgres', import_sql('m', stump(3)));
$primary->wait_for_catchup($standby);
is(answer($session, $margin), '2', 'an import alone changes nothing');
$primary->safe_psql('postgres', "SELECT credit.promote('m', 3)");
$primary->wait_for_catchup($standby);
is(answer($session, $margin), '3',
	'a READ COMMITTED transaction sees the promotion at its next statement');
$primary->safe_psql('postgres', "SELECT credit.rollback('m')");
$primary->wait_for_catchup($standby);
is(answer($session, $margin), '2', 'and the rollback at the one after');
answer($session, 'COMMIT');

is( answer($session, "BEGIN ISOLATION LEVEL REPEATABLE READ; $margin;"),
	'2', 'a REPEATABLE READ transaction begins with version 2');
$primary->safe_psql('postgres', "SELECT credit.promote('m', 3)");
$primary->wait_for_catchup($standby);
is(answer($session, $margin), '2', 'and keeps it');
is(answer($session, "COMMIT; $margin;"),
	'3', 'the next transaction has version 3');

$primary->safe_psql('postgres',
	"BEGIN; SELECT credit.promote('m', 1); ROLLBACK; SELECT txid_current()");
$primary->wait_for_catchup($standby);
is(answer($session, $margin), '3',
	'a promotion that was rolled back leaves no trace');

is(answer($session, q{PREPARE p AS SELECT credit_margin('{"x": 0}'::jsonb, $1); EXECUTE p('m@champion');}),
	'3', 'a prepared statement');
$primary->safe_psql('postgres', "SELECT credit.promote('m', 1)");
$primary->wait_for_catchup($standby);
is(answer($session, q{EXECUTE p('m@champion')}),
	'1', 'sees the promotion at its next execution');

# -------- what would write --------

for my $case (
	[ 'import_model', import_sql('m', stump(4)) ],
	[ 'promote', "SELECT credit.promote('m', 2);" ],
	[ 'rollback', "SELECT credit.rollback('m');" ],
	[ 'retire', "SELECT credit.retire('m', 2);" ],
	[ 'set_baseline', "SELECT credit.set_baseline('m', 'applicant');" ],
	[ 'set_validation', "SELECT credit.set_validation('german', 'labelled', 'defaulted');" ],
	[ 'create_monitor', "SELECT credit.create_monitor('m', 'applicant', 'german');" ],
	[ 'change_monitor', q{SELECT credit.change_monitor('german', '{"retrain": true}');} ],
	[ 'arm_monitor', "SELECT credit.arm_monitor('german');" ],
	[ 'drop_monitor', "SELECT credit.drop_monitor('german');" ])
{
	my ($name, $sql) = @$case;

	fails_with(
		$standby, 'postgres', $sql, '25006',
		'cannot execute \w+( \w+)* (in a read-only transaction|during recovery)',
		"$name on the standby");
	answer($session, $sql);
	like($session->{stderr}, qr/cannot execute/,
		"$name in the open connection is refused");
	is(answer($session, $margin), '1', "and scoring goes on after $name");
}
is( $standby->safe_psql(
		'postgres', q{SELECT bool_and(passed) FROM credit.verify_model('german')}),
	't',
	'verify_model works on the standby');
my $reasons = q{
	SELECT count(*), md5(string_agg(r::text, '' ORDER BY a.id, r.rank))
	FROM applicant AS a, credit_reasons(a, 'german') AS r};
is( $standby->safe_psql('postgres', $reasons),
	$primary->safe_psql('postgres', $reasons),
	'the reasons on the standby are those on the primary');
is(answer($session, 'SELECT pg_backend_pid()'),
	$pid, 'it was one connection all the time');
$session->quit;

# -------- restarts and failover --------

my $before = scores_hash($primary, 'postgres', 'german');
$primary->restart;
is(scores_hash($primary, 'postgres', 'german'),
	$before, 'a restarted primary gives the same scores');
$standby->restart;
is(scores_hash($standby, 'postgres', 'german'),
	$before, 'a restarted standby gives the same scores');

$primary->safe_psql('postgres', "SELECT credit.promote('m', 2)");
$primary->wait_for_catchup($standby);
$primary->stop;
$session = $standby->background_psql('postgres', on_error_stop => 0);
is(answer($session, $margin), '2', 'the standby scores without its primary');
$standby->promote;
is(answer($session, $margin), '2',
	'a connection that lived through the failover scores');
is(scores_hash($standby, 'postgres', 'german'),
	$before, 'the new primary gives the same scores');
is(answer($session, "SELECT (credit.promote('m', 3)).to_version; $margin;"),
	"3\n3", 'and promotes');
is( $standby->safe_psql('postgres', import_sql('m', stump(4))),
	'4', 'and imports the next version');
is( $standby->safe_psql('postgres', q{SELECT n, severity FROM credit.run_monitor('german')}),
	'1000|ok', 'and does the window of the monitor that is due, without being armed again');
$session->quit;

done_testing();
