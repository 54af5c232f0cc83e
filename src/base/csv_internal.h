/* CSV (RFC 4180), strictly: fields with quotes around them or none in them, lines that end in LF or
   CRLF, UTF-8 without U+0000. */
#ifndef BIGSWEEP_BASE_CSV_INTERNAL_H
#define BIGSWEEP_BASE_CSV_INTERNAL_H

#include <stddef.h>

#include "base/writer_internal.h"
#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

/* One record at a time. Set name, text and n_bytes; the rest is zero to begin with. */
typedef struct bs_csv {
  const char *name; /* of the file, for messages */
  const char *text;
  size_t n_bytes, at;
  size_t line; /* on which the record begins, from 1 */
  size_t next_line;
  bs_text bytes;  /* of the record's fields, each with a NUL behind */
  size_t *fields; /* [n_fields]: offsets into bytes */
  size_t n_fields, cap_fields;
} bs_csv;

/* Reads the next record into fields; n_fields is 0 at the end. Empty lines are passed over. */
bs_status bs_csv_next(bs_csv *csv, bs_error *err);
const char *bs_csv_field(const bs_csv *csv, size_t i);
/* Frees what reading allocated; name and text are the caller's. */
void bs_csv_free(bs_csv *csv);

/* Writes a field, with quotes around it where RFC 4180 asks for them. */
void bs_csv_write_field(bs_writer *w, const char *field);
/* Writes a number with 17 significant digits, from which the same number is read; nothing for what
   is undefined (NaN), "inf" or "-inf" for what is infinite. */
void bs_csv_write_number(bs_writer *w, double number);

#endif
