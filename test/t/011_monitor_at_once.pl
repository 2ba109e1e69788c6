# Ten clients run what is due of several monitors at once, until nothing is:
# each window is done once, each condition is one alert, nobody fails, and a
# listener hears of every alert that was raised.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant MONITORS => 6;
use constant WINDOWS => 24;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nautovacuum = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit');
$node->safe_psql('postgres', import_sql('m', stump(1)) . q{SELECT credit.promote('m', 1)});

# Windows that have all ended, and so long that no other does meanwhile.  Three
# of four have drifted, in two regions; the last has.
$node->safe_psql(
	'postgres', q{
	CREATE TABLE sample AS SELECT i / 100.0::float8 AS x FROM generate_series(1, 100) AS i;
	CREATE TABLE arriving AS
	SELECT date_bin('100 days', now(), '2000-01-03 00:00:00+00') - w * interval '100 days' AS at,
		x + (w % 4 > 0)::integer AS x, region
	FROM generate_series(1, } . WINDOWS . q{) AS w, sample, (VALUES ('north'), ('south')) AS r (region);
	SELECT credit.set_drift_baseline('m', 'sample');
	SELECT credit.create_monitor('m' || i, 'arriving', 'm', 'at', '100 days', '{"retrain": true, "segment": "region"}'),
		credit.arm_monitor('m' || i, (SELECT min(at) FROM arriving)) FROM generate_series(1, } . MONITORS . q{) AS i});

my $listener = $node->background_psql('postgres', on_error_stop => 0);
answer($listener, 'LISTEN credit_alert');

# A call does a few of them, so that clients take turns; some roll back.
$node->pgbench(
	'-n -j 2 -c 10 -t 20',
	0,
	[ qr{processed: (\d+)/\1\b} ],
	[ qr/^(?!.*(ERROR|aborted))/s ],
	'ten clients run monitors',
	{ 'due@3' => 'SELECT count(*) FROM credit.run_due_monitors(2);',
	  'one@2' => "\\set i random(1, @{[MONITORS]})\nSELECT count(*) FROM credit.run_monitor('m' || :i, 1);",
	  'back@1' => "BEGIN;\nSELECT count(*) FROM credit.run_due_monitors(1);\nROLLBACK;" });
$node->safe_psql('postgres', 'SELECT count(*) FROM credit.run_due_monitors()');

is( $node->safe_psql(
		'postgres', q{
		SELECT count(*), count(DISTINCT (monitor_id, from_at)), count(DISTINCT monitor_id), count(error) FROM credit.drift_run}),
	MONITORS * WINDOWS . '|' . MONITORS * WINDOWS . '|' . MONITORS . '|0', 'each window is done once');
is( $node->safe_psql(
		'postgres', q{
		SELECT count(*), bool_and(r.from_at = w.from_at AND r.to_at = w.to_at AND r.monitor_id = w.monitor_id AND w.attempts = 1)
		FROM credit.monitor_window AS w JOIN credit.drift_run AS r USING (drift_run_id)}),
	MONITORS * WINDOWS . '|t', 'which says so');
is( $node->safe_psql('postgres', q{
		SELECT count(*) FROM (SELECT from_at < lag(from_at) OVER (PARTITION BY monitor_id ORDER BY drift_run_id) AS back
			FROM credit.drift_run) AS r WHERE back}),
	'0', 'the oldest first');
is( $node->safe_psql('postgres', q{
		SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM credit.drift_result GROUP BY drift_run_id, segment) AS r}),
	2 * MONITORS * WINDOWS . '|' . 4 * MONITORS * WINDOWS, 'with a result for each segment and feature');

# The conditions change with every fourth window.
my $spells = WINDOWS / 4;
is( $node->safe_psql(
		'postgres', q{
		SELECT kind, segment, count(*), count(*) FILTER (WHERE resolved_at IS NULL), sum(times_seen)
		FROM credit.alert GROUP BY 1, 2 ORDER BY 1, 2}),
	join("\n", map { join '|', $_, MONITORS * $spells, MONITORS, MONITORS * $spells * 3 }
		  'drift|north', 'drift|south', 'score|north', 'score|south'),
	'each condition is one alert for as long as it lasts');
is($node->safe_psql('postgres', 'SELECT count(*) FROM credit.retraining_request'), '1', 'one request to train');

# -------- what a listener hears --------

my @heard = map { decode_json($_) } answer($listener, 'SELECT 1') =~ /"credit_alert" with payload "(\{.*\})" received/g;
my %events = map { my $event = $_; $event => [ grep { $_->{event} eq $event } @heard ] } qw(raised changed resolved);
is(join(' ', sort { $a <=> $b } map { $_->{alert_id} } @{ $events{raised} }),
	$node->safe_psql('postgres', q{SELECT string_agg(alert_id::text, ' ' ORDER BY alert_id) FROM credit.alert}),
	'a listener hears of each alert that was raised, once');
is(join(' ', sort { $a <=> $b } map { $_->{alert_id} } @{ $events{resolved} }),
	$node->safe_psql('postgres', q{SELECT string_agg(alert_id::text, ' ' ORDER BY alert_id) FROM credit.alert WHERE resolved_at IS NOT NULL}),
	'and resolved');
is(scalar @{ $events{changed} }, 0, 'and that none changed');
my ($first) = sort { $a->{alert_id} <=> $b->{alert_id} } @{ $events{raised} };
is( encode_json([ map { $first->{$_} } sort keys %$first ]),
	encode_json(
		decode_json(
			$node->safe_psql(
				'postgres', q{
				SELECT jsonb_build_array(a.alert_id, 'raised', a.kind, a.message, 'm', m.name, a.first_run_id, a.segment, a.severity)
				FROM credit.alert AS a JOIN credit.monitor AS m USING (monitor_id) ORDER BY a.alert_id LIMIT 1}))),
	'with what the table says');

# A condition that becomes less severe.
$node->safe_psql('postgres', $_) for q{SELECT credit.create_monitor('whole', 'arriving', 'm'); SELECT credit.run_monitor('whole')},
  q{SELECT credit.change_monitor('whole', '{"critical": 1}'); SELECT credit.run_monitor('whole')};
@heard = map { decode_json($_) } answer($listener, 'SELECT 1') =~ /"credit_alert" with payload "(\{.*\})" received/g;
is(join(' ', map { "$_->{event}-$_->{kind}-$_->{severity}" } @heard),
	'raised-drift-critical raised-score-warning changed-drift-warning', 'a severity that changes');
$listener->quit;
$node->stop;
done_testing();
