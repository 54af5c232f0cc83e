/* Texts of models and tasks on a terminal: harmless, and in lines of a given width. */
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "base/text_internal.h"
#include "report/examples_internal.h"

enum { TAB = 4, MOST_PIECE = 16 };

/* What changes the direction of writing or hides in it, beside control characters. */
static bool is_harmful(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c || c == 0x2028 ||
         c == 0x2029 || c == 0xfeff;
}

/* The next character as it is printed, and its columns. Returns the bytes of the text it takes. */
static size_t next_piece(const char *text, size_t n_bytes, char piece[MOST_PIECE], size_t *width) {
  uint32_t c = 0;
  size_t n = bs_utf8_decode(text, n_bytes, &c);
  if (n == 0)
    snprintf(piece, MOST_PIECE, "\\x%02x", (unsigned char)text[0]);
  else if (c == '\t')
    snprintf(piece, MOST_PIECE, "%*s", TAB, "");
  else if (is_harmful(c) && c < 0x80)
    snprintf(piece, MOST_PIECE, "\\x%02x", (unsigned)c);
  else if (is_harmful(c))
    snprintf(piece, MOST_PIECE, "\\u{%04x}", (unsigned)c);
  else
    snprintf(piece, MOST_PIECE, "%.*s", (int)n, text);
  int columns = n > 1 && !is_harmful(c) ? utf8proc_charwidth((utf8proc_int32_t)c) : -1;
  *width = columns >= 0 ? (size_t)columns : strlen(piece);
  return n == 0 ? 1 : n;
}

static size_t line_end_bytes(const char *text, size_t n) {
  return n >= 2 && text[0] == '\r' && text[1] == '\n' ? 2 : n >= 1 && text[0] == '\n';
}

void bs_plain_append(bs_writer *w, const char *text, size_t n_bytes, bool on_one_line) {
  char piece[MOST_PIECE];
  size_t width;
  for (size_t i = 0; i < n_bytes;) {
    size_t end = line_end_bytes(text + i, n_bytes - i);
    if (end > 0)
      bs_writer_append_string(w, on_one_line ? " " : "\n");
    else
      end = next_piece(text + i, n_bytes - i, piece, &width), bs_writer_append_string(w, piece);
    i += end;
  }
}

size_t bs_text_columns(const char *text) {
  char piece[MOST_PIECE];
  size_t sum = 0;
  for (size_t n = strlen(text); n > 0;) {
    size_t width, end = line_end_bytes(text, n);
    if (end > 0)
      width = 1;
    else
      end = next_piece(text, n, piece, &width);
    sum += width;
    text += end;
    n -= end;
  }
  return sum;
}

bs_status bs_plain_cut(bs_writer *w, const char *text, size_t most, bs_error *err) {
  bs_text plain = {0};
  bs_writer own = {.to = &plain};
  bs_plain_append(&own, text, strlen(text), true);
  bs_writer_append(&own, "", 0);
  bs_status status = bs_writer_status(&own, err);
  size_t used = 0, fits = 0, at = 0;
  char piece[MOST_PIECE];
  while (status == BS_OK && at < plain.n_bytes) {
    size_t width, n = next_piece(plain.data + at, plain.n_bytes - at, piece, &width);
    if (used + width > most)
      break;
    used += width;
    at += n;
    if (used + 1 <= most)
      fits = at;
  }
  if (status == BS_OK && plain.data != NULL) {
    bool is_whole = at == plain.n_bytes;
    bs_writer_append(w, plain.data, is_whole ? at : fits);
    bs_writer_append_string(w, is_whole ? "" : "\xE2\x80\xA6");
  }
  bs_text_free(&plain);
  return status;
}

/* One line of the text, [at, end), broken at blanks. */
static void wrap_line(bs_writer *w, const char *text, size_t n, size_t indent, size_t width) {
  char piece[MOST_PIECE];
  size_t room = width > indent + 1 ? width - indent : 1, at = 0;
  do {
    size_t used = 0, end = at, blank = 0; /* behind the last blank that fits */
    while (end < n) {
      size_t columns, bytes = next_piece(text + end, n - end, piece, &columns);
      if (used + columns > room && end > at)
        break;
      used += columns;
      end += bytes;
      if (text[end - 1] == ' ')
        blank = end;
    }
    if (end < n && blank > at && text[end] != ' ')
      end = blank;
    bs_writer_printf(w, "%*s", n > 0 ? (int)indent : 0, "");
    bs_plain_append(w, text + at, end - at, true);
    bs_writer_append_string(w, "\n");
    at = end;
  } while (at < n);
}

bs_status bs_plain_wrap(bs_writer *w, const char *text, size_t n_bytes, size_t indent, size_t width,
                        bs_error *err) {
  for (size_t at = 0; at < n_bytes;) {
    size_t end = at, line_end = 0;
    while (end < n_bytes && (line_end = line_end_bytes(text + end, n_bytes - end)) == 0)
      end++;
    wrap_line(w, text + at, end - at, indent, width);
    at = end + line_end;
  }
  return bs_writer_status(w, err);
}
