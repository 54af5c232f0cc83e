/* Whether tables that others filled hang together. */
#include <inttypes.h>

#include "tables/tables_internal.h"

/* Models and tasks that rows point to are there. */
static bs_status check_indices(const bs_tables *tables, bs_table_id id, bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[id];
  size_t n;
  const char *rows = bs_table_rows(tables, id, &n);
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < schema->n_columns; c++) {
      const bs_column *column = &schema->columns[c];
      size_t n_there = (column->rules & BS_MODEL_INDEX) != 0  ? tables->n_models
                       : (column->rules & BS_TASK_INDEX) != 0 ? tables->n_tasks
                                                              : SIZE_MAX;
      if (n_there == SIZE_MAX)
        continue;
      uint64_t index = bs_field_number(column, rows + i * schema->row_bytes);
      if (index >= n_there)
        return bs_error_set(err, BS_ERR_INPUT, "%s: row %zu: %s %" PRIu64 " of %zu",
                            bs_table_name(id), i, column->name, index, n_there);
    }
  return BS_OK;
}

/* The rows that belong to examples stand in their order, without gaps. */
static bs_status check_rows_of_examples(const bs_tables *tables, bs_table_id id, bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[id];
  const bs_column *row_column = bs_schema_column(schema, BS_ROW_COLUMN);
  const char *name = bs_table_name(id);
  size_t n_rows;
  const char *rows = bs_table_rows(tables, id, &n_rows);
  uint64_t next = 0;
  for (size_t i = 0; i < tables->n_examples; i++) {
    uint64_t first = bs_example_first(schema, &tables->examples[i]);
    uint32_t n = bs_example_count(schema, &tables->examples[i]);
    if (n > 0 && first != next)
      return bs_error_set(err, BS_ERR_INPUT,
                          "examples: row %zu: its %s begin at %" PRIu64 ", expected %" PRIu64, i,
                          name, first, next);
    if (n > n_rows - next)
      return bs_error_set(err, BS_ERR_INPUT,
                          "examples: row %zu: %" PRIu32 " %s, %" PRIu64 " are left", i, n, name,
                          n_rows - next);
    for (; n > 0; n--, next++) {
      uint64_t row = bs_field_number(row_column, rows + next * schema->row_bytes);
      if (row != i)
        return bs_error_set(err, BS_ERR_INPUT,
                            "%s: row %" PRIu64 ": example %" PRIu64 ", expected %zu", name, next,
                            row, i);
    }
  }
  if (next != n_rows)
    return bs_error_set(err, BS_ERR_INPUT, "%s: %zu rows, %" PRIu64 " belong to examples", name,
                        n_rows, next);
  return BS_OK;
}

bs_status bs_tables_check(const bs_tables *tables, bs_error *err) {
  bs_status status = BS_OK;
  for (int id = 0; status == BS_OK && id < BS_N_TABLES; id++)
    if (bs_schemas[id].presence != BS_TABLE_OF_AN_ANALYSIS)
      status = check_indices(tables, (bs_table_id)id, err);
  for (int k = 0; status == BS_OK && k < BS_N_TABLES_OF_EXAMPLES; k++)
    status = check_rows_of_examples(tables, bs_tables_of_examples[k], err);
  return status;
}

static bs_status link_rows(bs_tables *tables, bs_table_id id, bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[id];
  const bs_column *row_column = bs_schema_column(schema, BS_ROW_COLUMN);
  size_t n_rows, at = 0;
  const char *rows = bs_table_rows(tables, id, &n_rows);
  for (size_t i = 0; i < tables->n_examples; i++) {
    size_t first = at;
    while (at < n_rows && bs_field_number(row_column, rows + at * schema->row_bytes) == i)
      at++;
    if (at - first > UINT32_MAX)
      return bs_error_set(err, BS_ERR_INPUT, "%s/" BS_ROW_COLUMN ": too many of example %zu",
                          schema->path, i);
    bs_example_set_range(schema, &tables->examples[i], first, (uint32_t)(at - first));
  }
  if (at == n_rows)
    return BS_OK;
  /* what stands here is of an example before the last one's, or of none */
  uint64_t last = at > 0 ? bs_field_number(row_column, rows + (at - 1) * schema->row_bytes) : 0;
  return bs_error_set(err, BS_ERR_INPUT,
                      "%s/" BS_ROW_COLUMN ": entry %zu: %" PRIu64 ", expected %" PRIu64 " to %zu",
                      schema->path, at, bs_field_number(row_column, rows + at * schema->row_bytes),
                      last, tables->n_examples);
}

bs_status bs_tables_link(bs_tables *tables, bs_error *err) {
  bs_status status = BS_OK;
  for (int k = 0; status == BS_OK && k < BS_N_TABLES_OF_EXAMPLES; k++)
    status = link_rows(tables, bs_tables_of_examples[k], err);
  return status;
}
