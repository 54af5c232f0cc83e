#!/bin/sh
# One run at a time on an output; status and analyze beside it; the mark at the end.
set -eu
. "$(dirname "$0")/common.sh"

cat >"$work/config.json" <<CONFIG
{"models": [{"name": "300k", "path": "$source/models/ladder/s1/300k"}, {"name": "1m", "path": "$source/models/ladder/s1/1m"}],
 "tasks": ["$source/tasks/*/task.json"], "shots": [0, 1, 2, 3], "threads": 1}
CONFIG
output="$work/x.h5"
code=0
"$program" status "$output" >"$work/out" 2>&1 || code=$?
[ $code -eq 1 ] || die "status of nothing: exit code $code"

mpirun --oversubscribe -n 2 "$program" run "$work/config.json" -o "$output" >/dev/null 2>"$work/log" &
launcher=$!
for _ in $(seq 300); do
  ls "$output.parts"/*.h5 >/dev/null 2>&1 && [ -e "$output.status" ] && break
  sleep 0.1
done
for n in 0 2; do
  code=0
  if [ $n -eq 0 ]; then
    "$program" run "$work/config.json" -o "$output" >"$work/out" 2>&1 || code=$?
  else
    on_ranks $n run "$work/config.json" -o "$output" >"$work/out" 2>&1 || code=$?
  fi
  [ $code -eq 2 ] || die "a second run: expected exit code 2, found $code: $(cat "$work/out")"
  grep -q 'another run is at work on it: process' "$work/out" || die "no reason: $(cat "$work/out")"
done
"$program" status "$output" >"$work/out"
grep -q ': running, process' "$work/out" || die "status: $(cat "$work/out")"
grep -q '^1m ' "$work/out" || die "status lacks a model: $(cat "$work/out")"
"$program" analyze "$output" >"$work/out" || die "analyze of a running sweep"
[ ! -e "$output" ] || die "analyze wrote into the output of a running sweep"
code=0
"$program" rescore "$output" >"$work/out" 2>&1 || code=$?
[ $code -eq 2 ] || die "rescore of a running sweep: exit code $code"
grep -q 'another run is at work on it: process' "$work/out" || die "no reason: $(cat "$work/out")"
[ ! -e "$output" ] || die "rescore wrote into the output of a running sweep"

kill -USR1 $launcher
code=0
wait $launcher || code=$?
[ $code -eq 75 ] || die "expected exit code 75, found $code: $(cat "$work/log")"
[ "$(cat "$output.done")" = 75 ] || die "the mark says $(cat "$output.done")"
[ ! -e "$output.lock" ] || die "a lock is left"
"$program" status "$output" >"$work/out"
grep -q ': not running' "$work/out" || die "status: $(cat "$work/out")"
awk '$1 == "all" { exit !($2 > 0 && $3 > 0) }' "$work/out" || die "status counts: $(cat "$work/out")"

# Stale locks: of a process of this host that is no more, of one whose number is another's now, of
# another host.
for holder in "host $(hostname)
pid 999999999
start 5" "host $(hostname)
pid 1
start 5" "host elsewhere
pid 1
start 5"; do
  echo "$holder" >"$output.lock"
  rm -f "$output.done" "$work/log" # the log of the round before says the same
  BIGSWEEP_TIME_SCALE=0.05 "$program" run "$work/config.json" -o "$output" --grace 0 >/dev/null 2>"$work/log" &
  pid=$!
  for _ in $(seq 100); do
    grep -q 'takes over from a run that has died' "$work/log" 2>/dev/null && break
    sleep 0.1
  done
  grep -q 'takes over from a run that has died' "$work/log" || die "not taken over: $(cat "$work/log")"
  kill -TERM $pid
  code=0
  wait $pid || code=$?
  [ $code -eq 75 ] || die "expected exit code 75, found $code: $(cat "$work/log")"
done

# A lock of another host that is touched is not stale.
printf 'host elsewhere\npid 1\nstart 5\n' >"$output.lock"
(for _ in $(seq 100); do
  touch "$output.lock"
  sleep 0.05
done) &
toucher=$!
code=0
BIGSWEEP_TIME_SCALE=0.1 "$program" run "$work/config.json" -o "$output" >/dev/null 2>"$work/log" || code=$?
kill $toucher
[ $code -eq 2 ] || die "a lock that is touched: exit code $code"

# What holds the lock for long touches it: a step of a few milliseconds is long where the beat is shorter.
sed 's/300k/3k/g; s/1m/10k/g' "$work/config.json" >"$work/small.json"
"$program" run "$work/small.json" -o "$work/small.h5" >/dev/null 2>&1
for command in rescore analyze; do
  BIGSWEEP_TIME_SCALE=0.0001 "$program" $command "$work/small.h5" >/dev/null 2>"$work/log" &
  pid=$!
  : >"$work/touches"
  while kill -0 $pid 2>/dev/null; do
    stat -c %y "$work/small.h5.lock" >>"$work/touches" 2>/dev/null || true
  done
  wait $pid || die "$command: $(cat "$work/log")"
  n=$(sort -u "$work/touches" | wc -l)
  [ "$n" -ge 4 ] || die "$command touched its lock $n times"
  echo "$command: the lock is kept alive"
done
echo "lock: passed"
