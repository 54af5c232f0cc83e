/* The configuration of a sweep (JSON). */
#ifndef BIGSWEEP_CONFIG_H
#define BIGSWEEP_CONFIG_H

#include <stdbool.h>

#include "bigsweep/engine.h"
#include "bigsweep/error.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/task.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a model's scale is taken from. */
typedef enum bs_axis {
  BS_AXIS_GIVEN, /* the configuration gives it; of a whole configuration: each model's own default
                  */
  BS_AXIS_PARAMETERS,
  BS_AXIS_ACTIVE, /* parameters that each token meets */
  BS_AXIS_NON_EMBEDDING,
  BS_AXIS_TOKENS,
  BS_AXIS_COMPUTE,
  BS_AXIS_STEP,
  BS_AXIS_WEIGHTS_BYTES
} bs_axis;
BS_API const char *bs_axis_name(bs_axis axis);
/* BS_ERR_USAGE lists the axes. */
BS_API bs_status bs_axis_parse(bs_axis *axis, const char *name, bs_error *err);

typedef struct bs_model_spec {
  char *name, *family;
  char *path;       /* resolved against the configuration's folder */
  char *given_path; /* as the configuration has it: what the results say */
  double scale;     /* NaN: that of its axis */
  bs_axis axis;
  double seed;         /* of its training: repeats of one model differ in it; NaN: not given */
  double step, tokens; /* of its training; NaN: not given */
  double compute;      /* of its training, in FLOPs; NaN: not given */
  char *group, *tuning, *series, *quantization; /* NULL: not given */
  bs_wrap *wrap; /* around prompts of tasks whose variant has none; NULL: none */
} bs_model_spec;

/* What was found of a suite. */
typedef struct bs_suite_found {
  char *name, *folder;
  size_t n_wanted; /* names that it lists; 0: it takes all that it finds */
  size_t n_found;
  char **missing; /* names, or what is wrong with a file */
  size_t n_missing;
} bs_suite_found;

/* Scores of people on a task, in its preferred metric's unit. */
typedef struct bs_baseline {
  char *task;           /* its name without a variant, or the part of it behind the last ":" */
  char *file;           /* the file that it was read from */
  double average, best; /* NaN: not given */
  size_t first,
      end; /* of bs_config.tasks that it is meant for; later entries override earlier ones */
} bs_baseline;

typedef struct bs_config {
  char *name;
  char *path;   /* of the file */
  char *json;   /* its text */
  char *output; /* resolved; NULL: none given */
  bs_model_spec *models;
  size_t n_models;
  bs_task_spec *tasks; /* in the order of the list, globs expanded and sorted; a task's variants
                          together. Names are as given; whether two tasks have the same name is
                          checked when they are opened */
  size_t n_tasks;
  bs_suite_found *suites; /* of the list, in its order */
  size_t n_suites;
  bs_baseline *baselines;
  size_t n_baselines;
  size_t max_examples; /* 0: all */
  bs_protocol protocol;
  int threads;  /* per worker; 0: OpenMP's default */
  bs_axis axis; /* of all models without a scale; BS_AXIS_GIVEN: each has its default */
  bs_isa isa;   /* the instruction set of all ranks; AUTO: the best that all have */
} bs_config;

/* Reads and checks a configuration: unknown keys (nearest known one suggested), repeated keys,
   wrong types, missing keys, a glob without a match, a suite without any task, variants
   that contradict themselves, repeated model names, and one task given twice under one name with
   different settings are BS_ERR_USAGE with the file and the key. (Given twice with the same
   settings it is taken once.) Task files are not read, except for lists of subtasks and for suites
   by keyword. */
BS_API bs_status bs_config_load(bs_config **out, const char *path, bs_error *err);
/* The same from text, as if it stood in the file `path`. */
BS_API bs_status bs_config_parse(bs_config **out, const char *json, size_t n_bytes,
                                 const char *path, bs_error *err);
BS_API void bs_config_free(bs_config **config);

#ifdef __cplusplus
}
#endif

#endif
