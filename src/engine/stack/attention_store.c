/* Keys and values of a batch's rows go into their blocks, normed and rotated. */
#include <string.h>

#include "base/size_internal.h"
#include "engine/stack/attention_internal.h"
#include "engine/stack/pass_internal.h"

enum {
  PARALLEL_ELEMENTS = 1 << 17,
  STORED_ROWS = 16, /* a cache line of transposed keys */
};

/* Norms all heads of q or k of a row where they have one norm together. */
static void norm_joint(const bs_stack *stack, const bs_slot_weights *norm,
                       const bs_head_layout *layout, size_t n_heads, float *row) {
  const bs_blueprint *blueprint = stack->blueprint;
  float *heads = bs_head_at(row, layout, 0);
  if (blueprint->head_norms == BS_HEAD_NORMS_JOINT)
    bs_norm_row(stack, norm, heads, heads, n_heads * blueprint->head_dim);
}

/* Norms one head where each has a norm. */
static void norm_head(const bs_stack *stack, const bs_slot_weights *norm, size_t head, float *x) {
  const bs_blueprint *blueprint = stack->blueprint;
  size_t n = blueprint->head_dim;
  if (norm->norm == NULL || blueprint->head_norms == BS_HEAD_NORMS_JOINT)
    return;
  bool own = blueprint->head_norms == BS_HEAD_NORMS_OWN;
  bs_norm_row(stack, own ? &(bs_slot_weights){.norm = norm->norm + head * n} : norm, x, x, n);
}

/* Norms what is normed as a whole and clips a row of qkv. */
static void prepare_row(const bs_stack *stack, const bs_slot_weights *slots, float *row) {
  const bs_blueprint *blueprint = stack->blueprint;
  const float clip = (float)blueprint->qkv_clip;
  size_t width = bs_blueprint_qkv_width(blueprint);
  norm_joint(stack, &slots[BS_SLOT_Q_NORM], &blueprint->q, blueprint->n_heads, row);
  norm_joint(stack, &slots[BS_SLOT_K_NORM], &blueprint->k, blueprint->n_kv_heads, row);
  for (size_t i = 0; clip > 0 && i < width; i++)
    row[i] = row[i] > clip ? clip : row[i] < -clip ? -clip : row[i];
}

/* Rows of products, one for each row of a batch, and where keys and values stand in them. */
typedef struct products {
  float *rows;
  size_t width;
  bs_head_layout k, v;
  bool is_cross; /* keys are those of another stack's rows: there are no queries, and neither norm
                    nor rotation */
} products;

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
static void store_head(const bs_stack *stack, const bs_row *row, size_t n, bool ends,
                       const products *from, float *qkv, size_t layer, size_t head) {
  const bs_blueprint *blueprint = stack->blueprint;
  const bs_kv_block *block = row->block;
  const bs_tiles *tiles = stack->kv.tiles;
  size_t place = row->position - block->first;
  void *keys = bs_kv_keys(block, &stack->kv, layer, head);
  void *values = bs_kv_values(block, &stack->kv, layer, head);
  for (size_t i = 0; i < n; i++, place++) {
    float *k = bs_head_at(qkv + i * from->width, &from->k, head);
    const float *v = bs_head_at(qkv + i * from->width, &from->v, head);
    if (!from->is_cross) {
      norm_head(stack, &stack->weights.layers[layer].slots[BS_SLOT_K_NORM], head, k);
      rotate_head(stack, layer, &row[i], k);
    }
    if (tiles == NULL) {
      store_in_rows(stack, block, k, v, place, keys, values);
      continue;
    }
    tiles->store(k, v, blueprint->head_dim, place, place + block->first % BS_KV_STEP, keys, values);
    clear_beside(stack, &row[i], ends && i + 1 == n, values);
  }
}

static void make_queries(const bs_stack *stack, const bs_row *rows, size_t n, float *qkv,
                         size_t layer) {
  const bs_blueprint *blueprint = stack->blueprint;
  const bs_slot_weights *slots = stack->weights.layers[layer].slots;
  size_t width = bs_blueprint_qkv_width(blueprint);
  for (size_t i = 0; i < n; i++) {
    prepare_row(stack, slots, qkv + i * width);
    for (size_t h = 0; h < blueprint->n_heads; h++) {
      float *q = bs_head_at(qkv + i * width, &blueprint->q, h);
      norm_head(stack, &slots[BS_SLOT_Q_NORM], h, q);
      rotate_head(stack, layer, &rows[i], q);
    }
  }
}

/* n rows; `after` is the row behind them, NULL: none. Head by head: the transposed keys of some
   rows share their cache lines, those of all heads would not stay in the first-level cache from row
   to row. */
static void store_rows(const bs_stack *stack, const bs_row *rows, size_t n, const bs_row *after,
                       const products *from, float *qkv, size_t layer) {
  if (!from->is_cross)
    make_queries(stack, rows, n, qkv, layer);
  for (size_t first = 0, next; first < n; first = next) {
    for (next = first + 1; next < n && rows[next].block == rows[first].block;)
      next++;
    const bs_row *follows = next < n ? &rows[next] : after;
    bool ends = follows == NULL || follows->block != rows[first].block;
    for (size_t h = 0; h < stack->blueprint->n_kv_heads; h++)
      store_head(stack, rows + first, next - first, ends, from, qkv + first * from->width, layer,
                 h);
  }
}

static void store(const bs_stack *stack, const bs_batch *batch, const products *from,
                  size_t layer) {
  size_t n_groups = bs_ceil_div(batch->n_rows, STORED_ROWS);
#pragma omp parallel for schedule(static) if (batch->n_rows * from->width > PARALLEL_ELEMENTS)
  for (size_t g = 0; g < n_groups; g++) {
    size_t first = g * STORED_ROWS, left = batch->n_rows - first;
    const bs_row *rows = batch->rows + first;
    store_rows(stack, rows, bs_size_min(left, STORED_ROWS),
               left > STORED_ROWS ? rows + STORED_ROWS : NULL, from,
               from->rows + first * from->width, layer);
  }
}

void bs_attention_store(const bs_stack *stack, const bs_batch *batch, size_t layer) {
  const bs_blueprint *blueprint = stack->blueprint;
  store(stack, batch,
        &(products){.rows = stack->work.qkv.data,
                    .width = bs_blueprint_qkv_width(blueprint),
                    .k = blueprint->k,
                    .v = blueprint->v},
        layer);
}

void bs_cross_attention_store(const bs_stack *stack, const bs_batch *batch, size_t layer) {
  const bs_blueprint *blueprint = stack->blueprint;
  size_t head_dim = blueprint->head_dim, keys = blueprint->n_kv_heads * head_dim;
  store(stack, batch,
        &(products){.rows = stack->work.qkv.data,
                    .width = 2 * keys,
                    .k = {.first = 0, .stride = head_dim, .per_group = blueprint->n_kv_heads},
                    .v = {.first = keys, .stride = head_dim, .per_group = blueprint->n_kv_heads},
                    .is_cross = true},
        layer);
}
