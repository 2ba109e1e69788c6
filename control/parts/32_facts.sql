-- Facts: what holds for every applicant, without scoring one; and the model
-- as rows, for people who check it with SQL of their own.

CREATE FUNCTION credit.image_range(
	image bytea,
	OUT margin_min_bound real,
	OUT margin_min_found real,
	OUT margin_max_bound real,
	OUT margin_max_found real,
	OUT score_min_bound double precision,
	OUT score_min_found double precision,
	OUT score_max_bound double precision,
	OUT score_max_found double precision,
	OUT score_min_applicant jsonb,
	OUT score_max_applicant jsonb)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000000
AS 'MODULE_PATHNAME', 'credit_image_range';

COMMENT ON FUNCTION credit.image_range(bytea) IS
	'Bounds that no margin and no score of a model image exceeds, and the most extreme that were found';

CREATE FUNCTION credit.image_monotone(
	image bytea,
	feature text,
	direction text,
	OUT verdict text,
	OUT reason text,
	OUT lower_applicant jsonb,
	OUT upper_applicant jsonb,
	OUT lower_margin real,
	OUT upper_margin real)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000000
AS 'MODULE_PATHNAME', 'credit_image_monotone';

COMMENT ON FUNCTION credit.image_monotone(bytea, text, text) IS
	'Proves or refutes that the probability of default is increasing, or decreasing, as a feature grows';

CREATE FUNCTION credit.image_nodes(image bytea)
RETURNS TABLE (
	tree integer,
	node integer,
	parent integer,
	depth integer,
	feature text,
	threshold real,
	categories text[],
	left_child integer,
	right_child integer,
	missing_child integer,
	leaf real,
	cover real)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 10000
AS 'MODULE_PATHNAME', 'credit_image_nodes';

COMMENT ON FUNCTION credit.image_nodes(bytea) IS
	'Lists the nodes of the trees of a model image';

CREATE FUNCTION credit.image_weights(image bytea) RETURNS real[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'credit_image_weights';

COMMENT ON FUNCTION credit.image_weights(bytea) IS
	'Returns the weights of a linear model image in the order of its features, then the bias; NULL for trees';

CREATE FUNCTION credit.tree_nodes(model text)
RETURNS TABLE (
	tree integer,
	node integer,
	parent integer,
	depth integer,
	feature text,
	threshold real,
	categories text[],
	left_child integer,
	right_child integer,
	missing_child integer,
	leaf real,
	cover real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
BEGIN ATOMIC
	SELECT n.*
	FROM credit.model_version AS v CROSS JOIN LATERAL credit.image_nodes(v.image) AS n
	WHERE v.model_version_id = credit.find_version(model, include_retired => true);
END;

COMMENT ON FUNCTION credit.tree_nodes(text) IS
	'Lists the trees of a version, a node a row; trees and nodes count from 0';

CREATE FUNCTION credit.monotonicity(model text)
RETURNS TABLE (
	feature text,
	direction text,
	declared boolean,
	verdict text,
	reason text,
	lower_applicant jsonb,
	upper_applicant jsonb,
	lower_margin real,
	upper_margin real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 40
BEGIN ATOMIC
	SELECT f.name, d.direction, f.monotone IS NOT DISTINCT FROM d.direction, m.*
	FROM credit.model_version AS v
	JOIN credit.feature AS f USING (model_version_id)
	CROSS JOIN (VALUES (1, 'increasing'), (2, 'decreasing')) AS d (place, direction)
	CROSS JOIN LATERAL (SELECT CASE f.type WHEN 'numeric' THEN f.name END AS name) AS n
	CROSS JOIN LATERAL credit.image_monotone(v.image, n.name, d.direction) AS m
	WHERE v.model_version_id = credit.find_version(model, include_retired => true)
		AND f.type = 'numeric'
	ORDER BY f.position, d.place;
END;

COMMENT ON FUNCTION credit.monotonicity(text) IS
	'Says of each numeric feature and direction whether the probability of default provably has it, with two applicants who contradict it';

CREATE FUNCTION credit.feature_facts(model text)
RETURNS TABLE (
	"position" integer,
	feature text,
	type text,
	split_count integer,
	gain double precision,
	weight real,
	pd_direction text,
	declared text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT f.position, f.name, f.type, f.split_count, f.gain, w.weights[f.position],
		CASE WHEN up.verdict = 'proven' AND down.verdict = 'proven' THEN 'constant'
			WHEN up.verdict = 'proven' THEN 'increasing'
			WHEN down.verdict = 'proven' THEN 'decreasing'
			WHEN up.verdict = 'refuted' AND down.verdict = 'refuted' THEN 'neither'
			WHEN f.type = 'numeric' THEN 'unknown' END,
		f.monotone
	FROM credit.model_version AS v
	JOIN credit.feature AS f USING (model_version_id)
	CROSS JOIN LATERAL (SELECT credit.image_weights(v.image) AS weights) AS w
	CROSS JOIN LATERAL (SELECT CASE f.type WHEN 'numeric' THEN f.name END AS name) AS n
	CROSS JOIN LATERAL credit.image_monotone(v.image, n.name, 'increasing') AS up
	CROSS JOIN LATERAL credit.image_monotone(v.image, n.name, 'decreasing') AS down
	WHERE v.model_version_id = credit.find_version(model, include_retired => true)
	ORDER BY f.position;
END;

COMMENT ON FUNCTION credit.feature_facts(text) IS
	'Describes how a version uses each feature, a feature a row';

CREATE FUNCTION credit.model_facts(
	model text,
	OUT version integer,
	OUT booster text,
	OUT trees integer,
	OUT nodes integer,
	OUT leaves integer,
	OUT max_depth integer,
	OUT features integer,
	OUT features_used integer,
	OUT features_unused text[],
	OUT base_margin real,
	OUT base_margin_last boolean,
	OUT bias real,
	OUT margin_min_bound real,
	OUT margin_min_found real,
	OUT margin_max_bound real,
	OUT margin_max_found real,
	OUT score_min_bound double precision,
	OUT score_min_found double precision,
	OUT score_max_bound double precision,
	OUT score_max_found double precision,
	OUT range_exact boolean,
	OUT score_min_applicant jsonb,
	OUT score_max_applicant jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT v.version, f.booster, f.trees, f.nodes, (f.nodes + f.trees) / 2, f.max_depth,
		f.features, f.features_used,
		(SELECT pg_catalog.array_agg(u.name ORDER BY u.position) FROM credit.feature AS u
			WHERE u.model_version_id = v.model_version_id AND u.split_count = 0),
		f.base_margin, f.base_margin_last, (credit.image_weights(v.image))[f.features + 1],
		r.margin_min_bound, r.margin_min_found, r.margin_max_bound, r.margin_max_found,
		r.score_min_bound, r.score_min_found, r.score_max_bound, r.score_max_found,
		r.margin_min_bound = r.margin_min_found AND r.margin_max_bound = r.margin_max_found,
		r.score_min_applicant, r.score_max_applicant
	FROM credit.model_version AS v
	CROSS JOIN LATERAL credit.image_facts(v.image) AS f
	CROSS JOIN LATERAL credit.image_range(v.image) AS r
	WHERE v.model_version_id = credit.find_version(model, include_retired => true);
END;

COMMENT ON FUNCTION credit.model_facts(text) IS
	'Describes what a version can do: its size, and the scores that anybody can get';
