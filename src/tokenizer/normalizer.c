/* The normalizers: text to the text that the rest of the tokenizer sees. */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/byte_level_internal.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/precompiled_internal.h"
#include "tokenizer/replace_internal.h"
#include "tokenizer/unicode_internal.h"

static bs_status nfc(const void *state, const char *text, size_t n_bytes, bs_text *out,
                     bs_error *err) {
  (void)state;
  return bs_normalize(BS_NFC, text, n_bytes, out, err);
}

static bs_status nfd(const void *state, const char *text, size_t n_bytes, bs_text *out,
                     bs_error *err) {
  (void)state;
  return bs_normalize(BS_NFD, text, n_bytes, out, err);
}

static bs_status nfkc(const void *state, const char *text, size_t n_bytes, bs_text *out,
                      bs_error *err) {
  (void)state;
  return bs_normalize(BS_NFKC, text, n_bytes, out, err);
}

static bs_status nfkd(const void *state, const char *text, size_t n_bytes, bs_text *out,
                      bs_error *err) {
  (void)state;
  return bs_normalize(BS_NFKD, text, n_bytes, out, err);
}

static bs_status parse_prepend(void **state, const bs_json *json, const cJSON *item,
                               bs_error *err) {
  bs_text *prefix = bs_array_new(1, sizeof *prefix, err);
  *state = prefix;
  return prefix == NULL ? BS_ERR_MEMORY : bs_part_text(json, item, "prepend", prefix, err);
}

static void release_prepend(void *state) {
  bs_text_free(state);
  free(state);
}

static bs_status prepend(const void *state, const char *text, size_t n_bytes, bs_text *out,
                         bs_error *err) {
  const bs_text *prefix = state;
  if (n_bytes == 0)
    return BS_OK;
  bs_status status = bs_text_append(out, prefix->data, prefix->n_bytes, err);
  return status == BS_OK ? bs_text_append(out, text, n_bytes, err) : status;
}

static bs_status lowercase(const void *state, const char *text, size_t n_bytes, bs_text *out,
                           bs_error *err) {
  (void)state;
  bs_status status = BS_OK;
  for (size_t at = 0; at < n_bytes && status == BS_OK;) {
    uint32_t c;
    char lower[8];
    size_t length = bs_utf8_decode(text + at, n_bytes - at, &c);
    if (length == 0)
      return bs_error_set(err, BS_ERR_INPUT, "not UTF-8 at byte %zu", at);
    status = bs_text_append(out, lower, bs_lower_case(c, lower), err);
    at += length;
  }
  return status;
}

typedef struct strip_sides {
  bool left, right;
} strip_sides;

static bs_status parse_strip(void **state, const bs_json *json, const cJSON *item, bs_error *err) {
  strip_sides *sides = bs_array_new(1, sizeof *sides, err);
  *state = sides;
  if (sides == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_json_get_bool(json, item, "strip_left", true, &sides->left, err);
  return status == BS_OK ? bs_json_get_bool(json, item, "strip_right", true, &sides->right, err)
                         : status;
}

static bs_status strip(const void *state, const char *text, size_t n_bytes, bs_text *out,
                       bs_error *err) {
  const strip_sides *sides = state;
  size_t start = 0, end = n_bytes, length;
  uint32_t c;
  while (sides->left && start < end &&
         (length = bs_utf8_decode(text + start, end - start, &c)) > 0 && bs_is_white_space(c))
    start += length;
  while (sides->right && end > start && (length = bs_utf8_decode_before(text, end, &c)) > 0 &&
         bs_is_white_space(c))
    end -= length;
  return bs_text_append(out, text + start, end - start, err);
}

static bs_status strip_accents(const void *state, const char *text, size_t n_bytes, bs_text *out,
                               bs_error *err) {
  (void)state;
  bs_status status = BS_OK;
  for (size_t at = 0, length; at < n_bytes && status == BS_OK; at += length) {
    uint32_t c;
    length = bs_utf8_decode(text + at, n_bytes - at, &c);
    if (length == 0)
      return bs_error_set(err, BS_ERR_INPUT, "not UTF-8 at byte %zu", at);
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    if (category != UTF8PROC_CATEGORY_MN && category != UTF8PROC_CATEGORY_MC &&
        category != UTF8PROC_CATEGORY_ME)
      status = bs_text_append(out, text + at, length, err);
  }
  return status;
}

static bs_status byte_level(const void *state, const char *text, size_t n_bytes, bs_text *out,
                            bs_error *err) {
  (void)state;
  return bs_byte_level_append(out, text, n_bytes, err);
}

static const bs_part_kind kinds[] = {
    {.type = "NFC", .run.normalize = nfc},
    {.type = "NFD", .run.normalize = nfd},
    {.type = "NFKC", .run.normalize = nfkc},
    {.type = "NFKD", .run.normalize = nfkd},
    {.type = "Prepend",
     .parse = parse_prepend,
     .release = release_prepend,
     .run.normalize = prepend},
    {.type = "Replace",
     .parse = bs_replace_parse,
     .release = bs_replace_release,
     .run.normalize = bs_replace_text},
    {.type = "Lowercase", .run.normalize = lowercase},
    {.type = "Strip", .parse = parse_strip, .release = free, .run.normalize = strip},
    {.type = "StripAccents", .run.normalize = strip_accents},
    {.type = "ByteLevel", .run.normalize = byte_level},
    {.type = "Precompiled",
     .parse = bs_precompiled_parse,
     .release = bs_precompiled_release,
     .run.normalize = bs_precompiled_text},
};

const bs_stage bs_stage_normalizer = {.name = "normalizer",
                                      .children = "normalizers",
                                      .kinds = kinds,
                                      .n_kinds = sizeof kinds / sizeof *kinds};
