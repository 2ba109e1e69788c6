#!/usr/bin/env python3
"""Record p-values corrected for the number of tests, for test/pgtap/monitor.sql:
scipy's false_discovery_control (Benjamini and Hochberg) and statsmodels'
multipletests (Bonferroni).

Usage:  python record_corrections.py OUTDIR

Needs scipy 1.11 or later and statsmodels; the versions go into the first line.
All seeds are fixed.  One family of tests a line, columns separated by tabs, a
list of numbers by spaces.
"""
import sys
from importlib.metadata import version

import numpy as np
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

VERSIONS = ", ".join("%s %s" % (name, version(name))
                     for name in ("scipy", "statsmodels", "numpy"))


def families():
    yield from ([0.0], [1.0], [0.05], [0.0] * 3, [1.0] * 3, [0.02] * 5,
                [0.05, 0.0, 1.0], [1e-300, 1e-290, 5e-324, 0.5])
    rng = np.random.default_rng(20260101)
    for i in range(60):
        n = int(rng.integers(1, 60))
        # Some are small, some are ties, some are in order.
        p = rng.uniform(size=n) ** rng.choice([1, 4, 40])
        if i % 4 == 1:
            p = np.round(p, 1)
        if i % 4 == 2:
            p = np.sort(p)[::rng.choice([1, -1])]
        yield p


def text(values):
    return " ".join(repr(float(v)) for v in values)


with open(sys.argv[1] + "/corrections.tsv", "w") as out:
    out.write("# %s: p_values benjamini_hochberg bonferroni\n" % VERSIONS)
    for p in families():
        out.write("\t".join(text(v) for v in (
            p, false_discovery_control(p),
            multipletests(p, method="bonferroni")[1])) + "\n")
