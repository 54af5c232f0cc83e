/* Sorts the keys of config.json by the tables and refuses what cannot be obeyed. */
#include "checkpoint/keys_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"

enum {
  VALUE_BYTES = 64,
  MAX_KEYS = 4096 /* of config.json; each is looked up among all */
};

/* `pattern` may begin and end with '*'. */
static bool matches(const char *pattern, const char *key) {
  if (pattern[0] != '*' && pattern[0] != key[0]) /* nearly all: spares measuring them */
    return false;
  size_t n = strlen(pattern), n_key = strlen(key);
  bool open_front = pattern[0] == '*', open_end = n > 1 && pattern[n - 1] == '*';
  const char *body = pattern + open_front;
  size_t n_body = n - open_front - open_end;
  if (open_front && open_end) {
    for (; strlen(key) >= n_body; key++)
      if (strncmp(key, body, n_body) == 0)
        return true;
    return false;
  }
  if (n_key < n_body || (!open_front && !open_end && n_key != n_body))
    return false;
  return memcmp(open_front ? key + n_key - n_body : key, body, n_body) == 0;
}

static bool has_key(const char *const *patterns, const char *key) {
  for (; *patterns != NULL; patterns++)
    if (matches(*patterns, key))
      return true;
  return false;
}

static const bs_key_rule *find_rule(const bs_key_rule *rules, const char *key) {
  for (; rules->key != NULL; rules++)
    if (matches(rules->key, key))
      return rules;
  return NULL;
}

static bool is_in_a_group(const char *key) {
  for (size_t g = 0; bs_key_groups[g][0] != NULL; g++)
    for (size_t i = 0; i < BS_KEY_GROUP_NAMES && bs_key_groups[g][i] != NULL; i++)
      if (matches(bs_key_groups[g][i], key))
        return true;
  return false;
}

static bool is_obeyed(const bs_family *family, const char *key) {
  return has_key(family->obeyed, key) || has_key(bs_keys_obeyed_by_all, key);
}

bs_key_use bs_key_use_of(const bs_family *family, const char *key, const bs_key_rule **rule) {
  *rule = NULL;
  if (is_obeyed(family, key))
    return BS_KEY_OBEYED;
  if (has_key(family->harmless, key))
    return BS_KEY_HARMLESS;
  *rule = find_rule(family->refused, key);
  if (*rule == NULL && has_key(bs_keys_harmless_to_all, key))
    return BS_KEY_HARMLESS;
  if (*rule == NULL)
    *rule = find_rule(bs_keys_refused_by_all, key);
  if (*rule != NULL)
    return BS_KEY_REFUSED;
  if (is_in_a_group(key))
    return BS_KEY_ALIAS;
  for (const char *const *part = bs_key_suspect_parts; *part != NULL; part++)
    if (strstr(key, *part) != NULL ||
        (**part == '_' && strncmp(key, *part + 1, strlen(*part) - 1) == 0))
      return BS_KEY_SUSPECT;
  return BS_KEY_UNKNOWN;
}

static bool is_empty(const cJSON *value) {
  return cJSON_IsNull(value) ||
         ((cJSON_IsArray(value) || cJSON_IsObject(value)) && value->child == NULL);
}

static bool has_text(const cJSON *value, const char *text) {
  if (cJSON_IsBool(value))
    return strcmp(text, cJSON_IsTrue(value) ? "true" : "false") == 0;
  if (cJSON_IsString(value))
    return strcmp(text, value->valuestring) == 0;
  char *end = NULL;
  double number = strtod(text, &end);
  return cJSON_IsNumber(value) && *end == '\0' && value->valuedouble == number;
}

static bool is_neutral(const bs_reader *reader, const bs_key_rule *rule, const cJSON *value) {
  if (is_empty(value))
    return !(rule->null_counts && cJSON_IsNull(value));
  for (size_t i = 0; i < BS_KEY_NEUTRALS && rule->neutral[i] != NULL; i++)
    if (has_text(value, rule->neutral[i]))
      return true;
  return rule->is_neutral != NULL && rule->is_neutral(reader, value);
}

/* The value as JSON, shortened. */
static const char *value_text(const cJSON *value, char text[VALUE_BYTES]) {
  char *whole = cJSON_PrintUnformatted(value);
  size_t n = whole != NULL ? strlen(whole) : 0;
  if (n < VALUE_BYTES) {
    snprintf(text, VALUE_BYTES, "%s", whole != NULL ? whole : "");
  } else {
    n = bs_utf8_valid_bytes(whole, VALUE_BYTES - sizeof "...");
    snprintf(text, VALUE_BYTES, "%.*s...", (int)n, whole);
  }
  cJSON_free(whole);
  return text;
}

static void refuse(bs_reader *reader, const cJSON *item, const bs_key_rule *rule) {
  char text[VALUE_BYTES];
  value_text(item, text);
  if (rule != NULL)
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, item->string,
                   "%s cannot be obeyed by %s: %s. The scores could be wrong without it, so the "
                   "model is refused; if the model was made without it, take the key out of "
                   "config.json",
                   text, reader->family->architecture, rule->why);
  else
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, item->string,
                   "%s: this key of %s is not known here, and its name speaks of something that "
                   "changes the scores. If the model was made without it (transformers' class of "
                   "that name does not read it), take the key out of config.json",
                   text, reader->family->architecture);
}

static void contradict(bs_reader *reader, const cJSON *item, const cJSON *obeyed) {
  char text[VALUE_BYTES], other[VALUE_BYTES];
  if (obeyed == NULL)
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, item->string,
                   "%s: %s does not read this key, and the key that it reads in its place is "
                   "missing. Expected one of them under its own name",
                   value_text(item, text), reader->family->architecture);
  else
    bs_reader_fail(reader, BS_ERR_INPUT, item->string,
                   "%s contradicts %s, which is %s: two names for one thing. Take the wrong one "
                   "out of config.json",
                   value_text(item, text), obeyed->string, value_text(obeyed, other));
}

/* The names of one thing that stand in the file must agree, and one that is obeyed must be among
   them. A name with a rule of its own is left to that rule. */
static void check_group(bs_reader *reader, const char *const *names) {
  const cJSON *obeyed = NULL;
  for (size_t i = 0; i < BS_KEY_GROUP_NAMES && names[i] != NULL; i++)
    if (obeyed == NULL && is_obeyed(reader->family, names[i]) &&
        bs_model_config_has(reader, names[i]))
      obeyed = bs_json_get(reader->config->root, names[i]);
  for (size_t i = 0; i < BS_KEY_GROUP_NAMES && names[i] != NULL; i++) {
    const bs_key_rule *rule;
    bs_key_use use = bs_key_use_of(reader->family, names[i], &rule);
    const cJSON *item = bs_json_get(reader->config->root, names[i]);
    if (!bs_model_config_has(reader, names[i]) || (use != BS_KEY_OBEYED && use != BS_KEY_ALIAS))
      continue;
    if (obeyed == NULL || !cJSON_Compare(item, obeyed, true))
      contradict(reader, item, obeyed);
  }
}

static void check_key(bs_reader *reader, const cJSON *item, bs_text *unknown) {
  const bs_key_rule *rule;
  if (bs_json_get(reader->config->root, item->string) != item) {
    bs_reader_note(reader, "%s: key %s stands there more than once; the last one counts",
                   reader->config->name, item->string);
    return;
  }
  bs_key_use use = bs_key_use_of(reader->family, item->string, &rule);
  if (use == BS_KEY_REFUSED && !is_neutral(reader, rule, item))
    refuse(reader, item, rule);
  else if (use == BS_KEY_SUSPECT && !is_empty(item) && !cJSON_IsFalse(item))
    refuse(reader, item, NULL);
  else if ((use == BS_KEY_SUSPECT || use == BS_KEY_UNKNOWN) && !is_empty(item))
    reader->status = bs_text_printf(unknown, reader->err, "%s%s", unknown->n_bytes > 0 ? ", " : "",
                                    item->string);
}

void bs_keys_check(bs_reader *reader) {
  bs_text unknown = {0};
  const cJSON *item;
  if (cJSON_GetArraySize(reader->config->root) > MAX_KEYS) {
    reader->status = bs_error_set(reader->err, BS_ERR_LIMIT, "%s: more than %d keys",
                                  reader->config->name, MAX_KEYS);
    return;
  }
  cJSON_ArrayForEach(item, reader->config->root) {
    if (reader->status == BS_OK)
      check_key(reader, item, &unknown);
  }
  for (size_t g = 0; bs_key_groups[g][0] != NULL && reader->status == BS_OK; g++)
    check_group(reader, bs_key_groups[g]);
  if (reader->status == BS_OK && unknown.n_bytes > 0)
    bs_reader_note(reader,
                   "%s: keys that %s is not known to have, taken as of no effect on the scores: %s",
                   reader->config->name, reader->family->architecture, unknown.data);
  bs_text_free(&unknown);
}
