#!/usr/bin/env python3
"""Record what scipy says of drift statistics, for test/stats/recorded.c and
sql/drift_scipy.sql.

Usage:  python record.py OUTDIR [FILE ...]     (ks, chi2, ...: default all)

Needs scipy, numpy and mpmath; the versions go into the first line of every
file.  Nothing is random between two runs: all seeds are fixed.  One case a
line, columns separated by tabs, a list of numbers by spaces, so that a
difference can be read.  Takes some minutes, most of them for mpmath.
"""
import sys
import warnings

import mpmath as mp
import numpy as np
import scipy
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

warnings.filterwarnings("ignore")
warnings.filterwarnings("error", message=".*Exact calculation unsuccessful")
mp.mp.dps = 40

VERSIONS = "scipy %s, numpy %s, mpmath %s" % (
    scipy.__version__, np.__version__, mp.__version__)
outdir = None


def write(name, columns, cases):
    with open("%s/%s.tsv" % (outdir, name), "w") as out:
        out.write("# %s: %s\n" % (VERSIONS, " ".join(columns)))
        for case in cases:
            out.write("\t".join(text(value) for value in case) + "\n")
    print("%s: %d cases" % (name, len(cases)), flush=True)


def text(value):
    if isinstance(value, (list, np.ndarray)):
        return " ".join(text(v) for v in value)
    if isinstance(value, str):
        return value
    if isinstance(value, (int, np.integer)):
        return str(value)
    return repr(float(value))


def spread(rng, low, high):
    """A number between low and high, alike in all orders of magnitude."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


# ------------------------------------------------- p-values of the KS test

def ks_test(r, c):
    """Statistic and p-value.  Where rounding takes the exact p-value above 1,
    ks_2samp warns and returns an asymptotic one; the truth is 1."""
    try:
        return tuple(stats.ks_2samp(r, c))[:2]
    except RuntimeWarning:
        return stats.ks_2samp(r, c, method="asymp").statistic, 1.0


def grids(n1, n2, shift):
    """Evenly spaced samples, one moved by a share of its range."""
    return np.arange(n1) / n1, np.arange(n2) / n2 + shift


def ks_exact(rng):
    """ks_2samp itself, exact, from samples made to be a distance apart."""
    sizes = [(int(spread(rng, 1, 400)), int(spread(rng, 1, 400)))
             for _ in range(900)]
    sizes += [(n, n) for n in range(1, 40)] + [(1, n) for n in range(2, 40)]
    sizes += [(n, n) for n in (100, 999, 5000, 10000) for _ in range(40)]
    sizes += [(int(spread(rng, 300, 10000)), int(spread(rng, 300, 10000)))
              for _ in range(200)]
    sizes += [(10000, 9999), (9999, 10000), (10000, 1), (10000, 5000),
              (10000, 7), (9973, 9967)] * 3
    for n1, n2 in sizes:
        z = np.sqrt(spread(rng, 0.05, 360))
        shift = min(1.5, z / np.sqrt(n1 * n2 / (n1 + n2)))
        d, p = ks_test(*grids(n1, n2, shift))
        yield n1, n2, d, p


def ks_sampled(rng):
    """ks_2samp itself, past the limit of the exact method."""
    for n1, n2 in [(10001, 10000), (10001, 1), (20000, 3), (30000, 30000),
                   (100000, 500), (300000, 200000), (12345, 67)] * 8:
        shift = np.sqrt(spread(rng, 0.05, 300) / (n1 * n2 / (n1 + n2)))
        d, p = stats.ks_2samp(*grids(n1, n2, min(shift, 1.2)))
        yield n1, n2, d, p


def ks_large(rng):
    """The distribution that ks_2samp uses for large samples; scipy's own
    approximation of its tail from n = 1,000,000 on is left to mpmath."""
    for _ in range(1200):
        n1 = int(spread(rng, 1, 2e9))
        n2 = int(spread(rng, 10001, 2e9))
        n = np.round(n1 * n2 / (n1 + n2))
        tail = 300 if n < 30000 else 12 if n < 1e6 else 2.19
        d = np.sqrt(spread(rng, 0.02, tail) / max(n, 1))
        yield n1, n2, d, stats.kstwo.sf(d, max(n, 1))


def record_ks(rng):
    cases = [c for make in (ks_exact, ks_sampled, ks_large)
             for c in make(rng)]
    write("ks", ["n_reference", "n_current", "d", "p"], cases)


# --------------------------------------- the truth, in quadruple precision

def durbin(n, d):
    """P(D_n < d) by Durbin's matrix."""
    nd = mp.mpf(n) * mp.mpf(d)
    k = int(mp.ceil(nd))
    h = k - nd
    m = 2 * k - 1
    H = mp.matrix(m, m)
    for i in range(m):
        for j in range(m):
            if i - j + 1 >= 0:
                H[i, j] = 1 / mp.factorial(i - j + 1)
    for i in range(m):
        H[i, 0] = (1 - h ** (i + 1)) / mp.factorial(i + 1)
        H[m - 1, m - 1 - i] = H[i, 0]
    H[m - 1, 0] = (1 - 2 * h ** m + max(2 * h - 1, 0) ** m) / mp.factorial(m)
    return (H ** n)[k - 1, k - 1] * mp.factorial(n) / mp.mpf(n) ** n


def smirnov_term(n, d):
    a = mp.mpf(n) * mp.mpf(d)

    def term(j):
        return mp.exp(mp.loggamma(n + 1) - mp.loggamma(j + 1) -
                      mp.loggamma(n - j + 1) + (j - 1) * mp.log(a + j) +
                      (n - j) * mp.log(n - a - j) - (n - 1) * mp.log(n)) * d
    return term


def smirnov(n, d):
    """P(D+_n >= d): the sum itself, or for large n its integral, by the
    trapezoidal rule in steps of 1/64 of the bell's width: exp(-80,000) off,
    and less than 1e-30 at the ends."""
    term = smirnov_term(n, mp.mpf(d))
    last = int(mp.ceil(n * (1 - mp.mpf(d)))) - 1
    if n <= 2000:
        return mp.fsum(term(mp.mpf(j)) for j in range(last + 1))
    step = mp.mpf(n) / (4 * d * mp.sqrt(n)) / 64
    half = int(n / 2 / step)
    points = (mp.mpf(n) / 2 + k * step for k in range(-half, half + 1))
    return step * mp.fsum(term(x) for x in points if 1 < x < last)


def truth(rng):
    """n, d, tail, how far we may be from it (docs/drift.md)."""
    for _ in range(1200):
        n = int(spread(rng, 1, 140))
        d = min(0.999, np.sqrt(spread(rng, 0.1, 100) / n))
        if n * d <= 0.5:
            continue
        if d < 0.5 and n * d * d <= 4:
            yield n, d, 1 - durbin(n, d), 1e-10
        elif d >= 0.5:
            yield n, d, 2 * smirnov(n, d), 1e-11
    for _ in range(700):
        n = int(spread(rng, 141, 2000))
        d = min(0.99, np.sqrt(spread(rng, 2.2, 330) / n))
        yield n, d, 2 * smirnov(n, d), 1e-12
    for _ in range(250):
        n = int(spread(rng, 2001, 1e9))
        d = min(0.99, np.sqrt(spread(rng, 2.2, 330) / n))
        yield n, d, 2 * smirnov(n, d), 1e-11
    for n, tolerance in ((141, 3e-5), (300, 7e-6), (1000, 6e-7)):
        for nd2 in (0.31, 0.5, 0.8, 1, 1.3, 1.6, 1.9, 2.1, 2.19):
            d = float(np.sqrt(nd2 / n))
            yield n, d, 1 - durbin(n, d), tolerance
    for n in (141, 300, 1000):
        for nd2 in (2.21, 2.5, 3, 4):   # both sides at once: exp(-6 n d^2)
            d = float(np.sqrt(nd2 / n))
            yield n, d, 1 - durbin(n, d), 1.1 * np.exp(-6 * nd2)


def record_kolmogorov(rng):
    write("kolmogorov", ["n", "d", "tail", "tolerance"],
          [(n, d, tail, tolerance) for n, d, tail, tolerance in truth(rng)])


# ------------------------------------------------ chi-square and Student

def record_chi2(rng):
    cases = [(0.0, 1), (1e-300, 1), (1e-10, 3), (1400.0, 1), (1e5, 7)]
    for i in range(2200):
        df = int(spread(rng, 1, 3000))
        x = spread(rng, 1e-3, 1300) if i % 2 else df * spread(rng, 0.3, 3)
        cases.append((x, df))
    write("chi2", ["statistic", "df", "p"],
          [(x, df, stats.chi2.sf(x, df)) for x, df in cases])


def record_student(rng):
    cases = [(0.0, 1), (1e-12, 5), (1e60, 2), (38.0, 1e10)]
    for i in range(2200):
        df = int(spread(rng, 1, 100)) if i % 4 == 0 else spread(rng, 1, 1e10)
        cases.append((spread(rng, 1e-4, 36), df))
    write("student", ["t", "df", "p"],
          [(t, df, 2 * stats.t.sf(t, df)) for t, df in cases])


# ------------------------------------------------------- counts in bins

def entropy_distance(r, c):
    """The Jensen-Shannon distance in quadruple precision: scipy's loses
    digits where the samples are nearly alike."""
    total = mp.mpf(0)
    for a, b in zip(r, c):
        p = mp.mpf(int(a)) / int(sum(r))
        q = mp.mpf(int(b)) / int(sum(c))
        for s in (p, q):
            if s > 0:
                total += s * mp.log(2 * s / (p + q)) / 2
    return mp.sqrt(total)


def tables(rng):
    yield [1], [1]
    yield [7], [1000000]
    yield [1, 0], [0, 1]
    yield [10, 0], [0, 10**9]
    yield [5, 0, 5], [5, 0, 5]
    yield [0, 3, 0], [0, 4, 0]
    yield [10**9, 10**9 + 1], [10**9 + 1, 10**9]
    yield [10**9] * 12, [2 * 10**9] * 12
    for _ in range(2200):
        k = int(spread(rng, 1, 40))
        n_r, n_c = int(spread(rng, 1, 1e6)), int(spread(rng, 1, 1e9))
        share = rng.dirichlet(np.full(k, spread(rng, 0.1, 100)))
        moved = share if rng.random() < 0.3 else (
            share * np.exp(rng.normal(size=k) * spread(rng, 0.001, 1)))
        yield (rng.multinomial(n_r, share),
               rng.multinomial(n_c, moved / moved.sum()))


def psi(r, c):
    """Smoothed as docs/drift.md says: half a row more in each bin that holds
    a row."""
    r, c = np.array([r, c])[:, (np.asarray(r) + np.asarray(c)) > 0]
    r = (np.asarray(r) + 0.5) / (sum(r) + 0.5 * len(r))
    c = (np.asarray(c) + 0.5) / (sum(c) + 0.5 * len(c))
    return np.sum(special.rel_entr(r, c) + special.rel_entr(c, r))


def record_bins(rng):
    cases = []
    for r, c in tables(rng):
        used = np.array([r, c])[:, (np.asarray(r) + np.asarray(c)) > 0]
        test = stats.chi2_contingency(used, correction=False)
        v = np.sqrt(test.statistic / used.sum())
        cases.append((list(r), list(c), test.statistic, test.dof, test.pvalue,
                      v, psi(r, c), jensenshannon(r, c),
                      entropy_distance(r, c)))
    write("bins", ["reference", "current", "chi2", "df", "p", "cramer_v",
                   "psi", "js", "js_quadruple"], cases)


# ------------------------------------------------------------- samples

def samples(rng):
    inf = float("inf")
    yield [0], [0]
    yield [0], [1]
    yield [3] * 9, [3] * 4
    yield [3] * 9, [4] * 4
    yield [1, 2, 3], [10, 11, 12]
    yield [10, 11, 12], [1, 2, 3, 4]
    yield [1, 2, inf], [1, 2, 3]
    yield [-inf, 0, inf, inf], [-inf, -inf, 0, inf]
    yield [-inf] * 3, [inf] * 5
    for i in range(2700):
        n_r, n_c = int(spread(rng, 1, 50)), int(spread(rng, 1, 50))
        width = spread(rng, 1, 400)
        r = np.round(rng.normal(size=n_r) * width)
        c = np.round(rng.normal(size=n_c) * width * spread(rng, 0.5, 2) +
                     rng.normal() * width * rng.choice([0, 0.3, 1]))
        if i % 3:
            c = rng.choice(r, size=n_c)     # only values of the reference
        yield [int(x) for x in r], [int(x) for x in c]


def finite(r, c):
    return bool(np.isfinite(r).all() and np.isfinite(c).all())


def wasserstein(r, c):
    return stats.wasserstein_distance(r, c) if finite(r, c) else np.nan


def difference(r, c):
    return np.mean(c) - np.mean(r) if finite(r, c) else np.nan


def welch(r, c):
    """NaN where a sample has one row or neither varies, as in cr_means.h."""
    if (not finite(r, c) or min(len(r), len(c)) < 2 or
            np.ptp(r) + np.ptp(c) == 0):
        return np.nan, np.nan, np.nan
    test = stats.ttest_ind(c, r, equal_var=False)
    return test.statistic, test.df, test.pvalue


def deciles(r):
    """Distinct deciles, the last of them the maximum.  The ranks are whole:
    numpy.quantile(method='inverted_cdf') takes 0.7 * 10 for more than 7."""
    ordered = np.sort(r)
    ends = [ordered[-(-len(r) * j // 10) - 1] for j in range(1, 11)]
    return sorted(set(ends))


def record_samples(rng):
    cases = []
    for r, c in samples(rng):
        cases.append((sorted(r), sorted(c), *ks_test(r, c),
                      wasserstein(r, c), difference(r, c), *welch(r, c),
                      deciles(r)))
    write("samples", ["reference", "current", "ks", "ks_p", "wasserstein",
                      "difference", "t", "df", "p", "deciles"], cases)


# --------------------------------------------------------------- power

def record_power(rng):
    cases = []
    for i in range(2100):
        n1, n2 = int(spread(rng, 1, 1e6)), int(spread(rng, 1, 1e9))
        if i < 400:
            n1 = n2 = i + 1
        n = n1 * n2 / (n1 + n2)
        shift = (stats.kstwo.isf(0.05, max(np.round(n), 1)) +
                 stats.norm.ppf(0.8) / (2 * np.sqrt(n)))
        cases.append((n1, n2, shift if shift <= 1 else np.nan))
    write("power", ["n_reference", "n_current", "shift"], cases)


# ------------------------------------------- the tables of sql/drift_scipy

def suite_tables():
    """The rows that sql/drift_scipy.sql makes, feature by feature."""
    i, j = np.arange(1, 2001), np.arange(1, 3001)
    amount = (j * 7907 % 1103) / 8 + 0.25
    yield ("amount", ((i * 7919 % 1009) / 8)[i % 10 != 0],
           amount[(j % 6 != 0) & (j % 60 != 1)])
    yield "age", i * i % 67, j * j % 71
    yield "steady", i * 104729 % 10007 / 7, j * 104723 % 10007 / 7
    yield "same", i % 50, j % 50
    yield "city", i * i % 5, j * j * j % 7
    yield "flag", i % 3 == 0, j % 4 == 0


def bin_counts(r, c):
    """Deciles of the reference, and values outside its range."""
    edges = deciles(r)
    groups = [np.searchsorted(edges, x) for x in (r, c)]
    groups[1] = np.where((c < r.min()) | (c > r.max()), len(edges), groups[1])
    return [np.bincount(g, minlength=len(edges) + 1) for g in groups]


def record_suite(rng):
    cases = []
    for name, r, c in suite_tables():
        if name in ("city", "flag"):
            known = sorted(set(r.tolist()))
            counts = [[int(sum(x == k)) for k in known] +
                      [int(sum(~np.isin(x, known)))] for x in (r, c)]
            numeric = ["", "", "", "", "", ""]
        else:
            counts = bin_counts(r, c)
            t = stats.ttest_ind(c, r, equal_var=False)
            numeric = [*ks_test(r, c), stats.wasserstein_distance(r, c),
                       np.mean(c) - np.mean(r), t.pvalue, np.std(r, ddof=1)]
        with_missing = [list(x) + [n - len(y)] for x, y, n in
                        zip(counts, (r, c), (2000, 3000))]
        table = np.array(counts)[:, np.sum(counts, axis=0) > 0]
        chi2 = stats.chi2_contingency(table, correction=False)
        missing = stats.chi2_contingency(
            [[len(r), 2000 - len(r)], [len(c), 3000 - len(c)]],
            correction=False).pvalue if len(r) + len(c) < 5000 else 1.0
        cases.append((name, *numeric, chi2.statistic, chi2.dof, chi2.pvalue,
                      psi(*with_missing), jensenshannon(*with_missing),
                      missing))
    write("suite", ["feature", "ks", "ks_p_value", "wasserstein",
                    "mean_difference", "mean_p_value", "reference_sd", "chi2",
                    "chi2_df", "chi2_p_value", "psi", "js",
                    "missing_p_value"], cases)


RECORDS = {"ks": record_ks, "chi2": record_chi2, "student": record_student,
           "bins": record_bins, "samples": record_samples,
           "power": record_power, "kolmogorov": record_kolmogorov,
           "suite": record_suite}


def main():
    global outdir
    if len(sys.argv) < 2 or not RECORDS.keys() >= set(sys.argv[2:]):
        sys.exit(__doc__)
    outdir = sys.argv[1]
    for seed, (name, record) in enumerate(RECORDS.items()):
        if name in (sys.argv[2:] or RECORDS):
            record(np.random.default_rng(seed))


if __name__ == "__main__":
    main()
