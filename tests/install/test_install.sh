#!/bin/sh
# Another program finds and links the installed library, by CMake's package and by pkg-config; every
# public header compiles alone, and the library shows what they declare and nothing else.
# usage: test_install.sh BUILD_FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
for header in "$work"/prefix/include/bigsweep/*.h; do
  printf '#include "bigsweep/%s"\nextern int not_empty;\n' "$(basename "$header")" |
    gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$work/prefix/include" -x c -
done

cat "$work"/prefix/include/bigsweep/*.h | tr '\n' ' ' | grep -oE 'BS_API [^;{]*' | grep -oE '\bbs_[a-z0-9_]+ *\(' |
  tr -d ' (' | sort -u >"$work/declared"
nm -D --defined-only "$(find "$work/prefix" -name 'libbigsweep.so')" | awk '{ print $3 }' | sort -u >"$work/shown"
hidden=$(comm -23 "$work/declared" "$work/shown" | tr '\n' ' ')
shown=$(comm -13 "$work/declared" "$work/shown" | tr '\n' ' ')
[ -z "$shown" ] || { echo "FAILED: shown, and in no public header: $shown" >&2; exit 1; }
[ -z "$hidden" ] || { echo "FAILED: declared with BS_API, and not shown: $hidden" >&2; exit 1; }

cmake -S "$here/consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/cmake" >/dev/null
"$work/cmake/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name bigsweep.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
gcc -std=c17 "$here/consumer/consumer.c" $(pkg-config --cflags --libs bigsweep) -o "$work/consumer"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir bigsweep) "$work/consumer"
"$work/prefix/bin/bigsweep" --version

# What else is installed; of each kind one, and of all commands a page.
for file in bin/bigsweep share/bigsweep/jobs/one_node.sbatch share/bigsweep/jobs/sweep.sh \
  share/bigsweep/analysis/plot_scaling.py share/bigsweep/analysis/results.py share/man/man1/bigsweep.1 \
  share/bash-completion/completions/bigsweep share/zsh/site-functions/_bigsweep share/doc/bigsweep/LICENSE \
  share/doc/bigsweep/README.md share/doc/bigsweep/docs/configuration.md share/doc/bigsweep/configs/ladder.json; do
  [ -r "$work/prefix/$file" ] || { echo "FAILED: $file is not installed" >&2; exit 1; }
done
for name in $("$work/prefix/bin/bigsweep" describe names); do
  [ -s "$work/prefix/share/man/man1/bigsweep-$name.1" ] || { echo "FAILED: no page of $name" >&2; exit 1; }
done
# Links of the documents lead somewhere.
grep -oE '\]\(([a-z_/]+\.(md|png))' -r "$work/prefix/share/doc/bigsweep" --include='*.md' | sed 's/:\](/ /' | while read -r from to; do
  [ -e "$(dirname "$from")/$to" ] || { echo "FAILED: $from: no $to" >&2; exit 1; }
done
# A job script finds the installed program. There is no launcher of that name, and so it ends there.
cd "$work"
echo '{}' >c.json
told=$(BIGSWEEP="$work/prefix/share/bigsweep" bash -c '. "$BIGSWEEP/jobs/sweep.sh"
  bigsweep=$BIGSWEEP program=$BIGSWEEP/build/release/bigsweep
  run_sweep c.json c.h5 no-such-launcher; echo "program $program"' 2>&1)
case $told in
  *"no no-such-launcher on this node"*"program "*/bin/bigsweep) ;;
  *) echo "FAILED: a job script does not find the program: $told" >&2; exit 1 ;;
esac
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  PYTHONPATH="$work/prefix/share/bigsweep/analysis" /usr/bin/python3 -B -c 'import bigsweep; bigsweep.read'
else
  echo "no test of the Python package: install python3-h5py"
fi
echo "install: passed"
