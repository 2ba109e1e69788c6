-- Types: what each SQL and JSON type becomes for a numeric feature, a category
-- code and a category label; that a row and a JSON object of the same values
-- score alike; what is missing, out of range or of a wrong type.
\i sql/include/tiny_models.psql

-- A ruler: six trees, each at a threshold of n, so that the margin of x tells
-- where x lies.  Below -1: 0; then 1 at -1, 2 at 0, 4 at 1, 8 at 2^24 and 16
-- at 3e38 are added; missing adds 32 and nothing else.
SELECT credit.import_model('number', pg_temp.json(pg_temp.model('{v}', '{q}',
	pg_temp.stump(0, -1, 0, 1), pg_temp.stump(0, 0, 0, 2), pg_temp.stump(0, 1, 0, 4),
	pg_temp.stump(0, 16777216, 0, 8), pg_temp.stump(0, 3e38, 0, 16),
	pg_temp.stump(0, 'infinity', 0, 32, 'from on'))));
