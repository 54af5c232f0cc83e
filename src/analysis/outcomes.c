/* Outcomes from the stored records: one pass over the examples. */
#include "analysis/outcomes_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tables/tables_internal.h"

/* The texts that were generated, as the task compares them. */
static bs_status make_predictions(bs_outcomes *of, bs_error *err) {
  const bs_tables *results = of->results;
  const bs_task_row *task = &results->tasks[results->examples[of->first].task];
  of->predictions.n_bytes = 0;
  bs_status status = bs_reserve(&of->prediction_at, &of->cap_prediction_at, 0, of->n, err);
  for (size_t i = 0; status == BS_OK && i < of->n; i++) {
    const char *generated = results->examples[of->first + i].generated;
    if (of->votes[i].of_texts)
      generated = bs_tables_samples(results, of->first + i)[of->votes[i].text_winner].generated;
    of->prediction_at[i] = of->predictions.n_bytes;
    status = bs_postprocess(generated, strlen(generated), task->max_length, task->stop_string,
                            task->output_regex, &of->predictions, err);
    if (status == BS_OK)
      status = bs_text_append(&of->predictions, "", 1, err);
  }
  if (status != BS_OK)
    bs_error_prefix(err, "task %s", task->name);
  for (size_t i = 0; status == BS_OK && i < of->n; i++)
    if (of->all[i].n_targets > 0)
      of->all[i].prediction = of->predictions.data + of->prediction_at[i];
  return status;
}

/* The accepted answers of the group's examples, in whose order they stand. */
static void find_targets(bs_outcomes *of) {
  const bs_tables *results = of->results;
  uint32_t task = results->examples[of->first].task;
  size_t at = of->first_target[task], end = of->first_target[task + 1];
  for (size_t i = 0; i < of->n; i++) {
    uint32_t example = results->examples[of->first + i].example;
    bs_outcome *outcome = &of->all[i];
    while (at < end && results->targets[at].example < example)
      at++;
    outcome->targets = of->target_texts + at;
    while (at < end && results->targets[at].example == example)
      at++;
    outcome->n_targets = (size_t)(of->target_texts + at - outcome->targets);
  }
}

/* The texts and roles of the choices of the group's examples, where all of an example's are there.
 */
static void find_choice_texts(bs_outcomes *of) {
  const bs_tables *results = of->results;
  uint32_t task = results->examples[of->first].task;
  size_t at = of->first_choice_text[task], end = of->first_choice_text[task + 1];
  for (size_t i = 0; i < of->n; i++) {
    uint32_t example = results->examples[of->first + i].example;
    bs_outcome *outcome = &of->all[i];
    while (at < end && results->choice_texts[at].example < example)
      at++;
    size_t first = at;
    bool in_place = true, any_role = false;
    for (; at < end && results->choice_texts[at].example == example; at++) {
      in_place = in_place && results->choice_texts[at].choice == at - first;
      any_role |= of->roles[at] != BS_ROLE_NONE;
    }
    if (in_place && at - first == outcome->n_choices && at > first) {
      outcome->choice_texts = of->choice_texts + first;
      outcome->choice_roles = any_role ? of->roles + first : NULL;
    }
  }
}

static double record_of(const bs_outcomes *of, size_t row, bs_record record) {
  size_t column = of->record_columns[record];
  return column == SIZE_MAX ? NAN
                            : of->results->metric_values[row * of->results->n_metrics + column];
}

/* A count from a column of numbers; false for what is none. */
static bool read_count(double number, size_t most, size_t *count) {
  bool good = number >= 0 && number <= (double)most && number == floor(number);
  *count = good ? (size_t)number : 0;
  return good;
}

static void read_records(bs_outcomes *of) {
  for (size_t i = 0; i < of->n; i++) {
    bs_outcome *outcome = &of->all[i];
    size_t row = of->first + i, answer;
    const char *const *texts = outcome->n_choices > 0 ? outcome->choice_texts : outcome->targets;
    size_t n_texts = outcome->n_choices > 0 ? outcome->n_choices : outcome->n_targets;
    if (texts != NULL && n_texts > 0 &&
        read_count(record_of(of, row, BS_RECORD_ANSWER), n_texts - 1, &answer))
      outcome->answer = texts[answer];
    read_count(record_of(of, row, BS_RECORD_ANSWER_TOKENS), UINT32_MAX, &outcome->answer_tokens);
    outcome->has_greedy = read_count(record_of(of, row, BS_RECORD_GREEDY_TOKENS),
                                     outcome->answer_tokens, &outcome->greedy_tokens);
    outcome->has_token_edits =
        read_count(record_of(of, row, BS_RECORD_TOKEN_EDITS), UINT32_MAX, &outcome->token_edits);
  }
}

static bs_status make_room(bs_outcomes *of, size_t n_choices, bs_error *err) {
  n_choices += n_choices == 0; /* so that there are arrays to point into */
  bs_status status = bs_reserve(&of->all, &of->cap_all, 0, of->n, err);
  if (status == BS_OK)
    status = bs_reserve(&of->votes, &of->cap_votes, 0, of->n, err);
  if (status == BS_OK)
    status = bs_reserve(&of->logprobs, &of->cap_logprobs, 0, n_choices, err);
  if (status == BS_OK)
    status = bs_reserve(&of->target_scores, &of->cap_target_scores, 0, n_choices, err);
  if (status == BS_OK)
    status = bs_reserve(&of->tokens, &of->cap_tokens, 0, n_choices, err);
  return status;
}

bs_status bs_outcomes_fill(bs_outcomes *of, bool with_text, bs_error *err) {
  if (of->is_filled)
    return BS_OK;
  const bs_tables *results = of->results;
  const bs_example_row *first = &results->examples[of->first], *last = first + of->n - 1;
  size_t n_choices = 0;
  for (const bs_example_row *row = first; row <= last; row++)
    n_choices += row->n_choices;
  bs_status status = make_room(of, n_choices, err);
  for (size_t i = 0, at = 0; status == BS_OK && i < of->n; i++) {
    of->all[i] = (bs_outcome){.example = first[i].example,
                              .n_choices = first[i].n_choices,
                              .choice_logprobs = of->logprobs + at,
                              .target_scores = of->target_scores + at,
                              .choice_tokens = of->tokens + at,
                              .target_logprob = first[i].target_logprob};
    for (size_t k = 0; k < first[i].n_choices; k++, at++) {
      const bs_choice_row *choice = &results->choices[first[i].first_choice + k];
      of->logprobs[at] = choice->logprob;
      of->target_scores[at] = choice->target_score;
      of->tokens[at] = choice->tokens;
    }
  }
  if (status == BS_OK) {
    find_targets(of);
    find_choice_texts(of);
    read_records(of);
    status = bs_outcomes_vote(of, with_text, err);
  }
  if (status == BS_OK && with_text)
    status = make_predictions(of, err);
  of->is_filled = status == BS_OK;
  return status;
}

static bool same_group(const bs_example_row *a, const bs_example_row *b) {
  return a->model == b->model && a->task == b->task && a->shots == b->shots;
}

/* The place of each task's first row in a table that stands in order of tasks. */
static void index_tasks(const bs_tables *results, bs_table_id id, size_t *first) {
  const bs_table_schema *schema = &bs_schemas[id];
  const bs_column *task_column = bs_schema_column(schema, "task");
  size_t n, at = 0;
  const char *rows = bs_table_rows(results, id, &n);
  for (size_t task = 0; task < results->n_tasks; task++) {
    first[task] = at;
    while (at < n && bs_field_number(task_column, rows + at * schema->row_bytes) == task)
      at++;
  }
  first[results->n_tasks] = at;
}

static bs_status index_texts(bs_outcomes *of, bs_error *err) {
  const bs_tables *results = of->results;
  of->target_texts = bs_array_new(results->n_targets, sizeof *of->target_texts, err);
  of->choice_texts = bs_array_new(results->n_choice_texts, sizeof *of->choice_texts, err);
  of->roles = bs_array_new(results->n_choice_texts, sizeof *of->roles, err);
  of->first_target = bs_array_new(results->n_tasks + 1, sizeof *of->first_target, err);
  of->first_choice_text = bs_array_new(results->n_tasks + 1, sizeof *of->first_choice_text, err);
  if (of->target_texts == NULL || of->choice_texts == NULL || of->roles == NULL ||
      of->first_target == NULL || of->first_choice_text == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < results->n_targets; i++)
    of->target_texts[i] = results->targets[i].text;
  for (size_t i = 0; i < results->n_choice_texts; i++) {
    of->choice_texts[i] = results->choice_texts[i].text;
    of->roles[i] = results->choice_texts[i].role;
  }
  index_tasks(results, BS_TABLE_TARGETS, of->first_target);
  index_tasks(results, BS_TABLE_CHOICE_TEXTS, of->first_choice_text);
  return BS_OK;
}

bs_status bs_task_lists_read(bs_task_lists *to, const bs_tables *results, bs_arena *arena,
                             bs_error *err) {
  to->first = bs_array_new(results->n_tasks + 1, sizeof *to->first, err);
  to->names = bs_array_new(1, sizeof *to->names, err); /* so that there is an array to point into */
  to->capacity = 1;
  bs_status status = to->first == NULL || to->names == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; status == BS_OK && i < results->n_tasks; i++) {
    for (const char *at = results->tasks[i].metrics; status == BS_OK && *at != '\0';) {
      size_t length = strcspn(at, ",");
      status = bs_reserve(&to->names, &to->capacity, to->n, 1, err);
      if (status == BS_OK && length > 0 &&
          (to->names[to->n++] = bs_arena_string(arena, at, length)) == NULL)
        status = bs_error_set(err, BS_ERR_MEMORY, "cannot copy the names of metrics");
      at += length + (at[length] == ',');
    }
    to->first[i + 1] = to->n;
  }
  return status;
}

size_t bs_tables_column(const bs_tables *results, const char *name) {
  for (size_t i = 0; i < results->n_metrics; i++)
    if (strcmp(results->metric_names[i], name) == 0)
      return i;
  return SIZE_MAX;
}

void bs_task_lists_free(bs_task_lists *lists) {
  free(lists->names);
  free(lists->first);
  *lists = (bs_task_lists){0};
}

bs_status bs_outcomes_open(bs_outcomes *of, const bs_tables *results, bs_error *err) {
  *of = (bs_outcomes){.results = results};
  bs_status status = bs_tables_check(results, err);
  if (status == BS_OK && !bs_tables_in_order(results))
    status = bs_error_set(err, BS_ERR_INPUT, "results are not in order: sort them first");
  if (status == BS_OK)
    status = index_texts(of, err);
  for (int i = 0; i < BS_N_RECORDS; i++)
    of->record_columns[i] = bs_tables_column(results, bs_record_name((bs_record)i));
  return status;
}

void bs_outcomes_close(bs_outcomes *of) {
  free(of->all);
  free(of->votes);
  free(of->target_texts);
  free(of->choice_texts);
  free(of->roles);
  free(of->first_target);
  free(of->first_choice_text);
  free(of->logprobs);
  free(of->target_scores);
  free(of->tokens);
  free(of->prediction_at);
  bs_text_free(&of->predictions);
  *of = (bs_outcomes){0};
}

bool bs_outcomes_next(bs_outcomes *of) {
  const bs_tables *results = of->results;
  of->first += of->n;
  of->n = 0;
  of->is_filled = false;
  while (of->first + of->n < results->n_examples &&
         same_group(&results->examples[of->first], &results->examples[of->first + of->n]))
    of->n++;
  return of->n > 0;
}

void bs_outcomes_at(bs_outcomes *of, size_t first, size_t n) {
  of->first = first;
  of->n = n;
  of->is_filled = false;
}
