#!/bin/sh
# What MPI libraries are told before they start: no message is read out of another process's memory. What the
# user has set stays. (That the installed library obeys is a part of test_writing.sh.)
set -eu
. "$(dirname "$0")/common.sh"
cat >"$work/config.json" <<CONFIG
{"models": [{"name": "1m", "path": "$source/models/ladder/s1/1m"}],
 "tasks": ["$source/tasks/*/task.json"], "shots": [0, 1, 2, 3], "threads": 1}
CONFIG

# environment_of LAUNCHER: of an engine process below it, which inherits it from its rank
environment_of() {
  for _ in $(seq 300); do
    for rank in $(ps -o pid= --ppid "$1"); do
      for engine in $(ps -o pid= --ppid "$rank"); do
        if grep -qz engine-process "/proc/$engine/cmdline" 2>/dev/null; then
          tr '\0' '\n' <"/proc/$engine/environ"
          return
        fi
      done
    done
    sleep 0.1
  done
}

UCX_TLS=tcp,self mpirun --oversubscribe -n 2 "$program" run "$work/config.json" -o "$work/x.h5" --grace 0 >"$work/log" 2>&1 &
launcher=$!
environment_of $launcher >"$work/environment"
kill -USR1 $launcher 2>/dev/null || true
wait $launcher || true
for setting in OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_smsc=^cma,knem,xpmem UCX_TLS=tcp,self \
  FI_SHM_DISABLE_CMA=1 MPIR_CVAR_CH4_CMA_ENABLE=0 MPIR_CVAR_CH4_XPMEM_ENABLE=0 MV2_SMP_USE_CMA=0; do
  grep -qxF "$setting" "$work/environment" || die "$setting is not set: $(cat "$work/environment" "$work/log")"
done
echo "single copies: forbidden"
