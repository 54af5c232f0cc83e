/* Puts a tokenizer together from a tokenizer.json, or from arrays, and settings. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tokenizer/arrays_internal.h"
#include "tokenizer/tokenizer_internal.h"

static const bs_model_kind *const models[] = {&bs_model_bpe, &bs_model_unigram};
enum { N_MODELS = sizeof models / sizeof *models };

static const char *model_name(const void *table, size_t i) {
  const bs_model_kind *const *kinds = table;
  return kinds[i]->type;
}

const bs_json_cut_names bs_model_lists = {
    .object = "model",
    .members = {[BS_MODEL_VOCABULARY] = "vocab", [BS_MODEL_MERGES] = "merges"},
    .n = 2};

static bs_status parse_model(bs_tokenizer *tokenizer, bs_json_cut *cut, bs_error *err) {
  const bs_json *json = cut->json;
  const cJSON *item = bs_json_get(json->root, "model");
  if (!cJSON_IsObject(item))
    return bs_json_fault(json, item != NULL ? item : json->root, err,
                         "expected \"model\", an object");
  /* The first files had no type; merges tell that it is this one. */
  const char *type = bs_json_get(item, "merges") != NULL ? bs_model_bpe.type : NULL;
  bs_status status = bs_json_get_string(json, item, "type", type == NULL, &type, err);
  if (status != BS_OK)
    return status;
  size_t i = 0;
  while (i < N_MODELS && strcmp(models[i]->type, type) != 0)
    i++;
  if (i == N_MODELS)
    return bs_unknown_type(json, item, "model", type, model_name, models, N_MODELS, err);
  tokenizer->model = models[i];
  return models[i]->parse(&tokenizer->model_state, &tokenizer->vocabulary, cut, item, err);
}

static bs_status parse_chains(bs_tokenizer *tokenizer, const bs_json *json, bs_error *err) {
  const cJSON *root = json->root, *decoder = bs_json_get(root, "decoder");
  bs_status status = bs_chain_parse(&tokenizer->normalizers, &bs_stage_normalizer, json,
                                    bs_json_get(root, "normalizer"), err);
  if (status == BS_OK)
    status = bs_chain_parse(&tokenizer->pretokenizers, &bs_stage_pretokenizer, json,
                            bs_json_get(root, "pre_tokenizer"), err);
  if (status == BS_OK)
    status = bs_chain_parse(&tokenizer->postprocessors, &bs_stage_postprocessor, json,
                            bs_json_get(root, "post_processor"), err);
  if (status == BS_OK)
    status = bs_postprocessors_check(&tokenizer->postprocessors, json->name, err);
  if (status == BS_OK)
    status = bs_chain_parse(&tokenizer->decoders, &bs_stage_decoder, json, decoder, err);
  tokenizer->has_decoder = decoder != NULL && !cJSON_IsNull(decoder);
  return status;
}

/* The model comes from `arrays`, or from `cut`, whose document is `json`, where they are NULL;
   `settings` may be NULL: tokenizer.json alone. */
static bs_status build(bs_tokenizer *tokenizer, const bs_json *json, bs_json_cut *cut,
                       const bs_token_arrays *arrays, const bs_settings *settings, bs_error *err) {
  bool has_settings = settings != NULL && settings->file != NULL;
  bs_status status = parse_chains(tokenizer, json, err); /* first: these faults are found at once */
  if (status == BS_OK && has_settings)
    status = bs_settings_apply_parts(tokenizer, settings, json, err);
  if (status == BS_OK)
    status =
        arrays != NULL ? bs_arrays_fill(tokenizer, arrays, err) : parse_model(tokenizer, cut, err);
  if (status == BS_OK)
    status = bs_added_parse(&tokenizer->added, &tokenizer->vocabulary, json,
                            bs_json_get(json->root, "added_tokens"), err);
  if (status == BS_OK && has_settings)
    status = bs_settings_apply_added(tokenizer, settings, err);
  if (status == BS_OK)
    status = bs_added_finish(&tokenizer->added, &tokenizer->normalizers, err);
  if (status == BS_OK && arrays != NULL)
    status =
        bs_postprocessors_set(&tokenizer->postprocessors, arrays->adds_bos ? &arrays->bos : NULL,
                              arrays->adds_eos ? &arrays->eos : NULL, err);
  if (status == BS_OK && has_settings)
    status = bs_settings_apply_template(tokenizer, settings, err);
  if (status == BS_OK && settings != NULL)
    status = bs_settings_note_start(tokenizer, settings, err);
  return status;
}

static bs_status from_json(bs_tokenizer **out, const bs_json *json, bs_json_cut *cut,
                           const bs_token_arrays *arrays, const bs_settings *settings,
                           bs_error *err) {
  const char *version = "1.0";
  *out = NULL;
  if (!cJSON_IsObject(json->root))
    return bs_json_fault(json, json->root, err, "expected a tokenizer (an object)");
  bs_status status = bs_json_get_string(json, json->root, "version", false, &version, err);
  if (status != BS_OK)
    return status;
  if (strcmp(version, "1.0") != 0)
    return bs_error_set(err, BS_ERR_UNSUPPORTED, "%s: version is \"%s\", known is \"1.0\"",
                        json->name, version);
  bs_tokenizer *tokenizer = bs_array_new(1, sizeof *tokenizer, err);
  if (tokenizer == NULL)
    return BS_ERR_MEMORY;
  status = build(tokenizer, json, cut, arrays, settings, err);
  if (status != BS_OK)
    bs_tokenizer_free(&tokenizer);
  *out = tokenizer;
  return status;
}

bs_status bs_tokenizer_from_skeleton(bs_tokenizer **out, const bs_json *json,
                                     const bs_token_arrays *arrays, const bs_settings *settings,
                                     bs_error *err) {
  return from_json(out, json, NULL, arrays, settings, err);
}

bs_status bs_tokenizer_from_text(bs_tokenizer **out, const char *text, size_t n_bytes,
                                 const char *name, const bs_settings *settings, bs_error *err) {
  bs_json_cut cut = {0};
  bs_error fault = {0};
  *out = NULL;
  bs_status status = bs_json_cut_parse(&cut, text, n_bytes, name, &bs_model_lists, err);
  if (status != BS_OK)
    return status;
  status = from_json(out, cut.json, &cut, NULL, settings, &fault);
  bool all_read = true;
  for (size_t i = 0; i < cut.names.n; i++)
    all_read = all_read && (cut.members[i].was_read || cut.members[i].end == 0);
  /* What is no JSON counts before any other fault, also in lists that nobody came to read. */
  bs_status syntax = status == BS_OK && all_read ? BS_OK : bs_json_cut_check(&cut, err);
  if (syntax != BS_OK)
    bs_tokenizer_free(out);
  if (syntax == BS_OK && status != BS_OK)
    bs_error_set(err, status, "%s", fault.message);
  bs_json_cut_free(&cut);
  return syntax != BS_OK ? syntax : status;
}

bs_status bs_tokenizer_parse(bs_tokenizer **out, const char *json, size_t n_bytes, const char *name,
                             bs_error *err) {
  return bs_tokenizer_from_text(out, json, n_bytes, name, NULL, err);
}
