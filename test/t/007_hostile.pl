# Damaged model files and images through SQL: each is accepted or refused with
# one of a few SQLSTATEs, the backend lives and its memory does not grow.
# Scoring and importing stop when they are told to.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes ();

my $rounds = 4;
my $per_round = 100;

# A generator of our own: the same numbers with every Perl.
my $state = 20241;

sub random_below
{
	my ($n) = @_;

	$state = ($state * 1103515245 + 12345) % 2147483648;
	return int($state / 65536) % $n if $n <= 32768;
	return (random_below(32768) * 32768 + random_below(32768)) % $n;
}

# One of several kinds of damage.
sub damaged
{
	my ($bytes) = @_;
	my $length = length $bytes;
	my $kind = random_below(7);
	my $at = random_below($length);
	my $span = 1 + random_below(40);

	if ($kind == 0)    # bits
	{
		for (0 .. random_below(4))
		{
			my $place = random_below($length);
			substr($bytes, $place, 1) ^= chr(1 << random_below(8));
		}
	}
	elsif ($kind == 1)    # the end
	{
		$bytes = substr($bytes, 0, $at);
	}
	elsif ($kind == 2)    # a span away
	{
		substr($bytes, $at, $span) = '';
	}
	elsif ($kind == 3)    # a span twice
	{
		substr($bytes, $at, 0) = substr($bytes, $at, $span);
	}
	elsif ($kind == 4)    # a span of noise
	{
		my $noise = join '', map { chr random_below(256) } 1 .. $span;
		substr($bytes, $at, $span) = $noise;
	}
	elsif ($kind == 5)    # a span from elsewhere
	{
		substr($bytes, $at, $span) =
		  substr($bytes, random_below($length), $span);
	}
	else                  # a digit, so that the notation stays whole
	{
		my $digit = random_below(10);
		substr($bytes, $at) =~ s/\d/$digit/;
	}
	return $bytes;
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_messages = fatal\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit');
$node->safe_psql('postgres',
	'CREATE TABLE damage (kind text, round integer, place integer, bytes bytea)');

my $fixtures = 'test/parity/fixtures';
my @artifacts = map { slurp_bytes(top_file("$fixtures/$_")) }
  qw(v341_gbtree_part_d3.json v341_gbtree_part_d3.ubj
  v341_dart_onehot_d3.json v341_dart_onehot_d3.ubj);
my $options = '{"feature_names": [' . join(', ', map { qq{"f$_"} } 0 .. 7) . ']}';
my @images = map { pack 'H*', $_ } map {
	$node->safe_psql('postgres',
		"SELECT encode(credit.build_image('\\x" . unpack('H*', $_) . "', '$options'), 'hex')")
} @artifacts;

sub copy_damage
{
	my ($kind, @originals) = @_;
	my $rows = '';

	for my $round (1 .. $rounds)
	{
		for my $place (1 .. $per_round)
		{
			$rows .= join("\t", $kind, $round, $place,
				'\\\\x' . unpack('H*', damaged($originals[ $place % @originals ])))
			  . "\n";
		}
	}
	$node->safe_psql('postgres', "COPY damage FROM STDIN;\n$rows\\.\n");
	return;
}
copy_damage('artifact', @artifacts);
copy_damage('image', @images);

# What came of a round: SQLSTATEs with their numbers in the table result.
$node->safe_psql(
	'postgres', q{
	CREATE TABLE result (kind text, round integer, sqlstate text, message text, seconds float8);
	CREATE PROCEDURE try(which text, number integer, options jsonb) LANGUAGE plpgsql AS $$
	DECLARE
		d record;
		began timestamptz;
		message text;
	BEGIN
		FOR d IN SELECT * FROM damage WHERE kind = which AND round = number ORDER BY place LOOP
			began := clock_timestamp();
			BEGIN
				IF which = 'artifact' THEN
					PERFORM credit.import_model('hostile', d.bytes, options);
				ELSE
					PERFORM credit.image_facts(d.bytes);
					PERFORM credit.image_features(d.bytes);
					PERFORM credit.image_margin(d.bytes, '{}');
				END IF;
				INSERT INTO result VALUES (which, number, 'accepted', '', 0);
			EXCEPTION WHEN OTHERS THEN
				message := SQLERRM;
				INSERT INTO result VALUES (which, number, SQLSTATE, message,
					extract(epoch FROM clock_timestamp() - began));
			END;
		END LOOP;
	END $$;
});

my $memory = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
my $session = $node->background_psql('postgres', on_error_stop => 0);
my $pid = answer($session, 'SELECT pg_backend_pid()');

for my $case (
	[ 'artifact', [ '22P02', '0A000', '54000', '22023' ] ],
	# A damaged image whose features can be read lacks the applicant's values.
	[ 'image', [ 'XX001', '42703' ] ])
{
	my ($kind, $allowed) = @$case;
	my @used;

	for my $round (1 .. $rounds)
	{
		answer($session, "CALL try('$kind', $round, '$options')");
		push @used, answer($session, $memory);
	}
	is(answer($session, 'SELECT pg_backend_pid()'),
		$pid, "$kind: the backend lives");
	is( $node->safe_psql('postgres', "SELECT count(*) FROM result WHERE kind = '$kind'"),
		$rounds * $per_round, "$kind: every one was tried");

	my $list = join ', ', map { "'$_'" } 'accepted', @$allowed;
	is( $node->safe_psql('postgres',
			"SELECT DISTINCT sqlstate, message FROM result WHERE kind = '$kind' AND sqlstate NOT IN ($list)"),
		'',
		"$kind: no SQLSTATE but @$allowed");
	cmp_ok(
		$node->safe_psql('postgres',
			"SELECT count(*) FROM result WHERE kind = '$kind' AND sqlstate <> 'accepted'"),
		'>', $rounds * $per_round / 2, "$kind: most are refused");
	cmp_ok(
		$node->safe_psql('postgres', "SELECT max(seconds) FROM result WHERE kind = '$kind'"),
		'<', 5, "$kind: soon");
	note "$kind: " . $node->safe_psql('postgres',
		"SELECT string_agg(s, ', ') FROM (SELECT sqlstate || ' ' || count(*) FROM result "
		  . "WHERE kind = '$kind' GROUP BY sqlstate ORDER BY sqlstate) AS t (s)");
	note "$kind: memory after each hundred: @used";
	# Less than a hundred bytes for each; caches come and go in blocks of 8 kB.
	cmp_ok($used[-1] - $used[0], '<', 24 * 1024,
		"$kind: memory does not grow from the first hundred to the last");
}
is( $node->safe_psql('postgres', q{
		SELECT count(*) FROM credit.models AS v, LATERAL credit.verify_model('hostile@' || v.version) AS c
		WHERE NOT c.passed}),
	'0', 'what was accepted verifies');
$session->quit;

# -------- stopping --------

$node->safe_psql('postgres', import_sql('m', stump(1)));
$node->safe_psql('postgres', "SELECT credit.promote('m', 1)");
my $forever = q{SELECT max(credit_score(t, 'm')) FROM (SELECT i AS x FROM generate_series(1, 1000000000) AS i) AS t};
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

my $began = Time::HiRes::time();
fails_with($node, 'postgres', "SET statement_timeout = '200ms'; $forever;",
	'57014', 'canceling statement due to statement timeout', 'statement_timeout');
cmp_ok(Time::HiRes::time() - $began, '<', 10, 'stops scoring soon');

# An artifact that takes long to read: numbers that are passed over.
my $long = stump(1) =~ s/"sum_hessian"/'"base_weights": [' . '0.1234567,' x 3_000_000 . '0], "sum_hessian"'/er;
$node->safe_psql('postgres', 'CREATE TABLE long (bytes bytea)');
$node->safe_psql('postgres',
	"COPY long FROM STDIN;\n\\\\x" . unpack('H*', $long) . "\n\\.\n");
fails_with($node, 'postgres',
	"SET statement_timeout = '20ms'; SELECT credit.import_model('long', bytes) FROM long;",
	'57014', 'canceling statement due to statement timeout',
	'statement_timeout of an import');

for my $case (
	[ 'pg_cancel_backend', qr/canceling statement due to user request/ ],
	[ 'pg_terminate_backend', qr/terminating connection due to administrator command/ ])
{
	my ($function, $message) = @$case;

	$session = $node->background_psql('postgres', on_error_stop => 0);
	$session->{stderr} = '';
	$session->query_until(qr/started/, "\\echo started\n$forever;\n");
	ok(wait_for_state($node, 'postgres', 'active', '%1000000000%'),
		"$function: a long statement runs");
	$began = Time::HiRes::time();
	is( $node->safe_psql('postgres',
			"SELECT $function(pid) FROM pg_stat_activity "
			  . "WHERE query LIKE '%1000000000%' AND pid <> pg_backend_pid()"),
		't', "$function: is told to stop");
	eval { $session->quit };
	like($session->{stderr}, $message, "$function: it was stopped");
	cmp_ok(Time::HiRes::time() - $began, '<', 10, "$function: soon");
}
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'),
	$started, 'the server was up all the time');
is($node->safe_psql('postgres', q{SELECT credit_margin('{"x": 0}'::jsonb, 'm')}),
	'1', 'and scores');

done_testing();
