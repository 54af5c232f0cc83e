/* Blocks of keys and values, and the paths of blocks that sequences see. */
#include "engine/stack/kv_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"
#include "kernels/rows/rows_internal.h"
#include "kernels/scratch_internal.h"

bs_kv_shape bs_kv_shape_of(const bs_blueprint *blueprint, bs_arithmetic arithmetic) {
  return (bs_kv_shape){.n_layers = blueprint->n_layers,
                       .n_kv_heads = blueprint->n_kv_heads,
                       .head_dim = blueprint->head_dim,
                       .tiles = bs_tiles_for(arithmetic),
                       .has_choices = blueprint->experts.capacity > 0};
}

size_t bs_kv_key_stride(const bs_kv_block *block) {
  return bs_round_up(block->capacity, BS_KEY_GROUP);
}

/* Of one head. */
static size_t key_bytes(const bs_kv_block *block, const bs_kv_shape *shape) {
  if (shape->tiles != NULL)
    return bs_tiles_key_bytes(shape->head_dim, block->capacity);
  return shape->head_dim * bs_kv_key_stride(block) * sizeof(float);
}

/* Of one head. Even numbers of cache lines, as keys, whatever the size of a head. */
static size_t value_bytes(const bs_kv_block *block, const bs_kv_shape *shape) {
  if (shape->tiles != NULL)
    return bs_tiles_value_bytes(shape->head_dim, block->first % BS_KV_STEP + block->capacity);
  return shape->head_dim * bs_kv_key_stride(block) * sizeof(float);
}

/* Of all heads. */
static size_t head_bytes(const bs_kv_block *block, const bs_kv_shape *shape) {
  return shape->n_kv_heads * (key_bytes(block, shape) + value_bytes(block, shape));
}

size_t bs_kv_layer_bytes(const bs_kv_block *block, const bs_kv_shape *shape) {
  size_t n_choices = shape->has_choices ? block->capacity : 0;
  return head_bytes(block, shape) + bs_round_up(n_choices * sizeof(uint16_t), 64);
}

size_t bs_kv_position_bytes(const bs_kv_shape *shape) {
  const bs_kv_block block = {.capacity = BS_KV_BLOCK};
  return bs_kv_layer_bytes(&block, shape) / BS_KV_BLOCK;
}

void *bs_kv_keys(const bs_kv_block *block, const bs_kv_shape *shape, size_t layer, size_t head) {
  return block->data + layer * block->layer_stride + head * key_bytes(block, shape);
}

void *bs_kv_values(const bs_kv_block *block, const bs_kv_shape *shape, size_t layer, size_t head) {
  return block->data + layer * block->layer_stride + shape->n_kv_heads * key_bytes(block, shape) +
         head * value_bytes(block, shape);
}

uint16_t *bs_kv_choices(const bs_kv_block *block, const bs_kv_shape *shape, size_t layer) {
  return (uint16_t *)(void *)(block->data + layer * block->layer_stride + head_bytes(block, shape));
}

bs_kv_block *bs_kv_block_new(size_t first, size_t room, bs_error *err) {
  bs_kv_block *block = bs_array_new(1, sizeof *block, err);
  if (block != NULL)
    *block = (bs_kv_block){
        .first = first,
        .capacity = bs_round_up(first + room, BS_KV_STEP) - first,
        .n_users = 1,
    };
  return block;
}

bs_status bs_kv_block_keep(bs_kv_block *block, const bs_kv_shape *shape, bs_error *err) {
  size_t stride = bs_kv_layer_bytes(block, shape), n;
  if (!bs_size_mul(stride, shape->n_layers, &n))
    return bs_error_set(err, BS_ERR_MEMORY, "keys and values of %zu layers", shape->n_layers);
  block->data = bs_aligned_new(n);
  if (block->data == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu bytes for keys and values", n);
  block->layer_stride = stride;
  block->owns_data = true;
  return BS_OK;
}

void bs_kv_block_release(bs_kv_block *block) {
  if (--block->n_users > 0)
    return;
  if (block->owns_data)
    free(block->data);
  free(block);
}

bs_status bs_kv_path_append(bs_kv_path *path, bs_kv_block *block, bs_error *err) {
  bs_status status = bs_reserve(&path->pieces, &path->capacity, path->n, 1, err);
  if (status != BS_OK) {
    bs_kv_block_release(block);
    return status;
  }
  path->pieces[path->n++] = (bs_kv_piece){.block = block, .n = block->n};
  path->n_positions += block->n;
  return BS_OK;
}

void bs_kv_path_extend(bs_kv_path *path, size_t n) {
  path->pieces[path->n - 1].n += n;
  path->n_positions += n;
}

void bs_kv_path_truncate(bs_kv_path *path, size_t n_positions) {
  while (path->n > 0 && path->pieces[path->n - 1].block->first >= n_positions)
    bs_kv_block_release(path->pieces[--path->n].block);
  if (path->n > 0) {
    bs_kv_piece *last = &path->pieces[path->n - 1];
    if (last->n > n_positions - last->block->first)
      last->n = n_positions - last->block->first;
  }
  if (path->n_positions > n_positions)
    path->n_positions = n_positions;
}

bs_status bs_kv_path_copy(bs_kv_path *to, const bs_kv_path *from, size_t n_positions,
                          bs_error *err) {
  bs_status status = bs_reserve(&to->pieces, &to->capacity, 0, from->n + 1, err);
  if (status != BS_OK)
    return status;
  for (size_t i = 0; i < from->n; i++) {
    to->pieces[to->n++] = from->pieces[i];
    from->pieces[i].block->n_users++;
  }
  to->n_positions = from->n_positions;
  bs_kv_path_truncate(to, n_positions);
  return BS_OK;
}

void bs_kv_path_free(bs_kv_path *path) {
  bs_kv_path_truncate(path, 0);
  free(path->pieces);
  *path = (bs_kv_path){0};
}
