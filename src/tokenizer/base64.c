/* Base64, in which tokenizer.json keeps the block of a precompiled normalizer. */
#include <string.h>

#include "tokenizer/precompiled_internal.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bs_status bs_base64_append(bs_text *out, const unsigned char *bytes, size_t n_bytes,
                           bs_error *err) {
  if (n_bytes > SIZE_MAX / 2)
    return bs_error_set(err, BS_ERR_LIMIT, "base64 of %zu bytes", n_bytes);
  bs_status status = bs_text_reserve(out, n_bytes / 3 * 4 + 4, err);
  for (size_t i = 0; i < n_bytes && status == BS_OK; i += 3) {
    size_t n = n_bytes - i < 3 ? n_bytes - i : 3;
    uint32_t bits = (uint32_t)bytes[i] << 16 | (n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                    (n > 2 ? bytes[i + 2] : 0);
    char four[4] = {letters[bits >> 18], letters[bits >> 12 & 63],
                    n > 1 ? letters[bits >> 6 & 63] : '=', n > 2 ? letters[bits & 63] : '='};
    status = bs_text_append(out, four, sizeof four, err);
  }
  return status;
}

bs_status bs_base64_undo(bs_text *out, const char *text, bs_error *err) {
  size_t n = strlen(text), n_pad = 0;
  while (n_pad < 2 && n_pad < n && text[n - 1 - n_pad] == '=')
    n_pad++;
  unsigned char values[256];
  memset(values, 255, sizeof values);
  for (unsigned char i = 0; i < 64; i++)
    values[(unsigned char)letters[i]] = i;
  if (n % 4 != 0)
    return bs_error_set(err, BS_ERR_INPUT, "base64 of %zu characters, no multiple of 4", n);
  bs_status status = bs_text_reserve(out, n / 4 * 3, err);
  for (size_t i = 0; i < n && status == BS_OK; i += 4) {
    size_t n_letters = i + 4 == n ? 4 - n_pad : 4;
    uint32_t bits = 0;
    for (size_t k = 0; k < 4; k++) {
      unsigned char value = k < n_letters ? values[(unsigned char)text[i + k]] : 0;
      if (value > 63)
        return bs_error_set(err, BS_ERR_INPUT, "character %zu is none of base64", i + k);
      bits = bits << 6 | value;
    }
    char three[3] = {(char)(bits >> 16), (char)(bits >> 8 & 255), (char)(bits & 255)};
    status = bs_text_append(out, three, n_letters - 1, err);
  }
  return status;
}
