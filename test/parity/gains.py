#!/usr/bin/env python3
"""Record the total gain of each feature, as XGBoost's get_score() gives it.

Usage:  python gains.py FIXTURES

Reads those models of FIXTURES that the installed XGBoost or an older one wrote,
and the shipped model, and replaces the installed version's lines of gains.tsv:
a line for each model, with a number for each feature, or none where XGBoost
knows no gain (gblinear).
"""
import csv
import os
import re
import sys
import warnings

import numpy as np
import xgboost as xgb

warnings.filterwarnings("ignore")

HEADER = "model\tn_features\tsource\tgains\n"
SHIPPED = [{"model": "../../../models/german_credit/model." + notation,
            "n_features": "14", "xgboost": "3.4.1"}
           for notation in ("json", "ubj")]


def parts(version):
    return tuple(int(part) for part in version.split("."))


def to_best(booster):
    """The rounds up to the best iteration; all, if the model names none."""
    best = booster.attr("best_iteration")
    trees = booster.attr("best_ntree_limit")
    if best is None:
        return booster
    if trees is None:
        return booster[:int(best) + 1]
    # A file before 1.6 does not say how many trees a round has: it loads as 1.
    per_round = re.search(r'"num_parallel_tree":"(\d+)"', booster.save_config())
    return booster[:int(trees) // int(per_round.group(1))]


def total_gains(path, n_features):
    booster = xgb.Booster({"nthread": 1}, model_file=path)
    if '"gblinear"' in booster.save_config():
        return ""
    booster.feature_names = booster.feature_types = None
    scores = to_best(booster).get_score(importance_type="total_gain")
    return ",".join("%.9g" % np.float32(scores.get("f%d" % f, 0))
                    for f in range(n_features))


def main():
    folder = sys.argv[1]
    path = os.path.join(folder, "gains.tsv")
    source = "xgboost " + xgb.__version__
    with open(os.path.join(folder, "manifest.tsv"), encoding="utf-8") as f:
        entries = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    lines = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            lines = [line for line in f if line != HEADER and
                     line.split("\t")[2] != source]
    for entry in entries + SHIPPED:
        if parts(entry["xgboost"])[:2] <= parts(xgb.__version__)[:2]:
            lines.append("\t".join([
                entry["model"], entry["n_features"], source,
                total_gains(os.path.join(folder, entry["model"]),
                            int(entry["n_features"]))]) + "\n")
    with open(path, "w", encoding="utf-8") as f:
        f.writelines([HEADER] + sorted(lines))
    print(len(lines), "lines")


main()
