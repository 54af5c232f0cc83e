/* One example in memory. */
#ifndef BIGSWEEP_TASKS_EXAMPLE_INTERNAL_H
#define BIGSWEEP_TASKS_EXAMPLE_INTERNAL_H

#include "bigsweep/task.h"

/* Adds one choice, or one accepted answer; the text is copied. */
bs_status bs_example_add_choice(bs_example *example, const char *text, double score,
                                bs_choice_role role, bs_error *err);
bs_status bs_example_add_target(bs_example *example, const char *text, bs_error *err);
/* Frees what the example owns. */
void bs_example_clear(bs_example *example);

#endif
