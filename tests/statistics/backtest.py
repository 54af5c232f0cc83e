"""Back-tests forecasts on published results: the tables of docs/statistics.md. Not a test: it takes
some minutes.

    backtest.py BIGSWEEP CURVES [SET...]

CURVES is the folder curves of the shared data. Of each set the largest and (but for OLMo, where the
ladder has five sizes) also the second largest model is forecast from those one and two sizes
smaller. "Not refused": forecasts without a reason against them.
"""
import collections
import csv
import io
import itertools
import os
import statistics
import subprocess
import sys

BBH = {
    "boolean_expressions": 2, "causal_judgement": 2, "date_understanding": 6,
    "disambiguation_qa": 3, "formal_fallacies": 2, "geometric_shapes": 11, "hyperbaton": 2,
    "logical_deduction_five": 5, "logical_deduction_seven": 7, "logical_deduction_three": 3,
    "movie_recommendation": 6, "navigate": 2, "object_counting": 19, "penguins": 5,
    "reasoning_about_colored": 18, "ruin_names": 6, "salient_translation": 6, "snarks": 2,
    "sports_understanding": 2, "temporal_sequences": 4, "tracking_shuffled_objects_five": 5,
    "tracking_shuffled_objects_seven": 7, "tracking_shuffled_objects_three": 3, "web_of_lies": 2,
}


def chance_of(task):
    """The score of a guess, as the README of the shared curves lists it."""
    name = task.lower()
    if name.startswith("bbh"):
        for part, answers in BBH.items():
            if part in name:
                return 1 / answers
        return 0.25
    rules = [
        (("mmlu-pro", "mmlu_pro"), 0.1), (("bigbench_parsinlu",), 0.25),
        (("mmlu", "hendryckstest", "arc", "sciq", "logiqa", "hellaswag", "openbookqa", "gpqa"), 0.25),
        (("xwino", "piqa", "winogrande", "winograd", "wsc", "boolq", "blimp"), 0.5),
        (("anli", "socialiqa"), 1 / 3), (("csqa",), 0.2),
    ]
    for names, chance in rules:
        if any(part in name for part in names):
            return chance
    if "musr" in name:
        return 1 / 3 if "team" in name else 0.2 if "object" in name else 0.5
    return 0.0


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def by_metric(*metrics):
    return lambda row: row["metric"] in metrics


def is_bbh(row):
    return row["task"].lower().startswith("bbh")


SETS = {  # name: (folder, which rows, targets back)
    "pythia-v0": ("pythia-v0", by_metric("acc", "acc_norm"), 2),
    "opt": ("opt-bloom", lambda r: r["family"] == "opt" and r["metric"] in ("acc", "acc_norm"), 2),
    "bloom": ("opt-bloom", lambda r: r["family"] == "bloom" and r["metric"] in ("acc", "acc_norm"), 2),
    "olmo-ladder": ("olmo-ladder", by_metric("accuracy"), 1),
    "bbh": ("sloth-openllm", is_bbh, 2),
    "openllm other": ("sloth-openllm", lambda r: not is_bbh(r), 2),
    "bigbench": ("obsscaling", lambda r: "bigbench" in r["task"].lower() or r["metric"] != "score", 2),
    "own ladder": ("ladder-examples", by_metric("preferred"), 2),
}


def table_text(rows):
    out = io.StringIO()
    columns = ["family", "model", "scale", "tokens", "compute", "task", "metric", "shots", "value",
               "stderr", "n", "chance"]
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "chance": chance_of(row["task"])})
    return out.getvalue()


def forecast(program, rows, *options):
    run = subprocess.run([program, "forecast", "--scores", "-", "--csv", *options],
                         input=table_text(rows), capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    return list(csv.DictReader(io.StringIO(run.stdout)))


def number(text):
    return float(text) if text else None


def without_largest(rows, n):
    """The table without the n largest models of each curve."""
    if n == 0:
        return rows
    curves = collections.defaultdict(list)
    for row in rows:
        curves[row["family"], row["task"], row["metric"], row["shots"]].append(row)
    kept = []
    for curve in curves.values():
        curve.sort(key=lambda row: float(row["compute"] or row["scale"]))
        kept += curve[:-n] if n < len(curve) else []
    return kept


def finite(rows):
    return [row for row in rows if row["value"] not in ("", "nan", "NaN")]


def back_test(program, rows, horizon, n_targets):
    """Forecasts of the largest models, each from those `horizon` smaller."""
    results = []
    for back in range(n_targets):
        for row in forecast(program, without_largest(rows, back), "--hold", str(horizon)):
            key = row["family"], row["shots"], row["task"], row["metric"]
            row["key"] = (back, *key)
            results.append(row)
    largest = {}  # of the held-out sizes the largest is `horizon` ahead
    for row in results:
        if row["key"] not in largest or number(row["scale"]) > number(largest[row["key"]]["scale"]):
            largest[row["key"]] = row
    return [row for row in largest.values() if row["forecast"]]


def summarize(name, horizon, rows):
    tasks = [row for row in rows if row["task"] != "(all tasks)"]
    means = [row for row in rows if row["task"] == "(all tasks)"]
    if not tasks:
        return
    error = lambda row: 100 * abs(number(row["forecast"]) - number(row["observed"]))
    turned = [row for row in tasks if "curve is" in row["reason"]]
    told = [row for row in tasks if not row["reason"]]
    intervals = [row for row in tasks if row["low80"]]
    held = [number(r["low80"]) <= number(r["observed"]) <= number(r["high80"]) for r in intervals]
    mean_held = [number(r["low80"]) <= number(r["observed"]) <= number(r["high80"])
                 for r in means if r["low80"]]
    share = lambda values: f"{100 * sum(values) / len(values):.0f} % of {len(values)}" if values else "-"
    width = statistics.mean(number(r["high80"]) - number(r["low80"]) for r in intervals) if intervals else None
    line = [name, str(horizon), str(len(tasks)),
            f"{statistics.mean(map(error, tasks)):.2f}", f"{max(map(error, tasks)):.1f}",
            share(held), f"{100 * width:.1f}" if width is not None else "-",
            f"{statistics.mean(map(error, turned)):.2f} ({len(turned)})" if turned else "-",
            f"{statistics.mean(map(error, told)):.2f} ({len(told)})" if told else "-",
            f"{statistics.mean(map(error, means)):.2f}" if means else "-", share(mean_held)]
    print("| " + " | ".join(line) + " |", flush=True)


def olmo_far(program, folder):
    """7B-4T and 13B-5T from the 16 runs of 1 to 10 times Chinchilla's tokens up to 1.3B."""
    rows = rows_of(os.path.join(folder, "olmo-ladder", "table.csv"))
    ratios = {"ladder-1xC", "ladder-2xC", "ladder-5xC", "ladder-10xC"}
    for limit in (1.5e9, 4e9):
        known = [{**row, "family": "olmo"} for row in rows
                 if row["family"] in ratios and float(row["scale"]) < limit
                 and row["metric"] in ("accuracy", "bpb")]
        for target, on_the_way in itertools.product(("target-7B-4T", "target-13B-5T"), (0, 1)):
            ahead = [{**row, "family": "olmo"} for row in rows
                     if row["family"] == target and row["metric"] in ("accuracy", "bpb")]
            options = ["--trajectories", os.path.join(folder, "olmo-ladder", "steps.csv")]
            got = [row for row in forecast(program, known + ahead, "--hold", "1",
                                           *(options if on_the_way else []))
                   if row["metric"] == "accuracy" and row["task"] != "(all tasks)"]
            errors = [100 * abs(number(r["forecast"]) - number(r["observed"])) for r in got]
            print(f"{target} from runs up to {limit:.1e}, {got[0]['method']}"
                  f"{' with trajectories' if on_the_way else ''}: n {len(errors)}, "
                  f"mean {statistics.mean(errors):.2f}, largest {max(errors):.2f}")
            print("   ", ", ".join(f"{r['task']} {e:.1f}" for r, e in zip(got, errors)))


def main():
    program, folder, *wanted = sys.argv[1:]
    print("| set | ahead | n | error | largest | covered | width | turning curves | not refused | "
          "means | covered |\n|---|---|---|---|---|---|---|---|---|---|---|")
    for name, (data, is_used, n_targets) in SETS.items():
        if wanted and name not in wanted:
            continue
        rows = finite(row for row in rows_of(os.path.join(folder, data, "table.csv")) if is_used(row))
        for horizon in (1, 2):
            summarize(name, horizon, back_test(program, rows, horizon, n_targets))
    if not wanted or "olmo" in wanted:
        olmo_far(program, folder)


if __name__ == "__main__":
    main()
