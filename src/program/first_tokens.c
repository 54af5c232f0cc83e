/* The first tokens of prompts, and warnings of tokens that stand there twice. */
#include "program/first_tokens.h"

#include <stdio.h>
#include <stdlib.h>

#include "bigsweep/helpers.h"
#include "bigsweep/json.h"
#include "bigsweep/prompt.h"
#include "bigsweep/task.h"

enum { SHOWN_TOKENS = 8, HEAD_BYTES = 256 };

bs_status append_first_tokens(bs_text *to, const bs_tokenizer *tokenizer, const char *text,
                              size_t n_bytes, bool is_wrapped, bool *is_doubled, bs_error *err) {
  bs_tokens ids = {0};
  *is_doubled = false;
  bs_status status = bs_tokenizer_surroundings(tokenizer, &ids, NULL, err);
  size_t n_before = ids.n;
  /* The first characters tell the first tokens. */
  size_t n = bs_utf8_valid_bytes(text, n_bytes < HEAD_BYTES ? n_bytes : HEAD_BYTES);
  if (status == BS_OK)
    status = bs_tokenizer_encode(tokenizer, text, n, false, &ids, err);
  if (status == BS_OK && n_before > 0 && ids.n > n_before)
    *is_doubled = ids.ids[n_before] == ids.ids[n_before - 1];
  size_t first = is_wrapped && *is_doubled; /* which stands there once */
  for (size_t i = first; i < ids.n && i < first + SHOWN_TOKENS && status == BS_OK; i++) {
    bs_text token = {0};
    status = bs_tokenizer_decode(tokenizer, &ids.ids[i], 1, false, &token, err);
    if (status == BS_OK && i > first)
      status = bs_text_append(to, " ", 1, err);
    if (status == BS_OK)
      status = bs_json_append_string(to, token.n_bytes > 0 ? token.data : "", token.n_bytes, err);
    bs_text_free(&token);
  }
  bs_tokens_free(&ids);
  return status;
}

void warn_of_tokenizer(const bs_command *command, const char *name, const bs_tokenizer *tokenizer) {
  size_t n;
  const char *const *notes = bs_tokenizer_notes(tokenizer, &n);
  for (size_t i = 0; i < n; i++) {
    bs_error message = {0};
    bs_error_set(&message, BS_ERR_INPUT, "model \"%s\": tokenizer: %s", name, notes[i]);
    print_error(command, message.message);
  }
}

/* What a model reads first of the plan's first example. */
static bs_status read_prompt(const bs_plan *plan, const bs_wrap *of_model, bs_text *prompt,
                             bs_error *err) {
  bs_prompt_parts parts;
  uint32_t shots = plan->specs[0]->n_shots > 0 ? plan->specs[0]->shots[0] : 0;
  bs_prompter *prompter = NULL;
  if (shots > bs_task_most_shots(plan->tasks[0]))
    shots = 0;
  bs_status status =
      bs_prompter_new(&prompter, plan->tasks[0], shots, plan->config->protocol.seed, err);
  if (status == BS_OK)
    status = bs_prompter_append_whole(prompter, 0, 0, of_model, prompt, &parts, err);
  bs_prompter_free(&prompter);
  return status;
}

/* One model's line. */
static bs_status print_model(const bs_plan *plan, size_t m, bs_error *err) {
  const char *name = plan->models[m].row.name;
  bs_backend_spec spec = {
      .place = plan->models[m].path, .reading = plan->config->protocol.reading, .is_to_look = true};
  bs_backend *backend = NULL;
  bs_error fault = {0};
  if (bs_backend_open(&backend, &spec, &fault) != BS_OK) {
    printf("%-24s none: %s\n", name, fault.message);
    return BS_OK;
  }
  bs_text line = {0}, prompt = {0};
  bool is_doubled; /* was told when the plan was made */
  const bs_wrap *wrap = plan->models[m].wrap;
  bs_status status = read_prompt(plan, wrap, &prompt, err);
  if (status == BS_OK)
    status = append_first_tokens(&line, bs_backend_about(backend)->tokenizer, prompt.data,
                                 prompt.n_bytes, bs_task_wrap(plan->tasks[0], wrap) != NULL,
                                 &is_doubled, err);
  if (status == BS_OK)
    printf("%-24s %s\n", name, line.data != NULL ? line.data : "");
  bs_text_free(&line);
  bs_text_free(&prompt);
  bs_backend_close(&backend);
  return status;
}

bs_status print_first_tokens(const bs_plan *plan, bs_error *err) {
  bs_status status = BS_OK;
  printf("\n%-24s first tokens of a prompt of %s\n", "model", plan->tasks[0]->name);
  for (size_t m = 0; m < plan->n_models && status == BS_OK; m++)
    status = print_model(plan, m, err);
  return status;
}
