/* UTF-8: decoding and encoding it, white space, and names that nearly match. */
#include "base/text_internal.h"

#include <string.h>

size_t bs_utf8_decode(const char *text, size_t n, uint32_t *code_point) {
  if (n == 0)
    return 0;
  const unsigned char *bytes = (const unsigned char *)text;
  unsigned lead = bytes[0];
  if (lead < 0x80) {
    *code_point = lead;
    return 1;
  }
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || length > n)
    return 0;
  uint32_t value = lead & (0x7FU >> length);
  for (size_t i = 1; i < length; i++) {
    if ((bytes[i] & 0xC0) != 0x80)
      return 0;
    value = value << 6 | (bytes[i] & 0x3F);
  }
  if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    return 0;
  *code_point = value;
  return length;
}

size_t bs_utf8_encode(uint32_t code_point, char out[4]) {
  if (code_point < 0x80) {
    out[0] = (char)code_point;
    return 1;
  }
  size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = length - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (code_point & 0x3F));
    code_point >>= 6;
  }
  out[0] = (char)(leads[length] | code_point);
  return length;
}

/* Whether the eight bytes at `text` are ASCII. */
static bool is_ascii8(const char *text) {
  uint64_t bytes;
  memcpy(&bytes, text, sizeof bytes);
  return (bytes & 0x8080808080808080U) == 0;
}

size_t bs_utf8_valid_bytes(const char *text, size_t n) {
  size_t at = 0;
  uint32_t code_point;
  while (at < n) {
    if (n - at >= 8 && is_ascii8(text + at)) {
      at += 8;
      continue;
    }
    size_t length = bs_utf8_decode(text + at, n - at, &code_point);
    if (length == 0)
      break;
    at += length;
  }
  return at;
}

bool bs_is_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

size_t bs_trimmed_bytes(const char *text, size_t n_bytes) {
  while (n_bytes > 0) {
    size_t begin = n_bytes - 1;
    while (begin > 0 && ((unsigned char)text[begin] & 0xC0) == 0x80)
      begin--;
    uint32_t c = 0;
    if (bs_utf8_decode(text + begin, n_bytes - begin, &c) != n_bytes - begin || !bs_is_space(c))
      break;
    n_bytes = begin;
  }
  return n_bytes;
}

size_t bs_leading_space_bytes(const char *text, size_t n_bytes) {
  size_t at = 0;
  while (at < n_bytes) {
    uint32_t c = 0;
    size_t length = bs_utf8_decode(text + at, n_bytes - at, &c);
    if (length == 0 || !bs_is_space(c))
      break;
    at += length;
  }
  return at;
}

/* Levenshtein distance in which two neighbours that are swapped count once ("rnu" is one step from
   "run"; optimal string alignment). Capped: names longer than the row are never suggested. */
enum { MAX_NAME_BYTES = 64 };

static size_t edit_distance(const char *a, const char *b) {
  size_t n_a = strlen(a), n_b = strlen(b);
  if (n_a > MAX_NAME_BYTES || n_b > MAX_NAME_BYTES)
    return SIZE_MAX;
  size_t rows[3][MAX_NAME_BYTES + 1] = {{0}};
  for (size_t j = 0; j <= n_b; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= n_a; i++) {
    const size_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
    size_t *row = rows[i % 3];
    row[0] = i;
    for (size_t j = 1; j <= n_b; j++) {
      size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
      best = above[j] + 1 < best ? above[j] + 1 : best;
      best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && two_above[j - 2] + 1 < best)
        best = two_above[j - 2] + 1;
      row[j] = best;
    }
  }
  return rows[n_a % 3][n_b];
}

const char *bs_nearest_name(const char *name, const char *const *known, size_t n) {
  const char *nearest = NULL;
  size_t least = strlen(name) / 2 + 1;
  for (size_t i = 0; i < n; i++) {
    size_t distance = edit_distance(name, known[i]);
    if (distance < least) {
      least = distance;
      nearest = known[i];
    }
  }
  return nearest;
}

bool bs_list_has_bytes(const char *list, const char *name, size_t n_bytes) {
  for (const char *at = list; *at != '\0'; at += *at == ',') {
    size_t n = strcspn(at, ",");
    if (n == n_bytes && memcmp(at, name, n) == 0)
      return true;
    at += n;
  }
  return false;
}

bool bs_list_has(const char *list, const char *name) {
  return bs_list_has_bytes(list, name, strlen(name));
}
