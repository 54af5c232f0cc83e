/* One batch through the layers, and the output head on what comes out. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "engine/stack/attention_internal.h"

/* Below so many elements a loop over rows is not worth waking the threads. */
enum { PARALLEL_ELEMENTS = 1 << 17 };

static void norm_row(const bs_stack *stack, const bs_norm_weights *norm, const float *x, float *y) {
  const bs_decoder *decoder = stack->decoder;
  size_t d = decoder->d_model;
  if (decoder->norm_kind == BS_NORM_RMS)
    stack->rows->rms_norm(x, y, d, norm->weight, decoder->norm_epsilon);
  else
    stack->rows->layer_norm(x, y, d, norm->weight, norm->bias, decoder->norm_epsilon);
}

static void norm_rows(const bs_stack *stack, const bs_norm_weights *norm, float *x, size_t n) {
  size_t d = stack->decoder->d_model;
#pragma omp parallel for schedule(static) if (n * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < n; i++)
    norm_row(stack, norm, x + i * d, x + i * d);
}

static bs_status embed(bs_stack *stack, const bs_batch *batch, bs_error *err) {
  const bs_decoder *decoder = stack->decoder;
  size_t d = decoder->d_model;
  float *x = stack->work.x.data;
  bs_floats places = {0};
  bs_status status = BS_OK;
  if (decoder->position == BS_POSITION_LEARNED)
    status = bs_floats_need(&places, batch->n_rows, d, err);
  if (status != BS_OK)
    return status;
#pragma omp parallel for schedule(static) if (batch->n_rows * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < batch->n_rows; i++) {
    const bs_row *row = &batch->rows[i];
    bs_tensor_row(decoder->embedding, (size_t)row->id, d, x + i * d);
    if (decoder->position == BS_POSITION_LEARNED) {
      float *place = places.data + i * d;
      bs_tensor_row(decoder->position_table, row->position + decoder->position_offset, d, place);
      for (size_t j = 0; j < d; j++)
        x[i * d + j] += place[j];
    }
  }
  free(places.data);
  if (stack->weights.embedding_norm.weight != NULL)
    norm_rows(stack, &stack->weights.embedding_norm, x, batch->n_rows);
  return BS_OK;
}

/* Blocks that no path keeps get memory for this pass, which all layers use in turn. */
static bs_status place_transient(bs_stack *stack, bs_batch *batch, bs_error *err) {
  size_t n_bytes = 0, at = 0;
  const bs_kv_block *before = NULL;
  for (size_t i = 0; i < batch->n_rows; i++) {
    const bs_kv_block *block = batch->rows[i].block;
    if (block != before && block->data == NULL)
      n_bytes += bs_kv_layer_bytes(block, &stack->kv);
    before = block;
  }
  bs_status status = bs_floats_need(&stack->work.transient, 1, n_bytes / sizeof(float), err);
  for (size_t i = 0; status == BS_OK && i < batch->n_rows; i++) {
    bs_kv_block *block = batch->rows[i].block;
    if (block->data == NULL) {
      block->data = (unsigned char *)stack->work.transient.data + at;
      at += bs_kv_layer_bytes(block, &stack->kv);
    }
  }
  return status;
}

static bs_status reserve(bs_stack *stack, size_t m, bs_error *err) {
  const bs_decoder *decoder = stack->decoder;
  bs_workspace *work = &stack->work;
  size_t d = decoder->d_model;
  bs_status status = bs_floats_need(&work->x, m, d, err);
  if (status == BS_OK)
    status = bs_floats_need(&work->qkv, m, bs_decoder_qkv_width(decoder), err);
  if (status == BS_OK)
    status = bs_floats_need(&work->attention, m, bs_decoder_attention_width(decoder), err);
  return status;
}

/* A row of x, normed as a product takes it up. */
typedef struct norm_source {
  const bs_stack *stack;
  const bs_norm_weights *norm;
} norm_source;

static void fill_normed(const void *context, size_t row, float *out) {
  const norm_source *source = context;
  size_t d = source->stack->decoder->d_model;
  norm_row(source->stack, source->norm, source->stack->work.x.data + row * d, out);
}

static void activate(const void *context, const float *gate, const float *up, float *y, size_t n) {
  const bs_stack *stack = context;
  if (up != NULL)
    stack->rows->activate_gated(stack->decoder->activation, gate, up, y, n);
  else
    stack->rows->activate(stack->decoder->activation, gate, y, n);
}

/* The hidden layer's activations of the normed rows of x, packed for the layer that follows. */
static bs_status run_hidden(bs_stack *stack, size_t layer, size_t n, bs_error *err) {
  const bs_layer_weights *weights = &stack->weights.layers[layer];
  const norm_source normed = {stack, &weights->mlp_norm};
  size_t n_bytes;
  bs_status status = bs_linear_slab_bytes(weights->mlp_out, n, &n_bytes, err);
  if (status == BS_OK)
    status = bs_floats_need(&stack->work.hidden, 1, n_bytes / sizeof(float), err);
  if (status != BS_OK)
    return status;
  return bs_linear_run(weights->mlp_in, &(bs_linear_input){.source = {fill_normed, &normed}}, n,
                       &(bs_linear_output){.map = {activate, stack},
                                           .next = weights->mlp_out,
                                           .slab = stack->work.hidden.data},
                       err);
}

/* Attention and what follows for the rows active[0..n); x, compact afterwards, loses the others. */
static bs_status run_layer(bs_stack *stack, const bs_batch *batch, size_t layer,
                           const size_t *active, size_t n, bs_error *err) {
  const bs_decoder *decoder = stack->decoder;
  const bs_layer_weights *weights = &stack->weights.layers[layer];
  bs_workspace *work = &stack->work;
  size_t d = decoder->d_model;
  const norm_source normed = {stack, &weights->attention_norm};
  const bs_linear_output residual = {.y = work->x.data, .ld_y = d, .epilogue = BS_EPILOGUE_ADD};
  bs_status status = bs_linear_run(
      weights->qkv, &(bs_linear_input){.source = {fill_normed, &normed}}, batch->n_rows,
      &(bs_linear_output){.y = work->qkv.data, .ld_y = bs_decoder_qkv_width(decoder)}, err);
  if (status != BS_OK)
    return status;
  bs_attention_store(stack, batch, layer);
  if (n == 0)
    return BS_OK;
  status = bs_attention_run(stack, batch, layer, active, n, err);
  for (size_t i = 0; i < n; i++)
    if (active[i] != i)
      memcpy(work->x.data + i * d, work->x.data + active[i] * d, d * sizeof(float));
  /* Both halves of a parallel residual start from x as it is. */
  if (status == BS_OK && decoder->parallel_residual)
    status = run_hidden(stack, layer, n, err);
  if (status == BS_OK)
    status = bs_linear_run(
        weights->attention_out,
        &(bs_linear_input){.x = work->attention.data, .ld_x = bs_decoder_attention_width(decoder)},
        n, &residual, err);
  if (status == BS_OK && !decoder->parallel_residual)
    status = run_hidden(stack, layer, n, err);
  if (status == BS_OK)
    status = bs_linear_run(weights->mlp_out, &(bs_linear_input){.slab = work->hidden.data}, n,
                           &residual, err);
  return status;
}

static size_t last_position(const bs_batch *batch) {
  size_t last = 0;
  for (size_t i = 0; i < batch->n_rows; i++)
    last = bs_size_max(batch->rows[i].position, last);
  return last;
}

bs_status bs_stack_run(bs_stack *stack, bs_batch *batch, bs_error *err) {
  const bs_decoder *decoder = stack->decoder;
  size_t m = batch->n_rows;
  bs_status status = reserve(stack, m, err);
  if (status == BS_OK)
    status = place_transient(stack, batch, err);
  if (status == BS_OK && decoder->position == BS_POSITION_ROTARY)
    status = bs_rotary_table_grow(&stack->rotary, decoder->inverse_frequencies,
                                  decoder->n_rotary / 2, last_position(batch) + 1, err);
  size_t *all = bs_array_new(m, sizeof *all, err);
  if (all == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < m; i++)
    all[i] = i;
  if (status == BS_OK)
    status = embed(stack, batch, err);
  for (size_t layer = 0; status == BS_OK && layer < decoder->n_layers; layer++) {
    bool last = layer + 1 == decoder->n_layers; /* what follows it is only wanted of few rows */
    status = run_layer(stack, batch, layer, last ? batch->outputs : all,
                       last ? batch->n_outputs : m, err);
  }
  if (status == BS_OK)
    norm_rows(stack, &stack->weights.final_norm, stack->work.x.data, batch->n_outputs);
  free(all);
  return status;
}

bs_status bs_stack_summary(const bs_stack *stack, size_t first, size_t n, const size_t *offsets,
                           const int32_t *wanted, double *log_sum_exp, int32_t *argmax,
                           float *wanted_logits, bs_error *err) {
  size_t d = stack->decoder->d_model;
  const bs_logits_summary summary = {.log_sum_exp = log_sum_exp,
                                     .argmax = argmax,
                                     .offsets = offsets,
                                     .wanted = wanted,
                                     .wanted_logits = wanted_logits};
  return bs_linear_run(stack->weights.head,
                       &(bs_linear_input){.x = stack->work.x.data + first * d, .ld_x = d}, n,
                       &(bs_linear_output){.summary = &summary}, err);
}

bs_status bs_stack_logits(const bs_stack *stack, size_t first, size_t n, float *logits,
                          bs_error *err) {
  size_t d = stack->decoder->d_model;
  return bs_linear_run(stack->weights.head,
                       &(bs_linear_input){.x = stack->work.x.data + first * d, .ld_x = d}, n,
                       &(bs_linear_output){.y = logits, .ld_y = stack->decoder->vocab_size}, err);
}
