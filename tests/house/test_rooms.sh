#!/bin/sh
# The house stands as rooms.txt says: a file includes and calls only its own room and those beneath it,
# no circle leads from a source file back to it, and each outside library is met in one place.
# usage: test_rooms.sh SOURCE_FOLDER OBJECTS (a file with the paths of the library's object files)
set -eu
export LC_ALL=C # the words of tsort
sources=$1 objects=$2 here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() { echo "FAILED: $1" >&2; sed 's/^/  /' >&2; failed=1; }
report() { [ ! -s "$work/faults" ] || fail "$1" <"$work/faults"; }

# upward ROOMS: of lines "USER USED" (room/file each, a public header as include/NAME.h), those that
# lead upwards or to no room
upward() {
  awk -v rooms="$1" '
    BEGIN {
      while ((getline line < rooms) > 0) {
        if (line ~ /^#/ || split(line, word, " ") == 0) continue
        height[word[1]] = ++n
        for (i = 2; i in word; i++) height["include/" word[i]] = n
        delete word
      }
    }
    function at(path) { if (path in height) return height[path]; sub("/.*", "", path); return height[path] }
    !at($1) || !at($2) { print $1 " uses " $2 ": a room or header that rooms.txt does not name"; next }
    at($2) > at($1) { print $1 " uses " $2 ", which stands above it" }'
}

# circles: of lines "USER USED", the files that lead back to themselves
circles() { awk '$1 != $2' | sort -u | tsort 2>&1 >/dev/null | grep -v 'input contains a loop' | sed 's/^tsort: //' || true; }

# includes: "USER USED" for each #include "..." of the sources
includes() {
  cd "$1/src"
  grep -rnE '^ *# *include *"' --include='*.c' --include='*.h' . | sed -E 's#^\./([^:]*):[0-9]+: *\# *include *"([^"]*)".*#\1 \2#'
  cd "$1/include/bigsweep"
  grep -nE '^ *# *include *"' ./*.h | sed -E 's#^\./([^:]*):[0-9]+: *\# *include *"([^"]*)".*#include/\1 \2#'
}

# calls: "USER USED" for each symbol that one object file takes from another
calls() {
  xargs nm -A -P <"$1" | sed -E 's#/\./#/#g; s#^.*/bigsweep\.dir/([^ ]*)\.c\.o: #\1 #' | awk '
    $3 ~ /^[TDBRVWCG]$/ { owner[$2] = $1 }
    $3 == "U" { user[++n] = $1; used[n] = $2 }
    END { for (i = 1; i <= n; i++) if (used[i] in owner && owner[used[i]] != user[i]) print user[i], owner[used[i]] }' | sort -u
}

# The nets catch what they are for.
printf 'low\nhigh face.h\n' >"$work/rooms"
[ "$(printf 'low/a.c high/b.h\nlow/a.c include/face.h\nlow/a.c gone/b.h\n' | upward "$work/rooms" | wc -l)" -eq 3 ]
[ -z "$(printf 'high/a.c low/b.h\nhigh/a.c include/face.h\nlow/c.c low/d.h\n' | upward "$work/rooms")" ]
[ -n "$(printf 'a b\nb c\nc a\n' | circles)" ] && [ -z "$(printf 'a b\nb c\na c\n' | circles)" ]

includes "$sources" | sed 's# bigsweep/# include/#' | grep -vE 'version\.h$|commit\.h$' >"$work/includes"
[ "$(wc -l <"$work/includes")" -gt 500 ] || echo "$(wc -l <"$work/includes") includes" | fail "sources are missing"
upward "$here/rooms.txt" <"$work/includes" >"$work/faults"
report "includes lead upwards"

calls "$objects" >"$work/calls"
[ "$(wc -l <"$work/calls")" -gt 500 ] || echo "$objects: $(wc -l <"$work/calls") calls" | fail "object files are missing"
upward "$here/rooms.txt" <"$work/calls" >"$work/faults"
report "calls lead upwards"
circles <"$work/calls" >"$work/faults"
report "circles between source files (tsort: each group of lines is one)"

grep '^program/.*_internal\.h$' "$work/includes" | grep -v ' program/' >"$work/faults" || true
report "the program includes private headers"

# once HEADER FILES: a library's header stands in these alone
once() {
  cd "$sources"
  grep -rlE "# *include *[<\"]($1)[>\"]" src include | grep -vE "$2" || true
}
once 'mpi\.h' '^src/sweep/protocol/transport_mpi\.c$' >"$work/faults"
report "mpi.h outside src/sweep/protocol/transport_mpi.c"
once 'hdf5\.h' '^src/store/' >"$work/faults"
report "hdf5.h outside src/store"
once 'curl/.*' '^src/backend/remote[^/]*\.c$' >"$work/faults"
report "curl.h outside src/backend"
once 'Python\.h' '^$' >"$work/faults"
report "Python.h"

[ $failed -eq 0 ] || exit 1
echo "rooms: passed"
