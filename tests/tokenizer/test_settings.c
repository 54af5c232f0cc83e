/* tokenizer_config.json beside tokenizer.json: expectations are what the fast classes of
   transformers 4.46 to 4.57 do, from their sources. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_tokenizer.h"
#include "harness.h"

#define ADDED(id, text, more)                                                                      \
  "{\"id\": " #id ", \"content\": \"" text "\", \"special\": true, \"normalized\": false" more "}"
#define BYTE_LEVEL(prefix)                                                                         \
  "{\"type\": \"ByteLevel\", \"add_prefix_space\": " prefix ", \"use_regex\": false}"
#define BOS_TEMPLATE(name, id)                                                                     \
  "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"" name            \
  "\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}], \"special_tokens\": "   \
  "{\"" name "\": {\"id\": \"" name "\", \"ids\": [" #id "], \"tokens\": [\"x\"]}}}"

/* <s> 200, </s> 201, <bos> 202, <|endoftext|> 203. */
static const char SPECIAL[] = "[" ADDED(200, "<s>", "") ", " ADDED(201, "</s>", "") ", " ADDED(
    202, "<bos>", "") ", " ADDED(203, "<|endoftext|>", "") "]";
/* The ids of the vocabulary, so that the added ones are kept. */
static const char VOCAB[] =
    "\"<unk>\": 0, \"a\": 97, \"b\": 98, \" \": 32, \"\\u0120\": 33, \"\\u2581\": 34, "
    "\"<s>\": 200, \"</s>\": 201, \"<bos>\": 202, \"<|endoftext|>\": 203, \"<\": 60, \">\": 62, "
    "\"x\": 120, \"s\": 115, \"<0x00>\": 1";

typedef struct folder {
  const char *config, *model,
      *map; /* tokenizer_config.json, config.json, special_tokens_map.json */
  tokenizer_parts parts;
} folder;

static void write_or_remove(const char *name, const char *text) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", bs_test_folder(), name);
  unlink(path);
  if (text != NULL)
    bs_test_write(name, text, strlen(text));
}

static bs_status open_folder(bs_tokenizer **t, folder f, bs_error *err) {
  if (f.parts.added == NULL)
    f.parts.added = SPECIAL;
  if (f.parts.vocab == NULL)
    f.parts.vocab = VOCAB;
  bs_text json = tokenizer_json(f.parts);
  bs_test_write("tokenizer.json", json.data, json.n_bytes);
  write_or_remove("tokenizer_config.json", f.config);
  write_or_remove("config.json", f.model);
  write_or_remove("special_tokens_map.json", f.map);
  bs_text_free(&json);
  return bs_tokenizer_open(t, bs_test_folder(), err);
}

static void check(folder f, const char *text, const char *expected) {
  bs_error err = {0};
  bs_tokenizer *t = NULL;
  BS_TEST_OK(open_folder(&t, f, &err), err);
  if (t != NULL)
    check_ids(t, text, true, expected);
  bs_tokenizer_free(&t);
}

static void check_note(folder f, const char *part) {
  bs_error err = {0};
  bs_tokenizer *t = NULL;
  BS_TEST_OK(open_folder(&t, f, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(t);
  size_t n;
  const char *const *notes = bs_tokenizer_notes(t, &n);
  bool found = part == NULL && n == 0;
  for (size_t i = 0; i < n; i++)
    found = found || (part != NULL && strstr(notes[i], part) != NULL);
  if (!found)
    printf("\n    expected the note \"%s\", found %zu: %s", part != NULL ? part : "(none)", n,
           n > 0 ? notes[0] : "");
  CU_ASSERT_TRUE(found);
  bs_tokenizer_free(&t);
}

void test_settings_of_the_template(void) {
  static const tokenizer_parts none = {0}, has = {.post_processor = BOS_TEMPLATE("<s>", 200)},
                               other = {.post_processor = BOS_TEMPLATE("<bos>", 202)};
  static const struct {
    const char *config;
    const tokenizer_parts *parts;
    const char *expected;
  } cases[] = {
      {NULL, &none, "97"},
      {NULL, &other, "202 97"},
      {"{}", &other, "202 97"},
      {"{\"tokenizer_class\": \"LlamaTokenizerFast\"}", &none, "200 97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": \"<bos>\"}", &none, "202 97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": {\"__type\": \"AddedToken\", "
       "\"content\": \"<bos>\", \"lstrip\": false}}",
       &has, "202 97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"add_bos_token\": null}", &has, "97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"add_bos_token\": null, \"bos_token\": null}",
       &has, "97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"add_eos_token\": null}", &none, "200 97"},
      {"{\"tokenizer_class\": \"GemmaTokenizerFast\", \"add_bos_token\": null}", &has, "97"},
      {"{\"tokenizer_class\": \"TokenizersBackend\", \"add_bos_token\": null}", &has, "200 97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"add_bos_token\": false}", &has, "97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"add_bos_token\": false, \"bos_token\": null}",
       &has, "97"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"add_eos_token\": true}", &none, "200 97 201"},
      {"{\"tokenizer_class\": \"CodeLlamaTokenizerFast\"}", &none, "200 97"},
      {"{\"tokenizer_class\": \"GemmaTokenizer\", \"eos_token\": \"</s>\"}", &none, "202 97"},
      {"{\"tokenizer_class\": \"CohereTokenizerFast\", \"bos_token\": \"<bos>\"}", &none, "202 97"},
      {"{\"tokenizer_class\": \"GPTNeoXTokenizer\"}", &has, "97"},
      {"{\"tokenizer_class\": \"GPTNeoXTokenizerFast\", \"add_bos_token\": true}", &none, "203 97"},
      {"{\"tokenizer_class\": \"GPT2Tokenizer\", \"add_bos_token\": true}", &none, "97"},
      {"{\"tokenizer_class\": \"GPT2Tokenizer\", \"add_bos_token\": false}", &has, "200 97"},
      {"{\"tokenizer_class\": \"Qwen2Tokenizer\", \"add_bos_token\": true}", &none, "97"},
      {"{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"add_bos_token\": true}", &none, "97"},
      {"{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"add_bos_token\": false}", &has,
       "200 97"},
      {"{\"tokenizer_class\": \"BloomTokenizerFast\", \"add_bos_token\": true}", &has, "200 97"},
      {"{\"tokenizer_class\": \"TokenizersBackend\", \"add_bos_token\": true, \"bos_token\": "
       "\"<s>\"}",
       &none, "200 97"},
      {"{\"tokenizer_class\": \"TokenizersBackend\", \"bos_token\": \"<bos>\"}", &has, "200 97"},
      {"{\"tokenizer_class\": \"SomebodysTokenizer\", \"add_bos_token\": true}", &has, "200 97"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check((folder){.config = cases[i].config, .parts = *cases[i].parts}, "a", cases[i].expected);
}

/* Classes whose template is that of tokenizer.json, whatever their keys say, and whose
   add_prefix_space counts. */
void test_settings_of_encoders(void) {
#define ROBERTA(type)                                                                              \
  "{\"type\": \"" type "\", \"sep\": [\"</s>\", 201], \"cls\": [\"<s>\", 200], "                   \
  "\"trim_offsets\": true, \"add_prefix_space\": true}"
  static const tokenizer_parts around = {.post_processor = ROBERTA("RobertaProcessing"),
                                         .pre_tokenizer = BYTE_LEVEL("true")},
                               bert = {.post_processor = ROBERTA("BertProcessing")};
  static const char *const names[] = {"Roberta", "Longformer", "LED", "Bart", "XLMRoberta"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (int fast = 0; fast < 2; fast++) {
      char config[160];
      snprintf(config, sizeof config, "{\"tokenizer_class\": \"%sTokenizer%s\"", names[i],
               fast ? "Fast" : "");
      char *end = config + strlen(config);
      snprintf(end, 80, ", \"add_bos_token\": false, \"add_prefix_space\": false}");
      check((folder){.config = config, .parts = around}, "a", "200 97 201");
      snprintf(end, 80, ", \"add_prefix_space\": true}");
      check((folder){.config = config, .parts = around}, "a", "200 33 97 201");
      check_note((folder){.config = config, .parts = around}, NULL);
    }
  check((folder){.config = "{\"tokenizer_class\": \"BertTokenizerFast\"}", .parts = bert}, "a",
        "200 97 201");
  check((folder){.config = "{\"tokenizer_class\": \"DebertaV2Tokenizer\", \"do_lower_case\": true}",
                 .parts = bert},
        "a", "200 97 201");
  check_note((folder){.config = "{\"tokenizer_class\": \"DebertaTokenizer\"}", .parts = bert},
             NULL);
}

/* Classes that encode by something else than tokenizer.json. */
void test_settings_of_refused_classes(void) {
  static const char *const names[] = {"MistralCommonTokenizer", "MistralCommonBackend",
                                      "NllbTokenizerFast",      "MBart50TokenizerFast",
                                      "WhisperTokenizer",       "GPTSw3Tokenizer",
                                      "CanineTokenizer",        "RoFormerTokenizerFast"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char config[96], says[96];
    bs_error err = {0};
    bs_tokenizer *t = NULL;
    snprintf(config, sizeof config, "{\"tokenizer_class\": \"%s\"}", names[i]);
    snprintf(says, sizeof says, "tokenizer_class \"%s\" cannot be obeyed", names[i]);
    BS_TEST_FAILS(open_folder(&t, (folder){.config = config}, &err), BS_ERR_UNSUPPORTED, err, says);
    BS_TEST_FAILS(open_folder(&t, (folder){.config = config}, &err), BS_ERR_UNSUPPORTED, err,
                  "write \"PreTrainedTokenizerFast\" there");
    CU_ASSERT_PTR_NULL(t);
  }
}

void test_settings_of_the_class(void) {
  /* Where tokenizer_config.json names no class, config.json does, by name or by model_type. */
  check((folder){.config = "{}", .model = "{\"model_type\": \"llama\"}"}, "a", "200 97");
  check((folder){.config = "{}", .model = "{\"model_type\": \"gpt2\"}"}, "a", "97");
  check((folder){.config = "{\"add_bos_token\": true}", .model = "{\"model_type\": \"gpt_neox\"}"},
        "a", "203 97");
  check((folder){.config = "{}",
                 .model = "{\"model_type\": \"gpt2\", \"tokenizer_class\": \"LlamaTokenizer\"}"},
        "a", "200 97");
  check((folder){.config = "{\"tokenizer_class\": \"GPT2Tokenizer\"}",
                 .model = "{\"model_type\": \"llama\"}"},
        "a", "97");
  check((folder){.model = "{\"model_type\": \"llama\"}"}, "a", "97"); /* tokenizer.json alone */
  check((folder){.config = "{}", .model = "not JSON"}, "a", "97");
  /* special_tokens_map.json counts where there is no added_tokens_decoder. */
  check((folder){.config = "{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": \"<s>\"}",
                 .map = "{\"bos_token\": {\"content\": \"<bos>\"}}"},
        "a", "202 97");
  check((folder){.config = "{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": \"<s>\", "
                           "\"added_tokens_decoder\": {}}",
                 .map = "{\"bos_token\": \"<bos>\"}"},
        "a", "200 97");
}

void test_settings_of_spaces(void) {
  static const tokenizer_parts
      yes = {.pre_tokenizer = BYTE_LEVEL("true")},
      no = {.pre_tokenizer = BYTE_LEVEL("false")},
      nested = {.pre_tokenizer =
                    "{\"type\": \"Sequence\", \"pretokenizers\": [" BYTE_LEVEL("false") "]}"},
      marks = {.normalizer = "{\"type\": \"Prepend\", \"prepend\": "
                             "\"\\u2581\"}"};
#define CLASS(name, more) "{\"tokenizer_class\": \"" name "\", \"add_bos_token\": false" more "}"
#define YES ", \"add_prefix_space\": true"
#define NO ", \"add_prefix_space\": false"
#define NULL_PREFIX ", \"add_prefix_space\": null"
  static const struct {
    const char *config;
    const tokenizer_parts *parts;
    const char *expected; /* of "a<s>a b" */
  } cases[] = {
      {NULL, &yes, "33 97 200 33 97 33 98"},
      {CLASS("GPT2Tokenizer", YES), &no, "33 97 200 33 97 33 98"},
      {CLASS("GPT2Tokenizer", NO), &yes, "97 200 97 33 98"},
      {CLASS("GPT2Tokenizer", ""), &yes, "97 200 97 33 98"},
      {CLASS("GPT2Tokenizer", NULL_PREFIX), &yes, "33 97 200 33 97 33 98"},
      {CLASS("GPT2Tokenizer", NULL_PREFIX), &no, "97 200 97 33 98"},
      {CLASS("BloomTokenizerFast", NULL_PREFIX), &yes, "33 97 200 33 97 33 98"},
      {CLASS("PreTrainedTokenizerFast", YES), &no, "33 97 200 33 97 33 98"},
      {CLASS("GPT2Tokenizer", YES), &nested, "97 200 97 33 98"},
      {CLASS("BloomTokenizerFast", YES), &nested, "33 97 200 33 97 33 98"},
      {CLASS("CohereTokenizer", YES ", \"bos_token\": \"<bos>\""), &nested,
       "33 97 200 33 97 33 98"},
      {CLASS("LlamaTokenizer", ""), &yes, "33 97 200 33 97 33 98"},
      {CLASS("LlamaTokenizer", ", \"legacy\": false"), &marks, "34 97 200 34 97 32 98"},
      {CLASS("LlamaTokenizer", YES), &marks, "34 97 200 34 97 34 98"},
      {CLASS("LlamaTokenizer", NO), &marks, "97 200 97 34 98"},
      {CLASS("LlamaTokenizer", YES ", \"legacy\": false"), &marks, "34 97 200 97 34 98"},
      {CLASS("LlamaTokenizer", NO ", \"legacy\": false"), &marks, "97 200 97 34 98"},
      {CLASS("LlamaTokenizer", ", \"from_slow\": true, \"legacy\": false"), &marks,
       "34 97 200 97 34 98"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check((folder){.config = cases[i].config, .parts = *cases[i].parts}, "a<s>a b",
          cases[i].expected);
}

void test_settings_of_tokens(void) {
  static const char plain[] = "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"";
  char config[512];
  tokenizer_parts few = {.added = "[" ADDED(200, "<s>", "") "]"};
#define WITH(members) (snprintf(config, sizeof config, "%s%s}", plain, members), config)
  /* A token that tokenizer.json lacks gets the next id, in order of the numbers. */
  check((folder){.config = WITH(", \"added_tokens_decoder\": {\"900\": {\"content\": \"xs\"}, "
                                "\"70\": {\"content\": \"xx\"}}")},
        "axxaxs", "97 204 97 205");
  check((folder){.config = WITH("")}, "axx", "97 120 120");
  /* Other options for one that is there. */
  check((folder){.config = WITH(", \"added_tokens_decoder\": {\"200\": {\"content\": \"<s>\", "
                                "\"special\": true, \"normalized\": false, \"lstrip\": true}}")},
        "a <s>b", "97 200 98");
  check((folder){.config = WITH("")}, "a <s>b", "97 32 200 98");
  /* Special tokens that are pieces of the vocabulary alone. */
  check((folder){.config = WITH(", \"bos_token\": \"<bos>\""), .parts = few}, "a<bos>", "97 202");
  check((folder){.config = WITH(", \"additional_special_tokens\": [\"<bos>\", {\"content\": "
                                "\"xb\"}]"),
                 .parts = few},
        "<bos>xb", "202 203");
  check((folder){.config = WITH(", \"extra_special_tokens\": {\"t\": \"xb\"}")}, "axb", "97 204");
  check((folder){.config = "{\"tokenizer_class\": \"GPT2Tokenizer\"}", .parts = few},
        "<|endoftext|>", "203");
  /* Special tokens spelled out in a text. */
  check((folder){.config = WITH(", \"split_special_tokens\": true")}, "<s>a", "60 115 62 97");
  check((folder){.config = WITH(", \"split_special_tokens\": false")}, "<s>a", "200 97");
}

void test_settings_faults(void) {
  static const struct {
    const char *config, *map;
    bs_status status;
    const char *part;
  } cases[] = {
      {"", NULL, BS_ERR_INPUT, "tokenizer_config.json"},
      {"[]", NULL, BS_ERR_INPUT, "expected an object"},
      {"{\"tokenizer_class\": 3}", NULL, BS_ERR_INPUT, "tokenizer_class"},
      {"{\"add_bos_token\": \"yes\"}", NULL, BS_ERR_INPUT, "add_bos_token"},
      {"{\"add_prefix_space\": []}", NULL, BS_ERR_INPUT, "add_prefix_space"},
      {"{\"bos_token\": 7}", NULL, BS_ERR_INPUT, "bos_token"},
      {"{\"bos_token\": {\"content\": 7}}", NULL, BS_ERR_INPUT, "bos_token"},
      {"{\"added_tokens_decoder\": []}", NULL, BS_ERR_INPUT, "object of ids"},
      {"{\"added_tokens_decoder\": {\"1\": \"x\"}}", NULL, BS_ERR_INPUT, "content"},
      {"{\"added_tokens_decoder\": {\"1\": {\"content\": \"x\", \"special\": 1}}}", NULL,
       BS_ERR_INPUT, "special"},
      {"{\"additional_special_tokens\": \"x\"}", NULL, BS_ERR_INPUT, "array of tokens"},
      {"{\"additional_special_tokens\": [1]}", NULL, BS_ERR_INPUT, "expected a token"},
      {"{\"fix_mistral_regex\": true}", NULL, BS_ERR_UNSUPPORTED, "fix_mistral_regex"},
      {"{}", "[]", BS_ERR_INPUT, "special_tokens_map.json"},
      {"{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": null}", NULL, BS_ERR_INPUT,
       "add_bos_token is true by default, but bos_token is null"},
      {"{\"tokenizer_class\": \"CohereTokenizer\"}", NULL, BS_ERR_INPUT,
       "\"<BOS_TOKEN>\" (bos_token, the default of the class)"},
      {"{\"tokenizer_class\": \"GPTNeoXTokenizer\", \"add_eos_token\": true, \"eos_token\": null}",
       NULL, BS_ERR_INPUT, "add_eos_token is true, but"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_tokenizer *t = NULL;
    folder f = {.config = cases[i].config, .map = cases[i].map};
    BS_TEST_FAILS(open_folder(&t, f, &err), cases[i].status, err, cases[i].part);
    CU_ASSERT_PTR_NULL(t);
  }
  bs_error err = {0};
  bs_tokenizer *t = NULL;
  folder f = {.config = "{\"tokenizer_class\": \"LlamaTokenizer\", \"add_prefix_space\": true}",
              .parts = {.pre_tokenizer = BYTE_LEVEL("false")}};
  BS_TEST_FAILS(open_folder(&t, f, &err), BS_ERR_UNSUPPORTED, err, "add_prefix_space makes");
}

void test_settings_notes(void) {
  static const char llama[] = "{\"model_type\": \"llama\", \"bos_token_id\": 200}";
  check_note((folder){0}, NULL);
  check_note((folder){.config = "{\"tokenizer_class\": \"MyTokenizer\"}"},
             "\"MyTokenizer\" is not");
  check_note((folder){.config = "{\"tokenizer_class\": \"Qwen2Tokenizer\", \"add_bos_token\": "
                                "true}"},
             "Qwen2Tokenizer of transformers 4 takes no notice");
  check_note((folder){.config = "{}", .parts = {.pre_tokenizer = BYTE_LEVEL("true")}},
             "add_prefix_space is not given");
  check_note((folder){.model = llama}, "no BOS stands before a text, although llama");
  check_note((folder){.model = llama, .parts = {.post_processor = BOS_TEMPLATE("<s>", 200)}}, NULL);
  check_note((folder){.model = llama, .parts = {.post_processor = BOS_TEMPLATE("<bos>", 202)}},
             "202 (\"<bos>\") stands before a text, bos_token_id of config.json is 200 (\"<s>\")");
  check_note((folder){.model = "{\"model_type\": \"llama\", \"bos_token_id\": null}"}, NULL);
  check_note((folder){.model = "{\"model_type\": \"gpt_neox\", \"bos_token_id\": 203}"}, NULL);
  check_note((folder){.parts = {.post_processor =
                                    "{\"type\": \"Sequence\", \"processors\": "
                                    "[{\"type\": \"RobertaProcessing\", \"sep\": "
                                    "[\"</s>\", 201], \"cls\": [\"<s>\", 200]}, " BOS_TEMPLATE(
                                        "<s>", 200) "]}"}},
             "200 stands twice");
}
