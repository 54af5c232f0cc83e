/* A value of a JSON text together with where it stands in the text. */
#include "tasks/source_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

bs_source bs_source_start(const bs_json *json) {
  bs_source source = {.text = json->source, .n = json->n_bytes, .at = 0, .line = 1};
  if (source.n >= 3 && memcmp(source.text, "\xEF\xBB\xBF", 3) == 0) /* cJSON skips it too */
    source.at = 3;
  bs_source_skip_space(&source);
  return source;
}

/* What cJSON passes over, which is more than JSON allows. */
static bool is_space(char c) { return (unsigned char)c <= ' '; }

void bs_source_skip_space(bs_source *source) {
  while (source->at < source->n && is_space(source->text[source->at]))
    source->line += source->text[source->at++] == '\n';
}

void bs_source_skip_mark(bs_source *source) { source->at += source->at < source->n; }

void bs_source_skip_string(bs_source *source) {
  bs_source_skip_mark(source);
  while (source->at < source->n && source->text[source->at] != '"') {
    if (source->text[source->at] == '\\')
      source->at++;
    else
      source->line += source->text[source->at] == '\n'; /* cJSON takes raw line ends in strings */
    source->at++;
  }
  if (source->at >= source->n)
    source->at = source->n;
  bs_source_skip_mark(source);
}

void bs_source_skip_value(bs_source *source) {
  size_t depth = 0;
  do {
    bs_source_skip_space(source);
    if (source->at >= source->n)
      return;
    char c = source->text[source->at];
    if (c == '"') {
      bs_source_skip_string(source);
    } else if (c == '{' || c == '[') {
      depth++;
      source->at++;
    } else if (c == '}' || c == ']') {
      if (depth == 0)
        return;
      depth--;
      source->at++;
    } else if (c == ',' || c == ':') {
      source->at++;
    } else {
      while (source->at < source->n && !is_space(source->text[source->at]) &&
             strchr(",:]}", source->text[source->at]) == NULL)
        source->at++;
    }
  } while (depth > 0);
}

static size_t digits_at(const bs_source *source, size_t at) {
  size_t n = 0;
  while (at + n < source->n && source->text[at + n] >= '0' && source->text[at + n] <= '9')
    n++;
  return n;
}

static char byte_at(const bs_source *source, size_t at) {
  return at < source->n ? source->text[at] : '\0';
}

size_t bs_source_number(bs_source *source, bool *is_integer) {
  size_t begin = source->at, at = begin;
  bool valid = true;
  *is_integer = true;
  at += byte_at(source, at) == '-';
  size_t whole = digits_at(source, at);
  valid = whole == 1 || (whole > 1 && source->text[at] != '0');
  at += whole;
  if (byte_at(source, at) == '.') {
    size_t fraction = digits_at(source, at + 1);
    valid = valid && fraction > 0;
    at += 1 + fraction;
    *is_integer = false;
  }
  if (byte_at(source, at) == 'e' || byte_at(source, at) == 'E') {
    at++;
    at += byte_at(source, at) == '+' || byte_at(source, at) == '-';
    size_t exponent = digits_at(source, at);
    valid = valid && exponent > 0;
    at += exponent;
    *is_integer = false;
  }
  bs_source_skip_value(source);
  return valid && at == source->at ? at - begin : 0;
}

bs_status bs_source_members(bs_source source, const cJSON *node, bs_member **members, size_t *n,
                            bs_error *err) {
  *members = NULL;
  *n = 0;
  size_t capacity = 0;
  bool is_object = cJSON_IsObject(node);
  bs_source_skip_mark(&source);
  for (const cJSON *child = node->child; child != NULL; child = child->next) {
    bs_status status = bs_reserve(members, &capacity, *n, 1, err);
    if (status != BS_OK) {
      free(*members);
      *members = NULL;
      *n = 0;
      return status;
    }
    bs_source_skip_space(&source);
    if (is_object) {
      bs_source_skip_string(&source);
      bs_source_skip_space(&source);
      bs_source_skip_mark(&source);
      bs_source_skip_space(&source);
    }
    (*members)[(*n)++] = (bs_member){.node = child, .value = source};
    bs_source_skip_value(&source);
    bs_source_skip_space(&source);
    bs_source_skip_mark(&source);
  }
  return BS_OK;
}
