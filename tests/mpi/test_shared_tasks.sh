#!/bin/sh
# Every task of the shared folders, of every format, in one configuration on two models of the ladder:
# BIG-bench, BIG-Bench Hard with and without chain of thought, Inverse Scaling, BBQ, and our own.
set -eu
. "$(dirname "$0")/common.sh"

data=${BS_SHARED_DATA:-$source/../shared/data}
if [ ! -d "$data/bigbench" ]; then
  echo "shared tasks are absent: $data/bigbench"
  exit 77
fi

cat >"$work/config.json" <<CONFIG
{"name": "shared",
 "models": [
   {"path": "$source/models/ladder/s1/3k"},
   {"path": "$source/models/ladder/s1/30k"}],
 "variants": {
   "few_shot_cot": {
     "head": "$data/bbh/cot-prompts/{task}.txt", "shots": [0],
     "example_input_prefix": "\n\nQ: ", "example_output_prefix": "\nA: ",
     "reasoning_prompt": "Let's think step by step.\n", "reasoning_stop": "\n\nQ:",
     "output_regex": "the answer is (.*?)\\\\.?\\\\s*(?:\\\\n|$)", "max_tokens": 12},
   "two_steps": {
     "reasoning_prompt": "Let's think step by step.", "reasoning_stop": "\nQ:",
     "answer_prompt": "\nTherefore, the answer is ", "max_tokens": 8},
   "voted": {
     "reasoning_prompt": "Let's think step by step.", "reasoning_stop": "\nQ:",
     "answer_prompt": "\nTherefore, the answer is ", "max_tokens": 8,
     "samples": 3, "temperature": 0.7}},
 "tasks": [
   {"path": "$data/bigbench/*/task.json", "shots": [0, 2]},
   {"suite": "bbh", "path": "$data/bbh", "variants": ["plain", "few_shot_cot", "two_steps"]},
   {"path": "$data/inverse-scaling/*.csv", "name": "inverse:{task}", "variants": ["plain", "voted"]},
   {"path": "$data/bias/*.jsonl", "name": "bbq:{task}", "variants": ["plain", "two_steps"]},
   "$source/tasks/*/task.json"],
 "shots": [0], "max_examples": 3, "generation": {"max_tokens": 8}}
CONFIG

on_ranks 3 run "$work/config.json" -o "$work/shared.h5" >"$work/table.txt"
/usr/bin/python3 - "$work/shared.h5" "$data" "$source" <<'CHECK'
import glob, sys
import h5py, numpy as np

path, data, source = sys.argv[1:]
count = lambda pattern: len(glob.glob(pattern))
expected = {"bigbench": count(data + "/bigbench/*/task.json"), "bbh": 3 * count(data + "/bbh/*.json"),
            "inverse": 2 * count(data + "/inverse-scaling/*.csv"),
            "bbq": 2 * count(data + "/bias/*.jsonl"), "ladder": count(source + "/tasks/*/task.json")}
with h5py.File(path) as f:
    names = [n.decode() for n in f["tasks/name"]]
    kinds = [n.split(":")[0] if ":" in n else "ladder" if n.startswith("ladder_") else "bigbench"
             for n in names]
    found = {kind: kinds.count(kind) for kind in expected}
    assert found == expected, (found, expected)
    assert not any(f["run/units/failure"][:]), set(f["run/units/failure"][:])
    preferred = f["tasks/preferred_metric"][:]
    n_shots = {t: 2 if kinds[t] == "bigbench" else 1 for t in range(len(names))}
    of_preferred = f["scores/metric"][:] == preferred[f["scores/task"][:]]
    for t, name in enumerate(names):
        rows = of_preferred & (f["scores/task"][:] == t)
        assert rows.sum() == 2 * n_shots[t], (name, rows.sum())
        assert np.all(f["scores/n"][:][rows] == 3), name
        assert np.all(np.isfinite(f["scores/value"][:][rows])), name
    with_samples = {names[t] for t in np.unique(f["examples/task"][:][f["samples/row"][:]])}
    assert with_samples >= {n for n in names if n.endswith(("@two_steps", "@voted"))}
    roles = {names[t] for t in np.unique(f["choice_texts/task"][:][f["choice_texts/role"][:] > 0])}
    assert roles == {n for n in names if n.startswith("bbq:")}, roles
    print(len(names), "tasks,", len(f["examples/example"]), "examples,", len(f["scores/value"]), "scores")
CHECK
