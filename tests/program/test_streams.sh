#!/bin/sh
# Output that cannot be written is no success; and closed standard streams do not put what is meant for people
# into the results.
# usage: test_streams.sh PROGRAM SOURCE_FOLDER
set -eu
. "$(dirname "$0")/../mpi/common.sh"
cat >"$work/config.json" <<CONFIG
{"models": [{"name": "3k", "path": "$source/models/ladder/s1/3k"}],
 "tasks": ["$source/tasks/ladder_facts"], "shots": [0], "max_examples": 24, "threads": 1}
CONFIG
"$program" run "$work/config.json" -o "$work/x.h5" >/dev/null 2>&1
if [ ! -c /dev/full ]; then
  echo "skipped: there is no /dev/full"
  exit 77
fi
while read -r arguments; do
  code=0
  # shellcheck disable=SC2086
  "$program" $arguments >/dev/full 2>"$work/log" </dev/null || code=$?
  [ $code -ne 0 ] || die "$arguments: exit code 0 although nothing was printed"
  grep -qi 'standard output\|cannot print' "$work/log" || die "$arguments: no word of it: $(cat "$work/log")"
done <<COMMANDS
--help
--version
plan --help
plan $work/config.json
status $work/x.h5
analyze $work/x.h5
analyze --csv $work/x.h5
rescore $work/x.h5
validate $source/tasks/ladder_facts/task.json
prompt $source/tasks/ladder_facts/task.json
COMMANDS
echo "output that cannot be written: told"

# A file that is opened first gets the number of a stream that is closed.
"$program" run "$work/config.json" -o "$work/closed.h5" <&- >&- 2>&- || die "a run without streams: exit code $?"
same_results "$work/x.h5" "$work/closed.h5"
code=0
"$program" run "$work/none.json" -o "$work/none.h5" <&- >&- 2>&- || code=$?
[ $code -eq 2 ] || die "a bad run without streams: exit code $code"
echo "closed streams: passed"
