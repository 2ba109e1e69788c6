"""The report: targets and figures, as Markdown."""

import datetime
import os
import re
import statistics
from importlib import metadata

import server
import sides

# what is compared, our figure, the figure that it is divided by, the targets
TARGETS = [
    ("plain SELECT / XGBoost of the distribution", "scan", "matrix",
     {"S": 0.25, "M": 0.10, "L": 0.10}),
    ("plain SELECT / the faster XGBoost", "scan", "fastest",
     {"S": 0.5, "M": 0.5, "L": 0.5}),
    ("plain SELECT / plpython3u per row", "scan", "plpython",
     {"S": 1 / 200, "M": 1 / 150, "L": 1 / 45}),
    ("two workers / serial", "scan_workers", "scan",
     {"S": 0.58, "M": 0.55, "L": 0.55}),
    ("one worker and the leader / serial", "scan_leader", "scan",
     {"S": 0.58, "M": 0.55, "L": 0.55}),
    ("row by its key, with score / without", "lookup_score", "lookup",
     {"S": 1.05, "M": 1.10, "L": 1.25}),
    ("only the key, with score / without", "lookup_key_score", "lookup_key",
     {"S": 1.05, "M": 1.10, "L": 1.25}),
    ("first score / first call of an empty C function, both of a row",
     "cold_score", "cold_nothing_row", {"S": 2, "M": 3, "L": 13}),
    ("first score of a row / first call of an empty C function of nothing",
     "cold_score", "cold_nothing", {"S": 2, "M": 3, "L": 13}),
    ("contributions of many rows / XGBoost of the distribution", "contributions",
     "contribs", {"M": 1 / 150}),
    ("contributions row by row / XGBoost of the distribution", "contributions_rows",
     "contribs_row", {"M": 1 / 80}),
    ("contributions of many rows / the newest XGBoost", "contributions",
     "contribs_newest", {"M": 1 / 5}),
    ("contributions row by row / the newest XGBoost", "contributions_rows",
     "contribs_newest_row", {"M": 1 / 5}),
    ("drift_report / scipy of the distribution", "drift", "scipy", {"any": 1 / 7}),
    ("drift_report / an aggregate that only adds up the columns", "drift",
     "drift_floor", {"any": 2.5}),
    ("drift_report, two workers / serial", "drift_workers", "drift", {"any": 0.65}),
    ("a decision / a row of constants in a plain table", "decide", "plain", {"any": 2}),
    ("a decision / a row in a plain table, the applicant read", "decide", "plain_read",
     {"any": 2}),
    ("a decision / a row of constants in a table with the log's indexes", "decide", "indexed",
     {"any": 2}),
    ("a decision / a row of constants in a plain table, each commit on disk",
     "decide_durable", "plain_durable", {"any": 2}),
]

# group of sides, what its figures are, the figure that the others are set beside
GROUPS = [
    ("table", "Whole table, microseconds per row", "matrix"),
    ("row", "One row at a time, microseconds per statement or request", "lookup"),
    ("contributions", "Contributions of all features, microseconds per row", "contribs"),
    ("connection", "First statement of a fresh connection, microseconds",
     "cold_nothing_row"),
    ("drift", "Drift of 20 columns from a reference of 10,000 rows, microseconds per row",
     "scipy"),
    ("decisions", "Decisions logged by 8 clients, microseconds each", "plain"),
]


def ratio(figures, over, under):
    """The median of the rounds' ratios; None if a side was left out."""
    if not figures[over] or not figures[under]:
        return None
    return statistics.median(a / b for a, b in zip(figures[over], figures[under]))


def show_ratio(value):
    """0.123, or 1/45 where that says more."""
    if value is None:
        return "-"
    if value < 0.05:
        return "1/" + show_number(1 / value)
    return "%.3f" % value if value < 10 else "%.3g" % value


def show_number(value):
    return "%.0f" % value if value >= 100 else "%.3g" % value


def show_target(value):
    return "<= %g" % value if value > 0.05 else "<= 1/%g" % round(1 / value)


def show_figure(values):
    if not values:
        return "-"
    shown = tuple(map(show_number, (statistics.median(values), min(values), max(values))))
    return "%s (%s-%s)" % shown if len(values) > 1 else shown[0]


def table(header, rows):
    lines = [header, ["---"] * len(header)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def add_fastest(figures):
    """The faster of the two XGBoosts, as a figure of its own."""
    figures["fastest"] = min(filter(None, (figures["matrix"], figures["newest"])),
                             key=statistics.median, default=[])


def with_avx2(figures, key):
    """The figure with credit.simd = avx2, where it makes a difference."""
    return key + "_avx2" if figures[key + "_avx2"] else key


def verdict(value, target):
    if value is None:
        return ""
    return "met" if value <= target else "missed"


def targets_table(figures, kernel):
    rows = []
    for title, over, under, targets in TARGETS:
        for name, target in targets.items():
            found = figures[name]
            best = ratio(found, over, under)
            avx2 = None
            if with_avx2(found, over) != over:
                avx2 = ratio(found, with_avx2(found, over), with_avx2(found, under))
            rows.append([title, name, show_target(target), show_ratio(best),
                         verdict(best, target), show_ratio(avx2), verdict(avx2, target)])
    return table(["ratio", "", "target", kernel, "", "avx2", ""], rows)


def titles_of(group, names):
    titles = {}
    for side in sides.ALL:
        if side.group == group:
            titles.update(side.titles)
    return {key: title.format(**names) for key, title in titles.items()}


def figures_table(group, base, figures, names):
    rows = []
    figures = {model: found for model, found in figures.items() if found[base]}
    for key, title in titles_of(group, names).items():
        row = [title]
        for found in figures.values():
            row += [show_figure(found[key]), show_ratio(ratio(found, key, base))]
        if any(found[key] for found in figures.values()):
            rows.append(row)
    header = [""]
    for name in figures:
        header += [name, "of *"]
    text = table(header, rows)
    return text + "\n\\* %s\n" % titles_of(group, names)[base]


def notes_list(notes, names):
    return "".join("- %s\n" % note.format(**names) for note in notes)


def write(bench, command, machine, models, nodes, figures, core):
    names = {"xgboost": metadata.version("xgboost"),
             "newest": bench.newest_version() or "of PyPI",
             "scipy": metadata.version("scipy"),
             "scipy_newest": bench.rival_version("scipy") or "of PyPI",
             "evidently": bench.rival_version("evidently") or "of PyPI"}
    for found in figures.values():
        add_fastest(found)
    parts = ["# Benchmark, %s\n" % datetime.date.today(),
             table(["", ""], [list(row) for row in machine]),
             "The command was `%s`. %d rows of 20 `double precision`, 3 %% NULL. "
             "A figure is the median of the rounds (least-most); a ratio the median of the "
             "rounds' ratios.\n" % (command, bench.n_rows),
             table(["model", "trees", "depth", "nodes", "rounds"],
                   [[m.name, str(m.trees), str(m.depth), str(nodes[m.name]), str(m.rounds)]
                    for m in models]),
             "## Targets\n",
             targets_table(figures, server.list_kernels(bench.connection)[0])]
    for group, title, base in GROUPS:
        parts += ["## %s\n" % title, figures_table(group, base, figures, names)]
    parts += ["## The kernels alone\n", "```\n%s```\n" % core,
              "## Notes\n", notes_list(bench.notes, names)]
    return "\n".join(parts)


def save(text, cpu, folder):
    cpu = re.sub(r"[^a-z0-9]+", "-", cpu.lower()).strip("-")
    path = os.path.join(folder, "%s-%s.md" % (datetime.date.today(), cpu))
    os.makedirs(folder, exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path
