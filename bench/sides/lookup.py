"""One applicant by primary key, through pgbench's prepared statements.

With and without the score in the same run; the row is fetched whole, as an
application does, and once more as its key only.
"""

import glob
import os
import re
import subprocess

import numpy

from side import Side

QUERIES = {
    "lookup": "SELECT * FROM applicants AS a",
    "lookup_score": "SELECT *, credit_margin(a, '{model}') FROM applicants AS a",
    "lookup_key": "SELECT id FROM applicants AS a",
    "lookup_key_score": "SELECT id, credit_margin(a, '{model}') FROM applicants AS a",
}
SCRIPT = "\\set id random(1, {n_rows})\n{query} WHERE id = :id;\n"


class Lookup(Side):
    group = "row"
    titles = {
        "lookup": "SELECT * ... WHERE id = $1",
        "lookup_score": "SELECT *, credit_margin(a) ... WHERE id = $1",
        "lookup_key": "SELECT id ... WHERE id = $1",
        "lookup_key_score": "SELECT id, credit_margin(a) ... WHERE id = $1",
    }
    suffix = ""
    options = ""

    def start(self, model):
        self.model = model

    def script(self, key):
        path = os.path.join(self.bench.home, key + ".sql")
        with open(path, "w") as file:
            file.write(SCRIPT.format(
                n_rows=self.bench.n_rows,
                query=QUERIES[key].format(model=self.model.name)))
        return path

    def run(self, key, *options):
        """One client; returns pgbench's output."""
        return subprocess.run(
            ["pgbench", "--no-vacuum", "--protocol", "prepared", "--time",
             str(self.bench.seconds), "--file", self.script(key), *options, "bench"],
            env=dict(os.environ, PGOPTIONS=self.options), check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def measure(self):
        figures = {}
        for key in self.titles:
            output = self.run(key[:len(key) - len(self.suffix)])
            tps = re.search(r"^tps = ([\d.]+) \(without", output, re.MULTILINE)
            figures[key] = 1e6 / float(tps[1])
        return figures


class LookupAvx2(Lookup):
    suffix = "_avx2"
    titles = {
        key + "_avx2": title + ", credit.simd = avx2"
        for key, title in Lookup.titles.items() if key.endswith("score")
    }
    options = "-c credit.simd=avx2"

    def __init__(self, bench):
        super().__init__(bench)
        bench.need_avx2()


class Latency(Lookup):
    """The spread of single look-ups, from pgbench's log: whole microseconds."""

    titles = {
        "lookup_p50": "SELECT *, credit_margin(a) ... WHERE id = $1, median",
        "lookup_p99": "SELECT *, credit_margin(a) ... WHERE id = $1, 99th percentile",
    }

    def measure(self):
        prefix = os.path.join(self.bench.home, "lookup")
        self.run("lookup_score", "--log", "--log-prefix", prefix)
        [path] = glob.glob(prefix + ".[0-9]*")
        times = numpy.loadtxt(path, usecols=2)
        os.remove(path)
        return {"lookup_p50": numpy.percentile(times, 50),
                "lookup_p99": numpy.percentile(times, 99)}
