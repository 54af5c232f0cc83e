/* Allocation with checked sizes. madvise() is outside POSIX. */
#define _DEFAULT_SOURCE

#include "base/memory_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

void *bs_array_new(size_t n, size_t element_bytes, bs_error *err) {
  void *array = calloc(n > 0 ? n : 1, element_bytes);
  if (array == NULL)
    bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu elements of %zu bytes", n, element_bytes);
  return array;
}

void bs_prefer_huge_pages(void *memory, size_t n_bytes) {
#ifdef MADV_HUGEPAGE
  size_t lead = bs_round_up((uintptr_t)memory, HUGE_PAGE) - (uintptr_t)memory;
  if (memory != NULL && n_bytes >= lead + HUGE_PAGE)
    (void)madvise((char *)memory + lead, (n_bytes - lead) / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#else
  (void)memory, (void)n_bytes;
#endif
}

bs_status bs_array_reserve(void *array, size_t *capacity, size_t n, size_t n_more,
                           size_t element_bytes, bs_error *err) {
  size_t needed;
  if (!bs_size_add(n, n_more, &needed))
    return bs_error_set(err, BS_ERR_MEMORY, "array of %zu and %zu more elements", n, n_more);
  if (needed <= *capacity)
    return BS_OK;
  size_t larger = *capacity < 8 ? 8 : *capacity;
  while (larger < needed)
    larger = larger > SIZE_MAX / 2 ? needed : 2 * larger;
  size_t n_bytes;
  void *elements;
  memcpy(&elements, array, sizeof elements); /* a T * must not be read as a void * */
  void *grown = bs_size_mul(larger, element_bytes, &n_bytes) ? realloc(elements, n_bytes) : NULL;
  if (grown == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu elements of %zu bytes", larger,
                        element_bytes);
  memcpy(array, &grown, sizeof grown);
  *capacity = larger;
  return BS_OK;
}

char *bs_string_new(const char *bytes, size_t n_bytes, bs_error *err) {
  char *copy = n_bytes < SIZE_MAX ? malloc(n_bytes + 1) : NULL;
  if (copy == NULL) {
    bs_error_set(err, BS_ERR_MEMORY, "cannot allocate a string of %zu bytes", n_bytes);
    return NULL;
  }
  if (n_bytes > 0)
    memcpy(copy, bytes, n_bytes);
  copy[n_bytes] = '\0';
  return copy;
}

char *bs_string_copy(const char *string, bs_error *err) {
  return bs_string_new(string, strlen(string), err);
}
