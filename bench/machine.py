"""What the figures were measured on and with."""

import platform
import re
import subprocess
from importlib import metadata

import server


def first_line(*command):
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True).stdout
    return output.splitlines()[0].strip() if output else "unknown"


def search_file(path, pattern):
    try:
        with open(path) as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
        return found[1] if found else "unknown"
    except OSError:
        return "unknown"


def cpu_name():
    name = search_file("/proc/cpuinfo", r"^model name\s*: (.*)$")
    return platform.machine() if name == "unknown" else name


def settings(connection):
    return server.query(connection, """
        SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name)
        FROM pg_settings WHERE name IN ('autovacuum', 'fsync', 'huge_pages', 'jit', 'max_wal_size',
            'max_parallel_workers', 'shared_buffers')""")


def describe(bench, load):
    connection = bench.connection
    memory = int(search_file("/proc/meminfo", r"^MemTotal: *(\d+)")) / 2 ** 20
    return [
        ("CPU", "%s, %d cores, one of them for what is timed, but for parallel plans" %
         (cpu_name(), len(bench.cores.all))),
        ("kernels it has", ", ".join(server.list_kernels(connection))),
        ("memory", "%.0f GB, %s huge pages reserved" %
         (memory, search_file("/proc/meminfo", r"^HugePages_Total: *(\d+)"))),
        ("load average at the start", "%.2f" % load),
        ("system", "%s, Linux %s" %
         (search_file("/etc/os-release", '^PRETTY_NAME="(.*)"'), platform.release())),
        ("PostgreSQL", server.query(connection, "SELECT version()")),
        ("its settings", settings(connection)),
        ("pg_credit", "%s, commit %s" %
         (server.query(connection, "SELECT extversion FROM pg_extension "
                                   "WHERE extname = 'pg_credit'"),
          first_line("git", "describe", "--always", "--dirty"))),
        ("XGBoost", "%s (distribution), %s (PyPI)" %
         (metadata.version("xgboost"), bench.newest_version() or "none")),
        ("drift", "scipy %s (distribution), scipy %s and Evidently %s (PyPI)" %
         (metadata.version("scipy"), bench.rival_version("scipy") or "none",
          bench.rival_version("evidently") or "none")),
        ("HTTP", "FastAPI %s, uvicorn %s, %s" %
         (metadata.version("fastapi"), metadata.version("uvicorn"),
          first_line("wrk", "--version").split(" [")[0])),
        ("Python", platform.python_version()),
        ("compiler", first_line("cc", "--version")),
    ]
