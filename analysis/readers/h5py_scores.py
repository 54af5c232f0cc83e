"""Preferred scores with h5py alone: h5py_scores.py RESULTS.h5"""
import sys

import h5py

with h5py.File(sys.argv[1], "r") as file:
    models = file["models/name"].asstr()[...]
    tasks = file["tasks/name"].asstr()[...]
    preferred = file["tasks/preferred_metric"].asstr()[...]
    scores = file["scores"]
    for model, task, shots, metric, value in zip(
            scores["model"][...], scores["task"][...], scores["shots"][...],
            scores["metric"].asstr()[...], scores["value"][...]):
        if metric == preferred[task]:
            print(models[model], tasks[task], shots, metric, f"{value:.6f}")
