\pset footer off
-- Score every applicant; here are five.
SELECT id, purpose, credit_amount, duration, credit_score(a) AS score,
	round(credit_pd(a)::numeric, 4) AS pd, class AS turned_out
FROM applicants AS a
ORDER BY id
LIMIT 5;

-- The same bits as XGBoost?
SELECT count(*) AS applicants,
	count(*) FILTER (WHERE credit_margin(a) = x.margin) AS margins_equal_to_the_last_bit
FROM applicants AS a JOIN xgboost_predictions AS x USING (id);

-- Does the score rank applicants that the model has not seen?
SELECT width_bucket(credit_score(a), 440, 580, 7) * 20 + 420 AS score_from,
	count(*) AS applicants,
	round(100.0 * count(*) FILTER (WHERE class = 'bad') / count(*), 1) AS percent_bad
FROM applicants AS a JOIN xgboost_predictions AS x USING (id)
WHERE x.split = 'test'
GROUP BY 1
ORDER BY 1;

-- A web tier sends JSON.
SELECT credit_score(jsonb '{
	"checking_status": "<0", "duration": 24, "credit_history": "existing paid",
	"purpose": "new car", "credit_amount": 2500, "savings_status": "<100",
	"employment": "1<=X<4", "installment_commitment": 2, "other_parties": "none",
	"residence_since": 3, "property_magnitude": "car", "other_payment_plans": "none",
	"housing": "own", "existing_credits": 1}') AS score;

-- Who scores lowest, and why: the reasons of the notice that he is owed.
SELECT rank, code, reason, value, round(points_lost::numeric, 1) AS points_lost
FROM (SELECT * FROM applicants AS a ORDER BY credit_score(a) LIMIT 1) AS a, credit_reasons(a) AS r
ORDER BY rank;

-- Decide about him, and about a few others, and log it with the loan.
SELECT d.decision_id, d.subject, d.outcome, d.score, d.version, jsonb_array_length(d.reasons) AS reasons
FROM (SELECT *, credit_score(a) AS score FROM applicants AS a ORDER BY score LIMIT 1) AS a,
	credit_decide('application ' || a.id, a) AS d;
SELECT d.outcome, count(*)
FROM applicants AS a, credit_decide('application ' || a.id, a) AS d
WHERE a.id <= 200
GROUP BY d.outcome
ORDER BY d.outcome;
