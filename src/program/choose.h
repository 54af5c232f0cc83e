/* Models, tasks, numbers of shots and the axis that the command line names, among those of some
   results. */
#ifndef BIGSWEEP_PROGRAM_CHOOSE_H
#define BIGSWEEP_PROGRAM_CHOOSE_H

#include "bigsweep/config.h"
#include "bigsweep/tables.h"
#include "program/options.h"

/* What is named; {0}: everything. Free with chosen_free. */
typedef struct chosen {
  bool *models, *tasks; /* of the tables; NULL: all */
  uint32_t *shots;      /* [n_shots]; NULL: all */
  size_t n_shots;
} chosen;
void chosen_free(chosen *of);

/* BS_ERR_USAGE for a name that no model or no task has, with a near one or all of a few. */
bs_status choose(chosen *out, const bs_tables *tables, const text_list *models,
                 const text_list *tasks, const text_list *shots, bs_error *err);
bs_selection chosen_selection(const chosen *of);

/* Numbers of shots; `shots` has room for texts->n. */
bs_status read_shots(const text_list *texts, uint32_t *shots, bs_error *err);

/* Of the option --axis. */
#define AXIS_HELP                                                                                  \
  "put the models in order of parameters, active (parameters), non_embedding (parameters), "       \
  "tokens, "                                                                                       \
  "compute or step (of their training), whatever the results have; nothing is written then"
/* `name`: what the option says; NULL: the axis that the results have (BS_AXIS_GIVEN). `scores`: the
   table that is given instead of results, if any: its scale cannot be changed (BS_ERR_USAGE). */
bs_status read_axis(const char *name, const char *scores, bs_axis *axis, bs_error *err);

#endif
