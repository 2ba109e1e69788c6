"""What a side of the benchmark is."""

import numpy


class Skip(Exception):
    """A side that cannot run here; the text says why and goes into the report."""


class Side:
    """Something that is timed, for one model after another or without any.

    titles names each figure that measure() returns; group says in which table of
    the report they stand.  A figure whose key ends in _avx2 is the one without
    that ending, when credit.simd is avx2.
    """

    titles = {}
    group = "table"

    def __init__(self, bench):
        """May raise Skip."""
        self.bench = bench

    def start(self, model):
        """Gets ready to score with the model; not timed."""

    def results(self):
        """What all sides must agree on: the margins of the first rows; None if it
        has none."""
        return None

    def check(self, expected):
        """Not a bit may differ from the margins of XGBoost."""
        margins = self.results()
        if margins is None:
            return
        wrong = margins.view(numpy.uint32) != expected[:len(margins)].view(numpy.uint32)
        if wrong.any():
            raise SystemExit("%s: %d of %d margins differ from XGBoost's" %
                             (type(self).__name__, wrong.sum(), len(margins)))

    def measure(self):
        """Runs once: a dict of figures, in microseconds."""
        raise NotImplementedError

    def stop(self):
        """Undoes start(), however far it came."""

    def close(self):
        """Undoes __init__()."""
