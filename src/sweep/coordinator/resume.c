/* Continuing an earlier run: what is done stays, keyed by content. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/metric.h"
#include "bigsweep/task.h"
#include "sweep/coordinator/collect_internal.h"
#include "tables/tables_internal.h"

/* A model or a task. */
typedef struct content_key {
  const char *name, *sha256;
  bool has_results; /* examples of it were scored */
} content_key;

/* The number of the known one with that content, by preference with that name too. */
static uint32_t find_content(const content_key *wanted, const content_key *known, size_t n) {
  uint32_t found = BS_NOT_THERE;
  for (size_t i = 0; i < n; i++)
    if (strcmp(known[i].sha256, wanted->sha256) == 0) {
      if (strcmp(known[i].name, wanted->name) == 0)
        return (uint32_t)i;
      found = (uint32_t)i;
    }
  return found;
}

/* What nothing was scored of may have been repaired, renamed or removed since: it is on the map
   where it is still the same, and needs not be. `is_partial`: the known ones are not all of the
   configuration's, since some cannot be used and are left out. */
static bs_status map_contents(const char *kind, const char *path, const content_key *earlier,
                              size_t n_earlier, const content_key *known, size_t n_known,
                              bool is_partial, uint32_t *map, bs_error *err) {
  for (size_t i = 0; i < n_earlier; i++) {
    map[i] = find_content(&earlier[i], known, n_known);
    if (map[i] != BS_NOT_THERE || !earlier[i].has_results)
      continue;
    for (size_t j = 0; j < n_known; j++)
      if (strcmp(known[j].name, earlier[i].name) == 0)
        return bs_error_set(
            err, BS_ERR_USAGE,
            "%s: the %s \"%s\" has another content than when its results were made "
            "(SHA-256 %.12s… then, %.12s… now; every byte of its files counts, and so does a "
            "wrap, since any may change a score): put them back as they were, or give another "
            "output",
            path, kind, earlier[i].name, earlier[i].sha256, known[j].sha256);
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: has results of the %s \"%s\", which %s or give another output", path,
                        kind, earlier[i].name,
                        is_partial ? "is left out now, or not in the configuration any more: mend "
                                     "what is left out, put back what is missing,"
                                   : "the configuration does not have: put it back");
  }
  return BS_OK;
}

static bs_status map_models(const bs_tables *earlier, const bs_plan *plan, const char *path,
                            uint32_t *map, bs_error *err) {
  content_key *then = bs_array_new(earlier->n_models, sizeof *then, err);
  content_key *now = bs_array_new(plan->n_models, sizeof *now, err);
  bs_status status = then == NULL || now == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK) {
    for (size_t i = 0; i < earlier->n_models; i++)
      then[i] = (content_key){earlier->models[i].name, earlier->models[i].sha256, false};
    for (size_t i = 0; i < earlier->n_examples; i++)
      then[earlier->examples[i].model].has_results = true;
    for (size_t i = 0; i < plan->n_models; i++)
      now[i] = (content_key){plan->models[i].row.name, plan->models[i].row.sha256, false};
    status = map_contents("model", path, then, earlier->n_models, now, plan->n_models,
                          plan->n_bad_inputs > 0, map, err);
  }
  free(then);
  free(now);
  return status;
}

static bs_status map_tasks(const bs_tables *earlier, const bs_plan *plan, const char *path,
                           uint32_t *map, bs_error *err) {
  content_key *then = bs_array_new(earlier->n_tasks, sizeof *then, err);
  content_key *now = bs_array_new(plan->n_tasks, sizeof *now, err);
  bs_status status = then == NULL || now == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK) {
    for (size_t i = 0; i < earlier->n_tasks; i++)
      then[i] = (content_key){earlier->tasks[i].name, earlier->tasks[i].sha256, false};
    for (size_t i = 0; i < earlier->n_examples; i++)
      then[earlier->examples[i].task].has_results = true;
    for (size_t i = 0; i < plan->n_tasks; i++)
      now[i] = (content_key){plan->tasks[i]->name, plan->tasks[i]->sha256, false};
    status = map_contents("task", path, then, earlier->n_tasks, now, plan->n_tasks,
                          plan->n_bad_inputs > 0, map, err);
  }
  free(then);
  free(now);
  return status;
}

/* Appends the metrics with a column that the task has now and had not then, each once. */
static bs_status append_missing(bs_text *missing, const bs_task_row *then, const bs_task *now,
                                bs_error *err) {
  const bs_metric *metrics[BS_MOST_METRICS];
  size_t n = bs_task_metrics(now, metrics);
  bs_status status = BS_OK;
  for (size_t k = 0; status == BS_OK && k < n; k++)
    if (metrics[k]->example != NULL && !bs_list_has(then->metrics, metrics[k]->name) &&
        !bs_list_has(missing->data, metrics[k]->name))
      status =
          bs_text_printf(missing, err, "%s%s", missing->n_bytes > 0 ? "," : "", metrics[k]->name);
  return status;
}

/* Metrics that have been asked for since would stand beside rows without them. */
static bs_status check_metrics(const bs_tables *earlier, const bs_plan *plan,
                               const uint32_t *task_map, const char *path, bs_error *err) {
  bs_text missing = {0};
  bool *is_checked = bs_array_new(earlier->n_tasks, sizeof *is_checked, err);
  bs_status status = is_checked != NULL ? bs_text_append(&missing, "", 0, err) : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < earlier->n_examples; i++) {
    uint32_t task = earlier->examples[i].task;
    if (!is_checked[task])
      status = append_missing(&missing, &earlier->tasks[task], plan->tasks[task_map[task]], err);
    is_checked[task] = true;
  }
  if (status == BS_OK && missing.n_bytes > 0)
    status = bs_error_set(err, BS_ERR_USAGE,
                          "%s: its results lack metrics that are asked for: `bigsweep rescore %s "
                          "--metrics %s` adds them, then run again",
                          path, path, missing.data);
  bs_text_free(&missing);
  free(is_checked);
  return status;
}

static bool has_shots(const bs_task_spec *spec, uint32_t shots) {
  for (size_t i = 0; i < spec->n_shots; i++)
    if (spec->shots[i] == shots)
      return true;
  return false;
}

/* Rows that the configuration no longer asks for would stand beside those it does. */
static bs_status check_row(const bs_plan *plan, uint32_t t, uint32_t shots, uint32_t example,
                           const char *path, bs_error *err) {
  const bs_task *task = plan->tasks[t];
  size_t most = plan->config->max_examples;
  if (!has_shots(plan->specs[t], shots))
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: has results of \"%s\" with %u shot%s, which the configuration does "
                        "not ask for: put them back or give another output",
                        path, task->name, shots, bs_plural(shots));
  if (example >= task->n_examples || (most > 0 && example >= most))
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: has results of more examples of \"%s\" than max_examples now allows: "
                        "raise it or give another output",
                        path, task->name);
  return BS_OK;
}

static bs_status check_rows(const bs_tables *earlier, const bs_plan *plan,
                            const uint32_t *model_map, const uint32_t *task_map, const char *path,
                            bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < earlier->n_examples; i++) {
    const bs_example_row *row = &earlier->examples[i];
    status = check_row(plan, task_map[row->task], row->shots, row->example, path, err);
  }
  for (size_t i = 0; status == BS_OK && i < earlier->n_skipped; i++) {
    const bs_skipped_row *row = &earlier->skipped[i];
    if (model_map[row->model] != BS_NOT_THERE && task_map[row->task] != BS_NOT_THERE)
      status = check_row(plan, task_map[row->task], row->shots, row->example, path, err);
  }
  return status;
}

/* Scores of two revisions of the protocol, or of two ways to ask for them, are not mixed. */
static bs_status check_protocol(const char *then, const char *now, const char *path,
                                bs_error *err) {
  size_t n = strcspn(then, " ");
  if (strcmp(then, now) == 0)
    return BS_OK;
  if (n != strlen(BS_PROTOCOL_REVISION) || memcmp(then, BS_PROTOCOL_REVISION, n) != 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: its results were made by another version of this program, which "
                        "scored differently (protocol \"%.*s\", now \"" BS_PROTOCOL_REVISION
                        "\"): the two must not be mixed, give another output. analyze and rescore "
                        "still read it",
                        path, (int)n, then);
  return bs_error_set(err, BS_ERR_USAGE,
                      "%s: its results were made under another protocol (\"%s\") than the "
                      "configuration asks for (\"%s\"): give another output",
                      path, then, now);
}

/* Two models of the same content were scored, of which one has another content now: the rows of
   both are those of the other. */
static bool maps_two_to_one(const uint32_t *map, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; map[i] != BS_NOT_THERE && k < i; k++)
      if (map[k] == map[i])
        return true;
  return false;
}

/* Failures are tried again, so their rows are dropped, and so are those of what is not there any
   more. */
static bs_status take_over_runs(const bs_tables *earlier, bs_index_maps maps, bs_tables *to,
                                bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < earlier->n_runs; i++) {
    bs_run_row row = earlier->runs[i];
    if (row.failure[0] == '\0' && bs_row_renumber(&bs_schemas[BS_TABLE_RUNS], &row, maps))
      status = bs_tables_add_run(to, &row, err);
  }
  return status;
}

bs_status bs_resume(const bs_tables *earlier, const bs_plan *plan, const char *protocol,
                    const char *path, bs_tables *to, bs_error *err) {
  uint32_t *models = bs_array_new(earlier->n_models, sizeof *models, err);
  uint32_t *tasks = bs_array_new(earlier->n_tasks, sizeof *tasks, err);
  bs_index_maps maps = {models, tasks};
  bs_status status = models == NULL || tasks == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK)
    status = check_protocol(earlier->provenance.protocol, protocol, path, err);
  if (status == BS_OK)
    status = map_models(earlier, plan, path, models, err);
  if (status == BS_OK)
    status = map_tasks(earlier, plan, path, tasks, err);
  if (status == BS_OK)
    status = check_rows(earlier, plan, models, tasks, path, err);
  if (status == BS_OK)
    status = check_metrics(earlier, plan, tasks, path, err);
  if (status == BS_OK)
    status = bs_tables_append(to, earlier, BS_TABLE_EXAMPLES, maps, err);
  if (status == BS_OK)
    status = bs_tables_append(to, earlier, BS_TABLE_SKIPPED, maps, err);
  if (status == BS_OK &&
      (maps_two_to_one(models, earlier->n_models) || maps_two_to_one(tasks, earlier->n_tasks)))
    status = bs_tables_sort(to, err); /* drops what is there twice */
  if (status == BS_OK)
    status = take_over_runs(earlier, maps, to, err);
  free(models);
  free(tasks);
  return status;
}

/* A set of examples as a bit each: [model][task][position of shots][example]. */
typedef struct done_set {
  const bs_plan *plan;
  size_t *first_of_task; /* [n_tasks + 1] running sum of shots times examples */
  unsigned char *bits;
} done_set;

static size_t shots_position(const bs_task_spec *spec, uint32_t shots) {
  size_t i = 0;
  while (i + 1 < spec->n_shots && spec->shots[i] != shots)
    i++;
  return i;
}

static size_t bit_of(const done_set *set, uint32_t model, uint32_t task, uint32_t shots,
                     uint32_t example) {
  const bs_plan *plan = set->plan;
  size_t of_model = (size_t)model * set->first_of_task[plan->n_tasks];
  size_t position = shots_position(plan->specs[task], shots);
  return of_model + set->first_of_task[task] + position * plan->tasks[task]->n_examples + example;
}

static bool is_done(const done_set *set, const bs_unit *unit, uint32_t example) {
  size_t bit = bit_of(set, unit->model, unit->task, unit->shots, example);
  return (set->bits[bit / 8] >> bit % 8 & 1) != 0;
}

static void set_bit(done_set *set, size_t bit) {
  set->bits[bit / 8] |= (unsigned char)(1U << bit % 8);
}

static bs_status mark_done(done_set *set, const bs_plan *plan, const bs_tables *done,
                           bs_error *err) {
  set->plan = plan;
  set->first_of_task = bs_array_new(plan->n_tasks + 1, sizeof *set->first_of_task, err);
  if (set->first_of_task == NULL)
    return BS_ERR_MEMORY;
  for (size_t t = 0; t < plan->n_tasks; t++)
    set->first_of_task[t + 1] =
        set->first_of_task[t] + plan->specs[t]->n_shots * plan->tasks[t]->n_examples;
  size_t n_bits;
  if (!bs_size_mul(plan->n_models, set->first_of_task[plan->n_tasks], &n_bits))
    return bs_error_set(err, BS_ERR_LIMIT, "more examples than can be counted");
  set->bits = bs_array_new(n_bits / 8 + 1, 1, err);
  if (set->bits == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < done->n_examples; i++) {
    const bs_example_row *row = &done->examples[i];
    set_bit(set, bit_of(set, row->model, row->task, row->shots, row->example));
  }
  for (size_t i = 0; i < done->n_skipped; i++) {
    const bs_skipped_row *row = &done->skipped[i];
    set_bit(set, bit_of(set, row->model, row->task, row->shots, row->example));
  }
  return BS_OK;
}

bs_status bs_units_left(const bs_plan *plan, const bs_tables *done, bs_unit **units,
                        size_t *n_units, bs_error *err) {
  done_set set = {0};
  size_t capacity = 0;
  *units = NULL;
  *n_units = 0;
  bs_status status = mark_done(&set, plan, done, err);
  for (size_t u = 0; status == BS_OK && u < plan->n_units; u++) {
    const bs_unit *unit = &plan->units[u];
    uint32_t end = unit->first + unit->n;
    for (uint32_t first = unit->first; status == BS_OK && first < end;) {
      uint32_t stop = first;
      while (stop < end && !is_done(&set, unit, stop))
        stop++;
      if (stop > first) {
        status = bs_reserve(units, &capacity, *n_units, 1, err);
        if (status != BS_OK)
          break;
        bs_unit left = *unit;
        left.first = first;
        left.n = stop - first;
        left.cost = unit->cost * left.n / unit->n;
        (*units)[(*n_units)++] = left;
      }
      first = stop + 1;
    }
  }
  free(set.first_of_task);
  free(set.bits);
  return status;
}
