/* Results without some of their examples. */
#include <stdlib.h>

#include "base/memory_internal.h"
#include "tables/tables_internal.h"

bool bs_selection_has(const bs_selection *selection, uint32_t model, uint32_t task,
                      uint32_t shots) {
  bool has_shots = selection->shots == NULL;
  for (size_t i = 0; !has_shots && i < selection->n_shots; i++)
    has_shots = selection->shots[i] == shots;
  return has_shots && (selection->models == NULL || selection->models[model]) &&
         (selection->tasks == NULL || selection->tasks[task]);
}

/* Which models and tasks have something left. */
typedef struct remains {
  bool *models, *tasks;
} remains;

static void look(remains *of, const bs_selection *selection, uint32_t model, uint32_t task,
                 uint32_t shots) {
  if (bs_selection_has(selection, model, task, shots))
    return;
  of->models[model] = of->tasks[task] = true;
}

static void find_remains(remains *of, const bs_tables *tables, const bs_selection *selection) {
  for (size_t i = 0; i < tables->n_examples; i++) {
    const bs_example_row *row = &tables->examples[i];
    look(of, selection, row->model, row->task, row->shots);
  }
  for (size_t i = 0; i < tables->n_skipped; i++) {
    const bs_skipped_row *row = &tables->skipped[i];
    look(of, selection, row->model, row->task, row->shots);
  }
}

/* What is not selected stays, whatever there is of it. */
static bs_status map_rows(bs_tables *to, const bs_tables *tables, const bs_selection *selection,
                          const remains *of, uint32_t *models, uint32_t *tasks, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < tables->n_models; i++) {
    bool stays = of->models[i] || (selection->models != NULL && !selection->models[i]);
    models[i] = stays ? (uint32_t)to->n_models : BS_NOT_THERE;
    if (stays)
      status = bs_tables_add_model(to, &tables->models[i], err);
  }
  for (size_t i = 0; status == BS_OK && i < tables->n_tasks; i++) {
    bool stays = of->tasks[i] || (selection->tasks != NULL && !selection->tasks[i]);
    tasks[i] = stays ? (uint32_t)to->n_tasks : BS_NOT_THERE;
    if (stays)
      status = bs_tables_add_task(to, &tables->tasks[i], err);
  }
  return status;
}

static bs_status add_examples(bs_tables *to, const bs_tables *tables, const bs_selection *selection,
                              bs_index_maps maps, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < tables->n_examples; i++) {
    bs_example_row row = tables->examples[i];
    if (bs_selection_has(selection, row.model, row.task, row.shots) ||
        !bs_row_renumber(&bs_schemas[BS_TABLE_EXAMPLES], &row, maps))
      continue;
    status = bs_tables_add_example(to, &row, bs_tables_choices(tables, i),
                                   bs_tables_samples(tables, i), bs_tables_values(tables, i), err);
  }
  for (size_t i = 0; status == BS_OK && i < tables->n_skipped; i++) {
    bs_skipped_row row = tables->skipped[i];
    if (!bs_selection_has(selection, row.model, row.task, row.shots) &&
        bs_row_renumber(&bs_schemas[BS_TABLE_SKIPPED], &row, maps))
      status = bs_tables_add_skipped(to, &row, err);
  }
  for (size_t i = 0; status == BS_OK && i < tables->n_runs; i++) {
    bs_run_row row = tables->runs[i];
    if (!bs_selection_has(selection, row.model, row.task, row.shots) &&
        bs_row_renumber(&bs_schemas[BS_TABLE_RUNS], &row, maps))
      status = bs_tables_add_run(to, &row, err);
  }
  return status;
}

bs_status bs_tables_without(bs_tables **out, const bs_tables *tables, const bs_selection *selection,
                            bs_error *err) {
  static const bs_table_id TEXTS[] = {BS_TABLE_INPUTS, BS_TABLE_TARGETS, BS_TABLE_CHOICE_TEXTS};
  remains of = {bs_array_new(tables->n_models, sizeof *of.models, err),
                bs_array_new(tables->n_tasks, sizeof *of.tasks, err)};
  uint32_t *models = bs_array_new(tables->n_models, sizeof *models, err);
  uint32_t *tasks = bs_array_new(tables->n_tasks, sizeof *tasks, err);
  bs_index_maps maps = {models, tasks};
  bs_tables *to = NULL;
  bs_status status = of.models != NULL && of.tasks != NULL && models != NULL && tasks != NULL
                         ? bs_tables_new(&to, tables->metric_names, tables->n_metrics, err)
                         : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_tables_set_provenance(to, &tables->provenance, err);
  if (status == BS_OK) {
    find_remains(&of, tables, selection);
    status = map_rows(to, tables, selection, &of, models, tasks, err);
  }
  for (size_t i = 0; status == BS_OK && i < sizeof TEXTS / sizeof *TEXTS; i++)
    status = bs_tables_append(to, tables, TEXTS[i], maps, err);
  if (status == BS_OK)
    status = add_examples(to, tables, selection, maps, err);
  free(of.models);
  free(of.tasks);
  free(models);
  free(tasks);
  if (status != BS_OK)
    bs_tables_free(&to);
  *out = to;
  return status;
}
