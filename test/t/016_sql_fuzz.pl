# Every C function of the extension that SQL can call, with arguments that
# nobody sends on purpose: nulls, arrays of other shapes, damaged bytes, wrong
# records.  The server must live, and each error must be one that was meant.
#
# CREDIT_SEED repeats a run; CREDIT_FUZZ_SECONDS bounds its time.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes ();

my $seed = defined $ENV{CREDIT_SEED} ? $ENV{CREDIT_SEED} : time;
my $seconds = $ENV{CREDIT_FUZZ_SECONDS} || 25;
my $per_batch = 100;

srand($seed);
diag("CREDIT_SEED=$seed");

sub one_of
{
	return $_[ int(rand(@_)) ];
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_min_error_statement = panic\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit');

# The stump with its tree many times: the batch node leaves small models alone.
my $model = stump(1);
my ($tree) = $model =~ /"trees": \[(.*)\]\}\}\}\}/s;
my $zeros = join ', ', (0) x 64;
$model =~ s/"num_trees": "1"/"num_trees": "64"/;
$model =~ s/"tree_info": \[0\]/"tree_info": [$zeros]/;
$model =~ s/\Q$tree\E/join ', ', ($tree) x 64/e;
$node->safe_psql('postgres', import_sql('m', $model));
$node->safe_psql('postgres', "SELECT credit.promote('m', 1)");
$node->safe_psql('postgres',
	'CREATE TABLE fuzz AS SELECT CASE WHEN i % 7 > 0 THEN i / 100.0 END AS x, i AS n, '
	  . "'c' || i AS c, ARRAY[i, NULL] AS a FROM generate_series(1, 300) AS i");
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

# -------- arguments --------

# The references of one feature, as a baseline would hold them.
my $reference = q{ROW('x', false, 4, 1, 1, 2, 0.5, '{0,1,2}', NULL, '{1,2,1}')::credit.drift_reference};
my $source = "ROW(NULL, NULL, NULL, ARRAY[$reference])::credit.drift_source";
my @bytes = (
	stump(1),
	map { pack 'H*', $node->safe_psql('postgres', $_) } (
		"SELECT encode(image, 'hex') FROM credit.model_version",
		"SELECT encode(credit.drift_scan($source, x), 'hex') FROM fuzz"));

# The bytes as they are or with some of them changed, cut, added or removed.
sub some_bytes
{
	my $bytes = one_of(@bytes, '', "\0" x 64);
	my $length = length $bytes;
	my $kind = int(rand(5));

	if ($length > 0 && $kind == 1)
	{
		substr($bytes, int(rand($length)), 1) = chr(int(rand(256)))
		  for 0 .. int(rand(4));
	}
	elsif ($kind == 2)
	{
		$bytes = substr($bytes, 0, int(rand($length + 1)));
	}
	elsif ($kind == 3)
	{
		substr($bytes, int(rand($length + 1)), 0) =
		  pack 'V', one_of(0, 1, 0x7fffffff, 0x80000000, 0xffffffff);
	}
	elsif ($kind == 4)
	{
		substr($bytes, int(rand($length + 1)), 4) =
		  pack 'V', one_of(0, 1, 0x7fffffff, 0x80000000, 0xffffffff);
	}
	return "'\\x" . unpack('H*', $bytes) . "'::bytea";
}

my %pool = (
	'boolean' => [ 'true', 'false' ],
	'integer' => [ 0, 1, 3, '(-1)', 2147483647, '(-2147483648)' ],
	'bigint' => [ 0, 1, 9223372036854775807, '(-1)' ],
	'real' => [ 0, "'NaN'::real", "'-Infinity'::real", '1e38::real' ],
	'double precision' =>
	  [ 0, 0.5, "'NaN'::float8", "'Infinity'::float8", '1e308::float8', '(-1e-320)::float8' ],
	'text' => [
		"'m'", "'m'", "'m\@1'", "'m\@0'", "'m\@99999999999999999999'", "''",
		"'nosuch'", "'x'", "'increasing'", "'population'", "repeat('m', 100000)" ],
	'jsonb' => [
		"'{}'", "'{\"x\": 0}'", "'{\"x\": null}'", "'{\"x\": 1e400}'", "'[]'", "'1'",
		"'null'", "'{\"x\": {\"x\": [1]}}'", "'{\"feature_names\": [null]}'",
		"'{\"feature_names\": [\"x\", \"x\"]}'" ],
	'regprocedure' => [
		"'credit_score(record,text)'", "'credit_pd(record,text)'",
		"'credit_margin(record,text)'", "'credit_contributions(record,text)'",
		"'pg_catalog.now()'", '0', '4294967295' ],
	'record' => [ 't', 't', 'ROW()', "ROW(1, 'a')", 'ROW(NULL)', 'ROW(t, t)' ],
	'"any"' => [ 't.x', 't.n', 't.c', 't.a', 't', 'NULL', "'u'", "'NaN'::float8", "'-infinity'::date" ],
);
for my $type (keys %pool)
{
	$pool{$type} = [ map { "$_\::$type" } @{ $pool{$type} } ]
	  unless $type eq 'record' || $type eq '"any"';
}

my %attributes;
my $composites = $node->safe_psql('postgres', q{
	SELECT format_type(c.reltype, NULL), string_agg(format_type(a.atttypid, NULL), ';' ORDER BY attnum)
	FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid
	WHERE relnamespace = 'credit'::regnamespace AND relkind = 'c' AND attnum > 0
	GROUP BY c.oid});
for (split /\n/, $composites)
{
	my ($type, $list) = split /\|/;

	$attributes{$type} = [ split /;/, $list ];
}

# An expression of a type, often null or odd.
sub argument
{
	my ($type) = @_;

	return $type eq '"any"' ? 'NULL' : "NULL::$type" if rand() < 0.12;
	return some_bytes() if $type eq 'bytea';
	if ($type =~ /^(.*)\[\]$/)
	{
		my @items = map { argument($1) } 1 .. 1 + int(rand(3));
		my $list = join ', ', @items;

		return "'{}'::$type" if rand() < 0.15;
		return "ARRAY[ARRAY[$list]]::$type" if rand() < 0.15;
		return "ARRAY['x']::$type" if $type eq 'text[]' && rand() < 0.4;
		return "ARRAY[$list]::$type";
	}
	return $source if $type eq 'credit.drift_source' && rand() < 0.5;
	return $reference if $type eq 'credit.drift_reference' && rand() < 0.5;
	return 'ROW(' . join(', ', map { argument($_) } @{ $attributes{$type} }) . ")::$type"
	  if $attributes{$type};
	return one_of(@{ $pool{$type} }) if $pool{$type};
	return "NULL::$type";
}

# -------- calls --------

my @functions = map { [ split /\|/, $_, -1 ] } split /\n/, $node->safe_psql(
	'postgres', q{
	SELECT p.oid::regprocedure, quote_ident(n.nspname) || '.' || p.proname,
		array_to_string(ARRAY(SELECT format_type(t, NULL)
			FROM unnest(p.proargtypes) WITH ORDINALITY AS u (t, i) ORDER BY i), ';'),
		p.provariadic <> 0, format_type(p.prorettype, NULL)
	FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
	JOIN pg_proc AS p ON p.oid = d.objid JOIN pg_namespace AS n ON n.oid = p.pronamespace
	JOIN pg_language AS l ON l.oid = p.prolang
	WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND (l.lanname = 'c' OR p.prokind = 'a')
		AND NOT 'internal'::regtype = ANY (p.proargtypes)
	ORDER BY 1});

sub call
{
	my (undef, $name, $types, $variadic, $result) = @{ $_[0] };
	my @types = split /;/, $types;
	my @arguments;

	pop @types if $variadic eq 't';
	@arguments = map { argument($_) } @types;
	# What the planner would write, but for one argument.
	if ($name =~ /(\w+)_columns$/ && rand() < 0.5)
	{
		my $odd = int(rand(3));
		my @planned =
		  ("'credit_$1(record,text)'::regprocedure", "'m'::text", "'{x}'::text[]");

		$planned[$odd] = $arguments[$odd];
		@arguments = (@planned, 't.x');
	}
	elsif ($variadic eq 't')
	{
		push @arguments, rand() < 0.15
		  ? 'VARIADIC ' . one_of('ARRAY[t.x]', 't.a', "'{}'::int[]", 'NULL::text[]', 'ARRAY[[t.x, 1]]')
		  : map { argument('"any"') } 1 .. one_of(1, 1, 2, 3, 90);
	}
	my $call = "$name(" . join(', ', @arguments) . ')';
	$call = "sum($call)"
	  if $result =~ /^(integer|real|double precision)$/ && rand() < 0.5;
	return "SELECT $call FROM (SELECT * FROM fuzz LIMIT 3) AS t" if rand() < 0.2;
	return "SELECT $call FROM fuzz AS t";
}

my $session = $node->background_psql('postgres', on_error_stop => 0);
answer($session, "SET statement_timeout = '5s';");
answer($session, "LOAD 'pg_credit';");
like(
	answer($session, "EXPLAIN SELECT sum(credit_margin(t, 'm')) FROM fuzz AS t;"),
	qr/CreditBatch/, 'the batch node sees the calls');
like(
	answer($session, "EXPLAIN SELECT credit.drift_scan($source, x) FROM fuzz;"),
	qr/CreditDrift/, 'the drift node sees the calls');
my $pid = answer($session, 'SELECT pg_backend_pid()');
my (%called, %states, @wrong);
my $number = 0;
my $batch_file = PostgreSQL::Test::Utils::tempdir() . '/batch';
my $until = Time::HiRes::time() + $seconds;

while (Time::HiRes::time() < $until)
{
	my (@which, @calls);
	my $script = '';

	for my $i (0 .. $per_batch - 1)
	{
		$which[$i] = $functions[ $number++ % @functions ];
		$calls[$i] = call($which[$i]);
		$script .= "$calls[$i] \\g /dev/null\n\\echo call $i :SQLSTATE :LAST_ERROR_MESSAGE\n";
	}
	# By a file: more than a pipe takes at once would end the session.
	append_to_file("$batch_file.$number", $script);
	my $output = eval {
		answer($session, "\\i $batch_file.$number\nSELECT pg_backend_pid();");
	};
	unlink "$batch_file.$number";
	if (!defined $output || $output !~ /^\Q$pid\E$/m)
	{
		push @wrong, "the session ended or changed ($@) in one of:\n" . join(";\n", @calls);
		last;
	}
	while ($output =~ /^call (\d+) (\w{5}) (.*)$/mg)
	{
		my ($i, $state, $message) = ($1, $2, $3);

		$states{$state}++;
		$called{ $which[$i][0] }++ if $state ne '42883' && $state !~ /^42(601|846|804)$/;
		push @wrong, "$state $message: " . substr($calls[$i], 0, 2000)
		  if $state eq 'XX000' || $state eq '57014';
	}
}
eval { $session->quit };

note "$number calls: " . join ', ', map { "$_ $states{$_}" } sort keys %states;
cmp_ok(scalar @functions, '>', 30, 'the catalog names the functions');
is(join("\n", grep { !$called{$_} } map { $_->[0] } @functions),
	'', 'every function was called');
is(join("\n", @wrong), '', 'no backend died, no internal error, no timeout');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'),
	$started, 'the server was up all the time');
unlike(slurp_file($node->logfile), qr/terminated by signal/,
	'no process was killed by a signal');

done_testing();
