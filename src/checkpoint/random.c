/* Random weights of the shapes of a model. */
#include "checkpoint/random_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/half_internal.h"
#include "base/memory_internal.h"

enum {
  QUANTILES = 1 << 16,
  CHUNK = 1 << 18, /* elements written at a time; a multiple of 4 */
  MAX_LAYERS = 1024,
  MAX_WIDTH = 1 << 20,
  DATA_ALIGNMENT = 64,
};

/* One tensor: centre + scale * a normal number. */
typedef struct planned {
  uint64_t n; /* elements */
  uint64_t begin;
  double centre, scale;
} planned;

typedef struct plan {
  const bs_random_model *model;
  bs_text header;
  planned *tensors;
  size_t n_tensors, capacity;
  uint64_t n_bytes; /* of the data */
  bs_status status;
  bs_error *err;
} plan;

/* n_columns 0: a vector. */
static void add(plan *p, size_t n_rows, size_t n_columns, double centre, double scale,
                const char *format, ...) __attribute__((format(printf, 6, 7)));

static void add(plan *p, size_t n_rows, size_t n_columns, double centre, double scale,
                const char *format, ...) {
  if (p->status != BS_OK)
    return;
  char name[128], shape[64];
  va_list values;
  va_start(values, format);
  vsnprintf(name, sizeof name, format, values);
  va_end(values);
  snprintf(shape, sizeof shape, n_columns > 0 ? "%zu,%zu" : "%zu", n_rows, n_columns);
  planned tensor = {.n = (uint64_t)n_rows * (n_columns > 0 ? n_columns : 1),
                    .begin = p->n_bytes,
                    .centre = centre,
                    .scale = scale};
  p->n_bytes += tensor.n * bs_dtype_bytes(p->model->store);
  p->status = bs_array_reserve((void **)&p->tensors, &p->capacity, p->n_tensors, 1,
                               sizeof *p->tensors, p->err);
  if (p->status != BS_OK)
    return;
  p->tensors[p->n_tensors++] = tensor;
  p->status =
      bs_text_printf(&p->header, p->err,
                     "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%llu,"
                     "%llu]}",
                     p->header.n_bytes > 0 ? "," : "{", name, bs_dtype_name(p->model->store), shape,
                     (unsigned long long)tensor.begin, (unsigned long long)p->n_bytes);
}

static double scale_of(size_t n_in) { return 1 / sqrt((double)n_in); }

static const double BIAS_SCALE = 0.02;

static void plan_llama(plan *p) {
  const bs_random_model *m = p->model;
  size_t d = m->d_model, ff = m->d_ff, kv = d / m->n_heads * m->n_kv_heads;
  add(p, m->vocab_size, d, 0, scale_of(d), "model.embed_tokens.weight");
  for (size_t i = 0; i < m->n_layers; i++) {
    add(p, d, 0, 1, 0, "model.layers.%zu.input_layernorm.weight", i);
    add(p, d, d, 0, scale_of(d), "model.layers.%zu.self_attn.q_proj.weight", i);
    add(p, kv, d, 0, scale_of(d), "model.layers.%zu.self_attn.k_proj.weight", i);
    add(p, kv, d, 0, scale_of(d), "model.layers.%zu.self_attn.v_proj.weight", i);
    add(p, d, d, 0, scale_of(d), "model.layers.%zu.self_attn.o_proj.weight", i);
    add(p, d, 0, 1, 0, "model.layers.%zu.post_attention_layernorm.weight", i);
    add(p, ff, d, 0, scale_of(d), "model.layers.%zu.mlp.gate_proj.weight", i);
    add(p, ff, d, 0, scale_of(d), "model.layers.%zu.mlp.up_proj.weight", i);
    add(p, d, ff, 0, scale_of(ff), "model.layers.%zu.mlp.down_proj.weight", i);
  }
  add(p, d, 0, 1, 0, "model.norm.weight");
  add(p, m->vocab_size, d, 0, scale_of(d), "lm_head.weight");
}

static bs_status config_llama(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"LlamaForCausalLM\"], \"model_type\": \"llama\", \"hidden_act\": "
      "\"silu\",\n \"hidden_size\": %zu, \"intermediate_size\": %zu, \"num_hidden_layers\": %zu,\n "
      "\"num_attention_heads\": %zu, \"num_key_value_heads\": %zu, \"vocab_size\": %zu,\n "
      "\"max_position_embeddings\": %zu, \"rms_norm_eps\": 1e-05, \"rope_theta\": 10000.0,\n "
      "\"attention_bias\": false, \"tie_word_embeddings\": false}\n",
      m->d_model, m->d_ff, m->n_layers, m->n_heads, m->n_kv_heads, m->vocab_size, m->max_positions);
}

static void plan_gptneox(plan *p) {
  const bs_random_model *m = p->model;
  size_t d = m->d_model, ff = m->d_ff;
  add(p, m->vocab_size, d, 0, scale_of(d), "gpt_neox.embed_in.weight");
  for (size_t i = 0; i < m->n_layers; i++) {
    add(p, d, 0, 1, 0, "gpt_neox.layers.%zu.input_layernorm.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "gpt_neox.layers.%zu.input_layernorm.bias", i);
    add(p, d, 0, 1, 0, "gpt_neox.layers.%zu.post_attention_layernorm.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "gpt_neox.layers.%zu.post_attention_layernorm.bias", i);
    add(p, 3 * d, d, 0, scale_of(d), "gpt_neox.layers.%zu.attention.query_key_value.weight", i);
    add(p, 3 * d, 0, 0, BIAS_SCALE, "gpt_neox.layers.%zu.attention.query_key_value.bias", i);
    add(p, d, d, 0, scale_of(d), "gpt_neox.layers.%zu.attention.dense.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "gpt_neox.layers.%zu.attention.dense.bias", i);
    add(p, ff, d, 0, scale_of(d), "gpt_neox.layers.%zu.mlp.dense_h_to_4h.weight", i);
    add(p, ff, 0, 0, BIAS_SCALE, "gpt_neox.layers.%zu.mlp.dense_h_to_4h.bias", i);
    add(p, d, ff, 0, scale_of(ff), "gpt_neox.layers.%zu.mlp.dense_4h_to_h.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "gpt_neox.layers.%zu.mlp.dense_4h_to_h.bias", i);
  }
  add(p, d, 0, 1, 0, "gpt_neox.final_layer_norm.weight");
  add(p, d, 0, 0, BIAS_SCALE, "gpt_neox.final_layer_norm.bias");
  add(p, m->vocab_size, d, 0, scale_of(d), "embed_out.weight");
}

static bs_status config_gptneox(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"GPTNeoXForCausalLM\"], \"model_type\": \"gpt_neox\", \"hidden_act\": "
      "\"gelu\",\n \"hidden_size\": %zu, \"intermediate_size\": %zu, \"num_hidden_layers\": %zu,\n "
      "\"num_attention_heads\": %zu, \"vocab_size\": %zu, \"max_position_embeddings\": %zu,\n "
      "\"layer_norm_eps\": 1e-05, \"rotary_pct\": 0.25, \"rotary_emb_base\": 10000,\n "
      "\"use_parallel_residual\": true, \"tie_word_embeddings\": false}\n",
      m->d_model, m->d_ff, m->n_layers, m->n_heads, m->vocab_size, m->max_positions);
}

static void plan_gpt2(plan *p) {
  const bs_random_model *m = p->model;
  size_t d = m->d_model, ff = m->d_ff;
  add(p, m->vocab_size, d, 0, scale_of(d), "wte.weight");
  add(p, m->max_positions, d, 0, scale_of(d), "wpe.weight");
  for (size_t i = 0; i < m->n_layers; i++) {
    add(p, d, 0, 1, 0, "h.%zu.ln_1.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "h.%zu.ln_1.bias", i);
    add(p, d, 3 * d, 0, scale_of(d), "h.%zu.attn.c_attn.weight", i);
    add(p, 3 * d, 0, 0, BIAS_SCALE, "h.%zu.attn.c_attn.bias", i);
    add(p, d, d, 0, scale_of(d), "h.%zu.attn.c_proj.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "h.%zu.attn.c_proj.bias", i);
    add(p, d, 0, 1, 0, "h.%zu.ln_2.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "h.%zu.ln_2.bias", i);
    add(p, d, ff, 0, scale_of(d), "h.%zu.mlp.c_fc.weight", i);
    add(p, ff, 0, 0, BIAS_SCALE, "h.%zu.mlp.c_fc.bias", i);
    add(p, ff, d, 0, scale_of(ff), "h.%zu.mlp.c_proj.weight", i);
    add(p, d, 0, 0, BIAS_SCALE, "h.%zu.mlp.c_proj.bias", i);
  }
  add(p, d, 0, 1, 0, "ln_f.weight");
  add(p, d, 0, 0, BIAS_SCALE, "ln_f.bias");
}

static bs_status config_gpt2(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"GPT2LMHeadModel\"], \"model_type\": \"gpt2\", "
      "\"activation_function\": \"gelu_new\",\n \"n_embd\": %zu, \"n_inner\": %zu, \"n_layer\": "
      "%zu, \"n_head\": %zu,\n \"vocab_size\": %zu, \"n_positions\": %zu, \"layer_norm_epsilon\": "
      "1e-05}\n",
      m->d_model, m->d_ff, m->n_layers, m->n_heads, m->vocab_size, m->max_positions);
}

static const struct {
  const char *name;
  void (*plan)(plan *p);
  bs_status (*config)(const bs_random_model *model, bs_text *text, bs_error *err);
} families[] = {
    {"llama", plan_llama, config_llama},
    {"gptneox", plan_gptneox, config_gptneox},
    {"gpt2", plan_gpt2, config_gpt2},
};
enum { N_FAMILIES = sizeof families / sizeof *families };

static bs_status find_family(size_t *family, const char *name, bs_error *err) {
  for (*family = 0; *family < N_FAMILIES; ++*family)
    if (strcmp(families[*family].name, name) == 0)
      return BS_OK;
  return bs_error_set(err, BS_ERR_USAGE, "unknown family \"%s\"; known: llama, gptneox, gpt2",
                      name);
}

static bs_status check_size(const char *what, size_t n, size_t most, bs_error *err) {
  if (n >= 1 && n <= most)
    return BS_OK;
  return bs_error_set(err, BS_ERR_USAGE, "%zu %s; 1 to %zu can be made", n, what, most);
}

static bs_status check_shape(const bs_random_model *m, bs_error *err) {
  if (m->store != BS_DTYPE_F32 && m->store != BS_DTYPE_F16 && m->store != BS_DTYPE_BF16)
    return bs_error_set(err, BS_ERR_USAGE, "weights of type %s; F32, F16 and BF16 can be made",
                        bs_dtype_name(m->store));
  bs_status status = check_size("layers", m->n_layers, MAX_LAYERS, err);
  if (status == BS_OK)
    status = check_size("dimensions", m->d_model, MAX_WIDTH, err);
  if (status == BS_OK)
    status = check_size("dimensions of the feed-forward layer", m->d_ff, 4 * MAX_WIDTH, err);
  if (status == BS_OK)
    status = check_size("heads", m->n_heads, m->d_model, err);
  if (status == BS_OK)
    status = check_size("key-value heads", m->n_kv_heads, m->n_heads, err);
  if (status == BS_OK)
    status = check_size("tokens of vocabulary", m->vocab_size, MAX_WIDTH, err);
  if (status == BS_OK)
    status = check_size("positions", m->max_positions, MAX_WIDTH, err);
  if (status == BS_OK && (m->d_model % m->n_heads != 0 || m->n_heads % m->n_kv_heads != 0))
    status = bs_error_set(err, BS_ERR_USAGE,
                          "%zu heads (%zu of keys and values) do not divide %zu dimensions",
                          m->n_heads, m->n_kv_heads, m->d_model);
  return status;
}

static bs_status make_plan(plan *p, const bs_random_model *model, size_t *family, bs_error *err) {
  *p = (plan){.model = model, .err = err};
  p->status = find_family(family, model->family, err);
  if (p->status == BS_OK)
    p->status = check_shape(model, err);
  if (p->status == BS_OK)
    families[*family].plan(p);
  if (p->status == BS_OK)
    p->status = bs_text_append_string(&p->header, "}", err);
  while (p->status == BS_OK && (p->header.n_bytes + 8) % DATA_ALIGNMENT != 0)
    p->status = bs_text_append_string(&p->header, " ", err);
  return p->status;
}

static void plan_free(plan *p) {
  bs_text_free(&p->header);
  free(p->tensors);
}

bs_status bs_random_model_bytes(const bs_random_model *model, uint64_t *bytes, bs_error *err) {
  plan p;
  size_t family;
  bs_status status = make_plan(&p, model, &family, err);
  if (status == BS_OK)
    *bytes = 8 + p.header.n_bytes + p.n_bytes;
  plan_free(&p);
  return status;
}

/* The middle of each of QUANTILES equally likely parts of the normal distribution, ascending. */
static double *normal_quantiles(bs_error *err) {
  double *quantiles = bs_array_new(QUANTILES, sizeof *quantiles, err);
  if (quantiles == NULL)
    return NULL;
  const double density = 1 / sqrt(2 * acos(-1));
  double x = 0;
  for (size_t i = QUANTILES / 2; i < QUANTILES; i++) {
    double above = 1 - ((double)i + 0.5) / QUANTILES; /* probability of a larger number */
    for (int step = 0; step < 4; step++)              /* Newton's, from the part before */
      x += (erfc(x / sqrt(2)) / 2 - above) / (density * exp(-x * x / 2));
    quantiles[i] = x;
    quantiles[QUANTILES - 1 - i] = -x;
  }
  return quantiles;
}

/* A tensor's values by quantile, as they are stored. */
static void store_quantiles(bs_dtype store, const planned *tensor, const double *quantiles,
                            unsigned char *to) {
  for (size_t i = 0; i < QUANTILES; i++) {
    double value = tensor->centre + tensor->scale * quantiles[i];
    float single = (float)value;
    uint16_t half = store == BS_DTYPE_BF16 ? bs_bf16_of_f32(single) : bs_f16_of_f64(value);
    if (store == BS_DTYPE_F32)
      memcpy(to + 4 * i, &single, 4);
    else
      memcpy(to + 2 * i, &half, 2);
  }
}

static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
  x = (x ^ x >> 27) * 0x94D049BB133111EBU;
  return x ^ x >> 31;
}

/* Elements first .. first + n of a tensor; four come of one hash. */
static void fill_chunk(uint64_t key, size_t element_bytes, const unsigned char *table,
                       uint64_t first, size_t n, unsigned char *to) {
  for (size_t i = 0; i < n; i += 4) {
    uint64_t bits = mix(key + ((first + i) / 4 + 1) * 0x9E3779B97F4A7C15U);
    for (size_t j = i; j < n && j < i + 4; j++, bits >>= 16) {
      if (element_bytes == 4)
        memcpy(to + 4 * j, table + 4 * (bits & 0xFFFFU), 4);
      else
        memcpy(to + 2 * j, table + 2 * (bits & 0xFFFFU), 2);
    }
  }
}

/* 0, or what errno says. */
static int write_at(int fd, const void *bytes, size_t n_bytes, uint64_t offset) {
  const unsigned char *at = bytes;
  while (n_bytes > 0) {
    ssize_t n = pwrite(fd, at, n_bytes, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : ENOSPC;
    at += n;
    n_bytes -= (size_t)n;
    offset += (uint64_t)n;
  }
  return 0;
}

static int write_tensor(int fd, const plan *p, size_t index, const unsigned char *table) {
  const planned *tensor = &p->tensors[index];
  size_t bytes = bs_dtype_bytes(p->model->store);
  uint64_t n_chunks = (tensor->n + CHUNK - 1) / CHUNK, base = 8 + p->header.n_bytes + tensor->begin;
  uint64_t key = mix(p->model->seed ^ mix((uint64_t)index + 1));
  atomic_int failure;
  atomic_init(&failure, 0);
#pragma omp parallel if (n_chunks > 1)
  {
    unsigned char *chunk = malloc(CHUNK * bytes);
    if (chunk == NULL)
      atomic_store(&failure, ENOMEM);
#pragma omp for schedule(dynamic)
    for (uint64_t c = 0; c < n_chunks; c++) {
      uint64_t first = c * CHUNK, left = tensor->n - first;
      size_t n = left < CHUNK ? (size_t)left : CHUNK;
      if (chunk == NULL || atomic_load(&failure) != 0)
        continue;
      fill_chunk(key, bytes, table, first, n, chunk);
      int status = write_at(fd, chunk, n * bytes, base + first * bytes);
      if (status != 0)
        atomic_store(&failure, status);
    }
    free(chunk);
  }
  return atomic_load(&failure);
}

static bs_status write_data(int fd, const char *path, const plan *p, bs_error *err) {
  unsigned char size[8];
  for (size_t i = 0; i < 8; i++)
    size[i] = (unsigned char)((uint64_t)p->header.n_bytes >> 8 * i);
  int failure = write_at(fd, size, sizeof size, 0);
  if (failure == 0)
    failure = write_at(fd, p->header.data, p->header.n_bytes, 8);
  double *quantiles = normal_quantiles(err);
  unsigned char *table = bs_array_new(QUANTILES, bs_dtype_bytes(p->model->store), err);
  bs_status status = quantiles == NULL || table == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; i < p->n_tensors && status == BS_OK && failure == 0; i++) {
    store_quantiles(p->model->store, &p->tensors[i], quantiles, table);
    failure = write_tensor(fd, p, i, table);
  }
  if (status == BS_OK && failure != 0)
    status =
        bs_error_set(err, BS_ERR_IO, "%s: cannot write %llu bytes: %s", path,
                     (unsigned long long)(8 + p->header.n_bytes + p->n_bytes), strerror(failure));
  free(table);
  free(quantiles);
  return status;
}

static bs_status check_room(const plan *p, const char *dir, bs_error *err) {
  struct statvfs info;
  if (statvfs(dir, &info) != 0)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot write there: %s", dir, strerror(errno));
  double need = (double)p->n_bytes + (double)p->header.n_bytes;
  double room = (double)info.f_bavail * (double)info.f_frsize;
  if (need <= room)
    return BS_OK;
  return bs_error_set(err, BS_ERR_LIMIT, "%s: the model needs %.0f MiB on disk, %.0f MiB are free",
                      dir, need / 1048576, room / 1048576);
}

/* A file that is not there yet; on a failure it is removed. */
static bs_status write_new(const char *path, const plan *p, const bs_text *text, bs_error *err) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot create: %s", path, strerror(errno));
  bs_status status = BS_OK;
  if (text != NULL) {
    int failure = write_at(fd, text->data, text->n_bytes, 0);
    if (failure != 0)
      status = bs_error_set(err, BS_ERR_IO, "%s: cannot write: %s", path, strerror(failure));
  } else {
    status = write_data(fd, path, p, err);
  }
  if (close(fd) != 0 && status == BS_OK)
    status = bs_error_set(err, BS_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
  if (status != BS_OK)
    (void)unlink(path);
  return status;
}

bs_status bs_random_model_write(const bs_random_model *model, const char *dir, bs_error *err) {
  plan p;
  size_t family;
  bs_text config = {0};
  char *weights_path = NULL, *config_path = NULL;
  bs_status status = make_plan(&p, model, &family, err);
  if (status == BS_OK)
    status = families[family].config(model, &config, err);
  if (status == BS_OK)
    status = check_room(&p, dir, err);
  if (status != BS_OK)
    goto cleanup;
  weights_path = bs_path_join(dir, "model.safetensors", err);
  config_path = bs_path_join(dir, "config.json", err);
  if (weights_path == NULL || config_path == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  status = write_new(config_path, &p, &config, err);
  if (status != BS_OK)
    goto cleanup;
  status = write_new(weights_path, &p, NULL, err);
  if (status != BS_OK)
    (void)unlink(config_path);
cleanup:
  free(weights_path);
  free(config_path);
  bs_text_free(&config);
  plan_free(&p);
  return status;
}
