-- Running monitors, and whether they ran.
--
-- A run reads the source with the rights of the monitor's owner, whoever calls
-- it, and hands what it found to credit.keep_run(), which writes with those of
-- the extension's owner, in one transaction: a run that is cancelled or killed
-- leaves nothing, and its window is still due.

CREATE FUNCTION credit.keep_run(
	run credit.drift_run, summaries credit.drift_summary[], results credit.drift_result[])
RETURNS credit.drift_run
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $$
DECLARE
	max_attempts CONSTANT integer := 5;
	kept credit.drift_run;
	summary credit.drift_summary;
	-- An older window that is done late does not have the last word.
	latest CONSTANT boolean := NOT EXISTS (SELECT FROM credit.drift_run AS r
		WHERE r.monitor_id = run.monitor_id AND r.from_at > run.from_at AND r.error IS NULL);
BEGIN
	INSERT INTO credit.drift_run (monitor_id, model_version_id, from_at, to_at, n, score, severity, error, options, started_at)
	SELECT run.monitor_id, run.model_version_id, run.from_at, run.to_at,
		CASE WHEN run.error IS NULL THEN coalesce(sum(s.n), 0) END, max(s.score),
		credit.worst_severity(array_agg(s.drift_severity) || array_agg(s.score_severity) || array_agg(s.performance_severity)),
		run.error, run.options, run.started_at
	FROM unnest(summaries) AS s
	RETURNING * INTO kept;
	UPDATE credit.monitor_window AS w SET drift_run_id = kept.drift_run_id
	WHERE w.monitor_id = run.monitor_id AND w.from_at = run.from_at
		AND (run.error IS NULL OR w.attempts >= max_attempts);

	PERFORM credit.settle_alert(kept, 'failure', '', CASE WHEN kept.error IS NULL THEN 'ok' ELSE 'warning' END,
		format('monitor failed: %s', kept.error), jsonb_build_object('error', kept.error));
	FOREACH summary IN ARRAY coalesce(summaries, '{}') LOOP
		summary.drift_run_id := kept.drift_run_id;
		INSERT INTO credit.drift_summary SELECT summary.*;
		INSERT INTO credit.drift_result
		SELECT kept.drift_run_id, r.segment, r.feature, r.figure, r.method, r.statistic, r.p_value, r.adjusted_p_value,
			r.p_value_threshold, r.effect_size, r.effect_size_threshold, r.weight, r.drifted
		FROM unnest(results) AS r WHERE r.segment = summary.segment;
		IF latest THEN
			PERFORM credit.settle_alerts(kept, summary);
		END IF;
	END LOOP;

	IF latest AND kept.severity = 'critical' AND (kept.options ->> 'retrain')::boolean THEN
		INSERT INTO credit.retraining_request (model_id, drift_run_id)
		SELECT m.model_id, kept.drift_run_id FROM credit.monitor AS m WHERE m.monitor_id = kept.monitor_id
		ON CONFLICT DO NOTHING;
	END IF;
	RETURN kept;
END
$$;

COMMENT ON FUNCTION credit.keep_run(credit.drift_run, credit.drift_summary[], credit.drift_result[]) IS
	'Stores what a run found, and raises and resolves alerts; for credit.run_monitor()';

CREATE FUNCTION credit.find_window_as_owner(
	monitor_id bigint, version_id bigint, from_at timestamptz, to_at timestamptz,
	OUT summaries credit.drift_summary[], OUT results credit.drift_result[])
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'credit_find_window_as_owner';

COMMENT ON FUNCTION credit.find_window_as_owner(bigint, bigint, timestamptz, timestamptz) IS
	'credit.find_window() with the rights of the monitor''s owner, on the relation that the monitor was armed on; for credit.run_window()';

-- An error in the source, in the model or in what is to be stored is a result
-- too, so that one monitor does not stop the others.  Whoever cancels the run,
-- or ends the server, means all of it.
CREATE FUNCTION credit.run_window(m credit.monitor, from_at timestamptz, to_at timestamptz) RETURNS credit.drift_run
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	run credit.drift_run;
	finding record;
BEGIN
	run.monitor_id := m.monitor_id;
	run.from_at := from_at;
	run.to_at := to_at;
	run.options := m.options;
	run.started_at := clock_timestamp();
	BEGIN
		run.model_version_id := credit.find_version(m.model);
		SELECT * INTO finding FROM credit.find_window_as_owner(m.monitor_id, run.model_version_id, from_at, to_at);
		RETURN credit.keep_run(run, finding.summaries, finding.results);
	EXCEPTION
		WHEN operator_intervention THEN
			RAISE;
		WHEN OTHERS THEN
			run.error := SQLERRM;
	END;
	RETURN credit.keep_run(run, NULL, NULL);
END
$$;

COMMENT ON FUNCTION credit.run_window(credit.monitor, timestamptz, timestamptz) IS
	'Does one window of a monitor; for credit.run_monitor()';

CREATE FUNCTION credit.run_monitor(name text, max_windows integer DEFAULT 100) RETURNS SETOF credit.drift_run
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m CONSTANT credit.monitor := credit.find_monitor(name);
	claimed credit.monitor_window;
BEGIN
	IF pg_is_in_recovery() THEN
		RAISE EXCEPTION 'cannot run a monitor on a standby'
			USING ERRCODE = 'read_only_sql_transaction',
				HINT = 'drift_report() works there; run monitors on the primary.';
	END IF;
	IF m.armed_on IS DISTINCT FROM credit.system_id() THEN
		RAISE NOTICE 'monitor "%" is not armed on this system', name
			USING HINT = 'If this is not a copy whose alerts would confuse, arm it with credit.arm_monitor().';
		RETURN;
	END IF;
	IF m.period IS NULL THEN
		RETURN NEXT credit.run_window(m, NULL, now());
		RETURN;
	END IF;
	IF NOT credit.make_due_windows(m.monitor_id) THEN
		RETURN;
	END IF;
	FOR i IN 1 .. max_windows LOOP
		claimed := credit.claim_window(m.monitor_id);
		EXIT WHEN claimed.monitor_id IS NULL;
		RETURN NEXT credit.run_window(m, claimed.from_at, claimed.to_at);
	END LOOP;
END
$$;

COMMENT ON FUNCTION credit.run_monitor(text, integer) IS
	'Does the windows of a monitor that are due, each once whoever else calls, unless another session is at it; a monitor without windows runs now';

CREATE FUNCTION credit.run_due_monitors(max_windows integer DEFAULT 100) RETURNS SETOF credit.drift_run
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	due text;
BEGIN
	FOR due IN
		SELECT m.name FROM credit.monitor AS m
		WHERE m.dropped_at IS NULL AND m.period IS NOT NULL AND m.armed_on = credit.system_id()
		ORDER BY m.monitor_id
	LOOP
		BEGIN
			RETURN QUERY SELECT * FROM credit.run_monitor(due, max_windows);
		EXCEPTION
			WHEN operator_intervention OR read_only_sql_transaction THEN
				RAISE;
			WHEN OTHERS THEN
				RAISE WARNING 'monitor "%" could not run: %', due, SQLERRM;
		END;
	END LOOP;
END
$$;

COMMENT ON FUNCTION credit.run_due_monitors(integer) IS
	'Does the windows of all monitors that are due, for a scheduler, or for whoever wakes the server up';
