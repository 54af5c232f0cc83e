/* An example for people: the question, its choices with their probabilities, what models said. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "report/examples_internal.h"

enum {
  INDENT = 2,
  LEAST_CHOICE = 20, /* columns for a choice's text beside models */
  COLUMN = 9,        /* of a model's probability */
  NAME = 16          /* of a model's name in front of what it said */
};

static void write_heading(bs_writer *w, const bs_tables *results, const bs_shown_example *shown) {
  const char *name = results->tasks[shown->task].name;
  bs_writer_append_string(w, "== ");
  bs_plain_append(w, name, strlen(name), true);
  bs_writer_printf(w, ", example %" PRIu32 ", %" PRIu32 " shot%s\n", shown->example, shown->shots,
                   bs_plural(shown->shots));
}

static bs_status write_question(bs_writer *w, const bs_shown_example *shown, size_t width,
                                bs_error *err) {
  size_t n;
  if (shown->input == NULL)
    return BS_OK;
  const char *input = bs_input_text(shown->input, &n);
  bs_status status = bs_plain_wrap(w, input, n, INDENT, width, err);
  bs_writer_append_string(w, "\n");
  return status;
}

static double best_score(const bs_tables *results, size_t row) {
  const bs_choice_row *choices = bs_tables_choices(results, row);
  double best = -INFINITY;
  for (uint32_t i = 0; i < results->examples[row].n_choices; i++)
    best = fmax(best, choices[i].target_score);
  return best;
}

/* A line of the table of choices: the text, then each model's probability; the one it chose is
   marked. `probabilities[n][n_choices]` of rows [first, first + n). */
static bs_status write_choice(bs_writer *w, const bs_tables *results, const bs_shown_example *shown,
                              size_t choice, size_t first, size_t n, const double *probabilities,
                              size_t text_width, bs_error *err) {
  const size_t *rows = shown->rows + first;
  const bs_choice_row *of = bs_tables_choices(results, rows[0]) + choice;
  const char *text = choice < shown->n_choices ? shown->choices[choice].text : "";
  bs_text cell = {0};
  bs_writer own = {.to = &cell};
  bool is_best = of->target_score == best_score(results, rows[0]);
  bs_status status = bs_plain_cut(&own, text, text_width, err);
  bs_writer_append_string(&own, "");
  if (status == BS_OK)
    status = bs_writer_status(&own, err);
  if (status == BS_OK) {
    size_t columns = bs_text_columns(cell.data != NULL ? cell.data : "");
    bs_writer_printf(w, "%s %s%*s", is_best ? "*" : " ", cell.data != NULL ? cell.data : "",
                     (int)(text_width - bs_size_min(columns, text_width)), "");
    for (size_t i = 0; i < n; i++) {
      size_t n_choices = results->examples[rows[i]].n_choices;
      bool has_it = choice < n_choices;
      bool is_chosen = has_it && strcmp(results->examples[rows[i]].prediction, text) == 0;
      if (has_it && isfinite(probabilities[i * shown->n_choices + choice]))
        bs_writer_printf(w, "%*.1f%s", COLUMN - 1,
                         100 * probabilities[i * shown->n_choices + choice], is_chosen ? "<" : " ");
      else
        bs_writer_printf(w, "%*s", COLUMN, "- ");
    }
    bs_writer_append_string(w, "\n");
  }
  bs_text_free(&cell);
  return status;
}

/* The names of models above their columns, cut to these. */
static bs_status write_names(bs_writer *w, const bs_tables *results, const size_t *rows, size_t n,
                             size_t text_width, bs_error *err) {
  bs_status status = BS_OK;
  bs_writer_printf(w, "%*s", (int)text_width + INDENT, "");
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bs_text cell = {0};
    bs_writer own = {.to = &cell};
    status =
        bs_plain_cut(&own, results->models[results->examples[rows[i]].model].name, COLUMN - 2, err);
    bs_writer_append_string(&own, "");
    if (status == BS_OK)
      status = bs_writer_status(&own, err);
    if (status == BS_OK && cell.data != NULL)
      bs_writer_printf(w, "%*s%s ", (int)(COLUMN - 1 - bs_text_columns(cell.data)), "", cell.data);
    bs_text_free(&cell);
  }
  bs_writer_append_string(w, " %\n");
  return status;
}

/* As many models beside each other as fit, then the next ones. */
static bs_status write_choices(bs_writer *w, const bs_tables *results,
                               const bs_shown_example *shown, size_t width, bs_error *err) {
  size_t room = width > INDENT + LEAST_CHOICE + 2 ? width - INDENT - LEAST_CHOICE - 2 : COLUMN;
  size_t at_once = bs_size_max(room / COLUMN, 1), longest = 1;
  for (size_t i = 0; i < shown->n_choices; i++)
    longest = bs_size_max(longest, bs_text_columns(shown->choices[i].text));
  double *probabilities =
      bs_array_new(at_once, bs_size_max(shown->n_choices, 1) * sizeof *probabilities, err);
  bs_status status = probabilities != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t first = 0; status == BS_OK && first < shown->n_rows; first += at_once) {
    size_t n = bs_size_min(at_once, shown->n_rows - first);
    size_t most = width - bs_size_min(width - 1, INDENT + 2 + n * COLUMN);
    size_t text_width = bs_size_min(longest, bs_size_max(most, LEAST_CHOICE));
    for (size_t i = 0; i < n; i++)
      if (results->examples[shown->rows[first + i]].n_choices == shown->n_choices)
        bs_example_probabilities(results, shown->rows[first + i],
                                 probabilities + i * shown->n_choices);
    status = write_names(w, results, shown->rows + first, n, text_width, err);
    for (size_t c = 0; status == BS_OK && c < shown->n_choices; c++)
      status = write_choice(w, results, shown, c, first, n, probabilities, text_width, err);
  }
  free(probabilities);
  return status;
}

static bs_status write_targets(bs_writer *w, const bs_shown_example *shown, size_t width,
                               bs_error *err) {
  bs_text all = {0};
  bs_writer own = {.to = &all};
  bs_writer_append_string(&own, "* ");
  for (size_t i = 0; i < shown->n_targets; i++) {
    bs_writer_append_string(&own, i > 0 ? " | " : "");
    bs_plain_append(&own, shown->targets[i].text, strlen(shown->targets[i].text), true);
  }
  bs_status status = bs_writer_status(&own, err);
  if (status == BS_OK)
    status = bs_plain_wrap(w, all.data, all.n_bytes, 0, width, err);
  bs_text_free(&all);
  return status;
}

static const char *word_of(bs_answer_verdict verdict) {
  static const char *const WORDS[] = {
      [BS_ANSWER_NOT_KNOWN] = "-", [BS_ANSWER_WRONG] = "wrong", [BS_ANSWER_RIGHT] = "right"};
  return WORDS[verdict];
}

/* Whether there is nothing but white space around the prediction. */
static bool says_no_more(const char *generated, const char *prediction) {
  while (*generated != '\0' && strchr(" \t\n\r", *generated) != NULL)
    generated++;
  size_t n = bs_trimmed_bytes(generated, strlen(generated));
  return n == 0 || (n == strlen(prediction) && memcmp(generated, prediction, n) == 0);
}

/* Behind a model's line: what it said, where that is more than the line has. */
static bs_status write_said(bs_writer *w, const bs_tables *results, size_t row, size_t width,
                            bs_error *err) {
  const bs_example_row *of = &results->examples[row];
  const bs_sample_row *samples = bs_tables_samples(results, row);
  bs_status status = BS_OK;
  for (uint32_t i = 0; status == BS_OK && i < of->n_samples; i++) {
    const char *texts[] = {samples[i].reasoning, samples[i].generated};
    for (size_t k = 0; status == BS_OK && k < 2; k++)
      if (texts[k][0] != '\0')
        status = bs_plain_wrap(w, texts[k], strlen(texts[k]), 2 * INDENT, width, err);
    bs_writer_printf(w, "%*s=> ", 2 * INDENT, "");
    bs_plain_append(w, samples[i].answer, strlen(samples[i].answer), true);
    bs_writer_append_string(w, "\n");
  }
  if (of->n_samples == 0 && !says_no_more(of->generated, of->prediction))
    status = bs_plain_wrap(w, of->generated, strlen(of->generated), 2 * INDENT, width, err);
  return status;
}

/* "  multiple_choice_grade 1  ln P -2.1": what stands behind what a model said. */
static bs_status write_numbers(bs_writer *w, const bs_tables *results, size_t row, bs_error *err) {
  const bs_example_row *of = &results->examples[row];
  const char *metric = results->tasks[of->task].preferred_metric;
  double value = bs_example_value(results, row, metric);
  bs_writer_append_string(w, "");
  if (!isnan(value))
    bs_writer_printf(w, "  %s %.3g", metric, value);
  if (!isnan(of->target_logprob))
    bs_writer_printf(w, "  ln P %.3g", of->target_logprob);
  return bs_writer_status(w, err);
}

/* What was lost of the prompt, on a line of its own. */
static void write_losses(bs_writer *w, const bs_example_row *of) {
  if (of->truncated_tokens > 0)
    bs_writer_printf(w, "%*sits prompt was cut by %" PRIu32 " tokens on the left\n", 2 * INDENT, "",
                     of->truncated_tokens);
  if (of->shots_shown < of->shots)
    bs_writer_printf(w, "%*sits prompt showed %" PRIu32 " shot%s\n", 2 * INDENT, "",
                     of->shots_shown, bs_plural(of->shots_shown));
}

static bs_status write_model(bs_writer *w, const bs_tables *results, size_t row, size_t width,
                             bs_error *err) {
  enum { TAKEN = INDENT + NAME + 11, LEAST_SAID = 8 }; /* the verdict, quotes and blanks */
  const bs_example_row *of = &results->examples[row];
  bs_text name = {0}, numbers = {0};
  bs_writer names = {.to = &name}, tail = {.to = &numbers};
  bs_status status = bs_plain_cut(&names, results->models[of->model].name, NAME, err);
  bs_writer_append_string(&names, "");
  if (status == BS_OK)
    status = bs_writer_status(&names, err);
  if (status == BS_OK)
    status = write_numbers(&tail, results, row, err);
  if (status == BS_OK) {
    size_t taken = TAKEN + bs_text_columns(numbers.data);
    bs_writer_printf(w, "%*s%s%*s  %-5s  \"", INDENT, "", name.data,
                     (int)(NAME - bs_size_min(bs_text_columns(name.data), NAME)), "",
                     word_of(bs_example_verdict(results, row)));
    status = bs_plain_cut(w, of->prediction,
                          taken + LEAST_SAID < width ? width - taken : LEAST_SAID, err);
    bs_writer_printf(w, "\"%s\n", numbers.data);
    write_losses(w, of);
  }
  bs_text_free(&name);
  bs_text_free(&numbers);
  return status == BS_OK ? write_said(w, results, row, width, err) : status;
}

/* Once for all models that saw it, and again where one saw another: fewer shots. */
static bs_status write_prompts(bs_writer *w, const bs_tables *results,
                               const bs_shown_example *shown, bs_prompt_maker *prompts,
                               size_t width, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < shown->n_rows; i++) {
    uint32_t n_shown = results->examples[shown->rows[i]].shots_shown;
    bool is_new = true;
    for (size_t k = 0; k < i; k++)
      is_new = is_new && results->examples[shown->rows[k]].shots_shown != n_shown;
    if (!is_new)
      continue;
    bs_text prompt = {0};
    status = bs_prompt_maker_append(prompts, shown->rows[i], &prompt, err);
    bs_writer_printf(w, "-- prompt with %" PRIu32 " shot%s\n", n_shown, bs_plural(n_shown));
    if (status == BS_OK)
      status = bs_plain_wrap(w, prompt.data, prompt.n_bytes, INDENT, width, err);
    bs_writer_append_string(w, "--\n");
    bs_text_free(&prompt);
  }
  return status;
}

bs_status bs_example_write_text(bs_writer *w, const bs_tables *results,
                                const bs_shown_example *shown, const bs_examples_options *options,
                                bs_prompt_maker *prompts, bs_error *err) {
  size_t width = options->width > 0 ? options->width : 80;
  write_heading(w, results, shown);
  bs_status status = options->with_prompt ? write_prompts(w, results, shown, prompts, width, err)
                                          : write_question(w, shown, width, err);
  bool has_choices = results->examples[shown->rows[0]].n_choices > 0 &&
                     results->examples[shown->rows[0]].n_choices == shown->n_choices;
  if (status == BS_OK && has_choices)
    status = write_choices(w, results, shown, width, err);
  if (status == BS_OK && shown->n_targets > 0)
    status = write_targets(w, shown, width, err);
  for (size_t i = 0; status == BS_OK && i < shown->n_rows; i++)
    status = write_model(w, results, shown->rows[i], width, err);
  bs_writer_append_string(w, "\n");
  return status == BS_OK ? bs_writer_status(w, err) : status;
}
