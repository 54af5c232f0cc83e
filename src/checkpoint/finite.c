/* Weights that are no numbers: what a damaged download or a training run that diverged leaves. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/size_internal.h"
#include "checkpoint/dtype_internal.h"
#include "checkpoint/finite_internal.h"

/* Elements that are looked at together. */
enum { BLOCK = 1 << 15 };

/* The bits of the exponent: all set in what is infinite or no number. */
typedef struct layout {
  bs_dtype dtype;
  uint32_t exponent, fraction;
} layout;

static const layout layouts[] = {{BS_DTYPE_F32, 0x7F800000U, 0x007FFFFFU},
                                 {BS_DTYPE_F16, 0x7C00U, 0x03FFU},
                                 {BS_DTYPE_BF16, 0x7F80U, 0x007FU}};

static bool words_are_finite(const unsigned char *data, size_t n, uint32_t exponent) {
  uint32_t n_bad = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, data + i * sizeof bits, sizeof bits);
    n_bad += (bits & exponent) == exponent;
  }
  return n_bad == 0;
}

static bool halves_are_finite(const unsigned char *data, size_t n, uint16_t exponent) {
  uint16_t n_bad = 0; /* as wide as the elements, which BLOCK does not overflow */
  for (size_t i = 0; i < n; i++) {
    uint16_t bits;
    memcpy(&bits, data + i * sizeof bits, sizeof bits);
    n_bad = (uint16_t)(n_bad + ((bits & exponent) == exponent));
  }
  return n_bad == 0;
}

static bool block_is_finite(const bs_tensor *tensor, const layout *of, size_t first, size_t n) {
  size_t n_bytes = bs_dtype_bytes(tensor->dtype);
  const unsigned char *data = (const unsigned char *)tensor->data + first * n_bytes;
  return n_bytes == sizeof(uint32_t) ? words_are_finite(data, n, of->exponent)
                                     : halves_are_finite(data, n, (uint16_t)of->exponent);
}

/* Says what is wrong with the first element of a block that has one. */
static bs_status tell(const bs_tensor *tensor, const layout *of, size_t first, size_t n,
                      bs_error *err) {
  size_t n_bytes = bs_dtype_bytes(tensor->dtype), at = first;
  while (at + 1 < first + n && block_is_finite(tensor, of, at, 1))
    at++;
  uint32_t bits = 0; /* little-endian, as the file is */
  memcpy(&bits, (const unsigned char *)tensor->data + at * n_bytes, n_bytes);
  return bs_error_set(err, BS_ERR_INPUT,
                      "the weights are damaged: element %zu of the tensor %s is %s: download the "
                      "checkpoint again, or leave it out if it is its training that diverged",
                      at, tensor->name, (bits & of->fraction) != 0 ? "NaN" : "infinite");
}

/* Weights in blocks are finite if what they are expanded to is: element n where all are. */
static size_t first_bad_of_blocks(const bs_tensor *tensor) {
  enum { CHUNK = 16 * BS_BLOCK_MOST_VALUES };
  const bs_block_type *type = bs_dtype_blocks(tensor->dtype);
  const unsigned char *data = tensor->data;
  size_t n = bs_tensor_elements(tensor), n_chunks = bs_ceil_div(n, CHUNK), first_bad = n;
#pragma omp parallel for schedule(static) reduction(min : first_bad)
  for (size_t chunk = 0; chunk < n_chunks; chunk++) {
    float values[CHUNK];
    size_t first = chunk * CHUNK, n_values = bs_size_min(n - first, CHUNK);
    bs_blocks_expand(type, data + bs_dtype_size(tensor->dtype, first), n_values, values);
    for (size_t i = 0; i < n_values; i++)
      if (!isfinite(values[i]))
        first_bad = bs_size_min(first_bad, first + i);
  }
  return first_bad;
}

static bs_status check_blocks(const bs_tensor *tensor, bs_error *err) {
  size_t first = first_bad_of_blocks(tensor);
  if (first == bs_tensor_elements(tensor))
    return BS_OK;
  return bs_error_set(err, BS_ERR_INPUT,
                      "the weights are damaged: element %zu of the tensor %s is not finite: "
                      "download or convert the model again",
                      first, tensor->name);
}

bs_status bs_tensor_check_finite(const bs_tensor *tensor, bs_error *err) {
  const layout *of = NULL;
  if (bs_dtype_blocks(tensor->dtype) != NULL)
    return check_blocks(tensor, err);
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
    if (layouts[i].dtype == tensor->dtype)
      of = &layouts[i];
  if (of == NULL) /* whole numbers */
    return BS_OK;
  size_t n = tensor->n_bytes / bs_dtype_bytes(tensor->dtype);
  size_t n_blocks = bs_ceil_div(n, BLOCK), first_bad = n_blocks;
#pragma omp parallel for schedule(static) reduction(min : first_bad)
  for (size_t b = 0; b < n_blocks; b++)
    if (b < first_bad &&
        !block_is_finite(tensor, of, b * BLOCK, n - b * BLOCK < BLOCK ? n - b * BLOCK : BLOCK))
      first_bad = b;
  if (first_bad == n_blocks)
    return BS_OK;
  size_t first = first_bad * BLOCK;
  return tell(tensor, of, first, n - first < BLOCK ? n - first : BLOCK, err);
}
