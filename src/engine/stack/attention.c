/* Attention over paths of shared blocks: the rows of a batch are cut into tiles of queries, which
   attention_rows.c or attention_tiles.c works on. */
#include <omp.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "engine/stack/attention_internal.h"

enum { MAX_TILE_SCORES = 1 << 18, PARALLEL_ELEMENTS = 1 << 17 };

/* Some active rows of one run. */
typedef struct tile {
  size_t first, n; /* of active[] */
} tile;

static void attend(const bs_attention *a, const bs_run *run, const bs_query *queries, size_t n,
                   size_t kv_head, float *scratch) {
  if (a->stack->kv.tiles != NULL)
    bs_attend_tiles(a, run, queries, n, kv_head, scratch);
  else
    bs_attend_rows(a, run, queries, n, kv_head, scratch);
}

/* One head of keys for a tile; a group of query heads too large for the scratch is cut. */
static void attend_tile(const bs_attention *a, const tile *t, size_t kv_head, float *scratch) {
  const bs_blueprint *blueprint = a->stack->blueprint;
  size_t group_size = blueprint->n_heads / blueprint->n_kv_heads;
  size_t window = blueprint->layers[a->layer].window;
  size_t qkv_width = bs_blueprint_qkv_width(blueprint);
  size_t out_width = bs_blueprint_attention_width(blueprint);
  const bs_run *run = &a->batch->runs[a->batch->rows[a->active[t->first]].run];
  bs_query queries[BS_ATTENTION_QUERIES];
  size_t n = 0;
  for (size_t i = t->first; i < t->first + t->n; i++) {
    size_t row = a->active[i], position = a->batch->rows[row].position;
    for (size_t g = 0; g < group_size; g++) {
      size_t head = kv_head * group_size + g;
      queries[n++] = (bs_query){
          .q = bs_head_at(a->stack->work.qkv.data + row * qkv_width, &blueprint->q, head),
          .out = a->stack->work.attention.data + i * out_width + head * blueprint->head_dim,
          .low = window > 0 && position + 1 > window ? position + 1 - window : 0,
          .end = position + 1,
          .head = head,
      };
      if (n == BS_ATTENTION_QUERIES && t->n == 1 && g + 1 < group_size) {
        attend(a, run, queries, n, kv_head, scratch);
        n = 0;
      }
    }
  }
  attend(a, run, queries, n, kv_head, scratch);
}

/* Cuts the active rows into tiles of consecutive positions of one run. */
static size_t cut_tiles(const bs_batch *batch, const size_t *active, size_t n, size_t rows_per_tile,
                        tile *tiles) {
  size_t n_tiles = 0;
  for (size_t i = 0; i < n; i++) {
    tile *last = n_tiles > 0 ? &tiles[n_tiles - 1] : NULL;
    if (last != NULL && last->n < rows_per_tile &&
        batch->rows[active[i]].run == batch->rows[active[last->first]].run)
      last->n++;
    else
      tiles[n_tiles++] = (tile){.first = i, .n = 1};
  }
  return n_tiles;
}

static size_t longest(const bs_batch *batch) {
  size_t end = 0;
  for (size_t i = 0; i < batch->n_rows; i++)
    end = batch->rows[i].position >= end ? batch->rows[i].position + 1 : end;
  return end;
}

/* Scores begin at the border of a block or of a step of keys and end in whole steps. */
static size_t columns_of(size_t n_positions) {
  return (n_positions + BS_KV_BLOCK + 2 * BS_KV_STEP) / BS_KV_STEP * BS_KV_STEP;
}

/* Rows of a tile, and the floats that a thread needs to work on it. */
static size_t tile_shape(const bs_blueprint *blueprint, const bs_tiles *tiles, size_t n_columns,
                         size_t *scratch_floats) {
  size_t group_size = blueprint->n_heads / blueprint->n_kv_heads;
  size_t n_queries = tiles == NULL && n_columns > MAX_TILE_SCORES / BS_ATTENTION_QUERIES
                         ? MAX_TILE_SCORES / n_columns
                         : BS_ATTENTION_QUERIES;
  size_t rows_per_tile = n_queries / group_size > 0 ? n_queries / group_size : 1;
  size_t most = rows_per_tile * group_size < BS_ATTENTION_QUERIES ? rows_per_tile * group_size
                                                                  : BS_ATTENTION_QUERIES;
  *scratch_floats = tiles == NULL ? bs_attend_rows_floats(most, n_columns)
                                  : bs_attend_tiles_floats(blueprint->head_dim, n_columns);
  return rows_per_tile;
}

size_t bs_attention_scratch_floats(const bs_blueprint *blueprint, const bs_tiles *tiles,
                                   size_t n_positions) {
  size_t n;
  tile_shape(blueprint, tiles, columns_of(n_positions), &n);
  return n;
}

bs_status bs_attention_run(bs_stack *stack, const bs_batch *batch, size_t layer,
                           const size_t *active, size_t n, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  bs_attention a = {.stack = stack, .batch = batch, .active = active, .layer = layer};
  a.n_columns = columns_of(longest(batch));
  size_t scratch_floats;
  size_t rows_per_tile = tile_shape(blueprint, stack->kv.tiles, a.n_columns, &scratch_floats);
  bs_status status =
      bs_floats_need(&stack->work.scores, (size_t)omp_get_max_threads(), scratch_floats, err);
  tile *tiles = bs_array_new(n, sizeof *tiles, err);
  if (status == BS_OK && tiles != NULL) {
    size_t n_tasks = cut_tiles(batch, active, n, rows_per_tile, tiles) * blueprint->n_kv_heads;
    float *scratch = stack->work.scores.data;
    size_t n_elements = n * a.n_columns * bs_blueprint_attention_width(blueprint);
#pragma omp parallel for schedule(dynamic) if (n_tasks > 1 && n_elements > 4 * PARALLEL_ELEMENTS)
    for (size_t i = 0; i < n_tasks; i++)
      attend_tile(&a, &tiles[i / blueprint->n_kv_heads], i % blueprint->n_kv_heads,
                  scratch + (size_t)omp_get_thread_num() * scratch_floats);
  }
  free(tiles);
  return tiles == NULL ? BS_ERR_MEMORY : status;
}
