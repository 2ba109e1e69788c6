"""What is compared: a file a side, and a line here.

They take turns in this order.  The results of the first are what those of the
others must be.
"""

from . import contributions, drift
from .cold import Cold, ColdAvx2
from .decisions import Decisions
from .floors import Floors
from .lookup import Latency, Lookup, LookupAvx2
from .matrix import Matrix, NewestMatrix
from .peer import Peer
from .plpython import NewestPlpython, Plpython
from .scan import (Avx2, RowByRow, Scan, TwoWorkers, TwoWorkersAvx2, WithoutJit,
                   WorkerAndLeader)
from .web import Web

# For each model.
MODELS = [Matrix, NewestMatrix, Peer, Plpython, NewestPlpython,
          Scan, Avx2, RowByRow, WithoutJit, TwoWorkers, TwoWorkersAvx2, WorkerAndLeader,
          Floors, Lookup, LookupAvx2, Latency, Web, Cold, ColdAvx2,
          contributions.Matrix, contributions.NewestMatrix, contributions.Contributions,
          contributions.RowByRow, contributions.Explain]

# What does not depend on a model, by group.
DRIFT = [drift.Scipy, drift.NewestScipy, drift.Evidently, drift.Report, drift.TwoWorkers,
         drift.Floor, drift.Memory]
DECISIONS = [Decisions]

ALL = MODELS + DRIFT + DECISIONS
