#!/bin/sh
# Two different models of one size in one sweep: apart and by name, until the configuration says that they are
# repeats; and the comparison of two files as the documentation prints it.
set -eu
. "$(dirname "$0")/common.sh"

# config SEED_OF_THE_FIRST SEED_OF_THE_SECOND: members of the two models, or nothing; no family is given
config() {
  cat >"$work/config.json" <<CONFIG
{"name": "sizes",
 "models": [
   {"name": "base", "path": "$source/models/ladder/s1/3k"$1},
   {"name": "tuned", "path": "$source/models/ladder/s2/3k"$2},
   {"name": "middle", "path": "$source/models/ladder/s1/10k"},
   {"name": "large", "path": "$source/models/ladder/s1/20k"}],
 "tasks": ["$source/tasks/ladder_facts"], "max_examples": 40}
CONFIG
}
told='family "sizes" has different models of the same scale: base and tuned ('

# numbers FILE.h5 /table/column: the values, one a line
numbers() {
  h5dump -y -w 1 -m '%.17g' -d "$2" "$1" |
    awk 'inside && /}/ { exit } inside { print } /DATA {/ { inside = 1 }' | tr -d ' ,' # attributes follow
}

config '' ''
"$program" plan "$work/config.json" >"$work/out" 2>"$work/log" || die "plan: $(cat "$work/log")"
grep -qF "$told" "$work/log" || die "plan does not name them: $(cat "$work/log")"
on_ranks 2 run "$work/config.json" -o "$work/apart.h5" >"$work/table" 2>"$work/log" || die "run: $(cat "$work/log")"
grep -qF "$told" "$work/log" || die "run does not name them: $(cat "$work/log")"
grep -q '^models: base (.*), tuned (.*), middle (.*), large (.*)$' "$work/table" || die "no models: $(cat "$work/table")"
"$program" analyze "$work/apart.h5" --all >"$work/all" 2>"$work/log" || die "analyze: $(cat "$work/log")"
grep -q '^task .* base  *tuned .* I  L  B$' "$work/all" || die "no columns by name: $(cat "$work/all")"
[ "$(numbers "$work/apart.h5" /analysis/linearity/shared_scales | sort -u)" = 1 ] || die "not said to be shared"
[ "$(numbers "$work/apart.h5" /analysis/linearity/linearity | sort -u)" = nan ] || die "a linearity of what is mixed"
[ "$(numbers "$work/apart.h5" /analysis/points/models | sort -u)" = 1 ] || die "models were averaged"
# every score is a point: of four models, all metrics and the mean over all tasks
numbers "$work/apart.h5" /scores/value | sort >"$work/scores"
numbers "$work/apart.h5" /analysis/aggregates/value >>"$work/scores"
sort "$work/scores" >"$work/sorted"
numbers "$work/apart.h5" /analysis/points/value | sort | cmp -s - "$work/sorted" || die "the points are not the scores"
"$program" analyze "$work/apart.h5" >"$work/again" 2>"$work/log"
cmp "$work/table" "$work/again" || die "analyze prints another table"
grep -qF "$told" "$work/log" || die "analyze does not name them"
echo "different models: apart and by name"

# Told to be repeats, on the same output: nothing is computed again.
cp "$work/apart.h5" "$work/repeats.h5"
config ', "seed": 1' ', "seed": 2'
"$program" run "$work/config.json" -o "$work/repeats.h5" >"$work/table" 2>"$work/log" || die "run: $(cat "$work/log")"
grep -q ': 0 examples in' "$work/log" || die "computed again: $(cat "$work/log")"
! grep -qF "$told" "$work/log" || die "repeats are named as different"
grep -q '^models: base + tuned (.*), middle (.*), large (.*)$' "$work/table" || die "no repeats: $(cat "$work/table")"
"$program" analyze "$work/repeats.h5" --all >"$work/all" 2>"$work/log" || die "analyze: $(cat "$work/log")"
grep -q '\[2: [0-9.]*\]' "$work/all" || die "no spread: $(cat "$work/all")"
[ "$(numbers "$work/repeats.h5" /analysis/points/models | sort -nr | head -n 1)" = 2 ] || die "not averaged"
[ "$(numbers "$work/repeats.h5" /analysis/points/n | sort -nu | tail -n 1)" = 40 ] || die "shared examples count twice"
[ "$(numbers "$work/repeats.h5" /models/seed | tr '\n' ' ')" = '1 2 nan nan ' ] || die "seeds are not kept"
# one seed for both is no difference: they are not repeats
config ', "seed": 1' ', "seed": 1'
"$program" plan "$work/config.json" 2>&1 >/dev/null | grep -qF "$told" || die "one seed for two is not told of"
config ', "seed": 0.5' ''
"$program" plan "$work/config.json" >/dev/null 2>"$work/log" && die "half a seed" || [ $? -eq 2 ] || die "half a seed: no usage"
grep -q 'seed: expected a whole number from 0' "$work/log" || die "half a seed: $(cat "$work/log")"
echo "repeats: averaged, with their spread"

# A file that cannot be replaced is analysed and printed all the same.
(
  ulimit -f 1 # a block: less than the results
  trap '' XFSZ
  code=0
  "$program" analyze "$work/repeats.h5" 2>"$work/log" || code=$?
  echo "$code" >"$work/code"
) | cat >"$work/again"
[ "$(cat "$work/code")" = 1 ] || die "analyze of a file that cannot be written ends with $(cat "$work/code")"
grep -q 'the statistics are printed but not written into the file: .*repeats.h5' "$work/log" ||
  die "no reason: $(cat "$work/log")"
cmp "$work/table" "$work/again" || die "what cannot be written is not printed"
echo "not written: printed"

# The command of the documentation, as it is printed there.
config '' ''
sleep 1.1 # another time in "created"
"$program" run "$work/config.json" -o "$work/alone.h5" >/dev/null 2>&1
command=$(sed -n 's/^    \(h5diff .* A.h5 B.h5\)$/\1/p' "$source/docs/results.md")
[ -n "$command" ] || die "the documentation has no command"
cp "$work/apart.h5" "$work/A.h5"
cp "$work/alone.h5" "$work/B.h5"
(cd "$work" && sh -c "$command") >"$work/out" 2>&1 || die "$command: $(cat "$work/out")"
! h5diff "$work/A.h5" "$work/B.h5" >/dev/null || die "nothing of the run differs: the command proves nothing"
cp "$work/repeats.h5" "$work/B.h5"
! (cd "$work" && sh -c "$command") >/dev/null 2>&1 || die "the command finds no difference anywhere"
echo "documented comparison: as printed"
