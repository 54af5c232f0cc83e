/* What metrics see of the stored records: one group after the other of examples of one model, task
   and number of shots, which are neighbours since the examples stand sorted. */
#ifndef BIGSWEEP_ANALYSIS_OUTCOMES_INTERNAL_H
#define BIGSWEEP_ANALYSIS_OUTCOMES_INTERNAL_H

#include "analysis/analysis_internal.h"
#include "bigsweep/buffer.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "bigsweep/tables.h"

/* What an example's samples came to. Where there was a vote the record of its share tells; it was
   one of choices where no log-probability of the right one is known. */
typedef struct bs_vote_again {
  bool of_texts, of_choices;
  size_t text_winner, choice_winner; /* numbers of samples */
  double share;                      /* as the evaluator keeps it; NaN: neither */
} bs_vote_again;

typedef struct bs_outcomes {
  const bs_tables *results;
  size_t first, n;      /* the group's examples */
  bs_outcome *all;      /* [n], once bs_outcomes_fill has been called for the group */
  bs_vote_again *votes; /* [n], the same */
  bool is_filled;

  /* The rest is the file's own. Arrays are used again for the next group. */
  const char **target_texts, **choice_texts;
  uint32_t *roles;                          /* of the choice texts */
  size_t *first_target, *first_choice_text; /* [n_tasks + 1] */
  size_t record_columns[BS_N_RECORDS];      /* SIZE_MAX: the results have none */
  size_t cap_all, cap_votes;
  double *logprobs, *target_scores; /* of the choices */
  uint32_t *tokens;
  size_t cap_logprobs, cap_target_scores, cap_tokens;
  bs_text predictions;
  size_t *prediction_at; /* [n]: offsets into predictions */
  size_t cap_prediction_at;
} bs_outcomes;

/* `results` must be sorted and consistent (BS_ERR_INPUT otherwise) and are borrowed until
   bs_outcomes_close. */
bs_status bs_outcomes_open(bs_outcomes *of, const bs_tables *results, bs_error *err);
void bs_outcomes_close(bs_outcomes *of);

/* Goes on to the next group; false when there is none. */
bool bs_outcomes_next(bs_outcomes *of);
/* Goes to the group of rows [first, first + n) of /examples. */
void bs_outcomes_at(bs_outcomes *of, size_t first, size_t n);
/* `with_text`: text was generated for the task. */
bs_status bs_outcomes_fill(bs_outcomes *of, bool with_text, bs_error *err);

/* Its part for the votes, once choices and targets are in place. */
bs_status bs_outcomes_vote(bs_outcomes *of, bool with_text, bs_error *err);

/* The column of that name among the examples' numbers, or SIZE_MAX. */
size_t bs_tables_column(const bs_tables *results, const char *name);

/* The metrics of each task, split once. */
typedef struct bs_task_lists {
  const char **names; /* of all tasks */
  size_t n, capacity;
  size_t *first; /* [n_tasks + 1] */
} bs_task_lists;

/* Strings go into `arena`. */
bs_status bs_task_lists_read(bs_task_lists *to, const bs_tables *results, bs_arena *arena,
                             bs_error *err);
void bs_task_lists_free(bs_task_lists *lists);

/* Fills the tables of calibration. The outcomes are gone through anew. */
bs_status bs_analysis_calibrate(bs_analysis *analysis, bs_outcomes *outcomes,
                                const bs_task_lists *lists, const bs_groups *groups, bs_error *err);

#endif
