"""XGBoost's Python package called for each row by a PL/Python function.

The booster is kept in the session, the row goes in without a DMatrix.
"""

from data import FEATURES
from server import COLUMNS

from .peer import Peer

BODY = """
CREATE FUNCTION {name}(model text, {parameters}) RETURNS real
LANGUAGE plpython3u STABLE AS $$
if model not in GD:
    import sys
    sys.path[:0] = {path}
    import numpy
    import xgboost
    GD["numpy"] = numpy
    GD[model] = xgboost.Booster({{"nthread": 1}}, model_file=model)
numpy = GD["numpy"]
row = numpy.array([[{features}]], dtype=numpy.float32)
return float(GD[model].inplace_predict(row, predict_type="margin")[0])
$$
"""


class Plpython(Peer):
    key = "plpython"
    titles = {"plpython": "plpython3u and XGBoost {xgboost}, per row"}

    def package(self):
        return None

    def __init__(self, bench):
        super().__init__(bench)
        package = self.package()
        name = "bench_" + self.key
        self.expression = "%s(%%s, %s)" % (name, COLUMNS)
        self.sql = "SELECT sum(%s) FROM applicants AS a WHERE id <= %%s" % self.expression
        with self.connection.cursor() as cursor:
            cursor.execute(BODY.format(
                name=name, path=[] if package is None else [package],
                parameters=", ".join(f + " double precision" for f in FEATURES),
                features=", ".join(FEATURES)))


class NewestPlpython(Plpython):
    key = "plpython_newest"
    titles = {"plpython_newest": "plpython3u and XGBoost {newest}, per row"}

    def package(self):
        return self.bench.newest_package()
