# Random queries give the same whether rows are passed, columns, or batches of
# them, and drift scans the same by the node as by the aggregate.
#
# A model reference that is not a constant takes the row path; credit.batch
# decides between the other two.  What is counted below proves that the three
# paths were taken.  Every second session executes plans that were written out and
# read back (test/module/plan_nodes.c).
#
# CREDIT_QUERIES is the number of queries, CREDIT_SEED where they begin: a query
# that fails is printed with the seed that gives it alone.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use CreditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomQuery;
use Test::More;

my $queries = $ENV{CREDIT_QUERIES} || 3000;
my $first_seed = $ENV{CREDIT_SEED} || 1;
my $at_once = 500;    # in one session
my $sessions = 0;
my $module = top_file('test/module/plan_nodes');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf',
	"log_statement = none\nlog_min_error_statement = panic\njit = off\nstatement_timeout = '60s'\n"
	  . "max_parallel_workers = 4\n");
$node->start;
my $major = int($node->safe_psql('postgres', 'SHOW server_version_num') / 10000);

# 60 trees of one split, so that batches pay; each feature shows in the margin.
# Leaves are multiples of 1/32 and covers equal: no sum is rounded.
sub model
{
	my @features = qw(amount colour unused rate age);
	my @trees = map {
		my ($feature, $threshold) = @{ [ [ 0, $_ * 2 ], [ 3, $_ / 64 ], [ 4, $_ ] ]->[ $_ % 3 ] };
		my ($below, $from, $left) = ((7 * $_ % 31 - 15) / 32, (11 * $_ % 29 - 14) / 32, $_ % 2);
		my ($type, $codes, $size, $nodes) = (0, '', '', '');
		($feature, $threshold, $type, $codes, $size, $nodes) = (1, 0, 1, $_ % 3, 1, 0) if $_ % 4 == 0;
		my $segment = $type ? 0 : '';
		qq({"tree_param": {"num_nodes": "3"}, "left_children": [1, -1, -1], "right_children": [2, -1, -1],
		"parents": [2147483647, 0, 0], "default_left": [$left, 0, 0], "split_indices": [$feature, 0, 0],
		"split_conditions": [$threshold, $below, $from], "split_type": [$type, 0, 0], "sum_hessian": [2, 1, 1],
		"categories": [$codes], "categories_nodes": [$nodes], "categories_segments": [$segment],
		"categories_sizes": [$size]});
	} 1 .. 60;

	return '{"version": [2, 0, 0], "learner": {"feature_names": ["' . join('", "', @features) . '"],
	"feature_types": ["q", "c", "q", "q", "q"], "objective": {"name": "binary:logistic"},
	"learner_model_param": {"base_score": "5E-1", "num_feature": "5"},
	"gradient_booster": {"name": "gbtree", "model": {
	"gbtree_model_param": {"num_trees": "60", "num_parallel_tree": "1"},
	"tree_info": [' . join(', ', (0) x 60) . '], "trees": [' . join(', ', @trees) . ']}}}}';
}

$node->safe_psql('postgres',
	'CREATE EXTENSION pg_credit;'
	  . RandomQuery::schema()
	  . import_sql('m', model(), '{"categories": {"colour": ["red", "green", "blue"]}}')
	  . q{SELECT credit.promote('m', 1)});
# Of what drift is counted: references to columns of base.
$node->safe_psql(
	'postgres', q{
	CREATE TABLE source AS
	SELECT ROW(NULL, NULL, NULL, array_agg(credit.drift_reference_of('base', c.name, 'c.' || c.name, c.categorical, 40)
		ORDER BY c.place))::credit.drift_source AS source
	FROM (VALUES (1, 'amount', false), (2, 'rate', false), (3, 'age', false), (4, 'colour', true)) AS c (place, name, categorical);
	CREATE FUNCTION figures(state bytea) RETURNS text LANGUAGE sql STABLE AS $$
		SELECT string_agg(concat_ws(' ', f.n_current, f.ks, f.chi2, round(f.mean_effect::numeric, 9)), ', ')
		FROM source AS s, credit.drift_figures(s.source, ARRAY[state]) AS f $$});

# -------- a query in several ways --------

# Settings that change plans.
sub settings
{
	my ($random) = @_;
	my @settings = map { "SET enable_$_ = off;" }
	  grep { $random->one_in(5) } qw(hashagg sort hashjoin mergejoin nestloop material seqscan);

	push @settings, 'SET enable_partitionwise_join = on;', 'SET enable_partitionwise_aggregate = on;'
	  if $random->one_in(4);
	push @settings, 'SET parallel_setup_cost = 0;', 'SET parallel_tuple_cost = 0;', 'SET min_parallel_table_scan_size = 0;'
	  if $random->one_in(6);
	return join ' ', @settings;
}

# How a template is asked: statements, given the text of the query.
sub asked
{
	my ($random, $kind) = @_;
	my ($p, $q) = (20 + $random->below(80), 20 + $random->below(80));
	my $plain = sub { return ($_[0] =~ s/\{p\}/$p/gr) . ";\n" };

	return sub { return "BEGIN;\n" . $plain->(@_) . "ROLLBACK;\n" }
	  if $kind eq 'writing';
	return sub {
		return 'PREPARE prepared (integer) AS ' . ($_[0] =~ s/\{p\}/\$1/gr) . ";\n"
		  . "EXECUTE prepared ($p);\nEXECUTE prepared ($q);\nDEALLOCATE prepared;\n";
	  }
	  if $random->one_in(6);
	return sub {
		return "BEGIN;\nDECLARE c SCROLL CURSOR FOR " . $plain->(@_)
		  . "FETCH 7 FROM c;\nFETCH ALL FROM c;\nMOVE BACKWARD ALL FROM c;\nFETCH ALL FROM c;\nROLLBACK;\n";
	  }
	  if $random->one_in(10);
	return $plain;
}

# The text of the query in each way, and what is to be set for it.
sub ways
{
	my ($random, $template) = @_;
	my $constant = $random->pick(q{, 'm'}, q{, 'm'}, q{, 'm@1'}, '');
	my $rows = $template =~ s/\{r\}/, same_model()/gr;
	my $columns = $template =~ s/\{r\}/$constant/gr;

	return (
		[ 'rows', $rows, 'off' ],
		[ 'columns', $columns, 'off' ],
		[ 'batches', $columns, 'on' ]);
}

# A drift scan of any rows; the node takes what needs nothing but counting.  {d}
# makes of its state what can be compared.
sub drift_template
{
	my ($random) = @_;
	my $from = $random->from($random->below(3));
	my @aliases = @{ $from->{aliases} };
	my $scan = 'credit.drift_scan((SELECT source FROM source), '
	  . join(', ', map { $random->pick(@aliases) . ".$_" } qw(amount rate age colour)) . ')';
	my $more = $random->pick('', '', ', count(*)', ", count($aliases[0].id)", ", {d}($scan)");

	return "SELECT {d}($scan)$more FROM $from->{sql}" . $random->where(@aliases)
	  . $random->pick('', '', '', '', ' HAVING count(*) > 3', " GROUP BY $aliases[0].colour", ' GROUP BY ()',
		" GROUP BY ROLLUP ($aliases[0].colour)");
}

# In parallel, sums of parts may differ in their last digits: then, figures.
sub drift_ways
{
	my ($template, $parallel) = @_;
	my $comparable = $parallel ? 'figures' : 'md5';
	my $query = $template =~ s/\{r\}/, 'm'/gr =~ s/\{d\}/$comparable/gr;

	return ([ 'aggregate', $query, 'off' ], [ 'node', $query, 'on' ]);
}

# -------- running, comparing --------

my (%asked, %planned, %rows);
my $failures = 0;

# The script of one query: each way's output begins with a line of its own.
sub script
{
	my ($case) = @_;
	my $script = "RESET ALL;\n$case->{settings}\nSET plan_cache_mode = force_generic_plan;\n";

	for my $way (@{ $case->{ways} })
	{
		my ($name, $query, $batch) = @$way;
		$script .= "SET credit.batch = $batch;\n\\echo \@\@ $case->{seed} $name\n" . $case->{asked}->($query);
		$script .= "\\echo \@\@ $case->{seed} plan-$name\nEXPLAIN (COSTS OFF, VERBOSE) " . ($query =~ s/\{p\}/50/gr) . ";\n"
		  if $case->{explained};
	}
	return $script;
}

# The output of each way of each query, rows in an order of their own.
sub outputs
{
	my ($cases, $reread) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/queries.sql";
	my ($stdout, $lines, %outputs) = ('');

	append_to_file($file, join '', $reread ? "LOAD '$module';\n" : '', map { script($_) } @$cases);
	IPC::Run::run [ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $file ],
	  '>', \$stdout, '2>&1';
	unlink $file;
	for my $line (split /\n/, $stdout)
	{
		if ($line =~ /^@@ (\d+) (\S+)$/)
		{
			$lines = $outputs{$1}{$2} = [];
			next;
		}
		push @$lines, $line =~ s/^psql:\S+ //r;
	}
	return \%outputs;
}

sub compare
{
	my ($case, $output) = @_;
	my ($first, @others) = map { $_->[0] } @{ $case->{ways} };
	my @expected = sort @{ $output->{$first} || [] };
	my @faults = grep { /ERROR|WARNING|server closed/ } @expected;
	push @faults, "$_ was not asked" for grep { !$output->{$_} } $first, @others;

	$asked{ $case->{kind} }++;
	$rows{ $case->{kind} } += @expected;
	# PostgreSQL 16 and later cannot group by the row of some joins.
	@faults = () if grep { /unsupported join alias expression/ } @expected;
	push @faults, "$_ differ" for grep { join("\n", @expected) ne join("\n", sort @{ $output->{$_} || [] }) } @others;
	return unless @faults;
	diag "query $case->{seed} ($case->{kind}): $faults[0]\n$case->{settings}\n"
	  . join("\n", map { "$_->[0]: " . $case->{asked}->($_->[1]) } @{ $case->{ways} })
	  . join('', map { "$_: " . join(' / ', (sort @{ $output->{$_} || [] })[ 0 .. 5 ]) . "\n" } grep { defined } $first, @others)
	  if $failures++ < 5;
	return;
}

# What the plans of the queries of a kind have.
sub count_plans
{
	my ($case, $output) = @_;

	for my $way (map { $_->[0] } @{ $case->{ways} })
	{
		my $plan = join "\n", @{ $output->{"plan-$way"} || [] };
		my $counts = $planned{$way} ||= {};

		$counts->{plans}++;
		$counts->{columns}++ if $plan =~ /credit\.\w+_columns\(/;
		$counts->{batches}++ if $plan =~ /\(CreditBatch\)/;
		$counts->{drift}++ if $plan =~ /\(CreditDrift\)/;
		$counts->{"columns of $case->{kind}"}++ if $plan =~ /credit\.\w+_columns\(/;
		$counts->{parallel}++ if $plan =~ /Gather/;
	}
	return;
}

sub make_case
{
	my ($seed) = @_;
	my $random = RandomQuery->new($seed * 7919, $major);
	my $settings = settings($random);
	my ($kind, $template) = $seed % 6 == 0 ? ('drift', drift_template($random)) : $random->query;

	return {
		seed => $seed,
		kind => $kind,
		settings => $settings,
		asked => asked($random, $kind),
		ways => [ $kind eq 'drift' ? drift_ways($template, $settings =~ /parallel/) : ways($random, $template) ],
		explained => $seed % 4 == 0 || $queries == 1
	};
}

note "$queries queries from seed $first_seed";
for (my $seed = $first_seed; $seed < $first_seed + $queries; $seed += $at_once)
{
	my $last = $seed + $at_once < $first_seed + $queries ? $seed + $at_once - 1 : $first_seed + $queries - 1;
	my @cases = map { make_case($_) } $seed .. $last;
	my $outputs = outputs(\@cases, $sessions++ % 2 == 0);

	for my $case (@cases)
	{
		compare($case, $outputs->{ $case->{seed} } || {});
		count_plans($case, $outputs->{ $case->{seed} } || {}) if $case->{explained};
	}
}
is($failures, 0, "$queries queries give the same in every way (CREDIT_SEED=the query's CREDIT_QUERIES=1 repeats one)");

# -------- nodes for others --------

for my $case (
	[ 'CreditBatch', q{SELECT max(credit_margin(b, 'm')) FROM base AS b} ],
	[ 'CreditDrift', 'SELECT credit.drift_scan((SELECT source FROM source), amount, rate, age, colour) FROM base' ])
{
	my ($scan, $query) = @$case;
	my ($status, $stdout, $stderr) =
	  $node->psql('postgres', "LOAD '$module'; SET credit.batch = on; SET client_min_messages = debug1; $query");

	like($stderr, qr/custom_private of $scan holds nodes/, "$scan has nodes for who walks plans");
}

# -------- the report --------

for my $relation (qw(base parent parted v_changed v_left v_union))
{
	my ($off, $on) = map {
		$node->safe_psql('postgres', "SET credit.batch = $_; SELECT * FROM drift_report('$relation', 'm', 'v_plain')")
	} qw(off on);
	is($on, $off, "the drift report of $relation");
}

# -------- which paths were taken --------

if ($queries >= 1000)
{
	cmp_ok($rows{$_} / $asked{$_}, '>', 1, "$_: $asked{$_} queries have rows") for sort keys %asked;
	is($planned{rows}{columns} || 0, 0, 'what is not a constant leaves the row alone');
	is($planned{columns}{batches} || 0, 0, 'no batches without credit.batch');
	is($planned{aggregate}{drift} || 0, 0, 'no node without credit.batch');
	cmp_ok($planned{batches}{$_} || 0, '>', 0, "$_ were planned") for qw(columns batches parallel);
	cmp_ok($planned{node}{drift} || 0, '>', 0, 'drift nodes were planned');
	cmp_ok($planned{batches}{"columns of $_"} || 0, '>', 0, "columns were planned: $_")
	  for grep { $_ ne 'drift' } sort keys %asked;
	for my $way (sort keys %planned)
	{
		note "$way: " . join ', ', map { "$_ $planned{$way}{$_}" } sort keys %{ $planned{$way} };
	}
}

done_testing();
