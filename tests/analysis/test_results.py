"""The Python reader and the plot against files that the library wrote:
test_results.py LADDER.h5 WAYS.h5 REPEATS.h5 ANALYSIS_FOLDER"""
import hashlib
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy

FILE = sys.argv[1]
WAYS = sys.argv[2]
REPEATS = sys.argv[3]
FOLDER = pathlib.Path(sys.argv[4])
sys.path.insert(0, str(FOLDER))
import results  # noqa: E402


def renamed(source, target, names):
    """A copy with other names of tasks, models and families."""
    shutil.copy(source, target)
    with h5py.File(target, "r+") as file:
        for path in ("tasks/name", "analysis/linearity/task", "models/name", "models/family",
                     "analysis/linearity/family"):
            group, column = path.rsplit("/", 1)
            texts = [names.get(text.decode(), text.decode()).encode() for text in file[path][...]]
            del file[group][column]
            file[group][column] = numpy.array(texts, dtype="S")


REPLICATES = 1999


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011) of arrays of counters."""
    c = [numpy.asarray(word, dtype=numpy.uint64) for word in counter]
    mask = numpy.uint64(0xFFFFFFFF)
    for i in range(10):
        a, b = c[0] * numpy.uint64(0xD2511F53), c[2] * numpy.uint64(0xCD9E8D57)
        k = [numpy.uint64(key[0] + i * 0x9E3779B9 & 0xFFFFFFFF),
             numpy.uint64(key[1] + i * 0xBB67AE85 & 0xFFFFFFFF)]
        c = [b >> numpy.uint64(32) ^ c[1] ^ k[0], b & mask, a >> numpy.uint64(32) ^ c[3] ^ k[1],
             a & mask]
    return c


def times_drawn(name, n):
    """How often each of n examples is drawn by each replicate of the stream of that name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    r, block = numpy.meshgrid(numpy.arange(REPLICATES), numpy.arange((n + 3) // 4), indexing="ij")
    words = philox([block, r, 0 * r, 0 * r + 0x424F4F54], (seed & 0xFFFFFFFF, seed >> 32))
    words = numpy.stack(words, axis=-1).reshape(REPLICATES, -1)[:, :n]
    drawn = (words * numpy.uint64(n) >> numpy.uint64(32)).astype(int)
    return numpy.stack([numpy.bincount(row, minlength=n) for row in drawn])


def answers_drawn_anew(file, task, shots):
    """[1 + replicates, models, 12]: number of answers, sum of Brier scores, sums of (correct -
    confidence) in 10 bins; of the answers as they are first."""
    number = list(file.tasks["name"]).index(task)
    choices = {}
    for choice in file.choices:
        choices.setdefault(int(choice["row"]), []).append(choice)
    terms = numpy.zeros((100, len(file.models), 12))
    for i, row in enumerate(file.examples):
        if row["task"] != number or row["shots"] != shots:
            continue
        p = numpy.exp([c["logprob"] for c in choices[i]])
        p /= p.sum()
        right = numpy.array([c["target_score"] for c in choices[i]])
        of = terms[row["example"], row["model"]]
        of[0] = 1
        of[1] = ((p - right)**2).mean()
        of[2 + min(9, int(10 * p.max()))] = (right[p.argmax()] == right.max()) - p.max()
    drawn = times_drawn(f"{task}/calibration/{shots}", 100)
    return numpy.concatenate([terms.sum(0)[None], numpy.einsum("rj,jks->rks", drawn, terms)])


def middle(values):
    """The ends of the middle 95 % of the replicates."""
    k = int(.025 * (len(values) + 1))
    values = sorted(values)
    return values[k - 1], values[-k]


def plot(*arguments):
    return subprocess.run([sys.executable, FOLDER / "plot_scaling.py", *arguments],
                          capture_output=True, text=True, timeout=120)


class Reader(unittest.TestCase):
    def test_tables(self):
        file = results.read(FILE)
        self.assertEqual(file.provenance["config"], '{"name": "é"}')
        self.assertEqual(list(file.tasks["name"]), ["facts", "addition", "chance"])
        self.assertEqual(len(file.models), 8)
        self.assertEqual(file.families(), ["ladder"])
        self.assertEqual(len(file.examples), 8 * 3 * 2 * 100)
        self.assertEqual(len(file.choices), 8 * 2 * 2 * 100 * 4)
        self.assertIn("no, 你", file.examples["prediction"])
        self.assertEqual(file.units["host"][0], "node1")
        with h5py.File(FILE) as raw:
            columns = list(raw["examples"])
            self.assertEqual(columns[:4], ["model", "task", "shots", "example"])
            self.assertEqual(columns[-3:], raw["examples"].attrs["metrics"].decode().split(","))
            numpy.testing.assert_array_equal(raw["scores/value"][...], file.scores["value"])

    def test_scores_are_means(self):
        file = results.read(FILE)
        rows = file.examples
        mine = rows[(rows["model"] == 7) & (rows["task"] == 1) & (rows["shots"] == 1)]
        curve, = file.curves(task="addition", shots=1, metric="exact_str_match")
        self.assertAlmostEqual(curve.value[7], mine["exact_str_match"].mean(), places=14)
        self.assertEqual(list(curve.n), [100] * 8)
        self.assertEqual(curve.models[0], ["ladder-0"])
        steps = numpy.diff(curve.value)
        self.assertAlmostEqual(curve.linearity,
                               curve.improvement / numpy.sqrt((steps**2).mean()), places=12)
        self.assertAlmostEqual(curve.breakthroughness,
                               curve.improvement / numpy.median(abs(steps)), places=12)
        self.assertEqual(len(file.curves()), 3 * 2 * 2 + 2)  # and the mean over all tasks

    def test_calibration(self):
        """Bins, intervals and slopes again, from the choices, with the same random stream."""
        file = results.read(FILE)
        sums = answers_drawn_anew(file, "facts", 1) + answers_drawn_anew(file, "chance", 1)
        for name, these in (("facts", answers_drawn_anew(file, "facts", 1)),
                            (results.ALL_TASKS, sums)):
            rows = [r for r in file.calibration if r["task"] == name and r["shots"] == 1]
            self.assertEqual([r["model"] for r in rows], list(range(8)))
            brier = these[..., 1] / these[..., 0]  # [replicates, models]
            error = abs(these[..., 2:]).sum(-1) / these[..., 0]
            noise = abs(these[..., 2:] / these[..., :1] - these[:1, :, 2:] / these[:1, :, :1]).sum(-1)
            for k, row in enumerate(rows):
                self.assertEqual(row["n"], these[0, k, 0])
                self.close(row["brier"], brier[0, k])
                self.close((row["brier_low"], row["brier_high"]), middle(brier[1:, k]))
                moved = error[1:, k].mean() - error[0, k]
                low, high = middle(error[1:, k])
                low = max(0, min(low, low - 2 * moved))
                if error[0, k] <= middle(noise[1:, k])[1]:
                    low = 0
                self.close(row["calibration_error"], error[0, k])
                self.close(row["calibration_error_corrected"], max(0, error[0, k] - moved))
                self.close((row["calibration_error_low"], row["calibration_error_high"]),
                           (low, max(high, high - 2 * moved)))
            self.check_slopes(file, name, brier, error, these)

    def check_slopes(self, file, name, brier, error, sums):
        x = numpy.log(file.models["scale"])
        x = (x - x.mean()) / ((x - x.mean())**2).sum()
        of_brier, of_error = (r for r in file.calibration_slopes
                              if r["task"] == name and r["shots"] == 1)
        self.assertEqual(of_brier["metric"], "calibration_multiple_choice_brier_score")
        self.assertEqual((of_brier["family"], of_brier["n"]), ("ladder", 8))
        self.close(of_brier["slope"], numpy.polyfit(numpy.log(file.models["scale"]), brier[0], 1)[0])
        self.close((of_brier["slope_low"], of_brier["slope_high"]), middle(brier[1:] @ x))
        slopes = error @ x
        moved = slopes[1:].mean() - slopes[0]
        gaps = abs(sums[0, :, 2:])
        noise = abs(sums[1:, :, 2:] - sums[0, :, 2:]).mean(0)
        left = numpy.maximum(0, noise - (abs(sums[1:, :, 2:]).mean(0) - gaps))
        left = numpy.where(gaps <= 2 * math.sqrt(math.pi / 2) * noise, left, 0).sum(-1) / sums[0, :, 0]
        low, high = middle(slopes[1:])
        self.close(of_error["slope"], slopes[0])
        self.close(of_error["slope_corrected"], slopes[0] - moved)
        self.close(of_error["slope_low"],
                   min(low, low - 2 * moved) - numpy.maximum(0, x * left).sum())
        self.close(of_error["slope_high"],
                   max(high, high - 2 * moved) - numpy.minimum(0, x * left).sum())

    def close(self, found, expected):
        numpy.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)

    def test_prompts_are_counted(self):
        file = results.read(FILE)
        rows = file.examples
        mine = rows[(rows["model"] == 7) & (rows["task"] == 1) & (rows["shots"] == 1)]
        counts = file.prompt_counts(task="addition", model="ladder-7", shots=1)
        left_out = file.skipped[(file.skipped["model"] == 7) & (file.skipped["task"] == 1)]
        self.assertEqual(len(left_out), 0)
        self.assertEqual(counts, {
            "prompts": len(mine),
            "truncated": (mine["truncated_tokens"] > 0).sum(),
            "fewer_shots": (mine["shots_shown"] < mine["shots"]).sum(),
            "skipped": 0,
            "border": (mine["border"] > 0).sum(),
        })
        self.assertTrue(0 < counts["truncated"] < counts["prompts"])
        self.assertTrue(0 < counts["fewer_shots"] < counts["prompts"])
        self.assertEqual(file.prompt_counts()["skipped"], len(file.skipped))
        self.assertGreater(len(file.skipped), 0)
        self.assertEqual(file.prompt_counts()["prompts"], len(rows) + len(file.skipped))

    def test_large_tables_are_read(self):
        file = results.read(WAYS)
        for name in ("examples", "choices", "targets", "choice_texts", "samples", "skipped"):
            with h5py.File(WAYS) as raw:
                columns = list(raw[name])
                self.assertEqual(list(getattr(file, name).dtype.names), columns)
                self.assertEqual(len(getattr(file, name)), len(raw[name][columns[0]]))
        self.assertIn("since 3 is 你\n", file.samples["reasoning"])
        self.assertEqual(len(results.read(FILE).variants), 0)
        self.assertEqual(len(results.read(FILE).spreads(task="facts")), 0)
        self.assertEqual(len(results.read(FILE).human), 0)

    def test_ways_and_parts_of_tasks(self):
        file = results.read(WAYS)
        self.assertEqual(file.ways("facts"),
                         {"": "facts", "letters": "facts@letters", "quiz": "facts@quiz"})
        self.assertEqual(list(file.ways()), ["facts", "sums:two", "signs", "sums:three"])
        self.assertEqual(file.ways("fact"), {})
        self.assertEqual(file.subtasks("sums"), ["sums:two", "sums:three"])
        self.assertEqual(file.subtasks("sums", "steps"), ["sums:two@steps"])

    def test_spreads_are_those_of_scores(self):
        file = results.read(WAYS)
        names = list(file.tasks["name"])
        rows = file.spreads(task="facts", metric="log_likelihood")
        self.assertEqual(len(rows), 8 * 2)
        for row in rows:
            values = {}
            for score in file.scores:
                if (score["model"], score["shots"], score["metric"]) == (
                        row["model"], row["shots"], "log_likelihood"):
                    values[names[score["task"]]] = score["value"]
            ways = {variant: values[name] for variant, name in file.ways("facts").items()}
            of = numpy.array(list(ways.values()))
            self.assertEqual(row["n"], 3)
            self.assertAlmostEqual(row["mean"], of.mean(), places=12)
            self.assertAlmostEqual(row["standard_deviation"], of.std(ddof=1), places=12)
            self.assertEqual((row["minimum"], row["maximum"]), (of.min(), of.max()))
            self.assertEqual(row["range"], of.max() - of.min())
            self.assertEqual(row["minimum_variant"], min(ways, key=ways.get))
            self.assertEqual(row["maximum_variant"], max(ways, key=ways.get))
        self.assertEqual(len(file.spreads(task="facts", shots=1, model=3)), 2)
        self.assertEqual(len(file.spreads(task="signs")), 0)

    def test_aggregates_have_curves(self):
        file = results.read(WAYS)

        def normalised(task, model):
            row, = [s for s in file.scores if s["model"] == model and s["shots"] == 0
                    and file.tasks["name"][s["task"]] == task and not math.isnan(s["normalized"])]
            return row["normalized"]

        curve, = file.curves(task=results.ALL_TASKS, shots=0, metric=results.AGGREGATE_METRIC)
        people, = file.curves(task=results.HUMAN_TASKS, shots=0)
        steps, = file.curves(task=results.ALL_TASKS + "@steps", shots=0)
        for model in range(8):
            sums = (normalised("sums:two", model) + normalised("sums:three", model)) / 2
            facts = normalised("facts", model)
            self.assertAlmostEqual(curve.value[model],
                                   (facts + sums + normalised("signs", model)) / 3, places=10)
            self.assertAlmostEqual(people.value[model], (facts + sums) / 2, places=10)
            self.assertAlmostEqual(steps.value[model], normalised("sums:two@steps", model))
        self.assertEqual(list(curve.n), [3] * 8)
        self.assertTrue(math.isfinite(curve.linearity))

    def test_repeats_are_one_point(self):
        file = results.read(REPEATS)
        curve, = file.curves(family="twins", task="facts", shots=0,
                             metric="multiple_choice_grade")
        self.assertEqual(curve.models, [["ladder-0", "ladder-1"], ["ladder-2"], ["ladder-3"]])
        self.assertEqual(list(curve.scale), [1000, 2000, 3000])
        rows = file.examples
        rows = rows[(rows["task"] == 0) & (rows["shots"] == 0)]
        both = [rows[rows["model"] == m]["multiple_choice_grade"] for m in (0, 1)]
        by_example = (both[0] + both[1]) / 2
        self.assertAlmostEqual(curve.value[0], by_example.mean(), places=14)
        self.assertAlmostEqual(curve.stderr[0], by_example.std(ddof=1) / 10, places=14)
        self.assertAlmostEqual(curve.standard_deviation[0],
                               numpy.std([part.mean() for part in both], ddof=1), places=14)
        self.assertTrue(numpy.isnan(curve.standard_deviation[1:]).all())
        self.assertEqual(list(curve.n), [100, 100, 100])
        self.assertEqual(curve.shared_scales, 0)
        steps = numpy.diff(curve.value)
        self.assertAlmostEqual(curve.linearity,
                               curve.improvement / numpy.sqrt((steps**2).mean()), places=12)

    def test_different_models_are_not(self):
        file = results.read(REPEATS)
        for curve in file.curves(family="mixed"):
            self.assertEqual(curve.models, [[f"ladder-{i}"] for i in (4, 5, 6, 7)])
            self.assertEqual(list(curve.scale), [1000, 1000, 2000, 3000])
            self.assertEqual(curve.shared_scales, 1)
            self.assertTrue(math.isnan(curve.linearity) and math.isnan(curve.improvement))
        curve, = file.curves(family="mixed", task="facts", shots=0, metric="log_likelihood")
        scores = [s for s in file.scores if s["model"] in (4, 5) and s["task"] == 0
                  and s["shots"] == 0 and s["metric"] == "log_likelihood"]
        self.assertEqual(list(curve.value[:2]), [s["value"] for s in scores])
        self.assertEqual(list(curve.stderr[:2]), [s["stderr"] for s in scores])

    def test_older_files_are_not_averaged(self):
        with tempfile.TemporaryDirectory() as folder:
            old = pathlib.Path(folder, "old.h5")
            shutil.copy(REPEATS, old)
            with h5py.File(old, "r+") as file:
                del file["analysis/points"], file["models/seed"]
                del file["analysis/linearity/shared_scales"]
                file["analysis/linearity/linearity"][...] = 1.5
            file = results.read(old)
            self.assertEqual(len(file.curves()), len(results.read(REPEATS).curves()))
            for curve in file.curves():
                self.assertEqual([len(models) for models in curve.models], [1] * 4)
                self.assertEqual(curve.shared_scales, 1)
                self.assertTrue(math.isnan(curve.linearity))

    def test_human_scores(self):
        file = results.read(WAYS)
        self.assertEqual(file.human_scores("facts"), (0.8, 0.95))
        self.assertEqual(file.human_scores("facts", "multiple_choice_grade"), (0.8, 0.95))
        self.assertTrue(math.isnan(file.human_scores("facts", "log_likelihood")[0]))
        self.assertTrue(math.isnan(file.human_scores("signs")[0]))
        self.assertTrue(math.isnan(file.human_scores(results.ALL_TASKS)[0]))
        average, best = file.human_scores(results.HUMAN_TASKS)
        facts, two, three = 100 * (0.8 - 0.25) / 0.75, 50, 100 * (0.7 - 0.25) / 0.75
        self.assertAlmostEqual(average, (facts + (two + three) / 2) / 2)
        self.assertTrue(math.isnan(best))
        self.assertAlmostEqual(file.human_scores("sums")[0], (two + three) / 2)

    def test_faults_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder, "other.h5")
            with self.assertRaisesRegex(results.ResultsError, "no such file"):
                results.read(other)
            other.write_text("no HDF5")
            with self.assertRaisesRegex(results.ResultsError, "not an HDF5 file"):
                results.read(other)
            with h5py.File(other, "w") as file:
                file.attrs["schema_version"] = 2
            with self.assertRaisesRegex(results.ResultsError, "schema version 2"):
                results.read(other)
            done = plot(str(other), "-o", str(pathlib.Path(folder, "p.png")))
            self.assertEqual(done.returncode, 1)
            self.assertIn("schema version 2, this script reads version 1", done.stderr)


class Plot(unittest.TestCase):
    def test_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder, "picture.png")
            done = plot(FILE, "-o", str(picture))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(picture.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
            done = plot(FILE, "-o", str(picture), "--tasks", "facts", "--family", "ladder",
                        "--shots", "1", "--dpi", "50")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            told = pathlib.Path(folder, "picture.svg")
            done = plot(FILE, "-o", str(told), "--tasks", "facts", "--shots", "1")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("prompts: up to 20 % cut, 25 % with fewer shots", told.read_text())
            done = plot(FILE, "-o", str(picture), "--tasks", "fact")
            self.assertEqual(done.returncode, 1)
            self.assertIn('no task "fact"', done.stderr)
            done = plot(FILE, "-o", str(picture), "--variants")
            self.assertEqual(done.returncode, 1)
            self.assertIn("no chosen task was put in several ways", done.stderr)

    def test_titles_tell_shapes_and_intervals(self):
        """As the file has them: a number with its ends, a bound, or that nothing is known."""
        file = results.read(FILE)
        curve, = file.curves(task="addition", shots=1, metric="exact_str_match")
        row = [r for r in file.linearity if (r["task"], r["shots"], r["metric"]) ==
               ("addition", 1, "exact_str_match")][0]
        self.assertEqual((curve.shape, curve.shape_p), (row["shape"], row["shape_p"]))
        self.assertEqual(curve.linearity_ends, (row["linearity_low"], row["linearity_high"]))
        self.assertEqual(curve.half_rise, row["half_rise_scale"])
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder, "picture.svg")
            done = plot(FILE, "-o", str(picture), "--shots", "1", "--tasks", "addition,chance")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            drawn = re.findall("<!-- (.*?) -->", picture.read_text())
        self.assertEqual(row["shape"], "breakthrough")
        self.assertTrue(math.isinf(row["breakthroughness_high"]))
        self.assertIn("breakthrough (p < .001)", [text.replace("&lt;", "<") for text in drawn])
        told = (f"L {row['linearity']:.1f} [{row['linearity_low']:.1f}, "
                f"{row['linearity_high']:.1f}], B ≥ {row['breakthroughness_low']:.1f}")
        self.assertIn(told, drawn)
        self.assertTrue(any(text.startswith("flat (p = .") for text in drawn), drawn)
        self.assertTrue(any(text.endswith(", B ?") for text in drawn), drawn)
        self.assertIn("upright band: half of a breakthrough's rise", " ".join(drawn))

    def test_forecasts_are_drawn(self):
        file = results.read(FILE)
        told = [r for r in file.forecasts if r["reason"] == "" and r["task"] == "facts"
                and r["metric"] == "multiple_choice_grade"]
        self.assertGreater(len(told), 0)
        with tempfile.TemporaryDirectory() as folder:
            picture, table = pathlib.Path(folder, "p.svg"), pathlib.Path(folder, "t.csv")
            chosen = (FILE, "-o", str(picture), "--tasks", "facts", "--shots", "1")
            pictures = []
            for more in ([], ["--forecasts"], ["--forecasts", str(table)]):
                table.write_text("family,shots,task,metric,method,scale,forecast,low80,high80,observed,"
                                 "reason\nladder,1,facts,multiple_choice_grade,median4,9e4,.5,.4,,,\n"
                                 "ladder,1,facts,multiple_choice_grade,median4,9e5,,,,,a U\n")
                done = plot(*chosen, *more)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                pictures.append(re.sub("<dc:date>.*?</dc:date>", "", picture.read_text()))
            drawn = ["hollow: forecast" in text for text in pictures]
            self.assertEqual(drawn, [False, True, True])
            for text, faults in (("x,y\n1,2\n", "expected the columns family"),
                                 ("family\n", "no forecasts that were not refused")):
                table.write_text(text)
                done = plot(*chosen, "--forecasts", str(table))
                self.assertEqual(done.returncode, 1)
                self.assertIn(faults, done.stderr)

    def test_files_without_intervals(self):
        """Those from before intervals were kept show L and B alone."""
        with tempfile.TemporaryDirectory() as folder:
            older, picture = pathlib.Path(folder, "older.h5"), pathlib.Path(folder, "older.svg")
            shutil.copy(FILE, older)
            with h5py.File(older, "r+") as file:
                for column in list(file["analysis/linearity"]):
                    if column.startswith(("shape", "half_rise")) or column.endswith(("_low", "_high")):
                        del file["analysis/linearity"][column]
            done = plot(str(older), "-o", str(picture), "--shots", "1", "--tasks", "facts")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            drawn = re.findall("<!-- (.*?) -->", picture.read_text())
            self.assertTrue(any(re.fullmatch(r"L [0-9.]+, B [0-9.]+", text) for text in drawn), drawn)

    def test_pictures_of_ways(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, arguments in {
                "means": ["--aggregates"],
                "ways": ["--variants"],
                "chosen": ["--variants", "--tasks", "facts", "--shots", "1", "--columns", "1"],
                "named": ["--tasks", "facts@quiz,(all tasks)@letters,sums", "--shots", "0"],
            }.items():
                picture = pathlib.Path(folder, name + ".svg")
                done = plot(WAYS, "-o", str(picture), *arguments)
                self.assertEqual((done.returncode, done.stderr), (0, ""), name)
                self.assertIn("<svg", picture.read_text())
            drawn = {name: pathlib.Path(folder, name + ".svg").read_text() for name in
                     ("means", "ways", "chosen", "named")}
            titles = {name: [t for t in ("facts", "facts@quiz", "(all tasks)", "sums", "letters",
                                         "human raters, average", "facts, 1-shot")
                             if f"<!-- {t} -->" in text] for name, text in drawn.items()}
            self.assertEqual(titles["means"],
                             ["facts", "(all tasks)", "sums", "human raters, average"])
            self.assertEqual(titles["ways"],
                             ["letters", "human raters, average", "facts, 1-shot"])
            self.assertEqual(titles["chosen"], ["facts", "letters", "human raters, average"])
            self.assertEqual(titles["named"], ["facts@quiz", "sums", "human raters, average"])


    def test_pictures_name_models(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, arguments in {"plain": [], "ways": ["--variants"]}.items():
                picture = pathlib.Path(folder, name + ".svg")
                done = plot(REPEATS, "-o", str(picture), *arguments)
                self.assertEqual((done.returncode, done.stderr), (0, ""), name)
                drawn = picture.read_text()
                for text in ("twins: ladder-0 + ladder-1 1K, ladder-2 2K, ladder-3 3K",
                             "mixed: ladder-4 1K, ladder-5 1K, ladder-6 2K, ladder-7 3K",
                             "ladder-4", "ladder-5"):
                    self.assertIn(f"<!-- {text} -->", drawn)
                self.assertNotIn("<!-- ladder-6 -->", drawn)  # alone at its scale
                self.assertIn("between repeats", drawn)

    def test_any_names_are_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            file, picture = pathlib.Path(folder, "named.h5"), pathlib.Path(folder, "named.svg")
            rare = "\U00011440"  # a letter that hardly any font has
            renamed(REPEATS, file, {"facts": "日本語の課題", "ladder-4": "a_$x^2$_{b",
                                    "mixed": f"한국어 {rare}"})
            done = plot(str(file), "-o", str(picture))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("<!-- 日本語の課題 -->", picture.read_text())
            self.assertIn("<!-- a_$x^2$_{b -->", picture.read_text())
            self.assertLessEqual(done.stderr.count("\n"), 1)  # one line, not one for each letter
            if done.stderr:
                self.assertRegex(done.stderr, "no font here has .*: drawn as boxes. Install")

    def test_what_cannot_be_drawn_is_explained(self):
        with tempfile.TemporaryDirectory() as folder:
            file, picture = pathlib.Path(folder, "f.h5"), pathlib.Path(folder, "p.png")
            shutil.copy(FILE, file)
            with h5py.File(file, "r+") as h5:
                del h5["analysis"]
            done = plot(str(file), "-o", str(picture))
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"no scores yet: run `bigsweep analyze {file}`", done.stderr)
            with h5py.File(file, "r+") as h5:
                for column in list(h5["examples"]):
                    kind = h5["examples"][column].dtype
                    del h5["examples"][column]
                    h5["examples"][column] = numpy.empty(0, dtype=kind)
            done = plot(str(file), "-o", str(picture))
            self.assertEqual(done.returncode, 1)
            self.assertIn("nothing to draw: no example has been scored yet", done.stderr)
            with h5py.File(file, "r+") as h5:
                del h5["run/units/failure"]
                h5["run/units/failure"] = numpy.array([b"the disk is on fire"])
            done = plot(str(file), "-o", str(picture))
            self.assertEqual(done.returncode, 1)
            self.assertIn("every example has failed, the first with: the disk is on fire",
                          done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
