#!/bin/sh
# What is shown of a results file: its prompts are those that were scored, without the task files.
set -eu
. "$(dirname "$0")/../mpi/common.sh"
cd "$work"
mkdir tasks
cp -r "$source/tasks/ladder_facts" "$source/tasks/ladder_addition" tasks
cat >sweep.json <<CONFIG
{"name": "test", "models": [{"path": "$source/models/ladder/s1/3k"}, {"path": "$source/models/ladder/s1/20k"}],
 "tasks": ["tasks/ladder_facts", "tasks/ladder_addition",
           {"path": "tasks/ladder_facts", "variants": [{"name": "text", "answer": "text", "append_choices_to_input": true,
             "example_input_prefix": "\nAsk: ", "few_shot_example_separator": "\n--\n"}]}],
 "shots": [0, 2], "max_examples": 7, "generation": {"max_tokens": 6}, "seed": 11, "output": "sweep.h5"}
CONFIG
"$program" run sweep.json >/dev/null 2>log || die "no results: $(cat log)"
for task in ladder_facts ladder_addition ladder_facts@text; do
  for shots in 0 2; do
    "$program" prompt --config sweep.json --task "$task" --shots $shots --max-examples 7 |
      sed 's/.*"prompt": \("\([^"\\]\|\\.\)*"\).*/\1/' >expected
    mv tasks away
    "$program" show sweep.h5 --task "$task" --shots $shots --model 20k --json --prompt 2>/dev/null |
      sed 's/.*"prompt": \("\([^"\\]\|\\.\)*"\).*/\1/' >shown
    mv away tasks
    [ "$(wc -l <shown)" = 7 ] || die "$task: not 7 prompts"
    cmp expected shown || die "$task, $shots shots: other prompts"
  done
done
echo "prompts are those that were scored"

"$program" show sweep.h5 >text 2>message
[ "$(grep -c '^== ' text)" = 10 ] || die "not ten examples"
grep -q '10 of 42 examples are shown: -n 42 shows all' message || die "$(cat message)"
[ "$(wc -L <text)" -le 80 ] || die "too wide"
right=$("$program" show sweep.h5 --model 20k --right --json -n 99 | wc -l)
wrong=$("$program" show sweep.h5 --model 20k --wrong --json -n 99 | wc -l)
[ $((right + wrong)) = 42 ] || die "right $right and wrong $wrong are not all"
"$program" show sweep.h5 --differ 3k,20k --json -n 99 >differ
[ "$(grep -c '"right": true.*"right": false\|"right": false.*"right": true' differ)" = "$(wc -l <differ)" ] || die "they agree"
[ -s differ ] || die "they never differ"
for wrong in "--model 21k" "--task ladder_fact" "--shots 1" "--differ 3k" "--wrong --right"; do
  code=0
  "$program" show sweep.h5 $wrong >/dev/null 2>message || code=$?
  [ $code = 2 ] || die "$wrong: exit code $code"
done
"$program" show sweep.h5 --task ladder_fact 2>&1 | grep -q 'did you mean "ladder_facts"' || die "no near miss"

"$program" remove sweep.h5 --model 3k -o large.h5 >/dev/null
"$program" remove sweep.h5 --model 20k -o small.h5 >/dev/null
"$program" show sweep.h5 --json -n 99 >one
"$program" show small.h5 large.h5 --json -n 99 | cmp - one || die "of two files something else"
