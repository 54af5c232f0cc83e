/* Keys and values of the tokens computed so far, kept once per token however many sequences share
   it; with them, where experts have a capacity, the expert that each token chose. A block holds
   some consecutive positions of one branch of the tree of prefixes; a path, the pieces of blocks
   from position 0 on, is what one sequence sees. */
#ifndef BIGSWEEP_ENGINE_STACK_KV_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_KV_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"
#include "checkpoint/blueprint_internal.h"
#include "kernels/tiles_internal.h"

/* Most positions of a block; where blocks end, unless they are full, and values on tiles begin. */
enum { BS_KV_BLOCK = 64, BS_KV_STEP = BS_TILE_STEP };

typedef struct bs_kv_shape {
  size_t n_layers, n_kv_heads, head_dim;
  const bs_tiles *tiles; /* how they lie in memory; NULL: in f32, row by row */
  bool has_choices;
} bs_kv_shape;

typedef struct bs_kv_block {
  size_t first, n, capacity; /* positions first .. first + n; first + capacity is a multiple of
                                BS_KV_STEP */
  unsigned char *data;       /* NULL: no memory yet */
  size_t layer_stride;       /* in bytes; 0: room for one layer, which all use in turn */
  bool owns_data;
  size_t n_users;
} bs_kv_block;

/* How a model's keys and values lie. */
bs_kv_shape bs_kv_shape_of(const bs_blueprint *blueprint, bs_arithmetic arithmetic);

/* In f32 keys of a head in a block are (head_dim, bs_kv_key_stride), values (capacity, head_dim).
   On tiles (tiles_internal.h) places of keys count from the block's first position, those of values
   from the multiple of BS_KV_STEP at or before it. */
void *bs_kv_keys(const bs_kv_block *block, const bs_kv_shape *shape, size_t layer, size_t head);
void *bs_kv_values(const bs_kv_block *block, const bs_kv_shape *shape, size_t layer, size_t head);
size_t bs_kv_key_stride(const bs_kv_block *block);
/* Which expert each position of a block chose in a layer, (capacity); the shape has choices. */
uint16_t *bs_kv_choices(const bs_kv_block *block, const bs_kv_shape *shape, size_t layer);
/* Bytes of one layer of a block; a multiple of 64. */
size_t bs_kv_layer_bytes(const bs_kv_block *block, const bs_kv_shape *shape);
/* Of one layer and one position, in a block that is aligned and full. */
size_t bs_kv_position_bytes(const bs_kv_shape *shape);

/* A block without memory for up to `room` positions from `first` on, none of them taken; one user.
 */
bs_kv_block *bs_kv_block_new(size_t first, size_t room, bs_error *err);
/* Gives it memory of its own for all layers, zeroed. */
bs_status bs_kv_block_keep(bs_kv_block *block, const bs_kv_shape *shape, bs_error *err);
/* One user less; the last one frees it. */
void bs_kv_block_release(bs_kv_block *block);

/* The first n positions of a block. */
typedef struct bs_kv_piece {
  bs_kv_block *block;
  size_t n;
} bs_kv_piece;

/* Pieces without gap from position 0; each is a user of its block. */
typedef struct bs_kv_path {
  bs_kv_piece *pieces;
  size_t n, capacity;
  size_t n_positions;
} bs_kv_path;

/* Takes over the caller's use of the block, on success and on failure. */
bs_status bs_kv_path_append(bs_kv_path *path, bs_kv_block *block, bs_error *err);
/* Counts n more positions of the last block as part of the path. */
void bs_kv_path_extend(bs_kv_path *path, size_t n);
void bs_kv_path_truncate(bs_kv_path *path, size_t n_positions);
/* `to` (empty) becomes the first n_positions of `from`. */
bs_status bs_kv_path_copy(bs_kv_path *to, const bs_kv_path *from, size_t n_positions,
                          bs_error *err);
void bs_kv_path_free(bs_kv_path *path);

#endif
