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

static void attend(const bs_attention *a, bs_sight sight, const bs_query *queries, size_t n,
                   size_t kv_head, float *scratch) {
  if (a->stack->kv.tiles != NULL)
    bs_attend_tiles(a, sight, queries, n, kv_head, scratch);
  else
    bs_attend_rows(a, sight, queries, n, kv_head, scratch);
}

static bs_sight sight_of(const bs_attention *a, const bs_run *run) {
  if (a->is_cross)
    return (bs_sight){a->batch->pieces + run->first_context, run->n_contexts};
  return (bs_sight){a->batch->pieces + run->first_piece, run->n_pieces};
}

/* Of all that is in sight. */
static size_t end_of(bs_sight sight) {
  const bs_kv_piece *last = &sight.pieces[sight.n - 1];
  return last->block->first + last->n;
}

/* The query of head `head` of active row i. */
static bs_query query_of(const bs_attention *a, bs_sight sight, size_t i, size_t head) {
  const bs_blueprint *blueprint = a->stack->blueprint;
  size_t row = a->active[i], position = a->batch->rows[row].position;
  size_t window = a->is_cross ? 0 : blueprint->layers[a->layer].window;
  size_t out_width = bs_blueprint_attention_width(blueprint);
  float *qkv = a->stack->work.qkv.data;
  return (bs_query){
      .q = a->is_cross
               ? qkv + i * out_width + head * blueprint->head_dim
               : bs_head_at(qkv + row * bs_blueprint_qkv_width(blueprint), &blueprint->q, head),
      .out = a->stack->work.attention.data + i * out_width + head * blueprint->head_dim,
      .low = window > 0 && position + 1 > window ? position + 1 - window : 0,
      .end = a->is_cross || blueprint->bidirectional ? end_of(sight) : position + 1,
      .position = position,
      .head = head,
  };
}

/* One head of keys for a tile; a group of query heads too large for the scratch is cut. */
static void attend_tile(const bs_attention *a, const tile *t, size_t kv_head, float *scratch) {
  const bs_blueprint *blueprint = a->stack->blueprint;
  size_t group_size = blueprint->n_heads / blueprint->n_kv_heads;
  bs_sight sight = sight_of(a, &a->batch->runs[a->batch->rows[a->active[t->first]].run]);
  bs_query queries[BS_ATTENTION_QUERIES];
  size_t n = 0;
  for (size_t i = t->first; i < t->first + t->n; i++)
    for (size_t g = 0; g < group_size; g++) {
      queries[n++] = query_of(a, sight, i, kv_head * group_size + g);
      if (n == BS_ATTENTION_QUERIES && t->n == 1 && g + 1 < group_size) {
        attend(a, sight, queries, n, kv_head, scratch);
        n = 0;
      }
    }
  attend(a, sight, queries, n, kv_head, scratch);
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

/* The most positions that are in sight of any run. */
static size_t longest(const bs_attention *a) {
  size_t end = 0;
  for (size_t i = 0; i < a->batch->n_runs; i++)
    end = bs_size_max(end_of(sight_of(a, &a->batch->runs[i])), end);
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

static bs_status attend_all(bs_stack *stack, bs_attention a, size_t n, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  a.n_columns = columns_of(longest(&a));
  size_t scratch_floats;
  size_t rows_per_tile = tile_shape(blueprint, stack->kv.tiles, a.n_columns, &scratch_floats);
  bs_status status =
      bs_floats_need(&stack->work.scores, (size_t)omp_get_max_threads(), scratch_floats, err);
  tile *tiles = bs_array_new(n, sizeof *tiles, err);
  if (status == BS_OK && tiles != NULL) {
    size_t n_tasks = cut_tiles(a.batch, a.active, n, rows_per_tile, tiles) * blueprint->n_kv_heads;
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

bs_status bs_attention_run(bs_stack *stack, const bs_batch *batch, size_t layer,
                           const size_t *active, size_t n, bs_error *err) {
  return attend_all(
      stack, (bs_attention){.stack = stack, .batch = batch, .active = active, .layer = layer}, n,
      err);
}

bs_status bs_cross_attention_run(bs_stack *stack, const bs_batch *batch, size_t layer,
                                 const size_t *active, size_t n, bs_error *err) {
  return attend_all(
      stack,
      (bs_attention){
          .stack = stack, .batch = batch, .active = active, .layer = layer, .is_cross = true},
      n, err);
}
