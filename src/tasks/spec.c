/* Tasks of a sweep: what a spec says, as text and back, and opening what it names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tasks/variant_internal.h"

enum { MAX_NAME_BYTES = 1024 };

void bs_task_spec_clear(bs_task_spec *spec) {
  free(spec->path);
  free(spec->name);
  free(spec->shots);
  bs_variant_free(&spec->variant);
  for (size_t i = 0; i < spec->n_metrics; i++)
    free(spec->metrics[i]);
  free(spec->metrics);
  *spec = (bs_task_spec){.human_average = NAN, .human_best = NAN};
}

bs_status bs_task_name_check(const char *name, bs_error *err) {
  size_t n = name != NULL ? strlen(name) : 0;
  if (name == NULL)
    return BS_OK;
  bool is_plain = n > 0 && n <= MAX_NAME_BYTES && bs_utf8_valid_bytes(name, n) == n;
  for (size_t i = 0; i < n; i++)
    is_plain = is_plain && (unsigned char)name[i] >= ' ' && name[i] != 0x7F && name[i] != '/' &&
               name[i] != '@';
  if (!is_plain)
    return bs_error_set(err, BS_ERR_USAGE,
                        "\"%.200s\" is no name of a task: expected 1 to %d bytes of text without "
                        "\"/\" and \"@\"",
                        name, MAX_NAME_BYTES);
  for (const char *at = name; (at = strpbrk(at, "{}")) != NULL; at += 6)
    if (strncmp(at, "{task}", 6) != 0)
      return bs_error_set(err, BS_ERR_USAGE,
                          "\"%.200s\": braces stand only in {task}, which is the name that the "
                          "file gives",
                          name);
  return BS_OK;
}

static bs_status give_name(bs_task *task, const char *name, bs_error *err) {
  bs_error fault = {0};
  bs_status status = bs_task_name_check(name, &fault);
  if (status != BS_OK)
    return bs_error_set(err, status, "%s: %s", task->path, fault.message);
  if (name == NULL)
    return BS_OK;
  char *filled = bs_task_fill_in(name, task->name, err);
  if (filled == NULL)
    return BS_ERR_MEMORY;
  free(task->name);
  task->name = filled;
  return BS_OK;
}

bs_status bs_task_open(bs_task **out, const bs_task_spec *spec, bs_task_report report, void *user,
                       bs_error *err) {
  bs_error own = {0};
  bs_error *first = err != NULL ? err : &own;
  bs_status status = bs_task_load_as(out, spec->path, spec->format, report, user, first);
  if (status != BS_OK)
    return status;
  (*out)->human_average = spec->human_average;
  (*out)->human_best = spec->human_best;
  status = give_name(*out, spec->name, first);
  if (status == BS_OK && spec->variant != NULL)
    status = bs_task_apply_variant(*out, spec->variant, first);
  if (status == BS_OK)
    status = bs_task_add_metrics(*out, (const char *const *)spec->metrics, spec->n_metrics, first);
  if (status == BS_OK)
    return BS_OK;
  if (report != NULL)
    report(user, true, first->message);
  bs_task_free(out);
  return status;
}

static void write_metrics(bs_writer *w, const bs_task_spec *spec) {
  if (spec->n_metrics == 0)
    return;
  bs_writer_key(w, "metrics");
  bs_writer_begin_array(w);
  for (size_t i = 0; i < spec->n_metrics; i++)
    bs_writer_string(w, spec->metrics[i], strlen(spec->metrics[i]));
  bs_writer_end_array(w);
}

static void write_score(bs_writer *w, const char *key, double value) {
  if (!isfinite(value))
    return;
  bs_writer_key(w, key);
  bs_writer_number(w, value);
}

bs_status bs_task_spec_print(const bs_task_spec *spec, bs_text *json, bs_error *err) {
  bs_writer w = {.to = json};
  bs_writer_begin_object(&w);
  bs_writer_member(&w, "path", spec->path);
  bs_writer_member(&w, "format", bs_task_format_name(spec->format));
  if (spec->name != NULL)
    bs_writer_member(&w, "name", spec->name);
  if (spec->variant != NULL) {
    bs_writer_key(&w, "variant");
    bs_variant_write(&w, spec->variant, false);
  }
  write_metrics(&w, spec);
  write_score(&w, "human_average", spec->human_average);
  write_score(&w, "human_best", spec->human_best);
  bs_writer_key(&w, "shots");
  bs_writer_begin_array(&w);
  for (size_t i = 0; i < spec->n_shots; i++)
    bs_writer_integer(&w, spec->shots[i]);
  bs_writer_end_array(&w);
  bs_writer_end_object(&w);
  return bs_writer_status(&w, err);
}

static bs_status read_path(bs_task_spec *spec, const bs_json *json, bs_error *err) {
  bs_status status = bs_json_copy_text(json, json->root, "path", &spec->path, err);
  if (status == BS_OK && (spec->path == NULL || spec->path[0] == '\0'))
    status = bs_json_fault(json, json->root, err, "expected a \"path\"");
  return status;
}

static bs_status read_format(bs_task_spec *spec, const bs_json *json, bs_error *err) {
  const char *name = "auto";
  bs_error fault = {0};
  bs_status status = bs_json_get_string(json, json->root, "format", false, &name, err);
  if (status == BS_OK && bs_task_format_parse(&spec->format, name, &fault) != BS_OK)
    status = bs_json_fault(json, bs_json_get(json->root, "format"), err, "%s", fault.message);
  return status;
}

static bs_status read_name(bs_task_spec *spec, const bs_json *json, bs_error *err) {
  bs_error fault = {0};
  bs_status status = bs_json_copy_text(json, json->root, "name", &spec->name, err);
  if (status == BS_OK && bs_task_name_check(spec->name, &fault) != BS_OK)
    status = bs_json_fault(json, bs_json_get(json->root, "name"), err, "%s", fault.message);
  return status;
}

static bs_status read_score(double *to, const bs_json *json, const char *key, bs_error *err) {
  bs_status status = bs_json_get_double(json, json->root, key, false, to, err);
  if (status == BS_OK && isinf(*to))
    status = bs_json_fault(json, bs_json_get(json->root, key), err, "expected a finite number");
  return status;
}

static bs_status read_spec(bs_task_spec *spec, const bs_json *json, bs_error *err) {
  static const char *const known[] = {"path",    "format",  "name",          "shots",
                                      "variant", "metrics", "human_average", "human_best"};
  if (!cJSON_IsObject(json->root))
    return bs_json_fault(json, json->root, err, "expected an object");
  const cJSON *variant = bs_json_get(json->root, "variant");
  const cJSON *list = bs_json_get(json->root, "shots");
  bs_shots shots = {0};
  bs_status status = bs_json_known_keys(json, json->root, known, sizeof known / sizeof *known, err);
  if (status == BS_OK)
    status = read_path(spec, json, err);
  if (status == BS_OK)
    status = read_format(spec, json, err);
  if (status == BS_OK)
    status = read_name(spec, json, err);
  if (status == BS_OK)
    status = read_score(&spec->human_average, json, "human_average", err);
  if (status == BS_OK)
    status = read_score(&spec->human_best, json, "human_best", err);
  const cJSON *metrics = bs_json_get(json->root, "metrics");
  if (status == BS_OK && metrics != NULL)
    status = bs_metric_names_read(&spec->metrics, &spec->n_metrics, json, metrics, err);
  if (status == BS_OK && variant != NULL)
    status = bs_variant_read(&spec->variant, NULL, json, variant, NULL, err);
  if (status == BS_OK)
    status = bs_shots_read(&shots, json, list != NULL ? list : json->root, err);
  spec->shots = shots.list;
  spec->n_shots = shots.n;
  return status;
}

bs_status bs_task_spec_parse(bs_task_spec *out, const char *json_text, size_t n_bytes,
                             bs_error *err) {
  bs_json *json = NULL;
  *out = (bs_task_spec){.human_average = NAN, .human_best = NAN};
  bs_status status = bs_json_parse(&json, json_text, n_bytes, "task", err);
  if (status == BS_OK)
    status = read_spec(out, json, err);
  if (status != BS_OK)
    bs_task_spec_clear(out);
  bs_json_free(&json);
  return status;
}
