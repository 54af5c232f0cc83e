/* What config.json may say: settings that are obeyed, others that are refused, damage. */
#include <stdio.h>

#include "bigsweep/checkpoint.h"
#include "checkpoint/blueprint_internal.h"
#include "harness.h"
#include "model_writer.h"
#include "small_model.h"

static void rotary_settings(void) {
  static const struct {
    const char *more;
    double first, last; /* inverse frequencies 0 and 3 of 4 */
  } cases[] = {
      {"", 1, 1e-3},
      {",\"rope_theta\":16", 1, 0.125},
      {",\"rope_theta\":16,\"rope_scaling\":null", 1, 0.125},
      {",\"rope_theta\":16,\"rope_scaling\":{\"rope_type\":\"default\"}", 1, 0.125},
      {",\"rope_theta\":16,\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}", 0.5, 0.0625},
      {",\"rope_parameters\":{\"rope_theta\":16,\"rope_type\":\"linear\",\"factor\":4.0}", 0.25,
       0.03125},
      {",\"rope_parameters\":{\"rope_theta\":16,\"rope_type\":\"default\"}", 1, 0.125},
      {",\"rope_parameters\":{\"rope_theta\":16}", 1, 0.125},
      /* wavelengths 2 pi and 16 pi: kept below 8, divided above 32, blended between */
      {",\"rope_theta\":16,\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,"
       "\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":32}",
       1, 0.125 / 8},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "rotary-%zu", i);
    bs_checkpoint *checkpoint = open_folder(small_with(name, cases[i].more));
    const bs_blueprint *blueprint = bs_checkpoint_blueprint(checkpoint);
    CU_ASSERT_EQUAL(blueprint->n_angles, 4);
    CU_ASSERT_DOUBLE_EQUAL(blueprint->angles[0].frequencies[0], cases[i].first, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(blueprint->angles[0].frequencies[3], cases[i].last, 1e-15);
    bs_checkpoint_free(&checkpoint);
  }
}

/* What versions of transformers disagree about follows the one that is asked for. */
static void readings(void) {
  static const double last[] = {[BS_READING_4_52] = 0.125 / 2, [BS_READING_5_0] = 0.125 / 4};
  const char *folder =
      small_with("readings", ",\"rope_theta\":16,\"max_position_embeddings\":20,\"rope_scaling\":"
                             "{\"rope_type\":\"yarn\",\"factor\":4,"
                             "\"original_max_position_embeddings\":10}");
  refuse(folder, BS_ERR_UNSUPPORTED, "--transformers");
  for (bs_reading reading = BS_READING_4_52; reading <= BS_READING_5_0; reading++) {
    bs_error err = {0};
    bs_checkpoint *checkpoint = NULL;
    bs_reading back;
    BS_TEST_OK(bs_checkpoint_open_as(&checkpoint, folder, reading, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
    const bs_blueprint *blueprint = bs_checkpoint_blueprint(checkpoint);
    CU_ASSERT_DOUBLE_EQUAL(blueprint->angles[0].frequencies[3], last[reading], 1e-15);
    bs_checkpoint_free(&checkpoint);
    BS_TEST_OK(bs_reading_parse(&back, bs_reading_name(reading), &err), err);
    CU_ASSERT_EQUAL(back, reading);
  }
}

/* What config.json may not say; `says` is part of the message. */
static void refused_configurations(void) {
  static const struct {
    const char *more;
    bs_status status;
    const char *says;
  } cases[] = {
      {",\"rope_scaling\":{\"rope_type\":\"ntk\",\"factor\":2}", BS_ERR_UNSUPPORTED,
       "unknown rope_type \"ntk\"; known: default, linear, dynamic, llama3, yarn, longrope"},
      {",\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":2,"
       "\"original_max_position_embeddings\":20}",
       BS_ERR_UNSUPPORTED, "set max_position_embeddings to 40, or factor to 1"},
      {",\"original_max_position_embeddings\":10,\"rope_scaling\":{\"rope_type\":\"yarn\","
       "\"factor\":2}",
       BS_ERR_INPUT, "expected it inside"},
      {",\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":2,\"truncate\":\"no\"}", BS_ERR_INPUT,
       "truncate"},
      {",\"rope_theta\":1,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":2}", BS_ERR_INPUT,
       "rope_theta above 1"},
      {",\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":2,\"attn_factor\":2}",
       BS_ERR_UNSUPPORTED, "attn_factor"},
      {",\"rope_scaling\":{\"rope_type\":\"dynamic\",\"factor\":2,"
       "\"original_max_position_embeddings\":10}",
       BS_ERR_UNSUPPORTED, "Expected them to be the same"},
      {",\"rope_scaling\":{\"rope_type\":\"dynamic\",\"factor\":1e300}", BS_ERR_INPUT, "too large"},
      {",\"rope_scaling\":{\"rope_type\":\"longrope\",\"long_factor\":[1,1,1,1],"
       "\"short_factor\":[1,1,1,1]}",
       BS_ERR_INPUT, "longrope needs original_max_position_embeddings"},
      {",\"rope_scaling\":{\"rope_type\":\"longrope\",\"long_factor\":[1,1,1],"
       "\"short_factor\":[1,1,1,1],\"original_max_position_embeddings\":10}",
       BS_ERR_INPUT, "an array of 4 numbers"},
      {",\"rope_scaling\":{\"rope_type\":\"longrope\",\"long_factor\":[1,1,1,0],"
       "\"short_factor\":[1,1,1,1],\"original_max_position_embeddings\":10}",
       BS_ERR_INPUT, "expected positive numbers"},
      {",\"rope_scaling\":{\"rope_type\":\"longrope\",\"long_factor\":[1,1,1,1],\"factor\":3,"
       "\"short_factor\":[1,1,1,1],\"original_max_position_embeddings\":10}",
       BS_ERR_UNSUPPORTED, "factor 3, but"},
      {",\"rope_scaling\":{\"factor\":2}", BS_ERR_UNSUPPORTED, "known: default"},
      {",\"rope_scaling\":7", BS_ERR_INPUT, "rope_scaling"},
      {",\"rope_scaling\":{\"type\":\"linear\"}", BS_ERR_INPUT, "factor"},
      {",\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}", BS_ERR_INPUT, "factor"},
      {",\"rope_theta\":-1", BS_ERR_INPUT, "rope_theta"},
      {",\"rope_theta\":10000,\"rope_parameters\":{\"rope_theta\":5,\"rope_type\":\"default\"}",
       BS_ERR_INPUT, "contradicts"},
      {",\"partial_rotary_factor\":0.5", BS_ERR_UNSUPPORTED, "partial_rotary_factor"},
      {",\"hidden_act\":\"geglu\"", BS_ERR_UNSUPPORTED, "known: silu"},
      {",\"quantization_config\":{\"bits\":4}", BS_ERR_UNSUPPORTED, "quantization_config"},
      {",\"rms_norm_eps\":\"small\"", BS_ERR_INPUT, "rms_norm_eps"},
      {",\"rms_norm_eps\":0", BS_ERR_INPUT, "rms_norm_eps"},
      {",\"eos_token_id\":\"</s>\"", BS_ERR_INPUT, "eos_token_id"},
      {",\"eos_token_id\":[1,-2]", BS_ERR_INPUT, "eos_token_id"},
      {",\"bos_token_id\":1.5", BS_ERR_INPUT, "bos_token_id"},
      {",\"attention_bias\":true", BS_ERR_INPUT,
       "tensor model.layers.0.self_attn.q_proj.bias: missing"},
      {",\"num_key_value_heads\":2", BS_ERR_INPUT,
       "k_proj.weight: shape [8, 8], config.json asks for [16, 8]"},
      {",\"num_key_value_heads\":3", BS_ERR_INPUT, "do not divide"},
      {",\"num_hidden_layers\":3", BS_ERR_INPUT, "tensor model.layers.2."},
      {",\"num_hidden_layers\":1", BS_ERR_UNSUPPORTED, "tensor model.layers.1."},
      {",\"num_hidden_layers\":99999", BS_ERR_LIMIT, "layers"},
      {",\"hidden_size\":0", BS_ERR_INPUT, "hidden_size"},
      {",\"hidden_size\":1e300", BS_ERR_INPUT, "hidden_size"},
      {",\"vocab_size\":11", BS_ERR_INPUT, "shape [10, 8], config.json asks for [11, 8]"},
      {",\"tie_word_embeddings\":true", BS_ERR_UNSUPPORTED, "lm_head.weight"},
      {",\"architectures\":[\"LlamaForCausalLn\"]", BS_ERR_UNSUPPORTED,
       "unknown architecture \"LlamaForCausalLn\"; known: LlamaForCausalLM, "},
      {",\"architectures\":null,\"model_type\":\"lama\"", BS_ERR_UNSUPPORTED, "known: Llama"},
      {",\"architectures\":null", BS_ERR_INPUT, "architectures"},
      {",\"architectures\":[7]", BS_ERR_INPUT, "architectures"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "refused-%zu", i);
    refuse(small_with(name, cases[i].more), cases[i].status, cases[i].says);
  }
}

static void accepted_configurations(void) {
  bs_checkpoint *checkpoint = open_folder(small_with(
      "type", ",\"architectures\":null,\"model_type\":\"llama\",\"eos_token_id\":[3,4]"));
  const bs_special_ids *special = bs_checkpoint_special_ids(checkpoint);
  CU_ASSERT_TRUE(special->bos == -1 && special->n_eos == 2 && special->eos[1] == 4);
  bs_checkpoint_free(&checkpoint);
  const char *folder = small_with("generation", ",\"eos_token_id\":3");
  write_file(folder, "generation_config.json", "{\"eos_token_id\":[5]}", 20);
  checkpoint = open_folder(folder);
  special = bs_checkpoint_special_ids(checkpoint);
  CU_ASSERT_TRUE(special->n_eos == 1 && special->eos[0] == 5);
  bs_checkpoint_free(&checkpoint);
}

/* Changed bytes of config.json are refused or read, never a crash. */
static void damaged_configurations(void) {
  const char *folder =
      small_with("damaged", ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}");
  bs_text config = slurp(folder, "config.json");
  for (size_t at = 0; at < config.n_bytes; at++) {
    char before = config.data[at];
    static const char changes[] = {'0', '"', '}', '-', 'e'};
    for (size_t c = 0; c < sizeof changes; c++) {
      config.data[at] = changes[c];
      write_file(folder, "config.json", config.data, config.n_bytes);
      bs_error err = {0};
      bs_checkpoint *checkpoint = NULL;
      bs_status status = bs_checkpoint_open(&checkpoint, folder, &err);
      CU_ASSERT_TRUE((status == BS_OK) == (checkpoint != NULL));
      bs_checkpoint_free(&checkpoint);
    }
    config.data[at] = before;
  }
  bs_text_free(&config);
}

static const bs_test tests[] = {
    {"rotary settings", rotary_settings},
    {"readings", readings},
    {"configurations that are refused", refused_configurations},
    {"configurations that are accepted", accepted_configurations},
    {"damaged configurations", damaged_configurations},
};

int main(void) { return bs_test_main("checkpoint_config", tests, sizeof tests / sizeof *tests); }
