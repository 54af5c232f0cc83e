/* Attention on matrix tiles, for precisions whose operands are bf16 parts. An instruction set and a
   precision have a table of these functions or none; without one attention runs in f32
   (rows_internal.h).

   Up to 16 queries of one head are worked on at a time. Scores are sums over the head's dimensions,
   outputs sums over keys in steps of 32 whose borders are absolute positions (multiples of 32), so
   that neither the other queries nor the blocks in which keys and values lie have an influence on
   any bit: what a query does not see has probability 0 and adds exactly nothing, for values in
   memory are always finite. A key whose value is not finite (or so large that bf16 cannot hold it)
   is stored as NaN with a value of zeros: who sees it gets NaN, and nobody else. */
#ifndef BIGSWEEP_KERNELS_TILES_INTERNAL_H
#define BIGSWEEP_KERNELS_TILES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/size_internal.h"
#include "kernels/arithmetic_internal.h"

enum {
  BS_TILE_QUERIES = 16,
  BS_TILE_KEYS = 16, /* scores are computed for whole groups of keys */
  BS_TILE_STEP = 32, /* keys that are summed up at once */
  BS_TILE_BYTES = 1024,
  BS_TILE_PARTS = 2, /* of every operand: 16 bits of its significand */
};

typedef struct bs_tiles {
  /* Around a thread's calls of the three products below. */
  void (*begin)(void);
  void (*end)(void);

  /* A key and its value of one head go to places of a block's keys and values. */
  void (*store)(const float *key, const float *value, size_t head_dim, size_t key_place,
                size_t value_place, void *keys, void *values);
  /* Values at places first .. end become zeros. */
  void (*clear_values)(size_t head_dim, size_t first, size_t end, void *values);

  /* n queries, packed: bs_tiles_query_bytes. */
  void (*pack_queries)(const float *const *queries, size_t n, size_t head_dim, void *packed);
  /* s[i][j], rows ld_s apart, of all 16 queries and n_keys keys, in whole groups. */
  void (*scores)(const void *queries, size_t head_dim, const void *keys, size_t n_keys, float *s,
                 size_t ld_s);
  /* n rows of probabilities, n_columns (a multiple of BS_TILE_STEP) each. */
  void (*pack_probabilities)(const float *p, size_t ld_p, size_t n, size_t n_columns, void *packed);
  /* out[16][bs_tiles_value_width] = or += P V over n_steps steps; values[i] is where the values of
     step i begin. */
  void (*sum_values)(const void *probabilities, const void *const *values, size_t n_steps,
                     size_t head_dim, float *out, bool add);
} bs_tiles;

extern const bs_tiles bs_tiles_amx;

/* For settled arithmetic (bs_arithmetic_settle). NULL: attention runs in f32. */
const bs_tiles *bs_tiles_for(bs_arithmetic arithmetic);

/* Head dimensions as they lie in queries and keys, and in values and outputs. */
static inline size_t bs_tiles_key_width(size_t head_dim) {
  return bs_round_up(head_dim, BS_TILE_STEP);
}
static inline size_t bs_tiles_value_width(size_t head_dim) { return (head_dim + 15) / 16 * 16; }

/* Queries: [steps of 32 dimensions][parts][16 queries][32]. */
static inline size_t bs_tiles_query_bytes(size_t head_dim) {
  return bs_tiles_key_width(head_dim) / BS_TILE_STEP * BS_TILE_PARTS * BS_TILE_BYTES;
}
/* Keys: [groups of 16 keys][steps][parts][16 pairs of dimensions][16 keys][2]. */
static inline size_t bs_tiles_key_bytes(size_t head_dim, size_t n_places) {
  return bs_ceil_div(n_places, BS_TILE_KEYS) * bs_tiles_query_bytes(head_dim);
}
/* Values: [steps of 32 keys][16 dimensions each][parts][16 pairs of keys][16 dimensions][2]. */
static inline size_t bs_tiles_step_bytes(size_t head_dim) {
  return bs_tiles_value_width(head_dim) / 16 * BS_TILE_PARTS * BS_TILE_BYTES;
}
static inline size_t bs_tiles_value_bytes(size_t head_dim, size_t n_places) {
  return bs_ceil_div(n_places, BS_TILE_STEP) * bs_tiles_step_bytes(head_dim);
}
/* Probabilities: [steps][parts][16 queries][32]. */
static inline size_t bs_tiles_probability_bytes(size_t n_columns) {
  return n_columns / BS_TILE_STEP * BS_TILE_PARTS * BS_TILE_BYTES;
}

#endif
