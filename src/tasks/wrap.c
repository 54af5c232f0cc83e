/* Wraps from JSON and back, and around a prompt. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/helpers.h"
#include "tasks/variant_internal.h"
#include "tasks/wrap_internal.h"
#include "tasks/wrap_known_internal.h"

enum { MOST_KNOWN = 64 };

void bs_wrap_free(bs_wrap **handle) {
  bs_wrap *wrap = *handle;
  if (wrap == NULL)
    return;
  free(wrap->name);
  free(wrap->before);
  free(wrap->after);
  free(wrap->between);
  free(wrap->end);
  free(wrap);
  *handle = NULL;
}

bool bs_wrap_is_none(const bs_wrap *wrap) {
  return wrap == NULL || (wrap->name != NULL && strcmp(wrap->name, "none") == 0);
}

/* Copies what is given; NULL stays. */
static bs_status copy_text(char **to, const char *from, bs_error *err) {
  if (from == NULL)
    return BS_OK;
  *to = bs_string_copy(from, err);
  return *to != NULL ? BS_OK : BS_ERR_MEMORY;
}

bs_status bs_wrap_copy(bs_wrap **out, const bs_wrap *wrap, bs_error *err) {
  bs_wrap *copy = *out = bs_array_new(1, sizeof *copy, err);
  if (copy == NULL)
    return BS_ERR_MEMORY;
  copy->is_trimmed = wrap->is_trimmed;
  bs_status status = copy_text(&copy->name, wrap->name, err);
  if (status == BS_OK)
    status = copy_text(&copy->before, wrap->before, err);
  if (status == BS_OK)
    status = copy_text(&copy->after, wrap->after, err);
  if (status == BS_OK)
    status = copy_text(&copy->between, wrap->between, err);
  if (status == BS_OK)
    status = copy_text(&copy->end, wrap->end, err);
  if (status != BS_OK)
    bs_wrap_free(out);
  return status;
}

static bs_status no_such_wrap(const char *name, bs_error *err) {
  const char *all[MOST_KNOWN];
  bs_text list = {0};
  size_t n = 0;
  bs_status status = BS_OK;
  for (; status == BS_OK && n < MOST_KNOWN && bs_wrap_known(n) != NULL; n++) {
    all[n] = bs_wrap_known(n);
    status = bs_text_printf(&list, err, "%s%s", n > 0 ? ", " : "", all[n]);
  }
  const char *near = bs_nearest_name(name, all, n);
  if (status == BS_OK)
    status =
        bs_error_set(err, BS_ERR_INPUT, "unknown wrap \"%.100s\"%s%s%s (known: %s; or an object)",
                     name, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                     near != NULL ? "\"?" : "", list.data);
  bs_text_free(&list);
  return status;
}

static bs_status take_known(bs_wrap **out, const char *name, bs_error *err) {
  const bs_known_wrap *found = bs_wrap_find(name);
  if (found == NULL)
    return no_such_wrap(name, err);
  bs_wrap *wrap = *out = bs_array_new(1, sizeof *wrap, err);
  if (wrap == NULL)
    return BS_ERR_MEMORY;
  wrap->is_trimmed = found->is_trimmed;
  bs_status status = copy_text(&wrap->name, found->name, err);
  if (status == BS_OK)
    status = copy_text(&wrap->before, found->before, err);
  if (status == BS_OK)
    status = copy_text(&wrap->after, found->after, err);
  return status == BS_OK ? copy_text(&wrap->end, found->end, err) : status;
}

/* The parts of an object; one at least must say something. */
static bs_status take_parts(bs_wrap **out, const bs_json *json, const cJSON *object,
                            bs_error *err) {
  static const char *const keys[] = {"before", "after", "between shots", "end", "trim"};
  bs_wrap *wrap = *out = bs_array_new(1, sizeof *wrap, err);
  if (wrap == NULL)
    return BS_ERR_MEMORY;
  char **const texts[] = {&wrap->before, &wrap->after, &wrap->between, &wrap->end};
  bs_status status = bs_json_known_keys(json, object, keys, sizeof keys / sizeof *keys, err);
  for (size_t i = 0; status == BS_OK && i < sizeof texts / sizeof *texts; i++)
    status = bs_json_copy_text(json, object, keys[i], texts[i], err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, object, "trim", false, &wrap->is_trimmed, err);
  if (status == BS_OK && wrap->before == NULL && wrap->after == NULL && wrap->between == NULL)
    status = bs_json_fault(json, object, err,
                           "expected the name of a wrap, or at least one of \"before\", \"after\" "
                           "and \"between shots\"");
  if (status == BS_OK && wrap->end != NULL && wrap->end[0] == '\0')
    status = bs_json_fault(json, bs_json_get(object, "end"), err,
                           "expected the text that ends the model's turn, found an empty one");
  if (status == BS_OK && wrap->before == NULL)
    status = copy_text(&wrap->before, "", err);
  if (status == BS_OK && wrap->after == NULL)
    status = copy_text(&wrap->after, "", err);
  return status;
}

/* A name or an object. */
static bs_status take_value(bs_wrap **out, const bs_json *json, const cJSON *value, bs_error *err) {
  bs_error fault = {0};
  bs_status status = BS_OK;
  *out = NULL;
  if (cJSON_IsObject(value))
    status = take_parts(out, json, value, err);
  else if (!cJSON_IsString(value))
    status = bs_json_fault(json, value, err,
                           "expected the name of a wrap, or an object with \"before\", \"after\" "
                           "and \"between shots\"");
  else if ((status = take_known(out, value->valuestring, &fault)) == BS_ERR_MEMORY)
    bs_error_set(err, status, "%s", fault.message);
  else if (status != BS_OK)
    status = bs_json_fault(json, value, err, "%s", fault.message);
  if (status != BS_OK)
    bs_wrap_free(out);
  return status;
}

bs_status bs_wrap_read(bs_wrap **out, const bs_json *json, const cJSON *object, bs_error *err) {
  const cJSON *value = bs_json_get(object, "wrap");
  *out = NULL;
  return value == NULL || cJSON_IsNull(value) ? BS_OK : take_value(out, json, value, err);
}

bs_status bs_wrap_parse(bs_wrap **out, const char *text, const char *source, bs_error *err) {
  bs_error fault = {0};
  bs_json *json = NULL;
  *out = NULL;
  bs_status status;
  if (text[strspn(text, " \t\r\n")] != '{') {
    status = take_known(out, text, &fault);
    if (status != BS_OK)
      bs_error_prefix(&fault, "%s", source);
  } else {
    status = bs_json_parse(&json, text, strlen(text), source, &fault);
    if (status == BS_OK)
      status = take_value(out, json, json->root, &fault);
  }
  if (status == BS_ERR_INPUT) /* what was asked for is the user's to mend */
    status = BS_ERR_USAGE;
  if (status != BS_OK) {
    bs_error_set(err, status, "%s", fault.message);
    bs_wrap_free(out);
  }
  bs_json_free(&json);
  return status;
}

void bs_wrap_write(bs_writer *w, const bs_wrap *wrap, bool is_content) {
  if (wrap->name != NULL && !is_content) {
    bs_writer_string(w, wrap->name, strlen(wrap->name));
    return;
  }
  bs_writer_begin_object(w);
  bs_writer_member(w, "before", wrap->before);
  bs_writer_member(w, "after", wrap->after);
  if (wrap->between != NULL)
    bs_writer_member(w, "between shots", wrap->between);
  if (wrap->end != NULL)
    bs_writer_member(w, "end", wrap->end);
  if (wrap->is_trimmed) {
    bs_writer_key(w, "trim");
    bs_writer_bool(w, true);
  }
  bs_writer_end_object(w);
}

bs_status bs_wrap_print(const bs_wrap *wrap, bs_text *text, bs_error *err) {
  if (wrap->name != NULL)
    return bs_text_append_string(text, wrap->name, err);
  bs_writer w = {.to = text};
  bs_wrap_write(&w, wrap, false);
  return bs_writer_status(&w, err);
}

bs_status bs_wrap_append(const bs_wrap *wrap, const bs_text *prompt, bs_text *to, size_t *n_inside,
                         bs_error *err) {
  size_t first = 0, n = prompt->n_bytes;
  bool adds = !bs_wrap_is_none(wrap);
  bs_status status = BS_OK;
  if (adds && wrap->is_trimmed) {
    first = bs_leading_space_bytes(prompt->data, n);
    n = bs_trimmed_bytes(prompt->data + first, n - first);
  }
  if (adds)
    status = bs_text_append_string(to, wrap->before, err);
  if (status == BS_OK)
    status = bs_text_append(to, prompt->data + first, n, err);
  if (status == BS_OK && adds)
    status = bs_text_append_string(to, wrap->after, err);
  *n_inside = n;
  return status;
}
