"""Ours: a plain SELECT over the whole table, as a user writes it."""

import time

import numpy

from server import connect, fetch_margins, query
from side import Side, Skip

SQL = "SELECT sum(credit_margin(a, %s)) FROM applicants AS a"


class Scan(Side):
    """The server's own settings, but for those of the side."""

    key = "scan"
    titles = {"scan": "SELECT sum(credit_margin(a)) FROM applicants a"}
    settings = {"max_parallel_workers_per_gather": "0"}

    def __init__(self, bench):
        super().__init__(bench)
        self.connection = connect()
        with self.connection.cursor() as cursor:
            cursor.execute("LOAD 'pg_credit'")
            self.check_settings(cursor)
            for setting, value in dict(Scan.settings, **self.settings).items():
                cursor.execute("SELECT set_config(%s, %s, false)", (setting, value))

    def check_settings(self, cursor):
        """Raises Skip where the side's settings make no difference."""

    def start(self, model):
        self.model = model

    def results(self):
        return fetch_margins(self.connection, "credit_margin(a, %s)",
                             (self.model.name,), self.bench.n_rows)

    def check(self, expected):
        """The statement that is timed adds up in single precision, row by row."""
        super().check(expected)
        total = query(self.connection, SQL, (self.model.name,))
        if numpy.float32(total) != numpy.add.accumulate(expected)[-1]:
            raise SystemExit("%s: another sum" % type(self).__name__)

    def measure(self):
        start = time.perf_counter()
        query(self.connection, SQL, (self.model.name,))
        return {self.key: (time.perf_counter() - start) / self.bench.n_rows * 1e6}

    def close(self):
        self.connection.close()


class WithoutJit(Scan):
    key = "scan_no_jit"
    titles = {"scan_no_jit": "SELECT, jit off"}
    settings = {"jit": "off"}


class RowByRow(Scan):
    key = "scan_rows"
    titles = {"scan_rows": "SELECT, credit.batch off"}
    settings = {"credit.batch": "off"}

    def check_settings(self, cursor):
        cursor.execute("SELECT current_setting('credit.batch', true)")
        if cursor.fetchone()[0] is None:
            raise Skip("credit.batch is not a setting of this version")


class Avx2(Scan):
    key = "scan_avx2"
    titles = {"scan_avx2": "SELECT, credit.simd = avx2"}
    settings = {"credit.simd": "avx2"}

    def check_settings(self, cursor):
        self.bench.need_avx2()


class Parallel(Scan):
    """Two processes score.  There are two ways to say so; both are fair."""

    workers = 0
    settings = {"parallel_setup_cost": "0", "parallel_tuple_cost": "0"}

    def start(self, model):
        super().start(model)
        with self.connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + SQL, (model.name,))
            plan = "\n".join(line for line, in cursor)
        if "Workers Planned: %d" % self.workers not in plan:
            raise RuntimeError("not the parallel plan that was asked for:\n" + plan)

    def check(self, expected):
        """Workers add up in an order of their own."""
        Side.check(self, expected)

    def measure(self):
        with self.bench.cores.spread(self.connection.info.backend_pid):
            return super().measure()


class TwoWorkers(Parallel):
    key = "scan_workers"
    titles = {"scan_workers": "SELECT, two workers; the leader only gathers"}
    workers = 2
    settings = dict(Parallel.settings, max_parallel_workers_per_gather="2",
                    parallel_leader_participation="off")


class TwoWorkersAvx2(TwoWorkers):
    key = "scan_workers_avx2"
    titles = {"scan_workers_avx2": "SELECT, two workers, credit.simd = avx2"}
    settings = dict(TwoWorkers.settings, **Avx2.settings)

    def check_settings(self, cursor):
        self.bench.need_avx2()


class WorkerAndLeader(Parallel):
    key = "scan_leader"
    titles = {"scan_leader": "SELECT, one worker and the leader"}
    workers = 1
    settings = dict(Parallel.settings, max_parallel_workers_per_gather="1")
