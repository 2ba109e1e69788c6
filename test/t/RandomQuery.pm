# Random queries that score rows, for 014_differential.pl.
#
# Every query is a template: {r} stands for what follows the row in a call of a
# score function, {p} for a number that may be a parameter.  Its result, as a set with repetitions, must not depend on the
# plan, so LIMIT and DISTINCT ON come with an order of all columns, sums are of
# numbers that add up without rounding, and window functions treat equals alike.
#
# What rows are taken from has the columns of COLUMNS, in any order and of any
# type that the model takes; the schema is made by schema().
package RandomQuery;

use strict;
use warnings;

use constant COLUMNS => qw(id amount colour rate age unused);
use constant TYPES => {
	id => 'integer',
	amount => 'numeric',
	colour => 'text',
	rate => 'float8',
	age => 'integer',
	unused => 'integer'
};

# A generator of our own: the same queries with every Perl.
sub new
{
	my ($class, $seed, $major) = @_;

	return bless { state => $seed % 2147483648, major => $major, names => 0 }, $class;
}

sub below
{
	my ($self, $n) = @_;

	$self->{state} = ($self->{state} * 1103515245 + 12345) % 2147483648;
	return int($self->{state} / 65536) % $n;
}

sub one_in
{
	my ($self, $n) = @_;

	return $self->below($n) == 0;
}

sub pick
{
	my ($self, @list) = @_;

	return $list[ $self->below(scalar @list) ];
}

sub shuffle
{
	my ($self, @list) = @_;

	for my $i (reverse 1 .. $#list)
	{
		my $k = $self->below($i + 1);
		@list[ $i, $k ] = @list[ $k, $i ];
	}
	return @list;
}

sub name
{
	my ($self) = @_;

	return 't' . ++$self->{names};
}

# -------- the schema --------

# Tables, partitions and children whose columns are in other orders, views,
# functions; 80 rows, with NULLs, also one of nothing but NULLs.
sub schema
{
	return <<'SQL';
CREATE FUNCTION same_model() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN 'm'; END $$;
CREATE TABLE base (rate float8, gone integer, id integer PRIMARY KEY, colour text, note text, unused integer,
	amount numeric, age smallint);
ALTER TABLE base DROP COLUMN gone;
INSERT INTO base SELECT nullif(i % 11, 3) / 8.0, i, (ARRAY['red', 'green', 'blue', NULL])[1 + i % 4], 'n' || i % 7, i,
	nullif(i % 13, 5) * 10, nullif(i % 17, 2) * 4 FROM generate_series(1, 79) AS i;
INSERT INTO base (id) VALUES (80);
CREATE TABLE parent (id integer, colour varchar(10), amount real, unused integer, rate float8, age integer);
CREATE TABLE child (extra text) INHERITS (parent);
CREATE TABLE other_child (age integer, rate float8, amount real, id integer, unused integer, colour varchar(10));
ALTER TABLE other_child INHERIT parent;
INSERT INTO parent SELECT id, colour, amount, unused, rate, age FROM base WHERE id <= 30;
INSERT INTO child SELECT id, colour, amount, unused, rate, age, 'x' FROM base WHERE id BETWEEN 31 AND 50;
INSERT INTO other_child SELECT age, rate, amount, id + 3, unused, colour FROM base WHERE id > 50;
CREATE TABLE parted (id integer, amount numeric, rate float8, unused integer, colour text, age bigint)
	PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (40);
CREATE TABLE part_2 (colour text, gone integer, unused integer, age bigint, id integer, rate float8, amount numeric);
ALTER TABLE part_2 DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION part_2 FOR VALUES FROM (40) TO (200);
INSERT INTO parted SELECT id + 5, amount, rate, unused, colour, age FROM base;
CREATE VIEW v_plain AS SELECT * FROM base WHERE id % 3 > 0;
CREATE VIEW v_changed AS
	SELECT note, id, 1 - rate AS rate, amount + 1 AS amount, 7 AS unused, age, coalesce(colour, 'blue') AS colour FROM base;
CREATE VIEW v_barrier WITH (security_barrier) AS SELECT * FROM parted WHERE id > 20;
CREATE VIEW v_union AS SELECT id, age::integer, amount, colour, rate, unused FROM base WHERE id < 40
	UNION ALL SELECT id, age::integer, amount, colour, rate, unused FROM parted WHERE id < 30;
CREATE VIEW v_left AS SELECT b.id, p.amount, p.colour, b.rate, p.age, p.unused
	FROM base AS b LEFT JOIN parent AS p ON p.id = b.id + 20;
CREATE VIEW v_limit AS SELECT * FROM base ORDER BY id DESC LIMIT 50;
CREATE MATERIALIZED VIEW v_stored AS SELECT * FROM v_changed;
CREATE TYPE loan AS (id integer, colour text, amount numeric, rate float8, age integer, unused integer);
CREATE FUNCTION f_inlined(n integer) RETURNS SETOF base LANGUAGE sql STABLE AS 'SELECT * FROM base WHERE id <= n';
CREATE FUNCTION f_called(n integer) RETURNS SETOF base LANGUAGE plpgsql STABLE AS
	'BEGIN RETURN QUERY SELECT * FROM base WHERE id <= n; END';
CREATE FUNCTION wrapped(base, text DEFAULT NULL) RETURNS real LANGUAGE sql STABLE PARALLEL SAFE AS
	'SELECT credit_margin($1, $2)';
ANALYZE;
SQL
}

# -------- what rows are taken from --------

sub values_list
{
	my ($self) = @_;
	my $alias = $self->name;
	my @columns = $self->shuffle(COLUMNS);
	my @rows = map {
		my %value = (
			id => $_ * 7,
			amount => $self->below(12) * 10,
			colour => $self->pick("'red'", "'green'", 'NULL'),
			rate => $self->below(8) / 8,
			age => $self->below(60),
			unused => 0);
		'(' . join(', ', map { "$value{$_}::" . TYPES->{$_} } @columns) . ')';
	} 1 .. $self->pick(1, 3, 20);

	return { sql => '(VALUES ' . join(', ', @rows) . ") AS $alias (" . join(', ', @columns) . ')', alias => $alias };
}

sub relation
{
	my ($self) = @_;
	my $alias = $self->name;
	my $relation = $self->pick(
		qw(base base base parent parent parted parted part_2 v_plain v_changed v_barrier v_union v_left v_limit v_stored),
		'ONLY parent', 'f_inlined(60)', 'f_called(50)', 'base TABLESAMPLE');

	return { sql => "base AS $alias TABLESAMPLE SYSTEM (100)", alias => $alias } if $relation =~ /TABLESAMPLE/;
	return { sql => "$relation AS $alias", alias => $alias };
}

# One column, or an expression that gives another value.  In arms of a set
# operation the types must be the same.
sub column
{
	my ($self, $column, $alias, $cast) = @_;
	my $own = "$alias.$column";
	my %other = (
		id => $own,
		amount => $self->pick("$own + 1", "${own}::float8", "coalesce($own, 5)", '33'),
		colour => $self->pick("${own}::varchar(9)", "coalesce($own, 'red')", "'green'::text", "CASE WHEN $alias.id > 9 THEN $own END"),
		rate => $self->pick("1 - $own", "${own}::real", "nullif($own, 0.5)", '0.25::float8'),
		age => $self->pick("${own}::bigint", "$own + 1", 'NULL::integer', "$alias.id % 60"),
		unused => '0');
	my $expression = $self->one_in(4) ? $other{$column} : $own;

	return $expression . ' AS ' . $column unless $cast;
	return "($expression)::" . TYPES->{$column} . " AS $column";
}

sub arm
{
	my ($self, $depth, $columns, $cast) = @_;
	my $from = $self->from($depth - 1);
	my @aliases = @{ $from->{aliases} };

	return 'SELECT '
	  . join(', ', map { $self->column($_, $_ eq 'id' ? $aliases[0] : $self->pick(@aliases), $cast) } @$columns)
	  . " FROM $from->{sql}"
	  . ($self->one_in(3) ? ' WHERE ' . $self->condition(@aliases) : '');
}

# A subquery that the planner may pull up, or may not.
sub subquery
{
	my ($self, $depth) = @_;
	my $alias = $self->name;
	my @columns = $self->shuffle(COLUMNS);
	my $all = join ', ', 1 .. @columns;
	my $kind = $self->below(12);
	my $sql = $self->arm($depth, \@columns, $kind == 0);

	$sql .= $self->pick(' UNION ALL ', ' UNION ALL ', ' UNION ', ' INTERSECT ', ' EXCEPT ') . $self->arm($depth, \@columns, 1)
	  if $kind == 0;
	$sql .= " ORDER BY $all LIMIT " . (5 + $self->below(60)) if $kind == 1;
	$sql .= ' OFFSET 0' if $kind == 2;
	$sql =~ s/SELECT/SELECT DISTINCT/ if $kind == 3;
	$sql .= " GROUP BY $all" if $kind == 4;
	$sql = "SELECT DISTINCT ON ($columns[0]) * FROM ($sql) AS d ORDER BY $all" if $kind == 5;
	$sql =~ s/SELECT/SELECT random() AS noise,/ if $kind == 6;
	$sql = "SELECT * FROM ($sql) AS d WHERE random() >= 0" if $kind == 7;
	$sql = 'WITH c AS ' . $self->pick('', 'MATERIALIZED ', 'NOT MATERIALIZED ') . "($sql) SELECT * FROM c"
	  if $kind == 8;
	$sql =~ s/SELECT/SELECT 'more' AS extra, 1 AS one,/ if $kind == 9;
	return { sql => "($sql) AS $alias", alias => $alias };
}

# A join as a whole row: one alias over all of its columns.
sub whole_join
{
	my ($self, $depth) = @_;
	my $alias = $self->name;
	my $other = $self->name;
	my $join = $self->pick('JOIN', 'LEFT JOIN', 'FULL JOIN');

	return {
		sql => '(' . $self->source($depth - 1)->{sql}
		  . " $join (SELECT id, 1 AS one FROM base WHERE id % 2 = 0) AS $other USING (id)) AS $alias",
		alias => $alias
	};
}

sub source
{
	my ($self, $depth) = @_;
	my $kind = $self->below(12);

	return $self->values_list if $kind == 0;
	return $self->relation if $depth <= 0 || $kind < 7;
	return $self->whole_join($depth) if $kind == 7;
	return $self->subquery($depth);
}

# A FROM clause: its text, and the aliases of rows that can be scored.
sub from
{
	my ($self, $depth, @first) = @_;
	my $source = @first ? $first[0] : $self->source($depth);
	my ($sql, @aliases) = ($source->{sql}, $source->{alias});

	for (1 .. $self->pick(0, 0, 0, 1, 1, 2))
	{
		my $next = $self->source($depth - 1);
		my $with = $self->pick(@aliases);
		my $join = $self->pick('JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN');
		my $shift = $self->pick(0, 0, 10, 60);

		if ($self->one_in(8))
		{
			# It refers to what stands before; so does its call.
			my $alias = $self->name;
			$sql .= $self->pick(' JOIN', ' LEFT JOIN')
			  . " LATERAL (SELECT $with.*, credit_margin($with\{r}) AS margin"
			  . $self->pick('', ' LIMIT 1')
			  . ") AS $alias ON true";
			push @aliases, $alias;
			next;
		}
		$sql .= " $join $next->{sql} ON $next->{alias}.id = $with.id + $shift";
		# Both are there now, or one of them is all NULL.
		$sql .= " AND $with.id > 5" if $join ne 'FULL JOIN' && $self->one_in(3);
		$sql = "($sql)" if $self->one_in(3);
		push @aliases, $next->{alias};
	}
	return { sql => $sql, aliases => \@aliases };
}

# -------- calls and conditions --------

sub function
{
	my ($self) = @_;

	return $self->pick(qw(credit_margin credit_margin credit_score credit_pd));
}

# A call that gives a number.
sub number
{
	my ($self, $alias) = @_;
	my $call = $self->function . "($alias\{r})";

	return $call unless $self->one_in(5);
	return $self->pick(
		"CASE WHEN $alias.id % 3 > 0 THEN $call END", "coalesce($call, 1)",
		"nullif($call, 3)", "greatest($call, 0)", "abs($call)");
}

sub any_call
{
	my ($self, $alias) = @_;

	return "credit_contributions($alias\{r})" if $self->one_in(5);
	return $self->number($alias);
}

sub condition
{
	my ($self, @aliases) = @_;
	my $alias = $self->pick(@aliases);
	my $kind = $self->below(8);

	return "credit_margin($alias\{r}) > " . ($self->below(40) - 20) if $kind == 0;
	return "credit_score($alias\{r}) > " . (400 + $self->below(200)) . " OR $alias.id < 9" if $kind == 1;
	return "$alias.amount IS NOT NULL" if $kind == 2;
	return "credit_pd($alias\{r}) IS NOT NULL" if $kind == 3;
	return "random() >= 0 AND $alias.id > 2" if $kind == 4;
	return "$alias.id < {p}";
}

# -------- queries --------

sub where
{
	my ($self, @aliases) = @_;

	return $self->one_in(2) ? ' WHERE ' . $self->condition(@aliases) : '';
}

sub plain
{
	my ($self, $depth) = @_;
	my $from = $self->from($depth);
	my @aliases = @{ $from->{aliases} };
	my @targets = ("$aliases[0].id", $self->any_call($self->pick(@aliases)));

	push @targets, $self->pick(@aliases) . '.' . $self->pick(qw(colour rate)) if $self->one_in(2);
	push @targets, $self->any_call($self->pick(@aliases)) if $self->one_in(2);
	my $sql = ($self->one_in(8) ? 'SELECT DISTINCT ' : 'SELECT ') . join(', ', @targets)
	  . " FROM $from->{sql}" . $self->where(@aliases);
	$sql .= ' ORDER BY ' . join(', ', $self->shuffle(1 .. @targets)) . ($self->one_in(2) ? '' : ' LIMIT ' . $self->below(50))
	  if $self->one_in(3);
	return $sql;
}

sub distinct_on
{
	my ($self, $depth) = @_;
	my $from = $self->from($depth);
	my @aliases = @{ $from->{aliases} };
	my $alias = $self->pick(@aliases);

	return "SELECT DISTINCT ON ($alias.colour) $alias.colour, " . $self->number($self->pick(@aliases))
	  . ", $alias.id FROM $from->{sql}" . $self->where(@aliases) . ' ORDER BY 1, 2, 3';
}

sub sets
{
	my ($self, @keys) = @_;
	my $list = join ', ', @keys;

	return $self->pick(
		$list, $list, "ROLLUP ($list)", "ROLLUP ($list)", "CUBE ($list)",
		'GROUPING SETS (' . join(', ', map { "($_)" } @keys) . ', ())',
		"GROUPING SETS (($list), $keys[0])");
}

sub aggregate
{
	my ($self, $argument) = @_;

	return $self->pick("max($argument)", "min($argument)", "count($argument)", "count(DISTINCT $argument)",
		"max($argument) FILTER (WHERE $argument > 0)");
}

sub grouped
{
	my ($self, $depth) = @_;
	my $from = $self->from($depth);
	my @aliases = @{ $from->{aliases} };
	my $alias = $self->pick(@aliases);
	my @keys = map { "$alias.$_" } ($self->shuffle(qw(colour age rate)))[ 0 .. $self->below(2) ];
	my $having = $self->one_in(3) ? ' HAVING ' . $self->aggregate($self->number($self->pick(@aliases))) . ' > 3' : '';

	# Grouped by the score or by the row, which stand beside the aggregates.
	push @keys, $self->pick($self->number($alias), $alias) if $self->one_in(4);
	return 'SELECT ' . join(', ', (map { $_ eq $alias ? "credit_margin($alias\{r})" : $_ } @keys),
		$self->aggregate($self->number($self->pick(@aliases))))
	  . " FROM $from->{sql}" . $self->where(@aliases) . ' GROUP BY ' . $self->sets(@keys) . $having;
}

# By a primary key: all columns, and the row, may stand beside the aggregates.
sub grouped_by_key
{
	my ($self, $depth) = @_;
	my $alias = $self->name;
	my $from = $self->from($depth, { sql => "base AS $alias", alias => $alias });
	my $score = $self->pick($self->any_call($alias), "wrapped($alias\{r})");
	my @keys = map { "$alias.$_" } ($self->shuffle(qw(colour age rate amount)))[ 0 .. $self->below(2) ];
	my $more = $self->pick('', '', ", $alias.amount", ', max(' . $self->number($alias) . ')',
		', rank() OVER (ORDER BY ' . $self->number($alias) . ')');

	return "SELECT $alias.id, $score, " . join(', ', @keys) . $more . " FROM $from->{sql}"
	  . $self->where(@{ $from->{aliases} }) . " GROUP BY $alias.id, " . $self->sets(@keys)
	  . ($self->one_in(4) ? ' HAVING ' . $self->number($alias) . ' > 1' : '')
	  . ($self->one_in(4) ? ' ORDER BY ' . $self->number($alias) : '');
}

sub windows
{
	my ($self, $depth) = @_;
	my $from = $self->from($depth);
	my @aliases = @{ $from->{aliases} };
	my ($a, $b) = ($self->pick(@aliases), $self->pick(@aliases));

	return "SELECT $a.id, "
	  . $self->pick('rank()', 'dense_rank()', 'max(' . $self->number($b) . ')', 'count(' . $self->number($b) . ')')
	  . ' OVER (' . ($self->one_in(2) ? "PARTITION BY $b.colour " : '') . 'ORDER BY ' . $self->number($a) . '), '
	  . $self->any_call($b) . " FROM $from->{sql}" . $self->where(@aliases);
}

sub set_operation
{
	my ($self, $depth) = @_;
	my $call = $self->function;
	my $arm = sub {
		my $from = $self->from($depth);
		my $alias = $self->pick(@{ $from->{aliases} });
		return "SELECT $alias.id, $call($alias\{r}) FROM $from->{sql}" . $self->where(@{ $from->{aliases} });
	};

	return $arm->() . $self->pick(' UNION ALL ', ' UNION ', ' INTERSECT ', ' EXCEPT ', ' EXCEPT ALL ') . $arm->();
}

# Subqueries in the target list and in WHERE, with rows of their own and of
# the outer query.
sub sublinks
{
	my ($self, $depth) = @_;
	my $from = $self->from($depth);
	my @aliases = @{ $from->{aliases} };
	my $outer = $self->pick(@aliases);
	my $link = sub {
		my $inner = $self->from($depth - 1);
		my $alias = $self->pick(@{ $inner->{aliases} });
		my $limit = $self->number($alias) . ' > ' . ($self->below(30) - 10);
		return $self->pick(
			"EXISTS (SELECT FROM $inner->{sql} WHERE $alias.id = $outer.id AND $limit)",
			"EXISTS (SELECT FROM $inner->{sql} WHERE $alias.id = $outer.id AND $limit)",
			"NOT EXISTS (SELECT FROM $inner->{sql} WHERE $alias.id = $outer.id AND $limit)",
			"$outer.id IN (SELECT $alias.id FROM $inner->{sql} WHERE $limit)",
			"$outer.id NOT IN (SELECT $alias.id FROM $inner->{sql} WHERE $alias.id IS NOT NULL AND $limit)",
			"(SELECT max(" . $self->number($alias) . ") FROM $inner->{sql} WHERE $alias.id < $outer.id) > 0",
			"(SELECT credit_margin($outer\{r})) > 1");
	};

	return "SELECT $outer.id, " . $link->() . ', ' . $self->any_call($outer) . " FROM $from->{sql} WHERE "
	  . $self->pick($link->(), $link->() . " OR $outer.id = 7", $self->condition(@aliases));
}

# A query over one that scores.
sub nested
{
	my ($self, $depth) = @_;
	my $from = $self->from($depth);
	my @aliases = @{ $from->{aliases} };
	my $alias = $self->pick(@aliases);
	my $inner = "SELECT $alias.colour, $alias.id, " . $self->number($self->pick(@aliases))
	  . " AS score FROM $from->{sql}" . $self->where(@aliases) . $self->pick('', '', ' OFFSET 0');

	return $self->pick(
		"SELECT s.colour, s.score, count(*) FROM ($inner) AS s GROUP BY " . $self->sets(qw(s.colour s.score)),
		"SELECT b.id, s.score, credit_margin(b{r}) FROM base AS b LEFT JOIN ($inner) AS s ON s.id = b.id + 40",
		"SELECT credit_margin(s.applicant{r}), s.id FROM (SELECT $alias AS applicant, $alias.id FROM $from->{sql}) AS s",
		"SELECT DISTINCT s.colour, max(s.score) OVER (PARTITION BY s.colour) FROM ($inner) AS s",
		"SELECT credit_margin(ROW($alias.id, $alias.colour, $alias.amount, $alias.rate, $alias.age, 1)::loan{r}) FROM $from->{sql}");
}

# A statement that writes to base, parent or parted and returns scores.
sub writing
{
	my ($self, $depth) = @_;
	my $table = $self->pick(qw(base parent parted));
	my $other = $self->source($depth);
	my ($t, $o) = ($self->name, $other->{alias});
	my $returning = "RETURNING $t.id, " . $self->number($t);
	my @forms = (
		"UPDATE $table AS $t SET rate = $t.rate / 2, amount = $t.amount + 10 $returning",
		"UPDATE $table AS $t SET amount = credit_score($t\{r}) FROM $other->{sql} WHERE $o.id = $t.id $returning",
		"UPDATE $table AS $t SET unused = credit_score($t\{r}) $returning, $t.unused",
		"UPDATE parted AS $t SET id = 199 - $t.id, age = credit_score($t\{r}) $returning",
		"DELETE FROM $table AS $t WHERE credit_margin($t\{r}) > 5 $returning",
		"INSERT INTO parent AS $t (id, colour, rate) SELECT 100 + $o.id, $o.colour, credit_margin($o\{r}) FROM $other->{sql} $returning",
		"INSERT INTO base AS $t (id, colour, amount) VALUES (3, 'red', 70), (300, 'blue', 20) "
		  . "ON CONFLICT (id) DO UPDATE SET rate = credit_margin(EXCLUDED{r}) - credit_margin($t\{r}) $returning, $t.rate");
	push @forms,
	  "MERGE INTO base AS $t USING parted AS o ON o.id = $t.id + 30 WHEN MATCHED AND credit_margin(o{r}) > 0 THEN "
	  . "UPDATE SET note = concat(credit_margin($t\{r}), ' ', credit_margin(o{r})) WHEN NOT MATCHED THEN INSERT (id, rate) "
	  . 'VALUES (o.id + 200, credit_margin(o{r}))'
	  if $self->{major} >= 15;

	return $self->pick(@forms);
}

# A whole query: its template and what kind of thing it is.
sub query
{
	my ($self) = @_;
	my $kind = $self->pick(
		qw(plain plain grouped grouped grouped_by_key grouped_by_key windows set_operation sublinks sublinks nested distinct_on writing));

	$self->{names} = 0;
	return ($kind, $self->$kind($self->below(3)));
}

1;
