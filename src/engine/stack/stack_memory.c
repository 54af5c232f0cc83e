/* What a stack will need at most, from the description alone. Every term is the size of a buffer
   that weights.c, forward.c or attention.c allocates. */
#include <math.h>

#include "engine/stack/attention_internal.h"

typedef struct estimate {
  bs_arithmetic arithmetic;
  size_t max_rows, n_threads;
  double packed;  /* weights */
  double scratch; /* the largest that one layer asks of the threads */
  double hidden;  /* the largest slab of activations */
  bs_status status;
  bs_error *err;
} estimate;

/* `slab`: its rows come packed. */
static void add_layer(estimate *e, const bs_linear_plan *plan, bool biased, bool slab) {
  const bs_linear_use use = {.n_rows = e->max_rows, .n_threads = e->n_threads, .packed = slab};
  bs_linear_sizes sizes = {0};
  if (e->status == BS_OK)
    e->status = bs_linear_measure(plan, &use, &sizes, e->err);
  e->packed += (double)sizes.weight_bytes;
  if (biased)
    e->packed += sizeof(float) * (double)sizes.n_out;
  e->scratch = fmax(e->scratch, (double)sizes.scratch_bytes);
  e->hidden = fmax(e->hidden, (double)sizes.slab_bytes);
}

static void add_affine(estimate *e, const bs_affine *affine, bool paired, bool slab) {
  bs_weight parts[BS_AFFINE_MAX_PARTS];
  bs_linear_plan plan = bs_affine_plan(affine, paired, e->arithmetic, parts);
  add_layer(e, &plan, affine->biases[0] != NULL, slab);
}

static void add_norm(estimate *e, const bs_norm *norm) {
  double n = norm->weight == NULL ? 0 : (double)norm->weight->shape[0];
  e->packed += sizeof(float) * (norm->bias != NULL ? 2 * n : n);
}

static void add_weights(estimate *e, const bs_decoder *decoder) {
  add_norm(e, &decoder->embedding_norm);
  add_norm(e, &decoder->final_norm);
  for (size_t i = 0; i < decoder->n_layers; i++) {
    const bs_decoder_layer *layer = &decoder->layers[i];
    add_norm(e, &layer->attention_norm);
    add_norm(e, &layer->mlp_norm);
    add_norm(e, &layer->q_norm);
    add_norm(e, &layer->k_norm);
    add_affine(e, &layer->qkv, false, false);
    add_affine(e, &layer->attention_out, false, false);
    add_affine(e, &layer->mlp_in, decoder->gated, false);
    add_affine(e, &layer->mlp_out, false, true);
  }
  const bs_weight head = bs_head_weight(decoder);
  const bs_linear_plan plan = {.parts = &head, .n_parts = 1, .arithmetic = e->arithmetic};
  add_layer(e, &plan, false, false);
}

/* Buffers of a pass. */
static double workspace_bytes(const estimate *e, const bs_decoder *decoder) {
  double per_row = (double)decoder->d_model + (double)bs_decoder_qkv_width(decoder) +
                   (double)bs_decoder_attention_width(decoder) +
                   (decoder->position == BS_POSITION_LEARNED ? (double)decoder->d_model : 0);
  double scores = (double)bs_attention_scratch_floats(decoder, bs_tiles_for(e->arithmetic),
                                                      decoder->max_positions) *
                  (double)e->n_threads;
  double rotary = (double)decoder->max_positions * (double)decoder->n_rotary;
  return e->hidden + sizeof(float) * ((double)e->max_rows * per_row + scores + rotary);
}

static uint64_t table_bytes(const bs_decoder *decoder) {
  return decoder->embedding->n_bytes +
         (decoder->position_table != NULL ? decoder->position_table->n_bytes : 0);
}

bs_status bs_stack_memory_need(const bs_decoder *decoder, bs_arithmetic arithmetic, size_t max_rows,
                               size_t n_threads, bs_stack_memory *need, bs_error *err) {
  estimate e = {.arithmetic = arithmetic, .max_rows = max_rows, .n_threads = n_threads, .err = err};
  add_weights(&e, decoder);
  if (e.status != BS_OK)
    return e.status;
  /* A pass holds its own tokens for one layer, in padded blocks. */
  const bs_kv_shape shape = bs_kv_shape_of(decoder, arithmetic);
  *need = (bs_stack_memory){.weights = e.packed,
                            .pass = e.scratch + workspace_bytes(&e, decoder) +
                                    (double)bs_kv_position_bytes(&shape) * (double)max_rows,
                            .mapped = table_bytes(decoder)};
  return BS_OK;
}
