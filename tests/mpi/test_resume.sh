#!/bin/sh
# A sweep killed again and again and continued with another number of ranks ends with the same file.
set -eu
. "$(dirname "$0")/common.sh"

write_config "$work/config.json" 100
"$program" run "$work/config.json" -o "$work/whole.h5" >/dev/null

n_killed=0
for round in 1 2 3 4 5 6; do
  setsid timeout -s KILL "0.$((round + 3))" mpirun --oversubscribe -n $((1 + round % 4)) \
    "$program" run "$work/config.json" -o "$work/killed.h5" >/dev/null 2>&1 || n_killed=$((n_killed + 1))
  pkill -KILL -f "$work/killed.h5" || true # ranks that outlived their mpirun
done
on_ranks 3 run "$work/config.json" -o "$work/killed.h5" >/dev/null
same_results "$work/whole.h5" "$work/killed.h5"
echo "killed $n_killed times: same results"

# Nothing is left to do: the second run takes over everything.
on_ranks 2 run "$work/config.json" -o "$work/killed.h5" 2>&1 >/dev/null | grep -q ': 0 examples in' ||
  die "a finished sweep was run again"
same_results "$work/whole.h5" "$work/killed.h5"

# More shots and more examples: what is there stays.
sed -i 's/"shots": \[0, 2\]/"shots": [0, 1, 2]/; s/"max_examples": 100/"max_examples": 120/' "$work/config.json"
on_ranks 2 run "$work/config.json" -o "$work/killed.h5" >/dev/null 2>"$work/log"
grep -q 'of [0-9.]* s the work itself took [0-9.]* s; the other [0-9.]* s went into ' "$work/log" ||
  die "not said how much was work: $(cat "$work/log")"
"$program" run "$work/config.json" -o "$work/grown.h5" >/dev/null
same_results "$work/grown.h5" "$work/killed.h5"
echo "grown: same results as at once"
