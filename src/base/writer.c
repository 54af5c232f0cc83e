/* Text and JSON with an error that is kept and asked for once. */
#include "base/writer_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/buffer_internal.h"
#include "bigsweep/helpers.h"
#include "bigsweep/json.h"

static bool has_failed(const bs_writer *w) { return w->error.status != BS_OK; }

bs_status bs_writer_status(const bs_writer *w, bs_error *err) {
  if (has_failed(w))
    return bs_error_set(err, w->error.status, "%s", w->error.message);
  if (w->depth > 0)
    return bs_error_set(err, BS_ERR_INTERNAL, "JSON out of order: \"%c\" is missing at the end",
                        w->open[w->depth - 1].closing);
  return BS_OK;
}

void bs_writer_append(bs_writer *w, const char *bytes, size_t n_bytes) {
  if (!has_failed(w))
    bs_text_append(w->to, bytes, n_bytes, &w->error);
}

void bs_writer_append_string(bs_writer *w, const char *string) {
  bs_writer_append(w, string, strlen(string));
}

void bs_writer_printf(bs_writer *w, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (!has_failed(w))
    bs_text_vprintf(w->to, &w->error, format, arguments);
  va_end(arguments);
}

static void misuse(bs_writer *w, const char *what) {
  bs_error_set(&w->error, BS_ERR_INTERNAL, "JSON out of order: %s", what);
}

static bool is_in_object(const bs_writer *w) {
  return w->depth > 0 && w->open[w->depth - 1].closing == '}';
}

/* Where a key or an element begins. */
static void begin_member(bs_writer *w) {
  if (w->open[w->depth - 1].has_member)
    bs_writer_append(w, ", ", 2);
  w->open[w->depth - 1].has_member = true;
}

static void begin_value(bs_writer *w) {
  if (is_in_object(w)) {
    if (!w->has_key)
      misuse(w, "a value in an object has no key");
    w->has_key = false;
  } else if (w->depth > 0) {
    begin_member(w);
  }
}

static void begin(bs_writer *w, char opening, char closing) {
  begin_value(w);
  if (w->depth == BS_WRITER_DEPTH)
    misuse(w, "too many objects and arrays inside each other");
  bs_writer_append(w, &opening, 1);
  if (has_failed(w))
    return;
  w->open[w->depth].closing = closing;
  w->open[w->depth].has_member = false;
  w->depth++;
}

static void end(bs_writer *w, char closing) {
  if (w->depth == 0 || w->open[w->depth - 1].closing != closing)
    misuse(w, "an end without its beginning");
  if (w->has_key)
    misuse(w, "a key has no value");
  bs_writer_append(w, &closing, 1);
  if (!has_failed(w))
    w->depth--;
}

void bs_writer_begin_object(bs_writer *w) { begin(w, '{', '}'); }
void bs_writer_end_object(bs_writer *w) { end(w, '}'); }
void bs_writer_begin_array(bs_writer *w) { begin(w, '[', ']'); }
void bs_writer_end_array(bs_writer *w) { end(w, ']'); }

static void append_literal(bs_writer *w, const char *bytes, size_t n_bytes) {
  if (!has_failed(w))
    bs_json_append_string(w->to, bytes, n_bytes, &w->error);
}

void bs_writer_key(bs_writer *w, const char *key) {
  if (!is_in_object(w) || w->has_key) {
    misuse(w, "a key where none can stand");
    return;
  }
  begin_member(w);
  append_literal(w, key, strlen(key));
  bs_writer_append(w, ": ", 2);
  w->has_key = true;
}

void bs_writer_string(bs_writer *w, const char *bytes, size_t n_bytes) {
  begin_value(w);
  append_literal(w, bytes, n_bytes);
}

void bs_writer_number(bs_writer *w, double value) {
  begin_value(w);
  if (!has_failed(w))
    bs_json_append_double(w->to, value, &w->error);
}

void bs_writer_integer(bs_writer *w, int64_t value) {
  begin_value(w);
  bs_writer_printf(w, "%" PRId64, value);
}

void bs_writer_unsigned(bs_writer *w, uint64_t value) {
  begin_value(w);
  bs_writer_printf(w, "%" PRIu64, value);
}

void bs_writer_bool(bs_writer *w, bool value) {
  begin_value(w);
  bs_writer_append_string(w, value ? "true" : "false");
}

void bs_writer_null(bs_writer *w) {
  begin_value(w);
  bs_writer_append_string(w, "null");
}

void bs_writer_member(bs_writer *w, const char *key, const char *text) {
  size_t n_bytes = strlen(text);
  if (bs_utf8_valid_bytes(text, n_bytes) < n_bytes)
    bs_error_set(&w->error, BS_ERR_INPUT, "%s is not UTF-8: %s", key, text);
  bs_writer_key(w, key);
  bs_writer_string(w, text, n_bytes);
}
