-- What applications call.  In the extension's own schema, so that
-- SELECT credit_score(a) FROM applicants a works as it is.
--
-- STABLE: they read the registry under the statement's snapshot.  Not STRICT:
-- a NULL model stands for the default model; a NULL applicant gives NULL.

CREATE FUNCTION @extschema@.credit_score(applicant record, model text DEFAULT NULL)
RETURNS integer
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_score';

COMMENT ON FUNCTION @extschema@.credit_score(record, text) IS
	'Scores an applicant: scorecard points, higher is better; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_score(applicant jsonb, model text DEFAULT NULL)
RETURNS integer
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_score_jsonb';

COMMENT ON FUNCTION @extschema@.credit_score(jsonb, text) IS
	'Scores an applicant: scorecard points, higher is better; the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION @extschema@.credit_pd(applicant record, model text DEFAULT NULL)
RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_pd';

COMMENT ON FUNCTION @extschema@.credit_pd(record, text) IS
	'Probability of default of an applicant; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_pd(applicant jsonb, model text DEFAULT NULL)
RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_pd_jsonb';

COMMENT ON FUNCTION @extschema@.credit_pd(jsonb, text) IS
	'Probability of default of an applicant; the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION @extschema@.credit_margin(applicant record, model text DEFAULT NULL)
RETURNS real
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_margin';

COMMENT ON FUNCTION @extschema@.credit_margin(record, text) IS
	'Raw log-odds of an applicant, bit-equal to XGBoost''s margin; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_margin(applicant jsonb, model text DEFAULT NULL)
RETURNS real
LANGUAGE c STABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'credit_margin_jsonb';

COMMENT ON FUNCTION @extschema@.credit_margin(jsonb, text) IS
	'Raw log-odds of an applicant, bit-equal to XGBoost''s margin; the applicant is a JSON object matched to the model by keys';

