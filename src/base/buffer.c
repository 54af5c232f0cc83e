/* Growable text and token ids. */
#include "bigsweep/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer_internal.h"
#include "base/memory_internal.h"

bs_status bs_text_reserve(bs_text *text, size_t n_more, bs_error *err) {
  size_t with_nul;
  if (!bs_size_add(n_more, 1, &with_nul))
    return bs_error_set(err, BS_ERR_MEMORY, "text of %zu more bytes", n_more);
  bs_status status = bs_reserve(&text->data, &text->capacity, text->n_bytes, with_nul, err);
  if (status == BS_OK)
    text->data[text->n_bytes] = '\0';
  return status;
}

bs_status bs_text_append(bs_text *text, const char *bytes, size_t n_bytes, bs_error *err) {
  bs_status status = bs_text_reserve(text, n_bytes, err);
  if (status != BS_OK)
    return status;
  if (n_bytes > 0)
    memcpy(text->data + text->n_bytes, bytes, n_bytes);
  text->n_bytes += n_bytes;
  text->data[text->n_bytes] = '\0';
  return BS_OK;
}

bs_status bs_text_append_string(bs_text *text, const char *string, bs_error *err) {
  return bs_text_append(text, string, strlen(string), err);
}

bs_status bs_text_vprintf(bs_text *text, bs_error *err, const char *format, va_list arguments) {
  va_list measured;
  va_copy(measured, arguments);
  int n = vsnprintf(NULL, 0, format, measured);
  va_end(measured);
  if (n < 0)
    return bs_error_set(err, BS_ERR_INTERNAL, "cannot format \"%s\"", format);
  bs_status status = bs_text_reserve(text, (size_t)n, err);
  if (status != BS_OK)
    return status;
  vsnprintf(text->data + text->n_bytes, (size_t)n + 1, format, arguments);
  text->n_bytes += (size_t)n;
  return BS_OK;
}

bs_status bs_text_printf(bs_text *text, bs_error *err, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  bs_status status = bs_text_vprintf(text, err, format, arguments);
  va_end(arguments);
  return status;
}

void bs_text_free(bs_text *text) {
  free(text->data);
  *text = (bs_text){0};
}

bs_status bs_tokens_append(bs_tokens *tokens, const int32_t *ids, size_t n, bs_error *err) {
  bs_status status = bs_reserve(&tokens->ids, &tokens->capacity, tokens->n, n, err);
  if (status != BS_OK)
    return status;
  if (n > 0)
    memcpy(tokens->ids + tokens->n, ids, n * sizeof *ids);
  tokens->n += n;
  return BS_OK;
}

bs_status bs_tokens_push(bs_tokens *tokens, int32_t id, bs_error *err) {
  return bs_tokens_append(tokens, &id, 1, err);
}

void bs_tokens_free(bs_tokens *tokens) {
  free(tokens->ids);
  *tokens = (bs_tokens){0};
}

const char *bs_plural(uint64_t n) { return n == 1 ? "" : "s"; }
