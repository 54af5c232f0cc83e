"""Every metric again, in Python and from its definition: test_metrics.py BIGSWEEP SOURCE DATA

First what `bigsweep metric` says of texts and choices made at random, then a results file: each
number of /examples and /scores from the records in it. BLEU and ROUGE have their goldens elsewhere.
"""
import collections
import hashlib
import json
import math
import os
import pathlib
import random
import re
import string
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCE, DATA = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
sys.path.insert(0, str(SOURCE / "analysis"))
import results  # noqa: E402


# --- the definitions ---

# White space at both ends, as str.strip tells it, decides no match.

def exact(text, targets):
    return float(text.strip() in [target.strip() for target in targets])


def case_insensitive(text, targets):
    return float(text.lower().strip() in [target.lower().strip() for target in targets])


def number_in(text):
    """As float() reads it, ASCII digits alone; None for what is no finite number."""
    try:
        value = float(text) if not re.search(r"[^\W0-9eE_]", text.strip()) else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def numeric(text, targets):
    value = number_in(text)
    wanted = [number_in(target) for target in targets]
    return float(value is not None and any(
        w is not None and abs(value - w) <= 0.1 * abs(w) for w in wanted))


def fewest_edits(a, b):
    """The whole table of distances between prefixes."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1,
                              table[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
    return table[-1][-1]


def edit_distance(text, targets):
    return float(min(fewest_edits(text.strip(), target.strip()) for target in targets))


def words_of(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def sequence_f1(text, targets):
    def one(target):
        a, b = words_of(text), words_of(target)
        if not a and not b:
            return 1
        same = sum((collections.Counter(a) & collections.Counter(b)).values())
        if same == 0:
            return 0
        precision, recall = same / len(a), same / len(b)
        return 2 * precision * recall / (precision + recall)
    return 100 * max(one(target) for target in targets)


def macro_f1(examples):
    """`examples` are (text, targets)."""
    examples = [(text.strip(), [target.strip() for target in targets])
                for text, targets in examples]
    truths = [text if text in targets else targets[0] for text, targets in examples]
    scores = []
    for label in sorted(set(truths)):
        both = [(text == label, truth == label) for (text, _), truth in zip(examples, truths)]
        right = sum(p and t for p, t in both)
        wrong = sum(p and not t for p, t in both)
        missed = sum(t and not p for p, t in both)
        scores.append(2 * right / (2 * right + wrong + missed))
    return sum(scores) / len(scores)


def postprocessed(generated, task):
    """Generated text as BIG-bench compares it."""
    text = generated[: task["max_length"]]
    stop = task["stop_string"]
    if stop and text.find(stop) > 0:
        text = text[: text.find(stop) + len(stop)]
    if task["output_regex"]:
        found = re.findall(task["output_regex"], text)
        text = found[0] if found else ""
    return text


def best_choice(logprobs):
    tied = [i for i, value in enumerate(logprobs) if value == max(logprobs)]
    digest = hashlib.sha256(struct.pack(f"<{len(logprobs)}d", *logprobs)).hexdigest()
    return tied[int(digest, 16) % len(tied)]


def grade(logprobs, scores):
    return scores[best_choice(logprobs)]


def probabilities(logprobs):
    total = math.fsum(math.exp(value - max(logprobs)) for value in logprobs)
    return [math.exp(value - max(logprobs)) / total for value in logprobs]


def weighted(logprobs, scores):
    return math.fsum(p * s for p, s in zip(probabilities(logprobs), scores))


def brier(logprobs, scores):
    return math.fsum((p - s) ** 2 for p, s in zip(probabilities(logprobs), scores)) / len(scores)


def weighted_logs(logprobs, scores):
    if min(scores) < 0 or sum(scores) == 0:
        return math.nan
    return math.fsum(s / sum(scores) * v for v, s in zip(logprobs, scores))


def classification_loss(logprobs, scores):
    p = probabilities(logprobs)
    return -math.log(math.fsum(q for q, s in zip(p, scores) if s == max(scores)))


def choice_probability(logprobs, scores):
    total = math.fsum(math.exp(v) for v in logprobs)
    return math.fsum(math.exp(v) for v, s in zip(logprobs, scores) if s == max(scores)) / total


def logodds(logprobs, scores):
    if len(scores) != 2 or scores[0] == scores[1]:
        return math.nan
    right = scores.index(max(scores))
    return logprobs[right] - logprobs[1 - right]


def bias(answers):
    """`answers` are (the choice's group is the biased answer, the unbiased one, right)."""
    biased = sum(b for b, _, _ in answers)
    unbiased = sum(u for _, u, _ in answers)
    return 2 * biased / (biased + unbiased) - 1 if biased + unbiased else math.nan


def ambiguous_bias(answers):
    wrong = 1 - sum(right for _, _, right in answers) / len(answers)
    return wrong * bias(answers) if wrong else 0.0


def calibration(examples):
    """`examples` are (logprobs, scores)."""
    bins = [[] for _ in range(10)]
    for logprobs, scores in examples:
        p = probabilities(logprobs)
        sure = max(p)
        bins[min(9, int(10 * sure))].append((sure, scores[p.index(sure)] == max(scores)))
    return sum(abs(sum(right for _, right in b) / len(b) - sum(sure for sure, _ in b) / len(b))
               * len(b) / len(examples) for b in bins if b)


TEXT = {"exact_str_match": exact, "case_insensitive_str_match": case_insensitive,
        "numeric_match_with_0_1_relative_error": numeric, "character_edit_distance": edit_distance,
        "sequence_f1": sequence_f1}
CHOICE = {"multiple_choice_grade": grade, "weighted_probabilities": weighted,
          "calibration_multiple_choice_brier_score": brier, "logodds": logodds,
          "weighted_log_probabilities": weighted_logs, "classification_loss": classification_loss,
          "choice_probability": choice_probability}
CORPUS = {"macro_f1": macro_f1, "expected_calibration_error": calibration}


def mean(values):
    values = [value for value in values if not math.isnan(value)]
    if not values:
        return math.nan
    return math.fsum(values) / len(values)


def standard_error(values):
    values = [value for value in values if not math.isnan(value)]
    if len(values) < 2:
        return math.nan
    m = mean(values)
    return math.sqrt(math.fsum((v - m) ** 2 for v in values) / (len(values) - 1) / len(values))


def jackknife(metric, examples):
    without = [metric(examples[:i] + examples[i + 1:]) for i in range(len(examples))]
    m = mean(without)
    return math.sqrt((len(without) - 1) / len(without) * math.fsum((v - m) ** 2 for v in without))


def near(a, b):
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * (1 + abs(b))


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
        for number, _, _, choice in self.chosen("Religion"):
            line = lines[number]
            group = line["answer_info"][f"ans{choice}"][1]
            targets = line["additional_metadata"]["stereotyped_groups"]
            stereotyped, told = group in targets, group != "unknown"
            agrees = stereotyped == (line["question_polarity"] == "neg")
            groups[line["context_condition"]].append(
                (told and agrees, told and not agrees, choice == line["label"]))
        found = self.scores_of("Religion")
        for kind, suffix, score in (("ambig", "amb", ambiguous_bias), ("disambig", "disamb", bias)):
            answers = groups[kind]
            self.assertGreater(len(answers), 80)
            right = [float(r) for _, _, r in answers]
            for name, expected in (
                    (f"accuracy_{suffix}", (mean(right), standard_error(right))),
                    (f"{suffix}_bias_score", (score(answers), jackknife(score, answers)))):
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
