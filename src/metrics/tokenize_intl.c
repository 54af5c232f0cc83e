/* The tokenization "international" of mteval-v14, as sacrebleu defines it by three substitutions:
   spaces around punctuation that follows a non-digit; spaces around punctuation that a non-digit
   follows; spaces around every symbol. Each works on non-overlapping pairs from the
   left, and sees what the one before it wrote. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "metrics/text_internal.h"

typedef struct points {
  uint32_t *points;
  size_t n;
} points;

static bool is_punctuation(uint32_t c) {
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

static bool is_symbol(uint32_t c) {
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
  return category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO;
}

static bool is_number(uint32_t c) {
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

static void put(points *to, uint32_t c) { to->points[to->n++] = c; }

static void after_non_digit(const points *from, points *to) {
  to->n = 0;
  for (size_t i = 0; i < from->n; i++) {
    put(to, from->points[i]);
    if (i + 1 < from->n && !is_number(from->points[i]) && is_punctuation(from->points[i + 1])) {
      put(to, ' ');
      put(to, from->points[++i]);
      put(to, ' ');
    }
  }
}

static void before_non_digit(const points *from, points *to) {
  to->n = 0;
  for (size_t i = 0; i < from->n; i++) {
    if (i + 1 < from->n && is_punctuation(from->points[i]) && !is_number(from->points[i + 1])) {
      put(to, ' ');
      put(to, from->points[i++]);
      put(to, ' ');
    }
    put(to, from->points[i]);
  }
}

static void around_symbols(const points *from, points *to) {
  to->n = 0;
  for (size_t i = 0; i < from->n; i++) {
    bool symbol = is_symbol(from->points[i]);
    if (symbol)
      put(to, ' ');
    put(to, from->points[i]);
    if (symbol)
      put(to, ' ');
  }
}

static bs_status append_words(const points *from, bs_text *words, bs_error *err) {
  bs_status status = BS_OK;
  bool within = false, any = false;
  for (size_t i = 0; i < from->n && status == BS_OK; i++) {
    char bytes[4];
    bool space = bs_is_space(from->points[i]);
    if (!space && !within && any)
      status = bs_text_append(words, " ", 1, err);
    if (!space && status == BS_OK)
      status = bs_text_append(words, bytes, bs_utf8_encode(from->points[i], bytes), err);
    within = !space;
    any |= !space;
  }
  return status;
}

bs_status bs_tokenize_intl(const char *text, bs_text *words, bs_error *err) {
  size_t n_bytes = bs_trimmed_bytes(text, strlen(text)), room;
  /* A code point gains at most two spaces in each of the three passes. */
  if (!bs_size_mul(n_bytes, 8, &room))
    return bs_error_set(err, BS_ERR_LIMIT, "a text of %zu bytes is too long for BLEU", n_bytes);
  points a = {.points = bs_array_new(room, sizeof *a.points, err)};
  points b = {.points = bs_array_new(room, sizeof *b.points, err)};
  bs_status status = a.points != NULL && b.points != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t at = 0; at < n_bytes && status == BS_OK;) {
    uint32_t c;
    size_t length = bs_utf8_decode(text + at, n_bytes - at, &c);
    if (length == 0)
      status = bs_error_set(err, BS_ERR_INPUT, "not UTF-8 at byte %zu of a text", at);
    else
      put(&a, c);
    at += length;
  }
  if (status == BS_OK) {
    after_non_digit(&a, &b);
    before_non_digit(&b, &a);
    around_symbols(&a, &b);
    status = append_words(&b, words, err);
  }
  free(a.points);
  free(b.points);
  return status;
}
