"""Reads what bigsweep leaves: RESULTS.h5.

    import bigsweep
    file = bigsweep.read("RESULTS.h5")          # tables as arrays, curves, what belongs together
    for curve in bigsweep.curves("RESULTS.h5", task="T", metric="M"):
        print(curve.family, curve.scale, curve.value, curve.linearity)
    bigsweep.frame("RESULTS.h5")                # pandas: scores, with names instead of row numbers
    bigsweep.frame("RESULTS.h5", "examples")    # any other table

Needs numpy and h5py; `frame` needs pandas.
"""
from .results import (AGGREGATE_METRIC, ALL_TASKS, HUMAN_TASKS, Curve, Results, ResultsError, curves,
                      frame, read)

__all__ = ["AGGREGATE_METRIC", "ALL_TASKS", "HUMAN_TASKS", "Curve", "Results", "ResultsError",
           "curves", "frame", "read"]
