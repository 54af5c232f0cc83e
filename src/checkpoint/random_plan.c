/* What a checkpoint of random weights will hold. Its tensors are those that the family asks for:
   they are noted instead of looked for. */
#include "checkpoint/random_plan_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "checkpoint/family_internal.h"
#include "checkpoint/files_internal.h"

enum { MAX_LAYERS = 1024, MAX_WIDTH = 1 << 20, DATA_ALIGNMENT = 64 };

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

static bs_status config_gpt2(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"GPT2LMHeadModel\"], \"model_type\": \"gpt2\", "
      "\"activation_function\": \"gelu_new\",\n \"n_embd\": %zu, \"n_inner\": %zu, \"n_layer\": "
      "%zu, \"n_head\": %zu,\n \"vocab_size\": %zu, \"n_positions\": %zu, \"layer_norm_epsilon\": "
      "1e-05}\n",
      m->d_model, m->d_ff, m->n_layers, m->n_heads, m->vocab_size, m->max_positions);
}

static bs_status config_mixtral(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"MixtralForCausalLM\"], \"model_type\": \"mixtral\", "
      "\"hidden_act\": \"silu\",\n \"hidden_size\": %zu, \"intermediate_size\": %zu, "
      "\"num_hidden_layers\": %zu,\n \"num_attention_heads\": %zu, \"num_key_value_heads\": %zu, "
      "\"vocab_size\": %zu,\n \"max_position_embeddings\": %zu, \"rms_norm_eps\": 1e-05, "
      "\"rope_theta\": 1000000.0,\n \"num_local_experts\": 8, \"num_experts_per_tok\": 2, "
      "\"sliding_window\": null, \"tie_word_embeddings\": false}\n",
      m->d_model, m->d_ff, m->n_layers, m->n_heads, m->n_kv_heads, m->vocab_size, m->max_positions);
}

static bs_status config_olmoe(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"OlmoeForCausalLM\"], \"model_type\": \"olmoe\", "
      "\"hidden_act\": \"silu\",\n \"hidden_size\": %zu, \"intermediate_size\": %zu, "
      "\"num_hidden_layers\": %zu,\n \"num_attention_heads\": %zu, \"num_key_value_heads\": %zu, "
      "\"vocab_size\": %zu,\n \"max_position_embeddings\": %zu, \"rms_norm_eps\": 1e-05, "
      "\"rope_theta\": 10000.0,\n \"num_experts\": 64, \"num_experts_per_tok\": 8, "
      "\"norm_topk_prob\": false, \"tie_word_embeddings\": false}\n",
      m->d_model, m->d_ff, m->n_layers, m->n_heads, m->n_kv_heads, m->vocab_size, m->max_positions);
}

/* An encoder and a decoder of n_layers each. */
static bs_status config_t5(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"T5ForConditionalGeneration\"], \"model_type\": \"t5\", "
      "\"feed_forward_proj\":\n \"gated-gelu\", \"d_model\": %zu, \"d_ff\": %zu, \"d_kv\": %zu, "
      "\"num_layers\": %zu,\n \"num_decoder_layers\": %zu, \"num_heads\": %zu, \"vocab_size\": "
      "%zu, \"n_positions\": %zu,\n \"decoder_start_token_id\": 0, \"eos_token_id\": null, "
      "\"tie_word_embeddings\": false}\n",
      m->d_model, m->d_ff, m->d_model / m->n_heads, m->n_layers, m->n_layers, m->n_heads,
      m->vocab_size, m->max_positions);
}

/* The same with experts in every second layer. */
static bs_status config_switch(const bs_random_model *m, bs_text *text, bs_error *err) {
  return bs_text_printf(
      text, err,
      "{\"architectures\": [\"SwitchTransformersForConditionalGeneration\"], \"model_type\":\n "
      "\"switch_transformers\", \"dense_act_fn\": \"relu\", \"d_model\": %zu, \"d_ff\": %zu, "
      "\"d_kv\": %zu,\n \"num_layers\": %zu, \"num_decoder_layers\": %zu, \"num_heads\": %zu, "
      "\"vocab_size\": %zu,\n \"n_positions\": %zu, \"num_experts\": 8, \"expert_capacity\": 64, "
      "\"encoder_sparse_step\": 2,\n \"decoder_sparse_step\": 2, \"decoder_start_token_id\": 0, "
      "\"eos_token_id\": null,\n \"tie_word_embeddings\": false}\n",
      m->d_model, m->d_ff, m->d_model / m->n_heads, m->n_layers, m->n_layers, m->n_heads,
      m->vocab_size, m->max_positions);
}

static const struct random_family {
  const char *name;
  const bs_family *family;
  bs_status (*config)(const bs_random_model *model, bs_text *text, bs_error *err);
} families[] = {
    {"llama", &bs_family_llama, config_llama},
    {"gptneox", &bs_family_gptneox, config_gptneox},
    {"gpt2", &bs_family_gpt2, config_gpt2},
    {"mixtral", &bs_family_mixtral, config_mixtral},
    {"olmoe", &bs_family_olmoe, config_olmoe},
    {"t5", &bs_family_t5, config_t5},
    {"switch", &bs_family_switch_transformers, config_switch},
};
enum { N_FAMILIES = sizeof families / sizeof *families };

static bs_status find_family(const struct random_family **family, const char *name, bs_error *err) {
  for (size_t i = 0; i < N_FAMILIES; i++)
    if (strcmp(families[i].name, name) == 0) {
      *family = &families[i];
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE,
                      "unknown family \"%s\"; known: llama, gptneox, gpt2, mixtral, olmoe, t5, "
                      "switch",
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

static const double BIAS_SCALE = 0.02;

/* Elements of a matrix have variance 1 / inputs, norms are 1, biases small. */
static bs_random_tensor spread_of(const bs_needed_tensor *needed) {
  bs_slot_kind kind = bs_slot_rules[needed->slot].kind;
  if (needed->is_bias)
    return (bs_random_tensor){.scale = BIAS_SCALE};
  if (kind == BS_KIND_NORM)
    return (bs_random_tensor){.centre = 1};
  return (bs_random_tensor){.scale = 1 / sqrt((double)needed->n_in)};
}

static void add_tensor(void *context, const bs_needed_tensor *needed) {
  bs_random_plan *p = context;
  char shape[64];
  bool is_embedding = needed->slot == BS_SLOT_EMBEDDING;
  if (p->status != BS_OK || (is_embedding && p->has_embedding)) /* two stacks have one table */
    return;
  p->has_embedding = p->has_embedding || is_embedding;
  bs_random_tensor tensor = spread_of(needed);
  tensor.n = needed->n_dims == 1 ? needed->shape[0] : needed->shape[0] * needed->shape[1];
  tensor.begin = p->n_bytes;
  p->n_bytes += tensor.n * bs_dtype_bytes(p->model->store);
  p->status = bs_reserve(&p->tensors, &p->capacity, p->n_tensors, 1, p->err);
  if (p->status != BS_OK)
    return;
  p->tensors[p->n_tensors++] = tensor;
  if (needed->n_dims == 1)
    snprintf(shape, sizeof shape, "%llu", (unsigned long long)needed->shape[0]);
  else
    snprintf(shape, sizeof shape, "%llu,%llu", (unsigned long long)needed->shape[0],
             (unsigned long long)needed->shape[1]);
  p->status = bs_text_printf(
      &p->header, p->err, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%llu,%llu]}",
      p->header.n_bytes > 0 ? "," : "{", needed->name, bs_dtype_name(p->model->store), shape,
      (unsigned long long)tensor.begin, (unsigned long long)p->n_bytes);
}

/* Lets the family read the config.json and notes the tensors that it asks for. */
static bs_status add_tensors(bs_random_plan *p, const bs_family *family, bs_error *err) {
  const bs_tensor_list none = {0};
  bs_blueprint blueprint = {0}, encoder = {0};
  bs_name_list notes = {0};
  bs_json *config = NULL;
  bs_status status = bs_json_parse(&config, p->config.data, p->config.n_bytes, "config.json", err);
  if (status != BS_OK)
    return status;
  bs_reader reader = {.config = config,
                      .dir = "",
                      .family = family,
                      .tensors = &none,
                      .notes = &notes,
                      .plan = add_tensor,
                      .plan_context = p,
                      .err = err};
  family->describe(&reader, &blueprint);
  if (reader.status == BS_OK && family->describe_encoder != NULL)
    family->describe_encoder(&reader, &encoder);
  bs_blueprint_free(&blueprint);
  bs_blueprint_free(&encoder);
  bs_name_list_free(&notes);
  bs_json_free(&config);
  return reader.status != BS_OK ? reader.status : p->status;
}

bs_status bs_random_plan_make(bs_random_plan *plan, const bs_random_model *model, bs_error *err) {
  const struct random_family *family = NULL;
  *plan = (bs_random_plan){.model = model, .err = err};
  bs_status status = find_family(&family, model->family, err);
  if (status == BS_OK)
    status = check_shape(model, err);
  if (status == BS_OK)
    status = family->config(model, &plan->config, err);
  if (status == BS_OK)
    status = add_tensors(plan, family->family, err);
  if (status == BS_OK)
    status = bs_text_append_string(&plan->header, "}", err);
  while (status == BS_OK && (plan->header.n_bytes + 8) % DATA_ALIGNMENT != 0)
    status = bs_text_append_string(&plan->header, " ", err);
  return status;
}

void bs_random_plan_free(bs_random_plan *plan) {
  bs_text_free(&plan->config);
  bs_text_free(&plan->header);
  free(plan->tensors);
}
