/* Attention on tiles: what lies where; the arithmetic is that of kernels/tiles_internal.h. */
#include <string.h>

#include "base/size_internal.h"
#include "engine/stack/attention_internal.h"

enum {
  MAX_STEPS = 32, /* of values that one product takes */
  MAX_JOINED = 4, /* of them put together from several blocks */
};

/* A thread's working memory. */
typedef struct tile_memory {
  float *scores; /* (16, n_columns) */
  float *sums;   /* (16, value width) */
  unsigned char *queries, *probabilities, *joined;
} tile_memory;

static size_t floats_of(size_t n_bytes) { return n_bytes / sizeof(float); }

/* In the order of tile_memory; all multiples of 16. */
static void sizes_of(size_t head_dim, size_t n_columns, size_t sizes[5]) {
  sizes[0] = BS_TILE_QUERIES * n_columns;
  sizes[1] = BS_TILE_QUERIES * bs_tiles_value_width(head_dim);
  sizes[2] = floats_of(bs_tiles_query_bytes(head_dim));
  sizes[3] = floats_of(bs_tiles_probability_bytes(n_columns));
  sizes[4] = floats_of(MAX_JOINED * bs_tiles_step_bytes(head_dim));
}

size_t bs_attend_tiles_floats(size_t head_dim, size_t n_columns) {
  size_t sizes[5], total = 0;
  sizes_of(head_dim, n_columns, sizes);
  for (size_t i = 0; i < 5; i++)
    total += sizes[i];
  return total;
}

static tile_memory memory_of(size_t head_dim, size_t n_columns, float *scratch) {
  size_t sizes[5];
  float *parts[5];
  sizes_of(head_dim, n_columns, sizes);
  for (size_t i = 0; i < 5; scratch += sizes[i], i++)
    parts[i] = scratch;
  return (tile_memory){.scores = parts[0],
                       .sums = parts[1],
                       .queries = (unsigned char *)parts[2],
                       .probabilities = (unsigned char *)parts[3],
                       .joined = (unsigned char *)parts[4]};
}

/* One head of keys for some queries. */
typedef struct tile_work {
  const bs_attention *a;
  const bs_tiles *tiles;
  const bs_kv_piece *pieces; /* from the first that is seen on */
  size_t n_pieces;
  const bs_query *queries;
  size_t n, kv_head;
  size_t low, end; /* positions that any of them sees */
  size_t base;     /* position of the first column: a multiple of BS_KV_STEP */
  tile_memory memory;
} tile_work;

/* Raw scores of all that is seen. Whole groups of keys are written; what they write too much is
   overwritten by the next piece or by zeros. */
static void score(const tile_work *w) {
  const bs_stack *stack = w->a->stack;
  const float *q[BS_TILE_QUERIES];
  for (size_t j = 0; j < w->n; j++)
    q[j] = w->queries[j].q;
  w->tiles->pack_queries(q, w->n, stack->kv.head_dim, w->memory.queries);
  for (size_t i = 0; i < w->n_pieces && w->pieces[i].block->first < w->end; i++) {
    const bs_kv_block *block = w->pieces[i].block;
    w->tiles->scores(w->memory.queries, stack->kv.head_dim,
                     bs_kv_keys(block, &stack->kv, w->a->layer, w->kv_head),
                     bs_size_min(w->end - block->first, w->pieces[i].n),
                     w->memory.scores + (block->first - w->base), w->a->n_columns);
  }
}

/* Scores to probabilities times the sums that are returned as their inverses; 0 for what a query
   does not see. */
static void weigh(const tile_work *w, size_t n_columns, float *inverses) {
  for (size_t j = 0; j < w->n; j++) {
    const bs_query *query = &w->queries[j];
    float *s = w->memory.scores + j * w->a->n_columns;
    size_t low = query->low - w->base, end = query->end - w->base;
    inverses[j] = 1.0F / bs_attention_softmax(w->a, query, s + low);
    memset(s, 0, low * sizeof *s);
    memset(s + end, 0, (n_columns - end) * sizeof *s);
  }
  w->tiles->pack_probabilities(w->memory.scores, w->a->n_columns, w->n, n_columns,
                               w->memory.probabilities);
}

/* Copies places first .. end of a step of values. */
static void copy_places(const tile_work *w, const unsigned char *from, size_t first, size_t end,
                        unsigned char *to) {
  enum { HALF = 2, LINE = 64 };
  size_t n_tiles = bs_tiles_step_bytes(w->a->stack->kv.head_dim) / BS_TILE_BYTES;
  for (size_t t = 0; t < n_tiles; t++, from += BS_TILE_BYTES, to += BS_TILE_BYTES)
    for (size_t place = first; place < end; place++) {
      size_t at = place / 2 * LINE + place % 2 * HALF;
      for (size_t d = 0; d < 16; d++)
        memcpy(to + at + d * 2 * HALF, from + at + d * 2 * HALF, HALF);
    }
}

/* Where the values of the step at `position` begin. *piece, the first that reaches into the step,
   becomes the first of the next one. They are joined in `room` where several pieces do. */
static const void *step_values(const tile_work *w, size_t position, size_t *piece,
                               unsigned char *room, bool *is_joined) {
  const bs_stack *stack = w->a->stack;
  size_t step_bytes = bs_tiles_step_bytes(stack->kv.head_dim);
  size_t step_end = bs_size_min(position + BS_KV_STEP, w->end);
  const void *found = NULL;
  *is_joined = false;
  while (*piece < w->n_pieces) {
    const bs_kv_block *block = w->pieces[*piece].block;
    size_t end = block->first + w->pieces[*piece].n;
    const unsigned char *values = bs_kv_values(block, &stack->kv, w->a->layer, w->kv_head);
    if (block->first >= step_end)
      break;
    values += (position - block->first / BS_KV_STEP * BS_KV_STEP) / BS_KV_STEP * step_bytes;
    if (found == NULL && (end >= step_end || *piece + 1 == w->n_pieces)) {
      found = values;
    } else {
      if (!*is_joined)
        memset(room, 0, step_bytes);
      copy_places(w, values, bs_size_max(block->first, position) - position,
                  bs_size_min(end, step_end) - position, room);
      *is_joined = true;
      found = room;
    }
    if (end > step_end || end == position + BS_KV_STEP) {
      *piece += end == position + BS_KV_STEP;
      break;
    }
    ++*piece;
  }
  return found;
}

/* The weighted sums of all that is seen. */
static void sum(const tile_work *w) {
  const bs_tiles *tiles = w->tiles;
  size_t head_dim = w->a->stack->kv.head_dim;
  size_t step_bytes = bs_tiles_step_bytes(head_dim);
  const void *values[MAX_STEPS];
  size_t piece = 0, n_joined = 0, n = 0, n_done = 0;
  for (size_t position = w->base; position < w->end; position += BS_KV_STEP) {
    bool is_joined;
    values[n++] =
        step_values(w, position, &piece, w->memory.joined + n_joined * step_bytes, &is_joined);
    n_joined += is_joined;
    if (n == MAX_STEPS || n_joined == MAX_JOINED || position + BS_KV_STEP >= w->end) {
      tiles->sum_values(w->memory.probabilities + bs_tiles_probability_bytes(n_done * BS_KV_STEP),
                        values, n, head_dim, w->memory.sums, n_done > 0);
      n_done += n;
      n = n_joined = 0;
    }
  }
}

void bs_attend_tiles(const bs_attention *a, bs_sight sight, const bs_query *queries, size_t n,
                     size_t kv_head, float *scratch) {
  const bs_tiles *tiles = a->stack->kv.tiles;
  size_t head_dim = a->stack->kv.head_dim, width = bs_tiles_value_width(head_dim);
  tile_work w = {.a = a,
                 .tiles = tiles,
                 .pieces = sight.pieces,
                 .n_pieces = sight.n,
                 .queries = queries,
                 .n = n,
                 .kv_head = kv_head,
                 .low = queries[0].low,
                 .end = queries[n - 1].end,
                 .memory = memory_of(head_dim, a->n_columns, scratch)};
  size_t first_step = w.low / BS_KV_STEP * BS_KV_STEP;
  while (w.pieces->block->first + w.pieces->n <= first_step)
    w.pieces++, w.n_pieces--;
  w.base = w.pieces->block->first / BS_KV_STEP * BS_KV_STEP;
  float inverses[BS_TILE_QUERIES];
  tiles->begin();
  score(&w);
  weigh(&w, bs_round_up(w.end - w.base, BS_KV_STEP), inverses);
  sum(&w);
  tiles->end();
  for (size_t j = 0; j < n; j++)
    for (size_t d = 0; d < head_dim; d++)
      queries[j].out[d] = w.memory.sums[j * width + d] * inverses[j];
}
