/* What a stack will need at most, from the description alone. Every term is the size of a buffer
   that weights.c, forward.c or attention.c allocates. */
#include "engine/stack/attention_internal.h"

typedef struct estimate {
  bs_tier tier;
  const char *isa;
  size_t max_rows, n_threads;
  double packed;  /* weights */
  double scratch; /* the largest that one layer asks of the threads */
  double hidden;  /* the largest slab of activations */
  bs_status status;
  bs_error *err;
} estimate;

/* `slab`: its rows come packed. */
static void add_matrix(estimate *e, size_t n_out, size_t n_in, bs_dtype dtype, bool slab) {
  uint64_t packed = 0, scratch = 0, hidden = 0;
  if (e->status == BS_OK)
    e->status = bs_linear_packed_bytes(n_out, n_in, dtype, e->tier, e->isa, &packed, e->err);
  if (e->status == BS_OK)
    e->status = bs_linear_scratch_bytes(n_out, n_in, dtype, e->tier, e->isa, e->max_rows,
                                        e->n_threads, slab, &scratch, e->err);
  if (e->status == BS_OK && slab)
    e->status =
        bs_linear_slab_bytes_of(n_out, n_in, dtype, e->tier, e->isa, e->max_rows, &hidden, e->err);
  e->packed += (double)packed;
  if ((double)scratch > e->scratch)
    e->scratch = (double)scratch;
  if ((double)hidden > e->hidden)
    e->hidden = (double)hidden;
}

static void add_affine(estimate *e, const bs_affine *affine, bool paired, bool slab) {
  size_t n_out = 0;
  bs_dtype dtype = affine->weights[0]->dtype;
  for (size_t i = 0; i < affine->n_parts; i++) {
    n_out += affine->n_out[i];
    if (affine->weights[i]->dtype != dtype)
      dtype = BS_DTYPE_F32;
  }
  if (paired)
    n_out = bs_paired_outputs(affine->n_out[0]);
  add_matrix(e, n_out, affine->n_in, dtype, slab);
  if (affine->biases[0] != NULL)
    e->packed += sizeof(float) * (double)n_out;
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
  add_matrix(e, decoder->vocab_size, decoder->d_model, decoder->head->dtype, false);
}

/* Buffers of a pass. */
static double workspace_bytes(const estimate *e, const bs_decoder *decoder) {
  double per_row = (double)decoder->d_model + (double)bs_decoder_qkv_width(decoder) +
                   (double)bs_decoder_attention_width(decoder) +
                   (decoder->position == BS_POSITION_LEARNED ? (double)decoder->d_model : 0);
  double scores = (double)bs_attention_scratch_floats(decoder, bs_tiles_for(e->isa, e->tier),
                                                      decoder->max_positions) *
                  (double)e->n_threads;
  double rotary = (double)decoder->max_positions * (double)decoder->n_rotary;
  return e->hidden + sizeof(float) * ((double)e->max_rows * per_row + scores + rotary);
}

static uint64_t table_bytes(const bs_decoder *decoder) {
  return decoder->embedding->n_bytes +
         (decoder->position_table != NULL ? decoder->position_table->n_bytes : 0);
}

bs_status bs_stack_memory_need(const bs_decoder *decoder, bs_precision precision, const char *isa,
                               size_t max_rows, size_t n_threads, bs_stack_memory *need,
                               bs_error *err) {
  estimate e = {.tier = bs_tier_of(precision),
                .isa = isa,
                .max_rows = max_rows,
                .n_threads = n_threads,
                .err = err};
  add_weights(&e, decoder);
  if (e.status != BS_OK)
    return e.status;
  /* A pass holds its own tokens for one layer, in padded blocks. */
  const bs_kv_shape shape = bs_kv_shape_of(decoder, e.tier, isa);
  *need = (bs_stack_memory){.weights = e.packed,
                            .pass = e.scratch + workspace_bytes(&e, decoder) +
                                    (double)bs_kv_position_bytes(&shape) * (double)max_rows,
                            .mapped = table_bytes(decoder)};
  return BS_OK;
}
