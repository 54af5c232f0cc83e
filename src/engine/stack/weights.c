/* From the checkpoint's tensors to packed linear layers and norms in f32. */
#include "engine/stack/weights_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"
#include "kernels/convert_internal.h"

void bs_tensor_row(const bs_tensor *tensor, size_t row, size_t n_columns, float *out) {
  const char *data = tensor->data;
  bs_convert_to_f32(tensor->dtype, data + row * n_columns * bs_dtype_bytes(tensor->dtype), out,
                    n_columns);
}

/* A vector as f32, or NULL for none. */
static bs_status load_vector(float **out, const bs_tensor *tensor, bs_error *err) {
  if (tensor == NULL)
    return BS_OK;
  size_t n = (size_t)tensor->shape[0];
  *out = bs_array_new(n, sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  bs_tensor_row(tensor, 0, n, *out);
  return BS_OK;
}

static bs_status load_norm(bs_norm_weights *out, const bs_norm *norm, bs_error *err) {
  bs_status status = load_vector(&out->weight, norm->weight, err);
  return status == BS_OK ? load_vector(&out->bias, norm->bias, err) : status;
}

static bs_status load_biases(float **out, const bs_affine *affine, bs_error *err) {
  if (affine->biases[0] == NULL)
    return BS_OK;
  size_t n = 0;
  for (size_t i = 0; i < affine->n_parts; i++)
    n += affine->n_out[i];
  *out = bs_array_new(n, sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0, at = 0; i < affine->n_parts; at += affine->n_out[i], i++)
    bs_tensor_row(affine->biases[i], 0, affine->n_out[i], *out + at);
  return BS_OK;
}

bs_linear_plan bs_affine_plan(const bs_affine *affine, bool paired, bs_arithmetic arithmetic,
                              bs_weight parts[BS_AFFINE_MAX_PARTS]) {
  for (size_t i = 0; i < affine->n_parts; i++)
    parts[i] = (bs_weight){.data = affine->weights[i]->data,
                           .dtype = affine->weights[i]->dtype,
                           .n_out = affine->n_out[i],
                           .n_in = affine->n_in,
                           .transposed = affine->transposed};
  return (bs_linear_plan){
      .parts = parts, .n_parts = affine->n_parts, .paired = paired, .arithmetic = arithmetic};
}

bs_weight bs_head_weight(const bs_decoder *decoder) {
  return (bs_weight){.data = decoder->head->data,
                     .dtype = decoder->head->dtype,
                     .n_out = decoder->vocab_size,
                     .n_in = decoder->d_model};
}

typedef struct packing {
  const bs_checkpoint *checkpoint;
  bs_arithmetic arithmetic;
  bool gated;
  bs_linear_room *room;
} packing;

static bs_status load_affine(bs_linear **out, const bs_affine *affine, bool paired,
                             const packing *how, bs_error *err) {
  bs_weight parts[BS_AFFINE_MAX_PARTS];
  bs_linear_plan plan = bs_affine_plan(affine, paired, how->arithmetic, parts);
  float *biases = NULL;
  bs_status status = load_biases(&biases, affine, err);
  plan.bias = biases;
  if (status == BS_OK)
    status = bs_linear_new(out, &plan, how->room, err);
  free(biases);
  for (size_t i = 0; i < affine->n_parts; i++) /* a copy is enough */
    bs_checkpoint_release_pages(how->checkpoint, affine->weights[i]);
  return status;
}

static bs_status load_layer(bs_layer_weights *out, const bs_decoder_layer *layer,
                            const packing *how, bs_error *err) {
  bs_status status = load_norm(&out->attention_norm, &layer->attention_norm, err);
  if (status == BS_OK)
    status = load_norm(&out->mlp_norm, &layer->mlp_norm, err);
  if (status == BS_OK)
    status = load_norm(&out->q_norm, &layer->q_norm, err);
  if (status == BS_OK)
    status = load_norm(&out->k_norm, &layer->k_norm, err);
  if (status == BS_OK)
    status = load_affine(&out->qkv, &layer->qkv, false, how, err);
  if (status == BS_OK)
    status = load_affine(&out->attention_out, &layer->attention_out, false, how, err);
  if (status == BS_OK)
    status = load_affine(&out->mlp_in, &layer->mlp_in, how->gated, how, err);
  if (status == BS_OK)
    status = load_affine(&out->mlp_out, &layer->mlp_out, false, how, err);
  return status;
}

bs_status bs_stack_weights_load(bs_stack_weights *weights, const bs_checkpoint *checkpoint,
                                const bs_decoder *decoder, bs_arithmetic arithmetic, size_t n_bytes,
                                bs_error *err) {
  const packing how = {.checkpoint = checkpoint,
                       .arithmetic = arithmetic,
                       .gated = decoder->gated,
                       .room = &weights->room};
  weights->layers = bs_array_new(decoder->n_layers, sizeof *weights->layers, err);
  if (weights->layers == NULL)
    return BS_ERR_MEMORY;
  weights->n_layers = decoder->n_layers;
  bs_status status = bs_linear_room_new(&weights->room, n_bytes, err);
  if (status == BS_OK)
    status = load_norm(&weights->embedding_norm, &decoder->embedding_norm, err);
  if (status == BS_OK)
    status = load_norm(&weights->final_norm, &decoder->final_norm, err);
  for (size_t i = 0; i < decoder->n_layers && status == BS_OK; i++)
    status = load_layer(&weights->layers[i], &decoder->layers[i], &how, err);
  const bs_weight head = bs_head_weight(decoder);
  const bs_linear_plan plan = {.parts = &head, .n_parts = 1, .arithmetic = arithmetic};
  if (status == BS_OK)
    status = bs_linear_new(&weights->head, &plan, &weights->room, err);
  bs_checkpoint_release_pages(checkpoint, decoder->head);
  return status;
}

static void free_norm(bs_norm_weights *norm) {
  free(norm->weight);
  free(norm->bias);
}

void bs_stack_weights_free(bs_stack_weights *weights) {
  for (size_t i = 0; i < weights->n_layers; i++) {
    bs_layer_weights *layer = &weights->layers[i];
    free_norm(&layer->attention_norm);
    free_norm(&layer->mlp_norm);
    free_norm(&layer->q_norm);
    free_norm(&layer->k_norm);
    bs_linear_free(&layer->qkv);
    bs_linear_free(&layer->attention_out);
    bs_linear_free(&layer->mlp_in);
    bs_linear_free(&layer->mlp_out);
  }
  free_norm(&weights->embedding_norm);
  free_norm(&weights->final_norm);
  bs_linear_free(&weights->head);
  bs_linear_room_free(&weights->room);
  free(weights->layers);
  *weights = (bs_stack_weights){0};
}
