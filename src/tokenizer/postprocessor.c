/* The post-processors: what stands around the ids of a text. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/vocabulary_internal.h"

/* ByteLevel only moves offsets, which are not kept here. */
static bs_status run_nothing(const void *state, const bs_tokens *ids, bool add_special,
                             bs_tokens *out, bs_error *err) {
  (void)state, (void)add_special;
  return bs_tokens_append(out, ids->ids, ids->n, err);
}

/* TemplateProcessing: ids, and SEQUENCE where those of the text go. */
enum { SEQUENCE = -1 };

static bs_status read_id(const bs_json *json, const cJSON *item, int32_t *id, bs_error *err) {
  double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
  if (!(value >= 0 && value < BS_ID_LIMIT && value == trunc(value)))
    return bs_json_fault(json, item, err, "expected an id, a whole number from 0 to %d",
                         BS_ID_LIMIT - 1);
  *id = (int32_t)value;
  return BS_OK;
}

static bs_status add_special_token(bs_tokens *template, const bs_json *json, const cJSON *item,
                                   const cJSON *piece, bs_error *err) {
  const char *name = NULL;
  bs_status status = bs_json_get_string(json, piece, "id", true, &name, err);
  if (status != BS_OK)
    return status;
  const cJSON *ids = bs_json_get(bs_json_get(bs_json_get(item, "special_tokens"), name), "ids");
  if (!cJSON_IsArray(ids))
    return bs_json_fault(json, piece, err,
                         "special token \"%s\" has no \"ids\" under special_tokens", name);
  const cJSON *member;
  cJSON_ArrayForEach(member, ids) {
    int32_t id = 0;
    status = read_id(json, member, &id, err);
    if (status == BS_OK)
      status = bs_tokens_push(template, id, err);
    if (status != BS_OK)
      break;
  }
  return status;
}

static bs_status add_piece(bs_tokens *template, const bs_json *json, const cJSON *item,
                           const cJSON *piece, bs_error *err) {
  const cJSON *sequence = bs_json_get(piece, "Sequence");
  const cJSON *special = bs_json_get(piece, "SpecialToken");
  if (special != NULL)
    return add_special_token(template, json, item, special, err);
  const cJSON *id = bs_json_get(sequence, "id");
  if (!cJSON_IsString(id) || strcmp(id->valuestring, "A") != 0)
    return bs_json_fault(json, piece, err,
                         "expected {\"SpecialToken\": ...} or {\"Sequence\": {\"id\": \"A\"}}");
  return bs_tokens_push(template, SEQUENCE, err);
}

static bs_status parse_template(void **state, const bs_json *json, const cJSON *item,
                                bs_error *err) {
  bs_tokens *template = bs_array_new(1, sizeof *template, err);
  *state = template;
  if (template == NULL)
    return BS_ERR_MEMORY;
  const cJSON *single = bs_json_get(item, "single");
  if (!cJSON_IsArray(single))
    return bs_json_fault(json, single != NULL ? single : item, err,
                         "expected \"single\", an array");
  bs_status status = BS_OK;
  const cJSON *piece;
  cJSON_ArrayForEach(piece, single) {
    status = add_piece(template, json, item, piece, err);
    if (status != BS_OK)
      break;
  }
  return status;
}

static void release_template(void *state) {
  bs_tokens_free(state);
  free(state);
}

static bs_status run_template(const void *state, const bs_tokens *ids, bool add_special,
                              bs_tokens *out, bs_error *err) {
  const bs_tokens *template = state;
  bs_status status = BS_OK;
  for (size_t i = 0; i < template->n && status == BS_OK; i++) {
    if (template->ids[i] == SEQUENCE)
      status = bs_tokens_append(out, ids->ids, ids->n, err);
    else if (add_special)
      status = bs_tokens_push(out, template->ids[i], err);
  }
  return status;
}

/* BertProcessing and RobertaProcessing: "cls": ["<s>", 0] before and "sep": ["</s>", 2] behind. */
static bs_status parse_around(void **state, const bs_json *json, const cJSON *item, bs_error *err) {
  static const char *const keys[] = {"cls", NULL, "sep"};
  bs_tokens *template = bs_array_new(1, sizeof *template, err);
  *state = template;
  if (template == NULL)
    return BS_ERR_MEMORY;
  bs_status status = BS_OK;
  for (size_t i = 0; i < 3 && status == BS_OK; i++) {
    int32_t id = SEQUENCE;
    if (keys[i] != NULL) {
      const cJSON *pair = bs_json_get(item, keys[i]);
      const cJSON *name = cJSON_IsArray(pair) ? pair->child : NULL;
      if (name == NULL || name->next == NULL)
        return bs_json_fault(json, pair != NULL ? pair : item, err,
                             "expected \"%s\": [\"token\", id]", keys[i]);
      status = read_id(json, name->next, &id, err);
    }
    if (status == BS_OK)
      status = bs_tokens_push(template, id, err);
  }
  return status;
}

static const bs_part_kind kinds[] = {
    {.type = "ByteLevel", .run.process = run_nothing},
    {.type = "TemplateProcessing",
     .parse = parse_template,
     .release = release_template,
     .run.process = run_template},
    {.type = "BertProcessing",
     .parse = parse_around,
     .release = release_template,
     .run.process = run_template},
    {.type = "RobertaProcessing",
     .parse = parse_around,
     .release = release_template,
     .run.process = run_template},
};

const bs_stage bs_stage_postprocessor = {.name = "post-processor",
                                         .children = "processors",
                                         .kinds = kinds,
                                         .n_kinds = sizeof kinds / sizeof *kinds};

bs_status bs_postprocessors_check(const bs_chain *chain, const char *file, bs_error *err) {
  const bs_part_kind *template = NULL;
  for (size_t i = 0; i < chain->n; i++) {
    const bs_part_kind *kind = chain->parts[i].kind;
    if (template != NULL && kind->run.process != run_nothing)
      return bs_error_set(err, BS_ERR_UNSUPPORTED, "%s: post_processor: %s behind %s", file,
                          kind->type, template->type);
    if (kind->parse == parse_template)
      template = kind;
  }
  return BS_OK;
}

bs_status bs_postprocessors_set(bs_chain *chain, const int32_t *before, const int32_t *behind,
                                bs_error *err) {
  bs_chain_free(chain);
  bs_status status = bs_reserve(&chain->parts, &chain->capacity, 0, 1, err);
  bs_tokens *template = status == BS_OK ? bs_array_new(1, sizeof *template, err) : NULL;
  if (template == NULL)
    return BS_ERR_MEMORY;
  size_t i = 0;
  while (kinds[i].parse != parse_template)
    i++;
  chain->parts[chain->n++] = (bs_part){.kind = &kinds[i], .state = template};
  if (before != NULL)
    status = bs_tokens_push(template, *before, err);
  if (status == BS_OK)
    status = bs_tokens_push(template, SEQUENCE, err);
  if (status == BS_OK && behind != NULL)
    status = bs_tokens_push(template, *behind, err);
  return status;
}
