#!/bin/sh
# Static analysis of the library and the program: gcc -fanalyzer, cppcheck, clang-tidy. Prints each tool's
# warnings, which docs/notes/static-analysis.md explains. Not part of the tests: the tools guess.
#     sh tests/static_analysis.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
out=${1:-build/analysis}
checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions'
checks="$checks,-bugprone-reserved-identifier,-bugprone-implicit-widening-of-multiplication-result"
checks="$checks,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*,cert-err34-c,cert-flp30-c"
checks="$checks,misc-redundant-expression,performance-*"

CC=gcc CFLAGS=-fanalyzer cmake -S . -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
echo "== gcc -fanalyzer: $(gcc --version | head -1)"
cmake --build "$out" --clean-first -- -j2 >"$out/fanalyzer.txt" 2>&1
grep 'warning:' "$out/fanalyzer.txt" | sort -u || true
echo "== $(cppcheck --version)"
cppcheck --project="$out/compile_commands.json" --enable=warning,portability --library=posix,openmp \
  --quiet -j 2 --suppress=internalAstError --template='{file}:{line}: {id}: {message}' 2>&1 | sort -u
echo "== clang-tidy: $(clang-tidy --version | sed -n 's/ *LLVM version/LLVM/p')"
git ls-files 'src/*.c' | xargs -n 1 -P 2 clang-tidy -p "$out" --quiet --extra-arg=-Wno-unknown-warning-option \
  --extra-arg=-Wno-ignored-optimization-argument -checks="$checks" 2>/dev/null | grep 'warning:' | sort -u || true
