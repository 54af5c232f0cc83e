/* Which tasks belong together: the variants of one, the subtasks of one, all of one variant, those
   of one keyword. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"

static const uint32_t NONE = UINT32_MAX;

bool bs_task_counts(const bs_task_row *task) {
  double range = task->high_score - task->low_score;
  return isfinite(range) && range != 0;
}

double bs_task_normalised(const bs_task_row *task, double score) {
  double range = task->high_score - task->low_score;
  return range != 0 ? 100 * (score - task->low_score) / range : NAN;
}

static bool has_human(const bs_task_row *task) {
  return bs_task_counts(task) && (isfinite(task->human_average) || isfinite(task->human_best));
}

static const char *variant_of(const bs_task_row *task) {
  return task->variant != NULL ? task->variant : "";
}

/* The length of a task's name without @VARIANT. */
static size_t base_bytes(const bs_task_row *task) {
  size_t n = strlen(task->name), n_variant = strlen(variant_of(task));
  bool is_behind = n_variant > 0 && n > n_variant + 1 && task->name[n - n_variant - 1] == '@' &&
                   strcmp(task->name + n - n_variant, variant_of(task)) == 0;
  return is_behind ? n - n_variant - 1 : n;
}

static bs_status add_name(bs_interner *names, bs_arena *arena, const char *name, size_t n_bytes,
                          const char *variant, uint32_t *number, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_text_append(&text, name, n_bytes, err);
  if (status == BS_OK)
    status = bs_text_printf(&text, err, "%s%s", variant[0] != '\0' ? "@" : "", variant);
  if (status == BS_OK)
    status = bs_interner_add(names, arena, text.data, number, err);
  bs_text_free(&text);
  return status;
}

static bs_status read_names(bs_groups *groups, const bs_tables *results, bs_arena *arena,
                            bs_error *err) {
  bs_status status = bs_interner_add(&groups->variants, arena, "", &(uint32_t){0}, err);
  for (size_t t = 0; status == BS_OK && t < results->n_tasks; t++) {
    const bs_task_row *task = &results->tasks[t];
    status = bs_interner_add(&groups->variants, arena, variant_of(task), &groups->variant[t], err);
    if (status == BS_OK)
      status =
          add_name(&groups->bases, arena, task->name, base_bytes(task), "", &groups->base[t], err);
  }
  return status;
}

/* PARENT of "PARENT:CHILD"; 0: none. */
static size_t parent_bytes(const bs_task_row *task) {
  const char *colon = strchr(task->name, ':');
  return colon != NULL && (size_t)(colon - task->name) < base_bytes(task)
             ? (size_t)(colon - task->name)
             : 0;
}

/* The aggregates of one variant, in order: all tasks, those with human scores, parents. */
static bs_status add_aggregates(bs_groups *groups, const bs_tables *results, uint32_t variant,
                                bs_interner *names, bs_arena *arena, bs_error *err) {
  const char *name = groups->variants.strings[variant];
  uint32_t all, human = NONE;
  bool any_human = false, all_human = true;
  for (size_t t = 0; t < results->n_tasks; t++) {
    if (groups->variant[t] != variant || !bs_task_counts(&results->tasks[t]))
      continue;
    any_human = any_human || has_human(&results->tasks[t]);
    all_human = all_human && has_human(&results->tasks[t]);
  }
  bs_status status = add_name(names, arena, BS_ALL_TASKS, strlen(BS_ALL_TASKS), name, &all, err);
  if (status == BS_OK && any_human && !all_human) /* else the mean over all tells it */
    status = add_name(names, arena, BS_HUMAN_TASKS, strlen(BS_HUMAN_TASKS), name, &human, err);
  for (size_t t = 0; status == BS_OK && t < results->n_tasks; t++) {
    const bs_task_row *task = &results->tasks[t];
    if (groups->variant[t] != variant)
      continue;
    groups->all[t] = all;
    groups->human[t] = has_human(task) ? human : NONE;
    groups->parent[t] = NONE;
    size_t n_bytes = parent_bytes(task);
    if (n_bytes > 0)
      status = add_name(names, arena, task->name, n_bytes, name, &groups->parent[t], err);
    if (status == BS_OK && n_bytes > 0) {
      groups->parent_all[groups->parent[t]] = all;
      groups->parent_human[groups->parent[t]] = human;
    }
  }
  return status;
}

/* The keywords of a variant's tasks that count, with these tasks: pairs of keyword and task. */
static bs_status read_keywords(bs_groups *groups, const bs_tables *results, uint32_t variant,
                               bs_interner *keywords, bs_arena *arena, bs_keyword_task **pairs,
                               size_t *n_pairs, bs_error *err) {
  size_t capacity = 0;
  bs_status status = BS_OK;
  for (uint32_t t = 0; status == BS_OK && t < results->n_tasks; t++) {
    const char *at = results->tasks[t].keywords;
    if (groups->variant[t] != variant || !bs_task_counts(&results->tasks[t]) || at == NULL)
      continue;
    for (size_t n; status == BS_OK && *at != '\0'; at += n + (at[n] == ',')) {
      bs_keyword_task pair = {.task = t};
      n = strcspn(at, ",");
      if (n > 0)
        status = add_name(keywords, arena, at, n, "", &pair.aggregate, err);
      if (status == BS_OK && n > 0)
        status = bs_reserve(pairs, &capacity, *n_pairs, 1, err);
      if (status == BS_OK && n > 0)
        (*pairs)[(*n_pairs)++] = pair;
    }
  }
  return status;
}

/* How many of tasks[n] there are where a task's subtasks make up one. */
static size_t count_whole_tasks(const bs_groups *groups, const bs_keyword_task *tasks, size_t n) {
  size_t n_whole = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t parent = groups->parent[tasks[i].task];
    bool is_first = true;
    for (size_t k = 0; k < i && is_first && parent != NONE; k++)
      is_first = groups->parent[tasks[k].task] != parent;
    n_whole += is_first;
  }
  return n_whole;
}

static int by_keyword(const void *left, const void *right) {
  const bs_keyword_task *a = left, *b = right;
  BS_ORDER(a->aggregate, b->aggregate);
  BS_ORDER(a->task, b->task);
  return 0;
}

/* Sorts the pairs, each once; returns how many are left. */
static size_t sort_pairs(bs_keyword_task *pairs, size_t n) {
  size_t n_kept = 0;
  if (n > 0)
    qsort(pairs, n, sizeof *pairs, by_keyword);
  for (size_t i = 0; i < n; i++)
    if (n_kept == 0 || by_keyword(&pairs[n_kept - 1], &pairs[i]) != 0)
      pairs[n_kept++] = pairs[i];
  return n_kept;
}

/* Adds the aggregate of the keyword of tasks[n], unless it is of one task alone, or of all. */
static bs_status add_keyword(bs_groups *groups, const char *keyword, uint32_t variant,
                             const bs_keyword_task *tasks, size_t n, size_t n_counting,
                             bs_interner *names, bs_arena *arena, bs_error *err) {
  bs_text name = {0};
  uint32_t number = 0;
  if (count_whole_tasks(groups, tasks, n) < 2 || n == n_counting)
    return BS_OK;
  bs_status status = bs_text_printf(&name, err, BS_KEYWORD_TASKS "%s)", keyword);
  if (status == BS_OK)
    status = add_name(names, arena, name.data, name.n_bytes, groups->variants.strings[variant],
                      &number, err);
  if (status == BS_OK)
    status = bs_reserve(&groups->keyword_tasks, &groups->cap_keyword_tasks, groups->n_keyword_tasks,
                        n, err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    groups->keyword_tasks[groups->n_keyword_tasks++] = (bs_keyword_task){number, tasks[i].task};
  bs_text_free(&name);
  return status;
}

static bs_status add_keywords(bs_groups *groups, const bs_tables *results, uint32_t variant,
                              bs_interner *names, bs_arena *arena, bs_error *err) {
  bs_interner keywords = {0};
  bs_keyword_task *pairs = NULL;
  size_t n = 0, n_counting = 0;
  for (size_t t = 0; t < results->n_tasks; t++)
    n_counting += groups->variant[t] == variant && bs_task_counts(&results->tasks[t]);
  bs_status status = read_keywords(groups, results, variant, &keywords, arena, &pairs, &n, err);
  if (status == BS_OK && n > 0)
    n = sort_pairs(pairs, n);
  for (size_t at = 0, end; status == BS_OK && at < n; at = end) {
    for (end = at + 1; end < n && pairs[end].aggregate == pairs[at].aggregate;)
      end++;
    status = add_keyword(groups, keywords.strings[pairs[at].aggregate], variant, pairs + at,
                         end - at, n_counting, names, arena, err);
  }
  free(pairs);
  bs_interner_free(&keywords);
  return status;
}

bs_status bs_groups_make(bs_groups *groups, const bs_tables *results, bs_interner *aggregates,
                         bs_arena *arena, bs_error *err) {
  size_t n = results->n_tasks, most = 0;
  *groups = (bs_groups){0};
  if (!bs_size_mul(n, 3, &most)) /* a parent, all and human of each */
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate the groups of %zu tasks", n);
  uint32_t **const per_task[] = {&groups->variant, &groups->base, &groups->parent, &groups->all,
                                 &groups->human};
  uint32_t **const per_aggregate[] = {&groups->parent_all, &groups->parent_human};
  for (size_t i = 0; i < sizeof per_task / sizeof *per_task; i++)
    if ((*per_task[i] = bs_array_new(n, sizeof **per_task[i], err)) == NULL)
      return BS_ERR_MEMORY;
  for (size_t i = 0; i < sizeof per_aggregate / sizeof *per_aggregate; i++) {
    if ((*per_aggregate[i] = bs_array_new(most + 2, sizeof **per_aggregate[i], err)) == NULL)
      return BS_ERR_MEMORY;
    for (size_t k = 0; k < most + 2; k++)
      (*per_aggregate[i])[k] = NONE;
  }
  bs_status status = read_names(groups, results, arena, err);
  for (uint32_t v = 0; status == BS_OK && v < groups->variants.n; v++)
    status = add_aggregates(groups, results, v, aggregates, arena, err);
  groups->n_plain = aggregates->n;
  for (uint32_t v = 0; status == BS_OK && v < groups->variants.n; v++)
    status = add_keywords(groups, results, v, aggregates, arena, err);
  groups->n_aggregates = aggregates->n;
  return status;
}

void bs_groups_free(bs_groups *groups) {
  bs_interner_free(&groups->variants);
  bs_interner_free(&groups->bases);
  free(groups->variant);
  free(groups->base);
  free(groups->parent);
  free(groups->all);
  free(groups->human);
  free(groups->parent_all);
  free(groups->parent_human);
  free(groups->keyword_tasks);
  *groups = (bs_groups){0};
}

static void add_to(bs_part_mean *to, double value, double standard_error, bool is_there) {
  to->sum += value;
  to->variance += standard_error * standard_error;
  to->n++;
  to->is_whole = to->is_whole && is_there;
}

static void add_mean(bs_part_mean *to, const bs_part_mean *part) {
  if (part->n > 0)
    add_to(to, bs_mean_value(part), bs_mean_error(part), part->is_whole);
}

double bs_mean_value(const bs_part_mean *of) {
  return of->is_whole && of->n > 0 ? of->sum / (double)of->n : NAN;
}

double bs_mean_error(const bs_part_mean *of) {
  return of->is_whole && of->n > 0 ? sqrt(of->variance) / (double)of->n : NAN;
}

/* The mean over the tasks of one keyword, subtasks as one task. A mean over one alone is none. */
static void average_keyword(const bs_groups *groups, const bs_keyword_task *tasks, size_t n,
                            const bs_cell *cells, bs_part_mean *mean, bs_part_mean *parts) {
  for (size_t i = 0; i < n; i++)
    if (groups->parent[tasks[i].task] != NONE)
      parts[groups->parent[tasks[i].task]] = (bs_part_mean){.is_whole = true};
  for (size_t i = 0; i < n; i++) {
    const bs_cell *of = &cells[tasks[i].task];
    uint32_t parent = groups->parent[tasks[i].task];
    if (of->is_wanted)
      add_to(parent == NONE ? mean : &parts[parent], of->value, of->standard_error, of->is_there);
  }
  for (size_t i = 0; i < n; i++)
    if (groups->parent[tasks[i].task] != NONE) {
      bs_part_mean *part = &parts[groups->parent[tasks[i].task]];
      add_mean(mean, part);
      part->n = 0; /* once */
    }
  if (mean->n < 2)
    mean->n = 0;
}

void bs_groups_average(const bs_groups *groups, const bs_cell *cells, size_t n_tasks,
                       bs_part_mean *means, bs_part_mean *parts) {
  for (size_t k = 0; k < groups->n_aggregates; k++)
    means[k] = parts[k] = (bs_part_mean){.is_whole = true};
  for (size_t t = 0; t < n_tasks; t++) {
    const bs_cell *of = &cells[t];
    uint32_t parent = groups->parent[t], human = groups->human[t];
    if (!of->is_wanted)
      continue;
    add_to(&means[parent == NONE ? groups->all[t] : parent], of->value, of->standard_error,
           of->is_there);
    if (human != NONE)
      add_to(parent == NONE ? &means[human] : &parts[parent], of->value, of->standard_error,
             of->is_there);
  }
  for (size_t k = 0; k < groups->n_plain; k++) {
    if (groups->parent_all[k] != NONE)
      add_mean(&means[groups->parent_all[k]], &means[k]);
    if (groups->parent_human[k] != NONE)
      add_mean(&means[groups->parent_human[k]], &parts[k]);
  }
  const bs_keyword_task *tasks = groups->keyword_tasks;
  for (size_t at = 0, end; at < groups->n_keyword_tasks; at = end) {
    for (end = at + 1;
         end < groups->n_keyword_tasks && tasks[end].aggregate == tasks[at].aggregate;)
      end++;
    average_keyword(groups, tasks + at, end - at, cells, &means[tasks[at].aggregate], parts);
  }
}
