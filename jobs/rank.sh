#!/bin/sh
# One rank under mpirun with recovery, which hides how it ended: rank 0 leaves its exit code in MARK.
# usage: mpirun ... rank.sh MARK PROGRAM ARGUMENTS...
mark=$1
shift
trap : USR1 TERM # mpirun signals the whole group of processes: they are the program's business
code=0
"$@" || code=$?
# The program leaves the mark itself where it can: before it parts from the other ranks.
rank=${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-${PMI_RANK:-0}}}
if [ "$rank" -eq 0 ] && [ ! -e "$mark" ]; then
  echo "$code" >"$mark.new" && mv "$mark.new" "$mark"
fi
exit 0 # mpirun would wait for ever for the others of a rank that fails
