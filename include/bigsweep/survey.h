/* What folders hold: models, tasks, and a configuration made of them. Of models headers alone are
   read. What cannot be used is listed with its reason. */
#ifndef BIGSWEEP_SURVEY_H
#define BIGSWEEP_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A model that was found. Strings are owned by the survey; NULL: none. */
typedef struct bs_survey_model {
  char *path;        /* of the folder or GGUF file; begins with the folder that was given */
  char *fault;       /* why it cannot be used; NULL: it can */
  char *name;        /* of its folder or file; of the Hub's cache that of the model */
  char *family;      /* the name without what tells its size and seed */
  char *tuning;      /* "instruct", where a part of the name says so */
  char *series_path; /* with a placeholder, where it is a step of a training or a quantization of
                        which there are several */
  double step;       /* of a training; NaN: not in its name */
  double seed;       /* of a training; NaN: not in its name */
  char *architecture;
  const char *type; /* of the largest share of its weights */
  uint64_t parameters, active_parameters, weights_bytes;
} bs_survey_model;

typedef struct bs_survey_models {
  bs_survey_model *list; /* by family, parameters, step and name; what cannot be used at the end */
  size_t n, n_usable;
} bs_survey_models;

/* Looks into folders and all folders in them for folders with config.json, GGUF files and models in
   a cache of the Hugging Face Hub. A folder that is a model is not looked into. BS_ERR_USAGE where
   a path is not there. */
BS_API bs_status bs_survey_models_find(bs_survey_models *out, const char *const *paths, size_t n,
                                       bs_error *err);
BS_API void bs_survey_models_free(bs_survey_models *models);

/* A task that was found. */
typedef struct bs_survey_task {
  char *path; /* of its file; begins with the folder that was given */
  char *fault;
  char *name;
  const char *kind; /* "choices", "text" (generated) or "both" */
  size_t n_examples, n_shown;
  size_t n_unmatched; /* examples of which no accepted answer can ever match */
  char *preferred;    /* metric */
  char *metrics;      /* all that are computed, with ", " between them */
  char *keywords;     /* the same of keywords */
  char *languages;    /* "English", or what keywords, name and description tell of others */
} bs_survey_task;

typedef struct bs_survey_tasks {
  bs_survey_task *list; /* by path; what cannot be used at the end */
  size_t n, n_usable;
} bs_survey_tasks;

/* Looks into folders and all folders in them for folders with a task.json and for .json, .jsonl and
   .csv files. A folder with a task.json is not looked into: it stands for its task or subtasks.
   MMLU's files of shots are no tasks. BS_ERR_USAGE where a path is not there. */
BS_API bs_status bs_survey_tasks_find(bs_survey_tasks *out, const char *const *paths, size_t n,
                                      bs_error *err);
BS_API void bs_survey_tasks_free(bs_survey_tasks *tasks);

/* Appends the list "models" of a configuration, a model a line: usable ones alone, with names that
   differ. `base` is put before relative paths; NULL: nothing. */
BS_API bs_status bs_survey_print_models(const bs_survey_models *models, const char *base,
                                        bs_text *json, bs_error *err);
/* Appends a whole configuration, which bs_config_parse accepts, of usable models and tasks. A task
   whose name an earlier one has is left out and given to `note` (optional). BS_ERR_INPUT where no
   model or no task is usable. */
typedef void (*bs_survey_note)(void *user, const char *message);
BS_API bs_status bs_survey_print_config(const bs_survey_models *models,
                                        const bs_survey_tasks *tasks, const char *name,
                                        const char *base, bs_survey_note note, void *user,
                                        bs_text *json, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
