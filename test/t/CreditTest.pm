# What the tests of this folder share: real and tiny models, and sessions.
package CreditTest;

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use File::Spec;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(top_file slurp_bytes import_sql stump create_german
  import_german scores_hash registry_hash answer fails_with wait_for_state);

# A file of the checkout.
sub top_file
{
	my ($path) = @_;

	return File::Spec->rel2abs(dirname(__FILE__) . "/../../$path");
}

sub slurp_bytes
{
	my ($path) = @_;

	open my $file, '<:raw', $path or die "could not open $path: $!";
	local $/;
	my $bytes = <$file>;
	close $file;
	return $bytes;
}

sub import_sql
{
	my ($name, $artifact, $options) = @_;

	$options = '{}' unless defined $options;
	return
		"SELECT credit.import_model('$name', '\\x"
	  . unpack('H*', $artifact)
	  . "', \$options\$$options\$options\$);\n";
}

# A model file of one split: margin $n where x < 0.5, else -$n.  The margin of
# {"x": 0} therefore tells which of several stumps was used.
sub stump
{
	my ($n) = @_;
	my $m = -$n;

	return <<"JSON";
{"version": [2, 0, 0], "learner": {
 "feature_names": ["x"], "feature_types": ["float"],
 "learner_model_param": {"base_score": "5E-1", "num_feature": "1"},
 "objective": {"name": "binary:logistic"},
 "gradient_booster": {"name": "gbtree", "model": {
  "gbtree_model_param": {"num_trees": "1", "num_parallel_tree": "1"},
  "tree_info": [0],
  "trees": [{"tree_param": {"num_nodes": "3"},
   "left_children": [1, -1, -1], "right_children": [2, -1, -1],
   "parents": [2147483647, 0, 0], "default_left": [1, 0, 0],
   "split_indices": [0, 0, 0], "split_conditions": [0.5, $n, $m],
   "sum_hessian": [2, 1, 1]}]}}}}
JSON
}

# The table applicant with the loans of models/german_credit.
sub create_german
{
	my ($node, $db) = @_;
	my $csv = slurp_bytes(top_file('models/german_credit/german_credit.csv'));
	my ($header) = $csv =~ /^(.*)\n/;
	my %integer = map { $_ => 1 }
	  qw(duration credit_amount installment_commitment residence_since age
	  existing_credits num_dependents);
	my $columns = join ', ',
	  map { "$_ " . ($integer{$_} ? 'integer' : 'text') } split /,/, $header;

	$csv =~ s/\r//g;
	$node->safe_psql($db,
		"CREATE TABLE applicant (id integer GENERATED ALWAYS AS IDENTITY, $columns);\n"
		  . "COPY applicant ($header) FROM STDIN WITH (FORMAT csv, HEADER);\n"
		  . "$csv\\.\n"
		  . "ANALYZE applicant;\n");
	return;
}

# Imports the model of models/german_credit with its options.
sub import_german
{
	my ($node, $db, $name, $file) = @_;

	$file = 'model.json' unless defined $file;
	return $node->safe_psql(
		$db,
		import_sql(
			$name,
			slurp_bytes(top_file("models/german_credit/$file")),
			slurp_bytes(top_file('models/german_credit/options.json'))));
}

# One value that differs when any score does.
sub scores_hash
{
	my ($node, $db, $reference) = @_;

	return $node->safe_psql(
		$db, qq{
		SELECT count(*) || ' ' || md5(string_agg(
			credit_score(a, '$reference') || ' ' || credit_margin(a, '$reference')
				|| ' ' || credit_pd(a, '$reference'), E'\\n' ORDER BY id))
		FROM applicant AS a});
}

# A line for each registry table: name, rows, hash of the contents.
sub registry_hash
{
	my ($node, $db) = @_;
	my $tables = $node->safe_psql(
		$db, q{
		SELECT relname FROM pg_class
		WHERE relnamespace = 'credit'::regnamespace AND relkind = 'r' ORDER BY relname});

	return join "\n", map {
		$node->safe_psql($db,
			"SET timezone = 'UTC'; SELECT '$_', count(*), "
			  . "md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM credit.$_ AS t"
		)
	} split /\n/, $tables;
}

# What a background session answers, whatever it said before.
sub answer
{
	my ($session, $sql) = @_;

	$session->{stderr} = '';
	return scalar $session->query($sql);
}

# A statement must fail with an SQLSTATE and a message.
sub fails_with
{
	my ($node, $db, $sql, $sqlstate, $message, $name, @more) = @_;
	my ($status, $stdout, $stderr) =
	  $node->psql($db, "\\set VERBOSITY verbose\n$sql", @more);

	isnt($status, 0, "$name: fails");
	like($stderr, qr/ERROR:  $sqlstate: .*$message/, "$name: $sqlstate");
	return;
}

# Waits until a session runs a statement whose text is like $pattern.
sub wait_for_state
{
	my ($node, $db, $state, $pattern) = @_;

	return $node->poll_query_until($db,
		"SELECT count(*) > 0 FROM pg_stat_activity WHERE state = '$state' "
		  . "AND query LIKE '$pattern' AND pid <> pg_backend_pid()");
}

1;
