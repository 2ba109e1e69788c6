-- Monitors on a schedule: pg_cron, if there is one.
--
-- It is looked up when it is called, because pg_credit works without it: any
-- scheduler may call credit.run_due_monitors().  A job belongs to the role that
-- scheduled it and runs with its rights.

CREATE FUNCTION credit.job_name(monitor text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'credit monitor ' OPERATOR(pg_catalog.||) monitor;

COMMENT ON FUNCTION credit.job_name(text) IS 'Name of the pg_cron job of a monitor';

-- Anybody with CREATE on the database may have made a schema of this name.
-- What is used of pg_cron is named here; the functions with every overload.
CREATE FUNCTION credit.has_cron() RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home CONSTANT oid := to_regnamespace('cron');
BEGIN
	RETURN home IS NOT NULL AND NOT EXISTS (
		SELECT FROM (
			SELECT 'pg_namespace'::regclass, home
			UNION ALL
			SELECT 'pg_class'::regclass, c.oid FROM pg_class AS c
			WHERE c.relnamespace = home AND c.relname IN ('job', 'job_run_details')
			UNION ALL
			SELECT 'pg_proc'::regclass, p.oid FROM pg_proc AS p
			WHERE p.pronamespace = home AND p.proname IN ('schedule', 'unschedule')
		) AS used (catalog, id)
		WHERE NOT EXISTS (
			SELECT FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_cron'
			WHERE d.classid = used.catalog AND d.objid = used.id
				AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'));
END
$$;

COMMENT ON FUNCTION credit.has_cron() IS
	'Whether the schema cron, and what is used of it, belong to the extension pg_cron of this database';

-- Without USAGE on its schema, asking for its tables is an error.
CREATE FUNCTION credit.sees_cron() RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN credit.has_cron() THEN has_schema_privilege('cron', 'USAGE') ELSE false END;
END
$$;

COMMENT ON FUNCTION credit.sees_cron() IS
	'Whether pg_cron is in this database and the current role may look at its jobs';

-- Only who may read all settings can see where pg_cron is.
CREATE FUNCTION credit.need_cron(monitor text, schedule text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home text;
BEGIN
	IF credit.has_cron() THEN
		RETURN;
	END IF;
	IF pg_has_role('pg_read_all_settings', 'USAGE') THEN
		home := nullif(current_setting('cron.database_name', true), '');
	END IF;
	IF home <> current_database() THEN
		RAISE EXCEPTION 'pg_cron is not in this database'
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('It is for database "%s" of this server.', home),
				HINT = format('There, run: SELECT cron.schedule_in_database(%L, %L, %L, %L);',
					credit.job_name(monitor) || ' in ' || current_database(), schedule,
					format('SELECT credit.run_scheduled_monitor(%L)', monitor), current_database());
	END IF;
	RAISE EXCEPTION 'pg_cron is not installed in this database'
		USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'It must be in shared_preload_libraries (with a managed server, turned on there), with cron.database_name naming this database.',
			HINT = 'Then CREATE EXTENSION pg_cron; or have another scheduler call credit.run_due_monitors().';
END
$$;

COMMENT ON FUNCTION credit.need_cron(text, text) IS
	'Raises the error that says what to do where pg_cron is missing or elsewhere';

CREATE FUNCTION credit.schedule_monitor(name text, schedule text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	job bigint;
BEGIN
	name := (credit.find_monitor(name)).name;
	IF schedule IS NULL THEN
		RAISE EXCEPTION 'schedule must not be null'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'credit.unschedule_monitor() ends a schedule.';
	END IF;
	PERFORM credit.need_cron(name, schedule);
	EXECUTE 'SELECT cron.schedule($1::text, $2::text, $3::text)' INTO job
	USING credit.job_name(name), schedule, format('SELECT credit.run_scheduled_monitor(%L)', name);
	RETURN job;
END
$$;

COMMENT ON FUNCTION credit.schedule_monitor(text, text) IS
	'Has pg_cron run a monitor, by a line of cron in UTC; again, it replaces the schedule; returns the number of the job';

-- A role sees its own jobs, a superuser everybody's.  cron.unschedule() by name
-- takes another type in 1.4 than in 1.6; by number it does not.
CREATE FUNCTION credit.unschedule_monitor(name text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	removed boolean;
BEGIN
	IF name IS NULL THEN
		RAISE EXCEPTION 'name must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT credit.sees_cron() THEN
		RETURN false;
	END IF;
	EXECUTE 'SELECT bool_or(cron.unschedule(jobid)) FROM cron.job WHERE jobname = $1 AND database = current_database()' INTO removed
	USING credit.job_name(name);
	RETURN coalesce(removed, false);
END
$$;

COMMENT ON FUNCTION credit.unschedule_monitor(text) IS
	'Ends the schedule of a monitor that the current role made, or if it is a superuser anybody; false: there was none';

-- pg_cron never trims what it keeps of each run of a job.
CREATE FUNCTION credit.run_scheduled_monitor(name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	runs bigint;
BEGIN
	SELECT count(*) INTO runs FROM credit.run_monitor(name);
	IF credit.sees_cron() AND has_table_privilege('cron.job_run_details', 'DELETE') THEN
		EXECUTE $q$
			DELETE FROM cron.job_run_details
			WHERE command = $1 AND username = CURRENT_USER AND coalesce(end_time, start_time) < now() - interval '7 days' $q$
		USING format('SELECT credit.run_scheduled_monitor(%L)', name);
	END IF;
	RETURN runs;
END
$$;

COMMENT ON FUNCTION credit.run_scheduled_monitor(text) IS
	'What a pg_cron job of a monitor runs: credit.run_monitor(), and what pg_cron noted of the job more than seven days ago goes';

-- Where the current role may see pg_cron's tables.
CREATE FUNCTION credit.scheduled_jobs()
RETURNS TABLE (job_name text, schedule text, active boolean, last_status text, last_ended_at timestamptz, last_message text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT credit.sees_cron() THEN
		RETURN;
	END IF;
	RETURN QUERY EXECUTE $q$
		SELECT j.jobname::text, j.schedule, j.active, d.status, d.end_time, d.return_message
		FROM cron.job AS j
		LEFT JOIN LATERAL (SELECT r.status, r.end_time, r.return_message FROM cron.job_run_details AS r
			WHERE r.jobid = j.jobid ORDER BY r.runid DESC LIMIT 1) AS d ON true
		WHERE j.database = current_database() AND j.jobname LIKE 'credit monitor %' $q$;
END
$$;

COMMENT ON FUNCTION credit.scheduled_jobs() IS
	'The pg_cron jobs of monitors, and how they ended last';
