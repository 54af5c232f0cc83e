#!/usr/bin/python3
"""Draws how each task's score moves with scale: the preferred metric with its standard error, the
chance level and what people score, the smooth measure beneath; in the title the curve's shape,
linearity L and breakthroughness B with their 95 % intervals. A pale upright band is where a
breakthrough may pass half of its rise. Repeats of a model (by seed) are one point, with a pale bar for how far they lie apart;
other models of one scale stand beside each other by name, without a line.

    plot_scaling.py RESULTS.h5 -o picture.png [--tasks a,b] [--family F] [--shots 0,3]
    plot_scaling.py RESULTS.h5 -o picture.png --aggregates    # means over tasks, too
    plot_scaling.py RESULTS.h5 -o picture.png --variants      # how scores depend on the prompt
    plot_scaling.py RESULTS.h5 -o picture.png --forecasts     # and what is forecast for the next size
    plot_scaling.py RESULTS.h5 -o picture.png --forecasts TABLE.csv    # from bigsweep forecast --csv

Needs h5py and matplotlib (Debian: python3-h5py python3-matplotlib).
"""
import argparse
import collections
import csv
import math
import sys
import textwrap
import warnings

import matplotlib
import numpy

matplotlib.use("Agg")
import matplotlib.pyplot as pyplot  # noqa: E402  (the backend comes first)
from matplotlib import font_manager  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter  # noqa: E402

import results  # noqa: E402

# Okabe and Ito's colours, which most colour-blind readers can tell apart.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = ["o", "s", "^", "D", "v", "P"]
LINES = ["-", "--", "-.", ":"]
SMOOTH = "log_likelihood"
SHORT = {
    "multiple_choice_grade": "accuracy",
    "exact_str_match": "exact match",
    "log_likelihood": "log-likelihood",
    results.AGGREGATE_METRIC: "normalised mean",
    "calibration_multiple_choice_brier_score": "Brier score",
    "expected_calibration_error": "calibration error",
}
TASK_INCHES = (2.6, 2.75)
TITLE_LINES = 2
MOST_TITLE = 46  # characters of its usual size that a panel has room for
CHANCE = {"color": "#777777", "linestyle": (0, (4, 3)), "linewidth": 0.9}
AVERAGE = {"color": "#3b7d23", "linestyle": (0, (6, 2)), "linewidth": 1.0}
BEST = {"color": "#3b7d23", "linestyle": (0, (1, 1.5)), "linewidth": 1.2}
PLAIN = "plain"
MOST_MODEL_LINES = 8


def parse_arguments():
    parser = argparse.ArgumentParser(description="Scores against scale, task by task.")
    parser.add_argument("results", metavar="RESULTS.h5")
    parser.add_argument("-o", "--output", required=True, help="picture (.png, .svg or .pdf)")
    parser.add_argument("--tasks", help="names, comma-separated (all; of tasks that are put in "
                        "several ways the plain one)")
    parser.add_argument("--family", help="names, comma-separated (all)")
    parser.add_argument("--shots", help="numbers, comma-separated (all)")
    parser.add_argument("--aggregates", action="store_true", help="means over tasks, too")
    parser.add_argument("--variants", action="store_true",
                        help="a line for each way in which a task is put, and their spread")
    parser.add_argument("--forecasts", nargs="?", const="", metavar="TABLE.csv",
                        help="forecasts with their 80 %% intervals, too: those in the file, or "
                        "what bigsweep forecast --csv printed of it")
    parser.add_argument("--columns", type=int, help="tasks side by side (4)")
    parser.add_argument("--dpi", type=int, default=150)
    return parser.parse_args()


def chosen(option, known, what):
    """The names that an option lists, checked against those in the file."""
    if option is None:
        return list(known)
    names = [name.strip() for name in option.split(",") if name.strip()]
    for name in names:
        if name not in known:
            sys.exit(f"no {what} \"{name}\" in the file; it has: {', '.join(map(str, known))}")
    return names


def human(value, _=None):
    """3200 as 3.2K."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= 0.9995 * size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def number(value):
    return "–" if math.isnan(value) else f"{value:.1f}".replace("-", "\N{MINUS SIGN}")


AXES = {"parameters": "parameters", "active": "active parameters",
        "non_embedding": "parameters without embeddings", "tokens": "training tokens",
        "compute": "training compute (FLOPs)", "step": "training step",
        "weights_bytes": "size of weights (bytes)"}


def axis_name(file):
    """What the scale is: in older files told by the models' own counts."""
    if "axis" in (file.models.dtype.names or ()):
        axes = {str(axis) for axis in file.models["axis"]}
        return AXES.get(axes.pop(), "scale") if len(axes) == 1 else "scale"
    if all(file.models["scale"] == file.models["parameters"]):
        return "parameters"
    return "scale"


class Style:
    """How lines look: a colour per family; a marker and a line per number of shots."""

    def __init__(self, families, shots):
        self.families, self.shots = families, shots

    def of(self, family, shots):
        at = self.shots.index(shots)
        colour = COLOURS[self.families.index(family) % len(COLOURS)]
        if len(self.families) == 1 and len(self.shots) > 1:
            colour = COLOURS[at % len(COLOURS)]
        return {
            "color": colour,
            "marker": MARKERS[at % len(MARKERS)],
            "linestyle": LINES[at % len(LINES)] if len(self.families) > 1 else "-",
        }

    def label(self, family, shots):
        plural = "shot" if shots == 1 else "shots"
        parts = [family] if len(self.families) > 1 else []
        parts += [f"{shots} {plural}"] if len(self.shots) > 1 else []
        return ", ".join(parts) or family

    def many(self):
        return len(self.families) * len(self.shots) > 1


Forecast = collections.namedtuple("Forecast", "scale value low high")


def read_forecasts(file, table):
    """{(family, task, shots, metric): forecasts, ascending} of those that were not refused."""
    if table:
        try:
            with open(table, newline="", encoding="utf-8") as stream:
                rows = list(csv.DictReader(stream))
        except (OSError, UnicodeError, csv.Error) as error:
            sys.exit(f"{table}: cannot read: {error}")
    else:
        rows = file.forecasts
    found = collections.defaultdict(list)
    for row in rows:
        try:
            key = row["family"], row["task"], int(row["shots"]), row["metric"]
            numbers = [float(row[name] if row[name] != "" else "nan")
                       for name in ("scale", "forecast", "low80", "high80")]
            refused = row["reason"] != ""
        except (KeyError, TypeError, ValueError):
            sys.exit(f"{table}: expected the columns family, shots, task, metric, scale, forecast, "
                     "low80, high80 and reason, as bigsweep forecast --csv prints them")
        if not refused and not math.isnan(numbers[1]):
            found[key].append(Forecast(*numbers))
    if not found:
        sys.exit(f"{table or file.path}: no forecasts that were not refused" +
                 ("" if table else "; bigsweep forecast says why"))
    return {key: sorted(forecasts) for key, forecasts in found.items()}


def forecasts_of(forecasts, curve):
    return forecasts.get((curve.family, curve.task, curve.shots, curve.metric), [])


def draw_forecasts(axes, curve, forecasts, style):
    """Hollow, with the 80 % interval, behind a thin line from the last score."""
    ends = [(scale, value) for scale, value in zip(curve.scale, curve.value)
            if not math.isnan(value)][-1:]
    axes.plot([scale for scale, _ in ends] + [f.scale for f in forecasts],
              [value for _, value in ends] + [f.value for f in forecasts],
              color=style["color"], linestyle=(0, (1, 1.5)), linewidth=0.9)
    reach = [[0 if math.isnan(f.low) else f.value - f.low for f in forecasts],
             [0 if math.isnan(f.high) else f.high - f.value for f in forecasts]]
    axes.errorbar([f.scale for f in forecasts], [f.value for f in forecasts], yerr=reach,
                  color=style["color"], marker=style["marker"], linestyle="none", markersize=3.6,
                  markerfacecolor="white", elinewidth=2.2, alpha=0.75)


def bars(widths):
    return [0 if math.isnan(width) else width for width in widths]


def draw_curve(axes, curve, label, style):
    if curve.shared_scales:  # no single curve: points by name
        style = {**style, "linestyle": "none"}
        name_points(axes, curve)
    if not all(map(math.isnan, curve.standard_deviation)):
        axes.errorbar(curve.scale, curve.value, yerr=bars(curve.standard_deviation),
                      linestyle="none", elinewidth=3.5, ecolor=style["color"], alpha=0.25)
    axes.errorbar(
        curve.scale,
        curve.value,
        yerr=bars(curve.stderr),
        label=label,
        markersize=3.2,
        linewidth=1.2,
        elinewidth=0.8,
        capsize=1.6,
        **style,
    )


def name_points(axes, curve):
    """The models that share a scale, beside their points."""
    scales = list(curve.scale)
    for models, scale, value in zip(curve.models, scales, curve.value):
        if scales.count(scale) > 1 and not math.isnan(value):
            axes.annotate(" + ".join(models), (scale, value), xytext=(3, 2), fontsize=4.5,
                          textcoords="offset points", color="#444444")


def draw_curves(axes, curves, style, forecasts):
    scales = []
    for curve in curves:
        look, ahead = style.of(curve.family, curve.shots), forecasts_of(forecasts, curve)
        draw_curve(axes, curve, style.label(curve.family, curve.shots), look)
        if ahead:
            draw_forecasts(axes, curve, ahead, look)
        scales += [*curve.scale, *(f.scale for f in ahead)]
    prepare(axes, scales)


def prepare(axes, scales):
    """The axis of sizes, logarithmic with plain labels, and light rules."""
    axes.set_xscale("log")
    axes.grid(True, color="#e4e4e4", linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=6.5, length=2, pad=1.5)
    few_decades = max(scales) < 30 * min(scales)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if few_decades
                                 else LogLocator(numticks=5))
    axes.xaxis.set_major_formatter(FuncFormatter(human))
    axes.xaxis.set_minor_formatter(NullFormatter())


def end(value):
    return number(value) if abs(value) < 9.95 else f"{value:.0f}".replace("-", "\N{MINUS SIGN}")


def with_ends(name, value, ends):
    """A number with its interval, a bound where one end is infinite, "?" where both are."""
    low, high = ends
    if math.isnan(low):
        return f"{name} {number(value)}"
    if math.isinf(low) and math.isinf(high):
        return f"{name} ?"
    if math.isinf(high):
        return f"{name} ≥ {number(low)}"
    if math.isinf(low):
        return f"{name} ≤ {number(high)}"
    return f"{name} {number(value)} [{end(low)}, {end(high)}]"


def statistics_of(curve):
    return (with_ends("L", curve.linearity, curve.linearity_ends) + ", " +
            with_ends("B", curve.breakthroughness, curve.breakthroughness_ends))


def shape_of(curve):
    """The shape with the p value of "flat"."""
    if not curve.shape:
        return ""
    told = "< .001" if curve.shape_p < 0.001 else f"= {curve.shape_p:.3f}".replace("0.", ".")
    return f"{curve.shape} (p {told})"


def title_of(curves, style):
    """Shape, L and B of each line, as many as there is room for."""
    if not style.many() or len(curves) == 1:
        who = f"{style.label(curves[0].family, curves[0].shots)}: " if style.many() else ""
        lines = [who + shape_of(curves[0]), statistics_of(curves[0])]
        return "\n".join(line for line in lines if line)
    texts = []
    for curve in curves[:TITLE_LINES]:
        shape = f"{curve.shape}, " if curve.shape else ""
        texts.append(f"{style.label(curve.family, curve.shots)}: {shape}{statistics_of(curve)}")
    if len(curves) > TITLE_LINES:
        texts[-1] += " …"
    return "\n".join(texts)


def draw_half_rises(axes, curves, style):
    """Where breakthroughs may pass half of their rise."""
    for curve in curves:
        low, high = curve.half_rise_ends
        if not math.isnan(low):
            colour = style.of(curve.family, curve.shots)["color"]
            axes.axvspan(low, high, color=colour, alpha=0.08, linewidth=0)
            axes.axvline(curve.half_rise, color=colour, alpha=0.35, linewidth=0.7)


def set_limits(axes, curves, lines):
    """All of the range for scores between 0 and 1, or 0 and 100, so that panels can be compared by
    eye; wider where values or the levels in `lines` are outside."""
    values = [v for curve in curves for v in curve.value if not math.isnan(v)]
    values += [v for v in lines if not math.isnan(v)]
    metric = curves[0].metric
    top = 100 if metric == results.AGGREGATE_METRIC else 1
    if metric == SMOOTH or not values or min(values) < -0.5 * top or max(values) > top:
        axes.yaxis.set_major_locator(MaxNLocator(4))
    else:
        axes.set_ylim(min(-0.04 * top, 1.08 * min(values)), 1.04 * top)
        axes.set_yticks([0, top / 2, top])


def draw_levels(axes, low, human):
    """Chance, and what people score. The levels that are known."""
    for level, style in zip((low, *human), (CHANCE, AVERAGE, BEST)):
        if not math.isnan(level):
            axes.axhline(level, **style)
    return [low, *human]


def set_titles(axes, name, lines):
    longest = max(map(len, lines.split("\n")))
    size = 6.5 if longest <= MOST_TITLE else 6.5 * MOST_TITLE / longest
    axes.set_title(lines, fontsize=size, color="#444444", pad=3)
    rise = 5 + 8.2 * (lines.count("\n") + 1)
    size = 8.5 if len(name) < 30 else 7
    axes.annotate(name, (0.5, 1), xycoords="axes fraction", xytext=(0, rise),
                  textcoords="offset points", ha="center", fontsize=size, fontweight="bold")


LOST = {"truncated": "cut", "fewer_shots": "with fewer shots", "skipped": "left out"}


def lost_prompts(file, name, curves):
    """Which share of the prompts was too long at the point where it is largest; "" for none."""
    largest = dict.fromkeys(LOST, 0)
    models = {model for curve in curves for group in curve.models for model in group}
    for shots in {curve.shots for curve in curves}:
        for model in models:
            counts = file.prompt_counts(task=name, model=model, shots=shots)
            for kind in LOST:
                largest[kind] = max(largest[kind], counts[kind] / max(1, counts["prompts"]))
    told = [f"{100 * share:.0f} % {LOST[kind]}" for kind, share in largest.items() if share > 0]
    return f"prompts: up to {', '.join(told)}" if told else ""


def metric_of(file, name, select):
    """What a task or an aggregate is shown by, and its lowest score (or chance)."""
    if name not in file.tasks["name"]:
        return results.AGGREGATE_METRIC, 0.0
    row = file.task(name)
    if select(name, row["preferred_metric"]):
        return row["preferred_metric"], row["low_score"]
    # a metric that was not computed: the task's first one, whose low is not known
    return row["metrics"].split(",")[0], math.nan


def draw_task(figure, cell, file, name, select, style, forecasts, last):
    """The panel of a task or an aggregate: its preferred metric, and beneath it the smooth
    measure."""
    metric, low = metric_of(file, name, select)
    curves = select(name, metric)
    smooth = select(name, SMOOTH) if metric != SMOOTH else []
    grid = cell.subgridspec(2, 1, height_ratios=[3, 2], hspace=0.12)
    upper = figure.add_subplot(grid[0] if smooth else grid[:])
    levels = draw_levels(upper, low, file.human_scores(name, metric))
    draw_half_rises(upper, curves, style)
    draw_curves(upper, curves, style, forecasts)
    ahead = [f for curve in curves for f in forecasts_of(forecasts, curve)]
    set_limits(upper, curves, levels + [v for f in ahead for v in (f.value, f.low, f.high)])
    upper.set_ylabel(SHORT.get(metric, metric), fontsize=7, labelpad=2)
    set_titles(upper, name, title_of(curves, style))
    upper.text(0.99, 0.02, lost_prompts(file, name, curves), transform=upper.transAxes, ha="right",
               va="bottom", fontsize=5.5, color="#a03030")
    lowest = upper
    if smooth:
        lowest = figure.add_subplot(grid[1], sharex=upper)
        draw_curves(lowest, smooth, style, forecasts)
        lowest.yaxis.set_major_locator(MaxNLocator(3))
        lowest.set_ylabel(SHORT[SMOOTH], fontsize=7, labelpad=2)
        upper.tick_params(labelbottom=False)
    if last:
        lowest.set_xlabel(axis_name(file), fontsize=7, labelpad=2)
    figure.align_ylabels([upper, lowest])
    return upper


def spread_of(curves):
    """Scale, lowest and highest score over the ways in which a task is put, of the points that all
    of them have."""
    points = {}
    for curve in curves:
        for models, scale, value in zip(curve.models, curve.scale, curve.value):
            if not math.isnan(value):
                points.setdefault((scale, *models), []).append(value)
    whole = sorted(point for point, values in points.items() if len(values) == len(curves))
    return ([point[0] for point in whole], [min(points[point]) for point in whole],
            [max(points[point]) for point in whole])


def way_curves(file, task, metric, family, shots):
    """{variant: curve} of the ways of a task that have the metric."""
    found = {variant: file.curves(task=name, metric=metric, family=family, shots=shots)
             for variant, name in file.ways(task).items()}
    return {variant: curves[0] for variant, curves in found.items() if curves}


def draw_ways(figure, cell, file, panel, colours, last):
    """The panel of a task in all its ways: a line for each, their range as a band, and beneath it
    how wide that is."""
    task, metric, family, shots, title = panel
    upper, lower = (figure.add_subplot(part) for part in cell.subgridspec(
        2, 1, height_ratios=[3, 1.4], hspace=0.14))
    ways = way_curves(file, task, metric, family, shots)
    for variant, curve in ways.items():
        at = list(colours).index(variant)
        draw_curve(upper, curve, variant or PLAIN, {
            "color": colours[variant], "marker": MARKERS[at % len(MARKERS)], "linestyle": "-"})
    curves = list(ways.values())
    first = file.task(curves[0].task)
    low = first["low_score"] if first["preferred_metric"] == metric else math.nan
    levels = draw_levels(upper, low, file.human_scores(first["name"], metric))
    scales, lows, highs = spread_of(curves)
    widths = [high - low for low, high in zip(lows, highs)]
    if curves[0].shared_scales:
        upper.vlines(scales, lows, highs, color="#999999", alpha=0.4, linewidth=3)
    else:
        upper.fill_between(scales, lows, highs, color="#999999", alpha=0.2, linewidth=0)
        lower.fill_between(scales, 0, widths, color="#999999", alpha=0.2, linewidth=0)
    lower.plot(scales, widths, color="#555555", marker=".", markersize=4, linewidth=1,
               linestyle="none" if curves[0].shared_scales else "-")
    sizes = [scale for curve in curves for scale in curve.scale]
    prepare(upper, sizes)
    prepare(lower, sizes)
    lower.set_xlim(upper.get_xlim())
    set_limits(upper, curves, levels)
    if upper.get_ylim()[1] <= 1.05:  # scores between 0 and 1: the same for all panels
        lower.set_ylim(0, 1.04)
        lower.set_yticks([0, 0.5, 1])
    else:
        lower.set_ylim(bottom=0)
        lower.yaxis.set_major_locator(MaxNLocator(3))
    upper.tick_params(labelbottom=False)
    upper.set_ylabel(SHORT.get(metric, metric), fontsize=7, labelpad=2)
    lower.set_ylabel("spread", fontsize=7, labelpad=2)
    if last:
        lower.set_xlabel(axis_name(file), fontsize=7, labelpad=2)
    figure.align_ylabels([upper, lower])
    widest = max(range(len(widths)), key=widths.__getitem__, default=None)
    told = "" if widest is None else f"widest {widths[widest]:.2f} at {human(scales[widest])}"
    set_titles(upper, title, told)
    return upper


class Sheet:
    """A page of panels; beneath them a legend, a note, and who the models are."""

    def __init__(self, n_panels, columns, n_legends, note, models):
        self.n_panels, self.columns = n_panels, min(columns or 4, n_panels)
        rows = -(-n_panels // self.columns)
        width, height = max(self.columns, 1.6) * TASK_INCHES[0], rows * TASK_INCHES[1]
        lines = -(-n_legends // max(1, int(width / 1.35)))  # of legend entries
        self.in_line = -(-n_legends // lines)
        self.small = [(line, 6.5, 0.12) for line in textwrap.wrap(note, int(19 * width))]
        self.small += [(line, 5.5, 0.1) for line in wrapped(models, int(23 * width))]
        self.lift = 0.04 + sum(inches for _, _, inches in self.small)
        foot = 0.24 + 0.16 * lines + self.lift
        self.height = height + foot
        self.figure = pyplot.figure(figsize=(width, self.height))
        self.grid = self.figure.add_gridspec(
            rows, self.columns, left=0.5 / width, right=1 - 0.12 / width,
            top=1 - 0.48 / self.height, bottom=(foot + 0.3) / self.height, wspace=0.34, hspace=0.42,
        )

    def cells(self):
        """Each panel's place, and whether it is the lowest of its column."""
        for i in range(self.n_panels):
            yield self.grid[i // self.columns, i % self.columns], i + self.columns >= self.n_panels

    def finish(self, handles, output, dpi):
        """`handles` by label."""
        self.figure.legend(
            handles.values(), handles.keys(), loc="lower center", fontsize=7, frameon=False,
            ncol=self.in_line, borderaxespad=0.2, handlelength=2.2,
            bbox_to_anchor=(0.5, (0.02 + self.lift) / self.height))
        at = self.lift
        for line, size, inches in self.small:
            at -= inches
            self.figure.text(0.5, at / self.height, line, ha="center", fontsize=size,
                             color="#666666")
        try:
            self.figure.savefig(output, dpi=dpi)
        except (OSError, ValueError) as error:
            sys.exit(f"{output}: cannot write: {error}")


def model_names(file, families):
    """A line for each family: its models with their scales, repeats together."""
    lines = []
    for family in families:
        points = {}
        for curve in file.curves(family=family):
            for models, scale in zip(curve.models, curve.scale):
                points[(scale, *models)] = f"{' + '.join(models)} {human(scale)}"
        lines.append(f"{family}: " + ", ".join(points[key] for key in sorted(points)))
    return lines


def wrapped(lines, width):
    """The lines in pieces of at most `width` characters, and of those as many as there is room
    for."""
    pieces = [piece for line in lines for piece in textwrap.wrap(line, width)]
    if len(pieces) > MOST_MODEL_LINES:
        pieces = pieces[: MOST_MODEL_LINES - 1] + [f"… and {len(pieces) - MOST_MODEL_LINES + 1} "
                                                   "more lines of models"]
    return pieces


def level_handles(file, shown):
    """Legend entries of the levels that panels show."""
    handles = {"chance, or lowest": matplotlib.lines.Line2D([], [], **CHANCE)}
    known = [file.human_scores(name) for name in shown]
    if any(not math.isnan(average) for average, _ in known):
        handles["human raters, average"] = matplotlib.lines.Line2D([], [], **AVERAGE)
    if any(not math.isnan(best) for _, best in known):
        handles["best human rater"] = matplotlib.lines.Line2D([], [], **BEST)
    return handles


def draw(file, tasks, families, shots, arguments):
    style = Style(families, shots)

    def select(task, metric):
        return [
            curve
            for curve in file.curves(task=task, metric=metric)
            if curve.family in families and curve.shots in shots
        ]

    tasks = [name for name in tasks if select(name, metric_of(file, name, select)[0])]
    if not tasks:
        sys.exit("nothing chosen to draw")
    levels = level_handles(file, tasks)
    forecasts = {}
    if arguments.forecasts is not None:
        forecasts = read_forecasts(file, arguments.forecasts)
    note = ("bars: ± one standard error" + pale_bars(file) +
            ("; hollow: forecast, with its 80 % interval" if forecasts else "") +
            "; L linearity, B breakthroughness, with 95 % intervals (– undefined, ? not determined)" +
            half_rise_note(file, tasks))
    sheet = Sheet(len(tasks), arguments.columns, len(families) * len(shots) + len(levels), note,
                  model_names(file, families))
    handles = {}
    for name, (cell, last) in zip(tasks, sheet.cells()):
        panel = draw_task(sheet.figure, cell, file, name, select, style, forecasts, last)
        for handle, label in zip(*panel.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    sheet.finish({**handles, **levels}, arguments.output, arguments.dpi)


def half_rise_note(file, tasks):
    any_place = any(not math.isnan(curve.half_rise) for curve in file.curves()
                    if curve.task in tasks)
    return "; upright band: half of a breakthrough's rise" if any_place else ""


def pale_bars(file):
    """What the note says of repeats, where there are any."""
    any_repeats = any(len(models) > 1 for curve in file.curves() for models in curve.models)
    return "; pale: ± one standard deviation between repeats" if any_repeats else ""


def way_panels(file, tasks, families, shots):
    """(task, metric, family, shots, title) of the panels of tasks that are put in several ways."""
    panels = []
    for task in tasks:
        names = file.ways(task).values()
        # the first metric that the task goes by in one of its ways and that several of them have
        metrics = dict.fromkeys(file.task(name)["preferred_metric"] for name in names)
        for family in families:
            for n in shots:
                shared = [m for m in metrics
                          if len(way_curves(file, task, m, family, n)) > 1
                          and spread_of(way_curves(file, task, m, family, n).values())[0]]
                title = task + (f", {family}" if len(families) > 1 else "")
                title += f", {n}-shot" if len(shots) > 1 else ""
                panels += [(task, shared[0], family, n, title)] if shared else []
    return panels


def draw_variants(file, tasks, families, shots, arguments):
    panels = way_panels(file, tasks, families, shots)
    if not panels:
        sys.exit(f"{file.path}: no chosen task was put in several ways that share a metric")
    variants = list(dict.fromkeys(v for panel in panels for v in file.ways(panel[0])))
    colours = {v: COLOURS[i % len(COLOURS)] for i, v in enumerate(variants)}
    levels = level_handles(file, [name for panel in panels for name in file.ways(panel[0]).values()])
    levels["range of the ways"] = matplotlib.patches.Patch(color="#999999", alpha=0.3, linewidth=0)
    note = ("bars: ± one standard error" + pale_bars(file) +
            "; spread: highest less lowest score of the ways to put the task")
    sheet = Sheet(len(panels), arguments.columns, len(variants) + len(levels), note,
                  model_names(file, families))
    handles = {}
    for panel, (cell, last) in zip(panels, sheet.cells()):
        axes = draw_ways(sheet.figure, cell, file, panel, colours, last)
        for handle, label in zip(*axes.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    sheet.finish({**handles, **levels}, arguments.output, arguments.dpi)


def known_tasks(file, arguments):
    """The tasks that can be asked for, and those that are drawn if none are."""
    scored = set(file.linearity["task"])
    names = [name for name in file.tasks["name"] if name in scored]
    ways = file.ways()
    if arguments.variants:
        several = [task for task in ways if len(ways[task]) > 1]
        return list(ways), several
    # of tasks that are put in several ways the plain one, else the first
    plain = {found.get("", next(iter(found.values()))) for found in ways.values()}
    drawn = [name for name in names if name in plain]
    aggregates = list(dict.fromkeys(name for name in file.linearity["task"]
                                    if name not in set(file.tasks["name"])))
    if arguments.aggregates:
        variants = {variant for found in ways.values() for variant in found if variant}
        drawn += [a for a in aggregates if not any(a.endswith(f"@{v}") for v in variants)]
    return names + aggregates, drawn


def characters(path):
    """The code points that a font file has; none where it cannot be read."""
    try:
        return set(font_manager.get_font(path).get_charmap())
    except (OSError, RuntimeError):
        return set()


def choose_fonts(names):
    """Behind the usual font those that have what it lacks of the names; says what none has."""
    usual = list(matplotlib.rcParams["font.family"])
    missing = {ord(c) for name in names for c in name if c.isprintable()}
    missing -= characters(font_manager.findfont(font_manager.FontProperties()))
    found = []
    fonts = {font.name: font.fname for font in font_manager.fontManager.ttflist
             if missing and "Last Resort" not in font.name}  # which has boxes for everything
    have = {name: characters(path) & missing for name, path in sorted(fonts.items())}
    while missing and have:
        best = max(have, key=lambda name: len(have[name] & missing))
        if not have[best] & missing:
            break
        found.append(best)
        missing -= have.pop(best)
    matplotlib.rcParams["font.family"] = usual + found
    if missing:
        some = "".join(map(chr, sorted(missing)[:10])) + ("…" if len(missing) > 10 else "")
        print(f"no font here has {some}: drawn as boxes. Install one (Debian: fonts-noto-cjk has "
              "Chinese, Japanese and Korean)", file=sys.stderr)
        warnings.filterwarnings("ignore", message="Glyph .* missing from")


def explain_no_scores(file):
    """Why there is nothing to draw."""
    if len(file.examples) > 0:
        return f"no scores yet: run `bigsweep analyze {file.path}`"
    failures = [text for text in (file.units["failure"] if len(file.units) > 0 else []) if text]
    if failures:
        return f"nothing to draw: every example has failed, the first with: {failures[0]}"
    return "nothing to draw: no example has been scored yet"


def main():
    arguments = parse_arguments()
    try:
        file = results.read(arguments.results)
    except results.ResultsError as error:
        sys.exit(str(error))
    if len(file.linearity) == 0:
        sys.exit(f"{arguments.results}: {explain_no_scores(file)}")
    choose_fonts([*file.tasks["name"], *file.models["name"], *file.families(),
                  *file.linearity["task"]])
    if "text.parse_math" in matplotlib.rcParams:
        matplotlib.rcParams["text.parse_math"] = False  # names may have dollar signs
    known, drawn = known_tasks(file, arguments)
    tasks = chosen(arguments.tasks, known, "task") if arguments.tasks is not None else drawn
    families = chosen(arguments.family, file.families(), "family")
    all_shots = sorted({str(n) for n in file.linearity["shots"]}, key=int)
    shots = [int(n) for n in chosen(arguments.shots, all_shots, "number of shots")]
    if not families or not shots or (not tasks and not arguments.variants):
        sys.exit("nothing chosen to draw")
    (draw_variants if arguments.variants else draw)(file, tasks, families, shots, arguments)


if __name__ == "__main__":
    main()
