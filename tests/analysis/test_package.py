"""The Python package and the examples for other readers, on files that the library wrote:
test_package.py RESULTS.h5 SOURCE_FOLDER BIGSWEEP"""
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy

FILE = sys.argv[1]
SOURCE = pathlib.Path(sys.argv[2])
BIGSWEEP = sys.argv[3]
ANALYSIS = SOURCE / "analysis"
sys.path.insert(0, str(ANALYSIS))
import bigsweep  # noqa: E402
import results  # noqa: E402


def has_python(module):
    return subprocess.run([sys.executable, "-c", f"import {module}"],
                          capture_output=True).returncode == 0


def has_r(library):
    return shutil.which("Rscript") is not None and subprocess.run(
        ["Rscript", "-e", f"library({library})"], capture_output=True).returncode == 0


def expected_scores():
    """What each example prints, here from the package."""
    file = bigsweep.read(FILE)
    lines = []
    for row in file.scores:
        task = file.tasks[row["task"]]
        if row["metric"] == task["preferred_metric"]:
            model = file.models["name"][row["model"]]
            lines.append(f"{model} {task['name']} {row['shots']} {row['metric']} {row['value']:.6f}")
    return lines


class Package(unittest.TestCase):
    def test_read_and_curves_are_the_readers(self):
        file = bigsweep.read(FILE)
        self.assertIsInstance(file, results.Results)
        self.assertGreater(len(file.scores), 0)
        curves = bigsweep.curves(FILE)
        self.assertEqual([c[:4] for c in curves], [c[:4] for c in file.curves()])
        one = curves[0]
        found = bigsweep.curves(file, family=one.family, task=one.task, shots=one.shots,
                                metric=one.metric)
        self.assertEqual(len(found), 1)
        numpy.testing.assert_array_equal(found[0].value, one.value)
        self.assertTrue(math.isclose(found[0].linearity, one.linearity))

    def test_any_table_by_its_name(self):
        file = bigsweep.read(FILE)
        with h5py.File(FILE) as raw:
            self.assertEqual(len(file.table("/analysis/linearity")),
                             len(raw["analysis/linearity/n"]))
            self.assertEqual(list(file.table("choices")["logprob"]), list(raw["choices/logprob"]))
        self.assertEqual(len(file.table("no_such_table")), 0)

    def test_every_column_has_a_meaning_and_numbers_a_unit(self):
        def check(name, column):
            if isinstance(column, h5py.Dataset):
                self.assertIsInstance(column.attrs["meaning"], str, name)
                self.assertEqual("unit" in column.attrs, column.dtype.kind != "S", name)
        with h5py.File(FILE) as raw:
            raw.visititems(check)
            self.assertEqual(raw["choices/logprob"].attrs["unit"], "nats")

    def test_texts_end_in_a_nul(self):
        def check(name, column):
            if isinstance(column, h5py.Dataset) and column.dtype.kind == "S":
                kind = column.id.get_type()
                self.assertEqual(kind.get_strpad(), h5py.h5t.STR_NULLTERM, name)
                longest = max([len(value) for value in column[...]], default=0)
                self.assertEqual(kind.get_size(), longest + 1, name)
        with h5py.File(FILE) as raw:
            raw.visititems(check)

    def test_a_fault_is_told(self):
        with self.assertRaisesRegex(bigsweep.ResultsError, "no such file"):
            bigsweep.read("/nowhere/absent.h5")

    @unittest.skipUnless(has_python("pandas"), "python3-pandas is not installed")
    def test_frame_has_names(self):
        file = bigsweep.read(FILE)
        scores = bigsweep.frame(FILE)
        self.assertEqual(len(scores), len(file.scores))
        self.assertEqual(scores["model"][0], file.models["name"][file.scores["model"][0]])
        self.assertEqual(scores["scale"][0], file.models["scale"][file.scores["model"][0]])
        self.assertEqual(scores["task"][0], file.tasks["name"][file.scores["task"][0]])
        self.assertEqual(list(bigsweep.frame(file, "analysis/linearity")["task"]),
                         list(file.linearity["task"]))

    @unittest.skipUnless(shutil.which("mypy"), "mypy is not installed")
    def test_types_hold(self):
        with tempfile.TemporaryDirectory() as cache:
            done = subprocess.run(
                ["mypy", "--config-file", "pyproject.toml", "--cache-dir", cache, "bigsweep"],
                cwd=ANALYSIS, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(has_python("pip") and has_python("setuptools"),
                         "python3-pip or python3-setuptools is not installed")
    def test_pip_installs_it(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ANALYSIS, f"{folder}/analysis",
                            ignore=shutil.ignore_patterns("__pycache__"))
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
                 "--no-build-isolation", "--no-index", "--target", f"{folder}/site",
                 f"{folder}/analysis"], check=True, capture_output=True)
            code = f"import bigsweep; print(bigsweep.__file__, len(bigsweep.read({FILE!r}).scores))"
            done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, text=True,
                                  capture_output=True, env={**os.environ, "PYTHONPATH": f"{folder}/site"})
        self.assertIn(f"{folder}/site/bigsweep/", done.stdout)
        self.assertIn(str(len(bigsweep.read(FILE).scores)), done.stdout)


class Readers(unittest.TestCase):
    """Each example prints the same lines; those whose reader is not installed are skipped."""

    def check(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines(), expected_scores())

    def python(self, name):
        self.check(sys.executable, "-B", str(ANALYSIS / "readers" / f"{name}_scores.py"), FILE)

    def test_h5py(self):
        self.python("h5py")

    @unittest.skipUnless(has_python("pandas"), "python3-pandas is not installed")
    def test_pandas(self):
        self.python("pandas")

    @unittest.skipUnless(has_python("xarray"), "python3-xarray is not installed")
    def test_xarray(self):
        self.python("xarray")

    @unittest.skipUnless(has_r("rhdf5"), "r-bioc-rhdf5 is not installed")
    def test_rhdf5(self):
        self.check("Rscript", str(ANALYSIS / "readers" / "rhdf5_scores.R"), FILE)

    @unittest.skipUnless(has_r("hdf5r"), "r-cran-hdf5r is not installed")
    def test_hdf5r(self):
        self.check("Rscript", str(ANALYSIS / "readers" / "hdf5r_scores.R"), FILE)

    @unittest.skipUnless(shutil.which("julia"), "julia is not installed")
    def test_julia(self):
        self.check("julia", str(ANALYSIS / "readers" / "julia_scores.jl"), FILE)

    @unittest.skipUnless(shutil.which("octave"), "octave is not installed")
    def test_octave(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([BIGSWEEP, "export", FILE, "--format", "csv", "-o", f"{folder}/tables"],
                           check=True, capture_output=True)
            self.check("octave", "--no-gui", "--quiet", "--norc",
                       str(ANALYSIS / "readers" / "octave_scores.m"), f"{folder}/tables")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
