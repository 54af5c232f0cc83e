#!/bin/sh
# Installs the Debian packages that bigsweep needs, those that are missing alone.
# Elsewhere it says what is needed, and leaves it at that.
# usage: install_packages.sh [build] [plot] [test] [slurm] [browser]     (default: build plot)
set -eu

build="gcc libc6-dev cmake ninja-build pkg-config openmpi-bin libopenmpi-dev libhdf5-dev
  libcjson-dev libpcre2-dev libutf8proc-dev libssl-dev git"
plot="python3 python3-h5py python3-matplotlib"
test="libcunit1-dev hdf5-tools clang clang-format libclang-rt-dev libomp-dev procps python3-jinja2
  $plot"
slurm="slurm-wlm munge openmpi-bin"
browser="chromium python3" # 350 MB: the test of the page is skipped without it

wanted=
for set in ${*:-build plot}; do
  case $set in
    build) wanted="$wanted $build" ;;
    plot) wanted="$wanted $plot" ;;
    test) wanted="$wanted $test" ;;
    slurm) wanted="$wanted $slurm" ;;
    browser) wanted="$wanted $browser" ;;
    *) echo "install_packages.sh: unknown set \"$set\"; known: build plot test slurm browser" >&2; exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  cat >&2 <<'NEEDED'
install_packages.sh: this is no Debian (no apt-get), so nothing is installed. bigsweep needs (in brackets: the
versions it is tested with)
  to build   a C17 compiler with OpenMP (gcc 12), CMake 3.25 or later, Ninja, pkg-config, git,
             an MPI of standard 3 (Open MPI 4.1), HDF5 1.10 or later, the serial library (1.10.8),
             cJSON (1.7.15), PCRE2 with 8 bits (10.42), utf8proc (2.8), OpenSSL (3.0)
  to plot    Python 3 with h5py (3.7) and matplotlib (3.6)
  to test    CUnit (2.1-3), h5diff, h5ls and h5dump of HDF5, clang-format (14), ps, Jinja2 for Python (3.1)
On a cluster these are mostly modules (module avail), or packages of Spack, conda or the system by much the same
names. Where they are in folders of their own, give CMAKE_PREFIX_PATH and PKG_CONFIG_PATH to cmake.
NEEDED
  exit 0
fi

missing=
for package in $wanted; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -q '^installed$' ||
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
root=
[ "$(id -u)" -eq 0 ] || root=sudo
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq
# shellcheck disable=SC2086
$root apt-get install -y -qq --no-install-recommends $missing >/dev/null
