"""Imports: test_import.py BIGSWEEP SOURCE_FOLDER SHARED_DATA

What is exported in each format comes back with the same scores, and published results of
lm-evaluation-harness become a table that analyze and forecast take.
"""
import csv
import io
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCE, DATA = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
PYTHIA = DATA / "pythia-evals"


def call(*arguments, code=0, **options):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, **options)
    assert done.returncode == code, (arguments, done.returncode, done.stderr)
    return done.stdout if code == 0 else done.stderr


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def keyed(table, *columns):
    """{(model, task, shots, metric): columns} of the rows that have a value."""
    found = {}
    for row in table:
        key = row["model"], row["task"], int(row["shots"]), row["metric"]
        assert key not in found, key
        if row["value"] != "":
            found[key] = [row[c] for c in columns]
    return found


class RoundTrips(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="import."))
        cls.results = cls.folder / "results.h5"
        models = [{"name": f"m {size}", "family": "lad,der",
                   "path": str(SOURCE / "models" / "ladder" / "s1" / size)}
                  for size in ("3k", "10k", "20k")]
        config = cls.folder / "config.json"
        config.write_text(json.dumps({
            "name": "import", "models": models, "shots": [0, 1], "max_examples": 8,
            "tasks": [str(SOURCE / "tasks" / "ladder_facts"),
                      str(SOURCE / "tasks" / "ladder_addition")],
            "generation": {"max_tokens": 8}}))
        call("run", config, "-o", cls.results)
        cls.scores = rows(call("analyze", cls.results, "--csv", "scores"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def imported(self, name, pattern):
        call("export", self.results, "--format", name, "-o", self.folder / name)
        files = sorted((self.folder / name).rglob(pattern))
        self.assertGreater(len(files), 2)
        return rows(call("import", *files))

    def check(self, name, pattern, *columns):
        self.assertGreater(len(self.scores), 20)
        table = self.imported(name, pattern)
        self.assertEqual(keyed(table, *columns), keyed(self.scores, *columns))
        # and what is computed of it is the same
        path = self.folder / f"{name}.csv"
        call("import", *sorted((self.folder / name).rglob(pattern)), "-o", path)
        kept = ("n", "improvement", "linearity", "breakthroughness")
        def curves(text):
            return {(r["family"], r["task"], r["shots"], r["metric"]): [r[c] for c in kept]
                    for r in rows(text)}
        ours = curves(call("analyze", self.results, "--csv"))
        theirs = curves(call("analyze", "--scores", path, "--csv"))
        self.assertGreater(len(theirs), 5)
        for key, numbers in theirs.items():
            self.assertEqual(numbers, ours[key], key)
        self.assertIn("family,shots,task", call("forecast", "--scores", path, "--csv"))

    def test_lm_eval(self):
        self.check("lm-eval", "results_*.json", "family", "scale", "value", "stderr", "n", "seed",
                   "preferred_metric")

    def test_bigbench(self):
        self.check("bigbench", "scores_*.json", "family", "scale", "value", "preferred_metric")

    def test_every_eval_ever(self):
        self.check("every-eval-ever", "*.json", "family", "scale", "value", "stderr", "n", "seed",
                   "preferred_metric")

    def test_csv(self):
        path = self.folder / "scores.csv"
        path.write_text(call("analyze", self.results, "--csv", "scores"))
        self.assertEqual(rows(call("import", path)), self.scores)

    def test_an_output_is_whole_or_not_there(self):
        path = self.folder / "none" / "table.csv"
        source = self.folder / "whole.csv"
        source.write_text("model,task,metric,value\na-1b,t,m,1\n")
        self.assertIn("No such file", call("import", source, "-o", path, code=1))
        self.assertIn("no such file", call("import", self.folder / "absent.json", code=2))
        source.write_text("model,task,metric,value\n")
        self.assertIn("no scores", call("import", source, code=1))


@unittest.skipUnless(PYTHIA.is_dir(), f"{PYTHIA} is not there")
class Published(unittest.TestCase):
    FILES = {"160m_step143000.json": ("pythia-160m", 0),
             "70m-deduped_step143000.json": ("pythia-70m-deduped", 0),
             "1.4b-deduped-5shot_step143000.json": ("pythia-1.4b-deduped", 5)}

    def test_pythia(self):
        """Each score of the harness's own files is what the published table has."""
        with open(PYTHIA / "evals.csv", newline="") as file:
            published = list(csv.DictReader(file))
        for name, (model, shots) in self.FILES.items():
            table = rows(call("import", PYTHIA / name))
            self.assertGreater(len(table), 100)
            found = {(r["task"], r["metric"]): (float(r["value"]), r["stderr"]) for r in table}
            expected = {(r["task"], r["metric"]): (float(r["value"]), r["stderr"])
                        for r in published if r["model"] == model and int(r["shots"]) == shots}
            self.assertGreater(len(expected), 50)
            for key, (value, stderr) in expected.items():
                self.assertEqual(found[key][0], value, key)
                if stderr:
                    self.assertEqual(float(found[key][1]), float(stderr), key)
            self.assertEqual({r["shots"] for r in table}, {str(shots)})

    def test_names_and_a_table_of_models(self):
        files = [PYTHIA / name for name in self.FILES]
        table = rows(call("import", *files))
        self.assertEqual({(r["family"], r["model"], float(r["scale"])) for r in table}, {
            ("pythia-v1.1", "pythia-v1.1-160m", 160e6),
            ("pythia-v1.1-deduped", "pythia-v1.1-70m-deduped", 70e6),
            ("pythia-v1.1-deduped", "pythia-v1.1-1.4b-deduped", 1.4e9)})
        with tempfile.TemporaryDirectory() as folder:
            models = pathlib.Path(folder) / "models.csv"
            models.write_text("model,scale,family\npythia-v1.1-160m,162322944,pythia\n"
                              "EleutherAI/pythia-v1.1-70m-deduped,70426624,\n")
            scores = pathlib.Path(folder) / "scores.csv"
            call("import", *files, "--models", models, "-o", scores)
            with open(scores, newline="") as file:
                told = {(r["family"], float(r["scale"])) for r in csv.DictReader(file)}
            self.assertEqual(told, {("pythia", 162322944.0), ("pythia-v1.1-deduped", 70426624.0),
                                    ("pythia-v1.1-deduped", 1.4e9)})
            self.assertGreater(len(rows(call("analyze", "--scores", scores, "--csv"))), 100)
            self.assertGreater(len(rows(call("forecast", "--scores", scores, "--csv"))), 100)

    def test_the_whole_table(self):
        """Linearity of what is imported is the published one."""
        with tempfile.TemporaryDirectory() as folder:
            scores = pathlib.Path(folder) / "scores.csv"
            call("import", PYTHIA / "evals.csv", "-o", scores)
            curves = {(r["family"], r["shots"], r["task"], r["metric"]): r
                      for r in rows(call("analyze", "--scores", scores, "--csv"))}
        with open(PYTHIA / "expected_linearity.csv", newline="") as file:
            for row in csv.DictReader(file):
                found = curves[row["family"], row["shots"], row["task"], row["metric"]]
                for column in ("improvement", "linearity", "breakthroughness"):
                    if row[column] == "":
                        self.assertEqual(found[column], "")
                    else:
                        self.assertTrue(math.isclose(float(found[column]), float(row[column]),
                                                     rel_tol=1e-12, abs_tol=1e-15))

    def test_curves_of_others(self):
        for path in sorted((DATA / "curves").glob("*/table.csv")):
            with open(path, newline="") as file:
                expected = list(csv.DictReader(file))
            table = rows(call("import", path))
            self.assertEqual(len(table), len(expected), path)
            for found, row in zip(table, expected):
                self.assertEqual((found["family"], found["model"], found["task"], found["metric"]),
                                 (row["family"], row["model"].rstrip("/").rsplit("/", 1)[-1],
                                  row["task"], row["metric"]))
                self.assertEqual(found["value"] and float(found["value"]),
                                 row["value"] and float(row["value"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
