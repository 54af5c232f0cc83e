/* Keys and values of a batch's rows go into their blocks, normed and rotated. */
#include <string.h>

#include "base/size_internal.h"
#include "engine/stack/attention_internal.h"
#include "engine/stack/pass_internal.h"

enum {
  PARALLEL_ELEMENTS = 1 << 17,
  STORED_ROWS = 16, /* a cache line of transposed keys */
};

/* A head of q or k of a row. */
static void rotate_head(const bs_stack *stack, size_t layer, const bs_row *row, float *head) {
  const bs_blueprint *blueprint = stack->blueprint;
  size_t set = blueprint->layers[layer].angles, n = blueprint->n_angles;
  if (set == BS_NO_ANGLES)
    return;
  const bs_angle_table *table = &stack->angles[set];
  const float *cosines = table->cosines + row->position * n;
  const float *sines = table->sines + row->position * n;
  if (row->angles != NULL) {
    cosines = row->angles + 2 * n * set;
    sines = cosines + n;
  }
  if (blueprint->neighbours)
    stack->rows->rotate_neighbours(head, cosines, sines, n);
  else
    stack->rows->rotate(head, cosines, sines, n);
}

static void store_in_rows(const bs_stack *stack, const bs_kv_block *block, const float *k,
                          const float *v, size_t place, void *keys, void *values) {
  size_t head_dim = stack->blueprint->head_dim, stride = bs_kv_key_stride(block);
  float *key = keys, *value = values;
  for (size_t d = 0; d < head_dim; d++)
    key[d * stride + place] = k[d];
  memcpy(value + place * head_dim, v, head_dim * sizeof(float));
}

/* What lies beside a block's values in the same step of keys is multiplied too, with 0. */
static void clear_beside(const bs_stack *stack, const bs_row *row, bool ends, void *values) {
  const bs_kv_block *block = row->block;
  size_t head_dim = stack->blueprint->head_dim, lead = block->first % BS_KV_STEP;
  size_t after = row->position + 1 - block->first + lead;
  if (row->position == block->first)
    stack->kv.tiles->clear_values(head_dim, 0, lead, values);
  if (ends)
    stack->kv.tiles->clear_values(head_dim, after, bs_round_up(after, BS_KV_STEP), values);
}

/* One head of keys and values of n rows that follow each other in one block; `ends`: no more rows
   of this batch do. */
static void store_head(const bs_stack *stack, const bs_row *row, size_t n, bool ends, float *qkv,
                       size_t layer, size_t head) {
  const bs_blueprint *blueprint = stack->blueprint;
  const bs_kv_block *block = row->block;
  const bs_tiles *tiles = stack->kv.tiles;
  size_t place = row->position - block->first, width = bs_blueprint_qkv_width(blueprint);
  void *keys = bs_kv_keys(block, &stack->kv, layer, head);
  void *values = bs_kv_values(block, &stack->kv, layer, head);
  for (size_t i = 0; i < n; i++, place++) {
    float *k = bs_head_at(qkv + i * width, &blueprint->k, head);
    const float *v = bs_head_at(qkv + i * width, &blueprint->v, head);
    bs_norm_row(stack, &stack->weights.layers[layer].slots[BS_SLOT_K_NORM], k, k,
                blueprint->head_dim);
    rotate_head(stack, layer, &row[i], k);
    if (tiles == NULL) {
      store_in_rows(stack, block, k, v, place, keys, values);
      continue;
    }
    tiles->store(k, v, blueprint->head_dim, place, place + block->first % BS_KV_STEP, keys, values);
    clear_beside(stack, &row[i], ends && i + 1 == n, values);
  }
}

/* n rows; `after` is the row behind them, NULL: none. Head by head: the transposed keys of some
   rows share their cache lines, those of all heads would not stay in the first-level cache from row
   to row. */
static void store_rows(const bs_stack *stack, const bs_row *rows, size_t n, const bs_row *after,
                       float *qkv, size_t layer) {
  const bs_blueprint *blueprint = stack->blueprint;
  const bs_layer_weights *weights = &stack->weights.layers[layer];
  size_t width = bs_blueprint_qkv_width(blueprint);
  for (size_t i = 0; i < n; i++)
    for (size_t h = 0; h < blueprint->n_heads; h++) {
      float *q = bs_head_at(qkv + i * width, &blueprint->q, h);
      bs_norm_row(stack, &weights->slots[BS_SLOT_Q_NORM], q, q, blueprint->head_dim);
      rotate_head(stack, layer, &rows[i], q);
    }
  for (size_t first = 0, next; first < n; first = next) {
    for (next = first + 1; next < n && rows[next].block == rows[first].block;)
      next++;
    const bs_row *follows = next < n ? &rows[next] : after;
    bool ends = follows == NULL || follows->block != rows[first].block;
    for (size_t h = 0; h < blueprint->n_kv_heads; h++)
      store_head(stack, rows + first, next - first, ends, qkv + first * width, layer, h);
  }
}

void bs_attention_store(const bs_stack *stack, const bs_batch *batch, size_t layer) {
  size_t width = bs_blueprint_qkv_width(stack->blueprint);
  size_t n_groups = bs_ceil_div(batch->n_rows, STORED_ROWS);
#pragma omp parallel for schedule(static) if (batch->n_rows * width > PARALLEL_ELEMENTS)
  for (size_t g = 0; g < n_groups; g++) {
    size_t first = g * STORED_ROWS, left = batch->n_rows - first;
    const bs_row *rows = batch->rows + first;
    store_rows(stack, rows, bs_size_min(left, STORED_ROWS),
               left > STORED_ROWS ? rows + STORED_ROWS : NULL, stack->work.qkv.data + first * width,
               layer);
  }
}
