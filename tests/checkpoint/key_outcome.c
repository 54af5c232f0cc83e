/* What comes of opening a model with a config.json that was changed. */
#include "key_outcome.h"

#include <stdio.h>
#include <string.h>

#include "checkpoint/blueprint_internal.h"
#include "harness.h"

const char *const key_values[N_KEY_VALUES] = {
    NULL,  "null",  "true",  "false", "0",       "1",  "-1",        "3",
    "0.5", "\"x\"", "\"8\"", "[]",    "[\"x\"]", "{}", "{\"a\":1}", "1e300",
};

static void add_tensor(bs_text *to, const char *what, const bs_tensor *tensor) {
  if (tensor != NULL)
    bs_text_printf(to, NULL, " %s=%s", what, tensor->name);
}

static void add_slots(bs_text *to, const bs_slot_tensors *slots, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const bs_slot_tensors *slot = &slots[i];
    if (slot->bare)
      bs_text_printf(to, NULL, " bare %zu: %zu", i, slot->n_out[0]);
    if (slot->n_members > 0)
      bs_text_printf(to, NULL, " members %zu:", i);
    add_slots(to, slot->members, slot->n_members);
    if (slot->n_parts > 0)
      bs_text_printf(to, NULL, " slot %zu: %zu%s", i, slot->n_in, slot->transposed ? "^T" : "");
    for (size_t part = 0; part < slot->n_parts; part++) {
      bs_text_printf(to, NULL, " %zu", slot->n_out[part]);
      add_tensor(to, "w", slot->weights[part]);
      add_tensor(to, "b", slot->biases[part]);
    }
  }
}

static void add_layer(bs_text *to, const bs_layer_blueprint *layer) {
  for (size_t i = 0; i < layer->n_steps; i++) {
    const bs_layer_step *step = &layer->steps[i];
    bs_text_printf(to, NULL, " step %d beside %d norms %d %d %d scale %.17g", (int)step->operation,
                   step->beside, (int)step->pre_norm, (int)step->post_norm, (int)step->result_norm,
                   step->scale);
  }
  add_slots(to, layer->slots, BS_LAYER_SLOTS);
  bs_text_printf(to, NULL, " window %zu scale %.17g cap %.17g angles %zu\n", layer->window,
                 layer->score_scale, layer->score_cap, layer->angles);
}

static void add_angles(bs_text *to, const bs_angles *angles, size_t n) {
  bs_text_printf(to, NULL, " factor %.17g length %zu theta %.17g growth %.17g", angles->factor,
                 angles->length, angles->theta, angles->growth);
  for (size_t i = 0; i < n; i++) {
    if (angles->frequencies != NULL)
      bs_text_printf(to, NULL, " f %.17g", angles->frequencies[i]);
    if (angles->long_frequencies != NULL)
      bs_text_printf(to, NULL, " long %.17g", angles->long_frequencies[i]);
  }
}

static void add_layout(bs_text *to, const char *name, const bs_head_layout *layout) {
  bs_text_printf(to, NULL, " %s %zu %zu %zu %zu", name, layout->first, layout->stride,
                 layout->per_group, layout->group_stride);
}

static void add_stack(bs_text *to, const bs_blueprint *d) {
  bs_text_printf(
      to, NULL,
      "%zu layers %zu wide %zu heads %zu kv %zu each %zu ff %zu tokens %zu positions "
      "embedding %.17g norm %d %.17g %.17g act %d gated %d position %d angles %zu%s offset %zu",
      d->n_layers, d->d_model, d->n_heads, d->n_kv_heads, d->head_dim, d->d_ff, d->vocab_size,
      d->max_positions, d->embedding_scale, (int)d->norm_kind, d->norm_epsilon, d->norm_offset,
      (int)d->activation, d->gated, (int)d->position, d->n_angles,
      d->neighbours ? " of neighbours" : "", d->position_offset);
  add_layout(to, "q", &d->q);
  add_layout(to, "k", &d->k);
  add_layout(to, "v", &d->v);
  bs_text_printf(to, NULL, " embedding %zu head norms %d clip %.17g output %.17g cap %.17g",
                 d->d_embedding, (int)d->head_norms, d->qkv_clip, d->output_scale, d->logit_cap);
  bs_text_printf(to, NULL, " buckets %zu far %zu bidirectional %d", d->n_buckets, d->max_distance,
                 d->bidirectional);
  bs_text_printf(to, NULL, " experts %zu each %zu renormalised %d capacity %zu wide %zu shared %zu",
                 d->experts.n, d->experts.per_token, d->experts.renormalised, d->experts.capacity,
                 d->experts.d_hidden, d->experts.d_shared);
  for (size_t i = 0; i < BS_ANGLE_SETS; i++)
    add_angles(to, &d->angles[i], d->n_angles);
  for (size_t i = 0; d->alibi_slopes != NULL && i < d->n_heads; i++)
    bs_text_printf(to, NULL, " slope %.17g", d->alibi_slopes[i]);
  add_slots(to, d->slots, BS_SLOTS);
  bs_text_append_string(to, "\n", NULL);
  for (size_t i = 0; i < d->n_layers; i++)
    add_layer(to, &d->layers[i]);
}

static bs_text text_of(const bs_checkpoint *checkpoint) {
  const bs_special_ids *special = bs_checkpoint_special_ids(checkpoint);
  const bs_blueprint *encoder = bs_checkpoint_encoder(checkpoint);
  bs_text to = {0};
  add_stack(&to, bs_checkpoint_blueprint(checkpoint));
  if (encoder != NULL)
    add_stack(&to, encoder);
  bs_text_printf(&to, NULL, " bos %d start %d eos", special->bos, special->decoder_start);
  for (size_t i = 0; i < special->n_eos; i++)
    bs_text_printf(&to, NULL, " %d", special->eos[i]);
  return to;
}

outcome outcome_open(const char *folder) {
  outcome found = {0};
  bs_checkpoint *checkpoint = NULL;
  if (bs_checkpoint_open(&checkpoint, folder, &found.err) == BS_OK) {
    found.text = text_of(checkpoint);
    for (size_t i = 0; i < bs_checkpoint_n_notes(checkpoint); i++)
      bs_text_printf(&found.notes, NULL, "%s\n", bs_checkpoint_note(checkpoint, i));
  }
  bs_checkpoint_free(&checkpoint);
  return found;
}

void outcome_free(outcome *found) {
  bs_text_free(&found->text);
  bs_text_free(&found->notes);
}

bool outcome_is_refused(const outcome *found) { return found->text.n_bytes == 0; }

bool outcome_is_same(const outcome *found, const outcome *base) {
  return !outcome_is_refused(found) && strcmp(found->text.data, base->text.data) == 0;
}

bool outcome_names(const outcome *found, const char *key) {
  return strstr(outcome_is_refused(found)   ? found->err.message
                : found->notes.data != NULL ? found->notes.data
                                            : "",
                key) != NULL;
}

void outcome_complain(const bs_family *family, const char *key, const char *value,
                      const outcome *found, const char *expected) {
  printf("\n    %s, %s: %s: expected it to be %s: %s", family->architecture, key,
         value != NULL ? value : "(absent)", expected,
         outcome_is_refused(found) ? found->err.message : "accepted");
  CU_FAIL("a key");
}

void outcome_check(const bs_family *family, const char *key, const char *value,
                   const outcome *found, const outcome *base) {
  const bs_key_rule *rule;
  bool empty = value == NULL || strcmp(value, "null") == 0 || strcmp(value, "[]") == 0 ||
               strcmp(value, "{}") == 0;
  switch (bs_key_use_of(family, key, &rule)) {
  case BS_KEY_OBEYED: /* named when it is refused, or a tensor is that does not fit it */
    if (outcome_is_refused(found) && !outcome_names(found, key) &&
        !outcome_names(found, "tensor ") && !outcome_names(found, "divide") &&
        !outcome_names(found, "dimensions would be rotated") &&
        !outcome_names(found, "is missing") && !outcome_names(found, "contradicts") &&
        !outcome_names(found, "unknown architecture") && !outcome_names(found, "layers"))
      outcome_complain(family, key, value, found, "named");
    return;
  case BS_KEY_HARMLESS:
    if (!outcome_is_same(found, base) || found->notes.n_bytes != base->notes.n_bytes)
      outcome_complain(family, key, value, found, "harmless");
    return;
  case BS_KEY_REFUSED:
  case BS_KEY_ALIAS:
    if (outcome_is_refused(found) ? !outcome_names(found, key) : !outcome_is_same(found, base))
      outcome_complain(family, key, value, found, "refused by name or without effect");
    return;
  case BS_KEY_SUSPECT:
    if (empty || strcmp(value, "false") == 0
            ? !outcome_is_same(found, base)
            : !outcome_is_refused(found) || !outcome_names(found, key))
      outcome_complain(family, key, value, found, "refused by name unless empty or false");
    return;
  case BS_KEY_UNKNOWN:
    if (!outcome_is_same(found, base) || outcome_names(found, key) == empty)
      outcome_complain(family, key, value, found, "noted by name");
    return;
  }
}
