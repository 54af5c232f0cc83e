/* Where a node of a parsed document stands in its source. cJSON keeps no positions, and messages
   need them rarely, so the place is found by walking tree and text together. */
#include <string.h>

#include "bigsweep/json.h"

typedef struct cursor {
  const char *text;
  size_t n, at;
} cursor;

static void skip_space(cursor *c) {
  while (c->at < c->n && strchr(" \t\r\n", c->text[c->at]) != NULL && c->text[c->at] != '\0')
    c->at++;
}

static void skip_string(cursor *c) {
  for (c->at++; c->at < c->n && c->text[c->at] != '"'; c->at++)
    if (c->text[c->at] == '\\')
      c->at++;
  c->at++;
}

/* Passes over the value that `node` was parsed from, looking for `wanted`. True: found, the cursor
   stands at its first byte (for a member of an object: at its key). */
static bool seek(cursor *c, const cJSON *node, const cJSON *wanted) {
  skip_space(c);
  if (node == wanted)
    return true;
  if (cJSON_IsString(node)) {
    skip_string(c);
  } else if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
    c->at++;
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
      skip_space(c);
      if (cJSON_IsObject(node)) {
        if (child == wanted)
          return true;
        skip_string(c);
        skip_space(c);
        c->at++; /* ':' */
      }
      if (seek(c, child, wanted))
        return true;
      skip_space(c);
      if (child->next != NULL)
        c->at++; /* ',' */
    }
    skip_space(c);
    c->at++;
  } else {
    while (c->at < c->n && strchr(",]} \t\r\n", c->text[c->at]) == NULL)
      c->at++;
  }
  return false;
}

size_t bs_json_line(const bs_json *json, const cJSON *item) {
  cursor c = {.text = json->source, .n = json->n_bytes, .at = json->first};
  if (json->root == NULL || item == NULL || !seek(&c, json->root, item))
    return 0;
  size_t line = 1;
  for (size_t i = 0; i < c.at && i < json->n_bytes; i++)
    line += json->source[i] == '\n';
  return line;
}

bs_json bs_json_inner(const bs_json *json, cJSON *member) {
  cursor c = {.text = json->source, .n = json->n_bytes, .at = json->first};
  bs_json inner = *json;
  inner.root = member;
  if (seek(&c, json->root, member)) {
    skip_string(&c); /* its key */
    skip_space(&c);
    inner.first = c.at + 1;
  }
  return inner;
}

/* Appends the path from `node` down to `wanted`; true when it lies below. Parents are written
   first, so what a fruitless branch appended is taken back. */
static bool descend(const cJSON *node, const cJSON *wanted, bs_text *path) {
  if (node == wanted)
    return true;
  size_t i = 0;
  for (const cJSON *child = node->child; child != NULL; child = child->next, i++) {
    size_t before = path->n_bytes;
    bs_status status;
    if (cJSON_IsArray(node))
      status = bs_text_printf(path, NULL, "[%zu]", i);
    else
      status = bs_text_printf(path, NULL, "%s%s", before > 0 ? "." : "", child->string);
    if (status == BS_OK && descend(child, wanted, path))
      return true;
    path->n_bytes = before;
    if (path->data != NULL)
      path->data[before] = '\0';
  }
  return false;
}

bs_status bs_json_path(const bs_json *json, const cJSON *item, bs_text *path, bs_error *err) {
  size_t before = path->n_bytes;
  if (json->root == NULL || !descend(json->root, item, path) || path->n_bytes == before)
    return bs_text_append(path, "$", 1, err);
  return BS_OK;
}
