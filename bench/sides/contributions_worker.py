"""A process that explains rows in memory when it is told to; see contributions.py.

Usage: contributions_worker.py MATRIX.npy N, and on standard input, a line each:
  model FILE      load the model
  many            answers the seconds that the first N rows take in one call
  one             answers those that they take in a call each
"""

import sys
import time

import numpy
import xgboost


def matrices(booster, rows):
    return [xgboost.DMatrix(part, nthread=1, feature_names=booster.feature_names)
            for part in rows]


def seconds(booster, parts):
    start = time.perf_counter()
    for part in parts:
        booster.predict(part, pred_contribs=True)
    return time.perf_counter() - start


rows = numpy.load(sys.argv[1], mmap_mode="r")[:int(sys.argv[2])]
for line in sys.stdin:
    command, *words = line.split()
    if command == "model":
        booster = xgboost.Booster({"nthread": 1}, model_file=words[0])
        many = matrices(booster, [rows])
        one = matrices(booster, numpy.split(rows, len(rows)))
        answer = "loaded"
    else:
        answer = seconds(booster, many if command == "many" else one)
    print(answer, flush=True)
