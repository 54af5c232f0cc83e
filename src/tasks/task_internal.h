/* What the parts of the task loader share. */
#ifndef BIGSWEEP_TASKS_TASK_INTERNAL_H
#define BIGSWEEP_TASKS_TASK_INTERNAL_H

#include "bigsweep/json.h"
#include "bigsweep/task.h"
#include "tasks/findings_internal.h"
#include "tasks/source_internal.h"

/* What stands for an absent field in BIG-bench. */
enum { BS_DEFAULT_MAX_LENGTH = 128 };
#define BS_DEFAULT_INPUT_PREFIX "\nQ: "
#define BS_DEFAULT_OUTPUT_PREFIX "\nA: "
#define BS_DEFAULT_CHOICE_PREFIX "\n  choice: "
#define BS_DEFAULT_SEPARATOR "\n"
#define BS_DEFAULT_OUTPUT_REGEX "[^\\.\\?\\!\\;\\n]+"

/* The last of members[n] with this key, or NULL. A JSON null is as good as absent. */
const bs_member *bs_member_find(const bs_member *members, size_t n, const char *key);

/* A copy of the string in a member; a finding and NULL when it is none or holds U+0000. The status
   is an error only when memory is short. */
bs_status bs_member_string(const bs_member *member, bs_place place, bs_findings *findings,
                           char **out, bs_error *err);
/* The cluster that a string or number names; 0 for NULL. */
bs_status bs_member_cluster(const bs_member *member, bs_place place, bs_findings *findings,
                            uint64_t *cluster, bs_error *err);

/* Warns of known keys that stand twice in members[n] and adds the others to `unknown`. */
bs_status bs_members_note(const bs_member *members, size_t n, const char *const *known,
                          size_t n_known, const char *prefix, bs_place place, bs_findings *findings,
                          bs_unknown *unknown, bs_error *err);
/* "a string", "a number", … */
const char *bs_node_kind(const cJSON *node);
/* A finite number, or a boolean; else a finding and false. */
bool bs_member_score(const bs_member *member, bs_place place, bs_findings *findings, double *score);

/* PARENT:NAME for the task of .../PARENT/NAME/task.json where .../PARENT/task.json names it. */
bs_status bs_task_name_after_parent(bs_task *task, bs_error *err);

/* Everything of the file but its examples. `members` are those of the root. */
bs_status bs_task_read_fields(bs_task *task, const bs_member *members, size_t n,
                              bs_findings *findings, bs_unknown *unknown, bs_error *err);
/* The examples; equal ones once. */
bs_status bs_task_read_examples(bs_task *task, const bs_member *list, bs_findings *findings,
                                bs_unknown *unknown, bs_error *err);
/* Choices from an object of choices and scores; accepted answers from one or a list of them. */
bs_status bs_example_read_scores(bs_example *example, const bs_member *member, bs_place place,
                                 bs_findings *findings, bs_error *err);
bs_status bs_example_read_targets(bs_example *example, const bs_member *member, bs_place place,
                                  bs_findings *findings, bs_error *err);
/* What the examples have, any of them. */
bs_answer_kinds bs_task_answer_kinds(const bs_task *task);

/* Checks that need both: metrics and what the examples have. */
bs_status bs_task_settle_metrics(bs_task *task, const bs_member *members, size_t n,
                                 bs_findings *findings, bs_error *err);

#endif
