-- Decisions: made by credit_decide(), and the log of them.
--
-- The log is partitioned by month, UTC.  Partitions are made at run time, so
-- they are no members of the extension: pg_dump takes them along, definition
-- and rows, as it does any table.  It passes over the parent, which has no
-- rows of its own, and here no indexes: when a partition is attached, those of
-- the parent would be made on it, and then again by the restore.
--
-- src/pg/decision.c writes the columns by number: a column may be added at the
-- end, never before.  The hash of a row covers the columns that are not NULL,
-- so one that is added leaves the hashes of older rows right.

CREATE TABLE credit.decision (
	decision_id bigint NOT NULL,
	decided_at timestamptz NOT NULL,
	decided_by text NOT NULL,
	subject text NOT NULL,
	model text COLLATE "C" NOT NULL,
	version integer NOT NULL,
	arm text,
	split_id bigint,
	policy_version integer NOT NULL,
	margin real NOT NULL,
	pd double precision NOT NULL,
	score integer NOT NULL,
	outcome text NOT NULL,
	grade text,
	reasons jsonb,
	inputs real[] NOT NULL,
	labels text[],
	image_sha256 bytea NOT NULL,
	code_version text NOT NULL,
	shadow_version integer,
	shadow_margin real,
	shadow_pd double precision,
	shadow_score integer,
	shadow_outcome text,
	shadow_error text,
	hash bytea NOT NULL
) PARTITION BY RANGE (decided_at);

CREATE SEQUENCE credit.decision_decision_id_seq OWNED BY credit.decision.decision_id;

COMMENT ON TABLE credit.decision IS 'Log of decisions, partitioned by month; rows are only ever added, and by credit_decide() only';
COMMENT ON COLUMN credit.decision.decision_id IS 'Identity';
COMMENT ON COLUMN credit.decision.decided_at IS 'Time of the decision';
COMMENT ON COLUMN credit.decision.decided_by IS 'Role that asked for it';
COMMENT ON COLUMN credit.decision.subject IS 'Who or what was decided about, in the words of the caller';
COMMENT ON COLUMN credit.decision.model IS 'Name of the model';
COMMENT ON COLUMN credit.decision.version IS 'Version that decided';
COMMENT ON COLUMN credit.decision.arm IS 'champion or challenger; NULL: the call named a version or an alias';
COMMENT ON COLUMN credit.decision.split_id IS 'The split that chose the arm, in credit.routing; NULL: there was none';
COMMENT ON COLUMN credit.decision.policy_version IS 'Policy of the model that was in force';
COMMENT ON COLUMN credit.decision.margin IS 'Log-odds as the model gives them';
COMMENT ON COLUMN credit.decision.pd IS 'Probability of default';
COMMENT ON COLUMN credit.decision.score IS 'Points';
COMMENT ON COLUMN credit.decision.outcome IS 'approve, refer or decline';
COMMENT ON COLUMN credit.decision.grade IS 'Grade, if the policy gives one';
COMMENT ON COLUMN credit.decision.reasons IS 'Principal reasons, worst first, where the outcome is not approve';
COMMENT ON COLUMN credit.decision.inputs IS 'The feature vector that was evaluated, in the order of the model; NaN: missing or not used';
COMMENT ON COLUMN credit.decision.labels IS 'Labels of the categorical inputs; NULL: the model has none';
COMMENT ON COLUMN credit.decision.image_sha256 IS 'SHA-256 of the version''s image';
COMMENT ON COLUMN credit.decision.code_version IS 'Version of the library that decided';
COMMENT ON COLUMN credit.decision.shadow_version IS 'Version that was scored beside; NULL: none, or it could not be opened';
COMMENT ON COLUMN credit.decision.shadow_margin IS 'Its log-odds';
COMMENT ON COLUMN credit.decision.shadow_pd IS 'Its probability of default';
COMMENT ON COLUMN credit.decision.shadow_score IS 'Its points';
COMMENT ON COLUMN credit.decision.shadow_outcome IS 'What it would have decided under the same policy';
COMMENT ON COLUMN credit.decision.shadow_error IS 'Why it gave no score';
COMMENT ON COLUMN credit.decision.hash IS 'SHA-256 of the other columns, as credit.decision_hash() computes it';

SELECT pg_catalog.pg_extension_config_dump('credit.decision_decision_id_seq', '');

-- For statements that name the parent; each partition has its own.
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON credit.decision FOR EACH STATEMENT
	EXECUTE FUNCTION credit.refuse_change('Decisions are only ever added; record what became of one with credit.record_outcome().');

CREATE FUNCTION credit.partition_name(month date) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 'decision_' OPERATOR(pg_catalog.||) pg_catalog.to_char(month::timestamp, 'YYYY_MM');

COMMENT ON FUNCTION credit.partition_name(date) IS
	'Name of the partition of credit.decision that holds a month';

-- The first moment of a month, UTC.
CREATE FUNCTION credit.month_start(month date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.timezone('UTC', pg_catalog.date_trunc('month', month::timestamp));

COMMENT ON FUNCTION credit.month_start(date) IS 'When a month begins, UTC';

-- The partitions of the log, found by their bounds: a DBA may rename one, and
-- no name of another relation is ever read.  pg_get_expr() writes bounds in the
-- session's time zone and date style, so both are set here.
CREATE FUNCTION credit.log_partitions() RETURNS TABLE (partition regclass, month date)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO'
AS $$
DECLARE
	bound text[];
	described text;
BEGIN
	FOR partition, described IN
		SELECT c.oid::regclass, pg_get_expr(c.relpartbound, c.oid)
		FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'credit.decision'::regclass ORDER BY c.relname, c.oid
	LOOP
		month := NULL;
		bound := regexp_match(described,
			'^FOR VALUES FROM \(''([0-9]{4}-[0-9]{2})-01 00:00:00\+00''\) TO \(''([0-9]{4}-[0-9]{2})-01 00:00:00\+00''\)$');
		IF bound IS NOT NULL AND (bound[2] || '-01')::date = (bound[1] || '-01')::date + interval '1 month' THEN
			month := bound[1] || '-01';
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;

COMMENT ON FUNCTION credit.log_partitions() IS
	'Partitions of credit.decision and the month that each holds; NULL: its bounds are not those of one month, UTC';

-- Called by credit.maintain(), and by credit_decide() for a month that nobody
-- made ahead.  The lock lets decisions go on, but not the making of other
-- partitions; ATTACH takes no stronger one.
CREATE FUNCTION credit.make_partition(month date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET default_tablespace = ''
SET default_table_access_method = heap
AS $$
DECLARE
	name text;
	first date;
BEGIN
	IF month IS NULL OR NOT month BETWEEN date '1970-01-01' AND date '9998-12-31' THEN
		RAISE EXCEPTION 'month of a partition is out of range: %', coalesce(month::text, 'NULL')
			USING ERRCODE = 'datetime_field_overflow',
				DETAIL = 'It lies between 1970-01 and 9998-12.',
				HINT = 'Check the clock of the server.';
	END IF;
	name := credit.partition_name(month);
	first := date_trunc('month', month::timestamp);
	LOCK TABLE credit.decision IN SHARE UPDATE EXCLUSIVE MODE;
	IF EXISTS (SELECT FROM credit.log_partitions() AS p WHERE p.month = first) THEN
		RETURN false;
	END IF;
	IF to_regclass('credit.' || name) IS NOT NULL THEN
		RAISE EXCEPTION 'relation "credit.%" is no partition of the log', name
			USING ERRCODE = 'duplicate_table',
				DETAIL = format('The decisions of %s would go there.', to_char(first, 'YYYY-MM')),
				HINT = 'Attach it to credit.decision for that month, UTC, or rename it.';
	END IF;
	EXECUTE format('CREATE TABLE credit.%I (LIKE credit.decision, PRIMARY KEY (decision_id))', name);
	EXECUTE format('CREATE INDEX ON credit.%I (subject)', name);
	EXECUTE format('COMMENT ON TABLE credit.%I IS %L', name, 'Decisions of ' || to_char(first::timestamp, 'YYYY-MM'));
	EXECUTE format(
		'CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON credit.%I FOR EACH STATEMENT '
		'EXECUTE FUNCTION credit.refuse_change(%L)', name,
		'Decisions are only ever added; credit.set_retention() says when they may go.');
	EXECUTE format('ALTER TABLE credit.decision ATTACH PARTITION credit.%I FOR VALUES FROM (%L) TO (%L)', name,
		credit.month_start(first), credit.month_start((first + interval '1 month')::date));
	RETURN true;
END
$$;

COMMENT ON FUNCTION credit.make_partition(date) IS
	'Makes the partition of a month, unless it is there; tells whether it did';

CREATE FUNCTION @extschema@.credit_decide(subject text, applicant record, model text DEFAULT NULL)
RETURNS credit.decision
LANGUAGE c VOLATILE COST 1000
AS 'MODULE_PATHNAME', 'credit_decide';

COMMENT ON FUNCTION @extschema@.credit_decide(text, record, text) IS
	'Decides about an applicant by the model''s policy and logs it in the same transaction; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_decide(subject text, applicant jsonb, model text DEFAULT NULL)
RETURNS credit.decision
LANGUAGE c VOLATILE COST 1000
AS 'MODULE_PATHNAME', 'credit_decide_jsonb';

COMMENT ON FUNCTION @extschema@.credit_decide(text, jsonb, text) IS
	'Decides about an applicant by the model''s policy and logs it in the same transaction; the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION credit.decision_hash(decision credit.decision) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_decision_hash';

COMMENT ON FUNCTION credit.decision_hash(credit.decision) IS
	'SHA-256 of a decision but for its column hash, which must be equal';

CREATE FUNCTION credit.code_version() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_code_version';

COMMENT ON FUNCTION credit.code_version() IS 'Version of the library that is loaded';
