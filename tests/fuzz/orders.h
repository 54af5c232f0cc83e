/* An input that is not the data itself but orders for changing well-made data: bytes that are used
   up one after the other. Whatever they are, they mean something. */
#ifndef BIGSWEEP_TESTS_FUZZ_ORDERS_H
#define BIGSWEEP_TESTS_FUZZ_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"

/* The orders as they are used up; at their end all is zero. */
typedef struct bs_fuzz_orders {
  const uint8_t *at;
  size_t left;
} bs_fuzz_orders;

uint8_t bs_fuzz_next(bs_fuzz_orders *of);
/* A number in which what matters is likely: small ones, the largest ones, any. */
uint64_t bs_fuzz_next_number(bs_fuzz_orders *of);
/* At most `most` bytes; returns how many. */
size_t bs_fuzz_next_bytes(bs_fuzz_orders *of, char *to, size_t most);

/* Changes a text or a message until the orders are used up: numbers and bytes in it are replaced,
   bytes come in, go away or come once more, the end is cut off. */
void bs_fuzz_change(bs_text *text, bs_fuzz_orders *of);

#endif
