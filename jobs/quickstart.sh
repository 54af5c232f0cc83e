#!/bin/sh
# The main job on what the project ships: installs what is missing, builds, sweeps the ladder of small
# models over the project's own tasks on three ranks, prints the table, draws the picture and writes the page.
# usage: quickstart.sh [FOLDER FOR RESULTS]      (default: results/)
set -eu
cd "$(dirname "$0")/.."
results=${1:-results}

sh jobs/install_packages.sh build plot
cmake --preset release -DBUILD_TESTING=OFF >/dev/null
cmake --build --preset release

mkdir -p "$results"
if [ "$(id -u)" -eq 0 ]; then # mpirun asks for this before it runs as root, as in containers
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
mpirun --oversubscribe --bind-to none -n 3 build/release/bigsweep run configs/ladder.json -o "$results/ladder.h5"
python=python3 # the one that has the packages: Debian's are its own python's
"$python" -c 'import h5py, matplotlib' 2>/dev/null || python=/usr/bin/python3
"$python" analysis/plot_scaling.py "$results/ladder.h5" -o "$results/ladder.png"
build/release/bigsweep report "$results/ladder.h5" -o "$results/report.html" --title "The ladder of small models"
echo "results: $results/ladder.h5, picture: $results/ladder.png, page for a browser: $results/report.html"
