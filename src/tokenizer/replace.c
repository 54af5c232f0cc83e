/* Replace: patterns, their matches in a text, and what takes their place. */
#include "tokenizer/replace_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tokenizer/parts_internal.h"

bs_status bs_pattern_parse(bs_pattern *pattern, const bs_json *json, const cJSON *item,
                           const char *key, bs_error *err) {
  const cJSON *value = bs_json_get(item, key);
  const cJSON *string = bs_json_get(value, "String"), *regex = bs_json_get(value, "Regex");
  if (!cJSON_IsString(string) && !cJSON_IsString(regex))
    return bs_json_fault(json, value != NULL ? value : item, err,
                         "expected \"%s\": {\"String\": ...} or {\"Regex\": ...}", key);
  if (cJSON_IsString(string)) {
    bs_status status = bs_part_append_text(&pattern->literal, string->valuestring, err);
    /* The empty string matches everywhere, as the empty regular expression does. */
    if (status == BS_OK && pattern->literal.n_bytes == 0)
      status = bs_regex_new(&pattern->regex, "", 0, json, string, err);
    return status;
  }
  bs_text text = {0};
  bs_status status = bs_part_append_text(&text, regex->valuestring, err);
  if (status == BS_OK)
    status = bs_regex_new(&pattern->regex, text.data, text.n_bytes, json, regex, err);
  bs_text_free(&text);
  return status;
}

void bs_pattern_free(bs_pattern *pattern) {
  bs_text_free(&pattern->literal);
  bs_regex_free(&pattern->regex);
}

bs_status bs_pattern_walk_open(bs_pattern_walk *walk, const bs_pattern *pattern, bs_error *err) {
  walk->pattern = pattern;
  return pattern->regex == NULL ? BS_OK : bs_matches_open(&walk->matches, pattern->regex, err);
}

void bs_pattern_walk_begin(bs_pattern_walk *walk, const char *text, size_t n_bytes) {
  walk->text = text;
  walk->n_bytes = n_bytes;
  walk->at = 0;
  if (walk->pattern->regex != NULL)
    bs_matches_begin(&walk->matches, text, n_bytes);
}

bs_status bs_pattern_walk_next(bs_pattern_walk *walk, bool *found, size_t *start, size_t *end,
                               bs_error *err) {
  if (walk->pattern->regex != NULL)
    return bs_matches_next(&walk->matches, found, start, end, err);
  const bs_text *literal = &walk->pattern->literal;
  *found = false;
  while (walk->n_bytes - walk->at >= literal->n_bytes) {
    size_t n_places = walk->n_bytes - walk->at - literal->n_bytes + 1;
    const char *place = memchr(walk->text + walk->at, literal->data[0], n_places);
    if (place == NULL)
      return BS_OK;
    walk->at = (size_t)(place - walk->text);
    if (memcmp(place, literal->data, literal->n_bytes) == 0) {
      *start = walk->at;
      *end = walk->at += literal->n_bytes;
      *found = true;
      return BS_OK;
    }
    walk->at++;
  }
  return BS_OK;
}

void bs_pattern_walk_free(bs_pattern_walk *walk) {
  if (walk->matches.regex != NULL)
    bs_matches_free(&walk->matches);
}

typedef struct replace {
  bs_pattern pattern;
  bs_text content;
} replace;

bs_status bs_replace_parse(void **state, const bs_json *json, const cJSON *item, bs_error *err) {
  replace *r = bs_array_new(1, sizeof *r, err);
  *state = r;
  if (r == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_pattern_parse(&r->pattern, json, item, "pattern", err);
  return status == BS_OK ? bs_part_text(json, item, "content", &r->content, err) : status;
}

void bs_replace_release(void *state) {
  replace *r = state;
  bs_pattern_free(&r->pattern);
  bs_text_free(&r->content);
  free(r);
}

bs_status bs_replace_text(const void *state, const char *text, size_t n_bytes, bs_text *out,
                          bs_error *err) {
  const replace *r = state;
  if (n_bytes == 0)
    return BS_OK;
  bs_pattern_walk walk = {0};
  bs_status status = bs_pattern_walk_open(&walk, &r->pattern, err);
  if (status != BS_OK)
    goto cleanup;
  bs_pattern_walk_begin(&walk, text, n_bytes);
  size_t copied = 0, start, end;
  bool found = true;
  while (status == BS_OK && found) {
    status = bs_pattern_walk_next(&walk, &found, &start, &end, err);
    if (status != BS_OK || !found)
      break;
    status = bs_text_append(out, text + copied, start - copied, err);
    if (status == BS_OK)
      status = bs_text_append(out, r->content.data, r->content.n_bytes, err);
    copied = end;
  }
  if (status == BS_OK)
    status = bs_text_append(out, text + copied, n_bytes - copied, err);

cleanup:
  bs_pattern_walk_free(&walk);
  return status;
}
