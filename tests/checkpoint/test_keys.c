/* Every key of config.json is obeyed, harmless or refused. The tables that the program goes by
   drive the test: a key that is listed as obeyed must change what is computed, one that is listed
   as harmless must not, whatever its value, and one that is refused must be named. What is computed
   is the blueprint that the engine gets: it is written out and compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "family_models.h"
#include "harness.h"
#include "key_outcome.h"

static outcome change_one(const family_model *model, const char *folder, const char *key,
                          const char *value) {
  const config_member change = {key, value};
  write_family_config(model, folder, &change, 1);
  return outcome_open(folder);
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
  for (size_t v = 0; v < N_KEY_VALUES; v++) {
    if (v % BS_TEST_STEP(3) != 0 || !is_tried(family, pattern, v))
      continue;
    outcome found = change_one(model, folder, key, key_values[v]);
    outcome_check(family, key, key_values[v], &found, base);
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
    outcome base = outcome_open(folder);
    if (outcome_is_refused(&base))
      outcome_complain(family, "(base)", NULL, &base, "accepted");
    CU_ASSERT_EQUAL_FATAL(outcome_is_refused(&base), false);
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
    outcome base = outcome_open(folder);
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
      if (outcome_is_same(&found, &base))
        outcome_complain(family, probe->key, probe->value, &found, "obeyed");
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
    {"the document names every key", document_names_every_key},
};

int main(void) { return bs_test_main("keys", tests, sizeof tests / sizeof *tests); }
