#include "orders.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CHANGES = 24, MOST_TEXT = 1 << 16, MOST_PIECE = 255 };

uint8_t bs_fuzz_next(bs_fuzz_orders *of) {
  if (of->left == 0)
    return 0;
  of->left--;
  return *of->at++;
}

uint64_t bs_fuzz_next_number(bs_fuzz_orders *of) {
  static const uint64_t SPECIAL[] = {0,
                                     1,
                                     UINT32_MAX,
                                     UINT32_MAX - 1,
                                     UINT64_MAX,
                                     (uint64_t)1 << 63,
                                     0x7FF0000000000000U /* infinity */,
                                     0xFFF8000000000000U /* NaN */,
                                     0xBFF0000000000000U /* -1 */,
                                     0x3FE0000000000000U /* 0.5 */,
                                     0x0000000100000000U};
  uint8_t kind = bs_fuzz_next(of);
  if (kind < 128)
    return kind % 8;
  if (kind < 240)
    return SPECIAL[kind % (sizeof SPECIAL / sizeof *SPECIAL)];
  uint64_t value = 0;
  for (int i = 0; i < 8; i++)
    value = value << 8 | bs_fuzz_next(of);
  return value;
}

size_t bs_fuzz_next_bytes(bs_fuzz_orders *of, char *to, size_t most) {
  size_t n = bs_fuzz_next(of) % (most + 1);
  if (n > of->left)
    n = of->left;
  if (n > 0)
    memcpy(to, of->at, n);
  of->at += n;
  of->left -= n;
  return n;
}

/* Replaces the old_n bytes at `at`, or as many as there are, by new_n others. */
static void replace(bs_text *text, size_t at, size_t old_n, const char *bytes, size_t new_n) {
  if (old_n > text->n_bytes - at)
    old_n = text->n_bytes - at;
  if (text->n_bytes - old_n + new_n > MOST_TEXT)
    return;
  if (bs_text_reserve(text, new_n, NULL) != BS_OK)
    abort();
  memmove(text->data + at + new_n, text->data + at + old_n, text->n_bytes - at - old_n);
  if (new_n > 0)
    memcpy(text->data + at, bytes, new_n);
  text->n_bytes += new_n - old_n;
  text->data[text->n_bytes] = '\0';
}

static size_t next_place(bs_fuzz_orders *of, const bs_text *text) {
  size_t high = bs_fuzz_next(of);
  return (high << 8 | bs_fuzz_next(of)) % (text->n_bytes + 1);
}

static void change_number(bs_text *text, bs_fuzz_orders *of, size_t n_bytes) {
  size_t at = next_place(of, text);
  uint64_t number = bs_fuzz_next_number(of);
  replace(text, at, n_bytes, (const char *)&number, n_bytes);
}

static void change_u32(bs_text *text, bs_fuzz_orders *of) { change_number(text, of, 4); }
static void change_u64(bs_text *text, bs_fuzz_orders *of) { change_number(text, of, 8); }

static void overwrite(bs_text *text, bs_fuzz_orders *of) {
  char bytes[MOST_PIECE];
  size_t at = next_place(of, text), n = bs_fuzz_next_bytes(of, bytes, sizeof bytes);
  replace(text, at, n, bytes, n);
}

static void insert(bs_text *text, bs_fuzz_orders *of) {
  char bytes[MOST_PIECE];
  size_t at = next_place(of, text), n = bs_fuzz_next_bytes(of, bytes, sizeof bytes);
  replace(text, at, 0, bytes, n);
}

static void take_out(bs_text *text, bs_fuzz_orders *of) {
  size_t at = next_place(of, text);
  replace(text, at, bs_fuzz_next(of), NULL, 0);
}

static void repeat(bs_text *text, bs_fuzz_orders *of) {
  char bytes[MOST_PIECE];
  size_t from = next_place(of, text), to = next_place(of, text), n = bs_fuzz_next(of);
  if (n > text->n_bytes - from)
    n = text->n_bytes - from;
  if (n > 0)
    memcpy(bytes, text->data + from, n);
  replace(text, to, 0, bytes, n);
}

static void cut(bs_text *text, bs_fuzz_orders *of) {
  replace(text, next_place(of, text), MOST_TEXT, NULL, 0);
}

void bs_fuzz_change(bs_text *text, bs_fuzz_orders *of) {
  static void (*const CHANGES[])(bs_text *, bs_fuzz_orders *) = {
      change_u32, change_u64, overwrite, insert, take_out, repeat, cut};
  for (int i = 0; i < MOST_CHANGES && of->left > 0; i++)
    CHANGES[bs_fuzz_next(of) % (sizeof CHANGES / sizeof *CHANGES)](text, of);
}
