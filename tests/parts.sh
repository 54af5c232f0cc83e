# How tests/run.sh counts what its parts came to. usage: . parts.sh; part NAME [BUILD_FOLDER] -- COMMAND...; tell_parts
#
# A part that runs ctest is counted by its tests, as ctest names them; any other counts as one. A part that
# fails does not keep the next ones from being run.

n_passed=0 n_failed=0 n_skipped=0
parts_work=$(mktemp -d)
trap 'rm -rf "$parts_work"' EXIT
: >"$parts_work/skipped"

# why_skipped NAME BUILD_FOLDER: the last line that the test printed
why_skipped() {
  awk -v name="$1" '
    $0 ~ "^[0-9]+/[0-9]+ Test: " { here = substr($0, index($0, "Test: ") + 6) == name; inside = 0 }
    here && /^-----/ { inside = 1; next }
    here && /^<end of output>/ { here = 0 }
    here && inside && NF { last = $0 }
    END { print last }' "$2/Testing/Temporary/LastTest.log" | sed 's/^skipped: //'
}

# count_tests BUILD_FOLDER: the tests in $parts_work/log
count_tests() {
  n=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed ' "$parts_work/log" || true)
  n_passed=$((n_passed + n))
  n=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*\*\*\*' "$parts_work/log" || true)
  for name in $(sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) \.*\*\*\*(Skipped|Not Run \(Disabled\)).*/\1/p' "$parts_work/log"); do
    n=$((n - 1))
    n_skipped=$((n_skipped + 1))
    echo "skipped: $part_name: $name: $(why_skipped "$name" "$1")" >>"$parts_work/skipped"
  done
  n_failed=$((n_failed + n))
  # Checks within tests that passed.
  awk -v part="$part_name" '
    /^[0-9]+\/[0-9]+ Test: / { name = substr($0, index($0, "Test: ") + 6) }
    / checks had no reference data to work on$/ { print "without reference data: " part ": " name ": " $1 " checks" }
    ' "$1/Testing/Temporary/LastTest.log" >>"$parts_work/skipped"
}

# part NAME [BUILD_FOLDER] -- COMMAND...
part() {
  part_name=$1 folder=
  shift
  [ "$1" = -- ] || { folder=$1; shift; }
  shift
  echo "== $part_name"
  [ -z "$folder" ] || rm -f "$folder/Testing/Temporary/LastTest.log"
  { code=0; "$@" 2>&1 || code=$?; echo "$code" >"$parts_work/code"; } | tee "$parts_work/log"
  code=$(cat "$parts_work/code")
  if [ -n "$folder" ] && [ -e "$folder/Testing/Temporary/LastTest.log" ]; then
    before=$n_failed
    count_tests "$folder"
    [ "$code" -eq 0 ] || [ "$n_failed" -gt "$before" ] || n_failed=$((n_failed + 1)) # the part itself
  elif [ "$code" -eq 0 ]; then
    n_passed=$((n_passed + 1))
  else
    n_failed=$((n_failed + 1))
  fi
}

# tell_parts: what was skipped and why, and the closing line; false (1) when anything failed
tell_parts() {
  echo
  cat "$parts_work/skipped"
  echo "$n_passed passed, $n_failed failed, $n_skipped skipped"
  [ "$n_failed" -eq 0 ]
}
