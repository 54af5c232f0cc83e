/* JSON read value by value, without a tree. */
#include "base/json_reader_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"

enum { MAX_NUMBER_BYTES = 63, EXACT_DIGITS = 15, ESCAPE_BYTES = 6 };

static bool fail(bs_json_reader *r) {
  r->broken = true;
  r->end = r->at;
  return false;
}

/* What counts for white space is what the parser of trees takes for it. */
static bool is_blank(char c) { return (unsigned char)c <= ' '; }

bool bs_json_reader_blanks(bs_json_reader *r) {
  const char *text = r->text;
  size_t at = r->at, end = r->end;
  while (at < end && is_blank(text[at]))
    at++;
  r->at = at;
  return at < end;
}

bool bs_json_reader_take(bs_json_reader *r, char character) {
  if (!bs_json_reader_blanks(r) || r->text[r->at] != character)
    return false;
  r->at++;
  return true;
}

bool bs_json_reader_next(bs_json_reader *r, size_t i, char close) {
  if (r->broken || bs_json_reader_take(r, close))
    return false;
  return i == 0 || bs_json_reader_take(r, ',') ? true : fail(r);
}

/* Strings */

/* Bytes of `eight` that are `byte` have their highest bit set; so may others behind the first. */
static uint64_t find_byte(uint64_t eight, unsigned char byte) {
  const uint64_t ones = 0x0101010101010101U;
  uint64_t different = eight ^ ones * byte;
  return (different - ones) & ~different & ones << 7;
}

/* Whether there is neither a quote nor a backslash in the eight bytes at `text`. */
static bool is_plain8(const char *text) {
  uint64_t eight;
  memcpy(&eight, text, sizeof eight);
  return (find_byte(eight, '"') | find_byte(eight, '\\')) == 0;
}

/* From the place behind the opening quote to the closing one, which has to be there. */
static bool find_quote(const bs_json_reader *r, size_t from, size_t *quote, bool *escapes) {
  const char *text = r->text;
  size_t at = from, end = r->end;
  *escapes = false;
  while (at < end && text[at] != '"') {
    if (end - at >= 8 && is_plain8(text + at)) {
      at += 8;
    } else if (text[at] == '\\') {
      *escapes = true;
      at += 2;
    } else {
      at++;
    }
  }
  *quote = at;
  return at < end;
}

/* The four hex digits at `at`; false where others stand there. */
static bool read_hex(const char *at, const char *end, uint32_t *value) {
  *value = 0;
  for (int i = 0; i < 4; i++, at++) {
    static const char digits[] = "0123456789abcdef";
    const char *digit =
        at < end ? memchr(digits, *at >= 'A' && *at <= 'F' ? *at + 32 : *at, 16) : NULL;
    if (digit == NULL)
      return false;
    *value = *value << 4 | (uint32_t)(digit - digits);
  }
  return true;
}

/* The character of "\uXXXX", or of two of them that are a surrogate pair; how many bytes it took,
   or 0. */
static size_t read_unicode(const char *at, const char *end, uint32_t *c) {
  uint32_t low;
  if (!read_hex(at + 2, end, c) || (*c >= 0xDC00 && *c <= 0xDFFF))
    return 0;
  if (*c < 0xD800 || *c > 0xDFFF)
    return ESCAPE_BYTES;
  at += ESCAPE_BYTES;
  if (end - at < ESCAPE_BYTES || at[0] != '\\' || at[1] != 'u' || !read_hex(at + 2, end, &low) ||
      low < 0xDC00 || low > 0xDFFF)
    return 0;
  *c = 0x10000 + ((*c & 0x3FF) << 10 | (low & 0x3FF));
  return (size_t)2 * ESCAPE_BYTES;
}

/* Writes the string between two places to `out`, where there is room for as many bytes; false: an
   escape that is none. */
static bool decode(const char *at, const char *end, char *out, size_t *n_bytes) {
  static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  char *to = out;
  while (at < end) {
    if (*at != '\\') {
      *to++ = *at++;
      continue;
    }
    uint32_t c = 0;
    size_t n = 2;
    const char *name = memchr(names, at[1], sizeof names - 1);
    if (name != NULL)
      *to++ = meant[name - names];
    else if (at[1] != 'u' || (n = read_unicode(at, end, &c)) == 0)
      return false;
    else
      to += bs_utf8_encode(c, to);
    at += n;
  }
  *n_bytes = (size_t)(to - out);
  return true;
}

bool bs_json_reader_string(bs_json_reader *r, bs_json_bytes *string) {
  size_t quote;
  bool escapes;
  if (!bs_json_reader_take(r, '"'))
    return false;
  if (!find_quote(r, r->at, &quote, &escapes))
    return fail(r);
  *string = (bs_json_bytes){r->text + r->at, quote - r->at};
  if (escapes) {
    /* Room for all that is left at the first one, so that nothing moves. */
    bs_text *to = &r->decoded;
    if (to->capacity == 0 && bs_text_reserve(to, r->end - r->at, NULL) != BS_OK)
      return fail(r);
    char *out = to->data + to->n_bytes;
    if (!decode(string->data, r->text + quote, out, &string->n_bytes))
      return fail(r);
    string->data = out;
    to->n_bytes += string->n_bytes;
  }
  r->at = quote + 1;
  return true;
}

bool bs_json_reader_key(bs_json_reader *r, bs_json_bytes *key) {
  return bs_json_reader_string(r, key) && bs_json_reader_take(r, ':') ? true : fail(r);
}

/* Numbers */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool slow_number(bs_json_reader *r, double *number) {
  char digits[MAX_NUMBER_BYTES + 1], *behind;
  size_t n = 0, left = r->end - r->at;
  const char *text = r->text + r->at;
  for (; n < left && n < MAX_NUMBER_BYTES && strchr("0123456789+-eE.", text[n]) != NULL; n++)
    digits[n] = text[n];
  digits[n] = '\0';
  *number = strtod(digits, &behind);
  if (behind == digits)
    return fail(r);
  r->at += (size_t)(behind - digits);
  return true;
}

bool bs_json_reader_number(bs_json_reader *r, double *number) {
  if (!bs_json_reader_blanks(r) || (r->text[r->at] != '-' && !is_digit(r->text[r->at])))
    return false;
  size_t at = r->at;
  int64_t value = 0;
  while (at < r->end && is_digit(r->text[at]) && at - r->at <= EXACT_DIGITS)
    value = 10 * value + (r->text[at++] - '0');
  bool is_whole = at > r->at && at - r->at <= EXACT_DIGITS && at < r->end &&
                  strchr("0123456789+-eE.", r->text[at]) == NULL;
  if (!is_whole)
    return slow_number(r, number);
  *number = (double)value;
  r->at = at;
  return true;
}

/* Passing over */

static bool skip_string(bs_json_reader *r) {
  size_t quote;
  bool escapes;
  if (!find_quote(r, r->at + 1, &quote, &escapes))
    return fail(r);
  r->at = quote + 1;
  return true;
}

/* To the bracket that closes the one that comes next. */
static bool skip_list(bs_json_reader *r, size_t *n_elements) {
  enum { OTHER, QUOTE, OPEN, CLOSE, COMMA };
  static const unsigned char classes[256] = {
      ['"'] = QUOTE, ['['] = OPEN, ['{'] = OPEN, [']'] = CLOSE, ['}'] = CLOSE, [','] = COMMA};
  const char *text = r->text;
  size_t depth = 0, n = 1, at = r->at, end = r->end;
  bool unused;
  for (; at < end; at++) {
    unsigned char class = classes[(unsigned char)text[at]];
    if (class == OTHER) /* most of them: white space and numbers */
      continue;
    if (class == QUOTE && !find_quote(r, at + 1, &at, &unused))
      break;
    depth += class == OPEN;
    depth -= class == CLOSE;
    n += class == COMMA && depth == 1;
    if (depth == 0) {
      *n_elements = n;
      r->at = at + 1;
      return true;
    }
  }
  return fail(r);
}

bool bs_json_reader_skip(bs_json_reader *r, size_t *n_elements) {
  *n_elements = 0;
  if (!bs_json_reader_blanks(r))
    return fail(r);
  char c = r->text[r->at];
  if (c == '{' || c == '[')
    return skip_list(r, n_elements);
  if (c == '"')
    return skip_string(r);
  size_t start = r->at;
  while (r->at < r->end && !is_blank(c = r->text[r->at]) && strchr(",:]}[{\"", c) == NULL)
    r->at++;
  return r->at > start ? true : fail(r);
}
