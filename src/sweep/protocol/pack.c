/* Little-endian fields in a byte buffer. */
#include "sweep/protocol/pack_internal.h"

#include <string.h>

static void put(bs_packer *packer, const void *bytes, size_t n) {
  if (!packer->failed && bs_text_append(packer->to, bytes, n, NULL) != BS_OK)
    packer->failed = true;
}

void bs_pack_u32(bs_packer *packer, uint32_t value) {
  unsigned char bytes[4];
  for (unsigned i = 0; i < 4; i++)
    bytes[i] = (unsigned char)(value >> 8 * i);
  put(packer, bytes, sizeof bytes);
}

void bs_pack_u64(bs_packer *packer, uint64_t value) {
  bs_pack_u32(packer, (uint32_t)value);
  bs_pack_u32(packer, (uint32_t)(value >> 32));
}

void bs_pack_f64(bs_packer *packer, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  bs_pack_u64(packer, bits);
}

void bs_pack_string(bs_packer *packer, const char *bytes, size_t n_bytes) {
  bs_pack_u64(packer, n_bytes);
  put(packer, bytes, n_bytes);
  put(packer, "", 1);
}

static const char *take(bs_unpacker *unpacker, size_t n) {
  if (unpacker->failed || n > unpacker->left) {
    unpacker->failed = true;
    return NULL;
  }
  const char *at = unpacker->at;
  unpacker->at += n;
  unpacker->left -= n;
  return at;
}

uint32_t bs_unpack_u32(bs_unpacker *unpacker) {
  const unsigned char *bytes = (const unsigned char *)take(unpacker, 4);
  if (bytes == NULL)
    return 0;
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
         (uint32_t)bytes[3] << 24;
}

uint64_t bs_unpack_u64(bs_unpacker *unpacker) {
  uint64_t low = bs_unpack_u32(unpacker);
  return low | (uint64_t)bs_unpack_u32(unpacker) << 32;
}

double bs_unpack_f64(bs_unpacker *unpacker) {
  uint64_t bits = bs_unpack_u64(unpacker);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

const char *bs_unpack_string(bs_unpacker *unpacker, size_t *n_bytes) {
  uint64_t n = bs_unpack_u64(unpacker);
  *n_bytes = 0;
  if (unpacker->failed || n >= unpacker->left) {
    unpacker->failed = true;
    return "";
  }
  const char *bytes = take(unpacker, (size_t)n + 1);
  if (bytes[n] != '\0') {
    unpacker->failed = true;
    return "";
  }
  *n_bytes = (size_t)n;
  return bytes;
}

uint32_t bs_unpack_limited(bs_unpacker *unpacker, uint32_t most) {
  uint32_t value = bs_unpack_u32(unpacker);
  if (value <= most)
    return value;
  unpacker->failed = true;
  return 0;
}

void bs_pack_text(bs_packer *packer, const char *string) {
  bs_pack_string(packer, string, strlen(string));
}

const char *bs_unpack_text(bs_unpacker *unpacker) {
  size_t n_bytes;
  return bs_unpack_string(unpacker, &n_bytes);
}

size_t bs_unpack_count(bs_unpacker *unpacker, size_t least_bytes) {
  uint64_t n = bs_unpack_u64(unpacker);
  if (n > unpacker->left / least_bytes) {
    unpacker->failed = true;
    return 0;
  }
  return (size_t)n;
}
