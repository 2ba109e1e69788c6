"""A process that compares columns in memory when it is told to; see drift.py.

Usage: drift_worker.py METHOD REFERENCE.npy CURRENT.npy; says "ready", and answers
each line of standard input:
  measure      the seconds that all columns take
  statistics   the KS statistic of each; scipy only
"""

import sys
import time

import numpy


class Scipy:
    def __init__(self, reference, current):
        from scipy.stats import ks_2samp
        self.ks_2samp = ks_2samp
        self.pairs = [[column[~numpy.isnan(column)] for column in pair]
                      for pair in zip(reference.T, current.T)]

    def run(self):
        return [self.ks_2samp(*pair).statistic for pair in self.pairs]


class Evidently:
    def __init__(self, reference, current):
        import pandas
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset
        names = ["f%d" % i for i in range(reference.shape[1])]
        definition = DataDefinition(numerical_columns=names)
        self.data = [Dataset.from_pandas(pandas.DataFrame(rows, columns=names),
                                         data_definition=definition)
                     for rows in (current, reference)]
        self.report = Report([DataDriftPreset(num_method="ks")])

    def run(self):
        """The report does its work when it is asked for its figures."""
        return self.report.run(*self.data).dict()


def seconds(method):
    start = time.perf_counter()
    method.run()
    return time.perf_counter() - start


method = {"scipy": Scipy, "evidently": Evidently}[sys.argv[1]](*map(numpy.load, sys.argv[2:]))
print("ready", flush=True)
for line in sys.stdin:
    if line == "measure\n":
        print(seconds(method), flush=True)
    else:
        print(*map(repr, map(float, method.run())), flush=True)
