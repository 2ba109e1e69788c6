"""The server under test: its connections, its table, and the cores it may use."""

import contextlib
import os

import numpy
import psycopg2

from data import FEATURES, CopyFile

COLUMNS = ", ".join("a." + feature for feature in FEATURES)


def connect(options=""):
    """PGHOST, PGPORT and PGUSER say where."""
    connection = psycopg2.connect(dbname="bench", options=options)
    connection.autocommit = True
    return connection


def query(connection, sql, arguments=None):
    """The first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchone()[0]


def list_kernels(connection):
    """The values of credit.simd that this CPU has, the one of "auto" first."""
    with connection.cursor() as cursor:
        cursor.execute("LOAD 'pg_credit'")
        try:
            cursor.execute("SET credit.simd = '?'")
        except psycopg2.Error as error:
            return error.diag.message_hint.rstrip(".").split(", ")[1:]


def create_table(connection, name, rows):
    columns = ", ".join(feature + " double precision" for feature in FEATURES)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE %s (id integer PRIMARY KEY, %s) "
                       "WITH (parallel_workers = 2)" % (name, columns))
        cursor.copy_expert("COPY %s FROM STDIN BINARY" % name, CopyFile(rows))
        cursor.execute("VACUUM (FREEZE, ANALYZE) " + name)


def create_functions(connection, folder):
    """Those of floor.c and peer.c, built in the folder."""
    columns = ", ".join(["double precision"] * len(FEATURES))
    with connection.cursor() as cursor:
        for library, name, parameters in (
                ("floor", "bench_nothing", ""),
                ("floor", "bench_nothing", "applicants"),
                ("floor", "bench_nothing", columns),
                ("peer", "bench_xgboost", "text, " + columns)):
            cursor.execute("CREATE FUNCTION %s(%s) RETURNS real LANGUAGE c STABLE "
                           "AS '%s/%s.so', '%s'" %
                           (name, parameters, folder, library, name))
        cursor.execute("CREATE FUNCTION bench_add(double precision, %s) "
                       "RETURNS double precision LANGUAGE c IMMUTABLE PARALLEL SAFE "
                       "AS '%s/floor.so'" % (columns, folder))
        cursor.execute("CREATE AGGREGATE bench_sum(%s) (SFUNC = bench_add, "
                       "STYPE = double precision, INITCOND = 0)" % columns)
        cursor.execute("CREATE EXTENSION plpython3u")


def import_model(connection, name, artifact):
    version = query(connection, "SELECT credit.import_model(%s, %s)",
                    (name, psycopg2.Binary(artifact)))
    query(connection, "SELECT to_version FROM credit.promote(%s, %s)", (name, version))


def store_reference(connection, model):
    """The 20 columns only: the rivals score nothing either."""
    stored = query(connection, "SELECT credit.set_drift_baseline(%s, 'reference', "
                               "with_score => false)", (model,))
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW few_applicants AS SELECT * FROM applicants "
                       "WHERE id % 10 = 0")
    if stored != len(FEATURES):
        raise SystemExit("model %s uses %d of the columns" % (model, stored))


class CopyMargins:
    """What COPY (SELECT id, margin) TO STDOUT BINARY writes, as an array."""

    RECORD = numpy.dtype([("fields", ">i2"), ("id_size", ">i4"), ("id", ">i4"),
                          ("size", ">i4"), ("margin", ">f4")])

    def __init__(self):
        self.parts = []

    def write(self, part):
        self.parts.append(part)

    def array(self):
        rows = numpy.frombuffer(b"".join(self.parts)[19:-2], self.RECORD)
        margins = numpy.empty(len(rows), numpy.float32)
        margins[rows["id"] - 1] = rows["margin"]
        return margins


def fetch_margins(connection, expression, arguments, n_rows):
    """The expression's value for the rows 1 to n_rows of applicants a."""
    copy = CopyMargins()
    with connection.cursor() as cursor:
        select = cursor.mogrify("SELECT id, %s FROM applicants AS a WHERE id <= %%s" %
                                expression, arguments + (n_rows,)).decode()
        cursor.copy_expert("COPY (%s) TO STDOUT BINARY" % select, copy)
    return copy.array()


class Cores:
    """One core for what is timed, the others for what drives it.

    New backends inherit the core from the postmaster.
    """

    def __init__(self, postmaster):
        self.postmaster = postmaster
        self.all = os.sched_getaffinity(0)
        self.timed = {min(self.all)}
        self.driver = self.all - self.timed or self.all
        os.sched_setaffinity(0, self.driver)
        os.sched_setaffinity(postmaster, self.timed)

    def pin(self):
        """For subprocess: its preexec_fn, where the program is what is timed."""
        os.sched_setaffinity(0, self.timed)

    @contextlib.contextmanager
    def spread(self, backend):
        """Lets a backend and the workers that it asks for use every core."""
        processes = (self.postmaster, backend)
        for process in processes:
            os.sched_setaffinity(process, self.all)
        try:
            yield
        finally:
            for process in processes:
                os.sched_setaffinity(process, self.timed)
