/* Calibration over scale: how often models are right when they are so sure, on each task and on all
   together, and how that moves with their size. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "analysis/example_matrix_internal.h"
#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "metrics/calibration_internal.h"
#include "metrics/table_internal.h"
#include "statistics/calibration_internal.h"

enum { LEAST_SCALES = 3 };

typedef struct bin {
  uint64_t n;
  double correct, confidence; /* sums */
} bin;

/* The answers of all models to some examples. */
typedef struct answered {
  bs_calibration sums;
  bin *bins; /* [n_models][BS_CALIBRATION_BINS] */
  size_t n_tasks;
  size_t *n_tasks_of; /* [n_models] those that a model has answered */
} answered;

typedef struct calibrating {
  bs_analysis *to;
  bs_outcomes *outcomes;
  const bs_task_lists *lists;
  bs_example_index index;
  bs_scored_answer *answers; /* [n examples][n models] of one task, used again */
  size_t n_examples, cap_answers;
  answered task, all;
  /* Of the models of a family. */
  double *x, *slope_weights; /* [n_models] by scale, ascending by the models' numbers */
  double *weights;           /* [n_models] */
} calibrating;

static bs_status allocate(answered *of, size_t n_models, bs_error *err) {
  bs_status status = bs_calibration_new(&of->sums, n_models, err);
  of->bins = bs_array_new(n_models, BS_CALIBRATION_BINS * sizeof *of->bins, err);
  of->n_tasks_of = bs_array_new(n_models, sizeof *of->n_tasks_of, err);
  return of->bins != NULL && of->n_tasks_of != NULL ? status : BS_ERR_MEMORY;
}

static void release(answered *of) {
  bs_calibration_free(&of->sums);
  free(of->bins);
  free(of->n_tasks_of);
}

static void clear(answered *of) {
  bs_calibration_clear(&of->sums);
  of->n_tasks = 0;
  for (size_t k = 0; k < of->sums.n_models; k++)
    of->n_tasks_of[k] = 0;
  for (size_t i = 0; i < of->sums.n_models * BS_CALIBRATION_BINS; i++)
    of->bins[i] = (bin){0};
}

static void merge(answered *to, const answered *from) {
  bs_calibration_merge(&to->sums, &from->sums);
  to->n_tasks += from->n_tasks;
  for (size_t k = 0; k < to->sums.n_models; k++)
    to->n_tasks_of[k] += from->n_tasks_of[k];
  for (size_t i = 0; i < to->sums.n_models * BS_CALIBRATION_BINS; i++) {
    to->bins[i].n += from->bins[i].n;
    to->bins[i].correct += from->bins[i].correct;
    to->bins[i].confidence += from->bins[i].confidence;
  }
}

/* The answers of one model; NaN stays where there is none. */
static bs_status add_model(calibrating *c, const bs_example_group *group, bool with_text,
                           bs_error *err) {
  const bs_example_row *rows = c->index.results->examples + group->first;
  bs_outcomes_at(c->outcomes, group->first, group->n);
  bs_status status = bs_outcomes_fill(c->outcomes, with_text, err);
  for (size_t i = 0; status == BS_OK && i < group->n; i++) {
    bs_scored_answer answer;
    if (!bs_answer_of(&c->outcomes->all[i], &answer.of))
      continue;
    answer.brier = bs_metric_brier_score.example(&c->outcomes->all[i]);
    c->answers[rows[i].example * c->to->n_models + group->model] = answer;
  }
  return status;
}

/* Room for the examples of a task by their numbers, none of them answered. */
static bs_status make_room(calibrating *c, uint32_t task, uint32_t shots, bs_error *err) {
  size_t m = c->to->n_models, n_cells;
  c->n_examples = 0;
  for (uint32_t k = 0; k < m; k++) {
    const bs_example_group *group = bs_example_index_find(&c->index, k, task, shots);
    if (group == NULL)
      continue;
    size_t last = c->index.results->examples[group->first + group->n - 1].example;
    c->n_examples = last >= c->n_examples ? last + 1 : c->n_examples;
  }
  if (!bs_size_mul(c->n_examples, m, &n_cells))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot gather %zu answers", c->n_examples);
  bs_status status = bs_reserve(&c->answers, &c->cap_answers, 0, n_cells, err);
  for (size_t i = 0; status == BS_OK && i < n_cells; i++)
    c->answers[i] = (bs_scored_answer){.of = {.confidence = NAN}};
  return status;
}

/* Drops the examples that no model has answered. */
static void keep_answered(calibrating *c) {
  size_t m = c->to->n_models, n_kept = 0;
  for (size_t j = 0; j < c->n_examples; j++) {
    bool any = false;
    for (size_t k = 0; k < m; k++)
      any = any || !isnan(c->answers[j * m + k].of.confidence);
    for (size_t k = 0; any && k < m; k++)
      c->answers[n_kept * m + k] = c->answers[j * m + k];
    n_kept += any;
  }
  c->n_examples = n_kept;
}

static bs_status gather(calibrating *c, uint32_t task, uint32_t shots, bs_error *err) {
  const char **names = c->lists->names + c->lists->first[task];
  size_t n_names = c->lists->first[task + 1] - c->lists->first[task];
  bs_status status = make_room(c, task, shots, err);
  for (uint32_t k = 0; status == BS_OK && k < c->to->n_models; k++) {
    const bs_example_group *group = bs_example_index_find(&c->index, k, task, shots);
    if (group != NULL)
      status = add_model(c, group, bs_metrics_need_text(names, n_names), err);
  }
  if (status == BS_OK)
    keep_answered(c);
  return status;
}

/* c->task becomes what the answers come to. */
static bs_status add_up(calibrating *c, uint32_t task, uint32_t shots, bs_error *err) {
  size_t m = c->to->n_models;
  uint64_t seed = 0;
  clear(&c->task);
  bs_status status = bs_analysis_stream(c->to->tasks[task].name, "calibration", shots, &seed, err);
  if (status == BS_OK)
    status = bs_calibration_add(&c->task.sums, c->answers, c->n_examples, seed, err);
  for (size_t i = 0; i < c->n_examples * m; i++) {
    const bs_answer *answer = &c->answers[i].of;
    if (isnan(answer->confidence))
      continue;
    bin *of = &c->task.bins[i % m * BS_CALIBRATION_BINS + answer->bin];
    of->n++;
    of->correct += answer->correct;
    of->confidence += answer->confidence;
    c->task.n_tasks_of[i % m] = 1;
  }
  c->task.n_tasks = 1;
  return status;
}

static bs_status tell_bins(bs_tables *to, const bin *bins, uint32_t model, const char *name,
                           uint32_t shots, bs_error *err) {
  bs_status status = bs_reserve(&to->reliability, &to->cap_reliability, to->n_reliability,
                                BS_CALIBRATION_BINS, err);
  for (size_t b = 0; status == BS_OK && b < BS_CALIBRATION_BINS; b++) {
    double n = (double)bins[b].n;
    if (bins[b].n > 0)
      to->reliability[to->n_reliability++] =
          (bs_reliability_row){.model = model,
                               .task = name,
                               .shots = shots,
                               .low = (double)b / BS_CALIBRATION_BINS,
                               .high = (double)(b + 1) / BS_CALIBRATION_BINS,
                               .n = bins[b].n,
                               .accuracy = bins[b].correct / n,
                               .confidence = bins[b].confidence / n};
  }
  return status;
}

static bs_status tell_model(bs_tables *to, const answered *of, uint32_t model, const char *name,
                            uint32_t shots, bs_error *err) {
  bs_calibrated brier, error;
  const bin *bins = of->bins + model * BS_CALIBRATION_BINS;
  bs_calibration_row row = {.model = model, .task = name, .shots = shots};
  bs_status status = bs_calibration_of_model(&of->sums, BS_BRIER_SCORE, model, &brier, err);
  if (status == BS_OK)
    status = bs_calibration_of_model(&of->sums, BS_CALIBRATION_ERROR, model, &error, err);
  if (status == BS_OK)
    status = bs_reserve(&to->calibration, &to->cap_calibration, to->n_calibration, 1, err);
  if (status != BS_OK)
    return status;
  for (size_t b = 0; b < BS_CALIBRATION_BINS; b++)
    row.n += bins[b].n;
  row.brier = brier.value;
  row.brier_low = brier.interval.low;
  row.brier_high = brier.interval.high;
  row.calibration_error = error.value;
  row.calibration_error_low = error.interval.low;
  row.calibration_error_high = error.interval.high;
  row.calibration_error_corrected = error.corrected;
  to->calibration[to->n_calibration++] = row;
  return tell_bins(to, bins, model, name, shots, err);
}

/* Whether a family has a single curve here: all of its models have answered everything. Fills the
   weights of its models, repeats sharing that of their scale; *n_scales is the number of these. */
static bool weigh_family(calibrating *c, const answered *of, uint32_t family, size_t *n_scales) {
  const bs_analysis *to = c->to;
  size_t n = 0;
  for (uint32_t k = 0; k < to->n_models; k++) {
    const bs_analysis_model_row *model = &to->models[k];
    c->weights[k] = 0;
    if (model->family_number != family)
      continue;
    if (of->n_tasks_of[k] < of->n_tasks || !(model->scale > 0) || !isfinite(model->scale))
      return false;
    if (model->first_repeat == k)
      c->x[n++] = log(model->scale);
  }
  *n_scales = n;
  bs_slope_weights(c->x, n, c->slope_weights);
  size_t next = 0;
  for (uint32_t k = 0; k < to->n_models; k++) {
    const bs_analysis_model_row *model = &to->models[k];
    if (model->family_number == family && model->first_repeat == k)
      c->weights[k] = c->slope_weights[next++] / model->n_repeats;
    else if (model->family_number == family)
      c->weights[k] = c->weights[model->first_repeat];
  }
  return n >= LEAST_SCALES && to->shared_scales[family] == 0;
}

static bs_status tell_slopes(calibrating *c, const answered *of, const char *name, uint32_t shots,
                             bs_error *err) {
  bs_tables *to = c->to->tables;
  static const struct {
    bs_calibration_measure measure;
    const bs_metric *metric;
  } MEASURES[] = {{BS_BRIER_SCORE, &bs_metric_brier_score},
                  {BS_CALIBRATION_ERROR, &bs_metric_calibration_error}};
  bs_status status = BS_OK;
  for (uint32_t family = 0; family < c->to->families.n; family++) {
    size_t n_scales;
    if (!weigh_family(c, of, family, &n_scales))
      continue;
    for (size_t i = 0; status == BS_OK && i < sizeof MEASURES / sizeof *MEASURES; i++) {
      bs_calibrated slope;
      status = bs_calibration_sum(&of->sums, MEASURES[i].measure, c->weights, &slope, err);
      if (status == BS_OK)
        status = bs_reserve(&to->calibration_slopes, &to->cap_calibration_slopes,
                            to->n_calibration_slopes, 1, err);
      if (status == BS_OK)
        to->calibration_slopes[to->n_calibration_slopes++] =
            (bs_calibration_slope_row){.family = c->to->families.strings[family],
                                       .task = name,
                                       .shots = shots,
                                       .metric = MEASURES[i].metric->name,
                                       .n = n_scales,
                                       .slope = slope.value,
                                       .slope_low = slope.interval.low,
                                       .slope_high = slope.interval.high,
                                       .slope_corrected = slope.corrected};
    }
  }
  return status;
}

static bs_status tell(calibrating *c, const answered *of, const char *name, uint32_t shots,
                      bs_error *err) {
  bs_status status = BS_OK;
  for (uint32_t k = 0; status == BS_OK && k < c->to->n_models; k++)
    if (of->n_tasks_of[k] == of->n_tasks)
      status = tell_model(c->to->tables, of, k, name, shots, err);
  return status == BS_OK ? tell_slopes(c, of, name, shots, err) : status;
}

/* The tasks that are put in one way, with one number of shots, and all of them together. */
static bs_status add_variant(calibrating *c, const bs_groups *groups, uint32_t variant,
                             uint32_t shots, bs_error *err) {
  bs_status status = BS_OK;
  const char *name = "";
  clear(&c->all);
  for (uint32_t task = 0; status == BS_OK && task < c->to->n_tasks; task++) {
    if (groups->variant[task] != variant)
      continue;
    status = gather(c, task, shots, err);
    if (status != BS_OK || c->n_examples == 0)
      continue;
    status = add_up(c, task, shots, err);
    if (status == BS_OK)
      status = tell(c, &c->task, c->to->tasks[task].name, shots, err);
    merge(&c->all, &c->task);
    name = c->to->aggregate_names.strings[groups->all[task]];
  }
  return status == BS_OK && c->all.n_tasks > 1 ? tell(c, &c->all, name, shots, err) : status;
}

/* The smallest number of shots from `least` on; false: there is none. */
static bool next_shots(const bs_example_index *index, uint64_t least, uint32_t *shots) {
  bool found = false;
  for (size_t i = 0; i < index->n_groups; i++)
    if (index->groups[i].shots >= least && (!found || index->groups[i].shots < *shots)) {
      *shots = index->groups[i].shots;
      found = true;
    }
  return found;
}

bs_status bs_analysis_calibrate(bs_analysis *analysis, bs_outcomes *outcomes,
                                const bs_task_lists *lists, const bs_groups *groups,
                                bs_error *err) {
  calibrating c = {.to = analysis, .outcomes = outcomes, .lists = lists};
  size_t n = analysis->n_models;
  bs_status status = bs_example_index_make(&c.index, outcomes->results, err);
  if (status == BS_OK)
    status = allocate(&c.task, n, err);
  if (status == BS_OK)
    status = allocate(&c.all, n, err);
  c.x = bs_array_new(n, sizeof *c.x, err);
  c.slope_weights = bs_array_new(n, sizeof *c.slope_weights, err);
  c.weights = bs_array_new(n, sizeof *c.weights, err);
  if (c.x == NULL || c.slope_weights == NULL || c.weights == NULL)
    status = BS_ERR_MEMORY;
  uint32_t shots = 0;
  for (uint64_t least = 0; status == BS_OK && next_shots(&c.index, least, &shots);
       least = (uint64_t)shots + 1)
    for (uint32_t variant = 0; status == BS_OK && variant < groups->variants.n; variant++)
      status = add_variant(&c, groups, variant, shots, err);
  bs_example_index_free(&c.index);
  release(&c.task);
  release(&c.all);
  free(c.answers);
  free(c.x);
  free(c.slope_weights);
  free(c.weights);
  return status;
}
