/* Compiling and matching regular expressions with PCRE2. */
#include "tokenizer/regex_internal.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/unicode_internal.h"

struct bs_regex {
  pcre2_code *code;
  char *source; /* as the file has it, for messages */
};

/* Steps of one match before it is given up, on top of what the length of the text allows for: a
   pattern that runs to the end of the text and back is fine, an exponential one is not. */
enum { BASE_STEPS = 10000000, STEPS_PER_BYTE = 16, HEAP_KIB = 512 * 1024 };

static bs_status compile(bs_regex **out, const char *pattern, size_t n_bytes, const char *source,
                         size_t n_source, bs_error *err) {
  *out = NULL;
  bs_status status = BS_OK;
  int code = 0;
  PCRE2_SIZE offset = 0;
  bs_text whole = {0};
  bs_regex *regex = bs_array_new(1, sizeof *regex, err);
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  if (regex == NULL || context == NULL) {
    status = bs_error_set(err, BS_ERR_MEMORY, "cannot allocate a regular expression");
    goto cleanup;
  }
  regex->source = bs_string_new(source, n_source, err);
  if (regex->source == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  status = bs_append_with_later(&whole, pattern, n_bytes, err);
  if (status != BS_OK)
    goto cleanup;
  pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  /* Ruby's ^ and $ are those of lines. */
  regex->code = pcre2_compile((PCRE2_SPTR)(whole.n_bytes > 0 ? whole.data : ""), whole.n_bytes,
                              PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C,
                              &code, &offset, context);
  if (regex->code == NULL) {
    PCRE2_UCHAR message[256] = "";
    pcre2_get_error_message(code, message, sizeof message);
    status = bs_error_set(err, BS_ERR_INPUT, "not a regular expression that can be used: %s",
                          (const char *)message);
    goto cleanup;
  }
  pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without it the interpreter runs */

cleanup:
  bs_text_free(&whole);
  if (context != NULL)
    pcre2_compile_context_free(context);
  if (status != BS_OK)
    bs_regex_free(&regex);
  *out = regex;
  return status;
}

bs_status bs_regex_new(bs_regex **out, const char *pattern, size_t n_bytes, const bs_json *json,
                       const cJSON *item, bs_error *err) {
  *out = NULL;
  bs_text translated = {0};
  bs_error inner = {0};
  bs_status status = bs_regex_translate(pattern, n_bytes, &translated, &inner);
  if (status == BS_OK)
    status = compile(out, translated.data, translated.n_bytes, pattern, n_bytes, &inner);
  if (status == BS_ERR_INPUT)
    status = bs_json_fault(json, item, err, "%s", inner.message);
  else if (status != BS_OK)
    status = bs_error_set(err, status, "%s", inner.message);
  bs_text_free(&translated);
  return status;
}

bs_status bs_regex_new_own(bs_regex **out, const char *pattern, bs_error *err) {
  size_t n_bytes = strlen(pattern);
  return compile(out, pattern, n_bytes, pattern, n_bytes, err);
}

void bs_regex_free(bs_regex **regex) {
  if (*regex == NULL)
    return;
  pcre2_code_free((*regex)->code);
  free((*regex)->source);
  free(*regex);
  *regex = NULL;
}

bs_status bs_matches_open(bs_matches *matches, const bs_regex *regex, bs_error *err) {
  matches->regex = regex;
  matches->data = pcre2_match_data_create(1, NULL);
  matches->context = pcre2_match_context_create(NULL);
  if (matches->data == NULL || matches->context == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate room for a match");
  pcre2_set_heap_limit(matches->context, HEAP_KIB);
  return BS_OK;
}

void bs_matches_begin(bs_matches *matches, const char *text, size_t n_bytes) {
  matches->text = text;
  matches->n_bytes = n_bytes;
  matches->at = 0;
  matches->last_end = SIZE_MAX;
  size_t steps = n_bytes > (UINT32_MAX - BASE_STEPS) / STEPS_PER_BYTE
                     ? UINT32_MAX
                     : BASE_STEPS + n_bytes * STEPS_PER_BYTE;
  pcre2_set_match_limit(matches->context, (uint32_t)steps);
}

static bs_status match_error(const bs_matches *matches, int code, bs_error *err) {
  PCRE2_UCHAR message[256] = "";
  pcre2_get_error_message(code, message, sizeof message);
  if (code == PCRE2_ERROR_NOMEMORY)
    return bs_error_set(err, BS_ERR_MEMORY, "matching \"%s\": out of memory",
                        matches->regex->source);
  return bs_error_set(err, BS_ERR_LIMIT, "matching \"%s\" at byte %zu of %zu: %s",
                      matches->regex->source, matches->at, matches->n_bytes, (const char *)message);
}

bs_status bs_matches_next(bs_matches *matches, bool *found, size_t *start, size_t *end,
                          bs_error *err) {
  *found = false;
  while (matches->at <= matches->n_bytes) {
    PCRE2_SPTR text = (PCRE2_SPTR)matches->text;
    int code = pcre2_match(matches->regex->code, text, matches->n_bytes, matches->at,
                           PCRE2_NO_UTF_CHECK, matches->data, matches->context);
    if (code == PCRE2_ERROR_JIT_STACKLIMIT) /* the interpreter's memory grows as needed */
      code = pcre2_match(matches->regex->code, text, matches->n_bytes, matches->at,
                         PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, matches->data, matches->context);
    if (code == PCRE2_ERROR_NOMATCH)
      return BS_OK;
    if (code < 0)
      return match_error(matches, code, err);
    const PCRE2_SIZE *place = pcre2_get_ovector_pointer(matches->data);
    if (place[0] > place[1] || place[0] < matches->at)
      return bs_error_set(err, BS_ERR_INPUT, "\"%s\" gives a match that ends before it starts",
                          matches->regex->source);
    if (place[0] == place[1] && place[1] == matches->last_end) {
      uint32_t c;
      size_t length =
          bs_utf8_decode(matches->text + matches->at, matches->n_bytes - matches->at, &c);
      matches->at += length > 0 ? length : 1;
      continue;
    }
    *start = place[0];
    *end = place[1];
    matches->at = matches->last_end = place[1];
    *found = true;
    return BS_OK;
  }
  return BS_OK;
}

void bs_matches_free(bs_matches *matches) {
  pcre2_match_data_free(matches->data);
  pcre2_match_context_free(matches->context);
  *matches = (bs_matches){0};
}
