"""Expressions of output_regex give what Python's re gives: thousands of random patterns and a list
of odd ones, on texts of odd characters. Arguments: the program regex_answers."""

import random
import re
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")  # of nested sets: re takes them literally

# What re can and the program refuses; the message says why.
REFUSALS = ("characters by name", "half of a surrogate pair", "under both ASCII and IGNORECASE",
            "groups, expected at most one", "a condition on a group that has not been",
            "PCRE2, which runs it, says: number too big in {} quantifier",
            "more than 100 groups within groups",
            # of a part that may be repeated and takes nothing
            "PCRE2, which runs it, says: lookbehind assertion is not fixed length")

CHARACTERS = list("ab1A_ -.\n") + ["\t", "\r", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u2028",
    "\u2029", "\u180e", "\u200b", "i", "I", "\u0130", "\u0131", "k", "\u212a", "s", "\u017f",
    "\xdf", "\u1e9e", "\xb5", "\u03bc", "\u03c3", "\u03c2", "\u03a3", "\u0390", "\u1fd3", "\ufb05",
    "\ufb06", "\xe9", "\xc9", "e\u0301", "\u0663", "\xb2", "\xbd", "\u2160", "\u4e00", "\u56de",
    "\uff1a", "\U0001f600", "\U00010400", "\U00010428", "]", "[", "^", "$", "\\", "{", "}", ",",
    "(", ")", ":", "|", "#", "&", "~", "\x07", "\x08", "\x0c", "\u203f", "\u0345", "\u24d0"]

# Patterns that are read in different ways by the engines, or that Python refuses.
ODD = r"""
(?:Answer|\u56de\u7b54)\s*[:\uff1a]\s*(\w+)
\U0001F600+
\N{BULLET}
\x41 \x4 \xg \u12 \U0011FFFF \ud800 [\ud83d\ude00] \U00110000
\101 \0 \01 \08 \400 [\400] [\1] [\8] \1 (a)\1 (a)\2 (a)\10 (?:a)\1 (a\1) \18 \777
\a \e \f \v \h \H \R \X \K \G \Q..\E \C \z \Z \A \A\Z \Z\A a\Z ^\Z $\Z \p{L} \P{L} \pL \g{1} \k<a> \o{101} \cA \i \_ \- \" \'
(?a)\w+ (?a)\d (?a)\s+ (?a)\b\w (?u)\w+ (?L)a (?au)a (?a:\w)\w (?u:\w) (?a:\u00e9) (?-a:b) (?-u:b)
(?i)i (?i)\u0130 (?i)[h-j]+ (?i)k (?i)ss (?i)\u00df (?i)s+ (?ai)k+ (?ai)[h-l]+ (?ai)\u00e9 (?i)\u0390 (?i)[^i]+ (?ai)[^i]+ (?i:i)i (?i)(?-i:i)i (?i)(?a:i)i (?a)(?i:i) (?i)(?a:[A-z]+)
(?i)(i)\1 (?ai)(a)\1 (?ai)(?u:(a)\1)
a{,} a{,2} a{2} a{,2}? a{2,}+ a{1,2}+ a{} a{ a{1 a{1, a{1,2 a{,b} a{a} {1} {} {,1} x{2}{3} x{2}* x** x+? x?? x++ x+* x*?? x{2,1} x{70000} x{0,65535} a{0} (?:a{0})b a{0,0}b
^* $+ \b* \B? \A{2} (?=a)* (?=a)*b (?!a)? (?:^)* (?:)* (|a)* (a|)* (?:a|b)* (a?)* (a*)* (a*)+ (?:a?){3}
[[:alpha:]] [[:digit:]]+ [[:^alpha:]]] [[.a.]] [[=a=]] [a[b]c] [a&&b] [a--b] [a||b] [a~~b] [] []] []a] [^] [^]] [^]a] [a-] [-a] [a-z-9] [z-a] [\d-z] [a-\d] [a-\w] [\w-] [^\W] [^\Wa] [\W\d] [\D\S] [^\D\S] [^\s] [\b] [\B] [\A] [\Z] [^^] [a^] [$] [.] [(] [\]] [\[] [\\] [\x41-\x43] [\n-\r]+ [ -~]+ [\s\S]+ [^a-z\W]
[^\n]+ [^\.\?\!\;\n]+ ([-+]?\d+)[.]{0,1}$ the answer is (.*?)\.?(?:\n|$)
a$ (?m)a$ (?m)^a (?m)^ (?m)^$ (?m)$ (?m:^)a ^a $^ \n$ a\n?$ (?s). (?s).+ .+ (?s:.)+. (?-s:.) (?s)(?-s:.)+ (?m)\Z (?m)\A. (?m)a\Z
(?x)a\ b (?x)a#comment (?x)[#\ ]+ (?x:a~b)c~d (?x)a~*b (?x)a*~+ (?x)(?-x:~) (?x)~{2} (?#c)a a(?#c)* (?#c (?#)a (?x)\# ~(?x)a
(?i)a(?m)b a(?i)b (?:(?i)a) a|(?i)b (?i)|a (?#c)(?i)A (?i)(?s)A. (?i (?i-) (?-i) (?-i:A) (?i-i:a) (?) (?-:a) (?m-s:.) (?y) (?y:a) (?iL:a) (?P (?P< (?P<> (?P<a (?P<a> (?P<1a>b) (?P<a>b) (?P<a>b)(?P<a>c) (?P<a>b)(?P=a) (?P=a) (?P>a) (?P<\u00e9>a) (?<a>b) (?'a'b) (?&a) (?R) (?1) (?|a|b) (?C) (?+1) (?^:a) (*ACCEPT) (*UTF)a (?*a) (?!) (?=) (?!)a|b
(a)?(?(1)b|c) (?:(a)|b)(?(1)b|c) (?(1)a|b) (?(a)b|c) (?P<n>a)?(?(n)b|c) (a)?(?(1)b|c|d) (a)?(?(1)b) (a)?(?(2)b) (?(0)a) (?(-1)a) (?(+1)a) (?(?=a)b) (?(<n>)b) (a)(?(1)|b) (?(R)a) (?(DEFINE)a)
(?<=a)b (?<!a)b (?<=a|b)1 (?<=a|bc)d (?<=a*)b (?<=a{2})b (?<=a{1,2})b (?<=(?:a|b))1 (?<=(a))b (?<=\b)a (?<=^)a (?<=$)a (?<=(?=a))a (?<=)a (?<!)a (?<=(?<=a))b (?<=[ab])1 (?<=\u4e00)a (?<=(a)\1)b (a)(?<=\1) (?<=(?:ab)?)c (?<=a(?#x)b)c (?<=(?i:A))b (?<=a(?=b)b)c (?<=.)b (?<=\w)\W
(?>a*)a (?>a|ab)1 (?>a)b a*+a a++b [ab]*+1 (?:ab)?+a (?>(a)) a?+a .*+1 .++
( ) (a a) (?:a a|* *a +a ?a |a a| || a||b () (?:) \ (a|b)|c (?:a(?:b(?:1)))
\b \b\w+\b \Ba \B\B \bA \b\W (?a)\b\u00e9 \b\u00e9 a\b \s+ \S+ \w+ \W+ \d+ \D+ \s \x1c \x1f \x85 \u2028
\s*(\S(?:[^\n]*?\S)?)\.?[^\S\n]*(?:\n|$) [-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?
\u00e9\u0301 \u00E9 \xe9 \xE9+ [\u4e00-\u9fff]+ [\U00010400-\U00010427]+ (?i)[\U00010400-\U00010427]+ (?i)\U00010428 (?i)[\u03b1-\u03c9]+ (?i)[^\u03c3]+ (?i)\u03c2
"""


def odd_patterns():
    """"~" stands for a blank in them, since blanks are between them."""
    for line in ODD.strip("\n").split("\n"):
        yield line.replace("~", " ")
        for word in line.split(" "):
            yield word.replace("~", " ")


class Generator:
    """Random patterns, most of them good."""

    def __init__(self, rng):
        self.rng = rng
        self.groups = 0
        self.alphabet = CHARACTERS

    def literal(self):
        if self.alphabet is not CHARACTERS:
            return self.rng.choice(self.alphabet)
        c = self.rng.choice(CHARACTERS)
        way = self.rng.randrange(8)
        if way == 0 and len(c) == 1:
            return "\\u%04x" % ord(c) if ord(c) < 0x10000 else "\\U%08x" % ord(c)
        if way == 1:
            return self.rng.choice(["\\x41", "\\101", "\\t", "\\n", "\\.", "\\0", "\\-"])
        return c if self.rng.randrange(40) == 0 else re.escape(c)

    def category(self):
        return "\\" + self.rng.choice("dDsSwW")

    def char_class(self):
        parts = []
        for _ in range(self.rng.randrange(1, 4)):
            way = self.rng.randrange(5)
            if way == 0:
                parts.append(self.category())
            elif way == 1:
                low, high = sorted(self.rng.choice([c for c in CHARACTERS if len(c) == 1])
                                   for _ in range(2))
                parts.append(re.escape(low) + "-" + re.escape(high))
            elif way == 2:
                parts.append(self.rng.choice(["[:alpha:]", "&&", "--", "\\b", "\\1", "[", "^", "-"]))
            else:
                parts.append(self.literal())
        return "[" + self.rng.choice(["", "", "^"]) + "".join(parts) + "]"

    def atom(self, depth):
        way = self.rng.randrange(16 if depth < 4 else 8)
        if way < 3:
            return self.literal()
        if way == 3:
            return self.category()
        if way == 4:
            return self.char_class()
        if way == 5:
            return self.rng.choice([".", "^", "$", "\\b", "\\B", "\\A", "\\Z"])
        if way == 6 and self.groups > 0:
            return "\\1" if self.rng.randrange(2) else "(?(1)%s|%s)" % (self.literal(), self.literal())
        if way < 8:
            return self.literal()
        if way == 8 and self.groups == 0:
            inner = self.alternatives(depth + 1)
            self.groups = 1
            return ("(?P<g>%s)" if self.rng.randrange(3) == 0 else "(%s)") % inner
        head = self.rng.choice(["?:", "?:", "?=", "?!", "?<=", "?<!", "?>", "?i:", "?s:", "?m:",
                                "?a:", "?-i:", "?ai:", "?x:", "?u:", "?i-m:"])
        return "(" + head + self.alternatives(depth + 1) + ")"

    def sequence(self, depth):
        out = ""
        for _ in range(self.rng.randrange(0, 4)):
            atom = self.atom(depth)
            out += atom
            if self.rng.randrange(3) == 0:
                out += self.rng.choice(["*", "+", "?", "{2}", "{,2}", "{1,}", "{,}", "{0,1}", "{1,3}"])
                # re 3.11 goes wrong, now and then, in a possessive repetition of a group.
                out += self.rng.choice(["", "", "?", "+" if atom[0] != "(" else ""])
        return out

    def alternatives(self, depth):
        return "|".join(self.sequence(depth) for _ in range(self.rng.choice([1, 1, 1, 2, 3])))

    def pattern(self):
        """Half of them of two letters, so that they match often."""
        self.groups = 0
        self.alphabet = self.rng.choice([CHARACTERS, "ab"])
        flags = self.rng.choice(["", "", "", "(?i)", "(?a)", "(?m)", "(?s)", "(?x)", "(?ai)", "(?im)"])
        out = flags + self.alternatives(0)
        if self.rng.randrange(12) == 0 and out:  # damage
            at = self.rng.randrange(len(out))
            out = out[:at] + self.rng.choice(["", "(", ")", "[", "\\", "{", "*", "?", "|"]) + out[at + 1:]
        return out


def of_python(pattern, text):
    compiled = re.compile(pattern)
    match = compiled.search(text)
    if match is None:
        return ""
    return (match.group(1) or "") if compiled.groups == 1 else match.group(0)


def encoded(text):
    return text.encode("utf-8").hex() or "-"


def main():
    program, rng = sys.argv[1], random.Random(9)
    generator = Generator(rng)
    cases = []
    for pattern in odd_patterns():
        for _ in range(12):
            cases.append((pattern, "".join(rng.choice(CHARACTERS) for _ in range(rng.randrange(9)))))
        cases += [(pattern, t) for t in ("", "\n", "a", "aa\n", "ab\nab", "\u56de\u7b54\uff1a 4",
                                         "the answer is (B). \r\n", "a b1", "iI\u0130\u0131", "~#")]
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 6000):
        pattern = generator.pattern()
        for _ in range(4):
            letters = CHARACTERS if generator.alphabet is CHARACTERS else "aab\nAb"
            cases.append((pattern, "".join(rng.choice(letters) for _ in range(rng.randrange(14)))))
    cases = [c for c in cases if c[0] != ""]  # which is no expression
    lines = "".join("%s %s\n" % (encoded(p), encoded(t)) for p, t in cases)
    answers = subprocess.run([program], input=lines, stdout=subprocess.PIPE,
                             check=True, encoding="utf-8", errors="replace").stdout.split("\n")[:-1]
    assert len(answers) == len(cases), (len(answers), len(cases))
    counts = {"equal": 0, "refused by both": 0, "refused here": 0}
    failures = {}
    for (pattern, text), answer in zip(cases, answers):
        try:
            expected = of_python(pattern, text)
        except SystemError:  # "please report a bug for the re module"
            continue
        except (re.error, OverflowError, ValueError, RecursionError) as error:
            expected = error
        if isinstance(expected, Exception):
            if answer.startswith("= "):
                failures[pattern] = ("%r: re says: %s; here it is taken" % (pattern, expected))
            counts["refused by both"] += 1
        elif answer.startswith("! "):
            if not any(reason in answer for reason in REFUSALS):
                failures[pattern] = ("%r on %r: re gives %r, here: %s" % (pattern, text, expected, answer))
            counts["refused here"] += 1
        else:
            found = bytes.fromhex(answer[2:]).decode("utf-8")
            if found != expected:
                failures[pattern] = ("%r on %r: re gives %r, here %r" % (pattern, text, expected, found))
            counts["equal"] += found == expected
    print(", ".join("%d %s" % (n, what) for what, n in counts.items()))
    print("\n".join(sorted(failures.values(), key=len)[:40]))
    if failures or counts["equal"] < 10000 or counts["refused by both"] < 1000:
        sys.exit(1)


main()
