/* What is found wrong or odd in a task file: faults, warnings and unknown names. */
#ifndef BIGSWEEP_TASKS_FINDINGS_INTERNAL_H
#define BIGSWEEP_TASKS_FINDINGS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/error.h"
#include "bigsweep/task.h"

/* Where a finding lies: $ (field NULL), field, field.key, examples[i], examples[i].field or
   examples[i].field.key. */
typedef struct bs_place {
  size_t line;
  bool in_example;
  size_t example; /* as the file counts them */
  const char *field, *key;
} bs_place;

/* Takes the findings of one file: all go to the report, the first fault to `err`. */
typedef struct bs_findings {
  const char *file;
  bs_task_report report;
  void *user;
  bs_error *err;
  size_t n_faults;
} bs_findings;

void bs_finding_fault(bs_findings *findings, bs_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bs_finding_warning(bs_findings *findings, bs_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A fault whose message says where it lies. */
void bs_finding_pass(bs_findings *findings, const bs_error *fault);

/* A fault for each of texts[n] that stands there twice; `what` they are in the message. */
bs_status bs_finding_repeated(bs_findings *findings, bs_place place, const char *what,
                              const char *const *texts, size_t n, bs_error *err);

/* Names that the loader does not know, each once, for one warning. */
typedef struct bs_unknown {
  char **names;
  size_t n, capacity;
  bool overflow; /* more than are listed */
} bs_unknown;

bs_status bs_unknown_add(bs_unknown *unknown, const char *prefix, const char *name, bs_error *err);
/* The warning, when there are any. */
bs_status bs_unknown_report(bs_unknown *unknown, const char *what, bs_findings *findings,
                            bs_error *err);
void bs_unknown_free(bs_unknown *unknown);

#endif
