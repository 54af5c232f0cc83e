/* Models in folders: found by their files, then described from their headers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/tokenizer.h"
#include "checkpoint/files_internal.h"
#include "checkpoint/hub_cache_internal.h"
#include "survey/survey_internal.h"

/* The models found so far. */
typedef struct finds {
  bs_survey_model *list;
  size_t n, capacity;
} finds;

static void clear(bs_survey_model *model) {
  char *texts[] = {model->path,   model->fault,       model->name,        model->family,
                   model->tuning, model->series_path, model->architecture};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    free(texts[i]);
}

void bs_survey_models_free(bs_survey_models *models) {
  for (size_t i = 0; i < models->n; i++)
    clear(&models->list[i]);
  free(models->list);
  *models = (bs_survey_models){0};
}

/* Takes `name` over; NULL is an allocation that failed. */
static bs_status add(finds *f, const char *path, char *name, const char *fault, bs_error *err) {
  bs_survey_model model = {.name = name, .step = NAN, .seed = NAN};
  bs_status status =
      name != NULL ? bs_reserve(&f->list, &f->capacity, f->n, 1, err) : BS_ERR_MEMORY;
  if (status == BS_OK && (model.path = bs_string_copy(path, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK && fault != NULL && (model.fault = bs_string_copy(fault, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    f->list[f->n++] = model;
  else
    clear(&model);
  return status;
}

/* The name of the folder around a path. */
static char *around(const char *path, bs_error *err) {
  char *folder = bs_path_folder(path, err);
  bs_error fault = {0};
  char *name = folder != NULL ? bs_folder_name(folder, &fault) : NULL;
  if (folder != NULL && name == NULL)
    name = bs_string_copy("models", err);
  free(folder);
  return name;
}

/* "pythia-70m-step1000" of pythia-70m/step1000, "s1-3k" of s1/3k, else the folder's own name. */
static char *name_of_folder(const char *folder, bs_error *err) {
  char *own = bs_folder_name(folder, err), *before = around(folder, err);
  bs_text name = {0};
  double step;
  bs_status status = own != NULL && before != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK && (bs_model_name_step(own, &step) > 0 || strspn(own, "0123456789.") > 0))
    status = bs_text_printf(&name, err, "%s-", before);
  if (status == BS_OK)
    status = bs_text_append_string(&name, own, err);
  free(own);
  free(before);
  if (status == BS_OK)
    return name.data;
  bs_text_free(&name);
  return NULL;
}

/* "models--ORG--NAME" is NAME. */
static const char *name_in_cache(const char *folder) {
  const char *name = bs_path_name(folder), *next;
  while ((next = strstr(name, "--")) != NULL)
    name = next + 2;
  return name;
}

/* A folder of the Hub's cache stands for one revision of a model. */
static bs_status add_cached(finds *f, const char *folder, bs_error *err) {
  char *snapshot = bs_hub_snapshot(folder);
  bs_status status = BS_OK;
  if (snapshot != NULL)
    status = add(f, snapshot, bs_string_copy(name_in_cache(folder), err), NULL, err);
  free(snapshot);
  return status;
}

/* "-00002-of-00003.gguf" and others behind the first, which stands for all. */
static bool is_later_split(const char *name) {
  size_t n = strlen(name);
  const char *end = n > 20 ? name + n - 20 : "";
  return strncmp(end, "-0", 2) == 0 && strncmp(end + 6, "-of-", 4) == 0 &&
         strncmp(end, "-00001", 6) != 0;
}

static bs_status add_gguf(finds *f, const char *path, bs_error *err) {
  const char *name = bs_path_name(path);
  size_t n = strlen(name) - strlen(".gguf");
  if (is_later_split(name))
    return BS_OK;
  if (n > 15 && strncmp(name + n - 15, "-00001-of-", 10) == 0)
    n -= 15;
  /* What every converter calls its file says nothing. */
  bool is_plain = (n == 5 && strncmp(name, "model", n) == 0) ||
                  (n == 10 && strncmp(name, "ggml-model", n) == 0);
  return add(f, path, is_plain ? around(path, err) : bs_string_new(name, n, err), NULL, err);
}

static bs_status visit(void *user, const char *folder, const bs_name_list *names, bool *deeper,
                       bs_error *err) {
  finds *f = user;
  bs_status status = BS_OK;
  if (strncmp(bs_path_name(folder), "models--", 8) == 0 && bs_name_list_has(names, "snapshots")) {
    *deeper = false;
    return add_cached(f, folder, err);
  }
  if (bs_name_list_has(names, "config.json") || bs_name_list_has(names, "adapter_config.json") ||
      bs_name_list_has(names, "params.json")) {
    *deeper = false;
    status = add(f, folder, name_of_folder(folder, err), NULL, err);
  }
  for (size_t i = 0; status == BS_OK && i < names->n; i++) {
    if (!bs_ends_with(names->names[i], ".gguf"))
      continue;
    char *path = bs_path_join(folder, names->names[i], err);
    status = path != NULL ? add_gguf(f, path, err) : BS_ERR_MEMORY;
    free(path);
  }
  return status;
}

static bs_status refuse(void *user, const char *folder, const char *reason, bs_error *err) {
  return add(user, folder, name_of_folder(folder, err), reason, err);
}

static bs_status find_in(finds *f, const char *path, bs_error *err) {
  const bs_walk walk = {.visit = visit, .refuse = refuse, .user = f};
  if (!bs_file_exists(path))
    return bs_error_set(err, BS_ERR_USAGE, "no such folder: %s%s", path, bs_path_hint(path));
  if (bs_is_folder(path))
    return bs_walk_folders(path, &walk, err);
  return bs_ends_with(path, ".gguf")
             ? add_gguf(f, path, err)
             : bs_error_set(err, BS_ERR_USAGE, "%s: expected a folder or a GGUF file", path);
}

/* Its headers and its tokenizer: what a sweep needs. */
static bs_status open_and_read(bs_survey_model *model, bs_error *err) {
  bs_checkpoint *checkpoint = NULL;
  bs_tokenizer *tokenizer = NULL;
  bs_model_info info;
  bs_status status = bs_checkpoint_open(&checkpoint, model->path, err);
  if (status == BS_OK) {
    bs_checkpoint_info(checkpoint, &info);
    model->parameters = info.parameters;
    model->active_parameters = info.active_parameters;
    model->weights_bytes = info.weights_bytes;
    model->type = bs_dtype_name(info.weights_dtype);
    model->architecture = bs_string_copy(info.architecture, err);
    status = model->architecture != NULL ? bs_tokenizer_open(&tokenizer, model->path, err)
                                         : BS_ERR_MEMORY;
  }
  if (status == BS_OK)
    status = bs_tokenizer_check_fits(tokenizer, info.vocab_size, err);
  bs_tokenizer_free(&tokenizer);
  bs_checkpoint_free(&checkpoint);
  return status;
}

/* What cannot be used has a fault from now on; only a lack of memory is an error. */
static bs_status look_at(bs_survey_model *model) {
  bs_error fault = {0};
  bs_status status = model->fault != NULL ? BS_OK : open_and_read(model, &fault);
  if (status != BS_OK && status != BS_ERR_MEMORY) {
    model->fault = bs_string_copy(fault.message, NULL);
    status = model->fault != NULL ? BS_OK : BS_ERR_MEMORY;
  }
  bs_error_clear(&fault);
  char *folder = around(model->path, NULL);
  if (status == BS_OK)
    status = folder != NULL ? bs_model_name_read(model, folder, NULL) : BS_ERR_MEMORY;
  free(folder);
  return status;
}

static bs_status look_at_all(finds *f, bs_error *err) {
  bool is_short = false;
#pragma omp parallel for schedule(dynamic) reduction(|| : is_short)
  for (size_t i = 0; i < f->n; i++)
    is_short = look_at(&f->list[i]) != BS_OK || is_short;
  return is_short ? bs_error_set(err, BS_ERR_MEMORY, "cannot describe %zu models", f->n) : BS_OK;
}

/* The path with a placeholder that takes the model in, where it is one of a series. */
static bs_status series_of(bs_survey_model *model, char **series, bs_error *err) {
  const char *name = bs_path_name(model->path);
  size_t n_folder = (size_t)(name - model->path), n = bs_model_name_step(name, &model->step);
  bs_text text = {0};
  bs_status status = BS_OK;
  if (n > 0)
    status = bs_text_printf(&text, err, "%.*s{step}", (int)(n_folder + n), model->path);
  else if (bs_ends_with(name, ".gguf") && !bs_ends_with(name, "-of-00001.gguf") &&
           (n = bs_model_name_stem(model->name)) > 0 && strlen(model->name) + 5 == strlen(name))
    status =
        bs_text_printf(&text, err, "%.*s{quantization}.gguf", (int)(n_folder + n), model->path);
  *series = text.data;
  return status;
}

/* Two or more usable models under one pattern are a series. Of quantizations all must be usable:
   the pattern takes in every file. */
static bs_status find_series(bs_survey_models *models, bs_error *err) {
  bs_status status = BS_OK;
  char **series = bs_array_new(models->n, sizeof *series, err);
  if (series == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < models->n; i++)
    status = series_of(&models->list[i], &series[i], err);
  for (size_t i = 0; status == BS_OK && i < models->n_usable; i++) {
    size_t n = 0;
    bool is_whole = true;
    for (size_t k = 0; series[i] != NULL && k < models->n; k++) {
      bool is_same = series[k] != NULL && strcmp(series[i], series[k]) == 0;
      n += is_same && k < models->n_usable;
      is_whole = is_whole && !(is_same && k >= models->n_usable);
    }
    if (n > 1 && (is_whole || !isnan(models->list[i].step)) &&
        (models->list[i].series_path = bs_string_copy(series[i], err)) == NULL)
      status = BS_ERR_MEMORY;
  }
  for (size_t i = 0; i < models->n; i++)
    free(series[i]);
  free(series);
  return status;
}

static int compare(const void *left, const void *right) {
  const bs_survey_model *a = left, *b = right;
  int order = (a->fault != NULL) - (b->fault != NULL);
  order = order != 0 || a->fault != NULL ? order : strcmp(a->family, b->family);
  if (order == 0 && a->fault == NULL)
    order = (a->parameters > b->parameters) - (a->parameters < b->parameters);
  if (order == 0)
    order = (a->step > b->step) - (a->step < b->step);
  return order != 0 ? order : strcmp(a->path, b->path);
}

bs_status bs_survey_models_find(bs_survey_models *out, const char *const *paths, size_t n,
                                bs_error *err) {
  finds f = {0};
  bs_status status = BS_OK;
  *out = (bs_survey_models){0};
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = find_in(&f, paths[i], err);
  if (status == BS_OK)
    status = look_at_all(&f, err);
  *out = (bs_survey_models){.list = f.list, .n = f.n};
  if (status == BS_OK && f.n > 0) {
    qsort(f.list, f.n, sizeof *f.list, compare);
    out->n_usable = 0;
    while (out->n_usable < f.n && f.list[out->n_usable].fault == NULL)
      out->n_usable++;
    status = find_series(out, err);
  }
  if (status != BS_OK)
    bs_survey_models_free(out);
  return status;
}
