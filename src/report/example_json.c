/* An example as one line of JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "report/examples_internal.h"

/* Texts of files are outside data: what is no UTF-8 becomes U+FFFD. */
static void write_string(bs_writer *w, const char *text, size_t n) {
  bs_text clean = {0};
  bs_writer own = {.to = &clean};
  while (n > 0) {
    size_t valid = bs_utf8_valid_bytes(text, n);
    bs_writer_append(&own, text, valid);
    if (valid < n)
      bs_writer_append_string(&own, "\xEF\xBF\xBD");
    text += valid < n ? valid + 1 : valid;
    n -= valid < n ? valid + 1 : valid;
  }
  bs_writer_append(&own, "", 0);
  if (bs_writer_status(&own, NULL) == BS_OK)
    bs_writer_string(w, clean.data != NULL ? clean.data : "", clean.n_bytes);
  else
    bs_writer_null(w);
  bs_text_free(&clean);
}

static void write_member(bs_writer *w, const char *key, const char *text) {
  bs_writer_key(w, key);
  write_string(w, text, strlen(text));
}

static void write_number(bs_writer *w, const char *key, double value) {
  bs_writer_key(w, key);
  bs_writer_number(w, value);
}

static void write_answers(bs_writer *w, const bs_shown_example *shown) {
  bs_writer_key(w, "choices");
  bs_writer_begin_array(w);
  for (size_t i = 0; i < shown->n_choices; i++) {
    bs_writer_begin_object(w);
    write_member(w, "text", shown->choices[i].text);
    write_number(w, "target_score", shown->choices[i].target_score);
    bs_writer_end_object(w);
  }
  bs_writer_end_array(w);
  bs_writer_key(w, "targets");
  bs_writer_begin_array(w);
  for (size_t i = 0; i < shown->n_targets; i++)
    write_string(w, shown->targets[i].text, strlen(shown->targets[i].text));
  bs_writer_end_array(w);
}

static bs_status write_choices(bs_writer *w, const bs_tables *results, size_t row, bs_error *err) {
  size_t n = results->examples[row].n_choices;
  const bs_choice_row *choices = bs_tables_choices(results, row);
  double *probabilities = bs_array_new(n, sizeof *probabilities, err);
  if (probabilities == NULL)
    return BS_ERR_MEMORY;
  bs_example_probabilities(results, row, probabilities);
  bs_writer_key(w, "choices");
  bs_writer_begin_array(w);
  for (size_t i = 0; i < n; i++) {
    bs_writer_begin_object(w);
    write_number(w, "logprob", choices[i].logprob);
    write_number(w, "probability", probabilities[i]);
    bs_writer_key(w, "tokens");
    bs_writer_unsigned(w, choices[i].tokens);
    bs_writer_end_object(w);
  }
  bs_writer_end_array(w);
  free(probabilities);
  return BS_OK;
}

static void write_samples(bs_writer *w, const bs_tables *results, size_t row) {
  const bs_sample_row *samples = bs_tables_samples(results, row);
  bs_writer_key(w, "samples");
  bs_writer_begin_array(w);
  for (uint32_t i = 0; i < results->examples[row].n_samples; i++) {
    bs_writer_begin_object(w);
    write_member(w, "reasoning", samples[i].reasoning);
    write_member(w, "generated", samples[i].generated);
    write_member(w, "answer", samples[i].answer);
    bs_writer_end_object(w);
  }
  bs_writer_end_array(w);
}

static void write_values(bs_writer *w, const bs_tables *results, size_t row) {
  bs_writer_key(w, "metrics");
  bs_writer_begin_object(w);
  for (size_t i = 0; i < results->n_metrics; i++) {
    double value = results->metric_values[row * results->n_metrics + i];
    if (!isnan(value))
      write_number(w, results->metric_names[i], value);
  }
  bs_writer_end_object(w);
}

static bs_status write_prompt(bs_writer *w, bs_prompt_maker *prompts, size_t row, bs_error *err) {
  bs_text prompt = {0};
  bs_status status = bs_prompt_maker_append(prompts, row, &prompt, err);
  if (status == BS_OK) {
    bs_writer_key(w, "prompt");
    bs_writer_string(w, prompt.data, prompt.n_bytes);
  }
  bs_text_free(&prompt);
  return status;
}

static bs_status write_model(bs_writer *w, const bs_tables *results, size_t row,
                             const bs_examples_options *options, bs_prompt_maker *prompts,
                             bs_error *err) {
  const bs_example_row *of = &results->examples[row];
  bs_answer_verdict verdict = bs_example_verdict(results, row);
  bs_status status = BS_OK;
  bs_writer_begin_object(w);
  write_member(w, "model", results->models[of->model].name);
  bs_writer_key(w, "right");
  if (verdict == BS_ANSWER_NOT_KNOWN)
    bs_writer_null(w);
  else
    bs_writer_bool(w, verdict == BS_ANSWER_RIGHT);
  write_member(w, "prediction", of->prediction);
  write_member(w, "generated", of->generated);
  write_number(w, "target_logprob", of->target_logprob);
  if (of->n_choices > 0)
    status = write_choices(w, results, row, err);
  if (of->n_samples > 0)
    write_samples(w, results, row);
  write_values(w, results, row);
  bs_writer_key(w, "prompt_tokens");
  bs_writer_unsigned(w, of->prompt_tokens);
  bs_writer_key(w, "truncated_tokens");
  bs_writer_unsigned(w, of->truncated_tokens);
  bs_writer_key(w, "shots_shown");
  bs_writer_unsigned(w, of->shots_shown);
  if (status == BS_OK && options->with_prompt)
    status = write_prompt(w, prompts, row, err);
  bs_writer_end_object(w);
  return status;
}

bs_status bs_example_write_json(bs_writer *w, const bs_tables *results,
                                const bs_shown_example *shown, const bs_examples_options *options,
                                bs_prompt_maker *prompts, bs_error *err) {
  const bs_task_row *task = &results->tasks[shown->task];
  bs_status status = BS_OK;
  bs_writer_begin_object(w);
  write_member(w, "task", task->name);
  bs_writer_key(w, "shots");
  bs_writer_unsigned(w, shown->shots);
  bs_writer_key(w, "example");
  bs_writer_unsigned(w, shown->example);
  if (shown->input != NULL) {
    size_t n;
    const char *input = bs_input_text(shown->input, &n);
    bs_writer_key(w, "input");
    write_string(w, input, n);
    write_member(w, "query", shown->input->query);
  }
  if (task->reasoning_prompt[0] != '\0')
    write_member(w, "reasoning_prompt", task->reasoning_prompt);
  if (task->steps == 2)
    write_member(w, "answer_prompt", task->answer_prompt);
  write_answers(w, shown);
  bs_writer_key(w, "models");
  bs_writer_begin_array(w);
  for (size_t i = 0; status == BS_OK && i < shown->n_rows; i++)
    status = write_model(w, results, shown->rows[i], options, prompts, err);
  bs_writer_end_array(w);
  bs_writer_end_object(w);
  bs_writer_append_string(w, "\n");
  return status == BS_OK ? bs_writer_status(w, err) : status;
}
