#!/bin/sh
# Prompts that are too long: counted, and left out or shortened in the same way on any number of ranks,
# killed and continued or not.
set -eu
. "$(dirname "$0")/common.sh"

# write_long FILE OVERLONG: prompts some of which do not fit 256 positions
write_long() {
  cat >"$1" <<CONFIG
{"name": "long", "overlong": "$2", "shots": [0, 9], "max_examples": 60,
 "models": [
   {"name": "3k", "path": "$source/models/ladder/s1/3k"},
   {"name": "10k", "path": "$source/models/ladder/s1/10k"}],
 "tasks": ["$source/tasks/ladder_bias_ambiguous", "$source/tasks/ladder_facts"]}
CONFIG
}

for way in cut fewer_shots skip; do
  write_long "$work/$way.json" $way
  "$program" run "$work/$way.json" -o "$work/$way.h5" >"$work/$way.txt" 2>"$work/$way.log"
  for n in 2 3; do
    on_ranks $n run "$work/$way.json" -o "$work/$way-$n.h5" >/dev/null 2>&1
    same_results "$work/$way.h5" "$work/$way-$n.h5"
  done
  for round in 1 2 3; do
    setsid timeout -s KILL "0.$((2 * round + 2))" "$program" run "$work/$way.json" \
      -o "$work/$way-killed.h5" >/dev/null 2>&1 || true
  done
  on_ranks 2 run "$work/$way.json" -o "$work/$way-killed.h5" >/dev/null 2>&1
  same_results "$work/$way.h5" "$work/$way-killed.h5"
  on_ranks 2 run "$work/$way.json" -o "$work/$way-killed.h5" 2>&1 >/dev/null | grep -q ': 0 examples in' ||
    die "$way: a finished sweep was run again"
  echo "$way: same results"
done

# sum COLUMN FILE: of /analysis/prompts
sum() {
  h5dump -y -d "/analysis/prompts/$1" "$2" | sed -n '/DATA {/,/}/p' | tr -cs '0-9\n' ' ' |
    awk '{for (i = 1; i <= NF; i++) n += $i} END {print n + 0}'
}
n_cut=$(sum truncated "$work/cut.h5")
[ "$n_cut" -gt 0 ] && [ "$n_cut" -lt 120 ] || die "$n_cut prompts cut"
[ "$(sum fewer_shots "$work/fewer_shots.h5")" = "$n_cut" ] || die "not all of these have fewer shots"
[ "$(sum truncated "$work/fewer_shots.h5")" = 0 ] || die "cut as well"
[ "$(sum skipped "$work/skip.h5")" = "$n_cut" ] || die "not all of these are left out"
[ "$(sum prompts "$work/skip.h5")" = 480 ] || die "those left out do not count as prompts"
for way in cut fewer_shots skip; do
  case $way in
  cut) told='cut on their left' ;;
  fewer_shots) told='shown with fewer shots' ;;
  skip) told='left out because they are too long' ;;
  esac
  line="of 240 prompts $((n_cut / 2)) are $told"
  for model in 3k 10k; do # which differ in nothing that matters here
    grep -q "^bigsweep run: $model: $line" "$work/$way.log" || die "$way: run does not tell: $(cat "$work/$way.log")"
    "$program" status "$work/$way.h5" >"$work/status"
    grep -q "^$model: $line" "$work/status" || die "$way: status does not tell: $(cat "$work/status")"
    "$program" plan "$work/$way.json" >"$work/plan"
    grep -q "^$model: $line" "$work/plan" || die "$way: plan does not tell: $(cat "$work/plan")"
  done
  grep -q "^lost: of 480 prompts $n_cut are $told" "$work/$way.txt" || die "$way: the summary does not tell: $(cat "$work/$way.txt")"
  "$program" analyze "$work/$way.h5" --all >"$work/all" 2>/dev/null
  grep -q '^prompts that were too long' "$work/all" || die "$way: the table does not tell"
done

# Another way to treat them is another protocol.
"$program" run "$work/skip.json" -o "$work/cut.h5" >/dev/null 2>"$work/log" && die "mixed"
grep -q 'another protocol' "$work/log" || die "no reason: $(cat "$work/log")"
