/* Attention of one layer over paths of shared blocks, and what its files share. Queries see what
   their own stack keeps of the text before them, or what it keeps of the text that an encoder has
   read (cross-attention). */
#ifndef BIGSWEEP_ENGINE_STACK_ATTENTION_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_ATTENTION_INTERNAL_H

#include "engine/stack/stack_parts_internal.h"

/* Normalises and rotates q and k of all rows of a batch, which lie in work.qkv, and puts k and v
   into their blocks ... */
void bs_attention_store(const bs_stack *stack, const bs_batch *batch, size_t layer);
/* ... then attends for the rows active[0..n) (ascending); row i of work.attention is that of
   active[i]. */
bs_status bs_attention_run(bs_stack *stack, const bs_batch *batch, size_t layer,
                           const size_t *active, size_t n, bs_error *err);

/* Puts k and v of what an encoder has read, which lie in work.qkv as CROSS_KV gives them, into the
   blocks of the batch. */
void bs_cross_attention_store(const bs_stack *stack, const bs_batch *batch, size_t layer);
/* Attends to it: row i of work.qkv has only the query of active[i], row i of work.attention becomes
   its answer. */
bs_status bs_cross_attention_run(bs_stack *stack, const bs_batch *batch, size_t layer,
                                 const size_t *active, size_t n, bs_error *err);
/* Floats of working memory that each thread needs for texts of n_positions. */
size_t bs_attention_scratch_floats(const bs_blueprint *blueprint, const bs_tiles *tiles,
                                   size_t n_positions);

enum { BS_ATTENTION_QUERIES = BS_TILE_QUERIES }; /* that are worked on at a time */

/* One head of one row. */
typedef struct bs_query {
  const float *q;
  float *out;
  size_t low, end; /* sees positions low .. end */
  size_t position, head;
} bs_query;

/* What a query may see. */
typedef struct bs_sight {
  const bs_kv_piece *pieces;
  size_t n;
} bs_sight;

/* What the work on a layer shares. */
typedef struct bs_attention {
  const bs_stack *stack;
  const bs_batch *batch;
  const size_t *active;
  size_t layer;
  bool is_cross;
  size_t n_columns; /* of a row of scores */
} bs_attention;

/* Head h of q, k or v in a row of qkv. */
static inline float *bs_head_at(float *row, const bs_head_layout *layout, size_t h) {
  return row + bs_head_place(layout, h);
}

/* The sum of exp(score - largest) of a query whose raw scores lie at s[0 .. end - low); they become
   these exponentials, followed by zeros up to a multiple of BS_KEY_GROUP. */
float bs_attention_softmax(const bs_attention *a, const bs_query *query, float *s);

/* Up to BS_ATTENTION_QUERIES queries of one run, ascending, for one head of keys; in f32 and on
   tiles. The floats of scratch that each needs. */
void bs_attend_rows(const bs_attention *a, bs_sight sight, const bs_query *queries, size_t n,
                    size_t kv_head, float *scratch);
void bs_attend_tiles(const bs_attention *a, bs_sight sight, const bs_query *queries, size_t n,
                     size_t kv_head, float *scratch);
size_t bs_attend_rows_floats(size_t n_queries, size_t n_columns);
size_t bs_attend_tiles_floats(size_t head_dim, size_t n_columns);

#endif
