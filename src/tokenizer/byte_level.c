/* Bytes as printable characters and back. */
#include "tokenizer/byte_level_internal.h"

#include "base/text_internal.h"

static bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/* The 68 other bytes are 00..20, 7F..A0 and AD; the letter is U+0100 plus the place among them. */
enum { N_LOW = 0x21, N_MIDDLE = 0x22, N_OTHERS = N_LOW + N_MIDDLE + 1 };

static uint32_t letter_of(unsigned byte) {
  if (stands_for_itself(byte))
    return byte;
  return 0x100 + (byte < N_LOW ? byte : byte == 0xAD ? N_LOW + N_MIDDLE : byte - 0x7F + N_LOW);
}

/* The byte of a letter, or -1. */
static int byte_of(uint32_t letter) {
  if (letter < 0x100)
    return stands_for_itself(letter) ? (int)letter : -1;
  uint32_t place = letter - 0x100;
  if (place >= N_OTHERS)
    return -1;
  return (int)(place < N_LOW ? place : place < N_LOW + N_MIDDLE ? place - N_LOW + 0x7F : 0xAD);
}

bs_status bs_byte_level_append(bs_text *out, const char *bytes, size_t n_bytes, bs_error *err) {
  if (n_bytes > SIZE_MAX / 4)
    return bs_error_set(err, BS_ERR_LIMIT, "text of %zu bytes", n_bytes);
  bs_status status = bs_text_reserve(out, 2 * n_bytes, err);
  if (status != BS_OK)
    return status;
  char *to = out->data + out->n_bytes;
  for (size_t i = 0; i < n_bytes; i++)
    to += bs_utf8_encode(letter_of((unsigned char)bytes[i]), to);
  out->n_bytes = (size_t)(to - out->data);
  *to = '\0';
  return BS_OK;
}

bs_status bs_byte_level_undo(bs_text *out, const char *text, size_t n_bytes, bs_error *err) {
  size_t before = out->n_bytes;
  bs_status status = bs_text_reserve(out, n_bytes, err);
  if (status != BS_OK)
    return status;
  for (size_t at = 0; at < n_bytes;) {
    uint32_t letter = 0;
    size_t length = bs_utf8_decode(text + at, n_bytes - at, &letter);
    int byte = length > 0 ? byte_of(letter) : -1;
    if (byte < 0) {
      out->n_bytes = before;
      return bs_text_append(out, text, n_bytes, err);
    }
    out->data[out->n_bytes++] = (char)byte;
    at += length;
  }
  out->data[out->n_bytes] = '\0';
  return BS_OK;
}
