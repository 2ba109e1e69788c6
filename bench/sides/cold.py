"""The first statement of a fresh connection."""

import os
import statistics
import time

from server import connect
from side import Side

SCORE = "SELECT credit_margin(a, %(model)s) FROM applicants AS a WHERE id = 1"
QUERIES = {
    "cold_nothing": "SELECT bench_nothing()",
    "cold_nothing_row": "SELECT bench_nothing(a) FROM applicants AS a WHERE id = 1",
    "cold_score": SCORE,
    "cold_score_avx2": SCORE,
}


def wait_for_exit(process):
    """A backend on its way out would take time from the next one."""
    while os.path.exists("/proc/%d" % process):
        time.sleep(0.0001)


class Cold(Side):
    group = "connection"
    titles = {
        "cold_nothing": "first call of an empty C function in its own library",
        "cold_nothing_row": "first call of an empty C function, given a row by its key",
        "cold_score": "first score of a row by its key",
    }
    options = ""

    def start(self, model):
        self.model = model

    def first_statement(self, sql):
        connection = connect(self.options)
        with connection.cursor() as cursor:
            start = time.perf_counter()
            cursor.execute(sql, {"model": self.model.name})
            elapsed = time.perf_counter() - start
        backend = connection.info.backend_pid
        connection.close()
        wait_for_exit(backend)
        return elapsed * 1e6

    def measure(self):
        """In turns; the median of each."""
        times = {key: [] for key in self.titles}
        for _ in range(self.bench.n_connections):
            for key in times:
                times[key].append(self.first_statement(QUERIES[key]))
        return {key: statistics.median(values) for key, values in times.items()}


class ColdAvx2(Cold):
    titles = {"cold_score_avx2": "first score of a row by its key, credit.simd = avx2"}
    options = "-c credit.simd=avx2"

    def __init__(self, bench):
        super().__init__(bench)
        bench.need_avx2()
