-- Nothing is open to everybody: a score tells about the model, and whoever
-- may promote decides about loans.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA credit FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION
	@extschema@.credit_score(record, text), @extschema@.credit_score(jsonb, text),
	@extschema@.credit_pd(record, text), @extschema@.credit_pd(jsonb, text),
	@extschema@.credit_margin(record, text), @extschema@.credit_margin(jsonb, text),
	@extschema@.drift_report(regclass, text, regclass),
	@extschema@.drift_ks(regclass, name, regclass, text),
	@extschema@.drift_chi2(regclass, name, regclass, text),
	@extschema@.drift_psi(regclass, name, regclass, text),
	@extschema@.drift_js(regclass, name, regclass, text),
	@extschema@.drift_wasserstein(regclass, name, regclass, text),
	@extschema@.credit_explain(record, text), @extschema@.credit_explain(jsonb, text),
	@extschema@.credit_contributions(record, text), @extschema@.credit_contributions(jsonb, text),
	@extschema@.credit_reasons(record, text, integer), @extschema@.credit_reasons(jsonb, text, integer),
	@extschema@.credit_decide(text, record, text), @extschema@.credit_decide(text, jsonb, text)
FROM PUBLIC;

-- The planner puts these in place of the functions above; they check the right
-- to call the function that was written.  Nobody without USAGE on the schema
-- can name them.
GRANT EXECUTE ON FUNCTION
	credit.score_columns(regprocedure, text, text[], "any"),
	credit.pd_columns(regprocedure, text, text[], "any"),
	credit.margin_columns(regprocedure, text, text[], "any"),
	credit.contributions_columns(regprocedure, text, text[], "any")
TO PUBLIC;

-- The extension is trusted: where a role that is no superuser installs it,
-- the bootstrap superuser owns all this, and that role must be given the use
-- of it, to pass on as it likes.  It gets no right to write history: the
-- functions do, with the rights of the owner.
DO LANGUAGE plpgsql $$
DECLARE
	-- Not SESSION_USER: the role may have been set.
	owner oid := (SELECT extowner FROM pg_catalog.pg_extension
		WHERE extname OPERATOR(pg_catalog.=) 'pg_credit');
	installer text := pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(owner));
BEGIN
	IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE oid OPERATOR(pg_catalog.=) owner) THEN
		RETURN;
	END IF;
	EXECUTE 'GRANT USAGE ON SCHEMA credit TO ' || installer || ' WITH GRANT OPTION';
	EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA credit TO ' || installer || ' WITH GRANT OPTION';
	EXECUTE 'GRANT SELECT ON SEQUENCE credit.decision_decision_id_seq TO ' || installer || ' WITH GRANT OPTION';
	EXECUTE 'GRANT UPDATE (notes) ON credit.model_version TO ' || installer || ' WITH GRANT OPTION';
	EXECUTE 'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA credit TO ' || installer || ' WITH GRANT OPTION';
	EXECUTE 'GRANT EXECUTE ON FUNCTION '
		'@extschema@.credit_score(record, text), @extschema@.credit_score(jsonb, text), '
		'@extschema@.credit_pd(record, text), @extschema@.credit_pd(jsonb, text), '
		'@extschema@.credit_margin(record, text), @extschema@.credit_margin(jsonb, text), '
		'@extschema@.drift_report(regclass, text, regclass), '
		'@extschema@.drift_ks(regclass, name, regclass, text), '
		'@extschema@.drift_chi2(regclass, name, regclass, text), '
		'@extschema@.drift_psi(regclass, name, regclass, text), '
		'@extschema@.drift_js(regclass, name, regclass, text), '
		'@extschema@.drift_wasserstein(regclass, name, regclass, text), '
		'@extschema@.credit_explain(record, text), @extschema@.credit_explain(jsonb, text), '
		'@extschema@.credit_contributions(record, text), @extschema@.credit_contributions(jsonb, text), '
		'@extschema@.credit_reasons(record, text, integer), @extschema@.credit_reasons(jsonb, text, integer), '
		'@extschema@.credit_decide(text, record, text), @extschema@.credit_decide(text, jsonb, text) '
		'TO ' || installer || ' WITH GRANT OPTION';
END
$$;
