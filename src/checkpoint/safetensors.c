/* The header of a safetensors file, checked, as a list of tensors. */
#include "checkpoint/safetensors_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/json.h"

/* The format's own limit; it keeps a lying length from costing memory. */
enum { MAX_HEADER_BYTES = 100000000, LENGTH_BYTES = 8 };

/* Where a tensor's data lies, for the check that the file is filled without holes. */
typedef struct extent {
  uint64_t begin, end;
  const char *name;
} extent;

static bs_status header_length(const unsigned char *bytes, size_t n_bytes, const char *path,
                               size_t *length, bs_error *err) {
  uint64_t value = 0;
  const char *guess = bs_guess_format((const char *)bytes, n_bytes);
  if (n_bytes < LENGTH_BYTES)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: %zu bytes, a safetensors file has at least its 8 bytes of header "
                        "length",
                        path, n_bytes);
  for (size_t i = 0; i < LENGTH_BYTES; i++)
    value |= (uint64_t)bytes[i] << (8 * i);
  bool is_too_long = value > n_bytes - LENGTH_BYTES || value > MAX_HEADER_BYTES;
  if (is_too_long && guess[0] != '\0')
    return bs_error_set(err, BS_ERR_INPUT, "%s: %s", path, guess);
  if (is_too_long)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: a safetensors header of %llu bytes is announced, the file has %zu "
                        "after it and the format allows %d",
                        path, (unsigned long long)value, n_bytes - LENGTH_BYTES, MAX_HEADER_BYTES);
  *length = (size_t)value;
  return BS_OK;
}

/* A whole number of 0 .. 2^53, which a double holds exactly. */
static bs_status whole_number(const bs_json *json, const cJSON *item, uint64_t *out,
                              bs_error *err) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 0x1p53) ||
      item->valuedouble != (double)(uint64_t)item->valuedouble)
    return bs_json_fault(json, item, err, "expected a whole number from 0 to 2^53");
  *out = (uint64_t)item->valuedouble;
  return BS_OK;
}

static bs_status parse_dtype(const bs_json *json, const cJSON *entry, bs_dtype *dtype,
                             bs_error *err) {
  static const bs_dtype known[] = {
#define DTYPE_ID(id, name, bytes) id,
      BS_DTYPE_LIST(DTYPE_ID)
#undef DTYPE_ID
  };
  const char *name = NULL;
  bs_status status = bs_json_get_string(json, entry, "dtype", true, &name, err);
  for (size_t i = 0; status == BS_OK && i < sizeof known / sizeof *known; i++) {
    if (strcmp(name, bs_dtype_name(known[i])) == 0) {
      *dtype = known[i];
      return BS_OK;
    }
  }
  if (status == BS_OK)
    status = bs_json_fault(json, bs_json_get(entry, "dtype"), err,
                           "unknown dtype \"%s\"; known: BOOL, U8, I8, I16, U16, F16, BF16, I32, "
                           "U32, F32, F64, I64, U64",
                           name);
  return status;
}

static bs_status parse_shape(const bs_json *json, const cJSON *entry, bs_tensor *tensor,
                             bs_error *err) {
  const cJSON *shape = bs_json_get(entry, "shape"), *item;
  if (!cJSON_IsArray(shape))
    return bs_json_fault(json, entry, err, "expected \"shape\" to be an array");
  size_t n_bytes = bs_dtype_bytes(tensor->dtype);
  cJSON_ArrayForEach(item, shape) {
    if (tensor->n_dims == BS_TENSOR_MAX_DIMS)
      return bs_json_fault(json, shape, err, "more than %d dimensions", BS_TENSOR_MAX_DIMS);
    uint64_t *extent_of = &tensor->shape[tensor->n_dims++];
    if (whole_number(json, item, extent_of, err) != BS_OK)
      return BS_ERR_INPUT;
    if (!bs_size_mul(n_bytes, (size_t)*extent_of, &n_bytes))
      return bs_json_fault(json, shape, err, "the shape overflows");
  }
  tensor->n_bytes = n_bytes;
  return BS_OK;
}

static bs_status parse_entry(const bs_json *json, const cJSON *entry, const unsigned char *data,
                             size_t n_data, bs_tensor *tensor, extent *place, bs_error *err) {
  if (!cJSON_IsObject(entry))
    return bs_json_fault(json, entry, err, "expected an object with dtype, shape, data_offsets");
  if (parse_dtype(json, entry, &tensor->dtype, err) != BS_OK ||
      parse_shape(json, entry, tensor, err) != BS_OK)
    return BS_ERR_INPUT;
  const cJSON *offsets = bs_json_get(entry, "data_offsets");
  if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2)
    return bs_json_fault(json, entry, err, "expected \"data_offsets\" to be [begin, end]");
  uint64_t begin = 0, end = 0;
  if (whole_number(json, offsets->child, &begin, err) != BS_OK ||
      whole_number(json, offsets->child->next, &end, err) != BS_OK)
    return BS_ERR_INPUT;
  if (begin > end || end > n_data)
    return bs_json_fault(json, offsets, err,
                         "data from %llu to %llu is outside the %zu bytes after the header",
                         (unsigned long long)begin, (unsigned long long)end, n_data);
  if (end - begin != tensor->n_bytes)
    return bs_json_fault(json, offsets, err, "%llu bytes of data, but dtype and shape make %zu",
                         (unsigned long long)(end - begin), tensor->n_bytes);
  tensor->data = data + begin;
  *place = (extent){.begin = begin, .end = end, .name = tensor->name};
  return BS_OK;
}

static int by_place(const void *a, const void *b) {
  const extent *x = a, *y = b;
  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

static bs_status check_places(extent *places, size_t n, size_t n_data, const char *path,
                              bs_error *err) {
  uint64_t filled = 0;
  qsort(places, n, sizeof *places, by_place);
  for (size_t i = 0; i < n; i++) {
    if (places[i].begin != filled)
      return bs_error_set(
          err, BS_ERR_INPUT, "%s: tensor %s begins at byte %llu of the data, %s it at %llu", path,
          places[i].name, (unsigned long long)places[i].begin,
          places[i].begin < filled ? "overlapping what ends after" : "leaving a hole before",
          (unsigned long long)filled);
    filled = places[i].end;
  }
  if (filled != n_data)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: the tensors end at byte %llu of the data, the file at %zu", path,
                        (unsigned long long)filled, n_data);
  return BS_OK;
}

static bs_status parse_header(const bs_json *json, const unsigned char *data, size_t n_data,
                              const char *path, bs_tensor_list *list, bs_error *err) {
  if (!cJSON_IsObject(json->root))
    return bs_json_fault(json, json->root, err, "expected an object of tensors");
  size_t n_places = 0;
  bs_status status = BS_OK;
  extent *places = bs_array_new((size_t)cJSON_GetArraySize(json->root), sizeof *places, err);
  if (places == NULL)
    return BS_ERR_MEMORY;
  const cJSON *entry;
  cJSON_ArrayForEach(entry, json->root) {
    if (strcmp(entry->string, "__metadata__") == 0)
      continue;
    status = bs_reserve(&list->items, &list->capacity, list->n, 1, err);
    char *name = status == BS_OK ? bs_string_copy(entry->string, err) : NULL;
    if (name == NULL) {
      status = BS_ERR_MEMORY;
      goto cleanup;
    }
    bs_tensor *tensor = &list->items[list->n++];
    *tensor = (bs_tensor){.name = name};
    status = parse_entry(json, entry, data, n_data, tensor, &places[n_places++], err);
    if (status != BS_OK)
      goto cleanup;
  }
  status = check_places(places, n_places, n_data, path, err);

cleanup:
  free(places);
  return status;
}

bs_status bs_safetensors_parse(const unsigned char *bytes, size_t n_bytes, const char *path,
                               bs_tensor_list *list, bs_error *err) {
  size_t n_header = 0;
  if (header_length(bytes, n_bytes, path, &n_header, err) != BS_OK)
    return BS_ERR_INPUT;
  bs_json *json = NULL;
  bs_status status = bs_json_parse(&json, (const char *)bytes + LENGTH_BYTES, n_header, path, err);
  if (status == BS_OK)
    status = parse_header(json, bytes + LENGTH_BYTES + n_header, n_bytes - LENGTH_BYTES - n_header,
                          path, list, err);
  bs_json_free(&json);
  return status;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const bs_tensor *)a)->name, ((const bs_tensor *)b)->name);
}

bs_status bs_tensor_list_sort(bs_tensor_list *list, const char *where, bs_error *err) {
  if (list->n > 0)
    qsort(list->items, list->n, sizeof *list->items, by_name);
  for (size_t i = 1; i < list->n; i++)
    if (strcmp(list->items[i - 1].name, list->items[i].name) == 0)
      return bs_error_set(err, BS_ERR_INPUT, "%s: tensor %s stands there twice", where,
                          list->items[i].name);
  return BS_OK;
}

const bs_tensor *bs_tensor_list_find(const bs_tensor_list *list, const char *name) {
  bs_tensor key = {.name = name};
  if (list->n == 0)
    return NULL;
  return bsearch(&key, list->items, list->n, sizeof *list->items, by_name);
}

void bs_tensor_list_free(bs_tensor_list *list) {
  for (size_t i = 0; i < list->n; i++)
    free((char *)(size_t)list->items[i].name);
  free(list->items);
  *list = (bs_tensor_list){0};
}
