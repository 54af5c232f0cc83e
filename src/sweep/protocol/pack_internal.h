/* Little-endian fields in a byte buffer: what messages between ranks are made of. */
#ifndef BIGSWEEP_SWEEP_PROTOCOL_PACK_INTERNAL_H
#define BIGSWEEP_SWEEP_PROTOCOL_PACK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"

/* Writing never fails before the end: the first lack of memory sets `failed`. */
typedef struct bs_packer {
  bs_text *to;
  bool failed;
} bs_packer;

void bs_pack_u32(bs_packer *packer, uint32_t value);
void bs_pack_u64(bs_packer *packer, uint64_t value);
void bs_pack_f64(bs_packer *packer, double value);
/* Length and bytes; bs_unpack_string gives them back with a NUL behind. */
void bs_pack_string(bs_packer *packer, const char *bytes, size_t n_bytes);
void bs_pack_text(bs_packer *packer, const char *string);
/* What a string takes at least. */
enum { BS_LEAST_STRING_BYTES = 9 };

/* Reading past the end gives zeros and sets `failed`. */
typedef struct bs_unpacker {
  const char *at;
  size_t left;
  bool failed;
} bs_unpacker;

uint32_t bs_unpack_u32(bs_unpacker *unpacker);
uint64_t bs_unpack_u64(bs_unpacker *unpacker);
double bs_unpack_f64(bs_unpacker *unpacker);
/* Borrowed from the message; "" on failure. */
const char *bs_unpack_string(bs_unpacker *unpacker, size_t *n_bytes);
const char *bs_unpack_text(bs_unpacker *unpacker);
/* A number that may be `most`; else 0, and `failed` is set. */
uint32_t bs_unpack_limited(bs_unpacker *unpacker, uint32_t most);
/* A count of things that take at least `least_bytes` each: no more of them than can be in what is
   left of the message; else 0, and `failed` is set. */
size_t bs_unpack_count(bs_unpacker *unpacker, size_t least_bytes);

#endif
