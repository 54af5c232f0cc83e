/* The shortest text that a regular expression describes, in three parts: what stands before the
   part that it takes out, that part, and what stands behind it. It is a guess that its caller
   checks: alternatives but the first, and most assertions, are not looked at. */
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"
#include "metrics/postprocess_internal.h"
#include "metrics/text_internal.h"

/* Nested deeper than any expression that a person writes. */
enum { MOST_DEPTH = 64, MOST_REPEATS = 1000 };

typedef enum part { BEFORE, INSIDE, BEHIND, N_PARTS } part;

typedef struct sampler {
  const char *at;
  bs_text *parts; /* [N_PARTS] */
  bool has_group; /* a group takes the answer out; else the whole match but for what it looks at */
  part now;
  bs_error *err;
  bs_status status;
} sampler;

static bool emit(sampler *s, const char *bytes, size_t n) {
  s->status = bs_text_append(&s->parts[s->now], bytes, n, s->err);
  return s->status == BS_OK;
}

/* Past a class that `at` opens; NULL: it has no end. */
static const char *class_end(const char *at) {
  at += at[1] == '^' ? 2 : 1;
  at += *at == ']';
  for (; *at != '\0' && *at != ']'; at++)
    at += *at == '\\' && at[1] != '\0';
  return *at == ']' ? at + 1 : NULL;
}

/* Whether an expression has a group that captures. */
static bool has_capture(const char *regex) {
  for (const char *at = regex; at != NULL && *at != '\0';) {
    if (*at == '\\' && at[1] != '\0')
      at += 2;
    else if (*at == '[')
      at = class_end(at);
    else if (*at == '(' && (at[1] != '?' || strncmp(at, "(?P<", 4) == 0))
      return true;
    else
      at++;
  }
  return false;
}

/* A character that the atom regex[0..n) takes, letters first. */
static bool emit_one_of(sampler *s, const char *atom, size_t n) {
  static const char tried[] = "xA1 aB2:.,-()\"'!?;=<>[]{}/\\|#$%&*+@^_`~\n\t\r"
                              "CDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwyz034567890";
  bs_text regex = {0}, found = {0};
  bool good = false;
  s->status = bs_text_append(&regex, atom, n, s->err);
  for (size_t i = 0; s->status == BS_OK && !good && i < sizeof tried - 1; i++) {
    found.n_bytes = 0;
    if (bs_postprocess(tried + i, 1, 0, NULL, regex.data, &found, NULL) != BS_OK)
      break;
    good = found.n_bytes == 1 && emit(s, tried + i, 1);
  }
  bs_text_free(&regex);
  bs_text_free(&found);
  return good;
}

/* \xHH, \uHHHH, \UHHHHHHHH: the translation has refused what is no character. */
static bool sample_hex(sampler *s) {
  size_t n = s->at[1] == 'x' ? 2 : s->at[1] == 'u' ? 4 : 8;
  char digits[9] = "", bytes[4];
  if (strspn(s->at + 2, "0123456789abcdefABCDEF") < n)
    return false;
  memcpy(digits, s->at + 2, n);
  s->at += 2 + n;
  return emit(s, bytes, bs_utf8_encode((uint32_t)strtoul(digits, NULL, 16), bytes));
}

static bool sample_escape(sampler *s) {
  static const char places[] = "AZzbB", classes[] = "dDsSwW", controls[] = "nrtfv",
                    values[] = "\n\r\t\f\v";
  char c = s->at[1];
  const char *control = c != '\0' ? strchr(controls, c) : NULL;
  if (c == '\0' || (c >= '0' && c <= '9'))
    return false;
  if (c == 'x' || c == 'u' || c == 'U')
    return sample_hex(s);
  s->at += 2;
  if (strchr(places, c) != NULL)
    return true;
  if (strchr(classes, c) != NULL)
    return emit_one_of(s, s->at - 2, 2);
  if (control != NULL)
    return emit(s, &values[control - controls], 1);
  bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return !is_letter && emit(s, &c, 1);
}

/* Past "(?:", "(?i:", "(?P<name>", "(?<=" and the like. What is in the group goes to *into. */
static bool open_group(sampler *s, bool *is_skipped, bool *captures, part *into) {
  const char *at = s->at + 1;
  *is_skipped = *captures = false;
  *into = s->now;
  if (*at != '?') {
    *captures = true;
    s->at = at;
    return true;
  }
  static const struct {
    const char *mark;
    bool is_skipped, captures;
  } marks[] = {{"?:", false, false}, {"?P<", false, true}, {"?<=", false, false},
               {"?=", false, false}, {"?!", true, false},  {"?<!", true, false},
               {"?#", true, false},  {"?>", false, false}};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    size_t n = strlen(marks[i].mark);
    if (strncmp(at, marks[i].mark, n) != 0)
      continue;
    *is_skipped = marks[i].is_skipped;
    *captures = marks[i].captures;
    if (!s->has_group && strcmp(marks[i].mark, "?<=") == 0)
      *into = BEFORE;
    if (!s->has_group && strcmp(marks[i].mark, "?=") == 0)
      *into = BEHIND;
    const char *name_end = *captures ? strchr(at, '>') : NULL;
    if (*captures && name_end == NULL)
      return false;
    s->at = name_end != NULL ? name_end + 1 : at + n;
    return true;
  }
  at += 1 + strspn(at + 1, "aimsxLu-"); /* flags */
  s->at = at + (*at == ':');
  return *at == ':' || *at == ')';
}

static bool sample_alternatives(sampler *s, size_t depth);

static bool sample_group(sampler *s, size_t depth) {
  bool is_skipped, captures;
  part before = s->now, into;
  if (depth == MOST_DEPTH || !open_group(s, &is_skipped, &captures, &into))
    return false;
  size_t n_bytes = s->parts[into].n_bytes;
  into = captures ? INSIDE : into;
  s->now = into;
  if (!sample_alternatives(s, depth + 1) || *s->at != ')')
    return false;
  s->at++;
  if (is_skipped)
    s->parts[into].n_bytes = n_bytes;
  bool holds_answer = s->now != into && !is_skipped; /* in a group of its own */
  s->now = captures || holds_answer ? BEHIND : before;
  return true;
}

static bool sample_atom(sampler *s, size_t depth) {
  const char *at = s->at;
  switch (*at) {
  case '(':
    return sample_group(s, depth);
  case '[':
    s->at = class_end(at);
    return s->at != NULL && emit_one_of(s, at, (size_t)(s->at - at));
  case '\\':
    return sample_escape(s);
  case '.':
    s->at++;
    return emit_one_of(s, at, 1);
  case '^':
  case '$':
    s->at++;
    return true;
  default:
    s->at += bs_utf8_head_bytes(at, strlen(at), 1);
    return emit(s, at, (size_t)(s->at - at));
  }
}

/* The fewest repetitions that a quantifier asks for; 1 where there is none. */
static size_t take_quantifier(sampler *s) {
  size_t least = 1;
  const char *at = s->at;
  if (*at == '*' || *at == '?' || *at == '+') {
    least = *at == '+';
    at++;
  } else if (*at == '{') {
    size_t n_digits = strspn(at + 1, "0123456789"), length = strcspn(at, "}");
    bool is_one = at[length] == '}' && length > 1 && strspn(at + 1, "0123456789,") == length - 1;
    if (!is_one)
      return 1;
    least = 0;
    for (size_t i = 1; i <= n_digits && least < MOST_REPEATS; i++)
      least = 10 * least + (size_t)(at[i] - '0');
    at += length + 1;
  } else {
    return 1;
  }
  s->at = at + (*at == '?' || *at == '+');
  return least;
}

/* An atom as often as it must stand there; one that takes the answer out stands there once. */
static bool sample_piece(sampler *s, size_t depth) {
  part now = s->now;
  size_t from = s->parts[now].n_bytes;
  if (!sample_atom(s, depth))
    return false;
  size_t least = take_quantifier(s), n = s->parts[now].n_bytes - from;
  if (s->now != now)
    return true;
  if (least == 0)
    s->parts[now].n_bytes = from;
  for (size_t i = 1; i < least && i < MOST_REPEATS; i++) {
    bs_text *to = &s->parts[now];
    s->status = bs_text_reserve(to, n, s->err);
    if (s->status != BS_OK || !emit(s, to->data + from, n))
      return false;
  }
  return true;
}

/* The first alternative. The others are read as well, and dropped. */
static bool sample_alternatives(sampler *s, size_t depth) {
  size_t kept[N_PARTS];
  bool is_first = true;
  part now = s->now;
  while (*s->at != '\0' && *s->at != ')') {
    if (*s->at == '|') {
      if (is_first) {
        for (int i = 0; i < N_PARTS; i++)
          kept[i] = s->parts[i].n_bytes;
        now = s->now;
      }
      is_first = false;
      s->at++;
    } else if (!sample_piece(s, depth)) {
      return false;
    }
  }
  for (int i = 0; i < N_PARTS && !is_first; i++)
    s->parts[i].n_bytes = kept[i];
  if (!is_first)
    s->now = now;
  return true;
}

bs_status bs_regex_sample(const char *regex, bs_text *before, bs_text *inside, bs_text *behind,
                          bool *is_known, bs_error *err) {
  bs_text parts[N_PARTS] = {{0}, {0}, {0}};
  sampler s = {.at = regex, .parts = parts, .has_group = has_capture(regex), .err = err};
  s.now = s.has_group ? BEFORE : INSIDE;
  for (int i = 0; i < N_PARTS && s.status == BS_OK; i++)
    s.status = bs_text_append(&parts[i], "", 0, err);
  *is_known = s.status == BS_OK && sample_alternatives(&s, 0) && *s.at == '\0' &&
              (!s.has_group || s.now == BEHIND);
  bs_text *to[N_PARTS] = {before, inside, behind};
  for (int i = 0; i < N_PARTS && s.status == BS_OK; i++)
    s.status = bs_text_append(to[i], parts[i].data, parts[i].n_bytes, err);
  for (int i = 0; i < N_PARTS; i++)
    bs_text_free(&parts[i]);
  return s.status;
}
