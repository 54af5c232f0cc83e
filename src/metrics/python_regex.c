/* The structure of Python's regular expressions: alternatives, repetitions, groups. */
#include <string.h>

#include "base/text_internal.h"
#include "metrics/python_regex_internal.h"

enum { MAX_DEPTH = 100, MOST_NAME = 80 };
/* Python's "without end", for widths and repetitions. */
static const uint64_t ENDLESS = UINT64_C(1) << 32;

/* What the last part of a sequence is, for a repetition behind it. */
typedef enum atom_kind { ATOM_NONE, ATOM_POSITION, ATOM_REPEATED, ATOM_PLAIN } atom_kind;

typedef struct atom {
  atom_kind kind;
  bs_python_width width;
} atom;

static bool next_is(const bs_python_regex *r, char c) { return r->at < r->n && r->in[r->at] == c; }

static bool take(bs_python_regex *r, char c) {
  bool is = next_is(r, c);
  r->at += is;
  return is;
}

static uint64_t at_most(uint64_t n) { return n < ENDLESS ? n : ENDLESS; }

static uint64_t times(uint64_t a, uint64_t b) {
  return a != 0 && b > ENDLESS / a ? ENDLESS : at_most(a * b);
}

static bs_python_width add(bs_python_width a, bs_python_width b) {
  return (bs_python_width){at_most(a.low + b.low), at_most(a.high + b.high)};
}

static bs_python_width either(bs_python_width a, bs_python_width b) {
  return (bs_python_width){a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}

static bs_python_width alternatives(bs_python_regex *r, bool is_whole);

/* Digits at r->at as a number. */
static uint64_t read_number(bs_python_regex *r) {
  uint64_t n = 0;
  for (; r->at < r->n && r->in[r->at] >= '0' && r->in[r->at] <= '9'; r->at++)
    n = at_most(n * 10 + (uint64_t)(r->in[r->at] - '0'));
  return n;
}

/* {n}, {n,}, {,m} or {n,m} at r->at, behind the brace, consumed. False, with r->at as it was: a
   brace that stands for itself. */
static bool read_braces(bs_python_regex *r, uint64_t *low, uint64_t *high) {
  size_t start = r->at;
  if (next_is(r, '}'))
    return false;
  *low = read_number(r);
  bool has_low = r->at > start;
  *high = has_low ? *low : ENDLESS;
  if (take(r, ',')) {
    size_t second = r->at;
    *high = read_number(r);
    if (r->at == second)
      *high = ENDLESS;
  }
  if (take(r, '}'))
    return true;
  r->at = start;
  return false;
}

/* A repetition whose sign, at `start`, has been read. */
static void repeat(bs_python_regex *r, size_t start, uint64_t low, uint64_t high, atom *last) {
  if (last->kind == ATOM_NONE || last->kind == ATOM_POSITION)
    bs_python_fault(r, start, "there is nothing to repeat");
  else if (last->kind == ATOM_REPEATED)
    bs_python_fault(r, start, "a repetition of a repetition: put the inner one in (?:...)");
  else if (low > high)
    bs_python_fault(r, start, "a repetition of at least %llu and at most %llu times",
                    (unsigned long long)low, (unsigned long long)high);
  if (r->status == BS_OK && high == ENDLESS)
    r->status = bs_text_printf(r->out, r->err, "{%llu,}", (unsigned long long)low);
  else if (r->status == BS_OK)
    r->status = bs_text_printf(r->out, r->err, "{%llu,%llu}", (unsigned long long)low,
                               (unsigned long long)high);
  if (take(r, '?'))
    bs_python_put(r, "?");
  else if (take(r, '+'))
    bs_python_put(r, "+");
  *last = (atom){ATOM_REPEATED, {times(last->width.low, low), times(last->width.high, high)}};
}

static bool is_name(const char *name, size_t n) {
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)name[i];
    bool digit = c >= '0' && c <= '9';
    if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80 ||
          (digit && i > 0)))
      return false;
  }
  return n > 0;
}

/* The text up to `end`, which is consumed. */
static bool read_until(bs_python_regex *r, char end, const char **text, size_t *n) {
  size_t start = r->at;
  const char *found = memchr(r->in + start, end, r->n - start);
  *text = r->in + start;
  *n = found == NULL ? 0 : (size_t)(found - *text);
  if (found == NULL || *n == 0) {
    bs_python_fault(r, start, "expected a group's name or number and \"%c\" behind it", end);
    return false;
  }
  r->at += *n + 1;
  return true;
}

static size_t group_named(const bs_python_regex *r, const char *name, size_t n) {
  for (size_t g = 1; g <= r->n_groups; g++)
    if (r->groups[g].name != NULL && r->groups[g].n_name == n &&
        memcmp(r->groups[g].name, name, n) == 0)
      return g;
  return 0;
}

/* A reference to group `g` (0: unknown) that stands at `start`. */
static atom back_reference(bs_python_regex *r, size_t start, uint64_t g) {
  bs_python_width width = {0, 0};
  if (g == 0 || g > r->n_groups)
    bs_python_fault(r, start, "a reference to a group that has not been");
  else if (r->groups[g].is_open)
    bs_python_fault(r, start, "a reference to a group that is still open");
  else if (g > r->lookbehind_groups)
    bs_python_fault(r, start, "a reference to a group of the same look-behind");
  else if ((r->flags & BS_PYTHON_IGNORE_CASE) != 0 && !bs_python_leaves_case(r))
    bs_python_fault(r, start,
                    "a reference to a group under both ASCII and IGNORECASE is not "
                    "supported");
  else
    width = r->groups[g].width;
  if (r->status == BS_OK)
    r->status = bs_text_printf(r->out, r->err, "\\g{%llu}", (unsigned long long)g);
  return (atom){ATOM_PLAIN, width};
}

/* Two classes, one on either side of a place: `is_border` where one of them is a word's. */
static void put_border(bs_python_regex *r, bool is_border) {
  const char *word = bs_python_category(r, 'w');
  if (r->status == BS_OK)
    r->status = bs_text_printf(r->out, r->err,
                               is_border ? "(?:(?<=[%s])(?![%s])|(?<![%s])(?=[%s]))"
                                         : "(?:(?<=[%s])(?=[%s])|(?<![%s])(?![%s]))",
                               word, word, word, word);
}

/* An escape at r->at, behind its backslash. */
static atom escape(bs_python_regex *r) {
  static const bs_python_width one = {1, 1};
  size_t start = r->at - 1;
  uint32_t c = 0;
  if (r->at == r->n) {
    bs_python_fault(r, start, "a backslash at the end");
    return (atom){0};
  }
  if (bs_python_character_escape(r, start, false, &c)) {
    bs_python_put_character(r, c);
    return (atom){ATOM_PLAIN, one};
  }
  char letter = r->in[r->at], lower = (char)(letter | 0x20);
  const char *inside = bs_python_category(r, lower);
  if (letter >= '0' && letter <= '9') {
    uint64_t g = (uint64_t)(letter - '0');
    r->at++;
    if (r->at < r->n && r->in[r->at] >= '0' && r->in[r->at] <= '9')
      g = g * 10 + (uint64_t)(r->in[r->at++] - '0');
    return back_reference(r, start, g);
  }
  r->at++;
  if (letter == 'A' || letter == 'Z') {
    bs_python_put(r, letter == 'A' ? "\\A" : "\\z");
    return (atom){.kind = ATOM_POSITION};
  }
  if (lower == 'b') {
    put_border(r, letter == 'b');
    return (atom){.kind = ATOM_POSITION};
  }
  if (inside == NULL)
    bs_python_fault(r, start, "the escape \\%c has no meaning in Python", letter);
  else if (r->status == BS_OK)
    r->status = bs_text_printf(r->out, r->err, "[%s%s]", letter == lower ? "" : "^", inside);
  return (atom){ATOM_PLAIN, one};
}

/* Letters of flags at r->at, consumed; what stands behind them is not. */
static unsigned read_flags(bs_python_regex *r) {
  static const char letters[] = "aimsxu";
  static const unsigned values[] = {BS_PYTHON_ASCII,   BS_PYTHON_IGNORE_CASE, BS_PYTHON_MULTILINE,
                                    BS_PYTHON_DOT_ALL, BS_PYTHON_VERBOSE,     BS_PYTHON_UNICODE};
  unsigned flags = 0;
  for (const char *found;
       r->at < r->n && r->in[r->at] != '\0' && (found = strchr(letters, r->in[r->at])) != NULL;
       r->at++)
    flags |= values[found - letters];
  if (next_is(r, 'L'))
    bs_python_fault(r, r->at, "the flag L is for bytes, not for text");
  if ((flags & BS_PYTHON_ASCII) != 0 && (flags & BS_PYTHON_UNICODE) != 0)
    bs_python_fault(r, r->at, "the flags a and u exclude each other");
  return flags;
}

/* Makes the flags those of what follows, and tells PCRE2 of the one that it has to know. */
static void set_flags(bs_python_regex *r, unsigned added, unsigned removed) {
  if ((added & (BS_PYTHON_ASCII | BS_PYTHON_UNICODE)) != 0)
    r->flags &= ~(unsigned)(BS_PYTHON_ASCII | BS_PYTHON_UNICODE);
  r->flags = (r->flags | added) & ~removed;
}

/* "(?flags)" or "(?flags-flags:" at r->at, behind the question mark. True: a group is open. */
static bool flag_group(bs_python_regex *r, bool may_be_global) {
  size_t start = r->at - 2;
  unsigned added = read_flags(r), removed = 0;
  if (added != 0 && take(r, ')')) {
    unsigned types = (r->flags | added) & (BS_PYTHON_ASCII | BS_PYTHON_UNICODE);
    if (!may_be_global)
      bs_python_fault(r, start,
                      "flags for the whole expression stand at its beginning alone: "
                      "(?i:...) sets them for a part");
    else if (types == (BS_PYTHON_ASCII | BS_PYTHON_UNICODE))
      bs_python_fault(r, start, "the flags a and u exclude each other");
    set_flags(r, added, 0);
    bs_python_put(r, bs_python_leaves_case(r) ? "(?i)" : "(?-i)");
    return false;
  }
  if (take(r, '-')) {
    removed = read_flags(r);
    if (removed == 0 || (removed & (BS_PYTHON_ASCII | BS_PYTHON_UNICODE)) != 0)
      bs_python_fault(r, start, "behind \"-\" stand some of the flags i, m, s and x");
    if ((added & removed) != 0)
      bs_python_fault(r, start, "a flag is both set and taken away");
  }
  if (!take(r, ':'))
    bs_python_fault(r, start,
                    "unknown or unfinished group \"(?\": known are (?:, (?P<name>, (?P=, "
                    "(?#, (?=, (?!, (?<=, (?<!, (?>, (?(group) and flags of aimsux");
  set_flags(r, added, removed);
  bs_python_put(r, bs_python_leaves_case(r) ? "(?i:" : "(?-i:");
  return true;
}

static void close_group(bs_python_regex *r, size_t start) {
  if (r->status == BS_OK && !take(r, ')'))
    bs_python_fault(r, start, "a ( without its )");
  bs_python_put(r, ")");
}

/* What a group holds, up to and with its parenthesis. */
static bs_python_width inside_of(bs_python_regex *r, size_t start) {
  bs_python_width width = {0, 0};
  if (++r->depth > MAX_DEPTH)
    bs_python_fault(r, start, "more than %d groups within groups", MAX_DEPTH);
  if (r->status == BS_OK)
    width = alternatives(r, false);
  close_group(r, start);
  r->depth--;
  return width;
}

static atom capture(bs_python_regex *r, size_t start, const char *name, size_t n_name) {
  if (r->n_groups == BS_PYTHON_MAX_GROUPS) {
    bs_python_fault(r, start, "more than %d groups", BS_PYTHON_MAX_GROUPS);
    return (atom){0};
  }
  size_t g = ++r->n_groups;
  r->groups[g] = (bs_python_group){.name = name, .n_name = n_name, .is_open = true};
  bs_python_put(r, "(");
  r->groups[g].width = inside_of(r, start);
  r->groups[g].is_open = false;
  return (atom){ATOM_PLAIN, r->groups[g].width};
}

/* (?P<name>...) or (?P=name) at r->at, behind the P. */
static atom named(bs_python_regex *r, size_t start) {
  const char *name;
  size_t n = 0;
  bool defines = take(r, '<');
  if (!defines && !take(r, '=')) {
    bs_python_fault(r, start, "behind (?P stand <name> or =name");
    return (atom){0};
  }
  if (!read_until(r, defines ? '>' : ')', &name, &n))
    return (atom){0};
  if (!is_name(name, n) || n > MOST_NAME)
    bs_python_fault(r, start, "not a name of a group");
  else if (!defines)
    return back_reference(r, start, group_named(r, name, n));
  else if (group_named(r, name, n) != 0)
    bs_python_fault(r, start, "two groups named \"%.*s\"", (int)n, name);
  else
    return capture(r, start, name, n);
  return (atom){0};
}

/* (?=...), (?!...), (?<=...), (?<!...): the sign is at r->at, behind a '<' where it looks back. */
static atom look_around(bs_python_regex *r, size_t start, bool back) {
  size_t outer = r->lookbehind_groups;
  bool negative = r->in[r->at++] == '!';
  if (back && outer == SIZE_MAX)
    r->lookbehind_groups = r->n_groups;
  if (r->status == BS_OK)
    r->status = bs_text_printf(r->out, r->err, "(?%s%s", back ? "<" : "", negative ? "!" : "=");
  bs_python_width width = inside_of(r, start);
  r->lookbehind_groups = outer;
  if (back && width.low != width.high)
    bs_python_fault(r, start, "a look-behind needs a fixed width, this one takes %s characters",
                    width.high == ENDLESS ? "any number of" : "different numbers of");
  return (atom){ATOM_PLAIN, {0, 0}};
}

static bs_python_width sequence(bs_python_regex *r, bool may_set_flags);

/* (?(group)yes|no) at r->at, behind the inner parenthesis. */
static atom conditional(bs_python_regex *r, size_t start) {
  const char *name;
  size_t n = 0, g = 0;
  if (!read_until(r, ')', &name, &n))
    return (atom){0};
  if (is_name(name, n)) {
    g = group_named(r, name, n);
  } else {
    for (size_t i = 0; i < n && g <= BS_PYTHON_MAX_GROUPS; i++)
      g = name[i] >= '0' && name[i] <= '9' ? g * 10 + (size_t)(name[i] - '0') : SIZE_MAX - 9;
  }
  if (g == 0 || g > r->n_groups)
    bs_python_fault(r, start, "a condition on a group that has not been");
  else if (g > r->lookbehind_groups)
    bs_python_fault(r, start, "a condition on a group of the same look-behind");
  if (r->status == BS_OK)
    r->status = bs_text_printf(r->out, r->err, "(?(%zu)", g);
  if (++r->depth > MAX_DEPTH)
    bs_python_fault(r, start, "more than %d groups within groups", MAX_DEPTH);
  bs_python_width yes = sequence(r, false), no = {0, 0};
  if (r->status == BS_OK && take(r, '|')) {
    bs_python_put(r, "|");
    no = sequence(r, false);
    if (next_is(r, '|'))
      bs_python_fault(r, start, "a condition with more than two branches");
  }
  close_group(r, start);
  r->depth--;
  return (atom){ATOM_PLAIN, either(yes, no)};
}

/* Flags of a group end with it. */
static atom local_flags(bs_python_regex *r, size_t start, bool may_set_flags, bool *is_nothing) {
  unsigned outer = r->flags;
  *is_nothing = !flag_group(r, may_set_flags);
  if (*is_nothing)
    return (atom){0};
  bs_python_width width = inside_of(r, start);
  r->flags = outer;
  return (atom){ATOM_PLAIN, width};
}

/* A group at r->at, behind its parenthesis. *is_nothing: a comment or flags, of which nothing can
   be repeated. */
static atom group(bs_python_regex *r, bool may_set_flags, bool *is_nothing) {
  size_t start = r->at - 1;
  *is_nothing = false;
  if (!take(r, '?'))
    return capture(r, start, NULL, 0);
  if (take(r, 'P'))
    return named(r, start);
  if (take(r, ':')) {
    bs_python_put(r, "(?:");
    return (atom){ATOM_PLAIN, inside_of(r, start)};
  }
  if (take(r, '>')) {
    bs_python_put(r, "(?>");
    return (atom){ATOM_PLAIN, inside_of(r, start)};
  }
  if (take(r, '#')) {
    const char *end = memchr(r->in + r->at, ')', r->n - r->at);
    if (end == NULL)
      bs_python_fault(r, start, "a comment without its )");
    else
      r->at = (size_t)(end - r->in) + 1;
    *is_nothing = true;
    return (atom){0};
  }
  if (next_is(r, '=') || next_is(r, '!'))
    return look_around(r, start, false);
  if (take(r, '(')) {
    return conditional(r, start);
  }
  if (take(r, '<')) {
    if (next_is(r, '=') || next_is(r, '!'))
      return look_around(r, start, true);
    bs_python_fault(r, start, "behind (?< stands = or !; a group with a name is (?P<name>...)");
    return (atom){0};
  }
  return local_flags(r, start, may_set_flags, is_nothing);
}

/* White space and comments of verbose expressions. */
static bool skip_verbose(bs_python_regex *r) {
  char c = r->in[r->at];
  if ((r->flags & BS_PYTHON_VERBOSE) == 0 || (c != '#' && (c == '\0' || !strchr(" \t\n\r\v\f", c))))
    return false;
  const char *end = c == '#' ? memchr(r->in + r->at, '\n', r->n - r->at) : r->in + r->at;
  r->at = end == NULL ? r->n : (size_t)(end - r->in) + 1;
  return true;
}

static void put_position(bs_python_regex *r, char c) {
  bool lines = (r->flags & BS_PYTHON_MULTILINE) != 0;
  if (c == '^')
    bs_python_put(r, lines ? "(?:\\A|(?<=\\n))" : "\\A");
  else
    bs_python_put(r, lines ? "(?=\\n|\\z)" : "(?=\\n?\\z)");
}

/* One item at r->at that is no repetition. */
static atom item(bs_python_regex *r, bool may_set_flags, bool *is_nothing) {
  static const bs_python_width one = {1, 1};
  *is_nothing = false;
  char c = r->in[r->at];
  switch (c) {
  case '\\':
    r->at++;
    return escape(r);
  case '[':
    r->at++;
    bs_python_class(r);
    return (atom){ATOM_PLAIN, one};
  case '(':
    r->at++;
    return group(r, may_set_flags, is_nothing);
  case '.':
    r->at++;
    bs_python_put(r, (r->flags & BS_PYTHON_DOT_ALL) != 0 ? "(?s:.)" : "[^\\n]");
    return (atom){ATOM_PLAIN, one};
  case '^':
  case '$':
    r->at++;
    put_position(r, c);
    return (atom){.kind = ATOM_POSITION};
  default:
    bs_python_put_character(r, bs_python_character(r));
    return (atom){ATOM_PLAIN, one};
  }
}

/* Reads the sign of a repetition at r->at; false, nothing consumed, when there is none. */
static bool read_repetition(bs_python_regex *r, uint64_t *low, uint64_t *high) {
  size_t start = r->at;
  char c = r->in[r->at++];
  *low = c == '+';
  *high = c == '?' ? 1 : ENDLESS;
  if (c == '*' || c == '+' || c == '?' || (c == '{' && read_braces(r, low, high)))
    return true;
  r->at = start;
  return false;
}

/* Items up to "|", ")" or the end. */
static bs_python_width sequence(bs_python_regex *r, bool may_set_flags) {
  bs_python_width width = {0, 0};
  atom last = {0};
  while (r->status == BS_OK && r->at < r->n && r->in[r->at] != '|' && r->in[r->at] != ')') {
    size_t start = r->at;
    uint64_t low, high;
    if (skip_verbose(r))
      continue;
    if (read_repetition(r, &low, &high)) {
      repeat(r, start, low, high, &last);
      continue;
    }
    bool is_nothing;
    atom found = item(r, may_set_flags && last.kind == ATOM_NONE, &is_nothing);
    if (is_nothing)
      continue;
    width = add(width, last.width);
    last = found;
  }
  return add(width, last.width);
}

/* Sequences with "|" between them. */
static bs_python_width alternatives(bs_python_regex *r, bool is_whole) {
  bs_python_width width = sequence(r, is_whole);
  while (r->status == BS_OK && take(r, '|')) {
    bs_python_put(r, "|");
    width = either(width, sequence(r, false));
  }
  return width;
}

bs_status bs_python_regex_translate(const char *pattern, bs_text *out, size_t *n_groups,
                                    bs_error *err) {
  bs_python_regex r = {
      .in = pattern, .n = strlen(pattern), .out = out, .err = err, .lookbehind_groups = SIZE_MAX};
  *n_groups = 0;
  size_t valid = bs_utf8_valid_bytes(pattern, r.n);
  if (valid < r.n)
    return bs_error_set(err, BS_ERR_INPUT, "not UTF-8 (at byte %zu)", valid);
  r.status = bs_text_reserve(out, r.n, err);
  if (r.status == BS_OK)
    alternatives(&r, true);
  if (r.status == BS_OK && r.at < r.n)
    bs_python_fault(&r, r.at, "a ) without its (");
  *n_groups = r.n_groups;
  return r.status;
}
