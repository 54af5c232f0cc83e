#!/bin/sh
# Man pages and completion: every command has a page that formats, bash completes commands, options and
# words, zsh can read its script.
# usage: test_pages.sh PROGRAM
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() { echo "FAILED: $*" >&2; exit 1; }

names=$("$program" describe names)
[ "$(echo "$names" | wc -l)" -gt 15 ] || die "commands are missing: $names"
for name in '' $names; do
  # shellcheck disable=SC2086
  "$program" describe man $name >"$work/page.1"
  grep -q '^\.SH SYNOPSIS' "$work/page.1" || die "no page of $name"
  if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$work/page.1" | grep -v 'missing date' >"$work/faults" || true
    [ ! -s "$work/faults" ] || die "$(cat "$work/faults")"
  elif command -v groff >/dev/null; then
    groff -man -ww -T ascii "$work/page.1" >/dev/null 2>"$work/faults" || die "$name: groff"
    [ ! -s "$work/faults" ] || die "$name: $(cat "$work/faults")"
  fi
done
# The page has every option that --help has.
"$program" describe man analyze | tr -d '\\' >"$work/page"
"$program" analyze --help | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | while read -r option; do
  grep -qE -- "^\.B .*$option" "$work/page" || die "no $option on the page"
done
"$program" run --help=odd >/dev/null 2>&1 && die "an unknown form of help"

"$program" describe bash >"$work/completion"
# complete WORDS...: what is offered for the last of them
complete() {
  bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bigsweep; echo ${COMPREPLY[*]}' "$work/completion" "$@"
}
# offered EXPECTED WORDS...
offered() {
  expected=$1
  shift
  found=$(complete "$@")
  [ "$found" = "$expected" ] || die "of $*: \"$found\", expected \"$expected\""
}
offered 'analyze' bigsweep an
offered '--version' bigsweep --v
offered '--scores --shots --sort' bigsweep analyze --s
offered '--output' bigsweep run --o
offered 'scores' bigsweep analyze --csv = sc
offered 'linearity scores forecasts' bigsweep analyze --csv =
offered 'report' bigsweep help repo
offered '' bigsweep analyze results # files, by bash itself
offered '' bigsweep nonsense --s

"$program" describe zsh >"$work/_bigsweep"
grep -q '^#compdef bigsweep' "$work/_bigsweep" || die "no completion for zsh"
if command -v zsh >/dev/null; then
  # Quotes in summaries end no text: as many commands are described as there are, with help and version.
  described=$(zsh -f -c '_describe() { print $#commands; }; words=(bigsweep x); CURRENT=2; . "$0"' "$work/_bigsweep")
  [ "$described" -eq $(($(echo "$names" | wc -l) + 2)) ] || die "zsh finds $described commands"
fi
echo "pages: passed"
