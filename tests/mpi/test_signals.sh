#!/bin/sh
# SIGTERM and SIGUSR1 end a sweep early with exit code 75; started again it takes over what was done.
set -eu
. "$(dirname "$0")/common.sh"

# Far more work than the test waits for.
cat >"$work/config.json" <<CONFIG
{"models": [{"path": "$source/models/ladder/s1/300k"}, {"path": "$source/models/ladder/s1/1m"}],
 "tasks": ["$source/tasks/*/task.json"], "shots": [0, 1, 2, 3], "threads": 1}
CONFIG

# stopped OUTPUT: what is there after a stop
check_stopped() {
  [ "$code" -eq 75 ] || die "$1: expected exit code 75, found $code: $(cat "$work/log")"
  grep -q 'started again it continues' "$work/log" || die "$1: no word of what is left"
  [ ! -e "$1" ] || die "$1: an unfinished file under the final name"
}

# wait_for_part OUTPUT: until finished work has been committed
wait_for_part() {
  for _ in $(seq 600); do
    ls "$1.parts"/*.h5 >/dev/null 2>&1 && return
    sleep 0.1
  done
  die "nothing committed in a minute: $(cat "$work/log")"
}

for signal in TERM USR1; do
  output="$work/$signal.h5"
  "$program" run "$work/config.json" -o "$output" >/dev/null 2>"$work/log" &
  pid=$!
  wait_for_part "$output"
  kill -$signal $pid
  code=0
  wait $pid || code=$?
  check_stopped "$output"
done

# Ctrl-C, which reaches the whole process group: the engine ends what is in flight, too.
output="$work/INT.h5"
start_in_group() {
  setsid env --default-signal=INT "$program" run "$work/config.json" -o "$output" "$@" >/dev/null 2>"$work/log" &
  pid=$!
}
start_in_group
wait_for_part "$output"
env kill -s INT -- -$pid
code=0
wait $pid || code=$?
check_stopped "$output"
grep -q 'stops: what is in flight has 20 s' "$work/log" || die "no word of the stop: $(cat "$work/log")"
! grep -q 'failed\|signal 2' "$work/log" || die "the engine did not survive Ctrl-C: $(cat "$work/log")"
[ ! -e "$output.lock" ] || die "Ctrl-C: a lock is left"
n_parts=$(ls "$output.parts" | wc -l)
# A second one is not waited for, however soon it comes.
start_in_group --grace 300
for _ in $(seq 600); do
  [ "$(ls "$output.parts" | wc -l)" -gt "$n_parts" ] && break
  sleep 0.1
done
env kill -s INT -- -$pid
sleep 0.2
env kill -s INT -- -$pid 2>/dev/null || true # what was in flight may be done already
begun=$(date +%s)
code=0
wait $pid || code=$?
check_stopped "$output"
[ $(($(date +%s) - begun)) -lt 20 ] || die "a second Ctrl-C did not end the run at once"
# One that a script has switched off (a job in the background) stays so.
"$program" run "$work/config.json" -o "$output" >/dev/null 2>"$work/log" &
pid=$!
sleep 1
kill -INT $pid
sleep 1
kill -0 $pid || die "an ignored SIGINT ended the run: $(cat "$work/log")"
kill -TERM $pid
code=0
wait $pid || code=$?
check_stopped "$output"

# Under mpirun, which passes the signal on to its ranks; then it goes on from there with another number.
output="$work/ranks.h5"
mpirun --oversubscribe -n 3 "$program" run "$work/config.json" -o "$output" >/dev/null 2>"$work/log" &
pid=$!
wait_for_part "$output"
kill -USR1 $pid
code=0
wait $pid || code=$?
check_stopped "$output"
n_parts=$(ls "$output.parts" | wc -l)
mpirun --oversubscribe -n 2 "$program" run "$work/config.json" -o "$output" >/dev/null 2>"$work/log" &
pid=$!
for _ in $(seq 600); do
  [ "$(ls "$output.parts" | wc -l)" -gt "$n_parts" ] && break
  sleep 0.1
done
kill -USR1 $pid
code=0
wait $pid || code=$?
check_stopped "$output"

# SIGTERM to mpirun, which kills a second later: what is done is on disk, and the mark tells what to do.
mpirun --oversubscribe -n 3 "$program" run "$work/config.json" -o "$output" >/dev/null 2>"$work/log" &
pid=$!
rm -f "$output.done"
n_parts=$(ls "$output.parts" | wc -l)
for _ in $(seq 600); do
  [ "$(ls "$output.parts" | wc -l)" -gt "$n_parts" ] && break
  sleep 0.1
done
sleep 0.5
kill -TERM $pid
wait $pid 2>/dev/null || true
[ "$(cat "$output.done" 2>/dev/null)" = 75 ] || die "no mark of an early end: $(cat "$work/log")"
[ ! -e "$output.lock" ] || die "SIGTERM to mpirun: a lock is left"
n_now=$(ls "$output.parts" | wc -l)
[ "$n_now" -gt $((n_parts + 1)) ] || die "SIGTERM to mpirun: $n_parts parts, then $n_now"

# While it reads a checkpoint that does not come (a pipe that nobody writes to) a signal acts at once.
mkdir "$work/slow"
for file in "$source"/models/ladder/s1/30k/*; do
  ln -s "$file" "$work/slow/"
done
rm -f "$work/slow/generation_config.json"
mkfifo "$work/slow/generation_config.json"
sed "s|$source/models/ladder/s1/1m|$work/slow|" "$work/config.json" >"$work/slow.json"
for n in 0 3; do
  if [ $n -eq 0 ]; then
    "$program" run "$work/slow.json" -o "$work/slow.h5" >/dev/null 2>"$work/log" &
  else
    mpirun --oversubscribe -n $n "$program" run "$work/slow.json" -o "$work/slow.h5" >/dev/null 2>"$work/log" &
  fi
  pid=$!
  for _ in $(seq 600); do
    [ ! -e "$work/slow.h5.lock" ] || break
    sleep 0.1
  done
  sleep 0.5
  kill -USR1 $pid
  for _ in $(seq 100); do
    kill -0 $pid 2>/dev/null || break
    sleep 0.1
  done
  ! kill -0 $pid 2>/dev/null || die "not ended ten seconds after the signal: $(cat "$work/log")"
  code=0
  wait $pid || code=$?
  check_stopped "$work/slow.h5"
  [ ! -e "$work/slow.h5.lock" ] || die "a lock is left"
done

# What is there so far can be looked at; nothing stands in it twice.
"$program" analyze "$output" >"$work/table"
grep -q ladder_ "$work/table" || die "no table of an unfinished run"
/usr/bin/python3 - "$output" <<'PYTHON' || die "rows stand twice"
import sys
import h5py
examples = h5py.File(sys.argv[1])["examples"]
keys = list(zip(*(examples[name][:].tolist() for name in ("model", "task", "shots", "example"))))
assert keys == sorted(keys) and len(set(keys)) == len(keys) > 0
PYTHON
echo "signals: passed"
