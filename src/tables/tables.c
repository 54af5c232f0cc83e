/* Tables of results in memory: made, filled row by row, freed. */
#include "bigsweep/tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tables/tables_internal.h"

bs_status bs_tables_new(bs_tables **out, const char *const *metric_names, size_t n_metrics,
                        bs_error *err) {
  *out = NULL;
  bs_tables *tables = bs_array_new(1, sizeof *tables, err);
  if (tables == NULL)
    return BS_ERR_MEMORY;
  tables->arena = bs_arena_new();
  tables->metric_names = bs_array_new(n_metrics, sizeof *tables->metric_names, err);
  bs_status status = BS_OK;
  if (tables->arena == NULL || tables->metric_names == NULL)
    status = bs_error_set(err, BS_ERR_MEMORY, "cannot allocate tables of results");
  for (size_t i = 0; status == BS_OK && i < n_metrics; i++) {
    tables->metric_names[i] =
        bs_arena_string(tables->arena, metric_names[i], strlen(metric_names[i]));
    if (tables->metric_names[i] == NULL)
      status = bs_error_set(err, BS_ERR_MEMORY, "cannot copy the names of metrics");
    else
      tables->n_metrics++;
  }
  if (status == BS_OK)
    status = bs_tables_set_provenance(tables, &(bs_provenance){0}, err);
  if (status != BS_OK)
    bs_tables_free(&tables);
  *out = tables;
  return status;
}

void bs_tables_free(bs_tables **tables) {
  if (tables == NULL || *tables == NULL)
    return;
  bs_tables *of = *tables;
  for (int id = 0; id < BS_N_TABLES; id++) {
    size_t n;
    free(bs_table_rows(of, (bs_table_id)id, &n));
  }
  free(of->metric_names);
  free(of->metric_values);
  bs_arena_free(&of->arena);
  free(of);
  *tables = NULL;
}

/* Replaces the strings of a row by the arena's copies. */
static bs_status own_strings(bs_tables *tables, const bs_table_schema *schema, void *row,
                             bs_error *err) {
  for (size_t i = 0; i < schema->n_columns; i++) {
    const bs_column *column = &schema->columns[i];
    if (column->kind != BS_COLUMN_STRING)
      continue;
    const char *string = bs_field_string(column, row);
    const char *copy = bs_arena_string(tables->arena, string, strlen(string));
    if (copy == NULL)
      return bs_error_set(err, BS_ERR_MEMORY, "cannot copy a string of %zu bytes", strlen(string));
    memcpy((char *)row + column->offset, &copy, sizeof copy);
  }
  return BS_OK;
}

bs_status bs_tables_set_provenance(bs_tables *tables, const bs_provenance *provenance,
                                   bs_error *err) {
  bs_provenance copy = *provenance;
  bs_status status = own_strings(tables, &bs_provenance_schema, &copy, err);
  if (status == BS_OK)
    tables->provenance = copy;
  return status;
}

/* Copies n rows, and their strings, behind those that are there, without counting them. */
static bs_status copy_rows(bs_tables *tables, bs_table_id id, const void *rows, size_t n,
                           bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[id];
  bs_status status = bs_table_reserve(tables, id, n, err);
  size_t first;
  char *to = bs_table_rows(tables, id, &first);
  if (status == BS_OK && n > 0)
    memcpy(to + first * schema->row_bytes, rows, n * schema->row_bytes);
  for (size_t i = first; status == BS_OK && i < first + n; i++)
    status = own_strings(tables, schema, to + i * schema->row_bytes, err);
  return status;
}

static bs_status add_row(bs_tables *tables, bs_table_id id, const void *row, size_t *n,
                         bs_error *err) {
  bs_status status = copy_rows(tables, id, row, 1, err);
  if (status == BS_OK)
    ++*n;
  return status;
}

bs_status bs_tables_add_model(bs_tables *tables, const bs_model_row *row, bs_error *err) {
  return add_row(tables, BS_TABLE_MODELS, row, &tables->n_models, err);
}

bs_status bs_tables_add_task(bs_tables *tables, const bs_task_row *row, bs_error *err) {
  return add_row(tables, BS_TABLE_TASKS, row, &tables->n_tasks, err);
}

bs_status bs_tables_add_input(bs_tables *tables, const bs_input_row *row, bs_error *err) {
  return add_row(tables, BS_TABLE_INPUTS, row, &tables->n_inputs, err);
}

bs_status bs_tables_add_target(bs_tables *tables, const bs_target_row *row, bs_error *err) {
  return add_row(tables, BS_TABLE_TARGETS, row, &tables->n_targets, err);
}

bs_status bs_tables_add_choice_text(bs_tables *tables, const bs_choice_text_row *row,
                                    bs_error *err) {
  return add_row(tables, BS_TABLE_CHOICE_TEXTS, row, &tables->n_choice_texts, err);
}

bs_status bs_tables_add_skipped(bs_tables *tables, const bs_skipped_row *row, bs_error *err) {
  return add_row(tables, BS_TABLE_SKIPPED, row, &tables->n_skipped, err);
}

bs_status bs_tables_add_run(bs_tables *tables, const bs_run_row *row, bs_error *err) {
  return add_row(tables, BS_TABLE_RUNS, row, &tables->n_runs, err);
}

static bs_status copy_metric_values(bs_tables *tables, const double *values, bs_error *err) {
  size_t n = tables->n_metrics, n_values;
  if (!bs_size_mul(tables->n_examples, n, &n_values))
    return bs_error_set(err, BS_ERR_MEMORY, "too many metric values");
  void *grown = tables->metric_values;
  bs_status status =
      bs_array_reserve(&grown, &tables->cap_metric_values, n_values, n, sizeof *values, err);
  tables->metric_values = grown;
  if (status == BS_OK && n > 0)
    memcpy(tables->metric_values + n_values, values, n * sizeof *values);
  return status;
}

/* Counts the rows that copy_rows has put behind a table of examples' rows, as the next example's.
 */
static void give_rows(bs_tables *tables, bs_table_id id, bs_example_row *example) {
  const bs_table_schema *schema = &bs_schemas[id];
  const uint64_t row = tables->n_examples;
  size_t first;
  uint32_t n = bs_example_count(schema, example);
  char *rows = bs_table_rows(tables, id, &first);
  const bs_column *column = bs_schema_column(schema, BS_ROW_COLUMN);
  for (size_t i = first; i < first + n; i++)
    memcpy(rows + i * schema->row_bytes + column->offset, &row, sizeof row);
  bs_table_set_n(tables, id, first + n);
  bs_example_set_range(schema, example, first, n);
}

static bs_status add_example(bs_tables *tables, const bs_example_row *row,
                             const void *const rows[BS_N_TABLES_OF_EXAMPLES], const double *values,
                             bs_error *err) {
  bs_status status = copy_rows(tables, BS_TABLE_EXAMPLES, row, 1, err);
  for (int k = 0; status == BS_OK && k < BS_N_TABLES_OF_EXAMPLES; k++) {
    bs_table_id id = bs_tables_of_examples[k];
    status = copy_rows(tables, id, rows[k], bs_example_count(&bs_schemas[id], row), err);
  }
  if (status == BS_OK)
    status = copy_metric_values(tables, values, err);
  if (status != BS_OK)
    return status;
  for (int k = 0; k < BS_N_TABLES_OF_EXAMPLES; k++)
    give_rows(tables, bs_tables_of_examples[k], &tables->examples[tables->n_examples]);
  tables->n_examples++;
  return BS_OK;
}

bs_status bs_tables_add_example(bs_tables *tables, const bs_example_row *row,
                                const bs_choice_row *choices, const bs_sample_row *samples,
                                const double *metric_values, bs_error *err) {
  const void *const rows[] = {choices, samples}; /* as bs_tables_of_examples */
  return add_example(tables, row, rows, metric_values, err);
}

const double *bs_tables_values(const bs_tables *tables, size_t i) {
  return tables->n_metrics > 0 ? tables->metric_values + i * tables->n_metrics : NULL;
}

const bs_choice_row *bs_tables_choices(const bs_tables *tables, size_t i) {
  const bs_example_row *row = &tables->examples[i];
  return row->n_choices > 0 ? tables->choices + row->first_choice : NULL;
}

const bs_sample_row *bs_tables_samples(const bs_tables *tables, size_t i) {
  const bs_example_row *row = &tables->examples[i];
  return row->n_samples > 0 ? tables->samples + row->first_sample : NULL;
}

const char *bs_input_text(const bs_input_row *row, size_t *n_bytes) {
  size_t n = strlen(row->query), start = bs_size_min(row->input_start, n);
  *n_bytes = bs_size_min(row->input_bytes, n - start);
  return row->query + start;
}

static int by_example(const void *a, const void *b) {
  const bs_input_row *x = a, *y = b;
  if (x->task != y->task)
    return x->task < y->task ? -1 : 1;
  return (x->example > y->example) - (x->example < y->example);
}

const bs_input_row *bs_tables_input(const bs_tables *tables, uint32_t task, uint32_t example) {
  const bs_input_row key = {.task = task, .example = example};
  return tables->n_inputs == 0
             ? NULL
             : bsearch(&key, tables->inputs, tables->n_inputs, sizeof key, by_example);
}

bool bs_row_renumber(const bs_table_schema *schema, void *row, bs_index_maps maps) {
  bool is_there = true;
  for (size_t i = 0; i < schema->n_columns; i++) {
    const bs_column *column = &schema->columns[i];
    const uint32_t *map = (column->rules & BS_MODEL_INDEX) != 0  ? maps.models
                          : (column->rules & BS_TASK_INDEX) != 0 ? maps.tasks
                                                                 : NULL;
    if (map == NULL)
      continue;
    uint32_t index = map[bs_field_number(column, row)];
    memcpy((char *)row + column->offset, &index, sizeof index);
    is_there = is_there && index != BS_NOT_THERE;
  }
  return is_there;
}

static bool same_metrics(const bs_tables *a, const bs_tables *b) {
  bool same = a->n_metrics == b->n_metrics;
  for (size_t k = 0; same && k < a->n_metrics; k++)
    same = strcmp(a->metric_names[k], b->metric_names[k]) == 0;
  return same;
}

static bs_status append_examples(bs_tables *to, const bs_tables *from, size_t first,
                                 bs_index_maps maps, bs_error *err) {
  if (!same_metrics(to, from))
    return bs_error_set(err, BS_ERR_INPUT, "the metric columns differ: written by another version");
  bs_status status = BS_OK;
  for (size_t i = first; status == BS_OK && i < from->n_examples; i++) {
    bs_example_row row = from->examples[i];
    if (bs_row_renumber(&bs_schemas[BS_TABLE_EXAMPLES], &row, maps))
      status = bs_tables_add_example(to, &row, bs_tables_choices(from, i),
                                     bs_tables_samples(from, i), bs_tables_values(from, i), err);
  }
  return status;
}

bs_status bs_tables_append_tail(bs_tables *to, const bs_tables *from, bs_table_id id, size_t first,
                                bs_index_maps maps, bs_error *err) {
  if (id == BS_TABLE_EXAMPLES)
    return append_examples(to, from, first, maps, err);
  const bs_table_schema *schema = &bs_schemas[id];
  size_t n_from, n_to;
  const char *rows = bs_table_rows(from, id, &n_from);
  bs_status status = BS_OK;
  for (size_t i = first; status == BS_OK && i < n_from; i++) {
    status = copy_rows(to, id, rows + i * schema->row_bytes, 1, err);
    char *copies = bs_table_rows(to, id, &n_to);
    if (status == BS_OK && bs_row_renumber(schema, copies + n_to * schema->row_bytes, maps))
      bs_table_set_n(to, id, n_to + 1);
  }
  return status;
}

bs_status bs_tables_append(bs_tables *to, const bs_tables *from, bs_table_id id, bs_index_maps maps,
                           bs_error *err) {
  return bs_tables_append_tail(to, from, id, 0, maps, err);
}
