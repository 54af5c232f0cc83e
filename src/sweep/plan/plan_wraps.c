/* Wraps of models in a plan: what the results say of them, and whether tokenizers know them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/prompt.h"
#include "bigsweep/task.h"
#include "sweep/plan/plan_internal.h"
#include "tasks/wrap_internal.h"

char *bs_plan_wrap_text(const bs_wrap *wrap, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_text_append(&text, "", 0, err);
  if (status == BS_OK && !bs_wrap_is_none(wrap))
    status = bs_wrap_print(wrap, &text, err);
  if (status != BS_OK)
    bs_text_free(&text);
  return text.data;
}

bs_status bs_plan_hash_wrap(char sha256[65], const bs_wrap *wrap, bs_error *err) {
  unsigned char digest[32];
  bs_text all = {0};
  bs_writer w = {.to = &all};
  if (bs_wrap_is_none(wrap))
    return BS_OK;
  bs_writer_printf(&w, "%s\n", sha256);
  bs_wrap_write(&w, wrap, true);
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_sha256(all.data, all.n_bytes, digest, err);
  if (status == BS_OK)
    bs_hex(digest, sizeof digest, sha256);
  bs_text_free(&all);
  return status;
}

/* A model that has never seen the format of a wrap goes on without end, and its tokens are letters.
 */
static bool is_strange(const bs_tokenizer *tokenizer, const bs_wrap *wrap) {
  return wrap != NULL && wrap->end != NULL && bs_tokenizer_id(tokenizer, wrap->end) < 0;
}

bs_status bs_plan_tell_wraps(const bs_plan *plan, const bs_tokenizer *tokenizer,
                             const bs_model_spec *model, bs_notice notice, void *user,
                             bs_error *err) {
  const bs_wrap *wrap = NULL;
  const bs_task *task = NULL;
  bs_text said = {0};
  for (size_t t = 0; t < plan->n_tasks && task == NULL; t++) {
    wrap = bs_task_wrap(plan->tasks[t], model->wrap);
    if (is_strange(tokenizer, wrap))
      task = plan->tasks[t];
  }
  if (task == NULL)
    return BS_OK;
  bs_status status = bs_wrap_print(wrap, &said, err);
  if (status == BS_OK) {
    bs_error line = {0};
    bs_error_set(
        &line, BS_OK,
        "model \"%s\": the wrap %.100s of task %s ends a turn with \"%s\", which is no "
        "token of the model's tokenizer: is it the format that the model was trained with?",
        model->name, said.data, task->name, wrap->end);
    notice(user, false, line.message);
  }
  bs_text_free(&said);
  return status;
}
