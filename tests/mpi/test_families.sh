#!/bin/sh
# One configuration of many kinds of models (dense, dense whose positions depend on a text's length, sparse,
# encoder-decoder, a series of quantised files) has one result for any number of ranks and threads. The models are random.
set -eu
. "$(dirname "$0")/common.sh"

data="$source/../shared/data"
if [ ! -d "$data/models" ]; then
  echo "skipped: $data is absent"
  exit 77
fi

# add_model NAME FAMILY PATH
models=
add_model() {
  models="$models${models:+,
   }{\"name\": \"$1\", \"family\": \"$2\", \"path\": \"$3\"}"
}

for name in gemma2 llama-dynamic phi3-long mixtral qwen2-moe t5 flan-t5 switch-cap; do
  python3 "$source/tests/mpi/small_tokenizer.py" "$data/models/tiny-$name" "$work/$name"
  add_model "$name" "$name" "$work/$name"
done
mkdir "$work/gguf"
ln -s "$data/gguf/models/llama-q4_k_m/model.gguf" "$work/gguf/llama-Q4_K_M.gguf"
ln -s "$data/gguf/models/llama-f16-qkv/model.gguf" "$work/gguf/llama-F16.gguf"
models="$models,
   {\"path\": \"$work/gguf/llama-{quantization}.gguf\", \"series\": \"quantisation\"}"
cat >"$work/config.json" <<CONFIG
{"name": "families",
 "models": [$models],
 "tasks": ["$source/tasks/ladder_facts", "$source/tasks/ladder_addition"],
 "shots": [0, 1], "max_examples": 8, "generation": {"max_tokens": 12}}
CONFIG

"$program" run "$work/config.json" -o "$work/alone.h5" >"$work/alone.txt" 2>"$work/alone.err" ||
  die "alone: $(tail -3 "$work/alone.err")"
[ "$(h5dump -d /models/quantization "$work/alone.h5" | grep -cE 'Q4_K_M|F16')" -ge 1 ] || die "no series of quantisations"
for n in 1 4; do
  on_ranks $n run "$work/config.json" -o "$work/$n.h5" >/dev/null 2>&1 || die "on $n ranks"
  same_results "$work/alone.h5" "$work/$n.h5"
  echo "$n ranks: same results"
done
OMP_NUM_THREADS=2 "$program" run "$work/config.json" -o "$work/threads.h5" >/dev/null 2>&1
same_results "$work/alone.h5" "$work/threads.h5"
echo "two threads: same results"
