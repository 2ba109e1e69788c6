# A backend that scores has mapped pg_credit.so and no library of a trainer,
# nor has a parallel worker; the library needs libc and libm only and exports
# only what PostgreSQL calls.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no /proc/self/maps here' unless -r '/proc/self/maps';

my $trainers = 'xgboost|libgomp|libomp|libiomp|libtbb|libpython|libcuda|treelite|lightgbm';

# The files that a process has mapped, sorted.
sub mapped
{
	my ($pid) = @_;
	my %files =
	  map { $_ => 1 } slurp_file("/proc/$pid/maps") =~ m{\s(/.*\.so[.\d]*)$}mg;

	return sort keys %files;
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\njit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit');
create_german($node, 'postgres');
import_german($node, 'postgres', 'german');
$node->safe_psql('postgres', "SELECT credit.promote('german', 1)");

# -------- a backend --------

my $session = $node->background_psql('postgres', on_error_stop => 0);
my $pid = answer($session, 'SELECT pg_backend_pid()');
my @before = mapped($pid);
is(scalar(grep { /pg_credit/ } @before), 0, 'a new backend has no pg_credit.so');

is( answer($session, q{
		SELECT count(credit_score(a)) + count(credit_pd(to_jsonb(a))) + count(credit_margin(a, 'german@1'))
		FROM applicant AS a}),
	'3000', 'it scores');
my @after = mapped($pid);
my %old = map { $_ => 1 } @before;
my @new = grep { !$old{$_} } @after;
my ($library) = grep { m{/pg_credit\.so$} } @after;
ok(defined $library, 'it has mapped pg_credit.so');
is(join(' ', map { s{.*/}{}r } @new), 'pg_credit.so', 'and nothing else that is new');
is(join(' ', grep { /$trainers/ } @after), '', 'no library of a trainer');
is( answer($session, q{SELECT bool_and(passed) FROM credit.verify_model('german')}),
	't', 'it verifies');
is(join(' ', grep { /$trainers/ } mapped($pid)), '', 'and still has none');
$session->quit;

# -------- a parallel worker --------

# pg_read_file() itself is kept out of workers.
$node->safe_psql(
	'postgres', q{
	CREATE FUNCTION worker_file(name text) RETURNS text LANGUAGE plpgsql PARALLEL SAFE
	AS $$BEGIN RETURN pg_read_file('/proc/self/' || name); END$$});
my $leader = $node->background_psql('postgres', on_error_stop => 0);
answer($leader, q{
	SET min_parallel_table_scan_size = 0;
	SET parallel_setup_cost = 0;
	SET parallel_tuple_cost = 0;
	SET max_parallel_workers_per_gather = 2;
	SET parallel_leader_participation = off;});
my $scoring = q{
	SELECT count(credit_score(a)),
		bool_and(CASE WHEN id > 20 THEN worker_file('maps') ~ 'pg_credit\.so' END) AS mapped,
		bool_or(CASE WHEN id > 20 THEN worker_file('maps') ~ '} . $trainers . q{' END) AS trainer,
		bool_and(split_part(worker_file('stat'), ' ', 1) <> '%s') AS worker
	FROM applicant AS a WHERE id <= 40};
$scoring = sprintf($scoring, answer($leader, 'SELECT pg_backend_pid()'));
like(answer($leader, "EXPLAIN (COSTS OFF) $scoring"),
	qr/Partial Aggregate/, 'a plan that scores in a worker');
is(answer($leader, $scoring), '40|t|f|t',
	'a worker has mapped pg_credit.so and no library of a trainer');
$leader->quit;

# -------- the library itself --------

# What a tool prints, or undef where it is not installed.
sub output_of
{
	my (@command) = @_;
	my $stdout = '';
	my $done = eval {
		IPC::Run::run(\@command, '>', \$stdout, '2>', \my $stderr);
	};

	return $done ? $stdout : undef;
}

SKIP:
{
	my $dynamic = output_of('readelf', '-d', $library);
	my $symbols = output_of('nm', '-D', '--defined-only', $library);
	skip 'binutils are not installed', 3
	  unless defined $dynamic && defined $symbols;

	my @needed = $dynamic =~ /\(NEEDED\).*\[(.*)\]/g;
	is(join(' ', grep { !/^(libc|libm)\.so/ && !/^ld-linux/ } @needed),
		'', 'it needs nothing but libc and libm');
	my @names = map { (split)[-1] } split /\n/, $symbols;
	is( join(' ', grep {
				!/^(Pg_magic_func|_PG_init|credit_\w+|pg_finfo_credit_\w+)$/
			} @names),
		'', 'it exports only what PostgreSQL calls');
	cmp_ok(scalar(grep { /^pg_finfo_credit_/ } @names),
		'>=', 10, 'its functions among it');
}

done_testing();
