/* An analysis of somebody else's scores: a table in CSV. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"

enum { MOST_BYTES = 1 << 30 };
/* Squares of numbers, and sums of these, stay within what a double holds. */
static const double LARGEST = 1e100;

enum column {
  FAMILY,
  MODEL,
  SCALE,
  TASK,
  METRIC,
  SHOTS,
  VALUE,
  N_REQUIRED,
  STDERR = N_REQUIRED,
  EXAMPLES,
  PREFERRED,
  SEED,
  TOKENS,
  COMPUTE,
  CHANCE,
  N_COLUMNS
};
static const char *const COLUMNS[N_COLUMNS] = {
    "family",           "model", "scale",  "task",    "metric", "shots", "value", "stderr", "n",
    "preferred_metric", "seed",  "tokens", "compute", "chance"};

/* What stands in the table's columns, and the table while it is read. */
typedef struct table {
  bs_csv csv;
  size_t place[N_COLUMNS]; /* SIZE_MAX: no such column */
  size_t n_fields;         /* of the header, so of every row */
  bs_analysis *analysis;
  bs_interner models, tasks; /* models by family, name and seed, see model_of */
  bs_interner named;         /* what has one value in the whole table: models' scales, ... */
  double *values;            /* [named.n] */
  size_t cap_values;
  bs_text key;
  size_t *lines; /* [n_scores] */
  size_t cap_lines;
} table;

static bs_status find_columns(table *of, bs_error *err) {
  const bs_csv *csv = &of->csv;
  if (csv->n_fields == 0)
    return bs_error_set(err, BS_ERR_INPUT, "%s: empty: expected a header line", csv->name);
  of->n_fields = csv->n_fields;
  for (size_t k = 0; k < N_COLUMNS; k++) {
    of->place[k] = SIZE_MAX;
    for (size_t i = 0; i < csv->n_fields; i++) {
      if (strcmp(bs_csv_field(csv, i), COLUMNS[k]) != 0)
        continue;
      if (of->place[k] != SIZE_MAX)
        return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: two columns are called \"%s\"",
                            csv->name, csv->line, COLUMNS[k]);
      of->place[k] = i;
    }
  }
  return BS_OK;
}

/* The header's field that is nearest to a column that is missing, among those that mean nothing. */
static const char *misspelt(const table *of, const char **unknown, const char *missing) {
  size_t n = 0;
  for (size_t i = 0; i < of->n_fields; i++) {
    bool known = false;
    for (size_t k = 0; k < N_COLUMNS; k++)
      known = known || of->place[k] == i;
    if (!known)
      unknown[n++] = bs_csv_field(&of->csv, i);
  }
  return bs_nearest_name(missing, unknown, n);
}

static bs_status check_columns(const table *of, bs_error *err) {
  for (size_t k = 0; k < N_REQUIRED; k++) {
    if (of->place[k] != SIZE_MAX)
      continue;
    const char **unknown = bs_array_new(of->n_fields, sizeof *unknown, err);
    if (unknown == NULL)
      return BS_ERR_MEMORY;
    const char *near = misspelt(of, unknown, COLUMNS[k]);
    bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: no column \"%s\"%s%s%s", of->csv.name,
                 of->csv.line, COLUMNS[k], near != NULL ? " (is \"" : "", near != NULL ? near : "",
                 near != NULL ? "\" meant?)" : "");
    free(unknown);
    return BS_ERR_INPUT;
  }
  return BS_OK;
}

static bs_status fault(const table *of, enum column column, const char *expected, bs_error *err) {
  return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: column %s: expected %s, found \"%.64s\"",
                      of->csv.name, of->csv.line, COLUMNS[column], expected,
                      bs_csv_field(&of->csv, of->place[column]));
}

/* Decimal notation alone: strtod would also take hexadecimal digits, infinities and blanks. */
static bool is_decimal(const char *text) {
  text += *text == '-' || *text == '+';
  size_t whole = strspn(text, "0123456789");
  text += whole;
  size_t part = 0;
  if (*text == '.')
    part = strspn(++text, "0123456789");
  text += part;
  if (whole + part == 0)
    return false;
  if (*text == 'e' || *text == 'E') {
    text++;
    text += *text == '-' || *text == '+';
    size_t digits = strspn(text, "0123456789");
    text += digits;
    if (digits == 0)
      return false;
  }
  return *text == '\0';
}

static bool is_nan(const char *text) {
  return strcmp(text, "nan") == 0 || strcmp(text, "NaN") == 0 || strcmp(text, "NA") == 0;
}

/* An empty or absent field is NaN where that is allowed. */
static bs_status number(const table *of, enum column column, bool optional, double *out,
                        bs_error *err) {
  *out = NAN;
  if (of->place[column] == SIZE_MAX)
    return BS_OK;
  const char *text = bs_csv_field(&of->csv, of->place[column]);
  if (optional && (text[0] == '\0' || is_nan(text)))
    return BS_OK;
  *out = is_decimal(text) ? strtod(text, NULL) : NAN;
  if (isnan(*out))
    return fault(of, column, "a number", err);
  return fabs(*out) <= LARGEST ? BS_OK
                               : fault(of, column, "a number between -1e100 and 1e100", err);
}

static bs_status whole_number(const table *of, enum column column, uint64_t most, uint64_t *out,
                              bs_error *err) {
  *out = 0;
  const char *text = bs_csv_field(&of->csv, of->place[column]);
  size_t n = strlen(text);
  errno = 0;
  bool is_whole = n > 0 && strspn(text, "0123456789") == n;
  *out = is_whole ? strtoull(text, NULL, 10) : UINT64_MAX;
  if (is_whole && errno == 0 && *out <= most)
    return BS_OK;
  char expected[64] = "a whole number";
  if (is_whole)
    snprintf(expected, sizeof expected, "a whole number up to %" PRIu64, most);
  return fault(of, column, expected, err);
}

static bs_status name(const table *of, enum column column, const char **out, bs_error *err) {
  *out = bs_csv_field(&of->csv, of->place[column]);
  return (*out)[0] != '\0' ? BS_OK : fault(of, column, "a name", err);
}

/* NaN where none is given. */
static bs_status seed(const table *of, double *out, bs_error *err) {
  static const uint64_t MOST = (uint64_t)1 << 53; /* doubles hold these exactly */
  uint64_t number = 0;
  *out = NAN;
  if (of->place[SEED] == SIZE_MAX)
    return BS_OK;
  const char *text = bs_csv_field(&of->csv, of->place[SEED]);
  if (text[0] == '\0' || is_nan(text))
    return BS_OK;
  bs_status status = whole_number(of, SEED, MOST, &number, err);
  *out = status == BS_OK ? (double)number : NAN;
  return status;
}

/* What stands in a column is the same wherever `of->key` stands, which is new when it stands there
   for the first time. */
static bs_status check_same(table *of, enum column column, const char *whose, double value,
                            bool *is_new, bs_error *err) {
  uint32_t number = 0;
  size_t n_before = of->named.n;
  bs_status status =
      bs_interner_add(&of->named, of->analysis->tables->arena, of->key.data, &number, err);
  if (status == BS_OK)
    status = bs_reserve(&of->values, &of->cap_values, n_before, 1, err);
  *is_new = status == BS_OK && number == n_before;
  if (*is_new)
    of->values[number] = value;
  if (status != BS_OK || of->values[number] == value)
    return status;
  return bs_error_set(err, BS_ERR_INPUT,
                      "%s: line %zu: column %s: %s has %.17g here and %.17g "
                      "before",
                      of->csv.name, of->csv.line, COLUMNS[column], whose, value,
                      of->values[number]);
}

/* The length in front keeps "a","bc" and "ab","c" apart. */
static bs_status set_key(table *of, char kind, double number, const char *a, const char *b,
                         bs_error *err) {
  of->key.n_bytes = 0;
  return bs_text_printf(&of->key, err, "%c%.17g %zu %s%s", kind, number, strlen(a), a, b);
}

/* Models of one family and name have one scale, whatever their seeds are. */
static bs_status check_scale(table *of, const char *family, const char *model, double scale,
                             bs_error *err) {
  char whose[128];
  snprintf(whose, sizeof whose, "model \"%.100s\"", model);
  bs_status status = set_key(of, 's', 0, family, model, err);
  return status == BS_OK ? check_same(of, SCALE, whose, scale, &(bool){0}, err) : status;
}

/* What a model's training took: above 0; of several lines one at least tells it. */
static bs_status cost(table *of, enum column column, const bs_analysis_model_row *row, double *out,
                      bs_error *err) {
  char whose[128];
  double here = NAN;
  snprintf(whose, sizeof whose, "model \"%.100s\"", row->name);
  bs_status status = number(of, column, true, &here, err);
  if (status == BS_OK && here <= 0)
    status = fault(of, column, "a number above 0", err);
  if (status != BS_OK || isnan(here))
    return status;
  *out = here;
  status = set_key(of, column == TOKENS ? 't' : 'c', row->seed, row->family, row->name, err);
  return status == BS_OK ? check_same(of, column, whose, here, &(bool){0}, err) : status;
}

static bs_status model_of(table *of, uint32_t *number_out, bs_error *err) {
  const char *family, *model;
  double scale, its_seed = NAN;
  bs_status status = name(of, FAMILY, &family, err);
  if (status == BS_OK)
    status = name(of, MODEL, &model, err);
  if (status == BS_OK)
    status = number(of, SCALE, false, &scale, err);
  if (status == BS_OK && scale <= 0)
    status = fault(of, SCALE, "a number above 0", err);
  if (status == BS_OK)
    status = seed(of, &its_seed, err);
  if (status == BS_OK)
    status = check_scale(of, family, model, scale, err);
  if (status == BS_OK)
    status = set_key(of, 'm', its_seed, family, model, err);
  if (status == BS_OK)
    status =
        bs_interner_add(&of->models, of->analysis->tables->arena, of->key.data, number_out, err);
  if (status == BS_OK && *number_out == of->analysis->n_models)
    status = bs_analysis_add_model(of->analysis, model, family, scale, its_seed, err);
  if (status != BS_OK)
    return status;
  bs_analysis_model_row *row = &of->analysis->models[*number_out];
  status = cost(of, TOKENS, row, &row->tokens, err);
  return status == BS_OK ? cost(of, COMPUTE, row, &row->compute, err) : status;
}

static bs_status task_of(table *of, uint32_t *number_out, bs_error *err) {
  const char *task;
  const char *preferred =
      of->place[PREFERRED] != SIZE_MAX ? bs_csv_field(&of->csv, of->place[PREFERRED]) : "";
  bs_status status = name(of, TASK, &task, err);
  if (status == BS_OK)
    status = bs_interner_add(&of->tasks, of->analysis->tables->arena, task, number_out, err);
  if (status == BS_OK && *number_out == of->analysis->n_tasks)
    status = bs_analysis_add_task(of->analysis, task, preferred, err);
  return status;
}

/* What a guess scores on the row's task under its metric. */
static bs_status chance_of(table *of, const bs_score_row *row, bs_error *err) {
  double chance = NAN;
  bool is_new = false;
  const char *task = of->analysis->tasks[row->task].name;
  char whose[160];
  bs_status status = number(of, CHANCE, true, &chance, err);
  if (status != BS_OK || isnan(chance))
    return status;
  snprintf(whose, sizeof whose, "%.80s of task \"%.60s\"", row->metric, task);
  status = set_key(of, 'g', 0, task, row->metric, err);
  if (status == BS_OK)
    status = check_same(of, CHANCE, whose, chance, &is_new, err);
  return status == BS_OK && is_new
             ? bs_analysis_add_chance(of->analysis, row->task, row->metric, chance, err)
             : status;
}

static bs_status add_row(table *of, bs_error *err) {
  if (of->csv.n_fields != of->n_fields)
    return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: %zu fields, the header has %zu",
                        of->csv.name, of->csv.line, of->csv.n_fields, of->n_fields);
  bs_score_row row = {.normalized = NAN};
  uint64_t shots = 0;
  void *lines = of->lines;
  bs_status status = bs_array_reserve(&lines, &of->cap_lines, of->analysis->tables->n_scores, 1,
                                      sizeof *of->lines, err);
  of->lines = lines;
  if (status == BS_OK)
    status = model_of(of, &row.model, err);
  if (status == BS_OK)
    status = task_of(of, &row.task, err);
  if (status == BS_OK)
    status = name(of, METRIC, &row.metric, err);
  if (status == BS_OK && bs_csv_field(&of->csv, of->place[SHOTS])[0] != '\0')
    status = whole_number(of, SHOTS, UINT32_MAX, &shots, err);
  if (status == BS_OK)
    status = number(of, VALUE, true, &row.value, err);
  if (status == BS_OK)
    status = number(of, STDERR, true, &row.standard_error, err);
  if (status == BS_OK && row.standard_error < 0)
    status = fault(of, STDERR, "a number not below 0", err);
  if (status == BS_OK && of->place[EXAMPLES] != SIZE_MAX &&
      bs_csv_field(&of->csv, of->place[EXAMPLES])[0] != '\0')
    status = whole_number(of, EXAMPLES, UINT64_MAX - 1, &row.n, err);
  if (status == BS_OK)
    status = chance_of(of, &row, err);
  if (status != BS_OK)
    return status;
  row.shots = (uint32_t)shots;
  of->lines[of->analysis->tables->n_scores] = of->csv.line;
  return bs_analysis_add_score(of->analysis, &row, err);
}

static bs_status finish(table *of, bs_error *err) {
  size_t repeated[2] = {0};
  bs_status status = bs_analysis_settle_models(of->analysis, err);
  bs_analysis_settle_chances(of->analysis);
  if (status == BS_OK)
    status = bs_analysis_finish(of->analysis, repeated, err);
  if (status == BS_ERR_INPUT) {
    const bs_score_row *row = &of->analysis->tables->scores[repeated[1]];
    bs_error_set(err, status,
                 "%s: line %zu: the score of \"%s\" on \"%s\", %s, %u shots stands in line %zu "
                 "already",
                 of->csv.name, of->lines[repeated[1]], bs_analysis_model(of->analysis, row->model),
                 bs_analysis_task(of->analysis, row->task), row->metric, row->shots,
                 of->lines[repeated[0]]);
  }
  return status;
}

static bs_status read_table(table *of, bs_error *err) {
  bs_status status = bs_csv_next(&of->csv, err);
  if (status == BS_OK)
    status = find_columns(of, err);
  if (status == BS_OK)
    status = check_columns(of, err);
  while (status == BS_OK) {
    status = bs_csv_next(&of->csv, err);
    if (status == BS_OK && of->csv.n_fields == 0)
      break;
    if (status == BS_OK)
      status = add_row(of, err);
  }
  return status == BS_OK ? finish(of, err) : status;
}

bs_status bs_analysis_scores_from_csv(bs_analysis **out, const char *path, bs_error *err) {
  *out = NULL;
  table of = {.csv = {.name = strcmp(path, "-") == 0 ? "standard input" : path}};
  bs_text text = {0};
  bs_status status = bs_stream_read(path, MOST_BYTES, &text, err);
  if (status == BS_OK)
    status = bs_analysis_new(&of.analysis, err);
  if (status == BS_OK) {
    of.csv.text = text.data;
    of.csv.n_bytes = text.n_bytes;
    status = read_table(&of, err);
  }
  if (status == BS_OK)
    *out = of.analysis;
  else
    bs_analysis_free(&of.analysis);
  bs_csv_free(&of.csv);
  bs_interner_free(&of.models);
  bs_interner_free(&of.tasks);
  bs_interner_free(&of.named);
  free(of.values);
  bs_text_free(&of.key);
  bs_text_free(&text);
  free(of.lines);
  return status;
}

bs_status bs_analysis_from_csv(bs_analysis **out, const char *path, bs_error *err) {
  bs_status status = bs_analysis_scores_from_csv(out, path, err);
  if (status == BS_OK)
    status = bs_analysis_fill_curves(*out, NULL, NULL, NULL, err);
  if (status == BS_OK)
    status = bs_analysis_smooth(*out, err);
  if (status != BS_OK)
    bs_analysis_free(out);
  return status;
}
