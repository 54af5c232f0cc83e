/* Prompts made again from the tables, for one example after another. */
#include <stdlib.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "report/examples_internal.h"

void bs_prompt_maker_free(bs_prompt_maker *maker) {
  bs_prompter_free(&maker->prompter);
  bs_task_free(&maker->task);
}

/* The prompter of a task and number of shots; the last one's is kept. */
static bs_status open_prompter(bs_prompt_maker *maker, uint32_t task, uint32_t shots,
                               bs_error *err) {
  bs_protocol protocol;
  bs_status status = BS_OK;
  if (maker->prompter != NULL && maker->task_row == task && maker->shots == shots)
    return BS_OK;
  bs_prompter_free(&maker->prompter);
  if (maker->task != NULL && maker->task_row != task)
    bs_task_free(&maker->task);
  if (maker->task == NULL)
    status = bs_task_of_tables(&maker->task, maker->results, task, err);
  if (status == BS_OK)
    status = bs_protocol_parse(&protocol, maker->results->provenance.protocol, err);
  if (status == BS_OK)
    status = bs_prompter_new(&maker->prompter, maker->task, shots, protocol.seed, err);
  maker->task_row = task;
  maker->shots = shots;
  return status;
}

/* Within the wrap of the task or the model, if one of them has any. */
static bs_status append_prompt(const bs_prompt_maker *maker, const bs_example_row *of,
                               bs_text *prompt, bs_error *err) {
  const char *given = maker->results->models[of->model].wrap;
  size_t n_left_out = of->shots_shown < of->shots ? of->shots - of->shots_shown : 0;
  bs_wrap *wrap = NULL;
  bs_prompt_parts parts;
  bs_status status = BS_OK;
  if (given[0] != '\0')
    status = bs_wrap_parse(&wrap, given, "models: wrap", err);
  if (status == BS_OK && bs_task_wrap(maker->task, wrap) != NULL)
    status = bs_prompter_append_whole(maker->prompter, of->example, n_left_out, wrap, prompt,
                                      &parts, err);
  else if (status == BS_OK)
    status = bs_prompter_append_fewer(maker->prompter, of->example, n_left_out, prompt, err);
  bs_wrap_free(&wrap);
  return status;
}

bs_status bs_prompt_maker_append(bs_prompt_maker *maker, size_t row, bs_text *prompt,
                                 bs_error *err) {
  const bs_example_row *of = &maker->results->examples[row];
  bs_status status = open_prompter(maker, of->task, of->shots, err);
  return status == BS_OK ? append_prompt(maker, of, prompt, err) : status;
}
