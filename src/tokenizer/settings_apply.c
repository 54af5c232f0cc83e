/* What tokenizer_config.json changes of the parts of a tokenizer.json. */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tokenizer_internal.h"

static const char *const special_keys[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                           "pad_token", "cls_token", "mask_token"};
enum { N_SPECIAL_KEYS = sizeof special_keys / sizeof *special_keys };

/* Lists of further special tokens; the second is an object in older files. */
static const char *const list_keys[] = {"additional_special_tokens", "extra_special_tokens"};

static const char *type_of(const cJSON *part) {
  const cJSON *type = bs_json_get(part, "type");
  return cJSON_IsString(type) ? type->valuestring : "";
}

static bool is_mark(const cJSON *text) {
  return cJSON_IsString(text) && strcmp(text->valuestring, "\xE2\x96\x81") == 0;
}

/* Whether a normalizer does no more than put marks for spaces: what SentencePiece's converter
   writes, and would write anew. */
static bool only_marks_spaces(const cJSON *normalizer) {
  if (normalizer == NULL || cJSON_IsNull(normalizer))
    return true;
  if (strcmp(type_of(normalizer), "Prepend") == 0)
    return is_mark(bs_json_get(normalizer, "prepend"));
  if (strcmp(type_of(normalizer), "Replace") == 0)
    return is_mark(bs_json_get(normalizer, "content"));
  const cJSON *member, *list = bs_json_get(normalizer, "normalizers");
  if (!cJSON_IsArray(list))
    return false;
  cJSON_ArrayForEach(member, list) {
    if (strcmp(type_of(member), "Sequence") == 0 || !only_marks_spaces(member))
      return false;
  }
  return true;
}

static bs_status reparse(bs_chain *chain, const bs_stage *stage, const char *text, bs_error *err) {
  bs_json *json = NULL;
  bs_chain_free(chain);
  bs_status status = bs_json_parse(&json, text, strlen(text), "tokenizer_config.json", err);
  if (status == BS_OK)
    status = bs_chain_parse(chain, stage, json, json->root, err);
  bs_json_free(&json);
  return status;
}

/* LlamaTokenizer with add_prefix_space (or from_slow): converted from SentencePiece again. */
static bs_status rebuild(bs_tokenizer *t, const bs_settings *settings, const bs_json *json,
                         bs_error *err) {
#define MARK "\xE2\x96\x81"
#define REPLACE                                                                                    \
  "{\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"" MARK "\"}"
#define METASPACE "{\"type\": \"Metaspace\", \"replacement\": \"" MARK "\", \"split\": false, "
#define DECODERS                                                                                   \
  "{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Replace\", \"pattern\": {\"String\": "     \
  "\"" MARK "\"}, \"content\": \" \"}, {\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}"
  static const char *const normalizers[2][2] = {
      {"null", "null"},
      {REPLACE, "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Prepend\", \"prepend\": "
                "\"" MARK "\"}, " REPLACE "]}"}};
  static const char *const pretokenizers[2][2] = {
      {METASPACE "\"prepend_scheme\": \"never\"}", METASPACE "\"prepend_scheme\": \"first\"}"},
      {"null", "null"}};
  static const char *const decoders[] = {
      DECODERS "]}",
      DECODERS ", {\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}]}"};
  const cJSON *pretokenizer = bs_json_get(json->root, "pre_tokenizer");
  bool is_metaspace = pretokenizer == NULL || cJSON_IsNull(pretokenizer) ||
                      strcmp(type_of(pretokenizer), "Metaspace") == 0;
  bool legacy = settings->is_legacy, prefix = settings->prefix || !settings->has_prefix;
  if (!is_metaspace || !only_marks_spaces(bs_json_get(json->root, "normalizer")))
    return bs_error_set(
        err, BS_ERR_UNSUPPORTED,
        "%s: %s makes %s rebuild normalizer and pre_tokenizer from tokenizer.model, "
        "which is not supported for those of %s: take the key out",
        settings->file->name, settings->has_prefix ? "add_prefix_space" : "from_slow",
        settings->class_name, json->name);
  bs_status status =
      reparse(&t->normalizers, &bs_stage_normalizer, normalizers[legacy][prefix], err);
  if (status == BS_OK)
    status = reparse(&t->pretokenizers, &bs_stage_pretokenizer, pretokenizers[legacy][prefix], err);
  if (status == BS_OK)
    status = reparse(&t->decoders, &bs_stage_decoder, decoders[prefix], err);
  t->has_decoder = true;
  return status;
}

bs_status bs_settings_apply_parts(bs_tokenizer *t, const bs_settings *settings, const bs_json *json,
                                  bs_error *err) {
  const bs_tokenizer_class *class = settings->class;
  const char *why = class == NULL ? bs_settings_why_refused(settings->class_name) : NULL;
  if (why != NULL)
    return bs_error_set(err, BS_ERR_UNSUPPORTED,
                        "%s: tokenizer_class \"%s\" cannot be obeyed: %s, so that the ids could be "
                        "others. If tokenizer.json is known to give the model's ids, write "
                        "\"PreTrainedTokenizerFast\" there",
                        settings->file->name, settings->class_name, why);
  if (class == NULL)
    return bs_tokenizer_note(t, err,
                             "%s: the tokenizer_class \"%s\" is not known, tokenizer.json is taken "
                             "as it is: check the first tokens",
                             settings->file->name, settings->class_name);
  if (class->prefix == BS_PREFIX_REBUILDS)
    return settings->has_prefix || settings->from_slow ? rebuild(t, settings, json, err) : BS_OK;
  if (settings->keeps_prefix) /* transformers cannot make a pre-tokenizer of None, and goes on */
    return BS_OK;
  bool is_byte_level = strcmp(type_of(bs_json_get(json->root, "pre_tokenizer")), "ByteLevel") == 0;
  bool changed = (is_byte_level || (class->prefix == BS_PREFIX_EVERYWHERE && settings->prefix)) &&
                 bs_pretokenizers_set_prefix(&t->pretokenizers, settings->prefix);
  if (!changed || settings->has_prefix)
    return BS_OK;
  return bs_tokenizer_note(t, err,
                           "%s: add_prefix_space is not given and counts as false (as in "
                           "transformers 4); that of the pre_tokenizer in tokenizer.json is true",
                           settings->file->name);
}

/* Whether a special token of the settings has this text. */
static bool names_token(const bs_settings *settings, const char *content) {
  for (size_t i = 0; i < N_SPECIAL_KEYS; i++) {
    const bs_json *json;
    const cJSON *item;
    const char *text = NULL;
    if (bs_settings_token(settings, special_keys[i], &json, &item, &text, NULL) == BS_OK &&
        text != NULL && strcmp(text, content) == 0)
      return true;
  }
  return false;
}

static bool is_named(const bs_settings *settings, const cJSON *content) {
  return cJSON_IsString(content) && names_token(settings, content->valuestring);
}

static int by_id(const void *a, const void *b) {
  const cJSON *const *x = a, *const *y = b;
  double first = strtod((*x)->string, NULL), second = strtod((*y)->string, NULL);
  return (first > second) - (first < second);
}

static int by_value(const void *a, const void *b) {
  const cJSON *const *x = a, *const *y = b;
  double first = (*x)->valuedouble, second = (*y)->valuedouble;
  return (first > second) - (first < second);
}

/* added_tokens_decoder: {"id": token}, in order of the ids (which do not count otherwise). */
static bs_status add_decoder(bs_tokenizer *t, const bs_settings *settings, bs_error *err) {
  const bs_json *json = settings->file;
  const cJSON *decoder = bs_json_get(json->root, "added_tokens_decoder"), *member;
  if (decoder == NULL || cJSON_IsNull(decoder))
    return BS_OK;
  if (!cJSON_IsObject(decoder))
    return bs_json_fault(json, decoder, err, "expected an object of ids and tokens");
  size_t n = 0;
  const cJSON **members = calloc((size_t)cJSON_GetArraySize(decoder) + 1, sizeof *members);
  if (members == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "%s: out of memory", json->name);
  cJSON_ArrayForEach(member, decoder) members[n++] = member;
  qsort(members, n, sizeof *members, by_id);
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = bs_added_add(&t->added, &t->vocabulary, json, members[i],
                          is_named(settings, bs_json_get(members[i], "content")), err);
  free(members);
  return status;
}

/* added_tokens.json: {"token": id}. The ids follow from the order; what the file says has to be the
   same. */
static bs_status add_file(bs_tokenizer *t, const bs_settings *settings, bs_error *err) {
  const bs_json *json = settings->added;
  if (json == NULL)
    return BS_OK;
  if (!cJSON_IsObject(json->root))
    return bs_json_fault(json, json->root, err, "expected an object of tokens and ids");
  size_t n = 0;
  const cJSON **members = calloc((size_t)cJSON_GetArraySize(json->root) + 1, sizeof *members);
  const cJSON *member;
  if (members == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "%s: out of memory", json->name);
  cJSON_ArrayForEach(member, json->root) members[n++] = member;
  qsort(members, n, sizeof *members, by_value);
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    const char *content = members[i]->string;
    status =
        bs_added_add_text(&t->added, &t->vocabulary, content, names_token(settings, content), err);
    if (status == BS_OK && (double)bs_tokenizer_id(t, content) != members[i]->valuedouble)
      status = bs_json_fault(json, members[i], err, "the token gets the id %d, the file says %g",
                             (int)bs_tokenizer_id(t, content), members[i]->valuedouble);
  }
  free(members);
  return status;
}

/* A token as text or object, special. */
static bs_status add_one(bs_tokenizer *t, const bs_json *json, const cJSON *item, bs_error *err) {
  if (cJSON_IsString(item))
    return bs_added_add_special(&t->added, &t->vocabulary, item->valuestring, err);
  const cJSON *content = bs_json_get(item, "content");
  if (!cJSON_IsString(content))
    return bs_json_fault(json, item, err, "expected a token: a text or an object with \"content\"");
  if (bs_added_has(&t->added, content->valuestring))
    return BS_OK;
  return bs_added_add(&t->added, &t->vocabulary, json, item, true, err);
}

static bs_status add_list(bs_tokenizer *t, const bs_json *json, const char *key, bs_error *err) {
  const cJSON *list = bs_json_get(json != NULL ? json->root : NULL, key), *member;
  if (list == NULL || cJSON_IsNull(list))
    return BS_OK;
  if (!cJSON_IsArray(list) && !cJSON_IsObject(list))
    return bs_json_fault(json, list, err, "expected an array of tokens");
  bs_status status = BS_OK;
  cJSON_ArrayForEach(member, list) {
    status = add_one(t, json, member, err);
    if (status != BS_OK)
      break;
  }
  return status;
}

bs_status bs_settings_apply_added(bs_tokenizer *t, const bs_settings *settings, bs_error *err) {
  bs_status status = add_file(t, settings, err);
  if (status == BS_OK)
    status = add_decoder(t, settings, err);
  for (size_t i = 0; i < N_SPECIAL_KEYS && status == BS_OK; i++) {
    const bs_json *json;
    const cJSON *item;
    const char *text;
    status = bs_settings_token(settings, special_keys[i], &json, &item, &text, err);
    if (status != BS_OK || text == NULL)
      continue;
    if (json != NULL)
      status = add_one(t, json, item, err);
    else if (bs_vocabulary_find(&t->vocabulary, text, strlen(text)) >= 0)
      status = bs_added_add_special(&t->added, &t->vocabulary, text, err);
  }
  for (size_t i = 0; i < sizeof list_keys / sizeof *list_keys && status == BS_OK; i++) {
    bool in_map = settings->tokens != NULL && bs_json_get(settings->tokens->root, list_keys[i]);
    status = add_list(t, in_map ? settings->tokens : settings->file, list_keys[i], err);
  }
  t->added.splits_special = settings->splits_special;
  return status;
}

/* The id of BOS or EOS for the template; *wanted becomes false where there is none to add and
   transformers adds none either. */
static bs_status template_id(const bs_tokenizer *t, const bs_settings *settings, const char *key,
                             const char *wish, bool *wanted, int32_t *id, bs_error *err) {
  const bs_json *json;
  const cJSON *item;
  const char *text;
  if (!*wanted)
    return BS_OK;
  bs_status status = bs_settings_token(settings, key, &json, &item, &text, err);
  if (status != BS_OK)
    return status;
  if (text == NULL && settings->class->template == BS_TEMPLATE_IF_ASKED) {
    *wanted = false;
    return BS_OK;
  }
  if (text == NULL)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: %s is true%s, but %s is null: name the token, or "
                        "make %s false",
                        settings->file->name, wish,
                        bs_json_get(settings->file->root, wish) == NULL ? " by default" : "", key,
                        wish);
  *id = bs_tokenizer_id(t, text);
  if (*id < 0)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: %s adds \"%s\" (%s%s), which neither the vocabulary nor the added "
                        "tokens have: name the right token, or make %s false",
                        settings->file->name, wish, text, key,
                        json == NULL ? ", the default of the class" : "", wish);
  return BS_OK;
}

bs_status bs_settings_apply_template(bs_tokenizer *t, const bs_settings *settings, bs_error *err) {
  const bs_tokenizer_class *class = settings->class;
  bool kept = class != NULL && class->template == BS_TEMPLATE_KEPT;
  if (class == NULL || (kept && !(settings->converts_bos && settings->adds_bos)) ||
      (class->template == BS_TEMPLATE_IF_ASKED && !settings->has_adds))
    return BS_OK;
  bool bos = settings->adds_bos, eos = settings->adds_eos && !kept;
  int32_t before = -1, behind = -1;
  bs_status status = template_id(t, settings, "bos_token", "add_bos_token", &bos, &before, err);
  if (status == BS_OK)
    status = template_id(t, settings, "eos_token", "add_eos_token", &eos, &behind, err);
  if (status == BS_OK)
    status =
        bs_postprocessors_set(&t->postprocessors, bos ? &before : NULL, eos ? &behind : NULL, err);
  return status;
}

/* Families whose models are trained with BOS before every text. */
static bool needs_bos(const char *model_type) {
  static const char *const types[] = {"llama",  "mistral",     "mixtral", "gemma",   "gemma2",
                                      "gemma3", "gemma3_text", "cohere",  "cohere2", "opt"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(types[i], model_type) == 0)
      return true;
  return false;
}

/* The text of an id, for messages: "" where it has none. */
static void name_of(const bs_tokenizer *t, int32_t id, char name[64]) {
  bs_text text = {0};
  name[0] = '\0';
  if (bs_tokenizer_decode(t, &id, 1, false, &text, NULL) == BS_OK && text.n_bytes > 0 &&
      text.n_bytes < 64 && memchr(text.data, '\0', text.n_bytes) == NULL)
    memcpy(name, text.data, text.n_bytes + 1);
  bs_text_free(&text);
}

/* add_bos_token is true where the class does not look at it. */
static bs_status note_ignored(bs_tokenizer *t, const bs_settings *settings, size_t n_before,
                              bs_error *err) {
  bool ignored = settings->file != NULL && settings->class != NULL && settings->adds_bos &&
                 settings->class->template == BS_TEMPLATE_KEPT && n_before == 0;
  return !ignored
             ? BS_OK
             : bs_tokenizer_note(t, err,
                                 "%s: add_bos_token is true, but %s of transformers 4 takes no "
                                 "notice, and tokenizer.json puts nothing before a text: no BOS",
                                 settings->file->name,
                                 settings->class_name != NULL ? settings->class_name
                                                              : "PreTrainedTokenizerFast");
}

bs_status bs_settings_note_start(bs_tokenizer *t, const bs_settings *settings, bs_error *err) {
  bs_tokens before = {0};
  char name[64], found[64];
  int32_t bos = bs_settings_model_id(settings, "bos_token_id");
  bs_error unused = {0};
  bs_status status = bs_tokenizer_surroundings(t, &before, NULL, &unused);
  if (status == BS_ERR_MEMORY)
    return bs_error_set(err, status, "%s", unused.message);
  if (status != BS_OK)
    return BS_OK; /* told where it matters */
  status = note_ignored(t, settings, before.n, err);
  name_of(t, bos, name);
  bool is_token = bos >= 0 && name[0] != '\0' && bs_added_find(&t->added, bos) != NULL;
  if (status == BS_OK && before.n == 0 && is_token && needs_bos(bs_settings_model_type(settings)))
    status =
        bs_tokenizer_note(t, err,
                          "no BOS stands before a text, although %s models are trained with one "
                          "(bos_token_id of config.json: %d, \"%s\"): check post_processor in "
                          "tokenizer.json and add_bos_token in tokenizer_config.json",
                          bs_settings_model_type(settings), (int)bos, name);
  if (status == BS_OK && before.n > 0 && bos >= 0 && before.ids[0] != bos) {
    name_of(t, before.ids[0], found);
    status =
        bs_tokenizer_note(t, err,
                          "%d (\"%s\") stands before a text, bos_token_id of config.json is %d "
                          "(\"%s\")",
                          (int)before.ids[0], found, (int)bos, name);
  }
  for (size_t i = 1; i < before.n && status == BS_OK; i++)
    if (before.ids[i] == before.ids[i - 1])
      status =
          bs_tokenizer_note(t, err, "the token %d stands twice before a text", (int)before.ids[i]);
  bs_tokens_free(&before);
  return status;
}
