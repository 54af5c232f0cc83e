/* Every key of config.json is obeyed, harmless or refused. The tables that the program goes by
   drive the test: a key that is listed as obeyed must change what is computed, one that is listed
   as harmless must not, whatever its value, and one that is refused must be named. What is computed
   is the decoder that the engine gets: it is written out and compared. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/json_internal.h"
#include "base/memory_internal.h"
#include "checkpoint/keys_internal.h"
#include "family_models.h"
#include "harness.h"
#include "model_writer.h"

/* Values that a key may get; NULL: absent. */
static const char *const values[] = {
    NULL,  "null",  "true",  "false", "0",       "1",  "-1",        "3",
    "0.5", "\"x\"", "\"8\"", "[]",    "[\"x\"]", "{}", "{\"a\":1}", "1e300",
};

enum { N_VALUES = sizeof values / sizeof *values };

/* --- what is computed, as text ---------------------------------------------------------------- */

static void add_tensor(bs_text *to, const char *what, const bs_tensor *tensor) {
  if (tensor != NULL)
    bs_text_printf(to, NULL, " %s=%s", what, tensor->name);
}

static void add_norm(bs_text *to, const char *what, const bs_norm *norm) {
  add_tensor(to, what, norm->weight);
  add_tensor(to, what, norm->bias);
}

static void add_affine(bs_text *to, const char *what, const bs_affine *affine) {
  bs_text_printf(to, NULL, " %s %zu%s", what, affine->n_in, affine->transposed ? "^T" : "");
  for (size_t i = 0; i < affine->n_parts; i++) {
    bs_text_printf(to, NULL, " %zu", affine->n_out[i]);
    add_tensor(to, "w", affine->weights[i]);
    add_tensor(to, "b", affine->biases[i]);
  }
}

static void add_layer(bs_text *to, const bs_decoder_layer *layer) {
  add_norm(to, "attention_norm", &layer->attention_norm);
  add_norm(to, "mlp_norm", &layer->mlp_norm);
  add_norm(to, "q_norm", &layer->q_norm);
  add_norm(to, "k_norm", &layer->k_norm);
  add_affine(to, "qkv", &layer->qkv);
  add_affine(to, "out", &layer->attention_out);
  add_affine(to, "mlp_in", &layer->mlp_in);
  add_affine(to, "mlp_out", &layer->mlp_out);
  bs_text_printf(to, NULL, " window %zu scale %.17g\n", layer->window, layer->score_scale);
}

static bs_text decoder_text(const bs_decoder *d) {
  bs_text to = {0};
  bs_text_printf(&to, NULL,
                 "%zu layers %zu wide %zu heads %zu kv %zu each %zu ff %zu tokens %zu positions "
                 "norm %d %.17g act %d gated %d parallel %d position %d rotary %zu offset %zu",
                 d->n_layers, d->d_model, d->n_heads, d->n_kv_heads, d->head_dim, d->d_ff,
                 d->vocab_size, d->max_positions, (int)d->norm_kind, d->norm_epsilon,
                 (int)d->activation, d->gated, d->parallel_residual, (int)d->position, d->n_rotary,
                 d->position_offset);
  bs_text_printf(&to, NULL, " q %zu %zu k %zu %zu v %zu %zu", d->q.first, d->q.stride, d->k.first,
                 d->k.stride, d->v.first, d->v.stride);
  for (size_t i = 0; i < d->n_rotary / 2; i++)
    bs_text_printf(&to, NULL, " f %.17g", d->inverse_frequencies[i]);
  add_tensor(&to, "table", d->position_table);
  add_tensor(&to, "embedding", d->embedding);
  add_tensor(&to, "head", d->head);
  add_norm(&to, "embedding_norm", &d->embedding_norm);
  add_norm(&to, "final_norm", &d->final_norm);
  bs_text_printf(&to, NULL, " bos %d eos", d->bos);
  for (size_t i = 0; i < d->n_eos; i++)
    bs_text_printf(&to, NULL, " %d", d->eos[i]);
  bs_text_append_string(&to, "\n", NULL);
  for (size_t i = 0; i < d->n_layers; i++)
    add_layer(&to, &d->layers[i]);
  return to;
}

/* What came of opening a folder. */
typedef struct outcome {
  bs_text text;  /* of the decoder; empty when refused */
  bs_text notes; /* one a line */
  bs_error err;  /* of a refusal */
} outcome;

static outcome open_folder(const char *folder) {
  outcome found = {0};
  bs_checkpoint *checkpoint = NULL;
  if (bs_checkpoint_open(&checkpoint, folder, &found.err) == BS_OK) {
    found.text = decoder_text(bs_checkpoint_decoder(checkpoint));
    for (size_t i = 0; i < bs_checkpoint_n_notes(checkpoint); i++)
      bs_text_printf(&found.notes, NULL, "%s\n", bs_checkpoint_note(checkpoint, i));
  }
  bs_checkpoint_free(&checkpoint);
  return found;
}

static void outcome_free(outcome *found) {
  bs_text_free(&found->text);
  bs_text_free(&found->notes);
}

static bool is_refused(const outcome *found) { return found->text.n_bytes == 0; }

static bool is_same(const outcome *found, const outcome *base) {
  return !is_refused(found) && strcmp(found->text.data, base->text.data) == 0;
}

static bool names(const outcome *found, const char *key) {
  return strstr(is_refused(found)           ? found->err.message
                : found->notes.data != NULL ? found->notes.data
                                            : "",
                key) != NULL;
}

static void complain(const bs_family *family, const char *key, const char *value,
                     const outcome *found, const char *expected) {
  printf("\n    %s, %s: %s: expected it to be %s: %s", family->architecture, key,
         value != NULL ? value : "(absent)", expected,
         is_refused(found) ? found->err.message : "accepted");
  CU_FAIL("a key");
}

/* --- the rule for one changed key --------------------------------------------------------------
 */

static void check_change(const bs_family *family, const char *key, const char *value,
                         const outcome *found, const outcome *base) {
  const bs_key_rule *rule;
  bool empty = value == NULL || strcmp(value, "null") == 0 || strcmp(value, "[]") == 0 ||
               strcmp(value, "{}") == 0;
  switch (bs_key_use_of(family, key, &rule)) {
  case BS_KEY_OBEYED: /* named when it is refused, or a tensor is that does not fit it */
    if (is_refused(found) && !names(found, key) && !names(found, "tensor ") &&
        !names(found, "divide") && !names(found, "dimensions would be rotated") &&
        !names(found, "is missing") && !names(found, "contradicts") &&
        !names(found, "unknown architecture") && !names(found, "layers"))
      complain(family, key, value, found, "named");
    return;
  case BS_KEY_HARMLESS:
    if (!is_same(found, base) || found->notes.n_bytes != base->notes.n_bytes)
      complain(family, key, value, found, "harmless");
    return;
  case BS_KEY_REFUSED:
  case BS_KEY_ALIAS:
    if (is_refused(found) ? !names(found, key) : !is_same(found, base))
      complain(family, key, value, found, "refused by name or without effect");
    return;
  case BS_KEY_SUSPECT:
    if (empty || strcmp(value, "false") == 0 ? !is_same(found, base)
                                             : !is_refused(found) || !names(found, key))
      complain(family, key, value, found, "refused by name unless empty or false");
    return;
  case BS_KEY_UNKNOWN:
    if (!is_same(found, base) || names(found, key) == empty)
      complain(family, key, value, found, "noted by name");
    return;
  }
}

static outcome change_one(const family_model *model, const char *folder, const char *key,
                          const char *value) {
  const config_member change = {key, value};
  write_family_config(model, folder, &change, 1);
  return open_folder(folder);
}

/* A key of the tables of all families gets all values in the first one and a quarter of them, not
   the same ones, in each other. */
static bool is_tried(const bs_family *family, const char *pattern, size_t v) {
  for (const char *const *own = family->obeyed; *own != NULL; own++)
    if (strcmp(*own, pattern) == 0)
      return true;
  size_t i = 0;
  while (bs_family_at(i) != family)
    i++;
  return i == 0 || (i + v) % 4 == 0;
}

static void walk_key(const family_model *model, const bs_family *family, const char *folder,
                     const char *pattern, const outcome *base) {
  char key[96]; /* what a pattern with a star stands for */
  const char *star = strchr(pattern, '*'), *last = strrchr(pattern, '*');
  snprintf(key, sizeof key, "%s%.*s%s", star == pattern ? "some_" : "",
           (int)strcspn(pattern + (star == pattern), "*"), pattern + (star == pattern),
           last != NULL && last != pattern ? "of_it" : "");
  for (size_t v = 0; v < N_VALUES; v++) {
    if (!is_tried(family, pattern, v))
      continue;
    outcome found = change_one(model, folder, key, values[v]);
    check_change(family, key, values[v], &found, base);
    outcome_free(&found);
  }
}

static void walk_list(const family_model *model, const bs_family *family, const char *folder,
                      const char *const *list, const outcome *base) {
  for (; *list != NULL; list++)
    walk_key(model, family, folder, *list, base);
}

static void walk_rules(const family_model *model, const bs_family *family, const char *folder,
                       const bs_key_rule *rules, const outcome *base) {
  for (; rules->key != NULL; rules++)
    walk_key(model, family, folder, rules->key, base);
}

/* Names that nothing knows, and that some family once had. */
static const char *const strangers[] = {
    "some_tool_version", "num_steps",  "attn_output_gate",  "use_swiglu",
    "norm_offset",       "qk_scale",   "rope_local_base",   "n_embd",
    "num_layers",        "d_ff",       "n_positions",       "layer_norm_eps",
    "rms_norm_eps",      "activation", "rotary_pct",        "activation_function",
    "n_kv_heads",        "d_kv",       "hidden_activation", NULL};

static void single_key_changes(void) {
  for (size_t m = 0; m < n_family_models; m++) {
    const family_model *model = &family_models[m];
    const bs_family *family = bs_family_find(model->architecture, NULL);
    const char *folder = make_family_weights(model, model->architecture);
    write_family_config(model, folder, NULL, 0);
    outcome base = open_folder(folder);
    if (is_refused(&base))
      complain(family, "(base)", NULL, &base, "accepted");
    CU_ASSERT_EQUAL_FATAL(is_refused(&base), false);
    CU_ASSERT_EQUAL(base.notes.n_bytes, 0);
    walk_list(model, family, folder, family->obeyed, &base);
    walk_list(model, family, folder, family->harmless, &base);
    walk_list(model, family, folder, bs_keys_harmless_to_all, &base);
    walk_rules(model, family, folder, family->refused, &base);
    walk_rules(model, family, folder, bs_keys_refused_by_all, &base);
    walk_list(model, family, folder, strangers, &base);
    outcome_free(&base);
  }
}

/* A key that is listed as obeyed changes something: there is a value for each that must. */
static void obeyed_keys_change_something(void) {
  for (size_t m = 0; m < n_family_models; m++) {
    const family_model *model = &family_models[m];
    const bs_family *family = bs_family_find(model->architecture, NULL);
    const char *folder = make_family_weights(model, model->architecture);
    write_family_config(model, folder, NULL, 0);
    outcome base = open_folder(folder);
    size_t n_probes = 0, n_obeyed = 2; /* vocab_size and tie_word_embeddings, of all */
    for (const char *const *key = family->obeyed; *key != NULL; key++)
      n_obeyed++;
    for (; n_probes < FAMILY_MEMBERS && model->probes[n_probes].key != NULL; n_probes++) {
      const config_member *probe = &model->probes[n_probes];
      const bs_key_rule *rule;
      CU_ASSERT_EQUAL(bs_key_use_of(family, probe->key, &rule), BS_KEY_OBEYED);
      if (probe->value == NULL)
        continue;
      outcome found = change_one(model, folder, probe->key, probe->value);
      if (is_same(&found, &base))
        complain(family, probe->key, probe->value, &found, "obeyed");
      outcome_free(&found);
    }
    if (n_probes != n_obeyed)
      printf("\n    %s: %zu keys are obeyed, %zu have a value here", family->architecture, n_obeyed,
             n_probes);
    CU_ASSERT_EQUAL(n_probes, n_obeyed);
    outcome_free(&base);
  }
  for (size_t i = 0; bs_family_at(i) != NULL; i++) { /* no family is left out */
    size_t n = 0;
    for (size_t m = 0; m < n_family_models; m++)
      n += strcmp(family_models[m].architecture, bs_family_at(i)->architecture) == 0;
    CU_ASSERT_EQUAL(n, 1);
  }
}

/* A key of two tables would go by one of them silently. */
static void lists_are_disjoint(void) {
  for (size_t i = 0; bs_family_at(i) != NULL; i++) {
    const bs_family *family = bs_family_at(i);
    for (const bs_key_rule *rule = family->refused; rule->key != NULL; rule++) {
      const bs_key_rule *found;
      CU_ASSERT_EQUAL(bs_key_use_of(family, rule->key, &found), BS_KEY_REFUSED);
      CU_ASSERT_PTR_EQUAL(found, rule);
      CU_ASSERT_PTR_NOT_NULL(rule->why);
    }
    for (const char *const *key = family->harmless; *key != NULL; key++) {
      const bs_key_rule *found;
      CU_ASSERT_EQUAL(bs_key_use_of(family, *key, &found), BS_KEY_HARMLESS);
    }
  }
}

/* Names that no table has: what sounds like arithmetic is refused, the rest is told. */
static void unknown_names(void) {
  static const struct {
    const char *key;
    bs_key_use use;
  } cases[] = {
      {"num_steps", BS_KEY_UNKNOWN},
      {"is_overhead", BS_KEY_UNKNOWN},
      {"investigated", BS_KEY_UNKNOWN},
      {"some_tool_version", BS_KEY_UNKNOWN},
      {"compact", BS_KEY_UNKNOWN},
      {"eps", BS_KEY_SUSPECT},
      {"attn_output_gate", BS_KEY_SUSPECT},
      {"use_swiglu", BS_KEY_SUSPECT},
      {"post_layernorm", BS_KEY_SUSPECT},
      {"logits_soft_cap", BS_KEY_SUSPECT},
      {"num_kv_shared_layers", BS_KEY_SUSPECT},
      {"use_attention_sinks", BS_KEY_SUSPECT},
      {"norm_topk_prob", BS_KEY_SUSPECT},
      {"rope_local_base_freq", BS_KEY_SUSPECT},
      {"some_new_multiplier", BS_KEY_REFUSED},
      {"mup_anything", BS_KEY_REFUSED},
      {"unsloth_fixed", BS_KEY_HARMLESS},
      {"attention_probs_dropout_prob", BS_KEY_HARMLESS},
      {"image_token_id", BS_KEY_HARMLESS},
      {"n_embd", BS_KEY_ALIAS},
      {"use_dynamic_ntk", BS_KEY_SUSPECT},
      {"use_xpos", BS_KEY_SUSPECT},
      {"feed_forward_proj", BS_KEY_SUSPECT},
      {"ffn_config", BS_KEY_SUSPECT},
      {"emb_mult", BS_KEY_REFUSED},
      {"learned_pos_emb", BS_KEY_SUSPECT},
      {"block_types", BS_KEY_SUSPECT},
      {"mean_recurrence", BS_KEY_SUSPECT},
      {"cla_share_factor", BS_KEY_SUSPECT},
      {"kv_sharing", BS_KEY_SUSPECT},
      {"load_in_8bit", BS_KEY_SUSPECT},
      {"w_bit", BS_KEY_SUSPECT},
      {"weight_tying", BS_KEY_SUSPECT},
      {"use_cla", BS_KEY_REFUSED},
      {"n_loops", BS_KEY_REFUSED},
      {"mlp_ratio", BS_KEY_REFUSED},
      {"expansion_ratio", BS_KEY_REFUSED},
      {"bits", BS_KEY_REFUSED},
      {"group_size", BS_KEY_REFUSED},
      {"peft_type", BS_KEY_REFUSED},
      {"state_size", BS_KEY_REFUSED},
      {"ssm_cfg", BS_KEY_REFUSED},
      {"pre_seq_len", BS_KEY_REFUSED},
      {"mamba_d_conv", BS_KEY_SUSPECT},
      {"num_virtual_tokens", BS_KEY_SUSPECT},
      {"time_step_rank", BS_KEY_SUSPECT},
      {"loop_count", BS_KEY_SUSPECT},
      {"arbitrary", BS_KEY_UNKNOWN},
      {"shard_size", BS_KEY_UNKNOWN},
      {"multi_turn", BS_KEY_UNKNOWN},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const bs_key_rule *rule;
    bs_key_use use = bs_key_use_of(&bs_family_llama, cases[i].key, &rule);
    if (use != cases[i].use)
      printf("\n    %s: %d, expected %d", cases[i].key, (int)use, (int)cases[i].use);
    CU_ASSERT_EQUAL(use, cases[i].use);
  }
}

/* --- changes by hand ----------------------------------------------------------------------------
 */

typedef struct hand_case {
  const char *architecture;
  config_member changes[4];
  const char *says; /* part of the refusal; "" the same as without the changes; "=" another */
} hand_case;

static const hand_case hand_cases[] = {
    /* rotary settings */
    {"Qwen3ForCausalLM",
     {{"rope_theta", NULL},
      {"rope_parameters", "{\"full_attention\":{\"rope_type\":\"default\",\"rope_theta\":1e6}}"}},
     "rope_parameters: settings for each kind of layer (\"full_attention\")"},
    {"Qwen3ForCausalLM",
     {{"rope_parameters", "{\"full_attention\":{\"rope_type\":\"yarn\",\"factor\":4}}"}},
     "settings for each kind of layer"},
    {"LlamaForCausalLM",
     {{"rope_theta", NULL}, {"rope_parameters", "{\"rope_type\":\"default\"}"}},
     "no rope_theta, neither in it nor beside it"},
    {"LlamaForCausalLM", {{"rope_theta", NULL}, {"rope_parameters", "{\"rope_theta\":10000}"}}, ""},
    {"LlamaForCausalLM", {{"rope_theta", NULL}}, ""},
    {"LlamaForCausalLM", {{"rope_theta", "null"}}, "rope_theta: null"},
    {"LlamaForCausalLM",
     {{"rope_scaling", "{\"rope_type\":\"linear\",\"factor\":2,\"rope_theta\":5}"}},
     "contradicts"},
    {"LlamaForCausalLM",
     {{"rope_scaling", "{\"rope_type\":\"linear\",\"type\":\"llama3\",\"factor\":2}"}},
     "\"type\" contradicts"},
    {"LlamaForCausalLM",
     {{"rope_scaling", "{\"rope_type\":\"linear\",\"factor\":2,\"attention_factor\":1.2}"}},
     "\"attention_factor\" has no place"},
    {"LlamaForCausalLM",
     {{"rope_scaling", "{\"rope_type\":\"default\",\"factor\":2}"}},
     "\"factor\" has no place"},
    {"LlamaForCausalLM",
     {{"rope_parameters", "{\"rope_theta\":10000,\"beta_fast\":32}"}},
     "\"beta_fast\" has no place"},
    {"LlamaForCausalLM",
     {{"rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,"
                       "\"high_freq_factor\":4,\"original_max_position_embeddings\":32}"},
      {"original_max_position_embeddings", "16"}},
     "original_max_position_embeddings"},
    {"LlamaForCausalLM", {{"partial_rotary_factor", "1.0"}}, ""},
    {"GPTNeoXForCausalLM", {{"rotary_pct", "null"}}, "rotary_pct: null"},
    {"GPTNeoXForCausalLM",
     {{"rotary_pct", NULL},
      {"rotary_emb_base", NULL},
      {"rope_parameters", "{\"partial_rotary_factor\":1,\"rope_theta\":10000}"}},
     ""},
    /* two names for the kind of model */
    {"LlamaForCausalLM", {{"model_type", "\"granite\""}}, "\"granite\" contradicts architectures"},
    {"LlamaForCausalLM", {{"model_type", "\"gemma\""}}, "contradicts"},
    {"LlamaForCausalLM", {{"model_type", "\"mistral\""}}, "contradicts"},
    {"LlamaForCausalLM", {{"model_type", "7"}}, "model_type"},
    {"LlamaForCausalLM", {{"model_type", NULL}}, ""},
    {"LlamaForCausalLM", {{"model_type", "null"}}, ""},
    {"LlamaForCausalLM", {{"architectures", NULL}}, ""},
    {"LlamaForCausalLM", {{"architectures", "\"LlamaForCausalLM\""}}, "architectures"},
    {"LlamaForCausalLM", {{"architectures", "[]"}}, "architectures"},
    {"LlamaForCausalLM", {{"architectures", "[\"LlamaForCausalLM\",\"LlamaModel\"]"}}, "one"},
    {"LlamaForCausalLM", {{"architectures", "[\"LlamaForCausalLM\",\"LlamaForCausalLM\"]"}}, ""},
    /* null is what transformers makes of it */
    {"GPTNeoXForCausalLM", {{"use_parallel_residual", "null"}}, "="},
    {"GPTNeoXForCausalLM", {{"attention_bias", "null"}}, "has no place"},
    {"GPT2LMHeadModel", {{"scale_attn_weights", "null"}}, "="},
    {"GPT2LMHeadModel", {{"tie_word_embeddings", "null"}}, "lm_head.weight: missing"},
    {"GPT2LMHeadModel", {{"activation_function", "null"}}, "activation_function: null"},
    {"LlamaForCausalLM", {{"rms_norm_eps", "null"}}, "rms_norm_eps: null"},
    {"LlamaForCausalLM", {{"hidden_act", "null"}}, "hidden_act: null"},
    {"LlamaForCausalLM", {{"head_dim", "null"}}, ""},
    {"LlamaForCausalLM", {{"num_key_value_heads", "null"}}, "k_proj.weight: shape"},
    {"MistralForCausalLM", {{"num_key_value_heads", NULL}}, "num_key_value_heads"},
    {"OPTForCausalLM", {{"do_layer_norm_before", "null"}}, "do_layer_norm_before"},
    {"OPTForCausalLM", {{"word_embed_proj_dim", "8"}}, ""},
    {"OPTForCausalLM", {{"word_embed_proj_dim", "4"}}, "word_embed_proj_dim"},
    /* two names for one number */
    {"BloomForCausalLM", {{"num_attention_heads", "4"}}, "contradicts"},
    {"BloomForCausalLM", {{"num_attention_heads", "2"}}, ""},
    {"BloomForCausalLM", {{"num_hidden_layers", "1"}}, "contradicts"},
    {"BloomForCausalLM", {{"n_embed", "16"}}, "contradicts"},
    {"BloomForCausalLM", {{"n_head", NULL}, {"num_attention_heads", "2"}}, ""},
    {"BloomForCausalLM", {{"n_head", "null"}, {"num_attention_heads", "4"}}, "="},
    {"GPT2LMHeadModel", {{"n_head", NULL}, {"num_attention_heads", "4"}}, "="},
    {"GPT2LMHeadModel",
     {{"n_embd", NULL}, {"hidden_size", "8"}, {"n_layer", NULL}, {"num_hidden_layers", "2"}},
     ""},
    {"GPT2LMHeadModel", {{"n_positions", NULL}, {"n_ctx", "20"}}, ""},
    {"GPT2LMHeadModel", {{"max_position_embeddings", "16"}}, "contradicts"},
    {"LlamaForCausalLM", {{"n_layer", "1"}}, "n_layer: 1 contradicts num_hidden_layers"},
    {"LlamaForCausalLM", {{"d_model", "8"}}, ""},
    {"LlamaForCausalLM", {{"layer_norm_eps", "1e-6"}}, "contradicts"},
    {"LlamaForCausalLM", {{"hidden_activation", "\"silu\""}}, "hidden_activation"},
    {"OPTForCausalLM", {{"layer_norm_eps", "1e-6"}}, "layer_norm_eps"},
    {"GPTNeoXForCausalLM", {{"num_key_value_heads", "1"}}, "num_key_value_heads"},
    {"GPTNeoXForCausalLM", {{"num_key_value_heads", "2"}}, ""},
    /* windows */
    {"MistralForCausalLM",
     {{"layer_types", "[\"sliding_attention\",\"full_attention\"]"}},
     "layer 1 without the window"},
    {"MistralForCausalLM", {{"layer_types", "[\"sliding_attention\",\"sliding_attention\"]"}}, ""},
    {"MistralForCausalLM",
     {{"layer_types", "[\"full_attention\",\"full_attention\"]"}, {"sliding_window", "null"}},
     "="},
    {"Qwen2ForCausalLM", {{"max_window_layers", "null"}}, "max_window_layers: null"},
    {"Qwen2ForCausalLM", {{"sliding_window", "0"}, {"use_sliding_window", "false"}}, "="},
    {"LlamaForCausalLM", {{"sliding_window", "4"}}, "sliding_window: 4 cannot be obeyed"},
    {"LlamaForCausalLM", {{"sliding_window", "20"}}, ""},
    {"LlamaForCausalLM",
     {{"sliding_window", "4"}, {"use_sliding_window", "false"}, {"max_window_layers", "1"}},
     ""},
    {"LlamaForCausalLM", {{"layer_types", "[\"full_attention\",\"chunked_attention\"]"}}, "kind"},
    /* what other families have */
    {"LlamaForCausalLM",
     {{"residual_multiplier", "0.22"}},
     "residual_multiplier: 0.22 cannot be obeyed by LlamaForCausalLM: Granite"},
    {"LlamaForCausalLM", {{"use_cla", "true"}, {"cla_share_factor", "0"}}, "use_cla: true"},
    {"LlamaForCausalLM", {{"use_cla", "false"}}, ""},
    {"LlamaForCausalLM", {{"n_loops", "2"}}, "n_loops: 2 cannot be obeyed"},
    {"LlamaForCausalLM", {{"n_loops", "1"}}, ""},
    {"LlamaForCausalLM", {{"bits", "4"}}, "bits: 4"},
    {"LlamaForCausalLM", {{"bits", "16"}}, ""},
    {"LlamaForCausalLM", {{"group_size", "128"}}, "group_size: 128"},
    {"LlamaForCausalLM", {{"peft_type", "\"LORA\""}}, "merge it into that model"},
    {"LlamaForCausalLM", {{"state_size", "16"}}, "state_size: 16"},
    {"LlamaForCausalLM", {{"ssm_cfg", "{\"d_state\":16}"}}, "ssm_cfg"},
    {"LlamaForCausalLM", {{"ssm_cfg", "{}"}}, ""},
    {"LlamaForCausalLM", {{"pre_seq_len", "128"}}, "pre_seq_len: 128"},
    {"GPT2LMHeadModel", {{"expansion_ratio", "4"}}, ""},
    {"GPT2LMHeadModel", {{"expansion_ratio", "8"}}, "expansion_ratio: 8"},
    {"BloomForCausalLM", {{"mlp_ratio", "4"}}, ""},
    {"LlamaForCausalLM", {{"mlp_ratio", "4.0"}}, ""},
    {"LlamaForCausalLM", {{"mlp_ratio", "3"}}, "mlp_ratio: 3 cannot be obeyed"},
    {"LlamaForCausalLM", {{"residual_multiplier", "1.0"}, {"embedding_multiplier", "1"}}, ""},
    {"LlamaForCausalLM", {{"attention_multiplier", "0.5"}}, ""},
    {"LlamaForCausalLM", {{"attention_multiplier", "1.0"}}, "attention_multiplier"},
    {"LlamaForCausalLM", {{"query_pre_attn_scalar", "4"}}, ""},
    {"LlamaForCausalLM", {{"query_pre_attn_scalar", "8"}}, "query_pre_attn_scalar"},
    {"LlamaForCausalLM", {{"logits_scaling", "8.0"}}, "logits_scaling"},
    {"LlamaForCausalLM", {{"mup_width_scale", "0.25"}}, "mup_width_scale"},
    {"LlamaForCausalLM", {{"mup_scale_qk_dot_by_d", "false"}}, ""},
    {"LlamaForCausalLM", {{"no_rope_layers", "[1,0]"}}, "no_rope_layers"},
    {"LlamaForCausalLM", {{"no_rope_layers", "[1,1]"}}, ""},
    {"LlamaForCausalLM", {{"num_local_experts", "8"}}, "num_local_experts"},
    {"LlamaForCausalLM", {{"clip_qkv", "8.0"}}, "clip_qkv"},
    {"LlamaForCausalLM", {{"is_causal", "false"}}, "is_causal"},
    {"LlamaForCausalLM", {{"is_causal", "true"}}, ""},
    {"LlamaForCausalLM", {{"use_bidirectional_attention", "true"}}, "use_bidirectional_attention"},
    {"LlamaForCausalLM", {{"use_causal_mask", "false"}}, "use_causal_mask"},
    {"LlamaForCausalLM", {{"causal", "false"}}, "causal: false"},
    {"LlamaForCausalLM", {{"use_rope", "true"}}, ""},
    {"LlamaForCausalLM", {{"use_rope", "false"}}, "use_rope"},
    {"LlamaForCausalLM", {{"rotary", "false"}}, "rotary: false"},
    {"GPT2LMHeadModel", {{"use_rope", "true"}}, "use_rope: true"},
    {"GPT2LMHeadModel", {{"use_rope", "false"}}, ""},
    {"GPT2LMHeadModel", {{"rotary", "true"}}, "rotary: true"},
    {"OPTForCausalLM", {{"use_rotary", "true"}}, "use_rotary"},
    {"BloomForCausalLM", {{"use_rope", "true"}}, "use_rope"},
    {"GPT2LMHeadModel", {{"do_layer_norm_before", "false"}}, "do_layer_norm_before"},
    {"GPT2LMHeadModel", {{"do_layer_norm_before", "true"}}, ""},
    {"LlamaForCausalLM", {{"decoder_normalize_before", "false"}}, "decoder_normalize_before"},
    {"LlamaForCausalLM", {{"layer_norm_elementwise_affine", "false"}}, "elementwise_affine"},
    {"BloomForCausalLM", {{"add_final_layer_norm", "false"}}, "add_final_layer_norm"},
    {"OPTForCausalLM", {{"learned_embeddings", "true"}}, ""},
    {"OPTForCausalLM", {{"learned_embeddings", "false"}}, "learned_embeddings"},
    {"GPT2LMHeadModel", {{"feed_forward_proj", "\"gated-gelu\""}}, "feed_forward_proj"},
    {"LlamaForCausalLM", {{"position_embedding_type", "\"rope\""}}, ""},
    {"LlamaForCausalLM", {{"position_embedding_type", "\"nope\""}}, "position_embedding_type"},
    {"BloomForCausalLM", {{"position_embedding_type", "\"alibi\""}}, ""},
    {"GPT2LMHeadModel", {{"position_embedding_type", "\"relative_key\""}}, "position_embedding"},
    {"LlamaForCausalLM", {{"auto_map", "{\"AutoModelForCausalLM\":\"modeling_x.X\"}"}}, "auto_map"},
    {"LlamaForCausalLM", {{"auto_map", "{\"AutoTokenizer\":[\"a.B\",null]}"}}, ""},
    {"LlamaForCausalLM",
     {{"compression_config", "{\"quant_method\":\"compressed-tensors\"}"}},
     "uncompressed"},
    {"LlamaForCausalLM",
     {{"quantization_config", "{\"quant_method\":\"gptq\",\"bits\":4}"}},
     "the weights are quantized"},
    {"Qwen2ForCausalLM",
     {{"dual_chunk_attention_config", "{\"chunk_size\":262144}"}},
     "dual_chunk_attention_config"},
    {"LlamaForCausalLM", {{"tie_word_embeddings", "0"}}, "tie_word_embeddings"},
    {"LlamaForCausalLM", {{"hidden_size", "\"8\""}}, "hidden_size"},
};

static void changes_by_hand(void) {
  for (size_t i = 0; i < sizeof hand_cases / sizeof *hand_cases; i++) {
    const hand_case *c = &hand_cases[i];
    const family_model *model = family_models;
    while (strcmp(model->architecture, c->architecture) != 0)
      model++;
    const bs_family *family = bs_family_find(c->architecture, NULL);
    size_t n = 0;
    while (n < 4 && c->changes[n].key != NULL)
      n++;
    const char *folder = make_family_weights(model, model->architecture);
    write_family_config(model, folder, NULL, 0);
    outcome base = open_folder(folder);
    write_family_config(model, folder, c->changes, n);
    outcome found = open_folder(folder);
    bool right = strcmp(c->says, "") == 0    ? is_same(&found, &base)
                 : strcmp(c->says, "=") == 0 ? !is_refused(&found) && !is_same(&found, &base)
                                             : is_refused(&found) && names(&found, c->says);
    if (!right)
      complain(family, c->changes[0].key, c->changes[0].value, &found,
               strcmp(c->says, "") == 0    ? "of no effect"
               : strcmp(c->says, "=") == 0 ? "obeyed"
                                           : c->says);
    outcome_free(&base);
    outcome_free(&found);
  }
}

/* A repeated key counts as Python counts it, and is told. */
static void repeated_keys(void) {
  const family_model *model = family_models;
  const char *folder = make_family_weights(model, "repeated");
  const config_member changes[] = {{"rms_norm_eps", "0.5"}, {"rms_norm_eps", "1e-5"}};
  write_family_config(model, folder, NULL, 0);
  outcome base = open_folder(folder);
  write_family_config(model, folder, changes, 2);
  outcome found = open_folder(folder);
  CU_ASSERT_TRUE(is_same(&found, &base));
  CU_ASSERT_TRUE(names(&found, "key rms_norm_eps stands there more than once"));
  outcome_free(&base);
  outcome_free(&found);
}

/* --- real files ----------------------------------------------------------------------------------
 */

static bs_json *load_config(const char *folder) {
  char *path = bs_path_join(folder, "config.json", NULL);
  bs_json *config = NULL;
  bs_error err = {0};
  if (bs_json_load(&config, path, 0, &err) != BS_OK)
    config = NULL;
  free(path);
  return config;
}

/* Every file of `from` but config.json, under its name in `to`. */
static void link_files(const char *from, const char *to) {
  DIR *dir = opendir(from);
  CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
  const struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.' || strcmp(entry->d_name, "config.json") == 0)
      continue;
    char *target = bs_path_join(from, entry->d_name, NULL);
    char *link = bs_path_join(to, entry->d_name, NULL);
    char *whole = realpath(target, NULL);
    CU_ASSERT_EQUAL(symlink(whole, link), 0);
    free(whole);
    free(target);
    free(link);
  }
  closedir(dir);
}

static outcome open_with(const char *folder, const cJSON *root) {
  char *text = cJSON_PrintUnformatted(root);
  write_file(folder, "config.json", text, strlen(text));
  cJSON_free(text);
  return open_folder(folder);
}

static void walk_real(const char *from, const char *name, const bs_json *config,
                      const bs_family *family) {
  const char *folder = make_folder(name);
  link_files(from, folder);
  outcome base = open_with(folder, config->root);
  if (is_refused(&base)) /* a scaling that is not built, OPT 350m */
    CU_ASSERT_TRUE(names(&base, "rope_type") || names(&base, "do_layer_norm_before"));
  if (base.notes.n_bytes > 0)
    printf("\n    %s", base.notes.data);
  CU_ASSERT_EQUAL(base.notes.n_bytes, 0);
  const cJSON *member;
  cJSON_ArrayForEach(member, config->root) {
    for (size_t v = 0; v < N_VALUES && !is_refused(&base); v++) {
      cJSON *changed = cJSON_Duplicate(config->root, 1);
      cJSON_DeleteItemFromObjectCaseSensitive(changed, member->string);
      if (values[v] != NULL)
        cJSON_AddItemToObject(changed, member->string, cJSON_Parse(values[v]));
      outcome found = open_with(folder, changed);
      check_change(family, member->string, values[v], &found, &base);
      outcome_free(&found);
      cJSON_Delete(changed);
    }
  }
  outcome_free(&base);
}

/* A file of a family that is not read, under the name of each that is, must not pass: by its keys
   (where they tell; elsewhere the tensors do). */
static void rename_real(const char *name, const bs_json *config) {
  static const char *const told_by_tensors[] = {"tiny-olmo2", "tiny-phi", NULL};
  for (const char *const *each = told_by_tensors; *each != NULL; each++)
    if (strncmp(name, *each, strlen(*each)) == 0)
      return;
  for (size_t i = 0; bs_family_at(i) != NULL; i++) {
    bs_error err = {0};
    bs_notes notes = {0};
    bs_reader reader = {.config = config, .family = bs_family_at(i), .notes = &notes, .err = &err};
    bs_keys_check(&reader);
    if (reader.status == BS_OK)
      printf("\n    %s passes as %s", name, bs_family_at(i)->architecture);
    CU_ASSERT_NOT_EQUAL(reader.status, BS_OK);
    for (size_t n = 0; n < notes.n; n++)
      free(notes.lines[n]);
    free(notes.lines);
  }
}

static void real_files(void) {
  if (!bs_test_have_data("models"))
    return;
  char *all = bs_string_copy(bs_test_data("models"), NULL); /* outlives the slot */
  DIR *dir = opendir(all);
  CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
  size_t n_read = 0, n_refused = 0;
  const struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    char *folder = bs_path_join(all, entry->d_name, NULL);
    bs_json *config = entry->d_name[0] != '.' ? load_config(folder) : NULL;
    if (config != NULL) {
      const cJSON *architectures = bs_json_get(config->root, "architectures");
      const bs_family *family = bs_family_find(architectures->child->valuestring, NULL);
      if (family != NULL)
        walk_real(folder, entry->d_name, config, family);
      else
        rename_real(entry->d_name, config);
      n_read += family != NULL;
      n_refused += family == NULL;
    }
    bs_json_free(&config);
    free(folder);
  }
  closedir(dir);
  free(all);
  CU_ASSERT_TRUE(n_read > 0 && n_refused + n_read > 13);
}

/* --- the document
 * ---------------------------------------------------------------------------------- */

static void is_documented(const bs_text *document, const char *key) {
  char quoted[96];
  snprintf(quoted, sizeof quoted, "`%s`", key);
  if (strstr(document->data, quoted) == NULL) {
    printf("\n    docs/models.md lacks %s", quoted);
    CU_FAIL("a key without a word in the document");
  }
}

static void document_names_every_key(void) {
  bs_text document = bs_test_read(BS_SOURCE_DIR "/docs/models.md");
  for (size_t i = 0; bs_family_at(i) != NULL; i++) {
    const bs_family *family = bs_family_at(i);
    is_documented(&document, "architectures");
    CU_ASSERT_PTR_NOT_NULL(strstr(document.data, family->architecture));
    for (const char *const *key = family->obeyed; *key != NULL; key++)
      is_documented(&document, *key);
    for (const char *const *key = family->harmless; *key != NULL; key++)
      is_documented(&document, *key);
    for (const bs_key_rule *rule = family->refused; rule->key != NULL; rule++)
      is_documented(&document, rule->key);
  }
  for (const char *const *key = bs_keys_harmless_to_all; *key != NULL; key++)
    is_documented(&document, *key);
  for (const bs_key_rule *rule = bs_keys_refused_by_all; rule->key != NULL; rule++)
    is_documented(&document, rule->key);
  bs_text_free(&document);
}

static const bs_test tests[] = {
    {"single keys changed in every family", single_key_changes},
    {"keys that are obeyed change something", obeyed_keys_change_something},
    {"no key stands in two tables", lists_are_disjoint},
    {"names that no table has", unknown_names},
    {"changes by hand", changes_by_hand},
    {"keys that stand twice", repeated_keys},
    {"real files", real_files},
    {"the document names every key", document_names_every_key},
};

int main(void) { return bs_test_main("keys", tests, sizeof tests / sizeof *tests); }
