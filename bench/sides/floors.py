"""What PostgreSQL takes when nothing is scored."""

import time

from server import COLUMNS, connect, query
from side import Side

SQL = {
    "floor_count": "SELECT count(*) FROM applicants",
    "floor_columns": "SELECT sum(bench_nothing(%s)) FROM applicants AS a" % COLUMNS,
    "floor_row": "SELECT sum(bench_nothing(a)) FROM applicants AS a",
}


class Floors(Side):
    titles = {
        "floor_count": "count(*)",
        "floor_columns": "a C function that only receives the 20 columns",
        "floor_row": "a C function that only receives the row",
    }

    def __init__(self, bench):
        super().__init__(bench)
        self.connection = connect("-c max_parallel_workers_per_gather=0")

    def measure(self):
        figures = {}
        for key, sql in SQL.items():
            start = time.perf_counter()
            query(self.connection, sql)
            figures[key] = (time.perf_counter() - start) / self.bench.n_rows * 1e6
        return figures

    def close(self):
        self.connection.close()
