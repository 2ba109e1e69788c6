# A crash right after a committed promotion keeps it; a promotion that was not
# committed leaves no trace; a prepared one waits for its decision.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $margin = q{SELECT credit_margin('{"x": 0}'::jsonb, 'm')};
my $history = q{
	SELECT string_agg(concat_ws(' ', action, coalesce(from_version::text, '-'), to_version), ', ' ORDER BY deployment_id)
	FROM credit.deployment JOIN credit.model USING (model_id) WHERE name = 'm'};

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf',
	"max_prepared_transactions = 2\nlog_statement = none\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit');
$node->safe_psql('postgres', import_sql('m', stump($_))) for 1 .. 4;
create_german($node, 'postgres');
import_german($node, 'postgres', 'german', 'model.ubj');
$node->safe_psql('postgres', "SELECT credit.promote('german', 1)");
my $scores = scores_hash($node, 'postgres', 'german');

sub crash
{
	$node->stop('immediate');
	$node->start;
	return;
}

# -------- committed --------

$node->safe_psql('postgres', "SELECT credit.promote('m', 1)");
$node->safe_psql('postgres', "SELECT credit.promote('m', 2)");
crash();
is($node->safe_psql('postgres', $margin), '2', 'the promotion is there');
is($node->safe_psql('postgres', $history),
	'promote - 1, promote 1 2', 'with its history');
is(scores_hash($node, 'postgres', 'german'), $scores,
	'scores are the same to the bit');
is( $node->safe_psql(
		'postgres', q{SELECT count(*), bool_and(passed) FROM credit.verify_model('german')}),
	'7|t',
	'verify_model passes');

# -------- not committed --------

my $session = $node->background_psql('postgres', on_error_stop => 0);
is(answer($session, "BEGIN; SELECT (credit.promote('m', 3)).to_version; $margin;"),
	"3\n3", 'a promotion in an open transaction');
# Its changes reach the disk, so that recovery has something to undo.
$node->safe_psql('postgres', 'CHECKPOINT');
$node->safe_psql('postgres', "SELECT credit.promote('german', 1, 'challenger')");
$node->stop('immediate');
eval { $session->quit };
$node->start;
is($node->safe_psql('postgres', $margin), '2', 'it is gone after the crash');
is($node->safe_psql('postgres', $history),
	'promote - 1, promote 1 2', 'and so is its history');
is( $node->safe_psql('postgres',
		'SELECT alias FROM credit.alias JOIN credit.model USING (model_id) '
		  . "WHERE name = 'german' ORDER BY alias"),
	"challenger\nchampion",
	'what was committed beside it is there');
is( $node->safe_psql(
		'postgres', "SELECT (credit.promote('m', 3)).from_version; $margin"),
	"2\n3",
	'nothing is locked: the next promotion goes through');

# -------- an import that was not committed --------

$session = $node->background_psql('postgres', on_error_stop => 0);
is(answer($session, 'BEGIN; ' . import_sql('m', stump(5))),
	'5', 'an import in an open transaction');
$node->safe_psql('postgres', 'CHECKPOINT');
$node->stop('immediate');
eval { $session->quit };
$node->start;
is( $node->safe_psql('postgres', import_sql('m', stump(6))),
	'5', 'its number is free again after the crash');
is( $node->safe_psql(
		'postgres', q{SELECT credit_margin('{"x": 0}'::jsonb, 'm@5')}),
	'6',
	'and means the model that was imported then');

# -------- prepared --------

$node->safe_psql('postgres',
	"BEGIN; SELECT credit.promote('m', 4); PREPARE TRANSACTION 'p'");
$session = $node->background_psql('postgres', on_error_stop => 0);
is(answer($session, $margin), '3', 'a prepared promotion is not seen');
crash();
eval { $session->quit };
$session = $node->background_psql('postgres', on_error_stop => 0);
is(answer($session, $margin), '3', 'nor after a crash');
$node->safe_psql('postgres', "COMMIT PREPARED 'p'");
is(answer($session, $margin), '4', 'but at the next statement after its commit');
$session->quit;

$node->restart('fast');
is($node->safe_psql('postgres', $margin), '4', 'a plain restart keeps it');

done_testing();
