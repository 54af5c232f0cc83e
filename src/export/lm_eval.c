/* Results as lm-evaluation-harness writes them: of each model and number of shots a results_*.json,
   and a samples_*.jsonl for each task. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bigsweep/metric.h"
#include "export/export_internal.h"
#include "export/lm_eval_internal.h"
#include "export/scores_internal.h"

/* What a results file is made of. */
typedef struct file {
  const bs_tables *results, *analysis;
  uint32_t model, shots;
} file;

/* The scores on a task with the file's shots. */
static const bs_score_row *scores_of(const file *of, uint32_t task, size_t *n) {
  size_t left;
  const bs_score_row *at = bs_export_scores(of->analysis, of->model, task, &left);
  for (; left > 0; at += *n, left -= *n) {
    *n = bs_export_same_shots(at, left);
    if (at->shots == of->shots)
      return at;
  }
  *n = 0;
  return NULL;
}

/* The smallest number of shots from `from` on with which the model has scores. */
static bool next_shots(const file *of, uint32_t from, uint32_t *out) {
  bool found = false;
  for (uint32_t task = 0; task < of->results->n_tasks; task++) {
    size_t n;
    const bs_score_row *at = bs_export_scores(of->analysis, of->model, task, &n);
    for (size_t i = 0; i < n; i++)
      if (at[i].shots >= from && (!found || at[i].shots < *out)) {
        *out = at[i].shots;
        found = true;
      }
  }
  return found;
}

/* "NAME,none", or "NAME_stderr,none". */
static void write_metric_key(bs_writer *w, const char *metric, const char *what) {
  char key[128];
  snprintf(key, sizeof key, "%.100s%s,none", metric, what);
  bs_writer_key(w, key);
}

static void write_results(bs_writer *w, const file *of, const bs_task_row *task,
                          const bs_score_row *scores, size_t n) {
  (void)of;
  bs_writer_begin_object(w);
  bs_writer_member(w, "alias", task->name);
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(scores[i].value))
      continue;
    write_metric_key(w, scores[i].metric, "");
    bs_writer_number(w, scores[i].value);
    write_metric_key(w, scores[i].metric, "_stderr");
    if (isfinite(scores[i].standard_error))
      bs_writer_number(w, scores[i].standard_error);
    else
      bs_writer_string(w, "N/A", 3);
  }
  bs_writer_end_object(w);
}

static void write_no_subtasks(bs_writer *w, const file *of, const bs_task_row *task,
                              const bs_score_row *scores, size_t n) {
  (void)of, (void)task, (void)scores, (void)n;
  bs_writer_begin_array(w);
  bs_writer_end_array(w);
}

static void write_config(bs_writer *w, const file *of, const bs_task_row *task,
                         const bs_score_row *scores, size_t n) {
  bs_writer_begin_object(w);
  bs_writer_member(w, "task", task->name);
  bs_export_unsigned(w, "num_fewshot", of->shots);
  bs_writer_key(w, "metric_list");
  bs_writer_begin_array(w);
  for (size_t i = 0; i < n; i++) {
    bs_writer_begin_object(w);
    bs_writer_member(w, "metric", scores[i].metric);
    bs_writer_end_object(w);
  }
  bs_writer_end_array(w);
  bs_writer_key(w, "metadata");
  bs_writer_begin_object(w);
  bs_writer_member(w, "sha256", task->sha256);
  bs_writer_member(w, "preferred_metric", task->preferred_metric);
  bs_export_number(w, "low_score", task->low_score);
  bs_export_number(w, "high_score", task->high_score);
  bs_writer_end_object(w);
  bs_writer_end_object(w);
}

static void write_version(bs_writer *w, const file *of, const bs_task_row *task,
                          const bs_score_row *scores, size_t n) {
  (void)of, (void)task, (void)scores, (void)n;
  bs_writer_string(w, "N/A", 3);
}

static void write_shots(bs_writer *w, const file *of, const bs_task_row *task,
                        const bs_score_row *scores, size_t n) {
  (void)task, (void)scores, (void)n;
  bs_writer_unsigned(w, of->shots);
}

static void write_directions(bs_writer *w, const file *of, const bs_task_row *task,
                             const bs_score_row *scores, size_t n) {
  (void)of, (void)task;
  bs_writer_begin_object(w);
  for (size_t i = 0; i < n; i++) {
    const bs_metric *metric = bs_metric_find(scores[i].metric);
    if (metric != NULL) {
      bs_writer_key(w, metric->name);
      bs_writer_bool(w, metric->higher_is_better);
    }
  }
  bs_writer_end_object(w);
}

static void write_counts(bs_writer *w, const file *of, const bs_task_row *task,
                         const bs_score_row *scores, size_t n) {
  (void)of;
  uint64_t most = 0;
  for (size_t i = 0; i < n; i++)
    most = scores[i].n > most ? scores[i].n : most;
  bs_writer_begin_object(w);
  bs_export_unsigned(w, "original", task->examples);
  bs_export_unsigned(w, "effective", most);
  bs_writer_end_object(w);
}

static void write_hash(bs_writer *w, const file *of, const bs_task_row *task,
                       const bs_score_row *scores, size_t n) {
  (void)of, (void)scores, (void)n;
  bs_writer_string(w, task->sha256, strlen(task->sha256));
}

/* The members that hold something for each task. */
static const struct {
  const char *name;
  void (*write)(bs_writer *w, const file *of, const bs_task_row *task, const bs_score_row *scores,
                size_t n);
} MEMBERS[] = {
    {"results", write_results},  {"group_subtasks", write_no_subtasks},
    {"configs", write_config},   {"versions", write_version},
    {"n-shot", write_shots},     {"higher_is_better", write_directions},
    {"n-samples", write_counts}, {"task_hashes", write_hash},
};

static void write_member(bs_writer *w, const file *of, size_t member) {
  bs_writer_key(w, MEMBERS[member].name);
  bs_writer_begin_object(w);
  for (uint32_t task = 0; task < of->results->n_tasks; task++) {
    size_t n;
    const bs_score_row *scores = scores_of(of, task, &n);
    if (n == 0)
      continue;
    bs_writer_key(w, of->results->tasks[task].name);
    MEMBERS[member].write(w, of, &of->results->tasks[task], scores, n);
  }
  bs_writer_end_object(w);
}

/* The model. Its family and scale are ours: an import takes them. */
static void write_model(bs_writer *w, const file *of) {
  const bs_model_row *model = &of->results->models[of->model];
  bs_text arguments = {0};
  bs_writer_key(w, "config");
  bs_writer_begin_object(w);
  bs_writer_member(w, "model", "bigsweep");
  if (bs_text_printf(&arguments, &w->error, "pretrained=%s", model->name) == BS_OK)
    bs_writer_member(w, "model_args", arguments.data);
  bs_text_free(&arguments);
  bs_export_unsigned(w, "model_num_parameters", model->parameters);
  bs_writer_member(w, "model_dtype", of->results->provenance.dtype);
  bs_writer_member(w, "model_sha", model->sha256);
  bs_writer_member(w, "family", model->family);
  bs_export_number(w, "scale", model->scale);
  bs_export_number(w, "seed", model->seed);
  bs_export_number(w, "tokens", model->tokens);
  bs_export_number(w, "compute", model->compute);
  bs_writer_end_object(w);
}

static bs_status write_content(const file *of, bs_text *to, bs_error *err) {
  const bs_model_row *model = &of->results->models[of->model];
  bs_writer w = {.to = to};
  bs_text plain = {0};
  bs_status status = bs_export_append_file_name(&plain, model->name, err);
  bs_writer_begin_object(&w);
  for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++)
    write_member(&w, of, i);
  write_model(&w, of);
  bs_writer_member(&w, "git_hash", of->results->provenance.commit);
  bs_writer_key(&w, "date");
  bs_writer_integer(&w, bs_export_seconds(of->results->provenance.created));
  bs_writer_member(&w, "model_source", "bigsweep");
  bs_writer_member(&w, "model_name", model->name);
  if (status == BS_OK)
    bs_writer_member(&w, "model_name_sanitized", plain.data);
  bs_writer_end_object(&w);
  bs_writer_append_string(&w, "\n");
  bs_text_free(&plain);
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

/* "MODEL/results_K-shot.json" */
static bs_status write_file(const file *of, const bs_export_folder *to, bs_error *err) {
  bs_text path = {0}, content = {0};
  bs_status status = bs_export_append_file_name(&path, of->results->models[of->model].name, err);
  if (status == BS_OK)
    status = bs_text_printf(&path, err, "/results_%" PRIu32 "-shot.json", of->shots);
  if (status == BS_OK)
    status = write_content(of, &content, err);
  if (status == BS_OK)
    status = bs_export_add_file(to, path.data, &content, err);
  bs_text_free(&path);
  bs_text_free(&content);
  return status;
}

static bs_status write_files(const bs_export_request *request, const bs_export_folder *to,
                             bs_error *err) {
  file of = {.results = request->results, .analysis = request->analysis};
  bs_status status = BS_OK;
  for (of.model = 0; status == BS_OK && of.model < of.results->n_models; of.model++)
    for (uint32_t from = 0; status == BS_OK && next_shots(&of, from, &of.shots);
         from = of.shots + 1) {
      status = write_file(&of, to, err);
      if (of.shots == UINT32_MAX)
        break;
    }
  return status == BS_OK ? bs_export_lm_eval_samples(request->results, to, err) : status;
}

const bs_export_format bs_export_format_lm_eval = {
    .name = "lm-eval",
    .description = "lm-evaluation-harness's results_*.json and samples_*.jsonl, a folder for each "
                   "model",
    .write_files = write_files};
