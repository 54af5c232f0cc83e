/* Where two rows, or two examples with all that belongs to them, differ. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tables/tables_internal.h"

/* Bit for bit where the tolerance is 0: a NaN equals itself. */
static bool same_field(const bs_column *column, const void *a, const void *b, double tolerance) {
  double x, y;
  switch (column->kind) {
  case BS_COLUMN_U32:
  case BS_COLUMN_U64:
    return bs_field_number(column, a) == bs_field_number(column, b);
  case BS_COLUMN_F64:
    memcpy(&x, (const char *)a + column->offset, sizeof x);
    memcpy(&y, (const char *)b + column->offset, sizeof y);
    return memcmp(&x, &y, sizeof x) == 0 || (x != x && y != y) ||
           fabs(x - y) <= tolerance * fmax(1, fmax(fabs(x), fabs(y)));
  case BS_COLUMN_STRING:
  case BS_COLUMN_HEX:
    break;
  }
  return strcmp(bs_field_string(column, a), bs_field_string(column, b)) == 0;
}

bool bs_column_differs(const bs_column *column, const void *a, const void *b) {
  return !same_field(column, a, b, 0);
}

/* Texts of models go to terminals with messages: control characters of ASCII and of Latin 1. */
static void make_harmless(char *text) {
  for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
    if (*at < ' ' || *at == 0x7f)
      *at = '?';
    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
      at[0] = at[1] = '?';
  }
}

void bs_field_print(const bs_column *column, const void *row, char *to, size_t n_bytes) {
  enum { MOST_SHOWN = 60 };
  double value;
  switch (column->kind) {
  case BS_COLUMN_U32:
  case BS_COLUMN_U64:
    snprintf(to, n_bytes, "%" PRIu64, bs_field_number(column, row));
    return;
  case BS_COLUMN_F64:
    memcpy(&value, (const char *)row + column->offset, sizeof value);
    snprintf(to, n_bytes, "%.17g", value);
    return;
  case BS_COLUMN_STRING:
  case BS_COLUMN_HEX:
    break;
  }
  snprintf(to, n_bytes, "\"%.*s\"", MOST_SHOWN, bs_field_string(column, row));
  make_harmless(to);
}

/* "logprob of choice 2: -1.5 and -1.25". `place` is that of a row among several of an example. */
static void tell(const bs_column *column, const void *a, const void *b, const char *kind,
                 size_t place, char what[BS_DIFFERENCE_BYTES]) {
  char first[96], second[96], of[48] = "";
  bs_field_print(column, a, first, sizeof first);
  bs_field_print(column, b, second, sizeof second);
  if (kind != NULL)
    snprintf(of, sizeof of, " of %s %zu", kind, place);
  snprintf(what, BS_DIFFERENCE_BYTES, "%s%s: %s and %s", column->name, of, first, second);
}

/* The indices of rows are those of their own tables. */
static bool rows_differ(const bs_table_schema *schema, const void *a, const void *b,
                        const char *kind, size_t place, double tolerance,
                        char what[BS_DIFFERENCE_BYTES]) {
  for (size_t i = 0; i < schema->n_columns; i++) {
    const bs_column *column = &schema->columns[i];
    if ((column->rules & (BS_MODEL_INDEX | BS_TASK_INDEX)) != 0 ||
        strcmp(column->name, BS_ROW_COLUMN) == 0 || same_field(column, a, b, tolerance))
      continue;
    tell(column, a, b, kind, place, what);
    return true;
  }
  return false;
}

bool bs_rows_differ(bs_table_id id, const void *a, const void *b, char what[BS_DIFFERENCE_BYTES]) {
  return rows_differ(&bs_schemas[id], a, b, NULL, 0, 0, what);
}

static size_t column_of(const bs_tables *tables, const char *name) {
  size_t i = 0;
  while (i < tables->n_metrics && strcmp(tables->metric_names[i], name) != 0)
    i++;
  return i;
}

static bool values_differ(const bs_tables *a, size_t i, const bs_tables *b, size_t j,
                          const bs_leeway *leeway, char what[BS_DIFFERENCE_BYTES]) {
  for (size_t k = 0; k < a->n_metrics; k++) {
    size_t other = column_of(b, a->metric_names[k]);
    if (other == b->n_metrics ||
        (leeway->skips != NULL && leeway->skips(leeway->user, a->metric_names[k])))
      continue;
    const bs_column column = {.name = a->metric_names[k], .kind = BS_COLUMN_F64};
    const double *x = a->metric_values + i * a->n_metrics + k;
    const double *y = b->metric_values + j * b->n_metrics + other;
    if (same_field(&column, x, y, leeway->tolerance))
      continue;
    tell(&column, x, y, NULL, 0, what);
    return true;
  }
  return false;
}

bool bs_examples_differ(const bs_tables *a, size_t i, const bs_tables *b, size_t j,
                        const bs_leeway *leeway, char what[BS_DIFFERENCE_BYTES]) {
  static const char *const KINDS[BS_N_TABLES_OF_EXAMPLES] = {"choice", "sample"};
  static const bs_leeway NONE = {0};
  const bs_example_row *x = &a->examples[i], *y = &b->examples[j];
  if (leeway == NULL)
    leeway = &NONE;
  if (rows_differ(&bs_schemas[BS_TABLE_EXAMPLES], x, y, NULL, 0, leeway->tolerance, what))
    return true;
  for (size_t k = 0; k < BS_N_TABLES_OF_EXAMPLES; k++) {
    const bs_table_schema *schema = &bs_schemas[bs_tables_of_examples[k]];
    uint32_t n = bs_example_count(schema, x);
    if (n != bs_example_count(schema, y)) {
      snprintf(what, BS_DIFFERENCE_BYTES, "%ss: %" PRIu32 " and %" PRIu32, KINDS[k], n,
               bs_example_count(schema, y));
      return true;
    }
    size_t n_rows;
    const char *mine = bs_table_rows(a, bs_tables_of_examples[k], &n_rows);
    const char *other = bs_table_rows(b, bs_tables_of_examples[k], &n_rows);
    for (size_t r = 0; r < n; r++)
      if (rows_differ(schema, mine + (bs_example_first(schema, x) + r) * schema->row_bytes,
                      other + (bs_example_first(schema, y) + r) * schema->row_bytes, KINDS[k], r,
                      leeway->tolerance, what))
        return true;
  }
  return values_differ(a, i, b, j, leeway, what);
}

static int compare_keys(const bs_example_row *a, const bs_example_row *b) {
  const uint32_t x[] = {a->model, a->task, a->shots, a->example};
  const uint32_t y[] = {b->model, b->task, b->shots, b->example};
  for (size_t i = 0; i < sizeof x / sizeof *x; i++)
    if (x[i] != y[i])
      return x[i] < y[i] ? -1 : 1;
  return 0;
}

size_t bs_tables_find_example(const bs_tables *tables, const bs_example_row *key) {
  size_t low = 0, high = tables->n_examples;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_keys(&tables->examples[middle], key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = low < tables->n_examples && compare_keys(&tables->examples[low], key) == 0;
  return found ? low : SIZE_MAX;
}
