/* The keys of a GGUF file and their values. */
#include <stdlib.h>
#include <string.h>

#include "base/half_internal.h"
#include "base/memory_internal.h"
#include "gguf/cursor_internal.h"

static const struct {
  const char *name;
  size_t n_bytes; /* 0: it has no fixed size */
} value_types[BS_GGUF_VALUE_TYPES] = {
    [BS_GGUF_U8] = {"uint8", 1},    [BS_GGUF_I8] = {"int8", 1},    [BS_GGUF_U16] = {"uint16", 2},
    [BS_GGUF_I16] = {"int16", 2},   [BS_GGUF_U32] = {"uint32", 4}, [BS_GGUF_I32] = {"int32", 4},
    [BS_GGUF_F32] = {"float32", 4}, [BS_GGUF_BOOL] = {"bool", 1},  [BS_GGUF_STRING] = {"string", 0},
    [BS_GGUF_ARRAY] = {"array", 0}, [BS_GGUF_U64] = {"uint64", 8}, [BS_GGUF_I64] = {"int64", 8},
    [BS_GGUF_F64] = {"float64", 8},
};

bs_status bs_gguf_read_number(bs_gguf_cursor *cursor, size_t n, const char *what, uint64_t *value) {
  *value = 0;
  if (cursor->n_bytes - cursor->at < n)
    return bs_error_set(
        cursor->err, BS_ERR_INPUT,
        "%s: the file ends within %s, at byte %zu: it was cut short; fetch it again", cursor->path,
        what, cursor->n_bytes);
  *value = bs_gguf_number(cursor->data + cursor->at, n);
  cursor->at += n;
  return BS_OK;
}

bs_status bs_gguf_read_string(bs_gguf_cursor *cursor, const char *what, const char **text,
                              size_t *n_bytes) {
  uint64_t n = 0;
  bs_status status = bs_gguf_read_number(cursor, 8, what, &n);
  if (status == BS_OK && n > cursor->n_bytes - cursor->at)
    status = bs_error_set(cursor->err, BS_ERR_INPUT,
                          "%s: the length of %s, %llu bytes, goes past the end of the file",
                          cursor->path, what, (unsigned long long)n);
  if (status != BS_OK)
    return status;
  *text = (const char *)cursor->data + cursor->at;
  *n_bytes = (size_t)n;
  cursor->at += (size_t)n;
  return BS_OK;
}

static bs_status read_type(bs_gguf_cursor *cursor, const char *key, bs_gguf_value_type *type) {
  uint64_t number = 0;
  bs_status status = bs_gguf_read_number(cursor, 4, key, &number);
  if (status == BS_OK && number >= BS_GGUF_VALUE_TYPES)
    status =
        bs_error_set(cursor->err, BS_ERR_UNSUPPORTED,
                     "%s: the value of key %s has type %llu; types 0 to %d are known, and what "
                     "an unknown value takes cannot be skipped",
                     cursor->path, key, (unsigned long long)number, BS_GGUF_VALUE_TYPES - 1);
  *type = status == BS_OK ? (bs_gguf_value_type)number : BS_GGUF_U8;
  return status;
}

/* Moves behind the entry's elements. */
static bs_status skip_elements(bs_gguf_cursor *cursor, const bs_gguf_entry *entry) {
  size_t each = value_types[entry->type].n_bytes, n_bytes, n_text;
  const char *text;
  bs_status status = BS_OK;
  if (each == 0) {
    for (size_t i = 0; i < entry->n && status == BS_OK; i++)
      status = bs_gguf_read_string(cursor, entry->key, &text, &n_text);
    return status;
  }
  if (!bs_size_mul(entry->n, each, &n_bytes) || n_bytes > cursor->n_bytes - cursor->at)
    return bs_error_set(cursor->err, BS_ERR_INPUT,
                        "%s: the value of key %s, %zu elements of type %s, goes past the end of "
                        "the file",
                        cursor->path, entry->key, entry->n, value_types[entry->type].name);
  cursor->at += n_bytes;
  return BS_OK;
}

static bs_status read_value(bs_gguf_cursor *cursor, bs_gguf_entry *entry) {
  uint64_t n = 1;
  bs_status status = read_type(cursor, entry->key, &entry->type);
  if (status == BS_OK && entry->type == BS_GGUF_ARRAY) {
    entry->is_array = true;
    status = read_type(cursor, entry->key, &entry->type);
    if (status == BS_OK && entry->type == BS_GGUF_ARRAY)
      status = bs_error_set(cursor->err, BS_ERR_UNSUPPORTED,
                            "%s: key %s is an array of arrays, which is not read", cursor->path,
                            entry->key);
    if (status == BS_OK)
      status = bs_gguf_read_number(cursor, 8, entry->key, &n);
  }
  if (status != BS_OK)
    return status;
  entry->n = (size_t)n;
  entry->data = cursor->data + cursor->at;
  return skip_elements(cursor, entry);
}

static int by_key(const void *a, const void *b) {
  return strcmp(((const bs_gguf_entry *)a)->key, ((const bs_gguf_entry *)b)->key);
}

static bs_status check_twice(const bs_gguf_cursor *cursor, const bs_gguf_entry *entries, size_t n) {
  for (size_t i = 1; i < n; i++)
    if (strcmp(entries[i - 1].key, entries[i].key) == 0)
      return bs_error_set(cursor->err, BS_ERR_INPUT, "%s: two keys of the name %s", cursor->path,
                          entries[i].key);
  return BS_OK;
}

bs_status bs_gguf_read_entries(bs_gguf_cursor *cursor, uint64_t n, bs_gguf_entry **entries,
                               size_t *n_entries) {
  enum { FEWEST_BYTES = 8 + 4 + 1 }; /* of a key and its value */
  bs_status status = BS_OK;
  const char *key;
  size_t n_key;
  if (n > (cursor->n_bytes - cursor->at) / FEWEST_BYTES)
    return bs_error_set(cursor->err, BS_ERR_INPUT,
                        "%s: %llu keys are announced, more than the file has bytes for",
                        cursor->path, (unsigned long long)n);
  *entries = bs_array_new((size_t)n, sizeof **entries, cursor->err);
  if (*entries == NULL)
    return BS_ERR_MEMORY;
  for (; *n_entries < n && status == BS_OK; (*n_entries)++) {
    bs_gguf_entry *entry = &(*entries)[*n_entries];
    status = bs_gguf_read_string(cursor, "the name of a key", &key, &n_key);
    if (status == BS_OK && (entry->key = bs_string_new(key, n_key, cursor->err)) == NULL)
      status = BS_ERR_MEMORY;
    if (status == BS_OK &&
        (strlen(entry->key) != n_key || bs_utf8_valid_bytes(key, n_key) != n_key))
      status = bs_error_set(cursor->err, BS_ERR_INPUT, "%s: the name of key %zu is not text",
                            cursor->path, *n_entries);
    if (status == BS_OK)
      status = read_value(cursor, entry);
  }
  if (status != BS_OK)
    return status;
  qsort(*entries, *n_entries, sizeof **entries, by_key);
  return check_twice(cursor, *entries, *n_entries);
}

void bs_gguf_free_entries(bs_gguf_entry *entries, size_t n) {
  for (size_t i = 0; entries != NULL && i < n; i++)
    free(entries[i].key);
  free(entries);
}

const bs_gguf_entry *bs_gguf_find(const bs_gguf *gguf, const char *key) {
  bs_gguf_entry wanted = {.key = (char *)(size_t)key};
  return gguf->n_entries == 0
             ? NULL
             : bsearch(&wanted, gguf->entries, gguf->n_entries, sizeof wanted, by_key);
}

static bool is_whole(bs_gguf_value_type type) {
  return value_types[type].n_bytes > 0 && type != BS_GGUF_F32 && type != BS_GGUF_F64 &&
         type != BS_GGUF_BOOL;
}

double bs_gguf_number_at(const bs_gguf_entry *entry, size_t i) {
  size_t n = value_types[entry->type].n_bytes;
  uint64_t bits = bs_gguf_number(entry->data + i * n, n);
  double wide;
  switch (entry->type) {
  case BS_GGUF_I8:
    return (int8_t)bits;
  case BS_GGUF_I16:
    return (int16_t)bits;
  case BS_GGUF_I32:
    return (int32_t)bits;
  case BS_GGUF_I64:
    return (double)(int64_t)bits;
  case BS_GGUF_F32:
    return (double)bs_f32_of_bits((uint32_t)bits);
  case BS_GGUF_F64:
    memcpy(&wide, &bits, sizeof wide);
    return wide;
  default:
    return (double)bits;
  }
}

/* The entry of a key, which has to be one value; *entry NULL: absent and not required. */
static bs_status find_one(const bs_gguf *gguf, const char *key, bool required,
                          const bs_gguf_entry **entry, bs_error *err) {
  *entry = bs_gguf_find(gguf, key);
  if (*entry == NULL && required)
    return bs_error_set(err, BS_ERR_INPUT, "%s: no key %s", gguf->path, key);
  if (*entry != NULL && (*entry)->is_array)
    return bs_error_set(err, BS_ERR_INPUT, "%s: key %s is an array; expected one value", gguf->path,
                        key);
  return BS_OK;
}

static bs_status wrong_type(const bs_gguf *gguf, const bs_gguf_entry *entry, const char *expected,
                            bs_error *err) {
  return bs_error_set(err, BS_ERR_INPUT, "%s: key %s is of type %s; expected %s", gguf->path,
                      entry->key, value_types[entry->type].name, expected);
}

bs_status bs_gguf_get_size(const bs_gguf *gguf, const char *key, bool required, uint64_t *out,
                           bs_error *err) {
  const bs_gguf_entry *entry;
  bs_status status = find_one(gguf, key, required, &entry, err);
  if (status != BS_OK || entry == NULL)
    return status;
  if (!is_whole(entry->type))
    return wrong_type(gguf, entry, "a whole number", err);
  if (bs_gguf_number_at(entry, 0) < 0)
    return bs_error_set(err, BS_ERR_INPUT, "%s: key %s is negative", gguf->path, key);
  *out = bs_gguf_number(entry->data, value_types[entry->type].n_bytes);
  return BS_OK;
}

bs_status bs_gguf_get_double(const bs_gguf *gguf, const char *key, bool required, double *out,
                             bs_error *err) {
  const bs_gguf_entry *entry;
  bs_status status = find_one(gguf, key, required, &entry, err);
  if (status != BS_OK || entry == NULL)
    return status;
  if (entry->type == BS_GGUF_STRING || entry->type == BS_GGUF_BOOL)
    return wrong_type(gguf, entry, "a number", err);
  *out = bs_gguf_number_at(entry, 0);
  return BS_OK;
}

bs_status bs_gguf_get_bool(const bs_gguf *gguf, const char *key, bool required, bool *out,
                           bs_error *err) {
  const bs_gguf_entry *entry;
  bs_status status = find_one(gguf, key, required, &entry, err);
  if (status != BS_OK || entry == NULL)
    return status;
  if (entry->type != BS_GGUF_BOOL)
    return wrong_type(gguf, entry, "bool", err);
  *out = entry->data[0] != 0;
  return BS_OK;
}

const char *bs_gguf_next_string(const unsigned char **at, size_t *n_bytes) {
  *n_bytes = (size_t)bs_gguf_number(*at, 8);
  const char *text = (const char *)*at + 8;
  *at += 8 + *n_bytes;
  return text;
}

bs_status bs_gguf_get_string(const bs_gguf *gguf, const char *key, bool required, const char **out,
                             size_t *n_bytes, bs_error *err) {
  const bs_gguf_entry *entry;
  bs_status status = find_one(gguf, key, required, &entry, err);
  if (status != BS_OK || entry == NULL)
    return status;
  if (entry->type != BS_GGUF_STRING)
    return wrong_type(gguf, entry, "a string", err);
  const unsigned char *at = entry->data;
  *out = bs_gguf_next_string(&at, n_bytes);
  return BS_OK;
}

bs_status bs_gguf_get_array(const bs_gguf *gguf, const char *key, bs_gguf_value_type type,
                            bool required, const bs_gguf_entry **out, bs_error *err) {
  *out = bs_gguf_find(gguf, key);
  if (*out == NULL)
    return required ? bs_error_set(err, BS_ERR_INPUT, "%s: no key %s", gguf->path, key) : BS_OK;
  if (!(*out)->is_array || (*out)->type != type)
    return bs_error_set(err, BS_ERR_INPUT, "%s: key %s is %s%s; expected an array of type %s",
                        gguf->path, key, (*out)->is_array ? "an array of type " : "of type ",
                        value_types[(*out)->type].name, value_types[type].name);
  return BS_OK;
}
