/* The metadata of a GGUF file as a config.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/gguf_model_internal.h"

enum { KEY_BYTES = 160, NUMBER_BYTES = 40 };

/* A config.json on its way; the first fault sticks. */
typedef struct writer {
  const bs_gguf *gguf;
  const bs_gguf_architecture *architecture;
  bs_text text;
  bs_status status;
  bs_error *err;
} writer;

/* "ARCHITECTURE.key". */
static const char *full_key(const writer *w, const char *key, char text[KEY_BYTES]) {
  snprintf(text, KEY_BYTES, "%s.%s", w->architecture->name, key);
  return text;
}

/* A member; `value` is JSON. */
static void add(writer *w, const char *name, const char *value) {
  if (w->status == BS_OK)
    w->status = bs_text_printf(&w->text, w->err, "%s\"%s\": %s", w->text.n_bytes > 1 ? ",\n" : "",
                               name, value);
}

static void add_size(writer *w, const char *name, uint64_t value) {
  char text[NUMBER_BYTES];
  snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  add(w, name, text);
}

/* The files hold f32 of what config.json said in decimal: the shortest decimal is that. */
static void add_number(writer *w, const char *name, double value) {
  char text[NUMBER_BYTES];
  for (int digits = 6; digits <= 9; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtof(text, NULL) == (float)value)
      break;
  }
  add(w, name, value - value == 0 ? text : "null");
}

/* A whole number of the architecture; `fallback` where the key is absent. */
static uint64_t size_of(writer *w, const char *key, uint64_t fallback) {
  char full[KEY_BYTES];
  uint64_t value = fallback;
  if (w->status == BS_OK)
    w->status = bs_gguf_get_size(w->gguf, full_key(w, key, full), false, &value, w->err);
  return w->status == BS_OK ? value : fallback;
}

static bool has(const writer *w, const char *key) {
  char full[KEY_BYTES];
  return bs_gguf_find(w->gguf, full_key(w, key, full)) != NULL;
}

static void add_key(writer *w, const bs_gguf_key *key) {
  char full[KEY_BYTES];
  uint64_t size = 0;
  double number = 0;
  bool flag = false;
  const char *from = !has(w, key->key) && key->fallback != NULL ? key->fallback : key->key;
  full_key(w, from, full);
  if (w->status != BS_OK || key->name == NULL ||
      (bs_gguf_find(w->gguf, full) == NULL && !key->required))
    return;
  if (key->kind == BS_GGUF_KEY_SIZE) {
    w->status = bs_gguf_get_size(w->gguf, full, true, &size, w->err);
    add_size(w, key->name, size);
  } else if (key->kind == BS_GGUF_KEY_NUMBER) {
    w->status = bs_gguf_get_double(w->gguf, full, true, &number, w->err);
    add_number(w, key->name, number);
  } else if (key->kind == BS_GGUF_KEY_BOOL) {
    w->status = bs_gguf_get_bool(w->gguf, full, true, &flag, w->err);
    add(w, key->name, flag ? "true" : "false");
  }
}

static bool is_listed(const bs_gguf_key *keys, const char *key) {
  for (; keys->key != NULL; keys++)
    if (strcmp(keys->key, key) == 0)
      return true;
  return false;
}

/* Whether the architecture's family is told of a key. */
static bool obeys(const writer *w, const char *key) {
  for (const bs_gguf_key *at = w->architecture->keys; at->key != NULL; at++)
    if (at->name != NULL && strcmp(at->key, key) == 0)
      return true;
  return false;
}

static void refuse(writer *w, const char *key, const char *why) {
  char full[KEY_BYTES];
  if (w->status == BS_OK)
    w->status = bs_error_set(w->err, BS_ERR_UNSUPPORTED, "%s: key %s: %s", w->gguf->path,
                             full_key(w, key, full), why);
}

/* A key that nothing here knows may change the scores. */
static void refuse_unknown(writer *w) {
  size_t n = strlen(w->architecture->name);
  for (size_t i = 0; i < w->gguf->n_entries; i++) {
    const char *key = w->gguf->entries[i].key;
    if (strncmp(key, w->architecture->name, n) != 0 || key[n] != '.')
      continue;
    if (!is_listed(w->architecture->keys, key + n + 1) &&
        !is_listed(bs_gguf_keys_of_all, key + n + 1))
      refuse(w, key + n + 1,
             "it is not known here for this architecture, and the scores could be wrong without "
             "it");
  }
}

/* What is known of the file's attention must be what the family computes. */
static void check_attention(writer *w) {
  char full[KEY_BYTES];
  bool causal = true;
  uint64_t head_dim = size_of(w, "attention.key_length", 0), context;
  if (w->status == BS_OK)
    w->status =
        bs_gguf_get_bool(w->gguf, full_key(w, "attention.causal", full), false, &causal, w->err);
  if (!causal)
    refuse(w, "attention.causal", "false: models whose tokens see what follows are not read");
  if (has(w, "attention.value_length") && head_dim > 0 &&
      size_of(w, "attention.value_length", 0) != head_dim)
    refuse(w, "attention.value_length", "heads of values as long as those of keys are read");
  context = size_of(w, "context_length", 0);
  uint64_t window = size_of(w, "attention.sliding_window", 0);
  if (window > 0 && window < context && !obeys(w, "attention.sliding_window"))
    refuse(w, "attention.sliding_window", "attention in a window is not read of this architecture");
  if (size_of(w, "expert_count", 0) > 0 && !obeys(w, "expert_count"))
    refuse(w, "expert_count",
           "experts are read where the matrices of a layer are one tensor, ffn_gate_exps; convert "
           "the model again with a newer llama.cpp");
}

/* Scaling of the rotary frequencies. */
static void add_rope_scaling(writer *w) {
  char full[KEY_BYTES], text[KEY_BYTES];
  const char *type = "none";
  size_t n_type = strlen(type);
  double factor = 1;
  if (w->status == BS_OK)
    w->status = bs_gguf_get_string(w->gguf, full_key(w, "rope.scaling.type", full), false, &type,
                                   &n_type, w->err);
  if (w->status == BS_OK)
    w->status = bs_gguf_get_double(w->gguf, full_key(w, "rope.scaling.factor", full), false,
                                   &factor, w->err);
  if (w->status != BS_OK || (n_type == 4 && memcmp(type, "none", 4) == 0))
    return;
  if (n_type != 6 || memcmp(type, "linear", 6) != 0) {
    refuse(w, "rope.scaling.type", "\"linear\" and \"none\" are read of GGUF files");
    return;
  }
  snprintf(text, sizeof text, "{\"rope_type\": \"linear\", \"factor\": %.9g}", factor);
  add(w, "rope_scaling", text);
}

/* Heads that are rotated in part: half a dimension more, for the family cuts to a whole number. */
static void add_rotary(writer *w) {
  uint64_t heads = size_of(w, "attention.head_count", 1), width = size_of(w, "embedding_length", 0);
  uint64_t head_dim = size_of(w, "attention.key_length", heads > 0 ? width / heads : 0);
  uint64_t n = size_of(w, "rope.dimension_count", head_dim);
  if (w->status != BS_OK || !is_listed(w->architecture->keys, "rope.dimension_count"))
    return;
  if (strcmp(w->architecture->name, "gptneox") == 0 && head_dim > 0)
    add_number(w, "rotary_pct", n == head_dim ? 1 : ((double)n + 0.5) / (double)head_dim);
  else if (n != head_dim)
    refuse(w, "rope.dimension_count", "whole heads are rotated in this architecture");
  add_rope_scaling(w);
}

/* Sizes that the file's own keys do not tell rightly. */
static void add_from_tensors(writer *w) {
  const bs_gguf_tensor *table = bs_gguf_find_tensor(w->gguf, "token_embd.weight");
  const bs_gguf_tensor *up = bs_gguf_find_tensor(w->gguf, "blk.0.ffn_up.weight");
  uint64_t context = size_of(w, "context_length", 0);
  if (w->status == BS_OK && (table == NULL || table->n_dims != 2))
    w->status = bs_error_set(w->err, BS_ERR_INPUT, "%s: no tensor token_embd.weight of rows",
                             w->gguf->path);
  if (w->status != BS_OK)
    return;
  add_size(w, "vocab_size", table->extents[1]);
  add(w, "tie_word_embeddings",
      bs_gguf_find_tensor(w->gguf, "output.weight") != NULL ? "false" : "true");
  if (strcmp(w->architecture->name, "gpt2") == 0 && up != NULL && up->n_dims == 2)
    add_size(w, "n_inner", up->extents[1]);
  /* The converter puts the width where config.json has no length: then the default stands. */
  if (strcmp(w->architecture->name, "bloom") == 0 && context > 0 &&
      context != size_of(w, "embedding_length", 0))
    add_size(w, "seq_length", context);
  if (strcmp(w->architecture->name, "llama") == 0 &&
      bs_gguf_find_tensor(w->gguf, "blk.0.attn_output.bias") != NULL)
    add(w, "attention_bias", "true");
}

/* Gemma 2 divides q by the root of a number that the files leave out: the head's size, and in 27b,
   which is told by its layers, what each head has of the width; as llama.cpp
   does it. */
static void add_query_scale(writer *w) {
  enum { LAYERS_OF_27B = 46 };
  uint64_t heads = size_of(w, "attention.head_count", 0), width = size_of(w, "embedding_length", 0);
  if (w->status != BS_OK || strcmp(w->architecture->name, "gemma2") != 0 || heads == 0)
    return;
  uint64_t share = width / heads;
  bool is_27b = size_of(w, "block_count", 0) == LAYERS_OF_27B;
  add_size(w, "query_pre_attn_scalar", is_27b ? share : size_of(w, "attention.key_length", share));
}

/* An id of the tokenizer's, where the file gives it. */
static bool id_of(writer *w, const char *key, uint64_t *id) {
  *id = 0;
  if (w->status == BS_OK)
    w->status = bs_gguf_get_size(w->gguf, key, false, id, w->err);
  return w->status == BS_OK && bs_gguf_find(w->gguf, key) != NULL;
}

/* The ids that begin and end texts; a model for chats ends its turns with another one. */
static void add_special_ids(writer *w) {
  char list[2 * NUMBER_BYTES];
  uint64_t id, turn;
  if (id_of(w, "tokenizer.ggml.bos_token_id", &id))
    add_size(w, "bos_token_id", id);
  if (!id_of(w, "tokenizer.ggml.eos_token_id", &id))
    return;
  if (id_of(w, "tokenizer.ggml.eot_token_id", &turn) && turn != id) {
    snprintf(list, sizeof list, "[%llu, %llu]", (unsigned long long)id, (unsigned long long)turn);
    add(w, "eos_token_id", list);
  } else {
    add_size(w, "eos_token_id", id);
  }
}

/* What is said of each token is said of all. */
static void check_tokens(writer *w) {
  static const char *const lists[] = {"scores", "token_type"};
  char key[KEY_BYTES];
  const bs_gguf_entry *tokens = bs_gguf_find(w->gguf, "tokenizer.ggml.tokens");
  for (size_t i = 0; w->status == BS_OK && tokens != NULL && i < 2; i++) {
    snprintf(key, sizeof key, "tokenizer.ggml.%s", lists[i]);
    const bs_gguf_entry *list = bs_gguf_find(w->gguf, key);
    if (list != NULL && list->n != tokens->n)
      w->status = bs_error_set(w->err, BS_ERR_INPUT, "%s: key %s: %zu %s for %zu tokens",
                               w->gguf->path, key, list->n, lists[i], tokens->n);
  }
}

bs_status bs_gguf_config(bs_json **out, const bs_gguf *gguf, bs_error *err) {
  writer w = {.gguf = gguf, .err = err};
  char name[KEY_BYTES];
  *out = NULL;
  w.status = bs_gguf_architecture_of(&w.architecture, gguf, err);
  if (w.status != BS_OK)
    return w.status;
  w.status = bs_text_append_string(&w.text, "{", err);
  snprintf(name, sizeof name, "[\"%s\"]", w.architecture->architecture);
  add(&w, "architectures", name);
  if (w.architecture->constants != NULL && w.status == BS_OK)
    w.status = bs_text_printf(&w.text, err, ",\n%s", w.architecture->constants);
  for (const bs_gguf_key *key = w.architecture->keys; key->key != NULL; key++)
    add_key(&w, key);
  refuse_unknown(&w);
  check_attention(&w);
  add_rotary(&w);
  add_from_tensors(&w);
  add_query_scale(&w);
  add_special_ids(&w);
  check_tokens(&w);
  if (w.status == BS_OK)
    w.status = bs_text_append_string(&w.text, "}\n", err);
  if (w.status == BS_OK)
    w.status = bs_json_parse(out, w.text.data, w.text.n_bytes, gguf->path, err);
  bs_text_free(&w.text);
  return w.status;
}
