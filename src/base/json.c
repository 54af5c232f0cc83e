/* JSON documents: reading, typed access with clear faults, writing of strings and numbers. */
#include "bigsweep/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"

/* cJSON ends a string at U+0000. Its escape is therefore replaced, before parsing, by the two bytes
   C0 80, which no valid UTF-8 text holds, and put back by bs_json_string. */
static const char NUL_ESCAPE[] = "\\u0000";
static const char NUL_STAND_IN[] = "\xC0\x80";

/* A copy of the text with every escape of U+0000 replaced; the offsets of the rest shift, so errors
   are placed by the original text. */
static char *encode_nul_escapes(const char *text, size_t n_bytes, bs_error *err) {
  char *copy = bs_string_new(text, n_bytes, err);
  if (copy == NULL)
    return NULL;
  size_t to = 0;
  for (size_t from = 0; from < n_bytes;) {
    if (text[from] != '\\') {
      copy[to++] = text[from++];
    } else if (n_bytes - from >= 6 && memcmp(text + from, NUL_ESCAPE, 6) == 0) {
      memcpy(copy + to, NUL_STAND_IN, 2);
      to += 2;
      from += 6;
    } else {
      copy[to++] = text[from++];
      if (from < n_bytes)
        copy[to++] = text[from++];
    }
  }
  copy[to] = '\0';
  return copy;
}

static void place_of(const char *text, size_t offset, size_t *line, size_t *column) {
  *column = 1;
  for (size_t i = 0; i < offset; i++) {
    if (text[i] == '\n') {
      (*line)++;
      *column = 1;
    } else {
      (*column)++;
    }
  }
}

/* Whether the parser has stopped for the depth of the text, which may be well-formed. */
static bool is_too_deep(const char *text, size_t offset) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < offset; i++) {
    char c = text[i];
    if (in_string && c == '\\')
      i++;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == '[' || c == '{'))
      depth++;
    else if (!in_string && (c == ']' || c == '}') && depth > 0)
      depth--;
  }
  return depth >= CJSON_NESTING_LIMIT;
}

static bs_status syntax_error(const char *text, size_t offset, const char *name, size_t first_line,
                              const char *what, const char *guess, bs_error *err) {
  size_t line = first_line, column;
  if (first_line == 1 && guess[0] != '\0') /* where it fails as JSON would only bury that */
    return bs_error_set(err, BS_ERR_INPUT, "%s: %s", name, guess);
  place_of(text, offset, &line, &column);
  return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu, column %zu: %s", name, line, column, what);
}

bs_status bs_json_parse(bs_json **out, const char *text, size_t n_bytes, const char *name,
                        bs_error *err) {
  return bs_json_parse_part(out, text, n_bytes, name, 1, err);
}

bs_status bs_json_parse_part(bs_json **out, const char *text, size_t n_bytes, const char *name,
                             size_t first_line, bs_error *err) {
  *out = NULL;
  size_t valid = bs_utf8_valid_bytes(text, n_bytes);
  const char *guess = bs_guess_format(text, n_bytes);
  if (valid < n_bytes)
    return syntax_error(text, valid, name, first_line, "not UTF-8", guess, err);
  size_t nul = strnlen(text, n_bytes);
  if (nul < n_bytes)
    return syntax_error(text, nul, name, first_line, "not JSON: a NUL byte", guess, err);
  bs_status status = BS_OK;
  char *encoded = encode_nul_escapes(text, n_bytes, err);
  bs_json *json = bs_array_new(1, sizeof *json, err);
  if (encoded == NULL || json == NULL) {
    free(encoded);
    free(json);
    return BS_ERR_MEMORY;
  }
  json->name = bs_string_copy(name, err);
  json->source = bs_string_new(text, n_bytes, err);
  json->n_bytes = n_bytes;
  if (json->name == NULL || json->source == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  const char *end = NULL;
  json->root = cJSON_ParseWithLengthOpts(encoded, strlen(encoded) + 1, &end, 1);
  if (json->root == NULL) {
    size_t offset = end == NULL ? 0 : (size_t)(end - encoded);
    status =
        syntax_error(encoded, offset, name, first_line,
                     n_bytes == 0                   ? "expected JSON, found an empty text"
                     : is_too_deep(encoded, offset) ? "lists and objects too deep inside each other"
                                                    : bs_json_why_not(encoded, offset),
                     guess, err);
  }

cleanup:
  free(encoded);
  if (status != BS_OK)
    bs_json_free(&json);
  *out = json;
  return status;
}

bs_status bs_json_load(bs_json **out, const char *path, size_t max_bytes, bs_error *err) {
  *out = NULL;
  bs_text text = {0};
  bs_status status = bs_file_read(path, max_bytes == 0 ? (size_t)1 << 30 : max_bytes, &text, err);
  if (status == BS_OK)
    status = bs_json_parse(out, text.data, text.n_bytes, path, err);
  bs_text_free(&text);
  return status;
}

void bs_json_free(bs_json **json) {
  if (*json == NULL)
    return;
  cJSON_Delete((*json)->root);
  free((*json)->name);
  free((*json)->source);
  free(*json);
  *json = NULL;
}

bs_status bs_json_fault(const bs_json *json, const cJSON *item, bs_error *err, const char *format,
                        ...) {
  char message[BS_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  bs_text path = {0};
  bs_json_path(json, item, &path, NULL);
  bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: %s: %s", json->name, bs_json_line(json, item),
               path.data != NULL ? path.data : "$", message);
  bs_text_free(&path);
  return BS_ERR_INPUT;
}

cJSON *bs_json_get(const cJSON *object, const char *key) {
  cJSON *found = NULL;
  if (!cJSON_IsObject(object))
    return NULL;
  cJSON *member;
  cJSON_ArrayForEach(member, object) {
    if (strcmp(member->string, key) == 0)
      found = member;
  }
  return found;
}

const char *bs_json_string(const cJSON *item, size_t *n_bytes) {
  if (!cJSON_IsString(item)) {
    *n_bytes = 0;
    return NULL;
  }
  char *text = item->valuestring;
  size_t n = strlen(text), to = 0;
  char *stand_in = strstr(text, NUL_STAND_IN);
  if (stand_in == NULL) {
    /* A string decoded by an earlier call holds NUL bytes; its length cannot be told again. */
    *n_bytes = n;
    return text;
  }
  for (size_t from = 0; from < n; to++) {
    bool is_nul =
        memcmp(text + from, NUL_STAND_IN, n - from < 2 ? n - from : 2) == 0 && n - from > 1;
    text[to] = is_nul ? '\0' : text[from];
    from += is_nul ? 2 : 1;
  }
  text[to] = '\0';
  *n_bytes = to;
  return text;
}

/* The member, or NULL with `status` BS_OK (absent, not required) or an error. */
static const cJSON *typed_member(const bs_json *json, const cJSON *object, const char *key,
                                 bool required, cJSON_bool (*is_type)(const cJSON *),
                                 const char *type, bs_status *status, bs_error *err) {
  const cJSON *member = bs_json_get(object, key);
  *status = BS_OK;
  if (member == NULL || cJSON_IsNull(member)) {
    if (required)
      *status = bs_json_fault(json, object, err, "key \"%s\" is missing, expected a %s", key, type);
    return NULL;
  }
  if (!is_type(member)) {
    *status = bs_json_fault(json, member, err, "expected a %s", type);
    return NULL;
  }
  return member;
}

bs_status bs_json_get_string(const bs_json *json, const cJSON *object, const char *key,
                             bool required, const char **out, bs_error *err) {
  bs_status status;
  const cJSON *member =
      typed_member(json, object, key, required, cJSON_IsString, "string", &status, err);
  if (member != NULL)
    *out = member->valuestring;
  return status;
}

bs_status bs_json_get_double(const bs_json *json, const cJSON *object, const char *key,
                             bool required, double *out, bs_error *err) {
  bs_status status;
  const cJSON *member =
      typed_member(json, object, key, required, cJSON_IsNumber, "number", &status, err);
  if (member != NULL)
    *out = member->valuedouble;
  return status;
}

bs_status bs_json_get_integer(const bs_json *json, const cJSON *object, const char *key,
                              bool required, int64_t low, int64_t high, int64_t *out,
                              bs_error *err) {
  bs_status status;
  const cJSON *member =
      typed_member(json, object, key, required, cJSON_IsNumber, "whole number", &status, err);
  if (member == NULL)
    return status;
  double value = member->valuedouble;
  /* 2^63 itself is what INT64_MAX becomes as a double */
  if (value != trunc(value) || value < (double)low || value > (double)high || value >= 0x1p63)
    return bs_json_fault(json, member, err,
                         "expected a whole number from %lld to %lld, found %.17g", (long long)low,
                         (long long)high, value);
  *out = (int64_t)value;
  return BS_OK;
}

bs_status bs_json_get_bool(const bs_json *json, const cJSON *object, const char *key, bool required,
                           bool *out, bs_error *err) {
  bs_status status;
  const cJSON *member =
      typed_member(json, object, key, required, cJSON_IsBool, "boolean", &status, err);
  if (member != NULL)
    *out = cJSON_IsTrue(member);
  return status;
}

bs_status bs_json_known_keys(const bs_json *json, const cJSON *object, const char *const *known,
                             size_t n, bs_error *err) {
  const cJSON *member;
  cJSON_ArrayForEach(member, object) {
    size_t i = 0;
    while (i < n && strcmp(member->string, known[i]) != 0)
      i++;
    const cJSON *last = i < n ? bs_json_get(object, member->string) : NULL;
    if (last == member)
      continue;
    if (last != NULL)
      return bs_json_fault(json, last, err, "the key stands twice");
    const char *near = bs_nearest_name(member->string, known, n);
    return bs_json_fault(json, member, err, "unknown key \"%s\"%s%s%s", member->string,
                         near != NULL ? ", did you mean \"" : "", near != NULL ? near : "",
                         near != NULL ? "\"?" : "");
  }
  return BS_OK;
}

bs_status bs_json_append_string(bs_text *to, const char *bytes, size_t n_bytes, bs_error *err) {
  bs_status status = bs_text_append(to, "\"", 1, err);
  for (size_t i = 0; i < n_bytes && status == BS_OK; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte == '"' || byte == '\\')
      status = bs_text_printf(to, err, "\\%c", byte);
    else if (byte == '\n')
      status = bs_text_append(to, "\\n", 2, err);
    else if (byte == '\t')
      status = bs_text_append(to, "\\t", 2, err);
    else if (byte < 0x20 || byte == 0x7F)
      status = bs_text_printf(to, err, "\\u%04x", byte);
    else
      status = bs_text_append(to, bytes + i, 1, err);
  }
  if (status == BS_OK)
    status = bs_text_append(to, "\"", 1, err);
  return status;
}

bs_status bs_json_append_double(bs_text *to, double value, bs_error *err) {
  if (!isfinite(value))
    return bs_text_append(to, "null", 4, err);
  char number[32];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(number, sizeof number, "%.*g", digits, value);
    if (strtod(number, NULL) == value)
      break;
  }
  return bs_text_append_string(to, number, err);
}
