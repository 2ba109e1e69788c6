-- Windows of monitors: rows that are due until a run has done them, each
-- exactly once.

CREATE TABLE credit.monitor_window (
	monitor_id bigint NOT NULL REFERENCES credit.monitor,
	from_at timestamptz NOT NULL,
	to_at timestamptz NOT NULL,
	attempts integer NOT NULL DEFAULT 0,
	attempted_at timestamptz,
	drift_run_id bigint REFERENCES credit.drift_run,
	PRIMARY KEY (monitor_id, from_at)
);

CREATE INDEX monitor_window_due_idx ON credit.monitor_window (monitor_id, from_at) WHERE drift_run_id IS NULL;

COMMENT ON TABLE credit.monitor_window IS 'Windows of monitors that are due or done';
COMMENT ON COLUMN credit.monitor_window.monitor_id IS 'Monitor';
COMMENT ON COLUMN credit.monitor_window.from_at IS 'Beginning';
COMMENT ON COLUMN credit.monitor_window.to_at IS 'End, which does not belong to it';
COMMENT ON COLUMN credit.monitor_window.attempts IS 'How often it was tried; after five failures it is given up';
COMMENT ON COLUMN credit.monitor_window.attempted_at IS 'Beginning of the transaction that tried last';
COMMENT ON COLUMN credit.monitor_window.drift_run_id IS 'The run that did it, or the last one that failed; NULL: it is due';

SELECT pg_catalog.pg_extension_config_dump('credit.monitor_window', '');

-- Takes the monitor until the end of the transaction.  Two at once would wait
-- for each other's alerts, in any order, which is a deadlock; and an older
-- window could have the last word.
CREATE FUNCTION credit.make_due_windows(of_monitor bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	at_once CONSTANT integer := 10000;
	m credit.monitor;
	due_at timestamptz;
	made integer := 0;
BEGIN
	SELECT * INTO m FROM credit.monitor AS n
	WHERE n.monitor_id = of_monitor AND n.armed_on = credit.system_id()
	FOR NO KEY UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	due_at := now() - (m.options ->> 'delay')::interval;
	WHILE m.next_at + m.period <= due_at AND made < at_once LOOP
		INSERT INTO credit.monitor_window (monitor_id, from_at, to_at)
		VALUES (of_monitor, m.next_at, m.next_at + m.period)
		ON CONFLICT DO NOTHING;
		m.next_at := m.next_at + m.period;
		made := made + 1;
	END LOOP;
	IF made > 0 THEN
		UPDATE credit.monitor AS n SET next_at = m.next_at WHERE n.monitor_id = of_monitor;
	END IF;
	RETURN true;
END
$$;

COMMENT ON FUNCTION credit.make_due_windows(bigint) IS
	'Makes the rows of the windows of a monitor that have ended, or says that somebody else is at it; for credit.run_monitor()';

-- The oldest due window that nobody else is at; a transaction tries one once.
CREATE FUNCTION credit.claim_window(of_monitor bigint) RETURNS credit.monitor_window
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	UPDATE credit.monitor_window AS w SET attempts = attempts + 1, attempted_at = now()
	WHERE w.monitor_id = of_monitor AND w.from_at = (
		SELECT d.from_at FROM credit.monitor_window AS d
		WHERE d.monitor_id = of_monitor AND d.drift_run_id IS NULL AND d.attempted_at IS DISTINCT FROM now()
		ORDER BY d.from_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
	RETURNING w.*;
END;

COMMENT ON FUNCTION credit.claim_window(bigint) IS
	'Takes a due window of a monitor until the end of the transaction; for credit.run_monitor()';
