#!/bin/sh
# The packages agree with each other: what is needed to build is in each recipe, and the version is the project's.
# usage: test_packaging.sh SOURCE_FOLDER
set -eu
cd "$1"
die() { echo "FAILED: $*" >&2; exit 1; }
packaging=jobs/packaging

# shellcheck disable=SC2016
build=$(sed -n '/^build="/,/"$/p' jobs/install_packages.sh | tr -d '"' | sed 's/^build=//')
n=0
for package in $build; do
  case $package in
    gcc | libc6-dev | git) continue ;; # at hand wherever packages are built
    openmpi-bin) files=$packaging/apptainer/bigsweep.def ;;
    *) files="$packaging/debian/control $packaging/apptainer/bigsweep.def" ;;
  esac
  for file in $files; do
    grep -qE "(^|[ ,])$package([ ,]|$)" "$file" || die "$file lacks $package"
  done
  n=$((n + 1))
done
[ "$n" -ge 9 ] || die "only $n packages were looked at: $build"
for library in mpi hdf5 cjson pcre2 utf8proc openssl cmake; do
  grep -q "depends_on(\"$library" $packaging/spack/package.py || die "the Spack recipe lacks $library"
done

version=$(sed -n 's/^project(bigsweep VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
grep -q "^bigsweep ($version) " $packaging/debian/changelog || die "the Debian package is not of version $version"
sh -n $packaging/build_debian.sh
for file in $packaging/debian/rules $packaging/build_debian.sh; do
  [ -r "$file" ] || die "no $file"
done
[ -x $packaging/debian/rules ] || die "debian/rules cannot be run"
if command -v python3 >/dev/null; then
  python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' $packaging/spack/package.py
fi
echo "packaging: passed"
