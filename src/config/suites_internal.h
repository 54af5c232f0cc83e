/* Suites: lists of tasks that are given by one name. */
#ifndef BIGSWEEP_CONFIG_SUITES_INTERNAL_H
#define BIGSWEEP_CONFIG_SUITES_INTERNAL_H

#include "config/config_internal.h"

/* How a suite finds its tasks. */
typedef enum bs_suite_kind {
  BS_SUITE_LISTED,     /* by their names */
  BS_SUITE_ALL,        /* every folder with a task.json */
  BS_SUITE_BY_KEYWORD, /* those of them with a keyword */
  BS_SUITE_BY_LANGUAGE /* those of them in a language */
} bs_suite_kind;

typedef struct bs_suite {
  const char *name; /* of those by keyword or language: what stands before the colon */
  bs_suite_kind kind;
  bs_task_format format;
  const char *parent;         /* tasks are named PARENT:TASK; NULL: as their files say */
  const char *const *layouts; /* where the file of {task} lies, NULL at the end */
  const char *const *tasks;   /* "a|b": either name; NULL at the end */
} bs_suite;

enum { BS_N_SUITES = 6 };
extern const bs_suite bs_suites[BS_N_SUITES];

#endif
