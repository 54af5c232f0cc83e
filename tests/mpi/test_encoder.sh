#!/bin/sh
# Models with an encoder: one result for any number of ranks; what a prompt and an answer become.
set -eu
. "$(dirname "$0")/common.sh"
models=$source/../shared/data/models
[ -d "$models/tiny-flan-t5" ] || { echo "no $models: skipped"; exit 77; }

# write_model NAME FOLDER: tiny-NAME with a tokenizer of single characters, which ends texts with </s>
write_model() {
  mkdir "$2"
  ln -s "$models/tiny-$1/config.json" "$models/tiny-$1/model.safetensors" "$2"
  awk 'BEGIN {
    printf "{\"added_tokens\": [{\"id\": 1, \"content\": \"</s>\", \"special\": true}],"
    printf "\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"▁\", \"add_prefix_space\": true},"
    printf "\"decoder\": {\"type\": \"Metaspace\", \"replacement\": \"▁\", \"add_prefix_space\": true},"
    printf "\"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}},"
    printf "{\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": 0}}], \"pair\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}},"
    printf "{\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}],"
    printf "\"special_tokens\": {\"</s>\": {\"id\": \"</s>\", \"ids\": [1], \"tokens\": [\"</s>\"]}}},"
    printf "\"model\": {\"type\": \"Unigram\", \"unk_id\": 2, \"vocab\": [[\"<pad>\", 0], [\"</s>\", 0], [\"<unk>\", 0], [\"▁\", -3], [\"\\n\", -4]"
    for (c = 33; c < 127; c++)
      printf ", [\"%s%c\", -5]", (c == 34 || c == 92) ? "\\" : "", c
    print "]}}"
  }' >"$2/tokenizer.json"
}
write_model t5 "$work/t5"
write_model flan-t5 "$work/flan"

# A prompt becomes the encoder's text with </s> behind it, an answer the decoder's, without.
echo '{"text": "Q: ab "}' | "$program" tokenize --special --model "$work/t5" >"$work/ids.txt"
grep -q ', 1\]}$' "$work/ids.txt" || die "no </s>: $(cat "$work/ids.txt")"
cat >"$work/lines.txt" <<'LINES'
{"context": "ab", "continuation": "c"}
{"context_ids": [3, 69, 70, 1], "continuation_ids": [3, 71]}
{"encoder_ids": [3, 69, 70, 1], "decoder_ids": [0, 3, 71]}
{"context": "ab ", "continuation": "c", "border": "joint"}
LINES
"$program" loglik --model "$work/t5" <"$work/lines.txt" >"$work/scores.txt"
[ "$(sort -u "$work/scores.txt" | wc -l)" = 1 ] || die "text and ids differ: $(cat "$work/scores.txt")"
echo '{"prompt": "ab", "max_tokens": 6}
{"prompt_ids": [3, 69, 70, 1], "max_tokens": 6}' |
  "$program" generate --model "$work/t5" >"$work/texts.txt"
[ "$(sort -u "$work/texts.txt" | wc -l)" = 1 ] || die "text and ids differ: $(cat "$work/texts.txt")"

cat >"$work/config.json" <<CONFIG
{"name": "test",
 "models": [{"name": "t5", "path": "$work/t5"}, {"name": "flan", "path": "$work/flan"},
            {"name": "wrapped", "path": "$work/t5", "wrap": {"before": "In: ", "after": " Out:", "end": "a"}}],
 "tasks": ["$source/tasks/ladder_facts", "$source/tasks/ladder_addition"],
 "shots": [0, 2], "max_examples": 12, "generation": {"max_tokens": 6}}
CONFIG
"$program" plan "$work/config.json" >"$work/plan.txt"
"$program" run "$work/config.json" -o "$work/alone.h5" >/dev/null
for n in 1 2; do
  on_ranks $n run "$work/config.json" -o "$work/$n.h5" >/dev/null
  same_results "$work/alone.h5" "$work/$n.h5"
  echo "$n ranks: same results"
done
