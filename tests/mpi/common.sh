# What the tests of whole sweeps share. usage: . common.sh, after set -- PROGRAM SOURCE_FOLDER
program=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS=detect_leaks=0 # Open MPI leaks by itself

# die MESSAGE...
die() {
  echo "FAILED: $*" >&2
  exit 1
}

# on_ranks N ARGUMENTS...: the program under mpirun
on_ranks() {
  n=$1
  shift
  timeout 120 mpirun --oversubscribe -n "$n" "$program" "$@"
}

# write_config FILE [MAX_EXAMPLES]: four small models, tasks with choices and with generated text
write_config() {
  cat >"$1" <<CONFIG
{"name": "test",
 "models": [
   {"name": "3k", "path": "$source/models/ladder/s1/3k"},
   {"name": "10k", "path": "$source/models/ladder/s1/10k"},
   {"name": "20k", "path": "$source/models/ladder/s1/20k"},
   {"name": "30k", "path": "$source/models/ladder/s1/30k"}],
 "tasks": ["$source/tasks/ladder_facts", "$source/tasks/ladder_addition"],
 "shots": [0, 2], "max_examples": ${2:-24}, "generation": {"max_tokens": 12}}
CONFIG
}

# same_results A.h5 B.h5: no difference in any group of results; h5diff does not compare the sizes of columns
# one of which is empty, and says so
same_results() {
  for group in /models /tasks /targets /inputs /examples /choices /choice_texts /samples /skipped /scores /analysis; do
    h5diff -c "$1" "$2" $group >"$work/differences" 2>&1 || die "$group of $1 and $2 differ: $(head "$work/differences")"
    ! grep -v ' is an empty dataset$' "$work/differences" || die "$group of $1 and $2 cannot be compared"
    [ "$(h5ls -r "$1$group")" = "$(h5ls -r "$2$group")" ] || die "$group of $1 and $2 differ in size"
  done
}
