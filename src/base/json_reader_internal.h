/* JSON read value by value, without a tree: for lists so long that a tree costs more than they do.
 */
#ifndef BIGSWEEP_BASE_JSON_READER_INTERNAL_H
#define BIGSWEEP_BASE_JSON_READER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

/* Bytes that lie elsewhere; not NUL-terminated. */
typedef struct bs_json_bytes {
  const char *data;
  size_t n_bytes;
} bs_json_bytes;

/* A place in a text. Whatever it takes for JSON, bs_json_parse takes too. Initialise text, at, end
   and capacity 0; free `decoded`. */
typedef struct bs_json_reader {
  const char *text; /* UTF-8, without NUL bytes */
  size_t at, end;
  bool broken;     /* what stands at `at` is no JSON, or memory ran out; nothing more is read */
  bs_text decoded; /* the strings that have escapes */
} bs_json_reader;

/* Passes over white space. False: nothing is left. */
bool bs_json_reader_blanks(bs_json_reader *r);
/* Passes over the character, and white space before it, if it comes next. */
bool bs_json_reader_take(bs_json_reader *r, char character);
/* Whether element i of a list is there, between an opening bracket that was taken and `close`. It
   passes over the comma before the element, or over `close`. */
bool bs_json_reader_next(bs_json_reader *r, size_t i, char close);
/* The next value if it is a string, escapes resolved. The bytes stay where they are as long as text
   and reader do. */
bool bs_json_reader_string(bs_json_reader *r, bs_json_bytes *string);
/* The key of a member with its colon. */
bool bs_json_reader_key(bs_json_reader *r, bs_json_bytes *key);
/* The next value if it is a number. */
bool bs_json_reader_number(bs_json_reader *r, double *number);
/* Passes over the next value, whatever it is, by its brackets and quotes alone. *n_elements is the
   number of commas between its elements plus one when it is a list or an object, else 0. */
bool bs_json_reader_skip(bs_json_reader *r, size_t *n_elements);

#endif
