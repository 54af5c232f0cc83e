"""Preferred scores with pandas: pandas_scores.py RESULTS.h5"""
import sys

import h5py
import pandas


def frame(group):
    """A table of the file: text columns are bytes in HDF5, and become strings."""
    return pandas.DataFrame({name: column.asstr()[...] if column.dtype.kind == "S" else column[...]
                             for name, column in group.items()})


with h5py.File(sys.argv[1], "r") as file:
    models, tasks, scores = frame(file["models"]), frame(file["tasks"]), frame(file["scores"])
scores = scores.merge(models[["name"]], left_on="model", right_index=True, sort=False)
scores = scores.merge(tasks[["name", "preferred_metric"]], left_on="task", right_index=True,
                      suffixes=("_model", "_task"), sort=False).sort_index()
for row in scores[scores.metric == scores.preferred_metric].itertuples():
    print(row.name_model, row.name_task, row.shots, row.metric, f"{row.value:.6f}")
