/* Reading tokenizer_config.json and what stands beside it, and the classes that it names. */
#include "tokenizer/settings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "tokenizer/vocabulary_internal.h"

#define END_OF_TEXT "<|endoftext|>"

/* Sources: tokenization_*_fast.py of these models and tokenization_utils_fast.py in transformers
   4.46 to 4.57; TokenizersBackend is the class that transformers 5 writes. */
static const bs_tokenizer_class classes[] = {
    {"LlamaTokenizer", BS_TEMPLATE_ALWAYS, BS_PREFIX_REBUILDS, true, "<s>", "</s>", "<unk>"},
    {"CodeLlamaTokenizer", BS_TEMPLATE_ALWAYS, BS_PREFIX_SET, true, "<s>", "</s>", "<unk>"},
    {"GemmaTokenizer", BS_TEMPLATE_ALWAYS, BS_PREFIX_SET, true, "<bos>", "<eos>", "<unk>"},
    {"CohereTokenizer", BS_TEMPLATE_ALWAYS, BS_PREFIX_EVERYWHERE, true, "<BOS_TOKEN>",
     "<|END_OF_TURN_TOKEN|>", "<UNK>"},
    {"GPTNeoXTokenizer", BS_TEMPLATE_ALWAYS, BS_PREFIX_SET, false, END_OF_TEXT, END_OF_TEXT,
     END_OF_TEXT},
    {"BloomTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_EVERYWHERE, false, "<s>", "</s>", "<unk>"},
    {"GPT2Tokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, END_OF_TEXT, END_OF_TEXT,
     END_OF_TEXT},
    {"CodeGenTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, END_OF_TEXT, END_OF_TEXT,
     END_OF_TEXT},
    {"Qwen2Tokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, NULL, END_OF_TEXT, END_OF_TEXT},
    {"PreTrainedTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, NULL, NULL, NULL},
    {"XGLMTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "<s>", "</s>", "<unk>"},
    {"T5Tokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, NULL, "</s>", "<unk>"},
    {"MT5Tokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, NULL, "</s>", "<unk>"},
    {"ByT5Tokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, NULL, "</s>", "<unk>"},
    /* Their fast classes leave the post-processor of tokenizer.json as it is. */
    {"RobertaTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "<s>", "</s>", "<unk>"},
    {"LongformerTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "<s>", "</s>", "<unk>"},
    {"LEDTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "<s>", "</s>", "<unk>"},
    {"BartTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "<s>", "</s>", "<unk>"},
    {"XLMRobertaTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "<s>", "</s>", "<unk>"},
    {"DebertaTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "[CLS]", "[SEP]", "[UNK]"},
    {"DebertaV2Tokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, "[CLS]", "[SEP]", "[UNK]"},
    {"BertTokenizer", BS_TEMPLATE_KEPT, BS_PREFIX_SET, false, NULL, NULL, "[UNK]"},
    {"TokenizersBackend", BS_TEMPLATE_IF_ASKED, BS_PREFIX_SET, false, NULL, NULL, NULL},
};

#define OTHER_FILES "it has no fast form: it reads other files than tokenizer.json"
#define LANGUAGE "it puts the token of a language around a text, which tokenizer.json does not say"
#define WORDS "it cuts words by a program of its own first"

/* Classes of transformers whose ids are not those of tokenizer.json. */
static const struct {
  const char *name, *why;
} refused[] = {
    {"MistralCommonTokenizer", "it encodes by the package mistral-common and its own file"},
    {"MistralCommonBackend", "it encodes by the package mistral-common and its own file"},
    {"NllbTokenizer", LANGUAGE},
    {"MBartTokenizer", LANGUAGE},
    {"MBart50Tokenizer", LANGUAGE},
    {"SeamlessM4TTokenizer", LANGUAGE},
    {"WhisperTokenizer", LANGUAGE},
    {"CpmTokenizer", WORDS},
    {"RoFormerTokenizer", WORDS},
    {"BertJapaneseTokenizer", WORDS},
    {"GPTNeoXJapaneseTokenizer", OTHER_FILES},
    {"GPTSw3Tokenizer", OTHER_FILES},
    {"BioGptTokenizer", OTHER_FILES},
    {"CanineTokenizer", OTHER_FILES},
    {"CTRLTokenizer", OTHER_FILES},
    {"CpmAntTokenizer", OTHER_FILES},
    {"TransfoXLTokenizer", OTHER_FILES},
    {"XLMTokenizer", OTHER_FILES},
    {"FlaubertTokenizer", OTHER_FILES},
    {"FSMTTokenizer", OTHER_FILES},
    {"M2M100Tokenizer", OTHER_FILES},
    {"MarianTokenizer", OTHER_FILES},
    {"PLBartTokenizer", OTHER_FILES},
    {"PhobertTokenizer", OTHER_FILES},
    {"BertweetTokenizer", OTHER_FILES},
    {"ProphetNetTokenizer", OTHER_FILES},
    {"EsmTokenizer", OTHER_FILES},
};

/* The class of a model_type where no file names one. */
static const struct {
  const char *model_type, *class_name;
} of_models[] = {
    {"llama", "LlamaTokenizer"},
    {"mistral", "LlamaTokenizer"},
    {"mixtral", "LlamaTokenizer"},
    {"phi3", "LlamaTokenizer"},
    {"gemma", "GemmaTokenizer"},
    {"gemma2", "GemmaTokenizer"},
    {"gemma3", "GemmaTokenizer"},
    {"gemma3_text", "GemmaTokenizer"},
    {"cohere", "CohereTokenizer"},
    {"cohere2", "CohereTokenizer"},
    {"gpt_neox", "GPTNeoXTokenizer"},
    {"olmo", "GPTNeoXTokenizer"},
    {"olmo2", "GPTNeoXTokenizer"},
    {"olmoe", "GPTNeoXTokenizer"},
    {"stablelm", "GPTNeoXTokenizer"},
    {"mpt", "GPTNeoXTokenizer"},
    {"bloom", "BloomTokenizer"},
    {"gpt2", "GPT2Tokenizer"},
    {"gpt_neo", "GPT2Tokenizer"},
    {"gptj", "GPT2Tokenizer"},
    {"opt", "GPT2Tokenizer"},
    {"granite", "GPT2Tokenizer"},
    {"starcoder2", "GPT2Tokenizer"},
    {"phi", "CodeGenTokenizer"},
    {"qwen2", "Qwen2Tokenizer"},
    {"qwen2_moe", "Qwen2Tokenizer"},
    {"qwen3", "Qwen2Tokenizer"},
    {"qwen3_moe", "Qwen2Tokenizer"},
    {"falcon", "PreTrainedTokenizer"},
    {"smollm3", "PreTrainedTokenizer"},
    {"xglm", "XGLMTokenizer"},
    {"t5", "T5Tokenizer"},
    {"mt5", "T5Tokenizer"},
    {"switch_transformers", "T5Tokenizer"},
};

enum { MAX_SETTINGS_BYTES = 1 << 26 };

/* Whether it is the class `name`, with or without "Fast" at its end. */
static bool is_class(const char *name, const char *class) {
  size_t n = strlen(class);
  return strncmp(name, class, n) == 0 && (name[n] == '\0' || strcmp(name + n, "Fast") == 0);
}

const char *bs_settings_why_refused(const char *class_name) {
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (is_class(class_name, refused[i].name))
      return refused[i].why;
  return NULL;
}

static const bs_tokenizer_class *find_class(const char *name) {
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    if (is_class(name, classes[i].name))
      return &classes[i];
  return NULL;
}

const char *bs_settings_model_type(const bs_settings *settings) {
  const cJSON *type =
      bs_json_get(settings->model != NULL ? settings->model->root : NULL, "model_type");
  return cJSON_IsString(type) ? type->valuestring : "";
}

int32_t bs_settings_model_id(const bs_settings *settings, const char *key) {
  const cJSON *id = bs_json_get(settings->model != NULL ? settings->model->root : NULL, key);
  double value = cJSON_IsNumber(id) ? id->valuedouble : -1;
  return value >= 0 && value < BS_ID_LIMIT && value == trunc(value) ? (int32_t)value : -1;
}

static void settle_class(bs_settings *settings) {
  const cJSON *in_model =
      bs_json_get(settings->model != NULL ? settings->model->root : NULL, "tokenizer_class");
  if (settings->class_name == NULL && cJSON_IsString(in_model))
    settings->class_name = in_model->valuestring;
  const char *type = bs_settings_model_type(settings);
  for (size_t i = 0; settings->class_name == NULL && i < sizeof of_models / sizeof *of_models; i++)
    if (strcmp(of_models[i].model_type, type) == 0)
      settings->class_name = of_models[i].class_name;
  settings->class =
      find_class(settings->class_name != NULL ? settings->class_name : "PreTrainedTokenizer");
}

static bs_status read_keys(bs_settings *settings, bs_error *err) {
  const bs_json *json = settings->file;
  const cJSON *root = json->root, *prefix = bs_json_get(root, "add_prefix_space");
  bool mends_regex = false;
  const struct {
    const char *key;
    bool *to;
  } flags[] = {
      {"add_bos_token", &settings->adds_bos},  {"add_eos_token", &settings->adds_eos},
      {"add_prefix_space", &settings->prefix}, {"legacy", &settings->is_legacy},
      {"from_slow", &settings->from_slow},     {"split_special_tokens", &settings->splits_special},
      {"fix_mistral_regex", &mends_regex}};
  bs_status status = BS_OK;
  settings->is_legacy = true;
  settings->adds_bos = settings->class != NULL && settings->class->adds_bos;
  settings->has_prefix = prefix != NULL && !cJSON_IsNull(prefix);
  settings->keeps_prefix = cJSON_IsNull(prefix);
  for (size_t i = 0; i < sizeof flags / sizeof *flags && status == BS_OK; i++) {
    const cJSON *item = bs_json_get(root, flags[i].key);
    settings->has_adds = settings->has_adds || (i < 2 && item != NULL && !cJSON_IsNull(item));
    /* An explicit null reaches these classes as None, which Python takes for false. */
    if (i < 2 && cJSON_IsNull(item))
      *flags[i].to = false;
    status = bs_json_get_bool(json, root, flags[i].key, false, flags[i].to, err);
  }
  if (status == BS_OK && mends_regex) {
    bs_json_fault(json, bs_json_get(root, "fix_mistral_regex"), err,
                  "fix_mistral_regex is not supported: change the pre_tokenizer of tokenizer.json");
    status = bs_error_recast(err, BS_ERR_UNSUPPORTED);
  }
  return status;
}

static bs_status settle(bs_settings *settings, bs_error *err) {
  const bs_json *json = settings->file;
  if (!cJSON_IsObject(json->root))
    return bs_json_fault(json, json->root, err, "expected an object");
  bs_status status =
      bs_json_get_string(json, json->root, "tokenizer_class", false, &settings->class_name, err);
  if (status != BS_OK)
    return status;
  settle_class(settings);
  return read_keys(settings, err);
}

/* A file that need not be there. */
static bs_status load(bs_json **out, const char *dir, const char *name, bs_error *err) {
  char *path = bs_path_join(dir, name, err);
  if (path == NULL)
    return BS_ERR_MEMORY;
  bs_status status = BS_OK;
  if (bs_file_exists(path))
    status = bs_json_load(out, path, MAX_SETTINGS_BYTES, err);
  free(path);
  return status;
}

bs_status bs_settings_load(bs_settings *settings, const char *model_dir, bool converts,
                           bs_error *err) {
  *settings = (bs_settings){0};
  bs_status status = load(&settings->file, model_dir, "tokenizer_config.json", err);
  /* A damaged config.json is told with the checkpoint. */
  if (status == BS_OK && load(&settings->model, model_dir, "config.json", NULL) == BS_ERR_MEMORY)
    status = bs_error_set(err, BS_ERR_MEMORY, "%s: out of memory", model_dir);
  if (status == BS_OK && converts)
    status = load(&settings->added, model_dir, "added_tokens.json", err);
  if (status == BS_OK && converts && settings->file == NULL)
    status = bs_json_parse(&settings->file, "{}", 2, "tokenizer_config.json", err);
  if (status != BS_OK || settings->file == NULL)
    return status;
  /* Newer files have all in one. */
  if (bs_json_get(settings->file->root, "added_tokens_decoder") == NULL)
    status = load(&settings->tokens, model_dir, "special_tokens_map.json", err);
  if (status == BS_OK && settings->tokens != NULL && !cJSON_IsObject(settings->tokens->root))
    status = bs_json_fault(settings->tokens, settings->tokens->root, err, "expected an object");
  return status == BS_OK ? settle(settings, err) : status;
}

void bs_settings_free(bs_settings *settings) {
  bs_json_free(&settings->file);
  bs_json_free(&settings->tokens);
  bs_json_free(&settings->model);
  bs_json_free(&settings->added);
  *settings = (bs_settings){0};
}

/* What the class says where no file does. */
static const char *default_token(const bs_settings *settings, const char *key) {
  const bs_tokenizer_class *class = settings->class;
  return class == NULL                   ? NULL
         : strcmp(key, "bos_token") == 0 ? class->bos
         : strcmp(key, "eos_token") == 0 ? class->eos
         : strcmp(key, "unk_token") == 0 ? class->unk
                                         : NULL;
}

bs_status bs_settings_token(const bs_settings *settings, const char *key, const bs_json **json,
                            const cJSON **item, const char **text, bs_error *err) {
  *json = settings->tokens;
  *item = bs_json_get(settings->tokens != NULL ? settings->tokens->root : NULL, key);
  *text = NULL;
  if (*item == NULL) {
    *json = settings->file;
    *item = bs_json_get(settings->file->root, key);
  }
  if (*item == NULL) {
    *json = NULL;
    *text = default_token(settings, key);
    return BS_OK;
  }
  const cJSON *content = cJSON_IsObject(*item) ? bs_json_get(*item, "content") : *item;
  if (cJSON_IsString(content))
    *text = content->valuestring;
  else if (!cJSON_IsNull(*item))
    return bs_json_fault(*json, *item, err,
                         "expected a token: a text, an object with \"content\", or null");
  return BS_OK;
}
