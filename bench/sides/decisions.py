"""Decisions that are logged, beside rows that go into a plain table.

Eight clients, prepared statements, one row a transaction: the applicant is read,
scored by the model that is shipped, decided, and logged with reasons.  The plain
tables get constants, those that the log has for the first applicant; once more
with the applicant read, as for a decision.  The server of the benchmark does not
wait for the disk, except for two figures more.
"""

import contextlib
import os
import re
import subprocess
import time

from side import Side

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CLIENTS = 8
SCRIPTS = ("plain", "plain_read", "indexed", "decide")
DURABLE = ("plain", "decide")
TABLES = """
    SELECT credit.maintain();
    SELECT count(credit_decide('one', a)) FROM applicants AS a WHERE id = 1;
    CREATE TABLE plain (LIKE credit.decision);
    CREATE TABLE indexed (LIKE credit.decision, PRIMARY KEY (decision_id));
    CREATE INDEX ON indexed (subject);
    CREATE SEQUENCE number;"""
CONSTANTS = """
    SELECT string_agg(coalesce(quote_literal(value), 'NULL'), ', ' ORDER BY place)
    FROM credit.decision AS d,
        unnest(ARRAY[decided_by, subject, model, version::text, arm, split_id::text,
            policy_version::text, margin::text, pd::text, score::text, outcome, grade,
            reasons::text, inputs::text, labels::text, image_sha256::text, code_version,
            shadow_version::text, shadow_margin::text, shadow_pd::text, shadow_score::text,
            shadow_outcome, shadow_error, hash::text]) WITH ORDINALITY AS c (value, place)"""
INSERT = "INSERT INTO %s VALUES (nextval('number'), clock_timestamp(), %s);\n"
READ_AND_INSERT = """\\set id random(1, 1000)
INSERT INTO plain SELECT nextval('number'), clock_timestamp(), %s
FROM applicants WHERE id = :id;
"""
DECIDE = """\\set id random(1, 1000)
SELECT (credit_decide('subject', a)).decision_id FROM applicants AS a WHERE id = :id;
"""


def psql(sql):
    return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "decisions"],
                          input=sql, cwd=TOP, check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def set_fsync(command, value):
    """Sessions that begin after this have it."""
    psql("ALTER SYSTEM %s; SELECT pg_reload_conf();" % command)
    while psql("SHOW fsync") != value:
        time.sleep(0.01)


@contextlib.contextmanager
def fsync():
    """As in production: commits wait for the disk."""
    before = psql("SHOW fsync")
    set_fsync("SET fsync = on", "on")
    try:
        yield
    finally:
        set_fsync("RESET fsync", before)


class Decisions(Side):
    group = "decisions"
    titles = {
        "plain": "INSERT INTO a plain table of the same columns",
        "plain_read": "INSERT INTO the plain table ... SELECT ... WHERE id = $1",
        "indexed": "INSERT INTO one with the log's two indexes",
        "decide": "SELECT credit_decide(subject, a) ... WHERE id = $1",
        "plain_durable": "INSERT INTO the plain table, each commit on disk",
        "decide_durable": "SELECT credit_decide(...), each commit on disk",
    }

    def __init__(self, bench):
        super().__init__(bench)
        subprocess.run(["createdb", "decisions"], check=True)
        with open(os.path.join(TOP, "dev", "demo-load.sql")) as file:
            psql(file.read().split("-- The application may")[0])
        psql(TABLES)
        constants = psql(CONSTANTS)
        self.write("decide", DECIDE)
        self.write("plain_read", READ_AND_INSERT % constants)
        for table in ("plain", "indexed"):
            self.write(table, INSERT % (table, constants))

    def path(self, key):
        return os.path.join(self.bench.home, "%s.sql" % key)

    def write(self, key, text):
        with open(self.path(key), "w") as file:
            file.write(text)

    def run(self, key):
        output = subprocess.run(
            ["pgbench", "--no-vacuum", "--protocol", "prepared", "--client", str(CLIENTS),
             "--time", str(3 * self.bench.seconds - 1), "--file", self.path(key), "decisions"],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        tps = re.search(r"^tps = ([\d.]+) \(without", output, re.MULTILINE)
        return 1e6 / float(tps[1])

    def measure(self):
        figures = {key: self.run(key) for key in SCRIPTS}
        with fsync():
            for key in DURABLE:
                figures[key + "_durable"] = self.run(key)
        return figures
