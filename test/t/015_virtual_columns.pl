# Virtual generated columns, which PostgreSQL has from version 18 on: rows score
# the same in triggers, by columns, by the row and in batches.
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
$node->start;
if ($node->safe_psql('postgres', 'SHOW server_version_num') < 180000)
{
	plan skip_all => 'NOT TESTED: virtual generated columns need PostgreSQL 18';
}

$node->safe_psql('postgres', 'CREATE EXTENSION pg_credit;' . import_sql('m', stump(1)));
$node->safe_psql(
	'postgres', q{
	SELECT credit.promote('m', 1);
	CREATE TABLE loan (id integer PRIMARY KEY, income float8, x float8 GENERATED ALWAYS AS (1 / income) VIRTUAL,
		before real, after real);
	CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		NEW.before := credit_margin(NEW, 'm');
		RETURN NEW;
	END $$;
	CREATE FUNCTION after() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		UPDATE loan SET after = credit_margin(NEW, 'm') WHERE id = NEW.id;
		RETURN NULL;
	END $$;
	CREATE TRIGGER before BEFORE INSERT ON loan FOR EACH ROW EXECUTE FUNCTION before();
	CREATE TRIGGER after AFTER INSERT ON loan FOR EACH ROW EXECUTE FUNCTION after();
	INSERT INTO loan (id, income) SELECT i, nullif(i % 5, 0) FROM generate_series(1, 50) AS i});

# 1 / 1 is above the split, 1 / 3 below; a missing value goes with what is below.
is($node->safe_psql('postgres', 'SELECT DISTINCT income, before, after FROM loan ORDER BY income'),
	"1|-1|-1\n2|-1|-1\n3|1|1\n4|1|1\n|1|1", 'triggers see the value that the column will have');
for my $what (
	[ 'columns', q{credit_margin(l, 'm')} ],
	[ 'the row', q{credit_margin(l, (SELECT 'm'))} ],
	[ 'JSON', q{credit_margin(to_jsonb(l), 'm')} ])
{
	my ($way, $call) = @$what;
	is($node->safe_psql('postgres', "SELECT count(*) FROM loan AS l WHERE $call IS DISTINCT FROM l.before"),
		'0', "queries see it by $way");
}
is( $node->safe_psql('postgres', q{
		WITH gone AS (DELETE FROM loan AS l RETURNING l.before, credit_margin(l, 'm') AS margin)
		SELECT count(*), count(*) FILTER (WHERE before = margin) FROM gone}),
	'50|50', 'RETURNING sees it');
is( $node->safe_psql('postgres', q{
		INSERT INTO loan (id, income) VALUES (1, 1);
		INSERT INTO loan AS l (id, income) VALUES (1, 4) ON CONFLICT (id)
		DO UPDATE SET before = 10 + credit_margin(l, 'm') RETURNING before, credit_margin(l, 'm')}),
	'9|-1', 'ON CONFLICT sees it');

done_testing();
