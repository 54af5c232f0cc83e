/* From a configuration to models, tasks and units of work. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/repeats_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/backend.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "bigsweep/sweep.h"
#include "bigsweep/task.h"
#include "sweep/plan/plan_internal.h"

enum {
  UNITS_PER_WORKER = 16,   /* small enough that the last ones end together */
  MAX_UNIT_EXAMPLES = 512, /* bounds a worker's memory and what a lost unit costs */
  MIN_UNIT_EXAMPLES = 16,  /* below that a batch is too small for its matrix products */
  BYTES_PER_TOKEN = 3      /* a cautious guess where nothing has been tokenized yet */
};

static void report(bs_notice notice, void *user, const char *message) {
  if (notice != NULL)
    notice(user, true, message);
}

static char *copy(const char *string, bs_error *err) { return bs_string_copy(string, err); }

/* Where what is found of the models is told and kept. */
typedef struct model_reader {
  const bs_plan *plan;
  bool with_hashes;
  bs_notice notice;
  void *user;
  bs_long_answers *long_answers; /* [plan->n_tasks] */
} model_reader;

/* Whose remarks a backend makes, and where they go. */
typedef struct remarks {
  const char *model;
  const model_reader *to;
} remarks;

static void pass_remark(void *user, const char *note) {
  const remarks *r = user;
  bs_error line = {0};
  bs_error_set(&line, BS_OK, "model \"%s\": %s", r->model, note);
  r->to->notice(r->to->user, false, line.message);
}

/* What no unit of a model could be done with is found here, before work starts. */
static bs_status open_model(bs_backend **backend, const bs_model_spec *spec, const model_reader *r,
                            bs_error *err) {
  const bs_config *config = r->plan->config;
  remarks to = {spec->name, r};
  bs_backend_spec how = {
      .place = spec->path,
      .reading = config->protocol.reading,
      .engine = {.precision = config->protocol.precision,
                 .n_threads = config->threads,
                 .isa = bs_engine_has_isa(config->isa) ? config->isa : BS_ISA_AUTO},
      .is_to_look = true,
      .note = r->notice != NULL ? pass_remark : NULL,
      .user = &to};
  return bs_backend_open(backend, &how, err);
}

/* What no file of the tokenizer can be blamed for, but a person should know. */
static bs_status look_at_tokens(const bs_backend *backend, const bs_model_spec *spec,
                                const model_reader *r, bs_error *err) {
  const bs_tokenizer *tokenizer = bs_backend_about(backend)->tokenizer;
  if (tokenizer == NULL)
    return BS_OK;
  size_t n;
  const char *const *notes = bs_tokenizer_notes(tokenizer, &n);
  for (size_t i = 0; i < n && r->notice != NULL; i++) {
    bs_error line = {0};
    bs_error_set(&line, BS_OK, "model \"%s\": tokenizer: %s", spec->name, notes[i]);
    r->notice(r->user, false, line.message);
  }
  bs_status status = BS_OK;
  if (r->notice != NULL)
    status = bs_plan_tell_doubled(r->plan, tokenizer, spec, r->notice, r->user, err);
  if (status == BS_OK && r->notice != NULL)
    status = bs_plan_tell_wraps(r->plan, tokenizer, spec, r->notice, r->user, err);
  return status == BS_OK
             ? bs_plan_count_long_answers(r->plan, tokenizer, spec->name, r->long_answers, err)
             : status;
}

static const char *given_or(const char *given, const char *other) {
  return given != NULL ? given : other;
}

static bs_status describe_model(bs_plan_model *model, const bs_model_spec *spec,
                                const bs_backend *backend, bs_error *err) {
  const bs_model_info *info = &bs_backend_about(backend)->model;
  const char *group = info->active_parameters < info->parameters ? "sparse" : "dense";
  bs_backend_cost cost = {0};
  bs_status status = bs_backend_cost_of(backend, &cost, err);
  model->memory_bytes = cost.memory_bytes;
  model->least_bytes = cost.least_bytes;
  model->path = spec->path;
  model->wrap = spec->wrap;
  model->weights_bytes = info->weights_bytes;
  model->token_cost = cost.per_token;
  model->answer_weight = cost.per_answer_token > 0 ? cost.per_answer_token / cost.per_token : 1;
  model->load_cost = cost.opening;
  model->smallest_cost = cost.smallest;
  model->row = (bs_model_row){
      .name = copy(spec->name, err),
      .family = copy(spec->family, err),
      .architecture = copy(info->architecture, err),
      .path = copy(spec->given_path, err),
      .parameters = info->parameters,
      .non_embedding_parameters = info->non_embedding_parameters,
      .active_parameters = info->active_parameters,
      .scale = bs_plan_scale(spec, info),
      .seed = spec->seed,
      .axis = bs_axis_name(spec->axis),
      .step = spec->step,
      .tokens = spec->tokens,
      .compute = bs_plan_compute(spec, info),
      .group = copy(given_or(spec->group, group), err),
      .tuning = copy(given_or(spec->tuning, ""), err),
      .series = copy(given_or(spec->series, ""), err),
      .quantization = copy(given_or(spec->quantization, given_or(info->quantization, "")), err),
      .wrap = bs_plan_wrap_text(spec->wrap, err),
  };
  const bs_model_row *row = &model->row;
  const char *const texts[] = {row->name,   row->family, row->architecture, row->path, row->group,
                               row->tuning, row->series, row->quantization, row->wrap};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i] == NULL)
      return BS_ERR_MEMORY;
  return status;
}

static bs_status read_model(bs_plan_model *model, const bs_model_spec *spec, const model_reader *r,
                            bs_error *err) {
  bs_backend *backend = NULL;
  bs_text fingerprints = {0};
  bs_status status = open_model(&backend, spec, r, err);
  if (status == BS_OK)
    status = look_at_tokens(backend, spec, r, err);
  if (status == BS_OK)
    status = describe_model(model, spec, backend, err);
  if (status == BS_OK && r->with_hashes) /* reads the weights */
    status = bs_backend_identify(backend, model->row.sha256, &fingerprints, err);
  if (status == BS_OK && r->with_hashes)
    status = bs_plan_hash_wrap(model->row.sha256, spec->wrap, err);
  model->fingerprints = fingerprints.data;
  bs_backend_close(&backend);
  return status;
}

static void free_model(bs_plan_model *model) {
  free((char *)(size_t)model->row.name);
  free((char *)(size_t)model->row.family);
  free((char *)(size_t)model->row.architecture);
  free((char *)(size_t)model->row.path);
  free((char *)(size_t)model->row.group);
  free((char *)(size_t)model->row.tuning);
  free((char *)(size_t)model->row.series);
  free((char *)(size_t)model->row.quantization);
  free((char *)(size_t)model->row.wrap);
  free(model->fingerprints);
}

static bs_status read_models(bs_plan *plan, bool with_hashes, bs_notice notice, void *user,
                             bs_error *err) {
  const bs_config *config = plan->config;
  model_reader r = {.plan = plan, .with_hashes = with_hashes, .notice = notice, .user = user};
  plan->models = bs_array_new(config->n_models, sizeof *plan->models, err);
  r.long_answers = bs_array_new(plan->n_tasks, sizeof *r.long_answers, err);
  bs_status status = plan->models == NULL || r.long_answers == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; status == BS_OK && i < config->n_models; i++) {
    bs_error fault = {0};
    bs_plan_model model = {0};
    if (read_model(&model, &config->models[i], &r, &fault) == BS_OK) {
      plan->models[plan->n_models++] = model;
    } else {
      free_model(&model);
      plan->n_bad_inputs++;
      bs_error_prefix(&fault, "model \"%s\" is left out", config->models[i].name);
      report(notice, user, fault.message);
    }
  }
  if (status == BS_OK && plan->n_models == 0)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: %s", config->path,
                          config->n_models == 1 ? "its only model cannot be used"
                                                : "none of its models can be used");
  if (status == BS_OK)
    status = bs_plan_tell_long_answers(plan, r.long_answers, notice, user, err);
  free(r.long_answers);
  return status;
}

/* Bytes that an average example brings: its input and its answers. */
static double bytes_per_example(const bs_task *task, double *answer_bytes) {
  double input = 0, answers = 0;
  for (size_t i = 0; i < task->n_examples; i++) {
    const bs_example *example = &task->examples[i];
    input += (double)strlen(example->input);
    for (size_t c = 0; c < example->n_choices; c++)
      answers += (double)strlen(example->choices[c].text) * (task->append_choices ? 2 : 1);
    for (size_t c = 0; task->append_choices && c < example->n_options; c++)
      answers += (double)strlen(example->options[c].text);
    for (size_t t = 0; t < example->n_targets; t++)
      answers += (double)strlen(example->targets[t]);
  }
  *answer_bytes = answers / (double)task->n_examples;
  return input / (double)task->n_examples;
}

/* A generated token passes over the weights alone, which costs
   a multiple of its share in a batch. */
enum { GENERATED_TOKEN_WEIGHT = 4 };

/* Tokens beside the prompt and what is scored behind it, which `answers` is of. */
static double generation_tokens(const bs_plan *plan, const bs_task *task, double answers) {
  double most =
      (double)(task->max_new_tokens > 0 ? task->max_new_tokens : plan->config->protocol.max_tokens);
  double n = task->n_samples > 0 ? (double)task->n_samples : 1, tokens = 0;
  if (bs_task_needs_text(task))
    tokens += n * (double)GENERATED_TOKEN_WEIGHT * most;
  if (task->reasoning_prompt != NULL && task->answer_prompt != NULL) /* is read again, too */
    tokens += n * ((double)(GENERATED_TOKEN_WEIGHT + 1) * most + answers);
  return tokens;
}

static double cost_per_example(const bs_plan *plan, const bs_plan_model *model, const bs_task *task,
                               uint32_t shots) {
  double answers, input = bytes_per_example(task, &answers);
  /* What all prompts begin with is computed once for many. */
  double head = (double)strlen(task->task_prefix) / (double)MIN_UNIT_EXAMPLES;
  double tokens = (head + (double)(shots + 1) * (input + 16) +
                   answers * ((shots > 0 ? 1 : 0) + model->answer_weight)) /
                  (double)BYTES_PER_TOKEN;
  tokens += generation_tokens(plan, task, answers / (double)BYTES_PER_TOKEN) * model->answer_weight;
  return model->token_cost * tokens;
}

static size_t examples_of(const bs_plan *plan, const bs_task *task) {
  size_t limit = plan->config->max_examples;
  return limit > 0 && limit < task->n_examples ? limit : task->n_examples;
}

/* Appends the units of a (model, task, shots), of at most `budget` cost each. */
static bs_status add_units(bs_plan *plan, size_t *capacity, size_t m, size_t t, uint32_t shots,
                           double budget, bs_error *err) {
  const bs_task *task = plan->tasks[t];
  double each = cost_per_example(plan, &plan->models[m], task, shots);
  double wanted = budget / each;
  size_t n_examples = examples_of(plan, task);
  size_t n = wanted >= MAX_UNIT_EXAMPLES ? MAX_UNIT_EXAMPLES : (size_t)wanted;
  if (n < MIN_UNIT_EXAMPLES)
    n = MIN_UNIT_EXAMPLES;
  size_t n_units = bs_ceil_div(n_examples, n);
  bs_status status = bs_reserve(&plan->units, capacity, plan->n_units, n_units, err);
  for (size_t u = 0; status == BS_OK && u < n_units; u++) {
    /* Units of equal size: no short last one. */
    size_t first = n_examples * u / n_units, end = n_examples * (u + 1) / n_units;
    plan->units[plan->n_units++] = (bs_unit){.model = (uint32_t)m,
                                             .task = (uint32_t)t,
                                             .shots = shots,
                                             .first = (uint32_t)first,
                                             .n = (uint32_t)(end - first),
                                             .cost = each * (double)(end - first)};
  }
  return status;
}

static void report_lacking_shots(bs_plan *plan, bs_notice notice, void *user) {
  for (size_t t = 0; t < plan->n_tasks; t++)
    for (size_t s = 0; s < plan->specs[t]->n_shots; s++)
      if (plan->specs[t]->shots[s] > bs_task_most_shots(plan->tasks[t])) {
        bs_error fault = {0};
        bs_error_set(
            &fault, BS_ERR_INPUT, "%s: %u shot%s left out: the task has %zu example%s to show",
            plan->tasks[t]->path, plan->specs[t]->shots[s],
            plan->specs[t]->shots[s] == 1 ? " is" : "s are", bs_task_most_shots(plan->tasks[t]),
            bs_plural(bs_task_most_shots(plan->tasks[t])));
        plan->n_bad_inputs++;
        report(notice, user, fault.message);
      }
}

/* Where a message of the analysis goes. */
typedef struct listener {
  bs_notice notice;
  void *user;
} listener;

static void pass_on(void *user, const char *message) {
  const listener *to = user;
  to->notice(to->user, false, message);
}

/* Different models of one scale in one family leave it without linearity: told before the work. */
static bs_status tell_shared_scales(const bs_plan *plan, bs_notice notice, void *user,
                                    bs_error *err) {
  listener to = {notice, user};
  if (notice == NULL)
    return BS_OK;
  bs_model_place *places = bs_array_new(plan->n_models, sizeof *places, err);
  if (places == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < plan->n_models; i++) {
    const bs_model_row *row = &plan->models[i].row;
    places[i] = (bs_model_place){row->name, row->family, row->scale, row->seed};
  }
  bs_status status = bs_repeats_tell(places, plan->n_models, pass_on, &to, err);
  free(places);
  return status;
}

static bs_status lay_out_units(bs_plan *plan, size_t n_workers, bs_error *err) {
  double total = 0;
  for (size_t m = 0; m < plan->n_models; m++)
    for (size_t t = 0; t < plan->n_tasks; t++)
      for (size_t s = 0; s < plan->specs[t]->n_shots; s++)
        total +=
            cost_per_example(plan, &plan->models[m], plan->tasks[t], plan->specs[t]->shots[s]) *
            (double)examples_of(plan, plan->tasks[t]);
  double budget = total / (double)(n_workers * UNITS_PER_WORKER);
  size_t capacity = 0;
  for (size_t m = 0; m < plan->n_models; m++)
    for (size_t t = 0; t < plan->n_tasks; t++)
      for (size_t s = 0; s < plan->specs[t]->n_shots; s++) {
        uint32_t shots = plan->specs[t]->shots[s];
        if (shots > bs_task_most_shots(plan->tasks[t]))
          continue;
        bs_status status = add_units(plan, &capacity, m, t, shots, budget, err);
        if (status != BS_OK)
          return status;
      }
  return BS_OK;
}

bs_status bs_plan_new(bs_plan **out, const bs_config *config, size_t n_workers, bool with_hashes,
                      bs_notice notice, void *user, bs_error *err) {
  *out = NULL;
  bs_plan *plan = bs_array_new(1, sizeof *plan, err);
  if (plan == NULL)
    return BS_ERR_MEMORY;
  plan->config = config;
  bs_status status = bs_plan_read_tasks(plan, notice, user, err);
  if (status == BS_OK)
    status = read_models(plan, with_hashes, notice, user, err);
  if (status == BS_OK)
    status = tell_shared_scales(plan, notice, user, err);
  if (status == BS_OK)
    report_lacking_shots(plan, notice, user);
  if (status == BS_OK)
    status = lay_out_units(plan, n_workers, err);
  if (status != BS_OK)
    bs_plan_free(&plan);
  *out = plan;
  return status;
}

void bs_plan_free(bs_plan **handle) {
  bs_plan *plan = *handle;
  if (plan == NULL)
    return;
  for (size_t i = 0; i < plan->n_models; i++)
    free_model(&plan->models[i]);
  for (size_t i = 0; i < plan->n_tasks; i++)
    bs_task_free(&plan->tasks[i]);
  free(plan->models);
  free(plan->tasks);
  free(plan->specs);
  free(plan->n_unmatched);
  free(plan->units);
  free(plan);
  *handle = NULL;
}
