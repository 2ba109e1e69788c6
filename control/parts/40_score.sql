-- What applications call.  In the extension's own schema, so that
-- SELECT credit_score(a) FROM applicants a works as it is.
--
-- STABLE: they read the registry under the statement's snapshot.  Not STRICT:
-- a NULL model stands for the default model; a NULL applicant gives NULL.
-- What the planner makes of them is said to cost little, lest a large table
-- bring on JIT compilation, which gains nothing here.

CREATE FUNCTION credit.score_support(internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT
AS 'MODULE_PATHNAME', 'credit_score_support';

COMMENT ON FUNCTION credit.score_support(internal) IS
	'Planner support: passes the columns that a model uses in place of the row';

CREATE FUNCTION credit.registry_changed() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'credit_registry_changed';

COMMENT ON FUNCTION credit.registry_changed() IS
	'Trigger: has cached plans that score made anew';

CREATE TRIGGER registry_changed
	AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON credit.alias FOR EACH STATEMENT
	EXECUTE FUNCTION credit.registry_changed();

CREATE TRIGGER registry_changed
	AFTER UPDATE OF retired_at ON credit.model_version FOR EACH STATEMENT
	EXECUTE FUNCTION credit.registry_changed();

CREATE FUNCTION @extschema@.credit_score(applicant record, model text DEFAULT NULL)
RETURNS integer
LANGUAGE c STABLE PARALLEL SAFE COST 100
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_score';

COMMENT ON FUNCTION @extschema@.credit_score(record, text) IS
	'Scores an applicant: scorecard points, higher is better; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_score(applicant jsonb, model text DEFAULT NULL)
RETURNS integer
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_score_jsonb';

COMMENT ON FUNCTION @extschema@.credit_score(jsonb, text) IS
	'Scores an applicant: scorecard points, higher is better; the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION credit.score_columns(function regprocedure, model text, names text[], VARIADIC columns "any")
RETURNS integer
LANGUAGE c STABLE PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'credit_score_columns';

COMMENT ON FUNCTION credit.score_columns(regprocedure, text, text[], "any") IS
	'What the planner makes of credit_score(row, model): only the columns that its versions use';

CREATE FUNCTION @extschema@.credit_pd(applicant record, model text DEFAULT NULL)
RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE COST 100
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_pd';

COMMENT ON FUNCTION @extschema@.credit_pd(record, text) IS
	'Probability of default of an applicant; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_pd(applicant jsonb, model text DEFAULT NULL)
RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_pd_jsonb';

COMMENT ON FUNCTION @extschema@.credit_pd(jsonb, text) IS
	'Probability of default of an applicant; the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION credit.pd_columns(function regprocedure, model text, names text[], VARIADIC columns "any")
RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'credit_pd_columns';

COMMENT ON FUNCTION credit.pd_columns(regprocedure, text, text[], "any") IS
	'What the planner makes of credit_pd(row, model): only the columns that its versions use';

CREATE FUNCTION @extschema@.credit_margin(applicant record, model text DEFAULT NULL)
RETURNS real
LANGUAGE c STABLE PARALLEL SAFE COST 100
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_margin';

COMMENT ON FUNCTION @extschema@.credit_margin(record, text) IS
	'Raw log-odds of an applicant, bit-equal to XGBoost''s margin; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_margin(applicant jsonb, model text DEFAULT NULL)
RETURNS real
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_margin_jsonb';

COMMENT ON FUNCTION @extschema@.credit_margin(jsonb, text) IS
	'Raw log-odds of an applicant, bit-equal to XGBoost''s margin; the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION credit.margin_columns(function regprocedure, model text, names text[], VARIADIC columns "any")
RETURNS real
LANGUAGE c STABLE PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'credit_margin_columns';

COMMENT ON FUNCTION credit.margin_columns(regprocedure, text, text[], "any") IS
	'What the planner makes of credit_margin(row, model): only the columns that its versions use';

-- The same functions for SQL that the extension itself writes, such as that of
-- credit.evaluate().  In the extension's own schema somebody could add an
-- overload that takes rows of one table, which matches better, and the schema
-- may be renamed; nobody else creates in this one.

CREATE FUNCTION credit.score_row(applicant record, model text) RETURNS integer
LANGUAGE c STABLE PARALLEL SAFE COST 100
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_score';

COMMENT ON FUNCTION credit.score_row(record, text) IS
	'credit_score() under a name that nobody can overload, for SQL that the extension writes';

CREATE FUNCTION credit.pd_row(applicant record, model text) RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE COST 100
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_pd';

COMMENT ON FUNCTION credit.pd_row(record, text) IS
	'credit_pd() under a name that nobody can overload, for SQL that the extension writes';

CREATE FUNCTION credit.margin_row(applicant record, model text) RETURNS real
LANGUAGE c STABLE PARALLEL SAFE COST 100
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_margin';

COMMENT ON FUNCTION credit.margin_row(record, text) IS
	'credit_margin() under a name that nobody can overload, for SQL that the extension writes';
