/* Single examples as lm-evaluation-harness writes them with --log_samples: an object on a line for
   each. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text_internal.h"
#include "bigsweep/metric.h"
#include "export/export_internal.h"
#include "export/lm_eval_internal.h"
#include "export/scores_internal.h"

enum { NUMBER_BYTES = 24 };

/* An example and all that belongs to it. */
typedef struct sample {
  const bs_tables *results;
  size_t row; /* of /examples */
  const bs_example_row *example;
  const char *query; /* "" where it is not known */
  const bs_choice_row *choices;
  const bs_choice_text_row *texts; /* [n_texts]; NULL: not known */
  size_t n_texts;
  const bs_target_row *targets;
  size_t n_targets;
} sample;

static sample sample_of(const bs_tables *results, size_t row) {
  const bs_example_row *example = &results->examples[row];
  sample of = {.results = results, .row = row, .example = example, .query = ""};
  size_t n, at = bs_export_rows_of(results, BS_TABLE_INPUTS, example->task, example->example, &n);
  if (n > 0)
    of.query = results->inputs[at].query;
  at = bs_export_rows_of(results, BS_TABLE_CHOICE_TEXTS, example->task, example->example,
                         &of.n_texts);
  of.texts = of.n_texts > 0 ? &results->choice_texts[at] : NULL;
  at = bs_export_rows_of(results, BS_TABLE_TARGETS, example->task, example->example, &of.n_targets);
  of.targets = of.n_targets > 0 ? &results->targets[at] : NULL;
  of.choices = bs_tables_choices(results, row);
  return of;
}

static const char *choice_text(const sample *of, size_t i) {
  return i < of->n_texts ? of->texts[i].text : "";
}

static void write_string(bs_writer *w, const char *text) {
  bs_writer_string(w, text, strlen(text));
}

static void write_doc(bs_writer *w, const sample *of) {
  bs_writer_begin_object(w);
  bs_writer_member(w, "query", of->query);
  if (of->example->n_choices > 0) {
    bs_writer_key(w, "choices");
    bs_writer_begin_array(w);
    for (uint32_t i = 0; i < of->example->n_choices; i++)
      write_string(w, choice_text(of, i));
    bs_writer_end_array(w);
    bs_writer_key(w, "target_scores");
    bs_writer_begin_array(w);
    for (uint32_t i = 0; i < of->example->n_choices; i++)
      bs_writer_number(w, of->choices[i].target_score);
    bs_writer_end_array(w);
  }
  if (of->n_targets > 0) {
    bs_writer_key(w, "targets");
    bs_writer_begin_array(w);
    for (size_t i = 0; i < of->n_targets; i++)
      write_string(w, of->targets[i].text);
    bs_writer_end_array(w);
  }
  bs_writer_end_object(w);
}

/* Of choices the number of the first right one, as text; else the first accepted answer. */
static const char *target_of(const sample *of, char number[NUMBER_BYTES]) {
  size_t best = 0;
  if (of->example->n_choices == 0)
    return of->n_targets > 0 ? of->targets[0].text : "";
  for (uint32_t i = 1; i < of->example->n_choices; i++)
    if (of->choices[i].target_score > of->choices[best].target_score)
      best = i;
  snprintf(number, NUMBER_BYTES, "%zu", best);
  return number;
}

/* A request each: the query with a choice behind it, or the query and where text ends. */
static void write_arguments(bs_writer *w, const sample *of) {
  char key[32];
  uint32_t n = of->example->n_choices > 0 ? of->example->n_choices : 1;
  const char *stop = of->results->tasks[of->example->task].stop_string;
  bs_writer_key(w, "arguments");
  bs_writer_begin_object(w);
  for (uint32_t i = 0; i < n; i++) {
    snprintf(key, sizeof key, "gen_args_%" PRIu32, i);
    bs_writer_key(w, key);
    bs_writer_begin_object(w);
    bs_writer_member(w, "arg_0", of->query);
    if (of->example->n_choices > 0) {
      bs_writer_member(w, "arg_1", choice_text(of, i));
    } else {
      bs_writer_key(w, "arg_1");
      bs_writer_begin_object(w);
      bs_writer_key(w, "until");
      bs_writer_begin_array(w);
      if (stop[0] != '\0')
        write_string(w, stop);
      bs_writer_end_array(w);
      bs_writer_end_object(w);
    }
    bs_writer_end_object(w);
  }
  bs_writer_end_object(w);
}

/* [log-probability, whether it is what greedy generation gives], as text; the second is not known.
 */
static void write_answer(bs_writer *w, const bs_choice_row *choice) {
  char number[32];
  snprintf(number, sizeof number, "%.17g", choice->logprob);
  bs_writer_begin_array(w);
  write_string(w, number);
  write_string(w, "None");
  bs_writer_end_array(w);
}

static void write_responses(bs_writer *w, const sample *of) {
  bs_writer_key(w, "resps");
  bs_writer_begin_array(w);
  for (uint32_t i = 0; i < of->example->n_choices; i++) {
    bs_writer_begin_array(w);
    write_answer(w, &of->choices[i]);
    bs_writer_end_array(w);
  }
  if (of->example->n_choices == 0) {
    bs_writer_begin_array(w);
    write_string(w, of->example->generated);
    bs_writer_end_array(w);
  }
  bs_writer_end_array(w);
  bs_writer_key(w, "filtered_resps");
  bs_writer_begin_array(w);
  for (uint32_t i = 0; i < of->example->n_choices; i++)
    write_answer(w, &of->choices[i]);
  if (of->example->n_choices == 0)
    write_string(w, of->example->prediction);
  bs_writer_end_array(w);
}

/* The metrics that the example has a value of: their names, then each with its value. */
static void write_metrics(bs_writer *w, const sample *of) {
  const bs_tables *results = of->results;
  const double *values = bs_tables_values(results, of->row);
  bs_writer_key(w, "metrics");
  bs_writer_begin_array(w);
  for (size_t i = 0; i < results->n_metrics; i++)
    if (isfinite(values[i]) && bs_metric_find(results->metric_names[i]) != NULL)
      write_string(w, results->metric_names[i]);
  bs_writer_end_array(w);
  for (size_t i = 0; i < results->n_metrics; i++)
    if (isfinite(values[i]) && bs_metric_find(results->metric_names[i]) != NULL)
      bs_export_number(w, results->metric_names[i], values[i]);
}

static bs_status write_hash(bs_writer *w, const char *key, const char *bytes, size_t n,
                            bs_error *err) {
  unsigned char digest[32];
  char hex[65];
  bs_status status = bs_sha256(bytes, n, digest, err);
  if (status != BS_OK)
    return status;
  bs_hex(digest, sizeof digest, hex);
  bs_writer_member(w, key, hex);
  return BS_OK;
}

static bs_status write_sample(const sample *of, bs_text *to, bs_error *err) {
  bs_text doc = {0};
  bs_writer w = {.to = to}, inner = {.to = &doc};
  char number[NUMBER_BYTES];
  const char *target = target_of(of, number);
  write_doc(&inner, of);
  bs_status status = bs_writer_status(&inner, err);
  bs_writer_begin_object(&w);
  bs_export_unsigned(&w, "doc_id", of->example->example);
  bs_writer_key(&w, "doc");
  write_doc(&w, of);
  bs_writer_member(&w, "target", target);
  write_arguments(&w, of);
  write_responses(&w, of);
  bs_writer_member(&w, "filter", "none");
  write_metrics(&w, of);
  if (status == BS_OK)
    status = write_hash(&w, "doc_hash", doc.data, doc.n_bytes, err);
  if (status == BS_OK)
    status = write_hash(&w, "prompt_hash", of->query, strlen(of->query), err);
  if (status == BS_OK)
    status = write_hash(&w, "target_hash", target, strlen(target), err);
  bs_writer_end_object(&w);
  bs_writer_append_string(&w, "\n");
  bs_text_free(&doc);
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

/* "MODEL/samples_TASK_K-shot.jsonl" */
static bs_status append_path(bs_text *to, const bs_tables *results, const bs_example_row *example,
                             bs_error *err) {
  bs_status status = bs_export_append_file_name(to, results->models[example->model].name, err);
  if (status == BS_OK)
    status = bs_text_append_string(to, "/samples_", err);
  if (status == BS_OK)
    status = bs_export_append_file_name(to, results->tasks[example->task].name, err);
  if (status == BS_OK)
    status = bs_text_printf(to, err, "_%" PRIu32 "-shot.jsonl", example->shots);
  return status;
}

static bool is_same_file(const bs_example_row *a, const bs_example_row *b) {
  return a->model == b->model && a->task == b->task && a->shots == b->shots;
}

bs_status bs_export_lm_eval_samples(const bs_tables *results, const bs_export_folder *to,
                                    bs_error *err) {
  bs_text path = {0}, content = {0};
  bs_status status = BS_OK;
  for (size_t row = 0; status == BS_OK && row < results->n_examples;) {
    const bs_example_row *first = &results->examples[row];
    path.n_bytes = content.n_bytes = 0;
    status = append_path(&path, results, first, err);
    for (; status == BS_OK && row < results->n_examples &&
           is_same_file(first, &results->examples[row]);
         row++) {
      sample of = sample_of(results, row);
      status = write_sample(&of, &content, err);
    }
    if (status == BS_OK)
      status = bs_export_add_file(to, path.data, &content, err);
  }
  bs_text_free(&path);
  bs_text_free(&content);
  return status;
}
