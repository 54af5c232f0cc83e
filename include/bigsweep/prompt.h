/* Prompts of BIG-bench tasks, byte-identical to lm-evaluation-harness's BIG-bench task code. */
#ifndef BIGSWEEP_PROMPT_H
#define BIGSWEEP_PROMPT_H

#include "bigsweep/task.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bs_prompter bs_prompter;

/* Draws the shots of every example of `task` (the draws cover the whole task) with NumPy's legacy
   RandomState(seed), and the order in which choices are shown. `task` is borrowed until
   bs_prompter_free. BS_ERR_INPUT when some example has fewer than `shots` others that differ from
   it. A prompter is immutable and may be used from several threads at once. */
BS_API bs_status bs_prompter_new(bs_prompter **out, const bs_task *task, size_t shots,
                                 uint32_t seed, bs_error *err);
BS_API void bs_prompter_free(bs_prompter **prompter);

/* Appends the prompt of example `i` (task prefix, shots, query). */
BS_API bs_status bs_prompter_append(const bs_prompter *prompter, size_t i, bs_text *prompt,
                                    bs_error *err);
/* The same without its first n_left_out shots (at most as many as it has). */
BS_API bs_status bs_prompter_append_fewer(const bs_prompter *prompter, size_t i, size_t n_left_out,
                                          bs_text *prompt, bs_error *err);

/* The wrap that a task is put in: its variant's, else the model's (NULL: it has none); NULL: none.
 */
BS_API const bs_wrap *bs_task_wrap(const bs_task *task, const bs_wrap *of_model);

/* The parts of a whole text, in bytes: what a wrap puts before the prompt, the prompt, and the
   rest, which is what the wrap puts behind it. */
typedef struct bs_prompt_parts {
  size_t n_before, n_prompt;
} bs_prompt_parts;

/* Appends what a model reads first: the prompt without its first n_left_out shots and the task's
   reasoning_prompt, within bs_task_wrap. */
BS_API bs_status bs_prompter_append_whole(const bs_prompter *prompter, size_t i, size_t n_left_out,
                                          const bs_wrap *of_model, bs_text *text,
                                          bs_prompt_parts *parts, bs_error *err);

/* Appends what is asked of example `i` (input prefix, input, choices where they are shown, output
   prefix), or, from n_examples on, of one of those that are shown. */
BS_API bs_status bs_prompter_append_query(const bs_prompter *prompter, size_t i, bs_text *query,
                                          bs_error *err);
/* The answer that stands behind the query of task->shown[i]. Borrowed from the task. */
BS_API const char *bs_prompter_shown_answer(const bs_prompter *prompter, size_t i);
/* Whether a shot shows a choice where its example has both choices and accepted answers. */
BS_API bool bs_task_shots_show_choices(const bs_task *task);

#ifdef __cplusplus
}
#endif

#endif
