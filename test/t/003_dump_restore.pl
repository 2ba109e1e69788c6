# pg_dump and a restore keep the whole registry: every table row for row,
# every score to the bit, the rights that were granted, the history that
# rollback works on, and the sequences that the next import draws from.
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

$node->safe_psql('postgres',
	'CREATE ROLE app; CREATE DATABASE source TEMPLATE template0');
$node->safe_psql('source', 'CREATE EXTENSION pg_credit');
create_german($node, 'source');
# Model ids and version ids drift apart, and so do versions and their ids.
$node->safe_psql('source', import_sql('m', stump(1)));
import_german($node, 'source', 'german');
import_german($node, 'source', 'german', 'model.ubj');
$node->safe_psql('source', import_sql('m', stump($_))) for 2 .. 4;
$node->safe_psql(
	'source', q{
	BEGIN; SELECT credit.promote('m', 1); ROLLBACK;
	SELECT credit.promote('m', 1), credit.promote('m', 2), credit.promote('m', 3);
	SELECT credit.rollback('m');
	SELECT credit.retire('m', 4);
	SELECT credit.promote('german', 1), credit.promote('german', 2, 'challenger');
	UPDATE credit.model_version SET notes = E'line one\nline "two"\t\\.' WHERE version = 2;
	SELECT credit.set_drift_baseline('german', 'applicant');
	CREATE VIEW labelled AS SELECT *, class = 'bad' AS defaulted FROM applicant;
	SELECT credit.set_validation('german', 'labelled', 'defaulted');
	GRANT EXECUTE ON FUNCTION credit_score(record, text) TO app;
	GRANT USAGE ON SCHEMA credit TO app;
	GRANT SELECT ON credit.models TO app;
	CREATE VIEW scored AS SELECT id, credit_score(a, 'german') AS score FROM applicant AS a;
});

# A version whose reasons need translations, a baseline and golden reasons.
$node->safe_psql(
	'source', q{
	SELECT credit.import_model('german', credit.export_model('german@1'), jsonb_build_object(
		'reason_baseline', 'barely_passing',
		'reasons', (SELECT jsonb_object_agg(name, jsonb_build_object('code', reason_code, 'text', reason_text,
			'translations', jsonb_build_object('de', 'auf Deutsch: ' || reason_code)))
			FROM credit.feature WHERE model_version_id = credit.find_version('german@1')),
		'golden', (SELECT jsonb_agg(jsonb_build_object('row', applicant, 'margin', margin))
			FROM credit.golden_row WHERE model_version_id = credit.find_version('german@1'))));
	SELECT credit.set_baseline('german@3', 'applicant', 500);
	SELECT credit.promote('german', 3, 'candidate');
});

# A monitor with windows that are done, of which one drifted, and so long that
# no other ends meanwhile.
$node->safe_psql(
	'source', q{
	CREATE VIEW arriving AS
	SELECT a.*, date_bin('1000 days', now(), '2000-01-03 00:00:00+00') - (3 - a.id % 2) * interval '1000 days' AS at
	FROM applicant AS a WHERE a.id % 2 = 0 OR duration >= 24 AND credit_amount >= 3000;
	SELECT credit.create_monitor('german', 'arriving', 'german@1', 'at', '1000 days',
		'{"retrain": true, "warning": 0.05, "critical": 0.1, "segment": "own_telephone"}');
	SELECT credit.arm_monitor('german', now() - interval '3000 days'), credit.run_monitor('german', 2);
	SELECT credit.acknowledge_alert(min(alert_id)) FROM credit.alert;
	SELECT credit.create_monitor('dropped', 'arriving', 'german'), credit.drop_monitor('dropped')});
my $reasons = q{
	SET credit.language = 'de';
	SELECT md5(string_agg(r::text, '' ORDER BY a.id, r.rank))
	FROM applicant AS a, credit_reasons(a, 'german@candidate') AS r};
my $reasons_before = $node->safe_psql('source', $reasons);

my $registry = registry_hash($node, 'source');
my %scores =
  map { $_ => scores_hash($node, 'source', $_) } qw(german german@challenger);
my $rights = q{
	SELECT has_function_privilege('app', 'credit_score(record, text)', 'EXECUTE'),
		has_function_privilege('app', 'credit_pd(record, text)', 'EXECUTE'),
		has_table_privilege('app', 'credit.models', 'SELECT'),
		has_table_privilege('app', 'credit.model', 'SELECT')};

like($registry, qr/^golden_row\|48\|/m, 'the source has golden rows');
like($registry, qr/^baseline_contribution\|14\|/m, 'a baseline');
like($registry, qr/^drift_baseline\|\d\d\|/m, 'a drift baseline');
like($registry, qr/^metric\|1\|/m, 'validation figures');
like($registry, qr/^golden_reason\|48\|/m, 'golden reasons');
like($registry, qr/^reason_translation\|14\|/m, 'translations');
like($registry, qr/^$_\|/m, "rows of $_")
  for 'monitor\|2', 'monitor_window\|2', 'drift_run\|2', 'drift_summary\|4', 'drift_result\|\d\d', 'alert\|[1-9]', 'retraining_request\|1';
is($node->safe_psql('source', $rights), 't|f|t|f', 'and rights');

# -------- the ways to dump --------

my $dir = $node->basedir;

sub restore_text
{
	my ($db, @flags) = @_;

	$node->command_ok(
		[ 'pg_dump', @flags, '-f', "$dir/$db.sql", $node->connstr('source') ],
		"$db: pg_dump @flags");
	$node->command_ok(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null',
			'-f', "$dir/$db.sql", '-d', $node->connstr($db) ],
		"$db: psql");
	return;
}

sub restore_archive
{
	my ($db, $format, @flags) = @_;

	if (!-e "$dir/$db.archive")
	{
		$node->command_ok(
			[ 'pg_dump', "-F$format", '-f', "$dir/$db.archive",
				$node->connstr('source') ],
			"$db: pg_dump -F$format");
	}
	$node->command_ok(
		[ 'pg_restore', '-e', @flags, '-d', $node->connstr($db), "$dir/$db.archive" ],
		"$db: pg_restore @flags");
	return;
}

my @ways = (
	[ 'text', sub { restore_text($_[0]) } ],
	[ 'custom', sub { restore_archive($_[0], 'c') } ],
	# Not all with -j: pg_restore does not know of the foreign keys between
	# tables of an extension, and loads them in any order.
	[
		'sections',
		sub {
			restore_archive($_[0], 'd', '--section=pre-data');
			restore_archive($_[0], 'd', '--section=data');
			restore_archive($_[0], 'd', '--section=post-data', '-j', '2');
		}
	],
	[ 'inserts', sub { restore_text($_[0], '--rows-per-insert=3') } ],
	[
		'pair',
		sub {
			restore_text($_[0], '--schema-only');
			restore_text($_[0], '--data-only');
		}
	]);

for my $way (@ways)
{
	my ($db, $restore) = @$way;

	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE template0");
	$restore->($db);

	is(registry_hash($node, $db), $registry, "$db: every table is the same");
	is(scores_hash($node, $db, $_), $scores{$_}, "$db: scores of $_")
	  for sort keys %scores;
	is( $node->safe_psql(
			$db, q{
			SELECT count(*), bool_and(passed)
			FROM credit.models AS v, LATERAL credit.verify_model(v.model || '@' || v.version)}),
		'49|t',
		"$db: verify_model passes for every version");
	is($node->safe_psql($db, $reasons), $reasons_before, "$db: reasons");
	is($node->safe_psql($db, $rights), 't|f|t|f', "$db: rights");
	is( $node->safe_psql(
			$db, q{SELECT count(score) FROM scored}),
		'1000',
		"$db: a view over credit_score");
	is( $node->safe_psql(
			$db, q{
			SELECT string_agg(attstorage::text, ' ') FROM pg_attribute
			WHERE attrelid = 'credit.model_version'::regclass AND attname IN ('image', 'artifact')}),
		'e e',
		"$db: images are stored uncompressed");

	# What comes after the restore.
	is( $node->safe_psql(
			$db, q{
			SELECT name FROM credit.arm_monitor('german', now() - interval '4000 days');
			SELECT date_bin('1000 days', now(), '2000-01-03 00:00:00+00') - from_at, n, error FROM credit.run_monitor('german')}),
		"german\n4000 days|0|\n1000 days|0|",
		"$db: a monitor, armed, does what was not done");
	is($node->safe_psql($db, import_sql('m', stump(5))),
		'5', "$db: the next import gets the next version");
	is($node->safe_psql($db, import_sql('new', stump(1))),
		'1', "$db: and a new model can be imported");
	is( $node->safe_psql(
			$db, q{
			SELECT (credit.rollback('m')).to_version;
			SELECT credit_margin('{"x": 0}'::jsonb, 'm');
			SELECT (credit.promote('m', 5)).to_version;
			SELECT credit_margin('{"x": 0}'::jsonb, 'm')}),
		"1\n1\n5\n5",
		"$db: rollback works on the restored history, and promote");
	fails_with($node, $db, q{SELECT credit.promote('m', 4);},
		'55000', 'version 4 of model "m" is retired',
		"$db: a retired version");
	fails_with($node, $db, q{DELETE FROM credit.deployment;},
		'23001', 'is not allowed', "$db: history");
}

# A restored database can be dumped again with nothing lost.
my $second = registry_hash($node, 'custom');
$node->safe_psql('postgres', 'CREATE DATABASE again TEMPLATE template0');
$node->command_ok(
	[ 'pg_dump', '-f', "$dir/again.sql", $node->connstr('custom') ], 'dump again');
$node->command_ok(
	[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null',
		'-f', "$dir/again.sql", '-d', $node->connstr('again') ],
	'restore again');
is(registry_hash($node, 'again'), $second, 'a dump of a restored database');

done_testing();
