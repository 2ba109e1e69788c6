"""Contributions of all features: ours in the database, XGBoost's in memory.

XGBoost's pred_contribs takes milliseconds for a row, so it sees few rows; what
a row takes does not depend on their number.
"""

import os
import subprocess
import sys
import time

from server import connect, query
from side import Side

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "contributions_worker.py")
N_ROWS = 64     # of XGBoost's
N_OUR_ROWS = 5000

COUNT = ("SELECT count(credit_contributions(a, %s)) "
         "FROM applicants AS a WHERE id <= %s")
EXPLAIN = ("SELECT count(*) FROM applicants AS a, credit_explain(a, %s) "
           "WHERE id <= %s")
WORST_SUM = """
    SELECT max(abs(s.sum - s.margin) / s.largest) FROM (
        SELECT credit_margin(a, %s) AS margin,
            (SELECT sum(c) FROM unnest(contributions) AS c) AS sum,
            (SELECT max(abs(c)) FROM unnest(contributions) AS c) AS largest
        FROM (SELECT a, credit_contributions(a, %s) AS contributions
            FROM applicants AS a WHERE id <= %s OFFSET 0) AS a (a, contributions)
    ) AS s"""


class Contributions(Side):
    """Rows in batches, as the planner has them."""

    group = "contributions"
    key = "contributions"
    titles = {"contributions": "SELECT count(credit_contributions(a))"}
    settings = {}
    sql = COUNT

    def __init__(self, bench):
        super().__init__(bench)
        self.connection = connect("-c max_parallel_workers_per_gather=0 -c jit=off")
        with self.connection.cursor() as cursor:
            cursor.execute("LOAD 'pg_credit'")
            for setting, value in self.settings.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (setting, value))

    def start(self, model):
        self.model = model

    def run(self, n_rows):
        query(self.connection, self.sql, (self.model.name, n_rows))

    def check(self, expected):
        """The sum is the margin; the plan is made here, too."""
        name = self.model.name
        worst = query(self.connection, WORST_SUM, (name, name, N_ROWS))
        if worst > 1e-5:
            raise SystemExit("%s: a sum is off by %g" % (type(self).__name__, worst))

    def measure(self):
        start = time.perf_counter()
        self.run(N_OUR_ROWS)
        return {self.key: (time.perf_counter() - start) / N_OUR_ROWS * 1e6}

    def close(self):
        self.connection.close()


class RowByRow(Contributions):
    key = "contributions_rows"
    titles = {"contributions_rows": "SELECT count(credit_contributions(a)), credit.batch off"}
    settings = {"credit.batch": "off"}


class Explain(Contributions):
    key = "explain"
    titles = {"explain": "SELECT count(*) FROM applicants a, credit_explain(a)"}
    sql = EXPLAIN


class Matrix(Side):
    """XGBoost of the distribution: a matrix of 64 rows, and one row a call."""

    group = "contributions"
    titles = {"contribs": "XGBoost {xgboost}, pred_contribs of 64 rows in memory, 1 thread",
              "contribs_row": "XGBoost {xgboost}, pred_contribs, one row a call"}

    def package(self):
        """A folder to import xgboost from, or None for the distribution's."""
        return None

    def __init__(self, bench):
        super().__init__(bench)
        environment = dict(os.environ, OMP_NUM_THREADS="1")
        if self.package() is not None:
            environment["PYTHONPATH"] = self.package()
        self.worker = subprocess.Popen(
            [sys.executable, WORKER, bench.matrix_path, str(N_ROWS)], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=bench.cores.pin)

    def ask(self, *words):
        self.worker.stdin.write(" ".join(words) + "\n")
        self.worker.stdin.flush()
        answer = self.worker.stdout.readline().strip()
        if answer == "":
            raise RuntimeError("XGBoost in memory ended unexpectedly")
        return answer

    def start(self, model):
        self.ask("model", self.bench.model_path(model))

    def measure(self):
        return {key: float(self.ask(command)) / N_ROWS * 1e6
                for key, command in zip(self.titles, ("many", "one"))}

    def close(self):
        self.worker.stdin.close()
        self.worker.wait()


class NewestMatrix(Matrix):
    titles = {"contribs_newest": "XGBoost {newest}, pred_contribs of 64 rows in memory, 1 thread",
              "contribs_newest_row": "XGBoost {newest}, pred_contribs, one row a call"}

    def package(self):
        return self.bench.newest_package()
