/* The models of a configuration: their paths, attributes, and what their scale is taken from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/checkpoint.h"
#include "config/config_internal.h"
#include "config/series_internal.h"
#include "tasks/wrap_internal.h"

/* The whole numbers that doubles hold exactly. */
static const int64_t MAX_WHOLE = (int64_t)1 << 53;

/* An entry of the list, and the member of a series that is made of it. */
typedef struct model_entry {
  bs_config_reader *r;
  const cJSON *item;
  const bs_series *series;        /* NULL: one model */
  const bs_series_member *member; /* NULL: one model */
} model_entry;

void bs_config_model_clear(bs_model_spec *model) {
  char *texts[] = {model->name,  model->family, model->path,   model->given_path,
                   model->group, model->tuning, model->series, model->quantization};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    free(texts[i]);
  bs_wrap_free(&model->wrap);
}

/* The path of a model: the item itself, or its key "path". */
static bs_status read_given_path(bs_config_reader *r, const cJSON *item, char **path) {
  if (cJSON_IsObject(item))
    return bs_config_copy_string(r, item, "path", true, path);
  if (item->valuestring[0] == '\0' || strstr(item->valuestring, "\xC0\x80") != NULL)
    return bs_json_fault(r->json, item, r->err, "expected the path of a checkpoint");
  *path = bs_string_copy(item->valuestring, r->err);
  return *path != NULL ? BS_OK : BS_ERR_MEMORY;
}

static const cJSON *place_of_path(const cJSON *item) {
  return cJSON_IsObject(item) ? bs_json_get(item, "path") : item;
}

/* A model without a name has that of its folder. */
static bs_status name_by_folder(bs_config_reader *r, const cJSON *item, bs_model_spec *model) {
  bs_error fault = {0};
  model->name = bs_folder_name(model->path, &fault);
  if (model->name != NULL)
    return BS_OK;
  if (fault.status == BS_ERR_MEMORY)
    return bs_error_set(r->err, fault.status, "%s", fault.message);
  return bs_json_fault(r->json, place_of_path(item), r->err, "%s%s", fault.message,
                       fault.status == BS_ERR_INPUT ? ": give the model a \"name\"" : "");
}

/* A step of a training is FOLDER-STEP; of other series the file's name without ".gguf" tells. */
static bs_status name_by_member(const model_entry *e, bs_model_spec *model) {
  const bs_series_member *member = e->member;
  bs_text name = {0};
  size_t n = strlen(member->component);
  if (n > 5 && strcmp(member->component + n - 5, ".gguf") == 0)
    n -= 5;
  bs_status status = BS_OK;
  if (member->texts[BS_MARK_QUANTIZATION] == NULL)
    status = bs_text_printf(&name, e->r->err, "%s-", e->series->folder);
  if (status == BS_OK)
    status = bs_text_append(&name, member->component, n, e->r->err);
  model->name = name.data;
  return status;
}

/* Replaces the placeholders of a text that an entry gives. */
static bs_status fill_in(const model_entry *e, char **text) {
  if (e->member == NULL || *text == NULL)
    return BS_OK;
  char *filled = bs_series_fill_in(*text, e->member, e->r->err);
  free(*text);
  *text = filled;
  return filled != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status read_name(const model_entry *e, bs_model_spec *model) {
  bs_status status = bs_config_copy_string(e->r, e->item, "name", false, &model->name);
  if (status == BS_OK && model->name != NULL)
    return fill_in(e, &model->name);
  if (status == BS_OK)
    status = e->member != NULL ? name_by_member(e, model) : name_by_folder(e->r, e->item, model);
  return status;
}

/* One training is one family, named like the folder of its steps; else the sweep is the family. */
static bs_status read_family(const model_entry *e, bs_model_spec *model) {
  bs_status status = bs_config_copy_string(e->r, e->item, "family", false, &model->family);
  if (status != BS_OK || model->family != NULL)
    return status;
  bool is_training = e->member != NULL && e->member->texts[BS_MARK_QUANTIZATION] == NULL;
  model->family = bs_string_copy(is_training ? e->series->folder : e->r->config->name, e->r->err);
  return model->family != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status read_labels(const model_entry *e, bs_model_spec *model) {
  const struct {
    const char *key;
    char **to;
  } labels[] = {{"group", &model->group},
                {"tuning", &model->tuning},
                {"series", &model->series},
                {"quantization", &model->quantization}};
  bs_status status = BS_OK;
  for (size_t i = 0; i < sizeof labels / sizeof *labels && status == BS_OK; i++) {
    status = bs_config_copy_string(e->r, e->item, labels[i].key, false, labels[i].to);
    if (status == BS_OK)
      status = fill_in(e, labels[i].to);
  }
  if (status != BS_OK || e->member == NULL)
    return status;
  const char *quantization = e->member->texts[BS_MARK_QUANTIZATION];
  if (model->series == NULL &&
      (model->series =
           bs_string_copy(quantization != NULL ? "quantization" : "training", e->r->err)) == NULL)
    return BS_ERR_MEMORY;
  if (model->quantization == NULL && quantization != NULL &&
      (model->quantization = bs_string_copy(quantization, e->r->err)) == NULL)
    return BS_ERR_MEMORY;
  return BS_OK;
}

/* A finite number above 0, or of 0 too where it may be; *to stays where the key is absent. */
static bs_status read_number(const model_entry *e, const char *key, bool may_be_zero, double *to) {
  double value = NAN;
  bs_status status = bs_json_get_double(e->r->json, e->item, key, false, &value, e->r->err);
  if (status == BS_OK && !isnan(value) &&
      !((may_be_zero ? value >= 0 : value > 0) && isfinite(value)))
    status =
        bs_json_fault(e->r->json, bs_json_get(e->item, key), e->r->err,
                      may_be_zero ? "expected a number, 0 or more" : "expected a positive number");
  if (!isnan(value))
    *to = value;
  return status;
}

static bs_status read_numbers(const model_entry *e, bs_model_spec *model) {
  double per_step = NAN;
  int64_t seed = -1;
  if (e->member != NULL) {
    model->step = e->member->step;
    model->tokens = e->member->tokens;
  }
  bs_status status = read_number(e, "scale", false, &model->scale);
  if (status == BS_OK)
    status = read_number(e, "step", true, &model->step);
  if (status == BS_OK)
    status = read_number(e, "tokens_per_step", false, &per_step);
  if (status == BS_OK && !isnan(per_step) && isnan(model->step))
    status = bs_json_fault(e->r->json, bs_json_get(e->item, "tokens_per_step"), e->r->err,
                           "the model has no \"step\", and no {step} in its path");
  if (status == BS_OK && !isnan(per_step))
    model->tokens = per_step * model->step;
  if (status == BS_OK)
    status = read_number(e, "tokens", true, &model->tokens);
  if (status == BS_OK)
    status = read_number(e, "compute", true, &model->compute);
  if (status == BS_OK)
    status =
        bs_json_get_integer(e->r->json, e->item, "seed", false, 0, MAX_WHOLE, &seed, e->r->err);
  model->seed = seed >= 0 ? (double)seed : NAN;
  return status;
}

/* A value that every model of a series would have alike leaves it without an axis. */
static bs_status check_series_keys(const model_entry *e) {
  static const char *const keys[] = {"scale", "step", "tokens", "compute"};
  for (size_t i = 0; e->member != NULL && i < sizeof keys / sizeof *keys; i++) {
    const cJSON *given = bs_json_get(e->item, keys[i]);
    bool differs = i > 0 && e->member->texts[BS_MARK_QUANTIZATION] != NULL;
    if (given != NULL && !differs)
      return bs_json_fault(e->r->json, given, e->r->err,
                           "all steps of the series would have it: give \"tokens_per_step\", or "
                           "list the models one by one");
  }
  return BS_OK;
}

/* What the scale is: given, the configuration's axis, or that of the series. */
static bs_status choose_axis(const model_entry *e, bs_model_spec *model) {
  bool is_step = e->member != NULL && !isnan(model->step);
  bool is_quantized = e->member != NULL && e->member->texts[BS_MARK_QUANTIZATION] != NULL;
  model->axis = e->r->config->axis;
  if (!isnan(model->scale))
    model->axis = BS_AXIS_GIVEN;
  else if (model->axis == BS_AXIS_GIVEN)
    model->axis = is_quantized            ? BS_AXIS_WEIGHTS_BYTES
                  : e->member == NULL     ? BS_AXIS_PARAMETERS
                  : !isnan(model->tokens) ? BS_AXIS_TOKENS
                  : is_step               ? BS_AXIS_STEP
                                          : BS_AXIS_PARAMETERS;
  double value = model->axis == BS_AXIS_TOKENS                              ? model->tokens
                 : model->axis == BS_AXIS_STEP                              ? model->step
                 : model->axis == BS_AXIS_COMPUTE && !isnan(model->compute) ? model->compute
                 : model->axis == BS_AXIS_COMPUTE                           ? model->tokens
                                                                            : 1;
  const char *axis = bs_axis_name(model->axis);
  if (isnan(value))
    return bs_json_fault(e->r->json, e->item, e->r->err,
                         "the axis is \"%s\", but nothing tells it of \"%s\": give the model "
                         "\"tokens\"%s",
                         axis, model->given_path,
                         model->axis == BS_AXIS_COMPUTE ? " or \"compute\""
                         : model->axis == BS_AXIS_STEP  ? ", a \"step\" and another axis"
                                                        : " (or \"tokens_per_step\")");
  if (value == 0)
    return bs_json_fault(e->r->json, e->item, e->r->err,
                         "\"%s\" is at 0 of the axis \"%s\", which begins above 0: %s",
                         model->given_path, axis,
                         e->member != NULL ? "list the others under \"steps\""
                                           : "choose another \"axis\", or give it a \"scale\"");
  return BS_OK;
}

/* Results tell models apart by their names. */
static bs_status check_model_name(bs_config_reader *r, const cJSON *item,
                                  const bs_model_spec *model) {
  for (const bs_model_spec *other = r->config->models; other < model; other++)
    if (strcmp(other->name, model->name) == 0)
      return bs_json_fault(r->json, item, r->err,
                           "a second model with the name \"%s\": \"%s\" and \"%s\"; give one of "
                           "them another \"name\"",
                           model->name, other->given_path, model->given_path);
  return BS_OK;
}

/* A folder, which is looked into later, or a GGUF file. */
static bs_status check_place(bs_config_reader *r, const cJSON *item, const bs_model_spec *model) {
  bs_error fault = {0};
  if (bs_is_folder(model->path) || bs_checkpoint_check_folder(model->path, &fault) == BS_OK)
    return BS_OK;
  return bs_json_fault(r->json, item, r->err, "%s", fault.message);
}

/* Takes `given_path` over. */
static bs_status read_model(const model_entry *e, char *given_path, bs_model_spec *model) {
  bs_config_reader *r = e->r;
  model->given_path = given_path;
  model->scale = model->seed = model->step = model->tokens = model->compute = NAN;
  model->path = bs_path_join(r->folder, given_path, r->err);
  bs_status status = model->path != NULL ? check_series_keys(e) : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = read_name(e, model);
  if (status == BS_OK)
    status = read_family(e, model);
  if (status == BS_OK)
    status = read_labels(e, model);
  if (status == BS_OK)
    status = read_numbers(e, model);
  if (status == BS_OK && cJSON_IsObject(e->item))
    status = bs_wrap_read(&model->wrap, r->json, e->item, r->err);
  if (status == BS_OK)
    status = choose_axis(e, model);
  if (status == BS_OK)
    status = check_model_name(r, e->item, model);
  return status == BS_OK ? check_place(r, e->item, model) : status;
}

/* Room for n more models, which are empty. */
static bs_status make_room(bs_config *config, size_t n, bs_error *err) {
  bs_model_spec *grown = realloc(config->models, (config->n_models + n) * sizeof *grown);
  if (grown == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot keep %zu models", config->n_models + n);
  config->models = grown;
  memset(grown + config->n_models, 0, n * sizeof *grown);
  return BS_OK;
}

/* Whether the entry's "steps" ask for a step; without that key they ask for all. */
static bool is_wanted(const cJSON *steps, double step) {
  const cJSON *item;
  cJSON_ArrayForEach(item, steps) {
    if (item->valuedouble == step)
      return true;
  }
  return steps == NULL;
}

static bs_status check_steps(bs_config_reader *r, const cJSON *steps, const bs_series *series) {
  const cJSON *item;
  if (steps == NULL)
    return BS_OK;
  if (!cJSON_IsArray(steps) || steps->child == NULL)
    return bs_json_fault(r->json, steps, r->err, "expected a list of steps, such as [1000, 2000]");
  cJSON_ArrayForEach(item, steps) {
    size_t k = 0;
    if (!cJSON_IsNumber(item))
      return bs_json_fault(r->json, item, r->err, "expected a number");
    while (k < series->n && series->members[k].step != item->valuedouble)
      k++;
    if (k == series->n)
      return bs_json_fault(r->json, item, r->err,
                           "no step %.15g is there: of %zu the last is %.15g", item->valuedouble,
                           series->n, series->members[series->n - 1].step);
  }
  return BS_OK;
}

static bs_status read_series(bs_config_reader *r, const cJSON *item, const char *given) {
  bs_series series = {0};
  bs_error fault = {0};
  const cJSON *steps = bs_json_get(item, "steps");
  bs_status status = bs_series_expand(&series, r->folder, given, &fault);
  if (status != BS_OK)
    status = bs_json_fault(r->json, place_of_path(item), r->err, "%s", fault.message);
  if (status == BS_OK)
    status = check_steps(r, steps, &series);
  if (status == BS_OK)
    status = make_room(r->config, series.n, r->err);
  for (size_t i = 0; i < series.n && status == BS_OK; i++) {
    bs_series_member *member = &series.members[i];
    model_entry e = {r, item, &series, member};
    if (!is_wanted(steps, member->step))
      continue;
    char *path = member->given_path;
    member->given_path = NULL;
    status = read_model(&e, path, &r->config->models[r->config->n_models++]);
  }
  bs_series_free(&series);
  return status;
}

static bs_status read_entry(bs_config_reader *r, const cJSON *item) {
  bool is_object = cJSON_IsObject(item);
  char *given = NULL;
  if (!is_object && !cJSON_IsString(item))
    return bs_json_fault(r->json, item, r->err,
                         "expected a path, or an object with \"path\", and optionally \"name\", "
                         "\"family\", \"scale\" and \"seed\"");
  bs_status status = is_object
                         ? BS_KNOWN_KEYS(r, item, "name", "family", "path", "scale", "seed", "step",
                                         "tokens", "tokens_per_step", "compute", "group", "tuning",
                                         "series", "quantization", "steps", "wrap")
                         : BS_OK;
  if (status == BS_OK)
    status = read_given_path(r, item, &given);
  if (status == BS_OK && bs_path_is_series(given)) {
    status = read_series(r, item, given);
    free(given);
    return status;
  }
  if (status == BS_OK && bs_json_get(item, "steps") != NULL)
    status = bs_json_fault(r->json, bs_json_get(item, "steps"), r->err,
                           "the path has no {step}, so there is nothing to choose from");
  if (status == BS_OK)
    status = make_room(r->config, 1, r->err);
  if (status != BS_OK) {
    free(given);
    return status;
  }
  model_entry e = {.r = r, .item = item};
  return read_model(&e, given, &r->config->models[r->config->n_models++]);
}

bs_status bs_config_read_models(bs_config_reader *r) {
  const cJSON *list = bs_json_get(r->json->root, "models"), *item;
  bs_status status = BS_OK;
  if (list == NULL)
    return bs_json_fault(r->json, r->json->root, r->err,
                         "key \"models\" is missing, expected a list");
  if (!cJSON_IsArray(list) || list->child == NULL)
    return bs_json_fault(r->json, list, r->err, "expected a list with at least one element");
  cJSON_ArrayForEach(item, list) {
    if (status == BS_OK)
      status = read_entry(r, item);
  }
  return status;
}
