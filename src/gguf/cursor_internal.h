/* Reading a GGUF file from its front: little-endian numbers and counted strings. */
#ifndef BIGSWEEP_GGUF_CURSOR_INTERNAL_H
#define BIGSWEEP_GGUF_CURSOR_INTERNAL_H

#include "gguf/gguf_internal.h"

typedef struct bs_gguf_cursor {
  const unsigned char *data;
  size_t at, n_bytes;
  const char *path;
  bs_error *err;
} bs_gguf_cursor;

static inline uint64_t bs_gguf_number(const unsigned char *bytes, size_t n) {
  uint64_t value = 0;
  for (size_t i = 0; i < n; i++)
    value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

/* metadata.c: reads n keys with their values, tells of `what` they belong to. */
bs_status bs_gguf_read_entries(bs_gguf_cursor *cursor, uint64_t n, bs_gguf_entry **entries,
                               size_t *n_entries);
void bs_gguf_free_entries(bs_gguf_entry *entries, size_t n);

/* A number of n bytes, or a string; the file ending before is an error that names `what`. */
bs_status bs_gguf_read_number(bs_gguf_cursor *cursor, size_t n, const char *what, uint64_t *value);
bs_status bs_gguf_read_string(bs_gguf_cursor *cursor, const char *what, const char **text,
                              size_t *n_bytes);

#endif
