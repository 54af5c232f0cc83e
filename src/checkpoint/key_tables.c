/* Keys of config.json that mean the same to every family, as tables. Sources: the configuration
   classes of transformers 4.24 to 5.0 and the config.json of published models. */
#include <string.h>

#include "checkpoint/keys_internal.h"

const char *const bs_keys_obeyed_by_all[] = {
    "architectures", "model_type",   "vocab_size", "tie_word_embeddings",
    "bos_token_id",  "eos_token_id", NULL,
};

const char *const bs_keys_harmless_to_all[] = {
    /* Where the file comes from and how transformers holds the model. */
    "transformers_version",
    "torch_dtype",
    "dtype",
    "_name_or_path",
    "_commit_hash",
    "transformers.js_config",
    "torchscript",
    "use_bfloat16",
    "tf_legacy_loss",
    "use_cache",
    "keys_to_ignore_at_inference",
    "custom_pipelines",
    "unsloth_*",
    "is_llama_config",
    "return_dict",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "is_decoder",
    "chunk_size_feed_forward",
    "cache_implementation",
    "attn_implementation",
    "_attn_implementation*",
    "use_flash_attn*",
    "use_flash_attention*",
    "_flash_attn*",
    "flash_attn*",
    "use_sdpa*",
    "pretraining_tp",
    "upcast_*",
    "low_cpu_mem_usage",
    /* Training. */
    "*dropout*",
    "*_pdrop",
    "*layerdrop",
    "initializer_*",
    "init_std",
    "init_device",
    "init_config",
    "embed_init_std",
    "emb_init_std",
    "gradient_checkpointing*",
    "rescale_prenorm_residual",
    "router_aux_loss_coef",
    "router_z_loss_coef",
    "router_jitter_noise",
    "output_router_logits",
    "use_fused_*",
    "fused_*",
    /* Other heads and tasks. */
    "id2label",
    "label2id",
    "num_labels",
    "_num_labels",
    "problem_type",
    "finetuning_task",
    "task_specific_params",
    "summary_*",
    "classifier_*",
    /* Tokens beside those that begin and end a text; the tokenizer's own files say what it does. */
    "*_token_id",
    "*_token_ids",
    "tokenizer_class",
    "prefix",
    "model_max_length",
    "max_sequence_length",
    "seq_length",
    "n_special",
    "predict_special_tokens",
    /* Defaults of transformers' generate(): the protocol has its own. */
    "max_length",
    "min_length",
    "max_new_tokens",
    "do_sample",
    "early_stopping",
    "num_beams",
    "num_beam_groups",
    "diversity_penalty",
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
    "repetition_penalty",
    "length_penalty",
    "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size",
    "bad_words_ids",
    "num_return_sequences",
    "output_scores",
    "return_dict_in_generate",
    "remove_invalid_values",
    "exponential_decay_length_penalty",
    "suppress_tokens",
    "begin_suppress_tokens",
    "generation_config",
    "chat_template",
    NULL,
};

const char *const bs_key_groups[][BS_KEY_GROUP_NAMES] = {
    {"hidden_size", "n_embd", "n_embed", "d_model", "model_dim"},
    {"num_hidden_layers", "n_layer", "n_layers", "num_layers"},
    {"num_attention_heads", "n_head", "n_heads", "num_heads", "attention_heads"},
    {"num_key_value_heads", "n_head_kv", "n_kv_heads", "num_kv_heads", "multi_query_group_num"},
    {"intermediate_size", "n_inner", "ffn_dim", "d_ff", "ffn_hidden_size", "feedforward_dim"},
    {"max_position_embeddings", "n_positions", "n_ctx", "max_seq_len"},
    {"head_dim", "d_kv", "kv_channels", "attention_head_dim"},
    {"rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_eps", "norm_epsilon"},
    {"hidden_act", "activation_function", "activation"},
    {"rope_theta", "rotary_emb_base", "rope_base", "rotary_base"},
    {"partial_rotary_factor", "rotary_pct", "rope_pct", "rotary_percent"},
    {NULL},
};

const char *const bs_key_suspect_parts[] = {
    "multiplier", "scale",        "scaling",   "_soft",        "logit",         "_rope",
    "rotary",     "theta",        "norm",      "_eps",         "_bias",         "_attn",
    "attention",  "_qk",          "window",    "expert",       "_moe",          "router",
    "alibi",      "residual",     "_mup",      "_clip",        "pattern",       "activation",
    "_act",       "_gate",        "glu",       "parallel",     "causal",        "bidirect",
    "quant",      "_sink",        "_mask",     "embed",        "position",      "prefix_lm",
    "_lora",      "adapter",      "_head",     "layer",        "multi_query",   "interleave",
    "_conv",      "ntk",          "xpos",      "feed_forward", "ffn",           "pos_emb",
    "block_type", "recurren",     "_share",    "sharing",      "_bit",          "8bit",
    "4bit",       "nonlinearity", "tying",     "tie_",         "mamba",         "ssm",
    "d_state",    "dt_rank",      "time_step", "loop",         "virtual_token", NULL,
};

/* --- values that are neutral beside certain other keys ------------------------------------- */

static const cJSON *first_of(const bs_reader *reader, const char *const *names) {
  for (; *names != NULL; names++) {
    const cJSON *item = bs_json_get(reader->config->root, *names);
    if (item != NULL && !cJSON_IsNull(item))
      return item;
  }
  return NULL;
}

/* A number under any of a group's names; 0 when there is none. */
static double number_of(const bs_reader *reader, const char *name) {
  for (size_t g = 0; bs_key_groups[g][0] != NULL; g++)
    if (strcmp(bs_key_groups[g][0], name) == 0) {
      const cJSON *item = first_of(reader, bs_key_groups[g]);
      return cJSON_IsNumber(item) ? item->valuedouble : 0;
    }
  return 0;
}

static double width_over_heads(const bs_reader *reader) {
  double n = number_of(reader, "num_attention_heads");
  return n > 0 ? number_of(reader, "hidden_size") / n : 0;
}

static double head_dim(const bs_reader *reader) {
  double given = number_of(reader, "head_dim");
  return given > 0 ? given : width_over_heads(reader);
}

static bool equals(const cJSON *value, double expected) {
  return cJSON_IsNumber(value) && expected > 0 && value->valuedouble == expected;
}

bool bs_key_is_hidden_size(const bs_reader *reader, const cJSON *value) {
  return equals(value, number_of(reader, "hidden_size"));
}

bool bs_key_is_four_hidden_sizes(const bs_reader *reader, const cJSON *value) {
  return equals(value, 4 * number_of(reader, "hidden_size"));
}

/* A feed-forward width in other words: MPT's expansion_ratio, OLMo's mlp_ratio,
   Falcon's ff_factor. */
static bool is_ratio_of_widths(const bs_reader *reader, const cJSON *value) {
  double width = number_of(reader, "intermediate_size"), d = number_of(reader, "hidden_size");
  return cJSON_IsNumber(value) && d > 0 && value->valuedouble * d == (width > 0 ? width : 4 * d);
}

/* Weights that are whole floats say so too, in some files. */
static bool is_width_of_whole_weights(const bs_reader *reader, const cJSON *value) {
  (void)reader;
  return cJSON_IsNumber(value) && (value->valuedouble == 16 || value->valuedouble == 32);
}

static bool is_head_dim(const bs_reader *reader, const cJSON *value) {
  return equals(value, head_dim(reader));
}

static bool is_width_over_heads(const bs_reader *reader, const cJSON *value) {
  return equals(value, width_over_heads(reader));
}

static bool is_number_of_heads(const bs_reader *reader, const cJSON *value) {
  return equals(value, number_of(reader, "num_attention_heads"));
}

/* 1 / sqrt(head_dim), to the digits that a file has. */
static bool is_usual_score_scale(const bs_reader *reader, const cJSON *value) {
  double square = cJSON_IsNumber(value) ? value->valuedouble * value->valuedouble : 0;
  double expected = head_dim(reader);
  return expected > 0 && square > 0 && value->valuedouble > 0 && square * expected > 1 - 1e-6 &&
         square * expected < 1 + 1e-6;
}

/* A window that is switched off or holds the longest text. */
static bool is_idle_window(const bs_reader *reader, const cJSON *value) {
  if (cJSON_IsFalse(bs_json_get(reader->config->root, "use_sliding_window")))
    return true;
  double longest = number_of(reader, "max_position_embeddings");
  return cJSON_IsNumber(value) && longest > 0 && value->valuedouble >= longest;
}

static bool all_are_full(const bs_reader *reader, const cJSON *value) {
  (void)reader;
  const cJSON *item;
  cJSON_ArrayForEach(item, value) {
    if (!cJSON_IsString(item) || strcmp(item->valuestring, "full_attention") != 0)
      return false;
  }
  return cJSON_IsArray(value);
}

/* SmolLM3 and Llama 4 write 1 for a layer with rotation. */
static bool all_are_one(const bs_reader *reader, const cJSON *value) {
  (void)reader;
  const cJSON *item;
  cJSON_ArrayForEach(item, value) {
    if (!cJSON_IsNumber(item) || item->valuedouble != 1)
      return false;
  }
  return cJSON_IsArray(value);
}

/* "MODULE.CLASS", or the same behind "REPOSITORY--". */
static bool is_of_module(const char *name, const char *const *modules) {
  const char *dashes = strstr(name, "--"), *from = dashes != NULL ? dashes + 2 : name;
  for (; *modules != NULL; modules++) {
    size_t n = strlen(*modules);
    if (strncmp(from, *modules, n) == 0 && from[n] == '.')
      return true;
  }
  return false;
}

bool bs_key_names_modules(const cJSON *value, const char *const *modules) {
  const cJSON *item;
  if (!cJSON_IsObject(value))
    return false;
  cJSON_ArrayForEach(item, value) {
    const char *name = cJSON_IsString(item) ? item->valuestring : "";
    if (strcmp(item->string, "AutoTokenizer") != 0 && strcmp(item->string, "AutoProcessor") != 0 &&
        !is_of_module(name, modules))
      return false;
  }
  return true;
}

/* Own code for the tokenizer alone is not run, and tokenizer.json says what it would do. */
static bool names_no_model_code(const bs_reader *reader, const cJSON *value) {
  static const char *const none[] = {NULL};
  (void)reader;
  return bs_key_names_modules(value, none);
}

/* Whether heads are rotated is the architecture's: true where they are, false where they are not.
 */
static bool says_whether_rotary(const bs_reader *reader, const cJSON *value) {
  bool is_rotary = false;
  for (const char *const *key = reader->family->obeyed; *key != NULL; key++)
    is_rotary |= strcmp(*key, "rope_theta") == 0 || strcmp(*key, "rotary_dim") == 0;
  return cJSON_IsBool(value) && (cJSON_IsTrue(value) != 0) == is_rotary;
}

#define WHETHER_ROTARY "whether positions are rotary is the architecture's, in all of its layers"
#define RATIO                                                                                      \
  "it gives the feed-forward layer a width of so many times hidden_size, which is not the one "    \
  "here"
#define ONE "1"
#define NO "false"
#define YES "true"

const bs_key_rule bs_keys_refused_by_all[] = {
    /* Kinds of weights and of models. */
    {"quantization_config", .why = "the weights are quantized, and quantized weights are not read: "
                                   "take the model's unquantized files, or load it with "
                                   "transformers, dequantize it and save it again"},
    {"compression_config", .why = "the weights are compressed (compressed-tensors), and such "
                                  "weights are not read: take the model's uncompressed files"},
    {"quantization", {NO}, .why = "quantized weights are not read"},
    {"bits", .is_neutral = is_width_of_whole_weights,
     .why = "the weights are quantized to so many bits, and quantized weights are not read"},
    {"group_size", {"-1", "0"}, .why = "weights quantized in groups are not read"},
    {"peft_type", .why = "it is of an adapter, a change to another model, which is not read: merge "
                         "it into that model first"},
    {"pre_seq_len",
     {"0"},
     .why = "ChatGLM's prefix tuning puts so many learned positions before "
            "every text"},
    {"auto_map", .is_neutral = names_no_model_code,
     .why = "the model brings Python code of its own, which is not run and may compute something "
            "else than this architecture"},
    {"is_encoder_decoder", {NO}, .why = "this architecture has no encoder"},
    {"add_cross_attention",
     {NO},
     .why = "attention to an encoder is not built for this architecture"},
    {"cross_attention_hidden_size",
     .why = "attention to an encoder is not built for this architecture"},
    {"tie_encoder_decoder", {NO}, .why = "this architecture has no encoder"},
    {"text_config", .why = "the language model inside a larger one is not read"},
    {"vision_config", .why = "models that also read images are not read"},
    {"audio_config", .why = "models that also read sound are not read"},
    {"pruned_heads", .why = "models with heads taken out are not read"},
    {"type_vocab_size", {"0"}, .why = "embeddings of token types are not built"},
    /* What a token sees. */
    {"is_causal", {YES}, .why = "only attention to earlier tokens is built"},
    {"use_bidirectional_attention", {NO}, .why = "only attention to earlier tokens is built"},
    {"causal", {YES}, .why = "only attention to earlier tokens is built"},
    {"use_causal_mask", {YES}, .why = "only attention to earlier tokens is built"},
    {"causal_mask", {YES}, .why = "only attention to earlier tokens is built"},
    {"prefix_lm", {NO}, .why = "only attention to earlier tokens is built"},
    {"sliding_window", .is_neutral = is_idle_window, .why = "this architecture has no window"},
    {"use_sliding_window", {NO}, .why = "this architecture has no window"},
    {"layer_types", .is_neutral = all_are_full, .why = "this architecture has one kind of layer"},
    {"max_window_layers", .is_neutral = is_idle_window, .why = "this architecture has no window"},
    {"dual_chunk_attention_config",
     .why = "attention in chunks is not built; it matters only to texts longer than its "
            "chunk_size, and transformers leaves it out"},
    /* Positions. */
    {"no_rope_layers", .is_neutral = all_are_one,
     .why = "layers without rotary positions are not built (SmolLM3, Llama 4)"},
    {"no_rope_layer_interval", {"0"}, .why = "layers without rotary positions are not built"},
    {"use_mrope", {NO}, .why = "positions in several dimensions are not built (Qwen2-VL)"},
    {"use_rope", .is_neutral = says_whether_rotary, .why = WHETHER_ROTARY},
    {"use_rotary", .is_neutral = says_whether_rotary, .why = WHETHER_ROTARY},
    {"rotary", .is_neutral = says_whether_rotary, .why = WHETHER_ROTARY},
    {"rope_interleaved", {NO}, .why = "rotary positions on neighbouring pairs are not built"},
    {"rope_interleave", {NO}, .why = "rotary positions on neighbouring pairs are not built"},
    {"rope_condense_ratio", {ONE}, .why = "it stretches the positions (LongChat)"},
    {"rope_ratio", {ONE}, .why = "it stretches the rotary base (ChatGLM)"},
    {"rotary_dim", .is_neutral = is_head_dim, .why = "it is GPT-J's share of rotated dimensions"},
    {"alibi", {NO}, .why = "positions by ALiBi are not built for this architecture"},
    {"use_alibi", {NO}, .why = "positions by ALiBi are not built for this architecture"},
    /* Factors and caps on the way. */
    {"embedding_multiplier", {ONE}, .why = "Granite multiplies its embeddings by it"},
    {"residual_multiplier", {ONE}, .why = "Granite multiplies what a layer adds by it"},
    {"attention_multiplier", .is_neutral = is_usual_score_scale,
     .why = "Granite multiplies its attention scores by it, in place of 1/sqrt(head_dim)"},
    {"logits_scaling", {ONE}, .why = "Granite divides its logits by it"},
    {"logit_scale", {ONE}, .why = "Cohere and MPT multiply their logits by it"},
    {"scale_emb", {ONE}, .why = "MiniCPM multiplies its embeddings by it"},
    {"scale_depth", .why = "MiniCPM multiplies what a layer adds by it over sqrt(layers)"},
    {"dim_model_base", .is_neutral = bs_key_is_hidden_size,
     .why = "MiniCPM divides the last state by hidden_size over it"},
    {"scale_embedding", {NO}, .why = "XGLM multiplies its embeddings by sqrt(hidden_size)"},
    {"scale_embeddings", {NO}, .why = "it multiplies the embeddings by sqrt(hidden_size)"},
    {"scale_attn_weights",
     {YES},
     .null_counts = true,
     .why = "scores without 1/sqrt(head_dim) are GPT-2's alone"},
    {"scale_attn_by_inverse_layer_idx", {NO}, .why = "scores scaled by layer are GPT-2's alone"},
    {"softmax_scale", .is_neutral = is_usual_score_scale,
     .why = "MPT multiplies its attention scores by it"},
    {"query_pre_attn_scalar", .is_neutral = is_head_dim,
     .why = "Gemma 2 divides its attention scores by its root, in place of sqrt(head_dim)"},
    {"hidden_activation",
     .why = "it is Gemma's, whose embeddings and norms are computed in another way"},
    {"attn_logit_softcapping", .why = "Gemma 2 caps its attention scores by it"},
    {"final_logit_softcapping", .why = "Gemma 2 caps its logits by it"},
    {"clip_qkv", .why = "OLMo, OLMoE and MPT clip q, k and v at it"},
    {"mup_*", {ONE, NO}, .why = "it is a factor of maximal update parametrization (BTLM)"},
    {"*_multiplier", {ONE}, .why = "it is a factor that this architecture does not have"},
    {"*_mult", {ONE}, .why = "it is a factor that this architecture does not have"},
    {"use_cla", {NO}, .why = "layers that share keys and values are not built (Hunyuan)"},
    {"n_loops", {ONE}, .why = "layers that are gone through more than once are not built"},
    {"ff_factor", .is_neutral = is_ratio_of_widths, .why = RATIO},
    {"mlp_ratio", .is_neutral = is_ratio_of_widths, .why = RATIO},
    {"expansion_ratio", .is_neutral = is_ratio_of_widths, .why = RATIO},
    {"state_size", {"0"}, .why = "state-space layers are not built (Mamba)"},
    {"ssm_cfg", .why = "state-space layers are not built (Mamba)"},
    {"*_multipliers", .why = "they are factors that this architecture does not have"},
    /* Layers of another make. */
    {"do_layer_norm_before", {YES}, .why = "norms after each part are not built"},
    {"*normalize_before", {YES}, .why = "norms after each part are not built"},
    {"pre_norm", {YES}, .why = "norms after each part are not built"},
    {"*elementwise_affine", {YES}, .why = "norms without weights are not built"},
    {"add_final_layer_norm", {YES}, .why = "a model without its last norm is not built"},
    {"attention_bias", {NO}, .why = "this architecture has no such biases"},
    {"mlp_bias", {NO}, .why = "this architecture has no such biases"},
    {"use_parallel_residual",
     {NO},
     .why = "GPT-NeoX and StableLM put attention and feed-forward "
            "side by side with it"},
    {"parallel_attn", {NO}, .why = "Falcon puts attention and feed-forward side by side with it"},
    {"new_decoder_architecture", {NO}, .why = "it is Falcon's grouped attention"},
    {"multi_query", {NO}, .why = "it is Falcon's attention with one key for all heads"},
    {"use_qk_norm", {NO}, .why = "norms of q and k are Qwen3's alone"},
    {"qk_norm", {NO}, .why = "norms of q and k are Qwen3's alone"},
    {"qk_layernorm", {NO}, .why = "norms of q and k are Qwen3's alone"},
    {"num_experts", {"0", ONE}, .why = "this architecture has no experts"},
    {"num_local_experts", {"0", ONE}, .why = "this architecture has no experts"},
    {"n_routed_experts", {"0"}, .why = "this architecture has no experts"},
    {"n_shared_experts", {"0"}, .why = "this architecture has no experts"},
    {"moe_intermediate_size", .why = "this architecture has no experts"},
    {"num_key_value_heads", .is_neutral = is_number_of_heads,
     .why = "this architecture has a key and a value for every head"},
    {"head_dim", .is_neutral = is_width_over_heads,
     .why = "a head of this architecture has hidden_size over the number of heads"},
    {0},
};
