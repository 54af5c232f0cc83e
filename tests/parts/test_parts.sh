#!/bin/sh
# The counts at the end of tests/run.sh are those of its parts, on a made-up set of tests of each kind.
# usage: test_parts.sh SOURCE_FOLDER
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() {
  echo "FAILED: $*: $(cat "$work/out")" >&2
  exit 1
}
mkdir "$work/good" "$work/bad" "$work/best"
echo 'add_test(fine "true")' >"$work/best/CTestTestfile.cmake"
cat >"$work/good/CTestTestfile.cmake" <<'TESTS'
add_test(good "sh" "-c" "printf 'SKIPPED: no reference data \n\n3 checks had no reference data to work on\n'")
add_test(better "true")
add_test(skips "sh" "-c" "echo 'skipped: nothing to work on'; exit 77")
set_tests_properties(skips PROPERTIES SKIP_RETURN_CODE 77)
add_test(off "true")
set_tests_properties(off PROPERTIES DISABLED TRUE)
TESTS
cat >"$work/bad/CTestTestfile.cmake" <<'TESTS'
add_test(fine "true")
add_test(fails "false")
add_test(missing "/nowhere/program")
add_test(slow "sleep" "20")
set_tests_properties(slow PROPERTIES TIMEOUT 1)
add_test(crashes "sh" "-c" "kill -SEGV $$")
TESTS

# run LINES: a program with these parts; sets code
run() {
  code=0
  { printf 'set -eu\n. "%s/tests/parts.sh"\n' "$source"; cat; echo tell_parts; } >"$work/run.sh"
  sh "$work/run.sh" >"$work/out" 2>&1 || code=$?
}

run <<PARTS
part "one" -- true
part "two" "$work/good" -- ctest --test-dir "$work/good" -j2
PARTS
[ $code -eq 0 ] || die "exit code $code where nothing failed"
[ "$(tail -n 1 "$work/out")" = "3 passed, 0 failed, 2 skipped" ] || die "wrong counts"
grep -qx 'skipped: two: skips: nothing to work on' "$work/out" || die "no reason"
grep -qx 'without reference data: two: good: 3 checks' "$work/out" || die "no word of checks without data"

run <<PARTS
part "one" -- false
part "two" "$work/bad" -- ctest --test-dir "$work/bad"
part "three" "$work/good" -- false
part "four" "$work/good" -- ctest --test-dir "$work/good"
PARTS
[ $code -eq 1 ] || die "exit code $code where tests failed"
[ "$(tail -n 1 "$work/out")" = "3 passed, 6 failed, 2 skipped" ] || die "wrong counts"

run <<PARTS
part "one" "$work/best" -- ctest --test-dir "$work/best"
PARTS
[ $code -eq 0 ] || die "exit code $code where nothing failed"
[ "$(tail -n 1 "$work/out")" = "1 passed, 0 failed, 0 skipped" ] || die "wrong counts"
echo "parts: passed"
