#!/bin/sh
# Passes all tests: installs what is missing, checks the formatting, builds with warnings as errors, runs
# every test, then the unit tests once more under the sanitizers, then looks for inputs that break a
# parser (docs/fuzzing.md), then links a foreign program. The last line tells how many passed, failed and were
# skipped; above it stands what was skipped, and why.
set -eu
cd "$(dirname "$0")/.."
. tests/parts.sh

check_formatting() { git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror; }

sh jobs/install_packages.sh build plot test slurm
part "formatting" -- check_formatting
part "tests" build/release -- cmake --workflow --preset release
part "tests under the sanitizers" build/asan -- cmake --workflow --preset asan
part "fuzzing, guided by coverage" build/fuzz -- cmake --workflow --preset fuzz
part "a foreign program against the installed library" -- sh tests/install/test_install.sh build/release
tell_parts
