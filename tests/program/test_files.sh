#!/bin/sh
# Several results files: halves of a sweep, merged, are the whole; what is taken out is gone.
set -eu
. "$(dirname "$0")/../mpi/common.sh"

# half NAME MODELS TASK...: a sweep of some of the models and tasks
half() {
  name=$1 models=$2 shots=$3
  shift 3
  list=
  for task; do list="$list${list:+, }\"$source/tasks/$task\""; done
  cat >"$work/$name.json" <<CONFIG
{"name": "test", "models": [$models], "tasks": [$list], "shots": $shots, "max_examples": 9,
 "generation": {"max_tokens": 6}, "output": "$name.h5"}
CONFIG
  "$program" run "$work/$name.json" >/dev/null 2>&1 || die "no $name.h5"
}
small="{\"path\": \"$source/models/ladder/s1/3k\"}"
large="{\"path\": \"$source/models/ladder/s1/10k\"}"
cd "$work"
half whole "$small, $large" "[0, 2]" ladder_facts ladder_addition
half small "$small" "[0, 2]" ladder_facts ladder_addition
half large "$large" "[0, 2]" ladder_facts ladder_addition
half facts "$small, $large" "[0]" ladder_facts

"$program" merge small.h5 large.h5 -o models.h5 | grep -q '^models.h5: 2 models, 2 tasks, 72 examples' || die "not told"
same_results whole.h5 models.h5
"$program" remove whole.h5 --task ladder_facts --shots 0 -o rest.h5 >/dev/null
"$program" merge facts.h5 rest.h5 whole.h5 facts.h5 -o tasks.h5 >/dev/null
same_results whole.h5 tasks.h5
echo "halves make the whole"

"$program" merge small.h5 large.h5 -o models.h5 2>message && die "models.h5 was written over"
grep -q 'models.h5 is there already' message || die "$(cat message)"
"$program" merge small.h5 large.h5 2>message && die "merged to nowhere"
[ ! -e models.h5.lock ] || die "a lock is left"

# Several files where one is expected.
for command in "analyze --json" "forecast --csv"; do
  "$program" $command whole.h5 >one 2>/dev/null
  "$program" $command small.h5 large.h5 >several 2>/dev/null || die "$command of several"
  cmp one several || die "$command: of several files something else than of all in one"
done

# Another axis: the curves lie on it, the file stays as it is.
cp whole.h5 before.h5
for axis in parameters non_embedding; do
  "$program" analyze whole.h5 --axis $axis --json >over_$axis || die "analyze --axis $axis"
done
"$program" analyze whole.h5 --json >one
cmp one over_parameters || die "the axis that the models are on gives something else"
"$program" inspect "$source/models/ladder/s1/10k" --json >inspected
scale=$(sed -n 's/.*"non_embedding_parameters": *\([0-9]*\).*/\1/p' inspected | head -n 1)
[ -n "$scale" ] || die "inspect has no count without embeddings: $(cat inspected)"
grep -q "\"scale\": *$scale[,}]" over_non_embedding || die "no point at $scale: $(cat over_non_embedding)"
"$program" analyze whole.h5 --axis active | grep -q '^Curves run over active parameters.' || die "no word of the axis"
"$program" forecast whole.h5 --axis tokens 2>message && die "a forecast over nothing"
grep -q 'the axis "tokens".*2 of 2 models, the first is' message || die "$(cat message)"
cmp before.h5 whole.h5 || die "another axis was written"
echo "another axis: curves on it, nothing written"

sed 's/"max_examples"/"seed": 7, "max_examples"/; s/large.h5/seven.h5/' large.json >seven.json
"$program" run seven.json >/dev/null 2>&1
for command in "analyze" "merge -o none.h5"; do
  "$program" $command small.h5 seven.h5 >/dev/null 2>message && die "$command: other seeds went together"
  grep -q 'small.h5 and seven.h5 were made under different settings' message || die "$(cat message)"
done
[ ! -e none.h5 ] || die "something was written"

"$program" remove whole.h5 --model 10k -o left.h5 | grep -q '36 of 72 examples, 1 of 2 models and 0 of 2 tasks' || die "not told"
same_results small.h5 left.h5
"$program" remove left.h5 --shots 2 -o left.h5 >/dev/null
"$program" remove left.h5 --task ladder_addition -o left.h5 >/dev/null
"$program" remove facts.h5 --model 10k -o facts_alone.h5 >/dev/null
same_results facts_alone.h5 left.h5
"$program" remove whole.h5 --model 1k -o none.h5 2>message && die "what is not there was taken out"
grep -q 'there is no model "1k"; did you mean "3k"' message || die "$(cat message)"
"$program" remove whole.h5 --model 3k -o small.h5 2>/dev/null && die "small.h5 was written over"
"$program" remove whole.h5 -o none.h5 2>/dev/null && die "nothing was named"
# What is out can be computed again.
"$program" remove whole.h5 --model 10k --task ladder_facts --shots 0 -o again.h5 >/dev/null
"$program" run whole.json -o again.h5 2>/dev/null >/dev/null
same_results whole.h5 again.h5
echo "what is taken out is gone, and comes again"
