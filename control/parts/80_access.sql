-- Access by level, for whoever may not grant on objects that the bootstrap
-- superuser owns.
--
-- A level is a rule, not a list, so that a function which is added has one:
-- score gives what an application calls that changes nothing (credit.warm()
-- changes its session only); decide adds what writes the log; outcome gives
-- what records outcomes of anybody's decisions, and nothing else; monitor gives
-- score and whatever else changes nothing, reads the tables and acknowledges
-- alerts; admin gives everything but this.

CREATE FUNCTION credit.access_functions(level text) RETURNS SETOF regprocedure
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT p.oid::regprocedure
	FROM pg_catalog.pg_depend AS d
	JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_credit'
	JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid
	CROSS JOIN LATERAL (SELECT
		p.proname = 'warm' OR p.proname LIKE 'credit\_%' AND p.proname <> 'credit_decide' AS scores,
		p.proname = 'credit_decide' AS decides,
		p.proname IN ('record_outcome', 'record_outcome_for') AS records,
		p.provolatile = 'v' AS changes) AS f
	WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.refclassid = 'pg_catalog.pg_extension'::regclass
		AND d.deptype = 'e'
		AND p.prorettype <> ALL (ARRAY['trigger'::regtype, 'internal'::regtype])
		AND CASE level
			WHEN 'score' THEN f.scores
			WHEN 'decide' THEN f.scores OR f.decides
			WHEN 'outcome' THEN f.records
			WHEN 'monitor' THEN f.scores OR NOT f.changes OR p.proname = 'acknowledge_alert'
			WHEN 'admin' THEN p.proname NOT IN ('grant_access', 'revoke_access') END;
END;

COMMENT ON FUNCTION credit.access_functions(text) IS
	'Functions that a level of access may call';

CREATE FUNCTION credit.check_role(role name) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF to_regrole(quote_ident(role)) IS NULL THEN
		RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object';
	END IF;
END
$$;

COMMENT ON FUNCTION credit.check_role(name) IS
	'Raises an error unless there is such a role; for credit.grant_access()';

CREATE FUNCTION credit.grant_access(role name, level text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	function regprocedure;
BEGIN
	IF role IS NULL OR coalesce(level, '') NOT IN ('score', 'decide', 'outcome', 'monitor', 'admin') THEN
		RAISE EXCEPTION 'invalid level of access "%"', level
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'The levels are score, decide, outcome, monitor and admin.';
	END IF;
	PERFORM credit.check_role(role);
	FOR function IN SELECT * FROM credit.access_functions(level) LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', function, role);
	END LOOP;
	EXECUTE format('GRANT USAGE ON SCHEMA credit TO %I', role);
	IF level IN ('monitor', 'admin') THEN
		EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA credit TO %I', role);
		EXECUTE format('GRANT SELECT ON SEQUENCE credit.decision_decision_id_seq TO %I', role);
	END IF;
	IF level = 'admin' THEN
		EXECUTE format('GRANT UPDATE (notes) ON credit.model_version TO %I', role);
	END IF;
END
$$;

COMMENT ON FUNCTION credit.grant_access(name, text) IS
	'Gives a role what a level needs: score, decide, outcome, monitor or admin; run again after an update of the extension';

CREATE FUNCTION credit.revoke_access(role name) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	function regprocedure;
BEGIN
	PERFORM credit.check_role(role);
	FOR function IN SELECT * FROM credit.access_functions('admin') LOOP
		EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I', function, role);
	END LOOP;
	EXECUTE format('REVOKE UPDATE (notes) ON credit.model_version FROM %I', role);
	EXECUTE format('REVOKE SELECT ON SEQUENCE credit.decision_decision_id_seq FROM %I', role);
	EXECUTE format('REVOKE SELECT ON ALL TABLES IN SCHEMA credit FROM %I', role);
	EXECUTE format('REVOKE USAGE ON SCHEMA credit FROM %I', role);
END
$$;

COMMENT ON FUNCTION credit.revoke_access(name) IS
	'Takes away what credit.grant_access() gave, at every level';
