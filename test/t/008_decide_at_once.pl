# A hundred clients decide at once, in a month that has no partition yet, while
# the log is sealed and the split and the policy change: no decision is lost, no
# rolled-back one is kept, and every one is sealed once.  A standby refuses to
# decide, and verifies.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant CLIENTS => 100;
use constant EACH => 40;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "log_statement = none\nmax_connections = 150");
$node->start;
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;

$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit');
$node->safe_psql('postgres', import_sql('m', stump($_))) for 1 .. 2;
$node->safe_psql(
	'postgres', q{
	SELECT credit.promote('m', 1), credit.promote('m', 2, 'challenger');
	SELECT credit.set_policy('m', '{"measure": "points", "approve": 500, "refer": 400}');
	SELECT credit.split('m', 'challenger', 0.5), credit.shadow('m', 'challenger')});

# Every fourth decision is rolled back, every fourth is one of three in a
# transaction.
my $decide = q{SELECT credit_decide('c' || :client_id || '-' || :n, jsonb_build_object('x', random()));};
my $script = qq{
\\set n random(1, 1000000000)
\\set kind random(1, 4)
\\if :kind = 1
BEGIN;
$decide
ROLLBACK;
\\elif :kind = 2
BEGIN;
$decide
SAVEPOINT s;
$decide
ROLLBACK TO s;
$decide
COMMIT;
\\else
$decide
\\endif
INSERT INTO done VALUES (CASE :kind WHEN 1 THEN 0 WHEN 2 THEN 2 ELSE 1 END);
};
$node->safe_psql('postgres', 'CREATE TABLE done (decisions integer)');

my $maintain = $node->background_psql('postgres', on_error_stop => 0);
my $changing = $node->background_psql('postgres', on_error_stop => 0);
my $until_done = sub {
	my ($statement) = @_;

	return qq{
	CREATE PROCEDURE pg_temp.again() LANGUAGE plpgsql AS \$\$
	BEGIN
		WHILE (SELECT count(*) FROM done) < } . CLIENTS * EACH . qq{ LOOP
			$statement
			COMMIT;
		END LOOP;
	END \$\$;
	\\echo started
	CALL pg_temp.again();
	\\echo finished
	};
};
$maintain->query_until(qr/started/, $until_done->('PERFORM credit.seal_log();'));
$changing->query_until(qr/started/, $until_done->(
		q{PERFORM credit.split('m', 'challenger', random()), credit.set_policy('m', '{"measure": "points", "approve": 500}');}
	));

$node->pgbench(
	'-n -j 4 -c ' . CLIENTS . ' -t ' . EACH,
	0,
	[ qr{processed: (\d+)/\1\b} ],
	[ qr/^(?!.*(ERROR|aborted))/s ],
	'a hundred clients decide',
	{ 'decide' => $script });
$_->query_until(qr/finished/, '') for $maintain, $changing;
$maintain->quit;
$changing->quit;

my $done = $node->safe_psql('postgres', 'SELECT sum(decisions) FROM done');
cmp_ok($done, '>', CLIENTS * EACH / 2, 'there were decisions');
is( $node->safe_psql('postgres',
		'SELECT count(*), count(DISTINCT decision_id) FROM credit.decision'),
	"$done|$done", 'none is lost, none is there that was rolled back');
is( $node->safe_psql('postgres',
		'SELECT count(*) FROM pg_inherits WHERE inhparent = \'credit.decision\'::regclass'),
	'1', 'one of them made the partition');
is( $node->safe_psql('postgres',
		'SELECT bool_and(passed) FROM credit.verify_log()'),
	't', 'the log verifies while some are not sealed');
$node->safe_psql('postgres', 'SELECT credit.maintain(); SELECT credit.maintain()');
is( $node->safe_psql('postgres',
		'SELECT bool_and(passed) FROM credit.verify_log()'),
	't', 'and when all are');
is( $node->safe_psql('postgres',
		'SELECT count(*), count(DISTINCT i) FROM credit.seal, unnest(decision_ids) AS i'),
	"$done|$done", 'every decision is sealed, once');
is( $node->safe_psql('postgres',
		'SELECT max(complete_to) = (SELECT last_value FROM credit.decision_decision_id_seq) FROM credit.seal'),
	't', 'and it is known that none is missing');
is( $node->safe_psql('postgres', q{
		SELECT string_agg(DISTINCT verdict, ', ') FROM credit.decision AS d, credit.replay(d.decision_id)}),
	'match', 'every decision replays: arm, score, policy');
is( $node->safe_psql('postgres', q{
		SELECT count(*) FROM credit.decision WHERE shadow_margin IS NULL OR shadow_error IS NOT NULL}),
	'0', 'every decision has its shadow');

# What one of them was about is found to be missing.
$node->safe_psql('postgres', q{
	SET session_replication_role = replica;
	DELETE FROM credit.decision WHERE decision_id = (SELECT max(decision_id) FROM credit.decision)});
is( $node->safe_psql('postgres', q{
		SELECT "check" FROM credit.verify_log() WHERE NOT passed AND decision_id IS NOT NULL}),
	'removed', 'a decision that is removed');

# -------- on a standby --------

$node->wait_for_catchup($standby);
my $applicant = q{'{"x": 0}'::jsonb};
fails_with($standby, 'postgres', "SELECT credit_decide('s', $applicant);",
	'25006', 'cannot decide on a standby', 'a standby');
is($standby->safe_psql('postgres', "SELECT credit_margin($applicant)"),
	'1', 'which scores');
is( $standby->safe_psql('postgres',
		'SELECT bool_or(passed), count(*) FILTER (WHERE NOT passed) FROM credit.verify_log()'),
	't|2', 'and verifies the log');
fails_with($standby, 'postgres', 'SELECT credit.maintain();',
	'25006', 'cannot execute', 'but does not seal it');
is( $standby->safe_psql('postgres', q{
		SELECT verdict FROM (SELECT min(decision_id) AS id FROM credit.decision) AS d, credit.replay(id)}),
	'match', 'and replays a decision');

$standby->stop;
$node->stop;
done_testing();
