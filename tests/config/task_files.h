/* What the tests of configurations share: files of tasks, and configurations beside them. */
#ifndef BIGSWEEP_TESTS_CONFIG_TASK_FILES_H
#define BIGSWEEP_TESTS_CONFIG_TASK_FILES_H

#include "bigsweep/config.h"

/* The models of a configuration; and one with a single entry of tasks, given as its members. */
#define MODELS "\"models\": [{\"path\": \"m\"}]"
#define TASK(...) "{" MODELS ", \"tasks\": [{" __VA_ARGS__ "}]}"

/* A model's folder, and tasks: b/emoji_movie, b/logical_deduction with two subtasks, b/deep/nested,
   b/misconceptions_russian, b/russian_roulette; h/logical_deduction, whose list of subtasks is
   broken. */
void lay_out_files(void);

/* Reads a configuration that lies beside these files. */
bs_status parse(bs_config **config, const char *json, bs_error *err);
/* The same, failing the test when it is refused. */
bs_config *config_of(const char *json);

/* Checks that a task's file is `path` of the test's folder. */
void check_path(const bs_task_spec *spec, const char *path);

#endif
