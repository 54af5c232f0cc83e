/* Characters in Python's regular expressions: escapes, case, classes. */
#include <string.h>

#include "base/text_internal.h"
#include "metrics/python_regex_internal.h"

enum { LAST_CODE_POINT = 0x10FFFF };

bool bs_python_leaves_case(const bs_python_regex *r) {
  return (r->flags & BS_PYTHON_IGNORE_CASE) != 0 && (r->flags & BS_PYTHON_ASCII) == 0;
}

uint32_t bs_python_character(bs_python_regex *r) {
  uint32_t c = 0;
  size_t length = bs_utf8_decode(r->in + r->at, r->n - r->at, &c);
  r->at += length > 0 ? length : 1;
  return c;
}

static int hex_value(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

static bool is_octal(const bs_python_regex *r, size_t at) {
  return at < r->n && r->in[at] >= '0' && r->in[at] <= '7';
}

/* \xHH, \uHHHH, \UHHHHHHHH at r->at (behind the letter). */
static uint32_t hex_escape(bs_python_regex *r, size_t start, size_t n_digits) {
  uint32_t c = 0;
  for (size_t i = 0; i < n_digits; i++) {
    int digit = r->at < r->n ? hex_value(r->in[r->at]) : -1;
    if (digit < 0) {
      bs_python_fault(r, start, "expected %zu hexadecimal digits behind \\%c", n_digits,
                      r->in[start + 1]);
      return 0;
    }
    c = c * 16 + (uint32_t)digit;
    r->at++;
  }
  if (c > LAST_CODE_POINT)
    bs_python_fault(r, start, "there is no character U+%X", (unsigned)c);
  else if (c >= 0xD800 && c <= 0xDFFF)
    bs_python_fault(r, start,
                    "U+%04X is half of a surrogate pair, which no text has: write the "
                    "character itself, or \\U and its eight digits",
                    (unsigned)c);
  return c;
}

/* Up to three octal digits at r->at. */
static uint32_t octal_escape(bs_python_regex *r, size_t start) {
  uint32_t c = 0;
  for (size_t i = 0; i < 3 && is_octal(r, r->at); i++)
    c = c * 8 + (uint32_t)(r->in[r->at++] - '0');
  if (c > 0377)
    bs_python_fault(r, start, "an octal escape over \\377");
  return c;
}

bool bs_python_character_escape(bs_python_regex *r, size_t start, bool in_class, uint32_t *c) {
  static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
  char letter = r->in[r->at];
  const char *found = strchr(letters, letter);
  /* Outside of classes digits are octal when there are three or the first is 0; else a group. */
  bool octal = is_octal(r, r->at) &&
               (in_class || letter == '0' || (is_octal(r, r->at + 1) && is_octal(r, r->at + 2)));
  if (letter != '\0' && found != NULL) {
    r->at++;
    *c = (unsigned char)values[found - letters];
  } else if (letter == 'b' && in_class) {
    r->at++;
    *c = '\b';
  } else if (letter == 'x' || letter == 'u' || letter == 'U') {
    r->at++;
    *c = hex_escape(r, start, letter == 'x' ? 2 : letter == 'u' ? 4 : 8);
  } else if (letter == 'N') {
    bs_python_fault(r, start,
                    "characters by name (\\N{...}) are not supported: write the character itself, "
                    "or \\u and its four digits");
  } else if (octal) {
    *c = octal_escape(r, start);
  } else if ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
             (letter >= 'A' && letter <= 'Z')) {
    return false;
  } else {
    *c = bs_python_character(r);
  }
  return true;
}

/* Letters that Python takes for one another under IGNORECASE and PCRE2 does not. */
static const uint32_t extra_cases[][4] = {
    {'i', 'I', 0x130, 0x131}, {0x390, 0x1FD3}, {0x3B0, 0x1FE3}, {0xFB05, 0xFB06}};
enum { N_EXTRA = sizeof extra_cases / sizeof *extra_cases };

static void put_code_point(bs_python_regex *r, bs_text *to, uint32_t c) {
  bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (r->status == BS_OK)
    r->status = plain ? bs_text_printf(to, r->err, "%c", (char)c)
                      : bs_text_printf(to, r->err, "\\x{%X}", (unsigned)c);
}

/* Members of a class for the other cases of [low, high]. */
static void put_other_cases(bs_python_regex *r, bs_text *to, uint32_t low, uint32_t high) {
  if ((r->flags & BS_PYTHON_IGNORE_CASE) == 0)
    return;
  for (size_t i = 0; i < N_EXTRA && bs_python_leaves_case(r); i++) {
    bool touched = false;
    for (size_t j = 0; j < 4; j++)
      touched = touched ||
                (extra_cases[i][j] != 0 && extra_cases[i][j] >= low && extra_cases[i][j] <= high);
    for (size_t j = 0; j < 4 && touched; j++)
      if (extra_cases[i][j] != 0)
        put_code_point(r, to, extra_cases[i][j]);
  }
  for (uint32_t c = 'a'; c <= 'z' && !bs_python_leaves_case(r); c++) {
    uint32_t upper = c - 'a' + 'A';
    if (c >= low && c <= high)
      put_code_point(r, to, upper);
    if (upper >= low && upper <= high)
      put_code_point(r, to, c);
  }
}

void bs_python_put_character(bs_python_regex *r, uint32_t c) {
  bs_text cases = {0};
  put_other_cases(r, &cases, c, c);
  if (r->status == BS_OK && cases.n_bytes > 0) {
    bs_python_put(r, "[");
    put_code_point(r, r->out, c);
    bs_python_put(r, cases.data);
    bs_python_put(r, "]");
  } else {
    put_code_point(r, r->out, c);
  }
  bs_text_free(&cases);
}

const char *bs_python_category(const bs_python_regex *r, char letter) {
  static const struct {
    char letter;
    const char *unicode, *ascii;
  } categories[] = {
      {'d', "\\p{Nd}", "0-9"},
      {'s',
       "\\x{9}-\\x{D}\\x{1C}-\\x{20}\\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}"
       "\\x{202F}\\x{205F}\\x{3000}",
       "\\x{9}-\\x{D}\\x{20}"},
      {'w', "\\p{L}\\p{N}_", "0-9A-Za-z_"},
  };
  for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
    if (categories[i].letter == letter)
      return (r->flags & BS_PYTHON_ASCII) != 0 ? categories[i].ascii : categories[i].unicode;
  return NULL;
}

/* A class as it is read: what one class of PCRE2's can hold, and what cannot stand beside it. */
typedef struct members {
  bs_text simple;
  bs_text negated; /* alternatives "[^...]|[^...]" */
} members;

/* One end of a range, or a category. False with a category, which has been added. */
static bool class_member(bs_python_regex *r, members *m, uint32_t *c) {
  size_t start = r->at;
  if (r->in[r->at] != '\\') {
    *c = bs_python_character(r);
    return true;
  }
  if (++r->at == r->n) {
    bs_python_fault(r, start, "a backslash at the end");
    return true;
  }
  if (bs_python_character_escape(r, start, true, c))
    return true;
  char letter = r->in[r->at], lower = (char)(letter | 0x20);
  const char *inside = bs_python_category(r, lower);
  if (inside == NULL || r->status != BS_OK) {
    bs_python_fault(r, start, "the escape \\%c has no meaning in a class", letter);
    return true;
  }
  r->at++;
  if (letter == lower)
    r->status = bs_text_append_string(&m->simple, inside, r->err);
  else
    r->status =
        bs_text_printf(&m->negated, r->err, "%s[^%s]", m->negated.n_bytes > 0 ? "|" : "", inside);
  return false;
}

/* One member or range at r->at, consumed. */
static void class_part(bs_python_regex *r, members *m) {
  uint32_t low = 0, high = 0;
  size_t start = r->at;
  bool is_character = class_member(r, m, &low);
  high = low;
  if (r->status == BS_OK && r->n - r->at >= 2 && r->in[r->at] == '-' && r->in[r->at + 1] != ']') {
    r->at++;
    if (!is_character || !class_member(r, m, &high)) {
      bs_python_fault(r, start, "a range of a class begins or ends with a set (\\d, \\s, \\w ...)");
      return;
    }
    if (r->status == BS_OK && high < low)
      bs_python_fault(r, start, "the range of a class ends before it begins");
  }
  if (!is_character)
    return;
  put_code_point(r, &m->simple, low);
  if (high > low) {
    if (r->status == BS_OK)
      r->status = bs_text_append_string(&m->simple, "-", r->err);
    put_code_point(r, &m->simple, high);
  }
  put_other_cases(r, &m->simple, low, high);
}

/* Appends what the members came to: a class, or alternatives. */
static void put_class(bs_python_regex *r, const members *m, bool negative) {
  const char *simple = m->simple.n_bytes > 0 ? m->simple.data : NULL;
  if (r->status != BS_OK)
    return;
  if (m->negated.n_bytes == 0)
    r->status = bs_text_printf(r->out, r->err, "[%s%s]", negative ? "^" : "", simple);
  else if (simple == NULL)
    r->status =
        bs_text_printf(r->out, r->err, negative ? "(?:(?!%s)(?s:.))" : "(?:%s)", m->negated.data);
  else
    r->status = bs_text_printf(r->out, r->err, negative ? "(?:(?![%s]|%s)(?s:.))" : "(?:[%s]|%s)",
                               simple, m->negated.data);
}

void bs_python_class(bs_python_regex *r) {
  members m = {0};
  size_t start = r->at - 1;
  bool negative = r->at < r->n && r->in[r->at] == '^', first = true;
  r->at += negative;
  while (r->status == BS_OK && r->at < r->n && (first || r->in[r->at] != ']')) {
    class_part(r, &m);
    first = false;
  }
  if (r->status == BS_OK && r->at >= r->n)
    bs_python_fault(r, start, "a class without its ]");
  r->at++;
  put_class(r, &m, negative);
  bs_text_free(&m.simple);
  bs_text_free(&m.negated);
}
