/* The description of every table, made from the lists of its columns (bigsweep/rows.h). */
#include "tables/schema_internal.h"

#include <assert.h>
#include <string.h>

#include "base/memory_internal.h"

static_assert(sizeof(size_t) == sizeof(uint64_t), "row numbers are 64 bits wide");

#define KIND(type)                                                                                 \
  _Generic((type *)NULL,                                                                           \
      uint32_t *: BS_COLUMN_U32,                                                                   \
      uint64_t *: BS_COLUMN_U64,                                                                   \
      double *: BS_COLUMN_F64,                                                                     \
      const char **: BS_COLUMN_STRING,                                                             \
      bs_hash *: BS_COLUMN_HEX)
#define COLUMN(type, name, rules) {#name, KIND(type), offsetof(ROW, name), (rules)},
#define COLUMN_AS(type, field, name, rules) {(name), KIND(type), offsetof(ROW, field), (rules)},
#define COUNT_COLUMN(type, name, rules) {#name, KIND(type), offsetof(ROW, of.name), (rules)},

#define ROW bs_model_row
static const bs_column MODELS[] = {BS_MODEL_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_task_row
static const bs_column TASKS[] = {BS_TASK_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_input_row
static const bs_column INPUTS[] = {BS_INPUT_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_target_row
static const bs_column TARGETS[] = {BS_TARGET_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_choice_text_row
static const bs_column CHOICE_TEXTS[] = {BS_CHOICE_TEXT_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_example_row
static const bs_column EXAMPLES[] = {BS_EXAMPLE_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_choice_row
static const bs_column CHOICES[] = {BS_CHOICE_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_sample_row
static const bs_column SAMPLES[] = {BS_SAMPLE_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_skipped_row
static const bs_column SKIPPED[] = {BS_SKIPPED_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_score_row
static const bs_column SCORES[] = {BS_SCORE_COLUMNS(COLUMN, COLUMN_AS)};
#undef ROW
#define ROW bs_linearity_row
static const bs_column LINEARITY[] = {BS_LINEARITY_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_scale_point
static const bs_column POINTS[] = {BS_POINT_COLUMNS(COLUMN, COLUMN_AS)};
#undef ROW
#define ROW bs_aggregate_row
static const bs_column AGGREGATES[] = {BS_AGGREGATE_COLUMNS(COLUMN, COLUMN_AS)};
#undef ROW
#define ROW bs_spread_row
static const bs_column SPREADS[] = {BS_SPREAD_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_human_row
static const bs_column HUMANS[] = {BS_HUMAN_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_prompt_row
static const bs_column PROMPTS[] = {BS_PROMPT_COLUMNS(COLUMN)
                                        BS_PROMPT_COUNT_COLUMNS(COUNT_COLUMN)};
#undef ROW
#define ROW bs_smooth_row
static const bs_column SMOOTH[] = {BS_SMOOTH_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_comparison_row
static const bs_column COMPARISONS[] = {BS_COMPARISON_COLUMNS(COLUMN, COLUMN_AS)};
#undef ROW
#define ROW bs_reliability_row
static const bs_column RELIABILITY[] = {BS_RELIABILITY_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_calibration_row
static const bs_column CALIBRATION[] = {BS_CALIBRATION_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_calibration_slope_row
static const bs_column CALIBRATION_SLOPES[] = {BS_CALIBRATION_SLOPE_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_forecast_row
static const bs_column FORECASTS[] = {BS_FORECAST_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_run_row
static const bs_column RUNS[] = {BS_RUN_COLUMNS(COLUMN)};
#undef ROW
#define ROW bs_provenance
static const bs_column PROVENANCE[] = {BS_PROVENANCE_COLUMNS(COLUMN)};
#undef ROW

#define COLUMNS(list) .columns = (list), .n_columns = sizeof(list) / sizeof *(list)
/* The group, the list of columns, and the array of bs_tables that holds the rows. */
#define TABLE(group, list, array)                                                                  \
  .path = (group), COLUMNS(list), .row_bytes = sizeof *((bs_tables *)NULL)->array,                 \
  .rows_offset = offsetof(bs_tables, array), .n_offset = offsetof(bs_tables, n_##array),           \
  .capacity_offset = offsetof(bs_tables, cap_##array)
#define OF_EXAMPLES(array)                                                                         \
  .first_offset = offsetof(bs_example_row, first_##array),                                         \
  .count_offset = offsetof(bs_example_row, n_##array##s)
#define ANALYSIS .presence = BS_TABLE_OF_AN_ANALYSIS

const bs_table_schema bs_schemas[BS_N_TABLES] = {
    [BS_TABLE_MODELS] = {TABLE("/models", MODELS, models)},
    [BS_TABLE_TASKS] = {TABLE("/tasks", TASKS, tasks)},
    [BS_TABLE_INPUTS] = {TABLE("/inputs", INPUTS, inputs), .is_unique = true,
                         .presence = BS_TABLE_IN_LATER_FILES},
    [BS_TABLE_TARGETS] = {TABLE("/targets", TARGETS, targets)},
    [BS_TABLE_CHOICE_TEXTS] = {TABLE("/choice_texts", CHOICE_TEXTS, choice_texts),
                               .presence = BS_TABLE_IN_LATER_FILES},
    [BS_TABLE_EXAMPLES] = {TABLE("/examples", EXAMPLES, examples), .is_unique = true},
    [BS_TABLE_CHOICES] = {TABLE("/choices", CHOICES, choices), OF_EXAMPLES(choice)},
    [BS_TABLE_SAMPLES] = {TABLE("/samples", SAMPLES, samples), OF_EXAMPLES(sample),
                          .presence = BS_TABLE_IN_LATER_FILES},
    [BS_TABLE_SKIPPED] = {TABLE("/skipped", SKIPPED, skipped), .is_unique = true,
                          .presence = BS_TABLE_IN_LATER_FILES},
    [BS_TABLE_SCORES] = {TABLE("/scores", SCORES, scores), ANALYSIS},
    [BS_TABLE_LINEARITY] = {TABLE("/analysis/linearity", LINEARITY, linearity), ANALYSIS},
    [BS_TABLE_POINTS] = {TABLE("/analysis/points", POINTS, points), ANALYSIS},
    [BS_TABLE_AGGREGATES] = {TABLE("/analysis/aggregates", AGGREGATES, aggregates), ANALYSIS},
    [BS_TABLE_SPREADS] = {TABLE("/analysis/variants", SPREADS, spreads), ANALYSIS},
    [BS_TABLE_HUMANS] = {TABLE("/analysis/human", HUMANS, humans), ANALYSIS},
    [BS_TABLE_PROMPTS] = {TABLE("/analysis/prompts", PROMPTS, prompts), ANALYSIS},
    [BS_TABLE_SMOOTH] = {TABLE("/analysis/smooth", SMOOTH, smooth), ANALYSIS},
    [BS_TABLE_COMPARISONS] = {TABLE("/analysis/comparisons", COMPARISONS, comparisons), ANALYSIS},
    [BS_TABLE_RELIABILITY] = {TABLE("/analysis/reliability", RELIABILITY, reliability), ANALYSIS},
    [BS_TABLE_CALIBRATION] = {TABLE("/analysis/calibration", CALIBRATION, calibration), ANALYSIS},
    [BS_TABLE_CALIBRATION_SLOPES] = {TABLE("/analysis/calibration_slopes", CALIBRATION_SLOPES,
                                           calibration_slopes),
                                     ANALYSIS},
    [BS_TABLE_FORECASTS] = {TABLE("/analysis/forecasts", FORECASTS, forecasts), ANALYSIS},
    [BS_TABLE_RUNS] = {TABLE("/run/units", RUNS, runs), .presence = BS_TABLE_OF_A_RUN},
};

const bs_table_schema bs_provenance_schema = {
    .path = "/", COLUMNS(PROVENANCE), .row_bytes = sizeof(bs_provenance)};

const bs_table_id bs_tables_of_examples[] = {BS_TABLE_CHOICES, BS_TABLE_SAMPLES};

const char *bs_table_name(bs_table_id id) { return bs_schemas[id].path + 1; }

const bs_column *bs_schema_column(const bs_table_schema *schema, const char *name) {
  for (size_t i = 0; i < schema->n_columns; i++)
    if (strcmp(schema->columns[i].name, name) == 0)
      return &schema->columns[i];
  return NULL;
}

void *bs_table_rows(const bs_tables *tables, bs_table_id id, size_t *n) {
  const char *base = (const char *)tables;
  void *rows;
  memcpy(&rows, base + bs_schemas[id].rows_offset, sizeof rows);
  memcpy(n, base + bs_schemas[id].n_offset, sizeof *n);
  return rows;
}

static void set_capacity(bs_tables *tables, bs_table_id id, void *rows, size_t capacity) {
  char *base = (char *)tables;
  memcpy(base + bs_schemas[id].rows_offset, &rows, sizeof rows);
  memcpy(base + bs_schemas[id].capacity_offset, &capacity, sizeof capacity);
}

void bs_table_set(bs_tables *tables, bs_table_id id, void *rows, size_t n) {
  set_capacity(tables, id, rows, n);
  bs_table_set_n(tables, id, n);
}

void bs_table_set_n(bs_tables *tables, bs_table_id id, size_t n) {
  memcpy((char *)tables + bs_schemas[id].n_offset, &n, sizeof n);
}

bs_status bs_table_reserve(bs_tables *tables, bs_table_id id, size_t n_more, bs_error *err) {
  size_t n, capacity;
  void *rows = bs_table_rows(tables, id, &n);
  memcpy(&capacity, (const char *)tables + bs_schemas[id].capacity_offset, sizeof capacity);
  bs_status status = bs_array_reserve(&rows, &capacity, n, n_more, bs_schemas[id].row_bytes, err);
  set_capacity(tables, id, rows, capacity);
  return status;
}

size_t bs_table_n_columns(const bs_tables *tables, bs_table_id id) {
  return bs_schemas[id].n_columns + (id == BS_TABLE_EXAMPLES ? tables->n_metrics : 0);
}

bs_table_column bs_table_column_at(const bs_tables *tables, bs_table_id id, size_t i) {
  const bs_table_schema *schema = &bs_schemas[id];
  bs_table_column of = {.row_bytes = schema->row_bytes};
  of.first = bs_table_rows(tables, id, &of.n);
  if (i < schema->n_columns) {
    of.column = schema->columns[i];
    return of;
  }
  i -= schema->n_columns;
  of.column = (bs_column){tables->metric_names[i], BS_COLUMN_F64, i * sizeof(double), BS_PLAIN};
  of.first = (const char *)tables->metric_values;
  of.row_bytes = tables->n_metrics * sizeof(double);
  return of;
}

uint64_t bs_field_number(const bs_column *column, const void *row) {
  const char *field = (const char *)row + column->offset;
  uint64_t wide;
  uint32_t narrow;
  if (column->kind == BS_COLUMN_U64) {
    memcpy(&wide, field, sizeof wide);
    return wide;
  }
  memcpy(&narrow, field, sizeof narrow);
  return narrow;
}

const char *bs_field_string(const bs_column *column, const void *row) {
  const char *field = (const char *)row + column->offset;
  const char *string;
  if (column->kind == BS_COLUMN_HEX)
    return field;
  memcpy(&string, field, sizeof string);
  return string != NULL ? string : "";
}

uint64_t bs_example_first(const bs_table_schema *of, const bs_example_row *example) {
  uint64_t first;
  memcpy(&first, (const char *)example + of->first_offset, sizeof first);
  return first;
}

uint32_t bs_example_count(const bs_table_schema *of, const bs_example_row *example) {
  uint32_t n;
  memcpy(&n, (const char *)example + of->count_offset, sizeof n);
  return n;
}

void bs_example_set_range(const bs_table_schema *of, bs_example_row *example, uint64_t first,
                          uint32_t n) {
  memcpy((char *)example + of->first_offset, &first, sizeof first);
  memcpy((char *)example + of->count_offset, &n, sizeof n);
}
