/* Evaluating examples of a task with a model: prompts, a backend that answers, metrics. Knows
   nothing of MPI. */
#ifndef BIGSWEEP_EVALUATE_H
#define BIGSWEEP_EVALUATE_H

#include "bigsweep/backend.h"
#include "bigsweep/prompt.h"
#include "bigsweep/tables.h"
#include "bigsweep/task.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is done with a prompt that is too long: one that does not fit the model's positions together
   with the longest answer that is scored behind it, or with the maximum of new tokens that may be
   generated. In a chain of thought in two steps the reasoning's maximum, the words that ask for the
   answer and the answer all count. CUT: it loses tokens on its left. FEWER_SHOTS: its first shots
   are left out until it fits; if it does not fit without shots it is cut. SKIP: the example is left
   out. */
typedef enum bs_overlong { BS_OVERLONG_CUT, BS_OVERLONG_FEWER_SHOTS, BS_OVERLONG_SKIP } bs_overlong;

/* "cut", "fewer_shots", "skip" -> overlong; BS_ERR_USAGE names the known ones. */
BS_API bs_status bs_overlong_parse(bs_overlong *out, const char *name, bs_error *err);
BS_API const char *bs_overlong_name(bs_overlong overlong);

/* What scores depend on besides model and task. */
typedef struct bs_protocol {
  uint32_t seed;
  bs_border border;
  bs_overlong overlong;
  size_t max_tokens; /* of generation */
  bs_precision precision;
  bs_reading reading; /* of the model's files */
} bs_protocol;

/* The protocol as one line of text, which results keep, and back, whatever its revision.
   BS_ERR_INPUT for a text that is none. */
BS_API bs_status bs_protocol_print(const bs_protocol *protocol, bs_text *text, bs_error *err);
BS_API bs_status bs_protocol_parse(bs_protocol *out, const char *text, bs_error *err);
/* Its first word: what changes when the same configuration, checkpoint and task come to other
   scores than before. */
#define BS_PROTOCOL_REVISION "bigbench-2"

/* A model and how it is evaluated. */
typedef struct bs_evaluator {
  bs_backend
      *backend; /* borrowed; bs_evaluator_count_prompts needs only one that is open to look at */
  bs_protocol protocol;
  const bs_wrap *wrap; /* (optional) the model's, borrowed: around prompts of tasks without one */
} bs_evaluator;

/* Scores examples [first, first + n) of `task` under the prompts of `prompter` and appends one row
   each to the examples of `results` (whose metric columns are bs_example_metric_names), or to the
   skipped examples, with the given row numbers of model and task. An example that cannot be scored
   (a continuation longer than the model's positions, …) makes the call fail with an error that has
   its number; no row is appended then. The prediction of a row is the most probable choice where
   there are choices, else the post-processed text; `generated` ends where further tokens could no
   longer change the post-processed text.

   A task with an answer_prompt is done in two steps (zero-shot chain of thought, Kojima et al.
   2022, arXiv:2205.11916): the reasoning is generated behind the prompt and the reasoning_prompt,
   greedily unless samples are drawn; then, behind the reasoning and the answer_prompt, choices or
   targets are scored and the answer is generated, greedily. Without an answer_prompt the text is
   generated, and choices and targets are scored, behind prompt and reasoning_prompt.

   A task with n_samples draws as many reasonings (texts, in one step), whose seeds depend on the
   protocol's seed, the task's hash, shots, example and sample alone. Each gives an answer: in two
   steps the most probable choice where there are choices, else the post-processed text. The most
   frequent one is the prediction (of equally frequent ones the one drawn first); empty texts do not
   vote unless all are empty; `generated` is that of the first sample with this answer. In two steps
   the choices' log-probabilities are the logarithms of their shares of the votes (of choices that
   read the same the first has them all), and everything that needs the right answer's own
   log-probability is undefined. In one step choices and targets are scored as without samples. */
BS_API bs_status bs_evaluator_run(const bs_evaluator *evaluator, const bs_task *task,
                                  const bs_prompter *prompter, uint32_t shots, size_t first,
                                  size_t n, uint32_t model_row, uint32_t task_row,
                                  bs_tables *results, bs_error *err);

/* Counts what is done with the prompts of every step-th of the first n examples, and adds it to
 * `counts`. A prompt that might be cut counts as truncated, because the length of a reasoning is
 * not known before. Examples that cannot be encoded are not counted: bs_evaluator_run reports them.
 */
BS_API bs_status bs_evaluator_count_prompts(const bs_evaluator *evaluator, const bs_task *task,
                                            const bs_prompter *prompter, uint32_t shots, size_t n,
                                            size_t step, bs_prompt_counts *counts, bs_error *err);

/* The further numeric columns of /examples: the metrics that have a value for each example, in the
   order of the metric table, then the records, from which metrics can be computed again
   (bs_record_name). Static storage. */
BS_API const char *const *bs_example_metric_names(size_t *n);

/* What is recorded of an example beside its metrics. ANSWER: which answer target_logprob belongs
 * to, as its number among the example's accepted answers, or among its choices where it has some.
 * ANSWER_TOKENS: its tokens. GREEDY_TOKENS: how many of these are the most likely token after the
 * right ones before them. TOKEN_EDITS: the edit distance, in tokens of the model, between the
 * prediction and the nearest accepted answer. VOTE_SHARE: the share of the samples that gave the
 * most frequent answer; NaN where there was no vote. */
typedef enum bs_record {
  BS_RECORD_ANSWER,
  BS_RECORD_ANSWER_TOKENS,
  BS_RECORD_GREEDY_TOKENS,
  BS_RECORD_TOKEN_EDITS,
  BS_RECORD_VOTE_SHARE,
  BS_N_RECORDS
} bs_record;
BS_API const char *bs_record_name(bs_record record);

/* The row of /tasks and the rows of /targets (accepted answers and choices) for a task. `task_row`
 * is the task's row number. */
BS_API bs_status bs_tables_add_task_of(bs_tables *results, const bs_task *task, bs_error *err);

/* The rows of /inputs for a task, which is row `task_row` of /tasks: one for every example, and
 * behind them one for each that it shows as a shot and never asks. The order in which choices are
 * shown is the seed's (bs_prompter_new). */
BS_API bs_status bs_tables_add_inputs_of(bs_tables *results, const bs_task *task, uint32_t task_row,
                                         uint32_t seed, bs_error *err);

/* A task made again from its rows of tables that are in order: its prompts, under the seed of these
 * tables, are those of the task itself, and so is what it is scored by. Its inputs are whole
 * queries, so that the texts around inputs are empty; clusters are not kept. BS_ERR_INPUT where its
 * questions are not there (they are in no part, and in no file from before they were kept), and for
 * rows that do not hang together. */
BS_API bs_status bs_task_of_tables(bs_task **out, const bs_tables *tables, uint32_t task_row,
                                   bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
