#!/bin/sh
# Wraps in a sweep: what plan, prompt and the results file say of them, that each is a model of its own
# to a run that goes on, and that results do not depend on what else is in the sweep.
# usage: test_wraps.sh PROGRAM SOURCE
set -eu
program=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() { echo "$1" >&2; exit 1; }

# write NAME MODELS: a configuration
write() {
  cat >"$work/$1.json" <<CONFIG
{"name": "test", "models": [$2], "variants": {"bare": {"wrap": "none"}},
 "tasks": [{"path": "$source/tasks/ladder_facts", "variants": ["plain", "bare"]}, "$source/tasks/ladder_addition"],
 "max_examples": 6, "shots": [0, 2], "generation": {"max_tokens": 6}}
CONFIG
}
path='"path": "'$source/models/ladder/s1/30k'"'
wrap='"wrap": {"before": "b\n", "after": "\nA: \n", "end": "Q"}'
write both '{"name": "plain", "family": "a", '"$path"'}, {"name": "mine", "family": "b", '"$path, $wrap"'}'
write one '{"name": "mine", "family": "b", '"$path, $wrap"'}'
write other '{"name": "plain", "family": "a", '"$path"'}, {"name": "mine", "family": "b", '"$path"', "wrap": "alpaca"}'

"$program" plan "$work/both.json" >"$work/plan.txt" 2>"$work/notes.txt"
grep -q '^mine  *{"before": "b\\n", "after": "\\nA: \\n", "end": "Q"}$' "$work/plan.txt" || die "plan names no wrap"
grep -q '^ladder_facts@bare  *none$' "$work/plan.txt" || die "plan names no wrap of a variant"
grep -q '^mine  *"b" "\\n" "\\n" "Q"' "$work/plan.txt" || die "first tokens are not the wrap's"
sed 's/"wrap": {.*"end": "Q"}/"wrap": "chatml"/' "$work/one.json" >"$work/strange.json"
"$program" plan "$work/strange.json" 2>&1 >/dev/null | grep -q 'no token of the model.s tokenizer' ||
  die "plan does not warn of a wrap of another model"
"$program" prompt --config "$work/both.json" --task ladder_facts --model mine --max-examples 1 |
  grep -q '"prompt": "b\\n\\nQ: .*\\nA: \\n", ' || die "prompt shows no wrap"
"$program" prompt --config "$work/both.json" --task ladder_facts --model mina 2>&1 |
  grep -q 'did you mean "mine"' || die "no near model"

"$program" run "$work/both.json" -o "$work/both.h5" 2>/dev/null >/dev/null
"$program" run "$work/one.json" -o "$work/one.h5" 2>/dev/null >/dev/null
h5dump -d /models/wrap "$work/both.h5" | grep -q 'before' || die "/models has no wrap"

# The same with and without the other model, and added to results that are there.
"$program" run "$work/both.json" -o "$work/one.h5" 2>"$work/log.txt" >/dev/null
grep -q ', 36 found done' "$work/log.txt" || die "what was done is not found: $(cat "$work/log.txt")"
for group in models tasks examples choices scores analysis; do
  h5diff "$work/both.h5" "$work/one.h5" "/$group" >/dev/null || die "/$group differs"
done

# Who reads the file makes the same prompts and the same scores.
"$program" verify "$work/both.h5" -n 72 >"$work/log.txt" 2>&1 || die "$(cat "$work/log.txt")"
grep -q '^72 of 72 examples come out the same' "$work/log.txt" || die "$(cat "$work/log.txt")"
"$program" show "$work/both.h5" --model mine --prompt -n 1 2>/dev/null | grep -qx '  b' ||
  die "show makes prompts without their wrap"

# Another wrap is another model.
status=0
"$program" run "$work/other.json" -o "$work/both.h5" 2>"$work/log.txt" >/dev/null || status=$?
[ $status = 2 ] || die "exit code $status under another wrap"
grep -q 'the model "mine" has another content than when its results were made' "$work/log.txt" ||
  die "unexpected message: $(cat "$work/log.txt")"
sed 's/"wrap": "none"/"wrap": "alpaca"/' "$work/both.json" >"$work/variant.json"
status=0
"$program" run "$work/variant.json" -o "$work/both.h5" 2>"$work/log.txt" >/dev/null || status=$?
[ $status = 2 ] || die "exit code $status under another wrap of a variant"

# Faults are told with their place.
status=0
sed 's/"wrap": "none"/"wrap": "lama2"/' "$work/both.json" >"$work/bad.json"
"$program" plan "$work/bad.json" 2>"$work/log.txt" || status=$?
[ $status = 2 ] || die "exit code $status for an unknown wrap"
grep -q 'line 1: variants.bare.wrap: unknown wrap "lama2"; did you mean "llama2"?' "$work/log.txt" ||
  die "unexpected message: $(cat "$work/log.txt")"
echo "wraps: plan, prompt, results, resume and faults as expected"
