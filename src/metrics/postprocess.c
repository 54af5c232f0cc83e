/* Generated text as BIG-bench compares it. */
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/text_internal.h"
#include "metrics/postprocess_internal.h"
#include "metrics/python_regex_internal.h"
#include "metrics/text_internal.h"

/* Bounds for one match: an expression that backtracks without end is an error, not a hang. */
enum { MATCH_LIMIT = 2000000, DEPTH_LIMIT = 100000, HEAP_LIMIT_KIB = 65536 };

static bs_status compile_pattern(const bs_text *pattern, pcre2_compile_context *context,
                                 pcre2_code **code, bs_error *err) {
  int number;
  PCRE2_SIZE offset;
  *code = pcre2_compile((PCRE2_SPTR)pattern->data, pattern->n_bytes,
                        PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &number, &offset, context);
  if (*code != NULL)
    return BS_OK;
  PCRE2_UCHAR message[256] = "";
  pcre2_get_error_message(number, message, sizeof message);
  return bs_error_set(err, BS_ERR_INPUT, "PCRE2, which runs it, says: %s", (const char *)message);
}

/* Compiles a Python pattern over str. */
static bs_status compile(const char *regex, pcre2_code **code, bs_error *err) {
  bs_text pattern = {0};
  bs_error cause = {0};
  size_t n_groups = 0;
  *code = NULL;
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  bs_status status = context != NULL ? bs_python_regex_translate(regex, &pattern, &n_groups, &cause)
                                     : bs_error_set(&cause, BS_ERR_MEMORY, "no memory");
  if (status == BS_OK && n_groups > 1)
    status =
        bs_error_set(&cause, BS_ERR_INPUT,
                     "it has %zu groups, expected at most one: (?:...) does not capture", n_groups);
  if (status == BS_OK) {
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    status = compile_pattern(&pattern, context, code, &cause);
  }
  if (status != BS_OK)
    status = bs_error_set(err, status, "regex \"%s\": %s", regex, cause.message);
  bs_text_free(&pattern);
  pcre2_compile_context_free(context);
  return status;
}

/* The first match (its group when there is one) as text[*from, *to); false: none, with *number what
   PCRE2 answered. */
static bool match(const pcre2_code *code, const char *text, size_t n_bytes, uint32_t options,
                  size_t *from, size_t *to, int *number) {
  pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
  pcre2_match_context *context = pcre2_match_context_create(NULL);
  *number = PCRE2_ERROR_NOMEMORY;
  *from = *to = 0;
  if (data != NULL && context != NULL) {
    pcre2_set_match_limit(context, MATCH_LIMIT);
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    *number = pcre2_match(code, (PCRE2_SPTR)text, n_bytes, 0, options, data, context);
  }
  if (*number > 0) {
    uint32_t n_groups = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &n_groups);
    const PCRE2_SIZE *span = pcre2_get_ovector_pointer(data) + (n_groups == 1 ? 2 : 0);
    bool is_set = n_groups == 0 || (*number > 1 && span[0] != PCRE2_UNSET);
    /* \K in a lookahead can put the start behind the end. */
    if (is_set && span[0] <= span[1] && span[1] <= n_bytes)
      *from = span[0], *to = span[1];
  }
  pcre2_match_data_free(data);
  pcre2_match_context_free(context);
  return *number > 0;
}

/* Bytes that are left after the cuts by length and stop string. *stopped: the stop string was
   found behind the very start. */
static size_t cut(const char *text, size_t n_bytes, size_t max_length, const char *stop_string,
                  bool *stopped) {
  *stopped = false;
  if (max_length > 0)
    n_bytes = bs_utf8_head_bytes(text, n_bytes, max_length);
  size_t n_stop = stop_string != NULL ? strlen(stop_string) : 0;
  if (n_stop == 0)
    return n_bytes;
  for (size_t at = 0; at + n_stop <= n_bytes; at++) {
    if (memcmp(text + at, stop_string, n_stop) != 0)
      continue;
    *stopped = at > 0;
    return at > 0 ? at + n_stop : n_bytes;
  }
  return n_bytes;
}

bs_status bs_postprocess(const char *generated, size_t n_bytes, size_t max_length,
                         const char *stop_string, const char *output_regex, bs_text *out,
                         bs_error *err) {
  size_t valid = bs_utf8_valid_bytes(generated, n_bytes);
  if (valid < n_bytes)
    return bs_error_set(err, BS_ERR_INPUT, "generated text is not UTF-8 at byte %zu", valid);
  bool stopped;
  size_t n = cut(generated, n_bytes, max_length, stop_string, &stopped), from = 0;
  if (output_regex == NULL || *output_regex == '\0')
    return bs_text_append(out, generated, n, err);
  pcre2_code *code = NULL;
  bs_status status = compile(output_regex, &code, err);
  if (status != BS_OK)
    return status;
  int number;
  if (match(code, generated, n, PCRE2_NO_UTF_CHECK, &from, &n, &number) ||
      number == PCRE2_ERROR_NOMATCH)
    status = bs_text_append(out, generated + from, n - from, err);
  else if (number == PCRE2_ERROR_NOMEMORY)
    status = bs_error_set(err, BS_ERR_MEMORY, "no memory to match regex \"%s\"", output_regex);
  else
    status = bs_error_set(err, BS_ERR_LIMIT, "regex \"%s\" takes too long on a text (PCRE2 %d)",
                          output_regex, number);
  pcre2_code_free(code);
  return status;
}

bool bs_prediction_settled(const char *text, size_t n_bytes, size_t max_length,
                           const char *stop_string, const char *output_regex) {
  if (bs_utf8_valid_bytes(text, n_bytes) < n_bytes)
    return false;
  bool stopped;
  size_t n = cut(text, n_bytes, max_length, stop_string, &stopped);
  /* Cut by length (more was there), or behind a stop string: what follows is not looked at. */
  if (stopped || n < n_bytes)
    return true;
  if (max_length > 0 && bs_utf8_head_bytes(text, n_bytes, max_length - 1) < n_bytes &&
      bs_utf8_head_bytes(text, n_bytes, max_length) == n_bytes)
    return true;
  if (output_regex == NULL || *output_regex == '\0')
    return false;
  pcre2_code *code = NULL;
  if (compile(output_regex, &code, NULL) != BS_OK)
    return false;
  /* A hard partial match is preferred whenever the end of the text was looked at: a full match
     then stands whatever follows. A stop string found later would cut behind this text. */
  size_t from, to;
  int number;
  bool settled = match(code, text, n, PCRE2_NO_UTF_CHECK | PCRE2_PARTIAL_HARD, &from, &to, &number);
  pcre2_code_free(code);
  return settled;
}
