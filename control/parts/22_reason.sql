-- The catalogue of reasons and what they are measured against.  A score does
-- not depend on it; the reasons of a version do, so it never changes either.
-- The code and the text in the version's own language are in credit.feature.
--
-- src/pg/catalogue.c reads these tables by column number: a column may be
-- added at the end of a table, never before.

CREATE TABLE credit.reason_translation (
	model_version_id bigint NOT NULL REFERENCES credit.model_version,
	code text COLLATE "C" NOT NULL,
	language text COLLATE "C" NOT NULL,
	text text NOT NULL,
	PRIMARY KEY (model_version_id, code, language),
	CONSTRAINT reason_translation_language_check CHECK (
		language OPERATOR(pg_catalog.~) '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')
);

COMMENT ON TABLE credit.reason_translation IS 'Texts of a version''s reasons in other languages than its own';
COMMENT ON COLUMN credit.reason_translation.model_version_id IS 'Version';
COMMENT ON COLUMN credit.reason_translation.code IS 'Code of the reason';
COMMENT ON COLUMN credit.reason_translation.language IS 'Language as credit.language names it, such as de or pt-BR';
COMMENT ON COLUMN credit.reason_translation.text IS 'Text as the consumer reads it';

CREATE TABLE credit.baseline (
	model_version_id bigint NOT NULL PRIMARY KEY REFERENCES credit.model_version,
	source text NOT NULL,
	applicants bigint NOT NULL,
	cutoff integer,
	band integer,
	set_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	set_by text NOT NULL DEFAULT credit.caller()
);

COMMENT ON TABLE credit.baseline IS 'Applicants that a version''s reasons are measured against; set once';
COMMENT ON COLUMN credit.baseline.model_version_id IS 'Version';
COMMENT ON COLUMN credit.baseline.source IS 'Table or view that they came from';
COMMENT ON COLUMN credit.baseline.applicants IS 'How many were averaged';
COMMENT ON COLUMN credit.baseline.cutoff IS 'Least score of them; NULL: any';
COMMENT ON COLUMN credit.baseline.band IS 'Points above it that still counted';
COMMENT ON COLUMN credit.baseline.set_at IS 'Time of credit.set_baseline()';
COMMENT ON COLUMN credit.baseline.set_by IS 'Role that called it';

CREATE TABLE credit.baseline_contribution (
	model_version_id bigint NOT NULL REFERENCES credit.baseline,
	position integer NOT NULL,
	contribution double precision NOT NULL,
	PRIMARY KEY (model_version_id, position),
	FOREIGN KEY (model_version_id, position) REFERENCES credit.feature
);

COMMENT ON TABLE credit.baseline_contribution IS 'What each feature contributes to the margin of a version''s baseline, on average';
COMMENT ON COLUMN credit.baseline_contribution.model_version_id IS 'Version';
COMMENT ON COLUMN credit.baseline_contribution.position IS 'Place of the feature, as in credit.feature';
COMMENT ON COLUMN credit.baseline_contribution.contribution IS 'Mean contribution to the margin, as credit_contributions() gives it';

CREATE TABLE credit.golden_reason (
	model_version_id bigint NOT NULL,
	position integer NOT NULL,
	codes text[] NOT NULL,
	PRIMARY KEY (model_version_id, position),
	FOREIGN KEY (model_version_id, position) REFERENCES credit.golden_row
);

COMMENT ON TABLE credit.golden_reason IS 'Reasons of the golden rows; checked by credit.verify_model()';
COMMENT ON COLUMN credit.golden_reason.model_version_id IS 'Version';
COMMENT ON COLUMN credit.golden_reason.position IS 'Place of the golden row';
COMMENT ON COLUMN credit.golden_reason.codes IS 'Codes of its principal reasons, worst first; empty: none';

SELECT pg_catalog.pg_extension_config_dump('credit.reason_translation', '');
SELECT pg_catalog.pg_extension_config_dump('credit.baseline', '');
SELECT pg_catalog.pg_extension_config_dump('credit.baseline_contribution', '');
SELECT pg_catalog.pg_extension_config_dump('credit.golden_reason', '');

CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON credit.reason_translation FOR EACH STATEMENT
	EXECUTE FUNCTION credit.refuse_change('A version never changes; import the model again.');

CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON credit.baseline FOR EACH STATEMENT
	EXECUTE FUNCTION credit.refuse_change('A version never changes; import the model again.');

CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON credit.baseline_contribution FOR EACH STATEMENT
	EXECUTE FUNCTION credit.refuse_change('A version never changes; import the model again.');

CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON credit.golden_reason FOR EACH STATEMENT
	EXECUTE FUNCTION credit.refuse_change('A version never changes; import the model again.');
