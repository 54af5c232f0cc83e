/* Scores in the shared schema of every_eval_ever (eval.schema.json, version 0.2.1): a file for each
   task and model. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text_internal.h"
#include "bigsweep/metric.h"
#include "bigsweep/version.h"
#include "export/export_internal.h"
#include "export/scores_internal.h"

#define SCHEMA "0.2.1"

/* What a file is made of. */
typedef struct file {
  const bs_tables *results;
  const bs_task_row *task;
  const bs_model_row *model;
  const bs_score_row *scores; /* [n] */
  size_t n;
} file;

/* Details are texts. */
static void write_detail(bs_writer *w, const char *key, double value) {
  char text[32];
  if (!isfinite(value))
    return;
  snprintf(text, sizeof text, "%.17g", value);
  bs_writer_member(w, key, text);
}

static void begin_object(bs_writer *w, const char *key) {
  bs_writer_key(w, key);
  bs_writer_begin_object(w);
}

static void write_source(bs_writer *w) {
  begin_object(w, "source_metadata");
  bs_writer_member(w, "source_name", "bigsweep");
  bs_writer_member(w, "source_type", "evaluation_run");
  bs_writer_member(w, "source_organization_name", "unknown");
  bs_writer_member(w, "evaluator_relationship", "other");
  bs_writer_end_object(w);
}

static void write_library(bs_writer *w, const bs_provenance *from) {
  begin_object(w, "eval_library");
  bs_writer_member(w, "name", "bigsweep");
  bs_writer_member(w, "version", BS_VERSION);
  begin_object(w, "additional_details");
  bs_writer_member(w, "commit", from->commit);
  bs_writer_member(w, "isa", from->isa);
  bs_writer_member(w, "protocol", from->protocol);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
}

static void write_model(bs_writer *w, const file *of) {
  const bs_model_row *model = of->model;
  begin_object(w, "model_info");
  bs_writer_member(w, "name", model->name);
  bs_writer_member(w, "id", model->name);
  begin_object(w, "inference_engine");
  bs_writer_member(w, "name", "bigsweep");
  bs_writer_member(w, "version", BS_VERSION);
  bs_writer_end_object(w);
  begin_object(w, "additional_details");
  bs_writer_member(w, "family", model->family);
  bs_writer_member(w, "architecture", model->architecture);
  write_detail(w, "num_parameters", (double)model->parameters);
  write_detail(w, "scale", model->scale);
  write_detail(w, "seed", model->seed);
  write_detail(w, "tokens", model->tokens);
  write_detail(w, "compute", model->compute);
  bs_writer_member(w, "dtype", of->results->provenance.dtype);
  bs_writer_member(w, "sha256", model->sha256);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
}

/* A range is only claimed where the metric has one. */
static void write_metric(bs_writer *w, const bs_score_row *score) {
  const bs_metric *metric = bs_metric_find(score->metric);
  bool has_range = metric != NULL && isfinite(metric->low_score) && isfinite(metric->high_score);
  begin_object(w, "metric_config");
  bs_writer_member(w, "evaluation_description", score->metric);
  bs_writer_key(w, "lower_is_better");
  bs_writer_bool(w, metric != NULL && !metric->higher_is_better);
  if (has_range) {
    bs_writer_member(w, "score_type", "continuous");
    bs_export_number(w, "min_score", fmin(metric->low_score, metric->high_score));
    bs_export_number(w, "max_score", fmax(metric->low_score, metric->high_score));
  } else {
    begin_object(w, "additional_details");
    bs_writer_member(w, "bounds_status", "unknown");
    bs_writer_end_object(w);
  }
  bs_writer_end_object(w);
}

static void write_score(bs_writer *w, const bs_score_row *score) {
  begin_object(w, "score_details");
  bs_export_number(w, "score", score->value);
  begin_object(w, "uncertainty");
  if (isfinite(score->standard_error)) {
    begin_object(w, "standard_error");
    bs_export_number(w, "value", score->standard_error);
    bs_writer_end_object(w);
  }
  bs_export_unsigned(w, "num_samples", score->n);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
}

static void write_result(bs_writer *w, const file *of, const bs_score_row *score) {
  char shots[16];
  snprintf(shots, sizeof shots, "%" PRIu32, score->shots);
  bs_writer_begin_object(w);
  bs_writer_member(w, "evaluation_name", of->task->name);
  begin_object(w, "source_data");
  bs_writer_member(w, "dataset_name", of->task->name);
  bs_writer_member(w, "source_type", "other");
  begin_object(w, "additional_details");
  bs_writer_member(w, "sha256", of->task->sha256);
  bs_writer_member(w, "preferred_metric", of->task->preferred_metric);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
  write_metric(w, score);
  write_score(w, score);
  begin_object(w, "generation_config");
  begin_object(w, "additional_details");
  bs_writer_member(w, "num_fewshot", shots);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
}

static bs_status write_content(const file *of, bs_text *to, bs_error *err) {
  char seconds[32];
  snprintf(seconds, sizeof seconds, "%" PRId64, bs_export_seconds(of->results->provenance.created));
  bs_text id = {0};
  bs_writer w = {.to = to};
  bs_status status = bs_text_printf(&id, err, "%s/%s/%s", of->task->name, of->model->name, seconds);
  bs_writer_begin_object(&w);
  bs_writer_member(&w, "schema_version", SCHEMA);
  if (status == BS_OK)
    bs_writer_member(&w, "evaluation_id", id.data);
  bs_writer_member(&w, "evaluation_timestamp", seconds);
  bs_writer_member(&w, "retrieved_timestamp", seconds);
  write_source(&w);
  write_library(&w, &of->results->provenance);
  write_model(&w, of);
  bs_writer_key(&w, "evaluation_results");
  bs_writer_begin_array(&w);
  for (size_t i = 0; i < of->n; i++)
    if (isfinite(of->scores[i].value))
      write_result(&w, of, &of->scores[i]);
  bs_writer_end_array(&w);
  bs_writer_end_object(&w);
  bs_writer_append_string(&w, "\n");
  bs_text_free(&id);
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

/* A UUID of version 8 (RFC 9562): made of the content, so that the same results have the same. */
static bs_status append_uuid(bs_text *to, const bs_text *content, bs_error *err) {
  unsigned char digest[32];
  char hex[33];
  bs_status status = bs_sha256(content->data, content->n_bytes, digest, err);
  if (status != BS_OK)
    return status;
  digest[6] = (unsigned char)(0x80 | (digest[6] & 0x0F));
  digest[8] = (unsigned char)(0x80 | (digest[8] & 0x3F));
  bs_hex(digest, 16, hex);
  return bs_text_printf(to, err, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                        hex + 20);
}

/* "data/TASK/FAMILY/MODEL/UUID.json" */
static bs_status write_file(const file *of, const bs_export_folder *to, bs_error *err) {
  const char *const NAMES[] = {of->task->name, of->model->family, of->model->name};
  bs_text path = {0}, content = {0};
  bs_status status = bs_text_append_string(&path, "data/", err);
  for (size_t i = 0; status == BS_OK && i < sizeof NAMES / sizeof *NAMES; i++) {
    status = bs_export_append_file_name(&path, NAMES[i], err);
    if (status == BS_OK)
      status = bs_text_append_string(&path, "/", err);
  }
  if (status == BS_OK)
    status = write_content(of, &content, err);
  if (status == BS_OK)
    status = append_uuid(&path, &content, err);
  if (status == BS_OK)
    status = bs_text_append_string(&path, ".json", err);
  if (status == BS_OK)
    status = bs_export_add_file(to, path.data, &content, err);
  bs_text_free(&path);
  bs_text_free(&content);
  return status;
}

static bs_status write_files(const bs_export_request *request, const bs_export_folder *to,
                             bs_error *err) {
  const bs_tables *results = request->results;
  bs_status status = BS_OK;
  for (uint32_t task = 0; status == BS_OK && task < results->n_tasks; task++)
    for (uint32_t model = 0; status == BS_OK && model < results->n_models; model++) {
      file of = {
          .results = results, .task = &results->tasks[task], .model = &results->models[model]};
      of.scores = bs_export_scores(request->analysis, model, task, &of.n);
      if (of.n > 0)
        status = write_file(&of, to, err);
    }
  return status;
}

const bs_export_format bs_export_format_every_eval_ever = {
    .name = "every-eval-ever",
    .description = "the shared schema of every_eval_ever, a file for each task and model",
    .write_files = write_files};
