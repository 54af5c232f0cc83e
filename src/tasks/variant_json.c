/* Variants as JSON objects, in configurations and in messages. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tasks/variant_internal.h"
#include "tasks/wrap_internal.h"

enum {
  MAX_SHOTS = 1000,
  MAX_SAMPLES = 1000,
  MAX_NEW_TOKENS = 1 << 20,
  MAX_LENGTH = 1 << 24,
};

static const struct {
  const char *key;
  size_t offset;
} TEXTS[] = {
    {"task_prefix", offsetof(bs_variant, task_prefix)},
    {"example_input_prefix", offsetof(bs_variant, input_prefix)},
    {"example_output_prefix", offsetof(bs_variant, output_prefix)},
    {"choice_prefix", offsetof(bs_variant, choice_prefix)},
    {"few_shot_example_separator", offsetof(bs_variant, separator)},
    {"head", offsetof(bs_variant, head)},
    {"reasoning_prompt", offsetof(bs_variant, reasoning_prompt)},
    {"reasoning_stop", offsetof(bs_variant, reasoning_stop)},
    {"answer_prompt", offsetof(bs_variant, answer_prompt)},
    {"stop_string", offsetof(bs_variant, stop_string)},
    {"output_regex", offsetof(bs_variant, output_regex)},
};
enum { N_TEXTS = sizeof TEXTS / sizeof *TEXTS };

static const char *const OTHER_KEYS[] = {"append_choices_to_input",
                                         "answer",
                                         "samples",
                                         "temperature",
                                         "top_p",
                                         "max_length",
                                         "max_tokens",
                                         "wrap",
                                         "name",
                                         "shots"};
enum { N_OTHER_KEYS = sizeof OTHER_KEYS / sizeof *OTHER_KEYS };

static char **text_of(bs_variant *variant, size_t i) {
  return (char **)(void *)((char *)variant + TEXTS[i].offset);
}

static const char *const_text_of(const bs_variant *variant, size_t i) {
  return *(char *const *)(const void *)((const char *)variant + TEXTS[i].offset);
}

void bs_variant_free(bs_variant **handle) {
  bs_variant *variant = *handle;
  if (variant == NULL)
    return;
  for (size_t i = 0; i < N_TEXTS; i++)
    free(*text_of(variant, i));
  bs_wrap_free(&variant->wrap);
  free(variant->name);
  free(variant);
  *handle = NULL;
}

bs_status bs_variant_copy(bs_variant **out, const bs_variant *variant, bs_error *err) {
  bs_variant *copy = bs_array_new(1, sizeof *copy, err);
  *out = copy;
  if (copy == NULL)
    return BS_ERR_MEMORY;
  *copy = *variant;
  copy->name = NULL;
  copy->wrap = NULL;
  for (size_t i = 0; i < N_TEXTS; i++)
    *text_of(copy, i) = NULL;
  bs_status status = BS_OK;
  copy->name = bs_string_copy(variant->name, err);
  if (copy->name == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < N_TEXTS; i++)
    if (const_text_of(variant, i) != NULL &&
        (*text_of(copy, i) = bs_string_copy(const_text_of(variant, i), err)) == NULL)
      status = BS_ERR_MEMORY;
  if (status == BS_OK && variant->wrap != NULL)
    status = bs_wrap_copy(&copy->wrap, variant->wrap, err);
  if (status != BS_OK)
    bs_variant_free(out);
  return status;
}

static int by_number(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return left < right ? -1 : left > right;
}

bs_status bs_shots_read(bs_shots *out, const bs_json *json, const cJSON *list, bs_error *err) {
  *out = (bs_shots){0};
  int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
  if (n == 0)
    return bs_json_fault(json, list, err, "expected a list of numbers of shots, such as [0, 1]");
  bs_status status = BS_OK;
  bool seen[MAX_SHOTS + 1] = {false};
  uint32_t *shots = bs_array_new((size_t)n, sizeof *shots, err);
  if (shots == NULL)
    return BS_ERR_MEMORY;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(value >= 0 && value <= MAX_SHOTS) || value != trunc(value))
      status = bs_json_fault(json, item, err, "expected a whole number from 0 to %d", MAX_SHOTS);
    else if (seen[(size_t)value])
      status = bs_json_fault(json, item, err, "%.0f shots stand twice in the list", value);
    if (status != BS_OK)
      break;
    seen[(size_t)value] = true;
    shots[out->n++] = (uint32_t)value;
  }
  if (status == BS_OK) {
    qsort(shots, out->n, sizeof *shots, by_number);
    out->list = shots;
  } else {
    out->n = 0;
    free(shots);
  }
  return status;
}

static bs_status known_keys(const bs_json *json, const cJSON *object, bool has_name, bool has_shots,
                            bs_error *err) {
  const char *known[N_TEXTS + N_OTHER_KEYS];
  size_t n = 0;
  for (size_t i = 0; i < N_TEXTS; i++)
    known[n++] = TEXTS[i].key;
  for (size_t i = 0; i < N_OTHER_KEYS; i++)
    if ((has_name || strcmp(OTHER_KEYS[i], "name") != 0) &&
        (has_shots || strcmp(OTHER_KEYS[i], "shots") != 0))
      known[n++] = OTHER_KEYS[i];
  return bs_json_known_keys(json, object, known, n, err);
}

static bs_status read_answer(bs_variant *variant, const bs_json *json, const cJSON *object,
                             bs_error *err) {
  const char *answer = "choices";
  bs_status status = bs_json_get_string(json, object, "answer", false, &answer, err);
  if (status != BS_OK)
    return status;
  variant->generates_answer = strcmp(answer, "text") == 0;
  if (!variant->generates_answer && strcmp(answer, "choices") != 0)
    return bs_json_fault(json, bs_json_get(object, "answer"), err,
                         "expected \"choices\" or \"text\", found \"%s\"", answer);
  return BS_OK;
}

static bs_status read_numbers(bs_variant *variant, const bs_json *json, const cJSON *object,
                              bs_error *err) {
  int64_t samples = 0, max_length = 0, max_tokens = 0;
  double temperature = NAN, top_p = NAN;
  bool append_choices = false;
  const cJSON *append = bs_json_get(object, "append_choices_to_input");
  bs_status status =
      bs_json_get_integer(json, object, "samples", false, 1, MAX_SAMPLES, &samples, err);
  if (status == BS_OK)
    status =
        bs_json_get_integer(json, object, "max_length", false, 1, MAX_LENGTH, &max_length, err);
  if (status == BS_OK)
    status =
        bs_json_get_integer(json, object, "max_tokens", false, 1, MAX_NEW_TOKENS, &max_tokens, err);
  if (status == BS_OK)
    status = bs_json_get_double(json, object, "temperature", false, &temperature, err);
  if (status == BS_OK)
    status = bs_json_get_double(json, object, "top_p", false, &top_p, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, object, "append_choices_to_input", false, &append_choices, err);
  if (status == BS_OK && !isnan(top_p) && !(top_p > 0))
    status = bs_json_fault(json, bs_json_get(object, "top_p"), err,
                           "expected a number above 0 and at most 1, found %.17g", top_p);
  variant->n_samples = (size_t)samples;
  const cJSON *length = bs_json_get(object, "max_length");
  variant->max_length =
      length != NULL && cJSON_IsNull(length) ? BS_WHOLE_LENGTH : (size_t)max_length;
  variant->max_new_tokens = (size_t)max_tokens;
  variant->temperature = isnan(temperature) ? 0 : temperature;
  variant->top_p = isnan(top_p) ? 0 : top_p;
  variant->append_choices = append == NULL || cJSON_IsNull(append) ? -1 : append_choices;
  if (variant->n_samples == 1 && variant->temperature == 0) /* one, greedy */
    variant->n_samples = 0;
  return status;
}

/* Keys of the cut, of which null is none; of the other texts it is as if they were absent. */
static bool is_of_cut(size_t i) {
  return TEXTS[i].offset == offsetof(bs_variant, stop_string) ||
         TEXTS[i].offset == offsetof(bs_variant, output_regex);
}

static bs_status read_texts(bs_variant *variant, const bs_json *json, const cJSON *object,
                            bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < N_TEXTS; i++)
    if (is_of_cut(i) && cJSON_IsNull(bs_json_get(object, TEXTS[i].key)))
      status = (*text_of(variant, i) = bs_string_copy("", err)) != NULL ? BS_OK : BS_ERR_MEMORY;
    else
      status = bs_json_copy_text(json, object, TEXTS[i].key, text_of(variant, i), err);
  return status;
}

static bs_status read_name(bs_variant *variant, const bs_json *json, const cJSON *object,
                           const char *name, bs_error *err) {
  if (name == NULL) {
    bs_status status = bs_json_get_string(json, object, "name", true, &name, err);
    if (status != BS_OK)
      return status;
  }
  variant->name = bs_string_copy(name, err);
  return variant->name != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* A contradiction, at the key that it is seen from. */
static bs_status check(const bs_variant *variant, const bs_json *json, const cJSON *object,
                       bs_error *err) {
  bs_error fault = {0};
  const char *key = NULL;
  bs_status status = bs_variant_check(variant, &key, &fault);
  if (status == BS_OK)
    return BS_OK;
  if (status == BS_ERR_MEMORY)
    return bs_error_set(err, status, "%s", fault.message);
  const cJSON *member = key != NULL ? bs_json_get(object, key) : NULL;
  return bs_json_fault(json, member != NULL ? member : object, err, "%s", fault.message);
}

bs_status bs_variant_read(bs_variant **out, bs_shots *shots, const bs_json *json,
                          const cJSON *object, const char *name, bs_error *err) {
  *out = NULL;
  if (shots != NULL)
    *shots = (bs_shots){0};
  if (!cJSON_IsObject(object))
    return bs_json_fault(json, object, err, "expected a variant: an object");
  bs_variant *variant = bs_array_new(1, sizeof *variant, err);
  bs_status status = variant == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK)
    status = known_keys(json, object, name == NULL, shots != NULL, err);
  if (status == BS_OK)
    status = read_name(variant, json, object, name, err);
  if (status == BS_OK)
    status = read_texts(variant, json, object, err);
  if (status == BS_OK)
    status = read_numbers(variant, json, object, err);
  if (status == BS_OK)
    status = read_answer(variant, json, object, err);
  if (status == BS_OK)
    status = bs_wrap_read(&variant->wrap, json, object, err);
  if (status == BS_OK)
    status = check(variant, json, object, err);
  const cJSON *list = bs_json_get(object, "shots");
  if (status == BS_OK && shots != NULL && list != NULL && !cJSON_IsNull(list))
    status = bs_shots_read(shots, json, list, err);
  if (status != BS_OK)
    bs_variant_free(&variant);
  *out = variant;
  return status;
}

static void write_texts(bs_writer *w, const bs_variant *variant, bool is_content) {
  for (size_t i = 0; i < N_TEXTS; i++) {
    bool is_path = TEXTS[i].offset == offsetof(bs_variant, head);
    if (const_text_of(variant, i) != NULL && !(is_content && is_path))
      bs_writer_member(w, TEXTS[i].key, const_text_of(variant, i));
  }
}

static void write_numbers(bs_writer *w, const bs_variant *variant) {
  const struct {
    const char *key;
    double value;
  } numbers[] = {
      {"samples", (double)variant->n_samples},
      {"temperature", variant->temperature},
      {"top_p", variant->top_p},
      {"max_length", variant->max_length == BS_WHOLE_LENGTH ? 0 : (double)variant->max_length},
      {"max_tokens", (double)variant->max_new_tokens}};
  if (variant->max_length == BS_WHOLE_LENGTH) {
    bs_writer_key(w, "max_length");
    bs_writer_null(w);
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (numbers[i].value == 0)
      continue;
    bs_writer_key(w, numbers[i].key);
    bs_writer_number(w, numbers[i].value);
  }
}

void bs_variant_write(bs_writer *w, const bs_variant *variant, bool is_content) {
  bs_writer_begin_object(w);
  if (!is_content)
    bs_writer_member(w, "name", variant->name);
  write_texts(w, variant, is_content);
  if (variant->append_choices >= 0) {
    bs_writer_key(w, "append_choices_to_input");
    bs_writer_bool(w, variant->append_choices != 0);
  }
  if (variant->generates_answer)
    bs_writer_member(w, "answer", "text");
  if (variant->wrap != NULL) {
    bs_writer_key(w, "wrap");
    bs_wrap_write(w, variant->wrap, is_content);
  }
  write_numbers(w, variant);
  bs_writer_end_object(w);
}

bs_status bs_variant_parse(bs_variant **out, int64_t *first_shots, const char *text, size_t n_bytes,
                           const char *source, bs_error *err) {
  bs_json *json = NULL;
  bs_shots shots = {0};
  *out = NULL;
  bs_status status = bs_json_parse(&json, text, n_bytes, source, err);
  bool is_named = json != NULL && bs_json_get(json->root, "name") != NULL;
  if (status == BS_OK)
    status = bs_variant_read(out, &shots, json, json->root, is_named ? NULL : "variant", err);
  *first_shots = shots.n > 0 ? (int64_t)shots.list[0] : -1;
  free(shots.list);
  bs_json_free(&json);
  return status;
}
