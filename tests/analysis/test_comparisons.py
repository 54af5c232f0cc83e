"""Comparisons in results files, and those that `bigsweep compare` prints, against NumPy: curves are
integrated example by example, factors found by trying many.
usage: test_comparisons.py LADDER.h5 WAYS.h5 REPEATS.h5 FAMILIES.h5 FOLDER_OF_RESULTS_PY BIGSWEEP"""

import csv
import functools
import io
import math
import subprocess
import sys
import tempfile
import unittest

import numpy

LADDER, WAYS, REPEATS, FAMILIES, FOLDER, BIGSWEEP = sys.argv[1:7]
sys.path.insert(0, FOLDER)
import results  # noqa: E402


def of_two_metrics():
    """Two tasks that go by different metrics."""
    tasks = results.read(FAMILIES).tasks
    first = tasks[0]
    other = [t for t in tasks if t["preferred_metric"] != first["preferred_metric"]][0]
    return first["name"], other["name"]


OF_TWO_METRICS = of_two_metrics()


@functools.cache
def t_quantile(free):
    """The .975 quantile of t, from its density by Simpson's rule."""
    scale = math.exp(math.lgamma((free + 1) / 2) - math.lgamma(free / 2)) / math.sqrt(free * math.pi)

    def inside(t):
        x = numpy.linspace(0, t, 4001)
        y = scale * (1 + x * x / free) ** (-(free + 1) / 2)
        return (y[0] + y[-1] + 4 * y[1:-1:2].sum() + 2 * y[2:-1:2].sum()) * t / 4000 / 3

    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < 0.475 else (low, middle)
    return low


def scores_of(file, models, task, shots, metric):
    """[examples][models]"""
    rows = file.examples
    number = list(file.tasks["name"]).index(task)
    keep = (rows["task"] == number) & (rows["shots"] == shots)
    return numpy.array([rows[metric][keep & (rows["model"] == m)] for m in models]).T


class Pair:
    """Two curves with a score for each example."""

    def __init__(self, file, sides):
        self.x, self.y = [], []
        for models, task, shots, metric in sides:
            self.x.append(numpy.log(file.models["scale"][models]))
            self.y.append(scores_of(file, models, task, shots, metric))

    def difference(self, shift=0.0):
        """Mean and standard error of the mean difference, the second moved by `shift`."""
        a, b = self.x[0], self.x[1] - shift
        low, high = max(a[0], b[0]), min(a[-1], b[-1])
        knots = numpy.unique([low, high] + [k for k in [*a, *b] if low < k < high])
        each = [
            numpy.interp(knots, a, p) - numpy.interp(knots, b, q) for p, q in zip(*self.y)
        ]
        if high - low < 1e-12:
            means = numpy.array(each)[:, 0]
        else:
            means = numpy.trapz(each, knots, axis=1) / (high - low)
        return means.mean(), means.std(ddof=1) / math.sqrt(len(means))

    def bends(self, side, critical):
        """How far the curve may be from the line in each gap."""
        x, y, found = self.x[side], self.y[side], []
        for k in range(len(x) - 1):
            rise, bend = abs((y[:, k + 1] - y[:, k]).mean()), 0
            for j in (k - 1, k + 1):
                if 0 <= j < len(x) - 1:
                    each = ((y[:, k + 1] - y[:, k])
                            - (y[:, j + 1] - y[:, j]) * (x[k + 1] - x[k]) / (x[j + 1] - x[j]))
                    if abs(each.mean()) > critical * each.std(ddof=1) / math.sqrt(len(each)):
                        bend = max(bend, abs(each.mean()))
            bend = min(bend, rise)
            found.append(bend**3 / (2 * rise**2) if rise > 0 else 0)
        return found

    def doubt(self, shift, bends):
        a, b = self.x[0], self.x[1] - shift
        low, high = max(a[0], b[0]), min(a[-1], b[-1])
        total = 0
        for x, of in ((a, bends[0]), (b, bends[1])):
            for k in range(len(x) - 1):
                part = min(x[k + 1], high) - max(x[k], low)
                if part > 1e-9:
                    total += (part / (high - low) * of[k] * (2 - part / (x[k + 1] - x[k]))) ** 2
        return math.sqrt(total)

    def ratios(self, n=601):
        """Where the curves agree, and the first and last factor that is not excluded."""
        shifts = numpy.linspace(self.x[1][0] - self.x[0][-1], self.x[1][-1] - self.x[0][0], n)
        found = numpy.array([self.difference(s) for s in shifts])
        critical = t_quantile(len(self.y[0]) - 1)
        bends = [self.bends(side, critical) for side in (0, 1)]
        doubts = numpy.array([self.doubt(s, bends) for s in shifts])
        possible = shifts[abs(found[:, 0]) <= critical * found[:, 1] + doubts]
        turns = numpy.nonzero(found[:-1, 0] * found[1:, 0] < 0)[0]
        # the doubt of a small part of a gap reaches up to an end, and is none at the end itself
        ends = (0 if possible[0] <= shifts[1] else math.exp(possible[0]),
                math.inf if possible[-1] >= shifts[-2] else math.exp(possible[-1]))
        return [math.exp(shifts[i]) for i in turns], *ends


def compare(*arguments):
    done = subprocess.run([BIGSWEEP, "compare", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def table(*arguments):
    code, out, err = compare(*arguments, "--csv")
    assert code == 0, err
    return list(csv.DictReader(io.StringIO(out)))


def holm(p):
    order, adjusted, largest = sorted(range(len(p)), key=lambda i: p[i]), [0.0] * len(p), 0
    for rank, i in enumerate(order):
        largest = max(largest, min(1, (len(p) - rank) * p[i]))
        adjusted[i] = largest
    return adjusted


class Groups(unittest.TestCase):
    def check(self, row, pair):
        mean, error = pair.difference()
        reach = t_quantile(len(pair.y[0]) - 1) * error
        self.assertAlmostEqual(row["difference"], mean, places=12)
        self.assertAlmostEqual(row["stderr"], error, places=12)
        self.assertAlmostEqual(row["difference_low"], mean - reach, places=9)
        self.assertAlmostEqual(row["difference_high"], mean + reach, places=9)
        self.assertEqual(row["n"], len(pair.y[0]))

    def check_ratio(self, row, pair):
        equal, low, high = pair.ratios()
        self.assertEqual(len(equal), 1)
        self.assertAlmostEqual(math.log(row["ratio"]), math.log(equal[0]), delta=0.03)
        for mine, theirs in ((row["ratio_low"], low), (row["ratio_high"], high)):
            if 0 < theirs < math.inf:
                self.assertAlmostEqual(math.log(mine), math.log(theirs), delta=0.03)
            else:
                self.assertEqual(mine, theirs)

    def test_families(self):
        file = results.read(FAMILIES)
        rows = file.comparisons
        self.assertEqual(set(rows["kind"]), {"families"})
        self.assertEqual((rows["first"][0], rows["second"][0]), ("dense", "sparse"))
        tasks = rows[rows["preferred"] == 1]
        self.assertEqual(len(tasks), 6 * 2)
        n_ratios = 0
        for row in tasks:
            sides = [(models, row["task"], row["shots"], row["metric"])
                     for models in ([0, 2, 4, 6], [1, 3, 5, 7])]
            pair = Pair(file, sides)
            self.check(row, pair)
            self.assertEqual((row["scale_low"], row["scale_high"]), (2000, 64000))
            if row["shots"] == 0 and not math.isnan(row["ratio"]):
                self.check_ratio(row, pair)
                n_ratios += 1
        self.assertGreater(n_ratios, 0)

    def test_means_over_tasks(self):
        file = results.read(FAMILIES)
        rows = file.comparisons
        for shots in (0, 1):
            mine = rows[(rows["shots"] == shots) & (rows["preferred"] == 1)]
            mean, = rows[(rows["shots"] == shots) & (rows["task"] == "(all tasks)")]
            low = [file.task(t)["low_score"] for t in mine["task"]]
            factor = 100 / (1 - numpy.array(low))
            self.assertAlmostEqual(mean["difference"], (mine["difference"] * factor).mean(), places=9)
            self.assertAlmostEqual(mean["stderr"],
                                   numpy.sqrt(((mine["stderr"] * factor) ** 2).sum()) / 6, places=9)
            self.assertEqual(mean["n"], 6)
            self.assertEqual(mean["wins"], (mine["difference"] > 0).sum())
            self.assertEqual(mean["losses"], (mine["difference"] < 0).sum())
            self.assertEqual(mean["wins"] + mean["losses"] + mean["ties"], 6)
            n, k = int(mean["wins"] + mean["losses"]), int(min(mean["wins"], mean["losses"]))
            p = min(1, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)
            self.assertAlmostEqual(mean["sign_p"], p, places=12)
            for row, adjusted in zip(mine, holm(list(mine["p"]))):
                self.assertAlmostEqual(row["p_holm"], adjusted, places=12)
                self.assertLessEqual(row["p_false_discovery"], row["p_holm"] + 1e-15)

    def test_calibration_error(self):
        file = results.read(FAMILIES)
        rows = file.comparisons[file.comparisons["metric"] == "expected_calibration_error"]
        self.assertEqual(len(rows), 2)
        for row in rows:
            curves = [file.curves(family=f, task=row["task"], shots=row["shots"],
                                  metric=row["metric"])[0] for f in ("dense", "sparse")]
            x = [numpy.log(c.scale) for c in curves]
            knots = numpy.unique([k for k in [*x[0], *x[1]] if x[1][0] <= k <= x[0][-1]])
            apart = (numpy.interp(knots, x[0], curves[0].value)
                     - numpy.interp(knots, x[1], curves[1].value))
            self.assertAlmostEqual(row["difference"],
                                   numpy.trapz(apart, knots) / (knots[-1] - knots[0]), places=9)
            self.assertGreater(row["stderr"], 0)
            errors = max(e for c in curves for e in c.stderr)
            self.assertLess(row["stderr"], 2 * errors)

    def test_variants(self):
        file = results.read(WAYS)
        rows = file.comparisons[file.comparisons["preferred"] == 1]
        self.assertEqual(set(file.comparisons["kind"]), {"variants"})
        names = {"": "facts", "letters": "facts@letters", "quiz": "facts@quiz"}
        for row in rows[rows["task"] == "facts"]:
            sides = [(list(range(8)), names[row[side]], row["shots"], row["metric"])
                     for side in ("first", "second")]
            self.check(row, Pair(file, sides))
        self.assertEqual({(r["first"], r["second"]) for r in rows if r["task"] == "facts"},
                         {("letters", ""), ("quiz", ""), ("quiz", "letters")})

    def test_tasks(self):
        """Each task has examples of its own, which all models of a family answered."""
        file = results.read(FAMILIES)
        metric = file.tasks["preferred_metric"][0]
        first, second = [t["name"] for t in file.tasks if t["preferred_metric"] == metric][:2]
        rows = [r for r in table(FAMILIES, "--tasks", f"{first},{second}") if r["preferred"] == "1"]
        self.assertEqual([(r["family"], r["shots"]) for r in rows],
                         [(f, s) for f in ("dense", "sparse") for s in ("0", "1")])
        for row in rows:
            models = [0, 2, 4, 6] if row["family"] == "dense" else [1, 3, 5, 7]
            x = numpy.log(file.models["scale"][models])
            means = [numpy.trapz(scores_of(file, models, task, int(row["shots"]), metric), x, axis=1)
                     / (x[-1] - x[0]) for task in (first, second)]
            error = math.sqrt(sum(m.var(ddof=1) / len(m) for m in means))
            self.assertAlmostEqual(float(row["difference"]), means[0].mean() - means[1].mean(),
                                   places=12)
            self.assertAlmostEqual(float(row["stderr"]), error, places=12)
            self.assertAlmostEqual(float(row["difference_high"]),
                                   means[0].mean() - means[1].mean() + t_quantile(99) * error,
                                   places=9)

    def test_by_scale(self):
        """At each scale of either family that both reach, example by example."""
        file = results.read(FAMILIES)
        rows = table(FAMILIES, "--families", "dense,sparse", "--by-scale")
        turned = table(FAMILIES, "--families", "sparse,dense", "--by-scale")
        metrics = dict(zip(file.tasks["name"], file.tasks["preferred_metric"]))
        self.assertEqual(len(rows), len(turned))
        n_checked = 0
        for row, other in zip(rows, turned):
            self.assertEqual(float(row["difference"]), -float(other["difference"]))
            numpy.testing.assert_equal(float(row["difference_low"] or "nan"),
                                       -float(other["difference_high"] or "nan"))
            if row["metric"] != metrics.get(row["task"]):
                continue
            pair = Pair(file, [(models, row["task"], int(row["shots"]), row["metric"])
                               for models in ([0, 2, 4, 6], [1, 3, 5, 7])])
            at = math.log(float(row["scale"]))
            apart = numpy.array([numpy.interp(at, pair.x[0], p) - numpy.interp(at, pair.x[1], q)
                                 for p, q in zip(*pair.y)])
            error = apart.std(ddof=1) / math.sqrt(len(apart))
            self.assertAlmostEqual(float(row["difference"]), apart.mean(), places=12)
            self.assertAlmostEqual(float(row["stderr"]), error, places=12)
            if error > 0:
                self.assertAlmostEqual(float(row["difference_high"]),
                                       apart.mean() + t_quantile(len(apart) - 1) * error, places=9)
            n_checked += 1
        scales = file.models["scale"]
        low, high = max(scales[0], scales[1]), min(scales[6], scales[7])
        n_scales = len({s for s in scales if low <= s <= high})
        self.assertEqual(n_checked, 6 * 2 * n_scales)
        code, out, _ = compare(FAMILIES, "--families", "dense,sparse", "--by-scale")
        self.assertEqual(code, 0)
        self.assertLessEqual(max(map(len, out.splitlines())), 80)
        self.assertIn("A: dense\nB: sparse\n", out)
        self.assertIn("(all tasks)", out)

    def test_printed(self):
        stored = results.read(FAMILIES).comparisons
        rows = table(FAMILIES, "--families", "dense,sparse")
        self.assertEqual(len(rows), len(stored))
        for mine, theirs in zip(rows, stored):
            self.assertEqual(mine["task"], theirs["task"])
            self.assertEqual(float(mine["difference"]), theirs["difference"])
            numpy.testing.assert_equal(float(mine["ratio"] or "nan"), theirs["ratio"])
            self.assertEqual(float(mine["ratio_high"]), theirs["ratio_high"])
        for mine, turned in zip(rows, table(FAMILIES, "--families", "sparse,dense")):
            self.assertEqual(float(mine["difference"]), -float(turned["difference"]))
            self.assertEqual(float(mine["difference_low"]), -float(turned["difference_high"]))
            self.assertEqual(mine["wins"], turned["losses"])
            if mine["ratio"]:
                self.assertAlmostEqual(float(mine["ratio"]) * float(turned["ratio"]), 1, places=12)
        code, out, _ = compare(FAMILIES, "--families", "dense,sparse")
        self.assertEqual(code, 0)
        self.assertLessEqual(max(map(len, out.splitlines())), 80)
        self.assertIn("of 12 comparisons", out)
        self.assertRegex(out, r"0 shots: A is ahead on \d tasks, B on \d")


class Models(unittest.TestCase):
    def test_models(self):
        file = results.read(WAYS)
        rows = table(WAYS, "--models", "ladder-3,ladder-5")
        preferred = [r for r in rows if r["preferred"] == "1"]
        self.assertEqual(len(preferred), 7 * 2)
        for row in rows:
            scores = scores_of(file, [3, 5], row["task"], int(row["shots"]), row["metric"])
            apart = scores[:, 0] - scores[:, 1]
            error = apart.std(ddof=1) / 10
            self.assertEqual(int(row["n"]), 100)
            self.assertAlmostEqual(float(row["first_score"]), scores[:, 0].mean(), places=12)
            self.assertAlmostEqual(float(row["difference"]), apart.mean(), places=12)
            self.assertAlmostEqual(float(row["stderr"]), error, places=12)
            self.assertAlmostEqual(float(row["difference_high"]),
                                   apart.mean() + t_quantile(99) * error, places=9)
            if row["metric"] == "log_likelihood":
                self.assertEqual(row["p_mcnemar"], "")
                self.assertEqual(row["p"], row["p_t"])
                continue
            a, b = int((apart > 0).sum()), int((apart < 0).sum())
            self.assertEqual((int(row["only_first"]), int(row["only_second"])), (a, b))
            p = min(1, 2 * sum(math.comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b))
            self.assertAlmostEqual(float(row["p_mcnemar"]), p, places=12)
            self.assertEqual(row["p"], row["p_mcnemar"])
        for row, adjusted in zip(preferred, holm([float(r["p"]) for r in preferred])):
            self.assertAlmostEqual(float(row["p_holm"]), adjusted, places=12)

    def test_two_files(self):
        rows = table(LADDER, FAMILIES, "--models", "ladder-1,ladder-1")
        self.assertGreater(len(rows), 0)
        for row in rows:  # the same examples of the same model
            self.assertEqual(float(row["difference"]), 0)
            self.assertEqual(float(row["p"]), 1)

    def test_two_files_by_name(self):
        rows = table(WAYS, LADDER)
        common = set(results.read(WAYS).models["name"]) & set(results.read(LADDER).models["name"])
        self.assertEqual({row["first"] for row in rows}, common)
        self.assertGreater(len(common), 1)
        tried = [float(row["p"]) for row in rows if row["preferred"] == "1"]
        for row in rows:  # corrected together
            self.assertEqual(row["first"], row["second"])
            if row["preferred"] == "1" and float(row["p"]) == min(tried):
                self.assertAlmostEqual(float(row["p_holm"]), min(1, len(tried) * min(tried)), 12)
        for name in common:  # each pair as by itself
            alone = table(WAYS, LADDER, "--models", f"{name},{name}")
            together = [row for row in rows if row["first"] == name]
            for a, b in zip(alone, together, strict=True):
                self.assertEqual(a | {"p_holm": 0, "p_false_discovery": 0},
                                 b | {"p_holm": 0, "p_false_discovery": 0})
        _, out, _ = compare(WAYS, LADDER)
        self.assertIn(f"A: ladder-1 of {WAYS}\nB: ladder-1 of {LADDER}\n", out)

    def test_groups_of_several_files(self):
        names = [str(name) for name in results.read(FAMILIES).models["name"]]
        with tempfile.TemporaryDirectory() as folder:
            halves = [f"{folder}/a.h5", f"{folder}/b.h5"]
            for half, others in zip(halves, (names[::2], names[1::2])):
                subprocess.run([BIGSWEEP, "remove", FAMILIES, "--model", ",".join(others), "-o", half],
                               check=True, capture_output=True)
            pair = ("--families", "dense,sparse")
            several = table(*halves, *pair)
        whole = table(FAMILIES, *pair)
        key = ("task", "metric", "shots")
        for rows in (several, whole):  # models, and so sums, are in another order
            rows.sort(key=lambda row: [row[name] for name in key])
        for a, b in zip(several, whole, strict=True):
            for name in a:
                if a[name] != b[name]:
                    self.assertAlmostEqual(float(a[name]), float(b[name]), 9, msg=name)

    def test_for_people(self):
        code, out, _ = compare(WAYS, "--models", "ladder-3,ladder-5")
        self.assertEqual(code, 0)
        self.assertIn("A: ladder-3\nB: ladder-5\n", out)
        self.assertIn("of 14 comparisons 7 are significant after correction (Holm, p < .05):\n"
                      "A is better in 0, B in 7", out)
        self.assertLessEqual(max(map(len, out.splitlines())), 80)

    def test_faults_are_told(self):
        for arguments, message in (
            ([WAYS], "say what to compare: --models A,B"),
            ([WAYS, LADDER, WAYS], "models of one or two files are compared"),
            ([WAYS, "--models", "ladder-3"], "two are compared: give two names"),
            ([WAYS, "--models", "ladder-3,lader-5"], 'did you mean "ladder-5"?'),
            ([WAYS, "--models", "a,b", "--families", "a,b"], "are not compared together"),
            ([FAMILIES, "--families", "dense,moe"], 'these can: "dense" with "sparse".'),
            ([LADDER, "--families", "a,b"], "these can: none."),
            ([FAMILIES, "--tasks", "a"], "two are compared: give two names"),
            ([FAMILIES, "--tasks", "a,b"], 'there is no task "a"'),
            ([FAMILIES, "--tasks", ",".join(OF_TWO_METRICS)], "have no metric in common"),
            ([LADDER, "--models", "ladder-1,ladder-2", "--by-scale"], "two models have one scale"),
            ([WAYS, "--variants", "letter"], '"quiz" with "letters"'),
            ([WAYS + ".not", "--models", "a,b"], "no such file"),
        ):
            code, out, err = compare(*arguments)
            self.assertEqual((code, out), (2, ""), err)
            self.assertIn(message, err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
