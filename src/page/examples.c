/* Examples of every task as JSON, for the page's script to show: the question, its answers, and
   what each model said. Those on which the models differ most come first. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "page/page_internal.h"

/* Bytes: of the texts of an example, and of the examples of all tasks together. */
enum {
  MOST_QUESTION = 4000,
  MOST_ANSWER = 400,
  MOST_GENERATED = 800,
  MOST_CHOICES = 64,
  MOST_TARGETS = 16,
  MOST_BYTES = 4000000
};

/* A model's answer to an example. */
typedef struct answer {
  uint32_t example;
  size_t row; /* of /examples */
} answer;

/* An example of a panel: answers[first, first + n), and how much the models differ on it. */
typedef struct candidate {
  size_t first, n;
  double spread, softer; /* of the metric; of the right answer's log-probability */
} candidate;

typedef struct examples {
  bs_page *page;
  const bs_panel *panel;
  size_t metric; /* a column of the examples' metrics; SIZE_MAX: none */
  answer *answers;
  size_t n_answers, capacity;
  candidate *candidates;
  size_t n_candidates, cap_candidates;
} examples;

static int compare_rows(const bs_example_row *row, uint32_t model, uint32_t task, uint32_t shots) {
  BS_ORDER(row->model, model);
  BS_ORDER(row->task, task);
  BS_ORDER(row->shots, shots);
  return 0;
}

/* The first example row that does not stand before (model, task, shots). */
static size_t lower_bound(const bs_tables *of, uint32_t model, uint32_t task, uint32_t shots) {
  size_t low = 0, high = of->n_examples;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_rows(&of->examples[middle], model, task, shots) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int compare_answers(const void *left, const void *right) {
  const answer *a = left, *b = right;
  BS_ORDER(a->example, b->example);
  BS_ORDER(a->row, b->row);
  return 0;
}

static bs_status collect_answers(examples *e, bs_error *err) {
  const bs_tables *of = e->page->results;
  bs_status status = BS_OK;
  e->n_answers = 0;
  for (uint32_t model = 0; status == BS_OK && model < of->n_models; model++) {
    size_t row = lower_bound(of, model, e->panel->number, e->panel->shots);
    for (; status == BS_OK && row < of->n_examples &&
           compare_rows(&of->examples[row], model, e->panel->number, e->panel->shots) == 0;
         row++) {
      status = bs_reserve(&e->answers, &e->capacity, e->n_answers, 1, err);
      if (status == BS_OK)
        e->answers[e->n_answers++] = (answer){of->examples[row].example, row};
    }
  }
  if (status == BS_OK && e->n_answers > 0)
    qsort(e->answers, e->n_answers, sizeof *e->answers, compare_answers);
  return status;
}

static double value_of(const examples *e, size_t row) {
  const bs_tables *of = e->page->results;
  return e->metric < of->n_metrics ? of->metric_values[row * of->n_metrics + e->metric] : NAN;
}

/* The variance of n numbers that are not NaN; 0 of less than two. */
static double variance(const double *values, size_t n) {
  double mean = 0, sum = 0;
  for (size_t i = 0; i < n; i++)
    mean += values[i] / (double)n;
  for (size_t i = 0; i < n; i++)
    sum += (values[i] - mean) * (values[i] - mean);
  return n > 1 ? sum / (double)n : 0;
}

/* values[c->n] is scratch. */
static void weigh(const examples *e, candidate *c, double *values) {
  size_t n = 0;
  for (size_t i = 0; i < c->n; i++) {
    double value = value_of(e, e->answers[c->first + i].row);
    if (isfinite(value))
      values[n++] = value;
  }
  c->spread = variance(values, n);
  n = 0;
  for (size_t i = 0; i < c->n; i++) {
    double value = e->page->results->examples[e->answers[c->first + i].row].target_logprob;
    if (isfinite(value))
      values[n++] = value;
  }
  c->softer = variance(values, n);
}

static int compare_candidates(const void *left, const void *right) {
  const candidate *a = left, *b = right;
  BS_ORDER(b->spread, a->spread);
  BS_ORDER(b->softer, a->softer);
  BS_ORDER(a->first, b->first);
  return 0;
}

static bs_status find_candidates(examples *e, bs_error *err) {
  double *values = bs_array_new(e->n_answers, sizeof *values, err);
  bs_status status = values != NULL ? BS_OK : BS_ERR_MEMORY;
  e->n_candidates = 0;
  for (size_t i = 0; status == BS_OK && i < e->n_answers;) {
    candidate c = {.first = i};
    while (i < e->n_answers && e->answers[i].example == e->answers[c.first].example)
      i++;
    c.n = i - c.first;
    weigh(e, &c, values);
    status = bs_reserve(&e->candidates, &e->cap_candidates, e->n_candidates, 1, err);
    if (status == BS_OK)
      e->candidates[e->n_candidates++] = c;
  }
  if (status == BS_OK && e->n_candidates > 0)
    qsort(e->candidates, e->n_candidates, sizeof *e->candidates, compare_candidates);
  free(values);
  return status;
}

/* The first target, or choice text, of an example. Both tables are in order of task and example. */
static size_t first_target(const bs_tables *of, uint32_t task, uint32_t example) {
  size_t low = 0, high = of->n_targets;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const bs_target_row *row = &of->targets[middle];
    if (row->task < task || (row->task == task && row->example < example))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static size_t first_choice_text(const bs_tables *of, uint32_t task, uint32_t example) {
  size_t low = 0, high = of->n_choice_texts;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const bs_choice_text_row *row = &of->choice_texts[middle];
    if (row->task < task || (row->task == task && row->example < example))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void write_targets(bs_writer *w, const bs_tables *of, uint32_t task, uint32_t example) {
  size_t first = first_target(of, task, example);
  bs_writer_append_string(w, ",\"t\":[");
  for (size_t i = first; i < of->n_targets && i < first + MOST_TARGETS; i++) {
    if (of->targets[i].task != task || of->targets[i].example != example)
      break;
    bs_writer_append_string(w, i > first ? "," : "");
    bs_markup_json(w, of->targets[i].text, MOST_ANSWER);
  }
  bs_writer_append_string(w, "]");
}

/* The texts of the choices, and the numbers of the right ones by the target scores of `row`. */
static void write_choices(bs_writer *w, const bs_tables *of, const bs_example_row *row) {
  size_t first = first_choice_text(of, row->task, row->example);
  const bs_choice_row *choices = of->choices + row->first_choice;
  double best = -INFINITY;
  const char *comma = "";
  if (row->n_choices == 0)
    return;
  bs_writer_append_string(w, ",\"c\":[");
  for (size_t i = first; i < of->n_choice_texts && i < first + MOST_CHOICES; i++) {
    if (of->choice_texts[i].task != row->task || of->choice_texts[i].example != row->example)
      break;
    bs_writer_append_string(w, i > first ? "," : "");
    bs_markup_json(w, of->choice_texts[i].text, MOST_ANSWER);
  }
  for (size_t i = 0; i < row->n_choices; i++)
    best = fmax(best, choices[i].target_score);
  bs_writer_append_string(w, "],\"r\":[");
  for (size_t i = 0; i < row->n_choices && i < MOST_CHOICES; i++)
    if (choices[i].target_score == best && best > -INFINITY) {
      bs_writer_printf(w, "%s%zu", comma, i);
      comma = ",";
    }
  bs_writer_append_string(w, "]");
}

/* The choices' probabilities among each other, in thousandths. */
static void write_probabilities(bs_writer *w, const bs_tables *of, const bs_example_row *row) {
  const bs_choice_row *choices = of->choices + row->first_choice;
  double top = -INFINITY, sum = 0;
  for (size_t i = 0; i < row->n_choices; i++)
    top = fmax(top, choices[i].logprob);
  for (size_t i = 0; i < row->n_choices; i++)
    sum += isfinite(top) ? exp(choices[i].logprob - top) : 0;
  bs_writer_append_string(w, "[");
  for (size_t i = 0; i < row->n_choices && i < MOST_CHOICES; i++) {
    double share = isfinite(top) ? exp(choices[i].logprob - top) / sum : 0;
    bs_writer_printf(w, "%s%.0f", i > 0 ? "," : "", isfinite(share) ? 1000 * share : 0);
  }
  bs_writer_append_string(w, "]");
}

/* [model, value of the metric, probabilities or 0, log-probability of the right answer, prediction,
   text as generated where it is another]. */
static void write_answer(const examples *e, bs_writer *w, size_t at) {
  const bs_tables *of = e->page->results;
  const bs_example_row *row = &of->examples[at];
  bs_writer_printf(w, "[%" PRIu32 ",", row->model);
  bs_markup_json_number(w, value_of(e, at));
  bs_writer_append_string(w, ",");
  if (row->n_choices > 0)
    write_probabilities(w, of, row);
  else
    bs_writer_append_string(w, "0");
  bs_writer_append_string(w, ",");
  bs_markup_json_number(w, row->target_logprob);
  bs_writer_append_string(w, ",");
  bs_markup_json(w, row->prediction, MOST_ANSWER);
  if (row->generated[0] != '\0' && strcmp(row->generated, row->prediction) != 0) {
    bs_writer_append_string(w, ",");
    bs_markup_json(w, row->generated, MOST_GENERATED);
  }
  bs_writer_append_string(w, "]");
}

static void write_example(const examples *e, bs_writer *w, const candidate *c) {
  const bs_tables *of = e->page->results;
  const bs_example_row *row = &of->examples[e->answers[c->first].row];
  const bs_input_row *input = bs_tables_input(of, row->task, row->example);
  bs_writer_printf(w, "{\"n\":%" PRIu32, row->example);
  if (input != NULL) {
    bs_writer_append_string(w, ",\"q\":");
    bs_markup_json(w, input->query, MOST_QUESTION);
  }
  write_targets(w, of, row->task, row->example);
  write_choices(w, of, row);
  bs_writer_append_string(w, ",\"m\":[");
  for (size_t i = 0; i < c->n; i++) {
    bs_writer_append_string(w, i > 0 ? "," : "");
    write_answer(e, w, e->answers[c->first + i].row);
  }
  bs_writer_append_string(w, "]}");
}

static size_t column_of(const bs_tables *of, const char *metric) {
  for (size_t i = 0; i < of->n_metrics; i++)
    if (strcmp(of->metric_names[i], metric) == 0)
      return i;
  return SIZE_MAX;
}

/* Up to `most` bytes, but the first example in any case. */
static void write_panel(examples *e, size_t number, size_t most) {
  bs_writer *w = e->page->w;
  bs_status status = collect_answers(e, &w->error);
  if (status == BS_OK)
    status = find_candidates(e, &w->error);
  if (status != BS_OK || e->n_candidates == 0)
    return;
  bs_writer_printf(w, "<script type=application/json id=x%zu>{\"all\":%zu,\"list\":[", number,
                   e->n_candidates);
  size_t n_bytes = 0;
  for (size_t i = 0; i < e->n_candidates && i < e->page->options->n_examples; i++) {
    bs_text text = {0};
    bs_writer one = {.to = &text};
    write_example(e, &one, &e->candidates[i]);
    bool fits =
        bs_writer_status(&one, &w->error) == BS_OK && (i == 0 || n_bytes + text.n_bytes <= most);
    if (fits) {
      bs_writer_append_string(w, i > 0 ? ",\n" : "");
      bs_writer_append(w, text.data, text.n_bytes);
    }
    n_bytes += text.n_bytes;
    bs_text_free(&text);
    if (!fits)
      break;
  }
  bs_writer_append_string(w, "]}</script>\n");
}

/* [[name, family's number, size], ...] in their order, and the order of their sizes. */
static void write_models(bs_page *page) {
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<script type=application/json id=model-list>[");
  for (size_t i = 0; i < page->analysis->n_models; i++) {
    const bs_analysis_model_row *model = &page->analysis->models[i];
    char size[BS_CELL_BYTES];
    bs_format_scale(size, model->scale);
    bs_writer_append_string(w, i > 0 ? ",[" : "[");
    bs_markup_json(w, model->name, 0);
    bs_writer_append_string(w, ",");
    bs_markup_json(w, model->family, 0);
    bs_writer_printf(w, ",%" PRIu32 ",\"%s\",", model->family_number, size);
    bs_markup_json_number(w, model->scale);
    bs_writer_append_string(w, "]");
  }
  bs_writer_append_string(w, "]</script>\n");
}

void bs_examples_write(bs_page *page) {
  examples e = {.page = page};
  if (page->results == NULL || page->options->n_examples == 0 || page->tasks.n == 0)
    return;
  write_models(page);
  for (size_t i = 0; i < page->tasks.n; i++) {
    e.panel = &page->tasks.list[i];
    e.metric = column_of(page->results, e.panel->metric);
    write_panel(&e, i, MOST_BYTES / page->tasks.n);
  }
  free(e.answers);
  free(e.candidates);
}
