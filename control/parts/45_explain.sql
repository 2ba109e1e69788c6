-- Why an applicant has the score he has.
--
-- What makes the functions of 40_score.sql STABLE and not STRICT holds here
-- too, and why the one that is put in place is cheaper.

CREATE FUNCTION @extschema@.credit_explain(applicant record, model text DEFAULT NULL)
RETURNS TABLE (feature text, value text, contribution double precision, points double precision)
LANGUAGE c STABLE PARALLEL SAFE COST 1000 ROWS 20
AS 'MODULE_PATHNAME', 'credit_explain';

COMMENT ON FUNCTION @extschema@.credit_explain(record, text) IS
	'What each feature contributes to the margin and to the points of an applicant, the largest first; the last row is the (baseline); the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_explain(applicant jsonb, model text DEFAULT NULL)
RETURNS TABLE (feature text, value text, contribution double precision, points double precision)
LANGUAGE c STABLE PARALLEL SAFE COST 1000 ROWS 20
AS 'MODULE_PATHNAME', 'credit_explain_jsonb';

COMMENT ON FUNCTION @extschema@.credit_explain(jsonb, text) IS
	'What each feature contributes to the margin and to the points of an applicant, the largest first; the last row is the (baseline); the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION @extschema@.credit_contributions(applicant record, model text DEFAULT NULL)
RETURNS real[]
LANGUAGE c STABLE PARALLEL SAFE COST 1000
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_contributions';

COMMENT ON FUNCTION @extschema@.credit_contributions(record, text) IS
	'What each feature contributes to the margin of an applicant, in the order of the model, and last the baseline; the applicant is a row matched to the model by column names';

CREATE FUNCTION @extschema@.credit_contributions(applicant jsonb, model text DEFAULT NULL)
RETURNS real[]
LANGUAGE c STABLE PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'credit_contributions_jsonb';

COMMENT ON FUNCTION @extschema@.credit_contributions(jsonb, text) IS
	'What each feature contributes to the margin of an applicant, in the order of the model, and last the baseline; the applicant is a JSON object matched to the model by keys';

CREATE FUNCTION credit.contributions_columns(function regprocedure, model text, names text[], VARIADIC columns "any")
RETURNS real[]
LANGUAGE c STABLE PARALLEL SAFE COST 200
AS 'MODULE_PATHNAME', 'credit_contributions_columns';

COMMENT ON FUNCTION credit.contributions_columns(regprocedure, text, text[], "any") IS
	'What the planner makes of credit_contributions(row, model): only the columns that its versions use';

CREATE FUNCTION credit.contributions_row(applicant record, model text) RETURNS real[]
LANGUAGE c STABLE PARALLEL SAFE COST 1000
SUPPORT credit.score_support
AS 'MODULE_PATHNAME', 'credit_contributions';

COMMENT ON FUNCTION credit.contributions_row(record, text) IS
	'credit_contributions() under a name that nobody can overload, for SQL that the extension writes';
