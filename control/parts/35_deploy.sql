-- Deployment: which version an alias points at, in transactions.
--
-- Every function locks the model's row first, so changes to one model wait
-- for one another and the last one wins cleanly.
--
-- Functions that write history are SECURITY DEFINER, here and elsewhere: the
-- right to call one is no right to write its tables by hand.  They look at
-- their arguments and at the tables of this schema, at nothing of the caller's.

CREATE FUNCTION credit.lock_model(model text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_id bigint;
BEGIN
	IF model IS NULL THEN
		RAISE EXCEPTION 'model must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	-- An update and not only a lock: a transaction in REPEATABLE READ whose
	-- snapshot is older than the last change then fails to serialize, where
	-- it would decide by what it cannot see.
	UPDATE credit.model AS m SET name = m.name
	WHERE m.name = model RETURNING m.model_id INTO found_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" does not exist', model
			USING ERRCODE = 'undefined_object',
				HINT = 'The view credit.models lists the models; give the name alone, without alias or version.';
	END IF;
	RETURN found_id;
END
$$;

COMMENT ON FUNCTION credit.lock_model(text) IS
	'Locks a model against other deployments until the transaction ends; returns its model_id';

-- What a version must prove before it decides about anybody.
CREATE FUNCTION credit.check_promotable(target credit.model_version, model text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	broken record;
BEGIN
	SELECT f.name, f.monotone, m.* INTO broken
	FROM credit.feature AS f
	CROSS JOIN LATERAL credit.image_monotone(target.image, f.name, f.monotone) AS m
	WHERE f.model_version_id = target.model_version_id AND m.verdict <> 'proven'
	ORDER BY m.verdict, f.position LIMIT 1;
	IF broken.verdict = 'refuted' THEN
		RAISE EXCEPTION 'version % of model "%" breaks the declared direction of feature "%"',
			target.version, model, broken.name
			USING ERRCODE = 'check_violation',
				DETAIL = format('As the feature grows, the probability of default must not %s; it does from %s to %s, whose margins are %s and %s.',
					CASE broken.monotone WHEN 'increasing' THEN 'fall' ELSE 'rise' END,
					broken.lower_applicant, broken.upper_applicant, broken.lower_margin, broken.upper_margin),
				HINT = 'Train the model with monotone_constraints, or import it without the declaration.';
	ELSIF broken.verdict = 'unknown' THEN
		RAISE EXCEPTION 'the declared direction of feature "%" cannot be proven for version % of model "%"',
			broken.name, target.version, model
			USING ERRCODE = 'check_violation',
				DETAIL = format('As the feature grows, the probability of default must not %s; whether it does, is not known: %s.',
					CASE broken.monotone WHEN 'increasing' THEN 'fall' ELSE 'rise' END, broken.reason),
				HINT = 'Train the model with monotone_constraints, or import it without the declaration.';
	END IF;
	-- A version without any reason only scores.
	IF EXISTS (SELECT FROM credit.feature AS f
		WHERE f.model_version_id = target.model_version_id AND f.reason_code IS NOT NULL)
	THEN
		PERFORM credit.check_reasons(target, model);
	END IF;
END
$$;

COMMENT ON FUNCTION credit.check_promotable(credit.model_version, text) IS
	'Raises an error for a version that breaks what was declared of it, or whose reasons are incomplete';

-- Moves an alias and writes history; the model is locked.
CREATE FUNCTION credit.move_alias(target_model_id bigint, alias text, action text, to_version integer)
RETURNS credit.deployment
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target credit.model_version;
	model_name text;
	before integer;
	result credit.deployment;
BEGIN
	SELECT m.name INTO model_name FROM credit.model AS m WHERE m.model_id = target_model_id;
	SELECT * INTO target FROM credit.model_version AS v
	WHERE v.model_id = target_model_id AND v.version = move_alias.to_version;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" has no version %', model_name, to_version
			USING ERRCODE = 'undefined_object', HINT = 'The view credit.models lists the versions.';
	END IF;
	IF target.retired_at IS NOT NULL THEN
		RAISE EXCEPTION 'version % of model "%" is retired', to_version, model_name
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('%s retired it at %s.', target.retired_by, target.retired_at),
				HINT = 'Promote another version, or import its artifact again as a new one.';
	END IF;
	-- What is gone back to was checked when it was promoted.
	IF action = 'promote' THEN
		PERFORM credit.check_promotable(target, model_name);
	END IF;

	SELECT v.version INTO before
	FROM credit.alias AS a JOIN credit.model_version AS v USING (model_version_id)
	WHERE a.model_id = target_model_id AND a.alias = move_alias.alias;
	IF before = to_version THEN
		RAISE NOTICE 'version % of model "%" is already the %', to_version, model_name, alias;
		SELECT * INTO result FROM credit.deployment AS d
		WHERE d.model_id = target_model_id AND d.alias = move_alias.alias
		ORDER BY d.deployment_id DESC LIMIT 1;
		RETURN result;
	END IF;

	INSERT INTO credit.alias (model_id, alias, model_version_id)
	VALUES (target_model_id, move_alias.alias, target.model_version_id)
	ON CONFLICT ON CONSTRAINT alias_pkey DO UPDATE SET model_version_id = excluded.model_version_id;
	INSERT INTO credit.deployment (model_id, alias, action, from_version, to_version)
	VALUES (target_model_id, move_alias.alias, move_alias.action, before, move_alias.to_version)
	RETURNING * INTO result;
	RETURN result;
END
$$;

COMMENT ON FUNCTION credit.move_alias(bigint, text, text, integer) IS
	'Points an alias at a version and records it; for credit.promote() and credit.rollback()';

CREATE FUNCTION credit.promote(model text, version integer, alias text DEFAULT 'champion')
RETURNS credit.deployment
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF version IS NULL OR alias IS NULL THEN
		RAISE EXCEPTION 'version and alias must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF alias COLLATE "C" !~ '^[A-Za-z_][A-Za-z0-9_.-]{0,62}$' THEN
		RAISE EXCEPTION 'invalid alias "%"', alias
			USING ERRCODE = 'invalid_name',
				DETAIL = 'An alias has at most 63 ASCII letters, digits, underscores, dots and hyphens, and begins with a letter or underscore.';
	END IF;
	RETURN credit.move_alias(credit.lock_model(model), alias, 'promote', version);
END
$$;

COMMENT ON FUNCTION credit.promote(text, integer, text) IS
	'Makes a version the champion of its model, or what another alias stands for, from the next statement after the commit';

CREATE FUNCTION credit.rollback(model text, alias text DEFAULT 'champion')
RETURNS credit.deployment
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	locked_id bigint;
	entry credit.deployment;
	undone integer := 0;
BEGIN
	IF alias IS NULL THEN
		RAISE EXCEPTION 'alias must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	locked_id := credit.lock_model(model);

	-- The history is a stack: a rollback undoes the last promotion that no
	-- rollback has undone yet.
	FOR entry IN
		SELECT * FROM credit.deployment AS d
		WHERE d.model_id = locked_id AND d.alias = rollback.alias
		ORDER BY d.deployment_id DESC
	LOOP
		IF entry.action = 'rollback' THEN
			undone := undone + 1;
		ELSIF undone > 0 THEN
			undone := undone - 1;
		ELSIF entry.from_version IS NULL THEN
			EXIT;
		ELSE
			RETURN credit.move_alias(locked_id, alias, 'rollback', entry.from_version);
		END IF;
	END LOOP;
	RAISE EXCEPTION 'alias "%" of model "%" has no earlier version to go back to', alias, model
		USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'The table credit.deployment has the history; promote a version with credit.promote().';
END
$$;

COMMENT ON FUNCTION credit.rollback(text, text) IS
	'Undoes the last promotion of an alias; called again, the one before';

CREATE FUNCTION credit.retire(model text, version integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	locked_id bigint := credit.lock_model(model);
	target credit.model_version;
	aliases text;
BEGIN
	IF version IS NULL THEN
		RAISE EXCEPTION 'version must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	SELECT * INTO target FROM credit.model_version AS v
	WHERE v.model_id = locked_id AND v.version = retire.version;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" has no version %', model, version
			USING ERRCODE = 'undefined_object', HINT = 'The view credit.models lists the versions.';
	END IF;
	IF target.retired_at IS NOT NULL THEN
		RAISE NOTICE 'version % of model "%" is already retired', version, model;
		RETURN;
	END IF;
	SELECT string_agg(a.alias, ', ' ORDER BY a.alias) INTO aliases
	FROM credit.alias AS a WHERE a.model_version_id = target.model_version_id;
	IF aliases IS NOT NULL THEN
		RAISE EXCEPTION 'version % of model "%" is in use', version, model
			USING ERRCODE = 'object_in_use',
				DETAIL = format('Aliases that point at it: %s.', aliases),
				HINT = 'Promote another version in its place first.';
	END IF;
	UPDATE credit.model_version AS v
	SET retired_at = clock_timestamp(), retired_by = credit.caller()
	WHERE v.model_version_id = target.model_version_id;
END
$$;

COMMENT ON FUNCTION credit.retire(text, integer) IS
	'Takes a version out of service: it can no longer be promoted or scored with, but stays for audit';

