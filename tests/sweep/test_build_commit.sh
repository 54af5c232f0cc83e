#!/bin/sh
# The commit that results name: of the time of the build, with what is not committed told, without git too.
# usage: test_build_commit.sh SOURCE_FOLDER CMAKE
set -eu
source=$1
cmake=$2
command -v git >/dev/null || { echo "skipped: git is missing"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CEILING_DIRECTORIES="$work"
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
git="git -c user.name=t -c user.email=t@example.org -c init.defaultBranch=main"
die() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect WHAT COMMIT TREE: the header of a build of that tree names the commit
expect() {
  "$cmake" -D SOURCE="$3" -D HEADER="$work/commit.h" -P "$3/cmake/commit.cmake"
  grep -qF "#define BS_COMMIT \"$2\"" "$work/commit.h" || die "$1: expected $2, found $(cat "$work/commit.h")"
  echo "$1: $2"
}

tree=$work/tree
mkdir -p "$tree/cmake"
cp "$source/cmake/commit.cmake" "$source/cmake/archive_commit.txt" "$tree/cmake"
cp "$source/.gitattributes" "$tree"
expect "no repository" unknown "$tree"
$git init -q "$tree"
$git -C "$tree" add .
$git -C "$tree" commit -qm first
first=$($git -C "$tree" rev-parse --short=12 HEAD)
expect "a commit" "$first" "$tree"
before=$(stat -c %y "$work/commit.h")
sleep 0.02
expect "the same once more" "$first" "$tree"
[ "$(stat -c %y "$work/commit.h")" = "$before" ] || die "the header is written although nothing has changed"
touch "$tree/untracked"
expect "a file that git does not know" "$first" "$tree"
echo "# more" >>"$tree/cmake/commit.cmake"
expect "a changed file" "$first-dirty" "$tree"
$git -C "$tree" commit -qam second
second=$($git -C "$tree" rev-parse --short=12 HEAD)
[ "$second" != "$first" ] || die "no second commit"
expect "another commit" "$second" "$tree"
$git -C "$tree" tag v1
expect "a tag" "$second" "$tree"

mkdir -p "$work/unpacked/inner"
$git -C "$tree" archive HEAD | tar -x -C "$work/unpacked"
expect "an archive" "$($git -C "$tree" rev-parse --short HEAD)" "$work/unpacked"
cp -r "$source/cmake" "$work/unpacked/inner"
$git init -q "$work/unpacked"
$git -C "$work/unpacked" add .
$git -C "$work/unpacked" commit -qm foreign
expect "a tree inside another repository" unknown "$work/unpacked/inner"
