/* The decoders: from the texts of tokens to the text. Each gives a list of strings to the next;
   what the last one gives is joined. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/byte_level_internal.h"
#include "tokenizer/metaspace_internal.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/replace_internal.h"
#include "tokenizer/unicode_internal.h"

static bs_status push_string(bs_strings *out, const char *text, size_t n_bytes, bs_error *err) {
  bs_status status = bs_text_append(&out->bytes, text, n_bytes, err);
  return status == BS_OK ? bs_strings_end(out, err) : status;
}

static bs_status run_fuse(const void *state, const bs_strings *in, bs_strings *out, bs_error *err) {
  (void)state;
  return push_string(out, in->bytes.data, in->bytes.n_bytes, err);
}

static bs_status run_byte_level(const void *state, const bs_strings *in, bs_strings *out,
                                bs_error *err) {
  (void)state;
  bs_text bytes = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < in->n && status == BS_OK; i++) {
    size_t n_bytes;
    const char *text = bs_strings_at(in, i, &n_bytes);
    status = bs_byte_level_undo(&bytes, text, n_bytes, err);
  }
  if (status == BS_OK)
    status = bs_append_repaired(&out->bytes, bytes.data, bytes.n_bytes, err);
  if (status == BS_OK)
    status = bs_strings_end(out, err);
  bs_text_free(&bytes);
  return status;
}

/* ByteFallback */

static int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                : -1;
}

/* The byte of "<0x41>", or -1. A plus sign may stand for the first digit, as in the library. */
static int byte_of(const char *text, size_t n_bytes) {
  if (n_bytes != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>')
    return -1;
  int high = text[3] == '+' ? 0 : hex_digit(text[3]), low = hex_digit(text[4]);
  return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/* A run of bytes is one string when it is UTF-8, else U+FFFD for each byte. */
static bs_status end_bytes(bs_text *run, bs_strings *out, bs_error *err) {
  bs_status status = BS_OK;
  if (run->n_bytes == 0)
    return status;
  if (bs_utf8_valid_bytes(run->data, run->n_bytes) == run->n_bytes)
    status = push_string(out, run->data, run->n_bytes, err);
  else
    for (size_t i = 0; i < run->n_bytes && status == BS_OK; i++)
      status = push_string(out, "\xEF\xBF\xBD", 3, err);
  run->n_bytes = 0;
  return status;
}

static bs_status run_byte_fallback(const void *state, const bs_strings *in, bs_strings *out,
                                   bs_error *err) {
  (void)state;
  bs_text run = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < in->n && status == BS_OK; i++) {
    size_t n_bytes;
    const char *text = bs_strings_at(in, i, &n_bytes);
    int byte = byte_of(text, n_bytes);
    if (byte >= 0) {
      char c = (char)byte;
      status = bs_text_append(&run, &c, 1, err);
    } else {
      status = end_bytes(&run, out, err);
      if (status == BS_OK)
        status = push_string(out, text, n_bytes, err);
    }
  }
  if (status == BS_OK)
    status = end_bytes(&run, out, err);
  bs_text_free(&run);
  return status;
}

/* Replace */

static bs_status run_replace(const void *state, const bs_strings *in, bs_strings *out,
                             bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < in->n && status == BS_OK; i++) {
    size_t n_bytes;
    const char *text = bs_strings_at(in, i, &n_bytes);
    status = bs_replace_text(state, text, n_bytes, &out->bytes, err);
    if (status == BS_OK)
      status = bs_strings_end(out, err);
  }
  return status;
}

/* Strip: up to `start` characters `content` off the front and `stop` off the back of each string */

typedef struct strip {
  bs_text content; /* one character */
  size_t start, stop;
} strip;

static bs_status parse_strip(void **state, const bs_json *json, const cJSON *item, bs_error *err) {
  strip *s = bs_array_new(1, sizeof *s, err);
  *state = s;
  if (s == NULL)
    return BS_ERR_MEMORY;
  int64_t start = 0, stop = 0;
  bs_status status = bs_part_character(json, item, "content", &s->content, err);
  if (status == BS_OK)
    status = bs_json_get_integer(json, item, "start", true, 0, INT32_MAX, &start, err);
  if (status == BS_OK)
    status = bs_json_get_integer(json, item, "stop", true, 0, INT32_MAX, &stop, err);
  s->start = (size_t)start;
  s->stop = (size_t)stop;
  return status;
}

static void release_strip(void *state) {
  strip *s = state;
  bs_text_free(&s->content);
  free(s);
}

static bs_status run_strip(const void *state, const bs_strings *in, bs_strings *out,
                           bs_error *err) {
  const strip *s = state;
  const bs_text *content = &s->content;
  bs_status status = BS_OK;
  for (size_t i = 0; i < in->n && status == BS_OK; i++) {
    size_t n_bytes;
    const char *text = bs_strings_at(in, i, &n_bytes);
    for (size_t k = 0; k < s->start && n_bytes >= content->n_bytes &&
                       memcmp(text, content->data, content->n_bytes) == 0;
         k++) {
      text += content->n_bytes;
      n_bytes -= content->n_bytes;
    }
    for (size_t k = 0;
         k < s->stop && n_bytes >= content->n_bytes &&
         memcmp(text + n_bytes - content->n_bytes, content->data, content->n_bytes) == 0;
         k++)
      n_bytes -= content->n_bytes;
    status = push_string(out, text, n_bytes, err);
  }
  return status;
}

/* Metaspace */

typedef struct metaspace {
  bs_text mark;
  bs_metaspace_options options;
} metaspace;

static bs_status parse_metaspace(void **state, const bs_json *json, const cJSON *item,
                                 bs_error *err) {
  metaspace *m = bs_array_new(1, sizeof *m, err);
  *state = m;
  return m == NULL ? BS_ERR_MEMORY : bs_metaspace_parse(&m->options, &m->mark, json, item, err);
}

static void release_metaspace(void *state) {
  metaspace *m = state;
  bs_text_free(&m->mark);
  free(m);
}

/* Marks are spaces again; those of the first token are dropped when encoding may have put them. */
static bs_status run_metaspace(const void *state, const bs_strings *in, bs_strings *out,
                               bs_error *err) {
  const metaspace *m = state;
  bs_status status = BS_OK;
  for (size_t i = 0; i < in->n && status == BS_OK; i++) {
    size_t n_bytes, copied = 0, at = 0;
    const char *text = bs_strings_at(in, i, &n_bytes);
    bool drop = i == 0 && m->options.scheme != BS_PREPEND_NEVER;
    while (status == BS_OK && at + m->mark.n_bytes <= n_bytes) {
      if (memcmp(text + at, m->mark.data, m->mark.n_bytes) != 0) {
        at++;
        continue;
      }
      status = bs_text_append(&out->bytes, text + copied, at - copied, err);
      if (status == BS_OK && !drop)
        status = bs_text_append(&out->bytes, " ", 1, err);
      copied = at += m->mark.n_bytes;
    }
    if (status == BS_OK)
      status = push_string(out, text + copied, n_bytes - copied, err);
  }
  return status;
}

/* BPEDecoder: the suffix that ends a word is a space, and nothing in the last token. */

static bs_status parse_suffix(void **state, const bs_json *json, const cJSON *item, bs_error *err) {
  bs_text *suffix = bs_array_new(1, sizeof *suffix, err);
  *state = suffix;
  return suffix == NULL ? BS_ERR_MEMORY : bs_part_text(json, item, "suffix", suffix, err);
}

static void release_suffix(void *state) {
  bs_text_free(state);
  free(state);
}

static bs_status run_suffix(const void *state, const bs_strings *in, bs_strings *out,
                            bs_error *err) {
  const bs_text *suffix = state;
  bs_status status = BS_OK;
  for (size_t i = 0; i < in->n && status == BS_OK; i++) {
    size_t n_bytes, copied = 0, at = 0;
    const char *text = bs_strings_at(in, i, &n_bytes);
    while (status == BS_OK && suffix->n_bytes > 0 && at + suffix->n_bytes <= n_bytes) {
      if (memcmp(text + at, suffix->data, suffix->n_bytes) != 0) {
        at++;
        continue;
      }
      status = bs_text_append(&out->bytes, text + copied, at - copied, err);
      if (status == BS_OK && i + 1 < in->n)
        status = bs_text_append(&out->bytes, " ", 1, err);
      copied = at += suffix->n_bytes;
    }
    if (status == BS_OK)
      status = push_string(out, text + copied, n_bytes - copied, err);
  }
  return status;
}

static const bs_part_kind kinds[] = {
    {.type = "ByteLevel", .run.decode = run_byte_level},
    {.type = "Replace",
     .parse = bs_replace_parse,
     .release = bs_replace_release,
     .run.decode = run_replace},
    {.type = "ByteFallback", .run.decode = run_byte_fallback},
    {.type = "Fuse", .run.decode = run_fuse},
    {.type = "Strip", .parse = parse_strip, .release = release_strip, .run.decode = run_strip},
    {.type = "Metaspace",
     .parse = parse_metaspace,
     .release = release_metaspace,
     .run.decode = run_metaspace},
    {.type = "BPEDecoder",
     .parse = parse_suffix,
     .release = release_suffix,
     .run.decode = run_suffix},
};

const bs_stage bs_stage_decoder = {.name = "decoder",
                                   .children = "decoders",
                                   .kinds = kinds,
                                   .n_kinds = sizeof kinds / sizeof *kinds};
