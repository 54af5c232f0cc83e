/* Allocation with checked sizes. */
#ifndef BIGSWEEP_BASE_MEMORY_INTERNAL_H
#define BIGSWEEP_BASE_MEMORY_INTERNAL_H

#include <stddef.h>

#include "base/size_internal.h"
#include "bigsweep/error.h"
#include "bigsweep/helpers.h"

/* Makes room for n_more elements behind the first n of an array that has room for *capacity, which
   doubles as it grows. `array` is the address of the pointer to the elements, of whatever type; the
   pointer is NULL at first and freed with free(). On BS_ERR_MEMORY all is as it was. */
#define bs_reserve(array, capacity, n, n_more, err)                                                \
  bs_array_reserve((array), (capacity), (n), (n_more), sizeof **(array), (err))

/* The same where the size of an element is known at run time alone: `array` is the address of a
   pointer to any type. */
bs_status bs_array_reserve(void *array, size_t *capacity, size_t n, size_t n_more,
                           size_t element_bytes, bs_error *err);

/* Memory that was just allocated, will be written all over and is read at random: what huge pages
   fit in it is taken from them where the system has some. NULL is nothing. */
void bs_prefer_huge_pages(void *memory, size_t n_bytes);

/* Copy of n_bytes bytes with a NUL behind; free with free(). */
char *bs_string_new(const char *bytes, size_t n_bytes, bs_error *err);

#endif
