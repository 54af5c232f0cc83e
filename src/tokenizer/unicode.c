/* Classes of characters, lower case, and repair of what is not UTF-8. */
#include "tokenizer/unicode_internal.h"

#include <string.h>
#include <utf8proc.h>

#include "base/text_internal.h"

bool bs_is_white_space(uint32_t c) {
  if (c < 0x80)
    return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool bs_is_numeric(uint32_t c) {
  if (c < 0x80)
    return c >= '0' && c <= '9';
  const char *later = bs_later_category(c);
  if (later != NULL)
    return later[0] == 'N';
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
  return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_NO;
}

/* Punctuation that came after Unicode 8, whose table the tokenizers library has for this class. */
static const struct {
  uint32_t first, last;
} later_punctuation[] = {
    {0x61D, 0x61D},     {0x9FD, 0x9FD},     {0xA76, 0xA76},     {0xC77, 0xC77},
    {0xC84, 0xC84},     {0x1B4E, 0x1B4F},   {0x1B7D, 0x1B7F},   {0x2E43, 0x2E4F},
    {0x2E52, 0x2E5D},   {0x10D6E, 0x10D6E}, {0x10EAD, 0x10EAD}, {0x10F55, 0x10F59},
    {0x10F86, 0x10F89}, {0x113D4, 0x113D5}, {0x113D7, 0x113D8}, {0x1144B, 0x1144F},
    {0x1145A, 0x1145B}, {0x1145D, 0x1145D}, {0x11660, 0x1166C}, {0x116B9, 0x116B9},
    {0x1183B, 0x1183B}, {0x11944, 0x11946}, {0x119E2, 0x119E2}, {0x11A3F, 0x11A46},
    {0x11A9A, 0x11A9C}, {0x11A9E, 0x11AA2}, {0x11B00, 0x11B09}, {0x11BE1, 0x11BE1},
    {0x11C41, 0x11C45}, {0x11C70, 0x11C71}, {0x11EF7, 0x11EF8}, {0x11F43, 0x11F4F},
    {0x11FFF, 0x11FFF}, {0x12FF1, 0x12FF2}, {0x16D6D, 0x16D6F}, {0x16E97, 0x16E9A},
    {0x16FE2, 0x16FE2}, {0x1E5FF, 0x1E5FF}, {0x1E95E, 0x1E95F}};

bool bs_is_punctuation(uint32_t c) {
  if (c < 0x80)
    return c != 0 && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", (int)c) != NULL;
  if (c == 0x166D || c == 0x111C9) /* of another category since */
    return true;
  for (size_t i = 0; i < sizeof later_punctuation / sizeof *later_punctuation; i++)
    if (c >= later_punctuation[i].first && c <= later_punctuation[i].last)
      return false;
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_PC:
  case UTF8PROC_CATEGORY_PD:
  case UTF8PROC_CATEGORY_PS:
  case UTF8PROC_CATEGORY_PE:
  case UTF8PROC_CATEGORY_PI:
  case UTF8PROC_CATEGORY_PF:
  case UTF8PROC_CATEGORY_PO:
    return true;
  default:
    return false;
  }
}

size_t bs_utf8_decode_before(const char *text, size_t end, uint32_t *code_point) {
  size_t start = end - 1;
  while (start > 0 && ((unsigned char)text[start] & 0xC0) == 0x80)
    start--;
  return bs_utf8_decode(text + start, end - start, code_point);
}

size_t bs_lower_case(uint32_t c, char out[8]) {
  if (c == 0x130) { /* LATIN CAPITAL LETTER I WITH DOT ABOVE: "i" and a combining dot */
    memcpy(out, "i\xCC\x87", 3);
    return 3;
  }
  return bs_utf8_encode((uint32_t)utf8proc_tolower((utf8proc_int32_t)c), out);
}

/* How many bytes at bytes[0..n) begin a UTF-8 sequence that breaks off: at least 1. */
static size_t broken_length(const unsigned char *bytes, size_t n) {
  unsigned lead = bytes[0];
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4)
    return 1;
  /* The second byte is bound further by the leads that could be overlong, surrogates or too big. */
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  size_t i = 1;
  while (i < length && i < n && bytes[i] >= low && bytes[i] <= high) {
    low = 0x80;
    high = 0xBF;
    i++;
  }
  return i;
}

bs_status bs_append_repaired(bs_text *out, const char *bytes, size_t n_bytes, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t at = 0; at < n_bytes && status == BS_OK;) {
    size_t valid = bs_utf8_valid_bytes(bytes + at, n_bytes - at);
    status = bs_text_append(out, bytes + at, valid, err);
    at += valid;
    if (status == BS_OK && at < n_bytes) {
      status = bs_text_append(out, "\xEF\xBF\xBD", 3, err);
      at += broken_length((const unsigned char *)bytes + at, n_bytes - at);
    }
  }
  return status;
}
