/* The tokenizer in a GGUF file, as arrays. */
#include "tokenizer/gguf_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "gguf/gguf_internal.h"
#include "tokenizer/arrays_internal.h"

#define KEY(name) "tokenizer.ggml." name

enum { MAX_TOKENS = 1 << 24, MAX_NAME_BYTES = 64, SENTINELS = 100, SENTINEL_BYTES = 20 };

/* What tokenizer.ggml.model stands for, and what it has where keys are absent. */
static const struct {
  const char *name;
  bs_arrays_model model;
  bool adds_space, adds_bos, adds_eos;
  int32_t bos, eos;
} models[] = {{"gpt2", BS_ARRAYS_BYTE_LEVEL, false, false, false, -1, -1},
              {"llama", BS_ARRAYS_SCORED_BPE, true, true, false, 1, 2},
              {"t5", BS_ARRAYS_UNIGRAM, true, false, true, -1, 1}};
enum { N_MODELS = sizeof models / sizeof *models };

/* Pre-tokenizers whose models put BOS before a text where the file does not say. */
static const char *const with_bos[] = {"llama-bpe", "llama3", "llama-v3"};

/* Arrays on their way; the first fault sticks. */
typedef struct reading {
  const bs_gguf *gguf;
  bs_token_arrays arrays;
  size_t model; /* row of `models` */
  char pretokenizer[MAX_NAME_BYTES];
  bs_piece_text *pieces, *merges;
  float *scores;
  int32_t *types;
  char *sentinels;
  bs_status status;
  bs_error *err;
} reading;

/* A short string; "" when absent. */
static void read_name(reading *r, const char *key, bool required, char name[MAX_NAME_BYTES]) {
  const char *text = "";
  size_t n = 0;
  if (r->status == BS_OK)
    r->status = bs_gguf_get_string(r->gguf, key, required, &text, &n, r->err);
  n = bs_utf8_valid_bytes(text, bs_size_min(n, MAX_NAME_BYTES - 1));
  memcpy(name, text, n);
  name[n] = '\0';
}

static void read_model(reading *r) {
  char name[MAX_NAME_BYTES];
  read_name(r, KEY("model"), true, name);
  if (r->status != BS_OK)
    return;
  if (strcmp(name, "no_vocab") == 0 || strcmp(name, "none") == 0)
    r->status = bs_error_set(r->err, BS_ERR_UNSUPPORTED,
                             "%s: the file holds no tokenizer (" KEY("model") " is \"%s\"): it can "
                                                                              "score ids alone",
                             r->gguf->path, name);
  while (r->model < N_MODELS && strcmp(models[r->model].name, name) != 0)
    r->model++;
  if (r->status == BS_OK && r->model == N_MODELS)
    r->status = bs_error_set(r->err, BS_ERR_UNSUPPORTED,
                             "%s: " KEY("model") " \"%s\" is not read; known: gpt2, llama, t5",
                             r->gguf->path, name);
}

static bool flag(reading *r, const char *key, bool fallback) {
  bool value = fallback;
  if (r->status == BS_OK)
    r->status = bs_gguf_get_bool(r->gguf, key, false, &value, r->err);
  return value;
}

static int32_t id_at(reading *r, const char *key, int32_t fallback) {
  uint64_t id = 0;
  if (r->status != BS_OK || bs_gguf_find(r->gguf, key) == NULL)
    return fallback;
  r->status = bs_gguf_get_size(r->gguf, key, true, &id, r->err);
  if (r->status == BS_OK && id >= r->arrays.n)
    r->status = bs_error_set(r->err, BS_ERR_INPUT, "%s: key %s is %llu; there are %zu tokens",
                             r->gguf->path, key, (unsigned long long)id, r->arrays.n);
  return r->status == BS_OK ? (int32_t)id : fallback;
}

/* An array of strings; NULL with a fault. */
static bs_piece_text *read_texts(reading *r, const char *key, size_t *n) {
  const bs_gguf_entry *list = NULL;
  if (r->status == BS_OK)
    r->status = bs_gguf_get_array(r->gguf, key, BS_GGUF_STRING, true, &list, r->err);
  if (r->status == BS_OK && list->n > MAX_TOKENS)
    r->status = bs_error_set(r->err, BS_ERR_LIMIT, "%s: key %s: %zu elements; at most %d are read",
                             r->gguf->path, key, list->n, MAX_TOKENS);
  bs_piece_text *texts = r->status == BS_OK ? bs_array_new(list->n, sizeof *texts, r->err) : NULL;
  if (texts == NULL) {
    r->status = r->status == BS_OK ? BS_ERR_MEMORY : r->status;
    return NULL;
  }
  const unsigned char *at = list->data;
  for (size_t i = 0; i < list->n; i++)
    texts[i].data = bs_gguf_next_string(&at, &texts[i].n_bytes);
  *n = list->n;
  return texts;
}

/* A list with a number for each token; NULL: absent. */
static const bs_gguf_entry *read_list(reading *r, const char *key, bs_gguf_value_type type) {
  const bs_gguf_entry *list = NULL;
  if (r->status == BS_OK)
    r->status = bs_gguf_get_array(r->gguf, key, type, false, &list, r->err);
  if (r->status == BS_OK && list != NULL && list->n != r->arrays.n)
    r->status = bs_error_set(r->err, BS_ERR_INPUT, "%s: key %s: %zu elements for %zu tokens",
                             r->gguf->path, key, list->n, r->arrays.n);
  return r->status == BS_OK ? list : NULL;
}

static void read_scores_and_types(reading *r) {
  const bs_gguf_entry *scores = read_list(r, KEY("scores"), BS_GGUF_F32);
  const bs_gguf_entry *types = read_list(r, KEY("token_type"), BS_GGUF_I32);
  if (r->status != BS_OK)
    return;
  r->scores = scores != NULL ? bs_array_new(scores->n, sizeof *r->scores, r->err) : NULL;
  r->types = types != NULL ? bs_array_new(types->n, sizeof *r->types, r->err) : NULL;
  if ((scores != NULL && r->scores == NULL) || (types != NULL && r->types == NULL)) {
    r->status = BS_ERR_MEMORY;
    return;
  }
  for (size_t i = 0; i < r->arrays.n; i++) {
    if (scores != NULL)
      r->scores[i] = (float)bs_gguf_number_at(scores, i);
    if (types != NULL)
      r->types[i] = (int32_t)bs_gguf_number_at(types, i);
  }
  r->arrays.scores = models[r->model].model != BS_ARRAYS_BYTE_LEVEL ? r->scores : NULL;
  r->arrays.types = r->types;
}

/* T5's <extra_id_N> stand behind all others, the highest id is <extra_id_0>; the converter writes
   unused tokens [PADN] in their place, and others behind them where the model has more rows. */
static void name_sentinels(reading *r) {
  size_t first = r->arrays.n;
  while (first > 0 && r->types != NULL && r->types[first - 1] == BS_PIECE_UNUSED)
    first--;
  size_t n = bs_size_min(r->arrays.n - first, SENTINELS);
  r->sentinels = r->status == BS_OK ? bs_array_new(SENTINELS, SENTINEL_BYTES, r->err) : NULL;
  if (r->sentinels == NULL) {
    r->status = r->status == BS_OK ? BS_ERR_MEMORY : r->status;
    return;
  }
  for (size_t i = 0; i < n; i++) {
    char *text = r->sentinels + i * SENTINEL_BYTES;
    r->pieces[first + i].n_bytes =
        (size_t)snprintf(text, SENTINEL_BYTES, "<extra_id_%zu>", n - 1 - i);
    r->pieces[first + i].data = text;
    r->types[first + i] = BS_PIECE_CONTROL;
  }
}

static void read_unigram(reading *r) {
  const bs_gguf_entry *map = bs_gguf_find(r->gguf, KEY("precompiled_charsmap"));
  r->arrays.joins_spaces = flag(r, KEY("remove_extra_whitespaces"), true);
  if (r->status == BS_OK && map != NULL &&
      (!map->is_array || (map->type != BS_GGUF_U8 && map->type != BS_GGUF_I8)))
    r->status = bs_error_set(r->err, BS_ERR_INPUT,
                             "%s: key " KEY("precompiled_charsmap") ": expected an array of bytes",
                             r->gguf->path);
  if (r->status == BS_OK && map != NULL && map->n > 0) {
    r->arrays.charsmap = map->data;
    r->arrays.n_charsmap = map->n;
  }
  name_sentinels(r);
}

static bool adds_bos(const reading *r) {
  for (size_t i = 0; i < sizeof with_bos / sizeof *with_bos; i++)
    if (strcmp(r->pretokenizer, with_bos[i]) == 0)
      return true;
  return models[r->model].adds_bos;
}

static void read_byte_level(reading *r) {
  read_name(r, KEY("pre"), true, r->pretokenizer);
  r->merges = read_texts(r, KEY("merges"), &r->arrays.n_merges);
  r->arrays.merges = r->merges;
  r->arrays.pretokenizer = r->pretokenizer;
}

static void read_arrays(reading *r) {
  bs_token_arrays *arrays = &r->arrays;
  read_model(r);
  r->pieces = read_texts(r, KEY("tokens"), &arrays->n);
  if (r->status != BS_OK)
    return;
  arrays->name = r->gguf->path;
  arrays->model = models[r->model].model;
  arrays->pieces = r->pieces;
  read_scores_and_types(r);
  if (arrays->model == BS_ARRAYS_BYTE_LEVEL)
    read_byte_level(r);
  else if (arrays->model == BS_ARRAYS_UNIGRAM)
    read_unigram(r);
  arrays->bos = id_at(r, KEY("bos_token_id"), models[r->model].bos);
  arrays->eos = id_at(r, KEY("eos_token_id"), models[r->model].eos);
  arrays->adds_space = flag(r, KEY("add_space_prefix"), models[r->model].adds_space);
  arrays->adds_bos = flag(r, KEY("add_bos_token"), adds_bos(r)) && arrays->bos >= 0;
  arrays->adds_eos = flag(r, KEY("add_eos_token"), models[r->model].adds_eos) && arrays->eos >= 0;
}

bs_status bs_tokenizer_open_gguf(bs_tokenizer **out, const char *path, bs_error *err) {
  bs_gguf *gguf = NULL;
  *out = NULL;
  bs_status status = bs_gguf_open(&gguf, path, err);
  reading r = {.gguf = gguf, .err = err};
  if (status == BS_OK) {
    read_arrays(&r);
    status = r.status;
  }
  if (status == BS_OK)
    status = bs_tokenizer_from_arrays(out, &r.arrays, err);
  free(r.pieces);
  free(r.merges);
  free(r.scores);
  free(r.types);
  free(r.sentinels);
  bs_gguf_free(&gguf);
  return status;
}
