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

-- Decide: score, policy, reasons and a row in the log, in the transaction that
-- grants or declines the loan.
SELECT d.decision_id, d.outcome, d.score, round(d.pd::numeric, 4) AS pd, r.rank, r.reason, r.points_lost
FROM applicants AS a, credit_decide('application ' || id, a) AS d,
	jsonb_to_recordset(d.reasons) AS r (rank integer, reason text, points_lost numeric(6, 1))
WHERE id = 2
ORDER BY r.rank;
