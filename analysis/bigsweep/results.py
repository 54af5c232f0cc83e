"""Reads the file that a bigsweep run leaves (RESULTS.h5, schema version 1).

    from bigsweep import results
    file = results.read("RESULTS.h5")
    file.models["name"], file.scores["value"]        # numpy structured arrays, one row per entry
    for curve in file.curves(metric="exact_str_match"):
        print(curve.family, curve.task, curve.shots, curve.scale, curve.value, curve.linearity)
    for row in file.variants:                        # how scores spread over prompts
        print(row["task"], row["metric"], row["n"], row["minimum"], row["maximum"])

A curve's `models` are lists of names: of one model at each point, or of repeats that are averaged.
Where `shared_scales` is above 0 the family has different models of one scale, each with a point of
its own, and no single curve: improvement, linearity and breakthroughness are NaN.

Tables: models, tasks, scores, aggregates, linearity, points, variants, human, prompts, smooth,
comparisons, reliability, calibration, calibration_slopes, forecasts, units, and, read when first
asked for, examples, choices, inputs, targets, choice_texts, samples, skipped. One that a file lacks
has no rows. `table` reads any of them by its name in the file, `frame` as a pandas.DataFrame.

Needs numpy and h5py (Debian: python3-h5py).
"""
from __future__ import annotations

import collections
import math
import os
from typing import Any, Iterable, NamedTuple, Union

import h5py
import numpy

SCHEMA_VERSION = 1

ALL_TASKS = "(all tasks)"
HUMAN_TASKS = "(tasks with human scores)"
AGGREGATE_METRIC = "normalized_aggregate_score"

__all__ = ["AGGREGATE_METRIC", "ALL_TASKS", "HUMAN_TASKS", "SCHEMA_VERSION", "Curve", "Results",
           "ResultsError", "curves", "frame", "read"]

Array = Any  # a numpy.ndarray; tables are structured ones
Path = Union[str, "os.PathLike[str]"]


class Curve(NamedTuple):
    """The scores of a family on a task over its scales, and what is known of their shape."""

    family: str
    task: str
    shots: int
    metric: str
    models: list[list[str]]
    scale: Array
    value: Array
    stderr: Array
    standard_deviation: Array
    n: Array
    improvement: float
    linearity: float
    breakthroughness: float
    shared_scales: int
    shape: str
    shape_p: float
    linearity_ends: tuple[float, float]
    breakthroughness_ends: tuple[float, float]
    half_rise: float
    half_rise_ends: tuple[float, float]


class ResultsError(Exception):
    """The file is absent, or no results file of a version that this module reads."""


def _column(dataset: Any) -> Array:
    """A column as an array: text as Python strings."""
    if dataset.dtype.kind != "S":
        return dataset[...]
    values = numpy.empty(dataset.shape, dtype=object)
    values[...] = [value.decode("utf-8") for value in dataset[...]]
    return values


def _table(file: Any, path: str) -> Array:
    """A group of columns as a structured array; no rows where the group is absent."""
    if path not in file:
        return numpy.empty(0, dtype=[])
    group = file[path]
    columns = {name: _column(group[name]) for name in group if isinstance(group[name], h5py.Dataset)}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise ResultsError(f"{file.filename}: {path}: columns of different lengths")
    rows = numpy.empty(lengths.pop(), dtype=[(name, c.dtype) for name, c in columns.items()])
    for name, values in columns.items():
        rows[name] = values
    return rows


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


class Results:
    """The tables of one file; the large ones (examples, choices, texts) are read when first asked
    for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._large: dict[str, Array] = {}
        self._curves: list[Curve] | None = None
        with _open(path) as file:
            self.provenance = {
                name: _text(value) for name, value in file.attrs.items() if name != "schema_version"
            }
            self.models = _table(file, "models")
            self.tasks = _table(file, "tasks")
            self.scores = _table(file, "scores")
            self.aggregates = _table(file, "analysis/aggregates")
            self.linearity = _table(file, "analysis/linearity")
            self.points = _table(file, "analysis/points")
            self.variants = _table(file, "analysis/variants")
            self.human = _table(file, "analysis/human")
            self.smooth = _table(file, "analysis/smooth")
            self.comparisons = _table(file, "analysis/comparisons")
            self.reliability = _table(file, "analysis/reliability")
            self.calibration = _table(file, "analysis/calibration")
            self.calibration_slopes = _table(file, "analysis/calibration_slopes")
            self.prompts = _table(file, "analysis/prompts")
            self.forecasts = _table(file, "analysis/forecasts")
            self.units = _table(file, "run/units")

    def table(self, path: str) -> Array:
        """Any table by its name in the file: "examples", "/analysis/linearity"."""
        path = path.strip("/")
        if path not in self._large:
            with _open(self.path) as file:
                self._large[path] = _table(file, path)
        return self._large[path]

    examples = property(lambda self: self.table("examples"))
    choices = property(lambda self: self.table("choices"))
    inputs = property(lambda self: self.table("inputs"))
    targets = property(lambda self: self.table("targets"))
    choice_texts = property(lambda self: self.table("choice_texts"))
    samples = property(lambda self: self.table("samples"))
    skipped = property(lambda self: self.table("skipped"))

    def frame(self, table: str = "scores") -> Any:
        """A table as a pandas.DataFrame; where it has rows of /models and /tasks, their names stand
        in `model` and `task`, and `family` and `scale` of the model are added."""
        import pandas

        rows = self.table(table)
        data = pandas.DataFrame({name: rows[name] for name in rows.dtype.names or ()})
        if "model" in data and numpy.issubdtype(rows["model"].dtype, numpy.integer):
            models = self.models[rows["model"]]
            data["model"] = models["name"]
            for name in ("family", "scale"):
                if name not in data:
                    data[name] = models[name]
        if "task" in data and numpy.issubdtype(rows["task"].dtype, numpy.integer):
            data["task"] = self.tasks["name"][rows["task"]]
        return data

    def prompt_counts(self, **wanted: Any) -> dict[str, int]:
        """Of the prompts with these values (task, shots, model: names or numbers), how many there are
        and of how many something was lost: {"prompts", "truncated", "fewer_shots", "skipped",
        "border"}."""
        names = {"task": self.tasks["name"], "model": self.models["name"]}
        keep = numpy.ones(len(self.prompts), dtype=bool)
        for column, value in wanted.items() if len(self.prompts) else ():
            values = self.prompts[column]
            keep &= (names[column][values] if column in names else values) == value
        counts = ("prompts", "truncated", "fewer_shots", "skipped", "border")
        return {c: int(self.prompts[c][keep].sum()) if len(self.prompts) else 0 for c in counts}

    def families(self) -> list[str]:
        """The names of the families, in order of their first model."""
        return list(dict.fromkeys(self.models["family"]))

    def task(self, name: str) -> Any:
        """The row of a task."""
        return self.tasks[list(self.tasks["name"]).index(name)]

    def ways(self, task: str | None = None) -> dict[str, Any]:
        """The ways in which a task is put: {variant: name of the task with it}, "" for the task as
        its file has it; without `task` those of all tasks, {task: {variant: name}}."""
        if task is not None:
            return self.ways().get(task, {})
        found: dict[str, Any] = {}
        for name, variant in zip(self.tasks["name"], self._variants()):
            suffix = f"@{variant}"
            base = name[: -len(suffix)] if variant and name.endswith(suffix) else name
            found.setdefault(base, {})[variant] = name
        return found

    def _variants(self) -> Any:
        if "variant" not in self.tasks.dtype.names:
            return [""] * len(self.tasks)
        return self.tasks["variant"]

    def subtasks(self, parent: str, variant: str = "") -> list[str]:
        """The names of the tasks that a task is made of, put in one way."""
        return [
            name
            for name, of in zip(self.tasks["name"], self._variants())
            if of == variant and name.startswith(f"{parent}:")
        ]

    def human_scores(self, task: str, metric: str | None = None) -> tuple[float, float]:
        """(average, best) of people on a task, or of an aggregate (normalised); (nan, nan) where
        they are not known, or told in another metric."""
        for row in self.human:
            if row["task"] == task and metric in (None, row["metric"]):
                kind = "normalized_" if row["metric"] == AGGREGATE_METRIC else ""
                return float(row[kind + "average"]), float(row[kind + "best"])
        return math.nan, math.nan

    def spreads(self, **wanted: Any) -> Array:
        """The rows of variants with these values: task, metric, shots, model."""
        if len(self.variants) == 0:
            return self.variants
        keep = numpy.ones(len(self.variants), dtype=bool)
        for column, value in wanted.items():
            keep &= self.variants[column] == value
        return self.variants[keep]

    def curves(self, family: str | None = None, task: str | None = None, shots: int | None = None,
               metric: str | None = None) -> list[Curve]:
        """Scores against scale, one curve per family, task or aggregate, shots and metric,
        ascending; repeats are averaged, other models of one scale are not."""
        wanted = {"family": family, "task": task, "shots": shots, "metric": metric}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        if self._curves is None:
            self._curves = self._make_curves()
        return [c for c in self._curves if all(getattr(c, k) == v for k, v in wanted.items())]

    def _make_curves(self) -> list[Curve]:
        if len(self.linearity) == 0:
            return []
        points: dict[int, list[Any]] = collections.defaultdict(list)
        if len(self.points) == 0:
            self._collect_points(points)
        for point in self.points:
            points[int(point["curve"])].append(
                (self._repeats(point), *(point[name] for name in POINT)))
        return [self._curve(i, row, points[i]) for i, row in enumerate(self.linearity)]

    def _repeats(self, point: Any) -> list[str]:
        """The names of the models of a point: one, or all repeats of one."""
        first = self.models[point["model"]]
        if point["models"] == 1:
            return [first["name"]]
        return [
            row["name"]
            for row in self.models
            if (row["family"], row["scale"]) == (first["family"], first["scale"])
            and not math.isnan(row["seed"])
        ]

    def _collect_points(self, points: dict[int, list[Any]]) -> None:
        """For files from before points and seeds were kept, which averaged whatever had one scale:
        a point for each model."""
        rows = {_key(row["family"], row["task"], row): i for i, row in enumerate(self.linearity)}
        for score in self.scores:
            model = self.models[score["model"]]
            key = _key(model["family"], self.tasks["name"][score["task"]], score)
            points[rows[key]].append(([model["name"]], model["scale"], score["value"],
                                      score["stderr"], math.nan, score["n"]))
        for mean in self.aggregates:
            model = self.models[mean["model"]]
            key = (model["family"], mean["tasks"], int(mean["shots"]), AGGREGATE_METRIC)
            points[rows[key]].append(([model["name"]], model["scale"], mean["value"],
                                      mean["stderr"], math.nan, mean["n"]))
        for of_row in points.values():
            of_row.sort(key=lambda point: float(point[1]))

    def _curve(self, i: int, row: Any, points: Iterable[Any]) -> Curve:
        """Row `i` of /analysis/linearity with its points (models, then those of POINT)."""
        models, scale, value, stderr, deviation, n = zip(*points)
        shared = (int(row["shared_scales"]) if "shared_scales" in row.dtype.names
                  else self._shared_scales(row["family"]))
        improvement, linearity, breakthroughness = (
            math.nan if shared else float(row[name])
            for name in ("improvement", "linearity", "breakthroughness"))
        return Curve(
            row["family"], row["task"], int(row["shots"]), row["metric"], list(models),
            numpy.array(scale), numpy.array(value), numpy.array(stderr), numpy.array(deviation),
            numpy.array([int(count) for count in n]), improvement, linearity, breakthroughness,
            shared, row["shape"] if "shape" in row.dtype.names else "", _number(row, "shape_p"),
            _ends(row, "linearity"), _ends(row, "breakthroughness"), _number(row, "half_rise_scale"),
            _ends(row, "half_rise_scale"))

    def _shared_scales(self, family: str) -> int:
        """Scales of several models in a file that knows no seeds."""
        counts = collections.Counter(
            row["scale"] for row in self.models if row["family"] == family)
        return sum(count > 1 for count in counts.values())


# What is kept of a point, beside its models.
POINT = ("scale", "value", "stderr", "standard_deviation", "n")


def _number(row: Any, name: str) -> float:
    """NaN in files from before the column was kept."""
    return float(row[name]) if name in row.dtype.names else math.nan


def _ends(row: Any, name: str) -> tuple[float, float]:
    return _number(row, f"{name}_low"), _number(row, f"{name}_high")


def _key(family: str, task: str, row: Any) -> tuple[str, str, int, str]:
    return family, task, int(row["shots"]), row["metric"]


def _open(path: Path) -> Any:
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such file") from None
    except OSError as error:
        raise ResultsError(f"{path}: not an HDF5 file: {error}") from None
    version = file.attrs.get("schema_version")
    if version is None or int(version) != SCHEMA_VERSION:
        file.close()
        found = "no schema_version" if version is None else f"schema version {int(version)}"
        raise ResultsError(f"{path}: {found}, this script reads version {SCHEMA_VERSION}")
    return file


def read(path: Path) -> Results:
    """Reads a results file; raises ResultsError with a message for people."""
    return Results(path)


def curves(file: Results | Path, **wanted: Any) -> list[Curve]:
    """The curves of a file, see Results.curves."""
    return _results(file).curves(**wanted)


def frame(file: Results | Path, table: str = "scores") -> Any:
    """A table of a file as a pandas.DataFrame, see Results.frame."""
    return _results(file).frame(table)


def _results(file: Results | Path) -> Results:
    return file if isinstance(file, Results) else read(file)
