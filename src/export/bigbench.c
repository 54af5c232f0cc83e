/* Scores as BIG-bench writes them: a file for each task and model, with the model, and an entry for
   each subtask and number of shots. */
#include <math.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "export/export_internal.h"
#include "export/scores_internal.h"

/* What a file is made of. */
typedef struct file {
  const bs_tables *results, *analysis;
  uint32_t model;
  const char *name; /* of the task: that of all its subtasks, with @VARIANT */
} file;

/* The task that a task is part of, with its variant: "parent@way" for "parent:child@way". */
static bs_status append_whole(bs_text *to, const bs_task_row *task, bs_error *err) {
  size_t n = strcspn(task->name, ":");
  bs_status status = bs_text_append(to, task->name, n, err);
  if (status == BS_OK && task->name[n] != '\0' && task->variant[0] != '\0')
    status = bs_text_printf(to, err, "@%s", task->variant);
  return status;
}

static void write_model(bs_writer *w, const bs_model_row *model) {
  uint64_t embeddings = model->parameters - model->non_embedding_parameters;
  uint64_t active = model->active_parameters > 0 ? model->active_parameters : model->parameters;
  bs_writer_key(w, "model");
  bs_writer_begin_object(w);
  bs_writer_member(w, "model_family", model->family);
  bs_writer_member(w, "model_name", model->name);
  bs_export_unsigned(w, "total_params", model->parameters);
  bs_export_unsigned(w, "non_embedding_params", model->non_embedding_parameters);
  bs_export_unsigned(w, "flop_matched_non_embedding_params",
                     active > embeddings ? active - embeddings : active);
  bs_writer_key(w, "training_batch_size");
  bs_writer_null(w);
  bs_export_number(w, "training_steps", model->step);
  bs_writer_member(w, "description", model->architecture);
  bs_writer_key(w, "decoding_params");
  bs_writer_begin_object(w);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
}

static void begin_entry(bs_writer *w) {
  bs_writer_begin_object(w);
  bs_writer_key(w, "score_dict");
  bs_writer_begin_object(w);
}

static void end_entry(bs_writer *w, const char *preferred, const char *subtask, uint32_t shots,
                      double low, double high) {
  bs_writer_end_object(w);
  bs_writer_member(w, "preferred_score", preferred);
  bs_writer_member(w, "subtask_description", subtask);
  bs_export_number(w, "low_score", low);
  bs_export_number(w, "high_score", high);
  bs_export_unsigned(w, "number_of_shots", shots);
  bs_writer_end_object(w);
}

/* An entry for each number of shots. A score that is undefined has no place in a score_dict. */
static void write_task(bs_writer *w, const file *of, uint32_t number) {
  const bs_task_row *task = &of->results->tasks[number];
  size_t n, n_same;
  const bs_score_row *at = bs_export_scores(of->analysis, of->model, number, &n);
  for (; n > 0; at += n_same, n -= n_same) {
    n_same = bs_export_same_shots(at, n);
    begin_entry(w);
    for (size_t i = 0; i < n_same; i++)
      if (isfinite(at[i].value))
        bs_export_number(w, at[i].metric, at[i].value);
    end_entry(w, task->preferred_metric, task->name, at->shots, task->low_score, task->high_score);
  }
}

/* The means over subtasks. */
static void write_aggregates(bs_writer *w, const file *of) {
  for (size_t i = 0; i < of->analysis->n_aggregates; i++) {
    const bs_aggregate_row *row = &of->analysis->aggregates[i];
    if (row->model != of->model || strcmp(row->tasks, of->name) != 0)
      continue;
    begin_entry(w);
    if (isfinite(row->value))
      bs_export_number(w, BS_AGGREGATE_METRIC, row->value);
    end_entry(w, BS_AGGREGATE_METRIC, of->name, row->shots, 0, 100);
  }
}

static bs_status is_part(const file *of, uint32_t task, bool *out, bs_error *err) {
  bs_text whole = {0};
  bs_status status = append_whole(&whole, &of->results->tasks[task], err);
  *out = status == BS_OK && strcmp(whole.data, of->name) == 0;
  bs_text_free(&whole);
  return status;
}

static bs_status write_content(const file *of, bs_text *to, bs_error *err) {
  bs_writer w = {.to = to};
  bs_writer_begin_object(&w);
  write_model(&w, &of->results->models[of->model]);
  bs_writer_key(&w, "task");
  bs_writer_begin_object(&w);
  bs_writer_member(&w, "task_name", of->name);
  bs_writer_end_object(&w);
  bs_writer_key(&w, "scores");
  bs_writer_begin_array(&w);
  bs_status status = BS_OK;
  for (uint32_t task = 0; status == BS_OK && task < of->results->n_tasks; task++) {
    bool part = false;
    status = is_part(of, task, &part, err);
    if (part)
      write_task(&w, of, task);
  }
  write_aggregates(&w, of);
  bs_writer_end_array(&w);
  bs_writer_key(&w, "queries");
  bs_writer_begin_array(&w);
  bs_writer_end_array(&w);
  bs_writer_end_object(&w);
  bs_writer_append_string(&w, "\n");
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

/* "TASK/results/scores_FAMILY_MODEL.json" */
static bs_status write_file(const file *of, const bs_export_folder *to, bs_error *err) {
  const bs_model_row *model = &of->results->models[of->model];
  bs_text path = {0}, content = {0};
  bs_status status = bs_export_append_file_name(&path, of->name, err);
  if (status == BS_OK)
    status = bs_text_append_string(&path, "/results/scores_", err);
  if (status == BS_OK)
    status = bs_export_append_file_name(&path, model->family, err);
  if (status == BS_OK)
    status = bs_text_append_string(&path, "_", err);
  if (status == BS_OK)
    status = bs_export_append_file_name(&path, model->name, err);
  if (status == BS_OK)
    status = bs_text_append_string(&path, ".json", err);
  if (status == BS_OK)
    status = write_content(of, &content, err);
  if (status == BS_OK)
    status = bs_export_add_file(to, path.data, &content, err);
  bs_text_free(&path);
  bs_text_free(&content);
  return status;
}

/* Whether an earlier task is part of the same file. */
static bs_status is_written(const file *of, uint32_t task, bool *out, bs_error *err) {
  bs_status status = BS_OK;
  *out = false;
  for (uint32_t k = 0; status == BS_OK && !*out && k < task; k++)
    status = is_part(of, k, out, err);
  return status;
}

static bs_status write_files(const bs_export_request *request, const bs_export_folder *to,
                             bs_error *err) {
  const bs_tables *results = request->results;
  file of = {.results = results, .analysis = request->analysis};
  bs_status status = BS_OK;
  for (uint32_t task = 0; status == BS_OK && task < results->n_tasks; task++) {
    bs_text name = {0};
    bool done = false;
    status = append_whole(&name, &results->tasks[task], err);
    of.name = name.data;
    if (status == BS_OK)
      status = is_written(&of, task, &done, err);
    for (of.model = 0; status == BS_OK && !done && of.model < results->n_models; of.model++)
      status = write_file(&of, to, err);
    bs_text_free(&name);
  }
  return status;
}

const bs_export_format bs_export_format_bigbench = {
    .name = "bigbench",
    .description = "BIG-bench's scores_*.json, a file for each task and model",
    .write_files = write_files};
