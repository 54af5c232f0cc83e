/* Lower case as Python's str.lower has it. */
#include <string.h>

#include <utf8proc.h>

#include "base/text_internal.h"
#include "metrics/text_internal.h"

enum { CAPITAL_SIGMA = 0x3A3, SIGMA = 0x3C3, FINAL_SIGMA = 0x3C2, DOTTED_I = 0x130 };

static bool is_cased(uint32_t c) {
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
    return true;
  default:
    return false;
  }
}

/* What may stand between a sigma and the letters that decide its form (Unicode: Case_Ignorable). */
static bool is_passed_over(uint32_t c) {
  static const uint32_t within_words[] = {0x27,   0x2E,   0x3A,   0xB7,   0x387,
                                          0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                          0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  for (size_t i = 0; i < sizeof within_words / sizeof *within_words; i++)
    if (within_words[i] == c)
      return true;
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_MN:
  case UTF8PROC_CATEGORY_ME:
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_SK:
    return true;
  default:
    return false;
  }
}

/* Whether a cased letter follows, past what is passed over. */
static bool letter_follows(const char *text, size_t n_bytes) {
  uint32_t c = 0;
  for (size_t at = 0, n; at < n_bytes; at += n) {
    n = bs_utf8_decode(text + at, n_bytes - at, &c);
    if (n == 0 || !is_passed_over(c))
      return n > 0 && is_cased(c);
  }
  return false;
}

bs_status bs_text_lower(const char *text, bs_text *lower, bs_error *err) {
  size_t n_bytes = strlen(text);
  bool after_letter = false; /* past what is passed over */
  bs_status status = bs_text_append(lower, "", 0, err);
  for (size_t at = 0, n; at < n_bytes && status == BS_OK; at += n) {
    uint32_t c;
    char bytes[4];
    n = bs_utf8_decode(text + at, n_bytes - at, &c);
    if (n == 0)
      return bs_error_set(err, BS_ERR_INPUT, "not UTF-8 at byte %zu of a text", at);
    uint32_t low = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
    if (c == CAPITAL_SIGMA)
      low = after_letter && !letter_follows(text + at + n, n_bytes - at - n) ? FINAL_SIGMA : SIGMA;
    if (c == DOTTED_I)
      status = bs_text_append(lower, "i\xCC\x87", 3, err);
    else
      status = bs_text_append(lower, bytes, bs_utf8_encode(low, bytes), err);
    if (!is_passed_over(c))
      after_letter = is_cased(c);
  }
  return status;
}
