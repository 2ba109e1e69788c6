"""A report of the drift of 20 columns, beside scipy and Evidently.

The reference has 10,000 rows.  Ours is stored, the others' is in memory, as are
their current rows.
"""

import os
import re
import subprocess
import sys
import time

import numpy

from server import COLUMNS, connect, query
from side import Side, Skip

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drift_worker.py")
REPORT = "SELECT array_agg(ks) FROM drift_report('%s', 'S')"


class Drift(Side):
    """What all of these have in common: a D for each column."""

    group = "drift"

    def check(self, expected):
        statistics = self.results()
        if statistics is None:
            return
        worst = abs(statistics - expected).max()
        if not worst <= 1e-12:
            raise SystemExit("%s: a statistic is off by %g" % (type(self).__name__, worst))


class Scipy(Drift):
    """In a process of its own, so that two versions run side by side."""

    key = "scipy"
    titles = {"scipy": "scipy {scipy}, ks_2samp of 20 pairs in memory, no database"}
    method = "scipy"

    def package(self):
        """A folder to import from first, or None."""
        return None

    def __init__(self, bench):
        super().__init__(bench)
        environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        if self.package() is not None:
            environment["PYTHONPATH"] = self.package()
        self.worker = subprocess.Popen(
            [sys.executable, "-W", "ignore", WORKER, self.method,
             bench.reference_path, bench.current_path],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=bench.cores.pin)
        if self.worker.stdout.readline() != "ready\n":
            raise Skip("the Python packages do not work together")

    def ask(self, command):
        self.worker.stdin.write(command + "\n")
        self.worker.stdin.flush()
        return [float(word) for word in self.worker.stdout.readline().split()]

    def results(self):
        return numpy.array(self.ask("statistics"))

    def measure(self):
        [seconds] = self.ask("measure")
        return {self.key: seconds / self.bench.n_rows * 1e6}

    def close(self):
        self.worker.stdin.close()
        self.worker.wait()


class NewestScipy(Scipy):
    key = "scipy_newest"
    titles = {"scipy_newest": "scipy {scipy_newest}, the same"}

    def package(self):
        return self.bench.rival_packages()


class Evidently(NewestScipy):
    """Its own preset, timed once, for it takes a while; it gives p-values only."""

    key = "evidently"
    titles = {"evidently": "Evidently {evidently}, DataDriftPreset(num_method=\"ks\"), "
                           "data frames in memory"}
    method = "evidently"
    done = False

    def results(self):
        return None

    def measure(self):
        if self.done:
            return {}
        self.done = True
        return super().measure()


class Report(Drift):
    key = "drift"
    titles = {"drift": "SELECT * FROM drift_report('applicants')"}
    settings = {"max_parallel_workers_per_gather": "0"}

    def __init__(self, bench):
        super().__init__(bench)
        self.connection = self.connect()

    def connect(self):
        return connect(" ".join("-c %s=%s" % item for item in self.settings.items()))

    def results(self):
        return numpy.array(query(self.connection, REPORT % "applicants"))

    def measure(self):
        start = time.perf_counter()
        query(self.connection, REPORT % "applicants")
        return {self.key: (time.perf_counter() - start) / self.bench.n_rows * 1e6}

    def close(self):
        self.connection.close()


class Memory(Report):
    """What a fresh backend grows by at most: the same for many rows as for few."""

    titles = {}
    settings = dict(Report.settings, jit="off")

    @staticmethod
    def kilobytes(process, what):
        with open("/proc/%d/status" % process) as file:
            return int(re.search(r"^%s:\s*(\d+)" % what, file.read(), re.MULTILINE)[1])

    def growth(self, relation):
        connection = self.connect()
        process = connection.info.backend_pid
        before = self.kilobytes(process, "VmSize")
        query(connection, REPORT % relation)
        peak = self.kilobytes(process, "VmPeak")
        connection.close()
        return (peak - before) / 1024

    def check(self, expected):
        self.bench.note("memory that a fresh backend takes for drift_report(): %.0f MB for "
                        "%d rows, %.0f MB for %d" %
                        (self.growth("applicants"), self.bench.n_rows,
                         self.growth("few_applicants"), self.bench.n_rows // 10))

    def measure(self):
        return {}


class TwoWorkers(Report):
    key = "drift_workers"
    titles = {"drift_workers": "drift_report, two workers; the leader only gathers"}
    settings = {"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0",
                "parallel_tuple_cost": "0", "parallel_leader_participation": "off"}

    def check(self, expected):
        """The plan is inside a function: auto_explain tells."""
        super().check(expected)
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute("LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; "
                           "SET auto_explain.log_nested_statements = on; "
                           "SET client_min_messages = log; " + REPORT % "applicants")
        if "Workers Planned: 2" not in "".join(connection.notices):
            raise RuntimeError("drift_report() did not ask for two workers")
        connection.close()

    def measure(self):
        with self.bench.cores.spread(self.connection.info.backend_pid):
            return super().measure()


class Floor(Report):
    key = "drift_floor"
    titles = {"drift_floor": "an aggregate in C that only adds up the 20 columns"}

    def results(self):
        return None

    def measure(self):
        start = time.perf_counter()
        query(self.connection, "SELECT bench_sum(%s) FROM applicants AS a" % COLUMNS)
        return {self.key: (time.perf_counter() - start) / self.bench.n_rows * 1e6}
