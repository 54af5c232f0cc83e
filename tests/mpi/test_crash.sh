#!/bin/sh
# What an engine process or a rank may suffer without harm to the sweep: crashes, a hang, an example
# that kills every engine, lost workers, a lost coordinator.
set -eu
. "$(dirname "$0")/common.sh"

cat >"$work/config.json" <<CONFIG
{"models": [{"name": "30k", "path": "$source/models/ladder/s1/30k"},
            {"name": "300k", "path": "$source/models/ladder/s1/300k"}],
 "tasks": ["$source/tasks/*/task.json"], "shots": [0, 1, 2], "threads": 1, "max_examples": 60}
CONFIG
"$program" run "$work/config.json" -o "$work/whole.h5" >/dev/null 2>&1

# children PID: their process ids, oldest first
children() {
  cat "/proc/$1/task/$1/children" 2>/dev/null || true
}

# first COMMAND...: the first word of what it prints, waiting for one
first() {
  for _ in $(seq 200); do
    found=$("$@")
    found=${found%% *}
    [ -z "$found" ] || return 0
    sleep 0.05
  done
  die "$* found nothing: $(cat "$work/log")"
}

# wait_for_engines: until the ranks under $launcher are past their start-up and the last has an engine
wait_for_engines() {
  last_rank() { children $launcher | awk '{ print $NF }'; }
  first last_rank
  for _ in $(seq 200); do
    last=$(last_rank)
    [ -z "$(children "$last")" ] || return 0
    sleep 0.05
  done
  die "no engines: $(cat "$work/log")"
}

# expect_code CODE: that of the job $!
expect_code() {
  code=0
  wait $! || code=$?
  [ $code -eq "$1" ] || die "expected exit code $1, found $code: $(cat "$work/log")"
}

# An engine that crashes is replaced, alone too.
"$program" run "$work/config.json" -o "$work/crash.h5" >/dev/null 2>"$work/log" &
first children $!
kill -ABRT "$found"
expect_code 0
grep -q 'killed by signal 6' "$work/log" || die "no word of the crash: $(cat "$work/log")"
same_results "$work/whole.h5" "$work/crash.h5"
echo "a crash: same results"

# One that hangs uses no processor time.
BIGSWEEP_TIME_SCALE=0.005 "$program" run "$work/config.json" -o "$work/hang.h5" >/dev/null 2>"$work/log" &
first children $!
kill -STOP "$found"
expect_code 0
grep -q 'hung: ' "$work/log" || die "no word of the hang: $(cat "$work/log")"
same_results "$work/whole.h5" "$work/hang.h5"
echo "a hang: same results"

# An engine does not outlive its supervisor.
"$program" run "$work/config.json" -o "$work/orphan.h5" >/dev/null 2>"$work/log" &
first children $!
kill -KILL $!
wait $! 2>/dev/null || true
for _ in $(seq 50); do
  [ -d "/proc/$found" ] || break
  sleep 0.1
done
[ ! -d "/proc/$found" ] || grep -q '^State:.Z' "/proc/$found/status" || die "an engine lives on"
echo "no orphans"

# One example takes far more processor time than a process may have, which kills it; its neighbours
# get their scores, it gets none.
mkdir "$work/poison"
/usr/bin/python3 - "$work/poison/task.json" <<'PYTHON'
import json, sys
examples = [{"input": "%d plus 1?" % i, "target_scores": {"yes": 1, "no": 0}} for i in range(12)]
choices = {"%d%s" % (i, " word" * 40): 0 for i in range(20000)} # nothing in common that is computed once
choices["right"] = 1
examples.insert(5, {"input": "the poison", "target_scores": choices})
json.dump({"name": "poison", "description": "", "keywords": [], "metrics": ["multiple_choice_grade"],
           "preferred_score": "multiple_choice_grade", "append_choices_to_input": False,
           "examples": examples}, open(sys.argv[1], "w"))
PYTHON
cat >"$work/poison.json" <<CONFIG
{"models": [{"name": "1m", "path": "$source/models/ladder/s1/1m"}],
 "tasks": ["$work/poison/task.json", "$source/tasks/ladder_facts"], "shots": [0], "threads": 1, "max_examples": 40}
CONFIG
(ulimit -t 3 && exec "$program" run "$work/poison.json" -o "$work/poison.h5" >/dev/null 2>"$work/log") &
expect_code 1
grep -q '1 example failed' "$work/log" || die "expected one failure: $(cat "$work/log")"
/usr/bin/python3 - "$work/poison.h5" <<'PYTHON' || die "wrong rows"
import sys, h5py
f = h5py.File(sys.argv[1])
assert len(f["examples/example"]) == 12 + 40, len(f["examples/example"])
failed = [(int(e), int(n), why) for e, n, why in zip(f["run/units/first_example"], f["run/units/n_examples"],
          f["run/units/failure"]) if why]
assert len(failed) == 1 and failed[0][:2] == (5, 1) and b"killed by signal" in failed[0][2], failed
PYTHON
echo "a poisonous example: given up alone"

# Where the launcher allows it the sweep outlives its workers, and ends on its own.
BIGSWEEP_TIME_SCALE=0.1 mpirun --enable-recovery --oversubscribe -n 4 "$program" run "$work/config.json" \
  -o "$work/lost.h5" >/dev/null 2>"$work/log" &
launcher=$!
wait_for_engines
set -- $(children $launcher)
[ $# -eq 4 ] || die "expected 4 ranks, found $#"
kill -KILL "$3" "$4"
for _ in $(seq 1200); do
  [ ! -e "$work/lost.h5.done" ] || break
  sleep 0.1
done
[ "$(cat "$work/lost.h5.done" 2>/dev/null)" = 0 ] || die "not done: $(cat "$work/log")"
kill $launcher 2>/dev/null || true
wait $launcher || true
grep -q 'is lost' "$work/log" || die "no word of the lost workers: $(cat "$work/log")"
same_results "$work/whole.h5" "$work/lost.h5"
echo "lost workers: same results"

# Without a coordinator the workers end.
BIGSWEEP_TIME_SCALE=0.05 mpirun --enable-recovery --oversubscribe -n 3 "$program" run "$work/config.json" \
  -o "$work/headless.h5" >/dev/null 2>"$work/log" &
launcher=$!
wait_for_engines
set -- $(children $launcher)
kill -KILL "$1"
for _ in $(seq 1200); do
  [ -n "$(children $launcher)" ] || break
  sleep 0.1
done
[ -z "$(children $launcher)" ] || die "workers live on without rank 0: $(cat "$work/log")"
kill $launcher 2>/dev/null || true
wait $launcher || true
on_ranks 2 run "$work/config.json" -o "$work/headless.h5" >/dev/null 2>"$work/log"
same_results "$work/whole.h5" "$work/headless.h5"
echo "a lost coordinator: the workers end, and another run continues"
