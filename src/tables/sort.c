/* The canonical order of tables. */
#include "bigsweep/tables.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tables/tables_internal.h"

enum { KEY_PARTS = 5 };

/* Where a row stands: its key columns, the most significant first, and its place, which makes any
   sort a stable one. */
typedef struct sort_key {
  uint64_t parts[KEY_PARTS];
  size_t place;
} sort_key;

/* The key columns of a table. */
typedef struct key_columns {
  const bs_column *columns[KEY_PARTS];
  size_t n;
} key_columns;

static key_columns key_columns_of(const bs_table_schema *schema) {
  key_columns keys = {.n = 0};
  for (size_t i = 0; i < schema->n_columns && keys.n < KEY_PARTS; i++)
    if ((schema->columns[i].rules & BS_KEY) != 0)
      keys.columns[keys.n++] = &schema->columns[i];
  return keys;
}

static sort_key key_of(const key_columns *columns, const void *row, size_t place) {
  sort_key key = {.place = place};
  for (size_t i = 0; i < columns->n; i++)
    key.parts[i] = bs_field_number(columns->columns[i], row);
  return key;
}

static int compare(const sort_key *a, const sort_key *b) {
  for (size_t i = 0; i < KEY_PARTS; i++)
    if (a->parts[i] != b->parts[i])
      return a->parts[i] < b->parts[i] ? -1 : 1;
  return 0;
}

static int compare_with_place(const void *a, const void *b) {
  const sort_key *left = a, *right = b;
  int order = compare(left, right);
  return order != 0 ? order : left->place < right->place ? -1 : left->place > right->place;
}

/* Whether rows stand in order, and each once where the table is of that kind. */
static bool in_order(const bs_table_schema *schema, const char *rows, size_t n) {
  key_columns columns = key_columns_of(schema);
  for (size_t i = 1; i < n; i++) {
    sort_key before = key_of(&columns, rows + (i - 1) * schema->row_bytes, 0);
    sort_key here = key_of(&columns, rows + i * schema->row_bytes, 0);
    int order = compare(&before, &here);
    if (order > 0 || (order == 0 && schema->is_unique))
      return false;
  }
  return true;
}

/* The keys of n rows in their order, of a unique table the first of equal ones alone: *n shrinks to
   their number. The caller frees them. */
static sort_key *sorted_keys(const bs_table_schema *schema, const char *rows, size_t *n,
                             bs_error *err) {
  key_columns columns = key_columns_of(schema);
  sort_key *keys = bs_array_new(*n, sizeof *keys, err);
  if (keys == NULL)
    return NULL;
  for (size_t i = 0; i < *n; i++)
    keys[i] = key_of(&columns, rows + i * schema->row_bytes, i);
  qsort(keys, *n, sizeof *keys, compare_with_place);
  size_t n_kept = 0;
  for (size_t i = 0; i < *n; i++)
    if (!schema->is_unique || n_kept == 0 || compare(&keys[n_kept - 1], &keys[i]) != 0)
      keys[n_kept++] = keys[i];
  *n = n_kept;
  return keys;
}

/* Sorts n rows in place; *n shrinks where equal ones are dropped. */
static bs_status sort_rows(const bs_table_schema *schema, char *rows, size_t *n, bs_error *err) {
  if (in_order(schema, rows, *n))
    return BS_OK;
  size_t row_bytes = schema->row_bytes, n_rows = *n;
  sort_key *keys = sorted_keys(schema, rows, n, err);
  char *copy = bs_array_new(n_rows, row_bytes, err);
  bs_status status = keys == NULL || copy == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK) {
    memcpy(copy, rows, n_rows * row_bytes);
    for (size_t i = 0; i < *n; i++)
      memcpy(rows + i * row_bytes, copy + keys[i].place * row_bytes, row_bytes);
  }
  free(keys);
  free(copy);
  return status;
}

static bs_status sort_table(bs_tables *tables, bs_table_id id, bs_error *err) {
  size_t n;
  char *rows = bs_table_rows(tables, id, &n);
  bs_status status = sort_rows(&bs_schemas[id], rows, &n, err);
  if (status == BS_OK)
    bs_table_set_n(tables, id, n);
  return status;
}

/* The rows of each example in order. */
static bs_status sort_rows_of_examples(bs_tables *tables, bs_table_id id, bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[id];
  size_t n_rows;
  char *rows = bs_table_rows(tables, id, &n_rows);
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < tables->n_examples; i++) {
    size_t n = bs_example_count(schema, &tables->examples[i]);
    if (n > 1)
      status = sort_rows(schema,
                         rows + bs_example_first(schema, &tables->examples[i]) * schema->row_bytes,
                         &n, err);
  }
  return status;
}

/* Puts the rows of the examples, which are in a new order, into `to`; the examples get their new
   ranges. Returns the number of rows. */
static size_t gather_rows(const bs_table_schema *schema, const char *from, char *to,
                          bs_example_row *examples, size_t n) {
  const bs_column *row_column = bs_schema_column(schema, BS_ROW_COLUMN);
  size_t row_bytes = schema->row_bytes, at = 0;
  for (uint64_t i = 0; i < n; i++) {
    uint32_t count = bs_example_count(schema, &examples[i]);
    if (count > 0)
      memcpy(to + at * row_bytes, from + bs_example_first(schema, &examples[i]) * row_bytes,
             count * row_bytes);
    bs_example_set_range(schema, &examples[i], at, count);
    for (; count > 0; count--, at++)
      memcpy(to + at * row_bytes + row_column->offset, &i, sizeof i);
  }
  return at;
}

static void gather_values(const bs_tables *tables, const sort_key *keys, size_t n, double *values) {
  size_t n_metrics = tables->n_metrics;
  for (size_t i = 0; n_metrics > 0 && i < n; i++)
    memcpy(values + i * n_metrics, tables->metric_values + keys[i].place * n_metrics,
           n_metrics * sizeof *values);
}

/* Examples in a new order take their rows and metric values along. */
static bs_status reorder_examples(bs_tables *tables, bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[BS_TABLE_EXAMPLES];
  size_t n = tables->n_examples, n_rows[BS_N_TABLES_OF_EXAMPLES];
  void *from[BS_N_TABLES_OF_EXAMPLES], *to[BS_N_TABLES_OF_EXAMPLES] = {NULL};
  sort_key *keys = sorted_keys(schema, (const char *)tables->examples, &n, err);
  bs_example_row *examples = bs_array_new(n, sizeof *examples, err);
  double *values = bs_array_new(n, (tables->n_metrics + 1) * sizeof *values, err);
  bs_status status = keys == NULL || examples == NULL || values == NULL ? BS_ERR_MEMORY : BS_OK;
  for (int k = 0; status == BS_OK && k < BS_N_TABLES_OF_EXAMPLES; k++) {
    bs_table_id id = bs_tables_of_examples[k];
    from[k] = bs_table_rows(tables, id, &n_rows[k]);
    to[k] = bs_array_new(n_rows[k], bs_schemas[id].row_bytes, err);
    status = to[k] == NULL ? BS_ERR_MEMORY : BS_OK;
  }
  if (status != BS_OK)
    goto cleanup;
  for (size_t i = 0; i < n; i++)
    examples[i] = tables->examples[keys[i].place];
  gather_values(tables, keys, n, values);
  for (int k = 0; k < BS_N_TABLES_OF_EXAMPLES; k++) {
    bs_table_id id = bs_tables_of_examples[k];
    size_t n_kept = gather_rows(&bs_schemas[id], from[k], to[k], examples, n);
    bs_table_set(tables, id, to[k], n_kept);
    to[k] = from[k];
  }
  bs_example_row *examples_before = tables->examples;
  bs_table_set(tables, BS_TABLE_EXAMPLES, examples, n);
  examples = examples_before;
  double *values_before = tables->metric_values;
  tables->metric_values = values;
  tables->cap_metric_values = n * tables->n_metrics;
  values = values_before;
cleanup:
  for (int k = 0; k < BS_N_TABLES_OF_EXAMPLES; k++)
    free(to[k]);
  free(examples);
  free(values);
  free(keys);
  return status;
}

static bs_status sort_examples(bs_tables *tables, bs_error *err) {
  bs_status status = BS_OK;
  for (int k = 0; status == BS_OK && k < BS_N_TABLES_OF_EXAMPLES; k++)
    status = sort_rows_of_examples(tables, bs_tables_of_examples[k], err);
  if (status == BS_OK &&
      !in_order(&bs_schemas[BS_TABLE_EXAMPLES], (const char *)tables->examples, tables->n_examples))
    status = reorder_examples(tables, err);
  return status;
}

bool bs_tables_in_order(const bs_tables *tables) {
  static const bs_table_id TABLES[] = {BS_TABLE_EXAMPLES, BS_TABLE_INPUTS, BS_TABLE_TARGETS,
                                       BS_TABLE_CHOICE_TEXTS};
  bool ordered = true;
  for (size_t i = 0; ordered && i < sizeof TABLES / sizeof *TABLES; i++) {
    size_t n;
    const char *rows = bs_table_rows(tables, TABLES[i], &n);
    ordered = in_order(&bs_schemas[TABLES[i]], rows, n);
  }
  return ordered;
}

bs_status bs_tables_sort(bs_tables *tables, bs_error *err) {
  static const bs_table_id OTHERS[] = {BS_TABLE_SKIPPED, BS_TABLE_INPUTS, BS_TABLE_TARGETS,
                                       BS_TABLE_CHOICE_TEXTS, BS_TABLE_RUNS};
  bs_status status = sort_examples(tables, err);
  for (size_t i = 0; status == BS_OK && i < sizeof OTHERS / sizeof *OTHERS; i++)
    status = sort_table(tables, OTHERS[i], err);
  return status;
}
