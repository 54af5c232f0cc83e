/* Text from files made harmless. */
#include "page/markup_internal.h"

#include <math.h>
#include <string.h>

#include "base/text_internal.h"

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Characters that order the text around them anew: a name could put itself elsewhere. */
static bool turns_direction(uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_unfit(uint32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0) || turns_direction(c) ||
         (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

/* What stands for a character where it cannot stand itself; NULL: it can. */
typedef const char *escape(uint32_t c);

static const char *escape_html(uint32_t c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return is_unfit(c) ? REPLACEMENT : NULL;
  }
}

static const char *escape_json(uint32_t c) {
  switch (c) {
  case '"':
    return "\\\"";
  case '\\':
    return "\\\\";
  case '\n':
    return "\\n";
  case '\t':
    return "\\t";
  case '<':
    return "\\u003c";
  case '>':
    return "\\u003e";
  case '&':
    return "\\u0026";
  case 0x2028:
    return "\\u2028";
  case 0x2029:
    return "\\u2029";
  default:
    return is_unfit(c) ? REPLACEMENT : NULL;
  }
}

/* Appends text[0..n), what has no escape as it is, in as few pieces as there are escapes. */
static void append(bs_writer *w, const char *text, size_t n, escape *of) {
  size_t begin = 0, at = 0;
  while (at < n) {
    uint32_t c = 0;
    size_t bytes = bs_utf8_decode(text + at, n - at, &c);
    const char *instead = bytes > 0 ? of(c) : REPLACEMENT;
    if (instead != NULL) {
      bs_writer_append(w, text + begin, at - begin);
      bs_writer_append_string(w, instead);
      begin = at + (bytes > 0 ? bytes : 1);
    }
    at += bytes > 0 ? bytes : 1;
  }
  bs_writer_append(w, text + begin, n - begin);
}

void bs_markup_text(bs_writer *w, const char *text) {
  if (text != NULL)
    append(w, text, strlen(text), escape_html);
}

void bs_markup_name(bs_writer *w, const char *name) {
  for (size_t n; *name != '\0'; name += n) {
    n = strcspn(name, "_-/:.");
    bool is_break = name[n] != '\0';
    n += is_break;
    append(w, name, n, escape_html);
    if (is_break && name[n] != '\0')
      bs_writer_append_string(w, "<wbr>");
  }
}

void bs_markup_clip(bs_writer *w, const char *text, size_t n_most) {
  size_t at = 0, n_characters = 0;
  while (text[at] != '\0' && n_characters < n_most) {
    at++;
    while (((unsigned char)text[at] & 0xC0) == 0x80)
      at++;
    n_characters++;
  }
  append(w, text, at, escape_html);
  if (text[at] != '\0')
    bs_writer_append_string(w, "\xE2\x80\xA6");
}

/* The bytes of whole characters among the first n_most. */
static size_t cut(const char *text, size_t n_most) {
  size_t n = n_most;
  while (n > 0 && n_most - n < 3 && ((unsigned char)text[n] & 0xC0) == 0x80)
    n--;
  return n;
}

void bs_markup_json(bs_writer *w, const char *text, size_t n_most) {
  size_t n = text != NULL ? strlen(text) : 0;
  bool is_cut = n_most > 0 && n > n_most;
  bs_writer_append(w, "\"", 1);
  if (n > 0)
    append(w, text, is_cut ? cut(text, n_most) : n, escape_json);
  bs_writer_append_string(w, is_cut ? " \xE2\x80\xA6\"" : "\"");
}

void bs_markup_json_number(bs_writer *w, double value) {
  if (isfinite(value))
    bs_writer_printf(w, "%.3g", value);
  else
    bs_writer_append_string(w, "null");
}
