/* Tables in CSV: scores, and what models are. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_internal.h"
#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "import/import_internal.h"

enum { MOST_BYTES = 1 << 28, MOST_COLUMNS = 16 };

/* A table that is read: where the columns stand that are known, SIZE_MAX for those it lacks. */
typedef struct table {
  bs_csv csv;
  const char *const *columns;
  size_t place[MOST_COLUMNS];
  size_t n_columns, n_fields;
} table;

static bs_status find_columns(table *of, size_t n_required, bs_error *err) {
  const bs_csv *csv = &of->csv;
  bs_status status = bs_csv_next(&of->csv, err);
  of->n_fields = csv->n_fields;
  for (size_t k = 0; status == BS_OK && k < of->n_columns; k++) {
    of->place[k] = SIZE_MAX;
    for (size_t i = 0; i < csv->n_fields; i++)
      if (strcmp(bs_csv_field(csv, i), of->columns[k]) == 0)
        of->place[k] = i;
    if (k < n_required && of->place[k] == SIZE_MAX)
      status = bs_error_set(err, BS_ERR_INPUT,
                            "%s: line %zu: no column \"%s\": expected results in JSON, or a table "
                            "in CSV with model,task,metric,value",
                            csv->name, csv->n_fields > 0 ? csv->line : 1, of->columns[k]);
  }
  return status;
}

/* The next row; *is_end where there is none. */
static bs_status next_row(table *of, bool *is_end, bs_error *err) {
  bs_status status = bs_csv_next(&of->csv, err);
  *is_end = status == BS_OK && of->csv.n_fields == 0;
  if (status == BS_OK && !*is_end && of->csv.n_fields != of->n_fields)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: %zu fields, the header has %zu",
                          of->csv.name, of->csv.line, of->csv.n_fields, of->n_fields);
  return status;
}

static const char *text_of(const table *of, size_t column) {
  return of->place[column] != SIZE_MAX ? bs_csv_field(&of->csv, of->place[column]) : "";
}

static bs_status fault(const table *of, size_t column, const char *expected, bs_error *err) {
  return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: column %s: expected %s, found \"%.64s\"",
                      of->csv.name, of->csv.line, of->columns[column], expected,
                      text_of(of, column));
}

/* NaN for an empty or absent field, and for the words that mean it. */
static bs_status number_of(const table *of, size_t column, double *out, bs_error *err) {
  const char *text = text_of(of, column);
  char *end;
  *out = NAN;
  if (text[0] == '\0' || strcmp(text, "nan") == 0 || strcmp(text, "NaN") == 0 ||
      strcmp(text, "NA") == 0)
    return BS_OK;
  *out = strspn(text, "0123456789+-.eE") == strlen(text) ? strtod(text, &end) : (double)NAN;
  if (isfinite(*out) && *end == '\0')
    return BS_OK;
  return fault(of, column, "a number", err);
}

static bs_status name_of(const table *of, size_t column, const char **out, bs_error *err) {
  *out = text_of(of, column);
  return (*out)[0] != '\0' ? BS_OK : fault(of, column, "a name", err);
}

enum {
  MODEL,
  TASK,
  METRIC,
  VALUE,
  N_REQUIRED,
  FAMILY = N_REQUIRED,
  PREFERRED,
  SHOTS,
  FIRST_NUMBER
};
static const char *const COLUMNS[] = {
    "model",  "task",    "metric", "value", "family", "preferred_metric", "shots", "scale", "seed",
    "tokens", "compute", "stderr", "n",     "chance"};

static bs_status shots_of(const table *of, uint32_t *out, bs_error *err) {
  const char *text = text_of(of, SHOTS);
  size_t n = strlen(text);
  errno = 0;
  unsigned long long shots = strtoull(n > 0 ? text : "0", NULL, 10);
  if (strspn(text, "0123456789") != n || errno != 0 || shots > UINT32_MAX)
    return fault(of, SHOTS, "a whole number", err);
  *out = (uint32_t)shots;
  return BS_OK;
}

static bs_status read_score(bs_import *import, const table *of, bs_error *err) {
  bs_imported_score row = {.model = BS_NO_MODEL};
  double *const NUMBERS[] = {&row.model.scale,   &row.model.seed,     &row.model.tokens,
                             &row.model.compute, &row.standard_error, &row.n,
                             &row.chance};
  row.model.family = text_of(of, FAMILY);
  row.preferred = text_of(of, PREFERRED);
  bs_status status = name_of(of, MODEL, &row.model.name, err);
  if (status == BS_OK)
    status = name_of(of, TASK, &row.task, err);
  if (status == BS_OK)
    status = name_of(of, METRIC, &row.metric, err);
  if (status == BS_OK)
    status = number_of(of, VALUE, &row.value, err);
  for (size_t i = 0; status == BS_OK && i < sizeof NUMBERS / sizeof *NUMBERS; i++)
    status = number_of(of, FIRST_NUMBER + i, NUMBERS[i], err);
  if (status == BS_OK)
    status = shots_of(of, &row.shots, err);
  if (status != BS_OK)
    return status;
  status = bs_import_settle_model(import, &row.model, err);
  if (status == BS_OK)
    status = bs_import_add(import, &row, err);
  if (status == BS_ERR_INPUT)
    bs_error_prefix(err, "%s: line %zu", of->csv.name, of->csv.line);
  return status;
}

bs_status bs_import_csv(bs_import *import, const char *name, const bs_text *text, bs_error *err) {
  table of = {.csv = {.name = name, .text = text->data, .n_bytes = text->n_bytes},
              .columns = COLUMNS,
              .n_columns = sizeof COLUMNS / sizeof *COLUMNS};
  bool is_end = false;
  bs_status status = find_columns(&of, N_REQUIRED, err);
  while (status == BS_OK && !is_end) {
    status = next_row(&of, &is_end, err);
    if (status == BS_OK && !is_end)
      status = read_score(import, &of, err);
  }
  bs_csv_free(&of.csv);
  return status;
}

static const char *const MODEL_COLUMNS[] = {"model", "family", "scale",
                                            "seed",  "tokens", "compute"};

static bs_status read_model(bs_import *import, const table *of, bs_error *err) {
  bs_imported_model row = BS_NO_MODEL;
  double *const NUMBERS[] = {&row.scale, &row.seed, &row.tokens, &row.compute};
  uint32_t number = 0;
  size_t n = import->named.n;
  bs_status status = name_of(of, 0, &row.name, err);
  for (size_t i = 0; status == BS_OK && i < sizeof NUMBERS / sizeof *NUMBERS; i++)
    status = number_of(of, 2 + i, NUMBERS[i], err);
  if (status == BS_OK && row.scale <= 0)
    status = fault(of, 2, "a number above 0", err);
  if (status == BS_OK)
    status = bs_reserve(&import->models, &import->cap_models, n, 1, err);
  if (status == BS_OK)
    status = bs_interner_add(&import->named, import->arena, row.name, &number, err);
  if (status == BS_OK && number < n)
    status = fault(of, 0, "a model that does not stand above", err);
  if (status != BS_OK)
    return status;
  const char *family = text_of(of, 1);
  row.name = import->named.strings[number];
  row.family = bs_arena_string(import->arena, family, strlen(family));
  import->models[number] = row;
  return row.family != NULL ? BS_OK : bs_error_set(err, BS_ERR_MEMORY, "out of memory");
}

bs_status bs_import_models(bs_import *import, const char *path, bs_error *err) {
  bs_text text = {0};
  table of = {.columns = MODEL_COLUMNS, .n_columns = sizeof MODEL_COLUMNS / sizeof *MODEL_COLUMNS};
  bool is_end = false;
  bs_status status = bs_file_read(path, MOST_BYTES, &text, err);
  of.csv = (bs_csv){.name = path, .text = text.data, .n_bytes = text.n_bytes};
  if (status == BS_OK)
    status = find_columns(&of, 1, err);
  while (status == BS_OK && !is_end) {
    status = next_row(&of, &is_end, err);
    if (status == BS_OK && !is_end)
      status = read_model(import, &of, err);
  }
  bs_csv_free(&of.csv);
  bs_text_free(&text);
  return status;
}
