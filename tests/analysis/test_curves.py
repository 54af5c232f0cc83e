"""The whole way from examples to /analysis/linearity, computed once more: reads the examples of files
that the library wrote, does with numpy what docs/statistics.md says, and compares every column.
test_curves.py WITHOUT_REPEATS.h5 WITH_REPEATS.h5 ANALYSIS_FOLDER"""
import hashlib
import itertools
import math
import sys
import unittest

import numpy

PLAIN, REPEATS, FOLDER = sys.argv[1:4]
sys.path.insert(0, FOLDER)
import results  # noqa: E402

REPLICATES = 1999
Z = 1.959963984540054
T_975 = {1: 12.706204736174698, 3: 3.182446305284263, 8: 2.306004135204166}  # Student's t, printed tables


def philox(counters, key):
    """Philox4x32-10 of counters[..., 4]."""
    x = [counters[..., i].astype(numpy.uint64) for i in range(4)]
    k = [key & 0xFFFFFFFF, key >> 32]
    low = numpy.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = x[0] * numpy.uint64(0xD2511F53), x[2] * numpy.uint64(0xCD9E8D57)
        x = [(b >> numpy.uint64(32)) ^ x[1] ^ numpy.uint64(k[0]), b & low,
             (a >> numpy.uint64(32)) ^ x[3] ^ numpy.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return numpy.stack(x, axis=-1)


def counters(first, second, stream):
    first, second = numpy.broadcast_arrays(first, second)
    return numpy.stack([first, second, numpy.zeros_like(first), numpy.full_like(first, stream)], -1)


def draws(n, seed):
    """[REPLICATES][n] numbers of examples."""
    blocks = counters(numpy.arange((n + 3) // 4)[None, :], numpy.arange(REPLICATES)[:, None], 0x424F4F54)
    words = philox(blocks, seed).reshape(REPLICATES, -1)[:, :n]
    return ((words * numpy.uint64(n)) >> numpy.uint64(32)).astype(int)


def normals(m, seed, stream):
    words = philox(counters(numpy.arange(m)[None, :], numpy.arange(REPLICATES)[:, None], stream), seed)
    u1, u2 = (words[..., 0] + 1.0) / 2**32, words[..., 1] / 2**32
    return numpy.sqrt(-2 * numpy.log(u1)) * numpy.cos(2 * numpy.pi * u2)


def extremes(y):
    high, low = max(y), min(y)
    tie = 1e-12 * max(abs(high), abs(low))
    top = next(k for k, v in enumerate(y) if v >= high - tie)
    bottom = next(k for k, v in enumerate(y) if v <= low + tie)
    return top, bottom, high - low, numpy.sign(top - bottom)


def linearity(y):
    _, _, span, sign = extremes(y)
    d2 = numpy.diff(y)**2
    if sign == 0:
        return 0.0, math.nan
    return sign * span, sign * span / math.sqrt(d2.mean())


def middle(values):
    values = numpy.sort(values[~numpy.isnan(values)])
    if len(values) < 40:
        return math.nan, math.nan
    k = max(1, int(0.025 * (len(values) + 1)))
    return values[k - 1], values[-k]


class Noise:
    """What is known of a curve: scores[n][m] are means over seeds, columns[m][n][seeds] are not."""

    def __init__(self, columns, seed):
        scores = numpy.stack([c.mean(axis=1) for c in columns], axis=1)
        n, m = scores.shape
        self.m, self.y, self.n_free = m, scores.mean(axis=0), n - 1
        means = scores[draws(n, seed)].mean(axis=1)
        self.variance = numpy.array([[numpy.var(scores[:, k] - scores[:, l], ddof=1) / n
                                      for l in range(m)] for k in range(m)])
        alone = scores.var(axis=0, ddof=1) / n
        made_up = numpy.sqrt(numpy.maximum(0, alone.mean() - alone)) * normals(m, seed, 0x47415553)
        self.errors = math.sqrt(n / (n - 1)) * (means - self.y + made_up)
        self.replicates = means
        self.least = 2 * (scores.max() - scores.min()) / n
        self.wide, self.deviation, self.has_seeds = self.variance, math.nan, False
        self.add_seeds(columns, seed)

    def add_seeds(self, columns, seed):
        s = numpy.array([c.shape[1] for c in columns])
        free = (s - 1).sum()
        if free == 0:
            return
        own = numpy.array([c.mean(axis=0).var(ddof=1) if c.shape[1] > 1 else 0 for c in columns])
        pooled = ((s - 1) * own).sum() / free
        factor = T_975[free] / Z
        usual, mine = pooled / s, numpy.maximum(own, pooled) / s
        examples = numpy.diag(self.variance, 1).sum()
        seeds = (usual[:-1] + usual[1:]).sum()
        self.n_free = (examples + seeds)**2 / (examples**2 / self.n_free + seeds**2 / free)
        apart = 1 - numpy.eye(self.m)
        self.wide = self.variance + factor**2 * (mine[:, None] + mine[None, :]) * apart
        self.variance = self.variance + (usual[:, None] + usual[None, :]) * apart
        drawn = normals(self.m, seed, 0x53454544) * numpy.sqrt(mine)
        self.replicates = self.replicates + factor * drawn
        self.errors = self.errors + drawn
        self.deviation, self.has_seeds = math.sqrt(pooled), True


def intervals(noise):
    m, y, reps = noise.m, noise.y, noise.replicates
    top, bottom, span, _ = extremes(y)
    steps = numpy.arange(m - 1)
    step = noise.variance[steps, steps + 1].mean()
    resampled_step = noise.wide[steps, steps + 1].mean()

    def furthest(extreme, pick):
        near = [k for k in range(m) if abs(y[k] - y[extreme]) <= 2 * math.sqrt(noise.variance[k, extreme])]
        return pick((reps - y)[:, near], axis=1).mean()
    widened = furthest(top, numpy.max) - furthest(bottom, numpy.min)
    again = (reps.max(axis=1) - reps.min(axis=1)).mean() - span

    def corrected(values, variance, c):
        _, _, span, sign = extremes(values)
        w = max(span - c, 0)
        q = max((numpy.diff(values)**2).mean() - variance, (w / (m - 1))**2)
        return sign * w, sign * w / math.sqrt(q) if w > 0 else 0
    plain = numpy.array([linearity(r) for r in reps])
    less = numpy.array([corrected(r, step + resampled_step, widened + again) for r in reps])
    mine = corrected(y, step, widened)
    row = {"improvement_corrected": mine[0], "linearity_corrected": mine[1]}
    sure = middle(less[:, 0])
    for i, name in enumerate(["improvement", "linearity"]):
        ends = [middle(plain[:, i]), middle(less[:, i]), (mine[i], mine[i])]
        row[name + "_low"] = numpy.nanmin([e[0] for e in ends])
        row[name + "_high"] = numpy.nanmax([e[1] for e in ends])
    if noise.has_seeds and sure[0] <= 0 <= sure[1]:
        row["linearity_low"], row["linearity_high"] = 1 - m, m - 1
    _, _, _, sign = extremes(y)
    row["sign_share"] = numpy.mean(numpy.sign(plain[:, 0]) == sign)
    d = abs(numpy.diff(y))
    sd = numpy.maximum(numpy.sqrt(noise.wide[steps, steps + 1]), noise.least)
    least = math.sqrt(numpy.median(numpy.maximum(0, d - Z * sd)**2))
    most = math.sqrt(numpy.median((d + Z * sd)**2))

    def bounds(low, high, sure_low):
        return (low if low > 0 else sure_low) / most, high / least if least > 0 else math.inf
    if sure[0] > 0:
        b = bounds(row["improvement_low"], row["improvement_high"], sure[0])
    elif sure[1] < 0:
        b = tuple(-v for v in bounds(-row["improvement_high"], -row["improvement_low"], -sure[1])[::-1])
    else:
        b = -math.inf, math.inf
    row["breakthroughness_low"], row["breakthroughness_high"] = b
    return row


def isotonic(y, weights, sign):
    blocks = []
    for value, weight in zip(y, weights):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and sign * (blocks[-1][0] - blocks[-2][0]) < 0:
            (a, v, i), (b, w, j) = blocks[-2:]
            blocks[-2:] = [[(v * a + w * b) / (v + w), v + w, i + j]]
    return numpy.concatenate([[a] * i for a, _, i in blocks])


def crossing(y, sign):
    fit = isotonic(y, numpy.ones(len(y)), sign)
    half = (fit[0] + fit[-1]) / 2
    for k in range(len(y) - 1):
        before, after = sign * (fit[k] - half), sign * (fit[k + 1] - half)
        if before < 0 <= after:
            return k + before / (before - after)
    return math.nan


def student(difference, se, free, tiny):
    if abs(difference) <= tiny:
        return 0
    if se <= tiny:
        return math.copysign(math.inf, difference)
    t = difference / se
    return t * (1 - 1 / (4 * free)) / math.sqrt(1 + t * t / (2 * free))


def shape(noise):
    m, y, e = noise.m, noise.y, noise.errors
    tiny = 1e-12 * max(abs(y))
    contrasts = [(a, b, c) for a, b, c in itertools.product(range(m), repeat=3) if a < b <= c]

    def value(q, curve):
        a, b, c = q
        return curve[..., b:c + 1].mean(axis=-1) - curve[..., a:b].mean(axis=-1)
    noises = [value(q, e) for q in contrasts]
    errors = [math.sqrt((v**2).mean()) for v in noises]
    largest = numpy.max([abs(v) / s for v, s in zip(noises, errors) if s > tiny] + [numpy.zeros(REPLICATES)],
                        axis=0)
    k = math.ceil(0.96 * (REPLICATES + 1)) - 1
    critical = numpy.sort(largest)[k]

    def moves(curve):
        t = [student(value(q, curve), s, noise.n_free, tiny) for q, s in zip(contrasts, errors)]
        return max(0, *t), max(0, *(-v for v in t))
    up, down = moves(y)
    p = (1 + (largest >= max(up, down)).sum()) / (REPLICATES + 1)
    if max(up, down) <= critical:
        return "flat", p
    if min(up, down) > critical:
        weights = 1 / numpy.maximum((e**2).mean(axis=0), tiny**2)

        def turn(sign):
            fits = [numpy.concatenate([isotonic(y[:k], weights[:k], -sign), isotonic(y[k:], weights[k:], sign)])
                    for k in range(1, m)]
            rests = [(weights * (y - fit)**2).sum() for fit in fits]
            return min(rests), fits[int(numpy.argmin(rests))]
        (upright, u), (inverted, n) = turn(1), turn(-1)
        name, fit = ("U", u) if upright <= inverted else ("inverted U", n)
        return ("irregular" if max(moves(y - fit)) > critical else name), p
    sign, width = (1 if up > critical else -1), (1 if m < 6 else 2)

    def jump(curve, k):
        return sign * (curve[..., k + width] - curve[..., k] - (curve[..., -1] - curve[..., 0]) / 2)
    noises = [jump(e, k) for k in range(m - width)]
    errors = [math.sqrt((v**2).mean()) for v in noises]
    most = max(0, *(student(jump(y, k), s, noise.n_free, tiny) for k, s in enumerate(errors)))
    largest = numpy.sort(numpy.max([v / s for v, s in zip(noises, errors) if s > tiny] +
                                   [numpy.zeros(REPLICATES)], axis=0))
    rises = "breakthrough" if most > largest[k] else "growth"
    return rises if sign > 0 else {"growth": "inverse"}.get(rises, "inverse " + rises), p


def half_rise(noise, name, scales):
    row = dict.fromkeys(["half_rise_scale", "half_rise_scale_low", "half_rise_scale_high"], math.nan)
    if "breakthrough" not in name:
        return row
    sign = -1 if "inverse" in name else 1
    place = crossing(noise.y, sign)
    places = numpy.array([crossing(r, sign) for r in noise.replicates])
    places = numpy.sort(places[~numpy.isnan(places)])
    k = int(0.025 * (len(places) + 1))
    moved = 2 * (places.mean() - place)
    low, high = places[k - 1], places[-k]

    def scale(at):
        return math.exp(numpy.interp(at, range(noise.m), numpy.log(scales)))
    row["half_rise_scale"] = scale(place)
    row["half_rise_scale_low"] = scale(max(0, min(low, low - moved)))
    row["half_rise_scale_high"] = scale(min(noise.m - 1, max(high, high - moved)))
    return row


def columns_of(file, row):
    """Of each scale the scores [examples that all models have][seeds]."""
    models = [i for i, f in enumerate(file.models["family"]) if f == row["family"]]
    scales = sorted({file.models["scale"][i] for i in models})
    task = list(file.tasks["name"]).index(row["task"])
    mine = file.examples[(file.examples["task"] == task) & (file.examples["shots"] == row["shots"])]
    values = {i: dict(zip(*(mine[mine["model"] == i][c] for c in ("example", row["metric"])))) for i in models}
    common = [j for j in sorted(values[models[0]])
              if all(math.isfinite(values[i].get(j, math.nan)) for i in models)]
    return scales, [numpy.array([[values[i][j] for i in models if file.models["scale"][i] == scale]
                                 for j in common]) for scale in scales]


class Curves(unittest.TestCase):
    def check(self, path, family, shapes):
        file, seen = results.read(path), set()
        columns = file.examples.dtype.names
        for row in file.linearity:
            if row["family"] != family or row["metric"] not in columns or row["task"] not in file.tasks["name"]:
                continue
            name = f"{row['task']}/{row['metric']}/{row['shots']}"
            seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
            scales, scores = columns_of(file, row)
            noise = Noise(scores, seed)
            expected = intervals(noise)
            kind, p = shape(noise)
            expected.update(half_rise(noise, kind, scales))
            expected.update(zip(("improvement", "linearity"), linearity(noise.y)))
            expected["seed_deviation"], expected["shape_p"] = noise.deviation, p
            with self.subTest(curve=name):
                self.assertEqual(row["shape"], kind)
                for column, value in expected.items():
                    numpy.testing.assert_allclose(row[column], value, rtol=1e-9, atol=1e-12, err_msg=column)
            seen.add(kind)
        self.assertTrue(shapes <= seen, seen)

    def test_without_repeats(self):
        self.check(PLAIN, "ladder", {"flat", "growth", "breakthrough"})

    def test_with_repeats(self):
        self.check(REPEATS, "twins", set())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
