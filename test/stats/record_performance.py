#!/usr/bin/env python3
"""Record what scikit-learn, scipy and NannyML say of a model's performance,
for sql/evaluate.sql and sql/evaluate_sklearn.sql.

Usage:  python record_performance.py OUTDIR

Needs scikit-learn, scipy and nannyml; the versions go into the first line of
every file.  All seeds are fixed.  One case a line, columns separated by tabs;
a figure that does not exist is empty.

Expected figures, without outcomes, are scikit-learn's of every row twice: as a
bad with the weight pd and as a good with the weight 1 - pd.  NannyML says two
of them too, its AUC from sums rounded to 5 digits.
"""
import csv
import os
import sys
import warnings
from importlib.metadata import version

import numpy as np
from nannyml.performance_estimation.confidence_based import metrics as cbpe
from scipy.stats import ks_2samp
from sklearn.metrics import (accuracy_score, brier_score_loss, log_loss,
                             roc_auc_score, roc_curve)

warnings.filterwarnings("ignore")

VERSIONS = ", ".join("%s %s" % (name, version(name))
                     for name in ("scikit-learn", "scipy", "nannyml", "numpy"))
GERMAN = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", "models", "german_credit")
FIGURES = ["n", "bads", "bad_rate", "mean_pd", "auc", "ks", "brier",
           "log_loss", "accuracy", "accuracy_02", "calibration_error"]
EXPECTED = ["expected_auc", "expected_ks", "expected_brier",
            "expected_log_loss", "expected_accuracy", "nannyml_auc",
            "nannyml_accuracy"]


def write(outdir, name, columns, cases):
    with open("%s/%s.tsv" % (outdir, name), "w") as out:
        out.write("# %s: %s\n" % (VERSIONS, " ".join(columns)))
        for case in cases:
            out.write("\t".join(text(value) for value in case) + "\n")
    print("%s: %d cases" % (name, len(cases)))


def text(value):
    if isinstance(value, (list, np.ndarray)):
        return "{%s}" % ",".join(text(v) for v in value)
    if isinstance(value, (str, int, np.integer)):
        return str(value)
    return "" if np.isnan(value) else repr(float(value))


# -------------------------------------------------------------- figures

def calibration_error(y, p):
    edges = np.arange(1, 10) / 10
    bins = np.digitize(p, edges)
    return sum(np.sum(bins == b) / len(p) *
               abs(np.mean(y[bins == b]) - np.mean(p[bins == b]))
               for b in set(bins))


def figures(y, p):
    both = 0 < sum(y) < len(y)
    return (len(y), int(sum(y)), np.mean(y), np.mean(p),
            roc_auc_score(y, p) if both else np.nan,
            ks_2samp(p[y == 1], p[y == 0]).statistic if both else np.nan,
            brier_score_loss(y, p, labels=[0, 1]),
            log_loss(y, p, labels=[0, 1]),
            accuracy_score(y, p >= 0.5), accuracy_score(y, p >= 0.2),
            calibration_error(y, p))


def expected(p):
    y = np.repeat([1, 0], len(p))
    weight = {"sample_weight": np.concatenate([p, 1 - p])}
    p2 = np.concatenate([p, p])
    auc, ks, nannyml_auc = np.nan, np.nan, np.nan
    if 0 < sum(p) < len(p):
        auc = roc_auc_score(y, p2, **weight)
        goods, bads, _ = roc_curve(y, p2, drop_intermediate=False, **weight)
        ks = np.max(np.abs(bads - goods))
        # Where its rounding of the sums does not matter.
        if 1 <= sum(p) <= len(p) - 1:
            nannyml_auc = cbpe.estimate_roc_auc(p, p)
    return (auc, ks, brier_score_loss(y, p2, labels=[0, 1], **weight),
            log_loss(y, p2, labels=[0, 1], **weight),
            accuracy_score(y, p2 >= 0.5, **weight),
            nannyml_auc, cbpe.estimate_accuracy(p >= 0.5, p))


# ---------------------------------------------------------------- cases

def small(rng):
    """Probabilities and outcomes, written out."""
    tiny = np.finfo(float).tiny
    yield [0.5], [1]
    yield [0.5], [0]
    yield [0.0], [1]
    yield [1.0], [0]
    yield [0.0, 1.0], [0, 1]
    yield [0.0, 1.0], [1, 0]
    yield [0.0, 0.0, 1.0, 1.0], [0, 1, 0, 1]
    yield [0.3] * 7, [0, 1, 0, 1, 0, 0, 1]
    yield [0.2, 0.4, 0.6], [1, 1, 1]
    yield [0.2, 0.4, 0.6], [0, 0, 0]
    yield [0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]
    yield [0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]
    yield [j / 10 for j in range(11)], [j % 2 for j in range(11)]
    yield [tiny, 1e-17, 1e-16, 1e-15, 1 - 2 ** -53, 1.0], [1, 0, 1, 0, 0, 1]
    yield [np.nextafter(j / 10, 0) for j in range(1, 11)], [0, 1] * 5
    for i in range(320):
        n = int(np.exp(rng.uniform(0, np.log(40))))
        p = rng.beta(*np.exp(rng.uniform(-1, 1.5, 2)), n)
        if i % 4:
            p = np.round(p, i % 4)      # ties; with one digit, edges of bins
        if i % 9 == 0:
            p = np.float32(p)           # as credit_pd() gives them
        skew = np.exp(rng.normal())
        yield list(p.astype(float)), list((rng.random(n) < p ** skew) * 1)


def formula(n, modulus):
    """Rows that SQL makes as well; ties where modulus < n."""
    i = np.arange(1, n + 1)
    p = i * 7919 % modulus / modulus
    return p, (i * 104729 % 10007 / 10007 < p) * 1


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cases = []
    for p, y in small(np.random.default_rng(0)):
        cases.append((0, 0, p, y,
                      *figures(np.array(y), np.array(p)), *expected(np.array(p))))
    for n, modulus in [(10000, 37), (10000, 1009), (10000, 20011), (10000, 2),
                       (9999, 10), (100000, 300007)]:
        p, y = formula(n, modulus)
        cases.append((n, modulus, "", "", *figures(y, p), *expected(p)))
    write(sys.argv[1], "performance",
          ["rows", "modulus", "pds", "labels"] + FIGURES + EXPECTED, cases)

    with open(GERMAN + "/expected_margins.csv") as margins, \
            open(GERMAN + "/german_credit.csv") as applicants:
        rows = [(m["split"], float(np.float32(m["pd"])),
                 int(a["class"] == "bad"))
                for m, a in zip(csv.DictReader(margins),
                                csv.DictReader(applicants))]
    cases = []
    for split in ("train", "validation", "test"):
        p = np.array([r[1] for r in rows if r[0] == split])
        y = np.array([r[2] for r in rows if r[0] == split])
        cases.append((split, *figures(y, p), *expected(p)))
    write(sys.argv[1], "performance_german",
          ["split"] + FIGURES + EXPECTED, cases)


if __name__ == "__main__":
    main()
