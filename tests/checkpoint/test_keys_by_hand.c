/* Changes of config.json whose outcome is known: several keys together, settings of rotation and
   windows, keys that stand twice. */
#include <stdio.h>
#include <string.h>

#include "family_models.h"
#include "harness.h"
#include "key_outcome.h"

enum { HAND_CHANGES = 6 };

typedef struct hand_case {
  const char *architecture;
  config_member changes[HAND_CHANGES];
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
    /* an encoder and a decoder */
    {"T5ForConditionalGeneration", {{"num_decoder_layers", "2"}}, ""},
    {"T5ForConditionalGeneration", {{"n_positions", "512"}}, ""},
    {"T5ForConditionalGeneration", {{"eos_token_id", "1"}}, ""},
    {"T5ForConditionalGeneration", {{"is_encoder_decoder", "false"}}, "is_encoder_decoder"},
    {"T5ForConditionalGeneration",
     {{"decoder_start_token_id", NULL}},
     "decoder_start_token_id: it is missing"},
    {"T5ForConditionalGeneration", {{"decoder_start_token_id", "10"}}, "decoder_start_token_id"},
    {"T5ForConditionalGeneration", {{"decoder_start_token_id", "-1"}}, "decoder_start_token_id"},
    {"MT5ForConditionalGeneration",
     {{"decoder_start_token_id", NULL}, {"feed_forward_proj", "\"gated-gelu\""}},
     ""},
    {"T5ForConditionalGeneration",
     {{"feed_forward_proj", "\"gated-gelu\""}},
     "tensor decoder.block.0.layer.2.DenseReluDense.wi_0.weight: missing"},
    {"T5ForConditionalGeneration",
     {{"feed_forward_proj", "\"gated-maxout\""}},
     "feed_forward_proj: unknown activation \"maxout\""},
    {"MT5ForConditionalGeneration",
     {{"dense_act_fn", "\"gelu_new\""}, {"is_gated_act", "true"}},
     ""},
    {"MT5ForConditionalGeneration", {{"dense_act_fn", "\"gelu\""}}, "dense_act_fn"},
    {"T5ForConditionalGeneration",
     {{"relative_attention_num_buckets", "3"}},
     "relative_attention_num_buckets: expected 4 or more"},
    {"T5ForConditionalGeneration",
     {{"relative_attention_num_buckets", "31"}},
     "relative_attention_bias.weight: shape [32, 2], config.json asks for [31, 2]"},
    {"T5ForConditionalGeneration",
     {{"relative_attention_max_distance", "16"}},
     "relative_attention_max_distance: expected more than half"},
    {"T5ForConditionalGeneration",
     {{"num_layers", "3"}, {"num_decoder_layers", "2"}},
     "tensor encoder.block.2.layer.0.layer_norm.weight: missing"},
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
    {"LlamaForCausalLM", {{"causal_mask", "false"}}, "causal_mask"},
    {"GPT2LMHeadModel", {{"pre_norm", "false"}}, "pre_norm"},
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
    /* kinds of scaling */
    {"Qwen2ForCausalLM", {{"rope_scaling", "{\"type\":\"yarn\",\"factor\":4}"}}, "="},
    {"Qwen2ForCausalLM",
     {{"rope_scaling", "{\"type\":\"yarn\",\"factor\":4,\"original_max_position_embeddings\":20}"}},
     "transformers 5.0 stretches by the factor, 4.52 by that ratio"},
    {"Qwen2ForCausalLM",
     {{"rope_scaling", "{\"type\":\"yarn\",\"factor\":2,\"mscale\":1,\"mscale_all_dim\":0.5,"
                       "\"original_max_position_embeddings\":10,\"truncate\":false}"}},
     "="},
    {"Phi3ForCausalLM",
     {{"rope_scaling",
       "{\"type\":\"su\",\"long_factor\":[1,2],\"short_factor\":[1,1.5],\"factor\":2}"}},
     ""},
    {"Phi3ForCausalLM",
     {{"rope_scaling", "{\"type\":\"longrope\",\"long_factor\":[1,2],\"short_factor\":[1,1.5],"
                       "\"original_max_position_embeddings\":10}"},
      {"original_max_position_embeddings", NULL}},
     ""},
    {"Phi3ForCausalLM",
     {{"rope_scaling", "{\"type\":\"longrope\",\"long_factor\":[1,2],\"short_factor\":[1,1.5],"
                       "\"original_max_position_embeddings\":12}"}},
     "it contradicts that in rope_scaling"},
    {"Phi3ForCausalLM",
     {{"auto_map", "{\"AutoConfig\":\"configuration_phi3.Phi3Config\","
                   "\"AutoModelForCausalLM\":\"modeling_phi3.Phi3ForCausalLM\"}"}},
     ""},
    {"Phi3ForCausalLM", {{"auto_map", "{\"AutoModelForCausalLM\":\"modeling_x.X\"}"}}, "auto_map"},
    /* GPT-J and GPT-Neo */
    {"GPTJForCausalLM", {{"rotary_dim", "null"}}, "rotary_dim: null"},
    {"GPTJForCausalLM", {{"rotary_dim", "3"}}, "dimensions would be rotated"},
    {"GPTJForCausalLM", {{"rotary", "true"}}, ""},
    {"GPTJForCausalLM", {{"rotary", "false"}}, "rotary: false"},
    {"GPTNeoForCausalLM", {{"attention_layers", "[\"global\",\"local\"]"}}, ""},
    {"GPTNeoForCausalLM", {{"attention_types", "[[[\"global\",\"local\"],2]]"}}, "found more"},
    {"GPTNeoForCausalLM", {{"attention_types", "[[[\"global\"],1]]"}}, "2 layers, found 1"},
    {"GPTNeoForCausalLM", {{"attention_types", "[[[\"globe\"],2]]"}}, "unknown kind \"globe\""},
    /* The first files of Gemma mean the tanh form by "gelu". */
    {"GemmaForCausalLM", {{"hidden_act", "\"gelu\""}}, ""},
    {"GemmaForCausalLM",
     {{"hidden_act", "\"gelu\""}, {"hidden_activation", "\"gelu_pytorch_tanh\""}},
     ""},
    {"GemmaForCausalLM",
     {{"hidden_act", "\"relu\""}, {"hidden_activation", "\"gelu_pytorch_tanh\""}},
     "contradicts hidden_act"},
    {"Gemma2ForCausalLM", {{"hidden_act", "\"gelu\""}}, ""},
    {"Gemma2ForCausalLM", {{"layer_types", "[\"sliding_attention\",\"full_attention\"]"}}, ""},
    {"Gemma2ForCausalLM", {{"attn_logit_softcapping", "0"}}, "expected a positive number"},
    /* Gemma 3's newer files */
    {"Gemma3ForCausalLM",
     {{"rope_theta", NULL},
      {"rope_local_base_freq", NULL},
      {"rope_scaling", NULL},
      {"sliding_window_pattern", NULL},
      {"layer_types", "[\"sliding_attention\",\"full_attention\"]"},
      {"rope_parameters",
       "{\"full_attention\":{\"rope_type\":\"linear\",\"factor\":8,\"rope_theta\":1000000},"
       "\"sliding_attention\":{\"rope_type\":\"default\",\"rope_theta\":10000}}"}},
     ""},
    {"Gemma3ForCausalLM",
     {{"rope_scaling", NULL}, {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":8}"}},
     "expected settings for each kind of layer"},
    {"Gemma3ForCausalLM",
     {{"rope_scaling", NULL}, {"rope_parameters", "{\"full_attention\":{\"rope_theta\":1e6}}"}},
     "no settings for \"sliding_attention\""},
    {"Gemma3ForCausalLM",
     {{"layer_types", "[\"full_attention\",\"full_attention\"]"}},
     "layer 0 contradicts sliding_window_pattern"},
    {"Gemma3ForConditionalGeneration",
     {{"text_config", "{\n\"hidden_size\": 8,\n\"scale_emb\": 3}"}},
     "line 7: scale_emb: 3 cannot be obeyed by Gemma3ForCausalLM"},
    {"Gemma3ForConditionalGeneration",
     {{"text_config", "{\"model_type\": \"gemma3n_text\"}"}},
     "model_type: text_config is of another kind"},
    {"Gemma3ForConditionalGeneration",
     {{"text_config", "null"}},
     "text_config: expected an object"},
    {"SmolLM3ForCausalLM", {{"no_rope_layers", "[1,0]"}}, ""},
    {"SmolLM3ForCausalLM", {{"no_rope_layers", "[1]"}}, "no_rope_layers"},
    {"SmolLM3ForCausalLM", {{"no_rope_layers", "[1,2]"}}, "no_rope_layers"},
};

static void changes_by_hand(void) {
  for (size_t i = 0; i < sizeof hand_cases / sizeof *hand_cases; i++) {
    const hand_case *c = &hand_cases[i];
    const family_model *model = family_models;
    while (strcmp(model->architecture, c->architecture) != 0)
      model++;
    const bs_family *family = bs_family_find(c->architecture, NULL);
    size_t n = 0;
    while (n < HAND_CHANGES && c->changes[n].key != NULL)
      n++;
    const char *folder = make_family_weights(model, model->architecture);
    write_family_config(model, folder, NULL, 0);
    outcome base = outcome_open(folder);
    write_family_config(model, folder, c->changes, n);
    outcome found = outcome_open(folder);
    bool right = strcmp(c->says, "") == 0 ? outcome_is_same(&found, &base)
                 : strcmp(c->says, "=") == 0
                     ? !outcome_is_refused(&found) && !outcome_is_same(&found, &base)
                     : outcome_is_refused(&found) && outcome_names(&found, c->says);
    if (!right)
      outcome_complain(family, c->changes[0].key, c->changes[0].value, &found,
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
  outcome base = outcome_open(folder);
  write_family_config(model, folder, changes, 2);
  outcome found = outcome_open(folder);
  CU_ASSERT_TRUE(outcome_is_same(&found, &base));
  CU_ASSERT_TRUE(outcome_names(&found, "key rms_norm_eps stands there more than once"));
  outcome_free(&base);
  outcome_free(&found);
}

static const bs_test tests[] = {
    {"changes by hand", changes_by_hand},
    {"keys that stand twice", repeated_keys},
};

int main(void) { return bs_test_main("keys_by_hand", tests, sizeof tests / sizeof *tests); }
