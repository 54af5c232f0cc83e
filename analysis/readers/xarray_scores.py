"""Preferred scores with xarray, as an array over models, tasks and shots: xarray_scores.py RESULTS.h5"""
import sys

import h5py
import xarray

with h5py.File(sys.argv[1], "r") as file:
    models = file["models/name"].asstr()[...]
    tasks = file["tasks/name"].asstr()[...]
    preferred = file["tasks/preferred_metric"].asstr()[...]
    of = {name: file["scores"][name][...] for name in ("model", "task", "shots", "value")}
    metrics = file["scores/metric"].asstr()[...]
shots = sorted({int(k) for k in of["shots"]})
scores = xarray.DataArray(
    float("nan"), dims=("model", "task", "shots"),
    coords={"model": models, "task": tasks, "shots": shots})
for model, task, k, metric, value in zip(of["model"], of["task"], of["shots"], metrics, of["value"]):
    if metric == preferred[task]:
        scores[model, task, shots.index(k)] = value
for model in models:
    for number, task in enumerate(tasks):
        for k in shots:
            value = scores.sel(model=model, task=task, shots=k).item()
            if value == value:
                print(model, task, k, preferred[number], f"{value:.6f}")
