/* Attention in f32. A query's scores, their softmax and the weighted sum of values run over
   absolute positions in ascending order; how the positions are split into blocks, and which other
   queries are worked on at the same time, has no influence on any bit. */
#include <string.h>

#include "base/size_internal.h"
#include "engine/stack/attention_internal.h"

size_t bs_attend_rows_floats(size_t n_queries, size_t n_columns) { return n_queries * n_columns; }

/* Sums values of one piece into the outputs of queries that see different ends of it: what they all
   see together, the rest one by one, each in order of position. */
static void sum_values(const bs_attention *a, const bs_query *queries, size_t n,
                       const float *values, size_t first, size_t end, size_t base,
                       float *const *scores) {
  const bs_rows *rows = a->stack->rows;
  size_t head_dim = a->stack->blueprint->head_dim;
  size_t low = first, high = end;
  for (size_t i = 0; i < n; i++) {
    low = bs_size_max(queries[i].low, low);
    high = bs_size_min(queries[i].end, high);
  }
  low = bs_size_min(low, end);
  high = bs_size_max(high, low);
  const float *p[BS_MAX_QUERIES];
  float *out[BS_MAX_QUERIES];
  for (size_t i = 0; i < n; i++) {
    size_t from = bs_size_max(queries[i].low, first);
    size_t to = bs_size_min(queries[i].end, low);
    p[i] = scores[i] + (from - base);
    out[i] = queries[i].out;
    if (from < to)
      rows->values(&p[i], 1, values + (from - first) * head_dim, to - from, head_dim, &out[i]);
    p[i] = scores[i] + (low - base);
  }
  if (low < high)
    rows->values(p, n, values + (low - first) * head_dim, high - low, head_dim, out);
  for (size_t i = 0; i < n; i++) {
    size_t from = bs_size_max(queries[i].low, high);
    size_t to = bs_size_min(queries[i].end, end);
    p[i] = scores[i] + (from - base);
    if (from < to)
      rows->values(&p[i], 1, values + (from - first) * head_dim, to - from, head_dim, &out[i]);
  }
}

/* All queries of a tile for one head of keys. */
void bs_attend_rows(const bs_attention *a, bs_sight sight, const bs_query *queries, size_t n,
                    size_t kv_head, float *scratch) {
  const bs_stack *stack = a->stack;
  const bs_rows *rows = stack->rows;
  const bs_blueprint *blueprint = stack->blueprint;
  const bs_kv_piece *pieces = sight.pieces;
  size_t low = queries[0].low, end = queries[n - 1].end, first_piece = 0;
  while (pieces[first_piece].block->first + pieces[first_piece].n <= low)
    first_piece++;
  size_t base = pieces[first_piece].block->first;
  for (size_t i = first_piece; i < sight.n && pieces[i].block->first < end; i++) {
    const bs_kv_block *block = pieces[i].block;
    const float *keys = bs_kv_keys(block, &stack->kv, a->layer, kv_head);
    for (size_t g = 0; g < n; g += BS_MAX_QUERIES) {
      const float *q[BS_MAX_QUERIES];
      float *s[BS_MAX_QUERIES];
      size_t n_q = n - g < BS_MAX_QUERIES ? n - g : BS_MAX_QUERIES;
      size_t seen_end = queries[g + n_q - 1].end; /* the furthest of these */
      if (seen_end <= block->first)
        continue;
      size_t seen = bs_size_min(seen_end - block->first, pieces[i].n);
      for (size_t j = 0; j < n_q; j++) {
        q[j] = queries[g + j].q;
        s[j] = scratch + (g + j) * a->n_columns + (block->first - base);
      }
      rows->scores(q, n_q, blueprint->head_dim, keys, bs_kv_key_stride(block), seen, s);
    }
  }
  float inverse[BS_ATTENTION_QUERIES];
  for (size_t j = 0; j < n; j++) {
    inverse[j] = 1.0F / bs_attention_softmax(a, &queries[j],
                                             scratch + j * a->n_columns + (queries[j].low - base));
    memset(queries[j].out, 0, blueprint->head_dim * sizeof(float));
  }
  for (size_t i = first_piece; i < sight.n && pieces[i].block->first < end; i++) {
    const bs_kv_block *block = pieces[i].block;
    const float *values = bs_kv_values(block, &stack->kv, a->layer, kv_head);
    for (size_t g = 0; g < n; g += BS_MAX_QUERIES) {
      float *s[BS_MAX_QUERIES];
      size_t n_q = n - g < BS_MAX_QUERIES ? n - g : BS_MAX_QUERIES;
      for (size_t j = 0; j < n_q; j++)
        s[j] = scratch + (g + j) * a->n_columns;
      sum_values(a, queries + g, n_q, values, block->first, block->first + pieces[i].n, base, s);
    }
  }
  for (size_t j = 0; j < n; j++)
    for (size_t d = 0; d < blueprint->head_dim; d++)
      queries[j].out[d] *= inverse[j];
}
