#!/bin/sh
# Models and tasks that cannot be opened: told once, left out, and the file goes on when they are mended. usage:
# test_inputs.sh PROGRAM SOURCE_FOLDER FAULTS_MODULE
set -eu
faults=$3
. "$(dirname "$0")/common.sh"
model=$source/models/ladder/s1/10k

# Five models of which one is good, and the ways in which the others are bad.
for name in good absent other empty page nan; do
  cp -r "$model" "$work/$name"
done
rm "$work/absent/tokenizer.json"
echo '{}' >"$work/absent/vocab.json"
echo '' >"$work/absent/merges.txt"
: >"$work/empty/tokenizer.json"
echo '<!DOCTYPE html><html></html>' >"$work/page/tokenizer.json"
/usr/bin/python3 - "$work" <<'PYTHON'
import json
import struct
import sys

folder = sys.argv[1]
path = folder + "/other/tokenizer.json"
tokenizer = json.load(open(path))
added = {token["content"] for token in tokenizer["added_tokens"]}
for token in tokenizer["model"]["vocab"]:
    if token not in added:
        last = token
tokenizer["model"]["vocab"][last] = 50000
json.dump(tokenizer, open(path, "w"))

path = folder + "/nan/model.safetensors"
data = bytearray(open(path, "rb").read())
(n,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + n])
name = [key for key in header if "norm" in key and "final" not in key][-1]
size = {"F32": 4, "F16": 2, "BF16": 2}[header[name]["dtype"]]
at = 8 + n + header[name]["data_offsets"][0] + 3 * size
data[at : at + size] = b"\xff" * size
open(path, "wb").write(data)
open(folder + "/nan/damaged", "w").write(name)
PYTHON

# write_models FILE NAME...
write_models() {
  file=$1
  shift
  {
    printf '{"models": ['
    separator=
    for name in "$@"; do
      printf '%s{"path": "%s/%s"}' "$separator" "$work" "$name"
      separator=', '
    done
    printf '], "tasks": ["%s/tasks/ladder_facts", "%s/tasks/ladder_addition"], "shots": [0, 2], ' "$source" "$source"
    printf '"max_examples": 24, "generation": {"max_tokens": 8}}\n'
  } >"$file"
}

# lines TEXT: how many lines of the log have it
lines() {
  grep -cF -- "$1" "$work/log" || true
}

# told TEXT: exactly once
told() {
  [ "$(lines "$1")" -eq 1 ] || die "\"$1\" stands $(lines "$1") times in: $(cat "$work/log")"
}

write_models "$work/bad.json" good absent other empty page nan
for n in 0 1 3; do
  code=0
  if [ $n -eq 0 ]; then
    "$program" run "$work/bad.json" -o "$work/bad$n.h5" >"$work/out" 2>"$work/log" || code=$?
  else
    on_ranks $n run "$work/bad.json" -o "$work/bad$n.h5" >"$work/out" 2>"$work/log" || code=$?
  fi
  [ $code -eq 1 ] || die "$n ranks: expected exit code 1, found $code: $(cat "$work/log")"
  for name in absent other empty page nan; do
    told "model \"$name\" is left out"
    [ "$(lines "$work/$name/")" -le 1 ] || die "$name is told of more than once: $(cat "$work/log")"
  done
  told 'vocab.json and merges.txt'
  told "another model's: it has tokens up to number 50000"
  told 'empty/tokenizer.json: line 1, column 1: expected JSON, found an empty text'
  told 'it is a web page, not the file'
  told "element 3 of the tensor $(cat "$work/nan/damaged") is NaN"
  told 'incomplete: 0 examples failed, 5 models or tasks left out'
  ! grep -q 'task.json' "$work/log" || die "the task is blamed: $(cat "$work/log")"
done
same_results "$work/bad0.h5" "$work/bad3.h5"

# plan says the same, and has its table.
code=0
"$program" plan "$work/bad.json" >"$work/out" 2>"$work/log" || code=$?
[ $code -eq 1 ] || die "plan: expected exit code 1, found $code"
for name in absent other empty page; do
  told "model \"$name\" is left out"
done
told 'model "nan" cannot be used here'
grep -q '^good ' "$work/out" || die "plan: no table: $(cat "$work/out")"
grep -q 'expected s' "$work/out" || die "plan: no expectation: $(cat "$work/out")"

# All mended, with a kill in between: the same file as if nothing had been wrong.
for name in absent other empty page nan; do
  rm -r "$work/$name"
  cp -r "$model" "$work/$name"
  echo " " >>"$work/$name/config.json" # models of one content would be one
  echo "$name" | wc -c | xargs -I{} printf '%{}s' ' ' >>"$work/$name/config.json"
done
on_ranks 2 run "$work/bad.json" -o "$work/whole.h5" >/dev/null 2>"$work/log" || die "whole: $(cat "$work/log")"
on_ranks 3 run "$work/bad.json" -o "$work/bad0.h5" >/dev/null 2>"$work/log" || die "mended: $(cat "$work/log")"
told '576 examples, 96 of them done before'
same_results "$work/whole.h5" "$work/bad0.h5"

# A model that one worker cannot read is done by the others, and the tables are the same.
write_models "$work/two.json" good absent
"$program" run "$work/two.json" -o "$work/two.h5" >/dev/null 2>"$work/log" || die "two: $(cat "$work/log")"
export BIGSWEEP_TEST_HIDE BIGSWEEP_TEST_HIDE_RANKS
# hidden NAME RANKS OUTPUT CODE: what is called NAME is not there on these ranks
hidden() {
  BIGSWEEP_TEST_HIDE=$1 BIGSWEEP_TEST_HIDE_RANKS=$2
  code=0
  timeout 120 mpirun --oversubscribe -n 3 -x LD_PRELOAD="$faults" "$program" run "$work/two.json" -o "$3" \
    >/dev/null 2>"$work/log" || code=$?
  [ $code -eq "$4" ] || die "$1 hidden on $2: expected exit code $4, found $code: $(cat "$work/log")"
}
for what in absent/tokenizer.json absent/model.safetensors ladder_facts/task.json; do
  name=$(echo $what | tr / _)
  hidden "$what" 1 "$work/one_$name.h5" 0
  [ "$(lines 'cannot use the')" -le 1 ] || die "told more than once: $(cat "$work/log")"
  ! grep -q 'failed' "$work/log" || die "$what: an example failed: $(cat "$work/log")"
  same_results "$work/two.h5" "$work/one_$name.h5"
  # Nobody can: left out, told once, and done by the next run.
  hidden "$what" 1,2 "$work/none_$name.h5" 1
  told 'is left out'
  told 'incomplete: 0 examples failed, 1 model or task left out'
  on_ranks 2 run "$work/two.json" -o "$work/none_$name.h5" >/dev/null 2>"$work/log" || die "again: $(cat "$work/log")"
  same_results "$work/two.h5" "$work/none_$name.h5"
done

unset BIGSWEEP_TEST_HIDE BIGSWEEP_TEST_HIDE_RANKS

# Nodes with disks of their own: another checkpoint lies at the same path on some of them. What they would score is
# not what the file says, so they are told apart, and the others do the work.
for node in a b; do
  mkdir -p "$work/node_$node"
  cp -r "$source/models/ladder/s1/10k" "$work/node_$node/model"
done
cp "$source/models/ladder/s2/10k/model.safetensors" "$work/node_b/model/model.safetensors"
sed "s,$work/good,model,; s,$work/absent,model,; s/, {\"path\": \"model\"}//" "$work/two.json" >"$work/node_a/sweep.json"
# nodes OUTPUT CODE FIRST SECOND: the coordinator is on node a, the workers are on these
nodes() {
  code=0
  timeout 120 mpirun --oversubscribe -n 1 -wdir "$work/node_a" "$program" run sweep.json -o "$1" : \
    -n 1 -wdir "$work/node_$3" "$program" run sweep.json -o "$1" : \
    -n 1 -wdir "$work/node_$4" "$program" run sweep.json -o "$1" >/dev/null 2>"$work/log" || code=$?
  [ $code -eq "$2" ] || die "nodes $3 and $4: expected exit code $2, found $code: $(cat "$work/log")"
}
different='model/model.safetensors: not the file that the coordinator has read: the nodes have different copies'
nodes "$work/same.h5" 0 a a
[ "$(lines "$different")" -eq 0 ] || die "copies of one model are taken for others: $(cat "$work/log")"
nodes "$work/mixed.h5" 0 a b
told "worker 2 on $(hostname) cannot use the model"
told "$different"
same_results "$work/same.h5" "$work/mixed.h5"
nodes "$work/none.h5" 1 b b
told "is left out: on $(hostname): $different"
cp "$work/node_a/model/model.safetensors" "$work/node_b/model/"
echo ' ' >>"$work/node_b/model/tokenizer.json"
nodes "$work/mixed_tokenizer.h5" 0 a b
told 'model/tokenizer.json: not the file that the coordinator has read'
same_results "$work/same.h5" "$work/mixed_tokenizer.h5"

# Not enough memory for one of them.
cat >"$work/large.json" <<CONFIG
{"models": [{"path": "$work/good"}, {"name": "large", "path": "$source/models/ladder/s1/1m"}],
 "tasks": ["$source/tasks/ladder_facts"], "max_examples": 24}
CONFIG
for n in 1 3; do
  code=0
  BIGSWEEP_TEST_MEMORY_KIB=12000 timeout 120 mpirun --oversubscribe -n $n -x BIGSWEEP_TEST_MEMORY_KIB \
    -x LD_PRELOAD="$faults" "$program" run "$work/large.json" -o "$work/large$n.h5" >/dev/null 2>"$work/log" || code=$?
  [ $code -eq 1 ] || die "memory: expected exit code 1, found $code: $(cat "$work/log")"
  told 'model "large" is left out: the model needs'
  grep -q 'is left out: .*; start fewer ranks on a node (each holds the model) or take one with more' "$work/log" ||
    die "no remedy: $(cat "$work/log")"
  told 'incomplete: 0 examples failed, 1 model or task left out'
done
"$program" run "$work/large.json" -o "$work/large3.h5" >/dev/null 2>"$work/log" || die "$(cat "$work/log")"
told '48 examples, 24 of them done before'

# Where bf16 would need less, that is said; the weights of "large" are stored so.
cp -r "$source/models/ladder/s1/1m" "$work/wide"
/usr/bin/python3 - "$work/wide/model.safetensors" <<'PYTHON'
import array
import json
import struct
import sys

path = sys.argv[1]
data = open(path, "rb").read()
(n,) = struct.unpack("<Q", data[:8])
header, at, out = json.loads(data[8 : 8 + n]), 0, b""
header.pop("__metadata__", None)
for tensor in header.values():
    assert tensor["dtype"] == "BF16"
    first, end = tensor["data_offsets"]
    halves = array.array("H", data[8 + n + first : 8 + n + end])
    words = array.array("I", [half << 16 for half in halves]).tobytes()
    tensor.update(dtype="F32", data_offsets=[at, at + len(words)])
    at += len(words)
    out += words
text = json.dumps(header).encode()
open(path, "wb").write(struct.pack("<Q", len(text)) + text + out)
PYTHON
sed "s,$source/models/ladder/s1/1m,$work/wide," "$work/large.json" >"$work/wide.json"
code=0
BIGSWEEP_TEST_MEMORY_KIB=12000 LD_PRELOAD=$faults "$program" run "$work/wide.json" -o "$work/wide.h5" \
  >/dev/null 2>"$work/log" || code=$?
[ $code -eq 1 ] || die "memory of f32: expected exit code 1, found $code: $(cat "$work/log")"
told 'or take one with more memory, precision bf16 needs'
echo "inputs: passed"
