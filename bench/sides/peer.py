"""libxgboost called for each row, by a C function in the server."""

import time

from server import COLUMNS, connect, fetch_margins, query
from side import Side

EXPRESSION = "bench_xgboost(%%s, %s)" % COLUMNS
SQL = "SELECT sum(%s) FROM applicants AS a WHERE id <= %%s" % EXPRESSION


class Peer(Side):
    key = "peer"
    titles = {"peer": "libxgboost {xgboost} called per row by a C function"}
    expression = EXPRESSION
    sql = SQL

    def __init__(self, bench):
        super().__init__(bench)
        self.connection = connect("-c max_parallel_workers_per_gather=0")

    def start(self, model):
        self.path = self.bench.model_path(model)

    def results(self):
        return fetch_margins(self.connection, self.expression, (self.path,),
                             self.bench.n_slow_rows)

    def measure(self):
        """Fewer rows: the time of a row does not depend on their number."""
        start = time.perf_counter()
        query(self.connection, self.sql, (self.path, self.bench.n_slow_rows))
        return {self.key: (time.perf_counter() - start) / self.bench.n_slow_rows * 1e6}

    def close(self):
        self.connection.close()
