"""Every metric again, in Python and from its definition: test_metrics.py BIGSWEEP SOURCE DATA

First what `bigsweep metric` says of texts and choices made at random, then a results file: each
number of /examples and /scores from the records in it. BLEU and ROUGE have their goldens elsewhere.
"""
import collections
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

from metric_definitions import (
    ambiguous_bias, best_choice, bias, calibration, CHOICE, CORPUS, edit_distance, grade, jackknife,
    logodds, macro_f1, mean, near, postprocessed, probabilities, standard_error, TEXT)

PROGRAM, SOURCE, DATA = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
sys.path.insert(0, str(SOURCE / "analysis"))
import results  # noqa: E402


# --- made at random ---

PIECES = ["a", "A", "an", "the", "The", "cat", "Cat", "sat", "dogs", "é", "É", "Straße", "ΟΔΟΣ", "Σ",
          "你好", "x-y", "it's", "«", "“the”", "", ".", "!?", "12", "3.5", "1e2", "-7", "1_000", ".5",
          "1,000", "90", "100", "110", "nan", "_", "İ", "a\u0301", "ǅ", "\u00a0", "😀"]
SPACES = [" ", " ", " ", "", "  ", "\t"]


def random_text(source):
    text = ""
    for _ in range(source.randrange(4)):
        text += source.choice(PIECES) + source.choice(SPACES)
    return text.strip() if source.random() < 0.7 else text


def filtered(lines):
    done = subprocess.run([PROGRAM, "metric"], input="\n".join(map(json.dumps, lines)) + "\n",
                          capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class AtRandom(unittest.TestCase):
    def check(self, found, name, expected, of):
        self.assertTrue(near(found[name], expected), f"{name} of {of!r}: {found[name]}, {expected}")

    def test_texts(self):
        source = random.Random(1)
        lines = []
        for _ in range(1500):
            n = source.choice([1, 1, 1, 2, 7])
            references = [[random_text(source) for _ in range(source.choice([1, 1, 2, 3]))]
                          for _ in range(n)]
            lines.append({"references": references, "predictions": [
                source.choice(r) if source.random() < 0.3 else random_text(source)
                for r in references]})
        n_some = collections.Counter()
        for line, found in zip(lines, filtered(lines), strict=True):
            examples = list(zip(line["predictions"], line["references"]))
            for name, metric in TEXT.items():
                expected = mean([metric(*example) for example in examples])
                self.check(found, name, expected, line)
                n_some[name] += expected != 0
            self.check(found, "macro_f1", macro_f1(examples), line)
        self.assertTrue(all(n_some[name] > 50 for name in TEXT), n_some)

    def test_choices(self):
        source = random.Random(2)
        lines = []
        for _ in range(1500):
            sizes = [source.randrange(1, 7) for _ in range(source.choice([1, 1, 3, 12]))]
            values = [-0.25, -1.0, -2.5] if source.random() < 0.3 else None
            lines.append({
                "log_probs": [[source.choice(values) if values else -source.expovariate(0.2)
                               for _ in range(n)] for n in sizes],
                "target_scores": [[source.choice([0, 1, 1, 0.5, -1, 0.25]) for _ in range(n)]
                                  for n in sizes]})
        n_some = collections.Counter()
        for line, found in zip(lines, filtered(lines), strict=True):
            examples = list(zip(line["log_probs"], line["target_scores"]))
            for name, metric in CHOICE.items():
                expected = mean([metric(*example) for example in examples])
                if found[name] is None:
                    found[name] = math.nan
                self.check(found, name, expected, line)
                n_some[name] += not math.isnan(expected)
            self.check(found, "expected_calibration_error", calibration(examples), line)
        self.assertTrue(all(n_some[name] > 50 for name in CHOICE), n_some)


# --- a results file ---

def write_tasks(folder):
    """Tasks of the ladder with all metrics, and one whose choices differ in length."""
    for name in ("ladder_copy_words", "ladder_sort_letters", "ladder_addition", "ladder_facts"):
        task = json.loads((SOURCE / "tasks" / name / "task.json").read_text())
        metrics = CHOICE if name == "ladder_facts" else TEXT
        task["metrics"] += [m for m in [*metrics, *CORPUS, "bleu", "rouge"]
                            if m not in task["metrics"]]
        if name == "ladder_addition":
            task.update(stop_string="\n", output_regex=r"(\d+)\s*$")
        if name == "ladder_copy_words":
            task.update(stop_string="a", output_regex="")
        for i, example in enumerate(task["examples"]):
            if "target" in example and i % 3 == 0:
                example["target"] = [example["target"], "the other", "A"]
        (folder / f"{name}.json").write_text(json.dumps(task))
    uneven = {"metrics": ["multiple_choice_grade", "weighted_probabilities"], "examples": [
        {"input": f"home {name}", "target_scores": {
            "hill": 1, " the hill": 1, "é": 0.5, "by the sea side": -0.5, "x": 0}}
        for name in ("rovog", "dak", "mip", "sol", "tamu", "wek")]}
    (folder / "uneven.json").write_text(json.dumps(uneven))


class FromRecords(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        write_tasks(folder)
        models = [{"path": str(SOURCE / "models/ladder/s1" / size)} for size in ("10k", "30k")]
        (folder / "c.json").write_text(json.dumps({
            "models": models, "tasks": ["ladder_*.json", "uneven.json"], "shots": [0, 1],
            "max_examples": 40, "generation": {"max_tokens": 12}, "threads": 1}))
        done = subprocess.run([PROGRAM, "run", str(folder / "c.json"), "-o", str(folder / "r.h5")],
                              capture_output=True, text=True, timeout=240,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert done.returncode == 0, done.stderr
        cls.file = results.read(folder / "r.h5")
        cls.seen = [cls.see(i) for i in range(len(cls.file.examples))]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def see(cls, row):
        """What metrics see of an example."""
        if not hasattr(cls, "texts"):
            cls.texts, cls.choice_texts = {}, {}
            for target in cls.file.targets:
                cls.texts.setdefault((target["task"], target["example"]), []).append(target["text"])
            for choice in cls.file.choice_texts:
                key = (choice["task"], choice["example"])
                cls.choice_texts.setdefault(key, []).append(choice["text"])
            cls.rows = collections.defaultdict(list)
            for choice in cls.file.choices:
                cls.rows[choice["row"]].append(choice)
        example = cls.file.examples[row]
        key = (example["task"], example["example"])
        text = postprocessed(example["generated"], cls.file.tasks[example["task"]])
        return {"row": example, "text": text, "targets": cls.texts.get(key, []),
                "texts": cls.choice_texts.get(key, []), "choices": cls.rows[row]}

    def expect(self, seen, name):
        """A metric of an example from its records; None: not one of an example."""
        row = seen["row"]
        logprobs = [float(c["logprob"]) for c in seen["choices"]]
        scores = [float(c["target_score"]) for c in seen["choices"]]
        answers = seen["texts"] or seen["targets"]
        answer, total = answers[int(row["answer"])], float(row["target_logprob"])
        if name in TEXT:
            return TEXT[name](seen["text"], seen["targets"])
        if name in CHOICE:
            return CHOICE[name](logprobs, scores)
        lengths = {"byte": lambda t: len(t.encode()), "char": len, "word": lambda t: len(t.split())}
        for unit, length in lengths.items():
            if name == f"multiple_choice_grade_per_{unit}":
                return grade([v / max(length(t), 1) for v, t in zip(logprobs, seen["texts"])], scores)
            if name == f"log_likelihood_per_{unit}":
                return total / length(answer)
        return {
            "multiple_choice_grade_per_token":
                lambda: grade([v / max(int(c["tokens"]), 1)
                               for v, c in zip(logprobs, seen["choices"])], scores),
            "log_likelihood": lambda: total,
            "answer_probability": lambda: math.exp(total),
            "log_likelihood_per_token": lambda: total / row["answer_tokens"],
            "per_token_accuracy": lambda: row["answer_greedy_tokens"] / row["answer_tokens"],
            # a token a letter is what this tokenizer has
            "token_edit_distance": lambda: edit_distance(seen["text"], seen["targets"]),
        }.get(name, lambda: None)()

    def test_predictions(self):
        for seen in self.seen:
            expected = seen["text"]
            if seen["choices"]:
                expected = seen["texts"][best_choice([float(c["logprob"])
                                                      for c in seen["choices"]])]
            self.assertEqual(seen["row"]["prediction"], expected)

    def test_right_answer(self):
        for seen in self.seen:
            total, logprobs = seen["row"]["target_logprob"], seen["choices"]
            if logprobs:
                best = max(c["target_score"] for c in logprobs)
                right = [c for c in logprobs if c["target_score"] == best]
                self.assertEqual(total, max(c["logprob"] for c in right))
                self.assertEqual(logprobs[int(seen["row"]["answer"])]["logprob"], total)

    def test_examples(self):
        n = collections.Counter()
        for seen in self.seen:
            for name in self.file.tasks["metrics"][seen["row"]["task"]].split(","):
                if name not in seen["row"].dtype.names or name.startswith("rouge"):
                    continue
                expected = self.expect(seen, name)
                self.assertIsNotNone(expected, name)
                found = float(seen["row"][name])
                self.assertTrue(near(found, expected), f"{name}: {found}, expected {expected}")
                n[name] += 1
        self.assertEqual(len(n), 23, n)
        self.assertTrue(all(count >= 24 for count in n.values()), n)

    def test_scores(self):
        groups = collections.defaultdict(list)
        for seen in self.seen:
            row = seen["row"]
            groups[row["model"], row["task"], row["shots"]].append(seen)
        for score in self.file.scores:
            group = groups[score["model"], score["task"], score["shots"]]
            name, found = score["metric"], (score["value"], score["stderr"])
            if name == "bleu":
                continue
            if name in CORPUS:
                examples = [
                    (s["text"], s["targets"]) if name == "macro_f1" else
                    ([float(c["logprob"]) for c in s["choices"]],
                     [float(c["target_score"]) for c in s["choices"]]) for s in group]
                expected, n = (CORPUS[name](examples), jackknife(CORPUS[name], examples)), len(group)
            else:
                values = [float(s["row"][name]) for s in group]
                expected = mean(values), standard_error(values)
                n = sum(not math.isnan(value) for value in values)
            self.assertTrue(all(map(near, found, expected)), f"{name}: {found}, {expected}")
            self.assertEqual(score["n"], n)
            task = self.file.tasks[score["task"]]
            if name == task["preferred_metric"]:
                low, high = task["low_score"], task["high_score"]
                self.assertTrue(near(score["normalized"], 100 * (found[0] - low) / (high - low)))

    def test_calibration_error_of_reliability(self):
        """The metric is what the table of bins comes to, and so is the Brier score."""
        wanted = {(s["model"], self.file.tasks["name"][s["task"]], s["shots"], s["metric"]):
                  (s["value"], s["n"]) for s in self.file.scores}
        n_found = 0
        for row in self.file.calibration:
            bins = [b for b in self.file.reliability if
                    (b["model"], b["task"], b["shots"]) == (row["model"], row["task"], row["shots"])]
            n = sum(int(b["n"]) for b in bins)
            self.assertEqual(n, row["n"])
            error = math.fsum(int(b["n"]) * abs(b["accuracy"] - b["confidence"])
                              for b in bins) / n
            self.assertAlmostEqual(error, row["calibration_error"], delta=1e-12)
            for b in bins:
                self.assertTrue(b["low"] <= b["confidence"] <= b["high"] and b["n"] > 0)
            if row["task"] == results.ALL_TASKS:
                continue
            key = row["model"], row["task"], row["shots"]
            value, counted = wanted[(*key, "expected_calibration_error")]
            self.assertAlmostEqual(error, value, delta=1e-12)
            self.assertEqual(n, counted)
            value, _ = wanted[(*key, "calibration_multiple_choice_brier_score")]
            self.assertAlmostEqual(row["brier"], value, delta=1e-12)
            n_found += 1
        self.assertEqual(n_found, sum(m == "expected_calibration_error" for *_, m in wanted))

    def test_chance(self):
        for number, task in enumerate(self.file.tasks):
            if task["preferred_metric"] == "multiple_choice_grade":
                scores = [[c["target_score"] for c in s["choices"]] for s in self.seen
                          if s["row"]["task"] == number and s["choices"]]
                if len({tuple(s) for s in map(sorted, scores)}) == 1:  # not all examples were run
                    self.assertTrue(near(task["low_score"], mean(list(map(mean, scores)))))


class Formats(unittest.TestCase):
    """Metrics of the Inverse Scaling Prize and of BBQ, whose groups are read from its file."""

    @classmethod
    def setUpClass(cls):
        cls.bbq = DATA / "bias" / "Religion.jsonl"
        if not cls.bbq.exists():
            raise unittest.SkipTest(f"no {cls.bbq}")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            rows = [f"{i},Q{i}: rovog,P{i}: dak mip,\"[' hill', ' the sea']\",{i % 2}"
                    for i in range(20)]
            (folder / "pairs.csv").write_text("\n".join(
                [",prompt,other_prompt,classes,answer_index", *rows]) + "\n")
            (folder / "c.json").write_text(json.dumps({
                "models": [{"path": str(SOURCE / "models/ladder/s1/30k")}],
                "tasks": [str(cls.bbq), "pairs.csv"], "max_examples": 200, "threads": 1}))
            run = subprocess.run(
                [PROGRAM, "run", str(folder / "c.json"), "-o", str(folder / "r.h5")],
                capture_output=True, text=True, timeout=240)
            assert run.returncode == 0, run.stderr
            cls.file = results.read(folder / "r.h5")
            cls.rows = cls.file.examples
            cls.choices = collections.defaultdict(list)
            for choice in cls.file.choices:
                cls.choices[choice["row"]].append(choice)

    def scores_of(self, task):
        number = list(self.file.tasks["name"]).index(task)
        return {s["metric"]: (s["value"], s["stderr"], s["n"]) for s in self.file.scores
                if s["task"] == number}

    def chosen(self, task):
        """By example: log-probabilities, scores, number of the choice."""
        number = list(self.file.tasks["name"]).index(task)
        for i, row in enumerate(self.rows):
            if row["task"] == number:
                logprobs = [float(c["logprob"]) for c in self.choices[i]]
                scores = [float(c["target_score"]) for c in self.choices[i]]
                yield row["example"], logprobs, scores, best_choice(logprobs)

    def test_bias(self):
        lines = [json.loads(line) for line in self.bbq.read_text().splitlines()]
        groups = {"ambig": [], "disambig": []}
        templates = {"ambig": [], "disambig": []}
        for number, _, _, choice in self.chosen("Religion"):
            line = lines[number]
            group = line["answer_info"][f"ans{choice}"][1]
            targets = line["additional_metadata"]["stereotyped_groups"]
            stereotyped, told = group in targets, group != "unknown"
            agrees = stereotyped == (line["question_polarity"] == "neg")
            templates[line["context_condition"]].append(line["question_index"])
            groups[line["context_condition"]].append(
                (told and agrees, told and not agrees, choice == line["label"]))
        found = self.scores_of("Religion")
        for kind, suffix, score in (("ambig", "amb", ambiguous_bias), ("disambig", "disamb", bias)):
            answers, clusters = groups[kind], templates[kind]
            self.assertGreater(len(answers), 80)
            right = [float(r) for _, _, r in answers]
            for name, expected in (
                    (f"accuracy_{suffix}", (mean(right), standard_error(right, clusters))),
                    (f"{suffix}_bias_score", (score(answers), jackknife(score, answers, clusters)))):
                self.assertTrue(all(map(near, found[name], expected)), (name, found[name], expected))
                self.assertEqual(found[name][2], len(answers))

    def test_pairs(self):
        odds = [logodds(logprobs, scores) for _, logprobs, scores, _ in self.chosen("pairs")]
        self.assertEqual(len(odds), 40)
        differences = [a - b for a, b in zip(odds[::2], odds[1::2])]
        found = self.scores_of("pairs")
        for name, values in (("logodds_difference", differences),
                             ("absolute_logodds_difference", list(map(abs, differences)))):
            expected = mean(values), standard_error(values)
            self.assertTrue(all(map(near, found[name], expected)), (name, found[name], expected))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
