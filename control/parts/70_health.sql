-- Whether what should run does run.

-- Windows that have ended and are not done, with a row or without one yet.
CREATE FUNCTION credit.due_windows(m credit.monitor, OUT n bigint, OUT oldest_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
BEGIN ATOMIC
	SELECT count(*), min(d.to_at)
	FROM (
		SELECT w.to_at FROM credit.monitor_window AS w WHERE w.monitor_id = m.monitor_id AND w.drift_run_id IS NULL
		UNION ALL
		SELECT generate_series(m.next_at + m.period, now() - (m.options ->> 'delay')::interval, m.period)
	) AS d;
END;

COMMENT ON FUNCTION credit.due_windows(credit.monitor) IS
	'How many windows of a monitor are due, and when the oldest ended';

CREATE FUNCTION credit.health()
RETURNS TABLE (
	monitor text,
	status text,
	due_windows bigint,
	oldest_due_at timestamptz,
	last_run_at timestamptz,
	last_severity text,
	open_alerts bigint,
	schedule text,
	detail text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT m.name,
		CASE
			WHEN m.armed_on IS DISTINCT FROM credit.system_id() THEN 'not armed'
			WHEN r.error IS NOT NULL THEN 'failing'
			WHEN d.oldest_at + (m.options ->> 'delay')::interval + (m.options ->> 'late_after')::interval < now() THEN 'late'
			WHEN r.drift_run_id IS NULL THEN 'not run yet'
			ELSE 'ok' END,
		d.n, d.oldest_at, r.finished_at, r.severity,
		(SELECT count(*) FROM credit.alert AS a WHERE a.monitor_id = m.monitor_id AND a.resolved_at IS NULL),
		j.schedule,
		CASE
			WHEN m.armed_on IS NULL THEN 'credit.arm_monitor() has it run'
			WHEN m.armed_on <> credit.system_id() THEN 'armed on another system, of which this is a copy; credit.arm_monitor() has it run here'
			WHEN r.error IS NOT NULL THEN r.error
			WHEN r.n < (r.options ->> 'min_rows')::bigint THEN format('its last run had %s rows, too few to judge', r.n)
			WHEN NOT j.active THEN 'its job in pg_cron is not active'
			WHEN j.last_status = 'failed' THEN format('its job in pg_cron failed at %s: %s', j.last_ended_at, j.last_message)
			WHEN j.schedule IS NULL THEN 'no job in pg_cron that this role may see' END
	FROM credit.monitor AS m
	CROSS JOIN LATERAL credit.due_windows(m) AS d
	LEFT JOIN LATERAL (SELECT * FROM credit.drift_run AS e WHERE e.monitor_id = m.monitor_id
		ORDER BY e.drift_run_id DESC LIMIT 1) AS r ON true
	LEFT JOIN credit.scheduled_jobs() AS j ON j.job_name = credit.job_name(m.name)
	WHERE m.dropped_at IS NULL
	ORDER BY m.name;
END;

COMMENT ON FUNCTION credit.health() IS
	'Whether each monitor ran when it should: ok, not run yet, late, failing or not armed, and why';
