"""XGBoost's own predictor over the whole matrix in memory, one thread.

No database: this is what an export to Python would run after the export.  The
Python package calls one function of libxgboost's C API for the whole matrix.
A process of its own lets two versions run side by side.
"""

import os
import subprocess
import sys

import numpy

from side import Side

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "matrix_worker.py")


class Matrix(Side):
    key = "matrix"
    titles = {"matrix": "XGBoost {xgboost}, matrix in memory, 1 thread, no database"}

    def package(self):
        """A folder to import xgboost from, or None for the distribution's."""
        return None

    def __init__(self, bench):
        super().__init__(bench)
        environment = dict(os.environ, OMP_NUM_THREADS="1")
        if self.package() is not None:
            environment["PYTHONPATH"] = self.package()
        self.worker = subprocess.Popen(
            [sys.executable, WORKER, bench.matrix_path], env=environment,
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
        method = self.ask("model", self.bench.model_path(model))
        self.bench.note("%s, %s: the faster call is %s()" %
                        (self.titles[self.key], model.name, method))

    def results(self):
        path = os.path.join(self.bench.home, "margins-%s.npy" % self.key)
        self.ask("margins", path)
        return numpy.load(path)

    def measure(self):
        return {self.key: float(self.ask("measure")) / self.bench.n_rows * 1e6}

    def close(self):
        self.worker.stdin.close()
        self.worker.wait()


class NewestMatrix(Matrix):
    key = "newest"
    titles = {"newest": "XGBoost {newest}, matrix in memory, 1 thread, no database"}

    def package(self):
        return self.bench.newest_package()
