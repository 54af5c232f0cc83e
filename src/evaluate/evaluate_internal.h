/* The parts of the evaluator: what is asked of the model for one example, and what becomes of the
   answers. */
#ifndef BIGSWEEP_EVALUATE_EVALUATE_INTERNAL_H
#define BIGSWEEP_EVALUATE_EVALUATE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"

/* Columns of numbers that an example can have. */
enum { BS_MOST_COLUMNS = BS_MOST_METRICS + BS_N_RECORDS };

/* What is asked behind one text: an example's choices, or its targets where it has no choices; or
   nothing but the text that is generated behind it. */
typedef struct bs_items {
  bs_query *query;  /* NULL: nothing is asked */
  double *logprobs; /* [n] NaN: an accepted answer without tokens, which is not scored */
  size_t *n_greedy; /* [n] tokens that are the most likely one */
  size_t n;
} bs_items;

typedef struct bs_evaluation bs_evaluation;

/* One text that is generated for an example; in two steps a reasoning, and what comes after it. */
typedef struct bs_trial {
  bs_evaluation *job;
  uint64_t seed; /* of what is drawn */
  bs_text reasoning;
  bs_items items; /* of the second step */
  size_t choice;  /* where choices were scored in the second step: the most probable one */
  bs_text generated;
  char *text; /* generated, post-processed; NULL: none was asked for */
} bs_trial;

/* One example on its way. */
struct bs_evaluation {
  const bs_example *example;
  size_t number;         /* of the example in its task */
  bs_text prompt;        /* within its wrap */
  const bs_wrap *wrap;   /* borrowed; NULL: none */
  bs_prompt_parts parts; /* of the prompt */
  size_t prompt_tokens;
  size_t shots_shown;
  bool is_skipped; /* nothing is asked of the model */
  bool wants_text;
  bs_items items;   /* behind the prompt; none to score where that is done behind reasonings */
  bs_trial *trials; /* [n_trials] */
  size_t n_trials;
  size_t truncated_tokens;
  size_t n_spanned; /* the most of any items that were scored for it */
};

/* A reasoning is generated first, and answers are asked for behind it. */
bool bs_task_in_two_steps(const bs_task *task);
/* Texts are drawn, and the most frequent answer counts. */
bool bs_task_is_voted(const bs_task *task);

/* Behind the reasoning something is scored, too. */
bool bs_task_scores_behind_reasoning(const bs_task *task, const bs_example *example);
/* The most new tokens of each of its generations. */
size_t bs_task_new_tokens(const bs_task *task, const bs_protocol *protocol);

/* A text that something is asked behind. */
typedef struct bs_asked {
  const char *text; /* NULL: an empty one */
  size_t n_bytes;
  bool is_inside;               /* it stands within a longer one, and is counted alone */
  bool is_scored;               /* the example's items */
  bool is_prompt;               /* text is generated */
  const bs_evaluation *wrapped; /* whose wrap it begins with; NULL: it has none */
} bs_asked;
bs_status bs_items_ask(bs_items *items, const bs_evaluator *evaluator, const bs_example *example,
                       const bs_asked *asked, bs_error *err);
void bs_items_free(bs_items *items);
/* Items and whose they are. */
typedef struct bs_scored {
  bs_items *items;
  bs_evaluation *job;
} bs_scored;
/* One batch. */
bs_status bs_items_score(const bs_evaluator *evaluator, const bs_task *task, const bs_scored *all,
                         size_t n, bs_error *err);

/* Prompt, tokens and trials of example `number`, whose address must stay. */
bs_status bs_evaluation_prepare(bs_evaluation *job, const bs_evaluator *evaluator,
                                const bs_task *task, const bs_prompter *prompter, uint32_t shots,
                                size_t number, bool wants_text, bs_error *err);
void bs_evaluation_free(bs_evaluation *job);

/* Whether the prompt of a job, with all that may come behind it, fits the model's positions. What
   does not fit even without a prompt is the engine's to refuse: true. */
bs_status bs_evaluation_fits(const bs_evaluation *job, const bs_evaluator *evaluator,
                             const bs_task *task, bool *fits, bs_error *err);

/* Whether item i is a right answer: a choice of highest score, or any target. */
bool bs_evaluation_is_right(const bs_evaluation *job, size_t i);

/* The error of one request, told with its example. */
bs_status bs_evaluation_error(const bs_task *task, const bs_evaluation *job, const bs_error *cause,
                              bs_error *err);

/* Scores what is scored after the prompts of jobs[n], in one batch. */
bs_status bs_evaluations_score(const bs_evaluator *evaluator, const bs_task *task,
                               bs_evaluation *jobs, size_t n, bs_error *err);
/* Generates and scores what their trials are made of. */
bs_status bs_evaluations_try(const bs_evaluator *evaluator, const bs_task *task,
                             bs_evaluation *jobs, size_t n, bs_error *err);

/* The texts of trials[n], in one batch: reasonings, or what answers are taken out of. */
typedef enum bs_step { BS_STEP_REASONING, BS_STEP_ANSWER } bs_step;
bs_status bs_trials_generate(const bs_evaluator *evaluator, const bs_task *task,
                             bs_trial *const *trials, size_t n, bs_step step, bs_error *err);

/* The seed of a sample: 64 bits of the SHA-256 of what is given here and of nothing else. */
bs_status bs_sample_seed(uint64_t *seed, uint32_t protocol_seed, const char *task_sha256,
                         uint32_t shots, uint64_t example, uint64_t sample, bs_error *err);

/* What a job's trials come to. */
typedef struct bs_verdict {
  const bs_items *items; /* the example's; of a vote that of its first trial */
  const bs_trial *text;  /* whose text counts; NULL: none was asked for */
  bool is_vote;          /* over what was scored behind each trial's reasoning */
  size_t voted;          /* the choice */
  double *logprobs;      /* of choices in a vote; else NULL */
  double vote_share;
} bs_verdict;
bs_status bs_verdict_of(bs_verdict *v, const bs_evaluation *job, const bs_task *task,
                        bs_error *err);
void bs_verdict_free(bs_verdict *v);
/* Edits between a prediction and the nearest of the targets, all encoded by themselves; NaN without
   either, or where the tokenizer refuses a text. */
bs_status bs_token_edits(const bs_tokenizer *tokenizer, const char *prediction,
                         const char *const *targets, size_t n_targets, double *edits,
                         bs_error *err);

/* Where the rows of a call go, and the metrics of its task. */
typedef struct bs_row_place {
  const bs_tokenizer *tokenizer; /* borrowed; NULL: it is not known */
  const bs_task *of;
  uint32_t model, task, shots;
  const bs_metric *metrics[BS_MOST_METRICS];
  size_t n_metrics;
} bs_row_place;
/* The row of a job whose answers are in. */
bs_status bs_evaluation_append(const bs_evaluation *job, const bs_row_place *place,
                               bs_tables *results, bs_error *err);

#endif
