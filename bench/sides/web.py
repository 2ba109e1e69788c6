"""A Python model server on the loopback address, asked for one row at a time.

FastAPI and uvicorn, the server on the timed core; the load comes from wrk.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import numpy

from data import FEATURES
from side import Side

FOLDER = os.path.dirname(os.path.abspath(__file__))
CHECKED = 100


class Web(Side):
    group = "row"
    titles = {
        "web_p50": "HTTP: FastAPI, uvicorn, XGBoost {xgboost}, one client, median",
        "web_p99": "HTTP, 99th percentile",
    }

    def __init__(self, bench):
        super().__init__(bench)
        self.server = None
        self.port = bench.free_port()
        self.url = "http://127.0.0.1:%d/margin" % self.port
        rows = numpy.load(bench.matrix_path, mmap_mode="r")[:CHECKED]
        self.bodies = [json.dumps({
            feature: None if numpy.isnan(value) else float(value)
            for feature, value in zip(FEATURES, row)}) for row in rows]
        with open(os.path.join(bench.home, "bodies.txt"), "w") as file:
            file.writelines(body + "\n" for body in self.bodies)

    def start(self, model):
        environment = dict(os.environ, MODEL=self.bench.model_path(model), OMP_NUM_THREADS="1")
        self.server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--app-dir", FOLDER, "web_app:app",
             "--host", "127.0.0.1", "--port", str(self.port), "--no-access-log",
             "--log-level", "warning"],
            env=environment, preexec_fn=self.bench.cores.pin)
        self.wait_until_up()

    def wait_until_up(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.ask(self.bodies[0])
            except urllib.error.URLError:
                if self.server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the HTTP server did not start")

    def ask(self, body):
        request = urllib.request.Request(
            self.url, body.encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["margin"]

    def results(self):
        return numpy.array([self.ask(body) for body in self.bodies], numpy.float32)

    def measure(self):
        output = subprocess.run(
            ["wrk", "--threads", "1", "--connections", "1",
             "--duration", "%ds" % self.bench.seconds, "--script",
             os.path.join(FOLDER, "web_load.lua"), self.url, "--",
             os.path.join(self.bench.home, "bodies.txt")],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        figures = re.search(r"p50 (\d+) p99 (\d+) errors 0$", output, re.MULTILINE)
        if figures is None:
            raise RuntimeError("wrk met errors:\n" + output)
        return {"web_p50": float(figures[1]), "web_p99": float(figures[2])}

    def stop(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait()
