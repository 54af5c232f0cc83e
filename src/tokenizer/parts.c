/* Chains of parts of a tokenizer.json, each found in the table of its kinds. */
#include "tokenizer/parts_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"

bs_status bs_strings_end(bs_strings *strings, bs_error *err) {
  bs_status status = bs_reserve(&strings->ends, &strings->capacity, strings->n, 1, err);
  if (status == BS_OK)
    strings->ends[strings->n++] = strings->bytes.n_bytes;
  return status;
}

const char *bs_strings_at(const bs_strings *strings, size_t i, size_t *n_bytes) {
  size_t start = i == 0 ? 0 : strings->ends[i - 1];
  *n_bytes = strings->ends[i] - start;
  return *n_bytes > 0 ? strings->bytes.data + start : "";
}

void bs_strings_clear(bs_strings *strings) {
  strings->bytes.n_bytes = 0;
  strings->n = 0;
}

void bs_strings_free(bs_strings *strings) {
  bs_text_free(&strings->bytes);
  free(strings->ends);
  *strings = (bs_strings){0};
}

bs_status bs_unknown_type(const bs_json *json, const cJSON *item, const char *what,
                          const char *found, const char *(*name_of)(const void *table, size_t i),
                          const void *table, size_t n, bs_error *err) {
  bs_text known = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = bs_text_printf(&known, err, "%s%s", i > 0 ? ", " : "", name_of(table, i));
  if (status == BS_OK) {
    /* Composed by the fault function, which knows line and path, then given its own status. */
    bs_error fault = {0};
    bs_json_fault(json, item, &fault, "%s of type \"%s\" is not supported; known: %s", what, found,
                  known.data);
    status = bs_error_set(err, BS_ERR_UNSUPPORTED, "%s", fault.message);
  }
  bs_text_free(&known);
  return status;
}

static const char *kind_name(const void *table, size_t i) {
  const bs_stage *stage = table;
  return i < stage->n_kinds ? stage->kinds[i].type : "Sequence";
}

enum { MAX_DEPTH = 32 };

static bs_status parse_nested(bs_chain *chain, const bs_stage *stage, const bs_json *json,
                              const cJSON *item, int depth, bs_error *err);

static bs_status parse_children(bs_chain *chain, const bs_stage *stage, const bs_json *json,
                                const cJSON *item, int depth, bs_error *err) {
  const cJSON *children = bs_json_get(item, stage->children);
  if (!cJSON_IsArray(children))
    return bs_json_fault(json, item, err, "expected an array under \"%s\"", stage->children);
  bs_status status = BS_OK;
  const cJSON *child;
  cJSON_ArrayForEach(child, children) {
    status = parse_nested(chain, stage, json, child, depth + 1, err);
    if (status != BS_OK)
      break;
  }
  return status;
}

static bs_status parse_nested(bs_chain *chain, const bs_stage *stage, const bs_json *json,
                              const cJSON *item, int depth, bs_error *err) {
  const char *type = NULL;
  if (depth > MAX_DEPTH)
    return bs_json_fault(json, item, err, "Sequences more than %d deep", MAX_DEPTH);
  if (!cJSON_IsObject(item))
    return bs_json_fault(json, item, err, "expected a %s (an object)", stage->name);
  bs_status status = bs_json_get_string(json, item, "type", true, &type, err);
  if (status != BS_OK)
    return status;
  if (strcmp(type, "Sequence") == 0)
    return parse_children(chain, stage, json, item, depth, err);
  size_t i = 0;
  while (i < stage->n_kinds && strcmp(stage->kinds[i].type, type) != 0)
    i++;
  if (i == stage->n_kinds)
    return bs_unknown_type(json, item, stage->name, type, kind_name, stage, stage->n_kinds + 1,
                           err);
  status = bs_reserve(&chain->parts, &chain->capacity, chain->n, 1, err);
  if (status != BS_OK)
    return status;
  bs_part *part = &chain->parts[chain->n++];
  *part = (bs_part){.kind = &stage->kinds[i]};
  return part->kind->parse == NULL ? BS_OK : part->kind->parse(&part->state, json, item, err);
}

bs_status bs_chain_parse(bs_chain *chain, const bs_stage *stage, const bs_json *json,
                         const cJSON *item, bs_error *err) {
  if (item == NULL || cJSON_IsNull(item))
    return BS_OK;
  return parse_nested(chain, stage, json, item, 0, err);
}

void bs_chain_free(bs_chain *chain) {
  for (size_t i = 0; i < chain->n; i++)
    if (chain->parts[i].kind->release != NULL && chain->parts[i].state != NULL)
      chain->parts[i].kind->release(chain->parts[i].state);
  free(chain->parts);
  *chain = (bs_chain){0};
}

bs_status bs_chain_normalize(const bs_chain *chain, bs_text *text, bs_text *spare, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < chain->n && status == BS_OK; i++) {
    spare->n_bytes = 0;
    status = chain->parts[i].kind->run.normalize(chain->parts[i].state, text->data, text->n_bytes,
                                                 spare, err);
    bs_text kept = *text;
    *text = *spare;
    *spare = kept;
  }
  return status;
}

bs_status bs_part_append_text(bs_text *out, const char *kept, bs_error *err) {
  /* The parser stores U+0000 as the bytes C0 80, which UTF-8 never has. */
  static const char stand_in[] = "\xC0\x80";
  bs_status status = BS_OK;
  for (const char *found; status == BS_OK && (found = strstr(kept, stand_in)) != NULL;
       kept = found + 2) {
    status = bs_text_append(out, kept, (size_t)(found - kept), err);
    if (status == BS_OK)
      status = bs_text_append(out, "", 1, err);
  }
  return status == BS_OK ? bs_text_append_string(out, kept, err) : status;
}

bs_status bs_part_text(const bs_json *json, const cJSON *item, const char *key, bs_text *out,
                       bs_error *err) {
  const char *kept = NULL;
  bs_status status = bs_json_get_string(json, item, key, true, &kept, err);
  return status == BS_OK ? bs_part_append_text(out, kept, err) : status;
}

bs_status bs_part_character(const bs_json *json, const cJSON *item, const char *key, bs_text *out,
                            bs_error *err) {
  uint32_t code_point;
  bs_status status = bs_part_text(json, item, key, out, err);
  if (status == BS_OK &&
      (out->n_bytes == 0 || bs_utf8_decode(out->data, out->n_bytes, &code_point) != out->n_bytes))
    status = bs_json_fault(json, item, err, "expected one character under \"%s\", found %zu bytes",
                           key, out->n_bytes);
  return status;
}
