/* What the tests of variants share: a task with choices, and tasks and variants from JSON. */
#ifndef BIGSWEEP_TESTS_TASKS_VARYING_H
#define BIGSWEEP_TESTS_TASKS_VARYING_H

#include "bigsweep/task.h"
#include "harness.h"

/* Four examples with choices, as BIG-bench JSON. */
extern const char CHOICES[];

bs_task *parse(const char *json);
/* A variant from JSON; its error in `err`. */
bs_status read_variant(bs_variant **variant, const char *json_text, bs_error *err);
bs_variant *variant_of(const char *json);
/* The task with the variant. */
bs_task *with(const char *task_json, const char *variant_json);

#endif
