-- The DBA's part of the demo: applicants, the model, one application role.

CREATE EXTENSION pg_credit;

CREATE TABLE applicants (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	checking_status text, duration integer, credit_history text, purpose text,
	credit_amount integer, savings_status text, employment text,
	installment_commitment integer, personal_status text, other_parties text,
	residence_since integer, property_magnitude text, age integer,
	other_payment_plans text, housing text, existing_credits integer, job text,
	num_dependents integer, own_telephone text, foreign_worker text, class text
);
\copy applicants (checking_status, duration, credit_history, purpose, credit_amount, savings_status, employment, installment_commitment, personal_status, other_parties, residence_since, property_magnitude, age, other_payment_plans, housing, existing_credits, job, num_dependents, own_telephone, foreign_worker, class) FROM models/german_credit/german_credit.csv CSV HEADER

-- What XGBoost itself predicted for the same rows, to compare with.
CREATE TABLE xgboost_predictions (id integer PRIMARY KEY, margin real, pd real, split text);
\copy xgboost_predictions FROM models/german_credit/expected_margins.csv CSV HEADER

\set artifact `base64 -w0 models/german_credit/model.ubj`
\set options `cat models/german_credit/options.json`
SELECT credit.import_model('german', decode(:'artifact', 'base64'), :'options') AS version \gset
SELECT to_version FROM credit.promote('german', :version) \gset

SELECT version AS policy FROM credit.set_policy('german', '{"measure": "points", "approve": 520, "refer": 500}') \gset

-- The application may read applicants, score and decide, nothing else.
CREATE ROLE loan_app LOGIN;
GRANT SELECT ON applicants, xgboost_predictions TO loan_app;
SELECT credit.grant_access('loan_app', 'decide') \g /dev/null

VACUUM ANALYZE;

\echo 'The DBA imported the model; credit.models says:'
\pset footer off
SELECT model, version, status, aliases, features, golden_rows, xgboost_version FROM credit.models;
\echo 'credit.verify_model() checks it again:'
SELECT * FROM credit.verify_model('german');
\echo 'From here on the role loan_app, which may decide and read applicants:'
\echo
