#!/usr/bin/env python3
"""Record contributions of the newest XGBoost and of shap.

Usage:  python contributions.py FIXTURES

For each model of FIXTURES that the installed XGBoost wrote, some rows of its
rows file are explained by XGBoost's pred_contribs and, if the model has
numeric splits only, by shap's own tree SHAP.  Writes contributions.tsv, a line
for each model and source, and contributions.f64, the values one after the
other: for each row n_features contributions and the baseline.
"""
import csv
import json
import os
import re
import sys
import warnings

import numpy as np
import shap
import xgboost as xgb

warnings.filterwarnings("ignore")

N_ROWS = 8
NO_CHILD = -1


def rows_of(entry, folder):
    rows = np.fromfile(os.path.join(folder, entry["rows"]), dtype="<f4")
    rows = rows.reshape(int(entry["n_rows"]), int(entry["n_features"]))
    return np.linspace(0, len(rows) - 1, N_ROWS).astype(int), rows


def document(booster):
    return json.loads(bytes(booster.save_raw("json")))["learner"]


def trees_of(learner):
    """The trees and their weights, which dart has."""
    gradient = learner["gradient_booster"]
    if gradient["name"] == "gblinear":
        return [], []
    trees = gradient["model"]["trees"]
    return trees, gradient["model"].get("weight_drop") or [1.0] * len(trees)


def categorical_features(trees):
    return {feature for tree in trees
            for feature, kind in zip(tree["split_indices"], tree["split_type"])
            if kind}


def rounds_of(entry):
    """Rounds that count, where training stopped early."""
    found = re.search(r"best_iteration (\d+)", entry["description"])
    return int(found.group(1)) + 1 if found else 0


def by_xgboost(booster, entry, rows, categorical):
    types = ["c" if f in categorical else "q" for f in range(rows.shape[1])]
    matrix = xgb.DMatrix(rows, feature_types=types, enable_categorical=True,
                         nthread=1)
    booster.feature_names = booster.feature_types = None
    return booster.predict(matrix, pred_contribs=True, validate_features=False,
                           iteration_range=(0, rounds_of(entry)))


def shap_tree(tree, weight):
    """x < t is x <= the number before t."""
    left = np.array(tree["left_children"])
    conditions = np.array(tree["split_conditions"], dtype=np.float32)
    leaf = left == NO_CHILD
    right = np.array(tree["right_children"])
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(np.array(tree["default_left"]) == 1,
                                     left, right),
        "features": np.array(tree["split_indices"]),
        "thresholds": np.nextafter(conditions.astype(np.float64), -np.inf),
        "values": np.where(leaf, conditions * np.float32(weight), 0)
        .astype(np.float64).reshape(-1, 1),
        "node_sample_weight": np.array(tree["sum_hessian"], dtype=np.float64),
    }


def by_shap(learner, entry, rows):
    """shap's own code: for a Booster it would ask XGBoost."""
    trees, weights = trees_of(learner)
    per_round = len(trees) // rounds_in(learner)
    n = rounds_of(entry) * per_round or len(trees)
    explainer = shap.TreeExplainer(
        {"trees": [shap_tree(t, w) for t, w in zip(trees[:n], weights[:n])],
         "input_dtype": np.float64, "internal_dtype": np.float64},
        feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(rows.astype(np.float64),
                                   check_additivity=False)
    base = np.full((len(rows), 1), float(np.ravel(explainer.expected_value)[0]))
    return np.hstack([values.reshape(len(rows), -1), base + base_margin(learner)])


def rounds_in(learner):
    return len(learner["gradient_booster"]["model"]["iteration_indptr"]) - 1


def base_margin(learner):
    score = np.float32(float(learner["learner_model_param"]["base_score"].strip("[]")))
    if learner["objective"]["name"] == "binary:logitraw":
        return float(score)
    return float(-np.log(np.float32(1) / score - np.float32(1)))


def main():
    folder = sys.argv[1]
    lines = []
    values = []
    with open(os.path.join(folder, "manifest.tsv"), encoding="utf-8") as f:
        entries = [e for e in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
                   if e["xgboost"] == xgb.__version__]
    for entry in entries:
        booster = xgb.Booster({"nthread": 1},
                              model_file=os.path.join(folder, entry["model"]))
        numbers, rows = rows_of(entry, folder)
        learner = document(booster)
        trees, _ = trees_of(learner)
        categorical = categorical_features(trees)
        sources = [("xgboost " + xgb.__version__,
                    by_xgboost(booster, entry, rows[numbers], categorical))]
        if trees and not categorical:
            sources.append(("shap " + shap.__version__,
                            by_shap(learner, entry, rows[numbers])))
        for source, contributions in sources:
            lines.append([entry["model"], entry["rows"], str(rows.shape[1]),
                          ",".join(map(str, numbers)), source])
            values.append(np.ascontiguousarray(contributions, dtype="<f8"))
    with open(os.path.join(folder, "contributions.tsv"), "w", encoding="utf-8") as f:
        f.write("model\trows\tn_features\tnumbers\tsource\n")
        f.writelines("\t".join(line) + "\n" for line in lines)
    np.concatenate([v.ravel() for v in values]).tofile(
        os.path.join(folder, "contributions.f64"))
    print(len(lines), "explanations of", len(entries), "models")


main()
