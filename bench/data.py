"""The rows and the models that all sides get: made here, from fixed seeds."""

import numpy
import xgboost

FEATURES = ["f%d" % i for i in range(20)]
MISSING = 0.03
CHUNK = 50000


def make_rows(n, seed):
    """Amounts, counts, shares and scores, as doubles; labels depend on most."""
    random = numpy.random.RandomState(seed)
    rows = random.standard_normal((n, len(FEATURES)))
    rows[:, 0::4] = numpy.exp(rows[:, 0::4])
    rows[:, 1::4] = numpy.floor(10 * numpy.abs(rows[:, 1::4]))
    rows[:, 2::4] = random.random_sample(rows[:, 2::4].shape)
    logit = (0.6 * numpy.sin(rows * (1 + numpy.arange(len(FEATURES)) % 5))).sum(1)
    logit += (0.4 * (rows[:, 1:] * rows[:, :-1] > 1) - 0.1).sum(1) - 1
    labels = random.random_sample(n) < 1 / (1 + numpy.exp(-logit))
    rows[random.random_sample(rows.shape) < MISSING] = numpy.nan
    return rows, labels


def copy_format(rows, first_id):
    """Rows as COPY's binary format has them: an id, then a double or NULL each."""
    n, columns = rows.shape
    cells = numpy.zeros(n, [("fields", ">i2"), ("id_size", ">i4"), ("id", ">i4"),
                            ("row", [("size", ">i4"), ("value", ">f8")], columns)])
    missing = numpy.isnan(rows)
    cells["fields"] = columns + 1
    cells["id_size"] = 4
    cells["id"] = numpy.arange(first_id, first_id + n)
    cells["row"]["size"] = numpy.where(missing, -1, 8)
    cells["row"]["value"] = rows
    present = numpy.ones((n, columns, 12), bool)
    present[:, :, 4:] = ~missing[:, :, None]
    keep = numpy.ones((n, cells.itemsize), bool)
    keep[:, -present[0].size:] = present.reshape(n, -1)
    return cells.view(numpy.uint8).reshape(n, -1)[keep].tobytes()


class CopyFile:
    """What COPY ... FROM STDIN BINARY reads, made as it is read."""

    def __init__(self, rows):
        self.parts = self.make(rows)
        self.left = b""

    @staticmethod
    def make(rows):
        yield b"PGCOPY\n\xff\r\n\0" + bytes(8)
        for i in range(0, len(rows), CHUNK):
            yield copy_format(rows[i:i + CHUNK], i + 1)
        yield b"\xff\xff"

    def read(self, size):
        while len(self.left) == 0:
            part = next(self.parts, None)
            if part is None:
                return b""
            self.left = memoryview(part)
        part, self.left = self.left[:size], self.left[size:]
        return bytes(part)


def train(trees, depth, n_rows):
    rows, labels = make_rows(n_rows, seed=20260101)
    matrix = xgboost.DMatrix(rows.astype(numpy.float32), labels, nthread=1,
                             feature_names=FEATURES)
    parameters = {"objective": "binary:logistic", "tree_method": "hist",
                  "max_depth": depth, "eta": 0.1, "seed": 1, "nthread": 1}
    return xgboost.train(parameters, matrix, trees)


def count_nodes(booster):
    return sum(tree.count("\n") for tree in booster.get_dump())
