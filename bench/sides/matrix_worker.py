"""A process that predicts a matrix in memory when it is told to; see matrix.py.

Usage: matrix_worker.py MATRIX.npy, and on standard input, a line each:
  model FILE      load the model; answers which of two calls is the faster
  measure         answers the seconds that this call takes
  margins FILE    write the margins
"""

import sys
import time

import numpy
import xgboost


def predict_in_place(booster, matrix):
    start = time.perf_counter()
    margins = booster.inplace_predict(matrix, predict_type="margin")
    return time.perf_counter() - start, margins


def predict_dmatrix(booster, matrix):
    """A new DMatrix each time, not timed: XGBoost remembers its predictions."""
    dmatrix = xgboost.DMatrix(matrix, nthread=1, feature_names=booster.feature_names)
    start = time.perf_counter()
    margins = booster.predict(dmatrix, output_margin=True)
    return time.perf_counter() - start, margins


METHODS = {"inplace_predict": predict_in_place, "predict": predict_dmatrix}


def answer(text):
    print(text, flush=True)


matrix = numpy.load(sys.argv[1])
for line in sys.stdin:
    command, *words = line.split()
    if command == "model":
        booster = xgboost.Booster({"nthread": 1}, model_file=words[0])
        method = min(METHODS, key=lambda name: METHODS[name](booster, matrix)[0])
        answer(method)
    elif command == "measure":
        answer(METHODS[method](booster, matrix)[0])
    elif command == "margins":
        numpy.save(words[0], METHODS[method](booster, matrix)[1])
        answer("written")
