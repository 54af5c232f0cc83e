/* The table of a stack's slots, and the widths of a blueprint that it speaks of. */
#include <stdlib.h>

#include "checkpoint/blueprint_internal.h"

#define NORM(width)                                                                                \
  {                                                                                                \
    .kind = BS_KIND_NORM, .n_out = { width }                                                       \
  }
#define TABLE(rows, width)                                                                         \
  { .kind = BS_KIND_TABLE, .n_out = {rows}, .n_in = (width) }
#define LINEAR(inputs, ...)                                                                        \
  { .kind = BS_KIND_LINEAR, .n_out = {__VA_ARGS__}, .n_in = (inputs) }

const bs_slot_rule bs_slot_rules[BS_SLOTS] = {
    [BS_SLOT_ATTENTION_NORM] = NORM(BS_WIDTH_MODEL),
    [BS_SLOT_Q_NORM] = {.kind = BS_KIND_NORM,
                        .n_out = {BS_WIDTH_Q_NORM},
                        .n_members = BS_WIDTH_OWN_Q_NORMS},
    [BS_SLOT_K_NORM] = {.kind = BS_KIND_NORM,
                        .n_out = {BS_WIDTH_K_NORM},
                        .n_members = BS_WIDTH_OWN_K_NORMS},
    [BS_SLOT_QKV] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_QUERIES, BS_WIDTH_KEYS, BS_WIDTH_KEYS),
    [BS_SLOT_ATTENTION_OUT] = LINEAR(BS_WIDTH_QUERIES, BS_WIDTH_MODEL),
    [BS_SLOT_ATTENTION_POST_NORM] = NORM(BS_WIDTH_MODEL),
    [BS_SLOT_CROSS_NORM] = NORM(BS_WIDTH_MODEL),
    [BS_SLOT_CROSS_KV] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_KEYS, BS_WIDTH_KEYS),
    [BS_SLOT_CROSS_Q] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_QUERIES),
    [BS_SLOT_CROSS_OUT] = LINEAR(BS_WIDTH_QUERIES, BS_WIDTH_MODEL),
    [BS_SLOT_MLP_NORM] = NORM(BS_WIDTH_MODEL),
    [BS_SLOT_MLP_IN] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_GATE, BS_WIDTH_HIDDEN),
    [BS_SLOT_MLP_OUT] = LINEAR(BS_WIDTH_HIDDEN, BS_WIDTH_MODEL),
    [BS_SLOT_MLP_POST_NORM] = NORM(BS_WIDTH_MODEL),
    [BS_SLOT_ROUTER] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_EXPERTS),
    [BS_SLOT_SHARED_GATE] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_ONE),
    [BS_SLOT_SHARED_IN] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_SHARED_GATE, BS_WIDTH_SHARED_HIDDEN),
    [BS_SLOT_SHARED_OUT] = LINEAR(BS_WIDTH_SHARED_HIDDEN, BS_WIDTH_MODEL),
    [BS_SLOT_EXPERT_IN] = {.kind = BS_KIND_LINEAR,
                           .n_out = {BS_WIDTH_EXPERT_GATE, BS_WIDTH_EXPERT_HIDDEN},
                           .n_in = BS_WIDTH_MODEL,
                           .n_members = BS_WIDTH_EXPERTS},
    [BS_SLOT_EXPERT_OUT] = {.kind = BS_KIND_LINEAR,
                            .n_out = {BS_WIDTH_MODEL},
                            .n_in = BS_WIDTH_EXPERT_HIDDEN,
                            .n_members = BS_WIDTH_EXPERTS},
    [BS_SLOT_EMBEDDING] = TABLE(BS_WIDTH_VOCABULARY, BS_WIDTH_EMBEDDING),
    [BS_SLOT_PROJECT_IN] = LINEAR(BS_WIDTH_EMBEDDING, BS_WIDTH_MODEL),
    [BS_SLOT_PROJECT_OUT] = LINEAR(BS_WIDTH_MODEL, BS_WIDTH_EMBEDDING),
    [BS_SLOT_POSITIONS] = TABLE(BS_WIDTH_POSITIONS, BS_WIDTH_MODEL),
    [BS_SLOT_BUCKETS] = TABLE(BS_WIDTH_BUCKETS, BS_WIDTH_HEADS),
    [BS_SLOT_EMBEDDING_NORM] = NORM(BS_WIDTH_MODEL),
    [BS_SLOT_FINAL_NORM] = NORM(BS_WIDTH_MODEL),
    [BS_SLOT_HEAD] = LINEAR(BS_WIDTH_EMBEDDING, BS_WIDTH_VOCABULARY),
};

/* Numbers of a norm of n heads. */
static size_t head_norm_width(const bs_blueprint *blueprint, size_t n) {
  return blueprint->head_norms == BS_HEAD_NORMS_JOINT ? n * blueprint->head_dim
                                                      : blueprint->head_dim;
}

static size_t own_head_norms(const bs_blueprint *blueprint, size_t n) {
  return blueprint->head_norms == BS_HEAD_NORMS_OWN ? n : 0;
}

size_t bs_blueprint_width(const bs_blueprint *blueprint, bs_width width) {
  switch (width) {
  case BS_WIDTH_NONE:
    break;
  case BS_WIDTH_MODEL:
    return blueprint->d_model;
  case BS_WIDTH_EMBEDDING:
    return blueprint->d_embedding > 0 ? blueprint->d_embedding : blueprint->d_model;
  case BS_WIDTH_Q_NORM:
    return head_norm_width(blueprint, blueprint->n_heads);
  case BS_WIDTH_K_NORM:
    return head_norm_width(blueprint, blueprint->n_kv_heads);
  case BS_WIDTH_OWN_Q_NORMS:
    return own_head_norms(blueprint, blueprint->n_heads);
  case BS_WIDTH_OWN_K_NORMS:
    return own_head_norms(blueprint, blueprint->n_kv_heads);
  case BS_WIDTH_QUERIES:
    return blueprint->n_heads * blueprint->head_dim;
  case BS_WIDTH_KEYS:
    return blueprint->n_kv_heads * blueprint->head_dim;
  case BS_WIDTH_HIDDEN:
    return blueprint->d_ff;
  case BS_WIDTH_GATE:
    return blueprint->gated ? blueprint->d_ff : 0;
  case BS_WIDTH_VOCABULARY:
    return blueprint->vocab_size;
  case BS_WIDTH_POSITIONS:
    return blueprint->max_positions + blueprint->position_offset;
  case BS_WIDTH_BUCKETS:
    return blueprint->n_buckets;
  case BS_WIDTH_HEADS:
    return blueprint->n_heads;
  case BS_WIDTH_EXPERTS:
    return blueprint->experts.n;
  case BS_WIDTH_EXPERT_HIDDEN:
    return blueprint->experts.d_hidden;
  case BS_WIDTH_EXPERT_GATE:
    return blueprint->gated ? blueprint->experts.d_hidden : 0;
  case BS_WIDTH_SHARED_HIDDEN:
    return blueprint->experts.d_shared;
  case BS_WIDTH_SHARED_GATE:
    return blueprint->gated ? blueprint->experts.d_shared : 0;
  case BS_WIDTH_ONE:
    return 1;
  }
  return 0;
}

size_t bs_slot_outputs(const bs_slot_tensors *tensors) {
  size_t n = 0;
  for (size_t i = 0; i < tensors->n_parts; i++)
    n += tensors->n_out[i];
  return n;
}

/* Elements of what lies in a slot; of members of one of them. */
static uint64_t slot_elements(const bs_slot_tensors *tensors) {
  uint64_t n = 0, n_in = tensors->n_in > 0 ? tensors->n_in : 1;
  for (size_t i = 0; i < tensors->n_parts; i++)
    n += tensors->n_out[i] * (n_in + (tensors->biases[i] != NULL));
  return n;
}

uint64_t bs_blueprint_idle_parameters(const bs_blueprint *blueprint) {
  static const bs_slot slots[] = {BS_SLOT_EXPERT_IN, BS_SLOT_EXPERT_OUT};
  uint64_t n = 0, n_idle = blueprint->experts.n - blueprint->experts.per_token;
  for (size_t i = 0; i < blueprint->n_layers; i++)
    for (size_t j = 0; j < sizeof slots / sizeof *slots; j++) {
      const bs_slot_tensors *tensors = &blueprint->layers[i].slots[slots[j]];
      if (tensors->n_members > 0)
        n += n_idle * slot_elements(&tensors->members[0]);
    }
  return n;
}

void bs_blueprint_free(bs_blueprint *blueprint) {
  for (size_t i = 0; blueprint->layers != NULL && i < blueprint->n_layers; i++)
    for (bs_slot slot = 0; slot < BS_LAYER_SLOTS; slot++)
      free(blueprint->layers[i].slots[slot].members);
  free(blueprint->layers);
  for (size_t i = 0; i < BS_ANGLE_SETS; i++) {
    free(blueprint->angles[i].frequencies);
    free(blueprint->angles[i].long_frequencies);
  }
  free(blueprint->alibi_slopes);
  *blueprint = (bs_blueprint){0};
}
