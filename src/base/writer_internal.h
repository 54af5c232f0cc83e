/* A writer of text and JSON that keeps its first error: what it is asked to write after that does
   nothing, so that one question at the end is enough. */
#ifndef BIGSWEEP_BASE_WRITER_INTERNAL_H
#define BIGSWEEP_BASE_WRITER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

enum { BS_WRITER_DEPTH = 16 }; /* objects and arrays inside each other */

/* Initialise with {.to = &text}; there is nothing to free. The text is the caller's, and is read
   only when bs_writer_status has returned BS_OK. */
typedef struct bs_writer {
  bs_text *to;
  size_t depth;
  struct {
    char closing; /* '}' or ']' */
    bool has_member;
  } open[BS_WRITER_DEPTH];
  bool has_key; /* its value comes next */
  bs_error error;
} bs_writer;

/* BS_OK, or the first error, which `err` receives. BS_ERR_MEMORY; BS_ERR_INPUT (bs_writer_member);
   BS_ERR_INTERNAL for JSON calls out of order (a value without a key in an object, an end without
   its beginning) and for an object or array that is still open. */
bs_status bs_writer_status(const bs_writer *w, bs_error *err);

/* Text, wherever the writer is. */
void bs_writer_append(bs_writer *w, const char *bytes, size_t n_bytes);
void bs_writer_append_string(bs_writer *w, const char *string);
void bs_writer_printf(bs_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* JSON, on one line: ", " between members and ": " behind a key are written where they belong.
   Outside of objects and arrays a value stands for itself. */
void bs_writer_begin_object(bs_writer *w);
void bs_writer_end_object(bs_writer *w);
void bs_writer_begin_array(bs_writer *w);
void bs_writer_end_array(bs_writer *w);
void bs_writer_key(bs_writer *w, const char *key);
void bs_writer_string(bs_writer *w, const char *bytes, size_t n_bytes); /* UTF-8 */
void bs_writer_number(bs_writer *w, double value); /* as bs_json_append_double */
void bs_writer_integer(bs_writer *w, int64_t value);
void bs_writer_unsigned(bs_writer *w, uint64_t value);
void bs_writer_bool(bs_writer *w, bool value);
void bs_writer_null(bs_writer *w);
/* A key and a string, which is checked: BS_ERR_INPUT "KEY is not UTF-8: TEXT". */
void bs_writer_member(bs_writer *w, const char *key, const char *text);

#endif
