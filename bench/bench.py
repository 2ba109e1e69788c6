"""The benchmark's main program; bench/run starts it on a fresh cluster.

Makes the table and the models, checks that all sides give the same margins to
the last bit, lets them take turns, and reports medians and ratios.
"""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
from collections import defaultdict, namedtuple
from importlib import metadata

import numpy

import data
import machine
import report
import server
import sides
from side import Skip

Model = namedtuple("Model", "name trees depth n_training_rows rounds")
NO_MODEL = Model("any", None, None, None, rounds=None)
N_REFERENCE_ROWS = 10000
Size = namedtuple("Size", "n_rows n_slow_rows n_core_rows core_rounds n_connections "
                          "seconds drift_rounds decision_rounds models")

SIZES = {
    "full": Size(1000000, 5000, 32768, 9, 40, 2, 15, 5, [
        Model("S", 100, 4, 20000, rounds=5), Model("M", 300, 6, 30000, rounds=5),
        Model("L", 1000, 8, 100000, rounds=3)]),
    "quick": Size(20000, 200, 4096, 3, 3, 1, 1, 1, [
        Model("S", 25, 4, 5000, rounds=1), Model("M", 75, 6, 5000, rounds=1),
        Model("L", 100, 8, 5000, rounds=1)]),
}


class Bench:
    """What the sides are told."""

    def __init__(self, size, home, newest, rivals):
        self.n_rows = size.n_rows
        self.n_slow_rows = size.n_slow_rows
        self.n_connections = size.n_connections
        self.seconds = size.seconds
        self.home = home
        self.newest = newest
        self.rivals = rivals
        self.connection = server.connect()
        self.matrix_path = os.path.join(home, "matrix.npy")
        self.current_path = os.path.join(home, "current.npy")
        self.reference_path = os.path.join(home, "reference.npy")
        self.notes = []
        with open(os.path.join(os.environ["PGDATA"], "postmaster.pid")) as file:
            self.cores = server.Cores(int(file.readline()))

    def model_path(self, model):
        return os.path.join(self.home, model.name + ".ubj")

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def newest_version(self):
        """Of the XGBoost from PyPI, None if there is none."""
        return version_in(self.newest, "xgboost_cpu")

    def newest_package(self):
        if self.newest_version() is None:
            raise Skip("the newest XGBoost is not installed")
        return self.newest

    def rival_version(self, name):
        """Of Evidently or what came with it, None if there is none."""
        return version_in(self.rivals, name)

    def rival_packages(self):
        if self.rival_version("evidently") is None:
            raise Skip("Evidently is not installed")
        return self.rivals

    def need_avx2(self):
        kernels = server.list_kernels(self.connection)
        if "avx2" not in kernels[1:]:
            raise Skip("the kernel here is %s anyway" % kernels[0])

    @staticmethod
    def free_port():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return free.getsockname()[1]


def version_in(folder, package):
    """Of a package that pip put there, None if there is none."""
    for distribution in metadata.distributions(path=[folder]):
        if distribution.metadata["Name"].replace("-", "_") == package:
            return distribution.version
    return None


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_tables(bench):
    say("Making %d rows" % bench.n_rows)
    rows, _ = data.make_rows(bench.n_rows, seed=20260202)
    reference, _ = data.make_rows(N_REFERENCE_ROWS, seed=20260303)
    server.create_table(bench.connection, "applicants", rows)
    server.create_table(bench.connection, "reference", reference)
    server.create_functions(bench.connection, bench.home)
    numpy.save(bench.matrix_path, rows.astype(numpy.float32))
    numpy.save(bench.current_path, rows)
    numpy.save(bench.reference_path, reference)


def make_model(bench, model):
    """Trains and imports; returns the number of nodes."""
    say("Training %s: %d trees of depth %d" % model[:3])
    booster = data.train(model.trees, model.depth, model.n_training_rows)
    booster.save_model(bench.model_path(model))
    with open(bench.model_path(model), "rb") as file:
        server.import_model(bench.connection, model.name, file.read())
    return data.count_nodes(booster)


def open_sides(bench, classes):
    opened = []
    for side in classes:
        try:
            opened.append(side(bench))
        except Skip as reason:
            for title in side.titles.values():
                bench.note("left out: %s: %s" % (title, reason))
    return opened


def run_model(bench, model, opened):
    """All sides in turns: a list of figures by key, one per round."""
    figures = defaultdict(list)
    with contextlib.ExitStack() as stack:
        for side in opened:
            stack.callback(side.stop)
            side.start(model)
        expected = opened[0].results()
        for side in opened:
            side.check(expected)
        for number in range(model.rounds):
            say("%s: round %d of %d" % (model.name, number + 1, model.rounds))
            for side in opened:
                for key, value in side.measure().items():
                    figures[key].append(value)
    return figures


def run(bench, classes, models):
    """The sides of some group: their figures by model."""
    opened = open_sides(bench, classes)
    figures = {model.name: run_model(bench, model, opened) for model in models}
    for side in opened:
        side.close()
    return figures


def run_all(bench, size):
    figures = run(bench, sides.MODELS, size.models)
    bench.note("rounds of drift: %d, of decisions: %d" %
               (size.drift_rounds, size.decision_rounds))
    for group, rounds in ((sides.DRIFT, size.drift_rounds),
                          (sides.DECISIONS, size.decision_rounds)):
        without = NO_MODEL._replace(rounds=rounds)
        found = run(bench, group, [without])[without.name]
        figures.setdefault(without.name, defaultdict(list)).update(found)
    return figures


def run_core(program, bench, size):
    """The kernels alone, with some of the rows: what it prints."""
    path = os.path.join(bench.home, "rows.f32")
    numpy.load(bench.matrix_path, mmap_mode="r")[:size.n_core_rows].tofile(path)
    return subprocess.run(
        [program, str(size.core_rounds), path, *map(bench.model_path, size.models)],
        check=True, stdout=subprocess.PIPE, text=True,
        preexec_fn=bench.cores.pin).stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=SIZES)
    parser.add_argument("--home", required=True, help="a folder that the server can read")
    parser.add_argument("--newest", required=True, help="where the newest XGBoost may be")
    parser.add_argument("--rivals", required=True, help="where Evidently may be")
    parser.add_argument("--core", required=True, help="the program made of core.c")
    parser.add_argument("--results", help="a folder for a copy of the report")
    parser.add_argument("--command", required=True, help="what the user typed")
    arguments = parser.parse_args()

    size = SIZES[arguments.mode]
    bench = Bench(size, *map(os.path.abspath, (arguments.home, arguments.newest,
                                               arguments.rivals)))
    load = os.getloadavg()[0]
    make_tables(bench)
    nodes = {model.name: make_model(bench, model) for model in size.models}
    server.store_reference(bench.connection, size.models[0].name)
    figures = run_all(bench, size)
    text = report.write(
        bench, arguments.command, machine.describe(bench, load), size.models, nodes,
        figures, run_core(arguments.core, bench, size))
    print(text)
    if arguments.results is not None:
        say("Written to " + report.save(text, machine.cpu_name(), arguments.results))


if __name__ == "__main__":
    main()
