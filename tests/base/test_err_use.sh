#!/bin/sh
# A caller of the library may pass NULL for err. So nothing but src/base/error.c looks into an error
# that it was given: the rest sets, prefixes, recasts or clears it, or looks at one of its own.
# usage: test_err_use.sh SOURCE_FOLDER
set -eu
cd "$1"

# uses FILE...: lines where a given error is looked into; a declaration ("bs_error *err") is none
uses() {
  sed 's/bs_error \*err//g; s/bs_error \*//g' "$@" | grep -nE '(\berr|->err)->|\*[A-Za-z_>.-]*\berr\b' || true
}

# The net catches what it is for.
for line in 'x = err->status;' '  *err = before;' 'bs_error before = *err;' 'r->err->status' '*r->err = x;'; do
  [ -n "$(printf '%s\n' "$line" | uses -)" ] || { echo "FAILED: not found: $line" >&2; exit 1; }
done
[ -z "$(printf 'bs_status f(const bs_x *x, bs_error *err);\n  return g(*x, err);\n' | uses -)" ] || {
  echo "FAILED: a declaration is taken for a use" >&2
  exit 1
}

found=0
for file in $(find src -name '*.c' -o -name '*.h'); do
  case $file in
    src/base/error.c) continue ;;
    src/program/*) continue ;; # its commands' errors are their own; the library's rule is what a caller relies on
  esac
  lines=$(uses "$file")
  [ -z "$lines" ] || { echo "$file: err is looked into, and may be NULL: $lines" >&2; found=1; }
done
[ $found -eq 0 ] || exit 1
echo "err: passed"
