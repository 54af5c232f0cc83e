#!/bin/sh
# What the job scripts say before anything starts, without Slurm: submitted elsewhere, without arguments,
# without modules, without a program; and the options of recovery by the version of mpirun.
set -eu
. "$(dirname "$0")/common.sh"
unset BIGSWEEP BIGSWEEP_PROGRAM BIGSWEEP_MODULES BIGSWEEP_RECOVERY SLURM_SUBMIT_DIR SLURM_ARRAY_TASK_ID MODULESHOME LMOD_PKG
write_config "$work/config.json"
mkdir "$work/elsewhere" "$work/bin"

# refuses NAME WORDS SCRIPT ARGUMENTS...: exit code 2 and the words, and no Slurm or shell error beside them
refuses() {
  name=$1 words=$2
  shift 2
  code=0
  (cd "$work/elsewhere" && bash "$@") >"$work/log" 2>&1 || code=$?
  [ $code -eq 2 ] || die "$name: expected exit code 2, found $code: $(cat "$work/log")"
  grep -qF "$words" "$work/log" || die "$name: expected \"$words\", found: $(cat "$work/log")"
  ! grep -q 'No such file\|command not found\|start 1' "$work/log" || die "$name: $(cat "$work/log")"
  echo "$name: $(head -n 1 "$work/log")"
}

for script in one_node nodes_mpirun nodes_srun families; do
  job=$source/jobs/$script.sbatch
  refuses "$script elsewhere" "BIGSWEEP=/path/to/bigsweep sbatch" "$job" "$work/config.json" "$work/x.h5"
  export BIGSWEEP="$source" BIGSWEEP_PROGRAM="$program"
  refuses "$script without arguments" "usage: sbatch" "$job"
  [ -r /etc/profile.d/modules.sh ] || [ -r /etc/profile.d/lmod.sh ] || BIGSWEEP_MODULES=gcc refuses "$script without modules" 'no command "module"' "$job" "$work/config.json" "$work/x.h5"
  unset BIGSWEEP BIGSWEEP_PROGRAM
done
export BIGSWEEP="$source"
job=$source/jobs/one_node.sbatch
refuses "one argument" "usage: sbatch" "$job" "$work/config.json"
BIGSWEEP_PROGRAM="$work/none" refuses "no program" "there is no program $work/none" "$job" "$work/config.json" "$work/x.h5"
BIGSWEEP_PROGRAM="$work/bin" refuses "a folder as the program" "there is no program $work/bin" "$job" "$work/config.json" "$work/x.h5"
export BIGSWEEP_PROGRAM="$program"
refuses "no configuration" "there is no configuration $work/none.json" "$job" "$work/none.json" "$work/x.h5"
SLURM_ARRAY_TASK_ID=2 refuses "no second configuration" "there is no configuration number 2" \
  "$source/jobs/families.sbatch" "$work" "$work/config.json"

# A module that is there is loaded, one that is not ends the job.
cat >"$work/modules" <<'MODULES'
module() { [ "$2" != none ] && export LOADED="$2"; }
MODULES
load() {
  BASH_ENV="$work/modules" BIGSWEEP_MODULES=$1 bash -c 'modules=$BIGSWEEP_MODULES; . "$0/jobs/sweep.sh"; load_modules || exit 2; echo "loaded $LOADED"' "$source"
}
[ "$(load gcc)" = "loaded gcc" ] || die "a module is not loaded"
code=0
load none >"$work/log" 2>&1 || code=$?
[ $code -eq 2 ] && grep -q 'cannot load the modules none' "$work/log" || die "a missing module: $code, $(cat "$work/log")"

# recovery_of VERSION: the options under an mpirun that says so
recovery_of() {
  printf '#!/bin/sh\necho "%s"\n' "$1" >"$work/bin/mpirun"
  chmod +x "$work/bin/mpirun"
  PATH="$work/bin:$PATH" bash -c '. "$0/jobs/sweep.sh"; recovery' "$source"
}
[ "$(recovery_of 'mpirun (Open MPI) 4.1.4')" = --enable-recovery ] || die "Open MPI 4"
[ "$(recovery_of 'mpirun (Open MPI) 5.0.8')" = '--rtos recoverable' ] || die "Open MPI 5"
[ "$(recovery_of 'mpirun (Open MPI) 10.0.1')" = '--rtos recoverable' ] || die "Open MPI 10"
[ -z "$(recovery_of 'HYDRA build details:')" ] || die "MPICH"
[ "$(BIGSWEEP_RECOVERY='--mine' recovery_of 'mpirun (Open MPI) 4.1.4')" = --mine ] || die "the user's own"
echo "job scripts: passed"
