/* A GGUF file: metadata and tensors in one file, or in several (splits). Mapped read-only; every
   length and offset in it is checked before use. Format: github.com/ggml-org/ggml, docs/gguf.md;
   versions 2 and 3. */
#ifndef BIGSWEEP_GGUF_GGUF_INTERNAL_H
#define BIGSWEEP_GGUF_GGUF_INTERNAL_H

#include <stdbool.h>

#include "base/file_internal.h"
#include "gguf/types_internal.h"

/* Types of values; the numbers are those of the format. */
typedef enum bs_gguf_value_type {
  BS_GGUF_U8,
  BS_GGUF_I8,
  BS_GGUF_U16,
  BS_GGUF_I16,
  BS_GGUF_U32,
  BS_GGUF_I32,
  BS_GGUF_F32,
  BS_GGUF_BOOL,
  BS_GGUF_STRING,
  BS_GGUF_ARRAY,
  BS_GGUF_U64,
  BS_GGUF_I64,
  BS_GGUF_F64,
  BS_GGUF_VALUE_TYPES
} bs_gguf_value_type;

/* A key with its value, which lies in the file: `n` elements of `type`, one unless is_array. */
typedef struct bs_gguf_entry {
  char *key;
  bs_gguf_value_type type;
  bool is_array;
  size_t n;
  const unsigned char *data;
} bs_gguf_entry;

enum { BS_GGUF_MAX_DIMS = 4 };

typedef struct bs_gguf_tensor {
  char *name;
  size_t n_dims;
  uint64_t extents[BS_GGUF_MAX_DIMS]; /* the contiguous one first */
  const bs_block_type *type;
  const unsigned char *data;
  size_t n_bytes;
} bs_gguf_tensor;

typedef struct bs_gguf {
  char *path; /* of the first file */
  bs_file_map *maps;
  char **names; /* of the files, without their folder */
  size_t *data_starts;
  size_t n_maps, capacity;
  bs_gguf_entry *entries; /* of the first file, in order of key */
  size_t n_entries;
  bs_gguf_tensor *tensors; /* of all files, in order of name */
  size_t n_tensors;
} bs_gguf;

/* Whether a path is meant as a GGUF file: by its ending. */
bool bs_gguf_is_path(const char *path);

/* Opens a file, and the others of its splits. BS_ERR_INPUT for one that is not well-formed,
   BS_ERR_UNSUPPORTED for a version, a byte order or a type that is not read. */
bs_status bs_gguf_open(bs_gguf **out, const char *path, bs_error *err);
void bs_gguf_free(bs_gguf **gguf);

/* The entry of a key, NULL when absent. */
const bs_gguf_entry *bs_gguf_find(const bs_gguf *gguf, const char *key);

/* Typed values. Absent keys are an error where `required`, else *out stays as it was; another type
   is BS_ERR_INPUT. */
bs_status bs_gguf_get_size(const bs_gguf *gguf, const char *key, bool required, uint64_t *out,
                           bs_error *err);
bs_status bs_gguf_get_double(const bs_gguf *gguf, const char *key, bool required, double *out,
                             bs_error *err);
bs_status bs_gguf_get_bool(const bs_gguf *gguf, const char *key, bool required, bool *out,
                           bs_error *err);
/* The bytes lie in the file, without a NUL behind them. */
bs_status bs_gguf_get_string(const bs_gguf *gguf, const char *key, bool required, const char **out,
                             size_t *n_bytes, bs_error *err);
/* An array of `type`; NULL when absent and not required. */
bs_status bs_gguf_get_array(const bs_gguf *gguf, const char *key, bs_gguf_value_type type,
                            bool required, const bs_gguf_entry **out, bs_error *err);

/* Element i of an array of numbers. */
double bs_gguf_number_at(const bs_gguf_entry *entry, size_t i);
/* The string at *at, which moves behind it: walks an array of strings from entry->data on. */
const char *bs_gguf_next_string(const unsigned char **at, size_t *n_bytes);

#endif
