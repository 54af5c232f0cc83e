/* Which examples are asked for, and who is right. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "report/examples_internal.h"

double bs_example_value(const bs_tables *results, size_t row, const char *metric) {
  for (size_t i = 0; i < results->n_metrics; i++)
    if (strcmp(results->metric_names[i], metric) == 0)
      return results->metric_values[row * results->n_metrics + i];
  return NAN;
}

static double best_score(const bs_choice_row *choices, size_t n) {
  double best = choices[0].target_score;
  for (size_t i = 1; i < n; i++)
    best = fmax(best, choices[i].target_score);
  return best;
}

bs_answer_verdict bs_example_verdict(const bs_tables *results, size_t row) {
  static const char EXACT[] = "exact_str_match";
  const bs_example_row *of = &results->examples[row];
  const char *preferred = results->tasks[of->task].preferred_metric;
  const bs_metric *metric = bs_metric_find(preferred);
  double value, high;
  if (of->n_choices > 0) {
    value = bs_example_value(results, row, "multiple_choice_grade");
    high = best_score(bs_tables_choices(results, row), of->n_choices);
  } else {
    bool has_best = metric != NULL && metric->higher_is_better && isfinite(metric->high_score);
    value = has_best ? bs_example_value(results, row, preferred) : (double)NAN;
    high = isnan(value) ? 1 : metric->high_score;
    if (isnan(value))
      value = bs_example_value(results, row, EXACT);
  }
  if (isnan(value) || isnan(high))
    return BS_ANSWER_NOT_KNOWN;
  return value >= high ? BS_ANSWER_RIGHT : BS_ANSWER_WRONG;
}

void bs_example_probabilities(const bs_tables *results, size_t row, double *probabilities) {
  const bs_choice_row *choices = bs_tables_choices(results, row);
  size_t n = results->examples[row].n_choices;
  double top = -INFINITY, sum = 0;
  for (size_t i = 0; i < n; i++)
    top = fmax(top, choices[i].logprob);
  for (size_t i = 0; i < n; i++) {
    probabilities[i] = isfinite(top) ? exp(choices[i].logprob - top) : (double)NAN;
    sum += probabilities[i];
  }
  for (size_t i = 0; i < n; i++)
    probabilities[i] /= sum;
}

/* A row of /examples by its place among what is shown. */
typedef struct place {
  uint32_t task, shots, example;
  size_t row;
} place;

static int by_example(const place *a, const place *b) {
  if (a->task != b->task)
    return a->task < b->task ? -1 : 1;
  if (a->shots != b->shots)
    return a->shots < b->shots ? -1 : 1;
  return (a->example > b->example) - (a->example < b->example);
}

static int by_place(const void *a, const void *b) {
  const place *x = a, *y = b;
  int order = by_example(x, y);
  return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

/* The selected rows, those of one example together. */
static place *find_places(const bs_tables *results, const bs_examples_options *options, size_t *n,
                          bs_error *err) {
  place *places = bs_array_new(results->n_examples, sizeof *places, err);
  *n = 0;
  for (size_t i = 0; places != NULL && i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    if (bs_selection_has(&options->selection, row->model, row->task, row->shots) &&
        (options->example == UINT32_MAX || options->example == row->example))
      places[(*n)++] = (place){row->task, row->shots, row->example, i};
  }
  if (places != NULL)
    qsort(places, *n, sizeof *places, by_place);
  return places;
}

static bool disagree(const bs_tables *results, const bs_examples_options *options,
                     const size_t *rows, size_t n) {
  bs_answer_verdict first = BS_ANSWER_NOT_KNOWN, second = BS_ANSWER_NOT_KNOWN;
  for (size_t i = 0; i < n; i++) {
    uint32_t model = results->examples[rows[i]].model;
    if (model == options->first)
      first = bs_example_verdict(results, rows[i]);
    if (model == options->second)
      second = bs_example_verdict(results, rows[i]);
  }
  return first != BS_ANSWER_NOT_KNOWN && second != BS_ANSWER_NOT_KNOWN && first != second;
}

static bool is_asked(const bs_tables *results, const bs_examples_options *options,
                     const size_t *rows, size_t n) {
  if (options->differ && !disagree(results, options, rows, n))
    return false;
  bs_answer_verdict wanted =
      options->asked == BS_EXAMPLES_WRONG ? BS_ANSWER_WRONG : BS_ANSWER_RIGHT;
  for (size_t i = 0; options->asked != BS_EXAMPLES_ALL && i < n; i++)
    if (bs_example_verdict(results, rows[i]) != wanted)
      return false;
  return true;
}

/* The first row that does not stand before the example, of tables in order of task and example. */
#define FIND_FIRST(rows, n, of, first)                                                             \
  do {                                                                                             \
    size_t low_ = 0, high_ = (n);                                                                  \
    while (low_ < high_) {                                                                         \
      size_t middle_ = low_ + (high_ - low_) / 2;                                                  \
      if ((rows)[middle_].task < (of)->task ||                                                     \
          ((rows)[middle_].task == (of)->task && (rows)[middle_].example < (of)->example))         \
        low_ = middle_ + 1;                                                                        \
      else                                                                                         \
        high_ = middle_;                                                                           \
    }                                                                                              \
    (first) = low_;                                                                                \
  } while (0)

static void add_texts(bs_shown_example *shown, const bs_tables *results) {
  size_t first;
  shown->input = bs_tables_input(results, shown->task, shown->example);
  FIND_FIRST(results->targets, results->n_targets, shown, first);
  shown->targets = results->targets != NULL ? results->targets + first : NULL;
  while (first + shown->n_targets < results->n_targets &&
         shown->targets[shown->n_targets].task == shown->task &&
         shown->targets[shown->n_targets].example == shown->example)
    shown->n_targets++;
  FIND_FIRST(results->choice_texts, results->n_choice_texts, shown, first);
  shown->choices = results->choice_texts != NULL ? results->choice_texts + first : NULL;
  while (first + shown->n_choices < results->n_choice_texts &&
         shown->choices[shown->n_choices].task == shown->task &&
         shown->choices[shown->n_choices].example == shown->example)
    shown->n_choices++;
}

bs_status bs_examples_find(bs_found_examples *out, const bs_tables *results,
                           const bs_examples_options *options, bs_error *err) {
  *out = (bs_found_examples){0};
  size_t n_places;
  place *places = find_places(results, options, &n_places, err);
  if (places == NULL)
    return BS_ERR_MEMORY;
  out->rows = bs_array_new(n_places, sizeof *out->rows, err);
  out->all = bs_array_new(n_places, sizeof *out->all, err);
  bs_status status = out->rows != NULL && out->all != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n_places;) {
    size_t first = i;
    for (; i < n_places && by_example(&places[i], &places[first]) == 0; i++)
      out->rows[i] = places[i].row;
    if (!is_asked(results, options, out->rows + first, i - first))
      continue;
    bs_shown_example *shown = &out->all[out->n++];
    *shown = (bs_shown_example){.task = places[first].task,
                                .shots = places[first].shots,
                                .example = places[first].example,
                                .rows = out->rows + first,
                                .n_rows = i - first};
    if (out->n <= options->most)
      add_texts(shown, results);
  }
  free(places);
  if (status != BS_OK)
    bs_found_examples_free(out);
  return status;
}

void bs_found_examples_free(bs_found_examples *found) {
  free(found->all);
  free(found->rows);
  *found = (bs_found_examples){0};
}
