#!/usr/bin/env python3
"""Record parity fixtures from XGBoost's Python package.

Usage:  python record.py OUTDIR

Run it once per XGBoost version (one environment for each); it records what
that version can do and replaces that version's lines of OUTDIR/manifest.tsv.
Nothing is random between two runs of the same version: all seeds are fixed
and everything runs with nthread=1 on the CPU.
"""
import glob
import json
import os
import sys
import tempfile
import warnings

import numpy as np
import xgboost as xgb

try:
    import pandas as pd
except ImportError:
    pd = None

warnings.filterwarnings("ignore")

VERSION = xgb.__version__
VT = tuple(int(p) for p in VERSION.split(".")[:3])
TAG = "v" + "".join(str(p) for p in VT)
FULL = VT >= (3, 2, 0)          # the newest of them gets the whole matrix
NEWEST = (3, 4, 0)
HAS_UBJ = VT >= (1, 6, 0)
HAS_CAT = VT >= (1, 7, 0)
HAS_CONTAINER = VT >= (3, 1, 0) and pd is not None
HAS_RANGE = VT >= (1, 4, 0)
N_ROWS = 1024
NF = 8
F32 = np.float32
NAN = F32(np.nan)
NO_TYPES = [0] * 100000       # before 1.3 trees have no split_type
HEADER = ["model", "rows", "margin", "pd", "n_rows", "n_features", "xgboost",
          "description"]

outdir = None
manifest = []
skipped = []
turn = [0]


# ---------------------------------------------------------------- data

def make_data(seed, n=800, cards=(), missing=0.1, ints=(7,), scales=None,
              n_features=NF):
    """Training matrix; the first len(cards) columns are categorical codes."""
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n, n_features)).astype(F32)
    for c in ints:
        X[:, c] = np.round(X[:, c] * F32(1.5))
    z = X[:, 3] - F32(0.8) * X[:, 4] * (X[:, 5] > 0) + F32(0.5) * X[:, 7]
    if not cards:
        z = z + X[:, 0] * X[:, 1] - F32(0.4) * X[:, 2]
    for c, k in enumerate(cards):
        code = rng.randint(0, k, size=n)
        code[:min(k, n)] = np.arange(k)[:n]
        effect = rng.normal(size=k)
        X[:, c] = code
        z = z + effect[code]
    y = (z + rng.normal(size=n) * 0.7 > 0.6).astype(F32)
    if scales:
        for c, s in scales.items():
            X[:, c] = X[:, c] * F32(s)
    X[rng.random_sample(X.shape) < missing] = NAN
    return X, y


def ftypes(ncat, n_features):
    return ["c"] * ncat + ["q"] * (n_features - ncat)


def dmatrix(X, y=None, ncat=0, names=None, types=None):
    kw = dict(missing=np.nan, nthread=1)
    if y is not None:
        kw["label"] = y
    if names is not None:
        kw["feature_names"] = names
    if types is not None:
        kw["feature_types"] = types
    if ncat:
        kw["feature_types"] = types or ftypes(ncat, X.shape[1])
        kw["enable_categorical"] = True
    return xgb.DMatrix(X, **kw)


# ---------------------------------------------------------------- the model

def trees_of(doc):
    gb = doc["learner"]["gradient_booster"]
    m = gb["model"] if "model" in gb else gb["gbtree"]["model"]
    return m.get("trees", [])


def cat_set(tree, node):
    for i, n in enumerate(tree["categories_nodes"]):
        if n == node:
            b = tree["categories_segments"][i]
            return set(tree["categories"][b:b + tree["categories_sizes"][i]])
    return set()


def below(t):
    return np.nextafter(F32(t), F32(-np.inf), dtype=F32)


def above(t):
    return np.nextafter(F32(t), F32(np.inf), dtype=F32)


def targets(trees, cards, rng):
    """Partial rows {column: value} that reach each split and then stand
    exactly on its threshold, one ulp below, one ulp above, or are missing;
    for a categorical split: in the set, outside it, missing."""
    out = []
    for tree in trees:
        left, right = tree["left_children"], tree["right_children"]
        stack = [(0, {})]           # node, {column: (lo, hi, allowed codes)}
        while stack:
            node, bound = stack.pop()
            if left[node] == -1:
                continue
            f = tree["split_indices"][node]
            fixed = {}
            for c, (lo, hi, codes) in bound.items():
                if codes is not None:
                    if codes:
                        fixed[c] = F32(sorted(codes)[rng.randint(len(codes))])
                elif lo is not None:
                    fixed[c] = lo
                else:
                    fixed[c] = below(hi)
            lo, hi, codes = bound.get(f, (None, None, None))
            if tree.get("split_type", NO_TYPES)[node]:
                if codes is None:
                    codes = set(range(cards[f]))
                s = cat_set(tree, node)
                inside, outside = codes & s, codes - s
                for part in (inside, outside):
                    if part:
                        v = sorted(part)[rng.randint(len(part))]
                        out.append({**fixed, "v": (f, F32(v))})
                out.append({**fixed, "v": (f, NAN)})
                lb, rb = (None, None, outside), (None, None, inside)
            else:
                t = F32(tree["split_conditions"][node])
                for v in (t, below(t), above(t), NAN):
                    if np.isfinite(v) or np.isnan(v):
                        out.append({**fixed, "v": (f, v)})
                lb = (lo, t if hi is None else min(hi, t), None)
                rb = (t if lo is None else max(lo, t), hi, None)
            stack.append((left[node], {**bound, f: lb}))
            stack.append((right[node], {**bound, f: rb}))
    for d in out:
        f, v = d.pop("v")
        d[f] = v
    return out


def make_rows(docs, cards, seed, linear=False, n_features=NF):
    """Evaluation rows for one or more models that share a rows file."""
    rng = np.random.RandomState(seed)
    ncat = len(cards)
    pools = [[] for _ in range(n_features)]
    goals = []
    for doc in docs:
        trees = trees_of(doc)
        for tree in trees:
            for i, l in enumerate(tree["left_children"]):
                if l != -1 and not tree.get("split_type", NO_TYPES)[i]:
                    t = F32(tree["split_conditions"][i])
                    pools[tree["split_indices"][i]] += [t, below(t), above(t)]
        goals += targets(trees, cards, rng)
    special = [F32(0.0), F32(-0.0), F32(1e-40), F32(-1e-40), F32(1e38),
               F32(-1e38), F32(1.17549435e-38), F32(3.4028235e38), F32(1e-45)]
    if linear:                       # or they would drown everything else
        special = special[:4] + [F32(1.17549435e-38)]
    R = rng.normal(size=(N_ROWS, n_features)).astype(F32)
    R[:, 7] = np.round(R[:, 7] * F32(1.5))
    for c in range(n_features):
        if c < ncat:
            R[:, c] = rng.randint(0, cards[c], size=N_ROWS)
            R[rng.random_sample(N_ROWS) < 0.12, c] = NAN
            continue
        u = rng.random_sample(N_ROWS)
        for r in range(N_ROWS):
            if u[r] < 0.45 and pools[c]:
                R[r, c] = pools[c][rng.randint(len(pools[c]))]
            elif u[r] < 0.57:
                R[r, c] = NAN
            elif u[r] < 0.65:
                R[r, c] = special[rng.randint(len(special))]
    # rows of one special value, then the rows aimed at single splits
    fixed = [NAN, F32(0.0), F32(-0.0), F32(1e-40), F32(-1e-40), F32(1e38),
             F32(-1e38)]
    for r, v in enumerate(fixed):
        R[r, ncat:] = v
        if np.isnan(v):
            R[r, :] = v
    first = len(fixed)
    rng.shuffle(goals)
    for i, g in enumerate(goals[:900]):
        for c, v in g.items():
            R[first + i, c] = v
    assert not np.isinf(R).any()
    for c, k in enumerate(cards):
        col = R[:, c][~np.isnan(R[:, c])]
        assert ((col >= 0) & (col < k) & (col == np.floor(col))).all()
    return R


# ---------------------------------------------------------------- recording

def write_f32(path, a):
    np.ascontiguousarray(a, dtype="<f4").tofile(os.path.join(outdir, path))


def model_doc(bst):
    with tempfile.TemporaryDirectory() as d:
        p = os.path.join(d, "m.json")
        bst.save_model(p)
        with open(p, encoding="utf-8") as f:
            return json.load(f)


def predict(bst, dm, best=None):
    kw = dict(training=False)
    if best is not None:
        kw["iteration_range"] = (0, best + 1)
    margin = bst.predict(dm, output_margin=True, **kw)
    return margin.astype(F32), bst.predict(dm, **kw).astype(F32)


def record(name, bst, R, desc, objective, ncat=0, rows_file=None, best=None,
           formats=None, names=None, types=None, make_dm=None):
    """Write one model in the given formats with its margins."""
    name = TAG + "_" + name
    if formats is None:
        if HAS_UBJ:
            formats = (("json", "ubj")[turn[0] % 2],)
            turn[0] += 1
        else:
            formats = ("json",)
    if rows_file is None:
        rows_file = name + ".rows.f32"
    write_f32(rows_file, R)
    dm = make_dm(R) if make_dm else dmatrix(R, None, ncat, names, types)
    margin = None
    for ext in formats:
        path = os.path.join(outdir, name + "." + ext)
        bst.save_model(path)
        again = xgb.Booster({"nthread": 1}, model_file=path)
        m, p = predict(again, dm, best)
        if margin is not None:
            assert m.tobytes() == margin.tobytes(), name
        margin, prob = m, p
        m0, p0 = predict(bst, dm, best)
        if m0.tobytes() != margin.tobytes():
            print("NOTE: in-memory margin differs from the reloaded:", name,
                  np.abs(m0 - margin).max())
            # Before 1.6 num_parallel_tree is not in the file, so that the
            # reloaded model takes iteration_range in single trees; what the
            # trained model says is right (attribute best_ntree_limit).
            assert best is not None and VT < (1, 6, 0), name
            margin, prob = m0, p0
        if make_dm:                  # the codes themselves give the same
            mc, _ = predict(again, dmatrix(R, None, ncat, names, types), best)
            assert mc.tobytes() == margin.tobytes(), name
        manifest.append([name + "." + ext, rows_file, name + ".margin.f32",
                         name + ".pd.f32", str(R.shape[0]), str(R.shape[1]),
                         VERSION, desc])
    if objective == "binary:logitraw":
        assert prob.tobytes() == margin.tobytes(), name
        with np.errstate(over="ignore"):
            prob = (1.0 / (1.0 + np.exp(-margin.astype(np.float64)))
                    ).astype(F32)
    assert margin.shape == (R.shape[0],)
    write_f32(name + ".margin.f32", margin)
    write_f32(name + ".pd.f32", prob)


def params(booster="gbtree", depth=3, objective="binary:logistic",
           base_score=None, **extra):
    p = dict(booster=booster, objective=objective, nthread=1, seed=7,
             eval_metric="logloss")
    if objective == "binary:logitraw":
        p["eval_metric"] = "auc"
    if VT < (3, 2, 0):
        p["verbosity"] = 0
    else:
        p["verbosity"] = 1
    if base_score is not None:
        p["base_score"] = base_score
    if booster == "gblinear":
        p.update(updater="coord_descent", eta=0.5, reg_lambda=0.01)
    else:
        p.update(max_depth=depth, eta=0.3, tree_method="hist",
                 min_child_weight=0.5)
        if depth >= 10:
            p.update(grow_policy="lossguide", max_leaves=40,
                     min_child_weight=0.0, reg_lambda=0.1)
        elif depth >= 6:
            p.update(max_leaves=24, grow_policy="lossguide")
    if booster == "dart":
        p.update(rate_drop=0.4, one_drop=1, skip_drop=0.1)
    p.update(extra)
    return p


def simple(name, p, seed, desc, n_rounds=12, cards=(), data=None, **kw):
    """Train, make own rows, record."""
    X, y = data if data is not None else make_data(seed, cards=cards)
    names, types = kw.get("names"), kw.get("types")
    bst = xgb.train(p, dmatrix(X, y, len(cards), names, types), n_rounds)
    R = make_rows([model_doc(bst)], cards, seed + 1000,
                  p["booster"] == "gblinear", X.shape[1])
    record(name, bst, R, desc, p["objective"], ncat=len(cards), **kw)
    return bst


KINDS = {"num": ((), {}),
         "onehot": ((4, 9, 20), {"max_cat_to_onehot": 1000}),
         "part": ((6, 24, 50), {"max_cat_to_onehot": 1})}


def full_matrix():
    seed = 100
    for kind, (cards, extra) in KINDS.items():
        for depth in (1, 3, 6, 10):
            seed += 1
            X, y = make_data(seed, cards=cards)
            got = []
            for booster in ("gbtree", "dart"):
                n = {6: 8 if booster == "gbtree" else 6,
                     10: 5 if booster == "gbtree" else 4}.get(depth, 12)
                got.append((booster, xgb.train(
                    params(booster, depth, **extra),
                    dmatrix(X, y, len(cards)), n)))
            R = make_rows([model_doc(b) for _, b in got], cards, seed + 1000)
            for booster, bst in got:
                record("%s_%s_d%d" % (booster, kind, depth), bst, R,
                       "%s %s depth %d, base_score estimated"
                       % (booster, kind, depth), "binary:logistic",
                       len(cards), "%s_%s_d%d.rows.f32" % (TAG, kind, depth),
                       formats=("json", "ubj") if depth == 3 else
                       (("json", "ubj")[turn[0] % 2],))
                turn[0] += depth != 3
            turn[0] += depth == 10
    simple("gblinear_num", params("gblinear"), 130,
           "gblinear coord_descent, base_score estimated",
           formats=("json", "ubj"))
    simple("gblinear_shotgun", params("gblinear", updater="shotgun"), 131,
           "gblinear shotgun, base_score estimated")
    for kind in ("onehot", "part"):
        cards, extra = KINDS[kind]
        try:
            simple("gblinear_%s" % kind, params("gblinear", **extra), 132,
                   "gblinear with categorical feature types", cards=cards)
        except Exception as e:      # recorded as not possible
            skipped.append("gblinear_%s: %s" % (kind, str(e).split("\n")[0]))
    # base_score forms x objectives, boosters: same data, shared rows
    got = []
    X, y = make_data(140)
    for objective in ("binary:logistic", "binary:logitraw", "reg:logistic"):
        for bs in (0.5, 0.2, None, 1e-6, 0.999):
            o = objective.replace(":", "").replace("binary", "")
            got.append(("base_%s_%s" % (o, bs or "est"),
                        params(objective=objective, base_score=bs)))
    for booster in ("dart", "gblinear"):
        for bs in (0.5, 0.2, 1e-6):
            got.append(("base_%s_%s" % (booster, bs),
                        params(booster, base_score=bs)))
        for objective in ("binary:logitraw", "reg:logistic"):
            got.append(("%s_%s" % (booster, objective.split(":")[1] +
                                   objective[0]),
                        params(booster, objective=objective)))
    got = [(n, p, xgb.train(p, dmatrix(X, y), 6)) for n, p in got]
    for linear in (False, True):
        part = [g for g in got if (g[1]["booster"] == "gblinear") == linear]
        R = make_rows([] if linear else [model_doc(g[2]) for g in part], (),
                      1140, linear)
        for name, p, bst in part:
            record(name, bst, R, "%s depth 3, %s, base_score %s"
                   % (p["booster"], p["objective"],
                      p.get("base_score", "estimated")), p["objective"],
                   rows_file="%s_base_%s.rows.f32"
                   % (TAG, "linear" if linear else "trees"))
    specials()


def edges():
    """base_score at its edges, given and estimated from one class."""
    X, y = make_data(150)
    one = {"allgood": y * 0, "allbad": y * 0 + 1}
    got = []
    for booster in ("gbtree", "dart", "gblinear"):
        for objective in ("binary:logistic", "reg:logistic",
                          "binary:logitraw"):
            o = objective.split(":")[1] + objective[0]
            for kind, labels in one.items():
                got.append(("edge_%s_%s_%s" % (booster, o, kind),
                            params(booster, objective=objective), labels))
            if booster != "gbtree" or objective != "binary:logistic":
                continue
            for bs in (0, 1e-45, 1e-10, 9e-7, 1.1e-6, 0.99999875, 0.999999,
                       0.99999905, 0.99999994, 1):
                got.append(("edge_%s_%s_%s" % (booster, o, bs),
                            params(objective=objective, base_score=bs), y))
    got = [(n, p, xgb.train(p, dmatrix(X, labels), 3)) for n, p, labels in got]
    for linear in (False, True):
        part = [g for g in got if (g[1]["booster"] == "gblinear") == linear]
        R = make_rows([] if linear else [model_doc(g[2]) for g in part], (),
                      1150, linear)
        for name, p, bst in part:
            record(name, bst, R, "%s, %s, base_score at its edge"
                   % (p["booster"], p["objective"]), p["objective"],
                   rows_file="%s_edge_%s.rows.f32"
                   % (TAG, "linear" if linear else "trees"),
                   formats=("json",))


def early(name, p, seed, desc, n_rounds=30, cards=()):
    X, y = make_data(seed, n=500, cards=cards)
    rng = np.random.RandomState(seed)
    y2 = np.where(rng.random_sample(500) < 0.15, 1 - y, y).astype(F32)
    a, b = slice(0, 250), slice(250, 500)
    p = dict(p, eta=0.4)
    bst = xgb.train(p, dmatrix(X[a], y2[a], len(cards)), n_rounds,
                    evals=[(dmatrix(X[b], y2[b], len(cards)), "ev")],
                    early_stopping_rounds=4, verbose_eval=False)
    best = int(bst.attr("best_iteration"))
    done = bst.num_boosted_rounds()
    assert 0 < best and best + 1 < done, (best, done)
    R = make_rows([model_doc(bst)], cards, seed + 1000)
    record(name, bst, R, "%s, best_iteration %d of %d rounds; margin of the "
           "first best_iteration+1 rounds only" % (desc, best, done),
           p["objective"], ncat=len(cards), best=best)


def specials():
    simple("parallel3", params(num_parallel_tree=3, subsample=0.7,
                               colsample_bynode=0.7), 201,
           "num_parallel_tree 3", 4)
    simple("dart_parallel3", params("dart", num_parallel_tree=3,
                                    subsample=0.7, colsample_bynode=0.7),
           202, "dart, num_parallel_tree 3", 5)
    early("early", params(depth=6), 203, "early stopping")
    early("early_parallel2", params(depth=3, num_parallel_tree=2,
                                    subsample=0.7), 204,
          "early stopping with num_parallel_tree 2")
    early("early_dart", params("dart", depth=3), 205,
          "early stopping with dart")
    names = ["age", "b c", "n\u00e4me", 'quo"te', "back\\slash", "tab\tx",
             "\u4e2d\u6587", "utilization_90d"]
    types = ["float", "q", "float", "q", "float", "float", "q", "int"]
    simple("names", params(), 206, "feature_names and feature_types",
           6, names=names, types=types, formats=("json", "ubj"))
    X, y = make_data(207)
    bst = xgb.train(params(), dmatrix(X, y, names=["f%d" % i for i in
                                                   range(NF)]), 6)
    bst.set_attr(scikit_learn='{"_estimator_type": "classifier"}',
                 note='line\nbreak "quoted" \\ \u20ac', empty="")
    R = make_rows([model_doc(bst)], (), 1207)
    record("names_attrs", bst, R, "feature_names without types; attributes "
           "with escapes", "binary:logistic",
           names=["f%d" % i for i in range(NF)], formats=("json", "ubj"))
    simple("prune_exact", params(depth=6, tree_method="exact", gamma=1.5,
                                 max_leaves=0, grow_policy="depthwise"),
           208, "exact with gamma 1.5 (deleted nodes)", 5,
           formats=("json", "ubj"))
    simple("prune_hist", params(depth=6, gamma=1.5, max_leaves=0,
                                grow_policy="depthwise"), 209,
           "hist with gamma 1.5", 5)
    simple("prune_approx", params(depth=6, tree_method="approx", gamma=1.5,
                                  max_leaves=0, grow_policy="depthwise"),
           210, "approx with gamma 1.5", 5)
    simple("prune_cat", params(depth=6, gamma=1.5, max_leaves=0,
                               grow_policy="depthwise", max_cat_to_onehot=5),
           211, "hist with gamma 1.5, categorical, both kinds of split", 5,
           cards=(4, 12, 30))
    simple("single_leaf", params(gamma=1e9), 212, "one leaf in every tree", 5)
    simple("single_leaf_prune", params(gamma=1e9, tree_method="exact",
                                       base_score=0.2), 213,
           "one leaf in every tree after pruning", 5)
    simple("missing", params(depth=6), 214,
           "half of the training cells missing", 6,
           data=make_data(214, missing=0.5))
    simple("missing_cat", params(depth=6, max_cat_to_onehot=5), 215,
           "half of the training cells missing, categorical", 6,
           cards=(4, 12, 30), data=make_data(215, cards=(4, 12, 30),
                                             missing=0.5))
    simple("monotone", params(depth=4, monotone_constraints="(1,-1,0,1,0,0,"
                              "0,1)"), 216, "monotone constraints", 10)
    simple("cat65", params(depth=4, max_cat_to_onehot=1), 217,
           "partition splits, 65 and 90 categories", 5, cards=(65, 90),
           data=make_data(217, n=1500, cards=(65, 90)),
           formats=("json", "ubj"))
    simple("cat300", params(depth=4, max_cat_to_onehot=1), 218,
           "partition splits, 320 categories", 5, cards=(320,),
           data=make_data(218, n=2500, cards=(320,)),
           formats=("json", "ubj"))
    simple("cat300_onehot", params(depth=4, max_cat_to_onehot=1000), 219,
           "one-hot splits, 320 categories", 5, cards=(320,),
           data=make_data(219, n=2500, cards=(320,)))
    simple("scale_pos_weight", params(scale_pos_weight=3.5), 220,
           "scale_pos_weight 3.5", 8)
    simple("extreme", params(depth=6), 221,
           "thresholds that are denormal, huge, tiny, integer", 6,
           data=make_data(221, scales={1: 1e-39, 2: 1e37, 3: 1e-20,
                                       4: 1e20}, ints=(0, 5, 7)),
           formats=("json", "ubj"))
    simple("extreme_exact", params(depth=6, tree_method="exact",
                                   max_leaves=0, grow_policy="depthwise",
                                   min_child_weight=8), 222,
           "exact thresholds that are denormal, huge, tiny, integer", 6,
           data=make_data(222, scales={1: 1e-39, 2: 1e37, 3: 1e-20,
                                       4: 1e20}, ints=(0, 5, 7)))
    X, y = make_data(223)
    X[:, 6] = NAN                    # a feature that no tree can use
    simple("unused_feature", params(), 223, "a feature that is never split",
           6, data=(X, y))
    simple("big_leaves", params(eta=40.0, max_delta_step=0, reg_lambda=0.0,
                                min_child_weight=0.0), 224,
           "leaves so large that the probability saturates", 6)
    bst = simple("wide", params(depth=12, max_leaves=120), 225,
                 "70 features, trees of depth 12", 12,
                 data=make_data(225, n=2000, n_features=70), formats=("ubj",))
    assert len(bst.get_score()) > 64


def container():
    """Categorical columns of a DataFrame: 3.1+ keeps the labels."""
    def frame(M, cats):
        cols = {}
        for c in range(NF):
            if c < len(cats):
                codes = np.where(np.isnan(M[:, c]), -1, M[:, c]).astype(int)
                cols["c%d" % c] = pd.Categorical.from_codes(
                    codes, categories=cats[c])
            else:
                cols["x%d" % c] = M[:, c]
        return pd.DataFrame(cols)

    # 3.1 cuts non-ASCII labels short (it counts characters, not bytes)
    letters = ["rent", "own", "mortgage", "other",
               "\u00e9tat" if FULL else "etat"]
    many = ["k%02d" % ((i * 7) % 23) for i in range(23)]
    sets = {"str": [letters, many],
            "int": [[30, 10, 20, 50, 40], [int(i * 13 % 29) - 5
                                           for i in range(29)]],
            "mixed": [letters, [7, 3, 5, 1000000, -4, 0]]}
    for i, (kind, cats) in enumerate(sets.items()):
        cats = [pd.Index(c) for c in cats]
        cards = tuple(len(c) for c in cats)
        for booster in ("gbtree", "dart"):
            if kind != "mixed" and (booster == "dart" or not FULL):
                continue
            X, y = make_data(300 + i, cards=cards)
            dm = xgb.DMatrix(frame(X, cats), label=y, missing=np.nan,
                             nthread=1, enable_categorical=True)
            bst = xgb.train(params(booster, 4, max_cat_to_onehot=5), dm, 6)
            R = make_rows([model_doc(bst)], cards, 1300 + i)
            names = ["c%d" % c if c < len(cats) else "x%d" % c
                     for c in range(NF)]

            def make_dm(M):
                return xgb.DMatrix(frame(M, cats), missing=np.nan, nthread=1,
                                   enable_categorical=True)

            record("container_%s%s" % (kind, "_dart" if booster == "dart"
                                       else ""), bst, R,
                   "%s, categories container, %s labels; rows hold the "
                   "model's own codes" % (booster, kind), "binary:logistic",
                   ncat=len(cats), make_dm=make_dm, names=names,
                   formats=("json", "ubj"))
            # the same values under another order of labels: recoded
            other = []
            for c in cats:
                other.append(c[np.argsort(np.arange(len(c)) * 17 % len(c),
                                          kind="stable")])
            F = frame(R, cats)
            for c in range(len(cats)):
                F["c%d" % c] = F["c%d" % c].cat.set_categories(other[c])
            m, _ = predict(bst, xgb.DMatrix(F, missing=np.nan, nthread=1,
                                            enable_categorical=True))
            m0, _ = predict(bst, make_dm(R))
            assert m.tobytes() == m0.tobytes()


def small_matrix():
    seed = 400
    groups = [("num", (), {})]
    if HAS_CAT:
        groups.append(("onehot", (4, 9, 20), {"max_cat_to_onehot": 1000}))
        groups.append(("part", (6, 24, 50), {"max_cat_to_onehot": 1}))
    for kind, cards, extra in groups:
        X, y = make_data(seed, cards=cards)
        got = []
        plan = [("gbtree", 3, None), ("gbtree", 6, 0.2), ("dart", 3, 0.2),
                ("dart", 6, None)]
        for booster, depth, bs in plan[:3 if cards else 4]:
            p = params(booster, depth, base_score=bs, **extra)
            if depth == 6:
                p["max_leaves"] = 16
            bst = xgb.train(p, dmatrix(X, y, len(cards)), 5)
            got.append(("%s_%s_d%d_%s" % (booster, kind, depth, bs or "def"),
                        bst, "%s %s depth %d, base_score %s"
                        % (booster, kind, depth, bs or "default")))
        R = make_rows([model_doc(b) for _, b, _ in got], cards, 1400)
        rows_file = "%s_%s.rows.f32" % (TAG, kind)
        for i, (name, bst, desc) in enumerate(got):
            both = name.endswith("d3_def") and HAS_UBJ
            record(name, bst, R, desc, "binary:logistic", len(cards),
                   rows_file, formats=("json", "ubj") if both else ("json",))
        seed += 1
    X, y = make_data(seed)
    rows_file = "%s_linear.rows.f32" % TAG
    R = make_rows([], (), 1401, True)
    for bs in (None, 0.2):
        bst = xgb.train(params("gblinear", base_score=bs), dmatrix(X, y), 6)
        record("gblinear_%s" % (bs or "def"), bst, R,
               "gblinear, base_score %s" % (bs or "default"),
               "binary:logistic", 0, rows_file,
               formats=("json", "ubj") if HAS_UBJ and not bs else ("json",))
    # objectives, early stopping, pruning, names: one of each
    seed, got = 420, []
    X, y = make_data(seed)
    for objective in ("binary:logitraw", "reg:logistic"):
        for bs in (None, 0.2):
            bst = xgb.train(params(objective=objective, base_score=bs),
                            dmatrix(X, y), 6)
            got.append(("%s_%s" % (objective.split(":")[1] + objective[0],
                                   bs or "def"), bst,
                        "%s, base_score %s" % (objective, bs or "default"),
                        objective, None))
    bst = xgb.train(params(depth=6, tree_method="exact", gamma=1.5,
                           max_leaves=0, grow_policy="depthwise",
                           scale_pos_weight=2.5), dmatrix(X, y), 6)
    got.append(("prune_exact", bst, "exact with gamma 1.5 (deleted nodes), "
                "scale_pos_weight 2.5", "binary:logistic", None))
    names = ["f_%d" % i for i in range(NF)]
    bst = xgb.train(params(), dmatrix(X, y, names=names), 4)
    got.append(("names", bst, "feature_names", "binary:logistic", names))
    R = make_rows([model_doc(g[1]) for g in got], (), 1420)
    for name, bst, desc, objective, nm in got:
        record(name, bst, R, desc, objective, 0, "%s_misc.rows.f32" % TAG,
               names=nm, formats=("json",))
    if HAS_RANGE:
        early("early_parallel2", params(num_parallel_tree=2, subsample=0.7),
              430, "early stopping with num_parallel_tree 2", 30)


def main():
    global outdir
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    outdir = sys.argv[1]
    os.makedirs(outdir, exist_ok=True)
    for old in glob.glob(os.path.join(outdir, TAG + "_*")):
        os.remove(old)
    if FULL:
        edges()
    if VT >= NEWEST:
        full_matrix()
    elif not FULL:
        small_matrix()
    if HAS_CONTAINER and (not FULL or VT >= NEWEST):
        container()
    path = os.path.join(outdir, "manifest.tsv")
    lines = [tuple(m) for m in manifest]
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f.read().splitlines()[1:]:
                cells = tuple(line.split("\t"))
                if cells[6] != VERSION:
                    lines.append(cells)
    lines.sort(key=lambda m: (tuple(int(x) for x in m[6].split(".")), m[0]))
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("\t".join(HEADER) + "\n")
        for m in lines:
            f.write("\t".join(m) + "\n")
    for s in skipped:
        print("SKIPPED", s)
    print(VERSION, len(manifest), "models")


if __name__ == "__main__":
    main()
