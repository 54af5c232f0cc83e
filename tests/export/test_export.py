"""Exports against the file that they are made of: test_export.py BIGSWEEP SOURCE_FOLDER

A small run, whose texts have quotes, commas and line ends in them, is exported and read back with
Python's csv and json; every column must be what h5py reads from the results file.
"""
import csv
import io
import json
import math
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import h5py
    import numpy
except ImportError:
    print("skipped: Debian's python3-h5py is not installed")
    sys.exit(77)

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
ODD = ['say "no", twice', "two\nlines", "é, 你\t\\", " blank ", "'"]


def call(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=120,
                          **options)


def tables_of(path):
    """The groups that hold columns."""
    found = []
    with h5py.File(path) as file:
        def visit(name, node):
            if isinstance(node, h5py.Group) and any(isinstance(child, h5py.Dataset)
                                                    for child in node.values()):
                found.append(name)
        file.visititems(visit)
    return sorted(found)


def columns_of(path, table):
    """Of each column its values as Python has them, in the order of the file."""
    with h5py.File(path) as file:
        group = file[table]
        return {name: [value.decode() if isinstance(value, bytes) else value.item()
                       for value in group[name][...]] for name in group}


def write_task(path, **members):
    path.parent.mkdir()
    path.write_text(json.dumps({"name": path.parent.name, "keywords": ["odd"], **members}))


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="export."))
        cls.results = cls.folder / "results.h5"
        write_task(cls.folder / "odd" / "task.json", metrics=["multiple_choice_grade"], examples=[
            {"input": f"{i} and {text}", "target_scores": {text: 1, "other": 0, "": 0.5}}
            for i, text in enumerate(ODD)])
        write_task(cls.folder / "spoken" / "task.json", metrics=["exact_str_match", "bleu"],
                   examples=[{"input": text, "target": [text, "\"x\"\r\n,"]} for text in ODD])
        models = [{"name": name, "path": str(SOURCE / "models" / "ladder" / "s1" / size)}
                  for name, size in (("3k", "3k"), ('ten "k", really', "10k"), ("20k", "20k"))]
        config = cls.folder / "config.json"
        config.write_text(json.dumps({
            "name": "export", "models": models, "shots": [0, 1], "max_examples": 8,
            "tasks": [str(cls.folder / "odd"), str(cls.folder / "spoken"),
                      str(SOURCE / "tasks" / "ladder_facts")],
            "generation": {"max_tokens": 8}}))
        done = call("run", config, "-o", cls.results)
        assert done.returncode == 0, done.stderr.decode()
        for name in ("csv", "jsonl", "bigbench", "lm-eval", "every-eval-ever"):
            done = call("export", cls.results, "--format", name, "-o", cls.folder / name)
            assert done.returncode == 0 and done.stdout == b"", done.stderr.decode()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def exported(self, *arguments):
        done = call("export", self.results, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def in_folder(self, table, name):
        return (self.folder / name / f"{table}.{name}").read_bytes().decode()

    def compare(self, table, names, rows, read):
        """read(text or JSON value, a value of the column): what the export says in its place."""
        columns = columns_of(self.results, table)
        self.assertEqual(names, list(columns), table)
        self.assertEqual(len(rows), len(next(iter(columns.values()))), table)
        for at, (name, values) in enumerate(columns.items()):
            for row, value in zip(rows, values):
                found = read(row[at], value)
                self.assertTrue(found == value or (found != found and value != value),
                                (table, name, row[at], value))

    def test_csv_is_the_file(self):
        def read(text, value):
            if isinstance(value, str):
                return text
            return type(value)(text) if text != "" else math.nan

        tables = tables_of(self.results)
        self.assertGreater(len(tables), 15)
        for table in tables:
            text = self.in_folder(table, "csv")
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            self.compare(table, rows[0], rows[1:], read)
        self.assertIn("multiple_choice_grade", self.in_folder("examples", "csv").split("\n")[0])

    def test_json_lines_are_the_file(self):
        def read(found, value):
            if isinstance(value, float) and found is None:
                self.assertFalse(math.isfinite(value))
                return value
            self.assertIsInstance(found, (int, float) if isinstance(value, float) else type(value))
            return found

        for table in tables_of(self.results):
            text = self.in_folder(table, "jsonl")
            rows = [json.loads(line) for line in text.split("\n")[:-1]]
            names = list(rows[0]) if rows else list(columns_of(self.results, table))
            self.assertTrue(all(list(row) == names for row in rows))
            self.compare(table, names, [list(row.values()) for row in rows], read)

    def test_one_table_is_what_stands_in_the_folder(self):
        for name in ("csv", "jsonl"):
            for table in ("examples", "/choices", "run/units"):
                self.assertEqual(self.in_folder(table.strip("/"), name),
                                 self.exported("--format", name, "--table", table))
        self.assertEqual(self.in_folder("scores", "csv"),
                         self.exported("--format", "csv", "--table", "/scores"))
        self.assertEqual([path for path in self.folder.rglob("*") if path.name.startswith(".")], [])

    def test_one_file(self):
        path = self.folder / "tasks.jsonl"
        path.write_text("old")
        self.exported("--format", "jsonl", "--table", "tasks", "-o", path)
        self.assertEqual(path.read_text(), self.in_folder("tasks", "jsonl"))

    def test_parts_of_a_run_that_was_stopped(self):
        parts = self.folder / "stopped.h5.parts"
        parts.mkdir()
        shutil.copy(self.results, parts / "00000001.h5")
        done = call("export", self.folder / "stopped.h5", "--format", "csv", "--table", "examples")
        self.assertEqual(done.stdout.decode(),
                         self.in_folder("examples", "csv"))

    def scores(self):
        """{(model, task, shots, metric): (value, stderr, n)} of what is defined."""
        models = columns_of(self.results, "models")["name"]
        tasks = columns_of(self.results, "tasks")["name"]
        of = columns_of(self.results, "scores")
        return {(models[m], tasks[t], shots, metric): (value, stderr, n)
                for m, t, shots, metric, value, stderr, n in zip(
                    *(of[name] for name in ("model", "task", "shots", "metric", "value", "stderr",
                                            "n"))) if math.isfinite(value)}

    def json_files(self, folder, pattern):
        """Each file of a format once, in order."""
        files = sorted((self.folder / folder).rglob(pattern))
        self.assertGreater(len(files), 0)
        return [json.loads(path.read_text()) for path in files]

    def test_bigbench_has_every_score(self):
        found = {}
        models = columns_of(self.results, "models")
        tasks = columns_of(self.results, "tasks")
        for file in self.json_files("bigbench", "scores_*.json"):
            model, name = file["model"], file["model"]["model_name"]
            row = models["name"].index(name)
            self.assertEqual(model["total_params"], models["parameters"][row])
            self.assertEqual(model["non_embedding_params"], models["non_embedding_parameters"][row])
            for entry in file["scores"]:
                task = tasks["name"].index(entry["subtask_description"])
                self.assertEqual(file["task"]["task_name"], tasks["name"][task])
                self.assertEqual(entry["preferred_score"], tasks["preferred_metric"][task])
                self.assertEqual(entry["low_score"], tasks["low_score"][task])
                self.assertEqual(entry["high_score"], tasks["high_score"][task])
                for metric, value in entry["score_dict"].items():
                    key = name, tasks["name"][task], entry["number_of_shots"], metric
                    self.assertNotIn(key, found)
                    found[key] = value
        self.assertEqual(found, {key: value for key, (value, _, _) in self.scores().items()})

    def test_lm_eval_has_every_score(self):
        found = {}
        for file in self.json_files("lm-eval", "results_*.json"):
            for task, metrics in file["results"].items():
                self.assertEqual(metrics.pop("alias"), task)
                for key, value in metrics.items():
                    metric, tail = key.split(",")
                    self.assertEqual(tail, "none")
                    if metric.endswith("_stderr"):
                        continue
                    stderr = metrics[f"{metric}_stderr,none"]
                    found[file["model_name"], task, file["n-shot"][task], metric] = (
                        value, None if stderr == "N/A" else stderr)
                    self.assertIsInstance(file["higher_is_better"][task][metric], bool)
        self.assertEqual(found, {
            key: (value, stderr if math.isfinite(stderr) else None)
            for key, (value, stderr, _) in self.scores().items()})

    def test_lm_eval_samples_are_the_examples(self):
        examples = columns_of(self.results, "examples")
        choices = columns_of(self.results, "choices")
        inputs = columns_of(self.results, "inputs")
        models = columns_of(self.results, "models")["name"]
        tasks = columns_of(self.results, "tasks")["name"]
        queries = dict(zip(zip(inputs["task"], inputs["example"]), inputs["query"]))
        n = 0
        for path in sorted((self.folder / "lm-eval").rglob("samples_*.jsonl")):
            for line in path.read_text().splitlines():
                sample = json.loads(line)
                task, shots = path.name[len("samples_"):-len("-shot.jsonl")].rsplit("_", 1)
                key = (models.index(path.parent.name), tasks.index(task), int(shots),
                       sample["doc_id"])
                row = list(zip(*(examples[c] for c in ("model", "task", "shots", "example")))).index(
                    key)
                self.assertEqual(sample["arguments"]["gen_args_0"]["arg_0"], queries[key[1], key[3]])
                self.assertNotEqual(sample["doc"]["query"], "")
                for metric in sample["metrics"]:
                    self.assertEqual(sample[metric], examples[metric][row])
                logprobs = [p for r, p in zip(choices["row"], choices["logprob"]) if r == row]
                if logprobs:
                    self.assertEqual([float(a[0]) for a in sample["filtered_resps"]], logprobs)
                    best = sample["doc"]["target_scores"].index(max(sample["doc"]["target_scores"]))
                    self.assertEqual(sample["target"], str(best))
                else:
                    self.assertEqual(sample["filtered_resps"], [examples["prediction"][row]])
                    self.assertEqual(sample["resps"], [[examples["generated"][row]]])
                n += 1
        self.assertEqual(n, len(examples["model"]))

    def test_every_eval_ever_has_every_score(self):
        found = {}
        required = {"schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata",
                    "model_info", "eval_library", "evaluation_results"}
        for file in self.json_files("every-eval-ever", "*.json"):
            self.assertLessEqual(required, set(file))
            self.assertEqual(file["schema_version"], "0.2.1")
            self.assertTrue(file["retrieved_timestamp"].isdigit())
            self.assertGreater(int(file["retrieved_timestamp"]), 1_700_000_000)
            for result in file["evaluation_results"]:
                config, details = result["metric_config"], result["score_details"]
                self.assertIsInstance(config["lower_is_better"], bool)
                self.assertEqual(config.get("score_type") == "continuous", "min_score" in config)
                if "min_score" in config:
                    self.assertLessEqual(config["min_score"], details["score"])
                    self.assertGreaterEqual(config["max_score"], details["score"])
                self.assertEqual(result["source_data"]["source_type"], "other")
                shots = int(result["generation_config"]["additional_details"]["num_fewshot"])
                error = details["uncertainty"].get("standard_error", {}).get("value")
                key = (file["model_info"]["id"], result["evaluation_name"], shots,
                       config["evaluation_description"])
                found[key] = details["score"], error, details["uncertainty"]["num_samples"]
        self.assertEqual(found, {
            key: (value, stderr if math.isfinite(stderr) else None, n)
            for key, (value, stderr, n) in self.scores().items()})

    def test_bad_requests_are_told(self):
        cases = [
            ([], 2, "option --format NAME is missing"),
            (["--format", "cvs"], 2, 'unknown format "cvs", the known ones are csv, jsonl'),
            (["--format", "csv"], 2, "--output FOLDER"),
            (["--format", "lm-eval"], 2, "--output FOLDER"),
            (["--format", "bigbench", "--table", "scores"], 2, "leave --table out"),
            (["--format", "csv", "--table", "example"], 2,
             'unknown table "example", the known ones are models, tasks'),
            (["--format", "csv", "--table", "tasks", "-o", self.results], 2, "the results file"),
            (["--format", "csv", "--table", "tasks", "-o", self.folder], 1, "not a regular file"),
            (["--format", "csv", "--table", "tasks", "-o", self.folder / "none" / "a.csv"], 1,
             "No such file"),
            (["--format", "csv", "-o", self.folder / "config.json"], 1, "there is a file"),
            (["--format", "csv", "-o", "/dev/null"], 1, "there is a file"),
            (["--format", "csv", "--table", "tasks", "-o", "/dev/null"], 1, "not a regular file"),
        ]
        for arguments, code, message in cases:
            done = call("export", self.results, *arguments)
            self.assertEqual(done.returncode, code, (arguments, done.stderr))
            self.assertIn(message, done.stderr.decode())
            self.assertEqual(done.stdout, b"")
        self.assertTrue(pathlib.Path("/dev/null").is_char_device())
        done = call("export", self.folder / "none.h5", "--format", "csv", "--table", "scores")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no such file", done.stderr.decode())
        done = call("export", self.folder / "config.json", "--format", "csv", "--table", "scores")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not a whole HDF5 file", done.stderr.decode())

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "export", self.results, "--format", "csv", "--table",
                                   "examples"], stdout=full, stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr.decode())

        folder = self.folder / "small"
        folder.mkdir()
        path = folder / "examples.csv"
        path.write_text("old")
        done = call("export", self.results, "--format", "csv", "--table", "examples", "-o", path,
                    restore_signals=False, # the limit is an error of write, not a signal
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}: cannot write", done.stderr.decode())
        self.assertEqual(path.read_text(), "old")
        self.assertEqual(os.listdir(folder), ["examples.csv"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
