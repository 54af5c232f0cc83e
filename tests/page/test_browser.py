"""The page in a headless Chromium: filters, sorting, examples, hostile texts, narrow and wide.

usage: test_browser.py BIGSWEEP MAKE_HOSTILE [FOLDER FOR SCREENSHOTS]
Exits with 77 (skipped) where there is no Chromium.
"""
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

N_TASKS, N_MODELS, N_EXAMPLES, N_FAMILIES = 9, 12, 30, 3
EVIL = "</script><img src=x onerror=alert(1)><!--\"'`${alert(2)}&lt;\u2028\ufffd"  # as it is shown
SIZES = {"wide": (1280, 1600), "narrow": (400, 1600)}

# Before all scripts of the page: what must not happen is noted.
WATCH = """<script>window.faults=[];addEventListener('error',e=>faults.push(String(e.message)));
addEventListener('securitypolicyviolation',e=>faults.push('policy: '+e.violatedDirective+' '+e.blockedURI));
window.alert=()=>faults.push('a text of the file became a script');
addEventListener('unhandledrejection',e=>faults.push(String(e.reason)));</script>"""

# Behind them: a reader's hand.
PLAY = """<script>(async () => {
const $ = s => document.querySelector(s), all = s => Array.from(document.querySelectorAll(s));
const wait = () => new Promise(go => setTimeout(go, 80));
const r = {};
const shown = () => all('#cards > .card').filter(c => !c.hidden).map(c => c.dataset.name);
const set = (id, value) => { const e = $('#' + id); e.value = value; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); };
try {
r.cards = shown().length; r.rows = all('#tasktable tbody tr').length;
set('q', 'TASK_3'); r.byName = shown(); r.rowsByName = all('#tasktable tbody tr:not([hidden])').length;
r.marksByName = all('#lbmap a:not([hidden])').length;
set('q', ''); set('keyword', 'non-English'); r.byKeyword = shown().length; r.keywords = all('#keyword option').map(o => o.textContent);
set('keyword', ''); set('shape', 'growth'); r.growth = shown().length;
r.growthTrue = all('#cards > .card').filter(c => c.dataset.shapes.includes(',growth,')).length;
$('#filter').reset(); await wait(); r.afterReset = shown().length;
set('order', 'rise'); r.rises = all('#cards > .card').map(c => Number(c.dataset.rise)); set('order', 'i');
const head = name => all('#tasktable th').find(h => h.textContent.startsWith(name));
const column = name => { const i = all('#tasktable th').indexOf(head(name)); return all('#tasktable tbody tr').map(t => t.cells[i].dataset.v === undefined ? null : Number(t.cells[i].dataset.v)); };
head('last').querySelector('button').click(); r.lastDown = column('last'); r.sorted = head('last').getAttribute('aria-sort');
head('last').querySelector('button').click(); r.lastUp = column('last');
const box = $('#legend input'); box.click(); r.hiddenFamily = getComputedStyle($('#cards .f0')).display; box.click();
r.shownFamily = getComputedStyle($('#cards .f0')).display;
const was = getComputedStyle(document.body).backgroundColor; $('#theme').click(); r.ground = [was, getComputedStyle(document.body).backgroundColor]; $('#theme').click();
r.buttons = all('.ex').length;
$('#c0 .ex').click(); r.open = $('#examples').open; r.title = $('#examples h2').textContent;
r.question = $('#examples .text').textContent; r.choices = all('#examples .choices li').map(l => l.textContent);
r.answers = all('#examples .answers tbody tr').length; r.probabilities = all('#examples .answers tbody tr:first-child .prob').length;
r.rights = all('#examples .answers td.ok').length; r.wrongs = all('#examples .answers td.no').length; r.pick = $('#examples .picks button').textContent;
$('#examples .picks button:nth-child(2)').click(); r.second = $('#examples .text').textContent !== r.question;
r.dialogWide = $('#examples').scrollWidth <= $('#examples').clientWidth + 1;
$('#examples .close').click(); r.closed = !$('#examples').open;
$('#c1 .ex').click(); r.said = $('#examples .said').textContent; $('#examples').close();
const mark = $('#c2 svg .p'); mark.dispatchEvent(new PointerEvent('pointerover', {bubbles: true, clientX: 50, clientY: 50})); r.tip = $('#tip').textContent; r.tipShown = !$('#tip').hidden;
r.injected = all('img,iframe,object,embed,link[rel=stylesheet]').length;
r.fetched = performance.getEntriesByType('resource').length;
r.width = [innerWidth, document.documentElement.scrollWidth];
const boxes = root => Array.from(root.querySelectorAll('text')).filter(t => t.textContent && !t.closest('[hidden]')).map(t => [t.getBoundingClientRect(), t.textContent]);
const touch = (a, b) => a.width && b.width && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
r.overlaps = [];
for (const svg of [...all('#lbmap svg'), ...all('#cards .card > svg'), ...all('.wide > svg')]) {
  const list = boxes(svg).filter(([, text]) => !/human|chance/.test(text));
  list.forEach(([a, s], i) => list.slice(i + 1).forEach(([b, t]) => { if (touch(a, b)) r.overlaps.push(s + ' / ' + t); }));
}
r.noTitle = all('main svg:not(.key)').filter(s => !s.getAttribute('aria-label')).length;
} catch (e) { faults.push(String(e.stack)); }
r.faults = faults;
parent.postMessage(JSON.stringify(r), '*');
})();</script>"""

# Around the page: a frame as wide as wanted, since Chromium's own window is never narrower than 500.
FRAME = """<!doctype html><style>body{{margin:0}}iframe{{border:0;width:{width}px;height:{height}px}}</style>
<script>addEventListener('message', e => document.body.append(Object.assign(document.createElement('pre'),
{{id: 'result', textContent: e.data}})));</script><iframe src="file://{page}"></iframe>"""

failures = []


def check(is_true, what):
    if not is_true:
        failures.append(what)
        print("FAILED:", what)


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if shutil.which(name):
            return name
    print("skipped: no Chromium (sh jobs/install_packages.sh browser installs it)")
    sys.exit(77)


def browse(browser, folder, page, size, *options):
    """What Chromium prints and what its console says, for a page in a frame of this size."""
    frame = os.path.join(folder, "frame.html")
    with open(frame, "w", encoding="utf-8") as file:
        file.write(FRAME.format(width=size[0], height=size[1], page=page))
    run = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run",
         "--disable-background-networking", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--enable-logging=stderr", f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}",
         *options, "file://" + frame],
        capture_output=True, timeout=200, cwd=folder)
    console = [line for line in run.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
    return run.stdout.decode("utf-8", "replace"), console


class Inside(html.parser.HTMLParser):
    """The elements of a page, and the text of the one with the id `result`."""

    def __init__(self):
        super().__init__()
        self.count, self.result, self.within = {}, "", False

    def handle_starttag(self, tag, attributes):
        self.count[tag] = self.count.get(tag, 0) + 1
        self.within = ("id", "result") in attributes

    def handle_endtag(self, tag):
        self.within = False

    def handle_data(self, data):
        if self.within:
            self.result += data


def without_markup(name):
    return name.replace("\u202e", "\ufffd")


def check_played(r, size):
    check(r["faults"] == [], f"no fault: {r['faults']}")
    check(r["cards"] == N_TASKS and r["rows"] == N_TASKS * N_FAMILIES, f"cards and rows: {r['cards']}, {r['rows']}")
    check(r["byName"] == ["task_3"] and r["rowsByName"] == N_FAMILIES, f"filter by name: {r['byName']}, {r['rowsByName']}")
    check(r["marksByName"] <= N_FAMILIES, "the map is filtered, too")
    check(r["byKeyword"] == 3 and "arithmetic" in r["keywords"], f"filter by keyword: {r['byKeyword']}, {r['keywords']}")
    check(r["growth"] == r["growthTrue"], "filter by shape")
    check(r["afterReset"] == N_TASKS, "all cards are back")
    check(r["rises"] == sorted(r["rises"], reverse=True), f"cards by rise: {r['rises']}")
    check(r["lastDown"] == sorted(r["lastDown"], reverse=True) and r["sorted"] == "descending", "table sorts down")
    check(r["lastUp"] == sorted(r["lastUp"]) and len(set(r["lastUp"])) > 3, "table sorts up")
    check(r["hiddenFamily"] == "none" and r["shownFamily"] != "none", "a family hides and comes back")
    check(r["ground"][0] != r["ground"][1], "light and dark differ")
    check(r["buttons"] == N_TASKS, f"every task has examples: {r['buttons']}")
    check(r["open"] and r["closed"], "examples open and close")
    check(r["title"] == "task_0" + EVIL, f"the title is text: {r['title']!r}")
    check(re.fullmatch(re.escape(EVIL) + r"What is \d+ of 0\?\nA:", r["question"]) is not None, f"the question is text: {r['question']!r}")
    check(len(r["choices"]) == 4 and all(EVIL + "choice" in text for text in r["choices"]), f"choices: {r['choices']}")
    check(sum("\u2713" in text for text in r["choices"]) == 1 and "\u2713" in r["choices"][1], "the right choice is marked")
    check(r["answers"] == N_MODELS and r["probabilities"] == 4, f"answers of all models: {r['answers']}")
    right, of = re.search(r"(\d+)/(\d+)", r["pick"]).groups()
    check(int(of) == N_MODELS and int(right) == r["rights"] == N_MODELS - r["wrongs"], f"right and wrong: {r['pick']}, {r['rights']}, {r['wrongs']}")
    check(3 <= r["rights"] <= N_MODELS - 3, f"an example on which models differ comes first: {r['rights']}")
    check(r["second"] and r["dialogWide"], "the next example; the dialog is not too wide")
    check(re.fullmatch(r"(answer|wrong) \d+", r["said"]) is not None, f"what was said: {r['said']!r}")
    check(r["tipShown"] and re.match(r"model-\d+ \(1M\): 0\.\d+ \u00b1 0\.\d+", r["tip"]) is not None, f"marks tell: {r['tip']!r}")
    check(r["injected"] == 0 and r["fetched"] == 0, f"nothing was put in or fetched: {r['injected']}, {r['fetched']}")
    check(r["width"][0] == size[0] and r["width"][1] <= size[0], f"nothing is wider than the window of {size[0]}: {r['width']}")
    check(r["overlaps"] == [], f"labels overlap: {r['overlaps'][:5]}")
    check(r["noTitle"] == 0, "every picture says what it is")


def main():
    program, make_hostile = sys.argv[1:3]
    pictures = sys.argv[3] if len(sys.argv) > 3 else None
    browser = chromium()
    with tempfile.TemporaryDirectory() as folder:
        results, page, played = (os.path.join(folder, name) for name in ("h.h5", "report.html", "played.html"))
        subprocess.run([make_hostile, results, str(N_TASKS), str(N_MODELS), str(N_EXAMPLES)], check=True)
        subprocess.run([program, "report", results, "-o", page, "--title", "T" + EVIL], check=True)
        with open(page, encoding="utf-8") as file:
            text = file.read()
        check("\u202e" not in text and "\u2028" not in text.split("<main>")[1].split("application/json", 1)[1],
              "characters that turn or end lines are gone from the data")
        with open(played, "w", encoding="utf-8") as file:
            file.write(text.replace("<head>", "<head>" + WATCH, 1).replace("</body></html>", PLAY + "</body></html>"))
        for name, size in SIZES.items():
            dom, console = browse(browser, folder, played, size, "--virtual-time-budget=4000", "--dump-dom")
            inside = Inside()
            inside.feed(dom)
            check(inside.result != "", f"{name}: the page was played with")
            check(console == [], f"{name}: the console is silent: {console[:3]}")
            if inside.result:
                check_played(json.loads(inside.result), size)
        plain = Inside()
        plain.feed(text)
        check(plain.count["article"] >= N_TASKS and plain.count["table"] >= N_TASKS and "img" not in plain.count,
              "without JavaScript there are curves and tables")
        if pictures:
            for name, size in SIZES.items():
                for theme in ("light", "dark"):
                    themed = os.path.join(folder, "themed.html")
                    with open(themed, "w", encoding="utf-8") as file:
                        file.write(text.replace("<html lang=en>", f"<html lang=en data-theme={theme}>", 1))
                    browse(browser, folder, themed, size, f"--screenshot={os.path.abspath(pictures)}/{name}-{theme}.png")
    print("page in a browser:", "FAILED" if failures else "passed")
    sys.exit(1 if failures else 0)


main()
