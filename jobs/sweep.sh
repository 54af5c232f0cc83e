# What the job scripts share. usage, in a job's script (bash): . sweep.sh; run_sweep CONFIG RESULTS LAUNCHER...
#
# Starts `LAUNCHER... bigsweep run CONFIG -o RESULTS` and sees it to its end:
# - SIGUSR1 (Slurm sends it before the time limit) and SIGTERM are passed on: the sweep commits what is done.
#   What has not ended after $grace_seconds is killed; nothing that was committed is lost by that.
# - RESULTS.done is the coordinator's mark that it is finished, with its exit code. mpirun with recovery may
#   wait for ever for a rank that died, and its own exit code says nothing (see rank.sh): it is ended soon
#   after the mark.
# - The coordinator touches RESULTS.lock every few seconds. When it has not for $silence_seconds (600) the
#   launch hangs and is ended: mpirun may, when a rank died while it started.
# - Exit code 75 (stopped early), or the death of the whole launch: the job is put back into the queue, at
#   most $most_restarts times, and continues from what is there.

# load_modules: those of $modules; false (1) with the reason
load_modules() {
  [ -n "$modules" ] || return 0
  local init
  for init in /etc/profile.d/modules.sh /etc/profile.d/lmod.sh "${MODULESHOME:-}/init/bash" "${LMOD_PKG:-}/init/bash"; do
    if ! type module >/dev/null 2>&1 && [ -r "$init" ]; then
      . "$init"
    fi
  done
  if ! type module >/dev/null 2>&1; then
    echo "sweep.sh: this shell has no command \"module\" for BIGSWEEP_MODULES=\"$modules\": on most clusters \"#!/bin/bash -l\" as the job script's first line brings it" >&2
    return 1
  fi
  # shellcheck disable=SC2086
  if ! module load $modules; then
    echo "sweep.sh: cannot load the modules $modules (see module avail)" >&2
    return 1
  fi
}

# recovery: the options by which the mpirun at hand lets the other ranks live when one is lost
recovery() {
  if [ -n "${BIGSWEEP_RECOVERY+given}" ]; then
    echo "$BIGSWEEP_RECOVERY"
    return
  fi
  case $(mpirun --version 2>/dev/null | head -n 1) in
    *"(Open MPI) "[1-4].*) echo --enable-recovery ;;
    *"(Open MPI) "*) echo --rtos recoverable ;;
    *) ;; # another MPI ends the launch, and the job goes back into the queue
  esac
}

# find_program: sets `program`, where it was not given and there is none in the clone, to the installed one
find_program() {
  local installed
  [ -z "${BIGSWEEP_PROGRAM:-}" ] && [ ! -x "$program" ] || return 0
  for installed in "$bigsweep/../../bin/bigsweep" "$(command -v bigsweep)"; do
    if [ -x "$installed" ]; then
      program=$installed
      return 0
    fi
  done
}

# check_job CONFIG RESULTS: what can be seen before the launch; false (1) with the reason
check_job() {
  if [ -z "$1" ] || [ -z "$2" ]; then
    echo "usage: sbatch [options] jobs/NAME.sbatch CONFIG.json RESULTS.h5" >&2
    return 1
  fi
  if [ ! -r "$1" ]; then
    echo "sweep.sh: there is no configuration $1 (from $PWD)" >&2
    return 1
  fi
  find_program
  if [ ! -x "$program" ] || [ -d "$program" ]; then
    echo "sweep.sh: there is no program $program: build it there (cmake --preset release && cmake --build --preset release), or set BIGSWEEP_PROGRAM" >&2
    return 1
  fi
}

# pass_on SIGNAL: to the launcher, which has $grace_seconds from now
pass_on() {
  passed=$1
  deadline=$((SECONDS + grace_seconds))
  echo "sweep.sh: SIG$1 is passed on"
  kill -s "$1" "$launcher" 2>/dev/null
}

# end_launcher: without mercy, but in order
end_launcher() {
  kill -s TERM "$launcher" 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$launcher" 2>/dev/null || return
    sleep 1
  done
  kill -s KILL "$launcher" 2>/dev/null
}

# is_silent: the coordinator has not touched its lock for long; clocks of other machines do not matter
is_silent() {
  local touched
  touched=$(stat -c %y "$results.lock" 2>/dev/null) || touched=
  if [ "$touched" != "$last_touched" ]; then
    last_touched=$touched
    heard_at=$SECONDS
  fi
  [ $((SECONDS - heard_at)) -ge "$silence_seconds" ]
}

# watch_launcher: until it has ended, by itself or by us; sets `code` to its exit code
watch_launcher() {
  local marked_at=
  while kill -0 "$launcher" 2>/dev/null; do
    if [ -e "$mark" ] && [ -z "$marked_at" ]; then
      marked_at=$SECONDS
    elif [ -n "$marked_at" ] && [ $((SECONDS - marked_at)) -ge 5 ]; then
      echo "sweep.sh: the sweep is over, its launcher is not: ended"
      end_launcher
    elif [ -n "$deadline" ] && [ "$SECONDS" -ge "$deadline" ]; then
      echo "sweep.sh: not ended $grace_seconds s after the signal: killed"
      end_launcher
    elif [ -z "$marked_at" ] && is_silent; then
      echo "sweep.sh: no sign of life for $silence_seconds s: the launch hangs and is ended"
      passed=TERM
      end_launcher
    fi
    sleep 0.5 &
    wait $! # a signal that is caught ends it early
  done
  code=0
  wait "$launcher" || code=$?
}

# judge: sets `code` to what the sweep came to
judge() {
  if [ -s "$mark" ]; then
    code=$(cat "$mark")
  elif [ "$code" -eq 0 ] && [ ! "$results" -nt "$started" ]; then
    code=75 # under recovery even the coordinator's death looks like success
  fi
  # Killed by a signal, as a whole or by the death of a rank; or stopped by the one we passed on.
  if [ "$code" -gt 128 ] || { [ -n "$passed" ] && [ "$code" -ne 0 ]; }; then
    code=75
  fi
  rm -f "$mark" "$started"
}

# put_back: this job, or this task of its array, into the queue
put_back() {
  if [ "${SLURM_RESTART_COUNT:-0}" -ge "${most_restarts:-20}" ]; then
    echo "sweep.sh: restarted $SLURM_RESTART_COUNT times already: not put back into the queue"
  elif [ -n "${SLURM_JOB_ID:-}" ]; then
    echo "sweep.sh: back into the queue"
    trap - USR1 TERM
    scontrol requeue "$SLURM_JOB_ID" && sleep 60 # Slurm ends this script
  fi
}

run_sweep() {
  local config=${1:-}
  results=${2:-}
  check_job "$config" "$results" || return 2
  shift 2
  if ! command -v "$1" >/dev/null; then
    echo "sweep.sh: there is no $1 on this node: is a module missing (BIGSWEEP_MODULES)?" >&2
    return 2
  fi
  mark=$results.done
  grace_seconds=${grace_seconds:-120}
  silence_seconds=${BIGSWEEP_SILENCE:-600}
  last_touched=
  heard_at=$SECONDS
  passed=
  deadline=
  rm -f "$mark"
  started=$(mktemp)
  echo "sweep.sh: $results, start $((${SLURM_RESTART_COUNT:-0} + 1)) on ${SLURM_JOB_NODELIST:-this machine}"
  # shellcheck disable=SC2086
  "$@" "$program" run "$config" -o "$results" ${BIGSWEEP_OPTIONS:-} </dev/null &
  launcher=$!
  trap 'pass_on USR1' USR1
  trap 'pass_on TERM' TERM
  watch_launcher
  judge
  echo "sweep.sh: exit code $code"
  [ "$code" -ne 75 ] || put_back
  return "$code"
}
