/* Characters, words and ends of UTF-8 texts, as Python tells them. */
#include <string.h>

#include "base/size_internal.h"
#include "base/text_internal.h"
#include "metrics/text_internal.h"

bs_stripped bs_strip(const char *text) {
  bs_stripped part = {text, bs_trimmed_bytes(text, strlen(text))};
  size_t n;
  uint32_t c;
  while ((n = bs_utf8_decode(part.bytes, part.n_bytes, &c)) > 0 && bs_is_space(c)) {
    part.bytes += n;
    part.n_bytes -= n;
  }
  return part;
}

int bs_stripped_compare(bs_stripped a, bs_stripped b) {
  size_t n = bs_size_min(a.n_bytes, b.n_bytes);
  int order = memcmp(a.bytes, b.bytes, n);
  return order != 0 ? order : (a.n_bytes > b.n_bytes) - (a.n_bytes < b.n_bytes);
}

bool bs_texts_match(const char *a, const char *b) {
  return bs_stripped_compare(bs_strip(a), bs_strip(b)) == 0;
}

size_t bs_utf8_head_bytes(const char *text, size_t n_bytes, size_t n_characters) {
  size_t at = 0;
  while (at < n_bytes) {
    bool begins = ((unsigned char)text[at] & 0xC0) != 0x80;
    if (begins && n_characters-- == 0)
      break;
    at++;
  }
  return at;
}

size_t bs_count_characters(const char *text) {
  size_t n = 0;
  for (; *text != '\0'; text++)
    n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

size_t bs_count_words(const char *text) {
  size_t n = 0, n_bytes = strlen(text);
  bool within = false;
  for (size_t at = 0, length; at < n_bytes; at += length) {
    uint32_t c;
    length = bs_utf8_decode(text + at, n_bytes - at, &c);
    bool space = length > 0 && bs_is_space(c);
    length += length == 0; /* what is not UTF-8 is a part of a word */
    n += !space && !within;
    within = !space;
  }
  return n;
}
