# Behind a transaction pooler several clients share one server connection.
# Scoring needs nothing of the session: each statement sees what is promoted
# then, and SET LOCAL credit.default_model holds for its transaction only.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($pgbouncer) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}),
  '/usr/sbin', '/usr/local/sbin';
plan skip_all => 'pgbouncer is not installed' unless defined $pgbouncer;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'log_statement = none');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit');
for my $model ([ 'one', 1 ], [ 'one', 2 ], [ 'one', 3 ], [ 'ten', 10 ])
{
	$node->safe_psql('postgres', import_sql($model->[0], stump($model->[1])));
}
$node->safe_psql('postgres',
	"SELECT credit.promote('one', 1), credit.promote('ten', 1)");

# -------- the pooler --------

my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $user = $node->safe_psql('postgres', 'SELECT current_user');
append_to_file("$dir/users.txt", qq{"$user" ""\n});
append_to_file("$dir/pgbouncer.ini", <<"INI");
[databases]
pooled = host=${\ $node->host} port=${\ $node->port} dbname=postgres user=$user
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users.txt
pool_mode = transaction
default_pool_size = 1
ignore_startup_parameters = extra_float_digits
logfile = $dir/pgbouncer.log
pidfile = $dir/pgbouncer.pid
INI

my $connstr = "host=$dir port=$port dbname=pooled user=$user";
my $daemon = IPC::Run::start([ $pgbouncer, "$dir/pgbouncer.ini" ],
	'<', \undef, '>', "$dir/out", '2>', "$dir/err");

END
{
	my $status = $?;

	if (defined $daemon)
	{
		$daemon->signal('INT');
		eval { $daemon->finish };
	}
	$? = $status;
}

# It listens when its socket is there; pump_nb notices if it died instead.
my $socket = "$dir/.s.PGSQL.$port";
my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
while (!-S $socket && time < $deadline && $daemon->pumpable)
{
	select undef, undef, undef, 0.02;
	$daemon->pump_nb;
}
if (!-S $socket)
{
	diag slurp_file("$dir/err");
	BAIL_OUT('pgbouncer did not start');
}

sub client
{
	return $node->background_psql(
		'postgres',
		on_error_stop => 0,
		extra_params => [ '-d', $connstr ]);
}

my @clients = map { client() } 1 .. 3;
my $margin = q{SELECT credit_margin('{"x": 0}'::jsonb, 'one')};
my $default = q{SELECT credit_margin('{"x": 0}'::jsonb)};

# -------- one server connection --------

my %pids = map { answer($_, 'SELECT pg_backend_pid()') => 1 } @clients;
is(scalar(keys %pids), 1, 'three clients share one server connection');
isnt((keys %pids)[0], '', 'which answers');

is(answer($_, $margin), '1', 'each scores with the champion') for @clients;

# -------- promotion between and inside transactions --------

$node->safe_psql('postgres', "SELECT credit.promote('one', 2)");
is(answer($_, $margin), '2', 'each sees a promotion at its next statement')
  for @clients;

is(answer($clients[0], "BEGIN; $margin;"), '2', 'a transaction scores');
$node->safe_psql('postgres', "SELECT credit.promote('one', 3)");
is(answer($clients[0], $margin), '3',
	'and sees the next promotion at its next statement');
answer($clients[0], 'COMMIT');

is( answer($clients[1], "BEGIN; SELECT (credit.promote('one', 1)).to_version; $margin;"),
	"1\n1", 'a client promotes through the pool');
answer($clients[1], 'ROLLBACK');
is(answer($clients[2], $margin), '3',
	'what it rolled back is not there for the next client');
is(answer($clients[1], "SELECT (credit.promote('one', 1)).to_version"),
	'1', 'it promotes again');
is(answer($_, $margin), '1', 'and all clients see it') for @clients;

# -------- SET LOCAL --------

my $no_default = qr/no model is named and there is no default/;
answer($clients[0], $default);
like($clients[0]->{stderr}, $no_default, 'two models and no default: an error');

for my $turn (1 .. 3)
{
	is( answer($clients[0],
			"BEGIN; SET LOCAL credit.default_model = 'ten'; $default; $default; COMMIT;"),
		"10\n10", "turn $turn: SET LOCAL names the default");
	answer($clients[1], $default);
	like($clients[1]->{stderr}, $no_default, "turn $turn: and does not leak to the next client");
	is( answer($clients[1],
			"BEGIN; SET LOCAL credit.default_model = 'one'; $default; COMMIT;"),
		'1', "turn $turn: who has a default of its own");
	is( answer($clients[2],
			"BEGIN; SET LOCAL credit.default_model = 'ten'; $default; ROLLBACK;"),
		'10', "turn $turn: a transaction that is rolled back");
	answer($clients[0], $default);
	like($clients[0]->{stderr}, $no_default, "turn $turn: does not leak either");
}

is(scalar(grep { !$pids{ answer($_, 'SELECT pg_backend_pid()') } } @clients),
	0, 'it was one server connection all the time');
$_->quit for @clients;

done_testing();
