#!/bin/sh
# The threads of ranks: what the node's allowed cores give those that work, whatever the machine has.
set -eu
. "$(dirname "$0")/common.sh"
unset OMP_NUM_THREADS SLURM_CPUS_PER_TASK
cat >"$work/config.json" <<CONFIG
{"models": [{"name": "1m", "path": "$source/models/ladder/s1/1m"}],
 "tasks": ["$source/tasks/*/task.json"], "shots": [0, 1, 2, 3]}
CONFIG
first=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//') # the first core that is allowed here
cores=$(nproc)

# engines_of PROCESS: the threads that the engine processes below it were started with
engines_of() {
  for child in $(ps -o pid= --ppid "$1"); do
    ps -o args= -p "$child" | sed -n 's/.* engine-process [0-9]* \([0-9]*\)$/\1/p'
    engines_of "$child"
  done
}

# check NAME ENGINES THREADS LAUNCHER...: a run starts so many engine processes with so many threads each
check() {
  name=$1 n=$2 threads=$3
  shift 3
  "$@" "$program" run "$work/config.json" -o "$work/$name.h5" --grace 0 >"$work/log" 2>&1 &
  launcher=$!
  for _ in $(seq 300); do
    found=$(engines_of $launcher | tr '\n' ' ')
    [ "$(echo $found | wc -w)" -lt "$n" ] || break
    sleep 0.1
  done
  kill -USR1 $launcher 2>/dev/null || true
  wait $launcher || true
  expected=$(for _ in $(seq "$n"); do printf '%s ' "$threads"; done)
  [ "$found" = "$expected" ] || die "$name: expected threads \"$expected\", found \"$found\": $(cat "$work/log")"
  echo "$name: $found"
}

mpirun="mpirun --oversubscribe --bind-to none"
check two_ranks 1 "$cores" $mpirun -n 2
check bound_to_one_core 1 1 taskset -c "$first" $mpirun -n 2
check more_ranks_than_cores $((cores + 1)) 1 $mpirun -n $((cores + 2))
check a_core_each 1 1 mpirun --oversubscribe --bind-to core -n 2
check slurm_gives_one $((cores > 1 ? 2 : 1)) 1 env SLURM_CPUS_PER_TASK=1 $mpirun -n $((cores > 1 ? 3 : 2))
check told_by_the_environment 1 0 env OMP_NUM_THREADS=2 $mpirun -n 2
