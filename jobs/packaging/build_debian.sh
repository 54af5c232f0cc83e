#!/bin/sh
# Builds the Debian package of the present commit, in a clean copy: the top folder of a package's source needs
# debian/, which stands here.
# usage: sh jobs/packaging/build_debian.sh [FOLDER FOR THE PACKAGE]      (default: .)
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
to=$(mkdir -p "${1:-.}" && cd "${1:-.}" && pwd)
command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null || {
  echo "build_debian.sh: dpkg-buildpackage or dh is missing: install dpkg-dev and debhelper" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bigsweep"
(cd "$source" && git archive HEAD) | tar -x -C "$work/bigsweep"
cp -r "$work/bigsweep/jobs/packaging/debian" "$work/bigsweep/debian"
cd "$work/bigsweep"
dpkg-buildpackage -us -uc -b
mv "$work"/*.deb "$work"/*.buildinfo "$work"/*.changes "$to"
ls "$to"/*.deb
