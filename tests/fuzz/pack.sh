#!/bin/sh
# Keeps what long rounds of guided fuzzing have found: of the seeds, of tests/fuzz/grown/NAME.tar.xz and of
# FOLDER/NAME the fewest inputs that reach all that they reach together, as the new archive.
#     cmake --preset fuzz && cmake --build --preset fuzz
#     sh tests/fuzz/pack.sh FOLDER [NAME...]
set -eu
found=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- $(ls tests/fuzz/corpus)
fewest=$(mktemp -d)
trap 'rm -rf "$fewest"' EXIT
mkdir -p tests/fuzz/grown
for name in "$@"; do
  mkdir "$fewest/$name"
  folders=tests/fuzz/corpus/$name
  for folder in "build/fuzz/tests/fuzz/grown/$name" "$found/$name"; do
    [ ! -d "$folder" ] || folders="$folders $folder"
  done
  # shellcheck disable=SC2086
  "build/fuzz/tests/fuzz/libfuzz_$name" -set_cover_merge=1 -max_len=4096 -timeout=60 -rss_limit_mb=2048 \
    -malloc_limit_mb=1024 "$fewest/$name" $folders 2>"$fewest/log" || { cat "$fewest/log"; exit 1; }
  # what the seeds reach they need not reach again
  for seed in "tests/fuzz/corpus/$name"/*; do
    rm -f "$fewest/$name/$(sha1sum <"$seed" | cut -d ' ' -f 1)"
  done
  echo "$name: $(ls "$fewest/$name" | wc -l) inputs"
  rm -f "tests/fuzz/grown/$name.tar.xz"
  [ -z "$(ls "$fewest/$name")" ] || tar -C "$fewest/$name" --sort=name --mtime=@0 --owner=0 --group=0 \
    --numeric-owner --mode=0644 -cJf "tests/fuzz/grown/$name.tar.xz" $(ls "$fewest/$name")
done
