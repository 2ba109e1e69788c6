# pg_cron runs a monitor by itself.  The server is killed in the middle of a
# window, which is done once all the same; copies of the database are silent;
# and whoever has no pg_cron, or not here, is told what to do.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf(
	'postgresql.conf', q{
	log_statement = none
	shared_preload_libraries = 'pg_cron'
	cron.database_name = 'home'
	cron.host = '} . $node->host . "'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE home');
$node->safe_psql('home', 'CREATE EXTENSION pg_cron; CREATE EXTENSION pg_credit');
$node->safe_psql('home', import_sql('m', stump(1)) . q{SELECT credit.promote('m', 1)});

# Three windows that have ended, the second of which has drifted, so long that
# no other ends during the test.  One monitor is a role's that may do little;
# the other reads a view that waits for whoever holds the gate.
my @windows = split /\n/, $node->safe_psql('home', q{
	SELECT date_bin('1000 days', now(), '2000-01-03 00:00:00+00') + i * interval '1000 days' FROM generate_series(-3, 0) AS i});
$node->safe_psql(
	'home', qq{
	CREATE TABLE sample AS SELECT i / 1000.0::float8 AS x FROM generate_series(0, 999) AS i;
	CREATE TABLE arrived AS
	SELECT '$windows[0]'::timestamptz + w * interval '1000 days' + i * interval '1 second' AS at, i / 1000.0::float8 + (w = 1)::integer AS x
	FROM generate_series(0, 2) AS w, generate_series(0, 999) AS i;
	CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql AS \$\$
	BEGIN
		PERFORM pg_advisory_xact_lock_shared(1);
		RETURN true;
	END \$\$;
	CREATE VIEW arriving AS SELECT a.* FROM (SELECT public.gate() OFFSET 0) AS g, arrived AS a;
	SELECT credit.set_drift_baseline('m', 'sample');
	SELECT credit.create_monitor('often', 'arrived', 'm', 'at', '1000 days'), credit.arm_monitor('often', '$windows[0]');
	SELECT credit.create_monitor('killed', 'arriving', 'm', 'at', '1000 days'), credit.arm_monitor('killed', '$windows[0]');
	CREATE ROLE operator LOGIN;
	GRANT SELECT ON arrived TO operator;
	GRANT USAGE ON SCHEMA cron TO operator;
	SELECT credit.grant_access('operator', 'admin')});
my @operator = (extra_params => [ '-U', 'operator' ]);

# Each window that was done, and how.
sub runs
{
	my ($monitor) = @_;

	return $node->safe_psql(
		'home', qq{
		SELECT r.from_at, r.n, r.severity, coalesce(r.error, ''), r.run_by
		FROM credit.drift_run AS r JOIN credit.monitor AS m USING (monitor_id)
		WHERE m.name = '$monitor' ORDER BY r.drift_run_id});
}

sub done_by
{
	my ($role) = @_;

	return join "\n", map { "$windows[$_]|1000|" . (qw(ok critical ok))[$_] . "||$role" } 0 .. 2;
}

# -------- pg_cron runs a monitor --------

$node->safe_psql(
	'home', q{
	INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, start_time, end_time)
	SELECT 0, -row_number() OVER (), 'home', name, command, status, started, ended
	FROM (VALUES ('SELECT credit.run_scheduled_monitor(''often'')'), ('SELECT 1')) AS c (command),
		(VALUES ('operator'), ('postgres')) AS u (name),
		(VALUES ('succeeded', now() - interval '8 days', now() - interval '8 days'),
			('failed', now() - interval '8 days', NULL), ('succeeded', now() - interval '6 days', now())) AS d (status, started, ended)});

# Of the killed one, the first window is done before.
$node->safe_psql('home', q{SELECT credit.run_monitor('killed', 1)});
my $gate = $node->background_psql('home', on_error_stop => 0);
answer($gate, 'SELECT pg_advisory_lock(1)');
$node->safe_psql('home', q{SELECT credit.schedule_monitor('killed', '* * * * *')});
like($node->safe_psql('home', q{SELECT credit.schedule_monitor('often', '0 0 1 1 *')}, @operator),
	qr/^\d+$/, 'a job for the first of January');
$node->safe_psql('home', q{SELECT credit.schedule_monitor('often', '* * * * *')}, @operator);
is( $node->safe_psql('home', 'SELECT jobname, schedule, database, username, active FROM cron.job ORDER BY jobname'),
	"credit monitor killed|* * * * *|home|postgres|t\ncredit monitor often|* * * * *|home|operator|t",
	'another schedule replaces it');
is($node->safe_psql('home', 'SELECT monitor, schedule FROM credit.health()', @operator),
	"killed|\noften|* * * * *", 'health() shows it to the role');

ok( $node->poll_query_until('home', q{
		SELECT count(*) = 1 FROM cron.job_run_details
		WHERE runid > 0 AND status = 'succeeded' AND command = 'SELECT credit.run_scheduled_monitor(''often'')'}),
	'pg_cron runs it');
is(runs('often'), done_by('operator'), 'and does the windows, with the rights of the role');
is( $node->safe_psql(
		'home', qq{
		CREATE VIEW drifted AS SELECT * FROM arrived WHERE at >= '$windows[1]' AND at < '$windows[2]';
		SELECT count(*), bool_and(r.figure IS NOT DISTINCT FROM f)
		FROM drift_report('drifted', 'm') AS f JOIN credit.drift_result AS r USING (feature)
		JOIN credit.drift_run AS u USING (drift_run_id) WHERE u.from_at = '$windows[1]'}),
	'2|t', 'with the figures of a report on the same rows');
is( $node->safe_psql('home', q{
		SELECT kind, severity, first_run_id = last_run_id, resolved_at IS NOT NULL FROM credit.alert ORDER BY alert_id}),
	"drift|critical|t|t\nscore|warning|t|t",
	'and alerts that the third window resolves');
is( $node->safe_psql('home', q{
		SELECT status, due_windows, last_severity, open_alerts, detail FROM credit.health() WHERE monitor = 'often'}),
	'ok|0|ok|0|', 'health() is content');
is( $node->safe_psql(
		'home', q{
		SELECT username, command, count(*) FROM cron.job_run_details WHERE runid < 0 GROUP BY 1, 2 ORDER BY 1, 2}),
	"operator|SELECT 1|3\noperator|SELECT credit.run_scheduled_monitor('often')|1\n"
	  . "postgres|SELECT 1|3\npostgres|SELECT credit.run_scheduled_monitor('often')|3",
	'what pg_cron noted of this job more than seven days ago is gone, and nothing else');

is($node->safe_psql('home', q{SELECT credit.unschedule_monitor('often'), credit.unschedule_monitor('often')}, @operator),
	't|f', 'its schedule is ended, once');
$node->safe_psql('home', q{SELECT credit.schedule_monitor('often', '0 0 1 1 *')}, @operator);
$node->safe_psql('home', q{SELECT credit.drop_monitor('often')});
is($node->safe_psql('home', 'SELECT jobname FROM cron.job'),
	'credit monitor killed', 'drop_monitor() by a superuser ends the schedule too');

# -------- killed in the middle --------

my $waiting = q{FROM pg_stat_activity WHERE wait_event = 'advisory' AND query = 'SELECT credit.run_scheduled_monitor(''killed'')'};
ok($node->poll_query_until('home', "SELECT count(*) = 1 $waiting"), 'the other job is in the middle of a window');
is($node->safe_psql('home', q{SELECT count(*) FROM credit.run_due_monitors()}),
	'0', 'which nobody else does meanwhile');
my $before = registry_hash($node, 'home');
my $job = $node->safe_psql('home', "SELECT pid $waiting");
my $postmaster = $node->{_pid};
$node->kill9;
is(kill('KILL', $job), 1, 'the server is killed');
$gate->{run}->finish;
# Some of its processes take a moment to go.
usleep(10_000) while kill 0, $postmaster, $job;
my $tries = 0;
1 until $node->start(fail_ok => 1) || ++$tries == 100;
is(registry_hash($node, 'home'), $before, 'nothing is left of it');
is($node->safe_psql('home', q{SELECT status, due_windows FROM credit.health()}),
	'late|2', 'and its windows are due');

ok($node->poll_query_until('home', q{
		SELECT count(*) = 3 FROM credit.drift_run AS r JOIN credit.monitor AS m USING (monitor_id) WHERE m.name = 'killed'}),
	'pg_cron does it again');
is($node->safe_psql('home', q{SELECT count(*) FROM credit.run_due_monitors()}), '0', 'nothing is due then');
is(runs('killed'), done_by('postgres'), 'each window has one result');
is( $node->safe_psql(
		'home', q{
		SELECT w.attempts, count(*), count(DISTINCT w.drift_run_id), bool_and(r.from_at = w.from_at)
		FROM credit.monitor_window AS w JOIN credit.monitor AS m USING (monitor_id)
		LEFT JOIN credit.drift_run AS r USING (drift_run_id) WHERE m.name = 'killed' GROUP BY 1}),
	'1|3|3|t', 'and one attempt that counts');
is( $node->safe_psql(
		'home', q{
		SELECT a.kind, a.times_seen, a.resolved_at IS NOT NULL FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id)
		WHERE m.name = 'killed' ORDER BY alert_id}),
	"drift|1|t\nscore|1|t", 'and the drift one alert');

# -------- what is refused --------

fails_with($node, 'home', q{SELECT credit.schedule_monitor('killed', 'now and then');},
	'\w{5}', 'invalid schedule: now and then', 'an invalid schedule');
fails_with($node, 'home', q{SELECT credit.schedule_monitor('nobody', '* * * * *');},
	'42704', 'monitor "nobody" does not exist', 'a monitor that is none');
fails_with($node, 'home', q{SELECT credit.schedule_monitor('killed', NULL);},
	'22004', 'schedule must not be null', 'no schedule');

$node->safe_psql('home', 'REVOKE USAGE ON SCHEMA cron FROM operator');
fails_with($node, 'home', q{SELECT credit.schedule_monitor('killed', '* * * * *');},
	'42501', 'permission denied for schema cron', 'a role that may not use pg_cron', @operator);
is( $node->safe_psql(
		'home', q{
		SELECT monitor, status, schedule FROM credit.health();
		SELECT name FROM credit.create_monitor('own', 'arrived', 'm');
		SELECT credit.run_scheduled_monitor('own');
		SELECT credit.drop_monitor('own')}, @operator),
	"killed|ok|\nown\n1\n", 'which sees no schedule, but runs and drops a monitor');

# A function beside pg_cron's own could win over them.
$node->safe_psql('home', q{CREATE FUNCTION cron.unschedule(integer) RETURNS boolean LANGUAGE sql RETURN true});
fails_with($node, 'home', q{SELECT credit.schedule_monitor('killed', '* * * * *');},
	'55000', 'pg_cron is not installed in this database', 'a schema that is not all of pg_cron');
$node->safe_psql('home', 'DROP FUNCTION cron.unschedule(integer)');

# -------- copies, and pg_cron elsewhere --------

sub is_silent_until_armed
{
	my ($db) = @_;
	my $hash = registry_hash($node, $db);
	my ($status, $stdout, $stderr) = $node->psql($db, q{SELECT credit.run_monitor('killed')});

	is($stdout, '', "$db: does not run");
	like($stderr, qr/NOTICE:  monitor "killed" is not armed on this system\nHINT:  .*arm_monitor/, "$db: and says why");
	is($node->safe_psql($db, 'SELECT credit.run_due_monitors()'), '', "$db: nor with the others");
	is(registry_hash($node, $db), $hash, "$db: nothing is written");
	like($node->safe_psql($db, 'SELECT status, detail FROM credit.health()'),
		qr/^not armed\|.*a copy.*credit\.arm_monitor\(\)/, "$db: health() says so");
	is( $node->safe_psql(
			$db, qq{
			SELECT name FROM credit.arm_monitor('killed', '$windows[0]'::timestamptz - interval '1 day');
			SELECT to_at, n FROM credit.run_monitor('killed')}),
		"killed\n$windows[0]|0", "$db: armed, it does what the original had not");
	is($node->safe_psql($db, 'SELECT status FROM credit.health()'), 'ok', "$db: and is well");
	return;
}

$node->safe_psql('home', qq{
	SELECT credit.unschedule_monitor('killed');
	SELECT credit.arm_monitor('killed', '$windows[0]'::timestamptz - interval '1 day')});
$node->safe_psql('postgres', 'CREATE DATABASE dump');
# There is one pg_cron in a server.
my $dump = $node->basedir . '/home.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, '-e', 'pg_credit', '-e', 'plpgsql', '-N', 'cron', $node->connstr('home') ], 'pg_dump');
$node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, '-d', $node->connstr('dump') ], 'psql');
is_silent_until_armed('dump');

my $schedule = q{SELECT credit.schedule_monitor('killed', '0 0 1 1 *')};
my (undef, undef, $refusal) = $node->psql('dump', $schedule);
like($refusal, qr/ERROR:  pg_cron is not in this database\nDETAIL:  It is for database "home" of this server\./,
	'pg_cron in another database');
my ($line) = $refusal =~ /^HINT:  There, run: (.*)$/m;
$node->safe_psql('home', $schedule);
$node->safe_psql('home', $line);
is( $node->safe_psql('home', 'SELECT jobname, schedule, database, command FROM cron.job ORDER BY jobname'),
	join("\n", map { "credit monitor $_|SELECT credit.run_scheduled_monitor('killed')" }
		  'killed|0 0 1 1 *|home', 'killed in dump|0 0 1 1 *|dump'),
	'the line that the hint gives makes a job for this one');

my $missing = qr/ERROR:  pg_cron is not installed in this database\nDETAIL:  .*cron\.database_name.*\nHINT:  Then CREATE EXTENSION pg_cron; or .*run_due_monitors/;
$node->safe_psql('dump', q{SELECT credit.grant_access('operator', 'admin')});
(undef, undef, $refusal) = $node->psql('dump', $schedule, @operator);
like($refusal, $missing, 'a role that may not know where pg_cron is');
is($node->safe_psql('dump', q{SELECT credit.unschedule_monitor('killed')}), 'f', 'no schedule to end');

$node->safe_psql('home', 'DROP EXTENSION pg_cron');
(undef, undef, $refusal) = $node->psql('home', $schedule);
like($refusal, $missing, 'its database without the extension');

# A database that pg_cron is connected to cannot be copied.
$node->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
$node->restart;
$node->safe_psql('postgres', 'CREATE DATABASE template_copy TEMPLATE home');
is_silent_until_armed('template_copy');
is($node->safe_psql('home', q{SELECT credit.drop_monitor('killed'); SELECT count(*) FROM credit.health()}),
	"\n0", 'a monitor is dropped without pg_cron');

$node->stop;
done_testing();
